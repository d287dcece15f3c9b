"""Histories of consent on several laptops, made at random, and who of whom nothing may leave any more.

The oracle is written from docs/decisions/consent.md alone. It keeps facts: what was added, joined, allowed, withdrawn,
destroyed and given out; and for each laptop the facts that have reached it. Every name and every statement holds a word
that stands nowhere else, so a file tells by itself whom it holds.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, BinaryIO, Self, TypeVar
from unittest import mock

import msgspec
from desks import asked
from replicas import CAST, CHEAP, PHRASE, fast_place

from guvoh.archive import members, merging
from guvoh.archive.control import Role
from guvoh.archive.founding import found
from guvoh.archive.store import Archive, Folder
from guvoh.casebook import commands, consenting, deciding, erasing, exchange, queries, releasing, whose
from guvoh.casebook.answers import Add, Nothing, Terms
from guvoh.casebook.desk import Desk, unheard
from guvoh.casebook.entries import entry
from guvoh.casebook.standing import standing
from guvoh.intake.confinement import Confined, Limits
from guvoh.intake.readers import files as reading_files
from guvoh.records.base import now
from guvoh.records.decisions import Correction, Disclosure
from guvoh.records.people import Judgement, LinkageRun, Verdict
from guvoh.records.statements import Statement, StatementKind
from guvoh.sealing.boxes import Identity
from guvoh.values.ids import new_id


class Fault(Enum):
    """What the program is known to do wrong, each with a test in test_withdrawals that fails for it alone.

    Histories pass over it, so that they find what is not known yet. Taken out here, they find it too.
    """

    ERASED_WITHDRAWAL = "with one who is destroyed his withdrawal goes, for all who were taken for him"


KNOWN = frozenset(Fault)
LAWYER = "Advocate Vera Nazarova"
ALL = {f"S{number}": "yes" for number in range(1, 12)}
_ANSWERS = (ALL, ALL, ALL, ALL, ALL, {"S1": "yes", "S2": "yes"}, {"S1": "yes", "S4": "yes", "S9": "yes"})
_EXITS: tuple[dict[str, str], ...] = (
    {"level": "counsel", "recipient": LAWYER},
    {"level": "counsel", "recipient": LAWYER},
    {"level": "annex", "recipient": LAWYER},
    {"level": "un", "recipient": "the secretariat", "body": "special-procedures"},
    {"level": "un", "recipient": "the secretariat", "body": "wgeid", "state": "RU"},
    {"level": "un", "recipient": "the secretariat", "body": "wgad", "state": "RU"},
    {"level": "un", "recipient": "the secretariat", "body": "ced", "state": "KZ"},
    {"level": "un", "recipient": "the secretariat", "body": "treaty-bodies", "state": "RU"},
    {"level": "un", "recipient": "the prosecutor", "body": "icc"},
    {"level": "tracing", "recipient": "the Red Cross"},
    {"level": "anonymous"},
)
_CODES = ("CO_SENTENCE", "CO_BEATING", "FA_NOCONTACT", "IN_BONUS")
_SURNAMES = ("Karimov", "Ergashev", "Yusupov", "Nazarov", "Saidov")
_MEN = len(_SURNAMES)
"""So few that the same man comes up in several sources."""
_MOST = 10
"""Persons in one file, so that nobody has to second it."""
SIZES = (2, 3, 3, 4)
_TOKEN = re.compile(r"Zq[a-z]{5}|\b[a-z]-[a-z2-7]{20}(?:\.[0-9]+)?\b")

# --- what happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A mention. man: who it is in truth; word: stands in its name alone."""

    id: str
    man: int
    source: str
    public: bool
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    id: str
    source: str
    about: tuple[str, ...]
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Taken for one person, by a judgement or by a linkage run."""

    by: str
    mentions: tuple[str, ...]
    run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    by: str
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """A consent, or a withdrawal."""

    id: str
    about: tuple[str, ...]
    replaces: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    old: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """Asked to be destroyed: from then on nobody uses it."""

    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file that was written.

    held  mentions whose words or ids stand in it, or that are in its figures; said: of whom a statement in it speaks
    """

    reference: str
    held: frozenset[str]
    said: frozenset[str]


Fact = Seen | Said | Joined | Parted | Allowed | TakenBack | Destroyed | Given
F = TypeVar("F")


