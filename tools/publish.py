"""Writes what Colab and Binder open into a branch of its own, `colab`: the chapters, and the wheel that they install.

    python tools/publish.py                       the last commit, to origin
    python tools/publish.py --to REMOTE --raw URL     to another remote, whose files are served below that address

The first cell of every chapter in the branch installs the wheel that was published with it. A commit cannot name
itself: so the wheel is committed first, and the chapters, which name that commit, after it. No commit is ever taken
back: a notebook that was saved to somebody's Drive finds its wheel for as long as the branch is there. Where nothing
has changed, nothing is committed. Neither the working tree nor any other branch is touched.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from typing import NamedTuple

import source

ROOT = source.ROOT
PACKAGE = ["gancode", "pyproject.toml", "README.md", "LICENSE"]  # what the wheel is built from
BESIDE = ["chapters", "book", "LICENSE-text.md", "requirements.txt", ".binder"]
TRIES = 3

BEGINS = "# The chapters, for Colab and Binder"  # how this tool knows its own branch
README = (
    BEGINS
    + """

Written by `tools/publish.py` on each push: what is edited here is overwritten. The book itself is in the branch that
these chapters come from. Each chapter's first cell installs the package from its wheel:

    pip install {wheel}
"""
)
BINDER = """\
# What Binder installs: what running a chapter needs, at the versions that the book is tested with.
-c constraints.txt
./{wheel}[run]
"""


class PublishFailed(Exception):
    """The message says what stood in the way."""


class Published(NamedTuple):
    """What the branch holds now: its last commit, the address of its wheel, the number of commits added."""

    commit: str
    wheel: str
    added: int


# --- the wheel ---------------------------------------------------------------------------------------------


def extract(commit, paths, folder, root=ROOT):
    """Write these files and folders into a folder, as that commit has them. Returns the folder."""
    archive = pathlib.Path(folder) / "archive.tar"
    # one umask for everybody: a wheel holds the modes of its files
    git(root, "-c", "tar.umask=0022", "archive", "--format=tar", f"--output={archive}", commit, "--", *paths)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, **({"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}))  # 3.11.4 and later
    archive.unlink()
    return pathlib.Path(folder)


def build_wheel(tree, folder):
    """Build the package in a folder, offline. Returns the wheel's path. The same files make the same bytes, always."""
    # Colab's own setuptools is too old for pyproject.toml; there, pip fetches a newer one.
    here = ["--no-build-isolation"] if int(version("setuptools").split(".")[0]) >= 77 else []
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", *here]
    environ = os.environ | {"SOURCE_DATE_EPOCH": "315532800"}  # 1980: the first year that a wheel can hold
    done = subprocess.run(
        [*command, "--wheel-dir", folder, tree], capture_output=True, text=True, env=environ, umask=0o022
    )
    if done.returncode:
        raise PublishFailed(f"The wheel could not be built:\n{done.stderr}")
    (wheel,) = pathlib.Path(folder).glob("gancode-*.whl")
    return wheel


def wheel_of(commit, folder, root=ROOT):
    """Build a commit's wheel in a folder. Returns its path."""
    with tempfile.TemporaryDirectory() as tree:
        return build_wheel(extract(commit, PACKAGE, tree, root), folder)


# --- the branch --------------------------------------------------------------------------------------------


def publish(remote="origin", commit="HEAD", raw=None, root=ROOT):
    """Bring the branch at the remote up to date with a commit. Returns what it holds then, as `Published`.

    raw: the address below which the remote's files are served, commit by commit; by default GitHub's.
    Raises PublishFailed, or ValueError for settings that name no possible branch.
    """
    branch = source.repository(root).branch
    raw = raw or _served_at(remote, root)
    commit = git(root, "rev-parse", "--verify", f"{commit}^{{commit}}")
    with tempfile.TemporaryDirectory() as folder:
        tree = extract(commit, PACKAGE + BESIDE, folder, root)
        wheel = build_wheel(tree, tree)
        for _ in range(TRIES):
            tip = _tip(remote, branch, root)
            published = _commit(tip, tree, wheel, commit, branch, raw, root)
            if published.commit == tip:
                return published
            pushed = source.run_git(root, "push", "--quiet", remote, f"{published.commit}:refs/heads/{branch}")
            if not pushed.returncode:
                return published
            if _tip(remote, branch, root) == tip:  # else somebody was quicker: once more, on top of theirs
                break
    raise PublishFailed(f"{branch} could not be pushed:\n{_hidden(pushed.stderr)}")


def _served_at(remote, root):
    url = source.in_workflow() or source.github(source.git(root, "remote", "get-url", remote) or remote)
    if not url:
        raise PublishFailed(f"{_hidden(remote)} is not on GitHub: say by --raw where its files are served")
    return url.replace("https://github.com", "https://raw.githubusercontent.com")


