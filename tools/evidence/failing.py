"""Which of chapter 8's signs sees which failure? A sound run of its pictures, and three that fail.

    python -m tools.evidence.failing --out gancode/experiments/kept/failing.json

Beside the file, NAME.npz: twelve samples of each run of seed 0 at its end, and under "RUN nearest" the nearest
pictures of its folder.
"""

import pathlib
import tempfile

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from gancode import data, models, penalty, probes, trainers
from gancode._command import folder
from tools.evidence.shell import options, rounded

SIDE, BATCH, LOOKS, MANY = 16, 32, 8, 240
RUNS = {  # what is changed of the sound run
    "sound": {},
    "rate 100 times lower": {"rate": 2e-5},
    "penalty 1000 times lower": {"weight": 0.01},
    "20 pictures": {"few": 20},
}


def chapters_pictures():
    """Chapter 8's pictures: (n, 16, 16, 3) of uint8, labels (n,), and of each whether it is held out."""
    both = [data.emoji(split)[:2] for split in ("train", "test")]
    emoji, kinds = (np.concatenate(each) for each in zip(*both, strict=True))
    with tempfile.TemporaryDirectory() as scratch:
        for kind, name in ((5, "smileys"), (6, "signs")):
            place = pathlib.Path(scratch, name)
            place.mkdir()
            for i, picture in enumerate(emoji[kinds == kind]):
                Image.fromarray(picture).save(place / f"{i:03d}.png")
        pictures, labels, _ = data.images(scratch, SIDE, labels="folders")
    return pictures, labels, np.arange(len(pictures)) % 6 == 0


def floats(pixels):
    return np.float32(pixels) / 127.5 - 1


def around(images):
    """Images, shifted by up to two pixels each way, and the mirror images of all these, as rows."""
    wide = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    shifted = np.concatenate([wide[:, y : y + SIDE, x : x + SIDE] for y in range(5) for x in range(5)])
    return np.concatenate([shifted, shifted[:, :, ::-1]]).reshape(-1, images[0].size)


def nearest(images, rows):
    """Of each image the distance to the nearest row."""
    flat = np.float64(images.reshape(len(images), -1))
    squares = (flat**2).sum(axis=1)[:, None] + (np.float64(rows) ** 2).sum(axis=1) - 2 * flat @ rows.T.astype(float)
    return np.sqrt(squares.min(axis=1).clip(0))  # in a tenth of the time that cdist takes


class Signs(probes.Every):
    """Callback: the slope, the samples' spread over the pictures', and the fraction of samples that are copies.

    A copy is at least as near to the folder, shifted and mirrored, as the nearest tenth of the held-out pictures is.
    """

    def __init__(self, every, images, labels, held_out):
        super().__init__(every)
        self.images, self.labels, self.rows = floats(images), labels, around(floats(images))
        self.near = np.quantile(nearest(floats(held_out), self.rows), 0.1)
        self.kinds = np.sort(np.resize(labels, MANY))
        self.found = {"step": [], "slope": [], "spread": [], "copies": []}

    def record(self, step):
        drawn = self.model.generate(MANY, seed=0, labels=self.kinds)
        some = np.random.default_rng(0).integers(0, len(self.images), 128)
        fakes = self.model.generate(len(some), seed=0, labels=self.labels[some])
        kinds = tf.constant(self.labels[some], tf.int32)
        between = penalty.interpolate(self.images[some], fakes, seed=0)
        slopes = penalty.gradient_norms(lambda x: self.model.critic([x, kinds]), between)
        spreads = [x.std(axis=0).mean() for x in (drawn, self.images)]
        copies = np.mean(nearest(drawn, self.rows) <= self.near)
        for name, value in zip(self.found, (step, np.mean(slopes), spreads[0] / spreads[1], copies), strict=True):
            self.found[name].append(float(value))


def train(out, run, seed, steps, rate=2e-3, weight=10.0, few=None):
    """One run. Returns the estimate of each step, (steps,), and of each look what `Signs` found."""
    pictures, labels, held = chapters_pictures()
    held_out, images, labels = pictures[held], pictures[~held], labels[~held]
    if few:
        chosen = np.random.default_rng(seed).permutation(len(images))[:few]
        images, labels = images[chosen], labels[chosen]
    keras.utils.set_random_seed(seed)
    networks = [make(image_shape=images.shape[1:], classes=2) for make in (models.conv_generator, models.conv_critic)]
    wgan = trainers.WGANGP(*networks, penalty_weight=weight, ema=0.99, seed=seed)
    wgan.compile(*(wgan.default_optimizer(rate) for _ in networks))
    signs, curves = Signs(steps // LOOKS, images, labels, held_out), probes.Curves()
    dealt = data.batches(images, batch_size=min(BATCH, len(images)), n_critic=5, seed=seed, labels=labels)
    wgan.fit(dealt, steps_per_epoch=steps, verbose=0, callbacks=[signs, curves])
    if seed == 0:
        keep_pictures(out.with_suffix(".npz"), run, wgan.generate(12, seed=1, labels=np.repeat([0, 1], 6)), images)
    return {"estimate": rounded(curves.values["wasserstein"], 4)} | {
        name: rounded(values, 4) for name, values in signs.found.items()
    }


def keep_pictures(path, run, drawn, images):
    """Adds to PATH what a run draws, and the nearest pictures of its folder."""
    kept, drawn = dict(np.load(path)) if path.exists() else {}, folder.pixels(drawn)
    np.savez_compressed(path, **kept | {run: drawn, f"{run} nearest": images[folder.nearest(drawn, images)]})


def main(arguments=None):
    asked = options("failing", __doc__, arguments, steps=600, seeds=3)
    cases = [{"run": run, "seed": seed, "steps": asked.steps} | RUNS[run] for seed in asked.seeds for run in RUNS]
    asked.make(cases, lambda **case: train(pathlib.Path(asked.out), **case))


if __name__ == "__main__":
    main()
