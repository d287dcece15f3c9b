"""Sets of entries by their places: for each log, runs of positions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Runs:
    """Places in logs, as unbroken runs (log, first, count); any order, overlapping or not."""

    __slots__ = ("_logs",)

    def __init__(self, runs: Iterable[tuple[str, int, int]] = ()) -> None:
        self._logs: dict[str, list[tuple[int, int]]] = {}
        for log, first, count in sorted(runs):
            if not count:
                continue
            spans = self._logs.setdefault(log, [])
            if spans and first <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], first + count))
            else:
                spans.append((first, first + count))

    @classmethod
    def of(cls, places: Iterable[tuple[str, int]]) -> Runs:
        return cls((log, at, 1) for log, at in places)

    def __bool__(self) -> bool:
        return bool(self._logs)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        for log, spans in self._logs.items():
            for first, end in spans:
                yield log, first, end - first

    @property
    def places(self) -> int:
        """How many places these are. No `len`: a container is iterated as often as its `len`, and this one by runs."""
        return sum(count for _, _, count in self)

    def __contains__(self, place: tuple[str, int]) -> bool:
        log, at = place
        spans = self._logs.get(log, ())
        found = bisect_right(spans, (at, 1 << 62)) - 1
        return found >= 0 and spans[found][0] <= at < spans[found][1]

    def within(self, log: str, first: int, end: int) -> bool:
        """Whether any of these places lies between `first` and `end` of a log."""
        spans = self._logs.get(log, ())
        found = bisect_left(spans, (end,)) - 1
        return found >= 0 and first < spans[found][1]

    def __or__(self, other: Runs) -> Runs:
        return Runs((*self, *other))
