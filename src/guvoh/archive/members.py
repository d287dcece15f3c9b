"""Members and devices: asking to join, admitting, removing, new epochs, recovery, passphrases, the next format.

Each of these is control entries in this device's log, and key files beside them. A key file is written before the entry
that vouches for it, so that a process killed in between leaves a file that nobody believes, and that is removed later.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from guvoh.archive import control, forms
from guvoh.archive.batches import Batch
from guvoh.archive.control import (
    FIRST_FORMAT,
    FORMAT,
    OWNS,
    READS,
    Acceptance,
    Control,
    Device,
    KeyFiles,
    Member,
    Removal,
    Role,
    Upgrade,
    key_id,
)
from guvoh.archive.errors import CannotWrite, NotAllowed, OldFormat
from guvoh.archive.files import PART, make_private, read_file, remove, replace
from guvoh.archive.founding import epoch_of, key_files, member_of, new_epoch_keys, write_first_segment
from guvoh.archive.home import DeviceFile, Home
from guvoh.archive.keys import (
    NEXT,
    EpochKeys,
    MemberKeys,
    epoch_name,
    identity_name,
    sealed_epoch,
)
from guvoh.archive.merging import JOIN, write_newer_hint
from guvoh.archive.requests import BadRequest as BadRequest
from guvoh.archive.requests import Request, signed
from guvoh.archive.requests import fingerprint as fingerprint
from guvoh.archive.requests import read_request as read_request
from guvoh.archive.store import Archive, Folder
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Recipient
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.passphrases import DEFAULT_COST, Cost

_MOST_BYTES = 256 << 10
_CHEAP = Cost(memory=64, iterations=1, lanes=1)
"""For a secret of 256 random bits, which nobody guesses however cheap a guess is."""


def ask(
    path: Path, home_root: Path, passphrase: str, member: str | None = None, cost: Cost = DEFAULT_COST
) -> tuple[str, Path | None]:
    """Make this computer a device of the archive in `path`, for a member who is one already, or for a new one.

    member   whose passphrase it is; None makes a new member, who needs an owner's approval
    returns  the device, and the file with the request; no file where an owner has just admitted his own device
    """
    folder = Folder(path)
    home = Home(home_root, folder.id)
    if home.exists():
        raise NotAllowed(
            f"this computer is a device of archive {folder.id} already; to start anew here, `guvoh wipe` it first"
        )
    members = folder.membership()
    own = member is not None and members.role(member) is Role.OWNER
    if members.format == FIRST_FORMAT and not own:
        raise OldFormat
    lock = b""
    if member is None:
        keys = MemberKeys.generate()
        lock = folder.keys.locked(keys, passphrase, cost)
    else:
        if members.role(member) is None:
            raise NotAllowed(f"{member} is no member of this archive, or is one no more")
        name = identity_name(member)
        keys = folder.keys.open_member(
            member, passphrase, members.key_files.get(name), members.void_key_files.get(name)
        )
    key = SigningKey.generate()
    device = key_id("d", key.public)
    sealed = keys.identity.recipient.seal(key.seed)
    file = DeviceFile(archive=folder.id, member=keys.member, device=device, sealed_key=sealed, heads={})
    if own:
        said = Device(signer=keys.member, device=device, member=keys.member, verify=key.public.text)
        note = control.signed(said, folder.id, keys.signing)
        with _new_home(home, file):
            write_first_segment(path, folder.id, device, key, members.epoch, [note], form=members.format)
        return device, None
    request = Request(
        archive=folder.id,
        signer=keys.member,
        verify=keys.signing.public.text,
        recipient=keys.identity.recipient.text,
        device=device,
        device_verify=key.public.text,
        identity=forms.sha256(lock) if lock else "",
        lock=lock,
    )
    asked = path / JOIN / f"{device}.request"
    with _new_home(home, file):
        make_private(path / JOIN)
        replace(asked, signed(request, keys.signing))
    return device, asked


@contextlib.contextmanager
def _new_home(home: Home, device: DeviceFile) -> Iterator[None]:
    """This computer is a new device, if what tells the others of it succeeds."""
    try:
        home.save(device)
        yield
    except BaseException:
        shutil.rmtree(home.path, ignore_errors=True)
        raise


def request_file(folder: Folder, device: str) -> bytes:
    try:
        return read_file(folder.path / JOIN / f"{device}.request", _MOST_BYTES)
    except OSError:
        raise BadRequest(f"there is none of device {device}") from None


def admit(archive: Archive, note: bytes, role: Role | None) -> Request:
    """Admit a device; and its member in this role, if he is none yet. role: None for a member who is one already."""
    _require_owner(archive)
    request = read_request(note, archive.id)
    members = archive.members
    if request.signer in members.removed or request.device in members.removed:
        raise NotAllowed("that member or device was removed; ask for a request with new keys (`guvoh join` anew)")
    if request.device in members.devices:
        raise NotAllowed(f"device {request.device} is admitted already")
    known = members.members.get(request.signer)
    if known is None and (role is None or not request.lock):
        raise NotAllowed("this is a new member: say in which role, with --role")
    if role is Role.RECOVERY:
        raise NotAllowed("sheets for recovery are made with `guvoh recovery`")
    with _deciding(archive) as batch:
        files: dict[str, bytes] = {}
        if known is None:
            assert role is not None
            known = Member(
                signer=archive.member,
                member=request.signer,
                role=role,
                verify=request.verify,
                recipient=request.recipient,
            )
            batch.control(known)
            files[identity_name(request.signer)] = request.lock
            files |= _epoch_files(archive, known)
        batch.control(
            Device(
                signer=archive.member,
                device=request.device,
                member=request.signer,
                verify=request.device_verify,
            )
        )
        _vouch(archive, batch, files)
    remove(archive.path / JOIN / f"{request.device}.request")
    return request


def remove_member(archive: Archive, member: str) -> None:
    """A member is one no more; what is written from here on is sealed to keys that he has not."""
    _require_owner(archive)
    if archive.members.role(member) is None:
        raise NotAllowed(f"{member} is no member of this archive, or is one no more")
    if member == archive.member:
        raise NotAllowed("that is you; another owner has to do it, and to make the new key without you")
    if archive.members.role(member) is Role.OWNER and len(archive.members.with_roles([Role.OWNER])) == 1:
        raise NotAllowed("he is the last owner: admit another one first, else nobody could admit anybody any more")
    reads = archive.members.members[member].role in READS
    with _deciding(archive) as batch:
        batch.control(Removal(signer=archive.member, removed=member, logs=_sizes(archive)))
        if reads:
            _new_epoch(archive, batch, {member})
    give(archive)


def remove_device(archive: Archive, device: str) -> None:
    """A device is one no more. Its member stays one: if his passphrase may be known, remove him too."""
    _require_owner(archive)
    if not archive.members.in_force(device):
        raise NotAllowed(f"{device} is no device of this archive, or is one no more")
    if device == archive.device:
        raise NotAllowed("that is this very device; do it from another one")
    with archive.batch() as batch:
        batch.control(Removal(signer=archive.member, removed=device, logs=_sizes(archive)))


def accept(archive: Archive, log: str) -> int:
    """Take in what a removed device had added and what was kept apart. Returns how many entries that are."""
    _require_owner(archive)
    cut = archive.members.cut(log)
    if log not in archive.states or cut is None or archive.states[log].size <= cut:
        raise NotAllowed(f"nothing of log {log} is kept apart")
    size = archive.states[log].size
    with archive.batch() as batch:
        batch.control(Acceptance(signer=archive.member, log=log, size=size))
    return size - cut


def rotate(archive: Archive) -> None:
    """A new epoch: what is written from here on is sealed to new keys, given to those who are members today."""
    _require_owner(archive)
    with _deciding(archive) as batch:
        _new_epoch(archive, batch, set())


def give(archive: Archive) -> int:
    """Seal to each member the epochs that he has not been given and may have. Returns how many files that made.

    Two owners who admit and rotate at once each miss what the other did; the next of them to look mends it.
    """
    if archive.role not in OWNS or archive.members.format == FIRST_FORMAT:
        return 0
    missing = {
        name: _epoch_file(archive, name, secrets, member) for name, (member, secrets) in not_given(archive).items()
    }
    if missing:
        with _deciding(archive) as batch:
            _vouch(archive, batch, missing)
    return len(missing)


def tend(archive: Archive) -> list[str]:
    """What an owner's device mends without being asked, after others' entries came in; says what it did."""
    done = []
    if archive.role in OWNS and archive.members.format > FIRST_FORMAT:
        with archive.writing():
            swept = _sweep(archive)
        if swept:
            done.append(f"removed {swept} key files that nobody vouches for")
        if archive.members.uncovered:
            rotate(archive)
            done.append("made a new key, since a removed member held the one in use")
        given = give(archive)
        if given:
            done.append(f"gave members {given} keys that they had not been given")
    return done


def change_passphrase(archive: Archive, passphrase: str, cost: Cost) -> None:
    """Put this member's keys behind another passphrase. Copies of the old key file still open with the old one."""
    name = identity_name(archive.member)
    data = archive.keys.locked(archive.member_keys, passphrase, cost)
    if archive.members.format == FIRST_FORMAT:
        archive.keys.save(name, data)
        return
    archive.keys.save(name + NEXT, data)
    with archive.batch() as batch:
        batch.control(key_files({name: data}, archive.member, archive.members.next_key_number(archive.member)))
    with contextlib.suppress(CannotWrite):  # it is found beside its place too, and the next sync puts it there
        archive.keys.settle(name, forms.sha256(data))


