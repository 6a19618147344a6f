"""Wrong arguments, also such as nobody thought of: the error names the argument, what was expected and what came."""

import functools
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from matplotlib.figure import Figure

import gancode
from gancode import data, losses, metrics, microscope, models, penalty, plots, probes
from gancode.trainers import GAN, LSGAN, WGAN, WGANGP

# --- values that are wrong ---

NO_NUMBER = st.text(max_size=3) | st.booleans() | st.complex_numbers() | st.binary(max_size=2)
NO_NUMBER |= st.lists(st.integers(), max_size=2)
NO_NUMBER |= st.sampled_from([{}, {"a": 1}, object(), int, np.zeros(2), np.zeros((30, 30)), tf.zeros(2)])
NOT_FINITE = st.sampled_from([np.nan, np.inf, -np.inf, np.float32("nan")])
NO_REAL = NO_NUMBER | NOT_FINITE | st.none()
NEGATIVE = st.integers(max_value=-1) | st.floats(max_value=-1e-9)
NOT_POSITIVE = NO_REAL | NEGATIVE | st.sampled_from([0, 0.0])
OR_NONE = NO_NUMBER | NOT_FINITE | NEGATIVE | st.sampled_from([0, 0.0])  # where None has a meaning
NO_SIZE = NOT_POSITIVE | st.floats()
NO_SEED = NO_NUMBER | st.floats() | st.integers(max_value=-1) | st.integers(min_value=2**32)
NO_FLAG = st.none() | st.integers() | st.floats() | st.text() | st.lists(st.booleans())
NO_CHOICE = NO_NUMBER | st.integers() | st.sampled_from([["he"], ["layer"], np.array(["train"]), ("test",)])
NO_TEXT = st.none() | st.integers() | st.booleans() | st.lists(st.text()) | st.sampled_from(["", "  ", b"text"])
NO_DICT = st.none() | st.text() | st.integers() | st.lists(st.integers()) | st.just({})
NO_FUNCTION = st.none() | st.text() | st.integers()
NO_LAYER = NO_FUNCTION | st.sampled_from([tf.tanh, keras.layers.ReLU(), lambda: "relu", dict])
NO_OPTIMISER = st.text() | st.integers() | st.sampled_from([keras.optimizers.Adam, {}, keras.layers.Dense(1)])
NO_LOSS = (
    st.text(min_size=1) | st.integers() | st.sampled_from([losses.Wasserstein, len, keras.losses.MeanSquaredError()])
)
NO_NETWORK = st.none() | st.text() | st.integers()
NO_NETWORK |= st.sampled_from([len, keras.layers.Dense(1), keras.Sequential([keras.layers.Dense(1)])])
KINDS = [None, "", "12", ["1"], [None], {1.0}, {"a": 1.0}, object(), 1j, np.zeros((4, 2), complex), [[1.0], [1.0, 2.0]]]


def not_of_shape(*wanted):
    """Arrays of fewer axes, of one more, of none at all, or longer along an axis that is fixed. None: of any length."""
    full = [size or 3 for size in wanted]
    shapes = [tuple(full[:axes]) for axes in range(len(full))] + [(*full, 2), (0, *full[1:])]
    shapes += [(*full[:k], full[k] + 1, *full[k + 1 :]) for k, size in enumerate(wanted) if size]
    return st.sampled_from([np.zeros(shape) for shape in shapes] + KINDS)


def not_finite(*shape):
    """Arrays of the right shape with one number that is none."""

    def put(place, value):
        values = np.zeros(shape)
        values.flat[place] = value
        return values

    return st.builds(put, st.integers(0, int(np.prod(shape)) - 1), NOT_FINITE)


def beside(right, wrong):
    """A wrong value under a name, in a dict with a right one."""
    return NO_DICT | wrong.map(lambda value: {"right": right, "wrong": value})


POINTS, IMAGES, ROW = np.ones((3, 2), np.float32), np.zeros((3, 28, 28, 1)), np.arange(1.0, 5.0)
NO_POINTS = not_of_shape(None, 2) | not_finite(3, 2)
NO_IMAGES = not_of_shape(None, 28, 28, 1)
NO_ROW = not_of_shape(None) | not_finite(4)
NO_SCORES = st.sampled_from([*KINDS, np.zeros((0, 2)), np.zeros((3, 0)), np.zeros((3, 2), bool)])
NO_BATCH = NO_SCORES | st.just(3.0)
NO_INPUT = NO_BATCH | not_of_shape(None, 2)  # of this critic

