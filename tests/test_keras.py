"""What a user of Keras does with a trainer next: save, load, schedule, log, stop. One row of *The package* a test."""

import csv
import pathlib
import re
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_same, everything, noise, same, saves
from keras import callbacks

from gancode import data, losses, models, probes, variants
from gancode.trainers import GAN, LSGAN, WGAN, WGANGP, NotFiniteError

pytestmark = [saves, pytest.mark.slow]


def tiny(method=WGANGP, seed=3, weights=0, compiled=True, run_eagerly=True, optimizers=(), **kwargs):
    keras.utils.set_random_seed(weights)
    trainer = method(models.mlp_generator(1, 8), models.mlp_critic(1, 8), seed=seed, **kwargs)
    if compiled:
        trainer.compile(*optimizers, run_eagerly=run_eagerly)
    return trainer


def wider():
    trainer = WGANGP(models.mlp_generator(1, 8), models.mlp_critic(1, 16), seed=3)
    trainer.compile(run_eagerly=True)
    return trainer


def fit(trainer, epochs=2, **kwargs):
    """An epoch has one step of two critic steps: few tests ask how many."""
    batches = data.batches(noise(100, 2), 8, 2, seed=1)
    return trainer.fit(**{"batches": batches, "epochs": epochs, "steps_per_epoch": 1, "verbose": 0} | kwargs)


def adams():
    return keras.optimizers.Adam(1e-3), keras.optimizers.Adam(4e-3)


# --- networks from their files, with nothing but Keras ---

ELSEWHERE = """
import pathlib, sys
folder, root = map(pathlib.Path, sys.argv[1:])
import keras, numpy as np
for inputs in folder.glob("*.in.npy"):
    name = inputs.name.removesuffix(".in.npy")
    model = keras.models.load_model(folder / f"{name}.keras")
    np.save(folder / f"{name}.out.npy", model(np.load(inputs), training=False))
assert "gancode" not in sys.modules
sys.path.insert(0, str(root))
import gancode.trainers
np.save(folder / "trainer.out.npy", keras.models.load_model(folder / "trainer.keras").generate(3, seed=0))
"""


def networks():
    return {
        "generator": (models.conv_generator(4, 2), noise(3, 4)),
        "of odd images": (models.conv_generator(4, 2, image_shape=(17, 24, 3)), noise(3, 4)),
        "critic": (models.conv_critic(2, norm="layer"), noise(3, 28, 28, 1)),
        "mlp": (models.mlp_critic(2, 8), noise(3, 2)),
    }


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """{name: (what a network or a trainer gives here, what it gives from its file in a process that has only Keras)}.

    One process opens all of them, for TensorFlow takes seconds to start. The trainer's turn is last: gancode is
    imported for it, and nothing else is.
    """
    folder, here = tmp_path_factory.mktemp("elsewhere"), {}
    keras.utils.set_random_seed(0)
    for name, (network, inputs) in networks().items():
        network.save(folder / f"{name}.keras")
        np.save(folder / f"{name}.in.npy", inputs)
        here[name] = network(inputs, training=False)
    for ema in (None, 0.5):
        trainer, latent = tiny(ema=ema), noise(3, 2)
        fit(trainer, callbacks=callbacks.ModelCheckpoint(folder / f"checkpoint {ema}.keras"))
        np.save(folder / f"checkpoint {ema}.in.npy", latent)
        here[f"checkpoint {ema}"] = (trainer.generator if ema is None else trainer.average)(latent)
    trainer.save(folder / "trainer.keras")
    here["trainer"] = trainer.generate(3, seed=0)
    root = pathlib.Path(__file__).parent.parent
    subprocess.run([sys.executable, "-P", "-c", ELSEWHERE, str(folder), str(root)], check=True, cwd=folder)
    return {name: (value, np.load(folder / f"{name}.out.npy")) for name, value in here.items()}


@pytest.mark.parametrize("name", ["generator", "of odd images", "critic", "mlp"])
def test_a_network_opens_from_its_file_with_nothing_but_keras(name, elsewhere, tmp_path):
    here, there = elsewhere[name]
    np.testing.assert_allclose(there, here, atol=1e-5)
    network, inputs = networks()[name]
    keras.saving.save_model(network, tmp_path / "two.keras")
    again = keras.models.load_model(tmp_path / "two.keras")
    np.testing.assert_allclose(again(inputs), network(inputs, training=False), atol=1e-5)


def test_a_generator_becomes_a_saved_model(tmp_path):
    generator, latent = models.conv_generator(4, 2), tf.constant(noise(3, 4))
    generator.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "served"))
    np.testing.assert_allclose(served.serve(latent), generator(latent, training=False), atol=1e-5)


@pytest.mark.parametrize("ema", [None, 0.5])
def test_modelcheckpoint_writes_the_generator_that_is_shown_and_keras_alone_opens_it(ema, elsewhere):
    shown, opened = elsewhere[f"checkpoint {ema}"]
    np.testing.assert_allclose(opened, shown, atol=1e-5)


def test_modelcheckpoint_writes_the_whole_runs_weights_if_asked_for_weights(tmp_path):
    trainer, other = tiny(), tiny(seed=9, weights=1)
    keeper = callbacks.ModelCheckpoint(tmp_path / "run.weights.h5", save_weights_only=True)
    fit(trainer, callbacks=keeper)
    other.load_weights(tmp_path / "run.weights.h5")
    assert_same(trainer, other)


def test_modelcheckpoint_keeps_the_best_by_a_loss_that_is_logged(tmp_path):
    trainer = tiny()
    keeper = callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras", monitor="penalty", mode="min", save_best_only=True)
    history = fit(trainer, epochs=4, callbacks=keeper).history["penalty"]
    best = [epoch for epoch in range(4) if history[epoch] == min(history[: epoch + 1])]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{epoch + 1}.keras" for epoch in best]


