"""Who withdraws: all that had left with him is listed, and nothing later holds him, whoever knew of what when."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from desks import CHEAP, PASSPHRASE, add, desk_in
from histories import SIZES, Wrong, boxes_opened_once, history, template
from laptops import LETTER, LIST, Office
from test_consenting import about_son, allowed, give, judged, source
from test_releasing import World
from test_replicas import signatures_checked_once

from guvoh.archive import founding
from guvoh.archive.control import Role
from guvoh.casebook import consenting, erasing, queries
from guvoh.casebook.answers import Nothing, Terms
from guvoh.casebook.consenting import ShowConsent, Withdraw
from guvoh.casebook.desk import Desk
from guvoh.casebook.entries import entry
from guvoh.casebook.erasing import Erase, Left
from guvoh.casebook.standing import standing
from guvoh.casebook.whose import Whose
from guvoh.consent.decide import Standing
from guvoh.records.base import now
from guvoh.records.decisions import Consent, Correction, Disclosure, Permission, Scope
from guvoh.records.people import Verdict
from guvoh.values.ids import new_id

_STEPS = 25


def run(first: int, number: int) -> tuple[int, int, int]:
    """So many histories; returns how many came to their end, with how many withdrawals and files."""
    ran = withdrawals = files = 0
    with signatures_checked_once(), boxes_opened_once():
        for seed in range(first, first + number):
            with history(seed) as made:
                made.run(_STEPS)
            ran, withdrawals, files = ran + 1, withdrawals + made.withdrawals, files + made.files
    return ran, withdrawals, files


def test_whoever_withdraws_is_in_nothing_later_and_what_had_left_is_listed() -> None:
    ran, withdrawals, files = run(0, 24)
    assert ran == 24
    assert withdrawals > 24
    assert files > 100


@pytest.mark.slow
def test_a_thousand_histories_of_withdrawals(capsys: pytest.CaptureFixture[str]) -> None:
    """In parts of twenty, on all cores."""
    parts, each = 50, 20
    firsts = range(1_000, 1_000 + parts * each, each)
    for size in SIZES:
        template(size)  # made here, it is cleared away here
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        ran, withdrawals, files = map(sum, zip(*pool.map(run, firsts, [each] * parts), strict=True))
    with capsys.disabled():
        print(
            f"\n{ran:,} histories with {withdrawals:,} withdrawals and {files:,} files: nobody left who had withdrawn"
        )
    assert ran == parts * each


# --- the histories find what they are to find


def fails(first: int, number: int) -> str:
    """What the first history says that fails."""
    try:
        run(first, number)
    except Wrong as found:
        return str(found)
    return ""


def test_a_program_that_forgets_who_was_taken_for_whom_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Whose._standing

    def forgetful(self: Whose, mention: str) -> Standing:
        return dataclasses.replace(real(self, mention), links=())

    monkeypatch.setattr(Whose, "_standing", forgetful)
    assert "withdrawn" in fails(0, 24)


def test_a_list_that_misses_other_mentions_of_the_person_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = consenting.left_with

    def careless(desk: Desk, mentions: Iterable[str]) -> tuple[Left, ...]:
        """By the first mention alone."""
        mentions = set(mentions)
        held: dict[str, set[str]] = {}
        for _, record in standing(desk, Disclosure):
            held.setdefault(record.reference, set()).update(record.records)
        touched = set(sorted(mentions)[:1])
        return tuple(one for one in real(desk, mentions) if held[one.reference] & touched)

    monkeypatch.setattr(consenting, "left_with", careless)
    assert "is not in the list" in fails(0, 24)


def test_the_same_number_makes_the_same_history() -> None:
    told = []
    for _ in range(2):
        with history(3) as made:
            made.run(12)
            told.append([line.split()[:2] for line in made.told])
    assert told[0] == told[1]


# --- what they have found, each by itself


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """With Dilnoza's letter. Whoever is erased goes at once."""
    found = Desk(founding.found(tmp_path / "archive", tmp_path / "home", PASSPHRASE, CHEAP, delay=0))
    add(found, {"letter.txt": LETTER}, Terms.CONSENT)
    yield found
    found.close()


