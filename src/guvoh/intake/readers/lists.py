"""Lists of people in files of separated values: their layout, their columns, and their rows one after another.

Nothing is calculated: a formula is text. Rows that do not fit are kept and doubted. The rows are never all in memory.
"""

import csv
import io
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import getitem, itemgetter
from typing import Any

from guvoh.intake.columns import (
    SEXES,
    Understood,
    fold,
    heading_words,
    is_heading,
    is_total,
    read_age,
    recognise,
)
from guvoh.intake.dates import Style, is_placeholder, read_date, year_of
from guvoh.intake.found import (
    DateKind,
    Doubt,
    End,
    Found,
    Item,
    Kind,
    ListShape,
    Note,
    Role,
    Rows,
    Unreadable,
    Why,
)
from guvoh.intake.readers.encodings import Encoding
from guvoh.intake.readers.shapes import LONGEST_TITLE, gaps
from guvoh.records.base import Absent
from guvoh.records.people import Mention
from guvoh.values.absence import Absence, is_silent, read_absence
from guvoh.values.spans import normalise

BATCH = 256  # rows in one message: few enough to stay in the processor's cache on both sides
SAMPLE_ROWS = 400  # that are looked at to recognise columns
SAMPLE_LINES = 200  # that are looked at to find the delimiter
SAMPLE_BYTES = 1 << 18
MOST_ABOVE = 6  # lines above the heading row, such as the name of the list
LONGEST_CELL = 1 << 17  # code points; a longer one is an unclosed quotation mark
MOST_REOPENED = 50  # unclosed quotation marks that are mended one by one
MOST_REMEMBERED = 100_000  # distinct cells of one column whose meaning is kept
WIDEST = 500  # columns

DELIMITERS = ("\t", ";", "|", ",")  # of two that fit equally well the first: commas stand in names
RARE_DELIMITERS = ("^", "~", "\x1f", "\x1e", "§", ":")
_SEPARATOR_LINE = re.compile(r"^\ufeff?\"?sep=(.)\"?\s*$", re.IGNORECASE)

