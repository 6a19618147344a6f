"""What a push publishes: the branch that Colab and Binder open, tried with a bare repository on this disk."""

import os
import pathlib
import shutil
import subprocess
import sys

import nbformat
import pytest
import tomllib

import check_colab
import publish
import runner
import source
import stamp
from publish import PublishFailed

pytestmark = pytest.mark.slow  # builds wheels, starts processes

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHAPTER = "chapters/01-tiny.ipynb"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
WHEEL = f"gancode-{VERSION}-py3-none-any.whl"
READ = """\
import pathlib
import gancode.inner
pathlib.Path(gancode.inner.__file__).with_name("data").joinpath("numbers.json").read_text()"""


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch):
    """The tests themselves may run in one."""
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)


def git(folder, *arguments):
    settings = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", folder, *settings, *arguments]
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout.strip()


def commit(book, files=()):
    """Write these files, {name: text}, if there are any, and commit all that has changed."""
    for name, text in dict(files).items():
        (book / name).parent.mkdir(exist_ok=True)
        (book / name).write_text(text)
    git(book, "add", "-A")
    git(book, "commit", "-q", "-m", f"Change {', '.join(files) or 'all'}")


def small_book(folder):
    """A clone of a small book: this one's settings, a package with a folder of data, and a chapter."""
    for path in (
        "pyproject.toml",
        "_config.yml",
        "README.md",
        "LICENSE",
        "LICENSE-text.md",
        "requirements.txt",
        ".binder",
    ):
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, folder / path)
    (folder / "gancode" / "inner" / "data").mkdir(parents=True)
    (folder / "gancode" / "__init__.py").write_text("ONE = 1\n")
    (folder / "gancode" / "inner" / "__init__.py").touch()
    (folder / "gancode" / "inner" / "data" / "numbers.json").write_text("[1, 2]")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Tiny", id="title")])
    notebook.cells.append(nbformat.v4.new_code_cell(READ, id="read"))
    (folder / "chapters").mkdir()
    nbformat.write(notebook, folder / CHAPTER)
    source.write(folder / CHAPTER, source.first_cell())
    (folder / "book").mkdir()
    (folder / "book" / "notation.md").write_text("# Notation\n")
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


@pytest.fixture
def book(tmp_path):
    """A clone whose origin is a bare repository beside it, `bare.git`."""
    folder = tmp_path / "book"
    folder.mkdir()
    small_book(folder)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "bare.git")
    git(folder, "remote", "add", "origin", (tmp_path / "bare.git").as_uri())
    git(folder, "push", "-q", "origin", "main")
    return folder


def served(book):
    """Where the test's server, a folder, would have the repository's files, commit by commit."""
    return (book.parent / "raw").as_uri()


