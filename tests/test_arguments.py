import numpy as np
import pytest
import tensorflow as tf

from gancode import losses
from gancode._arguments import (
    batch,
    both_losses,
    listed,
    number,
    numbers,
    of_scores,
    one_of,
    one_score_each,
    positive,
    positive_integer,
    seed_or_none,
    short,
    two_batches,
)


@pytest.mark.parametrize("value", [1, 0.01, 1e-300, np.float32(2)])
def test_positive_lets_positive_numbers_through(value):
    assert positive("clip", value) == value


@pytest.mark.parametrize("value", [0, -1, -0.0, float("nan"), float("inf"), -float("inf"), "1", None, [1], 1j])
def test_positive_refuses_all_else_by_name(value):
    with pytest.raises(ValueError, match=r"^clip: .*above 0"):
        positive("clip", value)


def test_positive_integer_refuses_what_is_not_a_whole_number_of_at_least_one():
    assert positive_integer("depth", np.int64(3)) == 3
    for value in (0, -1, 1.0, 2.5, True, "3", None, float("nan")):
        with pytest.raises(ValueError, match=r"^depth: .*whole number"):
            positive_integer("depth", value)


def test_one_of_names_the_choices_and_the_value():
    assert one_of("norm", None, (None, "layer")) is None
    with pytest.raises(ValueError, match=r"^norm: expected one of None, 'layer', got 'spectral'"):
        one_of("norm", "spectral", (None, "layer"))


def test_one_of_refuses_what_is_equal_but_of_another_kind():
    for value in (["layer"], np.array(["layer"]), {"layer"}):
        with pytest.raises(ValueError, match=r"^norm: expected one of"):
            one_of("norm", value, (None, "layer"))
    assert one_of("norm", np.str_("layer"), (None, "layer")) == "layer"


def test_a_number_is_finite_and_of_at_least_its_least():
    assert number("target", 0, least=0) == 0
    assert number("label", np.float32(-1.5)) == -1.5
    with pytest.raises(ValueError, match=r"^target: expected a finite number of at least 0, got -1"):
        number("target", -1, least=0)
    for value in (float("nan"), float("inf"), -float("inf"), 1j, "1", None, True, [1.0]):
        with pytest.raises(ValueError, match=r"^target: expected a finite number, got "):
            number("target", value)


def test_a_seed_is_none_or_what_every_random_generator_takes():
    assert seed_or_none(None) is None
    assert [seed_or_none(seed) for seed in (0, np.int64(5), 2**32 - 1)] == [0, 5, 2**32 - 1]
    for value in (-1, 2**32, 1.0, True, "0", [0]):
        with pytest.raises(ValueError, match=r"^seed: expected None or a whole number from 0 to"):
            seed_or_none(value)


def test_numbers_are_an_array_of_the_shape_that_was_asked_for():
    assert numbers("x", [[1, 2, 3]], ("n", 3)).dtype == np.float64
    assert numbers("x", tf.ones((2, 3, 4)), ("n", ...), np.float32).shape == (2, 3, 4)
    assert numbers("x", [np.nan], ("n",), finite=False).shape == (1,)
    for shape, value in [(("n", 2), np.ones(2)), (("n", 2), np.ones((3, 4))), (("n", "d", ...), [1.0]), (("n",), [])]:
        with pytest.raises(ValueError, match=r"^x: expected at least one of shape \(n,.*, got shape \("):
            numbers("x", value, shape)


@pytest.mark.parametrize("value", ["1", ["1", "2"], None, [None], 1j, [[1], [1, 2]], {1}, np.array(["2020"], "M8[D]")])
def test_numbers_refuse_what_is_none_of_them_in_one_line(value):
    with pytest.raises(ValueError, match=r"^x: expected real numbers of shape \(n, \.\.\.\), got ") as error:
        numbers("x", value, ("n", ...))
    assert "\n" not in str(error.value)


def test_numbers_that_overflow_their_kind_are_not_finite():
    with pytest.raises(ValueError, match=r"^x: expected finite numbers, got NaN or inf"):
        numbers("x", [1e300], ("n",), np.float32)


def test_a_list_is_what_can_be_gone_through():
    assert listed("labels", range(2)) == [0, 1]
    for value in (3, None):
        with pytest.raises(ValueError, match=r"^labels: expected a list, got "):
            listed("labels", value)


def test_a_long_value_is_shown_short_and_on_one_line():
    assert short("a") == "'a'"
    shown = short(np.zeros((9, 9)))
    assert len(shown) == 80 and shown.endswith(" ...") and "\n" not in shown


# --- samples and scores ---


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
