"""Depth and the smallest game: the commands, and a game by hand."""

import numpy as np
import pytest

from gancode.experiments.results import Results, load
from tools.evidence import slopes


@pytest.mark.slow
def test_command(tmp_path, eager):
    slopes.main(["--steps", "3", "--seeds", "1", "--cases", "1", "--out", str(tmp_path / "some.json")])
    game, depth = (kept["result"] for kept in Results(tmp_path / "some.json").cases)
    assert game["least"] <= game["last"] <= game["greatest"]
    assert depth["deciles"][0] <= depth["deciles"][1] <= depth["deciles"][2] <= depth["greatest"] < 1.01


@pytest.mark.slow
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


def kept(**wanted):
    """The results of all seeds that agree with what is wanted."""
    found = [case["result"] for case in load("slopes").cases if wanted.items() <= case["case"].items()]
    assert len(found) == 5
    return found


def test_the_ledgers_circles():
    for game in ({"n_critic": 1, "penalty_weight": 1.0}, {"n_critic": 1, "penalty_weight": 0.5}, {"n_critic": 5}):
        for path in kept(method="WGAN-GP", **game):
            assert (path["least"], path["greatest"]) == pytest.approx(2 * (game["n_critic"] ** -0.5,), rel=0.02)
    for method in ("DRAGAN", "GAN-GP", "SN-GAN"):
        assert all(path["least"] > 0.98 and path["greatest"] < 1.02 for path in kept(method=method, n_critic=1))
    assert all(path["last"] < 0.01 for path in kept(method="R1"))


def test_the_ledgers_depths():
    bounded = np.array([[run["deciles"][1] for run in kept(method="SN-GAN", depth=depth)] for depth in (1, 4, 8)])
    assert np.all(np.diff(bounded, axis=0) < 0) and np.all(bounded[2] < bounded[0] / 3)
    for depth in (1, 4, 8):
        assert all(0.8 < run["deciles"][1] < 1.25 for run in kept(method="WGAN-GP", depth=depth))
    assert "dirty" not in repr(load("slopes"))
