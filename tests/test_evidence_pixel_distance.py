"""Exact W1 in pixels prefers blurred digits to real ones: the kept draws, and how they are made."""

import numpy as np
import pytest

from gancode import data
from gancode.experiments.results import Results, load
from tools.evidence import pixel_distance


def test_blur_moves_ink_and_makes_none():
    digits = data.mnist("test")[:20]
    for sigma in (1.0, 2.0):
        seen = pixel_distance.blurred(digits, sigma)
        assert seen.shape == digits.shape
        ink, before = ((images + 1).sum(axis=(1, 2, 3)) for images in (seen, digits))
        np.testing.assert_allclose(ink, before, rtol=0.03)  # a little leaves the picture at its edge
        assert np.all(seen.max(axis=(1, 2, 3)) < digits.max(axis=(1, 2, 3)))


@pytest.mark.slow
def test_command_and_what_it_finds_of_one_image(tmp_path):
    pixel_distance.main(["--steps", "20", "--seeds", "1", "--out", str(tmp_path / "some.json")])
    (kept,) = Results(tmp_path / "some.json").cases
    # All earth goes to one place: there is only one plan, so W1 is the mean distance.
    rng = np.random.default_rng(0)
    test, training = data.mnist("test"), data.mnist("train")
    judged_by = test[rng.permutation(len(test))[:20]]
    by_hand = np.linalg.norm((judged_by - training.mean(axis=0)).reshape(20, -1), axis=1).mean()
    assert kept["result"]["one mean image"] == pytest.approx(by_hand, rel=1e-4)
    assert kept["made"]["command"].startswith("python -m tools.evidence.pixel_distance --steps 20")


def test_what_the_ledger_says():
    results = load("pixel_distance")
    assert len(results.cases) == 10
    for case in results.cases:
        found = case["result"]
        assert found["the same, blurred by 1 pixel"] < 0.9 * found["other real digits"]
        assert found["the same, blurred by 2 pixels"] < found["other real digits"]
        assert found["ten class means"] == pytest.approx(found["other real digits"], rel=0.03)
        assert found["one mean image"] > 1.1 * found["other real digits"]
    assert "dirty" not in repr(results)
