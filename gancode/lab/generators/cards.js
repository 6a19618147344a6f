// The markup that is there once a method: a card with its drawing, and its frame of the film.

import {METHODS} from "./state.js";

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const picture = (label, side) => element("canvas", {role: "img", "aria-label": label, width: side, height: side});

// {method: {drawing, digit, read, near}}: two canvases, and what is said of them.
export function makeCards(place) {
  return Object.fromEntries(METHODS.map((method) => {
    const drawing = picture(`What ${method} draws`, 28), digit = picture(`The training digit nearest to ${method}’s drawing`, 28);
    const read = element("p", {class: "read"}), near = element("p", {class: "near"});
    const cell = (canvas, words) => element("div", {}, canvas, words);
    const name = element("figcaption", {}, method);
    place.append(element("figure", {class: "drawn", "data-method": method}, name, cell(drawing, read), cell(digit, near)));
    return [method, {drawing, digit, read, near}];
  }));
}

// {method: canvas}
export function makeFrames(place) {
  return Object.fromEntries(METHODS.map((method) => {
    const canvas = picture(`36 digits that ${method} draws`, 168), distance = element("span");
    place.append(element("figure", {"data-method": method}, element("figcaption", {}, element("b", {}, method), distance), canvas));
    return [method, {canvas, distance}];
  }));
}

export function fillSelect(select, values) {
  select.append(...values.map((value) => element("option", {value}, `${value}`)));
}
