"""Whatever laptops do while apart, and in whatever order they meet: in the end all hold the same, and all of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from replicas import CAST, CHEAP, PHRASE, Replica, World, problems, verify_as

from guvoh.archive import members
from guvoh.archive.store import Archive
from guvoh.records.people import Verdict
from guvoh.sealing.notes import VerifyKey

LAPTOP = st.integers(0, len(CAST) - 1)
WHICH = st.integers(0, 7)
_STEPS = 22


class Replicas(RuleBasedStateMachine):
    """One history. A number of a laptop counts around those that there are."""

    ran = 0

    @initialize(size=st.integers(3, 5), delay=st.sampled_from([0, 24]))
    def start(self, size: int, delay: int) -> None:
        self.world = World.of(size, delay)

    def of(self, number: int) -> Replica:
        return self.world.replicas[number % len(self.world.replicas)]

    def two(self, one: int, other: int) -> tuple[Replica, Replica] | None:
        found = self.of(one), self.of(other)
        return found if found[0] is not found[1] else None

    @rule(who=LAPTOP, which=st.integers(0, 2))
    def add(self, who: int, which: int) -> None:
        self.world.add(self.of(who), which)

    @rule(who=LAPTOP, which=WHICH, verdict=st.sampled_from(Verdict))
    def judge(self, who: int, which: int, verdict: Verdict) -> None:
        self.world.judge(self.of(who), which, verdict)

    @rule(who=LAPTOP, which=WHICH)
    def correct(self, who: int, which: int) -> None:
        self.world.correct(self.of(who), which)

    @rule(who=LAPTOP, which=WHICH, whole=st.booleans())
    def ask_erasure(self, who: int, which: int, whole: bool) -> None:
        self.world.ask_erasure(self.of(who), which, whole)

    @rule(who=LAPTOP, which=WHICH, how=st.sampled_from(["approve", "approve", "approve", "refuse", "hold", "release"]))
    def answer(self, who: int, which: int, how: str) -> None:
        self.world.answer(self.of(who), which, how)

    @rule(who=LAPTOP)
    def carry_out(self, who: int) -> None:
        self.world.carry_out(self.of(who))

    @rule(hours=st.sampled_from([1, 25]))
    def wait(self, hours: int) -> None:
        self.world.clock += hours * 3600

    @rule(who=LAPTOP, delay=st.sampled_from([0, 24]), approvals=st.integers(0, 2))
    def set(self, who: int, delay: int, approvals: int) -> None:
        self.world.set(self.of(who), delay, approvals)

    @rule(who=LAPTOP, other=LAPTOP, device=st.booleans())
    def remove(self, who: int, other: int, device: bool) -> None:
        if two := self.two(who, other):
            self.world.remove(*two, device)

    @rule(who=LAPTOP, other=LAPTOP)
    def accept(self, who: int, other: int) -> None:
        if two := self.two(who, other):
            self.world.accept(*two)

    @rule(who=LAPTOP)
    def rotate(self, who: int) -> None:
        self.world.rotate(self.of(who))

    @rule(who=LAPTOP)
    def pack(self, who: int) -> None:
        self.world.pack(self.of(who))

    @rule(who=LAPTOP)
    def change_passphrase(self, who: int) -> None:
        self.world.change_passphrase(self.of(who))

    @rule(who=LAPTOP)
    def reopen(self, who: int) -> None:
        self.world.reopen(self.of(who))

    @rule(who=LAPTOP)
    def look(self, who: int) -> None:
        self.world.look(self.of(who))

    @rule(writes=st.integers(0, 12))
    def cut_the_next(self, writes: int) -> None:
        self.world.cut = writes

    @rule(who=LAPTOP, other=LAPTOP, both=st.booleans())
    def meet(self, who: int, other: int, both: bool) -> None:
        if two := self.two(who, other):
            self.world.pull(two[0], two[1].folder)
            if both:
                self.world.pull(two[1], two[0].folder)

    @rule()
    def all_meet(self) -> None:
        self.world.meet()

    @rule(who=LAPTOP, other=LAPTOP, which=WHICH, whole=st.booleans())
    def ask_erasure_and_another_approves(self, who: int, other: int, which: int, whole: bool) -> None:
        if two := self.two(who, other):
            self.world.ask_erasure(two[0], which, whole)
            self.world.pull(two[1], two[0].folder)
            self.world.answer(two[1], -1, "approve")
            self.world.pull(two[0], two[1].folder)

    @rule(who=LAPTOP, other=LAPTOP)
    def by_stick(self, who: int, other: int) -> None:
        if two := self.two(who, other):
            self.world.give(*two)

    @rule(who=LAPTOP, other=LAPTOP, since=st.booleans())
    def by_bundle(self, who: int, other: int, since: bool) -> None:
        if two := self.two(who, other):
            self.world.send(*two, since)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.world.settle()
            self.world.check()
            Replicas.ran += 1
        except BaseException as problem:
            problem.add_note("\n".join(self.world.history))
            raise
        finally:
            self.world.close()


def run(histories: int, number: int) -> int:
    """So many histories; returns how many came to their end.

    What fails is told as the list of what was done; it is not made smaller, for that takes minutes.
    """
    quiet = settings(
        max_examples=histories,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    Replicas.ran = 0
    with signatures_checked_once():
        run_state_machine_as_test(seed(number)(Replicas), settings=quiet)
    return Replicas.ran


@contextlib.contextmanager
def signatures_checked_once() -> Iterator[None]:
    """Five laptops check the same signatures again and again; that they do is tried elsewhere."""
    check = VerifyKey.verifies

    @lru_cache(maxsize=1 << 16)
    def known(key: str, signature: bytes, message: bytes) -> bool:
        return check(VerifyKey(key), signature, message)

    def verifies(self: VerifyKey, signature: bytes, message: bytes) -> bool:
        return known(self.text, signature, message)

    with mock.patch.object(VerifyKey, "verifies", verifies):
        yield


def test_whatever_they_did_all_hold_the_same_in_the_end_and_nothing_is_lost() -> None:
    assert run(30, 1) >= 30


@pytest.mark.slow
def test_ten_thousand_histories_converge(capsys: pytest.CaptureFixture[str]) -> None:
    """In parts of a hundred, on all cores."""
    parts, each = 100, 100
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        ran = sum(pool.map(run, [each] * parts, range(2, 2 + parts)))
    with capsys.disabled():
        print(f"\n{ran:,} histories converged")
    assert ran >= parts * each


# --- histories that once went wrong, or nearly


@pytest.fixture
def world() -> Iterator[World]:
    with contextlib.closing(World.of(3, 0)) as found:
        yield found


@pytest.fixture
def larger() -> Iterator[World]:
    """With Amina's second laptop."""
    with contextlib.closing(World.of(4, 0)) as found:
        yield found


