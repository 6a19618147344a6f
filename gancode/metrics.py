"""How good samples are, as a number: the exact Wasserstein distance, and a Frechet distance for digits.

Used in all chapters.
"""

import functools
import os
import pathlib
from typing import NamedTuple

import numpy as np
from scipy import linalg
from scipy.spatial.distance import cdist

from gancode._arguments import expect, numbers, positive, positive_integer
from gancode.data import load_checked

CLASSIFIER = pathlib.Path(__file__).parent / "digits" / "classifier.npz"
CLASSIFIER_SHA256 = "7874fded14baa06aa86bc9fc49b4438713ee51d9c0ee9276a337de470a872728"
FEATURES = 64


def wasserstein1(x, y):
    """Exact W1 between two sets of points of equal weight: the mean distance of the best transport.

    ``min over plans T of sum_ij T_ij ||x_i - y_j||_2``, by POT's network simplex.

    Args:
        x, y: (n, d) and (m, d), n and m up to a few thousand.

    Returns:
        A float, in the units of x.

    Raises:
        ValueError: unless both are (n, d) with the same d.
    """
    # POT looks for every array library it could serve; NumPy is the one in use here.
    for backend in ("JAX", "CUPY", "PYTORCH", "TENSORFLOW"):
        os.environ.setdefault(f"POT_BACKEND_DISABLE_{backend}", "1")
    import ot

    x, y = _two_sets(x=x, y=y)
    # cdist takes differences; ot.dist expands the square, and loses the distance of points that are far from 0
    return float(ot.emd2([], [], cdist(x, y), numItermax=10_000_000))


class ModeCoverage(NamedTuple):
    """What `mode_coverage` finds."""

    modes: int  #: how many centres have at least one sample near them
    high_quality_fraction: float  #: the fraction of the samples that are near a centre


def mode_coverage(samples, centres, radius):
    """How many modes a generator reaches, and how many of its samples are good.

    A sample is good if it lies within `radius` of its nearest centre; a centre is covered if it has a good sample.
    (Usual with mixtures of Gaussians, radius being 3 sigma: Srivastava et al. 2017.)

    Args:
        samples: (n, d).
        centres: (k, d).
        radius: in the units of both.

    Returns:
        A `ModeCoverage`.

    Raises:
        ValueError: unless both are sets of points of one dimension and radius > 0.
    """
    samples, centres = _two_sets(samples=samples, centres=centres)
    distances = cdist(samples, centres)  # (n, k)
    good = distances.min(axis=1) <= positive("radius", radius)
    return ModeCoverage(len(np.unique(distances.argmin(axis=1)[good])), float(good.mean()))


def frechet_distance(x, y):
    """Squared Frechet distance of the two Gaussians with the means and covariances of x and y.

    ``||mu_x - mu_y||^2 + tr(C_x + C_y - 2 (C_x C_y)^(1/2))`` (Dowson and Landau 1982; for images, Heusel et al. 2017).

    Args:
        x, y: (n, d) and (m, d).

    Returns:
        A float of at least 0. It is biased upwards when n is small.

    Raises:
        ValueError: unless both are (n, d) with the same d and n of at least 2.
    """
    x, y = _two_samples(x, y)
    cov_x, cov_y = np.cov(x, rowvar=False).reshape(x.shape[1], -1), np.cov(y, rowvar=False).reshape(y.shape[1], -1)
    # C_x^(1/2) C_y C_x^(1/2) is symmetric and has the eigenvalues of C_x C_y: real, and at least 0 but for rounding
    values, vectors = linalg.eigh(cov_x)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T  # C_x^(1/2)
    cross = np.sqrt(np.clip(linalg.eigvalsh(root @ cov_y @ root), 0, None)).sum()
    distance = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(cov_x) + np.trace(cov_y) - 2 * cross
    return float(max(distance, 0.0))


