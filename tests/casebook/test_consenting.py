"""Consents: what Amina may record of what Dilnoza says about her son, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desks import add, desk_in
from laptops import LETTER, LIST, Office

from guvoh.archive.control import Role
from guvoh.archive.errors import NotAllowed
from guvoh.casebook import commands, consenting, queries
from guvoh.casebook.answers import Nothing, Search, Terms
from guvoh.casebook.consenting import AskDue, BadConsent, Form, RefusedToKeep, ShowConsent, Withdraw, form_of
from guvoh.casebook.desk import Desk, NoSuchRecord
from guvoh.casebook.entries import entry
from guvoh.casebook.whose import Whose
from guvoh.records.base import now
from guvoh.records.decisions import Correction
from guvoh.records.people import Judgement, Verdict
from guvoh.values.ids import new_id

SON = {"name": "Каримов Азиз", "birth": "1990"}


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    with desk_in(tmp_path) as found:
        add(found, {"letter.txt": LETTER}, Terms.CONSENT)
        add(found, {"list.csv": LIST}, Terms.PUBLIC)
        yield found


def source(desk: Desk, form: str = "text") -> str:
    return next(str(one.id) for one in desk.ask(queries.sources, Nothing()).sources if one.form == form)


def give(desk: Desk, **filled_in: Any) -> consenting.Given:
    found: consenting.Given = desk.ask(consenting.give_consent, form_of(filled_in))
    return found


def about_son(desk: Desk, **filled_in: Any) -> consenting.Given:
    """A consent together with the mention of the person, as a testimony brings it."""
    return give(desk, person={"source": source(desk), **SON}, **filled_in)


def judged(desk: Desk, verdict: Verdict, *mentions: str) -> str:
    record = Judgement(
        id=new_id("j"), by=desk.archive.member, at=now(), reason="compared", mentions=mentions, verdict=verdict
    )
    with desk.archive.batch() as batch:
        batch.add(entry(record))
    desk.catch_up()
    return record.id


def allowed(desk: Desk, mention: str) -> set[str]:
    seen = desk.ask(consenting.show_consent, ShowConsent(id=mention))
    return {one.scope for one in seen.scopes if one.allowed}


# --- taken


def test_a_consent_brings_the_mention_it_is_about(desk: Desk) -> None:
    given = about_son(desk, scopes={"S1": "yes", "S2": "yes", "S4": "yes", "S10": "no"}, given_on="2026-11-20")
    assert allowed(desk, given.mention) == {"S1", "S2", "S4"}
    assert desk.ask(queries.search, Search(text="Karimov Aziz")).people == 2


def test_one_who_allows_to_be_counted_is_counted_and_no_one_else_of_his_source(desk: Desk) -> None:
    before = desk.ask(queries.people, Nothing()).mentions
    about_son(desk, scopes={"S1": "yes", "S4": "yes"})
    assert desk.ask(queries.people, Nothing()).mentions == before
    about_son(desk, scopes={"S1": "yes", "S2": "yes"})
    assert desk.ask(queries.people, Nothing()).mentions == before + 1


@pytest.mark.parametrize(
    ("filled_in", "words"),
    [
        ({"scopes": {"S13": "yes"}}, "S1 to S12"),
        ({"scopes": {"S1": "perhaps"}}, "S1 to S12"),
        ({"scopes": {"S5": "without name"}}, "S10"),
        ({"scopes": {}}, "at least one scope"),
        ({"scopes": {"S1": "yes"}, "given_on": "yesterday"}, "given_on"),
        ({"scopes": {"S1": "yes"}, "given_on": "2026-05-01", "expires": "2025"}, "expires before"),
        ({"scopes": {"S12": "yes"}}, "recipients"),
        ({"scopes": {"S12": "yes"}, "recipients": ["Advocate Vera"]}, "values"),
        ({"scopes": {"S12": "yes"}, "recipients": ["Advocate Vera"], "values": ["XX_NOTHING"]}, "codebook"),
        ({"scopes": {"S3": "yes"}}, "recipients"),
        ({"scopes": {"S6": "yes"}, "home_state": "certainly"}, "home_state"),
        ({"scopes": {"S1": "yes"}, "authority": "h-aaaaaaaaaaaaaaaaaaaa"}, "authority"),
        ({"scopes": {"S1": "yes"}, "language": "the language of my mother"}, "cannot be recorded"),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_anything_is(
    desk: Desk, filled_in: dict[str, Any], words: str
) -> None:
    heads = desk.archive.heads
    with pytest.raises(BadConsent, match=words):
        about_son(desk, **filled_in)
    assert desk.archive.heads == heads


@pytest.mark.parametrize(
    "filled_in",
    [
        {"Dilnoza Karimova": "mother"},
        {"scopes": "Dilnoza said yes to all"},
        {"age": "Dilnoza"},
        {"scopes": {"Dilnoza": "yes"}},
        {"scopes": {"S1": "Dilnoza"}},
        {"person": {"nickname": "Dilnoza"}},
    ],
)
def test_the_error_of_a_form_never_quotes_what_stands_in_it(desk: Desk, filled_in: dict[str, Any]) -> None:
    with pytest.raises(BadConsent) as problem:
        give(desk, **{"person": {"source": source(desk), **SON}, **filled_in})
    assert "Dilnoza" not in str(problem.value)


def test_who_refuses_that_it_is_kept_is_refused_at_the_door(desk: Desk) -> None:
    with pytest.raises(RefusedToKeep, match="withdraw"):
        about_son(desk, scopes={"S1": "no", "S4": "yes"})


def test_a_consent_about_what_is_not_here_or_is_no_mention_is_refused(desk: Desk) -> None:
    with pytest.raises(NoSuchRecord):
        give(desk, about=["m-aaaaaaaaaaaaaaaaaaaa"], scopes={"S1": "yes"})
    with pytest.raises(BadConsent, match="no mention"):
        give(desk, about=[source(desk)], scopes={"S1": "yes"})


def test_who_was_asked_already_is_told_and_the_new_answer_takes_the_place_of_the_old(desk: Desk) -> None:
    first = about_son(desk, scopes={"S1": "yes", "S4": "yes", "S5": "no"})
    second = give(desk, about=[first.mention], scopes={"S5": "yes"})
    assert second.before == second.replaces == (first.consent,)
    assert allowed(desk, first.mention) == {"S1", "S4", "S5"}


def test_two_answers_that_do_not_know_of_each_other_are_the_narrower(desk: Desk) -> None:
    first = about_son(desk, scopes={"S1": "yes", "S5": "no"})
    give(desk, about=[first.mention], scopes={"S5": "yes"}, replaces=[])
    assert allowed(desk, first.mention) == {"S1"}


def test_a_refusal_that_is_taken_back_as_a_mistake_goes_on_refusing_until_a_consent_replaces_it(desk: Desk) -> None:
    first = about_son(desk, scopes={"S1": "yes", "S4": "no"})
    taken_back = Correction(id=new_id("q"), by=desk.archive.member, at=now(), reason="wrong person", old=first.consent)
    with desk.archive.batch() as batch:
        batch.add(entry(taken_back))
    desk.catch_up()
    assert allowed(desk, first.mention) == set()
    give(desk, about=[first.mention], scopes={"S1": "yes", "S4": "yes"})
    assert allowed(desk, first.mention) == {"S1", "S4"}


def test_who_speaks_for_another_needs_an_authority_for_what_leaves_and_none_to_be_kept(desk: Desk) -> None:
    given = about_son(
        desk, scopes={"S1": "yes", "S2": "yes", "S4": "yes"}, on_behalf="mother", cannot_ask="he is at the front"
    )
    assert allowed(desk, given.mention) == {"S1", "S2"}
    give(
        desk,
        about=[given.mention],
        scopes={"S4": "yes"},
        on_behalf="mother",
        cannot_ask="he is at the front",
        given_by="Dilnoza",
        authority={"document": "none", "valid_from": "2026-03"},
    )
    assert allowed(desk, given.mention) == {"S1", "S2", "S4"}


def test_without_a_reason_neither_contact_nor_giver_is_shown(desk: Desk) -> None:
    given = about_son(desk, scopes={"S1": "yes"}, given_by="Dilnoza", safe_contact="by her sister")
    seen = desk.ask(consenting.show_consent, ShowConsent(id=given.consent))
    assert seen.kept_back
    assert not any(one.details for one in seen.consents)
    seen = desk.ask(consenting.show_consent, ShowConsent(id=given.mention, reason="to call back"))
    assert ("safe contact", "by her sister") in seen.consents[0].details
    assert not seen.kept_back


# --- joined and parted


def test_who_is_joined_with_somebody_nobody_asked_is_not_given_out_until_somebody_decides(desk: Desk) -> None:
    one = about_son(desk, scopes={"S1": "yes", "S4": "yes"})
    other = about_son(desk, scopes={"S1": "yes"})
    assert allowed(desk, one.mention) == {"S1", "S4"}
    same = judged(desk, Verdict.SAME, one.mention, other.mention)
    assert allowed(desk, one.mention) == allowed(desk, other.mention) == {"S1"}
    taken_back = Correction(id=new_id("q"), by=desk.archive.member, at=now(), reason="no", old=same)
    with desk.archive.batch() as batch:
        batch.add(entry(taken_back))
    desk.catch_up()
    assert allowed(desk, one.mention) == {"S1"}, "parting widens nothing"
    give(desk, about=[one.mention], scopes={"S4": "yes"}, apart=[other.mention])
    assert allowed(desk, one.mention) == {"S1", "S4"}
    assert allowed(desk, other.mention) == {"S1"}


def test_a_consent_about_two_mentions_that_are_judged_different_allows_nothing(desk: Desk) -> None:
    one = about_son(desk, scopes={"S1": "yes"})
    other = about_son(desk, scopes={"S1": "yes"})
    both = give(desk, about=[one.mention, other.mention], scopes={"S4": "yes"})
    assert "S4" in allowed(desk, one.mention)
    judged(desk, Verdict.DIFFERENT, one.mention, other.mention)
    assert "S4" not in allowed(desk, one.mention)
    assert both.consent in {c.id for c in Whose(desk).answers(one.mention).consents}


def test_the_row_of_a_published_list_takes_nothing_away_and_is_not_covered_itself(desk: Desk) -> None:
    given = about_son(desk, scopes={"S1": "yes", "S2": "yes", "S4": "yes"})
    desk.ask(queries.people, Nothing())  # linkage joins the son with row 1 of the list
    row = f"{source(desk, 'list')}.1"
    assert row in Whose(desk).person(given.mention)
    assert allowed(desk, given.mention) == {"S1", "S2", "S4"}
    assert not Whose(desk).answers(row).may_show(row).allowed


# --- withdrawn


def test_a_withdrawal_ends_everything_at_once_and_the_rows_of_published_lists_too(desk: Desk) -> None:
    given = about_son(desk, scopes={"S1": "yes", "S2": "yes", "S4": "yes"})
    counted = desk.ask(queries.people, Nothing())
    assert counted.mentions == 3
    done = desk.ask(consenting.withdraw, Withdraw(id=given.mention))
    assert set(done.mentions) == {given.mention, f"{source(desk, 'list')}.1"}
    assert allowed(desk, given.mention) == set()
    after = desk.ask(queries.people, Nothing())
    assert after.mentions == after.people == 1
    assert any("refused" in left.why for left in after.left_out)


def test_what_has_left_is_listed_by_a_withdrawal_with_a_notice_that_names_nobody(desk: Desk) -> None:
    given = about_son(desk, scopes={"S1": "yes", "S2": "yes"})
    report = desk.ask(queries.report, Nothing())
    done = desk.ask(consenting.withdraw, Withdraw(id=given.mention))
    assert [left.reference for left in done.left] == [report.reference]
    (notice,) = done.notices
    assert report.reference in notice.text
    assert not any(name in notice.text for name in ("Karimov", "Каримов"))
    assert desk.ask(consenting.show_consent, ShowConsent(id=given.mention)).left == done.left


def test_a_withdrawal_holds_against_a_consent_that_did_not_know_of_it(desk: Desk) -> None:
    given = about_son(desk, scopes={"S1": "yes"})
    done = desk.ask(consenting.withdraw, Withdraw(id=given.consent))
    give(desk, about=[given.mention], scopes={"S4": "yes"}, replaces=[given.consent])
    assert allowed(desk, given.mention) == set()
    give(desk, about=[given.mention], scopes={"S1": "yes", "S4": "yes"}, replaces=[done.consent])
    assert allowed(desk, given.mention) == {"S1", "S4"}


def test_who_sees_no_names_stops_counting_too(tmp_path: Path) -> None:
    office = Office.opened(tmp_path, Role.READER_WITHOUT_IDENTITIES)
    office.amina.add("list.csv", LIST)
    letter = office.amina.add("letter.txt", LETTER, Terms.CONSENT)
    with office.amina.desk() as desk:
        given = desk.ask(
            consenting.give_consent,
            Form(person=consenting.PersonForm(source=letter, **SON), scopes={"S1": "yes", "S2": "yes"}),
        )
        before = desk.ask(queries.people, Nothing())
    office.meet()
    seen = office.idris.ask(queries.people, Nothing())
    assert (seen.mentions, seen.people) == (before.mentions, before.people) == (3, 2)
    with office.amina.desk() as desk:
        desk.ask(consenting.withdraw, Withdraw(id=given.mention))
    office.meet()
    seen = office.idris.ask(queries.people, Nothing())
    assert (seen.mentions, seen.people) == (1, 1)


def test_one_who_cannot_read_consents_is_told_who_can_withdraw(tmp_path: Path) -> None:
    office = Office.opened(tmp_path, Role.WRITER)
    with pytest.raises(NotAllowed, match="ask an owner or an editor"):
        office.idris.ask(consenting.withdraw, Withdraw(id="m-aaaaaaaaaaaaaaaaaaaa"))


# --- due


def test_what_expires_and_what_is_to_be_asked_again_is_listed(desk: Desk) -> None:
    given = about_son(desk, scopes={"S1": "yes", "S5": "ask again"}, expires="2020-01-01", review="2020")
    dues = desk.ask(consenting.due_consents, AskDue())
    assert {(one.consent, one.what) for one in dues.dues} == {(given.consent, "expired"), (given.consent, "review")}
    assert dues.again == ((given.consent, "S5"),)
    give(desk, about=[given.mention], scopes={"S1": "yes", "S5": "no"})
    dues = desk.ask(consenting.due_consents, AskDue())
    assert dues.dues == dues.again == ()


def test_figures_do_not_change_by_an_empty_archive_of_consents(desk: Desk) -> None:
    gate = Whose(desk).countable()
    assert gate.refused == gate.allowed == frozenset()
    assert commands.link(desk, lambda news: None).run
