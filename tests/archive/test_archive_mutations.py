"""Who finds out when somebody changes the folder: a table of ways to do it, each tried many times at random places.

The archive has three members, one of them removed, two epochs, an erasure carried out, packed and unpacked segments,
evidence, an older key file that somebody may have kept, and a request to join that nobody has answered.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random

import msgspec
import pytest
from small import LETTER, PASSPHRASE, QUICK, add, add_source

from guvoh.archive import control, forms, members, merging, rewriting, segments
from guvoh.archive.control import Approval, Control, Device, Erasure, Member, Role, decision_id, key_id
from guvoh.archive.entries import leaf_hashes, packed, preimage
from guvoh.archive.errors import Damaged, MissingKey, RolledBack
from guvoh.archive.founding import epoch_of, found, new_epoch_keys
from guvoh.archive.home import Head
from guvoh.archive.keys import MemberKeys
from guvoh.archive.logs import Log, file_name
from guvoh.archive.merkle import Frontier
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Checkpoint, Clear, ControlEntry, Ring, RingBox, Sealed, Segment
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import verify
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Recipient
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.padding import pad

LATER = 4e9
"""A time at which every delay is over."""


class Who(Enum):
    """Who finds out. Each finds what those before him find."""

    ANYBODY = "any holder of the folder, without any key"
    LATER_HEAD = "who has seen a later head: this computer's GUVOH_HOME"
    READER = "who can read what the archive holds"
    OWNER = "the owner who is asked to admit"
    MEMBER = "the member whose file it is, when he opens the archive"
    NOTICE = "any holder, as a notice: nothing that counts was changed"
    NOBODY = "nobody"


class NotHere(Exception):
    """This mutation has nothing to change at the place that was drawn: draw another."""


@dataclass(kw_only=True)
class Scene:
    """The archive on Amina's computer, and what somebody may have kept or made to do harm with.

    kept    the folder before the removal, the erasure and the packing
    loose   the folder before the packing
    other   a folder of another archive
    """

    path: Path
    home: Path
    kept: Path
    loose: Path
    other: Path
    amina: str
    id: str = ""
    erasure: str = ""
    recipient: str = ""
    epochs: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    log_of: dict[str, Path] = field(default_factory=dict)
    devices: dict[str, SigningKey] = field(default_factory=dict)
    signing: dict[str, SigningKey] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    whole: dict[str, bytes] = field(default_factory=dict)
    touched: set[Path] = field(default_factory=set)

    # --- what lies there

    def segments(self, root: Path | None = None) -> list[Path]:
        return sorted((root or self.path).glob("logs/*/*.seg"))

    def evidence(self) -> list[Path]:
        return sorted((self.path / "evidence").iterdir())

    def key_files(self) -> list[Path]:
        return sorted((self.path / "keys").iterdir())

    def request(self) -> Path:
        (found,) = (self.path / merging.JOIN).iterdir()
        return found

    def device(self, name: str) -> tuple[str, SigningKey]:
        return self.log_of[name].name, self.devices[name]

    def open(self) -> Archive:
        return Archive(self.path, self.home, self.amina)

    # --- changing it, and back

    def write(self, path: Path, data: bytes) -> None:
        if path.exists() and path.read_bytes() == data:
            raise NotHere
        self.touched.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, path: Path) -> None:
        self.touched.add(path)
        path.unlink()

    def restore(self) -> None:
        for path in self.touched:
            name = path.relative_to(self.path).as_posix()
            if name in self.whole:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.whole[name])
                path.chmod(0o600)
            else:
                path.unlink(missing_ok=True)
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
        self.touched = set()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    root = tmp_path_factory.mktemp("scene")
    path, home = root / "archive", root / "home"
    amina = found(path, home, PASSPHRASE, QUICK, 0)
    add_source(amina, b"a letter", b"more of it")
    add(amina, b"a note", b"names nobody", key="nameless")
    idris = joined(amina, root / "idris", root / "home-idris", Role.EDITOR, "the idris phrase")
    add_source(idris, b"a list", b"its second row", original=LETTER[::-1])
    add(idris, b"what idris thinks of it")
    fetch(amina, idris)
    key, evidence = add_source(amina, b"to be forgotten", b"all of it", original=b"forget me" * 99)
    add(amina, b"kept", b"forgotten alone")
    kept = shutil.copytree(path, root / "kept")
    members.change_passphrase(amina, "a later phrase", QUICK)
    vera = joined(amina, root / "vera", root / "home-vera", Role.EDITOR, "the vera phrase")
    fetch(idris, amina)
    members.remove_member(amina, idris.member)
    forget(amina, vera, key, evidence.name, {b"to be forgotten", b"all of it", b"forgotten alone", b"its second row"})
    for number in range(5):
        add(amina, b"small %d" % number)
    fetch(vera, amina)
    add(vera, b"vera has seen all of that")
    fetch(amina, vera)
    loose = shutil.copytree(path, root / "loose")
    assert rewriting.pack(amina, least=2)
    for number in range(3):
        add(amina, b"after packing %d" % number)
    fetch(vera, amina)
    add(vera, b"vera has seen that too")
    fetch(amina, vera)
    add(amina, b"nobody else has seen this")
    _, asked = members.ask(root / "vera", root / "home-olim", "the olim phrase", None, QUICK)
    assert asked is not None
    (path / merging.JOIN).mkdir(exist_ok=True)
    shutil.copy(asked, path / merging.JOIN)
    other = found(root / "other", root / "home-other", PASSPHRASE, QUICK, 0)
    add_source(other, b"of another archive")
    scene = Scene(path=path, home=home, kept=kept, loose=loose, other=root / "other", amina="a later phrase")
    tell(scene, {"amina": scene.open(), "idris": idris, "vera": vera})
    return scene


def tell(scene: Scene, people: dict[str, Archive]) -> None:
    """What those who change the folder may know, and what there is to compare with."""
    amina = people["amina"]
    scene.id, scene.heads = amina.id, amina.known
    (scene.erasure,) = amina.members.erasures
    scene.epochs = sorted(amina.members.epochs)
    scene.recipient = amina.members.epochs[scene.epochs[0]].recipient
    for name, archive in people.items():
        scene.people[name], scene.log_of[name] = archive.member, scene.path / "logs" / archive.device
        scene.devices[name], scene.signing[name] = archive.device_key, archive.signing
    files = [one for one in scene.path.rglob("*") if one.is_file()]
    scene.whole = {one.relative_to(scene.path).as_posix(): one.read_bytes() for one in files}
    plain = verify(Folder(scene.path), {})
    assert plain.problems == []
    scene.notices = plain.notices
    assert any(segments.read(one, "it").rewriting for one in scene.segments())


def joined(amina: Archive, path: Path, home: Path, role: Role, phrase: str) -> Archive:
    merging.pull(merging.start_copy(amina, path), amina)
    _, asked = members.ask(path, home, phrase, None, QUICK)
    assert asked is not None
    members.admit(amina, asked.read_bytes(), role)
    merging.pull(Folder(path), amina)
    return Archive(path, home, phrase)


def fetch(archive: Archive, other: Archive) -> None:
    with archive.writing():
        carried = frozenset(one.id for one in rewriting.due(archive, LATER))
        brought = merging.pull(archive, Folder(other.path), known=archive.known, carried=carried)
    assert (brought.problems, brought.histories) == ([], [])
    archive.refresh()
    archive.remember()


def forget(amina: Archive, vera: Archive, key: str, evidence: str, which: set[bytes]) -> None:
    places = [(one.log, one.position) for one in amina.entries() if one.body in which]
    assert len(places) == len(which)
    erasure = Erasure(
        signer=amina.member, at="2027-01-15T08:00:00Z", why="withdrawn",
        erased=tuple(Runs.of(places)), evidence=(evidence,), keys=(key,),
    )  # fmt: skip
    with amina.batch() as batch:
        batch.control(erasure)
    fetch(vera, amina)
    with vera.batch() as batch:
        batch.control(Approval(signer=vera.member, decision=decision_id(erasure)))
    fetch(amina, vera)
    rewriting.due(amina)
    assert rewriting.carry_out(amina, rewriting.due(amina, LATER)) >= 3


# --- who finds out


def anybody_finds(scene: Scene) -> bool:
    try:
        return bool(verify(Folder(scene.path), {}).problems)
    except GuvohError:
        return True


def who_finds(scene: Scene) -> Who:
    """The first of them who does."""
    if anybody_finds(scene):
        return Who.ANYBODY
    if verify(Folder(scene.path), scene.heads).problems:
        return Who.LATER_HEAD
    try:
        archive = scene.open()
    except MissingKey:
        return Who.MEMBER
    except GuvohError:
        return Who.READER
    if verify(archive, archive.known).problems or not can_be_read(archive):
        return Who.READER
    for note in (scene.path / merging.JOIN).iterdir():
        try:
            members.read_request(note.read_bytes(), archive.id)
        except members.BadRequest:
            return Who.OWNER
    return Who.NOTICE if verify(Folder(scene.path), {}).notices != scene.notices else Who.NOBODY


def can_be_read(archive: Archive) -> bool:
    try:
        return bool(list(archive.entries())) and not archive.broken
    except GuvohError:
        return False


# --- the ways


def changed(data: bytes, rng: Random) -> bytes:
    """A bit turned, an end cut off, or something put behind."""
    match rng.randrange(4):
        case 0:
            return data[: rng.randrange(len(data))]
        case 1:
            return data + rng.randbytes(rng.choice([1, 16, 512]))
        case _:
            at = rng.randrange(len(data))
            return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def segment_changed(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.segments())
    scene.write(path, changed(path.read_bytes(), rng))


def segments_exchanged(scene: Scene, rng: Random) -> None:
    one, other = rng.sample(scene.segments(), 2)
    first, second = one.read_bytes(), other.read_bytes()
    scene.write(one, second)
    scene.write(other, first)


def segment_renamed(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.segments())
    new = path.with_name(file_name(rng.randrange(200)))
    if new.exists():
        raise NotHere
    scene.write(new, path.read_bytes())
    scene.remove(path)


def segment_copied(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.segments())
    new = path.with_name(file_name(rng.randrange(200)))
    if new.exists():
        raise NotHere
    scene.write(new, path.read_bytes())


def segment_moved_to_another_log(scene: Scene, rng: Random) -> None:
    one, other = rng.sample(scene.segments(), 2)
    if one.parent == other.parent:
        raise NotHere
    scene.write(other.parent / one.name, one.read_bytes())
    if rng.random() < 0.5:
        scene.remove(one)


def segment_of_another_archive(scene: Scene, rng: Random) -> None:
    theirs = rng.choice(scene.segments(scene.other))
    ours = rng.choice(scene.segments())
    scene.write(ours.with_name(rng.choice([ours.name, theirs.name])), theirs.read_bytes())


def log_of_another_archive(scene: Scene, rng: Random) -> None:
    for theirs in scene.segments(scene.other):
        scene.write(scene.path / theirs.relative_to(scene.other), theirs.read_bytes())


def segment_taken_out(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.segments())
    if path == last(path.parent):
        raise NotHere
    scene.remove(path)


def last(log: Path) -> Path:
    return sorted(log.glob("*.seg"))[-1]


def end_cut_that_others_have_seen(scene: Scene, rng: Random) -> None:
    """Two batches and more of Amina's log, or the last of Vera's: the other's checkpoint names what is missing."""
    log = rng.choice([scene.log_of["amina"], scene.log_of["vera"]])
    paths = sorted(log.glob("*.seg"))
    for path in paths[-rng.randrange(2 if log == scene.log_of["amina"] else 1, len(paths)) :]:
        scene.remove(path)


