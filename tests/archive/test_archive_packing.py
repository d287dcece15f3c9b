"""Small segments become larger ones; what they hold, where it stands and what was signed of it stay as they were."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from several import (
    DECADE,
    Killed,
    Laptop,
    approves,
    asks_to_erase,
    at_every_write,
    carries_out,
    founder,
    full_disk,
    joins,
    reads,
    stick,
    team,
    unfinished,
)
from small import LETTER

from guvoh.archive import members, rewriting, segments
from guvoh.archive.control import Role
from guvoh.archive.entries import NAMELESS, Stored
from guvoh.archive.errors import Damaged, NotAllowed
from guvoh.archive.logs import Log
from guvoh.archive.merging import pull
from guvoh.archive.store import Archive
from guvoh.archive.verify import verify

OF_FORMAT_1 = Path(__file__).parent / "vectors" / "example-1"


def small(tmp_path: Path, count: int = 8) -> Laptop:
    """Entries under the epoch's keys and sources' keys, and evidence, each in a segment of its own."""
    amina = founder(tmp_path)
    for number in range(count):
        body = b"entry %d" % number
        if number % 4 == 0:
            amina.add_source(body, original=LETTER)
        else:
            amina.add(body, key=NAMELESS if number % 4 == 1 else "")
    return amina


def stored(laptop: Laptop) -> list[Stored]:
    return list(laptop.open().entries())


def count(laptop: Laptop, device: str = "") -> int:
    return len(Log(laptop.path, device or laptop.open().device).paths())


def test_entries_places_roots_and_evidence_are_the_same_after_packing(tmp_path: Path) -> None:
    amina = small(tmp_path)
    before, heads = stored(amina), amina.open().states
    evidence = sorted(path.name for path in (amina.path / "evidence").iterdir())
    assert count(amina) == 9
    assert rewriting.pack(amina.open(), least=2) == 9
    assert count(amina) == 1
    assert stored(amina) == before
    assert {log: state.head() for log, state in amina.open().states.items()} == {
        log: state.head() for log, state in heads.items()
    }
    assert sorted(path.name for path in (amina.path / "evidence").iterdir()) == evidence
    verified = amina.verify()
    assert (verified.problems, verified.evidence) == ([], 2)
    assert verify(amina.folder(), {}).problems == []
    amina.add(b"after")
    assert stored(amina)[:-1] == before


def test_packing_again_changes_nothing_and_few_segments_are_left_alone(tmp_path: Path) -> None:
    amina = small(tmp_path)
    assert rewriting.pack(amina.open(), least=10) == 0
    rewriting.pack(amina.open(), least=2)
    assert rewriting.pack(amina.open(), least=2) == 0
    assert not rewriting.worth_packing(amina.open())


def test_the_sources_keys_still_open_their_evidence(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    key, evidence = amina.add_source(b"with a letter", original=LETTER)
    amina.add(b"more")
    rewriting.pack(amina.open(), least=2)
    assert evidence is not None
    assert amina.open().open_evidence(evidence, key) == LETTER


def test_what_names_nobody_stays_apart_from_what_may(tmp_path: Path) -> None:
    amina = small(tmp_path)
    reader = joins(amina, "reader", Role.READER_WITHOUT_IDENTITIES)
    reader.take(amina.folder())
    before = reader.bodies()
    rewriting.pack(amina.open(), least=2)
    pulled = stick(amina)
    assert before == [b"entry 1", b"entry 5"]
    packed = reads(reader, pulled.path)
    assert [n for n in range(8) if b"entry %d" % n in packed] == [1, 5]


def test_segments_of_two_epochs_are_not_put_together(tmp_path: Path) -> None:
    amina = small(tmp_path, 3)
    members.rotate(amina.open())
    for number in range(3):
        amina.add(b"later %d" % number)
    before = stored(amina)
    rewriting.pack(amina.open(), least=2)
    assert count(amina) == 2
    assert stored(amina) == before
    assert amina.verify().problems == []


def test_a_batch_over_several_segments_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = small(tmp_path, 2)
    with monkeypatch.context() as patched:
        patched.setattr("guvoh.archive.batches.MOST_BYTES", 400)
        amina.add(b"x" * 300, b"y" * 300, b"z" * 300)
    amina.add(b"one")
    amina.add(b"two")
    before = stored(amina)
    rewriting.pack(amina.open(), least=2)
    assert stored(amina) == before
    assert amina.verify().problems == []
    assert count(amina) == 5


def test_a_pack_is_cut_where_a_segment_would_become_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = small(tmp_path)
    before = stored(amina)
    monkeypatch.setattr(rewriting, "MOST_BYTES", 150)
    rewriting.pack(amina.open(), least=2)
    assert 1 < count(amina) < 9
    assert stored(amina) == before
    assert amina.verify().problems == []


def test_only_the_own_log_is_packed_and_a_writer_packs_none(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    for number in range(3):
        idris.add(b"his %d" % number)
    idris.sync(copy)
    amina.sync(copy)
    before = count(amina, idris.open().device)
    rewriting.pack(amina.open(), least=1)
    assert count(amina, idris.open().device) == before
    for role in (Role.WRITER, Role.REPLICA, Role.READER_WITHOUT_IDENTITIES):
        other = joins(amina, role.value, role)
        with pytest.raises(NotAllowed, match="cannot pack"):
            rewriting.pack(other.open(), least=1)


def test_a_damaged_segment_is_not_packed_and_the_others_stay(tmp_path: Path) -> None:
    amina = small(tmp_path)
    before = count(amina)
    path = Log(amina.path, amina.open().device).paths()[4][1]
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Damaged):
        rewriting.pack(amina.open(), least=2)
    assert count(amina) == before
    assert [where for where, _ in amina.verify().problems] == [f"logs/{path.parent.name}/{path.name}"]


def test_others_who_hold_the_log_in_small_segments_take_what_comes_after_packing(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    for number in range(5):
        amina.add(b"entry %d" % number)
    amina.sync(copy)
    idris.sync(copy)
    amina.add(b"unseen by him")
    rewriting.pack(amina.open(), least=2)
    amina.add(b"after packing")
    amina.sync(copy)
    idris.sync(copy)
    amina.sync(copy)
    assert sorted(idris.bodies()) == sorted(amina.bodies())
    for laptop in (amina, idris):
        assert laptop.verify().problems == []
    device = amina.open().device
    assert count(idris, device) == count(amina, device)


def test_packing_after_an_erasure_keeps_what_is_gone_gone_and_needs_no_note_of_it(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    for number in range(4):
        amina.add(b"entry %d" % number, b"canary %d" % number)
    amina.sync(copy)
    stale = stick(amina, "stale")
    erasure = asks_to_erase(amina, b"canary 1", b"canary 2")
    idris.sync(stick(amina, "another"))
    approves(idris, erasure)
    amina.take(idris.folder())
    carries_out(amina)
    before = stored(amina)
    rewriting.pack(amina.open(), least=2)
    assert stored(amina) == before
    assert amina.verify().problems == []
    packed = next(one for one in Log(amina.path, amina.open().device).segments() if one.clear.count > 8)
    assert (packed.rewriting, packed.erasures) == (b"", frozenset({erasure}))
    for folder in (copy, stale):
        amina.give(folder)
        assert verify(folder, {}).problems == []
    for laptop_path in (copy.path, stale.path, amina.path):
        found = reads(amina, laptop_path)
        assert b"canary 1" not in found
        assert b"canary 2" not in found
        assert b"canary 3" in found
    idris.take(amina.folder())
    carries_out(idris)
    assert sorted(idris.bodies()) == sorted(amina.bodies())


def test_an_archive_of_the_first_format_is_packed_in_its_own(tmp_path: Path) -> None:
    """As the first Guvoh wrote it: one key for everything, one ring, no digests of key files."""
    shutil.copytree(OF_FORMAT_1, tmp_path / "amina")
    amina = Laptop(tmp_path, "amina", "quince lantern orchard teacup")
    for number in range(6):
        amina.add_source(b"entry %d" % number, original=LETTER)
    before = stored(amina)
    assert rewriting.pack(amina.open(), least=2) > 5
    assert stored(amina) == before
    assert amina.verify().problems == []
    assert {segment.format for segment in Log(amina.path, amina.open().device).segments()} == {1}

    assert members.upgrade(amina.open())
    for number in range(3):
        amina.add(b"after %d" % number)
    before = stored(amina)
    rewriting.pack(amina.open(), least=2)
    assert stored(amina) == before
    assert {segment.format for segment in Log(amina.path, amina.open().device).segments()} == {1, 2}
    erasure = asks_to_erase(amina, b"entry 2")
    carries_out(amina)
    assert b"entry 2" not in reads(amina)
    assert erasure in amina.open().members.erasures
    assert amina.verify().problems == []


@pytest.mark.parametrize("raises", [Killed, full_disk])
def test_packing_that_is_stopped_at_any_write_shows_everything_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]
) -> None:
    amina = small(tmp_path, 4)
    before = stored(amina)
    kept = shutil.copytree(tmp_path / "amina", tmp_path / "kept")

    def begin() -> Callable[[], object]:
        shutil.rmtree(tmp_path / "amina")
        shutil.copytree(kept, tmp_path / "amina")
        archive = amina.open()
        return lambda: rewriting.pack(archive, least=2)

    for _ in at_every_write(monkeypatch, raises, begin):
        assert stored(amina) == before
        assert amina.verify().problems == []
        copy = stick(amina, "copy")
        assert verify(copy, {}).problems == []
        shutil.rmtree(copy.path)
        rewriting.pack(amina.open(), least=2)
        assert stored(amina) == before
        assert count(amina) == 1
        assert unfinished(amina.path) == []


def test_a_reader_in_the_middle_of_the_log_reads_on_while_it_is_packed(tmp_path: Path) -> None:
    amina = small(tmp_path)
    before = stored(amina)
    archive, found = amina.open(), list[Stored]()
    for number, one in enumerate(archive.entries()):
        found.append(one)
        if number == 2:
            rewriting.pack(amina.open(), least=2)
    assert found == before
    assert bodies_by_place(archive) == [one.body for one in before]


def bodies_by_place(archive: Archive) -> list[bytes]:
    """One by one, in an archive that was opened before the packing."""
    return [archive.entry(one.log, one.position).body for one in archive.entries()]


def test_a_sync_in_the_middle_of_packing_brings_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    amina, idris, _ = team(tmp_path)
    for number in range(6):
        amina.add(b"entry %d" % number)
    idris_archive, real, packed = idris.open(), Log.read, [False]

    def read(log: Log, path: Path, *, boxes: bool = True) -> segments.Segment:
        if path.name > "000000000012" and boxes and not packed[0] and log.path.is_relative_to(amina.path):
            packed[0] = True
            rewriting.pack(amina.open(), least=2)
        return real(log, path, boxes=boxes)

    with monkeypatch.context() as patched:
        patched.setattr(Log, "read", read)
        pull(idris_archive, amina.folder())
    assert packed[0]
    idris.take(amina.folder())
    assert [one for one in idris.bodies() if one.startswith(b"entry")] == [b"entry %d" % n for n in range(6)]
    assert idris.verify().problems == []


def test_decades_pass_and_a_packed_log_is_still_due_for_its_erasures(tmp_path: Path) -> None:
    amina = small(tmp_path)
    asks_to_erase(amina, b"entry 3")
    rewriting.pack(amina.open(), least=2)
    archive = amina.open()
    archive.home.first_seen(list(archive.members.erasures), 0.0)
    assert len(rewriting.due(archive, now=DECADE)) == 1
    assert carries_out(amina) == 1
    assert b"entry 3" not in reads(amina)
