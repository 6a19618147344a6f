import json

import pytest
from scipy.stats import spearmanr

from evidence import follows
from gancode.experiments import results


@pytest.mark.slow
def test_the_command_looks_as_often_as_it_is_to(tmp_path, monkeypatch, two_channels, eager):
    monkeypatch.setattr(follows, "LOOKS", 2)  # in place of 8
    out = tmp_path / "found.json"
    follows.main(["--steps", "4", "--seeds", "1", "--out", str(out)])
    found = {case["case"]["method"]: case["result"] for case in json.loads(out.read_text())["cases"]}
    assert set(found["GAN"]["rank_correlation"]) == {"critic's loss", "generator's loss", "minus the step"}
    assert len(found["WGAN"]["curves"]["frechet"]) == len(found["WGAN"]["curves"]["estimate"]) == 2


def test_in_the_kept_runs_the_step_s_number_follows_the_samples_as_well_as_the_estimate_does():
    kept = results.load("follows").cases
    assert len(kept) == 6
    for case in kept:
        ranks = case["result"]["rank_correlation"]
        for name, curve in case["result"]["curves"].items():
            if name != "frechet":
                again = spearmanr(curve, case["result"]["curves"]["frechet"]).statistic
                assert ranks[name] == pytest.approx(again, abs=1e-3)
        if case["case"]["method"] == "WGAN":
            assert 0.5 < ranks["estimate"] <= ranks["minus the step"]
        else:
            assert ranks["critic's loss"] < 0.5 and ranks["generator's loss"] < 0
