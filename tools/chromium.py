"""The Chromium that is already on the machine, for printing the book and for looking at its pages."""

import contextlib
import io
import pathlib
import shutil
import tempfile

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # a container's root has no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NONE = f"no browser here: looked for {', '.join(NAMES)}"


def find():
    """The program's path, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def launched(*arguments):
    """The browser, with some arguments more; closed in the end."""
    from playwright.sync_api import sync_playwright  # here, since the book is built without it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=[*ARGUMENTS, *arguments])
        yield browser
        browser.close()


def open_page(page, address, timeout=30_000):
    """Go there and wait until the page is whole, its formulas too. timeout: in milliseconds, for all but those."""
    page.goto(address, wait_until="load", timeout=timeout)
    # MathJax promises to be done; without formulas it is not on the page
    page.evaluate("window.MathJax && MathJax.startup && MathJax.startup.promise")


def unfold(page):
    """Open all that is folded: code, solutions, proofs, answers."""
    page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true })")
    # the theme fades it in; one that has been cancelled is over too
    page.evaluate("Promise.allSettled(document.getAnimations().map((fading) => fading.finished))")


def take_still(path, document, viewport, act, query=""):
    """Write what a page shows once it is alive into PATH, as WebP: it stands in where scripts are off, or on paper.

    document: the page's text. act(page): what a reader would do before. query: of its address.
    """
    from PIL import Image

    if not find():
        raise FileNotFoundError(NONE)
    with launched() as browser, tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "page.html"
        file.write_text(document, encoding="utf-8")
        page = browser.new_page(viewport=viewport)
        page.goto(file.as_uri() + query)
        act(page)
        page.locator(".share").evaluate("(share) => { share.hidden = true; }")
        shown = page.locator(".alive").screenshot()
    image = Image.open(io.BytesIO(shown)).convert("RGB")
    image.save(path, quality=70, method=6)
    print(f"{path.name}: {image.width} x {image.height}, {path.stat().st_size:,} bytes")
