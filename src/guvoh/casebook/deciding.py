"""What becomes of erasures that were asked for: approvals, refusals, legal holds, settings, and carrying them out."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from guvoh.archive import rewriting
from guvoh.archive.control import Approval, Clearance, Hold, Refusal, Release, Settings, decision_id
from guvoh.archive.entries import Stored
from guvoh.archive.errors import NotAllowed
from guvoh.archive.membership import Membership, Standing
from guvoh.archive.runs import Runs
from guvoh.casebook.answers import WAITING, Nothing, Step, Value
from guvoh.casebook.colleagues import pseudonyms
from guvoh.casebook.desk import Desk, NoSuchRecord, Tell
from guvoh.casebook.erasing import check_format
from guvoh.casebook.forgotten import digest
from guvoh.casebook.returning import came_back, follow_up
from guvoh.casebook.rights import Need, needs
from guvoh.records.base import BadRecord
from guvoh.records.codec import ENDS_MENTION, from_bytes
from guvoh.records.people import Mention
from guvoh.records.sources import Original, Source


class Decide(Value, frozen=True, kw_only=True):
    """About one erasure, hold or setting, by its id."""

    id: str


class Holding(Value, frozen=True, kw_only=True):
    """ids: sources, mentions, records; none: the whole archive."""

    ids: tuple[str, ...] = ()


class HowToErase(Value, frozen=True, kw_only=True):
    hours: int
    approvals: int


class Decided(Value, frozen=True, kw_only=True):
    id: str
    stands: bool
    """Whether it takes effect already."""
    stops: tuple[str, ...] = ()
    """Of a hold: the erasures against which one stands."""


class ErasureSeen(Value, frozen=True, kw_only=True):
    """One erasure, and how far it has come. by and waiting, the devices that have not confirmed it, as pseudonyms.

    returned  entries of it that have come back since, with somebody's copy: then it is not done here
    """

    id: str
    at: str
    by: str
    why: str
    entries: int
    approvals: int
    needed: int
    held: bool
    refused: bool
    done_here: bool
    hours_left: int
    waiting: tuple[str, ...]
    targets: tuple[str, ...] = ()
    """Sources and mentions that it names."""
    returned: int = 0


class SettingsAsked(Value, frozen=True, kw_only=True):
    """Weaker settings that somebody asks for; they hold when another owner or editor agrees."""

    id: str
    by: str
    hours: int
    approvals: int


class Erasures(Value, frozen=True, kw_only=True):
    """stopped: rows of lists that resemble an erased person; a custodian decides about each."""

    erasures: tuple[ErasureSeen, ...]
    holds: tuple[str, ...]
    stopped: tuple[str, ...]
    hours: int
    approvals: int
    asked: tuple[SettingsAsked, ...] = ()


class CarryOut(Value, frozen=True, kw_only=True):
    """again: look through everything, for somebody may have put back what was destroyed here before."""

    again: bool = False


class CarriedOut(Value, frozen=True, kw_only=True):
    """followed: erasures that were asked for, of what had come back."""

    erasures: tuple[str, ...]
    segments: int
    followed: int = 0


@needs(Need.NOTHING)
def erasures(desk: Desk, request: Nothing, tell: Tell) -> Erasures:
    """Every erasure that was asked for, and how far it has come; the holds; rows that wait for a custodian."""
    archive = desk.archive
    members = archive.members
    seen = archive.home.first_seen(list(members.erasures), time.time())
    back, names = came_back(desk), pseudonyms(members)
    stopped = [one for (one,) in desk.index.db.execute("SELECT DISTINCT id FROM stopped ORDER BY id")]
    return Erasures(
        erasures=tuple(
            _seen(desk, one, names, seen[one.id], len(back.get(one.id, ()))) for one in members.erasures.values()
        ),
        holds=tuple(members.holds),
        stopped=tuple(stopped),
        hours=members.settings.delay,
        approvals=members.settings.approvals,
        asked=tuple(_asked_settings(members, names)),
    )


def _asked_settings(members: Membership, names: dict[str, str]) -> Iterator[SettingsAsked]:
    for one, asked in members.asked_settings.items():
        by = names.get(asked.signer, asked.signer)
        yield SettingsAsked(id=one, by=by, hours=asked.delay, approvals=asked.approvals)


_MOST_READ = 5_000
_FEW = 5


def _targets(desk: Desk, erasure: str) -> tuple[str, ...]:
    """What an erasure names, as far as this member can open it and it is here: sources, or a few mentions of one."""
    if not desk.archive.sees_identities:
        return ()
    of: dict[str, list[str]] = {}
    for stored in islice(desk.archive.asked_away(erasure), _MOST_READ):
        with contextlib.suppress(BadRecord):
            record = from_bytes(stored.body)
            if isinstance(record, Mention):
                of.setdefault(record.source, []).append(record.id)
            elif isinstance(record, Source) and not desk.index.has_source(record.id):
                of[record.id] = [record.id] * (_FEW + 1)
    return tuple(one for source, ids in sorted(of.items()) for one in ([source] if len(ids) > _FEW else ids))


def _seen(desk: Desk, one: Standing, names: dict[str, str], first: float, returned: int) -> ErasureSeen:
    members = desk.archive.members
    left = members.settings.delay - (time.time() - first) / 3600
    waiting = [device for device in members.devices if members.in_force(device) and device not in one.confirmed]
    return ErasureSeen(
        id=one.id,
        at=one.erasure.at,
        by=names.get(one.erasure.signer, one.erasure.signer),
        why=one.erasure.why,
        entries=Runs(one.erasure.erased).places,
        approvals=len(one.approvals),
        needed=one.needed,
        held=one.held,
        refused=one.refused,
        done_here=desk.archive.device in one.confirmed and not returned,
        hours_left=max(0, round(left)),
        targets=() if one.refused else _targets(desk, one.id),
        waiting=() if one.refused else tuple(sorted(names.get(device, device) for device in waiting)),
        returned=returned,
    )


@needs(Need.DECIDES)
def approve(desk: Desk, request: Decide, tell: Tell) -> Decided:
    """Agree to an erasure, or to weaker settings, that somebody else asks for."""
    archive = desk.archive
    found, asked = _known(desk, request.id), archive.members.asked_settings.get(request.id)
    if found is None and asked is None:
        raise NotAllowed(f"there is no erasure and no request {request.id}; `guvoh erasure list` names them")
    if found is not None and found.refused:
        raise NotAllowed(f"{request.id} was refused; who still wants it asks anew")
    if archive.member in (found.erasure.signer if found else "", asked.signer if asked else ""):
        raise NotAllowed("you asked for it yourself; another owner or editor has to agree")
    with archive.batch() as batch:
        batch.control(Approval(signer=archive.member, decision=request.id))
    found = archive.members.erasures.get(request.id)
    return Decided(id=request.id, stands=found.approved if found else True)


@needs(Need.DECIDES)
def refuse(desk: Desk, request: Decide, tell: Tell) -> Decided:
    """Take an erasure back: by an owner, or by who asked for it. What is not destroyed yet is used again."""
    archive = desk.archive
    if _known(desk, request.id) is None:
        raise NotAllowed(f"there is no erasure {request.id}; `guvoh erasure list` names them")
    with archive.batch() as batch:
        batch.control(Refusal(signer=archive.member, decision=request.id))
    if not archive.members.erasures[request.id].refused:
        raise NotAllowed("only an owner, or who asked for it, can take an erasure back")
    desk.catch_up(tell)
    return Decided(id=request.id, stands=True)


def _known(desk: Desk, one: str) -> Standing | None:
    return desk.archive.members.erasures.get(one)


@needs(Need.OWNS)
def hold(desk: Desk, request: Holding, tell: Tell) -> Decided:
    """A legal hold: nothing of these sources, mentions or records is destroyed while it stands."""
    check_format(desk)
    held = [_held(desk, one) for one in request.ids]
    control = Hold(
        signer=desk.archive.member,
        nonce=os.urandom(16).hex(),
        held=tuple(Runs(run for one in held for run in one.runs)),
        evidence=tuple(sorted({name for one in held for name in one.evidence})),
        keys=tuple(sorted({key for one in held for key in one.keys})),
    )
    with desk.archive.batch() as batch:
        batch.control(control)
    stopped = [one.id for one in desk.archive.members.erasures.values() if one.held and not one.refused]
    return Decided(id=decision_id(control), stands=True, stops=tuple(stopped))


class _Held(NamedTuple):
    """What a hold names on account of one id."""

    runs: Runs
    evidence: tuple[str, ...]
    keys: tuple[str, ...]


def _held(desk: Desk, one: str) -> _Held:
    """All that an erasure which was asked for names, or all that is of a source, a mention or another record."""
    asked = _known(desk, one)
    if asked is not None:
        return _Held(Runs(asked.erasure.erased), asked.erasure.evidence, asked.erasure.keys)
    found = [stored for stored in desk.archive.entries(apart=True, unused=True) if _is_of(stored, one)]
    if not found:
        raise NoSuchRecord(one)
    originals = list(_originals(desk, found, one))
    return _Held(
        Runs.of((stored.log, stored.position) for stored in found),
        tuple(original.evidence for original in originals),
        tuple(original.key for original in originals),
    )


def _originals(desk: Desk, found: list[Stored], one: str) -> Iterator[Original]:
    """The files and keys without which what is held would be lost: of a row, its list's."""
    sources = []
    for stored in found:
        if not stored.body.endswith(ENDS_MENTION):
            with contextlib.suppress(BadRecord):
                record = from_bytes(stored.body)
                sources += [record] if isinstance(record, Source) else []
    yield from (source.original for source in sources)
    source = one.rpartition(".")[0]
    if source and not sources:
        with contextlib.suppress(NoSuchRecord):
            yield desk.source(source).original


