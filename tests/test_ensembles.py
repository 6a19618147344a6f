import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_two_optimisers, noise, same
from keras.optimizers import SGD, Adam, RMSprop

from gancode import data, losses, models, penalty
from gancode._training import rng
from gancode.experiments import ensembles
from gancode.experiments.ensembles import ensemble, reinitialise, unstack
from gancode.trainers import NotFiniteError

MEMBERS, BATCH = 3, 5


def drawn(n=MEMBERS, depth=2, width=8):
    """n critics of different weights; their biases are not zero, so that a bias in the wrong place would be seen."""
    return [reinitialise(models.mlp_critic(depth, width), seed, bound=0.8) for seed in range(n)]


def blocks(x):
    return np.reshape(x, (MEMBERS, BATCH, -1))


def weights(network):
    return [w.copy() for w in network.get_weights()]


# --- an ensemble is its members ---


def test_each_block_of_the_output_is_its_own_members():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    out = ensemble(members)(x).numpy()
    assert out.shape == (MEMBERS * BATCH, 1)
    for member, block, own in zip(members, blocks(x), blocks(out), strict=True):
        np.testing.assert_allclose(own, member(block), rtol=1e-5, atol=1e-6)
    assert not np.allclose(members[0](blocks(x)[0]), members[1](blocks(x)[0]), atol=1e-2)  # they are different


def test_generators_make_an_ensemble_too():
    members = [models.mlp_generator(2, 4, latent_dim=3, output_dim=2) for _ in range(MEMBERS)]
    latent = noise(MEMBERS * BATCH, 3)
    model = ensemble(members)
    assert model.input_shape == (None, 3)
    for member, z, own in zip(members, blocks(latent), blocks(model(latent)), strict=True):
        np.testing.assert_allclose(own, member(z), rtol=1e-5, atol=1e-6)


def test_one_alone_is_an_ensemble():
    (member,) = drawn(1)
    np.testing.assert_allclose(ensemble([member])(noise(4, 2)), member(noise(4, 2)), rtol=1e-5, atol=1e-6)


def test_members_keep_their_activations():
    members = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, "tanh")]) for _ in range(2)]
    out = ensemble(members)(noise(8, 2)).numpy()
    w, b = members[1].get_weights()
    np.testing.assert_allclose(out[4:], np.tanh(noise(8, 2)[4:] @ w + b), rtol=1e-5, atol=1e-6)


def test_a_member_sees_no_other_members_samples():
    model, x = ensemble(drawn()), noise(MEMBERS * BATCH, 2)
    before = blocks(model(x))
    x[BATCH : 2 * BATCH] += 3.0
    after = blocks(model(x))
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
    assert (after[1] != before[1]).any()


def test_the_steepness_of_an_ensemble_is_that_of_its_members():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    steepness = blocks(penalty.gradient_norms(ensemble(members), x))[..., 0]
    own = [penalty.gradient_norms(member, block) for member, block in zip(members, blocks(x), strict=True)]
    np.testing.assert_allclose(steepness, own, rtol=1e-5)


