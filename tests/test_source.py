"""The book names its repository in one place: buttons, and the chapters' first cells, follow from it."""

import importlib.util
import pathlib
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from browsing import skip
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell

import execute
import source
import stamp

ROOT = pathlib.Path(__file__).resolve().parent.parent
HTML = ROOT / "book" / "_build" / "html"
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
URL = "https://github.com/some-one/the.book"


def read(path):
    return nbformat.read(path, as_version=4)


def name(root, url, branch="main"):
    """Give a folder this book's settings, with another repository named."""
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    now = yaml.safe_load(config)["repository"]
    old = f'  url: "{now["url"]}"\n  branch: {now["branch"]}\n'
    assert config.count(old) == 1
    (root / "_config.yml").write_text(config.replace(old, f'  url: "{url}"\n  branch: "{branch}"\n'), encoding="utf-8")
    return root


def chapter(root, *cells, run=True):
    """A package and a chapter of its own in a folder, run and stamped if told. Returns the chapter's file."""
    (root / "gancode").mkdir()
    (root / "gancode" / "__init__.py").touch()
    (root / "chapters").mkdir()
    code = [nbformat.v4.new_code_cell(cell, id=f"cell-{number}") for number, cell in enumerate(cells)]
    path = root / "chapters" / "01-tiny.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Tiny"), *code]), path)
    if run:
        execute.execute(path, root, quiet=True)
    return path


# --- the first cell ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_begins_with_the_cell_that_the_tool_writes(path):
    found = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert source.is_first_cell(found[0]), "write it: make source"
    assert found[0].source == source.first_cell(source.source()), "it names another repository: make source"
    assert not any(map(source.is_first_cell, found[1:]))


@pytest.fixture
def shell(monkeypatch):
    """An IPython in which gancode is missing. shell.commands holds what it was told to run, and did not run."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("GANCODE_SOURCE", raising=False)
    shell = InteractiveShell()
    shell.commands = []
    monkeypatch.setattr(shell, "system", shell.commands.append)
    yield shell
    shell.history_manager.end_session()


def test_where_gancode_is_there_the_first_cell_does_nothing(shell, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "gancode" else None)
    assert shell.run_cell(source.first_cell("")).success
    assert shell.commands == [] and capsys.readouterr() == ("", "")


def test_where_gancode_is_missing_it_is_installed_from_the_repository(shell):
    assert shell.run_cell(source.first_cell(f"git+{URL}@main")).success
    assert len(shell.commands) == 1
    assert shell.commands[0].endswith(f"-m pip install --quiet git+{URL}@main")


def test_the_environment_may_name_another_source(shell, monkeypatch):
    monkeypatch.setenv("GANCODE_SOURCE", "git+file:///somewhere")
    assert shell.run_cell(source.first_cell(f"git+{URL}@main")).success
    assert shell.commands[0].endswith("-m pip install --quiet git+file:///somewhere")


def test_with_no_repository_the_first_cell_says_what_to_do(shell):
    result = shell.run_cell(source.first_cell(""), silent=True)
    assert isinstance(result.error_in_exec, ModuleNotFoundError)
    assert "%pip install FOLDER_OF_THE_BOOK" in str(result.error_in_exec) and shell.commands == []
    assert "## On Colab" in (ROOT / "book" / "setup.md").read_text(encoding="utf-8"), "the error points there"


def test_the_first_cell_is_what_a_run_would_store(tmp_path):
    path = chapter(tmp_path, "1 + 1", "print('two')")
    assert source.write(path, "")
    first, second, third = read(path).cells[1:]
    assert (first.execution_count, second.execution_count, third.execution_count) == (1, 2, 3)
    assert second.outputs[0].execution_count == 2
    before = path.read_bytes()
    assert not source.write(path, ""), "a second time changes nothing"
    execute.execute(path, tmp_path, quiet=True)
    assert path.read_bytes() == before


def test_the_first_cell_of_a_chapter_that_has_not_been_run_has_not_been_run_either(tmp_path):
    path = chapter(tmp_path, "1 + 1", run=False)
    source.write(path, "")
    assert [cell.execution_count for cell in read(path).cells[1:]] == [None, None]


def test_naming_a_repository_changes_the_first_cells_and_makes_no_output_stale(tmp_path, capsys):
    path = chapter(name(tmp_path, ""), "import gancode")
    for url, text in [("", '"GANCODE_SOURCE", ""'), (URL, f"git+{URL}@main"), ("", '"GANCODE_SOURCE", ""')]:
        assert source.main(name(tmp_path, url)) == 0
        assert "01-tiny.ipynb: first cell written" in capsys.readouterr().out
        assert text in read(path).cells[1].source
        assert stamp.changes(read(path), tmp_path) == []
    assert len(read(path).cells) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda cell: cell.update(source=cell.source + "\nSCALE = 10"),
        lambda cell: cell.update(source="SCALE = 10\n" + cell.source),
        lambda cell: cell.update(source=cell.source.replace('""', '"" + str(print())')),
        lambda cell: cell.update(source=cell.source.replace('""', '"git+https://github.com/a/b@c"); print("d"')),
        lambda cell: cell.metadata.update(tags=[*source.TAGS, "raises-exception"]),
        lambda cell: cell.metadata.update(tags=[]),
    ],
)
def test_nothing_else_can_be_hidden_in_the_first_cell(tmp_path, change):
    path = chapter(tmp_path, "1", run=False)
    notebook = read(path)
    notebook.metadata["gancode"] = stamp.stamp(stamp.parts(notebook, tmp_path))
    nbformat.write(notebook, path)
    source.write(path, "")
    notebook = read(path)
    assert source.is_first_cell(notebook.cells[1])
    change(notebook.cells[1])
    assert stamp.changes(notebook, tmp_path) == ["code cells changed"]


# --- what _config.yml names --------------------------------------------------------------------------------


def test_the_source_is_what_the_settings_name(tmp_path):
    assert source.source(name(tmp_path, "")) == ""
    assert source.source(name(tmp_path, URL, "second-edition")) == f"git+{URL}@second-edition"
    (tmp_path / "_config.yml").write_text("title: no word of a repository\n")
    assert source.source(tmp_path) == ""


@pytest.mark.parametrize(
    ("url", "branch", "said"),
    [
        ("github.com/some-one/the.book", "main", "url"),
        ("http://github.com/some-one/the.book", "main", "url"),
        ("https://gitlab.com/some-one/the.book", "main", "url"),
        ("https://github.com/some-one", "main", "url"),
        (f"{URL}/", "main", "url"),
        (f"{URL}.git", "main", "url"),
        (f"{URL}/tree/main", "main", "url"),
        (f"{URL}; rm -rf .", "main", "url"),
        (URL, "", "branch"),
        (URL, "main; rm", "branch"),
    ],
)
def test_a_wrong_address_is_refused_and_no_chapter_is_touched(tmp_path, capsys, url, branch, said):
    path = chapter(name(tmp_path, url, branch), "1", run=False)
    before = path.read_bytes()
    assert source.main(tmp_path) == 2
    got = url if said == "url" else branch
    assert f"repository: {said} in _config.yml: expected" in (message := capsys.readouterr().err)
    assert f"got {got!r}" in message
    assert path.read_bytes() == before


# --- the pages ---------------------------------------------------------------------------------------------


def soup(page):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def buttons(page):
    """{words on the button: address} of a page's header buttons that lead out of the book."""
    found = soup(page).select(".article-header-buttons a[href^=http]")
    return {link.get_text(strip=True): link["href"].split("?title=")[0] for link in found}


