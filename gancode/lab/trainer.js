// A critic in training, against a generator that learns or one that never changes.
import {Adam} from "./optimiser.js"
import {CriticRoom} from "./critic.js"
import {FAKES} from "./data.js"
import {LOSSES} from "./losses.js"
import {Network} from "./network.js"
import {Observer} from "./look.js"
import {Pass} from "./network.js"
import {RMSProp} from "./optimiser.js"
import {Random} from "./random.js"
import {SGD} from "./optimiser.js"
import {backward} from "./network.js"
import {changedSettings} from "./allowed.js"
import {checkedSettings} from "./allowed.js"
import {clipWeights} from "./critic.js"
import {criticGradient} from "./critic.js"
import {forward} from "./network.js"
import {makeGenerator} from "./generator.js"
import {sampler} from "./data.js"

const CURVE_EVERY = 10; // critic steps between two points of the estimate's curve: the same on every machine

export class Trainer {
  // settings: see allowed.js. points: the reader's own, x0, y0, x1, y1, ..., where data is "own".
  constructor(settings, points) {
    this.settings = checkedSettings(settings);
    const {data, depth, width, batch, seed, optimiser} = this.settings;
    const Optimiser = {adam: Adam, rmsprop: RMSProp, sgd: SGD}[optimiser];
    this.draw = sampler(data, points);
    this.random = new Random(seed, 0); // weights and looks have streams of their own
    this.critic = new Network([2, ...Array(depth).fill(width), 1], new Random(seed, 1));
    if (depth === 0) haveSlopeOne(this.critic.layers[0].kernel);
    this.criticOptimiser = new Optimiser(this.critic.weights.length);
    this.room = new CriticRoom(this.critic, batch);
    this.real = this.room.both.input.subarray(0, 2 * batch);
    this.fake = this.room.both.input.subarray(2 * batch);
    this.epsilons = new Float32Array(batch);
    this.generator = makeGenerator(this.settings, this.draw, new Random(seed, 2)); // null: these fakes never change
    if (this.generator) {
      this.generatorOptimiser = new Optimiser(this.generator.weights.length);
      this.judged = new Pass(this.critic, batch);
    }
    this.criticSteps = 0;
    this.generatorSteps = 0;
    this.turn = 0; // critic steps since the last generator step
    this.observer = new Observer(this.critic, this.generator, this.draw, this.settings);
    this.curve = []; // [steps, what the critic reports, w1], until someone takes them
    this.trail = []; // where all fakes are one point: [x, y] after each generator step, until someone takes them
    this.notePoint();
  }

  change(settings) {
    const before = this.settings.loss;
    this.settings = changedSettings(this.settings, settings);
    if (this.settings.loss === before) return;
    this.curve = []; // it is of another loss, in another unit
    this.notePoint();
  }

  // As far as the network that is ahead: a critic that stands still is behind.
  get steps() {
    return Math.max(this.criticSteps, this.generatorSteps);
  }

  // The next critic step; after nCritic of them a generator step goes before it, where there is one that learns.
  step() {
    const {nCritic} = this.settings;
    if (this.generator && this.turn >= nCritic) this.generatorStep();
    if (!this.generator || nCritic > 0) this.criticStep();
  }

  criticStep() {
    const {settings, critic, random} = this;
    this.draw(random, settings.batch, this.real);
    if (this.generator) this.fake.set(this.generate());
    else FAKES[settings.generator](this.draw, random, settings.batch, this.fake);
    for (let i = 0; i < settings.batch; i++) this.epsilons[i] = random.uniform();
    const {loss, penalty} = criticGradient(critic, this.room, this.epsilons, settings);
    assertUsable(`critic step ${this.criticSteps + 1}`, loss + penalty, critic.gradients);
    this.criticOptimiser.step(critic.weights, critic.gradients, settings.rate);
    if (settings.constraint === "clip") clipWeights(critic, settings.clip);
    this.criticSteps += 1;
    this.turn += 1;
    this.noteNowAndThen(this.criticSteps);
  }

  generatorStep() {
    const {generator, settings} = this;
    if (!generator) throw new Error("generator: expected one that learns, got a fixed one, which takes no steps");
    this.generate();
    const loss = generatorGradient(generator, this.critic, this.judged, settings.loss);
    assertUsable(`generator step ${this.generatorSteps + 1}`, loss, generator.gradients);
    this.generatorOptimiser.step(generator.weights, generator.gradients, settings.rate);
    this.generatorSteps += 1;
    if (generator.alike) this.trail.push([generator.weights[0], generator.weights[1]]);
    this.turn = 0;
    if (settings.nCritic === 0) this.noteNowAndThen(this.generatorSteps);
  }

  // New fakes, from new latent vectors
  generate() {
    this.generator.draw(this.random);
    return this.generator.make();
  }

  noteNowAndThen(steps) {
    if (steps % CURVE_EVERY === 0) this.notePoint();
  }

  notePoint() {
    const {reported, w1} = this.observer.distances(this.settings.loss);
    this.curve.push([this.steps, reported, w1]);
  }

  look(size) {
    const {settings, steps, criticSteps, generatorSteps} = this, seen = this.observer.look(settings, size);
    assertFinite(`critic step ${criticSteps}`, seen.reported, seen.surface);
    return {settings, steps, criticSteps, generatorSteps, ...seen};
  }
}

// A critic with no hidden layer is a plane. As in gancode.dirac its slope is not left to chance: 1, in any direction.
function haveSlopeOne(kernel) {
  const slope = Math.hypot(...kernel);
  for (let i = 0; i < kernel.length; i++) kernel[i] /= slope;
}

// Fills generator.gradients for the samples that it has just made: the critic's input gradient, times a factor of the
// loss, is all that it is told. judged: room for the critic's pass. Returns the loss.
export function generatorGradient(generator, critic, judged, name) {
  const [value, byScore] = LOSSES[name].generator;
  judged.input.set(generator.make());
  forward(critic, judged);
  let sum = 0;
  for (let i = 0; i < judged.rows; i++) {
    sum += value(judged.output[i]);
    judged.outputSlope[i] = byScore(judged.output[i]) / judged.rows;
  }
  backward(critic, judged);
  generator.learn(judged.inputSlope);
  return sum / judged.rows;
}

// Before a step is taken: the weights stay those of the last one that went well. A gradient of 1e20 is finite and its
// square is not: an optimiser would keep that infinity for ever, and the weight would never move again.
function assertUsable(when, loss, gradients) {
  assertFinite(when, loss, gradients);
  for (let i = 0; i < gradients.length; i++) {
    if (Number.isFinite(Math.fround(gradients[i] ** 2))) continue;
    throw new Error(`training: expected gradients with finite squares, got ${gradients[i].toExponential(1)} at ${when}`);
  }
}

function assertFinite(when, number, array) {
  let sum = number;
  for (let i = 0; i < array.length; i++) sum += array[i];
  if (!Number.isFinite(sum)) throw new Error(`training: expected finite numbers, got NaN or infinity at ${when}`);
}
