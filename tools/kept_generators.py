"""What the page of the generators loads: four generators, the classifier, training digits and a film, as scripts.

A page that was opened from a disk may fetch nothing, but it may have a script. So each file is a script that puts its
bytes into `window.kept` by name: fifteen bits a character, in UTF-16, which is a fifteenth longer than the bytes are.
"""

import functools
import io
import json
import pathlib

import numpy as np
from PIL import Image

from evidence import race
from gancode import data, metrics, models
from gancode.experiments import results
from gancode.figures.style import sheet

ROOT = pathlib.Path(__file__).resolve().parent.parent
RACE = ROOT / "tools" / "evidence" / "unfinished"  # the race's weights and digits of seed 0
FOLDER = ROOT / "book" / "_static" / "generators"
METHODS = ("GAN", "LSGAN", "WGAN", "WGAN-GP")
BITS, FIRST = 15, 0x3000  # of a character; the first of 2 ** 15 with no surrogate, quote or line's end among them
CROP = 20  # MNIST's digits fit into 20 x 20 pixels of their 28 x 28
DIGITS, FILM = {"quality": 15, "speed": 2}, {"quality": 50, "speed": 8}  # the digits only fit if it takes its time


def to_text(data):
    """Bytes as characters."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    bits = np.pad(bits, (0, -len(bits) % BITS)).reshape(-1, BITS)
    return (bits @ (1 << np.arange(BITS)[::-1]) + FIRST).astype("<u2").tobytes().decode("utf-16-le")


def write(name, data, **facts):
    """FOLDER/NAME.js. facts: what else the page reads there, as JSON."""
    FOLDER.mkdir(exist_ok=True)
    entry = json.dumps({"bytes": len(data), **facts})[:-1]
    script = f'(window.kept ??= {{}})["{name}"] = {entry}, "text": "{to_text(data)}"}};\n'
    path = FOLDER / f"{name}.js"
    path.write_text(script, encoding="utf-16")  # with the mark that tells a browser so
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


# --- what was kept --------------------------------------------------------------------------------------------------


def file_of(method):
    """A method's kept run: its weights, and what they drew on the way."""
    (path,) = RACE.glob(f"race {method} * 0.npz")
    return path


def run(method):
    """Its scores through training."""
    (found,) = results.load("race_50000").group_by("method", seed=0)[method]
    return found


def choose():
    """Of each run the average generator is shown, or the generator itself: "ema_" or "".

    The one that ends nearer to the reference with most methods; with two of four, the average.
    """
    nearer = [run(method)["ema_frechet"][-1] < run(method)["frechet"][-1] for method in METHODS]
    return "ema_" if sum(nearer) >= len(METHODS) / 2 else ""


def weights(method, which):
    """As Keras lists them."""
    return race.weights(file_of(method), which == "ema_")


def halves(arrays):
    """Arrays after one another, as float16."""
    return b"".join(np.ascontiguousarray(array, "<f2").tobytes() for array in arrays)


# --- pictures -------------------------------------------------------------------------------------------------------


def tiled(images, columns):
    """Images (n, h, w) in rows of so many: (n / columns * h, columns * w)."""
    return sheet(images[..., None], columns)


def unsheet(picture, size, columns):
    """The images of a sheet again."""
    return picture.reshape(-1, size, columns, size).swapaxes(1, 2).reshape(-1, size, size)


def encoded(picture, settings):
    """A grey picture as AVIF, which is the smallest that browsers read."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "AVIF", subsampling="4:0:0", **settings)
    return buffer.getvalue()


def decoded(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"))


def cropped(images):
    """Digits (n, 28, 28) as (n, 20, 20), and where each was cut out: 16 times the row plus the column."""
    corners = [[min(np.flatnonzero(image.any(axis))[0], 28 - CROP) for axis in (1, 0)] for image in images]
    cut = [image[y : y + CROP, x : x + CROP] for image, (y, x) in zip(images, corners, strict=True)]
    return np.stack(cut), np.array([16 * y + x for y, x in corners], np.uint8)


def uncropped(images, corners):
    whole = np.zeros((len(images), 28, 28), np.uint8)
    for place, image, corner in zip(whole, images, corners, strict=True):
        y, x = divmod(int(corner), 16)
        place[y : y + CROP, x : x + CROP] = image
    return whole


def training_digits():
    """The 10 000 digits of the generators' training set, as levels from 0 to 255, and their labels."""
    return levels(data.mnist()), data.labels().astype(np.uint8)


