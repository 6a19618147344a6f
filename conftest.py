"""What all runs of pytest share: less work for the collector; and, after the chapters have been run again, what each
cost, a row a notebook. That informs; no test fails by the clock."""

import gc

import pytest

COST = "cpu_seconds"


def pytest_collection_finish(session):
    """What has been imported stays. To look through it again and again takes a tenth of tests that trace."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)  # while the kernel is still there
def pytest_runtest_teardown(item, nextitem):
    last_of_its_notebook = nextitem is None or nextitem.parent is not item.parent
    kernel = getattr(item.parent, "kernel", None)
    if kernel is not None and last_of_its_notebook and kernel.is_alive():
        from runner import cpu_seconds  # only where notebooks are run

        item.user_properties.append((COST, cpu_seconds(kernel.km.provisioner.pid)))


def pytest_terminal_summary(terminalreporter):
    reports = [
        report for group in terminalreporter.stats.values() for report in group if hasattr(report, "user_properties")
    ]
    costs = {
        report.nodeid.partition("::")[0]: value
        for report in reports
        for name, value in report.user_properties
        if name == COST
    }
    if costs:
        terminalreporter.section("CPU-seconds of the notebooks")
        for notebook, seconds in sorted(costs.items()):
            terminalreporter.write_line(f"{seconds:6.0f}  {notebook}")
        terminalreporter.write_line(f"{sum(costs.values()):6.0f}  together")
