"""Several networks as one model, one a seed: trained side by side, and looked into on the way. Under `figure1`."""

import dataclasses
import math
from functools import cached_property

import keras
import numpy as np
import tensorflow as tf

from gancode import data, losses, metrics, penalty, probes, trainers
from gancode._arguments import expect, flag, positive, positive_integers, short

GRID = np.linspace(-2.0, 2.0, 100, dtype=np.float32)  # the part of the plane that all three toy data sets fill

# --- several networks of one shape as one model ---


def ensemble(members):
    """One model that holds several: its input is a block of samples a member, one block after the other.

    Args:
        members: built Sequential models of Dense layers, all of one shape (`models.mlp_critic`, one a seed).

    Returns:
        A Keras model, ``(members * batch, inputs)`` to ``(members * batch, outputs)``, with copies of their weights.
        The first `batch` samples go through the first member, and so on: no member sees another's samples or weights.
        So the sum of the members' losses gives each one the gradient it would have had alone.

    Raises:
        ValueError: if there are no members, if their shapes differ, their activations differ, or if they hold other
            layers than Dense with a bias.
    """
    members = list(members)
    kinds = [[_in_common(layer) for layer in member.layers] for member in members]
    holds = members and None not in kinds[0] and all(each == kinds[0] for each in kinds)
    wanted = "at least one network, of Dense layers with biases only, all of one shape and with the same activations"
    expect(holds, "members", wanted, got=kinds)
    inputs = keras.Input((members[0].input_shape[-1],))
    x = keras.ops.reshape(inputs, (len(members), -1, inputs.shape[-1]))  # (members, batch, inputs)
    for same_layer in zip(*(member.layers for member in members), strict=True):
        units, activation = same_layer[0].units, same_layer[0].activation
        layer = keras.layers.EinsumDense("mbi,mio->mbo", (None, units), bias_axes="mo", activation=activation)
        x = layer(x)  # (members, batch, units)
        layer.kernel.assign(np.stack([dense.kernel for dense in same_layer]))
        layer.bias.assign(np.stack([dense.bias for dense in same_layer])[:, None])
    return keras.Model(inputs, keras.ops.reshape(x, (-1, x.shape[-1])))


def unstack(model, members):
    """Give each member, in place, the weights that it has in the ensemble."""
    for stacked, same_weight in zip(model.weights, zip(*(m.weights for m in members), strict=True), strict=True):
        for values, weight in zip(stacked.numpy(), same_weight, strict=True):
            weight.assign(np.reshape(values, weight.shape))


def reinitialise(network, seed, bound=None):
    """Draw the network's weights anew from this seed alone, by its layers' own initialisers. Returns the network.

    Args:
        network: of Dense layers, as `models.mlp_critic`.
        seed: a whole number for a critic, a half more for its generator.
        bound: draw every weight and bias from U[-bound, bound] instead.
    """
    inside = bound and keras.initializers.RandomUniform(-bound, bound, seed=0)  # without one it would draw its own
    for i, layer in enumerate(network.layers):
        drawn = [(layer.kernel, layer.kernel_initializer), (layer.bias, layer.bias_initializer)]
        for j, (weight, own) in enumerate(drawn):
            initializer = inside or own
            settings = initializer.get_config()
            if "seed" in settings:
                settings["seed"] = int(10_000 * seed) + 2 * i + j
            weight.assign(type(initializer)(**settings)(weight.shape))
    return network


def _in_common(layer):
    """What a layer has to have in common with those that stand in its place in other members; None for no Dense one."""
    holds = isinstance(layer, keras.layers.Dense) and layer.use_bias
    return (*layer.kernel.shape, keras.activations.serialize(layer.activation)) if holds else None


# --- training it, with a look inside now and then ---


@dataclasses.dataclass(frozen=True)
class Run:
    """What came of it. Arrays lead with (records, seeds) or (seeds,); the first record is from before training."""

    critics: list  #: Keras models, one a seed, trained
    real: np.ndarray  #: (1000, 2), samples that the critics have not seen
    fake: np.ndarray  #: (seeds, 1000, 2), what each met in the end
    steps: np.ndarray  #: (records,), when was looked
    norms_at: np.ndarray  #: (records, seeds, layers), as `probes.layer_gradient_norms`
    weights_at: np.ndarray  #: (records, seeds, weights)
    values_at: np.ndarray | None = None  #: (records, seeds, n, n), where the critic is looked at over the plane
    grid: np.ndarray = dataclasses.field(default_factory=GRID.copy)  #: (n,), its coordinates there

    @property
    def norms(self):
        """(seeds, layers) after training, layer 1 (nearest the input) first."""
        return self.norms_at[-1]

    @property
    def weights(self):
        """(seeds, weights) after training, of kernels without biases."""
        return self.weights_at[-1]

    @property
    def values(self):
        """(seeds, n, n) after training, values[s, i, j] at the place (grid[j], grid[i])."""
        return self.values_at[-1]

    @cached_property
    def slopes(self):
        """(seeds, 3000), length of the input gradient at the real samples, the fakes and their interpolates."""
        places = [np.concatenate([self.real, f, penalty.interpolate(self.real, f, seed=0)]) for f in self.fake]
        return np.stack([penalty.gradient_norms(c, x) for c, x in zip(self.critics, places, strict=True)])

    @cached_property
    def estimates(self):
        """(seeds,), E f(real) - E f(fake), in the critic's own units."""
        return np.array([np.mean(c(self.real)) - np.mean(c(f)) for c, f in zip(self.critics, self.fake, strict=True)])

    @cached_property
    def exact(self):
        """(seeds,), the exact W1 of the same samples."""
        return np.array([metrics.wasserstein1(self.real, f) for f in self.fake])

    @property
    def shares(self):
        """(seeds,), the part of W1 that each critic sees.

        At most 1, if the steepest slope is among those seen. For a critic of slope K can report at most K times W1.
        """
        return self.estimates / self.slopes.max(axis=1) / self.exact


