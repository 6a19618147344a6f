import json

import numpy as np
import pytest

from evidence import floors
from gancode import metrics
from gancode.experiments import results, scoreboard


@pytest.mark.slow
def test_from_the_shell_real_digits_are_drawn_and_judged(tmp_path, monkeypatch):
    def some(seen):  # of 10 000, whose kernels take a second a judgement
        return metrics.Classified(seen.features[:1000], seen.classes[:1000])

    reference, bundled = some(metrics.reference_digits()), scoreboard.bundled
    monkeypatch.setattr(metrics, "reference_digits", lambda: reference)
    for module in (scoreboard, floors):
        monkeypatch.setattr(module, "bundled", lambda split: some(bundled(split)))
    out = tmp_path / "floors.json"
    floors.main(["--out", str(out), "--draws", "2", "--most", "500"])
    cases = json.loads(out.read_text())["cases"]
    assert [(each["case"]["digits"], each["case"]["n"]) for each in cases] == [("training", 500), ("test", 500)]
    for each in cases:
        assert all(len(values) == 2 and np.isfinite(values).all() for values in each["result"].values())
        assert each["result"]["frechet"][0] != each["result"]["frechet"][1]
    assert cases[0]["result"]["nearer_training"] == [1, 1]  # they are in it


def test_training_and_test_digits_are_equally_far_from_the_reference():
    kept = results.load("floors")
    assert "dirty" not in repr(kept)
    training, test = ({n: kept.result({"digits": d, "n": n, "draws": 10}) for n in (500, 1000)} for d in floors.SIZES)
    for n in (500, 1000):
        one, other = training[n]["frechet"], test[n]["frechet"]
        assert max(min(one), min(other)) < min(max(one), max(other))  # they overlap
    all_training = kept.result({"digits": "training", "n": 10_000, "draws": 1})
    assert all_training["frechet"][0] < 1
    floor = [np.mean(training[500]["frechet"]), np.mean(training[1000]["frechet"]), all_training["frechet"][0]]
    assert floor == sorted(floor, reverse=True)  # the more samples, the less
