"""Critics of digits, clipped and penalised: what arrives at their first layer, and what batch norm does to a clip.

python -m tools.evidence.digit_critics --out gancode/experiments/kept/digit_critics.json
"""

import math

import keras
import numpy as np

from gancode import data, metrics, models, probes, trainers
from tools.evidence.shell import options, rounded

RATE = 5e-4
CRITICS = {
    "clip": (trainers.WGAN, None),
    "clip, batch norm": (trainers.WGAN, "batch"),
    "penalty": (trainers.WGANGP, None),
}


def train(seed, steps, critic, samples=2000):
    """One run on digits, five critic steps a generator step, all at one rate.

    Args:
        seed: of all.
        steps: generator steps.
        critic: of CRITICS.
        samples: how many are judged.

    Returns:
        A dict: gradient norms by layer before, half-way and after; the fraction of clipped weights at the ends of their
        range; and the distance of the samples to the reference, half-way and after.
    """
    digits = data.mnist()
    trainer_class, norm = CRITICS[critic]
    keras.utils.set_random_seed(seed)
    wgan = trainer_class(models.conv_generator(), models.conv_critic(norm=norm), seed=seed)
    half = steps // 2
    wgan.compile(*(wgan.default_optimizer(RATE) for _ in range(2)), steps_per_execution=math.gcd(half, 50))
    probe = probes.CriticProbe(digits[:256], every=half)
    distances = []
    for _ in range(2):
        dealt = data.batches(digits, batch_size=64, n_critic=5, seed=seed)
        wgan.fit(dealt, steps_per_epoch=half, callbacks=[probe], verbose=0)
        seen = wgan.generate(samples, seed=0)
        distances.append(metrics.frechet_digit_distance(seen, metrics.reference_digits()))
    at_ends = probes.saturated_fraction(np.array(probe.weights), wgan.clip) if wgan.clip else []
    found = {"norms": probe.norms, "at_ends": at_ends, "frechet": distances}
    return {"steps": probe.steps} | {name: rounded(values) for name, values in found.items()}


def main(arguments=None):
    asked = options("digit_critics", __doc__, arguments, steps=200, seeds=5)
    cases = [{"seed": seed, "steps": asked.steps, "critic": critic} for seed in asked.seeds for critic in CRITICS]
    asked.make(cases, train)


if __name__ == "__main__":
    main()
