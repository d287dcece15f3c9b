"""Padding: sealed lengths that tell little about what is inside.

Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019,
section 4): a length is rounded up so that only its leading bits show. Overhead at most 12 %, less for large sizes.
"""

from __future__ import annotations

from guvoh.errors import GuvohError

LENGTH_BYTES = 8
SMALLEST = 256
"""Everything shorter looks alike: Padmé alone would show the length of a short note almost exactly."""


class BadPadding(GuvohError):
    """Opened bytes whose padding is not as written: damaged before sealing, or made by another program."""

    def __init__(self) -> None:
        super().__init__("a sealed part opens, but its padding is wrong: it was not written by this format")


def padme(length: int) -> int:
    """The padded length, in bytes, of a message of `length` bytes."""
    if length < SMALLEST:
        return SMALLEST
    exponent = length.bit_length() - 1
    kept = exponent.bit_length()
    mask = (1 << (exponent - kept)) - 1
    return (length + mask) & ~mask


def pad(data: bytes) -> bytes:
    """Put an 8-byte big-endian length before `data`, and zeros after it up to the Padmé length."""
    total = padme(LENGTH_BYTES + len(data))
    return len(data).to_bytes(LENGTH_BYTES) + data + bytes(total - LENGTH_BYTES - len(data))


def unpad(padded: bytes) -> memoryview:
    """The data inside. Refuses any other padding than `pad` writes, so that nothing can hide in it."""
    length = int.from_bytes(padded[:LENGTH_BYTES])
    end = LENGTH_BYTES + length
    if len(padded) < LENGTH_BYTES or len(padded) != padme(end) or padded.count(0, end) != len(padded) - end:
        raise BadPadding
    return memoryview(padded)[LENGTH_BYTES:end]
