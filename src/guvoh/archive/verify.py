"""Is everything as it was signed? Asked with or without a reading key, and answered for the whole archive."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from guvoh.archive.beside import Beside, Lost, worthwhile
from guvoh.archive.control import Membership
from guvoh.archive.entries import leaf_hashes
from guvoh.archive.errors import Damaged
from guvoh.archive.home import Head
from guvoh.archive.logs import Log
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint, Evidence, Segment
from guvoh.archive.store import Archive, Folder
from guvoh.errors import GuvohError
from guvoh.sealing.notes import VerifyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """One log as verified: committed entries, and the entries of an unfinished batch after them."""

    log: str
    entries: int
    unfinished: int


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
    found = Verified(archive=folder.id, read=isinstance(folder, Archive))
    logs = folder.logs()
    if (members := _members(folder, found)) is None:
        return found
    total, done = sum(len(log.paths()) for log in logs), 0
    wanted: set[str] = set()
    with _Opening(folder, logs) as opening:
        for log in logs:
            check = _Check(folder, log, found, known.get(log.device), wanted, opening)
            done = check.run(members, lambda n: tell(n, total), done)
        told = {where for where, _ in found.problems}
        found.problems += [problem for problem in opening.problems() if problem[0] not in told]
    for log in logs:
        if log.device not in known:
            found.notices.append(f"logs/{log.device}: never seen on this computer, so a cut end would not be noticed")
    for device in known.keys() - {log.device for log in logs}:
        found.problems.append((f"logs/{device}", "this computer has seen this log, and it is gone"))
    if not found.problems:
        _left_over(folder, logs, wanted, found)
    return found


def _members(folder: Folder, found: Verified) -> Membership | None:
    try:
        members, refused = folder.membership(damage=False)
    except GuvohError as problem:
        found.problems.append(("logs", getattr(problem, "why", str(problem))))
        return None
    found.problems += [("logs", str(problem)) for problem in refused]
    return members


def _left_over(folder: Folder, logs: list[Log], wanted: set[str], found: Verified) -> None:
    """What lies in the folder and belongs to nothing. Told only of a whole archive: else it may be what is missed."""
    stray = [name for name in folder.evidence.names() if name not in wanted]
    if stray:
        found.notices.append(f"{len(stray)} files in evidence/ belong to no committed entry: an unfinished add")
    for log in logs:
        if log.others():
            found.notices.append(f"logs/{log.device}: {len(log.others())} files in it are no segments")


class _Opening:
    """Opens every segment with the reading key, if there is one: of many segments every other in a second process."""

    def __init__(self, folder: Folder, logs: list[Log]) -> None:
        self._archive = folder if isinstance(folder, Archive) else None
        paths = [(log, path) for log in logs for _, path in log.paths()]
        many = self._archive is not None and len(paths) >= _MANY_SEGMENTS and worthwhile()
        self._elsewhere = {log.where(path): (log, path) for log, path in paths[1::2]} if many else {}
        if many and self._archive is not None:
            for log, path in paths:
                # Either half may hold the key of a source whose entries lie in the other.
                with contextlib.suppress(GuvohError):
                    self._archive.learn(log.read(path, boxes=False))
        self._helper = Beside(self._rest) if many else None

    def __enter__(self) -> _Opening:
        return self

    def __exit__(self, *error: object) -> None:
        if self._helper is not None:
            self._helper.__exit__(*error)

    def open(self, segment: Segment) -> None:
        """Compare each entry with its commitment, now or elsewhere. Raises Damaged."""
        if self._archive is not None and segment.where not in self._elsewhere:
            self._archive.opened(segment)

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
                self._archive.opened(segment)
            except Damaged as problem:
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
    ) -> None:
        self._folder, self._log, self._found, self._known, self._wanted = folder, log, found, known, wanted
        self._opening = opening
        self._frontier = Frontier()
        self._committed = 0
        self._known_seen = known is None or known.size == 0
        self._whole = True
        self._brought: list[Evidence] = []

    def run(self, members: Membership, tell: Callable[[int], None], done: int) -> int:
        where = f"logs/{self._log.device}"
        key = members.verify_key(self._log.device)
        if key is None:
            self._found.problems.append((where, "no owner has admitted the device that wrote this log"))
            return done + len(self._log.paths())
        for first, path in self._log.paths():
            try:
                self._segment(self._log.read(path), first, key)
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
        segment.check_seal(key)
        checkpoint = segment.check_checkpoint(key)
        if self._whole:
            self._extend(segment, checkpoint)
        self._entries(segment)
        self._brought += segment.clear.evidence
        if checkpoint is not None:
            self._evidence()

    def _extend(self, segment: Segment, checkpoint: Checkpoint | None) -> None:
        if segment.clear.first != self._frontier.size:
            raise Damaged(
                segment.where, f"entries {self._frontier.size} to {segment.clear.first} before it are missing"
            )
        self._check_known(segment)
        if checkpoint is None:
            return
        if (checkpoint.size, checkpoint.root) != (self._frontier.size, self._frontier.root()):
            raise Damaged(segment.where, "its entries are not those of its checkpoint")
        self._committed = checkpoint.size

    def _evidence(self) -> None:
        """Files of a finished batch. One that misses is a problem of its own and hides no other."""
        for evidence in self._brought:
            self._wanted.add(evidence.name)
            try:
                self._folder.evidence.check(evidence)
                self._found.evidence += 1
            except Damaged as problem:
                self._problem(problem, problem.where)
        self._brought = []

    def _problem(self, problem: GuvohError, where: str) -> None:
        at = problem.where if isinstance(problem, Damaged) else where
        self._found.problems.append((at, getattr(problem, "why", str(problem))))

    def _check_known(self, segment: Segment) -> None:
        """Extend the tree; on the way past the size last seen here, its root must be the one last seen here."""
        leaves, known = segment.leaf_hashes(), self._known
        if known is None or self._known_seen or not self._frontier.size < known.size <= segment.end:
            self._frontier.extend(leaves)
            return
        cut = known.size - self._frontier.size
        self._frontier.extend(leaves[:cut])
        if self._frontier.root() != Frontier(known.size, known.edge).root():
            raise Damaged(segment.where, "this log shows another history than the one seen on this computer")
        self._known_seen = True
        self._frontier.extend(leaves[cut:])

    def _entries(self, segment: Segment) -> None:
        """Every position is present, sealed or in clear, and equal to its commitment."""
        hashes, first = segment.leaf_hashes(), segment.clear.first
        places = [entry.at for entry in segment.clear.control]
        if len(set(places)) != len(places) or any(not first <= at < segment.end for at in places):
            raise Damaged(segment.where, "its control entries are not at places of their own")
        if leaf_hashes([entry.leaf for entry in segment.clear.control]) != [hashes[at - first] for at in places]:
            raise Damaged(segment.where, "a control entry is not what was committed")
        self._opening.open(segment)

    def _end(self, where: str) -> None:
        if not self._whole:
            self._found.notices.append(f"{where}: how far it goes could not be followed past the first damage")
        unfinished = self._frontier.size - self._committed if self._whole else 0
        self._found.logs.append(LogState(log=self._log.device, entries=self._committed, unfinished=unfinished))
        if unfinished:
            self._found.notices.append(f"{where}: {unfinished} entries of a batch that was never finished are ignored")
        if self._whole and self._known is not None and self._committed < self._known.size:
            self._found.problems.append(
                (where, f"this computer has seen {self._known.size} entries, and {self._committed} are here")
            )
