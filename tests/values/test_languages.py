"""Languages and scripts: what the letters of a text tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.values.languages import LANGUAGE_NAMES, Language, Script, script_of, with_script


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Karimov Aziz", Script.LATN),
        ("Gʻulomov Oʻtkir", Script.LATN),
        ("Ýazgeldi Çaryýew", Script.LATN),
        ("Ғуломов Ўткир Қодиров", Script.CYRL),
        ("Өмүрбек Ңамыс", Script.CYRL),
        ("Ҷамшед Ӯлмасӣ", Script.CYRL),
        ("محمد کریم", Script.ARAB),
        ("გიორგი", Script.OTHER),
        ("王", Script.OTHER),
    ],
)
def test_a_name_shows_its_script(text: str, script: Script) -> None:
    assert script_of(text) is script


@pytest.mark.parametrize("text", ["", "  \n", "12.03.1990", "№ 7 — 15 %", "ʻʼ'", "\u0301"])
def test_a_text_without_letters_has_no_script(text: str) -> None:
    assert script_of(text) is None


def test_the_script_of_most_letters_wins_and_the_first_one_at_a_tie() -> None:
    assert script_of("Иванов Ivan") is Script.CYRL
    assert script_of("ООО Limited Company") is Script.LATN
    assert script_of("аб ab") is Script.CYRL
    assert script_of("ab аб") is Script.LATN


@given(st.text(alphabet="abzABZ0 .-", max_size=40), st.text(alphabet="абяАБЯ", max_size=40))
def test_counting_letters_decides(latin: str, cyrillic: str) -> None:
    count = sum(c.isalpha() for c in latin)
    if count > len(cyrillic):
        assert script_of(cyrillic + latin) is Script.LATN
    elif count < len(cyrillic):
        assert script_of(latin + cyrillic) is Script.CYRL


def test_uzbek_is_told_apart_by_its_letters() -> None:
    assert with_script("uz", "Oʻzbekiston") is Language.UZ_LATN
    assert with_script("uz", "Ўзбекистон") is Language.UZ_CYRL
    assert with_script("uz-Latn", "Ўзбекистон") is Language.UZ_CYRL
    assert with_script("uz", "2024") is Language.UND
    assert with_script("uz", "اوزبیک") is Language.UND


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("ru", Language.RU),
        ("ru-RU", Language.RU),
        ("en_GB", Language.EN),
        (" KY ", Language.KY),
        ("tgk", Language.TG),
        ("kk-Cyrl-KZ", Language.KK),
        ("tk", Language.TK),
        ("uk", Language.UK),
        ("de", Language.UND),
        ("", Language.UND),
        ("und", Language.UND),
        ("russian", Language.UND),
    ],
)
def test_a_declared_code_becomes_a_language_or_is_not_known(code: str, language: Language) -> None:
    assert with_script(code, "Текст") is language


def test_every_language_has_a_name_of_its_own_in_english_and_russian() -> None:
    for names in LANGUAGE_NAMES.values():
        assert set(names) == set(Language)
        assert len(set(names.values())) == len(Language)
    assert Language.UZ_CYRL.called() == "Uzbek (Cyrillic)"
    assert Language.TG.called("ru") == "таджикский"
