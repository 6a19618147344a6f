import keras
import numpy as np
import pytest
from helpers import noise
from keras.optimizers import SGD

from gancode import data, losses, models
from gancode.probes import (
    CriticProbe,
    Snapshots,
    layer_gradient_norms,
    sample_jacobian,
    saturated_fraction,
    weight_values,
)
from gancode.trainers import GAN, WGANGP

# --- layer_gradient_norms ---


def test_gradient_norms_of_a_linear_network_by_hand():
    """f(x) = w2 w1 x. The loss is a mean over n, so each score has slope 1/n or -1/n, and 2n of them sqrt(2/n)."""
    critic = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5), keras.layers.Dense(4), keras.layers.Dense(1)])
    _, _, w2, _, w3, _ = critic.get_weights()
    n = 8
    norms = layer_gradient_norms(critic, noise(n, 3), noise(n, 3, seed=1))
    assert norms.dtype == np.float64
    by_hand = np.sqrt(2 / n) * np.array([np.linalg.norm(w2 @ w3), np.linalg.norm(w3), 1])
    np.testing.assert_allclose(norms, by_hand, rtol=1e-5)  # the layer nearest the input first


def test_gradient_norms_of_a_tanh_network_against_finite_differences():
    critic = keras.Sequential(
        [
            keras.Input((2,), dtype="float64"),
            keras.layers.Dense(4, "tanh", dtype="float64"),
            keras.layers.Dense(3, "tanh", dtype="float64"),
            keras.layers.Dense(1, dtype="float64"),
        ]
    )
    w1, b1, w2, b2, w3, b3 = critic.get_weights()
    real, fake = noise(5, 2, dtype=np.float64), noise(5, 2, seed=1, dtype=np.float64)

    def first(x):
        return np.tanh(x @ w1 + b1)

    def second(h):
        return np.tanh(h @ w2 + b2)

    def loss(real_activations, fake_activations, rest):
        real_scores, fake_scores = rest(real_activations), rest(fake_activations)
        return np.log1p(np.exp(-real_scores)).mean() + np.log1p(np.exp(fake_scores)).mean()

    def norm(activations, rest, h=1e-6):
        total = 0.0
        for half in (0, 1):
            for i in np.ndindex(activations[half].shape):
                up, down = [a.copy() for a in activations], [a.copy() for a in activations]
                up[half][i] += h
                down[half][i] -= h
                total += ((loss(*up, rest) - loss(*down, rest)) / (2 * h)) ** 2
        return np.sqrt(total)

    one, two = [first(real), first(fake)], [second(first(real)), second(first(fake))]
    out = [x @ w3 + b3 for x in two]
    expected = [norm(one, lambda h: second(h) @ w3 + b3), norm(two, lambda h: h @ w3 + b3), norm(out, lambda s: s)]
    norms = layer_gradient_norms(critic, real, fake, losses.non_saturating)
    np.testing.assert_allclose(norms, expected, rtol=1e-6)


@pytest.mark.parametrize("norm", [None, "batch", "layer", "instance"])
def test_a_layers_activations_are_what_leaves_it_after_norm_and_nonlinearity(norm):
    critic, n = models.conv_critic(channels=2, norm=norm), 6
    norms = layer_gradient_norms(critic, noise(n, 28, 28, 1), noise(n, 28, 28, 1, seed=1))
    assert norms.shape == (3,)  # two convolutions and a dense layer; the others belong to the one before them
    last = critic.get_weights()[-2]  # (7 * 7 * 4, 1)
    np.testing.assert_allclose(norms[1:], np.sqrt(2 / n) * np.array([np.linalg.norm(last), 1]), rtol=1e-5)
    assert norms[0] > 0


@pytest.mark.parametrize("depth", [1, 4])
def test_there_is_one_norm_a_kernel(depth):
    assert layer_gradient_norms(models.mlp_critic(depth, 3), noise(4, 2), noise(4, 2)).shape == (depth + 1,)


def test_a_critic_of_one_layer_has_one_norm():
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    np.testing.assert_allclose(layer_gradient_norms(critic, noise(8, 2), noise(8, 2)), [0.5])  # sqrt(2 / 8)


