"""One function a figure: it takes data and returns a matplotlib Figure. Used in all chapters.

Samples and curves are here; a critic's inside, frames, knobs and the style of all are in `figures`.
"""

import numpy as np

from gancode._arguments import expect, named, named_numbers, number, numbers, positive, positive_integer
from gancode.figures.critic import figure1, layer_norms, norm_histogram, value_surface, value_surfaces, weight_histogram
from gancode.figures.explorer import explore
from gancode.figures.frames import scrub
from gancode.figures.style import COLOURS, colour_of, line_styles, new_figure, sheet

__all__ = ["COLOURS", "colour_of", "explore", "figure1", "layer_norms", "learning_curves", "line_styles", "new_figure"]
__all__ += ["norm_histogram", "points", "samples_beside", "samples_grid", "scrub", "show_tiles"]
__all__ += ["value_surface", "value_surfaces", "weight_histogram"]


def samples_grid(images, columns=8, title=None):
    """Images as a grid, in colour if they have three channels.

    Args:
        images: (n, height, width, 1 or 3): uint8 as pixels, or in [-1, 1], as a generator gives them. Digits, which are
            28 x 28 x 1, are shown as ink on paper: -1 is white.
        columns: images in a row.
        title: above the grid.
    """
    images = _images("images", images)
    positive_integer("columns", columns)
    n, high, wide, _ = images.shape
    figure, ax = new_figure(width=min(8.0, 0.75 * columns), height=0.75 * -(-n // columns) * high / wide)
    show_tiles(ax, images, columns)
    ax.set_title(title or "")
    return figure


def samples_beside(named_images, columns=8):
    """Several grids in a row, {"WGAN": images, ...}, each under its name; images as of `samples_grid`."""
    given = named("named_images", named_images)
    named_images = {name: _images(f"named_images[{name!r}]", images) for name, images in given.items()}
    positive_integer("columns", columns)
    figure, axes = new_figure(1, len(named_images), height=8.0 / len(named_images) + 0.3, squeeze=False)
    for ax, (name, images) in zip(axes[0], named_images.items(), strict=True):
        show_tiles(ax, images, columns)
        ax.set_title(name, color=colour_of(name) or "black")
    return figure


def learning_curves(curves, ylabel, steps_per_point=1, xlabel="generator steps", logy=False, colours=None, levels=None):
    """Lines over training, {"WGAN": values, ...}: one value every `steps_per_point` steps.

    Args:
        curves: a row of values a line, by its name; NaN leaves a gap.
        ylabel, xlabel: of the axes, with units.
        steps_per_point: steps from one value to the next.
        logy: a logarithmic axis for the values.
        colours: {"critic": "WGAN", ...}, for lines that are not named after a method.
        levels: {"cannot tell": 0.25, ...}, values to compare with, as dotted lines.

    Raises:
        ValueError: for no curves, and for one that is no row of numbers.
    """
    positive("steps_per_point", steps_per_point)
    curves = named_numbers("curves", curves, ("n",), finite=False)
    levels = {name: number(f"levels[{name!r}]", value) for name, value in (levels or {}).items()}
    figure, ax = new_figure()
    for (name, values), style in zip(curves.items(), line_styles(), strict=False):
        x = steps_per_point * np.arange(1, len(values) + 1)
        ax.plot(x, values, style, color=colour_of((colours or {}).get(name, name)), label=name)
    for name, value in levels.items():
        ax.axhline(value, color=COLOURS["real"], linestyle=":", linewidth=1, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if logy else "linear")
    if len(curves) + len(levels) > 1:
        ax.legend()
    return figure


def points(named_points, ax=None, lim=None):
    """2-D points, {"real": (n, 2), "fake": (m, 2)}, as a scatter with equal axes."""
    named_points = named_numbers("named_points", named_points, ("n", 2))
    limits = {} if lim is None else {"xlim": (-positive("lim", lim), lim), "ylim": (-lim, lim)}
    ax = ax or new_figure(width=4.6, height=4.4)[1]
    for (name, xy), marker in zip(named_points.items(), "ox^s", strict=False):
        ax.scatter(*xy.T, s=12, marker=marker, alpha=0.6, color=colour_of(name), label=name)
    ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$", **limits)
    ax.legend(loc="upper right")
    return ax.figure


def show_tiles(ax, images, columns):
    """Draw images as one picture: quicker than an axis each, and no seams. Images as of `samples_grid`."""
    images = _images("images", images)
    positive_integer("columns", columns)
    if images.shape[1:] == (28, 28, 1):
        images = -images  # digits are ink on paper; a photograph would be a negative
    whole = sheet(images.clip(-1, 1), columns)  # white, where there is no image
    ax.imshow((whole + 1) / 2, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()


def _images(name, images):
    """Images (n, height, width, 1 or 3) in [-1, 1], from such ones or from pixels."""
    pixels = getattr(images, "dtype", None) == np.uint8
    images = numbers(name, images, ("n", "height", "width", "1 or 3"))
    expect(images.shape[-1] in (1, 3), name, "images (n, height, width, 1 or 3)", got=f"shape {images.shape}")
    return images / 127.5 - 1 if pixels else images
