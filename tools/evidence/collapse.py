"""Mode collapse on the ring of eight Gaussians: penalties, chapter 1's knob, a uniform ring and two real sets.

    python tools/evidence/collapse.py --out gancode/experiments/kept/collapse.json

The seeds of a case train side by side in one model (`ensembles.ensemble`): none sees another's samples or weights.
"""

import argparse

import keras
import numpy as np

from gancode import data, metrics, models
from gancode.experiments.ensembles import ensemble, reinitialise
from gancode.experiments.results import Results, command_line
from gancode.variants import METHODS

SIGMA = 0.02 / 1.414  # of each Gaussian
RADIUS = float(np.linalg.norm(data.EIGHT_CENTRES[0]))  # of the ring
SAMPLES = 1000

FAST, SLOW = 1e-3, 2e-4
PLAIN = {"latent": 16, "rates": [FAST, FAST], "n_critic": 1}  # rates: of the critic and of the generator
KNOB = PLAIN | {"latent": 2, "rates": [FAST, SLOW]}
MAIN = [
    PLAIN | {"method": "GAN", "weight": None},
    PLAIN | {"method": "GAN-GP", "weight": 1.0},
    PLAIN | {"method": "R1", "weight": 0.1},
    PLAIN | {"method": "DRAGAN", "weight": 1.0},
    PLAIN | {"method": "WGAN-GP", "weight": 0.1},
    KNOB | {"method": "GAN", "weight": None},
    PLAIN | {"method": "GAN", "weight": None, "latent": 2},
    PLAIN | {"method": "GAN", "weight": None, "rates": [FAST, SLOW]},
    KNOB | {"method": "GAN-GP", "weight": 1.0},
    KNOB | {"method": "R1", "weight": 0.1},
    PLAIN | {"method": "WGAN-GP", "weight": 0.1, "n_critic": 5},
]
SWEEP = [
    PLAIN | {"method": method, "weight": weight}
    for method in ("GAN-GP", "R1", "DRAGAN", "WGAN-GP")
    for weight in (0.01, 0.1, 1.0, 10.0)
]
KNOBS = [KNOB | {"method": "GAN", "weight": None, "rates": [d, g]} for d in (FAST, SLOW) for g in (FAST, SLOW)]
LONGER = [MAIN[k] for k in (1, 2, 5, 0)]  # GAN-GP, R1, the knob, GAN


def scores(samples, test=None):
    """What is said of one set of points (n, 2): modes and fractions within 3 and 7 sigma, and W1 to the test points."""
    distances = np.linalg.norm(samples[:, None] - data.EIGHT_CENTRES, axis=-1)  # (n, 8)
    found = {}
    for sigmas in (3, 7):
        good = distances <= sigmas * SIGMA  # (n, 8), no two modes at once
        at_each = good.mean(axis=0)
        found[f"modes_{sigmas}"] = int((at_each > 0).sum())
        found[f"modes_{sigmas}_2_percent"] = int((at_each >= 0.02).sum())
        found[f"fraction_{sigmas}"] = round(float(at_each.sum()), 4)
    if test is not None:
        found["w1"] = round(metrics.wasserstein1(samples, test), 4)
    return found


def together(several):
    """[{"w1": 1}, {"w1": 2}] as {"w1": [1, 2]}."""
    return {name: [each[name] for each in several] for name in several[0]}


def train(method, weight, latent, rates, n_critic, seeds, steps, batch_size=128):
    """One case: what `scores` says at the end, a list over seeds, and the fractions at two earlier looks."""
    generators = [reinitialise(models.mlp_generator(2, 128, latent, 2), seed + 0.5) for seed in seeds]
    critics = [reinitialise(models.mlp_critic(2, 128), seed) for seed in seeds]
    settings = {} if weight is None else {"penalty_weight": weight}
    trainer = METHODS[method].trainer(ensemble(generators), ensemble(critics), seed=seeds[0], **settings)
    # The loss is a mean over all members, so each one's gradient is a part of its own. Adam divides that factor out,
    # but for its epsilon, which therefore gets it too.
    adams = [keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-7 / len(seeds)) for rate in rates]
    trainer.compile(*adams, steps_per_execution=max(1, min(100, steps // 6)))
    eight = data.eight_gaussians(20_000, seed=0)
    dealt = data.batches(eight, batch_size * len(seeds), n_critic, seed=seeds[0])
    looks = []
    for part in (4, 1, 1):  # looks after 4/6, 5/6 and all of the steps
        trainer.fit(dealt, steps_per_epoch=part * steps // 6, verbose=0)
        z = keras.random.normal((len(seeds) * SAMPLES, latent), seed=1)
        looks.append(np.reshape(trainer.generator(z, training=False), (len(seeds), SAMPLES, 2)))
    end = together([scores(fakes, data.eight_gaussians(SAMPLES, seed=1)) for fakes in looks[-1]])
    earlier = [[scores(fakes)["fraction_7"] for fakes in look] for look in looks[:-1]]
    return end | {"fraction_7_earlier": earlier}


def baseline(name, seeds):
    """What no training gives: a uniform ring, other real points, and the points of every second mode only."""
    several = []
    for seed in seeds:
        turn = np.random.default_rng(seed).uniform(0, 2 * np.pi, SAMPLES)
        real = data.eight_gaussians(2 * SAMPLES + 200, seed=100 + seed)
        mode = np.linalg.norm(real[:, None] - data.EIGHT_CENTRES, axis=-1).argmin(axis=1)
        sets = {
            "uniform ring": RADIUS * np.stack([np.cos(turn), np.sin(turn)], axis=1),
            "two real sets": real[:SAMPLES],
            "every second mode": real[mode % 2 == 0][:SAMPLES],
        }
        several.append(scores(sets[name], data.eight_gaussians(SAMPLES, seed=1)))
    return together(several)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3000, help="generator steps, a multiple of 6, of 600 from 600 on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--sweep-seeds", type=int, nargs="+", default=[5, 6])
    parser.add_argument("--longer-steps", type=int, help="of some main cases once more, after all others")
    parser.add_argument("--longer-seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--knob-steps", type=int, help="of chapter 1's four pairs of rates, after all others")
    parser.add_argument("--only", type=int, help="so many of the main cases and of the sweep")
    parser.add_argument("--out", required=True)
    given = parser.parse_args(arguments)
    made_by = command_line("python tools/evidence/collapse.py", arguments)
    results = Results(given.out, made_by)
    for name in ("uniform ring", "two real sets", "every second mode"):
        results.add({"baseline": name, "seeds": given.seeds}, lambda name=name: baseline(name, given.seeds))
    groups = [(MAIN, given.seeds, given.steps), (SWEEP, given.sweep_seeds, given.steps)]
    if given.longer_steps:
        groups.append((LONGER, given.longer_seeds, given.longer_steps))
    if given.knob_steps:
        groups.append((KNOBS, given.seeds, given.knob_steps))
    for group, seeds, steps in groups:
        results.add_all([case | {"seeds": seeds, "steps": steps} for case in group[: given.only]], train_case)


def train_case(**case):
    keras.backend.clear_session()  # or the graphs of all cases would stay in memory
    return train(**case)


if __name__ == "__main__":
    main()
