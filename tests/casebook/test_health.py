"""What the doctor sees of an archive and its copies; the next format."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from desks import CHEAP
from laptops import LETTER, LIST, Laptop, Office, files

from guvoh.archive import members, merging
from guvoh.archive.control import FORMAT, Approval, Erasure, Hold, Role
from guvoh.archive.errors import MissingKey, NotAllowed
from guvoh.archive.runs import Runs
from guvoh.archive.store import Folder
from guvoh.archive.verify import verify
from guvoh.casebook import exchange, health, removing, sheets, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.entries import entry
from guvoh.casebook.forgotten import KEPT
from guvoh.casebook.health import Doctor, Finding, Health, Level
from guvoh.records.codec import from_bytes
from guvoh.records.decisions import Note

pytest_plugins = ("offices",)
OF_FORMAT_1 = Path(__file__).parent.parent / "archive" / "vectors" / "example-1"


def looked(laptop: Laptop, request: Doctor = Doctor(quick=True)) -> Health:  # noqa: B008 (frozen)
    found: Health = laptop.ask(health.doctor, request)
    return found


def about(laptop: Laptop, subject: str, request: Doctor = Doctor(quick=True)) -> list[Finding]:  # noqa: B008 (frozen)
    return [one for one in looked(laptop, request).findings if one.about == subject]


def noted(laptop: Laptop, at: str) -> None:
    """A remark that was made long ago, by the clock of who made it."""
    archive = laptop.archive()
    (source, *_) = laptop.sources()
    with archive.batch() as batch:
        batch.add(entry(Note(id="n-old", by=archive.member, at=at, about=(source,), text="An old remark.")))


def ask_to_erase(laptop: Laptop) -> str:
    archive = laptop.archive()
    said = [(one, from_bytes(one.body)) for one in archive.entries()]
    places = [(one.log, one.position) for one, record in said if not isinstance(record, KEPT)]
    with archive.batch() as batch:
        batch.control(
            Erasure(signer=archive.member, at="2026-01-01T00:00:00Z", why="withdrawn", erased=tuple(Runs.of(places)))
        )
    (one,) = archive.members.erasures
    return one


def approve(laptop: Laptop, one: str) -> None:
    archive = laptop.archive()
    with archive.batch() as batch:
        batch.control(Approval(signer=archive.member, decision=one))


class TestTheDoctor:
    def test_finds_a_sound_archive_sound(self, office: Office) -> None:
        (integrity,) = about(office.amina, "integrity", Doctor())

        assert integrity.level is Level.OK
        assert "every entry was opened" in integrity.what

    def test_says_of_a_quick_look_that_nothing_was_opened(self, office: Office) -> None:
        (integrity,) = about(office.amina, "integrity", Doctor(quick=True))

        assert "entries were not opened" in integrity.what

    def test_finds_evidence_that_is_gone_and_says_what_mends_it(self, office: Office) -> None:
        evidence = next((office.amina.folder / "evidence").iterdir())
        evidence.unlink()

        found = looked(office.amina)
        (integrity,) = [one for one in found.findings if one.about == "integrity"]

        assert found.in_danger
        assert integrity.level is Level.ACT
        assert evidence.name in integrity.what
        assert "guvoh sync" in integrity.advice
        assert office.amina.sync(office.stick).problems == 0
        assert about(office.amina, "integrity")[0].level is Level.OK

    def test_warns_of_a_full_disk(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        levels = []
        for free in (10 << 20, 500 << 20, 500 << 30):
            monkeypatch.setattr("shutil.disk_usage", lambda path, free=free: SimpleNamespace(free=free))
            levels += [one.level for one in about(office.amina, "space")]

        assert levels == [Level.ACT, Level.NOTE, Level.OK]

    def test_names_by_pseudonym_whose_passphrase_is_cheap_to_guess(self, office: Office) -> None:
        (cheap,) = about(office.amina, "passphrases")

        assert cheap.level is Level.ACT
        assert "owner 1 and editor 2" in cheap.what

    def test_tells_names_beside_its_findings_and_never_in_them(self, office: Office) -> None:
        office.amina.ask(staff.call, staff.Named(id=office.idris.archive().member, name="Идрис"))

        found = looked(office.amina)

        assert [(one.pseudonym, one.label) for one in found.called] == [("editor 2", "Идрис")]
        assert not any("Идрис" in one.what + one.advice for one in found.findings)

    def test_misses_own_key_files_that_were_removed_while_it_was_open(self, office: Office) -> None:
        with office.amina.desk() as desk:
            for key in (office.amina.folder / "keys").glob(f"*{desk.archive.member}*"):
                key.unlink()
            found: Health = desk.ask(health.doctor, Doctor(quick=True))

        assert Level.ACT in [one.level for one in found.findings if one.about == "keys"]

    def test_misses_recovery_sheets_until_there_are_some(self, office: Office) -> None:
        before = [one.what for one in about(office.amina, "recovery")]
        office.amina.ask(sheets.make_recovery, Nothing())
        after = [one.what for one in about(office.amina, "recovery")]

        assert any("no recovery sheets" in what for what in before)
        assert any("1 set of recovery sheets in force" in what for what in after)

    def test_tells_that_there_is_one_owner(self, office: Office, tmp_path: Path) -> None:
        assert any("one owner" in one.what for one in about(office.amina, "recovery"))
        office.joins(Laptop(tmp_path, "vera", "copper thistle orbit lantern"), Role.OWNER)

        assert not any("one owner" in one.what for one in about(office.amina, "recovery"))

    def test_finds_a_removed_member_who_holds_the_key_in_use(self, office: Office, tmp_path: Path) -> None:
        """Two owners remove one member each at the same time: neither's new key leaves out both."""
        vera, other = Laptop(tmp_path, "vera", "copper thistle orbit"), Laptop(tmp_path, "other", "mosaic orbit copper")
        office.joins(other, Role.READER)
        office.joins(vera, Role.OWNER)
        members.remove_member(office.amina.archive(), office.idris.archive().member)
        members.remove_member(vera.archive(), other.archive().member)
        archive = office.amina.archive()
        with archive.writing():
            merging.pull(archive, vera.archive(), known=archive.known)

        assert any(one.level is Level.ACT and "sealed to a key" in one.what for one in about(office.amina, "keys"))
        office.amina.sync(office.stick)
        assert not any(one.level is Level.ACT for one in about(office.amina, "keys"))


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OWNER, Role.RECOVERY)])
def test_a_member_of_any_role_syncs_backs_up_and_asks_the_doctor(tmp_path: Path, role: Role) -> None:
    office = Office.opened(tmp_path, role)
    office.amina.add("letter.txt", LETTER)
    office.meet()

    made = office.idris.ask(exchange.backup, exchange.Backup(path=os.fsencode(tmp_path / "x.backup")))
    bundled = office.idris.ask(exchange.bundle, exchange.Bundle(path=os.fsencode(tmp_path / "x.bundle"), whole=True))
    found = looked(office.idris, Doctor(pack=True, tidy=True))

    assert made.checked
    assert bundled.size
    assert {one.level for one in found.findings if one.about == "integrity"} == {Level.OK}
    assert office.amina.sync(tmp_path / "x.bundle").problems == 0


