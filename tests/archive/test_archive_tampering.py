"""Whoever changes the folder is found out: with the key, and without it where the specification says so."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from small import PASSPHRASE, Place, add, add_source, bodies

from guvoh.archive import batches, forms, segments
from guvoh.archive.control import text_id
from guvoh.archive.entries import leaf_hashes, packed, preimage
from guvoh.archive.errors import Damaged, OnlyCommitments, RolledBack
from guvoh.archive.home import Home
from guvoh.archive.logs import file_name
from guvoh.archive.segments import Clear, Ring, RingBox, RingKey, Sealed, Segment
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import Verified, verify
from guvoh.errors import GuvohError
from guvoh.sealing.boxes import Identity
from guvoh.sealing.notes import SigningKey
from guvoh.sealing.padding import pad


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Five segments: the founding, a source in one, a list in two, a batch of one entry."""
    monkeypatch.setattr(batches, "MOST_BYTES", 400)
    found = Place(tmp_path)
    archive = found.create()
    add_source(archive, b"first", b"second")
    add(archive, b"x" * 200, b"y" * 200)
    add(archive, b"last")
    assert len(found.segments()) == 5
    return found


def flips(data: bytes, step: int) -> Iterator[tuple[int, bytes]]:
    """One bit of every `step`-th byte, every bit in its turn."""
    for at in range(0, len(data), step):
        yield at, data[:at] + bytes([data[at] ^ 1 << (at // step) % 8]) + data[at + 1 :]


def found_without_key(place: Place) -> bool:
    try:
        return bool(place.verify_without_key().problems)
    except GuvohError:
        return True


def test_a_bit_changed_anywhere_in_a_segment_is_found_by_anybody(place: Place) -> None:
    for path in place.segments():
        data = path.read_bytes()
        for at, changed in flips(data, 11):
            path.write_bytes(changed)
            assert found_without_key(place), (path.name, at)
        path.write_bytes(data)
    assert not found_without_key(place)


def test_every_byte_of_the_first_lines_counts(place: Place) -> None:
    path = place.segments()[1]
    data = path.read_bytes()
    lines = len(b"\n".join(data.split(b"\n", 2)[:2])) + 1
    for at in range(lines):
        for bit in (0, 1, 4, 5):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
            assert found_without_key(place), (at, bit)


def test_a_bit_changed_anywhere_in_evidence_is_found_by_anybody(place: Place) -> None:
    (path,) = (place.path / "evidence").iterdir()
    data = path.read_bytes()
    for at, changed in flips(data, 9):
        path.write_bytes(changed)
        assert found_without_key(place), at
    path.write_bytes(data + b"\0")
    assert found_without_key(place)
    path.write_bytes(data[:-1])
    assert found_without_key(place)


def refused_on_opening(place: Place) -> bool:
    try:
        place.open()
    except GuvohError:
        return True
    return False


@pytest.mark.parametrize("pattern", ["keys/*.identity", "keys/*.age"])
def test_a_bit_changed_anywhere_in_a_key_file_is_found_by_anybody_and_on_opening(place: Place, pattern: str) -> None:
    """Its digest stands in a control entry; so a changed cost is not paid to find that out."""
    (path,) = place.path.glob(pattern)
    data = path.read_bytes()
    for at, changed in flips(data, 5):
        path.write_bytes(changed)
        assert refused_on_opening(place), at
        assert [where for where, _ in place.verify_without_key().problems] == [f"keys/{path.name}"]


def test_a_bit_changed_in_what_the_hint_says_is_found_on_opening(place: Place) -> None:
    path = place.path / "guvoh.toml"
    data = path.read_bytes()
    for at in range(data.index(b"format"), len(data) - 1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(GuvohError):
            place.open()


def test_a_bit_changed_in_the_device_file_is_found_or_means_the_same(place: Place) -> None:
    path = Home(place.home, Folder(place.path).id).path / "device.json"
    data, same = path.read_bytes(), place.open().entries
    for _, changed in flips(data, 2):
        path.write_bytes(changed)
        try:
            assert bodies(place.open().entries()) == bodies(same())
        except GuvohError:
            continue


def test_a_segment_cut_short_is_found_at_every_length(place: Place) -> None:
    path = place.segments()[2]
    data = path.read_bytes()
    for length in (0, 1, 15, 16, 17, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert found_without_key(place), length


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 2), (2, 3), (3, 4), (1, 4)])
def test_exchanged_segments_are_found_by_verify_and_by_reading(place: Place, one: int, other: int) -> None:
    first, second = place.segments()[one], place.segments()[other]
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert found_without_key(place)
    with pytest.raises(GuvohError):
        list(place.open().entries())


@pytest.mark.parametrize("number", range(5))
def test_a_renamed_segment_is_found(place: Place, number: int) -> None:
    path = place.segments()[number]
    path.rename(path.with_name("000000099999.seg"))
    assert found_without_key(place)
    with pytest.raises(GuvohError):
        list(place.open().entries())


def test_a_segment_under_the_name_of_another_is_said_to_be_that(place: Place) -> None:
    one, other = place.segments()[1:3]
    shutil.copy(one, other)
    with pytest.raises(Damaged, match="under the name of another segment"):
        list(place.open().entries())


def test_a_segment_taken_out_of_the_middle_is_damage_and_not_a_shorter_list(place: Place) -> None:
    """The heads known here are those of the last segment, which is in place."""
    place.segments()[1].unlink()
    with pytest.raises(Damaged, match="missing"):
        list(place.open().entries())
    assert found_without_key(place)


def test_a_segment_of_another_archive_is_found(place: Place, tmp_path: Path) -> None:
    other = Place(tmp_path / "other")
    add(other.create(), b"theirs")
    shutil.copy(other.segments()[1], place.segments()[1])
    assert found_without_key(place)


def test_a_file_that_is_no_segment_is_told(place: Place) -> None:
    shutil.copy(place.segments()[1], place.segments()[1].with_name("4.seg"))
    found = place.verify_without_key()
    assert found.problems == []
    assert any("no segments" in notice for notice in found.notices)


def test_a_checkpoint_taken_off_the_last_segment_does_not_make_it_an_unfinished_batch(place: Place) -> None:
    path = place.segments()[-1]
    whole = segments.read(path, "there")
    top, line, rest = path.read_bytes().split(b"\n", 2)
    sizes = msgspec.json.decode(line) | {"checkpoint": 0}
    at = len(whole.clear_bytes) + len(whole.leaves)
    rest = rest[:at] + rest[at + len(whole.checkpoint) :]
    path.write_bytes(b"\n".join((top, msgspec.json.encode(sizes, order="sorted"), rest)))
    assert segments.read(path, "there").checkpoint == b""
    assert found_without_key(place)


def test_one_damaged_segment_hides_no_other(place: Place) -> None:
    for number in (1, 3):
        path = place.segments()[number]
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
    (evidence,) = (place.path / "evidence").iterdir()
    evidence.write_bytes(b"")
    where = {Path(where).name for where, _ in place.verify_without_key().problems}
    assert where >= {place.segments()[1].name, place.segments()[3].name}


def test_damage_is_named_by_place_and_quotes_nothing(place: Place) -> None:
    path = place.segments()[1]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(Damaged, match=r"restore this file from a copy") as damaged:
        list(place.open().entries())
    assert damaged.value.where == f"logs/{path.parent.name}/{path.name}"
    assert "first" not in str(damaged.value).replace("first segment", "")


class Forger:
    """Somebody with the folder, a device's signing key if he is the device himself, and the epoch's public key."""

    def __init__(self, place: Place, signing: SigningKey | None = None) -> None:
        self.archive = Archive(place.path, place.home, PASSPHRASE)
        (epoch,) = self.archive.members.epochs
        self.epoch, (self.nameless, self.identities) = epoch, self.archive.recipients(epoch)
        self.signing = signing or SigningKey.generate()

    def segment(self, ring: Ring, leaves: list[bytes], boxes: list[bytes], first: int) -> Segment:
        clear = Clear(
            archive=self.archive.id,
            log=self.archive.device,
            first=first,
            count=len(leaves),
            epoch=self.epoch,
        )
        empty = self.nameless.seal(pad(forms.written(Ring())))
        sealed = Sealed(empty, self.identities.seal(pad(forms.written(ring))), boxes)
        path = self.archive.own.path / file_name(first)
        path.write_bytes(b"".join(segments.written(clear, leaf_hashes(leaves), sealed, self.signing, None)))
        return segments.read(path, path.name)


def test_a_forged_ring_cannot_exchange_the_key_of_a_source(place: Place) -> None:
    """Anybody can seal to the epoch. A later entry of the source must not be sealed to the forger's key."""
    key, _ = add_source(place.open(), b"a letter")
    forger, evil = Forger(place), Identity.generate()
    forger.segment(Ring(keys=(RingKey(key=key, identity=evil.text),)), [b"\0" + bytes(16) + b"\nx"], [], 5)
    with pytest.raises(Damaged):
        place.open().open_evidence(segments.Evidence(name="a" * 26, sha256="0" * 64, size=1), key)
    archive = place.open()
    with pytest.raises(GuvohError):
        add(archive, b"more of the letter", key=key)
    assert all(identity.text != evil.text for identity in archive.opener.sources.values())


def test_a_device_that_commits_to_one_thing_and_seals_another_is_found_by_readers(place: Place) -> None:
    archive = place.open()
    forger = Forger(place, archive.device_key)
    committed, sealed = (preimage(bytes(16), b"\n", body) for body in (b"committed", b"sealed"))
    ring = Ring(boxes=(RingBox(key="", at=((10, 1),)),))
    segment = forger.segment(ring, [committed], [forger.identities.seal(pad(packed([sealed])))], 10)
    segment.check_seal(archive.device_key.public)
    with pytest.raises(Damaged, match="not what was committed"):
        list(archive.opened(segment))


@pytest.mark.parametrize(
    ("at", "why"),
    [(((10, 1), (10, 1)), "other entries"), (((9, 2),), "other entries"), (((11, 2),), "other entries"),
     (((10, 1),), "than its ring says"), (((10, 1 << 40),), "than its ring says"), ((), "than its ring says")],
)  # fmt: skip
def test_a_ring_that_names_other_places_is_refused(place: Place, at: tuple[tuple[int, int], ...], why: str) -> None:
    archive = place.open()
    forger = Forger(place, archive.device_key)
    leaves = [preimage(bytes(16), b"\n", body) for body in (b"one", b"two")]
    ring = Ring(boxes=(RingBox(key="", at=at),))
    segment = forger.segment(ring, leaves, [forger.identities.seal(pad(packed(leaves)))], 10)
    with pytest.raises(Damaged, match=why):
        list(archive.opened(segment))


def test_a_source_key_under_another_id_is_refused(place: Place) -> None:
    archive = place.open()
    forger, one, other = Forger(place, archive.device_key), Identity.generate(), Identity.generate()
    ring = Ring(keys=(RingKey(key=text_id("k", one.recipient.text.encode()), identity=other.text),))
    segment = forger.segment(ring, [], [], 10)
    with pytest.raises(Damaged, match="under the id of another"):
        list(archive.opened(segment))
    with pytest.raises(Damaged, match="not of this format"):
        list(archive.opened(forger.segment(Ring(keys=(RingKey(key="k-x", identity="no key"),)), [], [], 10)))


def test_the_batch_after_a_forged_tail_keeps_all_that_was_committed(place: Place) -> None:
    """A committed segment, copied under the name of an unfinished one, must not have its evidence removed."""
    source = place.segments()[1]
    shutil.copy(source, source.with_name("000000000010.seg.part"))
    add(place.open(), b"next")
    assert place.verify().problems == []
    assert len(list((place.path / "evidence").iterdir())) == 1


def test_a_link_in_the_place_of_a_file_being_written_is_not_followed(place: Place, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    archive = place.open()
    (archive.own.path / f"{file_name(10)}.part").symlink_to(precious)
    add(archive, b"next")
    assert precious.read_text() == "mine"
    assert place.verify().problems == []


def test_a_whole_log_set_back_behind_the_writer_is_refused_by_the_next_batch(place: Place) -> None:
    archive, copy = place.open(), place.copy()
    add(archive, b"later")
    place.restore(copy)
    with pytest.raises(RolledBack):
        add(archive, b"even later")
    assert place.verify_without_key().problems == []


def test_a_whole_archive_has_no_problems(place: Place) -> None:
    told: list[tuple[int, int]] = []
    archive = place.open()
    found: Verified = verify(archive, archive.known, lambda done, total: told.append((done, total)))
    assert (found.problems, found.notices, found.read) == ([], [], True)
    assert (found.entries, found.evidence, [log.unfinished for log in found.logs]) == (10, 1, [0])
    assert told == [(n, 5) for n in range(1, 6)]


def sealed_by(archive: Archive, first: int, leaves: list[bytes]) -> list[bytes]:
    """A segment of a batch of its own, as only the device itself can make it."""
    (epoch,) = archive.members.epochs
    nameless, identities = archive.recipients(epoch)
    hashes = leaf_hashes(leaves)
    clear = Clear(archive=archive.id, log=archive.device, first=first, count=len(hashes), epoch=epoch)
    ring = Ring(boxes=(RingBox(key="", at=((first, len(leaves)),)),))
    parts = (nameless.seal(pad(forms.written(Ring()))), identities.seal(pad(forms.written(ring))))
    return segments.written(
        clear, hashes, Sealed(*parts, [identities.seal(pad(packed(leaves)))]), archive.device_key, None
    )


def test_segments_that_overlap_have_to_agree(place: Place) -> None:
    """Merging and packing leave the same entries twice for a moment; other entries in their place are two histories."""
    archive = place.open()
    (_, _), (first, _), *_ = archive.own.paths()
    segment = archive.own.read(archive.own.paths()[1][1])
    leaves = [bytes(leaf) for _, leaf in archive.opened(segment)]
    inner = archive.own.path / file_name(first + 1)
    inner.write_bytes(b"".join(sealed_by(archive, first + 1, leaves[1:])))
    assert (place.verify().problems, place.verify_without_key().problems) == ([], [])
    assert bodies(place.open().entries())[:2] == [b"first", b"second"]

    inner.write_bytes(b"".join(sealed_by(archive, first + 1, [preimage(bytes(16), b"\n", b"another second")])))
    for found in (place.verify(), place.verify_without_key()):
        assert any(what.endswith("its device has signed two") for _, what in found.problems)
    assert bodies(place.open().entries())[:2] == [b"first", b"second"]


def test_a_segment_of_which_only_commitments_are_here_is_told_and_is_no_damage(place: Place) -> None:
    path = place.segments()[1]
    thin = b"".join(segments.read(path, "there").commitments())
    path.write_bytes(thin)
    (evidence,) = (place.path / "evidence").iterdir()
    evidence.unlink()
    for found in (place.verify(), place.verify_without_key()):
        assert (found.problems, found.entries, found.evidence) == ([], 10, 0)
        assert any("1 of its segments are here as commitments alone" in notice for notice in found.notices)
    with pytest.raises(OnlyCommitments, match="guvoh sync"):
        list(place.open().entries())
    for at, changed in flips(thin, 7):
        path.write_bytes(changed)
        assert found_without_key(place), at
