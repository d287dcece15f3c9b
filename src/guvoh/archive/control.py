"""Control entries: who is a member, which devices write, which key is current. All are signed by an owner.

They lie in the clear part of a segment, so that a holder without any reading key checks every signature. They hold
ids, public keys and roles, and no name of anybody.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from guvoh.archive.errors import NewerFormat
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import CannotOpen, Recipient
from guvoh.sealing.notes import BadNote, SigningKey, VerifyKey, opened

FORMAT = 1


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"
    READER_WITHOUT_IDENTITIES = "reader-without-identities"
    WRITER = "writer"
    REPLICA = "replica"


class _Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="control"):
    signer: str
    """The member under whose key the note is signed."""


class Founding(_Control, frozen=True, kw_only=True, tag="archive"):
    """The first entry of an archive. Its text is hashed into the archive's id, so it cannot be exchanged."""

    format: int
    nonce: str
    verify: str
    """The founder's verifying key: everything else in the archive is vouched for through it."""
    epoch: str
    """The first epoch: which one it was must stay plain when others follow."""


class Member(_Control, frozen=True, kw_only=True, tag="member"):
    member: str
    role: Role
    verify: str
    recipient: str


class Device(_Control, frozen=True, kw_only=True, tag="device"):
    device: str
    member: str
    verify: str


class Epoch(_Control, frozen=True, kw_only=True, tag="epoch"):
    """A key to which everything from here on is sealed. Its secret is sealed to members, in keys/."""

    epoch: str
    recipient: str


class Erasure(_Control, frozen=True, kw_only=True, tag="erasure"):
    """Entries whose salt and body are destroyed by decision: (log, position) pairs. Kept in the format; made later."""

    erased: tuple[tuple[str, int], ...]


Control = Founding | Member | Device | Epoch | Erasure
_encoder = msgspec.json.Encoder(order="sorted")
_decoder: msgspec.json.Decoder[Control] = msgspec.json.Decoder(Control)


class Refused(GuvohError):
    """A control entry that nobody entitled to it has signed. It takes no effect."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a control entry takes no effect: {why}")


def text_id(prefix: str, data: bytes) -> str:
    """An id that commits to `data`: the first 100 bits of its SHA-256, in lower-case base32."""
    return f"{prefix}-{base64.b32encode(hashlib.sha256(data).digest()).decode().lower()[:20]}"


def key_id(prefix: str, key: VerifyKey) -> str:
    return text_id(prefix, bytes.fromhex(key.text))


def text_of(control: Control) -> str:
    return _encoder.encode(control).decode() + "\n"


def note_name(archive: str, signer: str) -> str:
    return f"guvoh/{archive}/{signer}"


def signed(control: Control, archive: str, key: SigningKey) -> bytes:
    return key.note(text_of(control), note_name(archive, control.signer)).encode()


class Membership:
    """What the control entries of an archive say, each checked as it is taken in."""

    def __init__(self, archive: str) -> None:
        self.archive = archive
        self.members: dict[str, Member] = {}
        self.devices: dict[str, Device] = {}
        self.epochs: dict[str, Epoch] = {}
        self.erased: set[tuple[str, int]] = set()
        self.founding: Founding | None = None

    @property
    def epoch(self) -> Epoch:
        """The current one: of those in force, the last taken in."""
        return next(reversed(self.epochs.values()))

    def verify_key(self, device: str) -> VerifyKey | None:
        found = self.devices.get(device)
        return VerifyKey(found.verify) if found else None

    def apply(self, note: bytes) -> Control:
        """Take in one control entry, or raise Refused and change nothing."""
        try:
            control = _decoder.decode(note.partition(b"\n")[0])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Refused("it is not of a kind that this format knows") from None
        try:
            text = opened(note, self._key(control), note_name(self.archive, control.signer))
            _require(text == text_of(control), "it is not written in the one way that this format has")
            self._take(control)
        except BadNote as bad:
            raise Refused(bad.why) from None
        except CannotOpen:
            raise Refused("its public key for sealing is not one") from None
        return control

    def _key(self, control: Control) -> VerifyKey:
        if isinstance(control, Founding):
            return VerifyKey(control.verify)
        if self.founding is None:
            raise Refused("it comes before the founding of the archive")
        owner = self.members.get(control.signer)
        if owner is not None and owner.role is Role.OWNER:
            return VerifyKey(owner.verify)
        founder = VerifyKey(self.founding.verify)
        if not self.members and control.signer == key_id("m", founder):
            return founder
        raise Refused("its signer is not an owner of this archive")

    def _take(self, control: Control) -> None:
        match control:
            case Founding():
                self._found(control)
            case Member():
                _require(control.member == key_id("m", VerifyKey(control.verify)), "its member id is not its key's")
                Recipient(control.recipient)
                self.members.setdefault(control.member, control)
            case Device():
                _require(control.device == key_id("d", VerifyKey(control.verify)), "its device id is not its key's")
                _require(control.member in self.members, "its device belongs to nobody known")
                self.devices.setdefault(control.device, control)
            case Epoch():
                _require(control.epoch == text_id("e", control.recipient.encode()), "its epoch id is not its key's")
                Recipient(control.recipient)
                self.epochs.setdefault(control.epoch, control)
            case Erasure():
                self.erased.update(control.erased)

    def _found(self, control: Founding) -> None:
        _require(text_id("a", text_of(control).encode()) == self.archive, "it founds another archive")
        _require(control.signer == key_id("m", VerifyKey(control.verify)), "its signer is not its founder")
        if control.format != FORMAT:
            raise NewerFormat(control.format, FORMAT)
        self.founding = control


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise Refused(why)


def membership(archive: str, notes: Iterable[bytes]) -> tuple[Membership, list[Refused]]:
    """Everything that the notes establish, whatever order the logs are read in, and what was refused."""
    found, waiting = Membership(archive), list(notes)
    while True:
        refused: list[tuple[bytes, Refused]] = []
        for note in waiting:
            try:
                found.apply(note)
            except Refused as problem:
                refused.append((note, problem))
        if len(refused) == len(waiting):
            return found, [problem for _, problem in refused]
        waiting = [note for note, _ in refused]