def log_taken_away(scene: Scene, rng: Random) -> None:
    for path in rng.choice([scene.log_of["idris"], scene.log_of["vera"]]).glob("*.seg"):
        scene.remove(path)


def end_cut_that_nobody_else_has_seen(scene: Scene, rng: Random) -> None:
    scene.remove(last(scene.log_of["amina"]))


def folder_set_back(scene: Scene, rng: Random) -> None:
    earlier = rng.choice([scene.kept, scene.loose])
    for path in [*scene.segments(), *scene.key_files(), *scene.evidence()]:
        scene.remove(path)
    for path in [*earlier.glob("logs/*/*.seg"), *earlier.glob("keys/*"), *earlier.glob("evidence/*")]:
        scene.write(scene.path / path.relative_to(earlier), path.read_bytes())
    for log in (scene.path / "logs").iterdir():
        with contextlib.suppress(OSError):
            log.rmdir()


def checkpoint_taken_off(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.segments())
    segment = segments.read(path, path.name)
    if not segment.checkpoint:
        raise NotHere
    scene.write(path, laid_out(segment, checkpoint=b""))


def checkpoint_of_another_segment(scene: Scene, rng: Random) -> None:
    one, other = rng.sample(scene.segments(), 2)
    segment, donor = segments.read(one, one.name), segments.read(other, other.name)
    scene.write(one, laid_out(segment, checkpoint=donor.checkpoint))


