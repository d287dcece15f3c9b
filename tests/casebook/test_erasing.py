"""After an erasure nothing of it is found: in no segment, file of evidence, index, bundle or backup made afterwards."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import CHEAP, PASSPHRASE, Heard, asked
from laptops import Laptop, Office

from guvoh.archive import bundles, founding, merging
from guvoh.archive.control import Erasure, decision_id
from guvoh.archive.entries import Entry
from guvoh.archive.errors import NotAllowed
from guvoh.archive.segments import Evidence
from guvoh.archive.store import Archive, Folder
from guvoh.archive.verify import verify
from guvoh.casebook import commands, deciding, erasing, queries
from guvoh.casebook.answers import Add, FileAdded, Nothing, Search, Show
from guvoh.casebook.commands import LEAVE_OUT, OTHER_PERSON
from guvoh.casebook.deciding import Decide, Holding, HowToErase
from guvoh.casebook.desk import Desk, NoSuchRecord
from guvoh.casebook.erasing import Erase
from guvoh.records.base import now
from guvoh.records.codec import AnyRecord, checked_bytes, subjects_of
from guvoh.records.decisions import Case, Note
from guvoh.records.people import Mention
from guvoh.records.statements import Statement, StatementKind
from guvoh.values.spans import TextSpan

CANARY = "Quvondiqov"
SECRET = "Zilolabonu"
PHONE = "+998 90 123-45-67"
LIST = (
    "name,birth,note\n"
    + "".join(f"Karimov Aziz{chr(97 + n)},{1960 + n},row {n}\n" for n in range(20))
    + f"{CANARY} Zavqiddin,1977,{SECRET}\nErgashev Olim,1980,cousin of {CANARY} Zavqiddin\n"
)
ARTICLE = (
    f"In March Zavqiddin {CANARY} was taken from the market.\n"
    f"His mother says: {CANARY}ning otasi yo'q. Call {PHONE}.\nErgashev Olim was taken too.\n"
)
GONE = (CANARY.lower(), "zavqiddin", SECRET.lower(), "9012345", "90 123")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    archive = founding.found(tmp_path / "archive", tmp_path / "home", PASSPHRASE, CHEAP, delay=0)
    desk = Desk(archive)
    yield desk
    desk.close()


def put(desk: Desk, name: str, content: str, erased: str = "") -> FileAdded:
    request = Add(files=asked(desk.archive.path.parent / "files", {name: content}), erased=erased)
    (file,) = desk.ask(commands.add, request).files
    assert isinstance(file, FileAdded)
    return file


def keep(desk: Desk, *records: AnyRecord, source: str = "") -> None:
    key = desk.source(source).original.key if source else ""
    with desk.archive.batch() as batch:
        for record in records:
            batch.add(Entry(subjects_of(record), checked_bytes(record), key))
    desk.catch_up()


def one_mention(source: str, name: str, letter: str) -> Mention:
    return Mention(id=f"m-{letter * 20}", source=source, name=name)


def everything(desk: Desk) -> str:
    """All that can be read with every key at hand: entries, evidence, the index's pages, and what a backup holds."""
    archive = Archive(desk.archive.path, desk.archive.home.path.parent, PASSPHRASE)
    found = [entry.body.decode("utf-8", "replace") for entry in archive.entries(apart=True)]
    for (source,) in desk.index.db.execute("SELECT id FROM source_id"):
        try:
            original = desk.source(source).original
        except NoSuchRecord:
            continue
        sealed = Evidence(name=original.evidence, sha256=original.sealed_digest, size=original.sealed_size)
        found.append(archive.open_evidence(sealed, original.key).decode("utf-8", "replace"))
    found.append(repr(desk.index.dump()))
    plain = desk.archive.path.parent / "plain.db"
    desk.index.db.execute(f"ATTACH DATABASE '{plain}' AS plain KEY ''")
    desk.index.db.execute("SELECT sqlcipher_export('plain')")
    desk.index.db.execute("DETACH DATABASE plain")
    found.append(plain.read_bytes().decode("utf-8", "replace"))
    plain.unlink()
    return "\n".join(found).lower()