def people(desk: Desk) -> Any:
    return desk.ask(queries.people, Nothing())


def references(desk: Desk, mention: str) -> set[str]:
    return {one.reference for one in desk.ask(consenting.show_consent, ShowConsent(id=mention)).left}


def test_a_withdrawal_covers_what_came_in_since_people_were_last_compared(desk: Desk) -> None:
    """Linkage would take the new row for him; once he has withdrawn, nothing of him is compared, so it never does."""
    given = about_son(desk, scopes={"S1": "yes", "S2": "yes"})
    people(desk)
    add(desk, {"list.csv": LIST}, Terms.PUBLIC)
    desk.ask(consenting.withdraw, Withdraw(id=given.mention))
    assert people(desk).mentions == 1


def test_what_left_with_a_row_that_was_once_taken_for_him_is_listed_whatever_is_compared_since(desk: Desk) -> None:
    """The withdrawal is of a laptop that did not have the list; here the row had been joined with him."""
    add(desk, {"list.csv": LIST}, Terms.PUBLIC)
    before = desk.ask(queries.report, Nothing()).reference
    given = about_son(desk, scopes={"S1": "yes", "S2": "yes"})
    people(desk)
    withdrawn_elsewhere(desk, given)
    assert before in references(desk, given.mention)
    people(desk)  # he and the row are in it no more: they are refused, and nothing joins them now
    assert before in references(desk, given.mention)


def withdrawn_elsewhere(desk: Desk, given: consenting.Given) -> None:
    """As it comes in by a merge, from where the list was not."""
    record = Consent(
        id=new_id("c"),
        by=desk.archive.member,
        at=now(),
        about=(given.mention,),
        scopes=dict.fromkeys(Scope, Permission.NO),
        replaces=(given.consent,),
        withdrawn=True,
    )
    write(desk, record)


def write(desk: Desk, record: Any) -> None:
    with desk.archive.batch() as batch:
        batch.add(entry(record))
    desk.catch_up()


@pytest.mark.xfail(strict=True, reason="a withdrawal is destroyed with the mentions it is about")
def test_who_was_taken_for_one_who_withdrew_stays_withdrawn_when_that_one_is_erased(desk: Desk) -> None:
    one = about_son(desk, scopes={"S1": "yes", "S4": "yes"})
    desk.ask(consenting.withdraw, Withdraw(id=one.mention))
    other = give(desk, person={"source": source(desk), "name": "Азиз К."}, scopes={"S1": "yes", "S4": "yes"})
    judged(desk, Verdict.SAME, one.mention, other.mention)
    assert allowed(desk, other.mention) == set()
    desk.ask(erasing.erase, Erase(ids=(one.mention,), why="withdrawn", confirmed=True))
    assert allowed(desk, other.mention) == set()


def test_who_has_withdrawn_is_erased_everywhere_he_had_withdrawn_from(desk: Desk) -> None:
    add(desk, {"list.csv": LIST}, Terms.PUBLIC)
    given = about_son(desk, scopes={"S1": "yes", "S2": "yes"})
    people(desk)
    done = desk.ask(consenting.withdraw, Withdraw(id=given.mention))
    plan = desk.ask(erasing.erase, Erase(ids=(given.mention,), why="withdrawn", everywhere=True))
    assert len(done.mentions) == 2
    assert {one.id for one in plan.mentions} == set(done.mentions)


def test_a_consent_that_is_taken_back_sets_nobody_apart_any_more(desk: Desk) -> None:
    one = about_son(desk, scopes={"S1": "yes", "S4": "yes"})
    other = about_son(desk, scopes={"S1": "yes", "S4": "yes"})
    desk.ask(consenting.withdraw, Withdraw(id=one.mention))
    judged(desk, Verdict.SAME, one.mention, other.mention)
    wrong = give(desk, about=[other.mention], scopes={"S5": "yes"}, apart=[one.mention], replaces=[])
    assert allowed(desk, other.mention) == {"S1", "S4", "S5"}
    write(desk, Correction(id=new_id("q"), by=desk.archive.member, at=now(), reason="he is", old=wrong.consent))
    assert allowed(desk, other.mention) == set()


