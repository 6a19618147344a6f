"""What a critic looks like inside, and how its samples change: probes and the callbacks that use them. All chapters."""

import keras
import numpy as np
import tensorflow as tf

from gancode import _arguments as arguments
from gancode import losses
from gancode._training.guard import untouched
from gancode._training.inputs import conditioned


def layer_gradient_norms(critic, real, fake, loss=losses.wasserstein, labels=None):
    """How much of the critic's loss arrives at each layer: the paper's Figure 1b (Gulrajani et al. 2017).

    The L2 norm of d(critic loss) / d(activations), over the whole batch, real and fake together; one number a
    layer, the layer nearest the input first, the output last. The loss is without any penalty. A *layer* is
    what owns a kernel (dense or convolution); its activations are what leaves it towards the next kernel,
    after the norm layer and the nonlinearity that follow it.

    Args:
        critic: a Sequential or functional Keras model.
        real, fake: (batch, ...), one shape.
        loss: an object of `gancode.losses`.
        labels: (batch,), of both, for a critic that takes some.

    Returns:
        float64 (layers,).

    Raises:
        ValueError: for shapes that differ, a model that is not built, or one without its layers in a graph.
    """
    arguments.both_losses(loss)
    activations = _activations(critic)
    real, fake = arguments.two_batches(real, fake, critic, labels)
    probe = keras.Model(critic.inputs, activations)
    with untouched(critic.variables), tf.GradientTape() as tape:
        # Two passes, as in training: with batch norm one pass over both would be another critic.
        of_real, of_fake = (tf.nest.flatten(probe(conditioned(critic, x, labels), training=True)) for x in (real, fake))
        value = loss.critic(of_real[-1], of_fake[-1])
    gradients = tape.gradient(value, [of_real, of_fake])
    squares = [[np.sum(np.square(g.numpy().astype(np.float64))) for g in half] for half in gradients]
    return np.sqrt(np.sum(squares, axis=0))


def weight_values(critic):
    """Every kernel of the critic, flattened into one float32 array (weights,); biases and norm layers left out."""
    return np.concatenate([layer.kernel.numpy().ravel() for layer in _kernel_layers(critic)])


def sample_jacobian(critic, samples, labels=None):
    """How much each score depends on each sample: off the diagonal, what leaks between the samples of a batch.

    Without batch norm it is zero unless i = j, which is what lets the gradient penalty speak of each sample's own
    gradient.

    Args:
        critic: a Keras model, taken as it is in training.
        samples: (batch, ...).
        labels: (batch,), for a critic that takes some.

    Returns:
        float32 (batch, batch), entry (i, j) being ``||d critic(samples)_i / d samples_j||_2``.

    Raises:
        ValueError: for a critic that is not built or does not give one score a sample, and for no samples.
    """
    samples = arguments.batch("samples", samples, _built(critic), labels)
    with untouched(critic.variables), tf.GradientTape(persistent=True) as tape:
        tape.watch(samples)
        scores = arguments.one_score_each(critic(conditioned(critic, samples, labels), training=True), samples)
        scores = tf.cast(tf.reshape(scores, [-1]), samples.dtype)  # (batch,), for bfloat16 is too coarse
    jacobian = tape.jacobian(scores, samples, experimental_use_pfor=False).numpy()  # (batch, batch, 28, 28, 1)
    return np.sqrt(np.sum(np.square(jacobian), axis=tuple(range(2, jacobian.ndim))))


def saturated_fraction(weights, bound=None):
    """Share of the weights within 1 % of the ends of [-bound, bound], or beyond them.

    Args:
        weights: (..., weights).
        bound: the clip bound, or None for their own largest.

    Returns:
        float64 (...).

    Raises:
        ValueError: for weights that are none or not finite, and for a bound that is not above 0.
    """
    sizes = np.abs(arguments.numbers("weights", weights, ("n", ...)))
    bound = sizes.max(axis=-1, keepdims=True) if bound is None else arguments.positive("bound", bound)
    return np.mean(sizes >= 0.99 * bound, axis=-1)


