"""One log: the segments of one device, in order, and how far they are committed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guvoh.archive import segments
from guvoh.archive.errors import Damaged, RolledBack
from guvoh.archive.files import PART
from guvoh.archive.home import Head
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Segment
from guvoh.sealing.notes import VerifyKey

_ENDING = ".seg"


def file_name(first: int) -> str:
    """Named by the position of the first entry, so that sorting names sorts segments."""
    return f"{first:012d}{_ENDING}"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a log is committed, and what lies after that: segments of a batch that was never finished."""

    frontier: Frontier
    tail: tuple[Path, ...]

    @property
    def size(self) -> int:
        return self.frontier.size

    def head(self) -> Head:
        return Head(size=self.frontier.size, edge=tuple(self.frontier.edge))


class Log:
    def __init__(self, archive_folder: Path, device: str) -> None:
        self.device = device
        self.path = archive_folder / "logs" / device

    def where(self, path: Path) -> str:
        return f"logs/{self.device}/{path.name}"

    def paths(self) -> list[tuple[int, Path]]:
        """(first position, file) of every segment, in order. Other files are none of ours."""
        if not self.path.is_dir():
            return []
        names = sorted(path for path in self.path.iterdir() if path.suffix == _ENDING and path.stem.isdigit())
        return [(int(path.stem), path) for path in names]

    def parts(self) -> list[Path]:
        return sorted(self.path.glob("*" + PART)) if self.path.is_dir() else []

    def read(self, path: Path) -> Segment:
        return segments.read(path, self.where(path))

    def segments(self, since: int = 0) -> Iterator[Segment]:
        """The segments that hold position `since` or later ones."""
        found = self.paths()
        for number, (_, path) in enumerate(found):
            if number + 1 == len(found) or found[number + 1][0] > since:
                yield self.read(path)

    def state(self, key: VerifyKey, known: Head | None) -> State:
        """How far the log is committed, checked against what was last seen of it.

        With a known head only what came after it is hashed. Raises RolledBack if the log no longer extends it.
        """
        head = known or Head(size=0, edge=())
        try:
            return self._extended(Frontier(head.size, head.edge), key)
        except _NotThere:
            if known is None:
                raise Damaged(f"logs/{self.device}", "its first segment is missing") from None
        whole = self._extended(Frontier(), key, head)
        if whole.size < head.size:
            raise RolledBack(self.device, head.size, whole.size)
        return whole

    def _extended(self, frontier: Frontier, key: VerifyKey, known: Head | None = None) -> State:
        """Follow the segments from the frontier on, checkpoint by checkpoint."""
        start = frontier.size
        committed, tail = frontier.copy(), list[Path]()
        paths = [(first, path) for first, path in self.paths() if first >= start]
        if start and (not paths or paths[0][0] != start):
            self._check_ends_at(frontier, key)
        elif not start and (not paths or paths[0][0] != 0):
            raise _NotThere
        for first, path in paths:
            segment = self.read(path)
            if first != frontier.size or segment.clear.first != first:
                raise Damaged(self.where(path), "the segment before it is missing")
            self._extend(frontier, segment, known)
            tail.append(path)
            checkpoint = segment.check_checkpoint(key)
            if checkpoint is None:
                continue
            if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
                raise Damaged(segment.where, "its entries are not those of its checkpoint")
            committed, tail = frontier.copy(), []
        return State(frontier=committed, tail=tuple(tail))

    def _extend(self, frontier: Frontier, segment: Segment, known: Head | None) -> None:
        leaves = segment.leaf_hashes()
        cut = known.size - frontier.size if known else -1
        if known is None or not 0 <= cut <= len(leaves):
            frontier.extend(leaves)
            return
        frontier.extend(leaves[:cut])
        if frontier.root() != Frontier(known.size, known.edge).root():
            raise RolledBack(self.device, known.size, frontier.size)
        frontier.extend(leaves[cut:])

    def _check_ends_at(self, frontier: Frontier, key: VerifyKey) -> None:
        """Nothing starts at the known head: fine if the last segment ends there with that very checkpoint."""
        for _, path in reversed(self.paths()):
            segment = self.read(path)
            checkpoint = segment.check_checkpoint(key)
            if checkpoint is None or checkpoint.size != frontier.size or checkpoint.root != frontier.root():
                break
            return
        raise _NotThere


class _NotThere(Exception):
    """The log has no segment boundary where the known head is."""
