// The wiring: what the reader does goes to the worker, what the worker draws goes to the page.

import {fillSelect, makeCards, makeFrames} from "./cards.js";
import {drawFrame, filmOf} from "./film.js";
import {drawMap, movable} from "./map.js";
import {clear, paint} from "./painting.js";
import {load} from "./scripts.js";
import {EVALUATIONS, METHODS, fromAddress, stateOf, toAddress} from "./state.js";
import {hasAddress, settleIn, shareable} from "../surroundings.js";
import {a, aboutDrawings, aboutFilm, aboutNearest, neighbour, reading, thousands} from "./words.js";

const SECONDS = 8; // a walk from one end to the other
const CALM = 500; // milliseconds between pictures for those who ask for less motion
const FRAME = 400; // milliseconds of the film

const root = document.querySelector("[data-generators]:not([data-alive])");
const find = (selector) => root.querySelector(selector);
const onClick = (selector, action) => find(selector).addEventListener("click", action);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const worker = new Worker(URL.createObjectURL(new Blob([ENGINE], {type: "text/javascript"})));
const cards = makeCards(find(".drawings")), frames = makeFrames(find(".frames"));

let {state, unknown} = stateOf(hasAddress ? fromAddress(location.search, location.hash) : {});
const shown = {map: null, drawn: null, found: null, film: null, digits: null};
let order = 0; // of the last thing asked: an answer to an earlier one comes too late, unless it is of a drag
let drawing = false; // the worker is at it
let again = false; // and the point has moved since
let walking = 0; // which walk is on its way; 0: none
let rolling = 0;

function tell(message) {
  order += 1;
  worker.postMessage({...message, order});
  return order;
}

// --- what is drawn --------------------------------------------------------------------------------------------------

function draw() {
  again = drawing;
  if (drawing) return;
  drawing = true;
  tell({type: "draw", x: state.x, y: state.y});
}

const HEARD = {
  plane(map) {
    shown.map = map;
    if (!map.tiles.length) return trouble(`${state.by} does not draw both digits in 400 tries. Choose another.`);
    draw();
    if (shown.digits) look();
  },
  draw({drawn}) {
    drawing = false;
    shown.drawn = drawn;
    requestAnimationFrame(() => {
      show();
      if (again) draw();
    });
  },
  digits: () => look(),
  nearest(answer) {
    if (answer.order !== order) return; // the reader has moved on
    shown.found = answer.found;
    show();
    speak();
  },
  trouble: ({what}) => trouble(what),
};
worker.onmessage = ({data}) => HEARD[data.type](data);
worker.onerror = (event) => trouble(event.message);

function show() {
  const {drawn, found, map} = shown;
  const style = getComputedStyle(root), ink = {font: style.fontFamily};
  for (const name of ["paper", "accent"]) ink[name] = style.getPropertyValue(`--lab-${name}`).trim();
  drawMap(find(".plane canvas"), map, state, ink);
  for (const method of drawn ? METHODS : []) {
    const {drawing, digit, read, near} = cards[method];
    paint(drawing, drawn[method].pixels, 28);
    read.textContent = reading(drawn[method]);
    if (found) paint(digit, found[method].pixels, 28);
    else clear(digit);
    near.textContent = found ? neighbour(found[method]) : "";
  }
  const sentences = drawn ? [aboutDrawings(state, drawn), ...(found ? [aboutNearest(found, shown.digits)] : [])] : [];
  find(".said").textContent = sentences.join(" ");
  if (drawn) root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
  root.dataset.nearest = found ? "yes" : "no";
}

// For ears: once the reader rests, not while a hand moves.
function speak() {
  find(".aloud").textContent = find(".said").textContent;
}

function trouble(what) {
  stopWalk();
  find(".trouble").textContent = what;
  find(".trouble").hidden = false;
}

// --- what the reader does -------------------------------------------------------------------------------------------

function moved(x, y) {
  Object.assign(state, {x, y});
  shown.found = null;
  showChoices();
  draw();
}

async function settled() {
  write();
  if (!shown.map?.tiles.length) return;
  if (shown.digits) look();
  else await fetchDigits();
}

async function fetchDigits() {
  find(".look").disabled = true;
  try {
    const packed = await load(root.dataset.scripts, "digits");
    if (shown.digits) return;
    shown.digits = packed.measured;
    find(".look").hidden = true;
    tell({type: "digits", packed});
  } catch (error) {
    find(".look").disabled = false;
    trouble(error.message);
  }
}

function look() {
  if (!walking) tell({type: "nearest", x: state.x, y: state.y});
}

function newPlane() {
  stopWalk();
  find(".trouble").hidden = true;
  shown.found = null;
  showChoices();
  write();
  const {by, from, to, seed} = state;
  tell({type: "plane", by, from, to, seed});
}

function showChoices() {
  for (const name of ["from", "to", "by"]) find(`#gen-${name}`).value = state[name];
  for (const name of ["x", "y"]) {
    const text = state[name].toFixed(2).replace("-", "−");
    find(`#gen-${name}`).value = state[name];
    find(`#gen-${name}`).setAttribute("aria-valuetext", text);
    find(`output[for=gen-${name}]`).textContent = text;
  }
  find("#gen-plane").textContent = `What ${state.by} draws all over a plane through ${a(state.from)} and ${a(state.to)} of its own.`;
}

