"""The references do the same work as gancode: equal losses, penalties and gradients from equal weights and inputs."""

import importlib.util

import in_a_process
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise

import bench
from gancode import data, models
from gancode.penalty import interpolate

every_variant = pytest.mark.parametrize("variant", bench.VARIANTS)

LATENT, CHANNELS, BATCH = 64, 4, 6


def needs(package):
    """PyTorch and JAX have a process of their own: beside TensorFlow, PyTorch 2.14 ends in a crash."""
    there = importlib.util.find_spec(package) is not None
    return pytest.mark.skipif(not there, reason=f"{package} is not installed; the book does not need it")


class Ours:
    """gancode's own numbers, at weights that are nowhere zero or one."""

    def __init__(self, variant):
        pair = models.conv_generator(LATENT, CHANNELS), models.conv_critic(CHANNELS)
        self.generator, self.critic = pair
        for i, model in enumerate(pair):
            for j, weight in enumerate(model.trainable_variables):
                weight.assign_add(0.1 * noise(*weight.shape, seed=10 * i + j))
        trainer = bench.VARIANTS[variant][0](*pair, seed=0)
        self.latent = noise(BATCH, LATENT, seed=1)
        self.real = np.tanh(noise(BATCH, 28, 28, 1, seed=2))
        self.fake = self.generator(self.latent, training=True).numpy()

        ones = np.ones((BATCH, 1, 1, 1), np.float32)
        self.epsilon = interpolate(ones, 0 * ones, seed=trainer.draw("interpolates")).numpy()  # of the step to come
        with tf.GradientTape() as tape:
            scores = self.critic(self.real, training=True), self.critic(self.fake, training=True)
            penalty = trainer.critic_penalty(self.real, self.fake)
            loss = trainer.objective.critic(*scores) + penalty
        self.critic_numbers = [loss, penalty, *tape.gradient(loss, self.critic.trainable_variables)]
        with tf.GradientTape() as tape:
            loss = trainer.objective.generator(self.critic(self.generator(self.latent, training=True)))
        self.generator_numbers = [loss, *tape.gradient(loss, self.generator.trainable_variables)]


def assert_equal(theirs, ours):
    for one, other in zip(theirs, ours, strict=True):
        other = np.asarray(other)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * max(np.abs(other).max(), 1e-3))


def to_torch(array):
    """A Keras weight, or its gradient, in the order of PyTorch's axes: channels first."""
    array = np.asarray(array)
    if array.shape == (LATENT, 7 * 7 * 2 * CHANNELS):
        array = array.reshape(LATENT, 7, 7, -1).transpose(0, 3, 1, 2).reshape(LATENT, -1)
    if array.shape == (7 * 7 * 2 * CHANNELS, 1):
        array = array.reshape(7, 7, -1).transpose(2, 0, 1).reshape(-1, 1)
    return np.ascontiguousarray(array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T)


@every_variant
@needs("torch")
def test_plain_pytorch_has_our_losses_penalty_and_gradients(variant):
    ours = Ours(variant)
    weights = [[to_torch(w.numpy()) for w in model.trainable_variables] for model in (ours.generator, ours.critic)]
    inputs = [array.transpose(0, 3, 1, 2).copy() for array in (ours.real, ours.fake)]
    theirs = in_a_process.call("torch_numbers", "losses", variant, *weights, ours.latent, *inputs, ours.epsilon)
    fake, critic_numbers, generator_numbers = theirs
    assert_equal([fake.transpose(0, 2, 3, 1)], [ours.fake])
    for one, other in ((critic_numbers, ours.critic_numbers), (generator_numbers, ours.generator_numbers)):
        assert_equal(one, [to_torch(number) if np.ndim(number) else number for number in other])


@every_variant
@needs("jax")
def test_plain_jax_has_our_losses_penalty_and_gradients(variant):
    ours = Ours(variant)
    weights = [[weight.numpy() for weight in model.trainable_variables] for model in (ours.generator, ours.critic)]
    theirs = in_a_process.call(
        "jax_numbers", "losses", variant, CHANNELS, *weights, ours.latent, ours.real, ours.fake, ours.epsilon
    )
    for one, other in zip(theirs, ([ours.fake], ours.critic_numbers, ours.generator_numbers), strict=True):
        assert_equal(one, other)


@every_variant
@pytest.mark.parametrize(
    "package", [pytest.param("torch", marks=needs("torch")), pytest.param("jax", marks=needs("jax"))]
)
def test_a_reference_trains_and_keeps_clipped_weights_in_the_box(package, variant):
    before, after = in_a_process.call(f"{package}_numbers", "two_steps", variant, data.mnist()[:100])
    for old, new in zip(before, after, strict=True):
        assert all(np.isfinite(w).all() for w in new)
        assert not np.array_equal(old[0], new[0])
    largest = max(np.abs(w).max() for w in after[1])
    assert (largest <= 0.01 + 1e-8) == (variant == "WGAN")
