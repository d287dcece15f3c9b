"""What goes between copies of an archive: sticks, bundles, backups, and what interrupts them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from desks import CHEAP
from laptops import LETTER, LIST, Laptop, Office, files, sizes, sync

from guvoh.archive import bundles, members, rewriting
from guvoh.archive.bundles import BadBundle
from guvoh.archive.control import Approval, Erasure, Role
from guvoh.archive.errors import MissingKey, NotAllowed, NotYetAdmitted, RolledBack
from guvoh.archive.files import PART
from guvoh.archive.membership import Standing
from guvoh.archive.runs import Runs
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import verify
from guvoh.casebook import deciding, exchange
from guvoh.casebook.answers import Nothing
from guvoh.casebook.colleagues import Unclear
from guvoh.casebook.desk import NoSuchRecord
from guvoh.casebook.exchange import BadPlace, Interrupted
from guvoh.errors import GuvohError


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Amina has a list and a letter; Idris has been admitted, and has seen neither."""
    office = Office.opened(tmp_path_factory.mktemp("founded"))
    office.amina.add("list.csv", LIST)
    office.amina.add("letter.txt", LETTER)
    return office


@pytest.fixture
def office(founded: Office, tmp_path: Path) -> Office:
    return founded.copy(tmp_path / "office")


def whole(folder: Path) -> bool:
    return verify(Folder(folder), {}).problems == []


def ask_to_erase(laptop: Laptop) -> str:
    """All entries that are no one's bookkeeping; returns the id of the erasure."""
    archive = laptop.archive()
    places = [(one.log, one.position) for one in archive.entries()]
    with archive.batch() as batch:
        said = Erasure(
            signer=archive.member,
            at="2026-01-01T00:00:00Z",
            why="withdrawn",
            erased=tuple(Runs.of(places)),
            evidence=tuple(archive.evidence.names()),
        )
        batch.control(said)
    (one,) = archive.members.erasures
    return one


