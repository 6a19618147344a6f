"""What can be said of a run from outside, and no more: signs of *Troubleshooting* that a program sees. Under `train`.

Whether samples get better is for eyes to say: no loss and no estimate says it. And not all that is wrong is seen here.
"""

import keras
import numpy as np
import tensorflow as tf

from gancode import losses
from gancode._training.guard import untouched
from gancode._training.inputs import as_floats, conditioned
from gancode.penalty import gradient_norms, interpolate


class Watch(keras.callbacks.Callback):
    """Callback: look after each epoch. What is seen twice running is said, once, and since when; what was measured for
    it goes to the logs: the callbacks after this one, and the history, have it too.

    real: (batch, ...), uint8 or floats. labels: (batch,), or None. say: a function of a line.
    """

    def __init__(self, real, labels, say):
        super().__init__()
        self.real, self.labels, self.say, self.since = as_floats(tf.constant(real)), labels, say, {}

    def on_epoch_end(self, epoch, logs=None):
        step, before = int(self.model.steps.numpy()), self.since
        said, measured = signs(self.model, self.real, self.labels, logs)
        logs.update(measured)
        seen = [sign for sign, holds in said.items() if holds]
        self.since = {sign: [*before.get(sign, []), step] for sign in seen}
        for sign in (sign for sign in seen if len(self.since[sign]) == 2):
            self.say(f"Since step {self.since[sign][0]} {sign} Another run needs another --out.")


def signs(trainer, real, labels, logs):
    """({a sentence: whether it holds now}, {"slope": ..., "spread": ...}), of the networks as they are in training and
    of the epoch's means.

    slope: the critic's mean one between data and fakes. spread: how much the fakes differ from their mean, that of
    their class where there are classes, in proportion to what real ones do.
    """
    latent = keras.random.normal((len(real), trainer.latent_dim), seed=0)

    def score(x):
        return trainer.critic(conditioned(trainer.critic, x, labels), training=True)

    with untouched([*trainer.generator.variables, *trainer.critic.variables]):
        fake = as_floats(trainer.generator(conditioned(trainer.generator, latent, labels), training=True))
        scores = score(real), score(fake)
        slopes = gradient_norms(score, interpolate(real, fake, seed=0))
    of_real, of_fake = (np.ravel(each).astype(np.float64) for each in scores)
    difference = of_real.mean() - of_fake.mean()
    spread = np.mean(within(of_real, labels) ** 2) + np.mean(within(of_fake, labels) ** 2)
    chance = 2 * np.sqrt(spread / len(real))  # two standard errors
    alike, inverted = abs(difference) <= chance, difference < -chance
    right = min(np.mean(of_real > 0), np.mean(of_fake < 0))
    slope = np.mean(tf.sigmoid([-of_real, of_fake]))  # of the discriminator's loss, by its scores
    penalty_stays = abs(logs["penalty"] - (weight := getattr(trainer, "penalty_weight", np.inf))) < 1e-3 * weight
    # Two images in [-1, 1] are at most 2 sqrt(h w c) apart, and so is W1; a clipped critic has a unit of its own.
    beyond = len(real.shape) == 4 and weight < np.inf and logs.get("wasserstein", 0) ** 2 > 4 * np.prod(real.shape[1:])
    spreads = [np.mean(within(x, labels) ** 2) ** 0.5 for x in (fake, real)]
    measured = {"slope": float(np.mean(slopes)), "spread": spreads[0] / max(spreads[1], 1e-12)}
    is_gan, is_wgan = isinstance(trainer.objective, losses.NonSaturating), "wasserstein" in logs
    said = {
        "the discriminator is right on 99 % of both real and fake: its own gradient has vanished, and the generator is "
        "far behind. Try a lower --learning-rate, or --method WGAN-GP.": is_gan and right >= 0.99 and slope < 0.01,
        "the estimate is larger than any two pictures are apart. Try a lower --learning-rate.": beyond,
        "scores do not differ between real and fake. Try another --learning-rate.": is_wgan and alike,
        "the critic scores fakes above real pictures: it is upside down. Try another --seed or --method.": inverted
        and not beyond,
        f"the penalty stays at {weight:g}, its weight: the critic is dead, its slope 0 everywhere. Try another --seed, "
        "or a lower --learning-rate.": penalty_stays and alike,
        "samples differ by less than a tenth of what real pictures do: nearly one picture, of each class where there "
        "are some. Try another --method, or a lower --learning-rate.": spreads[0] < 0.1 * spreads[1],
    }
    return said, measured


def within(x, labels):
    """x (n, ...) less the mean of its class, or of all where there are no classes. Returns (n, numbers)."""
    x = np.reshape(x, (len(x), -1)).astype(np.float64)
    labels = np.zeros(len(x)) if labels is None else labels
    for label in np.unique(labels):
        x[labels == label] -= x[labels == label].mean(axis=0)
    return x
