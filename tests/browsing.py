"""A real browser for tests, and what is said where there is none."""

import contextlib
import os

import pytest
from axe_playwright_python.sync_playwright import Axe

import chromium

DESKTOP = {"width": 1280, "height": 900}
TELEPHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 640}  # a small telephone, or a page at 400 %

# of elements: where each is, and what
BOXES = "(all) => all.map((e) => ({...e.getBoundingClientRect().toJSON(), e: e.outerHTML}))"


def skip(reason):
    """Nothing is skipped where CI is set."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@contextlib.contextmanager
def open_browser(*arguments):
    """Chromium, with some arguments more."""
    if not chromium.find():
        skip(chromium.NONE)
    with chromium.launched(*arguments) as browser:
        yield browser


def note_errors(page, trouble):
    """Whatever goes wrong on the page is added to this list."""
    page.on(
        "console",
        lambda message: message.type == "error" and trouble.append(f"{message.text} {message.location['url']}".strip()),
    )
    page.on("pageerror", lambda error: trouble.append(str(error)))


AUDIT = """async ([{only, without}, among]) => {
  const options = {resultTypes: ["violations"], preload: false, ...(only && {runOnly: only})};
  if (without) options.rules = Object.fromEntries(without.map((rule) => [rule, {enabled: false}]));
  const {violations} = await axe.run(among ?? document, options);
  return violations.flatMap(({id, impact, nodes}) =>
    nodes.map(({html, failureSummary}) => [id, impact, `${html.slice(0, 200)} ${failureSummary}`]));
}"""


def violations(page, only=None, without=None, among=None):
    """What axe finds on a page: [(rule, impact, where and what)].

    only, without: names of rules. among: a handle to a list of elements; the whole page unless told.
    """
    if page.evaluate("!window.axe"):
        page.add_script_tag(content=Axe().axe_script)
    return [tuple(found) for found in page.evaluate(AUDIT, [{"only": only, "without": without}, among])]
