"""Critics of twelve layers, clipped and penalised: what arrives at each layer, and which way up they are.

    python -m tools.evidence.twelve_layers --out gancode/experiments/kept/twelve_layers.json

Chapter 4's networks and settings, five seeds side by side, longer, and with every bound and weight in question.
"""

import math

import keras
import numpy as np

from gancode import data, metrics, models, penalty, probes, trainers
from gancode.experiments import ensembles
from tools.evidence.shell import options, rounded

DEPTH, WIDTH, RATE, BATCH = 12, 128, 1e-3, 64
LOOKS = (0, 1, 50, 200, 500, 1000)


class Looks(probes.Every):
    """Callback: what each critic says and what arrives at its layers, at LOOKS and after the last step.

    seen: a dict a look: norms (seeds, 13), layer 1 first; estimates, mean slopes and exact W1, (seeds,) each.
    """

    def __init__(self, critics, real, steps):
        super().__init__(1)
        self.critics, self.real, self.at, self.seen = critics, real, {*LOOKS, steps}, {}

    def record(self, step):
        if step in self.at:
            ensembles.unstack(self.model.critic, self.critics)
            self.seen[step] = [look_at(critic, self.real, fake) for critic, fake in self.pairs()]

    def pairs(self):
        return zip(self.critics, ensembles.fakes_for(self.model, self.critics, self.real), strict=True)


def look_at(critic, real, fake):
    """One critic's numbers. The slope is the mean at the samples and at their interpolates, as in `ensembles.Run`."""
    places = np.concatenate([real, fake, penalty.interpolate(real, fake, seed=0)])
    return {
        "norms": rounded(probes.layer_gradient_norms(critic, real, fake), 3),
        "estimate": rounded(np.mean(critic(real)) - np.mean(critic(fake))),
        "slope": rounded(np.mean(penalty.gradient_norms(critic, places))),
        "exact": rounded(metrics.wasserstein1(real, fake)),
    }


def train(seeds, steps, clip=None, penalty_weight=None, generator="learns", mean_square=0.0, optimiser="paper"):
    """Several seeds side by side: {"steps": [...], "seeds": [[a dict of `look_at` a look], ...]}.

    Args:
        seeds: which.
        steps: generator steps, one critic step each.
        clip, penalty_weight: exactly one of them.
        generator: "learns", or "stands still", which is the roll plus unit noise.
        mean_square: where RMSProp's running mean starts: Keras's at 0, TensorFlow 1's at 1.
        optimiser: "paper", or "RMSProp" for the penalty as well.
    """
    roll = data.swiss_roll(20_000, seed=0)
    real, rest = roll[:512], roll[512:]
    critics = [ensembles.reinitialise(models.mlp_critic(DEPTH, WIDTH), seed) for seed in seeds]
    if generator == "learns":
        fakes = [ensembles.reinitialise(models.mlp_generator(4, WIDTH), seed + 0.5) for seed in seeds]
        fakes = ensembles.ensemble(fakes)
    else:
        fakes = models.noisy_samples(rest)
    wgan = ensembles.side_by_side(critics, fakes, clip, penalty_weight, RATE)
    if optimiser == "RMSProp":
        wgan.compile(*(trainers.WGAN.default_optimizer(wgan, RATE) for _ in range(2)))
    if mean_square:
        for each in (wgan.critic_optimizer, wgan.generator_optimizer):
            start_at(each, mean_square)
    looks = Looks(critics, real, steps)
    batches = data.batches(rest, BATCH * len(seeds), 1, seed=0)
    wgan.fit(batches, steps_per_epoch=steps, callbacks=looks, verbose=0)
    return {"steps": list(looks.seen), "seeds": list(zip(*looks.seen.values(), strict=True))}


def start_at(rmsprop, value):
    """Where RMSProp's mean squares start: TensorFlow 1 made that slot with ones, Keras makes it with zeros."""
    for velocity in rmsprop._velocities:
        velocity.assign(np.full(velocity.shape, value))


