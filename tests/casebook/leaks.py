"""Canaries in every field of every kind of record, made-up persons and what they allowed, and who may see what.

The rules here are written down a second time, from docs/decisions/consent.md alone: nothing of the gate, of its table
or of the decision about consent is imported. Where they and the program differ, one of them is wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from random import Random
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from guvoh.records.base import Absent, Code, Country, Id, Moment, Sha256, Term, Terms, Tongue
from guvoh.records.codec import KINDS
from guvoh.records.custody import Backup, Label, Session
from guvoh.records.decisions import (
    Action,
    Authority,
    Case,
    Consent,
    Correction,
    Disclosure,
    Finding,
    Note,
    Permission,
    Release,
    Scope,
    Seconding,
)
from guvoh.records.people import EVENTS, Judgement, LinkageRun, Mention, Partition, Verdict
from guvoh.records.sources import Form, Outline, Receipt, Source
from guvoh.records.statements import Actor, Event, Involvement, Statement
from guvoh.values.spans import TextSpan

KIND_OF = {str(kind.__struct_config__.tag): kind for kind in KINDS}

# --- canaries


class Place(NamedTuple):
    """Where a canary stands. part: of a field with terms, the term; of a field with parts, the innermost."""

    record: str
    kind: str
    field: str
    part: str = ""


# fmt: off
DATES = frozenset({
    "published", "period", "captured_at", "birth", "said", "when", "start", "end", "since", "until", "given_on",
    "expires", "review", "valid_from", "valid_until", "closed", "sent", "due", "responded",
})
"""Fields that hold a date; a field that is forgotten here makes no record, and so fails every test."""
# fmt: on
_TEXT = re.compile(r"Zq[a-z]{4}|zq9[0-9]{5}|zq_[a-z]{4}")
_YEAR = re.compile(r"(?<![A-Za-z0-9.])(?:1[5-8]|2[1-4])[0-9]{2}(?![A-Za-z0-9])")
_NUMBER = re.compile(r"(?<![A-Za-z0-9.])61[0-9]{5}(?![A-Za-z0-9])")
_DIGEST = re.compile(r"sha256:[0-9a-f]{8}61[0-9]{5}")
_CODE = re.compile(r"(?<![A-Za-z0-9_])[A-Z]{2}_[A-Z0-9_]+")
_MONTHS = {"en": "May", "ru": "мая"}


def _pattern(shape: Any) -> str:
    return str(shape.__metadata__[0].pattern)


ID, CODE, TERM, TONGUE, COUNTRY, MOMENT, SHA256 = map(_pattern, (Id, Code, Term, Tongue, Country, Moment, Sha256))


class Planted:
    """Every canary of one archive, and the places where it stands."""

    def __init__(self) -> None:
        self.places: dict[str, list[Place]] = defaultdict(list)
        self.fields: set[tuple[str, str]] = set()
        """(kind, path) of every field that can hold text and does hold a canary."""
        self._number = 0

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _put(self, canary: str, place: Place) -> str:
        self.places[canary].append(place)
        return canary

    def word(self, place: Place) -> str:
        return self._put(f"Zq{self._letters()}", place)

    def term(self, place: Place) -> str:
        return self._put(f"zq_{self._letters()}", place)

    def id(self, place: Place) -> str:
        return self._put(f"zq9{self._next():05d}", place)

    def digest(self, place: Place) -> str:
        return self._put(f"sha256:{'0' * 8}61{self._next():05d}", place) + "0" * 49

    def number(self, place: Place) -> int:
        return int(self._put(f"61{self._next():05d}", place))

    def date(self, place: Place, first: int = 1500) -> str:
        """A day whose year stands nowhere else in this archive."""
        used = sum(canary.isdecimal() and len(canary) == 4 for canary in self.places)
        assert used < 400
        return self._put(str(first + used), place) + "-05-17"

    def code(self, code: str, place: Place) -> str:
        self.fields.add((place.kind, place.field))
        return self._put(code, place)

    def _letters(self) -> str:
        number, found = self._next(), ""
        for _ in range(4):
            number, rest = divmod(number, 26)
            found = chr(ord("a") + rest) + found
        return found

    def found_in(self, output: str) -> set[str]:
        """The canaries that stand in an output."""
        plain = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", output)
        hits = {one for pattern in (_TEXT, _YEAR, _DIGEST, _CODE) for one in pattern.findall(output)}
        hits |= set(_NUMBER.findall(plain))
        return hits & self.places.keys()


def whole_date(year: str, output: str) -> bool:
    """Whether more than the year of a planted date is told."""
    return bool(re.search(rf"{year}-05|(?:{'|'.join(_MONTHS.values())})\s+{year}|17\.05\.{year}", output))


class Maker:
    """Makes records by their types: whatever is not given holds a canary."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.planted = rng, Planted()
        self.records: dict[str, Any] = {}

    def make(self, cls: type[Any], record: str, **given: Any) -> Any:
        kind = str(cls.__struct_config__.tag)
        fields = {"id": record} | given
        for one in inspect.type_info(cls).fields:  # type: ignore[attr-defined]
            if one.name not in fields:
                fields[one.name] = self._value(one.type, one.name, Place(record, kind, one.name), one.name)
        made = cls(**fields)
        self.records[record] = made
        return made

    def _value(self, kind: inspect.Type, name: str, place: Place, path: str) -> Any:
        planted = self.planted
        match kind:
            case inspect.StrType() | inspect.Metadata(type=inspect.StrType()):
                planted.fields.add((place.kind, path))
                return self._text(_shape(kind), name, place)
            case inspect.IntType():
                return planted.number(place)
            case inspect.BoolType():
                return False
            case inspect.EnumType(cls=cls):
                return self.rng.choice(list(cls))
            case inspect.DataclassType():
                planted.fields |= {(place.kind, f"{path}.{part}") for part in ("exact", "prefix", "suffix")}
                start, exact = planted.number(place), planted.word(place)
                prefix, suffix = planted.word(place), planted.word(place)
                return TextSpan(start=start, end=start + len(exact), exact=exact, prefix=prefix, suffix=suffix)
            case inspect.StructType(cls=cls, fields=fields):
                values = {
                    one.name: self._value(one.type, one.name, place._replace(part=one.name), f"{path}.{one.name}")
                    for one in fields
                }
                if {"least", "most"} <= values.keys():
                    values["least"], values["most"] = sorted((values["least"], values["most"]))
                return cls(**values)
            case inspect.DictType(key_type=key, value_type=value):
                return {self._value(key, name, place, f"{path}.key"): self._value(value, name, place, f"{path}.value")}
            case inspect.VarTupleType(item_type=item, min_length=least):
                return tuple(self._value(item, name, place, path) for _ in range(least or 1))
            case inspect.UnionType(types=types):
                wanted = [one for one in types if not isinstance(one, inspect.NoneType) and not _is_absent(one)]
                texts = [one for one in wanted if isinstance(one, inspect.StrType)]
                return self._value((texts or wanted)[0], name, place, path)
            case _:
                raise NotImplementedError(kind)

    def _text(self, shape: str, name: str, place: Place) -> str:
        planted = self.planted
        match shape:
            case "id":
                return planted.id(place)
            case "code":
                return planted.code(self.rng.choice(HARMLESS), place)
            case "term":
                return planted.term(place)
            case "tongue":
                return f"qaa-{planted.id(place)}"
            case "country":
                return "RU"
            case "moment":
                return planted.date(place)[:4] + "-01-02T03:04:05Z"
            case "sha256":
                return planted.digest(place)
        return planted.date(place) if name in DATES else planted.word(place)


