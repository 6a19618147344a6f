"""The one command line: `python -m gancode train FOLDER --out run`, and the experiments of chapters 5 to 7."""

import argparse
import importlib
import sys

COMMANDS = {
    "train": "a GAN of your own pictures: --help says how",
    "generate": "pictures from what was trained",
    "figure1": "Figure 1 of Gulrajani et al. 2017 (chapter 5)",
    "scoreboard": "one budget for all methods, several seeds (chapters 6 and 7)",
}


def main(arguments=None):
    """Hand what follows a command's name to its module, which is imported only now: TensorFlow takes seconds."""
    arguments = sys.argv[1:] if arguments is None else arguments
    usage, more = "python -m gancode COMMAND ...", "python -m gancode COMMAND --help says what one takes"
    listed, as_it_is = [f"{name:15s}{said}" for name, said in COMMANDS.items()], argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m gancode", usage, "\n".join(listed), more, formatter_class=as_it_is)
    parser.add_argument("command", choices=COMMANDS, help=argparse.SUPPRESS)
    command = parser.parse_args(arguments[:1]).command
    folder = "_command" if command in ("train", "generate") else "experiments"
    try:
        importlib.import_module(f"gancode.{folder}.{command}").main(arguments[1:])
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
