"""Random numbers of a training step: the same in a graph, in XLA and on a GPU, on one device and on several.

Under `trainers` and `penalty`.
"""

import zlib

import keras
import numpy as np
import tensorflow as tf

from gancode._arguments import expect, seed_or_none
from gancode._training import devices


def key(seed, turn, name):
    """A tensor of two integers, the seed of one draw: another for each seed (below 2^32), each turn and each name."""
    return tf.stack([tf.constant(seed + ((zlib.crc32(name.encode()) >> 1) << 32), tf.int64), tf.cast(turn, tf.int64)])


def uniform(n, seed, dtype=tf.float32, size=None):
    """(n,) numbers from U[0, 1), or (n, size). seed: None, an int, a keras.random.SeedGenerator, or a tensor of two
    integers."""
    shape = () if size is None else (size,)
    return devices.shard(n, lambda rows: tf.cast(_uniform((rows, *shape), _two_integers(seed)), dtype))


def normal(n, size, seed):
    """(n, size) latent vectors from N(0, I), by Box and Muller (1958). seed: as of `uniform`."""

    def draw(rows):
        u, v = tf.unstack(_uniform((2, rows, size), _two_integers(seed)))
        return tf.sqrt(-2.0 * tf.math.log(u + 2.0**-25)) * tf.cos(2.0 * np.pi * v)  # u may be 0

    return devices.shard(n, draw)


def _uniform(shape, seed):
    """Numbers from U[0, 1) that are the same in graphs, in XLA and on a GPU: TensorFlow's own are not, its bits are."""
    bits = tf.random.stateless_uniform(shape, seed, minval=None, maxval=None, dtype=tf.uint32, alg="philox")
    return tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) * 2.0**-24


def _two_integers(seed):
    if tf.is_tensor(seed):
        return expect(seed.shape == (2,) and seed.dtype.is_integer, "seed", "two integers where it is a tensor", seed)
    if not isinstance(seed, keras.random.SeedGenerator):
        seed_or_none(seed)
    return keras.random.randint((2,), 0, 2**31 - 1, seed=seed)