def boxes_exchanged(scene: Scene, rng: Random) -> None:
    """A sealed box of another segment, or two of one segment the other way round."""
    one, other = rng.sample(scene.segments(), 2)
    segment, donor = segments.read(one, one.name), segments.read(other, other.name)
    if not segment.boxes or not donor.boxes:
        raise NotHere
    boxes = list(segment.boxes)
    boxes[rng.randrange(len(boxes))] = rng.choice(donor.boxes)
    scene.write(one, laid_out(segment, boxes=tuple(boxes)))


def box_left_out(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.segments())
    segment = segments.read(path, path.name)
    if not segment.boxes:
        raise NotHere
    gone = rng.randrange(len(segment.boxes))
    scene.write(path, laid_out(segment, boxes=tuple(box for n, box in enumerate(segment.boxes) if n != gone)))


def laid_out(segment: Segment, **parts: object) -> bytes:
    fields = {name: parts.get(name, getattr(segment, name)) for name in ("checkpoint", "rewriting", "seal", "boxes")}
    sealed = Sealed(segment.ring, segment.identities, fields["boxes"])  # type: ignore[arg-type]
    front = (segment.clear_bytes, segment.leaves, fields["checkpoint"], fields["seal"], fields["rewriting"])
    return b"".join(segments.laid_out(*front, sealed, segment.format))  # type: ignore[arg-type]


