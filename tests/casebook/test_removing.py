"""What leaving and wiping remove from a computer, and when they refuse."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from computers import OTHER, Computer, joined
from desks import PASSPHRASE, add
from laptops import Office, files

from guvoh.archive import members
from guvoh.archive.errors import MissingKey
from guvoh.archive.home import scratch
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import verify
from guvoh.casebook import exchange, queries, removing
from guvoh.casebook.answers import Nothing, Search
from guvoh.casebook.removing import OnlyCopy

pytest_plugins = ("furnished", "offices")


def everything(*places: Path) -> int:
    return sum(path.is_file() for place in places for path in place.rglob("*"))


class TestLeaving:
    def test_removes_the_own_keys_and_the_index_and_says_all_that_is_left(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            desk.ask(queries.sources, Nothing())
            me = desk.archive.member
        left = removing.leave(idris.archive)

        assert not [path for path in (idris.archive / "keys").iterdir() if me in path.name]
        assert not list(idris.home.rglob("index*"))
        assert sum(one.files for one in left.still) == everything(idris.archive, idris.home)
        with pytest.raises(MissingKey):
            Archive(idris.archive, idris.home, OTHER)

    def test_a_colleague_gives_the_keys_back(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        removing.leave(idris.archive)
        idris.take(amina)

        with idris.desk() as desk:
            assert desk.ask(queries.search, Search(text="Karimov")).people == 1

    def test_with_commitments_only_nothing_sealed_is_left_and_all_of_it_comes_back(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            add(desk, {"mine.txt": "My own words.\n"})
        amina.take(idris)
        sealed = {path.name for path in (idris.archive / "evidence").iterdir()}
        left = removing.leave(idris.archive, commitments_only=True)

        assert left.evidence == len(sealed) == 5
        assert list((idris.archive / "evidence").iterdir()) == []
        assert all(segment.thin for log in Folder(idris.archive).logs() for segment in log.segments())
        assert "sealed entries" not in [one.what for one in left.still]

        idris.take(amina)
        assert {path.name for path in (idris.archive / "evidence").iterdir()} == sealed
        with idris.desk() as desk:
            assert desk.ask(queries.search, Search(text="own words")).texts == 1
            assert verify(desk.archive, dict(desk.archive.known)).problems == []

    def test_removes_what_a_killed_command_had_unpacked_and_tells_of_every_folder(self, amina: Computer) -> None:
        """A backup that is read back is a whole copy of the archive, key files too."""
        (place,) = (path for path in amina.home.iterdir() if path.is_dir())
        copied = place / "incoming-abc" / "archive"
        shutil.copytree(amina.archive, copied)
        (place / "notes").mkdir()
        (place / "notes" / "letter.txt").write_bytes(b"Dear mother")
        with scratch(place) as in_use:
            (in_use / "archive").mkdir()
            (in_use / "archive" / "guvoh.toml").write_bytes(b"another command is busy with it")

            left = removing.leave(amina.archive)

            assert not copied.exists()
            assert {one.place for one in left.still} >= {f"{place / 'notes'}/", f"{in_use}/"}
            assert sum(one.files for one in left.still) == everything(amina.archive, amina.home)

    def test_done_twice_is_done_once(self, amina: Computer) -> None:
        first = removing.leave(amina.archive, commitments_only=True)
        second = removing.leave(amina.archive, commitments_only=True)

        assert first.keys == 2
        assert (second.keys, second.evidence, second.segments) == (0, 0, 0)
        assert second.still == first.still

    def test_an_unfinished_key_file_goes_too(self, amina: Computer) -> None:
        me = amina.me().id
        (amina.archive / "keys" / f"{me}.identity.next").write_bytes(b"half a key")
        (amina.archive / "keys" / f"{me}.identity.part").write_bytes(b"half a key")
        removing.leave(amina.archive)

        assert list((amina.archive / "keys").iterdir()) == []


class TestWiping:
    def test_removes_the_archive_and_its_device_and_nothing_else(self, office: Office) -> None:
        (office.amina.folder / "my notes.txt").write_text("mine")
        other_archive = office.amina.home / "a-other" / "device.json"
        other_archive.parent.mkdir()
        other_archive.write_text("another archive's")

        wiped = removing.wipe(office.amina.folder, office.amina.home)

        assert wiped.device
        assert wiped.other == 1
        assert wiped.problems == ()
        assert files(office.amina.folder) == ["my notes.txt"]
        assert files(office.amina.home) == ["a-other/device.json"]

    def test_removes_the_folder_where_nothing_else_is_in_it(self, office: Office) -> None:
        removing.wipe(office.amina.folder, office.amina.home)

        assert not office.amina.folder.exists()

    def test_follows_no_link_out_of_the_folder(self, office: Office) -> None:
        precious = office.root / "precious"
        precious.mkdir()
        (precious / "photo.jpg").write_bytes(b"precious")
        shutil.rmtree(office.amina.folder / "evidence")
        (office.amina.folder / "evidence").symlink_to(precious)
        (office.amina.folder / "keys" / "linked").symlink_to(precious / "photo.jpg")

        removing.wipe(office.amina.folder, office.amina.home)

        assert (precious / "photo.jpg").read_bytes() == b"precious"
        assert not office.amina.folder.exists()

    def test_is_refused_while_others_have_not_said_that_they_have_it(self, office: Office) -> None:
        office.amina.add("more.txt", "More.\n")

        with pytest.raises(OnlyCopy) as problem:
            removing.check_elsewhere(office.amina.folder, office.amina.home)
        assert problem.value.entries

    def test_is_not_refused_where_they_have(self, office: Office) -> None:
        office.idris.add("own.txt", "Of Idris.\n")
        office.amina.sync(office.idris.folder)

        removing.check_elsewhere(office.amina.folder, office.amina.home)

    def test_of_a_copy_on_a_stick_needs_no_others(self, office: Office) -> None:
        removing.check_elsewhere(office.stick, office.root / "nowhere")

        wiped = removing.wipe(office.stick, office.root / "nowhere")

        assert not wiped.device
        assert not office.stick.exists()

    def test_is_refused_for_a_damaged_archive_of_which_nothing_is_sure(self, office: Office) -> None:
        for segment in (office.amina.folder / "logs").glob("*/*.seg"):
            segment.write_bytes(b"garbage")

        with pytest.raises(OnlyCopy):
            removing.check_elsewhere(office.amina.folder, office.amina.home)

    def test_killed_on_the_way_has_removed_the_keys_first_and_goes_on(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = removing._Removing.folder

        def killed(self: removing._Removing, path: Path) -> None:
            if path.name == "logs":
                raise KeyboardInterrupt
            real(self, path)

        monkeypatch.setattr(removing._Removing, "folder", killed)
        with pytest.raises(KeyboardInterrupt):
            removing.wipe(office.amina.folder, office.amina.home)
        monkeypatch.undo()

        assert not (office.amina.folder / "keys").exists()
        removing.wipe(office.amina.folder, office.amina.home)
        assert not office.amina.folder.exists()

    def test_and_restoring_gives_everything_back(self, office: Office) -> None:
        backup = office.root / "x.backup"
        before = office.amina.sources()
        office.amina.ask(exchange.backup, exchange.Backup(path=os.fsencode(backup)))
        member = office.amina.archive().member
        removing.wipe(office.amina.folder, office.amina.home)

        exchange.restore(backup, office.amina.folder, lambda news: None, office.amina.home)
        members.ask(office.amina.folder, office.amina.home, PASSPHRASE, member)

        assert office.amina.sources() == before
        assert office.amina.sync(office.idris.folder).problems == 0
