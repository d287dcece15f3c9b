"""A report's view, invented: five lists of an invented archive and a dozen other sources."""

from datetime import date

import pytest

from guvoh.estimation.lower_bound import chao_lower_bound_of_lists
from guvoh.estimation.two_lists import chapman
from guvoh.outputs.view import (
    Confirmation,
    EstimateLine,
    Figure,
    FigureId,
    GapLine,
    LeftOut,
    ListLine,
    ReportView,
    RestsOn,
    SourceLine,
    Unit,
    Why,
    letter,
)
from guvoh.records.base import Terms
from guvoh.values.languages import Language

ROWS = (431, 402, 251, 140, 61)
PATTERNS = {
    "10000": 248, "01000": 221, "00100": 118, "00010": 61, "00001": 19, "11000": 72, "10100": 41, "10010": 17,
    "10001": 9, "01100": 38, "01010": 22, "01001": 11, "00110": 12, "00101": 6, "00011": 4, "11100": 12, "11010": 9,
    "10110": 5, "01110": 4, "11001": 3, "10101": 3, "11110": 2, "11111": 1,
}  # fmt: skip
COLUMNS = (
    ("name", "birth", "origin"),
    ("name", "birth", "citizenship", "place"),
    ("name", "birth", "unit"),
    ("name", "age", "institution"),
    ("name", "citizenship"),
)


def mentions(source: str, rows: int) -> list[str]:
    return [f"{source}.{row}" for row in range(1, rows + 1)]


def shared(i: int, j: int) -> int:
    return sum(n for pattern, n in PATTERNS.items() if pattern[i] == pattern[j] == "1")


def sources() -> tuple[SourceLine, ...]:
    kinds = ("article", "article", "ST_LETTER", "ST_TESTIMONY", "article", "ST_COURT", None, "ST_OFFICIAL")
    tags = (Language.RU, Language.UZ_LATN, Language.KY, Language.UZ_CYRL, Language.EN, Language.RU, Language.TG, None)
    texts = [
        SourceLine(
            id=f"src-{'abcdefgh'[n]}7qk2m",
            kind=kinds[n],
            language=tags[n],
            terms=(Terms.PUBLIC, Terms.PUBLIC, Terms.CONSENT, Terms.CONSENT)[n % 4],
            published=None if n % 3 == 0 else f"2024-{n + 1:02d}",
            gaps=("published", "author") if n % 3 == 0 else ("author",) if n % 2 else (),
            size=4_200 + 913 * n,
        )
        for n in range(8)
    ]
    lists = [
        SourceLine(
            id=f"list-{n + 1}",
            kind="list",
            language=(Language.RU, Language.UZ_LATN, Language.RU, Language.UZ_CYRL, Language.EN)[n],
            terms=Terms.PUBLIC,
            published="2024-05~" if n else None,
            gaps=() if n else ("published",),
            size=31_000 * (5 - n),
        )
        for n in range(5)
    ]
    return (*texts, *lists)


def lists() -> tuple[ListLine, ...]:
    return tuple(
        ListLine(
            label=letter(n),
            source=f"list-{n + 1}",
            rows=ROWS[n],
            people=shared(n, n),
            columns=COLUMNS[n],
            rests_on=RestsOn.of(mentions(f"list-{n + 1}", ROWS[n])),
        )
        for n in range(5)
    )


def estimates() -> tuple[EstimateLine, ...]:
    every = RestsOn.of(one for n in range(5) for one in mentions(f"list-{n + 1}", ROWS[n]))
    pair = RestsOn.of(mentions("list-1", ROWS[0]) + mentions("list-2", ROWS[1]))
    small = RestsOn.of(mentions("list-4", ROWS[3]) + mentions("list-5", ROWS[4]))
    return (
        EstimateLine(lists=tuple("ABCDE"), estimate=chao_lower_bound_of_lists(PATTERNS), rests_on=every),
        EstimateLine(lists=("A", "B"), estimate=chapman(shared(0, 0), shared(1, 1), shared(0, 1)), rests_on=pair),
        EstimateLine(lists=("D", "E"), estimate=chapman(shared(3, 3), shared(4, 4), shared(3, 4)), rests_on=small),
        EstimateLine(lists=("C", "E"), estimate=chapman(120, 40, 0), rests_on=small),
    )


def figures() -> tuple[Figure, ...]:
    people = RestsOn.of(one for n in range(5) for one in mentions(f"list-{n + 1}", ROWS[n]))
    return (
        Figure(id=FigureId.SOURCES, value=13, rests_on=RestsOn.of(one.id for one in sources())),
        Figure(id=FigureId.LISTS, value=5, rests_on=RestsOn.of(f"list-{n}" for n in range(1, 6))),
        Figure(id=FigureId.MENTIONS, value=1_284, rests_on=people),
        Figure(id=FigureId.PEOPLE, value=961, rests_on=people),
        Figure(id=FigureId.PEOPLE_LISTED, value=sum(PATTERNS.values()), rests_on=people),
        Figure(id=FigureId.GROUPS, value=4, rests_on=RestsOn.of(f"src-c7qk2m.{n}" for n in range(1, 5))),
    )


@pytest.fixture
def view() -> ReportView:
    return ReportView(
        generated_on=date(2026, 11, 23),
        archive="ar-k3v7m2xq5t",
        version="0.1.0",
        confirmation=Confirmation.AS_REPORTED,
        linkage_run="run-5txq2mk7v3",
        figures=figures(),
        sources=sources(),
        gaps=(
            GapLine(field="published", missing=4, of=13),
            GapLine(field="author", missing=7, of=13),
            GapLine(field="capture", missing=0, of=13),
        ),
        lists=lists(),
        overlaps=tuple(tuple(shared(i, j) for j in range(5)) for i in range(5)),
        times_listed=tuple(
            sum(n for pattern, n in PATTERNS.items() if pattern.count("1") == times) for times in range(1, 6)
        ),
        estimates=estimates(),
        left_out=(
            LeftOut(what=Unit.MENTIONS, count=27, why=Why.NO_NAME),
            LeftOut(what=Unit.MENTIONS, count=4, why=Why.GROUP),
            LeftOut(what=Unit.PEOPLE, count=23, why=Why.NOT_LISTED),
            LeftOut(what=Unit.SOURCES, count=1, why=Why.NO_CONSENT),
        ),
    )


@pytest.fixture
def empty() -> ReportView:
    return ReportView(
        generated_on=date(2026, 11, 23),
        archive="ar-k3v7m2xq5t",
        version="0.1.0",
        confirmation=Confirmation.AS_REPORTED,
        linkage_run=None,
        figures=(),
        sources=(),
        gaps=(),
        lists=(),
        overlaps=(),
        times_listed=(),
        estimates=(),
        left_out=(),
    )
