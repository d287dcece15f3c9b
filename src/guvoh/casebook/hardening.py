"""What every process that may hold a name or a key does first."""

from __future__ import annotations

import contextlib
import os
import sys


def harden() -> None:
    """No core dump, no look into this process by others of this user, and no file that others may read.

    As far as the system has a way to say so.
    """
    os.umask(0o077)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        pr_set_dumpable = 4
        ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0)
