"""The five lists: each a file of its own kind, every row somebody's, recognisable and untidy."""

import csv
import io
import re
from random import Random
from typing import Literal

import pytest
from names_by_ear import alike

from guvoh.worlds import ListFile, World, invent
from guvoh.worlds.spelling import Hand, by_clerk

RUSSIAN = re.compile(r"[А-Яа-яЁё .\-]*")


@pytest.fixture(scope="module", params=["plain", "hard"])
def world(request: pytest.FixtureRequest) -> World:
    return invent(1200, seed=11, spelling=request.param)


def rows(one: ListFile) -> list[list[str]]:
    return list(csv.reader(io.StringIO(one.content.decode(one.encoding), newline=""), delimiter=one.delimiter))


def column(one: ListFile, meaning: str) -> list[str]:
    place = [role for _, role in one.columns].index(meaning)
    return [row[place] for row in rows(one)[1:]]


def names(one: ListFile) -> list[str]:
    places = [place for place, (_, role) in enumerate(one.columns) if role in ("name", "surname", "given")]
    return [" ".join(row[place] for place in places) for row in rows(one)[1:]]


def named(world: World, name: str) -> ListFile:
    return next(one for one in world.lists if one.name == name)


def test_there_are_five_lists_and_no_two_are_kept_alike(world: World) -> None:
    assert [one.name for one in world.lists] == ["hotline", "court", "captured", "deaths", "social"]
    assert len({(one.language, one.encoding, one.delimiter, one.columns) for one in world.lists}) == 5


def test_every_list_reads_under_its_stated_encoding_and_delimiter(world: World) -> None:
    for one in world.lists:
        heading, *data = rows(one)
        assert heading == [heading for heading, _ in one.columns]
        assert len(data) == len(one.truth) > 100
        assert {len(row) for row in data} == {len(one.columns)}
        assert not any("\ufffd" in cell for row in data for cell in row)


def test_the_court_list_is_windows_1251_and_the_list_of_deaths_opens_with_a_byte_order_mark(world: World) -> None:
    with pytest.raises(UnicodeDecodeError):
        named(world, "court").content.decode("utf-8")
    assert named(world, "deaths").content.startswith("\ufeffфамилия".encode())


def test_a_row_bears_a_name_that_can_be_recognised(world: World) -> None:
    for one in world.lists:
        likeness = [
            alike(written, (world.people[number].given, world.people[number].stem, world.people[number].father))
            for written, number in zip(names(one), one.truth, strict=True)
        ]
        assert min(likeness) > 0.4
        assert sum(likeness) / len(likeness) > 0.9


def test_russian_lists_are_in_russian_letters_and_prisoners_of_war_in_plain_latin(world: World) -> None:
    assert all(RUSSIAN.fullmatch(name) for one in ("court", "deaths") for name in names(named(world, one)))
    assert all(name.isascii() for name in names(named(world, "captured")))


def test_relatives_write_uzbek_in_both_scripts_and_with_many_apostrophes(world: World) -> None:
    written = " ".join(names(named(world, "hotline")) + column(named(world, "hotline"), "patronymic"))

    assert {"'", "ʻ", "‘", "’", "`", "´"} <= set(written)
    assert "Ў" in written or "ў" in written
    assert "ogli" in written


def test_each_list_has_its_own_way_to_write_a_date(world: World) -> None:
    months = "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
    ways = {
        ("hotline", "lost_contact"): r"\d\d/\d\d/\d{4}",
        ("court", "transfer"): r"\d\d\.\d\d\.\d{4}",
        ("captured", "capture"): r"\d{4}-\d\d-\d\d",
        ("deaths", "death"): rf"(\d{{1,2}} ({months}) \d{{4}} г\.)?",
        ("social", "report"): r"\d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}",
    }
    for (name, meaning), way in ways.items():
        assert all(re.fullmatch(way, cell) for cell in column(named(world, name), meaning)), name


def test_some_cells_are_empty_some_unknown_some_births_a_placeholder_and_some_names_initials(world: World) -> None:
    born = column(named(world, "court"), "birth")

    assert "" in born
    assert sum(cell.startswith("01.01.") for cell in born) > 3
    assert "noma'lum" in column(named(world, "hotline"), "birth")
    assert "неизвестно" in column(named(world, "deaths"), "birth")
    assert any(re.fullmatch(r"[А-ЯЁ]\.", cell) for cell in column(named(world, "deaths"), "given"))


def test_some_cells_hold_the_delimiter_and_are_quoted(world: World) -> None:
    for name, meaning in (("hotline", "origin"), ("court", "institution"), ("social", "note")):
        one = named(world, name)
        assert any(one.delimiter in cell for cell in column(one, meaning))


def test_a_birth_on_a_list_is_the_true_one_or_its_placeholder(world: World) -> None:
    court = named(world, "court")
    for cell, number in zip(column(court, "birth"), court.truth, strict=True):
        born = world.people[number].born
        assert cell in ("", born.strftime("%d.%m.%Y"), f"01.01.{born.year}")


def test_an_age_on_a_post_is_right_within_a_year_or_so(world: World) -> None:
    social = named(world, "social")
    posted = column(social, "report")
    for age, day, number in zip(column(social, "age"), posted, social.truth, strict=True):
        assert age == "" or abs(int(day[-4:]) - world.people[number].born.year - int(age)) <= 2


def test_hard_spelling_strays_further_from_the_usual() -> None:
    def usual(spelling: Literal["plain", "hard"]) -> float:
        world = invent(1200, seed=12, spelling=spelling)
        court = named(world, "court")
        expected = [by_clerk(world.people[number], Hand(rng=Random(1), habit=0)).given for number in court.truth]
        return sum(f" {given}" in name for given, name in zip(expected, names(court), strict=True)) / len(expected)

    assert usual("hard") < usual("plain") - 0.2
