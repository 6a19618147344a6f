"""Another framework's trainer in a process of its own: in one, TensorFlow 2.21 and PyTorch 2.14 end in a crash.

`bench.py` starts it, sends what the trainer is made from, and then, for each turn, a number of steps; the answer is the
seconds that they took, on the clock and of all cores together.
"""

import importlib
import pathlib
import pickle
import subprocess
import sys
import time


class Trainer:
    """`module.Trainer(*settings)` in a new process; called with a number of steps it gives the two times."""

    def __init__(self, module, *settings):
        command = [sys.executable, __file__, module]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_HERE)
        self._send(settings)

    def __call__(self, steps):
        self._send(steps)
        return pickle.load(self.process.stdout)

    def close(self):
        self.process.stdin.close()  # it ends by itself
        self.process.stdout.close()
        self.process.wait()

    def _send(self, what):
        pickle.dump(what, self.process.stdin)
        self.process.stdin.flush()


_HERE = pathlib.Path(__file__).parent


def now():
    return time.perf_counter(), time.process_time()


def call(module, function, *arguments):
    """What a function of a module returns, called in a new process. NumPy's arrays go there and back."""
    command = [sys.executable, __file__, module, function]
    done = subprocess.run(command, input=pickle.dumps(arguments), stdout=subprocess.PIPE, cwd=_HERE, check=True)
    return pickle.loads(done.stdout)


def main(module, function="Trainer"):
    sys.path.insert(0, str(_HERE))
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # what a framework prints is no answer
    made = getattr(importlib.import_module(module), function)(*pickle.load(sys.stdin.buffer))
    if function != "Trainer":
        pickle.dump(made, answers)
        return
    while True:
        try:
            steps = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        clock, cores = now()
        made.run(steps)
        then = now()
        pickle.dump((then[0] - clock, then[1] - cores), answers)
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
