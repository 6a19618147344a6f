// The wiring: what the reader does goes to the worker, what the worker finds goes to the pictures.

import {fillPresets, makeControls} from "./controls.js";
import {FEWEST, PLANE, aboutPoints, drawCursor, drawPoints, drawing} from "./drawing.js";
import {drawCurve, drawLayers, drawSlopes, drawWeights} from "./pictures.js";
import {CONTROLS, NO_PRESET, PRESETS, fromAddress, fromValues, settingsOf, toAddress} from "./settings.js";
import {drawSurface} from "./surface.js";
import {aboutCurve, aboutLayers, aboutRun, aboutSlopes, aboutSurface, aboutWeights, eachLayer, spoken} from "./words.js";

const root = document.querySelector("[data-critic-lab]:not([data-alive])");
const find = (selector) => root.querySelector(selector);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const hasAddress = location.protocol !== "about:"; // an <iframe srcdoc> has none
const given = JSON.parse(root.dataset.start);
const said = hasAddress ? fromAddress(location.search, location.hash) : {};

let {preset, settings, points, unknown} = fromValues(firstOf(said, given, {preset: "ring"}));
let worker = null, playing = false, state = null, drawn = true, curve = [], span = null, ink = null;
let wordsAt = 0, aloudAt = 0;

function firstOf(...values) {
  return values.find((each) => Object.keys(each).length);
}

// --- the worker ---------------------------------------------------------------------------------------------

function begin() {
  worker = new Worker(URL.createObjectURL(new Blob([ENGINE], {type: "text/javascript"})));
  worker.onmessage = ({data}) => ({state: receive, trouble})[data.type](data);
  worker.onerror = (event) => trouble({what: event.message});
}

function reset() {
  stop();
  curve = [];
  span = {low: -3, high: 1};
  state = null;
  find(".trouble").hidden = true;
  const ready = settings.data !== "own" || points.length >= 2 * FEWEST;
  for (const each of root.querySelectorAll(".bar button:not(.reset)")) each.disabled = !ready;
  show();
  if (ready) worker.postMessage({type: "reset", settings, ...(settings.data === "own" && {points: Float32Array.from(points)})});
  else requestAnimationFrame(draw);
}

function receive(found) {
  curve.push(...found.newCurve);
  if (curve.length > 2000) curve = curve.filter((_, k) => k % 2 === 0 || k === curve.length - 1);
  const quietly = playing && calm.matches ? 500 : 0; // who asks for less motion sees two pictures a second
  state = found;
  if (playing && !found.running) setPlaying(false);
  if (drawn) requestAnimationFrame(draw);
  drawn = false;
  setTimeout(() => requestAnimationFrame(() => worker.postMessage({type: "seen"})), quietly);
}

function trouble({what}) {
  setPlaying(false);
  find(".trouble").textContent = `${what} Reset, or choose a smaller learning rate.`;
  find(".trouble").hidden = false;
}

function setPlaying(now) {
  playing = now;
  find(".play").textContent = playing ? "Pause" : "Play";
  root.dataset.playing = playing;
  aloudAt = 0; // what the reader has done is told at once
}

function play() {
  setPlaying(true);
  worker.postMessage({type: "play", stepsPerSecond: Number(find("#lab-speed").value)});
}

function stop() {
  if (playing) worker.postMessage({type: "pause"});
  setPlaying(false);
}

// --- the pictures -------------------------------------------------------------------------------------------

function readInk() {
  const style = getComputedStyle(root), colour = (name) => style.getPropertyValue(`--lab-${name}`).trim();
  ink = {font: style.fontFamily};
  for (const name of ["paper", "real", "fake", "soft", "grid"]) ink[name] = colour(name);
  for (const name of ["field", "lineMix", "lineTo"]) ink[name] = Number(colour(name));
  const method = {none: "none", clip: "clip", penalty: "penalty", "one-sided": "penalty"}[settings.constraint];
  ink.method = colour(method);
}

function draw() {
  drawn = true;
  readInk();
  const map = find(".map canvas"), own = settings.data === "own";
  if (state) {
    drawSurface(map, state, ink, find("#lab-arrows").checked);
    drawLayers(find(".layers canvas"), state, ink, span, predicted());
    drawWeights(find(".weights canvas"), state, ink, settings.constraint === "clip" ? settings.clip : null);
    drawSlopes(find(".slopes canvas"), state, ink);
    drawCurve(find(".curve canvas"), curve, ink);
    root.dataset.steps = state.criticSteps;
  } else if (own) {
    drawPoints(map, points, ink);
  }
  if (own) drawCursor(map, cursor, state?.extent ?? PLANE, ink);
  root.dataset.draws = Number(root.dataset.draws ?? 0) + 1;
  write();
}

