"""The look of every figure: a method's colour, the lines, an empty figure. Used by plots and critic.

A method keeps its colour through the whole book. The colours are from Okabe and Ito's palette, which people
with any common colour blindness can tell apart; lines also differ in style or carry a label.
"""

import pathlib

import numpy as np
from matplotlib import pyplot as plt
from matplotlib import rc_params_from_file

from gancode.variants import METHODS

COLOURS = {name: method.colour for name, method in METHODS.items()} | {"real": "#222222", "fake": "#B4569B"}

STYLE = rc_params_from_file(pathlib.Path(__file__).with_name("book.mplstyle"), use_default_template=False)


def new_figure(rows=1, columns=1, width=6.6, height=3.2, **kwargs):
    """A Figure and its axes in the book's style. Closed: only returning shows it."""
    # no wider than 6.6 inches, and the numbers at its axes are 9 pixels high on a telephone
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **kwargs)
    plt.close(figure)  # or a notebook would draw it twice
    return figure, axes


def sheet(images, columns, margin=0, colour=1):
    """Images (n, height, width, channels) as one, so many in a row, each with a margin of this colour around it."""
    n, _, width, channels = images.shape
    tiles = np.pad(images, ((0, -n % columns), *2 * [(margin, margin)], (0, 0)), constant_values=colour)
    tiles = tiles.reshape(-1, columns, *tiles.shape[1:]).swapaxes(1, 2)  # (rows, height, columns, width, channels)
    return tiles.reshape(-1, columns * (width + 2 * margin), channels).squeeze(-1 if channels == 1 else ())


def colour_of(name):
    """The colour of a method, also by what it does: "clip 0.01" is WGAN's, "penalty 10" WGAN-GP's. None if neither."""
    for start, method in (("clip", "WGAN"), ("penalty", "WGAN-GP")):
        if str(name).startswith(start):
            return COLOURS[method]
    return COLOURS.get(name)


def line_styles():
    """Endlessly "-", "--", "-.", ":", so that lines can be told apart without their colours."""
    while True:
        yield from ("-", "--", "-.", ":")
