"""Sealed boxes: only the one identity opens them, and nothing changed is opened."""

import io

import pyrage
import pytest

from guvoh.sealing.boxes import CannotOpen, Identity, Recipient

MINE, OTHER = Identity.generate(), Identity.generate()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 300_000])
def test_what_is_sealed_opens_again(size: int) -> None:
    data = b"x" * size
    assert MINE.open(MINE.recipient.seal(data)) == data


def test_a_stream_sealed_opens_like_bytes() -> None:
    sealed = io.BytesIO()
    MINE.recipient.seal_stream(io.BytesIO(b"x" * 200_000), sealed)
    assert MINE.open(sealed.getvalue()) == b"x" * 200_000


def test_another_identity_opens_nothing() -> None:
    with pytest.raises(CannotOpen):
        OTHER.open(MINE.recipient.seal(b"secret"))


def test_a_changed_byte_opens_nothing() -> None:
    sealed = MINE.recipient.seal(b"secret")
    for at in range(len(sealed)):
        with pytest.raises(CannotOpen):
            MINE.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])


@pytest.mark.parametrize("data", [b"", b"x", b"age-encryption.org/v1\n", b"\xff" * 1000])
def test_bytes_that_are_not_age_open_to_nothing(data: bytes) -> None:
    with pytest.raises(CannotOpen):
        MINE.open(data)


def test_what_was_sealed_with_a_passphrase_does_not_ask_for_one() -> None:
    with pytest.raises(CannotOpen):
        MINE.open(pyrage.passphrase.encrypt(b"x", "a passphrase"))


@pytest.mark.parametrize("text", ["", "age1", "AGE-SECRET-KEY-1", OTHER.text, OTHER.recipient.text[:-1]])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(CannotOpen):
        Recipient(text)


@pytest.mark.parametrize("text", ["", "age1", "AGE-SECRET-KEY-1", OTHER.recipient.text, OTHER.text[:-1]])
def test_what_is_no_identity_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(CannotOpen) as refused:
        Identity(text)
    assert not text or text not in str(refused.value)


def test_an_identity_does_not_show_itself() -> None:
    assert MINE.text not in repr(MINE)
    assert MINE.recipient.text in repr(MINE)


class Full(io.BytesIO):
    def write(self, data: object) -> int:
        raise OSError(28, "No space left on device")


class Gone(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise KeyError("the stick was pulled out")


def test_what_a_stream_raises_comes_through() -> None:
    with pytest.raises(OSError, match="No space left"):
        MINE.recipient.seal_stream(io.BytesIO(b"x" * 100_000), Full())
    with pytest.raises(KeyError, match="stick"):
        MINE.recipient.seal_stream(Gone(), io.BytesIO())
