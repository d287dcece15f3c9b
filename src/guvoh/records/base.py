"""What all records share: an id, a shape that checks itself, and the three faces of absence."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from guvoh.errors import GuvohError
from guvoh.values.absence import Absence
from guvoh.values.dates import DateSpan, NotADate
from guvoh.values.spans import TextSpan

LARGEST_INTEGER = 2**53 - 1
"""Beyond it other readers of JSON round."""


class BadRecord(GuvohError):
    """Bytes that are not a record of this format. The message holds nothing of what was in them."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a record is not of this format: {why}")


# Python lets `$` stand before a last line feed, which `(?!\n)` forbids; other readers of the schema know no `\Z`.
_ID = r"^[a-z0-9][a-z0-9.-]{0,79}$(?!\n)"
ID = re.compile(_ID)
Id = Annotated[str, msgspec.Meta(pattern=_ID)]
QuickId = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": _ID})]
"""An id whose letters are checked apart from its type, because a pattern costs as much as the rest of a row."""
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}_[A-Z0-9_]{1,40}$(?!\n)")]
"""A term of the codebook by its shape alone; the casebook checks that the codebook has it."""
Term = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z _-]{0,39}$(?!\n)")]
"""A word of the program's own, such as what a column means: never words of a source."""
Tongue = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$(?!\n)")]
"""A language as a BCP 47 tag by its shape alone."""
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}$(?!\n)")]
"""A state as an ISO 3166-1 alpha-2 code by its shape alone."""
Moment = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$(?!\n)")
]
"""A time in UTC, as the clock of a laptop claimed it. Never used to order anything."""
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}$(?!\n)")]
Whole = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_INTEGER)]
Position = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INTEGER)]
"""Counted from 1."""


class Absent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody was asked, or a source says: it is not known, or there is none. Not asked is no value at all."""

    absent: Absence


Answer = str | Absent | None
DateAnswer = str | Absent | None
"""A date in EDTF, or its stated absence, or not asked."""


class Terms(StrEnum):
    """On what terms a source may be used, the widest first."""

    PUBLIC = "public"
    """Published, or a list received: its mentions are counted, and never named in what leaves."""
    CONSENT = "consent"
    """As the consents of the persons say; a scope that nobody was asked about is no."""
    INTERNAL = "internal"
    """Working material: in no output."""


STRICTEST_FIRST = (Terms.INTERNAL, Terms.CONSENT, Terms.PUBLIC)
"""Where a source was given several terms, the strictest holds."""


class Record(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="type"
):
    """A thing that was said or decided, at one time. Nothing is edited: a Correction names the one it replaces."""

    id: Id


class Decision(Record, frozen=True, kw_only=True):
    """A record that a person made: who (a member's id, never a name), when by his clock, and why."""

    by: Id
    at: Moment
    reason: str = ""


def now(clock: datetime | None = None) -> str:
    """The present moment as records write it."""
    return (clock or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_dates(record: msgspec.Struct, *fields: str) -> None:
    """Raise BadRecord unless each of these fields is a date in EDTF, a stated absence, or not there."""
    for field in fields:
        check_date(getattr(record, field), field)


def check_date(value: DateAnswer, field: str) -> None:
    if isinstance(value, str):
        try:
            DateSpan.parse(value)
        except NotADate:
            raise BadRecord(f"its field {field!r} is not a date in EDTF") from None


def check_span(span: TextSpan | None) -> None:
    if span is not None and span.end > LARGEST_INTEGER:
        raise BadRecord("its field 'span' ends beyond any text")
