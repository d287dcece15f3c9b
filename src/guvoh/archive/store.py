"""The archive: open, append, read."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from guvoh.archive import control
from guvoh.archive.batches import Batch, remember
from guvoh.archive.control import DECIDES, READS_IDENTITIES, WRITES, Epoch, Role, key_id, text_id
from guvoh.archive.entries import Stored, leaf_hashes, split
from guvoh.archive.errors import (
    CannotWrite,
    Damaged,
    MissingKey,
    NewerFormat,
    NoFolder,
    NotAllowed,
    NotAnArchive,
    NotReadable,
    NotYetAdmitted,
    RolledBack,
)
from guvoh.archive.evidence import EvidenceFolder
from guvoh.archive.files import read_file, replace
from guvoh.archive.home import DeviceFile, Home
from guvoh.archive.keys import EpochKeys, KeyFolder, MemberKeys, epoch_name, identity_name
from guvoh.archive.logs import Ends, Log, State
from guvoh.archive.membership import Membership, Placed, membership
from guvoh.archive.opener import Leaf, Opener
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Evidence, Segment
from guvoh.sealing.boxes import CannotOpen, Recipient
from guvoh.sealing.notes import SigningKey, VerifyKey
from guvoh.sealing.passphrases import derived_key

HINT = "guvoh.toml"
_HINT_TEXT = """\
# A Guvoh archive. This file is a hint for people; nothing in it is trusted.
format = {format}
archive = "{archive}"
"""
_MOST_HINT = 64 << 10
_ARCHIVE_ID = re.compile(r"a-[a-z2-7]{20}")


def read_hint(path: Path) -> str:
    """The archive id that a folder says it holds."""
    try:
        hint = tomllib.loads(read_file(path / HINT, _MOST_HINT).decode("utf-8"))
    except FileNotFoundError:
        if not path.exists():
            raise NoFolder(path) from None
        raise NotAnArchive(
            path, f"there is no {HINT} in it; `guvoh init` makes an archive, --archive names one"
        ) from None
    except NotADirectoryError:
        raise NotAnArchive(path, "it is a file, not a folder") from None
    except (OSError, ValueError, RecursionError):
        raise NotAnArchive(path, f"its {HINT} cannot be read") from None
    form, archive = hint.get("format"), hint.get("archive")
    if isinstance(form, int) and form > control.FORMAT:
        raise NewerFormat(form, control.FORMAT)
    if form not in (1, control.FORMAT) or not isinstance(archive, str) or not _ARCHIVE_ID.fullmatch(archive):
        raise NotAnArchive(path, f"its {HINT} names no archive")
    return archive


def write_hint(path: Path, archive: str, form: int) -> None:
    replace(path / HINT, _HINT_TEXT.format(format=form, archive=archive).encode())


class Folder:
    """An archive's folder as anybody sees it: no key needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = read_hint(path)
        self.evidence = EvidenceFolder(path)
        self.keys = KeyFolder(path)
        self._ends: dict[str, Ends] = {}

    def log(self, device: str) -> Log:
        return Log(self.path, device, self._ends.setdefault(device, {}))

    def logs(self) -> list[Log]:
        """Every log that lies here, whoever wrote it."""
        root = self.path / "logs"
        try:
            return [self.log(entry.name) for entry in sorted(root.iterdir()) if entry.is_dir()]
        except FileNotFoundError:
            raise NotAnArchive(self.path, "its folder `logs` is missing: it was copied only in part") from None
        except OSError as error:
            raise NotAnArchive(self.path, f"its folder `logs` cannot be read ({error.strerror})") from None

    def membership(self, *, damage: bool = True) -> Membership:
        """What the control entries in the clear parts establish.

        damage  False passes over segments that cannot be taken apart, for a caller who reports them by himself
        """
        found = membership(self.id, [note for log in self.logs() for note in notes(log, damage=damage)])
        if found.founding is None:
            raise NotAnArchive(self.path, "its founding entry is missing or belongs to another archive")
        return found


