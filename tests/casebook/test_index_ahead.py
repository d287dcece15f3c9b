"""Reading ahead in a second process gives the index that reading alone gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_index import PASSPHRASE, original

from guvoh.archive.founding import found
from guvoh.archive.store import Archive
from guvoh.casebook import index as index_module
from guvoh.casebook.index import Index
from guvoh.records.base import Absent, Terms
from guvoh.records.codec import to_bytes
from guvoh.records.people import Group, Mention
from guvoh.records.sources import Form, Source
from guvoh.sealing.passphrases import Cost
from guvoh.values.absence import Absence

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    cost = Cost(memory=64, iterations=1, lanes=1)
    made = found(tmp_path / "archive", tmp_path / "home", PASSPHRASE, cost)
    rows = [
        Mention(id=f"s-one.{n}", source="s-one", row=n, surname="Каримов", given=f"Азиз{n % 7}", birth="1990")
        for n in range(1, 700)
    ]
    others = [
        Mention(id="m-1", source="s-one", name="семеро", group=Group(least=7)),
        Mention(id="m-2", source="s-one", name=Absent(absent=Absence.UNKNOWN)),
    ]
    source = Source(id="s-one", terms=Terms.PUBLIC, form=Form.LIST, original=original(), rows=len(rows))
    with made.batch() as batch:
        bodies = [*map(to_bytes, rows), *map(to_bytes, others), to_bytes(source), b'{"type":"from-the-future"}']
        batch.extend(("s-one",), bodies, batch.source_key())
    return made


def alone(archive: Archive) -> Index:
    index = Index(None, bytes(32))
    index.catch_up(archive)
    return index


def test_two_processes_give_what_one_gives(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = alone(archive).dump()
    monkeypatch.setattr(index_module, "_MANY", 1)
    monkeypatch.setattr(index_module, "worthwhile", lambda: True)
    found = alone(archive).dump()
    assert found == expected
    assert len(found["mention"]) == 701
    assert len(found["unreadable"]) == 1


def test_a_helper_lost_half_way_is_made_up_for(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = alone(archive).dump()
    chunks = index_module._chunks
    parent = os.getpid()

    def cut_short(entries: object, forgotten: object) -> object:
        for number, chunk in enumerate(chunks(entries)):  # type: ignore[arg-type]
            if number == 1 and os.getpid() != parent:
                os._exit(9)
            yield chunk

    monkeypatch.setattr(index_module, "_MANY", 1)
    monkeypatch.setattr(index_module, "worthwhile", lambda: True)
    monkeypatch.setattr(index_module, "_chunks", cut_short)
    assert alone(archive).dump() == expected
