import io

import matplotlib.image
import numpy as np
import pytest
from helpers import eagerly
from matplotlib import colors, pyplot

from gancode import data, models, plots, probes
from gancode.experiments.ensembles import reinitialise
from gancode.experiments.figure1 import (
    DATASETS,
    gradient_norms,
    main,
    predicted_norms,
    value_surface,
    weight_distribution,
)

pytestmark = pytest.mark.slow  # trains, builds or starts processes


@pytest.fixture(scope="module", autouse=True)
def eager():
    """For what is trained once for the module, too. (test_ensembles.py has graphs.)"""
    with pytest.MonkeyPatch.context() as patch:
        eagerly(patch)
        yield


TINY = {"depth": 2, "width": 8, "batch_size": 8, "seeds": 1, "steps": 1, "progress": False}


def kernels(network):
    return np.concatenate([k.ravel() for k in network.get_weights()[::2]])


@pytest.fixture(scope="module")
def clipped():
    return value_surface(clip=0.1, **TINY | {"seeds": 2, "steps": 3})


@pytest.fixture(scope="module")
def penalised():
    return value_surface(penalty_weight=1.0, learning_rate=0.01, **TINY | {"steps": 3})


@pytest.fixture(scope="module")
def often():
    return value_surface(clip=0.1, **TINY | {"steps": 5, "every": 2})


@pytest.fixture(scope="module")
def deep():
    """After one critic step and one generator step."""
    return gradient_norms(depth=6, width=64, clip=0.01, seeds=2, steps=1, n_critic=1, progress=False)


# --- gradient_norms ---


def test_there_is_a_norm_a_layer_and_a_row_a_seed_as_the_probe_measures_them(deep):
    assert deep.norms.shape == (2, 6 + 1)
    assert deep.steps.tolist() == [0, 1]
    by_probe = [probes.layer_gradient_norms(c, deep.real, f) for c, f in zip(deep.critics, deep.fake, strict=True)]
    np.testing.assert_allclose(deep.norms, by_probe, rtol=1e-6)


def test_layer_1_is_nearest_the_input_where_a_clipped_critic_has_least(deep):
    assert (np.diff(deep.norms) > 0).all()


def test_weights_as_they_are_drawn_pass_the_gradient_on_undiminished(deep):
    decades = np.log10(deep.norms_at[0] / deep.norms_at[0, :, -1:])
    assert np.abs(decades).max() < 1


def test_a_critic_clipped_but_once_already_has_the_norms_that_its_clip_predicts(deep):
    """Within half a decade, of the seven that they span."""
    predicted = predicted_norms(6, 64, 0.01, deep.norms[0, -1])
    assert np.log10(predicted[-1] / predicted[0]) > 7
    assert np.abs(np.log10(deep.norms / predicted)).max() < 0.5


def test_the_output_norm_is_that_of_a_mean_over_a_thousand_real_samples_and_a_thousand_fakes(deep):
    np.testing.assert_allclose(deep.norms_at[:, :, -1], np.sqrt(2 / 1000), rtol=1e-5)


def test_both_networks_of_a_seed_are_drawn_from_it():
    run = gradient_norms(**TINY | {"seeds": [7]}, clip=9.0, n_critic=1)
    np.testing.assert_array_equal(run.weights_at[0, 0], kernels(reinitialise(models.mlp_critic(2, 8), 7)))
    other = gradient_norms(**TINY | {"seeds": [8]}, clip=9.0, n_critic=1)
    assert not np.allclose(run.fake, other.fake, atol=0.1)
    assert not np.allclose(run.norms, other.norms, rtol=1e-2)
    first_step = np.abs(run.weights_at[1] - run.weights_at[0]).max()
    np.testing.assert_allclose(first_step, 5e-4 * np.sqrt(10), rtol=0.01)  # the default rate, as RMSProp starts


# --- predicted_norms ---


def test_predicted_norms_by_hand():
    """Two units and c = 3: 3 sqrt(2) through the last layer, and 3 sqrt(2 / 2) through each of those before it."""
    root = np.sqrt(2)
    np.testing.assert_allclose(predicted_norms(3, 2, 3.0, 1.0), [27 * root, 9 * root, 3 * root, 1])
    np.testing.assert_allclose(predicted_norms(1, 8, 0.5, 10.0), [5 * np.sqrt(8), 10])


def test_predicted_norms_are_those_of_random_signs_and_half_open_gates():
    depth, width, clip, rng = 5, 64, 0.05, np.random.default_rng(0)

    def norms():
        gradient = rng.choice([-clip, clip], width)  # of the score by the last hidden layer's activations
        found = [1.0, np.linalg.norm(gradient)]
        for _ in range(depth - 1):
            is_open = rng.permutation(width) < width // 2
            gradient = rng.choice([-clip, clip], (width, width)) @ (gradient * is_open)
            found.append(np.linalg.norm(gradient))
        return found[::-1]

    measured = np.mean([np.log10(norms()) for _ in range(300)], axis=0)
    np.testing.assert_allclose(measured, np.log10(predicted_norms(depth, width, clip, 1.0)), atol=0.05)


