"""How an archive and its copies are, and what is to be done about it; upgrading the format."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from guvoh.archive import control, members, rewriting
from guvoh.archive.control import FORMAT, Confirmation, Role
from guvoh.archive.errors import Damaged, NewerFormat
from guvoh.archive.files import PART
from guvoh.archive.home import Head, Home, default_home
from guvoh.archive.keys import NEXT
from guvoh.archive.membership import Membership, Standing
from guvoh.archive.merging import JOIN, waiting
from guvoh.archive.store import Folder, notes
from guvoh.archive.verify import verify
from guvoh.casebook import seconding, sheets
from guvoh.casebook.answers import Nothing, Step, Value
from guvoh.casebook.colleagues import Called, called, present, pseudonyms
from guvoh.casebook.copies import BOOKKEEPING, backups, elsewhere, only_here, seen_by
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.returning import came_back
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.seconding import SHEETS
from guvoh.casebook.standing import standing
from guvoh.errors import GuvohError
from guvoh.records.codec import KINDS, from_bytes
from guvoh.records.custody import Backup, Label
from guvoh.sealing.passphrases import LEAST_COST
from guvoh.words.plain import count, listed, size

_DATED = tuple(str(kind.__struct_config__.tag) for kind in KINDS if "at" in kind.__struct_fields__)
"""Kinds of records that say when they were made."""
_OF_THE_WORK = tuple(kind for kind in _DATED if kind not in BOOKKEEPING)
"""Of these, those that are not only about sessions and copies."""
_DAY = 86_400
_HOUR = 3_600
_MOST_PROBLEMS = 20
_NO_SPACE = 200 << 20
"""Below it erasing, packing and syncing may not get through."""
_LITTLE_SPACE = 1 << 30


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    """To know of, and perhaps to do something about."""
    ACT = "act"
    """To act on: what is in the archive, or who is in it, is in danger."""


class Finding(Value, frozen=True, kw_only=True):
    """One thing that was looked at. about: a word of our own; advice: what to do, "" where that is nothing."""

    level: Level
    about: str
    what: str
    advice: str = ""


class Doctor(Value, frozen=True, kw_only=True):
    """quick: entries are not opened. days: after so many something is old. pack, tidy: do it at once."""

    quick: bool = False
    days: int = 14
    pack: bool = False
    tidy: bool = False


class Health(Value, frozen=True, kw_only=True):
    archive: str
    findings: tuple[Finding, ...]
    called: tuple[Called, ...] = ()

    @property
    def in_danger(self) -> bool:
        return any(finding.level is Level.ACT for finding in self.findings)


@needs(Need.NOTHING)
def doctor(desk: Desk, request: Doctor, tell: Tell) -> Health:
    """Look at everything that can go wrong unnoticed."""
    found = list(_Looking(desk, request, tell).findings())
    return Health(archive=desk.archive.id, findings=tuple(found), called=called(desk))


def doctor_without_key(
    path: Path, request: Doctor, problem: GuvohError | None, tell: Tell, home_root: Path | None = None
) -> Health:
    """The same of an archive that does not open, as far as that goes without a key.

    problem  why it does not; None where this computer was left without its member's keys
    """
    folder = Folder(path)
    home = Home(home_root or default_home(), folder.id)
    known = _heads(home)
    found = [
        _LEFT
        if problem is None
        else Finding(
            level=Level.ACT,
            about="opening",
            what=f"the archive here does not open: {problem}",
            advice="`guvoh sync` with a colleague's copy, or restore a backup",
        ),
        *_integrity(folder, known, tell),
        *_space(folder, home),
    ]
    with contextlib.suppress(GuvohError):
        found += _locks(folder, folder.membership(damage=False))
    return Health(archive=folder.id, findings=tuple(found))


_LEFT = Finding(
    level=Level.NOTE,
    about="opening",
    what="this computer was left: your keys are not on it, and no passphrase opens the archive here",
    advice="to come back: `guvoh sync` with a colleague's copy, and your passphrase",
)


def _heads(home: Home) -> dict[str, Head]:
    try:
        return dict(home.load().heads)
    except GuvohError:
        return {}


# --- what needs no key


def _integrity(folder: Folder, known: dict[str, Head], tell: Tell) -> Iterator[Finding]:
    found = verify(folder, known, lambda done, total: tell(Step(task="verifying", done=done, total=total)))
    refused = set(found.refused)
    problems = [problem for problem in found.problems if problem[1] not in refused]
    for where, what in problems[:_MOST_PROBLEMS]:
        advice = "`guvoh sync` with a whole copy mends it; if there is none, restore a backup"
        yield Finding(level=Level.ACT, about="integrity", what=f"{where}: {what}", advice=advice)
    if len(problems) > _MOST_PROBLEMS:
        more = count(len(problems) - _MOST_PROBLEMS, "more problem", "more problems")
        yield Finding(level=Level.ACT, about="integrity", what=more, advice="`guvoh verify` prints all of them")
    for what in sorted(refused):
        yield Finding(level=Level.NOTE, about="members", what=what, advice="ask the members how it came to be there")
    if not problems:
        opened = "every entry was opened" if found.read else "entries were not opened"
        entries, files = count(found.entries, "entry", "entries"), count(found.evidence, "file", "files")
        what = f"{entries} and {files} of evidence are as signed; {opened}"
        yield Finding(level=Level.OK, about="integrity", what=what)


def _space(folder: Folder, home: Home) -> Iterator[Finding]:
    """Free space, for the archive's disk and for that of GUVOH_HOME, where it is another."""
    places = {"the archive": folder.path} | ({"GUVOH_HOME": home.path} if home.path.exists() else {})
    told: set[int] = set()
    for name, path in places.items():
        disk = path.stat().st_dev
        if disk in told:
            continue
        told.add(disk)
        free = shutil.disk_usage(path).free
        level = Level.ACT if free < _NO_SPACE else Level.NOTE if free < _LITTLE_SPACE else Level.OK
        advice = "make room: syncing, erasing and packing need some" if level is not Level.OK else ""
        yield Finding(level=level, about="space", what=f"{size(free)} are free on the disk of {name}", advice=advice)


