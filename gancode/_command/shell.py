"""How the commands speak: notes on stdout, one line of what went wrong on stderr, an exit status. Under `train`."""

import argparse
import sys
import warnings

import tensorflow as tf
from tqdm import tqdm


def parser(command, usage, text, **numbers):
    """argparse's, with this text for its help: it says what each option does. numbers: options, by their defaults."""
    asking = argparse.ArgumentParser(f"gancode {command}", f"python -m gancode {command} [-h] {usage}")
    asking.format_help = lambda: f"{asking.format_usage()}\n{text}"
    for name, default in numbers.items():
        asking.add_argument(f"--{name.replace('_', '-')}", type=type(default or 0), default=default)
    return asking


def say(line):
    """A line on stdout, clear of a progress bar, and at once: a pipe would wait for more."""
    tqdm.write(line)
    sys.stdout.flush()


def carry_out(command, work, *given):
    """work(*given). Warnings become notes; errors a line, and the status 2 for wrong usage, 130 for Ctrl-C, else 1."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = lambda message, *_, **__: say(f"Note: {message}")
            work(*given)
    except (ValueError, OSError, ArithmeticError, MemoryError, tf.errors.OpError, KeyboardInterrupt) as error:
        cure = ". Try a lower --learning-rate, with another --out." if isinstance(error, ArithmeticError) else ""
        stopped = isinstance(error, KeyboardInterrupt)
        said = str(error) or ("stopped before the first step" if stopped else type(error).__name__)
        print(f"gancode {command}: {said}{cure}", file=sys.stderr)
        sys.exit(130 if stopped else 2 if isinstance(error, ValueError) else 1)
