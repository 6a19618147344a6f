import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_two_optimisers, everything, noise, same, saves, sigmoid
from keras.optimizers import SGD

from gancode import data, losses, models, penalty
from gancode.trainers import GAN, LSGAN, WGAN, WGANGP

ALL = [GAN, LSGAN, WGAN, WGANGP]
every_method = pytest.mark.parametrize("method", ALL)


def tiny(method, seed=0, lr=None, **kwargs):
    """A trainer of two small networks; with lr, plain gradient descent for both. Eager: quicker for a few steps."""
    trainer = method(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=seed, **kwargs)
    optimisers = {} if lr is None else {"critic_optimizer": SGD(lr), "generator_optimizer": SGD(lr)}
    trainer.compile(**optimisers, run_eagerly=True)
    return trainer


def batches(n_critic=2, batch_size=8, seed=0):
    return data.batches(noise(100, 2), batch_size, n_critic, seed)


def copy(model):
    return [w.copy() for w in model.get_weights()]


# --- one short run of each method, and all that is asked of it ---

EPOCHS, STEPS, N_CRITIC = 2, 1, 3


@pytest.fixture(scope="module", params=ALL, ids=lambda method: method.__name__)
def run(request):
    """A trainer that has learned a little; its networks' first weights are kept beside it."""
    keras.utils.set_random_seed(0)
    trainer = tiny(request.param)
    trainer.before = copy(trainer.generator), copy(trainer.critic)
    trainer.fit(batches(N_CRITIC), epochs=EPOCHS, steps_per_epoch=STEPS)
    return trainer


@pytest.mark.slow
def test_training_moves_both_networks_and_stays_finite(run):
    for old, model in zip(run.before, (run.generator, run.critic), strict=True):
        assert not same(old, model.get_weights())
    assert all(len(values) == EPOCHS and np.isfinite(values).all() for values in run.history.history.values())


def test_a_step_is_n_critic_critic_steps_and_one_generator_step(run):
    assert run.critic_optimizer.iterations.numpy() == EPOCHS * STEPS * N_CRITIC
    assert run.generator_optimizer.iterations.numpy() == EPOCHS * STEPS


def test_history_has_its_keys(run):
    expected = {"critic_loss", "generator_loss", "penalty"} | ({"wasserstein"} if isinstance(run, WGAN) else set())
    assert set(run.history.history) == expected
    assert (run.history.history["penalty"][0] > 0) == isinstance(run, WGANGP)
    if isinstance(run, WGAN):
        critic_loss, penalty, wasserstein = (run.history.history[k] for k in ("critic_loss", "penalty", "wasserstein"))
        np.testing.assert_allclose(critic_loss, np.subtract(penalty, wasserstein), rtol=1e-4, atol=1e-6)


def test_wgan_alone_ends_within_its_clip(run):
    largest = max(np.abs(w).max() for w in run.critic.get_weights())
    assert largest <= np.float32(0.01) if type(run) is WGAN else largest > 0.1


# --- a step ---


@every_method
def test_a_critic_step_moves_no_generator_weight_and_a_generator_step_no_critic_weight(method):
    trainer = tiny(method, lr=0.1)
    generator, critic = copy(trainer.generator), copy(trainer.critic)
    trainer.critic_step(tf.constant(noise(8, 2)))
    assert same(generator, trainer.generator.get_weights())
    assert not same(critic, trainer.critic.get_weights())
    critic = copy(trainer.critic)
    trainer.generator_step(tf.constant(noise(8, 2)))
    assert same(critic, trainer.critic.get_weights())
    assert not same(generator, trainer.generator.get_weights())


def test_a_batch_norm_generators_trained_weights_stand_still_in_a_critic_step():
    trainer = WGANGP(models.conv_generator(3, 1), models.conv_critic(1), seed=0)
    trainer.compile(run_eagerly=True)
    before = [v.numpy() for v in trainer.generator.trainable_variables]
    trainer.critic_step(tf.constant(noise(4, 28, 28, 1)))
    assert same(before, [v.numpy() for v in trainer.generator.trainable_variables])


# --- steps against NumPy: a linear critic <w, x> + b, and a generator whose weights are zero but for its bias ---


def by_hand(method, lr, **kwargs):
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    critic.set_weights([np.array([[0.3], [-0.4]]), np.array([0.2])])
    generator = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="zeros")])
    generator.layers[0].bias.assign([1.5, -0.5])
    trainer = method(generator, critic, seed=0, **kwargs)
    trainer.compile(SGD(lr), SGD(lr), run_eagerly=True)
    return trainer


W, B, FAKE = np.array([0.3, -0.4]), 0.2, np.array([1.5, -0.5])


