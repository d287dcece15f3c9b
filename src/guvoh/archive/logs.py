"""One log: the segments of one device, in order, and how far they are committed."""

from __future__ import annotations

import contextlib
import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from guvoh.archive import segments
from guvoh.archive.errors import Damaged, NewerFormat, RolledBack
from guvoh.archive.files import PART
from guvoh.archive.home import Head
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Segment
from guvoh.sealing.notes import VerifyKey

_ENDING = ".seg"
_TRIES = 20
_NAME = re.compile(r"[0-9]{12}\.seg")


def file_name(first: int) -> str:
    """Named by the position of the first entry, so that sorting names sorts segments."""
    return f"{first:012d}{_ENDING}"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a log is committed, and what lies after that: segments of a batch that was never finished."""

    frontier: Frontier
    tail: tuple[Path, ...]

    @classmethod
    def empty(cls) -> State:
        return cls(frontier=Frontier(), tail=())

    @property
    def size(self) -> int:
        return self.frontier.size

    def head(self) -> Head:
        return Head(size=self.frontier.size, edge=tuple(self.frontier.edge))


Ends = dict[str, tuple[int, int]]
"""By the name of a segment, which file it was when it was read, and where it ended.

Packing and merging put files in the place of others, and never write into one that lies there.
"""


class Log:
    """ends: of the segments that were read before, so that a batch that follows costs no look at those before it."""

    def __init__(self, archive_folder: Path, device: str, ends: Ends | None = None) -> None:
        self.device = device
        self.path = archive_folder / "logs" / device
        self._ends: Ends = {} if ends is None else ends
        self._seen: dict[str, int] | None = None

    def where(self, path: Path) -> str:
        return f"logs/{self.device}/{path.name}"

    def paths(self) -> list[tuple[int, Path]]:
        """(first position, file) of every segment, in order. Other files are none of ours."""
        return [(_first(name), self.path / name) for name in sorted(filter(_NAME.fullmatch, self._all()))]

    def parts(self) -> list[Path]:
        return sorted(self.path / name for name in self._all() if name.endswith(PART))

    def others(self) -> list[Path]:
        """What lies in the folder and is neither a segment nor one being written."""
        names = (name for name in self._all() if not _NAME.fullmatch(name) and not name.endswith(PART))
        return sorted(self.path / name for name in names)

    def look(self) -> Log:
        """List the folder now and not again, for who asks several things at one moment. Raises Damaged."""
        self._seen = self._all()
        return self

    def read(self, path: Path, *, boxes: bool = True) -> Segment:
        return segments.read(path, self.where(path), boxes=boxes)

    def segments(self, since: int = 0, *, boxes: bool = True) -> Iterator[Segment]:
        """The segments that hold position `since` or later ones, in order; one that lies within others is passed over.

        Two copies of a log can be cut into segments differently, so neighbours may overlap: what counts of a segment
        begins where the one before it ends. Raises Damaged where one is under another's name.
        """
        at, again = since, 0
        while True:
            try:
                for segment in self._from(at, boxes):
                    yield segment
                    at = segment.end
                return
            except FileNotFoundError as gone:
                # Packing has put a longer segment in its place while we read.
                again += 1
                self._seen = None
                if again > _TRIES:
                    raise Damaged(f"logs/{self.device}", f"it cannot be read ({gone.strerror})") from None

    def _from(self, since: int, boxes: bool) -> Iterator[Segment]:
        listed, ends, at = self._all(), self._ends, since
        found = sorted(
            name
            for name, file in listed.items()
            if not ((read := ends.get(name)) and read[0] == file and read[1] <= since) and _NAME.fullmatch(name)
        )
        start = max(0, bisect_right(found, since, key=_first) - 1)
        while start > 0 and not self._reaches(found[start], listed[found[start]], since):
            start -= 1
        for name in found[start:]:
            segment = self._read(name, listed[name], boxes=boxes)
            if segment.clear.first != _first(name):
                raise Damaged(segment.where, "it lies under the name of another segment")
            if segment.end > at:
                yield segment
                at = segment.end

    def _reaches(self, name: str, file: int, since: int) -> bool:
        """Whether a segment that begins at or before a position holds it too."""
        try:
            return self._read(name, file, boxes=False).end > since
        except (Damaged, NewerFormat):
            return True

    def _read(self, name: str, file: int, *, boxes: bool) -> Segment:
        segment = self.read(self.path / name, boxes=boxes)
        if segment.clear.first == _first(name):
            self._ends[name] = (file, segment.end)
        return segment

    def _all(self) -> dict[str, int]:
        """What lies in the folder, by name; each with a number that changes when another file is put in its place."""
        if self._seen is not None:
            return self._seen
        try:
            with os.scandir(self.path) as found:
                return {entry.name: _which(entry) for entry in found}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Damaged(f"logs/{self.device}", f"it cannot be read ({error.strerror})") from None

    def covered(self) -> list[Path]:
        """Files whose entries a longer segment holds too: what packing or merging has not yet removed."""
        found, end = list[Path](), 0
        for _, path in self.paths():
            segment = self.read(path, boxes=False)
            if segment.end <= end:
                found.append(path)
            end = max(end, segment.end)
        return found

    def state(self, key: VerifyKey, known: Head | None) -> State:
        """How far the log is committed, checked against what was last seen of it.

        With a known head only what came after it is hashed. Raises RolledBack if the log no longer extends it.
        """
        head = known or Head(size=0, edge=())
        if head.size:
            with contextlib.suppress(_NotThere, Damaged):
                return self._followed(Frontier(head.size, head.edge), key)
        self._seen = None
        whole = self._followed(Frontier(), key, head)
        if whole.size < head.size:
            raise RolledBack(self.device, head.size, whole.size)
        return whole

    def _followed(self, frontier: Frontier, key: VerifyKey, known: Head | None = None) -> State:
        """Follow the segments from the frontier on, checkpoint by checkpoint."""
        start, committed, tail = frontier.size, frontier.copy(), list[Path]()
        for segment in self.segments(start, boxes=False):
            if segment.clear.first > frontier.size:
                raise Damaged(segment.where, "the segment before it is missing")
            self._extend(frontier, segment, known)
            tail.append(self.path / file_name(segment.clear.first))
            checkpoint = segment.check_checkpoint(key)
            if checkpoint is None:
                continue
            if (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
                raise Damaged(segment.where, "its entries are not those of its checkpoint")
            committed, tail = frontier.copy(), []
        if start and frontier.size == start:
            self._check_ends_at(frontier, key)
        return State(frontier=committed, tail=tuple(tail))

    def _extend(self, frontier: Frontier, segment: Segment, known: Head | None) -> None:
        leaves = segment.leaf_hashes()[frontier.size - segment.clear.first :]
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
        last = next(filter(_NAME.fullmatch, sorted(self._all(), reverse=True)), None)
        try:
            checkpoint = self.read(self.path / last, boxes=False).check_checkpoint(key) if last else None
        except FileNotFoundError:  # packed since it was listed
            raise _NotThere from None
        if checkpoint is None or (checkpoint.size, checkpoint.root) != (frontier.size, frontier.root()):
            raise _NotThere


def _first(name: str) -> int:
    return int(name.removesuffix(_ENDING))


def _which(entry: os.DirEntry[str]) -> int:
    """What a listing tells of itself, without a look at the file: its number, or where there is none, its time."""
    return entry.inode() if os.name == "posix" else entry.stat().st_mtime_ns


class _NotThere(Exception):
    """The log has no segment boundary where the known head is."""
