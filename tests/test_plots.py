import io
from functools import partial

import helpers
import numpy as np
import pytest
from matplotlib import colors, pyplot
from matplotlib.figure import Figure

from gancode import plots

noise = partial(helpers.noise, dtype=np.float64)
METHODS = ["GAN", "LSGAN", "WGAN", "WGAN-GP"]


def norms(*shape):
    return np.exp(noise(*shape))


FIGURES = {
    "samples_grid": lambda: plots.samples_grid(np.tanh(noise(11, 28, 28, 1)), columns=4, title="step 5"),
    "samples_beside": lambda: plots.samples_beside({m: np.tanh(noise(8, 28, 28, 1)) for m in METHODS}, columns=4),
    "learning_curves": lambda: plots.learning_curves({m: noise(5) for m in METHODS}, "estimate"),
    "weight_histogram": lambda: plots.weight_histogram({m: noise(50) for m in METHODS}),
    "layer_norms": lambda: plots.layer_norms({m: norms(3, 4) for m in METHODS}),
    "layer_norms_predicted": lambda: plots.layer_norms({"clip 1": norms(3, 13)}, predicted={"clip 1": norms(13)}),
    "value_surface": lambda: plots.value_surface(noise(5, 5), np.linspace(-1, 1, 5), noise(9, 2), title="c"),
    "norm_histogram": lambda: plots.norm_histogram({m: norms(50) for m in METHODS}),
    "points": lambda: plots.points({"real": noise(9, 2), "fake": noise(5, 2)}, lim=3),
    "new_figure": lambda: plots.new_figure()[0],
}


@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES.keys())
def test_a_figure_fits_the_page_can_be_drawn_and_none_is_left_open(make):
    figure = make()
    assert isinstance(figure, Figure)
    width, height = figure.get_size_inches()
    assert width <= 8 and 0.5 < height <= 8
    assert pyplot.get_fignums() == []  # an open one would be shown twice in a notebook
    figure.savefig(io.BytesIO(), format="png")


@pytest.mark.parametrize("name", ["learning_curves", "layer_norms", "norm_histogram"])
def test_axes_say_what_they_measure(name):
    (ax,) = FIGURES[name]().axes
    assert ax.get_xlabel() and ax.get_ylabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()][: len(METHODS)] == METHODS


def test_each_histogram_says_whose_it_is_and_the_first_what_it_counts():
    axes = FIGURES["weight_histogram"]().axes
    assert [ax.get_title() for ax in axes] == METHODS
    assert all(ax.get_xlabel() for ax in axes) and axes[0].get_ylabel()


def test_a_method_keeps_its_colour_and_no_two_share_one():
    assert len({colors.to_hex(colour) for colour in plots.COLOURS.values()}) == len(plots.COLOURS)
    assert plots.layer_norms({"clip 0.1": [1.0, 2.0]}).axes[0].lines[0].get_color() == plots.COLOURS["WGAN"]
    assert plots.layer_norms({"penalty": [1.0, 2.0]}).axes[0].lines[0].get_color() == plots.COLOURS["WGAN-GP"]
    lines = FIGURES["learning_curves"]().axes[0].lines + FIGURES["layer_norms"]().axes[0].lines
    for line in lines:
        assert colors.same_color(line.get_color(), plots.COLOURS[line.get_label()])
    for ax in FIGURES["weight_histogram"]().axes:
        assert colors.same_color(ax.patches[0].get_facecolor(), plots.COLOURS[ax.get_title()])


def test_lines_differ_in_style_too_for_those_who_do_not_see_the_colours():
    for name in ("learning_curves", "layer_norms"):
        assert len({line.get_linestyle() for line in FIGURES[name]().axes[0].lines}) == len(METHODS)


def test_a_curve_stands_at_its_steps():
    (line,) = plots.learning_curves({"WGAN": [3.0, 1.0, 2.0]}, "loss", steps_per_point=50).axes[0].lines
    assert line.get_xdata().tolist() == [50, 100, 150]
    assert line.get_ydata().tolist() == [3, 1, 2]


def test_every_image_has_its_place_in_the_grid_dark_on_light():
    images = np.full((5, 28, 28, 1), -1.0)
    images[3] = 1.0  # the first of the second row of three
    (sheet,) = plots.samples_grid(images, columns=3).axes[0].images
    shown = sheet.cmap(sheet.norm(sheet.get_array()))[..., 0]  # 0 is black, 1 white
    assert shown.shape == (2 * 28, 3 * 28)
    assert (shown[28:, :28] == 0).all()
    assert shown.sum() == shown.size - 28 * 28


def test_every_weight_is_counted_even_the_one_at_the_edge():
    weights = np.array([-0.01, 0.01, 0.01, 0.0])
    ax = plots.weight_histogram({"WGAN": weights}).axes[0]
    assert sum(bar.get_height() for bar in ax.patches) == 4


def test_every_norm_is_counted_and_the_wanted_one_is_a_line():
    ax = plots.norm_histogram({"WGAN": np.array([0.0, 0.1]), "WGAN-GP": np.array([1.0, 7.0])}, target=2.0).axes[0]
    assert sum(bar.get_height() for bar in ax.patches) == 4
    assert ax.lines[0].get_xdata() == [2.0, 2.0]


def test_layers_run_from_the_output_on_the_left_to_the_input_on_the_right():
    ax = plots.layer_norms({"WGAN": [1e-9, 1e-6, 1e-3]}).axes[0]
    assert ax.get_yscale() == "log"
    left, right = ax.get_xlim()
    assert left > 3 > 1 > right
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert ax.get_xticks().tolist() == [1, 2, 3]


