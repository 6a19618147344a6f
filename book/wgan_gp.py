"""WGAN-GP in one file: Algorithm 1 of Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028. Licence: MIT.
python wgan_gp.py [images.npz or FOLDER]: your own images, described at `load`; without them, Keras's MNIST."""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, LeakyReLU, ReLU, Reshape, UpSampling2D

SIZE, CHANNELS, WIDTH = 32, 3, 16  # pixels and channels of a folder's pictures; channels of the networks' outer layers
STEPS, SAVE_EVERY = 5000, 100  # after each SAVE_EVERY steps it writes samples/ and generator.keras; Ctrl-C ends it
N_CRITIC, BATCH, LATENT, LAMBDA, LEARNING_RATE = 5, 64, 64, 10.0, 5e-4  # Algorithm 1: 1e-4, beta_1 0


def load(source):  # an .npz, whose first array is uint8, (n, h, w) or (n, h, w, c); or a folder of PNG and JPEG files
    if not tf.io.gfile.isdir(source):
        return (images := next(iter(np.load(source).values()))).reshape(*images.shape[:3], -1)  # (n, h, w, c)
    files = sorted(tf.io.gfile.glob([f"{source}/{depth}*.[jpJP]*[gG]" for depth in ("", "*/", "*/*/")]))
    files = files or sys.exit(f"no PNG and no JPEG file in {source}, nor in folders in it, two deep")
    images = (tf.io.decode_image(tf.io.read_file(file), CHANNELS, expand_animations=False) for file in files)
    squares = (tf.image.resize_with_crop_or_pad(image, min(image.shape[:2]), min(image.shape[:2])) for image in images)
    return np.uint8([tf.round(tf.image.resize(square, (SIZE, SIZE), antialias=True)) for square in squares])


def networks(h, w, c):
    critic, widths = [keras.Input((h, w, c))], []
    while min(h, w) > 7 and h % 2 == w % 2 == 0:  # 28 x 28 pixels become 14 x 14 with 16 channels, 7 x 7 with 32
        h, w, widths = h // 2, w // 2, [*widths, WIDTH * 2 ** len(widths)]
        critic += [Conv2D(widths[-1], 4, strides=2, padding="same"), LeakyReLU(0.2)]  # no batch norm here
    critic += [Flatten(), Dense(1)]  # the end is a score, of any size: no sigmoid
    generator = [keras.Input((LATENT,)), Dense(h * w * widths[-1]), Reshape((h, w, widths[-1]))]
    for n in (*widths[-2::-1], c):  # doubled, then convolved: transposed convolutions leave a checkerboard
        generator += [BatchNormalization(), ReLU(), UpSampling2D(2, None, "bilinear"), Conv2D(n, 3, padding="same")]
    return keras.Sequential([*generator, Activation("tanh")]), keras.Sequential(critic)


def critic_loss(critic, real, fake, epsilon):  # equation 3, and its parts: the estimate of W1, and the penalty
    between = epsilon * real + (1 - epsilon) * fake  # (batch, h, w, c), each on the line from a real image to a fake
    with tf.GradientTape() as tape:
        tape.watch(between)
        scores = critic(between, training=True)  # (batch, 1)
    slopes = tape.gradient(scores, between)  # (batch, h, w, c): by the images, not by the weights
    norms = tf.sqrt(tf.reduce_sum(slopes**2, axis=(1, 2, 3)) + 1e-12)  # (batch,); at 0 the root alone would give NaN
    penalty = LAMBDA * tf.reduce_mean((norms - 1) ** 2)
    estimate = tf.reduce_mean(critic(real, training=True)) - tf.reduce_mean(critic(fake, training=True))
    return penalty - estimate, estimate, penalty


def train(images):
    if images.dtype != np.uint8 or images.ndim != 4 or any(side % 4 or side < 8 for side in images.shape[1:3]):
        raise ValueError(f"expected uint8 (n, h, w, c), h and w of 8, 12, 16, ..., got {images.dtype} {images.shape}")
    generator, critic = networks(*images.shape[1:])
    generator_adam, critic_adam = (keras.optimizers.Adam(LEARNING_RATE, beta_1=0.5, beta_2=0.9) for _ in range(2))

    @tf.function
    def step(pixels):  # (n_critic, batch, h, w, c): a fresh batch for each step of the critic
        for real in tf.unstack(tf.cast(pixels, tf.float32) / 127.5 - 1):  # (batch, h, w, c) in [-1, 1], as tanh is
            fake = generator(tf.random.normal((BATCH, LATENT)), training=True)
            with tf.GradientTape() as tape:
                loss, estimate, penalty = critic_loss(critic, real, fake, tf.random.uniform((BATCH, 1, 1, 1)))
            critic_adam.apply(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables)
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(critic(generator(tf.random.normal((BATCH, LATENT)), training=True), training=True))
        generator_adam.apply(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables)
        return estimate, penalty, loss

    latent, bar = tf.random.normal((64, LATENT)), keras.utils.Progbar(STEPS, stateful_metrics=("estimate", "penalty"))
    for done in range(1, STEPS + 1):
        estimate, penalty, _ = step(images[np.random.randint(len(images), size=(N_CRITIC, BATCH))])
        if done % SAVE_EVERY == 0:
            bar.update(done, [("estimate", estimate), ("penalty", penalty)])
            grid = np.vstack([np.hstack(row) for row in np.split(generator(latent, training=False), 8)])
            tf.io.write_file(f"samples/{done:06}.png", tf.io.encode_png(np.uint8(127.5 * (grid + 1))))
            generator.save("unfinished.keras")  # cut off here, the last one is still whole
            tf.io.gfile.rename("unfinished.keras", "generator.keras", overwrite=True)


if __name__ == "__main__":
    train(load(sys.argv[1]) if sys.argv[1:] else keras.datasets.mnist.load_data()[0][0][..., None])
