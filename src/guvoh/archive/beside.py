"""Work that a second process does beside this one, where the system can fork and has a second core.

The child inherits what the parent has opened, keys included, so nothing secret is passed on; it only sends results back
through a pipe, and ends with its parent. If it is lost, the caller does the work itself: nothing depends on it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import NoReturn

_LENGTH = 4
_END = (1 << 32) - 1


class Lost(Exception):
    """The second process ended before its work did. Never leaves the module that started it."""


def worthwhile() -> bool:
    """Whether there is a second core to use, and a way to use it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return hasattr(os, "fork") and cores > 1


class Beside:
    """A forked process that runs `work` and sends what it yields. Ends with the `with` block, whatever happens."""

    def __init__(self, work: Callable[[], Iterator[bytes]]) -> None:
        self._ours, theirs = os.pipe()
        parent = os.getpid()
        with warnings.catch_warnings():
            # Python warns of forking beside threads. The child runs our own loop alone and never returns to theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child = os.fork()
        if self._child == 0:
            os.close(self._ours)
            _work_and_exit(work, theirs, parent)
        os.close(theirs)

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._ours)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)

    def results(self) -> Iterator[bytes]:
        """What the work yielded, in order, as it comes. Raises Lost where it did not come to its end."""
        while True:
            length = int.from_bytes(self._exactly(_LENGTH))
            if length == _END:
                return
            yield self._exactly(length)

    def _exactly(self, size: int) -> bytes:
        parts, left = [], size
        while left:
            part = os.read(self._ours, left)
            if not part:
                raise Lost
            parts.append(part)
            left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _end_with(parent: int) -> None:
    """Where the system can say so; elsewhere the child ends at its next result, when nobody takes it."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before we had asked
            os._exit(1)


def _work_and_exit(work: Callable[[], Iterator[bytes]], pipe: int, parent: int) -> NoReturn:
    try:
        _end_with(parent)
        with open(pipe, "wb") as file:
            for result in work():
                file.write(len(result).to_bytes(_LENGTH))
                file.write(result)
            file.write(_END.to_bytes(_LENGTH))
    finally:
        os._exit(0)
