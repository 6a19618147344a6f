"""What can be said of a run from outside, and no more: the certain signs of *Troubleshooting*. Under `train`.

A healthy run is told nothing. Whether samples get better is for eyes to say: no loss and no estimate says it.
"""

import keras
import numpy as np
import tensorflow as tf

from gancode import losses
from gancode._training.guard import untouched
from gancode._training.inputs import as_floats, conditioned


class Watch(keras.callbacks.Callback):
    """Callback: look after each epoch. What is seen twice running is said, once, and since when.

    real: (batch, ...), uint8 or floats. labels: (batch,), or None. say: a function of a line.
    """

    def __init__(self, real, labels, say):
        super().__init__()
        self.real, self.labels, self.say, self.since = as_floats(tf.constant(real)), labels, say, {}

    def on_epoch_end(self, epoch, logs=None):
        step, before = int(self.model.steps.numpy()), self.since
        seen = [sign for sign, holds in signs(self.model, self.real, self.labels, logs).items() if holds]
        self.since = {sign: [*before.get(sign, []), step] for sign in seen}
        for sign in seen:
            if len(self.since[sign]) == 2:
                self.say(f"Since step {self.since[sign][0]} {sign}")


def signs(trainer, real, labels, logs):
    """{a sentence: whether it holds now}, of the networks as they are in training, and of the epoch's means."""
    latent = keras.random.normal((len(real), trainer.latent_dim), seed=0)
    with untouched([*trainer.generator.variables, *trainer.critic.variables]):
        fake = trainer.generator(conditioned(trainer.generator, latent, labels), training=True)
        scores = [trainer.critic(conditioned(trainer.critic, x, labels), training=True) for x in (real, fake)]
    of_real, of_fake = (np.ravel(each).astype(np.float64) for each in scores)
    difference = of_real.mean() - of_fake.mean()
    chance = 2 * np.sqrt((of_real.var() + of_fake.var()) / len(real))  # two standard errors
    right = min(np.mean(of_real > 0), np.mean(of_fake < 0))
    slope = np.mean(tf.sigmoid([-of_real, of_fake]))  # of the discriminator's loss, by its scores
    penalty_stays = abs(logs["penalty"] - (weight := getattr(trainer, "penalty_weight", np.inf))) < 1e-3 * weight
    spreads = [float(tf.reduce_mean(tf.math.reduce_variance(x, axis=0))) ** 0.5 for x in (fake, real)]
    is_gan, lower = isinstance(trainer.objective, losses.NonSaturating), "Try a lower --learning-rate"
    return {
        f"the discriminator is right on 99 % of both real and fake: its gradient has vanished. {lower}, or "
        "--method WGAN-GP.": is_gan and right >= 0.99 and slope < 0.01,
        f"scores do not differ between real and fake. {lower}.": abs(difference) <= chance,
        f"the critic scores fakes above real pictures: it is upside down. {lower}.": difference < -chance,
        f"the penalty stays at {weight:g}, its weight: the critic is dead, its slope 0 everywhere. {lower}.": (
            penalty_stays and abs(difference) <= chance
        ),
        f"samples differ by less than a tenth of what real pictures do: nearly one picture. {lower}, or another "
        "--method.": spreads[0] < 0.1 * spreads[1],
    }
