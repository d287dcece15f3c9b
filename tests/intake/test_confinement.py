"""Confined readers, with test doubles for every way in which a reader may misbehave."""

import io
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from guvoh.intake import _walls
from guvoh.intake.confinement import Confined, Limits, NoReaders, ReaderRefused, ReaderStopped, Why

HERE = Path(__file__).parent
CANARY = "canary-of-the-parent-5531"
QUICK = Limits(seconds=5, cpu_seconds=1, memory=64 << 20, output=8 << 20)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are those of Linux")


@pytest.fixture(scope="module", params=[True, False], ids=["forked", "spawned"])
def confined(request: pytest.FixtureRequest) -> Iterator[Confined]:
    """Readers forked from one process, and again in an interpreter each, as on systems that cannot fork."""
    os.environ["GUVOH_CANARY"] = CANARY
    try:
        with Confined("confined_doubles:read", QUICK, path=[HERE], forks=request.param) as ready:
            yield ready
    finally:
        del os.environ["GUVOH_CANARY"]


@pytest.fixture(scope="module")
def forked() -> Iterator[Confined]:
    with Confined("confined_doubles:read", QUICK, path=[HERE]) as ready:
        yield ready


def told(confined: Confined, deed: str, data: bytes = b"") -> str:
    """What the reader says in its last message about a deed that is allowed."""
    return list(confined.run(deed.encode(), data))[-1].decode()


def stopped(confined: Confined, deed: str, limits: Limits | None = None) -> Why:
    """Why the reader was stopped; the next file must be read as if nothing had happened."""
    with pytest.raises(ReaderStopped) as caught:
        list(confined.run(deed.encode(), b"some input", limits=limits))
    assert list(confined.run(b"echo", b"the next file")) == [b"the next file"]
    return caught.value.why


class TestAnOrdinaryReader:
    def test_gives_its_messages_in_order(self, confined: Confined) -> None:
        assert list(confined.run(b"first 3", b"abcdef")) == [b"abc"]

    def test_reads_an_empty_file(self, confined: Confined) -> None:
        assert list(confined.run(b"echo", b"")) == []

    def test_reads_50_megabytes_and_gives_them_back(self, confined: Confined) -> None:
        data = os.urandom(1 << 20) * 50
        generous = Limits(seconds=60, cpu_seconds=60)

        assert b"".join(confined.run(b"echo", data, limits=generous)) == data

    def test_reads_from_an_open_file(self, confined: Confined, tmp_path: Path) -> None:
        file = tmp_path / "letter.txt"
        file.write_bytes(b"x" * 3_000_000)

        with file.open("rb") as data:
            assert list(confined.run(b"length", data)) == [b"3000000"]

    def test_need_not_read_its_whole_input(self, confined: Confined) -> None:
        assert list(confined.run(b"first 1", bytes(20_000_000))) == [b"\0"]

    def test_says_in_its_own_words_why_it_cannot_read_a_file(self, confined: Confined) -> None:
        with pytest.raises(ReaderRefused) as caught:
            list(confined.run(b"refuse nothing is in it", b""))

        assert (caught.value.error, caught.value.code) == ("Unreadable", "empty")
        assert str(caught.value) == "the file cannot be read: nothing is in it"

    def test_cannot_play_tricks_on_the_terminal_with_its_reason(self, confined: Confined) -> None:
        with pytest.raises(ReaderRefused) as caught:
            list(confined.run(b"refuse \x1b[2Jgone\n" + b"x" * 9000, b""))

        assert caught.value.reason.isprintable()
        assert len(caught.value.reason) <= 300

    def test_may_catch_what_the_walls_refuse_and_go_on(self, confined: Confined) -> None:
        assert list(confined.run(b"swallow /etc/passwd", b"")) == [b"denied"]

    def test_may_print_without_harm(self, confined: Confined) -> None:
        assert list(confined.run(b"print", b"")) == [b"before", b"None"]

    def test_is_prepared_once_before_the_first_file(self, confined: Confined) -> None:
        assert told(confined, "prepared") == "['once']"

    def test_finds_the_protections_of_this_system_complete(self, confined: Confined) -> None:
        assert confined.missing == ()


class TestAReaderHolds:
    def test_no_variable_of_its_parent(self, confined: Confined) -> None:
        environment = told(confined, "environment")

        assert "OMP_NUM_THREADS" in environment
        assert CANARY not in environment
        assert "PATH'" not in environment
        assert "HOME" not in environment

    def test_no_word_of_the_parents_command_line(self, confined: Confined) -> None:
        assert "pytest" not in told(confined, "arguments")

    def test_no_descriptor_but_input_output_and_three_to_nowhere(self, confined: Confined) -> None:
        with open("/etc/hostname", "rb") as held:
            os.set_inheritable(held.fileno(), True)
            assert told(confined, "descriptors") == "[0, 1, 2, 3, 4]"

    def test_no_way_to_raise_its_own_limits(self, confined: Confined) -> None:
        assert stopped(confined, "raise-limits 9") is Why.FORBIDDEN


