"""What the page *The package* needs beside autodoc: an extension of Sphinx.

The docstrings there say `interpolate`, `data.batches` or `fit` as one would in a sentence. Where the page has one such
name it becomes a link; else it stays as it is, as code.
"""

import builtins
import inspect
import os

PAGE = "book/package"


def setup(app):
    """What Sphinx calls for its extensions."""
    app.connect("source-read", _import_quietly)
    app.connect("autodoc-process-signature", _signature_of_init)
    app.connect("missing-reference", _link_or_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _import_quietly(app, page, source):
    """TensorFlow's start-up notes, written past Python, would be all that a quiet build says."""
    if page != PAGE:
        return
    errors = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        import tensorflow  # noqa: F401
    finally:
        os.dup2(errors, 2)
        os.close(errors)


def _signature_of_init(app, what, name, thing, options, signature, returns):
    """A class of Keras's is made by a __new__ that takes anything: what it does with it is up to __init__."""
    if what != "class" or signature != "(*args, **kwargs)":
        return None
    parameters = list(inspect.signature(thing.__init__).parameters.values())
    return str(inspect.Signature(parameters[1:])), returns  # without self


def _link_or_code(app, environment, node, shown):
    """A link to what Sphinx has not found under its short name; the bare name where nothing was promised."""
    from sphinx.util.nodes import make_refnode

    if node.get("refdomain") != "py":
        return None
    name, known = node["reftarget"], environment.get_domain("py").objects
    found = [full for full in known if full.endswith(f".{name}")]
    if len(found) == 1:
        place = known[found[0]]
        return make_refnode(app.builder, node["refdoc"], place.docname, place.node_id, shown, found[0])
    promised = node["reftype"] != "obj" and not hasattr(builtins, name)
    return None if promised else shown  # None: Sphinx warns of it
