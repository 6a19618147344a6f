"""What each public function refuses, once: the error names the argument, what was expected and what came.

It comes before anything is built, trained or drawn. How each validator says it is asked in test_arguments;
what only one function can get wrong (a damaged file, members that are no ensemble) beside that function.
"""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from keras.optimizers import SGD
from matplotlib import pyplot
from matplotlib.figure import Figure

import gancode
from gancode import (
    data,
    dirac,
    losses,
    metrics,
    models,
    penalty,
    plots,
    probes,
    variants,
)
from gancode.experiments import figure1, results, scoreboard
from gancode.trainers import GAN, LSGAN, WGAN, WGANGP

# --- values that are wrong ---

NO_NUMBER = ["", "1", "nan", True, False, np.True_, 1j, b"1", [], [1], (1, 2), {}, {"a": 1}, object(), int]
NO_NUMBER += [np.zeros(2), np.zeros((30, 30)), np.array(1.0), tf.zeros(2), tf.constant(1.0)]
NOT_FINITE = [np.nan, np.inf, -np.inf, np.float32("nan")]
NO_REAL = [*NO_NUMBER, *NOT_FINITE, None]
NEGATIVE = [-1, -(2**70), -1e-9, -0.5, np.float32(-1), np.int8(-1)]
NOT_POSITIVE = [*NO_REAL, *NEGATIVE, 0, 0.0, -0.0]
OR_NONE = [value for value in NOT_POSITIVE if value is not None]  # where None has a meaning
NO_SIZE = [*NOT_POSITIVE, 1.0, 2.5, 1e300, np.float64(3)]
NO_SEED = [*NO_NUMBER, *NOT_FINITE, -1, 2**32, 1.0, 0.5]
NO_FLAG = [None, 0, 1, 1.0, "", "True", [True], np.array([True]), np.array(True)]
NO_CHOICE = [*NO_NUMBER, -1, 7, 0.5, ["he"], ["layer"], np.array(["train"]), ("test",), "Train", "zeros"]
NO_TEXT = [None, 0, True, [], ["a"], "", "  ", b"text"]
NO_DICT = [None, "", "a", 3, [], [1], {}]
NO_FUNCTION = [None, "", "relu", 3]
NO_LAYER = [*NO_FUNCTION, tf.tanh, keras.layers.ReLU(), lambda: "relu", dict]
NO_OPTIMISER = ["", "adamant", 1, {}, keras.optimizers.Adam, keras.layers.Dense(1)]
NO_LOSS = ["wasserstein", 1, len, losses.Wasserstein, losses.wasserstein.critic, keras.losses.MeanSquaredError()]
NO_NETWORK = [None, "", 3, len, keras.layers.Dense(1), keras.Sequential([keras.layers.Dense(1)])]
KINDS = [None, "", "12", ["1"], [None], {1.0}, {"a": 1.0}, object(), 1j, np.zeros((4, 2), complex), [[1.0], [1.0, 2.0]]]


def not_of_shape(*wanted):
    """Arrays of fewer axes, of one more, of none at all, or longer along an axis that is fixed. None: of any length."""
    full = [size or 3 for size in wanted]
    shapes = [tuple(full[:axes]) for axes in range(len(full))] + [(*full, 2), (0, *full[1:])]
    shapes += [(*full[:k], full[k] + 1, *full[k + 1 :]) for k, size in enumerate(wanted) if size]
    return [*(np.zeros(shape) for shape in shapes), *KINDS]


def not_finite(*shape):
    """Arrays of the right shape with one number that is none."""
    found = []
    for place, value in ((0, np.nan), (-1, np.inf), (0, -np.inf)):
        found.append(np.zeros(shape))
        found[-1].flat[place] = value
    return found


def beside(right, wrong):
    """Wrong values under a name, each in a dict with a right one."""
    return [*NO_DICT, *({"right": right, "wrong": value} for value in wrong)]


def network(inputs, *layers):
    return keras.Sequential([keras.Input(inputs), *layers])


