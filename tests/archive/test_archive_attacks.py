"""What a member with a modified program, or a thief of his keys, tries against the others; each came from an audit."""

from __future__ import annotations

import struct
from pathlib import Path

import msgspec
import pytest
from several import Laptop, joins, team
from small import QUICK

from guvoh.archive import forms, members
from guvoh.archive.control import Control, Epoch, Erasure, KeyFiles, Refusal, Role, Upgrade, epoch_id
from guvoh.archive.entries import Entry
from guvoh.archive.errors import NewerFormat
from guvoh.archive.founding import new_epoch_keys
from guvoh.archive.keys import identity_name
from guvoh.archive.segments import Clear, Ring, RingBox, Sealed, written
from guvoh.sealing.padding import pad


def says(who: Laptop, *said: Control) -> None:
    with who.open().batch() as batch:
        for one in said:
            batch.control(one)


def settled(*laptops: Laptop) -> None:
    """All that each has comes to all."""
    for _ in range(2):
        for one in laptops:
            for other in laptops:
                if one is not other:
                    one.take(other.folder())


def test_a_member_s_enormous_number_ends_nobody_s_key_management(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    me = idris.open().member
    digest = idris.open().members.key_files[identity_name(me)]
    says(idris, KeyFiles(signer=me, number=1 << 40, files=((identity_name(me), digest),)))
    settled(amina, idris)

    members.remove_member(amina.open(), me)
    nadia = joins(amina, "nadia", Role.EDITOR)
    amina.add(b"written after")
    nadia.take(amina.folder())

    assert b"written after" in nadia.bodies()
    assert b"written after" in amina.bodies()
    members.change_passphrase(amina.open(), "another few words", QUICK)
    assert members_of(amina, "another few words")


def members_of(laptop: Laptop, passphrase: str) -> bool:
    laptop.passphrase = passphrase
    return bool(laptop.bodies())


def test_an_owner_can_shut_nobody_out_by_what_he_says_of_others_keys(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    boris = joins(amina, "boris", Role.OWNER)
    me = boris.open().member
    others = sorted(name for name in amina.open().members.key_files if me not in name)
    wrong = tuple((name, "0" * 64) for name in others)
    says(boris, KeyFiles(signer=me, number=amina.open().members.key_number + 1, files=wrong))
    settled(amina, idris, boris)

    assert b"hers" in amina.bodies()
    assert b"hers" in idris.bodies()
    members.remove_member(amina.open(), me)


def test_an_epoch_that_only_its_maker_can_open_is_not_written_to_by_others(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    boris = joins(amina, "boris", Role.OWNER)
    archive = boris.open()
    secrets = new_epoch_keys(archive.ids_secret)
    assert secrets.nameless is not None
    assert secrets.identities is not None
    assert secrets.ids is not None
    one, two = secrets.nameless.recipient.text, secrets.identities.recipient.text
    latest = archive.members.epoch.number + 1
    epoch = Epoch(
        signer=archive.member,
        epoch=epoch_id(one, two),
        recipient=one,
        identities=two,
        ids=forms.sha256(secrets.ids),
        number=latest,
    )
    says(boris, epoch, msgspec.structs.replace(epoch, number=1 << 40))
    settled(amina, idris, boris)

    amina.add(b"still for all")
    idris.take(amina.folder())

    assert b"still for all" in idris.bodies()
    assert amina.open().writing_epoch != epoch.epoch


def test_an_upgrade_by_somebody_who_was_removed_stops_nobody(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    boris = joins(amina, "boris", Role.OWNER)
    members.remove_member(amina.open(), boris.open().member)
    with pytest.raises(NewerFormat):  # his own program does not know such a format either
        says(boris, Upgrade(signer=boris.open().member, format=999))

    amina.take(boris.folder())
    idris.take(amina.folder())
    idris.take(boris.folder())

    assert b"hers" in amina.bodies()
    assert b"his" in idris.bodies()


def test_a_segment_that_does_not_open_keeps_nobody_from_the_rest(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    seal_rubbish(idris)
    settled(amina, idris)

    archive = amina.open()
    assert b"hers" in amina.bodies()
    assert b"his" in amina.bodies()  # what he had written before
    list(archive.entries())
    assert set(archive.broken) == {idris.open().device}
    members.remove_member(archive, idris.open().member)
    size = dict(amina.open().members.removals[0][0].logs)[idris.open().device]
    assert size == archive.broken[idris.open().device][0]


def seal_rubbish(laptop: Laptop) -> None:
    """A batch that is signed as it should be, and whose box holds no entries."""
    archive = laptop.open()
    with archive.batch() as batch:
        batch.add(Entry((), b"a true entry"))
    path = archive.own.paths()[-1][1]
    segment = archive.own.read(path)
    _, identities = archive.recipients(segment.clear.epoch)
    box = identities.seal(pad(struct.pack(">I", 7)))
    ring = Ring(boxes=(RingBox(key="", at=((segment.clear.first, segment.clear.count),)),))
    sealed = Sealed(segment.ring, identities.seal(pad(forms.written(ring))), [box])
    clear: Clear = segment.clear
    pieces = written(clear, segment.leaf_hashes(), sealed, archive.device_key, segment.checkpoint)
    path.write_bytes(b"".join(pieces))


def test_who_was_removed_grants_himself_no_erasure(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    boris = joins(amina, "boris", Role.OWNER)
    members.remove_member(amina.open(), boris.open().member)
    everything = ((amina.open().device, 0, 1 << 30),)
    says(
        boris,
        Erasure(signer=boris.open().member, at="2026-01-01T00:00:00Z", why="other", erased=everything),
    )
    settled(amina, idris, boris)

    for laptop in (amina, idris):
        assert not laptop.open().members.erased
        assert b"hers" in laptop.bodies()


def test_an_erasure_of_all_that_could_ever_be_keeps_nobody_from_opening(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    everything = ((amina.open().device, 0, 1 << 40),)
    says(idris, Erasure(signer=idris.open().member, at="2026-01-01T00:00:00Z", why="other", erased=everything))
    settled(amina, idris)

    archive = amina.open()
    assert archive.view != ""
    assert list(archive.members.unused) == list(everything)
    assert b"hers" not in amina.bodies()  # until an owner refuses it
    (asked,) = archive.members.erasures
    says(amina, Refusal(signer=archive.member, decision=asked))
    assert b"hers" in amina.bodies()


@pytest.mark.parametrize("where", ["logs/d-aaaaaaaaaaaaaaaaaaaa", "logs/other"])
def test_rubbish_in_a_log_of_nobody_keeps_nobody_from_opening(tmp_path: Path, where: str) -> None:
    amina, idris, _ = team(tmp_path)
    (amina.path / where).mkdir()
    (amina.path / where / "000000000000.seg").write_bytes(b"guvoh segment 2\nrubbish")

    assert b"hers" in amina.bodies()
    idris.take(amina.folder())
    assert amina.verify().problems != []
