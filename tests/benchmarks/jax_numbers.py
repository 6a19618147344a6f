"""What test_references.py asks of plain JAX, in a process where there is no TensorFlow."""

import jax
import numpy as np

import jax_reference


def losses(variant, channels, generator_weights, critic_weights, latent, real, fake, epsilon):
    """[fakes]; loss, penalty and gradients of the critic; loss and gradients of the generator."""
    running = jax_reference.running_norms(channels)
    made, _ = jax_reference.generator(generator_weights, running, latent)
    of_critic = jax.value_and_grad(jax_reference.critic_loss, has_aux=True)
    (loss, penalty), gradients = of_critic(critic_weights, variant, real, fake, epsilon)
    of_generator = jax.value_and_grad(jax_reference.generator_loss, has_aux=True)
    (its_loss, _), its_gradients = of_generator(generator_weights, variant, running, critic_weights, latent)
    return [[*map(np.array, each)] for each in ([made], [loss, penalty, *gradients], [its_loss, *its_gradients])]


def two_steps(variant, samples):
    """All weights, of the generator and of the critic, before two steps and after them."""
    trainer = jax_reference.Trainer(variant, 2, samples, 2, 8)
    before = _weights(trainer)
    trainer.run(2)
    return before, _weights(trainer)


def _weights(trainer):
    return [[np.array(w) for w in trainer.state[i]] for i in (0, 3)]
