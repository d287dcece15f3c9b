"""What is broken, hostile or in the way: a clear line that names it, and nothing half-added."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from stranger import PASSPHRASE, SECONDS, Place, at_a_terminal, one_line

pytest_plugins = ("places",)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="device files, signals and rights as on Linux")

_LIBC = ctypes.CDLL(None)
_PR_CAPBSET_DROP, _OVERRIDE, _READ_SEARCH = 24, 1, 2


def without_privilege() -> None:
    """In a new process: rights count for root too, as they do for everybody else."""
    if os.geteuid() == 0:
        for capability in (_OVERRIDE, _READ_SEARCH):
            if _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                os._exit(99)


def small_files_only() -> None:
    """In a new process: no file may grow beyond 48 KiB, as on a disk that is nearly full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (48 << 10, 48 << 10))


def forms(place: Place) -> list[str]:
    return [one["form"] for one in place.well(place.run("sources", "--json")).json]


class TestAFileThatIsNone:
    def test_is_named_with_the_reason_and_the_others_are_added(self, place: Place) -> None:
        os.mkfifo(place.files / "pipe")
        (place.files / "nowhere").symlink_to(place.files / "not-there")
        (place.files / "loop").symlink_to(place.files / "loop")
        with (place.files / "huge.csv").open("wb") as file:
            file.truncate(257 << 20)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.relpath(place.files / "socket"))
        secret = Path(place.file("secret.txt", "not for this user"))
        secret.chmod(0)
        expected = {
            place.file("empty.txt", ""): "it is empty",
            place.file("random.bin", os.urandom(5000)): "cannot be read",
            str(place.files): "it is a folder",
            str(place.files / "pipe"): "it is a pipe",
            str(place.files / "socket"): "cannot be read",
            str(place.files / "nowhere"): "there is no such file",
            str(place.files / "loop"): "cannot be read",
            str(place.files / "huge.csv"): "it has more than 256 MiB",
            str(secret): "cannot be read (Permission denied)",
            "/dev/null": "it is a device",
            "/dev/zero": "it is a device",
            str(place.files / ("x" * 300)): "cannot be read",
            "": "it is a folder",
        }
        good = place.file("good.txt", "A good letter.")

        ran = place.run("add", *expected, good, before=without_privilege)

        assert ran.code == 1
        lines = ran.err.splitlines()
        assert len(lines) == len(expected)
        for (name, why), line in zip(expected.items(), lines, strict=True):
            assert line.startswith(f"{name}: NOT ADDED: "), line
            assert why in line
        assert f"1 file added, 0 here already, {len(expected)} failed." in ran.out
        assert forms(place) == ["text"]

    def test_is_not_waited_for(self, place: Place) -> None:
        os.mkfifo(place.files / "pipe")
        began = time.monotonic()

        place.run("add", str(place.files / "pipe"), "/dev/tty", "/dev/random")

        assert time.monotonic() - began < 30


