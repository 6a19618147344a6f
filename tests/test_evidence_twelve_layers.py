"""Critics of twelve layers: how they are made and looked at. What they did is in tests of the kept file."""

import keras
import numpy as np
import pytest

from gancode import models
from gancode.experiments.results import Results
from tools.evidence import twelve_layers

pytestmark = pytest.mark.slow


def test_command(tmp_path):
    twelve_layers.main(["--steps", "10", "--seeds", "2", "--cases", "1", "--out", str(tmp_path / "some.json")])
    several, alone = (kept["result"] for kept in Results(tmp_path / "some.json").cases)
    assert several["steps"] == [0, 1, 10] and len(several["seeds"]) == 2
    assert {"norms", "estimate", "slope", "exact"} == set(several["seeds"][0][0])
    assert alone["steps"] == [0, 1, 2] and len(alone["looks"]) == 3


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_where_the_mean_squares_start_as_by_hand(start):
    weight = keras.Variable([0.5, -2.0, 0.0])
    rmsprop = keras.optimizers.RMSprop(0.1, epsilon=1e-10)
    rmsprop.build([weight])
    twelve_layers.start_at(rmsprop, start)
    by_hand, square = weight.numpy(), np.full(3, start)
    for gradient in np.array([[1e-3, 3.0, 0.0], [2e-3, -1.0, 0.0]], dtype=np.float32):
        rmsprop.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        square = 0.9 * square + 0.1 * gradient**2
        by_hand = by_hand - 0.1 * gradient / np.sqrt(square + 1e-10)
    np.testing.assert_allclose(weight.numpy(), by_hand, rtol=1e-5)


def test_deep_critic_without_norm_is_the_books():
    mine, book = twelve_layers.deep_critic(None), models.mlp_critic(twelve_layers.DEPTH, twelve_layers.WIDTH)
    assert [weight.shape for weight in mine.weights] == [weight.shape for weight in book.weights]
    mine.set_weights(book.get_weights())
    points = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_allclose(mine(points), book(points), rtol=1e-5, atol=1e-6)
