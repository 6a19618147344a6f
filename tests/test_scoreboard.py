import json

import keras
import numpy as np
import pytest
from keras import layers

from gancode import data, metrics
from gancode.experiments import scoreboard
from gancode.experiments.scoreboard import aggregate, train
from gancode.trainers import WGAN
from gancode.variants import BOOK, METHODS

# slow: trains, builds or starts processes. What is traced here is traced where a test does not ask for `eager`.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("few_digits")]


def small():
    """Traced in a moment: one dense layer each."""
    generator = [keras.Input((4,)), layers.Dense(28 * 28, "tanh"), layers.Reshape((28, 28, 1))]
    critic = [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)]
    return keras.Sequential(generator), keras.Sequential(critic)


@pytest.mark.parametrize("method", BOOK)
def test_a_run_is_judged_now_and_then(method, eager):
    run = train(method, seed=0, steps=4, pair=small, n_evals=2, samples=70)
    each = METHODS[method].n_critic
    assert run["generator_steps"] == [2, 4] and run["critic_steps"] == [2 * each, 4 * each]
    assert run["seconds"][1] == pytest.approx(2 * run["seconds"][0]) and run["seconds"][0] > 0
    assert run["images"].shape == (16, 28, 28, 1)
    assert len(run["frechet"]) == len(run["imbalance"]) == 2
    assert all(0 <= share < 1 for share in run["imbalance"])


def test_the_same_seed_gives_the_same_scores_and_they_are_those_of_its_samples(monkeypatch, eager):
    looked_at = []
    plain = metrics.classified
    scoreboard.bundled("train"), scoreboard.bundled("test")  # once for all runs
    monkeypatch.setattr(metrics, "classified", lambda images: looked_at.append(images) or plain(images))
    one, other, third = (train("GAN", seed, 2, pair=small, n_evals=2, samples=70) for seed in (0, 0, 1))
    assert one["frechet"] == other["frechet"] != third["frechet"]
    images = looked_at[1]
    assert len(looked_at) == 3 * 2  # each once, whatever scores it is for
    np.testing.assert_array_equal(images[:16], one["images"])
    reference, features = metrics.reference_digits(), metrics.digit_features(images)
    assert one["frechet"][1] == metrics.frechet_digit_distance(images, reference)
    assert one["frechet_training"][1] == metrics.frechet_digit_distance(images, data.mnist())
    assert one["frechet_test"][1] == metrics.frechet_digit_distance(images, data.mnist("test"))
    assert one["kernel"][1] == metrics.kernel_distance(features, reference.features)
    among = metrics.precision_recall(features, reference.features[:70])
    assert (one["precision"][1], one["recall"][1]) == among
    assert one["imbalance"][1] == metrics.class_imbalance(images, reference)
    nearer = metrics.nearer_fraction(features, metrics.digit_features(data.mnist()), reference.features)
    assert one["nearer_training"][1] == nearer


def test_the_average_generator_is_judged_beside_the_generator():
    plain = train("GAN", 0, 2, 2e-3, small, n_evals=2, samples=70)
    both = train("GAN", 0, 2, 2e-3, small, n_evals=2, samples=70, ema=0.5)
    assert plain["frechet"] == both["frechet"]
    assert both["ema_frechet"][1] != both["frechet"][1] and len(both["ema_recall"]) == 2


def test_the_step_size_is_the_papers_or_the_one_that_is_asked_for(monkeypatch, eager):
    compiled = []
    plain = WGAN.compile
    monkeypatch.setattr(
        WGAN,
        "compile",
        lambda self, *optimisers, **kw: compiled.append(optimisers) or plain(self, *optimisers, **kw),
    )
    for rate in (None, 0.002):
        train("WGAN", 0, 1, rate, pair=small, n_evals=1, samples=70)
    rates = [[float(optimiser.learning_rate.numpy()) for optimiser in pair] for pair in compiled]
    np.testing.assert_allclose(rates, [[5e-5, 5e-5], [2e-3, 2e-3]])


def test_seeds_are_aggregated_by_hand():
    runs = {"GAN": [{"frechet": [1, 4], "seconds": [1, 2]}, {"frechet": [3, 6], "seconds": [3, 4]},
                    {"frechet": [8, 5], "seconds": [5, 9]}]}  # fmt: skip
    where, median, least, greatest = aggregate(runs, by="seconds")["GAN"]
    assert where.tolist() == [3, 4] and median.tolist() == [3, 5]
    assert least.tolist() == [1, 4] and greatest.tolist() == [8, 6]


def test_from_the_shell_all_have_as_many_critic_steps_and_nothing_is_made_twice(tmp_path, eager):
    out = tmp_path / "scores.json"
    command = f"--methods GAN WGAN --steps 1 --seeds 1 --channels 1 --n-evals 1 --out {out}".split()
    scoreboard.main(command)
    kept = out.read_bytes()
    results = {each["case"]["method"]: each["result"] for each in json.loads(kept)["cases"]}
    assert results["GAN"]["critic_steps"] == results["WGAN"]["critic_steps"] == [5]
    assert results["GAN"]["generator_steps"] == [5] and results["WGAN"]["generator_steps"] == [1]
    scoreboard.main([*command, "--jobs", "2"])
    assert out.read_bytes() == kept
    assert json.loads(kept)["cases"][0]["made"]["command"] == " ".join(["python -m gancode scoreboard", *command])
