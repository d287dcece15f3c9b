"""Vectors about segments, logs and key files."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import msgspec
from cast import EPOCHS, READS, Cast, device_id, key
from vector import BODIES, EXAMPLE, EXAMPLE_1, NAMELESS_BODY, OTHER, PASSPHRASE, SOURCE, Vector, b64, right, wrong

from guvoh.archive import control, forms, segments
from guvoh.archive.control import (
    Epoch,
    Role,
    text_id,
)
from guvoh.archive.entries import leaf_hashes, packed, preimage
from guvoh.archive.keys import EpochKeys, sealed_epoch
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint, Clear, ControlEntry, Ring, RingBox, RingKey, Sealed, Segment
from guvoh.archive.store import Archive
from guvoh.sealing.boxes import Identity
from guvoh.sealing.padding import pad
from guvoh.sealing.passphrases import derived_key


class Opened:
    """An example archive, with what is needed to take its segments apart."""

    def __init__(self, folder: Path = EXAMPLE) -> None:
        self.archive = Archive(folder / "archive", folder / "home", PASSPHRASE)
        self.device = self.archive.device_key
        (secrets,) = self.archive.opener.epochs.values()
        assert secrets.nameless is not None
        assert secrets.identities is not None
        self.nameless, self.identities = secrets.nameless, secrets.identities
        self.files = [path.read_bytes() for _, path in self.archive.own.paths()]

    def given(self, file: bytes, *, read: bool = False, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"file": b64(file), "device key": self.device.public.text}
        found |= {"archive": self.archive.id, "log": self.archive.device, **more}
        keys = {"nameless": self.nameless.text, "identities": self.identities.text}
        return found | ({"keys": keys} if read else {})

    def segment(self, number: int) -> Segment:
        return self.archive.own.read(self.archive.own.paths()[number][1])


def example_segments() -> Iterator[Vector]:
    yield from _example_segments(Opened(EXAMPLE_1), "segment-1")
    yield from _example_segments(Opened(), "segment")
    yield from _broken_segments(Opened())
    yield from _thin_segments(Opened())


def _example_segments(opened: Opened, name: str) -> Iterator[Vector]:
    founding, batch = opened.files[:2]
    log, size, end = opened.archive.device, opened.segment(0).end, opened.segment(1).end
    stored = [one for one in opened.archive.entries({log: size}) if one.position < end]
    read = [[entry.position, list(entry.subjects), entry.body.hex()] for entry in stored]
    first = {"first": 0, "count": size, "commits": True}
    second = {"first": size, "count": end - size, "commits": True}
    yield right(f"{name}-founding", f"{size} entries found an archive", "segment", opened.given(founding), first)
    yield right(name, "a batch in one segment, seen without a key", "segment", opened.given(batch), second)
    with_key = second | {"entries": read}
    yield right(f"{name}-read", "the same, read", "segment", opened.given(batch, read=True), with_key)
    yield wrong(
        f"{name}-flipped",
        "a bit changed is found",
        "segment",
        opened.given(batch[:-9] + bytes([batch[-9] ^ 1]) + batch[-8:]),
    )
    other = opened.given(batch) | {"keys": {"nameless": OTHER.text, "identities": OTHER.text}}
    yield wrong(f"{name}-other-epoch", "another epoch's key does not read it", "segment", other)
    if name == "segment":
        keys = {"nameless": opened.nameless.text}
        nameless = [one for one in read if bytes.fromhex(str(one[2])) == NAMELESS_BODY]
        answer = second | {"entries": nameless}
        fact = "who may not see identities reads what names nobody"
        yield right("segment-nameless", fact, "segment", opened.given(batch) | {"keys": keys}, answer)
        swapped = {"nameless": opened.identities.text, "identities": opened.nameless.text}
        fact = "each ring opens with its own key"
        yield wrong("segment-keys-swapped", fact, "segment", opened.given(batch) | {"keys": swapped})


def _broken_segments(opened: Opened) -> Iterator[Vector]:
    batch = opened.files[1]
    top, line, rest = batch.split(b"\n", 2)
    sizes = json.loads(line)
    note = rest[sizes["clear"] + sizes["leaves"] :][: sizes["checkpoint"]]
    spelled = json.dumps(sizes, sort_keys=True).encode()

    def resized(**changed: int) -> bytes:
        return json.dumps(sizes | changed, sort_keys=True, separators=(",", ":")).encode()

    lines = len(top) + len(line) + 2
    leaves_at = lines + sizes["clear"]
    sealed_at = len(batch) - sum(sizes["boxes"]) - sizes["ring"] - sizes["identities"]

    def flipped(at: int) -> bytes:
        return batch[:at] + bytes([batch[at] ^ 1]) + batch[at + 1 :]

    moved = resized(ring=sizes["ring"] - 1, identities=sizes["identities"] + 1)
    old = b"guvoh segment 1" + batch[len(top) :].replace(line, _old_line(sizes), 1)
    for end, fact, file in (
        ("flipped-clear", "a bit changed in the clear part is found", flipped(leaves_at - 20)),
        ("flipped-leaf", "a bit changed in a leaf hash is found", flipped(leaves_at + 5)),
        ("flipped-checkpoint", "a bit changed in the checkpoint is found", flipped(leaves_at + sizes["leaves"] + 70)),
        ("flipped-ring", "a bit changed in the nameless ring is found", flipped(sealed_at + 300)),
        (
            "flipped-identities",
            "a bit changed in the ring of identities is found",
            flipped(sealed_at + sizes["ring"] + 300),
        ),
        ("cut", "a segment cut short is found", batch[:-1]),
        ("longer", "a segment added to is found", batch + b"\0"),
        ("empty", "nothing is no segment", b""),
        ("only-lines", "first lines are no segment", batch[:lines]),
        ("format-0", "format 0 does not exist", b"guvoh segment 0" + batch[len(top) :]),
        ("format-3", "a newer format is not read", b"guvoh segment 3" + batch[len(top) :]),
        ("format-02", "a version has no leading zero", b"guvoh segment 02" + batch[len(top) :]),
        ("format-1-instead", "a segment of format 2 is none of format 1", b"guvoh segment 1" + batch[len(top) :]),
        ("ring-dropped", "nor is it without its second ring", old),
        ("sizes-spelled", "the second line has one form", batch.replace(line, spelled, 1)),
        ("border-moved", "the border between the rings counts", batch.replace(line, moved, 1)),
        (
            "checkpoint-off",
            "a checkpoint cannot be taken off",
            batch.replace(line, resized(checkpoint=0), 1).replace(note, b"", 1),
        ),
    ):
        yield wrong(f"segment-{end}", fact, "segment", opened.given(file))
    elsewhere = opened.given(batch) | {"log": "d-" + "a" * 20}
    yield wrong("segment-other-log", "a segment names its log", "segment", elsewhere)
    stranger = opened.given(batch) | {"device key": key("a stranger").public.text}
    yield wrong("segment-other-device", "its device has sealed it", "segment", stranger)


def _old_line(sizes: dict[str, Any]) -> bytes:
    old = {name: sizes[name] for name in ("checkpoint", "clear", "leaves", "seal")}
    old |= {"ring": sizes["ring"] + sizes["identities"], "boxes": sizes["boxes"]}
    return json.dumps(old, sort_keys=True, separators=(",", ":")).encode()


def _thin_segments(opened: Opened) -> Iterator[Vector]:
    thin = b"".join(opened.segment(1).commitments())
    top, line, _ = thin.split(b"\n", 2)
    sizes = json.loads(line)
    answer = {"first": opened.segment(1).clear.first, "count": opened.segment(1).clear.count, "commits": True}
    yield right("thin", "commitments alone verify", "segment", opened.given(thin), answer)
    yield wrong("thin-read", "there is nothing in them to read", "segment", opened.given(thin, read=True))
    more = json.dumps(sizes | {"ring": 1}, sort_keys=True, separators=(",", ":")).encode()
    at = len(top) + len(line) + 2 + sizes["clear"] + 5
    for end, fact, file in (
        ("more", "nothing sealed stands in them", thin.replace(line, more, 1) + b"x"),
        ("flipped", "a leaf hash changed is found", thin[:at] + bytes([thin[at] ^ 1]) + thin[at + 1 :]),
        ("as-segment", "they are not called a segment", thin.replace(b"commitments", b"segment", 1)),
        ("cut", "they are whole", thin[:-1]),
        ("format-3", "a newer format is not read", thin.replace(b"commitments 2", b"commitments 3", 1)),
    ):
        yield wrong(f"thin-{end}", fact, "segment", opened.given(file))


def logs() -> Iterator[Vector]:
    """How segments that were cut differently make one log. Commitments alone, so that nothing is random."""
    archive, log, signer = "a-" + "a" * 20, device_id("amina 1"), key("amina 1")
    leaves = leaf_hashes([b"\0%d" % n for n in range(10)])

    def segment(first: int, end: int, *, commits: bool = True, others: bool = False) -> bytes:
        mine = leaves[:first] + leaf_hashes([b"\0other"] * (end - first)) if others else leaves[:end]
        clear = Clear(archive=archive, log=log, first=first, count=end - first, epoch="e-" + "a" * 20)
        frontier = Frontier()
        frontier.extend(mine)
        head = Checkpoint(size=end, root=frontier.root()) if commits else None
        pieces = segments.written(clear, mine[first:], Sealed(b"", b"", []), signer, head)
        path = segments._segment("there", *_taken_apart(b"".join(pieces)))
        return b"".join(path.commitments())

    def given(*files: tuple[int, bytes]) -> dict[str, Any]:
        named = {f"{first:012d}.seg": b64(data) for first, data in files}
        return {"archive": archive, "log": log, "device key": signer.public.text, "files": named}

    def answer(size: int, *parts: tuple[int, int]) -> dict[str, Any]:
        frontier = Frontier()
        frontier.extend(leaves[:size])
        return {"size": size, "root": frontier.root().hex(), "from": [[f"{first:012d}.seg", at] for first, at in parts]}

    four, seven, ten = segment(0, 4), segment(4, 7), segment(7, 10)
    for end, fact, files, whole in (
        ("", "segments follow one another", [(0, four), (4, seven), (7, ten)], answer(10, (0, 0), (4, 4), (7, 7))),
        (
            "within",
            "a segment within another is passed over",
            [(0, segment(0, 7)), (4, seven), (7, ten)],
            answer(10, (0, 0), (7, 7)),
        ),
        (
            "overlap",
            "of one that overlaps, the rest counts",
            [(0, four), (2, segment(2, 7)), (7, ten)],
            answer(10, (0, 0), (2, 4), (7, 7)),
        ),
        (
            "covered",
            "one may cover several",
            [(0, four), (2, segment(2, 10)), (4, seven), (7, ten)],
            answer(10, (0, 0), (2, 4)),
        ),
        (
            "tail",
            "what has no checkpoint behind it is not committed",
            [(0, four), (4, segment(4, 7, commits=False))],
            answer(4, (0, 0)),
        ),
        (
            "batch",
            "a batch may span segments",
            [(0, four), (4, segment(4, 7, commits=False)), (7, ten)],
            answer(10, (0, 0), (4, 4), (7, 7)),
        ),
    ):
        yield right(f"log-{end}".rstrip("-"), fact, "log", given(*files), whole)
    for end, fact, files in (
        ("gap", "a segment that is missing is missed", [(0, four), (7, ten)]),
        ("first-missing", "so is the first", [(4, seven)]),
        ("misnamed", "a segment has the name of its place", [(0, four), (5, seven)]),
        ("other-history", "a checkpoint is of all before it", [(0, four), (4, segment(4, 7, others=True)), (7, ten)]),
    ):
        yield wrong(f"log-{end}", fact, "log", given(*files))


def _taken_apart(data: bytes) -> tuple[Any, list[bytes]]:
    front = segments._first_lines(data, "there")
    ends = list(accumulate(front.sizes.parts(), initial=front.start))
    return front, [data[start:end] for start, end in pairwise(ends)]


def tombstones() -> Iterator[Vector]:
    """Under what an id stands that must not come back: it tells nothing to who has not the key."""
    identity, archive = EPOCHS[0][1], "a-" + "a" * 20
    for end, fact, about in (
        ("source", "an erased source stands under a keyed digest", "s-" + "a" * 20),
        ("mention", "so does a mention", "n-" + "a" * 20),
    ):
        secret = derived_key(identity.text.encode(), f"guvoh {archive} erased")
        given = {"identities": identity.text, "archive": archive, "about": about}
        yield right(
            f"tombstone-{end}", fact, "tombstone", given, hmac.digest(secret, about.encode(), "sha256")[:16].hex()
        )


def sealed_segments() -> Iterator[Vector]:
    """Segments that a device has signed and that are wrong inside: random, for sealing is."""
    opened = Opened()
    bodies = [preimage(bytes([n]) * 16, b"s-one\n", body) for n, body in enumerate(BODIES)]
    source = text_id("k", SOURCE.recipient.text.encode())
    (epoch,) = opened.archive.members.epochs
    nameless, identities = opened.nameless.recipient, opened.identities.recipient
    whole = ((0, 3),)
    clear = Clear(archive=opened.archive.id, log=opened.archive.device, first=0, count=3, epoch=epoch)
    brought = (RingKey(key=source, identity=SOURCE.text),)
    sealed = to_source(*bodies)
    entries = [[at, ["s-one"], body.hex()] for at, body in enumerate(BODIES)]

    def parts(ring: Ring, boxes: list[bytes], first: Ring | None = None) -> Sealed:
        front = nameless.seal(pad(forms.written(first or Ring())))
        second = identities.seal(pad(forms.written(ring))) if ring.keys or ring.boxes else b""
        return Sealed(front, second, boxes)

    def file(
        ring: Ring,
        boxes: list[bytes],
        leaf_bytes: Sequence[bytes] = (),
        changed: Clear = clear,
        first: Ring | None = None,
    ) -> dict[str, Any]:
        pieces = segments.written(
            changed, leaf_hashes(leaf_bytes or bodies), parts(ring, boxes, first), opened.device, None
        )
        return opened.given(b"".join(pieces), read=True)

    good = Ring(keys=brought, boxes=(RingBox(key=source, at=whole),))
    answer = {"first": 0, "count": 3, "commits": False, "entries": entries}
    yield right("sealed-source", "a box sealed to a source's key", "segment", file(good, [sealed]), answer)
    two = Ring(keys=brought, boxes=(RingBox(key=source, at=((0, 1), (2, 1))), RingBox(key="", at=((1, 1),))))
    pair = [to_source(bodies[0], bodies[2]), identities.seal(pad(packed([bodies[1]])))]
    yield right("sealed-two-boxes", "boxes of two keys, run by run", "segment", file(two, pair), answer)
    front, rest = Ring(boxes=(RingBox(key="", at=((1, 1),)),)), Ring(keys=brought, boxes=(two.boxes[0],))
    both = [nameless.seal(pad(packed([bodies[1]]))), pair[0]]
    fact = "the boxes of the nameless ring stand before the others"
    yield right("sealed-two-rings", fact, "segment", file(rest, both, first=front), answer)
    in_clear = msgspec.structs.replace(clear, control=(ControlEntry(at=1, leaf=bodies[2]),))
    node = [*bodies[:2], b"\1" + bodies[2][1:]]
    again = Ring(keys=brought, boxes=(*good.boxes, RingBox(key=source, at=((0, 1),))))
    to_other = OTHER.recipient.seal(pad(packed(bodies)))
    unpadded = SOURCE.recipient.seal(packed(bodies))
    unknown = Ring(boxes=good.boxes)
    for end, fact, given in (
        ("exchanged-key", "a key's id is that of its key", file(replaced(good, identity=OTHER.text), [to_other])),
        ("no-key", "a source's key is in a ring", file(unknown, [sealed])),
        ("missing-entry", "an entry left out", file(replaced(good, at=((0, 2),)), [to_source(*bodies[:2])])),
        ("entry-twice", "a position is in one box", file(again, [sealed, to_source(bodies[0])])),
        ("swapped-entries", "an entry has its own place", file(good, [to_source(*bodies[::-1])])),
        ("other-entry", "an entry is what was committed", file(good, [sealed], [*bodies[:2], b"\0another"])),
        ("runs-beyond", "runs stay inside the segment", file(replaced(good, at=((1, 3),)), [sealed])),
        ("runs-absurd", "runs are as long as the box", file(replaced(good, at=((0, 1 << 40),)), [sealed])),
        ("box-more", "every box is named", file(good, [sealed, sealed])),
        ("box-less", "every named box is there", file(good, [])),
        ("boxes-swapped", "boxes stand in the order of the rings", file(rest, both[::-1], first=front)),
        ("unpadded", "a box is padded", file(good, [unpadded])),
        ("node", "an inner node is no entry", file(good, [to_source(*node)], node)),
        ("control-other", "a control entry is what was committed", file(good, [sealed], bodies, in_clear)),
    ):
        yield wrong(f"sealed-{end}", fact, "segment", given)
    yield from _rewritten(
        opened,
        good,
        sealed,
        parts(replaced(good, at=((0, 1), (2, 1))), [to_source(bodies[0], bodies[2])]),
        clear,
        bodies,
    )


def _rewritten(
    opened: Opened, good: Ring, sealed: bytes, fewer: Sealed, clear: Clear, bodies: list[bytes]
) -> Iterator[Vector]:
    """A segment written anew without its entry 1, on account of an erasure."""
    erasure, other, writer = "x-" + "a" * 20, "x-" + "b" * 20, key("idris 1")
    front = opened.nameless.recipient.seal(pad(forms.written(Ring())))
    second = opened.identities.recipient.seal(pad(forms.written(good)))
    whole = b"".join(segments.written(clear, leaf_hashes(bodies), Sealed(front, second, [sealed]), opened.device, None))
    segment = segments._segment("there", *_taken_apart(whole))
    log = opened.archive.device
    anew = b"".join(segments.rewritten(segment, fewer, device_id("idris 1"), writer, [erasure]))
    for_two = b"".join(segments.rewritten(segment, fewer, device_id("idris 1"), writer, [other, erasure]))
    forged = b"".join(segments.rewritten(segment, fewer, device_id("idris 1"), key("vera 1"), [erasure]))
    for_none = b"".join(segments.rewritten(segment, fewer, device_id("idris 1"), writer, []))
    packed_anew = b"".join(segments.written(clear, leaf_hashes(bodies), fewer, opened.device, None, erasures=[erasure]))
    moved = msgspec.structs.replace(clear, first=3)
    elsewhere = b"".join(
        segments.written(moved, leaf_hashes(bodies), Sealed(front, second, [sealed]), opened.device, None)
    )
    note = segments._segment("there", *_taken_apart(anew)).rewriting
    grafted = b"".join(segments.laid_out(*_front(segments._segment("there", *_taken_apart(elsewhere))), note, fewer, 2))
    may: dict[str, Any] = {"rewriters": {device_id("idris 1"): writer.public.text}, "erasures": [erasure]}
    answer: dict[str, Any] = {"first": 0, "count": 3, "commits": False}
    left = answer | {"entries": [[0, ["s-one"], BODIES[0].hex()], [2, ["s-one"], BODIES[2].hex()]]}
    gone: dict[str, Any] = {"absent": [[log, 1, 1]]}
    yield right("anew", "written anew for an erasure, it verifies", "segment", opened.given(anew, **may), answer)
    yield right(
        "anew-read", "and reads without the entry", "segment", opened.given(anew, read=True, **may, **gone), left
    )
    yield right("anew-two", "one known erasure of several suffices", "segment", opened.given(for_two, **may), answer)
    fact = "a device that packs its own segments says for which erasures they are not whole"
    yield right("anew-packed", fact, "segment", opened.given(packed_anew, read=True, **may, **gone), left)
    for end, fact, file, more in (
        ("not-approved", "an entry is absent only by an approved erasure", opened.given(anew, read=True, **may), {}),
        (
            "other-gone",
            "and only the entries that it names",
            opened.given(anew, read=True, **may),
            {"absent": [[log, 2, 1]]},
        ),
        ("who-may-not", "not every device writes anew", opened.given(anew, **may), {"rewriters": {}}),
        ("forged", "who writes anew has signed it", opened.given(forged, **may), {}),
        ("for-nothing", "it names the erasure for which it was", opened.given(for_none, **may), {}),
        ("unknown-erasure", "which somebody has asked for", opened.given(anew, **may), {"erasures": [other]}),
        ("flipped", "a bit changed is found", opened.given(anew[:-9] + bytes([anew[-9] ^ 1]) + anew[-8:], **may), {}),
        ("of-another", "a note of rewriting is about one segment", opened.given(grafted, **may), {}),
    ):
        yield wrong(f"anew-{end}", fact, "segment", file | more)


def _front(segment: Segment) -> tuple[bytes, bytes, bytes, bytes]:
    return segment.clear_bytes, segment.leaves, segment.checkpoint, segment.seal


def epoch_keys() -> Iterator[Vector]:
    """The secrets of an epoch, sealed to a member: random, for sealing is."""
    cast = Cast()
    epoch, ids = cast.epoch(0), b"the secret of ids"
    secrets = EpochKeys(nameless=EPOCHS[0][0], identities=EPOCHS[0][1], ids=ids)
    nameless, identities = EPOCHS[0][0].text, EPOCHS[0][1].text
    whole = {"nameless": nameless, "identities": identities, "ids": ids.hex()}

    def given(file: bytes, role: Role, changed: Epoch = epoch, reads: Identity = READS) -> dict[str, Any]:
        entry = {name: one for name, one in json.loads(control.text_of(changed)).items() if name != "control"}
        return {"file": b64(file), "identity": reads.text, "role": role.value, "epoch": entry}

    def of(role: Role, keys: EpochKeys = secrets) -> bytes:
        return sealed_epoch(keys, cast.person("idris", role))

    for role, has in (
        (Role.OWNER, ("nameless", "identities", "ids")),
        (Role.READER, ("nameless", "identities", "ids")),
        (Role.READER_WITHOUT_IDENTITIES, ("nameless",)),
        (Role.WRITER, ("ids",)),
        (Role.REPLICA, ()),
    ):
        answer = {name: whole[name] for name in has}
        fact = f"what a {role.value} is given"
        yield right(f"epoch-key-{role.value}", fact, "epoch key", given(of(role), role), answer)
    old = Epoch(signer=epoch.signer, epoch=text_id("e", epoch.recipient.encode()), recipient=epoch.recipient)
    bare = READS.recipient.seal(nameless.encode())
    answer = {"nameless": nameless, "identities": nameless}
    yield right(
        "epoch-key-1", "in format 1 one key is for everything", "epoch key", given(bare, Role.OWNER, old), answer
    )
    wrong_pair = EpochKeys(nameless=EPOCHS[0][0], identities=EPOCHS[1][0], ids=ids)
    swapped = EpochKeys(nameless=EPOCHS[0][1], identities=EPOCHS[0][0], ids=ids)
    other_ids = EpochKeys(nameless=EPOCHS[0][0], identities=EPOCHS[0][1], ids=b"another secret")
    blanks = json.dumps({"ids": b64(ids), "identities": identities, "nameless": nameless}).encode()
    plain = forms.written({"identities": identities, "ids": b64(ids), "nameless": nameless})
    for end, fact, one in (
        ("less", "an owner's holds all of it", given(of(Role.READER_WITHOUT_IDENTITIES), Role.OWNER)),
        ("other-key", "it holds the key that was signed", given(of(Role.OWNER, wrong_pair), Role.OWNER)),
        ("swapped", "each key in its own field", given(of(Role.OWNER, swapped), Role.OWNER)),
        ("other-ids", "the secret of ids is the one that was signed", given(of(Role.OWNER, other_ids), Role.OWNER)),
        ("other-member", "it is sealed to its member", given(of(Role.OWNER), Role.OWNER, reads=OTHER)),
        ("unpadded", "it is padded", given(READS.recipient.seal(plain), Role.OWNER)),
        ("spelled", "JSON has one form", given(READS.recipient.seal(pad(blanks)), Role.OWNER)),
        ("bare", "a bare key is of format 1", given(bare, Role.OWNER)),
    ):
        yield wrong(f"epoch-key-{end}", fact, "epoch key", one)


def to_source(*leaves: bytes) -> bytes:
    return SOURCE.recipient.seal(pad(packed(leaves)))


def replaced(ring: Ring, *, identity: str = "", at: tuple[tuple[int, int], ...] = ()) -> Ring:
    (key_,), (box,) = ring.keys, ring.boxes
    return Ring(
        keys=(RingKey(key=key_.key, identity=identity or key_.identity),),
        boxes=(RingBox(key=box.key, at=at or box.at),),
    )


STEADY = (example_segments, logs, tombstones)
RANDOM = (sealed_segments, epoch_keys)
