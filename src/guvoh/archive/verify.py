"""Is everything as it was signed? Asked with or without a reading key, and answered for the whole archive."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from guvoh.archive.beside import Beside, Lost, worthwhile
from guvoh.archive.control import Late
from guvoh.archive.errors import Damaged, NotReadable
from guvoh.archive.home import Head
from guvoh.archive.keys import NEXT
from guvoh.archive.logs import Log
from guvoh.archive.membership import Membership
from guvoh.archive.merkle import HASH_BYTES, Frontier
from guvoh.archive.rewriting import stale
from guvoh.archive.segments import Checkpoint, Evidence, Segment
from guvoh.archive.store import Archive, Folder, check_control, check_seal
from guvoh.errors import GuvohError
from guvoh.sealing.notes import VerifyKey
from guvoh.words.plain import count


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """One log as verified: committed entries, and the entries of an unfinished batch after them."""

    log: str
    entries: int
    unfinished: int
    apart: int = 0
    """Of its entries, those that came after its device was removed: they do not count."""


@dataclass(slots=True, kw_only=True)
class Verified:
    """What verifying found. `problems` are (where, what); `notices` need no action.

    read  whether the sealed entries were opened and each compared with its commitment
    """

    archive: str
    read: bool
    logs: list[LogState] = field(default_factory=list)
    evidence: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Why control entries take no effect; those that are no more than late are no problems."""

    @property
    def entries(self) -> int:
        return sum(log.entries for log in self.logs)


def verify(
    folder: Folder, known: dict[str, Head], tell: Callable[[int, int], None] = lambda done, total: None
) -> Verified:
    """Check every signature, commitment and file.

    folder  an opened Archive compares every entry with its commitment; a Folder checks all that needs no key
    known   the heads last seen on this computer: a log that no longer extends them is reported
    tell    called with (segments done, segments in all)
    """
    found = Verified(archive=folder.id, read=isinstance(folder, Archive) and folder.reads)
    logs = folder.logs()
    if (members := _members(folder, found)) is None:
        return found
    total, done = sum(len(log.paths()) for log in logs), 0
    wanted: set[str] = set()
    heads = _Heads(logs, members)
    with _Opening(folder, logs, members) as opening:
        for log in logs:
            check = _Check(folder, log, found, known.get(log.device), wanted, opening, heads, members)
            done = check.run(lambda n: tell(n, total), done)
        told = {where for where, _ in found.problems}
        found.problems += [problem for problem in opening.problems() if problem[0] not in told]
    found.problems += heads.problems()
    found.problems += _changed_keys(folder, members)
    vouched = members.vouched
    stray = [name for name in folder.keys.names() if members.key_files and name not in vouched]
    # An admission that was cut short leaves such; so does who wants to pass for a member. Nobody believes them.
    found.notices += [f"keys/{name}: it is in no control entry, so nobody uses it" for name in stray]
    found.notices += _never_seen([log.device for log in logs if log.device not in known], len(logs))
    for device in known.keys() - {log.device for log in logs}:
        if known[device].size:
            found.problems.append((f"logs/{device}", "this computer has seen this log, and it is gone"))
    if not found.problems:
        _left_over(folder, logs, wanted, found)
    if isinstance(folder, Archive) and folder.reads and not folder.sees_identities:
        found.notices.append("what may name somebody was not opened: this member has no key to it")
    return found


def _members(folder: Folder, found: Verified) -> Membership | None:
    try:
        members = folder.membership(damage=False)
    except GuvohError as problem:
        found.problems.append(("logs", getattr(problem, "why", str(problem))))
        return None
    found.refused = [str(problem) for problem in members.refused]
    found.problems += [("logs", str(problem)) for problem in members.refused if not isinstance(problem, Late)]
    late = sum(isinstance(problem, Late) for problem in members.refused)
    if late:
        entries = count(late, "control entry", "control entries")
        found.notices.append(f"logs: {entries} of removed members came too late to take effect")
    return members


