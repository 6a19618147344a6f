"""One training step, four methods: a variant overrides only what its paper changed. Chapters 1 to 4.

What stands around a step (`fit`, seeds, devices, files, NaN) is in `_training`.
"""

import keras
import tensorflow as tf

from gancode import losses
from gancode._arguments import positive
from gancode._training.base import BaseGAN
from gancode._training.guard import NotFiniteError as NotFiniteError
from gancode.penalty import clip_weights, gradient_penalty


class GAN(BaseGAN):
    """Chapter 1. Two networks, two losses, two optimisers, turn by turn (Goodfellow et al. 2014, Algorithm 1).

    `fit` takes arrays, `data.batches`, or a tf.data.Dataset; n_critic critic steps go before each generator step.

    Args:
        generator: Keras model, latent (batch, latent_dim) to samples.
        critic: Keras model, samples to scores (batch, 1); with this loss a score is the logit of the discriminator,
            D(x) = sigmoid(score).
        loss: an object of `gancode.losses`, where another than the paper's is wanted.
        seed: of the latent vectors and interpolates; None draws a new one. What a step draws follows from the seed and
            from the number of steps made, and from nothing else.
        ema: decay of a running average of the generator's weights, 0.999 for example, which `generate` then uses. In a
            short run it is less, so that the untrained weights are soon forgotten.
        **kwargs: Keras's own, such as name.
    """

    objective = losses.non_saturating

    def default_optimizer(self, learning_rate=2e-4):
        """Radford et al. 2016: Adam, 2e-4, beta_1 = 0.5."""
        return keras.optimizers.Adam(learning_rate, beta_1=0.5)

    def step(self, real):  # (batch, n_critic, 28, 28, 1)
        """n_critic steps of the critic, each on a batch of its own, and one of the generator. Returns what it logs."""
        for batch in self.in_turn(real):  # n_critic times (batch, 28, 28, 1)
            logs = self.critic_step(batch)
        return logs | self.generator_step(batch)

    def critic_step(self, real):  # (batch, 28, 28, 1)
        """One step of the critic down its loss and penalty. Returns what it logs."""
        fake = self.fakes(tf.shape(real)[0])
        with tf.GradientTape() as tape:
            loss = self.objective.critic(self.score(real), self.score(fake))
            penalty = self.critic_penalty(real, fake)
            critic_loss = loss + penalty
        self.descend(tape, critic_loss, self.critic)
        self.constrain()
        return {"critic_loss": critic_loss, "penalty": penalty}

    def generator_step(self, real):
        """One step of the generator. real: the critic's last batch, for a loss that compares. Returns what it logs."""
        with tf.GradientTape() as tape:
            fake = self.fakes(tf.shape(real)[0])
            loss = self.objective.generator(self.score(fake))
        self.descend(tape, loss, self.generator)
        return {"generator_loss": loss}

    def score(self, samples):
        """The critic's scores (batch, 1), as it is in training."""
        return self.in_training(self.critic, samples)  # (batch, 1)

    def critic_penalty(self, real, fake):
        """What is added to the critic's loss, one number: nothing yet. real, fake: float32 (batch, ...)."""
        return tf.constant(0.0)

    def constrain(self):
        """What is done to the critic after each of its steps: nothing yet."""


class LSGAN(GAN):
    """Chapter 2. Only the loss changes: squares in place of logarithms (Mao et al. 2017)."""

    objective = losses.least_squares


class WGAN(GAN):
    """Chapter 3. A Wasserstein loss, and a critic kept Lipschitz by clipping (Arjovsky et al. 2017, Algorithm 1).

    Args:
        generator, critic: as of `GAN`.
        clip: after every critic step *all* the critic's trainable variables, kernels and biases (and a norm layer's
            scale and offset, if it has any), go back into [-clip, clip]; None: they are not clipped. The generator
            never is.
        **kwargs: of `GAN`.
    """

    objective = losses.wasserstein
    n_critic = 5
    log_names = (*GAN.log_names, "wasserstein")

    def __init__(self, generator, critic, clip=0.01, **kwargs):
        super().__init__(generator, critic, **kwargs)
        self.clip = clip if clip is None else positive("clip", clip)

    def default_optimizer(self, learning_rate=5e-5, epsilon=1e-10):
        """RMSProp, 5e-5; epsilon 1e-10 as in TensorFlow 1, where WGAN-GP's code ran (Keras 3 has 1e-7)."""
        return keras.optimizers.RMSprop(learning_rate, epsilon=epsilon)

    def constrain(self):
        if self.clip is not None:
            clip_weights(self.critic, self.clip)

    def critic_step(self, real):
        logs = super().critic_step(real)
        return logs | {"wasserstein": logs["penalty"] - logs["critic_loss"]}  # the estimate, without the penalty


class WGANGP(WGAN):
    """Chapter 4. Swap clipping for a penalty on the critic's input gradient (Gulrajani et al. 2017, Algorithm 1).

    A critic whose scores depend on the other samples (batch norm) draws a warning: the penalty is a statement about
    each sample's own gradient.

    Args:
        generator, critic: as of `GAN`.
        penalty_weight: lambda.
        **kwargs: of `GAN`.
    """

    def __init__(self, generator, critic, penalty_weight=10.0, **kwargs):
        super().__init__(generator, critic, clip=None, **kwargs)
        self.penalty_weight = positive("penalty_weight", penalty_weight)

    def default_optimizer(self, learning_rate=1e-4):
        """Adam, 1e-4, beta_1 = 0.5 and beta_2 = 0.9: the authors' MNIST script (Algorithm 1 has beta_1 = 0)."""
        return keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.9)

    def critic_penalty(self, real, fake):
        return self.penalty_weight * gradient_penalty(self.score, real, fake, seed=self.draw("interpolates"))
