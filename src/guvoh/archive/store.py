"""The archive: create, open, append, read."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

from guvoh.archive import control, forms, segments
from guvoh.archive.batches import Batch
from guvoh.archive.control import Device, Epoch, Founding, Member, Membership, Role, key_id, text_id
from guvoh.archive.entries import (
    Stored,
    leaf_hashes,
    positions,
    preimage,
    salts,
    split,
    unpacked,
)
from guvoh.archive.errors import CannotWrite, Damaged, NewerFormat, NoFolder, NotAnArchive, NotEmpty, RolledBack
from guvoh.archive.evidence import EvidenceFolder
from guvoh.archive.files import make_private, put, read_file, remove, replace, restrict, write_part
from guvoh.archive.home import DeviceFile, Head, Home
from guvoh.archive.keys import KeyFolder, MemberKeys
from guvoh.archive.logs import Log, State, file_name
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint, Clear, ControlEntry, Ring, Segment
from guvoh.sealing.boxes import CannotOpen, Identity, Recipient
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.padding import BadPadding, pad, unpad
from guvoh.sealing.passphrases import DEFAULT_COST, Cost, derived_key

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
    if form != control.FORMAT or not isinstance(archive, str) or not _ARCHIVE_ID.fullmatch(archive):
        raise NotAnArchive(path, f"its {HINT} names no archive")
    return archive


class Folder:
    """An archive's folder as anybody sees it: no key needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = read_hint(path)
        self.evidence = EvidenceFolder(path)
        self.keys = KeyFolder(path)

    def logs(self) -> list[Log]:
        root = self.path / "logs"
        try:
            return [Log(self.path, entry.name) for entry in sorted(root.iterdir()) if entry.is_dir()]
        except FileNotFoundError:
            raise NotAnArchive(self.path, "its folder `logs` is missing: it was copied only in part") from None
        except OSError as error:
            raise NotAnArchive(self.path, f"its folder `logs` cannot be read ({error.strerror})") from None

    def membership(self, *, damage: bool = True) -> tuple[Membership, list[control.Refused]]:
        """What the control entries in the clear parts establish.

        damage  False passes over segments that cannot be taken apart, for a caller who reports them by himself
        """
        notes = []
        for log in self.logs():
            for _, path in log.paths():
                try:
                    segment = log.read(path, boxes=False)
                    notes += [split(entry.leaf, segment.where)[1] for entry in segment.clear.control]
                except (Damaged, NewerFormat):
                    if damage:
                        raise
        found, refused = control.membership(self.id, notes)
        if found.founding is None:
            raise NotAnArchive(self.path, "its founding entry is missing or belongs to another archive")
        return found, refused


