"""Writing files so that they are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from guvoh.archive.errors import CannotWrite

PART = ".part"
"""The ending of a file that is still being written; it is never read, and the next writer removes it."""


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotWrite(folder, error.strerror or "not allowed") from None


def write_part(final: Path, pieces: Iterable[bytes]) -> Path:
    """Write beside the final place and flush to disk; `put` then renames. Leaves nothing behind on failure."""
    part = final.with_name(final.name + PART)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CannotWrite(final.parent, error.strerror or "not allowed") from None
    return part


def put(part: Path, final: Path) -> None:
    try:
        part.replace(final)
    except OSError as error:
        raise CannotWrite(final.parent, error.strerror or "not allowed") from None


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the system has a way to."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes) -> None:
    """Exchange the contents of a small file."""
    put(write_part(path, [data]), path)
    sync_folder(path.parent)
