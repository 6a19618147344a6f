"""The critic lab's engine in a real browser, for the tests of it: its functions, and its worker."""

import base64
import json
import pathlib

import numpy as np
from browsing import note_errors

from gancode import lab

NAMES = tuple(name for name in lab.ENGINE if name != "worker")
ARRAYS, OWN = (pathlib.Path(__file__).with_name(f"{name}.js").read_text("utf-8") for name in ("arrays", "lab_engine"))
HARNESS = ARRAYS + OWN


def open_engine(browser):
    """An empty page with the engine's functions, those of lab_engine.js, and the worker's text as `source`."""
    page = browser.new_page()
    page.trouble = []
    note_errors(page, page.trouble)
    page.evaluate(f"() => {{ window.source = {json.dumps(lab.join(lab.ENGINE))}; }}")
    page.add_script_tag(content="{\n" + lab.join(NAMES) + HARNESS + "\n}")
    assert not page.trouble
    return page


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def unpacked(found):
    """What a harness returns: texts are float32 arrays."""
    return {
        name: np.frombuffer(base64.b64decode(value), np.float32) if isinstance(value, str) else value
        for name, value in found.items()
    }