def _shape(kind: Any) -> str:
    pattern = kind.pattern if isinstance(kind, inspect.StrType) else None
    if pattern is None and isinstance(kind, inspect.Metadata):
        pattern = (kind.extra_json_schema or {}).get("pattern")
    shapes = {ID: "id", CODE: "code", TERM: "term", TONGUE: "tongue", COUNTRY: "country", MOMENT: "moment",
              SHA256: "sha256"}  # fmt: skip
    return shapes[pattern] if pattern is not None else ""


def _is_absent(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.StructType) and kind.cls is Absent


def text_fields(kinds: Iterable[type[Any]] = KINDS) -> set[tuple[str, str]]:
    """(kind, path) of every field that can hold text, by the types alone; but for ids of records, which hold none."""
    found = set()
    for cls in kinds:
        tag = str(cls.__struct_config__.tag)
        for one in inspect.type_info(cls).fields:  # type: ignore[attr-defined]
            found |= {(tag, path) for path in _texts(one.type, one.name)}
    return found - _IDS_OF_RECORDS - {(tag, "id") for tag, _ in found}


# fmt: off
_IDS_OF_RECORDS = {
    ("action", "case"), ("authority", "about"), ("case", "about"), ("event", "statements"), ("finding", "supporting"),
    ("finding", "contradicting"), ("linkage-run", "replaces"), ("linkage-run", "refused"), ("linkage-run", "allowed"),
    ("mention", "source"), ("note", "about"), ("partition", "persons"), ("partition", "run"), ("receipt", "source"),
    ("release", "about"), ("seconding", "release"), ("statement", "about"), ("statement", "source"),
    # A state, and the languages of sources, are of short lists.
    ("release", "state"), ("source", "language"), ("outline", "language"),
}
# fmt: on


def _texts(kind: inspect.Type, path: str) -> Iterator[str]:
    match kind:
        case inspect.StrType() | inspect.Metadata(type=inspect.StrType()):
            yield path
        case inspect.DataclassType():
            yield from (f"{path}.{part}" for part in ("exact", "prefix", "suffix"))
        case inspect.StructType(fields=fields, cls=cls):
            if cls is not Absent:
                for part in fields:
                    yield from _texts(part.type, f"{path}.{part.name}")
        case inspect.DictType(key_type=key, value_type=value):
            yield from (*_texts(key, f"{path}.key"), *_texts(value, f"{path}.value"))
        case inspect.VarTupleType(item_type=item):
            yield from _texts(item, path)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _texts(one, path)
        case _:
            pass


# --- codes, by what the codebook says of them

# fmt: off
HARMLESS = (
    "CH_PRISON", "CH_RAID", "CH_POLICE", "CO_BEATING", "CO_DOCS", "CO_NEWCASE", "CO_DEPORT", "CO_FAMILY", "CO_DEBT",
    "FA_TAKEN", "FA_KILLED_REP", "FA_MISSING_OFF", "MS_PATENT", "MS_IRREG", "IN_CASE", "PO_BROKEN", "NE_LOCATE",
    "AC_PROS", "AC_COURT", "RS_DENY", "RS_NONE", "KB_EYE", "KB_SELF", "ST_TESTIMONY", "ST_LETTER", "VU_DEBT",
)
INCRIMINATING = (
    "IN_BONUS", "IN_SALARY", "LB_MOD", "LB_PRISON", "FA_SIGNED", "FA_DEPLOYED", "MS_NATUR", "CO_NONE_CLAIMED",
    "AC_LETTER", "AC_LAWYER", "FA_REFUSED", "FA_HELD", "FA_LEFT_UNIT", "FA_POW", "FA_EVADED", "ST_POW_INTERVIEW",
)
HUNTED = ("FA_REFUSED", "FA_HELD", "FA_LEFT_UNIT", "FA_POW", "FA_EVADED", "FA_PUNISHED", "ST_POW_INTERVIEW",
          "PL_REFUSER")
