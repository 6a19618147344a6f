"""What several tests need: noise, and all that a trainer consists of."""

import keras
import numpy as np
import pytest
import tensorflow as tf

# TensorFlow 2.21's variables have an __array__ that NumPy 2 finds old; Keras comes upon it when it saves.
saves = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def eagerly(patch):
    """Steps as Python makes them: to trace a few takes longer than to make them. patch: pytest's monkeypatch."""
    patch.setattr(tf, "function", lambda step=None, **how: step or (lambda step: step))


def before_epoch(n, do):
    """A callback that does something once, before an epoch: to copy a checkpoint as it is then, for example."""
    return keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: do() if epoch == n else None)


def noise(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def variables(trainer):
    optimisers = [*trainer.critic_optimizer.variables, *trainer.generator_optimizer.variables]
    return [*trainer.generator.variables, *trainer.critic.variables, *optimisers]


def everything(trainer):
    """The values of both networks and of both optimisers."""
    return [variable.numpy() for variable in variables(trainer)]


def same(one, other):
    """Whether two lists of arrays are equal, bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def assert_same(one, other):
    """Two trainers are equal, bit for bit."""
    for a, b in zip(everything(one), everything(other), strict=True):
        np.testing.assert_array_equal(a, b)


def assert_alike(one, other, rtol=1e-4, atol=1e-6):
    """Two trainers are equal but for rounding."""
    for a, b in zip(everything(one), everything(other), strict=True):
        # a number near 0 is the difference of ones as large as the largest beside it
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol * max(1, np.abs(b).max()))


def assert_two_optimisers(trainer, kind, settings):
    """A trainer has two optimisers of this kind with these settings, one a network."""
    assert trainer.critic_optimizer is not trainer.generator_optimizer
    for optimiser in (trainer.critic_optimizer, trainer.generator_optimizer):
        assert type(optimiser) is kind
        config = optimiser.get_config()
        assert {name: config[name] for name in settings} == pytest.approx(settings)
