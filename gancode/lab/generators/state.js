// What the page shows, and all of it as the end of a web address.

export const METHODS = ["GAN", "LSGAN", "WGAN", "WGAN-GP"];
export const EVALUATIONS = 20;
export const EDGE = 1.6; // the map shows -EDGE to EDGE each way; the walk leads from -1 to 1 along its middle

// by: whose digits the walk leads from and to. x, y: the point of the plane. film: the evaluation; 0 where it is shut.
const START = {by: "WGAN-GP", from: 3, to: 8, seed: 0, x: -1, y: 0, film: 0};

const whole = (least, most) => (x) => Number.isInteger(x) && least <= x && x <= most;
const inside = (x) => Math.abs(x) <= EDGE;
const CAN_BE = {from: whole(0, 9), to: whole(0, 9), seed: whole(0, 9999), x: inside, y: inside, film: whole(0, EVALUATIONS)};

// A text as a value of this name, or undefined if it can be none.
function allowed(name, text) {
  if (name === "by") return METHODS.includes(text) ? text : undefined;
  const number = text.trim() === "" ? NaN : Number(text);
  return CAN_BE[name](number) ? number : undefined;
}

// {state, unknown} from {name: text}; unknown lists what can not be.
export function stateOf(values) {
  const state = {...START}, unknown = [];
  for (const [name, text] of Object.entries(values)) {
    const value = allowed(name, text);
    if (value === undefined) unknown.push(`${name}=${text}`);
    else state[name] = value;
  }
  return {state, unknown};
}

export function toAddress(state) {
  const parts = new URLSearchParams();
  for (const name in START) {
    const value = typeof state[name] === "number" ? Number(state[name].toFixed(2)) : state[name];
    if (value !== START[name]) parts.set(name, value);
  }
  return parts.toString() || `by=${state.by}`;
}

// What an address says: its hash if that says something, else its query. A link has the one, the page writes the other.
export function fromAddress(query, hash) {
  const said = (text) => Object.fromEntries([...new URLSearchParams(text.slice(1))].filter(([name]) => name in START));
  const found = said(hash);
  return Object.keys(found).length ? found : said(query);
}
