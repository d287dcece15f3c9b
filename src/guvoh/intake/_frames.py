"""Frames on the pipe from a confined reader: a length, a kind, and that many bytes."""

import os
import struct
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import BinaryIO, Final

import msgspec

HEAD: Final = struct.Struct("<IB")  # length of the body in bytes, kind
LONGEST: Final = 2**32 - 1


class Kind(IntEnum):
    """What a frame says. Every reading ends with one that is not MESSAGE; a pipe that just ends was cut off."""

    MESSAGE = 1
    END = 2
    REFUSED = 3  # the reader says why it cannot read the file: a Refusal
    MEMORY = 4
    FORBIDDEN = 5  # an error showed that the reader tried what the walls forbid
    FAILED = 6  # a fault of the reader: where it happened, no content
    WALLS = 7  # the walls could not be raised as they were at the start


_KINDS: Final = frozenset(int(kind) for kind in Kind)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A reader's own error on its way to the parent, who trusts none of the three."""

    error: str
    code: str
    reason: str


class BadFrame(Exception):
    """The bytes are no frames, or a frame is longer than agreed (`too_long`)."""

    def __init__(self, *, too_long: bool) -> None:
        self.too_long = too_long
        super().__init__("the frame is too long" if too_long else "there is no such kind of frame")


def split(chunks: Iterable[bytes], *, longest: int) -> Iterator[tuple[Kind, bytes]]:
    """Cut a stream, in whatever pieces it comes, into frames; an unfinished last one is dropped.

    Raises BadFrame. Holds at most one frame and one chunk.
    """
    held = bytearray()
    for chunk in chunks:
        held += chunk
        at = 0
        while (frame := _frame(held, at, longest)) is not None:
            yield frame
            at += HEAD.size + len(frame[1])
        del held[:at]


def _frame(held: bytearray, at: int, longest: int) -> tuple[Kind, bytes] | None:
    """The whole frame that begins at `at`, None while some of it is still to come."""
    start = at + HEAD.size
    if len(held) < start:
        return None
    length, kind = HEAD.unpack_from(held, at)
    if length > longest:
        raise BadFrame(too_long=True)
    if kind not in _KINDS:
        raise BadFrame(too_long=False)
    if len(held) < start + length:
        return None
    with memoryview(held) as view:  # a slice of the bytearray itself would copy twice
        return Kind(kind), bytes(view[start : start + length])


def put(pipe: int, kind: Kind, body: bytes = b"") -> None:
    """Write one frame; waits while the pipe is full."""
    if len(body) > LONGEST:
        raise ValueError("a message of a reader may be at most 4 GiB long")
    write_all(pipe, HEAD.pack(len(body), kind))
    write_all(pipe, body)


def write_all(pipe: int, data: bytes | memoryview) -> None:
    """Write every byte, however little the pipe takes at a time."""
    with memoryview(data) as view:
        at = 0
        while at < len(view):
            at += os.write(pipe, view[at:])


def take(source: BinaryIO) -> bytes:
    """Read the frame that opens the input of a reader: the request. Raises EOFError where it is cut off."""
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError("the request is cut off")
    length, _ = HEAD.unpack(head)
    body = source.read(length)
    if len(body) < length:
        raise EOFError("the request is cut off")
    return body
