"""The book's own promises: chapters that are run, checked, described and up to date; pages that are whole."""

import ast
import base64
import csv
import functools
import importlib
import io
import json
import os
import pathlib
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
import time
from urllib.parse import unquote, urlsplit

import nbformat
import numpy as np
import pytest
import tomllib
import yaml
from browsing import skip
from bs4 import BeautifulSoup
from IPython.core.inputtransformer2 import TransformerManager
from PIL import Image

import execute
import fold
import gancode
import runner
import stamp

ROOT = pathlib.Path(__file__).resolve().parent.parent
HTML = ROOT / "book" / "_build" / "html"
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.stem[0].isdigit()]  # without those of *Deeper*
LISTED = [line.split()[-1] for line in (ROOT / "_toc.yml").read_text().splitlines() if "file:" in line]

# The second-level headings with which every chapter ends; those before them are its claims, three to five.
ENDS = ("What to remember", "Questions", "Exercises", "Where to go from here")

LARGEST = 3_000_000  # bytes a chapter
HELD = "✓ "  # how gancode.check begins a claim that holds
FAILED = "✗ "  # how gancode.broken begins what went wrong
BROKEN = re.compile(r"^with broken\(", re.MULTILINE)


def each_of(paths):
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


each_notebook, each_chapter = each_of(NOTEBOOKS), each_of(CHAPTERS)

# --- chapters ----------------------------------------------------------------------------------------------


def read(path):
    return nbformat.read(path, as_version=4)


@functools.cache
def chapter(path):
    """As it is stored, read once for all that is asked of it."""
    return read(path)


def code_cells(path):
    """[(number in the notebook, cell), ...] of the code cells, numbered from 1 among themselves."""
    return list(enumerate((cell for cell in chapter(path).cells if cell.cell_type == "code"), start=1))