def slopes(method, real_scores, fake_score):
    """d(critic loss)/d(score), times the number of samples: on real samples, on fakes."""
    if method is GAN:
        return sigmoid(real_scores) - 1, sigmoid(fake_score)
    if method is LSGAN:
        return real_scores - 1, fake_score
    return -np.ones_like(real_scores), 1.0


@every_method
def test_one_critic_step_by_hand(method):
    kwargs = {WGAN: {"clip": 10.0}, WGANGP: {"penalty_weight": 3.0}}.get(method, {})
    trainer, real = by_hand(method, 0.1, **kwargs), noise(8, 2)
    on_real, on_fake = slopes(method, real @ W + B, FAKE @ W + B)
    d_w = (on_real[:, None] * real).mean(0) + on_fake * FAKE
    d_b = on_real.mean() + on_fake
    if method is WGANGP:  # penalty 3 (||w|| - 1)^2, and ||w|| = 1/2
        d_w += 3 * 2 * (0.5 - 1) * W / 0.5
    trainer.critic_step(tf.constant(real))
    w, b = trainer.critic.get_weights()
    np.testing.assert_allclose(w[:, 0], W - 0.1 * d_w, rtol=1e-5)
    np.testing.assert_allclose(b, [B - 0.1 * d_b], rtol=1e-5)


@every_method
def test_one_generator_step_by_hand(method):
    trainer = by_hand(method, 0.1)
    score = FAKE @ W + B
    slope = {GAN: sigmoid(score) - 1, LSGAN: score - 1}.get(method, -1.0)
    trainer.generator_step(tf.constant(noise(8, 2)))
    np.testing.assert_allclose(trainer.generator.layers[0].bias, FAKE - 0.1 * slope * W, rtol=1e-5)


def test_every_critic_step_gets_its_own_real_batch():
    trainer, real = by_hand(WGAN, 0.01, clip=100.0), noise(8, 3, 2)
    trainer.fit(tf.data.Dataset.from_tensors(real))
    moved = sum(0.01 * (real[:, i].mean(0) - FAKE) for i in range(3))
    np.testing.assert_allclose(trainer.critic.get_weights()[0][:, 0], W + moved, rtol=1e-5)


@pytest.mark.parametrize("method", [WGAN, WGANGP])
def test_wasserstein_is_the_mean_score_of_real_less_that_of_fake_and_the_penalty_stands_apart(method):
    trainer, real = by_hand(method, 0.0, **({"clip": 10.0} if method is WGAN else {})), noise(8, 1, 2)
    history = trainer.fit(tf.data.Dataset.from_tensors(real)).history
    estimate, price = (real[:, 0] @ W).mean() - FAKE @ W, 0.0 if method is WGAN else 10 * (0.5 - 1) ** 2
    assert history["wasserstein"] == pytest.approx([estimate], rel=1e-5)
    assert history["penalty"] == pytest.approx([price], rel=1e-5)
    assert history["critic_loss"] == pytest.approx([price - estimate], rel=1e-5)
    assert history["generator_loss"] == pytest.approx([-(FAKE @ W + B)], rel=1e-5)


@pytest.mark.parametrize("method, loss", [(GAN, losses.saturating), (LSGAN, losses.LeastSquares(-1.0, 1.0, 0.0))])
def test_another_loss_can_be_given(method, loss):
    trainer, real = by_hand(method, 0.0, loss=loss), noise(8, 1, 2)
    history = trainer.fit(tf.data.Dataset.from_tensors(real)).history
    on_real, on_fake = real[:, 0] @ W + B, FAKE @ W + B
    if method is GAN:
        critic = -np.log(sigmoid(on_real)).mean() - np.log(1 - sigmoid(on_fake))
        generator = np.log(1 - sigmoid(on_fake))
    else:
        critic, generator = 0.5 * ((on_real - 1) ** 2).mean() + 0.5 * (on_fake + 1) ** 2, 0.5 * on_fake**2
    assert history["critic_loss"] == pytest.approx([critic], rel=1e-5)
    assert history["generator_loss"] == pytest.approx([generator], rel=1e-5)


# --- history ---


def test_history_is_a_mean_over_the_epochs_steps_and_each_epoch_starts_anew():
    real = np.stack([np.full((4, 1, 2), x, np.float32) for x in (0.0, 1.0, 4.0, 5.0)])  # (steps, batch, n_critic, 2)
    trainer = by_hand(WGAN, 0.0, clip=10.0)
    history = trainer.fit(tf.data.Dataset.from_tensor_slices(real), epochs=2, steps_per_epoch=2).history
    at = W.sum() * np.array([0.5, 4.5]) - FAKE @ W
    np.testing.assert_allclose(history["wasserstein"], at, rtol=1e-5)


