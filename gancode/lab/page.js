// The wiring: what the reader does goes to the worker, what the worker finds goes to the screen.

import {fillPresets, learns, makeControls} from "./controls.js";
import {FEWEST, drawing} from "./drawing.js";
import {PRESETS} from "./presets.js";
import {CONTROLS, NO_PRESET, fromAddress, fromValues, settingsOf, toAddress} from "./settings.js";
import {makeScreen} from "./screen.js";
import {hasAddress, settleIn, shareable} from "./surroundings.js";
import {hasD} from "./words.js";

const CURVE_POINTS = 2000;
const TRAIL = 300; // steps
const CALM = 500; // milliseconds between pictures for those who ask for less motion

const root = document.querySelector("[data-critic-lab]:not([data-alive])");
const find = (selector) => root.querySelector(selector);
const onClick = (selector, action) => find(selector).addEventListener("click", action);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const asked = hasAddress ? fromAddress(location.search, location.hash) : {};
const first = [asked, JSON.parse(root.dataset.start), {preset: "ring"}].find((each) => Object.keys(each).length);
const {preset, settings, points, unknown} = fromValues(first);
const shown = {preset, settings, points, playing: false, state: null, curve: [], trail: [], span: null};
shown.cursor = drawing(find(".map canvas"), points, {
  isOn: () => shown.settings.data === "own",
  changed: (done) => done ? reset() : redraw(),
});
const screen = makeScreen(root, shown);
const worker = new Worker(URL.createObjectURL(new Blob([ENGINE], {type: "text/javascript"})));

let waiting = false; // for the screen to be drawn
let run = 0; // how often it began anew: an answer of an earlier run comes too late
let order = 0; // how often the worker was told to do something

function tell(message) {
  order += 1;
  worker.postMessage({...message, run, order});
}

function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    screen.draw();
  });
}

// --- what the worker finds ----------------------------------------------------------------------------------

worker.onmessage = ({data}) => {
  if (data.run !== run) return;
  if (data.type === "state") receive(data);
  else trouble(`${data.what}. Choose a smaller learning rate, or another constraint, and reset.`);
};
worker.onerror = (event) => trouble(event.message);

function receive(state) {
  if (state.settings.loss !== shown.state?.settings.loss) shown.curve = []; // another loss has another unit
  shown.state = state;
  shown.trail = [...shown.trail, ...state.newTrail].slice(-TRAIL);
  shown.curve.push(...state.newCurve);
  while (shown.curve.length > CURVE_POINTS) {
    shown.curve = shown.curve.filter((_, k) => k % 2 === 0 || k === shown.curve.length - 1);
  }
  if (shown.playing && !state.running && state.order === order) setPlaying(false); // no later word is on its way
  redraw();
  // The next one is made while this one is drawn. A page that is slow to draw is slow to answer, too.
  const answer = () => worker.postMessage({type: "seen", run: state.run});
  if (shown.playing && calm.matches) setTimeout(answer, CALM);
  else answer();
}

function trouble(what) {
  setPlaying(false);
  find(".trouble").textContent = what;
  find(".trouble").hidden = false;
}

// --- what the reader does -----------------------------------------------------------------------------------

function setPlaying(now) {
  shown.playing = now;
  find(".play").textContent = now ? "Pause" : "Play";
  root.dataset.playing = now;
  screen.sayAloud(); // what the reader has done is told at once
}

function play() {
  setPlaying(true);
  tell({type: "play", stepsPerSecond: Number(find("#lab-speed").value)});
}

function pause() {
  if (shown.playing) tell({type: "pause"});
  setPlaying(false);
}

function reset() {
  pause();
  run += 1;
  Object.assign(shown, {state: null, curve: [], trail: [], span: {low: -3, high: 1}});
  find(".trouble").hidden = true;
  const {settings, points} = shown, own = settings.data === "own";
  for (const button of root.querySelectorAll(".bar button")) button.disabled = !isReady();
  showChoices();
  if (isReady()) tell({type: "reset", settings, ...(own && {points: Float32Array.from(points)})});
  redraw();
}

function isReady() {
  return shown.settings.data !== "own" || shown.points.length >= 2 * FEWEST;
}

function showChoices() {
  const {preset, settings, points} = shown, own = settings.data === "own";
  if (settings.arrows === "d" && !hasD(settings)) settings.arrows = "score";
  const {question = "", answer = "", steps = 1000} = PRESETS[preset] ?? {};
  showSettings(settings);
  find("#lab-preset").value = preset;
  find(".question").textContent = question;
  find(".answer p").textContent = answer;
  find(".answer").hidden = !answer;
  find(".jump").textContent = `Run to step ${steps}`;
  find(".generator-step").hidden = !learns(settings);
  find(".own").hidden = !own;
  find(".map").classList.toggle("drawable", own);
  find(".map canvas").tabIndex = own ? 0 : -1;
  if (hasAddress) history.replaceState(null, "", `#${toAddress(preset, settings, points)}`);
}

const showSettings = makeControls(find(".controls"), (name, value) => {
  shown.settings[name] = value;
  if (!CONTROLS[name].live) return reset();
  showChoices();
  if (isReady()) tell({type: "change", settings: shown.settings});
});

fillPresets(find("#lab-preset"));
find("#lab-preset").addEventListener("change", ({target}) => {
  shown.preset = target.value;
  if (shown.preset !== NO_PRESET) shown.settings = settingsOf(shown.preset);
  find(".answer").open = false;
  showSpeed();
  reset();
});
onClick(".play", () => shown.playing ? pause() : play());
onClick(".reset", reset);
onClick(".critic-step", () => step("critic"));
onClick(".generator-step", () => step("generator"));
onClick(".jump", () => {
  setPlaying(true);
  tell({type: "until", steps: PRESETS[shown.preset]?.steps ?? 1000});
});
onClick(".clear", () => {
  shown.points.length = 0;
  reset();
});
shareable(root, showChoices);
find("#lab-speed").addEventListener("change", () => shown.playing && play());

// Some experiments are over too soon to be seen.
function showSpeed() {
  find("#lab-speed").value = PRESETS[shown.preset]?.speed ?? "Infinity";
}

function isState(hash) {
  return Object.keys(fromAddress("", hash)).length > 0;
}

function step(what) {
  pause();
  tell({type: "step", what});
}

document.addEventListener("visibilitychange", () => document.hidden && pause());
window.addEventListener("hashchange", () => {
  if (!isState(location.hash)) return; // a place in the page around the lab
  const {points, ...found} = fromValues(fromAddress("", location.hash));
  shown.points.splice(0, Infinity, ...points);
  Object.assign(shown, found);
  showSpeed();
  reset();
});

new ResizeObserver(redraw).observe(find(".columns"));
new MutationObserver(redraw).observe(document.documentElement, {attributeFilter: ["data-theme"]});
settleIn(root);
showSpeed();
const place = location.hash;
reset();
if (hasAddress && place && !isState(place)) history.replaceState(null, "", place); // of the page around the lab
if (unknown.length) trouble(`The address asks for what the lab does not have: ${unknown.join(", ")}.`);
