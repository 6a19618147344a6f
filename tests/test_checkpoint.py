import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_same, before_epoch, everything, same, saves, variables

from gancode import data, models
from gancode._training import checkpoint
from gancode.trainers import GAN, WGANGP

pytestmark = [saves, pytest.mark.slow]

PER_EPOCH = 2


def trainer(method=GAN, seed=3, weights=0, dropout=False, **kwargs):
    """weights: the seed of the first ones, which a checkpoint must make irrelevant. A GAN's step is the quickest."""
    keras.utils.set_random_seed(weights)
    critic = models.mlp_critic(1, 8)
    if dropout:
        critic = keras.Sequential([keras.Input((2,)), critic.layers[0], keras.layers.Dropout(0.5), critic.layers[1]])
    trainer = method(models.mlp_generator(1, 8), critic, seed=seed)
    trainer.compile(**(kwargs or {"run_eagerly": True}))  # quicker than a graph for so few steps
    return trainer


GRAPH = {"steps_per_execution": 2}


def fit(trainer, epochs, checkpoint=None, **kwargs):
    dealt = data.batches(data.eight_gaussians(300, seed=0), 16, 2, seed=1)
    settings = {"steps_per_epoch": PER_EPOCH, "verbose": 0} | kwargs
    return trainer.fit(dealt, epochs=epochs, checkpoint=checkpoint, **settings).history


@pytest.fixture
def file(tmp_path):
    return tmp_path / "deep" / "run.weights.h5"


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """A run of three epochs, and a folder with its files: 1.weights.h5 after the first, and so on."""
    folder, one = tmp_path_factory.mktemp("three"), trainer()
    file = folder / "3.weights.h5"
    keep = [before_epoch(n, partial(shutil.copy, file, folder / f"{n}.weights.h5")) for n in (1, 2)]
    fit(one, 3, file, callbacks=keep)
    return one, folder


@pytest.fixture
def after(three, file):
    """Have the file be that of three's run after so many epochs."""
    file.parent.mkdir()
    return lambda epochs: shutil.copy(three[1] / f"{epochs}.weights.h5", file)


# --- a run in two pieces is the run in one ---


# LSGAN is GAN with another loss, and WGAN is WGAN-GP with a clip in place of a penalty: neither has more to keep
@pytest.mark.parametrize("method", [GAN, WGANGP])
def test_a_run_in_two_pieces_ends_as_the_run_in_one(method, file):
    whole, first, second = trainer(method), trainer(method), trainer(method, seed=99, weights=5)
    history = fit(whole, 3)
    fit(first, 2, file)
    resumed = fit(second, 3, file)
    assert_same(whole, second)
    assert resumed == history, "the history is that of the whole run"


def fit_and_cut(trainer, epochs, cut, file):
    """A run without a break whose file, as it was after `cut` epochs, is there for another to go on from."""
    whole = file.with_name("whole.weights.h5")
    fit(trainer, epochs, whole, callbacks=before_epoch(cut, lambda: shutil.copy(whole, file)))


def test_so_does_one_in_xla(file):
    """On the trainer that went through, for compiling takes longest; of what it had learned nothing is left."""
    one = trainer(jit_compile=True, **GRAPH)
    fit_and_cut(one, 3, 2, file)
    whole = everything(one)
    for variable in variables(one):
        variable.assign(tf.zeros_like(variable))
    fit(one, 3, file)
    assert same(everything(one), whole)


def test_so_does_one_in_a_graph_with_dropout_whose_trainer_has_learned_something_else(file):
    """What goes on well from this, where a graph stands already, does so where none does, and without dropout."""
    kwargs = {"dropout": True} | GRAPH
    whole, second = trainer(**kwargs), trainer(seed=99, weights=5, **kwargs)
    fit_and_cut(whole, 3, 2, file)
    fit(second, 4)  # traced, with another seed of its own
    fit(second, 3, file)
    assert_same(whole, second)


def test_a_finished_run_is_given_back_as_it_was(file):
    first, second = trainer(), trainer(weights=5)
    history = fit(first, 2, file)
    written = file.read_bytes()
    with pytest.warns(UserWarning, match=r"run\.weights\.h5 holds 2 epochs, and epochs=2 counts from the first"):
        assert fit(second, 2, file) == history
    assert_same(first, second)
    assert file.read_bytes() == written


def test_without_a_file_it_begins_at_the_beginning(file):
    plain, watched = trainer(), trainer()
    assert fit(plain, 2) == fit(watched, 2, file)
    assert_same(plain, watched)
    assert [path.name for path in file.parent.iterdir()] == [file.name], "nothing else is left"


def test_callbacks_count_on_from_where_it_was(after, file):
    after(2)
    seen = []
    fit(trainer(), 4, file, callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=lambda e, logs: seen.append(e))])
    assert seen == [2, 3]


