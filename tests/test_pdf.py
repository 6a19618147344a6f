"""The printed book: every chapter, formulas set, figures in, nothing left folded."""

import subprocess
import sys

import pytest
from browsing import skip
from pypdf import PdfReader

import chromium
import pdf

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def book():
    if not chromium.find():
        skip(chromium.NONE)
    subprocess.run([sys.executable, pdf.__file__], check=True, stdout=subprocess.DEVNULL)
    return PdfReader(pdf.PDF)


def test_the_whole_book_is_printed(book):
    text = "\n".join(page.extract_text() for page in book.pages)
    assert len(book.pages) > 100
    for number in range(1, 8):
        assert f"{number}.1. What you need" in text
    assert "The Lipschitz bound squeezes" in text, "a folded proof is opened"
    assert "\\lVert" not in text and "\\mathbb" not in text, "a formula is printed as it was typed"
    assert sum(len(page.images) for page in book.pages) > 40
