"""The experiments behind Figure 1 of Gulrajani et al. 2017, one function a panel. Chapter 5.

    value_surface          1a          what a critic says of every place in the plane
    gradient_norms         1b, left    how much of its loss arrives at each layer
    weight_distribution    1b, right   where its weights are

Each trains several critics side by side, one a seed, with the trainers of chapters 3 and 4, and returns an
`ensembles.Run`: plain arrays. The whole figure, from a shell:

    python -m gancode figure1 --seeds 5 --out figure1.png

--seeds 5              critics a panel
--steps 3000           critic steps of the surfaces
--generator-steps 60   of the gradient norms
--out figure1.png      the picture, in a folder that is there
"""

import pathlib

import numpy as np
from matplotlib.figure import Figure

from gancode import data, models, plots
from gancode._arguments import expect, flag, is_whole, number, one_of, positive, positive_integer, positive_integers
from gancode._command.shell import carry_out, parser, say
from gancode._files import write_whole
from gancode.experiments import ensembles
from gancode.experiments.ensembles import ensemble, reinitialise

DATASETS = ("eight_gaussians", "twenty_five_gaussians", "swiss_roll")


def gradient_norms(
    depth=12,
    width=128,
    clip=None,
    penalty_weight=None,
    seeds=5,
    steps=60,
    dataset="swiss_roll",
    n_critic=5,
    batch_size=64,
    learning_rate=5e-4,
    every=20,
    progress=True,
):
    """Figure 1b, left: the gradient of the critic's loss at each layer, while it trains against a generator.

    Args:
        depth, width: hidden ReLU layers of the critic and of the generator, and the units in each.
        clip, penalty_weight: the bound c, or lambda; exactly one of them.
        seeds: how many, or which ones.
        steps: generator steps, each after n_critic critic steps.
        dataset: one of DATASETS.
        n_critic, batch_size: as of `data.batches`.
        learning_rate: of RMSProp with a clip, of Adam with the penalty.
        every: steps between two looks.
        progress: whether to show a bar.

    Returns:
        A `Run`. Its .norms are (seeds, depth + 1), layer 1 (nearest the input) first.

    Raises:
        ValueError: for a bad argument.
        NotFiniteError: if training reaches NaN or inf.
    """
    ensembles.check(clip, penalty_weight, learning_rate, steps, n_critic, batch_size, every, progress)
    seeds, samples = _seeds(seeds), _samples(dataset)
    critics = [reinitialise(models.mlp_critic(depth, width), seed) for seed in seeds]
    generator = ensemble([reinitialise(models.mlp_generator(depth, width), seed + 0.5) for seed in seeds])
    wgan = ensembles.side_by_side(critics, generator, clip, penalty_weight, learning_rate)
    return ensembles.train(wgan, critics, samples, steps, n_critic, batch_size, every, progress)


def value_surface(
    dataset="eight_gaussians",
    clip=None,
    penalty_weight=None,
    seeds=3,
    depth=3,
    width=64,
    steps=3000,
    batch_size=128,
    learning_rate=None,
    epsilon=1e-10,
    init="he",
    every=500,
    progress=True,
):
    """Figure 1a: critics trained towards their best against fakes that never change: data plus unit Gaussian noise.

    Args:
        dataset: one of DATASETS.
        clip, penalty_weight: the bound c, or lambda; exactly one of them.
        seeds: how many, or which ones.
        depth, width: the critic's hidden ReLU layers, and the units in each.
        steps: critic steps.
        batch_size: as of `data.batches`.
        learning_rate: of RMSProp with a clip (5e-5 where none is given), of Adam with the penalty (1e-3).
        epsilon: RMSProp's.
        init: see `weight_distribution`.
        every: steps between two looks.
        progress: whether to show a bar.

    Returns:
        A `Run`. Its .values are (seeds, n, n) over the plane, its .shares (seeds,).

    Raises:
        ValueError: for a bad argument.
        NotFiniteError: if training reaches NaN or inf.
    """
    learning_rate = (1e-3 if clip is None else 5e-5) if learning_rate is None else learning_rate
    ensembles.check(clip, penalty_weight, learning_rate, steps, 1, batch_size, every, progress, epsilon)
    one_of("init", init, ("he", "uniform"))
    expect(init == "he" or clip is not None, "init", "'he' where no clip makes a range to be uniform in", init)
    seeds, samples, bound = _seeds(seeds), _samples(dataset), clip if init == "uniform" else None
    critics = [reinitialise(models.mlp_critic(depth, width), seed, bound) for seed in seeds]
    wgan = ensembles.side_by_side(critics, models.noisy_samples(samples), clip, penalty_weight, learning_rate, epsilon)
    return ensembles.train(wgan, critics, samples, steps, 1, batch_size, every, progress, plane=True)


