// What both networks minimise: gancode.losses. A loss is a mean over samples; what one score adds to it, and the
// derivative of that by the score, stand here as a pair. The generator's is over its fakes.

const sigmoid = (s) => 1 / (1 + Math.exp(-s));
const softplus = (s) => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))); // log(1 + e^s), and never an overflow
const beReal = [(s) => softplus(-s), (s) => sigmoid(s) - 1]; // -log D, with D = sigmoid(s)
const beOne = [(s) => (s - 1) ** 2 / 2, (s) => s - 1];

export const LOSSES = {
  "non-saturating": {real: beReal, fake: [softplus, sigmoid], generator: beReal},
  "least-squares": {real: beOne, fake: [(s) => s ** 2 / 2, (s) => s], generator: beOne},
  "wasserstein": {real: [(s) => -s, () => -1], fake: [(s) => s, () => 1], generator: [(s) => -s, () => -1]},
};
