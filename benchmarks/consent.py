"""What it costs to decide for one person with many statements.

    python benchmarks/consent.py [--statements 3000] [--rounds 9]

Prints a table: milliseconds to make a person ready and to decide once for every statement, beside as many look-ups in
a dict in the same round, and the limit. Medians over the rounds. Everything is invented.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date

from guvoh.consent.decide import Answers, Standing
from guvoh.records.base import Terms
from guvoh.records.decisions import Consent, Permission, Scope

TODAY = date(2025, 3, 5)
YES = dict.fromkeys(Scope, Permission.YES)
LIMIT = 50.0
"""Milliseconds for all statements of one person."""


def consent(name: str, about: tuple[str, ...], statements: tuple[str, ...] = (), no: bool = False) -> Consent:
    scopes = dict.fromkeys(Scope, Permission.NO) if no else YES
    return Consent(
        id=name, by="idris", at="2025-03-01T10:00:00Z", about=about, scopes=scopes, statements=statements,
        recipients=("Lawyers of Osh",), values=("CO_SENTENCE",),
    )  # fmt: skip


def person(mentions: tuple[str, ...], *consents: Consent) -> Standing:
    terms = dict.fromkeys(mentions, Terms.CONSENT)
    return Standing(terms=terms, consents=consents, authorities={}, links=(mentions,))


def one_consent(statements: tuple[str, ...]) -> Standing:
    return person(("amina",), consent("c", ("amina",)))


def many_mentions(statements: tuple[str, ...]) -> Standing:
    """Fifty mentions, each with its own consent, all linked."""
    mentions = tuple(f"amina.{n}" for n in range(50))
    return person(mentions, *(consent(f"c{n}", (mention,)) for n, mention in enumerate(mentions)))


def one_by_one(statements: tuple[str, ...]) -> Standing:
    """A consent for all, and one more for every second statement, which refuses it."""
    refusals = (consent(f"no{n}", ("amina",), (one,), no=True) for n, one in enumerate(statements[::2]))
    return person(("amina",), consent("c", ("amina",)), *refusals)


def asked_anew(statements: tuple[str, ...]) -> Standing:
    """Two hundred consents, each of which replaces all before it."""
    taken = [consent(f"c{n}", ("amina",)) for n in range(200)]
    earlier = tuple(one.id for one in taken)
    later = (
        Consent(id=one.id, by=one.by, at=one.at, about=one.about, scopes=one.scopes, replaces=earlier[:n])
        for n, one in enumerate(taken)
    )
    return person(("amina",), *later)


PEOPLE: dict[str, Callable[[tuple[str, ...]], Standing]] = {
    "one consent": one_consent,
    "50 mentions, 50 consents": many_mentions,
    "a refusal for every second": one_by_one,
    "200 consents, each replacing": asked_anew,
}


def decide(standing: Standing, statements: tuple[str, ...]) -> float:
    """Milliseconds from the records to a decision on every statement."""
    mentions = tuple(standing.terms)
    start = time.perf_counter()
    ready = Answers(standing, TODAY)
    for number, statement in enumerate(statements):
        ready.may(Scope.UN_CONFIDENTIAL, mentions[number % len(mentions)], statement=statement)
    return (time.perf_counter() - start) * 1000


def look_up(statements: tuple[str, ...]) -> float:
    known = dict.fromkeys(statements, True)
    start = time.perf_counter()
    for statement in statements:
        known.get(statement)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--statements", type=int, default=3000)
    options.add_argument("--rounds", type=int, default=9)
    chosen = options.parse_args()
    statements = tuple(f"s{n}" for n in range(chosen.statements))
    print(f"one person, {chosen.statements:,} statements, {chosen.rounds} rounds, medians\n")
    print(f"{'':32}{'ms':>9}{'limit':>7}")
    bare = statistics.median(look_up(statements) for _ in range(chosen.rounds))
    print(f"{'as many look-ups in a dict':32}{bare:9.2f}")
    for name, make in PEOPLE.items():
        standing = make(statements)
        took = statistics.median(decide(standing, statements) for _ in range(chosen.rounds))
        print(f"{name:32}{took:9.2f}{LIMIT:7.0f}{'' if took <= LIMIT else '  OVER'}")


if __name__ == "__main__":
    main()
