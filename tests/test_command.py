"""`python -m gancode train` and `generate`: what a run leaves in its folder, and what becomes of it when it is cut."""

import contextlib
import io
import itertools
import json
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest
from helpers import same, saves
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image, ImageSequence

from gancode import data, losses, models, trainers
from gancode.__main__ import main
from gancode._command import folder, shell, start, train, watch
from gancode._files import write_whole
from gancode.variants import METHODS

pytestmark = saves
SMALL = ["--size", "16x20", "--batch-size", "4", "--width", "2"]


def pictures(top, n=12):
    """Noise in a folder, of two sizes."""
    rng = np.random.default_rng(0)
    for i in range(n):
        (top / "abc"[i % 3]).mkdir(parents=True, exist_ok=True)
        noise = rng.integers(0, 256, (24, 24 + i % 2, 3), np.uint8)
        Image.fromarray(noise).save(top / "abc"[i % 3] / f"{i:02d}.png")
    return top


def said(*arguments):
    """What the command says on stdout. It must not fail."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        main([str(each) for each in arguments])
    return text.getvalue()


def refused(capsys, *arguments):
    """The exit status, and what it says on stderr: one line of its own, and no traceback."""
    with pytest.raises(SystemExit) as stop:
        main([str(each) for each in arguments])
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return stop.value.code, error


def weights(run):
    return keras.models.load_model(run / "generator.keras").get_weights()


@pytest.fixture(scope="module", autouse=True)
def two_critic_steps():
    """In place of a WGAN-GP's five: to trace them takes most of a short run's time, and nothing here asks how many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(METHODS, "WGAN-GP", METHODS["WGAN-GP"]._replace(n_critic=2))
        yield


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def finished(photos, tmp_path_factory):
    """A run of 4 steps, the command that made it, and what that said. Not to be changed."""
    run = tmp_path_factory.mktemp("finished") / "run"
    command = ["train", photos, "--out", run, *SMALL, "--every", "2", "--steps", "3", "--labels", "folders"]
    return run, command, said(*command)


@pytest.fixture
def run(finished, tmp_path):
    """A copy of that run, and the command that goes on with it."""
    shutil.copytree(finished[0], tmp_path / "run")
    return tmp_path / "run", [tmp_path / "run" if each == finished[0] else each for each in finished[1]]


# --- a run, and what it leaves ---------------------------------------------------------------------------------------


def test_before_it_starts_it_says_what_it_has_how_long_it_takes_and_what_to_do(finished):
    _, _, text = finished
    assert re.search(r"^12 pictures of 16 x 20 x 3, \d+ of a, \d+ of b, \d+ of c\.", text, re.M)
    assert re.search(r"^WGAN-GP, step 0 to 4: \d+ seconds, [\d.e-]+ s a step", text, re.M)  # 3, to a multiple of 2
    assert "Note: images: " in text and "UserWarning" not in text  # of pictures that are cut
    assert re.findall(r"^step (\d) of 4, \d\d:\d\d left", text, re.M) == ["2", "4"]
    assert "Fewer than 1000 pictures: look for copies in" in text
    assert text.index("seconds") < text.index("step 2 of 4")


def test_the_folder_holds_what_the_help_says_and_nothing_half_made(finished):
    run, _, _ = finished
    there = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert there == {
        *("settings.json", "history.csv", "curves.png", "nearest.png", "film.webp", "generator.keras"),
        *("checkpoint.weights.h5", "samples/000002.png", "samples/000004.png"),
    }


def test_history_has_a_row_for_each_epoch(finished):
    header, *rows = (finished[0] / "history.csv").read_text().splitlines()
    assert sorted(header.split(",")) == sorted(["step", *trainers.WGAN.log_names, "slope", "spread"])
    values = np.array([row.split(",") for row in rows], float)
    assert values[:, 0].tolist() == [2, 4] and np.isfinite(values).all()
    name = header.split(",").index
    np.testing.assert_allclose(
        values[:, name("critic_loss")], values[:, name("penalty")] - values[:, name("wasserstein")], rtol=1e-5
    )


