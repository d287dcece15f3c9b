"""What one consent answers to one question, and whether its yes holds today."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from guvoh.consent.reasons import Reason
from guvoh.records.base import Absent, DateAnswer
from guvoh.records.decisions import Authority, Consent, Permission, Scope
from guvoh.values.absence import Absence
from guvoh.values.dates import DateSpan

OF_AGE = 18
WITHOUT_A_PAPER = frozenset({Scope.KEEP, Scope.ANALYSE, Scope.CONTACT})
"""What a mother may allow for her own account without an authority to act for her son."""
_TO_SOMEBODY = frozenset({Scope.SHARE_ORG, Scope.LAWYER, Scope.INCRIMINATING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A use that is asked for; what has no bearing on its scope is left out of it."""

    scope: Scope
    recipient: str = ""
    code: str = ""
    home_state: bool = False
    nameless: bool = False

    @classmethod
    def of(cls, scope: Scope, recipient: str, code: str, home_state: bool, nameless: bool) -> Question:
        return cls(
            scope=scope,
            recipient=plain(recipient) if scope in _TO_SOMEBODY else "",
            code=code if scope is Scope.INCRIMINATING else "",
            home_state=home_state and scope is Scope.UN_GOVERNMENT,
            nameless=nameless and scope is Scope.MEDIA,
        )


def plain(recipient: str) -> str:
    """A recipient as it is compared: case and spaces make no other."""
    return " ".join(unicodedata.normalize("NFC", recipient).casefold().split())


def answers(consent: Consent, scope: Scope) -> bool:
    """Whether it says anything of this scope. A withdrawal answers all of them."""
    return consent.withdrawn or scope in consent.scopes


def spoken_of(consent: Consent) -> frozenset[str] | None:
    """The statements it speaks of; None: all, as a withdrawal always does."""
    return frozenset(consent.statements) if consent.statements and not consent.withdrawn else None


def says_no(consent: Consent, question: Question) -> Reason | None:
    """The reason why its answer is another than yes; nothing makes that void. None: yes, or not asked."""
    if consent.withdrawn:
        return Reason.WITHDRAWN
    said = consent.scopes.get(question.scope)
    if said is Permission.NO:
        return Reason.REFUSED
    if question.home_state and consent.home_state is Permission.NO:
        return Reason.HOME_STATE_REFUSED
    if said is Permission.ASK_AGAIN:
        return Reason.ASK_AGAIN
    if question.home_state and consent.home_state is Permission.ASK_AGAIN:
        return Reason.HOME_STATE_ASK_AGAIN
    if said is Permission.NAMELESS and not question.nameless:
        return Reason.NAMELESS
    return None


def void(consent: Consent, today: date) -> Reason | None:
    """What voids every yes of a consent today, whatever it is asked for and whoever it is about."""
    if isinstance(consent.age, int) and consent.age < OF_AGE and not _stated(consent.guardian):
        return Reason.MINOR
    if _is_unknown(consent.expires):
        return Reason.EXPIRY_UNKNOWN
    if not _still(consent.expires, today):
        return Reason.EXPIRED
    if isinstance(consent.given_on, str):
        earliest = DateSpan.parse(consent.given_on).earliest
        if earliest is not None and earliest > today:
            return Reason.FUTURE
    return None


def without_authority(
    consent: Consent, scope: Scope, mention: str, authorities: Mapping[str, Authority], today: date
) -> Reason | None:
    """What voids the yes of a giver who speaks for another. Consent is not a power of attorney."""
    if scope in WITHOUT_A_PAPER or (consent.on_behalf is None and consent.authority is None):
        return None
    if not _stated(consent.cannot_ask):
        return Reason.NOT_SAID_WHY
    authority = authorities.get(consent.authority) if consent.authority is not None else None
    if authority is None:
        return Reason.NO_AUTHORITY
    if mention not in authority.about:
        return Reason.AUTHORITY_FOR_ANOTHER
    if not _already(authority.valid_from, today) or not _still(authority.valid_until, today):
        return Reason.AUTHORITY_NOT_VALID
    return None


def unmet(consent: Consent, question: Question) -> Reason | None:
    """The condition of a yes that what is asked for does not meet."""
    if not _is_named(consent, question):
        return Reason.OTHER_RECIPIENT
    if question.scope is Scope.INCRIMINATING and question.code not in consent.values:
        return Reason.OTHER_VALUE
    if question.home_state and consent.home_state is not Permission.YES:
        return Reason.HOME_STATE_NOT_ASKED
    return None


def _is_named(consent: Consent, question: Question) -> bool:
    if question.scope not in _TO_SOMEBODY or (question.scope is Scope.LAWYER and not consent.recipients):
        return True
    return bool(question.recipient) and question.recipient in map(plain, consent.recipients)


def _stated(answer: str | Absent | None) -> bool:
    return isinstance(answer, str) and bool(answer.strip())


def _is_unknown(day: DateAnswer) -> bool:
    return isinstance(day, Absent) and day.absent is Absence.UNKNOWN


def _still(until: DateAnswer, today: date) -> bool:
    """Whether an end has certainly not passed: by the earliest day that it may mean, itself included."""
    if not isinstance(until, str):
        return not _is_unknown(until)
    earliest = DateSpan.parse(until).earliest
    return earliest is not None and earliest >= today


def _already(since: DateAnswer, today: date) -> bool:
    """Whether a beginning has certainly come: by the latest day that it may mean, itself included."""
    if not isinstance(since, str):
        return not _is_unknown(since)
    latest = DateSpan.parse(since).latest
    return latest is not None and latest <= today
