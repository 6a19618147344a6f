"""The page of the generators in the book: an extension of Sphinx with one directive, {generators}.

    python tools/generators_page.py            write all that the page loads, book/_static/generators/*.js
    python tools/generators_page.py --still    take the picture that stands in for it where scripts are off

The page is made from gancode/lab/generators/ and from some of the lab's files when the book is built.
"""

import pathlib
import re
import sys

import chromium
from gancode import lab
from gancode.figures.markup import fill, for_script, text

FOLDER = lab.FOLDER / "generators"
ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "book" / "_static" / "generators"


def own(names):
    """The page's own files, by their names for `lab.join`."""
    return [f"generators/{name}" for name in names.split()]


ENGINE = ["random", "matrix", *own("unpack convolution networks plane state nearest")]
WORKER = [*ENGINE, *own("worker")]
PAGE = [*own("state words unpack scripts painting map cards film"), "surroundings", *own("page")]
SIZE = {"width": 1120, "height": 1000}


def setup(app):
    """What Sphinx calls for its extensions."""
    from docutils import nodes
    from docutils.parsers.rst import Directive

    class Generators(Directive):
        def run(self):
            environment = self.state.document.settings.env
            for file in sorted([*lab.FOLDER.glob("*.*"), *FOLDER.glob("*.*")]):
                environment.note_dependency(str(file))  # who changes one of them gets a new page
            up = "../" * environment.docname.count("/")
            return [nodes.raw("", fragment(f"{up}_static/generators"), format="html")]

    app.add_directive("generators", Generators)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def fragment(scripts):
    """The page's own part, without the document around it. scripts: the folder of what it loads, as an address."""
    parts = {"STYLE": text(lab.FOLDER / "page.css") + text(FOLDER / "page.css"), "SCRIPTS": scripts}
    parts |= {"ENGINE": for_script(lab.join(WORKER)), "PAGE": lab.join(PAGE)}
    return fill(FOLDER / "page.html", parts | lab.still(FOLDER))


def html():
    """The same as one document, which loads its scripts from this repository."""
    return fill(lab.FOLDER / "document.html", {"TITLE": "The generators", "LAB": fragment(SCRIPTS.as_uri())})


def ask(page):
    """For the nearest digits."""
    page.locator("[data-generators][data-drawn]").wait_for()
    page.get_by_role("button", name=re.compile("nearest")).click()
    page.locator("[data-generators][data-nearest=yes]").wait_for()


def main(arguments):
    if arguments == ["--still"]:
        chromium.take_still(FOLDER / "still.webp", html(), SIZE, ask, "?x=-0.4")
    elif arguments:
        sys.exit(__doc__)
    else:
        import kept_generators

        kept_generators.write_all()


if __name__ == "__main__":
    main(sys.argv[1:])
