"""`explore`: a figure with knobs. In a live kernel it is drawn anew; in the page it moves among frames drawn before."""

import itertools
import math

import numpy as np

from gancode._arguments import expect, listed, named, positive_integer, text
from gancode.figures.frames import describe, page, picture, webp

MOST = 64  # frames a page holds: more would weigh too much and take too long to draw


def explore(draw, settings, alt, start=None, finer=1):
    """A figure under sliders, one for each setting: "what if the clip bound were larger?"

    Args:
        draw: a function of the settings, by name, that returns a matplotlib Figure: draw(clip=0.1, depth=12).
        settings: {"clip": [0.001, 0.01, 0.1], "depth": [4, 12]}: the stops of each slider. Their combinations, 64 at
            most, are drawn now, for pages that have no kernel.
        alt: what the picture shows, for those who do not see it; the settings are added to it.
        start: {"clip": 0.01}: where the sliders begin; at their first stops unless told.
        finer: with a kernel, the steps from one number of a setting to the next; the stops between them are drawn when
            they are asked for.

    Returns:
        An object that a notebook shows as ipywidgets, and a page as HTML.

    Raises:
        ValueError: for a setting without stops, for too many combinations, for a start that is none of the stops and
            for frames of different sizes.
    """
    text("alt", alt)
    positive_integer("finer", finer)
    expect(callable(draw), "draw", "a function that returns a Figure", draw)
    settings = {name: listed(f"settings[{name!r}]", stops) for name, stops in named("settings", settings).items()}
    settings = {name: [_plain(stop) for stop in stops] for name, stops in settings.items()}
    sizes = {name: len(stops) for name, stops in settings.items()}
    count = math.prod(sizes.values())
    expect(1 <= count <= MOST, "settings", f"1 to {MOST} combinations", got=f"{count} from stops {sizes}")
    at = {name: stops[0] for name, stops in settings.items()} | (start or {})
    for name, value in at.items():
        holds = value in settings.get(name, [])
        expect(holds, "start", f"stops of {list(settings)}", got=f"{name} = {value!r}")
    return Explorer(draw, settings, alt, at, finer)


class Explorer:
    """What `explore` returns: `html` for pages, `widget()` for a live kernel, both in what a notebook is shown."""

    def __init__(self, draw, settings, alt, at, finer):
        self.draw, self.settings, self.alt, self.at, self.finer = draw, settings, alt, at, finer
        every = itertools.product(*settings.values())
        frames = (draw(**dict(zip(settings, each, strict=True))) for each in every)  # one after another: 64 are many
        places = [settings[name].index(at[name]) for name in settings]
        self.html = page(frames, {name: [label(s) for s in stops] for name, stops in settings.items()}, places, alt)

    def widget(self):
        """Sliders and a picture that is drawn anew: an ipywidgets box."""
        import ipywidgets as widgets  # only where a kernel shows it

        wide = f"{max(map(len, self.settings))}ch"  # so that all sliders begin at one place
        how = {"continuous_update": False, "style": {"description_width": wide}, "layout": {"width": "auto"}}
        sliders = {}
        for name, stops in self.settings.items():
            options = [(label(stop), stop) for stop in between(stops, self.finer)]
            sliders[name] = widgets.SelectionSlider(options=options, value=self.at[name], description=name, **how)
        shown = widgets.HTML()
        box = widgets.VBox([shown, *sliders.values()])

        def redraw(change=None):
            now = {name: slider.value for name, slider in sliders.items()}
            src, (width, height) = webp(self.draw(**now))
            alt = describe(self.alt, {name: [label(value)] for name, value in now.items()}, [0] * len(now))
            shown.value = picture(src, alt, width, height)
            box.layout.max_width = f"{width}px"

        for name, slider in sliders.items():
            slider.tooltip = name  # or it would be "null"
            slider.observe(redraw, names="value")
        redraw()
        return box

    def _repr_mimebundle_(self, include=None, exclude=None):
        # Written by hand, since Colab's ipywidgets 7.7 has no method for it.
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget().model_id}
        return {"application/vnd.jupyter.widget-view+json": view, "text/html": self.html, "text/plain": self.alt}


def between(stops, finer):
    """The stops with finer - 1 more between each two neighbours, if they are numbers; whole ones stay whole."""
    if finer <= 1 or not all(isinstance(stop, (int, float)) and not isinstance(stop, bool) for stop in stops):
        return stops
    places = np.linspace(0, len(stops) - 1, finer * (len(stops) - 1) + 1)
    values = np.interp(places, range(len(stops)), stops)
    if all(isinstance(stop, int) for stop in stops):
        return list(dict.fromkeys(round(value) for value in values))  # each once
    values[::finer] = stops  # exactly: a slider begins at one of them
    return [float(value) for value in values]


def label(value):
    """A setting's value as the reader sees it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value  # NumPy's numbers as Python's
