"""Vanishing or noisy? The generator's gradients from discriminators of several seeds, as they get better.

    python tools/evidence/noise.py --out gancode/experiments/kept/noise.json

The generator stands still. Arjovsky and Bottou 2017 say: as D nears its best, the minimax gradient vanishes, and that
of -log D is noise, for it depends on D's error. So the noise is looked for between D's, not between batches of fakes.
"""

import argparse

import keras
import numpy as np
import tensorflow as tf

from gancode import data, losses, models, trainers
from gancode.experiments.ensembles import reinitialise
from gancode.experiments.results import Results, command_line

LOSSES = {
    "GAN": {"saturating": losses.saturating, "non-saturating": losses.non_saturating},
    "WGAN-GP": {"wasserstein": losses.wasserstein},
}
FAKES = 512
EARLIER = 20  # steps before


def discriminators(method, seed, looks, last):
    """The critic's weights at each look and 20 steps before, [(before, now), ...], against a generator at rest."""
    generator = reinitialise(models.mlp_generator(2, 128, latent_dim=16), 0.5)  # the same for every seed of D
    critic = reinitialise(models.mlp_critic(2, 128), seed)
    trainer = {"GAN": trainers.GAN, "WGAN-GP": trainers.WGANGP}[method](generator, critic, seed=seed)
    adam = keras.optimizers.Adam(1e-3, beta_1=0.5)
    trainer.compile(adam, keras.optimizers.SGD(0.0), steps_per_execution=5)
    dealt = data.batches(data.eight_gaussians(20_000, seed=0), 256, n_critic=1, seed=seed)
    pairs, made = [], 0
    for look in (*looks, last):
        pair = []
        for step in (look - EARLIER, look):
            trainer.fit(dealt, steps_per_epoch=step - made, verbose=0)
            made = step
            pair.append(critic.get_weights())
        pairs.append(pair)
    return generator, critic, pairs


def gradients(loss, generator, critic, latent):
    """One critic's: of each fake (512, 2), without the mean's 1/512, and of all the generator's weights (n,)."""
    with tf.GradientTape(persistent=True) as tape:
        fakes = generator(latent)
        tape.watch(fakes)
        value = loss.generator(critic(fakes)) * len(latent)
    at_weights = tape.gradient(value, generator.trainable_weights)
    return tape.gradient(value, fakes).numpy(), np.concatenate([np.ravel(g) for g in at_weights]) / len(latent)


def cosine(a, b):
    """Of vectors along the last axis; in float64, for a saturated gradient's square is 0 in float32."""
    a, b = (v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-300) for v in (np.float64(a), np.float64(b)))
    return np.sum(a * b, axis=-1)


def agreement(vectors):
    """Mean cosine over all pairs of seeds. vectors: (seeds, ..., n)."""
    return np.mean([cosine(a, b).mean() for i, a in enumerate(vectors) for b in vectors[:i]])


def measure(method, seeds, looks):
    """What each loss's gradients are like at each look; numbers, or lists over the seeds."""
    latent = keras.random.normal((FAKES, 16), seed=7)
    grown = [discriminators(method, seed, looks[:-1], looks[-1]) for seed in seeds]
    table = []
    for i, look in enumerate(looks):
        row = {"step": look}
        for name, loss in LOSSES[method].items():
            now, before, scores = [], [], []
            for generator, critic, pairs in grown:
                for weights, kept in zip(pairs[i], (before, now), strict=True):
                    critic.set_weights(weights)
                    kept.append(gradients(loss, generator, critic, latent))
                scores.append(critic(generator(latent)).numpy())
            row["median_score_at_fakes"] = round(float(np.median(scores)), 2)
            for where, k in (("fakes", 0), ("weights", 1)):
                these, those = (np.stack([each[k] for each in several]) for several in (now, before))
                spread, signal = np.sqrt(these.var(axis=0).sum(-1)), np.linalg.norm(these.mean(axis=0), axis=-1)
                row[f"{name}, {where}"] = {
                    "median_length": float(f"{np.median(np.linalg.norm(these, axis=-1)):.4g}"),
                    "cosine_over_seeds": round(float(agreement(these)), 4),
                    "cosine_over_steps": round(float(cosine(these, those).mean()), 4),
                    "noise_to_signal": round(float(np.mean(spread / signal)), 4),
                }
        table.append(row)
    return table


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--looks", type=int, nargs="+", default=[25, 100, 400, 1600], help="steps, more than 20 apart")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", required=True)
    given = parser.parse_args(arguments)
    made_by = command_line("python tools/evidence/noise.py", arguments)
    cases = [{"method": method, "seeds": list(range(given.seeds)), "looks": given.looks} for method in LOSSES]
    Results(given.out, made_by).add_all(cases, measure)


if __name__ == "__main__":
    main()
