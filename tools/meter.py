"""Measures what the built pages ask of a reader, in a browser, and prints it beside the design's budgets.

    python tools/meter.py                          every chapter of the built book
    python tools/meter.py chapters/03-wgan.html    some pages
    python tools/meter.py --json meter.json        and all numbers in a file

A row a page, and their sum; a * stands where a page is over the budget of a chapter. It informs; tests/test_meter.py
holds. Only what stands in the page's <article> counts, and of that only what is *open*: seen without a click. What is
in a closed <details>, but for its summary, hidden, transparent or there for screen readers alone does not count.

- words: runs of characters with a letter or a digit among them, in text, headings, summaries, captions, tables,
  admonitions, margin notes, and in checks that are not printed. A formula, however long, counts as one letter of the
  run it stands in. Code, printed text, the labels in a picture, and what a slider or the lab says do not count.
- figures: pictures of at least 48 px a side. Those in one <figure> or one table are one.
- sliders: sliders, explorers, labs and framed pages. A picture in one is no figure.
- lines: of code, those with something on them. printed: the same for what cells have printed.
- minutes: 180 words a minute, 45 s a figure, 100 s a slider, 1.5 s a line of code or of printed text.
- code: the height of the blocks of code and of printed text, as a part of the page's. Those in the margin have none.
- first picture: the part of its height that is on the first screen of 1280 x 900; of a slider, its picture alone.
- stretch: the most screens on end without figure, slider, table or question, from the page's first line to its last.
  A question is a paragraph that begins in bold with "Quick question", "Question", "Exercise", "Break it", "Predict" or
  a number and a full stop, or what has the class `question` or `exercise`; with the answers folded below it.
- screens: the height, in screens. What stands beside the text adds nothing to it.
"""

import argparse
import json
import pathlib
import sys

import chromium

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "_build" / "html"
MEASURE = pathlib.Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SCREEN = {"width": 1280, "height": 900}

SECONDS = {"words": 60 / 180, "figures": 45, "sliders": 100, "lines": 1.5, "printed": 1.5}
MOST = {"words": 1900, "minutes": 16, "code": 0.15, "stretch": 2.0}  # a chapter
LEAST = {"first": 0.60}
TOGETHER = {"words": 13_000, "minutes": 120}  # all chapters
HEIGHTS = {"code", "first", "stretch"}
SLACK = 0.05  # of a height, since fonts differ from machine to machine; what is counted has none

COLUMNS = {  # the heading, and how a value is written
    "words": ("words", "{:,}"),
    "figures": ("figures", "{}"),
    "sliders": ("sliders", "{}"),
    "lines": ("lines", "{}"),
    "printed": ("printed", "{}"),
    "minutes": ("minutes", "{:.1f}"),
    "code": ("code", "{:.0%}"),
    "first": ("first picture", "{:.0%}"),
    "stretch": ("stretch", "{:.1f}"),
    "screens": ("screens", "{:.1f}"),
}


def measure(page, file):
    """What a built page asks of its reader.

    Args:
        page: a page of Playwright's, with a viewport as large as SCREEN. It is sent there.
        file: the built page, a pathlib.Path.

    Returns:
        {name: number}. The names are those of COLUMNS and questions, tables, formulas (those on lines of their own),
        firstAt (px from the page's top), where (the heading under which the longest stretch begins). code and first
        are parts of 1, stretch and screens are in screens; first and firstAt are None on a page without pictures.

    Raises:
        ValueError: for a page without an <article>.
    """
    chromium.open_page(page, file.resolve().as_uri(), timeout=120_000)
    found = page.evaluate(MEASURE, SCREEN["height"])
    if found is None:
        raise ValueError(f"PAGE: expected a page with an <article>, got {str(file)!r}, which has none")
    return found | {"minutes": sum(found[name] * seconds for name, seconds in SECONDS.items()) / 60}


def over(row, most=MOST, least=LEAST):
    """Where a row is over its budget: {name: what it has and what it may have, in words}."""
    found = {}
    for name, limit in (most | least).items():
        sign = -1 if name in least else 1  # at least this much is at most minus this much
        slack = 1 + sign * SLACK if name in HEIGHTS else 1
        if row[name] is None or sign * row[name] > sign * limit * slack:
            kind = "at least" if name in least else "at most"
            found[name] = f"{_say(name, row[name])}, {kind} {_say(name, limit)}"
    return found


def total(rows):
    """The rows' sum, of what can be added up, and code as a part of the whole height."""
    added = {name: sum(row[name] for row in rows) for name in (*SECONDS, "minutes", "screens")}
    return added | {"code": sum(row["code"] * row["screens"] for row in rows) / added["screens"]}


def table(rows):
    """{page: row} as lines: a page each, their sum, and what a chapter, and all of them, may have."""
    lines = [("", {name: heading for name, (heading, _) in COLUMNS.items()}, ())]
    lines += [(page, _in_words(row), over(row)) for page, row in rows.items()]
    together = total(rows.values())
    lines += [("together", _in_words(together), over(together, TOGETHER, {}))]
    lines += [("a chapter may have", _in_words(MOST | LEAST), ()), ("all together", _in_words(TOGETHER), ())]
    room = max(len(label) for label, _, _ in lines)
    width = {name: max(len(heading), 6) for name, (heading, _) in COLUMNS.items()}
    for label, cells, starred in lines:
        written = (f"{cells.get(name, ''):>{width[name]}}{'*' if name in starred else ' '}" for name in COLUMNS)
        yield f"{label:{room}}  {' '.join(written)}".rstrip()


def _in_words(row):
    return {name: _say(name, row[name]) for name in COLUMNS if name in row}


def _say(name, value):
    return "none" if value is None else COLUMNS[name][1].format(value)


def arguments(words=None):
    """(the folder, [pages in it], the file for JSON or None) as the command line has them. Exits where it is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="as chapters/03-wgan.html; all chapters unless given")
    parser.add_argument("--folder", type=pathlib.Path, default=FOLDER, help="the built book (book/_build/html)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the numbers there")
    asked = parser.parse_args(words)
    folder, file = asked.folder, asked.json
    pages = asked.pages or sorted(path.relative_to(folder).as_posix() for path in folder.glob("chapters/[0-9]*.html"))
    if not pages:
        parser.error(f"--folder: expected a built book (make book), with chapters/*.html, got {str(folder)!r}")
    for page in pages:
        if not (folder / page).is_file():
            parser.error(f"PAGE: expected a file in {str(folder)!r}, got {page!r}")
    if file and (file.is_dir() or not file.resolve().parent.is_dir()):
        parser.error(f"--json: expected a file in a folder that is there, got {str(file)!r}")
    return folder, pages, file


def main(words=None):
    folder, pages, file = arguments(words)
    if not chromium.find():
        sys.exit(f"{chromium.NONE}. Install it and try again.")
    with chromium.launched() as browser:
        page = browser.new_page(viewport=SCREEN, color_scheme="light")
        try:
            rows = {name: measure(page, folder / name) for name in pages}
        except ValueError as error:
            sys.exit(str(error))
    print(*table(rows), sep="\n")
    if file:
        file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
