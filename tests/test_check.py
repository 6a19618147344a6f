import ast
import inspect

import nbclient
import nbformat
import numpy as np
import pytest
import tensorflow as tf

import gancode
from gancode import losses, trainers


def test_check_prints_the_claim_when_it_holds(capsys):
    gancode.check("water is wet", True)
    assert capsys.readouterr().out == "✓ water is wet\n"


def test_check_fails_and_prints_nothing_when_it_does_not_hold(capsys):
    with pytest.raises(AssertionError, match="water is dry"):
        gancode.check("water is dry", False)
    assert capsys.readouterr().out == ""


@pytest.fixture(scope="module")
def cells():
    """What a kernel answers to cells that check."""
    sources = (
        "from gancode import broken, check",
        "for word in ('wet', '<b> & dry'):\n    check(f'water is {word}', True)\nprint('after')",
        "check('a cell of its own', 1 < 2)",
        "check('good', True)\ncheck('bad', False)\ncheck('never asked', True)",
        "with broken():\n    check('good', True)\n    check('bad', False)",
        "'nothing is left over'",
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(notebook, allow_errors=True, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


FOLDED = '<details class="checks"><summary>✓ {}</summary><ul>{}</ul></details>'


def test_in_a_notebook_the_claims_of_a_cell_fold_to_one_line_that_counts_them(cells):
    *printed, folded = cells[1]
    assert "".join(each.text for each in printed) == "after\n"
    assert folded.data == {
        "text/html": FOLDED.format("2 checks hold", "<li>water is wet</li><li>water is &lt;b&gt; &amp; dry</li>"),
        "text/plain": "✓ water is wet\n✓ water is <b> & dry",
    }
    assert [each.data["text/html"] for each in cells[2]] == [
        FOLDED.format("1 check holds", "<li>a cell of its own</li>")
    ]
    assert [each.data for each in cells[5]] == [{"text/plain": "'nothing is left over'"}]


def test_in_a_notebook_a_check_that_fails_stops_the_cell_and_is_not_folded(cells):
    error, folded = cells[3]
    assert (error.output_type, error.evalue) == ("error", "this does not hold: bad")
    assert folded.data["text/html"] == FOLDED.format("1 check holds", "<li>good</li>")
    *said, folded = cells[4]
    assert "".join(each.text for each in said) == "✗ this does not hold: bad\n"  # a busy machine sends it in pieces
    assert folded.data["text/plain"] == "✓ good"


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


@pytest.mark.parametrize("errors", [("KeyError",), (3,), (KeyError("a"),), (KeyboardInterrupt,)])
def test_broken_takes_classes_of_exceptions(errors):
    with pytest.raises(ValueError, match=r"^errors: expected classes of exceptions"), gancode.broken(*errors):
        pass


def test_the_code_on_the_page_is_the_packages_own_flush_left():
    text = gancode.show_code(losses.Wasserstein, losses.LeastSquares.critic).data
    above = "@dataclasses.dataclass(frozen=True)\n"  # what stands above it
    assert text.startswith(f"```python\n{above}class Wasserstein(Loss):\n")
    assert "\n\ndef critic(self, real_scores, fake_scores):\n    " in text
    assert text.endswith("\n```")


def test_of_a_docstring_the_page_shows_the_first_paragraph_and_of_the_code_all():
    text = gancode.show_code(trainers.WGANGP).data
    assert (
        '    """Chapter 4. Swap clipping for a penalty on the critic\'s input gradient (Gulrajani et al. 2017' in text
    )
    assert "Args:" not in text and "Args:" in trainers.WGANGP.__doc__
    shown, whole = (ast.parse(source) for source in (text[10:-4], inspect.getsource(trainers.WGANGP)))
    for tree in (shown, whole):
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
                node.body = node.body[1:]
    assert ast.dump(shown) == ast.dump(whole)
