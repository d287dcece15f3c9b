"""Killed at any moment, on a disk that is full or fails: what was committed is there, and going on works.

Each thing that changes an archive is done on a fresh copy of the same two laptops, and stopped at one of the events by
which it touches the disk (a flush, a rename, a new or removed file, a new folder), counted beforehand, or after some
time. What is being written may then be there in part.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import children
import pytest
from small import LETTER, PASSPHRASE, QUICK, add, add_source, bodies

from guvoh.archive import bundles, members, merging, rewriting
from guvoh.archive.control import Approval, Erasure, Role, decision_id
from guvoh.archive.founding import found
from guvoh.archive.runs import Runs
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import Verified, verify
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Recipient
from guvoh.sealing.passphrases import WrongPassphrase

LATER = 4e9
PHRASES = {"amina": (PASSPHRASE, "a later phrase of amina"), "idris": ("the idris phrase",)}
KEPT = (b"a letter", b"more of it", b"a note", b"a list", b"its second row", b"small 3", b"idris alone")
DOOMED = (b"to be forgotten", b"all of it", b"its third row")
NEW = tuple(b"new %d " % number + bytes(9000) for number in range(9))


@dataclass(frozen=True)
class Yard:
    """Two laptops that have not met for a while, and a stick with what both knew before."""

    root: Path

    def open(self, name: str) -> Archive:
        for phrase in PHRASES[name]:
            with contextlib.suppress(WrongPassphrase):
                return Archive(self.root / name, self.root / f"home-{name}", phrase)
        raise AssertionError("no passphrase opens it any more")

    @property
    def stick(self) -> Folder:
        return Folder(self.root / "stick")

    @property
    def backup(self) -> Path:
        return self.root / "backup.tar"

    @property
    def bundle(self) -> Path:
        return self.root / "news.bundle"


@cache
def template() -> Path:
    root = Path(tempfile.mkdtemp(prefix="crashes-", dir=fast_place()))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    amina = found(root / "amina", root / "home-amina", PASSPHRASE, QUICK, 0)
    add_source(amina, b"a letter", b"more of it")
    key, evidence = add_source(amina, b"to be forgotten", b"all of it", original=LETTER[::-1])
    merging.pull(merging.start_copy(amina, root / "idris"), amina)
    _, asked = members.ask(root / "idris", root / "home-idris", PHRASES["idris"][0], None, QUICK)
    assert asked is not None
    members.admit(amina, asked.read_bytes(), Role.EDITOR)
    merging.pull(Folder(root / "idris"), amina)
    yard = Yard(root)
    idris = yard.open("idris")
    add_source(idris, b"a list", b"its second row", b"its third row", original=LETTER * 2)
    add(amina, b"a note")
    fetch(amina, Folder(idris.path))
    merging.pull(merging.start_copy(amina, root / "stick"), amina)
    places = [(one.log, one.position) for one in amina.entries() if one.body in DOOMED]
    erasure = Erasure(
        signer=amina.member, at="2027-01-15T08:00:00Z", why="withdrawn",
        erased=tuple(Runs.of(places)), evidence=(evidence.name,), keys=(key,),
    )  # fmt: skip
    with amina.batch() as batch:
        batch.control(erasure)
    fetch(idris, Folder(amina.path))
    with idris.batch() as batch:
        batch.control(Approval(signer=idris.member, decision=decision_id(erasure)))
    fetch(amina, Folder(idris.path))
    rewriting.due(amina, 0.0)
    rewriting.due(idris, 0.0)
    for number in range(6):
        add(amina, b"small %d" % number)
    add_source(idris, b"idris alone", original=LETTER * 3)
    members.rotate(amina)
    add(amina, b"of the new epoch")
    members.ask(root / "stick", root / "home-olim", "the olim phrase", None, QUICK)
    return root


def fast_place() -> Path | None:
    """Memory where the system offers it as a folder: there a killed process leaves what a killed process leaves."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else None


@pytest.fixture
def yard() -> Iterator[Yard]:
    with fresh_yard() as found:
        yield found


@contextlib.contextmanager
def fresh_yard() -> Iterator[Yard]:
    root = Path(tempfile.mkdtemp(prefix="yard-", dir=fast_place()))
    try:
        shutil.copytree(template(), root, dirs_exist_ok=True)
        yield Yard(root)
    finally:
        shutil.rmtree(root)


def fetch(archive: Archive, other: Folder) -> None:
    with archive.writing():
        brought = merging.pull(archive, other, known=archive.known, carried=carried(archive))
    assert (brought.problems, brought.histories) == ([], [])
    archive.refresh()
    archive.remember()