def serve(book, *commits):
    """Have that server serve these commits of the bare repository, as GitHub serves every one."""
    for each in commits:
        folder = book.parent / "raw" / each
        folder.mkdir(parents=True)
        tar = subprocess.run(["git", "-C", book.parent / "bare.git", "archive", each], check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", folder], input=tar.stdout, check=True)


def bare(book, *arguments):
    return git(book.parent / "bare.git", *arguments)


def show(book, commit, path):
    return bare(book, "show", f"{commit}:{path}")


def first_cell(book, commit="colab"):
    notebook = nbformat.reads(show(book, commit, CHAPTER), as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert source.is_first_cell(cell)
    return cell.source


BUILT = {}


@pytest.fixture
def built_once(monkeypatch):
    """A wheel is built once for all tests that ask for this: the same files make the same one (test_wheel.py)."""
    build = publish.build_wheel

    def build_once(tree, folder):
        key = tuple((path.relative_to(tree), path.read_bytes()) for path in sorted(tree.glob("gancode/**/*.*")))
        if key not in BUILT:
            wheel = build(tree, folder)
            BUILT[key] = wheel.name, wheel.read_bytes()
        wheel = pathlib.Path(folder) / BUILT[key][0]
        wheel.write_bytes(BUILT[key][1])
        return wheel

    monkeypatch.setattr(publish, "build_wheel", build_once)


# --- the branch --------------------------------------------------------------------------------------------


def test_the_branch_holds_the_wheel_and_then_the_chapters_that_install_it(book):
    before = git(book, "rev-parse", "HEAD"), git(book, "write-tree"), bare(book, "rev-parse", "main")
    done = publish.publish(raw=served(book), root=book)
    head = before[0]

    chapters, wheel = bare(book, "rev-list", "colab").split()
    assert done == (chapters, f"{served(book)}/{wheel}/{WHEEL}", 2)
    assert bare(book, "log", "--format=%an %s", "colab").splitlines() == [
        f"Ann Publish {head[:12]}: Change all",
        f"Ann Add the wheel of {head[:12]}",
    ]
    assert bare(book, "ls-tree", "-r", "--name-only", wheel) == WHEEL
    assert bare(book, "ls-tree", "-r", "--name-only", "colab").splitlines() == [
        ".binder/constraints.txt",
        ".binder/requirements.txt",
        ".binder/runtime.txt",
        "LICENSE",
        "LICENSE-text.md",
        "README.md",
        "book/notation.md",
        CHAPTER,
        WHEEL,
    ]
    assert first_cell(book) == source.first_cell(done.wheel)
    assert done.wheel in show(book, "colab", "README.md")

    after = git(book, "rev-parse", "HEAD"), git(book, "write-tree"), bare(book, "rev-parse", "main")
    assert after == before, "main is not touched"
    assert git(book, "status", "--porcelain") == "" and git(book, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert "raise ModuleNotFoundError" in first_cell(book, "main") and '"GANCODE_SOURCE", ""' in first_cell(
        book, "main"
    )


def test_buttons_open_files_that_the_branch_holds(book, built_once, monkeypatch):
    """In the clone, by its origin, as soon as the branch is there; in the workflow, by its environment."""
    publish.publish(raw=served(book), root=book)
    git(book, "remote", "set-url", "origin", "git@github.com:some-one/the.book.git")
    by_origin = source.repository(book, {})
    assert by_origin.url == "https://github.com/some-one/the.book"
    assert source.repository(book, {"GITHUB_REPOSITORY": "some-one/the.book"})[:2] == by_origin[:2]
    assert show(book, by_origin.branch, CHAPTER)


def test_what_has_not_changed_is_not_committed_again(book, built_once):
    first = publish.publish(raw=served(book), root=book)
    assert publish.publish(raw=served(book), root=book) == (first.commit, first.wheel, 0)
    commit(book, {"tests/unrelated.py": "1"})
    assert publish.publish(raw=served(book), root=book).commit == first.commit
    assert bare(book, "rev-parse", "colab") == first.commit


def test_a_changed_chapter_keeps_its_wheel_and_a_changed_package_gets_another(book, built_once):
    first = publish.publish(raw=served(book), root=book)
    stored = first_cell(book)
    notebook = nbformat.read(book / CHAPTER, as_version=4)
    notebook.cells[0].source = "# Another title"
    nbformat.write(notebook, book / CHAPTER)
    commit(book)
    second = publish.publish(raw=served(book), root=book)
    assert (second.wheel, second.added) == (first.wheel, 1) and first_cell(book) == stored

    commit(book, {"gancode/__init__.py": "ONE = 11\n"})
    third = publish.publish(raw=served(book), root=book)
    assert third.added == 2 and third.wheel != first.wheel
    assert bare(book, "ls-tree", "-r", "--name-only", "colab").count(".whl") == 1
    # and the notebook that somebody saved from the first still finds its wheel: its commit is in the branch for good
    assert bare(book, "rev-list", "colab").split()[-1] == first.wheel.split("/")[-2]
    assert bare(book, "rev-parse", f"{first.wheel.split('/')[-2]}:{WHEEL}") != bare(book, "rev-parse", f"colab:{WHEEL}")


def test_a_shallow_clone_publishes_on_top_of_what_is_there(book, built_once):
    first = publish.publish(raw=served(book), root=book)
    commit(book, {"gancode/__init__.py": "ONE = 11\n"})
    git(book, "push", "-q", "origin", "main")
    shallow = book.parent / "shallow"
    git(book.parent, "clone", "-q", "--depth", "1", (book.parent / "bare.git").as_uri(), shallow)
    second = publish.publish(raw=served(book), root=shallow)
    assert second.added == 2 and len(bare(book, "rev-list", "colab").split()) == 4
    bare(book, "merge-base", "--is-ancestor", first.commit, "colab")
    assert git(shallow, "rev-parse", "--is-shallow-repository") == "true"


def test_where_the_clone_stands_makes_no_difference(book, built_once):
    first = publish.publish(raw=served(book), root=book)
    git(book, "checkout", "-q", "-b", "with/a-slash")
    assert publish.publish(raw=served(book), root=book).commit == first.commit
    git(book, "checkout", "-q", "--detach")
    (book / "gancode" / "__init__.py").write_text("this is not committed")
    assert publish.publish(raw=served(book), root=book).commit == first.commit


def test_who_was_slower_publishes_on_top(book, built_once, monkeypatch):
    other = book.parent / "other"
    git(book.parent, "clone", "-q", (book.parent / "bare.git").as_uri(), other)
    commit(other, {"gancode/__init__.py": "ONE = 'other'\n"})
    run_git, quicker = source.run_git, []

    def slow(root, *arguments, **more):
        if arguments[0] == "push" and root == book and not quicker:
            quicker.append(publish.publish(raw=served(book), root=other))
        return run_git(root, *arguments, **more)

    monkeypatch.setattr(source, "run_git", slow)
    done = publish.publish(raw=served(book), root=book)
    assert bare(book, "rev-parse", "colab") == done.commit
    assert len(bare(book, "rev-list", "colab").split()) == 4 and quicker[0].commit in bare(book, "rev-list", "colab")


def test_a_push_that_is_refused_is_told_and_not_tried_for_ever(book, built_once):
    hook = book.parent / "bare.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho not on my watch >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PublishFailed, match="not on my watch"):
        publish.publish(raw=served(book), root=book)
    assert bare(book, "branch", "--list", "colab") == ""


def test_a_branch_of_somebody_elses_is_left_alone(book, built_once):
    git(book, "push", "-q", "origin", "main:colab")
    with pytest.raises(PublishFailed, match="was not written by this tool"):
        publish.publish(raw=served(book), root=book)
    assert bare(book, "rev-parse", "colab") == bare(book, "rev-parse", "main")


def test_a_remote_that_is_not_on_github_needs_an_address_and_no_password_is_shown(book, built_once, capsys):
    assert publish.main([], root=book) == 1
    assert "is not on GitHub: say by --raw" in capsys.readouterr().err
    assert publish.main(["--to", "https://me:secret@localhost:1/x/y", "--raw", "https://x/y"], root=book) == 1
    assert "secret" not in capsys.readouterr().err


def test_without_git_nothing_can_be_published(book, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PublishFailed, match="git is needed"):
        publish.publish(raw=served(book), root=book)


def test_on_github_the_wheel_is_served_by_commit_and_the_address_holds_no_password(book, built_once, monkeypatch):
    """The address is GitHub's; what is pushed to is this disk."""
    github = "https://me:secret@github.com/some-one/the.book.git"
    git(book, "config", f"url.{book.parent.as_uri()}/bare.git.pushInsteadOf", github)
    assert publish._served_at(github, book) == "https://raw.githubusercontent.com/some-one/the.book"
    monkeypatch.setenv("GITHUB_REPOSITORY", "some-one/the.book")
    done = publish.publish(root=book)
    wheel = bare(book, "rev-list", "colab").split()[1]
    assert done.wheel == f"https://raw.githubusercontent.com/some-one/the.book/{wheel}/{WHEEL}"
    assert first_cell(book) == source.first_cell(done.wheel)


# --- what a reader gets from it ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A Python that has all that this one has, but gancode; what pip installs with it stays in its own folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    (folder / "others").mkdir()
    here = pathlib.Path(nbformat.__file__).parent.parent
    for path in here.iterdir():
        if "gancode" not in path.name.lower():
            (folder / "others" / path.name).symlink_to(path)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "others.pth").write_text(f"{folder / 'others'}\n")
    return python


def run_alone(book, python, commit="colab"):
    """Open a chapter of the branch alone, in an empty folder, with a Python that has no gancode, offline."""
    path = book.parent / "01-tiny.ipynb"
    path.write_text(show(book, commit, CHAPTER) + "\n")
    notebook = nbformat.read(path, as_version=4)
    assert stamp._code_cells(notebook) == stamp._code_cells(nbformat.read(book / CHAPTER, as_version=4))
    kernels = book.parent / "kernels"
    shutil.rmtree(kernels, ignore_errors=True)
    kernels.mkdir()
    runner.run(
        notebook,
        check_colab._clean_environment(PIP_NO_INDEX="1"),
        kernel=check_colab._kernel(python, kernels),
        beside=[path],
    )
    return notebook


def uninstall(python):
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "gancode"], check=True, env=dict(os.environ))


