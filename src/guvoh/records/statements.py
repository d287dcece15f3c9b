"""Statements, events, actors: what is said to have happened, by whom it is said, and who did it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from guvoh.records.base import (
    Absent,
    Answer,
    BadRecord,
    Code,
    DateAnswer,
    Id,
    Record,
    Term,
    Tongue,
    check_dates,
    check_span,
)
from guvoh.values.spans import TextSpan


class StatementKind(StrEnum):
    """Codebook list SK: what sort of thing is being said. Only acts and statuses enter counts."""

    ACT = "SK_ACT"
    STATUS = "SK_STATUS"
    MOTIVE = "SK_MOTIVE"
    ATTITUDE = "SK_ATTITUDE"
    DEMAND = "SK_DEMAND"
    LEGAL = "SK_LEGAL"
    QUANTITY = "SK_QUANTITY"
    POSITION = "SK_POSITION"
    CONTEXT = "SK_CONTEXT"
    OPINION = "SK_OPINION"

    @property
    def counts(self) -> bool:
        return self in (StatementKind.ACT, StatementKind.STATUS)


class Stance(StrEnum):
    ASSERTS = "asserts"
    DENIES = "denies"
    ASKS = "asks"
    CONDITIONAL = "conditional"


class Speaker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who says it. `unattributed` is "it is known that"; it is not the same as a speaker nobody asked about."""

    words: Answer = None
    relation: Answer = None
    role: Answer = None
    anonymous: bool = False
    unattributed: bool = False
    through: tuple[str, ...] = ()
    """Through whom it was heard, the nearest to the speaker first."""


class Statement(Record, frozen=True, kw_only=True, tag="statement"):
    """One thing that one speaker says in one source: said, not yet established.

    about       the mentions it speaks of
    span        the words in the source's text, by code point, with quote and context
    translation the same words in another language, and which
    codebook    the version of the codebook that the code was taken from
    """

    source: Id
    kind: StatementKind
    about: tuple[Id, ...] = ()
    code: Code | None = None
    attributes: dict[Term, str | Absent] = {}
    value: Answer = None
    stance: Stance = Stance.ASSERTS
    speaker: Speaker = Speaker()
    basis: Code | None = None
    said: DateAnswer = None
    when: DateAnswer = None
    where: Answer = None
    language: Tongue | None = None
    span: TextSpan | None = None
    translation: str = ""
    translated_to: Tongue | None = None
    codebook: str = ""

    def __post_init__(self) -> None:
        check_dates(self, "said", "when")
        check_span(self.span)


class Involvement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One actor's or person's part in an event."""

    who: Id
    role: str
    degree: Answer = None


class Pattern(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that goes on: from when to when, over which area. A pattern never enters a count."""

    start: DateAnswer = None
    end: DateAnswer = None
    area: Answer = None

    def __post_init__(self) -> None:
        check_dates(self, "start", "end")


class Event(Record, frozen=True, kw_only=True, tag="event"):
    """Something that happened to people, as statements have it; or a pattern with start, end and area."""

    statements: tuple[Id, ...]
    code: Code | None = None
    when: DateAnswer = None
    where: Answer = None
    place_type: Code | None = None
    involved: tuple[Involvement, ...] = ()
    pattern: Pattern | None = None

    def __post_init__(self) -> None:
        check_dates(self, "when")
        if self.pattern is not None and self.when is not None:
            raise BadRecord("a pattern has a start and an end, not a date of its own")

    @property
    def counts(self) -> bool:
        return self.pattern is None


class StateLink(StrEnum):
    """How an actor is linked to a state; graded by a person, never inferred."""

    AGENT = "agent"
    SUPPORT = "acts with support or acquiescence"
    NONE_KNOWN = "none known"
    UNKNOWN = "unknown"


class Actor(Record, frozen=True, kw_only=True, tag="actor"):
    """Who recruits: organ, colony, unit, official, broker, with names in any script."""

    names: tuple[str, ...]
    kind: Code | None = None
    parent: Id | None = None
    place: Answer = None
    since: DateAnswer = None
    until: DateAnswer = None
    state_link: StateLink = StateLink.UNKNOWN
    state_link_basis: tuple[Id, ...] = ()

    def __post_init__(self) -> None:
        check_dates(self, "since", "until")
