"""JSON in the one form that the format allows (docs/spec/archive.md, section 2), so that no byte can change unseen."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec

Kind = TypeVar("Kind")


class NotTheForm(Exception):
    """Bytes that are not JSON of the expected kind, or are spelled in another way."""


_encoder = msgspec.json.Encoder(order="sorted")


def written(value: Any) -> bytes:
    return _encoder.encode(value)


def read(data: bytes | memoryview, kind: type[Kind]) -> Kind:
    """The value, if writing it again gives these bytes; raises NotTheForm otherwise."""
    try:
        found = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NotTheForm from None
    if written(found) != data:
        raise NotTheForm
    return found


def sha256(data: bytes) -> str:
    """The digest as control entries and key files write it: 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
