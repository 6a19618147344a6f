"""What critics say of the plane, and where their weights are: one optimiser and one rate for clip and penalty.

    python -m tools.evidence.surfaces --out gancode/experiments/kept/surfaces.json

Chapter 5's critics of three layers against fakes that stand still, five seeds side by side.
"""

import keras
import numpy as np
import tensorflow as tf

from gancode import data, models, probes
from gancode._training.base import no_note_of_retracing
from gancode.experiments import ensembles
from tools.evidence.shell import options, rounded
from tools.evidence.twelve_layers import start_at

DEPTH, WIDTH, BATCH = 3, 64, 128
OPTIMISERS = {
    "Adam": lambda rate: keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.9),
    "RMSProp": lambda rate: keras.optimizers.RMSprop(rate, epsilon=1e-10),
}


def train(
    seeds, steps, dataset, optimiser, rate, clip=None, penalty_weight=None, init="he", mean_square=0.0, looks=(1, 1000)
):
    """Several seeds side by side, by one optimiser: a dict of what `measure` and `of_weights` find.

    Args:
        seeds: which.
        steps: critic steps.
        dataset: of `gancode.data`.
        optimiser, rate: of OPTIMISERS, for whatever constraint.
        clip, penalty_weight: exactly one of them.
        init: "he", or "uniform" in the clip range.
        mean_square: where RMSProp's running mean starts, see `start_at`.
        looks: the steps after which weights are looked at, besides 0 and the last.
    """
    samples = getattr(data, dataset)(20_000, seed=0)
    bound = clip if init == "uniform" else None
    critics = [ensembles.reinitialise(models.mlp_critic(DEPTH, WIDTH), seed, bound) for seed in seeds]
    wgan = ensembles.side_by_side(critics, models.noisy_samples(samples[1000:]), clip, penalty_weight, rate)
    wgan.compile(OPTIMISERS[optimiser](rate), keras.optimizers.SGD(rate))  # the generator has nothing to learn
    if mean_square:
        start_at(wgan.critic_optimizer, mean_square)
    dealt = iter(data.batches(samples[1000:], BATCH * len(seeds), 1, seed=0))

    @tf.function  # `fit` goes back to Python at each step, which for networks as small takes longer than the step
    def many(dealt, steps):
        for _ in tf.range(steps):
            wgan.train_step(next(dealt))

    at, weights = [0], [kernels(wgan, critics)]
    for step in sorted({step for step in looks if step < steps} | {steps}):
        with no_note_of_retracing():  # each case has a function of its own
            many(dealt, tf.constant(step - at[-1]))
        at.append(step)
        weights.append(kernels(wgan, critics))
    fakes = ensembles.fakes_for(wgan, critics, samples[:1000])
    run = ensembles.Run(critics, samples[:1000], fakes, np.array(at), np.empty(0), np.empty(0))
    return {"steps": at, **measure(run, dataset), **of_weights(weights, clip)}


def kernels(wgan, critics):
    """The kernels of each seed's critic, as it is now: a list a seed."""
    ensembles.unstack(wgan.critic, critics)
    return [[layer.kernel.numpy() for layer in critic.layers] for critic in critics]


def measure(run, dataset):
    """Chapter 5's numbers, (seeds,) each."""
    slopes = run.slopes.mean(axis=1)
    found = {"estimate": run.estimates, "slope": slopes, "exact": run.exact, "part_of_w1": run.shares}
    pairs = zip(run.critics, run.fake, strict=True)
    found["cosine"] = [cosine_with_plan(critic, run.real, fake) for critic, fake in pairs]
    if dataset == "eight_gaussians":  # how far the modes stand above the middle of their ring, in units of length
        places = np.append(data.EIGHT_CENTRES, [[0.0, 0.0]], axis=0).astype(np.float32)
        values = np.array([critic(places).numpy().ravel() for critic in run.critics])  # (seeds, 9)
        found["hole"] = (values[:, :8].mean(axis=1) - values[:, 8]) / slopes
    return {name: rounded(values) for name, values in found.items()}


def cosine_with_plan(critic, real, fake):
    """Mean cosine between the input gradient at each fake and where the cheapest plan sends it."""
    import ot

    plan = ot.emd([], [], ot.dist(fake, real, metric="euclidean"))  # (fakes, reals)
    way = real[plan.argmax(axis=1)] - fake
    points = tf.constant(fake)
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    gradient = tape.gradient(scores, points).numpy()
    lengths = np.linalg.norm(way, axis=1) * np.linalg.norm(gradient, axis=1)
    return np.mean(np.sum(way * gradient, axis=1) / np.maximum(lengths, 1e-12))


def of_weights(weights, clip):
    """Of each look and seed: kurtosis of the hidden kernels, the largest move since the start, those at the ends."""

    def of_each(work):
        return [[work(seed, first) for seed, first in zip(look, weights[0], strict=True)] for look in weights]

    found = {
        "kurtosis": of_each(lambda seed, _: [kurtosis(kernel) for kernel in seed[1:-1]]),
        "largest_move": of_each(lambda seed, first: max(map(largest_difference, seed, first))),
    }
    if clip is not None:
        found["at_ends"] = of_each(lambda seed, _: at_ends(seed, clip))
    return {name: rounded(values, 4) for name, values in found.items()}


def largest_difference(a, b):
    return np.abs(a - b).max()


def at_ends(kernels_of_one, clip):
    """The fraction of all its weights at the ends of the clip range, or beyond them."""
    return probes.saturated_fraction(np.concatenate([kernel.ravel() for kernel in kernels_of_one]), clip)


def kurtosis(values):
    """E x^4 / (E x^2)^2, around 0: 1 for two spikes at the same distance, 1.8 uniform, 3 normal. It knows no scale."""
    squares = np.square(values.astype(np.float64))
    return np.mean(squares**2) / np.mean(squares) ** 2


def main(arguments=None):
    asked = options("surfaces", __doc__, arguments, steps=2000)
    common = {"seeds": asked.seeds, "steps": asked.steps}
    constraints = [{"clip": 0.01}, {"clip": 0.1}, {"penalty_weight": 1.0}]
    same = {name: [{"optimiser": name, "rate": 1e-3} | each for each in constraints] for name in OPTIMISERS}
    papers = {"optimiser": "RMSProp", "rate": 5e-5, "clip": 0.01, "looks": [1, 300, 1000]}
    starts = [papers | {"init": init, "mean_square": start} for init in ("he", "uniform") for start in (0.0, 1.0)]
    ring, roll = {"dataset": "eight_gaussians"}, {"dataset": "swiss_roll"}
    cases = [ring | each for each in same["Adam"] + starts] + [roll | each for each in same["Adam"]]
    cases += [ring | each for each in same["RMSProp"]] + [roll | starts[0]] + [roll | each for each in same["RMSProp"]]
    asked.make([common | each for each in cases], train)


if __name__ == "__main__":
    main()
