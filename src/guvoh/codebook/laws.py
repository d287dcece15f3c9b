"""Laws that can be used against a person, or for him, as reported. The facts are in data/law.toml.

No row is advice: each waits for counsel and is shown with that. A state without rows is a state that nobody looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from guvoh.codebook.labels import read_data
from guvoh.values.dates import DateSpan

VERIFY = {"en": "verify with counsel", "ru": "уточните у адвоката"}
_SHOWN = {
    "en": "{state}: {rule}. As reported: {told}. Source: {source}. Table checked on {checked_on}; {verify}.",
    "ru": "{state}: {rule}. По сообщениям: {told}. Источник: {source}. Таблица проверена {checked_on}; {verify}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """One rule of one state.

    state       ISO 3166-1 alpha-2
    valid_from  as reported, often the day it was signed; None where no beginning is stated
    valid_to    the last day, included; None where no end is stated
    checked_on  when the row was looked at; what it says of practice may be later than any day asked about
    """

    state: str
    rule: str
    as_reported: str
    rule_ru: str
    as_reported_ru: str
    source: str
    source_ru: str
    checked_on: date
    valid_from: DateSpan | None = None
    valid_to: DateSpan | None = None

    def may_hold(self, on: date) -> bool:
        """Whether it may have been in force on a day: a beginning or end known to the month takes the whole month."""
        begun = self.valid_from is None or self.valid_from.earliest is None or self.valid_from.earliest <= on
        over = self.valid_to is not None and self.valid_to.latest is not None and self.valid_to.latest < on
        return begun and not over

    def shown(self, language: Literal["en", "ru"]) -> str:
        """All that a page says of it, which always ends with when it was checked and that counsel has to verify it."""
        russian = language == "ru"
        return _SHOWN[language].format(
            state=self.state,
            rule=self.rule_ru if russian else self.rule,
            told=self.as_reported_ru if russian else self.as_reported,
            source=self.source_ru if russian else self.source,
            checked_on=self.checked_on,
            verify=VERIFY[language],
        )


def laws(state: str, on: date) -> tuple[Law, ...]:
    """The laws of a state that may have been in force on a day, in the order of the table."""
    return tuple(law for law in all_laws() if law.state == state and law.may_hold(on))


@cache
def all_laws() -> tuple[Law, ...]:
    """The whole table."""
    table = read_data("law.toml")
    return tuple(_law(row, table["checked_on"]) for row in table["law"])


def _law(row: dict[str, Any], checked_on: date) -> Law:
    for key in ("valid_from", "valid_to"):
        if key in row:
            row[key] = DateSpan.parse(row[key])
    row.setdefault("checked_on", checked_on)
    return Law(**row)
