"""A second process beside this one: what it sends comes in order, and nothing depends on it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small import Place

from guvoh.archive import batches, beside, store, verify
from guvoh.archive.beside import Beside, Lost
from guvoh.archive.errors import Damaged
from guvoh.archive.segments import Segment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def test_what_it_yields_comes_in_order_however_large() -> None:
    sent = [b"", b"one", os.urandom(300_000), b"last"]
    with Beside(lambda: iter(sent)) as helper:
        assert list(helper.results()) == sent


def test_work_that_fails_is_lost_and_does_not_look_finished() -> None:
    def work() -> Iterator[bytes]:
        yield b"first"
        raise RuntimeError("something in it went wrong")

    with Beside(work) as helper:
        results = helper.results()
        assert next(results) == b"first"
        with pytest.raises(Lost):
            next(results)


def test_a_killed_process_is_lost() -> None:
    def work() -> Iterator[bytes]:
        yield b"first"
        os.kill(os.getpid(), signal.SIGKILL)

    with Beside(work) as helper, pytest.raises(Lost):
        list(helper.results())


def test_leaving_early_ends_it() -> None:
    def work() -> Iterator[bytes]:
        while True:
            yield bytes(100_000)

    with Beside(work) as helper:
        next(helper.results())
        child = helper._child
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An archive of many small segments, of which a second process verifies half."""
    place = Place(tmp_path)
    place.create()
    monkeypatch.setattr(batches, "MOST_BYTES", 400)
    monkeypatch.setattr(verify, "worthwhile", lambda: True)
    with place.open().batch() as batch:
        batch.extend(("s-1",), [b"entry %d" % number for number in range(200)], batch.source_key())
    return place


def test_a_whole_archive_is_found_whole_by_two(long: Place) -> None:
    archive = long.open()
    assert len(archive.own.paths()) > verify._MANY_SEGMENTS
    found = long.verify()
    assert (found.problems, found.entries) == ([], archive.heads[archive.device])


def test_an_unfinished_batch_over_many_segments_is_no_problem(long: Place) -> None:
    """The key that its entries are sealed under is brought by one segment, and needed by all of both halves."""
    archive = long.open()
    batch = batches.Batch(archive, archive.states[archive.device])
    batch.extend(("s-2",), [b"entry %d" % number for number in range(200)], batch.source_key())
    batch._flush()
    batch._sealer.finish()
    for part, final in batch._parts:
        part.rename(final)
    found = long.verify()
    assert found.problems == []
    assert [log.unfinished for log in found.logs] == [200]


def _unlike(archive: store.Archive, number: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let one segment hold other entries than were committed, as only its own device could have sealed it."""
    where = archive.own.where(archive.own.paths()[number][1])
    opened = store.Archive.opened

    def other(self: store.Archive, segment: Segment) -> Iterator[tuple[int, memoryview]]:
        if segment.where == where:
            raise Damaged(where, "an entry is not what was committed")
        return opened(self, segment)

    monkeypatch.setattr(store.Archive, "opened", other)
    return where


@pytest.mark.parametrize("number", [2, 3])
def test_what_is_wrong_is_found_in_either_half(long: Place, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = long.open()
    where = _unlike(archive, number, monkeypatch)
    assert verify.verify(archive, dict(archive.known)).problems == [(where, "an entry is not what was committed")]


@pytest.mark.parametrize("number", [2, 3])
def test_a_lost_helper_hides_nothing(long: Place, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = long.open()
    where = _unlike(archive, number, monkeypatch)
    monkeypatch.setattr(beside, "_work_and_exit", lambda work, pipe, parent: os._exit(0))
    assert verify.verify(archive, dict(archive.known)).problems == [(where, "an entry is not what was committed")]


def test_damage_is_told_once(long: Place) -> None:
    path: Path = long.open().own.paths()[3][1]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert len(long.verify().problems) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent at once")
def test_it_ends_with_a_parent_that_is_killed() -> None:
    """A child that lived on would hold the lock of the one writer."""
    ours, theirs = os.pipe()
    parent = os.fork()
    if parent == 0:
        with Beside(_for_ever) as helper:
            os.write(theirs, helper._child.to_bytes(8))
            time.sleep(60)
        os._exit(0)
    os.close(theirs)
    child = int.from_bytes(os.read(ours, 8))
    os.close(ours)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    until = time.monotonic() + 10
    while _lives(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _lives(child)


def _for_ever() -> Iterator[bytes]:
    while True:
        time.sleep(60)
        yield b""


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
