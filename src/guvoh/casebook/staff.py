"""Who works on an archive and with which computers: members, devices, joining, leaving, sheets for recovery, losses.

What is asked of an opened archive is a use case; what comes before this computer is a device, or after its keys are
gone, is a plain function. Members are shown by their labels to members' eyes, and by pseudonyms in all that leaves.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from guvoh.archive import members as membership
from guvoh.archive.control import READS, READS_IDENTITIES, Role
from guvoh.archive.entries import Entry
from guvoh.archive.errors import CannotWrite, NotAllowed, UnknownDevice
from guvoh.archive.home import Home, default_home
from guvoh.archive.logs import Log
from guvoh.archive.membership import Membership
from guvoh.archive.merging import JOIN, waiting
from guvoh.archive.rewriting import thin_out
from guvoh.archive.segments import Checkpoint
from guvoh.archive.store import Archive, Folder
from guvoh.casebook import index
from guvoh.casebook.answers import Nothing, Terms
from guvoh.casebook.commands import WeakPassphrase
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.rights import Need, needs
from guvoh.errors import GuvohError
from guvoh.records.base import Answer, now
from guvoh.records.codec import AnyRecord, checked_bytes, from_bytes, subjects_of
from guvoh.records.custody import Backup, Label
from guvoh.records.decisions import Consent, Correction
from guvoh.records.sources import Receipt
from guvoh.sealing import shares
from guvoh.sealing.passphrases import DEFAULT_COST, LEAST_COST, Cost
from guvoh.values.ids import new_id
from guvoh.words.passphrases import weakness, words_of

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
_SHEETS, _NEEDED = 3, 2
_COLUMNS = 3
_NUMBERED = re.compile(r"(?<!\w)(\d{1,2})[.):]?\s+([^\W\d_]+)")
_BOOKKEEPING = ("backup", "session")
"""Kinds of records that are written about copies and sessions after the fact, and hold nothing of the work."""
_INDEX_FILES = ("index.db", "index.salt")


class _Value(msgspec.Struct, frozen=True, kw_only=True):
    pass


# --- who there is


class DeviceSeen(_Value, frozen=True, kw_only=True):
    """One computer of a member.

    entries     of its log, as far as they are here; apart: of these, those that are kept apart since it was removed
    seen        how many entries of the others' logs it had when it last wrote; of: how many of them are here
    """

    id: str
    pseudonym: str
    name: str
    here: bool
    in_force: bool
    entries: int
    apart: int
    seen: int
    of: int


class MemberSeen(_Value, frozen=True, kw_only=True):
    id: str
    pseudonym: str
    name: str
    role: str
    you: bool
    in_force: bool
    devices: tuple[DeviceSeen, ...]


class Asking(_Value, frozen=True, kw_only=True):
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


class Sheets(_Value, frozen=True, kw_only=True):
    """A set of sheets for recovery that is in force. made: the day, where it is known to this member."""

    id: str
    made: str


class Staff(_Value, frozen=True, kw_only=True):
    members: tuple[MemberSeen, ...]
    waiting: tuple[Asking, ...]
    sheets: tuple[Sheets, ...]


class Unclear(GuvohError):
    """A name that fits no member or device, or several. The message does not repeat it."""

    def __init__(self, what: str, found: int) -> None:
        self.what, self.found = what, found
        how = f"no {what} of this archive is called that" if not found else f"{found} {what}s are called that"
        super().__init__(f"{how}; `guvoh member list` shows their ids, and an id always fits")


@needs(Need.NOTHING)
def staff(desk: Desk, request: Nothing, tell: Tell) -> Staff:
    """Members and their devices, past ones too; who waits to be admitted; the sheets in force."""
    archive = desk.archive
    members, names, calls = archive.members, _names(desk), pseudonyms(archive.members)
    return Staff(
        members=tuple(
            MemberSeen(
                id=one,
                pseudonym=calls[one],
                name=names.get(one, ""),
                role=member.role.value,
                you=one == archive.member,
                in_force=members.in_force(one),
                devices=tuple(_devices(archive, one, calls[one], names)),
            )
            for one, member in members.members.items()
            if member.role is not Role.RECOVERY
        ),
        waiting=tuple(_waiting(archive)),
        sheets=tuple(
            Sheets(id=member.member, made=names.get(member.member, ""))
            for member in members.with_roles([Role.RECOVERY])
        ),
    )


def pseudonyms(members: Membership) -> dict[str, str]:
    """What members are called in all that leaves: the role, and a number by the order in which they were admitted.

    It changes only for those whom two owners admitted at once, each without knowing of the other.
    """
    people = [member for member in members.members.values() if member.role is not Role.RECOVERY]
    people.sort(key=lambda member: (members.admitted.get(member.member, 0), member.member))
    return {member.member: f"{member.role.value.replace('-', ' ')} {number}" for number, member in enumerate(people, 1)}


def _devices(archive: Archive, member: str, pseudonym: str, names: dict[str, str]) -> Iterator[DeviceSeen]:
    mine = [device for device, found in archive.members.devices.items() if found.member == member]
    for number, device in enumerate(mine, 1):
        size = archive.states[device].size if device in archive.states else 0
        others = {log: archive.states[log].size for log in archive.states if log != device}
        seen = others if device == archive.device else known_to(archive, device)
        yield DeviceSeen(
            id=device,
            pseudonym=f"{pseudonym} device {number}",
            name=names.get(device, ""),
            here=device == archive.device,
            in_force=archive.members.in_force(device),
            entries=size,
            apart=size - archive.accepted(device) if device in archive.states else 0,
            seen=sum(min(size, seen.get(log, 0)) for log, size in others.items()),
            of=sum(others.values()),
        )


def known_to(archive: Archive, device: str) -> dict[str, int]:
    """How far each log went when this device last wrote, by its own word: what it has at the least."""
    found = _last_checkpoint(archive, device)
    if found is None:
        return {}
    return {device: found.size} | {log: size for log, size, _ in found.seen}


def _last_checkpoint(archive: Archive, device: str) -> Checkpoint | None:
    key = archive.members.verify_key(device)
    log, last = Log(archive.path, device), None
    for _, path in reversed(log.paths()) if key is not None else ():
        assert key is not None
        found = log.read(path, boxes=False).check_checkpoint(key)
        if found is not None and (last is None or found.size > last.size):
            last = found
        if last is not None and last.size >= archive.states[device].size:
            break
    return last


def _names(desk: Desk) -> dict[str, str]:
    """Labels in force. Of several that two people gave at once the one that is later by its clock is shown."""
    rows = desk.index.db.execute(
        "SELECT about, name FROM label WHERE id NOT IN (SELECT old FROM correction) ORDER BY at, id"
    )
    return dict(rows.fetchall())


def member_called(seen: Staff, typed: str) -> MemberSeen:
    """The member with this id, pseudonym or label. Raises Unclear."""
    found = [one for one in seen.members if _fits(typed, one.id, one.pseudonym, one.name)]
    if len(found) > 1:  # one who is a member today goes before those who were
        found = [one for one in found if one.in_force] or found
    if len(found) != 1:
        raise Unclear("member", len(found))
    return found[0]


def device_called(seen: Staff, typed: str) -> tuple[MemberSeen, DeviceSeen]:
    """The device with this id, pseudonym or label; that of a member who has one alone goes by his name too."""
    every = [(member, device) for member in seen.members for device in member.devices]
    found = [pair for pair in every if _fits(typed, pair[1].id, pair[1].pseudonym, pair[1].name)]
    if not found:
        found = [pair for pair in every if _fits(typed, pair[0].id, pair[0].pseudonym, pair[0].name)]
    if len(found) > 1:
        found = [pair for pair in found if pair[1].in_force] or found
    if len(found) != 1:
        raise Unclear("device", len(found))
    return found[0]


def _fits(typed: str, *names: str) -> bool:
    """Whether somebody means one of these; no name at all is meant by nobody."""
    return _plain(typed) in {_plain(name) for name in names if name}


def _plain(name: str) -> str:
    """Equal for what is equal but for capitals, commas and hyphens."""
    return " ".join(name.casefold().replace(",", " ").replace("-", " ").split())


# --- admitting


class Look(_Value, frozen=True, kw_only=True):
    """A request to join, as a file somebody brought, or by the id of the device that has left it in the archive."""

    device: str = ""
    note: bytes = b""


class Admit(_Value, frozen=True, kw_only=True):
    """role: of a new member; "" for a device of one who is a member already. name: what he is to be called here."""

    note: bytes
    role: str = ""
    name: str = ""


class Admitted(_Value, frozen=True, kw_only=True):
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
    """Who asks to be admitted, and the words to compare. Raises BadRequest."""
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
    if asking.role and request.role not in ("", asking.role):
        raise NotAllowed(
            f"this member is {asking.role} already, and roles do not change: remove him, and he joins anew in another"
        )
    old = _labels_of(desk, [membership.read_request(request.note, desk.archive.id).signer])
    found = membership.admit(desk.archive, request.note, Role(request.role) if request.role else None)
    if request.name:
        _call(desk, found.signer, request.name, old)
    desk.catch_up(tell)
    role = desk.archive.members.members[found.signer].role
    return Admitted(member=found.signer, device=found.device, role=role.value, new=not asking.role)


# --- names, removals, what was kept apart


class Named(_Value, frozen=True, kw_only=True):
    """id: of a member or a device."""

    id: str
    name: str = ""


class Removed(_Value, frozen=True, kw_only=True):
    """role: what the removed member was. rekeyed: whether a new key is in use from here on."""

    role: str
    rekeyed: bool


class Accepted(_Value, frozen=True, kw_only=True):
    entries: int


@needs(Need.DECIDES)
def call(desk: Desk, request: Named, tell: Tell) -> Nothing:
    """Give a member or a device a name, for members' eyes."""
    members = desk.archive.members
    if request.id not in members.members and request.id not in members.devices:
        raise Unclear("member or device", 0)
    _call(desk, request.id, request.name, _labels_of(desk, [request.id]))
    desk.catch_up(tell)
    return Nothing()


