// What tests/test_generators_engine.py adds to the engine: shared cases in, numbers out. Arrays travel by arrays.js.

const rowsOf = (text, wide) => {
  const all = unpack(text);
  return Array.from({length: all.length / wide}, (_, k) => all.subarray(k * wide, (k + 1) * wide));
};
const networks = {};
const networkOf = (name) => networks[name] ??=
  new (name === "classifier" ? Classifier : Generator)(halves(unpacked(window.kept[name])));

window.drawings = ({method, latent}) => {
  const generator = networkOf(method);
  return {pictures: pack(rowsOf(latent, LATENT).flatMap((row) => [...generator.draw(row)]))};
};

window.readings = ({pictures}) => {
  const read = rowsOf(pictures, SIDE * SIDE).map((row) => networkOf("classifier").read(row));
  return {digits: read.map(({digit}) => digit), sure: pack(read.map(({sure}) => sure))};
};

window.points = ({ends, at}) => {
  const plane = planeThrough(...rowsOf(ends, LATENT));
  return {latent: pack(rowsOf(at, 2).flatMap(([x, y]) => [...pointOf(plane, x, y)]))};
};

window.walkEnds = ({method, walk}) => {
  const generator = networkOf(method), plane = planeOf(walk, generator, networkOf("classifier"));
  const ends = plane && [-1, 1].map((x) => networkOf("classifier").read(generator.draw(pointOf(plane, x, 0))));
  return {ends};
};

// Of the walks between two different digits: how many have a drawing that is hard to read, or a third digit.
window.walks = ({method, seed, steps}) => {
  const generator = networkOf(method), classifier = networkOf("classifier"), found = {walks: 0, unsure: 0, third: 0};
  for (let from = 0; from < 10; from++) {
    for (let to = from + 1; to < 10; to++) {
      const plane = planeOf({from, to, seed}, generator, classifier);
      const read = Array.from({length: steps + 1}, (_, k) =>
        classifier.read(generator.draw(pointOf(plane, 2 * k / steps - 1, 0))));
      found.walks += 1;
      found.unsure += read.some(({sure}) => sure < 0.7);
      found.third += read.some(({digit}) => digit !== from && digit !== to);
    }
  }
  return found;
};

window.neighbours = async ({pictures}) => {
  const training = await trainingDigits(unpacked(window.kept.digits), window.kept.digits.count);
  const found = rowsOf(pictures, SIDE * SIDE).map((row) => nearest(training, row));
  const near = Object.fromEntries(["which", "label"].map((name) => [name, found.map((each) => each[name])]));
  return {...near, distance: pack(found.map(({distance}) => distance)), pixels: pack(training.pixels.subarray(0, 784000))};
};

// Drawings of all four a second, with what the classifier reads in each, on the one core that this runs on.
window.pace = ({methods, seconds}) => {
  const random = new Random(0), begin = performance.now();
  let made = 0;
  while (performance.now() - begin < 1000 * seconds) {
    const latent = randomLatent(random);
    for (const method of methods) networkOf("classifier").read(networkOf(method).draw(latent));
    made += 1;
  }
  return {aSecond: made / (performance.now() - begin) * 1000};
};
