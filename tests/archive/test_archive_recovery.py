"""After a loss, or a kill or a full disk in the middle of a decision: nothing is lost, and nothing half-done shows."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from several import (
    Killed,
    Laptop,
    asks,
    asks_to_erase,
    at_every_write,
    founder,
    full_disk,
    joins,
    opens,
    stick,
    stopped,
    team,
)
from small import LETTER, PASSPHRASE, QUICK

from guvoh.archive import bundles, members
from guvoh.archive.control import Role
from guvoh.archive.entries import NAMELESS, Entry
from guvoh.archive.errors import CannotWrite, NotAllowed, NotYetAdmitted
from guvoh.archive.keys import EpochKeys
from guvoh.archive.merging import pull, start_copy
from guvoh.archive.store import Folder
from guvoh.archive.verify import verify
from guvoh.sealing.passphrases import WrongPassphrase

NEW = "words that are chosen anew"


def kept(laptop: Laptop) -> Callable[[], None]:
    """Remembers a laptop as it is; calling what it returns puts it back."""
    copy = shutil.copytree(laptop.root / laptop.name, laptop.root / f"kept {laptop.name}")

    def back() -> None:
        shutil.rmtree(laptop.root / laptop.name)
        shutil.copytree(copy, laptop.root / laptop.name)

    return back


def strays_apart(problems: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is wrong beside key files that no entry vouches for: a killed process leaves these, and nobody uses them."""
    return [one for one in problems if not (one[0].startswith("keys/") and "no control entry" in one[1])]


# --- decisions of owners

DECISIONS: dict[str, Callable[[Laptop, bytes, str], object]] = {
    "admit": lambda amina, note, idris: members.admit(amina.open(), note, Role.READER),
    "remove a member": lambda amina, note, idris: members.remove_member(amina.open(), idris),
    "rotate": lambda amina, note, idris: members.rotate(amina.open()),
    "make sheets": lambda amina, note, idris: members.make_recovery(amina.open()),
}


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("raises", [Killed, full_disk])
def test_a_decision_that_is_stopped_at_any_write_is_taken_or_not_and_can_be_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decision: str, raises: Callable[[], BaseException]
) -> None:
    amina, idris, _ = team(tmp_path)
    _, note = asks(amina, "vera")
    other, back = idris.open().member, kept(amina)
    before = amina.open().members

    def begin() -> Callable[[], object]:
        back()
        amina.open()
        return lambda: DECISIONS[decision](amina, note, other)

    for _ in at_every_write(monkeypatch, raises, begin, every=3):
        assert sorted(amina.bodies()) == [b"hers", b"his"]
        problems = amina.verify().problems
        assert strays_apart(problems) == []
        assert raises is Killed or problems == []
        amina.add(b"goes on")
        after = amina.open().members
        taken = (len(after.members), after.removed, len(after.epochs)) != (
            len(before.members),
            before.removed,
            len(before.epochs),
        )
        if not taken:
            DECISIONS[decision](amina, note, other)
        members.tend(amina.open())
        found = amina.open().members
        assert amina.verify().problems == []
        assert not list(amina.path.glob("keys/*.part"))
        assert found.uncovered == []
        assert (other in found.removed) == (decision == "remove a member")
        assert b"goes on" in amina.bodies()


@pytest.mark.parametrize("raises", [Killed, full_disk])
def test_a_passphrase_that_is_being_changed_when_all_stops_is_the_old_one_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]
) -> None:
    amina = founder(tmp_path)
    amina.add(b"kept")
    back, seen = kept(amina), set[str]()

    def begin() -> Callable[[], object]:
        back()
        archive = amina.open()
        return lambda: members.change_passphrase(archive, NEW, QUICK)

    for _ in at_every_write(monkeypatch, raises, begin):
        works = []
        for passphrase in (PASSPHRASE, NEW):
            try:
                amina.open(passphrase)
                works.append(passphrase)
            except WrongPassphrase:
                pass
        (passphrase,) = works
        seen.add(passphrase)
        amina.passphrase = passphrase
        assert amina.bodies() == [b"kept"]
        backup = tmp_path / "backup"
        bundles.write_backup(amina.folder(), backup)
        bundles.unpack_backup(backup, tmp_path / "restored" / "archive")
        restored = Laptop(tmp_path, "restored", passphrase)
        assert verify(restored.folder(), {}).problems == []
        members.ask(restored.path, restored.home, passphrase, amina.open().member, QUICK)
        assert restored.bodies() == [b"kept"]
        shutil.rmtree(tmp_path / "restored")
        backup.unlink()
        amina.passphrase = PASSPHRASE
    assert seen == {PASSPHRASE, NEW}


