import json

import numpy as np
import pytest

from evidence import plan
from gancode import data
from gancode.experiments import results


def test_the_sets_have_the_masses_that_they_are_said_to_have():
    real, fake = plan.sets(0)
    mode = np.linalg.norm(real[:, None] - data.EIGHT_CENTRES, axis=-1).argmin(axis=1)
    np.testing.assert_array_equal(np.bincount(mode), 512 * plan.MASSES / 32)
    assert real.shape == fake.shape == (512, 2)


def test_a_price_list_made_from_the_exact_plan_passes_every_question():
    real, fake = plan.sets(0)
    prices = plan.ot.emd([], [], plan.metrics.cdist(real, fake), log=True)[1]
    highest = lambda x: (-prices["v"] + np.linalg.norm(x[:, None] - fake, axis=-1)).min(axis=1)  # noqa: E731
    found = plan.compare(highest, real.astype(float), fake.astype(float))
    assert found["cosine_lines"] > 0.999 and found["fraction"] == pytest.approx(1, abs=1e-3)
    assert found["bound"] <= 1.001


def test_a_cone_and_the_nearest_mode_get_what_they_earn():
    real, fake = plan.sets(0)
    w1, _ = plan.exact(real, fake)
    found = plan.baselines(0)
    earned = np.mean(np.linalg.norm(real, axis=1)) - np.mean(np.linalg.norm(fake, axis=1))
    assert found["cone"]["fraction"] == pytest.approx(earned / w1, abs=1e-3)
    assert found["best cone"]["fraction"] > found["cone"]["fraction"]
    assert found["walk"] < 0.7 and found["nearest"]["bound"] < 0.9  # the plan is not the way to the nearest mode


@pytest.mark.slow
def test_the_command_trains_what_it_is_asked_for(tmp_path, monkeypatch, eager):
    monkeypatch.setattr(plan, "floor", lambda n, seed: 0.0)
    monkeypatch.setattr(plan, "N", 64)  # for the exact plans, of which there are many, in place of 512
    out = tmp_path / "found.json"
    plan.main(["--steps", "1", "--seeds", "0", "--out", str(out)])
    cases = json.loads(out.read_text())["cases"]
    assert len(cases) == 2 + 4 * 2 + 2
    assert set(cases[-1]["result"]) == {"untrained", "trained", "fresh"}


def test_the_kept_critics_found_more_of_the_plan_than_any_baseline():
    kept = results.load("plan").cases
    critics = [case for case in kept if "weight" in case["case"]]
    beside = {case["case"]["seed"]: case["result"] for case in kept if set(case["case"]) == {"seed"}}
    assert len(critics) == 5 + 7 * 3 and set(beside) == set(range(5))
    found = {}
    for case in critics:
        weight, one_sided, seed = (case["case"][name] for name in ("weight", "one_sided", "seed"))
        rivals = [beside[seed][name] for name in ("cone", "best cone", "nearest")] + [case["result"]["untrained"]]
        cosine = max(rival["cosine_lines"] for rival in rivals)
        fraction = max(rival["fraction"] for rival in rivals)
        one = case["result"]["trained"]
        beats = 1 - one["cosine_lines"] <= (1 - cosine) / 2 and one["fraction"] > fraction
        found.setdefault((weight, one_sided), []).append(beats)
    assert not any(found.pop((100.0, False)))
    assert all(all(several) for several in found.values()), found


def test_the_kept_floor_falls_with_n():
    kept = results.load("plan").cases
    floor = {n: [c["result"] for c in kept if c["case"].get("n") == n] for n in (250, 500, 1000, 2000)}
    means = [np.mean(several) for several in floor.values()]
    assert all(len(several) == 5 for several in floor.values())
    assert means == sorted(means, reverse=True) and 0.05 < means[2] < 0.1