class Archive(Folder):
    """An archive opened by a member on one of his devices."""

    def __init__(self, path: Path, home_root: Path, passphrase: str) -> None:
        """Open with a passphrase.

        Raises NotAnArchive, NewerFormat, UnknownDevice, WrongPassphrase, RolledBack or Damaged; changes nothing.
        """
        super().__init__(path)
        self.home = Home(home_root, self.id)
        device = self.home.load()
        self.known = dict(device.heads)
        self.member, self.device = device.member, device.device
        self._keys = self.keys.open_member(self.member, passphrase)
        self._members, self.refused = self.membership()
        self._check_member()
        self._signing = _device_key(device, self._keys)
        self._epochs = {e.epoch: self.keys.open_epoch(e, self._keys) for e in self._members.epochs.values()}
        self._sources: dict[str, Identity] = {}
        self.own = Log(path, self.device)
        self.states = self._states()

    @classmethod
    def create(cls, path: Path, home_root: Path, passphrase: str, cost: Cost = DEFAULT_COST) -> Archive:
        """Found an archive in a new or empty folder, with one member (an owner) and this device."""
        _check_empty(path)
        make_private(path)
        restrict(path)
        keys, device_key, epoch_key = MemberKeys.generate(), SigningKey.generate(), Identity.generate()
        founding, member, device, epoch = _first_entries(keys, device_key, epoch_key)
        archive = text_id("a", control.text_of(founding).encode())
        home, folder = Home(home_root, archive), KeyFolder(path)
        try:
            folder.save_member(keys, passphrase, cost)
            folder.save_epoch(epoch, epoch_key, member)
            notes = [control.signed(entry, archive, keys.signing) for entry in (founding, member, device, epoch)]
            head = _write_founding(path, archive, device.device, device_key, epoch, notes)
            sealed = keys.identity.recipient.seal(device_key.seed)
            heads = {device.device: head}
            home.save(
                DeviceFile(archive=archive, member=keys.member, device=device.device, sealed_key=sealed, heads=heads)
            )
            make_private(path / "evidence")
            replace(path / HINT, _HINT_TEXT.format(format=control.FORMAT, archive=archive).encode())
        except BaseException:
            for made in (path / "keys", path / "logs", path / "evidence", home.path):
                shutil.rmtree(made, ignore_errors=True)
            remove(path / HINT)
            raise
        return cls(path, home_root, passphrase)

    def secret_for(self, purpose: str) -> bytes:
        """A 32-byte key of this member for one purpose (the index), equal at every opening."""
        return derived_key(self._keys.identity.text.encode(), f"guvoh {self.id} {purpose}")

    def shared_secret_for(self, purpose: str) -> bytes:
        """A 32-byte key that all who can read the archive share, equal on every laptop (keyed ids of sources)."""
        assert self._members.founding is not None  # else it would not be open
        first = self._epochs[self._members.founding.epoch]
        return derived_key(first.text.encode(), f"guvoh {self.id} {purpose}")

    @property
    def heads(self) -> dict[str, int]:
        """How many entries of each log are committed."""
        return {log: state.size for log, state in self.states.items()}

    def refresh(self) -> None:
        """See what other processes have committed since."""
        self.known = dict(self.home.load().heads)
        self.states = self._states()

    def entries(self, since: dict[str, int] | None = None) -> Iterator[Stored]:
        """Every committed record after the given positions, log by log, each checked against its commitment."""
        for log in self.logs():
            state = self.states.get(log.device)
            if state is not None:
                yield from self._read(log, (since or {}).get(log.device, 0), state.size)

    def entry(self, log: str, position: int) -> Stored:
        """One committed record by its place."""
        if log in self.states and 0 <= position < self.states[log].size:
            for found in self._read(Log(self.path, log), position, position + 1):
                return found
        raise Damaged(f"logs/{log}", f"record {position} is not there")

    @contextmanager
    def batch(self, waiting: Callable[[], None] = lambda: None) -> Iterator[Batch]:
        """Append entries and evidence: all of them when the block ends, none if it raises."""
        with self.home.writing(waiting):
            self.refresh()
            self._clear_unfinished()
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

    def open_evidence(self, evidence: segments.Evidence, key: str) -> bytes:
        return self.evidence.open(evidence, self._source_identity(key))

    def _check_member(self) -> None:
        member = self._members.members.get(self.member)
        device = self._members.devices.get(self.device)
        if member is None or member.recipient != self._keys.identity.recipient.text:
            raise Damaged(f"keys/{self.member}.identity", "it holds other keys than those an owner signed")
        if device is None or device.member != self.member:
            raise Damaged(f"logs/{self.device}", "no owner has admitted this device for this member")
        if self._members.founding is None or self._members.founding.epoch not in self._members.epochs:
            raise Damaged("logs", "the entry of the first epoch is missing")

    def _states(self) -> dict[str, State]:
        found = {log.device: self._state(log) for log in self.logs()}
        for log, head in self.known.items():
            if log not in found:
                raise RolledBack(log, head.size, 0)
        return found

    def _state(self, log: Log) -> State:
        key = self._members.verify_key(log.device)
        if key is None:
            raise Damaged(f"logs/{log.device}", "no owner has admitted the device that wrote this log")
        return log.state(key, self.known.get(log.device))

    def _clear_unfinished(self) -> None:
        """Remove what a killed process left: never committed, so nobody was told that it is there."""
        left = (*self.states[self.device].tail, *self.own.parts())
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
            segment.check_seal(self._signing.public)
        except (Damaged, NewerFormat):
            return []
        unfinished = segment.clear.log == self.device and segment.clear.first >= self.states[self.device].size
        return [evidence.name for evidence in segment.clear.evidence] if unfinished else []

    def _read(self, log: Log, since: int, until: int) -> Iterator[Stored]:
        at = since
        for segment in log.segments(since) if since < until else ():
            if not segment.clear.first <= at < segment.end:
                break
            self._check_seal(log, segment)
            for position, leaf in self.opened(segment):
                if since <= position < until:
                    subjects, body = split(leaf, segment.where)
                    yield Stored(log.device, position, subjects, body)
            at = segment.end
            if at >= until:
                return
        if at < until:
            raise Damaged(f"logs/{log.device}", f"the entries from {at} on are missing")

    def _check_seal(self, log: Log, segment: Segment) -> None:
        key = self._members.verify_key(log.device)
        if key is None or (segment.clear.archive, segment.clear.log) != (self.id, log.device):
            raise Damaged(segment.where, "it belongs to another log or archive")
        segment.check_seal(key)

    def learn(self, segment: Segment) -> None:
        """Know from now on the keys of sources that a segment brings. Raises Damaged."""
        self._ring(segment)

    def opened(self, segment: Segment) -> Iterator[tuple[int, memoryview]]:
        """(position, leaf preimage) of every sealed entry in order, each equal to its commitment."""
        found = self._unsealed(segment)
        places, committed = list(range(segment.clear.first, segment.end)), segment.leaf_hashes()
        if segment.clear.control:
            clear = {entry.at for entry in segment.clear.control}
            committed = [leaf for at, leaf in zip(places, committed, strict=True) if at not in clear]
            places = [at for at in places if at not in clear]
        if [at for at, _ in found] != places:
            raise Damaged(segment.where, "its boxes hold other entries than were committed, or not all of them")
        if leaf_hashes([leaf for _, leaf in found]) != committed:
            raise Damaged(segment.where, "an entry is not what was committed")
        return iter(found)

    def _unsealed(self, segment: Segment) -> list[tuple[int, memoryview]]:
        ring = self._ring(segment)
        if len(ring.boxes) != len(segment.boxes):
            raise Damaged(segment.where, "its ring names other boxes than it has")
        found: list[tuple[int, memoryview]] = []
        for box, sealed in zip(ring.boxes, segment.boxes, strict=True):
            identity = self._source_identity(box.key) if box.key else self._epoch(segment)
            leaves = unpacked(_unpadded(identity, sealed, segment.where), segment.where)
            if sum(count for _, count in box.at) != len(leaves):
                raise Damaged(segment.where, "a box holds other entries than its ring says")
            found += zip(positions(box.at), leaves, strict=True)
        if len(ring.boxes) > 1:
            found.sort(key=itemgetter(0))
        return found

    def _epoch(self, segment: Segment) -> Identity:
        identity = self._epochs.get(segment.clear.epoch)
        if identity is None:
            raise Damaged(segment.where, "it is sealed to an epoch that this member has no key for")
        return identity

    def _ring(self, segment: Segment) -> Ring:
        plain = _unpadded(self._epoch(segment), segment.ring, segment.where)
        try:
            ring = forms.read(plain, Ring)
        except forms.NotTheForm:
            raise Damaged(segment.where, "its ring opens but is not of this format") from None
        for brought in ring.keys:
            identity = _source_key(brought.identity, segment.where)
            if brought.key != text_id("k", identity.recipient.text.encode()):
                raise Damaged(segment.where, "its ring brings a source's key under the id of another")
            self._sources[brought.key] = identity
        return ring

    def _source_identity(self, key: str) -> Identity:
        for segment in self._segments() if key not in self._sources else ():
            self._ring(segment)
            if key in self._sources:
                break
        if key not in self._sources:
            raise Damaged("logs", f"the key {key} of a source is in no segment")
        return self._sources[key]

    def _segments(self) -> Iterator[Segment]:
        """The clear parts and rings of all committed segments. A ring is believed by the id of each key in it."""
        for log in self.logs():
            for segment in log.segments(boxes=False):
                if segment.clear.first < self.states[log.device].size:
                    yield segment