# --- trainers from their files ---

CLASSES = [GAN, LSGAN, WGAN, WGANGP, variants.WGANDiv, variants.DRAGAN, variants.R3GAN, variants.SNGAN]


@pytest.mark.parametrize("method", CLASSES, ids=lambda method: method.__name__)
def test_a_trainer_from_its_file_goes_on_as_it_would_have(method, tmp_path):
    trainer = tiny(method, ema=0.9)
    fit(trainer, epochs=1)
    trainer.save(tmp_path / "t.keras")
    loaded = keras.models.load_model(tmp_path / "t.keras")
    assert type(loaded) is method and loaded.seed == 3 and loaded.ema == 0.9
    assert_same(trainer, loaded)
    assert same(trainer.average.get_weights(), loaded.average.get_weights())
    for one in (trainer, loaded):
        fit(one, epochs=1)
    assert_same(trainer, loaded)


def test_a_trainers_settings_come_with_it(tmp_path):
    loss = losses.LeastSquares(-1.0, 1.0, 0.0)
    trainer = tiny(WGAN, clip=0.5, loss=loss, name="mine", optimizers=adams())
    trainer.save(tmp_path / "t.keras")
    loaded = keras.models.load_model(tmp_path / "t.keras")
    assert (loaded.clip, loaded.objective, loaded.name) == (0.5, loss, "mine")
    assert float(loaded.generator_optimizer.learning_rate) == pytest.approx(4e-3)
    plain = tiny(variants.R1GAN, penalty_weight=3.0, r2=True, compiled=False)
    plain.save(tmp_path / "plain.keras")
    loaded = keras.models.load_model(tmp_path / "plain.keras")
    assert (loaded.penalty_weight, loaded.r2, loaded.compiled) == (3.0, True, False)


def test_a_trainers_file_opens_where_gancode_is_imported_and_nothing_else_is(elsewhere):
    here, there = elsewhere["trainer"]
    np.testing.assert_allclose(there, here, atol=1e-5)


def test_a_variant_of_ones_own_is_saved_and_loaded_too(tmp_path):
    class Gentle(WGANGP):
        def __init__(self, generator, critic, softness=2.0, **others):
            super().__init__(generator, critic, **others)
            self.softness = softness

        def critic_penalty(self, real, fake):
            return super().critic_penalty(real, fake) / self.softness

    trainer = tiny(Gentle, softness=4.0, penalty_weight=1.0)
    trainer.save(tmp_path / "t.keras")
    loaded = keras.models.load_model(tmp_path / "t.keras")
    assert (loaded.softness, loaded.penalty_weight) == (4.0, 1.0)


def test_what_a_step_logs_and_log_names_are_the_same():
    class Talkative(GAN):
        def generator_step(self, real):
            return super().generator_step(real) | {"mood": tf.constant(1.0)}

    with pytest.raises(ValueError, match=r"^log_names: expected .*'mood'"):
        fit(tiny(Talkative))
    Talkative.log_names = (*GAN.log_names, "mood")
    assert fit(tiny(Talkative)).history["mood"] == [1.0, 1.0]


# --- learning rates ---


def rates(trainer):
    optimizers = trainer.critic_optimizer, trainer.generator_optimizer
    return [float(optimizer.learning_rate) for optimizer in optimizers]


def test_learningratescheduler_moves_both_and_keeps_their_ratio():
    trainer = tiny(optimizers=adams())
    history = fit(trainer, callbacks=callbacks.LearningRateScheduler(lambda epoch, rate: rate / 10)).history
    np.testing.assert_allclose(rates(trainer), [1e-5, 4e-5], rtol=1e-5)
    np.testing.assert_allclose(history["learning_rate"], [4e-4, 4e-5], rtol=1e-5)


def test_a_warm_up_from_zero_comes_back_to_the_ratio():
    trainer = tiny(optimizers=adams())
    fit(trainer, epochs=3, callbacks=callbacks.LearningRateScheduler(lambda epoch: 4e-3 * epoch / 2))
    np.testing.assert_allclose(rates(trainer), [1e-3, 4e-3], rtol=1e-5)


def test_reducelronplateau_moves_both():
    trainer = tiny(optimizers=adams())
    plateau = callbacks.ReduceLROnPlateau(monitor="generator_loss", mode="min", factor=0.5, patience=1, min_delta=1e9)
    fit(trainer, epochs=3, callbacks=plateau)
    np.testing.assert_allclose(rates(trainer), [1e-3 / 4, 4e-3 / 4], rtol=1e-5)


def test_a_rate_of_zero_has_no_ratio_and_a_schedule_no_setter():
    trainer = tiny(optimizers=(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(0.0)))
    with pytest.raises(ValueError, match=r"learning_rate: the generator's is 0"):
        trainer.optimizer.learning_rate = 1.0
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 1, 0.5)
    trainer = tiny(optimizers=(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(schedule)))
    with pytest.raises(TypeError, match="LearningRateSchedule"):
        trainer.optimizer.learning_rate = 1.0


def test_schedules_inside_the_optimisers_count_each_networks_own_steps():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3], [1e-3, 5e-4])
    trainer = tiny(optimizers=(keras.optimizers.SGD(schedule), keras.optimizers.SGD(schedule)))
    fit(trainer)  # four critic steps, two generator steps
    assert rates(trainer) == pytest.approx([5e-4, 1e-3])


# --- callbacks ---


def test_earlystopping_stops_and_puts_the_best_weights_back():
    trainer, seen = tiny(optimizers=adams(), ema=0.5), []
    keep = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(trainer.get_weights()))
    stop = callbacks.EarlyStopping("generator_loss", min_delta=1e9, patience=2, mode="min", restore_best_weights=True)
    fit(trainer, epochs=9, callbacks=[keep, stop])
    assert len(seen) == 3 and same(seen[0], trainer.get_weights())
    assert int(trainer.steps) == 3, "time does not go back"


