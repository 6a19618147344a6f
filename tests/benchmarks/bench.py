"""How long a training step takes: against the arithmetic in it, and against plain PyTorch and plain JAX.

    make bench                                  about three minutes on two cores
    make bench BENCH="--channels 32 --json speed.json"

A step is what `fit` counts: n_critic critic steps, then one generator step. Each way to run it does the same work on
the convolutional pair of `gancode.models`; those marked * are other people's tools (torch_reference.py,
jax_reference.py), measured where they are installed. The bound is the time that the step's multiplications and
additions would take at the rate of one large matrix product in TensorFlow on this machine.

All ways take turns (A B C A B C ...), so that what else the machine does falls on all alike. On a busy machine CPU
time is the better measure, and one core the fairer race, for PyTorch's threads wait for each other: with
`taskset -c 0 make bench` all ways have one thread.
"""

import argparse
import importlib.util
import json
import os
import platform
import time
from importlib import metadata

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # one GPU has room for three frameworks

import in_a_process
import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from gancode import data, models, trainers
from gancode._training.compiled import CompiledSteps

VARIANTS = {  # name: trainer, n_critic
    "GAN": (trainers.GAN, 1),
    "LSGAN": (trainers.LSGAN, 1),
    "WGAN": (trainers.WGAN, 5),
    "WGANGP": (trainers.WGANGP, 5),
}
WAYS = ("eager", "graph", "XLA", "fit", "block", "PyTorch*", "JAX*")


# --- the arithmetic --------------------------------------------------------------------------------------------------


def layer_flops(model, batch_size=1):
    """Multiplications and additions of a forward pass, one number a layer that has a kernel. 2 a kernel entry, each
    time it is used: once a sample, and in a convolution once a pixel of the smaller of its two images."""
    flops = []
    for layer in model.layers:
        pixels = 1
        if isinstance(layer, keras.layers.Conv2DTranspose):
            pixels = np.prod(layer.input.shape[1:3])
        elif isinstance(layer, keras.layers.Conv2D):
            pixels = np.prod(layer.output.shape[1:3])
        if hasattr(layer, "kernel"):
            flops.append(2 * int(np.prod(layer.kernel.shape)) * int(pixels) * batch_size)
    return flops


def step_flops(generator, critic, n_critic, penalised, batch_size):
    """The same for a whole step. Back to a layer's kernel costs what forward costs, and back to its input too.

    It is what must be done. What is small beside it is left out: activations, norms, losses, optimisers.
    """
    g, c = layer_flops(generator, batch_size), layer_flops(critic, batch_size)
    G, C = sum(g), sum(c)
    critic_step = G  # the fakes; nothing goes back into the generator
    critic_step += 2 * (C + C + C - c[0])  # real and fake: forward, to the kernels, to all inputs but the images
    if penalised:
        critic_step += C - c[-1] + C  # interpolates, as far as the last slope needs them, and the slopes: to the images
        critic_step += C + C - c[-1]  # and through the slopes once more, to kernels and to inputs; they start at a 1
    generator_step = G + C + C  # fakes, scores, back to the images, and past the critic's kernels
    generator_step += G + G - g[0]  # to the generator's kernels and inputs, but not to the latent vectors
    return n_critic * critic_step + generator_step


def matmul_flops_per_second():
    """A function that measures it once, in float32: n chosen so that the product fills the machine."""
    n = 8192 if tf.config.list_physical_devices("GPU") else 1024
    matrix = tf.random.normal((n, n))
    product = tf.function(lambda: tf.reduce_sum(matrix @ matrix), autograph=False)
    product().numpy()

    def measure():
        start = time.perf_counter()
        product().numpy()
        return 2 * n**3 / (time.perf_counter() - start)

    return measure


# --- the ways to run a step: each a function of the number of steps, which waits until they are done and returns -----
# --- the seconds they took: on the clock, and of all cores together ---------------------------------------------------


def now():
    return np.array([time.perf_counter(), time.process_time()])


