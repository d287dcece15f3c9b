"""A segment: one file of a log. Its clear part says what is committed; its sealed parts hold it.

The layout is in docs/spec/archive.md, section 4. What is signed: the checkpoint (by the device, over the whole log so
far; only in the last segment of a batch) and the seal (by the device, over the clear part and every sealed part).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import msgspec

from guvoh.archive.control import note_name
from guvoh.archive.errors import Damaged, NewerFormat
from guvoh.archive.merkle import HASH_BYTES
from guvoh.sealing.notes import BadNote, SigningKey, VerifyKey, opened

FORMAT = 1
_MAGIC = b"guvoh segment "
_FIRST_LINES = 64 << 10
MOST_FILE_BYTES = 64 << 20
"""No segment of this format comes near; a larger file is not read into memory to find that out."""

_encoder = msgspec.json.Encoder(order="sorted")
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Text = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}\Z")]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Evidence(_Part, frozen=True, kw_only=True):
    """A sealed file of evidence that this segment brings: its random name, the SHA-256 and size of what lies there."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z2-7]{26}\Z")]
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    size: Count


class ControlEntry(_Part, frozen=True, kw_only=True):
    """A control entry in clear: its position in the log, and its whole leaf preimage."""

    at: Count
    leaf: bytes


class Clear(_Part, frozen=True, kw_only=True):
    """The clear part: what everybody who holds the folder can check. The leaf hashes follow it as raw bytes."""

    archive: Text
    log: Text
    first: Count
    count: Count
    epoch: Text
    """The epoch to whose recipient the ring is sealed."""
    control: tuple[ControlEntry, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class RingKey(_Part, frozen=True, kw_only=True):
    """The key of one source, brought by this segment."""

    key: str
    identity: str


class RingBox(_Part, frozen=True, kw_only=True):
    """Which key opens a box ("" is the epoch's), and which positions lie in it, as (first, count)."""

    key: str
    at: tuple[tuple[Count, Count], ...]


class Ring(_Part, frozen=True, kw_only=True):
    """The sealed directory of a segment."""

    keys: tuple[RingKey, ...] = ()
    boxes: tuple[RingBox, ...] = ()


class _Sizes(_Part, frozen=True, kw_only=True):
    clear: Count
    leaves: Count
    checkpoint: Count
    seal: Count
    ring: Count
    boxes: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far a log goes (C2SP tlog-checkpoint): its size in entries, its root hash, the heads seen of other logs."""

    size: int
    root: bytes
    seen: tuple[tuple[str, int, bytes], ...] = ()

    def text(self, archive: str, log: str) -> str:
        lines = [note_name(archive, log), str(self.size), base64.b64encode(self.root).decode()]
        lines += [f"seen {other} {size} {base64.b64encode(root).decode()}" for other, size, root in self.seen]
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str, archive: str, log: str) -> Checkpoint:
        origin, *rest = text.splitlines()
        try:
            if origin != note_name(archive, log) or len(rest) < 2 or rest[0] != str(int(rest[0])):
                raise BadNote("a checkpoint is of another log, or not of this form")
            seen = [line.split(" ") for line in rest[2:]]
            return cls(
                size=int(rest[0]),
                root=base64.b64decode(rest[1], validate=True),
                seen=tuple((log, int(size), base64.b64decode(root, validate=True)) for _, log, size, root in seen),
            )
        except (ValueError, binascii.Error):
            raise BadNote("a checkpoint is not of this form") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment as it lies on disk, taken apart; nothing in it is checked but its form."""

    where: str
    clear: Clear
    clear_bytes: bytes
    leaves: bytes
    checkpoint: bytes
    seal: bytes
    ring: bytes
    boxes: tuple[bytes, ...] = field(repr=False)

    @property
    def end(self) -> int:
        return self.clear.first + self.clear.count

    def leaf_hashes(self) -> list[bytes]:
        return [self.leaves[i : i + HASH_BYTES] for i in range(0, len(self.leaves), HASH_BYTES)]

    def check_seal(self, key: VerifyKey) -> None:
        """Raise Damaged unless the device signed exactly this clear part and these sealed parts."""
        try:
            text = opened(self.seal, key, note_name(self.clear.archive, self.clear.log))
        except BadNote as bad:
            raise Damaged(self.where, f"its seal does not hold: {bad.why}") from None
        if text != seal_text(self.clear, self.clear_bytes + self.leaves, self.ring, self.boxes):
            raise Damaged(self.where, "a part of it is not what its device signed")

    def check_checkpoint(self, key: VerifyKey) -> Checkpoint | None:
        """The signed checkpoint, or None where the batch goes on in the next segment."""
        if not self.checkpoint:
            return None
        try:
            text = opened(self.checkpoint, key, note_name(self.clear.archive, self.clear.log))
            return Checkpoint.parse(text, self.clear.archive, self.clear.log)
        except BadNote as bad:
            raise Damaged(self.where, f"its checkpoint does not hold: {bad.why}") from None


def seal_text(clear: Clear, clear_and_leaves: bytes, ring: bytes, boxes: Sequence[bytes]) -> str:
    lines = [note_name(clear.archive, clear.log), f"seal of entries {clear.first} to {clear.first + clear.count}"]
    lines += [f"clear sha256:{sha256(clear_and_leaves).hexdigest()}", f"ring sha256:{sha256(ring).hexdigest()}"]
    lines += [f"box sha256:{sha256(box).hexdigest()}" for box in boxes]
    return "\n".join(lines) + "\n"


def written(
    clear: Clear, leaves: Sequence[bytes], ring: bytes, boxes: Sequence[bytes], key: SigningKey, head: Checkpoint | None
) -> list[bytes]:
    """The bytes of a segment file, in pieces. `head`: the log after this segment, if it commits the batch."""
    name = note_name(clear.archive, clear.log)
    clear_bytes, leaf_bytes = _encoder.encode(clear) + b"\n", b"".join(leaves)
    checkpoint = key.note(head.text(clear.archive, clear.log), name).encode() if head else b""
    seal = key.note(seal_text(clear, clear_bytes + leaf_bytes, ring, boxes), name).encode()
    sizes = _Sizes(
        clear=len(clear_bytes),
        leaves=len(leaf_bytes),
        checkpoint=len(checkpoint),
        seal=len(seal),
        ring=len(ring),
        boxes=tuple(map(len, boxes)),
    )
    top = _MAGIC + b"%d\n" % FORMAT + _encoder.encode(sizes) + b"\n"
    return [top, clear_bytes, leaf_bytes, checkpoint, seal, ring, *boxes]


def read(path: Path, where: str) -> Segment:
    """Take a segment file apart. Raises Damaged for every other form than the one above."""
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise Damaged(where, "it is larger than any segment")
        data = path.read_bytes()
    except OSError as error:
        raise Damaged(where, f"it cannot be read ({error.strerror})") from None
    top, _, rest = data[:_FIRST_LINES].partition(b"\n")
    line, _, _ = rest.partition(b"\n")
    _check_magic(top, where)
    try:
        sizes = msgspec.json.decode(line, type=_Sizes)
        ends = [len(top) + len(line) + 2]
        for size in (sizes.clear, sizes.leaves, sizes.checkpoint, sizes.seal, sizes.ring, *sizes.boxes):
            ends.append(ends[-1] + size)
        parts = [data[start:end] for start, end in pairwise(ends)]
        clear = msgspec.json.decode(parts[0], type=Clear)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise Damaged(where, "its clear part is not of this format") from None
    if ends[-1] != len(data) or sizes.leaves != clear.count * HASH_BYTES:
        raise Damaged(where, "its parts do not add up: it was cut short or added to")
    return Segment(
        where=where,
        clear=clear,
        clear_bytes=parts[0],
        leaves=parts[1],
        checkpoint=parts[2],
        seal=parts[3],
        ring=parts[4],
        boxes=tuple(parts[5:]),
    )


def _check_magic(top: bytes, where: str) -> None:
    number = top.removeprefix(_MAGIC)
    if not top.startswith(_MAGIC) or not number.isdigit():
        raise Damaged(where, "it is not a segment")
    if int(number) > FORMAT:
        raise NewerFormat(int(number), FORMAT)
