"""The four methods in plain JAX: what `bench.py` measures gancode against. Not a part of the book.

The same work as gancode's: the same networks with the same padding, batch norm in the generator, the same kind of
optimiser, fresh samples for each of n_critic critic steps. No guard against NaN, no logs, no `fit`. A generator step
and the critic steps before it are one compiled function. Weights are lists, in the order and shapes of gancode's.
"""

import functools

import jax
import jax.numpy as jnp

AXES = ("NHWC", "HWIO", "NHWC")


# --- the networks ----------------------------------------------------------------------------------------------------


def generator_weights(key, latent_dim=64, channels=16):
    draw, keys = jax.nn.initializers.glorot_uniform(), jax.random.split(key, 3)
    return [
        draw(keys[0], (latent_dim, 7 * 7 * 2 * channels)),
        jnp.ones(2 * channels),  # a norm's scale
        jnp.zeros(2 * channels),  # and its offset
        draw(keys[1], (5, 5, channels, 2 * channels)),
        jnp.ones(channels),
        jnp.zeros(channels),
        draw(keys[2], (5, 5, 1, channels)),
        jnp.zeros(1),
    ]


def running_norms(channels=16):
    """Mean and variance of each of the generator's two norms: not trained, and used only without training."""
    return [jnp.zeros(2 * channels), jnp.ones(2 * channels), jnp.zeros(channels), jnp.ones(channels)]


def critic_weights(key, channels=16):
    draw, keys = jax.nn.initializers.glorot_uniform(), jax.random.split(key, 3)
    return [
        draw(keys[0], (5, 5, 1, channels)),
        jnp.zeros(channels),
        draw(keys[1], (5, 5, channels, 2 * channels)),
        jnp.zeros(2 * channels),
        draw(keys[2], (7 * 7 * 2 * channels, 1)),
        jnp.zeros(1),
    ]


def generator(weights, running, latent):
    """Latent (batch, 64) to images (batch, 28, 28, 1), and the running means and variances after it."""
    dense, scale1, offset1, kernel1, scale2, offset2, kernel2, bias2 = weights
    x = (latent @ dense).reshape(len(latent), 7, 7, -1)
    x, mean1, variance1 = batch_norm(x, scale1, offset1, *running[:2])
    x = deconv(jax.nn.relu(x), kernel1)  # (batch, 14, 14, c)
    x, mean2, variance2 = batch_norm(x, scale2, offset2, *running[2:])
    images = jnp.tanh(deconv(jax.nn.relu(x), kernel2) + bias2)
    return images, [mean1, variance1, mean2, variance2]


def critic(weights, images):
    """Images (batch, 28, 28, 1) to scores (batch, 1)."""
    kernel1, bias1, kernel2, bias2, dense, bias3 = weights
    x = jax.nn.leaky_relu(conv(images, kernel1) + bias1, 0.2)  # (batch, 14, 14, c)
    x = jax.nn.leaky_relu(conv(x, kernel2) + bias2, 0.2)  # (batch, 7, 7, 2c)
    return x.reshape(len(x), -1) @ dense + bias3


def conv(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (2, 2), "SAME", dimension_numbers=AXES)


def deconv(x, kernel):
    # transpose_kernel: as Keras has it, the way back of a strided convolution.
    return jax.lax.conv_transpose(x, kernel, (2, 2), "SAME", dimension_numbers=AXES, transpose_kernel=True)


def batch_norm(x, scale, offset, running_mean, running_variance):
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    y = (x - mean) * (scale * jax.lax.rsqrt(variance + 1e-3)) + offset
    return y, 0.9 * running_mean + 0.1 * mean, 0.9 * running_variance + 0.1 * variance


# --- the losses ------------------------------------------------------------------------------------------------------


def softplus(x):
    return jnp.logaddexp(x, 0.0)


CRITIC_LOSSES = {
    "GAN": lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
    "LSGAN": lambda real, fake: 0.5 * (((real - 1) ** 2).mean() + (fake**2).mean()),
    "WGAN": lambda real, fake: fake.mean() - real.mean(),
    "WGANGP": lambda real, fake: fake.mean() - real.mean(),
}
GENERATOR_LOSSES = {
    "GAN": lambda fake: softplus(-fake).mean(),
    "LSGAN": lambda fake: 0.5 * ((fake - 1) ** 2).mean(),
    "WGAN": lambda fake: -fake.mean(),
    "WGANGP": lambda fake: -fake.mean(),
}


