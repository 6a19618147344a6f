"""The package as a whole: what imports what, under which names it can be had, and the page that describes them."""

import ast
import functools
import graphlib
import importlib
import inspect
import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from browsing import skip
from bs4 import BeautifulSoup
from helpers import saves

import gancode
from gancode import __main__ as command
from gancode import data, models, trainers

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
    return name.split(".")[1:2] in (["experiments"], ["lab"], ["_command"], ["__main__"])


def test_the_course_and_what_carries_it_know_nothing_of_commands_experiments_and_lab():
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


# --- what its docstrings say, and the page that shows them ---

COURSE = sorted(path.stem for path in PACKAGE.glob("[!_]*.py"))
PAGE = PACKAGE.parent / "book" / "_build" / "html" / "book" / "package.html"


@functools.cache
def public():
    """{"gancode.data.mnist": the function, ...}: the course's functions, classes, and what these do not inherit."""
    found = {}
    for name in COURSE:
        module = importlib.import_module(f"gancode.{name}")
        own = [each for each, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]
        for each in getattr(module, "__all__", own):
            thing = getattr(module, each)
            if not each.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing)):
                found[f"{module.__name__}.{each}"] = thing
            if inspect.isclass(thing):
                found |= {f"{module.__name__}.{each}.{method}": of for method, of in methods(thing) if each[0] != "_"}
    return found


def methods(cls):
    for name, thing in vars(cls).items():
        known = any(hasattr(base, name) for base in cls.__mro__[1:])  # and described there
        if not name.startswith("_") and not known and (inspect.isfunction(thing) or isinstance(thing, property)):
            yield name, thing


def described():
    """All of them, and what else the page describes argument by argument."""
    from gancode.experiments import figure1, results, scoreboard
    from gancode.lab import lab
    from gancode.trainers import GAN

    more = [GAN.compile, GAN.fit, GAN.generate, lab, results.load, results.Results]
    more += [scoreboard.train, scoreboard.aggregate, figure1.value_surface, figure1.gradient_norms, figure1.figure1]
    more += [figure1.weight_distribution, figure1.predicted_norms]
    return public() | {f"{thing.__module__}.{thing.__qualname__}": thing for thing in more}


def said_of_arguments(doc):
    """The names in a docstring's section Args."""
    section = re.search(r"^Args:\n((?: .*\n?|\n)+)", doc, re.MULTILINE)
    entries = re.findall(r"^    (\S[^:]*):", section[1], re.MULTILINE) if section else []
    return [name.strip().lstrip("*") for entry in entries for name in entry.split(",")]


def test_every_public_name_says_what_it_is():
    assert "gancode.trainers.GAN.critic_step" in public() and "gancode.plots.scrub" in public()
    made_by_python = "{}("  # as for a NamedTuple without a docstring
    silent = [
        name
        for name, thing in public().items()
        if not thing.__doc__ or thing.__doc__.startswith(made_by_python.format(name.rpartition(".")[2]))
    ]
    assert silent == []


def test_a_docstring_of_some_lines_names_the_arguments_and_no_others():
    asked = 0
    for name, thing in described().items():
        doc, takes = inspect.getdoc(thing), thing
        if inspect.isclass(thing):
            takes = vars(thing).get("__init__")
        if "\n" in doc and inspect.isfunction(takes):
            arguments = [each for each in inspect.signature(takes).parameters if each != "self"]
            assert sorted(said_of_arguments(doc)) == sorted(arguments), f"{name}: the section Args"
            asked += bool(arguments)
    assert asked > 40


def test_a_docstring_begins_with_one_whole_line():
    for name, thing in described().items():
        first, *others = inspect.getdoc(thing).splitlines()
        assert not others or (others[0] == "" and re.search(r"[.?]\"?$", first)), f"{name}: {first}"


@pytest.fixture(scope="module")
def page():
    if not PAGE.exists():
        skip("the book is not built: make book")
    return BeautifulSoup(PAGE.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.html
def test_every_public_name_is_on_the_page(page):
    there = {element["id"] for element in page.select("article dt[id]")}
    chapters = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "chapters").glob("*.ipynb"))
    constants = {
        f"gancode.{name}.{each}"
        for name in COURSE
        for each in re.findall(rf"\b{name}\.(\w+)", chapters)
        if each in vars(importlib.import_module(f"gancode.{name}"))
    }
    called = {f"gancode.trainers.GAN.{method}" for method in ("compile", "fit", "generate")}
    assert constants - public().keys() and {*public(), *constants, *called} - there == set()


@pytest.mark.html
def test_modules_stand_in_the_order_in_which_the_package_lists_them(page):
    listed = re.findall(r"^    ([a-z]\w+)  ", gancode.__doc__, re.MULTILINE)
    headings = [heading.find(string=True) for heading in page.select("article h3")]
    assert headings == [name for name in listed if name in headings]
    assert set(headings) >= set(COURSE)


