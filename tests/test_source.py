"""The book finds its repository by one of three rules, and buttons follow from it; none leads nowhere."""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from browsing import skip
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from sphinx.errors import ConfigError

import execute
import source
import stamp

ROOT = pathlib.Path(__file__).resolve().parent.parent
HTML = ROOT / "book" / "_build" / "html"
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
URL = "https://github.com/some-one/the.book"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WHEEL = f"https://raw.githubusercontent.com/some-one/the.book/{COMMIT}/gancode-0.1.0-py3-none-any.whl"


def read(path):
    return nbformat.read(path, as_version=4)


def name(root, url, branch="colab"):
    """Give a folder this book's settings, with another repository named."""
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    for key, value in (("url", url), ("branch", branch)):
        config, found = re.subn(rf"^  {key}: [^#\n]*", f'  {key}: "{value}"  ', config, flags=re.MULTILINE)
        assert found == 1
    (root / "_config.yml").write_text(config, encoding="utf-8")
    return root


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, *arguments], check=True, text=True, capture_output=True).stdout.strip()


def clone(root, origin, known=("colab",)):
    """Make a folder a clone with one commit: its origin's address, and which of origin's branches it knows."""
    git(root, "init", "-q", "-b", "main")
    settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    git(root, *settings, "commit", "-q", "--allow-empty", "-m", "one")
    git(root, "remote", "add", "origin", origin)
    for branch in known:
        git(root, "update-ref", f"refs/remotes/origin/{branch}", "HEAD")
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
    assert found[0].source == source.first_cell(branch=source.repository().branch), "another branch: make source"
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


def test_where_gancode_is_missing_its_wheel_is_installed(shell):
    assert shell.run_cell(source.first_cell(WHEEL)).success
    assert len(shell.commands) == 1
    assert shell.commands[0].endswith(f"-m pip install --quiet {WHEEL}")


def test_the_environment_may_name_another_source(shell, monkeypatch):
    monkeypatch.setenv("GANCODE_SOURCE", "git+file:///somewhere")
    assert shell.run_cell(source.first_cell(WHEEL)).success
    assert shell.commands[0].endswith("-m pip install --quiet git+file:///somewhere")


def test_a_notebook_of_main_says_in_one_line_which_branch_to_open(shell):
    result = shell.run_cell(source.first_cell(), silent=True)
    assert isinstance(result.error_in_exec, ModuleNotFoundError) and shell.commands == []
    (said,) = str(result.error_in_exec).splitlines()
    assert said == "open this notebook from its repository's branch colab, or see Set-up, On Colab"
    assert "## On Colab" in (ROOT / "book" / "setup.md").read_text(encoding="utf-8"), "the error points there"


@pytest.mark.slow
def test_the_first_cell_is_what_a_run_would_store(tmp_path):
    path = chapter(tmp_path, "1 + 1", "print('two')")
    assert source.write(path, source.first_cell())
    first, second, third = read(path).cells[1:]
    assert (first.execution_count, second.execution_count, third.execution_count) == (1, 2, 3)
    assert second.outputs[0].execution_count == 2
    before = path.read_bytes()
    assert not source.write(path, source.first_cell()), "a second time changes nothing"
    execute.execute(path, tmp_path, quiet=True)
    assert path.read_bytes() == before


def test_the_first_cell_of_a_chapter_that_has_not_been_run_has_not_been_run_either(tmp_path):
    path = chapter(tmp_path, "1 + 1", run=False)
    source.write(path, source.first_cell())
    assert [cell.execution_count for cell in read(path).cells[1:]] == [None, None]


