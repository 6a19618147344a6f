"""What test_references.py asks of plain PyTorch, in a process where there is no TensorFlow."""

import torch

import torch_reference


def losses(variant, generator_weights, critic_weights, latent, real, fake, epsilon):
    """Fakes; loss, penalty and gradients of the critic; loss and gradients of the generator."""
    latent_dim, channels = latent.shape[1], critic_weights[0].shape[0]
    generator = _with_weights(torch_reference.Generator(latent_dim, channels), generator_weights)
    critic = _with_weights(torch_reference.Critic(channels), critic_weights)
    made = generator(torch.tensor(latent))
    loss, penalty = torch_reference.critic_loss(variant, critic, *map(torch.tensor, (real, fake, epsilon)))
    of_critic = [loss, penalty, *torch.autograd.grad(loss, list(critic.parameters()))]
    loss = torch_reference.GENERATOR_LOSSES[variant](critic(made))
    of_generator = [loss, *torch.autograd.grad(loss, list(generator.parameters()))]
    return made.detach().numpy(), *([number.detach().numpy() for number in each] for each in (of_critic, of_generator))


def two_steps(variant, samples):
    """All weights, of the generator and of the critic, before two steps and after them."""
    trainer = torch_reference.Trainer(variant, 2, samples, 2, 8)
    before = _weights(trainer)
    trainer.run(2)
    return before, _weights(trainer)


def _weights(trainer):
    return [[w.detach().cpu().numpy().copy() for w in n.parameters()] for n in (trainer.generator, trainer.critic)]


def _with_weights(module, weights):
    for theirs, ours in zip(module.parameters(), weights, strict=True):
        assert tuple(theirs.shape) == ours.shape
        theirs.data = torch.tensor(ours)
    return module