def test_a_chapter_of_the_branch_installs_its_wheel_and_runs_alone(book, built_once, elsewhere):
    first = publish.publish(raw=served(book), root=book)
    with pytest.raises(runner.NotebookFailed, match="branch colab, or see Set-up"):
        run_alone(book, elsewhere, "main")
    with pytest.raises(runner.NotebookFailed, match="No module named 'gancode'"):
        run_alone(book, elsewhere)  # the wheel is not served: what is tested below is that it is
    serve(book, first.wheel.split("/")[-2])
    try:
        assert run_alone(book, elsewhere).cells[-1].outputs[0].data["text/plain"] == "'[1, 2]'"
    finally:
        uninstall(elsewhere)


def test_binder_finds_what_it_needs_in_the_branch(book, built_once, elsewhere):
    """pip is asked, offline, what it would install: the wheel, and nothing that the tested versions do not hold."""
    publish.publish(raw=served(book), root=book)
    serve(book, "colab")
    branch = book.parent / "raw" / "colab"
    assert (branch / ".binder" / "constraints.txt").read_bytes() == (ROOT / "requirements.txt").read_bytes()
    assert (branch / ".binder" / "runtime.txt").read_text().strip() in ("python-3.11", "python-3.12", "python-3.13")
    command = [elsewhere, "-m", "pip", "install", "--dry-run", "--no-index", "-r", ".binder/requirements.txt"]
    environ = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, cwd=branch, text=True, capture_output=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert f"Would install gancode-{VERSION}" in done.stdout.splitlines()
    assert "jupyterlab" in done.stdout and "ipykernel" in done.stdout
