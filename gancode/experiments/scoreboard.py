"""One budget, several seeds: how good the samples are after so many steps. Chapter 6.

    python -m gancode scoreboard --steps 20000 --seeds 5 --out scoreboard.json

trains each method with each seed, writes every run down when it is done, and goes on from there if it is cut off.

--out NAME.json        what was measured; runs that are in it are not made again
--methods GAN WGAN     which ones; the book's four unless told
--learning-rates 5e-4  to try, one or several; the papers' own if none is named
--steps 20000          generator steps of the methods with n_critic 5; the others' critics make as many
--seeds 5              of each method
--first-seed 0         the first of them
--n-evals 10           how often samples are judged
--samples 1000         how many, each time
--channels 16          of the networks
--jobs 1               runs at a time
"""

import functools
import time

import keras
import numpy as np

from gancode import data, metrics, models
from gancode._arguments import expect, named, one_of, positive, positive_integer, positive_integers
from gancode._command.shell import carry_out, parser
from gancode._training import callbacks as keras_callbacks
from gancode.experiments.results import Results, command_line
from gancode.trainers import NotFiniteError
from gancode.variants import BOOK, METHODS


class Judge(keras.callbacks.Callback):
    """Callback: at the end of each epoch the samples are judged, and the scores logged beside the losses.

    Each is compared with the reference (`metrics.reference_digits`), and the Frechet distance to the digits that the
    generator was trained on and to test digits is there, too. Of a trainer with an average generator there is a second
    set, "ema_frechet" and so on.

    n: how many samples are judged.
    """

    def __init__(self, n):
        super().__init__()
        self.n = n

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self.began
        logs |= self.scores(self.model.generator)
        if self.model.average is not None:
            logs |= {f"ema_{name}": score for name, score in self.scores(self.model.average).items()}

    def scores(self, generator):
        latent = keras.random.normal((self.n, self.model.latent_dim), seed=0)
        images = self.images = generator.predict(latent, batch_size=500, verbose=0)
        if not np.isfinite(images).all():
            raise NotFiniteError(f"the samples became NaN or inf at step {int(self.model.steps.numpy())} or before")
        return judged(metrics.classified(images))


def judged(seen):
    """Every score of digits, by its name. seen: what `metrics.classified` makes of them."""
    reference, training = metrics.reference_digits(), bundled("train")
    among = metrics.precision_recall(seen.features, reference.features[: len(seen.features)])  # sets of one size
    return {
        "frechet": metrics.frechet_digit_distance(seen, reference),
        "frechet_training": metrics.frechet_digit_distance(seen, training),
        "frechet_test": metrics.frechet_digit_distance(seen, bundled("test")),
        "kernel": metrics.kernel_distance(seen.features, reference.features),
        "precision": among.precision,
        "recall": among.recall,
        "imbalance": metrics.class_imbalance(seen, reference),
        "nearer_training": metrics.nearer_fraction(seen.features, training.features, reference.features),
    }


@functools.cache
def bundled(split):
    """What the classifier makes of the digits that travel with the book."""
    return metrics.classified(data.mnist(split))


def train(method, seed, steps, learning_rate=None, pair=None, n_evals=8, channels=16, samples=1000, ema=None, **of_fit):
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
        ema: of the trainer; the average generator's samples are judged as well.
        **of_fit: callbacks, `probes.Snapshots` for example, or a checkpoint, from which a run that was cut off goes on.

    Returns:
        A dict of lists, one entry an evaluation: "generator_steps", "critic_steps", what `Judge` logs, losses, and
        "seconds" (of training alone, at the middle speed of the run); and "images", 16 samples from the end
        (16, 28, 28, 1).

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
    trainer = trainer_class(*networks, seed=seed, ema=ema)
    optimisers = [trainer.default_optimizer(**settings) for _ in networks]
    trainer.compile(*optimisers, steps_per_execution=np.gcd(gap, 100).item())
    batches = data.batches(data.mnist(), batch_size=64, n_critic=n_critic, seed=seed)
    judge = Judge(samples)
    of_fit["callbacks"] = [judge, *keras_callbacks.check(of_fit.get("callbacks"))]
    record = trainer.fit(batches, n_evals, gap, verbose=0, **of_fit).history
    evaluations = np.arange(1, n_evals + 1)
    middle = np.median(record["seconds"][1:] or record["seconds"])  # the first stretch has tracing and compiling in it
    counted = {"generator_steps": gap * evaluations, "critic_steps": gap * n_critic * evaluations}
    record |= {name: counts.tolist() for name, counts in (counted | {"seconds": middle * evaluations}).items()}
    return record | {"images": judge.images[:16]}


def scores(**case):
    """What `train` wrote down, without the images: they would take more room than all the rest."""
    run = {name: values for name, values in train(**case).items() if name != "images"}
    return {name: [float(f"{value:.6g}") for value in values] for name, values in run.items()}


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
    numbers = {"steps": 20_000, "seeds": 5, "first_seed": 0, "n_evals": 10, "samples": 1000, "channels": 16, "jobs": 1}
    asking = parser("scoreboard", "--out NAME.json [OPTION ...]", __doc__, **numbers)
    asking.add_argument("--out", required=True)
    asking.add_argument("--methods", nargs="+", choices=METHODS, default=BOOK)
    asking.add_argument("--learning-rates", nargs="+", type=float)
    made_by = command_line("python -m gancode scoreboard", arguments)
    carry_out("scoreboard", race, asking.parse_args(arguments), made_by)


def race(asked, made_by):
    """Train every method with every seed, and keep what came of it."""
    cases = [
        {"method": method, "seed": seed, "learning_rate": learning_rate, "channels": asked.channels}
        | {"n_evals": asked.n_evals, "samples": asked.samples, "steps": for_equal_critics(method, asked.steps)}
        for seed in range(asked.first_seed, asked.first_seed + asked.seeds)
        for method in asked.methods
        for learning_rate in asked.learning_rates or [METHODS[method].learning_rate]
    ]
    Results(asked.out, made_by).add_all(cases, scores, asked.jobs)
