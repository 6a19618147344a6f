import numpy as np
import pytest
import tensorflow as tf
from helpers import sigmoid

from gancode import losses

REAL = np.array([-3.0, -0.5, 0.0, 0.25, 2.0])
FAKE = np.array([1.5, -2.0, 0.0, 4.0, -0.75])
ALL = [losses.non_saturating, losses.saturating, losses.least_squares, losses.wasserstein]


def gradient(loss, *scores):
    scores = [tf.constant(s, tf.float64) for s in scores]
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = loss(*scores)
    return [g.numpy() for g in tape.gradient(value, scores)]


# --- values ---


def test_a_discriminator_that_cannot_tell_loses_two_log_two():
    undecided = tf.zeros((4, 1))  # D = 1/2
    for loss in (losses.non_saturating, losses.saturating):
        assert loss.critic(undecided, undecided).numpy() == pytest.approx(2 * np.log(2))
    assert losses.non_saturating.generator(undecided).numpy() == pytest.approx(np.log(2))
    assert losses.saturating.generator(undecided).numpy() == pytest.approx(-np.log(2))


def test_cross_entropy_by_hand():
    real, fake = tf.constant([[np.log(3.0)]]), tf.constant([[-np.log(4.0)]])  # D = 3/4 and 1/5
    assert losses.non_saturating.critic(real, fake).numpy() == pytest.approx(-np.log(3 / 4) - np.log(4 / 5))
    assert losses.non_saturating.generator(fake).numpy() == pytest.approx(-np.log(1 / 5))
    assert losses.saturating.generator(fake).numpy() == pytest.approx(np.log(4 / 5))


def test_cross_entropy_is_the_papers_formula():
    critic = -np.mean(np.log(sigmoid(REAL))) - np.mean(np.log(1 - sigmoid(FAKE)))
    for loss in (losses.non_saturating, losses.saturating):
        np.testing.assert_allclose(loss.critic(REAL, FAKE), critic, rtol=1e-12)
    np.testing.assert_allclose(losses.non_saturating.generator(FAKE), -np.mean(np.log(sigmoid(FAKE))), rtol=1e-12)
    np.testing.assert_allclose(losses.saturating.generator(FAKE), np.mean(np.log(1 - sigmoid(FAKE))), rtol=1e-12)


def test_least_squares_by_hand():
    real, fake = tf.constant([3.0, 1.0]), tf.constant([2.0, 0.0])
    assert losses.least_squares.critic(real, fake).numpy() == (4 + 0) / 2 / 2 + (4 + 0) / 2 / 2
    assert losses.least_squares.generator(fake).numpy() == (1 + 1) / 2 / 2


def test_least_squares_takes_other_labels():
    pearson = losses.LeastSquares(a=-1.0, b=1.0, c=0.0)  # b - c = 1 and b - a = 2: Pearson's chi^2
    real, fake = tf.constant([3.0, 1.0]), tf.constant([2.0, 0.0])
    assert pearson.critic(real, fake).numpy() == (4 + 0) / 2 / 2 + (9 + 1) / 2 / 2
    assert pearson.generator(fake).numpy() == (4 + 0) / 2 / 2


def test_least_squares_at_the_best_discriminator_is_pearsons_chi_squared():
    """Mao et al. 2017, section 3.2: with (-1, 1, 0), 2 C(G) = chi^2_Pearson(p_d + p_g || 2 p_g)."""
    p_data, p_model = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.6, 0.3])
    best = (p_data - p_model) / (p_data + p_model)  # (b p_d + a p_g) / (p_d + p_g)
    loss = losses.LeastSquares(a=-1.0, b=1.0, c=0.0)
    # E over p_d and over p_g of (D - c)^2 / 2; a score's share is its probability
    expectation = sum((p_data + p_model) * [loss.generator(tf.constant([s])).numpy() for s in best])
    chi_squared = np.sum((2 * p_model - (p_data + p_model)) ** 2 / (p_data + p_model))
    assert 2 * expectation == pytest.approx(chi_squared)


def test_wasserstein_is_a_difference_of_means():
    real, fake = tf.constant([[1.0], [5.0]]), tf.constant([[-2.0], [0.0]])
    assert losses.wasserstein.critic(real, fake).numpy() == -1.0 - 3.0
    assert losses.wasserstein.generator(fake).numpy() == 1.0


def test_wasserstein_changes_sign_when_real_and_fake_change_places():
    there, back = losses.wasserstein.critic(REAL, FAKE), losses.wasserstein.critic(FAKE, REAL)
    assert there.numpy() == -back.numpy() != 0


def test_wasserstein_does_not_see_a_constant_added_to_the_critic():
    np.testing.assert_allclose(losses.wasserstein.critic(REAL + 7, FAKE + 7), losses.wasserstein.critic(REAL, FAKE))


