"""Quiet TensorFlow, one seed a test, no window for figures."""

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