def test_a_disk_that_fails_after_the_commit_does_not_say_that_the_old_passphrase_still_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina = founder(tmp_path)

    def fails(*_: object) -> None:
        raise CannotWrite(amina.path, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("guvoh.archive.keys.put", fails)
        members.change_passphrase(amina.open(), NEW, QUICK)
    with pytest.raises(WrongPassphrase):
        amina.open()
    assert amina.open(NEW).role is Role.OWNER


# --- joining


@pytest.mark.parametrize("owner", [True, False])
def test_joining_that_was_stopped_by_a_full_disk_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: bool
) -> None:
    amina, idris, _ = team(tmp_path)
    who, passphrase = (amina.open().member, PASSPHRASE) if owner else (idris.open().member, idris.passphrase)
    new = Laptop(tmp_path, "new", passphrase)
    pull(start_copy(amina.folder(), new.path), amina.folder())
    back = kept(new)

    def begin() -> Callable[[], object]:
        back()
        return lambda: members.ask(new.path, new.home, passphrase, who, QUICK)

    for _ in at_every_write(monkeypatch, full_disk, begin):
        assert verify(new.folder(), {}).problems == []
        if not new.home.exists() or not list(new.home.rglob("device.json")):
            members.ask(new.path, new.home, passphrase, who, QUICK)
        if owner:
            assert sorted(new.bodies()) == [b"hers", b"his"]
        else:
            with pytest.raises(NotYetAdmitted):
                new.open()


# --- sheets


@pytest.mark.parametrize("raises", [Killed, full_disk])
def test_a_recovery_that_is_stopped_at_any_write_can_be_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]
) -> None:
    amina = founder(tmp_path)
    amina.add(b"before")
    _, secret = members.make_recovery(amina.open())
    amina.add(b"after")
    new = Laptop(tmp_path, "new", NEW)
    pull(start_copy(amina.folder(), new.path), amina.folder())
    back = kept(new)

    def begin() -> Callable[[], object]:
        back()
        return lambda: members.recover(new.path, new.home, secret, NEW, QUICK)

    for _ in at_every_write(monkeypatch, raises, begin, every=2):
        assert strays_apart(verify(new.folder(), {}).problems) == []
        try:
            recovered = new.open()
        except Exception:
            shutil.rmtree(new.home, ignore_errors=True)
            members.recover(new.path, new.home, secret, NEW, QUICK)
            recovered = new.open()
        assert recovered.role is Role.OWNER
        members.tend(new.open())
        assert new.bodies() == [b"before", b"after"]
        assert new.verify().problems == []


def test_two_of_the_losses_at_once_backup_and_sheets_bring_everything_back(tmp_path: Path) -> None:
    """The only laptop is seized; there is a backup in a drawer, and the sheets are with two friends."""
    amina = founder(tmp_path)
    _, secret = members.make_recovery(amina.open())
    amina.add_source(b"with a letter", original=LETTER)
    amina.add(b"nameless", key=NAMELESS)
    before = [(one.log, one.position, one.body) for one in amina.open().entries()]
    backup = tmp_path / "backup"
    bundles.write_backup(amina.folder(), backup)
    founder_id = amina.open().member
    shutil.rmtree(amina.root / amina.name)
    new = Laptop(tmp_path, "new", NEW)
    bundles.unpack_backup(backup, new.path)
    members.recover(new.path, new.home, secret, NEW, QUICK)
    assert [(one.log, one.position, one.body) for one in new.open().entries()] == before
    members.remove_member(new.open(), founder_id)
    new.add(b"after the loss")
    assert b"after the loss" in new.bodies()
    assert new.verify().problems == []
    archive = new.open()
    assert archive.members.uncovered == []
    assert founder_id in archive.members.epoch.without


