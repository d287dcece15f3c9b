"""Who is who: what members and devices are called, among members and in all that leaves, and whom somebody means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guvoh.archive.control import Member, Role
from guvoh.archive.errors import UnknownDevice
from guvoh.archive.home import DeviceFile, Home
from guvoh.archive.membership import Membership
from guvoh.archive.store import Archive
from guvoh.casebook.answers import Value
from guvoh.casebook.copies import seen_by
from guvoh.casebook.desk import Desk
from guvoh.casebook.entries import entry
from guvoh.errors import GuvohError
from guvoh.records.base import now
from guvoh.records.codec import AnyRecord
from guvoh.records.custody import Label
from guvoh.records.decisions import Correction
from guvoh.values.ids import new_id

# --- what they are called in all that leaves


def people(members: Membership) -> list[Member]:
    """Members, past ones too, in the order in which they were admitted. Sheets for recovery are nobody."""
    found = [member for member in members.members.values() if member.role is not Role.RECOVERY]
    return sorted(found, key=lambda member: (members.admitted.get(member.member, 0), member.member))


def present(members: Membership) -> list[Member]:
    """Those who are members today."""
    return [member for member in people(members) if members.in_force(member.member)]


def pseudonyms(members: Membership) -> dict[str, str]:
    """Of members the role, and a number by the order of admission; of devices a number beside: "editor 2 device 1".

    They change only for those whom two owners admitted at once, each without knowing of the other.
    """
    found: dict[str, str] = {}
    for number, member in enumerate(people(members), 1):
        found[member.member] = one = f"{member.role.value.replace('-', ' ')} {number}"
        devices = devices_of(members, member.member)
        found |= {device: f"{one} device {place}" for place, device in enumerate(devices, 1)}
    return found


def devices_of(members: Membership, member: str) -> list[str]:
    """Past ones too, in the order in which they were admitted."""
    return [device for device, found in members.devices.items() if found.member == member]


def this_device(home: Home) -> DeviceFile | None:
    """What this computer is as a device of the archive; None where it is none."""
    try:
        return home.load()
    except UnknownDevice:
        return None


# --- what members call them


class Called(Value, frozen=True, kw_only=True):
    """A member or device as members call it, and as all that leaves does."""

    pseudonym: str
    label: str


def labels(desk: Desk) -> dict[str, str]:
    """Labels in force. Of several that two people gave at once the one that is later by its clock is shown."""
    rows = desk.index.db.execute(
        "SELECT about, name FROM label WHERE id NOT IN (SELECT old FROM correction) ORDER BY at, id"
    )
    return dict(rows.fetchall())


def called(desk: Desk) -> tuple[Called, ...]:
    """Who is behind each pseudonym, as far as somebody has named him: for members' eyes."""
    named = labels(desk)
    names = pseudonyms(desk.archive.members)
    return tuple(Called(pseudonym=name, label=named[one]) for one, name in names.items() if one in named)


def labels_of(desk: Desk, one: str) -> list[str]:
    """The ids of the labels that a member or device has now."""
    rows = desk.index.db.execute(
        "SELECT id FROM label WHERE about = ? AND id NOT IN (SELECT old FROM correction) ORDER BY id", (one,)
    )
    return [label for (label,) in rows]


def put_label(desk: Desk, about: str, name: str, old: Sequence[str] = ()) -> None:
    """A label in the place of those before it."""
    who, at = desk.archive.member, now()
    label = Label(id=new_id("b"), by=who, at=at, about=about, name=" ".join(name.split()))
    records: list[AnyRecord] = [label]
    records += [Correction(id=new_id("c"), by=who, at=at, old=one, new=label.id) for one in old]
    with desk.archive.batch() as batch:
        for record in records:
            batch.add(entry(record))


# --- as they are shown