def texts(cell):
    """Everything a cell shows as text."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        for mime, text in output.get("data", {}).items():
            if mime.startswith("text/"):
                yield text


def pictures(cell):
    return [out for out in cell.outputs if any(mime.startswith("image/") for mime in out.get("data", {}))]


def calls_check(cell):
    tree = ast.parse(TransformerManager().transform_cell(cell.source))
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(getattr(func, "id", getattr(func, "attr", None)) == "check" for func in calls)


def test_there_are_chapters_and_all_are_in_the_table_of_contents():
    listed = [name for name in LISTED if name.startswith("chapters/")]
    assert CHAPTERS and sorted(listed) == [f"chapters/{path.stem}" for path in NOTEBOOKS]
    assert listed[: len(CHAPTERS)] == [f"chapters/{path.stem}" for path in CHAPTERS]


@each_notebook
def test_every_code_cell_has_been_run_in_order(path):
    counts = [cell.execution_count for _, cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), f"run it: make execute CHAPTER={path.stem[:2]}"


@each_notebook
def test_no_output_is_an_error_or_a_warning(path):
    for number, cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error", f"code cell {number} stores an error: {output.get('evalue')}"
            assert output.get("name") != "stderr", f"code cell {number} stores stderr: {output.get('text')}"


@each_notebook
def test_no_live_widget_is_stored(path):
    for number, cell in code_cells(path):
        for output in cell.outputs:
            assert execute.WIDGET not in output.get("data", {}), f"code cell {number}: its kernel is gone"


@each_notebook
def test_outputs_were_made_by_the_code_as_it_stands(path):
    why = stamp.changes(chapter(path), ROOT)
    assert not why, f"{'; '.join(why)}. Run it again: make execute CHAPTER={path.stem[:2]}"


@each_notebook
def test_a_chapter_is_small_and_its_metadata_plain(path):
    assert path.stat().st_size < LARGEST
    notebook = chapter(path)
    assert notebook.metadata.kernelspec == execute.KERNEL
    assert "version" not in notebook.metadata.language_info
    assert "widgets" not in notebook.metadata


@each_notebook
def test_every_check_is_compared_and_holds(path):
    checked = [(number, cell) for number, cell in code_cells(path) if calls_check(cell)]
    assert checked, "a chapter that claims nothing"
    for number, cell in checked:
        assert "nbval-check-output" in cell.metadata.get("tags", []), f"tag code cell {number}: nbval-check-output"
        shown = "\n".join(texts(cell))
        begins = FAILED if BROKEN.search(cell.source) else HELD
        assert shown.startswith(begins) or f"\n{begins}" in shown, f"code cell {number} shows no line with {begins}"
        if not BROKEN.search(cell.source):
            assert not re.search(r"does not hold|✗|\bfail(s|ed)\b", shown), f"code cell {number} stores a failed check"


@each_notebook
def test_what_is_broken_on_purpose_is_mended_below_by_the_same_check(path):
    cells = [cell for _, cell in code_cells(path)]
    for number, cell in enumerate(cells, start=1):
        if BROKEN.search(cell.source):
            assert len(re.findall(r"^with ", cell.source, re.MULTILINE)) == 1, f"code cell {number}: one fault a cell"
            (fault,) = re.findall(rf"^{FAILED}(.+)$", "".join(texts(cell)), re.MULTILINE)
            repair = cells[number]
            assert "hide-cell" in repair.metadata.tags, f"code cell {number + 1}: a repair is folded"
            claims = re.findall(r'check\(\s*"([^"]+)"', cell.source)
            assert claims, f"code cell {number}: a fault that no check finds"
            for claim in claims:
                assert f"{HELD}{claim}" in "\n".join(texts(repair)).splitlines(), (
                    f"code cell {number + 1} does not mend: {claim}"
                )
            assert fault.removeprefix("this does not hold: ") in claims or fault.isidentifier(), fault


def test_there_are_at_least_ten_things_to_break():
    assert sum(bool(BROKEN.search(cell.source)) for path in NOTEBOOKS for _, cell in code_cells(path)) >= 10


@each_notebook
def test_package_code_shown_in_a_chapter_is_what_the_package_holds(path):
    """Listings show docstrings and comments, which are no part of the stamp."""
    modules = [name for _, name, _ in pkgutil.walk_packages(gancode.__path__, "gancode.")]
    names = {name.rpartition(".")[2]: importlib.import_module(name) for name in modules}
    names |= {name: getattr(gancode, name) for name in gancode.__all__}
    for number, cell in code_cells(path):
        if cell.source.startswith("show_code("):
            shown = cell.outputs[0].data["text/markdown"]
            again = f"code cell {number} shows other code than the package holds: make execute CHAPTER={path.stem[:2]}"
            assert shown == eval(cell.source, names).data, again
        else:
            assert "show_code(" not in cell.source, f"code cell {number}: show_code stands in a cell of its own"


@each_notebook
def test_every_picture_is_described(path):
    for number, cell in code_cells(path):
        shown = pictures(cell)
        if not shown:
            continue
        assert len(shown) == 1, f"code cell {number} shows {len(shown)} pictures under one description"
        said = cell.metadata.get("mystnb", {})
        alt = said.get("image", {}).get("alt", "")
        assert len(alt) >= 20, f"code cell {number}: metadata mystnb.image.alt should say what the picture shows"
        assert alt[0] not in "\"'", f"code cell {number}: quotation marks around alt text would be read out"
        if "figure" in said:
            caption = said["figure"].get("caption", "")
            assert caption[:1] not in ("'", '"'), f"code cell {number}: quotation marks around a caption would be shown"
            assert caption and caption != alt, f"code cell {number}: mystnb.figure.caption is missing or repeats alt"
            assert said["figure"].get("name"), f"code cell {number}: mystnb.figure.name is missing"


@each_notebook
def test_outputs_do_not_depend_on_the_machine(path):
    for number, cell in code_cells(path):
        for text in texts(cell):
            found = re.search(r"/(home|root|tmp|Users)/\w+|site-packages| at 0x[0-9a-f]{6,}", text)
            assert not found, f"code cell {number} shows {found[0]!r}"


def headings_of(path):
    """Those of the second level. A notebook begins with its title."""
    prose = "\n\n".join(cell.source for cell in chapter(path).cells if cell.cell_type == "markdown")
    prose = re.sub(r"^(```+|~~~+).*?^\1", "", prose, flags=re.MULTILINE | re.DOTALL)
    assert re.match(r"# \S", prose), "a chapter begins with its title"
    return re.findall(r"^## (.+)$", prose, flags=re.MULTILINE)


@each_chapter
def test_a_chapters_headings_are_its_claims_and_then_what_every_chapter_ends_with(path):
    *claims, remember, questions, exercises, doors = headings_of(path)
    assert (remember, questions, exercises, doors) == ENDS
    assert 3 <= len(claims) <= 5
    for claim in claims:
        assert len(claim.split()) >= 4, f"{claim!r} is a title, and no claim"


@each_chapter
def test_a_chapter_asks_for_words_and_has_an_answer(path):
    prose = "\n\n".join(cell.source for cell in chapter(path).cells if cell.cell_type == "markdown")
    questions = prose.partition("\n## Questions\n")[2].partition("\n## ")[0]
    asked = re.findall(r"^\*\*(?:Question )?\d+\.\*\*", questions, re.MULTILINE)
    answers = re.findall(r"<details><summary>([^<]+)</summary>\n\n(.+?)\n\n</details>", questions, re.DOTALL)
    assert 4 <= len(asked) <= 6 and len(asked) <= len(answers) == questions.count("<details>")
    assert sum(summary == "A model answer" for summary, _ in answers) >= 2
    assert all(len(answer) > 30 for _, answer in answers)


@each_notebook
def test_code_is_folded_by_its_title_alone(path):
    """What is no idea is folded: imports, training, figures, checks. tools/fold.py writes the metadata."""
    notebook = read(path)
    assert fold.fold(nbformat.from_dict(notebook)) == chapter(path), "run tools/fold.py"
    for number, cell in code_cells(path):
        if cell.source.startswith("show_code("):
            continue  # a listing, which may be folded on the page
        folded = {"hide-input", "hide-cell"} & set(cell.metadata.get("tags", []))
        assert bool(folded) == (fold.title(cell) is not None), f"code cell {number}"
        if calls_check(cell) and not BROKEN.search(cell.source):
            assert folded, f"code cell {number}: checks are folded"


@each_chapter
def test_a_chapter_asks_quick_questions_and_explains_every_answer(path):
    asked = [cell.source for cell in chapter(path).cells if cell.source.startswith("**Quick question.**")]
    assert len(asked) >= 2
    for question in asked:
        answers = re.findall(r"<details><summary>(.+)</summary>\n\n(.+)\n\n</details>", question)
        assert len(answers) == question.count("<details>") >= 3, question
        assert sum(why.startswith("Right. ") for _, why in answers) == 1, question
        assert all(len(why) > 30 for _, why in answers), question


@each_chapter
def test_exercises_are_of_every_kind(path):
    kinds = re.findall(r"^\*\*\d+\. (\w+)\.\*\*", "\n".join(cell.source for cell in chapter(path).cells), re.MULTILINE)
    assert len(kinds) >= 3 and len(set(kinds)) >= 3, kinds
    assert set(kinds) <= {"Check", "Vary", "Prove", "Build"}, kinds


def exercises(path):
    """[(statement, its code cells), ...] of the exercises, without what is broken on purpose."""
    found, inside = [], False
    for cell in chapter(path).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                inside = line == "## Exercises" or (inside and not line.startswith("#"))
                if inside and re.match(r"\*\*\d+\. ", line):
                    found.append((line, []))
        elif inside:
            found[-1][1].append(cell)
    return found


def names_in(source, context):
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and type(node.ctx) is context}


def defined_in(source):
    """Names that a cell gives to what stands below it: assigned at its own level, not inside of a function."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return found