def erase_now(desk: Desk, *ids: str, also: tuple[str, ...] = ()) -> erasing.Plan:
    plan: erasing.Plan = desk.ask(erasing.erase, Erase(ids=ids, why="withdrawn", also=also, confirmed=True))
    assert desk.ask(deciding.carry_out, deciding.CarryOut()).erasures == (plan.id,)
    return plan


def sound(desk: Desk) -> bool:
    archive = desk.archive
    archive.refresh()
    return not verify(archive, archive.known).problems


class TestASource:
    def test_is_found_nowhere_afterwards(self, desk: Desk) -> None:
        article, other = put(desk, "a.txt", ARTICLE), put(desk, "b.txt", "Nothing but the weather.")
        quote = "was taken from the market"
        at = ARTICLE.index(quote)
        said = Statement(
            id="t-" + "a" * 20,
            source=article.source,
            kind=StatementKind.ACT,
            span=TextSpan.cut(ARTICLE, at, at + len(quote)),
        )
        keep(desk, said, source=article.source)
        keep(desk, Note(id="n-" + "a" * 20, by="m-" + "a" * 20, at=now(), about=(said.id,), text=f"{CANARY}'s wife"))
        evidence = desk.source(article.source).original.evidence

        plan = erase_now(desk, article.source)

        assert plan.sources == (article.source,)
        assert plan.destroyed == {"source": 1, "outline": 1, "receipt": 1, "statement": 1, "note": 1}
        assert not any(gone in everything(desk) for gone in GONE)
        assert "weather" in everything(desk)
        assert not desk.archive.evidence.has(evidence)
        with pytest.raises(NoSuchRecord):
            desk.ask(queries.show, Show(id=article.source))
        assert [one.id for one in desk.ask(queries.sources, Nothing()).sources] == [other.source]
        assert sound(desk)

    def test_is_not_taken_in_again(self, desk: Desk) -> None:
        source = put(desk, "a.txt", ARTICLE).source
        erase_now(desk, source)

        again = put(desk, "b.txt", ARTICLE)

        assert (again.outcome, "were erased" in again.error) == ("failed", True)
        assert not any(gone in everything(desk) for gone in GONE)

    def test_is_in_no_backup_made_afterwards(self, desk: Desk, tmp_path: Path) -> None:
        source = put(desk, "a.txt", ARTICLE).source
        evidence = desk.source(source).original.evidence
        before = [segment for segment in desk.archive.own.segments() if segment.clear.evidence]
        erase_now(desk, source)
        bundles.write_backup(desk.archive, tmp_path / "backup")

        with tarfile.open(tmp_path / "backup") as tar:
            names = tar.getnames()
            inside = b"".join(tar.extractfile(name).read() for name in names)  # type: ignore[union-attr]
        assert f"evidence/{evidence}" not in names
        assert len(before) == 1
        for box in before[0].boxes:
            assert box not in inside
        assert before[0].ring not in inside
        assert before[0].identities not in inside
        assert before[0].leaves in inside  # the commitments stay


