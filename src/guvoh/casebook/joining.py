"""Coming to an archive: asking to join it, coming in with sheets, another passphrase. Before any desk is opened."""

from __future__ import annotations

from pathlib import Path

from guvoh.archive import members as membership
from guvoh.archive.control import Role
from guvoh.archive.errors import NotAllowed
from guvoh.archive.home import Home, default_home
from guvoh.archive.merging import JOIN
from guvoh.archive.store import Archive, Folder
from guvoh.casebook.answers import Value
from guvoh.casebook.colleagues import fits, present, pseudonyms, this_device
from guvoh.casebook.commands import WeakPassphrase
from guvoh.casebook.staff import spoken
from guvoh.errors import GuvohError
from guvoh.sealing.passphrases import DEFAULT_COST, LEAST_COST, Cost
from guvoh.words.passphrases import weakness

# --- as a device, of a new member or of one who is one


class Joined(Value, frozen=True, kw_only=True):
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
    device = this_device(Home(default_home(), folder.id))
    if device is None:
        return None
    try:
        note = membership.request_file(folder, device.device)
    except membership.BadRequest:
        return None
    answered = device.device in folder.membership(damage=False).devices
    return None if answered else _joined(folder, device.device, note, again=True)


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
    names = pseudonyms(members)
    there = [(one.member, names[one.member]) for one in present(members)]
    for one, name in there:
        if fits(typed, one, name):
            return one
    known = ", ".join(f"{name} is {one}" for one, name in there)
    raise NotAllowed(f"--member names a member by role and number or by id, and there is none such: {known}")


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


# --- as a new owner, with sheets


class Recovered(Value, frozen=True, kw_only=True):
    member: str
    cheap: bool


def recover(path: Path, secret: bytes, passphrase: str, memory_mib: int | None = None) -> Recovered:
    """Come in with the sheets, as a new owner on this computer."""
    _check_strong(passphrase)
    cost = _cost(memory_mib)
    try:
        member = membership.recover(path, default_home(), secret, passphrase, cost)
    except NotAllowed as problem:
        raise NotAllowed(f"{problem}{_later_sheets(path) if 'revoked' in problem.why else ''}") from None
    return Recovered(member=member, cheap=cost.memory < LEAST_COST.memory)


def _later_sheets(path: Path) -> str:
    """What to do in the place of revoked sheets. The day of later ones is sealed to members."""
    if Folder(path).membership(damage=False).with_roles([Role.RECOVERY]):
        return "; later ones are in force in this copy: find two with a later day on them"
    return "; no others are in force in this copy: an owner admits you (`guvoh join`)"


# --- another passphrase


class SamePassphrase(GuvohError):
    """A new passphrase that is none."""

    def __init__(self) -> None:
        super().__init__("the new passphrase is the one that you had: nothing was changed; choose another")


def change_passphrase(path: Path, old: str, new: str, memory_mib: int | None = None) -> bool:
    """Put this member's keys behind another passphrase; returns whether that is cheap to guess.

    memory_mib  what one guess costs; None: as much as until now
    Raises SamePassphrase where it is no other, and costs as much as until now.
    """
    _check_strong(new)
    archive = Archive(path, default_home(), old)
    cost = archive.keys.cost(archive.member) or DEFAULT_COST
    before = cost
    if memory_mib is not None:
        cost = _cost(memory_mib)
    if new == old and cost == before:
        raise SamePassphrase
    membership.change_passphrase(archive, new, cost)
    return cost.memory < LEAST_COST.memory