def _labels_of(desk: Desk, ids: Sequence[str]) -> list[str]:
    """The labels that these have now."""
    rows = desk.index.db.execute("SELECT id, about FROM label WHERE id NOT IN (SELECT old FROM correction) ORDER BY id")
    return [label for label, about in rows if about in ids]


def _call(desk: Desk, about: str, name: str, old: Sequence[str]) -> None:
    """A label in the place of those before it."""
    who, at = desk.archive.member, now()
    label = Label(id=new_id("b"), by=who, at=at, about=about, name=" ".join(name.split()))
    records: list[AnyRecord] = [label]
    records += [Correction(id=new_id("c"), by=who, at=at, old=one, new=label.id) for one in old]
    with desk.archive.batch() as batch:
        for record in records:
            batch.add(Entry(subjects_of(record), checked_bytes(record)))


@needs(Need.OWNS)
def remove_member(desk: Desk, request: Named, tell: Tell) -> Removed:
    """A member is one no more; a new key is made where he could read."""
    before = desk.archive.members.epoch.epoch
    role = desk.archive.members.role(request.id)
    membership.remove_member(desk.archive, request.id)
    desk.catch_up(tell)
    assert role is not None  # else it was refused
    return Removed(role=role.value, rekeyed=desk.archive.members.epoch.epoch != before)


