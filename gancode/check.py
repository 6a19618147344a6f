"""`check`, the line under every claim of the book, `broken`, and `show_code`. Used in all chapters."""

import ast
import contextlib
import inspect
import textwrap

import numpy as np
from IPython.display import Markdown

from gancode._arguments import expect, text


def check(claim, holds):
    """Print the claim if it holds; stop the cell if it does not.

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
    print(f"✓ {claim}")


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
    sources = [_to_be_read(textwrap.dedent(inspect.getsource(thing)).strip()) for thing in objects]
    return Markdown("```python\n" + "\n\n".join(sources) + "\n```")


def _to_be_read(source):
    """The source with its docstrings cut after their first paragraph."""
    lines = source.split("\n")
    cut = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for node in sorted(cut, key=lambda node: -node.lineno):  # from below, so that lines keep their numbers
        first, end = node.body[0].lineno - 1, node.body[0].end_lineno
        if ast.get_docstring(node) and "" in lines[first:end]:
            blank = lines.index("", first)
            lines[blank - 1 : end] = [lines[blank - 1] + '"""']
    return "\n".join(lines)
