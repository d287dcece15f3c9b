"""Keys: a member's identity behind a passphrase, and the secrets of epochs sealed to members.

    keys/<member>.identity     a Lock (guvoh.sealing.passphrases) around the member's two secrets
    keys/<epoch>.<member>.age  the epoch's secrets, as far as the member's role may have them, sealed to his recipient

Neither file is trusted: its digest stands in a control entry, and what opens must match the public keys that an owner
signed into a log.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from guvoh.archive import forms
from guvoh.archive.control import READS, READS_IDENTITIES, WRITES, Epoch, Member, Role, key_id
from guvoh.archive.errors import Damaged, MissingKey
from guvoh.archive.files import make_private, put, read_file, replace
from guvoh.sealing.boxes import CannotOpen, Identity, Recipient
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.padding import BadPadding, pad, unpad
from guvoh.sealing.passphrases import Cost, Lock, WrongPassphrase, lock, unlock

NEXT = ".next"
"""The ending of a key file that takes the place of another as soon as a control entry vouches for it."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochKeys:
    """The secrets of an epoch that a member has; None for what his role may not have.

    ids  makes the ids of sources from their digests; who has it can open nothing with it
    """

    nameless: Identity | None = None
    identities: Identity | None = None
    ids: bytes | None = None

    def of_role(self, role: Role) -> EpochKeys:
        return EpochKeys(
            nameless=self.nameless if role in READS else None,
            identities=self.identities if role in READS_IDENTITIES else None,
            ids=self.ids if role in WRITES | READS_IDENTITIES else None,
        )

    def __bool__(self) -> bool:
        return bool(self.nameless or self.identities or self.ids)


class _EpochFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    nameless: str = ""
    identities: str = ""
    ids: bytes = b""


def identity_name(member: str) -> str:
    return f"{member}.identity"


def epoch_name(epoch: str, member: str) -> str:
    return f"{epoch}.{member}.age"


def sealed_epoch(secrets: EpochKeys, member: Member) -> bytes:
    """What keys/ holds of an epoch for this member."""
    given = secrets.of_role(member.role)
    content = _EpochFile(
        nameless=given.nameless.text if given.nameless else "",
        identities=given.identities.text if given.identities else "",
        ids=given.ids or b"",
    )
    return Recipient(member.recipient).seal(pad(forms.written(content)))


