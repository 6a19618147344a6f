from functools import partial

import helpers
import numpy as np
import pytest
from scipy import linalg, optimize, stats
from scipy.spatial.distance import cdist

from gancode import data, metrics
from gancode.metrics import frechet_digit_distance, frechet_distance, mode_coverage, wasserstein1

noise = partial(helpers.noise, dtype=np.float64)


# --- wasserstein1 ---


def test_two_points_by_hand():
    assert wasserstein1([[0.0, 0.0]], [[3.0, 4.0]]) == pytest.approx(5)
    assert wasserstein1([[0.0], [10.0]], [[11.0], [2.0]]) == pytest.approx((2 + 1) / 2)  # not 0 -> 11
    assert wasserstein1([[0.0]], [[1.0], [-3.0]]) == pytest.approx((1 + 3) / 2)  # half of the weight each way


@pytest.mark.parametrize("n, m", [(50, 50), (30, 47)])
def test_on_a_line_it_is_scipys(n, m):
    x, y = noise(n, 1), 2 * noise(m, 1, seed=1) + 1
    assert wasserstein1(x, y) == pytest.approx(stats.wasserstein_distance(x[:, 0], y[:, 0]))


def test_for_equal_numbers_it_is_the_best_matching():
    x, y = noise(40, 3), noise(40, 3, seed=1)
    cost = cdist(x, y)
    assert wasserstein1(x, y) == pytest.approx(cost[optimize.linear_sum_assignment(cost)].mean())


def test_a_shifted_copy_is_as_far_as_the_shift():
    x = noise(60, 2)
    assert wasserstein1(x, x + np.array([0.6, -0.8])) == pytest.approx(1)


# --- mode_coverage ---


def test_modes_and_good_samples_are_counted_by_hand():
    centres = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]]
    samples = [[0.0, 1.0], [1.0, 0.0], [10.0, 0.9], [0.0, 11.1], [5.0, 5.0]]  # the last two are near none
    assert mode_coverage(samples, centres, radius=1.0) == (2, 3 / 5)
    assert mode_coverage(samples, centres, radius=1.2) == (3, 4 / 5)
    assert mode_coverage([[5.0, 5.0]], centres, radius=1.0) == (0, 0.0)


def test_a_good_sample_counts_for_its_nearest_mode_only():
    covered = mode_coverage([[0.4], [0.3]], [[0.0], [1.0]], radius=5.0)
    assert covered.modes == 1 and covered.high_quality_fraction == 1.0


def test_nearly_all_real_points_are_good_and_all_modes_covered():
    eight = mode_coverage(data.eight_gaussians(2000, seed=0), data.EIGHT_CENTRES, radius=3 * 0.02 / 1.414)
    grid = mode_coverage(data.twenty_five_gaussians(2000, seed=0), data.TWENTY_FIVE_CENTRES, radius=3 * 0.05 / 2.828)
    inside = 1 - np.exp(-(3**2) / 2)  # a Gaussian's mass within 3 sigma, in the plane
    assert eight.modes == 8 and eight.high_quality_fraction == pytest.approx(inside, abs=0.01)
    assert grid.modes == 25 and grid.high_quality_fraction == pytest.approx(inside, abs=0.01)


# --- frechet_distance ---


def test_frechet_distance_is_the_formula_with_scipys_matrix_root():
    x, y = noise(100, 5), noise(80, 5, seed=1) @ noise(5, 5, seed=2) + 1
    c_x, c_y = np.cov(x.T), np.cov(y.T)
    root = linalg.sqrtm(c_x @ c_y).real
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(c_x + c_y - 2 * root)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(y, x) == pytest.approx(expected, rel=1e-8)


def test_on_a_line_it_is_the_distance_of_means_and_deviations():
    x, y = noise(500, 1), 3 * noise(400, 1, seed=1) + 2
    expected = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    assert frechet_distance(x, y) == pytest.approx(expected)


def test_it_is_zero_for_the_same_sample_and_the_square_of_a_shift():
    x = noise(50, 4)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-10)
    assert frechet_distance(x, x + np.array([1, 2, 0, 2])) == pytest.approx(9)


def test_features_that_never_vary_do_no_harm():
    x, y = noise(50, 3), noise(50, 3, seed=1)
    x[:, 2] = y[:, 2] = 7.0  # a ReLU that is dead: the covariances are singular
    assert frechet_distance(x, y) == pytest.approx(frechet_distance(x[:, :2], y[:, :2]))


# --- kernel_distance ---


def kernel_by_hand(x, y):
    def k(a, b):
        return (a @ b / len(a) + 1) ** 3

    def among(points):
        return np.mean([k(a, b) for i, a in enumerate(points) for j, b in enumerate(points) if i != j])

    return among(x) + among(y) - 2 * np.mean([k(a, b) for a in x for b in y])


