"""One person taken out of a source that holds others. Everybody here is invented."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from csv import reader as csv_reader
from random import Random
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from guvoh.casebook.redaction import BLACK, Forms, RowsOutOfOrder, blackened, list_without, redacted
from guvoh.intake.found import End, Item, Request, Rows, decode, encode
from guvoh.intake.readers.files import read
from guvoh.names.fold import fold
from guvoh.records.base import Terms
from guvoh.records.codec import KINDS, AnyRecord, checked_bytes, from_bytes, kind_of
from guvoh.records.decisions import Note, Standard
from guvoh.records.people import Mention
from guvoh.records.sources import Capture, Column, Form, Layout, Original, Receipt, Source
from guvoh.records.statements import Statement, StatementKind
from guvoh.values.absence import Absence
from guvoh.values.spans import TextSpan, normalise
from guvoh.worlds.spelling import Hand, by_clerk, by_relatives, native
from guvoh.worlds.world import invent

ORIGINAL = Original(
    digest="sha256:" + "1" * 64, size=9, evidence="e-1", sealed_digest="sha256:" + "2" * 64, sealed_size=9, key="k-1"
)


def mention(name: str = "", **fields: object) -> Mention:
    return msgspec.structs.replace(Mention(id="m-1", source="s-1", name=name or None), **fields)


def source(text: str = "", **fields: object) -> Source:
    made = Source(id="s-1", terms=Terms.CONSENT, form=Form.TEXT, original=ORIGINAL, text=text)
    return msgspec.structs.replace(made, **fields)


def of(*names: str, also: tuple[str, ...] = (), alone: bool = True) -> Forms:
    return Forms.of([mention(name) for name in names], also, alone=alone)


BOTIR = of("Сафаров Ботир Ҳамидович")
JYLDYZ = of("Асанова Жылдыз Маратовна")
ILHOM = of("Гулзода Илҳом")
OKTAM = of("Gʻaniyev Oʻktam Shuhrat oʻgʻli")
LEV = of("Соколовский Семён Фёдорович")


def words_left(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@pytest.mark.parametrize(("forms", "text"), [
    # Uzbek, both scripts, and by Russian clerks
    (BOTIR, "Сафаров Сафаровнинг Сафаровга Сафаровдан Сафаровларнинг Сафаровникига Ботиржон Ботирбекни"),
    (BOTIR, "Safarov SAFAROVNING Safarovga Safarovlardan Botirga Botirjonning Hamidovich Hamid"),
    (BOTIR, "Сафарова Сафарову Сафаровым Сафарове Сафаровых Ботира Ботиром Хамидовичем Хамидовны"),
    (OKTAM, "Gʻaniyev G’aniyevning G'aniyevga G`aniyev Ganiyev Ғаниевдан Ғаниевнинг Ганиева Ганиевым Ganiev"),
    (OKTAM, "Oʻktam O‘ktamjon O'ktamning Ўктамга Уктам Уктаму Oktam Shuhratning Шуҳрат Шухратович Shukhrat"),
    # Kyrgyz
    (JYLDYZ, "Асанова Асановага Асановадан Асановдун Асановдор Жылдыздын Жылдызга Жылдызды Маратовнанын"),
    (JYLDYZ, "Asanova Asanovanyn Jyldyz Zhyldyz Jyldyzdyn Maratovna Marat"),
    # Tajik
    (ILHOM, "Гулзода Гулзодаро Гулзодаи Гулов Илҳомро Илҳомҷон Илхом Ильхом Ilhom Ilhomro Ilkhom Gulzoda"),
    # Russian
    (LEV, "Соколовский Соколовского Соколовскому Соколовским Sokolovskiy Sokolovsky Sokolovskogo"),
    (LEV, "Семён Семена Семёнович Семену Semyon Фёдоровича Федорович Федор"),
])  # fmt: skip
def test_every_form_of_a_name_is_blackened(forms: Forms, text: str) -> None:
    for word in text.split():
        assert not words_left(blackened(word, forms)), word
    assert not words_left(blackened(text, forms))


@pytest.mark.parametrize("forms", [BOTIR, JYLDYZ, ILHOM, OKTAM, LEV])
@pytest.mark.parametrize(
    "text",
    [
        "Он родился в селе и уехал в мае. Народ молчит, нарушение закона, рано или поздно.",
        "Onasi yigʻlab gapirdi: oʻgʻlim ketdi, ikki oydan beri xabar yoʻq.",
        "Модараш гуфт, ки писарам ду моҳ боз хабар намедиҳад. 12.05.2024, ИК-5",
        "Энеси айтты: балам эки айдан бери кабарсыз. Каримов Рустам, Тошматов Анвар",
        "https://news.example/2024/05/three-men-left.html?id=4711",
        "",
    ],
)
def test_what_is_not_of_the_name_stays(forms: Forms, text: str) -> None:
    assert blackened(text, forms) == text


def test_only_the_name_goes_and_what_stands_around_it_keeps_its_place() -> None:
    text = "Онаси айтди: «Сафаров Б. Ҳ. (1994) кетди», — Ботирнинг акаси эшитди."
    assert blackened(text, BOTIR) == "Онаси айтди: «███████ █. █. (1994) кетди», — █████████ акаси эшитди."


@pytest.mark.parametrize("text", [
    "Сафа-\nров", "Сафа\nров", "Сафа-ров", "Сафа\u00adров", "Сафа\u00ad\nров", "Сафа- \n ров", "Са-\nфа-\nров",
    "С а ф а р о в",
    "С.а.ф.а.р.о.в", "S-a-f-a-r-o-v", "С а ф а р о в Б о т и р", "С\u00a0а\u00a0ф\u00a0а\u00a0р\u00a0о\u00a0в",
    "Са\u200bфаров", "Сафа\u2060ров", "\u202bСафаров\u202c", "С\u0301афа\u0301ров", "Сафаро\u0306в", "ＳＡＦＡＲＯＶ",
    "Сaфapoв", "Safаrоv", "САФАРОВ", "сафаров", "сАФАРОВ", "СафаровБотир", "БотирСафаров", "botirsafarov",
    "safarovbotir", "Са\u0301фаров,Ботир", "«Сафаров»", "‘Safarov’", "d'Safarov", "Сафаров's",
    "x\u00adСафаров", "x\u00adСафа'ров",
])  # fmt: skip
def test_nothing_hides_a_name(text: str) -> None:
    assert not words_left(blackened(text, BOTIR))
    assert len(blackened(text, BOTIR)) == len(text)


def test_a_torn_name_goes_as_a_whole_where_its_first_piece_is_a_name_too() -> None:
    forms = of("Нур Нурмухаммад")
    assert not words_left(blackened("Нур-\nмухаммад, Nur-\nmuhammad", forms))
    assert blackened("Нурмухаммад\nкетди", forms) == BLACK * 11 + "\nкетди"


def test_marks_of_a_name_go_with_its_letters() -> None:
    forms = of("Ғайбуллаев Йўлдош")
    written = unicodedata.normalize("NFD", "Ғайбуллаев Йўлдош кетди")
    assert len(written) > len("Ғайбуллаев Йўлдош кетди")
    assert blackened(written, forms) == BLACK * 11 + " " + BLACK * 8 + " кетди"


@pytest.mark.parametrize(
    "place", ["{}", "https://news.example/2024/{}", "@{}", "{}.pdf", "x_{}_2", "mailto:{}@post.example"]
)
@pytest.mark.parametrize("name", [
    "botir-safarov-ushel", "safarov_botir", "BotirSafarov94", "bsafarov", "b.safarov", "mrsafarov", "botir.h.safarov",
])  # fmt: skip
def test_a_name_is_found_in_addresses_handles_and_names_of_files(place: str, name: str) -> None:
    left = blackened(place.format(name), BOTIR).casefold()
    for form in ("safarov", "botir"):
        assert form not in left
    around = {"https", "news", "example", "2024", "pdf", "x", "2", "mailto", "post"}
    assert set(words_left(left)) <= around | {"ushel", "94"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "cp866", "koi8-r"])
def test_a_name_is_found_where_its_letters_are_written_as_bytes(encoding: str) -> None:
    data = "Сафаров ушёл".encode(encoding)
    for written in (quote(data), quote(quote(data)), "".join(f"\\x{byte:02x}" for byte in data)):
        text = f"https://news.example/{written}?id=7"
        left = blackened(text, BOTIR)
        assert len(left) == len(text)
        assert left.startswith("https://news.example/") and left.endswith("?id=7")  # noqa: PT018
        start = len("https://news.example/")
        name = len(written) * len("Сафаров".encode(encoding)) // len(data)
        assert not words_left(left[start : start + name - 6].replace("%", ""))


def test_short_words_of_a_name_go_only_beside_another() -> None:
    forms = of("Ли Эр Нурлановна")
    assert blackened("знал ли он? эр йигит", forms) == "знал ли он? эр йигит"
    assert blackened("Ли Эр; Эр, Ли; Ли Нурлановна", forms) == "██ ██; ██, ██; ██ ██████████"


def test_a_name_of_three_sounds_takes_no_ordinary_words_with_it() -> None:
    forms = of("Нури Зиё")
    text = "народ, нарушение, наркотики, за, зал, зима"
    assert blackened(text, forms) == text
    assert not words_left(blackened("Нурининг Нурига Nuri Nuridan Нуриро Зиёга Ziyoning Зиёев Ziyo", forms))


def test_the_son_of_his_father_goes_as_a_whole() -> None:
    assert not words_left(blackened("Асан уулу Бакыт, Asan uulu Bakyt", of("Асан уулу Бакыт")))
    assert not words_left(blackened("Gʻaniyev Oʻktam Shuhrat oʻgʻli", OKTAM))
    assert blackened("oʻgʻlim, угли", OKTAM) == "oʻgʻlim, угли"


def test_a_name_with_a_hyphen_is_the_name_without_it() -> None:
    for name in ("Абдул-Рахман", "Абдулрахман", "Абдул Рахман"):
        for text in ("Абдул-Рахман", "Абдулрахман", "Абдул Рахман", "Abdul-Rahmanga", "Абдул-\nРахмана"):
            assert not words_left(blackened(text, of(name))), (name, text)


# Strings


@pytest.mark.parametrize(("string", "text"), [
    ("+998 90 123-45-67", "998901234567"), ("998901234567", "+998 (90) 123-45-67"),
    ("998901234567", "+998.90.123.45.67"), ("998901234567", "8 90 123 45 67"), ("998901234567", "90-123-45-67"),
    ("998901234567", "0901234567"), ("+7 (912) 345-67-89", "8 912 345 67 89"), ("998901234567", "+998 90\n123-45-67"),
    ("998901234567", "٩٩٨٩٠١٢٣٤٥٦٧"), ("AA 1234567", "АА1234567"), ("АА1234567", "aa № 1234567"),
    ("AA 1234567", "1234567"), ("г. Дальний, ул. Садовая, 5, кв. 7", "Г.ДАЛЬНИЙ УЛ САДОВАЯ 5 КВ 7"),
    ("botir94@post.example", "botir94 @ post.example"), ("Пакана Бой", "Пакана Бойнинг"),
    ("Чинорлик", "Chinorlikning"), ("й7ў9", "И\u03067у\u03069"), ("12", "12"),
])  # fmt: skip
def test_a_string_is_found_whatever_stands_between_its_signs(string: str, text: str) -> None:
    left = blackened(f"тел. {text}, 3", of(also=(string,)))
    assert left.startswith("тел. ")
    assert left.endswith(", 3")
    assert not words_left(left[5:-3])


def test_a_short_string_is_found_only_where_it_stands_alone() -> None:
    assert blackened("12 мая 2012, 120, 12", of(also=("12",))) == "██ мая 2012, 120, ██"


def test_the_identifier_of_a_row_is_looked_for_unless_it_is_too_short_to_tell_anybody() -> None:
    assert blackened("паспорт 44 17 903", Forms.of([mention(identifier="4417903")])) == "паспорт ██ ██ ███"
    assert blackened("дело 7", Forms.of([mention(identifier="7")])) == "дело 7"


def test_spans_are_blackened_whole_but_for_their_blanks() -> None:
    text = "его сосед, пекарь\nс улицы"
    span = TextSpan.cut(text, 4, 19)
    assert blackened(text, of(), [span]) == "его ██████ ██████\n█ улицы"


def test_text_made_to_keep_us_busy_is_searched_in_time() -> None:
    forms = of("Азиза Сафарова")
    for text in (
        "азиза" * 30 + "ббббббббббб",
        "азиза" * 20_000,
        "а" * 200_000,
        "а б " * 20_000,
        "%D0" * 20_000,
        "1 " * 50_000,
    ):
        assert len(blackened(text, forms)) == len(text)


def test_nearly_every_spelling_of_an_invented_person_is_found_and_few_of_others() -> None:
    people, hand = invent(500).people, Hand(rng=Random(7))
    found = touched = 0
    for person, other in zip(people, [*people[1:], people[0]], strict=True):
        forms = of(native(person).formal)
        found += sum(not words_left(blackened(by(person, hand).formal, forms)) for by in (by_clerk, by_relatives))
        touched += blackened(native(other).formal, forms) != native(other).formal
    assert found >= 0.99 * 2 * len(people)
    assert touched <= 0.1 * len(people)


def test_for_rows_of_others_two_words_of_the_name_must_meet() -> None:
    forms = of("Сафаров Ботир Ҳамидович", alone=False)
    assert blackened("Сафаров Рустам, Ботир Каримов", forms) == "Сафаров Рустам, Ботир Каримов"
    text = "брат: Safarov Botir; Сафаров Б.; Б. Сафаров"
    assert blackened(text, forms) == "брат: ███████ █████; ███████ █.; █. ███████"
    assert blackened("Чинорлик", Forms.of([], ["Чинорлик"], alone=False)) == BLACK * 8


def test_forms_are_not_in_their_own_description() -> None:
    assert "Сафаров" not in repr(BOTIR)
    assert "сафаров" not in repr(BOTIR).casefold()
    assert "4567" not in repr(of(also=("998901234567",)))


# Laws

alphabet = "абвгдеёжзиклмнопрстуфхчшяўқғҳӣӯҷөүңabdefghiklmnoqrstuvxyzʻ"
name_words = st.text(alphabet=alphabet, min_size=3, max_size=9).filter(lambda word: len(fold(word)) > 2)
names = st.lists(name_words, min_size=1, max_size=3).map(lambda parts: " ".join(part.capitalize() for part in parts))
noise = st.text(alphabet=alphabet + alphabet.upper() + " \n\t-.,'’\u0301\u0306\u00ad%@/_0123456789\0█", max_size=40)
texts = st.one_of(noise, st.text(max_size=30))


@st.composite
def texts_with(draw: st.DrawFn, name: str) -> str:
    styles: list[Callable[[str], str]] = [str.upper, str.lower, str.title, quote, str]
    styles.append(lambda word: unicodedata.normalize("NFD", word))
    parts = [draw(texts)]
    for _ in range(draw(st.integers(0, 3))):
        word = draw(st.sampled_from([*name.split(), name]))
        parts += [draw(st.sampled_from(styles))(word), draw(st.sampled_from([" ", "", "\n", "-", ", "])), draw(texts)]
    return "".join(parts)


@settings(max_examples=150, deadline=None)
@given(st.data(), names)
def test_the_length_is_kept_and_only_blacks_are_new(data: st.DataObject, name: str) -> None:
    text = data.draw(texts_with(name))
    left = blackened(text, of(name, also=("998 90 123",)))
    assert len(left) == len(text)
    assert all(new in (old, BLACK) for old, new in zip(text, left, strict=True))
    assert all(not old.isspace() for old, new in zip(text, left, strict=True) if new != old)


@settings(max_examples=150, deadline=None)
@given(st.data(), names)
def test_blackening_again_changes_nothing(data: st.DataObject, name: str) -> None:
    text, forms = data.draw(texts_with(name)), of(name, also=("998 90 123", "абв 7"))
    left = blackened(text, forms)
    assert blackened(left, forms) == left


@settings(max_examples=150, deadline=None)
@given(st.data(), names)
def test_no_word_of_the_name_is_left(data: st.DataObject, name: str) -> None:
    text = data.draw(texts_with(name))
    left = blackened(normalise(text), of(name))
    assert not set(fold(left).split()) & {fold(word) for word in name.split()}


@settings(max_examples=100, deadline=None)
@given(names, st.sampled_from(["нинг", "га", "ларнинг", "дан", "ro", "ning", "lardan", "ом", "у", "дун"]))
def test_no_ending_hides_a_name(name: str, ending: str) -> None:
    forms = of(name)
    for word in name.split():
        assert not words_left(blackened(word + ending, forms)), word


# Records


def test_words_of_a_record_go_and_its_ids_codes_and_dates_stay() -> None:
    receipt = Receipt(
        id="r-1",
        by="u-1",
        at="2024-06-02T09:15:00Z",
        reason="Ботирнинг акаси олиб келди",
        source="s-1",
        file_name="safarov-botir.txt",
        program="guvoh 0.1.0",
        capture=Capture(url="https://news.example/botir", captured_at="2024-05-28", captured_by="Safarov"),
    )
    left = redacted(receipt, BOTIR)
    assert left == Receipt(
        id="r-1",
        by="u-1",
        at="2024-06-02T09:15:00Z",
        reason="█████████ акаси олиб келди",
        source="s-1",
        file_name="███████-█████.txt",
        program="guvoh 0.1.0",
        capture=Capture(url="https://news.example/█████", captured_at="2024-05-28", captured_by="███████"),
    )


def test_a_record_without_the_person_is_no_derivative() -> None:
    assert redacted(Note(id="b-1", by="u-1", at="2024-06-02T09:15:00Z", about=("m-2",), text="hello"), BOTIR) is None
    assert redacted(source("Каримов кетди"), BOTIR) is None


def test_a_redacted_source_says_so_and_keeps_its_original_for_the_caller() -> None:
    text = "Сафаров кетди, нонвой кўрди"
    before = source(text, title="Сафаров", notes=("Safarov",), url="https://x.example/safarov", author="Amina")
    after = redacted(before, BOTIR, [TextSpan.cut(text, 15, 21)])
    assert isinstance(after, Source)
    assert after.redacted
    assert (after.text, after.title, after.notes) == ("███████ кетди, ██████ кўрди", "███████", ("███████",))
    assert (after.url, after.author, after.original) == ("https://x.example/███████", "Amina", ORIGINAL)


def test_a_row_is_searched_across_its_cells() -> None:
    forms = of("Сафаров Ботир", also=("AA 1234567",), alone=False)
    row = mention(surname="Сафаров", given="Ботир", cells=("Сафаров", "Ботир", "AA", "1234567"))
    left = redacted(row, forms)
    assert isinstance(left, Mention)
    assert left.cells == ("███████", "█████", "██", "███████")
    assert (left.surname, left.given) == ("███████", "█████")
    other = mention(surname="Сафаров", given="Рустам", cells=("Сафаров", "Рустам", "AB", "7654321"))
    assert redacted(other, forms) is None


STORY = (
    "Амина айтди: ўғлимни чақиришибди. Унинг ёнида Сафаров Ботир ҳам бор эди. Имзо қўймасанг, муддат узаяди, "
    "дейишган. Сафаровнинг онаси ҳам шуни эшитган, кейин хабар бўлмади."
)


def test_every_quote_is_found_again_in_the_blackened_text() -> None:
    after = blackened(STORY, BOTIR)
    for start in range(0, len(STORY) - 20, 3):
        said = Statement(id="t-1", source="s-1", kind=StatementKind.ACT, span=TextSpan.cut(STORY, start, start + 17))
        new = redacted(said, BOTIR, text=after) or said
        assert isinstance(new, Statement)
        assert new.span is not None
        assert new.span.found_in(after) == new.span == TextSpan.cut(after, start, start + 17)


def test_without_the_text_no_rest_of_a_cut_name_stays_in_a_quote() -> None:
    names = [(match.start(), match.end()) for match in re.finditer(r"Сафаров\w*|Ботир", STORY)]
    for start in range(len(STORY) - 12):
        span = TextSpan.cut(STORY, start, start + 9)
        said = Statement(id="t-1", source="s-1", kind=StatementKind.ACT, span=span)
        new = redacted(said, BOTIR) or said
        assert isinstance(new, Statement)
        assert new.span is not None
        window, first = new.span.prefix + new.span.exact + new.span.suffix, start - len(new.span.prefix)
        for begin, end in names:
            left = window[max(0, begin - first) : max(0, min(end, begin + 7) - first)]
            assert len(words_left(left)) == 0 or len(left) < 2, left


def test_a_marked_place_is_blackened_in_the_quotes_that_hold_it() -> None:
    text = "кеча нонвой келди"
    said = Statement(id="t-1", source="s-1", kind=StatementKind.ACT, span=TextSpan.cut(text, 5, 17))
    new = redacted(said, of(), [TextSpan.cut(text, 5, 11)])
    assert isinstance(new, Statement)
    assert new.span == TextSpan.cut("кеча ██████ келди", 5, 17)


CANARY = "Сафаров"
KEPT = {  # what is not words of a source or a person, by kind and field
    "id", "encoding", "reader", "program", "delimiter", "style", "why", "engine", "version", "codebook", "text_version",
    "level", "digest", "evidence", "sealed_digest", "settings", "published", "period", "captured_at", "birth", "dates",
    "said", "when", "start", "end", "since", "until", "given_on", "expires", "review", "valid_from", "valid_until",
    "closed", "sent", "due", "responded",
}  # fmt: skip
_SHAPED = {
    "^sha256": "sha256:" + "0" * 64, "^[0-9]{4}": "2024-06-02T09:15:00Z", "^[A-Z]{2}_": "CO_X", "^[a-z]{2,3}": "uz",
}  # fmt: skip


def _filled(shape: inspect.Type, name: str = "") -> object:
    """A value of a type, with the canary wherever words may stand."""
    match shape:
        case inspect.StrType(pattern=str(pattern)):
            return next((value for start, value in _SHAPED.items() if pattern.startswith(start)), "a")
        case inspect.Metadata():
            return "a"
        case inspect.StrType():
            return "2024" if name in KEPT else CANARY
        case inspect.IntType():
            return 1
        case inspect.BoolType():
            return False
        case inspect.EnumType(cls=cls):
            return next(iter(cls))
        case inspect.UnionType(types=types):
            text = [one for one in types if not isinstance(one, inspect.NoneType)]
            return _filled(next((one for one in text if isinstance(one, inspect.StrType)), text[0]), name)
        case inspect.VarTupleType(item_type=item):
            return (_filled(item, name),) * 2
        case inspect.DictType(key_type=key, value_type=value):
            return {} if name == "dates" else {_filled(key): _filled(value, name)}
        case inspect.StructType(cls=cls, fields=fields):
            return cls(**{one.name: _filled(one.type, one.name) for one in fields if one.name not in SKIPPED})
        case inspect.DataclassType():
            return TextSpan(start=9, end=9 + len(CANARY), exact=CANARY, prefix="x ", suffix=" y")
        case _:
            raise NotImplementedError(shape)


SKIPPED = {"row", "pattern"}  # make other fields impossible
FIXED: dict[str, dict[str, Any]] = {
    "disclosure": {"reference": "x-1"},
    "finding": {"standard": Standard.ALLEGED},
    "release": {"state": "RU"},
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__struct_config__.tag))
def test_no_field_of_any_kind_keeps_a_name(kind: type[AnyRecord]) -> None:
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    fields: dict[str, Any] = {one.name: _filled(one.type, one.name) for one in shape.fields if one.name not in SKIPPED}
    record: AnyRecord = kind(**{**fields, **FIXED.get(str(shape.tag), {})})
    body = checked_bytes(record)
    left = redacted(record, BOTIR)
    if CANARY.encode() not in body:
        assert left is None
        return
    assert left is not None
    after = checked_bytes(left)
    assert CANARY.encode() not in after
    assert (left.id, kind_of(left)) == (record.id, kind_of(record))
    assert from_bytes(after) == left
    without_mark = after.replace(b'"redacted":true,', b"")
    assert without_mark == body.replace(CANARY.encode(), (BLACK * len(CANARY)).encode())


# Lists


def a_list(rows: list[list[str]], heading: list[str], delimiter: str = ";") -> tuple[Source, list[Mention]]:
    columns = tuple(
        Column(number=number, heading=name, role=role, certainty="values", why="")
        for number, (name, role) in enumerate(zip(heading, ("name", "birth"), strict=True), 1)
    )
    layout = Layout(delimiter=delimiter, columns=columns)
    made = source(form=Form.LIST, layout=layout, rows=len(rows))
    mentions = [
        Mention(id=f"s-1.{number}", source="s-1", row=number, cells=tuple(cells))
        for number, cells in enumerate(rows, 1)
    ]
    return made, mentions


def written(made: Source, mentions: list[Mention], gone: set[int]) -> str:
    return b"".join(list_without(made, mentions, gone)).decode()


PEOPLE = [
    ["Сафаров Ботир", "04.03.1990"],
    ["Каримов Рустам", "1988"],
    ["Алиев Вали; Лола", "2001"],
    ['Ҳамид "Устоз"', "?"],
]


def test_a_row_that_is_gone_is_a_row_of_blacks() -> None:
    made, mentions = a_list(PEOPLE, ["ФИО", "Дата рождения"])
    assert written(made, mentions, {1, 3}) == (
        'ФИО;Дата рождения\n█;█\nКаримов Рустам;1988\n█;█\n"Ҳамид ""Устоз""";?\n'
    )