@each_chapter
def test_a_reader_can_check_an_answer_of_their_own(path):
    """The check of an exercise stands alone, and looks at nothing but names that the exercise asks for."""
    for statement, cells in exercises(path):
        *solution, last = cells
        said = statement[:40]
        assert solution and calls_check(last) and not any(calls_check(cell) for cell in solution), said
        assert last.metadata.mystnb.code_prompt_show == "Check your answer", said
        for cell in cells:
            assert "hide-cell" in cell.metadata.tags and cell.metadata.jupyter.source_hidden, said
        for cell in solution:
            assert cell.metadata.mystnb.code_prompt_show in ("Show the solution", "Solution"), said
        made = set().union(*(defined_in(cell.source) for cell in solution))
        for name in made & names_in(last.source, ast.Load):
            assert re.search(rf"`{name}\b", statement), f"{said}: the check looks at {name}, which is not asked for"


def test_the_citation_file_names_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert cited["version"] == project["version"]
    assert cited["title"] == config["title"] and cited["authors"] == [{"name": config["author"]}]


def exported():
    """{file: (chapter, picture)} of every picture that a chapter exports."""
    found = {}
    for path in CHAPTERS:
        for _, cell in code_cells(path):
            name = cell.metadata.get("gancode", {}).get("export")
            if name:
                assert name not in found, f"{name} is exported twice"
                png = [out.data["image/png"] for out in pictures(cell)]
                assert len(png) == 1, f"{path.stem}: {name} is exported from a cell without one picture"
                found[name] = path.stem, base64.b64decode(png[0])
    return found


