"""What the pages say of kept runs. A sentence with a mark has no tick, for it could not fail in a reader's run: it is
held here, in the words of the page. Sentences about tests/test_evidence_*.py's files that are held there are not again.
"""

import numpy as np
import pytest

from gancode.experiments import scoreboard
from gancode.experiments.results import load
from gancode.variants import BOOK


def found(name, **wanted):
    """The results of the cases that agree with what is wanted."""
    return [case["result"] for case in load(name).cases if wanted.items() <= case["case"].items()]


def between(values, least, greatest, digits=2):
    """Whether, rounded as on the page, they reach from one number to the other."""
    return (round(np.min(values), digits), round(np.max(values), digits)) == (least, greatest)


# --- chapter 4 ---------------------------------------------------------------------------------------------


def test_in_every_seed_the_penalised_critic_points_nearer_to_the_plan_than_the_best_cone():
    critics = [run["trained"]["cosine_fakes"] for run in found("plan", weight=10.0, one_sided=False)]
    cones = [
        each["result"]["best cone"]["cosine_fakes"] for each in load("plan").cases if set(each["case"]) == {"seed"}
    ]
    assert len(critics) == len(cones) == 5
    assert all(1 - critic < 0.7 * (1 - cone) for critic, cone in zip(critics, cones, strict=True))


def test_at_1000_critic_steps_wgan_gps_farthest_digits_are_nearer_than_wgans_nearest():
    wgan, wgan_gp = (
        [run["frechet"][run["critic_steps"].index(1000)] for run in found("sweep", method=name, learning_rate=rate)]
        for name, rate in (("WGAN", 2e-3), ("WGAN-GP", 5e-3))
    )
    assert len(wgan) == len(wgan_gp) == 5 and max(wgan_gp) < 2 / 3 * min(wgan)


# --- the sweep that the race's learning rates are from -----------------------------------------------------


def test_the_least_mean_distance_of_two_seeds_chooses_each_methods_learning_rate():
    distances = {}
    for case in load("sweep_long").cases:
        assert case["result"]["critic_steps"][-1] == 10_000 and case["case"]["seed"] in (100, 101)
        of_rate = distances.setdefault(case["case"]["method"], {}).setdefault(case["case"]["learning_rate"], [])
        of_rate.append(case["result"]["frechet"][-1])
    assert all(len(each) == 2 for rates in distances.values() for each in rates.values())
    means = {method: {rate: np.mean(each) for rate, each in rates.items()} for method, rates in distances.items()}
    best = {method: min(rates, key=rates.get) for method, rates in means.items()}
    assert best == {"GAN": 2e-3, "LSGAN": 1e-3, "WGAN": 5e-4, "WGAN-GP": 2e-3}
    assert [round(means[method][rate], 1) for method, rate in best.items()] == [19.6, 19.5, 60.0, 13.7]
    for method, rate in best.items():
        assert min(means[method]) < rate < max(means[method]), "a best rate at an end of the range has to be named so"


# --- Deeper 3 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "clipped", "penalised"), [("eight_gaussians", 0.48, 0.72), ("swiss_roll", 0.67, 0.68)]
)
def test_of_a_ring_and_of_a_spiral_every_penalised_critic_sees_more_than_any_clipped_one(dataset, clipped, penalised):
    adam = {"dataset": dataset, "optimiser": "Adam", "rate": 1e-3}
    flat, steep = (found("surfaces", **adam, clip=c)[0] for c in (0.01, 0.1))
    (run,) = found("surfaces", **adam, penalty_weight=1.0)
    seen = [*flat["part_of_w1"], *steep["part_of_w1"]]
    assert len(seen) == 10 and len(run["part_of_w1"]) == 5 and max(seen) < min(run["part_of_w1"])
    assert round(max(seen), 2) == clipped and round(min(run["part_of_w1"]), 2) == penalised
    assert max(flat["slope"]) < 0.001
    if dataset == "eight_gaussians":  # where the steeper critics see no more
        assert between(steep["slope"], 4, 5, 0) and max(steep["part_of_w1"]) < max(flat["part_of_w1"])
    else:  # a cone sees 0.8 of the spiral
        assert max(run["part_of_w1"]) < 0.79


