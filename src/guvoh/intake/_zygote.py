"""The process that readers are forked from: it imports them once, never sees a foreign byte, and never held a key.

Started by `confinement` with an empty environment. It speaks over one socket: a greeting first, then for each file
three descriptors arrive with the limits (input, output, and the line of that one reading). On the line the parent
may say "stop", by a byte or by hanging up; the zygote says there how the reader ended.
"""

import gc
import os
import selectors
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final

import msgspec

from guvoh.intake import _reader, _walls
from guvoh.intake._reader import Reader

LIMITS: Final = struct.Struct("<QQ")  # seconds of processor time, bytes of memory
ENDED: Final = struct.Struct("<id")  # exit code, or the signal as a negative number; seconds of processor time used
GREETING: Final = struct.Struct("<I")  # length of the Greeting that follows


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What the process says once it has imported the readers: the protections it cannot give, or why it failed."""

    missing: list[str] = []
    fault: str | None = None


def main(arguments: list[str]) -> None:
    """Run as `fork SOCKET ENTRY PATH...`, `probe ENTRY PATH...`, or `single CPU_SECONDS MEMORY ENTRY PATH...`.

    The last two are for systems without fork: a greeting on standard output, or one reading from standard input to
    standard output.
    """
    mode, *rest = arguments
    modes: dict[str, Callable[..., None]] = {"fork": _fork_mode, "probe": _probe_mode, "single": _single_mode}
    modes[mode](*rest)


def _fork_mode(number: str, entry: str, *path: str) -> None:
    control = socket.socket(fileno=int(number))
    read = _greet(control.fileno(), entry, *path)
    if read is not None:
        _Nursery(control, *read).serve()


def _probe_mode(entry: str, *path: str) -> None:
    _greet(1, entry, *path)


def _single_mode(cpu_seconds: str, memory: str, entry: str, *path: str) -> None:
    sys.path.extend(path)
    read = _reader.load(entry)
    # The parent has shown what is missing to its user before it started any reading.
    missing = [word for name, word in vars(_walls).items() if name.startswith("NO_")]
    _reader.confined(read, 0, 1, cpu_seconds=int(cpu_seconds), memory=int(memory), missing=missing)


def _greet(pipe: int, entry: str, *path: str) -> tuple[Reader, list[str]] | None:
    """Import the readers, try the walls, and tell the parent; None where the import failed."""
    sys.path.extend(path)
    try:
        read = _reader.load(entry)
    except Exception as error:  # whatever an import raises, the parent has to hear of it
        _say(pipe, Greeting(fault=f"{type(error).__name__}: {error}"[:300]))
        return None
    missing = _try_walls()
    _say(pipe, Greeting(missing=missing))
    return read, missing


def _say(pipe: int, greeting: Greeting) -> None:
    body = msgspec.msgpack.encode(greeting)
    os.write(pipe, GREETING.pack(len(body)) + body)


def _try_walls() -> list[str]:
    """Raise the walls once in a child, which is the only honest way to know what they lack here."""
    if not hasattr(os, "fork"):
        return list(_walls.raise_walls(cpu_seconds=60, memory=1 << 30))
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            lacks = _walls.raise_walls(cpu_seconds=60, memory=1 << 30)
            os.write(theirs, msgspec.msgpack.encode(list(lacks)))
        finally:
            os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return msgspec.msgpack.decode(said, type=list[str])


class _Nursery:
    """Forks readers, stops them when the parent says so, and reports how each ended."""

    def __init__(self, control: socket.socket, read: Reader, missing: list[str]) -> None:
        self._control, self._read, self._missing = control, read, missing
        self._lines: dict[int, socket.socket] = {}  # process id of a living reader -> its line to the parent
        self._woken, waker = socket.socketpair()
        self._woken.setblocking(False)
        waker.setblocking(False)
        self._waker = waker  # kept, or it would be closed
        self._parent = os.getpid()
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, self._begin)
        self._selector.register(self._woken, selectors.EVENT_READ, self._reap)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        gc.freeze()  # the collector would touch, and so copy, every page the children share

    def serve(self) -> None:
        """Go on until the parent hangs up; then no reader outlives this process."""
        try:
            while self._control.fileno() >= 0:
                for key, _ in self._selector.select():
                    key.data()
        finally:
            for child in self._lines:
                _kill(child)

    def _begin(self) -> None:
        limits, descriptors, _, _ = socket.recv_fds(self._control, LIMITS.size, 3)
        if len(limits) < LIMITS.size or len(descriptors) < 3:
            self._control.close()
            return
        source, output, line = descriptors
        cpu_seconds, memory = LIMITS.unpack(limits)
        child = os.fork()
        if child == 0:
            self._become_reader(source, output, cpu_seconds, memory)
        os.close(source)
        os.close(output)
        self._lines[child] = socket.socket(fileno=line)
        self._selector.register(line, selectors.EVENT_READ, lambda: self._stop(child, line))

    def _become_reader(self, source: int, output: int, cpu_seconds: int, memory: int) -> None:
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _volunteer_for_the_killer()
            _walls.die_with_parent()
            if os.getppid() != self._parent:
                os._exit(1)
            _reader.confined(self._read, source, output, cpu_seconds=cpu_seconds, memory=memory, missing=self._missing)
        finally:
            os._exit(1)

    def _stop(self, child: int, line: int) -> None:
        if child not in self._lines:
            return  # it ended in the same moment
        self._selector.unregister(line)
        _kill(child)

    def _reap(self) -> None:
        self._woken.recv(4096)
        for child in list(self._lines):
            if hasattr(os, "waitid") and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                _kill(child)  # what it may have left behind in its group, while the number is still its own
            ended, status, usage = os.wait4(child, os.WNOHANG)
            if ended:
                self._report(child, os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime)

    def _report(self, child: int, code: int, cpu_seconds: float) -> None:
        line = self._lines.pop(child)
        if line.fileno() in self._selector.get_map():
            self._selector.unregister(line)
        try:
            line.send(ENDED.pack(code, cpu_seconds))
        except OSError:
            pass  # the parent did not wait for it
        finally:
            line.close()


def _kill(child: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _volunteer_for_the_killer() -> None:
    """When the whole machine runs out of memory, Linux shall take the reader and not the program with the keys."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        return
