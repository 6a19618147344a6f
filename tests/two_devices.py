"""What tests/test_devices.py runs in a process of its own, where the CPU passes for two devices.

One strategy serves all tests: two of them in one process would mix up what their devices say to one another.
"""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import everything, saves, variables
from keras import layers

from gancode import data, models, probes, variants
from gancode._training import rng
from gancode.trainers import GAN, WGAN, WGANGP, NotFiniteError

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(CPU, 2 * [tf.config.LogicalDeviceConfiguration()])
ONE, TWO = tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
POINTS = np.random.default_rng(0).standard_normal((100, 2))


def made(strategy, method=WGANGP, networks=None, **kwargs):
    """A trainer whose first weights and seed are always the same, and whose steps are large enough to tell."""
    if strategy is ONE:  # for so few steps this is quicker than a graph
        kwargs = {"run_eagerly": True}
    keras.utils.set_random_seed(0)
    with strategy.scope():
        generator, critic = networks() if networks else (models.mlp_generator(1, 8), models.mlp_critic(1, 8))
        trainer = method(generator, critic, seed=3)
        trainer.compile(trainer.default_optimizer(0.01), trainer.default_optimizer(0.01), **kwargs)
    return trainer


def assert_close(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def assert_each_device_has_the_same(trainer):
    for variable in variables(trainer):
        first, second = variable.value.values
        np.testing.assert_array_equal(first, second, err_msg=variable.path)


def rows_put_together(function, *tensors):
    """function(this device's rows) on each device, all rows of its result."""
    parts = [tf.split(tensor, 2) for tensor in tensors]

    def of_this_device():
        here = tf.distribute.get_replica_context().replica_id_in_sync_group
        return function(*[tf.stack(part)[here] for part in parts])

    results = tf.function(lambda: TWO.run(of_this_device), autograph=False)()
    return np.concatenate(TWO.experimental_local_results(results))


# --- two devices make the run that one makes ---


@pytest.mark.parametrize("method", [GAN, WGAN, WGANGP])  # of GAN and LSGAN only the loss differs
def test_two_devices_train_as_one_does_on_the_same_global_batch(method):
    one, two = made(ONE, method), made(TWO, method, steps_per_execution=2)
    batches = data.batches(POINTS, batch_size=8, n_critic=2 if issubclass(method, WGAN) else 1, seed=1)
    first, second = [trainer.fit(batches, epochs=2, steps_per_epoch=4).history for trainer in (one, two)]
    assert set(first) == set(second) == set(method.log_names)
    assert_close(first.values(), [second[name] for name in first])
    assert_close(everything(one), everything(two))
    assert two.generator_optimizer.iterations.numpy() == 8
    assert_each_device_has_the_same(two)
    assert_close(one.generate(5, seed=1), two.generate(5, seed=1))
    if method is WGAN:
        for weight in two.critic.trainable_variables:
            assert max(np.abs(here).max() for here in weight.value.values) <= np.float32(0.01)
        assert np.abs(two.critic.layers[0].kernel).max() == np.float32(0.01)  # it is the clip that holds them


def test_two_devices_share_labels_with_their_samples():
    def with_labels():
        pair = []
        for name, outputs in (("generator", 2), ("critic", 1)):
            x, label = keras.Input((2,)), keras.Input((), dtype="int32")
            both = layers.Concatenate()([x, layers.Embedding(3, 4)(label)])
            both = layers.Dense(8, activation="tanh")(both)  # or the critic's labels would have no gradient at all
            pair.append(keras.Model([x, label], layers.Dense(outputs)(both), name=name))
        return pair

    one, two = made(ONE, networks=with_labels), made(TWO, networks=with_labels, steps_per_execution=2)
    labels = np.argmax(POINTS @ [[1, 0, -1], [0, 1, -1]], axis=1)  # another place for each
    batches = data.batches(POINTS, batch_size=8, n_critic=2, seed=1, labels=labels)
    for trainer in (one, two):
        trainer.fit(batches, epochs=2, steps_per_epoch=4)
    assert_close(everything(one), everything(two))


def test_random_numbers_of_two_devices_are_those_that_one_draws():
    seed = tf.constant([5, 6])
    normal = rows_put_together(lambda: rng.normal(4, 3, seed))
    np.testing.assert_array_equal(normal, rng.normal(8, 3, seed))
    uniform = rows_put_together(lambda: rng.uniform(4, seed))
    np.testing.assert_array_equal(uniform, rng.uniform(8, seed))
    assert len(np.unique(uniform)) == 8


def test_noisy_samples_of_two_devices_are_those_that_one_draws():
    samples, latent = np.arange(50, dtype=np.float32)[:, None], tf.zeros((40, 1))
    alone = models.noisy_samples(samples)
    with TWO.scope():
        shared = models.noisy_samples(samples)
    for training in (True, True, False):
        drawn = rows_put_together(lambda rows, training=training: shared(rows, training=training), latent)
        np.testing.assert_array_equal(drawn, alone(latent, training=training))
        assert (drawn[:20] == drawn[20:]).mean() < 0.5


def test_one_device_under_a_strategy_is_one_device():
    alone, under = made(ONE), made(tf.distribute.MirroredStrategy(["CPU:0"]), steps_per_execution=2)
    for trainer in (alone, under):
        trainer.fit(data.batches(POINTS, 7, seed=1), steps_per_epoch=2)
    assert_close(everything(alone), everything(under))


# --- data ---


def steps_of_my_own(n=6):
    """As many steps' batches of 8, which did not come from data.batches."""
    return np.random.default_rng(1).standard_normal((n, 8, 1, 2)).astype(np.float32)


def test_a_data_set_of_your_own_goes_through_once_an_epoch_or_for_as_many_steps_as_you_say():
    batches, one, two = tf.data.Dataset.from_tensor_slices(steps_of_my_own()), made(ONE, GAN), made(TWO, GAN)
    one.fit(batches, epochs=2)
    two.fit(batches, epochs=1)
    two.fit(batches.filter(lambda _: True), epochs=1, steps_per_epoch=6)  # so many steps, and it can not be counted
    assert two.generator_optimizer.iterations.numpy() == 12
    assert_close(everything(one), everything(two))


def test_batches_that_the_devices_can_not_share_evenly_are_refused():
    trainer, points = made(TWO), POINTS.astype(np.float32)[:, None]
    with pytest.raises(ValueError, match=r"batches: expected a batch size that 2 devices share evenly, got 7"):
        trainer.fit(data.batches(POINTS, batch_size=7), steps_per_epoch=1)
    with pytest.raises(ValueError, match=r"that 2 devices share evenly, got None \(drop_remainder=True gives"):
        trainer.fit(tf.data.Dataset.from_tensor_slices(points).batch(8))  # the last one is smaller
    assert trainer.generator_optimizer.iterations.numpy() == 0


def test_an_epoch_of_unknown_length_or_with_a_part_of_an_execution_is_refused():
    batches = tf.data.Dataset.from_tensor_slices(steps_of_my_own(7))
    with pytest.raises(ValueError, match=r"steps_per_epoch: expected a multiple of steps_per_execution \(2\), got 7"):
        made(TWO, steps_per_execution=2).fit(batches)
    with pytest.raises(ValueError, match=r"steps_per_epoch: expected a whole number, .* can not be counted, got None"):
        made(TWO).fit(batches.filter(lambda _: True))


@saves
def test_callbacks_that_set_rates_and_curves_that_read_means():
    alone, two = made(ONE, GAN), made(TWO, GAN)
    curves = {}
    for trainer in (alone, two):
        curves[trainer] = probes.Curves()
        halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        settings = {"epochs": 2, "steps_per_epoch": 2, "callbacks": [halve, curves[trainer]]}
        trainer.fit(data.batches(POINTS, 8, seed=1), **settings)
    assert_close(everything(alone), everything(two))
    assert_close(curves[alone].values.values(), curves[two].values.values())


def test_dragans_noise_is_of_the_whole_batch():
    alone, two = made(ONE, variants.DRAGAN), made(TWO, variants.DRAGAN)
    for trainer in (alone, two):
        trainer.fit(data.batches(POINTS, 8, seed=1), steps_per_epoch=2)
    assert_close(everything(alone), everything(two))


# --- compile ---


def test_xla_is_refused_for_it_would_be_passed_over():
    with pytest.raises(ValueError, match=r"jit_compile: expected None or False on several devices, got True"):
        made(TWO, jit_compile=True)


def test_compile_need_not_stand_in_the_scope():
    with TWO.scope():
        trainer = WGAN(models.mlp_generator(1, 8), models.mlp_critic(1, 8))
    trainer.compile()
    assert_each_device_has_the_same(trainer)  # each variable, the optimisers' too, is on both


# --- NaN on one device ---


class BreaksOnOneDevice(GAN):
    """A loss becomes NaN in step 3, on the second device alone; no gradient does."""

    def critic_penalty(self, real, fake):
        replica = tf.distribute.get_replica_context()
        if replica.num_replicas_in_sync == 1:
            return tf.constant(0.0)
        bad = (self.steps == 2) & (replica.replica_id_in_sync_group == 1)
        return tf.where(bad, float("nan"), 0.0)


@pytest.mark.parametrize("where", ["the loss", "the data"])
def test_nan_on_one_device_stops_both_at_that_step_with_everything_undone(where):
    real, method = steps_of_my_own(), BreaksOnOneDevice
    if where == "the data":
        real, method = real.copy(), GAN
        real[2, 6] = np.nan  # a row of the second device
    broken, clean = made(TWO, method, steps_per_execution=3), made(ONE, GAN)
    with pytest.raises(NotFiniteError, match=r"at step 3;"):
        broken.fit(tf.data.Dataset.from_tensor_slices(real))
    clean.fit(tf.data.Dataset.from_tensor_slices(real[:2]))
    assert_close(everything(broken), everything(clean))
    assert_each_device_has_the_same(broken)


# --- a run that is cut off ---


@saves
def test_a_run_goes_on_from_its_file_on_as_many_devices_or_on_another_number(tmp_path):
    batches, steps = data.batches(POINTS, batch_size=8, seed=1), {ONE: 1, TWO: 2}

    def epochs(n, strategy, file):
        trainer = made(strategy, WGAN, steps_per_execution=steps[strategy])
        history = trainer.fit(batches, epochs=n, steps_per_epoch=2, checkpoint=tmp_path / file).history
        return [*everything(trainer), *history.values()]

    through = {strategy: epochs(4, strategy, f"{steps[strategy]}.weights.h5") for strategy in (ONE, TWO)}
    for first in (ONE, TWO):
        epochs(2, first, "cut.weights.h5")
        for then in (ONE, TWO):
            shutil.copy(tmp_path / "cut.weights.h5", tmp_path / "goes on.weights.h5")
            resumed = epochs(4, then, "goes on.weights.h5")
            if first is then:
                for a, b in zip(resumed, through[then], strict=True):
                    np.testing.assert_array_equal(a, b)
            assert_close(resumed, through[ONE])
        (tmp_path / "cut.weights.h5").unlink()


# --- batch norm ---


def conv_networks(synchronized):
    """The book's generator, whose layers are batch-normed, and a critic as small as can be."""
    generator = models.conv_generator(latent_dim=4, channels=2)
    for layer in generator.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.synchronized = synchronized
    return generator, keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(1)])