def erased_by_the_first(world: World) -> None:
    """A source that all have is destroyed on Amina's laptop and on no other, with the word of Idris."""
    amina, idris, _ = world.replicas
    world.add(amina, 0)
    world.add(amina, 1)
    world.meet()
    world.ask_erasure(amina, 0, whole=True)
    world.meet()
    world.answer(idris, 0, "approve")
    world.meet()
    world.carry_out(amina)


@pytest.mark.parametrize("how", ["refuse", "hold"])
def test_a_refusal_or_a_hold_after_one_has_destroyed_divides_nobody(world: World, how: str) -> None:
    erased_by_the_first(world)
    world.answer(world.replicas[1], 0, how)
    world.settle()
    world.check()


def test_asking_for_more_approvals_later_makes_no_damage_of_what_was_destroyed(world: World) -> None:
    erased_by_the_first(world)
    world.set(world.replicas[1], 0, 2)
    world.settle()
    world.check()


@pytest.mark.parametrize("removed", [1, 2])
def test_removing_who_asked_or_approved_makes_no_damage_of_what_was_destroyed(world: World, removed: int) -> None:
    """Amina has not seen what the other two said and did when she removes one of them."""
    amina, idris, vera = world.replicas
    world.add(amina, 0)
    world.meet()
    world.ask_erasure(vera, 0, whole=True)
    world.pull(idris, vera.folder)
    world.answer(idris, 0, "approve")
    world.pull(vera, idris.folder)
    world.carry_out(vera)
    world.remove(amina, world.replicas[removed], device=False)
    world.settle()
    world.check()


def test_what_was_written_to_the_key_of_an_owner_who_is_removed_meanwhile_can_be_read(world: World) -> None:
    """Amina removes Idris and has not seen his new key; Vera has, and works on with it."""
    amina, idris, vera = world.replicas
    world.rotate(idris)
    world.pull(vera, idris.folder)
    world.add(vera, 0)
    world.remove(amina, idris, device=False)
    world.settle()
    world.check()


def test_a_removed_owner_who_syncs_is_told_no_lie_and_harms_nobody(world: World) -> None:
    amina, idris, _ = world.replicas
    world.remove(amina, idris, device=False)
    world.rotate(idris)
    world.add(idris, 0)
    world.settle()
    world.check()