class Known:
    """What has reached one laptop, and what follows from it."""

    def __init__(self, facts: Iterable[Fact], stands: Callable[[str], bool]) -> None:
        self._facts = list(facts)
        self.gone = {one for fact in self.all(Destroyed) for one in fact.mentions}
        self.gone |= {one for one in self._alike() if not stands(one)}
        self.taken_back = {fact.old for fact in self.all(TakenBack)}
        self.seen = {one.id: one for one in self.all(Seen) if one.id not in self.gone}
        self.consents = {one.id: one for one in self.all(Allowed)}
        self.about: dict[str, list[Allowed]] = defaultdict(list)
        for consent in self.consents.values():
            for mention in consent.about:
                self.about[mention].append(consent)
        self._ever = _neighbours(
            [one.mentions for one in self.all(Joined)] + [one.about for one in self.consents.values()]
        )

    def _alike(self) -> list[str]:
        """Mentions of men of whom another is destroyed: they are stopped until somebody says that they are others."""
        men = {one.man for one in self.all(Seen) if one.id in self.gone}
        return [one.id for one in self.all(Seen) if one.man in men and one.id not in self.gone]

    def all(self, kind: type[F]) -> list[F]:
        return [fact for fact in self._facts if isinstance(fact, kind)]

    @property
    def withdrawals(self) -> list[Allowed]:
        return [one for one in self.consents.values() if one.withdrawn]

    def ever(self, *mentions: str, without: Iterable[str] = ()) -> set[str]:
        """All that is, or ever was, taken for the same person."""
        return _reached(self._ever, mentions, set(without))

    def stops(self, mention: str) -> bool:
        """Whether a withdrawal about this very mention stands: no consent that knew of it has taken its place here."""
        return any(one.withdrawn and not self._lifted(one, mention) for one in self.about.get(mention, ()))

    def _lifted(self, withdrawal: Allowed, mention: str) -> bool:
        return any(
            withdrawal.id in one.replaces and (one.withdrawn or one.id not in self.taken_back)
            for one in self.about[mention]
        )

    def forbidden(self, mention: str) -> bool:
        """Whether nothing of a mention may leave: of nobody who is destroyed, and of nobody who has withdrawn."""
        if mention in self.gone:
            return True
        return any(self.stops(one) for one in self.ever(mention, without=self._apart(mention)))

    def _apart(self, mention: str) -> set[str]:
        """Whom a consent about it says to be somebody else, and no other takes for him."""
        found: set[str] = set()
        for consent in self.about.get(mention, ()):
            if consent.id not in self.taken_back:
                joint = {one.id for other in consent.apart for one in self.about.get(other, ()) if mention in one.about}
                found |= set(consent.apart) if joint <= set(consent.replaces) else set()
        return found

    def today(self, *mentions: str, run: Iterable[tuple[str, ...]], ever: bool = True) -> set[str]:
        """All that is taken for the same person today, by what nobody has taken back.

        run   what linkage says now. Who was parted from anybody, or is set apart, is left out: people have to say
        ever  what linkage has ever said counts as well: so for what has left, not for whom a withdrawal is about
        """
        parted = {one for fact in self.all(Parted) if fact.by not in self.taken_back for one in fact.mentions}
        parted |= {
            one for consent in self.consents.values() if consent.apart for one in (*consent.about, *consent.apart)
        }
        judged = [one.mentions for one in self.all(Joined) if one.by not in self.taken_back and (ever or not one.run)]
        near = _neighbours([*judged, *run, *(one.about for one in self.consents.values())])
        return {*mentions} | _reached(near, mentions, parted | self.gone)

    def never_his(self) -> list[str]:
        """Mentions that nothing has ever joined with anybody who has withdrawn, or is destroyed."""
        touched = self.ever(*(one for withdrawal in self.withdrawals for one in withdrawal.about), *self.gone)
        return [one for one in self.seen if one not in touched]

    def excused(self) -> set[str]:
        """Whom a known fault may let out."""
        found = self.ever(*self.gone) if Fault.ERASED_WITHDRAWAL in KNOWN else set()
        return found - self.gone

    def words(self) -> dict[str, frozenset[str]]:
        """For every word and every id, the mentions of which it speaks."""
        found = {one.word: frozenset({one.id}) for one in self.all(Seen)}
        found |= {one.id: frozenset({one.id}) for one in self.all(Seen)}
        for said in self.all(Said):
            left = frozenset(said.about) - self.gone or frozenset(said.about)
            found[said.word] = found[said.id] = left
        return found


def _neighbours(groups: Iterable[Iterable[str]]) -> dict[str, set[str]]:
    near: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        together = set(group)
        for one in together:
            near[one] |= together
    return near


