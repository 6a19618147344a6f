import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise, sigmoid
from keras.optimizers import SGD

from gancode import data, losses, models, penalty
from gancode.trainers import GAN, WGANGP
from gancode.variants import BOOK, DRAGAN, GANGP, METHODS, R1GAN, R3GAN, SNGAN, WGANLP, WGANDiv, spectral

pytestmark = pytest.mark.slow  # trains, builds or starts processes

ALL = [WGANLP, WGANDiv, DRAGAN, GANGP, R1GAN, R3GAN]
every_method = pytest.mark.parametrize("method", ALL)

W, FAKE = np.array([0.3, -0.4]), np.array([1.5, -0.5])  # a critic of slope 1/2; where all fakes are


def by_hand(method, w=W, lr=0.1, **kwargs):
    """A linear critic <w, x>, and a generator that makes one point only."""
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    critic.set_weights([np.reshape(w, (2, 1))])
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    generator.layers[0].bias.assign(FAKE)
    trainer = method(generator, critic, seed=0, **kwargs)
    trainer.compile(SGD(lr), SGD(lr), run_eagerly=True)
    return trainer


# what each asks for a critic of slope K, from its paper's formula
PRICES = {
    WGANLP: lambda k: 10 * max(0, k - 1) ** 2,
    WGANDiv: lambda k: 2 * k**6,
    DRAGAN: lambda k: 10 * (k - 1) ** 2,
    GANGP: lambda k: 10 * (k - 1) ** 2,
    R1GAN: lambda k: 10 / 2 * k**2,
    R3GAN: lambda k: 10 / 2 * k**2 * 2,
}


@every_method
@pytest.mark.parametrize("k", [0.5, 1.0, 3.0])
def test_the_price_of_a_slope(method, k):
    trainer = by_hand(method, w=k * W / 0.5)
    price = trainer.critic_penalty(tf.constant(noise(8, 2)), tf.constant(noise(8, 2, seed=1)))
    assert price.numpy() == pytest.approx(PRICES[method](k), rel=1e-4, abs=1e-6)


@every_method
def test_one_critic_step_by_hand(method):
    trainer, real = by_hand(method), noise(8, 2)
    fakes = np.tile(FAKE, (8, 1))
    if method is R3GAN:  # softplus(s(fake) - s(real)), pair by pair
        d_w = (sigmoid(fakes @ W - real @ W)[:, None] * (fakes - real)).mean(0)
    elif method in (WGANLP, WGANDiv):
        d_w = FAKE - real.mean(0)
    else:
        d_w = (-sigmoid(-real @ W)[:, None] * real).mean(0) + sigmoid(FAKE @ W) * FAKE
    h = 1e-5  # the price's derivative by the slope, by a finite difference; slope by weight is w / ||w||
    d_w = d_w + (PRICES[method](0.5 + h) - PRICES[method](0.5 - h)) / (2 * h) * W / 0.5
    trainer.critic_step(tf.constant(real))
    np.testing.assert_allclose(trainer.critic.get_weights()[0][:, 0], W - 0.1 * d_w, rtol=1e-4)


@every_method
def test_one_generator_step_by_hand(method):
    trainer, real = by_hand(method), noise(8, 2)
    if method is R3GAN:
        slope = -sigmoid(real @ W - FAKE @ W).mean()
    else:
        slope = -1.0 if method in (WGANLP, WGANDiv) else -sigmoid(-FAKE @ W)
    trainer.generator_step(tf.constant(real))
    np.testing.assert_allclose(trainer.generator.layers[0].bias, FAKE - 0.1 * slope * W, rtol=1e-4)


@pytest.mark.parametrize("method", [DRAGAN, R3GAN])  # the others are made of what XLA compiles for WGANGP, too
def test_it_trains_in_a_graph_that_xla_compiles(method):
    trainer = method(models.mlp_generator(1, 8), models.mlp_critic(1, 8), seed=0)
    # Of plain gradient descent, and of one critic step, there is less to compile.
    trainer.compile(SGD(0.1), SGD(0.1), jit_compile=True, steps_per_execution=2)
    history = trainer.fit(data.batches(noise(100, 2), 8, 1, seed=0), steps_per_epoch=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())