def test_from_inside_the_range_a_mean_square_that_starts_at_1_is_late_and_then_forgotten():
    papers = {"dataset": "eight_gaussians", "optimiser": "RMSProp", "rate": 5e-5, "init": "uniform"}
    (zeros,), (ones,) = (found("surfaces", **papers, mean_square=start) for start in (0.0, 1.0))
    look = {step: zeros["steps"].index(step) for step in (1, 300, 1000, 2000)}
    moves = np.divide(zeros["largest_move"], np.maximum(ones["largest_move"], 1e-30))  # (looks, seeds)
    assert moves[look[1]].min() > 60_000
    assert np.all((moves[look[300]] > 3) & (moves[look[300]] < 4.2))
    ends, late = np.array(zeros["at_ends"]), np.array(ones["at_ends"])
    assert between((1 - late / ends)[look[1000]], 0.38, 0.42)
    assert between((1 - late / ends)[look[2000]], 0.02, 0.09)


def test_a_clipped_critic_of_digits_passes_on_in_the_end_what_an_untrained_one_does():
    at_layer_1 = {
        name: np.array(
            [[norms[0] / norms[-1] for norms in run["norms"]] for run in found("digit_critics", critic=name)]
        )
        for name in ("clip", "penalty")
    }  # (seeds, looks)
    assert between(at_layer_1["clip"][:, 0], 0.65, 0.82)
    assert between(at_layer_1["clip"][:, 1], 0.35, 0.68)
    assert between(at_layer_1["clip"][:, 2], 0.62, 0.84)
    of_untrained = np.sort(at_layer_1["clip"][:, 2] / at_layer_1["clip"][:, 0])
    assert round(of_untrained[0], 1) == 0.8 and of_untrained[1] > 0.99
    assert between(at_layer_1["penalty"][:, 2], 6, 8, 0)


def test_real_digits_have_a_floor():
    floor = {n: found("floors", digits="training", n=n)[0]["frechet"] for n in (2000, 5000, 10_000)}
    assert (
        between(floor[2000], 1.2, 1.9, 1) and between(floor[5000], 0.8, 1.0, 1) and between(floor[10_000], 0.75, 0.75)
    )
    assert min(floor[2000]) < found("floors", digits="test", n=2000)[0]["frechet"][0] < max(floor[2000])


BOARD = load("scoreboard_long").group_by("method")  # by an earlier judge, as the page says


def test_in_the_longest_race_wgan_gp_ends_nearer_than_any_other_run_ever_was():
    ends = [run["frechet"][-1] for run in BOARD["WGAN-GP"]]
    others = [min(run["frechet"]) for method in ("GAN", "LSGAN", "WGAN") for run in BOARD[method]]
    assert {len(runs) for runs in BOARD.values()} == {5}
    assert between(ends, 6.8, 7.8, 1) and round(min(others), 1) == 8.2


def test_and_gan_and_lsgan_were_nearer_up_to_25_000_critic_steps_and_three_medians_turned():
    middle = {method: line[1] for method, line in scoreboard.aggregate(BOARD, "frechet", "critic_steps").items()}
    where = np.array(BOARD["GAN"][0]["critic_steps"])
    for method in ("GAN", "LSGAN"):
        assert np.all((middle[method] < middle["WGAN-GP"])[where <= 25_000])
        assert min(np.mean(run["frechet"][-5:]) - np.mean(run["frechet"][-10:-5]) for run in BOARD[method]) > 0
    assert max(np.mean(run["frechet"][-5:]) - np.mean(run["frechet"][-10:-5]) for run in BOARD["WGAN-GP"]) < 0
    turned = {method for method, line in middle.items() if line[-1] > 1.1 * min(line)}
    assert turned == {"GAN", "LSGAN", "WGAN"}
    assert np.argmin([middle[method][-1] for method in BOARD]) == list(BOARD).index("WGAN-GP")


