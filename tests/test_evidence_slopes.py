"""Depth and the smallest game: the commands, and a game by hand."""

import numpy as np
import pytest

from gancode.experiments.results import Results
from tools.evidence import slopes

pytestmark = pytest.mark.slow


def test_command(tmp_path):
    slopes.main(["--steps", "3", "--seeds", "1", "--cases", "1", "--out", str(tmp_path / "some.json")])
    game, depth = (kept["result"] for kept in Results(tmp_path / "some.json").cases)
    assert game["least"] <= game["last"] <= game["greatest"]
    assert depth["deciles"][0] <= depth["deciles"][1] <= depth["deciles"][2] <= depth["greatest"] < 1.01


def test_a_game_by_hand():
    steps, weight = 40, 1.0
    found = slopes.orbit(seed=3, steps=steps, method="WGAN-GP", penalty_weight=weight)
    theta, w = np.random.default_rng(3).uniform(-1.5, 1.5, size=(2, 2))
    radii = [np.linalg.norm(theta)]
    for _ in range(steps):
        # critic loss: <w, theta> - <w, 0> + weight (|w| - 1)^2; then the generator's: -<w, theta>
        size = np.linalg.norm(w)
        w = w - 0.05 * (theta + 2 * weight * (size - 1) * w / size)
        theta = theta + 0.05 * w
        radii.append(np.linalg.norm(theta))
    half = radii[len(radii) // 2 :]
    assert found["last"] == pytest.approx(radii[-1], rel=1e-3)
    assert (found["least"], found["greatest"]) == pytest.approx((min(half), max(half)), rel=1e-3)
