"""The four methods in plain PyTorch: what `bench.py` measures gancode against. Not a part of the book.

The same work as gancode's: the same networks with the same padding, batch norm in the generator, the same kind of
optimiser, fresh samples for each of n_critic critic steps. No guard against NaN, no logs, no `fit`.
"""

import torch
from torch import nn
from torch.nn import functional as F

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Generator(nn.Module):  # latent (batch, 64) to images (batch, 1, 28, 28)
    def __init__(self, latent_dim=64, channels=16):
        super().__init__()
        self.dense = nn.Linear(latent_dim, 7 * 7 * 2 * channels, bias=False)
        self.norm1 = nn.BatchNorm2d(2 * channels, eps=1e-3)
        # Keras's "same" is the way back of its strided convolution: 1 row cut off before, 2 after. Padding cuts
        # 1 on each side; `forward` cuts the other.
        self.deconv1 = nn.ConvTranspose2d(2 * channels, channels, 5, stride=2, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels, eps=1e-3)
        self.deconv2 = nn.ConvTranspose2d(channels, 1, 5, stride=2, padding=1)

    def forward(self, latent):
        x = self.dense(latent).view(len(latent), -1, 7, 7)
        x = self.deconv1(torch.relu(self.norm1(x)))[:, :, :-1, :-1]
        return torch.tanh(self.deconv2(torch.relu(self.norm2(x))))[:, :, :-1, :-1]


class Critic(nn.Module):  # images (batch, 1, 28, 28) to scores (batch, 1)
    def __init__(self, channels=16):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 5, stride=2)
        self.conv2 = nn.Conv2d(channels, 2 * channels, 5, stride=2)
        self.dense = nn.Linear(7 * 7 * 2 * channels, 1)

    def forward(self, images):
        # Keras's "same" for kernel 5 and stride 2 on an even side: 1 row before, 2 after.
        x = F.leaky_relu(self.conv1(F.pad(images, (1, 2, 1, 2))), 0.2)
        x = F.leaky_relu(self.conv2(F.pad(x, (1, 2, 1, 2))), 0.2)
        return self.dense(x.flatten(1))


CRITIC_LOSSES = {
    "GAN": lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
    "LSGAN": lambda real, fake: 0.5 * ((real - 1).square().mean() + fake.square().mean()),
    "WGAN": lambda real, fake: fake.mean() - real.mean(),
    "WGANGP": lambda real, fake: fake.mean() - real.mean(),
}
GENERATOR_LOSSES = {
    "GAN": lambda fake: F.softplus(-fake).mean(),
    "LSGAN": lambda fake: 0.5 * (fake - 1).square().mean(),
    "WGAN": lambda fake: -fake.mean(),
    "WGANGP": lambda fake: -fake.mean(),
}
OPTIMISERS = {
    "GAN": lambda weights: torch.optim.Adam(weights, 2e-4, betas=(0.5, 0.999)),
    "LSGAN": lambda weights: torch.optim.Adam(weights, 2e-4, betas=(0.5, 0.999)),
    "WGAN": lambda weights: torch.optim.RMSprop(weights, 5e-5, alpha=0.9, eps=1e-10),
    "WGANGP": lambda weights: torch.optim.Adam(weights, 1e-4, betas=(0.5, 0.9)),
}


def gradient_penalty(critic, real, fake, epsilon):  # epsilon: (batch, 1, 1, 1)
    between = (epsilon * real + (1 - epsilon) * fake).requires_grad_()
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return ((slopes.square().sum((1, 2, 3)) + 1e-12).sqrt() - 1).square().mean()


def critic_loss(variant, critic, real, fake, epsilon):
    """Returns the loss, penalty and all, and the penalty by itself: 0 where there is none."""
    loss = CRITIC_LOSSES[variant](critic(real), critic(fake))
    if variant != "WGANGP":
        return loss, torch.zeros(())
    penalty = 10.0 * gradient_penalty(critic, real, fake, epsilon)
    return loss + penalty, penalty


class Trainer:
    def __init__(self, variant, n_critic, samples, channels, batch_size):  # samples: (n, 28, 28, 1)
        self.variant, self.n_critic, self.batch_size = variant, n_critic, batch_size
        self.samples = torch.tensor(samples, device=DEVICE).reshape(-1, 1, 28, 28)
        self.generator = Generator(channels=channels).to(DEVICE)
        self.critic = Critic(channels=channels).to(DEVICE)
        self.generator_optimiser = OPTIMISERS[variant](self.generator.parameters())
        self.critic_optimiser = OPTIMISERS[variant](self.critic.parameters())

    def run(self, steps):
        """Make generator steps, and wait until they are done."""
        for _ in range(steps):
            for _ in range(self.n_critic):
                self.critic_step()
            self.generator_step()
        if DEVICE.type == "cuda":
            torch.cuda.synchronize()

    def critic_step(self):
        real = self.samples[torch.randint(len(self.samples), (self.batch_size,), device=DEVICE)]
        with torch.no_grad():
            fake = self.generator(self.latent())
        epsilon = torch.rand(self.batch_size, 1, 1, 1, device=DEVICE)
        loss, _ = critic_loss(self.variant, self.critic, real, fake, epsilon)
        self.critic_optimiser.zero_grad()
        loss.backward()
        self.critic_optimiser.step()
        if self.variant == "WGAN":
            with torch.no_grad():
                for weight in self.critic.parameters():
                    weight.clamp_(-0.01, 0.01)

    def generator_step(self):
        # Not into the critic's weights: their gradients are not wanted here, and TensorFlow does not work them out.
        self.critic.requires_grad_(False)
        loss = GENERATOR_LOSSES[self.variant](self.critic(self.generator(self.latent())))
        self.generator_optimiser.zero_grad()
        loss.backward()
        self.generator_optimiser.step()
        self.critic.requires_grad_(True)

    def latent(self):
        return torch.randn(self.batch_size, 64, device=DEVICE)