def test_looking_leaves_batch_norms_running_statistics_and_all_weights_alone():
    critic = models.conv_critic(channels=2, norm="batch")
    before = critic.get_weights()
    layer_gradient_norms(critic, 5 + noise(6, 28, 28, 1), noise(6, 28, 28, 1))
    sample_jacobian(critic, 5 + noise(6, 28, 28, 1))
    for one, other in zip(before, critic.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


# --- weight_values ---


def test_weight_values_are_all_kernels_and_nothing_else():
    critic = models.conv_critic(channels=2, norm="batch")
    kernels = [w for w in critic.get_weights() if w.ndim > 1]  # biases and norm layers hold vectors
    assert [k.shape for k in kernels] == [(5, 5, 1, 2), (5, 5, 2, 4), (7 * 7 * 4, 1)]
    values = weight_values(critic)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.concatenate([k.ravel() for k in kernels]))


# --- sample_jacobian ---


def test_a_look_that_is_refused_leaves_batch_norm_and_dropout_as_they_were():
    layers = [keras.layers.BatchNormalization(), keras.layers.Dropout(0.5), keras.layers.Dense(2)]
    critic = keras.Sequential([keras.Input((3,)), *layers])
    before = [variable.numpy() for variable in critic.variables]
    with pytest.raises(ValueError, match=r"^critic: expected it to give scores"):
        sample_jacobian(critic, 5 + noise(6, 3))
    for variable, value in zip(critic.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_the_samples_of_a_linear_critic_touch_their_own_scores_only():
    critic = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    length = np.linalg.norm(critic.get_weights()[0])
    np.testing.assert_allclose(sample_jacobian(critic, noise(4, 3)), length * np.eye(4), rtol=1e-6)


def test_the_leak_of_batch_norm_against_finite_differences():
    critic = keras.Sequential(
        [
            keras.Input((2,), dtype="float64"),
            keras.layers.Dense(3, dtype="float64"),
            keras.layers.BatchNormalization(dtype="float64"),
            keras.layers.Dense(1, dtype="float64"),
        ]
    )
    samples, h = noise(5, 2, dtype=np.float64), 1e-6
    by_differences = np.zeros((5, 5, 2))
    for j in range(5):
        for k in range(2):
            step = np.zeros((5, 2))
            step[j, k] = h
            up, down = (np.ravel(critic(samples + sign * step, training=True)) for sign in (1, -1))
            by_differences[:, j, k] = (up - down) / (2 * h)
    measured = sample_jacobian(critic, samples)
    np.testing.assert_allclose(measured, np.linalg.norm(by_differences, axis=2), rtol=1e-6)
    assert np.abs(measured - np.diag(np.diag(measured))).max() > 0.01


@pytest.mark.parametrize("norm, leaks", [(None, False), ("layer", False), ("instance", False), ("batch", True)])
def test_only_batch_norm_leaks_between_images(norm, leaks):
    measured = sample_jacobian(models.conv_critic(channels=2, norm=norm), noise(3, 28, 28, 1))
    assert measured.shape == (3, 3) and np.diag(measured).min() > 1e-3
    assert (measured[~np.eye(3, dtype=bool)] != 0).all() == leaks
    assert leaks or np.count_nonzero(measured) == 3


# --- saturated_fraction ---


def test_weights_within_a_hundredth_of_the_bound_are_at_the_ends_and_those_beyond_it_too():
    weights = np.float32([0.5, -0.496, 0.494, 0.0, -3.0])
    assert saturated_fraction(weights, 0.5) == 3 / 5
    assert saturated_fraction(weights) == 1 / 5  # of their own range


def test_the_share_is_of_the_last_axis():
    weights = np.array([[[1.0, 2.0], [3.0, -3.0]], [[0.0, 1.0], [2.0, 2.0]]])
    np.testing.assert_array_equal(saturated_fraction(weights, 2.0), [[0.5, 1], [0, 1]])
    np.testing.assert_array_equal(saturated_fraction(weights), [[0.5, 1], [0.5, 1]])


# --- callbacks ---


def tiny(method=GAN, lr=0.1, eager=True, **kwargs):
    trainer = method(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0, **kwargs)
    trainer.compile(SGD(lr), SGD(lr), run_eagerly=eager)
    return trainer


def batches():
    return data.batches(noise(100, 2), 8, seed=0)


def test_one_callback_need_not_be_in_a_list():
    snapshots = Snapshots(every=1, n=1)
    tiny().fit(batches(), steps_per_epoch=1, callbacks=snapshots)
    assert len(snapshots.frames) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "every, steps, at", [(3, 7, [0, 3, 6, 7]), (3, 6, [0, 3, 6]), (1, 2, [0, 1, 2]), (50, 2, [0, 2])]
)
def test_records_are_made_at_the_start_every_so_often_and_at_the_end(every, steps, at):
    snapshots = Snapshots(every=every, n=2)
    tiny().fit(batches(), steps_per_epoch=steps, callbacks=[snapshots])
    assert snapshots.steps == at
    assert len(snapshots.frames) == len(at)


