"""What is removed from this computer: a member's keys before a border, or all of the archive."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from guvoh.archive.errors import CannotWrite, Damaged, NewerFormat, NotAnArchive
from guvoh.archive.files import PART
from guvoh.archive.home import Home, default_home, remove_scratch
from guvoh.archive.keys import NEXT, identity_name
from guvoh.archive.merging import JOIN
from guvoh.archive.rewriting import thin_out
from guvoh.archive.store import HINT, Folder
from guvoh.casebook import index
from guvoh.casebook.answers import Problem, Value
from guvoh.casebook.colleagues import this_device
from guvoh.casebook.copies import unseen
from guvoh.errors import GuvohError
from guvoh.words.plain import count

_INDEX_FILES = ("index.db", "index.salt")


# --- the keys


class Still(Value, frozen=True, kw_only=True):
    """What is still on the disk. place: under the archive's folder, or in GUVOH_HOME."""

    what: str
    place: str
    files: int
    size: int


class Left(Value, frozen=True, kw_only=True):
    """keys, evidence: files removed; segments: cut down to their commitments."""

    keys: int
    evidence: int
    segments: int
    still: tuple[Still, ...]


def leave(path: Path, *, commitments_only: bool = False) -> Left:
    """Remove this member's key files and the index from this computer; with `commitments_only` all that is sealed too.

    Killed on the way it is simply done again: the keys go first.
    """
    folder = Folder(path)
    home = Home(default_home(), folder.id)
    member = home.load().member
    with home.writing():
        keys = _remove(_with_name(folder.keys.path, member))
        index.delete(home.path / _INDEX_FILES[0])
        _remove([home.path / name for name in _INDEX_FILES])
        remove_scratch(home.path)
        remove_scratch(folder.path)
        evidence = segments = 0
        if commitments_only:
            evidence = _remove(_files(folder.evidence.path))
            segments = _thin(folder)
    return Left(keys=keys, evidence=evidence, segments=segments, still=tuple(_still(folder, home)))


def was_left(path: Path, home_root: Path | None = None) -> bool:
    """Whether this computer is a device of the archive without its member's keys: since `leave`, until they are back.

    Raises what is wrong with the folder or this computer, but for damage.
    """
    folder = Folder(path)
    name = identity_name(Home(home_root or default_home(), folder.id).load().member)
    try:
        vouched = name in folder.membership(damage=False).key_files
    except (Damaged, NewerFormat, NotAnArchive):
        return False
    here = [folder.keys.path / name, folder.keys.path / (name + NEXT)]
    return vouched and not any(file.exists() or file.is_symlink() for file in here)


def _thin(folder: Folder) -> int:
    cut = 0
    for log in folder.logs():
        _remove(log.parts())
        for _, path in log.paths():
            if not log.read(path, boxes=False).thin:
                thin_out(log, path)
                cut += 1
    return cut


def _with_name(place: Path, part: str) -> list[Path]:
    """Files that have this in their names, whatever their ending: an unfinished key file holds a key too."""
    return [path for path in _files(place) if part in path.name]


def _files(place: Path) -> list[Path]:
    """What lies in a folder itself, but for folders."""
    return sorted(path for path in place.iterdir() if not path.is_dir()) if place.is_dir() else []


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _remove(paths: Sequence[Path]) -> int:
    """Returns how many of them there were."""
    removed = 0
    for path in paths:
        try:
            path.unlink()
            removed += 1
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CannotWrite(path.parent, error.strerror or "not allowed") from None
    return removed


def _still(folder: Folder, home: Home) -> Iterator[Still]:
    """Everything that lies there, by kind: nothing is left unsaid."""
    kinds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for log in folder.logs():
        for _, path in log.paths():
            what = "commitments alone" if log.read(path, boxes=False).thin else "sealed entries"
            kinds[what, "logs/"].append(path.stat().st_size)
    places = (("sealed originals", "evidence"), ("keys of other members, sealed", "keys"), ("requests to join", JOIN))
    for what, name in places:
        kinds[what, f"{name}/"] += [path.stat().st_size for path in _files(folder.path / name)]
    for path in _files(folder.path):
        kinds["which archive this is, and its format", path.name].append(path.stat().st_size)
    for path in _files(home.path):
        kinds[_AT_HOME.get(path.name, "kept beside the archive"), str(path)].append(path.lstat().st_size)
    strange = [path for path in _folders(folder.path) if path.name not in _OF_AN_ARCHIVE]
    for path in (*strange, *_folders(home.path)):
        kinds["unpacked by another command, or not the archive's", f"{path}/"] += [
            file.lstat().st_size for file in _files_below(path)
        ]
    for (what, place), sizes in kinds.items():
        if sizes:
            yield Still(what=what, place=place, files=len(sizes), size=sum(sizes))


