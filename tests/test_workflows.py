"""What the workflows promise: nothing is published but what is green, from main; one run a push; one issue."""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.yml")}
CI = WORKFLOWS["ci"]
TESTS = {
    "lint": "make check",
    "unit": "make test-unit",
    "chapters": "make test-chapters",
    "browser": "make test-browser",
}


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def test_each_part_of_the_tests_is_a_job():
    assert CI["jobs"].keys() == TESTS.keys() | {"publish"}
    for name, command in TESTS.items():
        assert commands(CI["jobs"][name]) == [command]


def test_only_what_is_green_is_published_from_main_and_never_from_a_pull_request():
    publish = CI["jobs"]["publish"]
    assert set(publish["needs"]) == set(TESTS)
    assert publish["if"] == "github.event_name != 'pull_request' && github.ref == 'refs/heads/main'"
    assert "always()" not in str(CI) and "continue-on-error" not in str(CI)
    assert commands(publish) == ["make book", "make colab-branch"]
    for name, workflow in WORKFLOWS.items():
        assert "pull_request_target" not in workflow[True], name  # YAML reads `on` as true
        assert workflow["permissions"]["contents"] == "read", name
        for job in workflow["jobs"].values():
            if job is not publish:
                assert "permissions" not in job and "deploy-pages" not in str(job), name


def test_a_push_is_one_run():
    assert [name for name, workflow in WORKFLOWS.items() if "push" in workflow[True]] == ["ci"]
    assert [name for name, workflow in WORKFLOWS.items() if "pull_request" in workflow[True]] == ["ci"]
    assert CI[True]["push"] == {"branches": ["main"]}, "a branch's push is its pull request's run"
    assert CI["concurrency"]["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_every_job_has_a_limit_and_both_ends_of_the_supported_pythons_are_tested():
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            assert 15 <= job["timeout-minutes"] <= 120
    for name in ("unit", "chapters"):
        assert CI["jobs"][name]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    for job in CI["jobs"].values():
        (version,) = (step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", ""))
        assert version == ("${{ matrix.python }}" if "strategy" in job else "3.13")


def test_the_makefile_has_what_the_workflows_call():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for job in CI["jobs"].values():
        for command in commands(job):
            program, target = command.split()
            assert program == "make" and target in targets, command


GH = """\
#!/bin/sh
echo "$@" >> "$CALLS"
if [ "$1 $2" = "issue list" ]; then printf "%s\\n" "Something else" "$OPEN"; exit "$FAILS"; fi
"""


@pytest.mark.parametrize(
    ("open_already", "fails", "opened"),
    [
        ("", 0, True),
        ("The chapters do not run on Colab at all", 0, True),
        ("The chapters do not run on Colab", 0, False),
        ("", 1, False),
    ],
)
def test_a_colab_that_fails_every_week_opens_one_issue(tmp_path, open_already, fails, opened):
    step = WORKFLOWS["colab"]["jobs"]["colab"]["steps"][-1]
    assert step["if"] == "failure()"
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls"), "OPEN": open_already}
    command = ["bash", "-e", "-c", step["run"]]  # as GitHub runs it
    done = subprocess.run(command, env={**environ, "FAILS": str(fails), **step["env"]}, capture_output=True, text=True)
    calls = (tmp_path / "calls").read_text()
    assert calls.startswith("issue list --state open") and done.returncode == fails
    assert ("issue create --title The chapters do not run on Colab --body" in calls) == opened
