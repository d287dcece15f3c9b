"""Who is on which list, as counts."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from guvoh.estimation.estimates import ImpossibleCounts
from guvoh.estimation.lists import capture_counts, overlaps, times_listed

tables = st.tuples(st.integers(0, 30), st.integers(0, 6)).flatmap(lambda shape: npst.arrays(np.bool_, shape))


@pytest.fixture
def three_lists() -> NDArray[np.bool_]:
    """Six people on three lists; the last is on none."""
    return np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]], dtype=np.bool_)


def test_the_diagonal_is_the_size_of_each_list_and_the_rest_is_shared(three_lists: NDArray[np.bool_]) -> None:
    assert overlaps(three_lists).tolist() == [[3, 2, 1], [2, 3, 2], [1, 2, 3]]


def test_each_pattern_of_lists_is_counted_and_those_on_no_list_are_not(three_lists: NDArray[np.bool_]) -> None:
    assert capture_counts(three_lists) == {"100": 1, "110": 1, "111": 1, "011": 1, "001": 1}


def test_people_are_counted_by_how_many_lists_they_are_on(three_lists: NDArray[np.bool_]) -> None:
    assert times_listed(three_lists) == (2, 2, 1)


def test_no_people_and_no_lists_give_empty_tables() -> None:
    assert overlaps(np.zeros((0, 2), dtype=np.bool_)).tolist() == [[0, 0], [0, 0]]
    assert capture_counts(np.zeros((3, 0), dtype=np.bool_)) == {}
    assert times_listed(np.zeros((0, 0), dtype=np.bool_)) == ()


@given(tables)
@settings(max_examples=60)
def test_overlaps_can_be_read_from_the_patterns(listed: NDArray[np.bool_]) -> None:
    patterns, table = capture_counts(listed), overlaps(listed)
    for i, j in [*combinations(range(listed.shape[1]), 2), *((k, k) for k in range(listed.shape[1]))]:
        assert table[i, j] == table[j, i] == sum(n for p, n in patterns.items() if p[i] == p[j] == "1")


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_people_and_of_lists_changes_only_the_order_of_answers(
    listed: NDArray[np.bool_], rng: Random
) -> None:
    people, lists = list(range(listed.shape[0])), list(range(listed.shape[1]))
    rng.shuffle(people)
    rng.shuffle(lists)
    mixed = listed[people][:, lists]

    assert (overlaps(mixed) == overlaps(listed)[lists][:, lists]).all()
    assert times_listed(mixed) == times_listed(listed)
    assert capture_counts(mixed) == {"".join(p[k] for k in lists): n for p, n in capture_counts(listed).items()}


def test_a_table_that_is_not_of_true_and_false_is_refused() -> None:
    with pytest.raises(ImpossibleCounts, match="true and false"):
        overlaps(np.ones((2, 2), dtype=np.int64))


def test_more_lists_than_fit_into_a_pattern_are_refused() -> None:
    assert capture_counts(np.ones((1, 62), dtype=np.bool_)) == {"1" * 62: 1}
    with pytest.raises(ImpossibleCounts, match="63 lists"):
        capture_counts(np.ones((1, 63), dtype=np.bool_))
