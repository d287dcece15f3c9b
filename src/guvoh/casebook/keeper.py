"""The key process: holds an opened archive for a while and answers questions; keys never leave it.

`guvoh unlock` starts it. It listens on a socket in GUVOH_HOME that only its user can reach, forks a child for each
question (so that one failing question cannot harm the next, and memory is given back), and ends when told to, after a
time without questions, or after a day. It is no server: nothing of it can be reached from another machine.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, get_type_hints

import msgspec

from guvoh.archive.errors import Damaged, RolledBack
from guvoh.archive.home import Home
from guvoh.archive.store import Archive
from guvoh.casebook import (
    commands,
    conflicts,
    consenting,
    copies,
    deciding,
    erasing,
    exchange,
    faults,
    health,
    lost,
    queries,
    releasing,
    rights,
    sheets,
    staff,
)
from guvoh.casebook.answers import FileAdded, Progress, Said, Step
from guvoh.casebook.custody import Journal
from guvoh.casebook.desk import Desk, Tell, UseCase, unheard
from guvoh.casebook.hardening import harden
from guvoh.errors import GuvohError

AVAILABLE = hasattr(os, "fork") and hasattr(socket, "AF_UNIX")
IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 60 * 60
_LONGEST_FRAME = 1 << 30
_LONGEST_QUESTION = 16 << 20
_SECONDS_TO_TAKE = 60.0
"""How long an answer waits for somebody to take it."""
_BACKLOG = 16
_SECONDS_TO_LOCK = 5
ASKED = (
    *(commands, queries, erasing, deciding, conflicts, staff, sheets, lost, copies, exchange, health),
    *(consenting, releasing),
)
"""Modules whose use cases can be asked: importing them registers these."""
_SECONDS_TO_ASK = 2
"""A command asks as soon as it is connected; who says nothing must not keep the others waiting."""


class Failed(GuvohError):
    """The question failed in the key process; the message is the one it would have had here.

    damage  (place in the folder, what is wrong there) where the archive is damaged, else None
    """

    def __init__(self, message: str, damage: tuple[str, str] | None = None) -> None:
        self.damage = damage
        super().__init__(message)


class Ended(Failed):
    """The key process went away before it answered: it was locked, or killed."""

    def __init__(self) -> None:
        super().__init__("the key process ended before it answered; what was finished is kept; unlock again")


class NotAvailable(GuvohError):
    """This system has no way to keep a key process."""

    def __init__(self) -> None:
        super().__init__("this system cannot keep an archive unlocked; give the passphrase with each command instead")


def damage(problem: GuvohError) -> tuple[str, str] | None:
    """Where and how the archive is damaged, if that is the problem."""
    match problem:
        case Damaged():
            return problem.where, problem.why
        case RolledBack():
            return f"logs/{problem.log}", str(problem)
        case Failed():
            return problem.damage
        case _:
            return None


class _Question(msgspec.Struct, frozen=True, kw_only=True, tag="question"):
    path: str
    use_case: str
    request: bytes


class _Lock(msgspec.Struct, frozen=True, tag="lock"):
    pass


class _Answer(msgspec.Struct, frozen=True, tag="answer"):
    result: bytes


class _Failure(msgspec.Struct, frozen=True, tag="failure"):
    message: str
    damage: tuple[str, str] | None = None


_Asked = _Question | _Lock
_Told = _Answer | _Failure | Step | Said | FileAdded


def _now() -> float:
    """Seconds on a clock that goes on while the laptop sleeps, where the system has one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.time()


class Remote:
    """The key process of an archive, seen from a command: asked like a Desk."""

    def __init__(self, path: Path, home: Home) -> None:
        self._path, self._home = path, home

    def ask(self, use_case: UseCase[Any, Any], request: Any, tell: Tell = unheard) -> Any:
        question = _Question(
            path=str(self._path.resolve()), use_case=use_case.__name__, request=msgspec.msgpack.encode(request)
        )
        with _connected(self._home) as connection:
            for told in _told(connection, question):
                match told:
                    case _Answer(result=result):
                        return msgspec.msgpack.decode(result, type=get_type_hints(use_case)["return"])
                    case _Failure(message=message, damage=damage):
                        raise Failed(message, damage)
                    case _:
                        tell(told)
        raise Ended

    def close(self) -> None:
        pass


