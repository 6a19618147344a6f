// The map: what the critic says of every place, as a field of colour with contour lines, and the samples on it.

import {clamp, hasD, isFlat, mapOf, opinion} from "./words.js";

const LINES = 14; // as the book's own figure of it
const ARROWS = 60;
const ARROW = 0.24; // of the plane's units, where the slope is 1
const VIRIDIS = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"]
  .map((hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16)));

// The colour of a share of the range, 0 to 1: [red, green, blue].
function viridis(share) {
  const place = clamp(share, 0, 1) * (VIRIDIS.length - 1.001), k = Math.floor(place);
  return VIRIDIS[k].map((low, channel) => low + (place - k) * (VIRIDIS[k + 1][channel] - low));
}

const RAMP = Array.from({length: 256}, (_, k) => viridis(k / 255));

// A canvas as large as it is on the screen. Returns its context, in units of CSS, and its size.
export function fitted(canvas) {
  const {clientWidth: width, clientHeight: height} = canvas, dense = window.devicePixelRatio || 1;
  const wanted = [Math.round(width * dense), Math.round(height * dense)];
  if (canvas.width !== wanted[0] || canvas.height !== wanted[1]) [canvas.width, canvas.height] = wanted;
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.clearRect(0, 0, width, height);
  return {context, width, height};
}

// From the plane to the screen.
export function placer(extent, width, height) {
  return (x, y) => [
    (x - extent.left) / (extent.right - extent.left) * width,
    (extent.top - y) / (extent.top - extent.bottom) * height,
  ];
}

// arrows: "pull", "score", "d" or "none"
export function drawSurface(canvas, state, ink, arrows) {
  const {context, width, height} = fitted(canvas), at = placer(state.extent, width, height), map = mapOf(state);
  if (!isFlat(map)) {
    drawField(context, map, width, height, ink);
    drawContours(context, map, state.extent, at, ink);
  }
  drawSamples(context, state, at, ink);
  if (arrows !== "none") drawArrows(context, state, lengthsOf(state, arrows), at, ink);
}

const field = document.createElement("canvas");

function drawField(context, {surface, size, low, high}, width, height, ink) {
  field.width = field.height = size;
  const brush = field.getContext("2d"), image = brush.createImageData(size, size);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const [red, green, blue] = RAMP[Math.round(255 * (surface[j * size + i] - low) / (high - low))];
      const pixel = 4 * ((size - 1 - j) * size + i);
      image.data[pixel] = red;
      image.data[pixel + 1] = green;
      image.data[pixel + 2] = blue;
      image.data[pixel + 3] = 255;
    }
  }
  brush.putImageData(image, 0, 0);
  context.globalAlpha = ink.field;
  // values are known at the corners of the picture, pixels are squares around them: leave out half a pixel
  context.drawImage(field, 0.5, 0.5, size - 1, size - 1, 0, 0, width, height);
  context.globalAlpha = 1;
}

// Marching squares: in each cell, join the places where its edges cross a level.
function drawContours(context, {surface, size, low, high}, extent, at, ink) {
  const step = (high - low) / (LINES + 1), paths = Array.from({length: LINES}, () => new Path2D());
  const wide = (extent.right - extent.left) / (size - 1), tall = (extent.top - extent.bottom) / (size - 1);
  for (let j = 0; j < size - 1; j++) {
    for (let i = 0; i < size - 1; i++) {
      const k = j * size + i;
      const corners = [surface[k], surface[k + 1], surface[k + size + 1], surface[k + size]]; // round the cell
      const first = Math.max(0, Math.ceil((Math.min(...corners) - low) / step) - 1);
      const last = Math.min(LINES - 1, Math.floor((Math.max(...corners) - low) / step) - 1);
      for (let line = first; line <= last; line++) {
        const level = low + (line + 1) * step, ends = [];
        for (let edge = 0; edge < 4; edge++) {
          const a = corners[edge], b = corners[(edge + 1) % 4];
          if (a < level === b < level) continue;
          const share = (level - a) / (b - a);
          const [x, y] = [[share, 0], [1, share], [1 - share, 1], [0, 1 - share]][edge];
          ends.push(at(extent.left + (i + x) * wide, extent.bottom + (j + y) * tall));
        }
        for (let end = 0; end + 1 < ends.length; end += 2) {
          paths[line].moveTo(...ends[end]);
          paths[line].lineTo(...ends[end + 1]);
        }
      }
    }
  }
  context.lineWidth = 1;
  paths.forEach((path, line) => {
    const mixed = viridis((line + 1) / (LINES + 1)).map((x) => x + ink.lineMix * (ink.lineTo - x));
    context.strokeStyle = `rgb(${mixed.map(Math.round).join(" ")})`;
    context.stroke(path);
  });
}

