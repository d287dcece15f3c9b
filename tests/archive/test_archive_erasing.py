"""What is to be erased is used no more at once, is destroyed when others agree, and never comes back."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from several import (
    DECADE,
    Killed,
    Laptop,
    approves,
    asks_to_erase,
    at_every_write,
    carried,
    carries_out,
    founder,
    full_disk,
    holds,
    joins,
    opens,
    places,
    reads,
    refuses,
    stick,
    stopped,
    team,
    unfinished,
)
from small import LETTER, QUICK

from guvoh.archive import bundles, members, rewriting, segments
from guvoh.archive.control import Approval, Erasure, Release, Role, Settings
from guvoh.archive.entries import NAMELESS
from guvoh.archive.logs import Log
from guvoh.archive.merging import pull, start_copy
from guvoh.archive.segments import Segment
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import verify

CANARY = b"canary of a person who has withdrawn"
ORIGINAL = b"the original of that person's letter, with the canary in it\n" * 20


def everywhere(laptop: Laptop, folder: Path) -> bytes:
    """All that anybody with a key can find in a folder."""
    return reads(laptop, folder)


def with_canaries(tmp_path: Path) -> tuple[Laptop, Laptop, Folder, str, str]:
    """A source under its own key with its original, a derived copy under the epoch's, another in the other's log."""
    amina, idris, copy = team(tmp_path)
    key, evidence = amina.add_source(CANARY + b" 1", CANARY + b" 2", original=ORIGINAL)
    amina.add(CANARY + b" derived", b"kept beside it")
    amina.add(CANARY + b" nameless", b"kept and nameless", key=NAMELESS)
    amina.sync(copy)
    idris.sync(copy)
    idris.add(b"kept too", CANARY + b" quoted", key=key)
    idris.add(CANARY + b" said again")
    idris.sync(copy)
    amina.sync(copy)
    assert evidence is not None
    return amina, idris, copy, key, evidence.name


def asks(laptop: Laptop, key: str, evidence: str) -> str:
    said = [one for one in laptop.bodies() if CANARY in one]
    assert len(said) == 6
    return asks_to_erase(laptop, *said, keys=[key], evidence=[evidence])


KEPT = sorted([b"hers", b"his", b"kept beside it", b"kept and nameless", b"kept too"])


def pass_on(*stops: Laptop | Folder) -> None:
    """Carry everything along a chain of laptops and sticks."""
    for one, two in pairwise(stops):
        if isinstance(two, Laptop):
            two.take(one.folder() if isinstance(one, Laptop) else one)
        else:
            assert isinstance(one, Laptop)
            one.give(two)


# --- asking, approving, holding


def test_use_stops_at_once_and_destruction_waits_for_another_member_and_the_delay(tmp_path: Path) -> None:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    erasure = asks(amina, key, evidence)
    assert sorted(amina.bodies()) == KEPT
    assert rewriting.due(amina.open(), now=time.time() + DECADE) == []
    assert CANARY in everywhere(amina, amina.path)

    pass_on(amina, copy, idris)
    assert sorted(idris.bodies()) == KEPT
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    archive = amina.open()
    assert rewriting.due(archive) == []
    assert [one.id for one in rewriting.due(archive, now=time.time() + DECADE)] == [erasure]
    assert carries_out(amina) > 0
    assert CANARY not in everywhere(amina, amina.path)
    assert sorted(amina.bodies()) == KEPT
    assert amina.verify().problems == []


def test_who_asks_does_not_approve_what_he_asked_and_a_reader_approves_nothing(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    reader = joins(amina, "reader", Role.READER)
    erasure = asks_to_erase(amina, b"hers")
    approves(amina, erasure)
    reader.take(amina.folder())
    approves(reader, erasure)
    amina.take(reader.folder())
    assert carries_out(amina) == 0
    assert carries_out(reader) == 0
    assert b"hers" in reads(reader)


def test_a_reader_or_writer_who_asks_changes_nothing(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    reader = joins(amina, "reader", Role.READER)
    asks_to_erase(reader, b"hers")
    amina.take(reader.folder())
    assert b"hers" in amina.bodies()
    assert amina.open().members.erasures == {}


def test_one_alone_has_only_the_delay(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(CANARY, b"kept")
    asks_to_erase(amina, CANARY)
    assert rewriting.due(amina.open()) == []
    assert carries_out(amina) == 1
    assert CANARY not in everywhere(amina, amina.path)
    assert amina.bodies() == [b"kept"]


def test_what_one_alone_erased_stays_erased_when_others_join(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(CANARY, b"kept")
    asks_to_erase(amina, CANARY)
    carries_out(amina)
    idris = joins(amina, "idris", Role.EDITOR)
    for laptop in (amina, idris):
        assert laptop.bodies() == [b"kept"]
        assert laptop.verify().problems == []


def test_a_refused_erasure_is_as_if_nobody_had_asked(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    erasure = asks_to_erase(idris, b"hers")
    pass_on(idris, copy, amina)
    refuses(amina, erasure)
    approves(amina, erasure)
    assert sorted(amina.bodies()) == [b"hers", b"his"]
    assert carries_out(amina) == 0
    pass_on(amina, copy, idris)
    assert sorted(idris.bodies()) == [b"hers", b"his"]


def test_a_hold_keeps_what_is_there_and_its_end_lets_the_erasure_go_on(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    amina.add(CANARY)
    held = holds(amina, *places(amina.open(), CANARY))
    pass_on(amina, copy, idris)
    erasure = asks_to_erase(idris, CANARY)
    pass_on(idris, copy, amina)
    approves(amina, erasure)
    assert carries_out(amina) == 0
    assert CANARY not in amina.bodies()
    assert CANARY in reads(amina)
    other = asks_to_erase(idris, b"hers")
    pass_on(idris, copy, amina)
    approves(amina, other)
    assert carries_out(amina) == 1
    assert CANARY in reads(amina)

    archive = amina.open()
    with archive.batch() as batch:
        batch.control(Release(signer=archive.member, decision=held))
    assert carries_out(amina) == 1
    assert CANARY not in reads(amina)
    assert amina.verify().problems == []


def test_a_hold_that_comes_after_the_destruction_makes_no_damage_of_it(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(CANARY, b"kept")
    asks_to_erase(amina, CANARY)
    carries_out(amina)
    holds(amina)
    assert amina.bodies() == [b"kept"]
    assert amina.verify().problems == []


@pytest.mark.parametrize("later", ["stricter settings", "a member more"])
def test_what_was_destroyed_by_right_stays_so_when_more_approvals_are_asked_for_later(
    tmp_path: Path, later: str
) -> None:
    amina, idris, copy = team(tmp_path)
    if later == "stricter settings":
        joins(amina, "vera", Role.EDITOR)
    else:
        settle(amina, approvals=2)
    erasure = asks_to_erase(amina, b"hers")
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    carries_out(amina)
    assert amina.bodies() == [b"his"]
    if later == "stricter settings":
        settle(amina, approvals=2)
    else:
        joins(amina, "vera", Role.EDITOR)
    assert amina.bodies() == [b"his"]
    assert amina.verify().problems == []


def settle(laptop: Laptop, approvals: int) -> None:
    archive = laptop.open()
    with archive.batch() as batch:
        batch.control(Settings(signer=archive.member, number=1, delay=7 * 24, approvals=approvals))


def test_the_delay_is_what_the_settings_say(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(CANARY)
    archive = amina.open()
    with archive.batch() as batch:
        batch.control(Settings(signer=archive.member, number=1, delay=14 * 24, approvals=1))
    erasure = asks_to_erase(amina, CANARY)
    archive = amina.open()
    archive.home.first_seen([erasure], 1e6)
    assert rewriting.due(archive, now=1e6 + 14 * 24 * 3600 - 1) == []
    assert [one.id for one in rewriting.due(archive, now=1e6 + 14 * 24 * 3600)] == [erasure]


# --- carried out


def test_nothing_of_an_erased_source_is_found_anywhere_it_was_and_all_else_is_kept(tmp_path: Path) -> None:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    secrets = [*_secrets(amina)]
    erasure = asks(amina, key, evidence)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    for laptop in (amina, idris):
        carries_out(laptop)
        assert laptop.open().members.erasures[erasure].confirmed >= {laptop.open().device}
    pass_on(amina, idris, amina)
    amina.give(copy)
    backup, bundle = tmp_path / "backup", tmp_path / "bundle"
    bundles.write_backup(amina.folder(), backup)
    bundles.write_bundle(idris.folder(), bundle, [amina.open().member_keys.identity.recipient], {})
    bundles.unpack_backup(backup, tmp_path / "restored")
    with bundles.opened(bundle, amina.open().member_keys.identity, tmp_path / "scratch") as unpacked:
        folders = [amina.path, idris.path, copy.path, tmp_path / "restored", unpacked.path]
        for folder in folders:
            found = everywhere(amina, folder)
            assert CANARY not in found
            assert ORIGINAL not in found
            assert b"kept too" in found
            assert not (folder / "evidence" / evidence).exists()
            assert not [one for one in secrets if one.encode() in found]
            assert verify(Folder(folder), {}).problems == []
    for laptop in (amina, idris):
        assert sorted(laptop.bodies()) == KEPT
        assert laptop.verify().problems == []
        assert CANARY not in everywhere(laptop, laptop.path)


def _secrets(laptop: Laptop) -> list[str]:
    """Keys of sources, as this laptop knows them."""
    archive = laptop.open()
    list(archive.entries())
    return [one.text for one in archive.opener.sources.values()]


def test_boxes_under_a_destroyed_key_are_sealed_anew_so_that_who_kept_it_opens_nothing_here(tmp_path: Path) -> None:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    archive = amina.open()
    kept_key = archive.opener.source(key)
    assert b"kept too" in opens(amina.path, [kept_key])
    erasure = asks(amina, key, evidence)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    carries_out(amina)
    found = opens(amina.path, [kept_key])
    assert b"kept too" not in found
    assert CANARY not in found
    assert b"kept too" in amina.bodies()


def test_commitments_positions_and_roots_are_the_same_after_an_erasure(tmp_path: Path) -> None:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    erasure = asks(amina, key, evidence)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)

    def clear(laptop: Laptop) -> dict[tuple[str, int], bytes]:
        return {
            (log.device, segment.clear.first): segment.clear_bytes + segment.leaves + segment.checkpoint + segment.seal
            for log in laptop.folder().logs()
            for segment in log.segments()
        }

    before, where = clear(amina), {one.body: (one.log, one.position) for one in amina.open().entries()}
    carries_out(amina)
    after = clear(amina)
    assert {place: after[place] for place in before} == before
    assert {one.body: (one.log, one.position) for one in amina.open().entries()} == where


def test_an_erasure_that_one_carries_out_travels_and_needs_no_second_rewriting_of_his_segments(tmp_path: Path) -> None:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    erasure = asks(amina, key, evidence)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    carries_out(idris)
    vera = Laptop(tmp_path, "vera", "vera walnut harbour")
    pull(start_copy(idris.folder(), vera.path), idris.folder())
    assert CANARY not in everywhere(idris, vera.path)
    assert verify(vera.folder(), {}).problems == []


# --- stale copies


def carried_out_beside_a_stale_stick(tmp_path: Path) -> tuple[Laptop, Laptop, Folder, Folder]:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    stale = stick(amina, "stale")
    erasure = asks(amina, key, evidence)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    carries_out(amina)
    return amina, idris, copy, stale


def test_a_stale_stick_does_not_bring_back_what_was_erased_and_is_cleaned_itself(tmp_path: Path) -> None:
    amina, _, _, stale = carried_out_beside_a_stale_stick(tmp_path)
    assert CANARY in everywhere(amina, stale.path)
    amina.take(stale)
    assert CANARY not in everywhere(amina, amina.path)
    brought = amina.give(stale)
    assert brought.problems == []
    assert CANARY not in everywhere(amina, stale.path)
    assert ORIGINAL not in everywhere(amina, stale.path)
    assert verify(stale, {}).problems == []
    assert amina.verify().problems == []
    assert sorted(amina.bodies()) == KEPT


def test_a_laptop_that_was_set_up_from_a_stale_stick_is_clean_after_a_sync_with_a_clean_one(tmp_path: Path) -> None:
    amina, idris, _, stale = carried_out_beside_a_stale_stick(tmp_path)
    new = Laptop(tmp_path, "new", amina.passphrase)
    folder = start_copy(amina.folder(), new.path)
    done = carried(amina.open())
    pull(folder, stale, carried=done)
    pull(folder, amina.folder(), carried=done)
    assert CANARY not in everywhere(amina, new.path)
    assert verify(folder, {}).problems == []
    members.ask(new.path, new.home, new.passphrase, amina.open().member, QUICK)
    assert sorted(new.bodies()) == KEPT
    assert idris.verify().problems == []


def test_a_keyless_folder_keeps_commitments_of_stale_segments_until_a_clean_copy_comes(tmp_path: Path) -> None:
    amina, idris, _, stale = carried_out_beside_a_stale_stick(tmp_path)
    done = carried(amina.open())
    # Idris has not carried it out: his copy knows of the erasure, and still has the bodies.
    pull(stale, idris.folder(), carried=done)
    assert CANARY not in everywhere(amina, stale.path)
    assert True in {segment.thin for log in stale.logs() for segment in log.segments(boxes=False)}
    assert verify(stale, {}).problems == []
    amina.give(stale)
    assert {segment.thin for log in stale.logs() for segment in log.segments(boxes=False)} == {False}
    assert b"kept too" in everywhere(amina, stale.path)


def test_what_comes_later_under_a_destroyed_key_is_sealed_anew_as_it_comes(tmp_path: Path) -> None:
    """A colleague who has not heard of an erasure goes on to write under the key of the erased source."""
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    erasure = asks(amina, key, evidence)
    archive = idris.open()
    with archive.batch() as batch:
        batch.control(Approval(signer=archive.member, decision=erasure))
    amina.take(idris.folder())
    idris.add(b"written under that key, not knowing", key=key)
    carries_out(amina)
    brought = amina.take(idris.folder())
    assert brought.problems == []
    assert sorted(amina.bodies()) == sorted([*KEPT, b"written under that key, not knowing"])
    assert amina.verify().problems == []
    assert CANARY not in everywhere(amina, amina.path)
    idris.take(amina.folder())
    carries_out(idris)
    amina.sync(copy)
    idris.sync(copy)
    amina.sync(copy)
    for laptop in (amina, idris):
        assert b"written under that key, not knowing" in laptop.bodies()
        assert laptop.verify().problems == []


def test_what_is_kept_under_a_destroyed_key_is_sealed_anew_on_sticks_and_on_laptops_set_up_from_them(
    tmp_path: Path,
) -> None:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    idris.add(b"kept, and nothing else in its segment", key=key)
    idris.sync(copy)
    amina.sync(copy)
    erasure = asks(amina, key, evidence)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    half = Laptop(tmp_path, "half", amina.passphrase)
    shutil.copytree(copy.path, half.path)
    carries_out(amina)
    amina.give(copy)
    assert b"kept, and nothing else in its segment" in everywhere(amina, copy.path)
    assert CANARY not in everywhere(amina, copy.path)

    # A laptop that was set up from a stick on which only the segment with the key had been written anew.
    for log in copy.logs():
        for segment in log.segments(boxes=False):
            name = f"logs/{log.device}/{segment.clear.first:012d}.seg"
            if log.device == amina.open().device and segment.erasures:
                shutil.copy(copy.path / name, half.path / name)
    members.ask(half.path, half.home, half.passphrase, amina.open().member, QUICK)
    assert ["in no segment" in why for why in half.left_out()] == [True]
    assert half.take(copy).problems == []
    assert sorted(half.bodies()) == sorted([*KEPT, b"kept, and nothing else in its segment"])
    carries_out(half)
    assert half.verify().problems == []


def test_what_comes_under_a_key_that_is_nowhere_any_more_waits_until_its_writer_has_sealed_it_anew(
    tmp_path: Path,
) -> None:
    amina, idris, copy, key, evidence = with_canaries(tmp_path)
    erasure = asks(amina, key, evidence)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    carries_out(amina)
    amina.give(copy)
    idris.add(b"written under that key, not knowing", key=key)
    log = Log(idris.path, idris.open().device)
    last = log.paths()[-1][1]
    shutil.copy(last, copy.path / "logs" / log.device / last.name)
    assert amina.take(copy).problems == []
    assert amina.folder().membership().founding is not None
    idris.take(amina.folder())
    carries_out(idris)
    assert amina.take(idris.folder()).problems == []
    assert b"written under that key, not knowing" in amina.bodies()
    assert amina.verify().problems == []


def test_who_reads_no_identities_keeps_commitments_until_a_colleague_brings_the_rest(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    reader = joins(amina, "reader", Role.READER_WITHOUT_IDENTITIES)
    amina.add(CANARY, b"kept", key=NAMELESS)
    erasure = asks_to_erase(amina, CANARY)
    idris.take(amina.folder())
    approves(idris, erasure)
    amina.take(idris.folder())
    reader.take(amina.folder())
    assert carries_out(reader) == 1
    assert CANARY not in everywhere(amina, reader.path)
    assert verify(reader.folder(), {}).problems == []
    carries_out(amina)
    reader.take(amina.folder())
    assert reader.bodies() == [b"kept"]
    assert reader.verify().problems == []


def test_who_was_not_given_an_epoch_yet_can_still_destroy(tmp_path: Path) -> None:
    amina, _, _ = team(tmp_path)
    other = joins(amina, "other", Role.OWNER)
    idris = joins(amina, "vera", Role.EDITOR)
    members.rotate(other.open())
    other.add(CANARY, b"kept under a new key")
    erasure = asks_to_erase(other, CANARY)
    amina.take(other.folder())
    approves(amina, erasure)
    idris.take(amina.folder())
    idris.take(other.folder())
    assert CANARY in everywhere(other, idris.path)
    carries_out(idris)
    assert CANARY not in everywhere(other, idris.path)
    assert verify(idris.folder(), {}).problems == []


# --- killed, full disks


@pytest.mark.parametrize("at", range(1, 7))
def test_what_a_killed_sync_left_beside_its_place_goes_with_an_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """What she was just bringing is erased meanwhile: nobody has it any more, but for what lies half here."""
    amina, idris, _ = team(tmp_path)
    vera = joins(amina, "vera", Role.EDITOR)
    pass_on(amina, idris)
    _, evidence = idris.add_source(CANARY, original=ORIGINAL)
    archive = amina.open()
    with stopped(at, monkeypatch, Killed), suppress(Killed):
        pull(archive, idris.folder())
    assert evidence is not None
    erasure = asks_to_erase(idris, CANARY, evidence=[evidence.name])
    pass_on(idris, vera)
    approves(vera, erasure)
    pass_on(vera, idris)
    carries_out(idris)
    pass_on(idris, amina)
    carries_out(amina)
    assert CANARY not in everywhere(amina, amina.path)
    assert not list((amina.path / "evidence").iterdir())
    assert unfinished(amina.path) == []


@pytest.mark.parametrize("raises", [Killed, full_disk])
def test_a_destruction_that_is_stopped_at_any_write_loses_nothing_else_and_is_finished_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: Callable[[], BaseException]
) -> None:
    amina = founder(tmp_path)
    key, evidence = amina.add_source(CANARY, original=ORIGINAL)
    amina.add(CANARY + b" derived", b"kept beside it")
    amina.add(b"kept under its key", key=key)
    assert evidence is not None
    erasure = asks_to_erase(amina, CANARY, CANARY + b" derived", keys=[key], evidence=[evidence.name])
    amina.open().home.first_seen([erasure], 0.0)
    kept = shutil.copytree(tmp_path / "amina", tmp_path / "kept")

    def begin() -> Callable[[], object]:
        shutil.rmtree(tmp_path / "amina")
        shutil.copytree(kept, tmp_path / "amina")
        archive = amina.open()
        due = rewriting.due(archive, now=DECADE)
        return lambda: rewriting.carry_out(archive, due)

    for _ in at_every_write(monkeypatch, raises, begin, every=2):
        assert amina.bodies() == [b"kept beside it", b"kept under its key"]
        assert amina.verify().problems == []
        assert erasure in amina.open().members.erasures
        carries_out(amina)
        assert CANARY not in everywhere(amina, amina.path)
        assert amina.bodies() == [b"kept beside it", b"kept under its key"]
        assert amina.verify().problems == []
        assert unfinished(amina.path) == []


def test_a_destruction_that_was_cut_and_then_packed_still_ends_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two small segments is rid of it when the process dies; packing puts both together, and a stick syncs."""
    amina = founder(tmp_path)
    amina.add(CANARY + b" 1", b"kept 1")
    amina.add(CANARY + b" 2", b"kept 2")
    asks_to_erase(amina, CANARY + b" 1", CANARY + b" 2")
    archive = amina.open()
    archive.home.first_seen(list(archive.members.erasures), 0.0)
    real, calls = rewriting._rid, [0]

    def once(*args: object) -> bool:
        calls[0] += real(*args)  # type: ignore[arg-type]
        if calls[0]:
            raise Killed
        return False

    due = rewriting.due(archive, now=DECADE)
    with monkeypatch.context() as patched:
        patched.setattr(rewriting, "_rid", once)
        with pytest.raises(Killed):
            rewriting.carry_out(archive, due)
    rewriting.pack(amina.open(), least=2)
    copy = stick(amina)
    carries_out(amina)
    assert CANARY not in everywhere(amina, amina.path)
    amina.give(copy)
    assert CANARY not in everywhere(amina, copy.path)
    assert amina.bodies() == [b"kept 1", b"kept 2"]
    assert amina.verify().problems == []