def test_csvlogger_and_lambdacallback_see_every_epoch(tmp_path):
    epochs = []
    tell = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    history = fit(tiny(), callbacks=[callbacks.CSVLogger(tmp_path / "log.csv"), tell]).history
    rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
    assert epochs == [0, 1] and [float(row["penalty"]) for row in rows] == pytest.approx(history["penalty"])


def test_tensorboard_gets_every_log(tmp_path):
    fit(tiny(run_eagerly=False), callbacks=callbacks.TensorBoard(tmp_path, histogram_freq=1))
    tags = set()
    for file in tmp_path.rglob("events*"):
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            tags |= {value.tag for value in event.summary.value}
    assert {"epoch_critic_loss", "epoch_generator_loss", "epoch_penalty", "epoch_wasserstein"} <= tags


def test_terminateonnan_has_nothing_left_to_do():
    trainer = tiny()
    bad = tf.data.Dataset.from_tensors(np.full((4, 1, 2), np.nan, np.float32))
    with pytest.raises(NotFiniteError):
        trainer.fit(bad, callbacks=callbacks.TerminateOnNaN(), verbose=0)
    assert all(np.isfinite(weight).all() for weight in trainer.get_weights())


class Cut(callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_backupandrestore_goes_on_as_if_nothing_had_happened(tmp_path):
    # in a graph, in which a seed is a constant: that of the run, if it is restored in time; eager code reads it anew
    of = {"run_eagerly": False}
    whole, cut, second = tiny(GAN, **of), tiny(GAN, **of), tiny(GAN, seed=9, weights=5, **of)
    fit(whole, epochs=3)
    with pytest.raises(KeyboardInterrupt):
        fit(cut, epochs=3, callbacks=[callbacks.BackupAndRestore(tmp_path / "b"), Cut()])
    fit(second, epochs=3, callbacks=callbacks.BackupAndRestore(tmp_path / "b"))
    assert_same(whole, second)


def test_a_schedule_and_its_log_survive_a_cut(tmp_path):
    def schedule():
        return callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)

    file, whole, second = tmp_path / "run.weights.h5", tiny(), tiny(weights=5)
    history = fit(whole, epochs=3, callbacks=schedule(), checkpoint=tmp_path / "whole.weights.h5").history
    fit(tiny(), epochs=2, callbacks=schedule(), checkpoint=file)
    resumed = fit(second, epochs=3, callbacks=schedule(), checkpoint=file).history
    assert resumed == history and len(history["learning_rate"]) == 3
    assert_same(whole, second)


@pytest.mark.parametrize(
    "callback, instead",
    [
        (callbacks.SwapEMAWeights(), r"use ema=0\.999"),
        (callbacks.BackupAndRestore("b", save_freq=3), "save_freq='epoch'"),
    ],
)
def test_what_would_not_do_what_it_says_is_refused(callback, instead):
    with pytest.raises(ValueError, match=f"^callbacks: .*{instead}"):
        fit(tiny(), callbacks=[callback])


def test_curves_has_what_each_step_logged():
    trainer, curves = tiny(), probes.Curves()
    history = fit(trainer, epochs=2, steps_per_epoch=2, callbacks=curves).history
    assert curves.steps == [1, 2, 3, 4]
    for name, values in curves.values.items():
        np.testing.assert_allclose(np.reshape(values, (2, 2)).mean(axis=1), history[name], rtol=1e-5, atol=1e-6)
    assert len(set(curves.values["critic_loss"])) == 4


# --- a running average of the generator ---


def test_the_average_is_the_average_and_batch_norms_statistics_are_the_last():
    keras.utils.set_random_seed(0)
    trainer = GAN(models.conv_generator(2, 1), models.conv_critic(1), seed=0, ema=0.15)
    trainer.compile(run_eagerly=True)
    trained = [any(w is t for t in trainer.generator.trainable_variables) for w in trainer.generator.weights]
    expected = trainer.generator.get_weights()
    for decay in (1 / 10, 0.15, 0.15):  # less at first: 1 / (1 + 9); then 2 / (2 + 9) would be more
        trainer.fit(tf.data.Dataset.from_tensors(noise(4, 1, 28, 28, 1).clip(-1, 1)), verbose=0)
        now = trainer.generator.get_weights()
        expected = [decay * a + (1 - decay) * b if t else b for a, b, t in zip(expected, now, trained, strict=True)]
    for value, wanted in zip(trainer.average.get_weights(), expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-7)
    assert not all(trained)


def test_generate_and_predict_show_the_average():
    trainer, latent = tiny(ema=0.9), noise(4, 2)
    fit(trainer)
    np.testing.assert_allclose(trainer.predict(latent, verbose=0), trainer.average(latent), rtol=1e-5)
    assert not np.allclose(trainer.average(latent), trainer.generator(latent))
    seeded = keras.random.normal((4, 2), seed=5)
    np.testing.assert_allclose(trainer.generate(4, seed=5), trainer.average(seeded), rtol=1e-5)


def test_the_average_changes_nothing_of_the_training_and_is_undone_and_resumed_with_it(tmp_path):
    plain, averaged, file = tiny(), tiny(ema=0.5), tmp_path / "run.weights.h5"
    fit(plain), fit(averaged)
    assert same(plain.generator.get_weights(), averaged.generator.get_weights())

    before = averaged.average.get_weights()
    with pytest.raises(NotFiniteError):
        averaged.fit(tf.data.Dataset.from_tensors(np.full((4, 1, 2), np.nan, np.float32)), verbose=0)
    assert same(before, averaged.average.get_weights())

    second = tiny(ema=0.5, weights=7)
    fit(tiny(ema=0.5), epochs=1, checkpoint=file)
    fit(second, checkpoint=file)
    assert same(before, second.average.get_weights())


