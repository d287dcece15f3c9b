"""What it costs to decide for one person with many statements, and to give out many persons.

    python benchmarks/consent.py [--statements 3000] [--rounds 9] [--persons 1000 10000]

Prints a table: milliseconds to make a person ready and to decide once for every statement, beside as many look-ups in
a dict in the same round, and the limit. Medians over the rounds. Then, for releases of so many persons with three
statements each: seconds, and what the process holds more at its most than before it began, in MiB; flat means that ten
times the persons take less than twice that. Everything is invented.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

from guvoh.archive.founding import found
from guvoh.casebook import commands, releasing
from guvoh.casebook.answers import Add, FileAsked
from guvoh.casebook.desk import Desk
from guvoh.casebook.entries import entry
from guvoh.consent.decide import Answers, Standing
from guvoh.outputs.release import FORMS
from guvoh.records.base import Terms, now
from guvoh.records.decisions import Consent, Permission, Release, Scope
from guvoh.records.people import Mention
from guvoh.records.statements import Statement, StatementKind
from guvoh.sealing.passphrases import Cost

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


# --- releases

LETTER = "An invented letter about many men.\n"
PASSPHRASE = "olive window carpet river candle meadow"
CODES = ("CO_SENTENCE", "CO_BEATING", "FA_NOCONTACT")
FLAT = 2.0


def furnished(folder: Path, persons: int) -> tuple[Desk, tuple[str, ...]]:
    """An archive with one letter that names so many men; of each a consent and three statements."""
    (folder / "letter.txt").write_text(LETTER)
    desk = Desk(found(folder / "archive", folder / "home", PASSPHRASE, Cost(memory=64, iterations=1, lanes=1), 0))
    file = FileAsked(typed="letter.txt", path=bytes(folder / "letter.txt"))
    (added,) = desk.ask(commands.add, Add(files=(file,), terms=Terms.CONSENT)).files
    key = desk.source(added.source).original.key
    mentions = tuple(f"m-{number:020d}" for number in range(persons))
    with desk.archive.batch() as batch:
        for number, mention in enumerate(mentions):
            man = Mention(id=mention, source=added.source, name=f"Karimov {number}", birth="1990-05-17")
            batch.add(entry(man, key))
            for place, code in enumerate(CODES):
                said = Statement(
                    id=f"t-{number:019d}{place}",
                    source=added.source,
                    kind=StatementKind.ACT,
                    about=(mention,),
                    code=code,
                )
                batch.add(entry(said, key))
            given = Consent(id=f"c-{number:020d}", by=desk.archive.member, at=now(), about=(mention,), scopes=YES)
            batch.add(entry(given))
    desk.catch_up()
    return desk, mentions


class Nowhere(io.RawIOBase):
    """Takes what is written, and keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return len(data)


def released(desk: Desk, mentions: tuple[str, ...], form: str) -> tuple[float, float]:
    """(seconds, MiB held more at the most) of one release, told apart, for measuring memory slows."""
    release = Release(
        id="x-aaaaaaaaaaaaaaaaaaaa", by=desk.archive.member, at=now(), about=mentions, level="counsel", recipient="Vera"
    )
    asked = releasing.Write(release=release.id, path=b"", form=form)
    start = time.perf_counter()
    with desk.archive.batch() as batch:
        releasing.Writing(desk, release, asked, lambda news: None).into(Nowhere(), batch)  # type: ignore[arg-type]
    took = time.perf_counter() - start
    tracemalloc.start()
    with desk.archive.batch() as batch:
        releasing.Writing(desk, release, asked, lambda news: None).into(Nowhere(), batch)  # type: ignore[arg-type]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return took, most / (1 << 20)


def releases(sizes: list[int]) -> None:
    print(f"\n{'persons':>10}{'form':>8}{'seconds':>10}{'ms each':>10}{'MiB more':>10}")
    most: dict[str, list[float]] = {form: [] for form in FORMS}
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            desk, mentions = furnished(Path(name), size)
            for form in FORMS:
                took, held = released(desk, mentions, form)
                most[form].append(held)
                print(f"{size:10,}{form:>8}{took:10.2f}{took / size * 1000:10.2f}{held:10.1f}")
            desk.close()
    for form, all_held in most.items():
        if len(all_held) > 1:
            times = all_held[-1] / all_held[0]
            print(f"memory, {form}: {times:.2f} times{'' if times <= FLAT else '  OVER'}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--statements", type=int, default=3000)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--persons", type=int, nargs="+", default=[1_000, 10_000])
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
    releases(chosen.persons)


if __name__ == "__main__":
    main()