def test_its_digits_are_spread_the_most_evenly():
    spread = {method: [run["imbalance"][-1] for run in runs] for method, runs in BOARD.items()}
    assert between(spread["WGAN-GP"], 0.04, 0.08)
    assert between(spread["GAN"], 0.09, 0.13)
    assert between(spread["LSGAN"], 0.12, 0.16)
    assert max(spread["WGAN-GP"]) < min(spread["GAN"])


SEVEN = load("architectures")
BEGIN = {name: run["frechet"] for name, (run,) in SEVEN.group_by("architecture", method="untrained").items()}
MLP, KERAS_MLP = "MLP, He's start", "MLP generator"
SIX = BEGIN.keys() - {MLP, KERAS_MLP}
FIVE = (*BOOK, "LSGAN-GP")


def seven_ends(method, pair, rate=5e-4):
    """Where its seeds end in one of the paper's pairs: a distance each."""
    runs = SEVEN.group_by("seed", method=method, architecture=pair, learning_rate=rate, norm="layer", samples=2000)
    in_order = [run for seed in range(len(runs)) for run in runs[seed]]
    assert len(in_order) == len(runs)
    return [run["frechet"][-1] if run["diverged"] is None else np.inf for run in in_order]


def trains(method, part):
    """Of the six, those in which every seed ends below so large a part of the untrained generator's. Row 5: 1 / 4."""
    return {name for name in SIX if max(seven_ends(method, name)) < part * BEGIN[name]}


def test_all_five_methods_train_six_of_the_seven_pairs():
    assert len(SIX) == 6 and {len(seven_ends(method, name)) for method in FIVE for name in SIX} == {3}
    assert all(trains(method, 1 / 4) == SIX for method in FIVE)
    steps = {case["method"]: case["steps"] for case in cases("architectures") if case.get("method") in FIVE}
    assert steps == {"GAN": 5000, "LSGAN": 5000, "LSGAN-GP": 5000, "WGAN": 1000, "WGAN-GP": 1000}
    assert between([BEGIN[name] for name in SIX | {MLP}], 559, 718, 0)


def test_wgan_gp_alone_trains_the_seventh_an_mlp_whose_recall_stays_small():
    bar = BEGIN[MLP] / 4
    assert round(bar) == 140 and between(seven_ends("WGAN-GP", MLP), 78, 99, 0)
    for method in set(FIVE) - {"WGAN-GP"}:
        assert len(seven_ends(method, MLP)) == 3 and min(seven_ends(method, MLP)) > bar, method
    clipped = [run["frechet"] for run in found("architectures", architecture=MLP, method="WGAN", learning_rate=5e-4)]
    assert all(end < 0.8 * half for half, end in clipped), "still coming nearer"
    recall = [
        run["recall"][-1] for run in found("architectures", architecture=MLP, method="WGAN-GP", learning_rate=5e-4)
    ]
    assert between(recall, 0.01, 0.02)
    runs = [run for name in SIX for run in found("architectures", architecture=name) if "recall" in run]
    assert len(runs) == 90 and min(run["recall"][-1] for run in runs) > 0.14


def test_on_the_mlp_the_controls_and_a_lower_rate_and_a_smaller_start_fail():
    ends = {"WGAN-GP, 1 to 1": 501, "GAN, 5 to 1": 555, "GAN-GP, 5 to 1": 530, "LSGAN-GP, 5 to 1": 529}
    for control, end in ends.items():
        assert [round(each) for each in seven_ends(control, MLP)] == [end] and end > BEGIN[MLP] / 4
    for method in FIVE:
        (slow,), (small,) = seven_ends(method, MLP, 1e-4), seven_ends(method, KERAS_MLP)
        assert slow > BEGIN[MLP] / 4 and small > BEGIN[KERAS_MLP] / 4, method


