"""A figure with knobs, which needs no kernel."""

import base64
import functools
import io
import itertools

import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib import pyplot
from PIL import Image
from test_frames import constant, constant_text

from gancode.figures.explorer import MOST, explore, label
from gancode.plots import new_figure

STOPS = {"shade": [0.0, 0.5, 1.0], "half": ["left", "right"]}


def draw(shade, half):
    """Black, and one half in this shade."""
    figure, ax = new_figure(width=2.0, height=1.0)
    ax.imshow([[shade, 0] if half == "left" else [0, shade]], vmin=0, vmax=1, cmap="gray", aspect="auto")
    ax.set_axis_off()
    return figure


def two_knobs(**changes):
    return explore(**{"draw": draw, "settings": STOPS, "alt": "Two halves", **changes}).data


@functools.cache
def plain():
    """The two knobs as they are, drawn once."""
    return two_knobs()


def count(**numbers):
    """A draw for settings of any names, which says what it was asked for."""
    count.asked.append(numbers)
    return new_figure(width=1.0, height=1.0)[0]


@pytest.fixture(autouse=True)
def asked():
    count.asked = []
    return count.asked


def halves(source):
    """The brightness of the left and the right half of a frame."""
    picture = Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/webp;base64,"))))
    pixels = np.asarray(picture).mean(axis=2)
    assert pixels.shape == (100, 200)
    return pixels[50, 50], pixels[50, 150]


# --- the page ----------------------------------------------------------------------------------------------


def test_there_is_a_frame_for_each_combination_the_last_setting_changing_fastest():
    frames = constant(plain(), "frames")
    assert len(frames) == 6
    for frame, (shade, half) in zip(frames, itertools.product(*STOPS.values()), strict=True):
        bright = halves(frame) if half == "left" else halves(frame)[::-1]
        assert bright == pytest.approx((255 * shade, 0), abs=8)


@pytest.mark.parametrize(
    ("start", "frame", "at", "said"),
    [
        (None, 0, ["0", "0"], "Two halves, shade 0, half left"),
        ({"half": "right"}, 1, ["0", "1"], "Two halves, shade 0, half right"),
        ({"shade": np.float64(0.5), "half": np.str_("left")}, 2, ["1", "0"], "Two halves, shade 0.5, half left"),
        ({"half": "right", "shade": 1}, 5, ["2", "1"], "Two halves, shade 1, half right"),
    ],
)
def test_it_begins_at_the_start_also_without_scripts(start, frame, at, said):
    html = two_knobs(start=start)
    page = BeautifulSoup(html, "html.parser")
    assert page.img["src"] == constant(html, "frames")[frame]
    assert page.img["alt"] == said
    assert [slider["value"] for slider in page.find_all("input")] == at
    assert [output.text for output in page.find_all("output")] == [word.split()[-1] for word in said.split(", ")[1:]]


def test_every_setting_has_a_slider_with_its_name_and_a_stop_for_each_value():
    page = BeautifulSoup(plain(), "html.parser")
    sliders = [(s["type"], s["aria-label"], s["min"], s["max"]) for s in page.find_all("input")]
    assert sliders == [("range", "shade", "0", "2"), ("range", "half", "0", "1")]
    assert [name.text for name in page.find_all("span")] == ["shade", "half"]
    assert constant(plain(), "names") == ["shade", "half"]
    assert constant(plain(), "stops") == [["0", "0.5", "1"], ["left", "right"]]
    assert page.find("button") is None, "only a strip of frames plays"


def test_all_sliders_keep_one_length_whatever_the_stops_are_called():
    page = BeautifulSoup(explore(count, {"norm": ["None", "instance"], "batch": [2, 4]}, "norms").data, "html.parser")
    assert all("min-width:8ch" in output["style"] for output in page.find_all("output"))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.30000000000000004, "0.3"), (1e-5, "1e-05"), (2.0, "2"), (20_000, "20000"), (True, "True"), (None, "None")],
)
def test_a_number_is_said_as_briefly_as_it_can_be(value, said):
    assert label(value) == said


def test_stops_may_be_numpys_numbers_or_a_range():
    explorer = explore(count, {"x": np.array([0.1, 0.25]), "n": range(2), "m": np.arange(2)}, "counted")
    assert constant(explorer.data, "stops") == [["0.1", "0.25"], ["0", "1"], ["0", "1"]]
    assert {type(value) for numbers in count.asked for value in numbers.values()} == {float, int}


def test_the_same_content_gives_the_same_page_and_other_content_another_name():
    def name(html):
        return BeautifulSoup(html, "html.parser").div["data-explore"]

    html = plain()
    assert html == two_knobs()
    others = two_knobs(alt="Another"), two_knobs(settings={**STOPS, "half": ["right", "left"]})
    assert len({name(html), *map(name, others)}) == 3


@pytest.mark.parametrize("nasty", ["</script><b>", "<!--<script>", '" onerror="alert(1)', "{braces}", "\\", "é ✓ '"])
def test_no_text_breaks_out_of_its_place(nasty):
    html = explore(count, {nasty: [nasty, 1], "plain": [0, 1]}, nasty).data
    page = BeautifulSoup(html, "html.parser")
    assert [tag.name for tag in page.find_all(True)] == [
        tag.name for tag in BeautifulSoup(plain(), "html.parser").find_all(True)
    ]
    assert page.img["alt"] == f"{nasty}, {nasty} {nasty}, plain 0"
    assert set(page.img.attrs) == {"alt", "src", "style", "width", "height"}
    assert (page.input["aria-label"], page.span.text, page.output.text) == (nasty, nasty, nasty)
    assert constant(html, "stops")[0][0] == constant(html, "names")[0] == constant(html, "what") == nasty
    assert "<" not in constant_text(html)


def test_no_figure_is_left_open():
    """pyplot keeps those that nobody closes, warns at the twenty-first, and a notebook would show them all."""
    explore(lambda n: pyplot.figure(figsize=(1, 1)), {"n": range(25)}, "drawn with pyplot")
    assert pyplot.get_fignums() == []


@pytest.mark.slow
def test_one_combination_is_enough_and_64_are_not_too_many():
    assert len(constant(explore(count, {"n": [1]}, "one").data, "frames")) == 1
    assert len(constant(explore(count, {"n": range(16), "m": range(4)}, "many").data, "frames")) == MOST == 64
