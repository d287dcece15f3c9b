"""The walls around one confined reader: raised by the reader's own process before it reads a byte.

Each wall is raised as far as the system allows, and says in plain words what it could not give. Nothing here can be
taken back by the process: that is the point.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Final

import guvoh
from guvoh.intake import _landlock, _seccomp

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SIGKILL = 9
_CAPSET: Final = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES_V3 = 0x20080522

_OPEN_FILES = 32  # input, output, /dev/null, and what an import opens while it runs
_SYSTEM_LIBRARIES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/ld.so.cache"),
    *("/dev/null", "/dev/urandom"),
)

NO_SECCOMP = (
    "this system does not filter system calls (seccomp on Linux, x86_64 or aarch64, can): "
    "a reader that is taken over could use the network or start programs"
)
NO_LANDLOCK = (
    "this kernel does not offer Landlock (Linux 5.13 or newer, with Landlock switched on): "
    "a reader that is taken over could open other files of this user"
)
NO_FILE_WALL = "this system does not wall off files: a reader that is taken over could open other files of this user"
NO_CPU_LIMIT = "this system does not limit processor time: a reader that hangs is stopped by the clock alone"
NO_MEMORY_LIMIT = "this system does not limit the memory of a reader: a hostile file could use up all of it"
NO_WRITE_LIMIT = "this system does not forbid a reader to write files"
NO_PRIVILEGE_DROP = "the reader could not give up the privileges of the administrator"


def raise_walls(*, cpu_seconds: int, memory: int) -> tuple[str, ...]:
    """Shut this process in; returns what is missing, in plain words.

    cpu_seconds  processor time, in seconds
    memory       bytes of address space beyond what the process holds already
    """
    missing = _limit_resources(cpu_seconds, memory)
    if sys.platform != "linux":
        return (*missing, NO_FILE_WALL, NO_SECCOMP)
    return (*missing, *_raise_linux_walls())


def die_with_parent() -> None:
    """Have Linux kill this process when its parent ends; elsewhere the broken pipe and the limits do it, later."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def _limit_resources(cpu_seconds: int, memory: int) -> list[str]:
    if sys.platform == "win32":
        return [NO_CPU_LIMIT, NO_MEMORY_LIMIT, NO_WRITE_LIMIT]
    import resource

    wanted = [
        # The second number is for a reader that ignores the first warning.
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1, NO_CPU_LIMIT),
        (resource.RLIMIT_FSIZE, 0, 0, NO_WRITE_LIMIT),
        (resource.RLIMIT_AS, *2 * (_address_space() + memory,), NO_MEMORY_LIMIT),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES, None),
        (resource.RLIMIT_CORE, 0, 0, None),
        (resource.RLIMIT_NPROC, 0, 0, None),
    ]
    missing = [word for kind, soft, hard, word in wanted if not _limit(kind, soft, hard) and word]
    if sys.platform == "darwin" and NO_MEMORY_LIMIT not in missing:
        missing.append(NO_MEMORY_LIMIT)  # macOS takes the limit and does not keep it
    return missing


def _limit(kind: int, soft: int, hard: int) -> bool:
    import resource

    _, ceiling = resource.getrlimit(kind)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    try:
        resource.setrlimit(kind, (soft, hard))
    except (OSError, ValueError):
        return False
    return True


def _address_space() -> int:
    """Bytes of address space this process has now; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _raise_linux_walls() -> list[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    missing: list[str] = []

    def attempt(wall: Callable[[], object], word: str) -> None:
        try:
            wall()
        except OSError:
            missing.append(word)

    machine = platform.machine()
    readable = own_program()
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    attempt(lambda: _drop_capabilities(libc, machine), NO_PRIVILEGE_DROP)
    attempt(lambda: _landlock.confine(libc, readable), NO_LANDLOCK)
    attempt(lambda: _filter_calls(libc, machine), NO_SECCOMP)
    return missing


def _filter_calls(libc: ctypes.CDLL, machine: str) -> None:
    if machine not in _seccomp.MACHINES or sys.maxsize < 1 << 32:
        raise OSError(f"no table of system calls for {machine}")
    _seccomp.install(libc, _seccomp.MACHINES[machine], pid=os.getpid())


def _drop_capabilities(libc: ctypes.CDLL, machine: str) -> None:
    """Give up every privilege, so that a reader started by root is a user like any other."""
    if machine not in _CAPSET:
        raise OSError(f"no number of capset for {machine}")
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_V3, 0), 8)
    none = ctypes.create_string_buffer(24)
    if libc.syscall(_CAPSET[machine], header, none) != 0:
        raise OSError(ctypes.get_errno(), "capset failed")


def own_program() -> list[Path]:
    """The folders a reader may read, because Python imports from them late: no data of any person lies there.

    `sys.prefix` itself is left out on purpose: for the Python of a distribution it is /usr.
    """
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    places = [*map(sysconfig.get_path, names), sysconfig.get_config_var("LIBDIR"), *sys.path, *_SYSTEM_LIBRARIES]
    found = {Path(place).resolve() for place in places if place}
    found.add(Path(guvoh.__file__).resolve().parent)
    return sorted(path for path in found if not _holds_homes(path))


def _holds_homes(path: Path) -> bool:
    """Tell whether a folder is so high up that it holds people's files too: a stray `sys.path` entry."""
    try:
        home = Path.home().resolve()
    except RuntimeError:  # a user without a home
        home = path.parent
    return path == Path(path.anchor) or home.is_relative_to(path)