POINTS, IMAGES, ROW = np.ones((3, 2), np.float32), np.zeros((3, 28, 28, 1)), np.arange(1.0, 5.0)
MANY = np.zeros((70, 28, 28, 1), np.float32)
NO_POINTS = [*not_of_shape(None, 2), *not_finite(3, 2)]
NO_IMAGES = [*KINDS, *(np.zeros(shape) for shape in [(), (3,), (3, 28, 28), (3, 28, 28, 2), (3, 28, 28, 4)])]
NO_IMAGES += [np.zeros((0, 28, 28, 1)), np.zeros((3, 0, 28, 3)), [np.zeros((28, 28, 3)), np.zeros((28, 32, 3))]]
NO_IMAGES += not_finite(3, 28, 28, 3)
NO_SHAPE = [None, "", 28, (28, 28), (28, 28, 2), (28, 28, 1, 1), (7, 28, 1), (28, 7.5, 1), (None, 28, 1), (0, 28, 3)]
NO_SHAPE += [
    (28, 28, True),
    ("28", 28, 1),
    {28, 29, 1},
    (1, 28, 28),
    (-28, 28, 1),
    np.zeros((28, 28, 1)),
    (28.0, 28, 1),
]
NO_DIGITS = [*not_of_shape(None, 28, 28, 1), *not_finite(3, 28, 28, 1), np.full((70, 28, 28, 1), 255)]
NO_ROW = [*not_of_shape(None), *not_finite(4)]
NO_SCORES = [*KINDS, np.zeros((0, 2)), np.zeros((3, 0)), np.zeros((3, 2), bool)]
NO_BATCH = [*NO_SCORES, 3.0]
OTHER_BATCH = [*NO_BATCH, *not_of_shape(3, 2)]
NO_INPUT = [*NO_BATCH, *not_of_shape(None, 2)]  # of this critic

CRITIC, GENERATOR = models.mlp_critic(1, 2), models.mlp_generator(1, 2)
TWO_SCORES = network((2,), keras.layers.Dense(2))
OTHER_CRITICS = [
    models.mlp_critic(1, 2, input_dim=3),
    models.conv_critic(1),
    TWO_SCORES,
    network((2,), keras.layers.Reshape((2, 1))),
]
OF_IMAGES = network((4, 4, 1), keras.layers.Flatten(), keras.layers.Dense(2))  # no latent vectors
NO_KERNELS = network((2,), keras.layers.ReLU())
NESTED = [network((2,), CRITIC), network((2,), TWO_SCORES, keras.layers.Dense(1))]  # layers, or some, out of sight

TRAINER = GAN(GENERATOR, CRITIC, seed=0)
TRAINER.compile(steps_per_execution=2, run_eagerly=True)
DEALT, OPTIMISER = data.batches(POINTS, 2, seed=0), SGD(0.1)


def compiled(**wrong):
    GAN(GENERATOR, CRITIC, seed=0).compile(**wrong)


def fit(**wrong):
    return TRAINER.fit(**{"batches": DEALT, "steps_per_epoch": 2, "verbose": 0} | wrong)


def element(*shape, dtype=tf.float32):
    return tf.data.Dataset.from_tensors(tf.zeros(shape, dtype))


NO_BATCHES = [
    None,
    "",
    [POINTS],
    np.zeros((3, 5)),
    np.zeros((3, 5), np.uint8),
    np.zeros((0, 2)),
    element(3, 2),
    element(3, 1, 5),
    element(3, 1, 2, 1),
]
NO_BATCHES += [element(3, 0, 2), element(3, 1, 2, dtype=tf.int32)]  # no critic step; whole numbers
NO_BATCHES += [tf.data.Dataset.from_tensors((tf.zeros((3, 1, 2)), tf.zeros(3)))]  # with labels
NO_CHECKPOINT = [0, True, ["run.weights.h5"], "run.h5", "run.ckpt", "", ".", "run.keras", b"a"]

FIGURE_1 = {"depth": 1, "width": 2, "seeds": 1, "steps": 1, "progress": False}
SIZES = dict.fromkeys(("depth", "width", "steps", "batch_size", "every"), NO_SIZE)
NO_SEEDS = [*(value for value in NO_SIZE if np.ndim(value) == 0), [], [True], [-1], [0, 1.5], np.zeros(2)]
RUNS = {"dataset": [*NO_CHOICE, "two_moons"], "clip": OR_NONE, "penalty_weight": [1.0, 0, np.nan, "1"]}
RUNS |= {"learning_rate": OR_NONE, "progress": NO_FLAG, "seeds": NO_SEEDS}


