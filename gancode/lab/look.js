// What a critic looks like inside: gancode.probes, and its values over the plane. A look disturbs nothing.
import {CriticRoom} from "./critic.js"
import {FAKES} from "./data.js"
import {LOSSES} from "./losses.js"
import {MODES} from "./data.js"
import {Pass} from "./network.js"
import {Random} from "./random.js"
import {backFromLoss} from "./critic.js"
import {criticLoss} from "./critic.js"
import {forward} from "./network.js"
import {inputNorms} from "./critic.js"
import {interpolate} from "./critic.js"
import {penaltyOf} from "./critic.js"
import {wasserstein1} from "./transport.js"

const EXTENT = {left: -2, right: 2, bottom: -2, top: 2}; // the part of the plane that all toy data sets fill
const BINS = 41; // odd, so that one bin has 0 in its middle
const CHUNK = 256; // places of the surface at a time
const NEAR = 0.1; // to a mode: seven standard deviations of the eight Gaussians

export class Observer {
  // It looks at the same samples each time, so that what moves in a picture is the critic, or the generator.
  constructor(critic, generator, draw, {batch, seed, data, generator: kind}) {
    const random = new Random(seed, 3);
    Object.assign(this, {critic, batch, modes: MODES[data]});
    this.room = new CriticRoom(critic, batch);
    this.real = this.room.both.input.subarray(0, 2 * batch);
    this.fake = this.room.both.input.subarray(2 * batch);
    draw(random, batch, this.real);
    this.generator = generator?.twin(random);
    if (!generator) FAKES[kind](draw, random, batch, this.fake);
    this.epsilons = Float32Array.from({length: batch}, () => random.uniform());
    this.places = new Pass(critic, CHUNK);
    this.exact = null; // W1, where the fakes never change
  }

  // Of the same samples: what the critic reports, its loss or, for Wasserstein's, the estimate of W1; and W1 itself.
  distances(loss) {
    const {critic, generator, room} = this;
    if (generator) this.fake.set(generator.make());
    if (generator || this.exact === null) this.exact = wasserstein1(this.real, this.fake);
    const found = criticLoss(critic, room, loss);
    return {reported: loss === "wasserstein" ? -found : found, w1: this.exact};
  }

  // All that a picture shows, in arrays of its own. size: places of the surface in each direction.
  look(settings, size) {
    const {critic, room, batch} = this, {loss, constraint, clip} = settings;
    const {reported, w1} = this.distances(loss);
    const realScores = room.both.output.slice(0, batch), fakeScores = room.both.output.slice(batch);
    const layerNorms = new Float32Array(critic.layers.length);
    backFromLoss(critic, room, loss, 0, layerNorms);
    interpolate(room, this.epsilons, constraint);
    inputNorms(critic, room);
    return {
      real: this.real.slice(),
      fake: this.fake.slice(),
      extent: EXTENT,
      surface: this.surface(size),
      size,
      layerNorms,
      weights: histogram(critic, constraint === "clip" ? clip : null),
      inputNorms: room.norms.slice(),
      realScores,
      fakeScores,
      fakeSlopes: slopesAtFakes(room),
      pulls: fakeScores.map((score) => -LOSSES[loss].generator[1](score)),
      modes: this.modes ? modesOf(this.fake, this.modes) : null,
      reported,
      w1,
      penalty: penaltyOf(room.norms, settings),
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

// The gradient of the score by the place, after `backFromLoss`: that of the loss, without what the loss made of it.
function slopesAtFakes({both, batch}) {
  return both.inputSlope.slice(2 * batch).map((slope, i) => slope / (both.outputSlope[batch + (i >> 1)] || Infinity));
}

// How many modes have a fake in fifty near them, and which fraction of the fakes is near any.
function modesOf(points, modes) {
  const n = points.length / 2, at = modes.map(([x, y]) => {
    let near = 0;
    for (let i = 0; i < 2 * n; i += 2) if (Math.hypot(points[i] - x, points[i + 1] - y) < NEAR) near += 1;
    return near / n;
  });
  return {of: modes.length, covered: at.filter((share) => share >= 0.02).length, share: at.reduce((sum, x) => sum + x)};
}
