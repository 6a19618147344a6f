"""What each network minimises, as pure functions of the critic's scores. Chapters 1 to 3.

A *score* is the critic's raw output: any real number, no sigmoid. In a GAN it is a logit, D(x) =
sigmoid(score); in a WGAN it is the critic's value f(x) itself. Every function takes scores of any shape,
(batch,) or (batch, 1), and returns their mean loss, a scalar. There may be more fakes than real samples, or fewer.
Raises ValueError for scores that are no numbers, or if there are none.
"""

import dataclasses
import inspect

import keras
import tensorflow as tf

from gancode._arguments import number, of_scores


class Loss:
    """One loss for each network, of scores as floats of one kind. A trainer's file says by name which one it has."""

    def __init_subclass__(cls):
        for name in ("critic", "generator"):
            if inspect.isfunction(vars(cls).get(name)):
                setattr(cls, name, of_scores(vars(cls)[name]))
        keras.saving.register_keras_serializable(cls.__module__.split(".")[0])(cls)

    def get_config(self):
        """Its numbers by name, for a trainer's file."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@dataclasses.dataclass(frozen=True)
class NonSaturating(Loss):
    """The GAN that people train (Goodfellow et al. 2014, section 3)."""

    def critic(self, real_scores, fake_scores):
        """-E log D(x) - E log(1 - D(G(z))), the discriminator's cross-entropy."""
        # softplus(s) = log(1 + e^s), so -log sigmoid(s) = softplus(-s): no overflow, no log of 0
        return tf.reduce_mean(tf.nn.softplus(-real_scores)) + tf.reduce_mean(tf.nn.softplus(fake_scores))

    def generator(self, fake_scores):
        """-E log D(G(z)): be taken for real."""
        return tf.reduce_mean(tf.nn.softplus(-fake_scores))


@dataclasses.dataclass(frozen=True)
class Saturating(NonSaturating):
    """The GAN of the theory: one value function, a minimax game (Goodfellow et al. 2014, equation 1)."""

    def generator(self, fake_scores):
        """E log(1 - D(G(z))): not be taken for fake. Its gradient fades where D is sure."""
        return -tf.reduce_mean(tf.nn.softplus(fake_scores))


@dataclasses.dataclass(frozen=True)
class LeastSquares(Loss):
    """LSGAN (Mao et al. 2017, equation 2): pull scores to labels instead of across a line."""

    a: float = 0.0  #: what the critic wants for fakes
    b: float = 1.0  #: what the critic wants for real samples
    c: float = 1.0  #: what the generator wants for fakes

    def __post_init__(self):
        for label in ("a", "b", "c"):
            number(label, getattr(self, label))

    def critic(self, real_scores, fake_scores):
        """1/2 E (s(x) - b)^2 + 1/2 E (s(G(z)) - a)^2."""
        real = tf.reduce_mean(tf.square(real_scores - self.b))
        fake = tf.reduce_mean(tf.square(fake_scores - self.a))
        return 0.5 * (real + fake)

    def generator(self, fake_scores):
        """1/2 E (s(G(z)) - c)^2."""
        return 0.5 * tf.reduce_mean(tf.square(fake_scores - self.c))


@dataclasses.dataclass(frozen=True)
class Wasserstein(Loss):
    """WGAN (Arjovsky et al. 2017, equations 2 and 3): a difference of means, for a critic that is Lipschitz."""

    def critic(self, real_scores, fake_scores):
        """E f(G(z)) - E f(x): minus the estimate of the Wasserstein distance."""
        return tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)

    def generator(self, fake_scores):
        """-E f(G(z)): go where the critic's value is high."""
        return -tf.reduce_mean(fake_scores)


@dataclasses.dataclass(frozen=True)
class Relativistic(Loss):
    """Each fake against a real sample of its own (Jolicoeur-Martineau 2019; as in Huang et al. 2024).

    Only differences of scores count, and of two scores at a time, so the two batches are of one size.
    """

    def critic(self, real_scores, fake_scores):
        """E softplus(s(G(z)) - s(x)): score the real sample higher than its fake."""
        return tf.reduce_mean(tf.nn.softplus(fake_scores - real_scores))

    def generator(self, fake_scores, real_scores):
        """E softplus(s(x) - s(G(z))): score higher than it."""
        return tf.reduce_mean(tf.nn.softplus(real_scores - fake_scores))


non_saturating = NonSaturating()
saturating = Saturating()
least_squares = LeastSquares()
wasserstein = Wasserstein()
relativistic = Relativistic()
