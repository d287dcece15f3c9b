"""Merging: what another copy of the archive has and this one has not, brought over entry by entry.

Logs are compared by their sizes and roots, never by the names or cuts of their files. Whatever is brought over was
signed by its device and extends what is here; a device that shows two histories brings nothing. What was erased here
does not come back. Killed at any moment, it goes on where it was: a log is here up to its last whole batch.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from guvoh.archive.errors import CannotWrite, Damaged, NotAnArchive, RolledBack, TwoHistories
from guvoh.archive.files import PART, make_private, new_file, opened_file, put, read_file, replace, write_part
from guvoh.archive.home import Head
from guvoh.archive.logs import Log, State, file_name
from guvoh.archive.membership import Membership, membership
from guvoh.archive.rewriting import Doomed, stale, thin_out, without
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Evidence, Segment
from guvoh.archive.store import Archive, Folder, check_seal, notes, write_hint
from guvoh.errors import GuvohError
from guvoh.sealing.notes import VerifyKey

JOIN = "join"
_MOST_SMALL = 256 << 10
_CHUNK = 1 << 20
Tell = Callable[[str, int, int], None]


def quiet(what: str, done: int, total: int) -> None:
    """For callers who need no progress."""


class OtherArchive(GuvohError):
    """Two folders that hold different archives."""

    def __init__(self, path: Path, found: str, wanted: str) -> None:
        self.found, self.wanted = found, wanted
        super().__init__(f"{path} holds archive {found}, and this is {wanted}: they cannot be merged")


@dataclass(slots=True, kw_only=True)
class Brought:
    """What came over. entries, by log; problems are (where, what): those parts were left as they were."""

    entries: dict[str, int] = field(default_factory=dict)
    evidence: int = 0
    keys: int = 0
    mended: int = 0
    requests: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    histories: list[TwoHistories] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        return bool(sum(self.entries.values()) or self.evidence or self.keys or self.mended or self.requests)


def start_copy(archive: Folder, path: Path) -> Folder:
    """A folder for a copy of this archive, made where there is none. What it lacks, `pull` brings."""
    try:
        new = not path.exists() or not any(path.iterdir())
    except OSError as error:
        raise NotAnArchive(path, f"it cannot be read ({error.strerror})") from None
    if new:
        make_private(path / "logs")
        make_private(path / "evidence")
        write_hint(path, archive.id, archive.membership(damage=False).format)
    return Folder(path)


def pull(
    into: Folder,
    other: Folder,
    *,
    known: dict[str, Head] | None = None,
    carried: frozenset[str] = frozenset(),
    tell: Tell = quiet,
) -> Brought:
    """Bring what `other` has into `into`. Whoever keeps `into` locked for writing calls it.

    known    the heads of `into` last seen on this computer
    carried  erasures that are carried out in `into`, or are to be at once: no body that they name comes over
    """
    if other.id != into.id:
        raise OtherArchive(other.path, other.id, into.id)
    members = _together(into, other)
    pulling = _Pulling(into, other, members, known or {}, carried)
    logs = [log for log in other.logs() if log.device in members.devices]
    for number, log in enumerate(logs):
        pulling.log(log)
        tell("logs", number + 1, len(logs))
    pulling.keys()
    pulling.requests()
    pulling.forget()
    write_newer_hint(into, members)
    return pulling.brought


def write_newer_hint(folder: Folder, members: Membership) -> None:
    text = read_file(folder.path / "guvoh.toml", _MOST_SMALL)
    if f"format = {members.format}".encode() not in text:
        write_hint(folder.path, folder.id, members.format)


def _together(into: Folder, other: Folder) -> Membership:
    """Members as both folders together tell of them: a log is checked with the key that its own name commits to."""
    found = membership(
        into.id, [note for folder in (into, other) for log in folder.logs() for note in notes(log, damage=False)]
    )
    if found.founding is None:
        raise NotAnArchive(other.path, "its founding entry is missing or belongs to another archive")
    return found


class _Pulling:
    def __init__(
        self, into: Folder, other: Folder, members: Membership, known: dict[str, Head], carried: frozenset[str]
    ) -> None:
        self._into, self._other, self._members, self._known, self._carried = into, other, members, known, carried
        self._reader = into if isinstance(into, Archive) and into.sees_identities else None
        self._doomed = Doomed.by(members.erasures[one] for one in carried if one in members.erasures)
        self.brought = Brought()

    # --- logs

    def log(self, theirs: Log) -> None:
        """Bring one log. What is wrong with it is told, and hinders no other."""
        key = self._members.verify_key(theirs.device)
        assert key is not None  # only logs of devices that are or were admitted
        ours = Log(self._into.path, theirs.device)
        try:
            here = self._ours(ours, theirs, key)
            there = self._theirs(theirs, key, here)
            if there is not None:
                self._extend(ours, theirs, here, there)
            self._exchange(ours, theirs)
        except TwoHistories as problem:
            self.brought.histories.append(problem)
        except Damaged as problem:
            self.brought.problems.append((problem.where, problem.why))

    def _ours(self, ours: Log, theirs: Log, key: VerifyKey) -> State:
        """How far the log is here; where it is damaged, what is damaged is mended from the other side first."""
        known = self._known.get(ours.device)
        try:
            return ours.state(key, known)
        except (Damaged, RolledBack):
            self._mend(ours, theirs, key)
            try:
                return ours.state(key, known)
            except RolledBack:
                # The other side may have what is missing: how far it goes is compared with what was seen, at the end.
                return ours.state(key, None)

    def _theirs(self, theirs: Log, key: VerifyKey, here: State) -> State | None:
        """How far the other log goes, if it goes further than ours and extends it."""
        try:
            there = theirs.state(key, here.head())
            return there if there.size > here.size else None
        except RolledBack:
            there = theirs.state(key, None)
        ours = Log(self._into.path, theirs.device)
        try:
            if there.size <= here.size:
                ours.state(key, there.head())
                return None
        except RolledBack:
            pass
        raise TwoHistories(theirs.device, tuple(_proof(log) for log in (ours, theirs)))

    def _extend(self, ours: Log, theirs: Log, here: State, there: State) -> None:
        at = here.size
        make_private(ours.path)
        for segment in theirs.segments(here.size):
            if segment.clear.first > at or at >= there.size:
                break
            if segment.thin and segment.clear.first < here.size:
                raise Damaged(segment.where, "that copy holds commitments alone here; sync with a whole one")
            self._take(ours, segment)
            at = segment.end
        self.brought.entries[ours.device] = there.size - here.size
        self._tidy(ours)

    def _take(self, ours: Log, segment: Segment) -> None:
        """Write one segment here, its evidence first."""
        check_seal(segment, self._into.id, ours.device, self._members)
        for evidence in segment.clear.evidence if not segment.thin else ():
            self._evidence(evidence)
        final = ours.path / file_name(segment.clear.first)
        put(write_part(final, self._allowed(segment)), final)

    def _allowed(self, segment: Segment) -> list[bytes]:
        """The bytes of a segment as it may lie here: without what is erased here."""
        if segment.thin:
            return segment.commitments()
        missed = stale(segment, self._members, self._carried)
        if not missed:
            return segment.whole()
        if self._reader is not None and segment.clear.epoch in self._reader.opener.epochs:
            return without(self._reader, segment, self._doomed) or segment.whole()
        return segment.commitments()

    def _tidy(self, ours: Log) -> None:
        for path in ours.covered():
            with contextlib.suppress(OSError):
                path.unlink()

    def _mend(self, ours: Log, theirs: Log, key: VerifyKey) -> None:
        """Put sound segments of the other side in the place of those here that are not."""
        broken = [path.name for _, path in ours.paths() if not self._sound(ours, path)]
        for segment in theirs.segments():
            name = file_name(segment.clear.first)
            missing = not (ours.path / name).exists()
            if (name in broken or missing) and not segment.thin:
                check_seal(segment, self._into.id, ours.device, self._members)
                make_private(ours.path)
                self._take(ours, segment)
                self.brought.mended += 1

    def _sound(self, log: Log, path: Path) -> bool:
        try:
            segment = log.read(path)
            if path.name != file_name(segment.clear.first):
                return False
            check_seal(segment, self._into.id, log.device, self._members)
        except (GuvohError, FileNotFoundError):
            return False
        return True

    # --- what is there on both sides, but not alike

    def _exchange(self, ours: Log, theirs: Log) -> None:
        """Where this side holds commitments alone, or what was erased, and the other side can help with that."""
        wanted: list[tuple[int, int]] = []
        for segment in ours.segments(boxes=False):
            if segment.thin:
                wanted.append((segment.clear.first, segment.end))
            else:
                for evidence in segment.clear.evidence:
                    self._evidence(evidence)
                if self._reader is None and stale(segment, self._members, self._carried):
                    wanted.append((segment.clear.first, segment.end))
        if wanted:
            self._replace(ours, theirs, wanted)

    def _replace(self, ours: Log, theirs: Log, wanted: list[tuple[int, int]]) -> None:
        spans = Runs((ours.device, first, end - first) for first, end in wanted)
        for segment in theirs.segments():
            useful = spans.within(ours.device, segment.clear.first, segment.end) and not segment.thin
            if useful and not stale(segment, self._members, self._carried):
                self._take(ours, segment)
                self.brought.mended += 1
        self._tidy(ours)
        for segment in ours.segments(boxes=False):
            if not segment.thin and self._reader is None and stale(segment, self._members, self._carried):
                thin_out(ours, ours.path / file_name(segment.clear.first))

    # --- files beside the logs

    def _evidence(self, evidence: Evidence) -> None:
        """Bring a file of evidence, whole or not at all. One that the other side lacks too is told by `verify`."""
        ours, theirs = self._into.evidence.path / evidence.name, self._other.evidence.path / evidence.name
        if evidence.name in self._doomed.evidence or ours.exists() or not theirs.exists():
            return
        make_private(ours.parent)
        part = ours.with_name(f"{ours.name}.sync{PART}")
        with new_file(part) as file, _plain(theirs) as source:
            digest, size = hashlib.sha256(), 0
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > evidence.size:
                    break
                digest.update(chunk)
                file.write(chunk)
            if (size, digest.hexdigest()) != (evidence.size, evidence.sha256):
                raise Damaged(f"evidence/{evidence.name}", "on the other side it is not what was sealed")
        put(part, ours)
        self.brought.evidence += 1

    def keys(self) -> None:
        """Bring key files that are the ones that were signed, where ours are not."""
        for name, digest in self._members.key_files.items():
            if self._into.keys.digest(name) != digest and self._other.keys.digest(name) == digest:
                self._into.keys.save(name, read_file(self._other.keys.path / name, _MOST_SMALL))
                self.brought.keys += 1

    def requests(self) -> None:
        """Bring requests to join, which an owner has not answered yet; drop those that he has."""
        for name in waiting(self._other):
            if name.removesuffix(".request") in self._members.devices or (self._into.path / JOIN / name).exists():
                continue
            make_private(self._into.path / JOIN)
            replace(self._into.path / JOIN / name, read_file(self._other.path / JOIN / name, _MOST_SMALL))
            self.brought.requests += 1
        for name in waiting(self._into):
            if name.removesuffix(".request") in self._members.devices:
                with contextlib.suppress(OSError):
                    (self._into.path / JOIN / name).unlink()

    def forget(self) -> None:
        """Let go of the evidence that is erased here."""
        for name in self._doomed.evidence:
            try:
                (self._into.evidence.path / name).unlink(missing_ok=True)
            except OSError as error:
                raise CannotWrite(self._into.evidence.path, error.strerror or "not allowed") from None


def waiting(folder: Folder) -> list[str]:
    """Names of requests to join that lie in a folder."""
    path = folder.path / JOIN
    if not path.is_dir():
        return []
    names = sorted(entry.name for entry in os.scandir(path) if entry.is_file(follow_symlinks=False))
    return [name for name in names if name.endswith(".request") and len(name) == len("d-.request") + 20]


@contextlib.contextmanager
def _plain(path: Path) -> Iterator[BinaryIO]:
    try:
        with opened_file(path) as file:
            yield file
    except OSError as error:
        raise Damaged(f"evidence/{path.name}", f"on the other side it cannot be read ({error.strerror})") from None


def _proof(log: Log) -> bytes:
    """The last checkpoint of a log, as its device signed it."""
    last = b""
    for segment in log.segments(boxes=False):
        last = segment.checkpoint or last
    return last
