"""How much memory a training step takes for each sample of its batch, on a CPU. Chapter 6.

    python tools/evidence/memory.py --repeats 3 --out memory.json

made gancode/experiments/kept/memory.json, and goes on where it was cut off.

A gradient needs what its network computed on the way there, for every sample. That grows with the batch; weights,
optimisers and TensorFlow itself do not. So two batch sizes are tried, each in a fresh process, and the slope between
their peaks is taken.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

import keras
import tensorflow as tf

from gancode import models
from gancode._arguments import expect, one_of, positive_integer
from gancode.experiments.results import Results, command_line
from gancode.variants import BOOK, METHODS

STATUS = pathlib.Path("/proc/self/status")
# No GPU; and what is free goes back at once, else glibc keeps some for later, and a peak tells how much it kept.
ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "-1", "MALLOC_MMAP_THRESHOLD_": "65536"}


def a_sample(method, channels=16, batch_sizes=(512, 1536), repeat=0):
    """Kilobytes (of 1024 bytes) by which a step's peak grows with each further sample of its batch.

    Args:
        method: one of `variants.BOOK`.
        channels: of the convolutional pair.
        batch_sizes: a smaller and a larger one.
        repeat: which measurement this is; it changes nothing.

    Returns:
        A dict. "kilobytes" is the slope, "peaks" are of the two processes, and "cores" are the machine's, for what
        several compute at the same time they hold at the same time.

    Raises:
        ValueError: for a method that is none and for batch sizes that do not grow.
    """
    one_of("method", method, BOOK)
    positive_integer("channels", channels)
    small, large = (positive_integer("batch_sizes", size) for size in batch_sizes)
    expect(small < large, "batch_sizes", "a smaller and a larger one", got=f"{small} and {large}")
    peaks = [in_a_fresh_process(method, channels, size) for size in (small, large)]
    return {"kilobytes": (peaks[1] - peaks[0]) / (large - small), "peaks": peaks, "cores": os.cpu_count()}


def in_a_fresh_process(*settings):
    """What `peak_of_steps` says in a process that has done nothing else."""
    code = f"from evidence import memory; print(memory.peak_of_steps(*{settings!r}))"
    here = pathlib.Path(__file__).resolve().parent
    paths = [str(here.parent), str(here.parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    run = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(run.stdout.split()[-1])


def peak_of_steps(method, channels, batch_size, steps=2):
    """The peak of this process's memory, in kilobytes, after a few generator steps on noise."""
    trainer_class, n_critic, *_ = METHODS[method]
    keras.utils.set_random_seed(0)
    trainer = trainer_class(models.conv_generator(channels=channels), models.conv_critic(channels), seed=0)
    trainer.compile()
    step = tf.function(trainer.train_step, autograph=False)
    real = tf.random.uniform((batch_size, n_critic, 28, 28, 1), -1, 1)
    for _ in range(steps):
        step(real)
    return peak()


def peak():
    """The most that this process has had in memory, in kilobytes. Raises RuntimeError where Linux does not tell."""
    # Not ru_maxrss: a process inherits that of the one that started it.
    found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text()) if STATUS.exists() else None
    if not found:
        raise RuntimeError(f"{STATUS}: expected a line VmHWM, as on Linux")
    return int(found[1])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--out", required=True, help="NAME.json; runs that are in it are not made again")
    parser.add_argument("--methods", nargs="+", choices=BOOK, default=["GAN", "WGAN", "WGAN-GP"])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    cases = [
        {"method": method, "channels": options.channels, "batch_sizes": [512, 1536], "repeat": repeat}
        for repeat in range(options.repeats)
        for method in options.methods
    ]
    Results(options.out, command_line("python tools/evidence/memory.py", arguments)).add_all(cases, a_sample)


if __name__ == "__main__":
    main()