def test_exported_pictures_are_those_of_the_chapters():
    found = exported()
    assert found, "the start page's picture comes from a chapter"
    for name, (chapter, png) in found.items():
        assert (ROOT / name).read_bytes() == png, f"{name} is not what {chapter} stores: make execute"
    for path in (ROOT / "book" / "_static").glob("*.png"):
        assert path.relative_to(ROOT).as_posix() in found, f"{path.name} comes from no chapter"


# --- the built pages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site():
    """{path: soup} of the built pages."""
    if not (HTML / "index.html").exists():
        skip("the book is not built: make book")
    pages = [path for path in HTML.rglob("*.html") if "_static" not in path.parts]
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in pages}


@pytest.mark.html
def test_every_page_is_built(site):
    for name in [*LISTED, "index"]:
        assert HTML / f"{name}.html" in site


@pytest.mark.html
def test_every_image_is_described_and_there(site):
    for path, page in site.items():
        for image in page.find_all("img"):
            alt = image.get("alt", "").strip()
            assert alt, f"{path.name}: {image.get('src', '')[:60]} has no alt text"
            assert not re.search(r"_images/|\.(png|svg|webp)$", alt), f"{path.name}: a file's name for alt text: {alt}"
            source = image.get("src", "")
            if source and not source.startswith("data:"):
                assert (path.parent / unquote(urlsplit(source).path)).exists(), f"{path.name}: {source}"


@pytest.mark.html
def test_no_page_asks_the_network_for_anything(site):
    for path, page in site.items():
        for element in page.find_all(["script", "img", "iframe", "source", "link"]):
            wanted = element.get("href" if element.name == "link" else "src", "")
            assert not re.match(r"(https?:)?//", wanted), f"{path.name}: <{element.name}> asks for {wanted}"
        for style in page.find_all("style"):
            assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", style.string or ""), f"{path.name}: <style>"
    for path in HTML.rglob("*.css"):
        found = re.search(r"(url\(|@import)\s*['\"]?(https?:)?//[^)'\"]*", path.read_text(encoding="utf-8"))
        assert not found, f"{path.relative_to(HTML)}: {found[0]}"


@pytest.mark.html
def test_every_link_inside_the_book_leads_somewhere(site):
    anchors = {
        path: {element.get("id") for element in page.find_all(id=True)}
        | {element.get("name") for element in page.find_all("a", attrs={"name": True})}
        for path, page in site.items()
    }
    followed = 0
    for path, page in site.items():
        for link in page.find_all(["a", "link"], href=True):
            parts = urlsplit(link["href"])
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name}: {link['href']} leads nowhere"
            if parts.fragment and target in anchors:
                assert unquote(parts.fragment) in anchors[target], f"{path.name}: {link['href']} has no such anchor"
            followed += 1
    assert followed > 50


@pytest.mark.html
def test_old_addresses_still_lead_somewhere(site):
    """Those of the first edition, and where tools/inventory says that their content is now."""
    anchors = {path: {element.get("id") for element in page.find_all(id=True)} for path, page in site.items()}
    with open(ROOT / "tools" / "inventory" / "addresses.csv", encoding="utf-8", newline="") as file:
        addresses = [address for row in csv.DictReader(file) for address in row.values()]
    assert len(addresses) > 300
    for address in addresses:
        page, _, anchor = address.partition("#")
        assert HTML / page in anchors, f"{page} is no page"
        assert not anchor or anchor in anchors[HTML / page], f"{address} has no such anchor"


