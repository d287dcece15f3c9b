"""What people decided and did: consents, authority, cases, findings, actions, disclosures, corrections, notes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from guvoh.records.base import (
    Absent,
    Answer,
    BadRecord,
    Code,
    Country,
    DateAnswer,
    Decision,
    Id,
    Position,
    Term,
    Tongue,
    Whole,
    check_dates,
)


class Scope(StrEnum):
    """One use that a consent allows or refuses (domain standards, section 1). What nobody was asked about is no."""

    KEEP = "S1"
    ANALYSE = "S2"
    SHARE_ORG = "S3"
    LAWYER = "S4"
    UN_CONFIDENTIAL = "S5"
    UN_GOVERNMENT = "S6"
    UN_PUBLIC = "S7"
    COURT = "S8"
    TRACING = "S9"
    MEDIA = "S10"
    CONTACT = "S11"
    INCRIMINATING = "S12"


class Permission(StrEnum):
    YES = "yes"
    NO = "no"
    ASK_AGAIN = "ask again"
    """Not yes."""
    NAMELESS = "without name"
    """Of MEDIA alone: it may be published, but without the name. Not yes."""


class Consent(Decision, frozen=True, kw_only=True, tag="consent"):
    """What a person, or somebody on his behalf, allows; refusing one scope changes no other.

    about       mentions of the person
    statements  empty: all; else only these
    on_behalf   relation of the giver to the person; not given where the person himself consents
    cannot_ask  why the person himself cannot be asked
    authority   the record of the giver's authority to act for the person
    age         of the giver, in completed years; guardian: who consents with a giver under 18
    recipients  whom S3, S4 and S12 name
    values      codes that S12 allows to be given out
    home_state  of S6: whether the home state may be told too, which is asked apart
    replaces    consents that the giver, or whoever decided, had before him: for the mentions this one is about and the
                scopes it answers, it stands in their place
    apart       mentions that were taken for this person and are known to be another
    """

    about: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]
    scopes: dict[Scope, Permission]
    statements: tuple[Id, ...] = ()
    given_on: DateAnswer = None
    given_by: Answer = None
    age: Whole | Absent | None = None
    guardian: Answer = None
    on_behalf: Answer = None
    cannot_ask: Answer = None
    authority: Id | None = None
    language: Tongue | None = None
    interpreter: Answer = None
    method: Answer = None
    witness: Answer = None
    explained: str = ""
    text_version: str = ""
    recipients: tuple[str, ...] = ()
    values: tuple[Code, ...] = ()
    home_state: Permission | None = None
    expires: DateAnswer = None
    review: DateAnswer = None
    safe_contact: Answer = None
    unsafe_contact: Answer = None
    replaces: tuple[Id, ...] = ()
    apart: tuple[Id, ...] = ()
    withdrawn: bool = False

    def __post_init__(self) -> None:
        check_dates(self, "given_on", "expires", "review")
        if any(scope is not Scope.MEDIA and said is Permission.NAMELESS for scope, said in self.scopes.items()):
            raise BadRecord("only S10 can be allowed without the name")
        if self.home_state is Permission.NAMELESS:
            raise BadRecord("the home state is told with the name, or not at all")


class Authority(Decision, frozen=True, kw_only=True, tag="authority"):
    """Authority to act for somebody: who, for whom, by which document. Consent is not a power of attorney."""

    holder: str
    about: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]
    document: Answer = None
    valid_from: DateAnswer = None
    valid_until: DateAnswer = None

    def __post_init__(self) -> None:
        check_dates(self, "valid_from", "valid_until")


class Case(Decision, frozen=True, kw_only=True, tag="case"):
    """A person's needs and what is being done: not only what is known."""

    about: tuple[Id, ...]
    needs: tuple[Code, ...] = ()
    urgency: Answer = None
    owner: Id | None = None
    closed: DateAnswer = None

    def __post_init__(self) -> None:
        check_dates(self, "closed")


class Action(Decision, frozen=True, kw_only=True, tag="action"):
    """A step taken (list AC) and its answer (list RS)."""

    case: Id
    code: Code
    addressee: Answer = None
    sent: DateAnswer = None
    due: DateAnswer = None
    reference: Answer = None
    response: Code | None = None
    responded: DateAnswer = None

    def __post_init__(self) -> None:
        check_dates(self, "sent", "due", "responded")


class Standard(StrEnum):
    """Standard of proof of a finding, the lowest first."""

    ALLEGED = "alleged"
    SUSPICION = "reasonable suspicion"
    GROUNDS = "reasonable grounds to believe"
    CLEAR = "clear and convincing"


class Finding(Decision, frozen=True, kw_only=True, tag="finding"):
    """A reviewed conclusion; never set by software.

    From reasonable grounds on it needs a second reviewer, written reasons and statements that support it; those that
    contradict it are listed too.
    """

    conclusion: str
    standard: Standard
    supporting: tuple[Id, ...]
    contradicting: tuple[Id, ...] = ()
    second: Id | None = None

    def __post_init__(self) -> None:
        if self.standard not in (Standard.GROUNDS, Standard.CLEAR):
            return
        if self.second in (None, self.by) or not self.reason.strip() or not self.supporting:
            raise BadRecord(
                "a finding on reasonable grounds needs a second reviewer, written reasons and supporting statements"
            )


class Disclosure(Decision, frozen=True, kw_only=True, tag="disclosure"):
    """An export that left the archive: what, to whom, at which level, under which consents.

    release  what had been prepared, where it was
    part     of an export with more records than one entry holds, counted from 1; all parts have one reference
    """

    reference: str
    recipient: str
    level: str
    records: tuple[Id, ...]
    consents: tuple[Id, ...] = ()
    digest: str
    release: Id | None = None
    part: Position = 1


class Release(Decision, frozen=True, kw_only=True, tag="release"):
    """An export that was prepared. It allows nothing: what leaves is decided at the moment of writing.

    about      mentions of the persons
    level      how much, in the gate's words; recipient: who is to have it, in words
    body       the UN body, in the gate's words; state: the government concerned, as an ISO 3166-1 code
    recipient_key  an age recipient to whom the file is sealed; "": it is written in clear
    """

    about: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]
    level: Term
    recipient: str
    recipient_key: str = ""
    body: Term | None = None
    state: Country | None = None


class Seconding(Decision, frozen=True, kw_only=True, tag="seconding"):
    """A second member's word for a release of many persons."""

    release: Id


class Correction(Decision, frozen=True, kw_only=True, tag="correction"):
    """A record that takes the place of another, or that takes one back (`new` is not given). Both are kept."""

    old: Id
    new: Id | None = None


class Note(Decision, frozen=True, kw_only=True, tag="note"):
    """A remark of a member about records; not a statement of any source."""

    about: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]
    text: str
