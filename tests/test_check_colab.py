"""The pieces of make check-colab that need no environment of Colab's."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version

import nbformat
import pytest

import check_colab
from check_colab import NotLikeColab

ROOT = pathlib.Path(__file__).resolve().parent.parent
code, markdown = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def notebook(path, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=[markdown("# Tiny"), *cells]), path)
    return path


def printed(text, *tags):
    output = nbformat.v4.new_output("stream", name="stdout", text=text)
    return code("...", outputs=[output], metadata={"tags": list(tags)})


# --- the environment ---------------------------------------------------------------------------------------


def test_the_list_names_versions_and_the_python():
    listed = check_colab.wanted(check_colab.LIST.read_text(encoding="utf-8"))
    assert {"python", "tensorflow", "keras", "numpy", "ipywidgets", "ipython"} <= listed.keys()
    assert check_colab.wanted("# said\nnumpy==2.1.3  # why\n\n") == {"numpy": "2.1.3"}


@pytest.fixture
def pythons(tmp_path, monkeypatch):
    """Give a name on the PATH, which holds nothing else, to something that says it is that Python."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def add(name, says):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{says}\n")
        script.chmod(0o755)
        return str(script)

    return add


def test_colabs_own_python_is_preferred_and_3_12_will_do(pythons):
    pythons("python3", "echo 3.12")
    assert check_colab.find_python("3.13") == "python3"
    pythons("python3.12", "echo 3.12")
    assert check_colab.find_python("3.13") == "python3.12"
    pythons("python3.13", "echo 'not installed' >&2; exit 127")  # as pyenv's shims do
    assert check_colab.find_python("3.13") == "python3.12"
    pythons("python3.13", "echo 3.13")
    assert check_colab.find_python("3.13") == "python3.13"


def test_a_python_that_is_named_is_taken_or_refused_but_not_passed_over(pythons):
    pythons("python3.13", "echo 3.13")
    assert check_colab.find_python("3.13", pythons("mine", "echo 3.12")).endswith("mine")
    with pytest.raises(NotLikeColab, match=r"old is 3\.9"):
        check_colab.find_python("3.13", pythons("old", "echo 3.9"))
    with pytest.raises(NotLikeColab, match="nowhere is not there"):
        check_colab.find_python("3.13", "nowhere")


def test_without_a_fitting_python_one_is_asked_for(pythons):
    with pytest.raises(NotLikeColab, match=r"make check-colab PYTHON=/path/to/python3\.13"):
        check_colab.find_python("3.13")


def test_what_is_installed_is_listed_with_its_version():
    listed = check_colab.packages(sys.executable)
    assert listed["numpy"] == version("numpy") and listed["jupyter-client"] == version("jupyter_client")


def test_a_version_that_changed_or_went_is_told_and_a_new_package_is_not():
    before = {"tensorflow": "2.20.0", "jupyter_client": "7.4.9", "tqdm": "4.67.3"}
    assert check_colab.differences(before, {**before, "POT": "0.9.6"}) == {}
    assert check_colab.differences(before, {"TensorFlow": "2.20.0", "jupyter-client": "7.4.9", "tqdm": "4.67.3"}) == {}
    found = check_colab.differences(before, {"tensorflow": "2.21.0", "jupyter-client": "7.4.9"})
    assert found == {"tensorflow": ("2.20.0", "2.21.0"), "tqdm": ("4.67.3", None)}


