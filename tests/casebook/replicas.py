"""Laptops that hold one archive and are seldom in touch: what they can do, and what must hold once all have met.

Amina founded the archive and has two laptops; Idris is an owner too; Vera edits; Nargis reads what names nobody. All
time is the world's clock, and any write can be the one at which a cable is pulled.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from guvoh.archive import bundles, members, merging, rewriting
from guvoh.archive.batches import Batch
from guvoh.archive.control import (
    Approval,
    Control,
    Erasure,
    Hold,
    Refusal,
    Release,
    Role,
    Settings,
)
from guvoh.archive.entries import Entry, Stored, split
from guvoh.archive.errors import NotAllowed, NotReadable
from guvoh.archive.founding import found
from guvoh.archive.keys import EpochKeys
from guvoh.archive.opener import Opener
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Segment
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import Verified, verify
from guvoh.casebook.desk import Desk
from guvoh.casebook.forgotten import Forgotten
from guvoh.casebook.index import Index
from guvoh.records.base import Terms
from guvoh.records.codec import AnyRecord, checked_bytes, from_bytes, subjects_of
from guvoh.records.decisions import Correction
from guvoh.records.people import Judgement, Mention, Verdict
from guvoh.records.sources import Form, Original, Receipt, Source
from guvoh.sealing.boxes import Recipient
from guvoh.sealing.passphrases import Cost, WrongPassphrase
from guvoh.values.ids import new_id

CHEAP = Cost(memory=64, iterations=1, lanes=1)
MORNING = 1_800_000_000.0
AT = "2027-01-15T08:00:00Z"
HOUR = 3600
PHRASE = {name: f"the {name} phrase" for name in ("amina", "idris", "vera", "nargis")}
CAST = ("amina", "idris", "vera", "amina-2", "nargis")
"""In the order in which a larger company has more of them."""
_ROLES = {"idris": Role.OWNER, "vera": Role.EDITOR, "nargis": Role.READER_WITHOUT_IDENTITIES}
_ROUNDS = 20


class Cut(BaseException):
    """Here the cable was pulled."""


@contextlib.contextmanager
def cut_after(writes: int) -> Iterator[None]:
    """Raise Cut at the given flush or rename, counted from 0, and at each one after it."""
    left = writes
    flush, rename = os.fsync, os.replace

    def counted(real: Callable[..., None]) -> Callable[..., None]:
        def one(*args: Any, **named: Any) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Cut
            real(*args, **named)

        return one

    with mock.patch.object(os, "fsync", counted(flush)), mock.patch.object(os, "replace", counted(rename)):
        yield


@dataclass(kw_only=True)
class Replica:
    """One laptop: a copy of the archive, and its home."""

    name: str
    path: Path
    home: Path
    phrases: list[str]
    archive: Archive

    def reopen(self) -> None:
        """As after a crash, with the passphrase that is in force here."""
        for phrase in self.phrases[::-1]:
            with contextlib.suppress(WrongPassphrase):
                self.archive = Archive(self.path, self.home, phrase)
                return
        raise AssertionError(f"{self.name}: no passphrase opens the archive any more")

    @property
    def folder(self) -> Folder:
        return Folder(self.path)

    @property
    def device(self) -> str:
        return self.archive.device

    @property
    def in_force(self) -> bool:
        return self.archive.members.in_force(self.device)

    @property
    def reads_all(self) -> bool:
        return self.archive.sees_identities and self.in_force


@cache
def template(size: int, delay: int) -> Path:
    """A folder with the first `size` of the cast, all in touch. delay: hours of every erasure."""
    root = Path(tempfile.mkdtemp(prefix="replicas-", dir=fast_place()))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    amina = found(root / "amina", root / "home-amina", PHRASE["amina"], CHEAP, delay)
    for name in CAST[1:size]:
        path, home = root / name, root / f"home-{name}"
        merging.pull(merging.start_copy(amina, path), amina)
        if name == "amina-2":
            members.ask(path, home, PHRASE["amina"], amina.member, CHEAP)
            bring(amina, Folder(path))
            continue
        _, asked = members.ask(path, home, PHRASE[name], None, CHEAP)
        assert asked is not None
        members.admit(amina, asked.read_bytes(), _ROLES[name])
    for name in CAST[1:size]:
        merging.pull(Folder(root / name), amina)
    return root


def fast_place() -> Path | None:
    """Memory where the system offers it as a folder: flushing to a disk is not what is tried here."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and os.access(memory, os.W_OK) else None


