"""doctor, upgrade and wipe, as a person or a script calls them."""

from __future__ import annotations

from pathlib import Path

from stranger import Place, at_a_terminal, one_line

pytest_plugins = ("places",)


class TestTheDoctor:
    def test_says_what_to_do_and_ends_with_1_where_there_is_danger(self, filled: Place) -> None:
        """The passphrases of the tests are cheap to guess, which is told."""
        ran = filled.run("doctor")

        assert ran.code == 1
        assert "every entry was opened" in ran.out
        assert "-> each of them runs `guvoh passphrase`" in ran.out

    def test_speaks_to_programs(self, filled: Place) -> None:
        found = filled.run("doctor", "--quick", "--json").json

        levels = {one["about"]: one["level"] for one in found["findings"]}
        assert levels["integrity"] == "ok"
        assert levels["passphrases"] == "act"
        assert levels["copies"] == "note"

    def test_looks_at_an_archive_that_does_not_open(self, filled: Place) -> None:
        for segment in filled.archive.glob("logs/*/*.seg"):
            segment.write_bytes(segment.read_bytes()[:-1])

        ran = filled.run("doctor")

        assert ran.code == 1
        assert "does not open" in ran.out
        assert "guvoh sync" in ran.out

    def test_tidies_what_an_interrupted_command_left(self, filled: Place) -> None:
        left = filled.archive / "keys" / "m-aaaaaaaaaaaaaaaaaaaa.identity.part"
        left.write_bytes(b"")

        assert "guvoh doctor --tidy" in filled.run("doctor", "--quick").out
        assert left.exists()
        assert "removed 1 left-over file" in filled.run("doctor", "--quick", "--tidy").out
        assert not left.exists()

    def test_works_through_the_key_process(self, filled: Place) -> None:
        with filled.unlocked():
            ran = filled.bare("doctor", "--quick", "--archive", str(filled.archive))

        assert "are as signed" in ran.out


def test_an_archive_of_the_present_format_needs_no_upgrade(place: Place) -> None:
    assert "already" in place.well(place.run("upgrade")).out


class TestWiping:
    def test_asks_and_says_what_it_cannot_remove(self, place: Place) -> None:
        words = ("wipe", "--force", "--archive", str(place.archive))
        kept = at_a_terminal(place, words, [("[y/N]: ", "n")])
        assert place.archive.exists()
        seen = at_a_terminal(place, words, [("[y/N]: ", "y")])

        assert "Nothing was done." in kept
        assert "What this cannot remove" in seen
        for stays in ("flash", "backups", "swap", "shell"):
            assert stays in seen
        assert not place.archive.exists()
        assert list(place.home.iterdir()) == []

    def test_is_refused_without_a_terminal_or_a_yes(self, place: Place) -> None:
        assert "--yes" in one_line(place.bare("wipe", "--force", "--archive", str(place.archive)))
        assert place.archive.exists()

    def test_is_refused_where_it_may_be_the_only_copy(self, filled: Place) -> None:
        assert "--force" in one_line(filled.bare("wipe", "--yes", "--archive", str(filled.archive)))
        assert "--force" in one_line(filled.run("wipe", "--yes"))
        assert filled.archive.exists()

    def test_counts_a_recorded_backup_where_there_is_a_key(self, filled: Place, tmp_path: Path) -> None:
        filled.well(filled.run("backup", str(tmp_path / "x.backup")))

        filled.well(filled.run("wipe", "--yes"))

        assert not filled.archive.exists()

    def test_ends_the_key_process(self, place: Place) -> None:
        place.well(place.run("unlock"))

        place.well(place.bare("wipe", "--yes", "--force", "--archive", str(place.archive)))

        assert not place.home.exists() or list(place.home.iterdir()) == []

    def test_of_what_is_no_archive_removes_nothing(self, place: Place, tmp_path: Path) -> None:
        mine = tmp_path / "mine"
        mine.mkdir()
        (mine / "photo.jpg").write_bytes(b"mine")

        one_line(place.bare("wipe", "--yes", "--force", "--archive", str(mine)))

        assert (mine / "photo.jpg").exists()
