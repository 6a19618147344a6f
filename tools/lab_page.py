"""The critic lab in the book: an extension of Sphinx with one directive, {critic-lab}, or {critic-lab} PRESET.

    python tools/lab_page.py    take the picture that stands in for the lab where scripts are off, or on paper

The page is made from gancode/lab/ when the book is built, so the book and `gancode.lab.lab()` show the same one.
"""

import sys

import chromium
from gancode import lab

PRESET = "ring"  # what the picture shows
SIZE = {"width": 1120, "height": 1000}


def setup(app):
    """What Sphinx calls for its extensions."""
    from docutils import nodes
    from docutils.parsers.rst import Directive

    class CriticLab(Directive):
        optional_arguments = 1  # the preset that it begins with

        def run(self):
            environment = self.state.document.settings.env
            for file in sorted(lab.FOLDER.glob("*.*")):
                environment.note_dependency(str(file))  # who changes one of them gets a new page
            return [nodes.raw("", lab.fragment(*self.arguments), format="html")]

    app.add_directive("critic-lab", CriticLab)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def run(page):
    """To where the preset has something to show."""
    steps = lab.constant("PRESETS")[PRESET]["steps"]
    page.get_by_role("button", name=f"Run to step {steps}").click()
    page.locator(f"[data-critic-lab][data-steps='{steps}'][data-playing=false]").wait_for(timeout=300_000)


def main():
    chromium.take_still(lab.FOLDER / "still.webp", lab.html(PRESET), SIZE, run)


if __name__ == "__main__":
    sys.exit(main())