def bring(archive: Archive, other: Folder) -> merging.Brought:
    with archive.writing():
        brought = merging.pull(archive, other, known=archive.known)
    archive.refresh()
    archive.remember()
    return brought


@dataclass(kw_only=True)
class World:
    """The laptops, a stick that goes round, and what they were told to keep.

    told      what was committed: the body at each place
    by_place  for each place, the replica that said it
    cut       the next thing done is interrupted at this write; None for not at all
    """

    root: Path
    delay: int
    replicas: list[Replica]
    clock: float = MORNING
    cut: int | None = None
    told: dict[tuple[str, int], bytes] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, size: int, delay: int) -> World:
        root = Path(tempfile.mkdtemp(prefix="world-", dir=fast_place())) / "all"
        shutil.copytree(template(size, delay), root)
        replicas = []
        for name in CAST[:size]:
            path, home, phrases = root / name, root / f"home-{name}", [PHRASE[name.removesuffix("-2")]]
            replicas.append(
                Replica(name=name, path=path, home=home, phrases=phrases, archive=Archive(path, home, phrases[0]))
            )
        return cls(root=root, delay=delay, replicas=replicas)

    def close(self) -> None:
        shutil.rmtree(self.root.parent, ignore_errors=True)

    @property
    def folders(self) -> list[Folder]:
        found = [replica.folder for replica in self.replicas]
        return (
            [*found, Folder(self._stick)] if self._stick.exists() and any(self._stick.glob("logs/*/*.seg")) else found
        )

    @property
    def _stick(self) -> Path:
        return self.root / "stick"

    def log(self, *what: object) -> None:
        self.history.append(" ".join(map(str, what)) + (f" [cut at {self.cut}]" if self.cut is not None else ""))

    # --- writing

    @contextlib.contextmanager
    def _touching(self, replica: Replica) -> Iterator[None]:
        """Do it whole, or be cut off; then the laptop is started again, and what it holds is sound."""
        writes, self.cut = self.cut, None
        if writes is None:
            yield
            return
        try:
            with cut_after(writes):
                yield
        except Cut:
            replica.reopen()
            found = [one for one in problems(verify_as(replica)) if "sync again" not in one[1]]
            assert found == [], replica.name

    def _write(self, replica: Replica, fill: Callable[[Batch], list[bytes]]) -> None:
        """Append; of a batch that is cut off all is there, or nothing."""
        bodies: list[bytes] = []
        first = replica.archive.states[replica.device].size
        with self._touching(replica), replica.archive.batch() as batch:
            first = batch.first
            bodies = fill(batch)
        size = replica.archive.states[replica.device].size
        assert size in (first, first + len(bodies)), "a batch is there in part"
        if size > first:
            self.told |= {(replica.device, first + n): body for n, body in enumerate(bodies)}

    def _sign(self, replica: Replica, said: Control) -> None:
        with self._touching(replica), replica.archive.batch() as batch:
            batch.control(said)

    def add(self, replica: Replica, which: int) -> None:
        """A list of two people that came in; the same `which` is the same bytes, on whichever laptop."""
        if not replica.archive.decides:
            return
        self.log(replica.name, "adds source", which)
        original = f"An invented list, number {which}.\n".encode() * 9
        digest = f"sha256:{hashlib.sha256(original).hexdigest()}"
        keyed = hmac.digest(replica.archive.ids_secret, digest.encode(), "sha256")
        source = f"s-{base64.b32encode(keyed).decode().lower()[:20]}"

        def fill(batch: Batch) -> list[bytes]:
            key = batch.source_key()
            evidence = batch.evidence(original, len(original), key)
            kept = Original(
                digest=digest, size=len(original), evidence=evidence.name,
                sealed_digest=evidence.sha256, sealed_size=evidence.size, key=key,
            )  # fmt: skip
            records: list[AnyRecord] = [
                Mention(id=f"{source}.{row}", source=source, row=row, name=f"Invented {which} {row}") for row in (1, 2)
            ]
            records.append(Source(id=source, terms=Terms.PUBLIC, form=Form.LIST, original=kept, rows=2))
            records.append(
                Receipt(id=new_id("r"), source=source, by=replica.archive.member, at=AT, file_name="l", program="t")
            )
            return [put_in(batch, record, key) for record in records]

        self._write(replica, fill)

    def judge(self, replica: Replica, which: int, verdict: Verdict) -> None:
        mentions = [one.id for one in self.records(replica) if isinstance(one, Mention)]
        if replica.archive.decides and len(mentions) > 1:
            self.log(replica.name, "judges", which, verdict)
            two = (mentions[which % len(mentions)], mentions[(which + 1) % len(mentions)])
            one = Judgement(id=new_id("j"), by=replica.archive.member, at=AT, mentions=two, verdict=verdict)
            self._write(replica, lambda batch: [put_in(batch, one)])

    def correct(self, replica: Replica, which: int) -> None:
        judged = [one.id for one in self.records(replica) if isinstance(one, Judgement)]
        if replica.archive.decides and judged:
            self.log(replica.name, "corrects", which)
            one = Correction(id=new_id("c"), by=replica.archive.member, at=AT, old=judged[which % len(judged)])
            self._write(replica, lambda batch: [put_in(batch, one)])

    def records(self, replica: Replica) -> list[AnyRecord]:
        return [from_bytes(one.body) for one in self.entries(replica)]

    def entries(self, replica: Replica) -> list[Stored]:
        """What a laptop shows; nothing where its member has no key to some of it."""
        if not replica.reads_all:
            return []
        replica.archive.refresh()
        return list(replica.archive.entries())

    # --- erasing

    def ask_erasure(self, replica: Replica, which: int, whole: bool) -> None:
        """Of a source and all that speaks of it, or of one record."""
        found = self.entries(replica)
        if not replica.archive.decides or not found:
            return
        evidence, keys = [], []
        if whole:
            sources = sorted({record.id for one in found if isinstance(record := from_bytes(one.body), Source)})
            if not sources:
                return
            source = sources[which % len(sources)]
            doomed = [one for one in found if any(s == source or s.startswith(source + ".") for s in one.subjects)]
            kept = [r.original for one in doomed if isinstance(r := from_bytes(one.body), Source)]
            evidence, keys = [one.evidence for one in kept], [one.key for one in kept]
        else:
            doomed = [found[which % len(found)]]
        self.log(replica.name, "asks to erase", [(one.log[:6], one.position) for one in doomed])
        self._sign(
            replica,
            Erasure(
                signer=replica.archive.member,
                at=AT,
                why="withdrawn",
                erased=tuple(Runs.of((one.log, one.position) for one in doomed)),
                evidence=tuple(evidence),
                keys=tuple(keys),
            ),
        )

    def answer(self, replica: Replica, which: int, how: str) -> None:
        """Approve or refuse an erasure; hold, or end a hold."""
        archive = replica.archive
        asked, holds, by = sorted(archive.members.erasures), sorted(archive.members.holds), archive.member
        owner = archive.role is Role.OWNER
        if not replica.in_force:
            return
        said: Control | None = None
        match how:
            case "approve" if asked and archive.decides:
                said = Approval(signer=by, decision=asked[which % len(asked)])
            case "refuse" if asked and owner:
                said = Refusal(signer=by, decision=asked[which % len(asked)])
            case "hold" if owner and asked:
                erased = archive.members.erasures[asked[which % len(asked)]].erasure.erased
                said = Hold(signer=by, nonce=os.urandom(16).hex(), held=erased if which % 2 else ())
            case "release" if owner and holds:
                said = Release(signer=by, decision=holds[which % len(holds)])
            case _:
                pass
        if said is not None:
            self.log(replica.name, how, which)
            self._sign(replica, said)

    def carry_out(self, replica: Replica) -> None:
        if not replica.in_force:
            return
        replica.archive.refresh()
        due = rewriting.left_to_do(replica.archive, self.clock)
        if due:
            self.log(replica.name, "carries out", [one.id for one in due])
            with self._touching(replica), contextlib.suppress(NotReadable):
                # NotReadable: an epoch that was not given to this member yet; the next time it will be.
                rewriting.carry_out(replica.archive, due)

    # --- members and keys

    def set(self, replica: Replica, delay: int, approvals: int) -> None:
        if replica.archive.role is Role.OWNER and replica.in_force:
            self.log(replica.name, "sets", delay, approvals)
            number = 1 + replica.archive.members.settings.number
            said = Settings(signer=replica.archive.member, number=number, delay=delay, approvals=approvals)
            self._sign(replica, said)

    def remove(self, replica: Replica, other: Replica, device: bool) -> None:
        self.log(replica.name, "removes", other.name, "(device)" if device else "")
        with self._touching(replica), contextlib.suppress(NotAllowed):
            if device:
                members.remove_device(replica.archive, other.device)
            else:
                members.remove_member(replica.archive, other.archive.member)

    def accept(self, replica: Replica, other: Replica) -> None:
        self.log(replica.name, "accepts what", other.name, "said after he was removed")
        with self._touching(replica), contextlib.suppress(NotAllowed):
            members.accept(replica.archive, other.device)

    def rotate(self, replica: Replica) -> None:
        self.log(replica.name, "makes a new epoch")
        with self._touching(replica), contextlib.suppress(NotAllowed):
            members.rotate(replica.archive)

    def pack(self, replica: Replica) -> None:
        self.log(replica.name, "packs")
        with self._touching(replica), contextlib.suppress(NotAllowed):
            rewriting.pack(replica.archive, least=2)

    def change_passphrase(self, replica: Replica) -> None:
        """Every laptop of the member may come to need it."""
        phrase = f"another phrase {len(replica.phrases)} of {replica.name}"
        self.log(replica.name, "has a new passphrase")
        for one in self.replicas:
            if one.archive.member == replica.archive.member:
                one.phrases.append(phrase)
        with self._touching(replica):
            members.change_passphrase(replica.archive, phrase, CHEAP)

    def reopen(self, replica: Replica) -> None:
        before = self.entries(replica)
        replica.reopen()
        assert self.entries(replica) == before

    def look(self, replica: Replica) -> None:
        """The index follows, as far as it is then."""
        if replica.reads_all:
            self.log(replica.name, "looks")
            assert dump(replica) == replayed(replica), "an index that followed is not one made anew"

    # --- coming together

    def pull(self, replica: Replica, other: Folder, how: str = "") -> bool:
        """Returns whether anything came over."""
        self.log(replica.name, "takes from", how or other.path.name)
        came: list[bool] = []
        with self._touching(replica):
            archive = replica.archive
            with archive.writing():
                brought = merging.pull(archive, other, known=archive.known, carried=self.carried(replica))
            assert (brought.problems, brought.histories) == ([], []), (replica.name, other.path.name)
            archive.refresh()
            archive.remember()
            came = [brought.anything, replica.in_force and bool(members.tend(archive))]
        return any(came)

    def carried(self, replica: Replica) -> frozenset[str]:
        """What is destroyed on this laptop, or may be at once."""
        erasures = replica.archive.members.erasures.values()
        done = {one.id for one in erasures if replica.device in one.confirmed}
        return frozenset(done | {one.id for one in rewriting.due(replica.archive, self.clock)})

    def meet(self) -> None:
        """All of them, once, at the first one's."""
        first, *others = self.replicas
        for other in [*others, *others]:
            self.pull(first, other.folder)
            self.pull(other, first.folder)

    def give(self, replica: Replica, other: Replica) -> None:
        """By a stick, which keeps what it was given before."""
        self.log(replica.name, "fills the stick")
        stick = merging.start_copy(replica.archive, self._stick)
        with self._touching(replica):
            brought = merging.pull(stick, replica.folder, carried=self.carried(replica))
            assert (brought.problems, brought.histories) == ([], [])
        self.pull(other, stick, "the stick")

    def send(self, replica: Replica, other: Replica, since: bool) -> None:
        """In a bundle, whole or from what the other had."""
        self.log(replica.name, "writes a bundle", "since" if since else "")
        path = self.root / f"bundle-{len(self.history)}"
        sizes = {log: state.size for log, state in other.archive.states.items()} if since else {}
        with self._touching(replica):
            to = [Recipient(member.recipient) for member in replica.archive.members.members.values()]
            bundles.write_bundle(replica.archive, path, to, sizes)
        if not path.exists():
            return
        with bundles.opened(path, other.archive.member_keys.identity, self.root) as folder:
            self.pull(other, folder, "a bundle")
        path.unlink()

    def settle(self) -> None:
        """All meet at one of them, again and again, until nothing is left to bring or to carry out."""
        self.cut = None
        for round_ in range(_ROUNDS):
            self.clock += 400 * 24 * HOUR
            before = self._state()
            middle = self.replicas[round_ % len(self.replicas)]
            others = [replica for replica in self.replicas if replica is not middle]
            anything = [self.pull(middle, other) for other in self.folders if other.path != middle.path]
            anything += [self.pull(other, middle.folder) for other in others]
            if self._stick.exists():
                given = merging.pull(Folder(self._stick), middle.folder, carried=self.carried(middle))
                anything.append(given.anything)
            for replica in self.replicas:
                self.carry_out(replica)
            if not any(anything) and self._state() == before:
                return
        raise AssertionError("they do not come to rest")

    def _state(self) -> list[dict[str, tuple[int, bytes]]]:
        return [heads(folder) for folder in self.folders]

    # --- what must hold then

    def check(self) -> None:
        first, *others = (heads(folder) for folder in self.folders)
        assert all(one == first for one in others), "the logs differ"
        said, *others_said = (what_holds(folder) for folder in self.folders)
        assert all(one == said for one in others_said), "the members differ"
        readers = [replica for replica in self.replicas if replica.reads_all]
        for replica in self.replicas:
            assert problems(verify_as(replica)) == [], (replica.name, verify_as(replica).problems)
        if self._stick.exists():
            assert problems(verify(Folder(self._stick), {})) == []
        shown = [self.entries(replica) for replica in readers]
        assert all(one == shown[0] for one in shown), "two readers see different records"
        dumps = [one for replica in readers for one in (dump(replica), replayed(replica))]
        assert all(one == dumps[0] for one in dumps), "two indexes differ"
        # Two who remove each other, each with the other's word before him, leave perhaps nobody who reads.
        if readers:
            self._nothing_lost(readers[0], shown[0])
        self._nothing_back()

    def _nothing_lost(self, reader: Replica, shown: list[Stored]) -> None:
        known = reader.archive.members
        there = {(one.log, one.position): one.body for one in shown}
        wanted = {
            place: body for place, body in self.told.items()
            if place not in known.unused and place[1] < reader.archive.accepted(place[0])
        }  # fmt: skip
        assert there.items() <= wanted.items(), "something is there that nobody said, or that is no longer used"
        assert there == wanted, "something that was told is lost"

    def _nothing_back(self) -> None:
        """Of all that is erased by right, no member and no stick has a body, a key or evidence, whatever opens it."""
        known = self.folders[0].membership()
        standing = [one for one in known.erasures.values() if one.approved]
        erased = Runs(run for one in standing for run in one.erasure.erased)
        keys = {key for one in standing for key in one.erasure.keys}
        names = {name for one in standing for name in one.erasure.evidence}
        epochs: dict[str, EpochKeys] = {}
        for replica in self.replicas:
            epochs |= {one: keys for one, keys in replica.archive.opener.epochs.items() if keys.identities}
        of_members = [replica.folder for replica in self.replicas if replica.in_force]
        for folder in [*of_members, *self.folders[len(self.replicas) :]]:
            assert not names.intersection(folder.evidence.names()), f"erased evidence lies in {folder.path.name}"
            for place, kept in everything(folder, epochs):
                assert place not in erased, f"{place} is erased and lies in {folder.path.name}"
                assert not keys.intersection(kept), f"a destroyed key lies in {folder.path.name}"


