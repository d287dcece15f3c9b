"""Founding an archive: its first segment, with control entries alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from guvoh.archive import control, forms, segments
from guvoh.archive.control import (
    Control,
    Device,
    Epoch,
    Founding,
    KeyFiles,
    Member,
    Role,
    Settings,
    epoch_id,
    key_id,
    text_id,
)
from guvoh.archive.entries import leaf_hashes, preimage, salts
from guvoh.archive.errors import NotAnArchive, NotEmpty
from guvoh.archive.files import make_private, put, remove, restrict, write_part
from guvoh.archive.home import DeviceFile, Head, Home
from guvoh.archive.keys import EpochKeys, KeyFolder, MemberKeys, epoch_name, identity_name, sealed_epoch
from guvoh.archive.logs import Log, file_name
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Checkpoint, Clear, ControlEntry, Ring, Sealed
from guvoh.archive.store import HINT, Archive, write_hint
from guvoh.sealing.boxes import Identity, Recipient
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.padding import pad
from guvoh.sealing.passphrases import DEFAULT_COST, Cost


def found(path: Path, home_root: Path, passphrase: str, cost: Cost = DEFAULT_COST, delay: int | None = None) -> Archive:
    """Found an archive in a new or empty folder, with one member (an owner) and this device.

    delay  hours from asking for an erasure until it may be carried out; None for the default
    """
    _check_empty(path)
    make_private(path)
    restrict(path)
    keys, device_key, secrets = MemberKeys.generate(), SigningKey.generate(), new_epoch_keys(os.urandom(32))
    epoch = epoch_of(secrets, keys.member, number=0)
    founding = Founding(
        signer=keys.member,
        format=control.FORMAT,
        nonce=os.urandom(16).hex(),
        verify=keys.signing.public.text,
        epoch=epoch.epoch,
    )
    archive = text_id("a", control.text_of(founding).encode())
    home, folder = Home(home_root, archive), KeyFolder(path)
    member = member_of(keys, Role.OWNER, keys.member)
    device = key_id("d", device_key.public)
    files = {
        identity_name(keys.member): folder.locked(keys, passphrase, cost),
        epoch_name(epoch.epoch, keys.member): sealed_epoch(secrets, member),
    }
    entries: list[Control] = [
        founding,
        member,
        Device(signer=keys.member, device=device, member=keys.member, verify=device_key.public.text),
        epoch,
        key_files(files, keys.member, number=0),
    ]
    if delay is not None:
        entries.append(Settings(signer=keys.member, number=1, delay=delay, approvals=1))
    try:
        for name, data in files.items():
            folder.save(name, data)
        notes = [control.signed(entry, archive, keys.signing) for entry in entries]
        head = write_first_segment(path, archive, device, device_key, epoch, notes)
        sealed = keys.identity.recipient.seal(device_key.seed)
        home.save(
            DeviceFile(archive=archive, member=keys.member, device=device, sealed_key=sealed, heads={device: head})
        )
        make_private(path / "evidence")
        write_hint(path, archive, control.FORMAT)
    except BaseException:
        for made in (path / "keys", path / "logs", path / "evidence", home.path):
            shutil.rmtree(made, ignore_errors=True)
        remove(path / HINT)
        raise
    return Archive(path, home_root, passphrase)


def new_epoch_keys(ids: bytes) -> EpochKeys:
    return EpochKeys(nameless=Identity.generate(), identities=Identity.generate(), ids=ids)


def epoch_of(secrets: EpochKeys, signer: str, number: int, without: tuple[str, ...] = ()) -> Epoch:
    assert secrets.nameless is not None  # these are a full set, just made or an owner's
    assert secrets.identities is not None
    assert secrets.ids is not None
    recipient, identities = secrets.nameless.recipient.text, secrets.identities.recipient.text
    return Epoch(
        signer=signer,
        epoch=epoch_id(recipient, identities),
        recipient=recipient,
        identities=identities,
        ids=forms.sha256(secrets.ids),
        number=number,
        without=without,
    )


def member_of(keys: MemberKeys, role: Role, signer: str) -> Member:
    return Member(
        signer=signer,
        member=keys.member,
        role=role,
        verify=keys.signing.public.text,
        recipient=keys.identity.recipient.text,
    )


def key_files(files: dict[str, bytes], signer: str, number: int) -> KeyFiles:
    return KeyFiles(
        signer=signer, number=number, files=tuple(sorted((name, forms.sha256(data)) for name, data in files.items()))
    )


def _check_empty(path: Path) -> None:
    try:
        taken = path.exists() and (not path.is_dir() or any(path.iterdir()))
    except OSError as error:
        raise NotAnArchive(path, f"it cannot be read ({error.strerror})") from None
    if taken:
        raise NotEmpty(path)


def write_first_segment(
    path: Path, archive: str, device: str, key: SigningKey, epoch: Epoch, notes: list[bytes], form: int = control.FORMAT
) -> Head:
    """The first segment of a log, with control entries that admit its own device."""
    leaves = [preimage(salt, b"\n", note) for note, salt in zip(notes, salts(), strict=False)]
    hashes = leaf_hashes(leaves)
    frontier = Frontier()
    frontier.extend(hashes)
    log = Log(path, device)
    make_private(log.path)
    clear = Clear(
        archive=archive,
        log=device,
        first=0,
        count=len(hashes),
        epoch=epoch.epoch,
        control=tuple(ControlEntry(at=at, leaf=leaf) for at, leaf in enumerate(leaves)),
    )
    sealed = Sealed(Recipient(epoch.recipient).seal(pad(forms.written(Ring()))), b"", [])
    head = Checkpoint(size=frontier.size, root=frontier.root())
    final = log.path / file_name(0)
    put(write_part(final, segments.written(clear, hashes, sealed, key, head, form=form)), final)
    return Head(size=frontier.size, edge=tuple(frontier.edge))
