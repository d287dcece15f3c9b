"""People, devices and keys of a made-up archive, and what they sign: control entries at places of logs.

Nothing is random: a key comes from a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as _replaced
from hashlib import sha256

from guvoh.archive import control
from guvoh.archive.control import (
    Control,
    Device,
    Epoch,
    Founding,
    KeyFiles,
    Member,
    Removal,
    Role,
    epoch_id,
    key_id,
    text_id,
)
from guvoh.archive.membership import Membership, Placed, membership
from guvoh.sealing.boxes import Identity
from guvoh.sealing.notes import SigningKey, VerifyKey

READS = Identity("AGE-SECRET-KEY-17CTAJZJ087QAQCEYWF3SVX3ZF2FY8D7XCSHNTEAWMZVQHRH9FJ9QAULLN6")
EPOCHS = [
    (Identity(nameless), Identity(identities))
    for nameless, identities in (
        (
            "AGE-SECRET-KEY-12SG293L7FJW2PHVXGE2ZLX0KPURMHQJKRJSPKQLS6EYN60PHKZGSMTHFUG",
            "AGE-SECRET-KEY-1T0YZUQTLAZP0WG6XJPWG5EPEX6YD5PZ672K9YZDY7RFQXYF3PGKQS82P39",
        ),
        (
            "AGE-SECRET-KEY-1GPYM85GU7Z9NU7DRQE3WEXMWWEPC8VD84LY0982Q3MMLV59FZA0QM5SRD2",
            "AGE-SECRET-KEY-12SG293L7FJW2PHVXGE2ZLX0KPURMHQJKRJSPKQLS6EYN60PHKZGSMTHFUG",
        ),
        (
            "AGE-SECRET-KEY-1T0YZUQTLAZP0WG6XJPWG5EPEX6YD5PZ672K9YZDY7RFQXYF3PGKQS82P39",
            "AGE-SECRET-KEY-1GPYM85GU7Z9NU7DRQE3WEXMWWEPC8VD84LY0982Q3MMLV59FZA0QM5SRD2",
        ),
    )
]
IDS = sha256(b"the secret of ids").hexdigest()


def key(name: str) -> SigningKey:
    return SigningKey(sha256(name.encode()).digest())


def member_id(name: str) -> str:
    return key_id("m", key(name).public)


def device_id(name: str) -> str:
    return key_id("d", key(name).public)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A note at a place of a log. sealed: whether the log's device has signed that it lies there."""

    log: str
    at: int
    note: bytes
    sealed: bool = True

    def elsewhere(self, log: str, at: int) -> Said:
        return _replaced(self, log=log, at=at)


class Cast:
    """An archive of the founder `amina`; everybody is called by name. A device has its owner's name and a number."""

    def __init__(self, form: int = control.FORMAT) -> None:
        self.format = form
        self.logs: dict[str, list[Said]] = {}
        self.loose: list[Said] = []
        epoch = self.epoch(0)
        self.founding = Founding(
            signer=member_id("amina"),
            format=form,
            nonce="00" * 16,
            verify=key("amina").public.text,
            epoch=epoch.epoch,
        )
        self.id = text_id("a", control.text_of(self.founding).encode())
        self.say("amina", self.founding)
        self.say("amina", self.person("amina", Role.OWNER))
        self.say("amina", self.device("amina"))
        self.say("amina", epoch)

    # --- what can be said

    def person(self, name: str, role: Role, by: str = "amina") -> Member:
        return Member(
            signer=member_id(by),
            member=member_id(name),
            role=role,
            verify=key(name).public.text,
            recipient=READS.recipient.text,
        )

    def device(self, name: str, of: str = "", by: str = "amina") -> Device:
        """The device `NAME 1` of a member; another one where `of` says whose it is and `name` how it is called."""
        called = name if of else f"{name} 1"
        signing = key(called)
        verify = signing.public.text
        return Device(
            signer=member_id(by), device=key_id("d", signing.public), member=member_id(of or name), verify=verify
        )

    def epoch(self, which: int, by: str = "amina", number: int | None = None, without: Sequence[str] = ()) -> Epoch:
        nameless, identities = (one.recipient.text for one in EPOCHS[which])
        if self.format == 1:
            return Epoch(signer=member_id(by), epoch=epoch_id(nameless, ""), recipient=nameless)
        return Epoch(
            signer=member_id(by),
            epoch=epoch_id(nameless, identities),
            recipient=nameless,
            identities=identities,
            ids=IDS,
            number=which if number is None else number,
            without=tuple(member_id(name) for name in without),
        )

    def removal(self, removed: str, by: str = "amina", **sizes: int) -> Removal:
        """By names; without sizes, as much of each log as is there now. A size is given as `idris=3`."""
        logs = {self.log(name): size for name, size in sizes.items()} or {log: len(s) for log, s in self.logs.items()}
        one = member_id(removed) if " " not in removed else device_id(removed)
        return Removal(signer=member_id(by), removed=one, logs=tuple(sorted(logs.items())))

    def keys(self, by: str = "amina", number: int = 0, **files: str) -> KeyFiles:
        """KeyFiles of identity files: `idris="ab"` says which 32 or 64 digits, the letters repeated."""
        named = tuple(sorted((f"{member_id(name)}.identity", digits * 32) for name, digits in files.items()))
        return KeyFiles(signer=member_id(by), number=number, files=named)

    # --- who says it where

    def log(self, name: str) -> str:
        return device_id(name if " " in name else f"{name} 1")

    def note(self, said: Control, by: str, archive: str = "") -> bytes:
        return control.signed(said, archive or self.id, key(by))

    def say(self, by: str, *said: Control, log: str = "") -> Said:
        """Sign and append to the log of the signer's first device, or to another."""
        device = self.log(log or by)
        for one in said:
            notes = self.logs.setdefault(device, [])
            notes.append(Said(log=device, at=len(notes), note=self.note(one, by)))
        return self.logs[device][-1]

    def skip(self, name: str, count: int) -> None:
        """Entries of a log that are no control entries."""
        notes = self.logs.setdefault(self.log(name), [])
        notes += [Said(log=self.log(name), at=len(notes) + n, note=b"") for n in range(count)]

    def join(self, name: str, role: Role, by: str = "amina") -> None:
        """A member and a first device, admitted in the log of who admits; the log then holds one entry of its own."""
        self.say(by, self.person(name, role, by), self.device(name, by=by))
        self.skip(name, 1)

    def all(self) -> list[Said]:
        return [said for notes in self.logs.values() for said in notes if said.note] + self.loose

    def members(self, said: Sequence[Said] | None = None) -> Membership:
        return membership(self.id, placed(self.all() if said is None else said))


def placed(said: Sequence[Said]) -> list[Placed]:
    def vouches(one: Said, key: VerifyKey) -> bool:
        return one.sealed and key_id("d", key) == one.log

    return [Placed(one.log, one.at, one.note, lambda key, one=one: vouches(one, key)) for one in said]  # type: ignore[misc]
