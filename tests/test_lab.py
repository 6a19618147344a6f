"""The critic lab's engine computes what gancode computes: shared cases, in TensorFlow and in a browser."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from browsing import open_browser
from lab_engine import open_engine, packed, unpacked
from scipy import stats

from gancode import data, dirac, losses, metrics, models, penalty, probes, trainers, variants
from gancode._training import rng

pytestmark = pytest.mark.browser

BATCH, STEPS = 32, 3
OPTIMISERS = {
    "sgd": lambda wgan, rate: keras.optimizers.SGD(rate),
    "rmsprop": trainers.WGAN.default_optimizer,
    "adam": trainers.WGANGP.default_optimizer,
}
KINDS = {
    **{"none": trainers.WGAN, "clip": trainers.WGAN, "penalty": trainers.WGANGP},
    **{"one-sided": variants.WGANLP, "r1": variants.R1GAN},
}
LOSSES = {
    **{"wasserstein": losses.wasserstein, "non-saturating": losses.non_saturating},
    **{"least-squares": losses.least_squares},
}


@pytest.fixture(scope="module")
def engine():
    with open_browser() as browser:
        page = open_engine(browser)
        yield page
        assert not page.trouble


def call(engine, name, **arguments):
    found = engine.evaluate(f"(given) => {name}(given)", arguments)
    return unpacked(found) if isinstance(found, dict) else found


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def assert_close(found, expected, tolerance=1e-5, largest=None):
    """To `tolerance` of the largest number of the array, or of the one that is given."""
    found, expected = np.ravel(found), np.ravel(expected).astype(np.float64)
    assert found.shape == expected.shape
    worst = np.abs(found - expected).max() / max(np.abs(expected).max() if largest is None else largest, 1e-30)
    assert worst <= tolerance, f"{worst:.1e} of the largest"


def assert_each_close(found, variables, largest=None):
    """The same for each kernel and each bias of a network, from one flat array."""
    ends = np.cumsum([np.size(variable) for variable in variables])
    assert len(found) == ends[-1]
    for k, part in enumerate(np.split(found, ends[:-1])):
        assert_close(part, variables[k], largest=largest and largest[k])


class Case:
    """A critic with random weights and biases, and the batches of some steps: for both sides."""

    def __init__(self, depth, width, constraint, optimiser, loss="wasserstein", seed=0):
        keras.utils.set_random_seed(seed)
        self.settings = {"constraint": constraint, "optimiser": optimiser, "clip": 0.05, "lambda": 10.0, "rate": 1e-3}
        self.settings["loss"], self.loss = loss, LOSSES[loss]
        self.critic = models.mlp_critic(depth, width)
        self.sizes = [2, *[width] * depth, 1]
        for layer in self.critic.layers:
            layer.bias.assign(keras.random.normal(layer.bias.shape, stddev=0.1))
        self.weights = flat(self.critic.trainable_variables)
        samples = data.eight_gaussians(STEPS * BATCH, seed)
        self.reals = np.split(samples, STEPS)
        self.fakes = [real + np.random.normal(size=real.shape).astype(np.float32) for real in self.reals]
        self.wgan = self.trainer(models.mlp_generator(3, width))
        self.epsilons = []

    def trainer(self, generator):
        kind, settings = KINDS[self.settings["constraint"]], self.settings
        own = {"clip": settings["clip"]} if kind is trainers.WGAN else {"penalty_weight": settings["lambda"]}
        wgan = kind(
            generator, self.critic, loss=self.loss, **own, seed=1
        )  # with 0 a unit of one sample is at its kink: 1e-3 apart
        if settings["constraint"] == "none":
            wgan.constrain = lambda: None
        wgan.compile(*(OPTIMISERS[settings["optimiser"]](wgan, settings["rate"]) for _ in range(2)))
        return wgan

    def step(self, k):
        """A critic step of gancode's own trainer on batch k."""
        self.epsilons.append(rng.uniform(BATCH, self.wgan.draw("interpolates")).numpy())
        self.wgan.fakes = lambda n: tf.constant(self.fakes[k])
        return self.wgan.critic_step(tf.constant(self.reals[k]))

    def seen(self, k):
        """What gancode computes from batch k, before that step is taken."""
        real, fake, critic = tf.constant(self.reals[k]), tf.constant(self.fakes[k]), self.critic
        between = self.wgan.draw("interpolates")
        constraint = self.settings["constraint"]
        places = real if constraint == "r1" else penalty.interpolate(real, fake, between)
        variables = [variable.value for variable in critic.trainable_variables]
        with tf.GradientTape(persistent=True) as tape:
            loss = self.loss.critic(critic(real), critic(fake))
            if constraint == "r1":
                price = 5.0 * tf.reduce_mean(penalty.gradient_norms(critic, real) ** 2)
            else:
                one_sided = constraint == "one-sided"
                price = 10.0 * penalty.gradient_penalty(critic, real, fake, one_sided=one_sided, seed=between)
            added = self.wgan.critic_penalty(real, fake)
            total = loss + added
            of_real = self.loss.generator(critic(real))  # what real samples bring: the same but for least squares' 1/2
        return {
            "loss": loss,
            "penalty": added,
            "scores": tf.concat([critic(real), critic(fake)], axis=0),
            "inputNorms": penalty.gradient_norms(critic, places),
            "layerNorms": probes.layer_gradient_norms(critic, real, fake, self.loss),
            "gradients": tape.gradient(total, variables),
            "ofReal": tape.gradient(of_real, variables),
            "penaltyGradients": tape.gradient(price, variables, unconnected_gradients="zero"),
        }

    def now(self):
        return [variable.numpy() for variable in self.critic.trainable_variables]

    def run(self, look=lambda k: None):
        """gancode takes all steps; look(k) before each. Returns the weights before each step and after the last."""
        path = [self.now()]
        for k in range(STEPS):
            look(k)
            self.step(k)
            path.append(self.now())
        return path

    def batches(self, which=slice(None)):
        """For the engine"""
        names = ("reals", "fakes", "epsilons")
        return {name: [packed(array) for array in getattr(self, name)[which]] for name in names}


