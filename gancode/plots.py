"""One function a figure: it takes data and returns a matplotlib Figure. Used in all chapters.

A method keeps its colour through the whole book. The colours are from Okabe and Ito's palette, which people
with any common colour blindness can tell apart; lines also differ in style or carry a label.
"""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator

from gancode.scrubber import scrub

__all__ = [
    "COLOURS",
    "layer_norms",
    "learning_curves",
    "new_figure",
    "norm_histogram",
    "points",
    "samples_beside",
    "samples_grid",
    "scrub",
    "show_tiles",
    "weight_histogram",
]

COLOURS = {
    "GAN": "#E69F00",
    "LSGAN": "#009E73",
    "WGAN": "#D55E00",
    "WGAN-GP": "#0072B2",
    "real": "#222222",
    "fake": "#B4569B",
}

STYLE = {
    "figure.dpi": 144,
    "figure.facecolor": "white",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "lines.linewidth": 2,
    "legend.frameon": False,
}


def new_figure(rows=1, columns=1, width=8.0, height=3.4, **kwargs):
    """A Figure and its axes in the book's style, sized to be read at page width. Closed: only returning shows it."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", **kwargs)
    plt.close(figure)  # or a notebook would draw it twice
    return figure, axes


def samples_grid(images, columns=8, title=None):
    """Images (n, 28, 28, 1) in [-1, 1] as a grid."""
    figure, ax = new_figure(width=min(8.0, 0.75 * columns), height=0.75 * -(-len(images) // columns))
    show_tiles(ax, images, columns)
    if title:
        ax.set_title(title)
    return figure


def samples_beside(named_images, columns=8):
    """Several grids in a row, {"WGAN": images, ...}, each under its name."""
    figure, axes = new_figure(1, len(named_images), height=8.0 / len(named_images) + 0.3, squeeze=False)
    for ax, (name, images) in zip(axes[0], named_images.items(), strict=True):
        show_tiles(ax, images, columns)
        ax.set_title(name, color=COLOURS.get(name, "black"))
    return figure


def learning_curves(curves, ylabel, steps_per_point=1, xlabel="generator steps", logy=False):
    """Lines over training, {"WGAN": values, ...}: one value every `steps_per_point` steps."""
    figure, ax = new_figure()
    for (name, values), style in zip(curves.items(), _styles(), strict=False):
        x = steps_per_point * np.arange(1, len(values) + 1)
        ax.plot(x, values, style, color=COLOURS.get(name), label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if logy else "linear")
    if len(curves) > 1:
        ax.legend()
    return figure


def weight_histogram(named_weights, bins=61, logy=False):
    """One histogram a method, {"WGAN": weights (n,), ...}, each over its own range."""
    figure, axes = new_figure(1, len(named_weights), squeeze=False)
    for ax, (name, weights) in zip(axes[0], named_weights.items(), strict=True):
        edge = 1.05 * np.abs(weights).max()
        ax.hist(weights, bins=np.linspace(-edge, edge, bins + 1), color=COLOURS.get(name), density=False)
        ax.set(title=name, xlabel="weight", yscale="log" if logy else "linear")
        ax.xaxis.set_major_locator(MaxNLocator(5))
    axes[0, 0].set_ylabel("number of weights")
    return figure


def layer_norms(named_norms, xlabel="critic layer (1 is nearest the input)"):
    """Gradient norm by layer on a log axis, {"WGAN": norms (layers,) or (records, layers), ...}.

    Layers run as in the paper's Figure 1b: the output on the left, the input on the right, the way the
    gradient travels. Several records: the median, with a band from the least to the greatest.
    """
    figure, ax = new_figure()
    for (name, norms), style in zip(named_norms.items(), _styles(), strict=False):
        norms = np.atleast_2d(norms)
        layers = np.arange(1, norms.shape[1] + 1)
        colour = COLOURS.get(name)
        ax.plot(layers, np.median(norms, axis=0), style, marker="o", color=colour, label=name)
        ax.fill_between(layers, norms.min(axis=0), norms.max(axis=0), color=colour, alpha=0.2, linewidth=0)
    ax.set(xlabel=xlabel, ylabel="norm of d loss / d activations", yscale="log")
    ax.set_xticks(layers)
    ax.invert_xaxis()
    ax.legend()
    return figure


def norm_histogram(named_norms, target=1.0):
    """Input-gradient norms at interpolates, {"WGAN": norms (n,), ...}, with the wanted norm as a line."""
    figure, ax = new_figure()
    top = max(1.6 * target, *(1.05 * norms.max() for norms in named_norms.values()))
    for name, norms in named_norms.items():
        ax.hist(norms, bins=np.linspace(0, top, 61), color=COLOURS.get(name), alpha=0.75, label=name)
    ax.axvline(target, color=COLOURS["real"], linestyle="--", label=f"norm {target:g}")
    ax.set(xlabel="norm of the input gradient", ylabel="number of interpolates")
    ax.legend()
    return figure


def points(named_points, ax=None, lim=None):
    """2-D points, {"real": (n, 2), "fake": (m, 2)}, as a scatter with equal axes."""
    figure = None
    if ax is None:
        figure, ax = new_figure(width=4.6, height=4.4)
    for (name, xy), marker in zip(named_points.items(), "ox^s", strict=False):
        ax.scatter(*np.asarray(xy).T, s=12, marker=marker, alpha=0.6, color=COLOURS.get(name), label=name)
    ax.set_aspect("equal")
    if lim:
        ax.set(xlim=(-lim, lim), ylim=(-lim, lim))
    ax.legend(loc="upper right")
    return figure or ax.figure


def show_tiles(ax, images, columns):
    """Draw images as one picture: quicker than an axis each, and no seams."""
    images = np.asarray(images)
    rows = -(-len(images) // columns)
    padded = np.full((rows * columns, 28, 28), -1.0)
    padded[: len(images)] = images[..., 0]
    sheet = padded.reshape(rows, columns, 28, 28).swapaxes(1, 2).reshape(rows * 28, columns * 28)
    ax.imshow(-sheet, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")  # ink on paper
    ax.set_axis_off()


def _styles():
    while True:
        yield from ("-", "--", "-.", ":")