class TestAFileOfAnUnusualKind:
    def test_is_taken_as_it_is_and_what_is_odd_is_noted(self, place: Place) -> None:
        body = "<p>" + "Письмо матерей о том, что случилось в колонии. " * 9
        files = [
            place.file("cyrillic.csv", "Фамилия;Имя\nКаримов;Азиз\nНазаров;Далер\n".encode("cp1251")),
            place.file("sixteen.txt", "Письмо матери".encode("utf-16")),
            place.file("broken.txt", b"Ordinary words, then a broken byte: \xff\xfe and more words."),
            place.file("cut.html", f"<html><body><h1>Письмо</h1>{body}<p>и тут оно обор".encode()[:-1]),
            place.file("script.html", f"<script>while(1){{}}</script><img src=x onerror=alert(1)>{body}"),
            place.file("ragged.csv", "name,born\nA B\nC D,1990,x,y,z\n,,,\nE F,1991\n"),
            place.file("formula.csv", "name,born\n=HYPERLINK(\"http://x\"),1990\n+cmd|' /C calc'!A0,1991\n"),
            place.file("quote.csv", 'name,born\n"never closed,1990\nA B,1991\n'),
            place.file("nul.csv", b"name,born\nA\x00B,1990\n"),
            place.file("bom.csv", "\ufeffname;born\nA B;1990\n"),
        ]

        ran = place.run("add", *files)

        for name in files:
            assert re.search(rf"^{re.escape(name)}: (added as|NOT ADDED)", ran.out + ran.err, re.M), name
        for name in ("cyrillic.csv", "sixteen.txt", "cut.html", "ragged.csv", "formula.csv", "bom.csv"):
            assert f"{name}: added as" in ran.out
        assert "formula cells were kept as text" in ran.out
        assert "some rows have more or fewer cells" in ran.out
        assert place.well(place.run("verify")).code == 0

    def test_is_shown_without_its_scripts_being_of_any_effect(self, place: Place) -> None:
        page = place.file("p.html", "<title>&#27;]0;owned&#7;T</title>" + "<p>One &#27;[31m two \u202e three</p>" * 3)
        place.well(place.run("add", page))

        for ran in (place.run("sources"), place.run("show", place.run("sources", "--json").json[0]["id"])):
            assert is_safe(place.well(ran).out)

    @pytest.mark.slow
    def test_of_50_mb_of_html_ends_in_time_and_the_next_one_is_added(self, place: Place) -> None:
        page = place.file("big.html", "<html><body>" + "<div><p>слово за словом</p>" * 1_000_000)

        ran = place.run("add", page, place.file("next.txt", "The next letter."))

        assert "next.txt: added as" in ran.out
        assert "big.html: " in ran.out + ran.err


