"""`scrub`: training as a strip of frames that the reader moves through, with no kernel and no network. All chapters.

The page behind it, a picture with a slider for each of its settings, is also what `explorer` shows.
"""

import base64
import hashlib
import html
import io
import json
import pathlib

import numpy as np
from IPython.display import HTML
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from gancode._arguments import expect, listed, positive_integer, text
from gancode.figures.markup import fill, for_script

# What the page shows where scripts are not run is the first frame, on paper the last; the controls come alive with the
# script.
# keydown goes no further than the sliders: JupyterLab would take the arrow keys for moving between cells.
# Each script takes the first that no other has: JupyterLab's "new view for output" puts a copy on the page.
FOLDER = pathlib.Path(__file__).parent
PLAY = '\n<button type="button" disabled style="min-width:5em;padding:0.3em 0.6em;font:inherit">Play</button>'
TITLE = '\n<span aria-hidden="true" style="min-width:4em">{}</span>'


def scrub(frames, labels, alt, interval=400):
    """A slider and a Play button over frames: HTML that works in a page, in JupyterLab and on Colab.

    Args:
        frames: matplotlib Figures, all of one size.
        labels: one short text a frame, such as "step 200".
        alt: what the picture shows, for those who do not see it; each frame's label is added to it.
        interval: milliseconds a frame while it plays (1.5 s where the reader's system asks for less motion).

    Returns:
        An IPython HTML object.

    Raises:
        ValueError: for no frames, for labels of another number, for frames of different sizes and for an interval that
            is none.
    """
    text("alt", alt)
    positive_integer("interval", interval)
    frames, labels = listed("frames", frames), [str(label) for label in listed("labels", labels)]
    holds = frames and len(frames) == len(labels)
    expect(holds, "labels", "one for each of at least one frame", got=f"{len(labels)} for {len(frames)}")
    return HTML(page(frames, {"": labels}, [0], alt, interval))


def page(frames, settings, at, alt, interval=None):
    """The HTML of frames under sliders: one frame for each combination, the last setting changing fastest.

    settings: {name: the labels of its stops}. at: the stop where each slider begins. interval: for a Play button.
    """
    pictures, sizes = zip(*map(webp, frames), strict=True)
    expect(len(set(sizes)) == 1, "frames", "all of one size in pixels", got=sorted(set(sizes)))
    stops = list(settings.values())
    digest = hashlib.sha256(json.dumps([alt, settings, pictures]).encode()).hexdigest()  # same content, same name
    width, height = sizes[0]
    room = max(len(label) for labels in stops for label in labels)  # or a slider's length would change as it moves
    rows = []
    for (name, labels), here in zip(settings.items(), at, strict=True):
        row = {"HEAD": PLAY if interval else TITLE.format(html.escape(name)), "AT": here, "END": len(labels) - 1}
        row |= {"TITLE": html.escape(name or alt, quote=True), "LABEL": html.escape(labels[here]), "ROOM": room}
        rows.append(fill(FOLDER / "slider.html", row))
    at_first = np.ravel_multi_index(at, [len(labels) for labels in stops])
    said = [f"{name} {labels[here]}".strip() for (name, labels), here in zip(settings.items(), at, strict=True)]
    parts = {"KIND": "scrub" if interval else "explore", "NAME": digest[:12], "WIDTH": width, "HEIGHT": height}
    parts |= {"SRC": pictures[at_first], "ALT": html.escape(", ".join([alt, *said]), quote=True), "ROWS": "".join(rows)}
    script = {"FRAMES": pictures, "NAMES": list(settings), "STOPS": stops, "WHAT": alt, "INTERVAL": int(interval or 0)}
    return fill(FOLDER / "frames.html", parts | {name: for_script(value) for name, value in script.items()})


def webp(figure):
    """A Figure as an address that holds the picture itself, and its (width, height)."""
    expect(isinstance(figure, Figure), "frames", "matplotlib Figures", got=type(figure).__name__)
    png, small = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=100)
    plt.close(figure)  # one that was left open would be shown again below the cell
    image = Image.open(png).convert("RGB")
    image.save(small, format="webp", quality=60, method=6)  # method: small before quick
    return "data:image/webp;base64," + base64.b64encode(small.getvalue()).decode(), image.size