class TestAPerson:
    def test_is_taken_out_of_a_list_and_an_article_and_the_rest_stays(self, desk: Desk) -> None:
        row, article = f"{put(desk, 'l.csv', LIST).source}.21", put(desk, "a.txt", ARTICLE).source
        source = row.partition(".")[0]
        named = one_mention(article, f"Zavqiddin {CANARY}", "a")
        keep(desk, named, source=article)
        before = desk.ask(queries.people, Nothing()).people

        plan = erase_now(desk, row, named.id, also=(PHONE,))

        assert set(plan.shared) == {source, article}
        assert {one.id for one in plan.mentions} == {row, named.id}
        assert not any(gone in everything(desk) for gone in GONE)
        assert desk.ask(queries.people, Nothing()).people == before - 1
        assert "Ergashev Olim" in desk.ask(queries.show, Show(id=article)).text
        beside = desk.ask(queries.show, Show(id=f"{source}.22", reason="a test"))
        assert [cell.value for cell in beside.cells][:2] == ["Ergashev Olim", "1980"]
        assert desk.ask(queries.search, Search(text=CANARY)).people == 0
        assert desk.source(source).redacted
        assert sound(desk)

    def test_with_a_case_for_two_the_other_one_keeps_it(self, desk: Desk) -> None:
        source = put(desk, "l.csv", LIST).source
        case = Case(
            id="c-" + "a" * 20,
            by="m-" + "a" * 20,
            at=now(),
            about=(f"{source}.21", f"{source}.22"),
            reason=f"{CANARY} Zavqiddin and his cousin",
        )
        keep(desk, case)

        plan = erase_now(desk, f"{source}.21")

        assert plan.rewritten.get("case") == 1
        fields = {cell.label: cell.value for cell in desk.ask(queries.show, Show(id=case.id, reason="a test")).fields}
        assert fields["about"] == f"{source}.22"
        assert "cousin" in fields["reason"]
        assert CANARY not in fields["reason"]

    def test_is_not_counted_any_more_from_the_moment_it_is_asked(self, desk: Desk) -> None:
        source = put(desk, "l.csv", LIST).source
        desk.ask(erasing.erase, Erase(ids=(f"{source}.21",), confirmed=True))

        with pytest.raises(NoSuchRecord):
            desk.ask(queries.show, Show(id=f"{source}.21"))
        assert CANARY.lower() not in repr(desk.index.dump()).lower()

    def test_only_looking_at_what_would_go_changes_nothing(self, desk: Desk) -> None:
        source = put(desk, "l.csv", LIST).source
        before = (dict(desk.archive.heads), desk.index.dump())

        plan = desk.ask(erasing.erase, Erase(ids=(f"{source}.21",)))

        assert plan.destroyed == {"mention": 1}
        assert (dict(desk.archive.heads), desk.index.dump()) == before

    def test_a_text_that_names_him_without_a_mention_is_pointed_at_and_can_be_taken_in(self, desk: Desk) -> None:
        row, article = f"{put(desk, 'l.csv', LIST).source}.21", put(desk, "a.txt", ARTICLE).source
        again = put(desk, "m.csv", f"name,birth\n{CANARY} Zavqiddin,1977\n").source

        plan = desk.ask(erasing.erase, Erase(ids=(row,)))
        assert plan.named_in == (article,)
        assert [one.id for one in plan.alike] == [f"{again}.1"]

        done = desk.ask(erasing.erase, Erase(ids=(row, f"{again}.1"), within=(article,), also=(PHONE,), confirmed=True))
        assert desk.ask(deciding.carry_out, deciding.CarryOut()).erasures == (done.id,)
        assert not any(gone in everything(desk) for gone in GONE)

    def test_words_that_stand_nowhere_are_told_and_nothing_is_asked(self, desk: Desk) -> None:
        row = f"{put(desk, 'l.csv', LIST).source}.21"
        for also in ("", "ab", "walnut orchard", "+998 77 000 00 00"):
            with pytest.raises(NotAllowed, match="--also number 2"):
                desk.ask(erasing.erase, Erase(ids=(row,), also=(SECRET, also), confirmed=True))
        assert desk.ask(deciding.erasures, Nothing()).erasures == ()

    def test_what_left_before_is_listed(self, desk: Desk) -> None:
        source = put(desk, "l.csv", LIST).source
        reference = desk.ask(queries.report, Nothing()).reference

        plan = desk.ask(erasing.erase, Erase(ids=(f"{source}.21",)))

        assert [(left.reference, left.level) for left in plan.left] == [(reference, "anonymous")]

    def test_why_somebody_looked_is_forgotten_too(self, desk: Desk) -> None:
        source = put(desk, "l.csv", LIST).source
        desk.ask(queries.show, Show(id=f"{source}.21", reason=f"is {CANARY} alive"))
        assert desk.journal.close()
        desk.catch_up()

        erase_now(desk, f"{source}.21")

        assert not any(gone in everything(desk) for gone in GONE)


