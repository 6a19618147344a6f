"""What is asked of samples and scores before anything is computed from them. Used by losses, penalty, probes, trainers.

TensorFlow would take whole numbers, whose gradient is nothing and whose mean is cut to a whole number, and an empty
batch, whose mean is NaN.
"""

import functools
import inspect

import tensorflow as tf

from gancode.checks import short


def batch(name, samples, critic=None):
    """The samples as a tensor of floats (batch, ...). Raises ValueError for what is none, and for none at all.

    critic: also for samples of another shape than it takes, if it is a Keras model that knows.
    """
    samples = _floats(name, samples, "(batch, ...)")
    if samples.shape.rank == 0:
        raise ValueError(f"{name}: expected real numbers of shape (batch, ...), got shape ()")
    wanted = getattr(critic, "input_shape", None)
    if wanted is not None and not samples.shape.is_compatible_with(wanted):
        raise ValueError(f"{name}: expected shape {wanted}, as the critic takes, got shape {tuple(samples.shape)}")
    return samples


def two_batches(real, fake, critic=None):
    """Both as tensors of floats (batch, ...). Raises ValueError unless they have one shape, sample for sample."""
    real, fake = batch("real", real, critic), batch("fake", fake)
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(f"real and fake: expected one shape, got {tuple(real.shape)} and {tuple(fake.shape)}")
    return real, tf.cast(fake, real.dtype)


def one_score_each(scores, samples):
    """Raise ValueError unless a critic gave each sample one score, in a tensor (batch,) or (batch, 1)."""
    n = samples.shape[0]
    if not tf.is_tensor(scores):
        raise ValueError(f"critic: expected it to give a tensor of scores, got {short(scores)}")
    if not any(scores.shape.is_compatible_with(shape) for shape in ([n], [n, 1])):
        raise ValueError(f"critic: expected it to give scores of shape ({n}, 1), got shape {tuple(scores.shape)}")
    return scores


def of_scores(loss):
    """A method (self, scores, ...) whose scores are made floats of one kind; ValueError for what are none, or empty."""
    arguments = inspect.signature(loss)

    @functools.wraps(loss)
    def checked(*args, **kwargs):
        given = arguments.bind(*args, **kwargs).arguments
        scores = {name: _floats(name, given[name], "(batch,) or (batch, 1)") for name in given if name != "self"}
        kind = next(iter(scores.values())).dtype
        return loss(given["self"], **{name: tf.cast(values, kind) for name, values in scores.items()})

    return checked


def both_losses(loss):
    """Raise ValueError unless `loss` has one for each network, as the objects of `gancode.losses` have."""
    if isinstance(loss, type) or not all(callable(getattr(loss, each, None)) for each in ("critic", "generator")):
        raise ValueError(f"loss: expected an object of gancode.losses, got {short(loss)}")
    return loss


def _floats(name, values, shape):
    try:
        tensor = tf.convert_to_tensor(values)
    except (TypeError, ValueError):
        tensor = None
    if tensor is None or not (tensor.dtype.is_floating or tensor.dtype.is_integer):
        raise ValueError(f"{name}: expected real numbers of shape {shape}, got {short(values)}")
    if tensor.shape.num_elements() == 0:
        raise ValueError(f"{name}: expected at least one of shape {shape}, got shape {tuple(tensor.shape)}")
    return tensor if tensor.dtype.is_floating else tf.cast(tensor, tf.float32)
