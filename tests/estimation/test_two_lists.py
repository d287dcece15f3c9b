"""Chapman's estimate from two lists."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guvoh.estimation.estimates import Estimate, ImpossibleCounts
from guvoh.estimation.two_lists import chapman


def tables(least_shared: int = 1) -> st.SearchStrategy[tuple[int, int, int]]:
    """Two lists that share some people and each have some of their own."""
    return st.tuples(st.integers(1, 5_000), st.integers(1, 5_000), st.integers(least_shared, 2_000)).map(
        lambda t: (t[0] + t[2], t[1] + t[2], t[2])
    )


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.estimate is not None
    assert estimate.lower is not None
    assert estimate.upper is not None
    return estimate.lower, estimate.estimate, estimate.upper


def test_two_lists_worked_by_hand() -> None:
    # 41 * 31 / 11 - 1 = 114.5454...; seen 40 + 30 - 10 = 60; unseen 30 * 20 / 11 = 54.5454...
    # variance 41 * 31 * 30 * 20 / (11^2 * 12) = 762600 / 1452 = 525.2066
    # factor exp(1.959964 * sqrt(ln(1 + 525.2066 / 54.5454^2))) = exp(1.959964 * 0.403197) = 2.203949
    answer = chapman(40, 30, 10)
    lower, estimate, upper = numbers(answer)

    assert answer.seen == 60
    assert estimate == pytest.approx(41 * 31 / 11 - 1)
    assert estimate == pytest.approx(114.545455)
    assert lower == pytest.approx(60 + 54.545455 / 2.203949, abs=0.001)
    assert upper == pytest.approx(60 + 54.545455 * 2.203949, abs=0.001)


def test_a_narrower_level_gives_a_narrower_interval() -> None:
    wide, narrow = numbers(chapman(40, 30, 10)), numbers(chapman(40, 30, 10, level=0.8))
    assert wide[0] < narrow[0] < narrow[2] < wide[2]


@given(tables())
@settings(max_examples=100)
def test_no_answer_is_below_what_was_seen_and_the_interval_holds_the_estimate(table: tuple[int, int, int]) -> None:
    answer = chapman(*table)
    lower, estimate, upper = numbers(answer)

    assert answer.seen <= lower <= estimate <= upper
    assert math.isfinite(upper)


@given(tables())
@settings(max_examples=100)
def test_the_order_of_the_lists_does_not_matter(table: tuple[int, int, int]) -> None:
    first, second, both = table
    assert numbers(chapman(first, second, both)) == pytest.approx(numbers(chapman(second, first, both)))


@given(tables())
@settings(max_examples=100)
def test_sharing_one_person_more_means_fewer_people(table: tuple[int, int, int]) -> None:
    first, second, both = table
    assume(both + 1 < min(first, second))
    assert numbers(chapman(first, second, both + 1))[1] < numbers(chapman(first, second, both))[1]


@pytest.mark.parametrize(
    ("first", "second", "both", "reason"),
    [
        (0, 0, 0, "nobody on it"),
        (0, 9, 0, "nobody on it"),
        (9, 0, 0, "nobody on it"),
        (50, 60, 0, "nobody is on both"),
        (10, 30, 10, "also on the other"),
        (30, 10, 10, "also on the other"),
        (10, 10, 10, "also on the other"),
    ],
)
def test_where_the_lists_say_nothing_there_is_a_reason_and_no_number(
    first: int, second: int, both: int, reason: str
) -> None:
    answer = chapman(first, second, both)

    assert answer.refused is not None
    assert reason in answer.refused
    assert (answer.estimate, answer.lower, answer.upper) == (None, None, None)
    assert answer.seen == first + second - both
    assert answer.words() == f"Two lists (Chapman): no number, because {answer.refused}."


def test_fewer_than_seven_shared_people_bring_a_warning() -> None:
    assert "Only 6 people are on both" in chapman(60, 50, 6).warnings[0]
    assert "Only one person is on both" in chapman(60, 50, 1).warnings[0]
    assert chapman(60, 50, 7).warnings == ()


@pytest.mark.parametrize("table", [(5, 5, 6), (-1, 5, 0), (5, 5, -1)])
def test_counts_that_no_lists_can_have_are_refused(table: tuple[int, int, int]) -> None:
    with pytest.raises(ImpossibleCounts):
        chapman(*table)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_of_confidence_is_a_share(level: float) -> None:
    with pytest.raises(ImpossibleCounts, match="between 0 and 1"):
        chapman(40, 30, 10, level=level)


def test_an_estimate_says_what_it_is_in_one_sentence() -> None:
    assert chapman(40, 30, 10).words() == (
        "Two lists (Chapman): about 115 people (95% interval 85 to 180), of whom 60 are on the lists."
    )


def test_the_digest_is_of_the_counts() -> None:
    assert chapman(40, 30, 10).data_digest == chapman(40, 30, 10, level=0.8).data_digest
    assert chapman(40, 30, 10).data_digest != chapman(30, 40, 10).data_digest


@pytest.mark.parametrize(("people", "reach"), [(500, (0.3, 0.4)), (2_000, (0.1, 0.25)), (5_000, (0.05, 0.1))])
def test_a_truth_of_our_own_is_recovered(people: int, reach: tuple[float, float]) -> None:
    rng = np.random.default_rng(20261123)
    answers, inside = [], 0
    for _ in range(400):
        first, second = (rng.random(people) < p for p in reach)
        lower, estimate, upper = numbers(chapman(int(first.sum()), int(second.sum()), int((first & second).sum())))
        answers.append(estimate)
        inside += lower <= people <= upper

    # 400 runs: the mean lies within 4 standard errors of the truth, and a 95% interval misses it 8 to 36 times.
    assert abs(np.mean(answers) - people) < 4 * np.std(answers) / 20
    assert 0.91 <= inside / 400 <= 0.98
