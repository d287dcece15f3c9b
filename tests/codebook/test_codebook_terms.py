"""Codes keep their meaning and their marks, and a file of one's own adds codes and changes none."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.codebook import BadCodebook, Codebook, Term, UnknownCode, load
from guvoh.codebook.labels import LABEL_LANGUAGES
from guvoh.values.languages import Language

SHARED = Path(os.environ.get("GUVOH_SHARED", Path(__file__).parents[2].parent / "shared"))
DOCUMENT = SHARED / "domain" / "codebook.md"
needs_document = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason="the document (../shared/domain/codebook.md) is not here"
)

BOOK = load()
terms = st.sampled_from(list(BOOK.terms.values()))
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of an organisation, with this in it."""

    def written(text: str) -> Path:
        path = tmp_path / "north.toml"
        path.write_text('version = "north-1"\n' + text, encoding="utf-8")
        return path

    return written


# --- the document

# `X: {en: ...}`, or `- {code: X, en: ...}`, or the latter within a sentence.
_ROW = re.compile(r"^(?:.*\{code: |\s*)([A-Z]{2}_[A-Z0-9_]+)(?:: \{|, )(.*?)\}", re.MULTILINE)
_PART = re.compile(r'(\w+): ("[^"]*"|\[[^\]]*\]|\w+)')
_BARE = re.compile(r'^\s+([A-Z]{2}_[A-Z0-9_]+): "([^"]*)"$', re.MULTILINE)
# The codebook goes beyond the document here: the need says what the fate says.
MARKED_BEYOND = {"NE_POW": {"home", "ru"}}


def document() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def _words(value: str) -> frozenset[str]:
    return frozenset(value.strip("[]").replace(" ", "").split(",")) - {""}


@needs_document
def test_every_code_of_the_document_is_in_the_codebook() -> None:
    named = set(re.findall(r"\b[A-Z]{2}_[A-Z0-9]+(?:_[A-Z0-9]+)*\b(?!_?\*)", document()))

    assert len(named) > 300
    assert sorted(named - BOOK.terms.keys()) == []


@needs_document
def test_nothing_is_in_the_codebook_that_the_document_does_not_name() -> None:
    assert [code for code in BOOK.terms if code not in document()] == []


@needs_document
def test_labels_and_marks_are_those_of_the_document() -> None:
    rows = {code: dict(_PART.findall(rest)) for code, rest in _ROW.findall(document())}

    assert len(rows) > 240
    for code, row in rows.items():
        term = BOOK.term(code)
        for language in LABEL_LANGUAGES & row.keys():
            assert term.labels[language] == row[language].strip('"')
        assert term.incriminates == _words(row.get("inc", "")) | MARKED_BEYOND.get(code, set()), code
        assert list(map(str, term.ilo)) == re.findall(r"\d+", row.get("ilo", "")), code
        assert frozenset(term.palermo) == _words(row.get("pal", ""))
        assert (term.sensitivity, term.publish) == (row.get("sens", ""), row.get("publish", ""))


@needs_document
def test_lists_without_marks_have_the_documents_words() -> None:
    rows = _BARE.findall(document())

    assert len(rows) == 36
    assert [code for code, words in rows if BOOK.term(code).labels["en"] != words] == []


# --- what the codes are


def test_every_code_has_english_and_russian() -> None:
    assert BOOK.version == "0.1"
    assert [term.code for term in BOOK.terms.values() if not {"en", "ru"} <= term.labels.keys()] == []


def test_twenty_two_lists_hold_the_codes_and_each_has_a_name() -> None:
    assert " ".join(BOOK.lists) == "CH PL RT IN PO CO MS CS LB FA NE AC RS AP KB ST DR RK SK HF VU PA"
    assert all(term.code.startswith(f"{term.list}_") and term.list in BOOK.lists for term in BOOK.terms.values())
    assert BOOK.lists["CO"].label("ru").startswith("принуждение")


def test_unknown_is_not_none_and_both_can_be_said_of_promises() -> None:
    assert BOOK.term("IN_UNKNOWN").labels != BOOK.term("IN_NONE").labels


def test_an_unknown_code_is_an_error_and_only_what_looks_like_a_code_is_repeated() -> None:
    with pytest.raises(UnknownCode, match="CO_MAGIC") as raised:
        BOOK.term("CO_MAGIC")
    assert raised.value.code == "CO_MAGIC"

    with pytest.raises(UnknownCode) as raised:
        BOOK.term("Karimov Amin")
    assert "Karimov" not in str(raised.value)
    assert "CO_MAGIC" not in BOOK
    assert "CO_SENTENCE" in BOOK
    assert 7 not in BOOK


