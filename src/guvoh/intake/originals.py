"""Original files: taken in whole, once, and never followed anywhere else."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from guvoh.errors import GuvohError

MOST_BYTES = 256 << 20
"""The most that one file may have, as for the readers: it is held in memory while it is read and sealed."""

_KINDS = {
    stat.S_IFDIR: "it is a folder; name the files in it",
    stat.S_IFIFO: "it is a pipe, not a file",
    stat.S_IFSOCK: "it is a socket, not a file",
    stat.S_IFCHR: "it is a device, not a file",
    stat.S_IFBLK: "it is a device, not a file",
}


class NotTaken(GuvohError):
    """A file that could not be taken in. It is named as it was typed, and nothing of it was kept."""

    def __init__(self, typed: str, why: str) -> None:
        self.typed, self.why = typed, why
        super().__init__(f"{typed}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The bytes of a file and what its file system says of it.

    name      bytes of it that are no UTF-8 stand as \\xNN
    modified  in UTC, to the second
    """

    typed: str
    name: str
    data: bytes = field(repr=False)
    digest: str
    modified: datetime | None


def take(path: Path, typed: str) -> Original:
    """Read a file whole. Raises NotTaken for what is no ordinary file, cannot be read, is empty or too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise NotTaken(typed, _KINDS.get(stat.S_IFMT(status.st_mode), "it is not a file"))
            if status.st_size > MOST_BYTES:
                raise NotTaken(typed, f"it has more than {MOST_BYTES >> 20} MiB; split it")
            data = file.read(MOST_BYTES + 1)
    except IsADirectoryError:
        raise NotTaken(typed, _KINDS[stat.S_IFDIR]) from None
    except FileNotFoundError:
        raise NotTaken(typed, "there is no such file") from None
    except (OSError, ValueError) as error:
        raise NotTaken(typed, f"it cannot be read ({getattr(error, 'strerror', None) or 'bad name'})") from None
    if not data:
        raise NotTaken(typed, "it is empty")
    if len(data) > MOST_BYTES:
        raise NotTaken(typed, "it grew while it was read; try again")
    return Original(
        typed=typed,
        name=os.fsencode(path.name).decode("utf-8", "backslashreplace"),
        data=data,
        digest=f"sha256:{hashlib.sha256(data).hexdigest()}",
        modified=_moment(status.st_mtime),
    )


def _moment(seconds: float) -> datetime | None:
    """A file system can claim any time; one that no calendar has is not recorded."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
