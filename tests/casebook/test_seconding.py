"""A second owner agrees with a removal, on computers of several people."""

from __future__ import annotations

import pytest
from computers import THIRD, Computer, joined

from guvoh.archive.control import decision_id
from guvoh.archive.errors import NotAllowed
from guvoh.archive.store import Folder
from guvoh.casebook import health, seconding, sheets, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.colleagues import present, pseudonyms
from guvoh.casebook.desk import Desk
from guvoh.casebook.seconding import Agree, Agreed
from guvoh.casebook.staff import Named, Removed

pytest_plugins = ("furnished",)


@pytest.fixture
def idris(amina: Computer) -> Computer:
    return joined(amina, "idris", "owner")


@pytest.fixture
def sevara(amina: Computer, idris: Computer) -> Computer:
    found = joined(amina, "sevara", "owner", THIRD)
    idris.take(amina)
    return found


def remove(by: Computer, member: str) -> Removed:
    with by.desk() as desk:
        done: Removed = desk.ask(staff.remove_member, Named(id=member))
        return done


def agree(by: Computer, removal: str) -> Agreed:
    with by.desk() as desk:
        done: Agreed = desk.ask(seconding.agree, Agree(id=removal))
        return done


def in_force(at: Computer) -> list[str]:
    """As anybody finds it who has this copy, with or without a key."""
    known = Folder(at.archive).membership()
    return [pseudonyms(known)[one.member] for one in present(known)]


def advice(desk: Desk) -> list[str]:
    found = desk.ask(health.doctor, health.Doctor(quick=True))
    return [one.advice for one in found.findings if "member agree" in one.advice]


def test_a_removal_of_an_owner_waits_for_a_second_one(amina: Computer, idris: Computer, sevara: Computer) -> None:
    [removal] = remove(idris, amina.me().id).lone
    sevara.take(idris)
    [waits] = sevara.staff().lone
    with sevara.desk() as desk:
        said = advice(desk)
    done = agree(sevara, removal)

    assert (waits.id, waits.removed, waits.by, waits.yours) == (removal, "owner 1", "owner 2", False)
    assert said == [f"another owner, whom neither who signed it nor sheets let in: `guvoh member agree {removal}`"]
    assert (done.removed, done.stands) == ("owner 1", True)
    assert sevara.staff().lone == ()
    with sevara.desk() as desk:
        assert advice(desk) == []


def test_nobody_is_asked_where_no_second_owner_is_left_or_where_none_could_answer(
    amina: Computer, idris: Computer
) -> None:
    editor = joined(amina, "timur", "editor", THIRD)
    assert remove(amina, editor.me().id).lone == ()
    assert remove(amina, idris.me().id).lone == ()
    assert amina.staff().lone == ()


def test_two_owners_remove_a_founder_who_has_answered_the_first_of_them(
    amina: Computer, idris: Computer, sevara: Computer
) -> None:
    founder, him = amina.me().id, idris.me().id
    [removal] = remove(idris, founder).lone
    remove(amina, him)
    sevara.take(idris)
    sevara.take(amina)
    assert in_force(sevara) == ["owner 1", "owner 3"]

    assert agree(sevara, removal).stands
    assert in_force(sevara) == ["owner 2", "owner 3"]
    for one in (amina, idris):
        one.take(sevara)
        one.take(idris if one is amina else amina)
        assert in_force(one) == ["owner 2", "owner 3"]


def test_revoked_sheets_wait_for_it_too(amina: Computer, idris: Computer, sevara: Computer) -> None:
    device = idris.me().devices[0].id
    with amina.desk() as desk:
        assert desk.ask(sheets.make_recovery, Nothing()).lone == ()
        [again] = desk.ask(sheets.make_recovery, Nothing()).lone
        [revoked] = desk.ask(sheets.revoke_recovery, Nothing()).lone
        # Whom the founder let in cannot back her against another owner: she could make as many such as she likes.
        assert desk.ask(staff.remove_device, Named(id=device)).lone == ()
    sevara.take(amina)

    assert {one.id: one.removed for one in sevara.staff().lone} == {
        again: "sheets for recovery",
        revoked: "sheets for recovery",
    }
    assert [agree(sevara, one).stands for one in (again, revoked)] == [True] * 2
    assert sevara.staff().lone == ()


def test_nobody_agrees_with_his_own_removal_or_with_none(amina: Computer, idris: Computer, sevara: Computer) -> None:
    [removal] = remove(idris, amina.me().id).lone
    with pytest.raises(NotAllowed, match="your own"):
        agree(idris, removal)
    with pytest.raises(NotAllowed, match="no removal x-aaaaaaaaaaaaaaaaaaaa"):
        agree(idris, "x-" + "a" * 20)


def test_whom_the_remover_let_in_is_told_that_he_does_not_count(amina: Computer, idris: Computer) -> None:
    timur = joined(idris, "timur", "owner", THIRD)
    amina.take(idris)
    assert remove(idris, amina.me().id).lone == ()
    with idris.desk() as desk:
        [(removal, _, _)] = desk.archive.members.removals
        one = decision_id(removal)
    timur.take(idris)
    with pytest.raises(NotAllowed, match="would not count"):
        agree(timur, one)


def test_an_editor_agrees_with_nothing(amina: Computer, idris: Computer, sevara: Computer) -> None:
    editor = joined(amina, "timur", "editor", THIRD)
    idris.take(amina)
    [removal] = remove(idris, amina.me().id).lone
    editor.take(idris)
    with pytest.raises(NotAllowed, match="only an owner"):
        agree(editor, removal)
