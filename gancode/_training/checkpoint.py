"""A run that was cut off goes on from its last checkpoint as if nothing had happened. Under `trainers`.

Keras's BackupAndRestore does so too, but for the curves: they begin anew where it goes on.
"""

import io
import json
import math
import os
import pathlib

import h5py
import keras
import numpy as np

from gancode._arguments import expect, short
from gancode._files import write_whole


class Checkpoint(keras.callbacks.Callback):
    """Callback: after every epoch write the whole run to one file: networks, optimisers, seeds, curves so far.

    path: ends in .weights.h5, as Keras asks. A file is written beside it and then takes its place, in one move that
    the system makes whole or not at all: killed at any moment, or the disk full, the last good file is there.

    Where several machines train, the first one writes, and all of them read: the path must lead all to one file.
    """

    def __init__(self, path):
        super().__init__()
        holds = isinstance(path, (str, os.PathLike)) and str(path).endswith(".weights.h5")
        expect(holds, "checkpoint", "a name that ends in .weights.h5", path)
        self.path = pathlib.Path(path)

    def restore(self, model):
        """Go back to where the file was written, if there is one. Returns the number of epochs done by then."""
        if not self.path.exists():
            model.past = {}  # of another file
            return 0
        try:
            with h5py.File(self.path) as file:
                then, now = read(file["vars"])["run"], what_it_is(model)
            if different := [name for name in {**now, **then} if then.get(name) != now.get(name)]:
                said = (f"{name} {short(then.get(name))}, not {short(now.get(name))}" for name in different)
                raise ValueError("; ".join(said))
            model.load_weights(self.path)
        except Exception as error:
            raise ValueError(f"checkpoint: {self.path} was not written by a run like this one ({error})") from error
        return self.epochs(model)

    def epochs(self, model):
        """How many are done: none in a file of save_weights before any."""
        return max(map(len, model.past.values()), default=0)

    def on_epoch_end(self, epoch, logs=None):
        self.model.past = longer(self.model.past, logs)
        if not self.model.distribute_strategy.extended.should_checkpoint:
            return  # the first machine does
        weights = InMemory()
        self.model.save_weights(weights)
        kept = "the one of the epoch before is kept" if self.path.exists() else "there is none yet"
        write_whole(self.path, lambda file: file.write_bytes(weights.getbuffer()), "checkpoint: ", kept)


def longer(past, logs):
    """The history with an epoch more: NaN where something was not logged, by a callback that was not there."""
    before = [math.nan] * max(map(len, past.values()), default=0)
    return {name: [*past.get(name, before), logs.get(name, math.nan)] for name in {**past, **logs}}


class InMemory(io.BytesIO):
    """What Keras can write weights to: it asks for a name. Writing to a full disk, HDF5 complains of array by array."""

    def __str__(self):
        return "memory.weights.h5"


def what_it_is(trainer):
    """What a run can not go on without: the method, its settings, its loss, the kind of its optimisers, its weights."""
    given = {name: value for name, value in trainer.made_from().items() if isinstance(value, int | float | str | None)}
    found = {"method": type(trainer).__name__, **given, **trainer.optimizer_settings, "ema": trainer.ema}
    found["loss"] = f"{type(trainer.objective).__name__}, {vars(trainer.objective)}"
    found["weights"] = [list(weight.shape) for weight in trainer.weights]
    return {name: value for name, value in found.items() if name not in ("seed", "name")}


def settings_of(trainer):
    """Both optimisers' kinds and settings as they are now: callbacks may change a learning rate later."""
    found = {}
    for name in ("critic_optimizer", "generator_optimizer"):
        optimizer = getattr(trainer, name)
        found[name] = type(optimizer).__name__
        for key, value in optimizer.get_config().items():
            found[f"{name}.{key}"] = f"{value:.6g}" if isinstance(value, float) else repr(value)
        del found[f"{name}.name"]
    return found


def save(trainer, store):
    """What is no weight: counters, seed, the networks' own random states (dropout has one), history so far."""
    known = {"run": what_it_is(trainer), "seed": trainer.seed, "data": trainer.data_seen, "past": trainer.past}
    known |= {"steps": int(trainer.steps.numpy()), "turns": int(trainer.turns.numpy())}
    store["known"] = np.frombuffer(json.dumps(known, default=float).encode(), np.uint8)
    for i, state in enumerate(_others(trainer)):
        store[f"other {i}"] = state.numpy()


def load(trainer, store):
    known = read(store)
    if trainer.compiled and trainer.seed != known["seed"]:
        trainer.trace_anew()  # it was traced with the seed before
    trainer.seed, trainer.data_seen, trainer.past = known["seed"], known["data"], known["past"]
    trainer.steps.assign(known["steps"])
    trainer.turns.assign(known["turns"])
    for i, state in enumerate(_others(trainer)):
        state.assign(store[f"other {i}"][()])


def read(store):
    """What `save` knew. "past" is the history: {name: a value an epoch}."""
    return json.loads(bytes(store["known"][()]))


def _others(trainer):
    """What Keras saves with no layer: random states, and weights that a variant has of its own."""
    kept = {id(variable) for part in trainer._flatten_layers(include_self=False) for variable in part.weights}
    return [variable for variable in trainer.variables if id(variable) not in kept]
