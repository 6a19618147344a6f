"""What all scripts of this folder take from a shell, and how they write numbers down."""

import argparse

import numpy as np

from gancode.experiments.results import Results, command_line


def options(name, doc, arguments, steps, seeds=5):
    """What was asked for; .seeds is a list, and .make(cases, work) keeps their results. steps: the full run's."""
    parser = argparse.ArgumentParser(f"python -m tools.evidence.{name}", description=doc)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--seeds", type=int, default=seeds, help="how many, from 0 on")
    parser.add_argument("--cases", type=int, help="only the first so many of each kind, to try the command")
    parser.add_argument("--out", required=True, help="NAME.json; runs that are in it are not made again")
    found = parser.parse_args(arguments)
    found.results = Results(found.out, command_line(f"python -m tools.evidence.{name}", arguments))
    found.seeds = list(range(found.seeds))
    found.make = lambda cases, work: found.results.add_all(cases[: found.cases], work)
    return found


def rounded(values, digits=5):
    """Nested lists of numbers with so many significant digits: a kept file is read by people, too."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim:
        return [rounded(value, digits) for value in values]
    return float(f"{values:.{digits}g}")
