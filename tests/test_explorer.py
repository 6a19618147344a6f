"""A figure with knobs: the page that a reader without a kernel has, and the live view."""

import base64
import functools
import io
import itertools

import numpy as np
import pytest
from bs4 import BeautifulSoup
from ipywidgets import HTML, SelectionSlider
from matplotlib import pyplot
from PIL import Image
from test_frames import constant, constant_text

from gancode.figures.explorer import MOST, between, explore, label
from gancode.figures.frames import webp
from gancode.plots import new_figure

STOPS = {"shade": [0.0, 0.5, 1.0], "half": ["left", "right"]}
WIDGET = "application/vnd.jupyter.widget-view+json"


def draw(shade, half):
    """Black, and one half in this shade."""
    figure, ax = new_figure(width=2.0, height=1.0)
    ax.imshow([[shade, 0] if half == "left" else [0, shade]], vmin=0, vmax=1, cmap="gray", aspect="auto")
    ax.set_axis_off()
    return figure


def two_knobs(**changes):
    return explore(**{"draw": draw, "settings": STOPS, "alt": "Two halves", **changes})


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


def parts(explorer):
    """The sliders by name, and the picture, of a live view."""
    shown, *sliders = explorer.widget().children
    assert type(shown) is HTML and {type(slider) for slider in sliders} == {SelectionSlider}
    return {slider.description: slider for slider in sliders}, shown


def image(shown):
    return BeautifulSoup(shown.value, "html.parser").img


def halves(source):
    """The brightness of the left and the right half of a frame."""
    picture = Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/webp;base64,"))))
    pixels = np.asarray(picture).mean(axis=2)
    assert pixels.shape == (100, 200)
    return pixels[50, 50], pixels[50, 150]


# --- the page ----------------------------------------------------------------------------------------------


def test_there_is_a_frame_for_each_combination_the_last_setting_changing_fastest():
    frames = constant(plain().html, "frames")
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
    html = two_knobs(start=start).html
    page = BeautifulSoup(html, "html.parser")
    assert page.img["src"] == constant(html, "frames")[frame]
    assert page.img["alt"] == said
    assert [slider["value"] for slider in page.find_all("input")] == at
    assert [output.text for output in page.find_all("output")] == [word.split()[-1] for word in said.split(", ")[1:]]


def test_every_setting_has_a_slider_with_its_name_and_a_stop_for_each_value():
    page = BeautifulSoup(plain().html, "html.parser")
    sliders = [(s["type"], s["aria-label"], s["min"], s["max"]) for s in page.find_all("input")]
    assert sliders == [("range", "shade", "0", "2"), ("range", "half", "0", "1")]
    assert [name.text for name in page.find_all("span")] == ["shade", "half"]
    assert constant(plain().html, "names") == ["shade", "half"]
    assert constant(plain().html, "stops") == [["0", "0.5", "1"], ["left", "right"]]
    assert page.find("button") is None, "only a strip of frames plays"


def test_all_sliders_keep_one_length_whatever_the_stops_are_called():
    page = BeautifulSoup(explore(count, {"norm": ["None", "instance"], "batch": [2, 4]}, "norms").html, "html.parser")
    assert all("min-width:8ch" in output["style"] for output in page.find_all("output"))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.30000000000000004, "0.3"), (1e-5, "1e-05"), (2.0, "2"), (20_000, "20000"), (True, "True"), (None, "None")],
)
def test_a_number_is_said_as_briefly_as_it_can_be(value, said):
    assert label(value) == said


def test_stops_may_be_numpys_numbers_or_a_range():
    explorer = explore(count, {"x": np.array([0.1, 0.25]), "n": range(2), "m": np.arange(2)}, "counted")
    assert constant(explorer.html, "stops") == [["0.1", "0.25"], ["0", "1"], ["0", "1"]]
    assert {type(value) for numbers in count.asked for value in numbers.values()} == {float, int}


def test_the_same_content_gives_the_same_page_and_other_content_another_name():
    def name(html):
        return BeautifulSoup(html, "html.parser").div["data-explore"]

    html = plain().html
    assert html == two_knobs().html
    others = two_knobs(alt="Another"), two_knobs(settings={**STOPS, "half": ["right", "left"]})
    assert len({name(html), *(name(other.html) for other in others)}) == 3


