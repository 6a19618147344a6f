"""What is asked of networks, optimisers and data before anything is trained. Under `trainers`."""

import os
import zlib

import keras
import numpy as np
import tensorflow as tf

from gancode._arguments import expect, numbers, positive_integer, short

JUDGE = "judge what generate() gives, with gancode.metrics"
VALIDATION = ("validation_data", "validation_split", "validation_steps", "validation_batch_size", "validation_freq")
WITH_LABELS = "data.batches(images, n_critic=5, labels=labels), n_critic=1 for GAN and LSGAN"
INSTEAD = {
    "optimizer": "a GAN has two: say critic_optimizer= and generator_optimizer=",
    "loss": "the losses belong to the method; another one is given to the trainer, loss=losses.saturating",
    "loss_weights": "each network has one loss; a penalty's weight is the trainer's penalty_weight=",
    "auto_scale_loss": "it is for float16, which has no room for squared gradients; use mixed_bfloat16",
    "learning_rate": "each network has an optimiser: trainer.default_optimizer(1e-4) makes one",
    "x": "say batches=",
    "initial_epoch": "a run goes on from checkpoint='NAME.weights.h5' by itself",
    "shuffle": "data.batches shuffles, from its seed",
    "n_critic": "data.batches(images, n_critic=5) takes it; an array is dealt with the method's own",
    **dict.fromkeys(("y", "labels"), f"labels go where the samples are: {WITH_LABELS}"),
    **dict.fromkeys(("metrics", "weighted_metrics"), f"a loss says little of samples; {JUDGE}"),
    **dict.fromkeys(("class_weight", "sample_weight"), "a GAN learns from samples alone; deal some more often"),
    **dict.fromkeys(VALIDATION, f"there is no validation, for a loss on other samples says little; {JUDGE}"),
}
NO_ARRAY = {  # nor a data set, and what makes one of it
    str: "data.images(FOLDER, size=32) reads a folder of pictures",
    list: "np.stack(images) makes one array of arrays of one shape",
    tuple: f"with labels it is {WITH_LABELS}",
}
IMAGES = "; for images of another shape give both networks image_shape=(height, width, channels); channels come last "
IMAGES += "(images.transpose(0, 2, 3, 1)), and grey ones have that axis too (images[..., None])"
KERAS_OWN = {"shuffle": True, "initial_epoch": 0, "validation_freq": 1, "validation_split": 0.0}


def refuse(kwargs):
    """Raise ValueError for an argument of Keras's that a GAN has no use for, and say what to do instead. Those that say
    what Keras would do without them are let pass. Returns the others."""
    for name, value in kwargs.items():
        own = value is None or (np.isscalar(value) and value == KERAS_OWN.get(name))
        if name in INSTEAD and not own:
            raise ValueError(f"{name}: expected none, got {short(value)}; {INSTEAD[name]}")
    return {name: value for name, value in kwargs.items() if name not in INSTEAD}


# --- networks ---------------------------------------------------------------------------------------------------


def shapes(network):
    """(its input's shape, its output's), also of a built subclassed model, or None where it has several. Labels, whole
    numbers beside the input, do not count."""
    if getattr(network, "inputs", None):
        alone = len(network.inputs) == 1 or takes_labels(network)
        return (network.inputs[0].shape, network.outputs[0].shape) if alone and len(network.outputs) == 1 else None
    shape = (network.get_build_config() or {}).get("input_shape")
    if not isinstance(shape, (tuple, list)) or not all(size is None or isinstance(size, int) for size in shape):
        return None
    shape = (None, *shape[1:])
    output = network.compute_output_spec(keras.KerasTensor(shape))
    return (shape, (None, *output.shape[1:])) if hasattr(output, "shape") else None


def takes_labels(network):
    """Whether it has a second input, of one whole number a sample."""
    label = network.inputs[1] if len(getattr(network, "inputs", None) or []) == 2 else None
    return label is not None and "int" in label.dtype and tuple(label.shape[1:]) in ((), (1,))


def classes(network):
    """How many classes it knows, by the layer that takes the labels; None where that does not say."""
    layers = network._flatten_layers(include_self=False)
    sizes = [getattr(layer, "num_tokens", None) or getattr(layer, "input_dim", None) for layer in layers]
    return next((size for size in sizes if isinstance(size, int)), None) if takes_labels(network) else None


def conditioned(network, x, labels):
    """What the network is called with: x, and beside it the labels (batch,), where it takes some."""
    if labels is None:
        return x
    expect(takes_labels(network), "labels", "None, for the network takes none", labels)
    label = network.inputs[1]
    return [x, tf.cast(tf.reshape(labels, (-1, *label.shape[1:])), label.dtype)]


