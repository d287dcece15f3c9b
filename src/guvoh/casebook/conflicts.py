"""Where two people decided differently, each without knowing of the other: both stay, until somebody decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from guvoh.archive.errors import NotAllowed
from guvoh.casebook.answers import Nothing, Value
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.entries import entry
from guvoh.casebook.rights import Need, needs
from guvoh.records.base import now
from guvoh.records.codec import from_bytes
from guvoh.records.decisions import Correction
from guvoh.records.people import Verdict
from guvoh.values.ids import new_id


class Side(Value, frozen=True, kw_only=True):
    """One of the records that contradict each other. says: what it puts in the place of the old, or its verdict."""

    id: str
    by: str
    at: str
    says: str


class Conflict(Value, frozen=True, kw_only=True):
    """kind: "correction" or "judgement". about: the corrected record, or the mentions that are judged differently."""

    kind: str
    about: tuple[str, ...]
    sides: tuple[Side, ...]


class Conflicts(Value, frozen=True, kw_only=True):
    conflicts: tuple[Conflict, ...]


class Keep(Value, frozen=True, kw_only=True):
    """id: the record that holds; the others that contradict it are taken back."""

    id: str
    reason: str


class Settled(Value, frozen=True, kw_only=True):
    kept: str
    taken_back: tuple[str, ...]


@needs(Need.READS)
def conflicts(desk: Desk, request: Nothing, tell: Tell) -> Conflicts:
    """Corrections of one record that differ, and judgements of the same mentions that do."""
    return Conflicts(conflicts=(*_of_corrections(desk), *_of_judgements(desk)))


def _of_corrections(desk: Desk) -> Iterator[Conflict]:
    rows = desk.index.db.execute(
        "SELECT id, old, new FROM correction WHERE id NOT IN (SELECT old FROM correction) ORDER BY old, id"
    )
    of: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one, old, new in rows:
        of[old].append((one, new))
    for old, several in of.items():
        if len({new for _, new in several}) > 1:
            sides = tuple(_side(desk, one, new or "taken back") for one, new in several)
            yield Conflict(kind="correction", about=(old,), sides=sides)


def _side(desk: Desk, one: str, says: str) -> Side:
    place = desk.index.db.execute("SELECT log, position FROM records WHERE id = ?", (one,)).fetchone()
    record = from_bytes(desk.archive.entry(*place).body)
    assert isinstance(record, Correction)  # the index takes its corrections from such
    return Side(id=one, by=record.by, at=record.at, says=says)


def _of_judgements(desk: Desk) -> Iterator[Conflict]:
    """Two judgements contradict each other if one says same and the other different of the same two mentions."""
    alive = "id NOT IN (SELECT old FROM correction)"
    rows = desk.index.db.execute(f"SELECT id, verdict, by, at, mention FROM judgement WHERE {alive} ORDER BY id")  # noqa: S608
    mentions: dict[str, set[str]] = defaultdict(set)
    said: dict[str, Side] = {}
    of: dict[str, set[str]] = defaultdict(set)
    for one, verdict, by, at, mention in rows:
        mentions[one].add(mention)
        of[mention].add(one)
        said[one] = Side(id=one, by=by, at=at, says=verdict)
    pairs = {pair for several in of.values() for pair in combinations(sorted(several), 2)}
    for first, second in sorted(pairs):
        shared = mentions[first] & mentions[second]
        if len(shared) > 1 and {said[first].says, said[second].says} == {Verdict.SAME.value, Verdict.DIFFERENT.value}:
            yield Conflict(kind="judgement", about=tuple(sorted(shared)), sides=(said[first], said[second]))


@needs(Need.DECIDES)
def keep(desk: Desk, request: Keep, tell: Tell) -> Settled:
    """Decide for one side. The others are taken back by corrections that name it; nothing is lost."""
    if not request.reason.strip():
        raise NotAllowed("say why, with --reason: whoever decided otherwise will read it")
    found = [c for c in conflicts(desk, Nothing(), tell).conflicts if request.id in {side.id for side in c.sides}]
    others = sorted({side.id for one in found for side in one.sides} - {request.id})
    if not others:
        raise NotAllowed(f"{request.id} is in no conflict; `guvoh conflicts` lists them")
    with desk.archive.batch() as batch:
        for other in others:
            record = Correction(
                id=new_id("c"),
                by=desk.archive.member,
                at=now(),
                reason=request.reason,
                old=other,
                new=request.id,
            )
            batch.add(entry(record))
    desk.catch_up(tell)
    return Settled(kept=request.id, taken_back=tuple(others))