def test_the_settings_say_what_made_the_run(finished, photos):
    kept = json.loads((finished[0] / "settings.json").read_text())
    assert kept["asked"]["folder"] == str(photos) and kept["steps"] == 4
    wanted = {"method": "WGAN-GP", "shape": [16, 20, 3], "classes": ["a", "b", "c"], "every": 2, "learning_rate": 5e-4}
    wanted |= {"batch_size": 4, "width": 2, "ema": 0.999, "seed": 0, "pictures": 12}
    assert wanted.items() <= kept["settings"].items()
    assert f"keras {keras.__version__}" in kept["made"]["versions"] and kept["seconds a step"] > 0


def test_the_samples_are_the_average_generators_a_row_a_class(finished):
    run, _, _ = finished
    network = keras.models.load_model(run / "generator.keras")
    latent, labels = keras.random.normal((24, 64), seed=0), np.repeat([0, 1, 2], 8)
    shape = network.inputs[1].shape
    samples = network.predict([latent, labels.reshape(-1, *shape[1:])], verbose=0)
    sheet = np.asarray(Image.open(run / "samples" / "000004.png"))[::4, ::4]  # each pixel is 4 x 4 there
    assert sheet.shape == (3 * 18, 8 * 22, 3)
    there = sheet.reshape(3, 18, 8, 22, 3).swapaxes(1, 2).reshape(24, 18, 22, 3)
    assert (there[:, [0, -1]] == 160).all() and (there[:, :, [0, -1]] == 160).all()
    np.testing.assert_allclose(there[:, 1:-1, 1:-1], (samples + 1) * 127.5, atol=0.51)


def test_the_generator_is_keras_own(finished):
    with zipfile.ZipFile(finished[0] / "generator.keras") as file:
        assert "gancode" not in file.read("config.json").decode()


def test_the_film_is_all_samples_in_turn(finished):
    run, _, _ = finished
    film = Image.open(run / "film.webp")
    assert film.n_frames == 2
    for frame, step in zip(ImageSequence.Iterator(film), (2, 4), strict=True):
        with Image.open(run / "samples" / f"{step:06d}.png") as sample:
            difference = np.asarray(frame.convert("RGB"), float) - np.asarray(sample.convert("RGB"), float)
        assert np.abs(difference).mean() < 25  # WebP of noise


def test_no_label_of_the_curves_lies_on_another():
    names = [*trainers.WGANGP.log_names, "slope", "spread"]
    figure = folder.curves(np.arange(1, 41) * 500, {name: np.linspace(-4000.0, 4000.0, 40) for name in names})
    FigureCanvasAgg(figure).draw()
    said = [ax.yaxis.label for ax in figure.axes]
    units = [*["score"] * (len(names) - 2), "score / distance", "real pictures: 1"]
    assert [label.get_text() for label in said] == [f"{name}\n{unit}" for name, unit in zip(names, units, strict=True)]
    boxes = [label.get_window_extent() for label in said]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert all(figure.bbox.containsx(x) and figure.bbox.containsy(y) for box in boxes for x, y in box.get_points())


def test_a_long_film_has_a_hundred_frames_and_the_last(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "FRAMES", 5)
    for i in range(1, 13):
        write_whole(tmp_path / "samples" / f"{i:06d}.png", Image.new("L", (8, 8), 20 * i).save)
    folder.film(tmp_path)
    levels = [
        np.asarray(each.convert("L")).mean() for each in ImageSequence.Iterator(Image.open(tmp_path / "film.webp"))
    ]
    assert len(levels) <= 5 and np.allclose(levels, [60, 120, 180, 240], atol=4)


def test_nearest_is_what_all_distances_say(monkeypatch):
    rng = np.random.default_rng(1)
    samples, images = rng.integers(0, 256, (7, 5, 4, 3), np.uint8), rng.integers(0, 256, (53, 5, 4, 3), np.uint8)
    images[[3, 50]] = samples[[2, 6]]
    all_of_them = np.sum((samples[:, None].astype(float) - images) ** 2, axis=(2, 3, 4))
    monkeypatch.setattr(folder, "SOME", 10 * 60)
    found = folder.nearest(samples, images)
    assert found.tolist() == all_of_them.argmin(axis=1).tolist() and found[2] == 3 and found[6] == 50