def rewritten_ones(root: Path) -> list[tuple[Path, Segment]]:
    found = [(path, segments.read(path, path.name)) for path in sorted(root.glob("logs/*/*.seg"))]
    return [(path, segment) for path, segment in found if segment.rewriting]


def rewriting_note_taken_off(scene: Scene, rng: Random) -> None:
    path, segment = rng.choice(rewritten_ones(scene.path))
    scene.write(path, laid_out(segment, rewriting=b""))


def rewriting_note_of_another_segment(scene: Scene, rng: Random) -> None:
    one, segment = rng.choice(rewritten_ones(scene.path))
    _, donor = rng.choice(rewritten_ones(scene.loose))
    scene.write(one, laid_out(segment, rewriting=donor.rewriting))


def segment_written_anew_by_an_outsider(scene: Scene, rng: Random) -> None:
    """As if for the erasure that there is, under the name of a device that may do so."""
    path = rng.choice(scene.segments())
    segment = segments.read(path, path.name)
    device = rng.choice([scene.log_of[name].name for name in scene.log_of])
    sealed = Sealed(segment.ring, segment.identities, segment.boxes[:-1])
    pieces = segments.rewritten(segment, sealed, device, SigningKey.generate(), [scene.erasure])
    scene.write(path, b"".join(pieces))


def erased_for_nothing_by_a_member(scene: Scene, rng: Random) -> None:
    """By a device that may write anew, for an erasure that nobody has asked for."""
    path = rng.choice(scene.segments())
    segment = segments.read(path, path.name)
    sealed = Sealed(segment.ring, b"", ())
    forged = control.text_id("x", rng.randbytes(8))
    scene.write(path, b"".join(segments.rewritten(segment, sealed, *scene.device("amina"), [forged])))


def more_erased_than_was_asked_by_a_member(scene: Scene, rng: Random) -> None:
    """The erasure is one that there is, and the signature holds; that a box too many is gone shows who can open it."""
    path = rng.choice(scene.segments())
    segment = segments.read(path, path.name)
    archive = scene.open()
    if len(segment.boxes) < 2 or not segment.identities:
        raise NotHere
    rings = archive.opener.rings(segment)
    keep = Ring(keys=rings[1].keys)
    if not rings[1].boxes:
        raise NotHere
    _, identities = archive.recipients(segment.clear.epoch)
    sealed = Sealed(segment.ring, identities.seal(pad(forms.written(keep))), segment.boxes[: len(rings[0].boxes)])
    pieces = segments.rewritten(segment, sealed, *scene.device("amina"), [scene.erasure])
    scene.write(path, b"".join(pieces))


def sealed_otherwise_than_committed_by_the_device(scene: Scene, rng: Random) -> None:
    """A device of the archive adds a batch whose box holds another entry than its commitment."""
    archive, log = scene.open(), Log(scene.path, scene.log_of["amina"].name)
    device, key = scene.device("amina")
    state = log.state(key.public, None)
    committed, sealed = (preimage(rng.randbytes(16), b"\n", body) for body in (b"committed", b"sealed"))
    frontier = state.frontier.copy()
    frontier.extend(leaf_hashes([committed]))
    epoch = archive.members.epoch.epoch
    nameless, identities = archive.recipients(epoch)
    ring = Ring(boxes=(RingBox(key="", at=((state.size, 1),)),))
    parts = Sealed(
        nameless.seal(pad(forms.written(Ring()))),
        identities.seal(pad(forms.written(ring))),
        [identities.seal(pad(packed([sealed])))],
    )
    clear = Clear(archive=archive.id, log=device, first=state.size, count=1, epoch=epoch)
    head = Checkpoint(size=frontier.size, root=frontier.root())
    pieces = segments.written(clear, leaf_hashes([committed]), parts, key, head)
    scene.write(log.path / file_name(state.size), b"".join(pieces))


