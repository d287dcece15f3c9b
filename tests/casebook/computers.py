"""Computers of several people who work on one archive, each with a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desks import PASSPHRASE

from guvoh.archive.merging import pull
from guvoh.archive.store import Archive, Folder
from guvoh.casebook import joining, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.colleagues import MemberSeen
from guvoh.casebook.desk import Desk
from guvoh.casebook.entries import entry
from guvoh.casebook.staff import Admit, Staff
from guvoh.records.base import now
from guvoh.records.decisions import Note
from guvoh.values.ids import new_id

OTHER = "velvet anchor pebble tornado crayon silver"
THIRD = "walnut harbor ribbon gravel pencil cactus"


class Computer:
    """One computer: its own GUVOH_HOME, and a copy of the archive."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str = PASSPHRASE) -> None:
        self.folder, self.passphrase, self._patch = folder, passphrase, monkeypatch
        self.archive, self.home = folder / "archive", folder / "home"

    def use(self) -> Computer:
        """Sit down at it: what is a plain function finds its GUVOH_HOME in the environment."""
        self._patch.setenv("GUVOH_HOME", str(self.home))
        return self

    def beside(self, name: str, passphrase: str = OTHER) -> Computer:
        """Another computer, to which this folder was copied."""
        other = Computer(self.folder.with_name(name), self._patch, passphrase)
        shutil.copytree(self.archive, other.archive)
        return other.use()

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        self.use()
        desk = Desk(Archive(self.archive, self.home, self.passphrase))
        try:
            yield desk
        finally:
            desk.close()

    def take(self, other: Computer) -> None:
        """Bring what the other has: what a sync does first."""
        pull(Folder(self.archive), Folder(other.archive))

    def staff(self) -> Staff:
        with self.desk() as desk:
            found: Staff = desk.ask(staff.staff, Nothing())
            return found

    def me(self) -> MemberSeen:
        return next(one for one in self.staff().members if one.you)


def joined(owner: Computer, name: str, role: str, passphrase: str = OTHER) -> Computer:
    """Somebody who has asked to join on a laptop of his own, was admitted in this role, and has synced."""
    other = owner.beside(name, passphrase)
    asked = joining.join(other.archive, passphrase, None, 1)
    assert asked.request is not None
    with owner.desk() as desk:
        desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role=role, name=name.title()))
    other.take(owner)
    return other


def jot(desk: Desk, text: str = "A remark.") -> None:
    """Write something: a note on a record."""
    note = Note(id=new_id("q"), by=desk.archive.member, at=now(), about=("s-some",), text=text)
    with desk.archive.batch() as batch:
        batch.add(entry(note))
    desk.catch_up()
