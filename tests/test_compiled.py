import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import assert_alike
from keras.optimizers import SGD

from gancode import data, models
from gancode._training.compiled import CompiledSteps
from gancode.trainers import GAN, WGAN, WGANGP, NotFiniteError

pytestmark = pytest.mark.slow  # XLA compiles for seconds


def batches(n_critic=1, seed=0):
    return data.batches(data.eight_gaussians(300, seed=0), 16, n_critic, seed)


def trainer(method=GAN, rate=0.1, **kwargs):
    """With plain gradient descent, unless rate is None. What XLA compiles for is counted in operations: Adam's are as
    many as those of such networks, and a penalty's twice as many; one test has both."""
    keras.utils.set_random_seed(0)
    trainer = method(models.mlp_generator(1, 8), models.mlp_critic(1, 8), seed=3)
    trainer.compile(*([SGD(rate), SGD(rate)] if rate else []), **kwargs)
    return trainer


# WGAN, and several critic steps, are in the test of other batches; of GAN and LSGAN only the loss differs.
def test_a_block_in_xla_is_what_the_plain_steps_are():
    plain = trainer(WGANGP, rate=None, run_eagerly=True)
    fast = trainer(WGANGP, rate=None, jit_compile=True, steps_per_execution=2)
    histories = [one.fit(batches(), epochs=2, steps_per_epoch=4, verbose=0).history for one in (plain, fast)]
    assert isinstance(fast.train_function, CompiledSteps)
    assert_alike(plain, fast)
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-4, atol=1e-6)


def test_batch_norms_running_statistics_and_an_image_critic_too():
    def run(**kwargs):
        keras.utils.set_random_seed(0)
        trainer = WGANGP(models.conv_generator(4, 1), models.conv_critic(1, norm="layer"), seed=3)
        trainer.compile(SGD(0.01), SGD(0.01), **kwargs)
        trainer.fit(data.batches(data.mnist()[:50], 4, seed=0), steps_per_epoch=2, verbose=0)
        return trainer

    assert_alike(run(run_eagerly=True), run(jit_compile=True, steps_per_execution=2))


def test_it_is_traced_once_however_often_fit_is_called():
    traced = []

    class Counted(GAN):
        def train_step(self, real):
            traced.append(real.shape)
            return super().train_step(real)

    counted, dealt = trainer(Counted, jit_compile=True, steps_per_execution=2), batches()
    for _ in range(3):
        counted.fit(dealt, epochs=2, steps_per_epoch=4, verbose=0)
    assert traced == [(16, 1, 2)]
    assert counted.generator_optimizer.iterations.numpy() == 3 * 2 * 4


class BeforeItCompiles(keras.callbacks.Callback):
    """Keras has its function then, and has not called it: that takes seconds, and is seen above."""

    def on_train_begin(self, logs=None):
        raise KeyboardInterrupt


def test_other_batches_get_a_block_of_their_own_and_fit_goes_on_where_it_was():
    plain, fast = trainer(WGAN, run_eagerly=True), trainer(WGAN, jit_compile=True, steps_per_execution=2)
    for one in (plain, fast):
        one.fit(batches(), steps_per_epoch=2, verbose=0)
        one.fit(batches(n_critic=2, seed=5), steps_per_epoch=2, verbose=0)
        one.fit(batches().map(lambda x: 2 * x), steps_per_epoch=2, verbose=0)  # without numbers: step by step
    assert not isinstance(fast.train_function, CompiledSteps)
    assert_alike(plain, fast)
    with pytest.raises(KeyboardInterrupt):
        fast.fit(batches(), steps_per_epoch=2, verbose=0, callbacks=BeforeItCompiles())
    assert isinstance(fast.train_function, CompiledSteps)


def test_nan_within_a_block_is_undone_to_the_step_before():
    class Breaks(GAN):
        def critic_penalty(self, real, fake):
            done = self.steps
            return super().critic_penalty(real, fake) + tf.where(done == 3, float("nan"), 0.0)

    broken, clean = trainer(Breaks, jit_compile=True, steps_per_execution=10), trainer(run_eagerly=True)
    with pytest.raises(NotFiniteError, match="at step 4;"):
        broken.fit(batches(), steps_per_epoch=10, verbose=0)
    clean.fit(batches(), steps_per_epoch=3, verbose=0)
    assert_alike(broken, clean)


def test_without_xla_keras_makes_the_steps():
    plain = trainer(jit_compile=False, steps_per_execution=2)
    plain.fit(batches(), steps_per_epoch=2, verbose=0)
    assert not isinstance(plain.train_function, CompiledSteps)