CRITIC, GENERATOR = models.mlp_critic(1, 2), models.mlp_generator(1, 2)
OTHER_CRITICS = st.sampled_from(
    [
        models.mlp_critic(1, 2, input_dim=3),
        models.conv_critic(1),
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]),
        keras.Sequential([keras.Input((2,)), keras.layers.Reshape((2, 1))]),
    ]
)
OTHER_GENERATORS = st.sampled_from(
    [
        models.mlp_generator(1, 2, output_dim=3),
        models.conv_generator(2, 1),
        keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]),
    ]
)


@functools.cache
def trainer():
    gan = GAN(GENERATOR, CRITIC, seed=0)
    gan.compile(run_eagerly=True)
    return gan


def fit(**wrong):
    return trainer().fit(**{"batches": data.batches(POINTS, 2, seed=0), "steps_per_epoch": 1, "verbose": 0} | wrong)


def element(*shape, dtype=tf.float32):
    return tf.data.Dataset.from_tensors(tf.zeros(shape, dtype))


NO_BATCHES = st.none() | st.text() | st.sampled_from([POINTS, [POINTS], element(3, 2), element(3, 1, 5)])
NO_BATCHES |= st.sampled_from([element(3, 1, 2, dtype=tf.int32), element(3, 0, 2), element(3, 1, 2, 1)])
NO_CHECKPOINT = (
    st.integers() | st.booleans() | st.sampled_from([["run.weights.h5"], "run.h5", "", ".", "run.keras", b"a"])
)

FIGURE_1A = partial(microscope.value_surface, depth=1, width=2, seeds=1, steps=1, clip=0.1, progress=False)
FIGURE_1B = partial(microscope.gradient_norms, depth=1, width=2, seeds=1, steps=1, clip=0.1, progress=False)
SIZES = dict.fromkeys(("depth", "width", "steps", "batch_size", "every"), NO_SIZE)
NO_SEEDS = NO_SIZE.filter(lambda seeds: not isinstance(seeds, list)) | st.lists(st.booleans() | NEGATIVE, max_size=3)
RUNS = {"dataset": NO_CHOICE, "clip": OR_NONE | st.none(), "penalty_weight": st.floats(), "learning_rate": OR_NONE}
RUNS |= {"progress": NO_FLAG, "seeds": NO_SEEDS}

# --- what each public function must refuse: {function: {argument: wrong values}} ---

