"""README and CONTRIBUTING: what they tell a reader to do can be done."""

import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


@each_page
def test_it_names_only_files_that_exist(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        leads_on_github = target.startswith("../../")  # to a page of the repository, whoever owns it
        assert leads_on_github or target.startswith("book/_build/") or (ROOT / target).exists(), target


@each_page
def test_it_names_only_commands_that_make_knows(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked = set(re.findall(r"\bmake ([a-z-]+)", path.read_text(encoding="utf-8")))
    assert asked
    for target in asked:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"


@pytest.mark.slow
def test_the_packages_ten_lines_run(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.+?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.splitlines()) <= 10
    quick = code.replace("epochs=4, steps_per_epoch=500", "epochs=1, steps_per_epoch=1")
    assert quick != code
    monkeypatch.chdir(tmp_path)
    exec(quick, {})
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_hooks_fetch_nothing_and_name_what_the_environment_has():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert repository["repo"] == "local"
    lock = (ROOT / "requirements.in").read_text(encoding="utf-8")
    for hook in repository["hooks"]:
        program = hook["entry"].split()[0]
        assert hook["language"] == "system" and program.startswith(".venv/bin/"), hook["id"]
        package = {"check-added-large-files": "pre-commit-hooks"}.get(program[10:], program[10:])
        assert package == "python" or re.search(rf"^{package}\b", lock, re.MULTILINE), f"{hook['id']}: {package}"
