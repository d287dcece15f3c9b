"""The index is a function of the set of entries: not of their order, nor of who replayed them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.archive import founding
from guvoh.archive.entries import Stored
from guvoh.casebook import queries
from guvoh.casebook.answers import Nothing, Search, Show
from guvoh.casebook.desk import Desk, unheard
from guvoh.casebook.index import Index, delete
from guvoh.records.base import Absent, Terms
from guvoh.records.codec import AnyRecord, subjects_of, to_bytes
from guvoh.records.decisions import Correction, Note
from guvoh.records.people import Group, LinkageRun, Mention, Partition
from guvoh.records.sources import Column, Form, Layout, Original, Receipt, Source
from guvoh.sealing.passphrases import Cost
from guvoh.values.absence import Absence

LOGS = ("d-amina", "d-idris", "d-vera")
SOURCES = ("s-one", "s-two", "s-three")
KEY = bytes(32)
names = st.sampled_from(
    ["Каримов Азиз", "Karimov Aziz", "Rahimov Anvar", "Раҳимзода Анвар", "Олим", "Nobody Named", ""]
)
births = st.sampled_from([None, "1990", "1990-03-05", "1989/1991", Absent(absent=Absence.UNKNOWN)])


def original() -> Original:
    digest = f"sha256:{'0' * 64}"
    return Original(digest=digest, size=3, evidence="e", sealed_digest="x", sealed_size=9, key="k-one")


def source_record(source: str) -> Source:
    return Source(id=source, terms=Terms.PUBLIC, form=Form.TEXT, original=original(), text="Каримов Азиз был там")


@st.composite
def records(draw: st.DrawFn) -> AnyRecord:
    """Any record that the index takes something from, with ids from a small pool, so that they meet and conflict."""
    source = draw(st.sampled_from(SOURCES))
    row = draw(st.integers(1, 4))
    some_id = f"n-{draw(st.integers(1, 3))}"
    match draw(st.integers(0, 7)):
        case 0 | 1 | 2:
            name, birth = draw(names), draw(births)
            return Mention(id=f"{source}.{row}", source=source, row=row, name=name, birth=birth, cells=(name,))
        case 3:
            group = draw(st.sampled_from([None, Group(), Group(least=7)]))
            return Mention(id=f"m-{row}", source=source, name=draw(names), birth=draw(births), group=group)
        case 4:
            terms, text = draw(st.sampled_from(list(Terms))), draw(names)
            layout = Layout(
                delimiter=",", columns=(Column(number=1, heading="имя", role="name", certainty="heading", why="said"),)
            )
            return Source(id=source, terms=terms, form=Form.LIST, original=original(), text=text, layout=layout)
        case 5:
            return Receipt(
                id=some_id, source=source, by="m-amina", at="2024-03-01T10:00:00Z", file_name="a", program="guvoh 0"
            )
        case 6:
            run = f"l-{row}"
            if draw(st.booleans()):
                persons = ((f"{source}.1", f"{source}.2"),)
                return Partition(id=some_id, run=run, part=draw(st.integers(1, 2)), persons=persons)
            replaces = tuple(f"l-{n}" for n in range(1, row))
            return LinkageRun(
                id=run, by="m-amina", at="2024-03-01T10:00:00Z", engine="plain", version="1", settings={},
                input_digest=f"sha256:{'1' * 64}", inputs=row, replaces=replaces, parts=1,
            )  # fmt: skip
        case _:
            if draw(st.booleans()):
                return Correction(id=some_id, by="m-idris", at="2024-03-01T10:00:00Z", old=f"{source}.1", new=None)
            return Note(id=some_id, by="m-idris", at="2024-03-01T10:00:00Z", about=(source,), text="seen")


entries = st.lists(st.tuples(st.sampled_from(LOGS), records()), max_size=30)


def stored(found: list[tuple[str, AnyRecord]]) -> list[Stored]:
    """Entries with the positions that they have in their logs."""
    sizes = dict.fromkeys(LOGS, 0)
    result = []
    for log, record in found:
        result.append(Stored(log, sizes[log], subjects_of(record), to_bytes(record)))
        sizes[log] += 1
    return result


def replayed(found: list[Stored], cuts: list[int]) -> Index:
    """An index that was given the entries in this order, in several goes."""
    index = Index(None, KEY)
    for start, end in zip([0, *cuts], [*cuts, len(found)], strict=True):
        index.apply(found[start:end])
    return index


def counts(mention: str, source: str) -> bool:
    return source in SOURCES


@settings(max_examples=150, deadline=None)
@given(found=entries, seed=st.integers(0, 1_000_000))
def test_any_order_of_arrival_gives_the_same_index(found: list[tuple[str, AnyRecord]], seed: int) -> None:
    rng = random.Random(seed)
    one = stored(found)
    other = rng.sample(one, len(one))
    cuts = sorted(rng.randrange(len(one) + 1) for _ in range(rng.randrange(4)))
    first, second = replayed(one, []), replayed(other, cuts)
    assert first.dump() == second.dump()
    assert first.clues(counts) == second.clues(counts)
    assert first.standing_run() == second.standing_run()
    assert first.open_runs() == second.open_runs()


class Replica:
    """A desk without an archive of its own: the entries stand in memory, the index is the real one."""

    def __init__(self, found: list[Stored], index: Index) -> None:
        self._entries = {(one.log, one.position): one for one in found}
        self.index, self.archive = index, self

    source: Any = Desk.source

    def opened(self, records: list[str], reason: str, *, identities: bool = True) -> None:
        """Nothing is kept of what a test looks at."""

    def entry(self, log: str, position: int) -> Stored:
        return self._entries[log, position]

    def answers(self) -> list[object]:
        """What every query says that needs nothing but the index and single records."""
        desk: Any = self
        said: list[object] = [queries.sources(desk, Nothing(), unheard)]
        said += [
            queries.search(desk, Search(text=text), unheard) for text in ("Karimov", "Раҳимов Anvar", "nobody", "!")
        ]
        for wanted in [
            *SOURCES,
            *(f"{source}.{row}" for source in SOURCES for row in range(1, 5)),
            "m-1",
            "n-1",
            "l-2",
        ]:
            try:
                said.append(queries.show(desk, Show(id=wanted), unheard))
            except queries.NoSuchRecord as missing:
                said.append(str(missing))
        return said


@settings(max_examples=60, deadline=None)
@given(found=entries, seed=st.integers(0, 1_000_000))
def test_any_order_of_arrival_gives_the_same_answers(found: list[tuple[str, AnyRecord]], seed: int) -> None:
    sources = [("d-amina", source_record(source)) for source in SOURCES]
    one = stored([*found, *sources])
    other = random.Random(seed).sample(one, len(one))
    assert Replica(one, replayed(one, [])).answers() == Replica(other, replayed(other, [])).answers()


@settings(max_examples=40, deadline=None)
@given(found=entries)
def test_an_entry_that_comes_again_changes_nothing(found: list[tuple[str, AnyRecord]]) -> None:
    once, twice = replayed(stored(found), []), replayed(stored(found) * 2, [])
    assert once.dump() == twice.dump()


@settings(max_examples=60, deadline=None)
@given(found=entries)
def test_the_strictest_terms_that_a_source_was_ever_given_hold(found: list[tuple[str, AnyRecord]]) -> None:
    order = [Terms.PUBLIC, Terms.CONSENT, Terms.INTERNAL]
    index = replayed(stored(found), [])
    for source in SOURCES:
        given_terms = [record.terms for _, record in found if isinstance(record, Source) and record.id == source]
        kept = index.db.execute("SELECT terms FROM sources WHERE id = ?", (source,)).fetchone()
        assert (kept is None) == (not given_terms)
        if kept is not None:
            assert kept[0] == max(given_terms, key=order.index).value


def test_a_group_stands_for_no_person() -> None:
    mention = Mention(id="m-1", source="s-one", name="семеро мужчин", group=Group())
    index = replayed(stored([("d-amina", mention)]), [])
    assert index.clues(counts) == []


def test_an_entry_that_is_no_record_is_passed_over_and_named() -> None:
    known = Stored(
        "d-amina", 0, (), to_bytes(Note(id="n-1", by="m-a", at="2024-03-01T10:00:00Z", about=("s-one",), text="x"))
    )
    strange = [Stored("d-amina", 1, (), b'{"type":"from-the-future"}'), Stored("d-amina", 2, (), b'{"type":"mention"}')]
    index = replayed([*strange, known], [])
    assert index.unreadable() == [("d-amina", 1), ("d-amina", 2)]
    assert [row[0] for row in index.dump()["record"]] == ["n-1"]


PASSPHRASE = "olive window carpet river candle meadow"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    cost = Cost(memory=64, iterations=1, lanes=1)
    archive = founding.found(tmp_path / "archive", tmp_path / "home", PASSPHRASE, cost)
    found = [Mention(id=f"s-one.{n}", source="s-one", row=n, name=f"Каримов Азиз{n % 7}") for n in range(1, 200)]
    source = Source(id="s-one", terms=Terms.PUBLIC, form=Form.LIST, original=original(), rows=199)
    with archive.batch() as batch:
        key = batch.source_key()
        batch.extend(("s-one",), map(to_bytes, found), key)
        batch.extend(("s-one",), [to_bytes(source)], key)
    return Desk(archive)


def test_a_deleted_index_is_replayed_to_the_same(desk: Desk) -> None:
    before = desk.index.dump()
    desk.close()
    delete(desk.archive.home.path / "index.db")
    again = Desk(desk.archive)
    assert again.index.dump() == before
    assert again.ask(queries.search, Search(text="Karimov")).people == 199


def test_a_spoilt_index_is_replayed_and_not_trusted(desk: Desk) -> None:
    before = desk.index.dump()
    desk.close()
    (desk.archive.home.path / "index.db").write_bytes(b"no database at all" * 1000)
    again = Desk(desk.archive)
    assert again.index.dump() == before


def test_an_index_under_another_key_is_replayed(desk: Desk) -> None:
    path = desk.archive.home.path / "index.db"
    desk.close()
    delete(path)
    Index.open(path, bytes(range(32))).close()
    assert len(Desk(desk.archive).index.clues(counts)) == 199


def test_no_name_stands_readable_in_the_index_file(desk: Desk) -> None:
    desk.ask(queries.people, Nothing())
    desk.close()
    for file in desk.archive.home.path.glob("index.db*"):
        data = file.read_bytes()
        assert "Каримов".encode() not in data
        assert b"karim" not in data
