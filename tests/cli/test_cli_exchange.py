"""sync, bundle, backup and restore, as people with laptops and sticks use them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from stranger import PASSPHRASE, Place, one_line

pytest_plugins = ("places",)

OTHER = "walnut harbour seventeen violin bakery"
HIDDEN = ("Каримов", "Жўраев", "Каримова", "prisoners.csv", "letter.txt")


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


def colleague(office: Place, folder: Path, stick: Path, role: str = "editor") -> Place:
    """Somebody with a laptop of his own, who asks by the stick and is admitted by the same."""
    other = Place(folder)
    other.prepare()
    other.passphrase.write_text(OTHER + "\n", "utf-8")
    office.well(office.run("sync", str(stick)))
    shutil.copytree(stick, other.archive)
    given = ("--guess-memory", "1", "--passphrase-file", str(other.passphrase))
    asked = other.well(other.bare("join", str(other.archive), *given))
    words = re.search(r"^ +((?:[a-z]+ ){4}[a-z]+)$", asked.out, re.M)
    device = re.search(r"d-[a-z2-7]{20}", asked.out)
    assert words is not None
    assert device is not None
    assert "does not open yet" in other.well(other.run("sync", str(stick))).err
    assert f"guvoh member add {device[0]}" in office.well(office.run("sync", str(stick))).out
    office.well(office.run("member", "add", device[0], "--role", role, "--name", "Вера", "--check", words[1]))
    office.well(office.run("sync", str(stick)))
    other.well(other.run("sync", str(stick)))
    return other


class TestTwoLaptopsAndAStick:
    def test_come_to_the_same_state(self, filled: Place, tmp_path: Path, stick: Path) -> None:
        other = colleague(filled, tmp_path / "other", stick)
        other.well(other.run("add", other.file("own.txt", "Мои слова.\n")))
        other.well(other.run("sync", str(stick)))

        ran = filled.well(filled.run("sync", str(stick)))
        as_json = filled.well(filled.run("sync", str(stick), "--json")).json

        assert "1 file of evidence came from" in ran.out
        assert "editor 2 is Вера" in ran.out
        assert as_json["came"]["entries"] == {}
        shown = [place.well(place.run("sources", "--json")).json for place in (filled, other)]
        assert len(shown[0]) == 5
        assert {one["id"] for one in shown[0]} == {one["id"] for one in shown[1]}

        other.well(other.run("add", other.file("more.txt", "Ещё слова.\n")))
        bundle = str(tmp_path / "for-owner.bundle")
        wrote = other.well(other.run("bundle", bundle, "--for", "owner 1"))
        taken = filled.well(filled.run("sync", bundle, "--json"))

        assert "for owner 1." in wrote.out
        assert list(taken.json["came"]["entries"]) == ["editor 2 device 1"]
        assert "Вера" not in taken.out
        assert taken.json["went"] is None

    def test_say_nothing_of_what_is_in_the_archive(self, filled: Place, stick: Path) -> None:
        ran = filled.well(filled.run("sync", str(stick)))

        assert not [word for word in HIDDEN if word in ran.out + ran.err]

    def test_work_through_the_key_process_from_any_folder(self, filled: Place, tmp_path: Path) -> None:
        """The key process stands in another folder: a relative path is still the one that was typed."""
        with filled.unlocked():
            ran = filled.bare("sync", "copy", "--archive", str(filled.archive), cwd=tmp_path)
            bundle = filled.bare("bundle", "x.bundle", "--whole", "--archive", str(filled.archive), cwd=tmp_path)

        assert ran.code == 0, ran.err
        assert bundle.code == 0, bundle.err
        assert (tmp_path / "copy" / "guvoh.toml").exists()
        assert (tmp_path / "x.bundle").exists()

    def test_are_refused_both_only_ways_at_once(self, place: Place, stick: Path) -> None:
        assert "--help" in one_line(place.run("sync", str(stick), "--pull", "--push"), 2)

    def test_of_which_one_is_not_in_is_told(self, place: Place, tmp_path: Path) -> None:
        assert "is the stick in?" in one_line(place.run("sync", str(tmp_path / "not-mounted" / "copy")))
        assert not (tmp_path / "not-mounted").exists()


class TestAnArchiveThatDoesNotOpen:
    def test_is_mended_first(self, filled: Place, stick: Path) -> None:
        filled.well(filled.run("sync", str(stick)))
        for segment in filled.archive.glob("logs/*/*.seg"):
            segment.write_bytes(segment.read_bytes()[:-1])

        ran = filled.well(filled.run("sync", str(stick)))

        assert "does not open" in ran.err
        assert len(filled.well(filled.run("sources", "--json")).json) == 4
        filled.well(filled.run("verify"))

    def test_has_its_keys_again_after_leaving(self, filled: Place, stick: Path) -> None:
        filled.well(filled.run("sync", str(stick)))
        for key in (filled.archive / "keys").iterdir():
            key.unlink()

        filled.well(filled.run("sync", str(stick)))

        assert len(filled.well(filled.run("sources", "--json")).json) == 4

    def test_is_mended_while_its_key_process_runs(self, filled: Place, stick: Path) -> None:
        filled.well(filled.run("sync", str(stick)))
        with filled.unlocked():
            for segment in filled.archive.glob("logs/*/*.seg"):
                segment.write_bytes(segment.read_bytes()[:-1])
            ran = filled.bare("sync", str(stick), "--archive", str(filled.archive))
            assert "passphrase" in one_line(ran)
            filled.well(filled.run("sync", str(stick)))

        filled.well(filled.run("verify"))

    def test_stays_as_it_is_with_a_wrong_passphrase(self, place: Place, stick: Path) -> None:
        place.well(place.run("sync", str(stick)))
        place.passphrase.write_text("another passphrase altogether\n")

        assert "passphrase" in one_line(place.run("sync", str(stick)))

    def test_is_no_matter_for_a_copy_that_has_no_key(self, filled: Place, tmp_path: Path, stick: Path) -> None:
        filled.well(filled.run("sync", str(stick)))
        nobody = Place(tmp_path / "nobody")
        nobody.prepare()

        ran = nobody.bare("sync", str(stick), "--archive", str(filled.archive), "--without-key", "--json")
        there = nobody.bare("sync", str(tmp_path / "second"), "--archive", str(stick), "--without-key")

        assert ran.code == 0, ran.err
        assert there.code == 0, there.err
        nobody.well(nobody.bare("verify", "--archive", str(tmp_path / "second"), "--without-key"))


class TestTwoHistoriesOfOneDevice:
    def test_end_with_1_and_the_proof(self, filled: Place, tmp_path: Path) -> None:
        twin = filled.copy(tmp_path / "twin")
        filled.well(filled.run("add", filled.file("one.txt", "One.\n")))
        twin.well(twin.run("add", twin.file("other.txt", "Other.\n")))

        ran = filled.run("sync", str(twin.archive), "--pull")

        assert ran.code == 1
        assert "two different histories" in ran.out
        proof = re.search(r"(/\S*proof-d-[a-z2-7]{20}\.txt)", ran.out)
        assert proof is not None
        assert Path(proof[1]).parent.parent == filled.home
        assert len(filled.well(filled.run("sources", "--json")).json) == 5


class TestInterrupted:
    def test_by_a_person_it_says_that_it_goes_on_the_next_time(self, filled: Place, stick: Path) -> None:
        words = filled.command(
            "sync", str(stick), "--archive", str(filled.archive), "--passphrase-file", str(filled.passphrase)
        )
        running = subprocess.Popen(
            words, env=filled.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        end = time.monotonic() + 60
        while not stick.exists() and running.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)

        assert "Traceback" not in err
        assert running.returncode in (0, 130)
        assert running.returncode == 0 or "the next sync goes on" in err
        filled.well(filled.run("sync", str(stick)))
        filled.well(filled.bare("verify", "--archive", str(stick), "--without-key"))

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no disk that is always full")
    def test_by_a_limit_on_what_may_be_written_it_says_so_and_goes_on(self, filled: Place, stick: Path) -> None:
        import resource

        filled.well(filled.run("add", filled.file("long.txt", os.urandom(300_000).hex())))

        def small_files() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

        line = filled.run("sync", str(stick), before=small_files)

        assert line.code == 1
        assert "the next sync goes on" in line.err
        filled.well(filled.run("sync", str(stick)))
        filled.well(filled.bare("verify", "--archive", str(stick), "--without-key"))


class TestABackup:
    def test_is_made_listed_restored_and_taken_from_the_list(self, filled: Place, tmp_path: Path) -> None:
        file, folder = str(tmp_path / "x.backup"), str(tmp_path / "restored")
        made = filled.well(filled.run("backup", file, "--place", "у Веры", "--json")).json
        listed = filled.well(filled.run("backup", "--list"))
        as_json = filled.well(filled.run("backup", "--list", "--json"))
        restored = filled.well(filled.bare("restore", file, folder, "--json")).json

        assert made["checked"]
        assert made["problems"] == []
        assert "у Веры" in listed.out
        assert "у Веры" not in as_json.out
        assert [one["id"] for one in as_json.json] == [made["id"]]
        assert restored["problems"] == []
        assert restored["entries"] == made["entries"]
        filled.well(filled.run("backup", "--gone", made["id"]))
        assert filled.well(filled.run("backup", "--list", "--json")).json == []

    def test_wants_one_thing_at_a_time(self, place: Place) -> None:
        assert "--list" in one_line(place.run("backup"), 2)
        assert "--list" in one_line(place.run("backup", "x", "--list"), 2)

    def test_brings_everything_to_a_new_computer(self, filled: Place, tmp_path: Path) -> None:
        file = str(tmp_path / "x.backup")
        filled.well(filled.run("backup", file))
        before = filled.well(filled.run("sources", "--json")).json
        fresh = Place(tmp_path / "fresh")
        fresh.prepare()
        said = fresh.well(fresh.bare("restore", file, str(fresh.archive)))
        join = re.search(r"guvoh (join .* --member m-[a-z2-7]{20})", said.out)
        assert join is not None

        fresh.well(fresh.bare(*join[1].split(), "--passphrase-file", str(fresh.passphrase)))

        assert fresh.well(fresh.run("sources", "--json")).json == before

    def test_that_is_older_than_what_was_seen_says_how_to_go_on(self, filled: Place, tmp_path: Path) -> None:
        file = str(tmp_path / "x.backup")
        filled.well(filled.run("backup", file))
        filled.well(filled.run("add", filled.file("more.txt", "More.\n")))

        ran = filled.well(filled.bare("restore", file, str(tmp_path / "older")))

        assert "It is an older copy" in ran.out
        assert "guvoh sync PATH" in ran.out


@pytest.mark.parametrize(
    "content", [b"", b"not a backup", b"\0" * 10_240, PASSPHRASE.encode() * 100], ids=["empty", "text", "zeros", "long"]
)
def test_what_is_no_backup_and_no_bundle_is_refused_in_one_line(place: Place, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)

    assert "nothing of it was taken" in one_line(place.bare("restore", str(tmp_path / "x"), str(tmp_path / "y")))
    assert "nothing of it was taken" in one_line(place.run("sync", str(tmp_path / "x")))
    assert not (tmp_path / "y").exists()