def test_at_a_tenth_nobody_trains_the_mlp_wgan_none_of_the_six_and_least_squares_with_a_penalty_five():
    assert all(min(seven_ends(method, MLP)) > BEGIN[MLP] / 10 for method in FIVE)
    assert trains("WGAN", 1 / 10) == set() and trains("LSGAN-GP", 1 / 10) == SIX - {"residual, deep"}
    assert all(trains(method, 1 / 10) == SIX for method in ("GAN", "LSGAN", "WGAN-GP"))


def test_in_the_six_wgan_is_farthest_and_gan_and_lsgan_before_wgan_gp_in_three():
    for name in SIX:
        reached = {method: seven_ends(method, name) for method in FIVE}
        assert min(reached["WGAN"]) > max(max(reached[method]) for method in FIVE if method != "WGAN"), name
        nearer = name in ("gated", "tanh everywhere", "residual, deep")
        for method in ("GAN", "LSGAN"):
            assert (max(reached[method]) < min(reached["WGAN-GP"])) == nearer, name
            assert not max(reached["WGAN-GP"]) < min(reached[method]), name
        medians = {method: np.median(each) for method, each in reached.items()}
        assert 82 <= round(medians.pop("WGAN")) <= 137 and between([15, *medians.values(), 60], 15, 60, 0)


def test_least_squares_ends_farther_with_the_penalty_in_16_runs_of_18():
    runs = [zip(seven_ends("LSGAN-GP", name), seven_ends("LSGAN", name), strict=True) for name in SIX]
    farther = [penalised > plain for pairs in runs for penalised, plain in pairs]
    assert (sum(farther), len(farther)) == (16, 18)


def test_their_rate_is_the_best_for_wgan_after_so_few_steps_and_suits_wgan_gp_the_least():
    for steps in (4000, 6000):
        too_far = {}
        for method in BOOK:
            reached = {
                rate: np.mean([run["frechet"][run["critic_steps"].index(steps)] for run in runs])
                for rate, runs in load("sweep_long").group_by("learning_rate", method=method).items()
            }
            too_far[method] = reached[5e-4] / min(reached.values())
            assert min(reached, key=reached.get) in ((5e-4,) if method == "WGAN" else (1e-3, 2e-3))
        assert max(too_far, key=too_far.get) == "WGAN-GP"


def test_a_step_takes_so_much_time_and_memory():
    timed = {method: np.median(runs[0]["fit_ms"]) for method, runs in load("speed").group_by("method").items()}
    assert [round(timed[method], 1) for method in ("GAN", "WGAN", "WGAN-GP")] == [0.6, 1.7, 2.3]
    kilobytes = {m: [run["kilobytes"] for run in runs] for m, runs in load("memory").group_by("method").items()}
    assert between(kilobytes["GAN"], 89, 89, 0) and between(kilobytes["WGAN"], 152, 157, 0)
    assert between(kilobytes["WGAN-GP"], 192, 211, 0)
    penalty = np.subtract.outer(kilobytes["WGAN-GP"], kilobytes["WGAN"])
    critic_step = (np.median(kilobytes["WGAN"]) - np.median(kilobytes["GAN"])) / 4
    assert between(penalty, 35, 59, 0) and round(critic_step) == 16


def test_after_300_steps_bounded_layers_are_flatter_than_1_and_eight_are_flat_at_half_of_the_places():
    one, eight = (found("slopes", method="SN-GAN", depth=depth, steps=300) for depth in (1, 8))
    assert len(one) == len(eight) == 5
    assert between([run["greatest"] for run in one], 0.47, 0.59)
    assert max(run["deciles"][1] for run in eight) < 0.1


# --- chapter 6 ---------------------------------------------------------------------------------------------


