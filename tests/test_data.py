import numpy as np
import pytest
import tensorflow as tf

from gancode import data

# --- digits ---


@pytest.mark.parametrize("split, n", [("train", 10_000), ("test", 2_000)])
def test_the_bundled_digits_are_images_in_the_range_of_tanh(split, n):
    images = data.mnist(split)
    assert images.shape == (n, 28, 28, 1)
    assert images.dtype == np.float32
    assert images.min() == -1 and images.max() == 1
    some = images[::100]
    levels = (some + 1) * 127.5  # the grey levels 0 to 255
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-3)
    assert np.median(some) == -1  # light ink on dark paper, and mostly paper


@pytest.mark.parametrize("split, n, first", [("train", 10_000, [5, 0, 4, 1, 9]), ("test", 2_000, [7, 2, 1, 0, 4])])
def test_the_labels_are_mnists_in_its_order(split, n, first):
    labels = data.labels(split)
    assert labels.shape == (n,)
    assert labels.dtype == np.int64
    assert labels[:5].tolist() == first
    assert set(labels) == set(range(10))
    assert np.bincount(labels).min() > 0.08 * n


def test_images_and_labels_belong_together():
    """A 1 has the least ink and a 0 a hole in its middle."""
    images, labels = data.mnist(), data.labels()
    ink = [images[labels == digit].mean() for digit in range(10)]
    assert np.argmin(ink) == 1
    middle = [images[labels == digit, 13:15, 13:15].mean() for digit in range(10)]
    assert np.argmin(middle) == 0


def test_train_is_the_default_and_not_the_test_set():
    np.testing.assert_array_equal(data.mnist(), data.mnist("train"))
    assert not np.array_equal(data.mnist("train")[:2000], data.mnist("test"))


def test_what_a_reader_does_to_the_images_does_not_reach_the_next_reader():
    data.mnist("test")[:] = 0
    assert data.mnist("test").max() == 1


@pytest.fixture
def no_cache():
    data._bundled.cache_clear()
    yield
    data._bundled.cache_clear()


