"""Runs chapters as Colab would: with Colab's versions, the notebook alone in an empty folder, gancode not there yet.

    python tools/check_colab.py           all chapters, in an environment of their own: .venv-colab
    python tools/check_colab.py 04        those whose names begin with 04
    python tools/check_colab.py --here    in the Python that runs this, as it is: for use inside Colab's own image

The first cell has to install gancode, from the wheel of this repository's last commit, as from the one in the branch
`colab`; and no package that was there may change.
Every cell has to run and to show what kinds of output are stored; in cells tagged nbval-check-output, the same lines.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

import publish
import runner

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "tools" / "colab-2026-08.txt"
VENV = ROOT / ".venv-colab"
TAG = "nbval-check-output"


class NotLikeColab(Exception):
    """What cannot be checked, or does not do on Colab what it should."""


# --- the environment ---------------------------------------------------------------------------------------


def wanted(text):
    """{package: version} of a list of name==version lines; "python" is one of them."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return dict(line.split("==") for line in lines if line)


def find_python(version, named=None):
    """A Python of that version or, failing that, 3.12, Colab's last one; named: the one that must be taken, if any.

    Raises NotLikeColab if there is none.
    """
    fit, seen = (version, "3.12"), []
    for candidate in [named] if named else [f"python{each}" for each in fit] + ["python3"]:
        says = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
        try:
            found = subprocess.run([candidate, "-c", says], text=True, capture_output=True).stdout.strip()
        except OSError:
            found = ""
        if found in fit:
            return candidate
        seen.append(f"{candidate} is {found or 'not there, or without venv'}")
    raise NotLikeColab(
        f"Colab runs Python {version}. That or 3.12 is needed, with venv; {', '.join(seen)}.\n"
        f"Install one and, if it is not called so, name it: make check-colab PYTHON=/path/to/python{version}"
    )


def packages(python):
    """{package: version} of what is installed there."""
    listed = _pip(python, "list", "--format=json")
    return {_plain(each["name"]): each["version"] for each in json.loads(listed)}


def differences(before, after):
    """What became of packages that should be as they were: {package: (version before, version after or None)}."""
    before = {_plain(name): version for name, version in before.items()}
    after = {_plain(name): version for name, version in after.items()}
    return {name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version}


