"""One budget, several seeds: how good the samples are after so many steps. Chapter 6.

    python -m gancode scoreboard --steps 20000 --seeds 5 --out scoreboard.json

trains each method with each seed, writes every run down when it is done, and goes on from there if it is cut off.
"""

import time

import keras
import numpy as np

from gancode import data, metrics, models
from gancode._arguments import expect, named, one_of, positive, positive_integer, positive_integers
from gancode.experiments.results import Results, command
from gancode.trainers import NotFiniteError
from gancode.variants import BOOK, METHODS


def train(method, seed, steps, learning_rate=None, pair=None, n_evals=8, channels=16, samples=1000, callbacks=None):
    """Train one pair with one method on digits, 28 x 28 x 1, and judge its samples now and then.

    Args:
        method: "GAN", "LSGAN", "WGAN", "WGAN-GP" or one of chapter 7's.
        seed: of weights, latents and data.
        steps: generator steps.
        learning_rate: of both optimisers, the paper's if None.
        pair: a function that returns (generator, critic); the convolutional pair with so many channels if None.
        n_evals: how often samples are judged, evenly.
        channels: of the convolutional pair.
        samples: how many are judged.
        callbacks: as `fit` takes them, `probes.Snapshots` for example.

    Returns:
        A dict of lists, one entry an evaluation. "generator_steps", "critic_steps", "frechet" (to the test digits),
        "imbalance" (share of samples of the wrong class), "seconds" (of training alone, at the middle speed of the
        run); and "images", 16 samples from the end (16, 28, 28, 1).

    Raises:
        NotFiniteError: where training does or samples are NaN or inf.
        ValueError: for a method that is none and for steps that do not divide.
    """
    trainer_class, n_critic, *_ = METHODS[one_of("method", method, METHODS)]
    positive_integers(steps=steps, samples=samples)
    gap, left = divmod(steps, positive_integer("n_evals", n_evals))
    expect(gap > 0 and left == 0, "steps", f"a multiple of n_evals ({n_evals})", got=steps)
    settings = {} if learning_rate is None else {"learning_rate": positive("learning_rate", learning_rate)}
    keras.utils.set_random_seed(seed)
    networks = pair() if pair else (models.conv_generator(channels=channels), models.conv_critic(channels))
    trainer = trainer_class(*networks, seed=seed)
    optimisers = [trainer.default_optimizer(**settings) for _ in networks]
    trainer.compile(*optimisers, steps_per_execution=np.gcd(gap, 100).item())
    batches = data.batches(data.mnist(), batch_size=64, n_critic=n_critic, seed=seed)
    reference = metrics.classified(data.mnist("test"))
    record = {"generator_steps": [], "critic_steps": [], "frechet": [], "imbalance": []}
    a_step = []
    for evaluation in range(1, n_evals + 1):
        start = time.perf_counter()
        trainer.fit(batches, steps_per_epoch=gap, callbacks=callbacks, verbose=0)
        a_step.append((time.perf_counter() - start) / gap)
        images = trainer.generate(samples, seed=0)
        if not np.isfinite(images).all():
            raise NotFiniteError(f"the samples became NaN or inf at step {evaluation * gap} or before")
        record["generator_steps"].append(evaluation * gap)
        record["critic_steps"].append(evaluation * gap * n_critic)
        seen = metrics.classified(images)
        record["frechet"].append(metrics.frechet_digit_distance(seen, reference))
        record["imbalance"].append(metrics.class_imbalance(seen, reference))
    middle = float(np.median(a_step[1:] or a_step))  # the first stretch has tracing and compiling in it
    record["seconds"] = [middle * step for step in record["generator_steps"]]
    return record | {"images": images[:16]}


def scores(**case):
    """What `train` wrote down, without the images: they would take more room than all the rest."""
    run = train(**case)
    del run["images"]
    return run


def aggregate(runs, score="frechet", by="generator_steps"):
    """Several seeds of each method, {"GAN": [run, run, ...], ...}, as {"GAN": (where, median, least, greatest), ...}.

    Each of the four is (n_evals,).

    Args:
        runs: as `train` returns them, by method.
        score: what a run wrote down.
        by: "generator_steps", "critic_steps" or "seconds".
    """
    one_of("by", by, ("generator_steps", "critic_steps", "seconds"))
    found = {}
    for method, several in named("runs", runs).items():
        values = np.array([run[score] for run in several])  # (seeds, n_evals)
        where = np.median([run[by] for run in several], axis=0)
        found[method] = (where, np.median(values, axis=0), values.min(axis=0), values.max(axis=0))
    return found


def for_equal_critics(method, steps):
    """How many generator steps give a method's critic as many steps as `steps` with n_critic 5 do."""
    return steps * 5 // METHODS[method].n_critic


def main(arguments=None):
    parser = command("scoreboard", __doc__)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=BOOK)
    parser.add_argument("--steps", type=int, default=20_000, help="generator steps of the methods with n_critic 5")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--learning-rates", nargs="+", type=float, help="to try; the papers' own if none is named")
    parser.add_argument("--n-evals", type=int, default=10)
    parser.add_argument("--samples", type=int, default=1000, help="judged at each evaluation")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    options = parser.parse_args(arguments)
    cases = [
        {"method": method, "seed": seed, "learning_rate": learning_rate, "channels": options.channels}
        | {"n_evals": options.n_evals, "samples": options.samples, "steps": for_equal_critics(method, options.steps)}
        for seed in range(options.seeds)
        for method in options.methods
        for learning_rate in options.learning_rates or [METHODS[method].learning_rate]
    ]
    Results(options.out, "python -m gancode scoreboard").add_all(cases, scores, options.jobs)