def check_networks(generator, critic):
    """Raise ValueError unless latent vectors become samples, and samples of that shape one score each.

    Returns the latent vectors' dimension.
    """
    found = []
    for name, network in (("generator", generator), ("critic", critic)):
        built = isinstance(network, keras.Model) and network.built
        expect(built, name, "a built Keras model (begun with keras.Input, or called once)", network)
        found.append(shapes(network))
        wanted = "one output and one input (labels may be a second, keras.Input((), dtype='int32'))"
        expect(found[-1] is not None, name, wanted, network)
    if takes_labels(generator) != takes_labels(critic):
        takes, not_so = ("generator", "critic") if takes_labels(generator) else ("critic", "generator")
        raise ValueError(f"{not_so}: expected one that takes labels, as the {takes} does; give both classes=")
    known = classes(generator)
    expect(classes(critic) == known, "critic", f"as many classes as the generator has, {known}", classes(critic))
    (latent, samples), (wanted, scores) = found
    holds = len(latent) == 2 and latent[-1] is not None
    expect(holds, "generator", "it to take latent vectors (batch, latent_dim)", got=latent)
    holds = len(samples) == len(wanted) and all(w in (None, s) for s, w in zip(samples, wanted, strict=True))
    expect(holds, "critic", f"it to take what the generator gives, {samples}", got=wanted)
    expect(tuple(scores[1:]) == (1,), "critic", "it to give scores (batch, 1)", got=scores)
    return latent[-1]


def check_precision(*networks):
    """Raise ValueError if a layer computes in float16; bfloat16, whose range is float32's, is welcome."""
    for layer in (layer for network in networks for layer in network._flatten_layers()):
        why = "from 6e-8 to 65504 there is no room for squared gradients, and Keras scales one loss, not two"
        got = f"float16 in layer {layer.name!r}: {why}"
        expect(layer.compute_dtype != "float16", "dtype policy", "float32 or mixed_bfloat16", got=got)


# --- optimisers -------------------------------------------------------------------------------------------------


def check_optimizers(critic, generator):
    """Both, made from their names where they are names. Raises ValueError for what is none, and for one in both."""
    two = critic is not generator or not isinstance(critic, keras.optimizers.Optimizer)
    expect(two, "generator_optimizer", "an optimiser of its own", got="the critic's")
    found = []
    for name, given in (("critic_optimizer", critic), ("generator_optimizer", generator)):
        try:
            optimizer = keras.optimizers.get(given)  # None of None
        except Exception:  # of what is no name and no settings, Keras says many things
            raise ValueError(f"{name}: expected a Keras optimiser, its name, or None, got {short(given)}") from None
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            raise ValueError(f"{name}: a LossScaleOptimizer {INSTEAD['auto_scale_loss']}")
        if getattr(optimizer, "use_ema", False):
            raise ValueError(f"{name}: use_ema averages by one optimiser; use ema=0.999 of the trainer")
        found.append(optimizer)
    alone = isinstance(critic, str) and generator is None  # as one would for a model that has one
    expect(not alone, "generator_optimizer", f"one too, since critic_optimizer is {critic!r}", generator)
    return found


# --- data -------------------------------------------------------------------------------------------------------


def as_floats(real):
    """uint8 is pixels, 0 to 255 as -1 to 1; floats of any kind are taken as they are. As float32."""
    return tf.cast(real, tf.float32) / 127.5 - 1.0 if real.dtype == tf.uint8 else tf.cast(real, tf.float32)


def as_batches(trainer, batches, batch_size, steps_per_epoch):
    """An array as batches, an epoch being once through; a data set as it is. Returns both."""
    cure = NO_ARRAY.get(str if isinstance(batches, os.PathLike) else type(batches))
    expect(cure is None, "batches", "an array or a data set", got=f"{short(batches)}; {cure}")
    if isinstance(batches, tf.data.Dataset) or not hasattr(batches, "__array__"):
        expect(batch_size is None, "batch_size", "None, for a data set has its batches already", batch_size)
        return batches, steps_per_epoch
    from gancode import data

    shape, more = ("n", *trainer.sample_shape), IMAGES * (len(trainer.sample_shape) == 3)
    kind = np.uint8 if getattr(batches, "dtype", None) == np.uint8 else np.float32
    samples = numbers("batches", batches, shape, kind, cure=more)
    batches = data.batches(samples, 64 if batch_size is None else batch_size, trainer.n_critic, trainer.seed)
    if steps_per_epoch is None:
        executions = len(samples) // (batches.sampler.batch_size * trainer.n_critic * trainer.steps_per_execution)
        steps_per_epoch = max(1, executions) * trainer.steps_per_execution
    return batches, steps_per_epoch


