// What can be chosen in the lab, what it begins with, the presets, and all of that as the end of a web address.
// CONTROLS and PRESETS are JSON: __init__.py reads them too.

import {clamp} from "./words.js";

export const CONTROLS = {
  "data": {"label": "Data", "start": "eight", "choices": {
    "eight": "8 Gaussians", "twenty-five": "25 Gaussians", "swiss-roll": "Swiss roll", "own": "Draw your own"}},
  "generator": {"label": "Fakes", "start": "fixed", "choices": {
    "fixed": "Data plus noise, fixed", "learning": "A generator that learns"}},
  "constraint": {"label": "Constraint", "start": "penalty", "live": true, "choices": {
    "none": "None", "clip": "Clip the weights", "penalty": "Gradient penalty", "one-sided": "Penalty, one-sided"}},
  "clip": {"label": "Clip bound c", "start": 0.01, "live": true,
    "stops": [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]},
  "lambda": {"label": "Penalty weight λ", "start": 1, "live": true, "stops": [0.1, 0.3, 1, 3, 10, 30, 100]},
  "depth": {"label": "Hidden layers", "start": 3, "whole": true, "stops": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]},
  "width": {"label": "Units in each", "start": 64, "whole": true, "stops": [8, 16, 32, 64, 96, 128]},
  "optimiser": {"label": "Optimiser", "start": "adam", "choices": {"rmsprop": "RMSProp", "adam": "Adam"}},
  "rate": {"label": "Learning rate", "start": 0.001, "live": true,
    "stops": [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]},
  "batch": {"label": "Batch", "start": 128, "whole": true, "stops": [32, 64, 128, 256]},
  "nCritic": {"label": "Critic steps a generator step", "start": 5, "whole": true, "live": true,
    "stops": [1, 2, 3, 5, 10, 20]},
  "seed": {"label": "Seed", "start": 0, "whole": true, "stops": [0, 9999]}
};

// A preset holds what differs from the start. "steps": by when what it shows is to be seen.
export const PRESETS = {
  "ring": {
    "title": "Penalty, three layers: it draws the ring",
    "settings": {"data": "eight", "constraint": "penalty", "lambda": 1, "rate": 0.001, "optimiser": "adam"},
    "steps": 1500,
    "question": "Press Play. The critic has never been told where the eight spots are. When can you guess them from its map alone? And where in the plane is it steepest?",
    "answer": "After some hundred steps the map has a hollow in the middle, then eight peaks. Its slope, on the lines between real and fake, gathers around 1 + W1 / (2 λ): a little above 1, since the penalty is a price and not a wall."
  },
  "box": {
    "title": "Clip 0.01, three layers: it draws a box",
    "settings": {"data": "eight", "constraint": "clip", "clip": 0.01, "rate": 5e-5, "optimiser": "rmsprop"},
    "steps": 1500,
    "question": "The same network and the same data as in “it draws the ring”, but clipped. Where is its value highest, and is there any data? Then look at the weights: where do they pile up, and from which step on?",
    "answer": "It is highest in the middle of the ring, where there is nothing: it has found out that data are inside and noise is outside, and no more. Nine in ten weights stand at ±0.01 after the first step, because they were drawn wider than that."
  },
  "vanish": {
    "title": "Clip 0.01, twelve layers: it vanishes",
    "settings": {"data": "swiss-roll", "constraint": "clip", "clip": 0.01, "depth": 12, "width": 128, "rate": 5e-4, "optimiser": "rmsprop", "batch": 64, "generator": "learning"},
    "steps": 5,
    "question": "Make one critic step and look at the gradient by layer. Why does layer 1 learn nothing? Then move the clip bound, without a reset: is there one that mends it?",
    "answer": "On its way back each layer multiplies the gradient by about c √(n/2) = 0.08, and twelve layers do so twelve times. It is there after the first clip: geometry, nothing learned. A larger bound helps for some steps, and then training aligns the weights' signs and the gradient explodes."
  },
  "explode": {
    "title": "Clip 0.1, twelve layers: it explodes",
    "settings": {"data": "swiss-roll", "constraint": "clip", "clip": 0.1, "depth": 12, "width": 128, "rate": 5e-4, "optimiser": "rmsprop", "batch": 64, "generator": "learning"},
    "steps": 130,
    "question": "The dashed line foretells a gradient that shrinks a little. Step slowly: after how many critic steps does the measured one leave it, and why?",
    "answer": "The prediction takes the signs of the weights for random. Training aligns them, so that terms add up instead of their squares, and each layer may then multiply by up to c n = 12.8."
  },
  "level": {
    "title": "Penalty, twelve layers: it stays level",
    "settings": {"data": "swiss-roll", "constraint": "penalty", "lambda": 10, "depth": 12, "width": 128, "rate": 5e-4, "optimiser": "adam", "batch": 64, "generator": "learning"},
    "steps": 50,
    "question": "Twelve layers again, now with the penalty. How many powers of ten lie between the first layer and the last? Then switch the constraint to “Clip the weights” while it plays.",
    "answer": "Less than one. Nothing holds the weights; only the slope at the samples is paid for. One clip at 0.01 takes all of it away within a single step, and switching back does not bring it back soon."
  },
  "no-constraint": {
    "title": "No constraint: the number that means nothing",
    "settings": {"data": "eight", "constraint": "none", "rate": 0.001, "optimiser": "adam"},
    "steps": 100,
    "question": "The estimate of W1 grows and grows. Is the critic getting better? Look at its slope, then switch on the penalty without a reset.",
    "answer": "A critic that may be as steep as it likes doubles its values and doubles the “distance”. The shape of the map may even be good; the number is in units of a slope that nobody holds. The penalty brings the slope down to about 1, and the number to W1."
  },
  "units": {
    "title": "Clip 0.1: an estimate in units of its own",
    "settings": {"data": "eight", "constraint": "clip", "clip": 0.1, "rate": 5e-4, "optimiser": "rmsprop", "generator": "learning"},
    "steps": 1500,
    "question": "A generator learns here, as in chapter 3. Around step 1000 the estimate comes near the exact W1. Is it right, then? Look at the critic’s slope, and try another bound.",
    "answer": "It comes near by chance. The slope is about 1.7 there, so in honest units the critic sees half of the distance. Another bound, depth or width gives another slope, and another number. Divided by its steepest slope an estimate can not exceed W1."
  },
  "chase": {
    "title": "Penalty: fakes chase the data",
    "settings": {"data": "eight", "constraint": "penalty", "lambda": 1, "rate": 0.001, "optimiser": "adam", "generator": "learning"},
    "steps": 2000,
    "question": "Watch the arrows: each says where the critic would send a fake. Do the fakes go there? What happens to the arrows when fakes and data meet?",
    "answer": "They go there, all at once, and the map changes under their feet. The exact W1 falls, and the estimate falls with it, nearly in the same units. Where fakes have arrived there is little left to tell apart, and the arrows point this way and that."
  },
  "draw": {
    "title": "Draw your own data",
    "settings": {"data": "own", "constraint": "penalty", "lambda": 1, "rate": 0.001, "optimiser": "adam"},
    "steps": 1000,
    "question": "Draw on the map: a letter, two islands, a ring. Press Play. Which shapes does a penalised critic find, and which does a clipped one?",
    "answer": "A clipped critic of this size draws corners and boxes, whatever you drew. The penalised one finds islands that are some way apart; fine detail takes it many more steps."
  }
};

