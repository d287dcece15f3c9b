"""A confined process on a kernel without Landlock and seccomp: both calls fail as they would there."""

import errno
from typing import Any, NoReturn

from confined_doubles import read

from guvoh.intake import _landlock, _seccomp

__all__ = ["read"]


def _not_here(*args: Any, **named: Any) -> NoReturn:
    raise OSError(errno.ENOSYS, "no such call")


_landlock.confine = _not_here
_seccomp.install = _not_here
