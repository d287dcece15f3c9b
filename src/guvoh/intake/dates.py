"""Dates as cells of lists write them, read into EDTF.

Which of two numbers is the month is decided once for a column (`style_of`), never for a cell. What is impossible under
the column's style is no date: the caller keeps the cell and doubts the row.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib import resources

EARLIEST_YEAR, LATEST_YEAR = 1900, 2100  # beyond these a year in a list of living memory is a slip of the pen
LAST_SHORT_BIRTH = 20  # births written with two digits: 00 to 20 are 2000 to 2020, 21 to 99 are 1921 to 1999

_TABLE = tomllib.loads(resources.files("guvoh.intake").joinpath("data", "dates.toml").read_text("utf-8"))


def _numbered(rows: list[str], first: int) -> dict[str, int]:
    return {word: number for number, row in enumerate(rows, first) for word in row.split()}


_MONTHS = _numbered(_TABLE["months"], 1)
_SEASONS = _numbered(_TABLE["seasons"], 21)
_FILLERS = frozenset(_TABLE["fillers"].split())
_BEFORE = frozenset(_TABLE["before"].split())
_AFTER = frozenset(_TABLE["after"].split())
_ABOUT = frozenset(_TABLE["about"].split())
_PAIRS = frozenset(word for word in (*_MONTHS, *_BEFORE, *_AFTER, *_ABOUT) if "_" in word)
# The month in 5.III.1990.
_ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}

_TIME = re.compile(r"[t,\s]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m\.?|z|utc|gmt|[+-]\d{2}:?\d{2})?$")
_YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d{1,2})(?:\2(\d{1,2}))?")
_YEAR_LAST = re.compile(r"(?:(\d{1,2})\s*([-./ ])\s*)?(\d{1,2})\s*[-./ ]\s*(\d{4}|\d{2})")
_ROMAN_MONTH = re.compile(r"(\d{1,2})[-. /]([ivx]+)[-. /](\d{4})")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_YEARS = re.compile(r"(\d{4})\s*[-–/]\s*(\d{4})")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_APOSTROPHES = re.compile("['`´‘’‛ʻʼʹʽ′]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one column writes its dates.

    month_first  05/03/2023 is the third of May
    birth        two-digit years are births (LAST_SHORT_BIRTH), else years of this century
    name         the shape most cells have: "dd.mm.yyyy", "yyyy-mm-dd", "yyyy", "mm.yyyy", "d month yyyy" ...; None
                 when no cell of the sample is a date
    undecided    no cell of the sample tells the day from the month, and the separator does not either
    short_years  some cells have two-digit years
    """

    month_first: bool = False
    birth: bool = False
    name: str | None = None
    undecided: bool = False
    short_years: bool = False


def style_of(cells: Iterable[str], *, birth: bool = False) -> Style:
    """Find how a column writes dates from a sample of its cells: a number above 12 tells the day from the month."""
    day_first = month_first = 0
    separators: set[str] = set()
    shapes: Counter[str] = Counter()
    for cell in cells:
        text = _plain(cell)
        found = _YEAR_LAST.fullmatch(text)
        if found and found[1] and not _YEARS.fullmatch(text):
            separators.add(found[2])
            day_first += int(found[1]) > 12 >= int(found[3])
            month_first += int(found[3]) > 12 >= int(found[1])
        shapes[_shape(text)] += 1
    shapes.pop("", None)
    months = month_first > day_first
    name = shapes.most_common(1)[0][0] if shapes else None
    return Style(
        month_first=months,
        birth=birth,
        name="mm" + name[2:3] + "dd" + name[5:] if months and name and name.startswith("dd") else name,
        undecided=bool(separators - {"."}) and day_first == month_first == 0,
        short_years=any(shape.endswith("yy") and not shape.endswith("yyyy") for shape in shapes),
    )


def read_date(cell: str, style: Style) -> str | None:
    """Give the date in a cell as EDTF, as wide as the cell is vague; None when it is no possible date.

    "2023-03-05", "05.03.2023", "5 марта 2023 г.", "март 2023", "весна 2023", "1990", "до 2023", "около 1985", "1985?",
    "1989-1990".
    """
    text = _plain(cell)
    if len(text) > 60:
        return None
    mark = ""
    if text.endswith("?"):
        text, mark = text[:-1].rstrip(), "?"
    if text.startswith("~"):
        text, mark = text[1:].lstrip(), "%" if mark else "~"
    found = _read_numbers(text, style)
    if found is None and not text.isdecimal():
        return _read_words(text, style, mark)
    return found + mark if found and "/" not in found else found if not mark else None


def is_placeholder(edtf: str) -> bool:
    """Whether a day is the first of January, which clerks write when only the year is known."""
    return edtf[4:] == "-01-01"


def year_of(edtf: str) -> int | None:
    """The year of a plain day, month, season or year; None for an interval or a mark."""
    return int(edtf[:4]) if edtf[:4].isdecimal() and "/" not in edtf else None


def _plain(cell: str) -> str:
    text = " ".join(cell.casefold().split()).strip(" ,;\"'")
    if text.endswith(".0") and text[:-2].isdecimal():
        return text[:-2]  # a year that went through a spreadsheet program as a number
    return _TIME.sub("", text) if ":" in text else text


