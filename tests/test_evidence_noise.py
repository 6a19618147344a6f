import json

import keras
import numpy as np
import pytest

from evidence import noise
from gancode import losses, models
from gancode.experiments import results


def test_agreement_is_the_mean_cosine_of_all_pairs():
    vectors = np.array([[[1.0, 0.0]], [[0.0, 2.0]], [[3.0, 0.0]]])  # three seeds, one fake
    assert noise.agreement(vectors) == pytest.approx(1 / 3)


def test_gradients_are_the_slope_of_the_score_times_d_or_1_minus_d():
    keras.utils.set_random_seed(0)
    generator, critic = models.mlp_generator(1, 4), models.mlp_critic(1, 8)
    latent = keras.random.normal((6, 2), seed=0)
    fakes = generator(latent).numpy()
    h = 1e-3 * np.eye(2, dtype=np.float32)
    slope = np.stack([np.ravel(critic(fakes + e) - critic(fakes - e)) / 2e-3 for e in h], axis=1)  # (6, 2)
    d = 1 / (1 + np.exp(-critic(fakes).numpy()))
    for loss, factor in ((losses.saturating, d), (losses.non_saturating, 1 - d)):
        at_fakes, at_weights = noise.gradients(loss, generator, critic, latent)
        np.testing.assert_allclose(at_fakes, -factor * slope, rtol=0.02, atol=1e-3)
        assert at_weights.shape == (generator.count_params(),)
        # the last bias moves every fake alike
        np.testing.assert_allclose(at_weights[-2:], at_fakes.mean(axis=0), atol=1e-6)


@pytest.mark.slow
def test_the_command_measures_at_each_look(tmp_path):
    out = tmp_path / "found.json"
    noise.main(["--looks", "25", "50", "--seeds", "2", "--out", str(out)])
    cases = json.loads(out.read_text())["cases"]
    assert [case["case"]["method"] for case in cases] == ["GAN", "WGAN-GP"]
    for row in cases[0]["result"]:  # both losses' gradients at a fake lie along the same slope
        both = [row[f"{name}, fakes"]["cosine_over_seeds"] for name in ("saturating", "non-saturating")]
        assert both[0] == pytest.approx(both[1], abs=1e-3)


def test_the_kept_gradients_grow_longer_but_not_noisier():
    gan, control = (case["result"] for case in results.load("noise").cases)
    first, last = gan[0], gan[-1]
    assert last["non-saturating, weights"]["median_length"] > 5 * first["non-saturating, weights"]["median_length"]
    assert last["saturating, weights"]["median_length"] > first["saturating, weights"]["median_length"] / 10
    assert last["saturating, fakes"]["median_length"] < first["saturating, fakes"]["median_length"] / 50
    over_seeds = [row["non-saturating, fakes"]["cosine_over_seeds"] for row in (first, last)]
    assert over_seeds[1] > over_seeds[0] - 0.1  # the ledger's threshold
    assert control[-1]["wasserstein, fakes"]["cosine_over_seeds"] > over_seeds[1] + 0.1
    for row in gan:  # at a fake both losses' gradients lie along one slope
        both = [row[f"{name}, fakes"]["cosine_over_seeds"] for name in ("saturating", "non-saturating")]
        assert both[0] == pytest.approx(both[1], abs=1e-3)