def _locks(folder: Folder, known: Membership) -> Iterator[Finding]:
    """What a guess at each member's passphrase costs, for whoever has the folder."""
    names, cheap = pseudonyms(known), []
    for one in present(known):
        cost = folder.keys.cost(one.member)
        if cost is not None and cost.memory < LEAST_COST.memory:
            cheap.append(names[one.member])
    if cheap:
        yield Finding(
            level=Level.ACT,
            about="passphrases",
            what=f"passphrases that are cheap to guess for whoever takes the folder: {listed(cheap)}",
            advice="each of them runs `guvoh passphrase`",
        )


# --- what is asked of an opened archive


class _Looking:
    def __init__(self, desk: Desk, request: Doctor, tell: Tell) -> None:
        self._desk, self._archive, self._request, self._tell = desk, desk.archive, request, tell
        self._known = desk.archive.members
        self._names = pseudonyms(self._known)
        self._now = datetime.now(UTC)
        self._backups = backups(desk)

    def findings(self) -> Iterator[Finding]:
        looked: tuple[Callable[[], Iterable[Finding]], ...] = (
            self._left_over,
            self._whole,
            lambda: _space(self._archive, self._archive.home),
            lambda: _locks(self._archive, self._known),
            self._key_files,
            self._epochs,
            self._sheets,
            self._let_in,
            self._removals,
            self._copies,
            self._devices,
            self._asking,
            self._apart,
            self._erasures,
            self._segments,
            self._unreadable,
            self._format,
        )
        for look in looked:
            yield from look()

    def _called(self, one: str) -> str:
        return self._names.get(one, one)

    def _whole(self) -> Iterator[Finding]:
        folder = Folder(self._archive.path) if self._request.quick else self._archive
        return _integrity(folder, self._archive.known, self._tell)

    # keys

    def _key_files(self) -> Iterator[Finding]:
        here = set(self._archive.keys.names())
        missing = [name for name in self._known.key_files if name not in here and self._in_force(name)]
        own = [name for name in missing if self._archive.member in name]
        if own:
            what = (
                f"{count(len(own), 'key file', 'key files')} of yours are not in keys/: this copy will not open again"
            )
            yield Finding(level=Level.ACT, about="keys", what=what, advice="`guvoh sync` with a colleague's copy")
        elif missing:
            what = f"{count(len(missing), 'key file', 'key files')} of other members are not here"
            yield Finding(level=Level.NOTE, about="keys", what=what, advice="`guvoh sync` with their copy brings them")
        else:
            yield Finding(level=Level.OK, about="keys", what="the key files of all members are here")

    def _in_force(self, name: str) -> bool:
        """Whether a key file is that of somebody who is a member today."""
        member = name.removesuffix(".identity") if name.endswith(".identity") else name.split(".")[1]
        return self._known.in_force(member)

    def _epochs(self) -> Iterator[Finding]:
        archive = self._archive
        lacking = self._known.epochs.keys() - archive.opener.epochs.keys()
        if lacking and archive.role is not Role.REPLICA:
            what = f"{count(len(lacking), 'key of the archive was', 'keys of the archive were')} not given to you yet"
            yield Finding(level=Level.NOTE, about="keys", what=what, advice="an owner's next sync gives them to you")
        missing = len(members.not_given(archive)) if archive.role in control.OWNS else 0
        if missing:
            what = f"members lack {count(missing, 'key', 'keys')} that they may have"
            yield Finding(level=Level.NOTE, about="keys", what=what, advice="your next `guvoh sync` gives them")
        if self._known.uncovered:
            who = listed([self._called(one) for one in self._known.uncovered])
            what = f"what is written now is sealed to a key that removed members hold: {who}"
            yield Finding(
                level=Level.ACT, about="keys", what=what, advice="an owner runs `guvoh sync`: it makes a new key"
            )

    def _sheets(self) -> Iterator[Finding]:
        sets = sheets.in_force(self._desk)
        made = listed([one.made for one in sets if one.made])
        if sets:
            when = f", made {made}" if made != "none" else ""
            what = f"{count(len(sets), 'set', 'sets')} of recovery sheets in force{when}"
            yield Finding(level=Level.OK, about="recovery", what=what, advice="see now and then that they are in place")
        else:
            what = "there are no recovery sheets: who forgets his passphrase is out, and if all do, all is lost"
            yield Finding(level=Level.NOTE, about="recovery", what=what, advice="an owner runs `guvoh recovery make`")
        if len(self._known.with_roles([Role.OWNER])) == 1:
            what = "there is one owner: nobody else can admit or remove members"
            yield Finding(level=Level.NOTE, about="recovery", what=what, advice="admit a second owner, or make sheets")

    def _let_in(self) -> Iterator[Finding]:
        """Whoever has two sheets makes himself an owner: to act on, until somebody who was here before names him."""
        known = self._known
        named = {
            label.about
            for _, label in standing(self._desk, Label)
            if label.about not in (label.by, *known.line(label.by))
        }
        for one in sheets.let_in(known):
            his_own = self._archive.member == one or one in known.line(self._archive.member)
            if his_own or one in named:
                continue
            who = f"{self._called(one)} ({one})"
            yield Finding(
                level=Level.ACT if self._archive.sees_identities else Level.NOTE,
                about="members",
                what=f"{who} came in with sheets for recovery, and is an owner",
                advice=f"if you do not know of it: `guvoh member remove {one}`, `guvoh recovery make`; "
                f"if you do: `guvoh member name {one} NAME`",
            )

    def _removals(self) -> Iterator[Finding]:
        for one in seconding.lone(self._desk):
            what = f"no second owner has agreed with removal {one.id} of {one.removed}: it can still be answered"
            signer = "you" if one.yours else "who signed it"
            who = (
                "another owner" if one.removed == SHEETS else f"another owner, whom neither {signer} nor sheets let in"
            )
            advice = f"{who}: `guvoh member agree {one.id}`"
            yield Finding(level=Level.NOTE, about="members", what=what, advice=advice)

    # copies

    def _copies(self) -> Iterator[Finding]:
        """What this device has written and nobody else is known to have."""
        archive = self._archive
        only = only_here(self._desk, Nothing(), self._tell).entries
        if not only:
            yield Finding(level=Level.OK, about="copies", what="what was added here is known to be elsewhere too")
            return
        known = elsewhere(self._desk)
        age = self._age(archive.device, _OF_THE_WORK, "position >= ? ORDER BY position LIMIT 1", known)
        old = age is not None and age >= self._request.days
        since = f", the oldest for {count(age, 'day', 'days')}" if age else ""
        what = f"this computer has {count(only, 'entry', 'entries')} that no other known copy has{since}"
        advice = "`guvoh sync` with a colleague or a stick, or `guvoh backup`"
        yield Finding(level=Level.ACT if old else Level.NOTE, about="copies", what=what, advice=advice)

    def _age(self, log: str, kinds: tuple[str, ...], where: str, *values: int) -> int | None:
        """Days since a record of this log was made, by the clock of who made it; None where none says when."""
        marks = ", ".join("?" * len(kinds))
        query = f"SELECT position FROM records WHERE log = ? AND kind IN ({marks}) AND {where}"  # noqa: S608 (our own)
        found = self._desk.index.db.execute(query, (log, *kinds, *values)).fetchone()
        if found is None:
            return None
        record = from_bytes(self._archive.entry(log, found[0]).body)
        at = datetime.fromisoformat(getattr(record, "at"))  # noqa: B009 (all kinds of _DATED have it)
        return max(0, (self._now - at).days)

    def _devices(self) -> Iterator[Finding]:
        archive, known = self._archive, self._known
        for device in known.devices:
            if device == archive.device or not known.in_force(device):
                continue
            age = self._age(device, _DATED, "position >= 0 ORDER BY position DESC LIMIT 1")
            seen = seen_by(archive, known, device)
            lacks = sum(max(0, state.size - seen.get(log, 0)) for log, state in archive.states.items())
            has = f"; it has not said that it has {count(lacks, 'entry', 'entries')} of this copy" if lacks else ""
            if age is None:
                what = f"when {self._called(device)} was last used is not known: it has added nothing with a date{has}"
                advice = "sync with it" if lacks else ""
                yield Finding(level=Level.NOTE if lacks else Level.OK, about="devices", what=what, advice=advice)
            elif age >= self._request.days:
                what = f"{self._called(device)} was last heard of {count(age, 'day', 'days')} ago, by its clock{has}"
                advice = f"sync with it; if it is lost: `guvoh device lost {device}`"
                yield Finding(level=Level.NOTE, about="devices", what=what, advice=advice)

    def _asking(self) -> Iterator[Finding]:
        for name in waiting(self._archive):
            device = name.removesuffix(".request")
            if device not in self._known.devices:
                advice = f"an owner who knows whose it is: `guvoh member add {device}`"
                yield Finding(level=Level.NOTE, about="members", what=f"device {device} asks to join", advice=advice)

    def _apart(self) -> Iterator[Finding]:
        for log, state in self._archive.states.items():
            apart = state.size - self._archive.accepted(log)
            if apart:
                kept = count(apart, "entry", "entries")
                what = f"{kept} of {self._called(log)} came after it was removed, and are kept apart"
                advice = f"an owner looks at how they came to be: `guvoh member accept {log}` takes them in"
                yield Finding(level=Level.NOTE, about="members", what=what, advice=advice)

    # erasure

    def _erasures(self) -> Iterator[Finding]:
        standing = [one for one in self._known.erasures.values() if not one.refused]
        back = came_back(self._desk)
        due = {one.id for one in rewriting.due(self._archive)}
        confirmations = _confirmations(self._archive) if standing else {}
        for one in standing:
            if one.id in back:
                yield self._came_back(one, len(back[one.id]))
            if one.id not in back or self._archive.device not in one.confirmed:
                yield from self._erasure(one, one.id in due, confirmations)

    @staticmethod
    def _came_back(one: Standing, entries: int) -> Finding:
        what = f"erasure {one.id} is not done: {count(entries, 'entry', 'entries')} of it came back with a copy"
        advice = "an owner or editor runs `guvoh sync` or `guvoh erasure carry-out`: that is asked for anew"
        return Finding(level=Level.ACT, about="erasure", what=what, advice=advice)

    def _erasure(self, one: Standing, due: bool, confirmations: dict[tuple[str, str], int]) -> Iterator[Finding]:
        done = self._archive.device in one.confirmed
        if done:
            yield from self._still_holding(one, confirmations)
        elif one.held:
            what = f"erasure {one.id} is held back by a legal hold; what it names is not used"
            yield Finding(level=Level.NOTE, about="erasure", what=what)
        elif not one.approved:
            lacking = count(one.needed - len(one.approvals), "approval", "approvals")
            what = f"erasure {one.id}, which {self._called(one.erasure.signer)} asked for, waits for {lacking}"
            yield Finding(
                level=Level.NOTE,
                about="erasure",
                what=what,
                advice=f"another owner or editor: `guvoh erasure approve {one.id}`",
            )
        elif due:
            what = f"erasure {one.id} is due, and what it names is still on this computer"
            yield Finding(
                level=Level.ACT, about="erasure", what=what, advice="`guvoh erasure carry-out`, or `guvoh sync`"
            )
        else:
            delay = self._known.settings.delay
            when = f"{count(delay, 'hour', 'hours')} after it was first seen here" if delay else "with the next sync"
            what = f"erasure {one.id} is approved; it is carried out here {when}"
            yield Finding(level=Level.NOTE, about="erasure", what=what)

    def _still_holding(self, one: Standing, confirmations: dict[tuple[str, str], int]) -> Iterator[Finding]:
        """Devices and backups that may still hold what is erased here."""
        devices = [d for d in self._known.devices if self._known.in_force(d) and d not in one.confirmed]
        if devices:
            who = listed([self._called(device) for device in devices])
            what = f"erasure {one.id} is carried out here, and not confirmed by {who}"
            yield Finding(level=Level.NOTE, about="erasure", what=what, advice="they sync; a lost device is removed")
        hold = [backup.id for device, backup in self._backups if _holds(device, backup, one, confirmations)]
        if hold:
            what = f"backups that were made before erasure {one.id} still hold what it names: {listed(hold)}"
            advice = "destroy them, make new ones, and say so: `guvoh backup --gone ID`"
            yield Finding(level=Level.NOTE, about="erasure", what=what, advice=advice)
        if not devices and not hold:
            yield Finding(level=Level.OK, about="erasure", what=f"erasure {one.id} is confirmed by all devices")

    # the disk

    def _segments(self) -> Iterator[Finding]:
        archive = self._archive
        if self._request.pack and archive.sees_identities:
            packed = rewriting.pack(archive, tell=lambda n, of: self._tell(Step(task="packing", done=n, total=of)))
            what = (
                f"packed {count(packed, 'small segment', 'small segments')}" if packed else "nothing was to be packed"
            )
            yield Finding(level=Level.OK, about="segments", what=what)
        elif archive.sees_identities and rewriting.worth_packing(archive):
            what = "this computer's log has come to be in many small files"
            yield Finding(
                level=Level.NOTE, about="segments", what=what, advice="`guvoh doctor --pack`, or the next sync"
            )
        thin = _thin(archive)
        if thin and not archive.sees_identities:
            what = f"of {count(thin, 'segment', 'segments')} only commitments are here: that is how it is without names"
            yield Finding(level=Level.OK, about="segments", what=what)
        elif thin:
            what = f"of {count(thin, 'segment', 'segments')} only commitments are here"
            yield Finding(level=Level.NOTE, about="segments", what=what, advice="`guvoh sync` with a whole copy")

    def _left_over(self) -> Iterator[Finding]:
        """First of all, for what is left over is no damage once it is gone."""
        archive, home, known = self._archive, self._archive.home, self._known
        found = [*left_over(archive, home, known), *_unsettled(archive, known)]
        if found and self._request.tidy:
            with archive.writing():
                for path in _unsettled(archive, known):
                    name = path.name.removesuffix(NEXT)
                    archive.keys.settle(name, known.key_files[name])
                for path in left_over(archive, home, known):
                    _remove(path)
            removed = sum(not path.exists() for path in found)
            what = f"removed {count(removed, 'left-over file', 'left-over files')}"
            yield Finding(level=Level.OK, about="left over", what=what)
        elif found:
            what = f"{count(len(found), 'file is', 'files are')} left over from something that was interrupted"
            yield Finding(level=Level.NOTE, about="left over", what=what, advice="`guvoh doctor --tidy` removes them")

    def _unreadable(self) -> Iterator[Finding]:
        found = len(self._desk.index.unreadable())
        if found:
            entries = count(found, "entry is", "entries are")
            what = f"{entries} of no kind that this Guvoh knows, or of members who add none"
            yield Finding(level=Level.NOTE, about="entries", what=what, advice="see whether there is a newer Guvoh")

    def _format(self) -> Iterator[Finding]:
        if self._known.format < FORMAT:
            what = f"the archive has format {self._known.format}, and {FORMAT} is the present one"
            advice = "an owner runs `guvoh upgrade`: members, erasing and recovery need it"
            yield Finding(level=Level.NOTE, about="format", what=what, advice=advice)