MOST_SENSITIVE = ("CO_SEXUAL",)
NOT_IN_THE_CODEBOOK = ("XX_NOWHERE", "FA_NO_SUCH", "KB_NO_SUCH", "RS_NO_SUCH", "PL_NO_SUCH", "ST_NO_SUCH")
OF_CUSTODY = ("PL_COLONY", "PL_SIZO", "PL_SHIZO", "PL_TRANSIT")
OPEN_PLACES = ("PL_DORM", "PL_WORKSITE", "PL_STREET", "PL_REFUSER")
CONTACT_LOST = "FA_NOCONTACT"
# fmt: on

# --- an archive


@dataclass(slots=True, kw_only=True)
class Exit:
    level: str
    recipient: str = ""
    body: str = ""
    state: str = ""


VERA, IDRIS, SEARCH = "Advocate Vera", "Advocate Idris", "the search project"
EXITS = (
    Exit(level="counsel", recipient=VERA), Exit(level="counsel", recipient=IDRIS), Exit(level="annex", recipient=VERA),
    Exit(level="annex", recipient=IDRIS), Exit(level="un", recipient=VERA, body="special-procedures"),
    Exit(level="un", recipient=VERA, body="wgeid", state="RU"),
    Exit(level="un", recipient=IDRIS, body="wgad", state="RU"),
    Exit(level="un", recipient=IDRIS, body="ced", state="KZ"),
    Exit(level="un", recipient=VERA, body="treaty-bodies", state="RU"), Exit(level="un", recipient=VERA, body="icc"),
    Exit(level="tracing", recipient=SEARCH), Exit(level="anonymous"), Exit(level="anonymous", recipient=VERA),
)  # fmt: skip
NAMED_TO_GOVERNMENT = {"wgeid", "wgad", "ced", "treaty-bodies"}
TOLD_AT_HOME = {"wgeid"}
INSTEAD_OF_S5_AND_S6 = {"icc": "S8"}


