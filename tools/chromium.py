"""The Chromium that is already on the machine, for printing the book and for looking at its pages."""

import contextlib
import shutil

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