def is_safe(text: str) -> bool:
    """Nothing in it moves a cursor, turns the direction or begins an escape."""
    return not {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")}


class TestAFileName:
    NAMES = (
        b"two\nlines.txt: added as s-aaaaaaaaaaaaaaaaaaaa",
        b"red\x1b[31m.txt",
        "turned\u202etxt.exe".encode(),
        "zero\u200bwidth.txt".encode(),
        b"old\xcf\xf0\xe8\xe2\xe5\xf2.txt",
        "Ўзбекча ғ'.txt".encode(),
        b"-rf",
        b"tab\there.txt",
    )

    def test_of_any_bytes_is_added_and_shown_safely(self, place: Place) -> None:
        paths = [os.fsencode(place.files) + b"/" + name for name in self.NAMES]
        for number, path in enumerate(paths):
            Path(os.fsdecode(path)).write_text(f"Letter {number}")

        ran = place.well(place.run("add", *paths))

        assert is_safe(ran.out)
        assert len(re.findall(r"^/.*: added as s-", ran.out, re.M)) == len(paths)
        assert "two\\nlines.txt: added as s-aaaaaaaaaaaaaaaaaaaa: added as s-" in ran.out
        assert r"old\xcf\xf0\xe8\xe2\xe5\xf2.txt" in ran.out

    def test_of_a_bad_file_is_shown_safely(self, place: Place) -> None:
        paths = [os.fsencode(place.files) + b"/" + name for name in self.NAMES]

        ran = place.run("add", *paths)

        assert is_safe(ran.err)
        assert len(ran.err.splitlines()) == len(paths)

    def test_is_kept_and_shown_through_the_key_process_too(self, place: Place) -> None:
        path = os.fsencode(place.files) + b"/" + self.NAMES[4]
        Path(os.fsdecode(path)).write_text("A letter with an old name")

        with place.unlocked():
            place.well(place.bare("add", path, "--archive", str(place.archive)))
            source = place.well(place.bare("sources", "--json", "--archive", str(place.archive))).json[0]["id"]
            shown = place.well(place.bare("show", source, "--archive", str(place.archive))).out

        assert r"as old\\xcf".replace("\\\\", "\\") in shown

    @pytest.mark.parametrize("option", ["--archive", "--passphrase-file", "--out", "--columns"])
    def test_in_an_option_is_shown_safely_in_the_error(self, place: Place, option: str) -> None:
        command = {"--out": ("report",), "--columns": ("add", "x")}.get(option, ("sources",))
        name = b"no\x1b[31m\nsuch/\xff"
        given = ("--archive", str(place.archive), "--passphrase-file", str(place.passphrase))

        line = one_line(place.bare(*command, *given, option, name))

        assert is_safe(line)


class TestADisk:
    @pytest.fixture
    def read_only(self, filled: Place) -> Iterator[Place]:
        """The archive as on a read-only stick: only rights say so, and the program runs without privilege."""
        filled.well(filled.run("people"))
        for path in [*filled.archive.rglob("*"), filled.archive]:
            path.chmod(0o500 if path.is_dir() else 0o400)
        yield filled
        for path in [filled.archive, *filled.archive.rglob("*")]:
            path.chmod(0o700 if path.is_dir() else 0o600)

    def test_that_is_read_only_can_be_read(self, read_only: Place) -> None:
        def run(*words: str) -> str:
            return read_only.well(read_only.run(*words, before=without_privilege)).out

        assert "4 sources." in run("sources")
        assert "2 mentions" in run("search", "Каримов")
        assert "all as signed" in run("verify")
        assert "taken for" in run("people")

    def test_that_is_read_only_takes_nothing_in_and_says_so(self, read_only: Place) -> None:
        before = sorted(read_only.archive.rglob("*"))

        line = one_line(read_only.run("add", read_only.file("n.txt", "New"), before=without_privilege))

        assert "cannot write in" in line
        assert "Permission denied" in line
        assert sorted(read_only.archive.rglob("*")) == before

    def test_that_is_read_only_gives_a_report_that_is_not_recorded(self, read_only: Place) -> None:
        out = read_only.folder / "r.html"

        ran = read_only.well(read_only.run("report", "--out", str(out), before=without_privilege))

        assert "Not recorded: nothing can be written here." in ran.out
        assert out.exists()

    def test_on_which_guvoh_home_is_read_only_still_lets_the_archive_be_read(self, filled: Place) -> None:
        (home,) = filled.home.iterdir()
        home.chmod(0o500)
        try:
            assert "4 sources." in filled.well(filled.run("sources", before=without_privilege)).out
        finally:
            home.chmod(0o700)

    def test_that_is_nearly_full_keeps_what_was_added_before_and_nothing_half(self, place: Place) -> None:
        small, large = place.file("small.txt", "Small"), place.file("large.txt", "Large. " * 20_000)
        later = place.file("later.txt", "Later")

        ran = place.run("add", small, large, later, before=small_files_only)

        assert ran.code == 1
        assert "guvoh: error: " in ran.err.splitlines()[-1]
        assert "fault in the program" not in ran.err
        assert list(place.folder.rglob("*.part")) == []
        said = len(re.findall(r": added as s-", ran.out))
        assert len(forms(place)) == said
        again = place.well(place.run("add", small, large, later))
        assert f"{3 - said} file" in again.out
        assert place.well(place.run("verify", "--json")).json["problems"] == []

    def test_that_is_full_keeps_what_was_committed(self, nothing_yet: Place, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "full", disk]).returncode:
            pytest.skip("no right to mount a small disk here")
        try:
            place = nothing_yet.copy(disk / "place")
            letters = [place.file(f"l{n}.txt", f"{n} " + "Слово. " * 9000) for n in range(3)]
            ballast = disk / "ballast"
            ballast.write_bytes(bytes(shutil.disk_usage(disk).free - (400 << 10)))

            ran = place.run("add", *letters)

            assert ran.code == 1
            assert "fault in the program" not in ran.err
            assert "No space left" in ran.err.splitlines()[-1]
            ballast.unlink()
            assert len(forms(place)) == len(re.findall(r": added as s-", ran.out))
            assert list(disk.rglob("*.part")) == []
            place.well(place.run("add", *letters))
            assert forms(place) == ["text"] * 3
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_that_is_full_under_the_output_is_an_error(self, filled: Place) -> None:
        words = ["sources", "--archive", str(filled.archive), "--passphrase-file", str(filled.passphrase)]
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                filled.command(*words), env=filled.environment(), stdout=full, stderr=subprocess.PIPE, encoding="utf-8"
            )

        assert done.returncode == 1
        assert done.stderr.splitlines() == ["guvoh: error: the system refused: No space left on device"]


