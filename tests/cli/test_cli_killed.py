"""A process that is killed while it adds files: what was acknowledged is there, whole, and nothing is in the way."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest
from stranger import PASSPHRASE, Place

from guvoh.archive.store import Archive
from guvoh.archive.verify import verify
from guvoh.casebook import commands, queries
from guvoh.casebook.answers import Add, FileAsked, Nothing
from guvoh.casebook.desk import Desk, unheard

pytest_plugins = ("places",)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")

_ADDED = re.compile(r": added as (s-[a-z2-7]+) ")
LETTERS = 6
ROWS = 40_000
"""A list that fills three segments."""


def letters(place: Place, attempt: int) -> list[str]:
    body = "Нас привезли ночью и не сказали куда. " * 20
    return [place.file(f"letter-{attempt}-{n}.txt", f"Letter {n} of day {attempt}. {body}") for n in range(LETTERS)]


def long_list(place: Place, attempt: int) -> list[str]:
    rows = "".join(f"Person{n} Of{attempt},{1960 + n % 45},village {n % 97}, note {n}\n" for n in range(ROWS))
    return [place.file(f"list-{attempt}.csv", "name,birth,place,remark\n" + rows)]


def killed(place: Place, files: list[str], moment: random.Random, lasts: float) -> list[str]:
    """Add files and kill the process at a random moment; returns the ids of the sources it said it had added.

    The moment is any of the time that adding lasts or, as often, shortly after one file of several was acknowledged.
    """
    acknowledged = moment.choice([0, moment.randrange(len(files))])
    words = place.command("add", *files, "--archive", str(place.archive), "--passphrase-file", str(place.passphrase))
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=place.environment(), encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        said = "".join(next_lines(process.stdout, acknowledged))
        time.sleep(moment.uniform(0, 0.1 if acknowledged else lasts))
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read()
        process.wait()
    wait_until(lambda: not any(map(is_alive, family)), "readers live on after the process that started them")
    return _ADDED.findall(said)


def is_alive(process: psutil.Process) -> bool:
    """Not ended; a process that has ended and was not yet asked for by its parent is none."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until(true: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)


def next_lines(lines: Iterable[str], acknowledged: int) -> Iterator[str]:
    """The lines until so many files are acknowledged."""
    for line in lines if acknowledged else ():
        yield line
        acknowledged -= bool(_ADDED.search(line))
        if not acknowledged:
            return


def lasts(place: Place, files: list[str]) -> float:
    """How long adding takes when nobody interferes."""
    began = time.monotonic()
    place.well(place.run("add", *files))
    return time.monotonic() - began


class Witness:
    """Holds what was acknowledged so far against what the archive holds."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.expected = self.held()
        self.kills = self.unsaid = self.cut_short = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills: {self.cut_short} in the midst of several files, "
            f"{self.unsaid} between the commit of a file and its line, none with a loss"
        )

    def held(self) -> set[str]:
        """The sources in the archive, each checked to be whole."""
        archive = Archive(self.place.archive, self.place.home, PASSPHRASE)
        found = verify(archive, dict(archive.known))
        assert found.problems == []
        desk = Desk(archive)
        try:
            seen = desk.ask(queries.sources, Nothing()).sources
            counts = dict(desk.index.db.execute("SELECT source, count(*) FROM mentions GROUP BY source"))
        finally:
            desk.close()
        assert {source.id: source.rows for source in seen if source.rows} == counts
        assert found.evidence == len(seen)
        return {source.id for source in seen}

    def check(self, said: list[str], files: int) -> None:
        """All that was acknowledged is there, and at most one more: committed, and killed before it was printed."""
        now = self.held()
        new = now - self.expected
        assert set(said) <= new
        assert len(new) <= len(said) + 1
        assert self.expected <= now
        self.kills += 1
        self.unsaid += len(new) - len(said)
        self.cut_short += 0 < len(new) < files
        self.expected = now

    def add_goes_on(self, attempt: int) -> None:
        """The next add works, and no unfinished file is left after it."""
        after = self.place.file(f"after-{attempt}.txt", f"The day after {attempt}.")
        desk = Desk(Archive(self.place.archive, self.place.home, PASSPHRASE))
        try:
            asked = FileAsked(typed="after", path=after.encode())
            (outcome,) = desk.ask(commands.add, Add(files=(asked,)), unheard).files
        finally:
            desk.close()
        assert outcome.outcome == "added"
        self.expected.add(outcome.source)
        assert list(self.place.folder.rglob("*.part")) == []


def attempts(place: Place, times: int, seed: int, *, lists: bool) -> Witness:
    """Kill so many adds, and compare after each."""
    moment = random.Random(seed)
    make = long_list if lists else letters
    whole = lasts(place, make(place, 0))
    witness = Witness(place)
    for attempt in range(1, times + 1):
        files = make(place, attempt)
        witness.check(killed(place, files, moment, whole), len(files))
        if attempt % 3 == 0:
            witness.add_goes_on(attempt)
    return witness


def test_a_process_killed_while_adding_letters_loses_nothing_that_it_acknowledged(place: Place) -> None:
    attempts(place, 18, seed=1, lists=False)


def test_a_process_killed_while_adding_a_list_of_several_segments_adds_all_of_it_or_nothing(place: Place) -> None:
    attempts(place, 5, seed=2, lists=True)


def test_a_killed_key_process_loses_nothing_that_it_acknowledged(place: Place) -> None:
    witness = Witness(place)
    files = letters(place, 0)
    place.well(place.run("unlock"))
    (keeper,) = keepers(place)
    with subprocess.Popen(
        place.command("add", *files, "--archive", str(place.archive)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=place.environment(),
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        for one in [*keeper.children(recursive=True), keeper]:
            one.kill()
        said += process.stdout.read()
        error = process.stderr.read()
        assert process.wait() == (1 if "guvoh: error" in error else 0)
    witness.check(_ADDED.findall(said), len(files))
    witness.add_goes_on(0)


def keepers(place: Place) -> list[psutil.Process]:
    """The key processes of this place, known by their socket's owner: those whose command was our unlock."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "unlock" in (process.info["cmdline"] or []) and str(place.archive) in process.info["cmdline"]
    ]


@pytest.fixture
def rounds(nothing_yet: Place, tmp_path: Path) -> Place:
    return nothing_yet.copy(tmp_path / "rounds")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 107))
def test_killed_at_25_random_moments_while_adding_letters(rounds: Place, seed: int) -> None:
    print(f"\n{attempts(rounds, 25, seed, lists=False)}")


@pytest.mark.slow
def test_killed_at_25_random_moments_while_adding_a_list_of_several_segments(rounds: Place) -> None:
    print(f"\n{attempts(rounds, 25, seed=200, lists=True)}")