# --- data ---


def trained(batches, **kwargs):
    trainer = tiny(LSGAN)
    trainer.fit(batches, verbose=0, **kwargs)
    return everything(trainer)


def test_floats_of_any_kind_are_floats():
    real = noise(1, 8, 1, 2)
    expected = trained(tf.data.Dataset.from_tensor_slices(real))
    assert same(expected, trained(tf.data.Dataset.from_tensor_slices(real.astype(np.float64))))
    halves = real.astype(np.float16)
    expected = trained(tf.data.Dataset.from_tensor_slices(halves.astype(np.float32)))
    assert same(expected, trained(tf.data.Dataset.from_tensor_slices(halves)))


@pytest.mark.parametrize("how", [{"run_eagerly": True}, {"jit_compile": True, "steps_per_execution": 2}])
def test_uint8_is_pixels_and_takes_a_quarter_of_the_memory(how):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 2, 2, 1)).astype(np.uint8)
    batches = data.batches(pixels, 8, seed=0)
    assert batches.sampler.samples.dtype == tf.uint8 and batches.element_spec.dtype == tf.uint8

    def run(samples, **how):
        keras.utils.set_random_seed(0)
        trainer = pixel_gan()
        trainer.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), **how)
        trainer.fit(data.batches(samples, 8, seed=0), steps_per_epoch=2, verbose=0)
        return everything(trainer)

    for one, other in zip(run(pixels, **how), run(pixels / 127.5 - 1, run_eagerly=True), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_an_array_is_dealt_with_the_methods_own_number_of_critic_steps():
    trainer, samples = tiny(WGANGP), noise(50, 2)
    trainer.fit(samples, batch_size=4, verbose=0)
    assert int(trainer.steps) == 50 // 20 and int(trainer.critic_optimizer.iterations) == 10
    other = tiny(WGANGP)
    other.fit(data.batches(samples, 4, 5, seed=3), steps_per_epoch=2, verbose=0)
    assert_same(trainer, other)


@pytest.mark.parametrize("how", [{}, {"jit_compile": True}])
def test_a_second_fit_may_have_another_number_of_critic_steps(how):
    samples, trainer, plain = noise(60, 2), *(WGANGP(sequential(Dense(2)), sequential(Dense(1)), seed=0) for _ in "ab")
    plain.set_weights(trainer.get_weights())
    for each, compiled in ((trainer, how), (plain, {"run_eagerly": True})):
        each.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), **compiled)
        for n_critic in (2, 1, 2):
            each.fit(data.batches(samples, 4, n_critic, seed=n_critic), steps_per_epoch=2, verbose=0)
        assert int(each.turns) == 2 * (3 + 2 + 3)
    for one, other in zip(everything(trainer), everything(plain), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def my_own(n=3, **shuffle):
    batches = tf.data.Dataset.from_tensor_slices(noise(n, 8, 1, 2))
    return batches.shuffle(n, **shuffle) if shuffle else batches


@pytest.mark.parametrize("per_epoch", [None, 2])
@pytest.mark.parametrize("shuffle", [{}, {"seed": 1, "reshuffle_each_iteration": False}])
def test_a_data_set_of_ones_own_is_gone_on_with(per_epoch, shuffle, tmp_path):
    def run(trainer, epochs, file):
        batches = my_own(**shuffle)  # three steps; an epoch of two ends and begins within them
        trainer.fit(batches, epochs, per_epoch, checkpoint=tmp_path / f"{file}.weights.h5", verbose=0)

    whole, second = tiny(GAN), tiny(GAN)  # the order follows from the shuffle's seed and from Keras's own
    run(whole, 3, "whole")
    run(tiny(GAN), 1, "cut")
    run(second, 3, "cut")
    assert_same(whole, second)


def test_a_run_does_not_go_on_with_a_data_set_that_is_another(tmp_path):
    file = tmp_path / "run.weights.h5"
    tiny(GAN).fit(my_own(), checkpoint=file, verbose=0)
    other = tf.data.Dataset.from_tensor_slices(noise(8, 8, 1, 2, seed=1))
    with pytest.raises(ValueError, match=r"^batches: expected those that the checkpoint's run began with"):
        tiny(GAN).fit(other, epochs=2, checkpoint=file, verbose=0)


def test_a_data_set_in_another_order_each_time_is_refused_where_a_run_should_go_on(tmp_path):
    trainer = tiny(GAN)
    trainer.fit(my_own(seed=1), verbose=0)  # without a checkpoint it is welcome
    with pytest.raises(ValueError, match=r"^batches: expected a data set that begins the same way .*data\.batches"):
        trainer.fit(my_own(n=64, seed=1), checkpoint=tmp_path / "run.weights.h5", verbose=0)


@pytest.mark.parametrize(
    "batches, instead",
    [
        (tf.data.Dataset.from_tensors((noise(8, 1, 2), noise(8))), r"map\(lambda x, y: x\)"),
        (tf.data.Dataset.from_tensors({"image": noise(8, 1, 2)}), r"map\(lambda each: each\['image'\]\)"),
    ],
)
def test_samples_with_labels_are_refused_and_it_is_said_what_to_write(batches, instead):
    with pytest.raises(ValueError, match=f"^batches: expected samples alone, .*{instead}"):
        fit(tiny(), batches=batches)


def some_from_a_generator(n):
    """A data set whose length TensorFlow does not know."""
    of = tf.TensorSpec((2,))
    return tf.data.Dataset.from_generator(lambda: iter(noise(n, 2)), output_signature=of)


@pytest.mark.parametrize("per_epoch", [None, 3])
@pytest.mark.parametrize("single", [tf.data.Dataset.from_tensor_slices(noise(6, 2)), some_from_a_generator(6)])
def test_a_data_set_without_a_whole_element_is_refused_and_the_samples_of_one_are_counted(single, per_epoch):
    trainer = tiny()
    batches = single.batch(2, drop_remainder=True).batch(4, drop_remainder=True)
    wanted = r"^batches: expected at least one element, .*, got none: batch_size x n_critic = 4 x 2 samples .*\.repeat"
    with pytest.raises(ValueError, match=wanted):
        trainer.fit(batches, steps_per_epoch=per_epoch, verbose=0)
    enough = single.repeat(3).batch(2, drop_remainder=True).batch(4, drop_remainder=True)
    trainer.fit(enough, steps_per_epoch=1, verbose=0)
    assert trainer.steps.numpy() == 1


@pytest.mark.parametrize(
    "batches, cure",
    [
        ("photos", r"data\.images"),
        (pathlib.Path("photos"), r"data\.images"),
        (list(noise(9, 2)), r"np\.stack"),
        ((noise(9, 2), np.zeros(9)), "labels=labels"),
    ],
)
def test_what_is_no_array_yet_is_told_what_makes_one_of_it(batches, cure):
    with pytest.raises(ValueError, match=rf"^batches: expected an array or a data set, got .*; .*{cure}"):
        fit(tiny(), batches=batches, steps_per_epoch=1)


def test_labels_beside_an_array_are_told_where_they_go():
    wanted = r"^epochs: expected a whole number .*, got array.*data\.batches\(images, n_critic=5, labels=labels\)"
    with pytest.raises(ValueError, match=wanted):
        tiny().fit(noise(9, 2), np.arange(9))


@pytest.mark.parametrize(
    "batches", [noise(9, 2, 2), noise(9, 1, 2, 2), tf.data.Dataset.from_tensors(noise(8, 1, 1, 2, 2))]
)
def test_images_of_another_shape_are_told_what_may_be_done(batches):
    trainer = pixel_gan()
    trainer.compile(run_eagerly=True)
    wanted = r"image_shape=.*transpose\(0, 2, 3, 1\).*images\[\.\.\., None\]"
    with pytest.raises(ValueError, match=rf"^batches: expected .* of shape .*, got .*{wanted}"):
        trainer.fit(batches, verbose=0)
    with pytest.raises(ValueError, match=r"^batches: expected at least one of shape \(n, 2\), got shape \(9, 3\)$"):
        fit(tiny(), batches=noise(9, 3))  # points have no channels


@pytest.mark.parametrize("method", [GAN, WGANGP])
def test_the_critic_steps_are_no_argument_of_a_trainer(method):
    with pytest.raises(ValueError, match=r"^n_critic: expected none, got 1; data\.batches\(images, n_critic=5\)"):
        tiny(method, n_critic=1)


def test_axes_the_other_way_round_draw_a_warning():
    batches = tf.data.Dataset.from_tensors(noise(5, 11, 2))
    with pytest.warns(UserWarning, match=r"^batches: they are of 5 samples for each of 11 critic steps"):
        tiny(GAN).fit(batches, verbose=0)


# --- going on ---


def test_a_second_file_begins_at_its_own_beginning(tmp_path):
    trainer = tiny(GAN)
    fit(trainer, checkpoint=tmp_path / "a.weights.h5")
    history = fit(trainer, checkpoint=tmp_path / "b.weights.h5")
    assert len(history.history["penalty"]) == len(history.epoch) == 2
    trainer.fit(my_own(), checkpoint=tmp_path / "c.weights.h5", verbose=0)
    trainer.fit(tf.data.Dataset.from_tensors(noise(8, 1, 2, seed=5)), checkpoint=tmp_path / "d.weights.h5", verbose=0)


@pytest.mark.parametrize("how", ["checkpoint", "backup"])
def test_an_array_is_dealt_from_the_seed_of_the_run_that_goes_on(how, tmp_path):
    samples = noise(90, 2)

    def run(trainer, epochs, file, *more):
        backup = callbacks.BackupAndRestore(tmp_path / file, delete_checkpoint=False)
        kwargs = {"callbacks": [backup, *more]} if how == "backup" else {"checkpoint": tmp_path / f"{file}.weights.h5"}
        return trainer.fit(samples, epochs, steps_per_epoch=1, batch_size=8, verbose=0, **kwargs)

    whole, second = tiny(GAN, seed=3), tiny(GAN, seed=9, weights=5)
    run(whole, 4, "whole")
    run(tiny(GAN, seed=3), 2, "cut")
    history = run(second, 4, "cut")
    assert_same(whole, second)
    assert history.epoch == ([0, 1, 2, 3] if how == "checkpoint" else [2, 3])
    second.fit(samples, 1, steps_per_epoch=1, batch_size=8, verbose=0)
    assert int(second.steps) == 5, "what was restored is not restored again"


@pytest.fixture(scope="module")
def file_of_a_run(tmp_path_factory):
    """Not to be written to."""
    file = tmp_path_factory.mktemp("kept") / "run.weights.h5"
    fit(tiny(), checkpoint=file)  # with a penalty weight of 10, said or not
    fit(tiny(penalty_weight=10.0), epochs=3, checkpoint=file)
    return file


@pytest.mark.parametrize(
    "other, says",
    [
        (lambda: tiny(WGAN, optimizers=[keras.optimizers.Adam(1e-4) for _ in range(2)]), "method 'WGANGP', not 'WGAN'"),
        (lambda: tiny(penalty_weight=3.0), r"penalty_weight 10\.0, not 3\.0"),
        (lambda: tiny(loss=losses.least_squares), r"loss 'Wasserstein.*LeastSquares"),
        (lambda: wider(), "weights "),
        (lambda: tiny(ema=0.5), r"ema None, not 0\.5"),
        (lambda: tiny(optimizers=[keras.optimizers.SGD(1e-4) for _ in range(2)]), "'Adam', not 'SGD'"),
    ],
)
def test_the_file_of_another_run_is_refused_and_it_is_said_what_differs(other, says, file_of_a_run, tmp_path):
    file = shutil.copy(file_of_a_run, tmp_path)
    trainer = other()
    before = everything(trainer)
    with pytest.raises(ValueError, match=f"^checkpoint: .*{says}"):
        fit(trainer, epochs=4, checkpoint=file)
    assert same(before, everything(trainer)) and int(trainer.steps) == 0


def test_other_batches_of_data_batches_are_refused_too(tmp_path):
    fit(tiny(), checkpoint=tmp_path / "run.weights.h5")
    with pytest.raises(ValueError, match=r"^batches: expected those that the checkpoint's run began with"):
        other = data.batches(noise(100, 2), 8, 2, seed=2)
        fit(tiny(), epochs=3, batches=other, checkpoint=tmp_path / "run.weights.h5")


def test_two_places_to_go_on_from_are_one_too_many(tmp_path):
    with pytest.raises(ValueError, match=r"^checkpoint: expected it or BackupAndRestore"):
        fit(tiny(), callbacks=callbacks.BackupAndRestore(tmp_path / "b"), checkpoint=tmp_path / "a.weights.h5")


def test_a_warm_up_from_zero_goes_on_after_a_cut(tmp_path):
    def run(trainer, epochs, file):
        warm_up = callbacks.LearningRateScheduler(lambda epoch: 4e-3 * epoch / 2)
        fit(trainer, epochs=epochs, callbacks=warm_up, checkpoint=tmp_path / f"{file}.weights.h5")

    whole, second = tiny(optimizers=adams()), tiny(optimizers=adams())
    run(whole, 3, "whole"), run(tiny(optimizers=adams()), 1, "cut"), run(second, 3, "cut")
    assert_same(whole, second)


class Adaptive(GAN):
    """What a variant may own: a weight, and a layer that draws."""

    def __init__(self, *args, strength=0.5, **kwargs):
        super().__init__(*args, **kwargs)
        self.noise = keras.layers.GaussianNoise(strength, seed=4)
        self.p = self.add_weight(name="p", initializer="zeros", trainable=False)

    def critic_step(self, real):
        logs = super().critic_step(self.noise(real, training=True))
        self.p.assign_add(logs["critic_loss"])
        return logs


def test_what_a_variant_owns_is_undone_saved_and_gone_on_with_too(tmp_path):
    whole, second = tiny(Adaptive), tiny(Adaptive)
    fit(whole, epochs=3)
    fit(tiny(Adaptive), epochs=1, checkpoint=tmp_path / "run.weights.h5")
    fit(second, epochs=3, checkpoint=tmp_path / "run.weights.h5")
    assert_same(whole, second)
    assert float(whole.p) == float(second.p) != 0.0

    with pytest.raises(NotFiniteError):
        second.fit(tf.data.Dataset.from_tensors(np.full((4, 1, 2), np.nan, np.float32)), verbose=0)
    assert float(second.p) == float(whole.p)

    whole.save(tmp_path / "t.keras")
    loaded = keras.models.load_model(tmp_path / "t.keras")
    assert float(loaded.p) == float(whole.p)


# --- a variant's mistakes ---


@pytest.mark.parametrize("returns, works", [(lambda x: 0, True), (lambda x: tf.reduce_sum(x**2, axis=1), False)])
def test_a_penalty_is_one_number(returns, works):
    class Mine(GAN):
        def critic_penalty(self, real, fake):
            return returns(real)

    if works:
        assert fit(tiny(Mine)).history["penalty"] == [0.0, 0.0]
    else:
        with pytest.raises(ValueError, match=r"^loss: expected one number, the mean over the batch, got shape \(8,\)"):
            fit(tiny(Mine))


def test_a_loss_that_wants_something_else_is_refused_at_once():
    with pytest.raises(ValueError, match=r"^loss: expected one whose generator takes \['fake_scores'\]"):
        tiny(GAN, loss=losses.relativistic)
    with pytest.raises(ValueError, match=r"^loss: expected one whose generator takes"):
        tiny(variants.R3GAN, loss=losses.non_saturating)


def test_a_readers_own_loss_is_saved_and_takes_no_other_ones_name(tmp_path):
    class Saturating(losses.Loss):
        def __init__(self, margin=1.0):
            self.margin = margin

        def critic(self, real_scores, fake_scores):
            return tf.reduce_mean(tf.nn.relu(self.margin - real_scores) + tf.nn.relu(self.margin + fake_scores))

        def generator(self, fake_scores):
            return -tf.reduce_mean(fake_scores)

    for loss in (losses.saturating, Saturating(2.0)):
        tiny(GAN, loss=loss).save(tmp_path / "t.keras")
        loaded = keras.models.load_model(tmp_path / "t.keras").objective
        assert type(loaded) is type(loss) and vars(loaded) == vars(loss)


def test_dragan_takes_a_data_set_whose_batch_size_is_not_known():
    batches = tf.data.Dataset.from_tensor_slices(noise(16, 1, 2)).batch(8)
    assert np.isfinite(tiny(variants.DRAGAN, run_eagerly=False).fit(batches, verbose=0).history["penalty"]).all()


# --- draws and the counters ---


def test_every_turn_and_every_name_has_a_draw_of_its_own_and_a_second_compile_goes_on():
    trainer, drawn = tiny(variants.DRAGAN), []
    for _ in range(2):
        drawn += [tuple(trainer.draw(name).numpy()) for name in ("latent", "interpolates", "noise")]
        trainer.critic_step(tf.constant(noise(8, 2)))
        trainer.compile(run_eagerly=True)
    assert len(set(drawn)) == 6


def test_gradient_accumulation_gives_each_critic_step_latents_of_its_own():
    trainer, seen = tiny(GAN, optimizers=(keras.optimizers.Adam(1e-3, gradient_accumulation_steps=4), None)), []
    trainer.fakes = lambda n, own=trainer.fakes: seen.append(own(n)) or seen[-1]
    trainer.fit(data.batches(noise(100, 2), 8, 4, seed=0), steps_per_epoch=1, verbose=0)
    assert len(np.unique([np.ravel(fake) for fake in seen], axis=0)) == 5


def test_a_second_compile_replays_neither_batches_nor_latents():
    once, twice = tiny(optimizers=[keras.optimizers.SGD(0.01) for _ in range(2)]), None
    fit(once)
    twice = tiny(optimizers=[keras.optimizers.SGD(0.01) for _ in range(2)])
    fit(twice, epochs=1)
    twice.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01), run_eagerly=True)
    fit(twice, epochs=1)
    assert same(once.generator.get_weights(), twice.generator.get_weights())