class TestWhySomebodyLooked:
    """Reasons stand in the records of sessions: for the one who goes, and wherever his name is in them."""

    def test_at_what_is_erased_in_the_same_session_is_forgotten(self, desk: Desk) -> None:
        source = put(desk, "l.csv", LIST).source
        desk.opened([f"{source}.21"], f"the mother of {CANARY} Zavqiddin called")
        erase_now(desk, f"{source}.21")
        desk.close()

        assert not any(gone in every_body(desk) for gone in GONE)
        assert f"{source}.21" in every_body(desk)  # that somebody looked stays

    def test_at_an_article_that_names_him_is_forgotten_and_so_is_his_name_elsewhere(self, desk: Desk) -> None:
        article, other = put(desk, "a.txt", ARTICLE).source, put(desk, "b.txt", "Nothing but the weather.").source
        named = one_mention(article, f"Zavqiddin {CANARY}", "a")
        keep(desk, named, source=article)
        desk.opened([article], f"looking for {CANARY} Zavqiddin")
        desk.opened([other], f"the weather, on the day {CANARY}ning otasi called")
        assert desk.journal.close()
        desk.catch_up()

        plan = erase_now(desk, named.id, also=(PHONE,))

        assert plan.rewritten["session"] == 1
        assert not any(gone in every_body(desk) for gone in GONE)
        assert "the weather, on the day" in every_body(desk)
        assert "looking for" not in every_body(desk)

    def test_on_another_laptop_whose_session_is_still_open_is_forgotten_too(self, tmp_path: Path) -> None:
        office = Office.opened(tmp_path, delay=0)
        source = office.amina.add("l.csv", LIST)
        article = office.amina.add("a.txt", ARTICLE)
        office.meet()
        with office.idris.desk() as open_desk:
            for looked in (f"{source}.21", f"{source}.22", source):
                open_desk.opened([looked], f"is {CANARY} Zavqiddin alive")
            open_desk.opened([article], "the weather")
            office.amina.ask(erasing.erase, Erase(ids=(f"{source}.21",), confirmed=True))
            office.amina.sync(office.stick)
            merging.pull(open_desk.archive, Folder(office.stick))

        (session,) = (body for body in bodies(office.idris) if f"{source}.22" in body and '"type":"session"' in body)
        assert CANARY not in session
        assert "the weather" in session

    def test_stays_where_nothing_was_erased(self, desk: Desk) -> None:
        source = put(desk, "l.csv", LIST).source
        desk.opened([f"{source}.3"], "his lawyer asked")
        desk.close()

        assert "his lawyer asked" in every_body(desk)


def every_body(desk: Desk) -> str:
    archive = Archive(desk.archive.path, desk.archive.home.path.parent, PASSPHRASE)
    return "\n".join(entry.body.decode() for entry in archive.entries(apart=True)).lower()


def bodies(laptop: Laptop) -> list[str]:
    return [entry.body.decode() for entry in laptop.archive().entries()]


class TestAListThatIsIssuedAgain:
    AGAIN = f"name,birth,note\n{CANARY} Zavqiddin,1977,other words\nYusupov Anvar,1981,x\n"

    @pytest.fixture
    def erased(self, desk: Desk) -> Desk:
        erase_now(desk, f"{put(desk, 'l.csv', LIST).source}.21")
        return desk

    def test_stops_with_the_row_and_nothing_is_kept(self, erased: Desk) -> None:
        heads, files = dict(erased.archive.heads), sorted(os.listdir(erased.archive.evidence.path))

        file = put(erased, "again.csv", self.AGAIN)

        assert file.outcome == "failed"
        assert "row 1" in file.error
        assert CANARY not in file.error
        assert sorted(os.listdir(erased.archive.evidence.path)) == files
        assert dict(erased.archive.heads) == heads

    def test_can_be_added_without_the_row(self, erased: Desk) -> None:
        file = put(erased, "again.csv", self.AGAIN, LEAVE_OUT)

        assert (file.outcome, file.rows) == ("added", 2)
        assert not any(gone in everything(erased) for gone in GONE)
        assert erased.ask(queries.search, Search(text="Yusupov")).people == 1
        assert erased.ask(queries.search, Search(text=CANARY)).people == 0

    def test_can_be_added_when_a_custodian_says_it_is_somebody_else(self, erased: Desk) -> None:
        file = put(erased, "again.csv", self.AGAIN, OTHER_PERSON)

        assert file.outcome == "added"
        assert erased.ask(queries.search, Search(text=CANARY)).people == 1
        assert erased.ask(deciding.erasures, Nothing()).stopped == ()

    def test_the_same_list_is_known_and_adds_nothing(self, erased: Desk) -> None:
        assert put(erased, "l.csv", LIST).outcome == "known"


