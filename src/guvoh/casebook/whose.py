"""Whose consent bears on a mention: what the archive knows of a person, made ready for `guvoh.consent`.

Everything that is, or ever was, taken for one person counts together (docs/decisions/consent.md): mentions that any
linkage run has joined, that any judgement "same" names, or that one consent is about.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property

import msgspec

from guvoh.casebook.desk import Desk
from guvoh.casebook.forgotten import Authors
from guvoh.casebook.standing import standing
from guvoh.consent.decide import Answers, Standing
from guvoh.outputs.gate import Countable, countable, today
from guvoh.records.base import Terms
from guvoh.records.codec import from_bytes
from guvoh.records.decisions import Authority, Consent, Permission
from guvoh.records.people import Verdict

MOST_MENTIONS = 1000
"""Of one consent."""
_MOST_KEPT = 512
"""Persons whose answers are kept ready; a release goes through them one after another."""


class Whose:
    """Consents, authorities and joins of an archive, as they stand on one day."""

    def __init__(self, desk: Desk, day: date | None = None) -> None:
        self._desk = desk
        self.day = day if day is not None else today()
        self._kept: dict[str, Answers] = {}

    @cached_property
    def _all(self) -> tuple[Consent, ...]:
        """What was corrected allows nothing any more; what it refused, it refuses until a consent replaces it.

        Where two records have one id both stand. Who can read nothing back knows of no other consent, and so replaces
        none, and sets nobody apart.
        """
        db = self._desk.index.db
        corrected: dict[str, set[str]] = defaultdict(set)
        for old, new in db.execute("SELECT old, new FROM correction"):
            corrected[old].add(new)
        writers = Authors.known(self._desk.archive).writers
        found = []
        places = db.execute("SELECT log, position FROM records WHERE kind = 'consent' ORDER BY log, position")
        for stored in self._desk.archive.entries_at(places.fetchall()):
            record = from_bytes(stored.body)
            assert isinstance(record, Consent)
            if stored.log in writers:
                record = msgspec.structs.replace(record, replaces=(), apart=())
            found.append(_without_yes(record) if record.id in corrected else record)
            found += _of_corrected(record, corrected)
        return tuple(found)

    @cached_property
    def consents(self) -> dict[str, Consent]:
        """By id; of two with one id the first."""
        return {consent.id: consent for consent in reversed(self._all)}

    def all_of(self, one: str) -> list[Consent]:
        """The consents with this id."""
        return [consent for consent in self._all if consent.id == one]

    @cached_property
    def authorities(self) -> dict[str, Authority]:
        """By id. Of two that differ under one id neither counts."""
        found: dict[str, Authority] = {}
        doubtful: set[str] = set()
        for _, record in standing(self._desk, Authority):
            if found.setdefault(record.id, record) != record:
                doubtful.add(record.id)
        return {one: record for one, record in found.items() if one not in doubtful}

    @cached_property
    def _about(self) -> dict[str, list[Consent]]:
        about: dict[str, list[Consent]] = defaultdict(list)
        for consent in self._all:
            for mention in dict.fromkeys(consent.about):
                about[mention].append(consent)
        return about

    def about(self, mention: str) -> tuple[Consent, ...]:
        return tuple(self._about.get(mention, ()))

    def answers(self, mention: str) -> Answers:
        """Who allowed what, for the person of a mention."""
        found = self._kept.get(mention)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = Answers(self._standing(mention), self.day)
            self._kept |= dict.fromkeys(found.mentions, found)  # it is the same for all who are one person
        return found

    def _standing(self, mention: str) -> Standing:
        """Followed from mention to mention, over every join that ever was."""
        seen, links, waiting = {mention}, set[tuple[str, ...]](), [mention]
        known: set[object] = set()
        while waiting:
            for group in self._joined(waiting.pop(), known):
                links.add(group)
                new = [other for other in group if other not in seen]
                seen.update(new)
                waiting += new
        consents = list({id(one): one for mention in sorted(seen) for one in self._about.get(mention, ())}.values())
        return Standing(
            terms={one: self.terms(one) for one in sorted(seen)},
            consents=tuple(sorted(consents, key=lambda one: one.id)),
            authorities={
                consent.authority: self.authorities[consent.authority]
                for consent in consents
                if consent.authority in self.authorities
            },
            links=tuple(sorted(links)),
            parted=frozenset(one.id for one in consents if self._is_parted(one)),
        )

    def _joined(self, mention: str, known: set[object]) -> Iterator[tuple[str, ...]]:
        """The groups in which it was ever taken for one person with others. known: groups that were given already."""
        db = self._desk.index.db
        runs = db.execute("SELECT run, person FROM member WHERE mention = ?", (mention,)).fetchall()
        judgements = db.execute(
            "SELECT id FROM judgement WHERE mention = ? AND verdict = ?", (mention, Verdict.SAME.value)
        ).fetchall()
        for asked, group in (
            *((one, "SELECT mention FROM member WHERE run = ? AND person = ?") for one in runs),
            *((one, "SELECT mention FROM judgement WHERE id = ?") for one in judgements),
        ):
            if asked not in known:
                known.add(asked)
                yield tuple(sorted(one for (one,) in db.execute(group, asked)))
        for consent in self._about.get(mention, ()):
            if id(consent) not in known:
                known.add(id(consent))
                yield tuple(sorted(consent.about))
        for old, new in db.execute("SELECT old, new FROM correction WHERE old = ? OR new = ?", (mention, mention)):
            if new:
                yield tuple(sorted((old, new)))

    def _is_parted(self, consent: Consent) -> bool:
        """Whether somebody has judged since that its mentions are not one person."""
        if len(consent.about) < 2:
            return False
        if len(consent.about) > MOST_MENTIONS:
            return True  # nobody has said that of so many
        named = ", ".join("?" * len(consent.about))
        found = self._desk.index.db.execute(
            f"SELECT 1 FROM judgement WHERE verdict = ? AND mention IN ({named})"  # noqa: S608 (question marks)
            " AND id NOT IN (SELECT old FROM correction) GROUP BY id HAVING count(*) > 1",
            (Verdict.DIFFERENT.value, *consent.about),
        ).fetchone()
        return found is not None

    def source(self, mention: str) -> str:
        """The source that a mention stands in; "" where it is not here."""
        if (row := listed(mention)) is not None:
            return row[0]
        found = self._desk.index.db.execute(
            "SELECT i.id FROM mention m JOIN source_id i ON i.n = m.n >> 32 WHERE m.id = ?", (mention,)
        ).fetchone()
        return str(found[0]) if found else ""

    def terms(self, mention: str) -> Terms:
        """Of the source of a mention; what is not here is working material."""
        return self.terms_of(self.source(mention)) or Terms.INTERNAL

    def terms_of(self, source: str) -> Terms | None:
        found = self._desk.index.db.execute(
            "SELECT s.terms FROM source s JOIN source_id i ON i.n = s.n WHERE i.id = ?", (source,)
        ).fetchone()
        return Terms(found[0]) if found else None

    def countable(self) -> Countable:
        """Whose mentions may be counted: by the terms of their sources, and by every consent there is."""
        touched = self.bearing(self._about)
        answered = {one: (self.source(one), self.answers(one)) for one in sorted(touched)}
        return countable(self._desk.index.terms(), answered)

    def bearing(self, mentions: Iterable[str]) -> set[str]:
        """These mentions, and all that are or were taken for the same persons."""
        touched: set[str] = set()
        for mention in mentions:
            if mention not in touched:
                touched.update(self.answers(mention).mentions)
        return touched

    def person(self, mention: str, *, ever: bool = False) -> tuple[str, ...]:
        """The mentions that are taken for the same person today; what somebody judged different is not among them.

        ever  also those that any earlier linkage run has joined
        """
        db = self._desk.index.db
        apart = {
            one
            for (one,) in db.execute(
                "SELECT b.mention FROM judgement a JOIN judgement b ON b.id = a.id WHERE a.mention = ?"
                " AND a.verdict = ? AND a.id NOT IN (SELECT old FROM correction)",
                (mention, Verdict.DIFFERENT.value),
            )
        } | {one for consent in self.about(mention) for one in consent.apart}
        apart.discard(mention)
        run = self._desk.index.standing_run()
        found, waiting = {mention}, [mention]
        while waiting:
            one = waiting.pop()
            near = [other for consent in self.about(one) for other in consent.about]
            near += [
                other
                for (other,) in db.execute(
                    "SELECT b.mention FROM judgement a JOIN judgement b ON b.id = a.id WHERE a.mention = ?"
                    " AND a.verdict = ? AND a.id NOT IN (SELECT old FROM correction)",
                    (one, Verdict.SAME.value),
                )
            ]
            near += [
                other
                for of, other in db.execute(
                    "SELECT b.run, b.mention FROM member a JOIN member b ON b.run = a.run AND b.person = a.person"
                    " WHERE a.mention = ?",
                    (one,),
                )
                if ever or (run is not None and of == run.id)
            ]
            for other in near:
                if other not in found and other not in apart:
                    found.add(other)
                    waiting.append(other)
        return tuple(sorted(found))


_ROW = re.compile(r"(.+)\.([1-9][0-9]{0,9})")


def listed(mention: str) -> tuple[str, int] | None:
    """Source and row of a mention that is the row of a list, as its id is written; None of any other."""
    found = _ROW.fullmatch(mention)
    return (found[1], int(found[2])) if found and int(found[2]) < 1 << 31 else None


def is_mention(desk: Desk, one: str) -> bool:
    """Whether a mention of this id is here."""
    db = desk.index.db
    if (row := listed(one)) is not None:
        found = "SELECT 1 FROM mention WHERE n = ((SELECT n FROM source_id WHERE id = ?) << 32) + ?"
        if db.execute(found, row).fetchone():
            return True
    return db.execute("SELECT 1 FROM mention WHERE id = ?", (one,)).fetchone() is not None


def _of_corrected(consent: Consent, corrected: Mapping[str, set[str]]) -> list[Consent]:
    """What a consent refuses of single statements, it refuses of those that have taken their place too."""
    new, waiting = set[str](), list(consent.statements)
    while waiting:
        more = corrected.get(waiting.pop(), set()) - new - {""}
        new |= more
        waiting += more
    if not new:
        return []
    scopes = {scope: said for scope, said in consent.scopes.items() if said in (Permission.NO, Permission.ASK_AGAIN)}
    return [msgspec.structs.replace(consent, statements=tuple(sorted(new)), scopes=scopes, replaces=(), apart=())]


def _without_yes(consent: Consent) -> Consent:
    """What is left of a consent that was taken back: what it refused; and what it allowed is to be asked again.

    It stands in no other's place any more: a withdrawal that it had replaced holds again.
    """
    yes = (Permission.YES, Permission.NAMELESS)
    scopes = {scope: Permission.ASK_AGAIN if said in yes else said for scope, said in consent.scopes.items()}
    return msgspec.structs.replace(consent, scopes=scopes, apart=(), replaces=())
