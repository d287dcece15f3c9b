"""Sheets for recovery: three of paper, any two of which open the archive when every passphrase is lost."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import date

from guvoh.archive import members as membership
from guvoh.archive.control import Role
from guvoh.archive.membership import Membership
from guvoh.casebook.answers import Nothing, Value
from guvoh.casebook.colleagues import labels, put_label
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.seconding import lone_of
from guvoh.sealing import shares

_SHEETS, _NEEDED = 3, 2
_COLUMNS = 3
_NUMBERED = re.compile(r"(?<!\w)(\d{1,2})[.):]?\s+([^\W\d_]+)")


class Sheets(Value, frozen=True, kw_only=True):
    """A set of sheets for recovery that is in force. made: the day, where it is known to this member."""

    id: str
    made: str


def in_force(desk: Desk) -> tuple[Sheets, ...]:
    """The sets that there are."""
    made = labels(desk)
    found = desk.archive.members.with_roles([Role.RECOVERY])
    return tuple(Sheets(id=one.member, made=made.get(one.member, "")) for one in found)


def let_in(known: Membership) -> tuple[str, ...]:
    """Members of today whom sheets let in: whoever had two of them."""
    of_sheets = {one for one, member in known.members.items() if member.role is Role.RECOVERY}
    return tuple(one for one, member in known.members.items() if member.signer in of_sheets and known.in_force(one))


# --- making them


class Printed(Value, frozen=True, kw_only=True):
    """Three sheets, any two of which open everything that was written while they are in force.

    revoked: the days on which sets were made that these take the place of, "" for a day not known
    lone: removals of the sheets before them, as of `lone_of`
    """

    sheets: tuple[str, ...]
    made: str
    revoked: tuple[str, ...] = ()
    lone: tuple[str, ...] = ()


class Revoked(Value, frozen=True, kw_only=True):
    sets: int
    lone: tuple[str, ...] = ()


@needs(Need.OWNS)
def make_recovery(desk: Desk, request: Nothing, tell: Tell) -> Printed:
    """Make sheets; those that were made before open nothing that is written from here on."""
    made, before = date.today(), in_force(desk)
    member, secret = membership.make_recovery(desk.archive)
    put_label(desk, member, made.isoformat())
    desk.catch_up(tell)
    papers = tuple(printed(shares.split(secret, _NEEDED, _SHEETS), made))
    return Printed(
        sheets=papers,
        made=made.isoformat(),
        revoked=tuple(one.made for one in before),
        lone=lone_of(desk, *(one.id for one in before)),
    )


@needs(Need.OWNS)
def revoke_recovery(desk: Desk, request: Nothing, tell: Tell) -> Revoked:
    """The sheets that there are open nothing that is written from here on."""
    before = [one.id for one in in_force(desk)]
    sets = membership.revoke_recovery(desk.archive)
    desk.catch_up(tell)
    return Revoked(sets=sets, lone=lone_of(desk, *before))


def printed(sheets: Sequence[str], made: date) -> Iterator[str]:
    """Sheets as they go on paper: they do not say what they are for, and hold no word of the list but the numbered."""
    for number, text in enumerate(sheets, 1):
        words = text.split()
        rows = -(-len(words) // _COLUMNS)
        wide = max(map(len, words)) + 6
        lines = [
            "".join(f"{at:>4}  {words[at - 1]:<{wide}}" for at in range(row, len(words) + 1, rows)).rstrip()
            for row in range(1, rows + 1)
        ]
        head = f"sheet {number} of {len(sheets)}    {made.isoformat()}"
        use = "Two of the three give it back; one by itself gives nothing. Each goes to another house."
        yield "\n".join([head, "", *lines, "", use, ""])


# --- reading them


def sheet_words(text: str) -> str:
    """The words of a sheet as typed or scanned: in the order of their numbers where they are numbered."""
    numbered = {int(number): word for number, word in _NUMBERED.findall(text)}
    if len(numbered) in shares.WORDS_OF.values() and sorted(numbered) == list(range(1, len(numbered) + 1)):
        return " ".join(numbered[at] for at in sorted(numbered))
    return text


def check_sheet(text: str) -> None:
    """Raise BadSheet where one sheet by itself is not a good one."""
    with contextlib.suppress(shares.TooFewSheets):
        shares.joined([sheet_words(text)])


def secret_of(sheets: Sequence[str]) -> bytes:
    """What the sheets give back. Raises BadSheet or TooFewSheets."""
    return shares.joined([sheet_words(text) for text in sheets])