class TestAReaderIsStopped:
    def test_by_processor_time_when_it_loops(self, confined: Confined) -> None:
        assert stopped(confined, "loop") is Why.TIME

    def test_by_the_clock_when_it_does_nothing(self, confined: Confined) -> None:
        began = time.monotonic()

        assert stopped(confined, "sleep", Limits(seconds=0.5)) is Why.TIME
        assert time.monotonic() - began < 4

    def test_when_it_eats_memory(self, confined: Confined) -> None:
        assert stopped(confined, "eat") is Why.MEMORY

    def test_for_memory_also_when_it_calls_it_something_else(self, confined: Confined) -> None:
        assert stopped(confined, "eat-and-wrap") is Why.MEMORY

    def test_when_its_output_has_no_end(self, confined: Confined) -> None:
        assert stopped(confined, "flood") is Why.OUTPUT

    def test_when_one_message_is_longer_than_agreed(self, confined: Confined) -> None:
        assert stopped(confined, "huge-message 2000000", Limits(message=1_000_000)) is Why.OUTPUT

    @pytest.mark.parametrize("deed", ["socket", "unix-socket"])
    def test_when_it_opens_a_socket(self, confined: Confined, deed: str) -> None:
        assert stopped(confined, deed) is Why.FORBIDDEN

    def test_before_it_connects_to_this_machine(self, confined: Confined) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.2)
            assert stopped(confined, f"connect {server.getsockname()[1]}") is Why.FORBIDDEN
            with pytest.raises(TimeoutError):
                server.accept()

    @pytest.mark.parametrize("deed", ["exec", "run"])
    def test_before_it_runs_a_program(self, confined: Confined, tmp_path: Path, deed: str) -> None:
        program = tmp_path / "program"
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        program.chmod(0o755)

        assert stopped(confined, f"{deed} {program}") is Why.FORBIDDEN
        assert not (tmp_path / "ran").exists()

    def test_when_it_forks(self, confined: Confined) -> None:
        assert stopped(confined, "fork") is Why.FORBIDDEN

    def test_when_it_starts_a_thread(self, confined: Confined) -> None:
        assert stopped(confined, "thread") is Why.CRASHED

    @pytest.mark.parametrize("target", ["signal {parent}", "signal-group"])
    def test_when_it_sends_a_signal(self, confined: Confined, target: str) -> None:
        assert stopped(confined, target.format(parent=os.getpid())) is Why.FORBIDDEN

    @pytest.mark.parametrize("deed", ["segfault", "abort", "exit", "sys-exit", "raise a quotation"])
    def test_by_its_own_fault(self, confined: Confined, deed: str) -> None:
        assert stopped(confined, deed) is Why.CRASHED

    def test_without_a_word_of_its_error_message(self, confined: Confined) -> None:
        with pytest.raises(ReaderStopped, match="ValueError in confined_doubles") as caught:
            list(confined.run(b"raise a quotation", b""))

        assert "quotation" not in str(caught.value)

    def test_when_it_hides_content_in_a_code(self, confined: Confined) -> None:
        with pytest.raises(ReaderStopped) as caught:
            list(confined.run("quote Амина".encode(), b""))

        assert "Амина" not in str(caught.value)


# One number per call, from the tables of x86_64: ptrace, process_vm_readv, pidfd_open, mount, bpf, io_uring_setup,
# keyctl, perf_event_open, userfaultfd, memfd_create, unshare, capset, a call of the x32 numbering.
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("number", [101, 310, 434, 165, 321, 425, 250, 298, 323, 319, 272, 126, 0x40000000 | 39])
def test_a_call_that_only_an_attack_needs_is_the_last(forked: Confined, number: int) -> None:
    assert stopped(forked, f"call {number} 0 0 0 0") is Why.FORBIDDEN


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
def test_a_call_of_a_kernel_to_come_does_not_exist(forked: Confined) -> None:
    assert told(forked, "call 999 0 0 0 0") == "-1"


