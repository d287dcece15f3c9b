"""What is known to be elsewhere: by what other devices have said, and by backups."""

from __future__ import annotations

from computers import Computer, joined, jot

from guvoh.archive.rewriting import pack
from guvoh.archive.store import Folder
from guvoh.casebook import copies, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.colleagues import device_called
from guvoh.casebook.desk import Desk
from guvoh.casebook.entries import entry
from guvoh.casebook.staff import Named
from guvoh.records.base import now
from guvoh.records.custody import Backup
from guvoh.records.decisions import Correction
from guvoh.values.ids import new_id

pytest_plugins = ("furnished",)


def worked(desk: Desk) -> int:
    """How many entries this device has written, but for those about sessions and backups."""
    device = desk.archive.device
    query = "SELECT count(*) FROM records WHERE log = ? AND kind IN ('session', 'backup')"
    return int(desk.archive.states[device].size - desk.index.db.execute(query, (device,)).fetchone()[0])


class TestWhatIsOnlyHere:
    def test_who_is_alone_has_everything_here_alone(self, amina: Computer) -> None:
        with amina.desk() as desk:
            assert desk.ask(copies.only_here, Nothing()).entries == worked(desk)

    def test_what_a_colleague_is_known_to_have_is_elsewhere(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            jot(desk)
        amina.take(idris)

        with amina.desk() as desk:
            assert desk.ask(copies.only_here, Nothing()).entries == 0
            jot(desk)
            assert desk.ask(copies.only_here, Nothing()).entries > 0

    def test_what_a_removed_device_has_is_nowhere(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            jot(desk)
        amina.take(idris)
        with amina.desk() as desk:
            _, device = device_called(desk.ask(staff.staff, Nothing()).members, "Idris")
            desk.ask(staff.remove_device, Named(id=device.id))

            assert desk.ask(copies.only_here, Nothing()).entries == worked(desk)

    def test_a_backup_counts_until_it_is_gone(self, amina: Computer) -> None:
        with amina.desk() as desk:
            archive = desk.archive
            heads = {archive.device: archive.states[archive.device].size}
            backup = Backup(id=new_id("u"), by=archive.member, at=now(), place="with a friend", heads=heads)
            with archive.batch() as batch:
                batch.add(entry(backup))
            desk.catch_up()
            assert desk.ask(copies.only_here, Nothing()).entries == 0

            with archive.batch() as batch:
                gone = Correction(id=new_id("c"), by=archive.member, at=now(), old=backup.id)
                batch.add(entry(gone))
            desk.catch_up()
            assert desk.ask(copies.only_here, Nothing()).entries == worked(desk)

    def test_a_backup_of_which_more_was_said_later_is_one_backup(self, amina: Computer) -> None:
        with amina.desk() as desk:
            archive = desk.archive
            heads = {archive.device: archive.states[archive.device].size}
            first = Backup(id=new_id("u"), by=archive.member, at=now(), place="with a freind", heads=heads)
            better = Backup(id=new_id("u"), by=archive.member, at=now(), place="with a friend", heads=heads)
            said = Correction(id=new_id("c"), by=archive.member, at=now(), old=first.id, new=better.id)
            with archive.batch() as batch:
                for record in (first, better, said):
                    batch.add(entry(record))
            desk.catch_up()

            assert copies.backups(desk) == [(archive.device, better)]


class TestWhatADeviceHas:
    def test_is_what_it_says_last_though_an_interrupted_packing_left_an_older_file(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            for number in range(4):
                jot(desk, f"Remark {number}.")
            log = desk.archive.own
            small = {path: path.read_bytes() for _, path in log.paths()}
            assert pack(desk.archive, least=2) > 0
            left = next(path for path in small if not path.exists())
        amina.take(idris)
        with amina.desk() as desk:
            archive = desk.archive
            before = copies.seen_by(archive, archive.members, log.device)
            (archive.path / left.relative_to(idris.archive)).write_bytes(small[left])

            assert before[log.device] == archive.states[log.device].size
            assert copies.seen_by(archive, archive.members, log.device) == before

    def test_is_nothing_where_nobody_has_admitted_it(self, amina: Computer) -> None:
        folder = Folder(amina.archive)

        assert copies.seen_by(folder, folder.membership(), "d-aaaaaaaaaaaaaaaaaaaa") == {}
