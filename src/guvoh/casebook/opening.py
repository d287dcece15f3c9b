"""How a program comes to an archive: through the key process, or by passphrase."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from guvoh.archive.home import Home, default_home
from guvoh.archive.store import Archive, read_hint
from guvoh.casebook import keeper, queries
from guvoh.casebook.answers import Checked
from guvoh.casebook.commands import init
from guvoh.casebook.desk import Desk, Tell, UseCase, unheard
from guvoh.sealing.passphrases import DEFAULT_COST, LEAST_COST, Cost

IDLE_MINUTES = keeper.IDLE_SECONDS // 60


class Door(Protocol):
    """An archive that can be asked, here or in its key process."""

    def ask(self, use_case: UseCase[Any, Any], request: Any, tell: Tell = unheard) -> Any: ...

    def close(self) -> None: ...


def home_of(path: Path) -> Home:
    return Home(default_home(), read_hint(path))


def check(path: Path) -> None:
    """Raise what is wrong with the folder or this computer before anybody is asked for a passphrase."""
    home_of(path).load()


def running(path: Path) -> Door | None:
    return keeper.find(path, home_of(path))


def opened(path: Path, passphrase: str, tell: Tell) -> Door:
    keeper.harden()
    return Desk(Archive(path, default_home(), passphrase), tell)


def unlock(path: Path, passphrase: str, minutes: float) -> str:
    """Start the key process; returns the archive's id."""
    archive = Archive(path, default_home(), passphrase)
    keeper.start(archive, minutes * 60)
    return archive.id


def lock(path: Path) -> bool:
    return keeper.stop(home_of(path))


def found(path: Path, passphrase: str, memory_mib: int | None) -> tuple[str, bool]:
    """Found an archive; returns its id, and whether its passphrase is cheap to guess.

    memory_mib  what one guess costs, in MiB of memory; None for the default
    """
    cost = DEFAULT_COST if memory_mib is None else Cost(memory=memory_mib * 1024)
    archive = init(path, default_home(), passphrase, cost)
    return archive.id, cost.memory < LEAST_COST.memory


def verify_without_key(path: Path, tell: Tell) -> Checked:
    return queries.verify_without_key(path, default_home(), tell)
