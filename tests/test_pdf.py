"""The printed book: every chapter, formulas set, figures in, nothing left folded."""

import itertools
import pathlib
import re

import nbformat
import pytest
from browsing import skip
from bs4 import BeautifulSoup
from pypdfium2 import PdfDocument
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

import chromium
import pdf

pytestmark = pytest.mark.browser
ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def whole():
    """The book as one page."""
    if not chromium.find():
        skip(chromium.NONE)
    return pdf.build()


def first_headings():
    """Of each chapter's notebook, in order: the number and the words that its first section begins with."""
    for number, path in enumerate(sorted((ROOT / "chapters").glob("[0-9]*.ipynb")), start=1):
        cells = nbformat.read(path, as_version=4).cells
        heading = re.search(r"^## (.+)$", "\n".join(cell.source for cell in cells), re.MULTILINE)[1]
        yield f"{number}.1. " + " ".join(heading.replace("'", "’").split()[:3])


def words(text):
    return " ".join(text.split())


def test_each_chapter_is_in_it(whole):
    page = BeautifulSoup(whole.read_text(encoding="utf-8"), "html.parser")
    headings = iter(words(heading.get_text()) for heading in page.find_all(re.compile("^h[1-6]$")))
    missing = [begins for begins in first_headings() if not any(each.startswith(begins) for each in headings)]
    assert not missing, "or not in this order"


def test_it_is_printed(whole, tmp_path):
    """Four chapters of it: its hundreds of pages take a minute to draw."""
    pdf.print_page(whole, tmp_path / "book.pdf", page_ranges="1-100")
    with PdfDocument(tmp_path / "book.pdf") as book:
        text = words(" ".join(page.get_textpage().get_text_range() for page in book))
        pictures = (picture for page in book for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]))
        assert len(book) == 100
        assert len(list(itertools.islice(pictures, 21))) == 21, "figures are in it"
    for heading in itertools.islice(first_headings(), 4):
        assert heading in text, "a chapter does not begin with its first heading"
    assert "The Lipschitz bound squeezes" in text, "a folded proof is opened"
    assert "\\lVert" not in text and "\\mathbb" not in text, "a formula is printed as it was typed"