def make_recovery(archive: Archive) -> tuple[str, bytes]:
    """Keys on paper: a member that is nobody. Returns its id, and the 32 bytes to be split onto sheets.

    Sheets that were made before are revoked: they open nothing that is written from here on.
    """
    _require_owner(archive)
    old = [member.member for member in archive.members.with_roles([Role.RECOVERY])]
    secret, keys = os.urandom(32), MemberKeys.generate()
    member = member_of(keys, Role.RECOVERY, archive.member)
    with _deciding(archive) as batch:
        for one in old:
            batch.control(Removal(signer=archive.member, removed=one, logs=_sizes(archive)))
        batch.control(member)
        files = {identity_name(keys.member): archive.keys.locked(keys, secret.hex(), _CHEAP)}
        files |= _epoch_files(archive, member)
        if old:
            files |= _new_epoch(archive, batch, set(old), also=[member])
        _vouch(archive, batch, files)
    return keys.member, secret


def revoke_recovery(archive: Archive) -> int:
    """The sheets that were made open nothing that is written from here on. Returns how many sets were in force."""
    _require_owner(archive)
    old = {member.member for member in archive.members.with_roles([Role.RECOVERY])}
    if old:
        with _deciding(archive) as batch:
            for one in sorted(old):
                batch.control(Removal(signer=archive.member, removed=one, logs=_sizes(archive)))
            _new_epoch(archive, batch, old)
    return len(old)


