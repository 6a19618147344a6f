import inspect
import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from evidence import memory
from gancode.experiments.results import load

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux how much memory was in use")


# What `memory` would start anew, forked from one process that has imported all of it and computed nothing.
FORKS = """
import os, sys
from evidence import memory
for code in sys.stdin:
    if not os.fork():
        try:
            exec(code)
            sys.stdout.flush()
        finally:
            os._exit(0)
    os.wait()
    print("ended", flush=True)
"""


@linux
@pytest.mark.slow
def test_a_step_takes_about_what_the_critics_two_passes_keep(monkeypatch):
    """The blocks of an image, both convolutions and both activations of them, of a real sample and of a fake."""
    forks = []

    def run(command, env, **kwargs):
        if not forks:  # to import TensorFlow takes longer than the steps
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
            forks.append(subprocess.Popen([*command[:2], FORKS], env=env, **pipes))
        print(command[2], file=forks[0].stdin)
        said = "".join(iter(forks[0].stdout.readline, "ended\n"))
        return subprocess.CompletedProcess(command, 0, said)

    monkeypatch.setattr(memory, "subprocess", SimpleNamespace(run=run, PIPE=subprocess.PIPE))
    kept = 2 * (28 * 28 + 2 * 14 * 14 * 16 + 2 * 7 * 7 * 32) * 4 / 1024
    found = memory.a_sample("GAN", batch_sizes=(768, 2304))  # the step's share is large beside TensorFlow's own
    forks[0].communicate()
    assert kept / 2 < found["kilobytes"] < 3 * kept  # on a busy machine it is chance what is computed at one time
    assert found["kilobytes"] * 1536 == pytest.approx(found["peaks"][1] - found["peaks"][0])


@linux
@pytest.mark.slow
def test_the_peak_is_of_this_process_alone_and_does_not_fall():
    # its own code, without what else the module imports: to import TensorFlow takes seconds, and memory of its own
    code = f"import pathlib, re; STATUS = pathlib.Path({str(memory.STATUS)!r})\n{inspect.getsource(memory.peak)}"
    code += "first = peak(); x = b'1' * 2**27; del x; print(first, peak())"
    ballast = np.ones(2**26)  # 512 MB, which are this process's and not that one's
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    before, after = map(int, said.split())
    assert memory.peak() > before + ballast.nbytes / 2 / 1024
    assert 2**16 < after - before < 2**17 + 2**14


def test_the_slope_by_hand(monkeypatch):
    asked = []
    monkeypatch.setattr(memory, "in_a_fresh_process", lambda *case: asked.append(case) or 1000 + 7 * case[-1])
    found = memory.a_sample("WGAN-GP", channels=3, batch_sizes=(10, 30))
    assert found["kilobytes"] == 7 and found["peaks"] == [1070, 1210]
    assert asked == [("WGAN-GP", 3, 10), ("WGAN-GP", 3, 30)]


@pytest.mark.parametrize(
    "wrong, name",
    [
        ({"method": "R1"}, "method"),
        ({"channels": 0}, "channels"),
        *(({"batch_sizes": sizes}, "batch_sizes") for sizes in [(4, 0.5), (0, 4), (4, 4), (8, 4)]),
    ],
)
def test_what_can_not_be_measured_is_refused_before_a_process_is_started(wrong, name, monkeypatch):
    monkeypatch.setattr(memory, "in_a_fresh_process", lambda *case: pytest.fail("started before it was refused"))
    with pytest.raises(ValueError, match=rf"^{name}: expected .*, got "):
        memory.a_sample(**{"method": "GAN"} | wrong)


def test_from_the_shell_every_method_is_measured_so_many_times_and_none_again(tmp_path, monkeypatch):
    measured, out = [], tmp_path / "memory.json"
    monkeypatch.setattr(memory, "in_a_fresh_process", lambda *case: measured.append(case) or case[-1])
    for _ in range(2):
        memory.main(["--repeats", "2", "--channels", "1", "--out", str(out)])
    cases = json.loads(out.read_text())["cases"]
    assert [(each["case"]["repeat"], each["case"]["method"]) for each in cases] == [
        (repeat, method) for repeat in (0, 1) for method in ("GAN", "WGAN", "WGAN-GP")
    ]
    assert len(measured) == 2 * len(cases)
    assert {each["result"]["kilobytes"] for each in cases} == {1.0}


def test_where_no_linux_tells_it_is_said_that_it_can_not_be_known(tmp_path, monkeypatch):
    for status in (tmp_path / "none", tmp_path / "other"):
        monkeypatch.setattr(memory, "STATUS", status)
        with pytest.raises(RuntimeError, match="expected a line VmHWM, as on Linux"):
            memory.peak()
        (tmp_path / "other").write_text("Name:  python\n")


def test_what_comes_with_the_package_repeats_and_is_more_from_method_to_method():
    kept = {method: [run["kilobytes"] for run in runs] for method, runs in load("memory").group_by("method").items()}
    assert all(len(runs) == 3 and max(runs) < 1.15 * min(runs) for runs in kept.values())
    assert max(kept["GAN"]) < min(kept["WGAN"]) and max(kept["WGAN"]) < min(kept["WGAN-GP"])