# --- infinities in an optimiser's slots ---


def test_an_infinite_slot_stops_the_run_though_all_weights_are_finite():
    trainer = tiny(WGAN, optimizers=[keras.optimizers.RMSprop(1e-3) for _ in range(2)])
    huge = tf.data.Dataset.from_tensors(1e30 * noise(8, 1, 2))
    with pytest.raises(NotFiniteError, match="at step 1;"):
        trainer.fit(huge, verbose=0)
    assert all(np.isfinite(value).all() for value in everything(trainer))


# --- the rest of Keras's model ---


@pytest.mark.parametrize("name", ["optimizer", "loss", "metrics"])
def test_compile_says_what_to_do_instead(name):
    with pytest.raises(ValueError, match=f"^{name}: "):
        tiny(compiled=False).compile(**{name: "adam"})


@pytest.mark.parametrize("name", ["validation_data", "validation_split", "class_weight", "initial_epoch"])
def test_fit_says_what_to_do_instead(name):
    with pytest.raises(ValueError, match=f"^{name}: "):
        fit(tiny(), **{name: 0.5})
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch'"):
        fit(tiny(), epoch=1)


def test_fit_says_so_of_arrays_too_and_lets_pass_what_keras_does_anyway():
    for name in ("x", "y", "sample_weight"):
        with pytest.raises(ValueError, match=f"^{name}: expected none"):
            fit(tiny(), **{name: noise(4, 2)})
    fit(tiny(), epochs=1, shuffle=True, initial_epoch=0, validation_split=0.0)