@pytest.mark.html
@each_notebook
def test_a_chapters_page_and_its_pictures_weigh_under_3_mb(site, path):
    page = HTML / "chapters" / f"{path.stem}.html"
    pictures_of_it = {image["src"] for image in site[page].find("article").find_all("img")}
    files = [page, *(page.parent / unquote(source) for source in pictures_of_it if not source.startswith("data:"))]
    assert len(files) > 1
    assert sum(file.stat().st_size for file in files) < LARGEST


@pytest.mark.html
def test_formulas_are_set_by_a_script_that_travels_with_the_book(site):
    with_formulas = 0
    for path, page in site.items():
        if page.find(class_="math"):
            scripts = [script["src"] for script in page.find_all("script", src=True) if "mathjax" in script["src"]]
            assert scripts, f"{path.name} has formulas and no MathJax"
            for source in scripts:
                assert (path.parent / urlsplit(source).path).exists(), f"{path.name}: {source}"
            with_formulas += 1
    assert with_formulas


@pytest.mark.html
def test_the_start_page_opens_with_the_picture(site):
    redirect = site[HTML / "index.html"].find("meta", attrs={"http-equiv": re.compile("refresh", re.IGNORECASE)})
    start = HTML / redirect["content"].split("url=")[-1].strip("'\" ")
    first = site[start].find("article").find("img")
    name = pathlib.PurePosixPath(urlsplit(first["src"]).path).name
    assert (start.parent / first["src"]).read_bytes() == (ROOT / "book" / "_static" / name).read_bytes()


# --- the stamp ---------------------------------------------------------------------------------------------

TINY_PACKAGE = {
    "__init__.py": (
        '"""Lazy, like the real one."""\nimport importlib\n_MODULES = ("data", "losses", "trainers", "unused")\n\n'
        'def __getattr__(name):\n    """Import on demand."""\n    return importlib.import_module(f"gancode.{name}")\n'
    ),
    "losses.py": '"""Losses."""\n\ndef loss(x):\n    """The loss."""\n    # squared\n    return x * x\n',
    "trainers.py": "def train():\n    from . import losses\n    return losses.loss(2)\n",
    "data.py": "def samples():\n    return [1, 2]\n",
    "unused.py": "FILE = 'weights.npz'\n\ndef nothing():\n    return None\n",
}


def tiny_book(root, *cells):
    """A package and a chapter of its own in a folder; cells are sources or (source, metadata). Returns the chapter."""
    (root / "gancode" / "digits").mkdir(parents=True)
    (root / "chapters").mkdir()
    for name, source in TINY_PACKAGE.items():
        (root / "gancode" / name).write_text(source)
    (root / "gancode" / "digits" / "digits.npz").write_bytes(b"digits")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Tiny")])
    for cell in cells:
        source, metadata = cell if isinstance(cell, tuple) else (cell, {})
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))
    path = root / "chapters" / "01-tiny.ipynb"
    nbformat.write(notebook, path)
    return path


def stamped(root, *cells):
    notebook = read(tiny_book(root, *cells))
    notebook.metadata["gancode"] = stamp.stamp(stamp.parts(notebook, root))
    assert stamp.changes(notebook, root) == []
    return notebook


def edit(root, module, old, new):
    path = root / "gancode" / module
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("module", "old", "new", "said"),
    [
        ("losses.py", "return x * x", "return x * x + 1", ["gancode.losses changed"]),
        ("trainers.py", "losses.loss(2)", "losses.loss(3)", ["gancode.trainers changed"]),
        ("trainers.py", "from . import losses", "from . import losses, unused", None),
        ("losses.py", '"""The loss."""', '"""Another word."""', []),
        ("losses.py", '"""Losses."""\n', "", []),
        ("losses.py", "# squared", "# to the second power", []),
        ("losses.py", "x * x", "x*x", []),
        ("unused.py", "return None", "return 1", []),
        ("data.py", "[1, 2]", "[2, 1]", []),
    ],
)
def test_a_stamp_follows_the_code_that_a_chapter_reaches_and_no_other(tmp_path, module, old, new, said):
    notebook = stamped(tmp_path, "from gancode import trainers\ntrainers.train()")
    edit(tmp_path, module, old, new)
    found = stamp.changes(notebook, tmp_path)
    assert found == said if said is not None else "gancode.unused is reached now and was not" in found


