"""The wheel holds the whole package, is the same wherever it is built, and asks for what running a chapter needs."""

import ast
import functools
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions, requires

import nbformat
import pytest
import tomllib
from packaging.requirements import Requirement

import publish
import runner

pytestmark = pytest.mark.slow  # trains, builds or starts processes

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def tracked():
    """The package's files, as git knows them or is about to."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "gancode"]
    names = subprocess.run(command, check=True, text=True, capture_output=True).stdout.split("\0")
    return sorted(name for name in set(names) if name and (ROOT / name).exists())


def built(tree, folder):
    """Build this tree's package from a copy. Returns the wheel."""
    for name in [*tracked(), "pyproject.toml", "README.md", "LICENSE"]:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
        (tree / name).chmod(0o644)
    return publish.build_wheel(tree, folder)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return built(tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An otherwise empty folder with the package from the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def test_the_wheel_holds_every_file_of_the_package(wheel):
    held = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert sorted(held) == tracked()


def test_the_same_files_make_the_same_wheel_whoever_builds_it(wheel, tmp_path):
    (tmp_path / "tree").mkdir()
    before = os.umask(0o077)
    try:
        again = built(tmp_path / "tree", tmp_path)
    finally:
        os.umask(before)
    assert again.name == wheel.name == f"gancode-{PROJECT['version']}-py3-none-any.whl"
    assert again.read_bytes() == wheel.read_bytes()


# --- what running needs ------------------------------------------------------------------------------------


@functools.cache
def needed():
    """The distributions that `pip install gancode[run]` brings."""
    pending = [*map(Requirement, PROJECT["dependencies"] + PROJECT["optional-dependencies"]["run"])]
    found = set()
    while pending:
        asked = pending.pop()
        for extra in ("", *asked.extras):
            if (asked.name, extra) not in found:
                found.add((asked.name, extra))
                further = map(Requirement, requires(asked.name) or [])
                pending += [each for each in further if not each.marker or each.marker.evaluate({"extra": extra})]
    return {plain(name) for name, _ in found}


def plain(name):
    return name.lower().replace("_", "-").replace(".", "-")


# What a fresh environment would not have cannot be imported, whoever asks.
BLOCK = """\
import sys


class Missing:
    names = frozenset({names!r})

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"not among what running needs: {{name}}", name=name)


sys.meta_path.insert(0, Missing())
"""


@pytest.fixture(scope="module")
def blocked(tmp_path_factory):
    """A folder that makes any Python, once on its path, miss what `pip install gancode[run]` would not bring."""
    owners = packages_distributions()
    others = {module for module in owners if not needed() & set(map(plain, owners[module]))} - {"gancode"}
    assert {"pytest", "playwright", "sphinx", "jupyter_book"} <= others
    folder = tmp_path_factory.mktemp("blocked")
    (folder / "sitecustomize.py").write_text(BLOCK.format(names=sorted(others)))
    return folder


def modules(folder):
    """The dotted names of the package's modules; files that are no package's are loaded by path by who runs them."""
    for path in sorted((folder / "gancode").rglob("*.py")):
        names = path.relative_to(folder).with_suffix("").parts
        if names[-1] != "__main__":
            yield ".".join(names[:-1] if names[-1] == "__init__" else names)


def imports(path):
    """What a chapter's code cells import at their own level or deeper."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code" and "%" not in cell.source:
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Import):
                    yield from (name.name for name in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield node.module


TRAIN = """\
import matplotlib.pyplot as plt
from gancode import check, data, models, plots, trainers

gan = trainers.WGANGP(models.conv_generator(), models.conv_critic())
gan.compile()
gan.fit(data.batches(data.mnist()[:64], 32), epochs=1, steps_per_epoch=1, verbose=0)
plt.imshow(gan.generate(4)[0, ..., 0])
check("there is a picture", len(plt.gcf().axes) == 1)
"""


def test_every_module_of_the_wheel_and_a_chapter_run_with_what_running_needs_and_no_more(installed, blocked):
    chapters = sorted((ROOT / "chapters").glob("*.ipynb"))
    asked = sorted({name for path in chapters for name in imports(path)} | set(modules(installed)))
    cells = ["\n".join(f"import {name}" for name in asked), TRAIN, "import gancode\nprint(gancode.__file__)"]
    cells.append("try:\n    import sphinx\nexcept ModuleNotFoundError as error:\n    print(error)")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    paths = os.pathsep.join(map(str, (blocked, installed)))
    runner.run(notebook, {**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "agg"})
    shown = [output.get("data", {}).get("text/plain") for output in notebook.cells[1].outputs]
    assert "✓ there is a picture" in shown
    assert notebook.cells[2].outputs[0].text == f"{installed / 'gancode' / '__init__.py'}\n"
    assert notebook.cells[3].outputs[0].text == "not among what running needs: sphinx\n"


def test_what_running_needs_starts_jupyterlab(blocked):
    environ = {**os.environ, "PYTHONPATH": str(blocked)}
    command = [sys.executable, "-c", "import jupyterlab.labapp, ipykernel.kernelapp"]
    done = subprocess.run(command, env=environ, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_binder_installs_what_running_needs_at_the_tested_versions():
    lines = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == ["-c ../requirements.txt", "-e .[run]"]
    assert (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip() in ("python-3.11", "python-3.12")
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    versions = {plain(line.partition("==")[0]) for line in pinned if "==" in line}
    assert needed() <= versions, "a constraint a package: make requirements.txt anew"