@pytest.mark.parametrize("synchronized", [False, True])
def test_each_device_norms_by_its_own_rows_unless_batch_norm_is_synchronised(synchronized):
    alone = made(ONE, GAN, lambda: conv_networks(False)).generator
    with TWO.scope():
        generator, _ = conv_networks(synchronized)
    generator.set_weights(alone.get_weights())
    latent = tf.constant(np.random.default_rng(0).standard_normal((8, 4)), tf.float32)
    images = rows_put_together(lambda rows: generator(rows, training=True), latent)
    whole = alone(latent, training=True)
    halves = np.concatenate([alone(half, training=True) for half in tf.split(latent, 2)])
    assert np.abs(halves - whole).max() > 0.01
    np.testing.assert_allclose(images, whole if synchronized else halves, atol=1e-5)


def test_with_synchronised_batch_norm_two_devices_train_as_one_and_without_it_they_do_not():
    real = data.batches(np.random.default_rng(0).uniform(-1, 1, (20, 28, 28, 1)), 8, seed=1)

    def weights(strategy, synchronized):
        trainer = made(strategy, GAN, lambda: conv_networks(synchronized))
        trainer.fit(real, steps_per_epoch=2)
        return trainer.get_weights()

    one = weights(ONE, False)
    assert_close(one, weights(TWO, True))
    apart = weights(TWO, False)
    assert max(np.abs(a - b).max() for a, b in zip(one, apart, strict=True)) > 1e-3


# --- what else a device does for itself ---


def test_dropout_drops_the_same_units_on_both_devices():
    with TWO.scope():
        dropout = layers.Dropout(0.5, seed=0)
    kept = rows_put_together(lambda rows: dropout(rows, training=True), tf.ones((8, 20)))
    np.testing.assert_array_equal(kept[:4], kept[4:])
    assert 0 < np.count_nonzero(kept) < kept.size


def test_clipnorm_cuts_each_devices_part():
    with TWO.scope():
        weight = keras.Variable([0.0])
        optimiser = keras.optimizers.SGD(1.0, clipnorm=1.0)
        optimiser.build([weight])

    def step(gradient):  # (1,): 3 on the first device, 0.5 on the second
        optimiser.apply([gradient], [weight])
        return gradient

    rows_put_together(step, tf.constant([3.0, 0.5]))
    np.testing.assert_allclose(weight, [-(1.0 + 0.5)])