def test_a_stamp_follows_code_cells_and_their_tags_but_not_prose(tmp_path):
    notebook = stamped(tmp_path, "x = 1")
    notebook.cells[0].source = "# Another title"
    notebook.cells[1].metadata["tags"] = ["hide-input"]
    assert stamp.changes(notebook, tmp_path) == []
    notebook.cells[1].metadata["tags"] = ["nbval-skip"]
    assert stamp.changes(notebook, tmp_path) == ["code cells changed"]
    notebook.cells[1].metadata["tags"] = []
    notebook.cells[1].source = "x = 2"
    assert stamp.changes(notebook, tmp_path) == ["code cells changed"]


@pytest.mark.parametrize(
    "source",
    [
        "import gancode.losses",
        "import gancode\ngancode.losses.loss(1)",
        "import gancode as g\ng.losses.loss(1)",
        "from gancode import losses",
        "from gancode.losses import loss as squared",
        "def later():\n    from gancode import losses\n    return losses",
        "%matplotlib inline\nfrom gancode import losses",
        "%%time\nfrom gancode import losses",
        "!python -m gancode.losses",
        "from gancode import trainers",
        "import gancode\nvars(gancode)",
    ],
)
def test_every_way_of_reaching_a_module_is_seen(tmp_path, source):
    notebook = stamped(tmp_path, source)
    edit(tmp_path, "losses.py", "x * x", "x")
    assert stamp.changes(notebook, tmp_path) == ["gancode.losses changed"]


def test_a_stamp_follows_the_data_behind_a_module(tmp_path):
    notebook = stamped(tmp_path, "from gancode.data import samples")
    (tmp_path / "gancode" / "digits" / "README.md").write_text("words")
    assert stamp.changes(notebook, tmp_path) == []
    (tmp_path / "gancode" / "digits" / "weights.npz").write_bytes(b"named by another module")
    assert stamp.changes(notebook, tmp_path) == []
    (tmp_path / "gancode" / "digits" / "digits.npz").write_bytes(b"others")
    assert stamp.changes(notebook, tmp_path) == ["gancode/digits/digits.npz changed"]


def test_a_stamp_follows_kept_results_behind_the_module_that_reads_them(tmp_path):
    chapter = tiny_book(tmp_path, "from gancode.experiments import results\nresults.load('scores')")
    kept = tmp_path / "gancode" / "experiments" / "kept" / "scores.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    (kept.parents[1] / "results.py").write_text("def load(name):\n    return name\n")
    before = stamp.parts(read(chapter), tmp_path)
    kept.write_text('{"cases": []}')
    after = stamp.parts(read(chapter), tmp_path)
    assert {part for part in after if after[part] != before[part]} == {"gancode/experiments/kept/scores.json"}
    kept.with_name("race.json").write_text("{}")  # which this chapter does not load
    assert stamp.parts(read(chapter), tmp_path) == after
    cell = nbformat.v4.new_code_cell("from gancode.experiments import results\nresults.load(name)")
    any_of_them = nbformat.v4.new_notebook(cells=[cell])
    assert "gancode/experiments/kept/race.json" in stamp.parts(any_of_them, tmp_path)
    other = read(tiny_book(tmp_path / "other", "from gancode.data import samples"))
    shutil.copytree(kept.parent, tmp_path / "other" / "gancode" / "experiments" / "kept")
    assert "gancode/experiments/kept/scores.json" not in stamp.parts(other, tmp_path / "other")


def test_a_stamp_does_not_depend_on_the_version_of_python():
    """The hash is written here as 3.11 gave it; 3.12 and 3.13 must agree, whose trees hold other fields."""
    source = (
        '"""Doc."""\nimport a\n\nclass B(a.C):\n    """Doc."""\n    x: int = 1\n\n'
        '    @property\n    async def f(self, *, y=None):\n        return f"{self.x!r:>{y}}" + u"s" if y else [*self]\n'
    )
    assert stamp._hash(stamp._canonical(ast.parse(source)))[:16] == "d60ae1590d8c3bab"


@pytest.mark.slow
def test_the_stamp_command_names_the_stale_chapter(tmp_path, capsys):
    path = tiny_book(tmp_path, "from gancode import losses")
    execute.execute(path, tmp_path, quiet=True)
    assert stamp.main(["--check", "--root", str(tmp_path)]) == 0
    edit(tmp_path, "losses.py", "x * x", "x")
    assert stamp.main(["--check", "--root", str(tmp_path)]) == 1
    assert "01-tiny.ipynb: gancode.losses changed" in capsys.readouterr().out


