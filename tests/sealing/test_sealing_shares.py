"""Any two of three sheets give a secret back, one gives nothing, and a slip of the pen is named without its word."""

import json
import random
import re
import traceback
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import Share
from shamir_mnemonic.wordlist import WORDLIST

from guvoh.sealing import shares
from guvoh.sealing.shares import MOST_SHEETS, BadSheet, BadSplit, Fault, TooFewSheets, joined, split

SECRET = bytes(range(32))
SHEETS = split(SECRET)
FIRST, SECOND, THIRD = SHEETS
OTHERS = split(SECRET)
VECTORS = json.loads((Path(__file__).parent / "slip39_vectors.json").read_text("utf-8"))["vectors"]

secrets_ = st.one_of(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))


def fault_of(sheets: list[str]) -> tuple[int, Fault, int | None]:
    with pytest.raises(BadSheet) as refused:
        joined(sheets)
    holds_no_word(refused.value, sheets)
    return refused.value.sheet, refused.value.fault, refused.value.word


def holds_no_word(error: BaseException, sheets: list[str]) -> None:
    """Nothing that a person or a log would see of an error, its arguments included, holds two words in a row."""
    shown = [traceback.format_exception_only(error)[-1], repr(error.args), str(vars(error))]
    assert error.__suppress_context__ or error.__context__ is None
    seen = " ".join(re.findall(r"[^\W\d_]+", " ".join(shown).casefold()))
    for sheet in sheets:
        words = re.findall(r"[^\W\d_]+", sheet.casefold())
        assert not any(f"{one} {two}" in seen for one, two in pairwise(words))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["what"]))