def _reached(near: dict[str, set[str]], start: Iterable[str], closed: set[str]) -> set[str]:
    seen = set(start)
    waiting = list(seen)
    while waiting:
        new = near.get(waiting.pop(), set()) - seen - closed
        seen |= new
        waiting += new
    return seen


# --- the laptops


@cache
def template(size: int) -> Path:
    """A folder with the first `size` of the cast, all owners or editors, all in touch; an erasure waits for no hour."""
    root = Path(tempfile.mkdtemp(prefix="histories-", dir=fast_place()))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    amina = found(root / "amina", root / "home-amina", PHRASE["amina"], CHEAP, 0)
    for name in CAST[1:size]:
        path, home = root / name, root / f"home-{name}"
        merging.pull(merging.start_copy(amina, path), amina)
        if name == "amina-2":
            members.ask(path, home, PHRASE["amina"], amina.member, CHEAP)
            with amina.writing():
                merging.pull(amina, Folder(path), known=amina.known)
            amina.refresh()
            continue
        _, asked = members.ask(path, home, PHRASE[name], None, CHEAP)
        assert asked is not None
        members.admit(amina, asked.read_bytes(), Role.OWNER if name == "idris" else Role.EDITOR)
    for name in CAST[1:size]:
        merging.pull(Folder(root / name), amina)
    return root


@dataclass(kw_only=True)
class Laptop:
    name: str
    path: Path
    desk: Desk
    knows: set[int] = field(default_factory=set)
    prepared: list[str] = field(default_factory=list)

    @property
    def member(self) -> str:
        return self.desk.archive.member

    def ask(self, use_case: Any, request: Any) -> Any:
        return self.desk.ask(use_case, request)


class ReadHere(Confined):
    """Reads in this process: the files are our own, and confinement is tried elsewhere."""

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        pass

    @property
    def missing(self) -> tuple[str, ...]:
        return ()

    def run(
        self, request: bytes, data: BinaryIO | bytes, *, limits: Limits | None = None
    ) -> Generator[bytes, None, None]:
        yield from reading_files.read(request, io.BytesIO(data) if isinstance(data, bytes) else data)


def put(laptop: Laptop, name: str, content: str, terms: Terms, erased: str = "") -> str:
    """Take an invented file in; returns the id of its source."""
    files = asked(laptop.path.parent / f"files-{laptop.name}", {name: content})
    request = Add(files=files, terms=terms, erased=erased)
    (file,) = commands.add(laptop.desk, request, unheard, ReadHere).files
    assert file.outcome == "added", file.error
    return file.source


class Wrong(AssertionError):
    """What must never be: a person in a file, in a figure or not in a list. The history is a note of it."""