def notes(log: Log, *, damage: bool) -> Iterator[Placed]:
    """The control entries of a log, up to its last checkpoint."""
    try:
        for _, found in _stretches(log, 0):
            yield from found
    except (Damaged, NewerFormat):
        if damage:
            raise
        yield from _notes_of_the_rest(log)


def _stretches(log: Log, since: int) -> Iterator[tuple[int, list[Placed]]]:
    """(end, control entries) of each whole batch after `since`."""
    unfinished: list[Placed] = []
    for segment in log.segments(since, boxes=False):
        unfinished += [placed for placed in _placed(segment, log.device) if placed.at >= since]
        if segment.checkpoint:
            yield segment.end, unfinished
            unfinished = []


class Noted:
    """The control entries of all logs, each read once: a batch that follows costs no look at those before it."""

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}
        self._found: list[Placed] = []
        self._membership: Membership | None = None

    def membership(self, folder: Folder, logs: list[Log]) -> Membership:
        damaged: dict[str, Damaged | NewerFormat] = {}
        for log in logs:
            try:
                for end, found in _stretches(log, self._ends.get(log.device, 0)):
                    self._ends[log.device] = end
                    if found:
                        self._found += found
                        self._membership = None
            except (Damaged, NewerFormat) as problem:
                damaged[log.device] = problem
        if self._membership is None:
            self._membership = membership(folder.id, self._found)
            self._check(self._membership)
        for device, found_there in damaged.items():
            if device in self._membership.devices:  # else it is no log of this archive, and `verify` tells of it
                raise found_there
        if self._membership.founding is None:
            raise NotAnArchive(folder.path, "its founding entry is missing or belongs to another archive")
        return self._membership

    def _check(self, members: Membership) -> None:
        """Raise Damaged where a control entry of an admitted log is not as signed: it may have removed somebody."""
        for placed in self._found:
            key = members.verify_key(placed.log)
            if key is not None and not placed.vouched(key):
                raise Damaged(f"logs/{placed.log}", f"the control entry {placed.at} is not what its device signed")


def _notes_of_the_rest(log: Log) -> Iterator[Placed]:
    """Of a log that is damaged: those of every segment that can be read."""
    for _, path in log.paths():
        with contextlib.suppress(Damaged, NewerFormat, FileNotFoundError):
            yield from _placed(log.read(path, boxes=False), log.device)


def _placed(segment: Segment, device: str) -> list[Placed]:
    vouched = partial(_vouched, segment, {})
    return [Placed(device, entry.at, split(entry.leaf, segment.where)[1], vouched) for entry in segment.clear.control]


def _vouched(segment: Segment, known: dict[str, bool], key: VerifyKey) -> bool:
    """Whether the log's device has signed the clear part of a segment, and committed to these very entries in it."""
    if key.text not in known:
        try:
            segment.check_commitments(key)
            check_control(segment)
            known[key.text] = key_id("d", key) == segment.clear.log
        except Damaged:
            known[key.text] = False
    return known[key.text]


def check_control(segment: Segment) -> None:
    """The control entries are what was committed, each at a place of its own."""
    hashes, first = segment.leaf_hashes(), segment.clear.first
    places = [entry.at for entry in segment.clear.control]
    if len(set(places)) != len(places) or any(not first <= at < segment.end for at in places):
        raise Damaged(segment.where, "its control entries are not at places of their own")
    if leaf_hashes([entry.leaf for entry in segment.clear.control]) != [hashes[at - first] for at in places]:
        raise Damaged(segment.where, "a control entry is not what was committed")


class Unreadable(Exception):
    """Where reading a log had to stop. Never leaves the archive."""

    def __init__(self, at: int, problem: Damaged | NotReadable) -> None:
        self.at, self.problem = at, problem


_REWRITES = READS_IDENTITIES - {Role.RECOVERY}


