// What tests/lab_engine.py adds to the engine's own functions: shared cases in, numbers out. Arrays travel by arrays.js.

const networkOf = ({sizes, weights}) => {
  const network = new Network(sizes, null);
  network.weights.set(unpack(weights));
  return network;
};
const optimiserOf = (name, weights) => new {adam: Adam, rmsprop: RMSProp, sgd: SGD}[name](weights.length);

// Some critic steps on shared batches: what the first one computed, and the weights after it and after the last.
window.criticSteps = ({critic, reals, fakes, epsilons, settings}) => {
  const network = networkOf(critic), optimiser = optimiserOf(settings.optimiser, network.weights);
  const found = {};
  const [x, y, e] = [reals, fakes, epsilons].map((texts) => texts.map(unpack));
  const room = new CriticRoom(network, e[0].length);
  for (let step = 0; step < e.length; step++) {
    room.both.input.set(x[step]);
    room.both.input.set(y[step], x[step].length);
    const {loss, penalty} = criticGradient(network, room, e[step], settings);
    if (step === 0) {
      Object.assign(found, {loss, penalty, scores: pack(room.both.output), gradients: pack(network.gradients)});
      const layerNorms = new Float32Array(network.layers.length);
      backFromLoss(network, room, settings.loss, 1, layerNorms);
      interpolate(room, e[step], settings.constraint);
      inputNorms(network, room);
      Object.assign(found, {layerNorms: pack(layerNorms), inputNorms: pack(room.norms)});
      network.gradients.fill(0);
      const penalised = ["penalty", "one-sided", "r1"].includes(settings.constraint);
      addPenaltyGradient(network, room, penalised ? settings : {...settings, constraint: "penalty"});
      found.penaltyGradients = pack(network.gradients);
      criticGradient(network, room, e[step], settings); // again, so that the step is taken with the whole
    }
    optimiser.step(network.weights, network.gradients, settings.rate);
    if (settings.constraint === "clip") clipWeights(network, settings.clip);
    if (step === 0) found.afterOne = pack(network.weights);
  }
  return {...found, afterAll: pack(network.weights)};
};

window.generatorStep = ({critic, generator, latent, settings}) => {
  const network = networkOf(generator), judge = networkOf(critic);
  const z = unpack(latent), n = z.length / generator.sizes[0], made = new NetworkGenerator(network, n);
  made.pass.input.set(z);
  const loss = generatorGradient(made, judge, new Pass(judge, n), settings.loss);
  const found = {loss, samples: pack(made.pass.output), gradients: pack(network.gradients)};
  optimiserOf(settings.optimiser, network.weights).step(network.weights, network.gradients, settings.rate);
  return {...found, after: pack(network.weights)};
};

// What the loss asks of points that move freely
window.pointGradients = ({critic, points, settings}) => {
  const judge = networkOf(critic), free = new FreePoints(sampler("eight"), new Random(0), unpack(points).length / 2);
  free.weights.set(unpack(points));
  generatorGradient(free, judge, new Pass(judge, free.weights.length / 2), settings.loss);
  return {gradients: pack(free.gradients)};
};

// The smallest game: where the fake is and what the critic's slope is, before the first generator step and after each.
window.diracPath = ({settings, steps}) => {
  const trainer = new Trainer(settings), path = [];
  const note = () => path.push(...trainer.generator.weights.slice(-2), ...trainer.critic.layers[0].kernel);
  note();
  for (let step = 0; step < steps; step++) {
    for (let k = 0; k < settings.nCritic; k++) trainer.criticStep();
    trainer.generatorStep();
    note();
  }
  return {path: pack(path)};
};

// Train until something is thrown, or so many steps: what it said, and whether weights and slots are numbers still.
window.untilTrouble = ({settings, steps}) => {
  const trainer = new Trainer(settings);
  let what = null;
  try {
    while (trainer.steps < steps) trainer.step();
  } catch (error) {
    what = error.message;
  }
  const held = [trainer.critic.weights, ...Object.values(trainer.criticOptimiser).filter(ArrayBuffer.isView)];
  return {what: [what], steps: trainer.steps, finite: held.every((array) => array.every(Number.isFinite))};
};

// A state's slopes at the fakes, and the scores of fakes that have moved along them a little
window.slopesAtFakes = (settings) => {
  const trainer = new Trainer(settings);
  while (trainer.steps < 30) trainer.step();
  const {fake, fakeScores, fakeSlopes, pulls} = trainer.look(24);
  const moved = new Pass(trainer.critic, fakeScores.length);
  moved.input.set(fake.map((x, i) => x + 1e-3 * fakeSlopes[i]));
  forward(trainer.critic, moved);
  return plain({fakeScores, fakeSlopes, pulls, after: moved.output});
};

// An optimiser alone, on shared gradients, one array a step
window.optimiserSteps = ({weights, gradients, settings}) => {
  const w = unpack(weights), optimiser = optimiserOf(settings.optimiser, w);
  for (const text of gradients) optimiser.step(w, unpack(text), settings.rate);
  return {weights: pack(w)};
};

window.distance = ({x, y}) => wasserstein1(unpack(x), unpack(y));

window.samples = ({data, n, seed}) => {
  const out = new Float32Array(2 * n);
  sampler(data)(new Random(seed), n, out);
  return {samples: pack(out)};
};

window.numbers = ({n, seed}) => {
  const random = new Random(seed);
  const draw = (what) => pack(Array.from({length: n}, what));
  const found = {uniform: draw(() => random.uniform()), normal: draw(() => random.normal())};
  return {...found, below: draw(() => random.below(5))};
};

window.freshWeights = ({sizes, seed}) => ({weights: pack(new Network(sizes, new Random(seed)).weights)});

// A worker that runs what window.source holds. Its promises are the tests': each message is answered by a state or by
// trouble, and `when` waits for a state. Each state is answered, as a page does that has drawn it.
// `more` is run in the worker too.
window.openLab = (more = "") => {
  const worker = new Worker(URL.createObjectURL(new Blob([window.source, more], {type: "text/javascript"})));
  const lab = {states: 0, curve: [], waiting: [], heard: null};
  worker.onmessage = ({data}) => {
    lab.heard?.push({type: data.type, run: data.run, order: data.order, steps: data.steps, settings: data.settings});
    if (data.type === "state") {
      worker.postMessage({type: "seen", run: data.run});
      lab.states += 1;
      lab.curve = data.criticSteps ? [...lab.curve, ...data.newCurve] : data.newCurve;
    }
    lab.waiting = lab.waiting.filter(({wanted, resolve}) => {
      if (data.type !== "trouble" && !wanted(data)) return true;
      resolve(data);
      return false;
    });
  };
  worker.onerror = (event) => console.error(event.message);
  lab.when = (wanted) => new Promise((resolve) => lab.waiting.push({wanted, resolve}));
  lab.ask = (message, wanted = () => true) => {
    const answer = lab.when(wanted);
    worker.postMessage(message);
    return answer;
  };
  lab.end = () => worker.terminate();
  return lab;
};
// With plain lists in place of typed arrays
window.plain = (state) => {
  return JSON.parse(JSON.stringify(state, (key, value) => ArrayBuffer.isView(value) ? [...value] : value));
};