@pytest.mark.parametrize("heading", [["ФИО", "Дата рождения"], ["", ""]], ids=["with headings", "without headings"])
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
@pytest.mark.parametrize("gone", [{1}, {2, 3}, {4}])
def test_a_reader_finds_every_other_row_under_its_number(heading: list[str], delimiter: str, gone: set[int]) -> None:
    made, mentions = a_list(PEOPLE, heading, delimiter)
    data = written(made, mentions, gone).encode()
    asked = encode(Request(name_hint=".csv", source="s-1"))
    messages = [decode(message) for message in read(asked, io.BytesIO(data))]
    assert isinstance(messages[0], Item)
    assert messages[-1] == End(rows=4, notes=messages[-1].notes)  # type: ignore[union-attr]
    rows = [row for batch in messages if isinstance(batch, Rows) for row in batch.rows]
    assert [list(row.cells) for row in rows] == [
        [BLACK] * 2 if number in gone else cells for number, cells in enumerate(PEOPLE, 1)
    ]


def test_rows_that_are_not_there_any_more_keep_their_numbers() -> None:
    made, mentions = a_list(PEOPLE, ["ФИО", "Дата рождения"])
    assert written(made, mentions[1:3], set()) == (
        'ФИО;Дата рождения\n█;█\nКаримов Рустам;1988\n"Алиев Вали; Лола";2001\n█;█\n'
    )


