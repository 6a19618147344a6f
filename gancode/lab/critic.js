// What a critic minimises, loss + penalty, and its gradient by the weights, in full.
//
// The penalty (gancode.penalty) is lambda E (|grad_x f(x^)| - 1)^2 at interpolates x^ = e real + (1 - e) fake, and R1's
// (gancode.variants) lambda / 2 E |grad_x f(x)|^2 at the data, which is where e = 1. Each is a function of a gradient,
// so its own gradient is a derivative of a derivative: the *double backprop*. For a ReLU network that is no harder than
// a second pass. With D_l the 0s and 1s of layer l's ReLUs,
//
//     grad_x f = W_1 D_1 W_2 D_2 ... W_{L-1} D_{L-1} w          (one sample; w the last kernel)
//
// The D_l are constant almost everywhere: move a weight a little and each ReLU stays as it is. So this is a plain
// product of matrices in which each weight matrix stands once, and its derivative by W_l is "what stands left of it"
// times "what stands right of it". What stands right of W_l is d_l, the slopes that backprop has just computed. What
// stands left, begun with u_0 = d penalty / d grad_x f, goes forward through the network, without biases and with the
// same D's:
//
//     u_l = (u_{l-1} W_l) D_l,        d penalty / d W_l = u_{l-1}' d_l        (rows are samples, summed over)
//
// Biases do not stand in the product: their gradient is 0.
import {LOSSES} from "./losses.js"
import {product} from "./matrix.js"
import {productLeftTransposed} from "./matrix.js"
import {Pass} from "./network.js"
import {backward} from "./network.js"
import {closeWhereClosed} from "./network.js"
import {forward} from "./network.js"
import {weightGradients} from "./network.js"

// Room for one critic step on `batch` real samples and as many fakes.
export class CriticRoom {
  constructor(network, batch) {
    this.batch = batch;
    this.both = new Pass(network, 2 * batch); // real samples first, then fakes
    this.between = new Pass(network, batch); // the places where a slope is penalised
    this.pushes = network.sizes.map((size) => new Float32Array(batch * size)); // the u_l
    this.norms = new Float32Array(batch); // |grad_x f| at each of them
  }
}

// The loss of this name, of the samples in room.both.input. Minus Wasserstein's is the estimate of W1.
export function criticLoss(network, room, name) {
  const {both, batch} = room, [ofReal] = LOSSES[name].real, [ofFake] = LOSSES[name].fake;
  forward(network, both);
  let sum = 0;
  for (let i = 0; i < batch; i++) sum += ofReal(both.output[i]) + ofFake(both.output[batch + i]);
  return sum / batch;
}

// The slopes of that loss, after it, back to layer `to`; norms as in `backward`.
export function backFromLoss(network, room, name, to = 1, norms = null) {
  const {both, batch} = room, [, byReal] = LOSSES[name].real, [, byFake] = LOSSES[name].fake;
  for (let i = 0; i < batch; i++) {
    both.outputSlope[i] = byReal(both.output[i]) / batch;
    both.outputSlope[batch + i] = byFake(both.output[batch + i]) / batch;
  }
  backward(network, both, to, norms);
}

// From room.both.input to room.between.input: the data under R1, else x^, one e a sample.
export function interpolate(room, epsilons, constraint) {
  const {both, between, batch} = room;
  for (let i = 0; i < batch; i++) {
    const e = constraint === "r1" ? 1 : epsilons[i];
    for (let j = 2 * i; j < 2 * i + 2; j++) between.input[j] = e * both.input[j] + (1 - e) * both.input[2 * batch + j];
  }
}

// room.norms: how steep the critic is at each of those places. 1e-12 keeps sqrt away from 0, where its slope is infinite.
export function inputNorms(network, room) {
  const {between, batch, norms} = room;
  forward(network, between);
  between.outputSlope.fill(1); // samples do not touch each other, so each row is one sample's own gradient
  backward(network, between);
  const slope = between.inputSlope;
  for (let i = 0; i < batch; i++) norms[i] = Math.sqrt(slope[2 * i] ** 2 + slope[2 * i + 1] ** 2 + 1e-12);
}

// What a norm costs, and the derivative of that by the norm
const COSTS = {
  "penalty": [(norm) => (norm - 1) ** 2, (norm) => 2 * (norm - 1)],
  "one-sided": [(norm) => Math.max(norm - 1, 0) ** 2, (norm) => 2 * Math.max(norm - 1, 0)],
  "r1": [(norm) => norm ** 2 / 2, (norm) => norm],
};

// lambda times the mean cost; 0 where the constraint is no penalty.
export function penaltyOf(norms, {constraint, lambda}) {
  if (!(constraint in COSTS)) return 0;
  const [cost] = COSTS[constraint];
  let sum = 0;
  for (const norm of norms) sum += cost(norm);
  return lambda * sum / norms.length;
}

// Adds the penalty's gradient to network.gradients, after `inputNorms`.
export function addPenaltyGradient(network, room, {constraint, lambda}) {
  const {between, batch, norms, pushes} = room, [, byNorm] = COSTS[constraint];
  for (let i = 0; i < batch; i++) {
    const push = lambda * byNorm(norms[i]) / (batch * norms[i]);
    for (let j = 2 * i; j < 2 * i + 2; j++) pushes[0][j] = push * between.inputSlope[j];
  }
  for (let l = 0; l < network.layers.length; l++) {
    const {inputs, outputs, kernel, kernelGradient} = network.layers[l];
    productLeftTransposed(pushes[l], between.slopes[l + 1], kernelGradient, inputs, batch, outputs, true);
    if (l === network.layers.length - 1) return; // nothing stands right of the last kernel
    product(pushes[l], kernel, pushes[l + 1], batch, inputs, outputs);
    closeWhereClosed(pushes[l + 1], between.values[l + 1]);
  }
}

// Fills network.gradients for the samples in room.both.input. Returns {loss, penalty}; what is minimised is their sum.
// settings: loss, constraint and lambda. epsilons: one a sample; they matter under a penalty only.
export function criticGradient(network, room, epsilons, settings) {
  const loss = criticLoss(network, room, settings.loss);
  backFromLoss(network, room, settings.loss);
  weightGradients(network, room.both);
  if (!(settings.constraint in COSTS)) return {loss, penalty: 0};
  interpolate(room, epsilons, settings.constraint);
  inputNorms(network, room);
  addPenaltyGradient(network, room, settings);
  return {loss, penalty: penaltyOf(room.norms, settings)};
}

// Every weight and bias back into [-bound, bound] (Arjovsky et al. 2017, Algorithm 1).
export function clipWeights(network, bound) {
  const {weights} = network;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] > bound) weights[i] = bound;
    else if (weights[i] < -bound) weights[i] = -bound;
  }
}
