import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise
from scipy import stats

from gancode.models import mlp_critic
from gancode.penalty import clip_weights, gradient_norms, gradient_penalty, interpolate

SHAPES = [(2,), (28, 28, 1), (5, 7, 3)]


def linear_keras_critic(w):
    """f(x) = <w, x> + 0.7 as a Keras model; its input gradient is w everywhere."""
    layers = [keras.layers.Flatten(dtype=w.dtype.name), keras.layers.Dense(1, dtype=w.dtype.name)]
    critic = keras.Sequential([keras.Input(w.shape, dtype=w.dtype.name), *layers])
    critic.set_weights([w.reshape(-1, 1), np.array([0.7])])
    return critic


# --- gradient_norms ---


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-5), (np.float64, 1e-9)])
def test_the_gradient_of_a_linear_critic_is_as_long_as_its_weight_for_every_sample(shape, dtype, rtol):
    w = noise(*shape, dtype=dtype)
    norms = gradient_norms(linear_keras_critic(w), noise(6, *shape, seed=1, dtype=dtype))
    assert norms.dtype == dtype
    np.testing.assert_allclose(norms, np.full(6, np.sqrt((w**2).sum())), rtol=rtol)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-5), (np.float64, 1e-9)])
def test_the_gradient_of_half_a_square_is_as_long_as_the_sample_itself(shape, dtype, rtol):
    x = noise(6, *shape, dtype=dtype)
    flat = x.reshape(6, -1)

    def scores(x):  # (6,)
        return 0.5 * tf.reduce_sum(tf.reshape(x, (6, -1)) ** 2, 1)

    for critic in (scores, lambda x: scores(x)[:, None]):
        np.testing.assert_allclose(gradient_norms(critic, x), np.linalg.norm(flat, axis=1), rtol=rtol)


def test_the_norm_is_one_number_a_sample_over_height_width_and_channels():
    ones = np.ones((3, 4, 5, 2))
    norms = gradient_norms(lambda x: tf.reduce_sum(x, (1, 2, 3)), ones)
    assert norms.shape == (3,)
    np.testing.assert_allclose(norms, np.sqrt(4 * 5 * 2))  # over the first axis only it would be 2


def test_input_gradients_of_a_tanh_network_against_finite_differences():
    critic = tanh_critic()
    x, h = noise(5, 3, dtype=np.float64), 1e-6
    slopes = [(critic(x + h * e) - critic(x - h * e)).numpy()[:, 0] / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(gradient_norms(critic, x), np.linalg.norm(slopes, axis=0), rtol=1e-7)


def test_the_critic_runs_as_it_does_in_training():
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5, seed=0), keras.layers.Dense(1)])
    critic.set_weights([np.array([[3.0], [4.0]]), np.zeros(1)])
    norms = gradient_norms(critic, noise(200, 2)).numpy()
    assert {round(n) for n in norms} == {0, 6, 8, 10}  # kept inputs are doubled


def test_a_critic_that_does_not_look_at_its_input_has_norm_zero():
    np.testing.assert_allclose(gradient_norms(lambda x: tf.zeros(len(x)), noise(4, 2)), 0, atol=2e-6)


# --- gradient_penalty ---


@pytest.mark.parametrize("shape", SHAPES)
def test_the_penalty_of_a_linear_critic_is_the_square_of_its_length_less_one(shape):
    w = noise(*shape, dtype=np.float64)
    length, critic = np.linalg.norm(w), linear_keras_critic(w)
    real, fake = noise(4, *shape, dtype=np.float64), noise(4, *shape, seed=1, dtype=np.float64)
    penalty = gradient_penalty(critic, real, fake)
    assert penalty.shape == ()
    np.testing.assert_allclose(penalty, (length - 1) ** 2, rtol=1e-8)
    np.testing.assert_allclose(gradient_penalty(critic, real, fake, target=0.0), length**2, rtol=1e-8)
    np.testing.assert_allclose(gradient_penalty(critic, real, fake, target=3.0), (length - 3) ** 2, rtol=1e-8)