def environment():
    """Build .venv-colab, unless it is there and made from the same list. Returns its Python."""
    listed = LIST.read_text(encoding="utf-8")
    versions = wanted(listed)
    colab_python = versions.pop("python")
    python, mark = VENV / "bin" / "python", VENV / "made-from.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != listed:
        base = find_python(colab_python, os.environ.get("PYTHON"))
        print(f"Setting up {VENV.name} with {base} and the versions of {LIST.name}: some minutes, once.", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([base, "-m", "venv", VENV], check=True)
        pins = [f"{name}=={version}" for name, version in versions.items()]
        _pip(python, "install", "--quiet", *pins, "ipykernel")
        mark.write_text(listed, encoding="utf-8")  # last: half an environment must not pass for a whole one
    off = differences(versions, packages(python))
    if off:
        raise NotLikeColab(f"{VENV.name} does not hold the versions of {LIST.name}: {off}. Remove it and try again.")
    return python


def _pip(python, *arguments):
    command = [python, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, text=True, capture_output=True, env=_clean_environment())
    if done.returncode:
        raise NotLikeColab(f"pip {arguments[0]} failed:\n{done.stderr}")
    return done.stdout


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _clean_environment(**more):
    """This one's variables, less those that would help a chapter in a way that Colab does not."""
    ours = ("PYTHONPATH", "TF_CPP_MIN_LOG_LEVEL", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in ours} | more


# --- a chapter ---------------------------------------------------------------------------------------------


def run(path, python, wheel):
    """Execute a copy of the notebook in an empty folder: (the notebook, what its cells cost).

    Raises NotLikeColab if a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as kernels:
        kernel = _kernel(python, pathlib.Path(kernels))
        try:
            spent = runner.run(notebook, _clean_environment(GANCODE_SOURCE=wheel), kernel=kernel, beside=[path])
        except runner.NotebookFailed as error:
            raise NotLikeColab(str(error)) from error
    return notebook, spent


def _kernel(python, folder):
    """A kernel of that Python, whatever other kernels this machine has."""
    (folder / "colab").mkdir()
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = json.dumps({"argv": argv, "display_name": "Colab", "language": "python"})
    (folder / "colab" / "kernel.json").write_text(spec, encoding="utf-8")
    specs = KernelSpecManager(kernel_dirs=[str(folder)], ensure_native_kernel=False)
    return AsyncKernelManager(kernel_name="colab", kernel_spec_manager=specs)


def changes(stored, now):
    """How a run differs from what is stored: a list of sentences, empty if it does not where it should not."""
    said = []
    pairs = zip(stored.cells, now.cells, strict=True)
    both = ((old, new) for old, new in pairs if old.cell_type == "code")
    for number, (old, new) in enumerate(both, start=1):
        # An output that can not be drawn is no error: IPython shows its text instead.
        lost = _kinds(old) - _kinds(new)
        if lost:
            said.append(f"code cell {number} no longer shows {', '.join(sorted(lost))}")
        if TAG in old.metadata.get("tags", []) and _lines(old) != _lines(new):
            said.append(f"code cell {number}\n    stored: {_lines(old)}\n    now:    {_lines(new)}")
    return said


def _kinds(cell):
    return {mime for output in cell.outputs for mime in output.get("data", {})}


def _lines(cell):
    """What a cell shows as text, line by line."""
    shown = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "".join(shown).splitlines()


def check(path, python, wheel):
    """Run one chapter from a clean environment and leave it clean. Raises NotLikeColab."""
    before = packages(python)
    if "gancode" in before:
        raise NotLikeColab(f"gancode is there already; remove it: {python} -m pip uninstall gancode")
    try:
        now, spent = run(path, python, wheel)
    finally:
        after = packages(python)
        added = sorted(after.keys() - before.keys())
        if added:
            _pip(python, "uninstall", "--quiet", "--yes", *added)
    if "gancode" not in added:
        raise NotLikeColab("the first cell has not installed gancode")
    changed = differences(before, after)
    if changed:
        raise NotLikeColab(f"installing gancode changed versions: {changed}")
    said = changes(nbformat.read(path, as_version=4), now)
    if said:
        raise NotLikeColab("\n".join(said))
    return added, spent


# --- the command -------------------------------------------------------------------------------------------


def choose(beginning, root=ROOT):
    """The chapters whose names begin so. Raises NotLikeColab if there is none."""
    every = sorted((root / "chapters").glob("*.ipynb"))
    chosen = [path for path in every if path.name.startswith(beginning)]
    if not chosen:
        names = ", ".join(path.stem for path in every) or "none"
        raise NotLikeColab(f"No chapter begins with {beginning!r}. There are: {names}")
    return chosen


def last_commit(folder, root=ROOT):
    """Build the wheel of the last commit in a folder: (its address, whether the package has changed since)."""
    try:
        wheel = publish.wheel_of("HEAD", folder, root)
        changed = publish.git(root, "status", "--porcelain", "--", *publish.PACKAGE)
    except publish.PublishFailed as error:
        raise NotLikeColab(f"gancode is installed from this folder's last commit. {error}") from error
    return wheel.as_uri(), bool(changed)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", nargs="?", default="", help="the beginning of a chapter's name, such as 04")
    parser.add_argument("--here", action="store_true", help="use the Python that runs this, as it is")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            chosen = choose(options.chapter)
            wheel, dirty = last_commit(folder)
            if dirty:
                print("Warning: the wheel is the last commit's; what changed in gancode since is not seen.", flush=True)
            python = pathlib.Path(sys.executable) if options.here else environment()
        except NotLikeColab as why:
            print(why, file=sys.stderr)
            return 2
        failed = False
        for path in chosen:
            begun = time.monotonic()
            try:
                added, spent = check(path, python, wheel)
                said = f"ok, with {', '.join(added)} installed\n{runner.row('', spent)}"
            except NotLikeColab as error:
                failed, said = True, f"FAILED\n{error}"
            except KeyboardInterrupt:
                return 130
            print(f"{path.stem:28} {time.monotonic() - begun:5.0f} s       {said}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
