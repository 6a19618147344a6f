// What may be asked of the engine. A page has menus; a link and a test have not, and a wrong number says so here.

const RANGES = {
  clip: [1e-6, 100],
  lambda: [0, 10_000],
  depth: [0, 16],
  width: [1, 256],
  rate: [1e-8, 1],
  batch: [1, 256],
  nCritic: [0, 100],
  latent: [1, 64],
  seed: [0, 2 ** 31 - 1],
};
const CHOICES = {
  data: ["eight", "twenty-five", "swiss-roll", "point", "own"],
  loss: ["non-saturating", "least-squares", "wasserstein"],
  constraint: ["none", "clip", "penalty", "one-sided", "r1"],
  optimiser: ["sgd", "rmsprop", "adam"],
  generator: ["fixed", "cloud", "free", "learning"],
};
const WHOLE = ["depth", "width", "batch", "nCritic", "latent", "seed"];
const LIVE = ["loss", "rate", "lambda", "clip", "nCritic", "constraint"]; // need no new network

// A copy with these settings and no others. Throws where one is missing or wrong.
export function checkedSettings(settings) {
  const found = {};
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = settings?.[name];
    if (!choices.includes(value)) throw new Error(`${name}: expected one of ${choices.join(", ")}, got ${value}`);
    found[name] = value;
  }
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = settings[name], whole = WHOLE.includes(name);
    if (!(value >= least && value <= most) || typeof value !== "number" || (whole && !Number.isInteger(value))) {
      throw new Error(`${name}: expected a ${whole ? "whole " : ""}number from ${least} to ${most}, got ${value}`);
    }
    found[name] = value;
  }
  return found;
}

// The settings to go on with. Throws where something differs that would need a new network.
export function changedSettings(settings, wanted) {
  const found = checkedSettings(wanted);
  for (const name of Object.keys(found)) {
    if (!LIVE.includes(name) && found[name] !== settings[name]) {
      throw new Error(`${name}: expected ${settings[name]} until a reset, got ${found[name]}`);
    }
  }
  return found;
}
