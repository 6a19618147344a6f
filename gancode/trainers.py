"""One training step, four methods: a variant overrides only what its paper changed. Chapters 1 to 4."""

import warnings

import keras
import numpy as np
import tensorflow as tf

from gancode import losses
from gancode.checks import positive, positive_integer
from gancode.guard import StopAtNaN, check_batches, progress_bar
from gancode.penalty import clip_weights, gradient_penalty


class GAN(keras.Model):
    """Chapter 1. Two networks, two losses, two optimisers, turn by turn (Goodfellow et al. 2014, Algorithm 1).

    generator: Keras model, latent (batch, latent_dim) to samples. critic: Keras model, samples to scores
    (batch, 1); with this loss a score is the logit of the discriminator, D(x) = sigmoid(score).
    loss: an object of `gancode.losses`, where another than the paper's is wanted.
    seed: of the latent vectors and interpolates; None draws a new one.

    `fit` takes `data.batches(...)`, whose n_critic says how many critic steps go before each generator step.
    """

    objective = losses.non_saturating
    log_names = ("critic_loss", "generator_loss", "penalty")

    def __init__(self, generator, critic, loss=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.generator = generator
        self.critic = critic
        self.latent_dim = generator.input_shape[-1]
        self.seeds = keras.random.SeedGenerator(seed)
        if loss is not None:
            self.objective = loss
        self.means = {name: keras.metrics.Mean(name) for name in self.log_names}
        self.guard = StopAtNaN()
        self.built = True  # for both networks are

    def default_optimizer(self, learning_rate=2e-4):
        """Radford et al. 2016: Adam, 2e-4, beta_1 = 0.5."""
        return keras.optimizers.Adam(learning_rate, beta_1=0.5)

    def compile(self, critic_optimizer=None, generator_optimizer=None, jit_compile=None, **kwargs):
        """Set the two optimisers: the paper's where none is given. One can not serve two networks.

        jit_compile: None compiles with XLA where there is a GPU, and runs the plain graph on a CPU, which is
        the quicker way on each. Other arguments (steps_per_execution, ...) are Keras's own.
        """
        if critic_optimizer is not None and critic_optimizer is generator_optimizer:
            raise ValueError("generator_optimizer: expected an optimiser of its own, got the critic's")
        if jit_compile is None:
            jit_compile = bool(tf.config.list_physical_devices("GPU"))
        self.critic_optimizer = critic_optimizer or self.default_optimizer()
        self.generator_optimizer = generator_optimizer or self.default_optimizer()
        self.critic_optimizer.build(self.critic.trainable_variables)
        self.generator_optimizer.build(self.generator.trainable_variables)
        super().compile(optimizer=self.generator_optimizer, jit_compile=jit_compile, **kwargs)

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

    @property
    def metrics(self):
        return list(self.means.values())  # Keras starts them anew each epoch

    def critic_step(self, real):  # (batch, 28, 28, 1)
        fake = self.generator(self.latent(tf.shape(real)[0]), training=True)
        with tf.GradientTape() as tape:
            real_scores = self.critic(real, training=True)  # (batch, 1)
            fake_scores = self.critic(fake, training=True)
            loss = self.objective.critic(real_scores, fake_scores)
            penalty = self.penalty(real, fake)
            total = loss + penalty
        weights = self.critic.trainable_variables
        self.critic_optimizer.apply(tape.gradient(total, weights), weights)
        self.constrain()
        return self.critic_logs(loss, penalty)

    def generator_step(self, batch_size):
        with tf.GradientTape() as tape:
            fake = self.generator(self.latent(batch_size), training=True)
            loss = self.objective.generator(self.critic(fake, training=True))
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(loss, weights), weights)
        return {"generator_loss": loss}

    def latent(self, n):
        return keras.random.normal((n, self.latent_dim), seed=self.seeds)

    # --- what the variants override -------------------------------------------------------------------------

    def penalty(self, real, fake):
        """What is added to the critic's loss: nothing yet."""
        return tf.constant(0.0)

    def constrain(self):
        """What is done to the critic after each of its steps: nothing yet."""

    def critic_logs(self, loss, penalty):
        return {"critic_loss": loss + penalty, "penalty": penalty}

    # --- use --------------------------------------------------------------------------------------------------

    def fit(self, batches, epochs=1, steps_per_epoch=None, callbacks=None, verbose="auto", **kwargs):
        """Train for epochs x steps_per_epoch steps. Returns Keras's History, a mean an epoch of:
        critic_loss (what the critic minimises, penalty and all), generator_loss, penalty; the Wasserstein ones
        also keep apart the estimate, wasserstein.

        verbose: "auto" shows tqdm's bar; 0 is silent; 1 and 2 are Keras's own.

        Raises ValueError if batches are not of (batch, n_critic, ...) or an epoch is not a whole number of
        executions, and NotFiniteError if a weight or a loss becomes NaN or inf: it names the step, and the networks
        and optimisers are as they were before it.
        """
        check_batches(batches, self.critic.input_shape, steps_per_epoch, self.steps_per_execution)
        callbacks = [self.guard, *(callbacks or [])]
        if verbose == "auto":
            verbose, callbacks = 0, [*callbacks, progress_bar()]
        kwargs = {"epochs": epochs, "steps_per_epoch": steps_per_epoch, "verbose": verbose, "shuffle": False} | kwargs
        return super().fit(batches, callbacks=callbacks, **kwargs)

    def generate(self, n, seed=None):
        """n samples, a NumPy array; the same seed gives the same latent vectors, so runs can be compared."""
        positive_integer("n", n)
        latent = keras.random.normal((n, self.latent_dim), seed=self.seeds if seed is None else seed)
        chunks = [self.generator(latent[i : i + 500], training=False) for i in range(0, n, 500)]
        return np.concatenate(chunks)

    def call(self, latent):
        return self.generator(latent)


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
        """RMSProp, 5e-5; epsilon 1e-10 as in TensorFlow 1, where the papers' code ran (Keras 3 has 1e-7)."""
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
        if any(isinstance(layer, keras.layers.BatchNormalization) for layer in critic._flatten_layers()):
            warnings.warn(
                "critic: it holds batch norm, which makes each score depend on the whole batch; the penalty asks "
                "for a norm of each sample's own gradient. Use norm=None, 'layer' or 'instance' instead.",
                stacklevel=2,
            )

    def default_optimizer(self, learning_rate=1e-4):
        """Adam, 1e-4, beta_1 = 0.5 and beta_2 = 0.9: the authors' MNIST script (Algorithm 1 has beta_1 = 0)."""
        return keras.optimizers.Adam(learning_rate, beta_1=0.5, beta_2=0.9)

    def penalty(self, real, fake):
        return self.penalty_weight * gradient_penalty(self.critic, real, fake, seed=self.seeds)

    def constrain(self):
        """No clipping."""
