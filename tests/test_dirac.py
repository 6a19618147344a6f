import numpy as np
import pytest
from helpers import sigmoid

from gancode import losses
from gancode.dirac import networks, path
from gancode.trainers import GAN, WGAN, WGANGP
from gancode.variants import R1GAN, R3GAN


def saturating(*networks):
    return GAN(*networks, loss=losses.saturating)


# what one critic step and one generator step do to (theta, w), from each method's loss
BY_HAND = {
    "GAN": (GAN, lambda t, w: -sigmoid(t @ w) * t, lambda t, w: sigmoid(-t @ w) * w),
    "saturating": (saturating, lambda t, w: -sigmoid(t @ w) * t, lambda t, w: sigmoid(t @ w) * w),
    "WGAN-GP": (WGANGP, lambda t, w: -t - 20 * (1 - 1 / np.linalg.norm(w)) * w, lambda t, w: w),
    "R1": (R1GAN, lambda t, w: -sigmoid(t @ w) * t - 10 * w, lambda t, w: sigmoid(-t @ w) * w),
    "R3GAN": (R3GAN, lambda t, w: -sigmoid(t @ w) * t - 20 * w, lambda t, w: sigmoid(-t @ w) * w),
}


@pytest.mark.slow
@pytest.mark.parametrize("n_critic, start", [(1, ([1.0], [0.5])), (3, ([1.5, -0.5], [0.3, 0.4]))])
@pytest.mark.parametrize("name", BY_HAND)
def test_a_path_is_made_of_steps_by_hand(name, n_critic, start):
    method, critic_slope, generator_slope = BY_HAND[name]
    theta, w = map(np.array, start)
    wanted = [(theta, w)]
    for _ in range(5):
        for _ in range(n_critic):
            w = w + 0.02 * critic_slope(theta, w)
        theta = theta + 0.02 * generator_slope(theta, w)
        wanted.append((theta, w))
    found = path(method, *start, steps=5, learning_rate=0.02, n_critic=n_critic)
    assert found.shape == (6, 2, len(theta))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_clipping_keeps_w_in_its_range():
    found = path(lambda *pair: WGAN(*pair, clip=0.25), steps=200)
    assert np.abs(found[1:, 1]).max() == 0.25


def test_the_networks_are_one_point_and_one_linear_critic():
    generator, critic = networks([1.0, 2.0], [3.0, -1.0])
    assert generator(np.random.default_rng(0).standard_normal((4, 1))).numpy().tolist() == [[1.0, 2.0]] * 4
    assert critic(np.array([[1.0, 1.0]])).numpy().tolist() == [[2.0]]
    assert [weight.shape for weight in critic.trainable_variables] == [(2, 1)]