@pytest.mark.slow
def test_whatever_the_first_cell_installs_no_output_is_stale(tmp_path, capsys):
    path = chapter(name(tmp_path, ""), "import gancode")
    assert source.main(tmp_path) == 0
    assert "01-tiny.ipynb: first cell written" in capsys.readouterr().out
    assert '"GANCODE_SOURCE", ""' in read(path).cells[1].source
    assert stamp.changes(read(path), tmp_path) == []
    source.main(name(tmp_path, "", branch="elsewhere"))
    assert "branch elsewhere" in read(path).cells[1].source
    assert stamp.changes(read(path), tmp_path) == []
    source.write(path, source.first_cell(WHEEL))
    assert WHEEL in read(path).cells[1].source
    assert stamp.changes(read(path), tmp_path) == []
    assert len(read(path).cells) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda cell: cell.update(source=cell.source + "\nSCALE = 10"),
        lambda cell: cell.update(source="SCALE = 10\n" + cell.source),
        lambda cell: cell.update(source=cell.source.replace('""', '"" + str(print())')),
        lambda cell: cell.update(source=cell.source.replace('""', f'"{WHEEL}"); print("d"')),
        lambda cell: cell.update(source=cell.source.replace('""', f'"{WHEEL};rm"')),
        lambda cell: cell.update(
            source=cell.source.replace('""', '"https://elsewhere.org/gancode-1-py3-none-any.whl"')
        ),
        lambda cell: cell.update(source=cell.source.replace("branch colab", 'branch" + str(print()) + "')),
        lambda cell: cell.metadata.update(tags=[*source.TAGS, "raises-exception"]),
        lambda cell: cell.metadata.update(tags=[]),
    ],
)
def test_nothing_else_can_be_hidden_in_the_first_cell(tmp_path, change):
    path = chapter(tmp_path, "1", run=False)
    notebook = read(path)
    notebook.metadata["gancode"] = stamp.stamp(stamp.parts(notebook, tmp_path))
    nbformat.write(notebook, path)
    source.write(path, source.first_cell())
    notebook = read(path)
    assert source.is_first_cell(notebook.cells[1])
    change(notebook.cells[1])
    assert stamp.changes(notebook, tmp_path) == ["code cells changed"]


# --- the repository ----------------------------------------------------------------------------------------

WORKFLOW = {"GITHUB_REPOSITORY": "work/flow", "GITHUB_SERVER_URL": "https://github.com"}


def test_the_settings_come_first_then_the_workflow_then_the_clones_origin_then_none(tmp_path):
    root = clone(name(tmp_path, URL, "second-edition"), "git@github.com:cloned/it.git")
    assert source.repository(root, WORKFLOW) == (URL, "second-edition", "_config.yml names it")
    name(root, "")
    found = source.repository(root, WORKFLOW)
    assert found.url == "https://github.com/work/flow" and found.branch == "colab" and "GITHUB_REPOSITORY" in found.rule
    found = source.repository(root, {})
    assert found.url == "https://github.com/cloned/it" and found.rule.endswith("whose branch colab is known here")
    git(root, "update-ref", "-d", "refs/remotes/origin/colab")
    assert source.repository(root, {})[:2] == ("", "colab")


def test_settings_that_say_nothing_of_a_repository_are_fine(tmp_path):
    (tmp_path / "_config.yml").write_text("title: no word of a repository\n")
    assert source.repository(tmp_path, {}).url == ""
    assert source.repository(tmp_path, WORKFLOW)[:2] == ("https://github.com/work/flow", "colab")


def test_another_server_and_a_codespace_are_no_workflow_of_githubs(tmp_path):
    root = name(tmp_path, "")
    for more in ({"GITHUB_SERVER_URL": "https://github.example.org"}, {"CODESPACES": "true"}):
        assert source.repository(root, WORKFLOW | more).url == ""
    assert source.repository(root, {"GITHUB_REPOSITORY": "work/flow"}).url == "https://github.com/work/flow"
    for odd in ("", "work", "work/flow/more", "work/..", "wo rk/flow", "work/flow?x"):
        assert source.repository(root, WORKFLOW | {"GITHUB_REPOSITORY": odd}).url == "", odd


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/some-one/the.book",
        "https://github.com/some-one/the.book.git",
        "https://github.com/some-one/the.book/",
        "http://www.github.com/some-one/the.book",
        "https://name:secret@github.com/some-one/the.book.git",
        "https://x-access-token:gh_secret@GitHub.com:443/some-one/the.book",
        "https://name:sec@ret@github.com/some-one/the.book",
        "git@github.com:some-one/the.book.git",
        "github.com:some-one/the.book",
        "ssh://git@github.com/some-one/the.book",
        "ssh://git@ssh.github.com:443/some-one/the.book.git",
        "git://github.com/some-one/the.book.git",
    ],
)
def test_an_address_on_github_is_known_however_it_is_written_and_holds_no_password(address):
    assert source.github(address) == URL


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/srv/git/the.book.git",
        "file:///srv/github.com/some-one/the.book",
        "../github.com/some-one/the.book",
        "https://gitlab.com/some-one/the.book",
        "git@gitlab.com:some-one/the.book.git",
        "git@work:some-one/the.book.git",
        "https://github.com.evil.org/some-one/the.book",
        "https://github.com@evil.org/some-one/the.book",
        "https://notgithub.com/some-one/the.book",
        "https://github.com/some-one",
        "https://github.com/some-one/the.book/tree/main",
        "https://github.com/some-one/..",
        "https://gist.github.com/some-one/0123",
    ],
)
def test_any_other_address_gives_no_buttons(tmp_path, address):
    assert source.github(address) == ""
    if address:
        found = source.repository(clone(name(tmp_path, ""), address), {})
        assert found.url == "" and "origin is not on GitHub" in found.rule


