import keras
import numpy as np
import pytest
import tensorflow as tf

from gancode import data


def numbered(n):
    return np.arange(n, dtype=np.float32)[:, None]


def dealt(n, steps, first=0, batch_size=4, n_critic=2, seed=0):
    """What `steps` steps get from step `first` on: (steps, batch_size * n_critic)."""
    batches = data.batches(numbered(n), batch_size, n_critic, seed).sampler.batches(first)
    return np.stack([np.ravel(batch) for batch in batches.take(steps)])


# 8 of 30 a step: passes end within a step; of 8: with a step; of 3: several within one
@pytest.mark.parametrize("n", [30, 8, 3, 1])
@pytest.mark.parametrize("first", [1, 3, 4, 50])
def test_from_a_later_step_on_the_same_samples_are_dealt(n, first):
    np.testing.assert_array_equal(dealt(n, 5, first), dealt(n, first + 5)[first:])


@pytest.mark.parametrize("first", [0, 7])
def test_numbers_name_the_samples_that_batches_hold(first):
    samples = np.random.default_rng(0).standard_normal((30, 3, 2)).astype(np.float32)
    deal = data.batches(samples, 4, n_critic=2, seed=0).sampler
    for rows, batch in zip(deal.rows(first).take(6), deal.batches(first).take(6), strict=True):
        np.testing.assert_array_equal(samples[rows].reshape(4, 2, 3, 2), batch)
        np.testing.assert_array_equal(deal.gather(tf.constant(samples), rows), batch)


def test_tensorflows_tuner_is_off_for_fit_would_wait_for_it():
    """What is made of the batches, as `fit` and its blocks do, keeps that."""
    batches = data.batches(numbered(8), 4)
    for dealt in (batches, batches.sampler.rows(3), batches.sampler.batches(3), batches.take(2).map(tf.abs).batch(2)):
        assert dealt.options().autotune.enabled is False


def test_the_order_does_not_depend_on_any_other_random_state():
    keras.utils.set_random_seed(1)
    before = dealt(100, 30)
    keras.utils.set_random_seed(2)
    np.random.rand(5)
    np.testing.assert_array_equal(before, dealt(100, 30))


def test_without_a_seed_keras_own_seed_decides():
    def first():
        return np.ravel(next(iter(data.batches(numbered(1000)))))

    keras.utils.set_random_seed(1)
    one, another = first(), first()
    assert not np.array_equal(one, another)
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(one, first())


def test_every_order_is_about_as_likely_as_any_other():
    """Of three samples there are six orders; 600 passes of each of two seeds, chi squared with five degrees."""
    for seed in (0, 1):
        passes = dealt(3, 600, batch_size=3, n_critic=1, seed=seed).reshape(600, 3)
        _, counts = np.unique(passes, axis=0, return_counts=True)
        assert len(counts) == 6
        assert np.sum((counts - 100) ** 2 / 100) < 20.5  # one in a thousand is above

    where = np.argsort(dealt(200, 100, batch_size=200, n_critic=1), axis=1)  # of each sample in each pass
    assert abs(where.mean(axis=0) - 99.5).max() < 4.5 * where.std() / 10  # no sample tends to come early
