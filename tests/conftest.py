"""Quiet TensorFlow, one seed a test, no window for figures."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow is imported
os.environ["TQDM_DISABLE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import pytest
from hypothesis import settings

# Hypothesis tries the same examples each time and everywhere, and a slow machine is no fault.
settings.register_profile("book", derandomize=True, deadline=None, database=None, max_examples=30)
settings.load_profile("book")


@pytest.fixture
def assert_two_optimisers():
    """Assert that a trainer has two optimisers of this kind with these settings, one a network."""

    def check(trainer, kind, settings):
        assert trainer.critic_optimizer is not trainer.generator_optimizer
        for optimiser in (trainer.critic_optimizer, trainer.generator_optimizer):
            assert type(optimiser) is kind
            config = optimiser.get_config()
            assert {name: config[name] for name in settings} == pytest.approx(settings)

    return check


@pytest.fixture(autouse=True)
def fixed_seed():
    """The same weights, latent vectors and interpolates each time a test is run, in whatever order."""
    if "keras" in sys.modules:  # a test of the book's pages need not wait for TensorFlow
        sys.modules["keras"].utils.set_random_seed(0)
