"""Does a penalised critic find the transport plan, where that is not the way to the nearest mode? And W1's floor.

    python tools/evidence/plan.py --out gancode/experiments/kept/plan.json

Chapter 4's critic and inner loop, on a ring whose modes have unequal mass. Then every critic, trained or not, and every
baseline is asked the same: how its slope and the exact plan agree, and how much of W1 it sees.
"""

import argparse

import keras
import numpy as np
import ot
import tensorflow as tf
from scipy.optimize import minimize

from gancode import data, losses, metrics, models, penalty
from gancode.experiments.results import Results, command_line

MASSES = np.array([1, 1, 1, 1, 7, 7, 7, 7])  # of 32: half of the ring is all but empty
N = 512


def sets(seed):
    """Real points (512, 2), as many at each mode as its mass says, and fakes (512, 2) in the middle."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(data.EIGHT_CENTRES, MASSES * N // MASSES.sum(), axis=0)
    real = centres + 0.02 / 1.414 * rng.standard_normal((N, 2))
    return real.astype(np.float32), (0.5 * rng.standard_normal((N, 2))).astype(np.float32)


def exact(real, fake):
    """(W1, where each fake goes (512, 2))."""
    plan, solved = ot.emd([], [], metrics.cdist(real, fake), log=True)
    return solved["cost"], real[plan.argmax(axis=0)]


def train(real, fake, weight, one_sided, seed, steps):
    """(the untrained critic, the trained one): the inner loop of Algorithm 1, as in chapter 4."""
    keras.utils.set_random_seed(seed)
    critic = models.mlp_critic(depth=3, width=64)
    untrained = keras.models.clone_model(critic)
    untrained.set_weights(critic.get_weights())
    adam = keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(2e-3, steps, 1e-5), beta_1=0.5, beta_2=0.9)
    adam.build(critic.trainable_weights)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = losses.wasserstein.critic(critic(real), critic(fake))
            pairs = real, tf.random.shuffle(fake)  # other pairs each time, as in training
            loss += weight * penalty.gradient_penalty(critic, *pairs, one_sided=one_sided)
        adam.apply(tape.gradient(loss, critic.trainable_weights), critic.trainable_weights)

    for _ in range(steps):
        step()
    return untrained, critic


def slope_of(f, x):
    """(n, 2), by TensorFlow of a network, by central differences of anything else."""
    if not isinstance(f, keras.Model):
        return np.stack([(f(x + h) - f(x - h)) / 2e-5 for h in 1e-5 * np.eye(2)], axis=1)
    x = tf.constant(x, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = f(x)
    return tape.gradient(scores, x).numpy()


def compare(f, real, fake):
    """How f agrees with the exact plan of these points, on its lines and at the fakes, and its fractions of W1."""
    w1, goal = exact(real, fake)
    t = np.random.default_rng(0).uniform(0.05, 0.95, size=(N, 1))
    found, along = {}, goal - fake
    for name, x in (("lines", (1 - t) * fake + t * goal), ("fakes", fake.astype(float))):
        slope = slope_of(f, x)
        length = np.linalg.norm(slope, axis=1)
        cosine = np.sum(slope * along, axis=1) / (length * np.linalg.norm(along, axis=1) + 1e-12)
        found |= {f"cosine_{name}": cosine.mean(), f"slope_{name}": length.mean()}
    estimate = np.mean(f(real)) - np.mean(f(fake))
    pairs = np.concatenate([(1 - t) * fake + t * np.roll(real, k, axis=0) for k in range(0, N, 64)])
    steepest = np.linalg.norm(slope_of(f, np.concatenate([real, fake, pairs])), axis=1).max()
    found |= {"fraction": estimate / found["slope_lines"] / w1, "bound": estimate / steepest / w1}
    return {name: round(float(value), 4) for name, value in found.items()}


def nearest(x):
    """Minus the distance to the nearest mode: 1-Lipschitz, and it knows the modes but not their mass."""
    return -np.linalg.norm(x[:, None] - data.EIGHT_CENTRES, axis=-1).min(axis=1)


def best_cone(real, fake):
    """f = |x - c| with the c that earns most. Far away c makes it linear."""

    def cone(c):
        return lambda x: np.linalg.norm(np.asarray(x, float) - c, axis=1)

    def lost(c):
        return np.mean(cone(c)(fake)) - np.mean(cone(c)(real))

    starts = [r * np.array([np.cos(a), np.sin(a)]) for r in (0.1, 1, 10) for a in np.arange(8) * np.pi / 4]
    best = min((minimize(lost, start, method="Nelder-Mead") for start in starts), key=lambda found: found.fun)
    return cone(best.x)


def baselines(seed):
    """`compare` of the cone |x|, of the best one and of `nearest`; and the cosine of the walk to the nearest mode."""
    real, fake = sets(seed)
    found = {"cone": lambda x: np.linalg.norm(x, axis=1), "best cone": best_cone(real, fake), "nearest": nearest}
    found = {name: compare(f, real, fake) for name, f in found.items()}
    w1, goal = exact(real, fake)
    walk = data.EIGHT_CENTRES[np.linalg.norm(fake[:, None] - data.EIGHT_CENTRES, axis=-1).argmin(axis=1)] - fake
    lengths = np.linalg.norm(walk, axis=1) * np.linalg.norm(goal - fake, axis=1)
    return found | {
        "walk": round(float(np.mean(np.sum(walk * (goal - fake), axis=1) / lengths)), 4),
        "w1": round(w1, 4),
    }


def critic(weight, one_sided, seed, steps):
    """`compare` of one critic before and after training, and after it on 512 fresh points with a plan of their own."""
    real, fake = sets(seed)
    untrained, trained = train(real, fake, weight, one_sided, seed, steps)
    fresh = compare(trained, *sets(1000 + seed))
    return {"untrained": compare(untrained, real, fake), "trained": compare(trained, real, fake), "fresh": fresh}


def floor(n, seed):
    """W1 of two sets of n points of the ring of eight."""
    return round(metrics.wasserstein1(*(data.eight_gaussians(n, seed=2 * seed + i) for i in range(2))), 4)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3, help="of every lambda; of lambda 10, two-sided, two more")
    parser.add_argument("--out", required=True)
    given = parser.parse_args(arguments)
    made_by = command_line("python tools/evidence/plan.py", arguments)
    results = Results(given.out, made_by)
    several = range(given.seeds + 2)
    results.add_all([{"seed": seed} for seed in several], baselines)
    results.add_all([{"n": n, "seed": seed} for n in (250, 500, 1000, 2000) for seed in several], floor)
    settings = [(10.0, False, seed) for seed in several]
    others = [(weight, sides) for weight in (10.0, 1.0, 100.0, 0.1) for sides in (False, True)][1:]
    settings += [(*each, seed) for each in others for seed in several[: given.seeds]]
    names = ("weight", "one_sided", "seed", "steps")
    results.add_all([dict(zip(names, (*each, given.steps), strict=True)) for each in settings], critic)


if __name__ == "__main__":
    main()