@pytest.mark.html
def test_no_description_is_taken_for_a_type(page):
    """Of a property's docstring napoleon takes what stands before a colon for its type."""
    fields = [field.get_text() for field in page.select("article .field-list dt")]
    assert "Raises:" in fields and "Type:" not in fields


@pytest.mark.html
def test_a_signature_is_that_of_python(page):
    for name, thing in public().items():
        if inspect.isclass(thing) and "__init__" in vars(thing):
            shown = [each.get_text() for each in page.find("dt", id=name).select(".sig-param")]
            _self, *takes = inspect.signature(thing.__init__).parameters.values()
            assert shown == [str(each.replace(annotation=inspect.Parameter.empty)) for each in takes], name


@pytest.mark.html
def test_the_table_has_a_row_for_each_callback_that_is_tested(page):
    tests = (pathlib.Path(__file__).parent / "test_keras.py").read_text(encoding="utf-8")
    tested = set(re.findall(r"\bcallbacks\.([A-Z]\w+)", tests)) - {"Callback"}
    rows = page.select("#what-keras-s-callbacks-do-here tbody tr td:first-child code")
    assert len(tested) > 9 and tested - {name.get_text() for name in rows} == set()


@saves
@pytest.mark.slow
def test_what_the_page_says_to_write_can_be_written(tmp_path, monkeypatch):
    text = (PACKAGE.parent / "book" / "package.md").read_text(encoding="utf-8")
    first, resumed, folder, with_labels, own, own_with_labels, variant = re.findall(
        r"```python\n(.+?)```", text, re.DOTALL
    )
    names = {"images": np.random.default_rng(0).integers(0, 256, (320, 28, 28, 1)).astype(np.uint8)}
    monkeypatch.chdir(tmp_path)
    exec(shorter(first, "batch_size=4"), names)
    assert keras.models.load_model("generator.keras")(np.zeros((2, 64))).shape == (2, 28, 28, 1)
    for name in ("cats", "dogs"):
        pathlib.Path("my pictures", name).mkdir(parents=True)
        keras.utils.save_img(f"my pictures/{name}/1.png", np.zeros((40, 40, 3)))
    with pytest.warns(UserWarning, match="there are only 2"):
        command.main("train|my pictures|--out|run|--steps|1|--every|1|--batch-size|2".split("|"))
        exec(folder, names)
    exec(resumed, names)
    assert names["wgan"].steps.numpy() == 1 and names["wgan"].generate(2).shape == (2, 32, 32, 3)
    assert names["images"].shape == (2, 32, 32, 3) and names["names"] == ["cats", "dogs"]
    digits = {"images": data.mnist()[:320], "labels": data.labels()[:320], "names": ["cats", *"123456789"]}
    names |= digits
    exec(shorter(with_labels), names)
    assert pathlib.Path("run.weights.h5").exists()
    assert names["gan"].generate(10).shape == (10, 28, 28, 1)
    exec(variant, names | {"__name__": "readers_own"})
    seen = {}
    exec(own, seen)  # a warning would be an error here
    assert one_step(seen["wgan"]).shape == (20, 32, 32, 3)
    exec(own_with_labels, seen)
    assert one_step(seen["wgan"], labels=np.arange(70) % 10).shape == (20, 32, 32, 3)
    assert "momentum=0.9" in own


def shorter(code, more=""):
    """A step in place of two minutes, and eager: to trace five critic steps takes longer than to make them. (The run
    that the command makes in between is in a graph.)"""
    for wanted, instead in (
        ("epochs=4, steps_per_epoch=500", f"epochs=1, steps_per_epoch=1{', ' * bool(more)}{more}"),
        (".compile()", ".compile(run_eagerly=True)"),
    ):
        assert code.count(wanted) == 1
        code = code.replace(wanted, instead)
    return code


def one_step(trainer, **labels):
    """What it draws after a step on noise."""
    trainer.compile(run_eagerly=True)
    noise = np.random.default_rng(0).integers(0, 256, (70, 32, 32, 3)).astype(np.uint8)
    trainer.fit(data.batches(noise, 4, 1, seed=0, **labels), steps_per_epoch=1, verbose=0)
    return trainer.generate(20)


@pytest.mark.slow
def test_the_recipe_of_the_page_makes_steps_of_single_samples():
    text = (PACKAGE.parent / "book" / "package.md").read_text(encoding="utf-8")
    recipe = re.search(r"64 x 5 = 320 make one step: `(\.shuffle\(.+?)`", text)[1]
    single = tf.data.Dataset.from_tensor_slices(np.zeros((150, 2), np.float32))
    trainer = trainers.WGANGP(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0)
    trainer.compile(run_eagerly=True)
    trainer.fit(eval(f"single{recipe}", {"single": single}), steps_per_epoch=2, verbose=0)
    assert trainer.steps.numpy() == 2
    with pytest.raises(ValueError, match=r"at least one element.*64 x 5"):
        trainer.fit(eval(f"single{recipe.replace('.repeat()', '')}", {"single": single}), verbose=0)
