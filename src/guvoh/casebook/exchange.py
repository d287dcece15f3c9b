"""What goes between copies of the archive: syncing with a folder or a file, bundles, backups, restoring one."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from guvoh.archive import bundles, members, merging, rewriting
from guvoh.archive.control import Member, Role
from guvoh.archive.errors import (
    CannotWrite,
    Damaged,
    MissingKey,
    NoFolder,
    NotAllowed,
    NotAnArchive,
    NotReadable,
    NotYetAdmitted,
    RolledBack,
    TwoHistories,
)
from guvoh.archive.files import PART, make_private, replace
from guvoh.archive.home import DeviceFile, Home, default_home, remove_scratch
from guvoh.archive.keys import identity_name
from guvoh.archive.membership import Membership
from guvoh.archive.merging import Brought, waiting
from guvoh.archive.store import HINT, Archive, Folder, read_hint
from guvoh.archive.verify import verify
from guvoh.casebook import deciding, sheets
from guvoh.casebook.answers import WAITING, Nothing, Problem, Step, Value
from guvoh.casebook.colleagues import Called, called, everybody, member_called, present, pseudonyms, this_device
from guvoh.casebook.copies import backups, seen_by
from guvoh.casebook.desk import Desk, NoSuchRecord, Tell
from guvoh.casebook.entries import entry
from guvoh.casebook.rights import Need, needs
from guvoh.errors import GuvohError
from guvoh.records import custody
from guvoh.records.base import now
from guvoh.records.decisions import Correction
from guvoh.sealing.boxes import Identity, Recipient
from guvoh.values.ids import new_id
from guvoh.words.plain import count

# --- syncing


class Interrupted(GuvohError):
    """A copy that could not be finished: the stick was pulled, a disk is full."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(
            f"the sync with {path} was interrupted ({why}); what came over until then stays, nothing is half there, "
            "and the next sync goes on from it"
        )


class BadPlace(GuvohError):
    """A place that things cannot be brought from or to."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}")


class Sync(Value, frozen=True, kw_only=True):
    """path: absolute, in bytes, for not every name is text. pull: bring here; push: bring there."""

    path: bytes
    pull: bool = True
    push: bool = True


class Moved(Value, frozen=True, kw_only=True):
    """Entries of one device's log that went over. apart: of these, those that are kept apart since it was removed."""

    device: str
    pseudonym: str
    entries: int
    apart: int = 0


class Way(Value, frozen=True, kw_only=True):
    """What went over in one direction. mended: segments that were damaged, or stripped, and are whole again."""

    logs: tuple[Moved, ...] = ()
    evidence: int = 0
    keys: int = 0
    mended: int = 0
    requests: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def entries(self) -> int:
        return sum(moved.entries for moved in self.logs)

    def after(self, before: Way) -> Way:
        """This, and what had gone the same way just before; of problems, those that are left."""
        moved: dict[str, Moved] = {one.device: one for one in before.logs}
        for one in self.logs:
            earlier = moved.get(one.device)
            together = one.entries + (earlier.entries if earlier else 0)
            moved[one.device] = msgspec.structs.replace(one, entries=together)
        return Way(
            logs=tuple(moved[device] for device in sorted(moved)),
            evidence=before.evidence + self.evidence,
            keys=before.keys + self.keys,
            mended=before.mended + self.mended,
            requests=before.requests + self.requests,
            problems=self.problems,
        )


class History(Value, frozen=True, kw_only=True):
    """A device that signed two histories of its log. proof: the file with both signed checkpoints, or ""."""

    device: str
    pseudonym: str
    proof: str


class Synced(Value, frozen=True, kw_only=True):
    """What a sync did.

    came, went  None where nothing was to go that way
    waiting     devices that ask to join
    done        what was mended on the way, in words
    notices     what a person should know
    """

    came: Way | None
    went: Way | None
    histories: tuple[History, ...] = ()
    waiting: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    called: tuple[Called, ...] = ()

    @property
    def problems(self) -> int:
        return len(self.histories) + sum(len(way.problems) for way in (self.came, self.went) if way)

    def after(self, before: Synced) -> Synced:
        """This, and what was brought before the archive opened."""
        ways = ((self.came, before.came), (self.went, before.went))
        came, went = (way.after(first) if way and first else way for way, first in ways)
        return msgspec.structs.replace(self, came=came, went=went)


