"""`explore`: a figure under knobs, which moves among frames drawn before, in a page as in a notebook."""

import itertools
import math

import numpy as np
from IPython.display import HTML

from gancode._arguments import expect, listed, named, text
from gancode.figures.frames import page

MOST = 64  # frames a page holds: more would weigh too much and take too long to draw


def explore(draw, settings, alt, start=None):
    """A figure under sliders, one for each setting: "what if the clip bound were larger?"

    Args:
        draw: a function of the settings, by name, that returns a matplotlib Figure: draw(clip=0.1, depth=12).
        settings: {"clip": [0.001, 0.01, 0.1], "depth": [4, 12]}: the stops of each slider. Each of their combinations,
            64 at most, is drawn now, so that the sliders need no kernel.
        alt: what the picture shows, for those who do not see it; the settings are added to it.
        start: {"clip": 0.01}: where the sliders begin; at their first stops unless told.

    Returns:
        An IPython HTML object.

    Raises:
        ValueError: for a setting without stops, for too many combinations, for a start that is none of the stops and
            for frames of different sizes.
    """
    text("alt", alt)
    expect(callable(draw), "draw", "a function that returns a Figure", draw)
    settings = {name: listed(f"settings[{name!r}]", stops) for name, stops in named("settings", settings).items()}
    settings = {name: [_plain(stop) for stop in stops] for name, stops in settings.items()}
    count = math.prod(map(len, settings.values()))
    expect(1 <= count <= MOST, "settings", f"1 to {MOST} combinations of stops", got=count)
    at = {name: stops[0] for name, stops in settings.items()} | (start or {})
    for name, value in at.items():
        expect(value in settings.get(name, []), "start", f"stops of {list(settings)}", got=f"{name} = {value!r}")
    # one after another: 64 are many
    frames = (draw(**dict(zip(settings, each, strict=True))) for each in itertools.product(*settings.values()))
    places = [settings[name].index(at[name]) for name in settings]
    return HTML(page(frames, {name: [label(s) for s in stops] for name, stops in settings.items()}, places, alt))


def label(value):
    """A setting's value as the reader sees it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value  # NumPy's numbers as Python's