class TestOtherFiles:
    """A folder outside the program, as an archive would be."""

    @pytest.fixture
    def secret(self, tmp_path: Path) -> Path:
        file = tmp_path / "secret.txt"
        file.write_text("the name of a witness")
        return file

    def test_are_not_read(self, confined: Confined, secret: Path) -> None:
        assert stopped(confined, f"peek {secret}") is Why.FORBIDDEN

    def test_are_not_read_through_the_users_home_or_the_system(self, confined: Confined) -> None:
        assert stopped(confined, "peek /etc/passwd") is Why.FORBIDDEN
        assert stopped(confined, f"list {Path.home()}") is Why.FORBIDDEN
        assert stopped(confined, "list /tmp") is Why.FORBIDDEN
        assert stopped(confined, "list /") is Why.FORBIDDEN

    @pytest.mark.parametrize("what", ["environ", "mem", "maps", "cmdline"])
    def test_of_other_processes_are_not_read(self, confined: Confined, what: str) -> None:
        assert stopped(confined, f"peek /proc/{os.getpid()}/{what}") is Why.FORBIDDEN

    def test_are_not_changed(self, confined: Confined, secret: Path) -> None:
        for deed in ("write", "append", "overwrite", "delete", "rename", "truncate", "permit"):
            assert stopped(confined, f"{deed} {secret}") is Why.FORBIDDEN, deed
        assert secret.read_text() == "the name of a witness"
        assert [path.name for path in secret.parent.iterdir()] == ["secret.txt"]

    @pytest.mark.parametrize("deed", ["write", "make-folder", "link"])
    def test_are_not_made(self, confined: Confined, tmp_path: Path, deed: str) -> None:
        for place in (tmp_path / "new", Path.home() / "guvoh-test-new", Path("guvoh-test-new")):
            assert stopped(confined, f"{deed} {place}") is Why.FORBIDDEN, deed
            assert not place.exists()

    def test_of_the_program_itself_are_read_and_not_changed(self, confined: Confined) -> None:
        assert "Confined readers" in told(confined, f"peek {__file__}")
        assert stopped(confined, f"append {__file__}") is Why.FORBIDDEN


class TestTheParent:
    def test_holds_little_of_an_output_that_it_takes_slowly(self, confined: Confined) -> None:
        process = psutil.Process()
        generous = Limits(seconds=60, cpu_seconds=60)
        run = confined.run(b"blocks 3200", b"", limits=generous)  # 200 MB
        next(run)
        before = process.memory_info().rss
        time.sleep(0.5)
        most = 0
        for number, _ in enumerate(run):
            if number % 100 == 0:
                most = max(most, process.memory_info().rss)

        assert number == 3198
        assert most - before < 40 << 20

    def test_may_work_longer_than_the_reader_may(self, confined: Confined) -> None:
        run = confined.run(b"blocks 100", b"", limits=Limits(seconds=0.5))
        next(run)
        time.sleep(1)

        assert len(list(run)) == 99

    def test_may_leave_a_reader_in_the_middle(self, confined: Confined) -> None:
        run = confined.run(b"pid", b"")
        next(run)
        run.close()

        assert list(confined.run(b"echo", b"next")) == [b"next"]

    def test_hears_of_an_error_in_the_file_and_not_of_half_a_file(self, confined: Confined) -> None:
        class Torn(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell():
                    raise OSError(5, "the stick was pulled out")
                return super().read(1000)

        with pytest.raises(OSError, match="stick"):
            list(confined.run(b"length", Torn(bytes(2000))))

    def test_keeps_no_descriptor_of_readers_that_are_gone(self, confined: Confined) -> None:
        list(confined.run(b"echo", b"x"))
        before = len(os.listdir("/proc/self/fd"))
        for deed in ("echo", "exit", "socket", "raise x", "peek /etc/passwd"):
            try:
                list(confined.run(deed.encode(), b"x"))
            except ReaderStopped:
                continue

        assert len(os.listdir("/proc/self/fd")) == before

    def test_may_read_several_files_at_once(self, confined: Confined) -> None:
        results: dict[int, list[bytes]] = {}

        def work(number: int) -> None:
            results[number] = list(confined.run(b"echo", b"%d" % number * 1000))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {number: b"".join(found) for number, found in results.items()} == {
            number: b"%d" % number * 1000 for number in range(6)
        }

    def test_is_told_when_the_readers_do_not_import(self) -> None:
        with (
            Confined("confined_nowhere:read", path=[HERE]) as broken,
            pytest.raises(NoReaders, match="No module named 'confined_nowhere'"),
        ):
            list(broken.run(b"", b""))


class TestTheProcessThatReadersAreForkedFrom:
    def test_is_replaced_when_it_has_died(self) -> None:
        with Confined("confined_doubles:read", QUICK, path=[HERE]) as ready:
            first = int(told(ready, "parent"))
            os.kill(first, signal.SIGKILL)
            psutil.wait_procs([psutil.Process(first)], timeout=2)

            assert int(told(ready, "parent")) != first

    def test_takes_its_readers_with_it_when_it_dies(self) -> None:
        with Confined("confined_doubles:read", QUICK, path=[HERE]) as ready:
            zygote = int(told(ready, "parent"))
            run = ready.run(b"sleep", b"")
            next(run)
            (reader,) = psutil.Process(zygote).children()
            os.kill(zygote, signal.SIGKILL)

            with pytest.raises(ReaderStopped, match="has died"):
                next(run)
            assert_gone(reader)
            assert list(ready.run(b"echo", b"next")) == [b"next"]

    def test_leaves_no_reader_behind_when_the_command_ends(self) -> None:
        with Confined("confined_doubles:read", QUICK, path=[HERE]) as ready:
            zygote = psutil.Process(int(told(ready, "parent")))
            run = ready.run(b"sleep", b"")
            next(run)
            (reader,) = zygote.children()

        assert_gone(reader)
        assert_gone(zygote)
        with pytest.raises(ReaderStopped):
            next(run)

    def test_ends_with_its_readers_when_the_parent_is_killed(self) -> None:
        program = textwrap.dedent(
            f"""
            from pathlib import Path
            from guvoh.intake.confinement import Confined
            with Confined("confined_doubles:read", path=[Path({str(HERE)!r})]) as ready:
                print(list(ready.run(b"parent", b""))[-1].decode(), flush=True)
                for _ in ready.run(b"loop", b""):
                    print("looping", flush=True)
            """
        )
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            zygote = psutil.Process(int(parent.stdout.readline()))
            assert parent.stdout.readline() == "looping\n"
            (reader,) = zygote.children()
            parent.kill()

        assert_gone(zygote)
        assert_gone(reader)

    def test_kills_a_reader_that_ignores_the_warning_about_its_time(self, forked: Confined) -> None:
        assert stopped(forked, "loop-deaf") is Why.TIME


def assert_gone(process: psutil.Process) -> None:
    """The process ends soon; a zombie that nobody has buried yet is dead too."""
    deadline = time.monotonic() + 5
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.02)


