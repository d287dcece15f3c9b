"""Who works on an archive and with which computers: the list of members, admitting, naming and removing them.

Members are shown by their labels to members' eyes, and by pseudonyms in all that leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guvoh.archive import members as membership
from guvoh.archive.control import Role
from guvoh.archive.errors import NotAllowed
from guvoh.archive.merging import waiting
from guvoh.archive.store import Archive
from guvoh.casebook import seconding, sheets
from guvoh.casebook.answers import Nothing, Value
from guvoh.casebook.colleagues import MemberSeen, Unclear, everybody, labels_of, pseudonyms, put_label
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.seconding import Lone
from guvoh.casebook.sheets import Sheets
from guvoh.errors import GuvohError
from guvoh.words.passphrases import words_of

ROLES = {
    Role.OWNER.value: "reads and writes everything, admits and removes",
    Role.EDITOR.value: "reads and writes everything",
    Role.READER.value: "reads everything",
    Role.READER_WITHOUT_IDENTITIES.value: "sees counts, ids and dates; no name, no text, no contact",
    Role.WRITER.value: "adds files, and can read nothing back, not even his own",
    Role.REPLICA.value: "holds and verifies a copy, and reads nothing",
}
"""What somebody can be admitted as."""
_SPOKEN_WORDS = 5
"""Of 11 bits each. To find other keys with the same words somebody would have to sign about 2^55 requests."""


# --- who there is


class Asking(Value, frozen=True, kw_only=True):
    """A device that asks to be admitted.

    member     by pseudonym and id, where it is of one already; "" for a new member
    words      what its owner reads aloud; "" where the request is not a whole one, and problem says why
    note       the request itself
    """

    device: str
    member: str = ""
    role: str = ""
    words: str = ""
    problem: str = ""
    note: bytes = b""


class Staff(Value, frozen=True, kw_only=True):
    members: tuple[MemberSeen, ...]
    waiting: tuple[Asking, ...]
    sheets: tuple[Sheets, ...]
    lone: tuple[Lone, ...] = ()


@needs(Need.NOTHING)
def staff(desk: Desk, request: Nothing, tell: Tell) -> Staff:
    """Members and their devices, past ones too; who waits to be admitted; sheets in force; removals not seconded."""
    return Staff(
        members=everybody(desk),
        waiting=tuple(_waiting(desk.archive)),
        sheets=sheets.in_force(desk),
        lone=seconding.lone(desk),
    )


# --- admitting


class Look(Value, frozen=True, kw_only=True):
    """A request to join, as a file somebody brought, or by the id of the device that has left it in the archive."""

    device: str = ""
    note: bytes = b""


class Admit(Value, frozen=True, kw_only=True):
    """role: of a new member; "" for a device of one who is a member already. name: what he is to be called here."""

    note: bytes
    role: str = ""
    name: str = ""


class Admitted(Value, frozen=True, kw_only=True):
    member: str
    device: str
    role: str
    new: bool


class WordsDiffer(GuvohError):
    """The words that somebody read aloud are not those of the request."""

    def __init__(self) -> None:
        super().__init__(
            "the words are not those of this request: it was changed on the way, or is another's; nobody was admitted"
        )


class NoRequest(GuvohError):
    """A device whose request has not come here."""

    def __init__(self, device: str) -> None:
        self.device = device
        super().__init__(
            f"no request of {device} has come yet: sync with him, or give the file join/{device}.request of his copy"
        )


def spoken(note: bytes) -> str:
    """What two people compare by voice before one admits the other's computer: five words made of the request."""
    number, words = int.from_bytes(membership.fingerprint(note)), words_of("en")
    found = []
    for _ in range(_SPOKEN_WORDS):
        number, place = divmod(number, len(words))
        found.append(words[place])
    return " ".join(found)


def check_words(asking: Asking, said: str) -> None:
    """Raise WordsDiffer unless these are the words of the request."""
    if said.casefold().replace(",", " ").split() != asking.words.split():
        raise WordsDiffer


@needs(Need.OWNS)
def look_at_request(desk: Desk, request: Look, tell: Tell) -> Asking:
    """Who asks to be admitted, and the words to compare. Raises NoRequest, or BadRequest."""
    if not request.note and request.device in desk.archive.members.devices:
        raise NotAllowed(f"device {request.device} is admitted already")
    if not request.note and f"{request.device}.request" not in waiting(desk.archive):
        raise NoRequest(request.device)
    note = request.note or membership.request_file(desk.archive, request.device)
    return _asking(desk.archive, note)