def never_drawn(**settings):
    raise AssertionError("drawn before it was refused")


EXPLORE = partial(plots.explore, draw=never_drawn, alt="nothing")
SCRUB = partial(plots.scrub, frames=[Figure()], labels=["0"], alt="nothing")
SCORES = partial(scoreboard.train, method="GAN", seed=0, steps=4, pair=never_drawn, n_evals=2)

# --- what each public function must refuse: {function: {argument: wrong values}} ---

WRONG = {
    data.mnist: {"split": NO_CHOICE, "full": NO_FLAG},
    data.labels: {"split": NO_CHOICE, "full": NO_FLAG},
    data.emoji: {"split": NO_CHOICE},
    data.images: {"folder": [None, 3, True, b".", ["."], "", "no such folder", __file__]},
    partial(data.images, "no such folder"): {
        "size": [*(v for v in NO_SIZE if v.__class__ is not tuple), (), (8,), (8, 8, 8), (8, 0), (8.0, 8), ["8", 8]],
        "channels": [*NO_SIZE, 2, 4],
        "labels": [*NO_CHOICE, "folder", ["folders"]],
    },
    partial(data.eight_gaussians, n=3): {"n": NO_SIZE, "seed": NO_SEED},
    partial(data.twenty_five_gaussians, n=3): {"n": NO_SIZE, "seed": NO_SEED},
    partial(data.swiss_roll, n=3): {"n": NO_SIZE, "seed": NO_SEED},
    partial(data.batches, samples=POINTS): {
        "samples": [*KINDS, 1.0, ROW, np.zeros(0), np.zeros((0, 2)), np.zeros((2, 0)), *not_finite(3, 2)],
        "batch_size": NO_SIZE,
        "n_critic": NO_SIZE,
        "seed": NO_SEED,
    },
    models.conv_generator: {
        "latent_dim": NO_SIZE,
        "channels": NO_SIZE,
        "norm": NO_CHOICE,
        "activation": NO_LAYER,
        "use_bias": NO_FLAG[1:],
        "image_shape": NO_SHAPE,
    },
    models.conv_critic: {"channels": NO_SIZE, "norm": NO_CHOICE, "activation": NO_LAYER, "image_shape": NO_SHAPE},
    partial(models.mlp_generator, depth=1, width=2): dict.fromkeys(
        ("depth", "width", "latent_dim", "output_dim"), NO_SIZE
    ),
    partial(models.mlp_critic, depth=1, width=2): dict.fromkeys(("depth", "width", "input_dim"), NO_SIZE),
    models.noisy_samples: {"samples": [*KINDS, ROW, np.zeros((0, 2)), *not_finite(3, 2)]},
    losses.LeastSquares: dict.fromkeys("abc", NO_REAL),
    **{
        partial(loss.critic, real_scores=ROW, fake_scores=ROW): {"real_scores": NO_SCORES, "fake_scores": NO_SCORES}
        for loss in (losses.non_saturating, losses.least_squares, losses.wasserstein, losses.relativistic)
    },
    losses.non_saturating.generator: {"fake_scores": NO_SCORES},
    losses.saturating.generator: {"fake_scores": NO_SCORES},
    losses.least_squares.generator: {"fake_scores": NO_SCORES},
    losses.wasserstein.generator: {"fake_scores": NO_SCORES},
    partial(losses.relativistic.generator, fake_scores=ROW, real_scores=ROW): {
        "fake_scores": NO_SCORES,
        "real_scores": NO_SCORES,
    },
    partial(penalty.clip_weights, model=CRITIC, bound=1.0): {"model": NO_NETWORK, "bound": NOT_POSITIVE},
    partial(penalty.interpolate, real=POINTS, fake=POINTS): {
        "real": OTHER_BATCH,
        "fake": OTHER_BATCH,
        "seed": [*NO_SEED, tf.zeros(3, tf.int32)],
    },
    partial(penalty.gradient_norms, critic=CRITIC, samples=POINTS): {
        "critic": [TWO_SCORES, lambda x: x, tf.reduce_sum, lambda x: x.numpy()[:, 0]],
        "samples": NO_INPUT,
    },
    partial(penalty.gradient_penalty, critic=CRITIC, real=POINTS, fake=POINTS): {
        "real": OTHER_BATCH,
        "fake": OTHER_BATCH,
        "target": [*NO_REAL, *NEGATIVE],
        "one_sided": NO_FLAG,
        "seed": NO_SEED,
    },
    partial(GAN, GENERATOR, CRITIC): {"loss": NO_LOSS, "seed": NO_SEED, "ema": [*OR_NONE, 1, 1.5]},
    partial(variants.R1GAN, GENERATOR, CRITIC, 1.0): {"r2": NO_FLAG},
    partial(LSGAN, critic=CRITIC): {"generator": [*NO_NETWORK, OF_IMAGES]},
    partial(GAN, GENERATOR): {"critic": [*NO_NETWORK, *OTHER_CRITICS]},
    partial(WGAN, GENERATOR, CRITIC): {"clip": OR_NONE},
    **{
        partial(method, GENERATOR, CRITIC): {"penalty_weight": NOT_POSITIVE}
        for method in (WGANGP, variants.WGANLP, variants.GANGP, variants.R1GAN, variants.R3GAN)
    },
    partial(variants.WGANDiv, GENERATOR, CRITIC): {"penalty_weight": NOT_POSITIVE, "power": NOT_POSITIVE},
    partial(variants.DRAGAN, GENERATOR, CRITIC): {"penalty_weight": NOT_POSITIVE, "noise": NOT_POSITIVE},
    partial(dirac.path, GAN): {
        "theta": [1.0, [], [np.nan], ["a"], [[1.0]]],
        "w": [1.0, [], [np.nan], [1.0, 2.0]],
        "learning_rate": NOT_POSITIVE,
        "steps": NO_SIZE,
        "n_critic": NO_SIZE,
    },
    compiled: {
        "critic_optimizer": NO_OPTIMISER,
        "generator_optimizer": NO_OPTIMISER,
        "jit_compile": [0, 1, 1.0, "", "yes"],
        "steps_per_execution": NO_SIZE,
        "loss": ["mse", losses.wasserstein],
        "metrics": [[], ["mse"]],
    },
    partial(compiled, critic_optimizer=OPTIMISER): {"generator_optimizer": [OPTIMISER]},
    fit: {
        "batches": NO_BATCHES,
        "epochs": NO_SIZE,
        "steps_per_epoch": [*NO_SIZE, 3],  # not a whole number of executions
        "checkpoint": NO_CHECKPOINT,
        "callbacks": [0, "", [1], [probes.Snapshots]],
        "verbose": ["loud", "", -1, 3, 1.5, None, ["auto"], np.array(["auto"])],
    },
    partial(TRAINER.generate, n=1): {"n": NO_SIZE, "seed": NO_SEED},
    partial(probes.layer_gradient_norms, critic=CRITIC, real=POINTS, fake=POINTS): {
        "critic": [*NO_NETWORK, TWO_SCORES, NO_KERNELS, *NESTED],
        "real": NO_INPUT,
        "fake": OTHER_BATCH,
        "loss": [*NO_LOSS, None],
    },
    probes.weight_values: {"critic": [*NO_NETWORK, NO_KERNELS]},
    partial(probes.sample_jacobian, critic=CRITIC, samples=POINTS): {
        "critic": [*NO_NETWORK, TWO_SCORES],
        "samples": NO_INPUT,
    },
    partial(probes.saturated_fraction, weights=ROW): {
        "weights": [*KINDS, 3.0, [], *not_finite(4)],
        "bound": OR_NONE,
    },
    partial(probes.CriticProbe, real=POINTS): {"real": NO_BATCH, "every": NO_SIZE},
    probes.Snapshots: {"every": NO_SIZE, "n": NO_SIZE, "seed": NO_SEED},
    partial(metrics.wasserstein1, POINTS): {
        "y": [*not_of_shape(None, 2), *not_finite(3, 2), np.full((3, 2), 1e200)],
    },
    partial(metrics.wasserstein1, y=POINTS): {"x": NO_POINTS},
    partial(metrics.frechet_distance, POINTS): {"y": [*NO_POINTS, POINTS[:1], np.full((3, 2), 1e99)]},
    partial(metrics.frechet_distance, y=POINTS): {"x": [*NO_POINTS, POINTS[:1]]},
    partial(metrics.mode_coverage, samples=POINTS, centres=POINTS, radius=1.0): {
        "samples": NO_POINTS,
        "centres": NO_POINTS,
        "radius": NOT_POSITIVE,
    },
    metrics.digit_features: {"images": [*NO_DIGITS, MANY[:64]]},
    metrics.classified: {"images": NO_DIGITS},
    metrics.class_shares: {"images": NO_DIGITS},
    partial(metrics.class_imbalance, IMAGES): {"reference": NO_DIGITS},
    partial(metrics.class_imbalance, reference=IMAGES): {"images": NO_DIGITS},
    partial(metrics.frechet_digit_distance, MANY): {"reference": [*NO_DIGITS, MANY[:64]]},
    partial(metrics.frechet_digit_distance, reference=MANY): {"images": [*NO_DIGITS, MANY[:64]]},
    partial(figure1.value_surface, clip=0.1, **FIGURE_1): {
        **SIZES,
        **RUNS,
        "epsilon": NOT_POSITIVE,
        "init": NO_CHOICE,
    },
    partial(figure1.value_surface, penalty_weight=1.0): {"init": ["uniform"]},
    partial(figure1.value_surface, clip=None): {"penalty_weight": [None, 0, "1"]},
    partial(figure1.weight_distribution, clip=0.1): {"penalty_weight": [1.0], "init": ["zeros"]},
    partial(figure1.gradient_norms, clip=0.1, **FIGURE_1): {**SIZES, **RUNS, "n_critic": NO_SIZE},
    partial(figure1.gradient_norms, clip=None): {"penalty_weight": [None, 0, "1"]},
    partial(figure1.predicted_norms, depth=1, width=2, clip=0.1, output_norm=1.0): {
        "depth": NO_SIZE,
        "width": NO_SIZE,
        "clip": NOT_POSITIVE,
        "output_norm": [*NO_REAL, *NEGATIVE],
    },
    figure1.figure1: {
        "seeds": NO_SEEDS,
        "steps": NO_SIZE,
        "generator_steps": NO_SIZE,
        "clip": NOT_POSITIVE,
        "penalty_weight": NOT_POSITIVE,
        "progress": NO_FLAG,
    },
    SCORES: {
        "method": [*NO_CHOICE, "BEGAN"],
        "steps": [*NO_SIZE, 1, 5],  # no multiple of n_evals
        "learning_rate": OR_NONE,
        "n_evals": NO_SIZE,
        "samples": NO_SIZE,
    },
    partial(scoreboard.aggregate, {"GAN": []}): {"by": NO_CHOICE},
    scoreboard.aggregate: {"runs": NO_DICT},
    results.load: {"name": ["nothing", "", "../after"]},
    partial(results.Results("of no run").add_all, [], never_drawn): {"jobs": NO_SIZE},
    partial(plots.samples_grid, images=IMAGES): {"images": NO_IMAGES, "columns": NO_SIZE},
    partial(plots.samples_beside, named_images={"right": IMAGES}): {
        "named_images": beside(IMAGES, NO_IMAGES),
        "columns": NO_SIZE,
    },
    partial(plots.learning_curves, curves={"right": ROW}, ylabel="loss"): {
        "curves": beside(ROW, not_of_shape(None)),
        "steps_per_point": NOT_POSITIVE,
        "levels": [{"wrong": value} for value in NO_REAL],
    },
    partial(plots.points, named_points={"right": POINTS}): {"named_points": beside(POINTS, NO_POINTS), "lim": OR_NONE},
    partial(plots.weight_histogram, named_weights={"right": ROW}): {
        "named_weights": beside(ROW, NO_ROW),
        "bins": NO_SIZE,
        "edge": OR_NONE,
    },
    partial(plots.layer_norms, named_norms={"right": ROW}): {
        "named_norms": beside(ROW, [*KINDS, 3.0, [], ROW[:2], np.ones((2, 2, 4))]),
        "predicted": [{"right": value} for value in not_of_shape(4)],
    },
    partial(plots.norm_histogram, named_norms={"right": ROW}): {
        "named_norms": beside(ROW, NO_ROW),
        "target": [*NO_REAL, *NEGATIVE],
    },
    partial(plots.value_surface, values=np.zeros((4, 4)), grid=ROW, points=POINTS): {
        "values": [*not_of_shape(4, 4), *not_finite(4, 4)],
        "grid": NO_ROW,
        "points": NO_POINTS,
        "levels": NO_SIZE,
    },
    plots.value_surfaces: {"runs": [*NO_DICT, {"WGAN": 1}, {("a", "b"): 1, ("c", "d"): 2}]},
    partial(plots.show_tiles, ax=None, images=IMAGES, columns=2): {"images": NO_IMAGES, "columns": NO_SIZE},
    SCRUB: {
        "frames": [None, 0, [1], [np.zeros((2, 2))]],
        "labels": [None, 0, [], ["one", "two"]],
        "alt": NO_TEXT,
        "interval": NO_SIZE,
    },
    partial(SCRUB, frames=[]): {"labels": [[], ["0"]]},
    partial(EXPLORE, settings={"clip": [1, 2]}): {
        "draw": NO_FUNCTION,
        "alt": NO_TEXT,
        "start": [{"clip": 3}, {"depth": 1}],
    },
    EXPLORE: {"settings": [*NO_DICT, *({"clip": stops} for stops in (1, None, [], range(65)))]},
    partial(gancode.check, holds=True): {"claim": NO_TEXT},
    partial(gancode.check, "it holds"): {
        "holds": [None, "yes", 1, [], [True, True], np.array([True]), np.array([True, False])]
    },
}


