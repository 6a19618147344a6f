import numpy as np
import pytest
import tensorflow as tf

from gancode import losses
from gancode.tensors import batch, both_losses, of_scores, one_score_each, two_batches


def test_a_batch_is_of_floats():
    for whole in (np.arange(4), [[1, 2]], tf.constant([1, 2], tf.int64), np.zeros((2, 2), np.uint8)):
        assert batch("samples", whole).dtype == tf.float32
    for dtype in (tf.float64, tf.bfloat16):
        assert batch("samples", tf.zeros((2, 2), dtype)).dtype == dtype


@pytest.mark.parametrize("wrong", [None, "a", ["a"], [True], 1j, [[1.0], [1.0, 2.0]], object(), 3.0])
def test_what_is_no_batch_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=r"^samples: expected real numbers of shape \(batch, \.\.\.\), got "):
        batch("samples", wrong)


@pytest.mark.parametrize("shape", [(0,), (0, 2), (4, 0)])
def test_an_empty_batch_is_refused(shape):
    with pytest.raises(ValueError, match=r"^samples: expected at least one of shape .*, got shape \("):
        batch("samples", np.zeros(shape))


def test_a_batch_whose_size_a_graph_does_not_know_is_let_through():
    sizes = []

    @tf.function(input_signature=[tf.TensorSpec((None, 2))])
    def graph(x):
        sizes.append(batch("samples", x).shape[0])
        return one_score_each(x[:, 0], x)

    graph(tf.zeros((3, 2)))
    assert sizes == [None]


def test_two_batches_have_one_shape_and_one_kind():
    real, fake = two_batches(np.zeros((3, 2), np.float32), np.ones((3, 2)))
    assert real.dtype == fake.dtype == tf.float32
    with pytest.raises(ValueError, match=r"^real and fake: expected one shape, got \(3, 2\) and \(3, 1\)"):
        two_batches(np.zeros((3, 2)), np.zeros((3, 1)))


@pytest.mark.parametrize("wrong", [tf.zeros((3, 2)), tf.zeros(4), tf.zeros((3, 1, 1)), tf.zeros(()), tf.zeros((1, 3))])
def test_scores_that_are_not_one_each_are_refused(wrong):
    with pytest.raises(ValueError, match=r"^critic: expected it to give scores of shape \(3, 1\), got shape \("):
        one_score_each(wrong, tf.zeros((3, 2)))


def test_scores_that_numpy_computed_have_no_gradient_and_are_refused():
    with pytest.raises(ValueError, match=r"^critic: expected it to give a tensor of scores, got array"):
        one_score_each(np.zeros(3), tf.zeros((3, 2)))


def test_scores_of_several_kinds_become_floats_of_one():
    class Sum:
        @of_scores
        def critic(self, real_scores, fake_scores):
            """Their sum."""
            return real_scores, fake_scores

    for real, fake, kind in [([1, 2], [0.5], tf.float32), (np.ones(2), tf.ones(3), tf.float64)]:
        assert [scores.dtype for scores in Sum().critic(real, fake)] == [kind, kind]
        assert [scores.dtype for scores in Sum().critic(fake_scores=fake, real_scores=real)] == [kind, kind]
    assert Sum.critic.__doc__ == "Their sum."
    for wrong in [(), ([1.0],), ([1.0], [1.0], [1.0])]:
        with pytest.raises(TypeError, match=r"argument"):
            Sum().critic(*wrong)


def test_whole_scores_have_a_mean_that_is_not_cut_to_a_whole_number():
    assert losses.wasserstein.critic([1, 2], [0, 0]).numpy() == -1.5


def test_a_loss_is_an_object_with_one_for_each_network():
    assert both_losses(losses.wasserstein) is losses.wasserstein
    for wrong in (losses.Wasserstein, losses.wasserstein.critic, "wasserstein", None, len):
        with pytest.raises(ValueError, match=r"^loss: expected an object of gancode.losses, got "):
            both_losses(wrong)
