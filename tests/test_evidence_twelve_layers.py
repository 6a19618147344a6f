"""Critics of twelve layers: how they are made and looked at. What they did is in tests of the kept file."""

import keras
import numpy as np
import pytest

from gancode import models
from gancode.experiments.results import Results, load
from tools.evidence import twelve_layers


@pytest.mark.slow
def test_command(tmp_path, monkeypatch, eager):
    monkeypatch.setattr(twelve_layers, "DEPTH", 4)
    monkeypatch.setattr(twelve_layers, "WIDTH", 16)
    twelve_layers.main(["--steps", "4", "--seeds", "2", "--cases", "1", "--out", str(tmp_path / "some.json")])
    several, alone = (kept["result"] for kept in Results(tmp_path / "some.json").cases)
    assert several["steps"] == [0, 1, 4] and len(several["seeds"]) == 2
    assert {"norms", "estimate", "slope", "exact"} == set(several["seeds"][0][0])
    assert alone["steps"] == [0, 1, 2] and len(alone["looks"]) == 3
    assert len(several["seeds"][0][0]["norms"]) == len(alone["looks"][0]["norms"]) == 4 + 1


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_where_the_mean_squares_start_as_by_hand(start):
    weight = keras.Variable([0.5, -2.0, 0.0])
    rmsprop = keras.optimizers.RMSprop(0.1, epsilon=1e-10)
    rmsprop.build([weight])
    twelve_layers.start_at(rmsprop, start)
    by_hand, square = weight.numpy(), np.full(3, start)
    for gradient in np.array([[1e-3, 3.0, 0.0], [2e-3, -1.0, 0.0]], dtype=np.float32):
        rmsprop.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        square = 0.9 * square + 0.1 * gradient**2
        by_hand = by_hand - 0.1 * gradient / np.sqrt(square + 1e-10)
    np.testing.assert_allclose(weight.numpy(), by_hand, rtol=1e-5)


def test_kernels_only_are_clipped_and_the_scales_left():
    critic = twelve_layers.deep_critic("batch")
    wgan = twelve_layers.KernelsOnly(models.mlp_generator(1, 4), critic, clip=0.01)
    wgan.constrain()
    scales = [layer.gamma.numpy() for layer in critic.layers if hasattr(layer, "gamma")]
    kernels = [layer.kernel.numpy() for layer in critic.layers if hasattr(layer, "kernel")]
    assert len(scales) == 12 and all(np.all(each == 1) for each in scales)
    assert len(kernels) == 13 and all(np.abs(each).max() <= np.float32(0.01) for each in kernels)


def test_deep_critic_without_norm_is_the_books():
    mine, book = twelve_layers.deep_critic(None), models.mlp_critic(twelve_layers.DEPTH, twelve_layers.WIDTH)
    assert [weight.shape for weight in mine.weights] == [weight.shape for weight in book.weights]
    mine.set_weights(book.get_weights())
    points = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_allclose(mine(points), book(points), rtol=1e-5, atol=1e-6)


def kept(generator="learns", mean_square=0.0, steps=None, first=0, **constraint):
    """{name: (looks, seeds)} of five seeds from the first on, and log10 of layer 1 over the output as "powers"."""
    wanted = constraint | ({} if generator == "learns" else {"generator": generator})
    wanted |= {"mean_square": mean_square} if mean_square else {}
    (case,) = [
        case
        for case in load("twelve_layers").cases
        if case["case"].get("seeds") == [*range(first, first + 5)]
        and steps in (None, case["case"]["steps"])
        and {key: value for key, value in case["case"].items() if key not in ("seeds", "steps")} == wanted
    ]
    looks = list(zip(*case["result"]["seeds"], strict=True))
    found = {
        name: np.array([[seed[name] for seed in look] for look in looks]) for name in ("estimate", "slope", "exact")
    }
    with np.errstate(divide="ignore"):  # what has vanished altogether
        found["powers"] = np.array(
            [[np.log10(seed["norms"][0] / seed["norms"][-1]) for seed in look] for look in looks]
        )
    return found