def commitments_in_place_of_a_segment(scene: Scene, rng: Random) -> None:
    """Anybody is told by a notice; who wants to read is refused."""
    path = rng.choice(scene.segments())
    scene.write(path, b"".join(segments.read(path, path.name).commitments()))


def commitments_changed(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.segments())
    scene.write(path, changed(b"".join(segments.read(path, path.name).commitments()), rng))


def evidence_changed(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.evidence())
    scene.write(path, changed(path.read_bytes(), rng))


def evidence_exchanged(scene: Scene, rng: Random) -> None:
    one, other = rng.sample(scene.evidence(), 2)
    first, second = one.read_bytes(), other.read_bytes()
    scene.write(one, second)
    scene.write(other, first)


def evidence_taken_away(scene: Scene, rng: Random) -> None:
    scene.remove(rng.choice(scene.evidence()))


def key_file_changed(scene: Scene, rng: Random) -> None:
    path = rng.choice(scene.key_files())
    scene.write(path, changed(path.read_bytes(), rng))


def key_files_exchanged(scene: Scene, rng: Random) -> None:
    one, other = rng.sample(scene.key_files(), 2)
    first, second = one.read_bytes(), other.read_bytes()
    scene.write(one, second)
    scene.write(other, first)


def older_key_file(scene: Scene, rng: Random) -> None:
    """That of Amina's old passphrase."""
    old = scene.kept / "keys" / f"{scene.people['amina']}.identity"
    scene.write(scene.path / "keys" / old.name, old.read_bytes())


def own_key_file_taken_away(scene: Scene, rng: Random) -> None:
    scene.remove(rng.choice([path for path in scene.key_files() if scene.people["amina"] in path.name]))


def key_file_of_another_taken_away(scene: Scene, rng: Random) -> None:
    scene.remove(rng.choice([path for path in scene.key_files() if scene.people["amina"] not in path.name]))


def key_file_under_a_new_name(scene: Scene, rng: Random) -> None:
    """A member's identity, or an epoch for him, that no control entry knows."""
    one = MemberKeys.generate()
    name = rng.choice([f"{one.member}.identity", f"{scene.epochs[0]}.{one.member}.age"])
    scene.write(scene.path / "keys" / name, rng.choice(scene.key_files()).read_bytes())


def file_among_the_keys(scene: Scene, rng: Random) -> None:
    scene.write(scene.path / "keys" / f"note-{rng.randrange(99)}", rng.randbytes(40))


def outsider_admits_himself(scene: Scene, rng: Random) -> None:
    """A log of his own, in which he makes himself an owner, a reader or a device; signed by himself, or with a name."""
    keys, key = MemberKeys.generate(), SigningKey.generate()
    device, signer = key_id("d", key.public), rng.choice([keys.member, scene.people["amina"]])
    said: list[Control] = [
        Member(
            signer=signer, member=keys.member, role=rng.choice(list(Role)),
            verify=keys.signing.public.text, recipient=keys.identity.recipient.text,
        ),
        Device(signer=signer, device=device, member=rng.choice([keys.member, scene.people["amina"]]),
               verify=key.public.text),
    ]  # fmt: skip
    if rng.random() < 0.5:
        said.append(epoch_of(new_epoch_keys(bytes(32)), signer, number=rng.randrange(9)))
    forge(scene, device, key, [control.signed(one, scene.id, keys.signing) for one in said], 0)


def control_entry_repeated_by_an_outsider(scene: Scene, rng: Random) -> None:
    """What an owner has really signed, in a log of the outsider's."""
    notes = [note for path in scene.segments() for note in notes_of(path)]
    key = SigningKey.generate()
    forge(scene, key_id("d", key.public), key, rng.sample(notes, rng.randrange(1, 4)), 0)


