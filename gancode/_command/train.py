"""Train a GAN on pictures of your own; the same command goes on where it was cut off.

  python -m gancode train photos --out run
  python -m gancode train photos --out run --size 48x64 --labels folders --steps 20000

what to train on:
  FOLDER                 pictures (PNG, JPEG, WebP, GIF, BMP, ...), also those in folders within it
  --digits, --emoji      in place of FOLDER: 10 000 handwritten digits, or 2 699 emoji in colour
  --size 32              of FOLDER's pictures: pixels of a side, or HEIGHTxWIDTH; 16 to 64 were tried
  --channels 3           3 for colour, 1 for grey
  --labels folders       or without a word: each subfolder is a class (of digits and emoji: their own), to be asked for

how long, and where to:
  --out RUN              the run's own folder, made if it is not there
  --steps N              generator steps, up to a multiple of --every; about an hour on this machine unless told (at
                         most 50 000); the one setting that may change: more go on with a finished run
  --every 500            steps from one sample, checkpoint and row of history to the next; what is not in a checkpoint
                         yet is lost when a run is stopped

how:
  --method WGAN-GP       or GAN, LSGAN, WGAN, WGAN-LP, WGAN-div, DRAGAN, GAN-GP, SN-GAN, R1, R3GAN
  --learning-rate 5e-4   of both optimisers; larger than most papers', for shorter runs
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
import pathlib
import sys
import time

import keras
import numpy as np
from tqdm import tqdm

from gancode import data
from gancode._arguments import positive, positive_integer, seed_or_none, shape_of_images
from gancode._command.folder import Keep, film
from gancode._command.shell import carry_out, parser, say
from gancode._command.start import measured, pictures, trainer_of
from gancode._command.watch import Watch
from gancode._files import write_whole
from gancode._training.checkpoint import Checkpoint
from gancode.experiments.results import provenance
from gancode.variants import METHODS

# Chapter 6 tried rates for the book's four methods, on digits, in short runs: 5e-4 was better than each paper's own. It
# drew emoji, too, with WGAN-GP. For other methods and long runs nothing was tried.
NUMBERS = {"learning_rate": 5e-4, "batch_size": 64, "width": 16, "ema": 0.999, "seed": 0}
AN_HOUR, MOST_STEPS = 3600, 50_000
FEW = 1000  # pictures
BAR = "step {n} of {total}, {remaining} left"


def main(arguments=None):
    usage = "(FOLDER | --digits | --emoji) --out RUN [OPTION ...]"
    asking = parser("train", usage, __doc__, channels=3, steps=None, every=None, **NUMBERS)
    source = asking.add_mutually_exclusive_group(required=True)
    source.add_argument("folder", nargs="?", metavar="FOLDER")
    source.add_argument("--digits", action="store_true")
    source.add_argument("--emoji", action="store_true")
    asking.add_argument("--out", required=True)
    asking.add_argument("--labels", choices=["folders"], nargs="?", const="folders")
    asking.add_argument("--method", type=method, choices=METHODS, default="WGAN-GP")
    asking.add_argument("--size", type=size, default=(32, 32))
    carry_out("train", train, asking.parse_args(arguments))


def method(text):
    """The method's name, from it or from its class's, in letters of either case."""
    known = {key.lower(): name for name, of in METHODS.items() for key in (name, of.trainer.__name__)}
    return known.get(text.lower(), text)


def size(text):
    """(height, width), from "32" or "48x64"."""
    try:
        height, width = map(int, text.split("x") if "x" in text else (text, text))
        return shape_of_images((height, width, 3))[:2]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected 32, or 48x64, of at least 8 pixels, got {text}") from None


def train(asked):
    """Begin a run, or go on with it."""
    out = pathlib.Path(asked.out)
    notes, checkpoint = out / "settings.json", out / "checkpoint.weights.h5"
    for name in ("steps", "every", "width"):
        positive_integer(name, 1 if getattr(asked, name) is None else getattr(asked, name))
    positive("learning_rate", asked.learning_rate), seed_or_none(asked.seed)
    if out.exists() and not notes.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"--out: expected a new folder or that of a run, got {out}, which holds something else")
    if asked.folder and pathlib.Path(asked.folder).resolve() in out.resolve().parents:
        raise ValueError(f"--out: expected a folder that is not in {asked.folder}, or its pictures would be trained on")
    kept = json.loads(notes.read_text()) if notes.exists() else None

    if asked.labels and asked.method == "SN-GAN":
        raise ValueError("--labels: expected another method, for SN-GAN takes no labels here")
    images, labels, names = pictures(asked)
    settings = settings_of(asked, images, labels, names, kept and kept["settings"])
    every = settings["every"]
    counts = [f"{np.sum(labels == i)} of {name}" for i, name in enumerate(names or ())]
    shape = " x ".join(map(str, images.shape[1:])) + (f", {', '.join(counts)}" if names else "")
    say(f"{len(images)} pictures of {shape}. A sample and a checkpoint every {every} steps, in {out}.")
    out.mkdir(parents=True, exist_ok=True)
    trainer = trainer_of(settings)
    batches = data.batches(images, asked.batch_size, METHODS[asked.method].n_critic, asked.seed, labels)
    made = Checkpoint(checkpoint).restore(trainer) * every
    seconds = kept["seconds a step"] if kept else measured(trainer, batches)
    steps = asked.steps or (kept["steps"] if kept else min(MOST_STEPS, AN_HOUR / seconds))
    steps = max(made, int(-(-steps // every)) * every)
    begun = {"asked": vars(asked), "settings": settings, "seconds a step": seconds, "made": provenance("train")}
    write_whole(notes, lambda file: file.write_text(json.dumps((kept or begun) | {"steps": steps}, indent=2)))
    if made == steps:
        film(out)
        return say(f"{out} is finished: {made} steps are made. A larger --steps goes on with it.")

    left = f"{all_in / 60:.1f} minutes" if (all_in := (steps - made) * seconds) >= 60 else f"{all_in:.0f} seconds"
    say(f"{asked.method}, step {made} to {steps}: {left}, {seconds:.2g} s a step.")
    say("Ctrl-C stops, and the same command goes on.")
    if len(images) < FEW:
        say(f"Fewer than {FEW} pictures: look for copies in {out / 'nearest.png'}.")
    some = np.sort(np.random.default_rng(0).permutation(len(images))[:256])
    terminal = sys.stderr.isatty()
    shown = {"bar_format": BAR, "smoothing": 0, "ncols": 80, "file": None if terminal else io.StringIO()}
    try:
        with tqdm(total=steps, initial=made, disable=False, **shown) as bar:

            def step_made(*_, **__):
                if bar.n == made:  # the first one was compiled, which takes as long as many
                    bar.initial, bar.start_t = int(trainer.steps.numpy()), time.time()
                bar.update(int(trainer.steps.numpy()) - bar.n)

            on = {"on_train_batch_end": step_made, "on_epoch_end": lambda *_, **__: terminal or say(str(bar))}
            seen = Watch(images[some], None if labels is None else labels[some], say)
            callbacks = [keras.callbacks.LambdaCallback(**on), seen, Keep(out, images, len(names or ()))]
            trainer.fit(batches, steps // every, every, callbacks, verbose=0, checkpoint=checkpoint)
    except KeyboardInterrupt:
        made = Checkpoint(checkpoint).restore(trainer) * every
        where = f"{out} stands at step {made}, its last checkpoint"
        raise KeyboardInterrupt(f"stopped. {where}: the same command goes on.") from None
    finally:
        film(out)
    say(f"{steps} steps are made. More pictures: python -m gancode generate {out} -n 64 --out grid.png")


def settings_of(asked, images, labels, names, before):
    """What a run is known by. Raises ValueError if those before were others, and says which."""
    every = asked.every or (before["every"] if before else min(500, asked.steps or 500))
    settings = {"method": asked.method, "shape": list(images.shape[1:]), "classes": names, "every": every}
    settings |= {name: getattr(asked, name) for name in NUMBERS}
    known_by = hashlib.sha256(images)
    known_by.update(b"" if labels is None else labels.tobytes())
    settings |= {"pictures": len(images), "sha256 of pictures and labels": known_by.hexdigest()}
    before = before or settings
    if others := {name: now for name, now in settings.items() if before.get(name) != now}:
        said = "".join(f"\n  {name}: it has {before.get(name)}, not {now}" for name, now in others.items())
        raise ValueError(f"{asked.out} is a run with other settings; another --out begins a new one.{said}")
    return settings
