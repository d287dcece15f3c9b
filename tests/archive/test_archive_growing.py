"""An archive that stays open while it grows: no batch looks at those before it, and what others do is seen."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import LETTER, Place, add, add_source, bodies

from guvoh.archive import rewriting, segments
from guvoh.archive.errors import Damaged, RolledBack
from guvoh.archive.home import DeviceFile
from guvoh.archive.logs import Log
from guvoh.archive.runs import Runs
from guvoh.archive.segments import Segment
from guvoh.archive.store import Archive


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def archive(place: Place) -> Archive:
    return place.create()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The segments that are read, each as often as it is."""
    found: list[str] = []
    really = segments.read

    def noted(path: Path, where: str, *, boxes: bool = True) -> Segment:
        found.append(path.name)
        return really(path, where, boxes=boxes)

    monkeypatch.setattr(segments, "read", noted)
    return found


def position(archive: Archive) -> int:
    return archive.states[archive.device].size


def own(archive: Archive) -> Log:
    return Log(archive.path, archive.device)


def test_a_batch_reads_as_many_segments_after_thirty_as_after_three(archive: Archive, read: list[str]) -> None:
    each = []
    for number in range(30):
        read.clear()
        add(archive, b"entry %d" % number)
        each.append(len(read))
    assert each[3:] == [each[3]] * 27
    assert each[3] <= 2


def test_the_first_batch_after_opening_reads_no_segment_that_opening_has_read(place: Place, read: list[str]) -> None:
    archive = place.create()
    for number in range(30):
        add(archive, b"entry %d" % number)
    read.clear()
    again = place.open()
    assert sorted(set(read)) == [path.name for _, path in own(again).paths()]
    assert len(read) <= 31 + 1
    read.clear()
    add(again, b"one more")
    assert len(read) <= 2


def test_what_another_process_packs_and_adds_is_seen_by_who_has_read_the_small_segments(place: Place) -> None:
    here, other = place.create(), place.open()
    for number in range(5):
        add(here, b"entry %d" % number)
    other.refresh()
    add(here, b"unseen", b"as well")
    assert rewriting.pack(here, least=2) == 7
    other.refresh()
    assert position(other) == position(here)
    add(other, b"after")
    here.refresh()
    assert bodies(here.entries()) == [*(b"entry %d" % number for number in range(5)), b"unseen", b"as well", b"after"]
    assert place.verify().problems == []


def test_a_longer_segment_before_ones_that_are_still_there_is_seen(place: Place, archive: Archive) -> None:
    """As a merge leaves it that is killed before it removes what the longer one holds too."""
    add(archive, b"one")
    add(archive, b"two")
    earlier, watching = place.copy(), place.open()
    home = shutil.copytree(place.home, place.root / "earlier home")
    add(archive, b"three")
    rewriting.pack(archive, least=2)
    (packed,) = place.segments()
    for path in (earlier / "logs" / archive.device).iterdir():
        if path.name != packed.name:
            shutil.copy(path, packed.parent)
    shutil.rmtree(place.home)
    shutil.copytree(home, place.home)

    watching.refresh()

    assert len(place.segments()) == 3
    assert position(watching) == position(archive)
    add(watching, b"four")
    assert bodies(place.open().entries()) == [b"one", b"two", b"three", b"four"]
    assert place.verify().problems == []


def test_a_batch_taken_away_between_two_batches_is_noticed(place: Place, archive: Archive) -> None:
    for number in range(4):
        add(archive, b"entry %d" % number)
    place.segments()[-1].unlink()
    with pytest.raises(RolledBack):
        add(archive, b"after")


def test_the_last_segment_changed_in_place_between_two_batches_is_noticed(place: Place, archive: Archive) -> None:
    for number in range(4):
        add(archive, b"entry %d" % number)
    path = place.segments()[-1]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Damaged, match="cut short"):
        add(archive, b"after")


def test_a_segment_put_in_the_place_of_one_that_was_read_is_read_again(place: Place, archive: Archive) -> None:
    for number in range(4):
        add(archive, b"entry %d" % number)
    changed, path = place.root / "changed", place.segments()[1]
    changed.write_bytes(path.read_bytes()[:-1])
    changed.replace(path)
    with pytest.raises(Damaged, match="cut short"):
        add(archive, b"after")


def test_a_log_that_is_packed_after_it_was_listed_is_listed_again(place: Place, archive: Archive) -> None:
    for number in range(4):
        add(archive, b"entry %d" % number)
    key, known = archive.device_key.public, archive.states[archive.device].head()
    reading, known_before = own(archive).look(), own(archive)
    assert len(list(known_before.segments())) == 5
    known_before.look()
    rewriting.pack(archive, least=2)
    assert [segment.end for segment in reading.segments()] == [known.size]
    assert known_before.state(key, known).head() == known


def test_a_log_that_has_grown_since_it_was_listed_is_not_taken_for_one_set_back(archive: Archive) -> None:
    add(archive, b"one")
    listed = own(archive).look()
    add(archive, b"two")
    known = archive.states[archive.device].head()
    assert listed.state(archive.device_key.public, known).head() == known


@pytest.mark.parametrize("name", ["000000000001.seg", "000000000900.seg"])
def test_a_segment_under_the_name_of_another_is_told_each_time(place: Place, archive: Archive, name: str) -> None:
    add(archive, b"one")
    add(archive, b"two")
    shutil.copy(place.segments()[0], own(archive).path / name)
    for _ in range(3):
        with pytest.raises(Damaged, match="under the name of another"):
            add(archive, b"three")


def test_a_batch_committed_while_another_process_refreshes_is_no_rollback(
    place: Place, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = place.open()
    really = other.home.load

    def beside() -> DeviceFile:
        add(archive, b"meanwhile")
        return really()

    monkeypatch.setattr(other.home, "load", beside)
    other.refresh()
    assert bodies(other.entries()) == [b"meanwhile"]


def test_parts_that_a_killed_batch_left_go_with_the_next_and_those_of_others_stay(
    place: Place, archive: Archive
) -> None:
    add_source(archive, b"with a letter", original=LETTER)
    folder = archive.evidence.path
    left = [folder / f"abc.{archive.device}.part", own(archive).path / "000000000099.seg.part"]
    others = [folder / "abc.d-another.part", folder / "readme"]
    for path in (*left, *others):
        path.write_bytes(b"left")
    add(archive, b"next")
    assert [path.exists() for path in (*left, *others)] == [False, False, True, True]


spans = st.lists(st.tuples(st.sampled_from(["d-a", "d-b"]), st.integers(0, 40), st.integers(0, 6)), max_size=8)


@given(spans, st.integers(0, 45), st.integers(0, 8))
def test_runs_lie_within_a_stretch_exactly_where_one_of_their_places_does(
    runs: list[tuple[str, int, int]], first: int, count: int
) -> None:
    found = Runs(runs)
    places = {(log, at) for log, start, length in runs for at in range(start, start + length)}
    for log in ("d-a", "d-b", "d-c"):
        met = any((log, at) in places for at in range(first, first + count))
        assert found.within(log, first, first + count) == met or count == 0
