"""Several people with laptops, and sticks between them; and somebody who tries every key that he has on every file."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import zstandard
from small import PASSPHRASE, QUICK, bodies

from guvoh.archive import members, merging, rewriting, segments
from guvoh.archive.control import Approval, Erasure, Hold, Refusal, Role, decision_id
from guvoh.archive.entries import Entry
from guvoh.archive.files import PART
from guvoh.archive.founding import found
from guvoh.archive.merging import Brought, pull
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Evidence
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import Verified, verify
from guvoh.sealing.boxes import CannotOpen, Identity
from guvoh.sealing.padding import BadPadding, unpad

DECADE = 10 * 366 * 24 * 3600.0
"""Longer than any delay."""


class Laptop:
    """One computer of one member: its copy of the archive, and its GUVOH_HOME."""

    def __init__(self, root: Path, name: str, passphrase: str = PASSPHRASE) -> None:
        self.root, self.name, self.passphrase = root, name, passphrase
        self.path, self.home = root / name / "archive", root / name / "home"

    def open(self, passphrase: str = "") -> Archive:
        return Archive(self.path, self.home, passphrase or self.passphrase)

    def folder(self) -> Folder:
        return Folder(self.path)

    def bodies(self) -> list[bytes]:
        return bodies(self.open().entries())

    def left_out(self) -> list[str]:
        """Why logs of other devices cannot be read on; what stands before the fault can."""
        archive = self.open()
        list(archive.entries())
        return [why for _, why in archive.broken.values()]

    def add(self, *said: bytes, key: str = "") -> None:
        with self.open().batch() as batch:
            for body in said:
                batch.add(Entry((), body, key))

    def add_source(self, *said: bytes, original: bytes = b"") -> tuple[str, Evidence | None]:
        with self.open().batch() as batch:
            key = batch.source_key()
            evidence = batch.evidence(original, len(original), key) if original else None
            for body in said:
                batch.add(Entry((), body, key))
        return key, evidence

    def take(self, other: Folder) -> Brought:
        """Bring what another copy has, as `guvoh sync` does."""
        archive = self.open()
        with archive.writing():
            brought = pull(archive, other, known=archive.known, carried=carried(archive))
        archive.refresh()
        archive.remember()
        return brought

    def give(self, stick: Folder) -> Brought:
        archive = self.open()
        return pull(stick, archive, carried=carried(archive))

    def sync(self, stick: Folder) -> None:
        """In both directions."""
        for brought in (self.take(stick), self.give(stick)):
            assert (brought.problems, brought.histories) == ([], [])

    def verify(self) -> Verified:
        archive = self.open()
        return verify(archive, archive.known)

    def copy(self, name: str) -> Laptop:
        """The same device a second time, its GUVOH_HOME too: what nobody should do."""
        shutil.copytree(self.root / self.name, self.root / name)
        return Laptop(self.root, name, self.passphrase)


def founder(root: Path, name: str = "amina") -> Laptop:
    laptop = Laptop(root, name)
    found(laptop.path, laptop.home, PASSPHRASE, QUICK)
    return laptop


def stick(laptop: Laptop, name: str = "stick") -> Folder:
    """A new stick with everything that the laptop has."""
    copy = merging.start_copy(laptop.folder(), laptop.root / name)
    laptop.give(copy)
    return copy


def asks(owner: Laptop, name: str, member: str | None = None, passphrase: str = "") -> tuple[Laptop, bytes]:
    """Somebody with a copy of the archive asks to join it; the request is there as a file, or empty."""
    laptop = Laptop(owner.root, name, passphrase or f"{name} walnut harbour")
    pull(merging.start_copy(owner.folder(), laptop.path), owner.folder())
    _, asked = members.ask(laptop.path, laptop.home, laptop.passphrase, member, QUICK)
    return laptop, asked.read_bytes() if asked else b""


def joins(owner: Laptop, name: str, role: Role) -> Laptop:
    laptop, note = asks(owner, name)
    members.admit(owner.open(), note, role)
    pull(laptop.folder(), owner.folder())
    return laptop


def team(root: Path) -> tuple[Laptop, Laptop, Folder]:
    """Amina, an owner; Idris, an editor; and a stick. All three have the same: "hers" and "his"."""
    shutil.copytree(_team(), root, dirs_exist_ok=True)
    return Laptop(root, "amina"), Laptop(root, "idris", "idris walnut harbour"), Folder(root / "stick")


@cache
def _team() -> Path:
    kept = tempfile.TemporaryDirectory()
    _KEPT.append(kept)
    root = Path(kept.name)
    amina = founder(root)
    idris = joins(amina, "idris", Role.EDITOR)
    amina.add(b"hers")
    idris.add(b"his")
    copy = stick(amina)
    idris.sync(copy)
    amina.sync(copy)
    assert sorted(amina.bodies()) == sorted(idris.bodies()) == [b"hers", b"his"]
    return root


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


# --- erasing


def carried(archive: Archive) -> frozenset[str]:
    """Erasures that this device has carried out."""
    return frozenset(one for one, standing in archive.members.erasures.items() if archive.device in standing.confirmed)


def places(archive: Archive, *said: bytes) -> tuple[tuple[str, int, int], ...]:
    return tuple(Runs.of((one.log, one.position) for one in archive.entries() if one.body in said))


def asks_to_erase(laptop: Laptop, *said: bytes, evidence: Sequence[str] = (), keys: Sequence[str] = ()) -> str:
    """Returns the id of the erasure."""
    archive = laptop.open()
    erased = places(archive, *said)
    erasure = Erasure(
        signer=archive.member,
        at="2026-01-01T00:00:00Z",
        why="withdrawn",
        erased=erased,
        evidence=tuple(evidence),
        keys=tuple(keys),
    )
    with archive.batch() as batch:
        batch.control(erasure)
    return decision_id(erasure)


def approves(laptop: Laptop, erasure: str) -> None:
    archive = laptop.open()
    with archive.batch() as batch:
        batch.control(Approval(signer=archive.member, decision=erasure))


def refuses(laptop: Laptop, erasure: str) -> None:
    archive = laptop.open()
    with archive.batch() as batch:
        batch.control(Refusal(signer=archive.member, decision=erasure))


def holds(laptop: Laptop, *held: tuple[str, int, int]) -> str:
    archive = laptop.open()
    hold = Hold(signer=archive.member, nonce="ab" * 16, held=held)
    with archive.batch() as batch:
        batch.control(hold)
    return decision_id(hold)


def carries_out(laptop: Laptop) -> int:
    """What is approved, as if the delay were over."""
    archive = laptop.open()
    archive.home.first_seen(list(archive.members.erasures), 0.0)
    return rewriting.carry_out(archive, rewriting.left_to_do(archive, now=DECADE))


# --- somebody who tries everything


def opens(path: Path, identities: Iterable[Identity]) -> bytes:
    """All that lies in a folder in clear, and all that these keys open, or keys that stand in what they open."""
    clear, sealed = _parts(path)
    waiting, tried, found = {one.text for one in identities}, set[str](), list(clear)
    while waiting - tried:
        key = (waiting - tried).pop()
        tried.add(key)
        for part in sealed:
            with suppress(CannotOpen):
                found.append(_unfolded(Identity(key).open(part)))
                waiting |= {text.decode() for text in _SECRET.findall(found[-1])}
    return b"\n".join(found)


_SECRET = re.compile(rb"AGE-SECRET-KEY-1[A-Z0-9]{58}")


def _parts(path: Path) -> tuple[list[bytes], list[bytes]]:
    clear, sealed = list[bytes](), list[bytes]()
    for file in (one for one in path.rglob("*") if one.is_file()):
        if ".seg" in file.suffixes:
            segment = segments.read(file, file.name)
            clear.append(segment.clear_bytes)
            sealed += [part for part in (segment.ring, segment.identities, *segment.boxes) if part]
        data = file.read_bytes()
        clear.append(data)
        sealed.append(data)
    return clear, sealed


def _unfolded(plain: bytes) -> bytes:
    with suppress(BadPadding):
        plain = bytes(unpad(plain))
    with suppress(zstandard.ZstdError):
        plain = zstandard.ZstdDecompressor().decompress(plain)
    return plain


def keys_of(laptop: Laptop) -> list[Identity]:
    """What a passphrase and a laptop give: the member's own key, and all that the archive's code gets with it."""
    archive = laptop.open()
    epochs = archive.opener.epochs.values()
    found = [archive.member_keys.identity, *(keys.nameless for keys in epochs), *(keys.identities for keys in epochs)]
    return [one for one in found if one is not None]


def reads(laptop: Laptop, path: Path | None = None) -> bytes:
    return opens(path or laptop.path, keys_of(laptop))


# --- disks that refuse, processes that are killed


class Killed(BaseException):
    """As if the process ended here: nothing after it is tidied up on purpose."""


@contextmanager
def stopped(at: int, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]) -> Iterator[list[int]]:
    """The `at`-th call that writes raises, and all later ones do: a killed process, or a disk that stays full.

    Yields a list with one number: of the calls so far.
    """
    calls = [0]

    def guard(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def guarded(*args: Any, **named: Any) -> Any:
            if name == "open" and not args[1] & (os.O_WRONLY | os.O_CREAT):
                return real(*args, **named)
            calls[0] += 1
            if calls[0] >= at:
                raise raises()
            return real(*args, **named)

        return guarded

    with monkeypatch.context() as patched:
        # Of a full disk files can still be removed; a process that was killed removes nothing.
        for name in ("open", "fsync", "replace", *(["unlink"] if raises is Killed else [])):
            patched.setattr(os, name, guard(name))
        yield calls


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def broken_disk() -> OSError:
    return OSError(errno.EIO, "Input/output error")


def at_every_write(
    monkeypatch: pytest.MonkeyPatch,
    raises: Callable[[], BaseException],
    begin: Callable[[], Callable[[], object]],
    every: int = 1,
) -> Iterator[int]:
    """Try a piece of work with the first write stopped, then the second, until it comes through.

    begin   makes everything ready and returns the work
    every   2 stops it at every second write only, and so on
    yields  after each try, which write was stopped: what came out is then looked at
    """
    at = 1 - every
    while True:
        at += every
        work = begin()
        with stopped(at, monkeypatch, raises) as calls:
            try:
                work()
            except (Exception, Killed) as problem:
                if isinstance(problem, AssertionError) or calls[0] < at:
                    raise
        yield at
        if calls[0] < at:
            return


def unfinished(path: Path) -> list[str]:
    return sorted(file.name for file in path.rglob(f"*{PART}"))
