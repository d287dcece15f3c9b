"""Writing segments anew: what was erased is left out; small ones are packed into larger ones; commitments stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from guvoh.archive import forms, segments
from guvoh.archive.control import Confirmation, text_id
from guvoh.archive.entries import LENGTH_BYTES, MOST_BYTES, packed, runs
from guvoh.archive.errors import CannotWrite, NotAllowed
from guvoh.archive.files import PART, put, sync_folder, write_part
from guvoh.archive.logs import Log
from guvoh.archive.membership import Membership, Standing
from guvoh.archive.runs import Runs
from guvoh.archive.segments import MOST_BOXES, Clear, Ring, RingBox, RingKey, Sealed, Segment
from guvoh.archive.store import Archive, Folder, check_seal
from guvoh.sealing.boxes import Identity, Recipient
from guvoh.sealing.padding import pad

SYNC_PART = f".sync{PART}"
"""The ending of a file of evidence that a merge is bringing."""
Tell = Callable[[int, int], None]
_HOUR = 3600


def quiet(done: int, total: int) -> None:
    """For callers who need no progress."""


# --- erasure


def due(archive: Archive, now: float | None = None) -> list[Standing]:
    """Erasures that this device may carry out and has not: approved, and seen here for as long as the delay.

    The delay is counted by this device's own clock from when it first met the erasure: a clock that somebody else has
    set wrong makes nobody but him destroy anything early.
    """
    now = time.time() if now is None else now
    approved = [one for one in archive.members.erasures.values() if not one.refused]
    seen = archive.home.first_seen([one.id for one in approved], now)
    wait = archive.members.settings.delay * _HOUR
    return [one for one in approved if one.approved and now - seen[one.id] >= wait]


def left_to_do(archive: Archive, now: float | None = None) -> list[Standing]:
    return [one for one in due(archive, now) if archive.device not in one.confirmed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """What is to be destroyed together, and on account of which erasures."""

    ids: frozenset[str]
    entries: Runs
    keys: frozenset[str]
    evidence: frozenset[str]

    @classmethod
    def by(cls, erasures: Iterable[Standing]) -> Doomed:
        erasures = list(erasures)
        return cls(
            ids=frozenset(one.id for one in erasures),
            entries=Runs(run for one in erasures for run in one.erasure.erased),
            keys=frozenset(key for one in erasures for key in one.erasure.keys),
            evidence=frozenset(name for one in erasures for name in one.erasure.evidence),
        )

    def touches(self, segment: Segment) -> bool:
        return self.entries.within(segment.clear.log, segment.clear.first, segment.end)


def carry_out(archive: Archive, erasures: list[Standing], tell: Tell = quiet) -> int:
    """Destroy on this device what these erasures name, and confirm it. Returns the number of segments written anew.

    Killed at any moment, it goes on the next time: what was not confirmed is done again. Who has no key to identities
    cannot leave single entries out, and keeps of such segments the commitments alone, until a colleague's copy brings
    them without what was erased.
    """
    if not erasures:
        return 0
    doomed, count = Doomed.by(erasures), 0
    with archive.writing():
        remove_parts(archive)
        paths = _last_those_that_bring(archive, doomed.keys)
        for number, (log, path) in enumerate(paths):
            count += _rid(archive, log, path, doomed)
            tell(number + 1, len(paths))
        for name in doomed.evidence:
            _unlink(archive.evidence.path / name)
        if archive.evidence.path.is_dir():
            sync_folder(archive.evidence.path)
        archive.opener.forget(doomed.keys)
    new = [one for one in erasures if archive.device not in one.confirmed]
    with archive.batch() as batch:
        for one in new:
            batch.control(Confirmation(signer=archive.member, decision=one.id, device=archive.device))
    return count


def remove_parts(folder: Folder) -> None:
    """Remove what a merge that was killed has left beside its place: it may hold what is erased by now."""
    for path in (*folder.evidence.path.glob(f"*{SYNC_PART}"), *(part for log in folder.logs() for part in log.parts())):
        _unlink(path)


def _last_those_that_bring(archive: Archive, keys: frozenset[str]) -> list[tuple[Log, Path]]:
    """All segments; those with the doomed keys in their rings come last, for the others still need these keys."""
    first, last = list[tuple[Log, Path]](), list[tuple[Log, Path]]()
    for log in (Log(archive.path, device) for device in archive.states):
        for _, path in log.paths():
            brings = keys and archive.sees_identities and _brings(archive, log.read(path, boxes=False), keys)
            (last if brings else first).append((log, path))
    return first + last


def _brings(archive: Archive, segment: Segment, keys: frozenset[str]) -> bool:
    if segment.thin or segment.clear.epoch not in archive.opener.epochs:
        return False
    return any(key.key in keys for ring in archive.opener.rings(segment) for key in ring.keys)


def _rid(archive: Archive, log: Log, path: Path, doomed: Doomed) -> bool:
    """Write one segment anew, if it holds anything of what is to go."""
    segment = log.read(path, boxes=False)
    if segment.thin or not (doomed.touches(segment) or doomed.keys):
        return False
    if not archive.sees_identities or segment.clear.epoch not in archive.opener.epochs:
        if not doomed.touches(segment) or doomed.ids <= segment.erasures:
            return False
        put(write_part(path, segment.commitments()), path)
        return True
    if not doomed.touches(segment) and not uses(archive, segment, doomed.keys):
        return False
    whole = log.read(path)
    check_seal(whole, archive.id, log.device, archive.members)
    pieces = without(archive, whole, doomed)
    if pieces is None:
        return False
    put(write_part(path, pieces), path)
    return True


def uses(archive: Archive, segment: Segment, keys: frozenset[str]) -> bool:
    """Whether a segment brings one of these keys of sources, or has a box under it."""
    if not keys or segment.thin or segment.clear.epoch not in archive.opener.epochs:
        return False
    rings = archive.opener.rings(segment)
    brought = {key.key for ring in rings for key in ring.keys} | {box.key for ring in rings for box in ring.boxes}
    return not keys.isdisjoint(brought)


def without(archive: Archive, segment: Segment, doomed: Doomed) -> list[bytes] | None:
    """The bytes of a segment without what is to go; None where nothing of that is in it any more.

    Boxes that a destroyed key opened are sealed to a new one, so that whoever still has the old ring has nothing to
    open with it here.
    """
    opener = archive.opener
    rings = opener.rings(segment)
    new_keys: dict[str, Identity] = {}
    named: tuple[list[RingBox], list[RingBox]] = ([], [])
    boxes: tuple[list[bytes], list[bytes]] = ([], [])
    # Where another erasure has left out all that this one names, it is still to be named as one gone through.
    named_only = doomed.touches(segment) and not doomed.ids <= segment.erasures
    changed = named_only or any(key.key in doomed.keys for ring in rings for key in ring.keys)
    sealed = iter(segment.boxes)
    for kind, (ring, epoch) in enumerate(zip(rings, archive.recipients(segment.clear.epoch), strict=True)):
        for box, data in zip(ring.boxes, sealed, strict=False):
            lost = box.key in doomed.keys
            if not lost and not any(_meets(doomed, segment.clear.log, run) for run in box.at):
                named[kind].append(box)
                boxes[kind].append(data)
                continue
            changed = True
            leaves = opener.leaves(segment, kind, box, data)
            kept = [(at, leaf) for at, leaf in leaves if (segment.clear.log, at) not in doomed.entries]
            if not kept:
                continue
            recipient = epoch if not box.key else opener.source(box.key).recipient
            key = box.key
            if lost:
                fresh = new_keys.setdefault(box.key, Identity.generate())
                key, recipient = text_id("k", fresh.recipient.text.encode()), fresh.recipient
            named[kind].append(RingBox(key=key, at=tuple(runs([at for at, _ in kept]))))
            boxes[kind].append(recipient.seal(pad(packed([bytes(leaf) for _, leaf in kept]))))
    if not changed:
        return None
    keys = [key for ring in rings for key in ring.keys if key.key not in doomed.keys]
    keys += [_ring_key(fresh) for fresh in new_keys.values()]
    parts = _sealed(archive.recipients(segment.clear.epoch), named, keys, boxes)
    return segments.rewritten(segment, parts, archive.device, archive.device_key, doomed.ids | segment.erasures)


def _meets(doomed: Doomed, log: str, run: tuple[int, int]) -> bool:
    return doomed.entries.within(log, run[0], run[0] + run[1])


def _ring_key(identity: Identity) -> RingKey:
    return RingKey(key=text_id("k", identity.recipient.text.encode()), identity=identity.text)


def _sealed(
    epoch: tuple[Recipient, Recipient],
    named: tuple[list[RingBox], list[RingBox]],
    keys: list[RingKey],
    boxes: tuple[list[bytes], list[bytes]],
) -> Sealed:
    first = epoch[0].seal(pad(forms.written(Ring(boxes=tuple(named[0])))))
    second = Ring(keys=tuple(keys), boxes=tuple(named[1]))
    identities = epoch[1].seal(pad(forms.written(second))) if second.keys or second.boxes else b""
    return Sealed(first, identities, [*boxes[0], *boxes[1]])


def stale(segment: Segment, members: Membership, carried: Iterable[str]) -> frozenset[str]:
    """Of the erasures that are carried out here, those that a segment from elsewhere has not gone through."""
    known = (members.erasures[one] for one in carried if members.stands(one) and one not in segment.erasures)
    return frozenset(one.id for one in known if not segment.thin and Doomed.by([one]).touches(segment))


def thin_out(log: Log, path: Path) -> None:
    """Keep of a segment its commitments alone."""
    segment = log.read(path, boxes=False)
    if not segment.thin:
        put(write_part(path, segment.commitments()), path)


# --- packing

_SMALL_BYTES = 256 << 10
LEAST_TO_PACK = 64
"""So many small segments one after another are worth packing."""


def pack(archive: Archive, least: int = LEAST_TO_PACK, tell: Tell = quiet) -> int:
    """Put small segments of this device's log together. Returns how many went into larger ones.

    Entries, positions, commitments and the last checkpoint of each stay as they are. Raises NotAllowed for a member who
    cannot open them.
    """
    if not archive.sees_identities:
        raise NotAllowed(f"a {archive.role.value} of this archive cannot pack its log: that needs its keys")
    count = 0
    with archive.writing():
        for path in archive.own.covered():
            _unlink(path)
        groups = [group for group in _groups(archive) if len(group) >= least]
        total = sum(map(len, groups))
        for group in groups:
            for part in _fitting(archive, group):
                _pack(archive, part)
                count += len(part)
                tell(count, total)
    return count


def worth_packing(archive: Archive) -> bool:
    """Whether this device's log has come to hold many small segments: a look at names and sizes alone."""
    small = sum(path.stat().st_size < _SMALL_BYTES for _, path in archive.own.paths())
    return small >= 4 * LEAST_TO_PACK