class Every(keras.callbacks.Callback):
    """Callback: call `record(step)` before the first generator step, every `every` of them, and after the last."""

    def __init__(self, every):
        super().__init__()
        self.every = arguments.positive_integer("every", every)
        self.steps = []

    def due(self, before):
        """Whether to record now, after the steps since `before`: not step % every, for one execution may be several."""
        return self.now // self.every > before // self.every

    def on_train_begin(self, logs=None):
        self.now = int(self.model.steps.numpy())
        self._record_if(not self.steps)

    def on_train_batch_end(self, batch, logs=None):
        before, self.now = self.now, int(self.model.steps.numpy())
        self._record_if(self.due(before))

    def on_train_end(self, logs=None):
        self._record_if(self.steps[-1] != self.now)

    def _record_if(self, due):
        if due:
            self.steps.append(self.now)
            self.record(self.now)


class CriticProbe(Every):
    """Callback: look into the critic through training.

    Args:
        real: (batch, ...), a fixed batch of real samples, uint8 as pixels; the fakes come from one fixed latent batch.
        every: generator steps from one look to the next.
        labels: (batch,), of both, for networks that take some.

    Attributes:
        steps: (records,), when it looked.
        norms: (records, layers), as `layer_gradient_norms`.
        weights: (records, weights), as `weight_values`.
    """

    def __init__(self, real, every=50, labels=None):
        super().__init__(every)
        self.real, self.labels = arguments.batch("real", real), labels
        self.norms, self.weights = [], []

    def record(self, step):
        """One look, at the gradient norms and the weights."""
        fake = self.model.generate(len(self.real), seed=0, labels=self.labels)
        self.norms.append(layer_gradient_norms(self.model.critic, self.real, fake, self.model.objective, self.labels))
        self.weights.append(weight_values(self.model.critic))


class Snapshots(Every):
    """Callback: the generator's samples for one fixed latent batch, through training.

    Args:
        every: generator steps from one look to the next.
        n: how many samples.
        seed: of the latent batch; with None each look has another.
        labels: as of `generate`.

    Attributes:
        steps: (records,), when it looked.
        frames: [(n, ...), ...], the samples of each look.
    """

    def __init__(self, every=50, n=64, seed=0, labels=None):
        super().__init__(every)
        self.n, self.seed, self.labels = arguments.positive_integer("n", n), arguments.seed_or_none(seed), labels
        self.frames = []

    def record(self, step):
        """One look, at n samples."""
        self.frames.append(self.model.generate(self.n, self.seed, self.labels))


class Curves(keras.callbacks.Callback):
    """Callback: what each step logged, where `fit`'s history has a mean an epoch.

    Attributes:
        steps: (n,), the step after which each value was logged.
        values: {"critic_loss": [...], ...}, n each. With steps_per_execution k a value is the mean of k steps.
    """

    def __init__(self):
        super().__init__()
        self.steps, self.values = [], {}

    def on_epoch_begin(self, epoch, logs=None):
        self.seen = {name: (0.0, 0.0) for name in self.model.log_names}

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(int(self.model.steps.numpy()))
        for name, mean in self.model.means.items():  # Keras's means run from the epoch's beginning
            total, count = (float(tf.convert_to_tensor(part)) for part in (mean.total, mean.count))
            before, counted = self.seen[name]
            self.values.setdefault(name, []).append((total - before) / (count - counted))
            self.seen[name] = total, count


def _built(critic):
    return arguments.expect(isinstance(critic, keras.Model) and critic.built, "critic", "a built Keras model", critic)


def _kernel_layers(critic):
    layers = [layer for layer in _built(critic)._flatten_layers(include_self=False) if hasattr(layer, "kernel")]
    holds = layers and all(layer.kernel is not None for layer in layers)
    return arguments.expect(holds, "critic", "a built model with kernels in it", layers, got=f"{critic.name!r} without")


def _activations(critic):
    """The symbolic output of each block: a layer with a kernel and all that follows it up to the next one."""
    holds = isinstance(critic, keras.Model) and getattr(critic, "inputs", None)
    arguments.expect(holds, "critic", "a built Sequential or functional model", got=type(critic).__name__)
    kernel_layers, blocks = _kernel_layers(critic), []
    for layer in critic.layers:
        if layer in kernel_layers:
            blocks.append(layer.output)
        elif blocks and not isinstance(layer, (keras.layers.Embedding, keras.layers.InputLayer, keras.layers.Dot)):
            blocks[-1] = layer.output  # what only labels reach is no activation
    arguments.expect(critic.output_shape[1:] == (1,), "critic", "scores of shape (batch, 1)", got=critic.output_shape)
    holds, got = len(blocks) == len(kernel_layers), f"{critic.name!r} with kernels in a model within it"
    return arguments.expect(holds, "critic", "a flat model", blocks, got=got)