def test_the_environment_is_built_once_for_a_list_and_never_left_half_built(tmp_path, monkeypatch):
    monkeypatch.setattr(check_colab, "LIST", tmp_path / "list.txt")
    monkeypatch.setattr(check_colab, "VENV", tmp_path / "venv")
    monkeypatch.setattr(check_colab, "find_python", lambda version, named: sys.executable)
    monkeypatch.setattr(check_colab, "packages", lambda python: {"numpy": "2.1.3"})
    monkeypatch.setattr(check_colab.subprocess, "run", lambda command, check: command[-1].mkdir())
    installed = []

    def pip(python, *arguments):
        installed.append(arguments[2:])
        if "broken==1" in arguments:
            raise NotLikeColab("pip install failed")

    monkeypatch.setattr(check_colab, "_pip", pip)
    check_colab.LIST.write_text("python==3.13\nnumpy==2.1.3\n")
    assert check_colab.environment() == check_colab.environment() == tmp_path / "venv" / "bin" / "python"
    assert installed == [("numpy==2.1.3", "ipykernel")]

    check_colab.LIST.write_text("python==3.13\nbroken==1\n")
    for _ in range(2):
        with pytest.raises(NotLikeColab, match="pip install failed"):
            check_colab.environment()
    check_colab.LIST.write_text("python==3.13\nnumpy==2.2.0\n")
    with pytest.raises(NotLikeColab, match=r"does not hold .*'2\.2\.0', '2\.1\.3'"):
        check_colab.environment()
    assert len(installed) == 4


# --- a chapter ---------------------------------------------------------------------------------------------


def test_a_notebook_runs_alone_and_is_told_where_gancode_comes_from(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "helpful")
    (tmp_path / "beside.txt").touch()
    look = "import os, sys\nprint(os.listdir(), sys.executable, *map(os.environ.get, ('PYTHONPATH', 'GANCODE_SOURCE')))"
    now, spent = check_colab.run(notebook(tmp_path / "01.ipynb", code(look)), sys.executable, "file:///here.whl")
    assert now.cells[1].outputs[0].text == f"['01.ipynb'] {sys.executable} None file:///here.whl\n"
    assert [cell for cell, _ in spent] == ["cell 1 (import os, sys)"]


@pytest.mark.parametrize(("source", "said"), [("1 / 0", "ZeroDivisionError"), ("import os\nos._exit(1)", "died")])
def test_a_cell_that_fails_is_told(tmp_path, source, said):
    with pytest.raises(NotLikeColab, match=said):
        check_colab.run(notebook(tmp_path / "01.ipynb", code(source)), sys.executable, "")


def test_checked_lines_and_kinds_of_output_must_be_those_that_are_stored():
    def cells(checked, unchecked, data):
        explorer = code("...", outputs=[nbformat.v4.new_output("display_data", data=data)])
        return nbformat.v4.new_notebook(
            cells=[markdown("x"), printed(checked, check_colab.TAG), printed(unchecked), explorer]
        )

    both = {"text/html": "<p>", "text/plain": "a figure"}
    stored = cells("✓ one\n✓ two\n", "0.25 s", both)
    assert check_colab.changes(stored, cells("✓ one\n✓ two\n", "0.5 s", {**both, "text/html": "<b>"})) == []
    (said,) = check_colab.changes(stored, cells("✓ one\n", "", both))
    assert said.startswith("code cell 1\n") and "✓ two" in said
    fallen_back = cells("✓ one\n✓ two\n", "", {"text/plain": "<Explorer>"})
    assert check_colab.changes(stored, fallen_back) == ["code cell 3 no longer shows text/html"]


@pytest.fixture
def colab(monkeypatch):
    """An environment of {package: version}, and what a run in it does; colab.removed tells what was uninstalled."""

    class Colab:
        installed = {"tensorflow": "2.20.0"}  # noqa: RUF012
        adds = {"gancode": "0.1", "pot": "0.9"}  # noqa: RUF012
        prints = "✓ one\n"
        fails = False
        removed = ()

        def run(self, path, python, wheel):
            self.installed = self.installed | self.adds
            if self.fails:
                raise NotLikeColab("a cell failed")
            return nbformat.v4.new_notebook(cells=[printed(self.prints, check_colab.TAG)]), [("cell 1", 2.0)]

        def pip(self, python, *arguments):
            assert arguments[:3] == ("uninstall", "--quiet", "--yes")
            self.removed = arguments[3:]

    colab = Colab()
    monkeypatch.setattr(check_colab, "run", colab.run)
    monkeypatch.setattr(check_colab, "packages", lambda python: colab.installed)
    monkeypatch.setattr(check_colab, "_pip", colab.pip)
    return colab


def check(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(cells=[printed("✓ one\n", check_colab.TAG)]), tmp_path / "01.ipynb")
    return check_colab.check(tmp_path / "01.ipynb", sys.executable, "")