each_constraint = pytest.mark.parametrize("constraint", KINDS)
each_optimiser = pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
SIZES = [(2, 7), (2, 64), (4, 64), (12, 128)]
CASES = [(*size, "wasserstein") for size in SIZES]
CASES += [(*size, loss) for size in SIZES[1:3] for loss in ("non-saturating", "least-squares")]


@each_constraint
@pytest.mark.parametrize(("depth", "width", "loss"), CASES)
def test_losses_slopes_and_gradients_are_those_of_gancode(engine, depth, width, loss, constraint):
    """At each step of a training by gancode."""
    case, expected = Case(depth, width, constraint, "adam", loss), []
    path = case.run(lambda k: expected.append(case.seen(k)))
    for k in range(STEPS):
        critic = {"sizes": case.sizes, "weights": packed(flat(path[k]))}
        found = call(engine, "criticSteps", critic=critic, settings=case.settings, **case.batches(slice(k, k + 1)))
        for name in ("penalty", "scores", "inputNorms", "layerNorms"):
            assert_close(found[name], expected[k][name])
        assert_each_close(found["penaltyGradients"], expected[k]["penaltyGradients"])
        # Differences of what real samples and fakes bring. Where clipped weights leave a critic little but its biases,
        # those have up to five digits in common, of the seven that TensorFlow has: so relative to what is subtracted.
        assert_close(found["loss"], expected[k]["loss"], largest=np.abs(expected[k]["scores"]).max())
        largest = [
            max(np.abs(g).max() for g in pair)
            for pair in zip(expected[k]["gradients"], expected[k]["ofReal"], strict=True)
        ]
        assert_each_close(found["gradients"], expected[k]["gradients"], largest=largest)


def more_than_rounding(gradients):
    """Where a weight's gradient is that. Both optimisers divide by its own size, so a weight moves a whole step for any
    gradient but 0, also for what is nothing but TensorFlow's rounding: 5e-6 of the largest with twelve layers."""
    return flat([np.abs(g) > 1e-2 * np.abs(g).max() for g in map(np.array, gradients)])


@each_optimiser
@each_constraint
@pytest.mark.parametrize(("depth", "width"), [(2, 7), (4, 64), (12, 128)])
def test_a_step_ends_where_that_of_gancode_ends(engine, depth, width, constraint, optimiser):
    case = Case(depth, width, constraint, optimiser)
    critic, expected = {"sizes": case.sizes, "weights": packed(case.weights)}, case.seen(0)
    case.step(0)
    found, now = call(engine, "criticSteps", critic=critic, settings=case.settings, **case.batches()), case.now()
    steep = more_than_rounding(expected["gradients"])
    assert steep.mean() > 0.4
    assert_each_close(np.where(steep, found["afterOne"], flat(now)), now)
    assert np.abs(flat(now) - case.weights).max() > 5e-4, "nothing was learned"


