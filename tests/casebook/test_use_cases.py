"""What a member asks at a desk: terms, linkage runs, records shown, archives that can only be read."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from desks import PASSPHRASE, Heard, add, asked, desk_in, found

from guvoh.archive.errors import CannotWrite
from guvoh.archive.store import Archive
from guvoh.casebook import commands, queries
from guvoh.casebook.answers import Add, Nothing, Search, Show, Terms, Verify
from guvoh.casebook.desk import Desk
from guvoh.errors import GuvohError
from guvoh.records.codec import from_bytes
from guvoh.records.custody import Session

PRISONERS = "name,birth year\nKarimov Aziz,1990\nJurayev Sherzod,1985\nNazarov Daler,1993\n"
CAPTURED = "ФИО;Год рождения\nКаримов Азиз;1990\nЖураев Шерзод;1985\n"
LETTER = "Karimova Dilnoza writes about her son, Karimov Aziz.\n"
PAGE = "<title>An open letter</title>" + "<p>Mothers write that their sons signed under threat.</p>" * 4


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as desk:
        yield desk


def one(desk: Desk, content: str, terms: Terms = Terms.PUBLIC, name: str = "file.csv") -> str:
    (file,) = add(desk, {name: content}, terms).files
    assert file.outcome == "added", file.error
    return file.source


def runs(desk: Desk) -> list[str]:
    return [run for (run,) in desk.index.db.execute("SELECT id FROM records WHERE kind = 'linkage-run'")]


def _left_out(page: str) -> dict[str, int]:
    """What the report says was left out: the reason, and how much."""
    table = page.partition("What was left out")[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table)
    cells = [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in rows]
    return {
        row[-1]: int(re.sub(r"\D", "", " ".join(row[:-1]))) for row in cells if any(map(str.isdigit, "".join(row[:-1])))
    }


class TestWhoIsCounted:
    def test_rows_without_a_name_are_no_people(self, desk: Desk) -> None:
        one(desk, PRISONERS)
        one(desk, "item,price,unit\n" + "".join(f"nail {n},{n},kg\n" for n in range(30)), name="prices.csv")
        counted = queries.count(desk, Nothing(), Heard())
        assert counted.people.people == 3
        assert [line.people for line in counted.people.lists] == [3]
        assert ("mentions", 30, "not counted: no name is stated") in [
            (left.what, left.count, left.why) for left in counted.people.left_out
        ]
        assert "No name to compare" in queries.report(desk, Nothing(), Heard()).html

    def test_a_list_that_another_holds_whole_is_pointed_at(self, desk: Desk) -> None:
        one(desk, PRISONERS)
        one(desk, CAPTURED)
        notes = queries.people(desk, Nothing(), Heard()).notes
        assert any("everyone on list B is on list A too" in note for note in notes)

    def test_the_report_says_how_rows_became_people_and_counts_repeats_of_one_list_alone(self, desk: Desk) -> None:
        one(desk, PRISONERS + "Karimov Aziz,1990\n")
        one(desk, CAPTURED)
        page = queries.report(desk, Nothing(), Heard()).html
        assert "plain transliteration" in page
        assert _left_out(page)["The same person again on the same list. Each person counts once a list."] == 1
        counted = queries.people(desk, Nothing(), Heard())
        assert (counted.mentions, counted.people) == (6, 3)

    def test_headings_and_totals_among_the_rows_are_no_people(self, desk: Desk) -> None:
        one(desk, "№,Фамилия Имя,Дата рождения\n1,Каримов Азиз,1990\n2,Рахимов Ботир,1985\n"
                  "№,Фамилия Имя,Дата рождения\n3,Умаров Олим,1979\nИтого:,3 человека,\n")  # fmt: skip
        assert queries.people(desk, Nothing(), Heard()).people == 3

    def test_what_may_not_be_counted_changes_no_figure(self, desk: Desk) -> None:
        """An internal row would make the man without a year ambiguous, and so part two mentions of one man."""
        one(desk, "name,birth year\nSaidov Jamshid,\n", name="a.csv")
        one(desk, "name,birth year\nSaidov Jamshid,1980\n", name="b.csv")
        before = queries.count(desk, Nothing(), Heard())
        one(desk, "name,birth year\nSaidov Jamshid,1955\n", Terms.INTERNAL, name="c.csv")
        after = queries.count(desk, Nothing(), Heard())
        assert before.people.people == after.people.people == 1
        assert before.people.run == after.people.run


class TestTheSameBytesAgain:
    def test_take_up_stricter_terms_and_no_wider_ones(self, desk: Desk) -> None:
        source = one(desk, PRISONERS)
        (stricter,) = add(desk, {"again.csv": PRISONERS}, Terms.CONSENT).files
        assert (stricter.outcome, stricter.source) == ("known", source)
        assert "are consent from now on" in stricter.notes[0]
        assert queries.people(desk, Nothing(), Heard()).people == 0
        (wider,) = add(desk, {"again.csv": PRISONERS}, Terms.PUBLIC).files
        assert "stay consent" in wider.notes[0]
        assert queries.people(desk, Nothing(), Heard()).people == 0

    def test_with_a_mapping_are_refused_and_not_passed_over(self, desk: Desk) -> None:
        one(desk, PRISONERS)
        files = asked(desk.archive.path.parent / "files", {"again.csv": PRISONERS})
        added = desk.ask(commands.add, Add(files=files, columns={"1": "note"}))
        assert added.files[0].outcome == "failed"
        assert "a mapping is for the first time they are added" in added.files[0].error


class TestTerms:
    @pytest.mark.parametrize("terms", [Terms.CONSENT, Terms.INTERNAL])
    def test_other_than_public_keep_mentions_out_of_every_figure(self, desk: Desk, terms: Terms) -> None:
        one(desk, PRISONERS)
        withheld = one(desk, CAPTURED, terms)

        counted = queries.count(desk, Nothing(), Heard())
        page = queries.report(desk, Nothing(), Heard()).html

        assert counted.people.mentions == counted.people.people == 3
        assert [line.rows for line in counted.people.lists] == [3]
        left_out = ("mentions", 2) if terms is Terms.CONSENT else ("sources", 1)
        assert [(left.what, left.count) for left in counted.people.left_out] == [left_out]
        assert f"{withheld}." not in page
        assert withheld not in page

    def test_of_the_first_coming_hold_when_the_same_bytes_come_again(self, desk: Desk) -> None:
        source = one(desk, PRISONERS, Terms.INTERNAL)

        (again,) = add(desk, {"copy.csv": PRISONERS}, Terms.PUBLIC).files

        assert (again.outcome, again.source) == ("known", source)
        assert queries.people(desk, Nothing(), Heard()).mentions == 0


class TestALinkageRun:
    def test_is_used_again_while_nothing_has_changed(self, desk: Desk) -> None:
        one(desk, PRISONERS)

        first = queries.people(desk, Nothing(), Heard())
        one(desk, LETTER, name="letter.txt")
        again = queries.count(desk, Nothing(), Heard()).people

        assert first.run == again.run
        assert runs(desk) == [first.run]

    def test_is_replaced_when_a_list_comes_in(self, desk: Desk) -> None:
        one(desk, PRISONERS)
        first = queries.people(desk, Nothing(), Heard())
        one(desk, CAPTURED)
        second = queries.people(desk, Nothing(), Heard())

        assert first.run != second.run
        assert (first.people, second.people, second.mentions) == (3, 3, 5)
        assert second.overlaps == ((3, 2), (2, 2))
        shown = queries.show(desk, Show(id=str(second.run)), Heard())
        assert {cell.label: cell.value for cell in shown.fields}["replaces"] == first.run

    def test_is_the_same_for_whoever_replays_the_archive(self, desk: Desk, tmp_path: Path) -> None:
        one(desk, PRISONERS)
        one(desk, CAPTURED)
        before = queries.people(desk, Nothing(), Heard())
        desk.close()
        for path in (tmp_path / "home").glob("*/index.db*"):
            path.unlink()

        with desk_in(tmp_path) as anew:
            assert queries.people(anew, Nothing(), Heard()) == before

    def test_is_not_made_of_nothing(self, desk: Desk) -> None:
        assert queries.people(desk, Nothing(), Heard()).run is None
        assert runs(desk) == []


class TestShowing:
    def test_a_source_tells_how_it_came_in_and_what_it_lacks(self, desk: Desk) -> None:
        shown = queries.show(desk, Show(id=one(desk, PAGE, name="page.html")), Heard())

        assert (shown.kind, shown.terms) == ("source", Terms.PUBLIC)
        assert [receipt.file_name for receipt in shown.receipts] == ["page.html"]
        assert "sons signed under threat" in shown.text
        fields = {cell.label: cell.value for cell in shown.fields}
        assert fields["title"] == "An open letter"
        assert "author" in fields["gaps"]

    def test_a_list_tells_what_its_columns_were_taken_for(self, desk: Desk) -> None:
        shown = queries.show(desk, Show(id=one(desk, PRISONERS), reason="a test"), Heard())

        assert next((column.heading, column.role) for column in shown.columns) == ("name", "name")

    def test_a_mention_tells_its_row_as_it_stands(self, desk: Desk) -> None:
        shown = queries.show(desk, Show(id=f"{one(desk, CAPTURED)}.2", reason="a test"), Heard())

        assert shown.kind == "mention"
        assert [(cell.label, cell.value) for cell in shown.cells] == [
            ("ФИО", "Жураев Шерзод"),
            ("Год рождения", "1985"),
        ]

    def test_names_and_cells_are_kept_back_until_a_reason_is_given(self, desk: Desk) -> None:
        row = f"{one(desk, CAPTURED)}.2"

        without = queries.show(desk, Show(id=row, reason="  "), Heard())
        assert without.kept_back
        assert (without.cells, without.text, without.receipts) == ((), "", ())
        assert "Жураев" not in repr(without)
        assert not desk.journal.waiting() or "lawyer" not in repr(desk.journal._lines())

        assert not queries.show(desk, Show(id=row, reason="for the lawyer"), Heard()).kept_back
        (opened,) = [line for line in desk.journal._lines() if line.opened]
        assert (opened.opened, opened.reason, opened.identities) == (row, "for the lawyer", True)

    def test_the_session_is_kept_as_one_record_when_it_ends(self, desk: Desk) -> None:
        source = one(desk, CAPTURED)
        queries.show(desk, Show(id=f"{source}.1", reason="for the lawyer"), Heard())
        queries.search(desk, Search(text="Жураев"), Heard())

        assert desk.journal.close()
        assert not desk.journal.waiting()
        desk.catch_up()
        found = desk.index.db.execute("SELECT log, position FROM records WHERE kind = 'session'").fetchall()
        (session,) = [from_bytes(desk.archive.entry(*place).body) for place in found]
        assert isinstance(session, Session)
        assert session.added == (source,)
        assert {opening.reason for opening in session.opened} == {"for the lawyer", "search"}

    def test_what_was_looked_at_stands_readable_in_no_file(self, desk: Desk) -> None:
        queries.show(desk, Show(id=f"{one(desk, CAPTURED)}.1", reason="walnut lawyer"), Heard())

        assert b"walnut" not in desk.journal.path.read_bytes()

    def test_every_record_of_the_archive_can_be_shown(self, desk: Desk) -> None:
        one(desk, PRISONERS)
        one(desk, PAGE, name="page.html")
        queries.people(desk, Nothing(), Heard())
        queries.report(desk, Nothing(), Heard())

        kinds = {
            queries.show(desk, Show(id=record), Heard()).kind
            for (record,) in desk.index.db.execute("SELECT id FROM records")
        }

        assert kinds == {"source", "receipt", "linkage-run", "partition", "disclosure"}

    def test_an_unknown_id_is_an_error_that_names_it(self, desk: Desk) -> None:
        with pytest.raises(queries.NoSuchRecord, match="no record s-nothing"):
            queries.show(desk, Show(id="s-nothing"), Heard())


class TestAReport:
    def test_has_figures_that_rest_on_ids_alone(self, desk: Desk) -> None:
        source = one(desk, PRISONERS)
        page = queries.report(desk, Nothing(), Heard()).html

        assert f"{source}.1" in page
        for word in ("Karimov", "Aziz", "Jurayev", "Nazarov", "file.csv", "1985"):
            assert word not in page

    def test_is_recorded_with_its_digest(self, desk: Desk) -> None:
        one(desk, PRISONERS)
        made = queries.report(desk, Nothing(), Heard())

        (record,) = desk.index.db.execute("SELECT id FROM records WHERE kind = 'disclosure'").fetchone()
        fields = {cell.label: cell.value for cell in queries.show(desk, Show(id=record), Heard()).fields}
        assert fields["reference"] == made.reference
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", fields["digest"])


class TestAnArchiveThatCannotBeWritten:
    @pytest.fixture
    def read_only(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
        """A desk to which the system says that the folder is read-only."""
        with desk_in(tmp_path) as desk:
            one(desk, PRISONERS)
            queries.people(desk, Nothing(), Heard())
        for path in (tmp_path / "home").glob("*/index.db*"):
            path.unlink()
        monkeypatch.setattr("guvoh.casebook.desk.os.access", lambda path, mode: False)
        with desk_in(tmp_path) as desk:
            yield desk

    def test_counts_as_many_people_as_one_that_can(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with desk_in(tmp_path) as desk:
            one(desk, PRISONERS)
            one(desk, CAPTURED)
            with monkeypatch.context() as patched:
                patched.setattr(desk.archive, "batch", refuse)
                unrecorded = queries.people(desk, Nothing(), Heard())
            recorded = queries.people(desk, Nothing(), Heard())

        assert unrecorded.run is None
        assert recorded.run is not None
        assert (unrecorded.people, unrecorded.overlaps) == (recorded.people, recorded.overlaps) == (3, ((3, 2), (2, 2)))

    def test_is_read_with_an_index_in_memory(self, read_only: Desk, tmp_path: Path) -> None:
        assert queries.search(read_only, Search(text="Каримов"), Heard()).people == 1
        assert queries.people(read_only, Nothing(), Heard()).people == 3
        assert queries.verify(read_only, Verify(), Heard()).problems == ()
        assert list((tmp_path / "home").glob("*/index.db*")) == []


def refuse(*waiting: object) -> NoReturn:
    raise CannotWrite(Path("archive"), "Read-only file system")


class TestAnIndexThatBreaks:
    def test_in_the_midst_of_a_question_is_replayed_and_the_question_answered(self, desk: Desk) -> None:
        one(desk, PRISONERS)
        desk.index.db.execute("DROP TABLE mention_words")

        assert desk.ask(queries.search, Search(text="Karimov")).people == 1

    def test_before_an_add_does_not_lose_the_file(self, desk: Desk) -> None:
        desk.index.db.execute("DROP TABLE source")

        (file,) = add(desk, {"letter.txt": LETTER}).files

        assert file.outcome == "added"
        assert [seen.id for seen in desk.ask(queries.sources, Nothing()).sources] == [file.source]


class TestFounding:
    @pytest.mark.parametrize("weak", ["password", "", "tiny", "1234567890123456"])
    def test_with_a_weak_passphrase_is_refused_before_anything_is_written(self, tmp_path: Path, weak: str) -> None:
        with pytest.raises(commands.WeakPassphrase) as caught:
            commands.init(tmp_path / "archive", tmp_path / "home", weak)

        assert list(tmp_path.iterdir()) == []
        assert not weak or weak not in str(caught.value)

    def test_over_an_archive_is_refused(self, tmp_path: Path) -> None:
        found(tmp_path)

        with pytest.raises(GuvohError):
            found(tmp_path)
        assert Archive(tmp_path / "archive", tmp_path / "home", PASSPHRASE).heads


def test_ids_of_sources_are_equal_on_every_desk_of_an_archive_and_in_no_other(tmp_path: Path) -> None:
    with desk_in(tmp_path / "ours") as ours, desk_in(tmp_path / "theirs") as theirs:
        assert ours.source_id("sha256:00") != theirs.source_id("sha256:00")
        copied = tmp_path / "copied"
        subprocess.run(["cp", "-r", tmp_path / "ours", copied], check=True)
        with desk_in(copied) as copy:
            assert copy.source_id("sha256:00") == ours.source_id("sha256:00")
    assert os.listdir(tmp_path)
