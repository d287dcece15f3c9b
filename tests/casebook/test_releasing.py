"""Releases: what Amina prepares, what Idris agrees to, and what the file holds in the end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from desks import add, desk_in
from laptops import LETTER, LIST, Office

from guvoh.archive.errors import NotAllowed
from guvoh.casebook import consenting, queries, releasing
from guvoh.casebook.answers import Nothing, Terms
from guvoh.casebook.consenting import BadConsent, Withdraw, form_of
from guvoh.casebook.desk import Desk, NoSuchRecord
from guvoh.casebook.entries import entry
from guvoh.casebook.releasing import (
    MOST_ALONE,
    NoSuchRelease,
    NothingLeaves,
    NotWritten,
    Prepare,
    Preview,
    Second,
    Write,
    Written,
)
from guvoh.outputs.gate import BadExit, UnknownLevel
from guvoh.records.decisions import Disclosure
from guvoh.records.statements import Stance, Statement, StatementKind
from guvoh.sealing.boxes import Identity
from guvoh.values.ids import new_id

ALL = {f"S{number}": "yes" for number in range(1, 12)}
LAWYER = "Advocate Vera Nazarova"


class World:
    """A letter of Dilnoza's about her son, and what Amina has taken from it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        add(desk, {"letter.txt": LETTER}, Terms.CONSENT)
        self.letter = next(str(one.id) for one in desk.ask(queries.sources, Nothing()).sources)
        self.son = self.person("Каримов Азиз")

    def person(self, name: str, scopes: dict[str, str] | None = None, **more: Any) -> str:
        form = form_of(
            {
                "person": {"source": self.letter, "name": name, "birth": "1990-05-17", "citizenship": "Ўзбекистон"},
                "scopes": scopes or ALL,
                "recipients": [LAWYER],
                **more,
            }
        )
        return str(self.desk.ask(consenting.give_consent, form).mention)

    def says(self, code: str, *about: str, **more: Any) -> str:
        record = Statement(
            id=new_id("t"), source=self.letter, kind=StatementKind.ACT, code=code, about=about or (self.son,), **more
        )
        with self.desk.archive.batch() as batch:
            batch.add(entry(record, self.desk.source(self.letter).original.key))
        self.desk.catch_up()
        return record.id

    def prepare(self, level: str, *about: str, **more: Any) -> Preview:
        request = Prepare(about=about or (self.son,), level=level, **{"recipient": LAWYER, **more})
        found: Preview = self.desk.ask(releasing.prepare_release, request)
        return found

    def write(self, preview: Preview, form: str = "jsonl") -> tuple[Written, Path]:
        path = self.desk.archive.path.parent / f"out-{preview.release}.{form}"
        written: Written = self.desk.ask(
            releasing.write_release, Write(release=preview.release, path=os.fsencode(path), form=form)
        )
        return written, path

    def disclosures(self) -> list[Disclosure]:
        from guvoh.casebook.standing import standing

        return [record for _, record in standing(self.desk, Disclosure)]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with desk_in(tmp_path) as desk:
        yield World(desk)


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# --- prepared


def test_counsel_is_shown_the_whole_case_and_the_annex_nothing_that_can_be_used_against_him(world: World) -> None:
    money = world.says("IN_BONUS", value="two million", attributes={"amount": "2000000"})
    threat = world.says("CO_SENTENCE", value="ten more years", when="2026-03")
    counsel = world.prepare("counsel").people[0]
    assert {money, threat} <= {one.id for one in counsel.shown}
    assert "two million" in repr(counsel.shown)
    annex = world.prepare("annex").people[0]
    assert threat in {one.id for one in annex.shown}
    assert money not in {one.id for one in annex.shown}
    assert "ten more years" not in repr(annex.shown)
    assert any(one.record == money and "against the person" in one.why for one in annex.left_out)
    assert "Каримов Азиз" in repr(annex.shown)


def test_a_search_is_never_mixed_with_evidence(world: World) -> None:
    threat, last = world.says("CO_SENTENCE"), world.says("FA_NOCONTACT", when="2026-03-05")
    shown = {one.id for one in world.prepare("tracing", recipient="the Red Cross").people[0].shown}
    assert last in shown
    assert threat not in shown


