"""What came after WGAN-GP, each method overriding only what its paper changed, and a table of all. Chapters 6 and 7."""

import math
from typing import NamedTuple

import keras
import tensorflow as tf

from gancode import losses
from gancode._arguments import expect, flag, positive
from gancode._training import devices, rng
from gancode.penalty import gradient_norms, gradient_penalty, interpolate
from gancode.trainers import GAN, LSGAN, WGAN, WGANGP


class WGANLP(WGANGP):
    """A penalty on one side only: slopes below 1 go free (Petzka et al. 2018)."""

    def critic_penalty(self, real, fake):
        draw = self.draw("interpolates")
        return self.penalty_weight * gradient_penalty(self.score, real, fake, one_sided=True, seed=draw)


class WGANDiv(WGANGP):
    """No slope is right, each has a price: the Wasserstein divergence (Wu et al. 2018, k = 2 and p = 6).

    Args:
        generator, critic: as of `GAN`.
        penalty_weight: the paper's k.
        power: the paper's p, of the *norm*; summed squares to the power p would be another divergence.
        **kwargs: of `GAN`.
    """

    def __init__(self, generator, critic, penalty_weight=2.0, power=6.0, **kwargs):
        super().__init__(generator, critic, penalty_weight, **kwargs)
        self.power = positive("power", power)

    def critic_penalty(self, real, fake):
        norms = gradient_norms(self.score, interpolate(real, fake, self.draw("interpolates")))
        return self.penalty_weight * tf.reduce_mean(norms**self.power)


class PenalisedGAN(GAN):
    """The GAN's loss, and a penalty that a subclass says. penalty_weight: lambda, or gamma."""

    def __init__(self, generator, critic, penalty_weight=10.0, **kwargs):
        super().__init__(generator, critic, **kwargs)
        self.penalty_weight = positive("penalty_weight", penalty_weight)


class DRAGAN(PenalisedGAN):
    """The GAN's loss, and a slope near 1 around the *data*, wherever the fakes are (Kodali et al. 2017).

    Args:
        generator, critic: as of `GAN`.
        penalty_weight: lambda.
        noise: how far around, in standard deviations of the batch; the paper says Gaussian noise, its authors' code has
            0.5 and noise from U[0, 1], and that is what is done here.
        **kwargs: of `GAN`.
    """

    def __init__(self, generator, critic, penalty_weight=10.0, noise=0.5, **kwargs):
        super().__init__(generator, critic, penalty_weight, **kwargs)
        self.noise = positive("noise", noise)

    def critic_penalty(self, real, fake):
        somewhere = rng.uniform(tf.shape(real)[0], self.draw("noise"), size=math.prod(real.shape[1:]))  # (batch, 784)
        around = real + self.noise * devices.std(real) * tf.reshape(somewhere, tf.shape(real))
        return self.penalty_weight * gradient_penalty(self.score, real, around, seed=self.draw("interpolates"))


class GANGP(PenalisedGAN):
    """The GAN's loss with WGAN-GP's penalty: is it the distance that helps, or the slope (Fedus et al. 2018)?"""

    critic_penalty = WGANGP.critic_penalty


class R1GAN(PenalisedGAN):
    """The GAN's loss, and a slope near 0 at the data: near its end the game converges (Mescheder et al. 2018, R1).

    Args:
        generator, critic: as of `GAN`.
        penalty_weight: gamma, of ``gamma / 2 E ||grad s(x)||^2``.
        r2: the same at the fakes (R2).
        **kwargs: of `GAN`.
    """

    def __init__(self, generator, critic, penalty_weight=10.0, r2=False, **kwargs):
        super().__init__(generator, critic, penalty_weight, **kwargs)
        self.r2 = flag("r2", r2)

    def critic_penalty(self, real, fake):
        at = [real, fake] if self.r2 else [real]
        return sum(self.penalty_weight / 2 * tf.reduce_mean(gradient_norms(self.score, x) ** 2) for x in at)


class R3GAN(R1GAN):
    """Each fake is compared with a real sample, and both slopes are near 0 (Huang et al. 2024: RpGAN + R1 + R2)."""

    objective = losses.relativistic

    def __init__(self, generator, critic, penalty_weight=10.0, r2=True, **kwargs):
        super().__init__(generator, critic, penalty_weight, r2, **kwargs)

    def generator_step(self, real):
        with tf.GradientTape() as tape:
            fake = self.fakes(tf.shape(real)[0])
            loss = self.objective.generator(self.score(fake), self.score(real))
        self.descend(tape, loss, self.generator)
        return {"generator_loss": loss}


class SNGAN(GAN):
    """The GAN's loss, and a critic whose every layer is bounded by itself (Miyato et al. 2018): see `spectral`."""

    def __init__(self, generator, critic, **kwargs):
        super().__init__(generator, spectral(critic), **kwargs)


def spectral(critic):
    """The critic with every kernel divided by its largest singular value (Miyato et al. 2018). No penalty, no clip.

    Of dense layers with ReLU between them its slope is then at most 1. A convolution's kernel is taken as a matrix,
    ``(height * width * inputs, outputs)``, as in the paper; that is not quite its slope as a map of images. The paper
    differentiates through the division; Keras divides the kernel itself, at each call in training.

    Args:
        critic: a built Sequential one.

    Returns:
        A new model with the same weights, to be trained with a GAN's or a WGAN's loss.
    """
    for layer in critic.layers:
        flat = not isinstance(layer, keras.Model) and (hasattr(layer, "kernel") or not layer.weights)
        expect(flat, "critic", "a flat model whose weights are in kernels", got=f"{layer.name!r} in it")
    expect(isinstance(critic, keras.Sequential), "critic", "a Sequential model", got=type(critic).__name__)
    layers = [keras.layers.SpectralNormalization(one) if hasattr(one, "kernel") else one for one in critic.layers]
    return keras.Sequential([keras.Input(critic.input_shape[1:]), *layers], name="critic")


class Method(NamedTuple):
    """What races and figures know of a method."""

    trainer: type  #: the class
    n_critic: int  #: critic steps a generator step
    learning_rate: float | None  #: its paper's own, of both optimisers
    colour: str  #: in all figures


# Eleven colours are more than an eye keeps apart: a name stands beside each.
METHODS = {
    "GAN": Method(GAN, 1, 2e-4, "#E69F00"),
    "LSGAN": Method(LSGAN, 1, 2e-4, "#009E73"),
    "WGAN": Method(WGAN, 5, 5e-5, "#D55E00"),
    "WGAN-GP": Method(WGANGP, 5, 1e-4, "#0072B2"),
    "WGAN-LP": Method(WGANLP, 5, None, "#56B4E9"),
    "WGAN-div": Method(WGANDiv, 5, None, "#4B3FA7"),
    "DRAGAN": Method(DRAGAN, 1, None, "#8A5A00"),
    "GAN-GP": Method(GANGP, 1, None, "#A8A000"),
    "SN-GAN": Method(SNGAN, 1, None, "#7A7A7A"),
    "R1": Method(R1GAN, 1, None, "#8E4585"),
    "R3GAN": Method(R3GAN, 1, None, "#117733"),
}
BOOK = tuple(METHODS)[:4]  # those that chapters 1 to 6 are about
