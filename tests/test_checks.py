import numpy as np
import pytest
import tensorflow as tf

import gancode
from gancode.checks import listed, number, numbers, one_of, positive, positive_integer, seed_or_none, short


def test_check_prints_the_claim_when_it_holds(capsys):
    gancode.check("water is wet", True)
    assert capsys.readouterr().out == "✓ water is wet\n"


def test_check_fails_and_prints_nothing_when_it_does_not_hold(capsys):
    with pytest.raises(AssertionError, match="water is dry"):
        gancode.check("water is dry", False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("true", [np.float64(1) < 2, np.array(True), tf.constant(1.0) < 2.0])
def test_check_takes_the_truth_values_of_numpy_and_tensorflow(true):
    gancode.check("one is less than two", true)
    with pytest.raises(AssertionError):
        gancode.check("and not the other way round", not true)


def test_broken_code_shows_the_check_that_it_fails_and_those_before_it(capsys):
    with gancode.broken():
        gancode.check("water is wet", True)
        gancode.check("water is dry", False)
        gancode.check("never asked", True)
    assert capsys.readouterr().out == "✓ water is wet\n✗ this does not hold: water is dry\n"


def test_broken_code_that_is_mended_says_so_without_a_cross(capsys):
    with gancode.broken():
        gancode.check("water is wet", True)
    assert capsys.readouterr().out == "✓ water is wet\nNothing is broken here: every check holds.\n"


def test_broken_code_may_show_itself_by_an_error_that_was_named_and_by_no_other(capsys):
    with gancode.broken(KeyError, TypeError):
        raise TypeError("with words that change from version to version")
    assert capsys.readouterr().out == "✗ TypeError\n"
    with pytest.raises(TypeError), gancode.broken(KeyError):
        raise TypeError("another than was named")


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


@pytest.mark.parametrize("errors", [("KeyError",), (3,), (KeyError("a"),), (KeyboardInterrupt,)])
def test_broken_takes_classes_of_exceptions(errors):
    with pytest.raises(ValueError, match=r"^errors: expected classes of exceptions"), gancode.broken(*errors):
        pass


def test_importing_the_package_alone_does_not_import_tensorflow():
    import subprocess
    import sys

    code = "import sys, gancode; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unknown_module_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = gancode.nothing_here
