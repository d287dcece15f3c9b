"""Who is known to have what: how far other devices have said to be, which backups exist, what is nowhere else."""

from __future__ import annotations

import contextlib

import msgspec

from guvoh.archive.home import DeviceFile
from guvoh.archive.logs import Log
from guvoh.archive.membership import Membership
from guvoh.archive.segments import Checkpoint
from guvoh.archive.store import Archive, Folder
from guvoh.casebook.answers import Nothing
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.standing import standing
from guvoh.records.custody import Backup

BOOKKEEPING = ("backup", "session")
"""Kinds of records that are written about copies and sessions after the fact, and hold nothing of the work."""


# --- what devices have


def seen_by(folder: Folder, known: Membership, device: str) -> dict[str, int]:
    """How far each log went when a device last wrote, by its own word: what it has at the least.

    Nothing for a device that nobody has admitted, or of which nothing has come here.
    """
    found = _last_checkpoint(folder, known, device)
    if found is None:
        return {}
    return {device: found.size} | {log: size for log, size, _ in found.seen}


def _last_checkpoint(folder: Folder, known: Membership, device: str) -> Checkpoint | None:
    """The one that says most: where packing was interrupted, the last file does not hold it."""
    key, log = known.verify_key(device), Log(folder.path, device)
    if key is None:
        return None
    last: Checkpoint | None = None
    for _, path in reversed(log.paths()):
        with contextlib.suppress(FileNotFoundError):  # packed by another process meanwhile
            found = log.read(path, boxes=False).check_checkpoint(key)
            if found is not None and (last is None or found.size > last.size):
                last = found
        if last is not None and last.size >= _committed(folder, device):
            break
    return last


def _committed(folder: Folder, device: str) -> int:
    """How far a log is known to go: 0 where nobody has opened the archive, and any checkpoint has to do."""
    return folder.states[device].size if isinstance(folder, Archive) and device in folder.states else 0


def seen_elsewhere(folder: Folder, known: Membership, device: str) -> int:
    """How many entries of this device's log another device in force has said to have."""
    others = [one for one in known.devices if one != device and known.in_force(one)]
    return max((seen_by(folder, known, one).get(device, 0) for one in others), default=0)


# --- backups


def backups(desk: Desk) -> list[tuple[str, Backup]]:
    """(device on which it was made, record) of each backup that nobody has said to be gone, the oldest first."""
    found = {record.id: (device, record) for device, record in standing(desk, Backup)}
    return sorted(found.values(), key=lambda made: (made[1].at, made[1].id))


# --- what is nowhere else


class OnlyHere(msgspec.Struct, frozen=True, kw_only=True):
    """entries: of this device, that no other device and no backup is known to have."""

    entries: int


@needs(Need.NOTHING)
def only_here(desk: Desk, request: Nothing, tell: Tell) -> OnlyHere:
    """Whether what this device has written is known to be anywhere else. What is only bookkeeping does not count."""
    archive = desk.archive
    known, size = elsewhere(desk), archive.states[archive.device].size
    (about,) = desk.index.db.execute(
        "SELECT count(*) FROM records WHERE log = ? AND position >= ? AND kind IN (?, ?)",
        (archive.device, known, *BOOKKEEPING),
    ).fetchone()
    return OnlyHere(entries=max(0, size - known - about))


def elsewhere(desk: Desk) -> int:
    """How many entries of this device's log another device in force, or a backup, is known to have."""
    archive = desk.archive
    heads = [backup.heads.get(archive.device, 0) for _, backup in backups(desk)]
    return max(seen_elsewhere(archive, archive.members, archive.device), *heads, 0)


def unseen(folder: Folder, device: DeviceFile) -> int:
    """How many entries of this computer's device no other has said to have, bookkeeping included; needs no key.

    Raises what is wrong with the folder.
    """
    known = folder.membership(damage=False)
    key = known.verify_key(device.device)
    own = Log(folder.path, device.device).state(key, None).size if key is not None else 0
    head = device.heads.get(device.device)
    return max(0, max(own, head.size if head else 0) - seen_elsewhere(folder, known, device.device))