def weight_distribution(clip=None, penalty_weight=None, init="he", **others):
    """Figure 1b, right: where the weights of `value_surface`'s critics go, from one start or another.

    Args:
        clip, penalty_weight: the bound c, or lambda; exactly one of them.
        init: "he", as Keras and the authors' code draw them, most of them outside a small clip range; or "uniform",
            within it, so that a weight at its ends has been brought there by training.
        **others: of `value_surface`.

    Returns:
        A `Run`. Its .weights are (seeds, weights); .weights_at are those of every look.
    """
    return value_surface(clip=clip, penalty_weight=penalty_weight, init=init, **others)


def predicted_norms(depth, width, clip, output_norm):
    """What clipped weights alone make of the gradient, layer by layer, layer 1 first: (depth + 1,).

    Weights of +-clip with random signs, and half of the ReLUs open: on its way back each hidden layer multiplies the
    gradient by ``clip * sqrt(width / 2)``, the last layer, one unit, by ``clip * sqrt(width)``.

    Args:
        depth, width: hidden ReLU layers, and the units in each.
        clip: the bound c.
        output_norm: where the gradient starts, its norm at the output.
    """
    positive_integers(depth=depth, width=width)
    positive("clip", clip)
    number("output_norm", output_norm, least=0)
    hidden = clip * np.sqrt(width) * (clip * np.sqrt(width / 2)) ** np.arange(depth)[::-1]
    return output_norm * np.append(hidden, 1.0)


def figure1(seeds=5, steps=3000, generator_steps=60, clip=0.01, penalty_weight=1.0, progress=True):
    """All of Figure 1 from `seeds` seeds, a matplotlib Figure; about ten minutes on two CPU cores with five.

    Args:
        seeds: how many, or which ones.
        steps: critic steps of the surfaces and histograms.
        generator_steps: of the gradient norms.
        clip, penalty_weight: of the surfaces and histograms; the gradient norms are for c = 0.1, 0.01, 0.001 and
            lambda = 10, as in the paper.
        progress: whether to show bars.
    """
    # now, and not after the minutes that come before their use
    positive_integers(steps=steps, generator_steps=generator_steps)
    positive("clip", clip)
    positive("penalty_weight", penalty_weight)
    settings = {"seeds": _seeds(seeds), "progress": flag("progress", progress)}
    constraints = {f"clip {clip:g}": {"clip": clip}, f"penalty {penalty_weight:g}": {"penalty_weight": penalty_weight}}
    surfaces = {
        (name, dataset): value_surface(dataset, **constraint, steps=steps, **settings)
        for name, constraint in constraints.items()
        for dataset in DATASETS
    }
    norms, predicted = {}, {}
    for c in (0.1, 0.01, 0.001):
        norms[f"clip {c:g}"] = gradient_norms(clip=c, steps=generator_steps, **settings).norms
        predicted[f"clip {c:g}"] = predicted_norms(12, 128, c, norms[f"clip {c:g}"][0, -1])
    norms["penalty"] = gradient_norms(penalty_weight=10.0, steps=generator_steps, **settings).norms
    weights = {name: surfaces[name, DATASETS[0]].weights.ravel() for name in constraints}
    return plots.figure1(surfaces, norms, predicted, weights)


def _samples(dataset):
    return getattr(data, one_of("dataset", dataset, DATASETS))(20_000, seed=0)


def _seeds(seeds):
    """3 is [0, 1, 2]; a list of whole numbers is itself."""
    if np.ndim(seeds) == 0:
        return list(range(positive_integer("seeds", seeds)))
    holds = len(seeds) and all(is_whole(seed) and seed >= 0 for seed in seeds)
    return list(expect(holds, "seeds", "how many, or a list of whole numbers from 0 on", seeds))


def main(arguments=None):
    asking = parser("figure1", "[OPTION ...]", __doc__, seeds=5, steps=3000, generator_steps=60)
    asking.add_argument("--out", type=pathlib.Path, default=pathlib.Path("figure1.png"))
    carry_out("figure1", draw, asking.parse_args(arguments))


def draw(asked):
    """The file is looked at first: training takes minutes."""
    kinds = Figure().canvas.get_supported_filetypes()
    holds = asked.out.suffix[1:].lower() in kinds and asked.out.absolute().parent.is_dir()
    expect(holds, "--out", f"a picture in a folder that is there ({', '.join(kinds)})", got=asked.out)
    figure = figure1(asked.seeds, asked.steps, asked.generator_steps)
    write_whole(asked.out, lambda file: figure.savefig(file, dpi=150))
    say(f"wrote {asked.out}")