def kernel_distance(x, y):
    """Squared maximum mean discrepancy of two sets under the kernel ``(x.y / d + 1)^3``, unbiased.

    ``mean k(x, x') + mean k(y, y') - 2 mean k(x, y)``, each over pairs of different points (Gretton et al. 2012). Of
    Inception's features it is the KID (Binkowski et al. 2018).

    Args:
        x, y: (n, d) and (m, d), at least 2 points each.

    Returns:
        A float. Its mean does not depend on n, unlike `frechet_distance`'s: of two samples of one distribution it is 0,
        and below 0 as often as above.

    Raises:
        ValueError: as of `frechet_distance`.
    """
    x, y = _two_samples(x, y)

    def total(a, b):  # a thousand rows at a time: all at once would be gigabytes
        kernels = (a[i : i + 1000] @ b.T / a.shape[1] + 1 for i in range(0, len(a), 1000))
        return sum(np.vdot(kernel * kernel, kernel) for kernel in kernels)  # ** 3 takes several times as long

    def among(a):
        with_itself = ((np.square(a).sum(axis=1) / a.shape[1] + 1) ** 3).sum()
        return (total(a, a) - with_itself) / (len(a) * (len(a) - 1))

    return float(among(x) + among(y) - 2 * total(x, y) / (len(x) * len(y)))


class PrecisionRecall(NamedTuple):
    """What `precision_recall` finds."""

    precision: float  #: the fraction of the samples that lie where there are real ones
    recall: float  #: the fraction of the real ones that lie where there are samples


def precision_recall(samples, real, k=3):
    """How many samples are like real ones, and how many real ones the samples cover (Kynkaanniemi et al. 2019).

    A point lies among a set if it is nearer to one of its points than that point's k-th neighbour in the set is. Both
    numbers depend on how many points there are: compare those of equal sets only.

    Args:
        samples, real: (n, d) and (m, d), more than k each. Takes memory for n x m and m x m distances.
        k: which neighbour.

    Returns:
        A `PrecisionRecall`.

    Raises:
        ValueError: unless both are sets of points of one dimension, of more than k each.
    """
    samples, real = _two_sets(samples=samples, real=real)
    enough = min(len(samples), len(real)) > positive_integer("k", k)
    expect(enough, "samples and real", f"more than k ({k}) points each", got=f"{len(samples)} and {len(real)}")
    distances = cdist(samples, real)  # (n, m)
    # of each point the distance to its k-th neighbour, itself being the 0th
    radii = [np.partition(cdist(points, points), k, axis=1)[:, k] for points in (samples, real)]
    precision = (distances <= radii[1]).any(axis=1).mean()
    recall = (distances <= radii[0][:, None]).any(axis=0).mean()
    return PrecisionRecall(float(precision), float(recall))


def nearer_fraction(samples, training, reference):
    """The fraction of the samples that have their nearest neighbour in the training set, not in the reference.

    A half, if the samples remember nothing and both sets are as large; more, if they are copies.

    Args:
        samples, training, reference: (n, d), (m, d) and (m, d).

    Returns:
        A float from 0 to 1.

    Raises:
        ValueError: unless all are sets of points of one dimension, the last two as large as each other.
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    samples, training = _two_sets(samples=samples, training=training)
    samples, reference = _two_sets(samples=samples, reference=reference)
    sizes = len(training), len(reference)
    expect(sizes[0] == sizes[1], "training and reference", "two sets of one size", got=f"{sizes[0]} and {sizes[1]}")
    to_training, to_reference = (pairwise_distances_argmin_min(samples, each)[1] for each in (training, reference))
    return float(((to_training < to_reference) + 0.5 * (to_training == to_reference)).mean())


class Classified(NamedTuple):
    """What the small digit classifier makes of images. All scores of digits take it in place of the images."""

    features: np.ndarray  #: float64 (n, 64), its last hidden layer
    classes: np.ndarray  #: (n,), the digit that it takes each image for


def classified(images):
    """One look of the classifier, for as many scores as are wanted. images: (n, 28, 28, 1) in [-1, 1]."""
    return _look(_images("images", images))


def reference_digits():
    """What the classifier makes of 10 000 MNIST digits that neither it nor any generator of the book was trained on."""
    arrays = load_checked(CLASSIFIER, CLASSIFIER_SHA256)
    return Classified(arrays["features"].astype(np.float64), arrays["classes"].astype(np.int64))


def frechet_digit_distance(images, reference):
    """Frechet distance of two sets of digits, seen through the 64 features of a small digit classifier.

    The features are our own (see tools/train_classifier.py), so that the numbers compare within this book and with
    nothing else.

    Args:
        images, reference: (n, 28, 28, 1) in [-1, 1], at least 65 of each (use thousands), or what `classified` makes of
            them, as `reference_digits` gives it.

    Returns:
        A float. 0 is alike; 1.5 are 2 000 other real digits against `reference_digits`, 4.5 are 500; hundreds is noise.
    """
    images, reference = _images("images", images, FEATURES), _images("reference", reference, FEATURES)
    return frechet_distance(_look(images).features, _look(reference).features)


def class_shares(images):
    """What share of the images the small classifier takes for each digit: (10,), its sum is 1.

    Real digits have about a tenth of each. Its mistakes count: it reads more than 97 % of the test digits right.

    Args:
        images: (n, 28, 28, 1) in [-1, 1].
    """
    return _shares(_images("images", images))


def class_imbalance(images, reference):
    """What share of the images would have to be another digit for all digits to be as frequent as in the reference.

    The total variation, ``1/2 sum_k |p_k - q_k|``, of the two `class_shares`: 0 alike, 0.9 if all are one digit and
    the reference has ten. It is biased upwards when n is small.

    Args:
        images, reference: (n, 28, 28, 1) in [-1, 1].
    """
    images, reference = _images("images", images), _images("reference", reference)
    return float(np.abs(_shares(images) - _shares(reference)).sum() / 2)


def digit_features(images):
    """The classifier's last hidden layer, float64 (n, 64), for images (n, 28, 28, 1) in [-1, 1], more than 64."""
    return _look(_images("images", images, FEATURES)).features


