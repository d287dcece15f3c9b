"""Batches: entries and evidence on their way into a log, which nobody sees before the commit."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

from guvoh.archive import control, forms, segments
from guvoh.archive.control import Control, text_id
from guvoh.archive.entries import (
    LENGTH_BYTES,
    MOST_BYTES,
    NAMELESS,
    Entry,
    head_line,
    leaf_hashes,
    packed,
    preimage,
    runs,
    salts,
)
from guvoh.archive.files import PART, make_private, put, remove, write_part
from guvoh.archive.logs import State, file_name
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import MOST_BOXES, Checkpoint, Clear, ControlEntry, Ring, RingBox, RingKey, Sealed
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Identity
from guvoh.sealing.padding import pad

if TYPE_CHECKING:
    from guvoh.archive.store import Archive

_IN_CLEAR = "in clear"
_AT_ONCE = 256
"""Entries hashed together: few enough to be still in the processor's cache."""


class Batch:
    """Entries on their way into this device's log, in segments that nobody sees before the commit."""

    def __init__(self, archive: Archive, state: State) -> None:
        self._archive = archive
        self._frontier = state.frontier.copy()
        self._said = False
        self.first = state.size
        self.count = 0
        self._salts = salts()
        self._leaves: list[bytes] = []
        self._hashes: list[bytes] = []
        self._keys: list[tuple[str, int]] = []
        self._used: set[str] = set()
        self._bytes = 0
        self._new_keys: list[RingKey] = []
        self._controls: list[ControlEntry] = []
        self._fresh: set[str] = set()
        self._brought: list[segments.Evidence] = []
        self._evidence: list[tuple[Path, Path]] = []
        self._parts: list[tuple[Path, Path]] = []
        self._sealer = _Sealer()

    def source_key(self) -> str:
        """A new key for one source; entries and evidence name it. Erasing the source later destroys it."""
        identity = Identity.generate()
        key = text_id("k", identity.recipient.text.encode())
        self._archive.opener.sources[key] = identity
        self._new_keys.append(RingKey(key=key, identity=identity.text))
        self._fresh.add(key)
        return key

    def evidence(self, data: bytes | BinaryIO, size: int, key: str) -> segments.Evidence:
        """Seal `size` bytes of an original file."""
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        folder, device = self._archive.evidence, self._archive.device
        found = folder.write_part(stream, size, self._archive.opener.source(key).recipient, device)
        self._brought.append(found)
        self._evidence.append((folder.part(found.name, device), folder.path / found.name))
        return found

    def control(self, said: Control) -> None:
        """Append a control entry, signed by this member. It takes effect with the commit, if he is entitled to it."""
        control.check(said)
        note = control.signed(said, self._archive.id, self._archive.signing)
        leaf = preimage(next(self._salts), b"\n", note)
        at = self.first + self.count
        for part in self._fitting([leaf]):
            if part:
                self._hashes += leaf_hashes(part)
                self._controls.append(ControlEntry(at=at, leaf=leaf))
                self._keys.append((_IN_CLEAR, 1))
                self._leaves.append(b"")
                self.count += 1

    def add(self, entry: Entry) -> None:
        """Append one entry."""
        self.extend(entry.subjects, [entry.body], entry.key)

    def extend(self, subjects: Sequence[str], bodies: Iterable[bytes], key: str) -> None:
        """Append many entries that have their subjects and their key in common: the rows of a list."""
        head, salted = head_line(subjects), zip(bodies, self._salts, strict=False)
        if key not in self._used and len(self._used) == MOST_BOXES:
            self._flush()
        while leaves := [preimage(salt, head, body) for body, salt in islice(salted, _AT_ONCE)]:
            for part in self._fitting(leaves):
                self._hashes += leaf_hashes(part)
                self._leaves += part
                self._keys.append((key, len(part)))
                self._used.add(key)
                self.count += len(part)

    def _fitting(self, leaves: list[bytes]) -> Iterator[list[bytes]]:
        """The leaves, cut where a segment is full; then it is flushed."""
        start = 0
        for number, size in enumerate(map(len, leaves)):
            if self._bytes + size + LENGTH_BYTES > MOST_BYTES:
                yield leaves[start:number]
                self._flush()
                start = number
            self._bytes += size + LENGTH_BYTES
        yield leaves[start:]

    def commit(self) -> None:
        """Make everything visible: flushed parts are renamed in order, the one with the checkpoint last."""
        archive = self._archive
        self._flush(commit=True)
        self._sealer.finish()
        for part, final in (*self._evidence, *self._parts):
            put(part, final)
        self._parts, self._evidence, self._fresh = [], [], set()
        archive.states[archive.device] = State(frontier=self._frontier, tail=())
        remember(archive)
        if self._said:
            archive.learn_members()

    def abandon(self) -> None:
        """Leave no trace of a batch that was not committed: the segment with the checkpoint goes first."""
        self._sealer.drop()
        for part, final in reversed((*self._evidence, *self._parts)):
            remove(final)
            remove(part)
        for key in self._fresh:
            self._archive.opener.sources.pop(key, None)

    def _flush(self, *, commit: bool = False) -> None:
        """Close the present segment and start the next. Sealing and writing go on beside what comes next."""
        archive, first = self._archive, self._frontier.size
        self._frontier.extend(self._hashes)
        clear = Clear(
            archive=archive.id,
            log=archive.device,
            first=first,
            count=len(self._hashes),
            epoch=archive.writing_epoch,
            control=tuple(self._controls),
            evidence=tuple(self._brought),
        )
        self._said = self._said or bool(self._controls)
        content = _Content(clear, self._hashes, self._leaves, self._keys, tuple(self._new_keys))
        head = _checkpoint(archive, self._frontier) if commit else None
        final = archive.own.path / file_name(first)
        make_private(archive.own.path)
        self._parts.append((final.with_name(final.name + PART), final))
        self._sealer.add(lambda: write_part(final, content.sealed(archive, head)))
        self._leaves, self._hashes, self._keys, self._used, self._bytes = [], [], [], set(), 0
        self._new_keys, self._brought, self._controls = [], [], []