def _told(connection: socket.socket, question: _Question) -> Iterator[_Told]:
    """What the key process says, message by message, until it says no more."""
    try:
        _send(connection, question)
        while (told := _receive(connection, _Told)) is not None:
            yield told
    except (OSError, msgspec.MsgspecError):
        raise Ended from None


def find(path: Path, home: Home) -> Remote | None:
    """The key process of this archive, if one is running."""
    if not AVAILABLE or not _socket_path(home).exists():
        return None
    try:
        with _connected(home):
            return Remote(path, home)
    except OSError:
        return None


def stop(home: Home) -> bool:
    """End the key process. Returns whether there was one."""
    if not AVAILABLE:
        return False
    try:
        with _connected(home) as connection:
            connection.settimeout(_SECONDS_TO_LOCK)
            try:
                _send(connection, _Lock())
                _receive(connection, _Told)
            except TimeoutError:
                _kill(_other_end(connection).process)
    except OSError:
        with contextlib.suppress(OSError):
            _socket_path(home).unlink(missing_ok=True)
        return False
    return True


def _kill(process: int) -> None:
    """End a key process that does not answer. Seen from inside a container its number can be 0, which means us."""
    if process <= 1:
        raise Failed("the key process does not answer, and cannot be ended from here; end it where it was started")
    os.kill(process, signal.SIGKILL)


def start(archive: Archive, idle: float = IDLE_SECONDS) -> None:
    """Leave a process behind that holds the opened archive, and return when it answers."""
    if not AVAILABLE:
        raise NotAvailable
    stop(archive.home)
    listener = _listener(archive.home)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _become_keeper(archive, listener, idle)
    os.waitpid(child, 0)
    listener.close()


def _become_keeper(archive: Archive, listener: socket.socket, idle: float) -> NoReturn:
    """In the child: cut every tie to the terminal, then serve."""
    code = 1
    try:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        os.chdir("/")
        os.umask(0o077)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        for name in [name for name in os.environ if name.startswith("GUVOH_")]:
            del os.environ[name]
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        harden()
        listener.listen(_BACKLOG)  # again: the system names the process that listened last as the other end
        _Keeper(archive, listener, idle).serve()
        code = 0
    finally:
        os._exit(code)


class _Keeper:
    def __init__(self, archive: Archive, listener: socket.socket, idle: float) -> None:
        self._archive, self._listener, self._idle = archive, listener, idle
        self._path = _socket_path(archive.home)
        self._socket = _file_id(self._path)
        self._children: set[int] = set()

    def serve(self) -> None:
        end = _now() + LONGEST_SECONDS
        last = _now()
        try:
            while _now() < end and self._can_be_reached():
                self._reap()
                if self._children:
                    last = _now()
                elif _now() - last > self._idle:
                    return
                ready, _, _ = select.select([self._listener], [], [], min(1.0, self._idle))
                if not ready:
                    continue
                connection, _ = self._listener.accept()
                with connection:
                    if self._handle(connection):
                        return
                last = _now()
        finally:
            self._close()
            for child in self._children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGTERM)
            for child in self._children:
                os.waitpid(child, 0)  # what it was writing is unfinished, and gone with the next batch
            with contextlib.suppress(GuvohError):
                Journal(self._archive).close()

    def _can_be_reached(self) -> bool:
        """Whether the socket is still there: keys that nobody can ask for, nor lock away, are not held."""
        return self._socket is not None and _file_id(self._path) == self._socket

    def _close(self) -> None:
        """Take no more questions. The socket goes only if it is this process's own: another may have started since."""
        self._listener.close()
        if self._can_be_reached():
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _handle(self, connection: socket.socket) -> bool:
        """One question; returns whether it was to end."""
        connection.settimeout(_SECONDS_TO_ASK)
        try:
            asked = _receive(connection, _Asked, _LONGEST_QUESTION) if _same_user(connection) else None
        except Exception:  # nobody on the other end can end this process by what he says
            return False
        if isinstance(asked, _Lock):
            self._close()  # before the answer: whoever has it may start another key process at once
            with contextlib.suppress(OSError):
                _send(connection, Said(text="locked"))
            return True
        if isinstance(asked, _Question):
            connection.settimeout(_SECONDS_TO_TAKE)  # a client that stands still must not keep the keys here
            child = os.fork()
            if child == 0:
                self._listener.close()
                _answer_and_exit(self._archive, connection, asked)
            self._children.add(child)
        return False

    def _reap(self) -> None:
        for child in list(self._children):
            done, _ = os.waitpid(child, os.WNOHANG)
            if done:
                self._children.discard(child)