def test_an_array_is_compiled_for_once_and_dealt_anew_when_it_changes():
    samples, trainer = noise(100, 2), GAN(sequential(Dense(2)), sequential(Dense(1)), seed=0)
    trainer.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), jit_compile=True)  # little to compile
    trainer.fit(samples, steps_per_epoch=1, verbose=0)
    compiled = trainer.compiled_steps
    trainer.fit(samples.copy(), steps_per_epoch=1, verbose=0)
    assert trainer.compiled_steps is compiled
    samples *= 0
    trainer.fit(samples, steps_per_epoch=1, verbose=0)
    assert not np.any(trainer.compiled_steps.samples)


def test_evaluate_says_what_to_do_instead():
    with pytest.raises(ValueError, match=r"^evaluate: .*gancode\.metrics"):
        tiny().evaluate(noise(8, 2))
    with pytest.raises(ValueError, match=r"^test_on_batch: .*gancode\.metrics"):
        tiny().test_on_batch(noise(8, 2))


def test_one_optimiser_for_both_networks_is_refused_wherever_it_is_given():
    trainer = tiny()
    for give in (
        lambda: trainer.compile(optimizer=keras.optimizers.Adam()),
        lambda: setattr(trainer, "optimizer", keras.optimizers.Adam()),
    ):
        with pytest.raises(ValueError, match=r"^optimizer: .*a GAN has two"):
            give()


