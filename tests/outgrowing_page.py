"""What tests/test_devices.py runs in a process of its own: the code of book/outgrowing.md, on two devices.

That process is two_devices.py's, and so is the strategy: the page says to make one and keep it.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
import two_devices
from helpers import saves
from outgrowing import blocks

IMPORTS, REST, SYNCHRONISED, _, GOES_ON, BFLOAT16 = blocks("python")
[CHANGE] = blocks("diff")
BEFORE, AFTER = ["\n".join(line[1:] for line in CHANGE.splitlines() if line[0] in " " + sign) for sign in "-+"]
# One device is what the others are compared with: without a graph, which would take longer to make than its few steps.
EAGERLY = BEFORE.replace("compile(", "compile(run_eagerly=True, ")
assert EAGERLY != BEFORE


@pytest.fixture(scope="module")
def page():
    """The names that the page's code has made; test by test it runs from top to bottom."""
    names = {}
    exec(IMPORTS, names)
    assert tf.distribute.MirroredStrategy().num_replicas_in_sync == 2  # it finds both; TWO serves in its place
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf.distribute, "MirroredStrategy", lambda: two_devices.TWO)
        yield names


@pytest.fixture(scope="module")
def on_one_device(page):
    exec(EAGERLY + "\n" + REST, page)
    return page["wgan"].get_weights()


def test_the_lines_that_change_leave_the_run_as_it_was_with_batch_norm_synchronised(page, on_one_device):
    exec(AFTER + "\n" + SYNCHRONISED + "\n" + REST, page)
    assert page["strategy"].num_replicas_in_sync == 2
    assert page["wgan"].distribute_strategy is page["strategy"]
    for one, two in zip(on_one_device, page["wgan"].get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-5)


@saves
def test_a_run_goes_on_from_its_file(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(GOES_ON, page)
    steps = page["wgan"].generator_optimizer.iterations.numpy()
    with pytest.warns(UserWarning, match="counts from the first"):  # all of them are done
        exec(AFTER + "\n" + GOES_ON, page)
    assert page["wgan"].generator_optimizer.iterations.numpy() == steps > 0


def test_bfloat16(page):
    try:
        exec(BFLOAT16 + "\n" + EAGERLY + "\n" + REST, page)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert page["wgan"].critic.compute_dtype == "bfloat16"
    assert all(np.isfinite(weight).all() and weight.dtype == np.float32 for weight in page["wgan"].get_weights())
