import base64
import functools
import io
import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib import pyplot
from PIL import Image

from gancode import plots
from gancode.figures.frames import scrub


def frame(shade=0.0, height=1.0):
    figure, ax = plots.new_figure(width=2.0, height=height)
    ax.imshow([[shade]], vmin=0, vmax=1, cmap="gray", aspect="auto")
    ax.set_axis_off()
    return figure


def three(labels=("step 0", "step 50", "step 100"), alt="A grid of samples"):
    return scrub([frame(0.0), frame(0.5), frame(1.0)], labels, alt).data


@functools.cache
def plain():
    """The three frames as they are, drawn once."""
    return three()


def constant(page, name):
    """A JavaScript constant of the page, read as JSON."""
    return json.JSONDecoder().raw_decode(page, re.search(rf"\b{name} = ", page).end())[0]


def test_without_scripts_it_is_one_picture_the_first_with_its_alternative_text():
    page = BeautifulSoup(plain(), "html.parser")
    (image,) = page.find_all("img")
    assert image["alt"] == "A grid of samples, step 0"
    assert page.output.text == "step 0"
    assert image["src"] == constant(plain(), "frames")[0]


def test_every_frame_is_a_picture_of_its_own_in_the_page():
    pictures = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(source.removeprefix("data:image/webp;base64,")))))
        for source in constant(plain(), "frames")
    ]
    assert [p.shape for p in pictures] == [(100, 200, 3)] * 3
    dark, grey, light = (p[50, 100].mean() for p in pictures)
    assert dark < 30 < 100 < grey < 160 < 225 < light


def test_the_slider_has_a_name_and_a_stop_for_each_frame():
    slider = BeautifulSoup(plain(), "html.parser").find("input", type="range")
    assert (slider["min"], slider["max"], slider["value"]) == ("0", "2", "0")
    assert slider["aria-label"] == "A grid of samples"
    assert constant(plain(), "stops") == [["step 0", "step 50", "step 100"]]


def test_it_asks_no_network_for_anything():
    assert "http:" not in plain() and "https:" not in plain() and "//" not in re.sub(r"base64,[^\"]*", "", plain())


def test_the_same_content_has_the_same_name_and_other_content_another():
    def name(page):
        return BeautifulSoup(page, "html.parser").div["data-scrub"]

    assert plain() == three()
    assert len({name(plain()), name(three(alt="Another")), name(three(labels="abc"))}) == 3
    assert f'[data-scrub="{name(plain())}"]' in re.search(r"querySelector\('(.*?)'\)", plain()).group(1)


@pytest.mark.parametrize("nasty", ["</script><b>", "<!--<script>", '" onerror="alert(1)', "{braces}", "\\", "é ✓ '"])
def test_no_text_breaks_out_of_its_place(nasty):
    page = three(labels=[nasty, nasty, "2"], alt=nasty)
    tree = BeautifulSoup(page, "html.parser")
    assert [tag.name for tag in tree.find_all(True)] == [
        tag.name for tag in BeautifulSoup(plain(), "html.parser").find_all(True)
    ]
    assert tree.img["alt"] == f"{nasty}, {nasty}"
    assert set(tree.img.attrs) == {"alt", "src", "style", "width", "height"}
    assert tree.output.text == nasty
    assert constant(page, "stops")[0][1] == nasty
    assert constant(page, "what") == nasty
    assert "<" not in constant_text(page)


def constant_text(page):
    """The line of the script that holds our texts."""
    return re.search(r"const frames.*", page).group()


def test_labels_may_be_numbers():
    assert constant(three(labels=[0, 50, 100]), "stops") == [["0", "50", "100"]]


def test_frames_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match=r"one size in pixels, got \[\(200, 100\), \(200, 130\)\]"):
        scrub([frame(), frame(height=1.3)], ["0", "1"], "a page that would jump")


def test_no_figure_is_left_open():
    """A notebook would show it again below the cell."""
    figure, _ = pyplot.subplots()
    scrub([figure], ["0"], "drawn with pyplot")
    assert pyplot.get_fignums() == []


def test_one_frame_is_enough():
    assert BeautifulSoup(scrub([frame()], ["0"], "one").data, "html.parser").input["max"] == "0"


@pytest.mark.slow
def test_thirty_frames_of_64_digits_stay_under_1_mb():
    from gancode import data

    digits = data.mnist("test")
    figures = [plots.samples_grid(digits[64 * i : 64 * (i + 1)]) for i in range(30)]
    assert len(scrub(figures, range(30), "digits").data) < 1_000_000
