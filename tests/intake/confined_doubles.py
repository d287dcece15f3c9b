"""Readers that misbehave, one deed each: the request names the deed. Runs inside the confined process."""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from guvoh.errors import GuvohError

PREPARED: list[str] = []


class Unreadable(GuvohError):
    def __init__(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(reason)


def prepare() -> None:
    PREPARED.append("once")


def read(request: bytes, data: BinaryIO) -> Iterator[bytes]:
    deed, _, argument = request.decode().partition(" ")
    yield from _DEEDS[deed](argument, data)


def _deed(does: Callable[[str], Any]) -> Callable[[str, BinaryIO], Iterator[bytes]]:
    """A deed that is over when it is done: one message first, one with the outcome after."""

    def run(argument: str, data: BinaryIO) -> Iterator[bytes]:
        yield b"before"
        yield str(does(argument)).encode()

    return run


def _echo(argument: str, data: BinaryIO) -> Iterator[bytes]:
    while chunk := data.read(1 << 16):
        yield chunk


def _first(argument: str, data: BinaryIO) -> Iterator[bytes]:
    yield data.read(int(argument))


def _length(argument: str, data: BinaryIO) -> Iterator[bytes]:
    yield str(len(data.read())).encode()


def _flood(argument: str, data: BinaryIO) -> Iterator[bytes]:
    while True:
        yield bytes(1 << 16)


def _blocks(argument: str, data: BinaryIO) -> Iterator[bytes]:
    block = bytes(1 << 16)
    for _ in range(int(argument)):
        yield block


def _huge_message(argument: str, data: BinaryIO) -> Iterator[bytes]:
    yield bytes(int(argument))


def _loop(argument: str) -> None:
    while True:
        pass


def _loop_deaf(argument: str) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    _loop(argument)


def _eat(argument: str) -> int:
    held = [bytearray(1 << 24) for _ in range(1 << 12)]
    return len(held)


def _eat_and_wrap(argument: str) -> None:
    try:
        _eat(argument)
    except MemoryError:
        raise Unreadable("bad", "wrapped") from None


def _eat_in_c(argument: str) -> int:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    return sum(1 for _ in range(1 << 12) if libc.malloc(ctypes.c_size_t(1 << 24)))


def _connect(argument: str) -> None:
    with socket.create_connection(("127.0.0.1", int(argument)), timeout=2) as line:
        line.send(b"secret")


def _append(argument: str) -> None:
    with open(argument, "ab") as file:
        file.write(b"x")


def _overwrite_in_place(argument: str) -> None:
    with open(argument, "r+b") as file:
        file.write(b"x")


def _wait(argument: str) -> None:
    subprocess.run([argument], check=True)


def _fork(argument: str) -> None:
    while True:
        os.fork()


def _thread(argument: str) -> None:
    thread = threading.Thread(target=time.sleep, args=(0,))
    thread.start()
    thread.join()


def _raw_call(argument: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return int(libc.syscall(*(int(part) for part in argument.split())))


def _raise(argument: str) -> None:
    raise ValueError(argument)


def _refuse(argument: str) -> None:
    raise Unreadable("empty", argument)


def _quote(argument: str) -> None:
    raise Unreadable(argument, "a code may not carry content")


def _swallow(argument: str, data: BinaryIO) -> Iterator[bytes]:
    try:
        Path(argument).read_bytes()
    except PermissionError:
        yield b"denied"


def _descriptors(argument: str) -> list[int]:
    open_ones = []
    for number in range(64):
        try:
            os.fstat(number)
        except OSError:
            continue
        open_ones.append(number)
    return open_ones


def _printed(argument: str) -> None:
    print("not a frame", flush=True)
    print("not a frame", file=sys.stderr, flush=True)


_DEEDS: dict[str, Callable[[str, BinaryIO], Iterator[bytes]]] = {
    "echo": _echo,
    "first": _first,
    "length": _length,
    "flood": _flood,
    "blocks": _blocks,
    "huge-message": _huge_message,
    "swallow": _swallow,
    "loop": _deed(_loop),
    "loop-deaf": _deed(_loop_deaf),
    "sleep": _deed(lambda _: time.sleep(3600)),
    "eat": _deed(_eat),
    "eat-and-wrap": _deed(_eat_and_wrap),
    "eat-in-c": _deed(_eat_in_c),
    "socket": _deed(lambda _: socket.socket()),
    "unix-socket": _deed(lambda _: socket.socketpair()),
    "connect": _deed(_connect),
    "write": _deed(lambda path: Path(path).write_bytes(b"x")),
    "append": _deed(_append),
    "overwrite": _deed(_overwrite_in_place),
    "make-folder": _deed(os.mkdir),
    "delete": _deed(os.unlink),
    "rename": _deed(lambda path: os.rename(path, path + ".moved")),
    "truncate": _deed(lambda path: os.truncate(path, 0)),
    "link": _deed(lambda path: os.symlink("/etc", path)),
    "permit": _deed(lambda path: os.chmod(path, 0o777)),
    "peek": _deed(lambda path: Path(path).read_bytes()),
    "list": _deed(os.listdir),
    "exec": _deed(lambda path: os.execv(path, [path])),
    "run": _deed(_wait),
    "fork": _deed(_fork),
    "thread": _deed(_thread),
    "signal": _deed(lambda pid: os.kill(int(pid), signal.SIGTERM)),
    "signal-group": _deed(lambda _: os.kill(0, signal.SIGTERM)),
    "call": _deed(_raw_call),
    "segfault": _deed(lambda _: ctypes.string_at(0)),
    "abort": _deed(lambda _: os.abort()),
    "exit": _deed(lambda _: os._exit(0)),
    "sys-exit": _deed(lambda _: sys.exit(0)),
    "raise": _deed(_raise),
    "refuse": _deed(_refuse),
    "quote": _deed(_quote),
    "environment": _deed(lambda _: dict(os.environ)),
    "arguments": _deed(lambda _: sys.argv),
    "descriptors": _deed(_descriptors),
    "print": _deed(_printed),
    "pid": _deed(lambda _: os.getpid()),
    "parent": _deed(lambda _: os.getppid()),
    "prepared": _deed(lambda _: PREPARED),
    "raise-limits": _deed(lambda which: resource.setrlimit(int(which), (1 << 40, 1 << 40))),
}
