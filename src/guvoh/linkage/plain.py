"""Plain linkage: mentions with the same name key and compatible years of birth are proposed as one person.

It knows nothing of how likely a coincidence is, and joins namesakes born in one year: a first proposal, with that
limit stated wherever its result is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

ENGINE = "plain"
VERSION = "1"
SETTINGS = {"name": "transliterated surname and given name, any order", "birth": "years overlap, or one is not stated"}
_FIRST_YEAR, _LAST_YEAR = 0, 9999


class Clue(NamedTuple):
    """What the engine is given of one mention. key: "" joins nobody.

    first, last  years between which the person was born; None: no such bound
    """

    key: str
    first: int | None
    last: int | None


def link(clues: Sequence[Clue]) -> list[list[int]]:
    """Groups of two or more positions in `clues` that are proposed as one person, in order of their first member.

    A mention without a year joins a person only where its key leaves one choice. The order of the clues does not
    matter to who is grouped with whom.
    """
    by_key: dict[str, list[int]] = defaultdict(list)
    for position, clue in enumerate(clues):
        if clue.key:
            by_key[clue.key].append(position)
    found = [group for members in by_key.values() if len(members) > 1 for group in _persons(clues, members)]
    return sorted(found)


def _persons(clues: Sequence[Clue], members: list[int]) -> list[list[int]]:
    """Mentions under one key, in groups that have a year in common. An open end reaches as far as years do."""
    undated = {m for m in members if clues[m].first is None and clues[m].last is None}
    groups: list[list[int]] = []
    shared_last = _FIRST_YEAR
    for first, last, member in sorted(_years(clues[m], m) for m in members if m not in undated):
        if groups and first <= shared_last:
            groups[-1].append(member)
            shared_last = min(shared_last, last)
        else:
            groups.append([member])
            shared_last = last
    if undated and len(groups) <= 1:
        groups = [[*(groups[0] if groups else []), *undated]]
    return [sorted(group) for group in groups if len(group) > 1]


def _years(clue: Clue, member: int) -> tuple[int, int, int]:
    first = clue.first if clue.first is not None else _FIRST_YEAR
    return first, clue.last if clue.last is not None else _LAST_YEAR, member
