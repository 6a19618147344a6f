"""What tests/test_devices.py runs in a process of its own, where the CPU passes for two devices.

One strategy serves all tests: two of them in one process would mix up what their devices say to one another. What
takes long is to trace a step for two devices, so a method is traced once, where its step is what a test is about.
"""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import before_epoch, everything, saves, variables
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


@pytest.fixture(scope="module")
def gans():
    """A GAN on one device and on two, which each test that takes them trains alike: they are traced once."""
    return made(ONE, GAN), made(TWO, GAN)


def test_two_devices_train_as_one_does_on_the_same_global_batch():
    """WGAN-GP, eagerly: outgrowing_page.py has it in a graph. WGAN, with its clip, does so where a run goes on from its
    file; GAN in two tests of data and callbacks; of LSGAN only the loss differs."""
    one, two = made(ONE), made(TWO, steps_per_execution=2, run_eagerly=True)
    batches = data.batches(POINTS, batch_size=8, n_critic=2, seed=1)
    first, second = [trainer.fit(batches, epochs=2, steps_per_epoch=2).history for trainer in (one, two)]
    assert set(first) == set(second) == set(WGANGP.log_names)
    assert_close(first.values(), [second[name] for name in first])
    assert_close(everything(one), everything(two))
    assert two.generator_optimizer.iterations.numpy() == 4
    assert_each_device_has_the_same(two)
    assert_close(one.generate(5, seed=1), two.generate(5, seed=1))


def test_two_devices_share_labels_with_their_samples():
    def with_labels():
        pair = []
        for name, outputs in (("generator", 2), ("critic", 1)):
            x, label = keras.Input((2,)), keras.Input((), dtype="int32")
            both = layers.Concatenate()([x, layers.Embedding(3, 4)(label)])
            both = layers.Dense(8, activation="tanh")(both)  # a score is of the two together
            pair.append(keras.Model([x, label], layers.Dense(outputs)(both), name=name))
        return pair

    # A GAN's, for a penalty asks for its scores in the same way; eagerly, which is quicker: data are split all the same
    one, two = made(ONE, GAN, with_labels), made(TWO, GAN, with_labels, steps_per_execution=2, run_eagerly=True)
    labels = np.argmax(POINTS @ [[1, 0, -1], [0, 1, -1]], axis=1)  # another place for each
    batches = data.batches(POINTS, batch_size=8, n_critic=2, seed=1, labels=labels)
    for trainer in (one, two):
        trainer.fit(batches, steps_per_epoch=4)
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
    alone, under = made(ONE, GAN), made(tf.distribute.MirroredStrategy(["CPU:0"]), GAN, steps_per_execution=2)
    for trainer in (alone, under):
        trainer.fit(data.batches(POINTS, 7, seed=1), steps_per_epoch=2)
    assert_close(everything(alone), everything(under))


# --- data ---


def steps_of_my_own(n=6):
    """As many steps' batches of 8, which did not come from data.batches."""
    return np.random.default_rng(1).standard_normal((n, 8, 1, 2)).astype(np.float32)


def test_a_data_set_of_your_own_goes_through_once_an_epoch_or_for_as_many_steps_as_you_say(gans):
    one, two = gans
    batches, before = tf.data.Dataset.from_tensor_slices(steps_of_my_own(3)), two.generator_optimizer.iterations.numpy()
    one.fit(batches, epochs=2)
    two.fit(batches, epochs=1)
    two.fit(batches.filter(lambda _: True), epochs=1, steps_per_epoch=3)  # so many steps, and it can not be counted
    assert two.generator_optimizer.iterations.numpy() == before + 6
    assert_close(everything(one), everything(two))
    assert_each_device_has_the_same(two)


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
def test_callbacks_that_set_rates_and_curves_that_read_means(gans):
    curves, (alone, two) = {}, gans
    for trainer in gans:
        curves[trainer] = probes.Curves()
        halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        settings = {"epochs": 2, "steps_per_epoch": 2, "callbacks": [halve, curves[trainer]]}
        trainer.fit(data.batches(POINTS, 8, seed=1), **settings)
    assert_close(everything(alone), everything(two))
    assert_close(curves[alone].values.values(), curves[two].values.values())


