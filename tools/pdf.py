"""Prints the whole book into one file: book/_build/penalise-what-deserves-it.pdf.

The pages are built as a single one, everything folded is opened, and the Chromium that is already there prints it.
"""

import pathlib
import shutil
import subprocess
import sys

import chromium

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINGLE = ROOT / "book" / "_build" / "singlehtml"
PDF = ROOT / "book" / "_build" / "penalise-what-deserves-it.pdf"


def build():
    """The book as one page. Returns its file."""
    jupyter_book = pathlib.Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", ROOT, "--path-output", ROOT / "book", "--builder", "singlehtml", "-q"]
    subprocess.run(command, check=True)
    # Sphinx writes it into a folder, and links its styles and pictures as if it lay above
    return shutil.copy(SINGLE / "book" / "index.html", SINGLE / "whole.html")


def print_page(page_file, pdf):
    """Open one page, unfold it, wait for its formulas and pictures, print it."""
    with chromium.launched() as browser:
        page = browser.new_page(color_scheme="light")
        chromium.open_page(page, page_file.as_uri(), timeout=120_000)
        chromium.unfold(page)
        page.pdf(path=pdf, format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "15mm"))


if __name__ == "__main__":
    if not chromium.find():
        sys.exit(f"{chromium.NONE}. Install it and try again.")
    print_page(build(), PDF)
    print(f"The book in one file: {PDF.as_uri()}")
