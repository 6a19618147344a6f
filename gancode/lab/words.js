// What the pictures show, in words: for those who do not see them, and as the line under each for those who do.

// A number as short as it can be read: 0.83, 12, 1.3e-9.
export function short(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "not a number" : x > 0 ? "infinite" : "minus infinite";
  if (x === 0) return "0";
  const size = Math.abs(x);
  const text = size >= 1000 || size < 0.01 ? x.toExponential(1).replace(".0e", "e").replace("e+", "e") : x.toPrecision(2);
  return text.replace(/^-/, "−");
}

export function percent(share) {
  return `${share > 0 && share < 0.005 ? "under 1" : Math.round(100 * share)} %`;
}

// The mean of numbers.
export function meanOf(numbers) {
  let sum = 0;
  for (const x of numbers) sum += x;
  return sum / numbers.length;
}

// By how many powers of ten a gradient grows on its way from the output to layer 1. -Infinity: nothing arrives.
export function decadesOf(norms) {
  return norms[0] === 0 ? -Infinity : Math.log10(norms[0] / norms.at(-1));
}

export function aboutLayers(state) {
  const {layerNorms: norms} = state, last = norms.length, decades = decadesOf(norms);
  const ends = `Layer 1 of ${last}: norm ${short(norms[0])}; output: ${short(norms.at(-1))}.`;
  if (norms[0] === 0) return `${ends} It has vanished: exactly zero in single precision.`;
  const size = Math.abs(decades).toFixed(1);
  if (decades < -5) return `${ends} It vanishes: ${size} powers of ten are lost on the way.`;
  if (decades > 2) return `${ends} It explodes: ${size} powers of ten are gained on the way.`;
  const smallest = Math.min(...norms), span = Math.log10(Math.max(...norms) / smallest);
  if (smallest > 0 && span < 1) return `${ends} It is level: all layers are within a factor of ${Math.ceil(10 ** span)}.`;
  return `${ends} It ${decades < 0 ? "shrinks" : "grows"} by ${size} powers of ten on the way.`;
}

// One line a layer: what a table of the picture would hold.
export function eachLayer(state) {
  const {layerNorms: norms} = state;
  return Array.from(norms, (norm, k) => `Layer ${k + 1} of ${norms.length}: norm ${short(norm)}`);
}

export function aboutSurface(state) {
  const [low, high] = rangeOf(state.surface);
  const seen = `Values from ${short(low)} to ${short(high)}.`;
  if (isFlat(low, high)) return `${seen} The map is flat: every place is worth the same.`;
  const scored = (points) => meanOf(sampled(state, points));
  const [real, fake] = [scored(state.real), scored(state.fake)].map((x) => (x - low) / (high - low));
  return `${seen} Real samples stand at ${percent(real)} of that range on average, fakes at ${percent(fake)}.`;
}

export function aboutWeights(state, settings) {
  const {edges, counts, shareAtEnds} = state.weights;
  if (settings.constraint === "clip" && state.criticSteps) {
    return `${percent(shareAtEnds)} of the weights are at the ends of the clip range, ±${settings.clip}.`;
  }
  const most = counts.indexOf(Math.max(...counts));
  return `All weights lie between ${short(edges[0])} and ${short(edges.at(-1))}; most of them near ${short((edges[most] + edges[most + 1]) / 2)}.`;
}

export function aboutSlopes(state) {
  const mean = meanOf(state.inputNorms), spread = Math.sqrt(meanOf(state.inputNorms.map((x) => (x - mean) ** 2)));
  const near = mean > 0.8 && mean < 1.5 && spread < 0.5 ? " It is near 1." : "";
  return `Mean slope ${short(mean)}, give or take ${short(spread)}; largest ${short(Math.max(...state.inputNorms))}.${near}`;
}

export function aboutCurve(state) {
  const {estimate, w1} = state;
  const said = `Estimate ${short(estimate)}, exact W1 ${short(w1)}.`;
  if (state.criticSteps && Math.abs(estimate) < 1e-6) return `${said} Real and fake score the same: the critic is dead.`;
  if (estimate > 2 * w1) return `${said} It claims ${short(estimate / w1)} times as much as there is.`;
  return `${said} It reports ${estimate > 0 ? percent(estimate / w1) : "none"} of it.`;
}

export function aboutRun(state) {
  const many = (n, what) => `${n} ${what} step${n === 1 ? "" : "s"}`;
  const speed = state.running && state.stepsPerSecond ? `, ${short(state.stepsPerSecond)} a second` : "";
  return `${many(state.criticSteps, "critic")}, ${many(state.generatorSteps, "generator")}${speed}`;
}

// What a screen reader is told now and then: where training is, and the three lines that tell critics apart.
export function spoken(state, settings) {
  return [`${aboutRun(state)}.`, aboutLayers(state), aboutSlopes(state), aboutCurve(state)].join(" ");
}

export function rangeOf(values) {
  let low = Infinity, high = -Infinity;
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}

// In single precision values this near to one another differ by rounding alone.
export function isFlat(low, high) {
  return !(high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high)));
}

// The surface's values at points (x0, y0, x1, y1, ...), between the places where it is known.
export function sampled(state, points) {
  return Array.from({length: points.length / 2}, (_, k) => valueAt(state, points[2 * k], points[2 * k + 1]));
}

export function valueAt({surface, size, extent}, x, y) {
  const across = clamp((x - extent.left) / (extent.right - extent.left) * (size - 1), 0, size - 1.001);
  const up = clamp((y - extent.bottom) / (extent.top - extent.bottom) * (size - 1), 0, size - 1.001);
  const i = Math.floor(across), j = Math.floor(up), s = across - i, t = up - j, at = j * size + i;
  return (1 - t) * ((1 - s) * surface[at] + s * surface[at + 1])
    + t * ((1 - s) * surface[at + size] + s * surface[at + size + 1]);
}

export function clamp(x, least, most) {
  return Math.min(most, Math.max(least, x));
}
