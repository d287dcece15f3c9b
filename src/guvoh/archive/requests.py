"""Requests to join: what a device that is not admitted yet says of itself, and how it is checked."""

from __future__ import annotations

from typing import Annotated

import msgspec

from guvoh.archive import forms
from guvoh.archive.control import Id, key_id, note_name
from guvoh.archive.errors import NotAllowed
from guvoh.sealing.boxes import CannotOpen, Recipient
from guvoh.sealing.notes import BadNote, SigningKey, VerifyKey, opened
from guvoh.sealing.passphrases import Lock

_MOST_LOCK = 64 << 10
"""No key file comes near; a larger one would not be read again."""


class BadRequest(NotAllowed):
    """A request to join that is none, or is of another archive."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is no request to join this archive: {why}")


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="request", tag="join"):
    """A device asks to be admitted, for a member who is one already or for a new one. Signed by the member's key.

    identity  the SHA-256 of the member's key file, which lies beside the request; "" where the archive has it
    lock      that key file
    """

    archive: Id
    signer: Id
    verify: str
    recipient: str
    device: Id
    device_verify: str
    identity: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""
    lock: bytes = b""


_encoder = msgspec.json.Encoder(order="sorted")


def text_of(request: Request) -> str:
    return _encoder.encode(request).decode() + "\n"


def signed(request: Request, key: SigningKey) -> bytes:
    """The request as it lies in a file: a note signed by the member whom it names."""
    return key.note(text_of(request), note_name(request.archive, request.signer)).encode()


def read_request(note: bytes, archive: str) -> Request:
    """A request, if it is whole and signed by whom it names. Raises BadRequest."""
    try:
        request = msgspec.json.decode(note.partition(b"\n")[0], type=Request)
        text = opened(note, VerifyKey(request.verify), note_name(request.archive, request.signer))
        right = (
            text == text_of(request),
            request.archive == archive,
            request.signer == key_id("m", VerifyKey(request.verify)),
            request.device == key_id("d", VerifyKey(request.device_verify)),
            request.identity == (forms.sha256(request.lock) if request.lock else ""),
            len(request.lock) <= _MOST_LOCK,
        )
        Recipient(request.recipient)
        if request.lock:
            forms.read(request.lock, Lock)
    except (msgspec.MsgspecError, UnicodeDecodeError, forms.NotTheForm):
        raise BadRequest("it is not of this form") from None
    except BadNote as bad:
        raise BadRequest(bad.why) from None
    except CannotOpen:
        raise BadRequest("its public key for sealing is not one") from None
    if not all(right):
        raise BadRequest("it is of another archive, or its parts do not belong together")
    return request


def fingerprint(note: bytes) -> bytes:
    """What two people compare by voice before one admits the other: 32 bytes, of which words are made."""
    return bytes.fromhex(forms.sha256(note))
