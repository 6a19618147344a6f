"""Does the code that made a chapter's outputs still stand as it was?

    python tools/stamp.py           print each chapter's stamp
    python tools/stamp.py --check   name the chapters whose outputs were made by other code, and say what changed

`tools/execute.py` writes a stamp into every chapter it runs. It holds one hash for the chapter's code cells, one
for each `gancode` module they reach, directly or through other modules, and one for each data file behind those.
A module's hash is that of its syntax tree without docstrings, so rewording a comment leaves it alone. The first cell,
which installs gancode where it is missing, is left out: it changes with the repository, and no output with it.
"""

import argparse
import ast
import functools
import hashlib
import json
import pathlib
import sys

from IPython.core.inputtransformer2 import TransformerManager

from source import is_first_cell

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "gancode"

KEPT = "experiments/kept"
# The folders of data in gancode, and the modules that read them.
DATA_READERS = {
    "digits": {f"{PACKAGE}.data", f"{PACKAGE}.metrics"},
    "emoji": {f"{PACKAGE}.data"},
    KEPT: {f"{PACKAGE}.experiments.results"},
    "figures": {f"{PACKAGE}.figures.frames", f"{PACKAGE}.figures.style"},
}
DATA_SUFFIXES = {".npz", ".npy", ".h5", ".keras", ".json", ".html", ".mplstyle"}

# Tags that change how a cell is run or compared. Others, such as hide-input, only change how it looks.
RUN_TAGS = ("nbval-", "raises-exception")

ALL = object()  # "every module": the package is passed around in a way that cannot be followed


