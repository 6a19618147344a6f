"""What Keras does around a training step: compile, fit, generate, save, load. Used by trainers."""

import keras
import numpy as np
import tensorflow as tf

from gancode import devices, resume
from gancode._arguments import one_of, positive_integer, seed_or_none
from gancode.blocks import Blocks
from gancode.guard import (
    StopAtNaN,
    check_batches,
    check_callbacks,
    check_networks,
    check_optimizers,
    check_precision,
    progress_bar,
)

# Each trainer has its own step, traced once; TensorFlow counts by name, and would warn that one step is traced anew.
tf.get_logger().addFilter(lambda note: "triggered tf.function retracing" not in str(note.msg))


class Shell(keras.Model):
    """A generator and a critic with an optimiser each, and `fit` around a `train_step` that a subclass gives.

    Arguments as of `trainers.GAN`. log_names: what a step reports.
    """

    log_names = ()

    def __init__(self, generator, critic, seed=None, **kwargs):
        check_networks(generator, critic)
        seed_or_none(seed)
        super().__init__(**kwargs)
        self.generator = generator
        self.critic = critic
        self.latent_dim = generator.input_shape[-1]
        self.seed = np.random.randint(2**31) if seed is None else int(seed)
        self.means = {name: keras.metrics.Mean(name) for name in self.log_names}
        self.guard = StopAtNaN()
        self.critic_optimizer = self.generator_optimizer = None  # until compiled
        self.blocks = None  # of steps, where XLA runs many at a time
        self.past = {}  # the history of a run that goes on
        self.built = True  # for both networks are

    def compile(self, critic_optimizer=None, generator_optimizer=None, jit_compile=None, **kwargs):
        """Set the two optimisers: the paper's where none is given. One can not serve two networks.

        jit_compile: None compiles with XLA where there is one GPU, and runs the plain graph on a CPU or on several
        devices, which is the quicker way on each (`make bench` measures it). steps_per_execution: so many steps are
        made before Python has its turn again; with XLA they are one computation. Other arguments are Keras's own.

        Raises ValueError for one optimiser for both, for networks that compute in float16, and for XLA on several
        devices.
        """
        check_optimizers(critic_optimizer, generator_optimizer)
        for name in ("loss", "metrics"):
            one_of(name, kwargs.get(name), (None,))  # Keras would take them, and `train_step` never use them
        one_of("jit_compile", jit_compile, (None, "auto", False, True))
        positive_integer("steps_per_execution", kwargs.get("steps_per_execution", 1))
        check_precision(self.generator, self.critic)
        several = self.distribute_strategy.num_replicas_in_sync > 1
        if several and jit_compile:
            raise ValueError("jit_compile: expected None or False on several devices, got True: XLA compiles for one")
        if jit_compile is None:
            jit_compile = bool(tf.config.list_physical_devices("GPU")) and not several
        with self.distribute_strategy.scope():
            self.critic_optimizer = critic_optimizer or self.default_optimizer()
            self.generator_optimizer = generator_optimizer or self.default_optimizer()
            self.critic_optimizer.build(self.critic.trainable_variables)
            self.generator_optimizer.build(self.generator.trainable_variables)
        self.blocks = None
        super().compile(optimizer=self.generator_optimizer, jit_compile=jit_compile, **kwargs)

    @property
    def metrics(self):
        return list(self.means.values())  # Keras starts them anew each epoch

    def fit(self, batches, epochs=1, steps_per_epoch=None, callbacks=None, verbose="auto", checkpoint=None):
        """Train for epochs x steps_per_epoch steps. Returns Keras's History, a mean an epoch of:
        critic_loss (what the critic minimises, penalty and all), generator_loss, penalty; the Wasserstein ones
        also keep apart the estimate, wasserstein.

        verbose: "auto" shows tqdm's bar; 0 is silent; 1 and 2 are Keras's own.
        checkpoint: a file, NAME.weights.h5, written after every epoch. If it is there, the run goes on from it: give
        the same trainer, batches and seeds, and it ends as if it had never been cut off.

        Raises ValueError if batches are not of (batch, n_critic, ...), an epoch is not a whole number of executions,
        or the checkpoint is another run's; and NotFiniteError if a weight or a loss becomes NaN or inf: it names the
        step, and the networks and optimisers are as they were before it.
        """
        if not self.compiled:
            raise ValueError("fit: expected a trainer that has been compiled; call compile() first")
        check_batches(batches, self.critic.input_shape, steps_per_epoch, self.steps_per_execution)
        epochs = positive_integer("epochs", epochs)
        if steps_per_epoch is None and self.distribute_strategy.num_replicas_in_sync > 1:
            steps_per_epoch = devices.count(batches)
            check_batches(batches, self.critic.input_shape, steps_per_epoch, self.steps_per_execution)
        one_of("verbose", verbose, ("auto", 0, 1, 2))
        callbacks = [self.guard, *check_callbacks(callbacks)]
        if verbose == "auto":
            verbose, callbacks = 0, [*callbacks, progress_bar()]
        kwargs = {"epochs": epochs, "steps_per_epoch": steps_per_epoch, "verbose": verbose, "shuffle": False}
        if checkpoint is None:
            return super().fit(self.from_here(batches), callbacks=callbacks, **kwargs)
        keeper = resume.Checkpoint(checkpoint)
        kwargs["initial_epoch"] = keeper.restore(self)
        history = super().fit(self.from_here(batches), callbacks=[*callbacks, keeper], **kwargs)
        history.history = dict(self.past)  # from its first epoch on
        return history

    def from_here(self, batches):
        """The batches of the steps that come next, in the form in which the devices take them."""
        deal, first = getattr(batches, "deal", None), int(self.generator_optimizer.iterations.numpy())
        if deal is not None:
            batches = deal.batches(first)
        if self.distribute_strategy.num_replicas_in_sync > 1:
            return devices.split(batches, self.distribute_strategy, self.steps_per_execution)
        if deal is None or not self.jit_compile or self.run_eagerly:
            self.blocks = None
            return batches
        if self.blocks is None or self.blocks.deal is not deal:
            self.blocks = Blocks(self, deal)
        return self.blocks.rows(first)

    def make_train_function(self, force=False):
        """Keras's own, or a block of steps as one XLA computation, or steps that several devices share."""
        if self.blocks is not None:
            self.train_function = self.blocks
        elif self.distribute_strategy.num_replicas_in_sync > 1:
            if force or self.train_function is None:
                self.train_function = devices.train_function(self)
        else:
            super().make_train_function(force or isinstance(self.train_function, Blocks))

    def generate(self, n, seed=None):
        """n samples, a NumPy array; the same seed gives the same latent vectors, so runs can be compared.

        Raises ValueError unless n is a whole number of at least 1 and seed one from 0 on, or None.
        """
        positive_integer("n", n)
        seed_or_none(seed)
        latent = keras.random.normal((n, self.latent_dim), seed=seed)
        chunks = [self.generator(latent[i : i + 500], training=False) for i in range(0, n, 500)]
        return np.concatenate([tf.cast(chunk, tf.float32) for chunk in chunks])

    def call(self, latent):
        return self.generator(latent)

    # Keras saves and loads both networks and both optimisers; this is the rest of a run.

    def save_own_variables(self, store):
        resume.save(self, store)

    def load_own_variables(self, store):
        resume.load(self, store)