# --- running a chapter -------------------------------------------------------------------------------------


def png_of(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="png")
    return file.getvalue()


def draw(png):
    shown = f"Image(base64.b64decode('{base64.b64encode(png).decode()}'), format='png')"
    return f"import base64\nfrom IPython.display import Image, display\ndisplay({shown})"


FEW_COLOURS = np.tile(np.uint8([[[255, 255, 255], [213, 94, 0], [0, 114, 178]]]), (40, 20, 1))
MANY_COLOURS = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
DRAW = draw(png_of(FEW_COLOURS))


def run(root, *arguments):
    return execute.main([*arguments, "--root", str(root)])


@pytest.mark.slow
def test_of_a_widget_only_the_html_is_stored(tmp_path):
    show = "from IPython.display import display\nbar = {{'{mime}': {{'model_id': '1'}}, 'text/plain': '0epoch'}}\n"
    show = show.format(mime=execute.WIDGET) + "display(bar, raw=True)\n"
    explorer = show + "display({**bar, 'text/html': '<p>kept</p>'}, raw=True)"
    path = tiny_book(tmp_path, show, explorer)
    execute.execute(path, tmp_path, quiet=True)
    bar, both = (cell for cell in read(path).cells if cell.cell_type == "code")
    assert bar.outputs == []
    assert [output.data for output in both.outputs] == [{"text/html": "<p>kept</p>", "text/plain": "0epoch"}]


@pytest.mark.slow
def test_a_run_stores_outputs_stamp_and_picture(tmp_path):
    path = tiny_book(
        tmp_path,
        "from gancode import losses\nlosses.loss(3)",
        (DRAW, {"gancode": {"export": "book/_static/picture.png"}, "execution": {"left": "by an editor"}}),
        "import os\nos.listdir()",
    )
    notebook = read(path)
    notebook.metadata["widgets"] = {"state": {}}
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "my env (3.12)", "language": "python"}
    nbformat.write(notebook, path)

    assert run(tmp_path, "01") == 0

    notebook = read(path)
    _, first, second, third = notebook.cells
    assert [first.execution_count, second.execution_count, third.execution_count] == [1, 2, 3]
    assert first.outputs[0].data["text/plain"] == "9"
    assert third.outputs[0].data["text/plain"] == "[]", "a chapter runs in an empty folder"
    assert "execution" not in second.metadata
    assert set(notebook.metadata) == {"gancode", "kernelspec", "language_info"}
    assert notebook.metadata.kernelspec == execute.KERNEL
    assert stamp.changes(notebook, tmp_path) == []
    assert (tmp_path / "book" / "_static" / "picture.png").read_bytes() == base64.b64decode(
        second.outputs[0].data["image/png"]
    )

    before = path.read_bytes()
    assert run(tmp_path) == 0
    assert path.read_bytes() == before, "a second run of the same code changes nothing"


BURN = "import time\nbegun = time.process_time()\nwhile time.process_time() < begun + 1:\n    pass"
BURN_ELSEWHERE = f"import subprocess, sys\n_ = subprocess.run([sys.executable, '-c', {BURN!r}])"


@pytest.mark.slow
def test_a_run_says_what_each_notebook_cost_and_which_cells_were_dearest(tmp_path, capsys):
    tiny_book(tmp_path, "x = 1", BURN, "y = 2", BURN_ELSEWHERE, "z = 3")
    assert run(tmp_path) == 0
    (row,) = capsys.readouterr().out.splitlines()
    total, cells = re.fullmatch(r"01-tiny +(\d+) CPU-s   dearest: (.+)", row).groups()
    (burnt, first), (elsewhere, second), _ = (re.fullmatch(r"(\d+) (.+)", cell).groups() for cell in cells.split("; "))
    assert {first, second} == {"cell 2 (import time)", "cell 4 (import subprocess, sys)"}, "a cell's children count"
    assert 1 <= int(burnt) <= 3 and 1 <= int(elsewhere) <= 3 and int(total) >= 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        f"{BURN}\nimport sys\nsys.stdin.read()",
        f"{BURN_ELSEWHERE}\nsys.stdin.read()",
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN + chr(10) + 'input()'!r}])",
    ],
    ids=["its own", "a child's that has ended", "a child's that goes on"],
)
def test_the_cost_of_a_process_is_its_own_and_its_childrens(code):
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        deadline = time.monotonic() + 60
        while runner.cpu_seconds(process.pid) < 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert 1 <= runner.cpu_seconds(process.pid) < 3