def check_seal(segment: Segment, archive: str, log: str, members: Membership) -> None:
    """Raise Damaged unless this segment is of this log, and whoever may do so has signed all its parts."""
    key = members.verify_key(log)
    if key is None or (segment.clear.archive, segment.clear.log) != (archive, log):
        raise Damaged(segment.where, "it belongs to another log or archive")

    def rewriter(device: str) -> VerifyKey | None:
        found = members.devices.get(device)
        able = found is not None and members.members[found.member].role in _REWRITES
        return members.verify_key(device) if able else None

    segment.check_seal(key, rewriter)
    if not segment.rewriting:
        return
    if not segment.erasures <= members.granted.keys():
        raise Damaged(segment.where, "it was written anew for an erasure that too few have approved")
    if not members.may_change(segment.erasures, log, segment.clear.first, segment.end):
        raise Damaged(segment.where, "it was written anew for an erasure of other entries")


class Archive(Folder):
    """An archive opened by a member on one of his devices."""

    def __init__(self, path: Path, home_root: Path, passphrase: str) -> None:
        """Open with a passphrase.

        Raises NotAnArchive, NewerFormat, UnknownDevice, NotYetAdmitted, WrongPassphrase, MissingKey, RolledBack or
        Damaged; changes nothing.
        """
        super().__init__(path)
        self.home = Home(home_root, self.id)
        device = self.home.load()
        self.known = dict(device.heads)
        self.member, self.device = device.member, device.device
        self._noted = Noted()
        logs = [log.look() for log in self.logs()]
        self.members = self._noted.membership(self, logs)
        if self.member not in self.members.members or self.device not in self.members.devices:
            raise NotYetAdmitted(self.device)
        name = identity_name(self.member)
        known, void = self.members.key_files.get(name), self.members.void_key_files.get(name)
        self.member_keys = self.keys.open_member(self.member, passphrase, known, void)
        self._check_member()
        self.device_key = _device_key(device, self.member_keys)
        self._recipients: dict[str, tuple[Recipient, Recipient]] = {}
        self.opener = Opener(self._given(), self._segments)
        self.own = self.log(self.device)
        self.broken: dict[str, tuple[int, str]] = {}
        """Logs of others that cannot be read on: from where, and why. Known once somebody has tried."""
        self.states = self._states(logs)

    @property
    def role(self) -> Role:
        return self.members.members[self.member].role

    @property
    def signing(self) -> SigningKey:
        """The member's key, under which control entries are signed."""
        return self.member_keys.signing

    def secret_for(self, purpose: str) -> bytes:
        """A 32-byte key of this member for one purpose (the index), equal at every opening."""
        return derived_key(self.member_keys.identity.text.encode(), f"guvoh {self.id} {purpose}")

    @property
    def ids_secret(self) -> bytes:
        """What makes the ids of sources: all who write share it, equal on every laptop of this archive."""
        for keys in self.opener.epochs.values():
            if keys.ids is not None:
                return keys.ids
        return self._founding_secret("source ids")

    @property
    def forgotten_secret(self) -> bytes:
        """What makes the keyed digests of what was erased: only who may see identities has it."""
        return self._founding_secret("erased")

    def _founding_secret(self, purpose: str) -> bytes:
        assert self.members.founding is not None  # else it would not be open
        first = self.opener.epochs.get(self.members.founding.epoch)
        if first is None or first.identities is None:
            raise NotAllowed(f"a {self.role.value} of this archive has no key to that")
        return derived_key(first.identities.text.encode(), f"guvoh {self.id} {purpose}")

    @property
    def reads(self) -> bool:
        """Whether this member can read anything."""
        return self.role in control.READS

    @property
    def sees_identities(self) -> bool:
        return self.role in READS_IDENTITIES

    @property
    def writes(self) -> bool:
        return self.role in control.WRITES

    @property
    def decides(self) -> bool:
        return self.role in DECIDES

    @property
    def writing_epoch(self) -> str:
        """To which this device seals: the current epoch, or where its maker has kept it from us, the best that we have.

        A replica has none, and seals what it says of itself to the current one.
        """
        given = [one for one in self.members.epochs.values() if self.opener.epochs.get(one.epoch)]
        return (self.members.best(given) if given else self.members.epoch).epoch

    def recipients(self, epoch: str) -> tuple[Recipient, Recipient]:
        """Of an epoch: what seals that which names nobody, and what seals all else."""
        if epoch not in self._recipients:
            found = self.members.epochs.get(epoch) or self.members.void_epochs[epoch]
            self._recipients[epoch] = (Recipient(found.recipient), Recipient(found.identities or found.recipient))
        return self._recipients[epoch]

    def accepted(self, log: str) -> int:
        """How many entries of a log count: all that are committed, or as many as a removal left."""
        size, cut = self.states[log].size, self.members.cut(log)
        return size if cut is None else min(size, cut)

    @property
    def heads(self) -> dict[str, int]:
        """How many entries of each log can be read."""
        return {log: self._readable(log, self.sound(log)) for log in self.states}

    @property
    def view(self) -> str:
        """Names what of the archive is used: when it changes, whatever was derived from it is made anew."""
        members = self.members
        cuts = sorted(
            (log, self.accepted(log)) for log, state in self.states.items() if self.accepted(log) < state.size
        )
        mute = sorted(d for d, device in members.devices.items() if members.members[device.member].role not in WRITES)
        said = (cuts, sorted(members.unused), sorted(members.gone), sorted(members.people), sorted(members.cleared))
        void = sorted(self.opener.epochs.keys() & self.members.void_epochs.keys())
        return text_id("v", repr((said, void, self.home.mended(), mute, self.role.value)).encode())

    def _readable(self, log: str, size: int) -> int:
        """Up to the first entry under an epoch that this member was not given yet."""
        missing = {one for one in self.members.epochs if one not in self.opener.epochs and not self._withheld(one)}
        for segment in Log(self.path, log).segments(boxes=False) if missing and self.reads else ():
            if segment.clear.epoch in missing and segment.ring and _sealed_count(segment):
                return min(size, segment.clear.first)
        return size

    def refresh(self) -> None:
        """See what other processes have committed since."""
        self._refreshed()

    def _refreshed(self) -> list[Log]:
        """The logs as they were looked at: after the heads were read, which never say more than lies there by then."""
        self.known = dict(self.home.load().heads)
        logs = [log.look() for log in self.logs()]
        self.learn_members(logs)
        self.states = self._states(logs)
        return logs

    def learn_members(self, logs: list[Log] | None = None) -> None:
        """Take in what the control entries say now."""
        before, self.members = self.members, self._noted.membership(self, self.logs() if logs is None else logs)
        if self.members is not before:
            self.opener.epochs.update(self._given())

    def entries(
        self, since: dict[str, int] | None = None, *, apart: bool = False, unused: bool = False
    ) -> Iterator[Stored]:
        """Every committed record after the given positions, log by log, each checked against its commitment.

        What is to be erased is left out, unless `unused`; what is kept apart since its device was removed, unless
        `apart`. A log
        of another device that cannot be read on is left there and told in `broken`: one device's fault, or malice,
        must not keep everybody from everything.
        """
        for log, size in self.heads.items():
            until = self._readable(log, self.states[log].size) if apart else size
            try:
                yield from self._read(Log(self.path, log), (since or {}).get(log, 0), until, unused=unused)
            except Unreadable as stopped:
                if log == self.device or not self.reads:
                    raise stopped.problem from None
                self.set_apart(log, stopped.at, stopped.problem.why)

    def asked_away(self, erasure: str) -> Iterator[Stored]:
        """The entries that an erasure names, as far as they are still here."""
        for log, first, count in Runs(self.members.erasures[erasure].erasure.erased):
            until = min(first + count, self._readable(log, self.states[log].size)) if log in self.states else 0
            with contextlib.suppress(Unreadable):
                yield from self._read(Log(self.path, log), first, until, unused=True)

    def set_apart(self, log: str, at: int, why: str) -> None:
        """A log cannot be read beyond this position."""
        self.broken[log] = (at, why)

    def sound(self, log: str) -> int:
        """How many entries of a log count and can be read, as far as is known."""
        return min(self.accepted(log), self.broken.get(log, (self.accepted(log), ""))[0])

    def entry(self, log: str, position: int) -> Stored:
        """One committed record by its place."""
        if log in self.states and 0 <= position < self.accepted(log):
            try:
                for found in self._read(Log(self.path, log), position, position + 1):
                    return found
            except Unreadable as stopped:
                raise stopped.problem from None
        raise Damaged(f"logs/{log}", f"record {position} is not there")

    def entries_at(self, places: Iterable[tuple[str, int]]) -> Iterator[Stored]:
        """Committed records by their places (log, position). In order of place each segment is opened once."""
        here, first, end, found = "", 0, 0, dict[int, Stored]()
        for log, position in places:
            if log != here or not first <= position < end:
                here, (first, end, found) = log, self._segment_at(log, position)
            if position not in found:
                raise Damaged(f"logs/{log}", f"record {position} is not there")
            yield found[position]

    def _segment_at(self, log: str, position: int) -> tuple[int, int, dict[int, Stored]]:
        """The records of the segment in which a place lies, from its first place to its end."""
        accepted = self.accepted(log) if log in self.states else 0
        segment = next(Log(self.path, log).segments(position), None) if 0 <= position < accepted else None
        if segment is None or not segment.clear.first <= position < segment.end:
            raise Damaged(f"logs/{log}", f"record {position} is not there")
        first, end = segment.clear.first, min(segment.end, accepted)
        return first, end, {one.position: one for one in self._entries_of(segment, log, first, end, False)}

    @contextmanager
    def batch(self, waiting: Callable[[], None] = lambda: None) -> Iterator[Batch]:
        """Append entries and evidence: all of them when the block ends, none if it raises."""
        with self.writing(waiting):
            batch = Batch(self, self.states[self.device])
            try:
                yield batch
                if batch.count:
                    batch.commit()
                else:
                    batch.abandon()
            except BaseException:
                batch.abandon()
                raise

    @contextmanager
    def writing(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Be the one process that changes this copy of the archive."""
        with self.home.writing(waiting):
            own = [log for log in self._refreshed() if log.device == self.device]
            self._clear_unfinished([part for log in own for part in log.parts()])
            yield

    def open_evidence(self, evidence: Evidence, key: str) -> bytes:
        return self.evidence.open(evidence, self.opener.source(key))

    def opened(self, segment: Segment) -> Iterator[Leaf]:
        """(position, leaf preimage) of every sealed entry that this member can open, each equal to its commitment."""
        epoch = segment.clear.epoch
        if epoch not in self.opener.epochs and (
            self._withheld(epoch) or (self.reads and epoch not in self.members.epochs)
        ):
            return iter(())  # never given to him; or its maker was removed before this device had its key
        return self.opener.opened(segment, self.members.erased)

    def _withheld(self, epoch: str) -> bool:
        """Whether an epoch is never given to this member: the one key of format 1 opens what names people too."""
        found = self.members.epochs.get(epoch)
        return self.reads and not self.sees_identities and found is not None and not found.identities

    def remember(self) -> None:
        """Keep the heads of all logs in GUVOH_HOME."""
        remember(self)

    def _given(self) -> dict[str, EpochKeys]:
        """The secrets of the epochs that this member has been given; none for who may have none."""
        found = {}
        for epoch in self.members.epochs.values():
            name = epoch_name(epoch.epoch, self.member)
            known = self.members.key_files.get(name)
            try:
                found[epoch.epoch] = self._opened_epoch(epoch, known)
            except MissingKey:
                if known is not None or self.members.format == control.FIRST_FORMAT:
                    raise
        for epoch in self.members.void_epochs.values():
            known = self.members.void_key_files.get(epoch_name(epoch.epoch, self.member))
            # Its maker was removed: what he may have left here in bad faith must keep nobody from opening the archive.
            with contextlib.suppress(MissingKey, Damaged):
                found[epoch.epoch] = self.keys.open_epoch(epoch, self.member_keys, self.role, known)
        return found

    def _opened_epoch(self, epoch: Epoch, known: str | None) -> EpochKeys:
        """An epoch's secrets. What opens and is right is right, whatever digest some owner gave for the file."""
        try:
            return self.keys.open_epoch(epoch, self.member_keys, self.role, known)
        except Damaged:
            with contextlib.suppress(Damaged):
                return self.keys.open_epoch(epoch, self.member_keys, self.role)
            raise

    def _check_member(self) -> None:
        member, device = self.members.members[self.member], self.members.devices[self.device]
        if member.recipient != self.member_keys.identity.recipient.text:
            raise Damaged(f"keys/{self.member}.identity", "it holds other keys than those an owner signed")
        if device.member != self.member:
            raise Damaged(f"logs/{self.device}", "no owner has admitted this device for this member")
        if self.members.founding is None or self.members.founding.epoch not in self.members.epochs:
            raise Damaged("logs", "the entry of the first epoch is missing")

    def _states(self, logs: list[Log]) -> dict[str, State]:
        """Of the logs of all devices that are or were admitted. Others are no part of the archive: `verify` tells."""
        found = {log.device: self._state(log) for log in logs if log.device in self.members.devices}
        if self.device not in found:
            found[self.device] = State.empty()
        for log, head in self.known.items():
            if head.size and (log not in found or found[log].size == 0):
                raise RolledBack(log, head.size, 0)
        return found

    def _state(self, log: Log) -> State:
        key = self.members.verify_key(log.device)
        assert key is not None  # the device is admitted
        return log.state(key, self.known.get(log.device))

    def _clear_unfinished(self, parts: list[Path]) -> None:
        """Remove what a killed process left: never committed, so nobody was told that it is there."""
        left = (*self.states[self.device].tail, *parts)
        evidence = [self.evidence.path / name for path in left for name in self._brought(path)]
        for path in (*evidence, *self.evidence.parts(self.device), *reversed(left)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise CannotWrite(path.parent, error.strerror or "not allowed") from None

    def _brought(self, path: Path) -> list[str]:
        """The evidence of an unfinished segment. Only what this device signed, and behind all that is committed."""
        try:
            segment = self.own.read(path)
            segment.check_seal(self.device_key.public)
        except (Damaged, NewerFormat):
            return []
        unfinished = segment.clear.log == self.device and segment.clear.first >= self.states[self.device].size
        return [evidence.name for evidence in segment.clear.evidence] if unfinished else []

    def _read(self, log: Log, since: int, until: int, *, unused: bool = False) -> Iterator[Stored]:
        """Raises Unreadable, with the first position that cannot be read."""
        at, segments = since, log.segments(since) if since < until else iter(())
        while at < until:
            try:
                segment = next(segments, None)
                if segment is None or not segment.clear.first <= at < segment.end:
                    raise Damaged(f"logs/{log.device}", f"the entries from {at} on are missing")
                found = self._entries_of(segment, log.device, at, until, unused)
            except (Damaged, NotReadable) as problem:
                raise Unreadable(at, problem) from None
            yield from found
            at = segment.end

    def _entries_of(self, segment: Segment, log: str, at: int, until: int, every: bool) -> list[Stored]:
        check_seal(segment, self.id, log, self.members)
        unused = self.members.unused
        skips = not every and unused.within(log, at, segment.end)
        return [
            Stored(log, position, *split(leaf, segment.where))
            for position, leaf in self.opened(segment)
            if at <= position < until and not (skips and (log, position) in unused)
        ]

    def _segments(self) -> Iterator[Segment]:
        """The clear parts and rings of all committed segments."""
        for log in self.logs():
            if log.device in self.states:
                for segment in log.segments(boxes=False):
                    if segment.clear.first < self.states[log.device].size:
                        yield segment


def _sealed_count(segment: Segment) -> int:
    return segment.clear.count - len(segment.clear.control)


def _device_key(device: DeviceFile, keys: MemberKeys) -> SigningKey:
    try:
        found = SigningKey(keys.identity.open(device.sealed_key))
    except (CannotOpen, ValueError):
        raise Damaged("device.json", "this computer's device key does not open with this member's key") from None
    if key_id("d", found.public) != device.device:
        raise Damaged("device.json", "it holds the key of another device")
    return found
