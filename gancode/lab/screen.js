// All of the pictures and all of the words, of one state.

import {aboutPoints, drawCursor, drawPoints} from "./drawing.js";
import {drawCurve, drawLayers, drawSlopes, drawWeights} from "./pictures.js";
import {drawSurface} from "./surface.js";
import {aboutCurve, aboutLayers, aboutRun, aboutSlopes, aboutSurface, aboutWeights, eachLayer, spoken} from "./words.js";

const COLOURS = ["paper", "real", "fake", "soft", "grid", "none", "clip", "penalty"];
const SHARES = ["field", "lineMix", "lineTo"];
const WORDS_EVERY = 250; // milliseconds, while training goes on
const ALOUD_EVERY = 6000;

// shown: {state, settings, playing, points, cursor, curve, span}, changed by the page as it goes.
// Returns {draw, sayAloud}: draw what is shown; say it at the next drawing, however short ago something was said.
export function makeScreen(root, shown) {
  const find = (selector) => root.querySelector(selector);
  let wordsAt = 0, aloudAt = 0;

  function say(selector, text) {
    const place = find(selector);
    if (place.textContent !== text) place.textContent = text;
  }

  function draw() {
    const {state, settings, points, cursor, curve, span} = shown;
    const ink = inkOf(root, settings), map = find(".map canvas"), own = settings.data === "own";
    if (state) {
      drawSurface(map, state, ink, find("#lab-arrows").checked);
      drawLayers(find(".layers canvas"), state, ink, span, foretold(state, settings));
      drawWeights(find(".weights canvas"), state, ink, settings.constraint === "clip" ? settings.clip : null);
      drawSlopes(find(".slopes canvas"), state, ink);
      drawCurve(find(".curve canvas"), curve, ink);
    } else if (own) {
      drawPoints(map, points, ink);
    }
    if (own) drawCursor(map, cursor, ink);
    root.dataset.steps = state?.criticSteps ?? "";
    root.dataset.draws = Number(root.dataset.draws ?? 0) + 1;
    write();
  }

  function write() {
    const {state, settings, playing, points, cursor} = shown, now = performance.now();
    if (settings.data === "own") say("#lab-points", aboutPoints(points, cursor));
    if (!state || (playing && now - wordsAt < WORDS_EVERY)) return;
    wordsAt = now;
    say("#lab-surface", aboutSurface(state));
    say("#lab-layers", aboutLayers(state));
    say("#lab-weights", aboutWeights(state, settings));
    say("#lab-slopes", aboutSlopes(state));
    say("#lab-curve", aboutCurve(state));
    say(".count", aboutRun(state));
    if (find(".lines").open) {
      const items = eachLayer(state).map((text) => Object.assign(document.createElement("li"), {textContent: text}));
      find(".lines ul").replaceChildren(...items);
    }
    if (playing && now - aloudAt < ALOUD_EVERY) return;
    aloudAt = now;
    say(".aloud", spoken(state, settings));
  }

  find(".lines").addEventListener("toggle", () => requestAnimationFrame(draw));
  return {draw, sayAloud: () => { aloudAt = wordsAt = 0; }};
}

// The colours as the page's style has them now, in the light mode or the dark.
function inkOf(root, {constraint}) {
  const style = getComputedStyle(root), value = (name) => style.getPropertyValue(`--lab-${name}`).trim();
  const ink = {font: style.fontFamily};
  for (const name of COLOURS) ink[name] = value(name);
  for (const name of SHARES) ink[name] = Number(value(name));
  ink.method = ink[constraint === "one-sided" ? "penalty" : constraint];
  return ink;
}

// What clipped weights alone would make of the gradient (chapter 5): c √(n/2) a hidden layer, c √n the last.
function foretold({layerNorms}, {constraint, clip, width}) {
  if (constraint !== "clip") return null;
  const last = layerNorms.length - 1;
  const back = (k) => k === last ? 1 : clip * Math.sqrt(width) * (clip * Math.sqrt(width / 2)) ** (last - 1 - k);
  return Array.from(layerNorms, (_, k) => layerNorms[last] * back(k));
}
