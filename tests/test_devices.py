"""Several devices, several machines, and the page that tells how: book/outgrowing.md.

TensorFlow must be told before it starts that the CPU is two devices or that there are other machines. So all this
runs in processes of its own; what is asserted about two devices stands in two_devices.py and outgrowing_page.py.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest
from helpers import before_epoch, saves
from outgrowing import PAGE, blocks

HERE = pathlib.Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]),
    "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]),
}


def run(*commands, cwd=HERE.parent):
    """Run them side by side; fail with what they said if one of them fails. cwd: a folder, or one for each."""
    folders = cwd if isinstance(cwd, list) else [cwd] * len(commands)
    started = [
        subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=-1, stderr=subprocess.STDOUT, text=True)
        for command, folder in zip(commands, folders, strict=True)
    ]
    try:
        said = [process.communicate(timeout=900)[0] for process in started]
    finally:
        for process in started:
            process.kill()  # one that waits for another would wait for ever
    for process, output in zip(started, said, strict=True):
        assert process.returncode == 0, output


@pytest.mark.slow
def test_on_two_devices():
    """Both files in one process: to import TensorFlow for one takes seconds."""
    files = [str(HERE / name) for name in ("two_devices.py", "outgrowing_page.py")]
    run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files])


def free_ports(n):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(n)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@saves
@pytest.mark.slow
def test_two_machines_go_on_with_a_run_and_end_where_one_ends_and_the_first_of_them_writes(tmp_path, monkeypatch):
    [train] = [code for code in blocks("python") if "MultiWorker" in code]
    [start] = blocks("bash")
    alone, *machines = [tmp_path / name for name in ("alone", "first", "second")]
    alone.mkdir()
    for folder in machines:
        folder.mkdir()
        (folder / "train.py").write_text(train + "\nimport numpy as np\nnp.savez('weights.npz', *wgan.get_weights())\n")

    # One machine goes through without a break, and what its file was after an epoch is what the two find. It is this
    # process, without a strategy and eagerly: a process and a graph would take longer to make than its few steps.
    def cut():
        for folder in machines:
            shutil.copytree("shared", folder / "shared")

    names = {"look": before_epoch(1, cut)}
    changes = {
        "tf.distribute.MultiWorkerMirroredStrategy()": "tf.distribute.get_strategy()",
        "compile(": "compile(run_eagerly=True, ",
        "wgan.fit(digits": "wgan.fit(digits, callbacks=look",
    }
    for old, new in changes.items():
        assert train.count(old) == 1
        train = train.replace(old, new)
    monkeypatch.chdir(alone)
    exec(train, names)
    [file, other] = [folder / "shared" / "wgan.weights.h5" for folder in machines]
    written = file.read_bytes()

    for port, name in zip(free_ports(2), ("first-machine:2222", "second-machine:2222"), strict=True):
        start = start.replace(name, f"localhost:{port}")
    starts = [start.replace('"index": 0', f'"index": {i}') for i in range(2)]
    run(*[["bash", "-ec", start] for start in starts], cwd=machines)

    first, second = [np.load(folder / "weights.npz") for folder in machines]
    for name, one in zip(first, names["wgan"].get_weights(), strict=True):
        np.testing.assert_array_equal(first[name], second[name])
        np.testing.assert_allclose(one, first[name], rtol=1e-3, atol=1e-5)
    assert file.read_bytes() != written
    assert other.read_bytes() == written


def test_every_block_of_the_page_is_one_of_those_that_are_run():
    fences = len(re.findall(r"^ *```", PAGE.read_text(), re.M))
    run_by_a_test = len(blocks("python")) + len(blocks("diff")) + len(blocks("bash"))
    assert (len(blocks("python")), len(blocks("diff")), len(blocks("bash"))) == (6, 1, 1)
    assert fences == 2 * run_by_a_test
