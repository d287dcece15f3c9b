"""Joining an archive, and another passphrase."""

from __future__ import annotations

from pathlib import Path

import pytest
from computers import OTHER, THIRD, Computer, joined
from desks import CHEAP, PASSPHRASE

from guvoh.archive import members as membership
from guvoh.archive.errors import NotAllowed, NotYetAdmitted
from guvoh.archive.store import Archive, Folder
from guvoh.casebook import joining, queries, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.commands import WeakPassphrase
from guvoh.casebook.staff import Admit, Look
from guvoh.sealing.passphrases import WrongPassphrase

pytest_plugins = ("furnished",)


class TestJoining:
    def test_a_new_member_reads_once_an_owner_has_admitted_him(self, amina: Computer) -> None:
        idris = amina.beside("idris")
        asked = joining.join(idris.archive, OTHER, None, 1)
        with pytest.raises(NotYetAdmitted):
            Archive(idris.archive, idris.home, OTHER)

        assert asked.request is not None
        with amina.desk() as desk:
            done = desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role="editor", name="Idris"))
        idris.take(amina)

        assert (done.role, done.new, done.device) == ("editor", True, asked.device)
        with idris.desk() as desk:
            assert len(desk.ask(queries.sources, Nothing()).sources) == 4

    def test_a_computer_that_has_asked_shows_the_same_words_again(self, amina: Computer) -> None:
        idris = amina.beside("idris")
        assert joining.asked_before(idris.archive) is None
        first = joining.join(idris.archive, OTHER, None, 1)

        again = joining.asked_before(idris.archive)

        assert again is not None
        assert again.again
        assert (again.device, again.words, again.request) == (first.device, first.words, first.request)

    def test_once_it_is_admitted_there_is_no_request_left_to_show(self, amina: Computer) -> None:
        assert joining.asked_before(joined(amina, "idris", "editor").archive) is None

    def test_a_weak_passphrase_is_refused_before_anything_is_written(self, amina: Computer) -> None:
        idris = amina.beside("idris")
        with pytest.raises(WeakPassphrase):
            joining.join(idris.archive, "summer2024", None, 1)

        assert not (idris.archive / "join").exists()
        assert not idris.home.exists()

    def test_an_owners_second_laptop_is_in_at_once(self, amina: Computer) -> None:
        second = amina.beside("second", PASSPHRASE)
        done = joining.join(second.archive, PASSPHRASE, joining.joining_member(second.archive, "Owner-1"))

        assert done.request is None
        assert [device.here for device in second.me().devices] == [False, True]

    def test_an_editors_second_laptop_needs_an_owner(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        second = amina.beside("second", OTHER)
        asked = joining.join(second.archive, OTHER, joining.joining_member(second.archive, "editor 2"))
        assert asked.request is not None
        assert not asked.new_member
        with amina.desk() as desk:
            note = Path(asked.request).read_bytes()
            seen = desk.ask(staff.look_at_request, Look(note=note))
            done = desk.ask(staff.admit, Admit(note=note))

        assert seen.member.startswith("editor 2 (m-")
        assert (done.role, done.new) == ("editor", False)

    def test_a_wrong_passphrase_makes_no_device(self, amina: Computer) -> None:
        second = amina.beside("second")
        with pytest.raises(WrongPassphrase):
            joining.join(second.archive, OTHER, joining.joining_member(second.archive, "owner 1"))

        assert not second.home.exists()

    def test_who_is_no_member_learns_who_is(self, amina: Computer) -> None:
        with pytest.raises(NotAllowed, match=r"owner 1 is m-[a-z2-7]{20}"):
            joining.joining_member(amina.archive, "editor 7")

    def test_a_request_that_came_with_a_sync_waits_in_the_list(self, amina: Computer) -> None:
        idris = amina.beside("idris")
        asked = joining.join(idris.archive, OTHER, None, 1)
        amina.take(idris)

        (waiting,) = amina.staff().waiting

        assert (waiting.device, waiting.words, waiting.member) == (asked.device, asked.words, "")
        with amina.desk() as desk:
            note = desk.ask(staff.look_at_request, Look(device=asked.device)).note
            desk.ask(staff.admit, Admit(note=note, role="reader"))
        assert amina.staff().waiting == ()

    def test_a_request_that_was_changed_is_shown_as_such_and_admits_nobody(self, amina: Computer) -> None:
        idris = amina.beside("idris")
        asked = joining.join(idris.archive, OTHER, None, 1)
        amina.take(idris)
        path = amina.archive / "join" / f"{asked.device}.request"
        path.write_bytes(path.read_bytes().replace(b'"lock":"ey', b'"lock":"ez', 1).replace(b"\n\n", b"\n\n ", 1))

        (waiting,) = amina.staff().waiting
        assert "no request to join this archive" in waiting.problem
        with amina.desk() as desk, pytest.raises(membership.BadRequest):
            desk.ask(staff.admit, Admit(note=path.read_bytes(), role="owner"))

    def test_nobody_gets_another_role_by_joining_again(self, amina: Computer) -> None:
        joined(amina, "idris", "reader")
        second = amina.beside("second", OTHER)
        asked = joining.join(second.archive, OTHER, joining.joining_member(second.archive, "reader 2"))
        assert asked.request is not None
        with amina.desk() as desk, pytest.raises(NotAllowed, match="roles do not change"):
            desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role="owner"))

    @pytest.mark.parametrize("role", ["editor", "reader", "writer"])
    def test_only_an_owner_admits(self, amina: Computer, role: str) -> None:
        idris = joined(amina, "idris", role)
        vera = amina.beside("vera", THIRD)
        asked = joining.join(vera.archive, THIRD, None, 1)
        assert asked.request is not None
        with idris.desk() as desk, pytest.raises(NotAllowed):
            desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role="owner"))