def recover(path: Path, home_root: Path, secret: bytes, passphrase: str, cost: Cost = DEFAULT_COST) -> str:
    """Come in with the sheets: a new member, an owner, with this computer as his device. Returns the member's id."""
    folder = Folder(path)
    home = Home(home_root, folder.id)
    if home.exists():
        raise NotAllowed(
            f"this computer is a device of archive {folder.id} already; move {home.path} away if it is of no use"
        )
    members = folder.membership()
    sheets = _sheets(folder, secret)
    new, key = MemberKeys.generate(), SigningKey.generate()
    device = key_id("d", key.public)
    member = member_of(new, Role.OWNER, sheets.member)
    files = {identity_name(new.member): folder.keys.locked(new, passphrase, cost)}
    for epoch in members.epochs.values():
        name = epoch_name(epoch.epoch, sheets.member)
        if name in members.key_files:
            secrets = folder.keys.open_epoch(epoch, sheets, Role.RECOVERY, members.key_files[name])
            files[epoch_name(epoch.epoch, new.member)] = sealed_epoch(secrets, member)
    said: list[Control] = [
        member,
        Device(signer=sheets.member, device=device, member=new.member, verify=key.public.text),
        key_files(files, sheets.member, 1 + members.key_number),
    ]
    sealed = new.identity.recipient.seal(key.seed)
    notes = [control.signed(one, folder.id, sheets.signing) for one in said]
    with _new_home(home, DeviceFile(archive=folder.id, member=new.member, device=device, sealed_key=sealed, heads={})):
        for name, data in files.items():
            folder.keys.save(name, data)
        write_first_segment(path, folder.id, device, key, members.epoch, notes)
    return new.member


def _sheets(folder: Folder, secret: bytes) -> MemberKeys:
    """The keys that the sheets open, whichever set they are of."""
    members = folder.membership()
    revoked = False
    for one, member in members.members.items():
        if member.role is Role.RECOVERY:
            try:
                found = folder.keys.open_member(one, secret.hex(), members.key_files.get(identity_name(one)))
            except GuvohError:  # another set's, or no file: the next one may be it
                continue
            if members.in_force(one):
                return found
            revoked = True
    why = (
        "were revoked" if revoked else "open nothing in this archive: they belong to another one, or its keys are gone"
    )
    raise NotAllowed(f"these sheets {why}")


def upgrade(archive: Archive) -> bool:
    """Bring an archive of format 1 to the present one. Nothing that is there changes. Returns whether it was needed."""
    _require_owner(archive, any_format=True)
    if archive.members.format == FORMAT:
        write_newer_hint(archive, archive.members)
        return False
    ids = archive.ids_secret
    with archive.batch() as batch:
        batch.control(Upgrade(signer=archive.member, format=FORMAT))
        here = {name: read_file(archive.keys.path / name, _MOST_BYTES) for name in archive.keys.names()}
        here |= _new_epoch(archive, batch, set(), ids=ids, vouch=False)
        _vouch(archive, batch, here)
    write_newer_hint(archive, archive.members)
    return True


