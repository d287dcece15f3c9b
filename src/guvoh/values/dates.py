"""Dates as a source gives them: a day, a season, "before March", "34 years old". Never more exact than the source.

The notation is a part of EDTF (ISO 8601-2:2019, level 1):

    2024-03-05                a day
    2024-03                   a month
    2024                      a year, 1000 to 9999
    2023-21 ... 2023-24       spring, summer, autumn, winter of 2023, northern and by whole months:
                              spring is March to May, winter December 2023 to February 2024
    ../2024-03-05             before: no later than the end of that day (an interval with an open start)
    2024-03-05/..             after: no earlier than the beginning of that day (an interval with an open end)
    2024-01/2024-06-15        between: on some day from the beginning of the first to the end of the second
    2024-03~                  approximate: the source says "about"
    2024-03?                  uncertain: the source, or its reader, is not sure of it
    2024-03%                  both

Before and after include the day they name. A source that says "before 5 March" is so kept one day too wide, which is
safe, and never too narrow.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from guvoh.errors import GuvohError

FIRST_YEAR, LAST_YEAR = 1000, 9999  # what four digits without a leading zero can say
OLDEST = 130  # years; nobody is known to have reached it

_OPEN = ".."
_SIMPLE = re.compile(r"([1-9][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2}))?)?([~?%])?")
_SEASONS = range(21, 25)
# A season's first month, in the year that names it. Each lasts three months.
_SEASON_STARTS = {21: 3, 22: 6, 23: 9, 24: 12}
_CACHED = 1 << 15  # texts; a list holds a few thousand distinct dates however many rows it has


class NotADate(GuvohError):
    """A text, or numbers, that should be a date are none. What was written there is not repeated."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"not a date: {reason}")


class Precision(StrEnum):
    """How exactly a source places something in time."""

    DAY = "day"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSpan:
    """The days on which something may have happened. Made of its EDTF text, by `parse` or a constructor.

    earliest, latest  the first and last possible day, both included; None where there is no such bound
    approximate       the source says "about": the bounds are then those of the words, and are not widened
    uncertain         the date may be wrong altogether
    """

    edtf: str
    earliest: date | None = field(init=False, compare=False, repr=False)
    latest: date | None = field(init=False, compare=False, repr=False)
    precision: Precision = field(init=False, compare=False, repr=False)
    approximate: bool = field(init=False, compare=False, repr=False)
    uncertain: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        earliest, latest, precision, marks = _read(self.edtf)
        put = object.__setattr__  # the one moment at which a frozen value may be written
        put(self, "earliest", earliest)
        put(self, "latest", latest)
        put(self, "precision", precision)
        put(self, "approximate", "~" in marks or "%" in marks)
        put(self, "uncertain", "?" in marks or "%" in marks)

    @classmethod
    def parse(cls, text: str) -> "DateSpan":
        """Read the notation of this module, and nothing else. Raises NotADate."""
        return _parse(text)

    @classmethod
    def on(cls, day: date) -> "DateSpan":
        """That day."""
        return _parse(_day_text(day))

    @classmethod
    def month(cls, year: int, month: int) -> "DateSpan":
        """Some day of that month, 1 to 12."""
        if not 1 <= month <= 12:
            raise NotADate(f"there is no month {month}")
        return _parse(f"{year}-{month:02}")

    @classmethod
    def season(cls, year: int, season: int) -> "DateSpan":
        """Some day of that season: 21 spring, 22 summer, 23 autumn, 24 the winter that begins in that year."""
        if season not in _SEASONS:
            raise NotADate(f"there is no season {season}")
        return _parse(f"{year}-{season}")

    @classmethod
    def year(cls, year: int) -> "DateSpan":
        """Some day of that year."""
        return _parse(f"{year}")

    @classmethod
    def before(cls, end: "date | DateSpan") -> "DateSpan":
        """No later than the end of that day, month, season or year."""
        return _parse(f"{_OPEN}/{_end_text(end)}")

    @classmethod
    def after(cls, start: "date | DateSpan") -> "DateSpan":
        """No earlier than the beginning of that day, month, season or year."""
        return _parse(f"{_end_text(start)}/{_OPEN}")

    @classmethod
    def between(cls, start: "date | DateSpan", end: "date | DateSpan") -> "DateSpan":
        """Some day from the beginning of the one to the end of the other."""
        return _parse(f"{_end_text(start)}/{_end_text(end)}")

    def __str__(self) -> str:
        return self.edtf

    def overlaps(self, other: "DateSpan") -> bool:
        """Say whether both can be true of one day."""
        return not _ends_before(self, other) and not _ends_before(other, self)

    def contains(self, other: "date | DateSpan") -> bool:
        """Say whether every day of the other is a day of this."""
        if not isinstance(other, DateSpan):
            other = DateSpan.on(other)
        starts = self.earliest is None or (other.earliest is not None and self.earliest <= other.earliest)
        ends = self.latest is None or (other.latest is not None and other.latest <= self.latest)
        return starts and ends

    def words(self, language: Literal["en", "ru"] = "en") -> str:
        """Say it in plain English or Russian: "before 5 March 2024", "до 5 марта 2024"."""
        start, slash, end = self.edtf.partition("/")
        if not slash:
            return _say(start, language, "alone")
        phrases = _INTERVALS[language]
        if start == _OPEN:
            return phrases["before"].format(_say(end, language, "of"))
        if end == _OPEN:
            return phrases["after"].format(_say(start, language, "of"))
        return phrases["between"].format(_say(start, language, "of"), _say(end, language, "to"))


