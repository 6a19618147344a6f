"""Digits, emoji, your own pictures and toy data sets, and how they are dealt to a trainer. Used in all chapters."""

import functools
import hashlib
import io
import os
import pathlib

import numpy as np

from gancode import _pictures
from gancode._arguments import expect, flag, numbers, one_of, positive_integer, positive_integers, seed_or_none
from gancode._training.sampler import Sampler

# Where the toy mixtures have their modes. The toy experiments of Gulrajani et al. 2017 have radius 2 and divide all by
# 1.414 and 2.828; then the points have about unit size.
EIGHT_CENTRES = np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1) * 2.0 / 1.414
TWENTY_FIVE_CENTRES = np.stack(np.meshgrid(*2 * [np.arange(-2, 3)]), axis=-1).reshape(-1, 2) * 2.0 / 2.828

DIGITS = pathlib.Path(__file__).parent / "digits" / "digits.npz"
DIGITS_SHA256 = "c50cda62f5f7d9f9fb5fab5000d955ee3d57351d74e39ad35353679b1d7f8113"
EMOJI = DIGITS.parents[1] / "emoji" / "emoji.npz"
EMOJI_SHA256 = "58af1696e53c6a62db01f1764f0ef3c143b24efed8e6d426ce45b1eae1e0c064"


def mnist(split="train", full=False):
    """Handwritten digits, float32 (n, 28, 28, 1) in [-1, 1], the range of a tanh generator.

    Args:
        split: "train" (10 000 images, or 60 000 with full=True) or "test" (2 000, drawn from the 10 000 of full=True).
        full: False reads the digits that travel with the book; True lets Keras download all 70 000.

    Raises:
        ValueError: for an unknown split or a damaged data file.
        ConnectionError: if a download fails.
    """
    return _mnist_arrays(split, full)[0].astype(np.float32)[..., None] / 127.5 - 1.0


def labels(split="train", full=False):
    """The digits' labels, int64 (n,), 0 to 9, in the order of `mnist(split, full)`."""
    return _mnist_arrays(split, full)[1].astype(np.int64)


def emoji(split="train"):
    """Noto emoji in colour: (images, labels, names), as of `images` with labels.

    Women, men and persons, all skin tones, and both directions of one emoji are on the same side of the split: what is
    held out is held out in every variant.

    Args:
        split: "train" (2 699 images) or "test" (552).

    Returns:
        uint8 (n, 32, 32, 3) on white; labels, int64 (n,), 0 to 7; and the eight categories' names, "Activities" to
        "Travel & Places". Three fifths are people.

    Raises:
        ValueError: for an unknown split or a damaged data file.
    """
    one_of("split", split, ("train", "test"))
    arrays = load_checked(EMOJI, EMOJI_SHA256)
    return arrays[f"{split}_images"].copy(), arrays[f"{split}_labels"].astype(np.int64), arrays["names"].tolist()


def images(folder, size=64, channels=3, labels=None):
    """The pictures of a folder and of the folders in it, uint8 (n, height, width, channels), sorted by their paths.

    PNG, JPEG, WebP, BMP, TIFF, of GIF the first frame, and what else Pillow reads by itself. Transparent pixels become
    white, 16 bits are scaled to 8, and pictures that a camera took sideways are turned upright. Each picture is scaled
    until its shorter side fits and cut at the centre. Hidden files, links to folders and what is no picture are passed
    over.

    Each picture is decoded once. An array of more than 256 MB is written to a file in ``~/.keras/gancode`` (in
    KERAS_HOME where that is set) and mapped to memory, to be read only; the next call finds it there, as long as no
    picture changes. The file may be deleted.

    Args:
        folder: where they are.
        size: pixels of a side, or (height, width). A step takes a quarter of the time at half the size.
        channels: 3 for colour, 1 for grey.
        labels: "folders" takes each subfolder of `folder` for a class.

    Returns:
        The images; with labels="folders" (images, labels, names), of which the labels are int64 (n,), 0 for the first
        of the sorted names.

    Warns:
        UserWarning: of files that could not be read, which are left out; where pictures are cut or of several sizes;
            and of fewer than 64.

    Raises:
        ValueError: if the folder is none or has no picture that can be read; with labels, if there are pictures beside
            the subfolders, fewer than two of these, or one without pictures.
        OSError: if there is no room for the file.
    """
    sides = size if isinstance(size, (tuple, list)) and len(size) == 2 else (size, size)
    height, width = (positive_integer("size", side) for side in sides)
    one_of("channels", positive_integer("channels", channels), (1, 3))
    one_of("labels", labels, (None, "folders"))
    expect(isinstance(folder, (str, os.PathLike)) and str(folder), "folder", "the name of a folder of pictures", folder)
    return _pictures.read_folder(folder, (height, width, channels), labels is not None)