def expected(url, branch, notebook=None):
    """The buttons that a page should have."""
    if not url:
        return {}
    launch = {
        "Binder": f"https://mybinder.org/v2/gh/{url[19:]}/{branch}?urlpath=lab/tree/{notebook}",
        "Colab": f"https://colab.research.google.com/github/{url[19:]}/blob/{branch}/{notebook}",
    }
    return {"Repository": url, "Open issue": f"{url}/issues/new"} | (launch if notebook else {})


def build(root):
    """Build a book of one page and one chapter, with this book's settings, extensions and theme."""
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    (root / "tools").mkdir()
    for extension in ("source.py", "lab_page.py", "chromium.py"):  # the last is what lab_page imports
        shutil.copy(ROOT / "tools" / extension, root / "tools")
    (root / "book" / "references.bib").touch()
    (root / "book" / "index.md").write_text("# Start\n\nWords.\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: chapters/01-tiny\n")
    command = [pathlib.Path(sys.executable).with_name("jupyter-book"), "build", root, "--path-output", root / "book"]
    return subprocess.run([*command, "-W", "--keep-going", "-n", "-q"], text=True, capture_output=True)


@pytest.mark.parametrize("url", ["", URL])
def test_pages_have_buttons_where_a_repository_is_named_and_none_where_not(tmp_path, url):
    path = chapter(name(tmp_path, url), "print('shown')")
    source.main(tmp_path)
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    html = tmp_path / "book" / "_build" / "html"
    assert buttons(html / "chapters" / "01-tiny.html") == expected(url, "main", "chapters/01-tiny.ipynb")
    assert buttons(html / "book" / "index.html") == expected(url, "main")

    text = soup(html / "chapters" / "01-tiny.html").get_text()
    assert "shown" in text and "GANCODE_SOURCE" not in text, "the page leaves the first cell out"
    assert (html / "_sources" / "chapters" / "01-tiny.ipynb").read_bytes() == path.read_bytes(), "to be downloaded"


def test_a_book_with_a_wrong_address_is_not_built(tmp_path):
    chapter(name(tmp_path, f"{URL}/"), "1", run=False)
    done = build(tmp_path)
    assert done.returncode != 0
    assert f"expected https://github.com/OWNER/NAME, got '{URL}/'" in done.stderr + done.stdout


@pytest.mark.html
def test_the_built_pages_have_the_buttons_that_the_settings_ask_for():
    if not (HTML / "index.html").exists():
        skip("the book is not built: make book")
    repository = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    for path in CHAPTERS:
        page = HTML / "chapters" / f"{path.stem}.html"
        assert buttons(page) == expected(**repository, notebook=f"chapters/{path.name}")
        downloads = soup(page).select(".dropdown-download-buttons a")
        assert [link["href"] for link in downloads] == [f"../_sources/chapters/{path.name}"]
    for page in HTML.rglob("*.html"):
        assert "github.com/executablebooks/jupyter-book" not in page.read_text(encoding="utf-8"), page.name
        if not repository["url"]:
            assert not buttons(page), page.name


# --- Binder ------------------------------------------------------------------------------------------------


def test_binder_installs_the_pinned_versions_and_the_package():
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = [line for line in lines if line and not line.startswith("#")]
    assert asked == ["-r ../requirements.txt", "-e ."]
    assert (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip() in ("python-3.11", "python-3.12")
