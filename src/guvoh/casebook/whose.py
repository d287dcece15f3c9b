"""Whose consent bears on a mention: what the archive knows of a person, made ready for `guvoh.consent`.

Everything that is, or ever was, taken for one person counts together (docs/decisions/consent.md): mentions that any
linkage run has joined, that any judgement "same" names, or that one consent is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cached_property

import msgspec

from guvoh.casebook.desk import Desk
from guvoh.casebook.standing import standing
from guvoh.consent.decide import Answers, Standing
from guvoh.outputs.gate import Countable, countable, today
from guvoh.records.base import Terms
from guvoh.records.codec import from_bytes
from guvoh.records.decisions import Authority, Consent, Permission
from guvoh.records.people import Verdict

_MOST_KEPT = 512
"""Persons whose answers are kept ready; a release goes through them one after another."""


class Whose:
    """Consents, authorities and joins of an archive, as they stand on one day."""

    def __init__(self, desk: Desk, day: date | None = None) -> None:
        self._desk = desk
        self.day = day if day is not None else today()
        self._kept: dict[str, Answers] = {}

    @cached_property
    def consents(self) -> dict[str, Consent]:
        """By id. What was corrected allows nothing any more; what it refused, it refuses until one replaces it."""
        db = self._desk.index.db
        taken_back = {old for (old,) in db.execute("SELECT old FROM correction")}
        found = {}
        places = db.execute("SELECT log, position FROM records WHERE kind = 'consent' ORDER BY log, position")
        for stored in self._desk.archive.entries_at(places.fetchall()):
            record = from_bytes(stored.body)
            assert isinstance(record, Consent)
            found[record.id] = _without_yes(record) if record.id in taken_back else record
        return found

    @cached_property
    def authorities(self) -> dict[str, Authority]:
        return {record.id: record for _, record in standing(self._desk, Authority)}

    @cached_property
    def _about(self) -> dict[str, list[Consent]]:
        about: dict[str, list[Consent]] = defaultdict(list)
        for consent in self.consents.values():
            for mention in consent.about:
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
            self._kept[mention] = found
        return found

    def _standing(self, mention: str) -> Standing:
        """Followed from mention to mention, over every join that ever was."""
        seen, links, waiting = {mention}, set[tuple[str, ...]](), [mention]
        while waiting:
            one = waiting.pop()
            for group in self._joined(one):
                links.add(group)
                new = [other for other in group if other not in seen]
                seen.update(new)
                waiting += new
        consents = {consent.id: consent for one in seen for consent in self._about.get(one, ())}
        return Standing(
            terms={one: self.terms(one) for one in sorted(seen)},
            consents=tuple(consents[one] for one in sorted(consents)),
            authorities={
                consent.authority: self.authorities[consent.authority]
                for consent in consents.values()
                if consent.authority in self.authorities
            },
            links=tuple(sorted(links)),
            parted=frozenset(one.id for one in consents.values() if self._is_parted(one)),
        )

    def _joined(self, mention: str) -> Iterator[tuple[str, ...]]:
        db = self._desk.index.db
        of_runs: dict[str, list[str]] = defaultdict(list)
        for run, one in db.execute(
            "SELECT b.run, b.mention FROM member a JOIN member b ON b.run = a.run AND b.person = a.person"
            " WHERE a.mention = ?",
            (mention,),
        ):
            of_runs[run].append(one)
        judged: dict[str, list[str]] = defaultdict(list)
        for judgement, one in db.execute(
            "SELECT b.id, b.mention FROM judgement a JOIN judgement b ON b.id = a.id"
            " WHERE a.mention = ? AND a.verdict = ?",
            (mention, Verdict.SAME.value),
        ):
            judged[judgement].append(one)
        for group in (*of_runs.values(), *judged.values()):
            yield tuple(sorted(group))
        for consent in self._about.get(mention, ()):
            yield tuple(sorted(consent.about))

    def _is_parted(self, consent: Consent) -> bool:
        """Whether somebody has judged since that its mentions are not one person."""
        if len(consent.about) < 2:
            return False
        named = ", ".join("?" * len(consent.about))
        found = self._desk.index.db.execute(
            f"SELECT 1 FROM judgement WHERE verdict = ? AND mention IN ({named})"  # noqa: S608 (question marks)
            " AND id NOT IN (SELECT old FROM correction) GROUP BY id HAVING count(*) > 1",
            (Verdict.DIFFERENT.value, *consent.about),
        ).fetchone()
        return found is not None

    def source(self, mention: str) -> str:
        """The source that a mention stands in; "" where it is not here."""
        source, dot, row = mention.rpartition(".")
        if dot and row.isdecimal():
            return source
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


def _without_yes(consent: Consent) -> Consent:
    """What is left of a consent that was taken back: what it refused; and what it allowed is to be asked again.

    It stands in no other's place any more: a withdrawal that it had replaced holds again.
    """
    yes = (Permission.YES, Permission.NAMELESS)
    scopes = {scope: Permission.ASK_AGAIN if said in yes else said for scope, said in consent.scopes.items()}
    return msgspec.structs.replace(consent, scopes=scopes, apart=(), replaces=())