# --- clipping ---


def test_after_every_critic_step_of_wgan_all_its_variables_are_within_the_clip():
    trainer = tiny(WGAN, lr=1.0, clip=0.02)
    for _ in range(3):
        trainer.critic_step(tf.constant(noise(8, 2)))
        assert max(np.abs(w).max() for w in trainer.critic.get_weights()) <= np.float32(0.02)
    assert max(np.abs(w).max() for w in trainer.generator.get_weights()) > 0.02


def test_wgan_clips_a_norm_layers_scale_too():
    trainer = WGAN(models.conv_generator(2, 1), models.conv_critic(1, norm="layer"), seed=0)
    trainer.compile(run_eagerly=True)
    trainer.critic_step(tf.constant(noise(4, 28, 28, 1)))
    assert max(np.abs(w).max() for w in trainer.critic.get_weights()) <= np.float32(0.01)


# --- optimisers ---


@pytest.mark.parametrize(
    "method, kind, settings",
    [
        (GAN, keras.optimizers.Adam, {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999}),
        (LSGAN, keras.optimizers.Adam, {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999}),
        (WGAN, keras.optimizers.RMSprop, {"learning_rate": 5e-5, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-10}),
        (WGANGP, keras.optimizers.Adam, {"learning_rate": 1e-4, "beta_1": 0.5, "beta_2": 0.9}),
    ],
)
def test_without_optimisers_the_papers_are_set_two_of_them(method, kind, settings):
    assert_two_optimisers(tiny(method), kind, settings)


@pytest.mark.parametrize("method", [GAN, LSGAN, WGAN, WGANGP])
def test_the_papers_optimiser_takes_another_step_size(method):
    paper, other = tiny(method).default_optimizer(), tiny(method).default_optimizer(learning_rate=0.5)
    wanted = paper.get_config() | {"learning_rate": 0.5, "name": other.name}
    assert type(other) is type(paper) and other.get_config() == wanted


def test_the_papers_clip_and_penalty_weight_are_the_defaults():
    assert tiny(WGAN).clip == 0.01
    assert tiny(WGANGP).penalty_weight == 10.0


def test_a_given_optimiser_is_used_for_its_network():
    trainer = tiny(GAN)
    trainer.compile(critic_optimizer=SGD(0.0), generator_optimizer=SGD(0.1), run_eagerly=True)
    generator, critic = copy(trainer.generator), copy(trainer.critic)
    trainer.fit(batches(), steps_per_epoch=1)
    assert same(critic, trainer.critic.get_weights())
    assert not same(generator, trainer.generator.get_weights())


# --- reproducible, however it is run ---


@pytest.mark.slow
def test_the_same_seeds_give_the_same_run_and_another_seed_another():
    def run(seed):
        keras.utils.set_random_seed(1)  # the networks' first weights
        trainer = tiny(WGANGP, seed=seed)
        trainer.fit(batches(1), steps_per_epoch=1)
        return copy(trainer)

    first = run(3)
    assert same(first, run(3))
    assert not same(first, run(4))


@pytest.mark.slow
def test_eager_graph_and_several_steps_an_execution_train_alike():
    def run(**kwargs):
        keras.utils.set_random_seed(1)
        trainer = tiny(WGANGP, seed=3)
        trainer.compile(SGD(0.01), SGD(0.01), **kwargs)
        history = trainer.fit(batches(), epochs=2, steps_per_epoch=2).history
        return [*copy(trainer.generator), *copy(trainer.critic), *history.values()]

    eager = run(run_eagerly=True)
    for graph in (run(), run(steps_per_execution=2)):
        for one, other in zip(eager, graph, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


# --- use ---


def test_generate_gives_numpy_samples_repeated_by_their_seed():
    trainer = tiny(GAN)
    samples = trainer.generate(5, seed=1)
    assert isinstance(samples, np.ndarray) and samples.shape == (5, 2)
    np.testing.assert_array_equal(samples, trainer.generate(5, seed=1))
    assert not np.array_equal(samples, trainer.generate(5, seed=2))
    assert not np.array_equal(trainer.generate(5), trainer.generate(5))


def test_generate_gives_as_many_as_asked_and_no_two_alike():
    assert len(np.unique(tiny(GAN).generate(1201, seed=0), axis=0)) > 1100  # a dead ReLU may repeat some


def test_generated_samples_are_the_generators_for_standard_normal_latents():
    trainer = by_hand(GAN, 0.0)
    trainer.generator.layers[0].set_weights([np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), np.array([0.0, 3.0])])
    samples = trainer.generate(4000, seed=0)
    np.testing.assert_allclose(samples.mean(0), [0, 3], atol=0.15)
    np.testing.assert_allclose(np.cov(samples.T), [[1, 0], [0, 4]], atol=0.3)


