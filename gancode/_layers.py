"""Keras's own layers, told to compute sooner what they compute. Under `models`; `make bench` shows what it brings.

A layer stays Keras's, with its name, its settings and its weights, so that a network opens from its file with nothing
but Keras; only the operation of this one object is another.

Activations. A ReLU's slope is one constant on either side of 0, so it has no slope of its own. TensorFlow thinks it has
one, of zeros; where a gradient is differentiated again, as the penalty's is, a whole backward pass carries those zeros
through the network.

Convolutions. TensorFlow's CPU kernels are slow where a picture has one channel. A 5 x 5 kernel that moves by 2 pixels
is a 3 x 3 kernel that moves by 1 over blocks of 2 x 2 pixels, each block with its pixels as channels.
"""

import functools

import tensorflow as tf
from keras import activations, layers


def leaky_relu(x, negative_slope):
    """x where it is positive, negative_slope * x elsewhere, with a slope that is a constant.

    Going back TensorFlow multiplies a gradient by the slope at x, in one operation. Here it multiplies x itself.
    """
    return tf.raw_ops.LeakyReluGrad(gradients=x, features=tf.stop_gradient(x), alpha=negative_slope)


def relu(x):
    """max(x, 0)"""
    return leaky_relu(x, 0.0)


def fast(layer):
    """The layer, whose operation is one of the above or below where it can be. Returns it."""
    if isinstance(layer, layers.LeakyReLU):
        layer.call = functools.partial(leaky_relu, negative_slope=layer.negative_slope)
    elif isinstance(layer, layers.Dense) and layer.activation is activations.relu:
        layer.activation = relu  # saved by its name, which is Keras's
    elif type(layer) is layers.Conv2D:
        layer.convolution_op = functools.partial(convolution, layer, layer.convolution_op)
    elif type(layer) is layers.Conv2DTranspose:
        layer.call = functools.partial(transposed, layer, layer.call)
    return layer


def convolution(layer, own, images, kernel):  # (batch, 2h, 2w, channels), (5, 5, channels, filters)
    """Of 5 x 5 pixels with strides of 2: to (batch, h, w, filters). Others by the layer's own."""
    if not fits(layer, images.shape):
        return own(images, kernel)
    blocks = tf.nn.space_to_depth(images, 2)  # (batch, h, w, 4 * channels)
    return tf.nn.conv2d(blocks, over_blocks(kernel), 1, "SAME")


def transposed(layer, own, images):  # (batch, h, w, channels)
    """Of 5 x 5 pixels with strides of 2: to (batch, 2h, 2w, filters). Others by the layer's own."""
    if not fits(layer):
        return own(images)
    kernel = over_blocks(tf.convert_to_tensor(layer.kernel))  # (3, 3, 4 * filters, channels)
    turned = tf.transpose(kernel[::-1, ::-1], (0, 1, 3, 2))  # the transpose of a convolution: turned by half
    result = tf.nn.depth_to_space(tf.nn.conv2d(images, turned, 1, "SAME"), 2)
    if layer.use_bias:
        result += tf.convert_to_tensor(layer.bias)
    return layer.activation(result)


def fits(layer, shape=(None, 0, 0, None)):
    """Whether a convolution is one of those above, and there is no GPU: there Keras's own is quick."""
    plain = (layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate) == ((5, 5), (2, 2), "same", (1, 1))
    even = all(size is not None and size % 2 == 0 for size in shape[1:3])
    return plain and even and not tf.config.list_physical_devices("GPU")


def over_blocks(kernel):
    """A kernel over pixels, (5, 5, channels, filters), as one over blocks: (3, 3, 4 * channels, filters).

    "same" puts one row of zeros above an even picture, so block row r holds the kernel's rows 2r - 1 and 2r.
    """
    channels, filters = kernel.shape[2:]
    kernel = tf.pad(kernel, [[1, 0], [1, 0], [0, 0], [0, 0]])  # (6, 6, channels, filters)
    kernel = tf.reshape(kernel, (3, 2, 3, 2, channels, filters))
    return tf.reshape(tf.transpose(kernel, (0, 2, 1, 3, 4, 5)), (3, 3, 4 * channels, filters))
