"""Which consents have ended or soon will, and which are to be talked over again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from guvoh.consent.replacing import Replacements
from guvoh.records.base import Absent, DateAnswer
from guvoh.records.decisions import Consent
from guvoh.values.absence import Absence
from guvoh.values.dates import DateSpan


class What(StrEnum):
    EXPIRED = "expired"
    EXPIRES = "expires"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing to do about one consent; `day` is the earliest that its date may mean, None where it tells none."""

    id: str
    what: What
    day: date | None


def due(consents: Iterable[Consent], today: date, within: int) -> tuple[Due, ...]:
    """Which have expired, expire, or are to be reviewed within so many days, the most urgent first.

    Nothing is due of a consent that was withdrawn or that others have replaced altogether.
    """
    standing = tuple(consents)
    replacements = Replacements(standing)
    found = []
    for consent in standing:
        if consent.withdrawn or _is_replaced(consent, replacements):
            continue
        if _is_within(consent.expires, today, within):
            day = _day(consent.expires)
            what = What.EXPIRED if day is None or day < today else What.EXPIRES
            found.append(Due(id=consent.id, what=what, day=day))
        if _is_within(consent.review, today, within):
            found.append(Due(id=consent.id, what=What.REVIEW, day=_day(consent.review)))
    return tuple(sorted(found, key=lambda one: (one.day or date.min, one.id, one.what)))


def _is_replaced(consent: Consent, replacements: Replacements) -> bool:
    answered = [(mention, scope) for mention in consent.about for scope in consent.scopes]
    return bool(answered) and all(replacements.lifted(consent, *one) is None for one in answered)


def _is_within(answer: DateAnswer, today: date, within: int) -> bool:
    if answer is None or (isinstance(answer, Absent) and answer.absent is Absence.NONE_STATED):
        return False
    day = _day(answer)
    return day is None or (day - today).days <= within


def _day(answer: DateAnswer) -> date | None:
    return DateSpan.parse(answer).earliest if isinstance(answer, str) else None