@pytest.mark.slow
def test_generating_leaves_the_generator_and_the_training_as_they_were():
    def run(look):
        keras.utils.set_random_seed(1)
        trainer = WGANGP(models.conv_generator(3, 1), models.conv_critic(1), seed=0)
        trainer.compile(run_eagerly=True)
        if look:
            trainer.generate(20, seed=5)
        trainer.fit(data.batches(np.tanh(noise(8, 28, 28, 1)), 4, seed=0), steps_per_epoch=1)
        return copy(trainer)

    assert same(run(look=False), run(look=True))


@pytest.mark.slow
@saves
def test_a_run_that_is_saved_and_loaded_goes_on_as_it_would_have(tmp_path):
    trainer, loaded = tiny(WGANGP, seed=0), tiny(WGANGP, seed=9)
    trainer.fit(batches(3), steps_per_epoch=2)
    trainer.save_weights(tmp_path / "run.weights.h5")
    loaded.load_weights(tmp_path / "run.weights.h5")
    assert same(everything(trainer), everything(loaded))
    assert loaded.critic_optimizer.iterations.numpy() == 6
    assert loaded.generator_optimizer.iterations.numpy() == 2

    for one in (trainer, loaded):
        one.fit(tf.data.Dataset.from_tensors(noise(8, 3, 2)))
    assert same(everything(trainer), everything(loaded))


# --- warnings and bad input ---


def test_wgangp_warns_of_batch_norm_in_its_critic_and_says_why():
    with pytest.warns(UserWarning, match=r"batch norm.* each sample's own gradient.* 'layer' or 'instance'"):
        WGANGP(models.conv_generator(2, 1), models.conv_critic(1, norm="batch"))


def test_wgangp_finds_batch_norm_in_a_model_within_the_model():
    inner = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    critic = keras.Sequential([keras.Input((2,)), inner, keras.layers.Dense(1)])
    with pytest.warns(UserWarning, match="batch norm"):
        WGANGP(models.mlp_generator(1, 2), critic)


@pytest.mark.parametrize("norm", [None, "layer", "instance"])
def test_wgangp_does_not_warn_of_other_norms(norm):
    WGANGP(models.conv_generator(2, 1), models.conv_critic(1, norm=norm))  # a warning would be an error here


@pytest.mark.parametrize("method", [GAN, LSGAN, WGAN])
def test_the_others_do_not_warn_of_batch_norm(method):
    method(models.conv_generator(2, 1), models.conv_critic(1, norm="batch"))


def test_a_penalised_critic_takes_no_clip():
    with pytest.raises(TypeError, match="clip"):
        tiny(WGANGP, clip=0.5)


def test_without_a_clip_a_wgans_weights_go_where_they_go():
    trainer = tiny(WGAN, lr=1.0, clip=None)
    trainer.critic_step(tf.constant(noise(8, 2)))
    assert max(np.abs(w).max() for w in trainer.critic.get_weights()) > 0.02


# --- it does what it is for ---


def trained_norms(method, seed, steps, n_critic):
    """Input-gradient norms at fresh interpolates, before and after some steps. (What five critic steps more than two
    cost is their tracing.)"""
    keras.utils.set_random_seed(seed)
    real = data.eight_gaussians(2000, seed=seed)
    trainer = method(models.mlp_generator(2, 32), models.mlp_critic(2, 32), seed=seed)
    if method is WGANGP:  # ten times the default rate, for a tenth of its steps
        trainer.compile(*[keras.optimizers.Adam(1e-3, 0.5, 0.9) for _ in range(2)], steps_per_execution=20)
    else:
        trainer.compile(steps_per_execution=20)

    def norms():
        return penalty.gradient_norms(trainer.critic, penalty.interpolate(real[:500], trainer.generate(500))).numpy()

    before = norms()
    trainer.fit(data.batches(real, 64, n_critic, seed), steps_per_epoch=steps)
    return before, norms()


@pytest.mark.slow
def test_the_penalty_takes_the_input_gradient_to_1():
    before, after = trained_norms(WGANGP, seed=0, steps=300, n_critic=2)
    assert abs(after.mean() - 1) < 0.15
    assert np.abs(after - 1).mean() < 0.5 * np.abs(before - 1).mean()


@pytest.mark.slow
def test_clipping_leaves_the_input_gradient_far_below_1():
    _, after = trained_norms(WGAN, seed=0, steps=40, n_critic=2)
    assert after.mean() < 0.1
