"""Images of any size, in grey and in colour: networks, methods, probes and pictures take them as they take digits."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import noise, saves

from gancode import data, models, penalty, plots, probes, variants
from gancode.models import conv_critic, conv_generator

ODD, COLOUR = (17, 24, 1), (32, 32, 3)


# --- shapes ---


@pytest.mark.parametrize(
    "shape, sides",
    [
        ((28, 28, 3), [(14, 14), (7, 7)]),
        ((16, 16, 1), [(8, 8), (4, 4)]),
        (COLOUR, [(16, 16), (8, 8), (4, 4)]),
        ((64, 64, 3), [(32, 32), (16, 16), (8, 8), (4, 4)]),
        (ODD, [(9, 12), (5, 6)]),
        ((31, 63, 3), [(16, 32), (8, 16), (4, 8)]),
        ((8, 9, 1), [(4, 5)]),
        ([np.int64(128), 128, 1], [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)]),
    ],
    ids=str,
)
def test_a_pair_has_the_images_shape_and_as_many_layers_as_its_size_needs(shape, sides):
    critic, generator = conv_critic(2, image_shape=shape), conv_generator(3, 2, image_shape=shape)
    assert generator.output_shape == critic.input_shape == (None, *shape)
    halved = [layer.output.shape[1:] for layer in critic.layers if isinstance(layer, keras.layers.Conv2D)]
    assert halved == [(*side, 2 * 2**k) for k, side in enumerate(sides)]
    assert generator.layers[1].output.shape == (None, *halved[-1])
    images = generator(10 * noise(2, 3), training=True)
    assert -1 <= np.min(images) < 0 < np.max(images) <= 1
    assert critic(images).shape == (2, 1)


@pytest.mark.parametrize("norm", [None, *models.NORMS])
def test_norms_stand_where_they_do_in_the_digits_pair(norm):
    kinds = (keras.layers.BatchNormalization, keras.layers.LayerNormalization, keras.layers.GroupNormalization)
    generator, critic = conv_generator(3, 2, norm, image_shape=COLOUR), conv_critic(2, norm, image_shape=COLOUR)
    for network, convolutions, norms in ((generator, 4, 4), (critic, 3, 2)):
        assert sum(isinstance(layer, keras.layers.Conv2D) for layer in network.layers) == convolutions
        assert sum(isinstance(layer, kinds) for layer in network.layers) == (norms if norm else 0)
        for before, after in zip(network.layers, network.layers[1:], strict=False):
            assert not isinstance(before, kinds) or isinstance(after, (keras.layers.ReLU, keras.layers.LeakyReLU))
    assert [layer.use_bias for layer in generator.layers if hasattr(layer, "kernel")] == [*4 * [not norm], True]


# --- no checkerboard ---


def steps_between_neighbours(generator, border):
    """Of an image that is drawn from one colour everywhere: the greatest difference between neighbours, away from the
    border, whose zeros reach into it. Any kernels, but no position differs from another at the start."""
    dense, reshape = generator.layers[:2]
    for seed, layer in enumerate(generator.layers):
        if hasattr(layer, "kernel"):
            layer.kernel.assign(noise(*layer.kernel.shape, seed=seed) / np.sqrt(layer.kernel.shape[-2] * 9))
    height, width, channels = reshape.target_shape
    everywhere = np.tile(noise(dense.kernel.shape[0], channels), height * width)  # channels change fastest
    dense.kernel.assign(everywhere)
    image = generator(noise(1, dense.kernel.shape[0]), training=False)[0, border:-border, border:-border].numpy()
    assert image.size and np.abs(image).min() < 0.99  # not all at the ends of tanh, where everything is flat
    return max(np.abs(np.diff(image, axis=0)).max(), np.abs(np.diff(image, axis=1)).max())


def transposed(kernel_size):
    larger = [
        keras.layers.Conv2DTranspose(n, kernel_size, strides=2, padding="same", activation="tanh") for n in (8, 3)
    ]
    start = [keras.layers.Dense(8 * 8 * 16), keras.layers.Reshape((8, 8, 16))]
    return keras.Sequential([keras.Input((4,)), *start, *larger])


@pytest.mark.parametrize("shape, border", [((28, 28, 3), 5), ((33, 40, 1), 12), ((64, 64, 3), 24)], ids=str)
def test_of_one_colour_a_generator_makes_one_colour(shape, border):
    assert steps_between_neighbours(conv_generator(4, 4, image_shape=shape), border) < 1e-5


@pytest.mark.parametrize("generator", [conv_generator(4, 4), transposed(5), transposed(4)])
def test_transposed_convolutions_make_a_checkerboard_of_it(generator):
    """The control, and why the digits' own pair would not do for photographs: each pixel has kernel entries of its
    own, which only training could make alike."""
    assert steps_between_neighbours(generator, 6) > 0.05


def spike(generator):
    """Power at a period of 2 pixels over that just beside it: 1 where no position is other than its neighbours."""
    images = generator(noise(64, 64), training=True).numpy()
    half = images.shape[1] // 2
    power = np.abs(np.fft.fft2(images - images.mean(axis=(1, 2), keepdims=True), axes=(1, 2))) ** 2
    at = power[:, half].mean() + power[:, :, half].mean()
    return at / (power[:, half - 3 : half - 1].mean() + power[:, :, half - 3 : half - 1].mean())


def doubled_as_they_are(shape):
    """The same generator, whose pixels are doubled and not drawn between neighbours."""
    plain = [
        keras.layers.UpSampling2D(2) if isinstance(layer, keras.layers.UpSampling2D) else layer
        for layer in conv_generator(image_shape=shape).layers
    ]
    return keras.Sequential([keras.Input((64,)), *plain])


@pytest.mark.parametrize("size", [32, 64])
def test_untrained_samples_have_no_mesh_and_those_of_doubled_pixels_have_a_dent(size):
    shape, spikes = (size, size, 3), []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        spikes.append((spike(conv_generator(image_shape=shape)), spike(doubled_as_they_are(shape))))
    ours, control = np.mean(spikes, axis=0)
    assert ours == pytest.approx(1, abs=0.12)
    assert control < 0.8


def met(critic, shape):
    """How often the critic's first layer looks at each pixel: its gradient, all kernel entries being 1."""
    first = next(layer for layer in critic.layers if isinstance(layer, keras.layers.Conv2D))
    first.kernel.assign(tf.ones_like(first.kernel))
    images = tf.zeros((1, *shape))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(first(images))
    return tape.gradient(total, images)[0, 4:-4, 4:-4, 0].numpy()


