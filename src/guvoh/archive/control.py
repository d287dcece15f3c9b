"""Control entries: who is a member, which devices write, which key is current, what is erased. All are signed.

They lie in the clear part of a segment, so that a holder without any reading key checks every signature. They hold
ids, public keys, roles, places and keyed digests, and no name of anybody. What they add up to says
`guvoh.archive.membership`; the rules are in docs/spec/archive.md, section 7.
"""

from __future__ import annotations

import base64
import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec

from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Recipient
from guvoh.sealing.notes import SigningKey, VerifyKey

FORMAT = 2
"""The format that new archives have. Archives of format 1 are read, and brought to this one by `guvoh upgrade`."""
FIRST_FORMAT = 1


class Role(StrEnum):
    OWNER = "owner"
    """Reads and writes everything, admits and removes."""
    EDITOR = "editor"
    """Reads and writes everything."""
    READER = "reader"
    """Reads everything."""
    READER_WITHOUT_IDENTITIES = "reader-without-identities"
    """Reads what names nobody."""
    WRITER = "writer"
    """Adds, and can read nothing back."""
    REPLICA = "replica"
    """Holds and verifies, and reads nothing."""
    RECOVERY = "recovery"
    """Nobody: keys on sheets of paper, which open everything and can admit a new owner."""


WRITES = frozenset({Role.OWNER, Role.EDITOR, Role.WRITER, Role.RECOVERY})
READS_IDENTITIES = frozenset({Role.OWNER, Role.EDITOR, Role.READER, Role.RECOVERY})
READS = READS_IDENTITIES | {Role.READER_WITHOUT_IDENTITIES}
DECIDES = frozenset({Role.OWNER, Role.EDITOR, Role.RECOVERY})
"""Who may ask that something be erased, and approve that somebody else asks it."""
OWNS = frozenset({Role.OWNER, Role.RECOVERY})

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z]-[a-z2-7]{20}\Z")]
Place = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Run = tuple[Id, Place, Place]
"""(log, first position, number of entries)."""
Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}([0-9a-f]{32})?\Z")]
FileName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}\Z")]
Hours = Annotated[int, msgspec.Meta(ge=0, le=24 * 366)]


class _Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="control"):
    signer: Id
    """The member under whose key the note is signed."""


class Founding(_Control, frozen=True, kw_only=True, tag="archive"):
    """The first entry of an archive. Its text is hashed into the archive's id, so it cannot be exchanged."""

    format: int
    nonce: str
    verify: str
    """The founder's verifying key: everything else in the archive is vouched for through it."""
    epoch: str
    """The first epoch: which one it was must stay plain when others follow."""


class Upgrade(_Control, frozen=True, kw_only=True, tag="upgrade"):
    """From here on the archive has this format."""

    format: int


class Member(_Control, frozen=True, kw_only=True, tag="member"):
    member: Id
    role: Role
    verify: str
    recipient: str


class Device(_Control, frozen=True, kw_only=True, tag="device"):
    device: Id
    member: Id
    verify: str


class Epoch(_Control, frozen=True, kw_only=True, omit_defaults=True, tag="epoch"):
    """Keys to which everything from here on is sealed. Their secrets are sealed to members, in keys/.

    recipient   seals what names nobody; in format 1, everything
    identities  seals all else; "" in format 1
    ids         SHA-256 of the secret that makes ids of sources; the same in all epochs
    number      one more than the largest that its maker had seen
    without     the removed members to whom it is not given
    """

    epoch: Id
    recipient: str
    identities: str = ""
    ids: str = ""
    number: Place = 0
    without: tuple[Id, ...] = ()


class Removal(_Control, frozen=True, kw_only=True, tag="removal"):
    """A member or a device is no longer one. logs: the size of every log that the remover had seen.

    What a removed member's devices append beyond those sizes is kept apart, and nothing that he signs beyond them
    takes effect, in whichever log it lies.
    """

    removed: Id
    logs: tuple[tuple[Id, Place], ...]


class Acceptance(_Control, frozen=True, kw_only=True, tag="acceptance"):
    """An owner takes in what was kept apart: the entries of a log up to this size."""

    log: Id
    size: Place


class KeyFiles(_Control, frozen=True, kw_only=True, tag="keys"):
    """Files in keys/ and their SHA-256. Of two entries about one file the higher number holds."""

    number: Place
    files: tuple[tuple[FileName, Hex], ...]


class Settings(_Control, frozen=True, kw_only=True, tag="settings"):
    """How erasing goes: hours from seeing it until a device destroys; how many others have to approve."""

    number: Place
    delay: Hours
    approvals: Annotated[int, msgspec.Meta(ge=0, le=9)]


