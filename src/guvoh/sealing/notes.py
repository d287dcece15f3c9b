"""Signed notes: a short text and the Ed25519 signatures under it.

Source: C2SP signed-note (c2sp.org/signed-note), signature type 0x01; signatures: RFC 8032 by `cryptography`. Stricter
on purpose: one signature, written in the one canonical way, so that no byte of a note can be changed unseen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from guvoh.errors import GuvohError

_MARK = "— "
_ED25519 = b"\x01"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NAME = re.compile(r"[^\s+]+")


class BadNote(GuvohError):
    """A note that is not signed as it should be. `why` says what is wrong in plain words."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a signed note is not valid: {why}")


class VerifyKey:
    """An Ed25519 public key, as 64 hexadecimal digits where it is written."""

    __slots__ = ("_key", "text")

    def __init__(self, text: str) -> None:
        try:
            raw = bytes.fromhex(text)
            self._key = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise BadNote("a public key is not 64 hexadecimal digits") from None
        self.text = raw.hex()
        if self.text != text:
            raise BadNote("a public key is not written in lower-case digits alone")

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def key_id(self, name: str) -> bytes:
        """The four bytes that say which key of that name signed (signed-note, "Signatures")."""
        return hashlib.sha256(name.encode() + b"\n" + _ED25519 + bytes.fromhex(self.text)).digest()[:4]


class SigningKey:
    """An Ed25519 secret key, as 64 hexadecimal digits where it is sealed."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = VerifyKey(self._key.public_key().public_bytes_raw().hex())

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def seed(self) -> bytes:
        return self._key.private_bytes_raw()

    def __repr__(self) -> str:
        return f"SigningKey({self.public.text})"

    def note(self, text: str, name: str) -> str:
        """The text, an empty line, and this key's signature under that name.

        text  must end with a newline; name  no space, no plus sign, not empty
        """
        _check_text(text)
        if not _NAME.fullmatch(name):
            raise BadNote("the name of its signer is empty or holds a blank or a plus sign")
        signature = self.public.key_id(name) + self._key.sign(text.encode())
        return f"{text}\n{_MARK}{name} {base64.b64encode(signature).decode()}\n"


def opened(note: bytes, key: VerifyKey, name: str) -> str:
    """The text of a note that this key, and no other, signed under this name; anything else is refused."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise BadNote("it is not UTF-8") from None
    text, gap, line = whole.rpartition("\n\n")
    if not gap:
        raise BadNote("it has no signature")
    text += "\n"
    _check_text(text)
    signature = _signature(line, name)
    if signature[:4] != key.key_id(name) or not key.verifies(signature[4:], text.encode()):
        raise BadNote("no signature of the expected key is under it, or its text was changed")
    return text


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise BadNote("its text does not end with a newline")
    if _CONTROL.search(text):
        raise BadNote("its text holds a control character")


def _signature(line: str, name: str) -> bytes:
    """What stands in the one signature line: four bytes of key id, then the signature."""
    front = f"{_MARK}{name} "
    encoded = line[len(front) : -1]
    if line != f"{front}{encoded}\n":
        raise BadNote("what stands under its text is not one signature of the expected name")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("its signature is not base64") from None
    if base64.b64encode(raw).decode() != encoded:
        raise BadNote("its signature is not written in the canonical way")
    return raw
