"""Several processes, and processes that are killed."""

import os
import random
import signal
import time
from pathlib import Path

import children
import pytest
from small import LETTER, Place, add, bodies

from guvoh.archive import batches as archive_batches
from guvoh.archive.entries import Entry
from guvoh.archive.errors import Busy
from guvoh.archive.home import Home
from guvoh.archive.store import Archive, read_hint


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    found.create()
    return found


def test_two_processes_that_write_wait_for_each_other_and_lose_nothing(place: Place) -> None:
    def work(name: bytes) -> None:
        archive = place.open()
        for number in range(5):
            add(archive, *[b"%s %d %d" % (name, number, line) for line in range(3)])

    writers = [children.start(lambda name=name: work(name)) for name in (b"amina", b"idris")]  # type: ignore[misc]
    assert [children.ended(child) for child in writers] == [0, 0]

    found = bodies(place.open().entries())
    assert sorted(found) == sorted(
        b"%s %d %d" % (name, number, line) for name in (b"amina", b"idris") for number in range(5) for line in range(3)
    )
    batches = [found[at : at + 3] for at in range(0, 30, 3)]
    assert all(len({body.rsplit(b" ", 1)[0] for body in batch}) == 1 for batch in batches)
    assert place.verify().problems == []


def test_who_has_to_wait_is_told_once(place: Place) -> None:
    ready, told = place.root / "ready", 0

    def hold() -> None:
        with place.open().batch() as batch:
            ready.touch()
            time.sleep(0.4)
            batch.add(Entry((), b"first"))

    def waiting() -> None:
        nonlocal told
        told += 1

    holder, archive = children.start(hold), place.open()
    while not ready.exists():
        time.sleep(0.01)
    with archive.batch(waiting) as batch:
        batch.add(Entry((), b"second"))
    assert children.ended(holder) == 0
    assert told == 1
    assert bodies(archive.entries()) == [b"first", b"second"]


def test_who_waits_too_long_gives_up_and_says_so(place: Place) -> None:
    home = Home(place.home, read_hint(place.path))
    with home.writing(), pytest.raises(Busy, match="another guvoh"), home.writing(wait=0.1):
        pass
    with home.writing(wait=0.1):
        pass


def test_a_child_that_outlives_a_batch_does_not_hold_its_lock(place: Place) -> None:
    home = Home(place.home, read_hint(place.path))
    with home.writing():
        child = children.start(lambda: time.sleep(30))
    try:
        with home.writing(wait=0.2):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        children.ended(child)


def test_a_process_killed_at_any_moment_leaves_exactly_the_committed_batches(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_batches, "MOST_BYTES", 600)
    rng = random.Random(20)
    committed = 0
    for _ in range(20):
        told = _killed(place, committed, after=rng.uniform(0.005, 0.12))
        archive = place.open()
        batches = _batches(archive)
        assert batches == list(range(len(batches)))
        assert told <= len(batches) <= told + 1
        assert place.verify().problems == []
        committed = len(batches)
    assert committed > 5

    with place.open().batch() as batch:
        batch.add(Entry((), b"%d 1" % committed))
    assert (place.verify().problems, place.verify().notices) == ([], [])
    assert not [name for name in place.files() if name.endswith(".part")]


def _killed(place: Place, start: int, *, after: float) -> int:
    """Batches from `start` on in a child that is killed after some seconds of it; returns how many it told of."""
    reader, writer = os.pipe()

    def work() -> None:
        os.close(reader)
        archive, number = place.open(), start
        os.write(writer, b"\0")
        while True:
            _write(archive, number)
            number += 1
            os.write(writer, b"\1")

    child = children.start(work)
    os.close(writer)
    os.read(reader, 1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    assert children.ended(child) == -signal.SIGKILL
    told = start
    while got := os.read(reader, 4096):
        told += len(got)
    os.close(reader)
    return told


def _write(archive: Archive, number: int) -> None:
    """A batch of seven entries over several segments, with evidence; each says how many it has."""
    with archive.batch() as batch:
        key = batch.source_key()
        batch.evidence(LETTER, len(LETTER), key)
        batch.extend(("s-list",), [b"%d 7 " % number + bytes(150)] * 7, key)


def _batches(archive: Archive) -> list[int]:
    """The number of each batch; fails where one is not whole."""
    found, entries = [], bodies(archive.entries())
    while entries:
        number, size = entries[0].split(b" ")[:2]
        whole, entries = entries[: int(size)], entries[int(size) :]
        assert len(whole) == int(size)
        assert {body.split(b" ")[0] for body in whole} == {number}
        found.append(int(number))
    return found
