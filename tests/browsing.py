"""A real browser for tests, and what is said where there is none."""

import contextlib
import os

import pytest

import chromium


def skip(reason):
    """Nothing is skipped where CI is set."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@contextlib.contextmanager
def open_browser(*arguments):
    """Chromium, with some arguments more."""
    if not chromium.find():
        skip(chromium.NONE)
    with chromium.launched(*arguments) as browser:
        yield browser


def note_errors(page, trouble):
    """Whatever goes wrong on the page is added to this list."""
    page.on("console", lambda message: message.type == "error" and trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
