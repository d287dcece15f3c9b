"""A segment: one file of a log. Its clear part says what is committed; its sealed parts hold it.

The layout is in docs/spec/archive.md, section 5. What is signed: the checkpoint (by the device, over the whole log so
far; only in the last segment of a batch) and the seal (by the device, over every other part and the checkpoint).
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Annotated

import msgspec

from guvoh.archive import forms
from guvoh.archive.control import note_name
from guvoh.archive.errors import Damaged, NewerFormat
from guvoh.archive.files import opened_file
from guvoh.archive.merkle import HASH_BYTES
from guvoh.sealing.notes import BadNote, SigningKey, VerifyKey, opened

FORMAT = 1
_MAGIC = b"guvoh segment "
_FIRST_LINES = 64 << 10
MOST_BOXES = 1000
"""So many keys seal the entries of one segment at most; their sizes fit well into the first lines."""
MOST_FILE_BYTES = 64 << 20
"""No segment of this format comes near; a larger file is not read into memory to find that out."""

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
    boxes: Annotated[tuple[Count, ...], msgspec.Meta(max_length=MOST_BOXES)]

    def parts(self) -> tuple[int, ...]:
        """In the order in which the parts lie in the file."""
        return (self.clear, self.leaves, self.checkpoint, self.seal, self.ring, *self.boxes)


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
        try:
            _, size, root, *rest = text.split("\n")[:-1]
            seen = [line.split(" ") for line in rest]
            found = cls(
                size=int(size),
                root=base64.b64decode(root, validate=True),
                seen=tuple((log, int(size), base64.b64decode(root, validate=True)) for _, log, size, root in seen),
            )
        except (ValueError, binascii.Error):
            raise BadNote("a checkpoint is not of this form") from None
        heads = [(found.size, found.root), *((size, root) for _, size, root in found.seen)]
        if found.text(archive, log) != text or any(size < 0 or len(root) != HASH_BYTES for size, root in heads):
            raise BadNote("a checkpoint is of another log, or not of this form")
        return found


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
        if text != seal_text(self.clear, self.clear_bytes + self.leaves, self.checkpoint, self.ring, self.boxes):
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


def seal_text(clear: Clear, clear_and_leaves: bytes, checkpoint: bytes, ring: bytes, boxes: Sequence[bytes]) -> str:
    parts = [("clear", clear_and_leaves), ("checkpoint", checkpoint), ("ring", ring), *(("box", box) for box in boxes)]
    lines = [note_name(clear.archive, clear.log), f"seal of entries {clear.first} to {clear.first + clear.count}"]
    lines += [f"{name} sha256:{sha256(part).hexdigest()}" for name, part in parts]
    return "\n".join(lines) + "\n"


def written(
    clear: Clear, leaves: Sequence[bytes], ring: bytes, boxes: Sequence[bytes], key: SigningKey, head: Checkpoint | None
) -> list[bytes]:
    """The bytes of a segment file, in pieces. `head`: the log after this segment, if it commits the batch."""
    name = note_name(clear.archive, clear.log)
    clear_bytes, leaf_bytes = _line(clear), b"".join(leaves)
    checkpoint = key.note(head.text(clear.archive, clear.log), name).encode() if head else b""
    seal = key.note(seal_text(clear, clear_bytes + leaf_bytes, checkpoint, ring, boxes), name).encode()
    sizes = _Sizes(
        clear=len(clear_bytes),
        leaves=len(leaf_bytes),
        checkpoint=len(checkpoint),
        seal=len(seal),
        ring=len(ring),
        boxes=tuple(map(len, boxes)),
    )
    top = _MAGIC + b"%d\n" % FORMAT + _line(sizes)
    return [top, clear_bytes, leaf_bytes, checkpoint, seal, ring, *boxes]


def read(path: Path, where: str, *, boxes: bool = True) -> Segment:
    """Take a segment file apart. Raises Damaged for every other form than the one above.

    boxes  False leaves the boxes on the disk: all that is not an entry is told by the rest
    """
    try:
        with opened_file(path) as file:
            whole = file.seek(0, io.SEEK_END)
            file.seek(0)
            if whole > MOST_FILE_BYTES:
                raise Damaged(where, "it is larger than any segment")
            data = file.read(whole if boxes else _FIRST_LINES)
            sizes, start = _first_lines(data[:_FIRST_LINES], where)
            ends = list(accumulate(sizes.parts(), initial=start))
            if ends[-1] != whole:
                raise Damaged(where, "its parts do not add up: it was cut short or added to")
            wanted = ends if boxes else ends[: -len(sizes.boxes) or None]
            data += file.read(max(0, wanted[-1] - len(data)))
    except OSError as error:
        raise Damaged(where, f"it cannot be read ({error.strerror})") from None
    parts = [data[start:end] for start, end in pairwise(wanted)]
    return _segment(where, parts)


def _first_lines(data: bytes, where: str) -> tuple[_Sizes, int]:
    """The sizes of the parts, and where the first of them begins."""
    top, _, rest = data.partition(b"\n")
    line, _, _ = rest.partition(b"\n")
    number = top.removeprefix(_MAGIC)
    if not top.startswith(_MAGIC) or not re.fullmatch(rb"[1-9][0-9]{0,8}", number):
        raise Damaged(where, "it is not a segment")
    if int(number) != FORMAT:
        raise NewerFormat(int(number), FORMAT)
    try:
        return forms.read(line, _Sizes), len(top) + len(line) + 2
    except forms.NotTheForm:
        raise Damaged(where, "its first lines are not of this format") from None


def _segment(where: str, parts: Sequence[bytes]) -> Segment:
    try:
        clear = forms.read(parts[0].removesuffix(b"\n"), Clear)
    except forms.NotTheForm:
        raise Damaged(where, "its clear part is not of this format") from None
    if _line(clear) != parts[0] or len(parts[1]) != clear.count * HASH_BYTES:
        raise Damaged(where, "its clear part is not of this format")
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


def _line(part: msgspec.Struct) -> bytes:
    return forms.written(part) + b"\n"
