import json

import keras
import pytest
from helpers import saves
from keras import layers

from evidence import race
from gancode.experiments import scoreboard

# slow: trains. Graphs that are cut off and go on are in test_checkpoint.py.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("few_digits", "eager")]


def small():
    """One dense layer each, and batch norm: what its averages are must not be forgotten either."""
    normed = [layers.Dense(28 * 28), layers.BatchNormalization(), layers.Activation("tanh")]
    generator = [keras.Input((4,)), *normed, layers.Reshape((28, 28, 1))]
    return keras.Sequential(generator), keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])


@saves
def test_a_run_that_was_cut_off_goes_on_to_the_same_scores(tmp_path, monkeypatch):
    case = {"method": "GAN", "seed": 0, "learning_rate": 2e-3, "pair": small, "n_evals": 3, "samples": 70, "steps": 6}
    whole = scoreboard.scores(**case)
    plain, judged = scoreboard.Judge.scores, []

    def cut(self, generator):
        judged.append(1)
        if len(judged) == 2:
            raise KeyboardInterrupt
        return plain(self, generator)

    monkeypatch.setattr(scoreboard.Judge, "scores", cut)
    with pytest.raises(KeyboardInterrupt):
        race.scores(tmp_path, **case)
    resumed = race.scores(tmp_path, **case)
    assert len(judged) == 2 + 2  # the first was not made again
    del whole["seconds"], resumed["seconds"]
    assert resumed == whole
    kept = sorted(file.name for file in (tmp_path / "GAN 0.002 0").glob("*.npz"))
    assert kept == [f"{step:06d}.npz" for step in (2, 4, 6)]


@saves
def test_from_the_shell_each_method_has_its_own_rate_and_as_many_critic_steps(tmp_path, capsys):
    command = "--methods GAN WGAN --steps 1 --seeds 1 --channels 1 --n-evals 1 --samples 70".split()
    where = ["--folder", str(tmp_path), "--out", str(tmp_path / "race.json")]
    with pytest.raises(SystemExit):
        race.main([*command, *where, "--learning-rates", "1e-3"])
    assert "expected 2, one for each of GAN WGAN" in capsys.readouterr().err
    race.main([*command, *where, "--learning-rates", "1e-3", "2e-3"])
    kept = json.loads((tmp_path / "race.json").read_text())["cases"]
    assert {each["case"]["method"]: each["case"]["learning_rate"] for each in kept} == {"GAN": 1e-3, "WGAN": 2e-3}
    assert [each["result"]["critic_steps"] for each in kept] == [[5], [5]]
    assert all(len(each["result"]["ema_frechet"]) == 1 for each in kept)