class TestAPassphrase:
    def test_that_is_wrong_opens_nothing(self, filled: Place) -> None:
        wrong = filled.file("wrong.txt", "these are not the right words\n")
        for command in ("sources", "verify", "unlock", "people"):
            line = one_line(filled.bare(command, "--archive", str(filled.archive), "--passphrase-file", wrong))
            assert "passphrase" in line
            assert "not the right words" not in line
        assert "already" in filled.bare("lock", "--archive", str(filled.archive)).out

    @pytest.mark.parametrize(
        ("content", "why"),
        [("", "is empty"), ("\n\nx", "is empty"), (b"\xff\xfe\x00", "not UTF-8"), (None, "cannot be read")],
    )
    def test_whose_file_is_no_use_is_said_to_be_so(self, filled: Place, content: str | bytes | None, why: str) -> None:
        given = filled.file("given", content) if content is not None else str(filled.files)

        assert why in one_line(filled.bare("sources", "--archive", str(filled.archive), "--passphrase-file", given))

    def test_is_not_waited_for_without_a_terminal(self, filled: Place) -> None:
        assert "no terminal" in one_line(filled.bare("sources", "--archive", str(filled.archive), given=PASSPHRASE))

    def test_is_taken_from_the_file_that_a_variable_names(self, filled: Place) -> None:
        ran = filled.bare(
            "sources", "--archive", str(filled.archive), env={"GUVOH_PASSPHRASE_FILE": str(filled.passphrase)}
        )

        assert "4 sources." in ran.out

    @pytest.mark.parametrize("variable", ["GUVOH_PASSPHRASE", "PASSPHRASE"])
    def test_is_not_taken_from_a_variable_itself(self, filled: Place, variable: str) -> None:
        one_line(filled.bare("sources", "--archive", str(filled.archive), env={variable: PASSPHRASE}))

    @pytest.mark.parametrize("weak", ["password", "12345678901234", "qwertyuiop", "karimov 1990", "a" * 16, "x"])
    def test_that_is_weak_founds_nothing(self, place: Place, weak: str) -> None:
        new = place.folder / "new"

        line = one_line(place.bare("init", str(new), "--passphrase-file", place.file("weak", weak)))

        assert "too easy to guess" in line
        assert weak not in line.replace("--passphrase-file", "") or weak == "x"
        assert not new.exists()

    def test_is_asked_on_a_terminal_and_not_shown(self, filled: Place) -> None:
        words = ("sources", "--archive", str(filled.archive))

        assert "4 sources." in at_a_terminal(filled, words, [("Passphrase: ", PASSPHRASE)])
        assert "guvoh: error: " in at_a_terminal(filled, words, [("Passphrase: ", "some other words entirely")])

    def test_is_offered_at_the_founding_and_asked_twice(self, place: Place) -> None:
        words = ("init", str(place.folder / "new"), "--guess-memory", "1")
        typed = [("Type it, or one of your own: ", PASSPHRASE), ("Repeat for confirmation: ", PASSPHRASE)]

        seen = at_a_terminal(place, words, typed)

        assert "This is an offer: 6 words" in seen
        assert "is founded in" in seen
        ran = place.bare("sources", "--archive", str(place.folder / "new"), "--passphrase-file", str(place.passphrase))
        assert ran.code == 0