def test_a_threat_of_a_longer_sentence_points_to_threats_and_abuse_of_power() -> None:
    term = BOOK.term("CO_SENTENCE")

    assert term.ilo == (6, 1)
    assert term.palermo == ("COER", "POWER")
    assert [BOOK.ilo[number].label("en") for number in term.ilo] == [
        "intimidation and threats",
        "abuse of vulnerability",
    ]
    assert BOOK.palermo["POWER"].label("en") == "abuse of power"
    assert list(BOOK.ilo) == list(range(1, 12))
    assert len(BOOK.palermo) == 8


# --- marks that guard people

HUNTED = {
    *("FA_LEFT_UNIT", "FA_EVADED", "FA_HELD", "FA_REFUSED", "FA_POW", "FA_PUNISHED"),
    *("RK_LEFT", "RK_POW", "NE_POW", "AC_POWLINE", "ST_POW_INTERVIEW", "PL_REFUSER"),
}


def test_whatever_tells_hunters_whom_to_look_for_is_marked() -> None:
    assert {term.code for term in BOOK.terms.values() if term.hunted} == HUNTED


def test_no_code_speaks_of_prisoners_of_war_refusers_or_deserters_without_the_mark() -> None:
    says = re.compile(
        r"prisoner of war|captivity|surrender|left (the )?unit|refuser|for refusing|^refused|avoided recruitment"
    )
    said = {term.code for term in BOOK.terms.values() if says.search(term.labels["en"])}

    # The two that remain tell how somebody was made to sign, not that he stayed with his refusal.
    assert said - HUNTED == {"CO_SHIZO", "CO_KILLTHREAT"}


def test_the_same_fact_is_as_incriminating_in_one_list_as_in_another() -> None:
    assert BOOK.term("FA_POW").incriminates == {"home", "ru"}
    for code in ("RK_POW", "NE_POW", "ST_POW_INTERVIEW"):
        assert BOOK.term(code).incriminates == BOOK.term("FA_POW").incriminates
    assert BOOK.term("RK_LEFT").incriminates == BOOK.term("FA_LEFT_UNIT").incriminates
    assert BOOK.term("RK_LEFT").publish == BOOK.term("FA_LEFT_UNIT").publish == "never"
    assert BOOK.term("RK_SGBV").sensitivity == BOOK.term("CO_SEXUAL").sensitivity == "highest"


def test_what_is_never_published_is_hunted_too() -> None:
    assert all(term.hunted for term in BOOK.terms.values() if term.publish == "never")


def test_what_tells_of_custody_under_a_charge_or_a_sentence_is_marked() -> None:
    marked = {term.code for term in BOOK.terms.values() if term.custody}

    places = {"PL_COLONY", "PL_COLONY_W", "PL_SIZO", "PL_SHIZO", "PL_TRANSIT"}
    told = {"CS_PRETRIAL", "CS_TRIAL", "CS_CONVICT", "FA_HOME_INV", "FA_HOME_SENT", "FA_TRANSFER"}
    assert marked == places | told


# --- labels


def test_a_missing_label_is_shown_in_russian_and_said_to_be_untranslated() -> None:
    term = BOOK.term("CH_OCC_WORK")
    shown = term.labelled("ky")

    assert (shown.text, shown.language, shown.untranslated) == (term.labels["ru"], "ru", True)
    assert term.label("uz") == "bosib olingan hududdagi ish orqali"
    assert not term.labelled("uz").untranslated


def test_uzbek_in_latin_letters_stands_in_for_cyrillic_ones() -> None:
    shown = BOOK.term("FA_HOME").labelled(Language.UZ_CYRL)

    assert (shown.text, shown.language, shown.untranslated) == ("qaytgan", "uz", False)
    assert BOOK.term("FA_HOME").label(Language.UZ_LATN) == "qaytgan"


def test_a_report_of_a_death_is_not_worded_as_a_death() -> None:
    reported, confirmed = BOOK.term("FA_KILLED_REP"), BOOK.term("FA_KILLED_CONF")

    assert confirmed.label("tg") == "ҳалок шудааст"
    assert reported.labelled("tg").untranslated