def check_batches(trainer, batches, steps_per_epoch):
    """Raise ValueError unless batches deal some (batch, n_critic, *sample), with labels (batch, n_critic) where the
    networks take some, and an epoch ends, at an execution's end. Returns its steps, None for Keras to count them."""
    spec = getattr(batches, "element_spec", None)
    if trainer.takes_labels:
        two = isinstance(spec, tuple) and len(spec) == 2
        got = f"{short(spec or batches)}; say data.batches(images, n_critic={trainer.n_critic}, labels=labels)"
        expect(two, "batches", "a data set of (samples, labels), for the networks take labels", got=got)
        spec, labels = spec
    shape, expected = getattr(spec, "shape", None), ("batch", "n_critic", *trainer.sample_shape)
    if isinstance(spec, (tuple, list, dict)):
        take = "x, y: x" if isinstance(spec, (tuple, list)) else f"each: each[{next(iter(spec))!r}]"
        cure = f"take what you want, batches.map(lambda {take}), or give both networks classes=, if these are labels"
        raise ValueError(f"batches: expected samples alone, got {type(spec).__name__}s of {len(spec)}; {cure}")
    got = type(batches).__name__ if shape is None else tuple(shape)
    holds = shape is not None and len(shape) == len(expected) and got[2:] == trainer.sample_shape and shape[1]
    more = IMAGES * (len(shape or ()) == len(expected) == 5)
    cure = "data.batches deals them so, of an array; single samples: .batch(n_critic, True).batch(batch_size, True)"
    expect(holds, "batches", f"elements of shape {expected}", got=f"{got} ({cure}){more}")
    holds = spec.dtype.is_floating or spec.dtype == tf.uint8
    expect(holds, "batches", "floats, or uint8 as pixels", got=spec.dtype.name)
    if trainer.takes_labels:
        holds = tuple(labels.shape) == tuple(shape[:2]) and labels.dtype.is_integer
        wanted = f"labels of shape {tuple(shape[:2])}, whole numbers"
        expect(holds, "batches", wanted, got=f"{labels.dtype.name} of shape {tuple(labels.shape)}")
        sampler = getattr(batches, "sampler", None)
        check_labels(trainer, next(iter(batches), (0, None))[1] if sampler is None else sampler.labels)
    n = int(batches.cardinality())
    none = n == 0 or (n == tf.data.UNKNOWN_CARDINALITY and next(iter(batches), None) is None)
    cure = f"{shape[0] or 'batch_size'} x {shape[1]} samples make one; with fewer, .repeat() them before .batch(...)"
    expect(not none, "batches", "at least one element, a step each", got=f"none: batch_size x n_critic = {cure}")
    if steps_per_epoch is None:
        expect(n != tf.data.INFINITE_CARDINALITY, "steps_per_epoch", "a whole number, for these batches never end")
        if trainer.distribute_strategy.num_replicas_in_sync == 1:
            return None
        steps_per_epoch = n  # Keras would count the shares of batches that are split
        expect(n >= 0, "steps_per_epoch", "a whole number, for these batches can not be counted", None)
    steps = trainer.steps_per_execution  # Keras would run on to the next multiple
    whole = positive_integer("steps_per_epoch", steps_per_epoch)
    return expect(whole % steps == 0, "steps_per_epoch", f"a multiple of steps_per_execution ({steps})", whole)


def check_labels(trainer, labels):
    """Raise ValueError for labels that the networks do not know. None: not known yet."""
    n = classes(trainer.generator)
    if labels is not None and n is not None:
        least, most = np.min(labels), np.max(labels)
        wanted = f"0 to {n - 1}, for the networks know {n} classes"
        expect(0 <= least and most < n, "labels", wanted, got=f"{least} to {most}")


def labels_of(trainer, n, labels):
    """The classes of n samples: those given, or every class in turn; None for networks that take no labels."""
    known = classes(trainer.generator)
    if not trainer.takes_labels:
        return expect(labels is None, "labels", "None, for the networks take none (classes=)", labels)
    if labels is None:
        if known is None:
            raise ValueError("labels: expected one for each sample, for the generator does not say how many there are")
        return np.arange(n) % known
    labels = np.asarray(labels)
    holds = labels.dtype.kind in "iu" and labels.shape in ((), (n,))
    expect(holds, "labels", f"{n} whole numbers, or one for all, as names.index('cats')", labels.tolist())
    check_labels(trainer, labels)
    return np.broadcast_to(labels, n)


def check_repeats(batches, known=None):
    """A number that tells this data set from others. Raises ValueError unless it begins the same way each time, and as
    the one that is known by such a number: else no run could go on with it."""

    def begins():
        return zlib.crc32(b"".join(part.tobytes() for part in tf.nest.flatten([*batches.take(1).as_numpy_iterator()])))

    one = begins()
    wanted = "a data set that begins the same way each time, for a run that was cut off goes on with it"
    got = "one that does not (read files with shuffle=False, give shuffle a seed and reshuffle_each_iteration=False, "
    got += "or use data.batches)"
    expect(hasattr(batches, "sampler") or one == begins(), "batches", wanted, got=got)
    got = "some that begin otherwise (data.batches and shuffle take a seed; so does keras.utils.set_random_seed)"
    return expect(known in (None, one), "batches", "those that the checkpoint's run began with", one, got)