def test_kernel_distance_is_the_mean_over_pairs_of_different_points():
    x, y = noise(7, 3), 2 * noise(5, 3, seed=1) + 1
    assert metrics.kernel_distance(x, y) == pytest.approx(kernel_by_hand(x, y), rel=1e-10)
    assert metrics.kernel_distance(y, x) == pytest.approx(kernel_by_hand(x, y), rel=1e-10)


def test_kernel_distance_takes_thousands_piece_by_piece():
    x, y = noise(1500, 2), noise(1100, 2, seed=1) + 0.5
    k_xx, k_yy, k_xy = ((a @ b.T / 2 + 1) ** 3 for a, b in [(x, x), (y, y), (x, y)])
    among = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (k_xx, k_yy)]
    assert metrics.kernel_distance(x, y) == pytest.approx(sum(among) - 2 * k_xy.mean(), rel=1e-9)


def test_kernel_distance_has_no_bias_and_the_frechet_distance_has():
    """Of samples of one distribution: around 0, and as often below; of a Frechet distance, none is."""
    pairs = [(noise(30, 4, seed=2 * i), noise(30, 4, seed=2 * i + 1)) for i in range(200)]
    kernel = np.array([metrics.kernel_distance(*pair) for pair in pairs])
    frechet = np.array([frechet_distance(*pair) for pair in pairs])
    assert abs(kernel.mean()) < 3 * kernel.std() / np.sqrt(200)
    assert (kernel < 0).mean() > 0.3
    assert frechet.mean() > 0.3


# --- precision_recall, nearer_fraction ---


def test_precision_and_recall_by_hand():
    real = [[0.0], [1.0], [3.0]]  # to the nearest other: 1, 1, 2
    assert metrics.precision_recall([[-0.9], [5.1], [4.9], [2.5]], real, k=1).precision == 3 / 4
    samples = [[0.4], [0.6], [10.0]]  # to the nearest other: 0.2, 0.2, 9.4
    assert metrics.precision_recall(samples, real, k=1) == (2 / 3, 2 / 3)  # 1 and 3 are within 9.4 of 10
    assert metrics.precision_recall(samples, real, k=2) == (2 / 3, 1.0)


def test_one_mode_of_two_is_precise_and_recalls_half():
    rng = np.random.default_rng(0)
    two = np.concatenate([rng.standard_normal((200, 2)), rng.standard_normal((200, 2)) + 50])
    one = rng.standard_normal((400, 2))
    found = metrics.precision_recall(one, two)
    assert found.precision > 0.9 and 0.4 < found.recall <= 0.5
    far = metrics.precision_recall(one + 1000, two)
    assert far == (0, 0)


def test_copies_are_nearer_to_the_training_set_and_new_samples_are_not():
    training, reference, new = noise(500, 8), noise(500, 8, seed=1), noise(400, 8, seed=2)
    assert metrics.nearer_fraction(training[:100] + 1e-3, training, reference) == 1
    assert metrics.nearer_fraction(reference[:100] + 1e-3, training, reference) == 0
    assert metrics.nearer_fraction(new, training, reference) == pytest.approx(0.5, abs=0.1)
    assert metrics.nearer_fraction([[0.0], [0.4], [1.0]], [[-1.0]], [[1.0]]) == pytest.approx(0.5 / 3)  # 0: half each


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: metrics.kernel_distance(np.ones((1, 2)), np.ones((5, 2))), "x and y: expected at least 2 points each"),
        (
            lambda: metrics.precision_recall(np.ones((3, 2)), np.ones((5, 2))),
            r"more than k \(3\) points each, got 3 and 5",
        ),
        (lambda: metrics.precision_recall(np.ones((9, 2)), np.ones((9, 2)), k=0), "k: expected a whole number"),
        (lambda: metrics.nearer_fraction(np.ones((3, 2)), np.ones((5, 2)), np.ones((4, 2))), "two sets of one size"),
    ],
)
def test_what_can_not_be_compared_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- digits ---


@pytest.fixture(scope="module")
def digits():
    return data.mnist()


def test_the_classifier_knows_98_of_100_digits_it_has_not_seen(digits):
    _, logits = metrics._trained_classifier()(data.mnist("test"), training=False)
    assert logits.shape == (2000, 10)
    assert (np.argmax(logits, axis=1) == data.labels("test")).mean() >= 0.98
    assert (metrics.classified(digits).classes == data.labels()).mean() >= 0.98  # nor those of the generators


