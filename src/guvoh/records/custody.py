"""What an archive keeps of itself: who did what in it, what its members and devices are called, which copies exist."""

from __future__ import annotations

import msgspec

from guvoh.records.base import Decision, Id, Moment, Whole


class Label(Decision, frozen=True, kw_only=True, tag="label"):
    """A name for a member or device of the archive, for members' eyes only."""

    about: Id
    name: str


class Opening(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One record that was looked at, and whether who it is about, or what incriminates, could be seen."""

    record: Id
    at: Moment
    reason: str = ""
    identities: bool


class Session(Decision, frozen=True, kw_only=True, tag="session"):
    """Custody: what one member did in one sitting, from `at` until `until`. Written when it ends, not at each view."""

    until: Moment
    device: Id
    program: str
    added: tuple[Id, ...] = ()
    opened: tuple[Opening, ...] = ()
    exported: tuple[Id, ...] = ()


class Backup(Decision, frozen=True, kw_only=True, tag="backup"):
    """A copy that was made. One that is gone is taken back by a Correction with no `new`.

    place  where it lies, in words
    heads  by log: how many of its entries are in the copy
    """

    place: str
    heads: dict[Id, Whole]