class TestCopies:
    def test_of_what_nobody_else_has_are_missed(self, office: Office) -> None:
        office.amina.add("more.txt", "More.\n")

        (finding,) = about(office.amina, "copies")

        assert finding.level is Level.NOTE
        assert "no other known copy has" in finding.what

    def test_are_known_once_a_colleague_has_written_back(self, office: Office) -> None:
        office.amina.add("more.txt", "More.\n")
        office.meet()
        office.idris.add("own.txt", "Of Idris.\n")
        office.meet()
        office.amina.sync(office.stick)

        (finding,) = about(office.amina, "copies")

        assert finding.level is Level.OK

    def test_are_known_once_there_is_a_backup(self, office: Office) -> None:
        office.amina.add("more.txt", "More.\n")
        office.amina.ask(exchange.backup, exchange.Backup(path=os.fsencode(office.root / "x.backup")))

        assert [one.level for one in about(office.amina, "copies")] == [Level.OK]

    def test_that_are_long_missed_are_to_be_acted_on(self, office: Office) -> None:
        office.idris.add("own.txt", "Of Idris.\n")
        office.amina.sync(office.idris.folder)
        noted(office.amina, "2020-01-01T00:00:00Z")

        assert [one.level for one in about(office.amina, "copies")] == [Level.ACT]


class TestDevices:
    def test_that_were_not_heard_of_for_long_are_told(self, office: Office) -> None:
        noted(office.idris, "2020-01-01T00:00:00Z")
        office.meet()

        (finding,) = about(office.amina, "devices")

        assert finding.level is Level.NOTE
        assert "editor 2 device 1 was last heard of" in finding.what
        assert office.idris.archive().device in finding.advice

    def test_that_were_just_heard_of_are_not(self, office: Office) -> None:
        office.idris.add("own.txt", "Of Idris.\n")
        office.meet()

        assert about(office.amina, "devices") == []


