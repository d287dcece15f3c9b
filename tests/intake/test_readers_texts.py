"""Letters and articles as plain text: their encoding, title and language, and what cannot be told."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Reading

from guvoh.intake.found import (
    End,
    Found,
    Gap,
    Item,
    Kind,
    NotAMessage,
    Note,
    Request,
    Role,
    Rows,
    Unreadable,
    Why,
    decode,
    decode_request,
    encode,
)
from guvoh.intake.readers.files import read
from guvoh.intake.readers.tongues import language_of
from guvoh.records.base import Absent
from guvoh.records.people import Mention
from guvoh.values.absence import Absence
from guvoh.values.languages import Language
from guvoh.values.spans import normalise

SHARED = Path(os.environ.get("GUVOH_SHARED", Path(__file__).parents[2].parent / "shared"))

RUSSIAN = "Мать узнала, что её сына увезли из колонии весной. С тех пор он не звонил, и никто не отвечает на её письма."
SENTENCES = {
    Language.EN: "The mother learned in spring that her son had been taken from the colony and has not called since.",
    Language.RU: RUSSIAN,
    Language.UZ_LATN: "Onasi bahorda o'g'lini koloniyadan olib ketishganini bildi, shundan beri u qo'ng'iroq qilmagan.",
    Language.UZ_CYRL: "Онаси баҳорда ўғлини колониядан олиб кетишганини билди, шундан бери у қўнғироқ қилмаган.",
    Language.KY: "Энеси жазында уулун колониядан алып кетишкенин билди, ошондон бери ал чалган жок.",
    Language.TG: "Модараш баҳор фаҳмид, ки писарашро аз колония бурдаанд ва аз он вақт ӯ занг назадааст.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_the_language_of_a_letter_is_told_from_its_words(language: Language) -> None:
    assert Reading(SENTENCES[language].encode()).item.language is language


@pytest.mark.parametrize(
    "text",
    [
        "Annesi oğlunun ilkbaharda koloniden götürüldüğünü öğrendi ve o zamandan beri aramadı, kimse cevap vermiyor.",
        "La madre supo en primavera que se habían llevado a su hijo de la colonia y desde entonces no ha llamado.",
    ],
)
def test_another_language_is_no_language_of_ours_and_a_gap(text: str) -> None:
    item = Reading(text.encode()).item

    assert item.language is Language.UND
    assert Gap.LANGUAGE in item.gaps
    assert Note.OTHER_LANGUAGE in item.notes


def test_a_few_words_are_in_no_certain_language() -> None:
    assert Reading(b"no call").item.language is None
    assert language_of("Олим Каримов", "ru") is Language.RU, "unless the page says"
    assert language_of("Olim Karimov", "ru") is None, "and its letters can be that"


ENCODINGS = ["utf-8", "utf-8-sig", "cp1251", "koi8-r", "cp866", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_letter_is_read_in_every_encoding_of_the_region(encoding: str) -> None:
    item = Reading(RUSSIAN.encode(encoding), ".txt").item

    assert item.kind is Kind.TEXT
    assert item.text == RUSSIAN
    assert (Note.GUESSED_ENCODING in item.notes) == (encoding in {"cp1251", "koi8-r", "cp866"})


def test_what_does_not_fit_is_replaced_and_noted() -> None:
    item = Reading(RUSSIAN.encode() + b"\xff" + RUSSIAN.encode()).item

    assert item.text == f"{RUSSIAN}\ufffd{RUSSIAN}"
    assert Note.REPLACED in item.notes


def test_a_text_that_ends_inside_a_letter_keeps_what_is_whole() -> None:
    item = Reading((RUSSIAN + "я").encode()[:-1]).item

    assert item.text == RUSSIAN
    assert Note.TRUNCATED_TEXT in item.notes


def test_the_text_is_normal_text() -> None:
    item = Reading(("\ufeff" + RUSSIAN.replace("ё", "е\u0308") + "  \r\n\0конец\r\n").encode()).item

    assert item.text == RUSSIAN + "\nконец\n"
    assert item.text == normalise(item.text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"Увезли весной\n\n{RUSSIAN}\n", "Увезли весной"),
        (f"«Нас не спросили»: жёны пишут письма\n\n{RUSSIAN}\n", "«Нас не спросили»: жёны пишут письма"),
        (f"Где мой сын?\n\n{RUSSIAN}\n", "Где мой сын?"),
        (f"{RUSSIAN}\n", None),
        (f"{RUSSIAN}\n\n{RUSSIAN}\n", None),
        (f"Уважаемый господин прокурор!\n\n{RUSSIAN}\n", None),
        (f"Dear Sir\n\n{RUSSIAN}\n", None),
        (f"и потом увезли\n\n{RUSSIAN}\n", None),
        (f"Увезли весной\n{RUSSIAN}\n", None),
        ("Увезли весной\n", None),
        (f"{'Увезли ' * 40}\n\n{RUSSIAN}\n", None),
    ],
)
def test_a_first_line_is_a_title_only_if_it_stands_like_one(text: str, title: str | None) -> None:
    item = Reading(text.encode()).item

    assert item.title == title
    assert (Gap.TITLE in item.gaps) == (title is None)


def test_a_text_tells_neither_publisher_nor_date_nor_author_nor_address() -> None:
    assert Reading(RUSSIAN.encode()).item.gaps == [Gap.TITLE, Gap.PUBLISHER, Gap.PUBLISHED, Gap.AUTHOR, Gap.URL]


@pytest.mark.parametrize("raw", [b"", b" \n\t\r\n", b"\0" * 100, b"\xef\xbb\xbf\n"])
def test_an_empty_file_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="empty") as refused:
        Reading(raw)
    assert refused.value.code is Why.EMPTY


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"PK\x03\x04" + b"x" * 50, "save the sheet as CSV"),
        (b"\x89PNG\r\n", "picture"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "old Office file"),
        (bytes(range(256)) * 20, "no text"),
        (b"\0\1\2\3" * 100, "no text"),
    ],
)
def test_what_is_no_text_is_refused_with_what_it_is(raw: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as refused:
        Reading(raw, ".txt")
    assert refused.value.code is Why.NOT_TEXT


def test_more_than_was_allowed_is_refused() -> None:
    with pytest.raises(Unreadable) as refused:
        list(read(encode(Request(max_bytes=100)), BytesIO(b"x" * 101)))
    assert refused.value.code is Why.TOO_LARGE


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", ".txt", ".csv", ".html"]))
def test_random_bytes_are_read_or_refused_and_nothing_else(raw: bytes, hint: str) -> None:
    try:
        found = Reading(raw, hint)
    except Unreadable:
        return
    assert found.item.text == normalise(found.item.text)
    assert found.end.rows == len(found.rows)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_in_utf_8_comes_back_as_normal_text(text: str) -> None:
    raw = ("Слова. " + text).encode("utf-8", "ignore")
    try:
        found = Reading(raw, ".text")
    except Unreadable:
        return  # many controls are no text
    if found.item.kind is Kind.TEXT:
        assert found.item.text == normalise(raw.decode())


ITEM = Item(
    kind=Kind.TEXT,
    title=None,
    publisher=None,
    published=None,
    author=None,
    language=Language.RU,
    url=None,
    text="x",
    encoding="utf_8",
    gaps=[Gap.URL],
    notes=[Note.REPLACED],
)


NONE = Absent(absent=Absence.NONE_STATED)
ROWS = Rows([Mention(id="s-1.1", source="s-1", row=1, name="a", cells=("a",), dates={"death": NONE})])


@pytest.mark.parametrize("message", [ITEM, ROWS, End(rows=1)])
def test_messages_come_back(message: Found) -> None:
    assert decode(encode(message)) == message


@given(st.binary(max_size=100))
@settings(max_examples=60)
def test_garbage_from_a_reader_is_no_message(data: bytes) -> None:
    with pytest.raises(NotAMessage):
        decode(data)


def test_a_request_comes_back_and_garbage_is_none() -> None:
    asked = Request(name_hint=".csv", columns={"ФИО": Role.NAME})

    assert decode_request(encode(asked)) == asked
    with pytest.raises(Unreadable) as refused:
        decode_request(b"\xc1")
    assert refused.value.code is Why.REQUEST


def sample_texts() -> list[Path]:
    return sorted((SHARED / "samples" / "texts").glob("*.txt"))


@pytest.mark.skipif(not sample_texts(), reason="no sample texts of the shared folder")
def test_the_sample_texts_are_read_with_their_language_and_their_gaps_named() -> None:
    known = {"en": Language.EN, "ru": Language.RU, "ky": Language.KY, "uz": Language.UZ_CYRL}
    for path in sample_texts():
        item = Reading(path.read_bytes(), path.suffix).item
        code = path.stem.rpartition("_")[2]
        assert item.language is known.get(code, Language.UND), path.name
        assert set(item.gaps) >= {Gap.PUBLISHER, Gap.PUBLISHED, Gap.AUTHOR, Gap.URL}
        assert (item.title is not None) == (path.name == "A2_en.txt"), path.name
        if item.title is not None:
            assert item.title.startswith("“We didn’t give birth to children for war!”")