def carried(archive: Archive) -> frozenset[str]:
    done = {one.id for one in archive.members.erasures.values() if archive.device in one.confirmed}
    return frozenset(done)


# --- what is done, each so that doing it again is going on


def adding(yard: Yard) -> None:
    with mock.patch("guvoh.archive.batches.MOST_BYTES", 30_000):
        add_source(yard.open("amina"), *NEW)


def syncing(yard: Yard) -> None:
    fetch(yard.open("idris"), Folder(yard.root / "amina"))


def syncing_with_a_stick(yard: Yard) -> None:
    merging.pull(yard.stick, yard.open("amina"))
    fetch(yard.open("idris"), yard.stick)
    merging.pull(yard.stick, yard.open("idris"))
    fetch(yard.open("amina"), yard.stick)


def erasing(yard: Yard) -> None:
    amina = yard.open("amina")
    rewriting.carry_out(amina, rewriting.left_to_do(amina, LATER))


def rotating(yard: Yard) -> None:
    members.rotate(yard.open("amina"))


def packing(yard: Yard) -> None:
    rewriting.pack(yard.open("amina"), least=2)


def backing_up(yard: Yard) -> None:
    if not yard.backup.exists():
        bundles.write_backup(yard.open("amina"), yard.backup)


def restoring(yard: Yard) -> None:
    backing_up(yard)
    if not (yard.root / "restored").exists():
        bundles.unpack_backup(yard.backup, yard.root / "restored")


def sending_a_bundle(yard: Yard) -> None:
    amina, idris = yard.open("amina"), yard.open("idris")
    if not yard.bundle.exists():
        to = [Recipient(member.recipient) for member in amina.members.members.values()]
        bundles.write_bundle(amina, yard.bundle, to, {log: state.size for log, state in idris.states.items()})
    with bundles.opened(yard.bundle, idris.member_keys.identity, yard.root / "home-idris") as folder:
        fetch(idris, folder)


def asking_to_join(yard: Yard) -> None:
    """Who was killed while asking wipes what he began and asks anew."""
    home = yard.root / "home-nargis"
    shutil.rmtree(home, ignore_errors=True)
    members.ask(yard.root / "stick", home, "the nargis phrase", None, QUICK)


def admitting(yard: Yard) -> None:
    amina = yard.open("amina")
    for asked in sorted((yard.root / "stick" / merging.JOIN).glob("*.request")):
        if asked.stem not in amina.members.devices:
            members.admit(amina, asked.read_bytes(), Role.EDITOR)


def joining_with_a_second_laptop(yard: Yard) -> None:
    home = yard.root / "home-amina-2"
    amina = yard.open("amina")
    shutil.rmtree(home, ignore_errors=True)
    members.ask(yard.root / "stick", home, PASSPHRASE, amina.member, QUICK)
    fetch(amina, yard.stick)


def removing(yard: Yard) -> None:
    amina = yard.open("amina")
    (idris,) = {one.member for one in amina.members.devices.values()} - {amina.member}
    if amina.members.in_force(idris):
        members.remove_member(amina, idris)
    members.tend(amina)


def changing_the_passphrase(yard: Yard) -> None:
    members.change_passphrase(yard.open("amina"), PHRASES["amina"][1], QUICK)


def making_sheets(yard: Yard) -> None:
    members.make_recovery(yard.open("amina"))


DEEDS = (
    adding, syncing, syncing_with_a_stick, erasing, rotating, packing, backing_up, restoring, sending_a_bundle,
    asking_to_join, admitting, joining_with_a_second_laptop, removing, changing_the_passphrase, making_sheets,
)  # fmt: skip
Deed = Callable[[Yard], None]
EACH = 4
"""So often each is stopped where there is little time."""


# --- how it is stopped

EVENTS = ("fsync", "replace", "rename", "unlink", "open", "mkdir")


@contextlib.contextmanager
def at_each_event(happens: Callable[[str, tuple[Any, ...]], None]) -> Iterator[None]:
    """Call this before each event. Opening counts where a file is made."""
    with contextlib.ExitStack() as stack:
        for name in EVENTS:
            stack.enter_context(mock.patch.object(os, name, _told(name, getattr(os, name), happens)))
        yield


def _told(name: str, real: Callable[..., Any], happens: Callable[[str, tuple[Any, ...]], None]) -> Callable[..., Any]:
    def one(*args: Any, **named: Any) -> Any:
        if name != "open" or (len(args) > 1 and args[1] & os.O_CREAT):
            happens(name, args)
        return real(*args, **named)

    return one


