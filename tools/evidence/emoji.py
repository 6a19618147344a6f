"""Methods on emoji in colour, judged by features that nobody trained. Chapter 8.

    python -m tools.evidence.emoji judge --out emoji_judge.json
    python -m tools.evidence.emoji race --out emoji.json --folder runs --methods WGAN WGAN-GP --learning-rates 2e-4 5e-4
    python -m tools.evidence.emoji draw --out emoji.npz --folder runs

No classifier knows emoji, and nothing is to be downloaded. So pictures are compared by what a convolutional network
of random weights makes of them, as Naeem et al. 2020 do where no trained one fits. `judge` asks whether that tells
apart what it should; `race` trains, and goes on where it was cut off, in the middle of a run too; `draw` keeps what
each run's last generators draw.
"""

import argparse
import functools
import pathlib

import keras
import numpy as np
from scipy import ndimage

from gancode import data, metrics, models
from gancode._command.folder import nearest, pixels
from gancode.experiments import scoreboard
from gancode.experiments.results import Results, command_line
from gancode.variants import METHODS
from tools.evidence.race import Generators, weights
from tools.evidence.shell import rounded

SHAPE, CHANNELS = (32, 32, 3), 24


@functools.cache
def network():
    """Images to what three layers of random filters see, each in the four quarters of the image: (n, 768)."""
    keras.utils.set_random_seed(0)
    images = keras.Input(SHAPE)
    seen, hidden = [], images
    for side in (16, 8, 4):
        hidden = keras.layers.Conv2D(
            64, 3, strides=2, padding="same", activation="relu", kernel_initializer="he_normal"
        )(hidden)
        seen.append(keras.layers.Flatten()(keras.layers.AveragePooling2D(side // 2)(hidden)))
    return keras.Model(images, keras.layers.Concatenate()(seen))


def features(images):
    """Of float images in [-1, 1], each feature in units of its spread among the training emoji."""
    mean, spread = scale()
    return (network().predict(images, batch_size=500, verbose=0) - mean) / spread


@functools.cache
def scale():
    seen = network().predict(pictures("train"), batch_size=500, verbose=0)
    return seen.mean(axis=0), seen.std(axis=0) + 1e-6


@functools.cache
def pictures(split):
    return np.float32(data.emoji(split)[0]) / 127.5 - 1


@functools.cache
def bundled(split):
    return features(pictures(split))


# --- the judge ---------------------------------------------------------------------------------------------


def changed(images, how, seed):
    """Images that a judge should find farther from real ones than real ones are."""
    rng = np.random.default_rng(seed)
    if how.startswith("blurred"):
        return ndimage.gaussian_filter(images, (0, *2 * [float(how.split()[-1])], 0))
    if how == "noise":
        return np.clip(images + 0.2 * rng.standard_normal(images.shape), -1, 1)
    if how == "red for blue":
        return images[..., ::-1]
    if how == "upside down":
        return images[:, ::-1]
    if how == "quarters exchanged":
        return np.roll(images, 16, axis=(1, 2))
    if how == "few":
        return images[rng.integers(0, 20, len(images))]
    return images


HOWS = (
    "real",
    "blurred 0.5",
    "blurred 1",
    "noise",
    "red for blue",
    "upside down",
    "quarters exchanged",
    "few",
    "people",
)


def judged(how, seed):
    """The kernel distance to held-out emoji of 552 training emoji, drawn by the seed and changed."""
    images, labels, names = data.emoji("train")
    people = names.index("People & Body")
    among = np.flatnonzero(labels == people) if how == "people" else np.arange(len(images))
    drawn = np.random.default_rng(seed).choice(among, len(bundled("test")), replace=False)
    seen = features(changed(pictures("train")[drawn], how, seed))
    return {"kernel": metrics.kernel_distance(seen, bundled("test"))}


# --- the race ----------------------------------------------------------------------------------------------


class Judge(scoreboard.Judge):
    """Callback: `scoreboard.Judge`, of emoji."""

    def scores(self, generator):
        latent = keras.random.normal((self.n, self.model.latent_dim), seed=0)
        seen, n = features(generator.predict(latent, batch_size=500, verbose=0)), len(bundled("test"))
        some = np.random.default_rng(0).choice(len(bundled("train")), n, replace=False)
        return {
            "kernel": metrics.kernel_distance(seen, bundled("test")),
            "kernel_training": metrics.kernel_distance(seen, bundled("train")),
            "nearer_training": metrics.nearer_fraction(seen, bundled("train")[some], bundled("test")),
        }


def networks():
    """Generator and critic of all methods."""
    return models.conv_generator(channels=CHANNELS, image_shape=SHAPE), models.conv_critic(CHANNELS, image_shape=SHAPE)


def train(folder, method, seed, learning_rate, critic_steps, n_evals, samples):
    """One run: what the judge said at each evaluation. Its generators lie in FOLDER/METHOD RATE SEED/."""
    trainer_class, n_critic, *_ = METHODS[method]
    folder = pathlib.Path(folder) / f"{method} {learning_rate} {seed}"
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    trainer = trainer_class(*networks(), seed=seed, ema=0.999)
    gap = critic_steps // n_critic // n_evals
    trainer.compile(
        *(trainer.default_optimizer(learning_rate) for _ in range(2)), steps_per_execution=np.gcd(gap, 100).item()
    )
    batches = data.batches(data.emoji()[0], batch_size=64, n_critic=n_critic, seed=seed)
    callbacks = [Judge(samples), Generators(folder)]
    checkpoint = folder / "run.weights.h5"
    record = trainer.fit(batches, n_evals, gap, verbose=0, callbacks=callbacks, checkpoint=checkpoint).history
    record["critic_steps"] = (gap * n_critic * np.arange(1, n_evals + 1)).tolist()
    return {name: rounded(values, 6) for name, values in record.items()}


def draw(folder, n=36):
    """What the last generators of each run in FOLDER draw from the same latent vectors, and the nearest training emoji.

    Returns:
        A dict, for each run METHOD RATE SEED: that name, (n, 32, 32, 3) of uint8, by the average of the generators;
        with "raw", by the last one itself; with "nearest", of the average's the nearest training emoji, in pixels.
    """
    generator, latent, kept = networks()[0], keras.random.normal((n, 64), seed=0), {}
    training, _, _ = data.emoji("train")
    for run in sorted(each for each in pathlib.Path(folder).glob("* * *") if each.is_dir()):
        for of, average in ((run.name, True), (f"{run.name} raw", False)):
            generator.set_weights(weights(max(run.glob("[0-9]*.npz")), average))
            kept[of] = pixels(generator.predict(latent, verbose=0))
        kept[f"{run.name} nearest"] = training[nearest(kept[run.name], training)]
    return kept


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["judge", "race", "draw"])
    parser.add_argument("--out", required=True, help="NAME.json; what is in it is not made again. For draw: NAME.npz")
    parser.add_argument("--folder", help="of checkpoints and generators")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["WGAN", "WGAN-GP"])
    parser.add_argument("--learning-rates", nargs="+", type=float, default=[5e-4], help="each for every method")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--critic-steps", type=int, default=5000)
    parser.add_argument("--n-evals", type=int, default=5)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    asked = parser.parse_args(arguments)
    if asked.what == "draw":
        return np.savez_compressed(asked.out, **draw(asked.folder))
    results = Results(asked.out, command_line("python -m tools.evidence.emoji", arguments))
    if asked.what == "judge":
        return results.add_all([{"how": how, "seed": seed} for how in HOWS for seed in range(10)], judged)
    settings = {"critic_steps": asked.critic_steps, "n_evals": asked.n_evals, "samples": asked.samples}
    cases = [
        {"method": method, "seed": seed, "learning_rate": rate} | settings
        for seed in asked.seeds
        for method in asked.methods
        for rate in asked.learning_rates
    ]
    return results.add_all(cases, functools.partial(train, asked.folder), asked.jobs)


if __name__ == "__main__":
    from tools.evidence import emoji  # by its name, or no other process finds what is cached here

    emoji.main()
