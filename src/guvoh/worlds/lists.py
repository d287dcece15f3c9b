"""Five lists that documenters come to hold: each sees some of the people, and writes them down in a way of its own."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from types import MappingProxyType

from guvoh.worlds.people import Fate, Person, Route
from guvoh.worlds.peoples import COUNTRIES, People
from guvoh.worlds.spelling import Hand, Name, by_clerk, by_journalist, by_passport, by_relatives, native


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """One list as a file, and the truth about it.

    truth      person number of each data row, in order; a person who stands there twice is named twice
    columns    (heading, what the column truly holds), in order
    language   of the headings
    delimiter  as csv has it
    """

    name: str
    filename: str
    content: bytes
    truth: tuple[int, ...]
    columns: tuple[tuple[str, str], ...]
    language: str
    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one list is kept. `seen` is the chance by route that a person is on it, among those it is about."""

    columns: tuple[tuple[str, str], ...]
    language: str
    encoding: str
    delimiter: str
    newline: str
    seen: Mapping[Route, float]
    about: Callable[[Person], bool]
    row: Callable[[Person, Hand], tuple[str, ...]]
    sorted_by: int | None = None  # number of a column; None: in no order


def keep_lists(people: tuple[Person, ...], hand_of: Callable[[str], Hand], duplicates: float) -> tuple[ListFile, ...]:
    """Draw the five lists. `hand_of` gives the writer of a list; `duplicates` is the share of people written twice."""
    return tuple(_keep(name, layout, people, hand_of(name), duplicates) for name, layout in LAYOUTS.items())


def _keep(name: str, layout: Layout, people: tuple[Person, ...], hand: Hand, duplicates: float) -> ListFile:
    rows: list[tuple[tuple[str, ...], int]] = []
    for person in people:
        if layout.about(person) and hand.happens(layout.seen[person.route]):
            for _ in range(2 if hand.happens(duplicates) else 1):
                rows.append((layout.row(person, hand), person.number))
    hand.rng.shuffle(rows)
    column = layout.sorted_by
    if column is not None:
        rows.sort(key=lambda row: row[0][column])
    return ListFile(
        name=name,
        filename=f"{name}.csv",
        content=_as_csv(layout, [cells for cells, _ in rows]),
        truth=tuple(number for _, number in rows),
        columns=layout.columns,
        language=layout.language,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
    )


def _as_csv(layout: Layout, rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=layout.delimiter, lineterminator=layout.newline)
    writer.writerow(heading for heading, _ in layout.columns)
    writer.writerows(rows)
    return text.getvalue().encode(layout.encoding)


# What stands in the cells.

RUSSIAN_MONTHS = tuple(
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()  # noqa: SIM905
)
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PLACEHOLDERS = 0.06  # share of birth dates of which only the year was known, and 1 January was filled in
ALIASES: Mapping[str, str] = MappingProxyType({"Киргизия": "Кыргызстан", "Туркмения": "Туркменистан"})


def _dotted(day: date) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year}"


