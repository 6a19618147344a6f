"""Train the small digit classifier behind metrics.frechet_digit_distance; write gancode/digits/classifier.npz.

    python tools/train_classifier.py

Trains on the 10 000 bundled training digits, shifted by up to two pixels so that features do not hang on an
exact position; prints the accuracy on the 2 000 bundled test digits. About two minutes on two CPU cores.
"""

import keras
import numpy as np

import gancode  # noqa: F401  (quiet TensorFlow; must come before keras)
from gancode import data, metrics


def main(seed=0, epochs=12):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    images, labels = data.mnist(), data.labels()
    model = metrics.digit_classifier()
    training = keras.Model(model.input, model.output[1])
    training.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, epochs * 79)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    for _ in range(epochs):
        shifted = np.stack([np.roll(x, rng.integers(-2, 3, size=2), axis=(0, 1)) for x in images])
        training.fit(shifted, labels, batch_size=128, verbose=0)
    _, accuracy = training.evaluate(data.mnist("test"), data.labels("test"), verbose=0)
    weights = {f"{i:02d}": w for i, w in enumerate(model.get_weights())}
    np.savez_compressed(metrics.CLASSIFIER, **weights)
    print(f"test accuracy {accuracy:.4f}; {metrics.CLASSIFIER.name}: {metrics.CLASSIFIER.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
