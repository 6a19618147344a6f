import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise

from gancode.models import conv_critic, conv_generator, mlp_critic, mlp_generator, noisy_samples

NORM_LAYERS = {
    "batch": keras.layers.BatchNormalization,
    "layer": keras.layers.LayerNormalization,
    "instance": keras.layers.GroupNormalization,
}


# --- shapes, ranges, sizes ---


@pytest.mark.parametrize("latent_dim, channels", [(64, 16), (3, 2)])
def test_conv_generator_draws_images_in_the_range_of_the_data(latent_dim, channels):
    generator = conv_generator(latent_dim, channels)
    images = generator(10 * noise(5, latent_dim), training=True).numpy()
    assert images.shape == (5, 28, 28, 1)
    assert -1 <= images.min() < 0 < images.max() <= 1


@pytest.mark.parametrize("norm", [None, "batch", "layer", "instance"])
def test_conv_critic_gives_one_unbounded_score_an_image(norm):
    critic = conv_critic(channels=2, norm=norm)
    scores = critic(100 * noise(6, 28, 28, 1)).numpy()
    assert scores.shape == (6, 1)
    if norm in (None, "batch"):  # the others rescale each image
        assert np.abs(scores).max() > 1  # no sigmoid
    assert keras.Sequential(critic.layers[-1:]).layers[0].activation is keras.activations.linear


def test_mlp_shapes():
    assert mlp_generator(2, 8, latent_dim=5, output_dim=3)(noise(4, 5)).shape == (4, 3)
    assert mlp_critic(2, 8, input_dim=3)(noise(4, 3)).shape == (4, 1)


@pytest.mark.parametrize("depth, width", [(1, 4), (3, 16), (12, 5)])
def test_depth_is_the_number_of_hidden_layers(depth, width):
    for model, inputs, outputs in ((mlp_generator(depth, width), 2, 2), (mlp_critic(depth, width), 2, 1)):
        hidden = (inputs + 1) * width + (depth - 1) * (width + 1) * width
        assert model.count_params() == hidden + (width + 1) * outputs
        assert len(model.layers) == depth + 1


def test_mlp_is_relu_within_and_linear_at_the_end():
    critic = mlp_critic(2, 8)
    x = noise(16, 2)
    (w1, b1, w2, b2, w3, b3) = critic.get_weights()
    by_hand = np.maximum(np.maximum(x @ w1 + b1, 0) @ w2 + b2, 0) @ w3 + b3
    np.testing.assert_allclose(critic(x), by_hand, rtol=1e-5, atol=1e-6)


def test_two_calls_give_two_models():
    one, other = mlp_critic(1, 4), mlp_critic(1, 4)
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])


# --- norms and activations of the convolutional pair ---


def classes(network):
    return [type(layer).__name__ for layer in network.layers]


def test_the_books_own_pair_is_batch_norm_and_relu_against_no_norm_and_leaky_relu():
    between = ["BatchNormalization", "ReLU"]
    assert classes(conv_generator()) == ["Dense", "Reshape", *between, "Conv2DTranspose", *between, "Conv2DTranspose"]
    assert classes(conv_critic()) == ["Conv2D", "LeakyReLU", "Conv2D", "LeakyReLU", "Flatten", "Dense"]
    assert {layer.negative_slope for layer in conv_critic().layers if hasattr(layer, "negative_slope")} == {0.2}


@pytest.mark.parametrize("norm", [None, *NORM_LAYERS])
@pytest.mark.parametrize("use_bias", [None, False, True])
def test_a_generator_has_this_norm_before_each_activation_or_else_biases(norm, use_bias):
    generator = conv_generator(4, 2, norm=norm, use_bias=use_bias)
    found = [layer for layer in generator.layers if isinstance(layer, tuple(NORM_LAYERS.values()))]
    assert [type(layer) for layer in found] == (2 * [NORM_LAYERS[norm]] if norm else [])
    *hidden, last = [layer for layer in generator.layers if hasattr(layer, "kernel")]
    assert [layer.use_bias for layer in hidden] == 2 * [norm is None if use_bias is None else use_bias]
    assert last.use_bias
    assert generator(noise(3, 4)).shape == (3, 28, 28, 1)


@pytest.mark.parametrize("make", [conv_generator, conv_critic])
def test_each_activation_is_a_new_one_and_changes_the_activation_alone(make):
    other = make(channels=2, activation=lambda: keras.layers.Activation("softsign"))
    own = classes(make(channels=2))
    assert classes(other) == ["Activation" if name.endswith("ReLU") else name for name in own]
    assert own.count("ReLU") + own.count("LeakyReLU") == 2
    assert other.count_params() == make(channels=2).count_params()


# --- noisy_samples ---

CORNERS = np.array([[0, 0], [8, 0], [0, 8], [8, 8]], np.float32)


def test_a_noisy_sample_is_one_of_the_samples_plus_its_latent_vector():
    latent = noise(300, 2)
    without = noisy_samples(CORNERS)(latent).numpy() - latent
    nearest = CORNERS[np.argmin(np.linalg.norm(without[:, None] - CORNERS, axis=-1), axis=1)]
    np.testing.assert_allclose(without, nearest, atol=1e-5)