class KernelsOnly(trainers.WGAN):
    """WGAN that leaves batch norm's scales and offsets as they are: another method than the paper's, for a control."""

    def constrain(self):
        for layer in self.critic.layers:
            if hasattr(layer, "kernel"):
                penalty.clip_weights(layer, self.clip)


def train_one(seed, steps, clip, norm=None, clipped="all"):
    """One critic of twelve layers, clipped, with batch norm after each hidden layer or without: norms and estimate.

    The ensembles know of no norm layers, so this one trains alone. clipped: "all", or "kernels" and biases.
    """
    roll = data.swiss_roll(20_000, seed=0)
    real, rest = roll[:512], roll[512:]
    keras.utils.set_random_seed(seed)
    trainer = trainers.WGAN if clipped == "all" else KernelsOnly
    wgan = trainer(models.mlp_generator(4, WIDTH), deep_critic(norm), clip=clip, seed=seed)
    wgan.compile(*(wgan.default_optimizer(RATE) for _ in range(2)), steps_per_execution=math.gcd(steps // 2, 50))
    looks = []
    for epoch in range(3):
        if epoch:
            wgan.fit(data.batches(rest, BATCH, 1, seed=seed), steps_per_epoch=steps // 2, verbose=0)
        fake = wgan.generate(len(real), seed=0)
        norms = probes.layer_gradient_norms(wgan.critic, real, fake)
        # each in a batch of its own and as in training, or with batch norm it would be another critic
        estimate = np.mean(wgan.critic(real, training=True)) - np.mean(wgan.critic(fake, training=True))
        exact = metrics.wasserstein1(real, fake)
        looks.append({"norms": rounded(norms, 3), "estimate": rounded(estimate), "exact": rounded(exact)})
    return {"steps": [0, steps // 2, steps], "looks": looks}


def deep_critic(norm):
    network = [keras.Input((2,))]
    for _ in range(DEPTH):
        network.append(keras.layers.Dense(WIDTH, kernel_initializer="he_uniform"))
        if norm == "batch":
            network.append(keras.layers.BatchNormalization(momentum=0.9))
        network.append(keras.layers.ReLU())
    return keras.Sequential([*network, keras.layers.Dense(1)], name="critic")


def main(arguments=None):
    asked = options("twelve_layers", __doc__, arguments, steps=1000)
    common = {"seeds": asked.seeds, "steps": asked.steps}
    weights = [{"penalty_weight": weight} for weight in (1.0, 10.0, 0.1)]
    still = {"steps": max(1, asked.steps * 3 // 10), "generator": "stands still"}
    stands = [still | each for each in [*weights, {"clip": 0.1}]]
    # what has vanished stays so, and what has exploded: these need not go on as long
    shorter = [{"clip": 0.1, "mean_square": 1.0, "steps": asked.steps // 2}, {"clip": 1.0, "steps": asked.steps // 2}]
    shorter.append({"clip": 0.001, "steps": max(1, asked.steps // 5)})
    learns = [{"clip": 0.1}, {"clip": 0.01}, *weights[:2], *shorter, *stands, weights[2]]
    learns.append({"generator": "stands still", "penalty_weight": 10.0})  # and all of the steps: do they turn over?
    learns += [each | {"optimiser": "RMSProp"} for each in weights]
    further = [[first + seed for seed in asked.seeds] for first in (5, 10, 15)]
    learns += [stands[1] | {"seeds": seeds} for seeds in further]  # which way up, of twenty
    asked.make([common | each for each in learns], train)
    alone = [
        {"seed": seed, "steps": max(2, asked.steps // 5), "clip": clip, "norm": norm}
        for clip in (0.1, 0.01)
        for norm in (None, "batch")
        for seed in asked.seeds[:3]
    ]
    alone += [each | {"clipped": "kernels"} for each in alone if each["norm"]]
    asked.make(alone, train_one)


if __name__ == "__main__":
    main()
