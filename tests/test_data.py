import re
import unicodedata

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


@pytest.mark.parametrize("split, n, first", [("train", 10_000, [5, 0, 4, 1, 9]), ("test", 2_000, [2, 1, 4, 6, 6])])
def test_the_labels_are_mnists_in_its_order(split, n, first):
    labels = data.labels(split)
    assert labels.shape == (n,)
    assert labels.dtype == np.int64
    assert labels[:5].tolist() == first
    assert set(labels) == set(range(10))
    assert np.bincount(labels).min() > 0.08 * n


def test_the_test_digits_are_drawn_from_all_10_000():
    """Of the test file's first 5 000 digits, the cleaner half, come about as many as of the rest."""
    drawn = np.sort(np.random.default_rng(0).choice(10_000, 2_000, replace=False))
    assert abs((drawn < 5000).mean() - 0.5) < 0.03
    assert data.labels("test")[0] == 2 and drawn[0] == 1  # 7, 2, 1, 0, 4 are the first of the file


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
    data.load_checked.cache_clear()
    yield
    data.load_checked.cache_clear()


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
    assert data.labels("test")[0] == 2


# --- emoji ---


@pytest.mark.parametrize("split, n", [("train", 2699), ("test", 552)])
def test_emoji_are_pictures_of_eight_categories_on_white(split, n):
    images, labels, names = data.emoji(split)
    assert images.shape == (n, 32, 32, 3) and images.dtype == np.uint8
    assert labels.shape == (n,) and labels.dtype == np.int64
    assert len(names) == 8 and names == sorted(names) and "People & Body" in names
    counts = np.bincount(labels, minlength=8)
    assert counts.min() > n / 50 and 0.5 < counts[names.index("People & Body")] / n < 0.7
    corners = images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners > 250).all(-1).mean() > 0.7
    yellow = [np.ptp(images[labels == label].mean((0, 1, 2))) for label in range(8)]
    assert names[np.argmax(yellow)] == "Smileys & Emotion"


def test_train_emoji_are_what_nobody_need_ask_for():
    np.testing.assert_array_equal(data.emoji()[0], data.emoji("train")[0])
    data.emoji("test")[0][:] = 0
    assert data.emoji("test")[0].max() == 255


SOMEBODY = {"MAN", "WOMAN", "ADULT", "BOY", "GIRL", "CHILD", "FATHER CHRISTMAS", "MOTHER CHRISTMAS"}
NOTHING = ("EMOJI MODIFIER FITZPATRICK", "VARIATION SELECTOR", "ZERO WIDTH JOINER", "MALE SIGN", "FEMALE SIGN")


def words(code):
    """What Unicode calls an emoji, whoever does it, in whatever direction and skin tone."""
    names = [unicodedata.name(chr(int(each, 16)), each) for each in re.sub("(?<=.)-27A1-FE0F$", "", code).split("-")]
    return ["SOMEBODY" if name in SOMEBODY else name for name in names if not name.startswith(NOTHING)]


def test_an_emoji_is_held_out_in_all_its_variants():
    """By another rule than that which made the split: the words of Unicode's names."""
    arrays = data.load_checked(data.EMOJI, data.EMOJI_SHA256)
    train, test = ({" ".join(words(code)) for code in arrays[f"{split}_codes"]} for split in ("train", "test"))
    assert len(test) > 200 and train & test <= {"SOMEBODY"}  # an adult is another emoji than a child
    tones = re.compile("-1F3F[B-F]")
    train, test = ({tones.sub("", str(code)) for code in arrays[f"{split}_codes"]} for split in ("train", "test"))
    assert train & test == set() and any(tones.search(code) for code in arrays["test_codes"])
    for group in (
        ["1F468-200D-1F33E", "1F469-200D-1F33E", "1F9D1-200D-1F33E"],  # farmers
        ["1F46B", "1F46C", "1F46D", "1F9D1-200D-1F91D-200D-1F9D1"],  # holding hands
        ["1F491", "1F468-200D-2764-FE0F-200D-1F468", "1F469-200D-2764-FE0F-200D-1F468"],  # with a heart
        ["1F385", "1F936", "1F9D1-200D-1F384"],  # Christmas
        ["1F46A", "1F468-200D-1F466", "1F469-200D-1F469-200D-1F467-200D-1F466"],  # families
        ["1F478", "1F934", "1FAC5"],  # crowned
    ):
        assert set(group) <= train or set(group) <= test, group


def test_no_picture_is_on_both_sides():
    train, test = ({image.tobytes() for image in data.emoji(split)[0]} for split in ("train", "test"))
    assert train & test == set() and len(train) + len(test) > 3200


def test_damaged_emoji_are_refused_by_name(tmp_path, monkeypatch):
    (tmp_path / "emoji").mkdir()
    copy = tmp_path / "emoji" / "emoji.npz"
    copy.write_bytes(data.EMOJI.read_bytes()[:-1])
    monkeypatch.setattr(data, "EMOJI", copy)
    with pytest.raises(
        ValueError, match=r"emoji\.npz: the data file is damaged.*git checkout gancode/emoji/emoji\.npz"
    ):
        data.emoji()


def test_the_licence_of_the_emoji_lies_beside_them_and_they_fit_four_megabytes():
    folder = data.EMOJI.parent
    assert "Apache License" in (folder / "LICENSE-Apache-2.0.txt").read_text(encoding="utf-8")
    assert data.EMOJI_SHA256 in (folder / "README.md").read_text(encoding="utf-8")
    assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) < 4e6


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