@each_optimiser
@each_constraint
@pytest.mark.parametrize(("depth", "width"), [(2, 7), (4, 64)])
def test_so_do_several_steps_but_for_a_weight_in_a_hundred(engine, depth, width, constraint, optimiser):
    """A weight that rounding moved is off by a step, and no more."""
    case = Case(depth, width, constraint, optimiser)
    critic, path = {"sizes": case.sizes, "weights": packed(case.weights)}, case.run()
    found = call(engine, "criticSteps", critic=critic, settings=case.settings, **case.batches())["afterAll"]
    off = np.abs(found - flat(path[-1]))
    assert np.quantile(off, 0.99) < 1e-5 * np.abs(flat(path[-1])).max()
    assert off.max() < 10 * case.settings["rate"]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_optimisers_are_those_of_keras(engine, optimiser):
    """From gradients of all sizes, among them 0."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=1000).astype(np.float32)
    gradients = [(rng.normal(size=1000) * 10.0 ** rng.uniform(-12, 2, 1000)).astype(np.float32) for _ in range(20)]
    for each in gradients:
        each[:10] = 0.0
    case, variable = Case(2, 7, "penalty", optimiser), keras.Variable(weights)
    keras_one = OPTIMISERS[optimiser](case.wgan, 1e-2)
    for each in gradients:
        keras_one.apply([tf.constant(each)], [variable])
    packs, settings = [packed(each) for each in gradients], {**case.settings, "rate": 1e-2}
    found = call(engine, "optimiserSteps", weights=packed(weights), gradients=packs, settings=settings)["weights"]
    assert_close(found - weights, variable.numpy() - weights, tolerance=3e-5)  # a difference of rounded numbers
    assert_close(found, variable.numpy())


@each_optimiser
@pytest.mark.parametrize(
    ("depth", "width", "loss", "latent_dim"),
    [
        *[(2, 7, "wasserstein", 2), (4, 64, "wasserstein", 2), (12, 128, "wasserstein", 2)],
        *[(2, 64, "non-saturating", 16), (2, 64, "least-squares", 16)],
    ],
)
def test_a_generator_step_is_that_of_gancode(engine, depth, width, loss, latent_dim, optimiser):
    case = Case(depth, width, "penalty", optimiser, loss)
    generator = models.mlp_generator(3, width, latent_dim)
    wgan = case.trainer(generator)
    before, latent = flat(generator.trainable_variables), wgan.latent(BATCH)
    with tf.GradientTape() as tape:
        samples = generator(latent)
        value = case.loss.generator(case.critic(samples))
    expected = tape.gradient(value, [variable.value for variable in generator.trainable_variables])
    wgan.generator_step(tf.zeros((BATCH, 2)))  # from the same latent vectors: they follow from the seed and the step
    found = call(
        engine,
        "generatorStep",
        critic={"sizes": case.sizes, "weights": packed(case.weights)},
        generator={"sizes": [latent_dim, width, width, width, 2], "weights": packed(before)},
        latent=packed(latent),
        settings=case.settings,
    )
    assert_close(found["samples"], samples)
    assert_close(found["loss"], value, largest=max(1.0, np.abs(value)))
    assert_each_close(found["gradients"], expected)
    after_it = [variable.numpy() for variable in generator.trainable_variables]
    steep = more_than_rounding(expected)
    assert_each_close(np.where(steep, found["after"], flat(after_it)), after_it)
    assert np.abs(flat(after_it) - before).max() > 1e-4


@pytest.mark.parametrize("loss", LOSSES)
def test_a_point_that_moves_freely_is_told_what_tensorflow_says(engine, loss):
    case = Case(3, 64, "none", "sgd", loss)
    points = tf.constant(case.fakes[0])
    with tf.GradientTape() as tape:
        tape.watch(points)
        value = case.loss.generator(case.critic(points))
    critic, settings = {"sizes": case.sizes, "weights": packed(case.weights)}, case.settings
    found = call(engine, "pointGradients", critic=critic, points=packed(points), settings=settings)
    assert_close(found["gradients"], BATCH * tape.gradient(value, points))


def with_constant(critic):
    """The lab's planes have one, and only Wasserstein's loss never moves it."""
    plane = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    plane.layers[0].kernel.assign(critic.layers[0].kernel)
    return plane


PLAYERS = {
    ("wasserstein", "penalty"): lambda g, c: trainers.WGANGP(g, c, penalty_weight=1.0),
    ("wasserstein", "r1"): lambda g, c: variants.R1GAN(g, c, penalty_weight=1.0, loss=losses.wasserstein),
    ("non-saturating", "r1"): lambda g, c: variants.R1GAN(g, with_constant(c), penalty_weight=1.0),
    ("least-squares", "none"): lambda g, c: trainers.LSGAN(g, with_constant(c)),
}


@pytest.mark.parametrize("n_critic", [1, 5])
@pytest.mark.parametrize(("loss", "constraint"), PLAYERS)
def test_the_smallest_game_is_that_of_gancode(engine, loss, constraint, n_critic):
    settings = {
        **{"data": "point", "generator": "free", "loss": loss, "constraint": constraint, "lambda": 1, "clip": 0.01},
        **{"depth": 0, "width": 64, "rate": 0.05, "optimiser": "sgd", "batch": 8, "nCritic": n_critic, "latent": 2},
    }
    path = call(engine, "diracPath", settings={**settings, "seed": 3}, steps=300)["path"].reshape(-1, 2, 2)
    theta, w = path[0]
    assert np.linalg.norm(w) == pytest.approx(1, abs=1e-6) and np.linalg.norm(theta) > 0.1
    expected = dirac.path(PLAYERS[loss, constraint], theta, w, steps=300, n_critic=n_critic)
    assert_close(path, expected)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_no_infinity_is_ever_kept(engine, optimiser):
    """Without a constraint twelve layers explode. An optimiser would keep the square of 1e20, an infinity, for ever."""
    settings = {
        **{
            "data": "eight",
            "generator": "fixed",
            "loss": "wasserstein",
            "constraint": "none",
            "lambda": 1,
            "clip": 0.01,
        },
        **{"depth": 12, "width": 32, "rate": 0.01, "optimiser": optimiser, "batch": 32, "nCritic": 5, "latent": 2},
    }
    found = call(engine, "untilTrouble", settings={**settings, "seed": 0}, steps=2000)
    assert found["finite"]
    assert "expected gradients with finite squares, got" in found["what"][0] or "got NaN" in found["what"][0]
    assert found["what"][0].endswith(f"at critic step {found['steps'] + 1}")


@pytest.mark.parametrize("n", [1, 2, 7, 128, 256])
def test_the_distance_is_the_exact_one(engine, n):
    rng = np.random.default_rng(n)
    for x, y in [
        (rng.normal(size=(n, 2)), rng.normal(size=(n, 2))),
        (data.eight_gaussians(n, 0), data.swiss_roll(n, 1)),
        (np.zeros((n, 2)), rng.integers(-2, 3, size=(n, 2))),  # ties
        (rng.integers(0, 2, size=(n, 2)), rng.integers(0, 2, size=(n, 2))),
    ]:
        x, y = np.float32(x), np.float32(y)
        found = call(engine, "distance", x=packed(x), y=packed(y))
        assert found == pytest.approx(metrics.wasserstein1(x, y), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    ("name", "draw"),
    [("eight", data.eight_gaussians), ("twenty-five", data.twenty_five_gaussians), ("swiss-roll", data.swiss_roll)],
)
def test_data_are_those_of_gancode(engine, name, draw):
    n = 20_000
    found = call(engine, "samples", data=name, n=n, seed=1)["samples"].reshape(n, 2)
    expected = draw(n, seed=0)
    for power in (1, 2, 4):
        spread = expected.astype(np.float64) ** power
        error = 5 * spread.std(axis=0) * np.sqrt(2 / n)
        assert np.all(np.abs((found.astype(np.float64) ** power).mean(axis=0) - spread.mean(axis=0)) < error)
    centres = {"eight": data.EIGHT_CENTRES, "twenty-five": data.TWENTY_FIVE_CENTRES}.get(name)
    if centres is None:
        apart = metrics.wasserstein1(found[:1000], expected[:1000])
        assert apart < 1.5 * metrics.wasserstein1(draw(1000, seed=1), expected[:1000])
    else:
        away = [np.linalg.norm(each[:, None] - centres, axis=2) for each in (found, expected)]
        nearest = [each.min(axis=1).mean() for each in away]
        assert nearest[0] == pytest.approx(nearest[1], rel=0.05)
        assert stats.chisquare(np.bincount(away[0].argmin(axis=1), minlength=len(centres))).pvalue > 0.01


def test_random_numbers_are_uniform_normal_and_follow_from_the_seed(engine):
    n = 20_000
    found = call(engine, "numbers", n=n, seed=3)
    assert stats.kstest(found["uniform"], "uniform").pvalue > 0.01
    assert stats.kstest(found["normal"], "norm").pvalue > 0.01
    assert stats.chisquare(np.bincount(found["below"].astype(int), minlength=5)).pvalue > 0.01
    again, other = call(engine, "numbers", n=n, seed=3), call(engine, "numbers", n=n, seed=4)
    assert np.array_equal(again["normal"], found["normal"])
    assert abs(np.corrcoef(other["normal"], found["normal"])[0, 1]) < 0.03


def test_weights_begin_as_those_of_keras(engine):
    sizes = [2, 128, 128, 128, 1]
    found = call(engine, "freshWeights", sizes=sizes, seed=0)["weights"]
    critic = models.mlp_critic(3, 128)
    ends = np.cumsum([np.size(variable) for variable in critic.trainable_variables])
    for mine, own in zip(np.split(found, ends[:-1]), map(np.ravel, critic.trainable_variables), strict=True):
        if len(own) < 200 and not np.any(own):
            assert not np.any(mine)  # biases
        else:
            assert np.abs(mine).max() == pytest.approx(np.abs(own).max(), rel=0.03)
            assert mine.std() == pytest.approx(own.std(), rel=0.15)
