"""Train a GAN on pictures of your own; the same command goes on where it was cut off.

  python -m gancode train photos --out run
  python -m gancode train photos --out run --size 48x64 --labels folders --steps 20000

what to train on:
  FOLDER                 pictures (PNG, JPEG, WebP, GIF, BMP, ...), also those in folders within it
  --digits, --emoji      in place of FOLDER: 10 000 handwritten digits, or 2 699 emoji in colour
  --size 32              of FOLDER's pictures: pixels of a side, or HEIGHTxWIDTH; 16 to 64 were tried
  --channels 3           3 for colour, 1 for grey
  --labels folders       each subfolder is a class (of digits and emoji: their own), and can be asked for

how long, and where to:
  --out RUN              the run's own folder, made if it is not there
  --steps N              generator steps; about an hour on this machine unless told (at most 50 000);
                         the one setting that may change: a larger number goes on with a finished run
  --every 500            steps from one sample, checkpoint and row of history to the next

how:
  --method WGAN-GP       or GAN, LSGAN, WGAN, WGAN-LP, WGAN-div, DRAGAN, GAN-GP, SN-GAN, R1, R3GAN
  --learning-rate 5e-4   of both optimisers; larger than the papers', whose runs last days
  --batch-size 64        pictures in a critic step
  --width 16             channels of the networks' largest layers; twice as many take up to four times as long
  --ema 0.999            decay of the generator's running average, which draws the samples; 0 goes without
  --seed 0               of weights, latent vectors and the pictures' order

RUN will hold samples/, a film of them, curves.png and history.csv, nearest.png (beside each sample the picture nearest
to it: copies would show), generator.keras (Keras alone opens it), settings.json, and the checkpoint.
"""

import argparse
import hashlib
import io
import json
import math
import pathlib
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from gancode import data, models
from gancode._arguments import positive, positive_integer, seed_or_none, shape_of_images
from gancode._command.folder import Keep, film, write
from gancode._command.shell import carry_out, parser, say
from gancode._command.watch import Watch
from gancode._training.checkpoint import Checkpoint
from gancode._training.guard import state
from gancode.experiments.results import provenance
from gancode.variants import METHODS

# Chapter 6 tried rates on digits, for short runs: 5e-4 was better there than each paper's own. It drew good emoji, too.
NUMBERS = {"learning_rate": 5e-4, "batch_size": 64, "width": 16, "ema": 0.999, "seed": 0}
AN_HOUR, MOST_STEPS = 3600, 50_000
FEW = 1000  # pictures


def main(arguments=None):
    asking = parser("train", "(FOLDER | --digits | --emoji) --out RUN [OPTION ...]", __doc__)
    options = {f"--{name.replace('_', '-')}": {"type": type(one), "default": one} for name, one in NUMBERS.items()}
    options |= {"--steps": {"type": whole_number}, "--every": {"type": whole_number}, "--out": {"required": True}}
    options |= {"--size": {"type": size, "default": (32, 32)}, "--channels": {"type": int, "default": 3}}
    options |= {"--method": {"type": method, "choices": METHODS, "default": "WGAN-GP"}}
    options |= {"--labels": {"choices": ["folders"]}}
    for name, how in options.items():
        asking.add_argument(name, help=argparse.SUPPRESS, **how)
    source = asking.add_mutually_exclusive_group(required=True)
    source.add_argument("folder", nargs="?", metavar="FOLDER", help=argparse.SUPPRESS)
    for name in ("--digits", "--emoji"):
        source.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    carry_out("train", train, asking.parse_args(arguments))


def whole_number(text):
    return positive_integer("", int(text))  # argparse says of whatever raises ValueError that it is invalid


def size(text):
    """(height, width), from "32" or "48x64"."""
    height, width = map(int, text.split("x") if "x" in text else (text, text))
    return shape_of_images((height, width, 3))[:2]


def method(text):
    return {name.lower(): name for name in METHODS}.get(text.lower(), text)


