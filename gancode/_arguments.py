"""What is asked of arguments before anything is built, trained or drawn: who can not use one names it. Used by all.

Each function returns the value that was good, or raises ValueError: the argument's name, what was expected, what came.
"""

import functools
import inspect

import numpy as np


def expect(holds, name, wanted, value=None, got=None):
    """The value, if what is asked of it holds. got: what came, in words, where the value itself does not say it."""
    if not holds:
        raise ValueError(f"{name}: expected {wanted}, got {short(value) if got is None else got}")
    return value


def number(name, value, least=None):
    """One finite real number, of at least `least`."""
    holds = _is_real(value) and -np.inf < value < np.inf and (least is None or value >= least)
    return expect(holds, name, "a finite number" + (f" of at least {least}" if least is not None else ""), value)


def positive(name, value):
    """A number above 0 and finite (NaN is refused too)."""
    return expect(_is_real(value) and 0 < value < np.inf, name, "a number above 0", value)


def positive_integer(name, value):
    """A whole number of at least 1, as an int."""
    return int(expect(is_whole(value) and value >= 1, name, "a whole number of at least 1", value))


def positive_integers(**named_values):
    """Each a whole number of at least 1."""
    for name, value in named_values.items():
        positive_integer(name, value)


def shape_of_images(shape):
    """(height, width, channels) of images that the networks here take, as ints."""
    holds = isinstance(shape, (tuple, list)) and len(shape) == 3 and all(map(is_whole, shape))
    holds = holds and min(shape[:2]) >= 8 and shape[2] in (1, 3)
    return tuple(map(int, expect(holds, "image_shape", "(height, width, 1 or 3), sides of at least 8", shape)))


def seed_or_none(seed):
    """None, or a whole number that every random generator here takes."""
    holds = seed is None or (is_whole(seed) and 0 <= seed < 2**32)
    return expect(holds, "seed", "None or a whole number from 0 to 2**32 - 1", seed)


def flag(name, value):
    """True or False: any other text than "" would count as True."""
    return expect(isinstance(value, (bool, np.bool_)), name, "True or False", value)


def one_of(name, value, allowed):
    """One of the allowed values, and of the same kind."""
    holds = any(isinstance(value, type(choice)) and value == choice for choice in allowed)
    return expect(holds, name, f"one of {', '.join(map(repr, allowed))}", value)


def text(name, value):
    """A text that says something."""
    return expect(isinstance(value, str) and value.strip(), name, "a text", value)


def named(name, value):
    """A dict, {name: ...}, with something in it."""
    return expect(isinstance(value, dict) and value, name, "{name: ...} with at least one name", value)


def listed(name, values):
    """What can be gone through, as a list."""
    return list(expect(hasattr(values, "__iter__"), name, "a list", values))


def numbers(name, values, shape, dtype=np.float64, finite=True, cure=""):
    """Real numbers as an array of this shape: ("n", 28, 28, 1), where n is any number; ("n", ...), and any more axes.

    At least one of them, and all finite, unless finite is False. cure: what helps against another shape.
    """
    wanted = ", ".join("..." if size is ... else str(size) for size in shape) + ("," if len(shape) == 1 else "")
    try:
        array = np.asarray(values)
        if array.dtype.kind in "cOSUMm":  # complex numbers, objects, texts, dates
            raise TypeError
        with np.errstate(over="ignore"):
            array = array.astype(dtype, copy=False)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: expected real numbers of shape ({wanted}), got {short(values)}") from None
    if ... in shape:
        shape = (*shape[:-1], *array.shape[len(shape) - 1 :])
    sizes = zip(shape, array.shape, strict=False)
    fits = len(shape) == array.ndim and all(isinstance(size, str) or size == n for size, n in sizes)
    expect(fits and array.size > 0, name, f"at least one of shape ({wanted})", got=f"shape {array.shape}{cure}")
    holds = not finite or array.dtype.kind != "f" or np.isfinite(array).all()
    return expect(holds, name, "finite numbers", array, got="NaN or inf among them")


def named_numbers(name, values, shape, finite=True):
    """{name: numbers of this shape, ...} with at least one name."""
    return {each: numbers(f"{name}[{each!r}]", row, shape, finite=finite) for each, row in named(name, values).items()}


