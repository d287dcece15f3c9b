"""One reading, inside the walls: calls the reader and turns whatever becomes of it into frames."""

import errno
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NoReturn, cast

import msgspec

from guvoh.errors import GuvohError
from guvoh.intake import _frames, _walls
from guvoh.intake._frames import Kind

Reader = Callable[[bytes, BinaryIO], Iterator[bytes]]

# What the walls answer: Landlock and file permissions, lost privileges, calls that do not exist in here.
_WALL_ERRORS: Final = {errno.EACCES, errno.EPERM, errno.ENOSYS}
_INPUT, _OUTPUT = 3, 4


def load(entry: str) -> Reader:
    """Import the reader named "module:function"; a `prepare` function beside it is called once, to warm up."""
    module_name, _, function = entry.partition(":")
    module = importlib.import_module(module_name)
    read = getattr(module, function)
    prepare = getattr(module, "prepare", None)
    if prepare is not None:
        prepare()
    return cast("Reader", read)


def confined(read: Reader, source: int, output: int, *, cpu_seconds: int, memory: int, missing: list[str]) -> NoReturn:
    """Raise the walls, read one file from `source`, write frames to `output`, and end the process.

    missing  what the walls are known to lack on this system: a reading never runs with less protection than that
    """
    status = 1
    try:
        source, output = _keep_only(source, output)
        lacks = _walls.raise_walls(cpu_seconds=cpu_seconds, memory=memory)
        if set(lacks) - set(missing):
            _frames.put(output, Kind.WALLS)
        else:
            _read(read, source, output)
        status = 0
    except BaseException:  # the parent has gone, or memory is out: nobody is left to tell
        status = 1
    finally:
        os._exit(status)


def _keep_only(source: int, output: int) -> tuple[int, int]:
    """Leave no descriptor open but input, output, and /dev/null for what a library prints."""
    if sys.platform == "win32":
        return source, output
    import fcntl

    source = fcntl.fcntl(source, fcntl.F_DUPFD, 16)
    output = fcntl.fcntl(output, fcntl.F_DUPFD, 16)
    nothing = fcntl.fcntl(os.open(os.devnull, os.O_RDWR), fcntl.F_DUPFD, 16)
    for place, held in enumerate((nothing, nothing, nothing, source, output)):
        os.dup2(held, place)
    os.closerange(_OUTPUT + 1, os.sysconf("SC_OPEN_MAX"))
    return _INPUT, _OUTPUT


def _read(read: Reader, source: int, output: int) -> None:
    gc.disable()  # this process reads one file and ends: there is nothing to tidy up for
    try:
        with open(source, "rb", closefd=False) as data:
            for message in read(_frames.take(data), data):
                _frames.put(output, Kind.MESSAGE, message)
    except BrokenPipeError:
        return  # the parent wants no more
    except BaseException as error:  # a reader may raise anything; a broken one may even try to exit
        _frames.put(output, *_said(error))
    else:
        _frames.put(output, Kind.END)


def _said(error: BaseException) -> tuple[Kind, bytes]:
    """What the parent is told about an error: its kind, and nothing from the file."""
    if any(isinstance(cause, MemoryError) for cause in _chain(error)):
        return Kind.MEMORY, b""
    if isinstance(error, GuvohError):
        reason = str(getattr(error, "reason", error))
        code = str(getattr(error, "code", ""))
        return Kind.REFUSED, msgspec.msgpack.encode(
            _frames.Refusal(error=type(error).__name__, code=code, reason=reason)
        )
    if any(isinstance(cause, OSError) and cause.errno in _WALL_ERRORS for cause in _chain(error)):
        return Kind.FORBIDDEN, b""
    return Kind.FAILED, _place(error).encode()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that led to it, at most ten."""
    current: BaseException | None = error
    for _ in range(10):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


def _place(error: BaseException) -> str:
    """The class of an error and the line it came from: the message is left out, for it may quote the file."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {Path(last.filename).name} line {last.lineno}"