def test_a_critic_looks_at_every_pixel_equally_often_but_for_that_of_the_digits():
    for shape in (COLOUR, ODD, (31, 63, 3)):
        assert len(np.unique(met(conv_critic(4, image_shape=shape), shape))) == 1
    assert sorted(np.unique(met(conv_critic(4), (28, 28, 1)))) == [16, 24, 36]  # 4 channels of 2 x 2, 2 x 3, 3 x 3


# --- the book's own pair ---


def first_edition(latent_dim=64, channels=16):
    """The pair as it was, layer by layer, of Keras's own operations."""
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(7 * 7 * 2 * channels, use_bias=False),
            layers.Reshape((7, 7, 2 * channels)),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(channels, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh"),
        ],
        name="generator",
    )
    critic = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(channels, 5, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(2 * channels, 5, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="critic",
    )
    return generator, critic


def seeded(make):
    keras.utils.set_random_seed(7)
    return make()


def uncounted(names):
    """Keras counts layers of a kind, and other tests made some too: dense_3 is dense here."""
    return re.sub(r"_\d+\b", "", str(names))


KEPT = [(64, 1568), (32,), (32,), (5, 5, 16, 32), (16,), (16,), (5, 5, 1, 16), (1,)]
KEPT += [(5, 5, 1, 16), (16,), (5, 5, 16, 32), (32,), (1568, 1), (1,)]


@saves
def test_the_digits_pair_is_the_first_editions_weight_for_weight(tmp_path):
    before = seeded(first_edition)
    now = seeded(lambda: (conv_generator(), conv_critic(image_shape=[28, 28, 1])))
    assert [weight.shape for network in now for weight in network.trainable_weights] == KEPT
    for one, other, inputs in zip(now, before, (noise(3, 64), noise(3, 28, 28, 1)), strict=True):
        assert uncounted(one.get_config()) == uncounted(other.get_config())
        assert uncounted([weight.path for weight in one.weights]) == uncounted([each.path for each in other.weights])
        for weight, wanted in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, wanted)
        other.set_weights([np.abs(noise(*weight.shape)) / 9 for weight in other.get_weights()])
        other.save_weights(tmp_path / "kept.weights.h5")
        one.load_weights(tmp_path / "kept.weights.h5")
        for training in (False, True):
            np.testing.assert_allclose(
                one(inputs, training=training), other(inputs, training=training), rtol=1e-4, atol=1e-4
            )


# --- methods, probes ---


