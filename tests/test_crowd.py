import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise, same

from gancode import models, penalty
from gancode.crowd import crowd, disband, draw

MEMBERS, BATCH = 3, 5


def drawn(n=MEMBERS, depth=2, width=8):
    """n critics of different weights; their biases are not zero, so that a bias in the wrong place would be seen."""
    return [draw(models.mlp_critic(depth, width), seed, bound=0.8) for seed in range(n)]


def blocks(x):
    return np.reshape(x, (MEMBERS, BATCH, -1))


def weights(network):
    return [w.copy() for w in network.get_weights()]


# --- a crowd is its members ---


def test_each_block_of_the_output_is_its_own_members():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    out = crowd(members)(x).numpy()
    assert out.shape == (MEMBERS * BATCH, 1)
    for member, block, own in zip(members, blocks(x), blocks(out), strict=True):
        np.testing.assert_allclose(own, member(block), rtol=1e-5, atol=1e-6)
    assert not np.allclose(members[0](blocks(x)[0]), members[1](blocks(x)[0]), atol=1e-2)  # they are different


def test_generators_make_a_crowd_too():
    members = [models.mlp_generator(2, 4, latent_dim=3, output_dim=2) for _ in range(MEMBERS)]
    latent = noise(MEMBERS * BATCH, 3)
    together = crowd(members)
    assert together.input_shape == (None, 3)
    for member, z, own in zip(members, blocks(latent), blocks(together(latent)), strict=True):
        np.testing.assert_allclose(own, member(z), rtol=1e-5, atol=1e-6)


def test_one_alone_is_a_crowd():
    (member,) = drawn(1)
    np.testing.assert_allclose(crowd([member])(noise(4, 2)), member(noise(4, 2)), rtol=1e-5, atol=1e-6)


def test_members_keep_their_activations():
    members = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh")]) for _ in range(2)]
    out = crowd(members)(noise(8, 2)).numpy()
    w, b = members[1].get_weights()
    np.testing.assert_allclose(out[4:], np.tanh(noise(8, 2)[4:] @ w + b), rtol=1e-5, atol=1e-6)


def test_a_member_sees_no_other_members_samples():
    together, x = crowd(drawn()), noise(MEMBERS * BATCH, 2)
    before = blocks(together(x))
    x[BATCH : 2 * BATCH] += 3.0
    after = blocks(together(x))
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
    assert (after[1] != before[1]).any()


def test_the_steepness_of_a_crowd_is_that_of_its_members():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    steepness = blocks(penalty.gradient_norms(crowd(members), x))[..., 0]
    own = [penalty.gradient_norms(member, block) for member, block in zip(members, blocks(x), strict=True)]
    np.testing.assert_allclose(steepness, own, rtol=1e-5)