def race(method, score):
    """One score of the race at 50 000 critic steps: (seeds, 20), an evaluation every 2 500."""
    return np.array([run[score] for run in found("race_50000", method=method)])


OTHERS = ("GAN", "LSGAN", "WGAN")


def test_the_race_has_seeds_that_the_search_for_rates_has_not_seen():
    cases = [each["case"] for each in load("race_50000").cases]
    rates = {"GAN": 2e-3, "LSGAN": 1e-3, "WGAN": 5e-4, "WGAN-GP": 2e-3}
    for method, rate in rates.items():
        own = [case for case in cases if case["method"] == method]
        assert len({case["seed"] for case in own}) == len(own) >= 3 and not {100, 101} & {case["seed"] for case in own}
        assert all(case["learning_rate"] == rate for case in own)
    assert all(each["result"]["critic_steps"][-1] == 50_000 for each in load("race_50000").cases)


@pytest.mark.parametrize("score", ["frechet", "ema_frechet", "frechet_test", "kernel"])
def test_at_the_end_of_the_race_every_seed_of_wgan_gp_is_nearer_than_every_seed_of_the_others(score):
    last = {method: race(method, score)[:, -1] for method in (*OTHERS, "WGAN-GP")}
    assert all(last["WGAN-GP"].max() < last[other].min() for other in OTHERS)
    assert race("WGAN-GP", score)[:, -1].max() < min(race(other, score).min() for other in OTHERS), "at their best, too"


def test_gan_and_lsgan_turn_while_their_precision_rises_and_their_imbalance_grows():
    for method in ("GAN", "LSGAN"):
        distance, precision, imbalance = (race(method, score) for score in ("frechet", "precision", "imbalance"))
        assert np.all(distance[:, -1] > distance[:, 3] + 3), "above that at 10 000 critic steps"
        assert np.all(precision[:, -1] > precision[:, 3]) and np.all(imbalance[:, -1] > 1.5 * imbalance[:, 3])


def test_what_the_race_ends_with_is_what_the_page_says():
    ends = {
        "frechet": {"GAN": (43, 67), "LSGAN": (21, 27), "WGAN": (53, 57), "WGAN-GP": (7, 8)},
        "recall": {"GAN": (0.79, 0.82), "LSGAN": (0.82, 0.85), "WGAN": (0.63, 0.67), "WGAN-GP": (0.86, 0.88)},
        "nearer_training": {"GAN": (0.53, 0.54), "LSGAN": (0.51, 0.53), "WGAN": (0.49, 0.51), "WGAN-GP": (0.52, 0.52)},
    }
    for score, said in ends.items():
        for method, (least, greatest) in said.items():
            assert between(race(method, score)[:, -1], least, greatest, 0 if score == "frechet" else 2), (score, method)
    early = {method: race(method, "precision")[:, 0] for method in ("GAN", "LSGAN", "WGAN-GP")}
    assert between([early["GAN"], early["LSGAN"]], 0.34, 0.41) and between(early["WGAN-GP"], 0.29, 0.30)
    assert between(race("GAN", "frechet")[:, 3], 18, 22, 0), "at 10 000 critic steps"
    assert between([race(method, "precision")[:, -1] for method in ("GAN", "LSGAN", "WGAN-GP")], 0.50, 0.56)
    assert between(race("WGAN", "precision")[:, -1], 0.30, 0.30)


def test_at_a_tenth_of_the_rate_the_gan_does_not_turn_and_wgan_gp_is_nearer_all_the_same():
    slower = found("race_rates", method="GAN", learning_rate=2e-4)
    distance, imbalance = (np.array([run[score] for run in slower]) for score in ("frechet", "imbalance"))
    assert len(slower) == 4 and all(run["critic_steps"][-1] == 50_000 for run in slower)
    assert between(distance[:, -1], 12, 14, 0) and between(imbalance[:, -1], 0.05, 0.10)
    assert distance[:, -1].max() < 0.4 * race("GAN", "frechet")[:, -1].min(), "the rate makes the turn (row 8)"
    assert np.all(distance[:, -1] < 1.15 * distance.min(axis=1)), "it has hardly turned"
    assert race("WGAN-GP", "frechet")[:, -1].max() < distance.min(), "WGAN-GP leads (row 8)"