@pytest.mark.parametrize("nasty", ["</script><b>", "<!--<script>", '" onerror="alert(1)', "{braces}", "\\", "é ✓ '"])
def test_no_text_breaks_out_of_its_place(nasty):
    html = explore(count, {nasty: [nasty, 1], "plain": [0, 1]}, nasty).html
    page = BeautifulSoup(html, "html.parser")
    assert [tag.name for tag in page.find_all(True)] == [
        tag.name for tag in BeautifulSoup(plain().html, "html.parser").find_all(True)
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
    assert len(constant(explore(count, {"n": [1]}, "one").html, "frames")) == 1
    assert len(constant(explore(count, {"n": range(16), "m": range(4)}, "many").html, "frames")) == MOST == 64


# --- the live view -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stops", "finer", "values"),
    [
        ([0, 4, 6], 2, [0, 2, 4, 5, 6]),
        ([6, 4, 0], 2, [6, 5, 4, 2, 0]),
        ([0, 1, 2], 4, [0, 1, 2]),  # whole numbers stay whole, and come once
        ([4, 1, 7], 3, [4, 3, 2, 1, 5, 7]),
        ([0.0, 1.0], 4, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ([0, 0.5], 2, [0.0, 0.25, 0.5]),
        ([3], 5, [3]),
        ([0.1, 0.2, 0.3], 1, [0.1, 0.2, 0.3]),
        (["a", "b"], 5, ["a", "b"]),
        ([False, True], 5, [False, True]),
        ([None, 1], 5, [None, 1]),
    ],
)
def test_between_the_stops_are_others_if_they_are_numbers(stops, finer, values):
    found = between(stops, finer)
    assert found == pytest.approx(values) if isinstance(values[0], float) else found == values
    assert list(map(type, found)) == list(map(type, values))


@pytest.mark.parametrize("finer", [2, 10, 49])  # 49 * (1 / 49) is not 1
def test_the_stops_themselves_are_among_them_exactly(finer):
    stops = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
    assert between(stops, finer)[::finer] == stops


def test_a_slider_offers_the_stops_between_and_begins_at_the_start():
    sliders, shown = parts(two_knobs(start={"shade": 0.5, "half": "right"}, finer=2))
    assert sliders["shade"].options == (("0", 0.0), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("1", 1.0))
    assert sliders["half"].options == (("left", "left"), ("right", "right"))
    assert (sliders["shade"].value, sliders["half"].value) == (0.5, "right")
    assert image(shown)["alt"] == "Two halves, shade 0.5, half right"


def test_moving_a_slider_draws_anew_with_all_settings():
    sliders, shown = parts(two_knobs(finer=4))
    sliders["half"].value = "right"
    sliders["shade"].value = 0.75  # not a stop of the page
    assert halves(image(shown)["src"]) == pytest.approx((0, 0.75 * 255), abs=8)
    assert image(shown)["alt"] == "Two halves, shade 0.75, half right"
    assert pyplot.get_fignums() == []


def test_at_a_stop_the_live_picture_is_that_of_the_page():
    explorer = plain()
    sliders, shown = parts(explorer)
    live = {}
    for shade, half in itertools.product(*STOPS.values()):
        sliders["shade"].value, sliders["half"].value = shade, half
        live[image(shown)["alt"]] = image(shown)["src"]
    assert list(live.values()) == constant(explorer.html, "frames")
    assert len(set(live.values())) == 5, "a half in black is the same on either side"
    sliders["shade"].value, sliders["half"].value = 0.0, "left"
    assert image(shown).attrs == BeautifulSoup(explorer.html, "html.parser").img.attrs


def test_no_text_breaks_out_of_the_live_picture():
    nasty = '"><b>'
    _, shown = parts(explore(count, {"n": [nasty]}, nasty))
    assert [tag.name for tag in BeautifulSoup(shown.value, "html.parser").find_all(True)] == ["img"]
    assert image(shown)["alt"] == f"{nasty}, n {nasty}"


def test_a_notebook_is_given_the_live_view_the_page_and_words():
    explorer = plain()
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {WIDGET, "text/html", "text/plain"}
    assert bundle["text/html"] == explorer.html
    assert bundle["text/plain"] == "Two halves"


def test_the_view_shown_is_the_live_one(monkeypatch):
    explorer = plain()
    view = explorer.widget()
    monkeypatch.setattr(explorer, "widget", lambda: view)
    assert explorer._repr_mimebundle_()[WIDGET]["model_id"] == view.model_id
    assert view.model_id and len(view.children) == 3


def test_the_live_view_is_no_wider_than_its_picture():
    assert webp(draw(0.0, "left"))[1] == (200, 100)
    assert plain().widget().layout.max_width == "200px"