def _never_seen(devices: list[str], logs: int) -> list[str]:
    """One sentence, however many: after a restore or a recovery it is all of them."""
    if len(devices) == 1:
        return [f"logs/{devices[0]}: never seen on this computer, so a cut end would not be noticed"]
    which = f"all {logs} logs were" if len(devices) == logs else f"{len(devices)} of {logs} logs were"
    return [f"logs: {which} never seen on this computer, so a cut end would not be noticed"] if devices else []


def _changed_keys(folder: Folder, members: Membership) -> list[tuple[str, str]]:
    """Key files that are not those that were signed. One that is not here is no damage: it may be left behind."""
    keys = folder.keys
    here = {name: [keys.digest(name), keys.digest(name + NEXT)] for name in keys.names()}
    right = {name: members.right(name) for name in here if name in members.key_files}
    changed = [name for name, digests in right.items() if not set(digests).intersection(here[name])]
    return [(f"keys/{name}", _changed(*here[name])) for name in changed]


def _changed(digest: str | None, waits: str | None) -> str:
    if digest is None:
        return "it cannot be read"
    if waits is not None:
        return "it is not the key file that was signed, and another waits to take its place: sync again"
    return "it is not the key file that was signed: an older one, or changed"


class _Heads:
    """What the checkpoints of each log say of the others: a log must reach, and pass through, what was seen of it."""

    def __init__(self, logs: list[Log], members: Membership) -> None:
        self.seen: dict[str, dict[int, set[bytes]]] = {}
        self._problems: list[tuple[str, str]] = []
        for log in logs:
            key = members.verify_key(log.device)
            if key is not None:
                self._read(log, key)

    def _read(self, log: Log, key: VerifyKey) -> None:
        for _, path in log.paths():
            with contextlib.suppress(GuvohError, FileNotFoundError):
                checkpoint = log.read(path, boxes=False).check_checkpoint(key)
                for other, size, root in checkpoint.seen if checkpoint else ():
                    self.seen.setdefault(other, {}).setdefault(size, set()).add(root)

    def sizes(self, log: str) -> list[int]:
        return sorted(self.seen.get(log, ()))

    def passed(self, log: str, size: int, root: bytes) -> None:
        """The log has this root at a size at which others have seen it."""
        if self.seen[log].pop(size) != {root}:
            self._problems.append(
                (f"logs/{log}", f"another device has seen another history of it, up to entry {size}: it has signed two")
            )

    def ended(self, log: str, size: int) -> None:
        later = max((seen for seen in self.seen.get(log, ()) if seen > size), default=0)
        if later:
            what = f"another device has seen {later} entries of it, and {size} are here: sync again, or it was set back"
            self._problems.append((f"logs/{log}", what))

    def problems(self) -> list[tuple[str, str]]:
        return self._problems


def _left_over(folder: Folder, logs: list[Log], wanted: set[str], found: Verified) -> None:
    """What lies in the folder and belongs to nothing. Told only of a whole archive: else it may be what is missed."""
    stray = [name for name in folder.evidence.names() if name not in wanted]
    if stray:
        what = f"files that belong to no committed entry, of an unfinished add: {len(stray)}"
        found.notices.append(f"evidence: {what}")
    for log in logs:
        if log.others():
            found.notices.append(f"logs/{log.device}: files in it that are no segments: {len(log.others())}")