@needs(Need.OWNS)
def remove_device(desk: Desk, request: Named, tell: Tell) -> Removed:
    """A device is one no more; its member stays one."""
    found = desk.archive.members.devices.get(request.id)
    membership.remove_device(desk.archive, request.id)
    desk.catch_up(tell)
    assert found is not None
    return Removed(role=desk.archive.members.members[found.member].role.value, rekeyed=False)


@needs(Need.OWNS)
def accept(desk: Desk, request: Named, tell: Tell) -> Accepted:
    """Take in what a removed device had added and what was kept apart since."""
    entries = membership.accept(desk.archive, request.id)
    desk.catch_up(tell)
    return Accepted(entries=entries)


# --- sheets for recovery


class Printed(_Value, frozen=True, kw_only=True):
    """Three sheets, any two of which open everything that was written while they are in force."""

    sheets: tuple[str, ...]
    made: str


class Revoked(_Value, frozen=True, kw_only=True):
    sets: int


@needs(Need.OWNS)
def make_recovery(desk: Desk, request: Nothing, tell: Tell) -> Printed:
    """Make sheets; those that were made before open nothing that is written from here on."""
    made = date.today()
    member, secret = membership.make_recovery(desk.archive)
    _call(desk, member, made.isoformat(), [])
    desk.catch_up(tell)
    return Printed(sheets=tuple(printed(shares.split(secret, _NEEDED, _SHEETS), made)), made=made.isoformat())


@needs(Need.OWNS)
def revoke_recovery(desk: Desk, request: Nothing, tell: Tell) -> Revoked:
    """The sheets that there are open nothing that is written from here on."""
    sets = membership.revoke_recovery(desk.archive)
    desk.catch_up(tell)
    return Revoked(sets=sets)


