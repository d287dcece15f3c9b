"""Who works on an archive, and with which computers: as the casebook answers, on laptops of several people."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from desks import CHEAP, PASSPHRASE, add
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORDLIST

from guvoh.archive import members as membership
from guvoh.archive.errors import MissingKey, NotAllowed, NotReadable, NotYetAdmitted
from guvoh.archive.merging import pull
from guvoh.archive.rewriting import pack
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import verify
from guvoh.casebook import commands, queries, staff
from guvoh.casebook.answers import Add, Nothing, Search, Show, Terms, Verify
from guvoh.casebook.commands import WeakPassphrase
from guvoh.casebook.desk import Desk
from guvoh.casebook.staff import Admit, Asking, Look, Lost, MemberSeen, Named, Staff, Unclear
from guvoh.errors import GuvohError
from guvoh.records.base import Absent, Answer, now
from guvoh.records.custody import Backup, Label
from guvoh.records.decisions import Consent, Correction, Note, Permission, Scope
from guvoh.sealing import shares
from guvoh.sealing.passphrases import WrongPassphrase
from guvoh.values.absence import Absence
from guvoh.values.ids import new_id
from guvoh.words.passphrases import words_of

OTHER = "velvet anchor pebble tornado crayon silver"
THIRD = "walnut harbor ribbon gravel pencil cactus"
LIST = "name,birth date\nKARIMOV AZIZ,1990-04-02\nJURAEV SHERZOD,1985-01-20\n"
HOTLINE = "name,birth date\nEMOMOV FIRUZ,1996-07-11\nNAZAROV DALER,1993-02-03\n"
NOTES = "name,birth date\nTURSUNOV BOBUR,1979-05-05\n"
TESTIMONY = "A mother says that her son was taken from the colony at night.\n"


class Laptop:
    """One computer: its own GUVOH_HOME, and a copy of the archive."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str = PASSPHRASE) -> None:
        self.folder, self.passphrase, self._patch = folder, passphrase, monkeypatch
        self.archive, self.home = folder / "archive", folder / "home"

    def use(self) -> Laptop:
        """Sit down at it: what is a plain function finds its GUVOH_HOME in the environment."""
        self._patch.setenv("GUVOH_HOME", str(self.home))
        return self

    def beside(self, name: str, passphrase: str = OTHER) -> Laptop:
        """Another computer, to which this folder was copied."""
        other = Laptop(self.folder.with_name(name), self._patch, passphrase)
        shutil.copytree(self.archive, other.archive)
        return other.use()

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        self.use()
        desk = Desk(Archive(self.archive, self.home, self.passphrase))
        try:
            yield desk
        finally:
            desk.close()

    def take(self, other: Laptop) -> None:
        """Bring what the other has: what a sync does first."""
        pull(Folder(self.archive), Folder(other.archive))

    def staff(self) -> Staff:
        with self.desk() as desk:
            found: Staff = desk.ask(staff.staff, Nothing())
            return found

    def me(self) -> MemberSeen:
        return next(one for one in self.staff().members if one.you)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a list, a hotline's list under consent, a testimony and notes. Copy it before writing."""
    folder = tmp_path_factory.mktemp("office") / "amina"
    folder.mkdir()
    commands.init(folder / "archive", folder / "home", PASSPHRASE, CHEAP)
    desk = Desk(Archive(folder / "archive", folder / "home", PASSPHRASE))
    add(desk, {"list.csv": LIST})
    add(desk, {"hotline.csv": HOTLINE, "testimony.txt": TESTIMONY}, Terms.CONSENT)
    add(desk, {"notes.csv": NOTES}, Terms.INTERNAL)
    desk.close()
    return folder