# --- samples and scores, as tensors. TensorFlow, which takes long to import, waits until there are some --------------


def batch(name, samples, critic=None, labels=None):
    """Samples as a tensor of floats (batch, ...), at least one; uint8 is pixels, 0 to 255 as -1 to 1.

    critic: they are of the shape that it takes, too, if it is a Keras model that knows. labels: beside them.
    """
    pixels = getattr(samples, "dtype", None) == "uint8"  # of NumPy's arrays and of tensors alike
    samples = _floats(name, samples, "(batch, ...)")
    if pixels:
        samples = samples / 127.5 - 1.0
    expect(samples.shape.rank != 0, name, "real numbers of shape (batch, ...)", got="shape ()")
    wanted = getattr(critic, "input_shape", None)
    if isinstance(wanted, list):
        wanted = wanted[0]
        n, among = samples.shape[0], "for the critic takes some (in a trainer ask self.score; else a function will do, "
        holds = np.shape(labels) == (n,) and np.asarray(labels).dtype.kind in "iu"
        among += "lambda x: critic([x, tf.constant(labels)]))"
        expect(holds, "labels", f"one whole number for each sample, {among}", labels)
    holds = wanted is None or samples.shape.is_compatible_with(wanted)
    return expect(holds, name, f"shape {wanted}, as the critic takes", samples, got=f"shape {samples.shape}")


def two_batches(real, fake, critic=None, labels=None):
    """Both as tensors of floats (batch, ...) of one kind and one shape, sample for sample."""
    real, fake = batch("real", real, critic, labels), batch("fake", fake)
    holds = real.shape.is_compatible_with(fake.shape)
    expect(holds, "real and fake", "one shape", got=f"{real.shape} and {fake.shape}")
    return real, _floats("fake", fake, "(batch, ...)", real.dtype)


def one_score_each(scores, samples):
    """A critic's scores: one for each sample, in a tensor (batch,) or (batch, 1)."""
    import tensorflow as tf

    n = samples.shape[0]
    expect(tf.is_tensor(scores), "critic", "it to give a tensor of scores", scores)
    holds = any(scores.shape.is_compatible_with(shape) for shape in ([n], [n, 1]))
    return expect(holds, "critic", f"it to give scores of shape ({n}, 1)", scores, got=f"shape {scores.shape}")


def of_scores(loss):
    """A method (self, scores, ...) whose scores are made floats of one kind, at least one each."""
    arguments = inspect.signature(loss)

    @functools.wraps(loss)
    def checked(*args, **kwargs):
        scores, kind = arguments.bind(*args, **kwargs).arguments, None
        this = scores.pop(next(iter(scores)))  # self
        for name, values in scores.items():
            scores[name] = _floats(name, values, "(batch,) or (batch, 1)", kind)
            kind = kind or ("float32" if scores[name].dtype.size < 4 else scores[name].dtype)  # bfloat16: three digits
            scores[name] = _floats(name, scores[name], "(batch,)", kind)
        return loss(this, **scores)

    return checked


def both_losses(loss):
    """A loss for each network, as the objects of `gancode.losses` have."""
    holds = not isinstance(loss, type) and all(callable(getattr(loss, each, None)) for each in ("critic", "generator"))
    return expect(holds, "loss", "an object of gancode.losses", loss)


def _floats(name, values, shape, dtype=None):
    """A tensor of this dtype, or of floats of its own. Whole numbers would have no gradient, and their mean be cut."""
    import tensorflow as tf

    try:
        tensor = tf.convert_to_tensor(values)
    except (TypeError, ValueError):
        tensor = None
    holds = tensor is not None and (tensor.dtype.is_floating or tensor.dtype.is_integer)
    expect(holds, name, f"real numbers of shape {shape}", values)
    some = tensor.shape.num_elements() != 0  # the mean of none is NaN
    expect(some, name, f"at least one of shape {shape}", got=f"shape {tensor.shape}")
    return tf.cast(tensor, dtype or (tensor.dtype if tensor.dtype.is_floating else tf.float32))


# --- how it is said ---------------------------------------------------------------------------------------------------


def short(value):
    """A value as a message shows it: its repr on one line, at most 80 characters of it."""
    line = " ".join(repr(value).split())
    return line if len(line) <= 80 else f"{line[:76]} ..."


def _is_real(value):
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def is_whole(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
