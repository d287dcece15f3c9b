"""What a use case needs of the member who asks it. Refused here, in one place, whatever program asks."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from guvoh.archive.control import OWNS, Role
from guvoh.archive.errors import NotAllowed
from guvoh.archive.store import Archive

Function = TypeVar("Function", bound=Callable[..., Any])


class Need(StrEnum):
    """What a member's role must allow."""

    NOTHING = "nothing"
    WRITES = "writes"
    READS = "reads"
    """At least what names nobody."""
    IDENTITIES = "identities"
    DECIDES = "decides"
    OWNS = "owns"


REGISTERED: dict[str, Callable[..., Any]] = {}
"""Every use case by its name: what the key process may be asked."""
_NEEDS: dict[str, Need] = {}
_REFUSED = {
    Need.WRITES: "can read, and adds nothing",
    Need.READS: "can read nothing back; what works is said in docs/keys.md",
    Need.IDENTITIES: "sees no names and no texts",
    Need.DECIDES: "cannot decide that: only owners and editors can",
    Need.OWNS: "cannot do that: only an owner can",
}


_OF_A_REPLICA = "holds and verifies a copy; it reads nothing, adds nothing and decides nothing"


def needs(need: Need) -> Callable[[Function], Function]:
    """A use case, and what it needs."""

    def registered(use_case: Function) -> Function:
        name = use_case.__name__
        assert name not in REGISTERED  # two use cases of one name could not be told apart
        REGISTERED[name], _NEEDS[name] = use_case, need
        return use_case

    return registered


def check(archive: Archive, use_case: str) -> None:
    """Raise NotAllowed where the member's role does not allow it. What is not registered needs every right."""
    require(archive, _NEEDS.get(use_case, Need.OWNS))


def require(archive: Archive, need: Need) -> None:
    """Raise NotAllowed where the member's role does not allow this."""
    allowed = {
        Need.NOTHING: True,
        Need.WRITES: archive.writes,
        Need.READS: archive.reads,
        Need.IDENTITIES: archive.sees_identities,
        Need.DECIDES: archive.decides,
        Need.OWNS: archive.role in OWNS,
    }
    if not allowed[need]:
        refused = _OF_A_REPLICA if archive.role is Role.REPLICA else _REFUSED[need]
        raise NotAllowed(f"{_in_words(archive.role)} of this archive {refused}")


def _in_words(role: Role) -> str:
    """With its article."""
    words = role.value.replace("-", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