def test_rows_out_of_their_order_are_refused() -> None:
    made, mentions = a_list(PEOPLE, ["ФИО", "Дата рождения"])
    for wrong in (mentions[::-1], [mentions[0], mentions[0]], [mention("x")]):
        with pytest.raises(RowsOutOfOrder, match="s-1") as caught:
            written(made, wrong, set())
        assert caught.value.source == "s-1"


def test_a_long_list_comes_in_pieces() -> None:
    made, mentions = a_list([["Каримов Рустам", str(number)] for number in range(20_000)], ["ФИО", "№"])
    pieces = list(list_without(made, mentions, {5}))
    assert len(pieces) > 3
    assert max(map(len, pieces)) < 1 << 18
    rows = list(csv_reader(io.StringIO(b"".join(pieces).decode()), delimiter=";"))
    assert len(rows) == 20_001
    assert rows[5] == [BLACK, BLACK]
    assert rows[20_000] == ["Каримов Рустам", "19999"]


def test_a_stated_absence_stays_one() -> None:
    record = from_bytes(b'{"type":"mention","id":"m-1","source":"s-1","name":{"absent":"unknown"},"place":"Botir"}')
    left = redacted(record, BOTIR)
    assert isinstance(left, Mention)
    assert getattr(left.name, "absent", None) is Absence.UNKNOWN
    assert left.place == "█████"
