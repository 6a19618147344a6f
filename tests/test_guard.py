from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_alike, everything

from gancode import data, models
from gancode.trainers import GAN, WGANGP, NotFiniteError

pytestmark = pytest.mark.slow  # trains, builds or starts processes

assert_as = partial(assert_alike, rtol=1e-5, atol=1e-7)


class Breaks(WGANGP):
    """Its penalty goes wrong in one step: the loss alone ("add"), or the loss and every weight ("multiply")."""

    at, bad, how = 0, float("nan"), "add"

    def critic_penalty(self, real, fake):
        done = self.steps  # steps before this one
        penalty = super().critic_penalty(real, fake)
        if self.how == "add":
            return penalty + tf.where(done + 1 == self.at, self.bad, 0.0)
        return penalty * tf.where(done + 1 == self.at, self.bad, 1.0)


def trainer(at=0, bad=float("nan"), how="add", **kwargs):
    keras.utils.set_random_seed(0)
    trainer = Breaks(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0)
    trainer.at, trainer.bad, trainer.how = at, bad, how
    trainer.compile(**kwargs)
    return trainer


def batches(n_critic=2, seed=0):
    samples = np.random.default_rng(0).standard_normal((100, 2))
    return data.batches(samples, 8, n_critic, seed)


@pytest.fixture(scope="module")
def clean():
    """Three good steps."""
    clean = trainer(run_eagerly=True)
    history = clean.fit(batches(), steps_per_epoch=3).history
    assert np.isfinite(history["critic_loss"]).all()
    return clean


@pytest.mark.parametrize("how, bad", [("add", float("inf")), ("multiply", float("nan"))])
def test_a_step_that_is_not_finite_is_named_and_undone(how, bad, clean):
    broken = trainer(at=4, bad=bad, how=how, run_eagerly=True)
    with pytest.raises(NotFiniteError, match=r"NaN or inf at step 4; .* as they were before that step"):
        broken.fit(batches(), steps_per_epoch=10)
    assert_as(broken, clean)
    assert broken.critic_optimizer.iterations.numpy() == 3 * 2
    assert broken.generator_optimizer.iterations.numpy() == 3


# One step an execution is in a graph below, where a number in the data is not finite.
def test_the_step_is_exact_where_several_make_one_execution(clean):
    broken = trainer(at=4, how="multiply", steps_per_execution=5)
    with pytest.raises(NotFiniteError, match=r"at step 4;"):
        broken.fit(batches(), steps_per_epoch=10)
    assert_as(broken, clean)


def test_a_run_that_diverged_is_no_wrong_argument():
    assert issubclass(NotFiniteError, ArithmeticError) and not issubclass(NotFiniteError, ValueError)


def test_the_first_step_is_undone_to_the_beginning():
    broken, untouched = trainer(at=1, how="multiply", run_eagerly=True), trainer()
    with pytest.raises(NotFiniteError, match=r"at step 1;"):
        broken.fit(batches(), steps_per_epoch=2)
    assert_as(broken, untouched)


def test_steps_are_counted_through_epochs_and_calls_of_fit():
    broken = trainer(at=5, run_eagerly=True)
    broken.fit(batches(), steps_per_epoch=2)
    with pytest.raises(NotFiniteError, match=r"at step 5;"):
        broken.fit(batches(), epochs=3, steps_per_epoch=2)


def test_training_can_go_on_afterwards():
    broken = trainer(at=2, how="multiply", run_eagerly=True)
    with pytest.raises(NotFiniteError):
        broken.fit(batches(), steps_per_epoch=5)
    broken.at = 0
    history = broken.fit(batches(), steps_per_epoch=2).history
    assert broken.generator_optimizer.iterations.numpy() == 1 + 2
    assert all(np.isfinite(values).all() for values in history.values())


@pytest.mark.parametrize("bad, steps_per_execution", [(float("inf"), 1), (float("nan"), 4)])
def test_a_number_in_the_data_that_is_not_finite_stops_it_though_the_data_after_it_are_good(bad, steps_per_execution):
    real = np.random.default_rng(0).standard_normal((4, 8, 2, 2)).astype(np.float32)  # (steps, batch, n_critic, 2)
    real[2, 5, 1, 0] = bad
    broken, clean = trainer(steps_per_execution=steps_per_execution), trainer(run_eagerly=True)
    with pytest.raises(NotFiniteError, match=r"at step 3;"):
        broken.fit(tf.data.Dataset.from_tensor_slices(real).map(lambda x: 2 * x), steps_per_epoch=4)
    clean.fit(tf.data.Dataset.from_tensor_slices(2 * real[:2]))
    assert_as(broken, clean)


def test_batch_norms_running_statistics_are_put_back_too():
    gan = GAN(models.conv_generator(2, 1), models.conv_critic(1, norm="batch"), seed=0)
    gan.compile(run_eagerly=True)
    before = everything(gan)
    with pytest.raises(NotFiniteError):
        gan.fit(tf.data.Dataset.from_tensors(np.full((4, 1, 28, 28, 1), np.nan, np.float32)))
    for one, other in zip(before, everything(gan), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_progress_bar_is_silent_when_told_so(capfd):
    trainer(run_eagerly=True).fit(batches(1), steps_per_epoch=1)  # TQDM_DISABLE=1: see conftest.py
    assert capfd.readouterr() == ("", "")


def test_the_progress_bar_counts_epochs_when_not(capfd, monkeypatch):
    from tqdm import auto

    monkeypatch.setattr(auto.tqdm, "__init__", _enabled(auto.tqdm.__init__))
    trainer(run_eagerly=True).fit(batches(1), epochs=2, steps_per_epoch=1)
    out, err = capfd.readouterr()
    assert out == ""
    assert "2/2" in err


def _enabled(init):
    return lambda self, *args, **kwargs: init(self, *args, **kwargs | {"disable": False})


def test_verbose_0_is_silent_too(capfd, monkeypatch):
    from tqdm import auto

    monkeypatch.setattr(auto.tqdm, "__init__", _enabled(auto.tqdm.__init__))
    trainer(run_eagerly=True).fit(batches(1), steps_per_epoch=1, verbose=0)
    assert capfd.readouterr() == ("", "")
