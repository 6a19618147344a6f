// The engine's end of the conversation with the page. It trains in slices and listens between them.
import {Trainer} from "./trainer.js"

const SLICE = 12; // milliseconds
const STATES_A_SECOND = 45; // aimed at; steps are not cut short, and a state goes out at the end of the nearest one
const SURFACE_COST = 12e6; // multiplications that a look may spend on the surface while training goes on
const COARSEST = 24;
const FINEST = 64;

const lab = {
  trainer: null,
  run: 0, // the page's number of the run that this trainer is: it stands in every answer,
  order: 0, // and so does that of the last order that was heard
  running: false,
  interval: 0, // milliseconds from one critic step to the next; 0: as quick as it goes
  next: 0, // when the next one is due
  until: null, // how many there shall be, where that was asked for
  loop: 0, // which loop is the one that runs: an older one ends
  seen: true, // the page has drawn the last state
  sentSteps: 0,
  lookAt: 0, // when the next look is due
  aStep: 0, // milliseconds that the last critic step took
  rate: 0, // critic steps a second, as measured: `made` of them since `since`
  since: 0,
  made: 0,
};

const ANSWERS = {
  reset({settings, points, run = 0}) {
    Object.assign(lab, {running: false, trainer: null, run, rate: 0});
    lab.trainer = new Trainer(settings, points);
    send();
  },
  change({settings}) {
    trainer().change(settings);
    if (!lab.running) send();
  },
  play({stepsPerSecond}) {
    if (!(stepsPerSecond > 0)) throw new Error(`stepsPerSecond: expected a number above 0, got ${stepsPerSecond}`);
    start(stepsPerSecond, null);
  },
  until({steps}) {
    if (!(steps >= 0)) throw new Error(`steps: expected a number from 0 on, got ${steps}`);
    start(Infinity, steps);
  },
  pause() {
    trainer();
    lab.running = false;
    send();
  },
  step({what}) {
    if (what === "critic") trainer().criticStep();
    else if (what === "generator") trainer().generatorStep();
    else throw new Error(`what: expected critic or generator, got ${what}`);
    trainer().notePoint();
    send();
  },
  look() {
    trainer();
    send();
  },
  seen({run = 0}) {
    if (run === lab.run) lab.seen = true;
  },
};

self.onmessage = ({data}) => orTrouble(() => {
  const names = Object.keys(ANSWERS);
  if (data.order) lab.order = data.order;
  if (!names.includes(data.type)) throw new Error(`type: expected one of ${names.join(", ")}, got ${data.type}`);
  ANSWERS[data.type](data);
});

function orTrouble(action) {
  try {
    action();
  } catch (error) {
    lab.running = false;
    self.postMessage({type: "trouble", run: lab.run, order: lab.order, what: error.message});
  }
}

function trainer() {
  if (!lab.trainer) throw new Error("reset: expected one before anything else");
  return lab.trainer;
}

// A message to oneself comes after those that wait already, and sooner than a timer, which waits 4 ms.
const again = new MessageChannel();
again.port1.onmessage = ({data}) => orTrouble(() => train(data));

function start(stepsPerSecond, until) {
  trainer();
  const now = performance.now();
  Object.assign(lab, {running: true, interval: 1000 / stepsPerSecond, next: now, until, since: now, made: 0});
  lab.loop += 1;
  again.port2.postMessage(lab.loop);
}

// One slice of training.
function train(loop) {
  if (!lab.running || loop !== lab.loop) return;
  // Before the slice and not after it: by now the page's answer to the last state may have come.
  if (lab.seen && lookIsDue() && lab.trainer.steps !== lab.sentSteps) send();
  let now = performance.now();
  const end = lab.seen ? Math.min(now + SLICE, Math.max(now + 1, lab.lookAt)) : now + SLICE;
  while (now < end && now >= lab.next && !reached()) {
    lab.trainer.step();
    lab.made += 1;
    lab.next = Math.max(lab.next + lab.interval, now); // what a slow machine is behind by it need not catch up
    lab.aStep = performance.now() - now;
    now += lab.aStep;
  }
  if (reached()) {
    lab.running = false;
    send();
    return;
  }
  measure(now);
  const wait = lab.next - performance.now();
  if (wait <= 0) again.port2.postMessage(loop);
  else setTimeout(() => orTrouble(() => train(loop)), Math.min(20, wait));
}

// One more step first, where its end is nearer to the time than now is. A slow one would otherwise halve the pictures.
function lookIsDue() {
  return lab.lookAt - performance.now() < lab.aStep / 2;
}

function reached() {
  return lab.until !== null && lab.trainer.steps >= lab.until;
}

// Anew every second
function measure(now) {
  if (now - lab.since < 1000) return;
  lab.rate = lab.made / (now - lab.since) * 1000;
  Object.assign(lab, {since: now, made: 0});
}

function send() {
  const begun = performance.now();
  const places = SURFACE_COST / lab.trainer.critic.weights.length;
  const size = Math.max(COARSEST, Math.min(FINEST, Math.floor(Math.sqrt(places))));
  const seen = lab.trainer.look(lab.running ? size : FINEST);
  const {curve: newCurve, trail: newTrail} = lab.trainer;
  Object.assign(lab.trainer, {curve: [], trail: []});
  const {run, order, running, rate: stepsPerSecond} = lab;
  const arrays = [...Object.values(seen), ...Object.values(seen.weights)].filter(ArrayBuffer.isView);
  self.postMessage({type: "state", run, order, running, stepsPerSecond, ...seen, newCurve, newTrail},
    arrays.map((array) => array.buffer)); // given away, not copied
  // A look may take half of the time, so that pictures of a large critic do not keep it from training.
  const took = performance.now() - begun;
  lab.lookAt = begun + Math.max(1000 / STATES_A_SECOND, 2 * took);
  lab.sentSteps = seen.steps;
  lab.seen = false;
}
