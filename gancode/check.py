"""`check`, the line under every claim of the book, `broken`, and `show_code`. Used in all chapters."""

import contextlib
import html
import inspect
import re
import textwrap

import numpy as np
from IPython import get_ipython
from IPython.display import Markdown, display

from gancode._arguments import expect, text

_held = []  # the claims of the cell that runs


def check(claim, holds):
    """Note that the claim holds, if it does; stop the cell if it does not.

    In a notebook the claims of a cell fold to one line below it, which says how many hold and needs no script to open.
    Elsewhere each is printed.

    Args:
        claim: a sentence. It must not hold measured numbers: it is compared word for word each time the chapter runs.
        holds: one truth value (Python, NumPy or TensorFlow).

    Raises:
        AssertionError: if it does not hold.
        ValueError: if the claim is no sentence or `holds` is not one truth value. An array of several would otherwise
            hide the ones that are false.
    """
    text("claim", claim)
    holds = np.asarray(holds)
    one = holds.shape == () and holds.dtype == bool
    expect(one, "holds", "one truth value", got=f"{holds.dtype} of shape {holds.shape}")
    if not holds:
        raise AssertionError(f"this does not hold: {claim}")
    if get_ipython() is None:
        print(f"✓ {claim}")
    else:
        _held.append(claim)
        if len(_held) == 1:
            get_ipython().events.register("post_run_cell", _fold)


def _fold(_):
    """At a cell's end, also where it fails: the claims that hold, as one line that opens."""
    get_ipython().events.unregister("post_run_cell", _fold)
    items = "".join(f"<li>{html.escape(claim)}</li>" for claim in _held)
    many = f"✓ {len(_held)} checks hold" if len(_held) > 1 else "✓ 1 check holds"
    folded = f'<details class="checks"><summary>{many}</summary><ul>{items}</ul></details>'
    display({"text/html": folded, "text/plain": "\n".join(f"✓ {claim}" for claim in _held)}, raw=True)
    _held.clear()


@contextlib.contextmanager
def broken(*errors):
    """For code that is wrong on purpose: say which check it fails, and let the chapter go on. Nothing fails: say so.

    For example::

        with broken():
            norms = tf.norm(gradients, axis=1)
            check("there is one norm a sample", norms.shape == (64,))

    Args:
        *errors: exceptions by which the fault may show itself, where no check gets its turn; their type is printed.
    """
    classes = all(isinstance(error, type) and issubclass(error, Exception) for error in errors)
    expect(classes, "errors", "classes of exceptions", errors)
    try:
        yield
    except AssertionError as error:
        print(f"✗ {error}")
    except errors as error:
        print(f"✗ {type(error).__name__}")
    else:
        print("Nothing is broken here: every check holds.")


def show_code(*objects):
    """The package's own source, as highlighted code in a page, in JupyterLab and on Colab: text and code cannot part.

    Of docstrings the first paragraph; ``help(...)`` has the rest.

    Args:
        *objects: functions, methods or classes.
    """
    sources = [textwrap.dedent(inspect.getsource(thing)).strip() for thing in objects]
    brief = [re.sub(r'"""(.*?)(?:\n\n.*?)?"""', r'"""\1"""', source, flags=re.DOTALL) for source in sources]
    return Markdown("```python\n" + "\n\n".join(brief) + "\n```")