class History:
    """One history of so many steps; the same number makes the same choices."""

    def __init__(self, number: int) -> None:
        self.rng = Random(number)
        self.root = Path(tempfile.mkdtemp(prefix="history-", dir=fast_place())) / "all"
        size = self.rng.choice(SIZES)
        shutil.copytree(template(size), self.root)
        self.laptops = [
            Laptop(
                name=name,
                path=self.root / name,
                desk=Desk(Archive(self.root / name, self.root / f"home-{name}", PHRASE[name.removesuffix("-2")])),
            )
            for name in CAST[:size]
        ]
        self.facts: list[Fact] = []
        self.told: list[str] = []
        self.files = 0
        self.withdrawals = 0
        self._number = count(1)

    def close(self) -> None:
        for laptop in self.laptops:
            laptop.desk.leave()
        shutil.rmtree(self.root.parent, ignore_errors=True)

    def run(self, steps: int) -> None:
        """Raise Wrong, with the list of what was done as its note."""
        try:
            self.begin()
            for _ in range(steps):
                deed = self.rng.choices(_DEEDS, _WEIGHTS)[0]
                deed(self, self.rng.choice(self.laptops))
            self.end()
        except Exception as problem:
            problem.add_note("\n".join(self.told))
            raise

    def begin(self) -> None:
        for _ in range(2):
            self.testimony(self.rng.choice(self.laptops))
        self.rows(self.rng.choice(self.laptops))
        self.meet()

    # --- what is known

    def known(self, laptop: Laptop) -> Known:
        facts = (self.facts[number] for number in sorted(laptop.knows))
        return Known(facts, lambda mention: whose.is_mention(laptop.desk, mention))

    def fact(self, laptop: Laptop, fact: Fact) -> None:
        laptop.knows.add(len(self.facts))
        self.facts.append(fact)

    def tell(self, laptop: Laptop, *what: object) -> None:
        self.told.append(" ".join(map(str, (laptop.name, *what))))

    def word(self) -> str:
        number, letters = next(self._number), ""
        for _ in range(5):
            number, digit = divmod(number, 26)
            letters += chr(97 + digit)
        return f"Zq{letters}"

    def name(self, man: int) -> tuple[str, str]:
        """As a source writes it: linkage finds most of a man's names to be one, and one of them only a person does."""
        word = self.word()
        first = "Azizbek" if self.rng.random() < 0.8 else "Bahodir"
        return f"{_SURNAMES[man]} {first} {word}", word

    def some(self, known: Known, most: int) -> list[str]:
        """Mentions, those who have withdrawn more often than others."""
        seen = list(known.seen)
        if not seen:
            return []
        touched = known.ever(*(one for withdrawal in known.withdrawals for one in withdrawal.about))
        chosen = [one for one in seen if one in touched and self.rng.random() < 0.4]
        chosen += [self.rng.choice(seen) for _ in range(self.rng.randint(1, most))]
        self.rng.shuffle(chosen)
        return list(dict.fromkeys(chosen))[:most]

    # --- what comes in

    def testimony(self, laptop: Laptop) -> None:
        text = f"Testimony number {next(self._number)}, about somebody who was taken.\n"
        source = put(laptop, "testimony.txt", text, Terms.CONSENT)
        for _ in range(self.rng.randint(1, 2)):
            self._person(laptop, source)

    def another(self, laptop: Laptop) -> None:
        """One more person in a testimony that is here."""
        sources = list(dict.fromkeys(one.source for one in self.known(laptop).seen.values() if not one.public))
        if sources:
            self._person(laptop, self.rng.choice(sources))

    def _person(self, laptop: Laptop, source: str) -> None:
        man, scopes = self.rng.randrange(_MEN), self.rng.choice(_ANSWERS)
        name, word = self.name(man)
        given = laptop.ask(
            consenting.give_consent,
            consenting.form_of(
                {
                    "person": {"source": source, "name": name, "birth": str(1980 + man)},
                    "scopes": scopes,
                    "recipients": [LAWYER],
                    "home_state": "yes",
                }
            ),
        )
        self.tell(laptop, "is told of man", man, given.mention, "by", source, "consent", given.consent, *scopes)
        self.fact(laptop, Seen(id=given.mention, man=man, source=source, public=False, word=word))
        self.fact(laptop, Allowed(id=given.consent, about=(given.mention,), replaces=(), scopes=tuple(scopes)))
        self._say(laptop, source, (given.mention,))

    def _say(self, laptop: Laptop, source: str, about: tuple[str, ...]) -> None:
        word, code = self.word(), self.rng.choice(_CODES)
        said = Statement(
            id=new_id("t"), source=source, kind=StatementKind.ACT, code=code, about=about, value=word, when="2026-03-05"
        )
        desk = laptop.desk
        with desk.archive.batch() as batch:
            batch.add(entry(said, desk.source(source).original.key))
        desk.catch_up()
        self.tell(laptop, "writes down statement", said.id, "about", *about)
        self.fact(laptop, Said(id=said.id, source=source, about=about, word=word))

    def say(self, laptop: Laptop) -> None:
        """Something about one or two."""
        known = self.known(laptop)
        private = [one for one in known.seen.values() if not one.public]
        if private:
            first, second = self.rng.choice(private), self.rng.choice(private)
            self._say(laptop, first.source, tuple(dict.fromkeys((first.id, second.id))))
            if self.rng.random() < 0.6:
                self._prepare(laptop, [first.id], _EXITS[0])
                self._write_release(laptop, laptop.prepared.pop())

    def rows(self, laptop: Laptop) -> None:
        men = [self.rng.randrange(_MEN) for _ in range(self.rng.randint(1, 3))]
        names = [self.name(man) for man in men]
        text = "ФИО;Год рождения\n" + "".join(
            f"{name};{1980 + man}\n" for man, (name, _) in zip(men, names, strict=True)
        )
        erased = self.rng.choice((commands.LEAVE_OUT, commands.OTHER_PERSON))
        source = put(laptop, "list.csv", text, Terms.PUBLIC, erased)
        self.tell(laptop, "adds list", source, "of men", *men)
        for row, (man, (_, word)) in enumerate(zip(men, names, strict=True), 1):
            self.fact(laptop, Seen(id=f"{source}.{row}", man=man, source=source, public=True, word=word))

    # --- who is who

    def judge(self, laptop: Laptop) -> None:
        """Right most of the time."""
        known = self.known(laptop)
        if len(known.seen) < 2:
            return
        one, other = self.rng.sample(list(known.seen.values()), 2)
        alike = [mention for mention in known.seen.values() if mention.man == one.man and mention is not one]
        if alike and self.rng.random() < 0.6:
            other = self.rng.choice(alike)
        right = self.rng.random() < 0.8
        verdict = Verdict.SAME if (one.man == other.man) == right else Verdict.DIFFERENT
        record = Judgement(
            id=new_id("j"), by=laptop.member, at=now(), reason="compared", mentions=(one.id, other.id), verdict=verdict
        )
        self._write(laptop, record)
        self.tell(laptop, "judges", one.id, other.id, verdict.value, record.id)
        kind = Joined if verdict is Verdict.SAME else Parted
        self.fact(laptop, kind(by=record.id, mentions=record.mentions))

    def take_back(self, laptop: Laptop) -> None:
        """A judgement, a consent, a withdrawal, a statement."""
        known = self.known(laptop)
        judged = [one.by for one in known.all(Joined) if not one.run] + [one.by for one in known.all(Parted)]
        old = [*judged, *judged, *known.consents, *(one.id for one in known.all(Said))]
        db = laptop.desk.index.db
        old = [one for one in old if db.execute("SELECT 1 FROM record WHERE id = ?", (one,)).fetchone()]
        if old:
            record = Correction(id=new_id("q"), by=laptop.member, at=now(), reason="no", old=self.rng.choice(old))
            self._write(laptop, record)
            self.tell(laptop, "takes back", record.old)
            self.fact(laptop, TakenBack(old=record.old))

    def _write(self, laptop: Laptop, record: Any) -> None:
        with laptop.desk.archive.batch() as batch:
            batch.add(entry(record))
        laptop.desk.catch_up()

    # --- what they allow

    def consent(self, laptop: Laptop) -> None:
        """Asked anew: in place of what stood, or beside it; of him alone, with another, or apart from another."""
        known = self.known(laptop)
        about = self.some(known, 1)
        if not about:
            return
        alike = [one.id for one in known.seen.values() if one.man == known.seen[about[0]].man and one.id not in about]
        others = [one for one in known.seen if one not in about]
        apart: list[str] = []
        if alike and self.rng.random() < 0.3:
            about.append(self.rng.choice(alike))
        elif others and self.rng.random() < 0.2:
            apart = [self.rng.choice(others)]
        replaces: list[str] | None = None if self.rng.random() < 0.3 else []
        withdrawn = any(one.withdrawn for mention in about for one in known.about.get(mention, ()))
        scopes = ALL if withdrawn else self.rng.choice(_ANSWERS)
        self._consent(laptop, about, scopes, replaces, apart)

    def again(self, laptop: Laptop) -> None:
        """One who has withdrawn allows everything anew, in knowledge of it."""
        known = self.known(laptop)
        withdrawals = [one for one in known.withdrawals if set(one.about) <= set(known.seen)]
        if withdrawals:
            one = self.rng.choice(withdrawals)
            self._consent(laptop, list(one.about), ALL, [one.id], [])

    def _consent(
        self, laptop: Laptop, about: list[str], scopes: dict[str, str], replaces: list[str] | None, apart: list[str]
    ) -> None:
        form: dict[str, Any] = {
            "about": about,
            "scopes": scopes,
            "recipients": [LAWYER],
            "home_state": "yes",
            "apart": apart,
        }
        if replaces is not None:
            form["replaces"] = replaces
        given = laptop.ask(consenting.give_consent, consenting.form_of(form))
        self.tell(
            laptop, "records consent", given.consent, "about", *about, "replaces", *given.replaces, "apart", *apart
        )
        self.fact(
            laptop,
            Allowed(
                id=given.consent, about=tuple(about), replaces=given.replaces, scopes=tuple(scopes), apart=tuple(apart)
            ),
        )

    def withdraw(self, laptop: Laptop) -> None:
        """By a mention or by a consent. Nobody else notices, and everything that held the person is listed."""
        before = self.known(laptop)
        if not before.seen:
            return
        held = {one for fact in before.all(Given) for one in fact.held}
        given = [one for one in before.seen if one in held]
        asked = self.rng.choice(given if given and self.rng.random() < 0.6 else list(before.seen))
        named = asked
        ids = {one.id: one.about[0] for one in before.consents.values() if set(one.about) <= set(before.seen)}
        if ids and self.rng.random() < 0.3:
            named = self.rng.choice(list(ids))
            asked = ids[named]
        compared = self.rng.random() < 0.5
        if compared:  # what is found to be one man only now, and not what is withdrawn, may change what another allows
            self.people(laptop)
            before = self.known(laptop)
        run = self._standing(laptop)
        theirs = before.today(asked, run=run, ever=False)
        others = [one for one in before.never_his() if one not in before.ever(asked)]
        other = self.rng.choice(others) if compared and others else None
        could = self._scopes(laptop, other) if other else None
        done = laptop.ask(consenting.withdraw, consenting.Withdraw(id=named))
        self.withdrawals += 1
        self.tell(laptop, "withdraws", named, "about", *done.mentions, "as", done.consent)
        replaces = tuple(one.id for mention in done.mentions for one in before.about.get(mention, ()))
        self.fact(laptop, Allowed(id=done.consent, about=done.mentions, replaces=replaces, withdrawn=True))
        self._linked(laptop)
        self._check(theirs <= set(done.mentions), "a mention of the person is not withdrawn", theirs)
        self._check_left(laptop, theirs | set(done.mentions), done.left)
        if other and other not in self.known(laptop).ever(asked):
            self._check(could == self._scopes(laptop, other), "a withdrawal has changed what another allows", [other])

    def _scopes(self, laptop: Laptop, mention: str) -> set[str]:
        seen = laptop.ask(consenting.show_consent, consenting.ShowConsent(id=mention))
        return {one.scope for one in seen.scopes if one.allowed}

    # --- what goes out

    def people(self, laptop: Laptop) -> None:
        run: str | None = ""
        while True:  # who is found to be one man with another may be counted less: then it is compared anew
            counted = laptop.ask(queries.people, Nothing())
            self.tell(laptop, "counts", counted.mentions, "mentions,", counted.people, "people")
            self._linked(laptop)
            self._figures(laptop, counted.run)
            if counted.run == run:
                break
            run = counted.run
        self._figures(laptop, run, counted.mentions)

    def report(self, laptop: Laptop) -> None:
        made = laptop.ask(queries.report, Nothing())
        self.tell(laptop, "writes report", made.reference)
        self._linked(laptop)
        run = commands.link(laptop.desk, unheard).run
        self._linked(laptop)
        listed = self._figures(laptop, run)
        records = {one for record in self._disclosed(laptop, made.reference) for one in record.records}
        known = self.known(laptop)
        wrong = {one for one in records & set(known.seen) - known.excused() if known.forbidden(one)}
        self._check(not wrong, "somebody who has withdrawn is in a report", wrong)
        self._written(laptop, made.reference, made.html, listed | (records & set(known.seen)))

    def _disclosed(self, laptop: Laptop, reference: str) -> list[Disclosure]:
        return [record for _, record in standing(laptop.desk, Disclosure) if record.reference == reference]

    def _figures(self, laptop: Laptop, run: str | None, mentions: int | None = None) -> set[str]:
        """The rows of lists that may be in the figures of now; nobody is in the run who must not be.

        mentions  how many are counted, where the run rests on all that is known of who is who
        """
        known = self.known(laptop)
        allowed = set(self._run(laptop, run).allowed) if run else set()
        joined = {one for group in self._groups(laptop, run) for one in group} if run else set()
        excused = known.excused()
        wrong = {one for one in allowed | joined if one not in excused and known.forbidden(one)}
        self._check(not wrong, "somebody who has withdrawn is in the figures", wrong)
        listed = {one.id for one in known.seen.values() if one.public}
        counted = {one for one in listed if not known.forbidden(one)}
        if mentions is not None:
            doubtful = len((listed - counted) & excused)
            least = len(counted) + len(allowed)
            whole = mentions >= least or bool(
                known.gone
            )  # where somebody was destroyed, names like his are blackened too
            fits = whole and mentions <= least + doubtful
            self._check(fits, f"{mentions} are counted, not {least}, so some who have withdrawn", listed - counted)
        return counted

    def prepare(self, laptop: Laptop) -> None:
        about = self.some(self.known(laptop), _MOST)
        if about:
            self._prepare(laptop, about, self.rng.choice(_EXITS))

    def _prepare(self, laptop: Laptop, about: list[str], exit_: dict[str, str]) -> None:
        seen = laptop.ask(releasing.prepare_release, msgspec.convert({"about": about, **exit_}, releasing.Prepare))
        self.tell(laptop, "prepares", seen.release, *exit_.values(), "about", *about)
        laptop.prepared.append(seen.release)

    def write(self, laptop: Laptop) -> None:
        """What was prepared just now, or long ago."""
        if not laptop.prepared or self.rng.random() < 0.7:
            self.prepare(laptop)
        if laptop.prepared:
            number = self.rng.randrange(len(laptop.prepared)) if self.rng.random() < 0.5 else -1
            self._write_release(laptop, laptop.prepared.pop(number))

    def _write_release(self, laptop: Laptop, release: str) -> str:
        self.files += 1
        path = self.root / f"out-{self.files}.jsonl"
        request = releasing.Write(release=release, path=os.fsencode(path), form="jsonl")
        try:
            written = laptop.ask(releasing.write_release, request)
        except releasing.NothingLeaves:
            self.tell(laptop, "writes nothing of", release)
            return ""
        except releasing.NoSuchRelease:
            assert self.known(laptop).gone, "a release that was prepared is not there"
            return ""
        self.tell(laptop, "writes", written.reference, "as was prepared in", release)
        text = path.read_text("utf-8")
        self._written(laptop, written.reference, text, set())
        return text

    def _written(self, laptop: Laptop, reference: str, text: str, held: set[str]) -> None:
        known = self.known(laptop)
        words, said = known.words(), set[str]()
        statements = {word for one in known.all(Said) for word in (one.id, one.word)}
        excused = known.excused()
        for token in sorted(set(_TOKEN.findall(text))):
            of = words.get(token, frozenset())
            wrong = {one for one in of if one not in excused and known.forbidden(one)}
            self._check(not wrong, f"{token} leaves in {reference}", wrong)
            (said if token in statements else held).update(of)
        self.fact(laptop, Given(reference=reference, held=frozenset(held), said=frozenset(said)))

    # --- what is destroyed

    def erase(self, laptop: Laptop) -> None:
        """One who has withdrawn asks that he be destroyed; mostly another agrees, and both carry it out."""
        known = self.known(laptop)
        gone = [one for one in known.seen if known.stops(one)]
        others = [one for one in self.laptops if one.member != laptop.member]
        if not gone:
            return
        asked = self.rng.choice(gone)
        request = erasing.Erase(ids=(asked,), why="withdrawn", everywhere=self.rng.random() < 0.7, confirmed=True)
        plan = laptop.ask(erasing.erase, request)
        mentions = tuple(one.id for one in plan.mentions)
        self.tell(laptop, "asks to destroy", *mentions, "as", plan.id)
        self.fact(laptop, Destroyed(mentions=mentions))
        if self.rng.random() < 0.6:
            other = self.rng.choice(others)
            self.sync(other, laptop)
            other.ask(deciding.approve, deciding.Decide(id=plan.id))
            self.sync(laptop, other)
            for one in (laptop, other):
                one.ask(deciding.carry_out, deciding.CarryOut())
                self.tell(one, "destroys", plan.id)

    # --- coming together

    def sync(self, laptop: Laptop, other: Laptop) -> None:
        """One takes what the other has."""
        self.tell(laptop, "takes from", other.name)
        request = exchange.Sync(path=os.fsencode(other.path), push=False)
        assert laptop.ask(exchange.sync, request).problems == 0
        laptop.knows |= other.knows

    def sync_some(self, laptop: Laptop) -> None:
        other = self.rng.choice([one for one in self.laptops if one is not laptop])
        self.sync(laptop, other)
        if self.rng.random() < 0.4:
            self.sync(other, laptop)

    def meet(self) -> None:
        first, *others = self.laptops
        for one in others:
            self.sync(first, one)
        for one in others:
            self.sync(one, first)

    # --- what linkage has made of it

    def _standing(self, laptop: Laptop) -> list[tuple[str, ...]]:
        run = laptop.desk.index.standing_run()
        return self._groups(laptop, run.id) if run else []

    def _groups(self, laptop: Laptop, run: str) -> list[tuple[str, ...]]:
        persons: dict[str, list[str]] = defaultdict(list)
        for mention, person in laptop.desk.index.db.execute("SELECT mention, person FROM member WHERE run = ?", (run,)):
            persons[person].append(mention)
        return [tuple(sorted(group)) for group in persons.values()]

    def _run(self, laptop: Laptop, run: str) -> LinkageRun:
        record = queries._record(laptop.desk, run)
        assert isinstance(record, LinkageRun)
        return record

    def _linked(self, laptop: Laptop) -> None:
        """Who is proposed to be one man since the last time; the engine joins equal names of one year, no others."""
        known = self.known(laptop)
        had = {one.by for one in known.all(Joined)}
        for (run,) in laptop.desk.index.db.execute("SELECT id FROM run ORDER BY id").fetchall():
            if run not in had:
                for group in self._groups(laptop, run):
                    men = {known.seen[one].man for one in group if one in known.seen}
                    self._check(len(men) < 2, "linkage joins different men", group)
                    self.fact(laptop, Joined(by=run, mentions=group, run=True))

    # --- what must hold

    def _check(self, holds: bool, what: str, mentions: Iterable[str]) -> None:
        if not holds:
            raise Wrong(f"{what}: {', '.join(sorted(mentions))}")

    def _check_left(self, laptop: Laptop, mentions: set[str], left: Iterable[Any]) -> None:
        """Every file that held one of these mentions, as far as it is known here."""
        listed = {one.reference for one in left}
        known = self.known(laptop)
        of = {one.reference: one.held | one.said for one in known.all(Given)}
        held = {reference: found & mentions for reference, found in of.items() if found & mentions}
        missing = [reference for reference in held if reference not in listed]
        at = set().union(*(held[one] for one in missing)) if missing else set()
        self._check(not missing, f"{' '.join(missing)} held the person and is not in the list", at)

    def end(self) -> None:
        """All meet. Then nothing of nobody who has withdrawn leaves, and all of him that left is told anywhere."""
        self.meet()
        for laptop in self.laptops if self.known(self.laptops[0]).gone else ():
            laptop.ask(deciding.carry_out, deciding.CarryOut())
        assert all(one.knows == self.laptops[0].knows for one in self.laptops)
        laptop = self.rng.choice(self.laptops)
        self._all_left(laptop)
        self.people(laptop)
        self._all_left(self.rng.choice(self.laptops))
        self.report(laptop)
        self._last_files(laptop)

    def _all_left(self, laptop: Laptop) -> None:
        known, run = self.known(laptop), self._standing(laptop)
        for mention in known.seen:
            if any(one.withdrawn for one in known.about.get(mention, ())):
                seen = laptop.ask(consenting.show_consent, consenting.ShowConsent(id=mention))
                self._check_left(laptop, known.today(mention, run=run), seen.left)

    def _last_files(self, laptop: Laptop) -> None:
        """Everybody, at every level; who has allowed all and was never taken for one who withdrew is there."""
        known = self.known(laptop)
        about = list(known.seen)
        texts = []
        for start in range(0, len(about), _MOST):
            for exit_ in (_EXITS[0], self.rng.choice(_EXITS[2:])):
                self._prepare(laptop, about[start : start + _MOST], exit_)
                texts.append(self._write_release(laptop, laptop.prepared.pop()))
        everything = "\n".join(texts)
        for mention in known.never_his():
            if self._has_allowed_all(known, mention):
                self._check(mention in everything, "one who never withdrew is kept back", [mention])

    def _has_allowed_all(self, known: Known, mention: str) -> bool:
        if known.seen[mention].public:
            return False
        around = known.ever(mention)
        consents = [one for other in around for one in known.about.get(other, ())]
        return (
            all(set(one.scopes) == set(ALL) and not one.apart and one.id not in known.taken_back for one in consents)
            and all(known.about.get(one) or (one in known.seen and known.seen[one].public) for one in around)
            and not any(set(one.mentions) & around for one in known.all(Parted))
        )


