"""An archive, or what of it somebody lacks, in a single file: a bundle, sealed to members; a backup, as it lies here.

Both are tar files of what lies in the folder, which is sealed already. A bundle is sealed once more to the members who
may open it, and padded, so that it shows nothing but its size. A backup is not: it has to open with a passphrase alone,
after everything else is lost. What comes in is believed by no name and no size: only plain files at places of this
format are taken, and then merged like any other copy.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from guvoh.archive import home
from guvoh.archive.errors import CannotWrite, Damaged, NotAllowed
from guvoh.archive.files import PART, make_private, new_file, opened_file, put, remove, sync_folder
from guvoh.archive.keys import NEXT
from guvoh.archive.logs import file_name
from guvoh.archive.merging import JOIN, waiting
from guvoh.archive.segments import MOST_FILE_BYTES
from guvoh.archive.store import HINT, Folder
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import CannotOpen, Identity, Recipient, seal_stream_to
from guvoh.sealing.padding import padme

_AGE = b"age-encryption.org/v1"
_MOST_SMALL = 256 << 10
_MOST_FILES = 1 << 22
_CHUNK = 1 << 20
_BLOCK = 512
_USTAR = b"ustar"
"""In the first block of every tar file of ours."""
_PLACES = (
    (re.compile(r"guvoh\.toml"), _MOST_SMALL),
    (re.compile(r"logs/d-[a-z2-7]{20}/[0-9]{12}\.seg"), MOST_FILE_BYTES),
    (re.compile(r"evidence/[a-z2-7]{26}"), 1 << 40),
    (re.compile(r"keys/(m-[a-z2-7]{20}\.identity|e-[a-z2-7]{20}\.m-[a-z2-7]{20}\.age)(\.next)?"), _MOST_SMALL),
    (re.compile(r"join/d-[a-z2-7]{20}\.request"), _MOST_SMALL),
)


class BadBundle(GuvohError):
    """A file that is no bundle or backup, or holds what none holds. Nothing of it was taken."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this is no whole bundle or backup, and nothing of it was taken: {why}")


class NoBundle(BadBundle):
    """A file of another kind."""

    def __init__(self, path: Path) -> None:
        super().__init__("it is a file of another kind")
        self.path = path
        self.args = (f"{path} is no bundle or backup; nothing of it was taken",)


def write_bundle(folder: Folder, path: Path, recipients: Sequence[Recipient], since: dict[str, int]) -> int:
    """Write a bundle for these members; of each log what comes after the given size. Returns its size in bytes."""
    with _new(path) as file, tempfile.TemporaryFile(dir=path.parent) as plain:
        _write(folder, plain, since)
        size = plain.tell()
        plain.write(bytes(padme(size) - size))
        plain.seek(0)
        seal_stream_to(recipients, plain, file)
    return path.stat().st_size


def write_backup(folder: Folder, path: Path) -> int:
    """Write a backup: everything, as it lies in the folder. Returns its size in bytes."""
    with _new(path) as file:
        _write(folder, file, {})
    return path.stat().st_size


@contextlib.contextmanager
def opened(path: Path, identity: Identity | None, scratch: Path) -> Iterator[Folder]:
    """The folder that a bundle or a backup holds, for as long as the block lasts, in a private place under `scratch`.

    identity  of the member who opens a bundle; a backup needs none
    """
    with home.scratch(scratch) as place:
        with _plain(path, identity, place) as stream:
            _unpack(stream, place / "archive")
        (place / "archive" / "logs").mkdir(exist_ok=True)
        yield Folder(place / "archive")


