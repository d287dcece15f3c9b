"""`guvoh unlock`: a process that holds the keys for a while, so that commands need no passphrase."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from stranger import PASSPHRASE, SECONDS, Place, one_line

from guvoh.archive.home import Home
from guvoh.archive.store import Archive, read_hint
from guvoh.casebook import keeper

pytest_plugins = ("places",)
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
pytestmark = pytest.mark.skipif(not keeper.AVAILABLE or sys.platform != "linux", reason="no key process here")


def here(place: Place, *words: str) -> tuple[str, ...]:
    return (*words, "--archive", str(place.archive))


def keepers(place: Place) -> list[psutil.Process]:
    """The key processes that `guvoh unlock` of this place left behind."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "unlock" in (process.info["cmdline"] or []) and str(place.archive) in process.info["cmdline"]
    ]


def is_locked(place: Place) -> bool:
    return "no passphrase was given" in place.bare(*here(place, "sources")).err


def wait_until_locked(place: Place) -> None:
    end = time.monotonic() + 30
    while keepers(place):
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def unlocked(filled: Place) -> Iterator[Place]:
    with filled.unlocked():
        yield filled
    wait_until_locked(filled)


@pytest.fixture(scope="module")
def kept(some_sources: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An unlocked archive that is only looked at."""
    place = some_sources.copy(tmp_path_factory.mktemp("kept") / "place")
    with place.unlocked():
        yield place


class TestAnUnlockedArchive:
    def test_answers_every_command_without_a_passphrase(self, unlocked: Place) -> None:
        letter = unlocked.file("new.txt", "A new letter.")
        for words in (
            ("add", letter), ("people",), ("count", "--json"), ("report", "--out", "r.html"), ("verify", "--json"),
        ):  # fmt: skip
            unlocked.well(unlocked.bare(*here(unlocked, *words)))

        assert len(unlocked.bare(*here(unlocked, "sources", "--json")).json) == 5

    def test_gives_the_answers_that_the_passphrase_would_give(self, unlocked: Place) -> None:
        row = f"{unlocked.ids['list 4']}.1"
        for words in (("search", "Karimov"), ("show", row), ("show", "nothing")):
            through, directly = unlocked.bare(*here(unlocked, *words)), unlocked.run(*words)
            assert (through.code, through.out) == (directly.code, directly.out), words

    def test_tells_of_each_file_and_of_bad_ones_as_it_goes(self, unlocked: Place) -> None:
        files = [unlocked.file("a.txt", "A"), unlocked.file("empty.txt", ""), unlocked.file("b.txt", "B")]

        ran = unlocked.bare(*here(unlocked, "add", *files))

        assert ran.code == 1
        assert ran.out.count(": added as s-") == 2
        assert "empty.txt: NOT ADDED: it is empty" in ran.err
        assert "2 files added, 0 here already, 1 failed." in ran.out

    def test_takes_relative_paths_from_where_the_command_is_called(self, filled: Place) -> None:
        filled.file("near.txt", "Near")
        elsewhere = {"GUVOH_HOME": "home"}
        given = ("--passphrase-file", "passphrase.txt")

        filled.well(filled.bare("unlock", "--archive", "archive", *given, env=elsewhere))
        try:
            ran = filled.bare(
                "add", "near.txt", "--archive", "../archive", cwd=filled.files, env={"GUVOH_HOME": "../home"}
            )
            assert "near.txt: added as" in filled.well(ran).out
            found = filled.bare("search", "Near", cwd=filled.archive, env={"GUVOH_HOME": "../home"})
            assert "1 text" in filled.well(found).out
        finally:
            filled.bare("lock", "--archive", "archive", env=elsewhere)

    def test_sees_what_is_added_by_passphrase_meanwhile(self, unlocked: Place) -> None:
        unlocked.well(unlocked.run("add", unlocked.file("n.txt", "By passphrase")))

        assert "5 sources." in unlocked.bare(*here(unlocked, "sources")).out

    def test_answers_several_at_the_same_time(self, unlocked: Place) -> None:
        files = [unlocked.file(f"{n}.txt", f"Letter {n}") for n in range(4)]
        started = [
            subprocess.Popen(
                unlocked.command(*here(unlocked, "add", file)),
                env=unlocked.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            for file in files
        ]
        for process in started:
            process.communicate(timeout=SECONDS)

        assert [process.returncode for process in started] == [0] * 4
        assert len(unlocked.bare(*here(unlocked, "sources", "--json")).json) == 8

    def test_interrupted_in_an_add_keeps_what_was_finished_and_stays_unlocked(self, unlocked: Place) -> None:
        rows = "".join(f"Person{n},19{n % 80 + 10}\n" for n in range(60_000))
        files = [unlocked.file("first.txt", "First"), unlocked.file("long.csv", "name,birth\n" + rows)]
        with subprocess.Popen(
            unlocked.command(*here(unlocked, "add", *files)),
            env=unlocked.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            assert "first.txt: added as" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=SECONDS)

        assert process.returncode == 130
        assert error.strip() == "guvoh: interrupted; what was finished before is kept"
        unlocked.well(unlocked.bare(*here(unlocked, "add", unlocked.file("next.txt", "Next"))))
        forms = [one["form"] for one in unlocked.bare(*here(unlocked, "sources", "--json")).json]
        assert forms == ["list", "list", "text", "page", "text", "text"]
        assert list(unlocked.folder.rglob("*.part")) == []


class TestTheKeyProcess:
    def test_is_one_that_has_cut_every_tie_to_the_terminal(self, kept: Place) -> None:
        (process,) = keepers(kept)

        assert process.terminal() is None
        assert process.cwd() == "/"
        for number in (0, 1, 2):
            assert os.readlink(f"/proc/{process.pid}/fd/{number}") == os.devnull
        assert not [line for line in process.net_connections() if line.family != socket.AF_UNIX]

    def test_can_be_reached_by_its_user_alone(self, kept: Place) -> None:
        (folder,) = kept.home.iterdir()

        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "keys.sock").stat().st_mode) == 0o600

    @pytest.mark.skipif(not ROOT, reason="only root can be somebody else")
    def test_does_not_answer_another_user_even_where_the_folder_lets_him_in(
        self, unlocked: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder,) = unlocked.home.iterdir()
        folder.chmod(0o755)
        (folder / "keys.sock").chmod(0o666)
        monkeypatch.chdir(folder)

        child = as_somebody_else(lambda: os._exit(1 if speaks("keys.sock") else 0))

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert "4 sources." in unlocked.bare(*here(unlocked, "sources")).out
        assert speaks("keys.sock")

    @pytest.mark.skipif(not ROOT, reason="only root can be somebody else")
    def test_is_not_taken_for_one_if_it_is_of_another_user(
        self, filled: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder,) = filled.home.iterdir()
        folder.chmod(0o777)
        monkeypatch.chdir(folder)
        child = as_somebody_else(listen_for_ever)
        try:
            end = time.monotonic() + 10
            while not (folder / "keys.sock").exists() and time.monotonic() < end:
                time.sleep(0.02)
            assert is_locked(filled)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def test_cannot_be_looked_into_by_other_processes_of_its_user(self, kept: Place) -> None:
        (process,) = keepers(kept)

        assert Path(f"/proc/{process.pid}/mem").stat().st_uid == 0
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert "Max core file size        0                    0" in limits

    def test_shows_no_secret_in_its_command_line_or_environment(self, kept: Place) -> None:
        (process,) = keepers(kept)
        secrets = [word.encode() for word in PASSPHRASE.split()] + [b"AGE-SECRET", b"PRIVATE"]

        for name in ("cmdline", "environ"):
            shown = Path(f"/proc/{process.pid}/{name}").read_bytes()
            assert not [secret for secret in secrets if secret in shown]
        assert not [path for path in kept.folder.rglob("*") if path.is_file() and secrets[0] in path.read_bytes()
                    and path != kept.passphrase]  # fmt: skip

    def test_outlives_nonsense(self, unlocked: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(next(unlocked.home.iterdir()))
        for nonsense in (b"", b"\0\0\0\0", b"\xff" * 8, b"\0\0\0\x05abcde", b"\0\0\x10\0cut"):
            with socket.socket(socket.AF_UNIX) as line:
                line.connect("keys.sock")
                line.sendall(nonsense)

        assert "4 sources." in unlocked.bare(*here(unlocked, "sources")).out

    def test_does_not_wait_long_for_somebody_who_says_nothing(
        self, unlocked: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(next(unlocked.home.iterdir()))
        with socket.socket(socket.AF_UNIX) as line:
            line.connect("keys.sock")
            began = time.monotonic()
            assert "4 sources." in unlocked.bare(*here(unlocked, "sources")).out
            assert time.monotonic() - began < 15


class TestLocking:
    def test_ends_the_key_process(self, unlocked: Place) -> None:
        assert "The archive is locked." in unlocked.well(unlocked.bare(*here(unlocked, "lock"))).out

        wait_until_locked(unlocked)
        assert is_locked(unlocked)
        assert not list(unlocked.home.rglob("keys.sock"))
        assert "locked already" in unlocked.well(unlocked.bare(*here(unlocked, "lock"))).out

    def test_happens_by_itself_after_a_time_without_commands(self, filled: Place) -> None:
        assert "after 0.03 minutes" in filled.well(filled.run("unlock", "--minutes", "0.03")).out

        wait_until_locked(filled)
        assert is_locked(filled)

    def test_does_not_happen_while_commands_come(self, filled: Place) -> None:
        with filled.unlocked("--minutes", "0.04"):
            end = time.monotonic() + 4
            while time.monotonic() < end:
                assert "4 sources." in filled.well(filled.bare(*here(filled, "sources"))).out

    def test_in_the_midst_of_an_add_ends_it_and_leaves_nothing_half(self, unlocked: Place) -> None:
        rows = "".join(f"Person{n},19{n % 80 + 10}\n" for n in range(60_000))
        files = [unlocked.file("first.txt", "First"), unlocked.file("long.csv", "name,birth\n" + rows)]
        with subprocess.Popen(
            unlocked.command(*here(unlocked, "add", *files)),
            env=unlocked.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            assert "first.txt: added as" in process.stdout.readline()
            unlocked.well(unlocked.bare(*here(unlocked, "lock")))
            _, error = process.communicate(timeout=SECONDS)

        assert process.returncode == 1
        assert "the key process ended before it answered" in error
        forms = [one["form"] for one in unlocked.run("sources", "--json").json]
        assert forms == ["list", "list", "text", "page", "text"]
        assert unlocked.run("verify", "--json").json["problems"] == []


class TestWhatCanGoWrong:
    def test_a_killed_key_process_leaves_an_archive_that_asks_for_the_passphrase(self, unlocked: Place) -> None:
        (process,) = keepers(unlocked)
        process.kill()
        wait_until_locked(unlocked)

        assert is_locked(unlocked)
        assert "4 sources." in unlocked.run("sources").out
        unlocked.well(unlocked.run("unlock"))
        assert "4 sources." in unlocked.bare(*here(unlocked, "sources")).out

    def test_a_socket_that_is_gone_means_locked_and_unlocking_starts_anew(self, unlocked: Place) -> None:
        (folder,) = unlocked.home.iterdir()
        (folder / "keys.sock").unlink()

        assert is_locked(unlocked)
        wait_until_locked(unlocked)
        unlocked.well(unlocked.run("unlock"))
        assert "4 sources." in unlocked.bare(*here(unlocked, "sources")).out

    def test_unlocking_twice_leaves_one_key_process(self, unlocked: Place) -> None:
        (first,) = keepers(unlocked)
        for _ in range(3):
            unlocked.well(unlocked.run("unlock"))
            assert "4 sources." in unlocked.bare(*here(unlocked, "sources")).out
        end = time.monotonic() + 10
        while len(keepers(unlocked)) > 1 and time.monotonic() < end:
            time.sleep(0.05)

        (last,) = keepers(unlocked)
        assert last.pid != first.pid
        assert "The archive is locked." in unlocked.bare(*here(unlocked, "lock")).out
        wait_until_locked(unlocked)

    def test_a_key_process_that_hangs_is_ended_by_locking(self, unlocked: Place) -> None:
        (process,) = keepers(unlocked)
        process.suspend()

        assert "The archive is locked." in unlocked.well(unlocked.bare(*here(unlocked, "lock"))).out
        wait_until_locked(unlocked)

    def test_a_wrong_passphrase_does_not_lock_what_is_unlocked(self, unlocked: Place) -> None:
        wrong = unlocked.file("wrong", "these are other words")

        one_line(unlocked.bare(*here(unlocked, "unlock", "--passphrase-file", wrong)))

        assert "4 sources." in unlocked.bare(*here(unlocked, "sources")).out

    def test_another_copy_of_the_archive_is_not_taken_for_the_unlocked_one(self, unlocked: Place) -> None:
        copied = unlocked.folder / "copied"
        subprocess.run(["cp", "-r", unlocked.archive, copied], check=True)

        line = one_line(unlocked.bare("sources", "--archive", str(copied)))

        assert "another copy of this archive is unlocked" in line

    def test_a_home_with_a_long_name_works(self, filled: Place) -> None:
        long = filled.folder / ("very-long-name-" * 9) / ("and-longer-" * 9)
        long.parent.mkdir()
        filled.home.rename(long)
        elsewhere = {"GUVOH_HOME": str(long)}
        given = here(filled, "unlock", "--passphrase-file", str(filled.passphrase))

        filled.well(filled.bare(*given, env=elsewhere))
        assert "4 sources." in filled.well(filled.bare(*here(filled, "sources"), env=elsewhere)).out
        assert "The archive is locked." in filled.well(filled.bare(*here(filled, "lock"), env=elsewhere)).out

    def test_a_question_of_another_version_is_answered_with_what_to_do(self, unlocked: Place) -> None:
        def from_another_version() -> None: ...

        door = keeper.find(unlocked.archive, Home(unlocked.home, read_hint(unlocked.archive)))
        assert door is not None
        with pytest.raises(keeper.Failed, match="another version"):
            door.ask(from_another_version, None)  # type: ignore[arg-type]

    def test_a_key_process_that_is_unlocked_here_is_not_started_by_a_locked_archive(self, filled: Place) -> None:
        assert keeper.find(filled.archive, Home(filled.home, read_hint(filled.archive))) is None
        assert Archive(filled.archive, filled.home, PASSPHRASE).heads


def speaks(name: str) -> bool:
    """Whether the process behind a socket in the current folder does as it is told: to lock."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(3)
        try:
            line.connect(name)
            line.sendall(b"\0\0\0\x0b\x81\xa4type\xa4lock")
            return bool(line.recv(1))
        except OSError:
            return False


def listen_for_ever() -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("keys.sock")
    os.chmod("keys.sock", 0o666)
    listener.listen()
    signal.pause()


def as_somebody_else(do: Callable[[], object]) -> int:
    """Start a process that becomes another user and then does something; returns its id."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            do()
        finally:
            os._exit(2)
    return child
