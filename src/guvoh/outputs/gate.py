"""The one gate: what may leave, at which level, and how much was left out.

Whatever leaves the program asks here, with the terms of each source. Levels below `internal` are for others' eyes. At
the anonymous level nothing leaves but ids, dates, sizes, counts and terms of our own vocabulary: titles, publishers'
pages and file names can name a person as well as a cell can.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from guvoh.consent.decide import may_count
from guvoh.records.base import Terms


class Level(StrEnum):
    INTERNAL = "internal"
    """The member's own eyes, on his own screen."""
    ANONYMOUS = "anonymous"
    """Everybody: files, `--json`, reports."""


_ANONYMOUS_FIELDS = frozenset(
    {
        "id",
        "source",
        "form",
        "kind",
        "terms",
        "language",
        "published",
        "size",
        "rows",
        "row",
        "columns",
        "gaps",
        "digest",
    }
)
"""Fields of sources and mentions that say nothing about a person. What is not named here does not leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Countable:
    """The sources whose mentions may be counted; those that may not, with the reason in words."""

    sources: frozenset[str]
    left_out: dict[str, str]


def countable(sources: Iterable[tuple[str, Terms]]) -> Countable:
    """Decide for (id, terms) of every source whether its mentions may enter a count that leaves."""
    allowed, left_out = set(), {}
    for source, terms in sources:
        decision = may_count(terms)
        if decision.allowed:
            allowed.add(source)
        else:
            left_out[source] = decision.reason
    return Countable(sources=frozenset(allowed), left_out=left_out)


def passed(fields: dict[str, object], level: Level = Level.ANONYMOUS) -> dict[str, object]:
    """The fields of one source or mention that may leave, and the names of those that were held back.

    Working material keeps even its digest: it would tell an outsider that we hold a file.
    """
    if level is Level.INTERNAL:
        return dict(fields)
    allowed = _ANONYMOUS_FIELDS if fields.get("terms") == Terms.PUBLIC.value else _ANONYMOUS_FIELDS - {"digest"}
    kept = {name: value for name, value in fields.items() if name in allowed}
    withheld = sorted(name for name, value in fields.items() if name not in allowed and value not in (None, "", (), []))
    return {**kept, "withheld": withheld}
