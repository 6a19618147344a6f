"""A long run needs no more memory than a short one, and nothing is traced twice."""

import ctypes
import gc
import json
import logging
import os
import pathlib
import subprocess
import sys

import keras
import pytest
import tensorflow as tf

from gancode import data, models
from gancode.trainers import GAN, WGANGP

ROOT = pathlib.Path(__file__).resolve().parent.parent


def batches(seed=0):
    return data.batches(data.eight_gaussians(1000, seed=0), 8, 1, seed)


def trainer(method=WGANGP, width=4, **kwargs):
    trainer = method(models.mlp_generator(2, width), models.mlp_critic(2, width), seed=0)
    trainer.compile(**kwargs)
    return trainer


@pytest.mark.parametrize("steps_per_execution", [1, 2])
def test_a_step_is_traced_once_however_many_epochs_and_calls_of_fit(steps_per_execution):
    traced = []

    class Counted(WGANGP):
        def train_step(self, real):
            traced.append(real.shape)  # Python's turn comes only while the step is traced
            return super().train_step(real)

    counted = trainer(Counted, steps_per_execution=steps_per_execution)
    for seed in range(3):
        counted.fit(batches(seed), epochs=3, steps_per_epoch=4, verbose=0)
        counted.generate(3)
    assert traced == [(8, 1, 2)]


@pytest.mark.slow
def test_tensorflow_does_not_warn_of_several_trainers_that_are_traced_once_each():
    notes = []
    handler = logging.Handler()
    handler.emit = notes.append
    tf.get_logger().addHandler(handler)
    try:
        for _ in range(6):
            trainer(GAN).fit(batches(), steps_per_epoch=1, verbose=0)
        tf.get_logger().warning("another note")
    finally:
        tf.get_logger().removeHandler(handler)
    assert [note.getMessage() for note in notes] == ["another note"]


# --- memory, of a process of its own ---


def megabytes():
    """What this process has in memory now."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)  # give back what is free, or it would hide what is not
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def growth(work, warm_up, times):
    """By how many megabytes memory grows while work(i) is done so many times more."""
    for i in range(warm_up):
        work(i)
    before = megabytes()
    for i in range(times):
        work(warm_up + i)
    return megabytes() - before


def steps():
    """8 000 of them, of which the first 2 000 warm up."""
    one = trainer(steps_per_execution=100)
    return growth(lambda i: one.fit(batches(), epochs=5, steps_per_epoch=400, verbose=0), 1, 3)


def calls_of_fit():
    one = trainer(steps_per_execution=2)
    return growth(lambda i: one.fit(batches(i), steps_per_epoch=2, verbose=0), 50, 100)


def checkpoints(folder):
    """20 of them. Keras 3.15 makes an optimiser, to see what is in one, at each saving of one: that stays, 0.07 MB."""
    found = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: found.append(megabytes()))
    file = folder / "run.weights.h5"
    trainer().fit(batches(), epochs=40, steps_per_epoch=1, verbose=0, callbacks=look, checkpoint=file)
    return found[-1] - found[19]


def trainers():
    """One after another. The weights and what the optimisers remember of them are 23 MB each, 92 MB in all."""

    def train(i):
        trainer(width=1000).fit(batches(), steps_per_epoch=1, verbose=0)
        keras.backend.clear_session()

    return growth(train, 1, 4)


def generated():
    one = trainer()
    return growth(lambda i: one.generate(1 + i % 50, seed=i % 3), 20, 200)


def looks_inside():
    from gancode import probes

    critic, real = trainer().critic, data.eight_gaussians(100, seed=0)

    def look(i):
        n = 2 + i % 20
        probes.layer_gradient_norms(critic, real[:n], real[-n:])
        probes.sample_jacobian(critic, real[:n])
        probes.weight_values(critic)

    return growth(look, 25, 80)


def pictures():
    from gancode import plots

    return growth(lambda i: plots.samples_grid(data.mnist("test")[: 8 + i % 8]), 10, 30)


LIMITS = {
    "steps": 3,
    "calls_of_fit": 3,
    "trainers": 20,
    "generated": 3,
    "looks_inside": 3,
    "pictures": 3,
    "checkpoints": 6,
}

SCRIPT = """
import json, pathlib, sys
sys.path[:0] = {paths!r}
import test_long_runs

found = {{name: getattr(test_long_runs, name) for name in test_long_runs.LIMITS}}
found = {{name: work(pathlib.Path({folder!r})) if name == "checkpoints" else work() for name, work in found.items()}}
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux how much memory is in use")
def test_memory_does_not_grow(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(paths=[str(ROOT / "tests"), str(ROOT)], folder=str(tmp_path))],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    print(found)
    assert {name: size for name, size in found.items() if size > LIMITS[name]} == {}