def test_dragans_noise_is_of_the_whole_batch():
    """The penalty, without a step around it: nothing else of a step is DRAGAN's own."""
    alone, two = made(ONE, variants.DRAGAN), made(TWO, variants.DRAGAN)
    batch = tf.constant(POINTS[:8], tf.float32)
    parts = rows_put_together(lambda real: two.critic_penalty(real, real)[None], batch)
    assert_close([parts.mean()], [alone.critic_penalty(batch, batch)])


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


def test_nan_on_one_device_in_the_data_or_the_loss_stops_both_at_that_step_with_everything_undone():
    real = steps_of_my_own()
    broken, clean = made(TWO, BreaksOnOneDevice, steps_per_execution=3), made(ONE, GAN)

    def stops_at(step, batches):  # the second of its fit, and of the three of an execution
        with pytest.raises(NotFiniteError, match=rf"at step {step};"):
            broken.fit(tf.data.Dataset.from_tensor_slices(batches))
        clean.fit(tf.data.Dataset.from_tensor_slices(real[:1]))
        assert_close(everything(broken), everything(clean))
        assert_each_device_has_the_same(broken)

    spoilt = real.copy()
    spoilt[1, 6] = np.nan  # a row of the second device
    stops_at(2, spoilt)
    stops_at(3, real)  # its own third step, by its loss


# --- a run that is cut off ---


@saves
def test_a_run_goes_on_from_its_file_on_as_many_devices_or_on_another_number(tmp_path):
    """From one device to one: test_checkpoint.py. On two the trainer that has gone to the end serves for the runs that
    go on as well, with nothing left of what it had learned."""
    batches = data.batches(POINTS, batch_size=8, seed=1)

    def epochs(trainer, file, **kwargs):
        for variable in variables(trainer) * file.startswith("cut"):
            variable.assign(tf.zeros_like(variable))  # all must come from the file
        history = trainer.fit(batches, epochs=4, steps_per_epoch=2, checkpoint=tmp_path / file, **kwargs).history
        return [*everything(trainer), *history.values()]

    def to_the_end(trainer, file):
        """Without a break; and what the file was after two of the four epochs."""

        def keep():
            for name in ("cut", "cut too"):  # a file for each run that goes on from it
                shutil.copy(tmp_path / file, tmp_path / f"{name} {file}")

        return epochs(trainer, file, callbacks=before_epoch(2, keep))

    two = made(TWO, WGAN, steps_per_execution=2)
    through = to_the_end(made(ONE, WGAN), "1.weights.h5")
    through_two = to_the_end(two, "2.weights.h5")
    assert_close(through_two, through)
    assert_each_device_has_the_same(two)
    for weight in two.critic.trainable_variables:
        assert max(np.abs(here).max() for here in weight.value.values) <= np.float32(0.01)
    assert np.abs(two.critic.layers[0].kernel).max() == np.float32(0.01)  # it is the clip that holds them

    assert_close(epochs(two, "cut 1.weights.h5"), through)
    assert_each_device_has_the_same(two)
    for a, b in zip(epochs(two, "cut 2.weights.h5"), through_two, strict=True):
        np.testing.assert_array_equal(a, b)
    assert_close(epochs(made(ONE, WGAN), "cut too 2.weights.h5"), through)


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
    """Eagerly, which is quicker; in a graph outgrowing_page.py trains the book's generator so."""

    def networks(synchronized):
        norm = layers.BatchNormalization(momentum=0.9, synchronized=synchronized)
        hidden = layers.Dense(8, use_bias=False)  # a bias would be taken out again: its gradient is rounding
        return keras.Sequential([keras.Input((2,)), hidden, norm, layers.Dense(2)]), models.mlp_critic(1, 8)

    def weights(strategy, synchronized):
        trainer = made(strategy, GAN, lambda: networks(synchronized), run_eagerly=True)
        trainer.fit(data.batches(POINTS, 8, seed=1), steps_per_epoch=2)
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
