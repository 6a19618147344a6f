import json

import numpy as np
import pytest
from evidence import plan

from gancode import data


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
def test_the_command_trains_what_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "floor", lambda n, seed: 0.0)
    out = tmp_path / "found.json"
    plan.main(["--steps", "1", "--seeds", "0", "--out", str(out)])
    cases = json.loads(out.read_text())["cases"]
    assert len(cases) == 2 + 4 * 2 + 2
    assert set(cases[-1]["result"]) == {"untrained", "trained", "fresh"}
