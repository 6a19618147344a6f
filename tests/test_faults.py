"""A full disk, a read-only home, damaged and hostile files, no network, Ctrl-C: said clearly, and nothing is lost."""

import contextlib
import errno
import hashlib
import http.server
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading

import h5py
import keras
import nbformat
import numpy as np
import pytest
from helpers import saves
from matplotlib.figure import Figure

import execute
from gancode import data, metrics, models
from gancode._files import write_whole
from gancode._training import checkpoint
from gancode.experiments import figure1
from gancode.trainers import WGANGP

ROOT = pathlib.Path(__file__).resolve().parent.parent

pytestmark = [saves, pytest.mark.slow]


def trainer(**kwargs):
    keras.utils.set_random_seed(0)
    trainer = WGANGP(models.mlp_generator(1, 8), models.mlp_critic(1, 8), seed=0)
    trainer.compile(**kwargs)
    return trainer


def fit(trainer, epochs, checkpoint=None, **kwargs):
    dealt = data.batches(data.eight_gaussians(100, seed=0), 8, 2, seed=1)
    return trainer.fit(dealt, epochs=epochs, steps_per_epoch=1, verbose=0, checkpoint=checkpoint, **kwargs).history


def start(script, **environment):
    """Python with this tree's package, as if from a terminal."""
    return subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # in a shell's background, where these tests may run, the signal is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


# --- a full disk: no file may grow beyond a limit, which also a user may set (Python ignores the signal for it) ---


@contextlib.contextmanager
def full_disk(room):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_checkpoint_that_has_no_room_leaves_the_one_before_and_nothing_else(tmp_path):
    file, one = tmp_path / "run.weights.h5", trainer(run_eagerly=True)
    fit(one, 1, file)
    before = file.read_bytes()
    assert len(before) > 30_000
    message = r"^checkpoint: .*run\.weights\.h5 could not be written \(.*File too large\); the one of the epoch before"
    for room in (0, 1, 5000, 30_000):  # each time the same run goes on from the same file
        with full_disk(room), pytest.raises(OSError, match=message) as error:
            fit(one, 2, file)
        assert "\n" not in str(error.value)
        assert file.read_bytes() == before
        assert os.listdir(tmp_path) == [file.name]
    assert len(fit(trainer(run_eagerly=True), 3, file)["critic_loss"]) == 3  # and from it the run goes on


def test_the_first_checkpoint_that_has_no_room_leaves_nothing(tmp_path):
    with full_disk(0), pytest.raises(OSError, match=r"run\.weights\.h5 could not be written .*; there is none yet"):
        fit(trainer(run_eagerly=True), 1, tmp_path / "new" / "run.weights.h5")
    assert os.listdir(tmp_path / "new") == []


def test_a_folder_that_is_none_is_named_too(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"^checkpoint: .*run\.weights\.h5 could not be written"):
        fit(trainer(run_eagerly=True), 1, tmp_path / "file" / "run.weights.h5")
    with pytest.raises(OSError, match=r"long\.weights\.h5 could not be written \(File name too long\); what stood"):
        write_whole(tmp_path / f"{'long' * 100}.weights.h5", pathlib.Path.touch)