def control_entry_exchanged(scene: Scene, rng: Random) -> None:
    """In the clear part of a segment of the archive, everything else as it was."""
    notes = [note for path in scene.segments() for note in notes_of(path)]
    path = rng.choice([path for path in scene.segments() if notes_of(path)])
    segment = segments.read(path, path.name)
    entries = list(segment.clear.control)
    at = rng.randrange(len(entries))
    leaf = bytes(entries[at].leaf)
    entries[at] = msgspec.structs.replace(entries[at], leaf=leaf[:18] + rng.choice(notes))
    clear = forms.written(msgspec.structs.replace(segment.clear, control=tuple(entries))) + b"\n"
    sealed = Sealed(segment.ring, segment.identities, segment.boxes)
    front = (clear, segment.leaves, segment.checkpoint, segment.seal, segment.rewriting)
    scene.write(path, b"".join(segments.laid_out(*front, sealed, segment.format)))


def batch_of_an_outsider(scene: Scene, rng: Random) -> None:
    """Behind a log of the archive, in its name."""
    log = Log(scene.path, rng.choice(list(scene.log_of.values())).name)
    size = sum(segments.read(path, "it").clear.count for _, path in log.paths())
    forge(scene, log.device, SigningKey.generate(), [b"no note"], size)


def forge(scene: Scene, device: str, key: SigningKey, notes: list[bytes], first: int) -> None:
    leaves = [preimage(bytes(16), b"\n", note) for note in notes]
    frontier = Frontier()
    frontier.extend(leaf_hashes(leaves))
    clear = Clear(
        archive=scene.id, log=device, first=first, count=len(leaves), epoch=scene.epochs[0],
        control=tuple(ControlEntry(at=first + n, leaf=leaf) for n, leaf in enumerate(leaves)),
    )  # fmt: skip
    sealed = Sealed(Recipient(scene.recipient).seal(pad(forms.written(Ring()))), b"", [])
    head = Checkpoint(size=first + len(leaves), root=frontier.root())
    pieces = segments.written(clear, leaf_hashes(leaves), sealed, key, head)
    scene.write(scene.path / "logs" / device / file_name(first), b"".join(pieces))


def notes_of(path: Path) -> list[bytes]:
    return [bytes(entry.leaf)[18:] for entry in segments.read(path, path.name, boxes=False).clear.control]


def later_entries_of_the_removed(scene: Scene, rng: Random) -> None:
    """He still has his key: he goes on writing, and makes himself owner again."""
    device, key = scene.device("idris")
    log = Log(scene.path, device)
    state = log.state(key.public, None)
    signing = scene.signing["idris"]
    who = MemberKeys.generate()
    said = Member(
        signer=scene.people["idris"], member=who.member, role=Role.OWNER,
        verify=who.signing.public.text, recipient=who.identity.recipient.text,
    )  # fmt: skip
    leaf = preimage(rng.randbytes(16), b"\n", control.signed(said, scene.id, signing))
    frontier = state.frontier.copy()
    frontier.extend(leaf_hashes([leaf]))
    clear = Clear(
        archive=scene.id, log=device, first=state.size, count=1, epoch=scene.epochs[0],
        control=(ControlEntry(at=state.size, leaf=leaf),),
    )  # fmt: skip
    sealed = Sealed(Recipient(scene.recipient).seal(pad(forms.written(Ring()))), b"", [])
    head = Checkpoint(size=frontier.size, root=frontier.root())
    scene.write(
        log.path / file_name(state.size), b"".join(segments.written(clear, leaf_hashes([leaf]), sealed, key, head))
    )


def plain_entries_of_the_removed(scene: Scene, rng: Random) -> None:
    """What he adds later is kept apart."""
    device, key = scene.device("idris")
    log = Log(scene.path, device)
    state = log.state(key.public, None)
    leaf = preimage(rng.randbytes(16), b"\n", b"late")
    frontier = state.frontier.copy()
    frontier.extend(leaf_hashes([leaf]))
    archive = scene.open()
    nameless, identities = archive.recipients(scene.epochs[0])
    ring = Ring(boxes=(RingBox(key="", at=((state.size, 1),)),))
    sealed = Sealed(
        nameless.seal(pad(forms.written(Ring()))),
        identities.seal(pad(forms.written(ring))),
        [identities.seal(pad(packed([leaf])))],
    )
    clear = Clear(archive=scene.id, log=device, first=state.size, count=1, epoch=scene.epochs[0])
    head = Checkpoint(size=frontier.size, root=frontier.root())
    scene.write(
        log.path / file_name(state.size), b"".join(segments.written(clear, leaf_hashes([leaf]), sealed, key, head))
    )