def _confirmations(folder: Folder) -> dict[tuple[str, str], int]:
    """(erasure, device) to the place in the device's log where it says that it has carried it out."""
    found: dict[tuple[str, str], int] = {}
    for log in folder.logs():
        for placed in notes(log, damage=False):
            with contextlib.suppress(msgspec.MsgspecError):
                said = control.decoder.decode(placed.note.partition(b"\n")[0])
                if isinstance(said, Confirmation) and said.device == placed.log:
                    found.setdefault((said.decision, said.device), placed.at)
    return found


def _holds(device: str, backup: Backup, one: Standing, confirmations: dict[tuple[str, str], int]) -> bool:
    """Whether a backup has entries that were erased, and was made before its device carried that out."""
    has = any(backup.heads.get(log, 0) > first for log, first, _ in one.erasure.erased)
    done = confirmations.get((one.id, device))
    return has and (done is None or done >= backup.heads.get(device, 0))


def _thin(folder: Folder) -> int:
    found = 0
    for log in folder.logs():
        for _, path in log.paths():
            with contextlib.suppress(Damaged, NewerFormat, FileNotFoundError):
                found += log.read(path, boxes=False).thin
    return found


_OLD_ENOUGH = _HOUR
"""A folder into which a bundle was unpacked: a sync that is still running has a younger one."""


