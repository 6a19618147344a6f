"""What Keras does around a training step: compile, fit, generate, save, load. Under `trainers`."""

import contextlib
import dataclasses
import functools
import inspect
import threading

import keras
import numpy as np
import tensorflow as tf

from gancode._arguments import both_losses, expect, one_of, positive, positive_integer, seed_or_none, short
from gancode._training import advice, devices, inputs, rng
from gancode._training import callbacks as keras_callbacks
from gancode._training import checkpoint as checkpoints
from gancode._training import ema as averages
from gancode._training.compiled import CompiledSteps
from gancode._training.guard import Guard

NO_JUDGE = f"no loss of a GAN says how good its samples are; {inputs.JUDGE}"


class BaseGAN(keras.Model):
    """A generator and a critic with an optimiser each, and `fit` around a `step` that a subclass gives.

    Arguments as of `trainers.GAN`. A subclass has `step(real)`, which returns what it logs, by the names in
    `log_names`; `objective`, an object of `gancode.losses`; and `default_optimizer(learning_rate)`.
    """

    objective = None
    n_critic = 1  # critic steps before each generator step, where `fit` gets an array
    log_names = ("critic_loss", "generator_loss", "penalty")

    def __new__(cls, *args, **kwargs):
        trainer = super().__new__(cls, *args, **kwargs)
        # How it was made is how it is made again from a file. (Not tracked: Keras would look for weights in it.)
        object.__setattr__(trainer, "_made_by", functools.partial(cls, *args, **kwargs))
        return trainer

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        keras.saving.register_keras_serializable(cls.__module__.split(".")[0])(cls)

    def __init__(self, generator, critic, loss=None, seed=None, ema=None, **kwargs):
        latent_dim = inputs.check_networks(generator, critic)
        seed_or_none(seed)
        if loss is not None:
            self.check_loss(loss)
        super().__init__(**inputs.refuse(kwargs))
        self.generator = generator
        self.critic = critic
        self.latent_dim = latent_dim
        if loss is not None:
            self.objective = loss
        self.seed = np.random.randint(2**31) if seed is None else int(seed)
        self.ema = expect(ema is None or positive("ema", ema) < 1, "ema", "None or a number between 0 and 1", ema)
        self.average = None if ema is None else averages.copy_of(generator)
        self.means = {name: keras.metrics.Mean(name) for name in self.log_names}
        # Training steps, and updates of a network: what data and draws follow from. (Not weights of the model, or
        # EarlyStopping, which can put the best weights back, would turn back time with them.)
        self.steps, self.turns = devices.counter(), devices.counter()
        self.guard = Guard()
        self.critic_optimizer = self.generator_optimizer = None  # until compiled
        self.optimizer_settings = {}  # those that they were compiled with
        self.compiled_steps = None  # where XLA runs many at a time
        self.past = {}  # the history of a run that goes on
        self.critic_steps = None  # that the traced step makes
        self.data_seen = None  # what tells a data set of the reader's own from others, where a run may be cut off
        self.looked = False  # at the data's range
        self.takes_labels = inputs.takes_labels(generator)
        self.turn = threading.local()  # its `labels`, where the networks take some: each device has its own thread
        self.built = True  # for both networks are
        advice.look_at(self)

    def check_loss(self, loss):
        """Raise ValueError unless its generator's half takes what this method gives it."""
        both = both_losses(loss), self.objective
        takes, wanted = (list(inspect.signature(one.generator).parameters) for one in both)
        got = f"{short(loss)}, which takes {takes}"
        expect(len(takes) == len(wanted), "loss", f"one whose generator takes {wanted}", got=got)

    # --- compile --------------------------------------------------------------------------------------------

    def compile(self, critic_optimizer=None, generator_optimizer=None, jit_compile=None, **kwargs):
        """Set the two optimisers: the paper's where none is given. One can not serve two networks.

        Args:
            critic_optimizer, generator_optimizer: Keras optimisers, or names as "adam".
            jit_compile: None compiles with XLA where there is one GPU, and runs the plain graph on a CPU or on several
                devices, which is the quicker way on each (``make bench`` measures it).
            **kwargs: Keras's own. With steps_per_execution so many steps are made before Python has its turn again;
                with XLA they are one computation.

        Raises:
            ValueError: for one optimiser for both, for networks that compute in float16, and for XLA on several
                devices.
        """
        kwargs = inputs.refuse(kwargs)
        optimizers = inputs.check_optimizers(critic_optimizer, generator_optimizer)
        one_of("jit_compile", jit_compile, (None, "auto", False, True))
        positive_integer("steps_per_execution", kwargs.get("steps_per_execution", 1))
        inputs.check_precision(self.generator, self.critic)
        several = self.distribute_strategy.num_replicas_in_sync > 1
        holds = not (several and jit_compile is True)
        expect(holds, "jit_compile", "None or False on several devices", got="True: XLA compiles for one")
        self.how_compiled = {"jit_compile": jit_compile, **kwargs}
        if jit_compile in (None, "auto"):
            jit_compile = bool(tf.config.list_physical_devices("GPU")) and not several
        with self.distribute_strategy.scope():
            self.critic_optimizer, self.generator_optimizer = (one or self.default_optimizer() for one in optimizers)
            self.critic_optimizer.build(self.critic.trainable_variables)
            self.generator_optimizer.build(self.generator.trainable_variables)
        self.optimizer_settings = checkpoints.settings_of(self)
        super().compile(optimizer=None, jit_compile=jit_compile, auto_scale_loss=False, **kwargs)
        self.both = keras_callbacks.BothOptimizers(self)
        self.trace_anew()

    def trace_anew(self):
        """Forget what was traced: a seed or an optimiser that stood in it is another now."""
        self.train_function = self.compiled_steps = None

    @property
    def optimizer(self):
        """Both optimisers as one, as Keras's callbacks want it; None until compiled."""
        return vars(self).get("both")

    @optimizer.setter
    def optimizer(self, value):
        if value is not None:  # which is what Keras's own `compile` sets
            raise ValueError(f"optimizer: {inputs.INSTEAD['optimizer']} of compile()")

    # --- one step -------------------------------------------------------------------------------------------

    def train_step(self, batches):  # (batch, n_critic, 28, 28, 1), with labels (batch, n_critic)
        """What `fit` calls: a `step`, undone if it makes NaN or inf, and the means of what it logs."""
        before = self.guard.remember(self)
        real, self.turn.labels = batches if self.takes_labels else (batches, None)
        logs = {name: tf.cast(value, tf.float32) for name, value in self.step(inputs.as_floats(real)).items()}
        self.turn.labels = None
        wanted = f"the names of what step returns, {sorted(logs)}"
        expect(set(logs) == set(self.means), "log_names", wanted, got=self.log_names)
        self.steps.assign_add(1)
        if self.average is not None:
            averages.update(self.average, self.generator, self.ema, self.steps)
        self.guard.undo_if_not_finite(self, before, logs)
        for name, mean in self.means.items():
            mean.update_state(logs[name])
        return {name: mean.result() for name, mean in self.means.items()}

    def in_turn(self, real):  # (batch, n_critic, 28, 28, 1)
        """The critic's batches (batch, 28, 28, 1), one after the other; while one has its turn, so have its labels."""
        labels = getattr(self.turn, "labels", None)
        for i in range(real.shape[1]):
            self.turn.labels = None if labels is None else labels[:, i]
            yield real[:, i]

    def in_training(self, network, x):
        """The network's output, as it is in training; fakes get the labels of the real batch whose turn it is."""
        labels = getattr(self.turn, "labels", None)
        if self.takes_labels and (labels is None or labels.shape.rank != 1):
            why = "its networks take labels, and each batch has its own"
            raise ValueError(f"step: expected it to go through its batches by in_turn(real), for {why}")
        return network(inputs.conditioned(network, x, labels), training=True)

    def fakes(self, n):
        """Samples of the generator in training, as float32; the same ones until a network has had its turn."""
        return tf.cast(self.in_training(self.generator, self.latent(n)), tf.float32)  # (n, 28, 28, 1)

    def latent(self, n):
        """n latent vectors (n, latent_dim) from N(0, I), those of this network's turn."""
        return rng.normal(n, self.latent_dim, seed=self.draw("latent"))

    def draw(self, name):
        """Two integers, the seed of one draw: of this trainer, this network's turn, and this name."""
        return rng.key(self.seed, self.turns, name)

    def descend(self, tape, loss, network):
        """One step of the network's optimiser. A network with nothing to train only has its turn."""
        optimizer = self.critic_optimizer if network is self.critic else self.generator_optimizer
        expect(loss.shape.rank in (0, None), "loss", "one number, the mean over the batch", got=f"shape {loss.shape}")
        weights = network.trainable_variables
        if weights:
            devices.apply(optimizer, tape.gradient(loss, weights), weights)
        self.turns.assign_add(1)

    @property
    def metrics(self):
        return list(self.means.values())  # Keras starts them anew each epoch

    # --- fit ------------------------------------------------------------------------------------------------

    def fit(
        self,
        batches=None,
        epochs=1,
        steps_per_epoch=None,
        callbacks=None,
        verbose="auto",
        checkpoint=None,
        batch_size=None,
        **kwargs,
    ):
        """Train for epochs x steps_per_epoch steps.

        Args:
            batches: of `data.batches`; or any tf.data.Dataset of ``(batch, n_critic, *sample)``, floats as they are
                and uint8 as pixels; or an array ``(n, *sample)``, which is dealt in batches, an epoch once through.
            epochs: how many, those that the checkpoint's run has made already among them.
            steps_per_epoch: None goes once through the batches, where they end; those of `data.batches` do not.
            callbacks: Keras's, those of `gancode.probes` or your own: one, or a list.
            verbose: "auto" shows tqdm's bar; 0 is silent; 1 and 2 are Keras's own.
            checkpoint: a file, NAME.weights.h5, written after every epoch. If it is there, the run goes on from it:
                give the same trainer, batches and seeds, and it ends as if it had never been cut off.
            batch_size: of an array's batches, 64 unless told.
            **kwargs: what else Keras's own `fit` takes is refused, with what to do instead.

        Returns:
            Keras's History, a mean an epoch of critic_loss (what the critic minimises, penalty and all),
            generator_loss and penalty (with its weight); the Wasserstein ones also keep apart the estimate,
            wasserstein. `probes.Curves` has a value a step.

        Raises:
            ValueError: if batches are not of (batch, n_critic, ...) or there is none, an epoch is not a whole number of
                executions, or the checkpoint is another run's.
            NotFiniteError: if a weight or a loss becomes NaN or inf. It names the step, and the networks and
                optimisers are as they were before it.
        """
        if unknown := inputs.refuse(kwargs):
            raise TypeError(f"fit() got an unexpected keyword argument {min(unknown)!r}")
        expect(self.compiled, "fit", "a trainer that has been compiled", got="one that has not: call compile() first")
        given = batches
        batches, steps_per_epoch = inputs.as_batches(self, batches, batch_size, steps_per_epoch)
        steps_per_epoch = inputs.check_batches(self, batches, steps_per_epoch)
        many = f"{short(epochs)}; {inputs.INSTEAD['labels']}"  # fit(images, labels), as with Keras's other models
        expect(not hasattr(epochs, "__len__"), "epochs", "a whole number of at least 1", got=many)
        epochs = positive_integer("epochs", epochs)
        one_of("verbose", verbose, ("auto", 0, 1, 2))
        callbacks = [self.guard, *keras_callbacks.check(callbacks)]
        if verbose == "auto":
            verbose, callbacks = 0, [*callbacks, keras_callbacks.progress_bar()]
        keeper = None if checkpoint is None else checkpoints.Checkpoint(checkpoint)
        backup = next((each for each in callbacks if isinstance(each, keras.callbacks.BackupAndRestore)), None)
        expect(not (keeper and backup), "checkpoint", "it or BackupAndRestore", got="both, two places to go on from")
        advice.look_at_data(self, batches)

        how = {"epochs": epochs, "initial_epoch": self.go_back(keeper, backup), "verbose": verbose, "shuffle": False}
        if batches is not given and batches.sampler.seed != self.seed:  # an array, by the checkpoint's seed from now on
            batches = dataclasses.replace(batches.sampler, seed=self.seed).batches()
        if (done := how["initial_epoch"]) >= epochs:
            why = f"{checkpoint} holds {done} epochs, and epochs={epochs} counts from the first"
            advice.warn(f"fit: {why}: nothing is trained. A larger epochs= goes on.")
        batches = self.from_here(batches, steps_per_epoch, bool(keeper or backup))
        callbacks += [keeper] * bool(keeper)
        with no_note_of_retracing():
            history = super().fit(batches, steps_per_epoch=steps_per_epoch, callbacks=callbacks, **how)
        if keeper is not None:
            history.history = {name: list(values) for name, values in self.past.items()}  # from its first epoch on
            history.epoch = list(range(keeper.epochs(self)))
        return history

    def go_back(self, keeper, backup):
        """To where an earlier run was cut off, now, for what comes next follows from it. Returns its epochs."""
        self.data_seen = self._initial_epoch = None
        if backup:
            backup.set_model(self)
            backup.on_train_begin()
        return keeper.restore(self) if keeper else 0

    def from_here(self, batches, steps_per_epoch, goes_on):
        """The batches of the steps that come next, in the form in which the devices take them.

        Args:
            batches: a tf.data.Dataset, as `fit` has checked it.
            steps_per_epoch: as of `fit`.
            goes_on: the run may be cut off and go on later, so any data set must be one that can be begun elsewhere.
        """
        sampler, first = getattr(batches, "sampler", None), int(self.steps.numpy())
        n_critic = tf.nest.flatten(batches.element_spec)[0].shape[1]
        if n_critic != self.critic_steps:
            self.trace_anew()
        self.critic_steps = n_critic
        if goes_on:
            self.data_seen = inputs.check_repeats(batches, self.data_seen)
        if sampler is not None:
            batches = sampler.batches(first)
        elif steps_per_epoch is not None:
            batches = batches.repeat().skip(first if goes_on else 0)
        if self.distribute_strategy.num_replicas_in_sync > 1:
            return devices.split(batches, self.distribute_strategy, self.steps_per_execution)
        if sampler is None or not self.jit_compile or self.run_eagerly:
            self.compiled_steps = None
            return batches
        self.compiled_steps = self.compiled_steps or CompiledSteps(self, sampler)
        self.compiled_steps.deal(sampler)
        return self.compiled_steps.rows(first)

    def make_train_function(self, force=False):
        """Keras's own, or a block of steps as one XLA computation, or steps that several devices share."""
        if self.compiled_steps is not None:
            self.train_function = self.compiled_steps
        elif self.distribute_strategy.num_replicas_in_sync > 1:
            if force or self.train_function is None:
                self.train_function = devices.train_function(self)
        else:
            super().make_train_function(force or isinstance(self.train_function, CompiledSteps))

    def evaluate(self, *args, **kwargs):
        """Refused: no loss of a GAN says how good its samples are. `metrics` does, of what `generate` gives."""
        raise ValueError(f"evaluate: {NO_JUDGE}")

    def test_on_batch(self, *args, **kwargs):
        """Refused, as `evaluate` is."""
        raise ValueError(f"test_on_batch: {NO_JUDGE}")

    def train_on_batch(self, *args, **kwargs):
        """Refused: `fit` makes the steps."""
        raise ValueError("train_on_batch: expected fit(), which undoes a step that makes NaN, with steps_per_epoch=1")

    def export(self, *args, **kwargs):
        """As of Keras's models, of `best_generator`: what serves samples needs nothing else."""
        return self.best_generator.export(*args, **kwargs)

    # --- samples --------------------------------------------------------------------------------------------

    @property
    def sample_shape(self):
        """The shape of one sample, (28, 28, 1) for example."""
        return tuple(inputs.shapes(self.generator)[1][1:])

    def generate(self, n, seed=None, labels=None):
        """n samples, a NumPy array; the same seed gives the same latent vectors, so runs can be compared.

        They are the average generator's where the trainer has one (``ema=``).

        Args:
            n: how many.
            seed: of the latent vectors; None draws a new one.
            labels: the class of each, n whole numbers or one for all; None takes every class in turn. For networks that
                take labels.

        Raises:
            ValueError: unless n is a whole number of at least 1 and seed one from 0 on, or None; for labels that the
                networks do not know.
        """
        positive_integer("n", n)
        seed_or_none(seed)
        labels = inputs.labels_of(self, n, labels)
        latent = keras.random.normal((n, self.latent_dim), seed=seed)
        pieces = [slice(i, i + 500) for i in range(0, n, 500)]
        asked = [(latent[i], None if labels is None else labels[i]) for i in pieces]
        chunks = [self(inputs.conditioned(self.generator, *each), training=False) for each in asked]
        return np.concatenate([tf.cast(chunk, tf.float32) for chunk in chunks])

    @property
    def best_generator(self):
        """The generator whose samples are shown and kept, which is the average one where there is one."""
        return self.generator if self.average is None else self.average

    def call(self, latent, training=False):
        return self.best_generator(latent, training=training)

    # --- files ----------------------------------------------------------------------------------------------
    # Keras saves and loads networks and optimisers; this is the rest.

    def save_own_variables(self, store):
        checkpoints.save(self, store)

    def load_own_variables(self, store):
        checkpoints.load(self, store)

    def get_config(self):
        return {name: keras.saving.serialize_keras_object(value) for name, value in self.made_from().items()}

    def made_from(self):
        """The arguments of the constructor, by name."""
        signature = inspect.signature(self.__init__)
        bound = signature.bind(*self._made_by.args, **self._made_by.keywords)
        bound.apply_defaults()
        arguments = bound.arguments
        kinds = {parameter.kind: name for name, parameter in signature.parameters.items()}
        more = kinds.get(inspect.Parameter.VAR_KEYWORD)
        arguments |= arguments.pop(more, {})
        if inspect.Parameter.VAR_POSITIONAL in kinds:  # `*args`: by place, and so all of them
            arguments = {"*": self._made_by.args, **self._made_by.keywords}
        now = {"seed": self.seed, "name": self.name}
        return arguments | {name: now[name] for name in now if more or name in signature.parameters}

    @classmethod
    def from_config(cls, config):
        config = {name: keras.saving.deserialize_keras_object(value) for name, value in config.items()}
        return cls(*config.pop("*", ()), **config)

    def get_compile_config(self):
        if not self.compiled:
            return {}
        optimizers = {name: getattr(self, name) for name in ("critic_optimizer", "generator_optimizer")}
        return keras.saving.serialize_keras_object(optimizers | self.how_compiled)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))


@contextlib.contextmanager
def no_note_of_retracing():
    """Each trainer has its own step, traced once; TensorFlow counts by name, and would say that one is traced anew."""

    def keep(note):
        return "triggered tf.function retracing" not in str(note.msg)

    tf.get_logger().addFilter(keep)
    try:
        yield
    finally:
        tf.get_logger().removeFilter(keep)