# --- value_surface ---


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_critics_are_looked_at_with_the_data_set_asked_for(dataset, clipped):
    run = clipped if dataset == "eight_gaussians" else value_surface(dataset, clip=0.1, **TINY)
    np.testing.assert_array_equal(run.real, getattr(data, dataset)(20_000, seed=0)[:1000])


def test_the_fakes_are_data_plus_unit_gaussian_noise(clipped):
    """Eight points at a distance of sqrt(2) have the unit matrix as their covariance, and the noise has it too."""
    fake = clipped.fake.reshape(-1, 2)
    np.testing.assert_allclose(fake.mean(axis=0), 0, atol=0.2)
    np.testing.assert_allclose(np.cov(fake, rowvar=False), 2 * np.eye(2), atol=0.25)
    assert np.abs(fake).max() > 2.5  # further out than any real sample, and not by a little
    assert not np.allclose(clipped.fake[0], clipped.fake[1], atol=0.1)  # each critic meets its own


def test_looks_are_as_often_as_asked(often):
    assert often.steps.tolist() == [0, 1, 2, 4, 5]
    assert often.values_at.shape == (5, 1, len(often.grid), len(often.grid))


def test_looking_does_not_change_the_training(often):
    seldom = value_surface(clip=0.1, **TINY | {"steps": 5, "every": 1000})
    np.testing.assert_array_equal(seldom.weights, often.weights)


@pytest.mark.parametrize(
    "settings, first_step",
    [
        ({"penalty_weight": 1.0}, 1e-3),  # Adam's first step is as long as its rate
        ({"clip": 9.0}, 5e-5 * np.sqrt(10)),  # RMSProp's is as long as its rate / sqrt(1 - rho)
        ({"clip": 9.0, "epsilon": 1e9}, 0.0),
    ],
)
def test_without_a_rate_the_first_step_is_as_long_as_the_defaults_say(settings, first_step):
    run = value_surface(**TINY, **settings)
    np.testing.assert_allclose(np.abs(run.weights_at[1] - run.weights_at[0]).max(), first_step, rtol=0.01, atol=1e-7)


def test_a_rate_that_is_given_is_used(penalised):
    moved = np.abs(penalised.weights_at[1] - penalised.weights_at[0]).max()
    np.testing.assert_allclose(moved, 0.01, rtol=0.01)  # Adam's first step


def test_a_number_of_seeds_counts_from_0(clipped):
    assert clipped.weights.shape[0] == 2
    listed = value_surface(clip=0.1, **TINY | {"seeds": [0, 1], "steps": 3})
    np.testing.assert_array_equal(listed.weights_at, clipped.weights_at)
    for seed in (0, 1):
        np.testing.assert_array_equal(clipped.weights_at[0, seed], kernels(reinitialise(models.mlp_critic(2, 8), seed)))


# --- weight_distribution ---


def test_inside_starts_within_the_range_and_not_at_its_ends():
    run = weight_distribution(clip=0.01, init="uniform", **TINY | {"width": 32})
    start = np.abs(run.weights_at[0])
    assert start.max() <= np.float32(0.01)
    assert (start > 0.0099).mean() < 0.03  # 1 % of it
    np.testing.assert_allclose(start.mean(), 0.005, rtol=0.1)
    np.testing.assert_array_equal(run.weights_at[0, 0], kernels(reinitialise(models.mlp_critic(2, 32), 0, bound=0.01)))


def test_he_starts_mostly_outside_the_range_and_one_step_puts_that_at_its_ends():
    run = weight_distribution(clip=0.01, **TINY)
    outside = np.abs(run.weights_at[0]) > 0.012
    assert outside.mean() > 0.9
    np.testing.assert_allclose(np.abs(run.weights_at[1])[outside], 0.01, rtol=1e-6)


# --- the figures made of runs ---


@pytest.fixture(scope="module")
def surfaces(clipped, penalised):
    """Two methods on two data sets; the second only lends its name."""
    runs = {"clip 0.1": clipped, "penalty 1": penalised}
    return {(name, dataset): run for name, run in runs.items() for dataset in ("eight_gaussians", "swiss_roll")}


def test_surfaces_stand_in_a_table_of_methods_and_data_sets(surfaces):
    figure = plots.value_surfaces(surfaces)
    assert pyplot.get_fignums() == []
    figure.savefig(io.BytesIO(), format="png")
    assert [ax.get_title() for ax in figure.axes] == ["Eight Gaussians", "Swiss Roll", "", ""]
    labels = [ax.get_ylabel() for ax in figure.axes]
    assert [label.split("\n")[0] for label in labels[::2]] == ["clip 0.1", "penalty 1"]
    assert not any(ax.yaxis.get_label().get_visible() and ax.get_ylabel() for ax in figure.axes[1::2])
    for ax, method in zip(figure.axes[::2], ("WGAN", "WGAN-GP"), strict=True):
        assert colors.same_color(ax.yaxis.label.get_color(), plots.COLOURS[method])


