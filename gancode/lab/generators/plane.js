// A plane through two points of the latent space, bent onto the sphere where random latent vectors lie.
//
// A random vector of 64 numbers has nearly always a length near 8, so a flat plane would lead through places where no
// generator was trained. Each point of the flat one is therefore drawn out, or in, to length 8: a straight line becomes
// an arc of a great circle, the way between two points that has the same meaning everywhere.
import {Random} from "../random.js";
import {LATENT} from "./networks.js";

const LENGTH = Math.sqrt(LATENT);
const SURE = 0.98; // of an end the classifier is at least as sure,
const TRIES = 400; // or it is the best of so many

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const sized = (a, length = 1) => a.map((x) => x * length / Math.sqrt(dot(a, a)));

// a, b: latent vectors of length 8. c: any third.
export function planeThrough(a, b, c) {
  const middle = sized(a.map((x, i) => x + b[i])), along = sized(b.map((x, i) => x - a[i]));
  const left = c.map((x, i) => x - dot(c, middle) * middle[i] - dot(c, along) * along[i]);
  return {middle, along, across: sized(left), reach: dot(b, along) / dot(b, middle)};
}

// The latent vector at a point of the map: a at (-1, 0), b at (1, 0).
export function pointOf({middle, along, across, reach}, x, y) {
  return sized(middle.map((m, i) => m + reach * (x * along[i] + y * across[i])), LENGTH);
}

export function randomLatent(random) {
  return Float64Array.from({length: LATENT}, () => random.normal());
}

// A latent vector that this generator makes this digit of, so far as the classifier can tell; of length 8.
export function latentOf(digit, generator, classifier, random) {
  let best = null;
  for (let k = 0; k < TRIES && !(best?.sure >= SURE); k++) {
    const latent = sized(randomLatent(random), LENGTH), read = classifier.read(generator.draw(latent));
    if (read.digit === digit && !(best?.sure >= read.sure)) best = {latent, ...read};
  }
  return best; // null where it never draws one
}

// The plane of a walk: {from, to} are digits, as `generator` draws them. null where it does not draw one of them.
export function planeOf({from, to, seed}, generator, classifier) {
  const [a, b] = [from, to].map((digit, k) => latentOf(digit, generator, classifier, new Random(seed, k + 1)));
  return a && b && planeThrough(a.latent, b.latent, randomLatent(new Random(seed, 3)));
}