class TestTwoPeople:
    """One owner and one editor, on two laptops that take turns with one folder."""

    @pytest.fixture
    def two(self, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
        from guvoh.archive import members
        from guvoh.archive.control import Role

        owner = founding.found(tmp_path / "archive", tmp_path / "home", PASSPHRASE, CHEAP, delay=0)
        _, request = members.ask(owner.path, tmp_path / "other", PASSPHRASE, None, CHEAP)
        assert request is not None
        members.admit(owner, request.read_bytes(), Role.EDITOR)
        desks = Desk(owner), Desk(Archive(owner.path, tmp_path / "other", PASSPHRASE))
        yield desks
        for desk in desks:
            desk.close()

    def test_one_alone_destroys_nothing(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        source = put(owner, "l.csv", LIST).source
        plan = owner.ask(erasing.erase, Erase(ids=(source,), confirmed=True))

        assert owner.ask(deciding.carry_out, deciding.CarryOut()).erasures == ()
        with pytest.raises(NotAllowed, match="asked for it yourself"):
            owner.ask(deciding.approve, Decide(id=plan.id))
        editor.archive.refresh()
        assert editor.ask(deciding.approve, Decide(id=plan.id)).stands
        assert editor.ask(deciding.carry_out, deciding.CarryOut()).erasures == (plan.id,)
        assert CANARY.lower() not in everything(editor)

    def test_a_refused_one_is_used_again(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        source = put(owner, "l.csv", LIST).source
        before = owner.index.dump()["mention"]
        editor.archive.refresh()
        editor.catch_up()
        plan = editor.ask(erasing.erase, Erase(ids=(source,), confirmed=True))
        owner.archive.refresh()
        owner.catch_up()
        assert owner.ask(queries.sources, Nothing()).sources == ()

        assert owner.ask(deciding.refuse, Decide(id=plan.id)).stands

        assert owner.index.dump()["mention"] == before

    def test_a_hold_stands_against_it_until_it_is_released(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        source = put(owner, "l.csv", LIST).source
        held = owner.ask(deciding.hold, Holding(ids=(source,)))
        plan = owner.ask(erasing.erase, Erase(ids=(source,), confirmed=True))
        editor.archive.refresh()
        assert not editor.ask(deciding.approve, Decide(id=plan.id)).stands
        assert editor.ask(deciding.carry_out, deciding.CarryOut()).erasures == ()

        owner.archive.refresh()
        owner.ask(deciding.release, Decide(id=held.id))

        assert owner.ask(deciding.carry_out, deciding.CarryOut()).erasures == (plan.id,)

    def test_a_hold_stops_what_was_asked_before_it(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        source = put(owner, "l.csv", LIST).source
        plan = owner.ask(erasing.erase, Erase(ids=(source,), confirmed=True))
        (seen,) = owner.ask(deciding.erasures, Nothing()).erasures
        assert seen.targets == (source,)

        for one in (source, plan.id):
            held = owner.ask(deciding.hold, Holding(ids=(one,)))
            assert held.stops == (plan.id,)
            editor.archive.refresh()
            if not owner.archive.members.erasures[plan.id].approvals:
                editor.ask(deciding.approve, Decide(id=plan.id))
            owner.archive.refresh()
            assert owner.ask(deciding.carry_out, deciding.CarryOut()).erasures == ()
            owner.ask(deciding.release, Decide(id=held.id))
        assert owner.ask(deciding.carry_out, deciding.CarryOut()).erasures == (plan.id,)

    def test_nobody_approves_what_does_not_exist_or_was_refused(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        plan = owner.ask(erasing.erase, Erase(ids=(put(owner, "l.csv", LIST).source,), confirmed=True))
        owner.ask(deciding.refuse, Decide(id=plan.id))
        editor.archive.refresh()
        for one in ("x-nonsense", "x-" + "a" * 20, plan.id):
            with pytest.raises(NotAllowed, match=r"there is no erasure|was refused"):
                editor.ask(deciding.approve, Decide(id=one))
        assert verify(editor.archive, editor.archive.known).problems == []

    def test_an_older_request_for_weaker_settings_is_void_after_a_stricter_one(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        weak = owner.ask(deciding.set_erasing, HowToErase(hours=0, approvals=0))
        (asked,) = owner.ask(deciding.erasures, Nothing()).asked
        assert (asked.id, asked.by, asked.hours, asked.approvals) == (weak.id, "owner 1", 0, 0)
        assert owner.ask(deciding.set_erasing, HowToErase(hours=200, approvals=1)).stands
        editor.archive.refresh()

        with pytest.raises(NotAllowed, match="no erasure and no request"):
            editor.ask(deciding.approve, Decide(id=weak.id))
        assert editor.archive.members.settings.delay == 200

    def test_a_hold_covers_the_file_and_the_key_of_what_it_names(self, two: tuple[Desk, Desk]) -> None:
        owner, _ = two
        source = put(owner, "l.csv", LIST).source
        original = owner.source(source).original
        held = owner.ask(deciding.hold, Holding(ids=(source,)))

        hold = owner.archive.members.holds[held.id]
        assert (hold.evidence, hold.keys) == ((original.evidence,), (original.key,))

    def test_a_hold_covers_the_file_of_a_page_with_an_address(self, two: tuple[Desk, Desk]) -> None:
        owner, _ = two
        page = (
            '<html><head><link rel="canonical" href="https://paper.example/a"></head><body><p>Text.</p></body></html>'
        )
        source = owner.source(put(owner, "a.html", page).source)
        assert source.url == "https://paper.example/a"

        held = owner.ask(deciding.hold, Holding(ids=(source.id,)))

        hold = owner.archive.members.holds[held.id]
        assert (hold.evidence, hold.keys) == ((source.original.evidence,), (source.original.key,))

    def test_a_hold_on_an_erasure_of_no_end_is_set_at_once(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        everything = ((owner.archive.device, 5, (1 << 40) - 5),)
        said = Erasure(signer=editor.archive.member, at=now(), why="other", erased=everything)
        with editor.archive.batch() as batch:
            batch.control(said)
        owner.archive.refresh()

        held = owner.ask(deciding.hold, Holding(ids=(decision_id(said),)))

        assert held.stops == (decision_id(said),)
        assert owner.archive.members.holds[held.id].held == everything

    def test_weaker_settings_need_the_other_one(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        asked_for = owner.ask(deciding.set_erasing, HowToErase(hours=0, approvals=0))
        assert not asked_for.stands
        assert owner.archive.members.settings.approvals == 1

        editor.archive.refresh()
        editor.ask(deciding.approve, Decide(id=asked_for.id))

        assert editor.archive.members.settings.approvals == 0

    def test_the_list_names_the_device_that_has_not_confirmed(self, two: tuple[Desk, Desk]) -> None:
        owner, editor = two
        plan = owner.ask(erasing.erase, Erase(ids=(put(owner, "l.csv", LIST).source,), confirmed=True))
        editor.archive.refresh()
        editor.ask(deciding.approve, Decide(id=plan.id))
        editor.ask(deciding.carry_out, deciding.CarryOut())

        (seen,) = editor.ask(deciding.erasures, Nothing()).erasures
        assert seen.waiting == ("owner 1 device 1",)
        assert Heard().all == []
