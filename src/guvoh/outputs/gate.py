"""The one gate: what may leave, at which level, and how much was left out.

Whatever leaves the program asks here, with the terms of each source. Levels below `internal` are for others' eyes. At
the anonymous level nothing leaves but ids, dates, sizes, counts and terms of our own vocabulary: titles, publishers'
pages and file names can name a person as well as a cell can.
"""

from __future__ import annotations

import re
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


_LEAST = frozenset({"id", "source", "kind", "terms"})
_FIELDS = {
    Terms.PUBLIC.value: _ANONYMOUS_FIELDS,
    Terms.CONSENT.value: _ANONYMOUS_FIELDS - {"digest", "size", "rows", "published"},
    Terms.INTERNAL.value: _LEAST,
}
_PLAIN = re.compile(r"[A-Za-z0-9:./~?%_+-]{1,80}")


def _is_plain(value: object) -> bool:
    """Whether a value has the shape of an id, a term, a date, a number or a list of such: a second wall.

    The first is the list of fields. This one stops the words of a source that strayed into such a field.
    """
    if isinstance(value, (list, tuple)):
        return all(_is_plain(one) for one in value)
    return value is None or isinstance(value, int) or (isinstance(value, str) and bool(_PLAIN.fullmatch(value)))


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

    Of what is not public no digest leaves: it would tell an outsider that we hold a file. Of working material, and of
    what has no terms, nothing leaves but that it exists.
    """
    if level is Level.INTERNAL:
        return dict(fields)
    allowed = _FIELDS.get(str(fields.get("terms")), _LEAST)
    kept = {name: value for name, value in fields.items() if name in allowed and _is_plain(value)}
    withheld = sorted(name for name, value in fields.items() if name not in kept and value not in (None, "", (), []))
    return {**kept, "withheld": withheld}