@pytest.mark.parametrize("method", variants.METHODS)
def test_every_method_trains_on_them(method):
    shape = 17, 24, 3  # all at once: in colour, of odd size, and not square
    generator, critic = conv_generator(3, 4, image_shape=shape), conv_critic(4, image_shape=shape)
    trainer = variants.METHODS[method].trainer(generator, critic, seed=0)
    trainer.compile(run_eagerly=True)
    before = [*trainer.generator.get_weights(), *trainer.critic.get_weights()]
    images = np.random.default_rng(0).integers(0, 256, (8, *shape)).astype(np.uint8)
    history = trainer.fit(data.batches(images, 4, 1, seed=0), steps_per_epoch=1, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    after = [*trainer.generator.get_weights(), *trainer.critic.get_weights()]
    assert sum(np.array_equal(one, other) for one, other in zip(before, after, strict=True)) <= 1
    assert trainer.generate(2, seed=0).shape == (2, *shape)


def test_probes_take_them_and_uint8_as_pixels():
    generator, critic = conv_generator(3, 4, image_shape=(17, 24, 3)), conv_critic(4, image_shape=(17, 24, 3))
    images = np.random.default_rng(0).integers(0, 256, (4, 17, 24, 3)).astype(np.uint8)
    scaled = (images / 127.5 - 1).astype(np.float32)
    trainer = variants.WGANGP(generator, critic, seed=0)
    trainer.compile(run_eagerly=True)
    probe, same, snapshots = probes.CriticProbe(images), probes.CriticProbe(scaled), probes.Snapshots(n=5)
    trainer.fit(data.batches(images, 4, 1, seed=0), steps_per_epoch=1, callbacks=[probe, same, snapshots], verbose=0)
    assert np.shape(snapshots.frames) == (2, 5, 17, 24, 3)
    assert np.shape(probe.norms) == (2, 3)
    np.testing.assert_allclose(probe.norms, same.norms, rtol=1e-5)
    jacobian = probes.sample_jacobian(critic, images)
    np.testing.assert_allclose(jacobian, probes.sample_jacobian(critic, scaled), rtol=1e-4)
    assert np.all(jacobian[~np.eye(4, dtype=bool)] == 0) and np.all(np.diag(jacobian) > 0)
    np.testing.assert_allclose(
        penalty.gradient_norms(critic, tf.constant(images)), penalty.gradient_norms(critic, scaled), rtol=1e-5
    )


# --- pictures ---


def shown(figure):
    """What stands in the figure's only picture, as numbers from 0 to 1."""
    (sheet,) = figure.axes[0].images
    values = np.asarray(sheet.get_array())
    return values if values.ndim == 3 else sheet.cmap(sheet.norm(values))[..., :3]


def test_colours_are_shown_in_colour_and_white_where_there_is_no_image():
    images = np.full((3, 9, 20, 3), -1.0)
    images[0, ..., 0], images[1, ..., 2], images[2, ..., 1] = 1.0, 0.0, 7.0  # red, half blue, more than green
    sheet = shown(plots.samples_grid(images, columns=2))
    assert sheet.shape == (18, 40, 3)
    tiles = sheet.reshape(2, 9, 2, 20, 3).swapaxes(1, 2).reshape(4, 180, 3)
    assert (tiles == np.array([[1, 0, 0], [0, 0, 0.5], [0, 1, 0], [1, 1, 1]])[:, None]).all()


@pytest.mark.parametrize("shape", [(28, 28, 1), (8, 10, 1), (8, 10, 3)])
def test_pixels_are_shown_as_the_floats_that_they_are_and_digits_as_ink_on_paper(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape)).astype(np.uint8)
    of_pixels = shown(plots.samples_grid(pixels, columns=2))
    np.testing.assert_allclose(of_pixels, shown(plots.samples_grid(pixels / 127.5 - 1, columns=2)))
    first = 1 - pixels[0] / 255 if shape == (28, 28, 1) else pixels[0] / 255
    np.testing.assert_allclose(of_pixels[: shape[0], : shape[1]], np.broadcast_to(first, (*shape[:2], 3)), atol=1 / 255)


def test_a_grid_is_as_high_as_its_images_ask_for():
    square, flat = (plots.samples_grid(np.zeros((16, *size, 3))) for size in ((16, 16), (16, 64)))
    assert flat.get_size_inches() == pytest.approx(square.get_size_inches() * [1, 0.25])


def test_grids_of_different_images_stand_side_by_side_and_in_a_film():
    named = {"digits": np.zeros((4, 28, 28, 1)), "emoji": np.zeros((4, 32, 24, 3), np.uint8)}
    figure = plots.samples_beside(named, columns=2)
    assert [ax.images[0].get_array().shape for ax in figure.axes] == [(56, 56), (64, 48, 3)]
    frames = [plots.samples_grid(named["emoji"] + np.uint8(shade), columns=2) for shade in (0, 200)]
    assert "<img" in plots.scrub(frames, ["0", "1"], "emoji").data


@pytest.mark.parametrize(
    "images", [np.zeros((2, 8, 8, 4)), [np.zeros((8, 8, 3)), np.zeros((9, 8, 3))], np.zeros((2, 8, 8))]
)
def test_what_is_no_set_of_images_is_refused(images):
    with pytest.raises(ValueError, match=r"^images: expected .*\(n, height, width, 1 or 3\), got"):
        plots.samples_grid(images)