def test_dragan_looks_around_the_data_wherever_the_fakes_are(monkeypatch):
    seen, real = [], noise(500, 2) + 5.0
    monkeypatch.setattr(penalty, "gradient_norms", lambda critic, x: seen.append(x.numpy()) or tf.ones(len(x)))
    trainer = by_hand(DRAGAN)
    prices = [trainer.critic_penalty(tf.constant(real), tf.constant(fake)).numpy() for fake in (real, real + 100.0)]
    assert prices[0] == prices[1]
    off = (seen[0] - real) / real.std()  # epsilon of the data, the rest of a place 0 to 0.5 above: 0 to 0.5
    assert 0 <= off.min() and 0.4 < off.max() <= 0.5
    assert np.corrcoef(off.T)[0, 1] < 0.95  # noise of its own for every number


def test_the_relativistic_loss_compares_each_fake_with_one_real_sample():
    real, fake = tf.constant([3.0, 1.0]), tf.constant([2.0, 4.0])
    assert losses.relativistic.critic(real, fake).numpy() == pytest.approx(np.log1p(np.exp([-1.0, 3.0])).mean())
    assert losses.relativistic.generator(fake, real).numpy() == pytest.approx(np.log1p(np.exp([1.0, -3.0])).mean())


@pytest.mark.parametrize("build", [lambda: models.mlp_critic(2, 16), lambda: models.conv_critic(2)])
def test_spectral_keeps_the_weights_and_divides_by_the_largest_singular_value(build):
    keras.utils.set_random_seed(0)
    plain = build()
    for layer in plain.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.assign(3.0 * layer.kernel)
    bound, kernels = spectral(plain), [layer.kernel.numpy() for layer in plain.layers if hasattr(layer, "kernel")]
    x = tf.constant(noise(4, *plain.input_shape[1:]))
    for _ in range(50):  # one step of the power iteration a call
        bound(x, training=True)
    after = [one.layer.kernel.numpy() for one in bound.layers if hasattr(one, "layer")]
    for kernel, normed in zip(kernels, after, strict=True):
        largest = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
        np.testing.assert_allclose(normed, kernel / largest, rtol=1e-2, atol=1e-4)


def test_a_spectral_mlp_is_nowhere_steeper_than_1():
    keras.utils.set_random_seed(0)
    critic = spectral(models.mlp_critic(3, 32))
    trainer = GAN(models.mlp_generator(1, 8), critic, seed=0)
    trainer.compile(SGD(0.5), SGD(0.0))
    trainer.fit(data.batches(data.eight_gaussians(500, seed=0), 32, 1, seed=0), steps_per_epoch=100, verbose=0)
    places = tf.constant(3 * noise(500, 2))
    assert penalty.gradient_norms(lambda x: critic(x, training=False), places).numpy().max() < 1.05


def test_a_gan_gp_looks_where_a_wgan_gp_does():
    real, fake = tf.constant(noise(8, 2)), tf.constant(noise(8, 2, seed=1))
    keras.utils.set_random_seed(0)
    networks = models.mlp_generator(1, 8), models.mlp_critic(2, 8)
    prices = []
    for method in (GANGP, WGANGP):
        trainer = method(*networks, seed=3)
        trainer.compile(SGD(0.1), SGD(0.1))
        prices.append(trainer.critic_penalty(real, fake).numpy())
    assert prices[0] == prices[1]


def test_an_sn_gan_is_a_gan_whose_critic_is_spectral():
    trainer = SNGAN(models.mlp_generator(1, 8), models.mlp_critic(2, 8), seed=0)
    assert sum(isinstance(layer, keras.layers.SpectralNormalization) for layer in trainer.critic.layers) == 3
    assert trainer.objective is losses.non_saturating
    other = SNGAN(models.mlp_generator(1, 8), models.mlp_critic(2, 8), loss=losses.wasserstein)
    assert other.objective is losses.wasserstein


def test_the_papers_step_sizes_are_those_of_the_trainers():
    for name in BOOK:
        trainer = METHODS[name].trainer(models.mlp_generator(1, 2), models.mlp_critic(1, 2))
        assert trainer.default_optimizer().learning_rate.numpy() == pytest.approx(METHODS[name].learning_rate)


@pytest.mark.parametrize("name", METHODS)
def test_the_table_says_of_critic_steps_what_fit_does_with_an_array(name):
    assert METHODS[name].n_critic == METHODS[name].trainer.n_critic


@pytest.mark.parametrize("name", [name for name in METHODS if name not in BOOK])
def test_each_method_of_the_race_can_be_trained_on_digits(name):
    trainer = METHODS[name].trainer(models.conv_generator(4, 2), models.conv_critic(2), seed=0)
    trainer.compile(run_eagerly=True)  # one critic step a step, for each is as the one before
    history = trainer.fit(data.batches(data.mnist()[:40], 8, 1, seed=0), steps_per_epoch=1, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