def test_sheets_that_were_revoked_after_a_copy_was_taken_open_the_copy_and_nothing_later(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(b"before the revoking")
    _, secret = members.make_recovery(amina.open())
    old = stick(amina, "taken")
    assert members.revoke_recovery(amina.open()) == 1
    amina.add(b"after the revoking")
    new = Laptop(tmp_path, "thief", NEW)
    shutil.copytree(old.path, new.path)
    members.recover(new.path, new.home, secret, NEW, QUICK)
    assert new.bodies() == [b"before the revoking"]

    # What the thief's new owner says reaches the archive, and takes no effect there.
    joins(new, "accomplice", Role.OWNER)
    brought = amina.take(new.folder())
    assert brought.entries == {}
    assert [where for where, _ in brought.problems] == [f"logs/{new.open().device}"]
    found = amina.open().members
    assert found.role(new.open().member) is None
    assert len(found.with_roles([Role.OWNER])) == 1
    pull(new.folder(), amina.folder())
    sheets = members._sheets
    with pytest.raises(NotAllowed, match="revoked"):
        sheets(amina.folder(), secret)
    keys = [one.identities for one in new_keys(old, secret) if one.identities is not None]
    assert b"after the revoking" not in opens(amina.path, keys)
    assert b"before the revoking" in opens(amina.path, keys)


def new_keys(folder: Folder, secret: bytes) -> list[EpochKeys]:
    found, known = members._sheets(folder, secret), folder.membership()
    return [
        folder.keys.open_epoch(one, found, Role.RECOVERY, known.key_files[f"{one.epoch}.{found.member}.age"])
        for one in known.epochs.values()
    ]


def test_new_sheets_open_what_old_ones_opened_and_what_came_after(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(b"first")
    members.make_recovery(amina.open())
    amina.add(b"second")
    _, secret = members.make_recovery(amina.open())
    amina.add(b"third")
    new = Laptop(tmp_path, "new", NEW)
    pull(start_copy(amina.folder(), new.path), amina.folder())
    members.recover(new.path, new.home, secret, NEW, QUICK)
    assert new.bodies() == [b"first", b"second", b"third"]
    assert len(amina.open().members.with_roles([Role.RECOVERY])) == 1


def test_only_an_owner_makes_or_revokes_sheets(tmp_path: Path) -> None:
    _, idris, _ = team(tmp_path)
    for attempt in (members.make_recovery, members.revoke_recovery, members.rotate):
        with pytest.raises(NotAllowed, match="only an owner"):
            attempt(idris.open())


def test_an_editor_who_is_removed_while_he_holds_the_archive_open_is_still_apart(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    open_before = idris.open()
    members.remove_member(amina.open(), open_before.member)
    idris.take(amina.folder())
    with open_before.batch() as batch:
        batch.add(Entry((), b"after he was removed"))
    amina.take(idris.folder())
    assert b"after he was removed" not in amina.bodies()


# --- the next format


@pytest.mark.parametrize("raises", [Killed, full_disk])
def test_an_upgrade_that_is_stopped_at_any_write_leaves_the_old_format_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]
) -> None:
    shutil.copytree(Path(__file__).parent / "vectors" / "example-1", tmp_path / "amina")
    amina = Laptop(tmp_path, "amina", "quince lantern orchard teacup")
    before, back, seen = amina.bodies(), kept(amina), set[int]()

    def begin() -> Callable[[], object]:
        back()
        archive = amina.open()
        return lambda: members.upgrade(archive)

    for _ in at_every_write(monkeypatch, raises, begin, every=2):
        assert amina.bodies() == before
        assert strays_apart(amina.verify().problems) == []
        seen.add(amina.open().members.format)
        members.upgrade(amina.open())
        amina.add(b"after")
        members.tend(amina.open())
        assert amina.bodies() == [*before, b"after"]
        assert amina.verify().problems == []
        assert b"format = 2" in (amina.path / "guvoh.toml").read_bytes()
    assert seen == {1, 2}


def test_in_an_archive_of_the_first_format_one_is_told_to_upgrade_before_anybody_joins(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "vectors" / "example-1", tmp_path / "amina")
    amina = Laptop(tmp_path, "amina", "quince lantern orchard teacup")
    with pytest.raises(NotAllowed, match="upgrade"):
        asks(amina, "idris")
    for attempt in (members.rotate, members.make_recovery):
        with pytest.raises(NotAllowed, match="upgrade"):
            attempt(amina.open())
    assert members.give(amina.open()) == 0
    assert members.tend(amina.open()) == []
    assert members.upgrade(amina.open())
    assert not members.upgrade(amina.open())
    idris = joins(amina, "idris", Role.EDITOR)
    assert idris.bodies() == amina.bodies()


def test_a_reader_without_identities_reads_on_after_what_format_1_keeps_from_him(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parent / "vectors" / "example-1", tmp_path / "amina")
    amina = Laptop(tmp_path, "amina", "quince lantern orchard teacup")
    members.upgrade(amina.open())
    amina.add(b"names nobody", key=NAMELESS)
    reader = joins(amina, "reader", Role.READER_WITHOUT_IDENTITIES)
    assert reader.bodies() == [b"names nobody"]


def test_adding_that_is_stopped_after_others_have_joined_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, idris, copy = team(tmp_path)
    archive = amina.open()
    for at in range(1, 12, 3):
        with stopped(at, monkeypatch, Killed):
            try:
                with archive.batch() as batch:
                    key = batch.source_key()
                    batch.evidence(LETTER, len(LETTER), key)
                    batch.add(Entry((), b"half"))
            except Killed:
                pass
        archive = amina.open()
        assert set(amina.bodies()) >= {b"hers", b"his"}
        assert amina.verify().problems == []
        amina.sync(copy)
        idris.sync(copy)
    assert sorted(idris.bodies()) == sorted(amina.bodies())


def test_an_erasure_asked_by_whom_a_removal_cuts_off_is_none(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    members.remove_member(amina.open(), idris.open().member)
    erasure = asks_to_erase(idris, b"hers")
    amina.take(idris.folder())
    assert erasure not in amina.open().members.erasures
    assert b"hers" in amina.bodies()
