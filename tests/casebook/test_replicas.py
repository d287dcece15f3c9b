"""Whatever several laptops do while apart, and in whatever order they meet, in the end all hold the same, and all of it."""

from __future__ import annotations

import os
import traceback

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from replicas import CAST, Replica, World

from guvoh.records.people import Verdict

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
    """So many histories; returns how many came to their end."""
    quiet = settings(
        max_examples=histories,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    Replicas.ran = 0
    run_state_machine_as_test(seed(number)(Replicas), settings=quiet)  # type: ignore[no-untyped-call]
    return Replicas.ran


def test_a_few_histories_all_converge_and_lose_nothing() -> None:
    assert run(30, 3) >= 30
