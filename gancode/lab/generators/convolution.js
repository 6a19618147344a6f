// The two convolutions of the book's digits: 5 x 5 pixels, strides of 2, "same". Each is a product of matrices.
//
// "same" puts one row of zeros above an even picture and two below, so row r of the small picture and row k of the
// kernel meet at row 2r + k - 1 of the large one. A picture is a Float32Array, its channels beside one another.
import {product} from "../matrix.js";

const SIZE = 5;

// For each place of the small picture and of the kernel that meet: visit(small, large, kernel), all by their pixels.
function meet(side, visit) {
  for (let y = 0, small = 0; y < side; y++) {
    for (let x = 0; x < side; x++, small++) {
      for (let k = 0; k < SIZE; k++) {
        const row = 2 * y + k - 1;
        if (row < 0 || row >= 2 * side) continue;
        for (let l = 0; l < SIZE; l++) {
          const column = 2 * x + l - 1;
          if (column >= 0 && column < 2 * side) visit(small, row * 2 * side + column, SIZE * k + l);
        }
      }
    }
  }
}

// Half the size. kernel: (5, 5, channels, filters), as Keras lists it.
export class Convolution {
  constructor(side, channels, filters, kernel, bias) {
    Object.assign(this, {side, channels, filters, kernel, bias});
    this.patches = new Float32Array(side * side * SIZE * SIZE * channels); // what is beyond the edge stays 0
    this.result = new Float32Array(side * side * filters);
  }

  of(picture) {
    const {side, channels, filters, patches, result} = this, wide = SIZE * SIZE * channels;
    meet(side, (small, large, kernel) => {
      const to = small * wide + kernel * channels, from = large * channels;
      for (let c = 0; c < channels; c++) patches[to + c] = picture[from + c];
    });
    product(patches, this.kernel, result, side * side, wide, filters);
    for (let i = 0; i < result.length; i++) result[i] = Math.max(0, result[i] + this.bias[i % filters]);
    return result;
  }
}

// Twice the size. kernel: (5, 5, filters, channels), as Keras lists it.
export class Transposed {
  constructor(side, channels, filters, kernel) {
    Object.assign(this, {side, channels, filters});
    const wide = SIZE * SIZE * filters;
    this.kernel = new Float32Array(channels * wide); // (channels, 5, 5, filters)
    for (let i = 0; i < wide; i++) for (let c = 0; c < channels; c++) this.kernel[c * wide + i] = kernel[i * channels + c];
    this.blocks = new Float32Array(side * side * wide);
    this.result = new Float32Array(4 * side * side * filters);
  }

  of(picture) {
    const {side, channels, filters, blocks, result} = this, wide = SIZE * SIZE * filters;
    product(picture, this.kernel, blocks, side * side, channels, wide);
    result.fill(0);
    meet(side, (small, large, kernel) => {
      const from = small * wide + kernel * filters, to = large * filters;
      for (let f = 0; f < filters; f++) result[to + f] += blocks[from + f];
    });
    return result;
  }
}