WRONG = {
    data.mnist: {"split": NO_CHOICE, "full": NO_FLAG},
    data.labels: {"split": NO_CHOICE, "full": NO_FLAG},
    data.fashion_mnist: {"split": NO_CHOICE},
    partial(data.eight_gaussians, n=3): {"n": NO_SIZE, "seed": NO_SEED},
    partial(data.twenty_five_gaussians, n=3): {"n": NO_SIZE, "seed": NO_SEED},
    partial(data.swiss_roll, n=3): {"n": NO_SIZE, "seed": NO_SEED},
    partial(data.batches, samples=POINTS): {
        "samples": st.sampled_from([*KINDS, 1.0, ROW, np.zeros((0, 2)), np.zeros((2, 0))]) | not_finite(3, 2),
        "batch_size": NO_SIZE,
        "n_critic": NO_SIZE,
        "seed": NO_SEED,
    },
    models.conv_generator: {
        "latent_dim": NO_SIZE,
        "channels": NO_SIZE,
        "norm": NO_CHOICE,
        "activation": NO_LAYER,
        "use_bias": NO_FLAG.filter(lambda value: value is not None),
    },
    models.conv_critic: {"channels": NO_SIZE, "norm": NO_CHOICE, "activation": NO_LAYER},
    partial(models.mlp_generator, depth=1, width=2): dict.fromkeys(
        ("depth", "width", "latent_dim", "output_dim"), NO_SIZE
    ),
    partial(models.mlp_critic, depth=1, width=2): dict.fromkeys(("depth", "width", "input_dim"), NO_SIZE),
    models.noisy_samples: {"samples": st.sampled_from([*KINDS, ROW, np.zeros((0, 2))]) | not_finite(3, 2)},
    losses.LeastSquares: dict.fromkeys("abc", NO_REAL),
    partial(losses.non_saturating.critic, real_scores=ROW, fake_scores=ROW): {
        "real_scores": NO_SCORES,
        "fake_scores": NO_SCORES,
    },
    partial(losses.least_squares.critic, real_scores=ROW, fake_scores=ROW): {
        "real_scores": NO_SCORES,
        "fake_scores": NO_SCORES,
    },
    partial(losses.wasserstein.critic, real_scores=ROW, fake_scores=ROW): {
        "real_scores": NO_SCORES,
        "fake_scores": NO_SCORES,
    },
    losses.saturating.generator: {"fake_scores": NO_SCORES},
    losses.least_squares.generator: {"fake_scores": NO_SCORES},
    losses.wasserstein.generator: {"fake_scores": NO_SCORES},
    partial(penalty.clip_weights, model=CRITIC, bound=1.0): {"model": NO_NETWORK, "bound": NOT_POSITIVE},
    partial(penalty.interpolate, real=POINTS, fake=POINTS): {
        "real": NO_BATCH | not_of_shape(3, 2),
        "fake": NO_BATCH | not_of_shape(3, 2),
        "seed": NO_SEED | st.sampled_from([tf.zeros(2), tf.zeros(3, tf.int32)]),
    },
    partial(penalty.gradient_norms, critic=CRITIC, samples=POINTS): {
        "critic": st.sampled_from([keras.layers.Dense(2), lambda x: x, tf.reduce_sum, lambda x: x.numpy()[:, 0]]),
        "samples": NO_INPUT,
    },
    partial(penalty.gradient_penalty, critic=CRITIC, real=POINTS, fake=POINTS): {
        "real": NO_BATCH | not_of_shape(3, 2),
        "target": NO_REAL | NEGATIVE,
        "one_sided": NO_FLAG,
        "seed": NO_SEED,
    },
    partial(GAN, GENERATOR, CRITIC): {"loss": NO_LOSS, "seed": NO_SEED},
    partial(LSGAN, critic=CRITIC): {"generator": NO_NETWORK},
    partial(GAN, GENERATOR): {"critic": NO_NETWORK | OTHER_CRITICS},
    partial(WGAN, GENERATOR, CRITIC): {"clip": NOT_POSITIVE},
    partial(WGANGP, GENERATOR, CRITIC): {"penalty_weight": NOT_POSITIVE},
    lambda **wrong: GAN(GENERATOR, CRITIC, seed=0).compile(**wrong): {
        "critic_optimizer": NO_OPTIMISER,
        "generator_optimizer": NO_OPTIMISER,
        "jit_compile": st.integers() | st.text() | st.floats(),
        "steps_per_execution": NO_SIZE,
        "loss": st.text() | st.just(losses.wasserstein),
        "metrics": st.lists(st.text()),
    },
    fit: {
        "batches": NO_BATCHES,
        "epochs": NO_SIZE,
        "steps_per_epoch": NO_SIZE,
        "checkpoint": NO_CHECKPOINT,
        "callbacks": st.integers() | st.lists(st.integers(), min_size=1) | st.just([probes.Snapshots]),
        "verbose": NO_CHOICE.filter(lambda verbose: verbose not in (0, 1, 2) if np.ndim(verbose) == 0 else True),
    },
    lambda **wrong: trainer().generate(**{"n": 1} | wrong): {"n": NO_SIZE, "seed": NO_SEED},
    partial(probes.layer_gradient_norms, critic=CRITIC, real=POINTS, fake=POINTS): {
        "critic": NO_NETWORK | st.just(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])),
        "real": NO_INPUT,
        "fake": NO_BATCH | not_of_shape(3, 2),
        "loss": NO_LOSS | st.none(),
    },
    probes.weight_values: {"critic": NO_NETWORK},
    partial(probes.sample_jacobian, critic=CRITIC, samples=POINTS): {
        "critic": NO_NETWORK | st.just(keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])),
        "samples": NO_INPUT,
    },
    partial(probes.share_at_the_ends, weights=ROW): {
        "weights": st.sampled_from([*KINDS, 3.0, []]) | not_finite(4),
        "bound": OR_NONE,
    },
    partial(probes.CriticProbe, real=POINTS): {"real": NO_BATCH, "every": NO_SIZE},
    probes.Snapshots: {"every": NO_SIZE, "n": NO_SIZE, "seed": NO_SEED},
    partial(metrics.wasserstein1, POINTS): {
        "y": not_of_shape(None, None) | not_finite(3, 2) | st.just(np.full((3, 2), 1e200))
    },
    partial(metrics.wasserstein1, y=POINTS): {"x": not_of_shape(None, 2) | not_finite(3, 2)},
    partial(metrics.frechet_distance, POINTS): {
        "y": not_of_shape(None, 2) | st.sampled_from([POINTS[:1], np.full((3, 2), 1e99)])
    },
    partial(metrics.mode_coverage, samples=POINTS, centres=POINTS, radius=1.0): {
        "samples": not_of_shape(None, 2) | not_finite(3, 2),
        "centres": not_of_shape(None, 2) | not_finite(3, 2),
        "radius": NOT_POSITIVE,
    },
    metrics.digit_features: {
        "images": NO_IMAGES | not_finite(3, 28, 28, 1) | st.sampled_from([IMAGES, np.full((70, 28, 28, 1), 255)])
    },
    metrics.classified: {"images": NO_IMAGES | not_finite(3, 28, 28, 1) | st.just(np.full((1, 28, 28, 1), 255))},
    metrics.class_shares: {"images": NO_IMAGES | not_finite(3, 28, 28, 1) | st.just(np.full((1, 28, 28, 1), 255))},
    partial(metrics.class_imbalance, IMAGES): {"reference": NO_IMAGES | not_finite(3, 28, 28, 1)},
    partial(FIGURE_1A): {**SIZES, **RUNS, "epsilon": NOT_POSITIVE, "initial": NO_CHOICE},
    partial(FIGURE_1B): {**SIZES, **RUNS, "n_critic": NO_SIZE},
    partial(microscope.predicted_norms, depth=1, width=2, clip=0.1, output_norm=1.0): {
        "depth": NO_SIZE,
        "width": NO_SIZE,
        "clip": NOT_POSITIVE,
        "output_norm": NO_REAL | NEGATIVE,
    },
    partial(microscope.figure1, seeds=1, steps=1, generator_steps=1, progress=False): {
        "seeds": NO_SEEDS,
        "steps": NO_SIZE,
        "generator_steps": NO_SIZE,
        "clip": NOT_POSITIVE,
        "penalty_weight": NOT_POSITIVE,
        "progress": NO_FLAG,
    },
    partial(plots.samples_grid, images=IMAGES): {"images": NO_IMAGES, "columns": NO_SIZE},
    partial(plots.samples_beside, named_images={"right": IMAGES}): {
        "named_images": beside(IMAGES, NO_IMAGES),
        "columns": NO_SIZE,
    },
    partial(plots.learning_curves, curves={"right": ROW}, ylabel="loss"): {
        "curves": beside(ROW, not_of_shape(None)),
        "steps_per_point": NOT_POSITIVE,
        "levels": NO_REAL.map(lambda value: {"wrong": value}),
    },
    partial(plots.points, named_points={"right": POINTS}): {"named_points": beside(POINTS, NO_POINTS), "lim": OR_NONE},
    partial(plots.weight_histogram, named_weights={"right": ROW}): {
        "named_weights": beside(ROW, NO_ROW),
        "bins": NO_SIZE,
        "edge": OR_NONE,
    },
    partial(plots.layer_norms, named_norms={"right": ROW}): {
        "named_norms": beside(ROW, st.sampled_from([*KINDS, 3.0, [], ROW[:2], np.ones((2, 2, 4))])),
        "predicted": not_of_shape(4).map(lambda value: {"right": value}),
    },
    partial(plots.norm_histogram, named_norms={"right": ROW}): {
        "named_norms": beside(ROW, NO_ROW),
        "target": NO_REAL | NEGATIVE,
    },
    partial(plots.value_surface, values=np.zeros((4, 4)), grid=ROW, points=POINTS): {
        "values": not_of_shape(4, 4) | not_finite(4, 4),
        "grid": NO_ROW,
        "points": NO_POINTS,
        "levels": NO_SIZE,
    },
    plots.value_surfaces: {"runs": NO_DICT | st.sampled_from([{"WGAN": 1}, {("a", "b"): 1, ("c", "d"): 2}])},
    partial(plots.show_tiles, ax=None, images=IMAGES, columns=2): {"images": NO_IMAGES, "columns": NO_SIZE},
    partial(plots.scrub, frames=[Figure()], labels=["0"], alt="nothing"): {
        "frames": st.none() | st.integers() | st.lists(st.integers(), min_size=1, max_size=1),
        "labels": st.none() | st.integers() | st.lists(st.text(), min_size=2) | st.just([]),
        "alt": NO_TEXT,
        "interval": NOT_POSITIVE,
    },
    partial(plots.explore, lambda clip: Figure(), {"clip": [1, 2]}, "nothing"): {
        "start": st.sampled_from([{"clip": 3}, {"depth": 1}]),
        "finer": NO_SIZE,
    },
    partial(plots.explore, settings={"clip": [1, 2]}, alt="nothing"): {"draw": NO_FUNCTION},
    partial(plots.explore, lambda clip: Figure(), alt="nothing"): {
        "settings": NO_DICT | st.sampled_from([{"clip": 1}, {"clip": None}, {"clip": []}, {"clip": range(65)}])
    },
    partial(plots.explore, lambda clip: Figure(), {"clip": [1, 2]}): {"alt": NO_TEXT},
    partial(gancode.check, holds=True): {"claim": NO_TEXT},
    partial(gancode.check, "it holds"): {"holds": st.none() | st.text() | st.integers() | st.lists(st.booleans())},
}


