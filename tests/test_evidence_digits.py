"""Few digits, and critics of digits: the commands, with a step or two."""

import numpy as np
import pytest

from gancode.experiments.results import Results
from tools.evidence import digit_critics, few_digits

pytestmark = pytest.mark.slow


def test_few_digits(tmp_path):
    few_digits.main(["--steps", "4", "--seeds", "1", "--cases", "1", "--out", str(tmp_path / "some.json")])
    (kept,) = Results(tmp_path / "some.json").cases
    assert kept["result"]["steps"] == [1, 2, 3, 4]
    assert all(0 <= part <= 1 for part in kept["result"]["nearer"])


def test_digit_critics(tmp_path):
    digit_critics.main(["--steps", "2", "--seeds", "1", "--cases", "1", "--out", str(tmp_path / "some.json")])
    (kept,) = Results(tmp_path / "some.json").cases
    norms = np.array(kept["result"]["norms"])  # (looks, layers)
    assert norms.shape == (3, 3)
    np.testing.assert_allclose(norms[:, -1], np.sqrt(2 / 256), rtol=1e-3)  # at the output the loss alone says it