class _Small(NamedTuple):
    """A small segment of one batch, as it goes into a larger one."""

    path: Path
    segment: Segment


def _groups(archive: Archive) -> Iterator[list[Path]]:
    """Runs of neighbours that may become one segment: committed, small, whole, of one epoch and format."""
    group: list[Path] = []
    last: tuple[str, int] | None = None
    began = True
    for _, path in archive.own.paths():
        segment = archive.own.read(path, boxes=False)
        small = path.stat().st_size < _SMALL_BYTES
        kind = (segment.clear.epoch, segment.format)
        fits = small and began and bool(segment.checkpoint) and not segment.thin
        fits = (
            fits and segment.end <= archive.states[archive.device].size and segment.clear.epoch in archive.opener.epochs
        )
        began = bool(segment.checkpoint)
        if not fits or kind != last:
            if group:
                yield group
            group = []
        last = kind if fits else None
        if fits:
            group.append(path)
    if group:
        yield group


def _fitting(archive: Archive, group: list[Path]) -> Iterator[list[_Small]]:
    """The group cut where a segment would become too large."""
    part: list[_Small] = []
    size = boxes = 0
    for path in group:
        segment = archive.own.read(path)
        check_seal(segment, archive.id, archive.device, archive.members)
        weight = sum(len(leaf) + LENGTH_BYTES for _, leaf in archive.opened(segment))
        if part and (size + weight > MOST_BYTES or boxes + len(segment.boxes) > MOST_BOXES):
            yield part
            part, size, boxes = [], 0, 0
        part.append(_Small(path, segment))
        size, boxes = size + weight, boxes + len(segment.boxes)
    if len(part) > 1:
        yield part