def test_the_judge_has_no_liking_for_the_digits_that_generators_train_on(digits):
    """To the reference, training digits are as near as test digits; a judge that has seen them finds them nearer."""
    reference, rng = metrics.reference_digits(), np.random.default_rng(0)
    assert reference.features.shape == (10_000, 64) and reference.classes.shape == (10_000,)
    test, training = metrics.classified(data.mnist("test")), metrics.classified(digits)
    drawn = [training.features[rng.permutation(10_000)[:2000]] for _ in range(5)]
    floors = [frechet_distance(features, reference.features) for features in drawn]
    assert frechet_digit_distance(test, reference) == pytest.approx(np.mean(floors), abs=0.8)
    assert np.ptp(floors) < 0.6 and max(floors) < 2.5


def test_features_are_64_a_digit_and_do_not_depend_on_the_company(digits):
    features = metrics.digit_features(digits[:700])
    assert features.shape == (700, 64) and features.dtype == np.float64
    np.testing.assert_allclose(metrics.digit_features(digits[600:700]), features[600:], rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_real_digits_are_near_each_other_and_noise_is_far(digits):
    near = frechet_digit_distance(digits[:2000], digits[2000:4000])
    blurred = frechet_digit_distance(digits[:2000] * 0.5 - 0.5, digits[2000:4000])
    far = frechet_digit_distance(np.tanh(noise(2000, 28, 28, 1)), digits[2000:4000])
    assert near < 6
    assert 3 * near < blurred < far
    assert far > 100


@pytest.mark.slow
def test_dropped_classes_are_noticed(digits):
    labels = data.labels()
    half, few = digits[labels < 5], digits[labels < 2]
    near = frechet_digit_distance(digits[:2000], digits[5000:])
    dropped_half = frechet_digit_distance(half[:2000], digits[5000:])
    dropped_most = frechet_digit_distance(few[:2000], digits[5000:])
    assert 5 * near < dropped_half < dropped_most


@pytest.mark.slow
def test_one_digit_again_and_again_is_noticed(digits):
    collapsed = frechet_digit_distance(np.repeat(digits[:1], 2000, axis=0), digits[2000:4000])
    assert collapsed > 50 * frechet_digit_distance(digits[:2000], digits[2000:4000])


def test_shares_of_classes_are_those_of_the_labels_but_for_a_few_mistakes(digits):
    labels = data.labels()[:2000]
    shares = metrics.class_shares(digits[:2000])
    assert shares.shape == (10,) and shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(shares, np.bincount(labels, minlength=10) / 2000, atol=0.005)
    assert metrics.class_shares(digits[:2000][labels == 7])[7] > 0.97


def test_imbalance_is_the_share_that_would_have_to_change(digits):
    labels = data.labels()
    each = [digits[labels == digit] for digit in range(10)]
    even = np.concatenate([some[:100] for some in each])
    assert metrics.class_imbalance(even, even[::-1]) == 0
    assert metrics.class_imbalance(each[3][:1000], even) == pytest.approx(0.9, abs=0.03)
    assert metrics.class_imbalance(np.concatenate([some[100:200] for some in each[:5]]), even) == pytest.approx(
        0.5, abs=0.03
    )


@pytest.mark.slow
def test_imbalance_of_few_real_digits_is_not_nothing(digits):
    few, many = (metrics.class_imbalance(digits[2000 : 2000 + n], digits[:2000]) for n in (50, 2000))
    assert few > 2 * many


@pytest.mark.slow
def test_one_look_of_the_classifier_gives_all_scores_the_very_same(digits, monkeypatch):
    images, reference = digits[:700], data.mnist("test")  # 700: no whole number of the classifier's batches
    by_images = [
        frechet_digit_distance(images, reference),
        metrics.class_imbalance(images, reference),
        metrics.class_shares(images),
        metrics.digit_features(images),
    ]
    looks = [metrics.classified(each) for each in (images, reference)]
    monkeypatch.setattr(metrics, "_trained_classifier", None)  # nobody looks again
    by_looks = [
        frechet_digit_distance(*looks),
        metrics.class_imbalance(*looks),
        metrics.class_shares(looks[0]),
        metrics.digit_features(looks[0]),
    ]
    for one, other in zip(by_images, by_looks, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_damaged_classifier_is_refused(tmp_path, monkeypatch):
    def clear():
        metrics.load_checked.cache_clear()
        metrics._trained_classifier.cache_clear()

    damaged = bytearray(metrics.CLASSIFIER.read_bytes())
    damaged[1000] ^= 1
    copy = tmp_path / "classifier.npz"
    copy.write_bytes(damaged)
    monkeypatch.setattr(metrics, "CLASSIFIER", copy)
    clear()
    with pytest.raises(ValueError, match=r"classifier\.npz: the data file is damaged"):
        frechet_digit_distance(np.zeros((100, 28, 28, 1)), np.zeros((100, 28, 28, 1)))
    clear()
