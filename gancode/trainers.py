"""One training step, four methods: a variant overrides only what its paper changed. Chapters 1 to 4."""

import warnings

import keras
import tensorflow as tf

from gancode import chance, devices, losses
from gancode._arguments import both_losses, positive
from gancode.penalty import clip_weights, gradient_penalty
from gancode.shell import Shell


class GAN(Shell):
    """Chapter 1. Two networks, two losses, two optimisers, turn by turn (Goodfellow et al. 2014, Algorithm 1).

    generator: Keras model, latent (batch, latent_dim) to samples. critic: Keras model, samples to scores
    (batch, 1); with this loss a score is the logit of the discriminator, D(x) = sigmoid(score).
    loss: an object of `gancode.losses`, where another than the paper's is wanted.
    seed: of the latent vectors and interpolates; None draws a new one. What a step draws follows from the seed and
    from the number of steps made, and from nothing else.

    `fit` takes `data.batches(...)`, whose n_critic says how many critic steps go before each generator step.
    """

    objective = losses.non_saturating
    log_names = ("critic_loss", "generator_loss", "penalty")

    def __init__(self, generator, critic, loss=None, seed=None, **kwargs):
        super().__init__(generator, critic, seed, **kwargs)
        if loss is not None:
            self.objective = both_losses(loss)
        batch_norm = [one for one in critic._flatten_layers() if isinstance(one, keras.layers.BatchNormalization)]
        self.mixes_samples = bool(batch_norm)

    def default_optimizer(self, learning_rate=2e-4):
        """Radford et al. 2016: Adam, 2e-4, beta_1 = 0.5."""
        return keras.optimizers.Adam(learning_rate, beta_1=0.5)

    # --- one step: n_critic critic steps, each on fresh samples, then one generator step -------------------

    def train_step(self, real):  # (batch, n_critic, 28, 28, 1)
        before = self.guard.remember(self)
        for i in range(real.shape[1]):
            logs = self.critic_step(real[:, i])
        logs |= self.generator_step(tf.shape(real)[0])
        self.guard.undo_if_not_finite(self, before, logs)
        for name, value in logs.items():
            self.means[name].update_state(value)
        return {name: mean.result() for name, mean in self.means.items()}

    def critic_step(self, real):  # (batch, 28, 28, 1)
        fake = self.fakes(tf.shape(real)[0])
        with tf.GradientTape() as tape:
            loss = self.objective.critic(self.score(real), self.score(fake))
            penalty = self.penalty(real, fake)
            total = loss + penalty
        self.descend(tape, total, self.critic, self.critic_optimizer)
        self.constrain()
        return self.critic_logs(loss, penalty)

    def generator_step(self, batch_size):
        with tf.GradientTape() as tape:
            fake = self.fakes(batch_size)
            loss = self.objective.generator(self.score(fake))
        self.descend(tape, loss, self.generator, self.generator_optimizer)
        return {"generator_loss": loss}

    def fakes(self, n):
        """Samples of the generator, as float32 whatever it computes in."""
        return tf.cast(self.generator(self.latent(n), training=True), tf.float32)  # (n, 28, 28, 1)

    def latent(self, n):
        return chance.normal(n, self.latent_dim, seed=self.draw("latent"))

    def score(self, samples):
        return tf.cast(self.critic(samples, training=True), tf.float32)  # (batch, 1)

    def descend(self, tape, loss, network, optimizer):
        weights = network.trainable_variables
        devices.apply(optimizer, tape.gradient(loss, weights), weights)

    def draw(self, what):
        """Two integers, the seed of one draw of this step. What is drawn: "latent" or "interpolates"."""
        made = sum(tf.cast(o.iterations, tf.int64) for o in (self.critic_optimizer, self.generator_optimizer) if o)
        return tf.stack([self.seed, 2 * made + ("latent", "interpolates").index(what)])

    # --- what the variants override -------------------------------------------------------------------------

    def penalty(self, real, fake):
        """What is added to the critic's loss: nothing yet."""
        return tf.constant(0.0)

    def constrain(self):
        """What is done to the critic after each of its steps: nothing yet."""

    def critic_logs(self, loss, penalty):
        return {"critic_loss": loss + penalty, "penalty": penalty}


class LSGAN(GAN):
    """Chapter 2. Only the loss changes: squares in place of logarithms (Mao et al. 2017)."""

    objective = losses.least_squares


class WGAN(GAN):
    """Chapter 3. A Wasserstein loss, and a critic kept Lipschitz by clipping (Arjovsky et al. 2017, Algorithm 1).

    clip: after every critic step *all* the critic's trainable variables, kernels and biases (and a norm layer's
    scale and offset, if it has any), go back into [-clip, clip]. The generator is never clipped.
    """

    objective = losses.wasserstein
    log_names = (*GAN.log_names, "wasserstein")

    def __init__(self, generator, critic, clip=0.01, **kwargs):
        super().__init__(generator, critic, **kwargs)
        self.clip = positive("clip", clip)

    def default_optimizer(self, learning_rate=5e-5, epsilon=1e-10):
        """RMSProp, 5e-5; epsilon 1e-10 as in TensorFlow 1, where WGAN-GP's code ran (Keras 3 has 1e-7)."""
        return keras.optimizers.RMSprop(learning_rate, epsilon=epsilon)

    def constrain(self):
        clip_weights(self.critic, self.clip)

    def critic_logs(self, loss, penalty):
        return super().critic_logs(loss, penalty) | {"wasserstein": -loss}  # the estimate, without the penalty


class WGANGP(WGAN):
    """Chapter 4. Swap clipping for a penalty on the critic's input gradient (Gulrajani et al. 2017, Algorithm 1).

    penalty_weight: lambda. A critic with batch norm draws a warning: the penalty is a statement about each
    sample's own gradient, and batch norm makes every score depend on the whole batch.
    """

    def __init__(self, generator, critic, penalty_weight=10.0, **kwargs):
        super(WGAN, self).__init__(generator, critic, **kwargs)  # past WGAN's own, which would take a clip
        self.penalty_weight = positive("penalty_weight", penalty_weight)
        if self.mixes_samples:
            warnings.warn(
                "critic: it holds batch norm, which makes each score depend on the whole batch; the penalty asks "
                "for a norm of each sample's own gradient. Use norm=None, 'layer' or 'instance' instead.",
                stacklevel=2,
            )

    def default_optimizer(self, learning_rate=1e-4):
        """Adam, 1e-4, beta_1 = 0.5 and beta_2 = 0.9: the authors' MNIST script (Algorithm 1 has beta_1 = 0)."""
        return keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.9)

    def penalty(self, real, fake):
        return self.penalty_weight * gradient_penalty(self.critic, real, fake, seed=self.draw("interpolates"))

    def constrain(self):
        """No clipping."""
