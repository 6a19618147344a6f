import numpy as np
import pytest
import tensorflow as tf

import gancode
from gancode.checks import one_of, positive, positive_integer, same_shape


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


@pytest.mark.parametrize("holds", [[True, True], np.array([True, False]), 1, "yes", None, [], np.array([True])])
def test_check_refuses_what_is_not_one_truth_value(holds):
    with pytest.raises(ValueError, match="holds"):
        gancode.check("claim", holds)


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


def test_same_shape_names_both_shapes():
    same_shape(tf.zeros((3, 2)), tf.ones((3, 2)))
    with pytest.raises(ValueError, match=r"real and fake: .*\(3, 2\) and \(3, 1\)"):
        same_shape(tf.zeros((3, 2)), tf.ones((3, 1)))


def test_importing_the_package_alone_does_not_import_tensorflow():
    import subprocess
    import sys

    code = "import sys, gancode; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unknown_module_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = gancode.nothing_here
