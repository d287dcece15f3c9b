"""Writing files so that they are there whole or not at all, and reading only what is a file."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from guvoh.archive.errors import CannotWrite

PART = ".part"
"""The ending of a file that is still being written; it is never read, and the next writer removes it."""


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, that only their owner may enter."""
    with _refusals(folder):
        for missing in reversed([path for path in (folder, *folder.parents) if not path.is_dir()]):
            missing.mkdir(exist_ok=True, mode=0o700)


def restrict(folder: Path) -> None:
    """Let nobody else into a folder that was there before."""
    with _refusals(folder):
        folder.chmod(0o700)


def write_part(final: Path, pieces: Iterable[bytes]) -> Path:
    """Write beside the final place and flush to disk; `put` then renames. Leaves nothing behind on failure."""
    part = final.with_name(final.name + PART)
    with new_file(part) as file:
        file.writelines(pieces)
    return part


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new private file, flushed to disk when the block ends and removed if it raises.

    What a killed process left under that name is removed first; a link somebody laid there is never followed.
    """
    try:
        with _refusals(path.parent):
            path.unlink(missing_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with open(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        remove(path)
        raise


def put(part: Path, final: Path) -> None:
    """Rename into place, and make it survive a power cut."""
    with _refusals(final.parent):
        part.replace(final)
    sync_folder(final.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the system has a way to."""
    if os.name != "posix":
        return
    with _refusals(folder):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace(path: Path, data: bytes) -> None:
    """Exchange the contents of a small file."""
    part = write_part(path, [data])
    try:
        put(part, path)
    except BaseException:
        remove(part)
        raise


def remove(path: Path) -> None:
    """Tidy up after a failure, as far as the disk lets us: the next batch tries again."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def opened_file(path: Path) -> Iterator[BufferedReader]:
    """Open a plain file to read. A pipe or a device in its place, which might never end, is an OSError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is not a plain file")
    with path.open("rb") as file:
        yield file


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a plain file; an OSError if there are more than `most`."""
    with opened_file(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(0, f"it is larger than {most} bytes")
    return data


@contextlib.contextmanager
def _refusals(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(folder, error.strerror or str(error) or "not allowed") from None
