"""Results of runs that are too long for a chapter, kept with what made them. Chapters 6 and 7."""

import datetime
import functools
import html
import json
import operator
import pathlib
import platform
import shlex
import subprocess
import sys

import joblib
import keras
import tensorflow as tf
from tqdm.auto import tqdm

from gancode._arguments import expect, positive_integer
from gancode._files import write_whole

FOLDER = pathlib.Path(__file__).parent / "kept"


def command_line(program, arguments):
    """The command with the options that it was given, which is how the results are made again."""
    return shlex.join([*program.split(), *(sys.argv[1:] if arguments is None else arguments)])


class Results:
    """A file of cases and their results, written whole after each one: a cut loses only what is being made.

    Args:
        path: NAME.json, made when there is something to keep.
        command: the program that made the results; chapters 6 and 7 print it with the options that they used.

    Raises:
        ValueError: if there is such a file and it holds something else.
    """

    def __init__(self, path, command=None):
        self.path = pathlib.Path(path)
        self.command = command
        self.cases = []  # of {"case": what was asked for, "result": what came, "made": how}
        if self.path.exists():
            try:
                self.cases = json.loads(self.path.read_text(encoding="utf-8"))["cases"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"path: {self.path} holds no measured results ({error})") from error

    def result(self, case):
        """What came of a case, or None if it has not been tried."""
        return next((kept["result"] for kept in self.cases if kept["case"] == case), None)

    def add(self, case, work, jobs=1):
        """The case's result: the one that is there, or work()'s, then kept. jobs: how many are made at a time."""
        found = self.result(case)
        if found is None:
            found = work()
            kept = {"case": case, "result": found, "made": provenance(self.command, jobs)}
            self.cases.append(json.loads(json.dumps(kept, default=operator.methodcaller("tolist"))))
            lines = ",\n".join(json.dumps(each) for each in self.cases)
            write_whole(self.path, lambda file: file.write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8"))
        return found

    def add_all(self, cases, work, jobs=1):
        """Each case in turn: ``work(**case)``, unless it is there. With several jobs so many at a time, a process each.

        They share the processor, so what they say of seconds is not what one alone would take. On one GPU nothing is
        gained: on an H100 five at a time took five times as long each (and need ``TF_FORCE_GPU_ALLOW_GROWTH=true``).

        Args:
            cases: what to ask for, a dict of arguments each.
            work: a function of them that returns the result.
            jobs: how many are made at a time.
        """
        missing = [case for i, case in enumerate(cases) if self.result(case) is None and case not in cases[:i]]
        at_work = joblib.Parallel(positive_integer("jobs", jobs), return_as="generator_unordered", batch_size=1)
        found = at_work(joblib.delayed(lambda case: (case, work(**case)))(case) for case in missing)
        for case, result in tqdm(found, total=len(missing)):
            self.add(case, lambda result=result: result, jobs)

    def group_by(self, name, **wanted):
        """Results of the cases that agree with `wanted`: {value of `name`: [result, ...]}, in the order of making."""
        found = {}
        for kept in self.cases:
            if all(kept["case"].get(key) == value for key, value in wanted.items()):
                found.setdefault(kept["case"][name], []).append(kept["result"])
        return found

    def __repr__(self):
        """One line that says where the numbers come from."""
        made = {}
        for kept in self.cases:
            for key, value in kept["made"].items():
                made.setdefault(key, set()).add(value)
        return "; ".join(f"{key}: {' / '.join(sorted(values))}" for key, values in made.items())

    def _repr_html_(self):
        """What a page says of them, where a run of the reader's has its tick. It opens to all that is known."""
        dates = sorted({kept["made"]["date"] for kept in self.cases})
        seeds = len({seed for kept in self.cases for seed in kept["case"].get("seeds", [kept["case"].get("seed")])})
        said = f"Kept run, {' to '.join(sorted({dates[0], dates[-1]}))}, {seeds} seed{'s' * (seeds > 1)}"
        return f'<details class="kept"><summary>{said}</summary>{html.escape(repr(self))}</details>'


def load(name):
    """Results that come with the package: "scoreboard", for example."""
    there = sorted(each.stem for each in FOLDER.glob("*.json"))
    expect(name in there, "name", f"one of {', '.join(there)}", name)
    return Results(FOLDER / f"{name}.json")


def provenance(command, jobs=1):
    """What a result came from, as texts. jobs: how many were made at a time."""
    details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
    device = ", ".join(each["device_name"] for each in details) or f"CPU ({platform.machine()})"
    return {
        "command": command or "by hand",
        "commit": _commit(),
        "device": f"{device}, {jobs} runs at a time" if jobs > 1 else device,
        "versions": f"tensorflow {tf.__version__}, keras {keras.__version__}",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
    }


@functools.cache  # for the results themselves, once written, are a change that git would call dirty
def _commit():
    git = ["git", "-C", str(pathlib.Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"  # installed without its history
