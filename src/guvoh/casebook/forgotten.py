"""What must not come back: ids and persons that were erased, known by keyed digests alone.

The digests stand in control entries, in clear. They are HMACs under a secret that only members who may see identities
can derive, so that they confirm nothing to anybody else.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from guvoh.archive.control import DECIDES, WRITES
from guvoh.archive.store import Archive
from guvoh.records.base import Decision, Record
from guvoh.records.codec import AnyRecord, subjects_of
from guvoh.records.custody import Backup, Label, Session
from guvoh.records.decisions import Consent, Disclosure
from guvoh.records.people import LinkageRun, Mention, Partition
from guvoh.records.sources import Outline, Receipt, Source
from guvoh.records.statements import Actor, Statement

KEPT: tuple[type[Record], ...] = (LinkageRun, Partition, Disclosure, Session, Label, Backup, Actor)
"""Kinds that hold ids of what they speak of, and none of its words: they stay when it is erased."""
OF_READERS: tuple[type[Record], ...] = (Session, Disclosure)
"""What a member who may not write still leaves in his log: what he looked at, and what he gave out."""
OF_WRITERS: tuple[type[Record], ...] = (Source, Outline, Mention, Receipt, Statement, Consent, Session)
"""What a member adds who can read nothing back: what came in, and what was said. He decides nothing."""
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """Whose word each log is. A log that is not here is nobody's in particular, and anything may stand in it.

    of    the member of each log
    mute  logs of members who may not write; writers: of those who can read nothing back
    anew  the log of each erasure that nobody has refused: its asker writes others' records anew, without what goes
    """

    of: dict[str, str]
    members: frozenset[str]
    mute: frozenset[str]
    writers: frozenset[str]
    anew: dict[str, str]

    @classmethod
    def known(cls, archive: Archive) -> Authors:
        members = archive.members
        roles = {log: members.members[device.member].role for log, device in members.devices.items()}
        return cls(
            of={log: device.member for log, device in members.devices.items()},
            members=frozenset(members.members),
            mute=frozenset(log for log, role in roles.items() if role not in WRITES),
            writers=frozenset(log for log, role in roles.items() if role in WRITES - DECIDES),
            anew={one.id: one.log for one in members.erasures.values() if not one.refused},
        )

    def may_say(self, record: AnyRecord, log: str, subjects: Sequence[str] = ()) -> bool:
        """Whether this is a record that the member of a log may add, and in nobody else's name.

        subjects  of its entry: what was written anew for an erasure names that, and keeps the name of who had said it
        """
        if log in self.mute and not isinstance(record, OF_READERS):
            return False
        if log in self.writers and not isinstance(record, OF_WRITERS):
            return False
        return self.stranger(record, log) not in self.members or any(self.anew.get(one) == log for one in subjects)

    def rights(self, log: str) -> str:
        """What its member may add to a log, in a word."""
        return "little" if log in self.mute else "some" if log in self.writers else "all"

    def stranger(self, record: AnyRecord, log: str) -> str:
        """In whose name a record speaks, where that is not the member of the log in which it lies; else ""."""
        by = record.by if isinstance(record, Decision) else ""
        return by if by != self.of.get(log, by) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What the index passes over: what was erased, and what its author had no right to say."""

    secret: bytes
    gone: frozenset[str]
    people: frozenset[str]
    cleared: frozenset[str]
    authors: Authors

    @classmethod
    def of(cls, archive: Archive) -> Forgotten:
        members, known = archive.members, archive.sees_identities
        anything = bool(members.gone or members.people)
        return cls(
            secret=archive.forgotten_secret if known and anything else b"",
            gone=members.gone if known else frozenset(),
            people=members.people if known else frozenset(),
            cleared=frozenset(members.cleared),
            authors=Authors.known(archive),
        )

    @property
    def anybody(self) -> bool:
        """Whether anything was erased at all, which it is not in most archives."""
        return bool(self.gone or self.people)

    def drops(self, record: AnyRecord) -> str:
        """The keyed digest by which a record is not to be taken in: it, or what it speaks of, was erased; else ""."""
        if not self.gone:
            return ""
        if isinstance(record, Source) and not record.redacted and (found := self._met(whole(record.id))):
            return found
        if isinstance(record, KEPT):
            return ""
        return self._met(record.id, *subjects_of(record))

    def drops_mention(self, source: str, mention: str) -> str:
        """The same of a mention."""
        return self._met(source, mention) if self.gone else ""

    def drops_source(self, source: str) -> bool:
        return bool(self.gone) and digest(self.secret, source) in self.gone

    def hides(self, record: str) -> bool:
        """Whether why somebody looked at a record may tell of what was erased: it, its source, or a part of either."""
        source, _, row = record.rpartition(".")
        ids = (record, source) if source and row.isdecimal() else (record,)
        return bool(self.gone) and bool(self._met(*ids, *map(whole, ids)))

    def _met(self, *ids: str) -> str:
        digests = (digest(self.secret, one) for one in ids)
        return next((one for one in digests if one in self.gone), "")

    def stops(self, mention: str, pair: str | None, birth: str | None) -> bool:
        """Whether a mention is of somebody like an erased person, and no custodian has said that it is another."""
        if not self.people or not pair or digest(self.secret, person(pair, birth)) not in self.people:
            return False
        return digest(self.secret, mention) not in self.cleared


def digest(secret: bytes, what: str) -> str:
    return hmac.digest(secret, what.encode(), "sha256")[:_DIGEST_BYTES].hex()


def whole(source: str) -> str:
    """A source as it came in: only its redacted derivative may be used."""
    return f"{source} whole"


def person(pair: str, birth: str | None) -> str:
    """Who a person is to a list: the folded name and the date of birth as it is written."""
    return f"person {pair} {birth or ''}"
