"""Chao's lower bound, for lists that are alike and for lists that differ."""

import csv
import json
import math
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from guvoh.estimation.estimates import Estimate, ImpossibleCounts
from guvoh.estimation.lists import capture_counts, times_listed
from guvoh.estimation.lower_bound import chao_lower_bound, chao_lower_bound_of_lists
from guvoh.estimation.two_lists import chapman

PEERS = Path(__file__).parents[2].parent / "shared" / "mse"
needs_peers = pytest.mark.skipif(not PEERS.is_dir(), reason="the peers' figures (../shared/mse) are not here")

patterns = st.integers(2, 5).flatmap(
    lambda lists: st.fixed_dictionaries(
        {"".join(p): st.integers(0, 400) for p in product("01", repeat=lists) if "1" in p}
    )
)


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.estimate is not None
    assert estimate.lower is not None
    assert estimate.upper is not None
    return estimate.lower, estimate.estimate, estimate.upper


def by_times(counts: dict[str, int]) -> tuple[list[int], int]:
    lists = len(next(iter(counts)))
    times = [sum(n for p, n in counts.items() if p.count("1") == t) for t in range(1, lists + 1)]
    return times, lists


def listed(rng: np.random.Generator, chances: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Put people on lists; chances is (people, lists)."""
    answer: NDArray[np.bool_] = rng.random(chances.shape) < chances
    return answer


def test_lists_that_are_alike_worked_by_hand() -> None:
    # f1 = 30, f2 = 9, t = 3: unseen 2/3 * 30 * 29 / (2 * 10) = 29
    # variance 29 + 30 (2/3 * 59 / 20)^2 + 9 (29 / 10)^2 = 29 + 116.0333 + 75.69 = 220.7233
    # factor exp(1.959964 sqrt(ln(1 + 220.7233 / 29^2))) = exp(1.959964 * 0.482760) = 2.575881
    answer = chao_lower_bound((30, 9, 1), 3)
    lower, estimate, upper = numbers(answer)

    assert answer.seen == 40
    assert estimate == pytest.approx(69)
    assert lower == pytest.approx(40 + 29 / 2.575881, abs=0.001)
    assert upper == pytest.approx(40 + 29 * 2.575881, abs=0.001)
    assert answer.lower_bound


def test_lists_that_differ_worked_by_hand() -> None:
    # z = (10, 20, 5), f2 = 4 + 3 + 2 = 9: unseen (200 + 50 + 100) / 10 = 35
    counts = {"100": 10, "010": 20, "001": 5, "110": 4, "101": 3, "011": 2, "111": 1}
    answer = chao_lower_bound_of_lists(counts)

    assert answer.seen == 45
    assert numbers(answer)[1] == pytest.approx(80)
    # variance 35 + (25^2 * 10 + 15^2 * 20 + 30^2 * 5) / 100 + 9 * 3.5^2 = 35 + 152.5 + 110.25 = 297.75
    factor = math.exp(1.959964 * math.sqrt(math.log(1 + 297.75 / 35**2)))
    assert numbers(answer)[2] == pytest.approx(45 + 35 * factor, abs=0.001)


@given(st.integers(1, 2_000), st.integers(1, 2_000), st.integers(1, 2_000))
@settings(max_examples=60)
def test_with_two_lists_that_differ_it_is_chapmans_estimate(first: int, second: int, both: int) -> None:
    bound = chao_lower_bound_of_lists({"10": first, "01": second, "11": both})
    assert numbers(bound)[1] == pytest.approx(numbers(chapman(first + both, second + both, both))[1])


@given(patterns)
@settings(max_examples=80)
def test_no_answer_is_below_what_was_seen_and_the_interval_holds_the_bound(counts: dict[str, int]) -> None:
    for answer in (chao_lower_bound_of_lists(counts), chao_lower_bound(*by_times(counts))):
        assert answer.seen == sum(counts.values())
        if answer.refused is None:
            lower, estimate, upper = numbers(answer)
            assert answer.seen <= lower <= estimate <= upper
            assert math.isfinite(upper)


@given(patterns, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_the_lists_does_not_matter(counts: dict[str, int], rng: Random) -> None:
    order = list(range(len(next(iter(counts)))))
    rng.shuffle(order)
    mixed = {"".join(p[k] for k in order): n for p, n in counts.items()}
    before, after = chao_lower_bound_of_lists(counts), chao_lower_bound_of_lists(mixed)

    assert before.refused == after.refused
    if before.refused is None:
        assert numbers(before) == pytest.approx(numbers(after))


@given(patterns, st.data())
@settings(max_examples=60)
def test_one_more_person_on_exactly_two_lists_means_fewer_unseen(counts: dict[str, int], data: st.DataObject) -> None:
    pair = data.draw(st.sampled_from([p for p in counts if p.count("1") == 2]))
    before, after = chao_lower_bound_of_lists(counts), chao_lower_bound_of_lists(counts | {pair: counts[pair] + 1})
    assume(before.refused is None)
    assert numbers(after)[1] - after.seen < numbers(before)[1] - before.seen


@given(patterns)
@settings(max_examples=60)
def test_unequal_lists_never_raise_the_bound_above_that_of_equal_lists(counts: dict[str, int]) -> None:
    alike = chao_lower_bound(*by_times(counts), corrected=False)
    differ = chao_lower_bound_of_lists(counts, corrected=False)
    assume(alike.refused is None and differ.refused is None)
    assert numbers(differ)[1] <= numbers(alike)[1] * (1 + 1e-12)


def test_the_corrected_form_errs_lower() -> None:
    assert numbers(chao_lower_bound((30, 9, 1), 3))[1] < numbers(chao_lower_bound((30, 9, 1), 3, corrected=False))[1]


@pytest.mark.parametrize(
    ("times", "lists", "reason"),
    [
        ((), 0, "fewer than two lists"),
        ((12,), 1, "fewer than two lists"),
        ((), 3, "nobody is on any list"),
        ((0, 0, 0), 3, "nobody is on any list"),
        ((12, 0, 4), 3, "exactly two"),
        ((0, 9, 4), 3, "finds nobody missing"),
        ((1, 9, 4), 3, "finds nobody missing"),
    ],
)
def test_where_the_lists_say_nothing_there_is_a_reason_and_no_number(
    times: tuple[int, ...], lists: int, reason: str
) -> None:
    answer = chao_lower_bound(times, lists)

    assert answer.refused is not None
    assert reason in answer.refused
    assert (answer.estimate, answer.lower, answer.upper, answer.warnings) == (None, None, None, ())
    assert answer.seen == sum(times)


def test_patterns_that_say_nothing_are_refused_with_the_same_reasons() -> None:
    assert "fewer than two lists" in str(chao_lower_bound_of_lists({}).refused)
    assert "fewer than two lists" in str(chao_lower_bound_of_lists({"1": 4}).refused)
    assert "exactly two" in str(chao_lower_bound_of_lists({"100": 4, "010": 2, "111": 1}).refused)
    assert "finds nobody missing" in str(chao_lower_bound_of_lists({"100": 4, "110": 2}).refused)


def test_few_people_on_two_lists_bring_a_warning() -> None:
    assert "Fewer than 10 people" in chao_lower_bound((30, 9, 1), 3).warnings[0]
    assert chao_lower_bound((30, 10, 1), 3).warnings == ()


@pytest.mark.parametrize(("times", "lists"), [((1, 2, 3), 2), ((-1, 2), 2), ((1,), 0), ((1,), -1)])
def test_counts_that_no_lists_can_have_are_refused(times: tuple[int, ...], lists: int) -> None:
    with pytest.raises(ImpossibleCounts):
        chao_lower_bound(times, lists)


@pytest.mark.parametrize("counts", [{"10": 1, "100": 1}, {"00": 3}, {"1x": 3}, {"11": -1}])
def test_patterns_that_no_lists_can_have_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ImpossibleCounts):
        chao_lower_bound_of_lists(counts)


def test_a_bound_says_that_it_is_one() -> None:
    assert chao_lower_bound((30, 9, 1), 3).words() == (
        "Chao's lower bound, for lists that are alike: at least about 69 people "
        "(95% interval of this bound 51 to 115), of whom 40 are on the lists."
    )


@pytest.mark.parametrize(("people", "reach"), [(1_000, (0.3, 0.3, 0.3)), (3_000, (0.08, 0.2, 0.35, 0.1))])
def test_a_truth_of_our_own_is_recovered_where_people_are_alike(people: int, reach: tuple[float, ...]) -> None:
    rng = np.random.default_rng(20261123)
    answers, inside = [], 0
    for _ in range(300):
        table = listed(rng, np.broadcast_to(np.array(reach), (people, len(reach))))
        lower, estimate, upper = numbers(chao_lower_bound_of_lists(capture_counts(table)))
        answers.append(estimate)
        inside += lower <= people <= upper

    # Within 4 standard errors and a thousandth (the correction is not exact); intervals as wide as they claim.
    assert abs(np.mean(answers) - people) < 4 * np.std(answers) / math.sqrt(300) + people / 1_000
    assert 0.90 <= inside / 300 <= 0.99


def test_where_people_differ_the_bound_lies_below_the_truth_and_above_what_was_seen() -> None:
    rng = np.random.default_rng(20261123)
    people, reach = 4_000, np.array([0.1, 0.25, 0.15, 0.3])
    odds = rng.gamma(1.0, 1.0, (people, 1)) * reach / (1 - reach)
    table = listed(rng, odds / (1 + odds))
    answer = chao_lower_bound_of_lists(capture_counts(table))

    assert answer.seen < numbers(answer)[1] < people
    assert answer.seen == sum(times_listed(table))


def test_lists_of_unequal_reach_mislead_the_form_for_lists_that_are_alike() -> None:
    rng = np.random.default_rng(20261123)
    table = listed(rng, np.broadcast_to(np.array([0.02, 0.02, 0.4]), (20_000, 3)))

    assert numbers(chao_lower_bound(times_listed(table), 3))[0] > 25_000
    lower, _, upper = numbers(chao_lower_bound_of_lists(capture_counts(table)))
    assert lower < 20_000 < upper


def peers_table(name: str) -> dict[str, int]:
    with (PEERS / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {"".join(row[:-1]): int(row[-1]) for row in list(csv.reader(file))[1:]}


def peers_figures(name: str, method: str) -> tuple[float, float]:
    """Read what Rcapture gives: its estimate and standard error."""
    every = json.loads((PEERS / "reference.json").read_text(encoding="utf-8"))["estimates"]
    (one,) = [e for e in every if e["dataset"] == name and e["method"] == f"Rcapture closedp {method} Chao (LB)"]
    return one["estimate"], one["stderr"]


@needs_peers
@pytest.mark.parametrize("name", ["hav_3", "hare_6", "lesbian_4"])
def test_the_uncorrected_form_is_what_rcapture_prints(name: str) -> None:
    """On the tables where Rcapture keeps the counts of people on three and more lists free, as the formula does."""
    counts = peers_table(name)
    answer = chao_lower_bound(*by_times(counts), corrected=False)
    expected, error = peers_figures(name, "Mh")

    assert numbers(answer)[1] == pytest.approx(expected, rel=1e-6)
    unseen = expected - answer.seen
    factor = math.exp(1.959964 * math.sqrt(math.log(1 + (error / unseen) ** 2)))
    if name != "hare_6":  # the peer's error there is from a fitted model, not from the formula
        assert numbers(answer)[2] == pytest.approx(answer.seen + unseen * factor, rel=1e-5)


@needs_peers
@pytest.mark.parametrize(
    "name",
    ["kosovo_4", "uk_5", "netherlands_5", "hav_3", "hare_6", "lesbian_4", "diabetes_4", "congenital_5", "spina_3"],
)
def test_the_form_for_lists_that_differ_lies_near_the_likelihood_form_of_rcapture(name: str) -> None:
    """The peer fits the same quantity by maximum likelihood; moments and likelihood differ by a part of an error."""
    expected, error = peers_figures(name, "Mth")
    answer = chao_lower_bound_of_lists(peers_table(name), corrected=False)
    assert abs(numbers(answer)[1] - expected) < 1.2 * error
