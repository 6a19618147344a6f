"""Draw pictures with the generator of a run: one grid, or one file a picture.

python -m gancode generate run -n 64 --out grid.png
python -m gancode generate run -n 1000 --out more/ --labels cat,dog --seed 1

RUN                    the folder of a run of train, or a generator's .keras file
-n 64                  how many
--out FILE or FOLDER   grid.png is one grid; a name without a suffix a folder, 000001.png and so on in it
--labels A,B           names of classes, or their numbers from 0 on, in turn; every class unless told
--seed 1               of the latent vectors: with another one other pictures (0 has those of the run's samples)
"""

import json
import pathlib

import keras
import numpy as np
from PIL import Image

from gancode._arguments import expect, positive_integer, seed_or_none
from gancode._command.folder import grid, pixels
from gancode._command.shell import carry_out, parser, say
from gancode._files import write_whole
from gancode._training.inputs import classes, conditioned, takes_labels


def main(arguments=None):
    asking = parser("generate", "RUN --out GRID.png [OPTION ...]", __doc__, seed=1)
    asking.add_argument("run", metavar="RUN")
    asking.add_argument("--out", required=True)
    asking.add_argument("--labels")
    asking.add_argument("-n", type=int, default=64)
    carry_out("generate", generate, asking.parse_args(arguments))


def generate(asked):
    """Draw what was asked for, and say where it is."""
    n, seed, out, run = positive_integer("-n", asked.n), seed_or_none(asked.seed), asked.out, pathlib.Path(asked.run)
    file = run / "generator.keras" if run.is_dir() else run
    holds = file.is_file() and file.suffix == ".keras"
    expect(holds, "RUN", "a folder with a generator.keras in it, or such a file", got=run)
    generator = keras.models.load_model(file)
    labels, names = labels_of(asked.labels, generator, file.with_name("settings.json"))
    latent = keras.random.normal((n, generator.inputs[0].shape[-1]), seed=seed)
    asked_of = conditioned(generator, latent, None if labels is None else np.resize(labels, n))
    images, out = pixels(generator.predict(asked_of, batch_size=500, verbose=0)), pathlib.Path(out)
    in_turn = f", of {', '.join(names)}{' in turn' * (len(names) > 1)}" if labels else ""
    if out.suffix and not out.is_dir():
        k = len(labels) if labels and len(labels) <= 16 else 1
        write_whole(out, grid(images, min(n, k * max(1, 8 // k))).save)  # in each column one class
        return say(f"{out}: {n} pictures{in_turn}")
    expect(not any(out.glob("*")), "--out", "a new folder, or an empty one", got=f"{out}, which holds something")
    for i, image in enumerate(images, 1):
        write_whole(out / f"{i:06d}.png", Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save)
    say(f"{out / '000001.png'} to {n:06d}.png: {n} pictures{in_turn}")


def labels_of(text, generator, settings):
    """The classes to be drawn in turn, as numbers and by name; None twice for a generator that knows none."""
    if not takes_labels(generator):
        expect(not text, "--labels", "none, for this generator knows no classes", got=text)
        return None, None
    numbers = [str(i) for i in range(classes(generator))]
    names = json.loads(settings.read_text())["settings"]["classes"] if settings.exists() else numbers
    number_of = dict(zip([*numbers, *names], [*range(len(numbers))] * 2, strict=True))
    chosen = [each.strip() for each in text.split(",")] if text else numbers
    if unknown := [each for each in chosen if each not in number_of]:
        raise ValueError(f"--labels: expected some of {', '.join(names)}, got {unknown[0]}")
    chosen = [number_of[each] for each in chosen]
    return chosen, [names[i] for i in chosen]