def _images(name, images, more_than=0):
    """Images, or what the classifier made of them. Raises ValueError for what is neither, and for too few."""
    known = isinstance(images, Classified)
    if not known:
        images = numbers(name, images, ("n", 28, 28, 1), np.float32)
        low, high = images.min(), images.max()  # 0 to 255 would give a number too
        expect(max(-low, high) <= 1.001, name, "values from -1 to 1", got=f"{low:g} to {high:g}")
    n = len(images.classes if known else images)
    return expect(n > more_than, name, f"more than {more_than}, or there is no covariance", images, got=n)


def _shares(images):
    classes = _look(images).classes
    return np.bincount(classes, minlength=10) / len(classes)


def _look(images):
    if isinstance(images, Classified):
        return images
    classifier = _trained_classifier()
    chunks = [classifier(images[i : i + 500], training=False) for i in range(0, len(images), 500)]
    features, logits = (np.concatenate(each).astype(np.float64) for each in zip(*chunks, strict=True))
    return Classified(features, np.argmax(logits, axis=1))


def digit_classifier():
    """The classifier, untrained: images to (features, class logits)."""
    from keras import Input, Model, layers

    images = Input((28, 28, 1))
    x = layers.Conv2D(16, 5, strides=2, padding="same", activation="relu")(images)
    x = layers.Conv2D(32, 5, strides=2, padding="same", activation="relu")(x)
    features = layers.Dense(FEATURES, activation="relu", name="features")(layers.Flatten()(x))
    return Model(images, [features, layers.Dense(10, name="logits")(features)], name="digit_classifier")


@functools.lru_cache(maxsize=1)
def _trained_classifier():
    model = digit_classifier()
    arrays = load_checked(CLASSIFIER, CLASSIFIER_SHA256)  # its weights by their numbers, and the reference
    model.set_weights([weights for name, weights in sorted(arrays.items()) if name.isdigit()])
    return model


def _two_sets(**named_points):
    """Two sets of points, by their names, of one dimension."""
    x, y = (_points(name, points) for name, points in named_points.items())
    holds = x.shape[1] == y.shape[1]
    expect(holds, " and ".join(named_points), "points of one dimension", got=f"{x.shape[1]} and {y.shape[1]}")
    return x, y


def _two_samples(x, y):
    x, y = _two_sets(x=x, y=y)
    expect(min(len(x), len(y)) >= 2, "x and y", "at least 2 points each", got=f"{len(x)} and {len(y)}")
    return x, y


def _points(name, points):
    points = numbers(name, points, ("n", "d"))
    most = np.abs(points).max()  # a covariance squares them, and a product of two covariances squares that
    return expect(most <= 1e60, name, "no coordinate beyond 1e60", points, got=f"{most:g}")
