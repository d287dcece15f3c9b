"""Unknown, none and silent are three things, in every language of the lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.values.absence import Absence, is_silent, read_absence


@pytest.mark.parametrize(
    "cell",
    [
        "unknown",
        "Unknown.",
        " НЕИЗВЕСТНО ",
        "н/д",
        "Н/Д",
        "не  известно",
        "не установлен",
        "noma'lum",
        "noma’lum",
        "Nomaʼlum",
        "noma`lum",
        "номаълум",
        "Белгисиз",
        "белгісіз",
        "маълум нест",
        "?",
        "??",
        " ? ",
        "(неизвестно)",
    ],
)
def test_a_source_that_says_it_does_not_know_is_heard(cell: str) -> None:
    assert read_absence(cell) is Absence.UNKNOWN
    assert not is_silent(cell)


@pytest.mark.parametrize(
    "cell", ["none", "None", "нет", "Нет.", "yo'q", "yoʻq", "Yo‘q", "йўқ", "жок", "нест", "надорад"]
)
def test_a_source_that_says_there_was_none_is_heard(cell: str) -> None:
    assert read_absence(cell) is Absence.NONE_STATED
    assert not is_silent(cell)


@pytest.mark.parametrize(
    "cell", ["", " ", "-", "—", "–", "--", "...", "n/a", "N/A", "не указано", "\u00a0", "ko‘rsatilmagan"]
)
def test_a_silent_cell_is_neither_unknown_nor_none(cell: str) -> None:
    assert read_absence(cell) is None
    assert is_silent(cell)


@pytest.mark.parametrize(
    "cell", ["Ташкент", "1990", "нетто", "unknown soldier street 5", "Нестеров", "Noma Lumumba", "0"]
)
def test_a_value_is_a_value(cell: str) -> None:
    assert read_absence(cell) is None
    assert not is_silent(cell)


@given(st.text(max_size=80))
def test_no_cell_is_both_silent_and_speaking(cell: str) -> None:
    assert not (is_silent(cell) and read_absence(cell) is not None)
