"""What real digits get from each score, by how many there are: no generator can be expected below. Row 1 of LEDGER.md.

    python tools/evidence/floors.py --out gancode/experiments/kept/floors.json

Training digits are those that generators train on; test digits are the 2 000 that travel with the book.
"""

import argparse

import numpy as np

from gancode import data, metrics
from gancode.experiments.results import Results, command_line

SIZES = {"training": (500, 1000, 2000, 5000, 10_000), "test": (500, 1000, 2000)}


def floors(digits, n, draws):
    """Lists of a score a draw of n real digits, without putting back."""
    seen, reference = (
        metrics.classified(data.mnist({"training": "train"}.get(digits, digits))),
        metrics.reference_digits(),
    )
    training = metrics.classified(data.mnist()).features
    found = {"frechet": [], "kernel": [], "precision": [], "recall": [], "imbalance": [], "nearer_training": []}
    for draw in range(draws):
        chosen = np.random.default_rng(draw).permutation(len(seen.classes))[:n]
        some = metrics.Classified(seen.features[chosen], seen.classes[chosen])
        among = metrics.precision_recall(some.features, reference.features[:n])
        scores = [
            metrics.frechet_digit_distance(some, reference),
            metrics.kernel_distance(some.features, reference.features),
            *among,
            metrics.class_imbalance(some, reference),
            metrics.nearer_fraction(some.features, training, reference.features),
        ]
        for values, score in zip(found.values(), scores, strict=True):
            values.append(float(f"{score:.4g}"))
    return found


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="NAME.json; what is in it is not made again")
    parser.add_argument("--draws", type=int, default=10, help="of each size; one where all digits are drawn")
    parser.add_argument("--most", type=int, default=10_000, help="digits in a draw")
    asked = parser.parse_args(arguments)
    cases = [
        {"digits": digits, "n": n, "draws": 1 if n == SIZES[digits][-1] else asked.draws}
        for digits, sizes in SIZES.items()
        for n in sizes
        if n <= asked.most
    ]
    Results(asked.out, command_line("python tools/evidence/floors.py", arguments)).add_all(cases, floors)


if __name__ == "__main__":
    main()
