"""Plain linkage: a first proposal, the same whatever the order, that never joins against a stated year."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.linkage.plain import Clue, link

years = st.one_of(st.none(), st.integers(1985, 1989))


@st.composite
def _clues(draw: st.DrawFn) -> list[Clue]:
    found = []
    for key, first, last in draw(st.lists(st.tuples(st.sampled_from(["", "aziz karim", "anvar rahim"]), years, years))):
        turned = first is not None and last is not None and first > last
        found.append(Clue(key, last, first) if turned else Clue(key, first, last))
    return found


clues = _clues()


def people(given_clues: list[Clue]) -> set[frozenset[int]]:
    return {frozenset(group) for group in link(given_clues)}


def compatible(one: Clue, other: Clue) -> bool:
    """Whether some year can be the birth of both."""
    return all(
        first is None or last is None or first <= last
        for first, last in ((one.first, other.last), (other.first, one.last))
    )


@settings(max_examples=300)
@given(clues, st.randoms(use_true_random=False))
def test_the_order_of_the_clues_does_not_matter(found: list[Clue], chance: Random) -> None:
    order = list(range(len(found)))
    chance.shuffle(order)
    turned = link([found[position] for position in order])
    assert {frozenset(order[member] for member in group) for group in turned} == people(found)


@settings(max_examples=300)
@given(clues)
def test_people_are_two_or_more_different_mentions_and_nobody_is_two_people(found: list[Clue]) -> None:
    groups = link(found)
    members = [member for group in groups for member in group]
    assert len(members) == len(set(members))
    assert all(len(group) > 1 and group == sorted(group) for group in groups)
    assert groups == sorted(groups)
    assert all(0 <= member < len(found) for member in members)


@settings(max_examples=300)
@given(clues)
def test_nobody_is_joined_without_a_key_or_with_another_key(found: list[Clue]) -> None:
    for group in link(found):
        assert len({found[member].key for member in group}) == 1
        assert found[group[0]].key != ""


@settings(max_examples=300)
@given(clues)
def test_years_that_exclude_each_other_are_never_joined(found: list[Clue]) -> None:
    for group in link(found):
        assert all(compatible(found[one], found[other]) for one, other in combinations(group, 2))


@settings(max_examples=200)
@given(clues)
def test_mentions_of_one_key_and_one_year_are_one_person(found: list[Clue]) -> None:
    groups = people(found)
    for one, other in combinations(range(len(found)), 2):
        if found[one].key and found[one] == found[other] and found[one].first is not None:
            assert any({one, other} <= group for group in groups)


AZIZ, ANVAR = "aziz karim", "anvar karim"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], []),
        ([Clue(AZIZ, 1990, 1990)], []),
        ([Clue(AZIZ, 1990, 1990), Clue(ANVAR, 1990, 1990)], []),
        ([Clue("", None, None), Clue("", None, None)], []),
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, 1991, 1991)], []),
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, 1989, 1990)], [[0, 1]]),  # "34 years old"
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, None, None)], [[0, 1]]),
        ([Clue(AZIZ, None, None), Clue(AZIZ, None, None)], [[0, 1]]),
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, None, None), Clue(AZIZ, 1980, 1980)], []),
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, None, None), Clue(AZIZ, 1990, 1990)], [[0, 1, 2]]),
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, 1990, None)], [[0, 1]]),  # born in 1990 or later
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, 1991, None)], []),
        ([Clue(AZIZ, 1990, 1990), Clue(AZIZ, None, 1989)], []),  # born in 1989 or before
        ([Clue(AZIZ, 1990, 1990), Clue(ANVAR, 1980, 1980), Clue(ANVAR, 1980, 1980), Clue(AZIZ, 1990, 1990)],
         [[0, 3], [1, 2]]),
    ],
)  # fmt: skip
def test_who_is_proposed_as_one_person(found: list[Clue], expected: list[list[int]]) -> None:
    assert link(found) == expected
