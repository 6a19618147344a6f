"""`lab`: train a critic in the page itself, with no kernel and no network. Chapters 1 to 5 and 7.

The lab is the JavaScript, the markup and the style beside this file. They are plain files, each with one idea, that
import one another; but a page opened from a disk may import nothing, and what a notebook shows has no files at all. So
they are joined here: the page's files into one script, the engine's into the text of a Web Worker.
"""

import base64
import html as escape
import io
import json
import pathlib
import re

from PIL import Image

from gancode._arguments import expect, number, one_of
from gancode.figures.markup import fill, for_script, text

FOLDER = pathlib.Path(__file__).parent
ENGINE = "random allowed data matrix network losses critic generator optimiser transport look trainer worker".split()
PAGE = "presets settings words surface pictures drawing screen controls surroundings page".split()

# What the page calls by another name than the package does. (And lambda is a word of Python's own.)
NAMES = {"penalty_weight": "lambda", "learning_rate": "rate", "n_critic": "nCritic", "batch_size": "batch"}

BETWEEN_FILES = re.compile(r"^import .*\n|^export ", re.MULTILINE)

# In a div, since IPython has advice for HTML that is a bare <iframe>.
FRAME = """<div><iframe title="The critic lab" srcdoc="{}" allow="fullscreen"
style="width:100%;height:900px;border:0"></iframe></div>"""


def lab(preset=None, **settings):
    """The critic lab in a notebook: an IPython HTML object. It runs in the browser; the kernel has nothing to do.

    Args:
        preset: a name from `presets`, such as "vanish"; None begins with the first state of the lab.
        **settings: what differs from it. data, constraint, clip, penalty_weight, depth, width, learning_rate,
            optimiser, generator, batch_size, n_critic, seed.

    Raises:
        ValueError: for a preset or a setting that there is not, and for a value that a setting can not have.
    """
    from IPython.display import HTML

    return HTML(FRAME.format(escape.escape(html(preset, **settings))))


def presets():
    """{name: title} of the settings that the lab knows by name."""
    return {name: preset["title"] for name, preset in constant("PRESETS").items()}


def html(preset=None, **settings):
    """The lab as one document that asks for nothing else. For the arguments see `lab`."""
    return fill(FOLDER / "document.html", {"TITLE": "The critic lab", "LAB": fragment(preset, **settings)})


def fragment(preset=None, **settings):
    """The same without the document around it, to stand in a page. For the arguments see `lab`."""
    parts = {"STYLE": text(FOLDER / "page.css"), "ENGINE": for_script(join(ENGINE)), "PAGE": join(PAGE)}
    begin = {"START": escape.escape(json.dumps(start(preset, settings)))}
    return fill(FOLDER / "page.html", parts | still(FOLDER) | begin)


def still(folder):
    """The picture that stands in for a page where scripts are off, as parts of its markup."""
    picture = (folder / "still.webp").read_bytes()
    width, height = Image.open(io.BytesIO(picture)).size
    return {"STILL": f"data:image/webp;base64,{base64.b64encode(picture).decode()}", "WIDTH": width, "HEIGHT": height}


def join(names):
    """These files after one another, as one script: without their imports and the word export."""
    return "\n".join(BETWEEN_FILES.sub("", text(FOLDER / f"{name}.js")).strip() + "\n" for name in names)


def start(preset, settings):
    """What the page begins with, in its own names: {"preset": ..., "depth": ...}. Raises ValueError."""
    controls, found = constant("CONTROLS"), {}
    if preset is not None:
        found["preset"] = one_of("preset", preset, presets())
    known = {**{name: name for name in controls if name not in NAMES.values()}, **NAMES}
    for name, value in settings.items():
        if name not in known:
            raise ValueError(f"{name}: the lab has no such setting; it has {', '.join(known)}")
        control = controls[known[name]]
        if "choices" in control:
            one_of(name, value, control["choices"])
        else:
            least, *_, most = control["stops"]
            kind, said = (int, "whole number") if control.get("whole") else (float, "number")
            holds = least <= number(name, value) <= most and value == kind(value)
            value = kind(expect(holds, name, f"a {said} from {least} to {most}", value))
        found[known[name]] = value
    return found


def constant(name):
    """CONTROLS of settings.js or PRESETS of presets.js. What Python reads too is written there as JSON."""
    settings, begin = text(FOLDER / "settings.js") + text(FOLDER / "presets.js"), f"export const {name} = "
    return json.JSONDecoder().raw_decode(settings, settings.index(begin) + len(begin))[0]
