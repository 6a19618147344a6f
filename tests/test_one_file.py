"""book/wgan_gp.py, the file to copy: short, alone, and the package's method, number for number."""

import ast
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import saves
from PIL import Image

from gancode import losses, penalty, trainers

FILE = pathlib.Path(__file__).resolve().parent.parent / "book" / "wgan_gp.py"
SMALL = {"STEPS": 2, "SAVE_EVERY": 1, "N_CRITIC": 2, "BATCH": 4, "LATENT": 6, "WIDTH": 2, "SIZE": 8}


@pytest.fixture
def wgan_gp(tmp_path, monkeypatch):
    """The file as a module, with smaller numbers, in an empty folder."""
    spec = importlib.util.spec_from_file_location("wgan_gp", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in SMALL.items():
        assert hasattr(module, name)
        setattr(module, name, value)
    monkeypatch.chdir(tmp_path)
    return module


def some_images(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


# --- what it is ------------------------------------------------------------------------------------------------


def test_it_is_at_most_eighty_lines_that_fit_a_screen():
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 80 and max(map(len, lines)) <= 120


def test_it_needs_nothing_but_keras_tensorflow_and_numpy():
    nodes = list(ast.walk(ast.parse(FILE.read_text(encoding="utf-8"))))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} - sys.stdlib_module_names == {"keras", "numpy", "tensorflow"}


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3), (12, 20, 3), (8, 64, 1)])
def test_its_networks_are_of_the_images_shape_and_fit_a_penalty(wgan_gp, shape):
    generator, critic = wgan_gp.networks(*shape)
    fakes = generator(100 * tf.random.normal((4, wgan_gp.LATENT)))
    assert fakes.shape == (4, *shape) and np.abs(fakes).max() <= 1
    assert critic(fakes).shape == (4, 1) and critic.layers[-1].activation is keras.activations.linear
    mixes_samples = (keras.layers.BatchNormalization, keras.layers.Dropout)
    assert not any(isinstance(layer, mixes_samples) for layer in critic.layers)


# --- what it computes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(28, 28, 1), (12, 20, 3)])
def test_its_critics_loss_is_the_packages(wgan_gp, shape):
    _, critic = wgan_gp.networks(*shape)
    real, fake = (tf.random.uniform((5, *shape), -1, 1, seed=seed) for seed in (1, 2))
    ones = tf.ones((5, 1, 1, 1))
    epsilon = penalty.interpolate(ones, tf.zeros_like(ones), seed=3)  # which is epsilon, one a sample

    loss, estimate, charged = wgan_gp.critic_loss(critic, real, fake, epsilon)
    wasserstein = losses.wasserstein.critic(critic(real), critic(fake))
    expected = wgan_gp.LAMBDA * penalty.gradient_penalty(critic, real, fake, seed=3)
    np.testing.assert_allclose(estimate, -wasserstein, atol=1e-5)
    np.testing.assert_allclose(charged, expected, atol=1e-5)
    np.testing.assert_allclose(loss, wasserstein + expected, atol=1e-5)


def test_a_flat_critic_gets_a_finite_gradient(wgan_gp):
    _, critic = wgan_gp.networks(8, 8, 1)
    critic.set_weights([np.zeros_like(weight) for weight in critic.get_weights()])
    with tf.GradientTape() as tape:
        loss, *_ = wgan_gp.critic_loss(
            critic, tf.ones((2, 8, 8, 1)), -tf.ones((2, 8, 8, 1)), tf.fill((2, 1, 1, 1), 0.5)
        )
    gradients = tape.gradient(loss, critic.trainable_variables, unconnected_gradients="zero")
    assert all(np.all(np.isfinite(gradient)) for gradient in gradients)


