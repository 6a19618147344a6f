"""Keras's callbacks, on two networks and two optimisers. Under `trainers`; *The package* has a table of them."""

import keras
import tensorflow as tf

from gancode._arguments import expect


class BothOptimizers:
    """What callbacks find as `trainer.optimizer`: the generator's learning rate, and setting it scales the critic's.

    So LearningRateScheduler and ReduceLROnPlateau move both, and the ratio of the two stays as it was chosen.
    """

    built = True

    def __init__(self, trainer):
        self.critic, self.generator = trainer.critic_optimizer, trainer.generator_optimizer
        self.ratio = None
        self._note_ratio()

    @property
    def variables(self):
        return [*self.critic.variables, *self.generator.variables]

    @property
    def learning_rate(self):
        return self.generator.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        for optimizer in (self.critic, self.generator):
            if isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
                raise TypeError("learning_rate: a LearningRateSchedule sets it; a callback can not set it as well")
        self._note_ratio()
        if self.ratio is None:
            cure = "set critic_optimizer.learning_rate and generator_optimizer.learning_rate instead"
            raise ValueError(f"learning_rate: the generator's is 0 and has no ratio to the critic's to keep; {cure}")
        self.critic.learning_rate = self.ratio * float(value)
        self.generator.learning_rate = value

    def _note_ratio(self):
        critic, generator = (float(tf.convert_to_tensor(one.learning_rate)) for one in (self.critic, self.generator))
        if generator > 0:  # from 0 there is no way back to a ratio: the last one is kept
            self.ratio = critic / generator


def check(callbacks):
    """The callbacks as a list, for there may be one or none. Raises ValueError for what is no callback, and for those
    that would not do what they say."""
    callbacks = [] if callbacks is None else callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    for callback in callbacks:
        expect(isinstance(callback, keras.callbacks.Callback), "callbacks", "Keras callbacks", callback)
        if isinstance(callback, keras.callbacks.SwapEMAWeights):
            raise ValueError("callbacks: SwapEMAWeights averages by one optimiser; use ema=0.999 of the trainer")
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            where = "callbacks: BackupAndRestore goes on at an epoch's beginning"
            expect(callback.save_freq == "epoch", where, "save_freq='epoch'", callback.save_freq)
        if isinstance(callback, keras.callbacks.ModelCheckpoint) and not callback.save_weights_only:
            _keep_the_generator(callback)
    return list(callbacks)


def progress_bar():
    """tqdm's bar, one tick an epoch: a widget in a notebook, text in a terminal (where TQDM_DISABLE=1 hides it)."""
    from tqdm.keras import TqdmCallback

    return TqdmCallback(verbose=0)


def _keep_the_generator(callback):
    """Whole models that ModelCheckpoint writes are for who wants samples: the generator, which Keras alone opens."""

    def set_model(trainer):
        callback._model = getattr(trainer, "best_generator", trainer)  # it may be given to another model later

    callback.set_model = set_model
