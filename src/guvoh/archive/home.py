"""GUVOH_HOME: what this computer keeps outside the archive folder, so that copying the folder copies no device.

GUVOH_HOME/<archive id>/
  device.json   the device's signing key, sealed to the member; the head of each log as last seen here
  writing       the lock of the one process that appends
  seen.json     when this device first met each erasure: its delay is counted from there, by this clock
  incoming-*/   what is unpacked from a bundle or a backup, for as long as a command needs it
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from guvoh.archive import forms
from guvoh.archive.errors import Busy, CannotWrite, Damaged, UnknownDevice
from guvoh.archive.files import make_private, read_file, replace

WAIT_SECONDS = 300.0
_MOST_BYTES = 64 << 20
"""Of a million erasures, or of the heads of many thousand logs: a file of ours that grows must not stop being read."""


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a log was when last seen: its size and the right edge of its tree, which gives its root."""

    size: int
    edge: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.edge) != self.size.bit_count() or any(len(node) != 32 for node in self.edge):
            raise ValueError("its edge is not that of a tree of its size")


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When this device first met something, by its own clock, in seconds since 1970."""

    at: dict[str, int] = {}
    mended: int = 0


class DeviceFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    archive: str
    member: str
    device: str
    sealed_key: bytes
    heads: dict[str, Head] = {}


def default_home(environment: dict[str, str] | None = None) -> Path:
    """GUVOH_HOME, or the place where this system keeps what belongs to a person and not to a folder."""
    env = dict(os.environ) if environment is None else environment
    if env.get("GUVOH_HOME"):
        return Path(env["GUVOH_HOME"])
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA", str(Path.home()))) / "guvoh"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "guvoh"
    return Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "guvoh"


class Home:
    """The part of GUVOH_HOME that belongs to one archive."""

    def __init__(self, root: Path, archive: str) -> None:
        self.archive = archive
        self.path = root / archive
        self._file = self.path / "device.json"

    def exists(self) -> bool:
        return self._file.exists()

    def load(self) -> DeviceFile:
        try:
            found = forms.read(read_file(self._file, _MOST_BYTES), DeviceFile)
        except FileNotFoundError:
            raise UnknownDevice(self.archive) from None
        except OSError as error:
            raise Damaged(str(self._file), f"it cannot be read ({error.strerror})") from None
        except forms.NotTheForm:
            raise Damaged(str(self._file), "it is not a device file") from None
        if found.archive != self.archive:
            raise Damaged(str(self._file), "it belongs to another archive")
        return found

    def save(self, device: DeviceFile) -> None:
        make_private(self.path)
        replace(self._file, forms.written(device))

    def first_seen(self, things: Sequence[str], now: float) -> dict[str, float]:
        """When each of these was first met on this device; what is new is met now, and all others are forgotten."""
        known = self._seen()
        # A clock that was ahead when it was met, and is right now, must not put it off for ever.
        if any(known.at.get(thing, now + 1) > now for thing in things):
            at = {thing: min(known.at.get(thing, int(now)), int(now)) for thing in things}
            known = Seen(at=at, mended=known.mended)
            self._keep(known)
        return {thing: float(known.at[thing]) for thing in things}

    def mended(self) -> int:
        """How often entries that had been absent here have come back: what was derived without them is out of date."""
        return self._seen().mended

    def has_mended(self) -> None:
        known = self._seen()
        self._keep(Seen(at=known.at, mended=known.mended + 1))

    def _seen(self) -> Seen:
        try:
            return forms.read(read_file(self.path / "seen.json", _MOST_BYTES), Seen)
        except (OSError, forms.NotTheForm):
            return Seen()

    def _keep(self, seen: Seen) -> None:
        make_private(self.path)
        replace(self.path / "seen.json", forms.written(seen))

    @contextlib.contextmanager
    def writing(self, waiting: Callable[[], None] = lambda: None, wait: float = WAIT_SECONDS) -> Iterator[None]:
        """Hold the lock of the one writer. `waiting` is called once if somebody else has it."""
        make_private(self.path)
        try:
            handle = (self.path / "writing").open("ab")
        except OSError as error:
            raise CannotWrite(self.path, error.strerror or "not allowed") from None
        with handle:
            if not self._try_lock(handle.fileno()):
                waiting()
                started = time.monotonic()
                while not self._try_lock(handle.fileno()):
                    if time.monotonic() - started > wait:
                        raise Busy(wait)
                    time.sleep(0.05)
            try:
                yield
            finally:
                _unlock(handle.fileno())

    def clear_scratch(self, waiting: Callable[[], None] = lambda: None) -> None:
        """Remove what a command that was killed has left unpacked: it may be a whole copy, with keys."""
        if left_unpacked(self.path):
            with self.writing(waiting):
                remove_scratch(self.path)

    def _try_lock(self, descriptor: int) -> bool:
        try:
            return _try_lock(descriptor)
        except OSError as error:  # a file system without locks
            raise CannotWrite(self.path, error.strerror or "no lock can be held there") from None


# --- what is unpacked for a while

_INCOMING, _IN_USE = "incoming-", "in-use"


@contextlib.contextmanager
def scratch(root: Path) -> Iterator[Path]:
    """A private folder under `root` for as long as the block lasts. A lock in it tells others that it is in use."""
    make_private(root)
    place = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=root))
    try:
        with (place / _IN_USE).open("ab") as lock:
            with contextlib.suppress(OSError):  # a file system without locks: then nobody removes it but we
                _try_lock(lock.fileno())
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def remove_scratch(root: Path) -> int:
    """Remove such folders of processes that were killed: they may hold a whole copy. Returns how many there were.

    Whoever makes one locks it before anything is in it; so one that is empty is left to whoever makes it just now.
    """
    removed = 0
    for place in left_unpacked(root):
        shutil.rmtree(place, ignore_errors=True)
        removed += not place.exists()
    return removed


def left_unpacked(root: Path) -> list[Path]:
    """Such folders that hold something and that no process uses."""
    return [place for place in sorted(root.glob(f"{_INCOMING}*")) if _holds(place) and not _in_use(place / _IN_USE)]


def _holds(place: Path) -> bool:
    with contextlib.suppress(OSError):
        return not place.is_symlink() and any(entry.name != _IN_USE for entry in place.iterdir())
    return False


def _in_use(lock: Path) -> bool:
    try:
        with lock.open("r+b") as file:
            free = _try_lock(file.fileno())
            if free:
                _unlock(file.fileno())
            return not free
    except FileNotFoundError:
        return False
    except OSError:
        return True


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        """The system lets go of it when the process ends, however it ends."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Said aloud: a child that was forked meanwhile holds the file open, and must not hold the lock."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)