@given(terms, st.sampled_from([*sorted(LABEL_LANGUAGES), *Language, "fr", ""]))
def test_every_code_can_be_shown_in_every_language(term: Term, language: str) -> None:
    shown = term.labelled(language)

    assert shown.text == term.label(language) == term.labels[shown.language]
    wanted = {"uz-Latn": "uz"}.get(language, language)
    if wanted in term.labels:
        assert (shown.language, shown.untranslated) == (wanted, False)
    elif not wanted.startswith("uz") or "uz" not in term.labels:
        assert shown.untranslated
        assert shown.language == ("ru" if "ru" in term.labels else "en")


def test_without_russian_the_label_is_english(write: Write) -> None:
    fog = load(write('[XB]\nlist = {en = "weather"}\nXB_FOG = {en = "fog"}')).term("XB_FOG")

    assert (fog.label("ru"), fog.label("tg"), fog.labelled("ru").untranslated) == ("fog", "fog", True)


# --- files of one's own

SPORT = '[CH]\nCH_X_SPORT = {en = "at a sports club", ru = "в спортивном клубе", inc = ["home"], hunted = true}\n'


def test_an_organisation_adds_codes_and_lists(write: Write) -> None:
    book = load(write(SPORT + '[XB]\nlist = {en = "weather"}\nXB_FOG = {en = "fog", ilo = [4], pal = ["VULN"]}'))

    assert book.version == "0.1+north-1"
    assert book.term("CH_X_SPORT").incriminates == {"home"}
    assert book.term("CH_X_SPORT").hunted
    assert book.of("CH")[-1].code == "CH_X_SPORT"
    assert book.term("XB_FOG").ilo == (4,)
    assert book.lists["XB"].label("en") == "weather"
    assert {code: book.terms[code] for code in BOOK.terms} == BOOK.terms
    assert "CH_X_SPORT" not in load()


def test_the_codebook_of_the_program_is_read_once_and_a_file_each_time(write: Write) -> None:
    assert load() is load()
    path = write(SPORT)
    assert "CH_X_SPORT" in load(path)
    path.write_text('version = "north-2"\n', encoding="utf-8")
    assert load(path).version == "0.1+north-2"
    assert "CH_X_SPORT" not in load(path)


def test_the_program_keeps_clear_of_codes_that_organisations_are_told_to_use() -> None:
    assert [code for code in BOOK.terms if code[2:].startswith("_X_")] == []


def test_a_replaced_code_is_explained_but_not_offered(write: Write) -> None:
    book = load(
        write(
            "[CH]\n"
            'CH_X_GYM = {en = "gym", replaced_by = "CH_X_CLUB"}\n'
            'CH_X_CLUB = {en = "club", replaced_by = "CH_X_SPORT"}\n'
            'CH_X_SPORT = {en = "at a sports club"}'
        )
    )

    assert book.term("CH_X_GYM").label("en") == "gym"
    assert book.current("CH_X_GYM").code == "CH_X_SPORT"
    assert book.current("CH_PRISON").code == "CH_PRISON"
    assert {"CH_X_GYM", "CH_X_CLUB"}.isdisjoint(term.code for term in book.of("CH"))
    with pytest.raises(UnknownCode):
        book.current("CH_X_NONE")


