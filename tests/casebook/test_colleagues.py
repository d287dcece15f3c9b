"""What members and devices are called, and whom a name finds."""

from __future__ import annotations

import pytest
from computers import THIRD, Computer, joined

from guvoh.casebook import staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.colleagues import Unclear, device_called, member_called
from guvoh.casebook.entries import entry
from guvoh.casebook.staff import Named
from guvoh.records.custody import Label
from guvoh.values.ids import new_id

pytest_plugins = ("furnished",)


class TestAName:
    @pytest.mark.parametrize("typed", ["Idris", "idris", "editor 2", "Editor-2"])
    def test_finds_a_member_by_label_and_by_pseudonym(self, amina: Computer, typed: str) -> None:
        joined(amina, "idris", "editor")

        assert member_called(amina.staff().members, typed).pseudonym == "editor 2"

    def test_finds_the_one_device_of_a_member(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        found = amina.staff()
        expected = found.members[1].devices[0]

        for typed in ("Idris", "editor 2 device 1", "editor 2, device 1", expected.id):
            assert device_called(found.members, typed)[1] == expected

    def test_that_fits_nobody_is_not_repeated(self, amina: Computer) -> None:
        with pytest.raises(Unclear, match="no member of this archive is called that") as refused:
            member_called(amina.staff().members, "Karimova")

        assert "Karimova" not in str(refused.value)

    def test_that_fits_two_names_neither(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        joined(amina, "vera", "editor", THIRD)
        with amina.desk() as desk:
            for one in desk.ask(staff.staff, Nothing()).members[1:]:
                desk.ask(staff.call, Named(id=one.id, name="Sasha"))

        with pytest.raises(Unclear, match="2 members"):
            member_called(amina.staff().members, "Sasha")

    def test_that_was_empty_fits_nobody(self, amina: Computer) -> None:
        with pytest.raises(Unclear):
            member_called(amina.staff().members, " ")

    def test_is_replaced_by_the_next_one(self, amina: Computer) -> None:
        with amina.desk() as desk:
            me = desk.archive.member
            for name in ("Amina", "Амина Каримова", "A."):
                desk.ask(staff.call, Named(id=me, name=name))

        assert amina.me().name == "A."

    def test_of_two_given_at_once_is_the_later_by_its_clock(self, amina: Computer) -> None:
        with amina.desk() as desk:
            me = desk.archive.member
            with desk.archive.batch() as batch:
                for at, name in (("2031-01-01T00:00:00Z", "Later"), ("2030-01-01T00:00:00Z", "Sooner")):
                    batch.add(entry(Label(id=new_id("b"), by=me, at=at, about=me, name=name)))

        assert amina.me().name == "Later"

    def test_can_be_given_to_a_device_and_to_nothing_else(self, amina: Computer) -> None:
        with amina.desk() as desk:
            desk.ask(staff.call, Named(id=desk.archive.device, name="office"))
            with pytest.raises(Unclear):
                desk.ask(staff.call, Named(id="d-aaaaaaaaaaaaaaaaaaaa", name="ghost"))

        assert amina.me().devices[0].name == "office"

    def test_is_not_seen_by_a_reader_without_identities(self, amina: Computer) -> None:
        vera = joined(amina, "vera", "reader-without-identities")

        assert [one.name for one in vera.staff().members] == ["", ""]
        assert "Vera" in [one.name for one in amina.staff().members]