@pytest.mark.slow
def test_a_drawing_is_stored_as_a_palette_and_a_picture_of_many_colours_as_it_is(tmp_path):
    path = tiny_book(tmp_path, draw(png_of(FEW_COLOURS)), draw(png_of(MANY_COLOURS)))
    assert run(tmp_path) == 0
    few, many = (base64.b64decode(cell.outputs[0].data["image/png"]) for _, cell in code_cells(path))
    assert Image.open(io.BytesIO(few)).mode == "P"
    np.testing.assert_array_equal(Image.open(io.BytesIO(few)).convert("RGB"), FEW_COLOURS)
    assert many == png_of(MANY_COLOURS)


@pytest.mark.slow
def test_a_small_title_keeps_its_colour_among_many_greys():
    """Two methods' names above a sheet of grey digits were once stored in one colour."""
    picture = np.random.default_rng(0).integers(0, 256, (1600, 1600, 1)).repeat(3, axis=2).astype(np.uint8)
    inks = np.array([(230, 159, 0), (0, 158, 115), (213, 94, 0), (0, 114, 178)])
    for k, ink in enumerate(inks):
        fading = np.linspace(0, 1, 10)[:, None]  # as at the edges of letters
        picture[:6, 30 * k : 30 * k + 10] = np.rint(255 + (ink - 255) * fading)
        picture[6:12, 30 * k : 30 * k + 10] = ink
    data = {"image/png": base64.b64encode(png_of(picture)).decode()}
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data)])
    execute._shrink_pictures(cell)
    stored = Image.open(io.BytesIO(base64.b64decode(cell.outputs[0].data["image/png"]))).convert("RGB")
    np.testing.assert_allclose(np.asarray(stored)[8, 5::30][:4].astype(int), inks, atol=16)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys\nprint('careful', file=sys.stderr)", "careful"),
        ("import os\nos._exit(1)", "Python died"),
        (("1", {"gancode": {"export": "book/_static/p.png"}}), "expected one picture in the cell, found 0"),
        ((DRAW, {"gancode": {"export": "../p.png"}}), "expected book/_static/NAME.png"),
    ],
)
def test_a_chapter_that_fails_is_left_as_it_was_and_says_where(tmp_path, capsys, source, said):
    path = tiny_book(tmp_path, "x = 1", source)
    before = path.read_bytes()
    assert run(tmp_path) == 1
    message = capsys.readouterr().err
    assert said in message and path.name in message
    if isinstance(source, str):
        assert f"code cell 2 of 2 ({source.splitlines()[0]})" in message
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name], "nothing is left behind"


@pytest.mark.slow
def test_ctrl_c_leaves_a_chapter_as_it_was(tmp_path):
    started = tmp_path / "started"
    path = tiny_book(tmp_path, f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep(60)")
    before = path.read_bytes()
    command = [sys.executable, ROOT / "tools" / "execute.py", "--root", tmp_path]
    # a group of its own, so that the signal goes where a terminal would send it: to all of them
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # as in a terminal, also where these tests run in a shell's background, which ignores the signal
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, message = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "01-tiny.ipynb is as it was" in message and "Traceback" not in message
    assert path.read_bytes() == before


def test_an_unknown_chapter_is_refused_by_name(tmp_path, capsys):
    tiny_book(tmp_path, "1")
    assert run(tmp_path, "9") == 2
    assert "No chapter begins with '9'. There are: 01-tiny" in capsys.readouterr().err


def test_notebooks_are_stored_the_way_the_tool_writes_them():
    """Else the first run after an edit in another editor would change every line."""
    for path in NOTEBOOKS:
        assert path.read_text(encoding="utf-8") == nbformat.writes(read(path)) + "\n"
        assert json.loads(path.read_text(encoding="utf-8"))["nbformat"] == 4