// Real samples are dots, fakes are crosses: they differ in more than colour.
function drawSamples(context, {real, fake}, at, ink) {
  const dots = new Path2D(), crosses = new Path2D();
  for (let k = 0; k < fake.length; k += 2) {
    const [x, y] = at(fake[k], fake[k + 1]);
    crosses.moveTo(x - 3, y - 3);
    crosses.lineTo(x + 3, y + 3);
    crosses.moveTo(x - 3, y + 3);
    crosses.lineTo(x + 3, y - 3);
  }
  for (let k = 0; k < real.length; k += 2) {
    const [x, y] = at(real[k], real[k + 1]);
    dots.moveTo(x + 2, y);
    dots.arc(x, y, 2, 0, 7);
  }
  context.strokeStyle = ink.paper;
  context.lineWidth = 3;
  context.stroke(crosses);
  context.strokeStyle = ink.fake;
  context.lineWidth = 1.8;
  context.stroke(crosses);
  context.strokeStyle = ink.paper;
  context.lineWidth = 1;
  context.stroke(dots);
  context.fillStyle = ink.real;
  context.fill(dots);
}

// By what the slope of the score is multiplied at each fake. D's own is drawn four times as long: it is D (1 - D) times
// the score's, and so a quarter of it where D is unsure.
function lengthsOf({settings, fakeScores, pulls}, arrows) {
  if (arrows === "pull") return pulls;
  const asD = arrows === "d" && hasD(settings);
  return fakeScores.map((score) => asD ? 4 * opinion(score) * opinion(-score) : 1);
}

// Where a fake is sent, the further the steeper; a dead critic sends nobody.
function drawArrows(context, {fake, fakeSlopes, extent}, lengths, at, ink) {
  const arrows = new Path2D();
  for (let k = 0; k < Math.min(fake.length, 2 * ARROWS); k += 2) {
    const x = fake[k], y = fake[k + 1];
    if (x < extent.left || x > extent.right || y < extent.bottom || y > extent.top) continue;
    const slope = [fakeSlopes[k] * lengths[k / 2], fakeSlopes[k + 1] * lengths[k / 2]], steep = Math.hypot(...slope);
    const length = ARROW * Math.min(steep, 2);
    const [x0, y0] = at(x, y), [x1, y1] = at(x + slope[0] / steep * length, y + slope[1] / steep * length);
    const way = Math.hypot(x1 - x0, y1 - y0);
    if (!(way > 3)) continue;
    const [ux, uy] = [(x1 - x0) / way, (y1 - y0) / way], head = Math.min(5, way / 2);
    arrows.moveTo(x0, y0);
    arrows.lineTo(x1, y1);
    arrows.moveTo(x1 - head * (ux + 0.6 * uy), y1 - head * (uy - 0.6 * ux));
    arrows.lineTo(x1, y1);
    arrows.lineTo(x1 - head * (ux - 0.6 * uy), y1 - head * (uy + 0.6 * ux));
  }
  context.strokeStyle = ink.fake;
  context.lineWidth = 1; // a wider line takes a browser without a graphics card several times as long
  context.stroke(arrows);
}

// Where the only fake has been
export function drawTrail(canvas, {extent}, trail, ink) {
  const context = canvas.getContext("2d"), at = placer(extent, canvas.clientWidth, canvas.clientHeight);
  context.strokeStyle = ink.fake;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const [x, y] of trail) context.lineTo(...at(x, y));
  context.stroke();
}