@needs(Need.NOTHING)
def sync(desk: Desk, request: Sync, tell: Tell) -> Synced:
    """Bring both copies to the same state: what the other has comes here, then what is here goes there."""
    path = Path(os.fsdecode(request.path))
    syncing = _Syncing(desk, path, tell)
    identity = desk.archive.member_keys.identity
    desk.archive.home.clear_scratch(lambda: tell(WAITING))
    alone = desk.archive.writing(lambda: tell(WAITING))
    with _other_side(desk.archive, path, request, identity, desk.archive.home.path, alone) as other, _going_on(path):
        came = syncing.pull(other) if request.pull else None
        syncing.own_affairs()
        desk.catch_up(tell)
        went = syncing.push(other) if request.push and not _is_file(path) else None
    return syncing.answer(came, went, called(desk))


def sync_without_key(
    here: Path, request: Sync, tell: Tell, passphrase: str | None = None, home_root: Path | None = None
) -> Synced:
    """The same for a copy that nobody opens: a stick, a replica, one that was damaged, set back or left without keys.

    passphrase  opens a bundle, where the member's keys are here and only the archive does not open
    """
    folder, path = Folder(here), Path(os.fsdecode(request.path))
    home = Home(home_root or default_home(), folder.id)
    device = this_device(home)
    make_private(here / "logs")
    with contextlib.ExitStack() as stack:
        if device is not None:
            stack.enter_context(home.writing(lambda: tell(WAITING)))
            remove_scratch(home.path)
        else:
            remove_scratch(here)
        identity = _own_identity(folder, device, passphrase) if passphrase and device and _is_file(path) else None
        scratch = home.path if device is not None else here
        other = stack.enter_context(_other_side(folder, path, request, identity, scratch))
        stack.enter_context(_going_on(path))
        syncing = _SyncingFolder(folder, home, device, path, tell)
        came = syncing.pull(other) if request.pull else None
        went = syncing.push(other) if request.push and not _is_file(path) else None
    return syncing.answer(came, went)


def can_be_mended(problem: GuvohError) -> bool:
    """Whether a sync without a key may help an archive that does not open."""
    helps = Damaged | RolledBack | MissingKey | NotYetAdmitted | NotReadable | NotAnArchive
    return isinstance(problem, helps) and not isinstance(problem, NoFolder)


def waits(problem: GuvohError) -> bool:
    """Whether an archive does not open since this device has asked to join, and no answer has come here yet."""
    return isinstance(problem, NotYetAdmitted)


def _is_file(path: Path) -> bool:
    return path.is_file()


def _own_identity(folder: Folder, device: DeviceFile, passphrase: str) -> Identity:
    members, name = folder.membership(damage=False), identity_name(device.member)
    known, void = members.key_files.get(name), members.void_key_files.get(name)
    return folder.keys.open_member(device.member, passphrase, known, void).identity


@contextlib.contextmanager
def _other_side(
    here: Folder,
    path: Path,
    request: Sync,
    identity: Identity | None,
    scratch: Path,
    alone: contextlib.AbstractContextManager[None] | None = None,
) -> Iterator[Folder]:
    """The folder to sync with: on a stick, another archive's, or what a bundle or a backup holds.

    alone  held while a new folder is begun: of two commands that run at once the other finds it whole
    """
    if not _is_file(path):
        with alone or contextlib.nullcontext():
            other = _other_folder(here, path, request)
        yield other
        return
    if not request.pull:
        raise BadPlace(path, "it is a file, from which things are only brought; `guvoh bundle` writes a new one")
    with bundles.opened(path, identity, scratch) as folder:
        yield folder


def _other_folder(here: Folder, path: Path, request: Sync) -> Folder:
    if path.exists() and path.resolve().samefile(here.path):
        raise BadPlace(path, "it is this archive itself; name the folder of another copy")
    _check_outside(here, path)
    if not path.exists() and not path.parent.is_dir():
        raise BadPlace(path, f"there is no folder {path.parent}; is the stick in?")
    if _is_new(path):
        if not request.push:
            raise BadPlace(path, "there is nothing to bring from it: it is new or empty")
        return merging.start_copy(here, path)
    try:
        return Folder(path)
    except NotAnArchive:
        if (path / HINT).exists():
            raise
        raise BadPlace(path, f"it holds other things, and no archive; name a new folder in it: {path}/copy") from None