@dataclasses.dataclass(frozen=True)
class SumOverMembers:
    """The Wasserstein loss of an ensemble: the sum of its members' losses, so that none slows another down."""

    members: int

    def critic(self, real_scores, fake_scores):
        return self.members * losses.wasserstein.critic(real_scores, fake_scores)

    def generator(self, fake_scores):
        return self.members * losses.wasserstein.generator(fake_scores)


def check(clip, penalty_weight, learning_rate, steps, n_critic, batch_size, every, progress, epsilon=1e-10):
    """Raise ValueError for what `side_by_side` and `train` do not take, before networks are built for them."""
    given = f"clip={short(clip)}, penalty_weight={short(penalty_weight)}"
    expect((clip is None) != (penalty_weight is None), "clip, penalty_weight", "exactly one", got=given)
    positive(*(("penalty_weight", penalty_weight) if clip is None else ("clip", clip)))
    positive("learning_rate", learning_rate)
    positive("epsilon", epsilon)
    positive_integers(steps=steps, n_critic=n_critic, batch_size=batch_size, every=every)
    flag("progress", progress)


def side_by_side(critics, generator, clip, penalty_weight, learning_rate, epsilon=1e-10):
    """A WGAN or a WGAN-GP whose critic is an ensemble, with its paper's kind of optimiser."""
    networks, loss = (generator, ensemble(critics)), SumOverMembers(len(critics))
    settings = {"learning_rate": learning_rate} | ({} if clip is None else {"epsilon": epsilon})
    if clip is not None:
        wgan = trainers.WGAN(*networks, clip=clip, loss=loss, seed=0, name=f"clip {clip}")
    else:  # the penalty is a mean over all, and becomes a sum over members like the loss
        weight = len(critics) * penalty_weight
        wgan = trainers.WGANGP(*networks, weight, loss=loss, seed=0, name=f"penalty {penalty_weight}")
    wgan.compile(*(wgan.default_optimizer(**settings) for _ in networks))
    # n_critic times the same: twelve layers take long to trace, so that is done once
    wgan.critic_step = tf.function(wgan.critic_step, autograph=False)
    return wgan


def train(wgan, critics, samples, steps, n_critic, batch_size, every, progress, plane=False):
    """Train, and look inside before the first step, after it, every so many, and after the last. Returns a Run.

    A step is n_critic critic steps and one generator step, in which a generator with nothing to learn stays as it is.
    The first 1000 samples are kept for looking. plane: also look at the critics' values over the plane.
    """
    real, samples = samples[:1000], samples[1000:]
    batches = data.batches(samples, batch_size * len(critics), n_critic, seed=0)
    inside = LookInside(critics, real, every, plane)
    # an epoch is what lies between two ticks of the progress bar
    settings = {"epochs": steps // math.gcd(steps, every), "steps_per_epoch": math.gcd(steps, every)}
    wgan.fit(batches, **settings, callbacks=inside, verbose="auto" if progress else 0)
    through = {f"{name}_at": np.stack([look[name] for look in inside.looks]) for name in inside.looks[0]}
    return Run(critics, real, fakes_for(wgan, critics, real), np.array(inside.steps), **through)


class LookInside(probes.Every):
    """Callback: what the critics look like, as often as `Every` says, and after the first step."""

    def __init__(self, critics, real, every, plane):
        super().__init__(every)
        self.critics, self.real, self.plane, self.looks = critics, real, plane, []

    def due(self, before):
        return before == 0 or super().due(before)

    def record(self, step):
        """One array a probe, a row a seed. The critics get their present weights."""
        unstack(self.model.critic, self.critics)
        pairs = zip(self.critics, fakes_for(self.model, self.critics, self.real), strict=True)
        look = {"norms": np.stack([probes.layer_gradient_norms(critic, self.real, fake) for critic, fake in pairs])}
        look["weights"] = np.stack([probes.weight_values(critic) for critic in self.critics])
        if self.plane:
            places = np.stack(np.meshgrid(GRID, GRID), axis=-1).reshape(-1, 2)
            look["values"] = np.stack([np.reshape(critic(places), (len(GRID), -1)) for critic in self.critics])
        self.looks.append(look)


def fakes_for(wgan, critics, real):
    """As many fakes for each critic as there are real samples, always from the same latent vectors."""
    latent = keras.random.normal((len(critics) * len(real), wgan.latent_dim), seed=1)
    return np.reshape(wgan.generator(latent, training=False), (len(critics), *real.shape))