@pytest.mark.parametrize("damage", ["one bit", "cut short", "empty"])
def test_a_damaged_file_is_refused_by_name(tmp_path, monkeypatch, no_cache, damage):
    raw = bytearray(data.DIGITS.read_bytes())
    raw[len(raw) // 2] ^= 1
    copy = tmp_path / "digits.npz"
    copy.write_bytes({"one bit": raw, "cut short": raw[:-1], "empty": b""}[damage])
    monkeypatch.setattr(data, "DIGITS", copy)
    for load in (data.mnist, data.labels):
        with pytest.raises(ValueError, match=r"digits\.npz: the data file is damaged") as error:
            load()
        assert "\n" not in str(error.value)


def test_an_untouched_copy_is_accepted(tmp_path, monkeypatch, no_cache):
    copy = tmp_path / "digits.npz"
    copy.write_bytes(data.DIGITS.read_bytes())
    monkeypatch.setattr(data, "DIGITS", copy)
    assert data.labels("test")[0] == 7


# --- toy sets ---

TOYS = [data.eight_gaussians, data.twenty_five_gaussians, data.swiss_roll]
EIGHT = np.sqrt(2) * np.array(
    [[np.cos(a), np.sin(a)] for a in (0, np.pi / 4, np.pi / 2, 3 * np.pi / 4, np.pi)]
    + [[np.cos(a), np.sin(a)] for a in (5 * np.pi / 4, 3 * np.pi / 2, 7 * np.pi / 4)]
)
TWENTY_FIVE = np.array([(x, y) for x in (-1, -0.5, 0, 0.5, 1) for y in (-1, -0.5, 0, 0.5, 1)]) * 4 / 2.828


@pytest.mark.parametrize("make", TOYS)
def test_toy_points_are_float32_pairs_repeated_by_their_seed(make):
    points = make(100, seed=3)
    assert points.shape == (100, 2) and points.dtype == np.float32
    np.testing.assert_array_equal(points, make(100, seed=3))
    assert not np.array_equal(points, make(100, seed=4))
    assert not np.array_equal(make(100), make(100))


@pytest.mark.parametrize(
    "make, centres, sigma",
    [(data.eight_gaussians, EIGHT, 0.02 / 1.414), (data.twenty_five_gaussians, TWENTY_FIVE, 0.05 / 2.828)],
)
def test_gaussians_sit_at_their_centres_with_their_spread_and_equal_shares(make, centres, sigma):
    points = make(20_000, seed=0)
    distance = np.linalg.norm(points[:, None] - centres, axis=2)
    nearest = distance.argmin(1)
    assert np.bincount(nearest, minlength=len(centres)).min() > 0.9 * 20_000 / len(centres)
    assert distance.min(1).max() < 6 * sigma
    for k, centre in enumerate(centres):
        own = points[nearest == k]
        np.testing.assert_allclose(own.mean(0), centre, atol=5 * sigma / np.sqrt(len(own)) + 1e-3)
        np.testing.assert_allclose(own.std(0), sigma, rtol=0.1)


def test_the_swiss_roll_is_a_spiral_without_noise_along_its_arm():
    """t (cos t, sin t) for t in 3/2 pi (1 to 3): the radius tells the angle, up to noise of 0.25."""
    points = 7.5 * data.swiss_roll(5000, seed=0)
    t = np.linalg.norm(points, axis=1)
    assert t.min() > 1.5 * np.pi - 1.25 and t.max() < 4.5 * np.pi + 1.25
    off = np.linalg.norm(points - t[:, None] * np.stack([np.cos(t), np.sin(t)], 1), axis=1)
    assert np.quantile(off / t, 0.95) < 0.6  # a noise of 0.25 along the radius turns the angle by 0.25 too
    assert np.abs(points / 7.5).max() < 2.1


# --- batches ---


def numbered(n):
    return np.arange(n, dtype=np.float32)[:, None]


def test_batches_are_of_samples_by_critic_steps():
    batches = data.batches(np.zeros((50, 28, 28, 1)), batch_size=4, n_critic=3)
    assert isinstance(batches, tf.data.Dataset)
    assert batches.element_spec == tf.TensorSpec((4, 3, 28, 28, 1), tf.float32)
    assert next(iter(batches)).shape == (4, 3, 28, 28, 1)


def test_batches_never_end_even_with_fewer_samples_than_a_batch():
    dealt = list(data.batches(numbered(3), batch_size=8, n_critic=2).take(20))
    assert len(dealt) == 20
    assert set(np.ravel(dealt)) == {0, 1, 2}


def test_a_pass_deals_every_sample_exactly_once_so_critic_steps_get_fresh_ones():
    dealt = np.ravel([b for b in data.batches(numbered(60), batch_size=4, n_critic=5, seed=0).take(6)])
    for one_pass in (dealt[:60], dealt[60:]):
        assert sorted(one_pass) == list(range(60))


def test_each_pass_and_each_iterator_without_a_seed_is_a_new_order():
    dealt = np.ravel(list(data.batches(numbered(60), batch_size=4, n_critic=5, seed=0).take(9))).reshape(3, 60)
    assert len({tuple(one_pass) for one_pass in dealt}) == 3
    assert tuple(range(60)) not in {tuple(one_pass) for one_pass in dealt}


def test_a_seed_repeats_the_order():
    def first(seed):
        return np.ravel(next(iter(data.batches(numbered(1000), seed=seed))))

    np.testing.assert_array_equal(first(1), first(1))
    assert not np.array_equal(first(1), first(2))


def test_samples_come_out_as_they_went_in():
    samples = np.random.default_rng(0).standard_normal((12, 3, 2)).astype(np.float32)
    dealt = next(iter(data.batches(samples, batch_size=6, n_critic=2))).numpy().reshape(12, 3, 2)
    order = [np.flatnonzero((samples == one).all((1, 2))).item() for one in dealt]
    assert sorted(order) == list(range(12))


def test_one_critic_step_is_the_default():
    assert data.batches(numbered(100)).element_spec.shape == (64, 1, 1)
