"""Where the book lives: the repository that its buttons lead to, and the chapters' first cells.

    python tools/source.py    say where, by which rule, and write every chapter's first code cell

The repository is the one that _config.yml names; else the one in whose workflow this runs; else the clone's origin, if
it is on GitHub and its branch `colab` is known here; else none. Colab and Binder open the chapters from that branch,
which tools/publish.py writes. So a button leads somewhere, or it is not there.

Colab opens a notebook and nothing else, so a chapter's first code cell installs gancode where it is missing: in the
branch `colab`, from a wheel; here, it says which branch to open. It is no part of a chapter's stamp.

As an extension of Sphinx this file tells the theme what it found, or takes the buttons away.
"""

import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

import nbformat
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent

NAME = r"[A-Za-z0-9-]+/(?!\.{1,2}$)[A-Za-z0-9._-]+?"
URL = re.compile(rf"https://github\.com/{NAME}(?<!\.git)")
# How git may write such an address: with a user and a password, which must not get into a page, or as ssh does.
REMOTE = re.compile(
    rf"(?:(?:https?|git|ssh)://(?:[^/]*@)?(?:www\.|ssh\.)?github\.com(?::\d+)?/|(?:[^/@:]+@)?github\.com:/?)"
    rf"(?P<name>{NAME})(?:\.git)?/?",
    re.IGNORECASE,
)
# No slash: Colab's addresses do not say where a branch ends and the folder begins.
BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
COLAB = "colab"

# The first code cell, before, between and after the wheel and the branch. %pip says itself what went wrong.
BEFORE, BETWEEN, AFTER = """\
# Where the book's package is missing, as on Colab, install it. Other versions stay as they are.
import importlib.util
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no start-up notes from TensorFlow
source = os.environ.get("GANCODE_SOURCE", "|")
if not importlib.util.find_spec("gancode"):
    if not source:
        raise ModuleNotFoundError(
            "open this notebook from its repository's branch |, or see Set-up, On Colab"
        )
    %pip install --quiet {source}""".split("|")
WHEEL = re.compile(
    r"(?:https://raw\.githubusercontent\.com|file://)/[A-Za-z0-9._/~-]+/"
    r"[0-9a-f]{40}/gancode-[0-9][A-Za-z0-9.]*-py3-none-any\.whl"
)
FIRST_CELL = re.compile(f"{re.escape(BEFORE)}({WHEEL.pattern})?{re.escape(BETWEEN)}{BRANCH.pattern}{re.escape(AFTER)}")
TAGS = ["gancode-source", "remove-cell"]  # what this tool knows it by; and it is not shown on the page


# --- the repository ----------------------------------------------------------------------------------------


class Repository(NamedTuple):
    """Where the book lives, and why we think so. url: https://github.com/OWNER/NAME, or "" for nowhere."""

    url: str
    branch: str
    rule: str


def repository(root=ROOT, environ=os.environ):
    """The book's repository, by the first rule that finds one.

    Raises ValueError if _config.yml names no https://github.com/OWNER/NAME, or a branch that cannot be.
    """
    url, branch = _named(root)
    if url:
        return Repository(url, branch, "_config.yml names it")
    url = in_workflow(environ)
    if url:
        return Repository(url, branch, "the workflow says so (GITHUB_REPOSITORY)")
    url, rule = _origin(root, branch)
    return Repository(url, branch, rule)


def github(address):
    """https://github.com/OWNER/NAME from however git writes it, without user and password; "" if it is elsewhere."""
    found = REMOTE.fullmatch(address.strip())
    return f"https://github.com/{found['name']}" if found else ""


def in_workflow(environ=os.environ):
    """The repository whose workflow this runs in; "" outside of one. A codespace says the same and is none."""
    name, server = environ.get("GITHUB_REPOSITORY", ""), environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return github(f"{server}/{name}") if name and not environ.get("CODESPACES") else ""


def run_git(root, *arguments, input=None, environ=None):
    """git in that folder: what subprocess.run returns. Raises OSError where git is missing."""
    # not led elsewhere, as it would be inside of one of git's own hooks
    elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
    clean = {name: value for name, value in os.environ.items() if name not in elsewhere}
    command = ["git", "-C", root, *arguments]
    return subprocess.run(command, capture_output=True, text=True, input=input, env=clean | (environ or {}))