class _Seen(Value, frozen=True, kw_only=True):
    """name: the label, "" where there is none. in_force: whether it is a member or a device today."""

    id: str
    pseudonym: str
    name: str
    in_force: bool

    @property
    def called(self) -> str:
        """As a member reads it: by label where there is one, and by pseudonym."""
        return f"{self.name} ({self.pseudonym})" if self.name else self.pseudonym


class DeviceSeen(_Seen, frozen=True, kw_only=True):
    """One computer of a member.

    entries     of its log, as far as they are here; apart: of these, those that are kept apart since it was removed
    seen        how many entries of the others' logs it had when it last wrote; of: how many of them are here
    """

    here: bool
    entries: int
    apart: int
    seen: int
    of: int


class MemberSeen(_Seen, frozen=True, kw_only=True):
    role: str
    you: bool
    devices: tuple[DeviceSeen, ...]


def everybody(desk: Desk) -> tuple[MemberSeen, ...]:
    """Members and their devices, past ones too."""
    archive, named, names = desk.archive, labels(desk), pseudonyms(desk.archive.members)
    return tuple(
        MemberSeen(
            id=one.member,
            pseudonym=names[one.member],
            name=named.get(one.member, ""),
            role=one.role.value,
            you=one.member == archive.member,
            in_force=archive.members.in_force(one.member),
            devices=tuple(
                _device_seen(archive, device, names[device], named.get(device, ""))
                for device in devices_of(archive.members, one.member)
            ),
        )
        for one in people(archive.members)
    )


def _device_seen(archive: Archive, device: str, pseudonym: str, name: str) -> DeviceSeen:
    size = archive.states[device].size if device in archive.states else 0
    others = {log: state.size for log, state in archive.states.items() if log != device}
    seen = others if device == archive.device else seen_by(archive, archive.members, device)
    return DeviceSeen(
        id=device,
        pseudonym=pseudonym,
        name=name,
        here=device == archive.device,
        in_force=archive.members.in_force(device),
        entries=size,
        apart=size - archive.accepted(device) if device in archive.states else 0,
        seen=sum(min(size, seen.get(log, 0)) for log, size in others.items()),
        of=sum(others.values()),
    )


# --- whom somebody means


class Unclear(GuvohError):
    """A name that fits no member or device, or several. The message does not repeat it."""

    def __init__(self, what: str, found: int) -> None:
        self.what, self.found = what, found
        how = f"no {what} of this archive is called that" if not found else f"{found} {what}s are called that"
        super().__init__(f"{how}; `guvoh member list` shows their ids, and an id always fits")


def member_called(members: Iterable[MemberSeen], typed: str) -> MemberSeen:
    """The member with this id, pseudonym or label. Raises Unclear."""
    found = [one for one in members if _is(one, typed)]
    if len(found) > 1:  # one who is a member today goes before those who were
        found = [one for one in found if one.in_force] or found
    if len(found) != 1:
        raise Unclear("member", len(found))
    return found[0]


def device_called(members: Iterable[MemberSeen], typed: str) -> tuple[MemberSeen, DeviceSeen]:
    """The device with this id, pseudonym or label; that of a member who has one alone goes by his name too."""
    every = [(member, device) for member in members for device in member.devices]
    found = [pair for pair in every if _is(pair[1], typed)] or [pair for pair in every if _is(pair[0], typed)]
    if len(found) > 1:
        found = [pair for pair in found if pair[1].in_force] or found
    if len(found) != 1:
        raise Unclear("device", len(found))
    return found[0]


def _is(one: _Seen, typed: str) -> bool:
    return fits(typed, one.id, one.pseudonym, one.name)


def fits(typed: str, *names: str) -> bool:
    """Whether somebody means one of these; no name at all is meant by nobody."""
    return _plain(typed) in {_plain(name) for name in names if name}


def _plain(name: str) -> str:
    """Equal for what is equal but for capitals, commas and hyphens."""
    return " ".join(name.casefold().replace(",", " ").replace("-", " ").split())