def test_where_the_clone_stands_makes_no_difference(tmp_path):
    root = clone(name(tmp_path, ""), f"{URL}.git")
    git(root, "checkout", "-q", "--detach")
    assert source.repository(root, {}).url == URL
    git(root, "checkout", "-q", "-b", "a/branch/with-slashes")
    assert source.repository(root, {})[:2] == (URL, "colab")
    (tmp_path / "book").mkdir()
    git(root, "worktree", "add", "-q", "--detach", tmp_path / "beside")
    assert source.repository(name(tmp_path / "beside", ""), {}).url == URL


def test_a_shallow_clone_knows_the_branch_once_it_has_been_fetched(tmp_path):
    origin = clone(tmp_path, URL, known=())
    git(origin, "branch", "colab")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", origin.as_uri(), shallow)
    git(shallow, "remote", "set-url", "origin", URL)
    found = source.repository(name(shallow, ""), {})
    assert found.url == "" and "has no branch colab that is known here" in found.rule
    git(shallow, "fetch", "-q", "--depth", "1", origin.as_uri(), "colab:refs/remotes/origin/colab")
    assert source.repository(shallow, {}).url == URL


def test_without_git_or_inside_of_another_project_there_is_none(tmp_path, monkeypatch):
    assert "no clone" in source.repository(name(tmp_path, ""), {}).rule
    (tmp_path / "copied").mkdir()
    inside = name(clone(tmp_path, URL) / "copied", "")
    assert source.repository(tmp_path, {}).url == URL
    assert source.repository(inside, {}).url == "" and "no clone" in source.repository(inside, {}).rule
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))  # as in a hook
    assert source.repository(inside, {}).url == ""
    monkeypatch.setenv("PATH", "")
    assert source.repository(tmp_path, {}).url == "" and "git is missing" in source.repository(tmp_path, {}).rule


@pytest.mark.parametrize(
    ("url", "branch", "said"),
    [
        ("github.com/some-one/the.book", "colab", "url"),
        ("http://github.com/some-one/the.book", "colab", "url"),
        ("https://gitlab.com/some-one/the.book", "colab", "url"),
        ("https://github.com/some-one", "colab", "url"),
        (f"{URL}/", "colab", "url"),
        (f"{URL}.git", "colab", "url"),
        (f"{URL}/tree/main", "colab", "url"),
        (f"{URL}; rm -rf .", "colab", "url"),
        (URL, "colab; rm", "branch"),
        (URL, "with/slash", "branch"),
        (URL, "main", "branch"),
    ],
)
def test_a_wrong_setting_is_refused_and_no_chapter_is_touched(tmp_path, capsys, url, branch, said):
    path = chapter(name(tmp_path, url, branch), "1", run=False)
    before = path.read_bytes()
    assert source.main(tmp_path) == 2
    got = url if said == "url" else branch
    assert f"repository: {said} in _config.yml: expected" in (message := capsys.readouterr().err)
    assert f"got {got!r}" in message
    assert path.read_bytes() == before
    with pytest.raises(ConfigError, match=f"repository: {said} in _config.yml"):
        theme(tmp_path)


def test_a_password_in_the_settings_is_refused_and_not_repeated(tmp_path, capsys):
    assert source.main(name(tmp_path, "https://me:secret@github.com/some-one/the.book")) == 2
    assert "secret" not in capsys.readouterr().err


