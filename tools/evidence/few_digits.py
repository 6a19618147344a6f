"""Does a critic, or its generator, remember digits when there are few? Beside it the same with many.

    python -m tools.evidence.few_digits --out gancode/experiments/kept/few_digits.json

Chapter 6's run: WGAN-GP on 200 digits. The control trains on all 10 000, and is asked about the same 200.
"""

import math

import keras
import numpy as np

from gancode import data, metrics, models, trainers
from tools.evidence.shell import options, rounded

FEW, RATE, LOOKS = 200, 1e-3, 4


def train(seed, steps, few):
    """One run of WGAN-GP, looked at four times.

    Args:
        seed: of all, and of which digits are the few.
        steps: generator steps, five critic steps each.
        few: whether it trains on FEW digits, or on 9 000, these among them.

    Returns:
        A dict of (LOOKS,): what its critic says of the few and of 1 000 digits that no run trains on, each less what it
        says of its fakes; and the fraction of 1 000 samples that are nearer, in the classifier's features, to the few
        than to as many of the unseen.
    """
    digits = data.mnist()
    order = np.random.default_rng(seed).permutation(len(digits))
    unseen, others = digits[order[:1000]], digits[order[1000:]]
    asked_about = others[:FEW]
    features = {name: metrics.digit_features(x) for name, x in (("few", asked_about), ("unseen", unseen[:FEW]))}
    keras.utils.set_random_seed(seed)
    wgan = trainers.WGANGP(models.conv_generator(), models.conv_critic(), seed=seed)
    stretch = steps // LOOKS
    wgan.compile(*(wgan.default_optimizer(RATE) for _ in range(2)), steps_per_execution=math.gcd(stretch, 40))
    dealt = data.batches(asked_about if few else others, n_critic=5, seed=seed)
    found = {"few": [], "unseen": [], "nearer": []}
    for _ in range(LOOKS):
        wgan.fit(dealt, steps_per_epoch=stretch, verbose=0)
        samples = wgan.generate(1000, seed=0)
        of_samples, of_few, of_unseen = (value(wgan.critic, x) for x in (samples, asked_about, unseen))
        found["few"].append(of_few - of_samples)
        found["unseen"].append(of_unseen - of_samples)
        seen = metrics.digit_features(samples)
        found["nearer"].append(metrics.nearer_fraction(seen, features["few"], features["unseen"]))
    return {"steps": [(look + 1) * stretch for look in range(LOOKS)]} | {
        name: rounded(values) for name, values in found.items()
    }


def value(critic, images):
    """The critic's mean score."""
    return float(np.mean(critic.predict(images, batch_size=500, verbose=0)))


def main(arguments=None):
    asked = options("few_digits", __doc__, arguments, steps=160, seeds=6)
    cases = [{"seed": seed, "steps": asked.steps, "few": few} for seed in asked.seeds for few in (True, False)]
    asked.make(cases, train)


if __name__ == "__main__":
    main()
