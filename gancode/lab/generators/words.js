// What is shown, in whole sentences.

const NO_BREAK = "\u00a0"; // no line begins with the unit

export const a = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;
export const thousands = (number) => number.toLocaleString("en").replaceAll(",", NO_BREAK);
export const list = (parts) => parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;

// How sure the classifier is. It is never quite.
export function percent(sure) {
  const rounded = Math.round(100 * sure);
  return rounded === 100 ? `over 99${NO_BREAK}%` : `${rounded}${NO_BREAK}%`;
}

export const reading = ({digit, sure}) => `read as ${a(digit)}, ${percent(sure)} sure`;
export const neighbour = ({label, distance}) => `nearest: ${a(label)}, ${distance.toFixed(1)} away`;

// Where the point is, in terms of the walk.
export function place({by, from, to, x, y}) {
  const off = Math.abs(y) < 0.005 ? "" : `, ${Math.abs(y).toFixed(2)} ${y > 0 ? "above" : "below"} the line`;
  const part = Math.round(50 * (x + 1));
  const where = part === 0 ? `At the ${from} where the walk begins`
    : part === 100 ? `At the ${to} where the walk ends`
    : part < 0 ? `Before the ${from} where the walk begins`
    : part > 100 ? `Beyond the ${to} where the walk ends`
    : `${part}${NO_BREAK}% of the way from ${a(from)} to ${a(to)} of ${by}’s`;
  return where + off;
}

// drawn: {method: {digit, sure}}
export function aboutDrawings(state, drawn) {
  const each = Object.entries(drawn).map(([method, {digit, sure}]) => `${a(digit)} in ${method}’s drawing (${percent(sure)} sure)`);
  return `${place(state)}, the classifier reads ${list(each)}.`;
}

// found: {method: {label, distance}}; test: the quartiles of the distances of real digits that nobody trained on; copy:
// that of a training digit to itself, as it came out of the small picture
export function aboutNearest(found, {test, copy}) {
  const each = Object.entries(found).map(([method, {label, distance}]) => `${distance.toFixed(1)} from ${method}’s (${a(label)})`);
  return `The nearest training digit is ${list(each)}. Half of the real test digits have theirs between ` +
    `${test[0].toFixed(1)} and ${test[2].toFixed(1)} away; a copy’s would be about ${copy.toFixed(1)} away.`;
}

export function aboutFilm(steps, scores, k) {
  const each = Object.entries(scores).map(([method, distances]) => `${method} ${distances[k].toFixed(1)}`);
  return `After ${thousands(steps[k])} critic steps the Fréchet distance to real digits is: ${each.join(", ")}.`;
}
