"""Invented people: a name in its own letters, a home, and what happened. The truth of a world."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

from guvoh.worlds.peoples import COLONIES, PEOPLES, WOMENS_COLONIES, Ending, People, Region

T = TypeVar("T")


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


class Route(StrEnum):
    """Where he was when he was recruited. The lists see the two very differently."""

    PRISON = "prison"
    FREE = "free"


class Fate(StrEnum):
    """What is true at the end, whether or not any list knows it."""

    KILLED = "killed"
    CAPTURED = "captured"
    RETURNED = "returned"
    NO_CONTACT = "no contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One invented human being. `number` is the place in `World.people`, from 0."""

    number: int
    people: People
    sex: Sex
    given: str  # own letters, as `father` and `stem`
    father: str
    stem: str  # the name the surname is made from
    ending: Ending
    born: date
    citizenship: str  # ISO 3166 code; RU: took that citizenship
    region: Region
    route: Route
    colony: tuple[str, str] | None  # number and region of the colony; None: recruited in freedom
    taken: date
    captured_on: date | None
    died_on: date | None  # may follow capture: exchanged, sent again
    returned: bool

    @property
    def fate(self) -> Fate:
        if self.died_on is not None:
            return Fate.KILLED
        if self.captured_on is not None:
            return Fate.CAPTURED
        return Fate.RETURNED if self.returned else Fate.NO_CONTACT


FIRST_TAKEN, TAKEN_DAYS = date(2022, 9, 1), 1000
YOUNGEST, OLDEST = 18, 56  # age in years when taken
BROTHERS = 0.03  # share who are a brother of somebody before them
NATURALISED = 0.08
WOMEN = 0.03  # all of them from women's colonies
PRISON = 0.6
# chances by route: taken prisoner by the other side, killed, home again
FATES: dict[Route, tuple[float, float, float]] = {Route.PRISON: (0.3, 0.45, 0.1), Route.FREE: (0.35, 0.3, 0.15)}


def population(count: int, cast: list[Mapping[str, Any]], rng: Random) -> tuple[Person, ...]:
    """Invent `count` people: the first to fit the cast of the stories, in order, the rest as chance has it.

    A member of the cast is a mapping of facts that are fixed: people, sex, region (by its English name), born,
    route, colony, taken, captured_on, died_on, returned.
    """
    people: list[Person] = []
    for number in range(count):
        person = _person(number, cast[number] if number < len(cast) else {}, rng)
        if number >= len(cast) and person.sex is Sex.MALE and rng.random() < BROTHERS:
            person = _as_brother(person, people[rng.randrange(number)] if people else person)
        people.append(person)
    return tuple(people)


def _person(number: int, fixed: Mapping[str, Any], rng: Random) -> Person:
    people = People(fixed.get("people") or _chosen({one: table.share for one, table in PEOPLES.items()}, rng))
    table = PEOPLES[people]
    sex = Sex(fixed.get("sex") or (Sex.FEMALE if rng.random() < WOMEN else Sex.MALE))
    given, father, stem = _three_names(people, sex, rng)
    region = rng.choice(table.regions)
    if "region" in fixed:
        region = next(one for one in table.regions if one.en == fixed["region"])
    route = Route.PRISON if sex is Sex.FEMALE or rng.random() < PRISON else Route.FREE
    route = Route(fixed.get("route", route))
    colony = rng.choice(WOMENS_COLONIES if sex is Sex.FEMALE else COLONIES) if route is Route.PRISON else None
    taken = FIRST_TAKEN + timedelta(days=rng.randrange(TAKEN_DAYS))
    age_in_days = int((YOUNGEST + rng.betavariate(1.8, 2.6) * (OLDEST - YOUNGEST)) * 365.25)
    person = Person(
        number=number,
        people=people,
        sex=sex,
        given=given,
        father=father,
        stem=stem,
        ending=_chosen(table.endings, rng),
        born=taken - timedelta(days=age_in_days),
        citizenship="RU" if not fixed and rng.random() < NATURALISED else region.country,
        region=region,
        route=route,
        colony=colony,
        taken=taken,
        captured_on=None,
        died_on=None,
        returned=False,
    )
    if fixed:
        facts = ("born", "taken", "captured_on", "died_on", "returned")
        known = {fact: fixed[fact] for fact in facts if fact in fixed}
        return replace(person, colony=tuple(fixed["colony"]) if "colony" in fixed else None, **known)
    return _with_fate(person, rng)


def _three_names(people: People, sex: Sex, rng: Random) -> tuple[str, str, str]:
    """Given name, father's name and the name in the surname, all different; earlier names of the table are commoner."""
    men = PEOPLES[people].men
    women = PEOPLES[people].women
    given = _common_first(women if sex is Sex.FEMALE else men, rng)
    rest = [name for name in men if name != given]
    father = _common_first(rest, rng)
    rest.remove(father)
    return given, father, _common_first(rest, rng)


def _common_first(names: tuple[str, ...] | list[str], rng: Random) -> str:
    return rng.choices(names, [1 / (place + 8) ** 0.7 for place in range(len(names))])[0]


def _chosen(shares: Mapping[T, float], rng: Random) -> T:
    return rng.choices(list(shares), list(shares.values()))[0]


def _with_fate(person: Person, rng: Random) -> Person:
    captured, killed, returned = FATES[person.route]
    captured_on = person.taken + timedelta(days=rng.randrange(25, 250)) if rng.random() < captured else None
    died_on = (captured_on or person.taken) + timedelta(days=rng.randrange(20, 300)) if rng.random() < killed else None
    return replace(
        person, captured_on=captured_on, died_on=died_on, returned=rng.random() < returned and died_on is None
    )


def _as_brother(person: Person, elder: Person) -> Person:
    """The same man with the father, surname and home of another; only the given name and the birth stay his own."""
    if person.people is not elder.people or person.given in (elder.given, elder.father, elder.stem):
        return person
    family = {fact: getattr(elder, fact) for fact in ("father", "stem", "ending", "region", "citizenship")}
    return replace(person, **family)
