"""What was erased and comes back: the same file from a laptop on which it was added before the erasure came there."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from laptops import Laptop, Office
from test_erasing import ARTICLE, CANARY, GONE, LIST, one_mention

from guvoh.archive import merging
from guvoh.archive.control import Role
from guvoh.archive.entries import Entry
from guvoh.archive.errors import NotAllowed
from guvoh.archive.logs import Log
from guvoh.archive.segments import Evidence
from guvoh.archive.store import Folder
from guvoh.casebook import deciding, erasing, queries, returning
from guvoh.casebook.answers import Nothing, Search, Show, Verify
from guvoh.casebook.deciding import Decide, ErasureSeen, Holding
from guvoh.casebook.erasing import Erase
from guvoh.casebook.health import Doctor, doctor
from guvoh.records.codec import checked_bytes, subjects_of
from guvoh.records.sources import Source


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office.opened(tmp_path, delay=0)
    office.meet()
    return office


def asked(laptop: Laptop, *ids: str, also: tuple[str, ...] = ()) -> str:
    plan: erasing.Plan = laptop.ask(erasing.erase, Erase(ids=ids, why="danger", also=also, confirmed=True))
    return plan.id


def erasures(laptop: Laptop) -> dict[str, ErasureSeen]:
    return {one.id: one for one in laptop.ask(deciding.erasures, Nothing()).erasures}


def destroyed(office: Office, erasure: str, by: Laptop) -> None:
    """Approved by the other one, and carried out on both."""
    office.meet()
    by.ask(deciding.approve, Decide(id=erasure))
    office.meet()
    office.meet()


def readable(laptop: Laptop) -> str:
    """Every entry on a laptop that its keys open, whether or not it is used."""
    archive = laptop.archive()
    segments = (segment for log in archive.states for segment in Log(laptop.folder, log).segments())
    leaves = (leaf for segment in segments for _, leaf in archive.opener.opened(segment, archive.members.erased))
    return "\n".join(bytes(leaf).decode("utf-8", "replace") for leaf in leaves).lower()


def sources(laptop: Laptop) -> list[Source]:
    with laptop.desk() as desk:
        return [desk.source(one) for one in laptop.sources()]


def nothing_is_left(laptop: Laptop) -> bool:
    """In no entry, and in no file: those that lie there are of sources that are used, and hold none of it."""
    archive, files = laptop.archive(), ""
    originals = [one.original for one in sources(laptop)]
    for one in originals:
        sealed = Evidence(name=one.evidence, sha256=one.sealed_digest, size=one.sealed_size)
        files += archive.open_evidence(sealed, one.key).decode("utf-8", "replace").lower()
    assert set(archive.evidence.names()) == {one.evidence for one in originals}
    return not any(gone in readable(laptop) + files for gone in GONE)


def followed(office: Office, first: str) -> ErasureSeen:
    """The erasure that was asked for after the first one."""
    (second,) = erasures(office.amina).keys() - {first}
    return erasures(office.amina)[second]


def other_than_asked(office: Office, erasure: ErasureSeen) -> Laptop:
    return office.amina if erasure.by.startswith("editor") else office.idris


class TestASourceThatWasAddedElsewhere:
    def test_is_used_by_nobody_and_told_to_whoever_looks(self, office: Office) -> None:
        source = office.amina.add("a.txt", ARTICLE)
        office.idris.add("b.txt", ARTICLE)
        erasure = asked(office.amina, source)
        office.meet()

        seen = erasures(office.idris)[erasure]

        assert office.idris.sources() == []
        assert (seen.returned, seen.done_here) == (3, False)  # the source, its outline and its receipt
        with office.idris.desk() as desk:
            found = [one.what for one in desk.ask(doctor, Doctor(quick=True)).findings]
        assert any(f"{erasure} is not done: 3 entries" in what for what in found)

    def test_is_not_asked_for_anew_before_the_first_erasure_is_approved(self, office: Office) -> None:
        source = office.amina.add("a.txt", ARTICLE)
        office.idris.add("b.txt", ARTICLE)
        erasure = asked(office.amina, source)
        office.meet()
        office.meet()

        assert list(erasures(office.idris)) == [erasure]

    def test_is_not_asked_for_anew_while_a_hold_stands(self, office: Office) -> None:
        source = office.amina.add("a.txt", ARTICLE)
        office.idris.add("b.txt", ARTICLE)
        office.amina.ask(deciding.hold, Holding(ids=(source,)))
        erasure = asked(office.amina, source)
        office.meet()
        office.idris.ask(deciding.approve, Decide(id=erasure))

        assert office.idris.ask(deciding.carry_out, deciding.CarryOut()).followed == 0
        assert list(erasures(office.idris)) == [erasure]

    def test_is_destroyed_by_an_erasure_of_its_own_that_somebody_else_approves(self, office: Office) -> None:
        source = office.amina.add("a.txt", ARTICLE)
        office.idris.add("b.txt", ARTICLE)
        first = asked(office.amina, source)
        office.meet()
        office.idris.ask(deciding.approve, Decide(id=first))
        office.meet()

        second = followed(office, first)
        assert (second.why, second.entries, second.approvals, second.needed) == ("danger", 3, 0, 1)
        assert CANARY.lower() in readable(office.amina)
        destroyed(office, second.id, other_than_asked(office, second))

        for laptop in (office.amina, office.idris):
            assert nothing_is_left(laptop)
            assert all(one.done_here and not one.returned for one in erasures(laptop).values())
            assert laptop.sync(office.stick).problems == 0
            assert len(erasures(laptop)) == 2
            assert laptop.ask(queries.verify, Verify()).problems == ()

    def test_takes_no_other_source_with_it_whose_key_and_file_somebody_claims_for_it(self, office: Office) -> None:
        """A coerced editor writes a record of what was erased, with the key and the file of something else in it."""
        source, other = office.amina.add("a.txt", ARTICLE), office.amina.add("c.txt", "Nothing but the weather.\n")
        office.meet()
        first = asked(office.amina, source)
        with office.idris.desk() as desk:
            record, wanted = desk.source(source), desk.source(other)
            forged = msgspec.structs.replace(record, original=wanted.original)
            with desk.archive.batch() as batch:
                batch.add(Entry(subjects_of(forged), checked_bytes(forged)))
        office.meet()
        office.idris.ask(deciding.approve, Decide(id=first))
        office.meet()
        second = followed(office, first)
        destroyed(office, second.id, other_than_asked(office, second))

        assert nothing_is_left(office.amina)
        assert [one.id for one in sources(office.amina)] == [other]
        assert "weather" in office.amina.ask(queries.show, Show(id=other)).text


class TestASharedSourceThatWasAddedElsewhere:
    def test_loses_the_person_of_a_list_and_every_row_that_names_him(self, office: Office) -> None:
        source = office.amina.add("l.csv", LIST)
        assert office.idris.add("m.csv", LIST) == source
        first = asked(office.amina, f"{source}.21")
        office.meet()
        office.idris.ask(deciding.approve, Decide(id=first))
        office.meet()
        second = followed(office, first)
        assert CANARY.lower() in readable(office.amina)
        destroyed(office, second.id, other_than_asked(office, second))

        for laptop in (office.amina, office.idris):
            assert nothing_is_left(laptop)
            with laptop.desk() as desk:
                assert desk.source(source).redacted
                assert desk.ask(queries.people, Nothing()).people == 21
                beside = desk.ask(queries.show, Show(id=f"{source}.22", reason="a test"))
                assert [cell.value for cell in beside.cells][:2] == ["Ergashev Olim", "1980"]
                assert desk.ask(queries.search, Search(text=CANARY)).people == 0
            assert laptop.ask(queries.verify, Verify()).problems == ()
            assert all(one.done_here for one in erasures(laptop).values())

    def test_keeps_what_was_added_to_the_second_copy_alone(self, office: Office) -> None:
        article = office.amina.add("a.txt", ARTICLE)
        assert office.idris.add("b.txt", ARTICLE) == article
        mine, his = one_mention(article, f"Zavqiddin {CANARY}", "a"), one_mention(article, "Ergashev Olim", "b")
        for laptop, mention in ((office.amina, mine), (office.idris, his)):
            with laptop.desk() as desk:
                key = desk.source(article).original.key
                with desk.archive.batch() as batch:
                    batch.add(Entry(subjects_of(mention), checked_bytes(mention), key))
        first = asked(office.amina, mine.id, also=("+998 90 123-45-67",))
        office.meet()
        office.idris.ask(deciding.approve, Decide(id=first))
        office.meet()
        second = followed(office, first)
        destroyed(office, second.id, other_than_asked(office, second))

        assert nothing_is_left(office.idris)
        assert office.idris.ask(queries.show, Show(id=his.id, reason="a test")).id == his.id


def test_who_may_not_decide_is_told_and_asks_for_nothing(tmp_path: Path) -> None:
    office = Office.opened(tmp_path, Role.READER, delay=0)
    sara = Laptop(tmp_path, "sara", "linen copper walnut harbour")
    office.joins(sara, Role.EDITOR)
    source = office.amina.add("a.txt", ARTICLE)
    assert sara.add("a.txt", ARTICLE) == source
    first = asked(office.amina, source)
    office.amina.sync(office.stick)
    merging.pull(sara.archive(), Folder(office.stick))
    sara.ask(deciding.approve, Decide(id=first))
    merging.pull(Folder(office.stick), sara.archive())  # without what else her own sync would do

    office.idris.sync(office.stick)

    seen = erasures(office.idris)
    assert list(seen) == [first]
    assert (seen[first].returned, seen[first].done_here) == (3, False)
    with pytest.raises(NotAllowed, match="cannot decide"):
        office.idris.ask(returning.follow_up, Nothing())
    assert office.idris.ask(deciding.carry_out, deciding.CarryOut()).followed == 0