@pytest.mark.parametrize("writes", range(0, 24, 4))
def test_a_sync_cut_off_anywhere_leaves_an_archive_that_opens_and_goes_on(world: World, writes: int) -> None:
    """It was to bring a new epoch, a new passphrase and a source."""
    amina, idris, _ = world.replicas
    world.rotate(amina)
    world.add(amina, 0)
    world.change_passphrase(amina)
    world.cut = writes
    world.pull(idris, amina.folder)
    world.settle()
    world.check()


@pytest.mark.parametrize("writes", range(0, 24, 4))
def test_a_change_of_keys_cut_off_anywhere_is_done_or_leaves_no_trace(world: World, writes: int) -> None:
    amina, idris, _ = world.replicas
    for deed in (world.rotate, world.change_passphrase):
        world.cut = writes
        deed(amina)
    world.cut = writes
    world.remove(amina, idris, device=False)
    world.settle()
    world.check()


def test_who_changes_the_passphrase_often_and_meets_nobody_opens_with_the_last_one(world: World) -> None:
    """An editor, whose words about his own keys are in no line with those of owners."""
    vera = world.replicas[2]
    for _ in range(8):
        world.change_passphrase(vera)
        vera.phrases[:-1] = []
        vera.reopen()
    world.settle()
    world.check()


@pytest.mark.parametrize("writes", range(14))
def test_a_sync_cut_off_among_several_new_passphrases_locks_nobody_out_of_his_laptop(
    larger: World, writes: int
) -> None:
    """Of the ones between no file is left anywhere. Others sync with the laptop before it goes on."""
    amina, idris, _, second = larger.replicas
    for _ in range(3):
        larger.change_passphrase(amina)
    larger.rotate(idris)
    for replica in (second, idris):
        larger.cut = writes
        larger.pull(replica, amina.folder)
        larger.rotate(replica)
        replica.reopen()
    larger.settle()
    larger.check()


@pytest.mark.parametrize("how", ["meets", "stick", "bundle"])
@pytest.mark.parametrize("writes", range(14))
def test_who_takes_new_passphrases_from_a_laptop_whose_sync_was_cut_off_can_open(
    larger: World, writes: int, how: str
) -> None:
    """Idris got some of what Amina's first laptop said; her second takes it from him."""
    amina, idris, _, second = larger.replicas
    for _ in range(3):
        larger.change_passphrase(amina)
    larger.cut = writes
    larger.pull(idris, amina.folder)
    match how:
        case "meets":
            larger.pull(second, idris.folder)
        case "stick":
            larger.give(idris, second)
        case _:
            larger.send(idris, second, since=False)
    second.reopen()
    larger.settle()
    larger.check()


def test_a_passphrase_that_was_changed_on_a_laptop_removed_since_stays_where_no_earlier_one_is_left(
    larger: World,
) -> None:
    """Idris removes Amina's second laptop and has met neither since: of what he holds her to, she has no file."""
    amina, idris, _, second = larger.replicas
    larger.change_passphrase(amina)
    larger.pull(second, amina.folder)
    larger.change_passphrase(second)
    larger.pull(amina, second.folder)
    larger.remove(idris, second, device=True)
    larger.pull(amina, idris.folder)
    amina.reopen()
    larger.settle()
    larger.check()
    larger.change_passphrase(amina)
    amina.phrases[:-1] = []
    amina.reopen()
    larger.settle()
    larger.check()


def test_a_smaller_erasure_after_a_larger_one_is_carried_out_too(world: World) -> None:
    """Amina has destroyed the whole source when she learns that one of its entries was to go."""
    amina, idris, vera = world.replicas
    world.add(amina, 0)
    world.meet()
    world.ask_erasure(vera, 1, whole=False)
    world.ask_erasure(idris, 0, whole=True)
    world.pull(amina, idris.folder)
    world.answer(amina, 0, "approve")
    world.carry_out(amina)
    world.pull(amina, vera.folder)
    for answer in range(2):
        world.answer(amina, answer, "approve")
    world.carry_out(amina)
    assert problems(verify_as(amina)) == []
    world.settle()
    world.check()


def test_when_two_who_removed_each_other_leave_nobody_who_reads_all_still_hold_the_same(world: World) -> None:
    """Each knew of the other's removal, so both stand; Amina comes back with a new laptop."""
    amina, idris, vera = world.replicas
    world.add(amina, 0)
    world.meet()
    world.remove(idris, amina, device=True)
    world.remove(amina, vera, device=True)
    world.pull(amina, idris.folder)
    world.remove(amina, idris, device=False)
    world.settle()
    assert not any(replica.reads_all for replica in world.replicas)
    world.check()
    home = world.root / "a new home"
    members.ask(amina.path, home, PHRASE["amina"], amina.archive.member, CHEAP)
    assert len(list(Archive(amina.path, home, PHRASE["amina"]).entries())) == 4
