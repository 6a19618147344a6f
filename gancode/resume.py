"""A run that was cut off goes on from its last checkpoint as if nothing had happened. Used by trainers."""

import io
import os
import pathlib

import keras
import numpy as np

from gancode._arguments import short


class Checkpoint(keras.callbacks.Callback):
    """Callback: after every epoch write the whole run to one file: networks, optimisers, seeds, curves so far.

    path: ends in .weights.h5, as Keras asks. A file is written beside it and then takes its place, in one move that
    the system makes whole or not at all: killed at any moment, or the disk full, the last good file is there.

    Where several machines train, the first one writes, and all of them read: the path must lead all to one file.
    """

    def __init__(self, path):
        super().__init__()
        if not isinstance(path, (str, os.PathLike)) or not str(path).endswith(".weights.h5"):
            raise ValueError(f"checkpoint: expected a name that ends in .weights.h5, got {short(path)}")
        self.path = pathlib.Path(path)

    def restore(self, model):
        """Go back to where the file was written, if there is one. Returns the number of epochs done by then."""
        if not self.path.exists():
            return 0
        try:
            model.load_weights(self.path)
        except Exception as error:
            raise ValueError(f"checkpoint: {self.path} was not written by a run like this one ({error})") from error
        return len(model.past.get("critic_loss", []))  # none in a file of save_weights before any epoch

    def on_epoch_end(self, epoch, logs=None):
        self.model.past = {name: [*self.model.past.get(name, []), value] for name, value in logs.items()}
        if not self.model.distribute_strategy.extended.should_checkpoint:
            return  # the first machine does
        weights = InMemory()
        self.model.save_weights(weights)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, weights.getbuffer())
        except OSError as error:
            kept = "the one of the epoch before is kept" if self.path.exists() else "there is none yet"
            raise OSError(f"checkpoint: {self.path} could not be written ({error}); {kept}") from error


class InMemory(io.BytesIO):
    """What Keras can write weights to: it asks for a name. Writing to a full disk, HDF5 complains of array by array."""

    def __str__(self):
        return "memory.weights.h5"


def write_whole(path, content):
    """Write bytes to a file, or leave it as it was: what stops halfway leaves nothing behind."""
    beside = path.with_name(f"{path.name}.partial")
    try:
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # on the disk before it gets its name
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def save(trainer, store):
    """The trainer's seed, its networks' own random states (dropout has one), and its history so far."""
    store["seed"] = np.array(trainer.seed)
    for i, state in enumerate(_random_states(trainer)):
        store[f"random {i}"] = state.numpy()
    for name, values in trainer.past.items():
        store[f"past {name}"] = np.array(values)


def load(trainer, store):
    trainer.seed = int(store["seed"][()])
    trainer.train_function = trainer.blocks = None  # they were traced with the seed before
    for i, state in enumerate(_random_states(trainer)):
        state.assign(store[f"random {i}"][()])
    trainer.past = {name: list(store[f"past {name}"][()]) for name in trainer.log_names if f"past {name}" in store}


def _random_states(trainer):
    every = [*trainer.generator.variables, *trainer.critic.variables]
    kept = {id(variable) for variable in (*trainer.generator.weights, *trainer.critic.weights)}
    return [variable for variable in every if id(variable) not in kept]
