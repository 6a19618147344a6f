"""Surfaces and weights with one optimiser: the measures, against what is known of them."""

import keras
import numpy as np
import pytest

from gancode.experiments.results import Results
from tools.evidence import surfaces

pytestmark = pytest.mark.slow


def test_command(tmp_path):
    surfaces.main(["--steps", "3", "--seeds", "2", "--cases", "1", "--out", str(tmp_path / "some.json")])
    (kept,) = Results(tmp_path / "some.json").cases
    assert kept["result"]["steps"] == [0, 1, 3]
    assert np.shape(kept["result"]["at_ends"]) == (3, 2) and np.shape(kept["result"]["kurtosis"]) == (3, 2, 2)
    assert all(len(kept["result"][name]) == 2 for name in ("hole", "cosine", "slope", "part_of_w1"))


def test_kurtosis_knows_spikes_from_a_hill_at_any_scale():
    rng = np.random.default_rng(0)
    for scale in (0.01, 7.0):
        assert surfaces.kurtosis(scale * rng.choice([-1, 1], 10_000)) == pytest.approx(1)
        assert surfaces.kurtosis(scale * rng.uniform(-1, 1, 100_000)) == pytest.approx(1.8, abs=0.02)
        assert surfaces.kurtosis(scale * rng.normal(size=100_000)) == pytest.approx(3, abs=0.1)
    # what `saturated_fraction` without a bound lets pass: spikes, and one weight farther out
    assert surfaces.kurtosis(np.append(rng.choice([-0.1, 0.1], 1000), 0.2)) < 1.1


def test_cosine_of_a_linear_critic_is_known():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(50, 2)).astype(np.float32)
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    critic.set_weights([np.array([[3.0], [0.0]]), np.zeros(1)])
    # the cheapest plan of a shift is the shift (by little, or another real point would be nearer)
    for shift, wanted in (((0.001, 0), -1), ((-0.001, 0), 1), ((0, 0.001), 0)):
        fake = (real + np.array(shift)).astype(np.float32)
        assert surfaces.cosine_with_plan(critic, real, fake) == pytest.approx(wanted, abs=1e-2)
