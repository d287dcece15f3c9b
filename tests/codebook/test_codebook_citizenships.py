"""A citizenship is read from words that name a state, and is never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.codebook import citizenship, citizenships
from guvoh.codebook.citizenships import _LONGEST_NAME, _fold, _tables
from guvoh.codebook.labels import read_data

TABLE = {state: row for state, row in read_data("states.toml").items() if isinstance(row, dict)}
NAMES = [(name, state) for state, row in TABLE.items() for name in row["names"]]
APOSTROPHES = "'`´‘’ʻʼ′＇"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        *(("Uzbekistan", "UZ"), ("Узбекистан", "UZ"), ("гражданин Узбекистана", "UZ"), ("O'zbekiston", "UZ")),
        *(("UZ", "UZ"), ("uzb", "UZ"), ("Ўзбекистон Республикаси фуқароси", "UZ"), ("Ӯзбекистон", "UZ")),
        *(("Өзбекстандын жараны", "UZ"), ("Oʻzbekiston Respublikasi fuqarosi", "UZ"), ("Republic of Uzbekistan", "UZ")),
        *(("Кыргызстан", "KG"), ("Киргизия", "KG"), ("Kyrgyz Republic", "KG"), ("Qirg‘iziston", "KG")),
        *(("Кыргыз Республикасынын жараны", "KG"), ("Қырғызстан", "KG"), ("Gyrgyzystan", "KG")),
        *(("Тоҷикистон", "TJ"), ("Точикистон", "TJ"), ("шаҳрванди Ҷумҳурии Тоҷикистон", "TJ"), ("Tojikiston", "TJ")),
        *(("Қазақстан Республикасының азаматы", "KZ"), ("Казахстан", "KZ"), ("Qozog'iston", "KZ")),
        *(("Türkmenistanyň raýaty", "TM"), ("Туркмения", "TM"), ("Түркмөнстан", "TM")),
        *(("гр-ка РФ", "RU"), ("Российская Федерация", "RU"), ("россиянин", "RU"), ("Русия", "RU"), ("Ресей", "RU")),
        *(
            ("российское гражданство", "RU"),
            ("Russian passport", "RU"),
            ("Uzbek citizen", "UZ"),
            ("Kyrgyz national", "KG"),
        ),
        *(
            ("Україна", "UA"),
            ("Беларусь", "BY"),
            ("Молдова", "MD"),
            ("Azərbaycan", "AZ"),
            ("Армения", "AM"),
            ("Грузия", "GE"),
        ),
        *(("Узбекистан (РУз)", "UZ"), ("  узбекистан. ", "UZ"), ("гражданство: Узбекистан", "UZ"), ("РОССИЯ", "RU")),
    ],
)
def test_people_name_their_state_in_many_ways(text: str, state: str) -> None:
    assert citizenship(text) == state


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "?", "гражданин", "Republic", "нет", "неизвестно", "СССР", "Germany", "Африка", "12", "U", "Ўз"),
        *("узбек", "Uzbek", "o'zbek", "кыргыз", "тоҷик", "русский", "Russian", "славянин"),
        *("from Uzbekistan", "родился в Узбекистане", "не Узбекистан", "бывший гражданин Узбекистана"),
        *(
            "Узбекистан?",
            "Узбекистан или Россия",
            "Uzbekistan or Tajikistan",
            "Узбекистан -> Россия",
            "Узбекистан 2019",
        ),
        *(
            "Uzbek, citizen of Russia",
            "Uzbek citizen of Russia",
            "узбек, гражданин РФ",
            "узбекское и российское гражданство",
        ),
        *("РТ", "РК", "РБ", "КР", "Узбекистан, Нарния", "Republic of Korea", "South Ossetia", "Узбекистан " * 30),
    ],
)
def test_what_is_unclear_is_no_citizenship(text: str) -> None:
    assert citizenship(text) is None


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("Узбекистан, РФ", ("UZ", "RU")),
        ("гражданин Таджикистана и России", ("TJ", "RU")),
        ("Uzbek citizen, Russian passport", ("UZ", "RU")),
        ("RU/KG", ("RU", "KG")),
        ("Узбекистан, Ўзбекистон", ("UZ",)),
        ("Узбекистан, не знаю", ()),
    ],
)
def test_two_citizenships_are_both_read_and_neither_is_picked(text: str, states: tuple[str, ...]) -> None:
    assert citizenships(text) == states
    assert citizenship(text) == (states[0] if len(states) == 1 else None)


def test_no_name_is_that_of_two_states() -> None:
    owners: dict[tuple[str, ...], set[str]] = {}
    for state, row in TABLE.items():
        for name in (*row["names"], *row["adjectives"]):
            owners.setdefault(tuple(_fold(name).split()), set()).add(state)

    assert {name for name, states in owners.items() if len(states) > 1} == set()
    names, civic, fillers = _tables()
    assert max(map(len, names)) == _LONGEST_NAME
    assert not {name[0] for name in names if len(name) == 1} & (civic | fillers)


@given(
    st.sampled_from(NAMES), st.sampled_from(APOSTROPHES), st.sampled_from([str.upper, str.lower, str.title, str.strip])
)
def test_capitals_and_kinds_of_apostrophes_do_not_matter(named: tuple[str, str], mark: str, cased: object) -> None:
    name, state = named
    assert callable(cased)

    assert citizenship(f" {cased(name.replace('ʻ', mark))} ") == state


@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_two_states_never_become_one(first: tuple[str, str], second: tuple[str, str]) -> None:
    answer = f"{first[0]}, {second[0]}"

    assert citizenship(answer) == (first[1] if first[1] == second[1] else None)
    assert set(citizenships(answer)) == {first[1], second[1]}


@given(st.sampled_from(NAMES), st.text(alphabet=st.characters(categories=["L", "N", "S"]), min_size=1, max_size=12))
def test_a_word_that_is_not_known_takes_the_answer_away(named: tuple[str, str], word: str) -> None:
    name, state = named

    assert citizenship(f"{name} {word}xq") is None
    assert citizenship(f"xq{word} {name}") is None
    assert citizenship(name) == state


@given(st.text(max_size=300))
def test_any_text_gives_known_states_or_none(text: str) -> None:
    assert set(citizenships(text)) <= TABLE.keys()