_OF_AN_ARCHIVE = ("logs", "evidence", "keys", JOIN)
_AT_HOME = {
    "device.json": "that this computer is a device of the archive; its key, sealed to the member",
    "writing": "an empty file, the lock of whoever writes",
    "seen.json": "when erasures were first met here",
    "session.log": "what was looked at here, sealed to the member",
}


# --- all of it


class OnlyCopy(GuvohError):
    """What was added on this computer is known to be nowhere else. entries: how many; None where nobody can tell."""

    def __init__(self, entries: int | None) -> None:
        self.entries = entries
        what = "entries" if entries is None else count(entries, "entry", "entries")
        super().__init__(
            f"this computer may have {what} that no other known copy has: sync with a colleague, let him sync back, "
            "and try again; if a stick or a backup has all of it, --force"
        )


class Wiped(Value, frozen=True, kw_only=True):
    """files: removed. device: whether this computer was one of the archive's.

    other     files in the folder that are not the archive's; 0 where something of its own is still there
    problems  what could not be removed
    """

    archive: str
    files: int
    device: bool
    other: int
    problems: tuple[Problem, ...] = ()


def check_elsewhere(path: Path, home_root: Path | None = None) -> None:
    """Raise OnlyCopy where this copy may be the only one: also where it is damaged, and nobody can tell.

    Where this computer is no device of the archive the folder is a copy, and nothing is only there.
    """
    left: int | None
    try:
        folder = Folder(path)
        device = this_device(Home(home_root or default_home(), folder.id))
        left = unseen(folder, device) if device is not None else 0
    except (Damaged, NewerFormat, NotAnArchive):
        left = None
    if left != 0:
        raise OnlyCopy(left)


_OURS = ("logs", "evidence", JOIN)
_DATABASES = ("index.db", "web.db")
_KEYS_AT_HOME = ("device.json", "index.salt")


def wipe(path: Path, home_root: Path | None = None) -> Wiped:
    """Remove the archive from this computer: its part of GUVOH_HOME, and the files of the folder that are its own.

    Whoever calls it has locked the archive, and knows that it is elsewhere. The keys go first: killed on the way, what
    is left opens no more. Keys are written over before; whether that reaches the flash is not known to any program.
    Where something cannot be removed, what names the archive stays too, so that it can be done again.
    """
    folder = Folder(path)
    home = Home(home_root or default_home(), folder.id)
    removing, device = _Removing(), home.exists()
    with home.writing() if device else contextlib.nullcontext():
        for key in (*_files_below(path / "keys"), *(home.path / name for name in _KEYS_AT_HOME)):
            removing.write_over(key)
        removing.folder(path / "keys")
    removing.folder(home.path)
    for name in _OURS:
        removing.folder(path / name)
    for name in _DATABASES:
        for file in sorted(path.glob(f"{name}*")):
            removing.file(file)
    for name in (HINT + PART, HINT) if not removing.problems else ():
        removing.file(path / name)
    other = len(_files_below(path)) if not removing.problems else 0
    with contextlib.suppress(OSError):
        path.rmdir()
    return Wiped(archive=folder.id, files=removing.files, device=device, other=other, problems=tuple(removing.problems))


def _files_below(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file() or path.is_symlink()) if place.is_dir() else []


class _Removing:
    """Removes as much as it can, and tells what it could not."""

    def __init__(self) -> None:
        self.files = 0
        self.problems: list[Problem] = []

    def write_over(self, path: Path) -> None:
        if path.is_symlink():
            return
        with contextlib.suppress(OSError), path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())

    def file(self, path: Path) -> None:
        try:
            path.unlink()
            self.files += 1
        except FileNotFoundError:
            pass
        except OSError as error:
            self.problems.append(Problem(where=str(path), what=error.strerror or "not allowed"))

    def folder(self, path: Path) -> None:
        """A link in the place of a folder is removed, and what it leads to stays."""
        if path.is_symlink() or path.is_file():
            self.file(path)
            return
        for entry in sorted(path.iterdir()) if path.is_dir() else ():
            if entry.is_dir() and not entry.is_symlink():
                self.folder(entry)
            else:
                self.file(entry)
        with contextlib.suppress(OSError):
            path.rmdir()