def test_the_sum_of_the_losses_gives_each_member_the_gradient_that_it_has_alone():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    model = ensemble(members)
    with tf.GradientTape() as tape:
        loss = MEMBERS * tf.reduce_mean(model(x) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    for i, (member, block) in enumerate(zip(members, blocks(x), strict=True)):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(member(block) ** 2)
        for all_of_them, own in zip(gradients, tape.gradient(loss, member.trainable_variables), strict=True):
            np.testing.assert_allclose(np.reshape(all_of_them[i], own.shape), own, rtol=1e-4, atol=1e-6)


# --- weights into the ensemble and back ---


def test_an_ensemble_holds_copies():
    members = drawn()
    before = [weights(member) for member in members]
    model = ensemble(members)
    for weight in model.weights:
        weight.assign(weight + 1.0)
    assert all(same(old, weights(member)) for old, member in zip(before, members, strict=True))


def test_unstack_gives_each_member_the_weights_that_it_has_in_the_ensemble():
    members, x = drawn(), noise(MEMBERS * BATCH, 2)
    model = ensemble(members)
    unstack(model, members)
    assert all(same(weights(member), weights(old)) for member, old in zip(members, drawn(), strict=True))  # no change
    for i, weight in enumerate(model.weights):
        weight.assign(noise(*weight.shape, seed=i))
    unstack(model, members)
    for member, block, own in zip(members, blocks(x), blocks(model(x)), strict=True):
        np.testing.assert_allclose(member(block), own, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(members[2].get_weights()[1], model.weights[1][2, 0])


# --- reinitialise ---


def test_a_draw_depends_on_its_seed_and_on_nothing_else():
    keras.utils.set_random_seed(1)
    first = weights(reinitialise(models.mlp_critic(2, 8), 3))
    keras.utils.set_random_seed(99)
    network = models.mlp_critic(2, 8)
    reinitialise(network, 4)  # whatever was in it before
    assert same(first, weights(reinitialise(network, 3)))


@pytest.mark.parametrize("bound", [None, 0.1])
def test_a_draw_leaves_the_global_random_state_alone(bound):
    def next_numbers(also):
        network = models.mlp_critic(1, 4)
        keras.utils.set_random_seed(5)
        also(network)
        state = random.getstate(), np.random.get_state()[1].tolist()
        return *state, keras.random.normal((3,)).numpy().tolist(), models.mlp_critic(1, 4).get_weights()[0].tolist()

    assert next_numbers(lambda network: reinitialise(network, 3, bound)) == next_numbers(lambda network: None)


@pytest.mark.parametrize("bound", [None, 0.1])
def test_other_seeds_and_other_layers_have_other_weights(bound):
    kernels = [w for seed in (0, 0.5, 1, 2) for w in reinitialise(models.mlp_critic(4, 8), seed, bound).get_weights()]
    square = [w for w in kernels if w.shape == (8, 8)]  # three of each network, all of one shape
    assert len(square) == len({w.tobytes() for w in square}) == 4 * 3
    assert len({w.ravel()[0] for w in square}) == 4 * 3


def test_a_draw_returns_the_network_itself():
    network = models.mlp_critic(1, 4)
    assert reinitialise(network, 0) is network


def test_a_draw_is_he_uniform_in_hidden_layers_glorot_uniform_at_the_end_and_zero_in_biases():
    """|w| <= sqrt(6 / inputs), or sqrt(6 / (inputs + outputs)), and the largest of many is close to it."""
    *hidden, last, bias = reinitialise(models.mlp_critic(3, 64), 0).get_weights()
    for kernel, b in zip(hidden[::2], hidden[1::2], strict=True):
        limit = np.sqrt(6 / kernel.shape[0])
        assert 0.95 * limit < np.abs(kernel).max() <= limit
        assert not b.any()
    assert 0.8 * np.sqrt(6 / 65) < np.abs(last).max() <= np.sqrt(6 / 65)
    assert not bias.any()


def test_a_draw_within_a_bound_is_spread_over_it_biases_and_all():
    for w in reinitialise(models.mlp_critic(2, 64), 0, bound=0.01).get_weights():
        assert np.abs(w).max() <= np.float32(0.01)
        if w.size > 1:
            assert w.min() < -0.008 and w.max() > 0.008
            np.testing.assert_allclose(w.std(), 0.01 / np.sqrt(3), rtol=0.25)


# --- members that are no ensemble ---


@pytest.mark.parametrize(
    "members, got",
    [
        (lambda: [], r"\[\]"),
        (lambda: [models.mlp_critic(1, 4), models.mlp_critic(1, 5)], r".*2, 4, 'relu'.*2, 5, 'relu'"),
        (lambda: [models.mlp_critic(1, 4), models.mlp_critic(2, 4)], r".*4, 4, 'relu'"),
        (lambda: [models.mlp_critic(1, 4), models.mlp_critic(1, 4, input_dim=3)], r".*2, 4, 'relu'.*3, 4, 'relu'"),
        (lambda: [models.conv_critic(2)], ".*None"),
        (lambda: [keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.ReLU()])], ".*None"),
    ],
)
def test_what_can_not_be_an_ensemble_is_refused(members, got):
    with pytest.raises(ValueError, match=rf"^members: expected at least one network, of Dense .* got {got}"):
        ensemble(members())


def test_members_whose_activations_differ_or_that_have_no_biases_are_refused():
    def network(activation, use_bias=True):
        return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation, use_bias=use_bias)])

    with pytest.raises(ValueError, match=r"^members: expected .* the same activations, got .*relu.*tanh"):
        ensemble([network("relu"), network("tanh")])
    with pytest.raises(ValueError, match=r"^members: expected .* Dense layers with biases only, .*None"):
        ensemble([network("relu", use_bias=False)])


