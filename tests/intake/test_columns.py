"""Which column of a list tells what, in the layouts that documenters hold."""

import pytest
from reading import Reading, csv

from guvoh.intake.columns import HEADINGS, _headings, fold, is_heading, is_total, read_age
from guvoh.intake.found import Certainty, Role, Unreadable, Why

# What kind of list, its headings, and the roles they have without a look at any value.
LAYOUTS = """
uz hotline
    familiya,ism,otasining_ismi,tugilgan_yili,fuqaroligi,viloyat,aloqa_uzilgan
    surname given patronymic birth citizenship origin lost_contact
uz apostrophes
    F.I.Sh.,Tugʻilgan sanasi,Fuqaroligi,Yashash joyi,Halok boʻlgan sana
    name birth citizenship origin death
uz other apostrophes
    Familiyasi,Ismi,Otasining ismi,Tug'ilgan yili,Olib ketilgan sana
    surname given patronymic birth taken
uz full name
    T/r,Familiyasi ismi sharifi,Yoshi,Manzili,Harbiy qism,Shartnoma sanasi
    number name age origin institution contract
uz cyrillic
    Ф.И.Ш.,Туғилган йили,Фуқаролиги,Вилоят,Алоқа узилган сана
    name birth citizenship origin lost_contact
uz cyrillic, Russian keyboard
    Фамилияси,Исми,Отасининг исми,Тугилган йили,Вафот этган сана
    surname given patronymic birth death
uz prison
    Ism familiya,Jinsi,Tavallud sanasi,Qamoqxona,Ko'chirilgan sana
    name sex birth institution transfer
ru court
    ФИО,Дата рождения,Гражданство,Учреждение,Дата этапа
    name birth citizenship institution transfer
ru deaths
    фамилия,имя,отчество,год рождения,страна,дата смерти
    surname given patronymic birth citizenship death
ru long
    № п/п,Ф.И.О. осуждённого,Дата рожд.,Место рождения,Колония,Дата подписания контракта,Примечание
    number name birth origin institution contract note
ru missing
    Фамилия Имя Отчество,Возраст,Откуда,Воинская часть,Пропал без вести,Ссылка
    name age origin institution lost_contact link
ru places
    Погибший,Г.р.,Область,Место гибели,Дата гибели
    name birth origin place death
ru prisoners of war
    Имя,Д.р.,Гражданин,Взят в плен,Личный номер
    name birth citizenship capture identifier
en captured
    name,date_of_birth,nationality,contract_date
    name birth citizenship contract
en social
    who,age,from,posted
    name age origin report
en camel
    FirstName,LastName,DateOfBirth,PassportNo,DateOfDeath
    given surname birth identifier death
en two names
    Name,Surname,Father's name,YOB,Country of citizenship
    given surname patronymic birth citizenship
en capture
    No.,Full name,Sex,DOB,Place of birth,Unit,Date of capture,Remarks
    number name sex birth origin institution capture note
en journalist
    Person,Age,Home region,Penal colony,Last contact,Source
    name age origin institution lost_contact link
ky list
    Аты-жөнү,Туулган жылы,Жарандыгы,Облус,Каза болгон күнү
    name birth citizenship origin death
ky parts
    Фамилиясы,Аты,Атасынын аты,Туулган күнү,Туулган жери,Байланыш үзүлгөн
    surname given patronymic birth origin lost_contact
ky without ө and ү
    аты-жону,туулган куну,жашы,тузулгон,колго тушкон
    name birth age other capture
ky prison
    Толук аты,Жынысы,Түрмө,Которулган күнү,Эскертүү
    name sex institution transfer note
tg list
    Ному насаб,Соли таваллуд,Шаҳрвандӣ,Зодгоҳ,Санаи марг
    name birth citizenship origin death
tg parts
    Насаб,Ном,Номи падар,Санаи таваллуд,Вилоят,Қатъи алоқа
    surname given patronymic birth origin lost_contact
tg without Tajik letters
    Ному насаб,Син,Кишвар,Махбас,Санаи карордод
    name age citizenship institution contract
tg captured
    Насабу ном,Ҷинс,Таваллуд,Қисми ҳарбӣ,Санаи асорат,Эзоҳ
    name sex birth institution capture note
"""
_LINES = [line.strip() for line in LAYOUTS.strip().split("\n")]