def test_at_other_rates_all_end_where_the_page_says_and_wgan_gp_is_nearer():
    ends = {("GAN", 5e-4): 22, ("LSGAN", 2e-4): 14, ("LSGAN", 5e-4): 24, ("WGAN-GP", 5e-4): 9}
    for (method, rate), said in ends.items():
        (run,) = found("race_rates", method=method, learning_rate=rate, seed=0)
        assert run["critic_steps"][-1] == 50_000 and round(run["frechet"][-1]) == said
        assert race("WGAN-GP", "frechet")[:, -1].max() < min(run["frechet"]), "of WGAN-GP itself, too"


def test_at_one_rate_an_earlier_judge_too_has_every_seed_of_wgan_gp_nearest():
    at = BOARD["GAN"][0]["critic_steps"].index(50_000)
    said = {"WGAN-GP": (7, 9), "GAN": (9, 11), "LSGAN": (11, 13), "WGAN": (30, 55)}
    found_there = {method: [run["frechet"][at] for run in BOARD[method]] for method in said}
    assert all(len(found_there[method]) == 5 and between(found_there[method], *said[method], 0) for method in said)
    assert max(found_there["WGAN-GP"]) < min(min(found_there[other]) for other in OTHERS)


def test_no_generator_of_the_race_remembers():
    """Ledger, row 4: "remembers" if all seeds are above 0.53 at the end."""
    for method in (*OTHERS, "WGAN-GP"):
        assert race(method, "nearer_training")[:, -1].min() < 0.53


def test_it_is_the_mix_that_turns_lsgan_and_for_the_most_part_the_gan():
    """Ledger, row 7, by the seeds that had not been seen when it was written: of the GAN one misses it by 1 %."""
    fresh = {
        (case["case"]["method"], case["case"]["seed"], case["case"]["critic_steps"]): case["result"]
        for case in load("class_mix").cases
    }
    for method, allowed in (("GAN", 1.01), ("LSGAN", 1.0)):
        seeds = {seed for name, seed, _ in fresh if name == method and seed > 0}
        assert seeds == {1, 2}
        for seed in seeds:
            before, after = fresh[method, seed, 10_000], fresh[method, seed, 50_000]
            grown = after["frechet"] - before["frechet"]
            assert grown > 0 and after["balanced"] < allowed * before["frechet"]
            assert after["real with its mix"] - before["real with its mix"] > grown / 2, "the mix alone would do it"
    said = [fresh["GAN", seed, 50_000] for seed in range(3)]
    assert [round(each["frechet"]) for each in said] == [41, 49, 68]
    assert [round(each["balanced"]) for each in said] == [19, 17, 22]
    assert [round(each["real with its mix"]) for each in said] == [23, 32, 41]
    assert [round(fresh["GAN", seed, 10_000]["balanced"]) for seed in (1, 2)] == [14, 18]
    assert between([each["shares"][1] for each in said], 0.24, 0.32)


def test_in_the_time_of_wgan_gps_race_a_gan_makes_36_000_steps():
    milliseconds = {method: np.median(found("speed", method=method)[0]["fit_ms"]) for method in ("GAN", "WGAN-GP")}
    assert round(10_000 * milliseconds["WGAN-GP"] / milliseconds["GAN"], -3) == 36_000
    at = race("GAN", "frechet")[:, 14].min()  # 37 500 critic steps
    assert race("WGAN-GP", "frechet")[:, -1].max() < at


