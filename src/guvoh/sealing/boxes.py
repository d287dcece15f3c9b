"""Sealed boxes: bytes that only the holder of an identity can open (age, X25519 recipients).

Source: age-encryption.org/v1; library: pyrage (the Rust implementation, rage).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

import pyrage
from pyrage import x25519

from guvoh.errors import GuvohError


class CannotOpen(GuvohError):
    """Sealed bytes that no key at hand opens, or that were changed."""


class Recipient:
    """The public half: seals, opens nothing."""

    __slots__ = ("_key", "text")

    def __init__(self, text: str) -> None:
        try:
            self._key = x25519.Recipient.from_str(text)
        except pyrage.RecipientError:
            raise CannotOpen("a public key is not a valid age recipient; the file that holds it is damaged") from None
        self.text = text

    def seal(self, data: bytes) -> bytes:
        return bytes(pyrage.encrypt(data, [self._key]))

    def seal_stream(self, reader: BinaryIO, writer: BinaryIO) -> None:
        """Seal from one stream into another, in chunks of 64 KiB. What a stream raises comes through as it is."""
        seal_stream_to([self], reader, writer)


def seal_stream_to(recipients: Sequence[Recipient], reader: BinaryIO, writer: BinaryIO) -> None:
    """Seal from one stream into another, so that each of these recipients opens it."""
    source, sink = _Heard(reader), _Heard(writer)
    try:
        pyrage.encrypt_io(source, sink, [recipient._key for recipient in recipients])
    except pyrage.EncryptError:
        raise (source.raised or sink.raised or OSError("sealing failed")) from None


class Identity:
    """The secret half: opens what was sealed to its recipient. Its text never leaves memory unsealed."""

    __slots__ = ("_key", "recipient")

    def __init__(self, text: str) -> None:
        try:
            self._key = x25519.Identity.from_str(text)
        except pyrage.IdentityError:
            raise CannotOpen("a secret key is not a valid age identity; the file that holds it is damaged") from None
        self.recipient = Recipient(str(self._key.to_public()))

    @classmethod
    def generate(cls) -> Identity:
        return cls(str(x25519.Identity.generate()))

    @property
    def text(self) -> str:
        return str(self._key)

    def __repr__(self) -> str:
        return f"Identity({self.recipient.text})"

    def open(self, sealed: bytes) -> bytes:
        try:
            return bytes(pyrage.decrypt(sealed, [self._key]))
        except (pyrage.DecryptError, ValueError):
            raise CannotOpen("sealed bytes do not open with this key: another key's, or changed") from None

    def open_stream(self, reader: BinaryIO, writer: BinaryIO) -> None:
        """Open from one stream into another. What was written before a fault is not to be used."""
        source, sink = _Heard(reader), _Heard(writer)
        try:
            pyrage.decrypt_io(source, sink, [self._key])
        except (pyrage.DecryptError, ValueError, OSError):
            if source.raised or sink.raised:
                raise (source.raised or sink.raised or OSError()) from None
            raise CannotOpen("sealed bytes do not open with this key: another key's, cut short, or changed") from None


class _Heard(io.RawIOBase):
    """A stream that remembers what went wrong in it: the library below turns every fault into one of its own."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.raised: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except BaseException as problem:
            self.raised = problem
            raise

    def write(self, data: bytes) -> int:  # type: ignore[override]
        try:
            return self._stream.write(data)
        except BaseException as problem:
            self.raised = problem
            raise