@cache
def events(deed: Deed) -> int:
    """By how many events it touches the disk when nothing stops it."""
    count = 0

    def happens(name: str, args: tuple[Any, ...]) -> None:
        nonlocal count
        count += 1

    with fresh_yard() as yard, at_each_event(happens):
        deed(yard)
    assert count > 0
    return count


def killed_at(yard: Yard, deed: Deed, event: int, rng: Random) -> None:
    """In a process of its own, which is killed before that event; what was to be flushed is there in part."""
    left = event

    def happens(name: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            if name == "fsync":
                with contextlib.suppress(OSError):
                    os.ftruncate(args[0], rng.randrange(1 + os.fstat(args[0]).st_size))
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        with at_each_event(happens):
            deed(yard)

    assert children.ended(children.start(work)) in (-signal.SIGKILL, 0)


def killed_after(yard: Yard, deed: Deed, seconds: float) -> None:
    child = children.start(lambda: deed(yard))
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    assert children.ended(child) in (-signal.SIGKILL, 0)


def refused_at(yard: Yard, deed: Deed, event: int, problem: int, *, for_good: bool) -> None:
    """The disk refuses that event, and all after it where it is full for good. Raises only errors of our own."""
    left = event

    def happens(name: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        left -= 1
        if name != "unlink" and (left == -1 or (for_good and left < 0)):
            raise OSError(problem, os.strerror(problem))

    with at_each_event(happens), contextlib.suppress(GuvohError):
        deed(yard)


# --- what holds then


def check(yard: Yard) -> None:
    """Nothing that was committed is lost, and nothing that is half done is seen."""
    for name in ("amina", "idris"):
        archive = yard.open(name)
        there = bodies(archive.entries())
        kept = [body for body in KEPT if name == "amina" or not body.startswith(b"small")]
        assert set(kept) - {b"idris alone" if name == "amina" else b""} <= set(there)
        assert not set(DOOMED) & set(there)
        assert len([body for body in there if body in NEW]) % len(NEW) == 0
        assert unexpected(verify(archive, archive.known)) == [], name
    assert unexpected(verify(yard.stick, {})) == []
    if yard.backup.exists():
        with bundles.opened(yard.backup, None, yard.root / "home-idris") as folder:
            assert verify(folder, {}).problems == []
    if (yard.root / "restored").exists():
        assert verify(Folder(yard.root / "restored"), {}).problems == []


def unexpected(found: Verified) -> list[tuple[str, str]]:
    """A sync that was stopped has brought one log and not the other of which it tells: that is said, and is no loss."""
    return [one for one in found.problems if "sync again" not in one[1]]


def check_after_going_on(yard: Yard, deed: Deed) -> None:
    deed(yard)
    add(yard.open("amina"), b"the next entry")
    check(yard)
    for name in ("amina", "idris"):
        archive = yard.open(name)
        assert verify(archive, archive.known).problems == []
    parts = [path.name for path in (yard.root / "amina").rglob("*.part")]
    assert parts == [], "the next batch tidies up"
    if deed is erasing:
        amina = yard.open("amina")
        assert rewriting.left_to_do(amina, LATER) == []
        leaves = [
            bytes(leaf) for log in amina.logs() for segment in log.segments() for _, leaf in amina.opened(segment)
        ]
        assert not [leaf for leaf in leaves if leaf.endswith(DOOMED)]


def stopped(deed: Deed, number: int) -> None:
    """One way to be stopped, drawn by the number."""
    rng = Random(number)
    event = rng.randrange(events(deed))
    with fresh_yard() as yard:
        match number % 5:
            case 0 | 1:
                killed_at(yard, deed, event, rng)
            case 2:
                killed_after(yard, deed, rng.uniform(0, 0.06))
            case 3:
                refused_at(yard, deed, event, errno.ENOSPC, for_good=True)
            case _:
                refused_at(yard, deed, event, errno.EIO, for_good=False)
        check(yard)
        check_after_going_on(yard, deed)


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_whatever_stops_it_nothing_committed_is_lost_and_going_on_works(deed: Deed) -> None:
    first = DEEDS.index(deed) * EACH
    for number in range(first, first + EACH):
        stopped(deed, number)


@pytest.mark.slow
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_stopped_at_a_thousand_moments_nothing_committed_is_lost_and_going_on_works(deed: Deed) -> None:
    for number in range(1000, 1000 + 1 + 1000 // len(DEEDS)):
        stopped(deed, number)


def test_nothing_is_stopped_and_all_is_done(yard: Yard) -> None:
    check(yard)
    for deed in DEEDS:
        with fresh_yard() as fresh:
            check_after_going_on(fresh, deed)
