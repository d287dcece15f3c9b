"""What a reader found in a file: the messages between the confined reader and the program that trusts nothing.

A reading is one `Item`, then for a list any number of `Rows`, then one `End`. A stream without `End` was cut off.
Each message is one msgpack document; `decode` checks every field, so garbage from a broken reader is an error here.
"""

from enum import StrEnum

import msgspec

from guvoh.errors import GuvohError
from guvoh.records.people import Mention
from guvoh.values.languages import Language


class Kind(StrEnum):
    TEXT = "text"
    HTML = "html"
    LIST = "list"


class Gap(StrEnum):
    """What every source should tell; the names of those that could not be found."""

    TITLE = "title"
    PUBLISHER = "publisher"
    PUBLISHED = "published"
    AUTHOR = "author"
    LANGUAGE = "language"
    URL = "url"


class Note(StrEnum):
    """Something about the file that a reader of the record should know. The value is the sentence shown."""

    REPLACED = "replacement characters: some bytes did not fit the encoding"
    GUESSED_ENCODING = "the encoding was guessed"
    WRONG_CHARSET = "the declared encoding does not fit and was not used"
    TRUNCATED_TEXT = "the file ends in the middle of a character"
    TRUNCATED_HTML = "only the first part of a very large page was read"
    NO_ARTICLE = "no article was found; the whole page was taken"
    OTHER_LANGUAGE = "the language is none of those that are known here"
    NUL_BYTES = "NUL bytes were left out"
    NO_HEADING_ROW = "no heading row: the columns were recognised by their values"
    LINES_ABOVE = "the lines above the heading row were not read as rows"
    RAGGED_ROWS = "some rows have more or fewer cells than the heading"
    FORMULAS = "formula cells were kept as text and not calculated"
    LONG_CELLS = "cells that are too long were cut"
    OPEN_QUOTE = "a quotation mark is never closed"
    NO_NAME_COLUMN = "no column of names was recognised"


class Role(StrEnum):
    """What a column of a list tells about the person of the row."""

    NAME = "name"  # the full name in one cell, in any order
    SURNAME = "surname"
    GIVEN = "given"
    PATRONYMIC = "patronymic"
    BIRTH = "birth"  # a date or a year; the column's style says
    BIRTH_YEAR = "birth_year"  # where a list has the year beside the full date
    AGE = "age"
    SEX = "sex"
    CITIZENSHIP = "citizenship"
    ORIGIN = "origin"  # where the person comes from or lives
    INSTITUTION = "institution"  # colony, unit, court, any body that held or sent the person
    PLACE = "place"  # where the event happened
    TRANSFER = "transfer"  # dates of events, from here
    CONTRACT = "contract"
    LOST_CONTACT = "lost_contact"
    CAPTURE = "capture"
    REPORT = "report"  # when the row was posted or reported
    DEATH = "death"
    TAKEN = "taken"
    IDENTIFIER = "identifier"
    LINK = "link"
    NOTE = "note"
    NUMBER = "number"  # the row's running number in the list: no fact about the person
    OTHER = "other"  # kept in the cells, not read


class DateKind(StrEnum):
    """The events whose dates a list may give; each is also a `Role`."""

    TRANSFER = "transfer"
    CONTRACT = "contract"
    LOST_CONTACT = "lost_contact"
    CAPTURE = "capture"
    REPORT = "report"
    DEATH = "death"
    TAKEN = "taken"


class Certainty(StrEnum):
    """How a column came by its role."""

    GIVEN = "given"  # a person said so
    HEADING = "heading"
    VALUES = "values"
    NONE = "none"


class Doubt(StrEnum):
    """Why the reading of a row should be looked at. The raw cells say what was there."""

    BAD_DATE = "bad date"
    PLACEHOLDER_DAY = "placeholder day"  # 1 January in a column of births: often only the year is known
    BAD_AGE = "bad age"
    NO_NAME = "no name"
    TOTAL_ROW = "total row"  # a footer or a sum, perhaps no person
    RAGGED = "ragged"
    REPEATED_HEADING = "repeated heading"
    TWO_BIRTHS = "two births"  # the year column and the date column disagree


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader is asked.

    name_hint  the suffix of the file as typed, such as ".csv"; never more of the name
    source     the id of the source, which the ids of its rows begin with
    columns    the mapping a person corrected: heading or 1-based number (as text) -> role; None: recognise all
    max_bytes  input beyond this many bytes is refused
    """

    name_hint: str = ""
    source: str = "s-0"
    columns: dict[str, Role] | None = None
    max_bytes: int = 2 << 30


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a list, as it was understood.

    why    plain words, without anything from the cells
    style  of dates "dd.mm.yyyy" or "yyyy", of births by year "yyyy", else None
    """

    number: int
    heading: str
    role: Role
    certainty: Certainty
    why: str
    style: str | None = None


class ListShape(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is laid out.

    heading  empty when there is no heading row
    rows     data rows, where they were counted before they were read; else None, and `End.rows` says
    """

    delimiter: str
    quote: str
    heading: list[str]
    rows: int | None
    mapping: list[Column]


class Item(msgspec.Struct, frozen=True, kw_only=True, tag="item"):
    """The file as a source: what it says of itself. None means not found, and then `gaps` names it.

    published  EDTF, as the page states it
    text       normal text (`values.spans.normalise`); empty for a list
    notes      what was noticed before the rows; `End.notes` has the rest
    """

    kind: Kind
    title: str | None
    publisher: str | None
    published: str | None
    author: str | None
    language: Language | None
    url: str | None
    text: str
    encoding: str
    gaps: list[Gap]
    notes: list[Note]
    list: ListShape | None = None


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """Rows of a list as the mentions they are, numbered from 1 on without a gap."""

    rows: list[Mention]


class End(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """The reader came to the end of the file. `notes` repeats those of the item and adds what the rows showed."""

    rows: int = 0
    notes: list[Note] = []


Found = Item | Rows | End


class Why(StrEnum):
    EMPTY = "empty"
    NOT_TEXT = "not text"
    TOO_LARGE = "too large"
    COLUMNS = "columns"
    REQUEST = "request"
    NOT_A_LIST = "not a list"  # told between readers, never to a person


class Unreadable(GuvohError):
    """The file cannot be read as text, page or list. The reason holds nothing from the file."""

    def __init__(self, code: Why, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"the file cannot be read ({code}): {reason}")


class NotAMessage(GuvohError):
    """The bytes are no message of a reader: the reader is broken or was taken over."""


_encoder = msgspec.msgpack.Encoder()
_decode_found = msgspec.msgpack.Decoder(Found)
_decode_request = msgspec.msgpack.Decoder(Request)


def encode(message: Found | Request) -> bytes:
    return _encoder.encode(message)


def decode(data: bytes) -> Found:
    """Check and open one message of a reader, or raise NotAMessage."""
    try:
        message: Found = _decode_found.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAMessage("the reader sent something that is no message; nothing of it was kept") from error
    return message


def decode_request(data: bytes) -> Request:
    try:
        return _decode_request.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(Why.REQUEST, "the request to the reader is malformed") from error
