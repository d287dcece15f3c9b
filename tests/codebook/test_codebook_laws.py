"""Laws are shown for the days on which they may hold, and never without the word that counsel has to verify them."""

import os
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.codebook import VERIFY, Law, laws
from guvoh.codebook.laws import all_laws

SHARED = Path(os.environ.get("GUVOH_SHARED", Path(__file__).parents[2].parent / "shared"))
DOCUMENT = SHARED / "domain" / "standards.md"
STATES = ("UZ", "KG", "KZ", "TJ", "TM", "RU")
days = st.dates(date(2019, 1, 1), date(2030, 12, 31))


def rules(state: str, on: date) -> str:
    return " | ".join(law.rule for law in laws(state, on))


def test_every_state_of_origin_and_russia_have_rows_and_no_other_state_does() -> None:
    assert {law.state for law in all_laws()} == {*STATES}
    assert laws("UA", date(2024, 1, 1)) == ()
    assert laws("uz", date(2024, 1, 1)) == ()


@pytest.mark.skipif(not DOCUMENT.is_file(), reason="the document (../shared/domain/standards.md) is not here")
def test_every_row_of_the_document_is_in_the_table() -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition("## 8.")[2].partition("Consequences")[0]
    rows = re.findall(r"^\| ([A-Z]{2}) \| (.+?) \| (.+?) \|$", section, re.MULTILINE)

    assert len(rows) == 19
    # Two rows name two rules each, of which one came after the other: they are two rows here.
    assert len(all_laws()) == 21
    for state, rule, told in rows:
        held = " ".join(f"{law.rule} {law.as_reported}" for law in all_laws() if law.state == state)
        numbers = set(re.findall(r"\d[\d,]*", rule + told)) - {"25", "61", "64"}
        assert {number for number in numbers if number.strip(",") not in held} == set(), (state, rule)


def test_release_of_convicts_changed_over_in_march_2024() -> None:
    assert "270-FZ of" in rules("RU", date(2023, 7, 1))
    assert "61-FZ" not in rules("RU", date(2023, 7, 1))
    assert "270-FZ of" not in rules("RU", date(2024, 3, 24))
    assert "61-FZ" in rules("RU", date(2024, 3, 24))
    assert {"270-FZ of", "61-FZ and"} <= set(re.findall(r"270-FZ of|61-FZ and", rules("RU", date(2024, 3, 23))))


def test_a_beginning_known_to_the_month_takes_the_whole_month() -> None:
    assert "September 2022" not in rules("RU", date(2022, 8, 31))
    assert "September 2022" in rules("RU", date(2022, 9, 1))


def test_a_rule_without_a_stated_beginning_is_shown_for_every_day() -> None:
    assert "154" in rules("UZ", date(1995, 1, 1))


@pytest.mark.parametrize("law", all_laws(), ids=lambda law: f"{law.state} {law.rule[:30]}")
def test_a_law_is_shown_with_its_source_its_day_and_the_word_of_caution(law: Law) -> None:
    for language, source in (("en", law.source), ("ru", law.source_ru)):
        shown = law.shown(language)  # type: ignore[arg-type]
        assert shown.endswith(f"2026-11-24; {VERIFY[language]}.")
        assert source in shown
        assert law.state in shown
    assert re.search("[а-я]", law.rule_ru) or "ФЗ" in law.rule_ru
    assert law.as_reported_ru in law.shown("ru")
    assert law.as_reported in law.shown("en")


def test_no_row_tells_anybody_to_return_or_to_report() -> None:
    advice = re.compile(
        r"\b(should|must return|return home|report to|advis|recommend|следует|рекоменд|вернитесь)", re.IGNORECASE
    )

    assert [law.rule for law in all_laws() if advice.search(law.shown("en") + law.shown("ru"))] == []


@given(st.sampled_from(STATES), days)
def test_a_day_shows_just_the_laws_that_may_hold_on_it(state: str, on: date) -> None:
    shown = laws(state, on)

    assert all(law.state == state for law in shown)
    for law in all_laws():
        if law.state == state and law not in shown:
            begins = law.valid_from.earliest if law.valid_from else None
            ends = law.valid_to.latest if law.valid_to else None
            assert (begins is not None and on < begins) or (ends is not None and ends < on)


@given(st.sampled_from(all_laws()), days, st.integers(0, 2_000))
def test_a_law_holds_for_one_stretch_of_days(law: Law, on: date, later: int) -> None:
    middle = on + timedelta(days=later // 2)
    if law.may_hold(on) and law.may_hold(on + timedelta(days=later)):
        assert law.may_hold(middle)
