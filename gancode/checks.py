"""`check`, the line under every claim of the book, `broken`, and the checks of arguments. Used in all chapters."""

import contextlib

import numpy as np


def check(claim, holds):
    """Print the claim if it holds; stop the cell if it does not.

    claim: a sentence. It must not hold measured numbers: it is compared word for word each time the chapter runs.
    holds: one truth value (Python, NumPy or TensorFlow).

    Raises AssertionError if it does not hold, and ValueError if the claim is no sentence or `holds` is not one truth
    value: an array of several would otherwise hide the ones that are false.
    """
    text("claim", claim)
    holds = np.asarray(holds)
    if holds.shape != () or holds.dtype != bool:
        raise ValueError(f"holds: expected one truth value, got {holds.dtype} of shape {holds.shape}")
    if not holds:
        raise AssertionError(f"this does not hold: {claim}")
    print(f"✓ {claim}")


@contextlib.contextmanager
def broken(*errors):
    """For code that is wrong on purpose: say which check it fails, and let the chapter go on. Nothing fails: say so.

        with broken():
            norms = tf.norm(gradients, axis=1)
            check("there is one norm a sample", norms.shape == (64,))

    errors: exceptions by which the fault may show itself, where no check gets its turn; their type is printed.
    """
    if not all(isinstance(error, type) and issubclass(error, Exception) for error in errors):
        raise ValueError(f"errors: expected classes of exceptions, got {short(errors)}")
    try:
        yield
    except AssertionError as error:
        print(f"✗ {error}")
    except errors as error:
        print(f"✗ {type(error).__name__}")
    else:
        print("Nothing is broken here: every check holds.")


def number(name, value, least=None):
    """Raise ValueError unless value is one finite real number, of at least `least`."""
    if not (_is_real(value) and -np.inf < value < np.inf and (least is None or value >= least)):
        wanted = "a finite number" if least is None else f"a finite number of at least {least}"
        raise ValueError(f"{name}: expected {wanted}, got {short(value)}")
    return value


def positive(name, value):
    """Raise ValueError unless value > 0 and finite (NaN is refused too)."""
    if not (_is_real(value) and 0 < value < np.inf):
        raise ValueError(f"{name}: expected a number above 0, got {short(value)}")
    return value


def positive_integer(name, value):
    """Raise ValueError unless value is a whole number of at least 1."""
    if not _is_whole(value) or value < 1:
        raise ValueError(f"{name}: expected a whole number of at least 1, got {short(value)}")
    return int(value)


def seed_or_none(seed):
    """Raise ValueError unless seed is None or a whole number that every random generator here takes."""
    if seed is not None and not (_is_whole(seed) and 0 <= seed < 2**32):
        raise ValueError(f"seed: expected None or a whole number from 0 to 2**32 - 1, got {short(seed)}")
    return seed


def flag(name, value):
    """Raise ValueError unless value is True or False: any other text than "" would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}: expected True or False, got {short(value)}")
    return value


def one_of(name, value, allowed):
    """Raise ValueError unless value is one of the allowed ones."""
    if not any(isinstance(value, type(choice)) and value == choice for choice in allowed):
        names = ", ".join(repr(choice) for choice in allowed)
        raise ValueError(f"{name}: expected one of {names}, got {short(value)}")
    return value


def text(name, value):
    """Raise ValueError unless value is a text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name}: expected a text, got {short(value)}")
    return value


def named(name, value):
    """Raise ValueError unless value is a dict, {name: ...}, with something in it."""
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{name}: expected {{name: ...}} with at least one name, got {short(value)}")
    return value


def listed(name, values):
    """The values as a list. Raises ValueError for what can not be gone through."""
    if not hasattr(values, "__iter__"):
        raise ValueError(f"{name}: expected a list, got {short(values)}")
    return list(values)


def numbers(name, values, shape, dtype=np.float64, finite=True):
    """The values as an array of this shape: ("n", 28, 28, 1), where n is any number; ("n", ...), and any more axes.

    Raises ValueError unless they are real numbers, of that shape, at least one, and all finite.
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
    if not fits or array.size == 0:
        raise ValueError(f"{name}: expected at least one of shape ({wanted}), got shape {array.shape}")
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or inf among them")
    return array


def short(value):
    """A value as a message shows it: its repr on one line, at most 80 characters of it."""
    line = " ".join(repr(value).split())
    return line if len(line) <= 80 else f"{line[:76]} ..."


def _is_real(value):
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _is_whole(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
