"""Train seven pairs of networks for digits with each method: what chapter 6 keeps of the paper's Figure 2.

    python tools/evidence/architectures.py --steps 20000 --seeds 3 --learning-rate 2e-4 --out architectures.json

made the files architectures*.json in gancode/experiments/kept/, and goes on where it was cut off.
"""

import argparse

import numpy as np

from gancode.experiments import scoreboard
from gancode.experiments.architectures import NAMES, pair
from gancode.experiments.results import Results, command_line
from gancode.trainers import NotFiniteError
from gancode.variants import BOOK


def train(architecture, method, seed, steps, learning_rate, channels=16, n_evals=2):
    """As `scoreboard.train`, for one pair; diverged: at which step it met NaN, or None; images: 8, from 0 to 255."""
    norm = "layer" if method == "WGAN-GP" else "batch"
    try:
        run = scoreboard.train(method, seed, steps, learning_rate, lambda: pair(architecture, channels, norm), n_evals)
    except NotFiniteError as error:
        return {"diverged": str(error)}
    images = np.rint(127.5 * (run["images"][:8, ..., 0] + 1)).astype(int)  # (8, 28, 28)
    return run | {"diverged": None, "images": images.tolist()}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architectures", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--methods", nargs="+", choices=BOOK, default=BOOK)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20_000, help="generator steps of the methods with n_critic 5")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, required=True, help="of all methods")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--out", required=True, help="NAME.json; runs that are in it are not made again")
    options = parser.parse_args(arguments)
    cases = [
        {"architecture": architecture, "method": method, "seed": seed, "learning_rate": options.learning_rate}
        | {"channels": options.channels, "steps": scoreboard.for_equal_critics(method, options.steps)}
        for seed in range(options.seeds)
        for architecture in options.architectures
        for method in options.methods
    ]
    made_by = command_line("python tools/evidence/architectures.py", arguments)
    Results(options.out, made_by).add_all(cases, train, options.jobs)


if __name__ == "__main__":
    main()
