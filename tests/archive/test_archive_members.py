"""Members and devices join, are compared, admitted and removed; and each opens what his role allows, and no more."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from several import Laptop, asks, founder, joins, opens, reads, stick, team
from small import PASSPHRASE, QUICK, bodies

from guvoh.archive import control, members, requests, rewriting
from guvoh.archive.control import Device, KeyFiles, Member, Removal, Role
from guvoh.archive.entries import NAMELESS, Entry
from guvoh.archive.errors import Damaged, MissingKey, NotAllowed, NotYetAdmitted, TwoHistories, UnknownDevice
from guvoh.archive.founding import member_of
from guvoh.archive.home import Home
from guvoh.archive.keys import MemberKeys, identity_name
from guvoh.archive.members import BadRequest
from guvoh.archive.merging import pull, start_copy
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import verify
from guvoh.sealing.notes import SigningKey, opened
from guvoh.sealing.passphrases import WrongPassphrase


@pytest.fixture
def amina(tmp_path: Path) -> Laptop:
    return founder(tmp_path)


# --- joining


def test_a_member_joins_once_an_owner_has_compared_and_admitted_the_request(amina: Laptop) -> None:
    amina.add(b"before")
    idris, note = asks(amina, "idris")
    (name,) = (idris.path / "join").iterdir()
    assert members.fingerprint(name.read_bytes()) == members.fingerprint(note)

    members.admit(amina.open(), note, Role.EDITOR)
    pull(idris.folder(), amina.folder())
    assert idris.bodies() == [b"before"]
    assert idris.open().role is Role.EDITOR
    assert not list((idris.path / "join").iterdir())


def test_a_new_member_who_has_not_been_admitted_yet_is_told_so(amina: Laptop) -> None:
    idris, _ = asks(amina, "idris")
    with pytest.raises(NotYetAdmitted):
        idris.open()


def test_every_byte_of_a_request_changes_its_fingerprint_or_is_refused(amina: Laptop) -> None:
    _, note = asks(amina, "idris")
    archive = amina.open()
    for at in range(0, len(note), 7):
        edited = note[:at] + bytes([note[at] ^ 1]) + note[at + 1 :]
        assert members.fingerprint(edited) != members.fingerprint(note)
        with pytest.raises(BadRequest):
            members.admit(archive, edited, Role.EDITOR)
    for end in range(0, len(note), 101):
        with pytest.raises(BadRequest):
            members.admit(archive, note[:end], Role.EDITOR)
    assert list(amina.open().members.members) == [archive.member]


def test_a_request_with_another_key_in_it_is_no_request_of_its_signer(amina: Laptop) -> None:
    """Somebody on the way puts his own keys into a request, and signs it with them: its fingerprint is another."""
    idris, note = asks(amina, "idris")
    request = members.read_request(note, idris.folder().id)
    mallory = SigningKey.generate()
    forged: dict[str, dict[str, Any]] = {
        "a member's id": {"verify": mallory.public.text},
        "a device's key": {"device_verify": mallory.public.text},
        "a lock": {"lock": b"another"},
        "an archive": {"archive": "a-aaaaaaaaaaaaaaaaaaaa"},
        "no recipient": {"recipient": "age1nonsense"},
    }
    for change in forged.values():
        said = msgspec.structs.replace(request, **change)
        with pytest.raises(BadRequest):
            members.admit(amina.open(), requests.signed(said, mallory), Role.EDITOR)


def test_a_request_signed_by_its_member_with_a_key_that_seals_nothing_is_refused(amina: Laptop) -> None:
    vera, note = asks(amina, "vera")
    request = members.read_request(note, amina.folder().id)
    keys = vera.folder().keys  # her own key file is in the request, not in the folder
    vera_keys = MemberKeys.generate()
    said = msgspec.structs.replace(
        request, signer=vera_keys.member, verify=vera_keys.signing.public.text, recipient="age1nonsense"
    )
    signed = requests.signed(said, vera_keys.signing)
    for role in (Role.EDITOR, Role.WRITER, Role.REPLICA):
        with pytest.raises(BadRequest):
            members.admit(amina.open(), signed, role)
    assert keys.names() == amina.folder().keys.names()


@pytest.mark.parametrize("lock", [b"no key file", b"{}", bytes(100_000)])
def test_a_request_whose_key_file_nobody_could_open_again_is_refused(amina: Laptop, lock: bytes) -> None:
    _, note = asks(amina, "vera")
    keys = MemberKeys.generate()
    said = msgspec.structs.replace(
        members.read_request(note, amina.folder().id),
        signer=keys.member,
        verify=keys.signing.public.text,
        lock=lock,
        identity=sha256(lock).hexdigest(),
    )
    signed = requests.signed(said, keys.signing)
    with pytest.raises(BadRequest):
        members.admit(amina.open(), signed, Role.REPLICA)
    assert len(amina.open().members.members) == 1


def test_a_request_to_another_archive_is_refused(amina: Laptop, tmp_path: Path) -> None:
    _, note = asks(founder(tmp_path / "elsewhere"), "idris")
    with pytest.raises(BadRequest, match="another archive"):
        members.admit(amina.open(), note, Role.EDITOR)


def test_a_request_that_was_answered_is_answered_once_and_not_again_after_a_removal(amina: Laptop) -> None:
    _, note = asks(amina, "idris")
    request = members.admit(amina.open(), note, Role.EDITOR)
    with pytest.raises(NotAllowed, match="admitted already"):
        members.admit(amina.open(), note, Role.EDITOR)
    members.remove_member(amina.open(), request.signer)
    with pytest.raises(NotAllowed, match="was removed"):
        members.admit(amina.open(), note, Role.OWNER)
    assert amina.open().members.role(request.signer) is None


def test_only_an_owner_admits_and_a_new_member_needs_a_role(amina: Laptop) -> None:
    idris = joins(amina, "idris", Role.EDITOR)
    _, note = asks(amina, "vera")
    with pytest.raises(NotAllowed, match="only an owner"):
        members.admit(idris.open(), note, Role.READER)
    with pytest.raises(NotAllowed, match="in which role"):
        members.admit(amina.open(), note, None)
    with pytest.raises(NotAllowed, match="sheets"):
        members.admit(amina.open(), note, Role.RECOVERY)


def test_an_owner_admits_his_second_laptop_himself_and_an_editor_asks(amina: Laptop) -> None:
    idris = joins(amina, "idris", Role.EDITOR)
    owner = amina.open().member
    second, note = asks(amina, "second", owner, PASSPHRASE)
    assert note == b""
    second.add(b"from her second laptop")
    amina.take(second.folder())
    assert amina.bodies() == [b"from her second laptop"]

    third, note = asks(amina, "third", idris.open().member, idris.passphrase)
    with pytest.raises(NotYetAdmitted):
        third.open()
    members.admit(amina.open(), note, None)
    pull(third.folder(), amina.folder())
    third.add(b"from his second laptop")
    assert sorted(third.bodies()) == [b"from her second laptop", b"from his second laptop"]
    assert third.open().member == idris.open().member


def test_a_wrong_passphrase_makes_no_device(amina: Laptop) -> None:
    with pytest.raises(WrongPassphrase):
        asks(amina, "second", amina.open().member, "another passphrase altogether")
    assert len(list((amina.path / "logs").iterdir())) == 1


def test_a_copied_folder_without_its_home_is_a_new_device_and_its_entries_merge(amina: Laptop) -> None:
    amina.add(b"original")
    copy = Laptop(amina.root, "copy")
    start_copy(amina.folder(), copy.path)
    pull(copy.folder(), amina.folder())
    with pytest.raises(UnknownDevice):
        copy.open()
    members.ask(copy.path, copy.home, PASSPHRASE, amina.open().member, QUICK)
    copy.add(b"on the copy")
    amina.add(b"on the original")
    amina.take(copy.folder())
    copy.take(amina.folder())
    assert copy.open().device != amina.open().device
    for laptop in (amina, copy):
        assert sorted(laptop.bodies()) == [b"on the copy", b"on the original", b"original"]
        assert laptop.verify().problems == []


def test_a_computer_that_is_a_device_already_does_not_ask_twice(amina: Laptop) -> None:
    with pytest.raises(NotAllowed, match="already"):
        members.ask(amina.path, amina.home, PASSPHRASE, amina.open().member, QUICK)


def test_one_device_key_on_two_machines_is_found_with_a_proof_and_nothing_is_taken(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    twin = amina.copy("twin")
    amina.add(b"one history")
    twin.add(b"another history")
    before = {laptop.name: laptop.bodies() for laptop in (amina, twin, idris)}

    brought = amina.take(twin.folder())
    assert brought.entries == {}
    (caught,) = brought.histories
    assert caught.log == amina.open().device
    key = amina.open().members.verify_key(caught.log)
    assert key is not None
    texts = [opened(note, key, control.note_name(amina.folder().id, caught.log)) for note in caught.proof]
    sizes = [text.splitlines()[1] for text in texts]
    assert len(texts) == 2
    assert sizes[0] == sizes[1]
    assert texts[0].splitlines()[2] != texts[1].splitlines()[2]

    idris.take(amina.folder())
    caught_by_idris = idris.take(twin.folder()).histories
    assert [one.log for one in caught_by_idris] == [caught.log]
    assert isinstance(caught_by_idris[0], TwoHistories)
    assert amina.bodies() == before["amina"]
    assert twin.bodies() == before["twin"]
    assert sorted(idris.bodies()) == sorted([*before["idris"], b"one history"])
    assert pull(copy, twin.folder()).histories == []
    assert [one.log for one in pull(copy, amina.folder()).histories] == [caught.log]


def test_two_histories_of_different_length_are_found_whichever_side_is_longer(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    twin = amina.copy("twin")
    amina.add(b"one")
    for more in (b"another", b"and more", b"and more still"):
        twin.add(more)
    assert [one.log for one in amina.take(twin.folder()).histories] == [amina.open().device]
    assert [one.log for one in twin.take(amina.folder()).histories] == [amina.open().device]
    assert sorted(amina.bodies()) == [b"hers", b"his", b"one"]


# --- roles


IN_WHICH_ROLES = {
    b"about somebody": {Role.OWNER, Role.EDITOR, Role.READER},
    b"names nobody": {Role.OWNER, Role.EDITOR, Role.READER, Role.READER_WITHOUT_IDENTITIES},
    b"in a source": {Role.OWNER, Role.EDITOR, Role.READER},
    b"the original of a source": {Role.OWNER, Role.EDITOR, Role.READER},
}


@pytest.mark.parametrize(
    "role",
    [Role.OWNER, Role.EDITOR, Role.READER, Role.READER_WITHOUT_IDENTITIES, Role.WRITER, Role.REPLICA],
)
def test_each_role_opens_what_it_may_and_no_more_and_verifies_everything(amina: Laptop, role: Role) -> None:
    amina.add(b"about somebody")
    amina.add_source(b"in a source", original=b"the original of a source")
    amina.add(b"names nobody", key=NAMELESS)
    other = joins(amina, "other", role)
    amina.add(b"names nobody, said later", key=NAMELESS)
    amina.add(b"about somebody, said later")
    other.take(amina.folder())

    may = {said for said, roles in IN_WHICH_ROLES.items() if role in roles}
    found = reads(other)
    for said in IN_WHICH_ROLES:
        assert (said in found) == (said in may), said
    assert (b"about somebody, said later" in found) == (b"about somebody" in may)
    if role in control.READS:
        assert {one for one in other.bodies() if one in IN_WHICH_ROLES} == may - {b"the original of a source"}
    assert other.verify().problems == []
    assert verify(other.folder(), {}).problems == []


@pytest.mark.parametrize("role", [Role.WRITER, Role.REPLICA])
def test_who_writes_or_holds_without_reading_finds_none_of_200_canaries(amina: Laptop, role: Role) -> None:
    canaries = [f"canary-{number:03d}-of-many".encode() for number in range(200)]

    def add(laptop: Laptop, some: list[bytes]) -> None:
        with laptop.open().batch() as batch:
            key = batch.source_key()
            batch.evidence(b"\n".join(some), len(b"\n".join(some)), key)
            for number, body in enumerate(some):
                batch.add(Entry((), body, ("", NAMELESS, key)[number % 3]))

    add(amina, canaries[:80])
    other = joins(amina, "other", role)
    members.rotate(amina.open())
    add(amina, canaries[80:120])
    other.take(amina.folder())
    if role is Role.WRITER:
        add(other, canaries[120:160])
        amina.take(other.folder())
    add(amina, canaries[160:])
    other.take(amina.folder())

    found = reads(other)
    home = b"".join(file.read_bytes() for file in other.home.rglob("*") if file.is_file())
    assert [one for one in canaries if one in found or one in home] == []
    assert other.verify().problems == []
    written = canaries if role is Role.WRITER else canaries[:120] + canaries[160:]
    assert sorted(amina.bodies()) == sorted(written)
    readable = reads(amina)
    assert all(one in readable for one in written)


def test_a_writer_adds_and_packs_nothing(amina: Laptop) -> None:
    writer = joins(amina, "writer", Role.WRITER)
    for number in range(3):
        writer.add(b"testimony %d" % number)
    with pytest.raises(NotAllowed, match="cannot pack"):
        rewriting.pack(writer.open(), least=2)
    amina.take(writer.folder())
    assert amina.bodies() == [b"testimony 0", b"testimony 1", b"testimony 2"]


def test_a_reader_without_identities_is_given_no_key_to_them_in_any_epoch(amina: Laptop) -> None:
    reader = joins(amina, "reader", Role.READER_WITHOUT_IDENTITIES)
    members.rotate(amina.open())
    reader.take(amina.folder())
    keys = reader.open().opener.epochs.values()
    assert len(keys) == 2
    assert all(one.nameless is not None and one.identities is None and one.ids is None for one in keys)


def test_what_an_editor_says_about_members_takes_no_effect_and_is_told(amina: Laptop) -> None:
    idris = joins(amina, "idris", Role.EDITOR)
    archive = idris.open()
    mallory = MemberKeys.generate()
    said: list[Callable[[], control.Control]] = [
        lambda: member_of(mallory, Role.OWNER, archive.member),
        lambda: Device(
            signer=archive.member,
            device=control.key_id("d", mallory.signing.public),
            member=archive.member,
            verify=mallory.signing.public.text,
        ),
        lambda: Removal(signer=archive.member, removed=amina.open().member, logs=()),
    ]
    for one in said:
        with archive.batch() as batch:
            batch.control(one())
    amina.take(idris.folder())
    found = amina.open().members
    assert mallory.member not in found.members
    assert found.removed == frozenset()
    assert len(found.refused) == 3
    assert len([why for where, why in amina.verify().problems if where == "logs"]) == 3


# --- removal


def test_what_a_removed_member_adds_later_is_kept_apart_until_an_owner_takes_it_in(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    log = idris.open().device
    members.remove_member(amina.open(), idris.open().member)
    idris.add(b"late one", b"late two")
    amina.take(idris.folder())
    assert b"late one" not in amina.bodies()
    verified = amina.verify()
    assert verified.problems == []
    assert [(state.log, state.apart) for state in verified.logs if state.apart] == [(log, 2)]

    assert members.accept(amina.open(), log) == 2
    assert sorted(amina.bodies()) == [b"hers", b"his", b"late one", b"late two"]
    idris.add(b"later still")
    amina.take(idris.folder())
    assert b"later still" not in amina.bodies()
    with pytest.raises(NotAllowed, match="kept apart"):
        members.accept(amina.open(), amina.open().device)


def test_the_cut_is_what_the_remover_had_seen_not_what_came_later(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    idris.add(b"unseen before the removal")
    archive = amina.open()
    members.remove_member(archive, idris.open().member)
    (removal,) = [one for one, _, _ in amina.open().members.removals]
    assert dict(removal.logs)[idris.open().device] == archive.states[idris.open().device].size
    amina.take(idris.folder())
    assert b"his" in amina.bodies()
    assert b"unseen before the removal" not in amina.bodies()


def test_a_removed_member_reads_what_he_could_and_nothing_written_later(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    members.remove_member(amina.open(), idris.open().member)
    amina.add(b"after he left", b"and more")
    amina.add_source(b"a source after", original=b"its original")
    amina.add(b"nameless after", key=NAMELESS)
    keys = reads(idris)
    assert b"hers" in keys
    idris.take(amina.folder())
    found = reads(idris)
    for said in (b"after he left", b"and more", b"a source after", b"its original", b"nameless after"):
        assert said not in found
    assert b"hers" in found
    assert b"hers" in idris.bodies()
    assert amina.verify().problems == []


def test_nobody_removes_himself_or_the_last_owner_or_the_device_in_his_hands(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    archive = amina.open()
    for by, removed in (
        (archive, archive.member),
        (idris.open(), archive.member),
        (archive, "m-aaaaaaaaaaaaaaaaaaaa"),
    ):
        with pytest.raises(NotAllowed):
            members.remove_member(by, removed)
    with pytest.raises(NotAllowed):
        members.remove_device(archive, archive.device)
    assert amina.open().members.removed == frozenset()


def test_a_device_is_removed_and_its_member_stays(amina: Laptop) -> None:
    owner = amina.open().member
    second, _ = asks(amina, "second", owner, PASSPHRASE)
    second.add(b"before it was lost")
    amina.take(second.folder())
    members.remove_device(amina.open(), second.open().device)
    second.add(b"by whoever found it")
    amina.take(second.folder())
    assert amina.bodies() == [b"before it was lost"]
    assert amina.open().members.role(owner) is Role.OWNER
    assert amina.verify().problems == []


def both_owners(tmp_path: Path) -> tuple[Laptop, Laptop]:
    amina = founder(tmp_path)
    other = joins(amina, "other", Role.OWNER)
    other.add(b"from the other owner")
    amina.take(other.folder())
    amina.add(b"from the founder")
    other.take(amina.folder())
    return amina, other


def meet(one: Laptop, two: Laptop) -> None:
    """Until neither has anything new for the other: what they mend for each other is brought too."""
    for _ in range(3):
        for laptop, from_whom in ((one, two), (two, one)):
            laptop.take(from_whom.folder())
            members.tend(laptop.open())
    one.take(two.folder())


def test_two_owners_who_rotate_at_once_read_each_other_all_the_same(tmp_path: Path) -> None:
    amina, other = both_owners(tmp_path)
    members.rotate(amina.open())
    members.rotate(other.open())
    amina.add(b"under one key")
    other.add(b"under another key")
    meet(amina, other)
    for laptop in (amina, other):
        assert {b"under one key", b"under another key"} <= set(laptop.bodies())
        assert laptop.verify().problems == []
    assert amina.open().members.epoch == other.open().members.epoch
    assert len(amina.open().members.epochs) == 3


def test_owners_who_admit_and_rotate_at_once_both_keep_their_newcomers_able_to_read(tmp_path: Path) -> None:
    amina, other = both_owners(tmp_path)
    idris = joins(amina, "idris", Role.EDITOR)
    members.rotate(other.open())
    vera = joins(other, "vera", Role.READER)
    other.add(b"under the new key")
    amina.add(b"under the old key")
    meet(amina, other)
    for laptop in (idris, vera):
        laptop.take(amina.folder())
        assert {b"under the new key", b"under the old key"} <= set(laptop.bodies())
        assert laptop.verify().problems == []


def test_a_member_who_was_not_given_an_epoch_yet_reads_up_to_it_and_the_rest_when_it_comes(tmp_path: Path) -> None:
    amina, other = both_owners(tmp_path)
    idris = joins(amina, "idris", Role.EDITOR)
    members.rotate(other.open())
    other.add(b"under a key he was not given")
    idris.take(other.folder())
    assert b"under a key he was not given" not in idris.bodies()
    assert b"from the founder" in idris.bodies()
    meet(amina, other)
    idris.take(amina.folder())
    assert b"under a key he was not given" in idris.bodies()


def test_of_two_owners_who_remove_each_other_the_senior_stays(tmp_path: Path) -> None:
    amina, other = both_owners(tmp_path)
    founder_id, other_id = amina.open().member, other.open().member
    members.remove_member(amina.open(), other_id)
    members.remove_member(other.open(), founder_id)
    amina.add(b"written by the one who stays")
    amina.take(other.folder())
    other.take(amina.folder())
    for laptop in (amina, other):
        found = laptop.open().members
        assert found.role(founder_id) is Role.OWNER
        assert found.role(other_id) is None
        assert other_id in found.epoch.without
    members.tend(amina.open())
    assert amina.open().members.uncovered == []
    assert b"written by the one who stays" not in reads(other)


def test_the_removed_owner_s_new_key_is_not_used_after_his_removal(tmp_path: Path) -> None:
    amina, other = both_owners(tmp_path)
    members.remove_member(amina.open(), other.open().member)
    members.rotate(other.open())
    members.rotate(other.open())
    amina.take(other.folder())
    amina.add(b"after the removal")
    other.take(amina.folder())
    assert b"after the removal" not in reads(other)
    assert b"after the removal" in amina.bodies()
    # A key that she reads with, of what is no epoch any more: the doctor, too, asks who may have which.
    assert (
        amina.open().opener.epochs.keys() - amina.open().members.epochs.keys()
    )  # hers to read with, no epoch any more
    assert members.not_given(amina.open()) == {}


def test_key_files_put_there_by_hand_or_taken_away_are_told(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    (amina.path / "keys" / "m-aaaaaaaaaaaaaaaaaaaa.identity").write_bytes(b"{}")
    assert amina.verify().problems == []
    assert any("keys/m-aaaaaaaaaaaaaaaaaaaa.identity" in notice for notice in amina.verify().notices)
    own = next(idris.path.glob(f"keys/{idris.open().member}.identity"))
    own.unlink()
    with pytest.raises(MissingKey):
        idris.open()
    idris_folder = idris.folder()
    assert pull(idris_folder, amina.folder()).keys == 1
    assert b"hers" in idris.bodies()


# --- passphrases


def test_a_changed_passphrase_opens_and_the_old_one_does_not(amina: Laptop) -> None:
    amina.add(b"kept")
    members.change_passphrase(amina.open(), "another set of words", QUICK)
    with pytest.raises(WrongPassphrase):
        amina.open()
    amina.passphrase = "another set of words"
    assert amina.bodies() == [b"kept"]
    assert amina.verify().problems == []


def test_an_old_key_file_put_back_is_damage_that_any_holder_sees(amina: Laptop) -> None:
    name = amina.path / "keys" / f"{amina.open().member}.identity"
    old = name.read_bytes()
    members.change_passphrase(amina.open(), "another set of words", QUICK)
    name.write_bytes(old)
    for passphrase in (PASSPHRASE, "another set of words"):
        with pytest.raises(Damaged, match="an older one"):
            amina.open(passphrase)
    assert [where for where, _ in verify(amina.folder(), {}).problems] == [f"keys/{name.name}"]


def test_an_old_key_file_put_back_is_seen_whatever_is_laid_beside_it(amina: Laptop) -> None:
    """What waits beside it looks like a sync that was cut off: it opens, and no check passes."""
    name = amina.path / "keys" / f"{amina.open().member}.identity"
    old = name.read_bytes()
    members.change_passphrase(amina.open(), "another set of words", QUICK)
    name.write_bytes(old)
    name.with_name(f"{name.name}.next").write_bytes(b"{}")
    with pytest.raises(WrongPassphrase):
        amina.open("another set of words")
    ((where, what),) = verify(amina.folder(), {}).problems
    assert (where, "sync again" in what) == (f"keys/{name.name}", True)


def test_each_new_passphrase_of_whoever_is_no_owner_goes_before_the_last(tmp_path: Path) -> None:
    """Owners number what they say of key files in one line; his own words are in none."""
    amina = founder(tmp_path)
    vera = joins(amina, "vera", Role.EDITOR)
    numbers = []
    for turn in range(4):
        members.change_passphrase(vera.open(), f"words number {turn}", QUICK)
        vera.passphrase = f"words number {turn}"
        known = vera.open().members
        numbers.append(known.own_numbers[vera.open().member])
        members.rotate(amina.open())
        vera.take(amina.folder())
    assert numbers == sorted(set(numbers))
    assert vera.verify().problems == []


def test_whoever_had_a_laptop_that_is_removed_cannot_keep_its_member_from_changing_the_passphrase(
    tmp_path: Path,
) -> None:
    """With it and the passphrase he said the last word that there is about the key file."""
    amina, idris, _ = team(tmp_path)
    me = idris.open().member
    stolen, note = asks(amina, "stolen", me, idris.passphrase)
    members.admit(amina.open(), note, None)
    pull(stolen.folder(), amina.folder())
    members.remove_device(amina.open(), stolen.open().device)
    with stolen.open().batch() as batch:
        batch.control(KeyFiles(signer=me, number=1 << 40, files=((identity_name(me), "0" * 64),)))
    idris.take(amina.folder())
    idris.take(stolen.folder())
    members.change_passphrase(idris.open(), "another set of words", QUICK)
    idris.passphrase = "another set of words"
    assert b"his" in idris.bodies()
    assert idris.verify().problems == []


def test_a_home_of_another_member_s_device_opens_nothing(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    with pytest.raises(WrongPassphrase):
        Archive(amina.path, idris.home, PASSPHRASE)
    assert Home(idris.home, idris.folder().id).load().member == idris.open().member


# --- sheets of paper


def test_sheets_open_everything_and_make_a_new_owner(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    _, secret = members.make_recovery(amina.open())
    amina.add(b"after the sheets were made")
    idris.take(amina.folder())
    place = Laptop(tmp_path, "recovered", "words chosen afterwards")
    pull(start_copy(idris.folder(), place.path), idris.folder())
    members.recover(place.path, place.home, secret, place.passphrase, QUICK)
    assert sorted(place.bodies()) == sorted(idris.bodies())
    assert place.open().role is Role.OWNER
    place.add(b"by whom the sheets brought in")
    amina.take(place.folder())
    assert b"by whom the sheets brought in" in amina.bodies()
    for laptop in (amina, place):
        assert laptop.verify().problems == []


@pytest.mark.parametrize("replaced", [True, False])
def test_revoked_sheets_admit_nobody_and_open_nothing_written_later(amina: Laptop, replaced: bool) -> None:
    amina.add(b"before")
    _, old = members.make_recovery(amina.open())
    sheets = members._sheets(amina.folder(), old)
    if replaced:
        members.make_recovery(amina.open())
    else:
        assert members.revoke_recovery(amina.open()) == 1
    amina.add(b"after")
    amina.add(b"nameless after", key=NAMELESS)
    amina.add_source(b"a source after", original=b"its original")
    place = Laptop(amina.root, "recovered")
    pull(start_copy(amina.folder(), place.path), amina.folder())
    with pytest.raises(NotAllowed, match="revoked"):
        members.recover(place.path, place.home, old, "words of mine", QUICK)
    found = opens(amina.path, [sheets.identity])
    assert b"before" in found
    for later in (b"after", b"a source after", b"its original"):
        assert later not in found
    assert amina.verify().problems == []


def test_sheets_of_another_archive_open_nothing(amina: Laptop, tmp_path: Path) -> None:
    _, secret = members.make_recovery(founder(tmp_path / "elsewhere").open())
    members.make_recovery(amina.open())
    with pytest.raises(NotAllowed, match="another one"):
        members.recover(amina.path, tmp_path / "new home", secret, "words of mine", QUICK)


def test_a_stick_carries_a_request_to_an_owner_and_the_answer_back(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    vera, note = asks(amina, "vera")
    assert pull(copy, vera.folder()).requests == 1
    amina.take(copy)
    device = Home(vera.home, vera.folder().id).load().device
    assert members.request_file(amina.folder(), device) == note
    members.admit(amina.open(), members.request_file(amina.folder(), device), Role.READER)
    amina.give(copy)
    pull(vera.folder(), copy)
    assert sorted(vera.bodies()) == [b"hers", b"his"]
    assert not [file for folder in (copy.path, vera.path, amina.path) for file in folder.glob("join/*")]


def test_a_stranger_s_member_entry_in_a_log_of_his_own_is_told_and_brings_nothing(tmp_path: Path) -> None:
    """Somebody without any rights writes a log of his own into the folder on a stick."""
    amina, _, copy = team(tmp_path)
    stranger = founder(tmp_path / "stranger")
    device = stranger.open().device
    (stranger.path / "logs" / device).rename(copy.path / "logs" / device)
    brought = amina.take(copy)
    assert [where for where, _ in brought.problems] == [f"logs/{device}"]
    assert not (amina.path / "logs" / device).exists()
    assert len(amina.open().members.members) == 2


def test_a_member_entry_signed_by_an_owner_of_another_archive_takes_no_effect(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    stranger = founder(tmp_path / "stranger").open()
    said = Member(
        signer=stranger.member,
        member=stranger.member,
        role=Role.OWNER,
        verify=stranger.signing.public.text,
        recipient=stranger.member_keys.identity.recipient.text,
    )
    with amina.open().batch() as batch:
        batch.control(said)
    assert stranger.member not in amina.open().members.members
    assert stick(amina, "another stick").id == Folder(amina.path).id
    assert bodies(amina.open().entries())
