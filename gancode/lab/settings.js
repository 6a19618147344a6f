// What can be chosen in the lab, what it begins with, and all of that as the end of a web address.
// CONTROLS is JSON: __init__.py reads it too.

import {PRESETS} from "./presets.js";
import {clamp} from "./words.js";

export const CONTROLS = {
  "data": {"label": "Data", "start": "eight", "choices": {
    "eight": "8 Gaussians", "twenty-five": "25 Gaussians", "swiss-roll": "Swiss roll", "point": "One point",
    "own": "Draw your own"}},
  "generator": {"label": "Fakes", "start": "fixed", "choices": {
    "fixed": "Data plus noise, fixed", "cloud": "A small cloud, fixed", "free": "Free points",
    "learning": "A generator that learns"}},
  "loss": {"label": "Loss", "start": "wasserstein", "live": true, "choices": {
    "non-saturating": "GAN", "least-squares": "LSGAN", "wasserstein": "WGAN"}},
  "constraint": {"label": "Constraint", "start": "penalty", "live": true, "choices": {
    "none": "None", "clip": "Clip the weights", "penalty": "Gradient penalty", "one-sided": "Penalty, one-sided",
    "r1": "R1"}},
  "arrows": {"label": "Arrows", "start": "pull", "live": true, "choices": {
    "pull": "Loss’s pull", "score": "Score’s slope", "d": "D’s slope", "none": "None"}},
  "clip": {"label": "Clip bound c", "start": 0.01, "live": true,
    "stops": [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]},
  "lambda": {"label": "Penalty weight λ", "start": 1, "live": true, "stops": [0.1, 0.3, 1, 3, 10, 30, 100]},
  "depth": {"label": "Hidden layers", "start": 3, "whole": true, "stops": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]},
  "width": {"label": "Units in each", "start": 64, "whole": true, "stops": [8, 16, 32, 64, 96, 128]},
  "optimiser": {"label": "Optimiser", "start": "adam", "choices": {
    "sgd": "SGD", "rmsprop": "RMSProp", "adam": "Adam"}},
  "rate": {"label": "Learning rate", "start": 0.001, "live": true,
    "stops": [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1]},
  "batch": {"label": "Batch", "start": 128, "whole": true, "stops": [32, 64, 128, 256]},
  "latent": {"label": "Latent numbers", "start": 2, "whole": true, "stops": [1, 2, 4, 8, 16, 32]},
  "nCritic": {"label": "Critic steps a generator step", "start": 5, "whole": true, "live": true,
    "stops": [0, 1, 2, 3, 5, 10, 20]},
  "seed": {"label": "Seed", "start": 0, "whole": true, "stops": [0, 9999]}
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
