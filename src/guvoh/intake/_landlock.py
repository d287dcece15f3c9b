"""The wall of files: a Landlock rule set that leaves a confined reader only its own program to read (Linux 5.13+)."""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

# The same numbers on every processor.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# All rights over files that a version of Landlock knows; what a rule set handles and no rule gives is refused.
# 1: execute, write, read, list, remove, make (13 rights); 2: refer; 3: truncate; 5: ioctl on devices.
_FILE_RIGHTS: Final = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP_RIGHTS = 0b11  # 4: bind, connect
_SCOPES = 0b11  # 6: abstract unix sockets, signals


def version(libc: ctypes.CDLL) -> int:
    """Say which version of Landlock this kernel has; 0 where it has none or has it switched off."""
    return max(0, int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)))


def confine(libc: ctypes.CDLL, readable: Iterable[Path]) -> None:
    """Refuse this process every file but those under `readable`, and all TCP; raises OSError.

    Needs PR_SET_NO_NEW_PRIVS first. Open descriptors stay as they are. A path that does not exist is passed over.
    """
    rules = _rule_set(libc, version(libc))
    try:
        for path in readable:
            _let_read(libc, rules, path)
        _checked(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)


def _rule_set(libc: ctypes.CDLL, known: int) -> int:
    files = sum(rights for since, rights in _FILE_RIGHTS.items() if since <= known)
    # The struct grew with the versions; a kernel refuses fields it does not know.
    fields = [files]
    if known >= 4:
        fields.append(_TCP_RIGHTS)
    if known >= 6:
        fields.append(_SCOPES)
    wanted = ctypes.create_string_buffer(struct.pack(f"={len(fields)}Q", *fields), 8 * len(fields))
    return _checked(libc.syscall(_CREATE_RULESET, wanted, ctypes.c_size_t(8 * len(fields)), 0))


def _let_read(libc: ctypes.CDLL, rules: int, path: Path) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, place), 12)
        _checked(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, "Landlock refused a rule")
    return answer
