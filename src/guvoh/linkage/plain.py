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


class Clue(NamedTuple):
    """What the engine is given of one mention. key: "" joins nobody. first, last: years of birth, or None."""

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
    dated = sorted((clues[m].first, clues[m].last, m) for m in members if clues[m].first is not None)
    undated = [m for m in members if clues[m].first is None]
    groups: list[list[int]] = []
    shared_last = None
    for first, last, member in dated:
        if groups and shared_last is not None and first is not None and first <= shared_last:
            groups[-1].append(member)
            shared_last = min(shared_last, last) if last is not None else shared_last
        else:
            groups.append([member])
            shared_last = last
    if undated and len(groups) <= 1:
        groups = [[*(groups[0] if groups else []), *undated]]
    return [sorted(group) for group in groups if len(group) > 1]
