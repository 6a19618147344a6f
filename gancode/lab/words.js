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
  return `${share > 0 && share < 0.005 ? "under 1" : Math.round(100 * share)}\u00a0%`; // no line begins with the sign
}

// The mean of numbers.
export function meanOf(numbers) {
  let sum = 0;
  for (const x of numbers) sum += x;
  return sum / numbers.length;
}

// {mean, spread, most} of numbers
function summary(numbers) {
  const mean = meanOf(numbers);
  return {mean, spread: Math.sqrt(meanOf(numbers.map((x) => (x - mean) ** 2))), most: Math.max(...numbers)};
}

// A WGAN's score is no logit, and an LSGAN's is none.
export function hasD({loss}) {
  return loss === "non-saturating";
}

// What D says of a sample with this score
export function opinion(score) {
  return 1 / (1 + Math.exp(-score));
}

// What stands at the pictures, for each loss and constraint.
export function labels(settings) {
  return {
    ".low": hasD(settings) ? "D = 0" : "low value",
    ".high": hasD(settings) ? "D = 1" : "high value",
    ".reported": settings.loss === "wasserstein" ? "Estimate of W1" : "Critic’s loss",
    ".where": settings.constraint === "r1" ? "(at the data)" : "(between real and fake)",
  };
}

// By how many orders of magnitude a gradient grows on its way from the output to layer 1. -Infinity: nothing arrives.
export function ordersOf(norms) {
  return norms[0] === 0 ? -Infinity : Math.log10(norms[0] / norms.at(-1));
}

export function aboutLayers({layerNorms: norms}) {
  const last = norms.length, orders = ordersOf(norms);
  if (last === 1) return `One layer: norm ${short(norms[0])}.`;
  const ends = `Layer 1 of ${last}: norm ${short(norms[0])}; output: ${short(norms.at(-1))}.`;
  if (norms[0] === 0) return `${ends} It has vanished: exactly zero in single precision.`;
  const size = Math.abs(orders).toFixed(1);
  if (orders < -5) return `${ends} It vanishes: ${size} orders of magnitude are lost on the way.`;
  if (orders > 2) return `${ends} It explodes: ${size} orders of magnitude are gained on the way.`;
  const smallest = Math.min(...norms), span = Math.log10(Math.max(...norms) / smallest);
  if (smallest > 0 && span < 1) return `${ends} It is constant to a factor of ${Math.ceil(10 ** span)} across layers.`;
  return `${ends} It ${orders < 0 ? "shrinks" : "grows"} by ${size} orders of magnitude on the way.`;
}

// One line a layer: what a table of the picture would hold.
export function eachLayer(state) {
  const {layerNorms: norms} = state;
  return Array.from(norms, (norm, k) => `Layer ${k + 1} of ${norms.length}: norm ${short(norm)}`);
}

export function aboutSurface(state) {
  const {settings: {loss, generator}, modes, realScores, fakeScores} = state, map = mapOf(state);
  const covered = modes && generator === "learning"
    ? ` The fakes cover ${modes.covered} of ${modes.of} modes; ${percent(modes.share)} are within 0.1 of one.` : "";
  if (hasD(state.settings)) return `${aboutD(state)}${covered}`;
  if (loss === "least-squares") {
    const {mean, spread} = summary(fakeScores);
    const scores = `Mean score of real samples: ${short(meanOf(realScores))}, of fakes: ${short(mean)}, give or take ${short(spread)}.`;
    return `${scores}${covered}`;
  }
  const seen = `Values from ${short(map.low)} to ${short(map.high)}.`;
  if (isFlat(map)) return `${seen} The map is flat: every place is worth the same.`;
  const [real, fake] = [realScores, fakeScores].map((scores) => (meanOf(scores) - map.low) / (map.high - map.low));
  return `${seen} Real samples stand at ${percent(real)} of that range on average, fakes at ${percent(fake)}.${covered}`;
}

function aboutD({realScores, fakeScores, fakeSlopes}) {
  const says = (scores) => meanOf(scores.map(opinion)).toFixed(2);
  const slopes = Array.from({length: fakeSlopes.length / 2}, (_, k) => Math.hypot(fakeSlopes[2 * k], fakeSlopes[2 * k + 1]));
  const ofD = slopes.map((slope, k) => slope * opinion(fakeScores[k]) * opinion(-fakeScores[k]));
  const means = `Mean slope at the fakes: ${short(meanOf(ofD))} of D, ${short(meanOf(slopes))} of the score.`;
  return `Mean D of real samples: ${says(realScores)}, of fakes: ${says(fakeScores)}. ${means}`;
}

export function aboutWeights({settings, criticSteps, weights: {edges, counts, shareAtEnds}}) {
  if (settings.constraint === "clip" && criticSteps) {
    return `${percent(shareAtEnds)} of the weights are at the ends of the clip range, ±${settings.clip}.`;
  }
  const most = counts.indexOf(Math.max(...counts));
  return `All weights lie between ${short(edges[0])} and ${short(edges.at(-1))}; the highest bar is near ${short((edges[most] + edges[most + 1]) / 2)}.`;
}

export function aboutSlopes({inputNorms}) {
  const {mean, spread, most} = summary(inputNorms), near = Math.abs(mean - 1) < 0.1 && spread < 0.3 ? " It is near 1." : "";
  return `Mean slope ${short(mean)}, give or take ${short(spread)}; largest ${short(most)}.${near}`;
}

const UNDECIDED = {"non-saturating": 2 * Math.log(2), "least-squares": 0.25}; // the loss of a critic that says 1/2 of all

export function aboutCurve({settings: {loss}, reported, w1, criticSteps}) {
  if (loss !== "wasserstein") {
    const usual = `a critic that says one half of everything has ${short(UNDECIDED[loss])}`;
    return `Critic’s loss ${short(reported)}; ${usual}. Exact W1 ${short(w1)}.`;
  }
  const said = `Estimate ${short(reported)}, exact W1 ${short(w1)}.`;
  if (w1 < 0.01) return `${said} The fakes are where the data are.`;
  if (criticSteps && Math.abs(reported) < 1e-6) return `${said} Real and fake score the same: the critic is dead.`;
  if (reported > 2 * w1) return `${said} It claims ${short(reported / w1)} times as much as there is.`;
  return `${said} It reports ${reported > 0 ? percent(reported / w1) : "none"} of it.`;
}

export function aboutRun(state) {
  const many = (n, what) => `${n} ${what} step${n === 1 ? "" : "s"}`;
  const speed = state.running && state.stepsPerSecond ? `, ${short(state.stepsPerSecond)} a second` : "";
  return `${many(state.criticSteps, "critic")}, ${many(state.generatorSteps, "generator")}${speed}`;
}

// What a screen reader is told now and then: where training is, and the lines that tell critics apart.
export function spoken(state) {
  const lines = state.settings.loss === "wasserstein" ? [aboutLayers(state), aboutSlopes(state)] : [aboutSurface(state)];
  return [`${aboutRun(state)}.`, ...lines, aboutCurve(state)].join(" ");
}

// The map's values: D for the loss that has one, with a range that does not move; else the score itself.
export function mapOf({settings, surface, size}) {
  if (hasD(settings)) return {surface: surface.map(opinion), size, low: 0, high: 1};
  const [low, high] = rangeOf(surface);
  return {surface, size, low, high};
}

function rangeOf(values) {
  let low = Infinity, high = -Infinity;
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}

// In single precision values this near to one another differ by rounding alone.
export function isFlat({low, high}) {
  return !(high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high)));
}

export function clamp(x, least, most) {
  return Math.min(most, Math.max(least, x));
}
