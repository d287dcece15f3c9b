"""What holds for every sequence of batches."""

import tempfile
from pathlib import Path
from unittest import mock

import independent
from hypothesis import given, settings
from hypothesis import strategies as st
from small import PASSPHRASE, Place

from guvoh.archive import batches as archive_batches
from guvoh.archive.entries import Entry, head_line, leaf_hashes, packed, positions, preimage, runs, split, unpacked
from guvoh.archive.merkle import Frontier
from guvoh.archive.segments import Evidence
from guvoh.sealing.padding import SMALLEST, pad, padme, unpad

SUBJECTS = st.lists(st.from_regex(r"[a-z0-9][a-z0-9.-]{0,9}", fullmatch=True), max_size=3).map(tuple)
ENTRIES = st.tuples(SUBJECTS, st.binary(max_size=300), st.integers(0, 2))
BATCHES = st.lists(st.tuples(st.lists(ENTRIES, max_size=6), st.none() | st.binary(max_size=2000)), max_size=4)


@settings(max_examples=25, deadline=None)
@given(BATCHES, st.sampled_from([350, 800, 8 << 20]))
def test_any_batches_read_back_as_written_and_verify(
    batches: list[tuple[list[tuple[tuple[str, ...], bytes, int]], bytes | None]], most: int
) -> None:
    with tempfile.TemporaryDirectory() as root, mock.patch.object(archive_batches, "MOST_BYTES", most):
        place = Place(Path(root))
        archive = place.create()
        written: list[tuple[tuple[str, ...], bytes]] = []
        kept: list[tuple[str, Evidence, bytes]] = []
        for entries, original in batches:
            with archive.batch() as batch:
                keys = ["", batch.source_key(), batch.source_key()]
                if original is not None and entries:
                    kept.append((keys[1], batch.evidence(original, len(original), keys[1]), original))
                for subjects, body, key in entries:
                    batch.add(Entry(subjects, body, keys[key]))
            written += [(subjects, body) for subjects, body, _ in entries]

        again = place.open()
        assert [(entry.subjects, entry.body) for entry in again.entries()] == written
        assert again.heads == {again.device: 5 + len(written)}
        assert [again.open_evidence(evidence, key) for key, evidence, _ in kept] == [data for _, _, data in kept]
        found = place.verify()
        assert (found.problems, found.notices) == ([], [])
        assert (found.entries, found.evidence) == (5 + len(written), len(kept))
        reader = independent.Reader(place.path, PASSPHRASE)
        assert [(tuple(subjects), body) for _, _, subjects, body in reader.entries()] == written
        assert sorted(reader.evidence_names()) == sorted(evidence.name for _, evidence, _ in kept)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_grown_in_any_steps_is_the_tree_of_all_its_leaves(steps: list[int]) -> None:
    frontier, leaves = Frontier(), list[bytes]()
    for step in steps:
        new = leaf_hashes([b"\0%d" % (len(leaves) + n) for n in range(step)])
        leaves += new
        frontier.extend(new)
        assert frontier.root() == independent.root(leaves)
        assert Frontier(frontier.size, frontier.edge).root() == frontier.root()
    assert frontier.size == len(leaves)


@given(SUBJECTS, st.binary(max_size=200), st.binary(min_size=16, max_size=16))
def test_subjects_and_body_come_back_from_a_preimage(subjects: tuple[str, ...], body: bytes, salt: bytes) -> None:
    assert split(preimage(salt, head_line(subjects), body), "there") == (subjects, body)


@given(st.lists(st.binary(min_size=1, max_size=100), max_size=20))
def test_a_box_gives_back_what_was_put_in(leaves: list[bytes]) -> None:
    assert [bytes(leaf) for leaf in unpacked(packed(leaves), "there")] == leaves


@given(st.sets(st.integers(0, 60)).map(sorted))
def test_runs_are_their_positions(places: list[int]) -> None:
    assert list(positions(runs(places))) == places


@given(st.binary(max_size=3000))
def test_padding_comes_off_and_shows_little(data: bytes) -> None:
    padded = pad(data)
    assert bytes(unpad(padded)) == data
    assert len(padded) == padme(8 + len(data)) >= SMALLEST


@given(st.integers(SMALLEST, 1 << 50))
def test_a_padded_length_is_at_most_an_eighth_longer_and_stays_when_padded_again(length: int) -> None:
    assert length <= padme(length) <= length * 1.12 + 1
    assert padme(padme(length)) == padme(length)
