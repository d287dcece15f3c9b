"""Lists of people in files of separated values, with everything that goes wrong in them."""

import csv as standard_csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Reading, csv

from guvoh.intake.found import (
    Certainty,
    DateKind,
    Doubt,
    Gap,
    Kind,
    Note,
    Role,
    Unreadable,
    Why,
)
from guvoh.intake.readers.lists import BATCH, MOST_REMEMBERED
from guvoh.records.base import Absent
from guvoh.values.absence import Absence

UNKNOWN, NONE = Absent(absent=Absence.UNKNOWN), Absent(absent=Absence.NONE_STATED)
SHARED = Path(os.environ.get("GUVOH_SHARED", Path(__file__).parents[2].parent / "shared"))

HEADING = "ФИО;Дата рождения;Гражданство"
ROW = "Саидов Рустам Алиевич;05.03.1990;Таджикистан"
LIST = f"{HEADING}\n{ROW}\nАсанов Нурбек;14.08.1987;Киргизия\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1251", "koi8-r", "cp866", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_a_list_is_read_in_every_encoding_of_the_region(encoding: str) -> None:
    found = csv(LIST, encoding)

    assert found.item.kind is Kind.LIST
    assert found.rows[0].name == "Саидов Рустам Алиевич"
    assert found.rows[0].birth == "1990-03-05"
    assert found.end.rows == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~"])
def test_any_delimiter_is_found(delimiter: str) -> None:
    found = csv(LIST.replace(";", delimiter))

    assert found.shape.delimiter == delimiter
    assert list(found.rows[1].cells) == ["Асанов Нурбек", "14.08.1987", "Киргизия"]


def test_the_line_that_a_spreadsheet_program_writes_to_name_its_delimiter_is_no_row() -> None:
    found = csv(f"sep=;\r\n{LIST}", "utf-16")

    assert found.shape.heading == HEADING.split(";")
    assert found.end.rows == 2


def test_a_comma_in_every_name_is_no_delimiter() -> None:
    found = csv("ФИО;год рождения\nСаидов, Рустам;1990\nАсанов, Нурбек;1987\n")

    assert found.rows[0].name == "Саидов, Рустам"


def test_quotation_marks_may_hold_delimiters_line_ends_and_quotation_marks() -> None:
    found = csv('name,note\n"Saidov, Rustam","said ""no""\nand left"\nAsanov Nurbek,x\n')

    assert list(found.rows[0].cells) == ["Saidov, Rustam", 'said "no"\nand left']
    assert found.end.rows == 2
    assert Note.OPEN_QUOTE not in found.notes


def test_apostrophes_of_names_are_no_quotation_marks_but_quoted_cells_are() -> None:
    assert list(csv("ism,viloyat\nO'ktam G'ulomov,Farg'ona\n").rows[0].cells) == ["O'ktam G'ulomov", "Farg'ona"]
    assert list(csv("'name','age'\n'Saidov, Rustam','34'\n").rows[0].cells) == ["Saidov, Rustam", "34"]


@pytest.mark.parametrize("after", [0, 1, 5000])
def test_a_quotation_mark_that_is_never_closed_swallows_no_row(after: int) -> None:
    rest = "".join(f"Асанов Нурбек;14.08.1987;Киргизия {number}\n" for number in range(after))

    found = csv(f'{HEADING}\n{ROW}\n"Каримов Олим;01.02.1991;Узбекистан\n{rest}')

    assert found.end.rows == 2 + after
    assert list(found.rows[1].cells) == ['"Каримов Олим', "01.02.1991", "Узбекистан"]
    assert Note.OPEN_QUOTE in found.notes


def test_an_endless_cell_is_cut_and_the_rows_after_it_are_read() -> None:
    found = csv(f"name;note\nA B;{'x' * 300_000}\nC D;y\n")

    assert [row.name for row in found.rows] == ["A B", "C D"]
    assert len(found.rows[0].cells[1]) == 1 << 17
    assert Note.LONG_CELLS in found.notes


def test_rows_with_more_or_fewer_cells_are_kept_and_doubted() -> None:
    found = csv(f"{LIST}Каримов Олим;01.02.1991\nСодиков Азиз;02.02.1991;Узбекистан;ещё;и ещё\n")

    assert list(found.rows[2].cells) == ["Каримов Олим", "01.02.1991"]
    assert list(found.rows[3].cells[3:]) == ["ещё", "и ещё"]
    assert found.rows[3].citizenship == "Узбекистан"
    assert found.doubts(3) == found.doubts(4) == {Doubt.RAGGED}
    assert found.doubts(1) == set()
    assert Note.RAGGED_ROWS in found.notes


