"""Where the book lives. Its public repository is named once, in _config.yml, and the rest follows from there.

    python tools/source.py    write every chapter's first code cell

Colab opens a notebook and nothing else, so a chapter's first code cell installs gancode from the repository. It is
the same in every chapter, does nothing where gancode can be imported, and is no part of a chapter's stamp: naming a
repository makes no stored output stale.

As an extension of Sphinx this file takes away the buttons for Colab, Binder and the repository while none is named.
"""

import pathlib
import re
import sys

import nbformat
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent

URL = re.compile(r"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+(?<!\.git)")
BRANCH = re.compile(r"[A-Za-z0-9._/-]+")

# The first code cell, before and after the source. %pip says itself what went wrong, and the next cell then fails.
BEFORE, AFTER = """\
# Where the book's package is missing, as on Colab, install it. Other versions stay as they are.
import importlib.util
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up notes from TensorFlow
source = os.environ.get("GANCODE_SOURCE", "|")
if not importlib.util.find_spec("gancode"):
    if not source:
        raise ModuleNotFoundError("first run %pip install FOLDER_OF_THE_BOOK: see Set-up, On Colab")
    %pip install --quiet {source}""".split("|")
FIRST_CELL = re.compile(f"{re.escape(BEFORE)}(git\\+{URL.pattern}@{BRANCH.pattern})?{re.escape(AFTER)}")
TAGS = ["gancode-source", "remove-cell"]  # what this tool knows it by; and it is not shown on the page


def source(root=ROOT):
    """What pip installs gancode from, as _config.yml names it; "" while it names no repository.

    Raises ValueError for an address that is not https://github.com/OWNER/NAME, or comes without a branch.
    """
    config = yaml.safe_load((pathlib.Path(root) / "_config.yml").read_text(encoding="utf-8"))
    named = config.get("repository") or {}
    url, branch = named.get("url") or "", named.get("branch") or ""
    if not url:
        return ""
    if not URL.fullmatch(url):
        raise ValueError(f"repository: url in _config.yml: expected https://github.com/OWNER/NAME, got {url!r}")
    if not BRANCH.fullmatch(branch):
        raise ValueError(f"repository: branch in _config.yml: expected the name of a branch, got {branch!r}")
    return f"git+{url}@{branch}"


def first_cell(found):
    """The text of a chapter's first code cell; found: what `source` returned."""
    return BEFORE + found + AFTER


def is_first_cell(cell):
    """Is this that cell, to the letter, whichever repository is named? Nothing else can be hidden in it."""
    return cell.metadata.get("tags") == TAGS and FIRST_CELL.fullmatch(cell.source) is not None


def write(path, found):
    """Put the first code cell into a chapter, or bring it up to date. Returns whether the file has changed."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell = code[0]
    if TAGS[0] not in cell.metadata.get("tags", []):
        cell = nbformat.v4.new_code_cell(id=TAGS[0])
        notebook.cells.insert(notebook.cells.index(code[0]), cell)
        if all(other.execution_count for other in code):
            # what a new run would store: this one shows nothing, the others move up
            cell.execution_count = 1
            for other in code:
                for counted in (other, *other.outputs):
                    if counted.get("execution_count"):
                        counted.execution_count += 1
    cell.source, cell.outputs = first_cell(found), []
    cell.metadata["tags"] = TAGS
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


def setup(app):
    """What Sphinx calls for its extensions."""
    app.connect("config-inited", _take_buttons_away)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _take_buttons_away(app, config):
    """The theme would draw them all the same, and they would lead nowhere."""
    from sphinx.errors import ConfigError

    try:
        found = source(app.srcdir)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if not found:
        nothing = {"launch_buttons": {}, "use_repository_button": False, "use_issues_button": False}
        config.html_theme_options.update(nothing)


def main(root=ROOT):
    try:
        found = source(root)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"gancode comes from {found}" if found else "_config.yml names no repository")
    for path in sorted((root / "chapters").glob("*.ipynb")):
        print(f"{path.name}: first cell " + ("written" if write(path, found) else "up to date"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