def age_to_birth(age: int, on: DateSpan) -> DateSpan:
    """Say in which years a person was born who was `age` years old on a date: 34 on 2024-03-05 gives 1989/1990.

    The bounds are whole years, for an age tells no day. An open, approximate or uncertain date makes an open,
    approximate or uncertain birth. Raises NotADate for an age below 0 or above 130.
    """
    if not 0 <= age <= OLDEST:
        raise NotADate(f"an age of {age} years; ages are 0 to {OLDEST}")
    mark = {(True, True): "%", (True, False): "~", (False, True): "?"}.get((on.approximate, on.uncertain), "")
    first = last = _OPEN
    if on.earliest is not None:
        first = f"{(_years_before(on.earliest, age + 1) + timedelta(days=1)).year}{mark}"
    if on.latest is not None:
        last = f"{_years_before(on.latest, age).year}{mark}"
    return _parse(first if first == last else f"{first}/{last}")


def _years_before(day: date, years: int) -> date:
    if day.year - years < FIRST_YEAR:
        raise NotADate(f"a birth before the year {FIRST_YEAR}")
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)  # who is N on 29 February had turned N by the 28th
    return day.replace(year=day.year - years)


@lru_cache(maxsize=_CACHED)
def _parse(text: str) -> DateSpan:
    return DateSpan(edtf=text)


def _read(text: str) -> tuple[date | None, date | None, Precision, str]:
    """Read a notation into its first and last day, its precision and its marks."""
    start, slash, end = text.partition("/")
    if not slash:
        return _read_simple(text)
    if start == _OPEN:
        _, latest, _, marks = _read_simple(end)
        return None, latest, Precision.BEFORE, marks
    earliest, _, _, start_marks = _read_simple(start)
    if end == _OPEN:
        return earliest, None, Precision.AFTER, start_marks
    _, latest, _, end_marks = _read_simple(end)
    if latest < earliest:
        raise NotADate("its end lies before its start")
    return earliest, latest, Precision.BETWEEN, start_marks + end_marks