def name_of(function):
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__qualname__", type(function).__name__)


CASES = [
    pytest.param(function, argument, values, id=f"{name_of(function)}-{argument}")
    for function, arguments in WRONG.items()
    for argument, values in arguments.items()
]


@pytest.fixture
def nothing_is_built(monkeypatch):
    """Whoever makes a weight, trains or opens a figure before it refuses, fails."""

    def built(*args, **kwargs):
        raise AssertionError("built before it was refused")

    for owner, name in [
        (keras.layers.Layer, "add_weight"),
        (keras.optimizers.Optimizer, "build"),
        (keras.Model, "fit"),
        (metrics, "_trained_classifier"),
        (pyplot, "figure"),
    ]:
        monkeypatch.setattr(owner, name, built)


@pytest.mark.parametrize("function, argument, values", CASES)
def test_a_wrong_argument_is_named_with_what_was_expected_and_what_came(function, argument, values, nothing_is_built):
    for value in values:
        try:
            function(**{argument: value})
        except ValueError as error:
            message = str(error)
        else:
            pytest.fail(f"{argument} = {value!r} is not refused")
        named, _, said = message.partition(": ")
        assert argument in named and said.startswith("expected ") and "got " in said and "\n" not in message, message


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
    assert answer is None or (0 <= answer.modes <= len(y) and 0 <= answer.high_quality_fraction <= 1)


