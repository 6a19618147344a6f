"""Quiet TensorFlow, one seed a test, no window for figures."""

import functools
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow is imported
os.environ["TQDM_DISABLE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import pytest
from browsing import DESKTOP, note_errors, open_browser
from hypothesis import settings

pytest.register_assert_rewrite("helpers")

# Hypothesis tries the same examples each time and everywhere, and a slow machine is no fault.
settings.register_profile("book", derandomize=True, deadline=None, database=None, max_examples=30)
settings.load_profile("book")


@pytest.fixture(autouse=True)
def fixed_seed():
    """The same weights, latent vectors and interpolates each time a test is run, in whatever order."""
    if "keras" in sys.modules:  # a test of the book's pages need not wait for TensorFlow
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture
def eager(monkeypatch):
    from helpers import eagerly

    eagerly(monkeypatch)


@pytest.fixture
def few_digits(monkeypatch):
    """500 of each set to train on and to be judged by: all kernels of 10 000 take a second a judgement."""
    from gancode import data, metrics
    from gancode.experiments import scoreboard

    digits, reference = data.mnist, metrics.reference_digits()
    few = metrics.Classified(reference.features[:500], reference.classes[:500])
    monkeypatch.setattr(data, "mnist", lambda split="train": digits(split)[:500])
    monkeypatch.setattr(metrics, "reference_digits", lambda: few)
    monkeypatch.setattr(scoreboard, "bundled", functools.cache(scoreboard.bundled.__wrapped__))  # as yet of no digits


@pytest.fixture
def two_channels(monkeypatch):
    """The convolutional pair, as small as it can be for who does not say how large."""
    from gancode import models

    for name in ("conv_generator", "conv_critic"):
        monkeypatch.setattr(models, name, functools.partial(getattr(models, name), channels=2))


@pytest.fixture(scope="module")
def browser():
    with open_browser() as browser:
        yield browser


@pytest.fixture
def new_page(browser):
    """Pages that note each error in `new_page.trouble`; if there is one the test fails."""
    contexts, trouble = [], []

    def make(**options):
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        contexts.append(context)
        page = context.new_page()
        note_errors(page, trouble)
        return page

    make.trouble = trouble
    yield make
    for context in contexts:
        context.close()
    assert not trouble