class TestAnErasure:
    def test_waits_for_somebody_else(self, office: Office) -> None:
        ask_to_erase(office.amina)

        (finding,) = about(office.amina, "erasure")

        assert "which owner 1 asked for, waits for 1 approval" in finding.what

    def test_waits_for_the_delay(self, office: Office) -> None:
        one = ask_to_erase(office.amina)
        office.meet()
        approve(office.idris, one)

        (finding,) = about(office.idris, "erasure")

        assert "168 hours after" in finding.what

    def test_is_held_back(self, office: Office) -> None:
        ask_to_erase(office.amina)
        archive = office.amina.archive()
        with archive.batch() as batch:
            batch.control(Hold(signer=archive.member, nonce="0" * 32, held=()))

        (finding,) = about(office.amina, "erasure")

        assert "legal hold" in finding.what

    def test_that_is_due_is_to_be_carried_out(self, tmp_path: Path) -> None:
        office = Office.opened(tmp_path, Role.READER, delay=0)
        office.amina.add("letter.txt", LETTER)
        ask_to_erase(office.amina)

        assert [one.level for one in about(office.amina, "erasure")] == [Level.ACT]

    def test_names_the_devices_and_backups_that_may_still_hold_it(self, tmp_path: Path) -> None:
        office = Office.opened(tmp_path, Role.READER, delay=0)
        office.amina.add("letter.txt", LETTER)
        office.meet()
        before = office.amina.ask(exchange.backup, exchange.Backup(path=os.fsencode(tmp_path / "before.backup")))
        ask_to_erase(office.amina)
        office.amina.sync(office.stick)
        after = office.amina.ask(exchange.backup, exchange.Backup(path=os.fsencode(tmp_path / "after.backup")))

        said = " ".join(one.what for one in about(office.amina, "erasure"))
        assert "not confirmed by reader 2 device 1" in said
        assert before.id in said
        assert after.id not in said

        office.meet()
        office.amina.ask(exchange.backup_gone, exchange.BackupGone(id=before.id))
        assert [one.level for one in about(office.amina, "erasure")] == [Level.OK]


