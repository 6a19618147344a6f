"""The printed book: every chapter, formulas set, figures in, nothing left folded."""

import itertools
import pathlib
import re
import subprocess
import sys

import nbformat
import pytest
from browsing import skip
from pypdfium2 import PdfDocument
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

import chromium
import pdf

pytestmark = pytest.mark.browser
ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def book():
    if not chromium.find():
        skip(chromium.NONE)
    subprocess.run([sys.executable, pdf.__file__], check=True, stdout=subprocess.DEVNULL)
    with PdfDocument(pdf.PDF) as book:
        yield book


def test_the_whole_book_is_printed(book):
    text = " ".join(" ".join(page.get_textpage().get_text_range() for page in book).split())
    assert len(book) > 100
    for number, path in enumerate(sorted((ROOT / "chapters").glob("[0-9]*.ipynb")), start=1):
        cells = nbformat.read(path, as_version=4).cells
        heading = re.search(r"^## (.+)$", "\n".join(cell.source for cell in cells), re.MULTILINE)[1]
        begins = " ".join(heading.replace("'", "’").split()[:3])
        assert f"{number}.1. {begins}" in text, f"chapter {number} does not begin with its first heading"
    assert "The Lipschitz bound squeezes" in text, "a folded proof is opened"
    assert "\\lVert" not in text and "\\mathbb" not in text, "a formula is printed as it was typed"
    pictures = (picture for page in book for picture in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]))
    assert len(list(itertools.islice(pictures, 41))) == 41, "figures are in it"