@dataclass(slots=True)
class World:
    """An archive of two persons: Amina's son in a testimony, a letter, a list, an article, a working note; and another.

    order  ids in the order in which the records came in
    """

    number: int
    maker: Maker
    flaw: str | None = None
    taken_back: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, number: int, flaw: str | None = None) -> World:
        """flaw: what alone is wrong with what was allowed, "" for nothing; None: whatever comes."""
        world = cls(number, Maker(Random(number)), flaw)
        world._sources()
        world._people()
        world._said()
        world._work()
        world._own()
        world._decided()
        return world

    @property
    def rng(self) -> Random:
        return self.maker.rng

    @property
    def planted(self) -> Planted:
        return self.maker.planted

    @property
    def records(self) -> dict[str, Any]:
        return self.maker.records

    def make(self, cls: type[Any], record: str, **given: Any) -> Any:
        return self.maker.make(cls, record, **given)

    def of_kind(self, cls: type[Any]) -> list[Any]:
        return [one for one in self.records.values() if isinstance(one, cls)]

    # sources and mentions

    def _sources(self) -> None:
        kinds = self.rng.sample(
            (*HARMLESS[-4:-2], "ST_LIST", "ST_MEDIA_ORIG", "ST_SOCIAL", "ST_POW_INTERVIEW", "ST_NO_SUCH"), 5
        )
        for (source, (terms, form)), kind in zip(SOURCES.items(), kinds, strict=True):
            place = Place(source, "source", "kind")
            self.make(Source, source, terms=terms, form=form, language="tg", kind=self.planted.code(kind, place))
            code = self.planted.code(kind, Place(source, "outline", "kind"))
            outline = self.make(Outline, f"o-{source}", terms=terms, form=form, language="tg", kind=code, nobody=())
            # An outline has the id of its source.
            self.records[f"o-{source}"] = msgspec.structs.replace(outline, id=source)
            for places in self.planted.places.values():
                places[:] = [one._replace(record=source) if one.record == f"o-{source}" else one for one in places]
            self.make(Receipt, f"r-{source}", source=source)

    def _people(self) -> None:
        for mention, (source, row) in MENTIONS.items():
            place = Place(mention, "mention", "dates")
            self.planted.fields |= {("mention", "dates.key"), ("mention", "dates.value")}
            dates = {event: self.planted.date(place._replace(part=event)) for event in sorted(EVENTS)}
            given: dict[str, Any] = {} if mention == "m-b1" else {"group": None}
            if row is not None:
                given |= {"span": None, "group": None}
            self.make(Mention, mention, source=source, row=row, dates=dates, **given)

    def _text(self, record: str, kind: str, name: str, part: str = "") -> str:
        return self.planted.word(Place(record, kind, name, part))

    def _code(self, code: str | None, record: str, kind: str, name: str, part: str = "") -> str | None:
        return code and self.planted.code(code, Place(record, kind, name, part))

    # what is said

    def _said(self) -> None:
        rng = self.rng
        codes = [
            CONTACT_LOST, rng.choice(INCRIMINATING[:10]), rng.choice(HUNTED[:6]), MOST_SENSITIVE[0],
            rng.choice(NOT_IN_THE_CODEBOOK[:2]), None, *rng.sample(HARMLESS[:16], 3),
        ]  # fmt: skip
        for number, code in enumerate(codes):
            name = f"t-{number}"
            about = ("m-a1",) if number < 2 else tuple(rng.sample(list(MENTIONS), rng.choice((1, 1, 1, 2))))
            basis = rng.choice(("KB_EYE", "KB_SELF", "KB_DOC", "KB_NO_SUCH", "IN_SALARY", "FA_POW"))
            self.make(
                Statement,
                name,
                source=rng.choice(list(SOURCES)) if rng.random() < 0.3 else MENTIONS[about[0]][0],
                about=about,
                code=self._code(code, name, "statement", "code"),
                attributes=self._attributes(name),
                basis=self._code(basis, name, "statement", "basis"),
            )
        for number in range(3):
            name = f"e-{number}"
            on = tuple(rng.sample([f"t-{one}" for one in range(len(codes))], rng.choice((1, 1, 2))))
            code = rng.choice((*codes, *HARMLESS[:8]))
            place_type = rng.choice((*OF_CUSTODY, *OPEN_PLACES, *OPEN_PLACES, "LB_PRISON", "PL_NO_SUCH"))
            stranger = self.planted.id(Place(name, "event", "involved"))
            involved = [
                Involvement(
                    who=one, role=self._text(name, "event", "involved"), degree=self._text(name, "event", "involved")
                )
                for one in (stranger, *rng.sample(list(MENTIONS), rng.choice((0, 1))))
            ]
            self.planted.fields |= {("event", f"involved.{part}") for part in ("who", "role", "degree")}
            given: dict[str, Any] = {"pattern": None} if number else {"when": None}
            self.make(
                Event,
                name,
                statements=on,
                code=self._code(code, name, "event", "code"),
                place_type=self._code(place_type, name, "event", "place_type"),
                involved=tuple(involved),
                **given,
            )

    def _attributes(self, name: str) -> dict[str, str]:
        kept = {term: self._text(name, "statement", "attributes", term) for term in (*TERMS_OF, "promiser")}
        place_type = self.rng.choice((*OF_CUSTODY, *OPEN_PLACES, *OPEN_PLACES, "LB_PRISON", "PL_NO_SUCH"))
        kept["place type"] = self.planted.code(place_type, Place(name, "statement", "attributes", "place type"))
        key = self.planted.term(Place(name, "statement", "attributes", "?"))
        kept[key] = self._text(name, "statement", "attributes", "?")
        self.planted.fields |= {("statement", "attributes.key"), ("statement", "attributes.value")}
        return kept

    # our own work

    def _work(self) -> None:
        rng = self.rng
        statements = [one.id for one in self.of_kind(Statement)]
        for number in range(2):
            on, against = rng.sample(statements, 2), rng.sample(statements, rng.choice((0, 1)))
            self.make(Finding, f"f-{number}", supporting=tuple(on), contradicting=tuple(against))
        for number in range(2):
            about = tuple(rng.sample(list(MENTIONS), 1)) if number else ("m-a1",)
            self.make(Case, f"k-{number}", about=about)
            code = rng.choice((*HARMLESS[17:19], "AC_UN_WGEID", "AC_LETTER", "AC_LAWYER", "AC_POWLINE"))
            name = f"a-{number}"
            response = rng.choice(("RS_DENY", "RS_RETAL", "FA_EVADED", "RS_NO_SUCH"))
            self.make(
                Action,
                name,
                case=f"k-{number}",
                code=self._code(code, name, "action", "code"),
                response=self._code(response, name, "action", "response"),
            )

    def _own(self) -> None:
        """Kinds that are for members only, each with a canary in all that it can hold."""
        self.make(Actor, "y-0")
        self.make(Note, "n-0", about=("m-a1",))
        self.make(Label, "w-0")
        self.make(Session, "z-0")
        self.make(Backup, "b-0")
        self.make(Release, "x-0", about=("m-a1",), state="RU")
        self.make(Seconding, "x-1", release="x-0")
        self.make(Disclosure, "d-0", records=("m-a1", "t-0"), level="counsel", part=1)
        self.make(Disclosure, "d-1", part=1)
        self.make(Correction, "g-0")

    # who is who, and what was allowed

    def _decided(self) -> None:
        mentions = list(MENTIONS)
        if self.flaw is None:
            self._joined()
        self.make(Judgement, "j-9", verdict=Verdict.UNSURE)
        self.make(LinkageRun, "l-9", parts=3)
        self.make(Partition, "p-9")
        self.make(Authority, "h-0", about=tuple(mentions), valid_until=self._until("h-0"))
        self.make(Authority, "h-1", about=tuple(mentions))  # no longer valid
        self.make(Authority, "h-2", about=("m-b1",), valid_until=self._until("h-2"))
        # One that bears on nobody here has a canary in every field.
        self.make(Consent, "c-9", scopes={Scope.KEEP: YES}, home_state=NO)
        if self.flaw is None:
            self._consents()
            self._taken_back()
        else:
            self._one_flaw(self.flaw)

    def _joined(self) -> None:
        rng, mentions = self.rng, list(MENTIONS)
        for number in range(rng.choice((0, 1, 1, 2))):
            persons = tuple(
                tuple(dict.fromkeys(rng.sample(AMINAS if rng.random() < 0.7 else mentions, 2))) for _ in range(1)
            )
            self.make(LinkageRun, f"l-{number}", replaces=("l-0",) if number else (), refused=(), allowed=(), parts=1)
            self.make(Partition, f"p-{number}", run=f"l-{number}", part=1, persons=persons)
        for number in range(rng.choice((0, 0, 1, 2))):
            two = tuple(rng.sample(AMINAS if rng.random() < 0.6 else mentions, 2))
            self.make(Judgement, f"j-{number}", mentions=two, verdict=rng.choice(list(Verdict)))

    def _one_flaw(self, flaw: str) -> None:
        about = {"a list alone": ("s-list.1",), "one mention alone": ("m-a1",)}.get(flaw, tuple(AMINAS))
        self._consent(0, about, kind=True, flaw=flaw)
        if flaw == "one mention alone":
            self.make(Judgement, "j-0", mentions=("m-a1", "m-a2"), verdict=Verdict.SAME)
        if flaw == "refused besides":
            self._consent(1, ("m-a2",), kind=True)
            refused = msgspec.structs.replace(self.records["c-1"], scopes=dict.fromkeys(Scope, NO))
            self.records["c-1"] = refused

    def _until(self, record: str) -> str:
        """A day that has not come."""
        return self.planted.date(Place(record, "consent", "until"), 2100)

    def _consents(self) -> None:
        rng = self.rng
        helpful = rng.random() < 0.8
        number = 0
        if helpful:
            about = tuple(AMINAS) if rng.random() < 0.7 else tuple(rng.sample(AMINAS, 3))
            self._consent(0, about, kind=True, flaw=rng.choice(FLAWS) if rng.random() < 0.4 else "")
            number = 1
            if rng.random() < 0.6:
                about = rng.choice((("m-b1", "s-list.2"), ("m-b1", "s-list.2"), ("s-list.2",)))
                self._consent(1, about, kind=True, flaw=rng.choice(FLAWS) if rng.random() < 0.2 else "")
                number = 2
            if rng.random() < 0.4:  # says yes to the most sensitive by name
                self._consent(number, tuple(AMINAS), kind=True, statements=("t-3",))
                number += 1
        for one in range(number, number + rng.choice((0, 0, 1, 1, 2, 3) if helpful else (1, 2, 3, 4))):
            pool = AMINAS if rng.random() < 0.7 else list(MENTIONS)
            self._consent(one, tuple(rng.sample(pool, rng.choice((1, 1, 2, 3)))), kind=False)

    def _consent(
        self, number: int, about: tuple[str, ...], *, kind: bool, statements: tuple[str, ...] = (), flaw: str = ""
    ) -> None:
        """kind: all that is asked is allowed, and nothing voids it but its one flaw."""
        rng, name = self.rng, f"c-{number}"
        earlier = [f"c-{one}" for one in range(number)]

        def now_and_then(usual: Any, *others: Any, chance: float = 0.15) -> Any:
            return rng.choice(others) if not kind and rng.random() < chance else usual

        answers = {scope: now_and_then(YES, NO, AGAIN, None, chance=0.3) for scope in Scope}
        if not kind and rng.random() < 0.5:  # a few answers alone, which leave the rest as it was
            few = rng.sample(list(Scope), 2)
            answers = {scope: rng.choice((YES, NO, AGAIN)) for scope in few}
        scopes = {scope: said for scope, said in answers.items() if said is not None}
        if scopes.get(Scope.MEDIA) is YES and rng.random() < 0.5:
            scopes[Scope.MEDIA] = NAMELESS
        others = [one.id for one in self.of_kind(Statement)]
        on_behalf = now_and_then(None, self._text(name, "consent", "on_behalf"), chance=0.3)
        authority = now_and_then("h-0", None, "h-1", "h-2", "h-gone", chance=0.5) if on_behalf else None
        adult = self.planted.number(Place(name, "consent", "age"))
        codes = (*INCRIMINATING, *HUNTED)
        values = tuple(codes) if kind and rng.random() < 0.7 else tuple(rng.sample(codes, 4))
        told: Any = now_and_then((VERA, IDRIS), (), (VERA,), ("ADVOCATE  idris",), (SEARCH,), chance=0.5)
        given: dict[str, Any] = {
            "scopes": scopes,
            "statements": statements or now_and_then((), tuple(rng.sample(others, 3)), chance=0.3),
            "age": now_and_then(adult, 17, None),
            "guardian": now_and_then(None, self._text(name, "consent", "guardian")),
            "on_behalf": on_behalf,
            "cannot_ask": self._text(name, "consent", "cannot_ask") if now_and_then(True, False) else None,
            "authority": authority,
            "given_on": now_and_then(self.planted.date(Place(name, "consent", "given_on")), self._until(name), None),
            "expires": now_and_then(None, self._until(name), self.planted.date(Place(name, "consent", "expires"))),
            "recipients": told,
            "values": values,
            "home_state": now_and_then(YES, NO, AGAIN, None, chance=0.4),
            "replaces": tuple(rng.sample(earlier, 1)) if earlier and not kind and rng.random() < 0.5 else (),
            "apart": now_and_then((), ("m-b1", "s-list.2"), ("m-a4",), chance=0.2),
            "withdrawn": now_and_then(False, True, chance=0.08),
        }
        self.make(Consent, name, about=about, **given | self._flaw(flaw, name, scopes))

    def _flaw(self, flaw: str, name: str, scopes: dict[Scope, Permission]) -> dict[str, Any]:
        match flaw:
            case "expired":
                return {"expires": self.planted.date(Place(name, "consent", "expires"))}
            case "of the future":
                return {"given_on": self._until(name)}
            case "young":
                return {"age": 17, "guardian": None}
            case "without paper" | "old paper" | "somebody's paper":
                papers = {"without paper": None, "old paper": "h-1", "somebody's paper": "h-2"}
                words = {one: self._text(name, "consent", one) for one in ("on_behalf", "cannot_ask")}
                return {**words, "authority": papers[flaw]}
            case "taken back":
                self.make(Correction, "g-7", old=name, new=None)
                self.taken_back.add(name)
            case "kept alone":
                return {"scopes": {Scope.KEEP: YES}}
            case "without S6":
                return {"scopes": {scope: said for scope, said in scopes.items() if scope is not Scope.UN_GOVERNMENT}}
            case "to nobody else":
                return {"recipients": (VERA,), "home_state": None}
        return {}

    def _taken_back(self) -> None:
        rng = self.rng
        kinds = (Consent, Judgement, Statement, Authority)
        for number in range(rng.choice((0, 0, 1, 2))):
            pool = [one.id for one in self.of_kind(rng.choice(kinds)) if one.id != "c-9"]
            if pool:
                old = rng.choice(pool)
                self.make(Correction, f"g-{number + 1}", old=old, new=None)
                self.taken_back.add(old)


