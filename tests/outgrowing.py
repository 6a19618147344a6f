"""The code on the page book/outgrowing.md, with smaller numbers: for test_devices.py and outgrowing_page.py."""

import pathlib
import re
import textwrap

PAGE = pathlib.Path(__file__).parent.parent / "book" / "outgrowing.md"
SMALL = {
    "channels": 1,
    "batch_size": 8,
    "n_critic": 1,
    "epochs": 2,
    "steps_per_epoch": 4,
    "steps_per_execution": 2,
    "full": False,  # what travels with the book
}


def blocks(language):
    """The page's blocks in one language, from top to bottom."""
    page = PAGE.read_text()
    found = [textwrap.dedent(code) for code in re.findall(rf"^ *```{language}\n(.*?)^ *```$", page, re.M | re.S)]
    for name, value in SMALL.items():
        found = [re.sub(rf"\b{name}=\w+", f"{name}={value}", code) for code in found]
    return found
