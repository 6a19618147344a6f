"""Which samples a training step gets: a function of a seed and the step's number alone. Under `data` and `trainers`.

So a run that was cut off goes on with the very samples that it would have met, and a GPU that holds the samples itself
need only be told their numbers. (Of the libraries that do this, Grain is one: google-grain.readthedocs.io.)
"""

import dataclasses
import functools
import math
import weakref

import numpy as np
import tensorflow as tf

# There is nothing to tune here. And TensorFlow's tuner looks again after 10 ms, 20 ms, 40 ms and so on, and often
# misses that its iterator is done with: `fit` then waits for it after the last step, up to as long as it has trained.
UNTUNED = tf.data.Options()
UNTUNED.autotune.enabled = False


# Up to this many bytes, the samples are copied to a tensor: a batch is gathered out of it 0.1 ms sooner than out of an
# array. Toy data notice that. Images do not, and they notice the copy.
SMALL = 2**24


@dataclasses.dataclass
class Sampler:
    """The samples (n, ...) in an order of their own each time through, dealt to steps of n_critic batches."""

    samples: np.ndarray  # (n, ...), the reader's own, perhaps a file: it may fill half the memory
    batch_size: int
    n_critic: int
    seed: int
    labels: np.ndarray | None = None  # (n,)

    def batches(self, first=0):
        """What steps `first`, `first` + 1, ... get: an endless tf.data.Dataset of (batch_size, n_critic, ...), with
        labels (batch_size, n_critic) where there are some."""
        small = self.samples.nbytes <= SMALL
        gather = functools.partial(self.gather, self.on_device()) if small else self._gather_from_array
        batches = self.rows(first).map(gather).prefetch(2)
        batches.sampler = self  # so that `fit` can begin elsewhere
        return batches

    def rows(self, first=0):
        """The numbers of those samples: an endless tf.data.Dataset of int32 (batch_size, n_critic)."""
        shape = self.batch_size, self.n_critic
        times_through, already_dealt = divmod(first * math.prod(shape), len(self.samples))
        # Shuffling numbers and gathering whole batches is much cheaper than shuffling images.
        orders = tf.data.Dataset.range(times_through, tf.int64.max).map(self._order)
        rows = orders.unbatch().skip(already_dealt).batch(math.prod(shape), drop_remainder=True)
        return rows.map(functools.partial(tf.reshape, shape=shape)).with_options(UNTUNED)

    def on_device(self):
        """The samples as a tensor, or (samples, labels)."""
        samples = tf.constant(self.samples)
        return samples if self.labels is None else (samples, tf.constant(self.labels))

    @staticmethod
    def gather(samples, rows):
        """(batch_size, n_critic) numbers to (batch_size, n_critic, ...) samples, of tensors as of `on_device`."""
        return tf.nest.map_structure(lambda each: tf.gather(each, rows), samples)

    def _gather_from_array(self, rows):
        # TensorFlow keeps a function that it calls for as long as Python runs, and with it whatever that one refers to.
        mine, kind = weakref.ref(self), tf.as_dtype(self.samples.dtype)
        dealt = tf.numpy_function(lambda rows: mine().samples[rows], [rows], kind, stateful=False)
        batch = tf.ensure_shape(dealt, (*rows.shape, *self.samples.shape[1:]))
        return batch if self.labels is None else (batch, tf.gather(self.labels, rows))

    def _order(self, time_through):
        seed = tf.stack([tf.constant(self.seed, tf.int64), time_through])
        return tf.random.experimental.stateless_shuffle(tf.range(len(self.samples), dtype=tf.int32), seed)
