"""Processes of their own, for what only another process can do: wait, be killed, have a full disk, have no rights."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable


def start(work: Callable[[], object]) -> int:
    """Do this in a child; returns its process id. The child ends with 0 unless it raises."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def ended(child: int) -> int:
    """Wait for it; returns its exit code, or minus the signal that killed it."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def run(work: Callable[[], object]) -> None:
    assert ended(start(work)) == 0