def packed_digits(images, labels):
    """Where each digit was cut out, its label, and a picture of all of them."""
    cut, corners = cropped(images)
    return corners.tobytes() + labels.tobytes() + encoded(tiled(cut, 100), DIGITS)


def as_shown(data):
    """The training digits that the page makes of that, (10 000, 28, 28), and their labels."""
    corners, labels = np.frombuffer(data[:20_000], np.uint8).reshape(2, -1)
    return uncropped(unsheet(decoded(data[20_000:]), CROP, 100), corners), labels


def film(method, which):
    """The 36 digits at each of the 20 evaluations, five evaluations in a row of 5 x 4."""
    frames = np.load(file_of(method))[f"{which}frames"]  # (20, 36, 28, 28)
    return tiled(np.stack([tiled(frame, 6) for frame in frames]), 5)


# --- how well the nearest one is found ------------------------------------------------------------------------------


@functools.cache
def generator(method, which):
    """The generator that was kept, in Keras."""
    model = models.conv_generator(channels=16)
    model.set_weights([array.astype(np.float32) for array in weights(method, which)])
    return model


def levels(images):
    """Images in [-1, 1] as 0 to 255, (n, 28, 28)."""
    return np.round((images[..., 0] + 1) * 127.5).astype(np.uint8)


def measured(images, shown, which):
    """What the page says of its nearest digits. shown: the training digits `images` as it shows them.

    "first", "three": how often the digit that is found is in truth the nearest one, or one of the three nearest, of 250
    drawings a method. "test": the quartiles of the distance of 2 000 test digits, which no generator was trained on.
    "copy": the median distance of a training digit to itself as it is shown.
    """
    from sklearn.metrics import euclidean_distances

    latent = np.random.default_rng(0).standard_normal((250, 64)).astype(np.float32)
    drawn = np.concatenate([levels(np.asarray(generator(method, which)(latent, training=False))) for method in METHODS])
    test = levels(data.mnist("test"))
    drawn, images, shown, test = (
        np.float32(each.reshape(len(each), -1) / 255) for each in (drawn, images, shown, test)
    )
    found = euclidean_distances(drawn, shown).argmin(axis=1)
    truth = euclidean_distances(drawn, images)
    nearer = (truth < truth[np.arange(len(found)), found, None]).sum(axis=1)  # training digits than the one found
    quartiles = np.quantile(euclidean_distances(test, shown).min(axis=1), [0.25, 0.5, 0.75])
    return {
        "first": float(np.mean(nearer == 0)),
        "three": float(np.mean(nearer < 3)),
        "test": [round(float(each), 2) for each in quartiles],
        "copy": round(float(np.median(np.linalg.norm(images - shown, axis=1))), 2),
    }


def write_all():
    """Every script that the page loads."""
    which = choose()
    for method in METHODS:
        write(method, halves(weights(method, which)))
    write("classifier", halves(metrics._trained_classifier().get_weights()))
    films = [encoded(film(method, which), FILM) for method in METHODS]
    scores = {method: [round(score, 1) for score in run(method)[f"{which}frechet"]] for method in METHODS}
    critic_steps = [int(steps) for steps in run(METHODS[0])["critic_steps"]]
    write("film", b"".join(films), lengths=[len(each) for each in films], scores=scores, steps=critic_steps)
    images, labels = training_digits()
    digits = packed_digits(images, labels)
    write("digits", digits, count=len(images), measured=measured(images, as_shown(digits)[0], which))
