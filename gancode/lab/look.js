// What a critic looks like inside: gancode.probes, and its values over the plane. A look disturbs nothing.
import {CriticRoom} from "./critic.js"
import {Pass} from "./network.js"
import {Random} from "./random.js"
import {backFromLoss} from "./critic.js"
import {forward} from "./network.js"
import {inputNorms} from "./critic.js"
import {interpolate} from "./critic.js"
import {noisySamples} from "./data.js"
import {penaltyOf} from "./critic.js"
import {wasserstein1} from "./transport.js"
import {wassersteinLoss} from "./critic.js"

const EXTENT = {left: -2, right: 2, bottom: -2, top: 2}; // the part of the plane that all toy data sets fill
const BINS = 41; // odd, so that one bin has 0 in its middle
const CHUNK = 256; // places of the surface at a time

export class Observer {
  // It looks at the same samples each time, so that what moves in a picture is the critic, or the generator.
  constructor(critic, generator, draw, batch, seed) {
    const random = new Random(seed, 3);
    Object.assign(this, {critic, generator, batch});
    this.room = new CriticRoom(critic, batch);
    this.real = this.room.both.input.subarray(0, 2 * batch);
    this.fake = this.room.both.input.subarray(2 * batch);
    draw(random, batch, this.real);
    if (generator) {
      this.made = new Pass(generator, batch);
      for (let i = 0; i < this.made.input.length; i++) this.made.input[i] = random.normal();
    } else {
      noisySamples(draw, random, batch, this.fake);
    }
    this.epsilons = Float32Array.from({length: batch}, () => random.uniform());
    this.places = new Pass(critic, CHUNK);
    this.exact = null; // W1, where the fakes never change
  }

  // {estimate, w1}: of the same samples
  distances() {
    const {critic, generator, room, made} = this;
    if (generator) {
      forward(generator, made);
      this.fake.set(made.output);
    }
    if (generator || this.exact === null) this.exact = wasserstein1(this.real, this.fake);
    return {estimate: -wassersteinLoss(critic, room), w1: this.exact};
  }

  // All that a picture shows, in arrays of its own. size: places of the surface in each direction.
  look({constraint, clip, lambda}, size) {
    const {critic, room} = this;
    const {estimate, w1} = this.distances();
    const layerNorms = new Float32Array(critic.layers.length);
    backFromLoss(critic, room, 1, layerNorms);
    interpolate(room, this.epsilons);
    inputNorms(critic, room);
    const penalised = constraint === "penalty" || constraint === "one-sided";
    const penalty = penalised ? penaltyOf(room.norms, lambda, constraint === "one-sided") : 0;
    return {
      real: this.real.slice(),
      fake: this.fake.slice(),
      extent: EXTENT,
      surface: this.surface(size),
      size,
      layerNorms,
      weights: histogram(critic, constraint === "clip" ? clip : null),
      inputNorms: room.norms.slice(),
      estimate,
      w1,
      criticLoss: penalty - estimate,
      penalty,
    };
  }

  // The critic's value at size x size places, rows from bottom to top.
  surface(size) {
    const {critic, places} = this, values = new Float32Array(size * size);
    const across = (EXTENT.right - EXTENT.left) / (size - 1), up = (EXTENT.top - EXTENT.bottom) / (size - 1);
    for (let start = 0; start < values.length; start += CHUNK) {
      const rows = Math.min(CHUNK, values.length - start);
      for (let i = 0; i < rows; i++) {
        const at = start + i;
        places.input[2 * i] = EXTENT.left + across * (at % size);
        places.input[2 * i + 1] = EXTENT.bottom + up * Math.floor(at / size);
      }
      forward(critic, places, rows);
      values.set(places.output.subarray(0, rows), start);
    }
    return values;
  }
}

// Of all kernels, without biases. shareAtEnds: within 1 % of the ends of the clip range, or of their own range.
function histogram(network, bound) {
  let most = 0, atEnds = 0, count = 0;
  for (const {kernel} of network.layers) most = Math.max(most, largest(kernel));
  const counts = new Float32Array(BINS), end = 0.99 * (bound ?? most);
  for (const {kernel} of network.layers) {
    atEnds += sort(kernel, most, counts, end);
    count += kernel.length;
  }
  const edges = Float32Array.from({length: BINS + 1}, (_, i) => most * (2 * i / BINS - 1));
  return {edges, counts, shareAtEnds: atEnds / count};
}

function largest(array) {
  let most = 0;
  for (let i = 0; i < array.length; i++) most = Math.max(most, Math.abs(array[i]));
  return most;
}

// Into the bins of [-most, most]. Returns how many are at the ends.
function sort(array, most, counts, end) {
  const bins = counts.length, scale = bins / (2 * most);
  let atEnds = 0;
  for (let i = 0; i < array.length; i++) {
    counts[Math.min(bins - 1, Math.floor((array[i] + most) * scale))] += 1;
    if (Math.abs(array[i]) >= end) atEnds += 1;
  }
  return atEnds;
}