NAME_ROLES = frozenset({Role.NAME, Role.SURNAME, Role.GIVEN, Role.PATRONYMIC})
# The fields of a mention that one column alone fills, in the order in which `_Persons` takes them.
FIELDS = (
    Role.SURNAME,
    Role.GIVEN,
    Role.PATRONYMIC,
    Role.AGE,
    Role.SEX,
    Role.CITIZENSHIP,
    Role.ORIGIN,
    Role.INSTITUTION,
    Role.PLACE,
    Role.IDENTIFIER,
)
_FIGURE = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_Value = str | int | Absent | None
_ABSENT = {absence: Absent(absent=absence) for absence in Absence}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the file is separated into cells. `skip` lines stand before the first row (a "sep=" line)."""

    delimiter: str
    quote: str = '"'
    skip: int = 0


@dataclass(slots=True, kw_only=True)
class File:
    """The bytes of a list, all of them in memory as they came, with their encoding; opened as often as needed."""

    raw: bytes
    encoding: Encoding
    notes: set[Note] = field(default_factory=set)

    def lines(self, start: int = 0) -> Iterator[str]:
        """The lines from number `start` on, with their ends."""
        end = len(self.raw) - self.encoding.cut
        stream = io.BytesIO(self.raw)
        if end < len(self.raw):
            stream.truncate(end)
        stream.seek(self.encoding.skip)
        lines: Iterator[str] = io.TextIOWrapper(stream, self.encoding.name, errors="replace", newline="")
        if start:
            lines = islice(lines, start, None)
        return (line.replace("\0", "") for line in lines) if Note.NUL_BYTES in self.notes else lines


# The layout


def layout_of(lines: Sequence[str], *, rare: bool = True) -> tuple[Layout, float]:
    """Find the delimiter that makes most rows equally wide, and the share of rows that are.

    Headings that are known break ties, then the number of columns. Without any delimiter it is a list of one column.
    """
    if lines and (told := _SEPARATOR_LINE.match(lines[0])):
        return Layout(delimiter=told[1], quote=_quote(lines[1:], told[1]), skip=1), 1.0
    best, layout = (0, 0.0, 0), Layout(delimiter=",")
    for delimiter in (*DELIMITERS, *RARE_DELIMITERS) if rare else DELIMITERS:
        if not any(delimiter in line for line in lines):
            continue
        quote = _quote(lines, delimiter)
        rows = [row for row in _parsed(lines, delimiter, quote) if any(row)]
        if not rows:
            continue
        width, times = Counter(map(len, rows)).most_common(1)[0]
        words = max(map(heading_words, rows[:MOST_ABOVE]))
        if width < 2 or (delimiter in RARE_DELIMITERS and words < 2 and times < len(rows)):
            continue
        score = (min(words, 2), round(times / len(rows), 1), min(width, WIDEST))
        if score > best:
            best, layout = score, Layout(delimiter=delimiter, quote=quote)
    return layout, best[1]


def looks_like_list(lines: Sequence[str]) -> bool:
    """Whether a file without a telling suffix is a table: several rows, all equally wide, with short cells."""
    full = [line for line in lines if line.strip()]
    if len(full) < 3:
        return False
    layout, share = layout_of(full, rare=False)
    rows = [row for row in _parsed(full, layout.delimiter, layout.quote) if any(row)]
    width = max(map(len, rows), default=0)
    if width < 2 or share < 1.0 or any(len(row) != width for row in rows):
        return False
    cells = [cell for row in rows for cell in row]
    short = sum(map(len, cells)) < 40 * len(cells)
    return short and (heading_words(rows[0]) >= 2 or layout.delimiter != "," or width >= 4)


def _parsed(lines: Iterable[str], delimiter: str, quote: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter, quotechar=quote))
    except (csv.Error, TypeError, ValueError):
        return []


def _quote(lines: Sequence[str], delimiter: str) -> str:
    """The quotation mark: a single one only where most cells stand between such, for names hold apostrophes."""
    cells = [cell.strip() for line in lines for cell in line.rstrip("\r\n").split(delimiter)]
    single = sum(len(cell) > 1 and cell.startswith("'") and cell.endswith("'") for cell in cells)
    return "'" if single * 2 > len(cells) else '"'


# The cells


class _Cells:
    """The rows of a file as lists of cells, blank lines left out.

    A quotation mark that is never closed would swallow what follows. Where that shows, the line that opens it is read
    again with its quotation marks as ordinary letters.
    """

    def __init__(self, file: File, layout: Layout) -> None:
        self._file, self._layout = file, layout

    def __iter__(self) -> Iterator[list[str]]:
        start = self._layout.skip
        for _ in range(MOST_REOPENED):
            opening = yield from self._quoted(start)
            if opening is None:
                return
            yield from self._unquoted([next(self._file.lines(opening), "")])
            start = opening + 1
        yield from self._unquoted(self._file.lines(start))

    def _quoted(self, start: int) -> Generator[list[str], None, int | None]:
        """Rows from line `start` on; returns the number of a line whose quotation mark is never closed, or None."""
        layout = self._layout
        reader = csv.reader(self._file.lines(start), delimiter=layout.delimiter, quotechar=layout.quote)
        held: list[str] = []
        held_at = before = 0
        try:
            for cells in reader:
                if held:
                    yield held
                held, held_at, before = cells, before, reader.line_num
        except csv.Error:
            if held:
                yield held
            return start + before
        if held and self._is_open(start + held_at):
            return start + held_at
        if held:
            yield held
        return None

    def _is_open(self, line: int) -> bool:
        """Whether the row that begins at this line, the last one, ends inside a quotation."""
        layout = self._layout
        lines = self._file.lines(line)
        try:
            deque(csv.reader(lines, delimiter=layout.delimiter, quotechar=layout.quote, strict=True), maxlen=0)
        except csv.Error as error:
            return "end of data" in str(error)
        return False

    def _unquoted(self, lines: Iterable[str]) -> Iterator[list[str]]:
        for line in lines:
            cells = line.rstrip("\r\n").split(self._layout.delimiter)
            if any(len(cell) > LONGEST_CELL for cell in cells):
                self._file.notes.add(Note.LONG_CELLS)
                cells = [cell[:LONGEST_CELL] for cell in cells]
            else:
                self._file.notes.add(Note.OPEN_QUOTE)
            if any(cells):
                yield cells


# What the cells say


_Read = Callable[[str], tuple[_Value, Doubt | None]]


def _absence_of(cell: str) -> Absent | None:
    absence = read_absence(cell)
    return _ABSENT[absence] if absence else None


def _read_words(cell: str) -> tuple[str | Absent | None, Doubt | None]:
    if not _is_surely_a_value(cell):
        if is_silent(cell):
            return None, None
        if (absence := _absence_of(cell)) is not None:
            return absence, None
    if cell.isprintable() and unicodedata.is_normalized("NFC", cell):
        return " ".join(cell.split()), None
    return " ".join(normalise(cell).split()) or None, None


def _is_surely_a_value(cell: str) -> bool:
    """Whether no word for absence can be meant: it holds a figure, or three words with capitals. Only saves time."""
    return _FIGURE.search(cell) is not None or (cell.istitle() and cell.count(" ") >= 2)


def _read_name(cell: str) -> tuple[str | Absent | None, Doubt | None]:
    value, _ = _read_words(cell)
    if not isinstance(value, str):
        return value, None
    if not _LETTER.search(value):
        return None, Doubt.NO_NAME
    return value, Doubt.TOTAL_ROW if is_total(value) or value[0].isdigit() else None  # "3 persons" is nobody


def _read_sex(cell: str) -> tuple[str | Absent | None, Doubt | None]:
    value, _ = _read_words(cell)
    return SEXES.of(fold(value).split()) or value if isinstance(value, str) else value, None


def _read_years(cell: str) -> tuple[int | Absent | None, Doubt | None]:
    if is_silent(cell):
        return None, None
    if (absence := _absence_of(cell)) is not None:
        return absence, None
    age = read_age(cell)
    return age, Doubt.BAD_AGE if age is None else None


def _date_reader(style: Style) -> _Read:
    def read(cell: str) -> tuple[str | Absent | None, Doubt | None]:
        if is_silent(cell):
            return None, None
        found = read_date(cell, style)
        if found is None:
            absence = _absence_of(cell)
            return absence, None if absence else Doubt.BAD_DATE
        return found, Doubt.PLACEHOLDER_DAY if style.birth and is_placeholder(found) else None

    return read


def _reader_of(role: Role, style: Style | None) -> _Read | None:
    """How the cells of a column with this role are read; None when they are only kept."""
    if style is not None:
        return _date_reader(style)
    if role in NAME_ROLES:
        return _read_name
    special: dict[Role, _Read] = {Role.AGE: _read_years, Role.SEX: _read_sex}
    return special.get(role, _read_words) if role in FIELDS or role is Role.BIRTH else None


class _Meanings(dict[str, _Value]):
    """What the cells of one column say, remembered by their text: lists repeat their values."""

    __slots__ = ("_read", "at", "doubts", "suspects")

    def __init__(self, at: int, read: _Read, suspects: set[str]) -> None:
        self.at, self._read, self.suspects = at, read, suspects
        self.doubts: dict[str, Doubt] = {}

    def __missing__(self, cell: str) -> _Value:
        value, doubt = self._read(cell)
        if doubt is not None:
            self.doubts[cell] = doubt
            self.suspects.add(cell)
        self[cell] = value
        return value


class _Persons:
    """Reads rows of cells as mentions of one source, under one mapping."""

    def __init__(self, source: str, understood: Understood, heading: list[str], width: int) -> None:
        self._source, self._heading, self._width = source, heading, width
        self._suspects: set[str] = set()
        self._columns: list[_Meanings] = []
        places: dict[Role, int] = {}
        for column in understood.columns:
            read = _reader_of(column.role, understood.styles.get(column.number))
            if read is not None:
                places[column.role] = len(self._columns)
                self._columns.append(_Meanings(column.number - 1, read, self._suspects))
        nowhere = -1  # where `_read` puts a None behind the values
        self._fields = itemgetter(*(places.get(role, nowhere) for role in FIELDS))
        self._full_name = places.get(Role.NAME, nowhere)
        self._parts = [places[role] for role in (Role.SURNAME, Role.GIVEN, Role.PATRONYMIC) if role in places]
        self._part = self._parts[0] if self._parts else nowhere
        self._cells_of = _several([column.at for column in self._columns])
        self._births = places.get(Role.BIRTH, nowhere), places.get(Role.BIRTH_YEAR, nowhere)
        self._dates = [(kind.value, places[Role(kind.value)]) for kind in DateKind if Role(kind.value) in places]
        self.have_names = self._full_name != nowhere or bool(self._parts)

    def read(self, number: int, cells: list[str]) -> Mention | None:
        """The row with this number, or None when no cell holds anything."""
        padded = cells if len(cells) >= self._width else cells + [""] * (self._width - len(cells))
        values: list[Any] = [*map(getitem, self._columns, self._cells_of(padded)), None]
        name = values[self._full_name]
        birth, year = values[self._births[0]], values[self._births[1]]
        dates: dict[str, str | Absent] = {}
        for kind, at in self._dates:
            if values[at] is not None:
                dates[kind] = values[at]
        doubts: tuple[Doubt, ...] = ()
        odd = len(cells) != self._width or cells == self._heading or (year is not None and birth is not None)
        named = name is not None or values[self._part] is not None or any(values[at] is not None for at in self._parts)
        if odd or (self.have_names and not named) or not self._suspects.isdisjoint(cells):
            if not any(map(str.strip, cells)):
                return None
            doubts = tuple(self._doubts(cells, padded, named, birth, year))
        surname, given, patronymic, age, sex, citizenship, origin, institution, place, identifier = self._fields(values)
        return Mention(
            id=f"{self._source}.{number}",
            source=self._source,
            row=number,
            name=name,
            surname=surname,
            given=given,
            patronymic=patronymic,
            birth=year if birth is None else birth,
            age=age,
            sex=sex,
            citizenship=citizenship,
            origin=origin,
            institution=institution,
            place=place,
            identifier=identifier,
            dates=dates,
            cells=tuple(cells),
            doubts=doubts,
        )

    def forget(self) -> None:
        """Let go of remembered cells before they fill the memory."""
        if max(map(len, self._columns), default=0) > MOST_REMEMBERED:
            self._suspects.clear()
            for column in self._columns:
                column.clear()
                column.doubts.clear()

    def _doubts(self, cells: list[str], padded: list[str], named: bool, *births: _Value) -> list[Doubt]:
        doubts = [doubt for column in self._columns if (doubt := column.doubts.get(padded[column.at]))]
        if cells == self._heading:
            doubts.append(Doubt.REPEATED_HEADING)
        if len(cells) != self._width and any(map(str.strip, [*cells[self._width :], *cells[len(cells) :]])):
            doubts.append(Doubt.RAGGED)
        if len(cells) < self._width:
            doubts.append(Doubt.RAGGED)
        if self.have_names and not named:
            total = any(is_total(cell) for cell in cells if cell.strip())
            doubts.append(Doubt.TOTAL_ROW if total else Doubt.NO_NAME)
        if _disagree(*births):
            doubts.append(Doubt.TWO_BIRTHS)
        return list(dict.fromkeys(doubts))


def _several(places: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """Takes the cells at these places: what `itemgetter` does, for one place and for none too."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: tuple(cells[at] for at in places)


