// The experiments by name, in the order of the chapters: JSON, which __init__.py reads too.

// A preset holds what differs from the start. "steps": by when what it shows is to be seen. "speed": steps a second.
export const PRESETS = {
  "silent": {
    "title": "GAN: a perfect discriminator is silent",
    "settings": {"data": "eight", "generator": "cloud", "loss": "non-saturating", "constraint": "none", "arrows": "d", "rate": 0.001, "optimiser": "adam"},
    "steps": 300,
    "speed": 20,
    "question": "The map is D, from 0 to 1, and each arrow is the slope of D at a fake. Press Play: the fakes stand still, and D learns. When are the arrows longest, and what becomes of them? Then choose “Score’s slope”.",
    "answer": "They are longest around step 50. By step 300 D is near 0 at every fake and everywhere around it, and so is its slope there: a generator that climbs D, as the saturating loss does, gets nothing. The score’s slope has grown meanwhile, and the non-saturating loss asks for that: choose “Loss’s pull”. Reset with R1: by step 300 D is still unsure, and its arrows are there."
  },
  "collapse": {
    "title": "GAN: collapse on eight modes",
    "settings": {"data": "eight", "generator": "learning", "latent": 16, "loss": "non-saturating", "constraint": "none", "depth": 2, "nCritic": 1, "rate": 0.001, "optimiser": "adam"},
    "steps": 2400,
    "question": "Eight modes, and a generator with sixteen latent numbers. Predict: how many modes do its fakes cover after 2400 steps? Then give it two latent numbers.",
    "answer": "Two or three, in five runs of five: the loss looks at each fake alone, and asks of none to be elsewhere than the others. With two latent numbers seven or eight (five runs). With R1 and a weight of 0.1 the fakes spread into a smeared ring: W1 falls below 0.4, and three to four in ten are near a mode (three runs)."
  },
  "pull-back": {
    "title": "LSGAN: squares pull back",
    "settings": {"data": "eight", "generator": "free", "loss": "least-squares", "constraint": "none", "depth": 0, "nCritic": 0, "rate": 0.05, "optimiser": "sgd"},
    "steps": 100,
    "speed": 20,
    "question": "The critic stands still here, and its score is a plane, whatever the data. Each fake moves by itself. Where do they stop? Then reset, choose “GAN”, and play again.",
    "answer": "Where the score is 1, the label: fakes below it climb, fakes beyond it come back, and all of them end on one line. The GAN’s loss sends every fake the same way, past that line, and the surer D is of one the less it moves. Choose LSGAN again while it plays: they turn round."
  },
  "ring": {
    "title": "Penalty, three layers: it draws the ring",
    "settings": {"data": "eight", "constraint": "penalty", "lambda": 1, "rate": 0.001, "optimiser": "adam"},
    "steps": 1500,
    "question": "Press Play. The critic has never been told where the eight modes are. When can you guess them from its map alone? And where in the plane is it steepest?",
    "answer": "After some hundred steps the map has a hollow in the middle, then eight peaks. Its mean slope, on the lines between real and fake, comes near 1 + W1 / (2 λ), which is about 1.4 here and not 1: the penalty is a price and not a wall."
  },
  "box": {
    "title": "Clip 0.01, three layers: it draws a box",
    "settings": {"data": "eight", "constraint": "clip", "clip": 0.01, "rate": 5e-5, "optimiser": "rmsprop"},
    "steps": 1500,
    "question": "The same network and the same data as in “it draws the ring”, but clipped. Where is its value highest, and are there data? Then look at the weights: where do they pile up, and from which step on?",
    "answer": "It is highest in the middle of the ring, where there is nothing: it has found out that data are inside and noise is outside, and no more. Nine in ten weights stand at ±0.01 after the first step, because they were drawn wider than that."
  },
  "vanish": {
    "title": "Clip 0.01, twelve layers: the gradient vanishes",
    "settings": {"data": "swiss-roll", "constraint": "clip", "clip": 0.01, "depth": 12, "width": 128, "rate": 5e-4, "optimiser": "rmsprop", "batch": 64, "generator": "learning"},
    "steps": 5,
    "question": "Make one critic step and look at the gradient by layer. Why does layer 1 learn nothing? Then move the clip bound, without a reset: is there one that brings the gradient back?",
    "answer": "On its way back each layer multiplies the gradient by about c √(n/2) = 0.08, and twelve layers do so twelve times. It is there after the first clip: geometry, nothing learned. A larger bound helps for some steps, and then training aligns the weights’ signs and the gradient explodes."
  },
  "explode": {
    "title": "Clip 0.1, twelve layers: the gradient explodes",
    "settings": {"data": "swiss-roll", "constraint": "clip", "clip": 0.1, "depth": 12, "width": 128, "rate": 5e-4, "optimiser": "rmsprop", "batch": 64, "generator": "learning"},
    "steps": 130,
    "question": "The dashed line is the prediction for weights of random signs: a gradient that shrinks a little. Step slowly: after how many critic steps is the measured one above it, and why?",
    "answer": "Training aligns the signs. Then terms add up instead of their squares, and each layer may multiply by up to c n = 12.8."
  },
  "level": {
    "title": "Penalty, twelve layers: the gradient stays constant",
    "settings": {"data": "swiss-roll", "constraint": "penalty", "lambda": 10, "depth": 12, "width": 128, "rate": 5e-4, "optimiser": "adam", "batch": 64, "generator": "learning"},
    "steps": 50,
    "question": "Twelve layers again, now with the penalty. By how many orders of magnitude do the first layer and the last differ? Then switch the constraint to “Clip the weights” while it plays.",
    "answer": "By less than one. Nothing holds the weights; only slopes at interpolates are paid for. One clip at 0.01 takes all of it away within a single step, and switching back does not bring it back soon. A constant gradient alone proves nothing: the untrained critic has it too, and this one may end upside down, with low values at the data."
  },
  "no-constraint": {
    "title": "No constraint: the number that means nothing",
    "settings": {"data": "eight", "constraint": "none", "rate": 0.001, "optimiser": "adam"},
    "steps": 100,
    "question": "The estimate of W1 grows and grows. Is the critic getting better? Look at its slope, then switch on the penalty without a reset.",
    "answer": "A critic that may be as steep as it likes doubles its values and doubles the “distance”. The shape of the map may even be good; the number is in units of a slope that nobody holds. Within a hundred steps the penalty brings the slope from tens to between 1 and 2, and the number to the size of W1."
  },
  "units": {
    "title": "Clip 0.1: an estimate in units of its own",
    "settings": {"data": "eight", "constraint": "clip", "clip": 0.1, "rate": 5e-4, "optimiser": "rmsprop", "generator": "learning"},
    "steps": 1500,
    "question": "A generator learns here, as in chapter 3. Around step 1000 the estimate comes near the exact W1. Is it right, then? Look at the critic’s slope, and try another bound.",
    "answer": "It comes near by chance. The slope is about 1.6 there, so in units of slope 1 the critic sees half to three quarters of the distance. Another bound, depth or width gives another slope, and another number. Divided by its steepest slope an estimate cannot exceed W1."
  },
  "chase": {
    "title": "Penalty: fakes chase the data",
    "settings": {"data": "eight", "constraint": "penalty", "lambda": 1, "rate": 0.001, "optimiser": "adam", "generator": "learning"},
    "steps": 2000,
    "question": "Watch the arrows: each says where the critic would send a fake. Do the fakes go there? What happens to the arrows when fakes and data meet?",
    "answer": "They go there, all at once, and the map changes under their feet. The exact W1 falls, and the estimate falls with it, nearly in the same units. Where fakes have arrived there is little left to tell apart, and the arrows point this way and that."
  },
  "circle": {
    "title": "Penalty: the fake circles the data",
    "settings": {"data": "point", "generator": "free", "constraint": "penalty", "lambda": 1, "depth": 0, "nCritic": 1, "rate": 0.05, "optimiser": "sgd", "batch": 32},
    "steps": 300,
    "speed": 20,
    "question": "The smallest game: all data are one point, all fakes are another, and the critic is a plane. Where does the fake end? Predict what five critic steps a generator step change. Then choose R1 while it plays.",
    "answer": "Nowhere: it circles the data at distance 1, for the penalty wants a slope of 1 where nothing is left to say. With n critic steps the distance is 1 / √n: 0.45 for five. R1 asks for no slope at the data, and the circle ends."
  },
  "circle-end": {
    "title": "R1: the circle ends",
    "settings": {"data": "point", "generator": "free", "constraint": "r1", "lambda": 1, "depth": 0, "nCritic": 1, "rate": 0.05, "optimiser": "sgd", "batch": 32},
    "steps": 200,
    "speed": 20,
    "question": "The same game, but a slope at the data has a price. Where does the fake end, and how steep is the critic then? Predict what λ = 0.1 changes. Then choose “Gradient penalty”.",
    "answer": "On the data, and the critic’s slope has gone with it: it is silent where nothing is left to say. With λ = 0.1 the fake swings far longer before it rests. The gradient penalty wakes the slope, and the circle begins anew."
  },
  "draw": {
    "title": "Draw your own data",
    "settings": {"data": "own", "constraint": "penalty", "lambda": 1, "rate": 0.001, "optimiser": "adam"},
    "steps": 1000,
    "question": "Draw on the map: a letter, two islands, a ring. Press Play. Which shapes does a penalised critic find, and which does a clipped one?",
    "answer": "A clipped critic of this size draws corners and boxes, whatever you drew. The penalised one finds islands that are some way apart; fine detail takes it many more steps."
  }
};