def test_critics_overrate_their_few_digits_and_their_controls_hardly_do():
    ends = {
        few: np.array([np.divide(run["few"], run["unseen"]) for run in found("few_digits", few=few)])
        for few in (True, False)
    }
    assert ends[True].shape == ends[False].shape == (6, 4)
    assert between(ends[True][:, -1], 1.14, 1.27) and between(ends[False][:, -1], 0.92, 1.08)
    assert between(ends[True][3:, -1], 1.17, 1.27) and between(ends[False][3:, -1], 1.02, 1.07)
    assert np.all(np.abs(ends[True][:, 0] - 1) < 0.04)


# --- chapter 8 ---------------------------------------------------------------------------------------------


def test_the_emoji_by_a_clipped_and_a_penalised_critic_are_as_far_from_real_ones_as_the_pages_say():
    """Ledger, rows E2 and E3: each at its best rate of the search, which no run of the race has seen."""
    ends = {}
    for method, rate in (("WGAN", 1e-3), ("WGAN-GP", 5e-4)):
        search = {each["learning_rate"]: each for each in cases("emoji_race", method=method, critic_steps=2500)}
        assert len(search) == 4 and min(search, key=lambda rate: search[rate]["kernel"][-1]) == rate
        (run,) = cases("emoji_race", method=method, critic_steps=12_500)
        assert run["learning_rate"] == rate and run["seed"] == 0
        ends[method] = [round(run[score][-1], 2) for score in ("kernel", "ema_kernel")]
    assert ends == {"WGAN": [0.68, 0.42], "WGAN-GP": [0.12, 0.22]}
    real = np.mean([run["kernel"] for run in found("emoji_judge", how="real")])
    assert round(real, 2) == 0.07


def cases(name, **wanted):
    """Cases and their results, in one dict each."""
    return [each["case"] | each["result"] for each in load(name).cases if wanted.items() <= each["case"].items()]


def ends(run, sign):
    return [each[sign][-1] for each in found("failing", run=run)]


def test_which_sign_sees_which_failure_by_the_ledgers_rule():
    """Row E5. Beside the rule, what Deeper 3 says of each."""
    runs = {run: found("failing", run=run) for run in ("sound", *FAILING)}
    assert all(len(seeds) == 3 for seeds in runs.values())
    estimates = {run: np.array([each["estimate"] for each in seeds]) for run, seeds in runs.items()}
    last = {run: each[:, 450:].mean(axis=1) for run, each in estimates.items()}
    late = {run: each.argmax(axis=1) >= 450 for run, each in estimates.items()}
    assert np.all(late[SLOW]) and np.all(last[WEAK] > 55 / 2)
    assert not np.any(late["sound"] | late[FEW] | (last["sound"] > 55 / 2) | (last[FEW] > 55 / 2))
    assert between(ends(WEAK, "slope"), 82, 96, 0) and between(ends(SLOW, "slope"), 1.6, 2.0, 1)
    assert all(0.5 < slope < 2 for run in ("sound", SLOW, FEW) for slope in ends(run, "slope"))
    assert all(0.5 < spread < 1.5 for run in runs for spread in ends(run, "spread"))
    assert between(ends(FEW, "copies"), 0.02, 0.18)
    assert np.max([ends(run, "copies") for run in ("sound", SLOW, WEAK)]) < 0.01
    second = {run: each[:, 150:300].mean(axis=1) for run, each in estimates.items()}
    assert np.all(last[FEW] > second[FEW]) and np.all(last["sound"] < second["sound"] - 0.5), "seen afterwards"
    assert np.all(last[WEAK] > 2.5 * 55) and np.all(last[FEW] > 1.8 * last["sound"])


SLOW, WEAK, FEW = FAILING = ("rate 100 times lower", "penalty 1000 times lower", "20 pictures")


# --- Deeper 4 ----------------------------------------------------------------------------------------------


