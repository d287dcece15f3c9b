"""A released file, as a page or as lines of JSON: what the gate has passed, person by person, and nothing of the rest.

Neither tells that something was left out: no reason, no count, no empty heading. Persons are written one after another
as they come, and none is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any, NamedTuple

from guvoh.codebook import Label, load
from guvoh.outputs.fields import Level
from guvoh.outputs.gate import Passed
from guvoh.outputs.shown import Head, PersonShown
from guvoh.values.dates import DateSpan, NotADate
from guvoh.values.languages import Language

Write = Callable[[bytes], object]

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class _Said(NamedTuple):
    en: str
    ru: str


class _Level(NamedTuple):
    """What a file of a level is called, what runs along its pages, and how far it may go."""

    title: _Said
    running: str
    use: _Said


_KEEP = _Said("Do not pass it on.", "Не передавать другим.")
LEVELS: dict[Level, _Level] = {
    Level.INTERNAL: _Level(_Said("Internal file", "Для внутренней работы"), "Internal", _KEEP),
    Level.COUNSEL: _Level(
        _Said("Counsel file: privileged and confidential", "Материалы для адвоката: адвокатская тайна"),
        "Privileged and confidential",
        _KEEP,
    ),
    Level.ANNEX: _Level(
        _Said("Annex to a filing", "Приложение к обращению"),
        "Annex, confidential",
        _Said(
            "Do not pass it on, except to the court or authority that it is filed with.",
            "Не передавать никому, кроме суда или органа, куда подаётся обращение.",
        ),
    ),
    Level.UN: _Level(
        _Said("Submission", "Обращение"),
        "Submission, confidential",
        _Said(
            "Do not pass it on outside the procedure that it is sent for.",
            "Не передавать за пределы процедуры, для которой направлено.",
        ),
    ),
    Level.TRACING: _Level(
        _Said("Tracing request", "Запрос о розыске"),
        "Tracing request, confidential",
        _Said("Use it to find the person. Do not pass it on.", "Только для розыска. Не передавать другим."),
    ),
    Level.ANONYMOUS: _Level(
        _Said("Statements without names", "Сведения без имён"),
        "Without names",
        _Said("Do not try to find out who somebody in it is.", "Не пытаться установить, о ком идёт речь."),
    ),
}
CLAIMS = _Said(
    "Statements are claims of those who made them, not findings.",
    "Сведения — слова тех, кто их сообщил, а не установленные факты.",
)
RECALL = _Said("To be destroyed on request under this reference.", "Уничтожить по требованию с этим номером.")

ABSENT = {"unknown": "stated as not known", "none": "stated that there is none"}

STANCES = {
    "asserts": _Said("asserted", "утверждается"),
    "denies": _Said("DENIED", "отрицается"),
    "asks": _Said("asked", "вопрос"),
    "conditional": _Said("on a condition", "при условии"),
}
NO_STANCE = _Said("stance not given", "не указано")
"""Never left empty: what has no stance must not be read as asserted."""


class _Part(NamedTuple):
    """A part of what is shown of a person. columns: by field; without any, each record is a table of its own."""

    kinds: tuple[str, ...]
    title: _Said
    columns: dict[str, _Said] = {}


_WHEN, _WHERE = _Said("When", "когда"), _Said("Where", "где")
PARTS = (
    _Part(("mention",), _Said("Who", "О ком")),
    _Part(
        ("statement",),
        _Said("What is said", "Что сообщается"),
        {
            "stance": _Said("Stance", "как сказано"),
            "code": _Said("What", "что"),
            "when": _WHEN,
            "where": _WHERE,
            "basis": _Said("How it is known", "откуда известно"),
        },
    ),
    _Part(
        ("event",),
        _Said("Events, as these statements have them", "События, по этим сведениям"),
        {
            "code": _Said("What", "что"),
            "when": _WHEN,
            "where": _WHERE,
            "place_type": _Said("Type of place", "вид места"),
        },
    ),
    _Part(("finding",), _Said("Conclusions after review", "Выводы после проверки")),
    _Part(
        ("case", "action"),
        _Said("Steps taken, and answers", "Что предпринято и ответы"),
        {
            "code": _Said("Step", "шаг"),
            "addressee": _Said("To", "кому"),
            "sent": _Said("Sent", "отправлено"),
            "response": _Said("Answer", "ответ"),
            "responded": _Said("Answered", "дата ответа"),
        },
    ),
    _Part(
        ("source",),
        _Said("Sources", "Источники"),
        {
            "kind": _Said("Kind", "вид"),
            "published": _Said("Published", "дата"),
            "publisher": _Said("Publisher", "кто опубликовал"),
            "language": _Said("Language", "язык"),
        },
    ),
)
_OTHER = _Said("Other records", "Прочее")

_LABELS = {
    "name": "full name",
    "given": "given name",
    "birth": "born",
    "age": "age in years",
    "origin": "from",
    "identifier": "number of a document",
    "cells": "row as the list has it",
    "span": "words of the source",
    "value": "as stated",
    "translated_to": "translated into",
    "about": "about mention",
    "said": "said on",
    "codebook": "coded with codebook",
    "lost_contact": "contact lost",
    "taken": "taken away",
    "place_type": "type of place",
    "rows": "rows of the list",
    "gaps": "not found in the source",
    "redacted": "parts were erased",
}
"""What a field is called where its own name would not do."""

_DATED = frozenset(
    {"birth", "when", "said", "published", "sent", "responded", "due", "closed", "start", "end", "since", "until"}
)
_TRACE = ("source", "row", "about", "statements", "case", "supporting", "contradicting", "kind", "language",
          "translated_to", "terms", "form", "rows", "gaps", "redacted", "codebook")  # fmt: skip
"""What serves to trace a line back, in small letters under it and in this order. `id` stands before them all."""
_FIRST = ("span", "translation", "value", "attributes", "speaker", "said")
"""What stands first under a line; the rest follows as it came."""

_LANGUAGES = {one.value: one for one in Language}
_CODE = re.compile(r"[A-Z]{2}_[A-Z0-9_]{1,40}")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
# Controls, line separators, what turns the direction of a line until further notice, and halves of a letter: none of
# them may act on the page, and none is dropped in silence.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_LONGEST_RUNNING = 60


# --- the page


def write_html(head: Head, persons: Iterable[PersonShown], write: Write) -> None:
    """Write one page in UTF-8 that fetches nothing, runs nothing, and prints on A4 in black on white."""
    write(_opening(head).encode("utf-8"))
    written = 0
    for person in persons:
        for part in _person(head, person):
            write(part.encode("utf-8"))
        written += 1
    write(_closing(head, written).encode("utf-8"))


def _opening(head: Head) -> str:
    css = resources.files("guvoh.outputs").joinpath("release.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{_plain(head.reference)}</title>\n<style>\n{css}{_running(head)}\n</style>\n</head>\n<body>\n"
        f"{_header(head)}\n<main>\n"
    )


def _running(head: Head) -> str:
    """What every printed page bears. Browsers that cannot do it have the first line of each table instead."""
    level = LEVELS[head.level].running
    whose = f"{level}, for {head.recipient}" if head.recipient else level
    if len(whose) > _LONGEST_RUNNING:
        whose = f"{whose[: _LONGEST_RUNNING - 1]}…"
    return (
        "@page { font: 8pt system-ui, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif; "
        f"@top-left {{ content: {_css(whose)}; white-space: nowrap; }} "
        f"@top-right {{ content: {_css(f'Reference {head.reference}')}; white-space: nowrap; }} "
        '@bottom-right { content: counter(page) " / " counter(pages); } }'
    )


def _header(head: Head) -> str:
    level = LEVELS[head.level]
    title = f"{level.title.en} to: {head.body}" if head.body else level.title.en
    facts = (
        ("Reference", "номер", f"<strong>{_plain(head.reference)}</strong>"),
        ("For", "кому", _plain(head.recipient)),
        ("Body", "орган", _plain(head.body)),
        ("Government concerned", "государство", _plain(head.state)),
        ("Date", "дата", f"{DateSpan.on(head.day).words('en')} / {DateSpan.on(head.day).words('ru')}"),
        ("Codebook", "кодификатор", _plain(head.codebook)),
        ("Made by", "программа", f"Guvoh {_plain(head.version)}"),
    )
    lines = "".join(f"<dt>{_both(_Said(en, ru))}</dt><dd><bdi>{value}</bdi></dd>" for en, ru, value in facts if value)
    notice = (RECALL, level.use, CLAIMS)
    return (
        f'<header><h1>{_plain(title)}</h1><p class="under" lang="ru">{escape(level.title.ru)}</p>'
        f'<dl class="facts">{lines}</dl><div class="notice">'
        f"<p>{escape(' '.join(one.en for one in notice))}</p>"
        f'<p lang="ru">{escape(" ".join(one.ru for one in notice))}</p></div></header>'
    )


def _closing(head: Head, written: int) -> str:
    persons = f"{written:,} {'person' if written == 1 else 'persons'}"
    return (
        f'</main>\n<footer><p>End of {_plain(head.reference)}: {persons}. <span lang="ru">Конец; человек в файле: '
        f"{written}.</span></p></footer>\n</body>\n</html>\n"
    )


# --- one person


def _person(head: Head, person: PersonShown) -> Iterator[str]:
    """A person in pieces of a record each, so that three thousand statements need no room either."""
    yield f'<section class="person"><h2>{_both(_Said(f"Person {person.number}", f"человек {person.number}"))}</h2>\n'
    mark = f"Reference {_plain(head.reference)} · person {person.number}"
    stances = {one.id: one.values["stance"] for one in person.records if "stance" in one.values}
    for part in PARTS:
        records = [one for one in person.records if one.kind in part.kinds]
        if records:
            yield from _part(part, records, mark, stances)
    known = {kind for part in PARTS for kind in part.kinds}
    others = [one for one in person.records if one.kind not in known]
    if others:
        yield from _part(_Part((), _OTHER), others, mark, {})
    yield "</section>\n"


def _part(part: _Part, records: Sequence[Passed], mark: str, stances: Mapping[str, Any]) -> Iterator[str]:
    """One table. Columns that no record fills are not there."""
    columns = [name for name in part.columns if any(name in one.values for one in records)]
    if "statement" in part.kinds and "stance" not in columns:
        columns.insert(0, "stance")
    span = max(len(columns), 1) if part.columns else 2
    yield f'<h3>{_both(part.title)}</h3>\n<table class="{"rows" if part.columns else "facts"}">'
    widths = "".join(f'<col class="{name}">' for name in columns or ("label", "value"))
    yield f"<colgroup>{widths}</colgroup>"
    yield f'<thead><tr class="mark"><td colspan="{span}">{mark}</td></tr>'
    if columns:
        names = "".join(f'<th scope="col">{_both(part.columns[name])}</th>' for name in columns)
        yield f"<tr>{names}</tr>"
    yield "</thead>\n"
    for one in records:
        yield _row(one, columns, span, stances) if part.columns else _facts(one)
    yield "</table>\n"


def _row(one: Passed, columns: Sequence[str], span: int, stances: Mapping[str, Any]) -> str:
    """A record as a line of cells, and under it whatever has no column."""
    filled = [name for name in columns if name in one.values]
    statement = one.kind == "statement"
    cells = "".join(f"<td>{_cell(one, name, stances)}</td>" for name in columns) if filled or statement else ""
    under = f'<tr class="under"><td colspan="{span}">{_under(one, filled, stances)}</td></tr>'
    return f"<tbody>{f'<tr>{cells}</tr>' if cells else ''}{under}</tbody>\n"


def _cell(one: Passed, name: str, stances: Mapping[str, Any]) -> str:
    if name == "stance" and one.kind == "statement":
        return _stance(one.values.get(name))
    if name not in one.values:
        return ""
    value = _value(one.values[name], name)
    if name == "code" and one.kind == "statement":
        return _before(one.values.get("stance")) + value
    if name == "code" and one.kind == "event":
        denied = [each for each in _ids(one.values.get("statements")) if stances.get(each) == "denies"]
        return value + "".join(f'<br><strong class="denied">DENIED in {_plain(each)}</strong>' for each in denied)
    return value


def _stance(stance: object) -> str:
    words = _both(_stance_words(stance))
    return f'<strong class="denied">{words}</strong>' if stance == "denies" else words


def _stance_words(stance: object) -> _Said:
    return NO_STANCE if stance is None else STANCES.get(str(stance), _Said(_seen(str(stance)), ""))


def _before(stance: object) -> str:
    """Before a label that nobody asserts, so that it cannot be cut out without that."""
    if stance == "asserts":
        return ""
    return f"<strong>{escape(_stance_words(stance).en)}:</strong> "


def _under(one: Passed, filled: Sequence[str], stances: Mapping[str, Any]) -> str:
    names = [name for name in one.values if name not in filled and name not in (*_TRACE, "id")]
    names.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
    lines = "".join(
        f'<div class="line">{_named(name)} {_value(one.values[name], name, _tongue(one, name))}</div>' for name in names
    )
    return lines + _trace(one, filled, stances)


def _trace(one: Passed, filled: Sequence[str], stances: Mapping[str, Any]) -> str:
    """The id of a record, and those of what it rests on, each with its stance where it is a statement of this file."""
    said = [f"{_plain(one.kind)} <code>{_plain(one.id)}</code>"]
    for name in _TRACE:
        if name not in one.values or name in filled:
            continue
        value = one.values[name]
        ids = _ids(value)
        if any(each in stances for each in ids):
            shown = " | ".join(_with_stance(each, stances) for each in ids)
        else:
            shown = _value(value, name)
        said.append(f"{_named(name)} {shown}")
    return f'<div class="trace">{" · ".join(said)}</div>'


def _ids(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list | tuple) else []


def _with_stance(statement: str, stances: Mapping[str, Any]) -> str:
    aside = f" ({escape(_stance_words(stances[statement]).en)})" if statement in stances else ""
    return f"<bdi>{_plain(statement)}</bdi>{aside}"


def _facts(one: Passed) -> str:
    """A record as a table of names and values."""
    names = [name for name in one.values if name not in (*_TRACE, "id")]
    rows = "".join(
        f'<tr><th scope="row">{_plain(_label(name))}</th><td>{_value(one.values[name], name)}</td></tr>'
        for name in names
    )
    return f'<tbody><tr class="under"><td colspan="2">{_trace(one, (), {})}</td></tr>{rows}</tbody>\n'


# --- values


def _value(value: Any, field: str = "", tongue: str = "") -> str:
    """A value in words, as markup. Whatever it is, it is shown, and shown apart from what stands around it."""
    match value:
        case {"absent": str(said), **rest} if not rest and said in ABSENT:
            return f"<em>{ABSENT[said]}</em>"
        case {"exact": str(), **rest} if field == "span":
            return _quoted(value, tongue)
        case Mapping():
            dated = field == "dates"
            pairs = (
                f"{_named(str(name))} {_value(one, 'when' if dated else str(name))}" for name, one in value.items()
            )
            return "; ".join(pairs)
        case list() | tuple():
            return " | ".join(_value(one, field) for one in value)
        case bool():
            return "yes" if value else "no"
        case None:
            return "<em>nothing</em>"
        case str():
            return _words(value, field, tongue)
        case _:
            return _plain(str(value))


def _words(text: str, field: str, tongue: str) -> str:
    if field in _DATED:
        return _date(text)
    if field in ("language", "translated_to"):
        tag = _LANGUAGES.get(text)
        return f"{escape(tag.called('en'))} ({_plain(text)})" if tag else f"<bdi>{_plain(text)}</bdi>"
    label = _code_label(text)
    if label is not None:
        return f"{escape(label.text)} <code>{escape(text)}</code>"
    return f"<bdi{_lang(tongue)}>{_plain(text)}</bdi>"


def _code_label(text: str) -> Label | None:
    """What the program's own codebook calls a code; a code of somebody else's file is shown as it is spelt."""
    book = load()
    return book.term(text).labelled("en") if _CODE.fullmatch(text) and text in book else None


def _date(text: str) -> str:
    try:
        return escape(DateSpan.parse(text).words("en"))
    except NotADate:
        return f"<bdi>{_plain(text)}</bdi>"


def _quoted(span: Mapping[str, Any], tongue: str) -> str:
    """The quote, what stands around it, and where in the text it stands."""
    parts = {name: _plain(str(span.get(name, ""))) for name in ("prefix", "exact", "suffix")}
    rest = {name: one for name, one in span.items() if name not in parts}
    place = f'<span class="trace">{_value(rest)}</span>' if rest else ""
    return (
        f'<bdi{_lang(tongue)}><span class="around">{parts["prefix"]}</span><q>{parts["exact"]}</q>'
        f'<span class="around">{parts["suffix"]}</span></bdi> {place}'
    )


def _tongue(one: Passed, name: str) -> str:
    """The language that a field is in, where the record says so."""
    field = {"span": "language", "translation": "translated_to"}.get(name)
    found = one.values.get(field) if field else None
    return found if isinstance(found, str) else ""


def _lang(tongue: str) -> str:
    return f' lang="{tongue}"' if _TAG.fullmatch(tongue) else ""


def _named(name: str) -> str:
    return f'<span class="label">{_plain(_label(name))}:</span>'


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " "))


def _both(said: _Said) -> str:
    russian = f' <span class="ru" lang="ru">{escape(said.ru)}</span>' if said.ru else ""
    return escape(said.en) + russian


def _seen(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def _plain(text: str) -> str:
    return escape(_seen(text))


def _css(text: str) -> str:
    """A string of CSS. What is no plain letter or digit is written by its number: nothing can end the string."""
    return '"' + re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found[0]):x} ", _seen(text)) + '"'


# --- lines of JSON

# These are written by number, for they end lines or turn them round in programs that show such a file.
_NUMBERED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def write_jsonl(head: Head, persons: Iterable[PersonShown], write: Write) -> None:
    """Write a line about the file, and one for each person: {"person", "records": [{"kind", "id", "values"}]}.

    UTF-8; keys in alphabetical order. Values stand apart, for a field may itself be called kind.
    """
    level = LEVELS[head.level]
    about = {
        "guvoh": "release",
        "reference": head.reference,
        "level": head.level.value,
        "recipient": head.recipient,
        "body": head.body,
        "state": head.state,
        "day": head.day.isoformat(),
        "version": head.version,
        "codebook": head.codebook,
        "notice": " ".join((RECALL.en, level.use.en, CLAIMS.en)),
    }
    write(_line({name: value for name, value in about.items() if value}))
    for person in persons:
        records = [{"kind": one.kind, "id": one.id, "values": _without_id(one)} for one in person.records]
        write(_line({"person": person.number, "records": records}))


def _without_id(one: Passed) -> dict[str, Any]:
    return {name: value for name, value in one.values.items() if name != "id"}


def _line(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return (_NUMBERED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n").encode("utf-8")


FORMS: dict[str, Callable[[Head, Iterable[PersonShown], Write], None]] = {"html": write_html, "jsonl": write_jsonl}