def test_make_source_says_which_rule_applied(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    root = clone(name(tmp_path, ""), "https://me:secret@github.com/cloned/it")
    source.main(root)
    said = capsys.readouterr().out
    assert "The book lives at https://github.com/cloned/it: the clone's origin, whose branch colab is known" in said
    git(root, "update-ref", "-d", "refs/remotes/origin/colab")
    source.main(root)
    said += capsys.readouterr().out
    assert "The book has no repository: the clone's origin, https://github.com/cloned/it, has no branch colab" in said
    monkeypatch.setenv("GITHUB_REPOSITORY", "work/flow")
    source.main(root)
    assert "https://github.com/work/flow: the workflow says so" in capsys.readouterr().out
    source.main(name(root, URL))
    assert f"{URL}: _config.yml names it" in capsys.readouterr().out
    assert "secret" not in said


# --- the pages ---------------------------------------------------------------------------------------------


def soup(page):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def buttons(page):
    """{words on the button: address} of a page's header buttons that lead out of the book. page: its file, or soup."""
    page = page if isinstance(page, BeautifulSoup) else soup(page)
    found = page.select(".article-header-buttons a[href^=http]")
    return {link.get_text(strip=True): link["href"].split("?title=")[0] for link in found}


def expected(url, branch, rule="", notebook=None):
    """The buttons that a page should have."""
    if not url:
        return {}
    launch = {
        "Binder": f"https://mybinder.org/v2/gh/{url[19:]}/{branch}?urlpath=lab/tree/{notebook}",
        "Colab": f"https://colab.research.google.com/github/{url[19:]}/blob/{branch}/{notebook}",
    }
    return {"Repository": url, "Open issue": f"{url}/issues/new"} | (launch if notebook else {})


def theme(root):
    """What the theme is told of a book's repository."""
    options = {"launch_buttons": {"colab_url": "https://colab"}, "use_repository_button": True}
    source._tell_the_theme(SimpleNamespace(srcdir=root), SimpleNamespace(html_theme_options=options))
    return options


def build(root):
    """Build a book of one page and one chapter, with this book's settings, extensions and theme."""
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    (root / "tools").mkdir()
    for extension in (
        "source.py",
        "lab_page.py",
        "generators_page.py",
        "package_page.py",
        "share_page.py",
        "chromium.py",
    ):  # the last is what the two pages import
        shutil.copy(ROOT / "tools" / extension, root / "tools")
    (root / "book" / "references.bib").touch()
    (root / "book" / "index.md").write_text("# Start\n\nWords.\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: chapters/01-tiny\n")
    command = [pathlib.Path(sys.executable).with_name("jupyter-book"), "build", root, "--path-output", root / "book"]
    return subprocess.run([*command, "-W", "--keep-going", "-n", "-q"], text=True, capture_output=True)


def test_where_there_is_no_repository_the_theme_is_told_to_draw_no_buttons(tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    told = theme(name(tmp_path, ""))
    assert told == {
        "repository_url": "",
        "repository_branch": "colab",
        "launch_buttons": {},
        "use_repository_button": False,
        "use_issues_button": False,
    }
    assert theme(name(tmp_path, URL))["launch_buttons"]


@pytest.mark.html
def test_built_pages_have_the_buttons_of_the_workflows_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "some-one/the.book")
    path = chapter(name(tmp_path, ""), "print('shown')")
    source.main(tmp_path)
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    html = tmp_path / "book" / "_build" / "html"
    assert buttons(html / "chapters" / "01-tiny.html") == expected(URL, "colab", notebook="chapters/01-tiny.ipynb")
    assert buttons(html / "book" / "index.html") == expected(URL, "colab")

    text = soup(html / "chapters" / "01-tiny.html").get_text()
    assert "shown" in text and "GANCODE_SOURCE" not in text, "the page leaves the first cell out"
    assert (html / "_sources" / "chapters" / "01-tiny.ipynb").read_bytes() == path.read_bytes(), "to be downloaded"
    address = soup(html / "chapters" / "01-tiny.html").find("meta", property="og:url")["content"]
    assert address == "https://some-one.github.io/the.book/chapters/01-tiny.html", "for who shares the page"


@pytest.mark.html
def test_the_built_pages_have_the_buttons_that_were_found():
    if not (HTML / "index.html").exists():
        skip("the book is not built: make book")
    repository = source.repository()
    notebooks = {HTML / "chapters" / f"{path.stem}.html": path for path in CHAPTERS}
    pages = set(HTML.rglob("*.html"))
    assert notebooks.keys() <= pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "github.com/executablebooks/jupyter-book" not in text, page.name
        if page not in notebooks and repository.url:
            continue
        # Each is parsed once, and without its pictures, which are most of a chapter.
        parsed = BeautifulSoup(re.sub(r"data:image/[\w+]+;base64,[\w+/=]+", "", text), "html.parser")
        if page in notebooks:
            path = notebooks[page]
            assert buttons(parsed) == expected(*repository, notebook=f"chapters/{path.name}")
            downloads = parsed.select(".dropdown-download-buttons a")
            assert [link["href"] for link in downloads] == [f"../_sources/chapters/{path.name}"]
        else:
            assert not buttons(parsed), page.name