def _asking(archive: Archive, note: bytes) -> Asking:
    found = membership.read_request(note, archive.id)
    role = archive.members.role(found.signer)
    calls = pseudonyms(archive.members)
    return Asking(
        device=found.device,
        member=f"{calls[found.signer]} ({found.signer})" if found.signer in calls else "",
        role=role.value if role else "",
        words=spoken(note),
        note=note,
    )


def _waiting(archive: Archive) -> Iterator[Asking]:
    """What lies in join/, but for what was answered already."""
    for name in waiting(archive):
        device = name.removesuffix(".request")
        if device in archive.members.devices:
            continue
        try:
            yield _asking(archive, membership.request_file(archive, device))
        except NotAllowed as problem:
            yield Asking(device=device, problem=str(problem))


@needs(Need.OWNS)
def admit(desk: Desk, request: Admit, tell: Tell) -> Admitted:
    """Admit a device, and its member where he is none yet; call him by a name, where one is given."""
    asking = _asking(desk.archive, request.note)
    if request.name:
        check_label(request.name)
    if asking.role and request.role not in ("", asking.role):
        raise NotAllowed(
            f"this member is {asking.role} already, and roles do not change: remove him, and he joins anew in another"
        )
    old = labels_of(desk, membership.read_request(request.note, desk.archive.id).signer)
    found = membership.admit(desk.archive, request.note, Role(request.role) if request.role else None)
    if request.name:
        put_label(desk, found.signer, request.name, old)
    desk.catch_up(tell)
    role = desk.archive.members.members[found.signer].role
    return Admitted(member=found.signer, device=found.device, role=role.value, new=not asking.role)


# --- names, removals, what was kept apart


class Named(Value, frozen=True, kw_only=True):
    """id: of a member or a device."""

    id: str
    name: str = ""


class Removed(Value, frozen=True, kw_only=True):
    """role: what the removed member was. rekeyed: whether a new key is in use from here on. lone: as of `lone_of`."""

    role: str
    rekeyed: bool
    lone: tuple[str, ...] = ()


class Accepted(Value, frozen=True, kw_only=True):
    entries: int


_LONGEST_NAME = 80
_PSEUDONYM = re.compile(rf"({'|'.join(role.replace('-', ' ') for role in ROLES)}) \d+( device \d+)?")


class BadName(GuvohError):
    """What no member or device can be called. The message does not repeat it."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"that cannot be a name: {why}")


def check_label(name: str) -> None:
    """Raise BadName for nothing, for a text, and for what is, or may come to be, somebody's pseudonym."""
    words = " ".join(name.split())
    if not words:
        raise BadName("it is empty")
    if len(words) > _LONGEST_NAME:
        raise BadName(f"it has {len(words)} characters, and {_LONGEST_NAME} are the most")
    if _PSEUDONYM.fullmatch(" ".join(words.casefold().replace("-", " ").replace(",", " ").split())):
        raise BadName("it is a pseudonym, and could be taken for somebody else")


@needs(Need.DECIDES)
def call(desk: Desk, request: Named, tell: Tell) -> Nothing:
    """Give a member or a device a name, for members' eyes."""
    members = desk.archive.members
    if request.id not in members.members and request.id not in members.devices:
        raise Unclear("member or device", 0)
    check_label(request.name)
    put_label(desk, request.id, request.name, labels_of(desk, request.id))
    desk.catch_up(tell)
    return Nothing()


@needs(Need.OWNS)
def remove_member(desk: Desk, request: Named, tell: Tell) -> Removed:
    """A member is one no more; a new key is made where he could read."""
    before = desk.archive.members.epoch.epoch
    role = desk.archive.members.role(request.id)
    membership.remove_member(desk.archive, request.id)
    desk.catch_up(tell)
    assert role is not None  # else it was refused
    rekeyed = desk.archive.members.epoch.epoch != before
    return Removed(role=role.value, rekeyed=rekeyed, lone=seconding.lone_of(desk, request.id))


@needs(Need.OWNS)
def remove_device(desk: Desk, request: Named, tell: Tell) -> Removed:
    """A device is one no more; its member stays one."""
    found = desk.archive.members.devices.get(request.id)
    membership.remove_device(desk.archive, request.id)
    desk.catch_up(tell)
    assert found is not None
    role = desk.archive.members.members[found.member].role
    return Removed(role=role.value, rekeyed=False, lone=seconding.lone_of(desk, request.id))


@needs(Need.OWNS)
def accept(desk: Desk, request: Named, tell: Tell) -> Accepted:
    """Take in what a removed device had added and what was kept apart since."""
    entries = membership.accept(desk.archive, request.id)
    desk.catch_up(tell)
    return Accepted(entries=entries)
