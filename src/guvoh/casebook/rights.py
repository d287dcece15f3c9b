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
    Need.DECIDES: "cannot decide that",
    Need.OWNS: "cannot do that: only an owner can",
}


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
        raise NotAllowed(f"a {_in_words(archive.role)} of this archive {_REFUSED[need]}")


def _in_words(role: Role) -> str:
    return role.value.replace("-", " ")