@pytest.mark.parametrize("look", [-1, 0])
def test_a_surface_is_the_first_seeds_at_the_look_asked_for_with_the_data_on_top(surfaces, clipped, look):
    figure = plots.value_surfaces(surfaces, **{} if look == -1 else {"look": look}, levels=3)
    lines, points = figure.axes[0].collections
    low, high = clipped.values_at[look, 0].min(), clipped.values_at[look, 0].max()
    np.testing.assert_allclose(lines.levels, low + (high - low) * np.array([0.25, 0.5, 0.75]), rtol=1e-4)
    np.testing.assert_array_equal(points.get_offsets(), clipped.real)


def test_figure_1_has_its_surfaces_its_norms_with_their_predictions_and_its_weights(surfaces, clipped, penalised):
    norms = {"clip 0.1": clipped.norms, "penalty": penalised.norms}
    predicted = {"clip 0.1": predicted_norms(2, 8, 0.1, clipped.norms[0, -1])}
    weights = {"clip 0.1": clipped.weights.ravel(), "penalty 1": penalised.weights.ravel()}
    figure = plots.figure1(surfaces, norms, predicted, weights)
    assert pyplot.get_fignums() == []
    figure.savefig(io.BytesIO(), format="png")
    *tiles, middle, above, below = figure.axes
    assert [ax.get_title() for ax in tiles] == ["Eight Gaussians", "Swiss Roll", "", ""]
    np.testing.assert_array_equal(tiles[2].collections[1].get_offsets(), penalised.real)

    assert [text.get_text() for text in middle.get_legend().get_texts()] == ["clip 0.1", "penalty"]
    assert middle.get_yscale() == "log" and middle.get_xlabel() and middle.get_ylabel()
    curves = [line.get_ydata() for line in middle.lines]
    for expected in (np.median(clipped.norms, axis=0), penalised.norms[0], predicted["clip 0.1"]):
        assert sum(np.allclose(curve, expected, rtol=1e-6) for curve in curves) == 1

    assert [ax.get_title() for ax in (above, below)] == ["clip 0.1", "penalty 1"]
    for ax, values in zip((above, below), weights.values(), strict=True):
        assert sum(bar.get_height() for bar in ax.patches) == values.size
        assert ax.get_xlabel() == "weight" and ax.get_ylabel() == "number of weights"


# --- the command line ---


def test_one_command_writes_figure_1(tmp_path, capsys, monkeypatch):
    drawn, draws = [], plots.figure1

    def remember(*parts):
        drawn.extend(parts)
        return draws(*parts)

    monkeypatch.setattr(plots, "figure1", remember)
    out = tmp_path / "figure1.png"
    main(["--seeds", "1", "--steps", "2", "--generator-steps", "1", "--out", str(out)])
    assert f"wrote {out}" in capsys.readouterr().out
    picture = matplotlib.image.imread(out)
    assert picture.shape[:2] == (5.4 * 150, 15 * 150)
    assert picture[..., :3].std() > 0.05

    surfaces, norms, predicted, weights = drawn
    assert set(surfaces) == {(name, dataset) for name in ("clip 0.01", "penalty 1") for dataset in DATASETS}
    assert all(run.steps[-1] == 2 and len(run.critics) == 1 for run in surfaces.values())
    assert [shown.shape for shown in norms.values()] == [(1, 13)] * 4
    for c in (0.1, 0.01, 0.001):
        assert np.abs(np.log10(norms[f"clip {c:g}"][0, -2] / predicted[f"clip {c:g}"][-2])) < 0.1
    assert np.log10(norms["penalty"]).min() > -4
    np.testing.assert_array_equal(weights["penalty 1"], surfaces["penalty 1", "eight_gaussians"].weights.ravel())


@pytest.mark.parametrize("out", ["missing/figure1.png", "figure1.xyz", "figure1"])
def test_a_file_that_can_not_be_written_is_refused_before_any_training(out, tmp_path, capsys):
    """Before it, for what is wrong with the seeds would be found at its beginning."""
    with pytest.raises(SystemExit) as stop:
        main(["--seeds", "0", "--out", str(tmp_path / out)])
    assert stop.value.code == 2
    assert "--out: expected a picture in a folder that is there" in (message := capsys.readouterr().err)
    assert out in message and "seeds: expected" not in message


@pytest.mark.parametrize(
    "wrong, message",
    [
        (["--seeds", "0"], "seeds: expected a whole number of at least 1, got 0"),
        (["--steps", "0", "--seeds", "1"], "steps: expected a whole number of at least 1, got 0"),
        (["--seeds", "two"], "--seeds"),
        (["figure9"], "figure9"),
    ],
)
def test_a_command_that_can_not_be_followed_ends_with_its_reason_and_no_figure(wrong, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*wrong, "--out", str(tmp_path / "figure1.png")])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
