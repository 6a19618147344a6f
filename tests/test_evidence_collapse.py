import json

import numpy as np
import pytest

from evidence import collapse
from evidence.collapse import RADIUS, SIGMA
from gancode import data
from gancode.experiments import results


def test_samples_are_counted_by_hand():
    centres = data.EIGHT_CENTRES
    samples = np.concatenate(
        [np.repeat(centres[:1], 97, axis=0), centres[1:2], centres[2:4] + np.array([0, 5 * SIGMA])]
    )
    found = collapse.scores(samples)
    assert found == {
        "modes_3": 2,
        "modes_3_2_percent": 1,
        "fraction_3": 0.98,
        "modes_7": 4,
        "modes_7_2_percent": 1,
        "fraction_7": 1.0,
    }
    assert collapse.scores(samples, samples)["w1"] == pytest.approx(0, abs=1e-6)


def test_a_uniform_ring_is_good_where_its_arcs_are_near_a_mode():
    found = collapse.baseline("uniform ring", range(20))
    for sigmas in (3, 7):
        arcs = 8 * 2 * 2 * np.arcsin(sigmas * SIGMA / (2 * RADIUS)) / (2 * np.pi)
        assert np.mean(found[f"fraction_{sigmas}"]) == pytest.approx(arcs, rel=0.05)


def test_real_points_are_good_as_often_as_a_gaussian_says():
    found = collapse.baseline("two real sets", range(5))
    assert np.mean(found["fraction_3"]) == pytest.approx(1 - np.exp(-4.5), abs=0.005)  # Rayleigh's distribution
    assert found["modes_3_2_percent"] == [8] * 5 and max(found["w1"]) < 0.15


@pytest.mark.slow
def test_the_command_trains_what_it_is_asked_for(tmp_path, monkeypatch, eager):
    monkeypatch.setattr(collapse, "SAMPLES", 200)  # for the exact plan, in place of 1000
    out = tmp_path / "found.json"
    collapse.main(["--steps", "6", "--seeds", "0", "1", "--sweep-seeds", "5", "--only", "1", "--out", str(out)])
    cases = json.loads(out.read_text())["cases"]
    assert [case["case"].get("method") for case in cases] == [None, None, None, "GAN", "GAN-GP"]
    assert len(cases[-2]["result"]["w1"]) == 2 and len(cases[-1]["result"]["w1"]) == 1


def test_the_kept_penalties_relieve_the_collapse_into_a_smeared_ring_and_a_small_latent_does_more():
    kept = results.load("collapse").cases
    beside = {case["case"]["baseline"]: case["result"] for case in kept if "baseline" in case["case"]}
    main = [case for case in kept if case["case"].get("steps") == 3000 and len(case["case"]["seeds"]) == 5]
    found = {}
    for case in main:
        method, latent, n_critic, rates = (case["case"][name] for name in ("method", "latent", "n_critic", "rates"))
        found[method, latent, n_critic, rates[1]] = case["result"]
    ring, real = beside["uniform ring"], beside["two real sets"]
    bare = found["GAN", 16, 1, 1e-3]
    assert max(bare["modes_7_2_percent"]) == 1 and min(bare["w1"]) > 1.5
    for method in ("GAN-GP", "R1", "DRAGAN", "WGAN-GP"):
        one = found[method, 16, 1, 1e-3]
        assert max(one["w1"]) < min(bare["w1"]) / 2  # the collapse is relieved
        assert min(one["modes_7"]) >= 7
        assert max(one["fraction_7"]) < 2 * np.median(ring["fraction_7"])  # into a ring
        assert max(one["fraction_3"]) < 0.1 and min(one["w1"]) > 2 * max(real["w1"])
    for rate in (1e-3, 2e-4):  # of G: the latent vector of two numbers does it, at both
        assert min(found["GAN", 2, 1, rate]["fraction_7"]) > 0.5
    assert max(found["GAN", 16, 1, 2e-4]["fraction_7"]) < 0.1
    for method in ("GAN-GP", "R1"):  # with both
        one = found[method, 2, 1, 2e-4]
        assert min(one["fraction_7"]) > 2 * np.median(ring["fraction_7"]) and max(one["w1"]) < min(ring["w1"])


def test_with_four_times_the_steps_the_kept_penalties_draw_the_modes_and_the_bare_gan_does_not():
    longer = [case for case in results.load("collapse").cases if case["case"].get("steps") == 12_000]
    assert len(longer) == 4
    for case in longer:
        found = case["result"]
        if case["case"]["method"] in ("GAN-GP", "R1"):
            assert found["modes_7_2_percent"] == [8] * 3
            assert min(found["fraction_7"]) > 0.5 and max(found["w1"]) < 0.2
        elif case["case"]["latent"] == 16:
            assert found["modes_7_2_percent"] == [1] * 3


def test_a_fast_discriminator_gives_more_good_samples_in_the_kept_runs_and_a_slow_generator_does_not():
    good = {}
    for case in results.load("collapse").cases:
        if case["case"].get("steps") == 2400:
            looks = [*case["result"]["fraction_7_earlier"], case["result"]["fraction_7"]]
            good[tuple(case["case"]["rates"])] = np.mean(looks, axis=0)  # (5,)
    assert len(good) == 4
    for rate in (1e-3, 2e-4):
        assert good[1e-3, rate].min() > good[2e-4, rate].max()
    assert good[1e-3, 2e-4].min() < good[1e-3, 1e-3].max()
