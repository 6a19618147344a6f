"""Runs a notebook, cell by cell, in an empty folder, and counts what it costs."""

import contextlib
import shutil
import tempfile

import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError


class NotebookFailed(Exception):
    """A cell failed, or Python died in it; the message says which cell and why."""


def run(notebook, env, kernel=None, beside=(), each=None):
    """Execute a notebook's code cells in place, in order. Returns [(the cell in words, its CPU-seconds), ...].

    env: the kernel's environment; kernel: its manager, by default a new one for this Python; beside: files to be copied
    into the folder, which is empty otherwise; each(cell, where): called after a cell, where: the cell in words.
    Raises NotebookFailed.
    """
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    spent, before = [], 0.0
    # An empty folder, so that nothing a notebook needs can lie beside it unnoticed.
    with tempfile.TemporaryDirectory(prefix="chapter-") as folder, tempfile.TemporaryFile("w+") as last_words:
        for file in beside:
            shutil.copy(file, folder)
        client = NotebookClient(
            notebook,
            timeout=None,
            kernel_name="python3",
            record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        client.km = kernel  # not as an argument: the client would leave it running
        client.reset_execution_trackers()
        with client.setup_kernel(env=env, stderr=last_words):
            for number, index in enumerate(code, start=1):
                cell = notebook.cells[index]
                cell.outputs, cell.execution_count = [], None
                where = f"code cell {number} of {len(code)} ({_first_line(cell)})"
                try:
                    client.execute_cell(cell, index, execution_count=number)
                except CellExecutionError as error:
                    raise NotebookFailed(f"{where} failed:\n\n{error.traceback}") from error
                except DeadKernelError as error:
                    last_words.seek(0)
                    raise NotebookFailed(f"{where}: Python died.\n\n{last_words.read()[-2000:]}") from error
                if each:
                    each(cell, where)
                now = cpu_seconds(client.km.provisioner.pid)
                spent.append((f"cell {number} ({_first_line(cell)})", now - before))
                before = now
    return spent


def cpu_seconds(pid):
    """The time, user and system, that a process and its children have taken so far, those that have ended included."""
    process = psutil.Process(pid)
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(each.cpu_times()[:4])  # its own two, and those of the children that it has waited for
    return total


def row(name, spent):
    """A notebook's cost in a line: its CPU-seconds, and its three dearest cells. spent: what `run` returned."""
    dearest = sorted(spent, key=lambda cell: cell[1], reverse=True)[:3]
    cells = "; ".join(f"{seconds:.0f} {cell}" for cell, seconds in dearest)
    return f"{name:28} {sum(seconds for _, seconds in spent):5.0f} CPU-s   dearest: {cells}"


def _first_line(cell):
    lines = [line for line in cell.source.splitlines() if line.strip()]
    return lines[0].strip()[:60] if lines else "empty"
