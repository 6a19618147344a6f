"""What carries a training step: Keras's side of it, and the machine's. Nothing here is about GANs in particular.

base        `BaseGAN`: compile, fit, generate, save and load around the `step` of a subclass
inputs      what is asked of networks, optimisers and data before anything is trained
advice      what is allowed and yet seldom meant: one warning each
guard       the first step that makes NaN or inf is undone
checkpoint  a run that was cut off goes on as if nothing had happened
callbacks   Keras's own, on two networks and two optimisers
ema         a running average of the generator's weights
sampler     which samples a step gets
rng         its random numbers
devices     several of them
compiled    many steps as one XLA computation
"""
