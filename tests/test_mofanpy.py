"""What book/from-mofanpy.md says of Keras 3, and of the formulas it compares, is so."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import saves

from gancode import models, penalty

POINTS = tf.constant(np.random.default_rng(0).standard_normal((4, 2)).astype(np.float32))


def small_network():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def step(network, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(network(POINTS))
    optimizer.apply_gradients(
        zip(tape.gradient(loss, network.trainable_variables), network.trainable_variables, strict=True)
    )


def test_one_optimiser_for_two_networks_is_refused_at_the_second():
    optimizer = keras.optimizers.Adam(2e-4)
    step(small_network(), optimizer)
    with pytest.raises(ValueError, match="Unknown variable"):
        step(small_network(), optimizer)


def test_a_metric_is_reset_by_reset_state_alone():
    metric = keras.metrics.BinaryAccuracy()
    metric.reset_state()
    assert not hasattr(metric, "reset_states")


@saves
def test_weights_are_saved_under_a_name_that_ends_in_weights_h5(tmp_path):
    with pytest.raises(ValueError, match=r"must end in `\.weights\.h5`"):
        small_network().save_weights(str(tmp_path / "model.ckpt"))
    small_network().save_weights(str(tmp_path / "gan.weights.h5"))


def test_an_input_shape_in_the_first_layer_draws_a_warning():
    with pytest.warns(UserWarning, match="Do not pass an `input_shape`"):
        keras.layers.Dense(128, input_shape=(2,))


def test_the_first_clip_takes_batch_norms_scale_from_1_to_the_bound():
    critic = models.conv_critic(channels=2, norm="batch")
    (scale,) = (layer.gamma for layer in critic.layers if isinstance(layer, keras.layers.BatchNormalization))
    assert (scale.numpy() == 1).all()
    penalty.clip_weights(critic, 0.01)
    np.testing.assert_allclose(scale, 0.01)


def test_without_training_a_model_called_directly_leaves_dropout_out():
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5, seed=0), keras.layers.Dense(1)])
    np.testing.assert_array_equal(critic(POINTS), critic(POINTS, training=False))
    assert not np.array_equal(critic(POINTS), critic(POINTS, training=True))


def test_the_square_root_at_zero_has_a_finite_value_and_no_finite_gradient():
    for guard, finite in ((0.0, False), (1e-12, True)):
        weights = tf.Variable([0.0, 0.0])
        with tf.GradientTape() as tape:
            value = tf.sqrt(tf.reduce_sum(tf.square(weights)) + guard)
        assert np.isfinite(value)
        assert np.isfinite(tape.gradient(value, weights)).all() == finite


def test_the_sum_of_squares_to_the_power_6_is_the_norm_to_the_power_12():
    gradient = np.array([0.6, 0.9])
    np.testing.assert_allclose(np.sum(gradient**2) ** 6, np.linalg.norm(gradient) ** 12)
    np.testing.assert_allclose(np.sum(gradient**2) ** (6 / 2), np.linalg.norm(gradient) ** 6)


def test_binary_accuracy_counts_every_fake_labelled_minus_1_as_wrong():
    metric = keras.metrics.BinaryAccuracy()
    metric.update_state([[1.0], [1.0], [-1.0], [-1.0]], [[0.9], [0.8], [-0.9], [-0.8]])  # all judged rightly
    assert float(metric.result()) == 0.5


def test_binary_accuracy_of_logits_wants_a_threshold_of_0():
    for threshold, share in ((0.5, 0.5), (0.0, 1.0)):
        metric = keras.metrics.BinaryAccuracy(threshold=threshold)
        metric.update_state([[1.0], [0.0]], [[0.3], [-0.3]])  # a real one at sigmoid(0.3) > 1/2, and a fake
        assert float(metric.result()) == share
