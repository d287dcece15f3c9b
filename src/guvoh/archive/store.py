"""The archive: create, open, append, read."""

from __future__ import annotations

import io
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from guvoh.archive import control, segments
from guvoh.archive.control import Device, Epoch, Founding, Member, Membership, Role, key_id, text_id
from guvoh.archive.entries import (
    LENGTH_BYTES,
    MOST_BYTES,
    Entry,
    Stored,
    leaf_hashes,
    packed,
    positions,
    preimage,
    runs,
    salts,
    split,
    unpacked,
)
from guvoh.archive.errors import CannotWrite, Damaged, NewerFormat, NotAnArchive
from guvoh.archive.evidence import EvidenceFolder
from guvoh.archive.files import make_private, put, replace, sync_folder, write_part
from guvoh.archive.home import DeviceFile, Head, Home
from guvoh.archive.keys import KeyFolder, MemberKeys
from guvoh.archive.logs import Log, State, file_name
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint, Clear, ControlEntry, Ring, RingBox, RingKey, Segment
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


def read_hint(path: Path) -> str:
    """The archive id that a folder says it holds."""
    try:
        hint = tomllib.loads((path / HINT).read_text("utf-8"))
    except FileNotFoundError:
        raise NotAnArchive(
            path, f"there is no {HINT} in it; `guvoh init` makes an archive, --archive names one"
        ) from None
    except NotADirectoryError:
        raise NotAnArchive(path, "it is a file, not a folder") from None
    except (OSError, ValueError):
        raise NotAnArchive(path, f"its {HINT} cannot be read") from None
    form, archive = hint.get("format"), hint.get("archive")
    if isinstance(form, int) and form > control.FORMAT:
        raise NewerFormat(form, control.FORMAT)
    if form != control.FORMAT or not isinstance(archive, str):
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
        if not root.is_dir():
            raise NotAnArchive(self.path, "its folder `logs` is missing: it was copied only in part")
        return [Log(self.path, entry.name) for entry in sorted(root.iterdir()) if entry.is_dir()]

    def membership(self) -> tuple[Membership, list[control.Refused]]:
        """What the control entries in the clear parts establish."""
        notes = []
        for log in self.logs():
            for segment in log.segments():
                notes += [split(memoryview(entry.leaf))[1] for entry in segment.clear.control]
        found, refused = control.membership(self.id, notes)
        if not found.founded:
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
        if self._members.devices.get(self.device) is None:
            raise Damaged(f"logs/{self.device}", "this device is not in the archive")
        self._epochs = {e.epoch: self.keys.open_epoch(e, self._keys) for e in self._members.epochs.values()}
        self._sources: dict[str, Identity] = {}
        self.own = Log(path, self.device)
        self.states = {log.device: self._state(log) for log in self.logs()}

    @classmethod
    def create(cls, path: Path, home_root: Path, passphrase: str, cost: Cost = DEFAULT_COST) -> Archive:
        """Found an archive in a new or empty folder, with one member (an owner) and this device."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise NotAnArchive(path, "it is not empty; an archive starts in a new or empty folder")
        make_private(path)
        keys, device_key, epoch_key = MemberKeys.generate(), SigningKey.generate(), Identity.generate()
        signer = keys.member
        founding = Founding(
            signer=signer, format=control.FORMAT, nonce=os.urandom(16).hex(), verify=keys.signing.public.text
        )
        archive = text_id("a", control.text_of(founding).encode())
        member = Member(
            signer=signer,
            member=signer,
            role=Role.OWNER,
            verify=keys.signing.public.text,
            recipient=keys.identity.recipient.text,
        )
        device = Device(
            signer=signer,
            device=key_id("d", device_key.public),
            member=signer,
            verify=device_key.public.text,
        )
        recipient = epoch_key.recipient.text
        epoch = Epoch(signer=signer, epoch=text_id("e", recipient.encode()), recipient=recipient)
        folder = KeyFolder(path)
        folder.save_member(keys, passphrase, cost)
        folder.save_epoch(epoch, epoch_key, member)
        notes = [control.signed(entry, archive, keys.signing) for entry in (founding, member, device, epoch)]
        head = _write_founding(path, archive, device.device, device_key, epoch, notes)
        home = Home(home_root, archive)
        sealed = keys.identity.recipient.seal(device_key.seed)
        home.save(
            DeviceFile(
                archive=archive,
                member=signer,
                device=device.device,
                sealed_key=sealed,
                heads={device.device: head},
            )
        )
        make_private(path / "evidence")
        replace(path / HINT, _HINT_TEXT.format(format=control.FORMAT, archive=archive).encode())
        return cls(path, home_root, passphrase)

    def secret_for(self, purpose: str) -> bytes:
        """A 32-byte key of this member for one purpose (the index), equal at every opening."""
        return derived_key(self._keys.identity.text.encode(), f"guvoh {self.id} {purpose}")

    def shared_secret_for(self, purpose: str) -> bytes:
        """A 32-byte key that all who can read the archive share, equal on every laptop (keyed ids of sources)."""
        first = min(self._members.epochs)
        return derived_key(self._epochs[first].text.encode(), f"guvoh {self.id} {purpose}")

    @property
    def heads(self) -> dict[str, int]:
        """How many entries of each log are committed."""
        return {log: state.size for log, state in self.states.items()}

    def refresh(self) -> None:
        """See what other processes have committed since."""
        self.known = dict(self.home.load().heads)
        self.states = {log.device: self._state(log) for log in self.logs()}

    def entries(self, since: dict[str, int] | None = None) -> Iterator[Stored]:
        """Every committed record after the given positions, log by log, each checked against its commitment."""
        for log in self.logs():
            state = self.states.get(log.device)
            if state is not None:
                yield from self._read(log, (since or {}).get(log.device, 0), state.size)

    def entry(self, log: str, position: int) -> Stored:
        """One record by its place."""
        for found in self._read(Log(self.path, log), position, position + 1):
            return found
        raise Damaged(f"logs/{log}", f"entry {position} is not there")

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
            except BaseException:
                batch.abandon()
                raise

    def open_evidence(self, evidence: segments.Evidence, key: str) -> bytes:
        return self.evidence.open(evidence, self._source_identity(key))

    def _check_member(self) -> None:
        member = self._members.members.get(self.member)
        if member is None or member.recipient != self._keys.identity.recipient.text:
            raise Damaged(f"keys/{self.member}.identity", "it holds other keys than those an owner signed")

    def _state(self, log: Log) -> State:
        key = self._members.verify_key(log.device)
        if key is None:
            raise Damaged(f"logs/{log.device}", "no owner has admitted the device that wrote this log")
        return log.state(key, self.known.get(log.device))

    def _clear_unfinished(self) -> None:
        """Remove what a killed process left: never committed, so nobody was told that it is there."""
        evidence = [self.evidence.path / name for name in self.evidence.names() if name.endswith(".part")]
        for path in (*self.states[self.device].tail, *self.own.parts(), *evidence):
            try:
                path.unlink()
            except OSError as error:
                raise CannotWrite(path.parent, error.strerror or "not allowed") from None

    def _read(self, log: Log, since: int, until: int) -> Iterator[Stored]:
        key = self._members.verify_key(log.device)
        for segment in log.segments(since):
            if segment.clear.first >= until:
                return
            assert key is not None  # `states` holds admitted devices only
            segment.check_seal(key)
            for position, leaf in self.opened(segment):
                if since <= position < until:
                    subjects, body = split(leaf)
                    yield Stored(log.device, position, subjects, body)

    def opened(self, segment: Segment) -> Iterator[tuple[int, memoryview]]:
        """(position, leaf preimage) of every sealed entry in order, each equal to its commitment."""
        found = self._unsealed(segment)
        first, hashes = segment.clear.first, segment.leaf_hashes()
        if any(not 0 <= position - first < len(hashes) for position, _ in found[:1] + found[-1:]):
            raise Damaged(segment.where, "a box holds entries that its segment has not")
        committed = [hashes[position - first] for position, _ in found]
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
            places = list(positions(box.at))
            if len(places) != len(leaves):
                raise Damaged(segment.where, "a box holds other entries than its ring says")
            found += zip(places, leaves, strict=True)
        if len(ring.boxes) > 1:
            found.sort(key=lambda pair: pair[0])
        return found

    def _epoch(self, segment: Segment) -> Identity:
        identity = self._epochs.get(segment.clear.epoch)
        if identity is None:
            raise Damaged(segment.where, "it is sealed to an epoch that this member has no key for")
        return identity

    def _ring(self, segment: Segment) -> Ring:
        plain = _unpadded(self._epoch(segment), segment.ring, segment.where)
        try:
            ring = msgspec.json.decode(plain, type=Ring)
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise Damaged(segment.where, "its ring opens but is not of this format") from None
        for key in ring.keys:
            self._sources[key.key] = Identity(key.identity)
        return ring

    def _source_identity(self, key: str) -> Identity:
        if key not in self._sources:
            for log in self.logs():
                for segment in log.segments():
                    self._ring(segment)
        if key not in self._sources:
            raise Damaged("logs", f"the key {key} of a source is in no segment")
        return self._sources[key]


class Batch:
    """Entries on their way into this device's log, in segments that nobody sees before the commit."""

    def __init__(self, archive: Archive, state: State) -> None:
        self._archive = archive
        self._frontier = state.frontier.copy()
        self.first = state.size
        self.count = 0
        self._salts = salts()
        self._leaves: list[bytes] = []
        self._keys: list[str] = []
        self._bytes = 0
        self._new_keys: list[RingKey] = []
        self._fresh: set[str] = set()
        self._brought: list[segments.Evidence] = []
        self._evidence: list[segments.Evidence] = []
        self._parts: list[tuple[Path, Path]] = []

    def source_key(self) -> str:
        """A new key for one source; entries and evidence name it. Erasing the source later destroys it."""
        identity = Identity.generate()
        key = text_id("k", os.urandom(32))
        self._archive._sources[key] = identity
        self._new_keys.append(RingKey(key=key, identity=identity.text))
        self._fresh.add(key)
        return key

    def evidence(self, data: bytes | BinaryIO, size: int, key: str) -> segments.Evidence:
        """Seal `size` bytes of an original file."""
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        found = self._archive.evidence.write_part(stream, size, self._archive._source_identity(key).recipient)
        self._brought.append(found)
        self._evidence.append(found)
        return found

    def add(self, entry: Entry) -> None:
        """Append one entry."""
        self.extend(entry.subjects, [entry.body], entry.key)

    def extend(self, subjects: Sequence[str], bodies: Iterable[bytes], key: str) -> None:
        """Append many entries that have their subjects and their key in common: the rows of a list."""
        head = " ".join(subjects).encode("ascii") + b"\n"
        for body, salt in zip(bodies, self._salts, strict=False):
            leaf = preimage(salt, head, body)
            size = len(leaf) + LENGTH_BYTES
            if self._bytes + size > MOST_BYTES:
                self._flush(commit=False)
            self._leaves.append(leaf)
            self._keys.append(key)
            self._bytes += size
            self.count += 1

    def commit(self) -> None:
        """Make everything visible: flushed parts are renamed in order, the one with the checkpoint last."""
        archive = self._archive
        self._flush(commit=True)
        for evidence in self._evidence:
            final = archive.evidence.path / evidence.name
            put(final.with_name(final.name + ".part"), final)
        if self._evidence:
            sync_folder(archive.evidence.path)
        for part, final in self._parts:
            put(part, final)
        sync_folder(archive.own.path)
        self._parts, self._evidence = [], []
        archive.states[archive.device] = State(frontier=self._frontier, tail=())
        _remember(archive)

    def abandon(self) -> None:
        """Leave no trace of a batch that was not committed."""
        folder = self._archive.evidence.path
        parts = [folder / f"{evidence.name}.part" for evidence in self._evidence]
        for part in (*parts, *(part for part, _ in self._parts)):
            part.unlink(missing_ok=True)
        for key in self._fresh:
            self._archive._sources.pop(key, None)

    def _flush(self, *, commit: bool) -> None:
        archive, first = self._archive, self._frontier.size
        epoch = archive._members.epoch
        hashes = leaf_hashes(self._leaves)
        self._frontier.extend(hashes)
        ring, boxes = self._boxes(first)
        clear = Clear(
            archive=archive.id,
            log=archive.device,
            first=first,
            count=len(hashes),
            epoch=epoch.epoch,
            evidence=tuple(self._brought),
        )
        sealed_ring = archive._epochs[epoch.epoch].recipient.seal(pad(msgspec.json.encode(ring)))
        head = _checkpoint(archive, self._frontier) if commit else None
        final = archive.own.path / file_name(first)
        make_private(archive.own.path)
        pieces = segments.written(clear, hashes, sealed_ring, boxes, archive._signing, head)
        self._parts.append((write_part(final, pieces), final))
        self._leaves, self._keys, self._bytes = [], [], 0
        self._new_keys, self._brought = [], []

    def _boxes(self, first: int) -> tuple[Ring, list[bytes]]:
        """Entries grouped by the key that seals them."""
        archive, epoch = self._archive, self._archive._members.epoch
        by_key: dict[str, list[int]] = {}
        for offset, key in enumerate(self._keys):
            by_key.setdefault(key, []).append(offset)
        sealed, named = [], []
        for key, offsets in by_key.items():
            identity = archive._source_identity(key) if key else archive._epochs[epoch.epoch]
            leaves = self._leaves if len(by_key) == 1 else [self._leaves[offset] for offset in offsets]
            sealed.append(identity.recipient.seal(pad(packed(leaves))))
            named.append(RingBox(key=key, at=tuple(runs([first + offset for offset in offsets]))))
        return Ring(keys=tuple(self._new_keys), boxes=tuple(named)), sealed


