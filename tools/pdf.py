"""Prints the whole book into one file: book/_build/penalise-what-deserves-it.pdf.

The pages are built as a single one, everything folded is opened, and the Chromium that is already there prints it.
"""

import pathlib
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINGLE = ROOT / "book" / "_build" / "singlehtml"
PDF = ROOT / "book" / "_build" / "penalise-what-deserves-it.pdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def build():
    """The book as one page. Returns its file."""
    jupyter_book = pathlib.Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", ROOT, "--path-output", ROOT / "book", "--builder", "singlehtml", "-q"]
    subprocess.run(command, check=True)
    # Sphinx writes it into a folder, and links its styles and pictures as if it lay above
    return shutil.copy(SINGLE / "book" / "index.html", SINGLE / "whole.html")


def print_page(page_file, pdf):
    """Open one page, unfold it, wait for its formulas and pictures, print it."""
    browser_file = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser_file:
        sys.exit(f"No browser to print with: looked for {', '.join(BROWSERS)}. Install chromium and try again.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_file, args=["--headless", "--no-sandbox"])
        page = browser.new_page(color_scheme="light")
        page.goto(page_file.as_uri(), wait_until="load", timeout=120_000)
        page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true })")
        page.evaluate("window.MathJax && MathJax.startup && MathJax.startup.promise")
        page.pdf(path=pdf, format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "15mm"))
        browser.close()


if __name__ == "__main__":
    print_page(build(), PDF)
    print(f"The book in one file: {PDF.as_uri()}")
