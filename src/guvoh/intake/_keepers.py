"""Starting readers, from the parent's side: forked from one process where the system can, else one interpreter each."""

import os
import queue
import select
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec

import guvoh
from guvoh.errors import GuvohError
from guvoh.intake._zygote import ENDED, GREETING, LIMITS, Greeting

MIB: Final = 1 << 20
CHUNK: Final = MIB  # bytes moved through a pipe at once
_SECONDS_TO_START = 120
_SECONDS_TO_END = 10  # for the report on a reader that is dead already

# Nothing of the parent's environment but what a Python that lives in an odd place cannot start without.
_INHERITED: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    # A reader may start no threads, so its libraries shall not try.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
_BOOT = "import sys; sys.path.append(sys.argv[1]); from guvoh.intake._zygote import main; main(sys.argv[2:])"

CAN_FORK: Final = hasattr(os, "fork") and hasattr(socket, "send_fds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one reading may take."""

    seconds: float = 60  # by the clock, counted while the parent waits for the reader, not while it works itself
    cpu_seconds: int = 60  # of processor time
    memory: int = 1 << 30  # bytes of address space beyond what a fresh reader holds
    output: int = 1 << 30  # bytes of all messages
    message: int = 256 * MIB  # bytes of one message, which the parent holds in memory


class NoReaders(GuvohError):
    """The process for readers does not start, so no file can be read at all."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the readers could not be started: {reason}; install Guvoh again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a reader's process ended: its exit code, or the signal as a negative number."""

    code: int
    cpu_seconds: float


class Running(Protocol):
    """The parent's side of one reader at work."""

    input: int  # a descriptor; whoever feeds it closes it

    def take(self, seconds: float) -> bytes | None:
        """The next piece of output, b"" at its end, None if nothing came in time."""

    def ended(self) -> Ended | None:
        """How it ended, once its output has; None where nobody knows."""

    def stop(self) -> None:
        """Kill it, if it still lives. From any thread, as often as one likes."""

    def close(self) -> None: ...


class Starter(Protocol):
    """One way of starting readers."""

    def open(self) -> None: ...

    def start(self, limits: Limits) -> Running: ...

    def missing(self) -> tuple[str, ...]: ...

    def close(self) -> None: ...


def _command(mode: str, *arguments: str) -> list[str]:
    """The command line of a confined interpreter: isolated, writing no byte-code, in UTF-8 whatever the system."""
    here = str(Path(guvoh.__file__).resolve().parent.parent)
    return [sys.executable, "-I", "-B", "-X", "utf8", "-c", _BOOT, here, mode, *arguments]


def _environment() -> dict[str, str]:
    return _ENVIRONMENT | {name: os.environ[name] for name in _INHERITED if name in os.environ}


def _root() -> str:
    return Path(sys.executable).anchor or os.sep


def _greeting(said: bytes) -> Greeting:
    """Decode what the process says once it is up; raises NoReaders."""
    try:
        greeting = msgspec.msgpack.decode(said, type=Greeting)
    except msgspec.DecodeError:
        raise NoReaders("the process ended while it started") from None
    if greeting.fault is not None:
        raise NoReaders(greeting.fault)
    return greeting


class Forking:
    """Readers forked from one process that has imported them already: see `_zygote`."""

    def __init__(self, entry: str, path: list[str]) -> None:
        self._entry, self._path = entry, path
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._known_missing: tuple[str, ...] | None = None  # None until the process has greeted

    def open(self) -> None:
        with self._lock:
            if self._process is not None:
                return
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 (our own interpreter, our own arguments)
                    _command("fork", str(theirs.fileno()), self._entry, *self._path),
                    env=_environment(),
                    cwd=_root(),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is for the parent, which then stops the readers
                )

    def missing(self) -> tuple[str, ...]:
        with self._lock:
            self._ready()
            return self._known_missing or ()

    def start(self, limits: Limits) -> Running:
        with self._lock:
            control = self._ready()
            try:
                return _Forked(control, limits)
            except OSError:  # it died since the last file: once more, with a new one
                self.close()
                try:
                    return _Forked(self._ready(), limits)
                except OSError as error:
                    raise NoReaders(f"the process ends at once ({error.strerror})") from None

    def close(self) -> None:
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None:
                try:
                    self._process.wait(_SECONDS_TO_END)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._process = self._control = self._known_missing = None

    def _ready(self) -> socket.socket:
        """The socket of a process that has greeted; a dead one is replaced."""
        if self._process is not None and self._process.poll() is not None and self._known_missing is not None:
            self.close()
        self.open()
        assert self._control is not None
        if self._known_missing is None:
            try:
                self._known_missing = tuple(self._greeted(self._control).missing)
            except NoReaders:
                self.close()
                raise
        return self._control

    @staticmethod
    def _greeted(control: socket.socket) -> Greeting:
        control.settimeout(_SECONDS_TO_START)
        try:
            (length,) = GREETING.unpack(_received(control, GREETING.size))
            said = _received(control, length)
        except (OSError, EOFError):
            raise NoReaders("the process ended or hung while it started") from None
        control.settimeout(None)
        return _greeting(said)


