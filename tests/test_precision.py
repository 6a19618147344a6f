"""Mixed precision: layers compute in bfloat16; weights, losses and the penalty stay in float32; float16 is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gancode import data, models, probes
from gancode.penalty import gradient_norms, gradient_penalty
from gancode.trainers import GAN, LSGAN, WGAN, WGANGP


@pytest.fixture
def policy():
    """Sets the global policy, which falls back to float32 after the test."""
    yield keras.mixed_precision.set_global_policy
    keras.mixed_precision.set_global_policy("float32")


def images(n, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 28, 28, 1)).astype(np.float32)


def rounded(x):
    """To the nearest number that bfloat16 has."""
    return tf.cast(tf.cast(x, tf.bfloat16), tf.float32).numpy()


@pytest.mark.slow
@pytest.mark.parametrize("method", [GAN, LSGAN, WGAN, WGANGP])
def test_in_bfloat16_all_methods_train_and_their_variables_stay_float32(method, policy):
    policy("mixed_bfloat16")
    trainer = method(models.conv_generator(4, 1), models.conv_critic(1), seed=0)
    assert trainer.critic(images(2)).dtype == trainer.generator(tf.zeros((2, 4))).dtype == tf.bfloat16
    trainer.compile(run_eagerly=True)
    kernels = [v for v in trainer.trainable_variables if "kernel" in v.path]
    before = [kernel.numpy() for kernel in kernels]
    history = trainer.fit(data.batches(images(16), 8, seed=0), epochs=2, steps_per_epoch=1).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert not any(np.array_equal(a, b) for a, b in zip(before, kernels, strict=True))
    optimisers = [*trainer.critic_optimizer.variables, *trainer.generator_optimizer.variables]
    kept = [v for v in (*trainer.variables, *optimisers) if "iteration" not in v.path]
    assert {v.dtype for v in kept} == {"float32"}
    assert trainer.generate(2).dtype == np.float32


def test_the_norms_are_float32_and_those_of_the_float32_critic_as_far_as_bfloat16_goes(policy):
    critic = models.conv_critic(4)
    policy("mixed_bfloat16")
    coarse = models.conv_critic(4)
    coarse.set_weights(critic.get_weights())
    norms = gradient_norms(coarse, images(16))
    assert norms.dtype == tf.float32
    np.testing.assert_allclose(norms, gradient_norms(critic, images(16)), rtol=0.05)


def test_only_the_critic_is_coarse_not_the_square_of_its_gradient_nor_the_sum(policy):
    policy("mixed_bfloat16")
    critic = keras.Sequential([keras.Input((500,)), keras.layers.Dense(1)])
    w = np.random.default_rng(0).standard_normal((500, 1)).astype(np.float32)
    critic.set_weights([w, np.zeros(1)])
    x = np.zeros((3, 500), np.float32)
    length = np.linalg.norm(rounded(w).astype(np.float64))  # what such a critic's slope is, exactly
    assert abs(rounded(length) / length - 1) > 1e-4  # so bfloat16 would be seen
    np.testing.assert_allclose(gradient_norms(critic, x), length, rtol=1e-6)
    np.testing.assert_allclose(gradient_penalty(critic, x, x), (length - 1) ** 2, rtol=1e-5)


def test_samples_in_bfloat16_have_norms_in_float32_too():
    w = tf.constant([[0.6018], [0.8024]])  # 1.003 long; bfloat16 has 1 and 1.0078
    norms = gradient_norms(lambda x: tf.cast(x, tf.float32) @ w, tf.zeros((3, 2), tf.bfloat16))
    assert norms.dtype == tf.float32
    np.testing.assert_allclose(norms, 1.003, rtol=1e-6)


@pytest.mark.parametrize("coarse", ["generator", "critic"])
def test_float16_is_refused_in_either_network_and_the_reason_given(coarse, policy):
    networks = {}
    for name, make in (("generator", models.mlp_generator), ("critic", models.mlp_critic)):
        policy("mixed_float16" if name == coarse else "float32")
        networks[name] = make(1, 4)
    trainer = GAN(**networks)
    expected = rf"expected float32 or mixed_bfloat16, got float16 in layer '{coarse}'.*no room for squared gradients"
    with pytest.raises(ValueError, match=expected):
        trainer.compile()


def test_a_jacobian_of_a_critic_in_bfloat16_is_the_one_in_float32_to_three_digits(policy):
    policy("mixed_bfloat16")
    critic = models.conv_critic(2)
    coarse = probes.sample_jacobian(critic, images(3))
    policy("float32")
    fine = models.conv_critic(2)
    fine.set_weights(critic.get_weights())
    np.testing.assert_allclose(np.diag(coarse), np.diag(probes.sample_jacobian(fine, images(3))), rtol=0.05)
