"""Evidence: original files, sealed under the key of their source, with random names and padded sizes."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from guvoh.archive import segments
from guvoh.archive.errors import Damaged
from guvoh.archive.files import PART, make_private, new_file, opened_file, read_file
from guvoh.sealing.boxes import CannotOpen, Identity, Recipient
from guvoh.sealing.padding import LENGTH_BYTES, BadPadding, padme, unpad

_CHUNK = 1 << 20


class _Padded(io.RawIOBase):
    """A stream with its length before it and zeros after it, as `guvoh.sealing.padding.pad` lays bytes out."""

    def __init__(self, data: BinaryIO, size: int) -> None:
        self._front = size.to_bytes(LENGTH_BYTES)
        self._data, self._left = data, size
        self._zeros = padme(LENGTH_BYTES + size) - LENGTH_BYTES - size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = _CHUNK if size < 0 else size
        if self._front:
            found, self._front = self._front[:wanted], self._front[wanted:]
            return found
        if self._left:
            found = self._data.read(min(wanted, self._left))
            if not found:
                raise OSError("the file became shorter while it was read")
            self._left -= len(found)
            return found
        found = bytes(min(wanted, self._zeros))
        self._zeros -= len(found)
        return found


class _Hashed(io.RawIOBase):
    """Passes bytes on and remembers their digest and number."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)


class EvidenceFolder:
    def __init__(self, archive_folder: Path) -> None:
        self.path = archive_folder / "evidence"

    def part(self, name: str, device: str) -> Path:
        """Where a device keeps a file until its batch is committed. The next batch of the same device removes it."""
        return self.path / f"{name}.{device}{PART}"

    def parts(self, device: str) -> list[Path]:
        ending = f".{device}{PART}"
        names = os.listdir(self.path) if self.path.is_dir() else ()
        return sorted(self.path / name for name in names if name.endswith(ending))

    def write_part(self, data: BinaryIO, size: int, recipient: Recipient, device: str) -> segments.Evidence:
        """Seal `size` bytes of `data` beside their final place."""
        make_private(self.path)
        name = base64.b32encode(os.urandom(17)).decode().lower()[:26]
        with new_file(self.part(name, device)) as file:
            sealed = _Hashed(file)
            recipient.seal_stream(_Padded(data, size), sealed)  # type: ignore[arg-type]
        return segments.Evidence(name=name, sha256=sealed.digest.hexdigest(), size=sealed.size)

    def open(self, evidence: segments.Evidence, identity: Identity) -> bytes:
        """The original bytes. Raises Damaged where the sealed file is gone or changed."""
        where = f"evidence/{evidence.name}"
        try:
            sealed = read_file(self.path / evidence.name, evidence.size)
        except OSError as error:
            raise _unreadable(where, error) from None
        _require(hashlib.sha256(sealed).hexdigest() == evidence.sha256, where)
        try:
            return bytes(unpad(identity.open(sealed)))
        except (CannotOpen, BadPadding) as problem:
            raise Damaged(where, f"a file of evidence does not open ({problem})") from None

    def check(self, evidence: segments.Evidence) -> None:
        """Raise Damaged unless the sealed file is there as it was written."""
        where = f"evidence/{evidence.name}"
        try:
            with opened_file(self.path / evidence.name) as file:
                _require(os.fstat(file.fileno()).st_size == evidence.size, where)
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(where, error) from None
        _require(found == evidence.sha256, where)

    def has(self, name: str) -> bool:
        return (self.path / name).exists()

    def names(self) -> Iterator[str]:
        """Everything that lies in the folder."""
        if self.path.is_dir():
            yield from sorted(entry.name for entry in os.scandir(self.path))


def _unreadable(where: str, error: OSError) -> Damaged:
    return Damaged(where, f"a file of evidence cannot be read ({error.strerror})")


def _require(as_sealed: bool, where: str) -> None:
    if not as_sealed:
        raise Damaged(where, "a file of evidence is not what was sealed")