def name_of(function):
    function = function.func if isinstance(function, partial) else function
    return getattr(function, "__qualname__", type(function).__name__)


CASES = [
    pytest.param(function, argument, strategy, id=f"{name_of(function)}-{argument}")
    for function, arguments in WRONG.items()
    for argument, strategy in arguments.items()
]


@pytest.mark.parametrize("function, argument, strategy", CASES)
def test_a_wrong_argument_is_named_with_what_was_expected_and_what_came(function, argument, strategy):
    @settings(max_examples=15)
    @given(value=strategy)
    def refused(value):
        with pytest.raises(ValueError) as error:
            function(**{argument: value})
        message = str(error.value)
        assert argument in message.split(": ")[0], message
        assert ": expected " in message and ("got " in message) and "\n" not in message, message

    refused()


# --- whatever comes: a right answer or a clear refusal ---

# Of moderate size, so that a sum of squares is still a number.
ANYTHING = arrays(
    st.sampled_from(["f4", "f8", "i1", "i8", "u1", "?", "c8", "U2", "O"]),
    array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


def refusal_or(function, *values):
    """The answer, or None where it was refused as it should be."""
    try:
        return function(*values)
    except ValueError as error:
        assert ": expected " in str(error) and "\n" not in str(error)
        return None


@given(ANYTHING, ANYTHING)
def test_distances_of_whatever_are_numbers_or_refused(x, y):
    for distance in (metrics.wasserstein1, metrics.frechet_distance):
        answer = refusal_or(distance, x, y)
        assert answer is None or 0 <= answer < np.inf
    answer = refusal_or(metrics.mode_coverage, x, y, 0.5)
    assert answer is None or (0 <= answer.modes <= len(y) and 0 <= answer.share <= 1)


@given(ANYTHING, ANYTHING)
def test_losses_of_whatever_are_one_float_or_refused(real, fake):
    for loss in (losses.non_saturating, losses.saturating, losses.least_squares, losses.wasserstein):
        for answer in (refusal_or(loss.critic, real, fake), refusal_or(loss.generator, fake)):
            assert answer is None or (answer.shape == () and answer.dtype.is_floating)


@given(ANYTHING)
def test_slopes_of_whatever_are_one_a_sample_or_refused(samples):
    def critic(x):
        return tf.reduce_sum(x, axis=list(range(1, x.shape.rank)))

    answer = refusal_or(penalty.gradient_norms, critic, samples)
    assert answer is None or (answer.shape == (len(samples),) and np.all(answer > 0))


def test_what_python_itself_refuses_it_refuses_by_name():
    for wrong in (
        lambda: fit(validation_data=1),
        lambda: GAN(GENERATOR, CRITIC).compile(nonsense=1),
        GAN,
        probes.CriticProbe,
    ):
        with pytest.raises(TypeError, match="argument"):
            wrong()
    with pytest.raises(TypeError, match="'int' object is not callable"):
        penalty.gradient_norms(3, POINTS)
    with pytest.raises(ValueError, match=r"fit: expected a trainer that has been compiled"):
        GAN(GENERATOR, CRITIC).fit(data.batches(POINTS), steps_per_epoch=1)


def test_one_callback_need_not_be_in_a_list():
    snapshots = probes.Snapshots(every=1, n=1)
    fit(callbacks=snapshots)
    assert len(snapshots.frames) == 2
