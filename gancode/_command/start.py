"""What a run starts from: pictures, a trainer, and how long a step of it takes. Under `train`."""

import time

import keras
import numpy as np

from gancode import data, models
from gancode._training.guard import state, untouched
from gancode.variants import METHODS


def pictures(asked):
    """uint8 (n, height, width, channels); with --labels also (n,) and the classes' names, else None and None."""
    if asked.digits:
        found = np.uint8(np.round((data.mnist() + 1) * 127.5)), data.labels(), list("0123456789")
    elif asked.emoji:
        found = data.emoji()
    else:
        found = data.images(asked.folder, asked.size, asked.channels, asked.labels)
        found = found if asked.labels else (found,)
    return found if asked.labels else (found[0], None, None)


def trainer_of(settings):
    """The trainer, compiled, its weights drawn from the seed."""
    keras.utils.set_random_seed(settings["seed"])
    of = {"image_shape": tuple(settings["shape"]), "channels": settings["width"]}
    of |= {"classes": len(settings["classes"])} if settings["classes"] else {}
    networks = models.conv_generator(**of), models.conv_critic(**of)
    trainer = METHODS[settings["method"]].trainer(*networks, seed=settings["seed"], ema=settings["ema"] or None)
    # On a GPU many steps are one computation; on a CPU nothing would be gained, and Ctrl-C would wait for them.
    together = np.gcd(settings["every"], 100).item() if keras.distribution.list_devices("gpu") else 1
    optimizers = [trainer.default_optimizer(settings["learning_rate"]) for _ in networks]
    trainer.compile(*optimizers, steps_per_execution=together)
    return trainer


def measured(trainer, batches):
    """Seconds a step, of a few that are then undone."""
    ends, n = [], 5 * trainer.steps_per_execution
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_, **__: ends.append(time.perf_counter()))
    with untouched(state(trainer)):
        trainer.fit(batches, 2, n, clock, verbose=0)
    return (ends[1] - ends[0]) / n