def test_grey_stays_as_it_is_and_small_pictures_are_enlarged():
    sheet = np.asarray(folder.grid(np.full((3, 16, 16, 1), 7, np.uint8), columns=2))
    assert sheet.shape == (2 * 18 * 4, 2 * 18 * 4)
    assert (sheet[4:68, 4:68] == 7).all() and (sheet[72:, 72:] == 160).all()  # the fourth is missing
    assert folder.grid(np.zeros((1, 70, 64, 3), np.uint8), 1, margin=0).size == (64, 70)


# --- going on --------------------------------------------------------------------------------------------------------


def test_a_finished_run_says_so_and_more_steps_go_on_with_it(run):
    out, command = run
    before = weights(out)
    assert "is finished: 4 steps are made. A larger --steps goes on" in said(*command)
    assert same(before, weights(out))
    text = said(*[6 if each == "3" else each for each in command])
    assert "step 4 to 6" in text and "step 2 of" not in text
    rows = (out / "history.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["step", "2", "4", "6"]
    assert json.loads((out / "settings.json").read_text())["steps"] == 6


def test_other_settings_are_refused_and_the_difference_is_shown(run, capsys, tmp_path):
    _, command = run
    status, error = refused(capsys, *command, "--learning-rate", "1e-3", "--seed", "1", "--method", "wgan")
    assert status == 2 and error.startswith("gancode train: ")
    assert error.splitlines()[1:] == [
        "  method: it has WGAN-GP, not WGAN",
        "  learning_rate: it has 0.0005, not 0.001",
        "  seed: it has 0, not 1",
    ]
    more = tmp_path / "more"
    shutil.copytree(command[1], more)
    Image.new("RGB", (30, 30)).save(more / "a" / "new.png")
    status, error = refused(capsys, "train", more, *command[2:])
    assert status == 2 and [line.split(":")[0].strip() for line in error.splitlines()[1:]] == [
        "pictures",
        "sha256 of pictures and labels",
    ]


def test_a_run_among_its_own_pictures_is_refused(photos, capsys):
    status, error = refused(capsys, "train", photos, "--out", photos / "run")
    assert status == 2 and "--out: expected a folder that is not in" in error and not (photos / "run").exists()


def test_a_folder_that_has_vanished_is_named(run, capsys, tmp_path):
    _, command = run
    status, error = refused(capsys, "train", tmp_path / "gone", *command[2:])
    assert status == 2 and "gone" in error and "does not exist" in error and len(error.splitlines()) == 1


# What a shell does with two commands, in one process: TensorFlow takes seconds to start.
STOPPED_AND_BEGUN_AGAIN = """
import sys
from gancode.__main__ import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    print("stopped with", stop.code, flush=True)
    main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_run_that_was_stopped_and_killed_ends_as_one_that_was_not(photos, tmp_path):
    # a GAN, for a step of one critic step and no penalty is soonest traced, four times over
    long = [photos, *SMALL, "--every", "4", "--steps", "24", "--channels", "1", "--method", "gan"]
    cut, uncut = tmp_path / "cut", tmp_path / "uncut"
    command = ["train", *map(str, long), "--out", str(cut)]
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED_AND_BEGUN_AGAIN, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # in a shell's background, where these tests may run, the signal is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for by, at in ((signal.SIGINT, 8), (signal.SIGKILL, 16)):
        while not (cut / "samples" / f"{at:06d}.png").exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(by)
    text, error = process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL and "Traceback" not in error
    before, after = text.split("stopped with 130\n")
    stands = int(
        re.search(r"^gancode train: stopped\. .* stands at step (\d+), its last checkpoint: the same", error, re.M)[1]
    )
    assert "step 0 to 24" in before and stands in (4, 8, 12) and (cut / "film.webp").exists()
    assert f"step {stands} to 24" in after
    said("train", *long, "--out", cut)
    said("train", *long, "--out", uncut)
    assert same(weights(cut), weights(uncut))
    for name in ("history.csv", "nearest.png", "samples/000024.png"):
        assert (cut / name).read_bytes() == (uncut / name).read_bytes(), name


def test_a_full_disk_leaves_what_stood(run, capsys):
    out, command = run
    before = {path: path.read_bytes() for path in out.rglob("*.*")}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))  # bytes of a file: the system says EFBIG beyond
    try:
        status, error = refused(capsys, *[6 if each == "3" else each for each in command])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 1
    assert re.fullmatch(rf"gancode train: {out}/\S+ could not be written \(.+\); what stood before stands\n", error)
    now = {path: path.read_bytes() for path in out.rglob("*.*")}
    changed = {path.name for path in before if before[path] != now[path]}
    assert changed <= {"settings.json", "nearest.png", "film.webp"} and not any("partial" in path.name for path in now)


def test_a_run_that_blows_up_is_told_what_to_try(photos, tmp_path, capsys):
    status, error = refused(
        capsys, "train", photos, "--out", tmp_path / "run", *SMALL, "--method", "GAN", "--learning-rate", "1e30"
    )
    assert status == 1 and "NaN or inf at step" in error and "Try a lower --learning-rate" in error


# --- generate --------------------------------------------------------------------------------------------------------


def test_generate_draws_a_grid_or_a_file_a_picture(finished, tmp_path):
    run, _, _ = finished
    one, many = tmp_path / "grid.png", tmp_path / "many"
    assert said("generate", run, "-n", 7, "--out", one) == f"{one}: 7 pictures, of a, b, c in turn\n"
    assert "7 pictures" in said("generate", run / "generator.keras", "-n", 7, "--out", many)
    assert sorted(path.name for path in many.iterdir()) == [f"{i:06d}.png" for i in range(1, 8)]
    sheet = (
        np.asarray(Image.open(one)).reshape(2, 72, 6, 88, 3).swapaxes(1, 2).reshape(12, 72, 88, 3)
    )  # a, b, c, a, b, c
    for i in range(7):
        assert np.array_equal(sheet[i, 4:-4:4, 4:-4:4], np.asarray(Image.open(many / f"{i + 1:06d}.png"))), i
    said("generate", run, "-n", 7, "--seed", 0, "--out", tmp_path / "other.png")
    assert not np.array_equal(np.asarray(Image.open(one)), np.asarray(Image.open(tmp_path / "other.png")))


def test_generate_draws_the_classes_that_are_asked_for(finished, tmp_path):
    run, _, _ = finished
    said("generate", run, "-n", 4, "--labels", "c,1", "--out", tmp_path / "names.png")
    alone = said("generate", run, "-n", 2, "--labels", "c", "--out", tmp_path / "alone.png")
    assert alone == f"{tmp_path / 'alone.png'}: 2 pictures, of c\n"
    network = keras.models.load_model(run / "generator.keras")
    latent, labels = keras.random.normal((4, 64), seed=1), np.array([2, 1, 2, 1])
    wanted = network.predict([latent, labels.reshape(-1, *network.inputs[1].shape[1:])], verbose=0)
    sheet = np.asarray(Image.open(tmp_path / "names.png"))[::4, ::4].reshape(18, 4, 22, 3).swapaxes(0, 1)
    np.testing.assert_allclose(sheet.reshape(4, 18, 22, 3)[:, 1:-1, 1:-1], (wanted + 1) * 127.5, atol=0.51)


def test_generate_says_what_it_can_not_do(finished, capsys, tmp_path):
    run, _, _ = finished
    for wrong, text in [
        ([tmp_path], "generator.keras"),
        ([run / "nothing.keras"], "generator.keras"),
        ([run, "-n", 0], "-n: expected a whole number"),
        ([run, "--seed", -1], "seed"),
        ([run, "--labels", "a,d"], "--labels: expected some of a, b, c, got d"),
    ]:
        status, error = refused(capsys, "generate", *wrong, "--out", tmp_path / "grid.png")
        assert status == 2 and error.startswith("gancode generate: ") and text in error and error.count("\n") == 1


# --- wrong usage -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong, text",
    [
        ([], "FOLDER"),
        (["PHOTOS", "--digits"], "--digits"),
        (["nowhere"], "which does not exist"),
        (["PHOTOS", "--size", "7"], "--size"),
        (["PHOTOS", "--size", "big"], "--size: expected 32, or 48x64, of at least 8 pixels, got big"),
        (["PHOTOS", "--size", "16x16x3"], "--size"),
        (["PHOTOS", "--channels", "4"], "channels: expected one of 1, 3"),
        (["PHOTOS", "--method", "VAE"], "WGAN-GP"),
        (["PHOTOS", "--steps", "0"], "steps: expected a whole number"),
        (["PHOTOS", "--steps", "many"], "--steps"),
        (["PHOTOS", "--learning-rate", "0"], "learning_rate: expected a number above 0"),
        (["PHOTOS", "--ema", "2"], "ema"),
        (["PHOTOS", "--batch-size", "0"], "batch_size"),
        (["PHOTOS", "--seed", "-1"], "seed"),
        (["PHOTOS", "--out", "PHOTOS"], "--out: expected a new folder or that of a run"),
        (["PHOTOS", "--out", __file__], "--out: expected a new folder or that of a run"),
        (["PHOTOS", "--labels", "names"], "folders"),
    ],
)
def test_wrong_usage_is_one_clear_line(wrong, text, photos, tmp_path, capsys):
    wrong = [photos if each == "PHOTOS" else each for each in wrong]
    status, error = refused(capsys, "train", *(["--out", tmp_path / "run"] if "--out" not in wrong else []), *wrong)
    assert status == 2 and error.splitlines()[-1].startswith("gancode train: ") and text in error


def test_where_nothing_can_be_written_is_a_failure(photos, capsys):
    status, error = refused(capsys, "train", photos, "--out", "/proc/here/run")
    assert status == 1 and "/proc/here" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "error, status, said",
    [
        (OSError("full"), 1, "full"),
        (MemoryError(), 1, "MemoryError"),
        (KeyboardInterrupt(), 130, "stopped before the first step"),
    ],
)
def test_what_fails_has_a_status_and_a_line(error, status, said, capsys):
    def fail():
        raise error

    with pytest.raises(SystemExit) as stop:
        shell.carry_out("train", fail)
    assert stop.value.code == status
    assert capsys.readouterr().err == f"gancode train: {said}\n"


def test_the_help_states_the_defaults_that_hold(monkeypatch):
    asked = []
    monkeypatch.setattr(train, "carry_out", lambda command, work, given: asked.append(given))
    train.main(["photos", "--out", "run"])
    stated = dict(re.findall(r"^  --([a-z-]+) ([^ ,]+)  ", train.__doc__, re.M))
    assert stated.keys() == {
        *(
            "size",
            "channels",
            "labels",
            "out",
            "steps",
            "every",
            "method",
            "learning-rate",
            "batch-size",
            "width",
            "ema",
        ),
        "seed",
    }
    assert train.size(stated.pop("size")) == asked[0].size and stated.pop("method") == asked[0].method
    assert (stated.pop("labels"), stated.pop("out"), stated.pop("steps")) == ("folders", "RUN", "N")
    assert stated.pop("every") == "500"  # unless there are fewer steps
    for name, value in stated.items():
        assert float(value) == getattr(asked[0], name.replace("-", "_")), name
    for given in ("wgan-gp", "WGANGP", "R1GAN", "R1", "SNGAN"):
        assert train.method(given) in start.METHODS, given
    train.main(["photos", "--labels", "--out", "run"])
    assert asked[-1].labels == "folders" and asked[0].labels is None
    methods = re.search(r"--method (\S+) +or (.+)", train.__doc__)
    assert {methods[1], *methods[2].split(", ")} == {*start.METHODS}


def test_about_an_hour_is_what_was_measured():
    """A step that sleeps takes as long as it sleeps, and leaves nothing behind."""

    class Slow(trainers.GAN):
        def step(self, real):
            import tensorflow as tf

            with tf.control_dependencies([tf.py_function(lambda: time.sleep(0.05), [], [])]):
                return super().step(real)

    trainer = Slow(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0, ema=0.9)
    trainer.compile()
    before = [weight.numpy() for weight in trainer.weights]
    seconds = start.measured(trainer, data.batches(np.zeros((8, 2)), batch_size=2, seed=0))
    assert 0.05 <= seconds < 0.5
    assert (
        same(before, [weight.numpy() for weight in trainer.weights])
        and int(trainer.steps.numpy()) == 0
        and trainer.past == {}
    )


# --- what it says of a run -------------------------------------------------------------------------------------------


class Backwards(losses.Wasserstein):
    """A critic's loss with its sign turned round."""

    def critic(self, real_scores, fake_scores):
        return -super().critic(real_scores, fake_scores)


def frozen(latent_kernel=1.0):
    """A generator of points that never learns, apart from the data; with kernel 0 all of them are one."""
    generator = models.mlp_generator(1, 8)
    generator.layers[-1].kernel.assign(latent_kernel * generator.layers[-1].kernel)
    generator.trainable = False
    return generator


def dead():
    critic = models.mlp_critic(2, 8)
    for layer in critic.layers[:-1]:
        layer.bias.assign(layer.bias - 100.0)  # every ReLU is off
    return critic


def watched(trainer, epochs=3, steps=30, learning_rate=0.01):
    """What is said in a run on points around (5, 5)."""
    points = np.random.default_rng(0).normal(0.0, 0.3, (512, 2)).astype(np.float32) + 5.0
    trainer.compile(*(trainer.default_optimizer(learning_rate) for _ in range(2)))
    lines = []
    seen = watch.Watch(points[:256], None, lines.append)
    n_critic = min(trainer.n_critic, 2)  # of five, tracing would take longer than the run
    trainer.fit(data.batches(points, 64, n_critic, seed=0), epochs, steps, [seen], verbose=0)
    return lines


BROKEN = {
    "right on 99 % of both": lambda: trainers.GAN(frozen(), models.mlp_critic(2, 32), seed=0),
    "upside down": lambda: trainers.WGANGP(frozen(), models.mlp_critic(2, 32), loss=Backwards(), seed=0),
    "samples differ by less than a tenth": lambda: trainers.LSGAN(frozen(0.0), models.mlp_critic(2, 32), seed=0),
    "scores do not differ": lambda: trainers.WGAN(frozen(), dead(), clip=None, seed=0),
    "the penalty stays at 10": lambda: trainers.WGANGP(frozen(), dead(), seed=0),
}


@pytest.mark.parametrize("sign", BROKEN)
def test_a_run_that_is_broken_on_purpose_is_told_so_once_and_since_when(sign):
    lines = watched(BROKEN[sign]())
    found = [line for line in lines if sign in line]
    assert len(found) == 1 and found[0].startswith("Since step 30 ") and found[0].endswith("another --out.")
    others = {"the penalty stays at 10": ["scores do not differ"]}.get(sign, [])
    assert len(lines) == 1 + len(others) and all(any(other in line for line in lines) for other in others)


@pytest.mark.parametrize("trainer", [trainers.GAN, trainers.LSGAN, trainers.WGANGP])
def test_a_healthy_run_is_told_nothing(trainer):
    healthy = trainer(models.mlp_generator(2, 32), models.mlp_critic(2, 32), seed=0)
    assert watched(healthy, epochs=4, learning_rate=1e-3) == []


def test_what_was_seen_once_is_not_said_and_what_comes_back_is_said_again(monkeypatch):
    lines, trainer = [], trainers.GAN(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0)
    seen = watch.Watch(np.zeros((4, 2), np.float32), None, lines.append)
    seen.set_model(trainer)
    for step, holds in enumerate([1, 0, 1, 1, 1, 0, 1, 1], 1):
        monkeypatch.setattr(watch, "signs", lambda *_, holds=holds: ({"it holds.": holds, "it never does.": False}, {}))
        trainer.steps.assign(step)
        seen.on_epoch_end(step - 1, {})
    assert lines == [f"Since step {step} it holds. Another run needs another --out." for step in (3, 7)]


def test_troubleshooting_has_a_row_for_each_thing_that_is_said():
    trainer = trainers.WGANGP(models.mlp_generator(1, 4), models.mlp_critic(1, 4), seed=0)
    page = pathlib.Path(__file__).parent.parent / "book" / "troubleshooting.md"
    rows = page.read_text(encoding="utf-8").splitlines()
    for sign in watch.signs(trainer, np.zeros((4, 2), np.float32), None, {"penalty": 0.0})[0]:
        assert sum(row.startswith(f"| {re.split('[.:]', sign)[0]} |") for row in rows) == 1, sign


def test_what_classes_differ_by_is_no_spread_of_samples():
    labels = np.array([0, 0, 1, 1])
    x = np.array([[1.0, 2.0], [3.0, 2.0], [10.0, 0.0], [20.0, 0.0]])
    assert watch.within(x, labels).tolist() == [[-1.0, 0.0], [1.0, 0.0], [-5.0, 0.0], [5.0, 0.0]]
    np.testing.assert_allclose(watch.within(x, None), x - x.mean(axis=0))


def test_slope_and_spread_are_what_they_are_by_hand():
    critic = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    critic.layers[0].kernel.assign([[3.0], [4.0]])
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    generator.layers[0].kernel.assign(0.5 * np.eye(2))
    real = np.random.default_rng(0).normal(3.0, 2.0, (4000, 2)).astype(np.float32)
    _, measured = watch.signs(trainers.WGANGP(generator, critic, seed=0), real, None, {"penalty": 0.0})
    assert measured["slope"] == pytest.approx(5.0, rel=1e-5)
    assert measured["spread"] == pytest.approx(0.5 / 2.0, rel=0.05)  # of 4 000 draws


def test_one_picture_a_class_is_told_of():
    images = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 1), np.uint8)
    labels, of = np.arange(20) % 2, {"image_shape": (16, 16, 1), "channels": 2, "classes": 2}
    generator = models.conv_generator(4, norm=None, **of)
    first = next(layer for layer in generator.layers if isinstance(layer, keras.layers.Dense))
    first.kernel.assign(0 * first.kernel)  # it sees the label alone
    trainer = trainers.WGANGP(generator, models.conv_critic(**of), seed=0)
    seen, _ = watch.signs(trainer, watch.as_floats(keras.ops.convert_to_tensor(images)), labels, {"penalty": 0.0})
    assert [holds for sign, holds in seen.items() if "nearly one picture, of each class" in sign] == [True]