def test_what_a_callback_logs_is_nan_for_the_epochs_without_it(after, file):
    after(1)

    def log(name, value):
        return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update({name: value}))

    fit(trainer(), 2, file, callbacks=log("mine", 5.0))
    history = fit(trainer(), 3, file)
    assert {len(values) for values in history.values()} == {3}
    np.testing.assert_equal(history["mine"], [np.nan, 5.0, np.nan])
    assert np.isfinite(history["critic_loss"]).all()


# --- files that are none ---


@pytest.mark.parametrize("damage", ["cut", "words", "empty"])
def test_a_damaged_file_is_refused_by_name_and_left_alone(damage, after, file):
    after(1)
    raw = file.read_bytes()
    file.write_bytes({"cut": raw[: len(raw) // 2], "words": b"no weights", "empty": b""}[damage])
    with pytest.raises(ValueError, match=r"^checkpoint: .*run\.weights\.h5 was not written by a run like this one"):
        fit(trainer(), 2, file)
    assert len(file.read_bytes()) < len(raw)


def test_a_file_of_another_networks_run_is_refused(after, file):
    after(1)
    other = GAN(models.mlp_generator(1, 8), models.mlp_critic(2, 5), seed=3)
    other.compile(run_eagerly=True)
    with pytest.raises(ValueError, match=r"^checkpoint: .*weights"):
        fit(other, 2, file)


def test_half_a_file_beside_it_is_never_read(three, after, file):
    after(1)
    file.with_name("partial-run.weights.h5").write_bytes(b"half")
    second = trainer(weights=5)
    fit(second, 3, file)
    assert_same(three[0], second)


# --- killed, again and again, at a random moment ---

# A process that has imported everything and computed nothing makes a new one for each run: TensorFlow takes long to
# import, and what has not begun to compute can be copied. It is sent the seed of the run's weights; it says which
# process makes the run, and how that ended.
RUNS = """
import os, sys
sys.path[:0] = {paths!r}
import test_checkpoint
for weights in sys.stdin:
    run = os.fork()
    if not run:
        trainer = test_checkpoint.quick(int(weights))
        print("ready", os.getpid(), flush=True)
        test_checkpoint.fit(trainer, {epochs}, {file!r}, steps_per_epoch=1)
        os._exit(0)
    print("ended", os.waitpid(run, 0)[1], flush=True)
"""


def next_writing(file, run):
    """Wait for it, and return when it was."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    while not file.exists() or file.stat().st_mtime_ns == before:
        time.sleep(0.001)
        os.kill(run, 0)  # an error if it has ended
    return time.monotonic()


def quick(weights):
    return trainer(weights=weights)


def test_killed_at_random_again_and_again_nothing_is_lost_but_the_epoch_it_was_in(file):
    """Most of an epoch's time here is writing, so that many of the kills fall into it."""
    epochs, kills, here = 24, 4, pathlib.Path(__file__).parent
    script = RUNS.format(paths=[str(here), str(here.parent)], epochs=epochs, file=str(file))
    rng, done, killed = random.Random(0), 0, 0
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, **pipes) as process:
        for attempt in range(3 * kills):
            print(attempt, file=process.stdin)
            ready, run = process.stdout.readline().split()
            assert ready == "ready"
            if killed < kills:
                first, second = (next_writing(file, int(run)) for _ in range(2))
                time.sleep(rng.uniform(0.0, second - first))  # anywhere in the epoch that has begun
                os.kill(int(run), signal.SIGKILL)
            ended, status = process.stdout.readline().split()
            assert ended == "ended"
            killed += os.WIFSIGNALED(int(status)) and os.WTERMSIG(int(status)) == signal.SIGKILL
            with h5py.File(file) as whole:  # the file is always whole
                now = len(checkpoint.read(whole["vars"])["past"]["critic_loss"])
            assert now >= done, "an epoch was lost"
            done = now
            if done == epochs:
                break
    assert killed == kills and done == epochs

    resumed, whole = quick(123), quick(0)
    with pytest.warns(UserWarning, match="holds 24 epochs, and epochs=24 counts"):
        history = fit(resumed, epochs, file, steps_per_epoch=1)
    assert fit(whole, epochs, steps_per_epoch=1) == history
    assert_same(whole, resumed)


def test_other_settings_of_the_optimisers_are_refused_and_a_rate_that_a_callback_moved_is_not(file):
    def run(rate, epochs, **kwargs):
        adams = {f"{name}_optimizer": keras.optimizers.Adam(rate) for name in ("critic", "generator")}
        return fit(trainer(run_eagerly=True, **adams), epochs, file, **kwargs)

    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    run(1e-3, 2, callbacks=halve)
    with pytest.raises(ValueError, match=r"critic_optimizer.learning_rate '0.001', not '0.0001'"):
        run(1e-4, 3)
    rates = run(1e-3, 3, callbacks=halve)["learning_rate"]
    np.testing.assert_allclose(rates, [5e-4, 2.5e-4, 1.25e-4], rtol=1e-5)
