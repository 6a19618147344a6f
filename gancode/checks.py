"""`check`, the line under every claim of the book, `broken`, and the checks of arguments. Used in all chapters."""

import contextlib

import numpy as np


def check(claim, holds):
    """Print the claim if it holds; stop the cell if it does not.

    claim: a sentence. It must not hold measured numbers: it is compared word for word each time the chapter runs.
    holds: one truth value (Python, NumPy or TensorFlow).

    Raises AssertionError if it does not hold, and ValueError if `holds` is not one truth value: an array
    of several would otherwise hide the ones that are false.
    """
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
    try:
        yield
    except AssertionError as error:
        print(f"✗ {error}")
    except errors as error:
        print(f"✗ {type(error).__name__}")
    else:
        print("Nothing is broken here: every check holds.")


def positive(name, value):
    """Raise ValueError unless value > 0 and finite (NaN is refused too)."""
    if not (np.isscalar(value) and np.isreal(value) and 0 < value < np.inf):
        raise ValueError(f"{name}: expected a number above 0, got {value!r}")
    return value


def positive_integer(name, value):
    """Raise ValueError unless value is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name}: expected a whole number of at least 1, got {value!r}")
    return int(value)


def one_of(name, value, allowed):
    """Raise ValueError unless value is one of the allowed ones."""
    if value not in allowed:
        names = ", ".join(repr(choice) for choice in allowed)
        raise ValueError(f"{name}: expected one of {names}, got {value!r}")
    return value


def same_shape(real, fake):
    """Raise ValueError unless two batches have the same shape, sample for sample."""
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(f"real and fake: expected one shape, got {tuple(real.shape)} and {tuple(fake.shape)}")