export const NO_PRESET = "";

// The settings of a preset, or of none.
export function settingsOf(preset) {
  const found = {};
  for (const name in CONTROLS) found[name] = CONTROLS[name].start;
  return Object.assign(found, PRESETS[preset]?.settings);
}

// A text or a number as a value of this setting, or undefined if it can be none.
export function allowed(name, value) {
  const control = CONTROLS[name];
  if (!control) return undefined;
  if (control.choices) return Object.hasOwn(control.choices, value) ? value : undefined;
  const number = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
  const inside = number >= control.stops[0] && number <= control.stops.at(-1);
  return inside && (!control.whole || Number.isInteger(number)) ? number : undefined;
}

// {preset, settings, points, unknown} from {name: value}; unknown lists what no setting can be.
export function fromValues(values) {
  const unknown = [];
  let preset = values.preset ?? NO_PRESET;
  if (preset && !Object.hasOwn(PRESETS, preset)) {
    unknown.push(`preset=${preset}`);
    preset = NO_PRESET;
  }
  const settings = settingsOf(preset);
  for (const [name, value] of Object.entries(values)) {
    if (name === "preset" || name === "points") continue;
    const found = allowed(name, value);
    if (found === undefined) unknown.push(`${name}=${value}`);
    else settings[name] = found;
  }
  return {preset, settings, points: unpacked(values.points ?? ""), unknown};
}

// A state as the end of an address: the preset, what differs from it, and the points that were drawn.
export function toAddress(preset, settings, points) {
  const parts = new URLSearchParams();
  if (preset) parts.set("preset", preset);
  const usual = settingsOf(preset);
  for (const name in CONTROLS) if (settings[name] !== usual[name]) parts.set(name, settings[name]);
  if (settings.data === "own" && points.length) parts.set("points", packed(points));
  return parts.toString() || "preset=";
}

// What an address says: its hash if that says something, else its query. A link has the one, the page writes the other.
export function fromAddress(query, hash) {
  const said = (text) => Object.fromEntries(
    [...new URLSearchParams(text.slice(1))].filter(([name]) => name in CONTROLS || name === "preset" || name === "points"));
  const found = said(hash);
  return Object.keys(found).length ? found : said(query);
}

// Points in the square from -2 to 2, two digits to the base of 36 a coordinate: steps of 0.003.
const BASE = 36;
const MOST = BASE * BASE - 1;

function packed(points) {
  return Array.from(points, (x) => Math.round((clamp(x, -2, 2) + 2) / 4 * MOST).toString(BASE).padStart(2, "0"))
    .join("");
}

function unpacked(text) {
  const pairs = /^([0-9a-z]{4})*$/.test(text) ? text.match(/../g) ?? [] : [];
  return pairs.map((digits) => parseInt(digits, BASE) / MOST * 4 - 2);
}
