"""A disk that is full, read-only or slow loses nothing that was committed, and keeps nothing by halves."""

import errno
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import children
import pytest
from small import LETTER, Place, add, add_source, bodies

from guvoh.archive import batches
from guvoh.archive.errors import CannotWrite
from guvoh.archive.home import Home
from guvoh.archive.store import Archive, read_hint
from guvoh.archive.verify import verify


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(batches, "MOST_BYTES", 400)
    found = Place(tmp_path)
    add_source(found.create(), b"first", b"second")
    return found


class Disk:
    """A disk that refuses the n-th of the calls that write, or that and all later ones."""

    def __init__(self, refuses: int, *, stays_full: bool) -> None:
        self.calls, self._refuses, self._stays = 0, refuses, stays_full

    def guard(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self._refuses or (self._stays and self.calls > self._refuses):
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*args, **named)

        return guarded


@contextmanager
def disk(refuses: int, monkeypatch: pytest.MonkeyPatch, *, stays_full: bool) -> Iterator[Disk]:
    found = Disk(refuses, stays_full=stays_full)
    with monkeypatch.context() as patched:
        for name in ("open", "fsync", "replace"):
            patched.setattr(os, name, found.guard(getattr(os, name)))
        yield found


def add_much(archive: Archive) -> None:
    """Evidence, a source's key, and entries over three segments."""
    with archive.batch() as batch:
        key = batch.source_key()
        batch.evidence(LETTER, len(LETTER), key)
        batch.extend((), [b"x" * 200, b"y" * 200, b"z" * 200], key)


@pytest.mark.parametrize("stays_full", [False, True])
def test_a_disk_that_is_full_at_any_moment_keeps_a_batch_whole_or_not_at_all(
    place: Place, monkeypatch: pytest.MonkeyPatch, stays_full: bool
) -> None:
    archive, refuses, failed = place.open(), 0, 0
    while True:
        refuses += 1
        before, files = bodies(archive.entries()), place.files()
        with disk(refuses, monkeypatch, stays_full=stays_full) as full:
            try:
                add_much(archive)
                added = True
            except CannotWrite:
                added, failed = False, failed + 1
        assert bodies(place.open().entries()) == before + [b"x" * 200, b"y" * 200, b"z" * 200] * added
        if not added:
            assert place.files() == files
        assert (place.verify().problems, place.verify().notices) == ([], [])
        if full.calls < refuses:
            break
    assert failed > 10
    add(archive, b"afterwards")
    assert bodies(place.open().entries())[-1] == b"afterwards"


def test_a_home_that_cannot_be_written_does_not_undo_a_batch(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = place.open()
    home = Home(place.home, read_hint(place.path))
    heads = home.load().heads

    def full(self: Home, device: object) -> None:
        raise CannotWrite(self.path, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Home, "save", full)
        add(archive, b"committed all the same")
    assert home.load().heads == heads
    assert bodies(place.open().entries())[-1] == b"committed all the same"
    add(archive, b"next")
    assert bodies(place.open().entries())[-2:] == [b"committed all the same", b"next"]


@pytest.mark.parametrize("most", [0, 100, 3000, 70_000])
def test_a_write_that_the_system_refuses_leaves_nothing(place: Place, most: int) -> None:
    """A limit on the size of files makes real writes fail, inside the sealing library too."""
    files = place.files()

    def work() -> None:
        archive = place.open()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        with pytest.raises(CannotWrite, match="large"):
            add_source(archive, b"x", original=bytes(300_000))

    children.run(work)
    assert place.files() == files
    assert place.verify().problems == []


def test_an_error_of_the_original_comes_through_the_sealing(place: Place) -> None:
    class Broken:
        def read(self, size: int = -1) -> bytes:
            raise KeyboardInterrupt

    files = place.files()
    with pytest.raises(KeyboardInterrupt), place.open().batch() as batch:
        batch.evidence(Broken(), 10, batch.source_key())  # type: ignore[arg-type]
    assert place.files() == files


def test_a_read_only_folder_is_read_and_verified_and_says_why_it_is_not_written() -> None:
    root = Path(tempfile.mkdtemp())
    place = Place(root)
    add_source(place.create(), b"first")
    for path in (root, *root.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
    for path in (place.path, *place.path.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)

    def work() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        archive = place.open()
        assert bodies(archive.entries()) == [b"first"]
        assert verify(archive, archive.known).problems == []
        with pytest.raises(CannotWrite, match="nothing was added"):
            add(archive, b"x")
        with pytest.raises(CannotWrite, match="nothing was added"):
            add_source(archive, b"x")

    try:
        children.run(work)
    finally:
        for path in (place.path, *place.path.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(root)


def test_what_a_killed_process_left_in_the_home_is_written_over(place: Place) -> None:
    left = Home(place.home, read_hint(place.path)).path / "device.json.part"
    left.write_bytes(b"half a file")
    archive = place.open()
    add(archive, b"next")
    assert not left.exists()
    assert Home(place.home, read_hint(place.path)).load().heads[archive.device].size == 8


class TestAnUnfinishedBatch:
    """What a process that was killed in the middle of a commit leaves."""

    @pytest.fixture
    def left(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
        """Everything is written; evidence and two of three segments are renamed."""
        renamed = 0

        def put(part: Path, final: Path) -> None:
            nonlocal renamed
            renamed += 1
            if renamed > 3:
                raise KeyboardInterrupt
            part.replace(final)

        archive = place.open()
        with monkeypatch.context() as patched:
            patched.setattr(batches, "put", put)
            patched.setattr(batches.Batch, "abandon", lambda self: None)
            with pytest.raises(KeyboardInterrupt):
                add_much(archive)
        assert len(place.segments()) == 4
        return place

    def test_is_ignored_by_readers_and_reported_by_verify(self, left: Place) -> None:
        assert bodies(left.open().entries()) == [b"first", b"second"]
        for found in (left.verify(), left.verify_without_key()):
            assert found.problems == []
            assert [log.unfinished for log in found.logs] == [2]
            assert any("2 entries of a batch that was never finished" in notice for notice in found.notices)
            assert any("belong to no committed entry" in notice for notice in found.notices)
            assert (found.entries, found.evidence) == (7, 1)

    def test_is_removed_by_the_next_batch(self, left: Place) -> None:
        add(left.open(), b"next")
        assert bodies(left.open().entries()) == [b"first", b"second", b"next"]
        assert (left.verify().problems, left.verify().notices) == ([], [])
        assert len(list((left.path / "evidence").iterdir())) == 1

    def test_of_another_device_is_left_alone(self, left: Place) -> None:
        theirs = left.path / "evidence" / f"{'a' * 26}.d-another.part"
        theirs.write_bytes(b"being written")
        add(left.open(), b"next")
        assert theirs.exists()

    def test_cannot_be_read_by_its_place(self, left: Place) -> None:
        archive = left.open()
        assert archive.heads == {archive.device: 7}
        with pytest.raises(Exception, match="not there"):
            archive.entry(archive.device, 7)
