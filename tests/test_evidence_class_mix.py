import json

import numpy as np
import pytest

from gancode import metrics, models
from gancode.experiments.scoreboard import bundled
from tools.evidence import class_mix


def test_rows_have_the_shares_that_were_asked_for_and_none_twice():
    classes = np.repeat([0, 1, 2], [50, 30, 20])
    rows = class_mix.with_shares(classes, [5, 3, 2], 40, np.random.default_rng(0))
    assert np.bincount(classes[rows]).tolist() == [20, 12, 8] and len(set(rows)) == 40


def test_where_a_class_is_short_there_are_fewer_rows_in_the_same_shares():
    classes = np.repeat([0, 1, 2], [50, 30, 20])
    rows = class_mix.with_shares(classes, [0.2, 0.0, 0.8], 40, np.random.default_rng(0))
    assert np.bincount(classes[rows], minlength=3).tolist() == [5, 0, 20]


def test_real_digits_of_another_mix_are_farther_and_with_the_references_mix_as_near_as_any():
    """What the command takes apart, on digits where the answer is known: nothing is wrong with them but their mix."""
    reference, training, rng = metrics.reference_digits(), bundled("train"), np.random.default_rng(0)
    skewed = class_mix.with_shares(training.classes, [1, 4, 1, 1, 1, 1, 1, 1, 1, 1], 2000, rng)
    back = class_mix.with_shares(training.classes[skewed], np.bincount(reference.classes), 2000, rng)
    far, near = (
        metrics.frechet_distance(training.features[rows], reference.features) for rows in (skewed, skewed[back])
    )
    assert far > 15 and near < 5


@pytest.mark.slow
def test_the_command_finds_the_generators_of_a_race_and_measures_what_is_there(tmp_path):
    generator = models.conv_generator(channels=1)
    weights = {f"{i:02d}": weight for i, weight in enumerate(generator.get_weights())}
    for run, step in (("GAN 0.002 0", 10), ("WGAN-GP 0.002 1", 2)):
        (tmp_path / run).mkdir()
        np.savez(tmp_path / run / f"{step:06d}.npz", **weights)
    (tmp_path / "race GAN 0.002 0.npz").touch()  # as tools/evidence/unfinished has them: no run of the race
    out = tmp_path / "mix.json"
    command = ["--folder", str(tmp_path), "--out", str(out), "--critic-steps", "10", "50"]
    class_mix.main([*command, "--samples", "100", "--channels", "1"])
    kept = json.loads(out.read_text())["cases"]
    assert [(each["case"]["method"], each["case"]["critic_steps"]) for each in kept] == [("GAN", 10), ("WGAN-GP", 10)]
    for each in kept:
        assert sum(each["result"]["shares"]) == pytest.approx(1, abs=1e-3)
        assert each["result"]["frechet"] > each["result"]["real with its mix"] > 0
        assert each["result"]["balanced"] is None and each["result"]["rows"][0] == 0, "untrained, it draws no digit"
