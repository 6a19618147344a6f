import json

import cloudpickle
import keras
import numpy as np
import pytest

from evidence import architectures
from evidence.architectures import NAMES, pair
from gancode import losses
from gancode.trainers import WGANGP, NotFiniteError
from gancode.variants import METHODS

pytestmark = pytest.mark.slow  # trains, builds or starts processes

every_pair = pytest.mark.parametrize("name", NAMES)
quick = pytest.mark.usefixtures("few_digits", "eager")


def kinds(network):
    return {type(layer).__name__ for layer in network.layers}


@every_pair
@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_each_pair_makes_images_and_scores(name, norm):
    generator, critic = pair(name, channels=2, norm=norm)
    images = generator(np.random.default_rng(0).standard_normal((3, 64)).astype("float32"))
    assert images.shape == (3, 28, 28, 1) and np.abs(images).max() <= 1
    assert critic(images).shape == (3, 1)
    assert pair(name, 2, norm)[0] is not generator


@every_pair
def test_wgan_gp_takes_each_with_layer_norm_and_without_a_warning(name):
    keras.utils.set_random_seed(0)
    trainer = WGANGP(*pair(name, channels=2, norm="layer"), seed=0)
    trainer.compile(run_eagerly=True)
    before = trainer.critic.get_weights()
    logs = trainer.train_step(np.random.default_rng(0).uniform(-1, 1, (2, 1, 28, 28, 1)).astype("float32"))
    assert all(np.isfinite(value) for value in logs.values())
    assert any((a != b).any() for a, b in zip(before, trainer.critic.get_weights(), strict=True))


def test_each_is_what_its_name_says():
    made = {name: pair(name, channels=2) for name in NAMES}
    generators, critics = ({name: kinds(each[i]) for name, each in made.items()} for i in (0, 1))
    mlps = {"MLP generator", "MLP, He's start"}
    without = {"no batch norm in G", "no norm at all"} | mlps
    assert {name for name in NAMES if "BatchNormalization" not in generators[name]} == without
    assert {name for name in NAMES if "BatchNormalization" not in critics[name]} == {"no norm at all"}
    filters = [layer.filters for layer in made["no batch norm in G"][0].layers if hasattr(layer, "filters")]
    assert filters == [2, 1] and made["no batch norm in G"][0].layers[1].output.shape[-1] == 2
    biased = {name for name in NAMES if all(getattr(layer, "use_bias", True) for layer in made[name][0].layers)}
    assert biased == set(NAMES) - {"DCGAN"}  # as when gancode/experiments/kept/architectures.json was made
    dense = {name: [layer for layer in made[name][0].layers if hasattr(layer, "units")] for name in mlps}
    assert all([layer.units for layer in each] == [512, 512, 512, 512, 784] for each in dense.values())
    he = [np.std(layer.kernel) * np.sqrt(layer.kernel.shape[0] / 2) for layer in dense["MLP, He's start"][:-1]]
    np.testing.assert_allclose(he, 1, rtol=0.02)  # (He et al. 2015): a standard deviation of sqrt(2 / n)
    assert all("Gate" in kinds(each) for each in made["gated"])
    gates = [layer for each in made["gated"] for layer in each.layers if isinstance(layer, architectures.Gate)]
    assert [gate.output.shape[-1] for gate in gates] == [4, 2, 2, 4]  # as wide behind the gates as the DCGAN
    assert not any({"ReLU", "LeakyReLU"} & kinds(each) for each in made["tanh everywhere"])
    for network in made["residual, deep"]:
        assert sum(hasattr(layer, "kernel") for layer in network.layers) == 18
        assert sum(isinstance(layer, keras.layers.Add) for layer in network.layers) == 8


def test_a_gate_by_hand():
    a, b = np.float32([[0.5, -2.0]]), np.float32([[1.0, 3.0]])
    gated = architectures.Gate()(np.concatenate([a, b], axis=1))
    np.testing.assert_allclose(gated, np.tanh(a) / (1 + np.exp(-b)), rtol=1e-6)