def printed(sheets: Sequence[str], made: date) -> Iterator[str]:
    """Sheets as they go on paper: they do not say what they are for, and hold no word of the list but the numbered."""
    for number, text in enumerate(sheets, 1):
        words = text.split()
        rows = -(-len(words) // _COLUMNS)
        wide = max(map(len, words)) + 6
        lines = [
            "".join(f"{at:>4}  {words[at - 1]:<{wide}}" for at in range(row, len(words) + 1, rows)).rstrip()
            for row in range(1, rows + 1)
        ]
        head = f"sheet {number} of {len(sheets)}    {made.isoformat()}"
        use = "Two of the three give it back; one by itself gives nothing. Each goes to another house."
        yield "\n".join([head, "", *lines, "", use, ""])


def sheet_words(text: str) -> str:
    """The words of a sheet as typed or scanned: in the order of their numbers where they are numbered."""
    numbered = {int(number): word for number, word in _NUMBERED.findall(text)}
    if len(numbered) in shares.WORDS_OF.values() and sorted(numbered) == list(range(1, len(numbered) + 1)):
        return " ".join(numbered[at] for at in sorted(numbered))
    return text


def check_sheet(text: str) -> None:
    """Raise BadSheet where one sheet by itself is not a good one."""
    with contextlib.suppress(shares.TooFewSheets):
        shares.joined([sheet_words(text)])


def secret_of(sheets: Sequence[str]) -> bytes:
    """What the sheets give back. Raises BadSheet or TooFewSheets."""
    return shares.joined([sheet_words(text) for text in sheets])


class Recovered(_Value, frozen=True, kw_only=True):
    member: str
    cheap: bool


def recover(path: Path, secret: bytes, passphrase: str, memory_mib: int | None = None) -> Recovered:
    """Come in with the sheets, as a new owner on this computer."""
    _check_strong(passphrase)
    cost = _cost(memory_mib)
    member = membership.recover(path, default_home(), secret, passphrase, cost)
    return Recovered(member=member, cheap=cost.memory < LEAST_COST.memory)


# --- joining


class Joined(_Value, frozen=True, kw_only=True):
    """This computer, as it has asked to be a device of an archive.

    request  the file that an owner is to be given; None where this device is admitted already
    words    what is read aloud to him
    again    it had asked before
    """

    archive: str
    device: str
    request: str | None
    words: str = ""
    new_member: bool = False
    again: bool = False
    cheap: bool = False


def asked_before(path: Path) -> Joined | None:
    """The request that this computer has made and nobody has answered yet."""
    folder = Folder(path)
    try:
        device = Home(default_home(), folder.id).load()
        note = membership.request_file(folder, device.device)
    except (UnknownDevice, membership.BadRequest):
        return None
    if device.device in folder.membership(damage=False).devices:
        return None
    return _joined(folder, device.device, note, again=True)


def _joined(folder: Folder, device: str, note: bytes, *, again: bool = False, cheap: bool = False) -> Joined:
    return Joined(
        archive=folder.id,
        device=device,
        request=str(folder.path / JOIN / f"{device}.request"),
        words=spoken(note),
        new_member=bool(membership.read_request(note, folder.id).lock),
        again=again,
        cheap=cheap,
    )


def joining_member(path: Path, typed: str) -> str:
    """The id of a member by id or pseudonym: no label is readable before this computer has a key. Raises NotAllowed."""
    members = Folder(path).membership()
    calls = {one: name for one, name in pseudonyms(members).items() if members.in_force(one)}
    found = [one for one, name in calls.items() if _fits(typed, one, name)]
    if not found:
        there = ", ".join(f"{name} is {one}" for one, name in calls.items())
        raise NotAllowed(f"--member names a member by role and number or by id, and there is none such: {there}")
    return found[0]


def join(path: Path, passphrase: str, member: str | None, memory_mib: int | None = None) -> Joined:
    """Make this computer a device of an archive: of a member, whose passphrase it is, or of a new one.

    An owner's own device is admitted at once; any other by an owner.
    """
    if member is None:
        _check_strong(passphrase)
    cost, folder = _cost(memory_mib), Folder(path)
    device, asked = membership.ask(path, default_home(), passphrase, member, cost)
    if asked is None:
        return Joined(archive=folder.id, device=device, request=None)
    cheap = member is None and cost.memory < LEAST_COST.memory
    return _joined(folder, device, membership.request_file(folder, device), cheap=cheap)


def _cost(memory_mib: int | None) -> Cost:
    """memory_mib: what one guess costs, in MiB of memory; None for the default."""
    return DEFAULT_COST if memory_mib is None else Cost(memory=memory_mib * 1024)


def _check_strong(passphrase: str) -> None:
    why = weakness(passphrase)
    if why is not None:
        raise WeakPassphrase(why)


# --- another passphrase


def change_passphrase(path: Path, old: str, new: str, memory_mib: int | None = None) -> bool:
    """Put this member's keys behind another passphrase; returns whether that is cheap to guess.

    memory_mib  what one guess costs; None: as much as until now
    """
    _check_strong(new)
    archive = Archive(path, default_home(), old)
    cost = archive.keys.cost(archive.member) or DEFAULT_COST
    if memory_mib is not None:
        cost = _cost(memory_mib)
    membership.change_passphrase(archive, new, cost)
    return cost.memory < LEAST_COST.memory


# --- leaving a computer without its keys


class OnlyHere(_Value, frozen=True, kw_only=True):
    """entries: of this device, that no other device and no backup is known to have."""

    entries: int


class Still(_Value, frozen=True, kw_only=True):
    """What is still on the disk. place: under the archive's folder, or in GUVOH_HOME."""

    what: str
    place: str
    files: int
    size: int


class Left(_Value, frozen=True, kw_only=True):
    """keys, evidence: files removed; segments: cut down to their commitments."""

    keys: int
    evidence: int
    segments: int
    still: tuple[Still, ...]


@needs(Need.NOTHING)
def only_here(desk: Desk, request: Nothing, tell: Tell) -> OnlyHere:
    """Whether what this device has written is known to be anywhere else."""
    archive = desk.archive
    others = [d for d in archive.members.devices if d != archive.device and archive.members.in_force(d)]
    sizes = [known_to(archive, device).get(archive.device, 0) for device in others]
    sizes += [backup.heads.get(archive.device, 0) for backup in _backups(desk)]
    known, size = max(sizes, default=0), archive.states[archive.device].size
    (about,) = desk.index.db.execute(
        "SELECT count(*) FROM records WHERE log = ? AND position >= ? AND kind IN (?, ?)",
        (archive.device, known, *_BOOKKEEPING),
    ).fetchone()
    return OnlyHere(entries=max(0, size - known - about))


def _backups(desk: Desk) -> Iterator[Backup]:
    """Copies that were made and that nobody has said to be gone."""
    for record in _of_kind(desk, "backup"):
        if isinstance(record, Backup):
            yield record


def leave(path: Path, *, commitments_only: bool = False) -> Left:
    """Remove this member's key files and the index from this computer; with `commitments_only` all that is sealed too.

    Killed on the way it is simply done again: the keys go first.
    """
    folder = Folder(path)
    home = Home(default_home(), folder.id)
    member = home.load().member
    with home.writing():
        keys = _remove(_with_name(folder.keys.path, member))
        index.delete(home.path / _INDEX_FILES[0])
        _remove([home.path / name for name in _INDEX_FILES])
        evidence = segments = 0
        if commitments_only:
            evidence = _remove(_files(folder.evidence.path))
            segments = _thin(folder)
    return Left(keys=keys, evidence=evidence, segments=segments, still=tuple(_still(folder, home)))


def _thin(folder: Folder) -> int:
    count = 0
    for log in folder.logs():
        _remove(log.parts())
        for _, path in log.paths():
            if not log.read(path, boxes=False).thin:
                thin_out(log, path)
                count += 1
    return count


def _with_name(place: Path, part: str) -> list[Path]:
    """Files that have this in their names, whatever their ending: an unfinished key file holds a key too."""
    return [path for path in _files(place) if part in path.name]


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if not path.is_dir()) if place.is_dir() else []


