"""The critic lab's engine computes what gancode computes: shared cases, in TensorFlow and in a browser."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from lab_engine import open_browser, open_engine, packed, unpacked

from gancode import after, chance, data, losses, metrics, models, penalty, probes, trainers

pytestmark = pytest.mark.browser

BATCH, STEPS = 32, 5
KINDS = {"none": trainers.WGAN, "clip": trainers.WGAN, "penalty": trainers.WGANGP, "one-sided": after.WGANLP}


@pytest.fixture(scope="module")
def engine():
    with open_browser() as browser:
        page = open_engine(browser)
        yield page
        assert not page.trouble


def call(engine, name, **arguments):
    found = engine.evaluate(f"(given) => {name}(given)", arguments)
    return unpacked(found) if isinstance(found, dict) else found


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def assert_close(found, expected, tolerance=1e-5):
    """To `tolerance` of the largest number of the array."""
    found, expected = np.ravel(found), np.ravel(expected).astype(np.float64)
    assert found.shape == expected.shape
    worst = np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-30)
    assert worst <= tolerance, f"{worst:.1e} of the largest"


def assert_each_close(found, variables, tolerance=1e-5):
    """The same for each kernel and each bias of a network, from one flat array."""
    ends = np.cumsum([np.size(variable) for variable in variables])
    assert len(found) == ends[-1]
    for part, variable in zip(np.split(found, ends[:-1]), variables, strict=True):
        assert_close(part, variable, tolerance)


class Case:
    """A critic with random weights and biases, and the batches of some steps: for both sides."""

    def __init__(self, depth, width, constraint, optimiser, seed=0):
        keras.utils.set_random_seed(seed)
        self.settings = {"constraint": constraint, "optimiser": optimiser, "clip": 0.05, "lambda": 10.0, "rate": 1e-3}
        self.critic = models.mlp_critic(depth, width)
        self.sizes = [2, *[width] * depth, 1]
        for layer in self.critic.layers:
            layer.bias.assign(keras.random.normal(layer.bias.shape, stddev=0.1))
        self.weights = flat(self.critic.trainable_variables)
        samples = data.eight_gaussians(STEPS * BATCH, seed)
        self.reals = np.split(samples, STEPS)
        self.fakes = [real + np.random.normal(size=real.shape).astype(np.float32) for real in self.reals]
        self.wgan = self.trainer(models.mlp_generator(3, width))
        self.epsilons = []

    def trainer(self, generator):
        kind, settings = KINDS[self.settings["constraint"]], self.settings
        own = {"clip": settings["clip"]} if kind is trainers.WGAN else {"penalty_weight": settings["lambda"]}
        wgan = kind(generator, self.critic, **own, seed=0)
        if settings["constraint"] == "none":
            wgan.constrain = lambda: None
        makers = {"rmsprop": trainers.WGAN.default_optimizer, "adam": trainers.WGANGP.default_optimizer}
        wgan.compile(*(makers[settings["optimiser"]](wgan, settings["rate"]) for _ in range(2)))
        return wgan

    def step(self, k):
        """A critic step of gancode's own trainer on batch k."""
        self.epsilons.append(chance.uniform(BATCH, self.wgan.draw("interpolates")).numpy())
        self.wgan.fakes = lambda n: tf.constant(self.fakes[k])
        return self.wgan.critic_step(tf.constant(self.reals[k]))

    def expected(self):
        """What gancode computes in the first step, and the weights after it and after all."""
        real, fake, critic = tf.constant(self.reals[0]), tf.constant(self.fakes[0]), self.critic
        between, found = self.wgan.draw("interpolates"), {}
        with tf.GradientTape(persistent=True) as tape:
            found["scores"] = tf.concat([critic(real), critic(fake)], axis=0)
            found["loss"] = losses.wasserstein.critic(critic(real), critic(fake))
            found["penalty"] = self.wgan.penalty(real, fake)
            one_sided = self.settings["constraint"] == "one-sided"
            price = 10.0 * penalty.gradient_penalty(critic, real, fake, one_sided=one_sided, seed=between)
            total = found["loss"] + found["penalty"]
        variables = [variable.value for variable in critic.trainable_variables]
        found["gradients"] = tape.gradient(total, variables)
        found["penaltyGradients"] = tape.gradient(price, variables, unconnected_gradients="zero")
        found["layerNorms"] = probes.layer_gradient_norms(critic, real, fake)
        found["inputNorms"] = penalty.gradient_norms(critic, penalty.interpolate(real, fake, between))
        logs = self.step(0)
        assert_close(logs["critic_loss"], total)
        found["afterOne"] = [variable.numpy() for variable in critic.trainable_variables]
        for k in range(1, STEPS):
            self.step(k)
        found["afterAll"] = [variable.numpy() for variable in critic.trainable_variables]
        return found

    def found(self, engine):
        """What the engine computes."""
        batches = {name: [packed(array) for array in getattr(self, name)] for name in ("reals", "fakes", "epsilons")}
        critic = {"sizes": self.sizes, "weights": packed(self.weights)}
        return call(engine, "criticSteps", critic=critic, settings=self.settings, **batches)


@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
@pytest.mark.parametrize("constraint", KINDS)
@pytest.mark.parametrize(("depth", "width"), [(2, 7), (2, 64), (4, 64), (12, 32), (12, 128)])
def test_critic_steps_are_those_of_gancode(engine, depth, width, constraint, optimiser):
    case = Case(depth, width, constraint, optimiser)
    expected, found = case.expected(), case.found(engine)
    for name in ("loss", "penalty", "scores", "inputNorms", "layerNorms"):
        assert_close(found[name], expected[name])
    for name in ("gradients", "penaltyGradients", "afterOne", "afterAll"):
        assert_each_close(found[name], expected[name])