def test_optimisers_may_be_names_and_use_ema_is_refused():
    trainer = tiny(optimizers=("adam", "rmsprop"))
    assert isinstance(trainer.critic_optimizer, keras.optimizers.Adam)
    assert isinstance(trainer.generator_optimizer, keras.optimizers.RMSprop)
    trainer = tiny(optimizers=("adam", "adam"))
    assert trainer.critic_optimizer is not trainer.generator_optimizer
    with pytest.raises(ValueError, match=r"^generator_optimizer: expected one too"):
        tiny(optimizers=("adam",))
    with pytest.raises(ValueError, match=r"^generator_optimizer: use_ema .* ema=0\.999"):
        tiny(optimizers=(None, keras.optimizers.Adam(use_ema=True)))


def test_summary_shows_both_networks(capsys):
    tiny().summary(line_length=120)
    shown = capsys.readouterr().out
    assert "generator" in shown and "critic" in shown


class Subclassed(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.inside, self.last = keras.layers.Dense(8, "relu"), keras.layers.Dense(units)

    def call(self, x):
        return self.last(self.inside(x))


def test_built_subclassed_models_are_welcome():
    generator, critic = Subclassed(2), Subclassed(1)
    generator(np.zeros((1, 3))), critic(np.zeros((1, 2)))
    trainer = WGANGP(generator, critic, seed=0)
    trainer.compile(run_eagerly=True)
    fit(trainer)
    assert trainer.latent_dim == 3 and trainer.generate(5, seed=0).shape == (5, 2)


# --- what is allowed, and seldom meant: a warning that names the cure ---


def sequential(*layers, inputs=2):
    return keras.Sequential([keras.Input((inputs,) if isinstance(inputs, int) else inputs), *layers])


def functional(last, units=1):
    x = keras.Input((2,))
    return keras.Model(x, last(keras.layers.Dense(units)(x)))


Dense = keras.layers.Dense


@pytest.mark.parametrize(
    "critic, says",
    [
        (lambda: sequential(Dense(1, activation="sigmoid")), "ends in a sigmoid"),
        (lambda: sequential(Dense(1), keras.layers.Activation("sigmoid")), "ends in a sigmoid"),
        (lambda: sequential(Dense(1, "tanh"), keras.layers.Reshape((1,))), "ends in a tanh"),
        (
            lambda: sequential(Dense(4), sequential(Dense(1), keras.layers.LeakyReLU(), inputs=4)),
            "ends in a leaky_relu",
        ),
        (lambda: functional(keras.ops.sigmoid), "ends in a sigmoid"),
        (lambda: functional(lambda x: keras.ops.reshape(keras.ops.hard_sigmoid(x), (-1, 1))), "ends in a hard_sigmoid"),
        (lambda: functional(keras.activations.relu), "ends in a relu"),
        (lambda: sequential(keras.layers.UnitNormalization(axis=0), Dense(1)), "depends on the other samples"),
        (lambda: sequential(keras.layers.BatchNormalization(), Dense(1)), "depends on the other samples"),
        (lambda: sequential(Dense(8), keras.layers.Dropout(0.5), Dense(1)), "draws anew"),
        (lambda: sequential(keras.layers.GaussianNoise(0.5), Dense(1)), "draws anew"),
        (
            lambda: sequential(keras.layers.Reshape((2, 1)), keras.layers.GlobalAveragePooling1D()),
            "no weights to train",
        ),
    ],
)
def test_a_critic_that_is_seldom_meant_draws_one_warning(critic, says):
    made, generator = critic(), models.mlp_generator(1, 4)
    before = [np.array(variable) for variable in made.variables]
    with pytest.warns(UserWarning, match=f"^critic: .*{says}") as seen:
        WGANGP(generator, made, seed=0)
    assert len(seen) == 1 and seen[0].filename == __file__
    assert same(before, [np.array(variable) for variable in made.variables]), "it was asked, and not changed"


def test_spectral_norm_is_neither_noise_nor_a_leak():
    WGANGP(models.mlp_generator(1, 4), variants.spectral(models.mlp_critic(1, 4)))  # a warning would be an error here


class ActivationLast(keras.Model):
    """The activation is the last of its attributes, and not what it ends in."""

    def __init__(self):
        super().__init__()
        self.inside, self.last, self.between = Dense(8), Dense(1), keras.layers.Activation("relu")

    def call(self, x):
        return self.last(self.between(self.inside(x)))


@pytest.mark.parametrize(
    "critic", [lambda: functional(lambda x: 2.0 * x), lambda: functional(keras.activations.linear), ActivationLast]
)
def test_a_critic_that_ends_linearly_draws_no_warning(critic):
    made = critic()
    made(np.zeros((1, 2)))
    WGANGP(models.mlp_generator(1, 4), made)  # a warning would be an error here


def test_who_has_no_penalty_may_have_dropout():
    GAN(models.mlp_generator(1, 4), sequential(Dense(8), keras.layers.Dropout(0.5), Dense(1)))


@pytest.mark.parametrize(
    "layers",
    [
        [keras.layers.Embedding(4, 3), keras.layers.Flatten(), Dense(1)],
        [keras.layers.Lambda(tf.stop_gradient), Dense(1)],
    ],
)
def test_scores_without_a_gradient_by_the_samples_are_refused(layers):
    with pytest.raises(ValueError, match=r"^critic: expected scores with a gradient by the samples"):
        GAN(models.mlp_generator(1, 4), sequential(*layers))


def pixel_gan(last="tanh"):
    """Of images of 2 x 2 pixels, for which a generator may end as the book's do."""
    generator = sequential(Dense(4, activation=last), keras.layers.Reshape((2, 2, 1)), inputs=3)
    return GAN(generator, sequential(keras.layers.Flatten(), Dense(1), inputs=(2, 2, 1)), seed=0)


@pytest.mark.parametrize(
    "last, samples, says",
    [
        ("tanh", 255 * np.random.default_rng(0).random((9, 2, 2, 1)), r"images / 127\.5 - 1"),
        ("tanh", np.random.default_rng(0).random((9, 2, 2, 1)), r"2 \* images - 1"),
        ("sigmoid", 2 * np.random.default_rng(0).random((9, 2, 2, 1)) - 1, r"\(images \+ 1\) / 2"),
        ("sigmoid", np.zeros((9, 2, 2, 1), np.uint8), "end in a tanh"),
        ("tanh", 2 * np.random.default_rng(0).random((9, 2, 2, 1)) - 1, None),
        ("tanh", np.zeros((9, 2, 2, 1), np.uint8), None),
        ("tanh", np.eye(36, dtype=np.uint8).reshape(-1, 2, 2, 1), r"from 0 to 1 of 255.*255 \* images"),
        ("linear", 255 * np.ones((9, 2, 2, 1)), None),
    ],
)
def test_images_that_the_generator_can_not_reach_draw_one_warning(last, samples, says, recwarn):
    trainer = pixel_gan(last)
    trainer.compile(run_eagerly=True)
    for _ in range(2):
        trainer.fit(data.batches(samples, 4, seed=0), steps_per_epoch=1, verbose=0)
    said = [str(warning.message) for warning in recwarn if issubclass(warning.category, UserWarning)]
    assert len(said) == (says is not None)
    if says:
        assert re.search(says, said[0])
