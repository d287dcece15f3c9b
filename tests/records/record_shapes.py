"""Records of every kind, made up from their types alone, and the examples of the specification."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from guvoh.records.base import Absent, BadRecord, Code, Country, Id, Moment, Record, Sha256, Term, Tongue
from guvoh.records.codec import KINDS, AnyRecord
from guvoh.records.custody import Label
from guvoh.records.people import EVENTS, Mention
from guvoh.values.absence import Absence
from guvoh.values.spans import TextSpan

EXAMPLES = Path(__file__).parent / "examples"
TAGS = tuple(str(kind.__struct_config__.tag) for kind in KINDS)
KIND_OF = dict(zip(TAGS, KINDS, strict=True))
# fmt: off
DATES = frozenset({
    "published", "period", "captured_at", "birth", "said", "when", "start", "end", "since", "until", "given_on",
    "expires", "review", "valid_from", "valid_until", "closed", "sent", "due", "responded",
})
# fmt: on
"""Fields that hold a date, in whichever kind or part of a kind they stand."""
NO_SUBJECTS = frozenset({"by", "second", "owner", "key", "device", "authority", "replaces", "apart"})
"""Fields that hold the id of a member, a key or a device, in whichever kind they stand; so does `about` of a label.

And what a consent names beside whom it is about: it does not go when that does."""

edtf = st.sampled_from(["2024", "2024-03", "2024-03-05~", "2023-21", "../2024-03", "2024-03/..", "2024-01/2024-06?"])
text = st.text(max_size=12)
absent = st.sampled_from(Absence).map(lambda face: Absent(absent=face))


def _pattern(shape: Any) -> str:
    return str(shape.__metadata__[0].pattern)


_SHAPED = {
    _pattern(Id): st.from_regex(r"[a-z0-9][a-z0-9.-]{0,12}", fullmatch=True),
    _pattern(Code): st.from_regex(r"[A-Z]{2}_[A-Z0-9_]{1,8}", fullmatch=True),
    _pattern(Term): st.from_regex(r"[a-z][a-z _-]{0,8}", fullmatch=True),
    _pattern(Tongue): st.sampled_from(["ru", "uz-Latn", "uz-Cyrl", "und", "tg"]),
    _pattern(Country): st.sampled_from(["RU", "UZ", "KG"]),
    _pattern(Moment): st.sampled_from(["2024-06-02T09:15:00Z", "1999-12-31T23:59:59Z"]),
    _pattern(Sha256): st.sampled_from(["sha256:" + "0" * 64, "sha256:" + "9f" * 32]),
}


@st.composite
def _spans(draw: st.DrawFn) -> TextSpan:
    exact = draw(st.text(min_size=1, max_size=9))
    start = draw(st.integers(3, 2**40))
    prefix, suffix = draw(st.text(max_size=3)), draw(text)
    return TextSpan(start=start, end=start + len(exact), exact=exact, prefix=prefix, suffix=suffix)


def _values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Any value that a type allows."""
    match kind:
        case inspect.StrType(pattern=str(pattern)):
            return _SHAPED[pattern]
        case inspect.Metadata(extra_json_schema={"pattern": str(pattern)}):
            return _SHAPED[pattern]
        case inspect.StrType():
            return text
        case inspect.IntType(ge=least, le=most):
            return st.integers(least, most)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.EnumType(cls=cls):
            return st.sampled_from(list(cls))
        case inspect.DataclassType():
            return _spans()
        case inspect.StructType(cls=cls):
            return made_of(cls)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_values(key), _values(value), max_size=3)
        case inspect.VarTupleType(item_type=item, min_length=least):
            return st.lists(_values(item), min_size=least or 0, max_size=3).map(tuple)
        case inspect.UnionType(types=types):
            return st.one_of([_values(one) for one in types])
        case _:
            raise NotImplementedError(kind)


def _field(name: str, kind: inspect.Type) -> st.SearchStrategy[Any]:
    if name in DATES and not isinstance(kind, inspect.StrType):  # `until` of a session is a moment
        return st.one_of(st.none(), absent, edtf)
    if name == "dates":
        return st.dictionaries(st.sampled_from(sorted(EVENTS)), st.one_of(absent, edtf), max_size=3)
    return _values(kind)


@cache
def made_of(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """A record, or part of one, with any values that its type allows and its own rules accept."""
    fields = {field.name: _field(field.name, field.type) for field in inspect.type_info(cls).fields}  # type: ignore[attr-defined]
    return st.fixed_dictionaries(fields).map(_made(cls)).filter(lambda record: record is not None)


def _made(cls: type[msgspec.Struct]) -> Callable[[dict[str, Any]], msgspec.Struct | None]:
    def make(fields: dict[str, Any]) -> msgspec.Struct | None:
        if cls is Mention and fields["row"] is not None:
            fields["id"] = f"{fields['source'][:60]}.{fields['row']}"
            fields["source"] = fields["source"][:60]
        try:
            return cls(**fields)
        except BadRecord:
            return None

    return make


def records(tag: str) -> st.SearchStrategy[AnyRecord]:
    return made_of(KIND_OF[tag])


def example(tag: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{tag}.json").read_text("utf-8"))
    return found


def number_fields() -> Iterator[tuple[str, tuple[str, ...]]]:
    """(kind, path) of every field that holds a number."""
    for tag, cls in KIND_OF.items():
        for path in _numbers(inspect.type_info(cls)):
            yield tag, path


def _numbers(kind: inspect.Type) -> Iterator[tuple[str, ...]]:
    match kind:
        case inspect.IntType():
            yield ()
        case inspect.StructType(fields=fields) | inspect.DataclassType(fields=fields):
            for field in fields:
                for path in _numbers(field.type):
                    yield (field.name, *path)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _numbers(one)
        case inspect.VarTupleType(item_type=item):
            for path in _numbers(item):
                yield ("[]", *path)
        case inspect.DictType(value_type=item):
            for path in _numbers(item):
                yield ("{}", *path)
        case _:
            pass


def ids_in(value: object, field: str = "") -> Iterator[str]:
    """Every id that a record names, but those of members, devices and keys."""
    if isinstance(value, msgspec.Struct) and not isinstance(value, Label):
        for one in inspect.type_info(type(value)).fields:  # type: ignore[attr-defined]
            if one.name not in NO_SUBJECTS and (one.name != "id" or not isinstance(value, Record)):
                yield from _ids(getattr(value, one.name), one.type)


def _ids(value: object, kind: inspect.Type) -> Iterator[str]:
    match kind:
        case inspect.StrType(pattern=pattern) if pattern == _pattern(Id):
            if isinstance(value, str):
                yield value
        case inspect.VarTupleType(item_type=item):
            assert isinstance(value, tuple)
            for one in value:
                yield from _ids(one, item)
        case inspect.UnionType(types=types):
            for each in types:
                yield from _ids(value, each) if value is not None else ()
        case inspect.StructType():
            yield from ids_in(value)
        case _:
            pass
