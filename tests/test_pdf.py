"""The printed book: every chapter, formulas set, figures in, nothing left folded."""

import pathlib
import re
import subprocess
import sys

import nbformat
import pytest
from browsing import skip
from pypdf import PdfReader

import chromium
import pdf

pytestmark = pytest.mark.browser
ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def book():
    if not chromium.find():
        skip(chromium.NONE)
    subprocess.run([sys.executable, pdf.__file__], check=True, stdout=subprocess.DEVNULL)
    return PdfReader(pdf.PDF)


def pictures(page):
    """How many there are on a page of the file. (pypdf's own `images` decodes each one, which takes longer.)"""
    found = page["/Resources"].get("/XObject", {}).values()
    return sum(each.get_object()["/Subtype"] == "/Image" for each in found)


def test_the_whole_book_is_printed(book):
    text = "\n".join(page.extract_text() for page in book.pages)
    assert len(book.pages) > 100
    text = " ".join(text.split())
    for number, path in enumerate(sorted((ROOT / "chapters").glob("[0-9]*.ipynb")), start=1):
        cells = nbformat.read(path, as_version=4).cells
        heading = re.search(r"^## (.+)$", "\n".join(cell.source for cell in cells), re.MULTILINE)[1]
        begins = " ".join(heading.replace("'", "’").split()[:3])
        assert f"{number}.1. {begins}" in text, f"chapter {number} does not begin with its first heading"
    assert "The Lipschitz bound squeezes" in text, "a folded proof is opened"
    assert "\\lVert" not in text and "\\mathbb" not in text, "a formula is printed as it was typed"
    assert sum(pictures(page) for page in book.pages) > 40
