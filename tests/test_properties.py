"""What must hold whatever the numbers are: found no matter which ones hypothesis tries."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gancode import data, losses, metrics, models, penalty, probes

NUMBERS = st.floats(-100, 100, width=32)


def vectors(n, d):
    return arrays(np.float64, (n, d), elements=NUMBERS)


@st.composite
def clouds(draw, how_many=2, most=8):
    """Sets of points of one dimension; which and how many are drawn too."""
    d = draw(st.integers(1, 3))
    return [draw(vectors(draw(st.integers(1, most)), d)) for _ in range(how_many)]


@st.composite
def pairs(draw):
    """A real and a fake batch of one shape, of points or of small images."""
    shape = (draw(st.integers(1, 5)), *draw(st.sampled_from([(2,), (1,), (3, 2, 1)])))
    return [draw(arrays(np.float64, shape, elements=NUMBERS)) for _ in range(2)]


SEEDS = st.integers(0, 2**32 - 1)

# --- the penalty ---


@given(st.integers(1, 4).flatmap(lambda d: st.tuples(vectors(5, d), vectors(1, d))), NUMBERS)
def test_a_linear_critic_is_as_steep_as_its_weight_is_long_wherever_it_is_asked(batch_and_weight, offset):
    samples, (weight,) = batch_and_weight
    length = np.linalg.norm(weight)
    norms = penalty.gradient_norms(lambda x: tf.linalg.matvec(x, weight) + offset, samples)
    np.testing.assert_allclose(norms, np.full(5, length), rtol=1e-9, atol=1.1e-6)  # the root keeps 1e-6 from 0
    two_sided = penalty.gradient_penalty(lambda x: tf.linalg.matvec(x, weight), samples, samples[::-1])
    one_sided = penalty.gradient_penalty(lambda x: tf.linalg.matvec(x, weight), samples, samples[::-1], one_sided=True)
    assert two_sided.numpy() == pytest.approx((length - 1) ** 2, rel=1e-6, abs=1e-5)
    assert one_sided.numpy() == pytest.approx(max(0, length - 1) ** 2, rel=1e-6, abs=1e-5)


@given(pairs(), SEEDS)
def test_an_interpolate_is_on_the_segment_between_its_two_samples(batches, seed):
    real, fake = (batch.reshape(len(batch), -1) for batch in batches)
    between = penalty.interpolate(*batches, seed=seed).numpy().reshape(real.shape)
    epsilon = np.einsum("nd,nd->n", between - fake, real - fake) / np.maximum((real - fake) ** 2, 1e-12).sum(axis=1)
    assert np.all((epsilon >= -1e-9) & (epsilon <= 1 + 1e-9))
    np.testing.assert_allclose(between, epsilon[:, None] * real + (1 - epsilon[:, None]) * fake, atol=1e-6)
    np.testing.assert_array_equal(between, penalty.interpolate(*batches, seed=seed).numpy().reshape(real.shape))


@given(arrays(np.float32, 3, elements=NUMBERS), st.floats(1e-6, 200))
def test_clipped_weights_are_within_the_bound_and_those_that_were_stay_as_they_were(weights, bound):
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    critic.set_weights([weights[:2, None], weights[2:]])
    for _ in range(2):  # a second time changes nothing
        penalty.clip_weights(critic, bound)
        clipped = np.concatenate([weight.ravel() for weight in critic.get_weights()])
        np.testing.assert_array_equal(clipped, np.clip(weights, -np.float32(bound), np.float32(bound)))


@given(vectors(1, 3), vectors(4, 3))
def test_a_critic_without_norm_layers_leaks_nothing_between_samples(weight, samples):
    critic = keras.Sequential([keras.Input((3,), dtype="float64"), keras.layers.Dense(1, dtype="float64")])
    critic.set_weights([weight.T, np.zeros(1)])
    np.testing.assert_allclose(probes.sample_jacobian(critic, samples), np.linalg.norm(weight) * np.eye(4), rtol=1e-9)


# --- the losses ---

ALL = [losses.non_saturating, losses.saturating, losses.least_squares, losses.wasserstein]
SCORES = st.integers(1, 6).flatmap(lambda n: arrays(np.float64, n, elements=NUMBERS))


@given(SCORES, SCORES, NUMBERS)
def test_wasserstein_does_not_ask_where_zero_is(real, fake, shift):
    critic, generator = losses.wasserstein.critic, losses.wasserstein.generator
    assert critic(real + shift, fake + shift).numpy() == pytest.approx(critic(real, fake).numpy(), abs=1e-9)
    assert generator(fake + shift).numpy() == pytest.approx(generator(fake).numpy() - shift, abs=1e-9)
    assert critic(real, real).numpy() == pytest.approx(0, abs=1e-9)


@given(SCORES, SCORES, NUMBERS)
def test_least_squares_asks_only_how_far_scores_are_from_their_labels(real, fake, shift):
    plain, moved = losses.LeastSquares(0, 1, 1), losses.LeastSquares(shift, 1 + shift, 1 + shift)
    assert moved.critic(real + shift, fake + shift).numpy() == pytest.approx(plain.critic(real, fake).numpy(), rel=1e-6)
    assert moved.generator(fake + shift).numpy() == pytest.approx(plain.generator(fake).numpy(), rel=1e-6, abs=1e-9)


@given(SCORES, SCORES, st.randoms(use_true_random=False))
def test_a_loss_is_a_mean_whatever_the_order_the_shape_or_the_number_of_scores(real, fake, random):
    for loss in ALL:
        critic, generator = loss.critic(real, fake).numpy(), loss.generator(fake).numpy()
        others = [(np.array(random.sample(list(scores), len(scores)))) for scores in (real, fake)]
        for one, other in (others, (real[:, None], fake[:, None]), (np.tile(real, 3), np.tile(fake, 2))):
            assert loss.critic(one, other).numpy() == pytest.approx(critic, rel=1e-9, abs=1e-9)
            assert loss.generator(other).numpy() == pytest.approx(generator, rel=1e-9, abs=1e-9)


# --- the distances ---


@given(clouds(), st.randoms(use_true_random=False))
def test_w1_is_symmetric_and_zero_from_a_set_to_itself_in_any_order(sets, random):
    x, y = sets
    assert metrics.wasserstein1(x, y) == pytest.approx(metrics.wasserstein1(y, x), rel=1e-9, abs=1e-9)
    assert metrics.wasserstein1(x, np.array(random.sample(list(x), len(x)))) == 0


@given(clouds(3))
def test_w1_is_no_longer_by_a_straight_way_than_by_a_third_set(sets):
    x, y, z = sets
    by_way_of_z = metrics.wasserstein1(x, z) + metrics.wasserstein1(z, y)
    assert metrics.wasserstein1(x, y) <= by_way_of_z * (1 + 1e-9) + 1e-9


@given(clouds(1), st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_w1_of_a_set_that_was_moved_is_how_far_it_was_moved(sets, far, scale):
    (x,) = sets
    move = np.linspace(0.5, -2.0, x.shape[1])
    assert metrics.wasserstein1(x, x + move) == pytest.approx(np.linalg.norm(move), rel=1e-6)
    assert metrics.wasserstein1(x + far, x + far + move) == pytest.approx(np.linalg.norm(move), rel=1e-6)  # from there
    assert metrics.wasserstein1(scale * x, scale * (x + move)) == pytest.approx(scale * np.linalg.norm(move), rel=1e-6)


@given(clouds(1), st.floats(-1e3, 1e3))
def test_the_frechet_distance_of_a_set_that_was_moved_is_how_far_squared(sets, far):
    x = np.concatenate([*sets, sets[0] + 1])  # at least two
    move = np.linspace(0.5, -2.0, x.shape[1])
    expected = pytest.approx(move @ move, rel=1e-6, abs=1e-6 * np.abs(np.cov(x.T)).max())
    assert metrics.frechet_distance(x, x + move) == expected
    assert metrics.frechet_distance(x + far, x + far + move) == expected
    assert metrics.frechet_distance(x + move, x) == expected


@given(clouds(), NUMBERS, st.floats(0.1, 100))
def test_mode_coverage_does_not_ask_where_it_all_lies(sets, far, radius):
    samples, centres = sets
    here = metrics.mode_coverage(samples, centres, radius)
    there = metrics.mode_coverage(2 * (samples + far), 2 * (centres + far), 2 * radius)
    distances = np.linalg.norm(samples[:, None] - centres, axis=2)
    if np.abs(distances - radius).min() > 1e-3:  # rounding may decide at the very edge, and between two centres
        assert there.high_quality_fraction == here.high_quality_fraction
    assert 1 <= metrics.mode_coverage(centres, centres, radius).modes <= len(centres)
    assert metrics.mode_coverage(centres, centres, radius).high_quality_fraction == 1


@given(arrays(np.float64, (2, 6), elements=NUMBERS), st.floats(1e-3, 1e3))
def test_a_share_is_a_share_and_does_not_ask_for_the_scale(weights, scale):
    share = probes.saturated_fraction(weights)
    assert share.shape == (2,) and np.all((share >= 1 / 6 - 1e-12) & (share <= 1))
    edges = np.abs(np.abs(weights) - 0.99 * np.abs(weights).max(axis=1, keepdims=True))
    if edges.min() > 1e-6:
        np.testing.assert_array_equal(probes.saturated_fraction(scale * weights), share)


# --- dealing ---


@settings(max_examples=15)
@given(st.integers(1, 12), st.integers(1, 7), st.integers(1, 3), SEEDS)
def test_every_sample_is_dealt_as_often_as_every_other(n, batch_size, n_critic, seed):
    samples = np.arange(n, dtype=np.float32)[:, None]
    counts = np.zeros(n, int)
    for dealt in data.batches(samples, batch_size, n_critic, seed).take(8):
        assert dealt.shape == (batch_size, n_critic, 1)
        counts += np.bincount(np.ravel(dealt).astype(int), minlength=n)
        assert counts.max() - counts.min() <= 1
    assert counts.sum() == 8 * batch_size * n_critic


@given(st.integers(1, 200), SEEDS)
def test_toy_points_are_as_many_as_asked_for_and_stay_in_the_part_of_the_plane_that_is_drawn(n, seed):
    for make in (data.eight_gaussians, data.twenty_five_gaussians, data.swiss_roll):
        points = make(n, seed=seed)
        assert points.shape == (n, 2) and points.dtype == np.float32
        assert np.abs(points).max() < 2.3
        np.testing.assert_array_equal(points, make(n, seed=seed))


@settings(max_examples=10)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 5))
def test_a_generator_gives_what_its_critic_takes(depth, width, d, latent_dim):
    generator, critic = models.mlp_generator(depth, width, latent_dim, d), models.mlp_critic(depth, width, d)
    assert generator.output_shape == critic.input_shape == (None, d)
    assert generator.input_shape == (None, latent_dim) and critic.output_shape == (None, 1)
    assert np.all(np.isfinite(critic(generator(np.ones((2, latent_dim), np.float32)))))
