// Digits on a canvas: dark ink on light paper, or light ink on dark.

export const isDark = () => document.documentElement.dataset.theme === "dark";

// pixels: levels from 0 to 255, row by row, at `at` in the canvas.
export function paint(canvas, pixels, wide, left = 0, top = 0) {
  const context = canvas.getContext("2d"), image = context.createImageData(wide, pixels.length / wide), dark = isDark();
  for (let i = 0; i < pixels.length; i++) {
    const level = dark ? pixels[i] : 255 - pixels[i];
    image.data.fill(level, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, left, top);
}

export function clear(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

// Many digits side by side on a canvas that is on no page.
export function sheetOf(tiles, across, side) {
  const sheet = Object.assign(document.createElement("canvas"), {width: across * side, height: across * side});
  for (let k = 0; k < across * across; k++) {
    paint(sheet, tiles.subarray(k * side * side, (k + 1) * side * side), side, k % across * side, Math.floor(k / across) * side);
  }
  return sheet;
}
