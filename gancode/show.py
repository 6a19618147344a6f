"""`show_code`: the package's own source on the page, so that the text and the code cannot part. All chapters."""

import inspect
import textwrap

from IPython.display import Markdown


def show_code(*objects):
    """The source of functions, methods or classes, as highlighted code in a page, in JupyterLab and on Colab."""
    sources = [textwrap.dedent(inspect.getsource(thing)).strip() for thing in objects]
    return Markdown("```python\n" + "\n\n".join(sources) + "\n```")
