// Training as a film: what each generator drew from the same 36 latent vectors at each evaluation.

import {isDark} from "./painting.js";
import {METHODS} from "./state.js";
import {unpacked} from "./unpack.js";

const ACROSS = 5; // evaluations in a row of the kept picture
const WIDE = 6 * 28; // pixels of one

// {steps, scores, pictures: {method: ImageBitmap}} from what was kept
export async function filmOf(kept) {
  const bytes = unpacked(kept), pictures = {};
  let at = 0;
  for (const [k, length] of kept.lengths.entries()) {
    pictures[METHODS[k]] = await createImageBitmap(new Blob([bytes.subarray(at, at += length)], {type: "image/avif"}));
  }
  return {steps: kept.steps, scores: kept.scores, pictures};
}

// k: which evaluation, from 0 on
export function drawFrame(canvas, picture, k) {
  Object.assign(canvas, {width: WIDE, height: WIDE});
  const context = canvas.getContext("2d");
  context.drawImage(picture, k % ACROSS * WIDE, Math.floor(k / ACROSS) * WIDE, WIDE, WIDE, 0, 0, WIDE, WIDE);
  if (isDark()) return;
  context.globalCompositeOperation = "difference"; // from white: dark ink on light paper
  context.fillStyle = "#fff";
  context.fillRect(0, 0, WIDE, WIDE);
  context.globalCompositeOperation = "source-over";
}