function write() {
  if (hasAddress) history.replaceState(null, "", `#${toAddress(state)}`);
}

function stopWalk() {
  walking = 0;
  find(".play").textContent = "Walk";
}

function walk() {
  const mine = walking = performance.now();
  find(".play").textContent = "Stop";
  const step = () => {
    if (walking !== mine) return;
    const x = Math.min(1, 2 * (performance.now() - mine) / 1000 / SECONDS - 1);
    moved(x, 0);
    if (x < 1) return calm.matches ? setTimeout(step, CALM) : requestAnimationFrame(step);
    stopWalk();
    settled();
  };
  step();
}

for (const [name, values] of [["from", [...Array(10).keys()]], ["to", [...Array(10).keys()]], ["by", METHODS]]) {
  fillSelect(find(`#gen-${name}`), values);
  find(`#gen-${name}`).addEventListener("change", ({target}) => {
    state[name] = name === "by" ? target.value : Number(target.value);
    newPlane();
  });
}
for (const name of ["x", "y"]) {
  find(`#gen-${name}`).addEventListener("input", ({target}) => {
    stopWalk();
    moved(...(name === "x" ? [Number(target.value), state.y] : [state.x, Number(target.value)]));
  });
  find(`#gen-${name}`).addEventListener("change", settled);
}
movable(find(".plane canvas"), () => state, {settled, moved: (x, y) => {
  stopWalk();
  moved(x, y);
}});
onClick(".play", () => {
  if (!walking) return walk();
  stopWalk();
  settled();
});
onClick(".other", () => {
  state.seed = (state.seed + 1) % 10000;
  newPlane();
});
onClick(".look", fetchDigits);
shareable(root, write);

// --- the film -------------------------------------------------------------------------------------------------------

async function openFilm() {
  try {
    shown.film ??= await load(root.dataset.scripts, "film").then(filmOf);
    showFilm();
  } catch (error) {
    trouble(error.message);
  }
}

function showFilm() {
  if (!shown.film) return;
  const k = (state.film || EVALUATIONS) - 1, {steps, scores, pictures} = shown.film;
  for (const method of METHODS) {
    drawFrame(frames[method].canvas, pictures[method], k);
    frames[method].distance.textContent = `distance ${scores[method][k].toFixed(1)}`;
  }
  find("#gen-film").value = k + 1;
  find("#gen-film").setAttribute("aria-valuetext", `after ${thousands(steps[k])} critic steps`);
  find("output[for=gen-film]").textContent = `${thousands(steps[k])} critic steps`;
  find(".shown").textContent = aboutFilm(steps, scores, k);
  root.dataset.film = k + 1;
}

function toFrame(k) {
  state.film = k;
  showFilm();
}

function stopFilm() {
  clearInterval(rolling);
  rolling = 0;
  find(".roll").textContent = "Play the film";
}

function rollFilm() {
  toFrame(1);
  find(".roll").textContent = "Stop the film";
  rolling = setInterval(() => {
    toFrame(state.film + 1);
    if (state.film < EVALUATIONS) return;
    stopFilm();
    write();
  }, calm.matches ? 2 * CALM : FRAME);
}

onClick(".roll", () => {
  if (!rolling) return rollFilm();
  stopFilm();
  write();
});
find("#gen-film").addEventListener("input", ({target}) => {
  stopFilm();
  toFrame(Number(target.value));
});
find("#gen-film").addEventListener("change", write);
find(".film").addEventListener("toggle", () => {
  stopFilm();
  if (find(".film").open) {
    state.film ||= EVALUATIONS;
    openFilm();
  } else {
    state.film = 0;
    root.dataset.film = "";
  }
  if (root.dataset.drawn) write();
});

// --- to begin with --------------------------------------------------------------------------------------------------

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return;
  if (walking) stopWalk();
  if (rolling) stopFilm();
});
window.addEventListener("hashchange", () => {
  const said = fromAddress("", location.hash);
  if (!Object.keys(said).length) return; // a place in the page around
  state = stateOf(said).state;
  find(".film").open = state.film > 0;
  showFilm();
  newPlane();
});
new ResizeObserver(() => requestAnimationFrame(show)).observe(find(".plane"));
new MutationObserver(() => {
  show();
  showFilm();
}).observe(document.documentElement, {attributeFilter: ["data-theme"]});
settleIn(root);
find(".film").open = state.film > 0;
showChoices();
if (unknown.length) trouble(`The address asks for what this page does not have: ${unknown.join(", ")}.`);
Promise.all(["classifier", ...METHODS].map(async (name) => {
  const packed = await load(root.dataset.scripts, name);
  worker.postMessage({type: "weights", name, packed});
})).then(() => {
  const {by, from, to, seed} = state;
  tell({type: "plane", by, from, to, seed});
}, (error) => trouble(error.message));
