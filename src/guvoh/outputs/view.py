"""What a report is made of: numbers, dates, ids and terms.

No field can carry a name, a title or a quote: every text is an id, a term of the project's own vocabulary, or a member
of an enum, and is checked when it is made. The words of an estimate are those of `estimation`, which has never met a
person. Whoever fills a view has already asked consent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from guvoh.errors import GuvohError
from guvoh.estimation.estimates import Estimate
from guvoh.records.base import Terms
from guvoh.values.digests import Digest, sha256
from guvoh.values.languages import Language

FIRST_IDS = 3
"""How many ids a figure shows; the digest stands for all of them."""


class NotForAReport(GuvohError):
    """A text that has not the shape of an id or a term, and so might say something about a person.

    The text itself is not in the message.
    """

    def __init__(self, field: str, shape: str) -> None:
        self.field, self.shape = field, shape
        super().__init__(f"the report's field {field!r} must be {shape}; give the id or term, never what a source says")


class Confirmation(StrEnum):
    """How far the figures of a report have been confirmed."""

    AS_REPORTED = "as reported, unverified"


class FigureId(StrEnum):
    """The summary figures a report may show; their labels and definitions stand in `report`."""

    SOURCES = "sources"
    LISTS = "lists"
    MENTIONS = "mentions"
    PEOPLE = "people"
    PEOPLE_LISTED = "people-listed"
    GROUPS = "groups"


class Unit(StrEnum):
    """What was left out, as a noun."""

    SOURCES = "sources"
    LISTS = "lists"
    MENTIONS = "mentions"
    PEOPLE = "people"


class Why(StrEnum):
    """Why something is not in the figures; the words for each stand in `report`."""

    NO_CONSENT = "no-consent"
    INTERNAL = "internal"
    GROUP = "group"
    NO_NAME = "no-name"
    NOT_LISTED = "not-listed"
    REPEATED = "repeated"
    ERASED = "erased"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestsOn:
    """The records behind a figure, abridged.

    The digest is `sha256:` over the sorted distinct ids, one a line, each line ending in a newline, in ASCII.
    """

    count: int
    first: tuple[str, ...]
    digest: Digest

    @classmethod
    def of(cls, ids: Iterable[str]) -> "RestsOn":
        """Abridge a list of record ids; order and repetition make no difference."""
        every = sorted(set(ids))
        for one in every:
            _check("rests on", one, _ID)
        digest = sha256("".join(f"{one}\n" for one in every).encode("ascii"))
        return cls(count=len(every), first=tuple(every[:FIRST_IDS]), digest=digest)

    def __post_init__(self) -> None:
        for one in self.first:
            _check("rests on", one, _ID)
        _check("rests on digest", self.digest, _DIGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of the summary and the records behind it."""

    id: FigureId
    value: int
    rests_on: RestsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source: what kind of thing it is, never what it says."""

    id: str
    kind: str | None
    """A code of list ST, or a term such as `list`. None: not recorded."""
    language: Language | None
    """None: not recorded."""
    terms: Terms
    published: str | None
    """An EDTF date. None: not recorded."""
    gaps: tuple[str, ...] = ()
    """Terms of what could not be found out, such as `author`."""
    size: int
    """Bytes of the original."""

    def __post_init__(self) -> None:
        _check("source id", self.id, _ID)
        if self.kind is not None:
            _check("kind of source", self.kind, _KIND)
        if self.terms is Terms.INTERNAL:
            raise NotForAReport("terms of source", "public or consent: working material is in no output")
        if self.published is not None:
            _check("published", self.published, _EDTF)
        for gap in self.gaps:
            _check("gap", gap, _TERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """In how many of the sources a fact is not recorded."""

    field: str
    missing: int
    of: int

    def __post_init__(self) -> None:
        _check("gap", self.field, _TERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """One list of people that counts as a capture occasion."""

    label: str
    """A letter or two, see `letter`: what a list is called may name a person or an informant."""
    source: str
    rows: int
    people: int
    """Distinct people on it who are counted."""
    columns: tuple[str, ...]
    """Terms for what the recognised columns mean, such as `birth`; not the headings as written."""
    rests_on: RestsOn
    """The mentions behind `people`."""

    def __post_init__(self) -> None:
        _check("list label", self.label, _LETTER)
        _check("source id", self.source, _ID)
        for column in self.columns:
            _check("column", column, _TERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateLine:
    """One estimate and the lists it was made from, by label."""

    lists: tuple[str, ...]
    estimate: Estimate
    rests_on: RestsOn


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """How much is not in the figures, and why."""

    what: Unit
    count: int
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """Everything that a report shows."""

    generated_on: date
    archive: str
    version: str
    """Version of the program, and with it of every method, such as `0.1.0`."""
    confirmation: Confirmation
    linkage_run: str | None
    """The record that holds which mentions were taken for one person. None: every mention counts as a person."""
    figures: tuple[Figure, ...]
    sources: tuple[SourceLine, ...]
    gaps: tuple[GapLine, ...]
    lists: tuple[ListLine, ...]
    overlaps: tuple[tuple[int, ...], ...]
    """People shared by each pair of `lists`, in their order; the diagonal is the people of each list."""
    times_listed: tuple[int, ...]
    """People on exactly 1, 2, ... lists; as many numbers as there are lists."""
    estimates: tuple[EstimateLine, ...]
    left_out: tuple[LeftOut, ...]

    def __post_init__(self) -> None:
        _check("archive id", self.archive, _ID)
        _check("version", self.version, _VERSION)
        if self.linkage_run is not None:
            _check("linkage run", self.linkage_run, _ID)
        _check_table(self)


def letter(position: int) -> str:
    """Name a list by its position: 0 is A, 25 is Z, 26 is AA."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


@dataclass(frozen=True, slots=True)
class _Shape:
    pattern: re.Pattern[str]
    words: str


_ID = _Shape(re.compile(r"[a-z0-9][a-z0-9.-]{0,79}"), "an id of lower-case letters, digits, dots and hyphens")
_TERM = _Shape(re.compile(r"[a-z]{1,24}([_-][a-z]{1,24}){0,4}"), "a term of lower-case words joined by hyphens")
_KIND = _Shape(re.compile(r"ST(_[A-Z]{1,24}){1,4}|" + _TERM.pattern.pattern), "a code of list ST or a term")
_EDTF = _Shape(re.compile(r"[0-9./~?%-]{4,40}"), "a date in EDTF")
_LETTER = _Shape(re.compile(r"[A-Z]{1,4}"), "one to four capital letters")
_VERSION = _Shape(re.compile(r"[0-9][0-9a-z.+-]{0,39}"), "a version number")
_DIGEST = _Shape(re.compile(r"sha256:[0-9a-f]{64}"), "a sha256 digest")


def _check(field: str, text: str, shape: _Shape) -> None:
    if not shape.pattern.fullmatch(text):
        raise NotForAReport(field, shape.words)


class UnevenTable(GuvohError):
    """The tables of a report do not fit its lists."""

    def __init__(self, table: str, lists: int) -> None:
        self.table, self.lists = table, lists
        super().__init__(f"the report's table of {table} does not fit its {lists} lists; make both from the same lists")


def _check_table(view: ReportView) -> None:
    size = len(view.lists)
    if len(view.overlaps) != size or any(len(row) != size for row in view.overlaps):
        raise UnevenTable("overlaps", size)
    if len(view.times_listed) != size:
        raise UnevenTable("times listed", size)
    labels = {line.label for line in view.lists}
    if len(labels) != size or any(not labels.issuperset(line.lists) for line in view.estimates):
        raise UnevenTable("list labels", size)
