"""Entries: opaque bytes with subjects, and how they are laid out where they are hashed and sealed."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import zstandard

from guvoh.archive.errors import BadSubject, Damaged, TooLarge
from guvoh.archive.merkle import LEAF

SALT_BYTES = 16
"""128 random bits hide an entry that could be guessed; they cannot be derived again once destroyed."""
MOST_BYTES = 8 << 20
"""The most that the entries of one segment weigh together, before they are compressed and sealed."""
_HEAD = len(LEAF) + SALT_BYTES
_SALTS_AT_ONCE = 1024
LENGTH_BYTES = 4
"""What the length of an entry takes in a box."""
_MOST_LEAF = MOST_BYTES - 2 * LENGTH_BYTES


NAMELESS = "nameless"
"""The key of an entry that names nobody: readers without identities may open it too."""


class Entry(NamedTuple):
    """One record on its way into a log.

    subjects  ids of what it speaks of (sources, mentions, records), so that an erasure finds every derived copy
    body      the record, opaque here
    key       the key it is sealed under: a source's; NAMELESS; or "" for the epoch's key of identities
    """

    subjects: tuple[str, ...]
    body: bytes
    key: str = ""


class Stored(NamedTuple):
    """One record as it lies in a log: `position` counts from 0 within the log."""

    log: str
    position: int
    subjects: tuple[str, ...]
    body: bytes


def salts() -> Iterator[bytes]:
    """Fresh random salts, drawn a thousand at a time: asking the system for each would cost half an append."""
    while True:
        drawn = os.urandom(SALT_BYTES * _SALTS_AT_ONCE)
        for start in range(0, len(drawn), SALT_BYTES):
            yield drawn[start : start + SALT_BYTES]


def head_line(subjects: Sequence[str]) -> bytes:
    """The subjects in one line, parted by single spaces."""
    line = " ".join(subjects)
    if not line.isascii() or not line.isprintable() or line.split() != list(subjects):
        raise BadSubject
    return line.encode() + b"\n"


def preimage(salt: bytes, head: bytes, body: bytes) -> bytes:
    """What is hashed as the leaf: a zero byte, the salt, the line of subjects, the body."""
    found = b"".join((LEAF, salt, head, body))
    if len(found) > _MOST_LEAF:
        raise TooLarge(len(body), MOST_BYTES)
    return found


def split(leaf: bytes | memoryview, where: str) -> tuple[tuple[str, ...], bytes]:
    """Subjects and body of a preimage."""
    whole = bytes(leaf)
    line, newline, body = whole[_HEAD:].partition(b"\n")
    if not (newline and whole.startswith(LEAF) and line.isascii()):
        raise Damaged(where, "an entry is not laid out as this format does")
    return tuple(line.decode("ascii").split()), body


def packed(preimages: Sequence[bytes]) -> bytes:
    """A box before sealing: count, lengths (big-endian, 4 bytes each), preimages one after another; zstd-compressed."""
    count = len(preimages)
    lengths = struct.pack(f">I{count}I", count, *map(len, preimages))
    return zstandard.ZstdCompressor(level=1).compress(b"".join((lengths, *preimages)))


def unpacked(box: bytes | memoryview, where: str) -> list[memoryview]:
    """The preimages of a box. Refuses one that would unfold to more than a segment may hold."""
    try:
        size = zstandard.frame_content_size(box)
        if not 0 <= size <= 2 * MOST_BYTES:
            raise Damaged(where, "a sealed part unfolds to more than a segment may hold")
        unfolded = zstandard.ZstdDecompressor().decompress(box, max_output_size=size, allow_extra_data=False)
        plain = memoryview(unfolded)
        (count,) = struct.unpack_from(">I", plain)
        lengths = struct.unpack_from(f">{count}I", plain, 4)
    except (zstandard.ZstdError, struct.error):
        raise Damaged(where, "a sealed part opens but cannot be unfolded") from None
    ends, found = 4 + 4 * count, []
    for length in lengths:
        found.append(plain[ends : ends + length])
        ends += length
    if ends != len(plain):
        raise Damaged(where, "a sealed part opens but its lengths do not add up")
    return found


def leaf_hashes(preimages: Sequence[bytes | memoryview]) -> list[bytes]:
    return [sha256(leaf).digest() for leaf in preimages]


def runs(positions: Sequence[int]) -> list[tuple[int, int]]:
    """Positions in order, as (first, count) of each unbroken run."""
    found: list[tuple[int, int]] = []
    for position in positions:
        if found and position == found[-1][0] + found[-1][1]:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((position, 1))
    return found


def positions(found: Sequence[tuple[int, int]]) -> Iterator[int]:
    for first, count in found:
        yield from range(first, first + count)
