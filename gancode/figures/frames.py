"""`scrub`: training as a strip of frames that the reader moves through, with no kernel and no network. All chapters.

The page behind it, a picture with a slider for each of its settings, is also what `explorer` shows.
"""

import base64
import hashlib
import html
import io
import json
import math

from IPython.display import HTML
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from gancode._arguments import expect, listed, positive_integer, text

# What a page shows where scripts are not run is one frame; the controls come alive with the script.
# keydown goes no further than the sliders: JupyterLab would take the arrow keys for moving between cells.
# Each script takes the first that no other has: JupyterLab's "new view for output" puts a copy on the page.
PAGE = """
<div data-{kind}="{name}" style="max-width:{width}px;margin:0.5em 0" data-lm-suppress-shortcuts="true">
{picture}
{rows}
<script>
(() => {{
  const frames = {frames}, names = {names}, stops = {stops}, what = {what};
  const root = document.querySelector('[data-{kind}="{name}"]:not([data-alive])');
  root.dataset.alive = "yes";
  const image = root.querySelector("img"), button = root.querySelector("button");
  const sliders = [...root.querySelectorAll("input")], outputs = root.querySelectorAll("output");
  let timer = null;
  const show = () => {{
    let frame = 0;
    const said = sliders.map((slider, k) => {{
      const stop = stops[k][+slider.value];
      frame = frame * stops[k].length + +slider.value;
      slider.setAttribute("aria-valuetext", stop); outputs[k].textContent = stop;
      return names[k] ? names[k] + " " + stop : stop;
    }});
    image.src = frames[frame]; image.alt = [what, ...said].join(", ");
  }};
  const pause = () => {{ clearInterval(timer); timer = null; if (button) button.textContent = "Play"; }};
  const atEnd = () => +sliders[0].value >= stops[0].length - 1;
  const go = (to) => {{ sliders[0].value = to; show(); }};
  const slow = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (button) button.onclick = () => {{
    if (timer) return pause();
    if (atEnd()) go(0);
    timer = setInterval(() => atEnd() ? pause() : go(+sliders[0].value + 1), slow ? 1500 : {interval});
    button.textContent = "Pause"; button.disabled = false;
  }};
  for (const slider of sliders) {{ slider.oninput = () => {{ pause(); show(); }}; slider.disabled = false; }}
  if (button) button.disabled = false;
  root.addEventListener("keydown", (event) => event.stopPropagation());
  show();
}})();
</script>
</div>
"""
PICTURE = """<img alt="{alt}" src="{src}" width="{width}" height="{height}"
style="width:100%;height:auto;background:#fff">"""
ROW = """<div style="display:flex;gap:0.6em;align-items:center;flex-wrap:wrap;margin-top:0.4em">{head}
<input type="range" min="0" max="{end}" value="{at}" step="1" disabled aria-label="{title}"
style="flex:1;min-width:5em;height:24px">
<output style="min-width:{room}ch;font-variant-numeric:tabular-nums">{label}</output>
</div>"""
PLAY = '\n<button type="button" disabled style="min-width:5em;padding:0.3em 0.6em;font:inherit">Play</button>'
TITLE = '\n<span aria-hidden="true" style="min-width:4em">{}</span>'


def scrub(frames, labels, alt, interval=400):
    """A slider and a Play button over frames: HTML that works in a page, in JupyterLab and on Colab.

    Args:
        frames: matplotlib Figures, all of one size.
        labels: one short text a frame, such as "step 200".
        alt: what the picture shows, for those who do not see it; each frame's label is added to it.
        interval: milliseconds a frame while it plays (1.5 s where the reader's system asks for less motion).

    Returns:
        An IPython HTML object.

    Raises:
        ValueError: for no frames, for labels of another number, for frames of different sizes and for an interval that
            is none.
    """
    text("alt", alt)
    positive_integer("interval", interval)
    frames, labels = listed("frames", frames), [str(label) for label in listed("labels", labels)]
    holds = frames and len(frames) == len(labels)
    expect(holds, "labels", "one for each of at least one frame", got=f"{len(labels)} for {len(frames)}")
    return HTML(page(frames, {"": labels}, [len(labels) - 1], alt, interval))


def page(frames, settings, at, alt, interval=None):
    """The HTML of frames under sliders: one frame for each combination, the last setting changing fastest.

    settings: {name: the labels of its stops}. at: the stop where each slider begins. interval: for a Play button.
    """
    pictures, sizes = zip(*map(webp, frames), strict=True)
    expect(len(set(sizes)) == 1, "frames", "all of one size in pixels", got=sorted(set(sizes)))
    stops = list(settings.values())
    digest = hashlib.sha256(json.dumps([alt, settings, pictures]).encode()).hexdigest()  # same content, same name
    width, height = sizes[0]
    room = max(len(label) for labels in stops for label in labels)  # or a slider's length would change as it moves
    rows = [
        ROW.format(
            head=PLAY if interval else TITLE.format(html.escape(name)),
            title=html.escape(name or alt, quote=True),
            label=html.escape(labels[here]),
            end=len(labels) - 1,
            room=room,
            at=here,
        )
        for (name, labels), here in zip(settings.items(), at, strict=True)
    ]
    return PAGE.format(
        kind="scrub" if interval else "explore",
        name=digest[:12],
        picture=picture(pictures[frame_index(at, stops)], describe(alt, settings, at), width, height),
        rows="\n".join(rows),
        frames=_for_script(pictures),
        names=_for_script(list(settings)),
        stops=_for_script(stops),
        what=_for_script(alt),
        interval=int(interval or 0),
        width=width,
    )


def picture(src, alt, width, height):
    """One frame as HTML."""
    return PICTURE.format(src=src, alt=html.escape(alt, quote=True), width=width, height=height)


def describe(alt, settings, at):
    """What is seen with the sliders at these stops."""
    said = [f"{name} {labels[here]}".strip() for (name, labels), here in zip(settings.items(), at, strict=True)]
    return ", ".join([alt, *said])


def frame_index(at, stops):
    """The place of a combination among all of them, the last setting changing fastest."""
    return sum(here * math.prod(map(len, stops[k + 1 :])) for k, here in enumerate(at))


def webp(figure):
    """A Figure as an address that holds the picture itself, and its (width, height)."""
    expect(isinstance(figure, Figure), "frames", "matplotlib Figures", got=type(figure).__name__)
    png, small = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=100)
    plt.close(figure)  # one that was left open would be shown again below the cell
    image = Image.open(png).convert("RGB")
    image.save(small, format="webp", quality=60, method=6)  # method: small before quick
    return "data:image/webp;base64," + base64.b64encode(small.getvalue()).decode(), image.size


def _for_script(value):
    return json.dumps(value).replace("<", "\\u003c")  # no text of ours may end the script, nor open a comment in it