@pytest.mark.slow
def test_records_go_on_through_epochs_and_calls_of_fit():
    snapshots, trainer = Snapshots(every=4, n=2), tiny()
    trainer.fit(batches(), epochs=2, steps_per_epoch=3, callbacks=[snapshots])
    assert snapshots.steps == [0, 4, 6]
    trainer.fit(batches(), epochs=1, steps_per_epoch=3, callbacks=[snapshots])
    assert snapshots.steps == [0, 4, 6, 8, 9]


@pytest.mark.slow
def test_none_is_lost_where_several_steps_make_one_execution():
    """Executions end at 4, 8 and 12: recorded are the first ends after steps 5 and 10."""
    trainer, snapshots = tiny(), Snapshots(every=5, n=2)
    trainer.compile(steps_per_execution=4)
    trainer.fit(batches(), steps_per_epoch=12, callbacks=[snapshots])
    assert snapshots.steps == [0, 8, 12]


@pytest.mark.slow
def test_snapshots_are_the_generators_samples_for_one_latent_batch():
    trainer, snapshots = tiny(), Snapshots(every=1, n=5, seed=3)
    before = trainer.generate(5, seed=3)
    trainer.fit(batches(), steps_per_epoch=2, callbacks=[snapshots])
    assert np.shape(snapshots.frames) == (3, 5, 2)
    np.testing.assert_array_equal(snapshots.frames[0], before)
    np.testing.assert_array_equal(snapshots.frames[-1], trainer.generate(5, seed=3))
    assert not np.array_equal(snapshots.frames[0], snapshots.frames[-1])

    still, snapshots = tiny(lr=0.0), Snapshots(every=1, n=5)
    still.fit(batches(), steps_per_epoch=2, callbacks=[snapshots])
    np.testing.assert_array_equal(snapshots.frames[0], snapshots.frames[-1])  # only training changes them


def test_a_probe_records_norms_and_weights_of_the_critic():
    trainer, real = tiny(WGANGP), noise(6, 2, seed=1)
    probe = CriticProbe(real, every=2)
    first = weight_values(trainer.critic)
    trainer.fit(batches(), steps_per_epoch=3, callbacks=[probe])
    assert probe.steps == [0, 2, 3]
    assert np.shape(probe.norms) == (3, 2)
    assert np.shape(probe.weights) == (3, 2 * 4 + 4)
    np.testing.assert_array_equal(probe.weights[0], first)
    np.testing.assert_array_equal(probe.weights[-1], weight_values(trainer.critic))
    # sqrt(2 / 6): the slope of the mean alone. With the penalty it would depend on its weight.
    np.testing.assert_allclose(np.array(probe.norms)[:, -1], np.sqrt(2 / 6), rtol=1e-5)


def test_a_probe_does_not_see_the_penalty():
    def norms(penalty_weight):
        keras.utils.set_random_seed(0)
        probe = CriticProbe(noise(6, 2, seed=1), every=1)
        trainer = tiny(WGANGP, lr=0.0, penalty_weight=penalty_weight)
        trainer.fit(batches(), steps_per_epoch=1, callbacks=[probe])
        return probe.norms

    np.testing.assert_array_equal(norms(1e-3), norms(1e6))


def test_a_probe_judges_by_the_trainers_own_loss():
    trainer, probe = tiny(GAN, lr=0.0), CriticProbe(noise(6, 2, seed=1), every=5)
    trainer.fit(batches(), steps_per_epoch=1, callbacks=[probe])
    real, fake = (trainer.critic(x).numpy() for x in (noise(6, 2, seed=1), trainer.generate(6, seed=0)))
    slopes = np.concatenate([1 / (1 + np.exp(-real)) - 1, 1 / (1 + np.exp(-fake))]) / 6
    np.testing.assert_allclose(probe.norms[0][-1], np.linalg.norm(slopes), rtol=1e-5)


@pytest.mark.slow
def test_watching_does_not_change_the_training():
    def run(*callbacks):
        keras.utils.set_random_seed(0)
        trainer = tiny(WGANGP)
        trainer.fit(batches(), steps_per_epoch=3, callbacks=list(callbacks))
        return [*trainer.generator.get_weights(), *trainer.critic.get_weights()]

    for one, other in zip(run(), run(CriticProbe(noise(6, 2), every=1), Snapshots(every=1)), strict=True):
        np.testing.assert_array_equal(one, other)
