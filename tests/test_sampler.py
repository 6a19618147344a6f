import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import saves

from gancode import data, models
from gancode._training import sampler
from gancode.trainers import GAN


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


# --- large samples are dealt out of the reader's own array ---


@pytest.fixture
def large(monkeypatch):
    monkeypatch.setattr(sampler, "SMALL", 0)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("first", [0, 7])
def test_large_samples_are_dealt_as_small_ones_are(monkeypatch, kind, first):
    samples = np.random.default_rng(0).integers(0, 256, (30, 3, 2)).astype(kind)
    small = list(data.batches(samples, 4, n_critic=2, seed=0).sampler.batches(first).take(9).as_numpy_iterator())
    monkeypatch.setattr(sampler, "SMALL", 0)
    batches = data.batches(samples, 4, n_critic=2, seed=0).sampler.batches(first)
    assert batches.element_spec == tf.TensorSpec((4, 2, 3, 2), kind) and batches.options().autotune.enabled is False
    for one, other in zip(small, batches.take(9).as_numpy_iterator(), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def fitted(batches, checkpoint=None, epochs=(2,)):
    """A generator's weights after so many epochs, with a new trainer each time."""
    for until in epochs:
        keras.utils.set_random_seed(0)
        trainer = GAN(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0)
        trainer.compile(run_eagerly=True)  # quicker than a graph for so few steps, and dealt the same samples
        trainer.fit(batches, epochs=until, steps_per_epoch=3, verbose=0, checkpoint=checkpoint)
    return trainer.generator.get_weights()


@saves
def test_a_run_on_large_samples_is_that_on_small_ones_also_when_it_was_cut_off(tmp_path, monkeypatch):
    points = data.eight_gaussians(50, seed=0)
    small = fitted(data.batches(points, 8, 2, seed=0))
    monkeypatch.setattr(sampler, "SMALL", 0)
    large = fitted(data.batches(points, 8, 2, seed=0), tmp_path / "run.weights.h5", epochs=(1, 2))
    for one, other in zip(small, large, strict=True):
        np.testing.assert_array_equal(one, other)


def test_samples_are_not_copied_and_those_of_a_file_stay_in_it(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 4, 3)).astype(np.uint8)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    for samples in (images, images.astype(np.float32), mapped):
        held = data.batches(samples, 4, seed=0).sampler.samples
        assert np.shares_memory(held, samples) and held.dtype == samples.dtype


@pytest.mark.parametrize("iterated", [False, True])
def test_samples_are_let_go_when_nobody_deals_them_and_not_before(large, iterated):
    """TensorFlow keeps what it calls for as long as Python runs."""
    samples = numbered(100)
    here, batches = weakref.ref(samples), data.batches(samples, 4, seed=0).take(5)
    del samples
    dealt = iter(batches)
    if iterated:
        del batches
        assert len([next(dealt) for _ in range(5)]) == 5
    gc.collect()
    assert here() is not None
    batches = dealt = None
    gc.collect()
    assert here() is None


@pytest.mark.parametrize("jit_compile", [False, True])
def test_an_array_that_fit_was_given_is_let_go_when_it_is_given_another(large, jit_compile):
    trainer = GAN(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0)  # compiled soonest
    trainer.compile(jit_compile=jit_compile)
    points = data.eight_gaussians(50, seed=0)
    again, before = points.copy(), weakref.ref(points)
    trainer.fit(points, batch_size=8, steps_per_epoch=1, verbose=0)
    points[:] = np.nan  # what a reader does with an array once it has been used
    trainer.fit(again, batch_size=8, steps_per_epoch=1, verbose=0)
    del points
    gc.collect()
    assert before() is None
    trainer.fit(again[::-1], batch_size=8, steps_per_epoch=1, verbose=0)  # a view, of the shape that is compiled
