import json

import numpy as np
import pytest

from evidence import envelope
from evidence.envelope import DATA, FAKES, OWN, X
from gancode.experiments import results


def of(fakes):
    return ((1.0, *FAKES[fakes]),)


def densities(fakes):
    return np.exp(envelope.log_density(DATA, X)), np.exp(envelope.log_density(of(fakes), X))


def test_the_command_writes_what_it_finds(tmp_path):
    envelope.main(["--points", "3", "--out", str(tmp_path / "found.json")])
    cases = json.loads((tmp_path / "found.json").read_text())["cases"]
    assert len(cases) == len(FAKES) + 1
    assert all(set(OWN) == set(case["result"]) for case in cases)


def test_divergences_of_two_gaussians_are_those_of_the_textbook():
    gap = envelope.distribution(of("shifted, too narrow"), X) - envelope.distribution(DATA, X)
    found = envelope.divergences(*densities("shifted, too narrow"), gap, X)
    mean, width = FAKES["shifted, too narrow"]
    assert found["KL"] == pytest.approx(-np.log(width) + (width**2 + mean**2 - 1) / 2, rel=1e-6)
    p_r, p_g = densities("shifted, too narrow")
    assert found["chi^2"] == pytest.approx(2 - np.sum(4 * p_r * p_g / (p_r + p_g)) * (X[1] - X[0]), rel=1e-6)
    shifted = envelope.distribution(of("shifted"), X) - envelope.distribution(DATA, X)
    assert envelope.divergences(*densities("shifted"), shifted, X)["W1"] == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("fakes", FAKES)
def test_rates_of_chi_2_are_two_plain_integrals(fakes):
    p_r, p_g = densities(fakes)
    u = (p_r - p_g) / (p_r + p_g)
    slope = np.gradient(u, X)
    found = envelope.rates(DATA, of(fakes))
    midway = 2 * np.trapezoid(p_g * u * (1 + u) * slope**2, X)
    at_b = -2 * np.trapezoid(p_g * (1 - u**2) * slope**2, X)
    assert found["LSGAN, midway"]["chi^2"][0] == pytest.approx(midway, rel=1e-4, abs=1e-6)
    assert found["LSGAN, gamma = b"]["chi^2"][0] == pytest.approx(at_b, rel=1e-4)


def test_the_best_critics_of_the_kept_run_lower_what_theory_says():
    kept = {case["case"].get("fakes"): case["result"] for case in results.load("envelope").cases}
    modes = kept.pop(None)
    assert set(kept) == set(FAKES)
    for found in kept.values():
        for loss, rates in found.items():
            for name, both in rates.items():
                if name != "cosine":
                    assert both[0] == pytest.approx(both[1], rel=0.01, abs=1e-6), (loss, name)
        assert found["minimax"]["cosine"] == pytest.approx(1)
        assert found["WGAN"]["W1"][0] == pytest.approx(-1, rel=1e-3)
        assert max(found["non-saturating"][name][0] for name in ("JS", "KL", "chi^2", "W1")) < 0
        assert max(found["LSGAN, gamma = b"][name][0] for name in ("JS", "KL", "chi^2", "W1")) < 0
    midway = {fakes: found["LSGAN, midway"]["chi^2"][0] for fakes, found in kept.items()}
    assert midway["right mean, too narrow"] > 0.1 and midway["shifted, too narrow"] > 0.05
    assert abs(midway["shifted"]) < 1e-8
    assert modes["minimax"]["fraction"] == modes["WGAN"]["fraction"] == 0
    assert min(modes[loss]["fraction"] for loss in ("non-saturating", "LSGAN, midway", "LSGAN, gamma = b")) > 0.01