def _remove(paths: Sequence[Path]) -> int:
    """Returns how many of them there were."""
    count = 0
    for path in paths:
        try:
            path.unlink()
            count += 1
        except FileNotFoundError:
            continue
        except OSError as error:
            raise CannotWrite(path.parent, error.strerror or "not allowed") from None
    return count


def _still(folder: Folder, home: Home) -> Iterator[Still]:
    """Everything that lies there, by kind: nothing is left unsaid."""
    kinds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for log in folder.logs():
        for _, path in log.paths():
            what = "commitments alone" if log.read(path, boxes=False).thin else "sealed entries"
            kinds[what, "logs/"].append(path.stat().st_size)
    places = (("sealed originals", "evidence"), ("keys of other members, sealed", "keys"), ("requests to join", JOIN))
    for what, name in places:
        kinds[what, f"{name}/"] += [path.stat().st_size for path in _files(folder.path / name)]
    for path in _files(folder.path):
        kinds["which archive this is, and its format", path.name].append(path.stat().st_size)
    for path in _files(home.path):
        kinds[_AT_HOME.get(path.name, "kept beside the archive"), str(path)].append(path.lstat().st_size)
    for (what, place), sizes in kinds.items():
        if sizes:
            yield Still(what=what, place=place, files=len(sizes), size=sum(sizes))