def test_rows_that_are_only_delimiters_are_blank_and_so_are_trailing_ones() -> None:
    found = csv(f"{HEADING};;\n{ROW};;\n;;;;\n\n  ;;;;\nАсанов Нурбек;14.08.1987;Киргизия;;\n;;;;\n")

    assert [row.row for row in found.rows] == [1, 2]
    assert found.notes == set()


def test_formulas_are_text() -> None:
    found = csv('name;age;note\nSaidov Rustam;34;=1+1\nAsanov Nurbek;35;=HYPERLINK("x")\n')

    assert found.rows[0].cells[2] == "=1+1"
    assert Note.FORMULAS in found.notes
    assert Note.FORMULAS not in csv(LIST).notes


def test_nul_bytes_are_left_out() -> None:
    found = Reading(LIST.encode().replace("Саидов".encode(), "Са\0идов".encode()), ".csv")

    assert found.rows[0].name == "Саидов Рустам Алиевич"
    assert Note.NUL_BYTES in found.notes


def test_a_list_that_ends_inside_a_letter_keeps_what_is_whole() -> None:
    found = Reading(LIST.encode()[:-2], ".csv")

    assert found.rows[1].cells[2] == "Киргизи"
    assert Note.TRUNCATED_TEXT in found.notes


def test_sums_and_repeated_headings_are_kept_and_doubted() -> None:
    found = csv(f"{LIST}{HEADING}\nИтого: 2;;\n;;всего 2\n")

    assert found.doubts(3) >= {Doubt.REPEATED_HEADING}
    assert found.doubts(4) == {Doubt.TOTAL_ROW}
    assert found.doubts(5) == {Doubt.TOTAL_ROW}


def test_the_name_of_the_list_above_its_headings_is_its_title() -> None:
    found = csv(f"Список осуждённых;;\n;;\n{LIST}")

    assert found.item.title == "Список осуждённых"
    assert Note.LINES_ABOVE in found.notes
    assert Gap.TITLE not in found.item.gaps
    assert [row.row for row in found.rows] == [1, 2]


def test_a_list_of_one_column_is_a_list_of_names() -> None:
    found = csv("Ф.И.О.\nСаидов Рустам\nАсанов Нурбек\n")

    assert [row.name for row in found.rows] == ["Саидов Рустам", "Асанов Нурбек"]


def test_three_columns_make_one_name_and_what_is_missing_leaves_no_space() -> None:
    found = csv("отчество,имя,фамилия\nАлиевич,Рустам,Саидов\n,Нурбек,  Асанов \nнет,Олим,Каримов\n")

    assert [row.full_name for row in found.rows] == ["Саидов Рустам Алиевич", "Асанов Нурбек", "Каримов Олим"]
    assert found.rows[1].surname == "Асанов"
    assert found.rows[1].cells[2] == "  Асанов "
    assert found.rows[2].patronymic == NONE


def test_not_known_none_and_not_stated_are_three_different_things() -> None:
    found = csv("ФИО;дата рождения;возраст;дата смерти\nА Б;неизвестно;н/д;нет\nВ Г;-;;\nД Е;05.03.1990;34;?\n")

    first, second, third = found.rows
    assert (first.birth, first.age, first.dates) == (UNKNOWN, UNKNOWN, {DateKind.DEATH: NONE})
    assert (second.birth, second.age, second.dates) == (None, None, {})
    assert third.birth == "1990-03-05"
    assert third.dates == {DateKind.DEATH: UNKNOWN}


def test_impossible_dates_and_ages_are_doubted_and_their_cells_kept() -> None:
    found = csv("ФИО;дата рождения;возраст;дата смерти\nА Б;31.02.1990;200;вчера\nВ Г;01.01.1990;30;05.03.2023\n")

    assert (found.rows[0].birth, found.rows[0].age, found.rows[0].dates) == (None, None, {})
    assert found.doubts(1) == {Doubt.BAD_DATE, Doubt.BAD_AGE}
    assert found.rows[0].cells[1] == "31.02.1990"
    assert found.rows[1].birth == "1990-01-01"
    assert found.doubts(2) == {Doubt.PLACEHOLDER_DAY}


def test_day_and_month_that_cannot_be_told_apart_are_said_once_for_the_column() -> None:
    found = csv("name,dob\nA B,05/03/1990\nC D,01/02/1991\n")

    assert found.rows[0].birth == "1990-03-05"
    assert "day and month cannot be told apart" in found.columns[1].why
    assert found.columns[1].style == "dd/mm/yyyy"


def test_a_row_without_a_name_is_kept_and_doubted() -> None:
    found = csv(f"{HEADING}\n;05.03.1990;Таджикистан\n12345;05.03.1990;Таджикистан\n")

    assert [row.name for row in found.rows] == [None, None]
    assert found.doubts(1) == found.doubts(2) == {Doubt.NO_NAME}


