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
@pytest.mark.parametrize("file", ["two_devices.py", "outgrowing_page.py"])
def test_on_two_devices(file):
    run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(HERE / file)])


def free_ports(n):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(n)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.mark.slow
def test_two_machines_go_on_with_a_run_and_end_where_one_ends_and_the_first_of_them_writes(tmp_path):
    [train] = [code for code in blocks("python") if "MultiWorker" in code]
    [start] = blocks("bash")
    keep = "\nimport numpy as np\nnp.savez('weights.npz', *wgan.get_weights())\n"

    alone, *machines = [tmp_path / name for name in ("alone", "first", "second")]
    for folder in (alone, *machines):
        folder.mkdir()
        (folder / "train.py").write_text(train + keep)

    # One epoch on one machine, whose file all three find; then one more.
    once = re.sub(r"\bepochs=2", "epochs=1", train)
    (alone / "once.py").write_text(once)
    run([sys.executable, "once.py"], cwd=alone)
    for folder in machines:
        shutil.copytree(alone / "shared", folder / "shared")
    written = (alone / "shared" / "wgan.weights.h5").read_bytes()

    for port, name in zip(free_ports(2), ("first-machine:2222", "second-machine:2222"), strict=True):
        start = start.replace(name, f"localhost:{port}")
    starts = [start.replace('"index": 0', f'"index": {i}') for i in range(2)]
    run([sys.executable, "train.py"], *[["bash", "-ec", start] for start in starts], cwd=[alone, *machines])

    one, first, second = [np.load(folder / "weights.npz") for folder in (alone, *machines)]
    for name in one:
        np.testing.assert_array_equal(first[name], second[name])
        np.testing.assert_allclose(one[name], first[name], rtol=1e-3, atol=1e-5)
    assert (machines[0] / "shared" / "wgan.weights.h5").read_bytes() != written
    assert (machines[1] / "shared" / "wgan.weights.h5").read_bytes() == written


def test_every_block_of_the_page_is_one_of_those_that_are_run():
    fences = len(re.findall(r"^ *```", PAGE.read_text(), re.M))
    run_by_a_test = len(blocks("python")) + len(blocks("diff")) + len(blocks("bash"))
    assert (len(blocks("python")), len(blocks("diff")), len(blocks("bash"))) == (6, 1, 1)
    assert fences == 2 * run_by_a_test