@contextlib.contextmanager
def _deciding(archive: Archive) -> Iterator[Batch]:
    """A batch with key files. If it fails they are removed, and so are those of one that was killed before."""
    try:
        with archive.batch() as batch:
            _sweep(archive)
            yield batch
    except BaseException:
        with contextlib.suppress(GuvohError), archive.writing():
            _sweep(archive)
        raise


def _sweep(archive: Archive) -> int:
    """Remove key files that no entry vouches for. Returns how many there were. Only who holds the lock calls it."""
    if archive.members.format == FIRST_FORMAT or not archive.keys.path.is_dir():
        return 0
    members, keys = archive.members, archive.keys
    vouched = members.vouched
    stray = [name for name in keys.names() if name not in vouched]
    for path in keys.path.iterdir():
        name = path.name.removesuffix(NEXT)
        if path.name.endswith(PART) or (path.name != name and not keys.waits(name, members.right(name))):
            stray.append(path.name)
    for name in stray:
        remove(keys.path / name)
    return len(stray)


def _new_epoch(
    archive: Archive,
    batch: Batch,
    removed: set[str],
    *,
    also: list[Member] | None = None,
    ids: bytes | None = None,
    vouch: bool = True,
) -> dict[str, bytes]:
    """A new epoch, sealed to all members in force but those removed just now. Returns its key files."""
    members = archive.members
    secrets = new_epoch_keys(ids or archive.ids_secret)
    number = 1 + max(epoch.number for epoch in members.epochs.values())
    without = tuple(sorted({one for one in members.removed if one in members.members} | removed))
    epoch = epoch_of(secrets, archive.member, number, without)
    batch.control(epoch)
    in_force = [m for one, m in members.members.items() if members.in_force(one) and one not in removed]
    given = [*in_force, *(also or [])]
    files = {
        epoch_name(epoch.epoch, member.member): sealed_epoch(secrets, member)
        for member in given
        if secrets.of_role(member.role)
    }
    if vouch and also is None:
        _vouch(archive, batch, files)
    return files


def _may_have(archive: Archive, member: Member) -> Iterator[tuple[str, EpochKeys]]:
    """(name of the key file, secrets) of every epoch that this device has and a member's role may have."""
    for one, secrets in archive.opener.epochs.items():
        epoch = archive.members.epochs.get(one)
        if epoch is None:
            continue  # its maker was removed: to read with, not to be handed on
        # The one key of an epoch of format 1 opens identities too.
        may = bool(secrets.of_role(member.role)) if epoch.identities else member.role in control.READS_IDENTITIES
        if may:
            yield epoch_name(one, member.member), secrets


def not_given(archive: Archive) -> dict[str, tuple[Member, EpochKeys]]:
    """By the names of their key files, epochs that members in force may have and that nobody has given to them."""
    members = archive.members
    return {
        name: (member, secrets)
        for member in members.members.values()
        if members.in_force(member.member)
        for name, secrets in _may_have(archive, member)
        if name not in members.key_files
    }


def _epoch_files(archive: Archive, member: Member) -> dict[str, bytes]:
    """The epochs that this device has, sealed to a member as far as his role may have them."""
    return {name: _epoch_file(archive, name, secrets, member) for name, secrets in _may_have(archive, member)}


def _epoch_file(archive: Archive, name: str, secrets: EpochKeys, member: Member) -> bytes:
    of_format_1 = not archive.members.epochs[name.partition(".")[0]].identities
    return _as_format_1(secrets, member) if of_format_1 else sealed_epoch(secrets, member)


def _as_format_1(secrets: EpochKeys, member: Member) -> bytes:
    assert secrets.identities is not None
    return Recipient(member.recipient).seal(secrets.identities.text.encode())


def _vouch(archive: Archive, batch: Batch, files: dict[str, bytes]) -> None:
    """Write key files, and say in the batch that they are the right ones."""
    for name, data in files.items():
        archive.keys.save(name, data)
    if files:
        batch.control(_files(archive, files))


def _files(archive: Archive, files: dict[str, bytes]) -> KeyFiles:
    return key_files(files, archive.member, 1 + archive.members.key_number)


def _sizes(archive: Archive) -> tuple[tuple[str, int], ...]:
    """Every log as far as this device has seen it."""
    return tuple(sorted((log, archive.sound(log)) for log in archive.states if archive.states[log].size))


def _require_owner(archive: Archive, *, any_format: bool = False) -> None:
    if archive.role not in OWNS or not archive.members.in_force(archive.member):
        raise NotAllowed("only an owner of the archive can do that")
    if archive.members.format == FIRST_FORMAT and not any_format:
        raise OldFormat