def test_a_shortcut_whose_convolutions_are_nothing_lets_its_input_through():
    images = keras.Input((4, 4, 3))
    block = keras.Model(images, architectures.shortcut(images, "batch"))
    block.set_weights([np.zeros_like(weight) for weight in block.get_weights()])
    x = np.random.default_rng(0).standard_normal((2, 4, 4, 3)).astype("float32")
    np.testing.assert_array_equal(block(x), x)


@pytest.mark.parametrize("method, norm", [("GAN", "batch"), ("WGAN", "batch"), ("WGAN-GP", "layer")])
def test_only_wgan_gp_gets_layer_norm_in_its_critic(monkeypatch, method, norm):
    asked = []

    def stop(name, channels, norm):
        asked.append(norm)
        raise NotFiniteError("as if it had diverged")

    monkeypatch.setattr(architectures, "pair", stop)
    assert architectures.train("DCGAN", method, 0, 2, 1e-4)["diverged"] == "as if it had diverged"
    assert asked == [norm]


@quick
@pytest.mark.parametrize("method", ["GAN", "LSGAN", "WGAN", "WGAN-GP", "LSGAN-GP"])
def test_on_demand_all_have_layer_norm(monkeypatch, method):
    asked = []
    monkeypatch.setattr(architectures, "pair", lambda *of: asked.append(of[2]) or pair(*of))
    assert architectures.train("DCGAN", method, 0, 2, 1e-4, 1, 1, "layer", 100)["diverged"] is None
    assert asked == ["layer"] and "LSGAN-GP" not in METHODS


@quick
def test_a_control_has_its_methods_loss_and_penalty_and_other_critic_steps():
    others = dict(architectures.OTHERS)
    known = METHODS | {"LSGAN-GP": others.pop("LSGAN-GP")}
    for name, control in others.items():
        method = known[name.split(",")[0]]
        assert control.trainer is method.trainer and {control.n_critic, method.n_critic} == {1, 5}
    run = architectures.train("DCGAN", "GAN, 5 to 1", 0, 2, 1e-4, 1, 1, "layer", 100)
    assert (run["generator_steps"], run["critic_steps"]) == ([2], [10])


@quick
def test_a_process_of_its_own_knows_lsgan_gp_too():
    """Run as a script, its functions travel there with copies of all that they name."""
    cloudpickle.register_pickle_by_value(architectures)
    try:
        travelled = cloudpickle.loads(cloudpickle.dumps(architectures.train))
    finally:
        cloudpickle.unregister_pickle_by_value(architectures)
    assert travelled is not architectures.train
    run = travelled("DCGAN", "LSGAN-GP", 1, 2, 1e-4, 1, 1, "layer", 100)
    assert run["diverged"] is None and run["images"] is None  # only seed 0's are shown


def test_lsgan_gp_is_least_squares_with_wgan_gps_penalty():
    trainer = architectures.LSGAN_GP.trainer(*pair("DCGAN", 2, "layer"), seed=0)
    assert trainer.objective is losses.least_squares and trainer.penalty_weight == 10.0
    real = np.random.default_rng(0).uniform(-1, 1, (4, 28, 28, 1)).astype("float32")
    paper = WGANGP(trainer.generator, trainer.critic, seed=0)
    assert float(trainer.critic_penalty(real, -real)) == float(paper.critic_penalty(real, -real)) > 0


@quick
def test_from_the_shell_a_run_that_diverges_is_kept_as_one(tmp_path):
    out = tmp_path / "some.json"
    command = ["--architectures", "DCGAN", "--methods", "GAN", "WGAN", "--steps", "2", "--seeds", "1"]
    architectures.main([*command, "--learning-rate", "1e30", "--channels", "1", "--samples", "100", "--out", str(out)])
    kept = {each["case"]["method"]: each["result"] for each in json.loads(out.read_text())["cases"]}
    assert "at step" in kept["GAN"]["diverged"]
    assert kept["untrained"]["frechet"] > 100
    assert kept["WGAN"]["diverged"] is not None or np.shape(kept["WGAN"]["images"]) == (8, 28, 28)
