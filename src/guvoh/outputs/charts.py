"""Pictures of counts as SVG, to stand inside an HTML page.

Black on white, readable when printed in grey, with a title and a description for those who hear the page. No script,
no style sheet, no reference to anything outside; labels are escaped. Each picture shows its numbers as text as well.
Sizes are in user units of the view box, which are about a pixel at full width.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from guvoh.errors import GuvohError

WIDTH = 680
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif"
SIZE = 13
LETTER = 7.3
"""Room for one letter of the size above; wide Cyrillic letters are about 9, narrow ones 4."""
BOLD = 9.0
"""The same for a bold figure and its comma."""
LINE = 16
INK, GREY, RULE = "#111", "#555", "#999"
LABEL_LETTERS = 32
LABEL_LINES = 3
SHADES = ("#ffffff", "#e6e6e6", "#cccccc", "#a6a6a6", "#5a5a5a")
"""Fills for shares of nothing, up to a quarter, a half, three quarters, and all; the last takes white letters."""
LONGEST_WHISKER = 3.0
"""A whisker that ends beyond this many times the largest estimate is cut, and says so with an arrow."""


class UnevenPicture(GuvohError):
    """The numbers of a picture do not fit its labels."""

    def __init__(self, labels: int, rows: int) -> None:
        self.labels, self.rows = labels, rows
        super().__init__(f"a picture of {labels} lists needs {labels} rows of {labels} numbers, and has {rows} rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """One estimate with its interval, in people; without numbers when the method refused."""

    label: str
    estimate: float | None
    lower: float | None
    upper: float | None
    lower_bound: bool = False


def bars(title: str, rows: Sequence[tuple[str, int]], unit: str) -> str:
    """Draw one horizontal bar a row, in the order given, from a common zero; a value is written at its bar's end.

    unit  what is counted, as a plural noun
    """
    labels = [_wrapped(label) for label, _ in rows]
    left = _column(labels)
    most = max((value for _, value in rows), default=0)
    room = WIDTH - left - 12 - BOLD * len(f"{most:,}") - 8
    parts, y = [], 6.0
    for lines, (_, value) in zip(labels, rows, strict=True):
        height = max(30, LINE * len(lines) + 10)
        length = room * value / most if most else 0.0
        middle = y + height / 2
        parts.append(_lines(lines, left, middle))
        parts.append(_rect(left + 12, middle - 9, length, 18, fill="#444"))
        parts.append(_text(f"{value:,}", left + 12 + length + 7, middle + 4.5, weight="bold"))
        y += height
    parts.append(_line(left + 12, 2, left + 12, y + 4, stroke=INK))
    described = "; ".join(f"{label}: {value:,} {unit}" for label, value in rows)
    return _picture(title, described or f"No {unit}.", y + 8, parts)


def overlap(title: str, names: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """Draw how many people each pair of lists shares: a triangle of cells, darker for a larger share.

    names   one short label a list
    matrix  (lists, lists) in people, symmetric; the diagonal is the size of each list

    The share is of the smaller of the two lists, so that a small list inside a large one shows dark. Raises
    UnevenPicture.
    """
    if len(matrix) != len(names) or any(len(row) != len(names) for row in matrix):
        raise UnevenPicture(len(names), len(matrix))
    labels = [_wrapped(name) for name in names]
    left = max(_column(labels), 40.0)
    cell = min(92.0, (WIDTH - left - 16) / max(len(names), 1))
    high = 46
    parts, said, y = [], [], 4.0
    for i, lines in enumerate(labels):
        middle = y + high / 2
        parts.append(_lines(lines, left, middle))
        for j in range(i + 1):
            x, count = left + 12 + j * cell, matrix[i][j]
            if i == j:
                said.append(f"{names[i]} has {count:,}")
                parts.append(_rect(x + 1, y + 1, cell - 2, high - 2, fill="#fff", stroke=INK, width=2))
                parts.append(_text(f"{count:,}", x + cell / 2, middle - 1, anchor="middle", weight="bold"))
                parts.append(_text("in all", x + cell / 2, middle + 14, anchor="middle", size=11, fill=GREY))
                continue
            smaller = min(matrix[i][i], matrix[j][j])
            share = count / smaller if smaller else 0.0
            fill, ink = _shade(share)
            said.append(f"{names[j]} and {names[i]} share {count:,}, {share:.0%} of the smaller")
            parts.append(_rect(x + 1, y + 1, cell - 2, high - 2, fill=fill, stroke=RULE))
            parts.append(_text(f"{count:,}", x + cell / 2, middle - 1, anchor="middle", fill=ink))
            parts.append(_text(f"{share:.0%}", x + cell / 2, middle + 14, anchor="middle", size=11, fill=ink))
        y += high
    for j, name in enumerate(names):
        short = textwrap.shorten(name, int(cell / LETTER), placeholder="…") or "…"
        parts.append(_text(short, left + 12 + (j + 0.5) * cell, y + 18, anchor="middle"))
    key = "A framed cell is a whole list. Other cells: people on both lists, and their share of the smaller list."
    parts.append(_text(key, 0, y + 44, size=11.5, fill=GREY))
    return _picture(title, f"People shared by pairs of lists. {'; '.join(said)}.", y + 52, parts)


def interval(title: str, seen: int, estimates: Sequence[Whisker]) -> str:
    """Draw estimates as dots with their intervals, against a line at the people who were seen.

    An open dot with an arrow is a lower bound: the truth lies to its right. A method that refused says so in its row.
    """
    largest = max([seen, *(one.estimate for one in estimates if one.estimate is not None)], default=seen)
    top = max([largest, *(min(one.upper, largest * LONGEST_WHISKER) for one in estimates if one.upper is not None)])
    ticks = _ticks(top)
    left, right = 20.0, WIDTH - 34.0
    scale = (right - left) / max(ticks[-1], 1)
    parts, y = [], 40.0
    for one in estimates:
        parts += _whisker(one, y, left, scale, ticks[-1])
        y += 52
    for tick in ticks:
        x = left + tick * scale
        parts.insert(0, _line(x, 30, x, y + 4, stroke="#ddd"))
        parts.append(_text(f"{tick:,}", x, y + 20, anchor="middle", size=11.5, fill=GREY))
    x = left + seen * scale
    parts.insert(len(ticks), _line(x, 24, x, y + 4, stroke=INK, width=2, dash="6 3"))
    parts.append(_text(f"seen: {seen:,}", x, 18, anchor=_anchor(x), weight="bold"))
    parts.append(_line(left, y + 4, right, y + 4, stroke=INK))
    parts.append(_text("people", right + 30, y + 38, anchor="end", size=11.5, fill=GREY))
    said = "; ".join(f"{one.label}: {_said(one)}" for one in estimates)
    return _picture(title, f"{seen:,} people were seen on the lists. {said or 'No estimate'}.", y + 44, parts)


def _whisker(one: Whisker, y: float, left: float, scale: float, end: float) -> list[str]:
    """Draw one row: the label and the numbers above, the dot and its whisker below."""
    parts = [_text(f"{one.label}: {_said(one)}", left, y + 14, halo=True)]
    if one.estimate is None or one.lower is None or one.upper is None:
        return parts
    middle = y + 31
    low, dot, high = (left + min(number, end) * scale for number in (one.lower, one.estimate, one.upper))
    parts.append(_line(low, middle, high, middle, stroke=INK, width=2))
    parts.append(_line(low, middle - 6, low, middle + 6, stroke=INK, width=2))
    if one.upper > end:
        parts.append(f'<path d="M{high:.1f} {middle - 6:.1f} l10 6 l-10 6 z" fill="{INK}"/>')
    else:
        parts.append(_line(high, middle - 6, high, middle + 6, stroke=INK, width=2))
    if one.lower_bound:
        parts.append(f'<path d="M{high + 7:.1f} {middle - 5:.1f} l6 5 l-6 5" fill="none" stroke="{INK}"/>')
    fill = "#fff" if one.lower_bound else INK
    parts.append(f'<circle cx="{dot:.1f}" cy="{middle:.1f}" r="6" fill="{fill}" stroke="{INK}" stroke-width="2"/>')
    return parts


def _said(one: Whisker) -> str:
    if one.estimate is None or one.lower is None or one.upper is None:
        return "no number, see its reason"
    return f"{'at least ' if one.lower_bound else ''}{one.estimate:,.0f} ({one.lower:,.0f} to {one.upper:,.0f})"


def _ticks(top: float) -> list[int]:
    """Choose four to eight round numbers from zero to the first at or above `top`."""
    step = 1
    for power in range(12):
        for first in (1, 2, 5):
            step = first * 10**power
            if step * 6 >= top:
                return list(range(0, int(-(-top // step)) * step + step, step)) if top else [0, 1]
    return [0, int(top)]


def _anchor(x: float) -> str:
    """Keep a label inside the picture."""
    if x < 60:
        return "start"
    return "end" if x > WIDTH - 60 else "middle"


def _shade(share: float) -> tuple[str, str]:
    step = min(4, int(-(-share // 0.25)))
    return SHADES[step], "#fff" if step == 4 else INK


def _wrapped(label: str) -> list[str]:
    """Break a label into at most three lines that fit the column."""
    lines = textwrap.wrap(label, LABEL_LETTERS, max_lines=LABEL_LINES, placeholder=" …")
    return lines or [""]


def _column(labels: Sequence[Sequence[str]]) -> float:
    return LETTER * max((len(line) for lines in labels for line in lines), default=0) + 4


def _lines(lines: Sequence[str], right: float, middle: float) -> str:
    """Write a label that ends at `right`, its lines centred on `middle`."""
    top = middle + 4.5 - LINE * (len(lines) - 1) / 2
    return "".join(_text(line, right, top + LINE * number, anchor="end") for number, line in enumerate(lines))


def _text(
    text: str,
    x: float,
    y: float,
    *,
    anchor: str = "start",
    size: float = SIZE,
    weight: str = "normal",
    fill: str = INK,
    halo: bool = False,
) -> str:
    """Write one line; a halo keeps it readable over other lines."""
    around = ' stroke="#fff" stroke-width="4" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{fill}"{around}>{_escaped(text)}</text>'
    )


def _rect(
    x: float, y: float, width_: float, height: float, *, fill: str, stroke: str = "none", width: float = 1
) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width_:.1f}" height="{height:.1f}" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{width}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, stroke: str, width: float = 1, dash: str | None = None) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _picture(title: str, described: str, height: float, parts: Sequence[str]) -> str:
    body = "".join(parts)
    # One page may hold several pictures, and an id must be its own in a page: it is taken from what is drawn.
    name = "picture-" + sha256(f"{title}\n{described}\n{body}".encode()).hexdigest()[:12]
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" font-family="{FONT}">'
        f'<title id="{name}-title">{_escaped(title)}</title><desc id="{name}-desc">{_escaped(described)}</desc>'
        f"{body}</svg>"
    )


def _escaped(text: str) -> str:
    """Escape markup, and drop control characters, which no XML may hold."""
    return escape("".join(letter for letter in text if letter.isprintable()))
