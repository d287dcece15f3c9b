"""Copies are merged in both directions, whatever lies between them; and what is held already is never changed by it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from several import (
    DECADE,
    Killed,
    approves,
    asks_to_erase,
    at_every_write,
    founder,
    full_disk,
    joins,
    stick,
    stopped,
    team,
)
from small import LETTER, QUICK

from guvoh.archive import members, rewriting, segments
from guvoh.archive.control import Role, key_id
from guvoh.archive.errors import CannotWrite, NotAnArchive, RolledBack
from guvoh.archive.home import Home
from guvoh.archive.keys import MemberKeys
from guvoh.archive.logs import Log
from guvoh.archive.merging import OtherArchive, pull, start_copy, waiting
from guvoh.archive.requests import Request, signed
from guvoh.archive.store import Folder
from guvoh.archive.verify import verify
from guvoh.sealing.notes import SigningKey


def thin(folder: Folder) -> Folder:
    """A thin replica: commitments alone."""
    for log in folder.logs():
        for _, path in log.paths():
            rewriting.thin_out(log, path)
    shutil.rmtree(folder.path / "evidence", ignore_errors=True)
    return folder


def is_thin(folder: Folder) -> set[bool]:
    return {segment.thin for log in folder.logs() for segment in log.segments(boxes=False)}


def flip(path: Path, at: int = -20) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- union


def test_what_each_side_adds_is_on_both_sides_after_a_sync_and_a_second_sync_brings_nothing(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    amina.add(b"a1", b"a2")
    amina.add(b"a3")
    idris.add(b"i1")
    idris.add_source(b"i2", original=LETTER)
    amina.sync(copy)
    idris.sync(copy)
    amina.sync(copy)
    expected = sorted([b"hers", b"his", b"a1", b"a2", b"a3", b"i1", b"i2"])
    for laptop in (amina, idris):
        assert sorted(laptop.bodies()) == expected
        assert laptop.verify().problems == []
        assert not laptop.take(copy).anything
        assert not laptop.give(copy).anything
    assert amina.verify().evidence == 1


def test_laptops_merge_directly_without_a_stick(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    amina.add(b"a1")
    idris.add(b"i1")
    assert amina.take(idris.folder()).entries == {idris.open().device: 1}
    assert idris.take(amina.folder()).entries == {amina.open().device: 1}
    assert sorted(amina.bodies()) == sorted(idris.bodies())


@pytest.mark.parametrize("packed_side", ["here", "there", "both"])
def test_logs_that_are_packed_differently_on_each_side_merge(tmp_path: Path, packed_side: str) -> None:
    amina, idris, copy = team(tmp_path)
    for number in range(12):
        amina.add(b"entry %d" % number)
        if number == 6:
            amina.give(copy)
            idris.take(copy)
        if number == 9 and packed_side == "both":
            rewriting.pack(amina.open(), least=2)
            amina.give(copy)
    if packed_side in ("there", "both"):
        rewriting.pack(amina.open(), least=2)
    idris.take(amina.folder())
    amina.sync(copy)
    idris.sync(copy)
    if packed_side == "here":
        rewriting.pack(amina.open(), least=2)
        amina.sync(copy)
    amina.add(b"after")
    amina.sync(copy)
    idris.take(copy)
    for laptop in (amina, idris):
        assert [one for one in laptop.bodies() if one.startswith(b"entry")] == [b"entry %d" % n for n in range(12)]
        assert b"after" in laptop.bodies()
        assert laptop.verify().problems == []
    assert verify(copy, {}).problems == []


def test_another_archive_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    stranger = founder(tmp_path / "stranger")
    before = files(amina.path)
    with pytest.raises(OtherArchive):
        amina.take(stranger.folder())
    assert files(amina.path) == before
    with pytest.raises(NotAnArchive):
        start_copy(amina.folder(), amina.home)


def test_a_folder_in_which_the_founding_is_missing_is_refused(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    empty = start_copy(amina.folder(), tmp_path / "empty")
    with pytest.raises(NotAnArchive):
        pull(start_copy(amina.folder(), tmp_path / "other empty"), empty)
    assert not amina.take(empty).anything
    assert pull(empty, copy).problems == []
    assert verify(empty, {}).problems == []


def test_key_files_travel_where_they_are_newer_and_not_where_they_are_older(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    name = f"keys/{idris.open().member}.identity"
    old = (copy.path / name).read_bytes()
    members.change_passphrase(idris.open(), "his other words", QUICK)
    idris.passphrase = "his other words"
    new = (idris.path / name).read_bytes()
    assert idris.take(copy).keys == 0
    assert (idris.path / name).read_bytes() == new
    assert idris.give(copy).keys == 1
    assert (copy.path / name).read_bytes() == new
    (copy.path / name).write_bytes(old)
    assert amina.take(copy).keys == 0
    assert (amina.path / name).read_bytes() == old
    assert amina.take(idris.folder()).keys == 1
    assert (amina.path / name).read_bytes() == new


def test_a_passphrase_change_that_was_cut_between_commit_and_rename_is_completed_by_the_next_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, idris, copy = team(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("guvoh.archive.keys.KeyFolder.settle", lambda *_: None)
        members.change_passphrase(idris.open(), "his other words", QUICK)
    idris.passphrase = "his other words"
    assert sorted(idris.bodies()) == [b"hers", b"his"]
    other = stick_of(copy, tmp_path / "another stick")
    assert pull(other, idris.folder()).problems == []
    assert verify(other, {}).problems == []
    idris.sync(copy)
    assert idris.verify().problems == []
    assert not list(idris.path.glob("keys/*.next"))


def test_a_key_file_stays_in_its_place_where_the_entry_that_names_the_next_one_cannot_be_brought(
    tmp_path: Path,
) -> None:
    amina, idris, copy = team(tmp_path)
    name = f"keys/{idris.open().member}.identity"
    old = (amina.path / name).read_bytes()
    members.change_passphrase(idris.open(), "his other words", QUICK)
    idris.passphrase = "his other words"
    idris.give(copy)
    last = max((copy.path / "logs" / idris.open().device).glob("*.seg"))
    data = last.read_bytes()
    last.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))  # in a sealed part: what stands in clear is still vouched for

    assert amina.take(copy).problems != []
    assert (amina.path / name).read_bytes() == old
    assert amina.verify().problems == []

    amina.take(idris.folder())
    assert (amina.path / name).read_bytes() == (idris.path / name).read_bytes()
    assert amina.verify().problems == []


def stick_of(folder: Folder, path: Path) -> Folder:
    copy = start_copy(folder, path)
    pull(copy, folder)
    return copy


# --- what hinders


def test_a_log_of_an_unknown_device_is_told_and_not_taken(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    stranger = founder(tmp_path / "stranger")
    log = stranger.open().device
    shutil.copytree(stranger.path / "logs" / log, copy.path / "logs" / log)
    amina.add(b"more")
    brought = amina.take(copy)
    assert [where for where, _ in brought.problems] == [f"logs/{log}"]
    assert log not in {one.device for one in amina.folder().logs()}


@pytest.mark.parametrize("part", ["clear", "box"])
def test_a_segment_that_is_damaged_here_is_mended_from_the_other_side(tmp_path: Path, part: str) -> None:
    amina, idris, copy = team(tmp_path)
    for number in range(4):
        idris.add(b"more %d" % number)
    idris.sync(copy)
    amina.sync(copy)
    path = Log(amina.path, idris.open().device).paths()[2][1]
    flip(path, 200 if part == "clear" else -20)
    assert verify(amina.folder(), {}).problems != []
    assert pull(amina.folder(), copy).mended == 1
    assert amina.verify().problems == []
    assert [one for one in amina.bodies() if one.startswith(b"more")] == [b"more %d" % number for number in range(4)]
    assert not pull(amina.folder(), copy).anything


def test_a_damaged_segment_is_mended_from_a_side_that_packed_it_with_others(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    for number in range(6):
        idris.add(b"more %d" % number)
    idris.sync(copy)
    amina.sync(copy)
    rewriting.pack(idris.open(), least=2)
    for path in [path for _, path in Log(amina.path, idris.open().device).paths()][-3:]:
        flip(path, 200)
    assert pull(amina.folder(), idris.folder()).problems == []
    assert amina.verify().problems == []
    assert [one for one in amina.bodies() if one.startswith(b"more")] == [b"more %d" % number for number in range(6)]


def test_a_segment_that_is_missing_here_is_brought_again(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    idris.add(b"more")
    idris.add(b"and more")
    idris.sync(copy)
    amina.sync(copy)
    Log(amina.path, idris.open().device).paths()[-2][1].unlink()
    assert pull(amina.folder(), copy).mended == 1
    assert amina.verify().problems == []


def test_a_log_of_which_nothing_is_left_here_is_brought_again(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    for _, path in Log(copy.path, idris.open().device).paths():
        path.unlink()
    assert pull(copy, amina.folder()).entries == {idris.open().device: 1}
    assert verify(copy, {}).problems == []


def test_what_is_damaged_on_the_other_side_is_told_and_taken_from_a_whole_one_later(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    idris.add(b"first")
    idris.add(b"second")
    amina.add(b"from another log")
    idris.give(copy)
    path = Log(copy.path, idris.open().device).paths()[-2][1]
    flip(path)
    before = amina.bodies()
    brought = amina.take(copy)
    assert [where for where, _ in brought.problems] == [f"logs/{idris.open().device}/{path.name}"]
    assert amina.bodies() == before
    assert amina.verify().problems == []
    idris.give(copy)
    assert amina.take(copy).problems == []
    assert {b"first", b"second"} <= set(amina.bodies())


def test_evidence_that_is_damaged_on_the_other_side_hinders_no_entry_and_comes_later(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    _, evidence = idris.add_source(b"with a letter", original=LETTER)
    idris.add(b"after it")
    idris.give(copy)
    assert evidence is not None
    flip(copy.path / "evidence" / evidence.name)
    assert [where for where, _ in amina.take(copy).problems] == [f"evidence/{evidence.name}"]
    assert {b"with a letter", b"after it"} <= set(amina.bodies())
    assert [where for where, _ in amina.verify().problems] == [f"evidence/{evidence.name}"]
    assert amina.take(idris.folder()).evidence == 1
    assert amina.verify().problems == []


def test_evidence_that_was_cut_short_here_is_brought_again(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    _, evidence = idris.add_source(b"with a letter", original=LETTER)
    amina.take(idris.folder())
    assert evidence is not None
    with (amina.path / "evidence" / evidence.name).open("r+b") as file:
        file.truncate(100)
    assert amina.take(idris.folder()).evidence == 1
    assert amina.verify().problems == []


@pytest.mark.parametrize("name", ["keys", "request"])
def test_a_file_beside_the_logs_that_is_far_too_large_is_passed_over(tmp_path: Path, name: str) -> None:
    amina, _, copy = team(tmp_path)
    if name == "request":
        target = copy.path / "join" / "d-aaaaaaaaaaaaaaaaaaaa.request"
        target.parent.mkdir()
    else:
        target = next(copy.path.glob("keys/*"))
        (amina.path / "keys" / target.name).unlink()
    target.write_bytes(bytes(1 << 20))
    brought = pull(amina.folder(), copy)
    assert (brought.keys, brought.requests) == (0, 0)
    assert not list(amina.path.glob("join/*"))


# --- requests to join


def asked(archive: str) -> tuple[str, bytes]:
    """A request of somebody new, whole and signed: the name of its file, and what stands in it."""
    keys, device = MemberKeys.generate(), SigningKey.generate()
    request = Request(
        archive=archive,
        signer=keys.member,
        verify=keys.signing.public.text,
        recipient=keys.identity.recipient.text,
        device=key_id("d", device.public),
        device_verify=device.public.text,
    )
    return f"{request.device}.request", signed(request, keys.signing)


def test_garbage_is_no_request_to_join_and_keeps_none_out(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    (name, note), (_, other) = asked(copy.id), asked(copy.id)
    (_, foreign) = asked("a-aaaaaaaaaaaaaaaaaaaa")
    for place in (copy.path, amina.path):
        (place / "join").mkdir()
        for number in range(120):
            letters = f"{number:03d}".translate(str.maketrans("0123456789", "abcdefghij"))
            data = (b"garbage", other, foreign)[number % 3]
            (place / "join" / f"d-{letters * 6}aa.request").write_bytes(data)
    (copy.path / "join" / name).write_bytes(note)
    (amina.path / "join" / name).write_bytes(b"something else under its name")
    here = set(waiting(amina.folder()))

    assert amina.take(copy).requests == 1
    assert (amina.path / "join" / name).read_bytes() == note
    assert set(waiting(amina.folder())) == here


def test_no_more_than_a_hundred_requests_wait(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    (copy.path / "join").mkdir()
    for name, note in (asked(copy.id) for _ in range(103)):
        (copy.path / "join" / name).write_bytes(note)

    assert amina.take(copy).requests == 100
    assert amina.take(copy).requests == 0
    assert len(waiting(amina.folder())) == 100


def test_a_segment_of_a_newer_format_on_the_other_side_is_told_and_hinders_no_other_log(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    second = joins(amina, "second", Role.EDITOR)
    second.add(b"from the second")
    idris.add(b"more")
    second.give(copy)
    idris.give(copy)
    path = Log(copy.path, idris.open().device).paths()[-1][1]
    path.write_bytes(path.read_bytes().replace(b"segment 2", b"segment 3", 1))
    brought = amina.take(copy)
    assert [where for where, _ in brought.problems] == [f"logs/{idris.open().device}"]
    assert b"from the second" in amina.bodies()
    assert b"more" not in amina.bodies()


# --- vandals


def test_bodies_that_are_missing_without_an_erasure_are_damage_and_come_back_with_a_sync(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    path = Log(amina.path, amina.open().device).paths()[-1][1]
    segment = segments.read(path, path.name)
    emptied = segments.laid_out(
        segment.clear_bytes,
        segment.leaves,
        segment.checkpoint,
        segment.seal,
        b"",
        segments.Sealed(segment.ring, b"", []),
        segment.format,
    )
    path.write_bytes(b"".join(emptied))
    assert verify(amina.folder(), {}).problems != []
    assert pull(amina.folder(), copy).mended == 1
    assert sorted(amina.bodies()) == [b"hers", b"his"]
    assert amina.verify().problems == []


# --- thin copies


def test_a_thin_copy_brings_commitments_and_a_whole_one_the_rest(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    idris.add_source(b"more", original=LETTER)
    idris.give(copy)
    thin(copy)
    assert is_thin(copy) == {True}
    assert verify(copy, {}).problems == []
    archive = amina.open()
    brought = pull(archive, copy)
    assert brought.problems == []
    assert ["only its commitments are here" in why for why in amina.left_out()] == [True]
    assert b"hers" in amina.bodies()
    assert amina.take(idris.folder()).mended == 1
    assert sorted(amina.bodies()) == [b"hers", b"his", b"more"]
    assert amina.verify().problems == []


def test_a_thin_copy_takes_nothing_from_whole_ones_and_is_filled_by_them(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    thin(copy)
    before = amina.bodies()
    assert not amina.take(copy).anything
    assert amina.bodies() == before
    assert amina.give(copy).mended > 0
    assert is_thin(copy) == {False}
    assert verify(copy, {}).problems == []


@pytest.mark.parametrize("packed", [True, False])
def test_a_thin_copy_that_is_cut_otherwise_is_filled_without_a_moment_in_which_less_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    """The thin side has one long segment and the whole side short ones, or the other way round."""
    amina, _, copy = team(tmp_path)
    for number in range(5):
        amina.add(b"entry %d" % number)
    amina.give(copy)
    rewriting.pack(amina.open(), least=2)
    long = stick(amina, "long")
    from_whom, template = (long, thin(copy)) if packed else (copy, thin(long))
    size = sum(segment.clear.count for log in long.logs() for segment in log.segments(boxes=False))
    target = tmp_path / "thin"

    def begin() -> Callable[[], object]:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(template.path, target)
        return lambda: pull(Folder(target), from_whom)

    for _ in at_every_write(monkeypatch, Killed, begin):
        verified = verify(Folder(target), {})
        assert verified.problems == []
        assert verified.entries == size
    assert is_thin(Folder(target)) == {False}


# --- interrupted


@pytest.mark.parametrize("raises", [Killed, full_disk])
def test_a_stick_pulled_out_at_any_write_leaves_a_whole_archive_and_the_next_sync_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]
) -> None:
    amina, idris, copy = team(tmp_path)
    idris.add(b"one", b"two")
    idris.add_source(b"three", original=LETTER)
    members.change_passphrase(idris.open(), "his other words", QUICK)
    idris.passphrase = "his other words"
    idris.give(copy)
    second = joins(amina, "second", Role.OWNER)
    members.rotate(second.open())
    second.give(copy)
    kept = shutil.copytree(tmp_path / "amina", tmp_path / "kept")
    after = {b"one", b"two", b"three"}

    def begin() -> Callable[[], object]:
        shutil.rmtree(tmp_path / "amina")
        shutil.copytree(kept, tmp_path / "amina")
        archive = amina.open()
        return lambda: pull(archive, copy, known=archive.known)

    for _ in at_every_write(monkeypatch, raises, begin):
        found = set(amina.bodies())
        assert {b"hers", b"his"} <= found <= {b"hers", b"his"} | after
        problems = [where for where, _ in amina.verify().problems]
        assert [where for where in problems if not where.startswith("keys/")] == []
        amina.sync(copy)
        assert set(amina.bodies()) == {b"hers", b"his"} | after
        assert amina.verify().problems == []


def test_a_full_disk_is_told_as_such_and_not_as_a_damaged_stick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, idris, _ = team(tmp_path)
    idris.add_source(b"with much", original=os.urandom(1 << 20))
    archive = amina.open()
    with stopped(1, monkeypatch, full_disk), pytest.raises(CannotWrite, match="No space left"):
        pull(archive, idris.folder())


def test_a_giving_that_was_interrupted_leaves_a_stick_that_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, idris, copy = team(tmp_path)
    amina.add(b"one")
    amina.add_source(b"two", original=LETTER)
    kept = shutil.copytree(copy.path, tmp_path / "kept")

    def begin() -> Callable[[], object]:
        shutil.rmtree(copy.path)
        shutil.copytree(kept, copy.path)
        archive = amina.open()
        return lambda: pull(copy, archive)

    for _ in at_every_write(monkeypatch, Killed, begin):
        assert verify(copy, {}).problems == []
        assert idris.take(copy).problems == []
        assert idris.verify().problems == []


# --- set back, and clocks


def test_a_folder_that_was_set_back_is_found_by_what_was_seen_and_made_whole_by_a_sync(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    old = shutil.copytree(amina.path, tmp_path / "old")
    amina.add(b"newer")
    amina.sync(copy)
    idris.sync(copy)
    shutil.rmtree(amina.path)
    shutil.copytree(old, amina.path)
    with pytest.raises(RolledBack):
        amina.open()
    folder = amina.folder()
    brought = pull(folder, copy, known=Home(amina.home, folder.id).load().heads)
    assert (brought.problems, brought.histories) == ([], [])
    assert b"newer" in amina.bodies()
    assert amina.verify().problems == []


def test_a_copy_that_was_set_back_is_found_by_what_another_device_has_seen_of_it(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    old = shutil.copytree(Log(copy.path, amina.open().device).path, tmp_path / "old log")
    amina.add(b"newer")
    amina.sync(copy)
    idris.take(copy)
    idris.add(b"who has seen it")
    idris.give(copy)
    shutil.rmtree(Log(copy.path, amina.open().device).path)
    shutil.copytree(old, Log(copy.path, amina.open().device).path)
    problems = verify(copy, {}).problems
    assert [where for where, _ in problems] == [f"logs/{amina.open().device}"]
    assert "another device has seen" in problems[0][1]


def test_syncing_with_an_older_folder_takes_nothing_away(tmp_path: Path) -> None:
    amina, _, copy = team(tmp_path)
    older = stick_of(copy, tmp_path / "older")
    amina.add(b"newer")
    amina.add_source(b"a source", original=LETTER)
    before = files(amina.path)
    brought = amina.take(older)
    assert (brought.anything, brought.problems, brought.histories) == (False, [], [])
    assert files(amina.path) == before


def test_clocks_that_are_years_wrong_change_nothing_but_the_delay_of_an_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    amina, idris, copy = team(tmp_path)
    real = time.time()
    for laptop, clock in ((amina, real - DECADE), (idris, real + DECADE), (amina, real + 3 * DECADE)):
        with monkeypatch.context() as patched:
            patched.setattr(time, "time", lambda clock=clock: clock)
            laptop.add(b"at another time")
            laptop.sync(copy)
    idris.sync(copy)
    assert sorted(amina.bodies()) == sorted(idris.bodies())
    assert amina.verify().problems == []
    erasure = asks_to_erase(amina, b"hers")
    amina.sync(copy)
    idris.sync(copy)
    approves(idris, erasure)
    assert rewriting.due(idris.open(), now=real) == []
    assert rewriting.due(idris.open(), now=real + 6 * 24 * 3600) == []
    assert [one.id for one in rewriting.due(idris.open(), now=real + 8 * 24 * 3600)] == [erasure]
    assert idris.open().home.first_seen([erasure], now=real) == {erasure: float(int(real))}


def test_a_clock_that_was_ahead_when_an_erasure_was_met_does_not_put_it_off_for_ever(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(b"hers")
    asks_to_erase(amina, b"hers")
    real = time.time()
    assert rewriting.due(amina.open(), now=real + DECADE) == []
    assert rewriting.due(amina.open(), now=real) == []
    assert len(rewriting.due(amina.open(), now=real + 8 * 24 * 3600)) == 1


def test_three_laptops_that_meet_in_any_order_end_alike(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    vera = joins(amina, "vera", Role.EDITOR)
    for number, laptop in enumerate((amina, idris, vera)):
        laptop.add(b"from %d" % number)
    for one, two in ((vera, idris), (amina, vera), (idris, amina), (vera, amina)):
        one.take(two.folder())
    amina.sync(copy)
    for laptop in (idris, vera):
        laptop.take(copy)
    assert sorted(amina.bodies()) == sorted(idris.bodies()) == sorted(vera.bodies())
    sizes = [{log: state.size for log, state in laptop.open().states.items()} for laptop in (amina, idris, vera)]
    assert sizes[0] == sizes[1] == sizes[2]
