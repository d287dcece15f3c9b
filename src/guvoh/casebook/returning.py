"""What comes back after it was erased: the same file, added on another laptop before the erasure was known there.

No index takes it in. So that it does not lie on the disks for ever, whoever may decide asks for its erasure too, on the
same grounds; that is approved, waits and is carried out like any other.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from guvoh.archive.control import Erasure
from guvoh.archive.entries import Stored
from guvoh.archive.membership import Standing
from guvoh.archive.runs import Runs
from guvoh.casebook.answers import WAITING, Nothing, Step
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.erasing import sealed_of
from guvoh.casebook.forgotten import digest, whole
from guvoh.casebook.rights import Need, needs
from guvoh.records.base import BadRecord, now
from guvoh.records.codec import ENDS_MENTION, AnyRecord, from_bytes
from guvoh.records.people import Mention
from guvoh.records.sources import Outline, Source

_Place = tuple[str, int]
"""(log, position)."""


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """How many erasures were asked for, and how many entries they name."""

    erasures: int = 0
    entries: int = 0


def came_back(desk: Desk) -> dict[str, list[_Place]]:
    """Of each erasure that nobody has refused, the entries that have come back since, as far as the index has read."""
    of = {gone: one.id for one in _by_approval(desk) for gone in one.erasure.gone}
    found = defaultdict[str, list[_Place]](list)
    for log, position, gone in desk.index.returned():
        if gone in of:
            found[of[gone]].append((log, position))
    return found


def _by_approval(desk: Desk) -> list[Standing]:
    """Of several erasures of one thing an approved one comes last, and is the one that is named."""
    standing = [one for one in desk.archive.members.erasures.values() if not one.refused]
    return sorted(standing, key=lambda one: (one.approved, one.id))


@needs(Need.DECIDES)
def follow_up(desk: Desk, request: Nothing, tell: Tell) -> Followed:
    """Ask for the erasure of what has come back, where the first erasure is approved and no hold stands against it."""
    archive = desk.archive
    desk.catch_up(tell)
    back = {one: places for one, places in came_back(desk).items() if archive.members.erasures[one].approved}
    if not back or not archive.members.in_force(archive.device):
        return Followed()
    looked = _Looked(desk, back, tell)
    asked = [looked.erasure(archive.members.erasures[one]) for one in sorted(back)]
    with archive.batch(lambda: tell(WAITING)) as batch:
        for erasure in asked:
            batch.control(erasure)
    desk.catch_up(tell)
    return Followed(erasures=len(asked), entries=sum(Runs(one.erased).places for one in asked))


class _Looked:
    """The archive looked through for what came back with it, and what stays.

    A source from which somebody was erased stays as a derivative. Where it came back as it was, its rows came a second
    time as well, with what was blackened in them: of each that stands elsewhere too, the second one goes.
    """

    def __init__(self, desk: Desk, back: dict[str, list[_Place]], tell: Tell) -> None:
        self._desk = desk
        self._erasures = {place: one for one, places in back.items() for place in places}
        self._doubled = self._doubled_sources()
        self._sources: dict[_Place, Source] = {}
        self._parts = defaultdict[tuple[str, str], list[_Place]](list)
        self._read(tell)
        self._add_second_parts()

    def _doubled_sources(self) -> dict[str, dict[str, str]]:
        """Sources that came back as they were: in which logs, and of which erasure they are."""
        archive, db = self._desk.archive, self._desk.index.db
        wholes = {
            digest(archive.forgotten_secret, whole(one)): one for (one,) in db.execute("SELECT id FROM source_id")
        }
        found = defaultdict[str, dict[str, str]](dict)
        for log, position, gone in self._desk.index.returned():
            if gone in wholes and (log, position) in self._erasures:
                found[wholes[gone]][log] = self._erasures[log, position]
        return found

    def _read(self, tell: Tell) -> None:
        archive = self._desk.archive
        total = sum(archive.heads.values())
        for number, stored in enumerate(archive.entries()):
            if number % 4096 == 0:
                tell(Step(task="looking for what came back", done=number, total=total))
            place = (stored.log, stored.position)
            match self._record(stored):
                case Source() as source:
                    self._sources[place] = source
                case Outline(id=one) if one in self._doubled:
                    self._parts[one, one].append(place)
                case Mention() as row:
                    self._parts[row.source, row.id].append(place)
                case _:
                    pass

    def _record(self, stored: Stored) -> AnyRecord | None:
        """A source, an outline, or a row of a source that came back; other rows, perhaps millions, are passed over."""
        row = stored.body.endswith(ENDS_MENTION) and stored.subjects[0] in self._doubled
        if not row and not any(kind in stored.body for kind in (b'"type":"source"', b'"type":"outline"')):
            return None
        try:
            return from_bytes(stored.body)
        except BadRecord:
            return None

    def _add_second_parts(self) -> None:
        for (source, _), places in self._parts.items():
            logs = self._doubled[source]
            if any(place[0] not in logs and place not in self._erasures for place in places):
                for place in places:
                    if place[0] in logs:
                        self._erasures.setdefault(place, logs[place[0]])

    def erasure(self, first: Standing) -> Erasure:
        """What is asked for, on the grounds of the first one."""
        places = [place for place, one in self._erasures.items() if one == first.id]
        evidence, keys = sealed_of(
            (self._sources[place] for place in places if place in self._sources),
            (source for place, source in self._sources.items() if place not in self._erasures),
        )
        return Erasure(
            signer=self._desk.archive.member,
            at=now(),
            why=first.erasure.why,
            erased=tuple(Runs.of(places)),
            evidence=evidence,
            keys=keys,
            gone=first.erasure.gone,
        )