def put_in(batch: Batch, record: AnyRecord, key: str = "") -> bytes:
    body = checked_bytes(record)
    batch.add(Entry(subjects_of(record), body, key))
    return body


def heads(folder: Folder) -> dict[str, tuple[int, bytes]]:
    """Size and root of each log, as anybody sees them."""
    known = folder.membership()
    found = {}
    for log in folder.logs():
        key = known.verify_key(log.device)
        assert key is not None
        state = log.state(key, None)
        if state.size:
            found[log.device] = (state.size, state.frontier.root())
    return found


def what_holds(folder: Folder) -> list[object]:
    """What the control entries of a folder add up to."""
    known = folder.membership()
    cuts = {device: known.cut(device) for device in known.devices}
    erasures = {one.id: (one.approved, one.refused, one.held) for one in known.erasures.values()}
    return [known.members, known.devices, known.removed, cuts, erasures, known.key_files, known.settings, known.epoch]


def everything(folder: Folder, epochs: dict[str, EpochKeys]) -> Iterator[tuple[tuple[str, int], set[str]]]:
    """Every entry that opens in any segment, with the keys of sources that its segment brings."""

    def segments() -> Iterator[Segment]:
        for log in folder.logs():
            for _, path in log.paths():
                yield log.read(path)

    opener = Opener(epochs, segments)
    for segment in segments():
        if segment.thin:
            continue
        here = Runs([(segment.clear.log, segment.clear.first, segment.clear.count)])
        brought = {key.key for ring in opener.rings(segment) for key in ring.keys}
        for at, leaf in opener.opened(segment, here):
            split(leaf, segment.where)
            yield (segment.clear.log, at), brought


def verify_as(replica: Replica) -> Verified:
    """With the keys of the laptop, and the heads that it knows."""
    return verify(replica.archive if replica.in_force else replica.folder, replica.archive.known)


def problems(found: Verified) -> list[tuple[str, str]]:
    """Without what a removed member signed before he heard of it: it takes no effect, and is told for good."""
    return [one for one in found.problems if not (one[0] == "logs" and "was removed before" in one[1])]


def dump(replica: Replica) -> dict[str, list[tuple[Any, ...]]]:
    """What the index of this laptop says, brought up to date from where it was."""
    replica.archive.refresh()
    desk = Desk(replica.archive)
    try:
        return without_empty_logs(desk.index.dump())
    finally:
        desk.leave()


def replayed(replica: Replica) -> dict[str, list[tuple[Any, ...]]]:
    """What an index says that is made anew from this laptop."""
    index = Index(None, bytes(32))
    try:
        index.catch_up(replica.archive, forgotten=Forgotten.of(replica.archive))
        return without_empty_logs(index.dump())
    finally:
        index.close()


def without_empty_logs(dumped: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """A laptop knows its own log before there is one."""
    return dumped | {"log": [one for one in dumped["log"] if one[1]]}