def git(root, *arguments):
    """What git prints; None if it fails or is missing."""
    try:
        done = run_git(root, *arguments)
    except OSError:
        return None
    return None if done.returncode else done.stdout.strip()


def _named(root):
    """(url, branch) as _config.yml names them; url is "" while it names none."""
    config = yaml.safe_load((pathlib.Path(root) / "_config.yml").read_text(encoding="utf-8"))
    named = config.get("repository") or {}
    url, branch = str(named.get("url") or ""), str(named.get("branch") or COLAB)
    if url and not URL.fullmatch(url):
        shown = re.sub(r"//[^/@]*@", "//...@", url)
        raise ValueError(f"repository: url in _config.yml: expected https://github.com/OWNER/NAME, got {shown!r}")
    if not BRANCH.fullmatch(branch) or branch in ("main", "master"):
        raise ValueError(
            f"repository: branch in _config.yml: expected a branch of its own for Colab and Binder, without a slash, "
            f"such as {COLAB}, got {branch!r}"
        )
    return url, branch


def _origin(root, branch):
    """(url, rule) from the clone's origin; ("", why not)."""
    top = git(root, "rev-parse", "--show-toplevel")
    if top is None or pathlib.Path(top).resolve() != pathlib.Path(root).resolve():  # inside of another project's
        return "", "_config.yml names none, no workflow runs this, and this folder is no clone (or git is missing)"
    url = github(git(root, "remote", "get-url", "origin") or "")
    if not url:
        return "", "_config.yml names none, no workflow runs this, and the clone's origin is not on GitHub"
    if git(root, "rev-parse", "--verify", "--quiet", f"refs/remotes/origin/{branch}") is None:
        return "", f"the clone's origin, {url}, has no branch {branch} that is known here: push, then git fetch"
    return url, f"the clone's origin, whose branch {branch} is known here"


# --- the first cell ----------------------------------------------------------------------------------------


def first_cell(wheel="", branch=COLAB):
    """The text of a chapter's first code cell. wheel: the address of what it installs; "" as in main."""
    return BEFORE + wheel + BETWEEN + branch + AFTER


def is_first_cell(cell):
    """Is this that cell, to the letter, whatever it installs? Nothing else can be hidden in it."""
    return cell.metadata.get("tags") == TAGS and FIRST_CELL.fullmatch(cell.source) is not None


def write(path, text):
    """Put the first code cell into a chapter, or bring it up to date. Returns whether the file has changed."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell = code[0]
    if TAGS[0] not in cell.metadata.get("tags", []):
        cell = nbformat.v4.new_code_cell(id=TAGS[0])
        notebook.cells.insert(notebook.cells.index(code[0]), cell)
        if all(other.execution_count for other in code):
            # what a new run would store: this one shows nothing, the others move up
            cell.execution_count = 1
            for other in code:
                for counted in (other, *other.outputs):
                    if counted.get("execution_count"):
                        counted.execution_count += 1
    cell.source, cell.outputs = text, []
    cell.metadata["tags"] = TAGS
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


# --- the pages ---------------------------------------------------------------------------------------------


def setup(app):
    """What Sphinx calls for its extensions."""
    app.connect("config-inited", _tell_the_theme)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _tell_the_theme(app, config):
    """The theme would draw its buttons all the same, and they would lead nowhere."""
    from sphinx.errors import ConfigError

    try:
        found = repository(app.srcdir)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    options = {"repository_url": found.url, "repository_branch": found.branch}
    if not found.url:
        options |= {"launch_buttons": {}, "use_repository_button": False, "use_issues_button": False}
    config.html_theme_options.update(options)


def main(root=ROOT):
    try:
        found = repository(root)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if found.url:
        print(
            f"The book lives at {found.url}: {found.rule}.\nBuilt pages have buttons that open branch {found.branch}."
        )
    else:
        print(f"The book has no repository: {found.rule}.\nBuilt pages have no buttons for Colab, Binder and GitHub.")
    for path in sorted((root / "chapters").glob("*.ipynb")):
        written = write(path, first_cell(branch=found.branch))
        print(f"{path.name}: first cell " + ("written" if written else "up to date"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