def _disagree(birth: object, year: object) -> bool:
    """Whether a date and a year of birth, both stated, name different years."""
    if not isinstance(birth, str) or not isinstance(year, str):
        return False
    years = year_of(birth), year_of(year)
    return None not in years and years[0] != years[1]


# The whole list


def first_lines(raw: bytes, encoding: Encoding) -> list[str]:
    """The first lines of a file, for finding out what it is; a last one that may be cut is left out."""
    text = raw[encoding.skip : encoding.skip + SAMPLE_BYTES].decode(encoding.name, "replace").replace("\0", "")
    lines = text.splitlines(keepends=True)[: SAMPLE_LINES + 1]
    whole = len(raw) - encoding.skip <= SAMPLE_BYTES and len(lines) <= SAMPLE_LINES
    return lines if whole or len(lines) < 2 else lines[:-1]


def read_list(raw: bytes, encoding: Encoding, source: str, given: dict[str, Role] | None = None) -> Iterator[Found]:
    """Give a list as its item with the mapping of its columns, its rows in batches, and the end.

    given  the mapping a person corrected; see `columns.recognise`
    """
    csv.field_size_limit(LONGEST_CELL)
    file = File(raw=raw, encoding=encoding, notes=set(encoding.notes))
    if b"\0" in raw and not encoding.name.startswith(("utf_16", "utf_32")):
        file.notes.add(Note.NUL_BYTES)
    layout, _ = layout_of(first_lines(raw, encoding))
    if _has_formulas(raw, layout):
        file.notes.add(Note.FORMULAS)
    rows = iter(_Cells(file, layout))
    sample = list(islice(rows, SAMPLE_ROWS + MOST_ABOVE))
    if not any(map(str.isalnum, chain.from_iterable(cell for row in sample for cell in row))):
        raise Unreadable(Why.EMPTY, "it has no cell with a letter or figure in it")
    if max(map(len, sample)) > WIDEST:
        raise Unreadable(Why.TOO_LARGE, f"a list of more than {WIDEST} columns is not read")
    above, heading, data = _split(sample, given)
    if above:
        file.notes.add(Note.LINES_ABOVE)
    if not heading:
        file.notes.add(Note.NO_HEADING_ROW)
    width = _width(heading, data)
    understood = recognise(heading, [row[:width] for row in data], given)
    persons = _Persons(source, understood, heading, width)
    if not persons.have_names:
        file.notes.add(Note.NO_NAME_COLUMN)
    shape = ListShape(
        delimiter=layout.delimiter, quote=layout.quote, heading=heading, rows=None, mapping=understood.columns
    )
    yield _item(above, encoding, file.notes, shape)
    number = 0
    remaining = chain(data, rows)
    while batch := list(islice(remaining, BATCH)):
        found = []
        for cells in batch:
            row = persons.read(number + 1, cells)
            if row is not None:
                number += 1
                found.append(row)
        if any(Doubt.RAGGED in row.doubts for row in found if row.doubts):
            file.notes.add(Note.RAGGED_ROWS)
        persons.forget()
        if found:
            yield Rows(rows=found)
    yield End(rows=number, notes=sorted(file.notes))


