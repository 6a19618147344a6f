// A critic in training, against a generator that learns or one that never changes.
import {Adam} from "./optimiser.js"
import {CriticRoom} from "./critic.js"
import {Network} from "./network.js"
import {Observer} from "./look.js"
import {Pass} from "./network.js"
import {RMSProp} from "./optimiser.js"
import {Random} from "./random.js"
import {backward} from "./network.js"
import {changedSettings} from "./allowed.js"
import {checkedSettings} from "./allowed.js"
import {clipWeights} from "./critic.js"
import {criticGradient} from "./critic.js"
import {forward} from "./network.js"
import {noisySamples} from "./data.js"
import {sampler} from "./data.js"
import {weightGradients} from "./network.js"

const CURVE_EVERY = 10; // critic steps between two points of the estimate's curve: the same on every machine

export class Trainer {
  // settings: see allowed.js. points: the reader's own, x0, y0, x1, y1, ..., where data is "own".
  constructor(settings, points) {
    this.settings = checkedSettings(settings);
    const {data, depth, width, batch, seed, optimiser, generator} = this.settings;
    const Optimiser = {adam: Adam, rmsprop: RMSProp}[optimiser];
    this.draw = sampler(data, points);
    this.random = new Random(seed, 0); // weights and looks have streams of their own
    this.critic = new Network([2, ...Array(depth).fill(width), 1], new Random(seed, 1));
    this.criticOptimiser = new Optimiser(this.critic.weights.length);
    this.room = new CriticRoom(this.critic, batch);
    this.real = this.room.both.input.subarray(0, 2 * batch);
    this.fake = this.room.both.input.subarray(2 * batch);
    this.epsilons = new Float32Array(batch);
    this.generator = null;
    if (generator === "learning") {
      this.generator = new Network([2, width, width, width, 2], new Random(seed, 2));
      this.generatorOptimiser = new Optimiser(this.generator.weights.length);
      this.made = new Pass(this.generator, batch);
      this.judged = new Pass(this.critic, batch);
    }
    this.criticSteps = 0;
    this.generatorSteps = 0;
    this.turn = 0; // critic steps since the last generator step
    this.observer = new Observer(this.critic, this.generator, this.draw, batch, seed);
    this.curve = []; // [criticSteps, estimate, w1], until someone takes them
    this.notePoint();
  }

  change(settings) {
    this.settings = changedSettings(this.settings, settings);
  }

  // The next critic step; after nCritic of them a generator step goes before it, where there is one that learns.
  step() {
    if (this.generator && this.turn >= this.settings.nCritic) this.generatorStep();
    this.criticStep();
  }

  criticStep() {
    const {settings, critic, random} = this;
    this.draw(random, settings.batch, this.real);
    if (this.generator) this.fake.set(this.generate());
    else noisySamples(this.draw, random, settings.batch, this.fake);
    for (let i = 0; i < settings.batch; i++) this.epsilons[i] = random.uniform();
    const {loss, penalty} = criticGradient(critic, this.room, this.epsilons, settings);
    assertFinite(`critic step ${this.criticSteps + 1}`, loss + penalty, critic.gradients, square);
    this.criticOptimiser.step(critic.weights, critic.gradients, settings.rate);
    if (settings.constraint === "clip") clipWeights(critic, settings.clip);
    this.criticSteps += 1;
    this.turn += 1;
    if (this.criticSteps % CURVE_EVERY === 0) this.notePoint();
  }

  generatorStep() {
    const {generator, settings} = this;
    if (!generator) throw new Error("generator: expected one that learns, got a fixed one, which takes no steps");
    this.generate();
    generatorGradient(generator, this.critic, this.made, this.judged);
    assertFinite(`generator step ${this.generatorSteps + 1}`, 0, generator.gradients, square);
    this.generatorOptimiser.step(generator.weights, generator.gradients, settings.rate);
    this.generatorSteps += 1;
    this.turn = 0;
  }

  // New fakes, from new latent vectors
  generate() {
    const {made, random} = this;
    for (let i = 0; i < made.input.length; i++) made.input[i] = random.normal();
    forward(this.generator, made);
    return made.output;
  }

  notePoint() {
    const {estimate, w1} = this.observer.distances();
    this.curve.push([this.criticSteps, estimate, w1]);
  }

  look(size) {
    const seen = this.observer.look(this.settings, size);
    assertFinite(`critic step ${this.criticSteps}`, seen.estimate, seen.surface);
    return {criticSteps: this.criticSteps, generatorSteps: this.generatorSteps, ...seen};
  }
}

// Fills generator.gradients, that of -E f(G(z)): the critic's input gradient is all that the generator is told.
// made: the generator's pass, gone forward. judged: room for the critic's.
export function generatorGradient(generator, critic, made, judged) {
  judged.input.set(made.output);
  forward(critic, judged);
  judged.outputSlope.fill(-1 / judged.rows);
  backward(critic, judged);
  made.outputSlope.set(judged.inputSlope);
  backward(generator, made, 1);
  weightGradients(generator, made);
}

// A gradient of 1e20 is finite and its square is not: the optimiser would keep an infinity, and that weight never move.
const square = (g) => Math.fround(g * g);

// Before it is used: the weights stay those of the last step that went well.
function assertFinite(when, number, array, of = (x) => x) {
  let sum = number;
  for (let i = 0; i < array.length; i++) sum += of(array[i]);
  if (!Number.isFinite(sum)) throw new Error(`training: expected finite numbers, got NaN or infinity at ${when}`);
}