class TestWhatIsLeftOver:
    def test_is_removed_when_asked_and_nothing_else(self, office: Office) -> None:
        folder, home = office.amina.folder, office.amina.archive().home.path
        before = files(folder)
        device = next((folder / "logs").iterdir())
        member = office.amina.archive().member
        left = [
            device / "000000000099.seg.part",
            folder / "evidence" / f"{'a' * 26}.sync.part",
            folder / "keys" / "m-aaaaaaaaaaaaaaaaaaaa.identity",
            folder / "keys" / f"{member}.identity.next",
            folder / "guvoh.toml.part",
            folder / "join" / f"{office.idris.archive().device}.request",
            home / "incoming-abc" / "archive" / "guvoh.toml",
        ]
        for path in left:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"left over")
        os.utime(home / "incoming-abc", (0, 0))

        (told,) = about(office.amina, "left over")
        (done,) = about(office.amina, "left over", Doctor(quick=True, tidy=True))

        assert told.what.startswith("7 files are left over")
        assert done.what == "removed 7 left-over files"
        assert files(folder) == before
        assert not any(path.exists() for path in left)

    def test_a_bundle_that_is_being_read_is_left_alone(self, office: Office) -> None:
        (office.amina.archive().home.path / "incoming-now").mkdir()

        assert about(office.amina, "left over", Doctor(quick=True, tidy=True)) == []

    def test_a_passphrase_that_was_being_changed_is_settled(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed between the entry that says which key file holds and the renaming of that file."""
        monkeypatch.setattr("guvoh.archive.keys.KeyFolder.settle", lambda self, name, known: None)
        members.change_passphrase(office.amina.archive(), "copper thistle orbit lantern", CHEAP)
        monkeypatch.undo()
        office.amina.passphrase = "copper thistle orbit lantern"

        about(office.amina, "left over", Doctor(quick=True, tidy=True))

        assert not list((office.amina.folder / "keys").glob("*.next"))
        assert len(office.amina.sources()) == 2

    def test_a_log_in_many_small_files_is_packed_when_asked(self, office: Office) -> None:
        archive = office.amina.archive()
        for number in range(70):
            with archive.batch() as batch:
                note = Note(id=f"n-{number}", by=archive.member, at="2026-01-01T00:00:00Z", about=("s-x",), text="-")
                batch.add(entry(note))
        before = len(files(office.amina.folder / "logs"))

        (finding,) = about(office.amina, "segments", Doctor(quick=True, pack=True))

        assert finding.what.startswith("packed ")
        assert len(files(office.amina.folder / "logs")) < before - 60
        assert about(office.amina, "integrity", Doctor())[0].level is Level.OK


class TestAnArchiveThatDoesNotOpen:
    def test_is_looked_at_without_a_key(self, office: Office) -> None:
        for key in (office.amina.folder / "keys").iterdir():
            key.unlink()
        with pytest.raises(MissingKey) as problem:
            office.amina.archive()

        found = health.doctor_without_key(
            office.amina.folder, Doctor(), problem.value, lambda news: None, office.amina.home
        )

        assert found.in_danger
        assert found.findings[0].about == "opening"
        assert any(one.about == "integrity" and one.level is Level.OK for one in found.findings)


class TestTheNextFormat:
    @pytest.fixture
    def old(self, tmp_path: Path) -> Laptop:
        laptop = Laptop(tmp_path, "old", "quince lantern orchard teacup")
        shutil.copytree(OF_FORMAT_1, laptop.root)
        return laptop

    def test_is_reached_by_an_owner_once_and_for_all(self, old: Laptop) -> None:
        before = list(old.archive().entries())

        first = old.ask(health.upgrade, Nothing())
        again = old.ask(health.upgrade, Nothing())

        assert (first.needed, first.format) == (True, FORMAT)
        assert (again.needed, again.format) == (False, FORMAT)
        assert list(old.archive().entries())[: len(before)] == before

    def test_is_what_the_doctor_advises(self, old: Laptop) -> None:
        (finding,) = about(old, "format")

        assert "guvoh upgrade" in finding.advice

    def test_is_not_for_others(self, office: Office) -> None:
        with pytest.raises(NotAllowed, match="only an owner"):
            office.idris.ask(health.upgrade, Nothing())


def test_a_computer_that_was_left_is_told_as_such_and_its_evidence_is_checked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = office.amina
    monkeypatch.setenv("GUVOH_HOME", str(laptop.home))
    before = removing.was_left(laptop.folder)
    removing.leave(laptop.folder)
    found = health.doctor_without_key(laptop.folder, Doctor(), None, lambda news: None)

    assert (before, removing.was_left(laptop.folder)) == (False, True)
    assert [(one.level, "was left" in one.what) for one in found.findings if one.about == "opening"] == [
        (Level.NOTE, True)
    ]
    assert [one.level for one in found.findings if one.about == "integrity"] == [Level.OK]


def test_a_wipe_that_could_not_remove_all_can_be_done_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop, unlink, stuck = office.amina, Path.unlink, [True]

    def refused(path: Path, missing_ok: bool = False) -> None:
        if stuck and path.suffix == ".seg":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    first = removing.wipe(laptop.folder, laptop.home)
    stuck.clear()
    second = removing.wipe(laptop.folder, laptop.home)

    assert first.problems
    assert second.problems == ()
    assert not laptop.folder.exists()


def test_a_key_file_that_cannot_be_read_is_not_called_changed(office: Office) -> None:
    (name, *_) = Folder(office.amina.folder).keys.names()
    path = office.amina.folder / "keys" / name
    path.unlink()
    path.mkdir()

    assert (f"keys/{name}", "it cannot be read") in verify(Folder(office.amina.folder), {}).problems


def test_logs_that_were_never_seen_here_are_told_in_one_sentence(office: Office) -> None:
    office.idris.add("his.csv", LIST.replace("1990", "1991"))
    office.meet()
    found = verify(Folder(office.amina.folder), {})

    assert [notice for notice in found.notices if "never seen" in notice] == [
        "logs: all 2 logs were never seen on this computer, so a cut end would not be noticed"
    ]


def test_what_a_removed_member_wrote_since_is_told_as_kept_apart(office: Office) -> None:
    (idris,) = [one.id for one in office.amina.ask(staff.staff, Nothing()).members if one.role == "editor"]
    office.amina.ask(staff.remove_member, staff.Named(id=idris))
    office.idris.add("late.csv", LIST.replace("1990", "1991"))
    came = office.amina.sync(office.idris.folder, push=False).came

    assert came is not None
    assert [one.apart == one.entries > 0 for one in came.logs if one.pseudonym.startswith("editor")] == [True]