def _slashed(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


def _in_russian(day: date) -> str:
    return f"{day.day} {RUSSIAN_MONTHS[day.month - 1]} {day.year} г."


def _in_english(day: date) -> str:
    return f"{day.day:02} {ENGLISH_MONTHS[day.month - 1]} {day.year}"


def _later(day: date, hand: Hand, most: int) -> date:
    return day + timedelta(days=hand.rng.randrange(most))


def _unless_gap(text: str, hand: Hand, chance: float) -> str:
    return "" if hand.happens(chance) else text


def _birth(person: Person, hand: Hand) -> date:
    return person.born.replace(month=1, day=1) if hand.happens(PLACEHOLDERS) else person.born


def _country_in_russian(person: Person, hand: Hand) -> str:
    name = COUNTRIES[person.citizenship]["ru"]
    return ALIASES.get(name, name) if hand.happens(hand.habit) else name


def _initials(name: Name) -> Name:
    return Name(surname=name.surname, given=f"{name.given[0]}.", father=f"{name.father[0]}." if name.father else "")


def _uzbek_place(person: Person, hand: Hand) -> str:
    place = person.region.native.replace("ʻ", hand.rng.choice("'ʻ‘"))
    if person.people is People.UZBEK and hand.happens(0.15):
        place += ", " + hand.rng.choice(("markaz", "shahar", "qishloq"))
    return place


CALLERS = ("onasi", "otasi", "xotini", "akasi", "singlisi", "qo'shnisi", "")


def _hotline(person: Person, hand: Hand) -> tuple[str, ...]:
    name = hand.slipped_name(by_relatives(person, hand))
    year = "noma'lum" if hand.happens(0.03) else _unless_gap(str(person.born.year), hand, 0.25)
    return (
        name.surname,
        name.given,
        name.father,
        year,
        _unless_gap(_uzbek_place(person, hand), hand, 0.2),
        _slashed(_later(person.taken, hand, 45)),
        hand.rng.choice(CALLERS),
    )


def _court(person: Person, hand: Hand) -> tuple[str, ...]:
    name = hand.slipped_name(by_clerk(person, hand))
    born = _unless_gap(_dotted(_birth(person, hand)), hand, 0.06)
    colony = ""
    if person.colony:
        number, region = person.colony
        colony = f"{number}; {region}" if hand.happens(0.2) else number
    moved = person.taken - timedelta(days=hand.rng.randrange(25))
    return (name.formal, born, _country_in_russian(person, hand), colony, _dotted(moved))


REMARKS = (
    "wounded, walking",
    "",
    "",
    "no documents",
    "says: a builder, then a prisoner",
    "",
    "asks to call home",
)


def _captured(person: Person, hand: Hand) -> tuple[str, ...]:
    name = hand.slipped_name((by_passport if hand.happens(0.6) else by_journalist)(person, hand))
    surname = name.surname.upper()
    written = f"{surname}, {name.given}" if hand.happens(0.1) else f"{name.given} {surname}"
    return (
        written,
        _unless_gap(_birth(person, hand).isoformat(), hand, 0.1),
        COUNTRIES[person.citizenship]["en"],
        (person.captured_on or person.taken).isoformat(),
        hand.rng.choice(REMARKS),
    )


def _deaths(person: Person, hand: Hand) -> tuple[str, ...]:
    name = by_clerk(person, hand)
    if hand.happens(0.4):
        name = Name(surname=name.surname, given=name.given)
    name = _initials(name) if hand.happens(0.06) else hand.slipped_name(name)
    year = person.born.year + (hand.rng.choice((-1, 1)) if hand.happens(0.05) else 0)
    died = _unless_gap(_in_russian(person.died_on or person.taken), hand, 0.25)
    return (
        name.surname,
        name.given,
        name.father,
        "неизвестно" if hand.happens(0.03) else _unless_gap(str(year), hand, 0.22),
        _country_in_russian(person, hand),
        died,
    )


POSTS = (
    "Байланыш жок, эки ай болду. Ким көрсө жазып коюңузчу",
    "Please share, his mother is waiting",
    "Абактан алып кетишкен деп уктук, так билбейбиз",
    "no news since spring, unit unknown",
    "Жардам бергиле, уулум үйгө кайтсын",
    "Looking for anyone from the same group, also from the same colony",
    "",
)


def _social(person: Person, hand: Hand) -> tuple[str, ...]:
    how = hand.rng.random()
    name = by_clerk(person, hand) if how < 0.4 else by_journalist(person, hand) if how < 0.7 else native(person)
    name = hand.slipped_name(hand.slipped_name(name))
    posted = _later(person.taken, hand, 60)
    age = posted.year - person.born.year - ((posted.month, posted.day) < (person.born.month, person.born.day))
    age += hand.rng.choice((-1, 1)) if hand.happens(0.15) else 0
    region = person.region.en if hand.happens(0.5) else person.region.native
    return (
        _as_posted(name, hand),
        _unless_gap(str(age), hand, 0.45),
        _unless_gap(region, hand, 0.4),
        _in_english(posted),
        hand.rng.choice(POSTS),
    )


def _as_posted(name: Name, hand: Hand) -> str:
    how = hand.rng.random()
    if how < 0.06:
        return name.given
    if how < 0.14:
        return f"{name.given} {name.surname[0]}."
    return f"{name.surname} {name.given}" if how < 0.4 else name.spoken


def _seen(prison: float, free: float) -> Mapping[Route, float]:
    return MappingProxyType({Route.PRISON: prison, Route.FREE: free})


def _everybody(person: Person) -> bool:
    return True


# A court list sees prisoners, a post on the net sees the free, and the free are seen less on the whole: the lists are
# not independent, mildly, and a lower bound falls a little below the truth.
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "hotline": Layout(
            columns=(
                ("familiya", "surname"),
                ("ism", "given"),
                ("otasining ismi", "patronymic"),
                ("tug'ilgan yili", "birth"),
                ("viloyat", "origin"),
                ("aloqa uzilgan sana", "lost_contact"),
                ("kim qo'ng'iroq qildi", "note"),
            ),
            language="uz-Latn",
            encoding="utf-8",
            delimiter=",",
            newline="\n",
            seen=_seen(0.38, 0.12),
            about=_everybody,
            row=_hotline,
        ),
        "court": Layout(
            columns=(
                ("ФИО", "name"),
                ("Дата рождения", "birth"),
                ("Гражданство", "citizenship"),
                ("Учреждение", "institution"),
                ("Дата этапа", "transfer"),
            ),
            language="ru",
            encoding="cp1251",
            delimiter=";",
            newline="\r\n",
            seen=_seen(0.44, 0.06),
            about=_everybody,
            row=_court,
            sorted_by=0,
        ),
        "captured": Layout(
            columns=(
                ("name", "name"),
                ("date of birth", "birth"),
                ("nationality", "citizenship"),
                ("date of capture", "capture"),
                ("remarks", "note"),
            ),
            language="en",
            encoding="utf-8",
            delimiter="\t",
            newline="\n",
            seen=_seen(0.50, 0.35),
            about=lambda person: person.captured_on is not None,
            row=_captured,
            sorted_by=3,
        ),
        "deaths": Layout(
            columns=(
                ("фамилия", "surname"),
                ("имя", "given"),
                ("отчество", "patronymic"),
                ("год рождения", "birth"),
                ("гражданство", "citizenship"),
                ("дата смерти", "death"),
            ),
            language="ru",
            encoding="utf-8-sig",
            delimiter=",",
            newline="\r\n",
            seen=_seen(0.70, 0.40),
            about=lambda person: person.fate is Fate.KILLED,
            row=_deaths,
        ),
        "social": Layout(
            columns=(("who", "name"), ("age", "age"), ("region", "origin"), ("posted", "report"), ("text", "note")),
            language="en",
            encoding="utf-8",
            delimiter=",",
            newline="\n",
            seen=_seen(0.18, 0.20),
            about=_everybody,
            row=_social,
        ),
    }
)


def hand_for(rng: Random, spelling: str) -> Hand:
    """The hand of a list writer. "plain": usual spellings most of the time; "hard": habits, slips and gaps abound."""
    habit, slip, gap = {"plain": (0.15, 0.03, 0.12), "hard": (0.5, 0.12, 0.3)}[spelling]
    return Hand(rng=rng, habit=habit, slip=slip, gap=gap)