def train(asked):
    """Begin a run, or go on with it."""
    out, checkpoint = pathlib.Path(asked.out), pathlib.Path(asked.out) / "checkpoint.weights.h5"
    positive("learning_rate", asked.learning_rate), seed_or_none(asked.seed)
    kept = earlier(out)
    images, labels, names = pictures(asked)
    every = asked.every or (kept["settings"]["every"] if kept else min(500, asked.steps or 500))
    settings = {"method": asked.method, "shape": list(images.shape[1:]), "classes": names, "every": every}
    settings |= {name: getattr(asked, name) for name in NUMBERS}
    settings |= {"pictures": len(images), "sha256 of pictures": hashlib.sha256(images).hexdigest()}
    before = kept["settings"] if kept else settings
    different = [
        f"\n  {name}: {before.get(name)}, not {now}" for name, now in settings.items() if before.get(name) != now
    ]
    if different:
        raise ValueError(f"{out} is a run with other settings (another --out begins a new one):{''.join(different)}")

    trainer = trainer_of(settings)
    dealt = {"batch_size": asked.batch_size, "n_critic": METHODS[asked.method].n_critic, "seed": asked.seed}
    batches = data.batches(images, **dealt, **({} if labels is None else {"labels": labels}))
    say(f"{len(images)} pictures of {' x '.join(map(str, images.shape[1:]))}{f', {len(names)} classes' if names else ''}.")
    made = Checkpoint(checkpoint).restore(trainer) * every
    seconds = kept["seconds a step"] if kept else measured(trainer, batches)
    steps = asked.steps or (kept["steps"] if kept else min(MOST_STEPS, AN_HOUR / seconds))
    steps = max(made, math.ceil(steps / every) * every)
    record = kept or {
        "asked": vars(asked),
        "settings": settings,
        "seconds a step": seconds,
        "made": provenance("train"),
    }
    write(out / "settings.json", lambda file: file.write_text(json.dumps(record | {"steps": steps}, indent=2)))
    if made == steps:
        film(out)
        return say(f"{out} is finished: {made} steps are made. A larger --steps goes on with it.")
    say(
        f"{asked.method}, step {made} to {steps}, {(steps - made) * seconds / 60:.0f} minutes ({seconds:.2g} s a step)."
    )
    say(f"Samples every {every} steps in {out}. Ctrl-C stops, and the same command goes on.")
    if len(images) < FEW:
        say(f"Pictures are fewer than {FEW}, and so few are soon remembered: see {out / 'nearest.png'}.")

    some = np.sort(np.random.default_rng(0).permutation(len(images))[:256])
    seen = Watch(images[some], None if labels is None else labels[some], say)
    shown = {"initial": made, "bar_format": "step {n} of {total}, {remaining} left"}
    try:
        with tqdm(total=steps, file=None if sys.stderr.isatty() else io.StringIO(), disable=False, **shown) as bar:
            callbacks = [Progress(bar), Keep(out, images, len(names or ())), seen]
            trainer.fit(batches, steps // every, every, callbacks, verbose=0, checkpoint=checkpoint)
    except KeyboardInterrupt:
        made = Checkpoint(checkpoint).restore(trainer) * every
        raise KeyboardInterrupt(f"stopped. {out} stands at step {made}, and the same command goes on.") from None
    finally:
        film(out)
    say(f"{steps} steps are made. More pictures: python -m gancode generate {out} -n 64 --out grid.png")


def earlier(out):
    """What settings.json says of the run in this folder, or None. Raises ValueError for a folder of other things."""
    if (out / "settings.json").exists():
        return json.loads((out / "settings.json").read_text())
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ValueError(f"--out: expected a new folder or that of a run, got {out}, which holds something else")


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
    together = math.gcd(settings["every"], 100) if tf.config.list_physical_devices("GPU") else 1
    optimizers = [trainer.default_optimizer(settings["learning_rate"]) for _ in networks]
    trainer.compile(*optimizers, steps_per_execution=together)
    return trainer


def measured(trainer, batches):
    """Seconds a step, of a few that are then undone."""
    before, ends, n = trainer.guard.remember(trainer), [], 5 * trainer.steps_per_execution
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ends.append(time.perf_counter()))
    trainer.fit(batches, 2, n, clock, verbose=0)
    for variable, value in zip(state(trainer), before, strict=True):
        variable.assign(value)
    return (ends[1] - ends[0]) / n


class Progress(keras.callbacks.Callback):
    """Callback: move tqdm's bar; where that is no terminal's, a line an epoch."""

    def __init__(self, bar):
        super().__init__()
        self.bar = bar

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(int(self.model.steps.numpy()) - self.bar.n)

    def on_epoch_end(self, epoch, logs=None):
        if not sys.stderr.isatty():
            say(str(self.bar))
