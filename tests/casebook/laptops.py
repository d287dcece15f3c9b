"""Laptops that share one archive, each with a folder and a GUVOH_HOME of its own, and a stick between them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from desks import CHEAP, PASSPHRASE, add

from guvoh.archive import members, merging
from guvoh.archive.control import Role
from guvoh.archive.founding import found
from guvoh.archive.store import Archive, Folder
from guvoh.casebook import exchange
from guvoh.casebook.answers import Nothing, Terms
from guvoh.casebook.desk import Desk
from guvoh.casebook.exchange import Sync, Synced
from guvoh.casebook.queries import sources

LIST = "ФИО;Год рождения\nКаримов Азиз;1990\nЖўраев Шерзод;1985\n"
LETTER = "Мен, Каримова Дилноза, ўғлим ҳақида ёзаяпман.\n"


class Laptop:
    """One computer of one member."""

    def __init__(self, root: Path, name: str, passphrase: str = PASSPHRASE) -> None:
        self.root, self.passphrase = root / name, passphrase
        self.folder, self.home = self.root / "archive", self.root / "home"

    def archive(self) -> Archive:
        return Archive(self.folder, self.home, self.passphrase)

    @contextlib.contextmanager
    def desk(self) -> Iterator[Desk]:
        desk = Desk(self.archive())
        try:
            yield desk
        finally:
            desk.close()

    def ask(self, use_case: Any, request: Any) -> Any:
        with self.desk() as desk:
            return desk.ask(use_case, request)

    def add(self, name: str, text: str, terms: Terms = Terms.PUBLIC) -> str:
        """Take an invented file in; returns the id of its source."""
        with self.desk() as desk:
            (file,) = add(desk, {name: text}, terms).files
        assert file.outcome == "added", file.error
        return file.source

    def sources(self) -> list[str]:
        return sorted(one.id for one in self.ask(sources, Nothing()).sources)

    def sync(self, path: Path, *, pull: bool = True, push: bool = True) -> Synced:
        synced: Synced = self.ask(exchange.sync, sync(path, pull=pull, push=push))
        return synced

    def without_key(self, path: Path, *, pull: bool = True, push: bool = True) -> Synced:
        request = sync(path, pull=pull, push=push)
        return exchange.sync_without_key(self.folder, request, lambda news: None, self.passphrase, self.home)


def sync(path: Path, *, pull: bool = True, push: bool = True) -> Sync:
    return Sync(path=os.fsencode(path), pull=pull, push=push)


class Office:
    """Amina's laptop, on which the archive was founded, and Idris's, who is an editor; and a stick."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.amina, self.idris = Laptop(root, "amina"), Laptop(root, "idris", "walnut harbour seventeen violin")
        self.stick = root / "stick"

    @classmethod
    def opened(cls, root: Path, role: Role = Role.EDITOR, *, delay: int | None = None) -> Office:
        office = cls(root)
        found(office.amina.folder, office.amina.home, PASSPHRASE, CHEAP, delay)
        office.joins(office.idris, role)
        return office

    def joins(self, laptop: Laptop, role: Role | None, member: str | None = None, owner: Laptop | None = None) -> None:
        """A laptop with a copy of an owner's folder (Amina's) asks to join, is admitted, and is brought the answer."""
        archive = (owner or self.amina).archive()
        copied = merging.start_copy(archive, laptop.folder)
        merging.pull(copied, archive)
        _, asked = members.ask(laptop.folder, laptop.home, laptop.passphrase, member, CHEAP)
        if asked is not None:
            members.admit(archive, asked.read_bytes(), role)
            merging.pull(copied, archive)

    def copy(self, root: Path) -> Office:
        """The same, elsewhere."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Office(root)

    def meet(self) -> None:
        """By the stick, until both have all."""
        for laptop in (self.amina, self.idris, self.amina):
            assert laptop.sync(self.stick).problems == 0


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def sizes(folder: Path) -> dict[str, int]:
    """How many entries of each log are committed in a folder."""
    one = Folder(folder)
    known = one.membership()
    found = {}
    for log in one.logs():
        key = known.verify_key(log.device)
        assert key is not None
        found[log.device] = log.state(key, None).size
    return found
