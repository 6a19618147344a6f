import functools
import json
import pathlib
import types

import numpy as np
import pytest

from gancode.experiments import results
from gancode.experiments.results import Results

pytestmark = pytest.mark.slow  # trains, builds or starts processes


def test_a_case_is_worked_out_once_and_kept_with_where_it_came_from(tmp_path):
    path, worked = tmp_path / "new folder" / "some.json", []

    def work():
        worked.append(1)
        return {"score": np.float32(0.5), "curve": np.arange(3)}

    one = Results(path, "python -m something")
    for _ in range(2):
        one.add({"method": "GAN", "seed": 0}, work)
    assert len(worked) == 1
    again = Results(path)
    assert again.add({"method": "GAN", "seed": 0}, work) == {"score": 0.5, "curve": [0, 1, 2]}
    assert len(worked) == 1
    made = again.cases[0]["made"]
    assert made["command"] == "python -m something"
    assert set(made) == {"command", "commit", "device", "versions", "date"} and all(made.values())
    assert "python -m something" in repr(again)


def test_what_was_done_before_a_cut_is_there_after_it(tmp_path):
    def cut():
        raise KeyboardInterrupt

    one = Results(tmp_path / "some.json")
    one.add({"seed": 0}, lambda: 10)
    with pytest.raises(KeyboardInterrupt):
        one.add({"seed": 1}, cut)
    again = Results(tmp_path / "some.json")
    assert again.result({"seed": 0}) == 10 and again.result({"seed": 1}) is None


def test_a_case_that_is_asked_for_twice_is_made_once(tmp_path):
    worked, one = [], Results(tmp_path / "some.json")
    one.add_all(2 * [{"number": 3}], lambda number: worked.append(number) or number)
    assert worked == [3] and len(one.cases) == 1


def test_by_several_jobs_too(tmp_path):
    one, notes = Results(tmp_path / "some.json"), tmp_path / "notes"
    one.add_all(3 * [{"number": 3, "notes": str(notes)}], noted, jobs=2)
    assert notes.read_text() == "3\n" and len(one.cases) == 1


def test_devices_with_commas_in_their_names_stay_apart(tmp_path):
    one = Results(tmp_path / "some.json")
    one.add({"seed": 0}, lambda: 0)
    one.add({"seed": 1}, lambda: 1, jobs=5)
    device = one.cases[0]["made"]["device"]
    assert f"device: {device} / {device}, 5 runs at a time;" in repr(one)


def test_all_results_name_the_commit_that_the_command_began_at(tmp_path, monkeypatch):
    """The first one, once written, may be a change to the package itself."""
    said = iter(["1a2b3c4\n", "1a2b3c4-dirty\n"])
    monkeypatch.setattr(results.subprocess, "run", lambda *_, **__: types.SimpleNamespace(stdout=next(said)))
    monkeypatch.setattr(results, "_commit", functools.cache(results._commit.__wrapped__))  # it has not been asked yet
    one = Results(tmp_path / "some.json")
    one.add_all([{"number": 0}, {"number": 1}], squared)
    assert [kept["made"]["commit"] for kept in one.cases] == ["1a2b3c4", "1a2b3c4"]


def noted(number, notes):
    with open(notes, "a") as file:
        file.write(f"{number}\n")
    return number


def squared(number):
    return number**2


def test_several_jobs_make_each_missing_case_once_and_say_that_they_were_several(tmp_path):
    one = Results(tmp_path / "some.json")
    one.add({"number": 2}, lambda: "made before")
    one.add_all([{"number": number} for number in (0, 1, 2, 3, 3)], squared, jobs=2)
    again = Results(tmp_path / "some.json")
    assert len(again.cases) == 4
    assert {kept["case"]["number"]: kept["result"] for kept in again.cases} == {0: 0, 1: 1, 2: "made before", 3: 9}
    devices = {kept["case"]["number"]: kept["made"]["device"] for kept in again.cases}
    assert devices[3].endswith(", 2 runs at a time") and "at a time" not in devices[2]


def test_a_job_that_fails_stops_them_all_and_what_was_kept_stays(tmp_path):
    one = Results(tmp_path / "some.json")
    one.add_all([{"number": 1}], squared)
    with pytest.raises(TypeError):
        one.add_all([{"number": 1}, {"number": "no number"}], squared, jobs=2)
    assert Results(tmp_path / "some.json").result({"number": 1}) == 1


def test_results_are_gathered_by_a_setting(tmp_path):
    one = Results(tmp_path / "some.json")
    for seed, method in [(0, "GAN"), (0, "WGAN"), (1, "GAN")]:
        one.add(
            {"method": method, "seed": seed, "learning_rate": 0.1}, lambda seed=seed, method=method: f"{method} {seed}"
        )
    assert one.group_by("method") == {"GAN": ["GAN 0", "GAN 1"], "WGAN": ["WGAN 0"]}
    assert one.group_by("method", seed=1) == {"GAN": ["GAN 1"]}
    assert one.group_by("method", learning_rate=0.2) == {}


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([{"seed": 3}], "1 seed<"),
        ([{"seed": 0, "clip": 0.1}, {"seed": 0, "clip": 0.01}, {"seed": 1}], "2 seeds<"),
        ([{"seeds": [0, 1, 2, 3, 4]}, {"seeds": [0, 1, 2]}], "5 seeds<"),
        ([{"seeds": [5, 6]}, {"seed": 0}], "3 seeds<"),
    ],
)
def test_the_mark_of_a_kept_run_counts_seeds_that_were_trained_side_by_side_too(tmp_path, cases, said):
    results = Results(tmp_path / "kept.json", "by a test")
    for case in cases:
        results.add(case, lambda: 1)
    assert said in results._repr_html_()


@pytest.mark.parametrize("content", ["", "[]", '{"something": 1}', '{"cases": [1', "cases"])
def test_another_file_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "some.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"path: .*some\.json holds no measured results"):
        Results(path)
    assert path.read_text() == content


def test_what_can_not_be_kept_is_not_half_written(tmp_path):
    one = Results(tmp_path / "some.json")
    one.add({"seed": 0}, lambda: 1)
    with pytest.raises(AttributeError, match="'object' object has no attribute 'tolist'"):
        one.add({"seed": 1}, lambda: object())
    assert [kept["case"] for kept in json.loads((tmp_path / "some.json").read_text())["cases"]] == [{"seed": 0}]


def test_the_page_on_larger_machines_tells_what_is_kept():
    kept = results.load("speed").group_by("method")
    page = (pathlib.Path(__file__).parent.parent / "book" / "outgrowing.md").read_text(encoding="utf-8")
    for start, what in (("| `fit` |", "fit_ms"), ("| the same steps without", "block_ms")):
        [row] = [line for line in page.splitlines() if line.startswith(start)]
        told = [float(cell) for cell in row.split("|")[2:-1]]
        assert told == [round(float(np.median(kept[name][0][what])), 2) for name in ("GAN", "LSGAN", "WGAN", "WGAN-GP")]
    waits = [runs[0]["first_seconds"] for runs in kept.values()]
    assert f"took {min(waits):.0f} to {max(waits):.0f} seconds" in page
