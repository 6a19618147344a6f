"""The inventory of the first edition: every item of its chapters and pages, and where each is to go.

    python tools/inventory.py            how many items stay, move and go, by page and by kind
    python tools/inventory.py --items    every item of the first edition, read anew from its commit, as CSV

Items are read by `git show`: nothing is checked out. The tables, in tools/inventory/, hold them as well, so they can be
read and tested where that commit is not there. The README beside the tables says what their columns hold.
"""

import argparse
import collections
import csv
import hashlib
import itertools
import json
import pathlib
import re
import subprocess
import sys
import textwrap
import unicodedata
from typing import NamedTuple

from docutils import nodes
from markdown_it import MarkdownIt

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLES = ROOT / "tools" / "inventory"
OTHER_TABLES = ("places", "addresses")  # all others hold items
COMMIT = "cb5fb71"
# Of all items, so that the tables can be held to them where the commit is not there (in a shallow clone).
DIGEST = "288d58c65f665e90aaec79508f1f2786e19123a091d56f3273a0245e25d0e3cb"
LONGEST = 200  # characters of an item's text; the sentence of a check is always whole

# How a paragraph of a chapter begins that asks the reader something, or sends them to the lab.
MARKED = {
    "quick question": re.compile(r"\*\*Quick question\.\*\*\s+(.+)"),
    "what if": re.compile(r"\*\*(What if.*)"),
    "play with it": re.compile(r"\*\*Play with it\.\*\*\s+(.+)"),
    "exercise": re.compile(r"\*\*(\d+\. \w+\.\*\*.+)"),
    "break it": re.compile(r"\*\*(Break it \d+\. .+)"),
}
LABEL = re.compile(r"^(?:\((\S+)\)=|:name: (\S+))$", re.MULTILINE)
PROOF = re.compile(r"<details><summary>Proof</summary>\s*(.+)")
ASKED = re.compile(r"^\*\*(\d+)\.\*\* (.+)")  # a question of the lab's page
HELD = "✓ "  # how a check begins that holds


class Item(NamedTuple):
    """One item: its kind, the page it is on, what tells it from others of that kind there, and its first words."""

    kind: str
    page: str
    item: str
    text: str


def show(path):
    """A file's text in the first edition. `subprocess.CalledProcessError` where its commit or the file is not there."""
    command = ["git", "show", f"{COMMIT}:{path}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()


def items():
    """Every `Item` of the first edition, page by page, in the book's order. Raises as `show` does."""
    found = []
    for page in re.findall(r"(?:root|file): (\S+)", show("_toc.yml")):
        found.append(Item("page", page, f"{page}.html", ""))
        if page.startswith("chapters/"):
            for number, cell in enumerate(json.loads(show(f"{page}.ipynb"))["cells"]):
                of_a_cell = _of_text if cell["cell_type"] == "markdown" else _of_code
                found += of_a_cell(page, number, cell)
        else:
            found += _of_page(page, show(f"{page}.md"))
    return found


def digest(some):
    """A hash of items, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(some)).encode()).hexdigest()


def read(name):
    """The rows of a table, as dictionaries: `name` is that of a file in tools/inventory/, without its ending."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows():
    """The rows of all items, as dictionaries."""
    names = sorted(path.stem for path in TABLES.glob("*.csv"))
    return [row for name in names if name not in OTHER_TABLES for row in read(name)]


def _of_text(page, number, cell):
    source = "".join(cell["source"])
    yield from _anchors(page, source)
    for kind, mark in MARKED.items():
        for text in mark.findall(source):
            own = re.match(r"(?:Break it )?(\d+)\.", text)  # exercises and Break its are numbered, questions are not
            yield Item(kind, page, own[1] if own else str(number), _short(text))
    for text in PROOF.findall(source):
        yield Item("proof", page, str(number), _short(text))


def _of_code(page, number, cell):
    figure = cell["metadata"].get("mystnb", {}).get("figure", {})
    if "name" in figure:
        yield Item("label", page, figure["name"], _short(figure["caption"]))
    printed = "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")
    sentences = [line.removeprefix(HELD) for line in printed.splitlines() if line.startswith(HELD)]
    for which, sentence in enumerate(sentences, start=1):
        yield Item("tick", page, f"{number}.{which}", sentence)


def _of_page(page, source):
    yield from _anchors(page, source)
    for line in source.splitlines():
        if asked := ASKED.match(line):
            yield Item("lab question", page, asked[1], _short(asked[2]))
    for glossary in re.findall(r"```\{glossary\}\n(.+?)```", source, re.DOTALL):
        for term in re.findall(r"^\S.*$", glossary, re.MULTILINE):
            plain = unicodedata.normalize("NFKD", term).encode("ascii", "ignore").decode()
            yield Item("term", page, "term-" + re.sub(r"[^A-Za-z0-9]+", "-", plain), term)  # Sphinx's id


def _anchors(page, source):
    """Labels and headings. A heading's id is the one that Sphinx gives it."""
    for first, second in LABEL.findall(source):
        yield Item("label", page, first or second, "")
    # No heading of the book is underlined; a line of minus signs is front matter, or part of a table.
    for opening, inside in itertools.pairwise(MarkdownIt().disable("lheading").parse(source)):
        if opening.type == "heading_open":
            title = "".join(part.content for part in inside.children)
            yield Item("heading", page, nodes.make_id(title), title)


def _short(text):
    return textwrap.shorten(text.replace("**", ""), LONGEST, placeholder=" ...")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--items", action="store_true", help="every item of the first edition, as CSV")
    if parser.parse_args(arguments).items:
        try:
            found = items()
        except (OSError, subprocess.CalledProcessError):
            parser.error(f"--items: expected a clone with all its history; found none with the commit {COMMIT}")
        csv.writer(sys.stdout, lineterminator="\n").writerows([Item._fields, *found])
        return
    for column in ("page", "kind"):
        counts = collections.Counter((row[column], row["destination"].partition(":")[0]) for row in rows())
        print(f"{column:32s}  stays  moves   goes")
        for name in dict.fromkeys(name for name, _ in counts):
            print(f"{name:32s}  " + "  ".join(f"{counts[name, where]:5d}" for where in ("stays", "moves", "goes")))


if __name__ == "__main__":
    main()
