"""Sheets for recovery: what is on them, what they give back, what revokes them."""

from __future__ import annotations

import os
import re
from datetime import date

import pytest
from computers import THIRD, Computer
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic.wordlist import WORDLIST

from guvoh.archive.errors import NotAllowed
from guvoh.archive.store import Folder
from guvoh.archive.verify import verify
from guvoh.casebook import exchange, joining, queries, staff
from guvoh.casebook import sheets as sheeting
from guvoh.casebook.answers import Nothing, Search
from guvoh.casebook.commands import WeakPassphrase
from guvoh.casebook.desk import Desk
from guvoh.casebook.health import Doctor, Finding, Health, Level, doctor
from guvoh.casebook.staff import Named
from guvoh.sealing import shares

pytest_plugins = ("furnished",)


@pytest.fixture
def sheets(amina: Computer) -> tuple[str, ...]:
    with amina.desk() as desk:
        made: sheeting.Printed = desk.ask(sheeting.make_recovery, Nothing())
    return made.sheets


class TestSheets:
    def test_are_three_with_the_number_of_each_and_the_day(self, sheets: tuple[str, ...]) -> None:
        assert len(sheets) == 3
        for number, text in enumerate(sheets, 1):
            assert text.splitlines()[0] == f"sheet {number} of 3    {date.today().isoformat()}"
            assert [int(n) for n in sorted(re.findall(r"(?m)\b(\d+)  [a-z]", text), key=int)] == list(range(1, 34))

    def test_say_nothing_of_what_they_are_for(self, amina: Computer, sheets: tuple[str, ...]) -> None:
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
        assert sheeting.secret_of([sheets[at] for at in which]) == sheeting.secret_of(sheets[:2])

    def test_one_gives_nothing(self, sheets: tuple[str, ...]) -> None:
        with pytest.raises(shares.TooFewSheets):
            sheeting.secret_of(sheets[:1])
        with pytest.raises(shares.BadSheet):
            sheeting.secret_of([sheets[0], sheets[0]])

    def test_are_read_as_they_are_printed_and_as_they_are_typed(self, sheets: tuple[str, ...]) -> None:
        words = sheeting.sheet_words(sheets[0])
        numbered = "\n".join(f"{at}. {word.upper()}" for at, word in enumerate(words.split(), 1))

        for text in (words, numbered, words.replace(" ", "\n")):
            assert sheeting.secret_of([text, sheets[1]]) == sheeting.secret_of(sheets[:2])

    @given(st.binary(min_size=32, max_size=32), st.dates())
    @settings(max_examples=20, deadline=None)
    def test_of_any_secret_come_back_from_paper(self, secret: bytes, day: date) -> None:
        made = list(sheeting.printed(shares.split(secret), day))

        assert sheeting.secret_of(made[1:]) == secret
        for text in made:
            sheeting.check_sheet(text)

    def test_with_a_word_that_is_wrong_are_told_apart_at_once(self, sheets: tuple[str, ...]) -> None:
        words = sheeting.sheet_words(sheets[0]).split()
        with pytest.raises(shares.BadSheet, match="sheet 1: word 5"):
            sheeting.check_sheet(" ".join([*words[:4], "zzzz", *words[5:]]))
        with pytest.raises(shares.BadSheet, match="33 words"):
            sheeting.check_sheet(" ".join(words[:-1]))

    def test_two_of_them_make_a_new_owner_who_reads_everything(self, amina: Computer, sheets: tuple[str, ...]) -> None:
        rescued = amina.beside("rescued", THIRD)
        done = joining.recover(rescued.archive, sheeting.secret_of(sheets[1:]), THIRD, 1)

        assert rescued.me().role == "owner"
        assert rescued.me().id == done.member
        with rescued.desk() as desk:
            assert desk.ask(queries.search, Search(text="Karimov")).people == 1
            assert verify(desk.archive, dict(desk.archive.known)).problems == []

    def test_a_weak_passphrase_is_refused_before_anything_is_written(
        self, amina: Computer, sheets: tuple[str, ...]
    ) -> None:
        rescued = amina.beside("rescued")
        before = sorted(path.name for path in (rescued.archive / "keys").iterdir())
        with pytest.raises(WeakPassphrase):
            joining.recover(rescued.archive, sheeting.secret_of(sheets[:2]), "1234", 1)

        assert sorted(path.name for path in (rescued.archive / "keys").iterdir()) == before

    def test_new_ones_revoke_the_old(self, amina: Computer, sheets: tuple[str, ...]) -> None:
        with amina.desk() as desk:
            desk.ask(sheeting.make_recovery, Nothing())
            assert len(desk.ask(staff.staff, Nothing()).sheets) == 1
        rescued = amina.beside("rescued")

        with pytest.raises(NotAllowed, match="were revoked"):
            joining.recover(rescued.archive, sheeting.secret_of(sheets[:2]), THIRD, 1)

    def test_revoked_ones_are_in_force_no_more(self, amina: Computer, sheets: tuple[str, ...]) -> None:
        with amina.desk() as desk:
            assert desk.ask(sheeting.revoke_recovery, Nothing()).sets == 1
            assert desk.ask(staff.staff, Nothing()).sheets == ()
            assert desk.ask(sheeting.revoke_recovery, Nothing()).sets == 0

    def test_new_ones_name_the_day_of_those_that_they_revoke(self, amina: Computer, sheets: tuple[str, ...]) -> None:
        with amina.desk() as desk:
            made: sheeting.Printed = desk.ask(sheeting.make_recovery, Nothing())

        assert made.revoked == (date.today().isoformat(),)

    def test_revoked_ones_say_whether_there_are_later_ones(self, amina: Computer, sheets: tuple[str, ...]) -> None:
        with amina.desk() as desk:
            desk.ask(sheeting.make_recovery, Nothing())
        later = amina.beside("later")
        with pytest.raises(NotAllowed, match="later ones are in force"):
            joining.recover(later.archive, sheeting.secret_of(sheets[:2]), THIRD, 1)
        with amina.desk() as desk:
            desk.ask(sheeting.revoke_recovery, Nothing())
        none = amina.beside("none")
        with pytest.raises(NotAllowed, match="no others are in force"):
            joining.recover(none.archive, sheeting.secret_of(sheets[:2]), THIRD, 1)


