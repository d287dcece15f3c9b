"""How the tests of readers read: bytes in, decoded messages out."""

import io

from guvoh.intake.found import Column, Doubt, End, Item, ListShape, Note, Request, Role, Rows, decode, encode
from guvoh.intake.readers.files import read
from guvoh.records.people import Mention


class Reading:
    """One file as a reader gave it."""

    def __init__(self, raw: bytes, hint: str = "", columns: dict[str, Role] | None = None) -> None:
        request = encode(Request(name_hint=hint, columns=columns))
        messages = [decode(message) for message in read(request, io.BytesIO(raw))]
        first, last = messages[0], messages[-1]
        assert isinstance(first, Item)
        assert isinstance(last, End)
        self.item, self.end = first, last
        self.rows: list[Mention] = []
        for batch in messages[1:-1]:
            assert isinstance(batch, Rows)
            self.rows += batch.rows

    @property
    def shape(self) -> ListShape:
        assert self.item.list is not None
        return self.item.list

    @property
    def columns(self) -> list[Column]:
        return self.shape.mapping

    @property
    def roles(self) -> list[Role]:
        return [column.role for column in self.columns]

    @property
    def notes(self) -> set[Note]:
        return set(self.end.notes)

    def doubts(self, number: int) -> set[Doubt]:
        return {Doubt(doubt) for doubt in self.rows[number - 1].doubts}


def csv(text: str, encoding: str = "utf-8", columns: dict[str, Role] | None = None) -> Reading:
    return Reading(text.encode(encoding), ".csv", columns)