def test_a_file_is_written_whole_or_not_at_all_also_when_python_is_interrupted(tmp_path, monkeypatch):
    file = tmp_path / "a"
    write_whole(file, lambda beside: beside.write_bytes(b"first"))

    def interrupted(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(file, lambda beside: beside.write_bytes(b"second"))
    assert file.read_bytes() == b"first" and os.listdir(tmp_path) == ["a"]


def test_a_picture_that_has_no_room_is_named_and_not_left_half(tmp_path, monkeypatch, capsys):
    file = tmp_path / "figure1.png"
    file.write_bytes(b"an older one")
    monkeypatch.setattr(figure1, "figure1", lambda *settings: Figure())
    with full_disk(100), pytest.raises(SystemExit) as stopped:
        figure1.main(["--out", str(file)])
    out, err = capsys.readouterr()
    assert stopped.value.code == 1 and out == ""
    assert "figure1.png could not be written" in err and "File too large" in err and "Traceback" not in err
    assert file.read_bytes() == b"an older one" and os.listdir(tmp_path) == [file.name]
    figure1.main(["--out", str(file)])
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_chapter_that_has_no_room_stays_as_it_was(tmp_path, monkeypatch, capsys):
    from test_book import run, tiny_book

    chapter = tiny_book(tmp_path, "print(1)")
    before, replace = chapter.read_bytes(), execute._replace

    def on_a_full_disk(path, content):
        with full_disk(10):
            replace(path, content)

    monkeypatch.setattr(execute, "_replace", on_a_full_disk)
    assert run(tmp_path) == 1
    err = capsys.readouterr().err
    assert "01-tiny.ipynb could not be written: " in err and "Traceback" not in err
    assert chapter.read_bytes() == before and os.listdir(chapter.parent) == [chapter.name]
    nbformat.read(chapter, as_version=4)


# --- a home and a package that can not be written to ---

WORK = """
import gancode
from gancode import data, metrics, models, plots, trainers

images = data.mnist("test")
trainer = trainers.GAN(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0)
trainer.compile()
trainer.fit(data.batches(data.swiss_roll(100, seed=0), 8, 1, seed=0), steps_per_epoch=2)
plots.samples_grid(images[:8]).savefig("grid.png")
metrics.wasserstein1(trainer.generate(9, seed=0), data.eight_gaussians(9, seed=0))
print(gancode.__file__)
"""


def test_neither_home_nor_package_need_be_writable_and_nobody_complains(tmp_path, monkeypatch):
    """A file in the place of a folder can not be written into by anyone, not even by root."""
    home, package, work = tmp_path / "home", tmp_path / "package" / "gancode", tmp_path / "work"
    home.touch()
    work.mkdir()
    shutil.copytree(ROOT / "gancode", package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__pycache__").touch()
    files = sorted(package.rglob("*"))
    for file in (*files, package):
        file.chmod(0o555 if file.is_dir() else 0o444)
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR", "KERAS_HOME", "IPYTHONDIR"):
        monkeypatch.delenv(name, raising=False)
    process = start(f"import os; os.chdir({str(work)!r})\n{WORK}", HOME=str(home), PYTHONPATH=str(package.parent))
    out, err = process.communicate(timeout=300)
    package.chmod(0o755)  # so that pytest can clear it away
    assert process.returncode == 0, err
    assert out == f"{package / '__init__.py'}\n"
    assert [line for line in err.splitlines(True) if not execute.START_UP_NOTE.match(line)] == []
    assert sorted(package.rglob("*")) == files
    assert os.listdir(work) == ["grid.png"]


# --- files that are not what they should be ---

DIGITS = (data.DIGITS, data.DIGITS_SHA256)
CLASSIFIER = (metrics.CLASSIFIER, metrics.CLASSIFIER_SHA256)


@pytest.mark.parametrize("one, other", [(DIGITS, CLASSIFIER), (CLASSIFIER, DIGITS)])
def test_a_file_in_the_place_of_another_is_refused_though_it_is_whole(one, other, tmp_path):
    copy = shutil.copy(other[0], tmp_path / one[0].name)
    with pytest.raises(ValueError, match=rf"^{one[0].name}: the data file is damaged .*git checkout"):
        data.load_checked(copy, one[1])
    assert data.load_checked(copy, other[1])


class Hostile:
    """Whoever unpickles it creates a file."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return open, (str(self.file), "w")


def test_a_hostile_file_is_not_unpickled_even_if_its_hash_is_the_right_one(tmp_path):
    trap, file = tmp_path / "sprung", tmp_path / "digits.npz"
    np.savez(file, train_images=np.array([Hostile(trap)], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        data.load_checked(file, hashlib.sha256(file.read_bytes()).hexdigest())
    assert not trap.exists()
    np.load(file, allow_pickle=True)["train_images"].item().close()  # the trap does work
    assert trap.exists()


# --- downloads ---


@pytest.fixture
def server(tmp_path, monkeypatch):
    """In the place of the one that Keras asks, and an empty cache."""

    class Handler(http.server.BaseHTTPRequestHandler):
        files = {}  # noqa: RUF012

        def do_GET(self):
            name = self.path.removeprefix("/")
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.files[name])))
            self.end_headers()
            self.wfile.write(self.files[name])

        def log_message(self, *message):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    download_into(tmp_path, monkeypatch, f"http://127.0.0.1:{server.server_port}")
    yield Handler
    server.shutdown()
    server.server_close()


def download_into(folder, monkeypatch, address=None):
    """Let Keras keep its downloads in this folder, and fetch them from this address."""
    keras_own = keras.utils.get_file

    def get_file(fname, origin, **kwargs):
        return keras_own(fname, f"{address}/{fname}" if address else origin, cache_dir=folder, **kwargs)

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    monkeypatch.setitem(keras.datasets.mnist.load_data.__globals__, "get_file", get_file)


def no_name(*address, **kwargs):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def no_route(*address, **kwargs):
    raise OSError(errno.ENETUNREACH, "Network is unreachable")


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


LOADS = [lambda: data.mnist(full=True), lambda: data.labels(full=True)]


@pytest.mark.parametrize("where, wrong", [("getaddrinfo", no_name), ("create_connection", no_route)])
@pytest.mark.parametrize("load", LOADS)
def test_without_a_network_the_data_set_is_named_in_one_line_and_no_file_is_left(
    load, where, wrong, tmp_path, monkeypatch
):
    download_into(tmp_path, monkeypatch)
    monkeypatch.setattr(socket, where, wrong)
    with pytest.raises(ConnectionError, match=r"^mnist: Keras could not download it; is there a network\?") as error:
        load()
    assert "\n" not in str(error.value)
    assert files_in(tmp_path) == []


def test_a_damaged_mnist_is_asked_for_again_and_a_wrong_one_never_taken(server, tmp_path):
    server.files = {"mnist.npz": b"not the digits"}
    for _ in range(2):
        with pytest.raises(ConnectionError, match=r"^mnist: .*Incomplete or corrupted file"):
            data.mnist(full=True)


# --- Ctrl-C ---

INTERRUPTED = """
import sys
sys.path[:0] = {paths!r}
import keras, numpy as np, test_faults

class Tell(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch + 1, flush=True)

def assert_usable():
    assert all(np.isfinite(weight).all() for weight in trainer.get_weights())
    assert np.isfinite(trainer.generate(5)).all()

trainer = test_faults.trainer()
try:
    test_faults.fit(trainer, 10**9, callbacks=[Tell()])
except KeyboardInterrupt:
    assert_usable()
    print("stopped", flush=True)
try:
    test_faults.fit(trainer, 10**9, checkpoint={file!r}, callbacks=[Tell()])
finally:
    assert_usable()
    print("usable", flush=True)
"""


def test_ctrl_c_stops_fit_and_loses_neither_the_weights_nor_the_checkpoint(tmp_path):
    file = tmp_path / "run.weights.h5"
    process = start(INTERRUPTED.format(paths=[str(ROOT / "tests"), str(ROOT / "tools"), str(ROOT)], file=str(file)))
    for _ in range(2):
        while process.stdout.readline().strip() not in ("3", ""):  # "": it has ended
            pass
        process.send_signal(signal.SIGINT)
        while process.stdout.readline().strip() not in ("stopped", "usable", ""):
            pass
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT  # how Python ends when nobody catches it
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert os.listdir(tmp_path) == [file.name]
    with h5py.File(file) as whole:
        done = len(checkpoint.read(whole["vars"])["past"]["critic_loss"])
    assert done >= 2  # the third was told of before it was written
    again = trainer(run_eagerly=True)
    with pytest.warns(UserWarning, match="counts from the first"):
        assert len(fit(again, done, file)["critic_loss"]) == done
    assert all(np.isfinite(weight).all() for weight in again.get_weights())
