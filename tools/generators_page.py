"""The page of the generators in the book: an extension of Sphinx with one directive, {generators}.

    python tools/generators_page.py            write all that the page loads, book/_static/generators/*.js
    python tools/generators_page.py --still    take the picture that stands in for it where scripts are off

The page is made from gancode/lab/generators/ and from some of the lab's files when the book is built.
"""

import base64
import io
import pathlib
import re
import sys
import tempfile

from PIL import Image

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
    still = (FOLDER / "still.webp").read_bytes()
    width, height = Image.open(io.BytesIO(still)).size
    parts = {"STYLE": text(lab.FOLDER / "page.css") + text(FOLDER / "page.css"), "SCRIPTS": scripts}
    parts |= {"ENGINE": for_script(lab.join(WORKER)), "PAGE": lab.join(PAGE)}
    parts |= {"STILL": f"data:image/webp;base64,{base64.b64encode(still).decode()}", "WIDTH": width, "HEIGHT": height}
    return fill(FOLDER / "page.html", parts)


def html():
    """The same as one document, which loads its scripts from this repository."""
    document = fill(lab.FOLDER / "document.html", {"LAB": fragment(SCRIPTS.as_uri())})
    return document.replace("The critic lab", "The generators")


def picture():
    """The page as a browser shows it, with its nearest digits: a PNG."""
    if not chromium.find():
        raise FileNotFoundError(chromium.NONE)
    with chromium.launched() as browser, tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "generators.html"
        file.write_text(html(), encoding="utf-8")
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{file.as_uri()}?x=-0.4")
        page.locator("[data-generators][data-drawn]").wait_for()
        page.get_by_role("button", name=re.compile("nearest")).click()
        page.locator("[data-generators][data-nearest=yes]").wait_for()
        page.locator(".share").evaluate("(share) => { share.hidden = true; }")
        return page.locator(".alive").screenshot()


def main(arguments):
    if arguments == ["--still"]:
        path = FOLDER / "still.webp"
        Image.open(io.BytesIO(picture())).convert("RGB").save(path, quality=70, method=6)
        print(f"{path.name}: {path.stat().st_size:,} bytes")
    elif arguments:
        sys.exit(__doc__)
    else:
        import kept_generators

        kept_generators.write_all()


if __name__ == "__main__":
    main(sys.argv[1:])
