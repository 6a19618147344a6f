"""Is a distance that grows the drawing's, or the mix of the ten digits? Row 7 of LEDGER.md, on the race's generators.

    python -m tools.evidence.class_mix --folder RACE --out gancode/experiments/kept/class_mix.json

RACE is the folder of `tools/evidence/race.py`: METHOD RATE SEED/STEP.npz.
"""

import argparse
import pathlib

import keras
import numpy as np

from gancode import metrics, models
from gancode.experiments.results import Results, command_line
from gancode.experiments.scoreboard import bundled
from gancode.variants import METHODS
from tools.evidence.race import weights
from tools.evidence.shell import rounded


def with_shares(classes, shares, n, rng):
    """Rows, about n, drawn without putting back so that each class has its share of them.

    Where a class has too few, all of it is taken and the others in proportion: fewer rows, the shares kept.
    """
    shares = np.asarray(shares, float) / np.sum(shares)
    there = np.bincount(classes, minlength=len(shares))
    wanted = shares > 0
    n = min(n, np.min(there[wanted] / shares[wanted]))
    return np.concatenate(
        [
            rng.choice(np.flatnonzero(classes == digit), int(n * share + 1e-9), replace=False)
            for digit, share in enumerate(shares)
        ]
    )


def mixed(folder, method, seed, learning_rate, critic_steps, samples, channels):
    """Frechet distances of a kept generator's samples: as drawn, with the reference's mix, and of real digits with its.

    Returns:
        A dict: "frechet" of so many samples; "balanced", of as many of three times as many, in the reference's mix;
        "real with its mix", of training digits, and "rows", how many these were, for classes can be short of digits;
        "shares" (10,). None is the distance of a mix that cannot be made, where no sample is taken for some digit.
    """
    step = critic_steps // METHODS[method].n_critic
    generator = models.conv_generator(channels=channels)
    generator.set_weights(weights(pathlib.Path(folder) / f"{method} {learning_rate} {seed}" / f"{step:06d}.npz"))
    latent = keras.random.normal((3 * samples, generator.input_shape[-1]), seed=1)
    drawn = metrics.classified(generator.predict(latent, batch_size=500, verbose=0))
    reference, training, rng = metrics.reference_digits(), bundled("train"), np.random.default_rng(seed)
    shares = np.bincount(drawn.classes, minlength=10) / len(drawn.classes)
    balanced = with_shares(drawn.classes, np.bincount(reference.classes, minlength=10), samples, rng)
    real = with_shares(training.classes, shares, samples, rng)
    found = {
        "frechet": drawn.features[:samples],
        "balanced": drawn.features[balanced],
        "real with its mix": training.features[real],
    }
    distances = {
        name: rounded(metrics.frechet_distance(x, reference.features)) if len(x) > 1 else None
        for name, x in found.items()
    }
    return distances | {"rows": [len(balanced), len(real)], "shares": rounded(shares)}


def main(arguments=None):
    parser = argparse.ArgumentParser("python -m tools.evidence.class_mix", description=__doc__)
    parser.add_argument("--folder", required=True, help="of the race's generators")
    parser.add_argument("--out", required=True, help="NAME.json; what is in it is not made again")
    parser.add_argument("--critic-steps", type=int, nargs="+", default=[10_000, 50_000])
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--channels", type=int, default=16)
    asked = parser.parse_args(arguments)
    cases = []
    for run in sorted(each for each in pathlib.Path(asked.folder).glob("* * *") if each.is_dir()):
        method, rate, seed = run.name.split(" ")
        for critic_steps in asked.critic_steps:
            if (run / f"{critic_steps // METHODS[method].n_critic:06d}.npz").exists():
                case = {"method": method, "seed": int(seed), "learning_rate": float(rate), "critic_steps": critic_steps}
                cases.append(case | {"samples": asked.samples, "channels": asked.channels})
    results = Results(asked.out, command_line("python -m tools.evidence.class_mix", arguments))
    results.add_all(cases, lambda **case: mixed(asked.folder, **case))


if __name__ == "__main__":
    main()
