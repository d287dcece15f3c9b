"""Which mentions bear on one another's consent: all that are, or ever were, taken for one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence


class People:
    """Groups of mentions that something joined, and for each mention those that are known to be somebody else."""

    def __init__(self, groups: Iterable[Sequence[str]], apart: dict[str, frozenset[str]]) -> None:
        self._groups = [group for group in groups if len(group) > 1]
        self._of: dict[str, list[int]] = defaultdict(list)
        for number, group in enumerate(self._groups):
            for mention in set(group):
                self._of[mention].append(number)
        self._apart = apart
        self._found: dict[str, tuple[str, ...]] = {}

    def around(self, mention: str) -> tuple[str, ...]:
        """The mentions that bear on this one, itself among them; one tuple for all whom nothing sets apart."""
        found = self._found.get(mention)
        if found is not None:
            return found
        apart = self._apart.get(mention, frozenset())
        found = self._reached(mention, apart)
        if apart:
            self._found[mention] = found
        else:
            self._found.update((one, found) for one in found if one not in self._apart)
        return found

    def _reached(self, mention: str, apart: frozenset[str]) -> tuple[str, ...]:
        seen, waiting, used = {mention}, [mention], set()
        while waiting:
            for number in self._of.get(waiting.pop(), ()):
                if number in used:
                    continue
                used.add(number)
                new = set(self._groups[number]) - seen - apart
                seen |= new
                waiting += new
        return tuple(sorted(seen))