class _Opening:
    """Opens every segment with the reading key, if there is one: of many segments every other in a second process."""

    def __init__(self, folder: Folder, logs: list[Log], members: Membership) -> None:
        self._archive = folder if isinstance(folder, Archive) and folder.reads else None
        self._members = members
        admitted = [log for log in logs if log.device in members.devices]
        paths = [(log, path) for log in admitted for _, path in log.paths()]
        many = self._archive is not None and len(paths) >= _MANY_SEGMENTS and worthwhile()
        self._elsewhere = {log.where(path): (log, path) for log, path in paths[1::2]} if many else {}
        if many and self._archive is not None:
            for log, path in paths:
                # Either half may hold the key of a source whose entries lie in the other.
                with contextlib.suppress(GuvohError):
                    self._archive.opener.learn(log.read(path, boxes=False))
        self._helper = Beside(self._rest) if many else None

    def __enter__(self) -> _Opening:
        return self

    def __exit__(self, *error: object) -> None:
        if self._helper is not None:
            self._helper.__exit__(*error)

    def open(self, segment: Segment) -> None:
        """Compare each entry with its commitment, now or elsewhere. Raises Damaged, or NotReadable."""
        if self._archive is not None and segment.where not in self._elsewhere:
            self._open(self._archive, segment)

    def _open(self, archive: Archive, segment: Segment) -> None:
        try:
            archive.opened(segment)
        except NotReadable:
            # Whom others removed may have gone on under a key of his own; what is kept apart need not open.
            cut = self._members.cut(segment.clear.log)
            if cut is None or segment.clear.first < cut:
                raise

    def problems(self) -> list[tuple[str, str]]:
        """What was found elsewhere. Segments that cannot be read at all are told by the checks, not here."""
        if self._helper is None:
            return []
        try:
            told = list(self._helper.results())
        except Lost:
            told = list(self._rest())
        return [(where, why) for where, why in (result.decode().split("\n") for result in told)]

    def _rest(self) -> Iterator[bytes]:
        assert self._archive is not None  # the helper is for readers alone
        for log, path in self._elsewhere.values():
            try:
                segment = log.read(path)
            except GuvohError:
                continue
            try:
                if not segment.thin:
                    self._open(self._archive, segment)
            except (Damaged, NotReadable) as problem:
                yield f"{problem.where}\n{problem.why}".encode()


_MANY_SEGMENTS = 8


