"""Files that are there whole or not at all. Under all that writes one."""

import contextlib
import os


def write_whole(path, write, name="", then="what stood before stands", mark=""):
    """Have write(file) write a file beside this one, which then takes its place: what stops halfway leaves nothing.

    Args:
        path: a pathlib.Path, of which folders are made too.
        write: a function of the path that it is to write to.
        name: begins the OSError's message, where it can not be done.
        then: ends it: what is to be said of the file that should have been replaced.
        mark: a text in the name of the file beside it, where several processes may write the same one at a time.
    """
    beside = path.with_name(f"partial-{mark}{path.name}")  # of the same suffix, which may say what is to be written
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        with open(beside, "rb+") as file:
            os.fsync(file.fileno())  # on the disk before it gets its name
        os.replace(beside, path)
    except OSError as error:
        raise OSError(f"{name}{path} could not be written ({error.strerror or error}); {then}") from error
    finally:
        with contextlib.suppress(OSError):  # of none that was begun; what went wrong has been said
            beside.unlink()
