"""Names of five peoples, as their own people, clerks, passports and journalists spell them."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from names_by_ear import alike

from guvoh.worlds import Name, People, Person, Sex, invent, native
from guvoh.worlds.peoples import PEOPLES, Ending
from guvoh.worlds.spelling import Hand, by_clerk, by_journalist, by_passport, by_relatives, in_text

SOMEBODY = invent(16).people[0]


def somebody(
    people: People, given: str, father: str, stem: str, ending: Ending = Ending.OV, sex: Sex = Sex.MALE
) -> Person:
    return replace(SOMEBODY, people=people, given=given, father=father, stem=stem, ending=ending, sex=sex)


def steady() -> Hand:
    """A writer without habits or slips: always the usual spelling."""
    return Hand(rng=Random(1), habit=0)


@pytest.mark.parametrize("people", People)
def test_a_table_of_names_keeps_to_the_alphabet_of_its_people(people: People) -> None:
    table = PEOPLES[people]
    for name in (*table.men, *table.women):
        assert set(name.lower()) <= set(table.letters), name
        assert name[0].isupper()


@pytest.mark.parametrize("people", People)
def test_no_name_stands_twice_in_a_table(people: People) -> None:
    table = PEOPLES[people]

    assert len(table.men) == len(set(table.men)) >= 40
    assert len(table.women) == len(set(table.women)) >= 10


def test_whole_names_keep_to_the_alphabet_of_their_people() -> None:
    for person in invent(3000, seed=5).people:
        assert set(native(person).formal.lower()) <= set(PEOPLES[person.people].letters + " "), person.number


@pytest.mark.parametrize(
    ("person", "own", "clerk", "passport"),
    [
        (
            somebody(People.UZBEK, "Joʻrabek", "Yoʻldosh", "Jumaboy"),
            "Jumaboyev Joʻrabek Yoʻldosh oʻgʻli",
            "Джумабаев Джурабек Юлдошевич",
            "Jumaboyev Jorabek",
        ),
        (
            somebody(People.UZBEK, "Nodira", "Isʼhoq", "Gʻayrat", sex=Sex.FEMALE),
            "Gʻayratova Nodira Isʼhoq qizi",
            "Гайратова Нодира Исхоковна",
            "Gayratova Nodira",
        ),
        (
            somebody(People.TAJIK, "Ҷамшед", "Қурбон", "Набӣ", Ending.ZODA),
            "Набизода Ҷамшед Қурбон",
            "Набизода Джамшед Курбонович",
            "Nabizoda Dzhamshed",
        ),
        (
            somebody(People.KYRGYZ, "Өмүрбек", "Жеңишбек", "Асан", Ending.SON),
            "Жеңишбек уулу Өмүрбек",
            "Женишбек уулу Омурбек",
            "Zhenishbek uulu Omurbek",
        ),
        (
            somebody(People.KAZAKH, "Әділбек", "Төлеген", "Қайрат"),
            "Қайратов Әділбек Төлегенұлы",
            "Кайратов Адилбек Толегенович",
            "Kairatov Adilbek",
        ),
        (
            somebody(People.TURKMEN, "Döwlet", "Ýusup", "Gurbangeldi"),
            "Gurbangeldiýew Döwlet Ýusup ogly",
            "Гурбангельдыев Довлет Юсупович",
            "Gurbangeldiyew Dowlet",
        ),
    ],
    ids=lambda value: value.given if isinstance(value, Person) else "",
)
def test_a_name_has_its_usual_form_for_its_people_a_clerk_and_a_passport(
    person: Person, own: str, clerk: str, passport: str
) -> None:
    patient = Hand(rng=Steady(1), habit=0)

    assert native(person).formal == own
    assert by_clerk(person, patient).formal == clerk
    assert by_passport(person, patient).formal == passport


class Steady(Random):
    """Chance that never strikes."""

    def random(self) -> float:
        return 0.999


@pytest.mark.parametrize("writer", [by_relatives, by_clerk, by_passport, by_journalist])
def test_whoever_writes_the_name_stays_recognisable(writer: Callable[[Person, Hand], Name]) -> None:
    hand = Hand(rng=Random(3), habit=0.6)
    for person in invent(600, seed=8).people:
        assert alike(writer(person, hand).given, (person.given,)) >= 0.5, person.number


@pytest.mark.parametrize("language", ["en", "ru", "uz-Latn", "uz-Cyrl", "ky", "tg"])
def test_a_text_in_any_language_keeps_to_the_letters_of_that_language(language: str) -> None:
    letters = {
        "en": "abcdefghijklmnopqrstuvwxyz",
        "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "uz-Latn": "abcdefghijklmnopqrstuvxyz'ʻʼ",
        "uz-Cyrl": "абвгдеёжзийклмнопрстуфхцчшъьэюяўқғҳ",
        "ky": "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя",
        "tg": "абвгғдеёжзиӣйкқлмнопрстуӯфхҳчҷшъэюя",
    }[language]
    hand = Hand(rng=Random(4), habit=0.4)
    for person in invent(1500, seed=9).people:
        name = in_text(person, language, hand)
        assert set(name.formal.lower()) <= set(letters + " "), person.number


def test_a_son_of_is_written_surname_first_even_in_the_news() -> None:
    person = somebody(People.KYRGYZ, "Бакыт", "Улан", "Асан", Ending.SON)

    assert in_text(person, "ky", steady()).spoken == "Улан уулу Бакыт"


def test_a_hand_without_slips_makes_none_and_a_careless_one_changes_a_letter() -> None:
    careless = Hand(rng=Random(5), slip=1)

    assert steady().slipped("Рахимов") == "Рахимов"
    assert all(abs(len(careless.slipped("Рахимов")) - 7) <= 1 for _ in range(50))
    assert len({careless.slipped("Рахимов") for _ in range(50)}) > 10
