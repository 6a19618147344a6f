"""Does WGAN's estimate follow the samples better than a GAN's losses do?

    python tools/evidence/follows.py --out gancode/experiments/kept/follows.json

Chapter 3's run on digits and chapter 1's, each looked at eight times, and the rank correlation of each curve with the
Frechet distance, of the losses as `fit` logs them (means of a stretch). The control is a curve that knows nothing of
the samples: minus the step's number.
"""

import argparse

import keras
import numpy as np
from scipy.stats import spearmanr

from gancode import data, metrics, models, probes, trainers
from gancode.experiments.results import Results, command_line

LOOKS = 8


def run(method, seed, steps, samples=1000):
    """Curves of eight numbers, and each one's rank correlation with the distance to the reference digits."""
    keras.utils.set_random_seed(seed)
    networks, n_critic = (models.conv_generator(), models.conv_critic()), {"GAN": 1, "WGAN": 5}[method]
    if method == "WGAN":
        trainer = trainers.WGAN(*networks, clip=0.01, seed=seed)
        trainer.compile(*(trainer.default_optimizer(5e-4) for _ in networks), steps_per_execution=steps // LOOKS)
        curves = {"estimate": "wasserstein"}
    else:
        trainer = trainers.GAN(*networks, seed=seed)
        trainer.compile(steps_per_execution=steps // LOOKS)
        curves = {"critic's loss": "critic_loss", "generator's loss": "generator_loss"}
    made = probes.Snapshots(every=steps // LOOKS, n=samples)
    dealt = data.batches(data.mnist(), batch_size=64, n_critic=n_critic, seed=seed)
    history = trainer.fit(dealt, LOOKS, steps // LOOKS, callbacks=[made], verbose=0).history
    reference = metrics.reference_digits()
    frechet = [metrics.frechet_digit_distance(images, reference) for images in made.frames[1:]]
    found = {name: history[logged] for name, logged in curves.items()} | {"minus the step": -np.arange(1.0, LOOKS + 1)}
    ranks = {name: round(float(spearmanr(curve, frechet).statistic), 4) for name, curve in found.items()}
    short = {name: [float(f"{value:.5g}") for value in curve] for name, curve in (found | {"frechet": frechet}).items()}
    return {"rank_correlation": ranks, "curves": short}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400, help="generator steps, a multiple of 8")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", required=True)
    given = parser.parse_args(arguments)
    made_by = command_line("python tools/evidence/follows.py", arguments)
    cases = [
        {"method": method, "seed": seed, "steps": given.steps}
        for seed in range(given.seeds)
        for method in ("GAN", "WGAN")
    ]
    Results(given.out, made_by).add_all(cases, run)


if __name__ == "__main__":
    main()