@pytest.fixture
def amina(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    """The founder, an owner. Nothing here is about power cuts, so nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    shutil.copytree(office, tmp_path / "amina")
    return Laptop(tmp_path / "amina", monkeypatch).use()


def joined(owner: Laptop, name: str, role: str, passphrase: str = OTHER) -> Laptop:
    """Somebody who has asked to join on a laptop of his own, was admitted in this role, and has synced."""
    other = owner.beside(name, passphrase)
    asked = staff.join(other.archive, passphrase, None, 1)
    assert asked.request is not None
    with owner.desk() as desk:
        desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role=role, name=name.title()))
    other.take(owner)
    return other


class TestTheFiveWords:
    def test_are_the_same_on_both_sides(self, amina: Laptop) -> None:
        asked = staff.join(amina.beside("idris").archive, OTHER, None, 1)
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


class TestJoining:
    def test_a_new_member_reads_once_an_owner_has_admitted_him(self, amina: Laptop) -> None:
        idris = amina.beside("idris")
        asked = staff.join(idris.archive, OTHER, None, 1)
        with pytest.raises((NotYetAdmitted, MissingKey)):
            Archive(idris.archive, idris.home, OTHER)

        assert asked.request is not None
        with amina.desk() as desk:
            done = desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role="editor", name="Idris"))
        idris.take(amina)

        assert (done.role, done.new, done.device) == ("editor", True, asked.device)
        with idris.desk() as desk:
            assert len(desk.ask(queries.sources, Nothing()).sources) == 4

    def test_a_computer_that_has_asked_shows_the_same_words_again(self, amina: Laptop) -> None:
        idris = amina.beside("idris")
        assert staff.asked_before(idris.archive) is None
        first = staff.join(idris.archive, OTHER, None, 1)

        again = staff.asked_before(idris.archive)

        assert again is not None
        assert again.again
        assert (again.device, again.words, again.request) == (first.device, first.words, first.request)

    def test_once_it_is_admitted_there_is_no_request_left_to_show(self, amina: Laptop) -> None:
        assert staff.asked_before(joined(amina, "idris", "editor").archive) is None

    def test_a_weak_passphrase_is_refused_before_anything_is_written(self, amina: Laptop) -> None:
        idris = amina.beside("idris")
        with pytest.raises(WeakPassphrase):
            staff.join(idris.archive, "summer2024", None, 1)

        assert not (idris.archive / "join").exists()
        assert not idris.home.exists()

    def test_an_owners_second_laptop_is_in_at_once(self, amina: Laptop) -> None:
        second = amina.beside("second", PASSPHRASE)
        done = staff.join(second.archive, PASSPHRASE, staff.joining_member(second.archive, "Owner-1"))

        assert done.request is None
        assert [device.here for device in second.me().devices] == [False, True]

    def test_an_editors_second_laptop_needs_an_owner(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        second = amina.beside("second", OTHER)
        asked = staff.join(second.archive, OTHER, staff.joining_member(second.archive, "editor 2"))
        assert asked.request is not None
        assert not asked.new_member
        with amina.desk() as desk:
            note = Path(asked.request).read_bytes()
            seen = desk.ask(staff.look_at_request, Look(note=note))
            done = desk.ask(staff.admit, Admit(note=note))

        assert seen.member.startswith("editor 2 (m-")
        assert (done.role, done.new) == ("editor", False)

    def test_a_wrong_passphrase_makes_no_device(self, amina: Laptop) -> None:
        second = amina.beside("second")
        with pytest.raises(WrongPassphrase):
            staff.join(second.archive, OTHER, staff.joining_member(second.archive, "owner 1"))

        assert not second.home.exists()

    def test_who_is_no_member_learns_who_is(self, amina: Laptop) -> None:
        with pytest.raises(NotAllowed, match=r"owner 1 is m-[a-z2-7]{20}"):
            staff.joining_member(amina.archive, "editor 7")

    def test_a_request_that_came_with_a_sync_waits_in_the_list(self, amina: Laptop) -> None:
        idris = amina.beside("idris")
        asked = staff.join(idris.archive, OTHER, None, 1)
        amina.take(idris)

        (waiting,) = amina.staff().waiting

        assert (waiting.device, waiting.words, waiting.member) == (asked.device, asked.words, "")
        with amina.desk() as desk:
            note = desk.ask(staff.look_at_request, Look(device=asked.device)).note
            desk.ask(staff.admit, Admit(note=note, role="reader"))
        assert amina.staff().waiting == ()

    def test_a_request_that_was_changed_is_shown_as_such_and_admits_nobody(self, amina: Laptop) -> None:
        idris = amina.beside("idris")
        asked = staff.join(idris.archive, OTHER, None, 1)
        amina.take(idris)
        path = amina.archive / "join" / f"{asked.device}.request"
        path.write_bytes(path.read_bytes().replace(b'"lock":"ey', b'"lock":"ez', 1).replace(b"\n\n", b"\n\n ", 1))

        (waiting,) = amina.staff().waiting
        assert "no request to join this archive" in waiting.problem
        with amina.desk() as desk, pytest.raises(membership.BadRequest):
            desk.ask(staff.admit, Admit(note=path.read_bytes(), role="owner"))

    def test_nobody_gets_another_role_by_joining_again(self, amina: Laptop) -> None:
        joined(amina, "idris", "reader")
        second = amina.beside("second", OTHER)
        asked = staff.join(second.archive, OTHER, staff.joining_member(second.archive, "reader 2"))
        assert asked.request is not None
        with amina.desk() as desk, pytest.raises(NotAllowed, match="roles do not change"):
            desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role="owner"))

    @pytest.mark.parametrize("role", ["editor", "reader", "writer"])
    def test_only_an_owner_admits(self, amina: Laptop, role: str) -> None:
        idris = joined(amina, "idris", role)
        vera = amina.beside("vera", THIRD)
        asked = staff.join(vera.archive, THIRD, None, 1)
        assert asked.request is not None
        with idris.desk() as desk, pytest.raises(NotAllowed):
            desk.ask(staff.admit, Admit(note=Path(asked.request).read_bytes(), role="owner"))


class TestTheListOfMembers:
    def test_names_each_by_role_and_order_of_admission(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        joined(amina, "vera", "reader-without-identities", THIRD)
        found = amina.staff()

        assert [one.pseudonym for one in found.members] == ["owner 1", "editor 2", "reader without identities 3"]
        assert [one.name for one in found.members] == ["", "Idris", "Vera"]
        assert [one.you for one in found.members] == [True, False, False]

    def test_says_how_much_a_device_is_known_to_have(self, amina: Laptop) -> None:
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

    def test_keeps_the_numbers_of_those_who_were_removed(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            desk.ask(staff.remove_member, Named(id=staff.member_called(desk.ask(staff.staff, Nothing()), "Idris").id))
        joined(amina, "vera", "reader", THIRD)

        assert [(one.pseudonym, one.in_force) for one in amina.staff().members] == [
            ("owner 1", True),
            ("editor 2", False),
            ("reader 3", True),
        ]

    def test_sheets_for_recovery_are_nobody(self, amina: Laptop) -> None:
        with amina.desk() as desk:
            made = desk.ask(staff.make_recovery, Nothing())
        joined(amina, "idris", "editor")
        found = amina.staff()

        assert [one.pseudonym for one in found.members] == ["owner 1", "editor 2"]
        assert [sheets.made for sheets in found.sheets] == [made.made]


class TestAName:
    @pytest.mark.parametrize("typed", ["Idris", "idris", "editor 2", "Editor-2"])
    def test_finds_a_member_by_label_and_by_pseudonym(self, amina: Laptop, typed: str) -> None:
        joined(amina, "idris", "editor")

        assert staff.member_called(amina.staff(), typed).pseudonym == "editor 2"

    def test_finds_the_one_device_of_a_member(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        found = amina.staff()
        expected = found.members[1].devices[0]

        for typed in ("Idris", "editor 2 device 1", "editor 2, device 1", expected.id):
            assert staff.device_called(found, typed)[1] == expected

    def test_that_fits_nobody_is_not_repeated(self, amina: Laptop) -> None:
        with pytest.raises(Unclear, match="no member of this archive is called that") as refused:
            staff.member_called(amina.staff(), "Karimova")

        assert "Karimova" not in str(refused.value)

    def test_that_fits_two_names_neither(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        joined(amina, "vera", "editor", THIRD)
        with amina.desk() as desk:
            for one in desk.ask(staff.staff, Nothing()).members[1:]:
                desk.ask(staff.call, Named(id=one.id, name="Sasha"))

        with pytest.raises(Unclear, match="2 members"):
            staff.member_called(amina.staff(), "Sasha")

    def test_that_was_empty_fits_nobody(self, amina: Laptop) -> None:
        with pytest.raises(Unclear):
            staff.member_called(amina.staff(), " ")

    def test_is_replaced_by_the_next_one(self, amina: Laptop) -> None:
        with amina.desk() as desk:
            me = desk.archive.member
            for name in ("Amina", "Амина Каримова", "A."):
                desk.ask(staff.call, Named(id=me, name=name))

        assert amina.me().name == "A."

    def test_of_two_given_at_once_is_the_later_by_its_clock(self, amina: Laptop) -> None:
        with amina.desk() as desk:
            me = desk.archive.member
            with desk.archive.batch() as batch:
                for at, name in (("2031-01-01T00:00:00Z", "Later"), ("2030-01-01T00:00:00Z", "Sooner")):
                    batch.add(commands.entry(Label(id=new_id("b"), by=me, at=at, about=me, name=name)))

        assert amina.me().name == "Later"

    def test_can_be_given_to_a_device_and_to_nothing_else(self, amina: Laptop) -> None:
        with amina.desk() as desk:
            desk.ask(staff.call, Named(id=desk.archive.device, name="office"))
            with pytest.raises(Unclear):
                desk.ask(staff.call, Named(id="d-aaaaaaaaaaaaaaaaaaaa", name="ghost"))

        assert amina.me().devices[0].name == "office"

    def test_is_not_seen_by_a_reader_without_identities(self, amina: Laptop) -> None:
        vera = joined(amina, "vera", "reader-without-identities")

        assert [one.name for one in vera.staff().members] == ["", ""]
        assert "Vera" in [one.name for one in amina.staff().members]


class TestRemoving:
    def test_a_member_makes_a_new_key_and_keeps_later_entries_apart(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "editor")
        with amina.desk() as desk:
            his = staff.member_called(desk.ask(staff.staff, Nothing()), "Idris")
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

    def test_what_is_written_afterwards_the_removed_cannot_read(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "editor")
        with amina.desk() as desk:
            his = staff.member_called(desk.ask(staff.staff, Nothing()), "Idris")
            desk.ask(staff.remove_member, Named(id=his.id))
            add(desk, {"after.txt": "Written after he left.\n"})
        idris.take(amina)

        with idris.desk() as desk:
            assert len(desk.ask(queries.sources, Nothing()).sources) == 4

    def test_a_writer_makes_no_new_key_since_he_had_none(self, amina: Laptop) -> None:
        joined(amina, "idris", "writer")
        with amina.desk() as desk:
            his = staff.member_called(desk.ask(staff.staff, Nothing()), "Idris")
            done = desk.ask(staff.remove_member, Named(id=his.id))

        assert (done.role, done.rekeyed) == ("writer", False)

    def test_a_device_leaves_its_member_one(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            _, device = staff.device_called(desk.ask(staff.staff, Nothing()), "Idris")
            desk.ask(staff.remove_device, Named(id=device.id))
        his = amina.staff().members[1]

        assert his.in_force
        assert not his.devices[0].in_force

    def test_nobody_removes_himself_or_the_last_owner(self, amina: Laptop) -> None:
        with amina.desk() as desk, pytest.raises(NotAllowed, match="that is you"):
            desk.ask(staff.remove_member, Named(id=desk.archive.member))

    def test_nothing_apart_is_nothing_to_take_in(self, amina: Laptop) -> None:
        with amina.desk() as desk, pytest.raises(NotAllowed, match="nothing of log"):
            desk.ask(staff.accept, Named(id=desk.archive.device))


def jot(desk: Desk, text: str = "A remark.") -> None:
    """Write something: a note on a record."""
    note = Note(id=new_id("q"), by=desk.archive.member, at=now(), about=("s-some",), text=text)
    with desk.archive.batch() as batch:
        batch.add(commands.entry(note))
    desk.catch_up()


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
        "list members": lambda desk: desk.ask(staff.staff, Nothing()),
        "name members and devices": lambda desk: desk.ask(staff.call, Named(id=desk.archive.member, name="Me")),
        "see who was on a lost device": lambda desk: desk.ask(staff.device_lost, Named(id=desk.archive.device)),
        "admit, remove, make sheets": lambda desk: desk.ask(staff.make_recovery, Nothing()),
        "change the own passphrase": lambda desk: staff.change_passphrase(desk.archive.path, OTHER, THIRD),
        "leave": lambda desk: desk.ask(staff.only_here, Nothing()),
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
    def test_can_do_what_the_page_says_and_no_more(self, amina: Laptop, role: str) -> None:
        roles, rows = self.said()
        idris = joined(amina, "idris", role)
        with idris.desk() as desk:
            found = {what: works(partial(tried, desk)) for what, tried in self.TRIED.items()}

        assert found == {what: cells[roles.index(role)] != "no" for what, cells in rows.items()}

    def test_a_writer_finds_nothing_of_what_was_written_not_even_his_own(self, amina: Laptop) -> None:
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

    def test_a_reader_without_identities_finds_no_name(self, amina: Laptop) -> None:
        vera = joined(amina, "vera", "reader-without-identities")
        with vera.desk() as desk:
            said = msgspec.json.encode(desk.ask(queries.sources, Nothing())).decode()
            kept = repr(desk.index.dump())

        for word in ("KARIMOV", "karimov", "hotline.csv", "EMOMOV", "mother"):
            assert word not in said
            assert word not in kept


@pytest.fixture
def sheets(amina: Laptop) -> tuple[str, ...]:
    with amina.desk() as desk:
        made: staff.Printed = desk.ask(staff.make_recovery, Nothing())
    return made.sheets


class TestSheets:
    def test_are_three_with_the_number_of_each_and_the_day(self, sheets: tuple[str, ...]) -> None:
        assert len(sheets) == 3
        for number, text in enumerate(sheets, 1):
            assert text.splitlines()[0] == f"sheet {number} of 3    {date.today().isoformat()}"
            assert [int(n) for n in sorted(re.findall(r"(?m)\b(\d+)  [a-z]", text), key=int)] == list(range(1, 34))

    def test_say_nothing_of_what_they_are_for(self, amina: Laptop, sheets: tuple[str, ...]) -> None:
        archive = Folder(amina.archive).id
        for text in (re.sub(r"\d+  [a-z]+", "", sheet) for sheet in sheets):
            for word in ("guvoh", "archive", "member", "recover", "secret", "key", "password", archive):
                assert word not in text.casefold()

    def test_have_no_word_of_the_list_beside_the_numbered_ones(self, sheets: tuple[str, ...]) -> None:
        meant = {word[:length] for word in WORDLIST for length in range(4, len(word) + 1)}
        for text in sheets:
            beside = re.sub(r"\d+  [a-z]+", "", text)
            assert meant.isdisjoint(re.findall(r"[a-z]+", beside.casefold()))

    @pytest.mark.parametrize("which", [(0, 1), (0, 2), (2, 1), (0, 1, 2)])
    def test_any_two_give_the_same_back(self, sheets: tuple[str, ...], which: tuple[int, ...]) -> None:
        assert staff.secret_of([sheets[at] for at in which]) == staff.secret_of(sheets[:2])

    def test_one_gives_nothing(self, sheets: tuple[str, ...]) -> None:
        with pytest.raises(shares.TooFewSheets):
            staff.secret_of(sheets[:1])
        with pytest.raises(shares.BadSheet):
            staff.secret_of([sheets[0], sheets[0]])

    def test_are_read_as_they_are_printed_and_as_they_are_typed(self, sheets: tuple[str, ...]) -> None:
        words = staff.sheet_words(sheets[0])
        numbered = "\n".join(f"{at}. {word.upper()}" for at, word in enumerate(words.split(), 1))

        for text in (words, numbered, words.replace(" ", "\n")):
            assert staff.secret_of([text, sheets[1]]) == staff.secret_of(sheets[:2])

    @given(st.binary(min_size=32, max_size=32), st.dates())
    @settings(max_examples=20, deadline=None)
    def test_of_any_secret_come_back_from_paper(self, secret: bytes, day: date) -> None:
        made = list(staff.printed(shares.split(secret), day))

        assert staff.secret_of(made[1:]) == secret
        for text in made:
            staff.check_sheet(text)

    def test_with_a_word_that_is_wrong_are_told_apart_at_once(self, sheets: tuple[str, ...]) -> None:
        words = staff.sheet_words(sheets[0]).split()
        with pytest.raises(shares.BadSheet, match="sheet 1: word 5"):
            staff.check_sheet(" ".join([*words[:4], "zzzz", *words[5:]]))
        with pytest.raises(shares.BadSheet, match="33 words"):
            staff.check_sheet(" ".join(words[:-1]))

    def test_two_of_them_make_a_new_owner_who_reads_everything(self, amina: Laptop, sheets: tuple[str, ...]) -> None:
        rescued = amina.beside("rescued", THIRD)
        done = staff.recover(rescued.archive, staff.secret_of(sheets[1:]), THIRD, 1)

        assert rescued.me().role == "owner"
        assert rescued.me().id == done.member
        with rescued.desk() as desk:
            assert desk.ask(queries.search, Search(text="Karimov")).people == 1
            assert verify(desk.archive, dict(desk.archive.known)).problems == []

    def test_a_weak_passphrase_is_refused_before_anything_is_written(
        self, amina: Laptop, sheets: tuple[str, ...]
    ) -> None:
        rescued = amina.beside("rescued")
        before = sorted(path.name for path in (rescued.archive / "keys").iterdir())
        with pytest.raises(WeakPassphrase):
            staff.recover(rescued.archive, staff.secret_of(sheets[:2]), "1234", 1)

        assert sorted(path.name for path in (rescued.archive / "keys").iterdir()) == before

    def test_new_ones_revoke_the_old(self, amina: Laptop, sheets: tuple[str, ...]) -> None:
        with amina.desk() as desk:
            desk.ask(staff.make_recovery, Nothing())
            assert len(desk.ask(staff.staff, Nothing()).sheets) == 1
        rescued = amina.beside("rescued")

        with pytest.raises(NotAllowed, match="were revoked"):
            staff.recover(rescued.archive, staff.secret_of(sheets[:2]), THIRD, 1)

    def test_revoked_ones_are_in_force_no_more(self, amina: Laptop, sheets: tuple[str, ...]) -> None:
        with amina.desk() as desk:
            assert desk.ask(staff.revoke_recovery, Nothing()).sets == 1
            assert desk.ask(staff.staff, Nothing()).sheets == ()
            assert desk.ask(staff.revoke_recovery, Nothing()).sets == 0


class TestAnotherPassphrase:
    def test_opens_here_and_the_old_one_does_not(self, amina: Laptop) -> None:
        assert staff.change_passphrase(amina.archive, PASSPHRASE, OTHER)  # as cheap to guess as before

        with pytest.raises(WrongPassphrase):
            Archive(amina.archive, amina.home, PASSPHRASE)
        assert Archive(amina.archive, amina.home, OTHER).role.value == "owner"

    def test_does_not_reach_copies_that_were_made_before(self, amina: Laptop) -> None:
        amina_id = amina.me().id
        copy = amina.beside("copy", PASSPHRASE)
        amina.use()
        staff.change_passphrase(amina.archive, PASSPHRASE, OTHER)

        found = Folder(copy.archive).keys.open_member(amina_id, PASSPHRASE)
        assert found.member == amina_id

    def test_that_is_weak_changes_nothing(self, amina: Laptop) -> None:
        with pytest.raises(WeakPassphrase):
            staff.change_passphrase(amina.archive, PASSPHRASE, "qwertyuiop")

        assert Archive(amina.archive, amina.home, PASSPHRASE).role.value == "owner"

    def test_keeps_what_a_guess_costs_unless_told_otherwise(self, amina: Laptop) -> None:
        staff.change_passphrase(amina.archive, PASSPHRASE, OTHER)
        archive = Archive(amina.archive, amina.home, OTHER)
        assert archive.keys.cost(archive.member) == CHEAP

        staff.change_passphrase(amina.archive, OTHER, THIRD, 2)
        found = archive.keys.cost(archive.member)
        assert found is not None
        assert found.memory == 2 << 10


def everything(*places: Path) -> int:
    return sum(path.is_file() for place in places for path in place.rglob("*"))


def worked(desk: Desk) -> int:
    """How many entries this device has written, but for those about sessions and backups."""
    device = desk.archive.device
    query = "SELECT count(*) FROM records WHERE log = ? AND kind IN ('session', 'backup')"
    return int(desk.archive.states[device].size - desk.index.db.execute(query, (device,)).fetchone()[0])


class TestLeaving:
    def test_removes_the_own_keys_and_the_index_and_says_all_that_is_left(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            desk.ask(queries.sources, Nothing())
            me = desk.archive.member
        left = staff.leave(idris.archive)

        assert not [path for path in (idris.archive / "keys").iterdir() if me in path.name]
        assert not list(idris.home.rglob("index*"))
        assert sum(one.files for one in left.still) == everything(idris.archive, idris.home)
        with pytest.raises(MissingKey):
            Archive(idris.archive, idris.home, OTHER)

    def test_a_colleague_gives_the_keys_back(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "editor")
        staff.leave(idris.archive)
        idris.take(amina)

        with idris.desk() as desk:
            assert desk.ask(queries.search, Search(text="Karimov")).people == 1

    def test_with_commitments_only_nothing_sealed_is_left_and_all_of_it_comes_back(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            add(desk, {"mine.txt": "My own words.\n"})
        amina.take(idris)
        sealed = {path.name for path in (idris.archive / "evidence").iterdir()}
        left = staff.leave(idris.archive, commitments_only=True)

        assert left.evidence == len(sealed) == 5
        assert list((idris.archive / "evidence").iterdir()) == []
        assert all(segment.thin for log in Folder(idris.archive).logs() for segment in log.segments())
        assert "sealed entries" not in [one.what for one in left.still]

        idris.take(amina)
        assert {path.name for path in (idris.archive / "evidence").iterdir()} == sealed
        with idris.desk() as desk:
            assert desk.ask(queries.search, Search(text="own words")).texts == 1
            assert verify(desk.archive, dict(desk.archive.known)).problems == []

    def test_done_twice_is_done_once(self, amina: Laptop) -> None:
        first = staff.leave(amina.archive, commitments_only=True)
        second = staff.leave(amina.archive, commitments_only=True)

        assert first.keys == 2
        assert (second.keys, second.evidence, second.segments) == (0, 0, 0)
        assert second.still == first.still

    def test_an_unfinished_key_file_goes_too(self, amina: Laptop) -> None:
        me = amina.me().id
        (amina.archive / "keys" / f"{me}.identity.next").write_bytes(b"half a key")
        (amina.archive / "keys" / f"{me}.identity.part").write_bytes(b"half a key")
        staff.leave(amina.archive)

        assert list((amina.archive / "keys").iterdir()) == []

    def test_who_is_alone_has_everything_here_alone(self, amina: Laptop) -> None:
        with amina.desk() as desk:
            assert desk.ask(staff.only_here, Nothing()).entries == worked(desk)

    def test_what_a_colleague_is_known_to_have_is_elsewhere(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            jot(desk)
        amina.take(idris)

        with amina.desk() as desk:
            assert desk.ask(staff.only_here, Nothing()).entries == 0
            jot(desk)
            assert desk.ask(staff.only_here, Nothing()).entries > 0

    def test_what_a_removed_device_has_is_nowhere(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "editor")
        with idris.desk() as desk:
            jot(desk)
        amina.take(idris)
        with amina.desk() as desk:
            _, device = staff.device_called(desk.ask(staff.staff, Nothing()), "Idris")
            desk.ask(staff.remove_device, Named(id=device.id))

            assert desk.ask(staff.only_here, Nothing()).entries == worked(desk)

    def test_a_backup_counts_until_it_is_gone(self, amina: Laptop) -> None:
        with amina.desk() as desk:
            archive = desk.archive
            heads = {archive.device: archive.states[archive.device].size}
            backup = Backup(id=new_id("u"), by=archive.member, at=now(), place="with a friend", heads=heads)
            with archive.batch() as batch:
                batch.add(commands.entry(backup))
            desk.catch_up()
            assert desk.ask(staff.only_here, Nothing()).entries == 0

            with archive.batch() as batch:
                gone = Correction(id=new_id("c"), by=archive.member, at=now(), old=backup.id)
                batch.add(commands.entry(gone))
            desk.catch_up()
            assert desk.ask(staff.only_here, Nothing()).entries == worked(desk)


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
        batch.add(commands.entry(consent))
    desk.catch_up()
    return consent


def mention_called(desk: Desk, name: str) -> str:
    (found,) = desk.ask(queries.search, Search(text=name)).mentions
    identity: str = found.id
    return identity


def lost(desk: Desk, name: str) -> Lost:
    _, device = staff.device_called(desk.ask(staff.staff, Nothing()), name)
    found: Lost = desk.ask(staff.device_lost, Named(id=device.id))
    return found


class TestALostDevice:
    def test_names_those_first_who_spoke_under_a_consent(self, amina: Laptop) -> None:
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

    def test_says_how_each_is_safely_reached_and_how_never(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            daler = mention_called(desk, "Nazarov")
            consent_of(desk, daler, safe="by his sister, in the evening", unsafe="his phone")
            first = lost(desk, "Idris").consent[0]

        assert (first.mention, first.safe_contact) == (daler, ("by his sister, in the evening",))
        assert first.unsafe_contact == ("his phone",)

    def test_a_consent_puts_a_person_of_a_published_list_among_the_first(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            consent_of(desk, mention_called(desk, "Karimov"), safe=Absent(absent=Absence.NONE_STATED))
            names = [person.name for person in lost(desk, "Idris").consent]

        assert "KARIMOV AZIZ" in names
        assert "JURAEV SHERZOD" not in names

    def test_a_contact_that_was_corrected_is_not_given_any_more(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            daler = mention_called(desk, "Nazarov")
            old = consent_of(desk, daler, safe="an old number")
            new = consent_of(desk, daler, safe="a new number")
            with desk.archive.batch() as batch:
                correction = Correction(id=new_id("c"), by=desk.archive.member, at=now(), old=old.id, new=new.id)
                batch.add(commands.entry(correction))
            desk.catch_up()

            assert lost(desk, "Idris").consent[0].safe_contact == ("a new number",)

    def test_one_person_of_several_mentions_in_one_consent_stands_once(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            consent_of(desk, mention_called(desk, "Nazarov"), mention_called(desk, "Karimov"))

            assert len(lost(desk, "Idris").consent) == 2

    def test_tells_what_it_is_known_to_have_had_from_what_may_have_come_later(self, amina: Laptop) -> None:
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

    def test_packing_takes_nothing_away_from_what_is_known(self, amina: Laptop) -> None:
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
    def test_was_readable_as_far_as_its_members_role_goes(self, amina: Laptop, role: str, reads: str) -> None:
        joined(amina, "idris", role)
        with amina.desk() as desk:
            found = lost(desk, "Idris")

        assert (found.role, found.reads) == (role, reads)

    def test_the_files_that_were_added_on_it_may_lie_on_it_in_clear(self, amina: Laptop) -> None:
        idris = joined(amina, "idris", "writer")
        with idris.desk() as desk:
            add(desk, {"his own.txt": "His words.\n"})
        amina.take(idris)

        with amina.desk() as desk:
            assert lost(desk, "Idris").originals == ("his own.txt",)

    def test_names_colleagues_but_not_who_lost_it_nor_who_has_left(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        joined(amina, "vera", "reader", THIRD)
        with amina.desk() as desk:
            assert lost(desk, "Idris").colleagues == ("owner 1", "reader 3: Vera")
            vera = staff.member_called(desk.ask(staff.staff, Nothing()), "Vera")
            desk.ask(staff.remove_member, Named(id=vera.id))
            assert lost(desk, "Idris").colleagues == ("owner 1",)

    def test_that_it_was_asked_is_kept_in_custody(self, amina: Laptop) -> None:
        joined(amina, "idris", "editor")
        with amina.desk() as desk:
            found = lost(desk, "Idris")
        with amina.desk() as desk:
            places = desk.index.db.execute("SELECT id FROM records WHERE kind = 'session'").fetchall()
            sessions = [repr(desk.ask(queries.show, Show(id=one, reason="a test")).fields) for (one,) in places]

        assert any(found.device in session and "is lost" in session for session in sessions)

    def test_is_asked_of_a_device_and_of_nothing_else(self, amina: Laptop) -> None:
        with amina.desk() as desk, pytest.raises(GuvohError, match="no device of this archive"):
            desk.ask(staff.device_lost, Named(id="d-aaaaaaaaaaaaaaaaaaaa"))