def one_by_one(compiled):
    """Steps of `train_step` as it is (None), as a TensorFlow graph ("graph"), or compiled with XLA ("XLA")."""

    def way(variant, samples, channels, batch_size):
        trainer, batches = make(variant, samples, channels, batch_size)
        trainer.compile(jit_compile=False)
        step = trainer.train_step
        if compiled:
            step = tf.function(step, autograph=False, jit_compile=compiled == "XLA")
        dealt = iter(batches)

        def run(steps):
            start = now()
            for _ in range(steps):
                logs = step(next(dealt))
            tf.nest.map_structure(lambda value: value.numpy(), logs)
            return now() - start

        return run

    return way


def fit(per_execution):
    """One epoch of `fit`, so many steps an execution. What `fit` does before the epoch is left out."""

    def way(variant, samples, channels, batch_size):
        trainer, batches = make(variant, samples, channels, batch_size)
        trainer.compile(steps_per_execution=per_execution)

        def run(steps):
            clock = EpochClock()
            trainer.fit(batches, steps_per_epoch=steps, callbacks=[clock], verbose=0)
            return clock.seconds

        return run

    return way


def block(per_execution):
    """The same steps in the same XLA computations, without `fit` around them. On a CPU a loop in XLA is slow."""

    def way(variant, samples, channels, batch_size):
        trainer, batches = make(variant, samples, channels, batch_size)
        trainer.compile(steps_per_execution=per_execution, jit_compile=True)
        steps_made = CompiledSteps(trainer, batches.sampler)
        rows = iter(steps_made.rows(0))

        def run(steps):
            start = now()
            for _ in range(steps // per_execution):
                logs = steps_made(rows)
            tf.nest.map_structure(lambda value: value.numpy(), logs)
            return now() - start

        return run

    return way


class EpochClock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.start = now()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = now() - self.start


def make(variant, samples, channels, batch_size):
    trainer, n_critic = VARIANTS[variant]
    pair = models.conv_generator(channels=channels), models.conv_critic(channels=channels)
    return trainer(*pair, seed=0), data.batches(samples, batch_size, n_critic, seed=0)


def reference(module):
    """Another framework, in a process of its own; it takes its turns like the others."""

    def way(variant, samples, channels, batch_size):
        return in_a_process.Trainer(module, variant, VARIANTS[variant][1], samples, channels, batch_size)

    return way


def all_ways(per_execution):
    """The ways that can be measured here, name to function, and a line for each that can not."""
    ways = {"eager": one_by_one(None), "graph": one_by_one("graph"), "XLA": one_by_one("XLA")}
    ways["fit"] = fit(per_execution)
    missing = []
    if tf.config.list_physical_devices("GPU"):
        ways["block"] = block(per_execution)
    else:
        missing.append("block: only on a GPU")
    for name, package in (("PyTorch*", "torch"), ("JAX*", "jax")):
        if importlib.util.find_spec(package):
            ways[name] = reference(f"{package}_reference")
        else:
            missing.append(f"{name[:-1]}: not installed")
    return ways, missing


# --- measuring -------------------------------------------------------------------------------------------------------


def measure(variants, ways, channels=16, batch_size=64, repeats=9, steps=10, per_execution=10):
    """Seconds a step, {(variant, way): (repeats, 2)}: clock and cores; and the best rate seen of a matrix product."""
    samples, runs = data.mnist(), {}
    matmul, rates = matmul_flops_per_second(), []
    pairs = [(variant, way) for variant in variants for way in ways]
    for variant, way in tqdm(pairs, desc="compile and warm up", leave=False):
        runs[variant, way] = ways[way](variant, samples, channels, batch_size)
        for _ in range(2):  # the first one traces and compiles
            runs[variant, way](per_execution if way in ("fit", "block") else 2)
    seconds = {pair: [] for pair in pairs}
    for _ in tqdm(range(repeats), desc="measure", leave=False):
        rates += [matmul() for _ in range(10)]
        for pair, run in runs.items():
            # eager steps are slow, and alike; an epoch of `fit` has a beginning of its own, some 10 ms
            n = max(1, steps // 5) if pair[1] == "eager" else 5 * steps if pair[1] in ("fit", "block") else steps
            seconds[pair].append(np.array(run(n)) / n)
    for run in runs.values():
        if hasattr(run, "close"):
            run.close()
    return {pair: np.array(times) for pair, times in seconds.items()}, max(rates)


def summarise(seconds, rate, channels, batch_size):
    """One dictionary a row of the table."""
    pair = models.conv_generator(channels=channels), models.conv_critic(channels=channels)
    rows = []
    for (variant, way), times in seconds.items():
        flops = step_flops(*pair, VARIANTS[variant][1], variant == "WGANGP", batch_size)
        middle, cores = np.median(times, axis=0)
        low, high = np.percentile(times[:, 0], [25, 75])
        graph = np.median(seconds[variant, "graph"][:, 0]) if (variant, "graph") in seconds else None
        rows.append(
            {
                "variant": variant,
                "n_critic": VARIANTS[variant][1],
                "way": way,
                "ms_a_step": 1e3 * middle,
                "cpu_ms_a_step": 1e3 * cores,
                "steps_a_second": 1 / middle,
                "spread": (high - low) / middle,
                "times_graph": graph and middle / graph,
                "times_bound": middle / (flops / rate),
                "gflop_a_step": flops / 1e9,
                "bound_ms": 1e3 * flops / rate,
                "all_ms": [1e3 * t for t in times[:, 0]],
            }
        )
    return rows


def table(rows):
    lines = ["way          ms a step   spread   steps/s   x graph   x bound    CPU ms"]
    for row in rows:
        if row["way"] == next(r["way"] for r in rows if r["variant"] == row["variant"]):
            lines.append(
                f"\n{row['variant']}, n_critic {row['n_critic']}: "
                f"{row['gflop_a_step']:.2f} GFLOP a step, bound {row['bound_ms']:.2f} ms"
            )
        graph = f"{row['times_graph']:.2f}" if row["times_graph"] else "-"
        lines.append(
            f"{row['way']:10}{row['ms_a_step']:12.2f}{row['spread']:8.0%} {row['steps_a_second']:9.1f}"
            f"{graph:>10}{row['times_bound']:10.1f}{row['cpu_ms_a_step']:10.2f}"
        )
    return "\n".join(lines)


def device():
    """The names of what the numbers belong to."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "unknown")
        return f"GPU: {name}"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()  # macOS has none
    return f"CPU: {platform.machine()}, {cores} core{'s' * (cores > 1)}"


def versions():
    found = {}
    for package in ("tensorflow", "keras", "torch", "jax"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=9, help="turns that each way takes")
    parser.add_argument(
        "--steps", type=int, default=10, help="steps in a turn; eager a fifth, fit and block five times as many"
    )
    parser.add_argument("--per-execution", type=int, default=10, help="steps that fit and block make at a time")
    parser.add_argument("--json", metavar="FILE", help="keep the numbers here")
    options = parser.parse_args(arguments)
    if options.per_execution < 1 or 5 * options.steps % options.per_execution:
        parser.error(f"--steps: five times as many must be a multiple of --per-execution, got {options.steps}")
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)

    ways, missing = all_ways(options.per_execution)
    ways = {name: way for name, way in ways.items() if name in options.ways}
    load = os.getloadavg()[0]
    start = time.perf_counter()
    seconds, rate = measure(
        options.variants,
        ways,
        options.channels,
        options.batch_size,
        options.repeats,
        options.steps,
        options.per_execution,
    )
    rows = summarise(seconds, rate, options.channels, options.batch_size)

    print(f"{device()}; {', '.join(f'{name} {number}' for name, number in versions().items())}")
    print(
        f"channels {options.channels}, batch {options.batch_size}, float32; a matrix product runs at "
        f"{rate / 1e9:.0f} GFLOP/s; median of {options.repeats} turns of {options.steps} steps, spread: their "
        "middle half\n"
    )
    print(table(rows))
    print()
    for line in missing:
        print(line)
    if load > 0.5:
        print(f"The machine was not idle: a load of {load:.1f} at the start. Trust ratios, and them only so far.")
    print(f"Took {time.perf_counter() - start:.0f} s.")
    if options.json:
        kept = {"device": device(), "versions": versions(), "load": load, "matmul_gflops": rate / 1e9}
        with open(options.json, "w") as file:
            json.dump(kept | {"options": vars(options), "rows": rows}, file, indent=1)


if __name__ == "__main__":
    main()
