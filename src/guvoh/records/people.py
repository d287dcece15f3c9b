"""Persons as sources name them, and the decisions about who is who."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from guvoh.records.base import (
    ID,
    Absent,
    Answer,
    BadRecord,
    DateAnswer,
    Decision,
    Id,
    Position,
    QuickId,
    Record,
    Sha256,
    Term,
    Whole,
    check_date,
    check_dates,
    check_span,
)
from guvoh.values.spans import TextSpan

EVENTS = frozenset({"transfer", "contract", "lost_contact", "capture", "report", "death", "taken"})
"""What a list may give the date of."""


class Group(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Several people named together: "seven men", "dozens", "up to 300". A group never enters a count of persons."""

    least: Whole | None = None
    most: Whole | None = None
    words: str = ""

    def __post_init__(self) -> None:
        if self.least is not None and self.most is not None and self.least > self.most:
            raise BadRecord("a group has at least more people than at most")


class Mention(Record, frozen=True, kw_only=True, tag="mention"):
    """A person as one source describes them, or a group with a size. The row of a list is a mention.

    id     of a row: the source's id, a dot, the 1-based data row
    name   the full name as written; not given where a list has its parts in columns of their own: see `full_name`
    cells  the raw cells of the row, as the list has them
    birth  EDTF; age is completed years, as stated
    dates  of EVENTS, in EDTF
    """

    id: QuickId
    source: QuickId
    row: Position | None = None
    span: TextSpan | None = None
    name: Answer = None
    surname: Answer = None
    given: Answer = None
    patronymic: Answer = None
    birth: DateAnswer = None
    age: Whole | Absent | None = None
    sex: Answer = None
    citizenship: Answer = None
    origin: Answer = None
    institution: Answer = None
    place: Answer = None
    identifier: Answer = None
    dates: dict[str, str | Absent] = {}
    cells: tuple[str, ...] = ()
    doubts: tuple[Term, ...] = ()
    group: Group | None = None

    @property
    def full_name(self) -> str | None:
        """The name as written, or its parts in the order surname, given name, patronymic; None if none is stated."""
        return joined_name(self.name, self.surname, self.given, self.patronymic)

    @property
    def counts(self) -> bool:
        """Whether this is one person, who may enter a count."""
        return self.group is None


def joined_name(name: Answer, *parts: Answer) -> str | None:
    if name is not None:
        return name if isinstance(name, str) else None
    return " ".join([part for part in parts if part.__class__ is str]) or None


def check_mention(mention: Mention) -> None:
    """What the type leaves unchecked, so that a million rows are read quickly: ids, dates, events, the span."""
    for value in (mention.id, mention.source):
        if not ID.fullmatch(value):
            raise BadRecord("an id in it is not an id")
    if mention.row is not None and mention.id != f"{mention.source}.{mention.row}":
        raise BadRecord("the id of a row is not its source's id, a dot and its number")
    if not EVENTS.issuperset(mention.dates):
        raise BadRecord("its field 'dates' names an event that is not known here")
    check_dates(mention, "birth")
    for value_or_absence in mention.dates.values():
        check_date(value_or_absence, "dates")
    check_span(mention.span)


class Verdict(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class Judgement(Decision, frozen=True, kw_only=True, tag="judgement"):
    """A human decision about mentions: they are one human being, or not, or it cannot be told. It binds linkage."""

    mentions: Annotated[tuple[Id, ...], msgspec.Meta(min_length=2)]
    verdict: Verdict


class LinkageRun(Decision, frozen=True, kw_only=True, tag="linkage-run"):
    """One run of the linkage, with its result, so that replaying never computes it again.

    input_digest  over what the engine was given; inputs: how many mentions that was
    replaces      the runs that its maker had seen; a run that nobody replaces is in force
    refused       mentions that may not be counted though their source is public; allowed: mentions that may be counted
                  though it is not. So those who see no consents count the same
    parts         how many Partition records hold the result
    """

    engine: str
    version: str
    settings: dict[Term, str]
    input_digest: Sha256
    inputs: Whole
    replaces: tuple[Id, ...] = ()
    refused: tuple[Id, ...] = ()
    allowed: tuple[Id, ...] = ()
    parts: Whole


class Partition(Record, frozen=True, kw_only=True, tag="partition"):
    """A part of a run's result: mentions that it takes for one person. Whoever is in no part stands alone."""

    run: Id
    part: Position
    persons: tuple[tuple[Id, ...], ...]