class Erasure(_Control, frozen=True, kw_only=True, tag="erasure"):
    """Somebody asks that entries be destroyed. They are no longer used from here on; destruction follows approval.

    at        when it was asked, by the clock of who asked
    why       one word of a list: a reason in free words would say what is to be forgotten
    erased    the entries
    evidence  names of sealed files
    keys      keys of sources that are destroyed
    gone      keyed digests of ids that must not come back, and of sources that stay only as a derivative
    people    keyed digests of persons who must not come back with another list
    """

    at: str
    why: str
    erased: tuple[Run, ...]
    evidence: tuple[FileName, ...] = ()
    keys: tuple[Id, ...] = ()
    gone: tuple[Hex, ...] = ()
    people: tuple[Hex, ...] = ()


class Approval(_Control, frozen=True, kw_only=True, tag="approval"):
    """A second member agrees to an erasure, to weaker settings or to a removal."""

    decision: Id


class Refusal(_Control, frozen=True, kw_only=True, tag="refusal"):
    """An owner, or who asked, takes an erasure back: it takes no effect."""

    decision: Id


class Hold(_Control, frozen=True, kw_only=True, tag="hold"):
    """A legal hold: none of these entries, files and keys is destroyed while it stands. No runs: nothing at all."""

    nonce: Hex
    held: tuple[Run, ...]
    evidence: tuple[FileName, ...] = ()
    keys: tuple[Id, ...] = ()


class Release(_Control, frozen=True, kw_only=True, tag="release"):
    """The end of a hold."""

    decision: Id


class Clearance(_Control, frozen=True, kw_only=True, tag="clearance"):
    """A custodian says: these mentions (keyed digests of ids) are other persons than the erased one they resemble."""

    cleared: tuple[Hex, ...]


class Confirmation(_Control, frozen=True, kw_only=True, tag="confirmation"):
    """On this device an erasure is carried out."""

    decision: Id
    device: Id


Control = (
    Founding
    | Upgrade
    | Member
    | Device
    | Epoch
    | Removal
    | Acceptance
    | KeyFiles
    | Settings
    | Erasure
    | Approval
    | Refusal
    | Hold
    | Release
    | Clearance
    | Confirmation
)
OF_FORMAT_1 = (Founding, Member, Device, Epoch)
_encoder = msgspec.json.Encoder(order="sorted")
decoder: msgspec.json.Decoder[Control] = msgspec.json.Decoder(Control)


class Refused(GuvohError):
    """A control entry that nobody entitled to it has signed. It takes no effect."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a control entry takes no effect: {why}")


class Late(Refused):
    """What a removed member or device said before it could know: no fault of anybody's."""

    def __init__(self) -> None:
        super().__init__("its signer or its device was removed before")


def text_id(prefix: str, data: bytes) -> str:
    """An id that commits to `data`: the first 100 bits of its SHA-256, in lower-case base32."""
    return f"{prefix}-{base64.b32encode(hashlib.sha256(data).digest()).decode().lower()[:20]}"


def key_id(prefix: str, key: VerifyKey) -> str:
    return text_id(prefix, bytes.fromhex(key.text))


def epoch_id(recipient: str, identities: str) -> str:
    return text_id("e", (recipient + identities).encode())


def decision_id(control: Control) -> str:
    """By which an approval, a refusal or a confirmation names what it is about."""
    return text_id("x", text_of(control).encode())


def text_of(control: Control) -> str:
    return _encoder.encode(control).decode() + "\n"


def note_name(archive: str, signer: str) -> str:
    return f"guvoh/{archive}/{signer}"


def signed(control: Control, archive: str, key: SigningKey) -> bytes:
    return key.note(text_of(control), note_name(archive, control.signer)).encode()


def check(said: Control) -> None:
    """Raise Refused where nobody could read this entry back: one that is written stays for ever."""
    try:
        decoder.decode(text_of(said).encode())
    except msgspec.MsgspecError:
        raise Refused("it is not of a kind that this format knows; an id in it is none") from None


def check_keys(control: Control) -> None:
    """Raise Refused where an id is not its key's; CannotOpen or BadNote where a key is none."""
    match control:
        case Founding():
            require(control.signer == key_id("m", VerifyKey(control.verify)), "its signer is not its founder")
        case Member():
            require(control.member == key_id("m", VerifyKey(control.verify)), "its member id is not its key's")
            Recipient(control.recipient)
        case Device():
            require(control.device == key_id("d", VerifyKey(control.verify)), "its device id is not its key's")
        case Epoch():
            require(control.epoch == epoch_id(control.recipient, control.identities), "its epoch id is not its key's")
            Recipient(control.recipient)
            if control.identities:
                Recipient(control.identities)
        case _:
            pass


def require(holds: bool, why: str) -> None:
    if not holds:
        raise Refused(why)