class TestSyncing:
    def test_a_new_folder_on_a_stick_becomes_a_copy(self, office: Office) -> None:
        synced = office.amina.sync(office.stick)

        assert synced.came is not None
        assert synced.went is not None
        assert (synced.came.entries, synced.problems) == (0, 0)
        assert synced.went.entries == sum(sizes(office.amina.folder).values())
        assert synced.went.evidence == 2
        assert whole(office.stick)

    def test_two_laptops_that_meet_by_a_stick_show_the_same(self, office: Office) -> None:
        office.idris.add("other.txt", LETTER * 2)

        office.meet()

        assert len(office.amina.sources()) == 3
        assert office.amina.sources() == office.idris.sources()
        assert sizes(office.amina.folder) == sizes(office.idris.folder)

    def test_the_same_file_added_on_both_is_one_source(self, office: Office) -> None:
        office.idris.add("letter again.txt", LETTER)

        office.meet()

        assert len(office.amina.sources()) == 2

    def test_once_more_brings_nothing(self, office: Office) -> None:
        office.meet()

        synced = office.amina.sync(office.stick)

        assert synced.came is not None
        assert synced.went is not None
        assert (synced.came.logs, synced.went.logs) == ((), ())

    def test_pull_alone_leaves_the_other_side_as_it_was(self, office: Office) -> None:
        office.idris.add("other.txt", LETTER * 2)
        before = files(office.idris.folder)

        synced = office.amina.sync(office.idris.folder, push=False)

        assert synced.went is None
        assert len(office.amina.sources()) == 3
        assert files(office.idris.folder) == before

    def test_push_alone_brings_nothing_here(self, office: Office) -> None:
        office.idris.add("other.txt", LETTER * 2)

        synced = office.amina.sync(office.idris.folder, pull=False)

        assert synced.came is None
        assert len(office.amina.sources()) == 2
        assert len(office.idris.sources()) == 3

    def test_names_devices_by_pseudonyms(self, office: Office) -> None:
        office.idris.add("other.txt", LETTER * 2)
        synced = office.amina.sync(office.idris.folder)

        assert synced.came is not None
        assert [moved.pseudonym for moved in synced.came.logs] == ["editor 2 device 1"]

    def test_a_request_to_join_goes_along_and_is_told(self, office: Office, tmp_path: Path) -> None:
        office.amina.sync(office.stick)
        vera = Laptop(tmp_path, "vera", "copper thistle orbit lantern")
        shutil.copytree(office.stick, vera.folder)
        device, _ = members.ask(vera.folder, vera.home, vera.passphrase)

        carried = vera.without_key(office.stick)
        synced = office.amina.sync(office.stick)

        assert carried.went is not None
        assert carried.went.requests == 1
        assert synced.waiting == (device,)
        with pytest.raises(NotYetAdmitted) as why:
            vera.archive()
        assert exchange.waits(why.value)

    def test_an_owners_laptop_gives_the_keys_that_two_owners_missed_to_give(
        self, office: Office, tmp_path: Path
    ) -> None:
        """Vera, another owner, admits somebody while Amina, who has not heard of it, makes a new epoch."""
        vera = Laptop(tmp_path, "vera", "copper thistle orbit lantern")
        office.joins(vera, Role.OWNER)
        newcomer = Laptop(tmp_path, "newcomer", "lantern mosaic orbit harbour")
        office.joins(newcomer, Role.READER, owner=vera)
        members.rotate(office.amina.archive())

        synced = office.amina.sync(vera.folder)
        newcomer.without_key(vera.folder)

        assert any("gave members 1 key" in done for done in synced.done)
        assert newcomer.sources() == office.amina.sources()

    def test_who_was_removed_is_told_so_and_writes_nothing(self, office: Office) -> None:
        office.meet()
        members.remove_member(office.amina.archive(), office.idris.archive().member)
        before = sizes(office.idris.folder)

        synced = office.idris.sync(office.amina.folder, push=False)

        assert any("was removed" in notice for notice in synced.notices)
        assert sizes(office.idris.folder).keys() == before.keys()

    def test_a_passphrase_changed_on_another_laptop_is_told(self, office: Office, tmp_path: Path) -> None:
        second = Laptop(tmp_path, "second")
        office.joins(second, None, office.amina.archive().member)
        members.change_passphrase(second.archive(), "copper thistle orbit lantern", CHEAP)

        synced = office.amina.sync(second.folder)

        assert any("passphrase" in notice for notice in synced.notices)
        office.amina.passphrase = "copper thistle orbit lantern"
        assert len(office.amina.sources()) == 2

    def test_a_log_in_many_small_files_is_packed(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("guvoh.archive.rewriting.worth_packing", lambda archive: True)
        monkeypatch.setattr("guvoh.archive.rewriting.pack", lambda archive, tell: 300)

        assert "packed 300 small segments" in office.amina.sync(office.stick).done


class TestAnErasureOnTheWay:
    def test_is_told_where_it_comes_in(self, office: Office) -> None:
        office.meet()
        ask_to_erase(office.amina)

        synced = office.idris.sync(office.amina.folder)

        assert any("1 request to erase came in" in notice for notice in synced.notices)

    def test_is_carried_out_where_it_is_due_and_on_the_stick_as_well(self, tmp_path: Path) -> None:
        office = Office.opened(tmp_path, delay=0)
        office.amina.add("letter.txt", LETTER)
        office.meet()
        one = ask_to_erase(office.amina)
        archive = office.idris.archive()
        office.idris.sync(office.amina.folder)
        archive.refresh()
        with archive.batch() as batch:
            batch.control(Approval(signer=archive.member, decision=one))

        there = office.idris.sync(office.stick)
        here = office.amina.sync(office.stick)

        assert "carried out 1 erasure" in there.done
        assert "carried out 1 erasure" in here.done
        for folder in (office.amina.folder, office.idris.folder, office.stick):
            assert list(Folder(folder).evidence.names()) == []
            assert whole(folder)
        assert office.amina.sources() == []

    def test_does_not_come_back_with_a_stick_that_was_in_a_drawer(self, tmp_path: Path) -> None:
        office = Office.opened(tmp_path, Role.READER, delay=0)
        office.amina.add("letter.txt", LETTER)
        drawer = tmp_path / "drawer"
        office.amina.sync(drawer)
        ask_to_erase(office.amina)
        office.amina.sync(office.stick)

        synced = office.amina.sync(drawer)

        assert synced.problems == 0
        assert list(Folder(office.amina.folder).evidence.names()) == []
        assert list(Folder(drawer).evidence.names()) == []
        assert office.amina.sources() == []


class TestAPlaceThatIsNone:
    @pytest.mark.parametrize(
        ("place", "why"),
        [
            (lambda office: office.amina.folder, "this archive itself"),
            (lambda office: office.amina.folder / "evidence" / "copy", "own folder"),
            (lambda office: office.root / "not-mounted" / "copy", "is the stick in"),
            (lambda office: office.root, "name a new folder in it"),
        ],
        ids=["itself", "inside", "no stick", "other things"],
    )
    def test_is_refused_with_what_to_do(self, office: Office, place: Callable[[Office], Path], why: str) -> None:
        before = files(office.root)

        with pytest.raises(BadPlace, match=why):
            office.amina.sync(place(office))
        assert [one for one in files(office.root) if "home" not in one] == [one for one in before if "home" not in one]

    def test_nothing_is_brought_from_an_empty_folder(self, office: Office) -> None:
        with pytest.raises(BadPlace, match="nothing to bring"):
            office.amina.sync(office.stick, push=False)
        assert not office.stick.exists()

    def test_another_archive_is_refused(self, office: Office, tmp_path: Path) -> None:
        other = Office.opened(tmp_path / "other")

        with pytest.raises(GuvohError, match="cannot be merged"):
            office.amina.sync(other.amina.folder)

    def test_a_file_takes_nothing(self, office: Office) -> None:
        bundle = office.root / "all.bundle"
        office.amina.ask(exchange.bundle, exchange.Bundle(path=os.fsencode(bundle), whole=True))

        with pytest.raises(BadPlace, match="only brought"):
            office.idris.sync(bundle, pull=False)


class TestAnInterruptedSync:
    def test_that_could_not_write_says_so_and_goes_on_the_next_time(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, times = os.replace, iter(range(1000))

        def full(source: Path, final: Path) -> None:
            if str(office.stick) in str(final) and next(times) >= 3:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(source, final)

        monkeypatch.setattr(Path, "replace", lambda self, final: full(self, final))
        with pytest.raises(Interrupted, match="the next sync goes on"):
            office.amina.sync(office.stick)
        monkeypatch.undo()

        assert office.amina.sync(office.stick).problems == 0
        assert whole(office.stick)
        assert sizes(office.stick) == sizes(office.amina.folder)
        assert [one for one in files(office.stick) if one.endswith(PART)] == []

    def test_of_a_stick_that_was_pulled_out_says_so(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        office.amina.sync(office.stick)
        office.idris.sync(office.stick)
        real = rewriting.due

        def pulled(archive: Archive) -> list[Standing]:
            shutil.rmtree(office.stick, ignore_errors=True)
            return real(archive)

        monkeypatch.setattr("guvoh.archive.rewriting.due", pulled)
        with pytest.raises(Interrupted):
            office.amina.sync(office.stick)
        assert whole(office.amina.folder)

    @pytest.mark.parametrize("left", [("logs",), ("logs", "evidence"), ("logs", "evidence", "guvoh.toml.part")])
    def test_at_its_very_beginning_leaves_a_place_that_is_still_new(
        self, office: Office, left: tuple[str, ...]
    ) -> None:
        for name in left:
            (office.stick / name).mkdir(parents=True) if "." not in name else (office.stick / name).write_bytes(b"")

        assert office.amina.sync(office.stick).problems == 0
        assert whole(office.stick)


class TestTwoHistories:
    def test_are_refused_with_the_proof(self, office: Office) -> None:
        """Idris's GUVOH_HOME was copied with his folder: two computers that are one device."""
        office.meet()
        twin = Laptop(office.root, "twin", office.idris.passphrase)
        shutil.copytree(office.idris.root, twin.root)
        office.idris.add("one.txt", "One history.\n")
        twin.add("other.txt", "Another history.\n")
        office.amina.sync(office.idris.folder)
        before = sizes(office.amina.folder)

        synced = office.amina.sync(twin.folder, push=False)

        (history,) = synced.histories
        assert history.device == office.idris.archive().device
        assert synced.problems
        assert sizes(office.amina.folder) == before
        proof = Path(history.proof).read_text("utf-8")
        assert proof.count(f"guvoh/{office.amina.archive().id}/{history.device}\n") == 2
        assert "Karim" not in proof


class TestWithoutAKey:
    def test_a_stick_is_brought_up_to_date_from_another(self, office: Office) -> None:
        second = office.root / "second"
        office.amina.sync(office.stick)
        office.amina.sync(second)
        office.amina.add("more.txt", "More.\n")
        office.amina.sync(office.stick)

        synced = exchange.sync_without_key(
            second, sync(office.stick, push=False), lambda news: None, home_root=office.root / "nowhere"
        )

        assert synced.came is not None
        assert synced.came.entries
        assert sizes(second) == sizes(office.stick)
        assert not (office.root / "nowhere").exists()

    def test_keys_that_were_left_behind_come_back(self, office: Office) -> None:
        office.amina.sync(office.stick)
        for key in (office.amina.folder / "keys").iterdir():
            key.unlink()
        with pytest.raises(MissingKey) as problem:
            office.amina.archive()

        synced = office.amina.without_key(office.stick)

        assert exchange.can_be_mended(problem.value)
        assert synced.came is not None
        assert synced.came.keys
        assert len(office.amina.sources()) == 2

    def test_a_damaged_archive_is_mended(self, office: Office) -> None:
        office.amina.sync(office.stick)
        for segment in office.amina.folder.glob("logs/*/*.seg"):
            segment.write_bytes(segment.read_bytes()[:-7])
        with pytest.raises(GuvohError) as problem:
            office.amina.archive()

        synced = office.amina.without_key(office.stick)

        assert exchange.can_be_mended(problem.value)
        assert synced.came is not None
        assert synced.came.mended
        assert len(office.amina.sources()) == 2
        assert whole(office.amina.folder)

    def test_an_archive_that_was_set_back_is_brought_forward(self, office: Office) -> None:
        old = shutil.copytree(office.amina.folder, office.root / "old")
        office.amina.add("more.txt", "More.\n")
        office.amina.sync(office.stick)
        shutil.rmtree(office.amina.folder)
        old.rename(office.amina.folder)
        with pytest.raises(RolledBack):
            office.amina.archive()

        office.amina.without_key(office.stick)

        assert len(office.amina.sources()) == 3

    def test_a_folder_whose_logs_are_gone_is_filled_again(self, office: Office) -> None:
        office.amina.sync(office.stick)
        shutil.rmtree(office.amina.folder / "logs")

        office.amina.without_key(office.stick)

        assert len(office.amina.sources()) == 2

    def test_a_damaged_archive_is_mended_from_a_bundle_with_its_passphrase(self, office: Office) -> None:
        office.meet()
        bundle = office.root / "all.bundle"
        office.idris.ask(exchange.bundle, exchange.Bundle(path=os.fsencode(bundle), whole=True))
        for segment in office.amina.folder.glob("logs/*/*.seg"):
            segment.write_bytes(segment.read_bytes()[:-7] + b"garbage")

        office.amina.without_key(bundle)

        assert len(office.amina.sources()) == 2


class TestABundle:
    def bundled(self, laptop: Laptop, path: Path, *for_whom: str, whole: bool = False) -> exchange.Bundled:
        request = exchange.Bundle(path=os.fsencode(path), members=for_whom, whole=whole)
        bundled: exchange.Bundled = laptop.ask(exchange.bundle, request)
        return bundled

    def test_holds_only_what_the_others_have_not_reported_to_have(self, office: Office) -> None:
        office.meet()
        office.idris.add("own.txt", "Of Idris.\n")
        office.meet()
        source = office.amina.add("more.txt", "More.\n")

        all_of_it = self.bundled(office.amina, office.root / "whole.bundle", whole=True)
        bundled = self.bundled(office.amina, office.root / "some.bundle")
        synced = office.idris.sync(office.root / "some.bundle")

        assert bundled.entries < all_of_it.entries
        assert synced.problems == 0
        assert source in office.idris.sources()
        assert office.idris.sources() == office.amina.sources()

    def test_taken_in_twice_or_late_brings_nothing(self, office: Office) -> None:
        office.meet()
        office.idris.add("own.txt", "Of Idris.\n")
        office.meet()
        office.amina.add("more.txt", "More.\n")
        self.bundled(office.amina, office.root / "some.bundle")
        office.amina.add("even more.txt", "Even more.\n")
        office.idris.sync(office.amina.folder)

        synced = office.idris.sync(office.root / "some.bundle")

        assert synced.problems == 0
        assert synced.came is not None
        assert synced.came.entries == 0

    def test_opens_for_those_alone_for_whom_it_is(self, office: Office, tmp_path: Path) -> None:
        vera = Laptop(tmp_path, "vera", "copper thistle orbit lantern")
        office.joins(vera, Role.READER)
        self.bundled(office.amina, office.root / "one.bundle", "editor 2", whole=True)

        with pytest.raises(BadBundle, match="for other members"):
            vera.sync(office.root / "one.bundle")
        assert office.idris.sync(office.root / "one.bundle").problems == 0
        assert len(office.idris.sources()) == 2

    def test_is_not_written_for_nobody(self, office: Office) -> None:
        with pytest.raises(Unclear) as problem:
            self.bundled(office.amina, office.root / "x.bundle", "Каримов")
        assert "Каримов" not in str(problem.value)
        assert not (office.root / "x.bundle").exists()

    def test_is_not_sealed_to_who_is_a_member_no_more(self, office: Office) -> None:
        members.remove_member(office.amina.archive(), office.idris.archive().member)

        with pytest.raises(NotAllowed, match="no more"):
            self.bundled(office.amina, office.root / "x.bundle", "editor 2")

    def test_is_never_written_over_another_file_nor_into_the_archive(self, office: Office) -> None:
        (office.root / "x.bundle").write_text("something else")

        with pytest.raises(NotAllowed, match="there already"):
            self.bundled(office.amina, office.root / "x.bundle", whole=True)
        with pytest.raises(BadPlace, match="own folder"):
            self.bundled(office.amina, office.amina.folder / "x.bundle", whole=True)

    def test_cut_short_is_refused_whole(self, office: Office) -> None:
        path = office.root / "all.bundle"
        self.bundled(office.amina, path, whole=True)
        path.write_bytes(path.read_bytes()[:-100])
        before = sizes(office.idris.folder)

        with pytest.raises(BadBundle, match="nothing of it was taken"):
            office.idris.sync(path)
        assert sizes(office.idris.folder) == before
        assert list(office.idris.home.glob("*/incoming-*")) == []


class TestWhatAKilledCommandHadUnpacked:
    @staticmethod
    def left(laptop: Laptop) -> Path:
        folder = laptop.archive().home.path / "incoming-abc" / "archive"
        shutil.copytree(laptop.folder, folder)
        return folder

    def test_is_removed_by_the_next_sync_with_a_key_and_without(self, office: Office) -> None:
        for sync_ in (office.amina.sync, office.amina.without_key):
            left = self.left(office.amina)
            assert sync_(office.stick).problems == 0
            assert not left.parent.exists()

    def test_is_removed_when_erasures_are_carried_out(self, office: Office) -> None:
        left = self.left(office.amina)
        office.amina.ask(deciding.carry_out, deciding.CarryOut())
        assert not left.parent.exists()

    def test_is_removed_where_it_lies_in_a_copy_without_a_device(self, office: Office) -> None:
        office.amina.sync(office.stick)
        left = office.stick / "incoming-abc" / "archive"
        shutil.copytree(office.amina.folder, left)

        request = sync(office.amina.folder)
        exchange.sync_without_key(office.stick, request, lambda news: None, None, office.root / "nobody")

        assert not left.parent.exists()


class TestABackup:
    def made(self, laptop: Laptop, path: Path, place: str = "") -> exchange.BackupMade:
        made: exchange.BackupMade = laptop.ask(exchange.backup, exchange.Backup(path=os.fsencode(path), place=place))
        return made

    def test_is_read_back_and_recorded(self, office: Office) -> None:
        made = self.made(office.amina, office.root / "x.backup", "in the  safe")

        (seen,) = office.amina.ask(exchange.backup_list, Nothing()).backups
        assert made.checked
        assert (made.problems, made.evidence) == ((), 2)
        assert (seen.id, seen.place, seen.by) == (made.id, "in the safe", "owner 1")
        assert seen.entries == made.entries

    def test_of_a_damaged_archive_is_not_believed(self, office: Office) -> None:
        with office.amina.desk() as desk:
            (evidence, _) = Folder(office.amina.folder).evidence.names()
            (office.amina.folder / "evidence" / evidence).unlink()
            made = desk.ask(exchange.backup, exchange.Backup(path=os.fsencode(office.root / "x.backup")))

        assert [problem.where for problem in made.problems] == [f"evidence/{evidence}"]
        assert made.id == ""
        assert office.amina.ask(exchange.backup_list, Nothing()).backups == ()

    def test_that_a_disk_falsifies_is_found_by_reading_it_back(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = bundles.write_backup

        def falsified(folder: Folder, path: Path) -> int:
            size = real(folder, path)
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
            return size

        monkeypatch.setattr("guvoh.archive.bundles.write_backup", falsified)

        assert self.made(office.amina, office.root / "x.backup").problems

    def test_without_room_to_read_it_back_is_said_to_be_unread(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))

        made = self.made(office.amina, office.root / "x.backup")

        assert not made.checked
        assert "not read back" in made.notices[0]

    def test_that_is_gone_leaves_the_list(self, office: Office) -> None:
        made = self.made(office.amina, office.root / "x.backup")

        office.amina.ask(exchange.backup_gone, exchange.BackupGone(id=made.id))

        assert office.amina.ask(exchange.backup_list, Nothing()).backups == ()
        with pytest.raises(NoSuchRecord):
            office.amina.ask(exchange.backup_gone, exchange.BackupGone(id=made.id))

    def test_is_made_by_who_may_add_nothing_but_not_recorded(self, tmp_path: Path) -> None:
        office = Office.opened(tmp_path, Role.REPLICA)
        office.amina.add("letter.txt", LETTER)
        office.meet()

        made = self.made(office.idris, tmp_path / "x.backup")

        assert made.checked
        assert (made.id, made.problems) == ("", ())
        assert "not recorded" in made.notices[0]


class TestRestoring:
    def restored(self, office: Office, path: Path, home: Path) -> exchange.Restored:
        return exchange.restore(path, office.root / "restored", lambda news: None, home)

    def backup(self, office: Office) -> Path:
        path = office.root / "x.backup"
        office.amina.ask(exchange.backup, exchange.Backup(path=os.fsencode(path)))
        return path

    def test_gives_back_everything_to_a_computer_that_joins(self, office: Office) -> None:
        before = office.amina.sources()
        path = self.backup(office)
        shutil.rmtree(office.amina.root)

        restored = self.restored(office, path, office.root / "home")
        again = Laptop(office.root, "again")
        again.folder, again.home = office.root / "restored", office.root / "home"
        members.ask(again.folder, again.home, again.passphrase, restored.members[0][0])

        assert not restored.here
        assert (restored.problems, restored.behind) == ((), 0)
        assert restored.members[0][1] == "owner 1"
        assert again.sources() == before

    def test_says_that_this_computer_has_seen_more(self, office: Office) -> None:
        path = self.backup(office)
        office.amina.add("more.txt", "More.\n")

        restored = self.restored(office, path, office.amina.home)

        assert restored.here
        assert restored.behind > 0
        assert restored.problems == ()

    def test_an_older_copy_is_brought_forward_by_a_sync(self, office: Office) -> None:
        path = self.backup(office)
        office.amina.add("more.txt", "More.\n")
        office.amina.sync(office.stick)
        self.restored(office, path, office.amina.home)
        older = Laptop(office.root, "older")
        older.folder, older.home = office.root / "restored", office.amina.home

        older.without_key(office.stick)

        assert older.sources() == office.amina.sources()

    def test_refuses_a_folder_that_holds_something(self, office: Office) -> None:
        path = self.backup(office)
        (office.root / "restored").mkdir()
        (office.root / "restored" / "mine.txt").write_text("mine")

        with pytest.raises(NotAllowed, match="not empty"):
            self.restored(office, path, office.root / "home")
        assert files(office.root / "restored") == ["mine.txt"]

    def test_refuses_a_bundle_and_says_what_takes_it(self, office: Office) -> None:
        path = office.root / "all.bundle"
        office.amina.ask(exchange.bundle, exchange.Bundle(path=os.fsencode(path), whole=True))

        with pytest.raises(BadBundle, match="guvoh sync"):
            self.restored(office, path, office.root / "home")

    def test_lays_out_nothing_of_a_backup_that_was_cut_short(self, office: Office) -> None:
        """At any block, also between two files: a whole log could be missing, and nothing else would tell."""
        path = self.backup(office)
        data = path.read_bytes()
        end = data.rstrip(b"\0")

        for size in range(512, len(end), 512):
            path.write_bytes(data[:size])
            with pytest.raises(BadBundle):
                self.restored(office, path, office.root / "home")
            assert not (office.root / "restored").exists()
