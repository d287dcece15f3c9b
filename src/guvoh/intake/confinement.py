"""Readers of foreign files, each in a process of its own, without keys, network or write access, and within limits.

    with Confined() as confined:
        for path in paths:
            with path.open("rb") as data:
                for message in confined.run(request, data):
                    ...

What the parent gets back is bytes from a process that a hostile file may have taken over: decode and check them. Why
and how it is built: docs/decisions/confinement.md.
"""

import os
import re
import signal
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, NoReturn, Self

import msgspec

from guvoh.errors import GuvohError
from guvoh.intake import _frames
from guvoh.intake._frames import BadFrame, Kind, Refusal
from guvoh.intake._keepers import CAN_FORK, CHUNK, MIB, Ended, Forking, Limits, NoReaders, Running, Spawning, Starter

__all__ = ["Confined", "Limits", "ReaderStopped", "ReaderRefused", "NoReaders", "Why"]

_SECONDS_FOR_FEEDER = 5

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_CODE = re.compile(r"[a-z0-9][a-z0-9_. -]{0,60}|")
_LONGEST_REASON = 300


class Why(StrEnum):
    """What stopped a reader."""

    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    FORBIDDEN = "forbidden"
    CRASHED = "crashed"


_MESSAGES: Final = {
    Why.TIME: "reading took too long and was stopped ({detail}); split the file or save it in a simpler form",
    Why.MEMORY: "reading needed too much memory and was stopped ({detail}); "
    "split the file or save it in a simpler form",
    Why.OUTPUT: "reading gave far more than a file of its kind should and was stopped ({detail}); "
    "split the file or save it in a simpler form",
    Why.FORBIDDEN: "reading was stopped because the reader tried what it may not do ({detail}); the file may be "
    "built to attack: do not open it with other programs, and ask somebody who examines such files",
    Why.CRASHED: "the reader failed ({detail}); the file may be damaged: save it anew, or report the fault without it",
}


class ReaderStopped(GuvohError):
    """A reader did not come to its end. Other files can be read as before."""

    def __init__(self, why: Why, detail: str) -> None:
        self.why, self.detail = why, detail
        super().__init__(_MESSAGES[why].format(detail=detail))


class ReaderRefused(GuvohError):
    """A reader says that it cannot read the file: `error` is its class, `code` its short reason or ""."""

    def __init__(self, error: str, code: str, reason: str) -> None:
        self.error, self.code, self.reason = error, code, reason
        super().__init__(f"the file cannot be read: {reason}")


