"""Digests: names for bytes that nobody can give to other bytes."""

import hashlib
import re
from typing import BinaryIO, NewType

from guvoh.errors import GuvohError

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits."""

_BLOCK = 1 << 18  # bytes read at once
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class NotADigest(GuvohError):
    """A text that should be a digest is none."""

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__(
            f"a text of {length} characters is not a digest: write sha256: and then 64 digits of 0-9 and a-f"
        )


def sha256(data: bytes | bytearray | memoryview) -> Digest:
    """Digest bytes."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def of_file(fileobj: BinaryIO) -> Digest:
    """Digest a file opened for reading bytes, from where it stands to its end, without holding it in memory."""
    digest = hashlib.sha256()
    while block := fileobj.read(_BLOCK):
        digest.update(block)
    return Digest("sha256:" + digest.hexdigest())


def check(text: str) -> Digest:
    """Take a text as a digest. Raises NotADigest."""
    if _DIGEST.fullmatch(text) is None:
        raise NotADigest(len(text))
    return Digest(text)