def request_changed(scene: Scene, rng: Random) -> None:
    scene.write(scene.request(), changed(scene.request().read_bytes(), rng))


def request_taken_away(scene: Scene, rng: Random) -> None:
    scene.remove(scene.request())


def hint_changed(scene: Scene, rng: Random) -> None:
    path = scene.path / "guvoh.toml"
    data = path.read_bytes()
    at = rng.randrange(data.index(b"format"), len(data) - 1)
    if data[at : at + 1] in b" \n":
        raise NotHere
    scene.write(path, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def hint_with_remarks(scene: Scene, rng: Random) -> None:
    path = scene.path / "guvoh.toml"
    remark = "".join(rng.choice("a harmless remark") for _ in range(9)).encode()
    scene.write(path, path.read_bytes() + b"# " + remark + b"\n")


def times_and_rights(scene: Scene, rng: Random) -> None:
    path = rng.choice([*scene.segments(), *scene.evidence(), *scene.key_files()])
    scene.touched.add(path)
    path.chmod(rng.choice([0o400, 0o600, 0o644]))
    os.utime(path, (rng.randrange(1 << 31),) * 2)


def stray_file_among_segments(scene: Scene, rng: Random) -> None:
    log = rng.choice(list(scene.log_of.values()))
    scene.write(log / rng.choice(["4.seg", "readme", "000000000001.seg~"]), rng.randbytes(20))


def stray_file_among_evidence(scene: Scene, rng: Random) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    scene.write(scene.path / "evidence" / "".join(rng.choices(letters, k=26)), rng.randbytes(64))


def stray_file_elsewhere(scene: Scene, rng: Random) -> None:
    scene.write(scene.path / f"thumbs-{rng.randrange(99)}.db", rng.randbytes(64))


def segments_as_before_packing(scene: Scene, rng: Random) -> None:
    """All that was packed, beside the packed segment or in its place."""
    log = scene.log_of["amina"]
    old = scene.loose / log.relative_to(scene.path)
    for path in old.glob("*.seg"):
        if not (log / path.name).exists() or rng.random() < 0.5:
            scene.touched.add(log / path.name)
            shutil.copy(path, log / path.name)


def erased_entries_put_back(scene: Scene, rng: Random) -> None:
    """A segment from before the erasure, by somebody who had kept it."""
    changed_since = [
        (old, new) for old in scene.segments(scene.kept)
        if (new := scene.path / old.relative_to(scene.kept)).exists() and new.read_bytes() != old.read_bytes()
        and segments.read(new, "it").rewriting
    ]  # fmt: skip
    old, new = rng.choice(changed_since)
    scene.write(new, old.read_bytes())


@dataclass(frozen=True, kw_only=True)
class Kind:
    way: Callable[[Scene, Random], None]
    who: Who
    why: str = ""
    """Why nobody needs to find out."""


def kind(who: Who, *ways: Callable[[Scene, Random], None], why: str = "") -> list[Kind]:
    return [Kind(way=way, who=who, why=why) for way in ways]


KINDS = [
    *kind(
        Who.ANYBODY,
        *(segment_changed, segments_exchanged, segment_renamed, segment_copied, segment_moved_to_another_log),
        *(segment_of_another_archive, log_of_another_archive, segment_taken_out, log_taken_away),
        *(end_cut_that_others_have_seen, checkpoint_taken_off, checkpoint_of_another_segment),
        *(boxes_exchanged, box_left_out, commitments_changed),
        *(rewriting_note_taken_off, rewriting_note_of_another_segment, segment_written_anew_by_an_outsider),
        *(erased_for_nothing_by_a_member, evidence_changed, evidence_exchanged, evidence_taken_away),
        *(key_file_changed, key_files_exchanged, older_key_file),
        *(outsider_admits_himself, control_entry_repeated_by_an_outsider, control_entry_exchanged),
        *(batch_of_an_outsider, later_entries_of_the_removed, hint_changed),
    ),
    *kind(Who.LATER_HEAD, end_cut_that_nobody_else_has_seen, folder_set_back),
    *kind(
        Who.READER,
        *(sealed_otherwise_than_committed_by_the_device, more_erased_than_was_asked_by_a_member),
        commitments_in_place_of_a_segment,
    ),
    *kind(Who.MEMBER, own_key_file_taken_away),
    *kind(Who.OWNER, request_changed),
    *kind(Who.NOTICE, stray_file_among_segments, stray_file_among_evidence, key_file_under_a_new_name),
    *kind(Who.NOTICE, plain_entries_of_the_removed),
    *kind(Who.NOBODY, hint_with_remarks, why="what it says to the program is the same"),
    *kind(Who.NOBODY, times_and_rights, why="nothing is believed on account of them"),
    *kind(Who.NOBODY, file_among_the_keys, stray_file_elsewhere, why="nothing reads it"),
    *kind(Who.NOBODY, segments_as_before_packing, why="they hold the same entries under the same signatures"),
    *kind(Who.NOBODY, key_file_of_another_taken_away, why="whoever leaves takes his along; he gets it back by a sync"),
    *kind(Who.NOBODY, request_taken_away, why="who asked asks again"),
    *kind(Who.READER, erased_entries_put_back, why="on a device that has destroyed them; elsewhere they are not used"),
]


@contextlib.contextmanager
def mutated(scene: Scene, way: Callable[[Scene, Random], None], rng: Random) -> Iterator[None]:
    try:
        for _ in range(200):
            try:
                way(scene, rng)
                break
            except NotHere:
                scene.restore()
        else:
            raise AssertionError(f"{way.__name__}: nothing to change")
        yield
    finally:
        scene.restore()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.way.__name__)
