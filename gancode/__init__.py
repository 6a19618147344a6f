"""gancode: the code of the book *Penalise What Deserves It: from GAN to WGAN-GP*.

The course, one small file an idea, in the order of the chapters:

    data         digits and toy data sets, dealt in batches                    all chapters
    models       generators and critics                                        all
    losses       what each network minimises, as functions of scores           1 to 3
    trainers     GAN, LSGAN, WGAN, WGANGP: one training step, four variants     1 to 4
    penalty      clipping, interpolates, the gradient penalty                  3 and 4
    probes       what a critic looks like inside; snapshots of samples         all
    variants     what came after WGAN-GP; a table of all methods               6 and 7
    dirac        the smallest GAN: one point against another                   7
    metrics      how good the samples are, as a number                         all
    plots        one function a figure                                         all
    check        the line under every claim                                    all

Beside it:

    _command     `python -m gancode train` and `generate`: a folder of pictures, and what comes of it
    experiments  the paper's Figure 1, races of all methods, kept results      5 to 7
    figures      what is behind plots
    lab          the critic lab: train a critic in the page itself             1 to 5, 7
    _training    what Keras does around a step: base model, NaN guard, checkpoint, sampler, random numbers, devices
    _layers      Keras's layers, told to be quicker
    _arguments   what is asked of arguments
    _files       files that are there whole or not at all
"""

import importlib
import logging
import os

# Both must be set before TensorFlow and Keras are first imported, and a reader's own setting wins.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# So must this: notes of a home that cannot be written, and of fonts looked up once, would stand among the outputs.
if logging.getLogger("matplotlib").level == logging.NOTSET:
    logging.getLogger("matplotlib").setLevel(logging.ERROR)

from gancode.check import broken, check, show_code

_MODULES = ("data", "dirac", "losses", "metrics", "models", "penalty", "plots", "probes", "trainers", "variants")

__all__ = ["broken", "check", "show_code", *_MODULES]


def __getattr__(name):
    """Import a module when it is first asked for, so that `import gancode` alone stays quick."""
    if name not in _MODULES:
        raise AttributeError(f"module 'gancode' has no attribute {name!r}")
    return importlib.import_module(f"gancode.{name}")