def _check_outside(here: Folder, path: Path) -> None:
    inside, outside = path.resolve(), here.path.resolve()
    if outside in inside.parents:
        raise BadPlace(path, "it lies in the archive's own folder, and would be lost with it; name another place")


def _is_new(path: Path) -> bool:
    """Whether nothing lies there but what a copy that was interrupted at its very beginning left; that is removed."""
    if not path.exists():
        return True
    if not path.is_dir():
        raise BadPlace(path, "it is neither a folder nor a file")
    left = [entry for entry in path.iterdir() if entry.name not in ("logs", "evidence", HINT + PART)]
    if left or any(any(path.glob(f"{made}/*")) for made in ("logs", "evidence")):
        return False
    for made in ("logs", "evidence"):
        if (path / made).is_dir():
            (path / made).rmdir()
    (path / (HINT + PART)).unlink(missing_ok=True)
    return True


@contextlib.contextmanager
def _going_on(path: Path) -> Iterator[None]:
    """What stops a sync half way is told as such."""
    try:
        yield
    except (CannotWrite, OSError) as error:
        reason = error.reason if isinstance(error, CannotWrite) else error.strerror or "the system refused"
        raise Interrupted(path, reason) from None
    except NotAnArchive:
        if _is_gone(path):
            raise Interrupted(path, "it is not there any more") from None
        raise
    if _is_gone(path):
        raise Interrupted(path, "it is not there any more")


def _is_gone(path: Path) -> bool:
    try:
        return not _is_file(path) and not read_hint(path)
    except GuvohError:
        return True


class _SyncingFolder:
    """A sync of what needs no key."""

    def __init__(self, here: Folder, home: Home, device: DeviceFile | None, path: Path, tell: Tell) -> None:
        self._here, self._home, self._device, self._path, self._tell = here, home, device, path, tell
        self._histories: list[TwoHistories] = []
        self._known = dict(device.heads) if device is not None else {}

    def pull(self, other: Folder) -> Way:
        return self._way(merging.pull(
            self._here, other, known=self._known, carried=self._carried(), tell=self._steps("bringing here")
        ))  # fmt: skip

    def push(self, other: Folder) -> Way:
        return self._way(merging.pull(other, self._here, carried=self._carried(), tell=self._steps("bringing there")))

    def _carried(self) -> frozenset[str]:
        """What this device has destroyed: its own word alone counts, for the clock of another may be wrong."""
        if self._device is None:
            return frozenset()
        erasures = self._membership().erasures.values()
        return frozenset(one.id for one in erasures if self._device.device in one.confirmed)

    def _membership(self) -> Membership:
        try:
            return self._here.membership(damage=False)
        except NotAnArchive:
            return Membership(self._here.id)

    def _steps(self, task: str) -> Callable[[str, int, int], None]:
        return lambda what, done, total: self._tell(Step(task=f"{task} ({what})", done=done, total=total))

    def _way(self, brought: Brought) -> Way:
        names = pseudonyms(self._membership())
        self._histories += brought.histories
        moved = [
            Moved(device=log, pseudonym=names.get(log, log), entries=entries)
            for log, entries in sorted(brought.entries.items())
            if entries
        ]
        return Way(
            logs=tuple(moved),
            evidence=brought.evidence,
            keys=brought.keys,
            mended=brought.mended,
            requests=brought.requests,
            problems=tuple(Problem(where=where, what=what) for where, what in brought.problems),
        )

    def answer(self, came: Way | None, went: Way | None) -> Synced:
        known = self._membership()
        return Synced(
            came=came,
            went=went,
            histories=self._proofs(known),
            waiting=tuple(name.removesuffix(".request") for name in waiting(self._here)),
        )

    def _proofs(self, known: Membership) -> tuple[History, ...]:
        names = pseudonyms(known)
        found = {problem.log: problem for problem in self._histories}
        return tuple(
            History(device=log, pseudonym=names.get(log, log), proof=self._proof(problem))
            for log, problem in found.items()
        )

    def _proof(self, problem: TwoHistories) -> str:
        """Write down the two checkpoints that a device has signed. Where they cannot be, it is told all the same."""
        where = self._home.path / f"proof-{problem.log}.txt"
        if self._device is None or not problem.proof:
            return ""
        try:
            replace(where, b"\n".join((_PROOF.format(log=problem.log).encode(), *problem.proof)))
        except CannotWrite:
            return ""
        return str(where)


