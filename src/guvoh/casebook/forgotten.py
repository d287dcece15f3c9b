"""What must not come back: ids and persons that were erased, known by keyed digests alone.

The digests stand in control entries, in clear. They are HMACs under a secret that only members who may see identities
can derive, so that they confirm nothing to anybody else.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from guvoh.archive.control import WRITES
from guvoh.archive.store import Archive
from guvoh.records.base import Record
from guvoh.records.codec import AnyRecord, subjects_of
from guvoh.records.custody import Backup, Label, Session
from guvoh.records.decisions import Disclosure
from guvoh.records.people import LinkageRun, Partition
from guvoh.records.sources import Source
from guvoh.records.statements import Actor

KEPT: tuple[type[Record], ...] = (LinkageRun, Partition, Disclosure, Session, Label, Backup, Actor)
"""Kinds that hold ids of what they speak of, and none of its words: they stay when it is erased."""
OF_READERS: tuple[type[Record], ...] = (Session, Disclosure)
"""What a member who may not write still leaves in his log: what he looked at, and what he gave out."""
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What the index passes over. mute: logs of members who may not write."""

    secret: bytes
    gone: frozenset[str]
    people: frozenset[str]
    cleared: frozenset[str]
    mute: frozenset[str]

    @classmethod
    def of(cls, archive: Archive) -> Forgotten | None:
        """None where there is nothing to pass over, which is so in most archives."""
        members = archive.members
        mute = frozenset(
            log for log, device in members.devices.items() if members.members[device.member].role not in WRITES
        )
        if not (members.gone or members.people or mute):
            return None
        known = archive.sees_identities
        return cls(
            secret=archive.forgotten_secret if known else b"",
            gone=members.gone if known else frozenset(),
            people=members.people if known else frozenset(),
            cleared=frozenset(members.cleared),
            mute=mute,
        )

    def drops(self, record: AnyRecord) -> bool:
        """Whether a record is not to be taken in: it, or what it speaks of, was erased."""
        if not self.gone:
            return False
        if isinstance(record, Source) and not record.redacted and digest(self.secret, whole(record.id)) in self.gone:
            return True
        if isinstance(record, KEPT):
            return False
        return any(digest(self.secret, one) in self.gone for one in (record.id, *subjects_of(record)))

    def drops_source(self, source: str) -> bool:
        return bool(self.gone) and digest(self.secret, source) in self.gone

    def drops_mention(self, source: str, mention: str) -> bool:
        gone = self.gone
        return bool(gone) and (digest(self.secret, source) in gone or digest(self.secret, mention) in gone)

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