@pytest.mark.parametrize("loss", ALL)
def test_scores_may_have_an_axis_of_one_and_the_loss_is_a_scalar(loss):
    for flat, column in (
        (loss.critic(REAL, FAKE), loss.critic(REAL[:, None], FAKE[:, None])),
        (loss.generator(FAKE), loss.generator(FAKE[:, None])),
    ):
        assert flat.shape == column.shape == ()
        assert flat.numpy() == column.numpy()


def test_a_critic_may_see_more_of_one_than_of_the_other():
    np.testing.assert_allclose(losses.wasserstein.critic(REAL, FAKE[:2]), FAKE[:2].mean() - REAL.mean())


# --- gradients with respect to the scores; n of them share the mean, hence / n ---


def test_slope_of_the_cross_entropy():
    d_real, d_fake = gradient(losses.non_saturating.critic, REAL, FAKE)
    np.testing.assert_allclose(d_real, (sigmoid(REAL) - 1) / 5, rtol=1e-12)
    np.testing.assert_allclose(d_fake, sigmoid(FAKE) / 5, rtol=1e-12)


def test_slope_for_the_generator_fades_where_saturating_and_not_where_not():
    (non_saturating,) = gradient(losses.non_saturating.generator, FAKE)
    (saturating,) = gradient(losses.saturating.generator, FAKE)
    np.testing.assert_allclose(non_saturating, (sigmoid(FAKE) - 1) / 5, rtol=1e-12)
    np.testing.assert_allclose(saturating, -sigmoid(FAKE) / 5, rtol=1e-12)
    sure = np.array([-20.0])  # D(G(z)) is near 0
    assert gradient(losses.non_saturating.generator, sure)[0] == pytest.approx(-1)
    assert gradient(losses.saturating.generator, sure)[0] == pytest.approx(0, abs=1e-8)


def test_slope_of_least_squares_grows_with_the_distance():
    loss = losses.LeastSquares(a=-1.0, b=1.0, c=0.0)
    d_real, d_fake = gradient(loss.critic, REAL, FAKE)
    np.testing.assert_allclose(d_real, (REAL - 1) / 5)
    np.testing.assert_allclose(d_fake, (FAKE + 1) / 5)
    np.testing.assert_allclose(gradient(loss.generator, FAKE)[0], FAKE / 5)


def test_slope_of_wasserstein_is_the_same_everywhere():
    d_real, d_fake = gradient(losses.wasserstein.critic, REAL, FAKE)
    np.testing.assert_array_equal(d_real, np.full(5, -0.2))
    np.testing.assert_array_equal(d_fake, np.full(5, 0.2))
    np.testing.assert_array_equal(gradient(losses.wasserstein.generator, FAKE)[0], np.full(5, -0.2))


@pytest.mark.parametrize("loss", ALL)
def test_the_critic_pulls_on_a_real_score_as_the_generator_does_on_a_fake_one(loss):
    """Where gamma = b, and but for the saturating loss, whose generator has a curve of its own."""
    of_critic, of_generator = gradient(loss.critic, REAL, FAKE)[0], gradient(loss.generator, REAL)[0]
    assert np.allclose(of_critic, of_generator, rtol=1e-12) == (loss != losses.saturating)


@pytest.mark.parametrize("loss", ALL)
@pytest.mark.parametrize("score", [1e4, -1e4])
def test_far_scores_give_finite_losses_and_slopes(loss, score):
    far = tf.constant([score])
    with tf.GradientTape() as tape:
        tape.watch(far)
        values = [loss.critic(far, tf.zeros(1)), loss.critic(tf.zeros(1), far), loss.generator(far)]
        total = tf.add_n(values)
    assert np.isfinite(values).all()
    assert np.isfinite(tape.gradient(total, far)).all()


def test_cross_entropy_far_out_is_the_score_itself():
    assert losses.non_saturating.generator(tf.constant([-1e4])).numpy() == 1e4
    assert losses.non_saturating.generator(tf.constant([1e4])).numpy() == 0


def test_the_scores_of_a_readers_own_loss_are_asked_as_those_of_the_books_are():
    class Hinge(losses.Loss):
        def critic(loss, real_scores, fake_scores):
            return tf.reduce_mean(tf.nn.relu(1 - real_scores)) + tf.reduce_mean(tf.nn.relu(1 + fake_scores))

        @staticmethod
        def generator(fake_scores):
            return -tf.reduce_mean(fake_scores)

    assert Hinge().critic([1, 3], [-1, 0]).numpy() == 0.5
    assert Hinge().generator(tf.constant([2.0])).numpy() == -2.0
    with pytest.raises(ValueError, match=r"^fake_scores: expected real numbers"):
        Hinge().critic([1.0], ["a"])
