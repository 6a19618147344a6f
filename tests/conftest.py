"""Quiet TensorFlow, one seed a test, no window for figures."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow is imported
os.environ["TQDM_DISABLE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import pytest
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
