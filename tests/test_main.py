"""The command line: one door, and behind it each experiment's own."""

import subprocess
import sys

import pytest

from gancode.__main__ import COMMANDS, main
from gancode.experiments import scoreboard


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_of_its_own(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert stop.value.code == 0
    assert said.startswith(f"usage: python -m gancode {command} [-h]") and "--out" in said


def test_what_follows_a_command_is_handed_on(monkeypatch):
    handed = []
    monkeypatch.setattr(scoreboard, "main", handed.append)
    main(["scoreboard", "--seeds", "2", "--out", "some.json"])
    assert handed == [["--seeds", "2", "--out", "some.json"]]


@pytest.mark.parametrize("wrong", [["figure9"], [], ["--seeds", "5"]])
def test_whoever_names_no_command_is_told_what_to_name(wrong, capsys):
    with pytest.raises(SystemExit) as stop:
        main(wrong)
    assert stop.value.code == 2
    assert "command" in (said := capsys.readouterr().err)
    assert wrong != ["figure9"] or all(name in said for name in COMMANDS)


def test_the_list_of_commands_comes_before_tensorflow():
    code = "import sys; from gancode.__main__ import main; sys.argv[1:] = ['--help']\n"
    code += "try: main()\nexcept SystemExit: sys.exit('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and all(name in done.stdout for name in COMMANDS), done.stderr