YES, NO, AGAIN, NAMELESS = Permission.YES, Permission.NO, Permission.ASK_AGAIN, Permission.NAMELESS
SOURCES = {
    "s-testimony": (Terms.CONSENT, Form.TEXT), "s-letter": (Terms.CONSENT, Form.TEXT),
    "s-list": (Terms.PUBLIC, Form.LIST), "s-article": (Terms.PUBLIC, Form.PAGE), "s-note": (Terms.INTERNAL, Form.TEXT),
}  # fmt: skip
MENTIONS = {
    "m-a1": ("s-testimony", None), "m-a2": ("s-letter", None), "s-list.1": ("s-list", 1), "m-a4": ("s-article", None),
    "m-a5": ("s-note", None), "m-b1": ("s-testimony", None), "s-list.2": ("s-list", 2),
}  # fmt: skip
AMINAS = ["m-a1", "m-a2", "s-list.1", "m-a4"]
FLAWS = ("expired", "of the future", "young", "without paper", "old paper", "somebody's paper", "taken back",
         "without S6", "to nobody else")  # fmt: skip
TERMS_OF = ("certainty", "uniform", "charge", "article", "sentence", "colony", "rank", "weapon", "unit", "amount",
            "time at the front", "office")  # fmt: skip

# --- who may see what, from the prose