def test_the_sum_of_the_losses_gives_each_member_the_gradient_that_it_has_alone():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    together = crowd(members)
    with tf.GradientTape() as tape:
        loss = MEMBERS * tf.reduce_mean(together(x) ** 2)
    gradients = tape.gradient(loss, together.trainable_variables)
    for i, (member, block) in enumerate(zip(members, blocks(x), strict=True)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(member(block) ** 2)
        for all_of_them, own in zip(gradients, tape.gradient(loss, member.trainable_variables), strict=True):
            np.testing.assert_allclose(np.reshape(all_of_them[i], own.shape), own, rtol=1e-4, atol=1e-6)


# --- weights into the crowd and back ---


def test_a_crowd_holds_copies():
    members = drawn()
    before = [weights(member) for member in members]
    together = crowd(members)
    for weight in together.weights:
        weight.assign(weight + 1.0)
    assert all(same(old, weights(member)) for old, member in zip(before, members, strict=True))


def test_disband_gives_each_member_the_weights_that_it_has_in_the_crowd():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    together = crowd(members)
    disband(together, members)
    assert all(same(weights(member), weights(old)) for member, old in zip(members, drawn(), strict=True))  # no change
    for i, weight in enumerate(together.weights):
        weight.assign(noise(*weight.shape, seed=i))
    disband(together, members)
    for member, block, own in zip(members, blocks(x), blocks(together(x)), strict=True):
        np.testing.assert_allclose(member(block), own, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(members[2].get_weights()[1], together.weights[1][2, 0])


# --- draw ---


def test_a_draw_depends_on_its_seed_and_on_nothing_else():
    keras.utils.set_random_seed(1)
    first = weights(draw(models.mlp_critic(2, 8), 3))
    keras.utils.set_random_seed(99)
    network = models.mlp_critic(2, 8)
    draw(network, 4)  # whatever was in it before
    assert same(first, weights(draw(network, 3)))


@pytest.mark.parametrize("bound", [None, 0.1])
def test_a_draw_leaves_the_global_random_state_alone(bound):
    def next_numbers(also):
        network = models.mlp_critic(1, 4)
        keras.utils.set_random_seed(5)
        also(network)
        state = random.getstate(), np.random.get_state()[1].tolist()
        return *state, keras.random.normal((3,)).numpy().tolist(), models.mlp_critic(1, 4).get_weights()[0].tolist()

    assert next_numbers(lambda network: draw(network, 3, bound)) == next_numbers(lambda network: None)


@pytest.mark.parametrize("bound", [None, 0.1])
def test_other_seeds_and_other_layers_have_other_weights(bound):
    kernels = [w for seed in (0, 0.5, 1, 2) for w in draw(models.mlp_critic(4, 8), seed, bound).get_weights()]
    square = [w for w in kernels if w.shape == (8, 8)]  # three of each network, all of one shape
    assert len(square) == len({w.tobytes() for w in square}) == 4 * 3
    assert len({w.ravel()[0] for w in square}) == 4 * 3


def test_a_draw_returns_the_network_itself():
    network = models.mlp_critic(1, 4)
    assert draw(network, 0) is network


def test_a_draw_is_he_uniform_in_hidden_layers_glorot_uniform_at_the_end_and_zero_in_biases():
    """|w| <= sqrt(6 / inputs), or sqrt(6 / (inputs + outputs)), and the largest of many is close to it."""
    *hidden, last, bias = draw(models.mlp_critic(3, 64), 0).get_weights()
    for kernel, b in zip(hidden[::2], hidden[1::2], strict=True):
        limit = np.sqrt(6 / kernel.shape[0])
        assert 0.95 * limit < np.abs(kernel).max() <= limit
        assert not b.any()
    assert 0.8 * np.sqrt(6 / 65) < np.abs(last).max() <= np.sqrt(6 / 65)
    assert not bias.any()


def test_a_draw_within_a_bound_is_spread_over_it_biases_and_all():
    for w in draw(models.mlp_critic(2, 64), 0, bound=0.01).get_weights():
        assert np.abs(w).max() <= np.float32(0.01)
        if w.size > 1:
            assert w.min() < -0.008 and w.max() > 0.008
            np.testing.assert_allclose(w.std(), 0.01 / np.sqrt(3), rtol=0.25)


# --- bad input ---


@pytest.mark.parametrize(
    "members, message",
    [
        (lambda: [], "at least one network"),
        (lambda: [models.mlp_critic(2, 4), models.mlp_critic(2, 5)], "all of one shape, got 2"),
        (lambda: [models.mlp_critic(2, 4), models.mlp_critic(3, 4)], "all of one shape, got 2"),
        (lambda: [models.mlp_critic(2, 4), models.mlp_critic(2, 4, input_dim=3)], "all of one shape, got 2"),
        (lambda: [models.conv_critic(2)], "Dense layers with biases only, got Conv2D"),
        (
            lambda: [keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.ReLU()])],
            "Dense layers with biases only, got ReLU",
        ),
    ],
)
def test_what_can_not_be_a_crowd_is_refused(members, message):
    with pytest.raises(ValueError, match=rf"^members: expected .*{message}"):
        crowd(members())


def test_members_whose_activations_differ_or_that_have_no_biases_are_refused():
    def network(activation, use_bias=True):
        return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation, use_bias=use_bias)])

    with pytest.raises(ValueError, match="members: expected the same activations"):
        crowd([network("relu"), network("tanh")])
    with pytest.raises(ValueError, match="members: expected Dense layers with biases"):
        crowd([network("relu", use_bias=False)])
