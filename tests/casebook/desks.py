"""Desks for tests: an archive in a folder of its own, asked directly."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from guvoh.archive.store import Archive
from guvoh.casebook import commands
from guvoh.casebook.answers import Add, Added, FileAdded, FileAsked, Progress, Terms
from guvoh.casebook.desk import Desk
from guvoh.sealing.passphrases import Cost

PASSPHRASE = "orbit lantern mosaic thistle copper meadow"
CHEAP = Cost(memory=1024)


def found(folder: Path) -> None:
    commands.init(folder / "archive", folder / "home", PASSPHRASE, CHEAP)


@contextlib.contextmanager
def desk_in(folder: Path) -> Iterator[Desk]:
    """A desk at the archive of a folder, founded if it is not there."""
    if not (folder / "archive").exists():
        found(folder)
    desk = Desk(Archive(folder / "archive", folder / "home", PASSPHRASE))
    try:
        yield desk
    finally:
        desk.close()


def asked(folder: Path, files: dict[str, str | bytes]) -> tuple[FileAsked, ...]:
    """Files written into a folder, as they would be asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return tuple(FileAsked(typed=name, path=os.fsencode(folder / name)) for name in files)


def add(desk: Desk, files: dict[str, str | bytes], terms: Terms = Terms.PUBLIC) -> Added:
    request = Add(files=asked(desk.archive.path.parent / "files", files), terms=terms)
    added: Added = desk.ask(commands.add, request)
    return added


class Heard:
    """What was told on the way."""

    def __init__(self) -> None:
        self.all: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.all.append(progress)

    @property
    def files(self) -> list[FileAdded]:
        return [one for one in self.all if isinstance(one, FileAdded)]
