"""A reader as ours is, but that a file whose first line names a deed takes over. Runs inside the confined process."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from guvoh.intake.found import Rows, encode
from guvoh.intake.readers import files as readers
from guvoh.records.people import Mention


class _Rest:
    """A stream from which the first bytes were taken already."""

    def __init__(self, first: bytes, data: BinaryIO) -> None:
        self._first, self._data = first, data

    def read(self, size: int = -1) -> bytes:
        found, self._first = self._first, b""
        return found or self._data.read(size)


def read(request: bytes, data: BinaryIO) -> Iterator[bytes]:
    first = data.read(4096)
    deed, _, argument = first.partition(b"\n")[0].decode("utf-8", "replace").partition(" ")
    if deed in _DEEDS:
        yield from _DEEDS[deed](argument)
    yield from readers.read(request, _Rest(first, data))  # type: ignore[arg-type]


def prepare() -> None:
    getattr(readers, "prepare", lambda: None)()


def _loop(argument: str) -> Iterator[bytes]:
    while True:
        pass


def _sleep(argument: str) -> Iterator[bytes]:
    import time

    time.sleep(3600)
    yield b""


def _eat(argument: str) -> Iterator[bytes]:
    held = [bytearray(1 << 24) for _ in range(1 << 12)]
    yield bytes(len(held))


def _connect(argument: str) -> Iterator[bytes]:
    with socket.create_connection(("127.0.0.1", int(argument)), timeout=2) as line:
        line.send(b"secret")
    yield b""


def _write(argument: str) -> Iterator[bytes]:
    Path(argument).write_bytes(b"written by a reader")
    yield b""


def _look(argument: str) -> Iterator[bytes]:
    yield Path(argument).read_bytes()


def _run(argument: str) -> Iterator[bytes]:
    subprocess.run([argument], check=True)
    yield b""


def _end(argument: str) -> Iterator[bytes]:
    if argument == "":
        os._exit(0)
    yield b""


def _nonsense(argument: str) -> Iterator[bytes]:
    yield b"\xff\xff no message of ours"


def _rows_out_of_order(argument: str) -> Iterator[bytes]:
    yield encode(Rows(rows=[Mention(id="s-0.7", source="s-0", row=7, cells=("x",))]))


def _flood(argument: str) -> Iterator[bytes]:
    row = Mention(id="s-0.1", source="s-0", row=1, cells=("x" * 1000,))
    while True:
        yield encode(Rows(rows=[row] * 100))


_DEEDS = {
    "loop": _loop,
    "sleep": _sleep,
    "eat": _eat,
    "connect": _connect,
    "write": _write,
    "look": _look,
    "run": _run,
    "end": _end,
    "nonsense": _nonsense,
    "disorder": _rows_out_of_order,
    "flood": _flood,
}