V = np.array([0.6, -0.8], np.float32)  # of length 1


def linear(w, b=0.0):
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    critic.set_weights([np.reshape(w, (2, 1)), np.array([b])])
    return critic


# --- Run: what it works out ---


def record(critics, real, fake):
    """A Run with nothing in its records."""
    none = np.zeros((1, len(critics), 1))
    return ensembles.Run(critics, np.float32(real), np.float32(fake), np.array([0]), none, none)


def test_estimates_are_mean_scores_of_real_less_those_of_fakes():
    real, fake = noise(20, 2), noise(2, 20, 2, seed=1) + 1
    run = record([linear([3.0, 4.0], b=5.0), linear([-1.0, 0.0])], real, fake)
    by_hand = [(real.mean(0) - fake[0].mean(0)) @ [3, 4], -(real.mean(0) - fake[1].mean(0))[0]]
    np.testing.assert_allclose(run.estimates, by_hand, rtol=1e-5)


def test_slopes_of_linear_critics_are_the_lengths_of_their_weights():
    run = record([linear([3.0, 4.0], b=5.0), linear([0.0, -2.0])], noise(20, 2), noise(2, 20, 2))
    assert run.slopes.shape == (2, 3 * 20)
    np.testing.assert_allclose(run.slopes, np.tile([[5.0], [2.0]], 60), rtol=1e-5)


def test_slopes_are_at_the_real_samples_then_the_fakes_then_between_them():
    """f(x) = relu(2 x_1): flat on the left, where the fakes are, and steep on the right, where the real ones are."""
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "relu")])
    critic.set_weights([np.array([[2.0], [0.0]]), np.zeros(1)])
    n = 200
    run = record([critic], np.tile([1.0, 0.0], (n, 1)), np.tile([-1.0, 0.0], (1, n, 1)))
    real, fake, between = np.split(run.slopes[0], 3)
    np.testing.assert_allclose(real, 2.0)
    np.testing.assert_allclose(fake, 0.0, atol=1e-5)
    assert 0.3 < (between > 1).mean() < 0.7  # the middle of a segment is at 0
    np.testing.assert_allclose(run.shares, [0.5], rtol=1e-4)  # 2 - 0, over the steepest slope, 2, and over W1, 2


def test_exact_is_the_length_of_a_shift():
    real = noise(50, 2)
    run = record([linear(V)] * 3, real, [real, real + V, real - 7 * V])
    np.testing.assert_allclose(run.exact, [0, 1, 7], atol=1e-5)


@pytest.mark.parametrize("steepness", [0.01, 1.0, 50.0])
def test_the_best_critic_of_a_shift_sees_all_of_it_however_steep(steepness):
    real = noise(50, 2)
    run = record([linear(-steepness * V)], real, [real + 3 * V])
    np.testing.assert_allclose(run.shares, [1.0], rtol=1e-4)


def test_a_critic_sees_the_part_that_points_its_way():
    real, across = noise(50, 2), np.array([0.8, 0.6], np.float32)
    critics = [linear(V), linear(across), linear(-(V + across))]
    run = record(critics, real, np.stack([real + 3 * V] * 3))
    np.testing.assert_allclose(run.shares, [-1.0, 0.0, np.sqrt(0.5)], atol=1e-4)


# --- side_by_side ---


@pytest.mark.parametrize("members", [1, 4])
def test_the_loss_of_an_ensemble_is_the_sum_of_its_members(members):
    real, fake = noise(members, 6), noise(members, 6, seed=1)
    loss = ensembles.SumOverMembers(members)
    critics = [losses.wasserstein.critic(r, f).numpy() for r, f in zip(real, fake, strict=True)]
    np.testing.assert_allclose(loss.critic(real.reshape(-1, 1), fake.reshape(-1, 1)), np.sum(critics), rtol=1e-5)
    np.testing.assert_allclose(loss.generator(fake.reshape(-1, 1)), -fake.mean(axis=1).sum(), rtol=1e-5)