_AT_HOME = {
    "device.json": "that this computer is a device of the archive; its key, sealed to the member",
    "writing": "an empty file, the lock of whoever writes",
    "seen.json": "when erasures were first met here",
    "session.log": "what was looked at here, sealed to the member",
}


# --- a device that is lost


class PersonOn(_Value, frozen=True, kw_only=True):
    """A person who was readable on a lost device, for the eyes of who has to warn him.

    certain  the device is known to have had it; else it may have come later, by a sync of which nothing is known
    """

    mention: str
    source: str
    name: str
    birth: str
    safe_contact: tuple[str, ...]
    unsafe_contact: tuple[str, ...]
    certain: bool


class SourceOn(_Value, frozen=True, kw_only=True):
    """people: how many its rows and entered mentions are; 0 where nobody has entered who is named in it."""

    id: str
    terms: Terms
    title: str
    people: int
    certain: bool


class Lost(_Value, frozen=True, kw_only=True):
    """What a lost device held, in the order in which people are to be warned.

    reads      "everything", "what names nobody" or "nothing": what its member's role lets him open
    known, of  entries that it is known to have had, of those that are here
    consent    persons who gave a consent, or stand in sources under `consent`; then internal; then published lists
    originals  file names of what was added on it: they may lie on it unsealed, whatever its member can open
    unerased   erasures that it has not confirmed: what they name may still be on it
    memory     MiB that one guess at its member's passphrase costs; 0 where that is not known
    """

    device: str
    member: str
    role: str
    reads: str
    known: int
    of: int
    consent: tuple[PersonOn, ...]
    internal: tuple[PersonOn, ...]
    sources: tuple[SourceOn, ...]
    originals: tuple[str, ...]
    colleagues: tuple[str, ...]
    unerased: int
    memory: int


@needs(Need.IDENTITIES)
def device_lost(desk: Desk, request: Named, tell: Tell) -> Lost:
    """Who was on a device, and whom to warn first. That it was asked is kept."""
    archive = desk.archive
    found = archive.members.devices.get(request.id)
    if found is None:
        raise Unclear("device", 0)
    known = known_to(archive, request.id)
    member = archive.members.members[found.member]
    cost = archive.keys.cost(found.member)
    sources = tuple(_sources_on(desk, known))
    consent, internal = _persons_on(desk, known)
    shown = [source.id for source in sources if source.terms is not Terms.PUBLIC]
    shown += [person.mention for person in consent if person.source not in shown]
    desk.opened(shown, f"device {request.id} is lost")
    names, calls = _names(desk), pseudonyms(archive.members)
    return Lost(
        device=request.id,
        member=found.member,
        role=member.role.value,
        reads=_readable(member.role),
        known=sum(min(size, archive.states[log].size) for log, size in known.items() if log in archive.states),
        of=sum(state.size for state in archive.states.values()),
        consent=tuple(consent),
        internal=tuple(internal),
        sources=sources,
        originals=tuple(_added_on(desk, request.id)),
        colleagues=tuple(
            f"{calls[one]}{f': {names[one]}' if one in names else ''}"
            for one in calls
            if one != found.member and archive.members.in_force(one)
        ),
        unerased=sum(not one.refused and request.id not in one.confirmed for one in archive.members.erasures.values()),
        memory=cost.memory >> 10 if cost else 0,
    )


def _readable(role: Role) -> str:
    if role in READS_IDENTITIES:
        return "everything"
    return "what names nobody" if role in READS else "nothing"


_ORDER = (Terms.CONSENT, Terms.INTERNAL, Terms.PUBLIC)
"""Who is warned first: those who spoke to us, those whom we wrote about, those whose names others published."""


