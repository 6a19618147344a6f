"""A step that makes NaN or inf is undone, and named. Under `trainers`."""

import contextlib

import keras
import tensorflow as tf

from gancode._training import devices


class NotFiniteError(ArithmeticError):
    """Training reached NaN or inf. The model is as it was before the step that the message names."""


class Guard(keras.callbacks.Callback):
    """Undo the first step that makes a weight, an optimiser's slot or a loss NaN or inf, then stop with its number.

    The undoing happens inside the compiled step, so that it is exact also where several steps make one
    execution: from the bad step on, every variable keeps the last good value. (Keras's TerminateOnNaN looks at the
    loss, after the step.)
    """

    def __init__(self):
        super().__init__()
        self.bad_step = devices.counter()  # 0: none so far

    def remember(self, model):
        """Copies of all that a step changes: networks, their average, optimisers, counters."""
        return [tf.identity(value_of(variable)) for variable in state(model)]

    def undo_if_not_finite(self, model, before, logs):
        """Keep the step if all is finite and no earlier step was bad; put `before` back if not."""
        changed = state(model)
        numbers = [*logs.values(), *(value_of(variable) for variable in changed)]
        numbers = [x for x in numbers if x.dtype.is_floating]
        finite = devices.all_agree(tf.reduce_all([tf.reduce_all(tf.math.is_finite(x)) for x in numbers]))
        first_bad = tf.where(finite | (self.bad_step != 0), self.bad_step, model.steps)
        kept = [tf.where(first_bad == 0, value_of(now), old) for now, old in zip(changed, before, strict=True)]
        devices.assign([self.bad_step, *changed], [first_bad, *kept])

    def on_train_begin(self, logs=None):
        self.bad_step.assign(0)

    def on_train_batch_end(self, batch, logs=None):
        if step := int(self.bad_step.numpy()):
            now = "the networks and optimisers are as they were before that step"
            raise NotFiniteError(f"training: expected finite weights and losses, got NaN or inf at step {step}; {now}")


@contextlib.contextmanager
def untouched(variables):
    """For what would change them, as a look in training mode moves batch norm's statistics and dropout's seeds: after
    it all is as it was."""
    before = [(variable, tf.identity(value_of(variable))) for variable in variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)


def state(model):
    """All variables that a step changes."""
    # of the model: networks, average, a subclass's own; Keras keeps its metrics' variables apart
    return [*model.variables, *model.optimizer.variables, model.steps, model.turns]


def value_of(variable):
    return variable.value if isinstance(variable, keras.Variable) else variable.read_value()