@pytest.mark.parametrize(
    ("text", "code", "why"),
    [
        ('[CH]\nCH_PRISON = {en = "harmless"}', "CH_PRISON", "there already"),
        ('[FA]\nFA_POW = {en = "prisoner of war", hunted = false}', "FA_POW", "there already"),
        ('[CH]\nlist = {en = "other"}', "CH", "cannot be changed"),
        ('[XB]\nXB_FOG = {en = "fog"}', "XB", "needs a name"),
        ('[CH]\nPL_X_GYM = {en = "gym"}', "'PL_X_GYM'", "CH_ and 1 to 40"),
        ('[CH]\nch_x_gym = {en = "gym"}', "'ch_x_gym'", "CH_ and 1 to 40"),
        (f'[CH]\nCH_{"X" * 41} = {{en = "gym"}}', None, "1 to 40"),
        ('[CH]\nCH_X_GYM = "gym"', "CH_X_GYM", "in braces"),
        ('[CH]\nCH_X_GYM = {ru = "зал"}', "CH_X_GYM", "label in English"),
        ('[CH]\nCH_X_GYM = {en = ""}', "CH_X_GYM", "plain words"),
        ('[CH]\nCH_X_GYM = {en = "a\\u202Eb"}', "CH_X_GYM", "plain words"),
        (f'[CH]\nCH_X_GYM = {{en = "{"a" * 201}"}}', "CH_X_GYM", "more than 200"),
        ('[CH]\nCH_X_GYM = {en = "gym", secret = true}', "CH_X_GYM", "no mark 'secret'"),
        ('[CH]\nCH_X_GYM = {en = "gym", inc = ["us"]}', "CH_X_GYM", "inc must be"),
        ('[CH]\nCH_X_GYM = {en = "gym", inc = "home"}', "CH_X_GYM", "inc must be"),
        ('[CH]\nCH_X_GYM = {en = "gym", sens = "low"}', "CH_X_GYM", "sens must be"),
        ('[CH]\nCH_X_GYM = {en = "gym", publish = "always"}', "CH_X_GYM", "publish must be"),
        ('[CH]\nCH_X_GYM = {en = "gym", hunted = 1}', "CH_X_GYM", "hunted must be"),
        ('[CH]\nCH_X_GYM = {en = "gym", ilo = [12]}', "CH_X_GYM", "ilo must be"),
        ('[CH]\nCH_X_GYM = {en = "gym", ilo = [true]}', "CH_X_GYM", "ilo must be"),
        ('[CH]\nCH_X_GYM = {en = "gym", pal = ["MAGIC"]}', "CH_X_GYM", "pal names"),
        ('[CH]\nCH_X_GYM = {en = "gym", replaced_by = "CH_X_CLUB"}', "CH_X_GYM", "that there is not"),
        ('[CH]\nCH_X_GYM = {en = "gym", replaced_by = "CH_X_GYM"}', "CH_X_GYM", "by itself"),
        ('[CH]\nCH_X_GYM = {en = "gym", replaced_by = "PL_COLONY"}', "CH_X_GYM", "another list"),
        ('[CH]\nCH_X_GYM = {en = "gym"}\nCH_X_GYM = {en = "club"}', None, "says something twice"),
        ('[ILO]\n12 = {en = "magic"}', "'ILO'", "two capital letters"),
        ("CH = 7", "'CH'", "two capital letters"),
    ],
)
def test_a_file_that_would_change_something_or_is_wrong_is_refused_and_the_code_named(
    write: Write, text: str, code: str | None, why: str
) -> None:
    with pytest.raises(BadCodebook, match=re.escape(why)) as raised:
        load(write(text))

    assert str(raised.value).startswith("north.toml: ")
    if code is not None:
        assert raised.value.code == code
        assert code in str(raised.value)
    assert load() is BOOK


@pytest.mark.parametrize("version", ["", 'version = ""', "version = 1", 'version = "a b"', 'version = "1+2"'])
def test_a_file_needs_a_version_of_its_own(tmp_path: Path, version: str) -> None:
    path = tmp_path / "north.toml"
    path.write_text(version, encoding="utf-8")

    with pytest.raises(BadCodebook, match="needs a version"):
        load(path)


@pytest.mark.parametrize("held", [b"\xff\xfe", b"a = " + b"[" * 5_000, b"#" * ((1 << 20) + 1), b"a = " + b"9" * 5_000])
def test_a_file_that_is_no_list_of_codes_is_refused(tmp_path: Path, held: bytes) -> None:
    path = tmp_path / "north.toml"
    path.write_bytes(held)

    with pytest.raises(BadCodebook):
        load(path)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(BadCodebook, match="cannot be read"):
            load(path)


@given(st.sampled_from(sorted(BOOK.terms)), st.sampled_from(["hunted = true", 'inc = ["home"]', "custody = false"]))
def test_no_code_of_the_program_can_be_named_in_a_file(
    tmp_path_factory: pytest.TempPathFactory, code: str, mark: str
) -> None:
    path = tmp_path_factory.mktemp("own") / "north.toml"
    path.write_text(f'version = "1"\n[{code[:2]}]\n{code} = {{en = "other", {mark}}}\n', encoding="utf-8")

    with pytest.raises(BadCodebook, match=code):
        load(path)


def test_what_was_loaded_cannot_be_written_to() -> None:
    book: Codebook = load()
    with pytest.raises(TypeError):
        book.terms["CO_X"] = book.term("CO_SENTENCE")  # type: ignore[index]
    with pytest.raises(TypeError):
        book.term("CO_SENTENCE").labels["en"] = "nothing"  # type: ignore[index]
    with pytest.raises(AttributeError):
        book.term("FA_POW").hunted = False  # type: ignore[misc]