def test_the_optimisers_are_the_papers_one_a_network():
    clipped = ensembles.side_by_side([linear(V)], models.mlp_generator(1, 2), 0.1, None, 0.25, epsilon=0.5)
    penalised = ensembles.side_by_side([linear(V)], models.mlp_generator(1, 2), None, 3.0, 0.25)
    assert_two_optimisers(clipped, RMSprop, {"learning_rate": 0.25, "rho": 0.9, "epsilon": 0.5})
    assert_two_optimisers(penalised, Adam, {"learning_rate": 0.25, "beta_1": 0.5, "beta_2": 0.9})


def test_the_penalty_is_a_sum_over_members_too():
    """||w|| is 3, 1 and 0.5: the penalties 2 (||w|| - 1)^2 are 8, 0 and 0.5."""
    critics = [linear(3 * V), linear(V), linear(V / 2)]
    wgan = ensembles.side_by_side(critics, models.mlp_generator(1, 2), None, 2.0, 0.1)
    np.testing.assert_allclose(wgan.critic_penalty(noise(12, 2), noise(12, 2, seed=1)), 8.5, rtol=1e-5)


def learns_alone(critic, optimiser, real, fake, clip=None, weight=None, at=None):
    """One step of Algorithm 1, of Arjovsky et al. or of Gulrajani et al., for one critic. at: where it is penalised."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
        if weight is not None:
            at = tf.convert_to_tensor(at)
            with tf.GradientTape() as inner:
                inner.watch(at)
                total = tf.reduce_sum(critic(at))
            loss += weight * tf.reduce_mean((tf.norm(inner.gradient(total, at), axis=1) - 1) ** 2)
    variables = critic.trainable_variables
    optimiser.apply(tape.gradient(loss, variables), variables)
    for variable in variables if clip is not None else ():
        variable.assign(tf.clip_by_value(variable, -clip, clip))


def agree(together, members, rtol=1e-3, atol=1e-5):
    for weight, own in zip(together.weights, zip(*(m.get_weights() for m in members), strict=True), strict=True):
        for one, other in zip(weight.numpy(), own, strict=True):
            np.testing.assert_allclose(np.reshape(one, other.shape), other, rtol=rtol, atol=atol)


@pytest.mark.parametrize("plain", [False, True])  # plain gradient descent would show a factor that the papers' hide
@pytest.mark.parametrize("constraint", [{"clip": 0.3}, {"penalty_weight": 5.0}])
def test_critics_learn_side_by_side_as_each_would_alone(constraint, plain):
    members, batch, rate = 3, 8, 0.01
    critics = [reinitialise(models.mlp_critic(2, 8), seed) for seed in range(members)]
    generator = models.mlp_generator(1, 4)
    wgan = ensembles.side_by_side(critics, generator, constraint.get("clip"), constraint.get("penalty_weight"), rate)
    if plain:
        wgan.compile(SGD(rate), SGD(rate))
    kind = (
        SGD
        if plain
        else {"clip": lambda lr: RMSprop(lr, epsilon=1e-10)}.get(
            *constraint, lambda lr: Adam(lr, beta_1=0.5, beta_2=0.9)
        )
    )
    optimisers = [kind(rate) for _ in critics]
    for step in range(4):
        real = noise(members * batch, 2, seed=step)
        fake = generator(wgan.latent(members * batch)).numpy()  # the latent vectors of the step to come
        at = None
        if "penalty_weight" in constraint:
            epsilon = rng.uniform(members * batch, wgan.draw("interpolates")).numpy()[:, None]
            at = epsilon * real + (1 - epsilon) * fake
        wgan.critic_step(tf.constant(real))
        for i, (critic, optimiser) in enumerate(zip(critics, optimisers, strict=True)):
            own = slice(i * batch, (i + 1) * batch)
            learns_alone(
                critic, optimiser, real[own], fake[own], *(constraint.get(k) for k in ("clip", "penalty_weight")),
                None if at is None else at[own],
            )  # fmt: skip
    agree(wgan.critic, critics)


def test_each_generator_learns_from_its_own_critic_as_it_would_alone():
    members, batch = 3, 8
    critics = [reinitialise(models.mlp_critic(1, 8), seed) for seed in range(members)]
    generators = [reinitialise(models.mlp_generator(1, 4), seed + 0.5) for seed in range(members)]
    wgan = ensembles.side_by_side(critics, ensemble(generators), 10.0, None, 0.1)
    wgan.compile(SGD(0.1), SGD(0.1))
    for _ in range(3):
        latent = wgan.latent(members * batch).numpy().reshape(members, batch, 2)  # of the step to come
        wgan.generator_step(tf.zeros((members * batch, 2)))
        for generator, critic, z in zip(generators, critics, latent, strict=True):
            with tf.GradientTape() as tape:
                loss = -tf.reduce_mean(critic(generator(z)))
            weights = generator.trainable_variables
            SGD(0.1).apply(tape.gradient(loss, weights), weights)
    agree(wgan.generator, generators)


# --- train, by hand: linear critics, real samples that are all alike, fakes that are all zero ---


def by_hand(members=2, lr=0.125, trainable=False):
    """A trainer of critics <w, x> with w = (1, 1), (2, 2), ...: each of its steps adds lr to w for each unit of x."""
    critics = [linear([k, k]) for k in range(1, members + 1)]
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    generator.trainable = trainable
    wgan = ensembles.side_by_side(critics, generator, 100.0, None, 1.0)
    wgan.compile(SGD(lr), SGD(lr))
    return wgan, critics


SAMPLES = np.concatenate([np.full((1000, 2), 50.0), np.tile([4.0, -8.0], (40, 1))]).astype(np.float32)


@pytest.mark.parametrize(
    "steps, every, at",
    [(1, 1, [0, 1]), (5, 2, [0, 1, 2, 4, 5]), (6, 3, [0, 1, 3, 6])],
)
def test_looks_are_before_training_after_its_first_step_every_so_often_and_at_the_end(steps, every, at):
    wgan, critics = by_hand()
    run = ensembles.train(wgan, critics, SAMPLES, steps, 1, 4, every, progress=False)
    assert run.steps.tolist() == at
    assert run.norms_at.shape == (len(at), 2, 1) and run.weights_at.shape == (len(at), 2, 2)
    w = np.array([[1, 1], [2, 2]]) + np.array(at)[:, None, None] * [0.5, -1.0]  # 0.125 (4, -8) a step
    np.testing.assert_allclose(run.weights_at, w, rtol=1e-5)
    np.testing.assert_array_equal(run.weights, run.weights_at[-1])


def test_the_critics_of_a_run_are_the_trained_ones_in_the_order_of_their_seeds():
    wgan, critics = by_hand(members=3)
    run = ensembles.train(wgan, critics, SAMPLES, 4, 1, 4, 4, progress=False)
    for k, critic in enumerate(run.critics, start=1):
        np.testing.assert_allclose(critic(np.eye(2, dtype=np.float32))[:, 0], [k + 2.0, k - 4.0], rtol=1e-5)


def test_the_first_thousand_samples_are_for_looking_and_no_critic_learns_from_them():
    wgan, critics = by_hand()
    run = ensembles.train(wgan, critics, np.where(SAMPLES == 50, SAMPLES, 0), 2, 1, 4, 1, progress=False)
    np.testing.assert_array_equal(run.real, SAMPLES[:1000])
    np.testing.assert_array_equal(run.weights, [[1, 1], [2, 2]])  # real ones and fakes were all zero


def test_no_sample_is_dealt_twice_before_all_are_dealt_to_one_critic_or_another_in_one_critic_step_or_another():
    """Two steps of three critic steps of four samples for each of two critics: 48. Together they learn from all."""
    wgan, critics = by_hand()
    dealt = noise(48, 2)
    run = ensembles.train(wgan, critics, np.concatenate([SAMPLES[:1000], dealt]), 2, 3, 4, 2, progress=False)
    moved = run.weights - run.weights_at[0]
    np.testing.assert_allclose(moved.sum(axis=0), 0.125 / 4 * dealt.sum(axis=0), rtol=1e-4, atol=1e-5)
    assert not np.allclose(moved[0], moved[1], atol=1e-2)  # each has its own


@pytest.mark.parametrize("n_critic, trainable", [(3, True), (2, False)])
def test_a_step_is_n_critic_critic_steps_and_one_of_the_generator_if_it_learns(n_critic, trainable):
    wgan, critics = by_hand(trainable=trainable)
    ensembles.train(wgan, critics, SAMPLES, 4, n_critic, 4, 4, progress=False)
    assert wgan.critic_optimizer.iterations.numpy() == 4 * n_critic
    assert wgan.generator_optimizer.iterations.numpy() == (4 if trainable else 0)


# --- train, with networks ---


def tiny(clip=None, penalty_weight=None, seeds=(0, 1), lr=0.01, steps=3, every=2, plane=False):
    samples = data.swiss_roll(1200, seed=0)
    critics = [reinitialise(models.mlp_critic(2, 8), seed) for seed in seeds]
    generator = ensemble([reinitialise(models.mlp_generator(1, 4), seed + 0.5) for seed in seeds])
    wgan = ensembles.side_by_side(critics, generator, clip, penalty_weight, lr)
    return ensembles.train(wgan, critics, samples, steps, 2, 8, every, progress=False, plane=plane)


@pytest.fixture(scope="module")
def run():
    return tiny(clip=0.2, plane=True)


def test_the_shapes_of_a_run(run):
    assert run.steps.tolist() == [0, 1, 2, 3]
    assert run.norms_at.shape == (4, 2, 3) and run.norms.shape == (2, 3)
    assert run.weights_at.shape == (4, 2, 16 + 64 + 8) and run.weights.shape == (2, 16 + 64 + 8)
    n = len(run.grid)
    assert run.values_at.shape == (4, 2, n, n) and run.values.shape == (2, n, n)
    assert run.real.shape == (1000, 2) and run.fake.shape == (2, 1000, 2)
    assert run.slopes.shape == (2, 3000)
    assert run.estimates.shape == run.exact.shape == run.shares.shape == (2,)
    assert all(np.isfinite(x).all() for x in (run.norms_at, run.weights_at, run.values_at, run.shares))


def test_no_share_is_above_1(run):
    assert (run.shares <= 1 + 1e-6).all()


def test_values_are_the_critics_at_their_places_on_the_grid(run):
    for s, i, j in [(0, 0, 99), (0, 99, 0), (1, 3, 60), (1, 60, 3)]:
        place = np.array([[run.grid[j], run.grid[i]]], np.float32)
        np.testing.assert_allclose(run.values[s, i, j], run.critics[s](place)[0, 0], rtol=1e-4, atol=1e-6)
    assert run.values[0, 0, 99] != run.values[0, 99, 0]
    assert run.values_at[0, 0, 0, 0] != run.values[0, 0, 0]  # the first look was at other critics


def test_the_grid_covers_the_plane_of_the_data_without_gaps(run):
    assert run.grid.min() == -2 and run.grid.max() == 2
    np.testing.assert_allclose(np.diff(run.grid), 4 / (len(run.grid) - 1), rtol=1e-4)


def test_the_first_look_is_at_the_critics_as_they_were_drawn(run):
    for seed in (0, 1):
        kernels = reinitialise(models.mlp_critic(2, 8), seed).get_weights()[::2]
        np.testing.assert_array_equal(run.weights_at[0, seed], np.concatenate([k.ravel() for k in kernels]))
    assert np.abs(run.weights_at[0]).max() > 0.5  # not clipped yet


def test_the_clip_holds_for_all_weights_and_biases_after_training(run):
    assert np.abs(run.weights_at[1:]).max() <= np.float32(0.2)
    assert max(np.abs(w).max() for critic in run.critics for w in critic.get_weights()) <= np.float32(0.2)


def test_the_same_arguments_give_the_same_run(run):
    again = tiny(clip=0.2, plane=True)
    for name in ("norms_at", "weights_at", "values_at", "fake", "real"):
        np.testing.assert_array_equal(getattr(run, name), getattr(again, name))


def test_looking_less_and_not_over_the_plane_does_not_change_the_training(run):
    other = tiny(clip=0.2, every=1000)
    assert other.values_at is None
    np.testing.assert_array_equal(other.weights, run.weights)


def test_training_that_reaches_nan_stops_with_the_step_where_it_was_seen():
    """A step of 1e30 takes w to about 1e30: the square of that is inf, and the next step NaN."""
    critics = [linear([1.0, 2.0])]
    wgan = ensembles.side_by_side(critics, models.mlp_generator(1, 2), None, 1.0, 1.0)
    wgan.compile(SGD(1e30), SGD(0.0))
    with pytest.raises(NotFiniteError, match=r"NaN or inf at step 2;"):
        ensembles.train(wgan, critics, SAMPLES, 6, 1, 4, 3, progress=False)
