"""What a run keeps in its folder: samples, a film of them, curves, nearest pictures, the generator. Under `train`."""

import keras
import numpy as np
from PIL import Image

from gancode._files import write_whole
from gancode._training.checkpoint import longer
from gancode.figures.style import new_figure, sheet

SOME = 2**24  # pixels that are compared at a time: 64 MB as floats
FRAMES = 100  # of a film, at most
ROWS = 16  # of a grid of classes, at most
UNITS = {"slope": "score / distance", "spread": "real pictures: 1"}


class Keep(keras.callbacks.Callback):
    """Callback: after each epoch write all but the film, each file whole or not at all.

    out: the run's folder. images: uint8 (n, height, width, channels), where the nearest are looked for. classes: how
    many the networks know, 0 for none.
    """

    def __init__(self, out, images, classes):
        super().__init__()
        self.out, self.images, self.n = out, images, 8 * min(classes or 8, ROWS)
        self.labels = np.arange(self.n) // 8 if classes else None  # a row a class

    def on_epoch_end(self, epoch, logs=None):
        step = int(self.model.steps.numpy())
        steps = step // (epoch + 1) * np.arange(1, epoch + 2)
        past = longer(self.model.past, logs)
        rows = np.column_stack([steps, *past.values()])  # all of them, so that none is there twice after a cut
        samples = pixels(self.model.generate(self.n, seed=0, labels=self.labels))
        pairs = np.concatenate([samples, self.images[nearest(samples, self.images)]], axis=2)
        how = {"delimiter": ",", "header": ",".join(["step", *past]), "comments": "", "fmt": "%.9g"}
        write_whole(self.out / "samples" / f"{step:06d}.png", grid(samples).save)
        write_whole(self.out / "nearest.png", grid(pairs).save)
        write_whole(self.out / "curves.png", curves(steps, past).savefig)
        write_whole(self.out / "history.csv", lambda file: np.savetxt(file, rows, **how))
        write_whole(self.out / "generator.keras", self.model.best_generator.save)


def pixels(samples):
    """Samples in [-1, 1] as uint8."""
    return np.uint8(np.round((samples.clip(-1, 1) + 1) * 127.5))


def grid(images, columns=8, margin=1):
    """uint8 (n, height, width, channels) as one picture, small ones enlarged, on grey."""
    times = max(1, 64 // images.shape[1])
    return Image.fromarray(sheet(images, columns, margin, 160).repeat(times, axis=0).repeat(times, axis=1))


def nearest(samples, images):
    """For each sample the number of the image nearest by pixels (Euclidean distance)."""
    samples = samples.reshape(len(samples), -1).astype(np.float32)
    least, found = np.full(len(samples), np.inf), np.zeros(len(samples), int)
    for start in range(0, len(images), some := SOME // samples.shape[1]):
        others = images[start : start + some].reshape(-1, samples.shape[1]).astype(np.float32)
        distances = np.sum(others**2, axis=1) - 2 * samples @ others.T  # squared, but for a number of each sample's
        found = np.where(distances.min(axis=1) < least, start + distances.argmin(axis=1), found)
        least = np.minimum(least, distances.min(axis=1))
    return found


def curves(steps, past):
    """A panel for each thing that was logged, a mean over each epoch."""
    unit = "score" if "wasserstein" in past else ""
    figure, axes = new_figure(len(past), height=1.8 * len(past), sharex=True, squeeze=False)
    for ax, (name, values) in zip(axes[:, 0], past.items(), strict=True):
        ax.plot(steps, values, ".-" if len(steps) < 30 else "-")
        ax.set_ylabel(f"{name}\n{UNITS.get(name, unit)}".strip(), fontsize=11)
    axes[-1, 0].set_xlabel("generator steps")
    return figure


def film(out):
    """The samples so far, or a hundred of them, as one animated picture."""
    paths = sorted((out / "samples").glob("[0-9]*.png"))[::-1]
    frames = [Image.open(path).convert("RGB") for path in paths[:: -(-len(paths) // FRAMES) or 1]][::-1]
    how = {"append_images": frames[1:], "duration": [150] * (len(frames) - 1) + [3000], "loop": 0, "quality": 80}
    if frames:
        write_whole(out / "film.webp", lambda file: frames[0].save(file, save_all=True, **how))
