"""The race of chapter 6: as `python -m gancode scoreboard`, and of every run the generators through training are kept.

    python tools/evidence/race.py --folder runs --out race.json

goes on where it was cut off, in the middle of a run too. Each method has the learning rate that the sweep found for it,
as LEDGER.md says.
"""

import argparse
import functools
import pathlib

import keras
import numpy as np

from gancode.experiments import scoreboard
from gancode.experiments.results import Results, command_line
from gancode.variants import BOOK, METHODS


class Generators(keras.callbacks.Callback):
    """Callback: after each epoch write both generators' weights to FOLDER/STEP.npz, for films and other scores."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch, logs=None):
        weights = {f"{i:02d}": weight for i, weight in enumerate(self.model.generator.get_weights())}
        if self.model.average is not None:
            weights |= {f"ema_{i:02d}": weight for i, weight in enumerate(self.model.average.get_weights())}
        np.savez(self.folder / f"{int(self.model.steps.numpy()):06d}.npz", **weights)


def weights(path, average=False):
    """What `Generators` wrote into PATH, as Keras lists it: the generator's weights, or those of its average."""
    with np.load(path) as arrays:
        own = [name for name in sorted(arrays) if name.removeprefix("ema_").isdigit()]
        return [arrays[name] for name in own if name.startswith("ema_") == average]


def scores(folder, **case):
    """As `scoreboard.scores`, with a checkpoint and generators in FOLDER/METHOD RATE SEED/."""
    folder = pathlib.Path(folder) / f"{case['method']} {case['learning_rate']} {case['seed']}"
    folder.mkdir(parents=True, exist_ok=True)
    return scoreboard.scores(**case, callbacks=Generators(folder), checkpoint=folder / "run.weights.h5")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="NAME.json; runs that are in it are not made again")
    parser.add_argument("--folder", required=True, help="of checkpoints and generators")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=BOOK)
    parser.add_argument("--learning-rates", nargs="+", type=float, required=True, help="of each method its own")
    parser.add_argument("--steps", type=int, default=10_000, help="generator steps of the methods with n_critic 5")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--n-evals", type=int, default=20)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    asked = parser.parse_args(arguments)
    if len(asked.learning_rates) != len(asked.methods):
        parser.error(f"--learning-rates: expected {len(asked.methods)}, one for each of {' '.join(asked.methods)}")
    cases = [
        {"method": method, "seed": seed, "learning_rate": learning_rate, "channels": asked.channels, "ema": 0.999}
        | {"n_evals": asked.n_evals, "samples": asked.samples}
        | {"steps": scoreboard.for_equal_critics(method, asked.steps)}
        for seed in range(asked.seeds)
        for method, learning_rate in zip(asked.methods, asked.learning_rates, strict=True)
    ]
    made_by = command_line("python tools/evidence/race.py", arguments)
    Results(asked.out, made_by).add_all(cases, functools.partial(scores, asked.folder), asked.jobs)


if __name__ == "__main__":
    main()
