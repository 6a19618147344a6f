// Products of small matrices. All the time of training goes into this one loop.
//
// A matrix is a Float32Array, row after row. A transposed matrix is the same numbers with the two strides exchanged, so
// one loop serves A B, A' B and A B'. It makes blocks of 4 x 4 results at a time: they stay in registers, and eight
// numbers that are read from memory serve sixteen multiplications. Sums are in double precision, as JavaScript has it.

// C = A B, or C += A B where add is true. A: (m, k), B: (k, n), C: (m, n).
export function product(a, b, c, m, k, n, add = false) {
  multiply(a, k, 1, b, n, 1, c, m, k, n, add);
}

// C = A' B. A: (k, m), B: (k, n), C: (m, n).
export function productLeftTransposed(a, b, c, m, k, n, add = false) {
  multiply(a, 1, m, b, n, 1, c, m, k, n, add);
}

// C = A B'. A: (m, k), B: (n, k), C: (m, n).
export function productRightTransposed(a, b, c, m, k, n, add = false) {
  multiply(a, k, 1, b, 1, k, c, m, k, n, add);
}

// down, right: how far apart two neighbours in a column, and in a row, lie in memory
function multiply(a, aDown, aRight, b, bDown, bRight, c, m, k, n, add) {
  if (!add) c.fill(0, 0, m * n);
  const rows = m - (m % 4), columns = n - (n % 4);
  for (let i = 0; i < rows; i += 4) {
    for (let j = 0; j < columns; j += 4) {
      block(a, i * aDown, aDown, aRight, b, j * bRight, bDown, bRight, c, i * n + j, k, n);
    }
  }
  edge(a, aDown, aRight, b, bDown, bRight, c, 0, rows, columns, n, k, n); // columns left over
  edge(a, aDown, aRight, b, bDown, bRight, c, rows, m, 0, n, k, n); // rows left over
}

// 4 x 4 results, c[at] the first of them
function block(a, i, aDown, aRight, b, j, bDown, bRight, c, at, k, n) {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let p = 0; p < k; p++) {
    const b0 = b[j], b1 = b[j + bRight], b2 = b[j + 2 * bRight], b3 = b[j + 3 * bRight];
    let x = a[i];
    c00 += x * b0; c01 += x * b1; c02 += x * b2; c03 += x * b3;
    x = a[i + aDown];
    c10 += x * b0; c11 += x * b1; c12 += x * b2; c13 += x * b3;
    x = a[i + 2 * aDown];
    c20 += x * b0; c21 += x * b1; c22 += x * b2; c23 += x * b3;
    x = a[i + 3 * aDown];
    c30 += x * b0; c31 += x * b1; c32 += x * b2; c33 += x * b3;
    i += aRight;
    j += bDown;
  }
  c[at] += c00; c[at + 1] += c01; c[at + 2] += c02; c[at + 3] += c03;
  at += n;
  c[at] += c10; c[at + 1] += c11; c[at + 2] += c12; c[at + 3] += c13;
  at += n;
  c[at] += c20; c[at + 1] += c21; c[at + 2] += c22; c[at + 3] += c23;
  at += n;
  c[at] += c30; c[at + 1] += c31; c[at + 2] += c32; c[at + 3] += c33;
}

// Rows from..to and columns first..last, one result at a time
function edge(a, aDown, aRight, b, bDown, bRight, c, from, to, first, last, k, n) {
  for (let i = from; i < to; i++) {
    for (let j = first; j < last; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * aDown + p * aRight] * b[p * bDown + j * bRight];
      c[i * n + j] += sum;
    }
  }
}
