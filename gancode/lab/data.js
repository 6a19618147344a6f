// The toy data sets of the book, with the scales of gancode.data, and the reader's own points.

const grid = (n, of) => Array.from({length: n}, (_, k) => of(k));
export const MODES = {
  "eight": grid(8, (k) => [2 * Math.cos(k * Math.PI / 4) / 1.414, 2 * Math.sin(k * Math.PI / 4) / 1.414]),
  "twenty-five": grid(25, (k) => [2 * (Math.floor(k / 5) - 2) / 2.828, 2 * (k % 5 - 2) / 2.828]),
};

// Each writes one point (x, y) to out[at], out[at + 1].
const DRAW = {
  "eight": (random, out, at) => {
    const angle = random.below(8) * Math.PI / 4;
    out[at] = (2 * Math.cos(angle) + 0.02 * random.normal()) / 1.414;
    out[at + 1] = (2 * Math.sin(angle) + 0.02 * random.normal()) / 1.414;
  },
  "point": (random, out, at) => {
    out[at] = out[at + 1] = 0;
  },
  "twenty-five": (random, out, at) => {
    out[at] = (2 * (random.below(5) - 2) + 0.05 * random.normal()) / 2.828;
    out[at + 1] = (2 * (random.below(5) - 2) + 0.05 * random.normal()) / 2.828;
  },
  // scikit-learn's make_swiss_roll with noise 0.25, seen from the side
  "swiss-roll": (random, out, at) => {
    const t = 1.5 * Math.PI * (1 + 2 * random.uniform());
    out[at] = (t * Math.cos(t) + 0.25 * random.normal()) / 7.5;
    out[at + 1] = (t * Math.sin(t) + 0.25 * random.normal()) / 7.5;
  },
};

// A function (random, n, out) that fills out with n points x0, y0, x1, y1, ...
// points: the reader's own, for the name "own"; each draw takes one of them.
export function sampler(name, points) {
  if (name !== "own" && !Object.hasOwn(DRAW, name)) {
    throw new Error(`data: expected one of ${Object.keys(DRAW).join(", ")}, own, got ${name}`);
  }
  const drawOne = name === "own" ? fromPoints(points) : DRAW[name];
  return (random, n, out) => {
    for (let i = 0; i < n; i++) drawOne(random, out, 2 * i);
  };
}

function fromPoints(points) {
  if (!points || points.length < 2 || points.length % 2 || !points.every(Number.isFinite)) {
    const got = points ? `${points.length} numbers, ${points.join(", ").slice(0, 40)}` : "none";
    throw new Error(`points: expected x0, y0, x1, y1, ..., at least one point, all finite, got ${got}`);
  }
  const own = Float32Array.from(points);
  return (random, out, at) => {
    const row = 2 * random.below(own.length / 2);
    out[at] = own[row];
    out[at + 1] = own[row + 1];
  };
}

// A generator that never changes (gancode.models.noisy_samples): a real sample plus unit Gaussian noise.
export function noisySamples(draw, random, n, out) {
  draw(random, n, out);
  for (let i = 0; i < 2 * n; i++) out[i] += random.normal();
}

// The fakes that never change, by name. The cloud keeps clear of the eight Gaussians around it.
export const FAKES = {
  "fixed": noisySamples,
  "cloud": (draw, random, n, out) => {
    for (let i = 0; i < 2 * n; i++) out[i] = 0.2 * random.normal();
  },
};
