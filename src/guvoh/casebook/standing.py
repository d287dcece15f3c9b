"""Records that stand: no other has taken their place, and nobody has taken them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from guvoh.casebook.desk import Desk
from guvoh.records.codec import from_bytes

Record = TypeVar("Record", bound=msgspec.Struct)


def standing(desk: Desk, kind: type[Record]) -> Iterator[tuple[str, Record]]:
    """(log, record) of each record of a kind that stands, in the order in which they lie in the logs."""
    places = desk.index.db.execute(
        "SELECT log, position FROM records WHERE kind = ? AND id NOT IN (SELECT old FROM correction)"
        " ORDER BY log, position",
        (kind.__struct_config__.tag,),
    )
    for stored in desk.archive.entries_at(places.fetchall()):
        record = from_bytes(stored.body)
        assert isinstance(record, kind)
        yield stored.log, record
