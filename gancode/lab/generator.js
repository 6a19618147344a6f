// The two generators that learn: a network from latent vectors, and points that move freely.
import {Network} from "./network.js"
import {Pass} from "./network.js"
import {backward} from "./network.js"
import {forward} from "./network.js"
import {noisySamples} from "./data.js"
import {weightGradients} from "./network.js"

export class NetworkGenerator {
  constructor(network, batch) {
    this.network = network;
    this.pass = new Pass(network, batch);
    this.weights = network.weights;
    this.gradients = network.gradients;
  }

  // New latent vectors
  draw(random) {
    const latent = this.pass.input;
    for (let i = 0; i < latent.length; i++) latent[i] = random.normal();
  }

  // A sample for each of them: x0, y0, x1, y1, ...
  make() {
    forward(this.network, this.pass);
    return this.pass.output;
  }

  // this.gradients, from those of the loss by the samples
  learn(slopes) {
    this.pass.outputSlope.set(slopes);
    backward(this.network, this.pass, 1);
    weightGradients(this.network, this.pass);
  }

  // The same network for other latent vectors
  twin(random) {
    const twin = new NetworkGenerator(this.network, this.pass.rows);
    twin.draw(random);
    return twin;
  }
}

// Each sample is two weights. Where the data are one point the fakes are one, too: the Dirac-GAN (gancode.dirac).
export class FreePoints {
  constructor(draw, random, batch, alike) {
    this.weights = new Float32Array(2 * batch);
    this.gradients = new Float32Array(2 * batch);
    noisySamples(draw, random, batch, this.weights);
    this.alike = alike;
    if (alike) for (let i = 2; i < 2 * batch; i++) this.weights[i] = this.weights[i - 2];
  }

  draw() {}

  make() {
    return this.weights;
  }

  // The loss is a mean. A point goes down what is its own in it, however many there are.
  learn(slopes) {
    for (let i = 0; i < slopes.length; i++) this.gradients[i] = slopes[i] * slopes.length / 2;
  }

  twin() {
    return this;
  }
}

export function makeGenerator({generator, latent, width, batch, data}, draw, random) {
  if (generator === "learning") return new NetworkGenerator(new Network([latent, width, width, width, 2], random), batch);
  return generator === "free" ? new FreePoints(draw, random, batch, data === "point") : null;
}
