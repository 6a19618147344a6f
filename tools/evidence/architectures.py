"""Train seven pairs of networks for digits with each method: Figure 2 of Gulrajani et al. 2017; the MLP starts twice.

    python tools/evidence/architectures.py --steps 1000 --seeds 3 --norm layer --learning-rate 5e-4 --out norms.json

goes on where it was cut off. In the paper all but the MLP and the ResNet keep the DCGAN's convolutions. With
--norm paper a critic has batch norm, but WGAN-GP's has layer norm in its place, as the paper says (section 5.2). With
--norm layer all have layer norm, and architectures.json in gancode/experiments/kept/ was made so. Its methods differ
still in more than the loss: each has its own optimiser, and WGAN clips the norm's scale, too. LSGAN-GP is least squares
with WGAN-GP's penalty; "5 to 1" and "1 to 1" are critic steps to a generator step, where they are not the method's own.
"""

import argparse
import functools
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from keras import Input, Model, Sequential, layers

from gancode import losses, metrics, models
from gancode._layers import fast
from gancode.experiments import scoreboard
from gancode.experiments.results import Results, command_line
from gancode.trainers import NotFiniteError
from gancode.variants import BOOK, GANGP, METHODS, Method

LATENT = 64


def pair(name, channels=16, norm="batch"):
    """(generator, critic), new ones. name: one of NAMES. norm: the critic's where it has one, "batch" or "layer"."""
    return NAMES[name](channels, norm)


def baseline(channels, norm):
    return models.conv_generator(LATENT, channels), models.conv_critic(channels, norm)


def plain_generator(channels, norm):
    """No batch norm in the generator, and as many filters in every layer."""
    begin = [layers.Dense(7 * 7 * channels), layers.Reshape((7, 7, channels)), layers.ReLU()]
    larger = [layers.Conv2DTranspose(channels, 5, strides=2, padding="same"), layers.ReLU()]
    return Sequential([Input((LATENT,)), *begin, *larger, to_image()]), models.conv_critic(channels, norm)


def mlp_generator(channels, norm, start="glorot_uniform"):
    """Four ReLU layers of 512. The authors' code starts them as He et al. 2015 do, Keras as Glorot and Bengio 2010."""
    hidden = [layers.Dense(512, activation="relu", kernel_initializer=start) for _ in range(4)]
    image = [layers.Dense(28 * 28, activation="tanh"), layers.Reshape((28, 28, 1))]
    return Sequential([Input((LATENT,)), *hidden, *image]), models.conv_critic(channels, norm)


def no_norm(channels, norm):
    """No normalisation in either."""
    return models.conv_generator(LATENT, channels, norm=None), models.conv_critic(channels)


def gated(channels, norm):
    """Half of each layer's channels are a gate for the other half: tanh(a) * sigmoid(b)."""
    twice = 2 * channels  # of which a gate leaves half
    generator = models.conv_generator(LATENT, twice, activation=Gate, use_bias=True)
    return generator, models.conv_critic(twice, norm, Gate)


def tanh(channels, norm):
    """tanh everywhere."""
    activation = functools.partial(layers.Activation, "tanh")
    generator = models.conv_generator(LATENT, channels, activation=activation, use_bias=True)
    return generator, models.conv_critic(channels, norm, activation)


def residual(channels, norm, blocks=8):
    """2 * blocks convolutions with shortcuts in each network, of 8 filters, and the ways in and out: 18 layers with
    weights in the generator, 18 in the critic. The paper's have 101."""
    latent = Input((LATENT,))
    x = layers.Reshape((7, 7, 8))(layers.Dense(7 * 7 * 8)(latent))
    for _ in range(blocks):
        x = shortcut(x, "batch")
    x = layers.UpSampling2D(2)(layers.ReLU()(models.NORMS["batch"]()(x)))
    generator = Model(latent, to_image()(x), name="generator")

    images = Input((28, 28, 1))
    x = layers.AveragePooling2D(2)(fast(layers.Conv2D(8, 5, strides=2, padding="same"))(images))
    for _ in range(blocks):
        x = shortcut(x, norm)
    x = layers.Flatten()(models.leaky_relu()(x))
    return generator, Model(images, layers.Dense(1)(x), name="critic")


