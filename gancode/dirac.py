"""The smallest GAN there is: one point against another (the Dirac-GAN of Mescheder et al. 2018). Chapter 7.

Every real sample is 0 and every fake is theta, the generator's only weight. The critic is linear, f(x) = <w, x>, and
w is its only weight. The game is won where both are 0. With d numbers each; with d = 1 a run is a path in the plane.
"""

import keras
import tensorflow as tf

from gancode._arguments import expect, numbers, positive, positive_integers
from gancode._training.base import no_note_of_retracing


def networks(theta, w):
    """A generator that makes nothing but theta, and the critic <w, x>. Samples are (batch, d), like theta and w."""
    theta, w = numbers("theta", theta, ("d",), "float32"), numbers("w", w, ("d",), "float32")
    expect(len(theta) == len(w), "theta and w", "as many numbers", got=f"{len(theta)} and {len(w)}")
    # the latent vector is multiplied by 0, so that of this layer only the bias is trained
    generator = [keras.Input((1,)), keras.layers.Rescaling(0.0), keras.layers.Dense(len(theta))]
    critic = [keras.Input((len(w),)), keras.layers.Dense(1, use_bias=False)]
    generator, critic = keras.Sequential(generator, name="generator"), keras.Sequential(critic, name="critic")
    generator.layers[-1].bias.assign(theta)
    critic.layers[-1].kernel.assign(w[:, None])
    return generator, critic


def path(method, theta=(1.0,), w=(0.5,), steps=1000, learning_rate=0.05, n_critic=1):
    """Where the weights go: (steps + 1, 2, d), theta and w before the first step and after each.

    Args:
        method: a trainer's class, or a function of (generator, critic) that returns a trainer.
        theta, w: the start, d numbers each.
        steps: how many.
        learning_rate: of both, by plain gradient descent, so that ``learning_rate * steps`` is the time of the
            differential equation that small steps follow.
        n_critic: critic steps a step, all of them on the same point.

    Raises:
        ValueError: for a start that is none, and for a learning rate or a number of steps that is none.
    """
    positive("learning_rate", learning_rate)
    positive_integers(steps=steps, n_critic=n_critic)
    trainer = method(*networks(theta, w))
    trainer.compile(keras.optimizers.SGD(learning_rate), keras.optimizers.SGD(learning_rate))
    real = tf.zeros((1, n_critic, len(theta)))
    weights = trainer.generator.layers[-1].bias, trainer.critic.trainable_variables[0]

    def now():
        return tf.stack([tf.reshape(weight, [-1]) for weight in weights])  # (2, d)

    def one(k, places):
        trainer.train_step(real)
        return k + 1, places.write(k + 1, now())

    @tf.function(autograph=False)
    def run():
        places = tf.TensorArray(tf.float32, steps + 1, element_shape=(2, len(theta))).write(0, now())
        return tf.while_loop(lambda k, _: k < steps, one, (0, places))[1].stack()

    with no_note_of_retracing():
        return run().numpy()
