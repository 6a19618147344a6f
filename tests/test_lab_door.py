"""The door of the lab, `gancode.lab`: the page that it makes, and what it refuses."""

import html
import json
import re

import pytest
from bs4 import BeautifulSoup
from IPython.display import HTML

from gancode import lab

FILES = sorted(path.stem for path in lab.FOLDER.glob("*.js"))


def root(document):
    return BeautifulSoup(document, "html.parser").find(attrs={"data-critic-lab": True})


def test_a_notebook_is_shown_a_frame_that_holds_the_whole_page():
    shown = lab.lab("vanish", depth=6)
    assert isinstance(shown, HTML)  # and no warning of IPython's that this is a frame
    frame = BeautifulSoup(shown.data, "html.parser").find("iframe")
    assert frame["title"] == "The critic lab" and "src" not in frame.attrs
    assert frame["srcdoc"] == lab.html("vanish", depth=6)
    assert json.loads(root(frame["srcdoc"])["data-start"]) == {"preset": "vanish", "depth": 6}


def test_settings_go_by_the_names_that_the_package_has_for_them():
    found = lab.start(None, {"penalty_weight": 3, "learning_rate": 0.002, "n_critic": 2, "batch_size": 64})
    assert found == {"lambda": 3.0, "rate": 0.002, "nCritic": 2, "batch": 64}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"preset": "vansh"}, "preset: expected one of 'silent', .*got 'vansh'"),
        ({"preset": ""}, "preset: expected one of"),
        ({"deep": 3}, "deep: the lab has no such setting; it has data, .*penalty_weight"),
        ({"lambda": 3}, "lambda: the lab has no such setting"),
        ({"depth": 13}, "depth: expected a whole number from 0 to 12, got 13"),
        ({"depth": 2.5}, "depth: expected a whole number from 0 to 12, got 2.5"),
        ({"depth": "deep"}, "depth: expected a finite number, got 'deep'"),
        ({"clip": 0}, "clip: expected a number from 0.001 to 0.5, got 0"),
        ({"clip": float("nan")}, "clip: expected a finite number, got nan"),
        ({"penalty_weight": True}, "penalty_weight: expected a finite number, got True"),
        ({"constraint": "spectral"}, "constraint: expected one of 'none', 'clip', .*got 'spectral'"),
    ],
)
def test_what_the_lab_does_not_have_is_refused_by_name(arguments, said):
    with pytest.raises(ValueError, match=said):
        lab.lab(**arguments)


def test_every_preset_is_made_of_settings_that_there_are():
    controls = lab.constant("CONTROLS")
    presets = lab.constant("PRESETS")
    assert len(presets) >= 6 and lab.presets() == {name: each["title"] for name, each in presets.items()}
    to_python = {page: package for package, page in lab.NAMES.items()}
    for name, preset in presets.items():
        assert re.fullmatch(r"[a-z-]+", name)
        assert set(preset) - {"speed"} == {"title", "settings", "steps", "question", "answer"}, name
        assert preset["question"].endswith("?") or "?" in preset["question"], name
        assert len(preset["answer"]) > 60, name
        lab.start(name, {to_python.get(key, key): value for key, value in preset["settings"].items()})
    for name, control in controls.items():
        if "stops" in control:
            assert control["stops"] == sorted(set(control["stops"])), name
            assert name == "seed" or control["start"] in control["stops"], name
            for preset in presets.values():  # where a slider stands is what it says
                assert preset["settings"].get(name, control["start"]) in control["stops"], name


def test_every_file_is_joined_once():
    assert sorted([*lab.ENGINE, *lab.PAGE]) == FILES


@pytest.mark.parametrize("names", [lab.ENGINE, lab.PAGE], ids=["engine", "page"])
def test_joined_files_are_one_script(names):
    script = lab.join(names)
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
    tops = re.findall(r"^(?:async )?(?:function|class|const|let|var) (\w+)", script, re.MULTILINE)
    assert len(tops) == len(set(tops)) > 20, "two files give one name to two things"
    assert "</script" not in script and "<!--" not in script


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_what_there_is(name):
    """By its name, and from the same half of the lab: joining forgets where a name came from."""
    half = lab.ENGINE if name in lab.ENGINE else lab.PAGE
    source = (lab.FOLDER / f"{name}.js").read_text(encoding="utf-8")
    for names, file in re.findall(r'^import \{(.+)\} from "\./(\w+)\.js";?$', source, re.MULTILINE):
        assert file in half
        exported = (lab.FOLDER / f"{file}.js").read_text(encoding="utf-8")
        for each in names.split(", "):
            assert re.search(rf"^export (?:const|class|function|let) {each}\b", exported, re.MULTILINE), (
                f"{each}: {file}"
            )
    assert len(re.findall(r"^import ", source, re.MULTILINE)) == len(
        re.findall(r'^import \{.+\} from "\./', source, re.M)
    )


def test_the_page_asks_for_nothing():
    page = html.unescape(lab.html())
    assert not re.search(r"https?://", page)
    assert not re.search(r"\b(fetch|XMLHttpRequest|importScripts|WebSocket)\b|@import|url\(", page)
    for element in BeautifulSoup(lab.html(), "html.parser").find_all(["script", "img", "link", "iframe"]):
        assert element.get("src", "data:").startswith("data:") and not element.get("href")


def test_where_scripts_are_off_a_picture_that_is_described_stands_in():
    page = root(lab.html())
    assert page.find(class_="alive").has_attr("hidden")
    picture = page.find("img", class_="still")
    assert len(picture["alt"]) > 100 and int(picture["width"]) > 600
    assert len(picture["src"]) < 200_000


def test_a_page_is_small():
    assert len(lab.html()) < 400_000