class TestWhoCameInWithSheets:
    def test_is_told_by_the_next_sync_and_is_to_be_acted_on_until_he_is_named(
        self, amina: Computer, sheets: tuple[str, ...]
    ) -> None:
        rescued = amina.beside("rescued", THIRD)
        one = joining.recover(rescued.archive, sheeting.secret_of(sheets[1:]), THIRD, 1).member
        with amina.desk() as desk:
            said = desk.ask(exchange.sync, exchange.Sync(path=os.fsencode(rescued.archive))).notices
            unknown = let_in(desk)
            desk.ask(staff.call, Named(id=one, name="Amina at home"))
            known = let_in(desk)
        with rescued.desk() as desk:
            his_own = let_in(desk)

        assert [one in notice and "came in with sheets" in notice for notice in said] == [True]
        assert [(finding.level, one in finding.advice) for finding in unknown] == [(Level.ACT, True)]
        assert (known, his_own) == ([], [])

    def test_cannot_make_himself_known(self, amina: Computer, sheets: tuple[str, ...]) -> None:
        rescued = amina.beside("rescued", THIRD)
        one = joining.recover(rescued.archive, sheeting.secret_of(sheets[1:]), THIRD, 1).member
        with rescued.desk() as desk:
            desk.ask(staff.call, Named(id=one, name="A friend"))
        amina.take(rescued)
        with amina.desk() as desk:
            assert len(let_in(desk)) == 1


def let_in(desk: Desk) -> list[Finding]:
    found: Health = desk.ask(doctor, Doctor(quick=True))
    return [one for one in found.findings if "came in with sheets" in one.what]