def unpack_backup(path: Path, folder: Path) -> None:
    """Lay a backup out in a new or empty folder: all of it, or nothing."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotAllowed(f"{folder} is not empty; a backup is laid out in a new or empty folder")
    was_there = folder.exists()
    place = folder.with_name(folder.name + PART)
    shutil.rmtree(place, ignore_errors=True)
    try:
        with _readable(path) as file:
            if file.read(len(_AGE)) == _AGE:
                raise BadBundle("it is a bundle for members; `guvoh sync` takes it")
            _check_end(file, path)
            _unpack(file, place)
        make_private(place / "evidence")
        for inside in (*place.rglob("*"), place):
            if inside.is_dir():
                sync_folder(inside)
        if was_there:
            folder.rmdir()
        put(place, folder)
    except OSError as error:
        raise CannotWrite(folder.parent, error.strerror or "not allowed") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def is_bundle(path: Path) -> bool:
    """Whether this file is sealed to members, as a bundle is and a backup is not."""
    with _readable(path) as file:
        return file.read(len(_AGE)) == _AGE


# --- writing


def _write(folder: Folder, file: BinaryIO, since: dict[str, int]) -> None:
    """Keys, evidence and the logs, each file after what it needs; the hint last: without it, the rest was cut off."""
    members = folder.membership(damage=False)
    for name, digest in members.key_files.items():
        folder.keys.settle(name, digest)
    keys = folder.keys.names()
    keys += [name + NEXT for name in folder.keys.waiting() if folder.keys.waits(name, members.right(name))]
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name in [*(f"keys/{name}" for name in keys), *_names(folder, since)]:
            if any(place.fullmatch(name) for place, _ in _PLACES):
                _add(tar, folder.path, name)


def _names(folder: Folder, since: dict[str, int]) -> Iterator[str]:
    yield from (f"{JOIN}/{name}" for name in waiting(folder))
    for log in folder.logs():
        wanted = list(log.segments(since.get(log.device, 0), boxes=False))
        for segment in wanted:
            yield from (f"evidence/{one.name}" for one in segment.clear.evidence if folder.evidence.has(one.name))
        yield from (f"logs/{log.device}/{file_name(segment.clear.first)}" for segment in wanted)
    yield HINT


def _add(tar: tarfile.TarFile, root: Path, name: str) -> None:
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(opened_file(root / name))
        except FileNotFoundError:
            return  # packed away, erased or superseded while we wrote: it is in a later file, or is to be nowhere
        except OSError as error:
            raise Damaged(name, f"it cannot be read ({error.strerror})") from None
        member = tarfile.TarInfo(name)
        member.size, member.mode = os.fstat(file.fileno()).st_size, 0o600
        tar.addfile(member, _Source(file, name))


class _Source(io.RawIOBase):
    """A file that is read: that it cannot be is no fault of the disk to which we write."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise Damaged(self._name, f"it cannot be read ({error.strerror})") from None


@contextlib.contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    if path.exists():
        raise NotAllowed(f"{path} is there already; name another file")
    part = path.with_name(path.name + PART)
    try:
        with new_file(part) as file:
            yield file
        put(part, path)
    except OSError as error:
        raise CannotWrite(path.parent, error.strerror or "not allowed") from None
    finally:
        remove(part)


# --- reading


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[io.BufferedReader]:
    try:
        with opened_file(path) as file:
            yield file
    except OSError as error:
        raise BadBundle(f"it cannot be read ({error.strerror})") from None


@contextlib.contextmanager
def _plain(path: Path, identity: Identity | None, place: Path) -> Iterator[BinaryIO]:
    """The tar stream: a backup as it is, a bundle opened into a private file first, since its end is checked last."""
    with _readable(path) as file:
        sealed = file.read(len(_AGE)) == _AGE
        file.seek(0)
        if not sealed:
            _check_end(file, path)
            yield file
            return
        if identity is None:
            raise BadBundle("it is sealed to members; open the archive with a passphrase to take it")
        with tempfile.TemporaryFile(dir=place) as plain:
            try:
                identity.open_stream(file, plain)
            except CannotOpen:
                raise BadBundle("it does not open: it is for other members, was cut short, or was changed") from None
            plain.seek(0)
            yield plain


def _check_end(file: BinaryIO, path: Path) -> None:
    """Raise BadBundle for a backup without its end, which are two blocks of zeros (POSIX, ustar).

    Raises NoBundle for a file of another kind.
    """
    file.seek(0)
    if _USTAR not in file.read(_BLOCK):
        raise NoBundle(path)
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - 2 * _BLOCK))
    if length % _BLOCK or file.read() != bytes(2 * _BLOCK):
        raise BadBundle("it is cut short: its end is missing")
    file.seek(0)


def _unpack(stream: BinaryIO, folder: Path) -> None:
    """Lay out plain files at places of this format. Anything else refuses the whole.

    A tar file that ends between two files shows no fault; that it is whole, the hint at its end tells.
    """
    make_private(folder)
    seen: set[str] = set()
    last = ""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                _check(member, seen)
                last = member.name
                source = tar.extractfile(member)
                assert source is not None  # it is a plain file
                final = folder / member.name
                make_private(final.parent)
                with new_file(final) as file:
                    shutil.copyfileobj(source, file, _CHUNK)
                if final.stat().st_size != member.size:
                    raise BadBundle("it was cut short")
    except (tarfile.TarError, EOFError, ValueError, RecursionError):
        raise BadBundle("it is cut short, or not of this form") from None
    if last != HINT:
        raise BadBundle("it was cut short")


def _check(member: tarfile.TarInfo, seen: set[str]) -> None:
    most = next((most for place, most in _PLACES if place.fullmatch(member.name)), None)
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse() or most is None:
        raise BadBundle("it holds something that is no file of an archive: a link, a device, or a name outside")
    if member.size > most:
        raise BadBundle("it holds a file larger than any of its kind")
    if member.name in seen or len(seen) >= _MOST_FILES:
        raise BadBundle("it holds one file twice, or more files than any archive")
    seen.add(member.name)
