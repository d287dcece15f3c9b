"""An invented world from one seed, and on disk."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Literal

from guvoh.errors import GuvohError
from guvoh.worlds.lists import ListFile, hand_for, keep_lists
from guvoh.worlds.people import Person, population
from guvoh.worlds.spelling import Hand, native
from guvoh.worlds.texts import CAST, TextFile, tell

Spelling = Literal["plain", "hard"]


class WorldTooSmall(GuvohError):
    """A world has at least the people whom its stories are about."""

    def __init__(self, people: int, needed: int) -> None:
        self.people, self.needed = people, needed
        super().__init__(f"an invented world of {people} people is too small for its stories; ask for {needed} or more")


class NotWritten(GuvohError):
    """The folder cannot take the files of a world."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"the invented world could not be written to {folder}: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who there is, and what documenters hold about them. `people[n].number` is n."""

    people: tuple[Person, ...]
    lists: tuple[ListFile, ...]
    letters: tuple[TextFile, ...]

    def seen(self) -> int:
        """How many different people stand on at least one list."""
        return len({number for one in self.lists for number in one.truth})

    def seen_on(self) -> Counter[tuple[str, ...]]:
        """How many different people stand on exactly which lists; the names of the lists in their order here."""
        there = [(one.name, frozenset(one.truth)) for one in self.lists]
        combinations = (tuple(name for name, on in there if person.number in on) for person in self.people)
        return Counter(names for names in combinations if names)


def invent(people: int = 600, seed: int = 1, spelling: Spelling = "plain", duplicates: float = 0.04) -> World:
    """Make a world up. Equal arguments give equal bytes.

    spelling    "plain", or "hard": more habits, slips and gaps in the lists
    duplicates  share of those on a list who stand on it twice, written differently

    Raises WorldTooSmall.
    """
    if people < len(CAST):
        raise WorldTooSmall(people, len(CAST))

    def rng(part: str) -> Random:
        """A chance of its own for each part, so that changing one leaves the others alone."""
        return Random(f"guvoh {seed} {part}")  # noqa: S311  invented worlds keep no secrets

    everybody = population(people, list(CAST.values()), rng("people"))
    return World(
        people=everybody,
        lists=keep_lists(everybody, lambda name: hand_for(rng(f"list {name}"), spelling), duplicates),
        letters=tell(everybody, lambda name: Hand(rng=rng(f"text {name}"), habit=0.2)),
    )


def write(world: World, folder: Path) -> None:
    """Write lists/, texts/ and truth.json into the folder, over what is there under the same names.

    Raises NotWritten.
    """
    try:
        for sub, files in (("lists", world.lists), ("texts", world.letters)):
            (folder / sub).mkdir(parents=True, exist_ok=True)
            for file in files:
                (folder / sub / file.filename).write_bytes(file.content)
        (folder / "truth.json").write_text(_truth(world), encoding="utf-8", newline="\n")
    except OSError as error:
        raise NotWritten(folder, error.strerror or "the system refused") from error


def _truth(world: World) -> str:
    """All that is true about a world, as JSON: rows and texts name people by their number."""
    truth = {
        "people": [_facts(person) for person in world.people],
        "seen": world.seen(),
        "lists": {
            one.filename: {
                "name": one.name,
                "language": one.language,
                "encoding": one.encoding,
                "delimiter": one.delimiter,
                "columns": [list(column) for column in one.columns],
                "rows": list(one.truth),
            }
            for one in world.lists
        },
        "texts": {
            one.filename: {
                "kind": one.kind,
                "language": one.language,
                "encoding": one.encoding,
                "copy_of": one.copy_of,
                "title": one.title,
                "publisher": one.publisher,
                "author": one.author,
                "published": one.published,
                "persons": list(one.persons),
            }
            for one in world.letters
        },
    }
    return json.dumps(truth, ensure_ascii=False, indent=1, default=str) + "\n"


def _facts(person: Person) -> dict[str, str | int | date | None]:
    return {
        "number": person.number,
        "name": native(person).formal,
        "people": person.people,
        "sex": person.sex,
        "born": person.born,
        "citizenship": person.citizenship,
        "region": person.region.en,
        "route": person.route,
        "colony": " ".join(person.colony) if person.colony else None,
        "taken": person.taken,
        "captured_on": person.captured_on,
        "died_on": person.died_on,
        "fate": person.fate,
    }