def test_a_chapter_that_holds_leaves_the_environment_as_it_was(colab, tmp_path):
    assert check(tmp_path) == (["gancode", "pot"], [("cell 1", 2.0)])
    assert colab.removed == ("gancode", "pot")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"fails": True}, "a cell failed"),
        ({"adds": {"gancode": "0.1", "pot": "0.9", "tensorflow": "2.21.0"}}, r"changed versions: .*2\.20\.0.*2\.21\.0"),
        ({"prints": "✗ one\n"}, "stored: .*✓ one"),
    ],
)
def test_a_chapter_that_does_not_is_told_and_cleaned_up_after(colab, tmp_path, setting, said):
    vars(colab).update(setting)
    with pytest.raises(NotLikeColab, match=said):
        check(tmp_path)
    assert colab.removed == ("gancode", "pot")


def test_the_first_cell_must_have_had_something_to_do(colab, tmp_path):
    colab.adds = {}
    with pytest.raises(NotLikeColab, match="has not installed gancode"):
        check(tmp_path)
    colab.installed = {"gancode": "0.1"}
    with pytest.raises(NotLikeColab, match="pip uninstall gancode"):
        check(tmp_path)


# --- the command -------------------------------------------------------------------------------------------


def test_chapters_are_chosen_by_the_beginning_of_their_names():
    every = sorted((ROOT / "chapters").glob("*.ipynb"))
    assert check_colab.choose("") == every
    assert [path.name for path in check_colab.choose("03")] == ["03-wgan.ipynb"]
    with pytest.raises(NotLikeColab, match=r"No chapter begins with '9'\. There are: 01-gan"):
        check_colab.choose("9")


def test_the_wheel_is_the_last_commits_also_in_a_shallow_clone_and_later_edits_are_noticed(tmp_path):
    def git(*arguments):
        settings = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", tmp_path, *settings, *arguments], check=True, capture_output=True)

    def package(root):
        """(gancode/__init__.py in the wheel, dirty)"""
        folder = tempfile.mkdtemp(dir=tmp_path)
        address, dirty = check_colab.last_commit(folder, root)
        wheel = pathlib.Path(address.removeprefix("file://"))
        assert wheel.parent == pathlib.Path(folder)
        return zipfile.ZipFile(wheel).read("gancode/__init__.py"), dirty

    with pytest.raises(NotLikeColab, match="not a git repository"):
        package(tmp_path)
    git("init", "-q")
    (tmp_path / ".gitignore").write_text("tmp*\n")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "gancode").mkdir()
    for text in ("# 1", "# 2"):
        (tmp_path / "gancode" / "__init__.py").write_text(text)
        git("add", ".")
        git("commit", "-q", "-m", text)
    (tmp_path / "chapter.ipynb").touch()  # notebooks are taken as they are
    assert package(tmp_path) == (b"# 2", False)
    git("clone", "-q", "--depth", "1", tmp_path.as_uri(), str(tmp_path / "shallow"))
    (tmp_path / "shallow" / "gancode" / "__init__.py").write_text("# 3")
    assert package(tmp_path / "shallow") == (b"# 2", True)


def test_the_command_goes_on_after_a_failure_and_says_so_at_the_end(monkeypatch, capsys):
    seen = []

    def check(path, python, wheel):
        seen.append((path.stem, python))
        if path.name.startswith("02"):
            raise NotLikeColab("a cell failed")
        return ["gancode"], [("cell 7 (train)", 61.6)]

    monkeypatch.setattr(check_colab, "check", check)
    monkeypatch.setattr(check_colab, "last_commit", lambda folder: ("file:///here.whl", False))
    assert check_colab.main(["--here", "03"]) == 0
    assert seen == [("03-wgan", pathlib.Path(sys.executable))]
    assert check_colab.main(["--here"]) == 1
    assert [name for name, _ in seen[1:]] == [path.stem for path in check_colab.choose("")]
    said = capsys.readouterr().out
    assert "a cell failed" in said and "FAILED" in said and "ok, with gancode installed" in said
    assert "62 CPU-s   dearest: 62 cell 7 (train)" in said
    assert check_colab.main(["--here", "9"]) == 2
