import numpy as np
import pytest
from helpers import saves

from gancode.experiments.results import Results
from tools.evidence import emoji


def test_the_judge_tells_real_emoji_from_changed_ones():
    real = [emoji.judged("real", seed)["kernel"] for seed in range(3)]
    for how in emoji.HOWS[2:]:  # to see half a pixel's blur it takes more draws
        assert emoji.judged(how, 0)["kernel"] > max(real), how


def test_each_change_is_what_it_is_called():
    images = emoji.pictures("train")[:40]
    assert np.array_equal(emoji.changed(images, "real", 0), images)
    assert np.array_equal(emoji.changed(images, "red for blue", 0)[..., 0], images[..., 2])
    assert np.array_equal(emoji.changed(images, "upside down", 0)[:, 0], images[:, -1])
    assert np.array_equal(emoji.changed(images, "quarters exchanged", 0)[:, :16, :16], images[:, 16:, 16:])
    assert len(np.unique(emoji.changed(images, "few", 0), axis=0)) <= 20
    blurred = emoji.changed(images, "blurred 1", 0)
    assert (
        blurred.shape == images.shape
        and np.abs(np.diff(blurred, axis=1)).mean() < np.abs(np.diff(images, axis=1)).mean()
    )


@pytest.mark.slow  # trains
@saves
def test_command(tmp_path, monkeypatch, eager):
    monkeypatch.setattr(emoji, "CHANNELS", 2)
    where = ["--out", str(tmp_path / "emoji.json"), "--folder", str(tmp_path)]
    steps = "--critic-steps 5 --n-evals 1 --samples 20 --methods WGAN GAN --learning-rates 5e-4".split()
    emoji.main(["race", *where, *steps])
    kept = Results(tmp_path / "emoji.json").group_by("method")
    for (run,) in kept.values():
        assert run["critic_steps"] == [5] and np.isfinite(run["ema_kernel"][0]) and 0 <= run["nearer_training"][0] <= 1
    assert [file.name for file in sorted((tmp_path / "WGAN 0.0005 0").glob("*.npz"))] == ["000001.npz"]

    emoji.main(["draw", "--folder", str(tmp_path), "--out", str(tmp_path / "drawn.npz")])
    drawn = np.load(tmp_path / "drawn.npz")
    training = {picture.tobytes() for picture in emoji.data.emoji("train")[0]}
    for run in ("GAN 0.0005 0", "WGAN 0.0005 0"):
        assert drawn[run].shape == (36, 32, 32, 3) and drawn[run].dtype == np.uint8
        assert not np.array_equal(drawn[run], drawn[f"{run} raw"])
        assert all(picture.tobytes() in training for picture in drawn[f"{run} nearest"])
