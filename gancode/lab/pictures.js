// The four small pictures: gradient by layer, weights, slopes at the interpolates, the estimate beside the truth.

import {fitted} from "./surface.js";
import {clamp, short} from "./words.js";

const LEFT = 46, RIGHT = 10, TOP = 8, BOTTOM = 24; // around what is drawn, for the axes

// Frame, grid and labels. x and y: {low, high, ticks: [[value, label], ...], name}. Returns where a value goes.
function axes(canvas, x, y, ink) {
  const {context, width, height} = fitted(canvas);
  const box = {left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM};
  const across = (value) => box.left + (value - x.low) / (x.high - x.low) * (box.right - box.left);
  const up = (value) => box.bottom - (value - y.low) / (y.high - y.low) * (box.bottom - box.top);
  context.font = `11px ${ink.font}`;
  context.lineWidth = 1;
  context.strokeStyle = ink.grid;
  context.fillStyle = ink.soft;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [value, label] of y.ticks) {
    line(context, box.left, up(value), box.right, up(value));
    context.fillText(label, box.left - 5, up(value));
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const [value, label] of x.ticks) {
    line(context, across(value), box.bottom, across(value), box.bottom + 3);
    context.fillText(label, clamp(across(value), 14, width - 14), box.bottom + 6);
  }
  context.strokeStyle = ink.soft;
  line(context, box.left, box.bottom, box.right, box.bottom);
  return {context, box, across, up};
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

// About `wanted` round numbers from low to high.
export function roundTicks(low, high, wanted = 4) {
  const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((k) => k * power >= raw * 0.999) * power;
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-6); k * step <= high + 1e-6 * step; k++) ticks.push([k * step, label(k * step)]);
  return ticks;
}

function label(value) {
  return Math.abs(value) < 1e4 && (value === 0 || Math.abs(value) >= 1e-3) ? `${+value.toPrecision(3)}`.replace("-", "−") : short(value);
}

// The least of 1, 2 and 5 times a power of ten that holds x: a scale that does not tremble.
export function roundAbove(x) {
  const power = 10 ** Math.floor(Math.log10(x));
  return [1, 2, 5, 10].find((k) => k * power >= x) * power;
}

// Norm by layer on a log axis, the output on the left and layer 1 on the right: the way the gradient travels.
// span: {low, high} in powers of ten, kept by the caller from picture to picture, so that it only ever grows.
export function drawLayers(canvas, state, ink, span, predicted) {
  const norms = state.layerNorms, layers = norms.length;
  for (const norm of norms) {
    if (!(norm > 0)) continue;
    span.low = Math.min(span.low, Math.floor(Math.log10(norm)));
    span.high = Math.max(span.high, Math.ceil(Math.log10(norm)));
  }
  const every = Math.max(1, Math.ceil((span.high - span.low) / 5)), ticks = [];
  for (let k = Math.ceil(span.low / every) * every; k <= span.high; k += every) ticks.push([k, `1e${k}`.replace("-", "−")]);
  const named = Array.from(norms, (_, k) => [-k - 1, `${k + 1}`]).filter(([k]) => layers < 8 || (-k - 1) % 3 === 0);
  const {context, box, across, up} = axes(canvas, {low: -layers - 0.5, high: -0.5, ticks: named}, {...span, ticks}, ink);
  const foot = box.bottom - 5;
  const height = (norm) => norm > 0 ? clamp(up(Math.log10(norm)), box.top, box.bottom) : foot;
  if (predicted) {
    context.strokeStyle = ink.soft;
    context.setLineDash([4, 3]);
    polyline(context, predicted.map((norm, k) => [across(-k - 1), height(norm)]));
    context.setLineDash([]);
  }
  context.strokeStyle = context.fillStyle = ink.method;
  context.lineWidth = 2;
  const places = Array.from(norms, (norm, k) => [across(-k - 1), height(norm)]);
  polyline(context, places.filter((_, k) => norms[k] > 0));
  places.forEach(([x, y], k) => {
    context.beginPath();
    if (norms[k] > 0) context.arc(x, y, 3, 0, 7);
    else [[x - 4, y - 3], [x + 4, y - 3], [x, y + 4], [x - 4, y - 3]].forEach((corner) => context.lineTo(...corner));
    if (norms[k] > 0) context.fill();
    else context.stroke(); // zero stands as a hollow triangle at the foot
  });
}

function polyline(context, places) {
  context.beginPath();
  places.forEach((place) => context.lineTo(...place));
  context.stroke();
  if (places.length === 1) context.fillRect(places[0][0] - 2, places[0][1] - 2, 4, 4); // a line of one place
}

function bars(context, {across, box, up}, edges, counts, ink) {
  context.fillStyle = ink.method;
  counts.forEach((count, k) => {
    if (!count) return;
    const left = across(edges[k]), right = across(edges[k + 1]), top = Math.min(up(count), box.bottom - 1);
    context.fillRect(left, top, Math.max(1, right - left - 0.5), box.bottom - top);
  });
}

// A dashed upright at a value that is meant to be looked for.
function mark(context, {across, box}, value, ink) {
  context.strokeStyle = ink.real;
  context.lineWidth = 1.5;
  context.setLineDash([5, 3]);
  line(context, across(value), box.top, across(value), box.bottom);
  context.setLineDash([]);
}

export function drawWeights(canvas, state, ink, clip) {
  const {edges, counts} = state.weights, most = roundAbove(Math.max(...counts, 1));
  const reach = Math.max(-edges[0], edges.at(-1), clip ? 1.1 * clip : 0);
  const frame = axes(canvas, {low: -reach, high: reach, ticks: roundTicks(-reach, reach)},
    {low: 0, high: most, ticks: roundTicks(0, most, 3)}, ink);
  bars(frame.context, frame, edges, counts, ink);
  if (clip) for (const end of [-clip, clip]) mark(frame.context, frame, end, ink);
}

// wanted: the slope that costs nothing, or null
export function drawSlopes(canvas, state, ink, wanted) {
  const norms = state.inputNorms, high = Math.max(2, roundAbove(Math.max(...norms) || 1)), bins = 40;
  const counts = new Array(bins).fill(0), edges = Array.from({length: bins + 1}, (_, k) => k / bins * high);
  for (const norm of norms) counts[Math.min(bins - 1, Math.floor(norm / high * bins))]++;
  const most = roundAbove(Math.max(...counts, 1));
  const frame = axes(canvas, {low: 0, high, ticks: roundTicks(0, high)}, {low: 0, high: most, ticks: roundTicks(0, most, 3)}, ink);
  bars(frame.context, frame, edges, counts, ink);
  if (wanted) mark(frame.context, frame, wanted, ink);
}

// curve: [[steps, what the critic reports, W1], ...]
export function drawCurve(canvas, curve, ink) {
  const last = curve.length ? curve.at(-1)[0] : 0, end = Math.max(50, last * 1.02);
  let low = 0, high = 0.1;
  for (const [, reported, w1] of curve) {
    low = Math.min(low, reported);
    high = Math.max(high, reported, w1);
  }
  const y = {low: low * 1.05, high: high * 1.05};
  const {context, across, up} = axes(canvas, {low: 0, high: end, ticks: roundTicks(0, end)},
    {...y, ticks: roundTicks(y.low, y.high, 3)}, ink);
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = ink.real;
  context.setLineDash([6, 3]);
  polyline(context, curve.map(([step, , w1]) => [across(step), up(w1)]));
  context.setLineDash([]);
  context.strokeStyle = context.fillStyle = ink.method;
  polyline(context, curve.map(([step, reported]) => [across(step), up(reported)]));
}
