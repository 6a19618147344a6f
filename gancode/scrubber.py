"""`scrub`: training as a strip of frames that the reader moves through, with no kernel and no network. All chapters."""

import base64
import hashlib
import html
import io
import json

from IPython.display import HTML
from matplotlib.figure import Figure
from PIL import Image

# What a page shows where scripts are not run is the last frame; the controls come alive with the script.
# keydown goes no further than the slider: JupyterLab would take the arrow keys for moving between cells.
# Each script takes the first that no other has: JupyterLab's "new view for output" puts a copy on the page.
TEMPLATE = """
<div data-scrub="{name}" style="max-width:{width}px;margin:0.5em 0" data-lm-suppress-shortcuts="true">
<img alt="{alt}" src="{last}" style="width:100%;height:auto;background:#fff" width="{width}" height="{height}">
<div style="display:flex;gap:0.6em;align-items:center;flex-wrap:wrap;margin-top:0.4em">
<button type="button" disabled style="min-width:5em;padding:0.3em 0.6em;font:inherit">Play</button>
<input type="range" min="0" max="{end}" value="{end}" step="1" disabled aria-label="{what}"
 style="flex:1;min-width:8em">
<output style="min-width:9em;font-variant-numeric:tabular-nums">{label}</output>
</div>
<script>
(() => {{
  const frames = {frames}, labels = {labels}, what = {what_json};
  const root = document.querySelector('[data-scrub="{name}"]:not([data-alive])');
  root.dataset.alive = "yes";
  const image = root.querySelector("img"), slider = root.querySelector("input");
  const button = root.querySelector("button"), output = root.querySelector("output");
  let timer = null;
  const show = (i) => {{
    slider.value = i; image.src = frames[i]; image.alt = what + ", " + labels[i];
    slider.setAttribute("aria-valuetext", labels[i]); output.textContent = labels[i];
  }};
  const stop = () => {{ clearInterval(timer); timer = null; button.textContent = "Play"; }};
  const next = () => {{ if (+slider.value >= frames.length - 1) stop(); else show(+slider.value + 1); }};
  const slow = matchMedia("(prefers-reduced-motion: reduce)").matches;
  button.onclick = () => {{
    if (timer) return stop();
    if (+slider.value >= frames.length - 1) show(0);
    timer = setInterval(next, slow ? 1500 : {interval}); button.textContent = "Pause";
  }};
  slider.oninput = () => {{ stop(); show(+slider.value); }};
  root.addEventListener("keydown", (event) => event.stopPropagation());
  slider.disabled = button.disabled = false;
  slider.setAttribute("aria-valuetext", labels[labels.length - 1]);
}})();
</script>
</div>
"""


def scrub(frames, labels, alt, interval=400):
    """A slider and a Play button over frames: HTML that works in a page, in JupyterLab and on Colab.

    frames:   matplotlib Figures, all of one size.
    labels:   one short text a frame, such as "step 200".
    alt:      what the picture shows, for those who do not see it; each frame's label is added to it.
    interval: milliseconds a frame while it plays (1.5 s where the reader's system asks for less motion).

    Returns an IPython HTML object. Raises ValueError for no frames or for labels of another number.
    """
    frames, labels = list(frames), [str(label) for label in labels]
    if not frames or len(frames) != len(labels):
        raise ValueError(f"labels: expected one for each of at least one frame, got {len(labels)} for {len(frames)}")
    pictures, sizes = zip(*(_webp(frame) for frame in frames), strict=True)
    digest = hashlib.sha256("".join([alt, *labels, *pictures]).encode()).hexdigest()  # the same content, the same name
    width, height = sizes[-1]
    return HTML(
        TEMPLATE.format(
            name=digest[:12],
            what=html.escape(alt, quote=True),
            what_json=_for_script(alt),
            alt=html.escape(f"{alt}, {labels[-1]}", quote=True),
            label=html.escape(labels[-1]),
            last=pictures[-1],
            end=len(pictures) - 1,
            frames=_for_script(pictures),
            labels=_for_script(labels),
            interval=int(interval),
            width=width,
            height=height,
        )
    )


def _webp(figure):
    if not isinstance(figure, Figure):
        raise ValueError(f"frames: expected matplotlib Figures, got {type(figure).__name__}")
    png, webp = io.BytesIO(), io.BytesIO()
    figure.savefig(png, format="png", dpi=100)
    image = Image.open(png).convert("RGB")
    image.save(webp, format="webp", quality=60)
    return "data:image/webp;base64," + base64.b64encode(webp.getvalue()).decode(), image.size


def _for_script(value):
    return json.dumps(value).replace("<", "\\u003c")  # no text of ours may end the script, nor open a comment in it