@pytest.mark.parametrize("length", [0.2, 0.9, 1.5])
def test_one_sided_lets_short_gradients_go_free(length):
    critic = linear_keras_critic(length * np.array([0.6, 0.8]))
    x = np.zeros((3, 2))
    np.testing.assert_allclose(gradient_penalty(critic, x, x, one_sided=True), max(0, length - 1) ** 2, atol=1e-9)
    np.testing.assert_allclose(gradient_penalty(critic, x, x), (length - 1) ** 2, atol=1e-9)


def test_the_penalty_is_taken_at_the_interpolates_and_averaged_over_samples():
    real, fake = noise(50, 2), 3 + noise(50, 2, seed=1)
    x_hat = interpolate(real, fake, seed=7).numpy()
    penalty = gradient_penalty(lambda x: 0.5 * tf.reduce_sum(x**2, 1), real, fake, seed=7)
    np.testing.assert_allclose(penalty, np.mean((np.linalg.norm(x_hat, axis=1) - 1) ** 2), rtol=1e-5)


def tanh_critic():
    return keras.Sequential(
        [
            keras.Input((3,), dtype="float64"),
            keras.layers.Dense(4, "tanh", dtype="float64"),
            keras.layers.Dense(3, "tanh", dtype="float64"),
            keras.layers.Dense(1, dtype="float64"),
        ]
    )


@pytest.mark.parametrize("one_sided", [False, True])
def test_the_penaltys_weight_gradient_against_finite_differences(one_sided):
    critic = tanh_critic()
    real, fake = noise(6, 3, dtype=np.float64), noise(6, 3, seed=1, dtype=np.float64)

    def penalty():
        return gradient_penalty(critic, real, fake, target=0.4, one_sided=one_sided, seed=5)

    with tf.GradientTape() as tape:
        value = penalty()
    *gradients, of_last_bias = tape.gradient(value, critic.trainable_variables)
    assert of_last_bias is None  # it moves the scores, not their slope
    assert all(np.abs(g).max() > 1e-3 for g in gradients)

    h = 1e-6
    for variable, gradient in zip(critic.trainable_variables[:-1], gradients, strict=True):
        kept = variable.numpy()
        numeric = np.zeros_like(kept)
        for i in np.ndindex(kept.shape):
            step = np.zeros_like(kept)
            step[i] = h
            variable.assign(kept + step)
            up = penalty().numpy()
            variable.assign(kept - step)
            numeric[i] = (up - penalty().numpy()) / (2 * h)
        variable.assign(kept)
        np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-9)


def dead_relu_critic():
    critic = mlp_critic(2, 4)
    weights = critic.get_weights()
    weights[1] = np.full(4, -100.0)  # no unit of the first layer ever fires
    critic.set_weights(weights)
    return critic


def zero_critic():
    critic = mlp_critic(2, 4)
    critic.set_weights([np.zeros_like(w) for w in critic.get_weights()])
    return critic


@pytest.mark.parametrize("make", [dead_relu_critic, zero_critic])
@pytest.mark.parametrize("compiled", [False, True])
def test_value_and_weight_gradient_are_finite_where_the_input_gradient_is_zero(make, compiled):
    critic, x = make(), noise(5, 2)

    def penalty_and_gradients():
        with tf.GradientTape() as tape:
            penalty = gradient_penalty(critic, x, -x)
        return penalty, tape.gradient(penalty, [layer.kernel for layer in critic.layers])

    penalty, gradients = (tf.function(penalty_and_gradients) if compiled else penalty_and_gradients)()
    assert penalty.numpy() == pytest.approx(1, abs=1e-5)
    assert all(np.isfinite(g).all() for g in gradients)


