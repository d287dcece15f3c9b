"""What whoever prepares a release must know before he writes it: how one person's file can hurt, or mislead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from guvoh.codebook import Law, citizenship, laws, load
from guvoh.outputs.fields import Level
from guvoh.outputs.gate import Exit, Item
from guvoh.outputs.shown import PersonShown


class Warn(StrEnum):
    NOTHING = "nothing"
    SINGLE_ORIGIN = "single-origin"
    NOT_ASSESSED = "not-assessed"
    MEDIA_ONLY = "media-only"
    LONE_INFORMANT = "lone-informant"
    SMALL_COMMUNITY = "small-community"
    INCRIMINATING = "incriminating"
    DENIAL_MISSING = "denial-missing"
    CONTRADICTION_MISSING = "contradiction-missing"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Warn.NOTHING: "nothing of this person may be shown here",
    Warn.SINGLE_ORIGIN: "all that is shown comes from one source: one voice, however often it is repeated",
    Warn.NOT_ASSESSED: "nobody has assessed whether these sources are independent: they count as one voice",
    Warn.MEDIA_ONLY: "every source is from the media; special procedures consider no case that rests on them alone",
    Warn.LONE_INFORMANT: "all that is not published comes from one informant: what is said tells who said it",
    Warn.SMALL_COMMUNITY: "citizenship, place and date stand together: in a small community they tell who it is",
    Warn.INCRIMINATING: "it holds what can be used against the person at home or by the recruiting state",
    Warn.DENIAL_MISSING: "a denial is left out while the assertion is shown",
    Warn.CONTRADICTION_MISSING: "two accounts contradict each other, and only one of them is shown",
}
_MEDIA = frozenset({"ST_MEDIA_ORIG", "ST_MEDIA_DERIV", "ST_AGGREGATOR", "ST_SOCIAL"})
_DENIAL = "denies"
_PUBLIC = "public"


def warnings_of(exit_: Exit, items: Sequence[Item], shown: PersonShown, sources: Iterable[Item]) -> tuple[Warn, ...]:
    """What to warn of for one person at an exit.

    items    everything that is known of him
    shown    what the gate passed of it
    sources  the sources in which it stands
    """
    passed = {one.id for one in shown.records}
    if not passed:
        return (Warn.NOTHING,)
    said = [one for one in items if one.kind == "statement"]
    leaving = [one for one in items if one.id in passed]
    of = {one.id: one for one in sources}
    cited = {one.fields["source"] for one in leaving if "source" in one.fields}
    found = [Warn.SINGLE_ORIGIN if len(cited) < 2 else Warn.NOT_ASSESSED]
    kinds = [of[one].fields.get("kind") for one in cited if one in of]
    if kinds and all(kind in _MEDIA for kind in kinds):
        found.append(Warn.MEDIA_ONLY)
    unpublished = {one for one in cited if one in of and of[one].terms != _PUBLIC}
    if len(unpublished) == 1 and exit_.level is not Level.COUNSEL:
        found.append(Warn.LONE_INFORMANT)
    if exit_.level is not Level.COUNSEL and _identifies(shown):
        found.append(Warn.SMALL_COMMUNITY)
    if any(_is_incriminating(one) for one in leaving):
        found.append(Warn.INCRIMINATING)
    found += _left_unsaid(said, passed)
    return tuple(found)


def _identifies(shown: PersonShown) -> bool:
    values = {name for one in shown.records for name, value in one.values.items() if value}
    return "citizenship" in values and "where" in values and bool(values & {"when", "dates"})


def _is_incriminating(one: Item) -> bool:
    code, known = one.fields.get("code"), load()
    return isinstance(code, str) and code in known and bool(known.term(code).incriminates)


def _left_unsaid(said: Sequence[Item], passed: set[str]) -> list[Warn]:
    """Denials and other sides that stay behind while what they deny or contradict leaves."""
    by_code: dict[Any, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in said:
        by_code[one.fields.get("code")][str(one.fields.get("stance"))].append(one.id)
    found = []
    positions = [one.id for one in said if str(one.fields.get("kind")) == "SK_POSITION"]
    denials = [one for stances in by_code.values() for one in stances.get(_DENIAL, ())]
    if any(one not in passed for one in (*denials, *positions)):
        found.append(Warn.DENIAL_MISSING)
    for code, stances in by_code.items():
        sides = [ids for stance, ids in stances.items() if stance in ("asserts", _DENIAL)]
        if code is not None and len(sides) > 1:
            there = [any(one in passed for one in ids) for ids in sides]
            if any(there) and not all(there):
                found.append(Warn.CONTRADICTION_MISSING)
                break
    return found


# --- what may happen to the person at home

STATES = ("UZ", "KG", "KZ", "TJ", "TM", "RU")


def risks_of(items: Iterable[Item], day: date) -> tuple[Law, ...]:
    """The laws, as reported, of every state whose citizen the person is or may be; of all where that is not known.

    Each is to be verified with counsel, and has the day on which it was checked.
    """
    found: dict[str, None] = {}
    for one in items:
        if one.kind == "mention" and isinstance(one.fields.get("citizenship"), str):
            state = citizenship(one.fields["citizenship"])
            if state is not None:
                found[state] = None
    return tuple(law for state in found or STATES for law in laws(state, day))