// What clipped weights alone would make of the gradient (chapter 5): c √(n/2) a hidden layer, c √n the last.
function predicted() {
  if (settings.constraint !== "clip") return null;
  const {clip, width} = settings, last = state.layerNorms.length - 1, output = state.layerNorms[last];
  const back = (k) => k === last ? 1 : clip * Math.sqrt(width) * (clip * Math.sqrt(width / 2)) ** (last - 1 - k);
  return Array.from(state.layerNorms, (_, k) => output * back(k));
}

function write() {
  const now = performance.now();
  if (playing && now - wordsAt < 250) return;
  wordsAt = now;
  const say = (selector, text) => {
    const place = find(selector);
    if (place.textContent !== text) place.textContent = text;
  };
  if (settings.data === "own") say("#lab-points", aboutPoints(points, cursor));
  if (!state) {
    for (const each of ["#lab-surface", "#lab-layers", "#lab-weights", "#lab-slopes", "#lab-curve", ".count"]) say(each, "");
    return;
  }
  say("#lab-surface", aboutSurface(state));
  say("#lab-layers", aboutLayers(state));
  say("#lab-weights", aboutWeights(state, settings));
  say("#lab-slopes", aboutSlopes(state));
  say("#lab-curve", aboutCurve(state));
  say(".count", aboutRun(state));
  if (find(".layers details").open) {
    find(".layers ul").replaceChildren(...eachLayer(state).map((text) => Object.assign(document.createElement("li"), {textContent: text})));
  }
  if (now - aloudAt < 6000 && playing) return;
  aloudAt = now;
  say(".aloud", spoken(state, settings));
}

// --- what the reader does -----------------------------------------------------------------------------------

const cursor = drawing(find(".map canvas"), points, {
  isOn: () => settings.data === "own",
  changed(done) {
    if (done) reset();
    else if (drawn) requestAnimationFrame(draw);
  },
});

const showSettings = makeControls(find(".controls"), (name, value) => {
  settings[name] = value;
  if (CONTROLS[name].live || name === "constraint") {
    show();
    if (state) worker.postMessage({type: "change", settings});
  } else reset();
});

function choose(name) {
  preset = name;
  if (preset !== NO_PRESET) settings = settingsOf(preset);
  find(".answer").open = false;
  reset();
}

function show() {
  showSettings(settings);
  const {question, answer, steps} = PRESETS[preset] ?? {};
  find("#lab-preset").value = preset;
  find(".question").textContent = question ?? "";
  find(".answer").hidden = !answer;
  find(".answer p").textContent = answer ?? "";
  find(".jump").textContent = `Run to step ${steps ?? 1000}`;
  const own = settings.data === "own";
  find(".own").hidden = !own;
  find(".map").classList.toggle("drawable", own);
  if (own) find(".map canvas").tabIndex = 0;
  else find(".map canvas").removeAttribute("tabindex");
  find(".generator-step").hidden = settings.generator === "fixed";
  if (hasAddress) history.replaceState(null, "", `#${toAddress(preset, settings, points)}`);
}

fillPresets(find("#lab-preset"));
find("#lab-preset").addEventListener("change", (event) => choose(event.target.value));
find(".play").addEventListener("click", () => playing ? stop() : play());
find(".reset").addEventListener("click", reset);
for (const what of ["critic", "generator"]) {
  find(`.${what}-step`).addEventListener("click", () => {
    stop();
    worker.postMessage({type: "step", what});
  });
}
find(".jump").addEventListener("click", () => {
  setPlaying(true);
  worker.postMessage({type: "until", steps: PRESETS[preset]?.steps ?? 1000});
});
find("#lab-speed").addEventListener("change", () => playing && play());
find("#lab-arrows").addEventListener("change", () => requestAnimationFrame(draw));
find(".clear").addEventListener("click", () => {
  points.length = 0;
  reset();
});
find(".copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href).then(() => "Copied.", () => "The link is in the address bar.")
    .then((text) => { find(".share [role=status]").textContent = text; });
});
document.addEventListener("visibilitychange", () => document.hidden && stop());
window.addEventListener("hashchange", () => {
  const found = fromValues(fromAddress("", location.hash));
  ({preset, settings} = found);
  points.splice(0, points.length, ...found.points);
  reset();
});

root.dataset.alive = "yes";
find(".alive").hidden = false;
find(".share").hidden = !hasAddress;
new ResizeObserver(() => requestAnimationFrame(draw)).observe(find(".columns"));
const redraw = () => requestAnimationFrame(draw);
new MutationObserver(redraw).observe(document.documentElement, {attributeFilter: ["data-theme"]});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
begin();
reset();
if (unknown.length) trouble({what: `The address asks for what the lab does not have: ${unknown.join(", ")}.`});
