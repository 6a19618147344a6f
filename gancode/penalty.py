"""Two ways to keep a critic Lipschitz: clip its weights, or penalise its input gradient. Chapters 3 and 4."""

import keras
import tensorflow as tf

from gancode._arguments import batch, expect, flag, number, one_score_each, positive, two_batches
from gancode._training import devices, rng


def clip_weights(model, bound):
    """Put every trainable variable of the model back into [-bound, bound], in place.

    *Every* one: kernels and biases, as in Algorithm 1 of Arjovsky et al. 2017 and in its authors' code, and
    also the scales and offsets of norm layers. A norm layer's scale starts at 1, so it falls to `bound` at
    the first clip; in a shallow critic batch norm helped all the same (*Deeper*). Batch norm's running mean
    and variance are not trained and not clipped.

    Args:
        model: a built Keras model.
        bound: the largest size that a weight may have.

    Raises:
        ValueError: unless bound > 0, and for a model that is not built and so has no weights yet.
    """
    positive("bound", bound)
    expect(getattr(model, "built", False), "model", "a built Keras model", model)
    weights = model.trainable_variables
    devices.assign(weights, [tf.clip_by_value(variable, -bound, bound) for variable in weights])


def interpolate(real, fake, seed=None):
    """A random point on the segment between each real sample and its fake (Gulrajani et al. 2017, Algorithm 1).

    ``x_hat = epsilon x + (1 - epsilon) x_tilde``, one epsilon ~ U[0, 1] a *sample*, so that ``x_hat`` is on the line.

    Args:
        real, fake: (batch, ...), one shape.
        seed: an int, a keras.random.SeedGenerator or a tensor of two integers; None draws a new one.

    Returns:
        (batch, ...).

    Raises:
        ValueError: if the shapes differ, if there is no sample, and for another seed.
    """
    real, fake = two_batches(real, fake)
    epsilon = rng.uniform(tf.shape(real)[0], seed, real.dtype)
    epsilon = tf.reshape(epsilon, (-1, *[1] * (real.shape.rank - 1)))  # (batch, 1, 1, 1)
    return epsilon * real + (1.0 - epsilon) * fake


def gradient_norms(critic, samples):
    """Length of the critic's *input* gradient at each sample: how steep the critic is there.

    ``||grad_x f(x)||_2``, over all axes but the first, and f's derivatives with respect to x, not to its weights.

    Args:
        critic: a Keras model or any function from samples to scores (batch, 1) or (batch,).
        samples: (batch, ...).

    Returns:
        (batch,), in units of score per unit of input. Finite where the gradient is zero, and so is its own gradient.
        For sqrt has slope infinity at 0, and the 1e-12 under the root keeps away from it.

    Raises:
        ValueError: if there is no sample, or not one score for each.
    """
    samples = batch("samples", samples, critic)
    if samples.dtype.size < 4:  # after 1 bfloat16 has 1.0078 next: too coarse for a norm that is to be 1
        samples = tf.cast(samples, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(samples)
        # A Keras critic runs as it does in the loss (training=True), or two different critics would be judged.
        scores = critic(samples, training=True) if isinstance(critic, keras.Layer) else critic(samples)
    one_score_each(scores, samples)
    # Samples do not touch each other's scores, so the gradient of the sum holds each sample's own gradient.
    gradients = tape.gradient(scores, samples, unconnected_gradients="zero")  # (batch, 28, 28, 1)
    squares = tf.reduce_sum(tf.square(gradients), axis=list(range(1, samples.shape.rank)))  # (batch,)
    return tf.sqrt(squares + 1e-12)


def gradient_penalty(critic, real, fake, target=1.0, one_sided=False, seed=None):
    """Mean squared distance of the gradient norm from `target`, at interpolates (Gulrajani et al. 2017, eq. 3).

    ``E (||grad f(x_hat)|| - 1)^2``, without its weight lambda; ``x_hat`` as in `interpolate`.

    Args:
        critic: as of `gradient_norms`.
        real, fake: (batch, ...), one shape.
        target: the norm wanted.
        one_sided: let norms below it go free, ``E max(0, ||grad f(x_hat)|| - 1)^2``.
        seed: as of `interpolate`.

    Returns:
        A scalar that can be differentiated by the critic's weights.

    Raises:
        ValueError: for what `interpolate` and `gradient_norms` refuse, and for a target below 0.
    """
    number("target", target, least=0)
    flag("one_sided", one_sided)
    excess = gradient_norms(critic, interpolate(real, fake, seed)) - target  # (batch,)
    if one_sided:
        excess = tf.nn.relu(excess)
    return tf.reduce_mean(tf.square(excess))