def _pack(archive: Archive, part: list[_Small]) -> None:
    found = [small.segment for small in part]
    first, last = found[0], found[-1]
    clear = Clear(
        archive=archive.id,
        log=archive.device,
        first=first.clear.first,
        count=last.end - first.clear.first,
        epoch=first.clear.epoch,
        control=tuple(entry for one in found for entry in one.clear.control),
        evidence=tuple(evidence for one in found for evidence in one.clear.evidence),
    )
    sealed = _together(archive, found)
    # What one of them has not gone through yet, the whole has not either.
    named = frozenset(one for segment in found for one in segment.erasures)
    erasures = named.difference(*(stale(segment, archive.members, named) for segment in found))
    leaves = [segment.leaves for segment in found]
    if first.format == 1:
        pieces = segments.written(clear, leaves, sealed, archive.device_key, last.checkpoint, form=1)
    else:
        pieces = segments.written(clear, leaves, sealed, archive.device_key, last.checkpoint, erasures=erasures)
    put(write_part(part[0].path, pieces), part[0].path)
    for small in part[1:]:
        _unlink(small.path)
    sync_folder(archive.own.path)


def _together(archive: Archive, found: list[Segment]) -> Sealed:
    """The boxes of several segments in one: those of one key together, the others as they are."""
    kinds: tuple[dict[str, list[tuple[Segment, RingBox, bytes]]], ...] = ({}, {})
    keys: list[RingKey] = []
    for segment in found:
        sealed = iter(segment.boxes)
        for kind, ring in enumerate(archive.opener.rings(segment)):
            keys += ring.keys
            for box, data in zip(ring.boxes, sealed, strict=False):
                kinds[kind].setdefault(box.key, []).append((segment, box, data))
    epoch = archive.recipients(found[0].clear.epoch)
    named: tuple[list[RingBox], list[RingBox]] = ([], [])
    boxes: tuple[list[bytes], list[bytes]] = ([], [])
    for kind, by_key in enumerate(kinds):
        for key, several in by_key.items():
            if len(several) == 1:
                named[kind].append(several[0][1])
                boxes[kind].append(several[0][2])
                continue
            leaves = [one for segment, box, data in several for one in archive.opener.leaves(segment, kind, box, data)]
            leaves.sort(key=lambda one: one[0])
            recipient = archive.opener.source(key).recipient if key else epoch[kind]
            named[kind].append(RingBox(key=key, at=tuple(runs([at for at, _ in leaves]))))
            boxes[kind].append(recipient.seal(pad(packed([bytes(leaf) for _, leaf in leaves]))))
    if found[0].format == 1:
        ring = Ring(keys=tuple(keys), boxes=tuple(named[1]))
        return Sealed(epoch[1].seal(pad(forms.written(ring))), b"", boxes[1])
    return _sealed(epoch, named, keys, boxes)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotWrite(path.parent, error.strerror or "not allowed") from None
