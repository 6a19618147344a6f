"""Figures of a critic's inside: its weights, its gradients, its values. Part of `plots`; chapters 3 to 5."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, MaxNLocator

from gancode._arguments import expect, named, named_numbers, number, numbers, positive, positive_integer
from gancode.figures.style import COLOURS, STYLE, colour_of, line_styles, new_figure


def weight_histogram(named_weights, bins=61, logy=False, edge=None, axes=None):
    """One histogram a method, {"WGAN": weights (n,), ...}, each over its own range.

    Args:
        named_weights: a row of weights a method, by its name.
        bins: bars in each.
        logy: a logarithmic axis for the counts.
        edge: show all of them over [-edge, edge] instead; weights beyond it are counted in the outermost bars.
        axes: as many of an existing figure, to draw into.

    Raises:
        ValueError: for no method, and for weights that are no row of finite numbers.
    """
    named_weights = named_numbers("named_weights", named_weights, ("n",))
    positive_integer("bins", bins)
    edge = edge if edge is None else positive("edge", edge)
    axes = new_figure(1, len(named_weights), squeeze=False)[1][0] if axes is None else axes
    for ax, (name, weights) in zip(axes, named_weights.items(), strict=True):
        reach = edge or 1.05 * np.abs(weights).max()
        ax.hist(np.clip(weights, -reach, reach), bins=np.linspace(-reach, reach, bins + 1), color=colour_of(name))
        ax.set(title=name, xlabel="weight", yscale="log" if logy else "linear")
        ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes[0].set_ylabel("number of weights")
    return axes[0].figure


def layer_norms(named_norms, predicted=None, xlabel="critic layer (1 is nearest the input)", ax=None):
    """Gradient norm by layer on a log axis, {"WGAN": norms (layers,) or (records, layers), ...}.

    Layers run as in the paper's Figure 1b: the output on the left, the input on the right, the way the
    gradient travels. Several records: the median, with a band from the least to the greatest. A norm that is
    zero, because float32 ends near 1e-38, stands as a hollow triangle at the foot of the axis.

    Args:
        named_norms: norms of the first layer first, by the method's name.
        predicted: {"WGAN": norms (layers,), ...}, drawn as thin dashed grey lines, down to that foot.
        xlabel: of the axis.
        ax: of an existing figure, to draw into.

    Raises:
        ValueError: for no method, and for norms of other shapes or of differing numbers of layers.
    """
    named_norms = named_numbers("named_norms", named_norms, ("n", ...), finite=False)
    named_norms = {name: np.atleast_2d(norms) for name, norms in named_norms.items()}  # (records, layers)
    shapes = {name: norms.shape for name, norms in named_norms.items()}
    holds = len({shape[1:] for shape in shapes.values()}) == 1 and all(len(shape) == 2 for shape in shapes.values())
    expect(holds, "named_norms", "(layers,) or (records, layers), as many layers in all", got=shapes)
    n = next(iter(shapes.values()))[1]
    predicted = named_numbers("predicted", predicted, (n,), finite=False) if predicted else {}
    ax = ax or new_figure()[1]
    everything = np.concatenate([np.ravel(norms) for norms in named_norms.values()])
    foot = 1e-3 * min(everything[everything > 0], default=1.0)
    for (name, norms), style in zip(named_norms.items(), line_styles(), strict=False):
        layers, median = np.arange(1, norms.shape[1] + 1), np.median(norms, axis=0)
        look = {"color": colour_of(name), "markersize": 4}
        (line,) = ax.plot(layers, np.where(median > 0, median, np.nan), style, marker="o", label=name, **look)
        band = np.where(median > 0, norms, np.nan)
        low, high = np.maximum(band.min(axis=0), foot), band.max(axis=0)
        ax.fill_between(layers, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
        if (median == 0).any():
            gone = layers[median == 0]
            ax.plot(gone, np.full(len(gone), foot), "v", mfc="none", label=f"{name}: zero in float32", **look)
        if name in predicted:
            shown = np.where(predicted[name] >= foot, predicted[name], np.nan)
            ax.plot(layers, shown, "--", color="0.45", linewidth=1.2, zorder=1)
    ax.set(xlabel=xlabel, ylabel="norm of d loss / d activations", yscale="log")
    ax.yaxis.set_major_locator(LogLocator(numticks=9))
    ax.set_xticks(layers if len(layers) < 10 else layers[::-3])
    ax.set_xlim(len(layers) + 0.5, 0.5)
    ax.legend(fontsize=9)
    return ax.figure


def norm_histogram(named_norms, target=1.0):
    """Input-gradient norms at interpolates, {"WGAN": norms (n,), ...}, with the wanted norm as a line.

    Args:
        named_norms: a row of norms a method, by its name.
        target: the norm wanted.

    Raises:
        ValueError: for no method, and for norms that are no row of finite numbers.
    """
    named_norms = named_numbers("named_norms", named_norms, ("n",))
    number("target", target, least=0)
    figure, ax = new_figure()
    top = max(1.6 * target, *(1.05 * norms.max() for norms in named_norms.values()))
    for name, norms in named_norms.items():
        ax.hist(norms, bins=np.linspace(0, top, 61), color=colour_of(name), alpha=0.75, label=name)
    ax.axvline(target, color=COLOURS["real"], linestyle="--", label=f"norm {target:g}")
    ax.set(xlabel="norm of the input gradient", ylabel="number of interpolates")
    ax.legend()
    return figure


def value_surface(values, grid, points, title=None, levels=14, ax=None):
    """A critic's value over the plane as contour lines, with the data on top: the paper's Figure 1a.

    The lines are evenly spaced over the values shown here, from violet (low, "fake") to yellow (high, "real").

    Args:
        values: (n, n), values[i, j] at (grid[j], grid[i]).
        grid: (n,).
        points: (m, 2), the data.
        title: above the picture.
        levels: how many lines.
        ax: of an existing figure, to draw into.

    Raises:
        ValueError: for other shapes, and for values that are not finite.
    """
    grid = numbers("grid", grid, ("n",))
    values = numbers("values", values, (len(grid), len(grid)))
    points = numbers("points", points, ("m", 2))
    positive_integer("levels", levels)
    ax = ax or new_figure(width=4.6, height=4.6)[1]
    low, high = np.min(values), np.max(values)
    if high > low:  # a dead critic has no lines to draw
        ax.contour(grid, grid, values, np.linspace(low, high, levels + 2)[1:-1], cmap="viridis", linewidths=1.2)
    ax.scatter(*points.T, s=3, color=COLOURS["real"], linewidths=0, zorder=3)
    ax.set(aspect="equal", xlim=(grid[0], grid[-1]), ylim=(grid[0], grid[-1]), xlabel="$x_1$", ylabel="$x_2$")
    ax.grid(False)
    if title:
        ax.set_title(title)
    return ax.figure


def value_surfaces(runs, look=-1, levels=14, axes=None):
    """Surfaces in a table, {("clip 0.01", "swiss_roll"): Run, ...}: a row a method, a column a data set.

    Each run's first seed is shown.

    Args:
        runs: of `gancode.experiments.figure1`, by (method, data set).
        look: which of the recorded steps, the last unless said.
        levels: as of `value_surface`.
        axes: (methods, data sets) of an existing figure, to draw into.

    Raises:
        ValueError: unless there is a run for each method on each data set.
    """
    methods, datasets = rows_and_columns(runs)
    axes = new_figure(len(methods), len(datasets), height=5.5, squeeze=False)[1] if axes is None else axes
    for row, method in zip(axes, methods, strict=True):
        for ax, dataset in zip(row, datasets, strict=True):
            run = runs[method, dataset]
            value_surface(run.values_at[look, 0], run.grid, run.real, levels=levels, ax=ax)
            ax.label_outer()
        row[0].set_ylabel(f"{method}\n$x_2$", color=colour_of(method))
    for ax, dataset in zip(axes[0], datasets, strict=True):
        ax.set_title(dataset.replace("_", " ").title())
    return axes[0, 0].figure


def figure1(surfaces, norms, predicted, weights):
    """Figure 1 of Gulrajani et al. 2017 whole: surfaces, gradient norms by layer, histograms of weights.

    Args:
        surfaces: as for `value_surfaces`.
        norms, predicted: as for `layer_norms`.
        weights: {"clip 0.01": (n,), ...}.
    """
    methods, datasets = rows_and_columns(surfaces)
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(15.0, 5.4), layout="constrained")
        left, middle, right = figure.subfigures(1, 3, width_ratios=[3.4, 2.3, 1.4])
        tiles = left.subplots(len(methods), len(datasets), squeeze=False)
        middle_ax, right_axes = middle.subplots(), right.subplots(len(weights), 1, squeeze=False)[:, 0]
    plt.close(figure)
    value_surfaces(surfaces, axes=tiles)
    layer_norms(norms, predicted, ax=middle_ax)
    for ax, (name, values) in zip(right_axes, weights.items(), strict=True):
        weight_histogram({name: values}, axes=[ax])
    return figure


def rows_and_columns(table):
    """The first and the second halves of {(row, column): ...}'s keys, each once, in order."""
    keys = list(named("runs", table))
    expect(all(isinstance(key, tuple) and len(key) == 2 for key in keys), "runs", "{(method, dataset): Run, ...}", keys)
    rows, columns = (list(dict.fromkeys(each)) for each in zip(*keys, strict=True))
    expect(len(keys) == len(rows) * len(columns), "runs", f"one for each of {rows} on each of {columns}", got=keys)
    return rows, columns