@pytest.mark.parametrize(("heading", "roles"), list(zip(_LINES[1::3], _LINES[2::3], strict=True)), ids=_LINES[::3])
def test_headings_tell_what_columns_hold(heading: str, roles: str) -> None:
    cells = heading.split(",")

    found = csv("\n".join([",".join(cells), *[",".join("х" for _ in cells)] * 3]))

    assert found.roles == [Role(role) for role in roles.split()]
    assert found.shape.heading == cells


# Rows without headings, and the roles their values have.
UNHEADED = {
    "court": (
        "name birth citizenship institution other",
        [
            "Ёкубов Кахрамон Зафарович;14.08.1987;Узбекистан;ИК-5;31.05.2024",
            "Саидов Рустам Алиевич;02.11.1990;Таджикистан;КП-4;11.02.2024",
            "Асанов Нурбек Исламович;01.08.1985;Киргизия;СИЗО-13;08.02.2024",
        ],
    ),
    "parts of names": (
        "surname given patronymic birth",
        ["Ёкубов;Кахрамон;Зафарович;1987", "Саидов;Рустам;Алиевич;1990", "Асанов;Нурбек;Исламович;1985"],
    ),
    "relatives": (
        "name age origin",
        ["Anvarov Ikrom;29;Samarqand", "Yusupova Nodira;31;Farg'ona viloyati", "Sodiqov Tohir;40;Андижон"],
    ),
    "numbered": (
        "number name sex link",
        [
            "1;Anvar KARIMOV;M;https://news.example/1",
            "2;Emil SODIKOV;M;https://news.example/2",
            "3;Asan BEKOV;F;https://news.example/3",
        ],
    ),
    "passports": (
        "identifier name",
        ["AB1234567;Karim Aliyev", "AC7654321;Bobur Rahimov", "AA1111222;Olim Sodiqov"],
    ),
    "uzbek patronymics": (
        "surname given patronymic",
        ["Karimov;Olim;Anvar o'g'li", "Rahimov;Bobur;Sobir o'g'li", "Sodiqov;Aziz;Tohir o'g'li"],
    ),
}


@pytest.mark.parametrize("layout", UNHEADED)
def test_values_tell_what_columns_hold_where_there_is_no_heading_row(layout: str) -> None:
    roles, rows = UNHEADED[layout]

    found = csv("\n".join(rows))

    assert found.roles == [Role(role) for role in roles.split()]
    assert found.shape.heading == []
    assert "no heading row" in " ".join(found.notes)
    assert found.end.rows == 3


def test_a_heading_decides_where_the_values_say_something_else() -> None:
    found = csv("name,from,posted\nSamarqand,Anvar Karimov,1990\nAndijon,Olim Sodiqov,1991\n")

    assert found.roles == [Role.NAME, Role.ORIGIN, Role.REPORT]


def test_dates_under_a_heading_that_says_nothing_are_not_given_to_an_event() -> None:
    found = csv("ФИО,Дата\nАнвар Каримов,05.03.2023\nОлим Содиков,06.03.2023\n")

    assert found.columns[1].role is Role.OTHER
    assert found.columns[1].why == "dates, but nothing says of what"
    assert found.rows[0].dates == {}
    assert found.rows[0].cells[1] == "05.03.2023"


def test_of_two_columns_with_one_role_the_exact_heading_gets_it_and_the_other_says_why() -> None:
    found = csv("ФИО,Гражданство (второе),Гражданство\nАнвар Каримов,Россия,Узбекистан\n")

    assert found.roles == [Role.NAME, Role.OTHER, Role.CITIZENSHIP]
    assert found.columns[1].why == "column 3 is the citizenship with more certainty"
    assert found.rows[0].citizenship == "Узбекистан"


def test_the_one_who_called_is_not_the_one_who_is_missing() -> None:
    found = csv("familiya,ism,kim qo'ng'iroq qildi\nSaidov,Rustam,xotini\n")

    assert found.roles == [Role.SURNAME, Role.GIVEN, Role.OTHER]
    assert found.rows[0].full_name == "Saidov Rustam"


@pytest.mark.parametrize("heading", ["имя матери", "имя родственника", "Relative's name", "Mother's full name"])
def test_names_of_relatives_are_kept_in_the_cells_and_not_read(heading: str) -> None:
    assert csv(f"ФИО,{heading}\nАнвар Каримов,Зарина Каримова\n").roles == [Role.NAME, Role.OTHER]


