"""What `fit` does besides training: check what it is given, show progress, stop at NaN. Used by trainers."""

import keras
import tensorflow as tf

from gancode import devices
from gancode._arguments import positive_integer, short


class NotFiniteError(ValueError):
    """Training reached NaN or inf. The model is as it was before the step that the message names."""


class StopAtNaN(keras.callbacks.Callback):
    """Undo the first step that makes a weight or a loss NaN or inf, then stop with its number.

    The undoing happens inside the compiled step, so that it is exact also where several steps make one
    execution: from the bad step on, every variable keeps the last good value.
    """

    def __init__(self):
        super().__init__()
        self.bad_step = tf.Variable(0, dtype=tf.int64, trainable=False)  # 0: none so far

    def remember(self, model):
        """Copies of all that a step changes: two networks, two optimisers."""
        return [tf.identity(variable.value) for variable in _state(model)]

    def undo_if_not_finite(self, model, before, logs):
        """Keep the step if all is finite and no earlier step was bad; put `before` back if not."""
        numbers = [*logs.values(), *(variable.value for variable in model.generator.variables)]
        numbers += [variable.value for variable in model.critic.variables]
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(tf.cast(x, tf.float32))) for x in numbers])
        finite = devices.all_agree(finite)
        step = tf.cast(model.generator_optimizer.iterations.value, tf.int64)
        first_bad = tf.where(finite | (self.bad_step != 0), self.bad_step, step)
        state = _state(model)
        kept = [tf.where(first_bad == 0, now.value, old) for now, old in zip(state, before, strict=True)]
        devices.assign([self.bad_step, *state], [first_bad, *kept])

    def on_train_begin(self, logs=None):
        self.bad_step.assign(0)

    def on_train_batch_end(self, batch, logs=None):
        step = int(self.bad_step.numpy())
        if step:
            raise NotFiniteError(
                f"training: expected finite weights and losses, got NaN or inf at step {step}; "
                "the networks and optimisers are as they were before that step"
            )


def check_networks(generator, critic):
    """Raise ValueError unless latent vectors become samples, and samples of that shape one score each."""
    for name, network in (("generator", generator), ("critic", critic)):
        if not isinstance(network, keras.Model) or not getattr(network, "inputs", None):
            raise ValueError(f"{name}: expected a built Sequential or functional Keras model, got {short(network)}")
        if len(network.inputs) > 1 or len(network.outputs) > 1:
            found = f"{len(network.inputs)} and {len(network.outputs)}"
            raise ValueError(f"{name}: expected one input and one output, got {found}")
    latent, samples, wanted = generator.input_shape, generator.output_shape, critic.input_shape
    if len(latent) != 2 or latent[-1] is None:
        raise ValueError(f"generator: expected it to take latent vectors (batch, latent_dim), got {latent}")
    if samples[1:] != wanted[1:]:
        raise ValueError(f"critic: expected it to take what the generator gives, {samples}, got {wanted}")
    if critic.output_shape[1:] != (1,):
        raise ValueError(f"critic: expected it to give scores (batch, 1), got {critic.output_shape}")


def check_optimizers(critic, generator):
    """Raise ValueError unless each is None or an optimiser, and they are not one and the same."""
    for name, optimizer in (("critic_optimizer", critic), ("generator_optimizer", generator)):
        if optimizer is not None and not isinstance(optimizer, keras.optimizers.Optimizer):
            raise ValueError(f"{name}: expected a Keras optimiser or None, got {short(optimizer)}")
    if critic is not None and critic is generator:
        raise ValueError("generator_optimizer: expected an optimiser of its own, got the critic's")


def check_callbacks(callbacks):
    """The callbacks as a list, for there may be one or none. Raises ValueError for what is no callback."""
    callbacks = [] if callbacks is None else callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(f"callbacks: expected Keras callbacks, got {short(callback)}")
    return list(callbacks)


def check_batches(batches, sample_shape, steps_per_epoch, steps_per_execution):
    """Raise ValueError unless batches deal (batch, n_critic, *sample) and an epoch ends, at an execution's end."""
    shape = getattr(getattr(batches, "element_spec", None), "shape", None)
    expected = ("batch", "n_critic", *sample_shape[1:])
    if shape is None or len(shape) != len(expected) or tuple(shape[2:]) != tuple(sample_shape[1:]) or not shape[1]:
        got = type(batches).__name__ if shape is None else tuple(shape)
        raise ValueError(f"batches: expected elements of shape {expected}, as data.batches deals them, got {got}")
    if not batches.element_spec.dtype.is_floating:
        raise ValueError(f"batches: expected floats, as data.batches deals them, got {batches.element_spec.dtype.name}")
    if steps_per_epoch is not None:
        positive_integer("steps_per_epoch", steps_per_epoch)
    if steps_per_epoch is None and batches.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError("steps_per_epoch: expected a whole number, for these batches never end, got None")
    if steps_per_epoch is not None and steps_per_epoch % steps_per_execution:
        whole = f"a multiple of steps_per_execution ({steps_per_execution})"  # Keras would run on to the next one
        raise ValueError(f"steps_per_epoch: expected {whole}, got {steps_per_epoch}")


def check_precision(*networks):
    """Raise ValueError if a layer computes in float16; bfloat16, whose range is float32's, is welcome."""
    for layer in (layer for network in networks for layer in network._flatten_layers()):
        if layer.compute_dtype == "float16":
            raise ValueError(
                f"dtype policy: expected float32 or mixed_bfloat16, got float16 in layer {layer.name!r}: from 6e-8 to "
                "65504 there is no room for squared gradients, and Keras's loss scaling is for one loss, not for two"
            )


def progress_bar():
    """tqdm's bar, one tick an epoch: a widget in a notebook, text in a terminal (where TQDM_DISABLE=1 hides it)."""
    from tqdm.keras import TqdmCallback

    return TqdmCallback(verbose=0)


def _state(model):
    return [
        *model.generator.variables,
        *model.critic.variables,
        *model.critic_optimizer.variables,
        *model.generator_optimizer.variables,
    ]
