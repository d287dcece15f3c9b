"""A segment: one file of a log. Its clear part says what is committed; its sealed parts hold it.

The layout is in docs/spec/archive.md, section 5. What is signed: the checkpoint (by the device, over the whole log so
far; only in the last segment of a batch), the seal (by the device, over every other part and the checkpoint), and where
an erasure had the sealed parts written anew, the rewriting (by the device that did it, over the parts as they are now).
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from guvoh.archive import forms
from guvoh.archive.control import note_name
from guvoh.archive.errors import Damaged, NewerFormat
from guvoh.archive.files import opened_file
from guvoh.archive.merkle import HASH_BYTES
from guvoh.sealing.notes import BadNote, SigningKey, VerifyKey, opened

FORMAT = 2
_MAGIC = b"guvoh segment "
_THIN_MAGIC = b"guvoh commitments "
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
    """The epoch to whose keys the rings are sealed."""
    control: tuple[ControlEntry, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class RingKey(_Part, frozen=True, kw_only=True):
    """The key of one source, brought by this segment."""

    key: str
    identity: str


class RingBox(_Part, frozen=True, kw_only=True):
    """Which key opens a box ("" is the epoch's of this ring), and which positions lie in it, as (first, count)."""

    key: str
    at: tuple[tuple[Count, Count], ...]


class Ring(_Part, frozen=True, kw_only=True):
    """A sealed directory of a segment. Keys of sources stand only in the ring of identities."""

    keys: tuple[RingKey, ...] = ()
    boxes: tuple[RingBox, ...] = ()


class _Sizes1(_Part, frozen=True, kw_only=True):
    """Of a segment of format 1: one ring, no rewriting."""

    clear: Count
    leaves: Count
    checkpoint: Count
    seal: Count
    ring: Count
    boxes: Annotated[tuple[Count, ...], msgspec.Meta(max_length=MOST_BOXES)]

    def parts(self) -> tuple[int, ...]:
        """In the order in which the parts lie in the file; what format 1 has not is empty."""
        return (self.clear, self.leaves, self.checkpoint, self.seal, 0, self.ring, 0, *self.boxes)


class _Sizes(_Part, frozen=True, kw_only=True):
    clear: Count
    leaves: Count
    checkpoint: Count
    seal: Count
    rewriting: Count
    ring: Count
    identities: Count
    boxes: Annotated[tuple[Count, ...], msgspec.Meta(max_length=MOST_BOXES)]

    def parts(self) -> tuple[int, ...]:
        """In the order in which the parts lie in the file."""
        return (
            *(self.clear, self.leaves, self.checkpoint, self.seal),
            *(self.rewriting, self.ring, self.identities, *self.boxes),
        )


_CLEAR_PARTS = 4
"""Clear part, leaf hashes, checkpoint, seal: what a segment of commitments alone has."""
_DIRECTORY_PARTS = 7


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
    """One segment as it lies on disk, taken apart; nothing in it is checked but its form.

    rewriting  the note of the device that wrote the sealed parts anew for an erasure, or nothing
    ring       the directory of the boxes that name nobody (in format 1, of all)
    identities the directory of the other boxes, which stand behind the first; nothing where there are none
    thin       only commitments are here: the sealed parts lie elsewhere
    """

    where: str
    format: int
    thin: bool
    clear: Clear
    clear_bytes: bytes
    leaves: bytes
    checkpoint: bytes
    seal: bytes
    rewriting: bytes = b""
    ring: bytes = b""
    identities: bytes = b""
    boxes: tuple[bytes, ...] = field(repr=False, default=())

    @property
    def end(self) -> int:
        return self.clear.first + self.clear.count

    def leaf_hashes(self) -> list[bytes]:
        return [self.leaves[i : i + HASH_BYTES] for i in range(0, len(self.leaves), HASH_BYTES)]

    def check_commitments(self, key: VerifyKey) -> tuple[str, ...]:
        """The lines of the seal for the sealed parts, once it is sure that its device signed the clear parts."""
        try:
            text = opened(self.seal, key, note_name(self.clear.archive, self.clear.log))
        except BadNote as bad:
            raise Damaged(self.where, f"its seal does not hold: {bad.why}") from None
        head = _seal_head(self.clear, self.clear_bytes + self.leaves, self.checkpoint)
        if not text.startswith(head):
            raise Damaged(self.where, "a part of it is not what its device signed")
        return tuple(text[len(head) :].splitlines())

    def check_seal(self, key: VerifyKey, rewriter: Callable[[str], VerifyKey | None] = lambda device: None) -> None:
        """Raise Damaged unless devices signed exactly these parts: its own, or one that rewrote it for an erasure.

        rewriter  the key of a device that may write a segment anew; None for any other
        """
        lines = self.check_commitments(key)
        if self.rewriting:
            lines = self._rewritten(rewriter)
        elif self.thin:
            return
        erasures = tuple(line for line in lines if line.startswith(_ERASURE))
        if self.rewriting and not erasures:
            raise Damaged(self.where, "it was written anew, and names no erasure for which it was")
        if not self.thin and lines != (*_sealed_lines(self.ring, self.identities, self.boxes, self.format), *erasures):
            raise Damaged(self.where, "a part of it is not what its device signed")

    def _rewritten(self, rewriter: Callable[[str], VerifyKey | None]) -> tuple[str, ...]:
        device, key = self.rewriter, None
        if device is not None:
            key = rewriter(device)
        if device is None or key is None:
            raise Damaged(self.where, "it was written anew by a device that may not do so")
        try:
            text = opened(self.rewriting, key, note_name(self.clear.archive, device))
        except BadNote as bad:
            raise Damaged(self.where, f"the note of its rewriting does not hold: {bad.why}") from None
        head = _rewriting_head(self.clear, device, self.seal)
        if not text.startswith(head):
            raise Damaged(self.where, "the note of its rewriting is about another segment")
        return tuple(text[len(head) :].splitlines())

    @property
    def rewriter(self) -> str | None:
        """The device that says it has written this segment anew."""
        found = _NOTE_NAME.match(self.rewriting)
        return found[1].decode() if found else None

    @property
    def erasures(self) -> frozenset[str]:
        """The erasures for which the sealed parts were written anew."""
        note = self.rewriting or self.seal
        lines = note.decode("utf-8", "replace").partition("\n\n")[0].splitlines()
        return frozenset(line.removeprefix(_ERASURE) for line in lines if line.startswith(_ERASURE))

    def check_checkpoint(self, key: VerifyKey) -> Checkpoint | None:
        """The signed checkpoint, or None where the batch goes on in the next segment."""
        if not self.checkpoint:
            return None
        try:
            text = opened(self.checkpoint, key, note_name(self.clear.archive, self.clear.log))
            return Checkpoint.parse(text, self.clear.archive, self.clear.log)
        except BadNote as bad:
            raise Damaged(self.where, f"its checkpoint does not hold: {bad.why}") from None

    def whole(self) -> list[bytes]:
        """The bytes of the file as it was read, in pieces."""
        sealed = Sealed(self.ring, self.identities, self.boxes)
        front = (self.clear_bytes, self.leaves, self.checkpoint, self.seal, self.rewriting)
        return laid_out(*front, sealed, self.format)

    def commitments(self) -> list[bytes]:
        """The bytes of the file that holds its commitments alone."""
        sizes = _Sizes(
            **{name: len(getattr(self, "clear_bytes" if name == "clear" else name)) for name in _NAMES[:_CLEAR_PARTS]},
            rewriting=0, ring=0, identities=0, boxes=(),
        )  # fmt: skip
        front = _THIN_MAGIC + str(self.format).encode() + b"\n"
        return [front, _line(sizes), self.clear_bytes, self.leaves, self.checkpoint, self.seal]


_NAMES = ("clear", "leaves", "checkpoint", "seal", "rewriting", "ring", "identities")
_ERASURE = "erasure "
_NOTE_NAME = re.compile(rb"guvoh/a-[a-z2-7]{20}/(d-[a-z2-7]{20})\n")


def _seal_head(clear: Clear, clear_and_leaves: bytes, checkpoint: bytes) -> str:
    lines = [note_name(clear.archive, clear.log), f"seal of entries {clear.first} to {clear.first + clear.count}"]
    lines += [f"{name} {_digest(part)}" for name, part in (("clear", clear_and_leaves), ("checkpoint", checkpoint))]
    return "\n".join(lines) + "\n"


def _rewriting_head(clear: Clear, device: str, seal: bytes) -> str:
    what = f"rewriting of {clear.log}, entries {clear.first} to {clear.first + clear.count}"
    return f"{note_name(clear.archive, device)}\n{what}\nseal {_digest(seal)}\n"


def _sealed_lines(ring: bytes, identities: bytes, boxes: Sequence[bytes], form: int) -> tuple[str, ...]:
    middle = [("identities", identities)] if form > 1 else []
    parts = [("ring", ring), *middle, *(("box", box) for box in boxes)]
    return tuple(f"{name} {_digest(part)}" for name, part in parts)


def _digest(part: bytes) -> str:
    return f"sha256:{sha256(part).hexdigest()}"


class Sealed(NamedTuple):
    """The sealed parts of a segment: its two directories, and the boxes in the order in which these name them."""

    ring: bytes
    identities: bytes
    boxes: Sequence[bytes]


def written(
    clear: Clear,
    leaves: Sequence[bytes],
    sealed: Sealed,
    key: SigningKey,
    head: Checkpoint | bytes | None,
    *,
    form: int = FORMAT,
    erasures: Iterable[str] = (),
) -> list[bytes]:
    """The bytes of a segment file, in pieces.

    head      the log after this segment, if it commits the batch; or the checkpoint as it is
    erasures  what was left out of the sealed parts on whose account
    """
    name = note_name(clear.archive, clear.log)
    clear_bytes, leaf_bytes = _line(clear), b"".join(leaves)
    checkpoint = head if isinstance(head, bytes) else b""
    if isinstance(head, Checkpoint):
        checkpoint = key.note(head.text(clear.archive, clear.log), name).encode()
    lines = (*_sealed_lines(*sealed, form), *(_ERASURE + one for one in sorted(erasures)))
    text = _seal_head(clear, clear_bytes + leaf_bytes, checkpoint) + "\n".join(lines) + "\n"
    seal = key.note(text, name).encode()
    return laid_out(clear_bytes, leaf_bytes, checkpoint, seal, b"", sealed, form)


def rewritten(segment: Segment, sealed: Sealed, device: str, key: SigningKey, erasures: Iterable[str]) -> list[bytes]:
    """The bytes of a segment whose sealed parts were written anew by `device` for these erasures."""
    lines = (*_sealed_lines(*sealed, FORMAT), *(_ERASURE + one for one in sorted(erasures)))
    text = _rewriting_head(segment.clear, device, segment.seal) + "\n".join(lines) + "\n"
    note = key.note(text, note_name(segment.clear.archive, device)).encode()
    return laid_out(segment.clear_bytes, segment.leaves, segment.checkpoint, segment.seal, note, sealed, segment.format)


def laid_out(
    clear: bytes, leaves: bytes, checkpoint: bytes, seal: bytes, rewriting: bytes, sealed: Sealed, form: int
) -> list[bytes]:
    """The bytes of a segment file, from its parts."""
    front = {"clear": len(clear), "leaves": len(leaves), "checkpoint": len(checkpoint), "seal": len(seal)}
    boxes = tuple(map(len, sealed.boxes))
    sizes: msgspec.Struct
    if form == 1 and not rewriting:
        sizes = _Sizes1(**front, ring=len(sealed.ring), boxes=boxes)
    else:
        form = FORMAT
        sealed_sizes = {"ring": len(sealed.ring), "identities": len(sealed.identities)}
        sizes = _Sizes(**front, rewriting=len(rewriting), **sealed_sizes, boxes=boxes)
    pieces = [_MAGIC + str(form).encode() + b"\n", _line(sizes), clear, leaves, checkpoint, seal]
    return [*pieces, rewriting, sealed.ring, sealed.identities, *sealed.boxes]


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
            front = _first_lines(data[:_FIRST_LINES], where)
            ends = list(accumulate(front.sizes.parts(), initial=front.start))
            if ends[-1] != whole:
                raise Damaged(where, "its parts do not add up: it was cut short or added to")
            wanted = ends if boxes else ends[: _DIRECTORY_PARTS + 1]
            data += file.read(max(0, wanted[-1] - len(data)))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Damaged(where, f"it cannot be read ({error.strerror})") from None
    parts = [data[start:end] for start, end in pairwise(wanted)]
    return _segment(where, front, parts)


class _Front(NamedTuple):
    format: int
    thin: bool
    sizes: _Sizes | _Sizes1
    start: int
    """Where the first part begins."""


def _first_lines(data: bytes, where: str) -> _Front:
    top, _, rest = data.partition(b"\n")
    line, _, _ = rest.partition(b"\n")
    thin = top.startswith(_THIN_MAGIC)
    number = top.removeprefix(_THIN_MAGIC if thin else _MAGIC)
    if number == top or not re.fullmatch(rb"[1-9][0-9]{0,8}", number):
        raise Damaged(where, "it is not a segment")
    form = int(number)
    if form > FORMAT:
        raise NewerFormat(form, FORMAT)
    try:
        sizes: _Sizes | _Sizes1 = forms.read(line, _Sizes1) if form == 1 and not thin else forms.read(line, _Sizes)
    except forms.NotTheForm:
        raise Damaged(where, "its first lines are not of this format") from None
    if thin and (sizes.parts()[_CLEAR_PARTS:] != (0, 0, 0)):
        raise Damaged(where, "it says that it holds commitments alone, and holds more")
    return _Front(form, thin, sizes, len(top) + len(line) + 2)


def _segment(where: str, front: _Front, parts: Sequence[bytes]) -> Segment:
    try:
        clear = forms.read(parts[0].removesuffix(b"\n"), Clear)
    except forms.NotTheForm:
        raise Damaged(where, "its clear part is not of this format") from None
    if _line(clear) != parts[0] or len(parts[1]) != clear.count * HASH_BYTES:
        raise Damaged(where, "its clear part is not of this format")
    return Segment(
        where=where,
        format=front.format,
        thin=front.thin,
        clear=clear,
        clear_bytes=parts[0],
        leaves=parts[1],
        checkpoint=parts[2],
        seal=parts[3],
        rewriting=parts[4],
        ring=parts[5],
        identities=parts[6],
        boxes=tuple(parts[7:]),
    )


def _line(part: msgspec.Struct) -> bytes:
    return forms.written(part) + b"\n"