def gradient_penalty(weights, real, fake, epsilon):  # epsilon: (batch, 1, 1, 1)
    between = epsilon * real + (1 - epsilon) * fake
    slopes = jax.grad(lambda images: critic(weights, images).sum())(between)
    return ((jnp.sqrt((slopes**2).sum((1, 2, 3)) + 1e-12) - 1) ** 2).mean()


def critic_loss(weights, variant, real, fake, epsilon):
    """Returns the loss, penalty and all, and the penalty by itself: 0 where there is none."""
    loss = CRITIC_LOSSES[variant](critic(weights, real), critic(weights, fake))
    if variant != "WGANGP":
        return loss, 0.0
    penalty = 10.0 * gradient_penalty(weights, real, fake, epsilon)
    return loss + penalty, penalty


def generator_loss(weights, variant, running, critic_weights, latent):
    fake, running = generator(weights, running, latent)
    return GENERATOR_LOSSES[variant](critic(critic_weights, fake)), running


# --- the optimisers --------------------------------------------------------------------------------------------------


def adam(weights, gradients, state, rate, beta1, beta2):
    step, means, squares = state
    step = step + 1
    means = [beta1 * m + (1 - beta1) * g for m, g in zip(means, gradients, strict=True)]
    squares = [beta2 * v + (1 - beta2) * g**2 for v, g in zip(squares, gradients, strict=True)]
    rate = rate * jnp.sqrt(1 - beta2**step) / (1 - beta1**step)
    triples = zip(weights, means, squares, strict=True)
    return [w - rate * m / (jnp.sqrt(v) + 1e-7) for w, m, v in triples], (step, means, squares)


def rmsprop(weights, gradients, state, rate):
    step, means, squares = state
    squares = [0.9 * v + 0.1 * g**2 for v, g in zip(squares, gradients, strict=True)]
    triples = zip(weights, gradients, squares, strict=True)
    return [w - rate * g * jax.lax.rsqrt(v + 1e-10) for w, g, v in triples], (step, means, squares)


OPTIMISERS = {
    "GAN": functools.partial(adam, rate=2e-4, beta1=0.5, beta2=0.999),
    "LSGAN": functools.partial(adam, rate=2e-4, beta1=0.5, beta2=0.999),
    "WGAN": functools.partial(rmsprop, rate=5e-5),
    "WGANGP": functools.partial(adam, rate=1e-4, beta1=0.5, beta2=0.9),
}


def fresh(weights):
    """An optimiser's state before its first step."""
    return 0, [jnp.zeros_like(w) for w in weights], [jnp.zeros_like(w) for w in weights]


# --- training --------------------------------------------------------------------------------------------------------


class Trainer:
    def __init__(self, variant, n_critic, samples, channels, batch_size):  # samples: (n, 28, 28, 1)
        self.samples = jnp.asarray(samples)
        keys = jax.random.split(jax.random.key(0), 3)
        g, c = generator_weights(keys[0], channels=channels), critic_weights(keys[1], channels=channels)
        self.state = (g, running_norms(channels), fresh(g), c, fresh(c), keys[2])
        self.step = jax.jit(functools.partial(training_step, variant, n_critic, batch_size), donate_argnums=0)

    def run(self, steps):
        """Make generator steps, and wait until they are done."""
        for _ in range(steps):
            self.state = self.step(self.state, self.samples)
        jax.block_until_ready(self.state)


def training_step(variant, n_critic, batch_size, state, samples):
    g, running, g_optimiser, c, c_optimiser, key = state
    optimise = OPTIMISERS[variant]
    for _ in range(n_critic):
        key, *keys = jax.random.split(key, 4)
        real = samples[jax.random.randint(keys[0], (batch_size,), 0, len(samples))]
        fake, running = generator(g, running, jax.random.normal(keys[1], (batch_size, 64)))
        epsilon = jax.random.uniform(keys[2], (batch_size, 1, 1, 1))
        gradients, _ = jax.grad(critic_loss, has_aux=True)(c, variant, real, fake, epsilon)
        c, c_optimiser = optimise(c, gradients, c_optimiser)
        if variant == "WGAN":
            c = [jnp.clip(w, -0.01, 0.01) for w in c]
    key, latent_key = jax.random.split(key)
    latent = jax.random.normal(latent_key, (batch_size, 64))
    gradients, running = jax.grad(generator_loss, has_aux=True)(g, variant, running, c, latent)
    g, g_optimiser = optimise(g, gradients, g_optimiser)
    return g, running, g_optimiser, c, c_optimiser, key
