"""Code that a reader opens if they want to: one mark for the page, JupyterLab and Colab.

A code cell whose first line is

    # @title Train the four critics

is folded to that line. Colab knows the line itself, and shows a form; JupyterLab and the page are told by the cell's
metadata, which is written here, and by tools/execute.py before a chapter is run:

    python tools/fold.py           all chapters
"""

import pathlib
import sys

import nbformat

MARK = "# @title "
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "chapters"


def title(cell):
    """What a folded cell is called, or None for one that is open."""
    first = cell.source.split("\n", 1)[0]
    return first.removeprefix(MARK).strip() if cell.cell_type == "code" and first.startswith(MARK) else None


def fold(notebook):
    """Write the metadata of the folded cells, in place. One that is tagged hide-cell has its outputs folded as well."""
    for cell in notebook.cells:
        name = title(cell)
        if name is None:
            continue
        tags = cell.metadata.setdefault("tags", [])
        whole = "hide-cell" in tags
        if not whole and "hide-input" not in tags:
            tags.append("hide-input")
        cell.metadata["cellView"] = "form"
        cell.metadata["jupyter"] = {"source_hidden": True} | ({"outputs_hidden": True} if whole else {})
        # the page's line is the same whether it is open or not: a triangle tells
        cell.metadata.setdefault("mystnb", {}).update(code_prompt_show=name, code_prompt_hide=name)
    return notebook


def main():
    for path in sorted(FOLDER.glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        after = nbformat.writes(fold(nbformat.reads(before, as_version=4))) + "\n"
        if after != before:
            path.write_text(after, encoding="utf-8")
        print(f"{path.name}: " + ("written" if after != before else "up to date"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
