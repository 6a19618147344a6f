"""Several networks of one shape as one model, one a seed: trained together, without touching each other. Chapter 5."""

import keras
import numpy as np


def crowd(members):
    """One model that holds several: its input is a block of samples a member, one block after the other.

    members: built Sequential models of Dense layers, all of one shape (`models.mlp_critic`, one a seed).
    Returns a Keras model, (members * batch, inputs) to (members * batch, outputs), with copies of their weights. The
    first `batch` samples go through the first member, and so on: no member sees another's samples or weights. So
    the sum of the members' losses gives each one the gradient it would have had alone.

    Raises ValueError if there are no members, if their shapes differ, their activations differ, or if they hold
    other layers than Dense with a bias.
    """
    members = list(members)
    _same_dense_layers(members)
    inputs = keras.Input((members[0].input_shape[-1],))
    x = keras.ops.reshape(inputs, (len(members), -1, inputs.shape[-1]))  # (members, batch, inputs)
    for same_layer in zip(*(member.layers for member in members), strict=True):
        units, activation = same_layer[0].units, same_layer[0].activation
        layer = keras.layers.EinsumDense("mbi,mio->mbo", (None, units), bias_axes="mo", activation=activation)
        x = layer(x)  # (members, batch, units)
        layer.kernel.assign(np.stack([dense.kernel for dense in same_layer]))
        layer.bias.assign(np.stack([dense.bias for dense in same_layer])[:, None])
    return keras.Model(inputs, keras.ops.reshape(x, (-1, x.shape[-1])))


def disband(model, members):
    """Give each member, in place, the weights that it has in the crowd."""
    for together, same_weight in zip(model.weights, zip(*(m.weights for m in members), strict=True), strict=True):
        for values, weight in zip(together.numpy(), same_weight, strict=True):
            weight.assign(np.reshape(values, weight.shape))


def draw(network, seed, bound=None):
    """Draw the network's weights anew from this seed alone, by its layers' own initialisers. Returns the network.

    bound: draw every weight and bias from U[-bound, bound] instead.
    """
    inside = bound and keras.initializers.RandomUniform(-bound, bound, seed=0)  # without one it would draw its own
    for i, layer in enumerate(network.layers):
        for j, (weight, own) in enumerate(
            [(layer.kernel, layer.kernel_initializer), (layer.bias, layer.bias_initializer)]
        ):
            initializer = inside or own
            settings = initializer.get_config()
            if "seed" in settings:
                settings["seed"] = int(10_000 * seed) + 2 * i + j
            weight.assign(type(initializer)(**settings)(weight.shape))
    return network


def _same_dense_layers(members):
    shapes = [[tuple(weight.shape) for weight in member.weights] for member in members]
    if not members or any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"members: expected at least one network, all of one shape, got {len(members)} of {shapes}")
    for layer in (layer for member in members for layer in member.layers):
        if not isinstance(layer, keras.layers.Dense) or not layer.use_bias:
            raise ValueError(
                f"members: expected Dense layers with biases only, got {type(layer).__name__} {layer.name!r}"
            )
    activations = [[layer.activation for layer in member.layers] for member in members]
    if any(each != activations[0] for each in activations):
        raise ValueError("members: expected the same activations in all, got different ones")