_PROOF = """\
Device {log} has signed both of the checkpoints below, and no log can have both.
Each is a signed note: an archive and a log, the number of entries, the root of the tree over them, what was seen of
other logs, and the signature of the device.
"""


class _Syncing(_SyncingFolder):
    """A sync of an opened archive."""

    def __init__(self, desk: Desk, path: Path, tell: Tell) -> None:
        archive = desk.archive
        super().__init__(archive, archive.home, archive.home.load(), path, tell)
        self._desk, self._archive = desk, archive
        self._done: list[str] = []
        self._notices: list[str] = []

    def _membership(self) -> Membership:
        return self._archive.members

    def _carried(self) -> frozenset[str]:
        """What is destroyed here already, or is to be at once."""
        return super()._carried() | {one.id for one in rewriting.due(self._archive)}

    def pull(self, other: Folder) -> Way:
        archive = self._archive
        own = archive.keys.digest(identity_name(archive.member))
        asked = set(archive.members.erasures)
        let_in = set(sheets.let_in(archive.members))
        with archive.writing(lambda: self._tell(WAITING)):
            self._known = dict(archive.known)
            brought = super().pull(other)
        archive.refresh()
        archive.remember()
        if archive.keys.digest(identity_name(archive.member)) != own:
            self._notices.append("your passphrase was changed elsewhere: from now on the new one opens this copy too")
        for one in sheets.let_in(archive.members):
            if one not in let_in:
                who = pseudonyms(archive.members)[one]
                self._notices.append(
                    f"{who} ({one}) came in with sheets for recovery, and is an owner; if you do not know of it: "
                    f"`guvoh member remove {one}`, `guvoh recovery make`"
                )
        new = len(archive.members.erasures.keys() - asked)
        if new:
            requests = count(new, "request to erase", "requests to erase")
            self._notices.append(f"{requests} came in: `guvoh erasure list` shows what is asked")
        return brought

    def push(self, other: Folder) -> Way:
        with self._archive.writing(lambda: self._tell(WAITING)):
            return super().push(other)

    def own_affairs(self) -> None:
        """What this device mends without being asked; nothing where it, or its member, was removed."""
        archive = self._archive
        if not archive.members.in_force(archive.device):
            self._notices.append(
                "this device, or its member, was removed from the archive: what is added here from now on is kept "
                "apart, and colleagues do not see it"
            )
            return
        self._done += members.tend(archive)
        self._erase()
        if archive.sees_identities and rewriting.worth_packing(archive):
            packed = rewriting.pack(
                archive, tell=lambda done, total: self._tell(Step(task="packing", done=done, total=total))
            )
            self._done += [f"packed {count(packed, 'small segment', 'small segments')}"] if packed else []

    def _erase(self) -> None:
        try:
            carried = deciding.carry_out(self._desk, deciding.CarryOut(), self._tell)
        except NotReadable as problem:
            self._notices.append(f"an erasure that is due could not be carried out yet ({problem}); sync again")
            return
        done = carried.erasures
        self._done += [f"carried out {count(len(done), 'erasure', 'erasures')}"] if done else []
        if carried.followed:
            requests = count(carried.followed, "erasure was", "erasures were")
            self._notices.append(
                f"what had been erased came back with somebody's copy; {requests} asked for anew: `guvoh erasure list`"
            )

    def answer(self, came: Way | None, went: Way | None, named: tuple[Called, ...] = ()) -> Synced:
        return msgspec.structs.replace(
            super().answer(self._told_apart(came), self._told_apart(went)),
            done=tuple(self._done),
            notices=tuple(self._notices),
            called=named,
        )

    def _told_apart(self, way: Way | None) -> Way | None:
        """With how much of it does not count, for its device was removed before it wrote that."""
        if way is None:
            return None
        logs = tuple(msgspec.structs.replace(one, apart=min(one.entries, self._apart(one.device))) for one in way.logs)
        return msgspec.structs.replace(way, logs=logs)

    def _apart(self, log: str) -> int:
        states = self._archive.states
        return states[log].size - self._archive.accepted(log) if log in states else 0