def _unpadded(identity: Identity, sealed: bytes, where: str) -> memoryview:
    try:
        return unpad(identity.open(sealed))
    except (CannotOpen, BadPadding) as problem:
        raise Damaged(where, f"a sealed part does not open ({problem})") from None


def _source_key(text: str, where: str) -> Identity:
    try:
        return Identity(text)
    except CannotOpen:
        raise Damaged(where, "its ring opens but is not of this format") from None


def _device_key(device: DeviceFile, keys: MemberKeys) -> SigningKey:
    try:
        found = SigningKey(keys.identity.open(device.sealed_key))
    except (CannotOpen, ValueError):
        raise Damaged("device.json", "this computer's device key does not open with this member's key") from None
    if key_id("d", found.public) != device.device:
        raise Damaged("device.json", "it holds the key of another device")
    return found


def _check_empty(path: Path) -> None:
    try:
        taken = path.exists() and (not path.is_dir() or any(path.iterdir()))
    except OSError as error:
        raise NotAnArchive(path, f"it cannot be read ({error.strerror})") from None
    if taken:
        raise NotEmpty(path)


def _first_entries(
    keys: MemberKeys, device_key: SigningKey, epoch_key: Identity
) -> tuple[Founding, Member, Device, Epoch]:
    """What founds an archive: who, with which device, and to which key everything is sealed."""
    signer, recipient = keys.member, epoch_key.recipient.text
    verify, reads = keys.signing.public.text, keys.identity.recipient.text
    epoch = Epoch(signer=signer, epoch=text_id("e", recipient.encode()), recipient=recipient)
    device = key_id("d", device_key.public)
    return (
        Founding(signer=signer, format=control.FORMAT, nonce=os.urandom(16).hex(), verify=verify, epoch=epoch.epoch),
        Member(signer=signer, member=signer, role=Role.OWNER, verify=verify, recipient=reads),
        Device(signer=signer, device=device, member=signer, verify=device_key.public.text),
        epoch,
    )


def _write_founding(path: Path, archive: str, device: str, key: SigningKey, epoch: Epoch, notes: list[bytes]) -> Head:
    """The first segment of the first log: control entries alone, in clear."""
    leaves = [preimage(salt, b"\n", note) for note, salt in zip(notes, salts(), strict=False)]
    hashes = leaf_hashes(leaves)
    frontier = Frontier()
    frontier.extend(hashes)
    log = Log(path, device)
    make_private(log.path)
    clear = Clear(
        archive=archive,
        log=device,
        first=0,
        count=len(hashes),
        epoch=epoch.epoch,
        control=tuple(ControlEntry(at=at, leaf=leaf) for at, leaf in enumerate(leaves)),
    )
    ring = Recipient(epoch.recipient).seal(pad(forms.written(Ring())))
    head = Checkpoint(size=frontier.size, root=frontier.root())
    final = log.path / file_name(0)
    put(write_part(final, segments.written(clear, hashes, ring, [], key, head)), final)
    return Head(size=frontier.size, edge=tuple(frontier.edge))