class KeyFolder:
    def __init__(self, archive_folder: Path) -> None:
        self.path = archive_folder / "keys"

    def save(self, name: str, data: bytes) -> None:
        make_private(self.path)
        replace(self.path / name, data)

    def names(self) -> list[str]:
        """The key files that are there."""
        found = self.path.iterdir() if self.path.is_dir() else iter(())
        return sorted(path.name for path in found if _NAME.fullmatch(path.name))

    def digest(self, name: str) -> str | None:
        """The SHA-256 of a key file, or None where there is no such file that could be one."""
        try:
            return sha256(read_file(self.path / name, _MOST_BYTES)).hexdigest()
        except OSError:
            return None

    def read(self, name: str, known: str | None = None) -> bytes:
        """A key file. Raises Damaged where it is not the one that was signed, and MissingKey where it is not there.

        known  its digest, where a control entry has told it
        """
        where = f"keys/{name}"
        try:
            data = read_file(self.path / name, _MOST_BYTES)
            if known is not None and forms.sha256(data) != known and self.digest(name + NEXT) == known:
                data = read_file(self.path / (name + NEXT), _MOST_BYTES)
        except FileNotFoundError:
            raise MissingKey(where) from None
        except OSError as error:
            raise Damaged(where, f"this key file cannot be read ({error.strerror})") from None
        if known is not None and sha256(data).hexdigest() != known:
            raise Damaged(where, "it is not the key file that was signed: an older one, or changed")
        return data

    def settle(self, name: str, known: str) -> None:
        """Put the next key file in the place of the last, once a control entry vouches for it."""
        if self.digest(name + NEXT) == known:
            put(self.path / (name + NEXT), self.path / name)

    def waiting(self) -> list[str]:
        """The names of the key files whose places others are to take."""
        found = self.path.glob(f"*{NEXT}") if self.path.is_dir() else iter(())
        return sorted(name for path in found if _NAME.fullmatch(name := path.name.removesuffix(NEXT)))

    def waits(self, name: str, right: list[str]) -> bool:
        """Whether the next key file is to be kept: it is the right one, or may yet be, since that in its place is not.

        right  the digests that the file may have, the best first
        """
        here, following = self.digest(name), self.digest(name + NEXT)
        return bool(right) and (following == right[0] or (here is not None and here not in right))

    def locked(self, keys: MemberKeys, passphrase: str, cost: Cost) -> bytes:
        """What keys/ holds of a member."""
        secrets = msgspec.msgpack.encode(_Secrets(identity=keys.identity.text, seed=keys.signing.seed))
        return forms.written(lock(secrets, passphrase, cost))

    def open_member(
        self, member: str, passphrase: str, known: str | None = None, void: str | None = None
    ) -> MemberKeys:
        """A member's keys. Raises WrongPassphrase, MissingKey or Damaged.

        known, void  the digest that holds, and the one that would, had nobody been removed: as good where that is lost
        """
        wrong: list[WrongPassphrase | Damaged] = []
        for data in self._possible(identity_name(member), known, void):
            try:
                return _opened(data, member, passphrase)
            except (WrongPassphrase, Damaged) as problem:
                wrong.append(problem)
        raise next((one for one in wrong if isinstance(one, WrongPassphrase)), wrong[0])

    def _possible(self, name: str, known: str | None, void: str | None) -> list[bytes]:
        """The key file of a member; where a sync was cut off, both of those that may be the one.

        Half way through the entries that it brings, one may hold of which the file has been replaced since. Then there
        are only the file from before, and the one that waits for the last of them: either is his.
        """
        try:
            return [self.read(name, known)]
        except Damaged:
            if void is not None:
                with contextlib.suppress(Damaged):
                    return [self.read(name, void)]
            if self.digest(name + NEXT) is None:
                raise
            return [self.read(name), self.read(name + NEXT)]

    def cost(self, member: str) -> Cost | None:
        """What a guess at this member's passphrase costs; None where there is no such file."""
        try:
            return forms.read(self.read(identity_name(member)), Lock).cost
        except (Damaged, MissingKey, forms.NotTheForm):
            return None

    def open_epoch(self, epoch: Epoch, keys: MemberKeys, role: Role, known: str | None = None) -> EpochKeys:
        """The secrets of an epoch. Raises Damaged where they are not those that an owner signed."""
        name = epoch_name(epoch.epoch, keys.member)
        try:
            plain = keys.identity.open(self.read(name, known))
            found = _of_format_1(plain) if not epoch.identities else _from_file(plain)
        except (CannotOpen, BadPadding, UnicodeDecodeError, forms.NotTheForm):
            raise Damaged(f"keys/{name}", "it does not open with this member's key") from None
        right = (
            _is(found.nameless, epoch.recipient, role in READS),
            _is(found.identities, epoch.identities or epoch.recipient, role in READS_IDENTITIES),
            not epoch.ids or found.ids is None or sha256(found.ids).hexdigest() == epoch.ids,
        )
        if not all(right):
            raise Damaged(f"keys/{name}", "it holds another key than the one an owner signed")
        return found


def _opened(data: bytes, member: str, passphrase: str) -> MemberKeys:
    where = f"keys/{identity_name(member)}"
    try:
        secrets = msgspec.msgpack.decode(unlock(forms.read(data, Lock), passphrase), type=_Secrets)
        keys = MemberKeys(identity=Identity(secrets.identity), signing=SigningKey(secrets.seed))
    except forms.NotTheForm:
        raise Damaged(where, "it is not a key file") from None
    except (msgspec.MsgspecError, CannotOpen, ValueError):
        raise Damaged(where, "it opens, but holds no member's keys") from None
    if keys.member != member:
        raise Damaged(where, "it opens, but holds another member's keys")
    return keys


_NAME = re.compile(r"(m-[a-z2-7]{20}\.identity|e-[a-z2-7]{20}\.m-[a-z2-7]{20}\.age)")


def _is(identity: Identity | None, recipient: str, wanted: bool) -> bool:
    return not wanted if identity is None else identity.recipient.text == recipient


def _of_format_1(plain: bytes) -> EpochKeys:
    """In format 1 an epoch has one key for everything."""
    found = Identity(plain.decode("ascii"))
    return EpochKeys(nameless=found, identities=found)


def _from_file(plain: bytes) -> EpochKeys:
    found = forms.read(unpad(plain), _EpochFile)
    return EpochKeys(
        nameless=Identity(found.nameless) if found.nameless else None,
        identities=Identity(found.identities) if found.identities else None,
        ids=found.ids or None,
    )
