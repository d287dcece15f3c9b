"""Merging: what another copy of the archive has and this one has not, brought over entry by entry.

Logs are compared by their sizes and roots, never by the names or cuts of their files. Whatever is brought over was
signed by its device and extends what is here; a device that shows two histories brings nothing. What was erased here
does not come back. Killed at any moment, it goes on where it was: a log is here up to its last whole batch.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from guvoh.archive import forms
from guvoh.archive.errors import (
    CannotWrite,
    Damaged,
    NewerFormat,
    NotAnArchive,
    NotReadable,
    RolledBack,
    TwoHistories,
)
from guvoh.archive.files import make_private, new_file, opened_file, put, read_file, replace, write_part
from guvoh.archive.home import Head
from guvoh.archive.keys import NEXT
from guvoh.archive.logs import Log, State, file_name
from guvoh.archive.membership import Membership, membership
from guvoh.archive.merkle import HASH_BYTES
from guvoh.archive.requests import BadRequest, read_request
from guvoh.archive.rewriting import SYNC_PART, Doomed, remove_parts, stale, thin_out, uses, without
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Evidence, Segment
from guvoh.archive.store import Archive, Folder, check_seal, notes, write_hint
from guvoh.errors import GuvohError
from guvoh.sealing.notes import VerifyKey

JOIN = "join"
_REQUEST = re.compile(r"d-[a-z2-7]{20}\.request")
_MOST_SMALL = 256 << 10
_MOST_REQUESTS = 100
"""So many wait for an owner at most: whoever fills a stick with them fills no laptop."""
_CHUNK = 1 << 20
_NO_END = 1 << 40
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
    remove_parts(into)
    pulling = _Pulling(into, other, members, known or {}, carried)
    pulling.keys()
    logs = other.logs()
    for number, log in enumerate(logs):
        pulling.log(log)
        tell("logs", number + 1, len(logs))
    pulling.settle()
    pulling.requests()
    pulling.forget()
    write_newer_hint(into, members)
    if pulling.brought.mended and isinstance(into, Archive):
        into.home.has_mended()
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


class _Poor(NamedTuple):
    """Entries that the other side may have in a better state. end: as far as can be told where it is damaged."""

    first: int
    end: int
    damaged: bool


class _Pulling:
    def __init__(
        self, into: Folder, other: Folder, members: Membership, known: dict[str, Head], carried: frozenset[str]
    ) -> None:
        self._into, self._other, self._members, self._known = into, other, members, known
        self._reader = into if isinstance(into, Archive) and into.sees_identities else None
        self._carried = frozenset(one for one in carried if members.stands(one))
        self._doomed = Doomed.by(members.erasures[one] for one in self._carried)
        self._learned = False
        self.brought = Brought()

    # --- logs

    def log(self, theirs: Log) -> None:
        """Bring one log. What is wrong with it is told, and hinders no other."""
        key = self._members.verify_key(theirs.device)
        if key is None:
            if not theirs.paths():
                return
            self._tell(Damaged(f"logs/{theirs.device}", "no owner has admitted the device that wrote this log"))
            return
        ours = Log(self._into.path, theirs.device)
        try:
            here = self._ours(ours, theirs, key)
            there = self._theirs(ours, theirs, key, here)
            if there is not None:
                self._extend(ours, theirs, here, there)
            self._exchange(ours, theirs)
        except TwoHistories as problem:
            self.brought.histories.append(problem)
        except Damaged as problem:
            self._tell(problem)
        except NewerFormat as problem:
            self.brought.problems.append((f"logs/{theirs.device}", str(problem)))

    def _tell(self, problem: Damaged) -> None:
        if (problem.where, problem.why) not in self.brought.problems:
            self.brought.problems.append((problem.where, problem.why))

    def _ours(self, ours: Log, theirs: Log, key: VerifyKey) -> State:
        """How far the log is here; where it is damaged, what is damaged is mended from the other side first."""
        known = self._known.get(ours.device)
        try:
            return ours.state(key, known)
        except (Damaged, RolledBack):
            self._replace(ours, theirs, self._poor(ours))
            try:
                return ours.state(key, known)
            except RolledBack:
                # The other side may have what is missing; whoever opens the archive compares it with what was seen.
                return ours.state(key, None)

    def _theirs(self, ours: Log, theirs: Log, key: VerifyKey, here: State) -> State | None:
        """How far the other log goes, if it goes further than ours and extends it."""
        try:
            there = theirs.state(key, here.head())
            return there if there.size > here.size else None
        except RolledBack:
            there = theirs.state(key, None)
        except Damaged:
            if not (part := _part(theirs, here)):
                raise
            for segment in theirs.segments(boxes=False):
                segment.check_commitments(key)  # what nobody has signed proves nothing against anybody
            if _leaves(theirs.segments(boxes=False), *part) == _leaves(ours.segments(part[0], boxes=False), *part):
                return None
            raise self._two(ours, theirs) from None
        with contextlib.suppress(RolledBack):
            if there.size <= here.size:
                ours.state(key, there.head())
                return None
        raise self._two(ours, theirs)

    @staticmethod
    def _two(ours: Log, theirs: Log) -> TwoHistories:
        return TwoHistories(theirs.device, tuple(_proof(log) for log in (ours, theirs)))

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
        self._check(ours, segment)
        for evidence in segment.clear.evidence if not segment.thin else ():
            self._evidence(evidence)
        final = ours.path / file_name(segment.clear.first)
        put(write_part(final, self._allowed(segment)), final)

    def _check(self, log: Log, segment: Segment) -> None:
        """Raise Damaged unless its parts are as they were signed, and lack nothing but what may be absent.

        What was written anew by another device is opened by who can: its seal says nothing of what is in it.
        """
        check_seal(segment, self._into.id, log.device, self._members)
        if not segment.rewriting or segment.thin or self._reader is None:
            return
        with contextlib.suppress(NotReadable):
            try:
                self._reader.opener.opened(segment, self._members.erased)
            except Damaged:
                self._learn(self._reader)
                self._reader.opener.opened(segment, self._members.erased)

    def _allowed(self, segment: Segment) -> list[bytes]:
        """The bytes of a segment as it may lie here: without what is erased here, nor under keys that are destroyed."""
        if segment.thin:
            return segment.commitments()
        missed = stale(segment, self._members, self._carried)
        if self._reader is None or segment.clear.epoch not in self._reader.opener.epochs:
            return segment.commitments() if missed else segment.whole()
        if not missed and not uses(self._reader, segment, self._doomed.keys):
            return segment.whole()
        try:
            return without(self._reader, segment, self._doomed) or segment.whole()
        except Damaged:
            self._learn(self._reader)
        try:
            return without(self._reader, segment, self._doomed) or segment.whole()
        except Damaged:
            return segment.commitments()  # until its device has sealed it anew, nobody here can open it

    def _learn(self, reader: Archive) -> None:
        """Keys that are destroyed here may still lie in rings of the other side: what comes is sealed anew by them."""
        for log in self._other.logs() if not self._learned else ():
            with contextlib.suppress(Damaged, NewerFormat):
                for segment in log.segments(boxes=False):
                    with contextlib.suppress(Damaged, NotReadable):
                        reader.opener.learn(segment)
        self._learned = True

    def _tidy(self, ours: Log) -> None:
        for path in ours.covered():
            with contextlib.suppress(OSError):
                path.unlink()

    # --- what is there on both sides, but not alike

    def _exchange(self, ours: Log, theirs: Log) -> None:
        """Mend from the other side what is damaged here, or is here in its commitments alone, or holds what is erased.

        Where the other side cannot help, what is damaged stays as it is, and what holds erased entries is thinned out.
        """
        poor = [*self._poor(ours), *self._behind(ours, theirs)]
        if poor:
            self._replace(ours, theirs, poor)
            self._tidy(ours)
        for segment in ours.segments(boxes=False):
            if self._is_stale(segment):
                thin_out(ours, ours.path / file_name(segment.clear.first))
            elif not segment.thin:
                for evidence in segment.clear.evidence:
                    self._evidence(evidence)

    def _is_stale(self, segment: Segment) -> bool:
        """Who has keys has left out what is erased himself; a folder without any waits for others to do it."""
        return not segment.thin and self._reader is None and bool(stale(segment, self._members, self._carried))

    def _gave_up(self, segment: Segment) -> bool:
        """Whether it was written anew for an erasure that is taken back, or void: another copy may have the whole."""
        return not all(self._members.stands(one) for one in segment.erasures)

    def _poor(self, ours: Log) -> list[_Poor]:
        found, at, paths = list[_Poor](), 0, ours.paths()
        after = [first for first, _ in paths[1:]]
        for (first, path), following in zip(paths, [*after, _NO_END], strict=False):
            if first > at:
                found.append(_Poor(at, first, True))
            segment = self._sound(ours, path)
            if segment is None:
                found.append(_Poor(first, following, True))
            elif segment.thin or self._is_stale(segment) or self._gave_up(segment):
                found.append(_Poor(first, segment.end, False))
            at = max(at, following if segment is None else segment.end)
        return found

    def _behind(self, ours: Log, theirs: Log) -> Iterator[_Poor]:
        """What was sealed anew there for an erasure, and not here: the key that opens it here may be destroyed by now.

        Entries that are to be kept can lie under the key of a source that is not.
        """
        for segment in theirs.segments(boxes=False):
            for here in ours.segments(segment.clear.first, boxes=False) if segment.erasures else ():
                if here.clear.first >= segment.end:
                    break
                if not (here.thin or segment.erasures <= here.erasures) and self._lags(ours, here, segment.erasures):
                    yield _Poor(here.clear.first, here.end, False)

    def _lags(self, log: Log, segment: Segment, erasures: frozenset[str]) -> bool:
        """Who has keys tries them; a folder without any follows whoever has carried the erasures out."""
        if self._reader is None:
            return erasures <= self._carried
        try:
            self._reader.opened(log.read(log.path / file_name(segment.clear.first)))
        except Damaged:
            return True
        except NotReadable:
            return False
        return False

    def _sound(self, log: Log, path: Path) -> Segment | None:
        try:
            segment = log.read(path)
            self._check(log, segment)
        except (GuvohError, FileNotFoundError):
            return None
        return segment if path.name == file_name(segment.clear.first) else None

    def _replace(self, ours: Log, theirs: Log, poor: list[_Poor]) -> None:
        """Take what is better on the other side: from the end, so that a shorter segment leaves no gap behind it."""
        log = ours.device
        damaged = Runs((log, one.first, one.end - one.first) for one in poor if one.damaged)
        others = Runs((log, one.first, one.end - one.first) for one in poor if not one.damaged)
        wanted, taken = list[Segment](), Runs()
        for segment in theirs.segments(boxes=False):
            span = (log, segment.clear.first, segment.end)
            if not segment.thin and (damaged.within(*span) or (others.within(*span) and self._helps(segment))):
                wanted.append(segment)
        make_private(ours.path)
        for segment in reversed(wanted):
            path = ours.path / file_name(segment.clear.first)
            here = self._sound(ours, path)
            if here is not None and here.end > segment.end and not _covers(taken, log, segment.end, here.end):
                continue
            try:
                self._take(ours, theirs.read(theirs.path / path.name))
            except Damaged as problem:
                self._tell(problem)
                continue
            taken |= Runs([(log, segment.clear.first, segment.clear.count)])
            self.brought.mended += 1
        names = {segment.clear.first for segment in wanted}
        for one in poor:
            end = one.first + 1 if one.damaged else one.end
            if one.first not in names and _covers(taken, log, one.first, end):
                with contextlib.suppress(OSError):
                    (ours.path / file_name(one.first)).unlink()

    def _helps(self, segment: Segment) -> bool:
        """Whether this copy of what is thin, stale or given up here is better than that."""
        if self._gave_up(segment):
            return False
        if not stale(segment, self._members, self._carried):
            return True
        return self._reader is not None and segment.clear.epoch in self._reader.opener.epochs

    # --- files beside the logs

    def _evidence(self, evidence: Evidence) -> None:
        """Bring a file of evidence, whole or not at all. One that the other side lacks too is told by `verify`."""
        ours, theirs = self._into.evidence.path / evidence.name, self._other.evidence.path / evidence.name
        here = ours.exists() and ours.stat().st_size == evidence.size
        if evidence.name in self._doomed.evidence or here or not theirs.exists():
            return
        make_private(ours.parent)
        part = ours.with_name(ours.name + SYNC_PART)
        try:
            with new_file(part) as file:
                digest, size = hashlib.sha256(), 0
                for chunk in _chunks(theirs, f"evidence/{evidence.name}", evidence.size):
                    size += len(chunk)
                    digest.update(chunk)
                    file.write(chunk)
                if (size, digest.hexdigest()) != (evidence.size, evidence.sha256):
                    raise Damaged(f"evidence/{evidence.name}", "on the other side it is not what was sealed")
        except Damaged as problem:
            self._tell(problem)
            return
        put(part, ours)
        self.brought.evidence += 1

    def keys(self) -> None:
        """Bring key files that are the ones that were signed, where ours are not: before the entries that say so.

        What takes the place of another waits beside it, so that either opens with the entries that are here.
        """
        keys = self._into.keys
        for name in sorted(self._members.vouched):
            here = (keys.digest(name), keys.digest(name + NEXT))
            for digest in self._members.right(name):
                if digest in here:
                    break
                data = self._their_key(name, digest)
                if data is not None:
                    keys.save(name if here[0] is None else name + NEXT, data)
                    self.brought.keys += 1
                    break
            else:
                self._cut_off(name)

    def _their_key(self, name: str, digest: str) -> bytes | None:
        found = (self._small(self._other.keys.path / lies) for lies in (name, name + NEXT))
        return next((data for data in found if data is not None and forms.sha256(data) == digest), None)

    def _cut_off(self, name: str) -> None:
        """Bring what waits on the other side, where a sync to it was cut off and nobody has the file that holds there.

        The entries come over that leave the file from before without effect: the member must have what opens after it.
        """
        theirs = {lies: self._small(self._other.keys.path / lies) for lies in (name, name + NEXT)}
        for lies, data in theirs.items() if theirs[name + NEXT] is not None else ():
            if data is not None and self._into.keys.digest(lies) is None:
                self._into.keys.save(lies, data)
                self.brought.keys += 1

    def settle(self) -> None:
        """Put key files in their places, if the entries that vouch for them have come."""
        keys = self._into.keys
        if not (names := keys.waiting()):
            return
        with contextlib.suppress(NotAnArchive):  # not even the founding has come
            members = self._into.membership(damage=False)
            for name in names:
                for digest in members.right(name):
                    if keys.digest(name) == digest:
                        break
                    keys.settle(name, digest)

    def requests(self) -> None:
        """Drop requests to join that an owner has answered; bring those that wait.

        Only what is one comes over, so that nobody keeps a colleague's request out by filling a stick with garbage.
        """
        here: set[str] = set()
        for name in waiting(self._into):
            if name.removesuffix(".request") in self._members.devices:
                with contextlib.suppress(OSError):
                    (self._into.path / JOIN / name).unlink()
            elif self._request(self._into, name) is not None:
                here.add(name)
        for name in waiting(self._other):
            if len(here) >= _MOST_REQUESTS:
                break
            if name in here or name.removesuffix(".request") in self._members.devices:
                continue
            data = self._request(self._other, name)
            if data is not None:
                make_private(self._into.path / JOIN)
                replace(self._into.path / JOIN / name, data)
                self.brought.requests += 1
                here.add(name)

    def _request(self, folder: Folder, name: str) -> bytes | None:
        """A request to join this archive, of the device that its file is called after; None if it is none."""
        data = self._small(folder.path / JOIN / name)
        try:
            asked = read_request(data, self._into.id) if data is not None else None
        except BadRequest:
            return None
        return data if asked is not None and f"{asked.device}.request" == name else None

    @staticmethod
    def _small(path: Path) -> bytes | None:
        """A small file of the other side; None where it has none, or one that is too large to be what it should be."""
        try:
            return read_file(path, _MOST_SMALL)
        except OSError:
            return None

    def forget(self) -> None:
        """Let go of the evidence that is erased here, and of keys that are destroyed."""
        if self._reader is not None:
            self._reader.opener.forget(self._doomed.keys)
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
    return [name for name in names if _REQUEST.fullmatch(name)]


def _chunks(path: Path, where: str, most: int) -> Iterator[bytes]:
    """The bytes of a file of the other side, and no more than one chunk beyond `most`. Raises Damaged."""
    try:
        with opened_file(path) as file:
            while most >= 0 and (chunk := file.read(_CHUNK)):
                most -= len(chunk)
                yield chunk
    except OSError as error:
        raise Damaged(where, f"on the other side it cannot be read ({error.strerror})") from None


def _covers(runs: Runs, log: str, first: int, end: int) -> bool:
    return (runs | Runs([(log, first, end - first)])).places == runs.places


def _part(log: Log, here: State) -> tuple[int, int] | None:
    """From where to where a log goes that a bundle brings in part, if all of that is here already."""
    spans = [(segment.clear.first, segment.end) for segment in log.segments(boxes=False)]
    if spans and 0 < spans[0][0] <= spans[-1][1] <= here.size:
        return spans[0][0], spans[-1][1]
    return None


def _leaves(segments: Iterator[Segment], first: int, end: int) -> bytes:
    """The leaf hashes of these positions of a log; neighbours may overlap."""
    found, at = b"", first
    for segment in segments:
        found += segment.leaves[max(0, at - segment.clear.first) * HASH_BYTES :]
        at = segment.end
    return found[: (end - first) * HASH_BYTES]


def _proof(log: Log) -> bytes:
    """The last checkpoint of a log, as its device signed it."""
    last = b""
    for segment in log.segments(boxes=False):
        last = segment.checkpoint or last
    return last