def test_a_case_for_the_working_group_needs_the_name_to_be_allowed_and_the_home_state_asked_apart(
    world: World,
) -> None:
    unasked = world.prepare("un", recipient="the secretariat", body="wgeid", state="RU")
    assert unasked.shown == 0
    assert any("home state" in note for note in unasked.notes)
    assert any("home state" in one.why for one in unasked.left_out)
    asked = world.person("Каримов Азиз", home_state="yes", recipients=["nobody"])
    assert world.prepare("un", asked, recipient="the secretariat", body="wgeid", state="RU").shown == 1
    nameless = {scope: said for scope, said in ALL.items() if scope != "S6"}
    other = world.person("Каримов Азиз", nameless)
    assert world.prepare("un", other, recipient="the secretariat", body="wgad", state="RU").shown == 0


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"level": "everything"}, UnknownLevel),
        ({"level": "internal"}, BadExit),
        ({"level": "counsel", "recipient": " "}, BadExit),
        ({"level": "un"}, BadExit),
        ({"level": "un", "body": "wgeid"}, BadExit),
        ({"level": "un", "body": "ced", "state": "RU"}, BadExit),
        ({"level": "counsel", "body": "wgeid"}, BadExit),
        ({"level": "counsel", "recipient_key": "age1notakey"}, BadConsent),
    ],
)
def test_where_nothing_can_go_to_is_said_before_anything_is_recorded(
    world: World, asked: dict[str, str], problem: type[Exception]
) -> None:
    heads = world.desk.archive.heads
    with pytest.raises(problem):
        world.prepare(**asked)
    assert world.desk.archive.heads == heads


def test_a_state_that_is_no_party_is_told_where_to_go_instead(world: World) -> None:
    with pytest.raises(BadExit, match=r"parties.*Enforced or Involuntary"):
        world.prepare("un", body="ced", state="RU")


def test_the_preview_warns_of_one_voice_and_of_what_is_left_unsaid(world: World) -> None:
    world.says("CO_SENTENCE")
    denied = world.says("IN_BONUS", stance=Stance.DENIES)
    preview = world.prepare("annex")
    words = " ".join(preview.people[0].warnings)
    assert "one voice" in words
    assert "denial" in words
    assert denied not in {one.id for one in preview.people[0].shown}


def test_the_panel_of_risks_is_of_his_citizenship_and_says_when_it_was_checked(world: World) -> None:
    risks = world.prepare("counsel").people[0].risks
    assert {one.state for one in risks} == {"UZ"}
    assert all(one.checked_on for one in risks)


def test_who_is_known_from_published_lists_alone_is_never_in_a_release(world: World) -> None:
    add(world.desk, {"list.csv": LIST}, Terms.PUBLIC)
    listed = next(one.id for one in world.desk.ask(queries.sources, Nothing()).sources if one.form == "list")
    preview = world.prepare("counsel", f"{listed}.2")
    assert preview.shown == 0
    world.desk.ask(consenting.give_consent, form_of({"about": [f"{listed}.2"], "scopes": ALL, "recipients": [LAWYER]}))
    assert world.prepare("counsel", f"{listed}.2").shown == 0, "a consent about the row alone profiles nobody"


def test_a_statement_about_two_needs_the_word_of_both(world: World) -> None:
    brother = world.person("Каримов Баҳодир", {"S1": "yes"})
    both = world.says("CO_BEATING", world.son, brother)
    assert both not in {one.id for one in world.prepare("counsel").people[0].shown}


# --- written


@pytest.mark.parametrize("form", ["html", "jsonl"])
def test_what_is_written_is_recorded_with_a_fresh_reference_and_the_consents_it_rests_on(
    world: World, form: str
) -> None:
    threat = world.says("CO_SENTENCE", value="ten more years")
    written, path = world.write(world.prepare("counsel"), form)
    (left,) = world.disclosures()
    assert (left.reference, left.recipient, left.level) == (written.reference, LAWYER, "counsel")
    assert {world.son, threat} <= set(left.records)
    assert left.consents
    assert left.digest == written.digest
    text = path.read_text("utf-8")
    assert "ten more years" in text
    assert written.reference in text
    assert path.stat().st_mode & 0o077 == 0
    again, _ = world.write(world.prepare("counsel"), form)
    assert again.reference != written.reference


def test_a_withdrawal_between_preview_and_writing_counts_and_no_file_is_left(world: World) -> None:
    preview = world.prepare("counsel")
    world.desk.ask(consenting.withdraw, Withdraw(id=world.son))
    with pytest.raises(NothingLeaves):
        world.write(preview)
    assert world.disclosures() == []
    assert not [
        path for path in world.desk.archive.path.parent.iterdir() if "out-" in path.name or "guvoh-" in path.name
    ]