NAMES = {
    "DCGAN": baseline,
    "no batch norm in G": plain_generator,
    "MLP generator": mlp_generator,
    "MLP, He's start": functools.partial(mlp_generator, start="he_uniform"),
    "no norm at all": no_norm,
    "gated": gated,
    "tanh everywhere": tanh,
    "residual, deep": residual,
}


class Gate(layers.Layer):
    """tanh of one half of the channels times the sigmoid of the other: (..., 2c) to (..., c)."""

    def call(self, x):
        value, gate = tf.split(x, 2, axis=-1)
        return tf.tanh(value) * tf.sigmoid(gate)


def shortcut(x, norm):
    """x plus two convolutions of it (He et al. 2016, norm and activation first)."""
    y = x
    for _ in range(2):
        y = models.leaky_relu()(models.NORMS[norm]()(y))
        y = layers.Conv2D(x.shape[-1], 3, padding="same")(y)
    return layers.Add()([x, y])


def to_image():
    return fast(layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh"))  # (batch, 28, 28, 1)


def train(architecture, method, seed, steps, learning_rate, channels=16, n_evals=2, norm="paper", samples=1000):
    """As `scoreboard.train`, for one pair; diverged: at which step it met NaN, or None; images: 8, from 0 to 255, of
    seed 0 alone."""
    if norm == "paper":
        norm = "layer" if method == "WGAN-GP" else "batch"
    networks = functools.partial(pair, architecture, channels, norm)
    try:
        with others_known():
            run = scoreboard.train(method, seed, steps, learning_rate, networks, n_evals, samples=samples)
    except NotFiniteError as error:
        return {"diverged": str(error)}
    images = np.rint(127.5 * (run["images"][:8, ..., 0] + 1)).astype(int)  # (8, 28, 28)
    return run | {"diverged": None, "images": images.tolist() if seed == 0 else None}


LSGAN_GP = Method(functools.partial(GANGP, loss=losses.least_squares), 1, None, "#005F46")
OTHERS = {  # and controls of the critic steps to a generator step, which differ between methods
    "LSGAN-GP": LSGAN_GP,
    "GAN, 5 to 1": METHODS["GAN"]._replace(n_critic=5),
    "GAN-GP, 5 to 1": METHODS["GAN-GP"]._replace(n_critic=5),
    "LSGAN-GP, 5 to 1": LSGAN_GP._replace(n_critic=5),
    "WGAN-GP, 1 to 1": METHODS["WGAN-GP"]._replace(n_critic=1),
}


def others_known():
    """Among the methods while this lasts. By its module's name: a process of its own gets copies of what is here."""
    return mock.patch.dict(scoreboard.METHODS, OTHERS)


def untrained(architecture, norm, samples, channels=16):
    """The Frechet distance of the generator as it is drawn, which training is to be compared with."""
    keras.utils.set_random_seed(0)
    generator = pair(architecture, channels, norm)[0]
    images = generator.predict(keras.random.normal((samples, LATENT), seed=0), batch_size=500, verbose=0)
    return {"frechet": metrics.frechet_digit_distance(images, metrics.reference_digits())}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architectures", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--methods", nargs="+", choices=[*BOOK, *OTHERS], default=BOOK)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20_000, help="generator steps of the methods with n_critic 5")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--norm", choices=["paper", "layer"], default="paper", help="of the critics")
    parser.add_argument("--n-evals", type=int, default=2)
    parser.add_argument("--samples", type=int, default=1000, help="of a judgement")
    parser.add_argument("--learning-rate", type=float, required=True, help="of all methods")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--out", required=True, help="NAME.json; runs that are in it are not made again")
    options = parser.parse_args(arguments)
    with others_known():
        steps = {method: scoreboard.for_equal_critics(method, options.steps) for method in options.methods}
    common = {name: getattr(options, name) for name in ("learning_rate", "channels", "norm", "n_evals", "samples")}
    cases = [
        {"architecture": architecture, "method": method, "seed": seed, "steps": steps[method]} | common
        for seed in range(options.seeds)
        for architecture in options.architectures
        for method in options.methods
    ]
    made_by = command_line("python tools/evidence/architectures.py", arguments)
    results = Results(options.out, made_by)
    for name in options.architectures:
        case = {"architecture": name, "method": "untrained", "seed": 0}
        case |= {"norm": options.norm, "samples": options.samples}
        results.add(case, functools.partial(untrained, name, "layer", options.samples, options.channels))
    results.add_all(cases, train, options.jobs)


if __name__ == "__main__":
    main()
