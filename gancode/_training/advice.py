"""What is allowed and yet seldom meant: one warning each, that names its cure. Under `trainers`.

Networks are asked, not looked up: what a critic does to a batch's samples shows in its gradient, whatever its layers
are called.
"""

import pathlib
import sys
import warnings

import keras
import numpy as np
import tensorflow as tf

import gancode
from gancode._arguments import expect
from gancode._training.guard import untouched
from gancode._training.inputs import classes, conditioned, shapes, takes_labels

RANGES = {  # what a generator gives that ends so, and how data come there: pixels from 0 to 255, and others
    "tanh": ((-1.0, 1.0), "images / 127.5 - 1, or give pixels as uint8.", "2 * images - 1, or give pixels as uint8."),
    "sigmoid": ((0.0, 1.0), "images / 255.", "(images + 1) / 2."),
}


def look_at(trainer):
    """Warn of networks that can not learn what they should, by asking them."""
    critic, hook = trainer.critic, getattr(type(trainer), "critic_penalty", None)
    penalised = hook is not None and (hook.__module__, hook.__qualname__) != ("gancode.trainers", "GAN.critic_penalty")
    last = last_activation(critic)
    # of a subclassed model only the order of its attributes is known, and a relu at their end may be one between layers
    told = getattr(critic, "inputs", None) or last in ("sigmoid", "softmax", "hard_sigmoid")
    if told and last != "linear" and hasattr(keras.activations, last):
        warn(f"critic: it ends in a {last}, and every loss here takes raw scores, without one. Let it end linearly.")
    if not critic.trainable_variables:
        warn("critic: it has no weights to train, so that nothing but the generator will learn.")
    gradients, drawn_anew = ask(critic)
    if gradients is None:
        return
    if penalised and np.abs(gradients[1:]).max() > 1e-6 * np.abs(gradients[0]).max():
        cure = "the penalty asks for a norm of each sample's own gradient. Use norm=None, 'layer' or 'instance'."
        warn(f"critic: its score of a sample depends on the other samples of a batch (batch norm makes it so); {cure}")
    if penalised and drawn_anew:
        cure = "so that loss and penalty judge two different critics. Leave it out of a penalised critic."
        warn(f"critic: it draws anew each time it is called (dropout, augmentation), {cure}")


def ask(critic, n=4):
    """d score[0] / d samples, (n, ...), and whether a second call in training gives other scores. None: not asked.

    Raises ValueError where a score has no gradient: neither a penalty nor a generator could use it.
    """
    shape = shapes(critic)[0][1:]
    if any(size is None for size in shape):
        return None, None
    samples = tf.constant(np.random.default_rng(0).uniform(-1, 1, (n, *shape)), tf.float32)
    labels = tf.range(n) % (classes(critic) or 1) if takes_labels(critic) else None
    try:
        with untouched(critic.variables):
            with untouched(critic.weights), tf.GradientTape() as tape:  # but dropout's seeds go on
                tape.watch(samples)
                scores = tf.reshape(critic(conditioned(critic, samples, labels), training=True), [-1])
                first = scores[0]
            again = tf.reshape(critic(conditioned(critic, samples, labels), training=True), [-1])
        gradients = tape.gradient(first, samples)
    except (ValueError, tf.errors.InvalidArgumentError):
        return None, None  # it takes batches of another size
    got = f"none from {critic.name!r} (an Embedding, whole numbers or a stopped gradient at its input)"
    expect(gradients is not None, "critic", "scores with a gradient by the samples", got=got)
    return gradients.numpy(), not np.allclose(scores, again, rtol=1e-3, atol=1e-6)


def look_at_data(trainer, batches):
    """Warn, once, of floats that the generator can not reach."""
    size, n_critic = tf.nest.flatten(batches.element_spec)[0].shape[:2]  # of the samples, if there are labels too
    if size is not None and n_critic > max(size, 10):
        cure = "Is it the other way round? The samples lead: (batch, n_critic, *sample)."
        warn(f"batches: they are of {size} samples for each of {n_critic} critic steps. {cure}")
    end = last_activation(trainer.generator)
    if end not in RANGES or trainer.looked:
        return
    trainer.looked = True
    sampler = getattr(batches, "sampler", None)
    first = tf.constant(sampler.samples[:256]) if sampler is not None else next(iter(batches), None)
    some = tf.nest.flatten(first)[0]  # without the labels
    if some is None:
        return
    least, most = float(tf.reduce_min(some)), float(tf.reduce_max(some))
    if not some.dtype.is_floating:
        if end == "sigmoid":
            warn("batches: pixels are scaled to -1 to 1, and the generator gives 0 to 1. Let it end in a tanh.")
        if most == 1:
            warn("batches: pixels go from 0 to 1 of 255, which is black. Give 255 * images, or 2.0 * images - 1.")
        return
    (low, high), of_pixels, of_others = RANGES[end]
    outside = least < low - 0.05 or most > high + 0.05
    in_0_1 = end == "tanh" and least >= 0.0 and 0.5 < most <= 1.0
    if outside or in_0_1:
        cure = f"Scale them: {of_pixels if most > 2.0 else of_others}"
        warn(f"batches: they go from {least:g} to {most:g}, and the generator gives {low:g} to {high:g}. {cure}")


def last_activation(network):
    """The name of the function that a network ends in, as in keras.activations, "" where it can not be told."""
    known = {name.replace("_", ""): name for name in dir(keras.activations)}  # in classes' names there is no underscore
    # operations are layers with keras.ops among them
    for last in reversed(getattr(network, "operations", None) or getattr(network, "layers", None) or []):
        layer = getattr(last, "layer", last)  # what a wrapper holds
        if hasattr(layer, "activation"):
            return getattr(layer.activation, "__name__", "")
        if isinstance(layer, keras.Model):
            return last_activation(layer)
        if (name := type(layer).__name__.lower()) not in ("reshape", "flatten"):
            return known.get(name, "")
    return ""


def warn(message):
    """Warn where the reader's own code called, however deep in here it was found."""
    inside = tuple(str(pathlib.Path(module).parent) for module in (gancode.__file__, keras.__file__))
    frame, level = sys._getframe(), 1
    while frame.f_back and frame.f_code.co_filename.startswith(inside):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
