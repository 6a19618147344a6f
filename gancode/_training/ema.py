"""A running average of a generator's weights: where training circles, its middle. Under `trainers`.

w' <- decay w' + (1 - decay) w after every step (Yazici et al. 2019). What is not trained, as batch norm's statistics,
is taken over as it is.

Early on the decay is less, step / (step + 9), so that the average is over the last tenth of a short run. With 0.999 the
untrained weights would still be a third of it after 1000 steps, and the samples be noise when the generator's own were
not. (TensorFlow's ExponentialMovingAverage does so too, where it is told the step.)
"""

import keras
import tensorflow as tf

from gancode._training import devices


def copy_of(generator):
    """A network of the same layers, with the same weights. Raises ValueError where Keras can not copy it."""
    try:
        copy = keras.models.clone_model(generator)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ValueError(f"ema: expected a generator that Keras can copy, got {generator.name!r} ({error})") from error
    copy.set_weights(generator.get_weights())
    copy.trainable = False
    return copy


def update(average, generator, decay, step):
    """After the step of this number, 1 for the first."""
    step = tf.cast(step, tf.float32)
    decay = tf.minimum(decay, step / (step + 9.0))
    pairs = list(zip(average.weights, generator.weights, strict=True))
    trained = {id(weight) for weight in generator.trainable_variables}
    values = [decay * old.value + (1.0 - decay) * new.value if id(new) in trained else new.value for old, new in pairs]
    devices.assign([old for old, _ in pairs], values)
