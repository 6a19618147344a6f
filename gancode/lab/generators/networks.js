// The book's generator of digits, and its classifier: what gancode.models and gancode.metrics compute, one at a time.
import {product} from "../matrix.js";
import {Convolution, Transposed} from "./convolution.js";

export const LATENT = 64;
export const SIDE = 28;
const EPSILON = 1e-3; // of Keras's batch normalisation
const AT_ONCE = 392; // row that is multiplied at once: matrix.js has room for 512

// Arrays of these lengths from the weights of a network, one after the other.
function split(weights, lengths) {
  let at = 0;
  return lengths.map((length) => weights.subarray(at, at += length));
}

// Batch normalisation after training multiplies each channel and shifts it. Then ReLU. In place.
class Normed {
  constructor([gamma, beta, mean, variance]) {
    this.scale = gamma.map((g, c) => g / Math.sqrt(variance[c] + EPSILON));
    this.shift = beta.map((b, c) => b - mean[c] * this.scale[c]);
  }

  relu(values) {
    const {scale, shift} = this, channels = scale.length;
    for (let i = 0, c = 0; i < values.length; i++, c = c + 1 === channels ? 0 : c + 1) {
      values[i] = Math.max(0, values[i] * scale[c] + shift[c]);
    }
    return values;
  }
}

export class Generator {
  constructor(weights) {
    const [dense, ...others] = split(weights, [64 * 1568, 32, 32, 32, 32, 25 * 16 * 32, 16, 16, 16, 16, 25 * 16, 1]);
    this.dense = dense;
    this.first = new Float32Array(1568);
    this.norms = [new Normed(others.slice(0, 4)), new Normed(others.slice(5, 9))];
    this.grow = [new Transposed(7, 32, 16, others[4]), new Transposed(14, 16, 1, others[9])];
    this.bias = others[10][0];
  }

  // Latent (64) to a picture (28 x 28) in [-1, 1]: the same array each time.
  draw(latent) {
    product(latent, this.dense, this.first, 1, LATENT, this.first.length);
    const half = this.grow[0].of(this.norms[0].relu(this.first));
    const whole = this.grow[1].of(this.norms[1].relu(half));
    for (let i = 0; i < whole.length; i++) whole[i] = Math.tanh(whole[i] + this.bias);
    return whole;
  }
}

export class Classifier {
  constructor(weights) {
    const [one, oneBias, two, twoBias, ...dense] = split(weights, [400, 16, 12800, 32, 1568 * 64, 64, 640, 10]);
    this.halve = [new Convolution(14, 1, 16, one, oneBias), new Convolution(7, 16, 32, two, twoBias)];
    this.dense = dense;
    this.features = new Float32Array(64);
    this.logits = new Float32Array(10);
  }

  // A picture in [-1, 1]: which digit it is read as, and how sure, the softmax of that digit.
  read(picture) {
    const [kernel, bias, last, lastBias] = this.dense, {features, logits} = this;
    const seen = this.halve[1].of(this.halve[0].of(picture));
    for (let at = 0; at < seen.length; at += AT_ONCE) {
      product(seen.subarray(at, at + AT_ONCE), kernel.subarray(at * 64), features, 1, AT_ONCE, 64, at > 0);
    }
    for (let i = 0; i < 64; i++) features[i] = Math.max(0, features[i] + bias[i]);
    product(features, last, logits, 1, 64, 10);
    for (let i = 0; i < 10; i++) logits[i] += lastBias[i];
    const highest = Math.max(...logits);
    return {digit: logits.indexOf(highest), sure: 1 / logits.reduce((sum, x) => sum + Math.exp(x - highest), 0)};
  }
}
