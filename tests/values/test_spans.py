"""Normal text, and quotes that are found again or honestly lost."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.values.spans import CONTEXT, NotASpan, Orphaned, TextSpan, normalise

# Letters, marks, joiners, controls and line ends, so that the awkward meetings are frequent.
awkward = st.text(alphabet=" \t\n\r\x00\x0b\x1f\ufeff\u0301\u0306aиеЁg\u02bb\u200d👩\u00a0", max_size=30)


@given(st.one_of(awkward, st.text(max_size=60)))
def test_normal_text_stays_as_it_is(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.one_of(awkward, st.text(max_size=60)))
def test_normal_text_holds_no_carriage_return_control_byte_order_mark_or_trailing_space(text: str) -> None:
    result = normalise(text)
    assert not [c for c in result if (ord(c) < 32 and c not in "\n\t") or c == "\ufeff"]
    assert not [line for line in result.split("\n") if line.endswith((" ", "\t"))]
    assert unicodedata.is_normalized("NFC", result)


def test_what_carries_meaning_is_left_alone() -> None:
    text = "«Oʻzbek»\u00a0— ‘a’ \t b\n\n  indented\u00a0\n"
    assert normalise(text) == text


def test_line_ends_of_all_systems_become_one() -> None:
    assert normalise("\ufeffa\r\nb\rc  \n\x00d\u0438\u0306\t") == "a\nb\nc\nd\u0439"


def test_a_removed_control_lets_a_letter_and_its_mark_come_together() -> None:
    assert normalise("\u0438\x00\u0306") == "\u0439"


TEXT = "He said the sentence would be longer. They said nothing else. " * 3


def test_a_span_keeps_the_quote_and_what_stands_around_it() -> None:
    span = TextSpan.cut(TEXT, 8, 20)
    assert (span.exact, span.prefix, span.suffix) == ("the sentence", "He said ", " would be longer. They said noth")
    assert len(span.suffix) == CONTEXT


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 2), (-1, 2), (-3, -1), (0, 4), (9, 12)])
def test_an_empty_or_outside_span_is_refused(start: int, end: int) -> None:
    with pytest.raises(NotASpan):
        TextSpan.cut("abc", start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("e\u0301a", 0, 1),
        ("e\u0301a", 1, 3),
        ("a\U0001f469\u200d\U0001f4bb", 0, 2),
        ("a\U0001f469\u200d\U0001f4bb", 3, 4),
    ],
)
def test_a_cut_through_what_is_read_as_one_letter_is_refused(text: str, start: int, end: int) -> None:
    with pytest.raises(NotASpan, match="accent"):
        TextSpan.cut(text, start, end)


def test_a_refusal_does_not_quote_the_text() -> None:
    with pytest.raises(NotASpan) as refused:
        TextSpan(start=0, end=3, exact="Karimova", prefix="", suffix="")
    assert "Karimova" not in str(refused.value)
    assert (refused.value.start, refused.value.end) == (0, 3)


def test_a_span_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(NotASpan, match="prefix is longer"):
        TextSpan(start=2, end=3, exact="a", prefix="abc")
    with pytest.raises(NotASpan, match="at most 32"):
        TextSpan(start=50, end=51, exact="a", prefix="x" * 33)


@given(st.text(alphabet="ab \n", min_size=1, max_size=60), st.data())
def test_a_span_is_found_where_it_was_cut(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = TextSpan.cut(text, start, end)
    assert text[span.start : span.end] == span.exact
    assert span.found_in(text) == span


@settings(max_examples=200)
@given(st.text(alphabet="ab ", min_size=1, max_size=40), st.text(alphabet="ab ", max_size=40), st.data())
def test_what_is_found_in_a_changed_text_is_always_the_same_words(text: str, changed: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = TextSpan.cut(text, start, end)
    found = span.found_in(changed)
    if isinstance(found, TextSpan):
        assert changed[found.start : found.end] == span.exact
    elif found is Orphaned.GONE:
        assert span.exact not in changed
    else:
        assert changed.find(span.exact) != changed.rfind(span.exact)


@given(st.text(max_size=50), st.integers(0, 60))
def test_words_added_before_move_a_span_along(added: str, start: int) -> None:
    added = normalise(added)
    span = TextSpan.cut("Unique words: " + TEXT, 0, 20)
    found = span.found_in(added + " Unique words: " + TEXT)
    assert isinstance(found, TextSpan)
    assert found.start == len(added) + 1


def test_a_repeated_quote_is_told_apart_by_its_surroundings_and_else_not_guessed() -> None:
    old = "Anvar said no. Botir said no."
    second = TextSpan.cut(old, 21, 28)
    assert second.exact == "said no"
    assert second.found_in("Well. " + old) == TextSpan.cut("Well. " + old, 27, 34)
    assert second.found_in("Botir said no. Anvar said no.") is Orphaned.AMBIGUOUS

    long = "x" * 40
    second = TextSpan.cut(f"said no. {long} said no. {long}", 50, 57)
    moved = second.found_in(f"More. said no. {long} said no. {long}")
    assert isinstance(moved, TextSpan)
    assert moved.start == 56
    assert second.found_in("said no, said no") is Orphaned.AMBIGUOUS
    assert second.found_in("Nobody said no to him") == TextSpan.cut("Nobody said no to him", 7, 14)
    assert second.found_in("He refused.") is Orphaned.GONE


def test_the_same_place_does_not_count_when_other_words_stand_around_it() -> None:
    span = TextSpan.cut("he was taken; he ran", 14, 16)
    assert span.exact == "he"
    assert span.found_in("she taken. We, he, he") is Orphaned.AMBIGUOUS


def test_a_letter_that_gained_a_mark_is_not_the_quoted_letter() -> None:
    span = TextSpan.cut("то и это", 3, 4)
    assert span.found_in("то и\u0306 это") is Orphaned.GONE