_OPEN, _LINK, _NAME, _TRAIT, _CODE_, _DATE, _PLACE, _OFFICE, _PUBLISHED = (
    "open", "link", "name", "trait", "code", "date", "place", "office", "published",
)  # fmt: skip
_CUSTODY, _INC, _WORDS = "custody", "incriminating", "words"
_CASE = {_OPEN, _LINK, _NAME, _TRAIT, _CODE_, _DATE, _PLACE, _PUBLISHED}
_LEAVES = {
    "counsel": _CASE | {_OFFICE, _CUSTODY, _INC, _WORDS},
    "annex": _CASE,
    "un": _CASE | {_OFFICE},
    "tracing": {_OPEN, _LINK, _NAME, _TRAIT, _CODE_, _DATE, _PLACE},
    "anonymous": {_OPEN, _CODE_, _DATE},
}
_FIELDS: dict[str, dict[str, str]] = {
    "source": {
        "kind": _CODE_, "language": _OPEN, "gaps": _OPEN, "rows": _OPEN, "published": _DATE, "publisher": _PUBLISHED,
        "title": _WORDS, "author": _WORDS, "url": _WORDS,
    },
    "mention": {
        "source": _LINK, "row": _LINK, "span": _WORDS, "name": _NAME, "surname": _NAME, "given": _NAME,
        "patronymic": _NAME, "birth": _TRAIT, "age": _TRAIT, "sex": _TRAIT, "citizenship": _TRAIT, "origin": _TRAIT,
        "institution": _CUSTODY, "place": _PLACE, "identifier": _NAME, "cells": _WORDS, "doubts": _WORDS,
        "group": _WORDS,
    },
    "statement": {
        "source": _LINK, "about": _LINK, "kind": _OPEN, "code": _CODE_, "value": _WORDS, "stance": _OPEN,
        "speaker": _WORDS, "basis": _CODE_, "said": _DATE, "when": _DATE, "where": _PLACE, "language": _OPEN,
        "span": _WORDS, "translation": _WORDS, "translated_to": _OPEN, "codebook": _OPEN,
    },
    "event": {
        "statements": _LINK, "code": _CODE_, "when": _DATE, "where": _PLACE, "place_type": _PLACE, "involved": _WORDS,
        "pattern": _WORDS,
    },
    "finding": {"conclusion": _WORDS, "standard": _WORDS, "supporting": _WORDS, "contradicting": _WORDS},
    "case": {"about": _LINK, "needs": _WORDS, "urgency": _WORDS},
    "action": {
        "case": _LINK, "code": _CODE_, "addressee": _OFFICE, "sent": _DATE, "reference": _OFFICE, "response": _CODE_,
        "responded": _DATE,
    },
}  # fmt: skip
"""What is not here is for members only."""
_PARTS = {
    "dates": {
        "lost_contact": _DATE, "report": _DATE, "death": _DATE, "taken": _DATE, "transfer": _CUSTODY,
        "contract": _INC, "capture": _INC,
    },
    "attributes": {
        "certainty": _OPEN, "uniform": _WORDS, "charge": _CUSTODY, "article": _CUSTODY, "sentence": _CUSTODY,
        "colony": _CUSTODY, "rank": _INC, "weapon": _INC, "unit": _INC, "amount": _INC, "time at the front": _INC,
        "office": _OFFICE, "promiser": _OFFICE, "place type": _PLACE,
    },
}  # fmt: skip
_ASKED = {
    "counsel": ("S1", "S4"), "annex": ("S1", "S4", "S8"), "un": ("S1", "S5"), "tracing": ("S1", "S9"),
    "anonymous": ("S1", "S2", "S10"),
}  # fmt: skip
_WITH_A_PAPER = {"S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S12"}


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None


