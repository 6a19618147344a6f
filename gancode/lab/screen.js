// All of the pictures and all of the words, of one state.

import {aboutPoints, drawCursor, drawPoints} from "./drawing.js";
import {drawCurve, drawLayers, drawSlopes, drawWeights} from "./pictures.js";
import {drawSurface, drawTrail} from "./surface.js";
import {aboutCurve, aboutLayers, aboutRun, aboutSlopes, aboutSurface, aboutWeights, eachLayer, labels, spoken} from "./words.js";

const COLOURS = ["paper", "real", "fake", "soft", "grid", "none", "clip", "penalty", "r1", "gan", "lsgan"];
const SHARES = ["field", "lineMix", "lineTo"];
const WORDS_EVERY = 250; // milliseconds, while training goes on
const ALOUD_EVERY = 6000;

// shown: {state, settings, playing, points, cursor, curve, trail, span}, changed by the page as it goes. What is said of
// a state is said by the settings that it was made with, state.settings: the reader may have moved a slider since.
// Returns {draw, sayAloud}: draw what is shown; say it at the next drawing, however short ago something was said.
export function makeScreen(root, shown) {
  const find = (selector) => root.querySelector(selector);
  let wordsAt = 0, aloudAt = 0;

  function say(selector, text) {
    const place = find(selector);
    if (place.textContent !== text) place.textContent = text;
  }

  function draw() {
    const {state, settings, points, cursor, curve, trail, span} = shown, made = state?.settings ?? settings;
    const ink = inkOf(root, made), map = find(".map canvas"), own = settings.data === "own";
    if (state) {
      drawSurface(map, state, ink, settings.arrows);
      drawTrail(map, state, trail, ink);
      drawLayers(find(".layers canvas"), state, ink, span, predicted(state));
      drawWeights(find(".weights canvas"), state, ink, made.constraint === "clip" ? made.clip : null);
      drawSlopes(find(".slopes canvas"), state, ink, made.constraint === "r1" ? null : 1);
      drawCurve(find(".curve canvas"), curve, ink);
    } else if (own) {
      drawPoints(map, points, ink);
    }
    if (own) drawCursor(map, cursor, ink);
    root.dataset.steps = state?.steps ?? "";
    root.dataset.draws = Number(root.dataset.draws ?? 0) + 1;
    write();
  }

  function write() {
    const {state, settings, playing, points, cursor} = shown, now = performance.now();
    if (settings.data === "own") say("#lab-points", aboutPoints(points, cursor));
    if (!state || (playing && now - wordsAt < WORDS_EVERY)) return;
    wordsAt = now;
    for (const [selector, text] of Object.entries(labels(state.settings))) say(selector, text);
    say("#lab-surface", aboutSurface(state));
    say("#lab-layers", aboutLayers(state));
    say("#lab-weights", aboutWeights(state));
    say("#lab-slopes", aboutSlopes(state));
    say("#lab-curve", aboutCurve(state));
    say(".count", aboutRun(state));
    if (find(".lines").open) {
      const items = eachLayer(state).map((text) => Object.assign(document.createElement("li"), {textContent: text}));
      find(".lines ul").replaceChildren(...items);
    }
    if (playing && now - aloudAt < ALOUD_EVERY) return;
    aloudAt = now;
    say(".aloud", spoken(state));
  }

  find(".lines").addEventListener("toggle", () => requestAnimationFrame(draw));
  return {draw, sayAloud: () => { aloudAt = wordsAt = 0; }};
}

// The colours as the page's style has them now, in the light mode or the dark.
function inkOf(root, {constraint, loss}) {
  const style = getComputedStyle(root), value = (name) => style.getPropertyValue(`--lab-${name}`).trim();
  const ink = {font: style.fontFamily};
  for (const name of COLOURS) ink[name] = value(name);
  for (const name of SHARES) ink[name] = Number(value(name));
  const bare = {"non-saturating": "gan", "least-squares": "lsgan", "wasserstein": "none"}[loss];
  ink.method = ink[{"none": bare, "one-sided": "penalty"}[constraint] ?? constraint];
  return ink;
}

// What clipped weights of random signs would make of the gradient (chapter 5): c √(n/2) a hidden layer, c √n the last.
function predicted({layerNorms, settings: {constraint, clip, width}}) {
  if (constraint !== "clip") return null;
  const last = layerNorms.length - 1;
  const back = (k) => k === last ? 1 : clip * Math.sqrt(width) * (clip * Math.sqrt(width / 2)) ** (last - 1 - k);
  return Array.from(layerNorms, (_, k) => layerNorms[last] * back(k));
}
