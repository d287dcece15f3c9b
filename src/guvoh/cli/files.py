"""Small files that a person names: a request to join, a sheet."""

from __future__ import annotations

from pathlib import Path

from guvoh.errors import GuvohError

_MOST_BYTES = 256 << 10


class BadFile(GuvohError):
    """A file that cannot be read or written. `why` says it in plain words."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}")


def content(path: Path) -> bytes:
    """All of it. Raises BadFile, also where it is longer than what is asked for could be."""
    try:
        if not path.is_file():
            raise BadFile(path, "there is no such file")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadFile(path, f"it cannot be read ({error.strerror})") from None
    if len(data) > _MOST_BYTES:
        raise BadFile(path, "it is too large to be what is asked for")
    return data