def eight_gaussians(n, seed=None):
    """n points, float32 (n, 2): eight Gaussians (sigma 0.014) on a circle of radius sqrt(2), around EIGHT_CENTRES."""
    return _mixture(EIGHT_CENTRES, 0.02 / 1.414, n, seed)


def twenty_five_gaussians(n, seed=None):
    """n points, float32 (n, 2): a 5 x 5 grid of Gaussians (sigma 0.018) around TWENTY_FIVE_CENTRES."""
    return _mixture(TWENTY_FIVE_CENTRES, 0.05 / 2.828, n, seed)


def swiss_roll(n, seed=None):
    """n points, float32 (n, 2): scikit-learn's roll, noise 0.25, seen from the side, / 7.5."""
    from sklearn.datasets import make_swiss_roll

    points, _ = make_swiss_roll(positive_integer("n", n), noise=0.25, random_state=seed_or_none(seed))
    return (points[:, [0, 2]] / 7.5).astype(np.float32)


def batches(samples, batch_size=64, n_critic=1, seed=None, labels=None):
    """Deal samples for ever, shuffled: each element feeds one training step.

    Args:
        samples: array (n, ...). uint8 is pixels: kept so, a quarter of the memory, and a trainer scales them to
            [-1, 1] in its step. All else is kept as float32, as it is. An array of these kinds is not copied, and one
            in a file stays there: leave it as it is while it is dealt.
        batch_size: samples in one critic step.
        n_critic: critic steps in one training step; each gets a fresh batch, as in Algorithm 1 of the papers.
        seed: the order of the samples; None draws a new one each time.
        labels: whole numbers (n,), the samples' classes from 0 on, for networks that take labels.

    Returns:
        An endless tf.data.Dataset of (batch_size, n_critic, ...), or of those and labels (batch_size, n_critic). The
        samples lead, so that several devices share a
        batch by splitting its first axis. What a step gets depends on the seed and on the step's number alone, so
        `fit` begins where the last one ended.

    Raises:
        ValueError: if samples is empty, holds NaN or inf, or if a size is not a whole number above 0; for labels that
            are not one whole number for each sample.
    """
    positive_integers(batch_size=batch_size, n_critic=n_critic)
    pixels = getattr(samples, "dtype", None) == np.uint8
    samples = numbers("samples", samples, ("n", "d", ...), np.uint8 if pixels else np.float32)
    if seed_or_none(seed) is None:
        seed = np.random.randint(2**31)  # NumPy's own state, which keras.utils.set_random_seed sets
    if labels is not None:
        labels = np.asarray(labels)
        holds = labels.shape == (len(samples),) and labels.dtype.kind in "iu" and labels.min() >= 0
        wanted = f"{len(samples)} whole numbers from 0 on, one for each sample"
        expect(holds, "labels", wanted, got=f"{labels.dtype} of shape {labels.shape}")
        labels = labels.astype(np.int32)
    return Sampler(samples, batch_size, n_critic, int(seed), labels).batches()


@functools.cache
def load_checked(path, sha256):
    """The arrays of an .npz file, name to array, read without pickle from the very bytes that were checked, once.

    Args:
        path: the file, a pathlib.Path.
        sha256: the digest that its bytes must have, in hexadecimal.

    Raises:
        ValueError: if the file is not the one with this SHA-256.
    """
    raw = path.read_bytes()
    if (digest := hashlib.sha256(raw).hexdigest()) != sha256:
        what = f"the data file is damaged (SHA-256 {digest[:12]}..., expected {sha256[:12]}...)"
        cure = f"Restore it, for instance with `git checkout gancode/{path.parent.name}/{path.name}`."
        raise ValueError(f"{path.name}: {what}. {cure}")
    with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _mixture(centres, sigma, n, seed):
    n, rng = positive_integer("n", n), np.random.default_rng(seed_or_none(seed))
    return (centres[rng.integers(len(centres), size=n)] + sigma * rng.standard_normal((n, 2))).astype(np.float32)


def _mnist_arrays(split, full):
    one_of("split", split, ("train", "test"))
    if not flag("full", full):
        arrays = load_checked(DIGITS, DIGITS_SHA256)
        return arrays[f"{split}_images"], arrays[f"{split}_labels"]
    import keras

    try:
        train, test = keras.datasets.mnist.load_data()
    except Exception as error:
        raise ConnectionError(f"mnist: Keras could not download it; is there a network? ({error})") from error
    return train if split == "train" else test
