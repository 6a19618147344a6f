"""The meter counts what a reader meets: pages whose numbers are known, the command line, and the built chapters."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from browsing import open_browser, skip

import chromium
import meter

PAGES = pathlib.Path(__file__).parent / "meter"
CHAPTERS = sorted((pathlib.Path(__file__).parent.parent / "chapters").glob("[0-9]*.ipynb"))  # without *Deeper*
HELD = (
    "01-gan",
    "02-lsgan",
    "03-wgan",
    "04-wgan-gp",
    "05-under-the-microscope",
    "06-measured",
    "07-after-wgan-gp",
    "08-your-own-images",
)  # those held to the budget; when all are, so is their sum
ROW = {"words": 1900, "figures": 5, "sliders": 2, "lines": 20, "printed": 10, "code": 0.15, "first": 0.6}
ROW |= {"minutes": 16.0, "stretch": 2.0, "screens": 12.0}  # as much as a chapter may have
MOVES = re.compile("<div data-(?:scrub|explore)=")
EMPTY = "<!doctype html><title>Nothing</title><main><p>Nothing.</p></main>"


@pytest.fixture(scope="module")
def page():
    with open_browser() as browser:
        yield browser.new_page(viewport=meter.SCREEN, color_scheme="light")


@pytest.fixture(scope="module")
def measured(page):
    """Each page of known numbers is opened once."""
    return {path.stem: meter.measure(page, path) for path in PAGES.glob("*.html")}


# --- pages of known numbers -----------------------------------------------------------------------------------


@pytest.mark.browser
def test_words_are_those_that_are_seen_without_a_click(measured):
    assert measured["words"]["words"] == 48  # the words of that page are numbered


@pytest.mark.browser
def test_what_is_folded_counts_once_it_is_open(page):
    meter.measure(page, PAGES / "words.html")
    before = page.evaluate(meter.MEASURE, 900)
    chromium.unfold(page)
    after = page.evaluate(meter.MEASURE, 900)
    # what the three of the first part hold, 4, 4 and "no" for "25 26"; and a list of checks, 1
    assert after["words"] - before["words"] == 4 + 4 - 1 + 1
    assert after["lines"] - before["lines"] == 1 and after["tables"] - before["tables"] == 1


@pytest.mark.browser
def test_code_is_the_open_blocks_and_what_cells_print(measured):
    found = measured["code"]
    assert found["code"] == pytest.approx(500 / 2000, abs=1 / 2000)
    assert (found["lines"], found["printed"]) == (6, 3)
    assert found["words"] == 4, "of code there are none: only of the two summaries"
    assert found["screens"] == pytest.approx(2000 / 900, abs=2 / 900)


@pytest.mark.browser
def test_pictures_of_a_figure_or_a_table_are_one_and_those_to_move_are_none(measured):
    found = measured["pictures"]
    assert (found["figures"], found["sliders"], found["tables"]) == (7, 4, 1)


@pytest.mark.browser
@pytest.mark.parametrize(
    "name, top, part",
    [("pictures", 720, 0.6), ("slider-first", 600, 0.75), ("stretch", 1000, 0.0), ("code", None, None)],
)
def test_the_first_picture_is_cut_by_the_first_screen(measured, name, top, part):
    found = measured[name]
    assert found["firstAt"] == (top and pytest.approx(top, abs=1))
    assert found["first"] == (part if part is None else pytest.approx(part, abs=0.01))


@pytest.mark.browser
def test_where_the_page_is_scrolled_to_does_not_matter(page, measured):
    found = meter.measure(page, PAGES / "pictures.html")
    page.evaluate("scrollTo(0, 500)")
    assert page.evaluate("scrollY") == 500
    assert found == measured["pictures"] == page.evaluate(meter.MEASURE, 900) | {"minutes": found["minutes"]}


@pytest.mark.browser
def test_the_longest_stretch_lies_between_what_gives_rest(measured):
    found = measured["stretch"]
    assert found["stretch"] == pytest.approx(1350 / 900, abs=2 / 900)
    assert found["where"] == "The longest"
    assert (found["questions"], found["tables"], found["figures"], found["sliders"]) == (5, 1, 1, 1)
    assert found["screens"] == pytest.approx(7, abs=2 / 900), "a note beside the text adds to its height"
    assert measured["slider-first"]["stretch"] == pytest.approx(600 / 900, abs=2 / 900), "it may begin at the top"
    assert measured["code"]["stretch"] == pytest.approx(2000 / 900, abs=2 / 900), "and go on to the end"


@pytest.mark.browser
def test_a_formula_on_a_line_of_its_own_is_counted(measured):
    assert [measured[name]["formulas"] for name in ("words", "stretch", "pictures")] == [1, 1, 0]


@pytest.mark.browser
def test_minutes_are_made_of_what_is_counted(measured):
    found = measured["pictures"]
    assert found["minutes"] == pytest.approx(found["words"] / 180 + (7 * 45 + 4 * 100) / 60)
    found = measured["code"]
    assert found["minutes"] == pytest.approx(4 / 180 + (6 + 3) * 1.5 / 60)


@pytest.mark.browser
def test_a_page_without_an_article_is_refused(page, tmp_path):
    file = tmp_path / "empty.html"
    file.write_text(EMPTY, encoding="utf-8")
    with pytest.raises(ValueError, match=r"PAGE: expected a page with an <article>, got '.*empty\.html'"):
        meter.measure(page, file)


# --- the budget -----------------------------------------------------------------------------------------------


def test_a_page_that_spends_all_of_its_budget_is_not_over_it():
    assert meter.over(ROW) == {}


@pytest.mark.parametrize(
    "name, enough, too_much",
    [
        ("words", 1900, 1901),  # what is counted is held exactly
        ("minutes", 16.0, 16.01),
        ("code", 0.157, 0.158),  # a height has 5 %
        ("stretch", 2.09, 2.11),
        ("first", 0.571, 0.569),
        ("first", 1.0, None),
    ],
)
def test_each_line_of_the_budget_is_held(name, enough, too_much):
    assert meter.over(ROW | {name: enough}) == {}
    assert meter.over(ROW | {name: too_much}).keys() == {name}


def test_what_is_over_says_by_how_much():
    found = meter.over(ROW | {"words": 2850, "first": None})
    assert found == {"words": "2,850, at most 1,900", "first": "none, at least 60%"}


def test_the_sum_is_that_of_the_pages_and_code_is_a_part_of_all_their_height():
    both = meter.total([ROW | {"screens": 10.0, "code": 0.1}, ROW | {"screens": 30.0, "code": 0.3}])
    assert (both["words"], both["minutes"], both["screens"]) == (3800, 32.0, 40.0)
    assert both["code"] == pytest.approx(0.25)
    assert meter.over(both, meter.TOGETHER, {}) == {}
    assert meter.over(both | {"words": 13_001}, meter.TOGETHER, {}).keys() == {"words"}


def test_the_table_has_a_row_a_page_and_marks_what_is_over():
    head, one, two, together, chapter, _ = meter.table({"a": ROW, "b": ROW | {"words": 2000, "first": None}})
    assert head.split()[:3] == ["words", "figures", "sliders"]
    assert one.split() == ["a", "1,900", "5", "2", "20", "10", "16.0", "15%", "60%", "2.0", "12.0"]
    assert two.split() == ["b", "2,000*", "5", "2", "20", "10", "16.0", "15%", "none*", "2.0", "12.0"]
    assert together.split()[:2] == ["together", "3,900"]
    assert "1,900" in chapter and chapter.index("1,900") == one.index("1,900"), "the budget stands below the numbers"


# --- the command line -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, said",
    [
        (["--folder", "{0}/nowhere"], r"--folder: expected a built book .*got '.*/nowhere'"),
        (["--folder", "{0}", "chapters/09-none.html"], r"PAGE: expected a file in '.*', got 'chapters/09-none\.html'"),
        (["--folder", "{0}", "chapters"], r"PAGE: expected a file in '.*', got 'chapters'"),
        (
            ["--folder", "{0}", "--json", "{0}/nowhere/a.json"],
            r"--json: expected a file in a folder that is there, got",
        ),
        (["--folder", "{0}", "--json", "{0}"], r"--json: expected a file in a folder that is there, got"),
    ],
)
def test_an_argument_that_can_not_be_used_is_named(words, said, tmp_path, capsys):
    (tmp_path / "chapters").mkdir()
    shutil.copy(PAGES / "code.html", tmp_path / "chapters" / "01-code.html")
    assert meter.arguments(["--folder", str(tmp_path)]) == (tmp_path, ["chapters/01-code.html"], None)
    with pytest.raises(SystemExit) as end:
        meter.main([word.format(tmp_path) for word in words])
    assert end.value.code == 2
    assert re.search(said, capsys.readouterr().err)


def test_without_a_browser_the_command_says_so(monkeypatch):
    monkeypatch.setattr(chromium, "find", lambda: None)
    with pytest.raises(SystemExit, match="no browser here"):
        meter.main(["--folder", str(PAGES), "code.html"])


@pytest.mark.browser
def test_the_command_prints_the_table_and_writes_the_numbers(page, measured, tmp_path):
    file = tmp_path / "numbers.json"
    command = [sys.executable, meter.__file__, "--folder", PAGES, "--json", file, "code.html", "stretch.html"]
    told = subprocess.run(command, check=True, text=True, capture_output=True)
    rows = {name: measured[name.removesuffix(".html")] for name in ("code.html", "stretch.html")}
    assert told.stdout.splitlines() == list(meter.table(rows))
    assert json.loads(file.read_text(encoding="utf-8")) == rows


# --- the built chapters ---------------------------------------------------------------------------------------

# What a reader sees of these pages, as the browser itself would copy it, less what the meter leaves out.
LEAVE_OUT = """() => {
  const out = "pre, button, svg, iframe, .headerlink, [data-scrub], [data-explore], [data-critic-lab]";
  document.querySelectorAll(`article :is(${out})`).forEach((each) => each.remove());
  document.querySelectorAll("article .math").forEach((each) => each.replaceWith("x"));
}"""


@pytest.fixture(scope="module")
def chapters(page):
    """{name: row} of the chapters as they are built."""
    if not (meter.FOLDER / "index.html").exists():
        skip("the book is not built: make book")
    return {path.stem: meter.measure(page, meter.FOLDER / "chapters" / f"{path.stem}.html") for path in CHAPTERS}


@pytest.mark.html
@pytest.mark.browser
def test_the_meter_sees_what_chapters_are_made_of(chapters):
    """Should the theme or the book mark something otherwise one day, the meter would overlook it in silence."""
    for path in CHAPTERS:
        cells = nbformat.read(path, as_version=4).cells
        open_cells = [cell for cell in cells if not {"hide-cell", "remove-cell"} & {*cell.metadata.get("tags", [])}]
        shown = [output.get("data", {}) for cell in open_cells for output in cell.get("outputs", [])]
        row = chapters[path.stem]
        assert row["figures"] >= sum("image/png" in data for data in shown) > 0, path.stem
        assert row["sliders"] >= sum(bool(MOVES.search(data.get("text/html", ""))) for data in shown), path.stem
        assert row["questions"] >= sum("**Quick question" in cell.source for cell in cells) > 0, path.stem
        assert row["lines"] > 0 and 0 < row["code"] < 1, path.stem
    assert sum(row["sliders"] for row in chapters.values()) >= 5


@pytest.mark.html
@pytest.mark.browser
def test_the_meter_counts_the_words_that_the_browser_would_copy(chapters, page):
    for name, row in chapters.items():
        chromium.open_page(page, (meter.FOLDER / "chapters" / f"{name}.html").as_uri())
        page.evaluate(LEAVE_OUT)
        assert row["words"] == len(re.findall(r"\S*\w\S*", page.locator("article").inner_text())), name


@pytest.mark.html
@pytest.mark.browser
def test_chapters_keep_to_their_budget(chapters):
    assert set(HELD) <= chapters.keys()
    assert {name: meter.over(chapters[name]) for name in HELD if meter.over(chapters[name])} == {}
    if set(HELD) == chapters.keys():
        assert meter.over(meter.total(chapters.values()), meter.TOGETHER, {}) == {}


@pytest.mark.html
@pytest.mark.browser
def test_the_ten_minute_page_takes_ten_minutes(page):
    if not (meter.FOLDER / "index.html").exists():
        skip("the book is not built: make book")
    row = meter.measure(page, meter.FOLDER / "book" / "ten-minutes.html")
    assert (row["figures"], row["sliders"]) == (5, 1)  # and that is the lab
    assert page.locator("article div.math").count() == 1
    most = {"words": 650, "lines": 12, "minutes": 10, "code": 0.15, "stretch": 2.0}
    assert meter.over(row, most, {"first": 0.6}) == {}