class _Check:
    """The checks of one log."""

    def __init__(
        self,
        folder: Folder,
        log: Log,
        found: Verified,
        known: Head | None,
        wanted: set[str],
        opening: _Opening,
        heads: _Heads,
        members: Membership,
    ) -> None:
        self._folder, self._log, self._found, self._known, self._wanted = folder, log, found, known, wanted
        self._opening, self._heads, self._members = opening, heads, members
        self._frontier = Frontier()
        self._followed = bytearray()
        self._committed = 0
        self._thin = 0
        self._whole = True
        self._brought: list[Evidence] = []
        device = folder.device if isinstance(folder, Archive) else ""
        carried = [one for one in members.erasures.values() if device in one.confirmed and members.stands(one.id)]
        self._carried = frozenset(one.id for one in carried)
        self._destroyed = frozenset(name for one in carried for name in one.erasure.evidence)
        self._stops = heads.sizes(log.device)
        if known is not None and known.size:
            self._stops = sorted({known.size, *self._stops})

    def run(self, tell: Callable[[int], None], done: int) -> int:
        where = f"logs/{self._log.device}"
        key = self._members.verify_key(self._log.device)
        if key is None:
            if not self._log.paths():
                return done  # a folder alone: its device was stopped before it could say anything
            self._found.problems.append((where, "no owner has admitted the device that wrote this log"))
            return done + len(self._log.paths())
        for first, path in self._log.paths():
            try:
                self._segment(self._log.read(path), first, key)
            except FileNotFoundError:
                continue  # packed away meanwhile: a longer segment has taken its place
            except GuvohError as problem:
                self._problem(problem, self._log.where(path))
                self._whole = False
            done += 1
            tell(done)
        self._end(where)
        return done

    def _segment(self, segment: Segment, first: int, key: VerifyKey) -> None:
        """After a damaged segment the tree cannot be followed, but each later segment still has its own seal."""
        if (segment.clear.archive, segment.clear.log, segment.clear.first) != (
            self._folder.id,
            self._log.device,
            first,
        ):
            raise Damaged(segment.where, "it belongs to another place, log or archive")
        check_seal(segment, self._folder.id, self._log.device, self._members)
        checkpoint = segment.check_checkpoint(key)
        if self._whole:
            self._extend(segment, checkpoint)
        check_control(segment)
        if stale(segment, self._members, self._carried):
            raise Damaged(segment.where, "it holds what was erased here: `guvoh erasure carry-out` removes it")
        if segment.thin:
            self._thin += 1
            self._wanted.update(evidence.name for evidence in segment.clear.evidence)  # it may lie here or not
        else:
            self._opening.open(segment)
            self._brought += segment.clear.evidence
        if checkpoint is not None:
            self._evidence()

    def _extend(self, segment: Segment, checkpoint: Checkpoint | None) -> None:
        if segment.clear.first > self._frontier.size:
            raise Damaged(
                segment.where, f"entries {self._frontier.size} to {segment.clear.first} before it are missing"
            )
        self._agrees(segment)
        if segment.end <= self._frontier.size and self._frontier.size:
            return  # a longer segment holds all of it
        self._follow(segment)
        if checkpoint is None:
            return
        if (checkpoint.size, checkpoint.root) != (self._frontier.size, self._frontier.root()):
            raise Damaged(segment.where, "its entries are not those of its checkpoint")
        self._committed = checkpoint.size

    def _agrees(self, segment: Segment) -> None:
        """Where segments overlap they hold the same: both bear the seal of the device."""
        start = segment.clear.first * HASH_BYTES
        before = self._followed[start : start + len(segment.leaves)]
        if segment.leaves[: len(before)] != before:
            raise Damaged(segment.where, "another segment holds other entries in its place: its device has signed two")

    def _evidence(self) -> None:
        """Files of a finished batch. One that misses is a problem of its own and hides no other."""
        for evidence in self._brought:
            self._wanted.add(evidence.name)
            if evidence.name in self._members.evidence_gone and not self._folder.evidence.has(evidence.name):
                continue
            if evidence.name in self._destroyed:
                why = "it was erased here, and lies here again: `guvoh erasure carry-out` removes it"
                self._found.problems.append((f"evidence/{evidence.name}", why))
                continue
            try:
                self._folder.evidence.check(evidence)
                self._found.evidence += 1
            except Damaged as problem:
                self._problem(problem, problem.where)
        self._brought = []

    def _problem(self, problem: GuvohError, where: str) -> None:
        at = problem.where if isinstance(problem, Damaged | NotReadable) else where
        self._found.problems.append((at, getattr(problem, "why", str(problem))))

    def _follow(self, segment: Segment) -> None:
        """Extend the tree; on the way, its root must be what this computer, and other devices, have seen of it."""
        leaves = segment.leaf_hashes()[self._frontier.size - segment.clear.first :]
        self._followed += b"".join(leaves)
        while self._stops and self._stops[0] <= self._frontier.size + len(leaves):
            stop = self._stops.pop(0)
            cut = stop - self._frontier.size
            self._frontier.extend(leaves[:cut])
            leaves = leaves[cut:]
            self._compare(segment, stop)
        self._frontier.extend(leaves)

    def _compare(self, segment: Segment, size: int) -> None:
        root = self._frontier.root()
        if size in self._heads.seen.get(self._log.device, ()):
            self._heads.passed(self._log.device, size, root)
        if self._known is not None and self._known.size == size and root != Frontier(size, self._known.edge).root():
            raise Damaged(segment.where, "this log shows another history than the one seen on this computer")

    def _end(self, where: str) -> None:
        if not self._whole:
            self._found.notices.append(f"{where}: how far it goes could not be followed past the first damage")
        unfinished = self._frontier.size - self._committed if self._whole else 0
        cut = self._members.cut(self._log.device)
        apart = 0 if cut is None else max(0, self._committed - cut)
        self._found.logs.append(
            LogState(log=self._log.device, entries=self._committed, unfinished=unfinished, apart=apart)
        )
        if apart:
            late = count(apart, "entry", "entries")
            self._found.notices.append(f"{where}: {late} came after its device was removed, and are kept apart")
        if self._thin:
            self._found.notices.append(f"{where}: {self._thin} of its segments are here as commitments alone")
        if unfinished:
            entries = count(unfinished, "entry", "entries")
            self._found.notices.append(f"{where}: {entries} of a batch that was never finished: ignored")
        if not self._whole:
            return
        self._heads.ended(self._log.device, self._committed)
        if self._known is not None and self._committed < self._known.size:
            self._found.problems.append(
                (where, f"this computer has seen {self._known.size} entries, and {self._committed} are here")
            )
