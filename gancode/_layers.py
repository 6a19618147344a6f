"""Layers that compute what Keras's own do, and sooner. Used by models; `make bench` shows what they bring.

Activations. A ReLU's slope is one constant on either side of 0, so it has no slope of its own. TensorFlow thinks it has
one, of zeros; where a gradient is differentiated again, as the penalty's is, a whole backward pass carries those zeros
through the network.

Convolutions. TensorFlow's CPU kernels are slow where a picture has one channel. A 5 x 5 kernel that moves by 2 pixels
is a 3 x 3 kernel that moves by 1 over blocks of 2 x 2 pixels, each block with its pixels as channels.
"""

import tensorflow as tf
from keras import layers


def leaky_relu(x, negative_slope):
    """x where it is positive, negative_slope * x elsewhere, with a slope that is a constant.

    Going back TensorFlow multiplies a gradient by the slope at x, in one operation. Here it multiplies x itself.
    """
    return tf.raw_ops.LeakyReluGrad(gradients=x, features=tf.stop_gradient(x), alpha=negative_slope)


def relu(x):
    """max(x, 0)"""
    return leaky_relu(x, 0.0)


class LeakyReLU(layers.LeakyReLU):
    """Keras's."""

    def call(self, x):
        return leaky_relu(x, self.negative_slope)


class Conv2D(layers.Conv2D):
    """Keras's, of 5 x 5 pixels with strides of 2: (batch, 2h, 2w, channels) to (batch, h, w, filters)."""

    def convolution_op(self, images, kernel):  # (5, 5, channels, filters)
        if not fits(self, images.shape):
            return super().convolution_op(images, kernel)
        blocks = tf.nn.space_to_depth(images, 2)  # (batch, h, w, 4 * channels)
        return tf.nn.conv2d(blocks, over_blocks(kernel), 1, "SAME")


class Conv2DTranspose(layers.Conv2DTranspose):
    """Keras's, of 5 x 5 pixels with strides of 2: (batch, h, w, channels) to (batch, 2h, 2w, filters)."""

    def call(self, images):
        if not fits(self):
            return super().call(images)
        kernel = over_blocks(tf.convert_to_tensor(self.kernel))  # (3, 3, 4 * filters, channels)
        turned = tf.transpose(kernel[::-1, ::-1], (0, 1, 3, 2))  # the transpose of a convolution: turned by half
        blocks = tf.nn.conv2d(images, turned, 1, "SAME")
        result = tf.nn.depth_to_space(blocks, 2)
        if self.use_bias:
            result += tf.convert_to_tensor(self.bias)
        return self.activation(result)


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