def _item(above: list[str], encoding: Encoding, notes: set[Note], shape: ListShape) -> Item:
    title = normalise(above[0]).strip() if len(above) == 1 else ""
    title = " ".join(title.split())
    told = title if 0 < len(title) <= LONGEST_TITLE else None
    return Item(
        kind=Kind.LIST,
        title=told,
        publisher=None,
        published=None,
        author=None,
        language=None,
        url=None,
        text="",
        encoding=encoding.name,
        gaps=gaps(title=told),
        notes=sorted(notes),
        list=shape,
    )


def _split(sample: list[list[str]], given: dict[str, Role] | None) -> tuple[list[str], list[str], list[list[str]]]:
    """Part the first rows into lines above the table, the heading (empty: none), and data."""
    for at, row in enumerate(sample[: MOST_ABOVE + 1]):
        said = [cell for cell in row if cell.strip()]
        if at and len(said) < 2:
            continue
        if is_heading(row, sample[at + 1 :], given) and (at == 0 or heading_words(row) >= 2):
            lone = at == 0 and len(said) == 1 and _heading_follows(sample)
            if not lone:
                return [cell for line in sample[:at] for cell in line if cell.strip()], row, sample[at + 1 :]
        if len(said) > 1:
            break
    return [], [], sample


def _heading_follows(sample: list[list[str]]) -> bool:
    """Whether one of the next rows names two columns or more: then the first line is the name of the list."""
    return any(heading_words(row) >= 2 for row in sample[1 : MOST_ABOVE + 1])


def _width(heading: list[str], data: list[list[str]]) -> int:
    """The number of columns: of the heading, or of most rows where those have more."""
    usual = Counter(map(len, data)).most_common(1)[0][0] if data else 0
    return max(len(heading), usual)


def _has_formulas(raw: bytes, layout: Layout) -> bool:
    """Whether some cell begins with an equals sign. Not looked for in UTF-16, where it would cost a copy."""
    if b"=" not in raw:
        return False
    starts = (layout.delimiter.encode("utf-8", "replace"), layout.quote.encode(), b"\n")
    return any(start + b"=" in raw for start in starts)
