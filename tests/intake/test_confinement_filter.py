"""The filter of system calls, run by a small interpreter of its instructions, for both machines on any."""

import errno
import re
import signal
from pathlib import Path

import pytest

from guvoh.intake import _syscalls
from guvoh.intake._seccomp import ALLOW, ERRNO, KILL, MACHINES, Machine, program

PID = 4242
TABLES = {
    "ALLOWED": _syscalls.ALLOWED,
    "JUDGED": _syscalls.JUDGED,
    "REFUSED": _syscalls.REFUSED,
    "KILLED": _syscalls.KILLED,
}

both_machines = pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES.keys())


def decide(machine: Machine, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the kernel would do with one call: an interpreter of the six instructions the filter is made of."""
    data = number.to_bytes(4, "little") + (audit or machine.audit).to_bytes(4, "little") + bytes(8)
    data += b"".join(argument.to_bytes(8, "little") for argument in (*arguments, *[0] * 6)[:6])
    lines = program(machine, pid=PID)
    held = at = 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        if code == 0x20:
            held = int.from_bytes(data[value : value + 4], "little")
        elif code == 0x06:
            return value
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += if_true if true else if_false


def called(machine: Machine, name: str, *arguments: int) -> int:
    (row,) = (table[name] for table in TABLES.values() if name in table)
    number = row[machine.column]
    assert number is not None
    return decide(machine, number, *arguments)


@both_machines
def test_every_call_in_the_tables_gets_the_answer_of_its_table(machine: Machine) -> None:
    answers = {"ALLOWED": ALLOW, "REFUSED": ERRNO | errno.EACCES, "KILLED": KILL}
    for table, answer in answers.items():
        for name, row in TABLES[table].items():
            if row[machine.column] is not None:
                assert called(machine, name) == answer, name


@both_machines
def test_a_call_that_nobody_listed_does_not_exist(machine: Machine) -> None:
    listed = {row[machine.column] for table in TABLES.values() for row in table.values()}
    for number in set(range(1000)) - listed:
        assert decide(machine, number) == ERRNO | errno.ENOSYS


@both_machines
def test_calls_in_the_numbering_of_another_machine_kill(machine: Machine) -> None:
    i386 = 0x40000003
    assert decide(machine, 3, audit=i386) == KILL
    assert decide(machine, 0x40000000) == KILL


@both_machines
def test_files_open_for_reading_only(machine: Machine) -> None:
    o_cloexec, o_directory = 0o2000000, 0o200000
    assert called(machine, "openat", 0, 0, o_cloexec | o_directory) == ALLOW
    for writing in (0o1, 0o2, 0o100, 0o1000, 0o2000):
        assert called(machine, "openat", 0, 0, o_cloexec | writing) == ERRNO | errno.EACCES


@both_machines
def test_signals_reach_only_the_reader_itself(machine: Machine) -> None:
    for name in ("kill", "tgkill"):
        assert called(machine, name, PID, PID) == ALLOW
        for other in (0, 1, PID + 1, 0xFFFFFFFF):
            assert called(machine, name, other, PID) == KILL


@both_machines
def test_a_thread_is_an_error_and_a_process_is_the_end(machine: Machine) -> None:
    clone_vm, clone_thread, clone_vfork = 0x100, 0x10000, 0x4000
    assert called(machine, "clone", clone_vm | clone_thread) == ERRNO | errno.EAGAIN
    assert called(machine, "clone", clone_vm | clone_vfork | signal.SIGCHLD) == KILL
    assert called(machine, "clone", signal.SIGCHLD) == KILL


@both_machines
def test_limits_may_be_asked_and_not_set(machine: Machine) -> None:
    assert called(machine, "prlimit64", 0, 7, 0, 0x7FFF_0000_1000) == ALLOW
    assert called(machine, "prlimit64", 0, 7, 0x7FFF_0000_0000, 0) == ERRNO | errno.EACCES
    assert called(machine, "prlimit64", 0, 7, 0x1_0000_0000, 0) == ERRNO | errno.EACCES
    assert called(machine, "prlimit64", PID + 1, 7, 0, 0) == ERRNO | errno.EACCES


@both_machines
def test_descriptors_may_be_asked_about_and_not_made_to_signal(machine: Machine) -> None:
    f_getfl, f_setown, f_setsig, f_setlease = 3, 8, 10, 1024
    assert called(machine, "fcntl", 1, f_getfl) == ALLOW
    for command in (f_setown, f_setsig, f_setlease):
        assert called(machine, "fcntl", 1, command) == ERRNO | errno.EACCES
    tiocsti = 0x5412
    assert called(machine, "ioctl", 0, tiocsti) == ERRNO | errno.ENOTTY


@pytest.mark.parametrize(
    ("column", "header"),
    [(0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (1, "/usr/include/asm-generic/unistd.h")],
    ids=["x86_64", "aarch64"],
)
def test_the_numbers_are_those_of_the_kernels_headers(column: int, header: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"{header} is not on this machine")
    lines = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", Path(header).read_text(), re.MULTILINE)
    known = {("newfstatat" if name == "fstatat" else name): int(number) for name, number in lines}
    for table in TABLES.values():
        for name, row in table.items():
            if row[column] is not None and name in known:
                assert row[column] == known[name], name
            elif row[column] is None:
                assert name not in known, name


def test_no_call_stands_in_two_tables() -> None:
    names = [name for table in TABLES.values() for name in table]
    assert len(names) == len(set(names))