def parts(notebook, root=ROOT):
    """What a chapter's outputs depend on: {name of the part: hash}. `notebook` as nbformat reads it."""
    root = pathlib.Path(root)
    modules = _modules(root)
    trees = {name: _parsed(path.read_text(encoding="utf-8"), str(path)) for name, path in modules.items()}

    chapter = _notebook_tree(notebook)
    pending = _imports(chapter, modules, package=None)
    reached = set()
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            is_package = modules[name].name == "__init__.py"
            pending |= _imports(trees[name], modules, package=name if is_package else name.rpartition(".")[0])

    found = {"code cells": _hash(_code_cells(notebook))}
    for name in sorted(reached):
        found[name] = _hash_of(trees[name])
    for folder, readers in DATA_READERS.items():
        paths = sorted((root / PACKAGE / folder).glob("*"))
        if folder == KEPT:  # results.load("sweep") reads one of many: where a chapter names some, it reads no other
            paths = [path for path in paths if path.stem in _strings(chapter)] or paths
        for path in paths:
            # a file that no module names outright counts for all that read its folder
            named = {name for name, tree in trees.items() if path.name in _strings(tree)}
            if path.suffix in DATA_SUFFIXES and reached & (named or readers):
                found[path.relative_to(root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def stamp(found):
    """What is stored in a chapter: one hash over all parts, and the start of each part's own, to say what changed."""
    return {"stamp": _hash(found), "parts": {name: value[:16] for name, value in found.items()}}


def changes(notebook, root=ROOT):
    """Why the stored outputs are stale, as a list of sentences; empty if they are not."""
    stored = notebook.metadata.get("gancode", {})
    if "stamp" not in stored:
        return ["it has no stamp: tools/execute.py has not run it"]
    now = stamp(parts(notebook, root))
    if now["stamp"] == stored["stamp"]:
        return []
    before, after = stored.get("parts", {}), now["parts"]
    said = [f"{name} changed" for name in after if name in before and before[name] != after[name]]
    said += [f"{name} is reached now and was not" for name in after if name not in before]
    said += [f"{name} was reached and is not now" for name in before if name not in after]
    return said or ["its stamp was edited"]


def _modules(root):
    """{dotted name: file} of the package's modules."""
    modules = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        names = path.relative_to(root).with_suffix("").parts
        modules[".".join(names[:-1] if names[-1] == "__init__" else names)] = path
    if PACKAGE not in modules:
        raise FileNotFoundError(f"{root}: no package {PACKAGE} here")
    return modules


def _counted(cell):
    return cell.cell_type == "code" and not is_first_cell(cell)


def _code_cells(notebook):
    return [
        [cell.source, sorted(tag for tag in cell.metadata.get("tags", []) if tag.startswith(RUN_TAGS))]
        for cell in notebook.cells
        if _counted(cell)
    ]


def _notebook_tree(notebook):
    """The chapter's code as one syntax tree. Magics become calls, the body of a %%magic is read as code."""
    body = []
    for number, cell in enumerate(notebook.cells):
        if not _counted(cell):
            continue
        source = cell.source
        if source.startswith("%%"):
            source = source.partition("\n")[2]
        try:
            body += ast.parse(TransformerManager().transform_cell(source)).body
        except SyntaxError as error:
            raise ValueError(f"cell {number} is not Python: {error.msg}, line {error.lineno}") from error
    return ast.Module(body=body, type_ignores=[])


def _imports(tree, modules, package):
    """The modules that a piece of code reaches, as a set of names.

    package: where relative imports start from; None in a notebook.
    """
    reached = set()

    def reach(name):
        # a.b.c also runs a and a.b; the end of the name may be a function rather than a module
        steps = name.split(".")
        for end in range(1, len(steps) + 1):
            if ".".join(steps[:end]) in modules:
                reached.add(".".join(steps[:end]))

    aliases = set()  # the names that the package itself goes by
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                reach(name.name)
                if name.name == PACKAGE or (name.name.startswith(PACKAGE + ".") and not name.asname):
                    aliases.add(name.asname or PACKAGE)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                base = package.split(".") if package else []
                base = base[: len(base) - node.level + 1]
                source = ".".join([*base, source] if source else base)
            if source == PACKAGE and any(name.name == "*" for name in node.names):
                reached |= set(modules)
            for name in node.names:
                reach(f"{source}.{name.name}")

    followed = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            reach(f"{PACKAGE}.{node.attr}")
            followed.add(id(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # importlib.import_module("gancode.x"), !python -m gancode.x
            for word in node.value.split():
                if word.startswith(PACKAGE + "."):
                    reach(word)
    for node in ast.walk(tree):
        # the package passed on as a value, as in getattr(gancode, name)
        if isinstance(node, ast.Name) and node.id in aliases and id(node) not in followed:
            reached |= set(modules)
    return reached


_parsed = functools.cache(ast.parse)  # a module is read anew for each chapter, and changes for none


@functools.cache
def _hash_of(tree):
    return _hash(_canonical(tree))


@functools.cache
def _strings(tree):
    """The texts that stand in a piece of code, such as names of files."""
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _canonical(node):
    """A syntax tree as nested lists, without docstrings; the same on every version of Python.

    ast.dump is not: what it prints for fields left empty, and which fields there are, changed in 3.12 and 3.13.
    """
    if isinstance(node, ast.AST):
        fields = []
        for name, value in ast.iter_fields(node):
            if name == "body" and _has_docstring(node):
                value = value[1:]
            if isinstance(node, ast.JoinedStr):  # 3.12.1 adds empty pieces to some f-strings
                value = [piece for piece in value if not (isinstance(piece, ast.Constant) and piece.value == "")]
            if value is None or value == [] or name in ("kind", "type_comment", "type_ignores"):
                continue
            fields.append([name, _canonical(value)])
        return [type(node).__name__, *sorted(fields, key=lambda field: field[0])]
    if isinstance(node, list):
        return [_canonical(item) for item in node]
    return [type(node).__name__, repr(node)]


def _has_docstring(node):
    documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
    return documented and ast.get_docstring(node, clean=False) is not None


def _hash(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="say which chapters are stale and why; exit 1 if any is")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)

    import nbformat

    stale = 0
    for path in sorted((options.root / "chapters").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if not options.check:
            print(f"{path.name}: {stamp(parts(notebook, options.root))['stamp']}")
            continue
        why = changes(notebook, options.root)
        stale += bool(why)
        print(f"{path.name}: " + ("; ".join(why) if why else "up to date"))
    if stale:
        print("To run one again: make execute CHAPTER=NN")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
