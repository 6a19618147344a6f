// Gradient descent, RMSProp and Adam, as Keras 3 computes them, with the settings of the WGANs (gancode.trainers).

export class SGD {
  step(weights, gradients, rate) {
    for (let i = 0; i < weights.length; i++) weights[i] -= rate * gradients[i];
  }
}

// Tieleman and Hinton 2012. epsilon 1e-10 as in TensorFlow 1, where WGAN-GP's code ran; it stands under the root.
export class RMSProp {
  constructor(count, rho = 0.9, epsilon = 1e-10) {
    Object.assign(this, {rho, epsilon});
    this.squares = new Float32Array(count); // a running mean of the squared gradient
  }

  step(weights, gradients, rate) {
    const {rho, epsilon, squares} = this;
    for (let i = 0; i < weights.length; i++) {
      const g = gradients[i];
      squares[i] = rho * squares[i] + (1 - rho) * g * g;
      weights[i] -= rate * g / Math.sqrt(squares[i] + epsilon);
    }
  }
}

// Kingma and Ba 2015, with WGAN-GP's betas. epsilon is added to the root before the correction for the first steps: the
// "epsilon hat" of their section 2.
export class Adam {
  constructor(count, beta1 = 0.5, beta2 = 0.9, epsilon = 1e-7) {
    Object.assign(this, {beta1, beta2, epsilon, steps: 0});
    this.means = new Float32Array(count);
    this.squares = new Float32Array(count);
  }

  step(weights, gradients, rate) {
    const {beta1, beta2, epsilon, means, squares} = this;
    this.steps += 1;
    const corrected = rate * Math.sqrt(1 - beta2 ** this.steps) / (1 - beta1 ** this.steps);
    for (let i = 0; i < weights.length; i++) {
      const g = gradients[i];
      means[i] += (1 - beta1) * (g - means[i]);
      squares[i] += (1 - beta2) * (g * g - squares[i]);
      weights[i] -= corrected * means[i] / (Math.sqrt(squares[i]) + epsilon);
    }
  }
}
