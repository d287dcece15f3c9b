"""Who works on an archive, and with which computers: as the casebook answers, on computers of several people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from computers import OTHER, THIRD, Computer, joined, jot
from desks import add
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.archive.errors import NotAllowed, NotReadable
from guvoh.casebook import commands, copies, joining, queries, staff
from guvoh.casebook import sheets as sheeting
from guvoh.casebook.answers import Add, Nothing, Search, Verify
from guvoh.casebook.colleagues import device_called, member_called
from guvoh.casebook.desk import Desk
from guvoh.casebook.lost import WhichDevice, device_lost
from guvoh.casebook.staff import Asking, Look, Named
from guvoh.words.passphrases import words_of

pytest_plugins = ("furnished",)


class TestTheFiveWords:
    def test_are_the_same_on_both_sides(self, amina: Computer) -> None:
        asked = joining.join(amina.beside("idris").archive, OTHER, None, 1)
        assert asked.request is not None
        with amina.desk() as desk:
            seen = desk.ask(staff.look_at_request, Look(note=Path(asked.request).read_bytes()))

        assert seen.words == asked.words
        assert len(asked.words.split()) == 5
        assert set(asked.words.split()) <= set(words_of("en"))

    @given(st.binary(max_size=200), st.binary(max_size=200))
    @settings(max_examples=50, deadline=None)
    def test_differ_for_two_requests_and_stay_for_one(self, one: bytes, other: bytes) -> None:
        assert (staff.spoken(one) == staff.spoken(other)) is (one == other)

    @pytest.mark.parametrize("said", ["crystal town forage rookie oregano", " Crystal, town forage  ROOKIE oregano "])
    def test_are_known_however_they_are_typed(self, said: str) -> None:
        staff.check_words(Asking(device="d-a", words="crystal town forage rookie oregano"), said)

    @pytest.mark.parametrize("said", ["", "crystal town forage rookie", "town crystal forage rookie oregano"])
    def test_that_are_others_admit_nobody(self, said: str) -> None:
        with pytest.raises(staff.WordsDiffer, match="nobody was admitted"):
            staff.check_words(Asking(device="d-a", words="crystal town forage rookie oregano"), said)


class TestTheListOfMembers:
    def test_names_each_by_role_and_order_of_admission(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        joined(amina, "vera", "reader-without-identities", THIRD)
        found = amina.staff()

        assert [one.pseudonym for one in found.members] == ["owner 1", "editor 2", "reader without identities 3"]
        assert [one.name for one in found.members] == ["", "Idris", "Vera"]
        assert [one.you for one in found.members] == [True, False, False]

    def test_says_how_much_a_device_is_known_to_have(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            jot(desk)
        amina.take(idris)
        mine, his = (one.devices[0] for one in amina.staff().members)

        assert his.entries > 0
        assert his.seen == his.of == mine.entries  # he had synced just before he wrote
        with amina.desk() as desk:
            jot(desk)
        mine, his = (one.devices[0] for one in amina.staff().members)
        assert his.seen < his.of == mine.entries

    def test_keeps_the_numbers_of_those_who_were_removed(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            desk.ask(staff.remove_member, Named(id=member_called(desk.ask(staff.staff, Nothing()).members, "Idris").id))
        joined(amina, "vera", "reader", THIRD)

        assert [(one.pseudonym, one.in_force) for one in amina.staff().members] == [
            ("owner 1", True),
            ("editor 2", False),
            ("reader 3", True),
        ]

    def test_sheets_for_recovery_are_nobody(self, amina: Computer) -> None:
        with amina.desk() as desk:
            made = desk.ask(sheeting.make_recovery, Nothing())
        joined(amina, "idris", "editor")
        found = amina.staff()

        assert [one.pseudonym for one in found.members] == ["owner 1", "editor 2"]
        assert [sheets.made for sheets in found.sheets] == [made.made]


class TestRemoving:
    def test_a_member_makes_a_new_key_and_keeps_later_entries_apart(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with amina.desk() as desk:
            his = member_called(desk.ask(staff.staff, Nothing()).members, "Idris")
            done = desk.ask(staff.remove_member, Named(id=his.id))
            add(desk, {"after.txt": "Written after he left.\n"})
        with idris.desk() as desk:
            add(desk, {"late.txt": "Written without knowing that he was removed.\n"})
        amina.take(idris)
        device = amina.staff().members[1].devices[0]

        assert (done.role, done.rekeyed) == ("editor", True)
        assert device.apart == device.entries > 0
        with amina.desk() as desk:
            assert len(desk.ask(queries.sources, Nothing()).sources) == 5
            taken = desk.ask(staff.accept, Named(id=device.id))
            assert taken.entries == device.apart
            assert len(desk.ask(queries.sources, Nothing()).sources) == 6

    def test_what_is_written_afterwards_the_removed_cannot_read(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "editor")
        with amina.desk() as desk:
            his = member_called(desk.ask(staff.staff, Nothing()).members, "Idris")
            desk.ask(staff.remove_member, Named(id=his.id))
            add(desk, {"after.txt": "Written after he left.\n"})
        idris.take(amina)

        with idris.desk() as desk:
            assert len(desk.ask(queries.sources, Nothing()).sources) == 4

    def test_a_writer_makes_no_new_key_since_he_had_none(self, amina: Computer) -> None:
        joined(amina, "idris", "writer")
        with amina.desk() as desk:
            his = member_called(desk.ask(staff.staff, Nothing()).members, "Idris")
            done = desk.ask(staff.remove_member, Named(id=his.id))

        assert (done.role, done.rekeyed) == ("writer", False)

    def test_a_device_leaves_its_member_one(self, amina: Computer) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            _, device = device_called(desk.ask(staff.staff, Nothing()).members, "Idris")
            desk.ask(staff.remove_device, Named(id=device.id))
        his = amina.staff().members[1]

        assert his.in_force
        assert not his.devices[0].in_force

    def test_nobody_removes_himself_or_the_last_owner(self, amina: Computer) -> None:
        with amina.desk() as desk, pytest.raises(NotAllowed, match="that is you"):
            desk.ask(staff.remove_member, Named(id=desk.archive.member))

    def test_nothing_apart_is_nothing_to_take_in(self, amina: Computer) -> None:
        with amina.desk() as desk, pytest.raises(NotAllowed, match="nothing of log"):
            desk.ask(staff.accept, Named(id=desk.archive.device))


def works(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except NotAllowed:
        return False
    return True


class TestEachRole:
    """What docs/keys.md says of the roles, held against what they can do."""

    TRIED: ClassVar[dict[str, Callable[[Desk], object]]] = {
        "add files": lambda desk: add(desk, {"mine.txt": "Mine.\n"}),
        "see sources, counts, dates": lambda desk: desk.ask(queries.sources, Nothing()),
        "count people": lambda desk: desk.ask(queries.people, Nothing()),
        "search names and texts": lambda desk: desk.ask(queries.search, Search(text="Karimov")),
        "make a report": lambda desk: desk.ask(queries.report, Nothing()),
        "verify": lambda desk: desk.ask(queries.verify, Verify()),
        "open the originals (`verify --evidence`)": lambda desk: desk.ask(queries.verify, Verify(evidence=True)),
        "list members": lambda desk: desk.ask(staff.staff, Nothing()),
        "name members and devices": lambda desk: desk.ask(staff.call, Named(id=desk.archive.member, name="Me")),
        "see who was on a lost device": lambda desk: desk.ask(device_lost, WhichDevice(id=desk.archive.device)),
        "admit, remove, make sheets": lambda desk: desk.ask(sheeting.make_recovery, Nothing()),
        "change the own passphrase": lambda desk: joining.change_passphrase(desk.archive.path, OTHER, THIRD),
        "leave": lambda desk: desk.ask(copies.only_here, Nothing()),
    }

    @staticmethod
    def said() -> tuple[list[str], dict[str, list[str]]]:
        page = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text("utf-8")
        table = page.partition("## What works in each role")[2].partition("\n## ")[0]
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "|" in line]
        return lines[0][1:], {line[0]: line[1:] for line in lines[2:]}

    def test_the_page_has_every_role_and_every_trial(self) -> None:
        roles, rows = self.said()

        assert roles == list(staff.ROLES)
        assert list(rows) == list(self.TRIED)

    @pytest.mark.parametrize("role", list(staff.ROLES))
    def test_can_do_what_the_page_says_and_no_more(self, amina: Computer, role: str) -> None:
        roles, rows = self.said()
        with amina.desk() as desk:
            desk.ask(queries.people, Nothing())  # without names one counts what others have compared
        idris = joined(amina, "idris", role)
        with idris.desk() as desk:
            found = {what: works(partial(tried, desk)) for what, tried in self.TRIED.items()}

        assert found == {what: cells[roles.index(role)] != "no" for what, cells in rows.items()}

    def test_a_writer_finds_nothing_of_what_was_written_not_even_his_own(self, amina: Computer) -> None:
        idris = joined(amina, "idris", "writer")
        with idris.desk() as desk:
            added = desk.ask(commands.add, Add(files=()))
            add(desk, {"mine.txt": "A canary of mine sings.\n"})
            assert added.failed == 0
            with pytest.raises(NotReadable):
                list(desk.archive.entries())
            assert desk.index.db.execute("SELECT count(*) FROM record").fetchone() == (0,)
        amina.take(idris)

        with amina.desk() as desk:
            assert desk.ask(queries.search, Search(text="canary")).texts == 1

    def test_a_reader_without_identities_finds_no_name(self, amina: Computer) -> None:
        vera = joined(amina, "vera", "reader-without-identities")
        with vera.desk() as desk:
            said = msgspec.json.encode(desk.ask(queries.sources, Nothing())).decode()
            kept = repr(desk.index.dump())

        for word in ("KARIMOV", "karimov", "hotline.csv", "EMOMOV", "mother"):
            assert word not in said
            assert word not in kept


class TestNames:
    @pytest.mark.parametrize(
        "name", ["", "  ", "Owner 1", "editor-12", "reader without identities 3, device 2", "x" * 81]
    )
    def test_that_mislead_or_are_none_are_refused(self, amina: Computer, name: str) -> None:
        with amina.desk() as desk, pytest.raises(staff.BadName):
            desk.ask(staff.call, Named(id=desk.archive.member, name=name))

    @pytest.mark.parametrize("name", ["Idris", "Owner of the hotline", "x" * 80, "Идрис 2"])
    def test_of_people_are_taken(self, name: str) -> None:
        staff.check_label(name)

    def test_that_mislead_admit_nobody(self, amina: Computer) -> None:
        asked = joining.join(amina.beside("idris").archive, OTHER, None, 1)
        assert asked.request is not None
        with amina.desk() as desk:
            with pytest.raises(staff.BadName):
                desk.ask(staff.admit, staff.Admit(note=Path(asked.request).read_bytes(), role="editor", name="owner 1"))
            assert len(desk.ask(staff.staff, Nothing()).members) == 1


def test_a_request_that_has_not_come_is_named_with_the_file_that_it_is(amina: Computer) -> None:
    with amina.desk() as desk, pytest.raises(staff.NoRequest, match=r"join/d-a+\.request"):
        desk.ask(staff.look_at_request, Look(device="d-aaaaaaaaaaaaaaaaaaaa"))


def test_a_refusal_names_the_role_as_a_person_would(amina: Computer) -> None:
    for role, start in (("editor", "an editor of"), ("replica", "a replica of this archive holds")):
        with joined(amina, role, role).desk() as desk, pytest.raises(NotAllowed, match=start):
            desk.ask(sheeting.make_recovery, Nothing())
