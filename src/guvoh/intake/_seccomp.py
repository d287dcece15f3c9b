"""The wall of system calls: a seccomp filter for one confined reader (Linux, x86_64 and aarch64).

What is listed as allowed passes, what is hostile kills the process, what changes files is an error, and everything
else, calls of kernels yet to come included, does not exist. `program` is a pure function, so that the filter of
either machine can be checked on any.
"""

import ctypes
import errno
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from guvoh.intake import _syscalls

ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
ERRNO: Final = 0x00050000  # the low 16 bits are the error number

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000  # the bit of the second numbering of x86_64, which would pass by the table

# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND: the same on both machines
_WRITING = 0x1 | 0x2 | 0x40 | 0x200 | 0x400
_CLONE_THREAD = 0x10000
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC; the others can send signals, lock or seal
_FCNTL = (0, 1, 2, 3, 4, 1030)
_IOCTL = (0x5401, 0x5451)  # TCGETS (is this a terminal?) and FIOCLEX

_SET_MODE_FILTER = 1

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """How one processor family numbers things: its column in the tables, its audit name, its number of seccomp(2)."""

    column: int
    audit: int
    seccomp: int


MACHINES: Final = {
    "x86_64": Machine(column=0, audit=0xC000003E, seccomp=317),
    "aarch64": Machine(column=1, audit=0xC00000B7, seccomp=277),
}


def program(machine: Machine, *, pid: int) -> list[Instruction]:
    """Build the filter for the process `pid`, the only one that it may send signals to."""
    built: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.audit),
        _return(KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _return(KILL),
    ]
    for table, answer in (
        (_syscalls.ALLOWED, ALLOW),
        (_syscalls.REFUSED, ERRNO | errno.EACCES),
        (_syscalls.KILLED, KILL),
    ):
        for number in _numbers(machine, table):
            built += _when(number, [_return(answer)])
    for name, rule in _judged(pid).items():
        for number in _numbers(machine, {name: _syscalls.JUDGED[name]}):
            built += _when(number, rule)
    return [*built, _return(ERRNO | errno.ENOSYS)]


def install(libc: ctypes.CDLL, machine: Machine, *, pid: int) -> None:
    """Put the filter before this process for good; raises OSError. It needs PR_SET_NO_NEW_PRIVS first."""
    packed = b"".join(struct.pack("=HBBI", *line) for line in program(machine, pid=pid))
    lines = ctypes.create_string_buffer(packed, len(packed))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(packed) // 8, ctypes.addressof(lines)))
    if libc.syscall(machine.seccomp, _SET_MODE_FILTER, 0, described) != 0:
        number = ctypes.get_errno()
        raise OSError(number, "seccomp refused the filter")


def _judged(pid: int) -> dict[str, list[Instruction]]:
    """The calls that depend on their arguments, each as the lines that decide it."""
    only_itself = [*_when_argument(0, (pid,)), _return(KILL)]
    return {
        "open": _unless_any_bit(1, _WRITING, ERRNO | errno.EACCES),
        "openat": _unless_any_bit(2, _WRITING, ERRNO | errno.EACCES),
        # A thread is refused so that a library can do without; a process is an attack.
        "clone": [_argument(0), (_ANY_BIT, 0, 1, _CLONE_THREAD), _return(ERRNO | errno.EAGAIN), _return(KILL)],
        "kill": only_itself,
        "tgkill": only_itself,
        "fcntl": [*_when_argument(1, _FCNTL), _return(ERRNO | errno.EACCES)],
        "ioctl": [*_when_argument(1, _IOCTL), _return(ERRNO | errno.ENOTTY)],
        "prlimit64": _reads_own_limits(),
    }


def _reads_own_limits() -> list[Instruction]:
    """Allow prlimit64(0, which, NULL, old): asking is harmless, setting is not."""
    checks = [(0, 0), (2, 0), (2, 1)]  # pid, and both halves of the pointer to new limits
    built: list[Instruction] = []
    for argument, half in checks:
        built += [_argument(argument, half), (_EQUAL, 1, 0, 0), _return(ERRNO | errno.EACCES)]
    return [*built, _return(ALLOW)]


def _unless_any_bit(argument: int, bits: int, answer: int) -> list[Instruction]:
    return [_argument(argument), (_ANY_BIT, 0, 1, bits), _return(answer), _return(ALLOW)]


def _when_argument(argument: int, values: Iterable[int]) -> list[Instruction]:
    built = [_argument(argument)]
    for value in values:
        built += [(_EQUAL, 0, 1, value), _return(ALLOW)]
    return built


def _when(number: int, lines: list[Instruction]) -> list[Instruction]:
    return [(_EQUAL, 0, len(lines), number), *lines]


def _argument(index: int, half: int = 0) -> Instruction:
    """Load one half of an argument, the low one first: both machines are little-endian."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index + 4 * half)


def _return(answer: int) -> Instruction:
    return (_RETURN, 0, 0, answer)


def _numbers(machine: Machine, table: _syscalls.Table) -> list[int]:
    """The numbers of the calls in a table, without those that this machine never had."""
    return [number for row in table.values() if (number := row[machine.column]) is not None]
