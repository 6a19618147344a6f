// The engine's end of the conversation with the page: it keeps the networks, and answers with pictures.
import {trainingDigits, nearest} from "./nearest.js";
import {Classifier, Generator, SIDE} from "./networks.js";
import {planeOf, pointOf} from "./plane.js";
import {EDGE, METHODS} from "./state.js";
import {halves, unpacked} from "./unpack.js";

const TILES = 9; // of the map, in a row
const room = {classifier: null, generators: {}, plane: null, training: null};

const ANSWERS = {
  weights({name, packed}) {
    const weights = halves(unpacked(packed));
    if (name === "classifier") room.classifier = new Classifier(weights);
    else room.generators[name] = new Generator(weights);
  },
  async digits({packed}) {
    room.training = await trainingDigits(unpacked(packed), packed.count);
    return {};
  },
  // The map: what the generator of the walk draws at places all over it, row by row from the top.
  plane({by, from, to, seed}) {
    const generator = room.generators[by];
    room.plane = planeOf({from, to, seed}, generator, room.classifier);
    const tiles = new Uint8Array(room.plane ? TILES * TILES * SIDE * SIDE : 0);
    const place = (k) => EDGE * ((2 * k + 1) / TILES - 1);
    for (let k = 0; k < tiles.length; k += SIDE * SIDE) {
      const tile = k / SIDE / SIDE, latent = pointOf(room.plane, place(tile % TILES), -place(Math.floor(tile / TILES)));
      tiles.set(levels(generator.draw(latent)), k);
    }
    return {tiles, across: TILES};
  },
  draw({x, y}) {
    const latent = pointOf(room.plane, x, y), drawn = {};
    for (const name of METHODS) { // in this order, whichever weights came first
      const picture = room.generators[name].draw(latent);
      drawn[name] = {pixels: levels(picture), ...room.classifier.read(picture)};
    }
    return {drawn};
  },
  nearest({x, y}) {
    const latent = pointOf(room.plane, x, y), found = {};
    for (const name of METHODS) {
      found[name] = nearest(room.training, levels(room.generators[name].draw(latent)));
    }
    return {found};
  },
};

// [-1, 1] as 0 to 255
function levels(picture) {
  return Uint8Array.from(picture, (x) => Math.round((x + 1) * 127.5));
}

self.onmessage = async ({data}) => {
  try {
    const answer = await ANSWERS[data.type](data);
    if (answer) self.postMessage({...answer, type: data.type, order: data.order});
  } catch (error) {
    self.postMessage({type: "trouble", what: error.message});
  }
};