class Oracle:
    """What the prose allows to leave of one archive, at one exit, on one day."""

    def __init__(self, world: World, exit_: Exit, today: date, asked: Iterable[str]) -> None:
        self.world, self.exit, self.today = world, exit_, today
        self._consents = [one for one in world.of_kind(Consent) if one.id not in world.taken_back]
        self._near = {near for one in asked for near in self._ever_joined(one)}
        self._made: dict[str, bool] = {}

    # consent

    @cached_property
    def _groups(self) -> list[set[str]]:
        """Mentions that anything has joined, taken back or not."""
        runs = [set(person) for one in self.world.of_kind(Partition) for person in one.persons]
        same = [set(one.mentions) for one in self.world.of_kind(Judgement) if one.verdict is Verdict.SAME]
        return [*runs, *same, *(set(one.about) for one in self.world.of_kind(Consent))]

    def _ever_joined(self, mention: str, but: frozenset[str] = frozenset()) -> set[str]:
        seen, before = {mention}, 0
        while len(seen) > before:
            before = len(seen)
            for group in self._groups:
                if (group - but) & seen:
                    seen |= group - but
        return seen

    def _apart(self, mention: str) -> frozenset[str]:
        found = set()
        for one in self._consents:
            if mention in one.about and not self._void(one) and not one.withdrawn:
                found |= {other for other in one.apart if not self._together(mention, other, one)}
        return frozenset(found) - {mention}

    def _together(self, mention: str, other: str, but: Consent) -> bool:
        """Whether a consent that this one does not replace takes both for one person."""
        both = [one for one in self.world.of_kind(Consent) if {mention, other} <= set(one.about)]
        return any(one.id not in but.replaces for one in both)

    def _void(self, one: Consent) -> bool:
        """What voids a yes, whoever it is about."""
        young = isinstance(one.age, int) and one.age < 18 and not isinstance(one.guardian, str)
        until, given = _day(one.expires), _day(one.given_on)
        parted = any(
            judged.verdict is Verdict.DIFFERENT
            and judged.id not in self.world.taken_back
            and len(set(judged.mentions) & set(one.about)) > 1
            for judged in self.world.of_kind(Judgement)
        )
        return (
            young or (until is not None and until < self.today) or (given is not None and given > self.today) or parted
        )

    def _may_speak(self, one: Consent, mention: str, scope: str) -> bool:
        if one.on_behalf is None or scope not in _WITH_A_PAPER:
            return True
        paper = self.world.records.get(one.authority) if one.authority else None
        if one.cannot_ask is None or not isinstance(paper, Authority) or paper.id in self.world.taken_back:
            return False
        since, until = _day(paper.valid_from), _day(paper.valid_until)
        return (
            mention in paper.about and (since is None or since <= self.today) and (until is None or until >= self.today)
        )

    def _met(self, one: Consent, scope: str, code: str) -> bool:
        named = _plain(self.exit.recipient) in map(_plain, one.recipients) and bool(self.exit.recipient)
        if scope == "S4":
            return named or not one.recipients
        if scope == "S12":
            return named and code in one.values
        if scope == "S6" and self.exit.body in TOLD_AT_HOME:
            return one.home_state is YES
        return True

    def _replaced(self, one: Consent, mention: str, scope: str, statement: str, whole: bool = False) -> bool:
        """whole: a yes, which is over for all statements where one that is limited to some takes its place."""
        return any(
            one.id in other.replaces
            and other.id not in one.replaces
            and other.id != one.id
            and mention in other.about
            and (other.withdrawn or scope in other.scopes)
            and (whole or other.withdrawn or not other.statements or statement in other.statements)
            for other in self._consents
        )

    def _yes(self, one: Consent, mention: str, scope: str, statement: str, code: str, whole: bool = False) -> bool:
        """whole: in the sense of covering, where it need not speak of this statement."""
        said = one.scopes.get(Scope(scope))
        answer = said is YES or (said is NAMELESS and self.exit.level == "anonymous")
        speaks = whole or not one.statements or statement in one.statements
        return (
            answer
            and speaks
            and not one.withdrawn
            and not self._void(one)
            and self._may_speak(one, mention, scope)
            and self._met(one, scope, code)
            and not self._replaced(one, mention, scope, statement, whole=True)
        )

    def _against(self, one: Consent, mention: str, scope: str, statement: str) -> bool:
        """What was taken back refuses what it refused, and what it allowed is to be asked again."""
        if self._replaced(one, mention, scope, statement):
            return False
        if one.withdrawn:
            return True
        if one.statements and statement not in one.statements:
            return False
        said = one.scopes.get(Scope(scope))
        if one.id in self.world.taken_back and said is not None:
            return True
        at_home = scope == "S6" and self.exit.body in TOLD_AT_HOME and one.home_state in (NO, AGAIN)
        return said in (NO, AGAIN) or (said is NAMELESS and self.exit.level != "anonymous") or at_home

    def may_use(self, mention: str, scope: str, statement: str = "", code: str = "") -> bool:
        if self._terms(mention) in (None, Terms.INTERNAL):
            return False
        around = self._ever_joined(mention, self._apart(mention))
        about = {one: [each for each in self._consents if one in each.about] for one in around}
        if not any(self._yes(each, mention, scope, statement, code) for each in about[mention]):
            return False
        for one in around - {mention}:
            covered = any(self._yes(each, one, scope, statement, code, whole=True) for each in about[one])
            if not covered and self._terms(one) is not Terms.PUBLIC:
                return False
        every = self.world.of_kind(Consent)
        return not any(
            self._against(each, one, scope, statement) for one in around for each in every if one in each.about
        )

    def _terms(self, mention: str) -> Terms | None:
        return SOURCES[MENTIONS[mention][0]][0] if mention in MENTIONS else None

    def _joined_by_consent(self, mention: str) -> bool:
        """Of a public source: a consent about it is about a mention of another source too."""
        return self._terms(mention) is not Terms.PUBLIC or any(
            mention in one.about
            and self._yes(one, mention, "S1", "", "", whole=True)
            and any(self._terms(other) is not Terms.PUBLIC for other in one.about)
            for one in self._consents
        )

    @property
    def _scopes(self) -> tuple[str, ...]:
        if self.exit.body in INSTEAD_OF_S5_AND_S6:
            return ("S1", INSTEAD_OF_S5_AND_S6[self.exit.body])
        more = ("S6",) if self.exit.body in NAMED_TO_GOVERNMENT else ()
        return (*_ASKED[self.exit.level], *more)

    def _named(self, about: Iterable[str]) -> bool:
        if self.exit.level == "anonymous":
            return False
        if self.exit.level != "un" or self.exit.body in INSTEAD_OF_S5_AND_S6:
            return True
        return all(self.may_use(one, "S6") for one in about)

    # records

    def about(self, record: Any) -> set[str]:
        match record:
            case Mention():
                return {record.id}
            case Statement() | Case():
                return set(record.about)
            case Event():
                return self._of(record.statements) | {one.who for one in record.involved if one.who in MENTIONS}
            case Finding():
                return self._of((*record.supporting, *record.contradicting))
            case Action():
                return self._of((record.case,))
            case _:
                return set()

    def _of(self, ids: Iterable[str]) -> set[str]:
        return {mention for one in ids for mention in self.about(self.world.records[one])}

    def _rests_on(self, record: Any) -> tuple[str, ...]:
        match record:
            case Statement():
                return (record.id,)
            case Event():
                return tuple(record.statements)
            case Finding():
                return (*record.supporting, *record.contradicting)
            case _:
                return ()

    def leaves(self, record: str) -> bool:
        """Whether anything of a record may leave here."""
        if record not in self._made:
            self._made[record] = self._leaves(record)
        return self._made[record]

    def _leaves(self, name: str) -> bool:
        record = self.world.records.get(name)
        if name in self.world.taken_back:
            return False
        if name in SOURCES:
            cited = [*self.world.of_kind(Mention), *self.world.of_kind(Statement)]
            return SOURCES[name][0] is not Terms.INTERNAL and any(
                self.leaves(one.id) for one in cited if one.source == name
            )
        about = self.about(record)
        if not about or not about & self._near:
            return False
        if any(self._internal(one) for one in (name, *self._rests_on(record))):
            return False
        statements = self._rests_on(record) or ("",)
        for mention in about:
            if not self._joined_by_consent(mention):
                return False
            for statement in statements:
                spoken = self.world.records.get(statement)
                of = statement if spoken is None or mention in self.about(spoken) else ""
                if not all(self.may_use(mention, scope, of) for scope in self._scopes):
                    return False
        return self._by_code(record, about)

    def _internal(self, name: str) -> bool:
        record = self.world.records.get(name)
        return isinstance(record, Mention | Statement) and SOURCES[record.source][0] is Terms.INTERNAL

    def _by_code(self, record: Any, about: set[str]) -> bool:
        code, level = getattr(record, "code", None), self.exit.level
        if level == "tracing" and not isinstance(record, Mention) and code != CONTACT_LOST:
            return False
        if level == "anonymous" and isinstance(record, Mention):
            return False
        if code in MOST_SENSITIVE and not self._named_by_consent(record, about):
            return False
        if level == "anonymous" and (code in MOST_SENSITIVE or code in HUNTED):
            return False
        return level == "counsel" or code is None or self._code_leaves(code, record, about)

    def _named_by_consent(self, record: Any, about: set[str]) -> bool:
        scopes = [scope for scope in self._scopes if scope not in ("S1", "S2")]
        return all(
            any(
                record.id in one.statements and mention in one.about and self._yes(one, mention, scope, record.id, "")
                for one in self._consents
            )
            for mention in about
            for scope in scopes
        )

    def _code_leaves(self, code: str, record: Any, about: set[str]) -> bool:
        """Below counsel, wherever in a record a code stands."""
        if code in NOT_IN_THE_CODEBOOK or (code in HUNTED and self.exit.level == "anonymous"):
            return False
        return code not in INCRIMINATING or self._by_s12(record, about, code)

    def _by_s12(self, record: Any, about: set[str], code: str) -> bool:
        statement = record.id if isinstance(record, Statement) else ""
        return bool(code and about) and all(self.may_use(one, "S12", statement, code) for one in about)

    # fields

    def field(self, place: Place) -> str:
        """ "yes", "no", or "year": of a date no more than that."""
        record = self.world.records.get(place.record)
        sort = _FIELDS.get(place.kind, {}).get(place.field)
        if place.kind in ("mention", "statement") and place.field in _PARTS:
            sort = _PARTS[place.field].get(place.part, _WORDS)
            if self.exit.level == "anonymous":
                return "no"
        if sort is None or not self.leaves(place.record):
            return "no"
        level, about = self.exit.level, self.about(record)
        if sort == _INC and level not in ("counsel", "anonymous"):
            code = getattr(record, "code", None) or ""
            return "yes" if self._by_s12(record, about, code) else "no"
        if sort not in _LEAVES[level]:
            return "no"
        if level == "tracing" and place.field == "dates" and place.part != "lost_contact":
            return "no"
        if sort in (_NAME, _TRAIT) and not self._named(about):
            return "no"
        if sort == _PLACE and level != "counsel" and not self._place_leaves(record):
            return "no"
        if sort == _PUBLISHED and level != "counsel" and SOURCES[place.record][0] is not Terms.PUBLIC:
            return "no"
        if level != "counsel" and not self._codes_of(place, record, about):
            return "no"
        return "year" if sort == _DATE and level == "anonymous" else "yes"

    def _codes_of(self, place: Place, record: Any, about: set[str]) -> bool:
        if _FIELDS.get(place.kind, {}).get(place.field) != _CODE_ or place.field == "code":
            return True
        code = getattr(record, place.field)
        return code is None or self._code_leaves(code, record, about)

    def _place_leaves(self, record: Any) -> bool:
        stated = getattr(record, "place_type", None) or getattr(record, "attributes", {}).get("place type")
        return stated in OPEN_PLACES

    def leaks(self, output: str) -> list[tuple[str, tuple[Place, ...]]]:
        """Canaries that stand in an output and may not."""
        found = []
        for canary in sorted(self.world.planted.found_in(output)):
            places = tuple(self.world.planted.places[canary])
            answers = {self.field(place) for place in places}
            if "yes" in answers or ("year" in answers and not whole_date(canary, output)):
                continue
            found.append((canary, places))
        return found

    def allowed(self, output: str) -> set[Place]:
        """Places of the canaries in an output that may stand there."""
        hits = self.world.planted.found_in(output)
        return {place for one in hits for place in self.world.planted.places[one] if self.field(place) != "no"}
