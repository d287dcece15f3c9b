"""Invented people and what they allowed: by hand for the tables, at random for the laws."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from guvoh.consent.decide import Answers, Decision, Standing
from guvoh.records.base import Absent, Terms
from guvoh.records.decisions import Authority, Consent, Permission, Scope
from guvoh.values.absence import Absence

TODAY = date(2025, 3, 5)
YES, NO, AGAIN, NAMELESS = Permission.YES, Permission.NO, Permission.ASK_AGAIN, Permission.NAMELESS
ALL_YES = dict.fromkeys(Scope, YES)
UNKNOWN, NONE = Absent(absent=Absence.UNKNOWN), Absent(absent=Absence.NONE_STATED)
WHO_AND_WHEN: dict[str, Any] = {"by": "idris", "at": "2025-03-01T10:00:00Z"}

MENTIONS = ("amina", "amina-in-a-letter", "amina-on-a-list", "vera")
STATEMENTS = ("", "pay", "beating", "road")
RECIPIENTS = ("", "Bureau of Vera", "Lawyers of Osh")
CODES = ("", "CO_SENTENCE", "EV_FRONT")


def consent(name: str, *about: str, scopes: dict[Scope, Permission] | None = None, **more: Any) -> Consent:
    said = ALL_YES if scopes is None else scopes
    return Consent(id=name, about=about or ("amina",), scopes=said, **(WHO_AND_WHEN | more))


def authority(name: str, *about: str, **more: Any) -> Authority:
    return Authority(id=name, holder="her mother", about=about or ("amina",), **(WHO_AND_WHEN | more))


def standing(
    *consents: Consent,
    terms: dict[str, Terms] | None = None,
    links: tuple[tuple[str, ...], ...] = (),
    authorities: tuple[Authority, ...] = (),
    parted: frozenset[str] = frozenset(),
) -> Standing:
    return Standing(
        terms={"amina": Terms.CONSENT} if terms is None else terms,
        consents=consents,
        authorities={one.id: one for one in authorities},
        links=links,
        parted=parted,
    )


def answers(*consents: Consent, today: date = TODAY, **more: Any) -> Answers:
    return Answers(standing(*consents, **more), today)


Query = tuple[str, str, tuple[tuple[str, Any], ...]]
"""What is asked ("may" or another method), of which mention, and with what."""


def _queries() -> list[Query]:
    wanted: list[dict[str, Any]] = [{"scope": scope} for scope in Scope]
    wanted += [
        {"scope": scope, "recipient": recipient} for scope in ("S3", "S4") for recipient in RECIPIENTS if recipient
    ]
    wanted += [{"scope": "S12", "recipient": "lawyers  of osh", "code": code} for code in CODES]
    wanted += [{"scope": "S6", "home_state": True}, {"scope": "S10", "nameless": True}]
    asked: list[Query] = [
        ("may", mention, tuple(sorted({**one, "statement": statement}.items())))
        for mention in MENTIONS
        for one in wanted
        for statement in STATEMENTS
    ]
    return asked + [(what, mention, ()) for what in ("may_count", "may_show", "refused") for mention in MENTIONS]


QUERIES = _queries()


def ask(ready: Answers, query: Query) -> Decision | None:
    what, mention, more = query
    named = dict(more)
    if what == "may":
        scope = Scope(named.pop("scope"))
        return ready.may(scope, mention, **named)
    method = {"may_count": ready.may_count, "may_show": ready.may_show, "refused": ready.refused}[what]
    return method(mention)


def decisions(of: Standing, today: date = TODAY) -> dict[Query, Decision | None]:
    ready = Answers(of, today)
    return {query: ask(ready, query) for query in QUERIES}


def shown(made: dict[Query, Decision | None]) -> set[Query]:
    """What may be: of `refused`, that nobody did."""
    return {query for query, decision in made.items() if decision is None or decision.allowed}


def _mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * 9 * len(others) + list(others))


def _some(names: tuple[str, ...], least: int = 0, most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True).map(tuple)


@st.composite
def _scopes(draw: st.DrawFn) -> dict[Scope, Permission]:
    said = {scope: draw(_mostly(YES, NO, AGAIN, None)) for scope in Scope}
    if said[Scope.MEDIA] is YES and draw(st.booleans()):
        said[Scope.MEDIA] = NAMELESS
    return {scope: permission for scope, permission in said.items() if permission is not None}


@st.composite
def consents(draw: st.DrawFn, name: str, others: tuple[str, ...] = ()) -> Consent:
    on_behalf = draw(_mostly(None, "mother"))
    return consent(
        name,
        *draw(st.one_of(st.just(MENTIONS), _some(MENTIONS, 1, 3))),
        scopes=draw(_scopes()),
        statements=draw(st.one_of(st.just(()), st.just(()), _some(STATEMENTS[1:]))),
        given_on=draw(_mostly("2024", None, UNKNOWN, "2026-01")),
        age=draw(_mostly(40, None, UNKNOWN, 17)),
        guardian=draw(st.sampled_from([None, "her aunt"])),
        on_behalf=on_behalf,
        cannot_ask=draw(_mostly("in custody", None)) if on_behalf else None,
        authority=draw(_mostly("paper", None, "old paper")) if on_behalf else None,
        recipients=draw(_mostly(("LAWYERS of Osh",), (), ("Bureau of Vera",))),
        values=draw(_mostly(("CO_SENTENCE",), (), ("EV_FRONT",))),
        home_state=draw(_mostly(YES, None, NO, AGAIN)),
        expires=draw(_mostly(None, "2024-06", "2030", UNKNOWN, "../2030")),
        replaces=draw(_some(others)) if others else (),
        apart=draw(_mostly((), ("vera",), ("amina", "amina-on-a-list"))),
        withdrawn=draw(st.sampled_from([False] * 30 + [True])),
    )


@st.composite
def standings(draw: st.DrawFn, most: int = 4) -> Standing:
    names = tuple(f"c{n}" for n in range(draw(st.integers(1, most))))
    taken = [draw(consents(name, names)) for name in names]
    papers = [authority("paper", *MENTIONS), authority("old paper", *MENTIONS, valid_until="2024")]
    return Standing(
        terms={mention: draw(_mostly(Terms.CONSENT, Terms.PUBLIC, Terms.INTERNAL)) for mention in MENTIONS},
        consents=tuple(taken),
        authorities={one.id: one for one in papers},
        links=draw(st.lists(_some(MENTIONS), max_size=2).map(tuple)),
        parted=frozenset(draw(_mostly((), *((name,) for name in names)))),
    )


_DATES = (None, UNKNOWN, NONE, "2024", "2025-03-05", "2026-21", "../2024-03", "2030/..", "2024-01/2026-06?", "9999~")
_WORDS = (None, UNKNOWN, NONE, "", " ", "her mother")


@st.composite
def _any_consents(draw: st.DrawFn, names: tuple[str, ...]) -> Consent:
    """Any that the types allow, however little sense it makes: its own id replaced, itself apart, a name twice."""
    ids = st.lists(st.sampled_from((*MENTIONS, "gone")), max_size=3).map(tuple)
    scopes = draw(st.dictionaries(st.sampled_from(Scope), st.sampled_from([YES, NO, AGAIN])))
    word, day = st.sampled_from(_WORDS), st.sampled_from(_DATES)
    return consent(
        draw(st.sampled_from(names)),
        draw(st.sampled_from((*MENTIONS, "gone"))),
        *draw(ids),
        scopes=scopes | ({Scope.MEDIA: NAMELESS} if draw(st.booleans()) else {}),
        statements=draw(_some(STATEMENTS[1:])),
        given_on=draw(day),
        age=draw(st.sampled_from([None, UNKNOWN, NONE, 0, 17, 18, 2**53 - 1])),
        guardian=draw(word),
        on_behalf=draw(word),
        cannot_ask=draw(word),
        authority=draw(st.sampled_from([None, "paper", "gone"])),
        recipients=draw(_some(("", " ", "Lawyers of Osh"))),
        values=draw(_some(CODES[1:])),
        home_state=draw(st.sampled_from([None, YES, NO, AGAIN])),
        expires=draw(day),
        review=draw(day),
        replaces=draw(_some((*names, "gone"))),
        apart=draw(ids),
        withdrawn=draw(st.booleans()),
    )


@st.composite
def any_standings(draw: st.DrawFn) -> Standing:
    names = ("c0", "c1", "c2")
    day = st.sampled_from(_DATES)
    paper = authority("paper", draw(st.sampled_from(MENTIONS)), valid_from=draw(day), valid_until=draw(day))
    return Standing(
        terms=draw(st.dictionaries(st.sampled_from(MENTIONS), st.sampled_from(Terms))),
        consents=draw(st.lists(_any_consents(names), max_size=4).map(tuple)),
        authorities=draw(st.sampled_from([{}, {"paper": paper}])),
        links=draw(st.lists(st.lists(st.sampled_from(MENTIONS), max_size=3).map(tuple), max_size=3).map(tuple)),
        parted=frozenset(draw(_some(names))),
    )