def test_sheets_mean_what_slip_39_says(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The published vectors are locked with a passphrase, and ours never are."""
    monkeypatch.setattr(shares, "_NO_PASSPHRASE", b"TREZOR")
    try:
        found = joined(vector["sheets"]).hex()
    except BadSheet as error:
        found = f"sheet {error.sheet}: {error.fault.name}"
        holds_no_word(error, vector["sheets"])
    except TooFewSheets as error:
        found = f"too few: {error.given} of {error.needed}"
    assert found == vector["expected"]


@settings(max_examples=25)
@given(secret=secrets_, data=st.data())
def test_any_two_of_three_sheets_in_any_order_give_the_secret_back(secret: bytes, data: st.DataObject) -> None:
    sheets = split(secret)
    assert [len(sheet.split(" ")) for sheet in sheets] == [33 if len(secret) == 32 else 20] * 3
    chosen = data.draw(st.permutations(sheets))[: data.draw(st.integers(2, 3))]
    assert joined(chosen) == secret


@settings(max_examples=15)
@given(data=st.data())
def test_as_many_sheets_as_are_needed_give_it_back_and_one_less_does_not(data: st.DataObject) -> None:
    needed = data.draw(st.integers(2, 5))
    sheets = split(SECRET, needed, data.draw(st.integers(needed, 7)))
    mixed = data.draw(st.permutations(sheets))
    assert joined(mixed[:needed]) == joined(mixed) == SECRET
    with pytest.raises(TooFewSheets) as refused:
        joined(mixed[: needed - 1])
    assert (refused.value.given, refused.value.needed) == (needed - 1, needed)


@pytest.mark.parametrize("sheet", SHEETS)
def test_one_sheet_gives_nothing(sheet: str) -> None:
    with pytest.raises(TooFewSheets, match="1 of the 2 sheets"):
        joined([sheet])
    value = Share.from_mnemonic(sheet).value
    assert not any(SECRET[at : at + 4] in value for at in range(29))


def test_no_sheet_at_all_gives_nothing() -> None:
    with pytest.raises(TooFewSheets, match="no sheet"):
        joined([])


@settings(max_examples=40)
@given(made_up=st.binary(min_size=32, max_size=32))
def test_one_sheet_and_one_that_was_made_up_to_fit_it_give_nothing(made_up: bytes) -> None:
    known = Share.from_mnemonic(FIRST)
    parameters = (known.identifier, known.extendable, known.iteration_exponent, 0, 1, 1)
    forged = Share(*parameters, index=2, member_threshold=2, value=made_up).mnemonic()
    assert fault_of([FIRST, forged]) == (2, Fault.SET, None)
    assert fault_of([FIRST, SECOND, forged]) == (3, Fault.SET, None)


def test_two_splits_of_one_secret_have_nothing_in_common() -> None:
    assert set(SHEETS).isdisjoint(OTHERS)
    for ours, theirs in zip(SHEETS, OTHERS, strict=True):
        assert Share.from_mnemonic(ours).value != Share.from_mnemonic(theirs).value


def test_sheets_of_two_sets_are_not_joined() -> None:
    assert fault_of([FIRST, OTHERS[1]]) == (2, Fault.SET, None)
    assert fault_of([FIRST, SECOND, OTHERS[2]]) == (3, Fault.SET, None)
    assert fault_of([FIRST, split(bytes(16))[1]]) == (2, Fault.SET, None)


def test_sheets_of_two_sets_that_bear_one_number_by_chance_are_not_joined() -> None:
    theirs = Share.from_mnemonic(OTHERS[1])
    number = Share.from_mnemonic(FIRST).identifier
    renumbered = Share(number, theirs.extendable, theirs.iteration_exponent, 0, 1, 1, theirs.index, 2, theirs.value)
    assert fault_of([FIRST, renumbered.mnemonic()]) == (2, Fault.SET, None)


@pytest.mark.parametrize("again", [FIRST, FIRST.upper(), "\n".join(word[:4] for word in FIRST.split())])
def test_the_same_sheet_twice_is_one_sheet_however_it_is_written(again: str) -> None:
    assert fault_of([FIRST, again]) == (2, Fault.REPEATED, None)
    assert fault_of([FIRST, SECOND, again]) == (3, Fault.REPEATED, None)


@settings(max_examples=40)
@given(data=st.data())
def test_a_sheet_may_be_written_as_people_write(data: st.DataObject) -> None:
    assert joined([_as_written(data, FIRST), _as_written(data, THIRD)]) == SECRET


def _as_written(data: st.DataObject, sheet: str) -> str:
    number = data.draw(st.sampled_from(["", "{}. ", "{}) ", "{} ", "№{}: ", "\u0660{}\u00a0"]))
    between = data.draw(st.sampled_from([" ", "\n", "\r\n", ", ", "\t", "; ", " - ", "  \n\n", "\u00a0", " | "]))
    shapes: list[Callable[[str], str]] = [str.lower, str.upper, str.title, _full_width]
    shape = data.draw(st.sampled_from(shapes))
    letters = data.draw(st.integers(4, 8))
    words = [number.format(at) + shape(word[:letters]) for at, word in enumerate(sheet.split(), start=1)]
    return between.join(["", *words, ""])


def _full_width(word: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in word)


def test_no_two_words_begin_with_the_same_four_letters() -> None:
    assert len({word[:4] for word in WORDLIST}) == len(WORDLIST) == 1024
    assert all(4 <= len(word) <= 8 for word in WORDLIST)


@pytest.mark.parametrize("at", range(33))
@pytest.mark.parametrize("wrong", ["aca", "academics", "Саодат", "аcid", "wqzx", "ac1d"])
def test_a_word_that_is_not_in_the_list_is_told_by_its_number(at: int, wrong: str) -> None:
    """Three letters are too few; a Cyrillic letter that looks Latin is none."""
    words = SECOND.split()
    words[at] = wrong
    assert fault_of([FIRST, " ".join(words)]) == (2, Fault.WORD, at + 1)
    with pytest.raises(BadSheet, match=f"sheet 1: word {at + 1} is not in the list") as refused:
        joined([" ".join(words), FIRST])
    assert wrong not in str(refused.value)


@settings(max_examples=60)
@given(
    at=st.sets(st.integers(0, 32), min_size=1, max_size=3),
    others=st.lists(st.sampled_from(WORDLIST), min_size=3, max_size=3),
)
def test_up_to_three_other_words_of_the_list_are_always_found(at: set[int], others: list[str]) -> None:
    """SLIP-0039: the checksum misses no error in three words or fewer."""
    words = SECOND.split()
    for place, other in zip(sorted(at), others, strict=False):
        words[place] = other
    if " ".join(words) == SECOND:
        return
    assert fault_of([FIRST, " ".join(words)]) == (2, Fault.CHECKSUM, None)


def test_two_neighbours_that_changed_places_are_found() -> None:
    words = SECOND.split()
    for at in range(32):
        swapped = [*words[:at], words[at + 1], words[at], *words[at + 2 :]]
        if swapped != words:
            assert fault_of([FIRST, " ".join(swapped)]) == (2, Fault.CHECKSUM, None)


@pytest.mark.parametrize("words", [0, 1, 19, 21, 31, 32, 34, 66, 5000])
def test_a_sheet_with_words_left_out_or_typed_twice_is_told_by_its_length(words: int) -> None:
    many = (SECOND.split() * 200)[:words]
    assert fault_of([FIRST, " ".join(many)]) == (2, Fault.LENGTH, None)


def test_both_sheets_typed_into_one_are_no_sheet() -> None:
    assert fault_of([f"{FIRST} {SECOND}"]) == (1, Fault.LENGTH, None)


@settings(max_examples=150)
@given(texts=st.lists(st.one_of(st.text(max_size=80), st.sampled_from(SHEETS)), max_size=4))
def test_text_from_anywhere_gives_the_secret_or_an_error_of_ours(texts: list[str]) -> None:
    try:
        assert joined(texts) == SECRET
    except (BadSheet, TooFewSheets) as error:
        holds_no_word(error, texts)


def test_a_sheet_that_asks_for_hours_of_work_is_refused_before_it_is_done() -> None:
    costly = [
        Share(7, True, 15, 0, 1, 1, index, 2, bytes(random.Random(index).randbytes(32))).mnemonic() for index in (0, 1)
    ]
    assert fault_of(costly) == (1, Fault.FOREIGN, None)


@pytest.mark.parametrize("size", [0, 1, 15, 17, 24, 31, 33, 64])
def test_a_secret_of_another_size_is_not_split(size: int) -> None:
    with pytest.raises(BadSplit, match="16 or 32 bytes"):
        split(bytes(size))


@pytest.mark.parametrize(
    ("needed", "sheets"), [(1, 1), (1, 3), (0, 3), (-1, 3), (4, 3), (2, 1), (2, MOST_SHEETS + 1), (17, 17)]
)
def test_sheets_of_which_one_is_enough_or_all_are_too_few_are_not_made(needed: int, sheets: int) -> None:
    with pytest.raises(BadSplit, match="2 to 16 sheets"):
        split(SECRET, needed, sheets)
