"""What goes in comes out: batches, entries, evidence."""

import io
from pathlib import Path

import pytest
from small import LETTER, Place, add, add_source, bodies

from guvoh.archive import batches, entries
from guvoh.archive.batches import Batch
from guvoh.archive.entries import MOST_BYTES, Entry
from guvoh.archive.errors import BadSubject, CannotWrite, Damaged, TooLarge
from guvoh.archive.segments import MOST_BOXES
from guvoh.archive.store import Archive


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def archive(place: Place) -> Archive:
    return place.create()


def test_entries_come_back_in_order_with_their_subjects(place: Place, archive: Archive) -> None:
    add(archive, b"one", b"", b"two\nlines", subjects=("s-letter", "m-first"))
    add(archive, b"later")

    found = list(place.open().entries())

    assert bodies(found) == [b"one", b"", b"two\nlines", b"later"]
    assert [entry.subjects for entry in found] == [("s-letter", "m-first")] * 3 + [()]
    assert [entry.position for entry in found] == [5, 6, 7, 8]
    assert {entry.log for entry in found} == {archive.device}


def test_one_entry_is_found_by_its_place(archive: Archive) -> None:
    add(archive, b"one", b"two")
    add(archive, b"three")
    assert archive.entry(archive.device, 6).body == b"two"
    assert archive.entry(archive.device, 7).body == b"three"


@pytest.mark.parametrize("position", [-1, 0, 8, 10**9])
def test_a_place_without_a_record_is_said_to_be_empty(archive: Archive, position: int) -> None:
    add(archive, b"one", b"two", b"three")
    with pytest.raises(Damaged, match=f"record {position} is not there"):
        archive.entry(archive.device, position)


def test_a_log_that_is_not_there_has_no_record(archive: Archive) -> None:
    with pytest.raises(Damaged, match="is not there"):
        archive.entry("d-elsewhere", 0)


@pytest.mark.parametrize(("since", "left"), [(0, 5), (5, 5), (6, 4), (7, 3), (8, 2), (10, 0), (50, 0)])
def test_entries_since_a_position_leave_out_the_earlier_ones(archive: Archive, since: int, left: int) -> None:
    add(archive, b"0", b"1")
    add(archive, b"2")
    add(archive, b"3", b"4")
    found = bodies(archive.entries({archive.device: since}))
    assert found == [b"0", b"1", b"2", b"3", b"4"][5 - left :]


def test_another_process_sees_a_batch_after_refreshing(place: Place, archive: Archive) -> None:
    other = place.open()
    add(archive, b"new")
    assert bodies(other.entries()) == []
    other.refresh()
    assert bodies(other.entries()) == [b"new"]
    assert other.heads == archive.heads == {archive.device: 6}


def test_evidence_comes_back_byte_for_byte(place: Place, archive: Archive) -> None:
    key, evidence = add_source(archive, b"a letter")
    assert place.open().open_evidence(evidence, key) == LETTER


