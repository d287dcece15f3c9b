"""What all records share: an id, a shape that checks itself, and the three faces of absence."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from guvoh.errors import GuvohError
from guvoh.values.absence import Absence
from guvoh.values.dates import DateSpan, NotADate


class BadRecord(GuvohError):
    """Bytes that are not a record of this format. The message holds nothing of what was in them."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a record is not of this format: {why}")


Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}\Z")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}_[A-Z0-9_]{1,40}\Z")]
"""A term of the codebook by its shape alone; the casebook checks that the codebook has it."""
Moment = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]
"""A time in UTC, as the clock of a laptop claimed it. Never used to order anything."""


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


def check_date(value: DateAnswer, field: str) -> None:
    if isinstance(value, str):
        try:
            DateSpan.parse(value)
        except NotADate:
            raise BadRecord(f"its field {field!r} is not a date in EDTF") from None