def test_of_several_who_has_withdrawn_meanwhile_is_not_in_the_file(world: World) -> None:
    brother = world.person("Каримов Баҳодир")
    preview = world.prepare("counsel", world.son, brother)
    world.desk.ask(consenting.withdraw, Withdraw(id=world.son))
    written, path = world.write(preview)
    assert (written.persons, written.left_out) == (1, 1)
    text = path.read_text("utf-8")
    assert "Баҳодир" in text
    assert "Азиз" not in text
    assert world.son not in text


def test_a_withdrawal_lists_the_release_it_was_in(world: World) -> None:
    written, _ = world.write(world.prepare("counsel"))
    done = world.desk.ask(consenting.withdraw, Withdraw(id=world.son))
    assert [(one.reference, one.recipient) for one in done.left] == [(written.reference, LAWYER)]


def test_what_stands_there_is_never_written_over_and_nothing_is_recorded_then(world: World) -> None:
    preview = world.prepare("counsel")
    path = world.desk.archive.path.parent / f"out-{preview.release}.jsonl"
    path.write_text("mine")
    with pytest.raises(NotWritten):
        world.write(preview)
    assert path.read_text() == "mine"
    assert world.disclosures() == []


def test_a_folder_that_is_not_there_is_said_to_be_so(world: World) -> None:
    preview = world.prepare("counsel")
    request = Write(release=preview.release, path=os.fsencode(world.desk.archive.path / "no" / "such" / "file.html"))
    with pytest.raises(NotWritten):
        world.desk.ask(releasing.write_release, request)
    assert world.disclosures() == []


def test_a_file_that_is_sealed_opens_for_its_recipient_alone(world: World) -> None:
    identity = Identity.generate()
    preview = world.prepare("counsel", recipient_key=identity.recipient.text)
    written, path = world.write(preview)
    data = path.read_bytes()
    assert written.sealed
    assert written.size == len(data)
    assert "Каримов".encode() not in data
    assert "Каримов" in identity.open(data).decode()


def test_a_release_that_was_not_prepared_is_not_written(world: World) -> None:
    with pytest.raises(NoSuchRelease):
        world.desk.ask(
            releasing.write_release,
            Write(release="x-aaaaaaaaaaaaaaaaaaaa", path=os.fsencode(world.desk.archive.path.parent / "out.html")),
        )
    with pytest.raises(NoSuchRecord):
        world.prepare("counsel", "m-aaaaaaaaaaaaaaaaaaaa")


def test_the_page_of_everybody_names_nobody(world: World) -> None:
    world.says("CO_SENTENCE", when="2026-03-05", where="Навоий", value="ten more years")
    _, path = world.write(world.prepare("anonymous", recipient=""), "html")
    text = path.read_text("utf-8")
    for word in ("Каримов", "1990", "Навоий", "ten more years", "2026-03", "Ўзбекистон"):
        assert word not in text, word
    assert "CO_SENTENCE" in text


# --- many persons


def test_more_persons_than_one_member_may_give_out_need_another_who_agrees(tmp_path: Path) -> None:
    office = Office.opened(tmp_path)
    with office.amina.desk() as desk:
        world = World(desk)
        people = [world.person(f"Каримов {number}") for number in range(MOST_ALONE + 1)]
        few = world.prepare("counsel", *people[:MOST_ALONE])
        many = world.prepare("counsel", *people)
        assert (few.second_needed, many.second_needed) == (False, True)
        world.write(few)
        with pytest.raises(NotAllowed, match="second member"):
            world.write(many)
        with pytest.raises(NotAllowed, match="another member"):
            desk.ask(releasing.second_release, Second(release=many.release, reason="I agree with myself"))
    office.meet()
    with office.idris.desk() as desk, pytest.raises(NotAllowed, match="--reason"):
        desk.ask(releasing.second_release, Second(release=many.release))
    with office.idris.desk() as desk:
        desk.ask(releasing.second_release, Second(release=many.release, reason="checked each consent"))
    office.meet()
    with office.amina.desk() as desk:
        path = tmp_path / "many.jsonl"
        written = desk.ask(releasing.write_release, Write(release=many.release, path=os.fsencode(path), form="jsonl"))
        seen = {one.id: one for one in desk.ask(releasing.list_releases, Nothing()).releases}
    assert written.persons == MOST_ALONE + 1
    assert len(lines(path)) == MOST_ALONE + 2
    assert len(seen[many.release].seconded) == 1
    assert seen[many.release].written == (written.reference,)


def test_a_reader_gives_nothing_out(tmp_path: Path) -> None:
    from guvoh.archive.control import Role

    office = Office.opened(tmp_path, Role.READER)
    with pytest.raises(NotAllowed):
        office.idris.ask(releasing.prepare_release, Prepare(about=("m-aaaaaaaaaaaaaaaaaaaa",), level="anonymous"))