# --- bundles


class Bundle(Value, frozen=True, kw_only=True):
    """path: absolute, in bytes. members: by id, pseudonym or label; none: all. whole: what they have seen as well."""

    path: bytes
    members: tuple[str, ...] = ()
    whole: bool = False


class Bundled(Value, frozen=True, kw_only=True):
    """entries 0: they have reported to have all of it, and nothing was written. size: in bytes."""

    members: tuple[str, ...]
    entries: int
    size: int
    called: tuple[Called, ...] = ()


@needs(Need.NOTHING)
def bundle(desk: Desk, request: Bundle, tell: Tell) -> Bundled:
    """Write a file that only these members open, with what their devices have not reported to have."""
    archive, path = desk.archive, Path(os.fsdecode(request.path))
    _check_outside(archive, path)
    known = archive.members
    chosen = _chosen(desk, request.members) or present(known)
    names = pseudonyms(known)
    with archive.writing(lambda: tell(WAITING)):
        since = {} if request.whole else _reported(archive, chosen)
        entries = sum(max(0, state.size - since.get(log, 0)) for log, state in archive.states.items())
        size = 0
        if entries:
            size = bundles.write_bundle(archive, path, [Recipient(one.recipient) for one in chosen], since)
    return Bundled(members=tuple(names[one.member] for one in chosen), entries=entries, size=size, called=called(desk))


def _chosen(desk: Desk, typed: Iterable[str]) -> list[Member]:
    """Members in force, as somebody named them. Raises Unclear, or NotAllowed for one who is a member no more."""
    members = everybody(desk)
    found = {one.id: one for one in (member_called(members, name) for name in typed)}
    for one in found.values():
        if not one.in_force:
            raise NotAllowed(f"{one.id} is a member no more: nothing is sealed to him")
    return [desk.archive.members.members[one] for one in found]


def _reported(archive: Archive, chosen: Iterable[Member]) -> dict[str, int]:
    """Of each log, what all devices of these members have. Whichever of them opens it, nothing before it is missing."""
    known = archive.members
    devices = [
        device
        for member in chosen
        for device in known.devices_of(member.member)
        if device != archive.device and known.in_force(device)
    ]
    seen = [seen_by(archive, known, device) for device in devices]
    return {log: min(one.get(log, 0) for one in seen) for log in archive.states} if seen else {}


# --- backups


class Backup(Value, frozen=True, kw_only=True):
    """path: absolute, in bytes. place: where it is to lie, in words."""

    path: bytes
    place: str = ""


class BackupMade(Value, frozen=True, kw_only=True):
    """id: of the record of it; "" where it was not recorded. checked: whether it was read back, and found whole."""

    id: str
    size: int
    entries: int
    evidence: int
    checked: bool
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()


@needs(Need.NOTHING)
def backup(desk: Desk, request: Backup, tell: Tell) -> BackupMade:
    """Write everything into one file, read it back and verify it as a stranger would; record that it exists."""
    archive, path = desk.archive, Path(os.fsdecode(request.path))
    _check_outside(archive, path)
    desk.journal.close()
    with archive.writing(lambda: tell(WAITING)):
        heads = {log: state.size for log, state in archive.states.items() if state.size}
        tell(Step(task="writing the backup", done=0, total=0))
        size = bundles.write_backup(archive, path)
        evidence, problems, notices = _read_back(archive, path, size, tell)
    recorded = ""
    if not problems and archive.decides and archive.members.in_force(archive.device):
        recorded = _record(desk, custody.Backup(
            id=new_id("b"), by=archive.member, at=now(), place=" ".join(request.place.split()), heads=heads
        ))  # fmt: skip
    elif not problems:
        notices.append("it is not recorded in the archive: only owners and editors say that; tell one of them of it")
    return BackupMade(
        id=recorded,
        size=size,
        entries=sum(heads.values()),
        evidence=evidence,
        checked=evidence >= 0,
        problems=tuple(problems),
        notices=tuple(notices),
    )


