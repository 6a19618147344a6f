"""Markup, style and scripts that are files of their own, made into one page. Under `frames` and `lab`."""

import functools
import json
import re


@functools.cache
def text(path):
    """What is in a file of the package."""
    return path.read_text(encoding="utf-8")


def fill(path, parts):
    """A file's text with each {{NAME}} in it filled in. parts: {"NAME": text, ...}."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: str(parts[found[1]]), text(path))


def for_script(value):
    """A value as a script reads it; no text of ours may end the script, nor open a comment in it."""
    return json.dumps(value).replace("<", "\\u003c")
