"""Generators and critics: the same two pairs serve every method. Used in all chapters.

A critic ends in one number with no sigmoid: a *score*. Chapters 1 and 2 read it as a discriminator's
logit, chapters 3 and 4 as the critic's value.
"""

import functools
import math

import tensorflow as tf
from keras import Input, Model, Sequential, layers, random

from gancode._arguments import expect, flag, numbers, one_of, positive_integer, positive_integers, shape_of_images
from gancode._layers import fast
from gancode._training import devices

NORMS = {
    None: None,
    "batch": lambda: layers.BatchNormalization(momentum=0.9),
    "layer": lambda: layers.LayerNormalization(axis=[1, 2, 3]),  # over all of one sample
    "instance": lambda: layers.GroupNormalization(groups=-1),  # over each channel of one sample
}
DIGIT = (28, 28, 1)  # the pair of the book's digits stays as it is


def leaky_relu():
    """The critics' activation: 0.2 x below 0, as in DCGAN."""
    return fast(layers.LeakyReLU(negative_slope=0.2))


def conv_generator(
    latent_dim=64, channels=16, norm="batch", activation=layers.ReLU, use_bias=None, image_shape=DIGIT, classes=None
):
    """Latent (batch, latent_dim) to images (batch, h, w, c) in [-1, 1]: a small DCGAN (Radford et al. 2016).

    *Deeper* tries others than these. From 28 x 28 x 1, the book's digits, other shapes differ in how they grow:
    pixels are doubled, between neighbours, and then convolved, so that no checkerboard is drawn (Odena et al. 2016).

    Args:
        latent_dim: numbers in a latent vector.
        channels: of the layer of half the image's size, (14, 14); each smaller layer has twice as many as the next.
        norm: "batch", "layer", "instance" or None, before each activation.
        activation: a function that returns a new layer.
        use_bias: of the layers before them; None: where there is no norm, for a norm has biases of its own.
        image_shape: (height, width, 1 or 3), sides of at least 8, equal or not. The first layer is the image halved,
            odd sides rounded up, until one side is below 8: (7, 7) here, (4, 4) for sides of 16, 32 or 64.
        classes: how many, for a generator of latent vectors and labels (batch,), 0 to classes - 1: the first layer is
            that of the latent vector with the label beside it, one-hot (Mirza and Osindero 2014).
    """
    positive_integers(latent_dim=latent_dim, channels=channels)
    one_of("norm", norm, NORMS)
    use_bias = norm is None if use_bias is None else flag("use_bias", use_bias)
    image, *larger, first = _layer_shapes(image_shape, channels)  # (28, 28, 1), (14, 14, c), (7, 7, 2c)

    def between():
        return [*_normed(norm), _new(activation)]

    network = [Input((latent_dim,)), layers.Dense(math.prod(first), use_bias=use_bias), layers.Reshape(first)]
    if image == DIGIT:
        network += [*between(), layers.Conv2DTranspose(channels, 5, strides=2, padding="same", use_bias=use_bias)]
        network += [*between(), fast(layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh"))]
        return _generator(network, classes)
    # Tried on emoji, up to 1 200 steps, one run each: transposed 4 x 4 kernels draw up to 18 times the pictures' own
    # power at a period of 2 pixels; pixels that are doubled as they are, a mesh that can be seen (2.2 to 4 times, at
    # 32 x 32 and 64 x 64), and shapes in pieces; these, 0.5 to 2 times, and whole shapes.
    for height, width, filters in [*larger[::-1], (*image[:2], -(-channels // 2))]:
        network += [*between(), layers.UpSampling2D(2, interpolation="bilinear")]
        if height % 2 or width % 2:
            network.append(layers.Cropping2D(((0, height % 2), (0, width % 2))))
        network.append(layers.Conv2D(filters, 3, padding="same", use_bias=use_bias))
    network += [*between(), layers.Conv2D(image[2], 3, padding="same", activation="tanh")]
    return _generator(network, classes)


def conv_critic(channels=16, norm=None, activation=leaky_relu, image_shape=DIGIT, classes=None):
    """Images (batch, h, w, c) to scores (batch, 1).

    Args:
        channels: of the first convolution; each further one has twice as many.
        norm: None, "batch", "layer" or "instance", after each convolution but the first, as in DCGAN. *Deeper*
            shows what "batch" makes of a gradient penalty.
        activation, image_shape: as of `conv_generator`. Kernels are 5 x 5 for 28 x 28 x 1, as in DCGAN; for others
            4 x 4, whose strides of 2 meet every pixel equally often.
        classes: how many, for a critic of images and labels (batch,). The last layer is that of a plain critic, and a
            row of weights more for each class: a projection (Miyato and Koyama 2018).
    """
    positive_integer("channels", channels)
    one_of("norm", norm, NORMS)
    image, *smaller = _layer_shapes(image_shape, channels)  # (28, 28, 1), (14, 14, c), (7, 7, 2c)
    size = 5 if image == DIGIT else 4
    network = [Input(image)]
    for _, _, filters in smaller:
        convolution = layers.Conv2D(filters, size, strides=2, padding="same")
        network += [fast(convolution)] if len(network) == 1 else [convolution, *_normed(norm)]
        network.append(_new(activation))
    network.append(layers.Flatten())
    if classes is None:
        return Sequential([*network, layers.Dense(1)], name="critic")
    # Tried with WGAN-GP, one run of 1 000 steps each: this drew the digit asked for 74 times of 100, the label added to
    # the first convolution, as one-hot pixels would be, 48 times.
    label = _label(classes)
    features = _through(network)
    of_class = layers.Dot(1)([features, _one_hot(classes, features.shape[1])(label)])
    return Model([network[0], label], layers.Add()([layers.Dense(1)(features), of_class]), name="critic")


def mlp_generator(depth, width, latent_dim=2, output_dim=2):
    """Latent (batch, latent_dim) to points (batch, output_dim): `depth` ReLU layers of `width`, then a linear one."""
    positive_integers(latent_dim=latent_dim, output_dim=output_dim)
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


def _generator(network, classes):
    if classes is None:
        return Sequential(network, name="generator")
    latent, first, *others = network
    label = _label(classes)
    both = layers.Add()([first(latent), _one_hot(classes, first.units)(label)])
    return Model([latent, label], _through([both, *others]), name="generator")


def _through(network):
    """What comes out of layers, the first of the list being what goes in."""
    return functools.reduce(lambda x, layer: layer(x), network)


def _label(classes):
    positive_integer("classes", classes)
    return Input((), dtype="int32", name="label")


def _one_hot(classes, size):
    """A kernel (classes, size) of one-hot labels, a row for each."""
    return layers.Embedding(classes, size, embeddings_initializer="glorot_uniform")


def _layer_shapes(image_shape, channels):
    """Of the image and of each layer of half the one before: [(28, 28, 1), (14, 14, c), (7, 7, 2c)]."""
    shapes = [shape_of_images(image_shape)]
    while min(shapes[-1][:2]) >= 8:
        height, width, _ = shapes[-1]
        shapes.append((-(-height // 2), -(-width // 2), channels * 2 ** (len(shapes) - 1)))
    return shapes


def _normed(norm):
    return [NORMS[norm]()] if norm else []


def _new(activation):
    try:
        layer = activation()
    except TypeError:  # it is no function, or one that wants arguments
        layer = None
    expect(isinstance(layer, layers.Layer), "activation", "a function that returns a new Keras layer", activation)
    return layer


def _mlp(depth, width, inputs, outputs, name):
    positive_integers(depth=depth, width=width)
    hidden = [fast(layers.Dense(width, activation="relu", kernel_initializer="he_uniform")) for _ in range(depth)]
    return Sequential([Input((inputs,)), *hidden, layers.Dense(outputs)], name=name)