class TestAnotherPassphrase:
    def test_opens_here_and_the_old_one_does_not(self, amina: Computer) -> None:
        assert joining.change_passphrase(amina.archive, PASSPHRASE, OTHER)  # as cheap to guess as before

        with pytest.raises(WrongPassphrase):
            Archive(amina.archive, amina.home, PASSPHRASE)
        assert Archive(amina.archive, amina.home, OTHER).role.value == "owner"

    def test_does_not_reach_copies_that_were_made_before(self, amina: Computer) -> None:
        amina_id = amina.me().id
        copy = amina.beside("copy", PASSPHRASE)
        amina.use()
        joining.change_passphrase(amina.archive, PASSPHRASE, OTHER)

        found = Folder(copy.archive).keys.open_member(amina_id, PASSPHRASE)
        assert found.member == amina_id

    def test_that_is_weak_changes_nothing(self, amina: Computer) -> None:
        with pytest.raises(WeakPassphrase):
            joining.change_passphrase(amina.archive, PASSPHRASE, "qwertyuiop")

        assert Archive(amina.archive, amina.home, PASSPHRASE).role.value == "owner"

    def test_keeps_what_a_guess_costs_unless_told_otherwise(self, amina: Computer) -> None:
        joining.change_passphrase(amina.archive, PASSPHRASE, OTHER)
        archive = Archive(amina.archive, amina.home, OTHER)
        assert archive.keys.cost(archive.member) == CHEAP

        joining.change_passphrase(amina.archive, OTHER, THIRD, 2)
        found = archive.keys.cost(archive.member)
        assert found is not None
        assert found.memory == 2 << 10

    def test_that_is_the_same_is_none_unless_a_guess_costs_more(self, amina: Computer) -> None:
        with pytest.raises(joining.SamePassphrase):
            joining.change_passphrase(amina.archive, PASSPHRASE, PASSPHRASE)

        joining.change_passphrase(amina.archive, PASSPHRASE, PASSPHRASE, 2)
        assert Archive(amina.archive, amina.home, PASSPHRASE).role.value == "owner"