def left_over(folder: Folder, home: Home, known: Membership) -> Iterator[Path]:
    """What an interrupted command left, and nothing needs. Whoever removes it holds the lock of the one writer."""
    root = folder.path
    for pattern in ("", "keys/", "evidence/", f"{JOIN}/", "logs/*/"):
        yield from sorted(root.glob(f"{pattern}*{PART}"))
    yield from sorted(home.path.glob(f"*{PART}"))
    for path in sorted((*root.glob("incoming-*"), *home.path.glob("incoming-*"))):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD_ENOUGH:
                yield path
    yield from (root / JOIN / name for name in waiting(folder) if name.removesuffix(".request") in known.devices)
    if known.key_files:
        yield from (folder.keys.path / name for name in folder.keys.names() if name not in known.key_files)
        for path in _next_keys(folder):
            name = path.name.removesuffix(NEXT)
            if not folder.keys.waits(name, known.right(name)):
                yield path


def _next_keys(folder: Folder) -> list[Path]:
    return sorted(folder.keys.path.glob(f"*.identity{NEXT}"))


def _unsettled(folder: Folder, known: Membership) -> list[Path]:
    """Key files that hold already, and were not yet put in the place of the ones before."""
    found = []
    for path in _next_keys(folder):
        name = path.name.removesuffix(NEXT)
        holds = known.key_files.get(name)
        if holds is not None and folder.keys.digest(path.name) == holds != folder.keys.digest(name):
            found.append(path)
    return found


def _remove(path: Path) -> None:
    """As far as the disk lets us: the next time it is tried again."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


# --- the next format


class Upgraded(Value, frozen=True, kw_only=True):
    """needed: whether it had an older one."""

    needed: bool
    format: int


@needs(Need.OWNS)
def upgrade(desk: Desk, request: Nothing, tell: Tell) -> Upgraded:
    """Bring the archive to the present format. Nothing that is in it changes; older programs read it no more."""
    needed = members.upgrade(desk.archive)
    desk.catch_up(tell)
    return Upgraded(needed=needed, format=desk.archive.members.format)
