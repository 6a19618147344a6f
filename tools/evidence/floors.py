"""What real digits get from each score, by how many there are: no generator can be expected below. Row 1 of LEDGER.md.

    python tools/evidence/floors.py --out gancode/experiments/kept/floors.json

Training digits are those that generators train on; test digits are the 2 000 that travel with the book.
"""

import argparse

import numpy as np

from gancode import metrics
from gancode.experiments.results import Results, command_line
from gancode.experiments.scoreboard import bundled, judged

SIZES = {"training": (500, 1000, 2000, 5000, 10_000), "test": (500, 1000, 2000)}
SPLITS = {"training": "train", "test": "test"}
SCORES = ("frechet", "kernel", "precision", "recall", "imbalance", "nearer_training")


def floors(digits, n, draws):
    """Lists of a score a draw of n real digits, without putting back."""
    seen, found = bundled(SPLITS[digits]), {name: [] for name in SCORES}
    for draw in range(draws):
        chosen = np.random.default_rng(draw).permutation(len(seen.classes))[:n]
        scores = judged(metrics.Classified(seen.features[chosen], seen.classes[chosen]))
        for name, values in found.items():
            values.append(float(f"{scores[name]:.4g}"))
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
