// The controls, made from what settings.js says there is to choose.

import {PRESETS} from "./presets.js";
import {CONTROLS, NO_PRESET} from "./settings.js";
import {hasD, short} from "./words.js";

export const learns = ({generator}) => generator === "learning" || generator === "free";

// Which other setting makes one of them matter.
const MATTERS = {
  clip: ({constraint}) => constraint === "clip",
  lambda: ({constraint}) => ["penalty", "one-sided", "r1"].includes(constraint),
  latent: ({generator}) => generator === "learning",
  width: ({depth, generator}) => depth > 0 || generator === "learning",
  nCritic: learns,
};

// A choice that makes no sense under every loss: only one has a D.
const OFFERED = {d: hasD};

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Fill the form. chosen(name, value) is called when the reader chooses. Returns show(settings).
export function makeControls(form, chosen) {
  const rows = {};
  for (const [name, control] of Object.entries(CONTROLS)) {
    const make = control.choices ? choice : name === "seed" ? numberField : slider;
    rows[name] = make(name, control, (value) => chosen(name, value));
    form.append(rows[name].row);
  }
  return (settings) => {
    for (const [name, {row, show}] of Object.entries(rows)) {
      show(settings[name], settings);
      row.hidden = name in MATTERS && !MATTERS[name](settings);
    }
  };
}

function choice(name, {label, choices}, chosen) {
  const buttons = Object.entries(choices).map(([value, text]) => {
    const input = element("input", {type: "radio", name: `lab-${name}`, id: `lab-${name}-${value}`, value});
    input.addEventListener("change", () => chosen(value));
    return [input, element("label", {for: input.id, "data-value": value}, text)];
  });
  const row = element("fieldset", {class: `choice ${name}`}, element("legend", {}, label), ...buttons.flat());
  const show = (value, settings) => buttons.forEach(([input, label]) => {
    input.checked = input.value === value;
    input.hidden = label.hidden = input.value in OFFERED && !OFFERED[input.value](settings);
  });
  return {row, show};
}

// The stops are not even steps, so the slider's own number is a stop's place; what it says is the value.
function slider(name, {label, stops, live}, chosen) {
  const id = `lab-${name}`;
  const input = element("input", {type: "range", id, min: 0, max: stops.length - 1, step: 1});
  const output = element("output", {for: id});
  const say = (value) => {
    const text = value >= 0.001 && value < 1000 ? `${value}` : short(value);
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  input.addEventListener("input", () => say(stops[input.value]));
  input.addEventListener(live ? "input" : "change", () => chosen(stops[input.value])); // a reset waits for the end
  const row = element("div", {class: "slider"}, element("label", {for: id}, label), output, input);
  const nearest = (value) => stops.reduce((best, stop, k) => Math.abs(stop - value) < Math.abs(stops[best] - value) ? k : best, 0);
  return {row, show: (value) => { input.value = nearest(value); say(value); }};
}

function numberField(name, {label, stops}, chosen) {
  const input = element("input", {type: "number", id: `lab-${name}`, min: stops[0], max: stops.at(-1), step: 1});
  input.addEventListener("change", () => {
    if (input.checkValidity() && input.value !== "") chosen(Number(input.value));
    else input.reportValidity();
  });
  const row = element("div", {class: "number"}, element("label", {for: input.id}, label), input);
  return {row, show: (value) => { input.value = value; }};
}

// The presets as a select.
export function fillPresets(select) {
  select.append(element("option", {value: NO_PRESET}, "Your own settings"));
  for (const [name, {title}] of Object.entries(PRESETS)) select.append(element("option", {value: name}, title));
}