def _read_back(archive: Archive, path: Path, size: int, tell: Tell) -> tuple[int, list[Problem], list[str]]:
    """How many files of evidence are in a backup, what is wrong with it, and what is to be said of it.

    It is unpacked beside the index, and verified there against the heads that are known here. -1 files: not looked at.
    """
    _drop_from_memory(path)
    if shutil.disk_usage(archive.home.path).free < size + _ROOM_TO_SPARE:
        return -1, [], ["it was not read back: there is no room to unpack it; `guvoh restore` elsewhere tries it"]
    try:
        with bundles.opened(path, None, archive.home.path) as folder:
            found = verify(folder, archive.known, lambda done, total: tell(_reading(done, total)))
    except bundles.BadBundle as problem:
        return 0, [Problem(where=path.name, what=problem.why)], []
    return found.evidence, [Problem(where=where, what=what) for where, what in found.problems], []


_ROOM_TO_SPARE = 64 << 20


def _reading(done: int, total: int) -> Step:
    return Step(task="reading the backup back", done=done, total=total)


def _drop_from_memory(path: Path) -> None:
    """What is read back comes from the disk, where the system has a way to say so."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _record(desk: Desk, record: custody.Backup | Correction) -> str:
    with desk.archive.batch() as batch:
        batch.add(entry(record))
    desk.catch_up()
    return record.id


class BackupSeen(Value, frozen=True, kw_only=True):
    """A backup that is said to exist. by: the pseudonym of who made it."""

    id: str
    at: str
    by: str
    place: str
    entries: int


class Backups(Value, frozen=True, kw_only=True):
    backups: tuple[BackupSeen, ...]
    called: tuple[Called, ...] = ()


@needs(Need.IDENTITIES)
def backup_list(desk: Desk, request: Nothing, tell: Tell) -> Backups:
    """The backups that nobody has said to be gone."""
    names = pseudonyms(desk.archive.members)
    seen = tuple(
        BackupSeen(id=one.id, at=one.at, by=names.get(one.by, one.by), place=one.place, entries=sum(one.heads.values()))
        for _, one in backups(desk)
    )
    return Backups(backups=seen, called=called(desk))


class NoSuchBackup(NoSuchRecord):
    """An id that no recorded backup has."""

    def __init__(self, record: str) -> None:
        super().__init__(record)
        self.args = (f"no backup {record} is recorded; `guvoh backup --list` shows those that are",)


class BackupGone(Value, frozen=True, kw_only=True):
    id: str
    reason: str = ""


@needs(Need.DECIDES)
def backup_gone(desk: Desk, request: BackupGone, tell: Tell) -> Nothing:
    """A backup is gone: destroyed, overwritten, lost. Raises NoSuchBackup."""
    if request.id not in {one.id for _, one in backups(desk)}:
        raise NoSuchBackup(request.id)
    correction = Correction(
        id=new_id("c"), by=desk.archive.member, at=now(), reason=request.reason, old=request.id, new=None
    )
    _record(desk, correction)
    return Nothing()


class Restored(Value, frozen=True, kw_only=True):
    """What was laid out.

    here     whether this computer is a device of the archive already
    behind   entries that this computer has seen and the copy has not
    members  (id, pseudonym) of those who may join with their passphrase
    """

    archive: str
    entries: int
    evidence: int
    problems: tuple[Problem, ...]
    here: bool
    behind: int
    members: tuple[tuple[str, str], ...]
    sheets: bool


def restore(path: Path, directory: Path, tell: Tell, home_root: Path | None = None) -> Restored:
    """Lay a backup out in a new or empty folder, and verify it without a key."""
    bundles.unpack_backup(path, directory)
    folder = Folder(directory)
    found = verify(folder, {}, lambda done, total: tell(Step(task="verifying", done=done, total=total)))
    home = Home(home_root or default_home(), folder.id)
    device = this_device(home)
    sizes = {log.log: log.entries for log in found.logs}
    known = device.heads if device is not None else {}
    members_of = folder.membership(damage=False)
    names = pseudonyms(members_of)
    return Restored(
        archive=folder.id,
        entries=found.entries,
        evidence=found.evidence,
        problems=tuple(Problem(where=where, what=what) for where, what in found.problems),
        here=device is not None,
        behind=sum(max(0, head.size - sizes.get(log, 0)) for log, head in known.items()),
        members=tuple((one.member, names[one.member]) for one in present(members_of)),
        sheets=bool(members_of.with_roles([Role.RECOVERY])),
    )