def _sources_on(desk: Desk, known: dict[str, int]) -> list[SourceOn]:
    counts = dict(desk.index.db.execute("SELECT source, count(*) FROM mentions GROUP BY source").fetchall())
    files = {receipt.source: receipt.file_name for _, receipt in _receipts(desk)}
    rows = desk.index.db.execute("SELECT id, terms, title, log, position FROM sources ORDER BY log, position")
    found = [
        SourceOn(
            id=source,
            terms=Terms(terms),
            title=title or files.get(source, ""),
            people=counts.get(source, 0),
            certain=position < known.get(log, 0),
        )
        for source, terms, title, log, position in rows
    ]
    return sorted(found, key=lambda one: (_ORDER.index(one.terms), not one.certain))


def _persons_on(desk: Desk, known: dict[str, int]) -> tuple[list[PersonOn], list[PersonOn]]:
    """Persons under a consent, or in sources that are used by consent; persons in working material.

    Of a person whom one consent names in several places the first mention stands for all.
    """
    consents = [record for record in _of_kind(desk, "consent") if isinstance(record, Consent)]
    about: dict[str, list[Consent]] = defaultdict(list)
    for consent in consents:
        for mention in consent.about:
            about[mention].append(consent)
    groups: dict[Terms, dict[str, PersonOn]] = {Terms.CONSENT: {}, Terms.INTERNAL: {}}
    for row in _mentions(desk, every=bool(about)):
        given = about.get(row.id, [])
        terms = Terms.CONSENT if given else Terms(row.terms or Terms.INTERNAL)
        if terms is Terms.PUBLIC:
            continue
        one = given[0].about[0] if given else row.id
        person = _person(row, given, row.position < known.get(row.log, 0))
        before = groups[terms].get(one)
        groups[terms][one] = person if before is None or person.certain > before.certain else before
    return _in_order(groups[Terms.CONSENT]), _in_order(groups[Terms.INTERNAL])


def _in_order(persons: dict[str, PersonOn]) -> list[PersonOn]:
    """First who is known to have been on it, and of those first whom we know how to reach."""
    return sorted(persons.values(), key=lambda one: (not one.certain, not one.safe_contact))


class _Row(NamedTuple):
    id: str
    source: str
    name: str | None
    birth: str | None
    log: str
    position: int
    terms: str | None


def _mentions(desk: Desk, *, every: bool) -> Iterator[_Row]:
    """Mentions of sources that are not public; or all of them, since a consent can be about any."""
    which = "" if every else " WHERE s.terms IS NULL OR s.terms <> 'public'"
    rows = desk.index.db.execute(
        "SELECT m.id, m.source, m.name, m.birth, m.log, m.position, s.terms FROM mentions m"  # noqa: S608
        f" LEFT JOIN sources s ON s.id = m.source{which} ORDER BY m.n"
    )
    return map(_Row._make, rows)


def _person(row: _Row, consents: Sequence[Consent], certain: bool) -> PersonOn:
    return PersonOn(
        mention=row.id,
        source=row.source,
        name=row.name or "",
        birth=row.birth or "",
        safe_contact=_said(consent.safe_contact for consent in consents),
        unsafe_contact=_said(consent.unsafe_contact for consent in consents),
        certain=certain,
    )


def _said(answers: Iterable[Answer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer for answer in answers if isinstance(answer, str)))


def _added_on(desk: Desk, device: str) -> list[str]:
    """Names of the files that were added on this device."""
    return list(dict.fromkeys(receipt.file_name for log, receipt in _receipts(desk) if log == device))


def _receipts(desk: Desk) -> Iterator[tuple[str, Receipt]]:
    for log, record in _stored(desk, "receipt"):
        if isinstance(record, Receipt):
            yield log, record


def _of_kind(desk: Desk, kind: str) -> Iterator[AnyRecord]:
    return (record for _, record in _stored(desk, kind))


def _stored(desk: Desk, kind: str) -> Iterator[tuple[str, AnyRecord]]:
    """(log, record) of every record of this kind that no other has taken the place of."""
    places = desk.index.db.execute(
        "SELECT log, position FROM records WHERE kind = ? AND id NOT IN (SELECT old FROM correction)"
        " ORDER BY log, position",
        (kind,),
    )
    for log, position in places.fetchall():
        yield log, from_bytes(desk.archive.entry(log, position).body)