# --- vandals


def rewritten(archive: Archive, path: Path, erasures: frozenset[str]) -> Segment:
    """Write a segment anew without any of its entries, as if for these erasures."""
    segment = segments.read(path, path.name)
    nothing = rewriting._sealed(archive.recipients(segment.clear.epoch), ([], []), [], ([], []))
    pieces = segments.rewritten(segment, nothing, archive.device, archive.device_key, erasures)
    path.write_bytes(b"".join(pieces))
    return segment


def test_a_rewriting_without_an_erasure_is_damage_that_any_holder_sees(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    path = Log(copy.path, amina.open().device).paths()[-1][1]
    for erasures in (frozenset[str](), frozenset({"x-aaaaaaaaaaaaaaaaaaaa"})):
        rewritten(idris.open(), path, erasures)
        assert [where for where, _ in verify(copy, {}).problems] == [f"logs/{path.parent.name}/{path.name}"]
    assert not amina.take(copy).anything
    assert amina.give(copy).mended == 1
    assert verify(copy, {}).problems == []


def test_a_rewriting_for_an_erasure_that_nobody_approved_is_not_taken_and_is_mended(tmp_path: Path) -> None:
    """A coerced editor asks for the erasure of everything, and destroys it on a stick and on his laptop at once."""
    amina, idris, copy = team(tmp_path)
    amina.add(b"more of hers")
    erasure = asks_to_erase(idris, b"hers", b"more of hers")
    idris.give(copy)
    amina.give(copy)
    for _, path in Log(copy.path, amina.open().device).paths()[-2:]:
        rewritten(idris.open(), path, frozenset({erasure}))
    new = start_copy(amina.folder(), tmp_path / "new")
    assert pull(new, copy).problems != []
    amina.take(copy)
    refuses(amina, erasure)
    assert sorted(amina.bodies()) == [b"hers", b"his", b"more of hers"]
    assert amina.verify().problems == []
    assert amina.give(copy).mended == 2
    assert b"more of hers" in everywhere(amina, copy.path)


def test_a_rewriting_by_who_may_not_is_damage(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    writer = joins(amina, "writer", Role.WRITER)
    erasure = asks_to_erase(amina, b"hers")
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    writer.take(amina.folder())
    amina.give(copy)
    path = next(p for _, p in Log(copy.path, amina.open().device).paths() if segments.read(p, "").boxes)
    rewritten(writer.open(), path, frozenset({erasure}))
    assert any("may not do so" in why for _, why in verify(copy, {}).problems)
    assert amina.give(copy).mended == 1
    assert verify(copy, {}).problems == []


def test_a_rewriting_for_one_erasure_that_takes_more_than_it_names_is_damage_to_who_reads(tmp_path: Path) -> None:
    amina, idris, copy = team(tmp_path)
    amina.add(CANARY, b"and what nobody asked to erase")
    erasure = asks_to_erase(amina, CANARY)
    pass_on(amina, copy, idris)
    approves(idris, erasure)
    pass_on(idris, copy, amina)
    place = next(one for one in idris.open().entries() if one.body == b"and what nobody asked to erase")
    path = idris.path / "logs" / place.log / f"{place.position - 1:012d}.seg"
    rewritten(idris.open(), path, frozenset({erasure}))
    assert ["nobody has approved" in why for why in idris.left_out()] == [True]
    assert b"his" in idris.bodies()  # what is well is read on
    assert [why for _, why in idris.verify().problems] != []
    assert b"and what nobody asked to erase" in amina.bodies()


def test_an_erasure_that_names_what_does_not_exist_harms_nothing(tmp_path: Path) -> None:
    amina = founder(tmp_path)
    amina.add(b"kept")
    archive = amina.open()
    said = Erasure(
        signer=archive.member,
        at="2026-01-01T00:00:00Z",
        why="withdrawn",
        erased=((archive.device, 1000, 10), ("d-aaaaaaaaaaaaaaaaaaaa", 0, 5)),
        evidence=("a" * 26,),
        keys=("k-aaaaaaaaaaaaaaaaaaaa",),
    )
    with archive.batch() as batch:
        batch.control(said)
    assert carries_out(amina) == 0
    assert amina.bodies() == [b"kept"]
    assert amina.verify().problems == []


def test_evidence_that_is_gone_without_an_erasure_is_told_and_comes_back(tmp_path: Path) -> None:
    amina, idris, _ = team(tmp_path)
    _, evidence = amina.add_source(b"with a letter", original=LETTER)
    idris.take(amina.folder())
    assert evidence is not None
    (amina.path / "evidence" / evidence.name).unlink()
    assert [where for where, _ in amina.verify().problems] == [f"evidence/{evidence.name}"]
    assert amina.take(idris.folder()).evidence == 1
    assert amina.verify().problems == []
