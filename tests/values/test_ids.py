"""Ids are short, plain, and never made twice."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.values.ids import MAX_LENGTH, NotAnId, SourceId, check_id, new_id, row_id


@pytest.mark.parametrize("text", ["a", "7", "src-abc.12", "a" * 80, "0-..-"])
def test_a_plain_short_name_is_an_id(text: str) -> None:
    assert check_id(text) == text


@pytest.mark.parametrize("text", ["", ".a", "-a", "A", "é", "а", "a b", "a/b", "a" * 81, "a\n", "a_b", "..", "١"])
def test_anything_else_is_not(text: str) -> None:
    with pytest.raises(NotAnId):
        check_id(text)


def test_a_refusal_repeats_at_most_80_characters() -> None:
    with pytest.raises(NotAnId) as refused:
        check_id("X" * 5000)
    assert "X" * 78 not in str(refused.value)
    assert len(refused.value.text) == MAX_LENGTH


@given(st.binary(min_size=13, max_size=13))
def test_a_new_id_spells_the_first_100_of_its_random_bits(random: bytes) -> None:
    made = check_id(new_id("src", rng=lambda n: random[:n]))
    prefix, _, letters = made.partition("-")
    assert prefix == "src"
    assert re.fullmatch("[a-z2-7]{20}", letters)
    number = 0
    for letter in letters:
        number = number * 32 + "abcdefghijklmnopqrstuvwxyz234567".index(letter)
    assert number == int.from_bytes(random, "big") >> 4


def test_ids_made_without_being_told_differ() -> None:
    assert len({new_id("src") for _ in range(2000)}) == 2000


def test_a_prefix_that_cannot_begin_an_id_is_refused() -> None:
    with pytest.raises(NotAnId):
        new_id("Src")
    with pytest.raises(NotAnId):
        new_id("a" * 60)


def test_a_row_of_a_list_is_named_after_the_list() -> None:
    assert row_id(SourceId("src-abc"), 1) == "src-abc.1"
    assert check_id(row_id(SourceId("src-abc"), 1_000_000)) == "src-abc.1000000"


def test_rows_are_counted_from_one_and_names_stay_short() -> None:
    with pytest.raises(NotAnId):
        row_id(SourceId("src-abc"), 0)
    with pytest.raises(NotAnId):
        row_id(SourceId("a" * 79), 1)
