"""Generators and critics: the same two pairs serve every method. Used in all chapters.

A critic ends in one number with no sigmoid: a *score*. Chapters 1 and 2 read it as a discriminator's
logit, chapters 3 and 4 as the critic's value.
"""

import tensorflow as tf
from keras import Input, Sequential, layers, random

from gancode._arguments import flag, numbers, one_of, positive_integer, short
from gancode._layers import fast
from gancode._training import devices

NORMS = {
    None: None,
    "batch": lambda: layers.BatchNormalization(momentum=0.9),
    "layer": lambda: layers.LayerNormalization(axis=[1, 2, 3]),  # over all of one sample
    "instance": lambda: layers.GroupNormalization(groups=-1),  # over each channel of one sample
}


def leaky_relu():
    """The critics' activation: 0.2 x below 0, as in DCGAN."""
    return fast(layers.LeakyReLU(negative_slope=0.2))


def conv_generator(latent_dim=64, channels=16, norm="batch", activation=layers.ReLU, use_bias=None):
    """Latent (batch, latent_dim) to images (batch, 28, 28, 1) in [-1, 1]: a small DCGAN (Radford et al. 2016).

    Chapter 6 tries others than these.

    Args:
        latent_dim: numbers in a latent vector.
        channels: of the (14, 14) layer; the (7, 7) layer before it has twice as many.
        norm: "batch", "layer", "instance" or None, before each activation.
        activation: a function that returns a new layer.
        use_bias: of the layers before them; None: where there is no norm, for a norm has biases of its own.
    """
    positive_integer("latent_dim", latent_dim)
    positive_integer("channels", channels)
    one_of("norm", norm, NORMS)
    use_bias = norm is None if use_bias is None else flag("use_bias", use_bias)
    return Sequential(
        [
            Input((latent_dim,)),
            layers.Dense(7 * 7 * 2 * channels, use_bias=use_bias),
            layers.Reshape((7, 7, 2 * channels)),
            *_normed(norm),
            _new(activation),
            layers.Conv2DTranspose(channels, 5, strides=2, padding="same", use_bias=use_bias),  # (batch, 14, 14, c)
            *_normed(norm),
            _new(activation),
            fast(layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh")),  # (batch, 28, 28, 1)
        ],
        name="generator",
    )


def conv_critic(channels=16, norm=None, activation=leaky_relu):
    """Images (batch, 28, 28, 1) to scores (batch, 1).

    Args:
        channels: of the first convolution; the second has twice as many.
        norm: None, "batch", "layer" or "instance", after the second convolution. The first convolution has none, as in
            DCGAN. Chapter 4 shows what "batch" makes of a gradient penalty.
        activation: as of `conv_generator`.
    """
    positive_integer("channels", channels)
    one_of("norm", norm, NORMS)
    return Sequential(
        [
            Input((28, 28, 1)),
            fast(layers.Conv2D(channels, 5, strides=2, padding="same")),  # (batch, 14, 14, c)
            _new(activation),
            layers.Conv2D(2 * channels, 5, strides=2, padding="same"),  # (batch, 7, 7, 2c)
            *_normed(norm),
            _new(activation),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="critic",
    )


def mlp_generator(depth, width, latent_dim=2, output_dim=2):
    """Latent (batch, latent_dim) to points (batch, output_dim): `depth` ReLU layers of `width`, then a linear one."""
    positive_integer("latent_dim", latent_dim)
    positive_integer("output_dim", output_dim)
    return _mlp(depth, width, latent_dim, output_dim, "generator")


def mlp_critic(depth, width, input_dim=2):
    """Points (batch, input_dim) to scores (batch, 1): `depth` ReLU layers of `width`, then a linear one."""
    positive_integer("input_dim", input_dim)
    return _mlp(depth, width, input_dim, 1, "critic")


def noisy_samples(samples):
    """A generator that never changes: a random one of the samples plus the latent vector, its noise.

    Latent (batch, ...) to samples (batch, ...), of the samples' own shape. With it a critic can be trained towards
    its best, as for Figure 1a of Gulrajani et al. 2017; there is nothing in it to train. Called with
    training=False it takes the same random samples each time, so that a look inside disturbs nothing.

    Args:
        samples: (n, ...).
    """
    samples = numbers("samples", samples, ("n", "d", ...), "float32")
    return Sequential([Input(samples.shape[1:]), PlusRandomSample(samples)], name="generator")


class PlusRandomSample(layers.Layer):
    """The layer of `noisy_samples`: latent (batch, ...) plus as many of the samples (n, ...), drawn anew each time."""

    def __init__(self, samples):
        super().__init__()
        self.samples = tf.constant(samples, tf.float32)
        self.rows = random.SeedGenerator(0)

    def call(self, latent, training=True):  # (batch, ...)
        def draw(n):
            return random.randint((n,), 0, len(self.samples), seed=self.rows if training else 0)

        rows = devices.shard(tf.shape(latent)[0], draw)
        return latent + tf.gather(self.samples, rows)


def _normed(norm):
    return [NORMS[norm]()] if norm else []


def _new(activation):
    try:
        layer = activation()
    except TypeError:  # it is no function, or one that wants arguments
        layer = None
    if not isinstance(layer, layers.Layer):
        raise ValueError(f"activation: expected a function that returns a new Keras layer, got {short(activation)}")
    return layer


def _mlp(depth, width, inputs, outputs, name):
    positive_integer("depth", depth)
    positive_integer("width", width)
    hidden = [fast(layers.Dense(width, activation="relu", kernel_initializer="he_uniform")) for _ in range(depth)]
    return Sequential([Input((inputs,)), *hidden, layers.Dense(outputs)], name=name)