def test_several_records_are_a_median_in_a_band():
    ax = plots.layer_norms({"WGAN": [[1.0, 2.0], [3.0, 4.0], [100.0, 9.0]]}).axes[0]
    assert ax.lines[0].get_ydata().tolist() == [3, 4]
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == 1 and heights.max() == 100


def test_points_are_drawn_where_they_are_and_to_scale():
    ax = plots.points({"real": [[1.0, 2.0]], "fake": [[3.0, 4.0]]}, lim=5).axes[0]
    assert [c.get_offsets().tolist() for c in ax.collections] == [[[1, 2]], [[3, 4]]]
    assert ax.get_aspect() == 1
    assert ax.get_xlim() == ax.get_ylim() == (-5, 5)


def test_points_can_be_drawn_into_an_axes_that_is_there():
    figure, axes = plots.new_figure(1, 2)
    assert plots.points({"real": noise(4, 2)}, ax=axes[1]) is figure
    assert len(axes[1].collections) == 1 and not axes[0].collections


def test_a_norm_that_is_zero_does_not_spoil_the_log_axis():
    figure = plots.layer_norms({"WGAN": [0.0, 1e-30, 1e-3], "WGAN-GP": [0.0, 0.0, 0.0]})
    figure.savefig(io.BytesIO(), format="png")  # a warning would be an error here


def test_a_norm_that_is_zero_is_shown_below_all_others_and_named():
    ax = plots.layer_norms({"WGAN": [0.0, 0.0, 1e-30, 1e-3]}).axes[0]
    seen, gone = ax.lines
    assert seen.get_ydata()[2:].tolist() == [1e-30, 1e-3] and np.isnan(seen.get_ydata()[:2]).all()
    assert gone.get_xdata().tolist() == [1, 2] and max(gone.get_ydata()) < 1e-30
    assert gone.get_marker() == "v" and "zero" in ax.get_legend().get_texts()[1].get_text()


def test_a_prediction_is_a_dashed_line_beside_its_measurement():
    ax = plots.layer_norms({"clip 1": [1.0, 2.0], "clip 2": [3.0, 4.0]}, predicted={"clip 2": [5.0, 6.0]}).axes[0]
    (predicted,) = [line for line in ax.lines if line.get_ydata()[0] == 5]
    assert predicted.get_xdata().tolist() == [1, 2] and predicted.get_linestyle() == "--"


def test_a_prediction_ends_where_zeros_are_shown():
    ax = plots.layer_norms({"clip 1": [0.0, 1e-30, 1.0]}, predicted={"clip 1": [1e-60, 1e-30, 1.0]}).axes[0]
    dashed = ax.lines[-1].get_ydata()
    assert np.isnan(dashed[0]) and dashed[1:].tolist() == [1e-30, 1.0]
    assert ax.get_ylim()[0] > 1e-40


def test_deep_critics_name_every_third_layer_as_the_paper_does():
    ax = plots.layer_norms({"clip 1": norms(13)}).axes[0]
    assert ax.get_xticks().tolist() == [13, 10, 7, 4, 1]


def test_several_figures_share_one_when_given_its_axes():
    figure, axes = plots.new_figure(1, 4)
    assert plots.layer_norms({"WGAN": [1.0, 2.0]}, ax=axes[0]) is figure
    assert plots.value_surface(noise(4, 4), np.arange(4.0), noise(2, 2), ax=axes[1]) is figure
    assert plots.weight_histogram({"WGAN": noise(9), "WGAN-GP": noise(9)}, axes=axes[2:]) is figure
    assert all(ax.has_data() for ax in axes)


def test_contours_follow_the_values_with_x_to_the_right_and_y_up():
    """f(x, y) = x: the lines are upright, and their levels where x has that value."""
    grid = np.linspace(-2.0, 2.0, 9)
    ax = plots.value_surface(np.tile(grid, (9, 1)), grid, [[0.5, -1.0]], levels=3).axes[0]
    lines, points = ax.collections
    for level, path in zip([-1.0, 0.0, 1.0], lines.get_paths(), strict=True):
        np.testing.assert_allclose(path.vertices[:, 0], level)
    assert points.get_offsets().tolist() == [[0.5, -1.0]]
    assert ax.get_aspect() == 1


def test_a_dead_critic_has_no_lines_but_its_data():
    ax = plots.value_surface(np.zeros((4, 4)), np.arange(4.0), noise(5, 2)).axes[0]
    assert len(ax.collections) == 1


def test_weights_beyond_a_shared_edge_are_counted_in_the_outermost_bars():
    ax = plots.weight_histogram({"WGAN": np.array([-3.0, 0.0, 0.2, 9.0])}, bins=4, edge=1.0).axes[0]
    assert [bar.get_height() for bar in ax.patches] == [1, 0, 2, 1]


def test_curves_can_be_compared_with_levels_and_take_a_methods_colour():
    figure = plots.learning_curves({"critic": [1.0, 2.0]}, "loss", colours={"critic": "LSGAN"}, levels={"half": 0.5})
    curve, level = figure.axes[0].lines
    assert curve.get_color() == plots.COLOURS["LSGAN"]
    assert list(level.get_ydata()) == [0.5, 0.5]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["critic", "half"]


def test_weights_that_are_all_zero_can_be_drawn():
    ax = plots.weight_histogram({"WGAN": np.zeros(4)}).axes[0]
    assert sum(bar.get_height() for bar in ax.patches) == 4
