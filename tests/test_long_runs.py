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
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager.polymorphic_function import polymorphic_function as retracing

from gancode import data, models
from gancode.trainers import GAN, WGANGP

ROOT = pathlib.Path(__file__).resolve().parent.parent


def batches(seed=0):
    return data.batches(data.eight_gaussians(1000, seed=0), 8, 1, seed)


def trainer(method=WGANGP, width=4, **kwargs):
    trainer = method(models.mlp_generator(2, width), models.mlp_critic(2, width), seed=0)
    trainer.compile(**kwargs)
    return trainer


@pytest.mark.slow
@pytest.mark.parametrize("steps_per_execution", [1, 2])
def test_a_step_is_traced_once_however_many_epochs_and_calls_of_fit(steps_per_execution):
    traced = []

    class Counted(GAN):
        def train_step(self, real):
            traced.append(real.shape)  # Python's turn comes only while the step is traced
            return super().train_step(real)

    counted = trainer(Counted, steps_per_execution=steps_per_execution)
    for seed in range(3):
        counted.fit(batches(seed), epochs=3, steps_per_epoch=4, verbose=0)
        counted.generate(3)
    assert traced == [(8, 1, 2)]


@pytest.mark.slow
def test_tensorflow_does_not_warn_of_several_trainers_that_are_traced_once_each(monkeypatch):
    # It counts for a whole process and warns twice, so that tests before this one might leave nothing to be said.
    monkeypatch.setattr(retracing, "_frequent_tracing_detector_manager", retracing._FrequentTracingDetectorManager())
    notes = []
    handler = logging.Handler()
    handler.emit = notes.append

    class Idle(GAN):
        """TensorFlow counts the traces of Keras's function around a step, whatever is in it: here nothing, which is
        traced soonest."""

        def step(self, real):
            return dict.fromkeys(self.log_names, tf.constant(0.0))

    tf.get_logger().addHandler(handler)
    try:
        for _ in range(6):
            trainer(Idle).fit(batches(), steps_per_epoch=1, verbose=0)
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


def steps(one):
    """1 000 of them, after 500 to warm up."""
    return growth(lambda i: one.fit(batches(), epochs=5, steps_per_epoch=100, verbose=0), 1, 2)


def calls_of_fit(one):
    return growth(lambda i: one.fit(batches(i), steps_per_epoch=10, verbose=0), 5, 40)


def checkpoints(one, folder):
    """10 of them. Keras 3.15 makes an optimiser, to see what is in one, at each saving of one: that stays, 0.07 MB."""
    found = {}

    def note(epoch, logs):
        if epoch in (9, 19):
            found[epoch] = megabytes()

    look = keras.callbacks.LambdaCallback(on_epoch_end=note)
    file = folder / "run.weights.h5"
    one.fit(batches(), epochs=20, steps_per_epoch=10, verbose=0, callbacks=look, checkpoint=file)
    return found[19] - found[9]


def trainers():
    """One after another. The weights and what the optimisers remember of them are 23 MB each, 46 MB in all."""

    def train(i):
        trainer(width=1000).fit(batches(), steps_per_epoch=1, verbose=0)
        keras.backend.clear_session()

    return growth(train, 1, 2)


def generated(one):
    return growth(lambda i: one.generate(1 + i % 10, seed=i % 3), 20, 100)


def looks_inside(one):
    from gancode import probes

    critic, real = one.critic, data.eight_gaussians(100, seed=0)

    def look(i):
        n = 2 + i % 5
        probes.layer_gradient_norms(critic, real[:n], real[-n:])
        probes.sample_jacobian(critic, real[:n])
        probes.weight_values(critic)

    return growth(look, 10, 40)


def pictures():
    from gancode import plots

    return growth(lambda i: plots.samples_grid(data.mnist("test")[: 8 + i % 4]), 5, 20)


def an_array():
    """The memory that training on an array takes at most, of what the array has.

    A twentieth of 200 000 images, all of which took 1.02 times the array. When they were a tensor, these took 5. GAN is
    traced soonest, and batches are dealt to all methods alike.
    """
    from evidence.memory import peak

    layers = keras.layers
    up = [layers.Dense(12), layers.Reshape((2, 2, 3)), layers.UpSampling2D(32)]
    critic = keras.Sequential([keras.Input((64, 64, 3)), layers.GlobalAveragePooling2D(), layers.Dense(1)])
    one = GAN(keras.Sequential([keras.Input((8,)), *up]), critic, seed=0)
    one.compile()
    settings = {"steps_per_epoch": 10, "verbose": 0}
    one.fit(data.batches(np.zeros((400, 64, 64, 3), np.uint8), 64), **settings)  # what a step takes, and all imports
    before = peak()
    images = np.full((10_000, 64, 64, 3), 7, np.uint8)
    for given in (data.batches(images, 64), images, images):
        one.fit(given, **settings)
    return (peak() - before) * 1024 / images.nbytes


def all_of_them(folder):
    """{name: by how many megabytes memory grows}, and what an array takes. One trainer does what one can do: to trace a
    trainer takes longer than most of that, and a GAN's least. What another step may keep shows in `trainers`."""
    array = an_array()  # first, as it looks at the most memory that there ever was
    one = trainer(GAN, steps_per_execution=10)
    return {
        "an_array": array,
        "steps": steps(one),
        "calls_of_fit": calls_of_fit(one),
        "checkpoints": checkpoints(one, folder),
        "generated": generated(one),
        "looks_inside": looks_inside(one),
        "pictures": pictures(),
        "trainers": trainers(),  # last, for they clear Keras's session
    }


LIMITS = {
    "steps": 0.5,
    "calls_of_fit": 1.2,
    "trainers": 10,
    "generated": 1.5,
    "looks_inside": 1.5,
    "pictures": 2,
    "checkpoints": 3,
}

SCRIPT = """
import json, pathlib, sys
sys.path[:0] = {paths!r}
import test_long_runs

print(json.dumps(test_long_runs.all_of_them(pathlib.Path({folder!r}))))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What a process of its own finds; one for all, for each would have to import TensorFlow."""
    paths = [str(ROOT / folder) for folder in ("tests", "tools", ".")]
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(paths=paths, folder=str(tmp_path_factory.mktemp("runs")))],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    print(found)
    return found


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux how much memory is in use")


@pytest.mark.slow
@linux
def test_memory_does_not_grow(found):
    assert {name: found[name] for name, limit in LIMITS.items() if found[name] > limit} == {}


@pytest.mark.slow
@linux
def test_the_memory_that_training_takes_is_the_array_and_at_most_half_of_it_again(found):
    assert 0.9 < found["an_array"] < 1.5