def _answer_and_exit(archive: Archive, connection: socket.socket, question: _Question) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        told: _Told
        try:
            told = _Answer(_answered(archive, connection, question))
        except GuvohError as problem:
            told = _Failure(str(problem), damage(problem))
        except Exception as fault:
            told = _Failure(faults.words(fault))
        with contextlib.suppress(OSError):
            _send(connection, told)
    finally:
        os._exit(0)


def _answered(archive: Archive, connection: socket.socket, question: _Question) -> bytes:
    if Path(question.path) != archive.path.resolve():
        raise Failed("another copy of this archive is unlocked, or it was moved since; run `guvoh lock` first")
    use_case, request = _understood(question)
    archive.refresh()

    def tell(progress: Progress) -> None:
        _send(connection, progress)

    desk = Desk(archive, tell)
    try:
        return msgspec.msgpack.encode(desk.ask(use_case, request, tell))
    finally:
        desk.leave()


def _understood(question: _Question) -> tuple[UseCase[Any, Any], Any]:
    try:
        use_case = rights.REGISTERED[question.use_case]
        return use_case, msgspec.msgpack.decode(question.request, type=get_type_hints(use_case)["request"])
    except (KeyError, msgspec.MsgspecError):
        raise Failed(
            "the key process is of another version and does not understand; run `guvoh lock`, then unlock again"
        ) from None


def _file_id(path: Path) -> tuple[int, int] | None:
    """What tells a file from another that was put in its place."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _socket_path(home: Home) -> Path:
    return home.path / "keys.sock"


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for the socket that fits into the hundred characters that systems allow."""
    if len(os.fsencode(path)) < 100 or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _listener(home: Home) -> socket.socket:
    path = _socket_path(home)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with _short(path) as name:
            listener.bind(name)
        listener.listen(_BACKLOG)
    except OSError as problem:
        listener.close()
        raise Failed(f"the archive cannot be kept unlocked: {problem.strerror or problem}") from None
    finally:
        os.umask(before)
    return listener


@contextlib.contextmanager
def _connected(home: Home) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, _short(_socket_path(home)) as name:
        connection.connect(name)
        if not _same_user(connection):
            raise PermissionError("the key process belongs to another user")
        yield connection


def _same_user(connection: socket.socket) -> bool:
    """Whether the other end runs as this user; the folder's rights say it too, where the system cannot."""
    return not hasattr(socket, "SO_PEERCRED") or _other_end(connection).user == os.getuid()


class _OtherEnd(NamedTuple):
    process: int
    user: int
    group: int


def _other_end(connection: socket.socket) -> _OtherEnd:
    """Who is connected, as the system says. Raises OSError where it does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        raise OSError("this system does not say who is connected")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return _OtherEnd(*struct.unpack("3i", credentials))


def _send(connection: socket.socket, message: msgspec.Struct) -> None:
    body = msgspec.msgpack.encode(message)
    connection.sendall(len(body).to_bytes(4) + body)


def _receive(connection: socket.socket, kinds: Any, longest: int = _LONGEST_FRAME) -> Any:
    """One message of the given kinds; None where the other end has closed, or sends more than `longest` bytes."""
    size = int.from_bytes(_exactly(connection, 4))
    if not 0 < size <= longest:
        return None
    return msgspec.msgpack.decode(_exactly(connection, size), type=kinds)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts, left = [], size
    while left:
        part = connection.recv(min(left, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
