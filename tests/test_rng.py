import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gancode._training import rng

SEED = tf.constant([3, 11], tf.int64)
LARGE = tf.constant([2**31 - 1, 2**40], tf.int64)


def normal(seed):
    return rng.normal(50, 7, seed)


def uniform(seed):
    return rng.uniform(50, seed)


def run(draw, seed, **kwargs):
    return tf.function(draw, autograph=False, **kwargs)(seed).numpy()


@pytest.mark.parametrize("seed", [SEED, LARGE])
@pytest.mark.parametrize("draw", [normal, uniform])
def test_a_seed_gives_the_same_numbers_in_python_in_a_graph_and_in_xla(draw, seed):
    np.testing.assert_allclose(run(draw, seed), draw(seed), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(run(draw, seed, jit_compile=True), draw(seed), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("draw", [normal, uniform])
def test_other_seeds_give_other_numbers(draw):
    drawn = [draw(tf.constant(pair, tf.int64)).numpy() for pair in ([3, 11], [3, 12], [4, 11], [11, 3])]
    assert len(np.unique(drawn, axis=0)) == 4


def test_normal_numbers_are_normal_and_uniform_ones_uniform():
    z, u = rng.normal(40_000, 5, SEED).numpy(), rng.uniform(200_000, SEED).numpy()
    assert z.shape == (40_000, 5) and z.dtype == u.dtype == np.float32
    assert stats.kstest(z.ravel(), "norm").pvalue > 1e-3
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert 0 <= u.min() and u.max() < 1 and np.isfinite(z).all()
    np.testing.assert_allclose(np.corrcoef(z.T), np.eye(5), atol=0.03)  # the numbers of one sample are independent


def test_the_largest_and_the_smallest_uniform_number_give_finite_normal_ones(monkeypatch):
    """A u of zero has no logarithm."""
    for u in (0.0, 1 - 2.0**-24):
        monkeypatch.setattr(rng, "_uniform", lambda shape, seed, u=u: tf.fill(shape, np.float32(u)))
        assert np.isfinite(rng.normal(4, 2, SEED)).all()


def test_an_int_repeats_a_generator_goes_on_and_none_is_keras_own():
    np.testing.assert_array_equal(rng.uniform(9, 5), rng.uniform(9, 5))
    generator = keras.random.SeedGenerator(5)
    assert not np.array_equal(rng.uniform(9, generator), rng.uniform(9, generator))
    assert not np.array_equal(rng.uniform(9, None), rng.uniform(9, None))
    keras.utils.set_random_seed(7)
    one = rng.normal(3, 2, None)
    keras.utils.set_random_seed(7)
    np.testing.assert_array_equal(one, rng.normal(3, 2, None))


def test_the_precision_asked_for():
    assert rng.uniform(4, SEED, tf.float64).dtype == tf.float64