def searched():
    """The distances at 2 000 critic steps that chose the rates of eleven methods: {method: {rate: distance}}."""
    reached = {}
    for each in (each for each in load("eleven_methods").cases if each["case"]["n_evals"] == 1):
        assert each["case"]["seed"] == 100 and each["result"]["critic_steps"] == [2000]
        reached.setdefault(each["case"]["method"], {})[each["case"]["learning_rate"]] = each["result"]["frechet"][-1]
    return reached


def test_at_their_own_rates_nine_of_eleven_methods_are_within_a_factor_of_1_5():
    reached = searched()
    assert len(reached) == 11 and all(set(rates) == {5e-4, 1e-3, 2e-3, 5e-3} for rates in reached.values())
    best = {method: min(rates.values()) for method, rates in reached.items()}
    nine = sorted(best.values())[:9]
    assert between(nine, 22, 32, digits=0) and nine[-1] < 1.5 * nine[0]
    assert {round(best[method]) for method in ("SN-GAN", "WGAN")} == {51, 89}
    order = sorted(best, key=best.get)
    assert "GAN" in order[:9] and order[0] not in ("R1", "R3GAN") and order[-2:] == ["SN-GAN", "WGAN"]
    spread = [max(reached[method].values()) / best[method] for method in order[:9]]
    assert between(spread, 1.9, 9.2, digits=1)
    for rate, place in ((1e-3, 1), (5e-3, 6)):
        at_one_rate = sorted(reached, key=lambda method: reached[method][rate])
        assert at_one_rate.index("R3GAN") + 1 == place
    assert sum(min(rates, key=rates.get) == 5e-3 for rates in reached.values()) == 6  # the largest that was tried


def test_at_10_000_critic_steps_gan_gp_leads_and_r3gan_has_turned():
    raced = {}
    for method, rates in searched().items():
        chosen = {"method": method, "n_evals": 5, "learning_rate": min(rates, key=rates.get)}
        seeds = load("eleven_methods").group_by("seed", **chosen)
        assert list(seeds) == [0, 1, 2] and all(len(runs) == 1 for runs in seeds.values())
        assert all(run["critic_steps"][::4] == [2000, 10_000] for (run,) in seeds.values())
        raced[method] = np.array([run["frechet"] for (run,) in seeds.values()])
    last = {method: distances[:, -1] for method, distances in raced.items()}
    assert last["GAN-GP"].max() < min(last[other].min() for other in last if other != "GAN-GP")
    assert between(last["GAN-GP"], 9.2, 11.3, 1) and between(last["GAN"], 24, 26, 0) and between(last["R1"], 21, 29, 0)
    assert last["R1"].min() < last["GAN"].max() and last["GAN"].min() < last["R1"].max(), "no order"
    assert between(raced["R3GAN"][:, 0], 26, 28, 0) and between(last["R3GAN"], 46, 53, 0)
    assert raced["DRAGAN"].round()[:, ::4].T.tolist() == [[545, 74, 22], [16, 14, 38]]
    assert between(last["WGAN-GP"], 15, 17, 0)
    at_chapter_6s_rates = {method: race(method, "frechet")[:, 3] for method in ("GAN", "WGAN", "WGAN-GP")}
    assert all(run["critic_steps"][3] == 10_000 for run in found("race_50000"))
    slower = at_chapter_6s_rates["WGAN-GP"]
    assert np.round(slower, 1).tolist() == [10.6, 12.0, 13.4], "at 0.002, the same seeds"
    assert max(last["GAN-GP"]) > min(slower), "the two overlap"
    assert between(at_chapter_6s_rates["GAN"], 18, 22, 0) and between(at_chapter_6s_rates["WGAN"], 65, 73, 0)
    for method, slow, fast in (("R3GAN", 16, 47), ("R1", 15, 29)):  # seed 0
        (run,) = found("eleven_methods", method=method, n_evals=5, learning_rate=5e-4)
        assert (round(run["frechet"][-1]), round(last[method][0])) == (slow, fast), method