def _received(line: socket.socket, count: int) -> bytes:
    held = b""
    while len(held) < count:
        piece = line.recv(count - len(held))
        if not piece:
            raise EOFError
        held += piece
    return held


class _Forked:
    """A reader forked by the zygote: two pipes, and a line on which to stop it and to hear how it ended."""

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        """Ask the zygote for it; raises OSError where the zygote has gone."""
        their_input, self.input = _wide_pipe()
        self._output, their_output = _wide_pipe()
        self._line, their_line = socket.socketpair()
        try:
            wanted = LIMITS.pack(limits.cpu_seconds, limits.memory)
            socket.send_fds(control, [wanted], [their_input, their_output, their_line.fileno()])
        except OSError:
            os.close(self.input)
            self.close()
            raise
        finally:
            os.close(their_input)
            os.close(their_output)
            their_line.close()
        self._poll = select.poll()
        self._poll.register(self._output, select.POLLIN)

    def take(self, seconds: float) -> bytes | None:
        if not self._poll.poll(seconds * 1000):
            return None
        return os.read(self._output, CHUNK)

    def ended(self) -> Ended | None:
        self._line.settimeout(_SECONDS_TO_END)
        try:
            code, cpu_seconds = ENDED.unpack(_received(self._line, ENDED.size))
        except (OSError, EOFError):
            return None
        return Ended(code=code, cpu_seconds=cpu_seconds)

    def stop(self) -> None:
        try:
            self._line.send(b"x")
        except OSError:
            return  # it has ended

    def close(self) -> None:
        self._line.close()
        os.close(self._output)


def _wide_pipe() -> tuple[int, int]:
    """A pipe that holds a megabyte, so that the two sides wake each other less often."""
    ours, theirs = os.pipe()
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, CHUNK)
        except OSError:
            return ours, theirs  # this user's share of pipe memory is used up: a small one works too
    return ours, theirs


class Spawning:
    """Readers in a fresh interpreter each: slower to start, and works on every system."""

    def __init__(self, entry: str, path: list[str]) -> None:
        self._arguments = [entry, *path]
        self._lock = threading.Lock()
        self._known_missing: tuple[str, ...] | None = None

    def open(self) -> None:
        return

    def close(self) -> None:
        return

    def missing(self) -> tuple[str, ...]:
        with self._lock:
            if self._known_missing is None:
                self._known_missing = tuple(self._probed().missing)
            return self._known_missing

    def start(self, limits: Limits) -> Running:
        self.missing()
        return _Spawned(
            _spawn(
                _command("single", str(limits.cpu_seconds), str(limits.memory), *self._arguments),
                stdin=subprocess.PIPE,
            )
        )

    def _probed(self) -> Greeting:
        process = _spawn(_command("probe", *self._arguments), stdin=subprocess.DEVNULL)
        try:
            said, _ = process.communicate(timeout=_SECONDS_TO_START)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise NoReaders("the process hung while it started") from None
        return _greeting(said[GREETING.size :])


def _spawn(command: list[str], *, stdin: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (our own interpreter, our own arguments)
        command,
        env=_environment(),
        cwd=_root(),
        bufsize=0,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


class _Spawned:
    """A reader in an interpreter of its own. Windows cannot wait for a pipe with a time limit, so a thread does."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._output = process, process.stdout
        self.input = os.dup(process.stdin.fileno())
        process.stdin.close()
        self._pieces: queue.Queue[bytes] = queue.Queue(maxsize=2)
        self._closed = threading.Event()
        self._drain = threading.Thread(target=self._take_all, name="drain", daemon=True)
        self._drain.start()

    def take(self, seconds: float) -> bytes | None:
        try:
            return self._pieces.get(timeout=seconds)
        except queue.Empty:
            return None

    def ended(self) -> Ended | None:
        try:
            return Ended(code=self._process.wait(_SECONDS_TO_END), cpu_seconds=0.0)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._closed.set()
        self._process.wait()
        self._drain.join(_SECONDS_TO_END)
        if not self._drain.is_alive():  # else something the reader started holds the pipe: let the thread have it
            self._output.close()

    def _take_all(self) -> None:
        while not self._closed.is_set():
            piece = os.read(self._output.fileno(), CHUNK)
            if not self._offer(piece) or not piece:
                return

    def _offer(self, piece: bytes) -> bool:
        while not self._closed.is_set():
            try:
                self._pieces.put(piece, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False
