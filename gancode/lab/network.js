// A network of dense layers, ReLU after each but the last: gancode.models.mlp_critic and mlp_generator.
//
// Forward, layer by layer:   a_l = h_{l-1} W_l + b_l,   h_l = max(a_l, 0),   and h_L = a_L, the output.
// Backward:                  d_L is given,   g_l = d_{l+1} W_{l+1}',   d_l = g_l where h_l > 0, else 0.
// g_l is the gradient by the activations h_l, d_l that by a_l, and g_0 that by the input.
// From them:                 dW_l = h_{l-1}' d_l,   db_l = sum of the rows of d_l.
// Rows are samples. A kernel is (inputs, outputs), as in Keras.
import {product} from "./matrix.js"
import {productLeftTransposed} from "./matrix.js"
import {productRightTransposed} from "./matrix.js"

export class Network {
  // sizes: inputs, units of each hidden layer, outputs. random: a Random, or null for weights of zero.
  constructor(sizes, random) {
    this.sizes = sizes;
    const count = sizes.slice(1).reduce((sum, outputs, l) => sum + (sizes[l] + 1) * outputs, 0);
    // All weights in one array, so that an optimiser need not know of layers; a layer's own are views of it.
    this.weights = new Float32Array(count);
    this.gradients = new Float32Array(count);
    let at = 0;
    this.layers = sizes.slice(1).map((outputs, l) => {
      const inputs = sizes[l], kernel = at, bias = at + inputs * outputs;
      at = bias + outputs;
      return {
        inputs,
        outputs,
        kernel: this.weights.subarray(kernel, bias),
        bias: this.weights.subarray(bias, at),
        kernelGradient: this.gradients.subarray(kernel, bias),
        biasGradient: this.gradients.subarray(bias, at),
      };
    });
    if (random) this.draw(random);
  }

  // As Keras does: hidden kernels he_uniform, the last one glorot_uniform, biases zero.
  draw(random) {
    this.layers.forEach(({inputs, outputs, kernel, bias}, l) => {
      const hidden = l < this.layers.length - 1;
      const limit = Math.sqrt(6 / (hidden ? inputs : inputs + outputs));
      for (let i = 0; i < kernel.length; i++) kernel[i] = limit * (2 * random.uniform() - 1);
      bias.fill(0);
    });
  }
}

// Room for what a network computes on up to `rows` samples, made once: the training loop makes no garbage.
// values[l] is h_l, with the input as values[0]; slopes[l] is g_l until the ReLU is applied to it, then d_l.
export class Pass {
  constructor(network, rows) {
    this.rows = rows;
    this.values = network.sizes.map((size) => new Float32Array(rows * size));
    this.slopes = network.sizes.map((size) => new Float32Array(rows * size));
    this.input = this.values[0];
    this.output = this.values.at(-1);
    this.outputSlope = this.slopes.at(-1); // filled in by whoever has a loss
    this.inputSlope = this.slopes[0];
  }
}

// The output from pass.input.
export function forward(network, pass, rows = pass.rows) {
  for (let l = 0; l < network.layers.length; l++) {
    const {inputs, outputs, kernel, bias} = network.layers[l];
    const out = pass.values[l + 1], hidden = l < network.layers.length - 1;
    product(pass.values[l], kernel, out, rows, inputs, outputs);
    for (let i = 0, at = 0; i < rows; i++) {
      for (let j = 0; j < outputs; j++, at++) {
        const a = out[at] + bias[j];
        out[at] = hidden && a < 0 ? 0 : a;
      }
    }
  }
}

// pass.slopes from pass.outputSlope, after `forward`, down to layer `to`: 0 is the input.
// norms: where given, norms[l - 1] becomes the length of all of g_l (gancode.probes.layer_gradient_norms).
export function backward(network, pass, to = 0, norms = null) {
  const rows = pass.rows, last = network.layers.length;
  if (norms) norms[last - 1] = lengthOf(pass.outputSlope);
  for (let l = last - 1; l >= to; l--) {
    const {inputs, outputs, kernel} = network.layers[l];
    productRightTransposed(pass.slopes[l + 1], kernel, pass.slopes[l], rows, outputs, inputs);
    if (l === 0) return; // the input went through no ReLU
    if (norms) norms[l - 1] = lengthOf(pass.slopes[l]);
    closeWhereClosed(pass.slopes[l], pass.values[l]);
  }
}

// network.gradients from a pass that went forward and backward. add: to what is there.
export function weightGradients(network, pass, add = false) {
  const rows = pass.rows;
  for (let l = 0; l < network.layers.length; l++) {
    const {inputs, outputs, kernelGradient, biasGradient} = network.layers[l];
    const slopes = pass.slopes[l + 1];
    productLeftTransposed(pass.values[l], slopes, kernelGradient, inputs, rows, outputs, add);
    for (let j = 0; j < outputs; j++) {
      let sum = add ? biasGradient[j] : 0;
      for (let at = j; at < rows * outputs; at += outputs) sum += slopes[at];
      biasGradient[j] = sum;
    }
  }
}

// Times the ReLU's slope: 1 where it was open, 0 where it was shut.
export function closeWhereClosed(slopes, values) {
  for (let i = 0; i < slopes.length; i++) if (!(values[i] > 0)) slopes[i] = 0;
}

// A Float32 square would be 0 for what arrives at layer 1 of a clipped critic; a double still holds it.
function lengthOf(array) {
  let sum = 0;
  for (let i = 0; i < array.length; i++) sum += array[i] * array[i];
  return Math.sqrt(sum);
}
