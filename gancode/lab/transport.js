// The exact Wasserstein distance of two clouds of n points each, as gancode.metrics.wasserstein1.
//
// With equal weights a cheapest transport plan sends each real point to one fake (Birkhoff), so it is an assignment.
// Jonker and Volgenant 1987: assign one row after the other, each along the cheapest path that re-assigns others on
// its way (Dijkstra's, on costs that prices u, v keep from being negative). O(n^3), a few milliseconds for n = 128.

// x, y: Float32Array x0, y0, x1, y1, ... Returns the mean distance of the best plan.
export function wasserstein1(x, y) {
  const n = x.length / 2;
  if (x.length !== y.length || !Number.isInteger(n) || !n) {
    throw new Error(`x, y: expected two clouds of as many points, got ${x.length} and ${y.length} numbers`);
  }
  const costs = distances(x, y, n);
  const rowOf = assign(costs, n);
  let sum = 0;
  for (let j = 0; j < n; j++) sum += costs[rowOf[j] * n + j];
  return sum / n;
}

function distances(x, y, n) {
  const costs = new Float64Array(n * n);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j < n; j++, at++) {
      const across = x[2 * i] - y[2 * j], up = x[2 * i + 1] - y[2 * j + 1];
      costs[at] = Math.sqrt(across * across + up * up);
    }
  }
  return costs;
}

// costs: (n, n), row after row. Returns the row of each column in a cheapest assignment.
function assign(costs, n) {
  const u = new Float64Array(n), v = new Float64Array(n); // prices: costs - u - v >= 0, and 0 where assigned
  const rowOf = new Int32Array(n).fill(-1);
  const shortest = new Float64Array(n), cameFrom = new Int32Array(n), done = new Uint8Array(n);
  for (let start = 0; start < n; start++) {
    shortest.fill(Infinity);
    done.fill(0);
    let row = start, from = -1, length = 0, column = -1;
    while (row >= 0) { // until a column is free
      for (let j = 0, at = row * n; j < n; j++, at++) {
        if (done[j]) continue;
        const candidate = length + costs[at] - u[row] - v[j];
        if (candidate < shortest[j]) {
          shortest[j] = candidate;
          cameFrom[j] = from;
        }
      }
      column = -1;
      for (let j = 0; j < n; j++) {
        if (!done[j] && (column < 0 || shortest[j] < shortest[column])) column = j;
      }
      done[column] = 1;
      length = shortest[column];
      from = column;
      row = rowOf[column];
    }
    u[start] += length;
    for (let j = 0; j < n; j++) {
      if (!done[j] || j === column) continue;
      u[rowOf[j]] += length - shortest[j];
      v[j] -= length - shortest[j];
    }
    for (let j = column; j >= 0; j = cameFrom[j]) rowOf[j] = cameFrom[j] < 0 ? start : rowOf[cameFrom[j]];
  }
  return rowOf;
}
