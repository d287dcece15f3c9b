"""What a released file is made of: values that the gate has passed. No record comes here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from guvoh.outputs.fields import Level
from guvoh.outputs.gate import Passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands at the head of a released file.

    reference  fresh for each file: by it the file is called back, without a name
    body       the label of the UN body; state: the government concerned, ISO 3166-1 alpha-2
    """

    reference: str
    level: Level
    recipient: str
    body: str = ""
    state: str = ""
    day: date
    version: str
    codebook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonShown:
    """One person: what may be shown of his mentions, of what is said of him, of what was done, and of the sources.

    number   1, 2, ... in this file
    records  each with something in it
    """

    number: int
    records: tuple[Passed, ...]
