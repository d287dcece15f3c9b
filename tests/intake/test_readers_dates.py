"""Dates as clerks, relatives and journalists write them in the cells of lists."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.intake.dates import Style, is_placeholder, read_date, style_of, year_of
from guvoh.values.dates import DateSpan

DAY_FIRST = Style()


@pytest.mark.parametrize(
    ("cell", "edtf"),
    [
        ("05.03.2023", "2023-03-05"),
        ("5/3/2023", "2023-03-05"),
        ("2023-03-05", "2023-03-05"),
        ("2023-3-5", "2023-03-05"),
        ("2023-03-05T12:30:00Z", "2023-03-05"),
        ("05.03.2023 14:22", "2023-03-05"),
        ("Wed, 05 Mar 2023 10:11:12 +0300", "2023-03-05"),
        ("05 Mar 2023", "2023-03-05"),
        ("March 5, 2023", "2023-03-05"),
        ("5 марта 2023 г.", "2023-03-05"),
        ("5 МАРТА 2023", "2023-03-05"),
        ("2023-yil 5-mart", "2023-03-05"),
        ("5 sentabr 2023", "2023-09-05"),
        ("2023 йил 5 март", "2023-03-05"),
        ("2023-жылдын 5-марты", "2023-03-05"),
        ("12 баш оона 2023", "2023-08-12"),
        ("5 марти соли 2023", "2023-03-05"),
        ("5.III.1990", "1990-03-05"),
        ("19900305", "1990-03-05"),
        ("род. 05.03.1990 г.", "1990-03-05"),
        ("март 2023", "2023-03"),
        ("Март 2023 года", "2023-03"),
        ("03.2023", "2023-03"),
        ("2023/03", "2023-03"),
        ("1990", "1990"),
        ("1990.0", "1990"),
        ("1990 г.р.", "1990"),
        ("1990-yil", "1990"),
        ("соли 1990", "1990"),
        ("весна 2023", "2023-21"),
        ("баҳори 2023", "2023-21"),
        ("зимой 2023", "2023-24"),
        ("до 2023", "../2023"),
        ("after 05.03.2023", "2023-03-05/.."),
        ("около 1985", "1985~"),
        ("~1985", "1985~"),
        ("1985?", "1985?"),
        ("1989-1990", "1989/1990"),
    ],
)
def test_a_date_is_read_as_wide_as_it_was_written(cell: str, edtf: str) -> None:
    assert read_date(cell, DAY_FIRST) == edtf
    assert DateSpan.parse(edtf).edtf == edtf


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "нет",
        "32.01.2023",
        "30.02.2023",
        "2023-13-01",
        "00.00.1990",
        "1089",
        "3023",
        "45000",
        "5 foo 2023",
        "12",
        "-",
    ],
)
def test_what_is_no_possible_date_is_none(cell: str) -> None:
    assert read_date(cell, DAY_FIRST) is None


def test_spring_and_summer_that_two_languages_call_by_one_word_are_not_guessed() -> None:
    assert read_date("жаз 2023", DAY_FIRST) is None


def test_a_number_above_twelve_says_for_the_whole_column_which_is_the_month() -> None:
    american = style_of(["03/05/2023", "05/13/2023"])

    assert american.month_first
    assert american.name == "mm/dd/yyyy"
    assert read_date("03/05/2023", american) == "2023-03-05"
    assert read_date("13/05/2023", american) is None


def test_where_nothing_tells_day_from_month_the_day_comes_first_and_it_is_said() -> None:
    open_question = style_of(["03/05/2023", "01/02/2023"])

    assert open_question.undecided
    assert read_date("03/05/2023", open_question) == "2023-05-03"
    assert not style_of(["03.05.2023"]).undecided, "dots are day first everywhere"


def test_years_of_two_figures_are_births_of_living_people_or_events_of_this_century() -> None:
    births, events = style_of(["13.03.85"], birth=True), style_of(["13.03.23"])

    assert births.short_years
    assert read_date("13.03.85", births) == "1985-03-13"
    assert read_date("13.03.05", births) == "2005-03-13"
    assert read_date("13.03.23", events) == "2023-03-13"


def test_the_first_of_january_is_a_placeholder() -> None:
    assert is_placeholder("1990-01-01")
    assert not is_placeholder("1990-01-02")
    assert not is_placeholder("1990")


def test_the_year_of_an_interval_is_not_one_year() -> None:
    assert year_of("1990-05") == 1990
    assert year_of("1989/1990") is None
    assert year_of("../1990") is None


@settings(max_examples=60)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_comes_back_from_every_figure_style(day: date) -> None:
    for written in (f"{day:%d.%m.%Y}", f"{day:%Y-%m-%d}", f"{day:%d/%m/%Y}", f"{day:%Y.%m.%d}", f"{day:%Y%m%d}"):
        assert read_date(written, DAY_FIRST) == day.isoformat()


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_any_cell_is_a_date_that_can_be_parsed_or_none(cell: str) -> None:
    found = read_date(cell, DAY_FIRST)
    if found is not None:
        DateSpan.parse(found)