class TestAnArchive:
    def test_of_a_newer_format_asks_for_a_newer_guvoh(self, filled: Place) -> None:
        hint = filled.archive / "guvoh.toml"
        hint.write_text(hint.read_text("utf-8").replace("format = 2", "format = 3"), "utf-8")

        for words in (("sources",), ("verify",), ("verify", "--without-key"), ("lock",), ("unlock",)):
            given = () if words == ("lock",) else ("--passphrase-file", str(filled.passphrase))
            line = one_line(filled.bare(*words, "--archive", str(filled.archive), *given))
            assert "install a newer Guvoh" in line

    def test_with_a_segment_of_a_newer_format_asks_for_a_newer_guvoh(self, filled: Place) -> None:
        last = sorted(filled.archive.glob("logs/*/*.seg"))[-1]
        last.write_bytes(last.read_bytes().replace(b"guvoh segment 2\n", b"guvoh segment 3\n", 1))

        ran = filled.run("sources")

        assert "newer Guvoh" in one_line(ran)

    @pytest.mark.parametrize("hint", ["", "format = 1\n", "format = 1\narchive = 3\n", "\x00\x01", 'format = "1"\n'])
    def test_whose_hint_is_damaged_is_none(self, filled: Place, hint: str) -> None:
        (filled.archive / "guvoh.toml").write_text(hint, "utf-8")

        assert str(filled.archive) in one_line(filled.run("sources"))

    def test_that_is_missing_or_a_file_is_named(self, filled: Place) -> None:
        for where in ("nowhere", str(filled.passphrase), str(filled.passphrase / "below"), ""):
            line = one_line(filled.bare("sources", "--archive", where, "--passphrase-file", str(filled.passphrase)))
            assert "is not a whole archive" in line or "there is no folder nowhere" in line

    @pytest.mark.parametrize("lost", ["logs", "keys", "logs/*/000000000000.seg", "keys/*.age", "keys/*.identity"])
    def test_that_was_copied_only_in_part_is_not_opened(self, filled: Place, lost: str) -> None:
        for path in filled.archive.glob(lost):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

        line = one_line(filled.run("sources"))

        assert "fault in the program" not in line
        assert filled.run("verify").code == 1

    @pytest.mark.parametrize("what", ["evidence", "segment in the middle", "last segment", "half a segment", "a byte"])
    def test_that_lost_something_is_found_out_by_verifying(self, filled: Place, what: str) -> None:
        segments = sorted(filled.archive.glob("logs/*/*.seg"))
        evidence = sorted(filled.archive.glob("evidence/*"))
        match what:
            case "evidence":
                evidence[0].unlink()
            case "segment in the middle":
                segments[1].unlink()
            case "last segment":
                segments[-1].unlink()
            case "half a segment":
                segments[2].write_bytes(segments[2].read_bytes()[: segments[2].stat().st_size // 2])
            case _:
                sealed = bytearray(segments[2].read_bytes())
                sealed[-200] ^= 1
                segments[2].write_bytes(sealed)

        for words in (("verify",), ("verify", "--without-key"), ("verify", "--json")):
            ran = filled.run(*words)
            assert ran.code == 1, words
            assert "problem" in ran.out
            assert "fault" not in ran.out + ran.err
            assert "run `guvoh verify`" not in ran.out + ran.err

    def test_that_is_damaged_while_unlocked_is_found_out_by_verifying(self, filled: Place) -> None:
        with filled.unlocked():
            sorted(filled.archive.glob("logs/*/*.seg"))[-1].unlink()
            ran = filled.bare("verify", "--archive", str(filled.archive))

        assert ran.code == 1
        assert "problem" in ran.out

    def test_takes_what_two_processes_add_at_the_same_time(self, place: Place) -> None:
        files = [[place.file(f"{who}-{n}.txt", f"Letter {n} of {who}") for n in range(6)] for who in ("a", "b", "c")]
        given = ["--archive", str(place.archive), "--passphrase-file", str(place.passphrase)]

        started = [
            subprocess.Popen(
                place.command("add", *some, *given),
                env=place.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
            for some in files
        ]
        ended = [process.communicate(timeout=SECONDS) for process in started]

        assert [process.returncode for process in started] == [0, 0, 0], ended
        assert len(forms(place)) == 18
        assert place.well(place.run("verify", "--json")).json["problems"] == []

    def test_is_read_while_another_process_adds(self, filled: Place) -> None:
        given = ["--archive", str(filled.archive), "--passphrase-file", str(filled.passphrase)]
        rows = "".join(f"Person{n} Of,19{n % 80 + 10}\n" for n in range(30_000))
        with subprocess.Popen(
            filled.command("add", filled.file("l.csv", "name,birth\n" + rows), *given),
            env=filled.environment(),
            stdout=subprocess.DEVNULL,
        ) as adding:
            while adding.poll() is None:
                assert "2 mentions" in filled.well(filled.run("search", "Каримов")).out
        assert adding.returncode == 0