def test_the_ledgers_norms():
    for weight in (0.1, 1.0, 10.0):
        assert np.abs(kept(penalty_weight=weight)["powers"]).max() < 1
    for clip in (0.1, 1.0):
        assert kept(clip=clip)["powers"][-1].min() > 4
    for clip, least in ((0.01, -13), (0.001, -25)):
        dead = kept(clip=clip)
        assert dead["powers"][1:].max() < least and np.abs(dead["estimate"][1:]).max() < 1e-6
    assert kept(clip=0.1, mean_square=1.0)["powers"][-1].min() > 2
    assert "dirty" not in repr(load("twelve_layers"))


def test_under_the_penalty_layer_1_is_within_a_factor_of_4_of_the_output_throughout():
    for weight in (0.1, 1.0, 10.0):
        for more in ({}, {"optimiser": "RMSProp"}):
            assert np.abs(kept(penalty_weight=weight, **more)["powers"]).max() < np.log10(4.05)


def test_the_ledgers_which_way_up():
    def right(run):
        """(seeds,): the estimate at the end as a part of what its slope would allow, with its sign."""
        return run["estimate"][-1] / (run["slope"][-1] * run["exact"][-1])

    for weight in (0.1, 1.0):
        assert right(kept("stands still", penalty_weight=weight)).min() > 0.5
    of_ten = right(kept("stands still", penalty_weight=10.0, steps=300))
    longer = kept("stands still", penalty_weight=10.0, steps=1000)["estimate"][2:]  # from step 50 on
    assert np.all(np.sign(longer) == np.sign(longer[0]))
    assert sorted(of_ten > 0.1) == [False] * 3 + [True] * 2 and np.all(np.abs(of_ten) > 0.5)
    of_twenty = [right(kept("stands still", penalty_weight=10.0, steps=300, first=first)) for first in (0, 5, 10, 15)]
    assert np.sum(np.array(of_twenty) < -0.5) == 6 and np.abs(of_twenty).min() > 0.5
    assert right(kept(penalty_weight=10.0)).max() < -0.1  # and where the generator learns, all five
    assert right(kept(clip=0.1)).min() > 0.1
    for weight in (0.1, 1.0):
        assert np.sum(right(kept(penalty_weight=weight)) < -0.1) == 2
        assert right(kept(penalty_weight=weight, optimiser="RMSProp")).min() > -0.1
    assert right(kept(penalty_weight=10.0, optimiser="RMSProp")).max() < -0.1


def test_the_ledgers_generators_with_one_optimiser():
    exploding = kept(clip=0.1)["exact"][-1]
    ten, one = (kept(penalty_weight=weight, optimiser="RMSProp")["exact"][-1] for weight in (10.0, 1.0))
    assert exploding.max() < ten.min()
    assert one.min() < exploding.max() and exploding.min() < one.max()  # neither is the nearer one
    assert exploding.max() < kept(penalty_weight=1.0)["exact"][-1].min()  # what Adam for the penalty alone makes of it


def test_the_ledgers_batch_norm():
    ends = {}
    for case in load("twelve_layers").cases:
        if "norm" in case["case"]:
            asked, norms = case["case"], case["result"]["looks"][-1]["norms"]
            key = asked["clip"], asked["norm"], asked.get("clipped", "all")
            ends.setdefault(key, []).append(norms[0] / norms[-1])
    assert all(len(each) == 3 for each in ends.values()) and len(ends) == 6
    assert min(ends[0.1, None, "all"]) > 1e5 and max(ends[0.1, "batch", "all"]) < 10
    assert max(ends[0.01, None, "all"]) < 1e-12 and max(ends[0.01, "batch", "all"]) == 0
    assert min(ends[0.01, "batch", "kernels"]) > 0.1
