"""Many training steps as one XLA computation, over samples that lie on the device. Under `trainers`.

On a fast GPU a step of these small networks is over before the next one can be sent to it. So it is sent a block of
steps at a time, and of the data only which samples each step gets.
"""

import tensorflow as tf

from gancode._training.sampler import Sampler


class CompiledSteps:
    """What Keras's `fit` calls in place of its own train function: one element of `rows` is one block.

    trainer: a compiled GAN. sampler: the `Sampler` behind its batches, which `deal` may change for another.
    """

    def __init__(self, trainer, sampler):
        self.trainer, self.sampler = trainer, None
        self.deal(sampler)
        self.block = tf.function(self._block, jit_compile=True, autograph=False)

    def deal(self, sampler):
        """Put its samples on the device, once. (What is compiled is of their shapes, and so stays.)"""
        if sampler is not self.sampler:
            self.sampler, self.samples = sampler, sampler.on_device()

    def rows(self, first):
        """Batches from step `first` on, by number: (steps_per_execution, batch_size, n_critic)."""
        return self.sampler.rows(first).batch(self.trainer.steps_per_execution, drop_remainder=True).prefetch(2)

    def __call__(self, iterator):
        return self.block(self.samples, next(iterator))

    def _block(self, samples, rows):  # (n, ...), (steps, batch_size, n_critic)
        def one_more(step, logs):
            return step + 1, self.trainer.train_step(Sampler.gather(samples, rows[step]))

        logs = {name: tf.constant(0.0) for name in self.trainer.log_names}
        return tf.while_loop(lambda step, logs: step < rows.shape[0], one_more, (0, logs))[1]
