"""A lost device: who was on it, and whom to warn first."""

from __future__ import annotations

import pytest
from computers import THIRD, Computer, joined, jot
from desks import add

from guvoh.archive.rewriting import pack
from guvoh.casebook import queries, staff
from guvoh.casebook.answers import Nothing, Search, Show, Terms
from guvoh.casebook.colleagues import device_called, member_called
from guvoh.casebook.desk import Desk
from guvoh.casebook.entries import entry
from guvoh.casebook.lost import Lost, WhichDevice, device_lost
from guvoh.casebook.staff import Named
from guvoh.errors import GuvohError
from guvoh.records.base import Absent, Answer, now
from guvoh.records.decisions import Consent, Correction, Permission, Scope
from guvoh.values.absence import Absence
from guvoh.values.ids import new_id

pytest_plugins = ("furnished",)


def consent_of(desk: Desk, *mentions: str, safe: Answer = None, unsafe: Answer = None) -> Consent:
    consent = Consent(
        id=new_id("c"),
        by=desk.archive.member,
        at=now(),
        about=mentions,
        scopes={Scope.KEEP: Permission.YES},
        safe_contact=safe,
        unsafe_contact=unsafe,
    )
    with desk.archive.batch() as batch:
        batch.add(entry(consent))
    desk.catch_up()
    return consent


def mention_called(desk: Desk, name: str) -> str:
    (found,) = desk.ask(queries.search, Search(text=name)).mentions
    identity: str = found.id
    return identity


def lost(desk: Desk, name: str) -> Lost:
    _, device = device_called(desk.ask(staff.staff, Nothing()).members, name)
    found: Lost = desk.ask(device_lost, WhichDevice(id=device.id))
    return found


class TestALostDevice:
    def test_names_those_first_who_spoke_under_a_consent(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            found = lost(desk, "Idris")

        assert [person.name for person in found.consent] == ["EMOMOV FIRUZ", "NAZAROV DALER"]
        assert [person.name for person in found.internal] == ["TURSUNOV BOBUR"]
        assert [(source.terms.value, source.title, source.people) for source in found.sources] == [
            ("consent", "hotline.csv", 2),
            ("consent", "testimony.txt", 0),
            ("internal", "notes.csv", 1),
            ("public", "list.csv", 2),
        ]

    def test_says_how_each_is_safely_reached_and_how_never(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            daler = mention_called(desk, "Nazarov")
            consent_of(desk, daler, safe="by his sister, in the evening", unsafe="his phone")
            first = lost(desk, "Idris").consent[0]

        assert (first.mention, first.safe_contact) == (daler, ("by his sister, in the evening",))
        assert first.unsafe_contact == ("his phone",)

    def test_a_consent_puts_a_person_of_a_published_list_among_the_first(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            consent_of(desk, mention_called(desk, "Karimov"), safe=Absent(absent=Absence.NONE_STATED))
            names = [person.name for person in lost(desk, "Idris").consent]

        assert "KARIMOV AZIZ" in names
        assert "JURAEV SHERZOD" not in names

    def test_a_contact_that_was_corrected_is_not_given_any_more(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            daler = mention_called(desk, "Nazarov")
            old = consent_of(desk, daler, safe="an old number")
            new = consent_of(desk, daler, safe="a new number")
            with desk.archive.batch() as batch:
                correction = Correction(id=new_id("c"), by=desk.archive.member, at=now(), old=old.id, new=new.id)
                batch.add(entry(correction))
            desk.catch_up()

            assert lost(desk, "Idris").consent[0].safe_contact == ("a new number",)

    def test_one_person_of_several_mentions_in_one_consent_stands_once(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            consent_of(desk, mention_called(desk, "Nazarov"), mention_called(desk, "Karimov"))

            assert len(lost(desk, "Idris").consent) == 2

    def test_tells_what_it_is_known_to_have_had_from_what_may_have_come_later(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            jot(desk)
        amina.take(idris)
        with amina.desk() as desk:
            before = lost(desk, "Idris")
            add(desk, {"later.csv": "name,birth date\nSOBIROV KOMIL,1988-08-08\n"}, Terms.CONSENT)
            after = lost(desk, "Idris")

        assert all(person.certain for person in before.consent)
        assert [(person.name, person.certain) for person in after.consent] == [
            ("EMOMOV FIRUZ", True),
            ("NAZAROV DALER", True),
            ("SOBIROV KOMIL", False),
        ]
        assert after.known == before.known < after.of

    def test_packing_takes_nothing_away_from_what_is_known(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            for number in range(4):
                jot(desk, f"Remark {number}.")
            assert pack(desk.archive, least=2) > 0
        amina.take(idris)

        with amina.desk() as desk:
            assert all(person.certain for person in lost(desk, "Idris").consent)

    @pytest.mark.parametrize(
        ("role", "reads"),
        [
            ("owner", "everything"),
            ("reader", "everything"),
            ("reader-without-identities", "what names nobody"),
            ("writer", "nothing"),
            ("replica", "nothing"),
        ],
    )
    def test_was_readable_as_far_as_its_members_role_goes(self, amina: Computer, role: str, reads: str) -> None:
        joined(amina, "idris", role)
        with amina.desk() as desk:
            found = lost(desk, "Idris")

        assert (found.role, found.reads) == (role, reads)

    def test_the_files_that_were_added_on_it_may_lie_on_it_in_clear(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "writer")
        with idris.desk() as desk:
            add(desk, {"his own.txt": "His words.\n"})
        amina.take(idris)

        with amina.desk() as desk:
            assert lost(desk, "Idris").originals == ("his own.txt",)

    def test_names_colleagues_but_not_who_lost_it_nor_who_has_left(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        joined(amina, "vera", "reader", THIRD)
        with amina.desk() as desk:
            assert lost(desk, "Idris").colleagues == ("owner 1", "reader 3: Vera")
            vera = member_called(desk.ask(staff.staff, Nothing()).members, "Vera")
            desk.ask(staff.remove_member, Named(id=vera.id))
            assert lost(desk, "Idris").colleagues == ("owner 1",)

    def test_that_it_was_asked_is_kept_in_custody(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            found = lost(desk, "Idris")
        with amina.desk() as desk:
            places = desk.index.db.execute("SELECT id FROM records WHERE kind = 'session'").fetchall()
            sessions = [repr(desk.ask(queries.show, Show(id=one, reason="a test")).fields) for (one,) in places]

        assert any(found.device in session and "is lost" in session for session in sessions)

    def test_is_asked_of_a_device_and_of_nothing_else(self, amina: Computer) -> None:
        with amina.desk() as desk, pytest.raises(GuvohError, match="no device of this archive"):
            desk.ask(device_lost, WhichDevice(id="d-aaaaaaaaaaaaaaaaaaaa"))