def test_articles_and_languages_are_recognised_behind_the_walls() -> None:
    paragraph = "<p>My son was offered a contract in the colony, and we have had no word from him since the spring.</p>"
    page = f"<html><body><nav>Menu</nav><article><h1>A letter</h1>{paragraph}</article></body></html>"
    with Confined("confined_articles:read", path=[HERE]) as ready:
        text, language = ready.run(b"", page.encode())

    assert "no word from him" in text.decode()
    assert language == b"en"


class TestAnOldKernel:
    @pytest.fixture
    def old(self) -> Iterator[Confined]:
        with Confined("confined_old_kernel:read", QUICK, path=[HERE]) as ready:
            yield ready

    def test_is_said_to_lack_what_it_lacks(self, old: Confined) -> None:
        assert old.missing == (_walls.NO_LANDLOCK, _walls.NO_SECCOMP)

    def test_still_reads_within_limits_and_without_the_parents_environment(self, old: Confined) -> None:
        assert list(old.run(b"echo", b"a letter")) == [b"a letter"]
        assert stopped(old, "loop") is Why.TIME
        assert stopped(old, "eat") is Why.MEMORY
        assert CANARY not in told(old, "environment")

    def test_still_takes_the_privileges_of_the_administrator_from_a_reader(self, old: Confined) -> None:
        assert "CapPrm:\\t0000000000000000\\nCapEff:\\t0000000000000000" in told(old, "peek /proc/self/status")

    def test_still_lets_no_reader_fill_a_file(self, old: Confined, tmp_path: Path) -> None:
        assert stopped(old, f"write {tmp_path / 'new'}") is Why.CRASHED
        assert (tmp_path / "new").read_bytes() == b""


def test_no_file_is_read_with_fewer_walls_than_were_promised() -> None:
    with Confined("confined_falling_walls:read", QUICK, path=[HERE]) as ready:
        assert ready.missing == ()
        with pytest.raises(ReaderStopped, match="could not be set up"):
            list(ready.run(b"echo", b"a letter"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReaderStopped(Why.TIME, "over 60 seconds"),
        lambda: ReaderStopped(Why.MEMORY, "over 1,024 MiB"),
        lambda: ReaderStopped(Why.OUTPUT, "over 1,024 MiB"),
        lambda: ReaderStopped(Why.FORBIDDEN, "it was denied a file"),
        lambda: ReaderStopped(Why.CRASHED, "ended by SIGSEGV"),
    ],
)
def test_every_stop_says_what_happened_and_what_to_do(make: Callable[[], ReaderStopped]) -> None:
    error = make()

    happened, advice = str(error).split("; ", 1)
    assert error.detail in happened
    assert advice
