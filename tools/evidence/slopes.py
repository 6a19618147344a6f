"""How steep bounded layers and penalised slopes are, by depth; and where the fake of the smallest game goes.

    python -m tools.evidence.slopes --out gancode/experiments/kept/slopes.json

Chapter 7's two claims of one seed each.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from gancode import data, dirac, losses, models, penalty, trainers, variants
from gancode._training.base import no_note_of_retracing
from tools.evidence.shell import options, rounded

PLAYERS = {
    "WGAN-GP": trainers.WGANGP,
    "DRAGAN": variants.DRAGAN,
    "GAN-GP": variants.GANGP,
    "SN-GAN": variants.SNGAN,
    "R1": variants.R1GAN,
}


def by_depth(seed, steps, method, depth):
    """Deciles 1, 5 and 9 of a critic's slopes between the ring and the ring with noise, and the greatest."""
    many = data.eight_gaussians(4096, seed=seed)
    keras.utils.set_random_seed(seed)
    networks = models.noisy_samples(many), models.mlp_critic(depth, 64)
    more = {"loss": losses.wasserstein} if method == "SN-GAN" else {}
    trainer = PLAYERS[method](*networks, seed=seed, **more)
    trainer.compile(keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.9), keras.optimizers.SGD(1e-3))
    step = tf.function(trainer.train_step)
    dealt = iter(data.batches(many, 128, seed=seed))
    with no_note_of_retracing():
        for _ in range(steps):
            step(next(dealt))
    between = penalty.interpolate(many[:512], trainer.generate(512, seed=0), seed=1)
    found = np.array(penalty.gradient_norms(lambda x: trainer.critic(x, training=False), between))
    return {"deciles": rounded(np.quantile(found, [0.1, 0.5, 0.9])), "greatest": rounded(found.max())}


def orbit(seed, steps, method, penalty_weight=None, n_critic=1):
    """How far the fake is from the data in the second half of its path: the least, the greatest, and the last."""
    theta, w = np.random.default_rng(seed).uniform(-1.5, 1.5, size=(2, 2))
    more = {} if penalty_weight is None else {"penalty_weight": penalty_weight}
    player = functools.partial(PLAYERS[method], seed=seed, **more)
    path = dirac.path(player, theta=theta, w=w, steps=steps, n_critic=n_critic)  # (steps + 1, 2, 2)
    radii = np.linalg.norm(path[len(path) // 2 :, 0], axis=1)
    return {"least": rounded(radii.min()), "greatest": rounded(radii.max()), "last": rounded(radii[-1])}


def main(arguments=None):
    asked = options("slopes", __doc__, arguments, steps=300)
    depths = [
        {"seed": seed, "steps": asked.steps, "method": method, "depth": depth}
        for seed in asked.seeds
        for method in ("SN-GAN", "WGAN-GP")
        for depth in (1, 4, 8)
    ]
    games = [{"method": "WGAN-GP", "penalty_weight": 1.0, "n_critic": n} for n in (1, 5)]
    games += [{"method": "WGAN-GP", "penalty_weight": 0.5, "n_critic": 1}]
    games += [{"method": name, "penalty_weight": 1.0, "n_critic": 1} for name in ("DRAGAN", "GAN-GP", "R1")]
    games += [{"method": "SN-GAN", "penalty_weight": None, "n_critic": 1}]
    orbits = [{"seed": seed, "steps": 4 * asked.steps} | game for game in games for seed in asked.seeds]
    asked.make(orbits, orbit)
    asked.make(depths, by_depth)


if __name__ == "__main__":
    main()