def test_a_list_without_names_says_so() -> None:
    assert Note.NO_NAME_COLUMN in csv("возраст;область\n34;Ош\n35;Талас\n").notes


def test_sexes_are_read_and_other_words_are_kept() -> None:
    found = csv("ФИО,пол\nА Б,муж.\nВ Г,Ж\nД Е,?\nЁ Ж,иное\n")

    assert [row.sex for row in found.rows] == ["male", "female", UNKNOWN, "иное"]


def test_a_list_tells_nothing_of_where_it_comes_from() -> None:
    assert csv(LIST).item.gaps == list(Gap)


def test_a_table_without_a_telling_suffix_is_a_list_and_prose_is_not() -> None:
    assert Reading(LIST.encode()).item.kind is Kind.LIST
    assert Reading(LIST.replace(";", "\t").encode(), ".txt").item.kind is Kind.LIST
    assert Reading(b"Dear all, hello\nThanks, Anna\nBest, Bob\n", ".txt").item.kind is Kind.TEXT


def test_a_corrected_mapping_makes_a_list_of_any_file() -> None:
    found = Reading("Саидов Рустам\nАсанов Нурбек\n".encode(), ".txt", {"1": Role.NAME})

    assert [row.name for row in found.rows] == ["Саидов Рустам", "Асанов Нурбек"]
    assert found.columns[0].certainty is Certainty.GIVEN


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b";;;\n;;;\n", b"\0\0\0\0"])
def test_an_empty_list_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        Reading(raw, ".csv")
    assert refused.value.code is Why.EMPTY


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(Unreadable, match="500 columns"):
        csv("a," * 600 + "\n" + "b," * 600)


def test_rows_beyond_one_batch_and_beyond_what_is_remembered_are_read_the_same() -> None:
    many = max(BATCH, MOST_REMEMBERED) * 2 + 1
    rows = "".join(f"Саидов Рустам{number};{1 + number % 35}.01.1990\n" for number in range(many))

    found = csv("ФИО;дата рождения\n" + rows)

    assert found.end.rows == many
    assert found.rows[-1].row == many
    bad = {1 + number % 35 > 31 for number in range(many)}
    assert bad == {True, False}
    assert all((Doubt.BAD_DATE in row.doubts) == (1 + at % 35 > 31) for at, row in enumerate(found.rows))


_cell = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5).flatmap(lambda width: st.lists(st.lists(_cell, min_size=width, max_size=width), max_size=8)))
def test_the_cells_of_any_table_come_back(rows: list[list[str]]) -> None:
    width = len(rows[0]) if rows else 2
    heading = ["ФИО", *[f"поле {letter}" for letter in "абвгд"[: width - 1]]]
    out = io.StringIO()
    standard_csv.writer(out, quoting=standard_csv.QUOTE_ALL, lineterminator="\n").writerows([heading, *rows])

    found = csv(out.getvalue())

    assert found.shape.heading == heading
    assert [list(row.cells) for row in found.rows] == [row for row in rows if any(map(str.strip, row))]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    script = SHARED / "worlds" / "simulate.py"
    if not script.exists():
        pytest.skip(f"no {script.name} of the shared folder")
    folder = tmp_path_factory.mktemp("simulated")
    subprocess.run([sys.executable, script, folder, "--people", "4000"], check=True, capture_output=True)
    return folder


SIMULATED = {
    "hotline": "surname given patronymic birth citizenship origin lost_contact",
    "court": "name birth citizenship institution transfer",
    "captured": "name birth citizenship contract",
    "deaths": "surname given patronymic birth citizenship death",
    "social": "name age origin report",
}


@pytest.mark.parametrize("name", SIMULATED)
def test_the_lists_of_a_simulated_world_are_right_without_help(simulated: Path, name: str) -> None:
    raw = (simulated / f"{name}.csv").read_bytes()

    found = Reading(raw, ".csv")

    assert found.roles == [Role(role) for role in SIMULATED[name].split()]
    assert found.end.rows == len(list(standard_csv.reader(raw.decode().splitlines()))) - 1
    assert all(row.full_name for row in found.rows)
    assert {doubt for row in found.rows for doubt in row.doubts} <= {Doubt.PLACEHOLDER_DAY}
    for row in found.rows:
        said = [cell for cell in row.cells if cell]
        told = [row.birth, row.age, row.citizenship, row.origin, row.institution, *row.dates.values()]
        names = [row.surname, row.given, row.patronymic] if row.surname else [row.name]
        assert len([value for value in told if value is not None]) + len([part for part in names if part]) == len(said)