def _tip(remote, branch, root):
    """The branch's last commit at the remote, fetched; None if there is no such branch."""
    if not git(root, "ls-remote", remote, f"refs/heads/{branch}"):
        return None
    shallow = git(root, "rev-parse", "--is-shallow-repository") == "true"
    git(root, "fetch", "--quiet", "--no-tags", *["--depth=1"] * shallow, remote, f"refs/heads/{branch}")
    tip = git(root, "rev-parse", "FETCH_HEAD")
    if not _show(root, tip, "README.md").startswith(BEGINS):
        raise PublishFailed(
            f"The branch {branch} at {_hidden(remote)} was not written by this tool: rename it, or name "
            f"another one in _config.yml"
        )
    return tip


def _commit(tip, tree, wheel, commit, branch, raw, root):
    """Make the commits that are missing on top of tip, here. Returns what they hold, as `Published`."""
    held = _entries(root, tip) if tip else {}
    new = _blob(root, wheel)
    named = tip and re.search(
        rf"/([0-9a-f]{{40}})/{re.escape(wheel.name)}$", _show(root, tip, "README.md"), re.MULTILINE
    )
    added = 0
    if named and held.get(wheel.name) == new:
        at, parent = named[1], tip
    else:
        others = {path: entry for path, entry in held.items() if not path.endswith(".whl")}
        at = parent = _add(root, {**others, wheel.name: new}, tip, f"Add the wheel of {commit[:12]}", commit)
        added += 1
    address = f"{raw.rstrip('/')}/{at}/{wheel.name}"
    if not source.WHEEL.fullmatch(address):
        raise PublishFailed(f"The wheel's address has other characters than a first cell may hold: {address}")

    files = {wheel.name: wheel, "LICENSE": tree / "LICENSE", "LICENSE-text.md": tree / "LICENSE-text.md"}
    for path in sorted((tree / "chapters").rglob("*.ipynb")):
        source.write(path, source.first_cell(address, branch))
        files[path.relative_to(tree).as_posix()] = path
    for path in sorted((tree / "book").glob("*.md")):  # the chapters link to them
        files[path.relative_to(tree).as_posix()] = path
    files[".binder/runtime.txt"] = tree / ".binder" / "runtime.txt"
    files[".binder/constraints.txt"] = tree / "requirements.txt"
    for name, text in (("README.md", README), (".binder/requirements.txt", BINDER)):
        files[name] = tree / "written" / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        files[name].write_text(text.format(wheel=address if name == "README.md" else wheel.name), encoding="utf-8")
    entries = {name: _blob(root, file) for name, file in files.items()}
    if entries != held:
        subject = git(root, "log", "-1", "--format=%s", commit)
        parent = _add(root, entries, parent, f"Publish {commit[:12]}: {subject}", commit)
        added += 1
    return Published(parent, address, added)


def _add(root, entries, parent, message, commit):
    """A commit of these files, by the author of the one that is published. Returns its hash."""
    name, email = git(root, "log", "-1", "--format=%an%n%ae", commit).split("\n")
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", name), ("EMAIL", email))
    }
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        lines = "".join(f"100644 {blob}\t{path}\n" for path, blob in entries.items())
        git(root, "update-index", "--add", "--index-info", input=lines, environ=index)
        tree = git(root, "write-tree", environ=index)
    return git(root, "commit-tree", tree, *(["-p", parent] if parent else []), "-m", message, environ=who)


def _entries(root, commit):
    """{path: hash} of a commit's files."""
    lines = git(root, "ls-tree", "-r", "-z", commit).split("\0")
    return {path: entry.split()[2] for entry, _, path in (line.partition("\t") for line in lines if line)}


def _blob(root, file):
    return git(root, "hash-object", "-w", "--no-filters", "--", file)


def _show(root, commit, path):
    return source.run_git(root, "show", f"{commit}:{path}").stdout


def git(root, *arguments, **more):
    """What git prints. Raises PublishFailed if it fails."""
    try:
        done = source.run_git(root, *arguments, **more)
    except OSError as error:
        raise PublishFailed(f"git is needed: {error}") from error
    if done.returncode:
        raise PublishFailed(_hidden(f"git {' '.join(map(str, arguments[:2]))} failed:\n{done.stderr}"))
    return done.stdout.strip()


def _hidden(text):
    """Without the passwords that an address may hold."""
    return re.sub(r"://[^/\s]*@", "://", text)


def main(arguments=None, root=ROOT):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", default="origin", metavar="REMOTE", help="where the branch is pushed")
    parser.add_argument("--raw", metavar="URL", help="where that remote's files are served, if it is not on GitHub")
    parser.add_argument("--commit", default="HEAD", help="what is published")
    options = parser.parse_args(arguments)
    try:
        published = publish(options.to, options.commit, options.raw, root)
    except (PublishFailed, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    said = f"{published.added} commits added" if published.added else "nothing has changed"
    print(
        f"{source.repository(root).branch}: {said}; it is at {published.commit}\nIts chapters install {published.wheel}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
