"""Keys: a member's identity behind a passphrase, and epoch secrets sealed to members.

    keys/<member>.identity     a Lock (guvoh.sealing.passphrases) around the member's two secrets
    keys/<epoch>.<member>.age  the epoch's secret, sealed to the member's recipient

Neither file is trusted: what opens must match the public keys that an owner signed into a log.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from guvoh.archive import forms
from guvoh.archive.control import Epoch, Member, key_id
from guvoh.archive.errors import Damaged
from guvoh.archive.files import make_private, read_file, replace
from guvoh.sealing.boxes import CannotOpen, Identity, Recipient
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.passphrases import Cost, Lock, lock, unlock

_MOST_BYTES = 64 << 10
"""No key file comes near; a larger one is none."""


class _Secrets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    identity: str
    seed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberKeys:
    """What a member's passphrase opens: one identity to read with, one key to sign with."""

    identity: Identity
    signing: SigningKey

    @classmethod
    def generate(cls) -> MemberKeys:
        return cls(identity=Identity.generate(), signing=SigningKey.generate())

    @property
    def member(self) -> str:
        return key_id("m", self.signing.public)


class KeyFolder:
    def __init__(self, archive_folder: Path) -> None:
        self.path = archive_folder / "keys"

    def save_member(self, keys: MemberKeys, passphrase: str, cost: Cost) -> None:
        make_private(self.path)
        secrets = msgspec.msgpack.encode(_Secrets(identity=keys.identity.text, seed=keys.signing.seed))
        replace(self.path / f"{keys.member}.identity", forms.written(lock(secrets, passphrase, cost)))

    def open_member(self, member: str, passphrase: str) -> MemberKeys:
        where = f"keys/{member}.identity"
        try:
            data = read_file(self.path / f"{member}.identity", _MOST_BYTES)
            locked = forms.read(data, Lock)
        except OSError as error:
            raise Damaged(where, f"this member's key file cannot be read ({error.strerror})") from None
        except forms.NotTheForm:
            raise Damaged(where, "it is not a key file") from None
        try:
            secrets = msgspec.msgpack.decode(unlock(locked, passphrase), type=_Secrets)
            keys = MemberKeys(identity=Identity(secrets.identity), signing=SigningKey(secrets.seed))
        except (msgspec.MsgspecError, CannotOpen, ValueError):
            raise Damaged(where, "it opens, but holds no member's keys") from None
        if keys.member != member:
            raise Damaged(where, "it opens, but holds another member's keys")
        return keys

    def save_epoch(self, epoch: Epoch, secret: Identity, member: Member) -> None:
        make_private(self.path)
        sealed = Recipient(member.recipient).seal(secret.text.encode())
        replace(self.path / f"{epoch.epoch}.{member.member}.age", sealed)

    def open_epoch(self, epoch: Epoch, keys: MemberKeys) -> Identity:
        where = f"keys/{epoch.epoch}.{keys.member}.age"
        try:
            sealed = read_file(self.path.parent / where, _MOST_BYTES)
            found = Identity(keys.identity.open(sealed).decode("ascii"))
        except OSError as error:
            raise Damaged(where, f"the epoch's key cannot be read ({error.strerror})") from None
        except (CannotOpen, UnicodeDecodeError):
            raise Damaged(where, "it does not open with this member's key") from None
        if found.recipient.text != epoch.recipient:
            raise Damaged(where, "it holds another key than the one an owner signed")
        return found
