"""Layers told to be quicker give what Keras's own give, and so do their gradients and the gradients of those."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise
from keras import layers

from gancode import _layers, models
from gancode._layers import fast
from gancode.penalty import gradient_norms

MODES = {
    "eager": lambda function: function,
    "XLA": lambda function: tf.function(function, jit_compile=True),
}
in_every_mode = pytest.mark.parametrize("mode", ["eager", pytest.param("XLA", marks=pytest.mark.slow)])


def own(layer):
    """Keras's own layer, as it is."""
    return layer


def critic(kind, activation):
    """kind: `fast` or `own`."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            kind(layers.Conv2D(3, 5, strides=2, padding="same")),
            activation,
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def generator(kind, activation="tanh", use_bias=True):
    up = layers.Conv2DTranspose(2, 5, strides=2, padding="same", activation=activation, use_bias=use_bias)
    return keras.Sequential([keras.Input((7, 7, 3)), kind(up)])


def same_weights(model, other):
    model.build(), other.build()
    weights = [noise(*weight.shape, seed=i) for i, weight in enumerate(model.get_weights())]
    model.set_weights(weights)
    other.set_weights(weights)


def penalised(model, samples):
    """A loss, a penalty, and their gradient with respect to the weights: by the penalty, a gradient of a gradient."""
    with tf.GradientTape() as tape:
        penalty = tf.reduce_mean((gradient_norms(model, samples) - 1) ** 2)
        total = penalty + tf.reduce_mean(model(samples) ** 2)
    return [total, penalty, *tape.gradient(total, model.trainable_variables)]


def assert_close(got, expected):
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5 * np.abs(other).max())


@in_every_mode
@pytest.mark.parametrize(
    "quicker, plain",
    [
        (fast(layers.LeakyReLU(negative_slope=0.2)), layers.LeakyReLU(negative_slope=0.2)),
        (layers.Activation(_layers.relu), layers.Activation("relu")),
    ],
    ids=["leaky_relu", "relu"],
)
def test_a_critic_its_gradients_and_the_gradients_of_its_gradients_are_those_of_keras(quicker, plain, mode):
    one, other = critic(fast, quicker), critic(own, plain)
    same_weights(one, other)
    samples = tf.constant(noise(4, 28, 28, 1, seed=9))
    assert_close(MODES[mode](lambda x: penalised(one, x))(samples), penalised(other, samples))


@in_every_mode
@pytest.mark.parametrize("options", [{}, {"activation": None}, {"use_bias": False}], ids=str)
def test_a_generator_and_its_gradients_are_those_of_keras(options, mode):
    one, other = generator(fast, **options), generator(own, **options)
    same_weights(one, other)
    latent = tf.constant(noise(4, 7, 7, 3, seed=9))

    def pulled(model, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            images = model(x)
            loss = tf.reduce_sum(images * noise(4, 14, 14, 2, seed=8))
        return [images, *tape.gradient(loss, [x, *model.trainable_variables])]

    assert_close(MODES[mode](lambda x: pulled(one, x))(latent), pulled(other, latent))


def test_a_kernel_laid_on_blocks_is_the_kernel_laid_on_pixels():
    """By hand: one pixel of a picture, and where it comes out."""
    kernel = np.arange(25, dtype=np.float32).reshape(5, 5, 1, 1) + 1
    picture = np.zeros((1, 8, 8, 1), np.float32)
    picture[0, 3, 4] = 1.0
    layer = fast(layers.Conv2D(1, 5, strides=2, padding="same", use_bias=False))
    layer.build(picture.shape)
    layer.set_weights([kernel])
    # output (i, j) begins at pixel (2i - 1, 2j - 1): "same" puts one row above, two below
    expected = np.zeros((4, 4))
    for i, j in itertools.product((0, 1, 2), (1, 2)):
        expected[i, j] = kernel[3 - (2 * i - 1), 4 - (2 * j - 1), 0, 0]
    np.testing.assert_array_equal(layer(picture)[0, ..., 0], expected)


@pytest.mark.parametrize(
    "shape, options",
    [
        ((27, 28, 1), {}),
        ((28, 28, 1), {"kernel_size": 3}),
        ((8, 8, 1), {"strides": 1}),
        ((28, 28, 1), {"padding": "valid"}),
    ],
    ids=str,
)
def test_any_other_convolution_is_left_to_keras(shape, options):
    settings = {"kernel_size": 5, "strides": 2, "padding": "same"} | options
    one, other = fast(layers.Conv2D(3, **settings)), layers.Conv2D(3, **settings)
    images = noise(2, *shape)
    other.build(images.shape), one.build(images.shape)
    one.set_weights(other.get_weights())
    np.testing.assert_array_equal(one(images), other(images))


def test_where_there_is_a_gpu_convolutions_are_left_to_keras(monkeypatch):
    called = []
    monkeypatch.setattr(layers.Conv2DTranspose, "call", lambda self, images: called.append(self) or images)
    layer = fast(layers.Conv2DTranspose(2, 5, strides=2, padding="same"))
    layer(noise(1, 7, 7, 3))
    assert _layers.fits(layer) and not called
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    layer(noise(1, 7, 7, 3))
    assert not _layers.fits(layer) and called  # by the layer itself


@pytest.mark.parametrize("negative_slope", [0.0, 0.2])
def test_activations_let_nan_through_and_keep_their_slope_at_zero(negative_slope):
    x = tf.constant([-2.0, 0.0, 3.0, np.nan])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = _layers.leaky_relu(x, negative_slope)
    np.testing.assert_array_equal(y, [-2 * np.float32(negative_slope), 0, 3, np.nan])
    np.testing.assert_array_equal(tape.gradient(y, x)[:3], np.float32([negative_slope, negative_slope, 1]))


def convolutions(activation):
    """How many of them TensorFlow is asked for, for the gradient of a loss and a penalty."""
    model = critic(own, activation)
    same_weights(model, model)
    graph = tf.function(lambda x: penalised(model, x)).get_concrete_function(tf.constant(noise(2, 28, 28, 1))).graph
    return sum(operation.type.startswith("Conv2D") for operation in graph.get_operations())


def test_the_penalty_has_no_backward_pass_of_zeros():
    quicker, plain = fast(layers.LeakyReLU(negative_slope=0.2)), layers.LeakyReLU(negative_slope=0.2)
    assert convolutions(quicker) < convolutions(plain)


def test_the_book_s_own_networks_are_built_of_them():
    made = [*models.conv_critic().layers, *models.conv_generator().layers]
    assert sum("call" in vars(layer) or "convolution_op" in vars(layer) for layer in made) == 4
    assert models.mlp_critic(2, 4).layers[0].activation is _layers.relu


def test_a_layer_stays_keras_own_in_kind_name_and_settings():
    odd = models.conv_generator(4, 2, image_shape=(17, 24, 3)), models.conv_critic(2, image_shape=(17, 24, 3))
    for network in (models.conv_generator(4, 2), models.conv_critic(2), *odd, models.mlp_critic(2, 4)):
        for layer in network.layers:
            assert type(layer).__module__.startswith("keras."), layer
            again = type(layer).from_config(layer.get_config())
            assert again.get_config() == layer.get_config()
    assert models.mlp_critic(2, 4).layers[0].get_config()["activation"] == "relu"