def _is_of(entry: Stored, one: str) -> bool:
    if one in entry.subjects:
        return True
    source, _, row = one.rpartition(".")
    return source in entry.subjects and row.isdecimal() and f'"row":{row},'.encode() in entry.body


@needs(Need.OWNS)
def release(desk: Desk, request: Decide, tell: Tell) -> Decided:
    """End a legal hold."""
    if request.id not in desk.archive.members.holds:
        raise NotAllowed(f"there is no hold {request.id}; `guvoh erasure list` names them")
    with desk.archive.batch() as batch:
        batch.control(Release(signer=desk.archive.member, decision=request.id))
    return Decided(id=request.id, stands=True)


@needs(Need.OWNS)
def set_erasing(desk: Desk, request: HowToErase, tell: Tell) -> Decided:
    """Change the delay and the number of approvals. Weaker ones take effect when another owner or editor agrees."""
    check_format(desk)
    archive = desk.archive
    number = archive.members.settings_number + 1
    control = Settings(signer=archive.member, number=number, delay=request.hours, approvals=request.approvals)
    with archive.batch() as batch:
        batch.control(control)
    return Decided(id=decision_id(control), stands=archive.members.settings == control)


@needs(Need.DECIDES)
def clear(desk: Desk, request: Decide, tell: Tell) -> Decided:
    """Say of a row that resembles an erased person: it is somebody else."""
    if not desk.index.db.execute("SELECT 1 FROM stopped WHERE id = ?", (request.id,)).fetchone():
        raise NotAllowed(f"no row {request.id} waits for that; `guvoh erasure list` names them")
    clear_mentions(desk, [request.id])
    desk.catch_up(tell)
    return Decided(id=request.id, stands=True)


def clear_mentions(desk: Desk, mentions: Iterable[str]) -> None:
    secret = desk.archive.forgotten_secret
    cleared = tuple(sorted(digest(secret, one) for one in mentions))
    with desk.archive.batch() as batch:
        batch.control(Clearance(signer=desk.archive.member, cleared=cleared))


@needs(Need.NOTHING)
def carry_out(desk: Desk, request: CarryOut, tell: Tell) -> CarriedOut:
    """Destroy on this device what may be destroyed now; ask for the erasure of what has come back.

    What a command that was killed has left unpacked goes too, for it may be a whole copy.
    """
    desk.archive.home.clear_scratch(lambda: tell(WAITING))
    followed = follow_up(desk, Nothing(), tell).erasures if desk.archive.decides else 0
    due_here = rewriting.due(desk.archive) if request.again else rewriting.left_to_do(desk.archive)
    segments = rewriting.carry_out(
        desk.archive,
        due_here,
        lambda done, total: tell(Step(task="destroying what was erased", done=done, total=total)),
    )
    desk.catch_up(tell)
    return CarriedOut(erasures=tuple(one.id for one in due_here), segments=segments, followed=followed)
