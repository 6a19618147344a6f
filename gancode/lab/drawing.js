// Points of the reader's own, put on the map by mouse, finger or keyboard.

import {fitted, placer} from "./surface.js";
import {clamp} from "./words.js";

const PLANE = {left: -2, right: 2, bottom: -2, top: 2};
export const FEWEST = 8; // points to train with
const MOST_POINTS = 600;
const APART = 0.06; // between the points of a stroke
const STEP = 0.1; // of an arrow key; with Shift, a quarter of it

// points: a list x0, y0, x1, y1, ... that this changes. isOn(): may be drawn now? changed(): the list is another.
export function drawing(canvas, points, {isOn, changed}) {
  const cursor = {x: 0, y: 0, seen: false};
  let last = null;

  const put = (x, y) => {
    const inside = clamp(x, PLANE.left, PLANE.right) === x && clamp(y, PLANE.bottom, PLANE.top) === y;
    if (points.length < 2 * MOST_POINTS && inside) points.push(x, y);
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      PLANE.left + (event.clientX - box.left) / box.width * (PLANE.right - PLANE.left),
      PLANE.top - (event.clientY - box.top) / box.height * (PLANE.top - PLANE.bottom),
    ];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (!isOn() || event.button > 0) return;
    event.preventDefault(); // or a finger would select text
    canvas.focus({preventScroll: true});
    cursor.seen = false;
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    put(...last);
    changed(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last || !isOn()) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      const next = place(each);
      if (Math.hypot(next[0] - last[0], next[1] - last[1]) < APART) continue;
      put(...next);
      last = next;
    }
    changed(false);
  });
  const lift = () => {
    if (last) changed(true);
    last = null;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  canvas.addEventListener("keydown", (event) => {
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
    if (!isOn() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ways) {
      const step = event.shiftKey ? STEP / 4 : STEP;
      cursor.x = clamp(cursor.x + step * ways[event.key][0], PLANE.left, PLANE.right);
      cursor.y = clamp(cursor.y + step * ways[event.key][1], PLANE.bottom, PLANE.top);
      changed(false);
    } else if (event.key === " " || event.key === "Enter") {
      put(cursor.x, cursor.y);
      changed(true);
    } else if (event.key === "Backspace" || event.key === "Delete") {
      points.splice(-2);
      changed(true);
    } else return;
    cursor.seen = true;
    event.preventDefault(); // the page does not scroll meanwhile
  });
  canvas.addEventListener("blur", () => {
    cursor.seen = false;
    changed(false);
  });
  return cursor;
}

// The points alone, before there is a critic to draw a map of.
export function drawPoints(canvas, points, ink) {
  const {context, width, height} = fitted(canvas), at = placer(PLANE, width, height);
  context.fillStyle = ink.real;
  for (let k = 0; k < points.length; k += 2) {
    context.beginPath();
    context.arc(...at(points[k], points[k + 1]), 2.5, 0, 7);
    context.fill();
  }
  if (!points.length) {
    context.fillStyle = ink.soft;
    context.font = `15px ${ink.font}`;
    context.textAlign = "center";
    context.fillText("Draw here", width / 2, height / 2);
  }
}

export function drawCursor(canvas, cursor, ink) {
  if (!cursor.seen) return;
  const context = canvas.getContext("2d");
  const [x, y] = placer(PLANE, canvas.clientWidth, canvas.clientHeight)(cursor.x, cursor.y);
  for (const [colour, wide] of [[ink.paper, 5], [ink.real, 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.beginPath();
    context.moveTo(x - 9, y);
    context.lineTo(x + 9, y);
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
    context.stroke();
  }
}

export function aboutPoints(points, cursor) {
  const count = points.length / 2, many = `${count} point${count === 1 ? "" : "s"} drawn`;
  const more = count < FEWEST ? `; at least ${FEWEST} are needed to train` : "";
  const place = cursor.seen ? `; cursor at ${cursor.x.toFixed(2)}, ${cursor.y.toFixed(2)}`.replaceAll("-", "−") : "";
  return `${many}${more}${place}.`;
}
