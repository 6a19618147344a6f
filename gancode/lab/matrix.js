// Products of small matrices. All the time of training goes into this one loop.
//
// A matrix is a Float32Array, row after row. The left one, A, nearly always comes out of a ReLU or of its derivative, so
// half of it is zeros. Each row of A is first written down as a list, "this number, at this row of B", without the
// zeros: half the work is saved. Then eight results at a time are summed up: they stay in registers, and each number
// from the list serves eight multiplications. Sums are in double precision, as JavaScript has it.

const LONGEST = 512; // row of A: 256 real samples and 256 fakes, where A is transposed
const WIDEST = 256; // layer; allowed.js holds both
const offsets = new Int32Array(LONGEST); // where the rows of B begin that the present row of A has a number for
const numbers = new Float32Array(LONGEST); // those numbers
const turned = new Float32Array(WIDEST * WIDEST); // room for B'

// C = A B, or C += A B where add is true. A: (m, k), B: (k, n), C: (m, n).
export function product(a, b, c, m, k, n, add = false) {
  multiply(a, k, 1, b, c, m, k, n, add);
}

// C = A' B. A: (k, m), B: (k, n), C: (m, n).
export function productLeftTransposed(a, b, c, m, k, n, add = false) {
  multiply(a, 1, m, b, c, m, k, n, add);
}

// C = A B'. A: (m, k), B: (n, k), C: (m, n). B is turned around first, which costs little beside m as many products.
export function productRightTransposed(a, b, c, m, k, n) {
  for (let j = 0, from = 0; j < n; j++) {
    for (let at = j; at < k * n; at += n) turned[at] = b[from++];
  }
  multiply(a, k, 1, turned, c, m, k, n, false);
}

// down, right: how far apart two neighbours in a column of A, and in a row, lie in memory
function multiply(a, down, right, b, c, m, k, n, add) {
  const whole = n - (n % 8);
  for (let i = 0; i < m; i++) {
    const count = list(a, i * down, right, k, n);
    if (!add) c.fill(0, i * n, (i + 1) * n);
    for (let j = 0; j < whole; j += 8) eight(count, b, j, c, i * n + j);
    for (let j = whole; j < n; j++) one(count, b, j, c, i * n + j);
  }
}

// Returns how many numbers of a row are not 0.
function list(a, at, right, k, n) {
  let count = 0;
  for (let p = 0, offset = 0; p < k; p++, at += right, offset += n) {
    const number = a[at];
    offsets[count] = offset;
    numbers[count] = number;
    if (number !== 0) count += 1;
  }
  return count;
}

// Eight neighbours in a row of C, from the list
function eight(count, b, j, c, at) {
  let c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0;
  for (let q = 0; q < count; q++) {
    const x = numbers[q], from = offsets[q] + j;
    c0 += x * b[from];
    c1 += x * b[from + 1];
    c2 += x * b[from + 2];
    c3 += x * b[from + 3];
    c4 += x * b[from + 4];
    c5 += x * b[from + 5];
    c6 += x * b[from + 6];
    c7 += x * b[from + 7];
  }
  c[at] += c0;
  c[at + 1] += c1;
  c[at + 2] += c2;
  c[at + 3] += c3;
  c[at + 4] += c4;
  c[at + 5] += c5;
  c[at + 6] += c6;
  c[at + 7] += c7;
}

function one(count, b, j, c, at) {
  let sum = 0;
  for (let q = 0; q < count; q++) sum += numbers[q] * b[offsets[q] + j];
  c[at] += sum;
}