class Noted(trainers.WGANGP):
    """The package's trainer, and all that it draws."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.drawn = {"normal": [], "uniform": []}

    def latent(self, n):
        self.drawn["normal"].append(super().latent(n))
        return self.drawn["normal"][-1]

    def critic_penalty(self, real, fake):
        ones = tf.ones((real.shape[0], 1, 1, 1))
        self.drawn["uniform"].append(penalty.interpolate(ones, 0 * ones, seed=self.draw("interpolates")))
        return super().critic_penalty(real, fake)


class DrawnBefore:
    """TensorFlow to the file, but a random number is the next of those drawn before, and a step tells what it made."""

    def __init__(self, drawn):
        self.drawn, self.made = {kind: iter(tensors) for kind, tensors in drawn.items()}, []
        self.random = self

    def __getattr__(self, name):
        return getattr(tf, name)

    def normal(self, shape):
        return self.next("normal", shape) if shape[0] == SMALL["BATCH"] else tf.zeros(shape)  # those of the pictures

    def uniform(self, shape):
        return self.next("uniform", shape)

    def next(self, kind, shape):
        found = next(self.drawn[kind])
        assert found.shape == shape, f"{kind}: {shape}"
        return found

    def function(self, step):
        def noted(*arguments):
            self.made.append(step(*arguments))
            return self.made[-1]

        return noted


@saves
def test_its_training_is_the_packages(wgan_gp, monkeypatch):
    """Two steps, with the same weights, samples, latent vectors and epsilons. SGD shows each gradient as it is."""
    images = some_images(50, 8, 12, 3)
    networks, copies = wgan_gp.networks(8, 12, 3), wgan_gp.networks(8, 12, 3)
    for network, copy in zip(networks, copies, strict=True):
        copy.set_weights(network.get_weights())

    trainer = Noted(*copies, penalty_weight=wgan_gp.LAMBDA, seed=0)
    paper, sgd = trainer.default_optimizer(), keras.optimizers.SGD
    trainer.compile(sgd(0.1), sgd(0.1))
    np.random.seed(0)
    logs = []
    for _ in range(SMALL["STEPS"]):
        rows = np.random.randint(len(images), size=(SMALL["N_CRITIC"], SMALL["BATCH"]))
        real = tf.cast(images[rows], tf.float32) / 127.5 - 1
        logs.append(trainer.step(tf.experimental.numpy.swapaxes(real, 0, 1)))

    adams = []
    monkeypatch.setattr(wgan_gp, "networks", lambda *shape: networks)
    monkeypatch.setattr(keras.optimizers, "Adam", lambda *_, **betas: adams.append(betas) or sgd(0.1))
    monkeypatch.setattr(wgan_gp, "tf", DrawnBefore(trainer.drawn))
    np.random.seed(0)
    wgan_gp.train(images)

    assert adams == 2 * [{"beta_1": paper.beta_1, "beta_2": paper.beta_2}], "an optimiser each, the paper's"
    names = ("wasserstein", "penalty", "generator_loss")
    assert len(wgan_gp.tf.made) == SMALL["STEPS"]
    np.testing.assert_allclose(wgan_gp.tf.made, [[log[name] for name in names] for log in logs], atol=1e-5)
    for network, copy in zip(networks, copies, strict=True):
        for ours, theirs in zip(network.get_weights(), copy.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


# --- what it reads and writes --------------------------------------------------------------------------------------


def assert_it_wrote(folder, shape, latent_dim):
    """A grid of 8 x 8 samples a save, and a generator that opens with Keras alone."""
    height, width, channels = shape
    assert {path.name for path in folder.iterdir()} >= {"generator.keras", "samples"}
    assert [path.name for path in sorted((folder / "samples").iterdir())] == ["000001.png", "000002.png"]
    with Image.open(folder / "samples" / "000002.png") as grid:
        assert grid.size == (8 * width, 8 * height) and grid.mode == {1: "L", 3: "RGB"}[channels]
    with zipfile.ZipFile(folder / "generator.keras") as file:
        modules = re.findall(r'"module": "(\w+)', file.read("config.json").decode())
    assert set(modules) <= {"keras", "builtins"}, "Keras's own, and so nothing but Keras opens it"
    images = keras.saving.load_model(folder / "generator.keras")(np.random.normal(size=(3, latent_dim)))
    assert images.shape == (3, *shape) and np.abs(images).max() <= 1 and np.ptp(images) > 0


@pytest.mark.slow
def test_it_runs_on_an_npz_as_a_reader_runs_it(tmp_path):
    code = FILE.read_text(encoding="utf-8")
    for names, numbers in (("STEPS, SAVE_EVERY", "2, 1"), ("N_CRITIC, BATCH", "1, 4")):  # as the page says: edit them
        code, edits = re.subn(rf"^({names}.*?) = \d+, \d+", rf"\1 = {numbers}", code, flags=re.MULTILINE)
        assert edits == 1
    (tmp_path / "wgan_gp.py").write_text(code)
    np.savez(tmp_path / "images.npz", some_images(10, 12, 8))
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""}
    command = [sys.executable, "wgan_gp.py", "images.npz"]
    done = subprocess.run(command, cwd=tmp_path, env=quiet, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert re.search(r"2/2\b.*estimate: -?\d.*penalty: \d", done.stdout)
    assert_it_wrote(tmp_path, (12, 8, 1), 64)


def test_a_folder_without_pictures_is_named(wgan_gp, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(SystemExit, match=f"^no PNG and no JPEG file in {re.escape(str(tmp_path))}"):
        wgan_gp.load(str(tmp_path))


@saves
def test_a_folder_gives_the_middle_square_of_each_picture(wgan_gp, tmp_path):
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    red, blue, green = (255, 0, 0), (0, 0, 255), (0, 128, 0)
    wide = np.full((30, 90, 3), red, np.uint8)
    wide[:, 30:60] = blue  # the middle
    Image.fromarray(wide).save(folder / "a wide one.png")
    Image.fromarray(np.full((10, 8, 3), green, np.uint8)).save(folder / "more" / "b.JPG", quality=100, subsampling=0)
    Image.fromarray(np.full((9, 9), 200, np.uint8)).save(folder / "c.jpeg")
    (folder / "notes.txt").write_text("no picture")
    images = wgan_gp.load(str(folder))
    assert images.shape == (3, 8, 8, 3) and images.dtype == np.uint8
    np.testing.assert_allclose(images.mean(axis=(1, 2)), [blue, (200, 200, 200), green], atol=2)

    wgan_gp.train(images)
    assert_it_wrote(tmp_path, (8, 8, 3), SMALL["LATENT"])


def test_without_arguments_it_takes_kerass_mnist(monkeypatch, tmp_path):
    """The last line of the file, with a data set that was not downloaded and a `train` that notes what it gets."""
    tree = ast.parse(FILE.read_text(encoding="utf-8"))
    noted, digits = [], some_images(5, 28, 28)
    names = {"keras": keras, "sys": sys, "train": noted.append, "load": lambda source: noted.append(source)}
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: ((digits, None), (None, None)))
    monkeypatch.setattr(sys, "argv", ["wgan_gp.py"])
    exec(compile(ast.Module(tree.body[-1].body, []), FILE, "exec"), names)
    np.testing.assert_array_equal(noted[0], digits[..., None])
    assert noted[0].shape == (5, 28, 28, 1)


@pytest.mark.parametrize("images", [np.zeros((3, 8, 8, 1)), some_images(3, 30, 28, 1), some_images(3, 64)])
def test_images_that_it_can_not_take_are_refused(wgan_gp, tmp_path, images):
    np.savez(tmp_path / "images.npz", images)
    with pytest.raises(ValueError, match=r"expected uint8 \(n, h, w, c\), h and w of 8, 12, 16, \.\.\., got"):
        wgan_gp.train(wgan_gp.load(str(tmp_path / "images.npz")))
    assert not (tmp_path / "samples").exists()
