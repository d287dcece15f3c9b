"""The whole chain on an invented world, of which the truth is known."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desks import CHEAP, Heard

from guvoh.archive.store import Archive
from guvoh.casebook import demo, queries
from guvoh.casebook.answers import Nothing, Show, Step
from guvoh.casebook.desk import Desk
from guvoh.worlds import World, invent

PEOPLE, SEED = 60, 3


@pytest.fixture(scope="module")
def world() -> World:
    return invent(PEOPLE, SEED)


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, heard: Heard) -> demo.Demo:
    return demo.run(tmp_path_factory.mktemp("demo") / "new", PEOPLE, SEED, heard, CHEAP)


def test_every_file_of_the_world_is_in(made: demo.Demo, world: World, heard: Heard) -> None:
    names = [one.filename for one in world.lists] + [one.filename for one in world.letters]

    assert [file.typed for file in made.added.files] == names
    assert {file.outcome for file in made.added.files} == {"added"}
    assert heard.files == list(made.added.files)
    assert any(isinstance(one, Step) for one in heard.all)


def test_every_row_is_a_mention(made: demo.Demo, world: World) -> None:
    rows = {one.filename: len(one.truth) for one in world.lists}

    assert {file.typed: file.rows for file in made.added.files if file.form == "list"} == rows
    assert made.count.people.mentions == sum(rows.values())


def test_the_archive_is_as_signed_and_every_entry_opens(made: demo.Demo) -> None:
    assert made.checked.problems == ()
    assert made.checked.read
    assert made.checked.evidence == len(made.added.files)


def test_people_are_at_most_the_mentions_and_each_stands_on_a_list(made: demo.Demo) -> None:
    people = made.count.people

    assert sum(people.times_listed) == people.people <= people.mentions
    for place, line in enumerate(people.lists):
        assert line.people == people.overlaps[place][place] <= line.rows


def test_a_person_on_many_lists_is_found_in_the_spelling_of_his_own_people(made: demo.Demo) -> None:
    assert made.search.people >= 1
    assert all(mention.name for mention in made.search.mentions)


def test_what_was_found_stands_beside_what_is_true(made: demo.Demo, world: World) -> None:
    compared = {one.what: one for one in made.compared}
    listed = {number for one in world.lists for number in one.truth}

    assert compared["people on the lists"].true == f"{len(listed):,}"
    assert compared["columns recognised"].true == str(sum(len(one.columns) for one in world.lists))


def test_every_column_that_matters_is_recognised(made: demo.Demo, world: World) -> None:
    true = {one.filename: [role for _, role in one.columns] for one in world.lists}
    for file in made.added.files:
        for column, role in zip(file.columns, true.get(file.typed, ()), strict=True):
            assert column.role == role or (column.role, role) == ("other", "note"), column.heading


def test_the_report_names_no_person_of_the_world(made: demo.Demo) -> None:
    page = made.report.read_text("utf-8")
    with_names = re.compile(r"\w{4,}")
    names = {word for one in world_names(made) for word in with_names.findall(one)}

    assert len(names) > 50
    assert not [name for name in names if re.search(rf"\b{re.escape(name)}\b", page)]


def world_names(made: demo.Demo) -> list[str]:
    with opened(made) as desk:
        return [name for (name,) in desk.index.db.execute("SELECT name FROM mentions WHERE name IS NOT NULL")]


def test_the_figures_of_the_report_rest_on_records_that_are_there(made: demo.Demo) -> None:
    page = made.report.read_text("utf-8")
    with opened(made) as desk:
        shown = set(re.findall(r"\bs-[a-z2-7]{20}(?:\.\d+)?\b", page))
        for record in shown:
            assert queries.show(desk, Show(id=record), Heard()).id == record
        sources = {source.id for source in queries.sources(desk, Nothing(), Heard()).sources}
    assert sources <= shown
    assert made.count.people.run is not None
    assert made.count.people.run in page


def test_that_the_report_was_made_is_recorded(made: demo.Demo) -> None:
    with opened(made) as desk:
        found = desk.index.db.execute("SELECT id FROM records WHERE kind = 'disclosure'").fetchall()
        assert len(found) == 1
        fields = {cell.label: cell.value for cell in queries.show(desk, Show(id=found[0][0]), Heard()).fields}
    assert fields["level"] == "anonymous"


def test_the_same_seed_gives_the_same_figures(made: demo.Demo, tmp_path: Path) -> None:
    again = demo.run(tmp_path / "again", PEOPLE, SEED, Heard(), CHEAP)

    assert again.compared == made.compared
    assert again.count.people.overlaps == made.count.people.overlaps


@pytest.mark.parametrize("there", ["a file in it", "a file"])
def test_the_demo_wants_a_folder_of_its_own(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "mine"
    if there == "a file":
        folder.write_text("mine")
    else:
        folder.mkdir()
        (folder / "letter.txt").write_text("mine")

    with pytest.raises(demo.NotEmpty, match="name a new or empty one"):
        demo.run(folder, PEOPLE, SEED, Heard(), CHEAP)


def opened(made: demo.Demo) -> _Opened:
    return _Opened(made)


class _Opened:
    def __init__(self, made: demo.Demo) -> None:
        passphrase = (made.folder / "passphrase.txt").read_text("utf-8").strip()
        self._desk = Desk(Archive(made.folder / "archive", made.folder / "home", passphrase))

    def __enter__(self) -> Desk:
        return self._desk

    def __exit__(self, *of: object) -> None:
        self._desk.close()
