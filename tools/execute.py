"""Runs chapters in place and stores what they show.

    python tools/execute.py         all chapters
    python tools/execute.py 04      those whose names begin with 04

A chapter is written only when all of it has run: when a cell fails, writes to stderr, or Ctrl-C is pressed, the
file stays as it was. After each, a row says what it cost. A code cell whose metadata says
{"gancode": {"export": "book/_static/NAME.png"}} also has its picture written there, which is how the start page shows
a figure from a chapter's own run.
"""

import argparse
import base64
import io
import os
import pathlib
import re
import sys

import nbformat
import numpy as np
from jupyter_client.kernelspec import KernelSpecManager
from PIL import Image
from tqdm import tqdm

from fold import fold
from runner import NotebookFailed, row, run
from stamp import changes, parts, stamp

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The same whoever runs it, so that a new run differs only where its results do.
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
FAITHFUL = 1.0  # the root mean square, of 255, by which a stored picture's colours may be off
NEAR = 16  # and by how much one that 50 pixels or more have, so that a title keeps its method's colour
START_UP_NOTE = re.compile(r"I\d{4} |WARNING: All log messages before absl::InitializeLog")
WIDGET = "application/vnd.jupyter.widget-view+json"
KEPT = ("accelerator", "mystnb")  # notebook metadata that an author may have set
DROPPED = ("execution", "ExecuteTime", "outputId", "colab", "collapsed", "scrolled")  # left in cells by editors


class ChapterFailed(Exception):
    """A chapter could not be run; the message says where and why."""


def execute(path, root=ROOT, quiet=False):
    """Run one chapter and replace its file. Raises ChapterFailed, the file untouched, if a cell fails.

    Returns what its cells cost, as `runner.run` does.
    """
    path = pathlib.Path(path)
    notebook = fold(nbformat.read(path, as_version=4))

    # Taken before the run: should a module be edited meanwhile, the outputs come from what it was.
    made_by = stamp(parts(notebook, root))

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    with tqdm(total=len(code), desc=path.stem, unit="cell", disable=quiet) as progress:

        def each(cell, where):
            _drop_live_views(cell)
            _shrink_pictures(cell)
            noise = _stderr(cell)
            if noise:
                raise ChapterFailed(f"{path.name}, {where} wrote to stderr, which readers would see:\n\n{noise}")
            progress.update()

        try:
            spent = run(notebook, _environment(root), each=each)
        except NotebookFailed as error:
            raise ChapterFailed(f"{path.name}, {error}") from error

    _tidy(notebook)
    notebook.metadata["gancode"] = made_by
    pictures = _pictures(notebook, path, root)
    nbformat.validate(notebook)
    for target, png in pictures.items():
        _replace(target, png)
    _replace(path, (nbformat.writes(notebook) + "\n").encode())
    if changes(notebook, root):
        print(f"{path.name}: gancode was edited during the run; the outputs are already stale", file=sys.stderr)
    return spent


def _environment(root):
    """The kernel's environment: this tree's package comes first, wherever it is installed from."""
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}


def _drop_live_views(cell):
    """Leave out widgets: once their kernel has gone, JupyterLab shows an error. The HTML beside one stays."""
    cell.outputs = [out for out in cell.outputs if WIDGET not in out.get("data", {}) or "text/html" in out["data"]]
    for output in cell.outputs:
        output.get("data", {}).pop(WIDGET, None)


def _shrink_pictures(cell):
    """A drawing has few colours: as a palette it takes a third of the room. One that would suffer stays as it is."""
    for output in cell.outputs:
        png = output.get("data", {}).get("image/png")
        if png is None:
            continue
        picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
        palette = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        off_by = np.subtract(palette.convert("RGB"), picture, dtype=np.float64).reshape(-1, 3)  # of 255
        _, colour, pixels = np.unique(
            np.asarray(picture) @ [1 << 16, 1 << 8, 1], return_inverse=True, return_counts=True
        )
        of_many = off_by[pixels[colour.ravel()] >= 50]
        if np.sqrt(np.mean(np.square(off_by))) < FAITHFUL and np.abs(of_many).max(initial=0) <= NEAR:
            small = io.BytesIO()
            palette.save(small, format="png", optimize=True)
            output.data["image/png"] = base64.b64encode(small.getvalue()).decode()


def _stderr(cell):
    """What the cell wrote to stderr, its outputs left without TensorFlow's start-up notes.

    TensorFlow 2.21's C++ side reports on import that there is no GPU, whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    noise = ""
    for output in list(cell.outputs):
        if output.get("name") == "stderr":
            output.text = "".join(line for line in output.text.splitlines(True) if not START_UP_NOTE.match(line))
            noise += output.text
            if not output.text:
                cell.outputs.remove(output)
    return noise


def _tidy(notebook):
    """Leave nothing in the metadata that depends on the machine or the editor."""
    kept = {key: notebook.metadata[key] for key in KEPT if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict({**kept, "kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in notebook.cells:
        for key in DROPPED:
            cell.metadata.pop(key, None)


def _pictures(notebook, path, root):
    """{file: PNG bytes} for the cells that export their picture."""
    pictures = {}
    for cell in notebook.cells:
        name = cell.metadata.get("gancode", {}).get("export")
        if name is None:
            continue
        target = (root / name).resolve()
        if target.suffix != ".png" or not target.is_relative_to((root / "book" / "_static").resolve()):
            raise ChapterFailed(f"{path.name}: export {name!r}: expected book/_static/NAME.png")
        found = [out.data["image/png"] for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
        if len(found) != 1:
            raise ChapterFailed(f"{path.name}: export {name!r}: expected one picture in the cell, found {len(found)}")
        pictures[target] = base64.b64decode(found[0])
    return pictures


def _replace(path, content):
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        raise ChapterFailed(f"{path.name} could not be written: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", nargs="?", default="", help="the beginning of a chapter's name, such as 04")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)

    folder = options.root / "chapters"
    every = sorted(path for path in folder.glob("*.ipynb"))
    chosen = [path for path in every if path.name.startswith(options.chapter)]
    if not chosen:
        names = ", ".join(path.stem for path in every) or "none"
        print(f"No chapter begins with {options.chapter!r}. There are: {names}", file=sys.stderr)
        return 2
    if KERNEL["name"] not in KernelSpecManager().find_kernel_specs():
        print("Jupyter has no Python kernel here: use make execute", file=sys.stderr)
        return 2
    for path in chosen:
        try:
            print(row(path.stem, execute(path, options.root)), flush=True)
        except ChapterFailed as failure:
            print(f"\n{failure}\n\nThe stored chapter is as it was.", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print(f"\nStopped. {path.name} is as it was.", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