def test_every_sample_is_drawn_about_equally_often_in_every_batch_and_from_batch_to_batch():
    generator = noisy_samples(np.arange(5, dtype=np.float32)[:, None])
    draws = np.concatenate([generator(np.zeros((5000, 1), np.float32)) for _ in range(2)])[:, 0].astype(int)
    for half in np.split(draws, 2):
        np.testing.assert_allclose(np.bincount(half, minlength=5), 1000, atol=150)  # five deviations
    assert 0.1 < (draws[:5000] == draws[5000:]).mean() < 0.3  # the second does not repeat the first
    assert 0.1 < (draws[1:] == draws[:-1]).mean() < 0.3


def test_there_is_nothing_to_train_in_noisy_samples():
    generator = noisy_samples(CORNERS)
    assert generator.trainable_variables == []
    assert generator.count_params() == 0


@pytest.mark.parametrize("shape", [(2,), (4, 4, 1)])
def test_noisy_samples_have_the_samples_shape(shape):
    generator = noisy_samples(noise(10, *shape))
    assert generator.input_shape == (None, *shape)
    assert generator(noise(3, *shape)).shape == (3, *shape)


def test_noisy_samples_are_drawn_anew_each_time_in_a_graph_too():
    draw = tf.function(noisy_samples(CORNERS), autograph=False)
    one, other = (draw(tf.zeros((100, 2))).numpy() for _ in range(2))
    assert 0.1 < (one == other).all(axis=1).mean() < 0.5


def test_in_inference_noisy_samples_repeat_themselves_and_leave_training_alone():
    watched, unwatched = noisy_samples(CORNERS), noisy_samples(CORNERS)
    latent = noise(100, 2)
    looks = [watched(latent, training=False).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*looks)
    assert len(np.unique(np.round(looks[0] - latent), axis=0)) == len(CORNERS)
    np.testing.assert_array_equal(watched(latent, training=True), unwatched(latent, training=True))


def test_noisy_samples_take_float64_data():
    latent = noise(10, 2)
    np.testing.assert_array_equal(noisy_samples(CORNERS.astype(np.float64))(latent), noisy_samples(CORNERS)(latent))


def test_two_generators_of_noisy_samples_draw_the_same():
    keras.utils.set_random_seed(1)
    one = noisy_samples(CORNERS)(noise(100, 2))
    keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(one, noisy_samples(CORNERS)(noise(100, 2)))


def test_noisy_samples_are_the_same_in_python_in_a_graph_and_in_xla():
    def draws(**how):
        generator = noisy_samples(np.arange(50, dtype=np.float32)[:, None])
        draw = tf.function(generator, autograph=False, **how) if how else generator
        return np.concatenate([draw(tf.zeros((100, 1)), training=training) for training in (True, True, False)])

    plain = draws()
    np.testing.assert_array_equal(draws(reduce_retracing=True), plain)
    np.testing.assert_array_equal(draws(jit_compile=True), plain)


# --- norms ---


@pytest.mark.parametrize("norm", [None, "batch", "layer", "instance"])
def test_norm_puts_that_layer_and_no_other_in(norm):
    critic = conv_critic(channels=2, norm=norm)
    found = [layer for layer in critic.layers if isinstance(layer, tuple(NORM_LAYERS.values()))]
    assert [type(layer) for layer in found] == ([NORM_LAYERS[norm]] if norm else [])


def after_norm(norm):
    """What the norm layer of a fresh critic puts out, (batch, 7, 7, 4), for images no two of which are alike."""
    critic = conv_critic(channels=2, norm=norm)
    (layer,) = (layer for layer in critic.layers if isinstance(layer, NORM_LAYERS[norm]))
    images = noise(8, 28, 28, 1) * np.arange(1, 9).reshape(8, 1, 1, 1) + 1
    return keras.Model(critic.inputs[0], layer.output)(images, training=True).numpy().astype(np.float64)


@pytest.mark.parametrize("norm, axes", [("layer", (1, 2, 3)), ("instance", (1, 2)), ("batch", (0, 1, 2))])
def test_a_norm_gives_mean_0_and_deviation_1_over_its_axes(norm, axes):
    out = after_norm(norm)
    np.testing.assert_allclose(out.mean(axes), 0, atol=1e-4)
    np.testing.assert_allclose(out.std(axes), 1, atol=2e-2)  # the layers' epsilon makes it a little less


def test_each_norm_has_axes_of_its_own():
    assert after_norm("batch").mean((1, 2, 3)).std() > 1e-2  # samples keep their differences
    assert after_norm("layer").mean((1, 2)).std() > 1e-2  # channels keep theirs
    assert after_norm("layer").mean(3).std() > 1e-2  # and so do pixels


@pytest.mark.parametrize("norm", [None, "layer", "instance", "batch"])
def test_only_with_batch_norm_does_a_score_depend_on_the_other_samples(norm):
    critic = conv_critic(channels=4, norm=norm)
    batch, other = noise(8, 28, 28, 1), noise(8, 28, 28, 1, seed=1) + 2
    other[0] = batch[0]
    leak = abs(critic(batch, training=True)[0] - critic(other, training=True)[0]).numpy().item()
    if norm == "batch":
        assert leak > 1e-2
    else:
        assert leak < 1e-5
