// The nearest training digit to a drawing. What is compared is what is shown: the digits as they came out of a picture
// of all of them that was made small, so they are a little softer than the originals.
import {SIDE} from "./networks.js";

const CROP = 20;
const COLUMNS = 100; // of the picture of all of them
const PIXELS = SIDE * SIDE;

// bytes: where each of the `count` digits stood in its 28 x 28, then their labels, then the picture.
export async function trainingDigits(bytes, count) {
  const picture = await createImageBitmap(new Blob([bytes.subarray(2 * count)], {type: "image/avif"}));
  const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d", {willReadFrequently: true});
  context.drawImage(picture, 0, 0);
  const pixels = new Uint8Array(count * PIXELS), band = CROP * COLUMNS;
  for (let row = 0; row < count / COLUMNS; row++) {
    const {data} = context.getImageData(0, row * CROP, band, CROP);
    for (let i = 0; i < band * CROP; i++) {
      const x = i % band, k = row * COLUMNS + Math.floor(x / CROP), at = bytes[k];
      pixels[k * PIXELS + ((at >> 4) + Math.floor(i / band)) * SIDE + (at & 15) + x % CROP] = data[4 * i];
    }
  }
  return {pixels, labels: bytes.slice(count, 2 * count)};
}

// picture: 784 numbers from 0 to 255. {which, label, distance, pixels}; the distance is Euclidean, white being 1.
export function nearest({pixels, labels}, picture) {
  let least = Infinity, which = -1;
  for (let k = 0, at = 0; at < pixels.length; k++, at = k * PIXELS) {
    let sum = 0;
    for (let i = 0; i < PIXELS && sum < least; i += SIDE) { // a row at a time, while it may be the nearest yet
      for (let j = i; j < i + SIDE; j++) {
        const difference = picture[j] - pixels[at + j];
        sum += difference * difference;
      }
    }
    if (sum < least) [least, which] = [sum, k];
  }
  const own = pixels.slice(which * PIXELS, (which + 1) * PIXELS);
  return {which, label: labels[which], distance: Math.sqrt(least) / 255, pixels: own};
}
