"""Whose word a record is: nobody says in his log what is not his to say, nor says it in somebody else's name."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from desks import CHEAP
from laptops import Laptop, Office
from test_erasing import ARTICLE, CANARY, LIST

from guvoh.archive import members, merging
from guvoh.archive.control import Role
from guvoh.archive.entries import Entry
from guvoh.archive.store import Folder
from guvoh.casebook import colleagues, deciding, erasing, exchange, health, queries
from guvoh.casebook.answers import Search, Show, Verify
from guvoh.casebook.deciding import Decide
from guvoh.casebook.desk import Desk, NoSuchRecord
from guvoh.casebook.erasing import Erase
from guvoh.casebook.index import Index
from guvoh.records.base import Terms, now
from guvoh.records.codec import AnyRecord, checked_bytes, subjects_of
from guvoh.records.custody import Backup, Label
from guvoh.records.decisions import Consent, Correction, Finding, Note, Permission, Scope, Standard
from guvoh.records.people import Mention
from guvoh.records.sources import Receipt
from guvoh.records.statements import Statement, StatementKind
from guvoh.values.ids import new_id

PLAIN = "name,birth\nKarimov Aziz,1990\nErgashev Olim,1980\nYusupov Anvar,1981\n"


def says(laptop: Laptop, *records: AnyRecord, subjects: tuple[str, ...] = ()) -> None:
    """A modified program writes whatever it likes into the log of its own device."""
    with laptop.archive().batch() as batch:
        for record in records:
            batch.add(Entry((*subjects_of(record), *subjects), checked_bytes(record)))


def known(laptop: Laptop) -> set[str]:
    with laptop.desk() as desk:
        return {one for (one,) in desk.index.db.execute("SELECT id FROM record")}


def note(by: str, *about: str, text: str = "seen") -> Note:
    return Note(id=new_id("n"), by=by, at=now(), about=about, text=text)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.opened(tmp_path, delay=0)


class TestInSomebodyElsesName:
    def test_a_record_is_not_taken_in_and_verify_and_doctor_tell(self, office: Office) -> None:
        source = office.amina.add("l.csv", PLAIN)
        office.meet()
        owner, editor = office.amina.archive().member, office.idris.archive().member
        forged, honest = note(owner, source), note(editor, source)
        says(office.idris, forged, honest)
        office.meet()

        assert known(office.amina) & {forged.id, honest.id} == {honest.id}
        with pytest.raises(NoSuchRecord):
            office.amina.ask(queries.show, Show(id=forged.id, reason="a test"))
        notices = office.amina.ask(queries.verify, Verify()).notices
        assert any(office.idris.archive().device in one and "kept unread" in one for one in notices)
        found = office.amina.ask(health.doctor, health.Doctor(quick=True)).findings
        assert any(one.about == "entries" for one in found)

    def test_a_name_that_is_no_members_is_as_good_as_any_until_it_is_one(self, office: Office, tmp_path: Path) -> None:
        """The index is what it would be if it were made today, whoever joined in the meantime."""
        source = office.amina.add("l.csv", PLAIN)
        office.meet()
        sara = Laptop(tmp_path, "sara", "linen copper walnut harbour")
        merging.pull(merging.start_copy(office.amina.archive(), sara.folder), office.amina.archive())
        _, asked = members.ask(sara.folder, sara.home, sara.passphrase, None, CHEAP)
        assert asked is not None
        request = members.read_request(asked.read_bytes(), office.amina.archive().id)
        early = note(request.signer, source)
        says(office.idris, early)
        office.meet()
        assert early.id in known(office.amina)

        members.admit(office.amina.archive(), asked.read_bytes(), Role.EDITOR)

        with office.amina.desk() as desk:
            assert early.id not in {one for one, *_ in desk.index.dump()["record"]}
            assert desk.index.dump() == made_anew(desk)

    def test_a_record_stays_where_an_erasure_wrote_it_anew(self, office: Office) -> None:
        source = office.amina.add("l.csv", PLAIN)
        office.meet()
        editor = office.idris.archive().member
        about_both = note(editor, f"{source}.1", f"{source}.2", text="Karimov Aziz and his cousin")
        says(office.idris, about_both)
        office.meet()
        plan = office.amina.ask(erasing.erase, Erase(ids=(f"{source}.1",), why="danger", confirmed=True))
        office.meet()

        for laptop in (office.amina, office.idris):
            shown = laptop.ask(queries.show, Show(id=about_both.id, reason="a test"))
            fields = {cell.label: cell.value for cell in shown.fields}
            assert (fields["by"], fields["about"]) == (editor, f"{source}.2")
            assert "Karimov" not in fields["text"]

        office.amina.ask(deciding.refuse, Decide(id=plan.id))
        office.meet()
        for laptop in (office.amina, office.idris):
            shown = laptop.ask(queries.show, Show(id=about_both.id, reason="a test"))
            assert "Karimov" in {cell.label: cell.value for cell in shown.fields}["text"]
            with laptop.desk() as desk:
                assert desk.index.dump() == made_anew(desk)

    def test_a_record_that_names_an_erasure_of_somebody_else_is_not_taken_in(self, office: Office) -> None:
        source = office.amina.add("l.csv", PLAIN)
        office.meet()
        plan = office.amina.ask(erasing.erase, Erase(ids=(f"{source}.1",), why="danger", confirmed=True))
        office.meet()
        forged = note(office.amina.archive().member, source)
        says(office.idris, forged, subjects=(plan.id,))
        office.meet()

        assert forged.id not in known(office.amina)


def made_anew(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    index = Index(None, bytes(32))
    index.catch_up(desk.archive, forgotten=desk.forgotten())
    return index.dump()


class TestAWriter:
    @pytest.fixture
    def office(self, tmp_path: Path) -> Office:
        office = Office.opened(tmp_path, Role.WRITER, delay=0)
        office.amina.sync(office.stick)
        merging.pull(office.idris.archive(), Folder(office.stick))
        return office

    @staticmethod
    def given(office: Office) -> None:
        merging.pull(Folder(office.stick), office.idris.archive())
        office.amina.sync(office.stick)

    def test_adds_what_came_in_and_what_was_said_and_decides_nothing(self, office: Office) -> None:
        writer, source = office.idris.archive().member, office.idris.add("t.txt", "What I saw at the market.\n")
        said = Statement(id=new_id("t"), source=source, kind=StatementKind.ACT)
        allowed = Consent(
            id=new_id("c"), by=writer, at=now(), about=("m-" + "a" * 20,), scopes={Scope.KEEP: Permission.YES}
        )
        decided: list[AnyRecord] = [
            Label(id=new_id("b"), by=writer, at=now(), about=office.amina.archive().member, name="nobody"),
            Finding(id=new_id("f"), by=writer, at=now(), conclusion="none", standard=Standard.ALLEGED, supporting=()),
            Correction(id=new_id("c"), by=writer, at=now(), old=source),
            Backup(id=new_id("u"), by=writer, at=now(), place="with me", heads={}),
            note(writer, source),
        ]
        says(office.idris, said, allowed, *decided)
        self.given(office)

        found = known(office.amina)
        assert {source, said.id, allowed.id} <= found
        assert not found & {one.id for one in decided}
        with office.amina.desk() as desk:
            assert colleagues.labels(desk) == {}

    def test_puts_no_text_and_no_row_in_the_place_of_an_editors(self, office: Office) -> None:
        text, rows = office.amina.add("a.txt", ARTICLE), office.amina.add("l.csv", PLAIN)
        with office.amina.desk() as desk:
            forged = msgspec.structs.replace(desk.source(text), text="Nobody was taken.\n", terms=Terms.INTERNAL)
        says(office.idris, forged, Mention(id=f"{rows}.1", source=rows, row=1, name="Aaa Aaa"))
        self.given(office)

        assert CANARY in office.amina.ask(queries.show, Show(id=text)).text
        assert office.amina.ask(queries.search, Search(text="Karimov")).people == 1
        with office.amina.desk() as desk:
            assert desk.index.dump() == made_anew(desk)

    def test_is_told_that_his_backup_is_not_recorded(self, office: Office, tmp_path: Path) -> None:
        made = office.idris.ask(exchange.backup, exchange.Backup(path=os.fsencode(tmp_path / "b.tar")))
        assert made.id == ""
        assert any("not recorded" in one for one in made.notices)


class TestWhatDoesNotCount:
    """Entries of a removed member, and of one who may not write, lie on the disk and are used by nobody."""

    @pytest.mark.parametrize("removed", [True, False])
    def test_is_destroyed_by_an_erasure_and_never_said_anew_by_who_asks_for_it(
        self, tmp_path: Path, removed: bool
    ) -> None:
        office = Office.opened(tmp_path, Role.EDITOR if removed else Role.READER, delay=0)
        source = office.amina.add("l.csv", LIST)
        office.meet()
        idris = office.idris.archive()
        if removed:
            members.remove_member(office.amina.archive(), idris.member)
        kept = note(office.amina.archive().member, f"{source}.2", text="nothing to do with him")
        says(office.amina, kept)
        forged: list[AnyRecord] = [
            note(idris.member, f"{source}.21", f"{source}.1", text="FORGED of both"),
            note(idris.member, f"{source}.21", text=f"FORGED of {CANARY}"),
            msgspec.structs.replace(note(idris.member, f"{source}.21"), id=kept.id),
            Mention(id=f"{source}.21", source=source, row=21, name="Karimov Forged"),
            Mention(id=f"{source}.3", source=source, row=3, name="Karimov Forged", cells=(CANARY, "Zavqiddin")),
        ]
        says(office.idris, *forged)
        merging.pull(Folder(office.stick), office.idris.archive())
        office.amina.sync(office.stick)
        before = known(office.amina)

        plan = office.amina.ask(erasing.erase, Erase(ids=(f"{source}.21",), why="withdrawn", confirmed=True))
        office.amina.ask(deciding.carry_out, deciding.CarryOut())

        assert known(office.amina) - before == set()
        assert kept.id in known(office.amina)
        with office.amina.desk() as desk:
            archive = desk.archive
            mine = [entry for entry in archive.entries(apart=True) if entry.log == archive.device]
            assert not [entry for entry in mine if b"FORGED" in entry.body or b"Forged" in entry.body]
            assert not [entry for entry in archive.entries(apart=True) if CANARY.encode() in entry.body]
            original = desk.source(source).original
            assert (original.digest, [one.id for one in plan.mentions]) != ("", [])
            assert desk.ask(queries.show, Show(id=f"{source}.3", reason="a test")).cells[0].value == "Karimov Azizc"
            assert desk.ask(queries.show, Show(id=f"{source}.4", reason="a test")).cells[0].value == "Karimov Azizd"


def test_a_receipt_is_as_good_as_the_log_it_lies_in(office: Office) -> None:
    source = office.amina.add("a.txt", ARTICLE)
    office.meet()
    forged = Receipt(
        id=new_id("r"),
        by=office.amina.archive().member,
        at=now(),
        source=source,
        file_name="from the police.txt",
        program="guvoh",
    )
    says(office.idris, forged)
    office.meet()
    assert forged.id not in known(office.amina)