def test_who_finds_a_change(scene: Scene, kind: Kind) -> None:
    tried(scene, kind, range(7))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.way.__name__)
def test_who_finds_ten_thousand_changes(scene: Scene, kind: Kind) -> None:
    tried(scene, kind, range(7, 7 + 10_000 // len(KINDS) + 1))


def tried(scene: Scene, kind: Kind, numbers: range) -> None:
    for number in numbers:
        with mutated(scene, kind.way, Random(number)):
            assert who_finds(scene) is kind.who, (number, sorted(path.name for path in scene.touched))
    assert (who_finds(scene), kind.who is not Who.NOBODY or kind.why != "") == (Who.NOBODY, True)


OUTSIDERS = (
    outsider_admits_himself,
    control_entry_repeated_by_an_outsider,
    control_entry_exchanged,
    batch_of_an_outsider,
    segment_of_another_archive,
    log_of_another_archive,
    key_file_changed,
    key_file_under_a_new_name,
    later_entries_of_the_removed,
    request_changed,
)


def test_nothing_an_outsider_tries_makes_a_member_a_key_or_an_epoch(scene: Scene) -> None:
    attempts(scene, 6)


def test_a_damaged_removal_does_not_make_the_removed_a_member_again(tmp_path: Path) -> None:
    """Opening refuses: what is written next would be sealed to a key that the removed member has."""
    amina = found(tmp_path / "archive", tmp_path / "home", PASSPHRASE, QUICK, 0)
    idris = joined(amina, tmp_path / "idris", tmp_path / "home-idris", Role.OWNER, "the idris phrase")
    members.remove_member(amina, idris.member)
    add(amina, b"after the removal")
    for _, path in amina.own.paths():
        data = path.read_bytes()
        for entry in segments.read(path, path.name, boxes=False).clear.control:
            if b'"control":"removal"' in bytes(entry.leaf):
                written = b64encode(bytes(entry.leaf))
                at = data.index(written) + len(written) // 2
                path.write_bytes(data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :])
    with contextlib.suppress(Damaged, RolledBack):
        now = Archive(amina.path, tmp_path / "home", PASSPHRASE).members
        assert not now.in_force(idris.member)
        assert now.epoch == amina.members.epoch


@pytest.mark.slow
def test_none_of_a_thousand_attempts_from_outside_takes_effect(scene: Scene) -> None:
    attempts(scene, 100)


def attempts(scene: Scene, each: int) -> None:
    before = what_holds(scene)
    for way in OUTSIDERS:
        for number in range(each):
            with mutated(scene, way, Random(number)), contextlib.suppress(GuvohError):
                now = what_holds(scene)  # unless the archive does not open at all
                # What was changed may be missed; nothing may be there that was not.
                assert all(there <= was for there, was in zip(now, before, strict=True)), (way.__name__, number)


def what_holds(scene: Scene) -> list[frozenset[object]]:
    known = scene.open().members
    roles = {(one.member, one.role, one.verify, one.recipient) for one in known.members.values()}
    devices = {(one.device, one.member, one.verify) for one in known.devices.values()}
    in_force = {one for one in (*known.members, *known.devices) if known.in_force(one)}
    asked = {(one.id, one.approved) for one in known.erasures.values()}
    holds = (roles, devices, known.epochs, known.key_files.items(), in_force, asked)
    return [frozenset(one) for one in holds]
