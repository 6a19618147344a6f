"""Few digits, and critics of digits: the commands, with a step or two."""

import numpy as np
import pytest

from gancode.experiments.results import Results, load
from tools.evidence import digit_critics, few_digits

quick = pytest.mark.usefixtures("two_channels", "eager")


@quick
@pytest.mark.slow
def test_few_digits(tmp_path, monkeypatch):
    monkeypatch.setattr(few_digits, "LOOKS", 2)  # in place of 4
    few_digits.main(["--steps", "2", "--seeds", "1", "--cases", "1", "--out", str(tmp_path / "some.json")])
    (kept,) = Results(tmp_path / "some.json").cases
    assert kept["result"]["steps"] == [1, 2]
    assert all(0 <= part <= 1 for part in kept["result"]["nearer"])


@quick
@pytest.mark.slow
def test_digit_critics(tmp_path):
    digit_critics.main(["--steps", "2", "--seeds", "1", "--cases", "1", "--out", str(tmp_path / "some.json")])
    (kept,) = Results(tmp_path / "some.json").cases
    norms = np.array(kept["result"]["norms"])  # (looks, layers)
    assert norms.shape == (3, 3)
    np.testing.assert_allclose(norms[:, -1], np.sqrt(2 / 256), rtol=1e-3)  # at the output the loss alone says it


def kept(name, **wanted):
    """The results of all seeds that agree with what is wanted, and none from a changed tree."""
    results = load(name)
    assert "dirty" not in repr(results)
    return [case["result"] for case in results.cases if wanted.items() <= case["case"].items()]


def test_the_ledgers_batch_norm_and_first_layers():
    plain, normed, penalised = (kept("digit_critics", critic=critic) for critic in digit_critics.CRITICS)
    assert len(plain) == len(normed) == len(penalised) == 5
    last = [[run["frechet"][-1] for run in runs] for runs in (plain, normed)]
    assert max(last[1]) < min(last[0])
    arriving = [[run["norms"][-1][0] / run["norms"][-1][-1] for run in runs] for runs in (plain, penalised)]
    assert min(arriving[1]) > 3 * max(arriving[0])


def test_the_ledgers_few_digits():
    few, many = (kept("few_digits", few=few) for few in (True, False))
    assert len(few) == len(many) == 6
    for own, control in zip(few, many, strict=True):
        ratios = [run["few"][-1] / run["unseen"][-1] for run in (own, control)]
        assert ratios[0] > ratios[1] + 0.05
        assert own["nearer"][-1] < control["nearer"][-1] + 0.05  # its generator: not shown