@pytest.mark.parametrize("trainer", [trainers.WGANGP, trainers.WGAN, trainers.GAN])
def test_an_estimate_beyond_what_pictures_can_be_apart_is_told_of_under_a_penalty(trainer):
    of = {"image_shape": (16, 16, 3), "channels": 2}
    wgan, images = trainer(models.conv_generator(4, **of), models.conv_critic(**of), seed=0), np.zeros((4, 16, 16, 3))
    bound = 2 * np.linalg.norm(np.ones((16, 16, 3)))  # from black to white
    for estimate, beyond in ((0.99 * bound, False), (1.01 * bound, True), (-1.01 * bound, True)):
        logs = {"penalty": 0.0} | ({"wasserstein": estimate} if trainer is not trainers.GAN else {})
        seen, _ = watch.signs(wgan, images.astype(np.float32), None, logs)
        told = [
            holds for sign, holds in seen.items() if sign.startswith("the estimate is larger than any two pictures")
        ]
        assert told == [beyond and trainer is trainers.WGANGP]


def test_looking_changes_nothing():
    points = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
    ends = []
    for callbacks in ([], [watch.Watch(points, None, print)]):
        keras.utils.set_random_seed(0)
        between = [keras.layers.Dense(8), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3)]
        critic = keras.Sequential([keras.Input((2,)), *between, keras.layers.Dense(1)])
        trainer = trainers.GAN(models.mlp_generator(1, 8), critic, seed=0)
        trainer.compile(run_eagerly=True)
        trainer.fit(data.batches(points, 16, seed=0), 2, 2, callbacks, verbose=0)
        ends.append([weight.numpy() for weight in trainer.weights])
    assert same(*ends)
