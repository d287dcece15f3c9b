"""Custody: who added, opened and gave out what, kept per working session.

While a session lasts, what happens in it is noted in GUVOH_HOME, each line sealed to the member; when it ends, or when
the archive is next opened here, one record of it goes into the log. So a killed process loses nothing of it, and a
stolen laptop tells nothing by it.
"""

from __future__ import annotations

import base64
import contextlib
import os
from pathlib import Path

import msgspec

from guvoh import __version__
from guvoh.archive.store import Archive
from guvoh.casebook.entries import entry
from guvoh.casebook.forgotten import Forgotten
from guvoh.errors import GuvohError
from guvoh.records.base import now
from guvoh.records.custody import Opening, Session
from guvoh.sealing.boxes import CannotOpen
from guvoh.values.ids import new_id

_MOST_LINES = 10_000


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened, and to which record."""

    at: str
    added: str = ""
    opened: str = ""
    exported: str = ""
    reason: str = ""
    identities: bool = False


class Journal:
    """What this member did on this device since it was last written into the log."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.path: Path = archive.home.path / "session.log"

    def added(self, record: str) -> None:
        self._note(_Line(at=now(), added=record))

    def opened(self, records: list[str], reason: str, *, identities: bool) -> None:
        for record in records:
            self._note(_Line(at=now(), opened=record, reason=reason, identities=identities))

    def exported(self, record: str) -> None:
        self._note(_Line(at=now(), exported=record))

    def _note(self, line: _Line) -> None:
        """Where nothing can be written, work goes on: what is looked at must not depend on a full disk."""
        sealed = self._archive.member_keys.identity.recipient.seal(msgspec.json.encode(line))
        with contextlib.suppress(OSError):
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "ab") as file:
                file.write(base64.b64encode(sealed) + b"\n")

    def waiting(self) -> bool:
        return self.path.exists()

    def close(self) -> bool:
        """Write what happened into the log as one record. Returns whether there was anything."""
        lines = self._lines()
        if not lines:
            return False
        try:
            with self._archive.batch() as batch:
                batch.add(entry(self._session(lines)))
        except GuvohError:
            return False  # a full or read-only disk: the lines stay, to be written when it is next opened
        with contextlib.suppress(OSError):
            self.path.unlink()
        return True

    def _session(self, lines: list[_Line]) -> Session:
        """Why somebody looked at what was erased meanwhile is forgotten with it."""
        forgotten = Forgotten.of(self._archive)
        return Session(
            id=new_id("g"),
            by=self._archive.member,
            at=lines[0].at,
            until=lines[-1].at,
            device=self._archive.device,
            program=f"guvoh {__version__}",
            added=tuple(dict.fromkeys(line.added for line in lines if line.added)),
            opened=tuple(
                dict.fromkeys(
                    Opening(
                        record=line.opened,
                        at=line.at,
                        reason="" if forgotten.hides(line.opened) else line.reason,
                        identities=line.identities,
                    )
                    for line in lines
                    if line.opened
                )
            ),
            exported=tuple(dict.fromkeys(line.exported for line in lines if line.exported)),
        )

    def _lines(self) -> list[_Line]:
        """What was noted. A line that a killed process left half-written, or another member's, is passed over."""
        found = []
        try:
            with self.path.open("rb") as file:
                written = file.read().splitlines()[:_MOST_LINES]
        except OSError:
            return []
        for line in written:
            with contextlib.suppress(ValueError, CannotOpen, msgspec.MsgspecError):
                plain = self._archive.member_keys.identity.open(base64.b64decode(line, validate=True))
                found.append(msgspec.json.decode(plain, type=_Line))
        return found