@pytest.mark.parametrize("size", [0, 1, 247, 248, 65_536, 3_000_000])
def test_evidence_of_any_size_is_kept_from_a_stream(archive: Archive, size: int) -> None:
    original = bytes(i % 251 for i in range(1000)) * (size // 1000 + 1)
    with archive.batch() as batch:
        key = batch.source_key()
        evidence = batch.evidence(io.BytesIO(original[:size]), size, key)
        batch.add(Entry((), b"its source", key))
    assert archive.open_evidence(evidence, key) == original[:size]


def test_nothing_of_what_was_said_lies_in_the_folder_in_clear(place: Place, archive: Archive) -> None:
    canary = b"Sevara of the ninth street"
    add_source(archive, canary, original=canary * 30)
    add(archive, canary, subjects=("s-canary-subject",))
    for path in (*place.path.rglob("*"), *place.home.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        assert canary not in data
        assert b"canary" not in data
        assert b"AGE-SECRET-KEY" not in data


def test_entries_of_several_keys_share_a_segment_and_keep_their_order(place: Place, archive: Archive) -> None:
    with archive.batch() as batch:
        keys = ["", batch.source_key(), batch.source_key()]
        for number in range(30):
            batch.add(Entry((), b"%d" % number, keys[number * number % 3]))
    assert len(place.segments()) == 2
    assert bodies(place.open().entries()) == [b"%d" % number for number in range(30)]


def test_a_source_can_be_added_to_in_a_later_batch(place: Place, archive: Archive) -> None:
    key, _ = add_source(archive, b"first")
    again = place.open()
    add(again, b"second", key=key)
    assert bodies(place.open().entries()) == [b"first", b"second"]


def test_a_key_that_no_segment_brings_is_refused(place: Place, archive: Archive) -> None:
    before = place.files()
    with pytest.raises(Damaged, match="in no segment"):
        add(archive, b"x", key="k-unheard-of")
    assert place.files() == before


def test_a_key_of_an_abandoned_batch_is_forgotten(archive: Archive) -> None:
    with archive.batch() as batch:
        key = batch.source_key()
    with pytest.raises(Damaged, match="in no segment"):
        add(archive, b"sealed to a key that nobody kept", key=key)


def test_a_batch_may_span_many_segments(place: Place, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 1000)
    with archive.batch() as batch:
        key = batch.source_key()
        batch.extend(("s-list",), (b"%0200d" % number for number in range(50)), key)
    assert len(place.segments()) > 10
    assert len([path for path in place.segments() if archive.own.read(path).checkpoint]) == 2
    assert bodies(place.open().entries()) == [b"%0200d" % number for number in range(50)]
    assert place.verify().problems == []


def test_a_segment_is_full_at_eight_mebibytes(place: Place, archive: Archive) -> None:
    add(archive, *[bytes([number]) * (1 << 20) for number in range(9)])
    assert len(place.segments()) == 3
    assert len(list(archive.entries())) == 9


def test_more_keys_than_a_segment_has_boxes_make_another_segment(place: Place, archive: Archive) -> None:
    with archive.batch() as batch:
        for number in range(MOST_BOXES + 1):
            batch.add(Entry((), b"%d" % number, batch.source_key()))
    assert len(place.segments()) == 3
    assert bodies(place.open().entries()) == [b"%d" % number for number in range(MOST_BOXES + 1)]


def test_an_entry_as_large_as_a_segment_is_refused_whole(place: Place, archive: Archive) -> None:
    before = place.files()
    with pytest.raises(TooLarge) as refused:
        add(archive, b"small", bytes(MOST_BYTES))
    assert (refused.value.size, refused.value.most) == (MOST_BYTES, MOST_BYTES)
    assert place.files() == before


def test_the_largest_entry_that_fits_comes_back(archive: Archive) -> None:
    body = bytes(entries._MOST_LEAF - 18)
    add(archive, b"before", body, b"after")
    assert bodies(archive.entries()) == [b"before", body, b"after"]


@pytest.mark.parametrize("subject", ["", "two words", "line\n", "tab\t", "мать", "nul\0"])
def test_a_subject_that_would_break_the_line_is_refused(place: Place, archive: Archive, subject: str) -> None:
    before = place.files()
    with pytest.raises(BadSubject):
        add(archive, b"x", subjects=("s-good", subject))
    assert place.files() == before


def test_a_batch_that_raises_leaves_nothing(place: Place, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 500)
    add(archive, b"kept")
    before, heads = place.files(), archive.heads
    with pytest.raises(KeyError), archive.batch() as batch:
        fill_and_fail(batch)
    assert place.files() == before
    assert archive.heads == heads
    assert bodies(archive.entries()) == [b"kept"]


def fill_and_fail(batch: Batch) -> None:
    key = batch.source_key()
    batch.evidence(LETTER, len(LETTER), key)
    batch.extend((), [b"x" * 200] * 10, key)
    raise KeyError


def test_a_batch_without_entries_leaves_nothing(place: Place, archive: Archive) -> None:
    before = place.files()
    with archive.batch() as batch:
        batch.evidence(LETTER, len(LETTER), batch.source_key())
    assert place.files() == before


def test_evidence_whose_file_ends_early_is_not_kept(place: Place, archive: Archive) -> None:
    before = place.files()
    with pytest.raises(CannotWrite, match="shorter"), archive.batch() as batch:
        batch.evidence(io.BytesIO(b"short"), 5000, batch.source_key())
    assert place.files() == before


def test_the_same_entry_twice_looks_different_in_clear(archive: Archive) -> None:
    add(archive, b"the same", b"the same")
    segment = archive.own.read(archive.own.paths()[-1][1])
    assert len(set(segment.leaf_hashes())) == 2


def test_keys_for_a_purpose_are_equal_at_every_opening_and_differ_by_purpose(place: Place, archive: Archive) -> None:
    again = place.open()
    assert archive.secret_for("index") == again.secret_for("index") != archive.secret_for("other")
    shared = (archive.ids_secret, archive.forgotten_secret)
    assert shared == (again.ids_secret, again.forgotten_secret)
    assert len({*shared, archive.secret_for("source ids"), archive.secret_for("erased")}) == 4