@pytest.mark.parametrize("heading", ["Национальность", "Millati", "улуту", "ethnicity", "миллат"])
def test_who_somebody_is_by_blood_is_never_read(heading: str) -> None:
    found = csv(f"ФИО,{heading}\nАнвар Каримов,узбек\nОлим Содиков,таджик\n")

    assert found.columns[1].role is Role.OTHER


def test_a_year_beside_the_full_date_of_birth_is_the_second_of_the_two() -> None:
    found = csv("ФИО,Год рождения,Дата рождения\nА Б,1990,05.03.1990\nВ Г,1991,\nД Е,1992,05.03.1993\n")

    assert found.roles == [Role.NAME, Role.BIRTH_YEAR, Role.BIRTH]
    assert [row.birth for row in found.rows] == ["1990-03-05", "1991", "1993-03-05"]
    assert [list(row.doubts) for row in found.rows] == [[], [], ["two births"]]


def test_a_mapping_that_a_person_gives_comes_first() -> None:
    found = csv("a,b,c\nСаидов,Рустам,1990\n", columns={"A": Role.SURNAME, "2": Role.GIVEN, "c": Role.BIRTH})

    assert found.roles == [Role.SURNAME, Role.GIVEN, Role.BIRTH]
    assert {column.certainty for column in found.columns} == {Certainty.GIVEN}
    assert found.rows[0].full_name == "Саидов Рустам"
    assert found.rows[0].birth == "1990"


def test_a_mapping_of_a_column_that_is_not_there_is_refused_without_quoting_it() -> None:
    with pytest.raises(Unreadable, match="entry 1 of the mapping") as refused:
        csv("ФИО\nА Б\n", columns={"тайна": Role.NAME})

    assert refused.value.code is Why.COLUMNS
    assert "тайна" not in str(refused.value)


def test_a_mapping_cannot_give_one_role_to_two_columns() -> None:
    with pytest.raises(Unreadable, match="the role birth to two columns"):
        csv("a,b\n1990,1991\n", columns={"a": Role.BIRTH, "b": Role.BIRTH})


def test_reasons_hold_nothing_from_the_cells() -> None:
    found = csv("фио;дата рождения;что-то\nКанарейкин Тайный;03/05/1990;секрет\n")

    text = " ".join(column.why for column in found.columns)
    assert "анарейкин" not in text
    assert "секрет" not in text
    assert "1990" not in text


def test_no_heading_belongs_to_two_roles() -> None:
    roles: dict[str, set[str]] = {}
    for phrase, role in _headings():
        roles.setdefault(fold(phrase), set()).add(role)

    assert {phrase: found for phrase, found in roles.items() if len(found) > 1} == {}


def test_headings_are_compared_without_case_apostrophes_and_national_letters() -> None:
    assert fold("TUGʻILGAN_YILI") == fold("Tug'ilgan yili") == "tugilgan yili"
    assert fold("Туғилган  йили:") == fold("тугилган йили")
    assert fold("Осуждённый") == fold("осужденный")
    assert HEADINGS.of(fold("DateOfBirth").split()) == "birth"


def test_a_first_row_that_is_a_person_is_no_heading() -> None:
    assert not is_heading(["Саидов Рустам", "1990", "контракт"], [["Асанов", "1991", ""]])
    assert not is_heading(["Каримов", "Olim"], [["Рахимов", "Bobur"]]), "o'lim is death, Olim is a man"
    assert is_heading(["Кто-то", "Нечто"], [["Асанов", "1991"], ["Саидов", "1990"]])


def test_sums_are_told_from_people() -> None:
    assert is_total("Итого: 25")
    assert is_total("JAMI")
    assert not is_total("Итогов Анвар")
    assert not is_total("Sum Kenji")


@pytest.mark.parametrize(("cell", "age"), [("34", 34), ("34 года", 34), ("34 yosh", 34), ("34 ёш", 34), ("34.0", 34),
                                            ("340", None), ("около 30", None), ("", None)])  # fmt: skip
def test_ages_are_whole_years(cell: str, age: int | None) -> None:
    assert read_age(cell) == age


def test_an_empty_heading_and_an_empty_column_stay_other() -> None:
    found = Reading("ФИО;;Возраст\nА Б;;30\nВ Г;;31\n".encode(), ".csv")

    assert found.roles == [Role.NAME, Role.OTHER, Role.AGE]