def test_who_sees_no_names_stops_counting_the_last_one_too(tmp_path: Path) -> None:
    office = Office.opened(tmp_path, Role.READER_WITHOUT_IDENTITIES)
    row = f"{office.amina.add('list.csv', 'ФИО;Год рождения' + chr(10) + 'Каримов Азиз;1990' + chr(10))}.1"
    office.amina.ask(queries.people, Nothing())
    office.meet()
    assert office.idris.ask(queries.people, Nothing()).mentions == 1
    office.amina.ask(consenting.withdraw, Withdraw(id=row))
    assert office.amina.ask(queries.people, Nothing()).mentions == 0
    office.meet()
    assert office.idris.ask(queries.people, Nothing()).mentions == 0


def test_who_sees_no_names_counts_no_one_who_was_just_taken_for_somebody_not_asked(tmp_path: Path) -> None:
    """The run joins the son with a row that is taken for another mention, and that one may not be counted."""
    office = Office.opened(tmp_path, Role.READER_WITHOUT_IDENTITIES)
    row = f"{office.amina.add('list.csv', LIST)}.1"
    letter = office.amina.add("letter.txt", LETTER, Terms.CONSENT)
    with office.amina.desk() as desk:
        about_son(desk, scopes={"S1": "yes", "S2": "yes"})
        other = give(desk, person={"source": letter, "name": "Азиз К."}, scopes={"S1": "yes"})
        judged(desk, Verdict.SAME, other.mention, row)
        counted = people(desk).mentions
    office.meet()
    assert office.idris.ask(queries.people, Nothing()).mentions == counted


def test_a_consent_that_lifted_a_withdrawal_lifts_nothing_once_it_is_taken_back(desk: Desk) -> None:
    add(desk, {"list.csv": LIST}, Terms.PUBLIC)
    row = f"{source(desk, 'list')}.1"
    done = desk.ask(consenting.withdraw, Withdraw(id=row))
    assert people(desk).mentions == 1
    wrong = give(desk, about=[row], scopes={"S1": "yes", "S2": "yes"}, replaces=[done.consent])
    assert people(desk).mentions == 2
    write(desk, Correction(id=new_id("q"), by=desk.archive.member, at=now(), reason="not him", old=wrong.consent))
    assert people(desk).mentions == 1


def test_a_file_that_held_somebody_by_a_statement_is_listed_when_the_statement_is_erased(tmp_path: Path) -> None:
    """So it is too where the statement goes unseen: with the other whom it is about, erased on another laptop."""
    with desk_in(tmp_path) as desk:
        world = World(desk)
        add(desk, {"second.txt": "A second letter, of another day.\n"}, Terms.CONSENT)
        second = next(one.id for one in desk.ask(queries.sources, Nothing()).sources if one.id != world.letter)
        brother = world.person("", person={"source": second, "name": "Каримов Баҳодир"})
        both = world.says("CO_BEATING", world.son, brother)
        written, _ = world.write(world.prepare("counsel"))
        assert written.reference in references(desk, brother)
        desk.ask(erasing.erase, Erase(ids=(both,), confirmed=True))
        assert written.reference in references(desk, brother)


def test_who_is_erased_in_one_place_can_still_be_erased_everywhere(desk: Desk) -> None:
    text = "ФИО;Год рождения\nКаримов Азиз;1990\nКаримов Азиз;1990\nЖўраев Шерзод;1985\n"
    add(desk, {"list.csv": text}, Terms.PUBLIC)
    about_son(desk, scopes={"S1": "yes", "S2": "yes"})
    people(desk)
    listed = source(desk, "list")
    desk.ask(erasing.erase, Erase(ids=(f"{listed}.1",), confirmed=True))
    plan = desk.ask(erasing.erase, Erase(ids=(f"{listed}.2",), everywhere=True))
    assert f"{listed}.2" in {one.id for one in plan.mentions}