class Confined:
    """Runs readers in confinement. One for each command; may be used by several threads.

    entry  "module:function"; the function takes a request and an unseekable stream and yields messages. It is
           imported in the confined process, never here. A `prepare` function of that module is called there once
    path   folders of further modules, for readers that are not installed; readers can read what lies in them
    forks  False starts a new interpreter for each file, as is done where the system cannot fork
    """

    def __init__(
        self,
        entry: str = "guvoh.intake.readers.files:read",
        limits: Limits | None = None,
        *,
        path: Sequence[Path] = (),
        forks: bool = CAN_FORK,
    ) -> None:
        self._limits = limits or Limits()
        places = [str(place.resolve()) for place in path]
        self._starter: Starter = Forking(entry, places) if forks else Spawning(entry, places)

    def __enter__(self) -> Self:
        """Start the process, without waiting for it: its imports go on beside whatever the caller does next."""
        self._starter.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process and every reader in it."""
        self._starter.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """The protections this system cannot give, in plain words: tell them to the user."""
        return self._starter.missing()

    def run(
        self, request: bytes, data: BinaryIO | bytes, *, limits: Limits | None = None
    ) -> Generator[bytes, None, None]:
        """Read one file: yields the messages of the reader, as they come and no faster than they are taken.

        Raises ReaderStopped or ReaderRefused, also after some messages: only a run that ends without an error is
        whole. Errors from `data.read` are raised as they are; another thread calls it until the run ends. Close the
        iterator, or let it go, to stop the reader early.
        """
        limits = limits or self._limits
        running = self._starter.start(limits)
        feeder = _Feeder(request, data, running)
        try:
            feeder.start()
            for kind, body in self._frames(running, limits):
                if kind is Kind.MESSAGE:
                    yield body
                    continue
                feeder.check()
                if kind is Kind.END:
                    return
                _raise_said(kind, body, limits)
            feeder.check()
            _raise_ended(running.ended(), limits)
        finally:
            running.stop()
            feeder.join(_SECONDS_FOR_FEEDER)
            running.close()

    @staticmethod
    def _frames(running: Running, limits: Limits) -> Iterator[tuple[Kind, bytes]]:
        try:
            yield from _frames.split(_chunks(running, limits), longest=limits.message)
        except BadFrame as error:
            if error.too_long:
                raise ReaderStopped(Why.OUTPUT, f"one message over {_size(limits.message)}") from None
            raise ReaderStopped(Why.CRASHED, "it spoke nonsense") from None


def _chunks(running: Running, limits: Limits) -> Iterator[bytes]:
    """The output of a reader as it comes, within the limits of time and size."""
    seconds, room = limits.seconds, limits.output
    while True:
        began = time.monotonic()
        chunk = running.take(max(seconds, 0))
        seconds -= time.monotonic() - began
        if chunk is None:
            raise ReaderStopped(Why.TIME, f"over {limits.seconds:g} seconds")
        if not chunk:
            return
        room -= len(chunk)
        if room < 0:
            raise ReaderStopped(Why.OUTPUT, f"over {_size(limits.output)}")
        yield chunk


def _raise_said(kind: Kind, body: bytes, limits: Limits) -> NoReturn:
    """Raise what the last frame of a reader says, believing as little of it as possible."""
    if kind is Kind.REFUSED:
        raise _refused(body)
    if kind is Kind.MEMORY:
        raise ReaderStopped(Why.MEMORY, f"over {_size(limits.memory)}")
    if kind is Kind.FORBIDDEN:
        raise ReaderStopped(Why.FORBIDDEN, "it was denied a file or a call of the system")
    if kind is Kind.WALLS:
        raise ReaderStopped(Why.CRASHED, "its confinement could not be set up")
    raise ReaderStopped(Why.CRASHED, _plain(body.decode("utf-8", "replace"), 100))


def _refused(body: bytes) -> GuvohError:
    try:
        said = msgspec.msgpack.decode(body, type=Refusal)
    except msgspec.DecodeError:
        return ReaderStopped(Why.CRASHED, "it spoke nonsense")
    if not _NAME.fullmatch(said.error) or not _CODE.fullmatch(said.code):
        return ReaderStopped(Why.CRASHED, "it spoke nonsense")
    return ReaderRefused(said.error, said.code, _plain(said.reason, _LONGEST_REASON))


def _plain(text: str, longest: int) -> str:
    """One line that cannot play tricks on a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:longest]).strip()


def _raise_ended(ended: Ended | None, limits: Limits) -> NoReturn:
    """Raise for a reader that died without a last word."""
    if ended is None:
        raise ReaderStopped(Why.CRASHED, "the process that keeps it has died")
    by = _signal_name(ended.code)
    if by == "SIGSYS":
        raise ReaderStopped(Why.FORBIDDEN, "it called what only an attack would: network, programs, other processes")
    if by == "SIGXCPU" or (by == "SIGKILL" and ended.cpu_seconds >= limits.cpu_seconds):
        raise ReaderStopped(Why.TIME, f"over {limits.cpu_seconds} seconds of processor time")
    if by == "SIGKILL":
        raise ReaderStopped(Why.CRASHED, "killed by the system, most often because memory ran out")
    raise ReaderStopped(Why.CRASHED, f"ended by {by}" if by else "it stopped before it was done")


def _signal_name(code: int) -> str | None:
    try:
        return signal.Signals(-code).name if code < 0 else None
    except ValueError:
        return f"signal {-code}"


def _size(count: int) -> str:
    return f"{count / MIB:,.0f} MiB" if count >= MIB else f"{count:,} bytes"


class _Feeder(threading.Thread):
    """Writes the request and the file to a reader, so that neither side waits for the other for ever."""

    def __init__(self, request: bytes, data: BinaryIO | bytes, running: Running) -> None:
        super().__init__(name="feeder", daemon=True)
        self._request, self._data, self._running = request, data, running
        self._failure: Exception | None = None

    def check(self) -> None:
        """Raise what went wrong with the file itself: what the reader made of half a file does not count."""
        if self._failure is not None:
            raise self._failure

    def run(self) -> None:
        pipe = self._running.input
        try:
            _frames.put(pipe, Kind.MESSAGE, self._request)
            for chunk in self._chunks():
                _frames.write_all(pipe, chunk)
        except Exception as error:
            # Recorded, and the reader stopped, before the pipe closes: the reader must not see a regular end.
            if not isinstance(error, BrokenPipeError):
                self._failure = error
                self._running.stop()
        finally:
            os.close(pipe)

    def _chunks(self) -> Iterator[bytes | memoryview]:
        if isinstance(self._data, bytes):
            with memoryview(self._data) as view:
                for start in range(0, len(view), CHUNK):
                    yield view[start : start + CHUNK]
            return
        while chunk := self._data.read(CHUNK):
            yield chunk