_Deed = Callable[[History, Laptop], None]
_CHOICES: tuple[tuple[_Deed, int], ...] = (
    (History.testimony, 3),
    (History.another, 2),
    (History.rows, 2),
    (History.say, 4),
    (History.judge, 5),
    (History.take_back, 3),
    (History.consent, 4),
    (History.again, 2),
    (History.withdraw, 5),
    (History.people, 2),
    (History.report, 2),
    (History.prepare, 1),
    (History.write, 7),
    (History.erase, 2),
    (History.sync_some, 10),
)
_DEEDS = [deed for deed, _ in _CHOICES]
_WEIGHTS = [weight for _, weight in _CHOICES]


@contextlib.contextmanager
def history(number: int) -> Iterator[History]:
    with contextlib.closing(History(number)) as made:
        yield made


@contextlib.contextmanager
def boxes_opened_once() -> Iterator[None]:
    """Laptops open the same boxes again and again; that a key opens no other box is tried elsewhere."""
    opened = Identity.open

    @lru_cache(maxsize=1 << 15)
    def known(text: str, data: bytes) -> bytes:
        return opened(identities[text], data)

    identities: dict[str, Identity] = {}

    def open_(self: Identity, data: bytes) -> bytes:
        identities[self.recipient.text] = self
        return known(self.recipient.text, data)

    with mock.patch.object(Identity, "open", open_):
        yield
