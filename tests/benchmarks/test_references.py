"""The references do the same work as gancode: equal losses, penalties and gradients from equal weights and inputs."""

import importlib

import numpy as np
import pytest
import tensorflow as tf
from helpers import noise

import bench
from gancode import data, models
from gancode.penalty import interpolate

every_variant = pytest.mark.parametrize("variant", bench.VARIANTS)

LATENT, CHANNELS, BATCH = 64, 4, 6


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


@every_variant
def test_plain_pytorch_has_our_losses_penalty_and_gradients(variant):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed; the book does not need it")
    import torch_reference

    def to_torch(array):
        """A Keras weight, or its gradient, in the order of PyTorch's axes: channels first."""
        array = np.asarray(array)
        if array.shape == (LATENT, 7 * 7 * 2 * CHANNELS):
            array = array.reshape(LATENT, 7, 7, -1).transpose(0, 3, 1, 2).reshape(LATENT, -1)
        if array.shape == (7 * 7 * 2 * CHANNELS, 1):
            array = array.reshape(7, 7, -1).transpose(2, 0, 1).reshape(-1, 1)
        return np.ascontiguousarray(array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T)

    def with_weights(module, model):
        for theirs, ours in zip(module.parameters(), model.trainable_variables, strict=True):
            assert tuple(theirs.shape) == to_torch(ours).shape
            theirs.data = torch.tensor(to_torch(ours))
        return module

    def images(array):
        return torch.tensor(array).permute(0, 3, 1, 2).contiguous()

    ours = Ours(variant)
    generator = with_weights(torch_reference.Generator(LATENT, CHANNELS), ours.generator)
    critic = with_weights(torch_reference.Critic(CHANNELS), ours.critic)
    fake = generator(torch.tensor(ours.latent))
    assert_equal([fake.detach().permute(0, 2, 3, 1)], [ours.fake])
    inputs = images(ours.real), images(ours.fake), torch.tensor(ours.epsilon)
    loss, penalty = torch_reference.critic_loss(variant, critic, *inputs)
    gradients = torch.autograd.grad(loss, list(critic.parameters()))
    assert_equal([loss.item(), penalty.item()], ours.critic_numbers[:2])
    assert_equal([g.numpy() for g in gradients], [to_torch(g) for g in ours.critic_numbers[2:]])
    loss = torch_reference.GENERATOR_LOSSES[variant](critic(fake))
    gradients = torch.autograd.grad(loss, list(generator.parameters()))
    assert_equal([loss.item()], ours.generator_numbers[:1])
    assert_equal([g.numpy() for g in gradients], [to_torch(g) for g in ours.generator_numbers[1:]])


@every_variant
def test_plain_jax_has_our_losses_penalty_and_gradients(variant):
    jax = pytest.importorskip("jax", reason="JAX is not installed; the book does not need it")
    import jax_reference

    ours = Ours(variant)
    generator = [weight.numpy() for weight in ours.generator.trainable_variables]
    critic = [weight.numpy() for weight in ours.critic.trainable_variables]
    running = jax_reference.running_norms(CHANNELS)
    fake, _ = jax_reference.generator(generator, running, ours.latent)
    assert_equal([fake], [ours.fake])
    value_and_gradient = jax.value_and_grad(jax_reference.critic_loss, has_aux=True)
    (loss, penalty), gradients = value_and_gradient(critic, variant, ours.real, ours.fake, ours.epsilon)
    assert_equal([loss, penalty, *gradients], ours.critic_numbers)
    value_and_gradient = jax.value_and_grad(jax_reference.generator_loss, has_aux=True)
    (loss, _), gradients = value_and_gradient(generator, variant, running, critic, ours.latent)
    assert_equal([loss, *gradients], ours.generator_numbers)


@pytest.mark.parametrize("package", ["torch", "jax"])
@every_variant
def test_a_reference_trains_and_keeps_clipped_weights_in_the_box(package, variant):
    pytest.importorskip(package, reason=f"{package} is not installed; the book does not need it")
    module = importlib.import_module(f"{package}_reference")
    trainer = module.Trainer(variant, 2, data.mnist()[:100], 2, 8)

    def weights():
        if package == "torch":
            return [[w.detach().numpy().copy() for w in n.parameters()] for n in (trainer.generator, trainer.critic)]
        return [[np.array(w) for w in trainer.state[i]] for i in (0, 3)]

    before = weights()
    trainer.run(2)
    for old, new in zip(before, weights(), strict=True):
        assert all(np.isfinite(w).all() for w in new)
        assert not np.array_equal(old[0], new[0])
    largest = max(np.abs(w).max() for w in weights()[1])
    assert (largest <= 0.01 + 1e-8) == (variant == "WGAN")
