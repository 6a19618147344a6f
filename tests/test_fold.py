"""One mark folds a code cell on the page, in JupyterLab and on Colab."""

import nbformat
import pytest

import fold
from fold import MARK, title


def cell(source, **metadata):
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def folded(*cells):
    return fold.fold(nbformat.v4.new_notebook(cells=list(cells))).cells


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (f"{MARK}Train the critics\n1 + 1", "Train the critics"),
        (f"{MARK}Only a title", "Only a title"),
        ("1 + 1", None),
        (f"1 + 1\n{MARK}too late", None),
        ("# a comment", None),
        ("", None),
    ],
)
def test_the_first_line_says_whether_a_cell_is_folded_and_what_it_is_called(source, name):
    assert title(cell(source)) == name


def test_a_folded_cell_is_told_so_to_the_page_to_jupyterlab_and_to_colab():
    (code,) = folded(cell(f"{MARK}Two checks\n1 + 1", tags=["nbval-check-output"]))
    assert code.metadata == {
        "tags": ["nbval-check-output", "hide-input"],
        "cellView": "form",
        "jupyter": {"source_hidden": True},
        "mystnb": {"code_prompt_show": "Two checks", "code_prompt_hide": "Two checks"},
    }


def test_with_hide_cell_its_outputs_are_folded_as_well_and_what_else_is_known_stays():
    (code,) = folded(cell(f"{MARK}Solution\n1", tags=["hide-cell"], mystnb={"image": {"alt": "a curve"}}))
    assert code.metadata["tags"] == ["hide-cell"]
    assert code.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
    assert code.metadata["mystnb"]["image"] == {"alt": "a curve"}


def test_other_cells_stay_as_they_are_and_folding_twice_changes_nothing():
    plain, text = cell("1 + 1", tags=["hide-input"]), nbformat.v4.new_markdown_cell(f"{MARK}not code")
    once = folded(plain, text, cell(f"{MARK}a\n1"))
    assert once[0].metadata == {"tags": ["hide-input"]} and once[1].metadata == {}
    before = [dict(each.metadata) for each in once]
    assert [dict(each.metadata) for each in folded(*once)] == before
