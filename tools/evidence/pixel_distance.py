"""Is the exact Wasserstein distance in pixels a judge of digits? Five sets that a generator might draw, one judge.

python -m tools.evidence.pixel_distance --out gancode/experiments/kept/pixel_distance.json
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from gancode import data, metrics
from tools.evidence.shell import options, rounded


def distances(seed, n):
    """W1 of n test digits to each set of n images, in units of pixels of [-1, 1]. One draw."""
    rng = np.random.default_rng(seed)
    test, training, labels = data.mnist("test"), data.mnist("train"), data.labels("train")
    judged_by = test[rng.permutation(len(test))[:n]]
    others = training[rng.permutation(len(training))[:n]]
    # All 10 000 training digits make the means: the judging digits are not among them.
    means = np.stack([training[labels == digit].mean(axis=0) for digit in range(10)])  # (10, 28, 28, 1)
    sets = {
        "other real digits": others,
        "the same, blurred by 1 pixel": blurred(others, 1.0),
        "the same, blurred by 2 pixels": blurred(others, 2.0),
        "ten class means": np.repeat(means, n // 10, axis=0),
        "one mean image": np.repeat(training.mean(axis=0, keepdims=True), n, axis=0),
        "black": np.full_like(others, -1.0),
    }
    flat = {name: images.reshape(len(images), -1) for name, images in sets.items()}
    return {name: rounded(metrics.wasserstein1(judged_by.reshape(n, -1), images)) for name, images in flat.items()}


def blurred(images, sigma):
    """Each image by itself, and black beyond its edge: (n, 28, 28, 1)."""
    return gaussian_filter(images, (0, sigma, sigma, 0), mode="constant", cval=-1.0)


def main(arguments=None):
    asked = options("pixel_distance", __doc__, arguments, steps=500, seeds=10)  # steps: digits in a set
    cases = [{"seed": seed, "n": asked.steps} for seed in asked.seeds]
    asked.make(cases, distances)


if __name__ == "__main__":
    main()