class _Content(NamedTuple):
    """What one segment will hold. keys: (key, number of entries) in the order of the entries."""

    clear: Clear
    hashes: list[bytes]
    leaves: list[bytes]
    keys: list[tuple[str, int]]
    new_keys: tuple[RingKey, ...]

    def sealed(self, archive: Archive, head: Checkpoint | None) -> list[bytes]:
        """The bytes of the segment's file, in pieces."""
        form = archive.members.format
        nameless, identities = archive.recipients(self.clear.epoch)
        boxes: tuple[list[bytes], list[bytes]] = ([], [])
        named: tuple[list[RingBox], list[RingBox]] = ([], [])
        for key, leaves, at in self._groups():
            kind = 0 if key == NAMELESS and form > 1 else 1
            epoch = identities if kind else nameless
            source = "" if key in ("", NAMELESS) else key
            recipient = archive.opener.source(source).recipient if source else epoch
            boxes[kind].append(recipient.seal(pad(packed(leaves))))
            named[kind].append(RingBox(key=source, at=at))
        ring = Ring(keys=self.new_keys, boxes=tuple(named[1]))
        if form == 1:
            sealed = Sealed(nameless.seal(pad(forms.written(ring))), b"", boxes[1])
        else:
            first = nameless.seal(pad(forms.written(Ring(boxes=tuple(named[0])))))
            second = identities.seal(pad(forms.written(ring))) if ring.keys or ring.boxes else b""
            sealed = Sealed(first, second, [*boxes[0], *boxes[1]])
        return segments.written(self.clear, self.hashes, sealed, archive.device_key, head, form=form)

    def _groups(self) -> Iterator[tuple[str, list[bytes], tuple[tuple[int, int], ...]]]:
        """Entries grouped by the key that seals them; those in clear are left out."""
        by_key: dict[str, list[int]] = {}
        start = 0
        for key, count in self.keys:
            by_key.setdefault(key, []).extend(range(start, start + count))
            start += count
        by_key.pop(_IN_CLEAR, None)
        for key, offsets in by_key.items():
            whole = len(offsets) == len(self.leaves)
            leaves = self.leaves if whole else [self.leaves[offset] for offset in offsets]
            yield key, leaves, tuple(runs([self.clear.first + offset for offset in offsets]))


class _Sealer:
    """Seals and writes segments in a thread of its own, two ahead at most: compressing leaves the other core to us."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: list[Future[Path]] = []

    def add(self, job: Callable[[], Path]) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1)
        self._waiting.append(self._pool.submit(job))
        if len(self._waiting) > 2:
            self._waiting.pop(0).result()

    def finish(self) -> None:
        """Wait for all of it. Raises what went wrong in any job."""
        for job in self._waiting:
            job.result()
        self.drop()

    def drop(self) -> None:
        """Wait until nothing is written any more, whatever became of it."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool, self._waiting = None, []


def _checkpoint(archive: Archive, frontier: Frontier) -> Checkpoint:
    """The new head of this device's log; it names the heads seen of the others, so that a later cut is found."""
    others = {log: state for log, state in archive.states.items() if log != archive.device}
    seen = tuple((log, state.size, state.frontier.root()) for log, state in sorted(others.items()))
    return Checkpoint(size=frontier.size, root=frontier.root(), seen=seen)


def remember(archive: Archive) -> None:
    """Keep the heads in GUVOH_HOME.

    A crash before this, or a home that is full, leaves older heads there, which the log still extends: the batch is
    committed all the same, and being set back is found from the next one on.
    """
    archive.known = archive.known | {log: state.head() for log, state in archive.states.items()}
    with suppress(GuvohError):
        archive.home.save(msgspec.structs.replace(archive.home.load(), heads=archive.known))