def _read_numbers(text: str, style: Style) -> str | None:
    """Dates of figures and separators only."""
    if len(text) == 4 and text.isdecimal():
        return _checked_year(int(text))
    if found := _YEAR_LAST.fullmatch(text):
        first, _, second, year = found.groups()
        if first is None:
            return _month(_long_year(year, style), int(second)) if len(year) == 4 else None
        day, month = (int(second), int(first)) if style.month_first else (int(first), int(second))
        return _day(_long_year(year, style), month, day)
    if found := _YEAR_FIRST.fullmatch(text):
        year, _, month_, day_ = found.groups()
        return _day(int(year), int(month_), int(day_)) if day_ else _month(int(year), int(month_))
    if found := _YEARS.fullmatch(text):
        start, end = _checked_year(int(found[1])), _checked_year(int(found[2]))
        return f"{start}/{end}" if start and end and start < end else None
    if found := _ROMAN_MONTH.fullmatch(text):
        return _day(int(found[3]), _ROMAN.get(found[2], 0), int(found[1]))
    if found := _COMPACT.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    return None


def _read_words(text: str, style: Style, mark: str) -> str | None:
    """Dates that hold words. Any word that is not known here, and any number left over, makes it no date."""
    tokens = _TOKEN.findall(_APOSTROPHES.sub("", text))
    bounds, about = "", mark == "~"
    month = season = 0
    numbers: list[str] = []
    rest: list[str] = []
    for token in _joined(tokens):
        if token.isdecimal():
            numbers.append(token)
        elif token in _MONTHS and not month:
            month = _MONTHS[token]
        elif token in _SEASONS and not season:
            season = _SEASONS[token]
        elif token in _BEFORE | _AFTER and not bounds:
            bounds = "before" if token in _BEFORE else "after"
        elif token in _ABOUT:
            about = True
        elif token not in _FILLERS:
            return None
        else:
            rest.append(token)
    if len(numbers) == 3 and not month and not season:
        figures = _figures(text)
        found = _read_numbers(figures, style) if figures else None
    else:
        found = _from_parts(numbers, month, season, style)
    if found is None or ((about or mark) and bounds):
        return None
    if bounds:
        return None if "/" in found or season else f"../{found}" if bounds == "before" else f"{found}/.."
    if "/" in found:
        return None if about or mark else found
    return found + ("%" if about and mark == "?" else "~" if about else mark)


def _joined(tokens: list[str]) -> Iterable[str]:
    """Put the names of two words together: "баш оона" becomes "баш_оона"."""
    at = 0
    while at < len(tokens):
        pair = "_".join(tokens[at : at + 2])
        at += 2 if pair in _PAIRS else 1
        yield pair if pair in _PAIRS else tokens[at - 1]


def _figures(text: str) -> str:
    """The stretch from the first figure to the last: the date in "род. 05.03.1990 г."."""
    found = re.search(r"\d.*\d", text)
    return found[0] if found else ""


def _from_parts(numbers: list[str], month: int, season: int, style: Style) -> str | None:
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if len(years) == 2 and len(numbers) == 2 and not month and not season:
        return _read_numbers("-".join(years), style)
    if len(years) == 0 and len(days) == 2 and month:
        years, days = days[1:], days[:1]  # 5 Mar 23
    if len(years) != 1 or len(years) + len(days) != len(numbers) or len(days) > 1:
        return None
    year = _long_year(years[0], style)
    if season:
        return f"{year}-{season}" if not month and not days and _checked_year(year) else None
    if not month:
        if days:
            return _read_numbers(f"{days[0]}.{years[0]}", style)
        return _checked_year(year)
    return _day(year, month, int(days[0])) if days else _month(year, month)


def _long_year(text: str, style: Style) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if style.birth and year > LAST_SHORT_BIRTH else 2000)


def _checked_year(year: int) -> str | None:
    return str(year) if EARLIEST_YEAR <= year <= LATEST_YEAR else None


def _month(year: int, month: int) -> str | None:
    return f"{year}-{month:02d}" if _checked_year(year) and 1 <= month <= 12 else None


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if _checked_year(year) else None
    except ValueError:
        return None


def _shape(text: str) -> str:
    """The name of the shape a date has; empty when it is none. `text` is plain."""
    if len(text) == 4 and text.isdecimal():
        return "yyyy" if _checked_year(int(text)) else ""
    if _YEARS.fullmatch(text):
        return "yyyy-yyyy"
    if found := _YEAR_LAST.fullmatch(text):
        first, separator, _, year = found.groups()
        years = "y" * len(year)
        if first is None:
            return "mm" + text[-5] + years if len(year) == 4 else ""
        return f"dd{separator}mm{separator}{years}"
    if found := _YEAR_FIRST.fullmatch(text):
        return f"yyyy{found[2]}mm{found[2]}dd" if found[4] else f"yyyy{found[2]}mm"
    if _ROMAN_MONTH.fullmatch(text):
        return "d roman yyyy"
    if _COMPACT.fullmatch(text):
        return "yyyymmdd"
    found_words = _read_words(text, Style(), "")
    if found_words is None:
        return ""
    core = found_words.strip("~?%./")
    return {4: "year in words", 7: "month yyyy", 10: "d month yyyy"}.get(len(core), "words")
