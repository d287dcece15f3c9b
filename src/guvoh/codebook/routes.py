"""Bodies that a case can be sent to, what they ask, and whom they tell. The facts are in data/routes.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

from guvoh.codebook.labels import Named, read_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Named):
    """One body or procedure.

    named_to_government   the government concerned gets the case with the person's name
    may_copy_home_state   other states concerned may get it too, the home state among them
    parties               of the states met in this work those it takes cases about; empty where it does not matter
    instead               the route to offer where the state is no party
    needs_authority       who writes needs an authority to act, or must be the person himself
    media_alone_refused   a case that rests on mass media alone is not considered
    scopes                what consent is asked for in place of S5 and S6; empty where it is these two
    checked_on, source    when this row was looked at, and what it rests on
    verify                a fact of it waits for counsel, and is shown with that
    """

    id: str
    checked_on: date
    source: str
    named_to_government: bool = False
    may_copy_home_state: bool = False
    parties: tuple[str, ...] = ()
    instead: str | None = None
    needs_authority: bool = False
    media_alone_refused: bool = False
    scopes: tuple[str, ...] = ()
    verify: bool = False

    def takes(self, state: str) -> bool:
        """Whether it takes cases about a state (ISO 3166-1 alpha-2), as far as that hangs on who is a party."""
        return not self.parties or state in self.parties


@cache
def routes() -> Mapping[str, Route]:
    """All of them by id, in the order of the file."""
    table = read_data("routes.toml")
    checked_on: date = table.pop("checked_on")
    return MappingProxyType(
        {
            name: Route(
                id=name,
                labels=MappingProxyType({"en": row.pop("en"), "ru": row.pop("ru")}),
                checked_on=row.pop("checked_on", checked_on),
                parties=tuple(row.pop("parties", ())),
                scopes=tuple(row.pop("scopes", ())),
                **row,
            )
            for name, row in table.items()
        }
    )