@settings(max_examples=15)
@given(ANYTHING, ANYTHING)
def test_losses_of_whatever_are_one_float_or_refused(real, fake):
    for loss in (losses.non_saturating, losses.saturating, losses.least_squares, losses.wasserstein):
        for answer in (refusal_or(loss.critic, real, fake), refusal_or(loss.generator, fake)):
            assert answer is None or (answer.shape == () and answer.dtype.is_floating)


@settings(max_examples=15)
@given(ANYTHING)
def test_slopes_of_whatever_are_one_a_sample_or_refused(samples):
    def critic(x):
        return tf.reduce_sum(x, axis=list(range(1, x.shape.rank)))

    answer = refusal_or(penalty.gradient_norms, critic, samples)
    assert answer is None or (answer.shape == (len(samples),) and np.all(answer > 0))


def test_what_python_itself_refuses_it_refuses_by_name():
    for wrong in (
        lambda: fit(nonsense=1),
        lambda: compiled(nonsense=1),
        GAN,
        probes.CriticProbe,
    ):
        with pytest.raises(TypeError, match="argument"):
            wrong()
    with pytest.raises(TypeError, match="'int' object is not callable"):
        penalty.gradient_norms(3, POINTS)
    with pytest.raises(ValueError, match=r"^fit: expected a trainer that has been compiled"):
        GAN(GENERATOR, CRITIC).fit(DEALT, steps_per_epoch=1)
