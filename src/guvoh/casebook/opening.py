"""How a program comes to an archive: through the key process, or by passphrase."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any, Protocol

import msgspec

from guvoh.archive import rewriting
from guvoh.archive.errors import Busy, CannotWrite
from guvoh.archive.files import PART
from guvoh.archive.home import Home, default_home
from guvoh.archive.store import HINT, Archive, read_hint
from guvoh.casebook import keeper, queries
from guvoh.casebook.answers import Checked, Problem
from guvoh.casebook.commands import init
from guvoh.casebook.custody import Journal
from guvoh.casebook.desk import Desk, Tell, UseCase, unheard
from guvoh.sealing.passphrases import DEFAULT_COST, LEAST_COST, Cost

IDLE_MINUTES = keeper.IDLE_SECONDS // 60


class Door(Protocol):
    """An archive that can be asked, here or in its key process."""

    def ask(self, use_case: UseCase[Any, Any], request: Any, tell: Tell = unheard) -> Any: ...

    def close(self) -> None: ...


damage = keeper.damage


def home_of(path: Path) -> Home:
    return Home(default_home(), read_hint(path))


def check(path: Path) -> None:
    """Raise what is wrong with the folder or this computer before anybody is asked for a passphrase."""
    home_of(path).load()


def running(path: Path) -> Door | None:
    return keeper.find(path, home_of(path))


def opened(path: Path, passphrase: str, tell: Tell) -> Door:
    return Desk(Archive(path, default_home(), passphrase), tell)


def unlock(path: Path, passphrase: str, minutes: float) -> str:
    """Start the key process; returns the archive's id."""
    archive = Archive(path.absolute(), default_home().absolute(), passphrase)  # the key process has a folder of its own
    tend(archive)
    keeper.start(archive, minutes * 60)
    return archive.id


def tend(archive: Archive) -> None:
    """What is done at the beginning of a session: what an earlier one left to be kept, and erasures that are due."""
    with contextlib.suppress(CannotWrite, Busy):
        Journal(archive).close()
        rewriting.carry_out(archive, rewriting.left_to_do(archive))


def lock(path: Path) -> bool:
    return keeper.stop(home_of(path))


def found(path: Path, passphrase: str, memory_mib: int | None, delay: int | None = None) -> tuple[str, bool]:
    """Found an archive; returns its id, and whether its passphrase is cheap to guess.

    memory_mib  what one guess costs, in MiB of memory; None for the default
    delay       hours until an erasure is carried out; None for the default
    """
    cost = DEFAULT_COST if memory_mib is None else Cost(memory=memory_mib * 1024)
    was_there, was_empty = path.exists(), path.is_dir() and not any(path.iterdir())
    try:
        archive = init(path, default_home(), passphrase, cost, delay)
    except BaseException:
        if was_empty or not was_there:
            _clear(path, folder_too=not was_there)
        raise
    return archive.id, cost.memory < LEAST_COST.memory


def _clear(folder: Path, *, folder_too: bool) -> None:
    """Remove what a failed founding left in a folder that was new or empty, so that it can be tried again."""
    for made in ("keys", "logs", "evidence"):
        shutil.rmtree(folder / made, ignore_errors=True)
    for made in (HINT, f"{HINT}{PART}"):
        (folder / made).unlink(missing_ok=True)
    if folder_too:
        with contextlib.suppress(OSError):
            folder.rmdir()


def verify_damaged(path: Path, damage: tuple[str, str], tell: Tell) -> Checked:
    """Check an archive that is too damaged to be opened, as far as that goes without a key."""
    found = verify_without_key(path, tell)
    notice = "the archive is too damaged to be opened, so it was checked without a key"
    named = {problem.where for problem in found.problems}
    first = Problem(where=damage[0], what=damage[1])
    problems = found.problems if first.where in named else (first, *found.problems)
    return msgspec.structs.replace(found, problems=problems, notices=(notice, *found.notices))


def verify_without_key(path: Path, tell: Tell) -> Checked:
    return queries.verify_without_key(path, default_home(), tell)
