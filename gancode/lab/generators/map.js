// The plane: what it shows, and how a reader moves in it by mouse, finger or keys.

import {isDark, sheetOf} from "./painting.js";
import {EDGE} from "./state.js";

const STEP = 0.1; // of an arrow key; with Shift, a fifth of it
const KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
const SIDE = 28;

const hold = (x) => Math.min(EDGE, Math.max(-EDGE, x));

// moved(x, y): to there. settled(): the reader has let go.
export function movable(canvas, where, {moved, settled}) {
  let held = false, waiting = 0;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
    moved(hold(EDGE * (2 * x - 1)), hold(EDGE * (1 - 2 * y)));
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    event.preventDefault(); // or a finger would select text
    canvas.focus({preventScroll: true});
    canvas.setPointerCapture(event.pointerId);
    held = true;
    point(event);
  });
  canvas.addEventListener("pointermove", (event) => held && point(event));
  const lift = () => {
    if (held) settled();
    held = false;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const {x, y} = where(), step = event.shiftKey ? STEP / 5 : STEP, rounded = (z) => Number(hold(z).toFixed(2));
    if (event.key in KEYS) moved(rounded(x + step * KEYS[event.key][0]), rounded(y + step * KEYS[event.key][1]));
    else if (event.key === "Home") moved(-1, 0);
    else if (event.key === "End") moved(1, 0);
    else return;
    event.preventDefault(); // the page does not scroll meanwhile
    clearTimeout(waiting);
    waiting = setTimeout(settled, 300); // after the last of several
  });
}

// map: {tiles, across}, or null; it keeps its sheets, a light one and a dark one.
// ink: {paper, accent, font}
export function drawMap(canvas, map, {from, to, x, y}, ink) {
  const size = canvas.clientWidth, scale = devicePixelRatio || 1, context = canvas.getContext("2d");
  const at = (px, py) => [(px / EDGE + 1) / 2 * size, (1 - py / EDGE) / 2 * size];
  canvas.width = canvas.height = Math.round(size * scale);
  context.setTransform(canvas.width / size, 0, 0, canvas.width / size, 0, 0);
  context.fillStyle = ink.paper;
  context.fillRect(0, 0, size, size);
  if (!map?.tiles.length) return;
  context.globalAlpha = 0.55;
  context.imageSmoothingEnabled = false;
  map.sheets ??= {};
  const sheet = map.sheets[isDark()] ??= sheetOf(map.tiles, map.across, SIDE);
  context.drawImage(sheet, 0, 0, size, size);
  context.globalAlpha = 1;
  stroke(context, ink, () => {
    context.moveTo(...at(-1, 0));
    context.lineTo(...at(1, 0));
  });
  for (const [digit, px] of [[from, -1], [to, 1]]) {
    const [left, top] = at(px, 0);
    context.fillStyle = ink.accent;
    context.beginPath();
    context.arc(left, top, 12, 0, 7);
    context.fill();
    Object.assign(context, {fillStyle: ink.paper, font: `bold 15px ${ink.font}`, textAlign: "center", textBaseline: "middle"});
    context.fillText(digit, left, top + 1);
  }
  const [left, top] = at(x, y);
  stroke(context, ink, () => {
    context.arc(left, top, 17, 0, 7);
    for (const [across, up] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(left + 17 * across, top + 17 * up);
      context.lineTo(left + 25 * across, top + 25 * up);
    }
  });
}

// A line that can be seen on dark and on light.
function stroke(context, ink, path) {
  for (const [colour, wide] of [[ink.paper, 6], [ink.accent, 2.5]]) {
    Object.assign(context, {strokeStyle: colour, lineWidth: wide});
    context.beginPath();
    path();
    context.stroke();
  }
}
