"""The package as a whole: what imports what, and under which names it can be had."""

import ast
import graphlib
import importlib
import pathlib
import subprocess
import sys

import pytest

import gancode

PACKAGE = pathlib.Path(gancode.__file__).parent


def dotted(path):
    names = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


MODULES = {dotted(path): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}


def nodes(tree, later):
    """All of a tree; what is in functions, and so imported when they are called, only if `later`."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if later or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from nodes(child, later)


def imports(name, later=False):
    """The modules of the package that one of them imports."""
    found = set()
    for node in nodes(MODULES[name], later):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import"
            wholes = [f"{node.module}.{each.name}" for each in node.names]
            found |= {whole if whole in MODULES else node.module for whole in wholes}
    return found & MODULES.keys()


def apart(name):
    return name.split(".")[1:2] in (["experiments"], ["lab"], ["__main__"])


def test_the_course_and_what_carries_it_know_nothing_of_experiments_and_lab():
    others = [name for name in MODULES if not apart(name)]
    found = {name: {each for each in imports(name, later=True) if apart(each)} for name in others}
    assert "gancode.plots" in found and {name: wrong for name, wrong in found.items() if wrong} == {}


def test_no_modules_import_one_another_in_a_circle():
    graphlib.TopologicalSorter({name: imports(name) for name in MODULES}).prepare()
    assert "gancode.experiments.ensembles" in imports("gancode.experiments.figure1")


def test_importing_the_package_alone_does_not_import_tensorflow():
    code = "import sys, gancode; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unknown_module_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = gancode.nothing_here


@pytest.mark.parametrize(
    "old, new",
    [
        ("after", "variants"),
        ("measured", "experiments.results"),
        ("microscope", "experiments.figure1"),
        ("playground", "lab"),
        ("scoreboard", "experiments.scoreboard"),
    ],
)
def test_a_name_of_the_first_edition_is_told_its_new_one_once(old, new):
    vars(gancode).pop(old, None)  # nobody has asked yet
    names = {}
    with pytest.warns(FutureWarning) as told:
        exec(f"from gancode import {old}\nimport gancode\ngancode.{old}", names)
    assert names[old] is importlib.import_module(f"gancode.{new}")
    assert [(str(each.message), each.filename) for each in told] == [
        (f"gancode.{old} is now gancode.{new}", "<string>")
    ]
