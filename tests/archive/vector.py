"""What a vector is: one file, one fact, its answer inside; and the examples that they are taken from."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from guvoh.sealing.boxes import Identity
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.passphrases import Cost

HERE = Path(__file__).parent / "vectors"
EXAMPLE = HERE / "example"
EXAMPLE_1 = HERE / "example-1"
"""An archive of format 1. It is never made again: no program writes a new one."""
PASSPHRASE = "quince lantern orchard teacup"
QUICK = Cost(memory=64, iterations=1, lanes=1)
BODIES = [b'{"said":"an invented letter"}', b'{"said":"a second page of it"}', b'{"judged":"nothing yet"}']
NAMELESS_BODY = b'{"counted":"two letters"}'
EVIDENCE = b"The letter itself, invented as well.\n"
SOURCE = Identity("AGE-SECRET-KEY-1T0YZUQTLAZP0WG6XJPWG5EPEX6YD5PZ672K9YZDY7RFQXYF3PGKQS82P39")
OTHER = Identity("AGE-SECRET-KEY-1GPYM85GU7Z9NU7DRQE3WEXMWWEPC8VD84LY0982Q3MMLV59FZA0QM5SRD2")

Vector = tuple[str, dict[str, Any]]


def right(name: str, fact: str, kind: str, given: dict[str, Any], answer: Any) -> Vector:
    return name, {"fact": fact, "kind": kind, "given": given, "answer": answer}


def wrong(name: str, fact: str, kind: str, given: dict[str, Any]) -> Vector:
    return name, {"fact": fact, "kind": kind, "given": given, "refused": True}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def signed_raw(signer: SigningKey, text: str, name: str) -> bytes:
    signature = signer.public.key_id(name) + signer._key.sign(text.encode())
    return f"{text}\n— {name} {b64(signature)}\n".encode()