def test_a_linear_critic_of_weight_zero_has_a_finite_weight_gradient():
    w = tf.Variable(tf.zeros((2, 1)))
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(lambda x: x @ w, noise(5, 2), noise(5, 2))
    assert np.isfinite(tape.gradient(penalty, w)).all()  # sqrt without its 1e-12: 0 x infinity


# --- interpolate ---


def epsilons(real, fake, x_hat):
    return (x_hat - fake) / (real - fake)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_pixel_of_an_interpolate_has_the_same_epsilon_and_every_sample_its_own(shape):
    real, fake = np.full((40, *shape), 3.0), np.full((40, *shape), -1.0)
    epsilon = epsilons(real, fake, interpolate(real, fake).numpy()).reshape(40, -1)
    assert (epsilon >= 0).all() and (epsilon <= 1).all()  # on the segment, not beyond its ends
    np.testing.assert_allclose(epsilon, epsilon[:, :1].repeat(epsilon.shape[1], 1), atol=1e-12)
    assert len(np.unique(epsilon[:, 0])) == 40


def test_epsilon_1_is_the_real_sample_and_0_the_fake_one():
    real, fake = noise(1000, 2, dtype=np.float64), noise(1000, 2, seed=1, dtype=np.float64)
    x_hat = interpolate(real, fake, seed=3).numpy()
    epsilon = epsilons(real, fake, x_hat)[:, :1]
    np.testing.assert_allclose(x_hat, epsilon * real + (1 - epsilon) * fake, atol=1e-9)
    to_real, to_fake = np.linalg.norm(x_hat - real, axis=1), np.linalg.norm(x_hat - fake, axis=1)
    np.testing.assert_allclose(to_real + to_fake, np.linalg.norm(real - fake, axis=1))  # three points on a line


def test_epsilon_is_uniform_on_0_to_1():
    epsilon = interpolate(np.ones((4000, 1)), np.zeros((4000, 1)), seed=0).numpy().ravel()
    assert stats.kstest(epsilon, "uniform").pvalue > 0.01
    assert epsilon.min() < 0.01 and epsilon.max() > 0.99


def test_a_seed_repeats_the_interpolates_and_none_does_not():
    real, fake = noise(8, 2), noise(8, 2, seed=1)
    same = [interpolate(real, fake, seed=1).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert not np.array_equal(interpolate(real, fake), interpolate(real, fake))
    stream = keras.random.SeedGenerator(1)
    assert not np.array_equal(interpolate(real, fake, seed=stream), interpolate(real, fake, seed=stream))


def test_interpolates_differ_from_call_to_call_in_a_compiled_function_too():
    draw = tf.function(lambda: interpolate(tf.ones((8, 2)), tf.zeros((8, 2))))
    assert not np.array_equal(draw(), draw())


# --- clip_weights ---


def test_clipping_is_numpys_clip_of_every_variable():
    model = mlp_critic(2, 16)
    model.set_weights([0.3 * noise(*w.shape, seed=i) for i, w in enumerate(model.get_weights())])
    before = model.get_weights()
    clip_weights(model, 0.1)
    for old, new in zip(before, model.get_weights(), strict=True):  # biases among them
        np.testing.assert_array_equal(new, np.clip(old, np.float32(-0.1), np.float32(0.1)))
    assert all((np.abs(old) > 0.1).any() for old in before)


def test_clipping_takes_a_norms_scale_from_1_to_the_bound_and_leaves_running_statistics():
    model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()])
    layer = model.layers[0]
    layer.beta.assign([-2.0, 0.0, 2.0])
    layer.moving_mean.assign([5.0, -5.0, 0.0])
    clip_weights(model, 0.01)
    np.testing.assert_array_equal(layer.gamma, np.full(3, np.float32(0.01)))
    np.testing.assert_array_equal(layer.beta, np.float32([-0.01, 0, 0.01]))
    np.testing.assert_array_equal(layer.moving_mean, [5, -5, 0])
    np.testing.assert_array_equal(layer.moving_variance, [1, 1, 1])