def _read_simple(text: str) -> tuple[date, date, Precision, str]:
    found = _SIMPLE.fullmatch(text)
    if found is None:
        raise NotADate(f"{len(text)} characters that are no day, month, season, year or interval in EDTF")
    year_text, month_text, day_text, mark = found.groups(default="")
    year = int(year_text)
    if not month_text:
        return date(year, 1, 1), date(year, 12, 31), Precision.YEAR, mark
    month = int(month_text)
    if day_text:
        try:
            day = date(year, month, int(day_text))
        except ValueError:
            raise NotADate("the calendar has no such day") from None
        return day, day, Precision.DAY, mark
    if 1 <= month <= 12:
        return date(year, month, 1), _month_end(year, month), Precision.MONTH, mark
    if month not in _SEASONS:
        raise NotADate("months are 01 to 12 and seasons 21 to 24")
    first = _SEASON_STARTS[month]
    last_year, last = (year, first + 2) if first < 12 else (year + 1, 2)
    if last_year > LAST_YEAR:
        raise NotADate(f"it ends after the year {LAST_YEAR}")
    return date(year, first, 1), _month_end(last_year, last), Precision.SEASON, mark


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _day_text(day: date) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"  # not isoformat, which gives a datetime its time


def _end_text(end: date | DateSpan) -> str:
    if not isinstance(end, DateSpan):
        return _day_text(end)
    if "/" in end.edtf:
        raise NotADate("an interval cannot begin or end with another interval")
    return end.edtf


def _ends_before(one: DateSpan, other: DateSpan) -> bool:
    return one.latest is not None and other.earliest is not None and one.latest < other.earliest


# What people read. A Russian noun changes with what is said: "alone" is the nominative, "of" the genitive (after до,
# после, с, and after the number of a day), "to" the accusative (after по).
_Role = Literal["alone", "of", "to"]
# fmt: off
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
_RUSSIAN_MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)
_RUSSIAN_OF_MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)
# fmt: on
_MONTHS: dict[tuple[str, _Role], tuple[str, ...]] = {
    ("en", "alone"): _ENGLISH_MONTHS,
    ("en", "of"): _ENGLISH_MONTHS,
    ("en", "to"): _ENGLISH_MONTHS,
    ("ru", "alone"): _RUSSIAN_MONTHS,
    ("ru", "of"): _RUSSIAN_OF_MONTHS,
    ("ru", "to"): _RUSSIAN_MONTHS,
}
_SEASON_NAMES: dict[tuple[str, _Role], tuple[str, ...]] = {
    ("en", "alone"): ("spring", "summer", "autumn", "winter"),
    ("en", "of"): ("spring", "summer", "autumn", "winter"),
    ("en", "to"): ("spring", "summer", "autumn", "winter"),
    ("ru", "alone"): ("весна", "лето", "осень", "зима"),
    ("ru", "of"): ("весны", "лета", "осени", "зимы"),
    ("ru", "to"): ("весну", "лето", "осень", "зиму"),
}
_YEARS: dict[tuple[str, _Role], str] = {
    ("en", "alone"): "{}",
    ("en", "of"): "{}",
    ("en", "to"): "{}",
    ("ru", "alone"): "{} год",
    ("ru", "of"): "{} года",
    ("ru", "to"): "{} год",
}
_INTERVALS = {
    "en": {"before": "before {}", "after": "after {}", "between": "between {} and {}"},
    "ru": {"before": "до {}", "after": "после {}", "between": "в период с {} по {}"},
}
_MARKED = {
    "en": {"": "{}", "~": "about {}", "?": "{} (uncertain)", "%": "about {} (uncertain)"},
    "ru": {"": "{}", "~": "примерно {}", "?": "{} (под вопросом)", "%": "примерно {} (под вопросом)"},
}


def _say(text: str, language: str, role: _Role) -> str:
    """Say a day, month, season or year that has been read before, with its mark."""
    plain = text.rstrip("~?%")
    return _MARKED[language][text[len(plain) :]].format(_say_plain(plain, language, role))


def _say_plain(text: str, language: str, role: _Role) -> str:
    year, *rest = text.split("-")
    if not rest:
        return _YEARS[language, role].format(year)
    if len(rest) == 2:
        return f"{int(rest[1])} {_MONTHS[language, 'of'][int(rest[0]) - 1]} {year}"
    number = int(rest[0])
    if number not in _SEASONS:
        return f"{_MONTHS[language, role][number - 1]} {year}"
    winter = _SEASON_STARTS[number] == 12
    years = f"{year}–{int(year) + 1}" if winter else year
    return f"{_SEASON_NAMES[language, role][_SEASONS.index(number)]} {years}"