def _checkpoint(archive: Archive, frontier: Frontier) -> Checkpoint:
    """The new head of this device's log; it names the heads seen of the others, so that a later cut is found."""
    others = {log: state for log, state in archive.states.items() if log != archive.device}
    seen = tuple((log, state.size, state.frontier.root()) for log, state in sorted(others.items()))
    return Checkpoint(size=frontier.size, root=frontier.root(), seen=seen)


def _remember(archive: Archive) -> None:
    """Keep the heads in GUVOH_HOME. A crash before this leaves older heads there, which the log still extends."""
    device = archive.home.load()
    heads = {log: state.head() for log, state in archive.states.items()}
    archive.home.save(msgspec.structs.replace(device, heads=heads))
    archive.known = heads


def _unpadded(identity: Identity, sealed: bytes, where: str) -> memoryview:
    try:
        return unpad(identity.open(sealed))
    except (CannotOpen, BadPadding) as problem:
        raise Damaged(where, f"a sealed part does not open ({problem})") from None


def _device_key(device: DeviceFile, keys: MemberKeys) -> SigningKey:
    try:
        found = SigningKey(keys.identity.open(device.sealed_key))
    except (CannotOpen, ValueError):
        raise Damaged("device.json", "this computer's device key does not open with this member's key") from None
    if key_id("d", found.public) != device.device:
        raise Damaged("device.json", "it holds the key of another device")
    return found


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
    ring = Recipient(epoch.recipient).seal(pad(msgspec.json.encode(Ring())))
    head = Checkpoint(size=frontier.size, root=frontier.root())
    final = log.path / file_name(0)
    put(write_part(final, segments.written(clear, hashes, ring, [], key, head)), final)
    sync_folder(log.path)
    return Head(size=frontier.size, edge=tuple(frontier.edge))
