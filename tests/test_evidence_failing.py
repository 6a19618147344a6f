"""Chapter 8's failing runs: the pictures, what counts as a copy, and the command with a few steps."""

import numpy as np
import pytest

from gancode.experiments.results import Results
from tools.evidence import failing


def test_a_shifted_or_mirrored_picture_is_at_distance_0_of_the_rows_around_it():
    images = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3))
    rows = failing.around(images)
    inside = np.zeros_like(images)
    inside[:, :14, 1:] = images[:, 2:, :15]  # up by two pixels, to the right by one
    inside[:, 14:], inside[:, :14, 0] = images[:, -1:], images[:, 2:, 0]  # edges are repeated
    inside[:, 14:, 1:], inside[:, 14:, 0] = images[:, -1:, :15], images[:, -1:, 0]
    assert rows.shape == (3 * 50, 768)
    assert np.allclose(failing.nearest(inside, rows), 0, atol=1e-5) and np.allclose(
        failing.nearest(images[:, :, ::-1], rows), 0, atol=1e-5
    )
    assert failing.nearest(-images, rows).min() > 1


@pytest.mark.slow
def test_command(tmp_path, monkeypatch, two_channels, eager):
    monkeypatch.setattr(failing, "LOOKS", 2)
    monkeypatch.setattr(failing, "MANY", 24)  # each is compared with all pictures, shifted and mirrored
    failing.main(["--steps", "4", "--seeds", "1", "--cases", "1", "--out", str(tmp_path / "some.json")])
    (kept,) = Results(tmp_path / "some.json").cases
    assert kept["result"]["step"] == [0, 2, 4] and len(kept["result"]["estimate"]) == 4
    assert all(0 <= each <= 1 for each in kept["result"]["copies"])
    drawn = np.load(tmp_path / "some.npz")
    assert drawn["sound"].shape == drawn["sound nearest"].shape == (12, 16, 16, 3)
