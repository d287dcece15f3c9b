"""A released file: whole, safe to open, silent about what was left out, and written person by person."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.codebook import load
from guvoh.outputs.fields import FIELDS, Level
from guvoh.outputs.gate import Passed, Why, Withheld
from guvoh.outputs.release import ABSENT, FORMS, LEVELS, NO_STANCE, STANCES, write_html, write_jsonl
from guvoh.outputs.shown import Head, PersonShown
from guvoh.values.dates import DateSpan

HOSTILE = "<script>alert(1)</script> \"&' ]]> --> </style><b onload=x>"
UNSEEN = "a\x00b\x1bc\x85d\u2028e\u202ef\u2066g\ufeffh\ud800i"
VOID = {"meta", "br", "col"}
HEAD = Head(
    reference="x-k3v7m2xq5t",
    level=Level.COUNSEL,
    recipient="Ada Okonjo",
    day=date(2026, 11, 24),
    version="0.1.0",
    codebook="0.1",
)


def passed(kind: str, id_: str, values: Mapping[str, Any]) -> Passed:
    return Passed(kind=kind, id=id_, values={"id": id_, **values}, withheld=())


def statement(id_: str = "st-1", **values: Any) -> Passed:
    return passed("statement", id_, {"kind": "SK_ACT", "code": "CO_SENTENCE", "stance": "asserts", **values})


SPAN = {"start": 300, "end": 326, "exact": "Сказали, что добавят срок.", "prefix": "Он плакал. ", "suffix": " Мать."}
CASE = (
    passed(
        "mention",
        "s-7qk2m.14",
        {
            "source": "s-7qk2m",
            "row": 14,
            "surname": "Зарипов",
            "given": "Нодир",
            "patronymic": {"absent": "none"},
            "birth": "1990-03-05~",
            "age": 34,
            "identifier": {"absent": "unknown"},
            "dates": {"lost_contact": "../2024-03", "taken": {"absent": "unknown"}},
            "cells": ["14", "Зарипов Нодир"],
        },
    ),
    statement(
        about=["s-7qk2m.14"],
        source="s-abc12",
        attributes={"certainty": "sure", "sentence": "8 лет"},
        value="угроза",
        speaker={"words": "мать", "through": ["сосед"], "anonymous": True},
        basis="KB_TOLD_VICTIM",
        said="2024-04-02",
        when="2024-01/2024-02",
        where="Энск",
        language="ru",
        span=SPAN,
        translation="They said that they would add to the term.",
        translated_to="en",
        codebook="0.1",
    ),
    statement("st-2", source="s-off9", stance="denies", said="2024-05-20"),
    passed("event", "ev-1", {"statements": ["st-1", "st-2"], "code": "CO_SENTENCE", "when": "2024-01"}),
    passed("finding", "f-1", {"conclusion": "He was put under pressure.", "standard": "reasonable suspicion"}),
    passed("case", "c-1", {"about": ["s-7qk2m.14"], "needs": ["NE_LOCATE", "NE_INFO"], "urgency": "high"}),
    passed("action", "ac-1", {"case": "c-1", "code": "AC_PROS", "addressee": "Прокуратура", "sent": "2024-04-10"}),
    passed("source", "s-off9", {"kind": "ST_OFFICIAL", "published": "2024-05-20", "publisher": "Пресс-служба"}),
    passed("weather", "w-1", {"fog": True, "layers": {"upper air": [1, {"wind": "strong"}]}}),
)
DATED = {"birth", "when", "said", "published", "sent"}


class Page(HTMLParser):
    """Reads a page: is every element closed in order, which are there, and what do they say."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.rows: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words.append(data)
        if "tr" in self.open:
            self.rows[-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def written(form: str, *records: Passed, head: Head = HEAD, persons: int = 1) -> str:
    parts: list[bytes] = []
    FORMS[form](head, (PersonShown(number=n, records=records) for n in range(1, persons + 1)), parts.append)
    return b"".join(parts).decode("utf-8")


def page(*records: Passed, head: Head = HEAD, persons: int = 1) -> Page:
    return Page(written("html", *records, head=head, persons=persons))


def said(value: Any, field: str = "") -> Iterator[str]:
    """All that a reader must find of a value."""
    match value:
        case {"absent": str(absence), **rest} if not rest:
            yield ABSENT[absence]
        case dict():
            for name, one in value.items():
                yield from said(one, "when" if field == "dates" else name)
        case list() | tuple():
            for one in value:
                yield from said(one, field)
        case bool():
            yield "yes" if value else "no"
        case str() if field in DATED:
            yield DateSpan.parse(value).words("en")
        case str() if field == "stance":
            yield STANCES[value].en
        case _:
            yield " ".join(str(value).split())


def test_every_value_that_was_passed_is_on_the_page() -> None:
    text = page(*CASE).text
    for one in CASE:
        for name, value in one.values.items():
            for words in said(value, name):
                assert words in text, (one.id, name)


def test_every_field_of_every_kind_is_shown_and_a_kind_that_nobody_knows_too() -> None:
    kinds: dict[str, set[str]] = {kind: set(fields) - {"id"} for kind, fields in FIELDS.items()}
    kinds["unheard-of"] = {"this", "that_one"}
    records = [
        passed(kind, f"r-{kind}", {name: f"{kind} {name} там" for name in sorted(names)})
        for kind, names in kinds.items()
    ]
    text, lines = page(*records).text, written("jsonl", *records)
    for one in records:
        assert f"{one.kind} {one.id}" in text
        for value in one.values.values():
            assert value in text
            assert value in lines


def test_lines_of_json_give_back_what_was_passed() -> None:
    first, *rest = written("jsonl", *CASE, persons=2).splitlines()
    head, persons = json.loads(first), [json.loads(line) for line in rest]

    assert head["reference"] == HEAD.reference
    assert head["level"] == "counsel"
    assert head["day"] == "2026-11-24"
    assert [one["person"] for one in persons] == [1, 2]
    for one in persons:
        assert [(line["kind"], line["id"]) for line in one["records"]] == [(each.kind, each.id) for each in CASE]
        assert [{"id": line["id"], **line["values"]} for line in one["records"]] == [each.values for each in CASE]


def test_the_order_of_fields_in_a_record_makes_no_difference_to_its_line() -> None:
    turned = [passed(one.kind, one.id, dict(reversed(list(one.values.items())))) for one in CASE]
    assert written("jsonl", *turned) == written("jsonl", *CASE)


@pytest.mark.parametrize("form", FORMS)
def test_one_file_is_always_the_same(form: str) -> None:
    assert written(form, *CASE) == written(form, *CASE)


# --- denials


def row_of(found: Page, words: str) -> str:
    return next(" ".join(row.split()) for row in found.rows if words in row)


def test_a_denial_is_shown_as_one_beside_what_is_denied() -> None:
    label = load().term("CO_SENTENCE").label("en")
    found = page(statement(stance="denies"))

    assert row_of(found, label) == f"DENIED отрицаетсяDENIED: {label} CO_SENTENCE"
    assert ("strong", {"class": "denied"}) in found.seen
    assert "DENIED" not in page(statement()).text
    assert ("strong", {"class": "denied"}) not in page(statement()).seen


@pytest.mark.parametrize("stance", [None, "denies", "asks", "conditional", "whispers"])
def test_what_is_not_asserted_never_stands_as_a_bare_label(stance: str | None) -> None:
    values: dict[str, Any] = {"code": "CO_SENTENCE"} if stance is None else {"code": "CO_SENTENCE", "stance": stance}
    label = load().term("CO_SENTENCE").label("en")
    words = NO_STANCE.en if stance is None else STANCES[stance].en if stance in STANCES else stance
    assert f"{words}: {label}" in row_of(page(passed("statement", "st-1", values)), label)


def test_every_stance_has_words_of_its_own_in_both_languages() -> None:
    assert set(STANCES) == {"asserts", "denies", "asks", "conditional"}
    assert len({one.en for one in STANCES.values()}) == len({one.ru for one in STANCES.values()}) == len(STANCES)


def test_an_event_says_in_which_of_its_statements_it_is_denied() -> None:
    event = passed("event", "ev-1", {"statements": ["st-1", "st-2"], "code": "CO_SENTENCE"})
    found = page(statement("st-1"), statement("st-2", stance="denies"), event)

    assert "CO_SENTENCEDENIED in st-2" in found.text
    assert "statements: st-1 (asserted) | st-2 (DENIED)" in found.text
    assert "DENIED in" not in page(statement("st-1"), event).text


# --- words for codes, dates and what is absent


def test_a_code_stands_with_its_label_and_one_that_is_not_ours_as_it_is_spelt() -> None:
    text = page(statement(basis="KB_X_NORTH", place="PL_COLONY")).text
    assert f"{load().term('PL_COLONY').label('en')} PL_COLONY" in text
    assert "KB_X_NORTH" in text


def test_dates_are_said_in_words_and_what_is_no_date_is_shown_as_it_is() -> None:
    text = page(statement(when="../2024-03-05", said="в марте")).text
    assert "before 5 March 2024" in text
    assert "в марте" in text


def test_a_stated_absence_is_told_apart_from_silence() -> None:
    text = page(statement(when={"absent": "unknown"}, where={"absent": "none"})).text
    assert "stated as not known" in text
    assert "stated that there is none" in text
    assert not any(words in page(statement()).text for words in ABSENT.values())


@pytest.mark.parametrize("value", [{}, [], None, {"absent": "perhaps"}, {"absent": "none", "x": 1}, 1.5, [[[]]], ""])
def test_a_value_of_no_known_shape_is_no_error(value: Any) -> None:
    for kind in ("mention", "statement", "event", "action", "source", "unheard-of"):
        record = passed(kind, "r-1", dict.fromkeys(("stance", "code", "when", "statements", "span", "other"), value))
        assert "r-1" in page(record).text
        assert json.loads(written("jsonl", record).splitlines()[1])["records"][0]["values"]["other"] == value


# --- nothing of what was left out


@pytest.mark.parametrize("form", FORMS)
def test_what_was_left_out_leaves_no_trace(form: str) -> None:
    """Neither the reasons, nor the consents, nor how many persons were asked for."""
    held = [Withheld(record="st-9", field=field, why=why) for why in Why for field in ("", "where")]
    open_ = statement()
    kept = replace(open_, withheld=tuple(held), consents=("n-other",))

    assert written(form, kept) == written(form, open_)


def test_a_column_that_nothing_fills_is_not_there() -> None:
    text = page(statement()).text
    assert "Where" not in text
    assert "When" not in text
    assert "Where" in page(statement(), statement("st-2", where="Энск")).text


def test_a_part_that_nothing_fills_is_not_there() -> None:
    text = page(statement()).text
    for words in ("Events", "Steps taken", "Sources", "Other records", "О ком"):
        assert words not in text


# --- safe to open


def everywhere(text: str) -> tuple[Passed, ...]:
    """Records that hold a text wherever one can hold one."""
    shapes: dict[str, Any] = {"plain": text, "list": [text], "dict": {text: text}, "deep": {"a": [{"b": text}]}}
    return tuple(
        passed(
            kind, text, {**dict.fromkeys(fields, text), **shapes, text: text, "span": {"exact": text, "prefix": text}}
        )
        for kind, fields in (*FIELDS.items(), (text, {}))
    )


def hostile_head(text: str) -> Head:
    return replace(
        HEAD, reference=text, recipient=text, body=text, state=text, version=text, codebook=text, level=Level.UN
    )


def test_markup_anywhere_is_shown_and_not_obeyed() -> None:
    plain = page(*everywhere("слово"), head=hostile_head("слово"))
    found = page(*everywhere(HOSTILE), head=hostile_head(HOSTILE))

    assert {tag for tag, _ in found.seen} == {tag for tag, _ in plain.seen}
    assert len(found.seen) == len(plain.seen)
    assert HOSTILE in found.text


def test_nothing_in_the_head_ends_the_style_of_the_page() -> None:
    html = written("html", statement(), head=hostile_head(HOSTILE + '"; } body { display: none } \\'))
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    strings = re.findall(r'content: "([^"]*)"', style)

    assert len(strings) == 2  # what it is, and its reference
    assert all(re.fullmatch(r"(?:[A-Za-z0-9 ]|\\[0-9a-f]+ )*", one) for one in strings)
    assert "display: none }" not in style.partition("@page { font")[2]


def test_nothing_on_the_page_reaches_outside_it() -> None:
    for level in Level:
        html = written("html", *CASE, head=replace(HEAD, level=level))
        for tag, attrs in Page(html).seen:
            assert tag not in {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base", "svg"}
            assert not [name for name in attrs if name in {"href", "src", "srcset", "style"} or name[:2] == "on"]
        assert not re.search(r"https?:|//[a-z]|url\(|@import|javascript:", html, re.IGNORECASE)
        assert "default-src 'none'; style-src 'unsafe-inline'" in html


def test_an_address_is_words_and_no_link() -> None:
    found = page(passed("source", "s-1", {"url": "https://example.org/?a=1&b=2"}))
    assert "https://example.org/?a=1&b=2" in found.text
    assert "a" not in {tag for tag, _ in found.seen}


def test_controls_and_marks_that_turn_a_line_are_shown_by_number() -> None:
    html = written("html", *everywhere(UNSEEN), head=hostile_head(UNSEEN))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]", html)
    assert "a[U+0000]b[U+001B]c[U+0085]d[U+2028]e[U+202E]f[U+2066]g[U+FEFF]h[U+D800]i" in Page(html).text


def test_words_that_run_from_right_to_left_are_kept_apart_from_what_stands_around_them() -> None:
    words = "\u200fשלום\u200f"
    html = written("html", statement(where=words, value=words, span={"exact": words}))
    assert html.count(words) == 3
    assert f"<td><bdi>{words}</bdi></td>" in html
    assert html.count(f"<bdi>{words}</bdi>") == 2
    assert f"<q>{words}</q>" in html


def test_a_language_that_is_none_is_no_attribute() -> None:
    html = written("html", statement(language='ru" onclick="x', span=SPAN))
    assert 'lang="ru" onclick' not in html
    assert '<bdi lang="ru">' in written("html", statement(language="ru", span=SPAN))


def test_no_character_breaks_a_line_of_json_or_is_lost() -> None:
    text = written("jsonl", *everywhere(UNSEEN), head=hostile_head(UNSEEN))
    head, person = text.splitlines()
    assert json.loads(head)["recipient"] == UNSEEN
    assert json.loads(person)["records"][0]["values"]["deep"] == {"a": [{"b": UNSEEN}]}
    assert not re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


texts = st.text(st.characters(codec=None), max_size=12)
values = st.recursive(
    st.one_of(texts, st.integers(), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
fields = st.one_of(st.sampled_from(sorted({name for kind in FIELDS.values() for name in kind} - {"id"})), texts)


@settings(max_examples=60)
@given(st.sampled_from([*FIELDS, "unheard-of"]), st.dictionaries(fields.filter(lambda name: name != "id"), values))
def test_whatever_is_passed_is_a_page_in_order_and_a_line_that_can_be_read(kind: str, held: dict[str, Any]) -> None:
    record = passed(kind, "r-1", held)
    assert "r-1" in page(record).text
    assert len(written("jsonl", record).splitlines()) == 2
    json.loads(written("jsonl", record).splitlines()[1])


# --- the head


@pytest.mark.parametrize("level", Level)
def test_the_head_says_what_it_is_for_whom_and_how_it_is_called_back(level: Level) -> None:
    text = page(statement(), head=replace(HEAD, level=level)).text
    assert LEVELS[level].title.en in text
    assert LEVELS[level].title.ru in text
    for words in (
        "Ada Okonjo",
        "24 November 2026",
        "24 ноября 2026",
        "x-k3v7m2xq5t",
        "destroyed on request under this reference",
        "Уничтожить по требованию",
        "claims of those who made them, not findings",
    ):
        assert words in text


def test_a_counsel_file_calls_itself_privileged_and_a_submission_names_its_body() -> None:
    assert "privileged and confidential" in page(statement()).text
    head = replace(HEAD, level=Level.UN, body="Working Group on Arbitrary Detention", state="RU")
    text = page(statement(), head=head).text
    assert "Submission to: Working Group on Arbitrary Detention" in text
    assert "Government concerned государство RU" in " ".join(re.sub("(?=RU)", " ", text, count=1).split())


def test_a_file_without_names_names_nobody_it_is_for() -> None:
    assert "кому" not in page(statement(), head=replace(HEAD, level=Level.ANONYMOUS, recipient="")).text


def test_the_title_tells_a_browser_nothing_but_the_reference() -> None:
    assert "<title>x-k3v7m2xq5t</title>" in written("html", *CASE)


def test_the_reference_stands_on_every_page_and_above_every_table() -> None:
    html = written("html", *CASE, persons=2)
    assert re.search(r"@top-right \{ content: \"Reference x\\2d k3v7m2xq5t\"", html)
    assert Page(html).text.count("Reference x-k3v7m2xq5t · person 2") == len(re.findall("<table", html)) / 2 == 7


def test_the_end_says_how_many_persons_came_before_it() -> None:
    assert "End of x-k3v7m2xq5t: 1 person." in page(statement()).text
    assert "End of x-k3v7m2xq5t: 3 persons." in page(statement(), persons=3).text
    assert "End of x-k3v7m2xq5t: 0 persons." in page(persons=0).text


# --- in a stream


@pytest.mark.parametrize("form", FORMS)
def test_a_person_is_written_before_the_next_is_asked_for(form: str) -> None:
    parts: list[bytes] = []
    at: list[str] = []

    def people() -> Iterator[PersonShown]:
        for number in (1, 2, 3):
            at.append(b"".join(parts).decode("utf-8"))
            yield PersonShown(number=number, records=(statement(value=f"слово-{number}"),))

    FORMS[form](HEAD, people(), parts.append)

    assert "x-k3v7m2xq5t" in at[0]
    assert "слово-1" in at[1]
    assert "слово-1" in at[2]
    assert "слово-2" in at[2]
    assert "слово-3" in b"".join(parts).decode("utf-8")


@pytest.mark.parametrize("write_file", [write_html, write_jsonl])
def test_what_fails_half_way_is_not_hidden(write_file: Any) -> None:
    def people() -> Iterator[PersonShown]:
        yield PersonShown(number=1, records=(statement(),))
        raise LookupError("gone")

    with pytest.raises(LookupError):
        write_file(HEAD, people(), lambda data: None)
