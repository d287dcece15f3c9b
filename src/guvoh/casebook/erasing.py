"""Erasing: a source, one person wherever he stands, one record. What is used stops at once; what is kept goes later.

Asking is one batch: a control entry that names what is to go, and what stays in its place, without the person. From
then on nobody's index takes in what was named. Each device destroys it once another member has agreed, the delay has
passed by that device's own clock, and no legal hold stands (guvoh.archive.rewriting).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from guvoh.archive.batches import Batch
from guvoh.archive.control import (
    FIRST_FORMAT,
    Erasure,
    decision_id,
)
from guvoh.archive.entries import NAMELESS, Entry, Stored
from guvoh.archive.errors import NotAllowed, OldFormat
from guvoh.archive.runs import Runs
from guvoh.casebook.answers import WAITING, Step, Value
from guvoh.casebook.commands import who
from guvoh.casebook.desk import Desk, NoSuchRecord, Tell
from guvoh.casebook.entries import entry
from guvoh.casebook.forgotten import KEPT, Authors, digest, person, whole
from guvoh.casebook.redaction import Forms, blackened, list_without, redacted
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.whose import Whose, is_mention
from guvoh.names.fold import fold
from guvoh.records.base import BadRecord, now
from guvoh.records.codec import ENDS_MENTION, AnyRecord, checked_bytes, from_bytes, kind_of, subjects_of
from guvoh.records.custody import Session
from guvoh.records.decisions import Authority, Case, Consent, Disclosure, Finding, Note, Permission, Release
from guvoh.records.people import Mention
from guvoh.records.sources import Form, Outline, Source, outline
from guvoh.records.sources import Original as Kept
from guvoh.records.statements import Event, Statement
from guvoh.values.digests import sha256
from guvoh.values.spans import TextSpan

_LEAST_SIGNS = 3
WHY = ("withdrawn", "danger", "mistake", "law", "other")
"""Why something is erased: a word of this list, for a reason in free words would say what is to be forgotten."""


class Erase(Value, frozen=True, kw_only=True):
    """What is to be erased.

    ids         sources, mentions, or any other records
    everywhere  a mention stands for the person: also his other mentions, as linkage has found them
    also        strings that are the person's alone, to be blackened where he is named in a source that stays
    within      further sources that stay, and name him without a mention of him: he is blackened there too
    confirmed   False only tells what would be done
    """

    ids: tuple[str, ...]
    why: str = "other"
    everywhere: bool = False
    also: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    confirmed: bool = False


class Left(Value, frozen=True, kw_only=True):
    """Something that has left the archive already, and cannot be called back by it."""

    id: str
    reference: str
    at: str
    recipient: str
    level: str


def left_by(disclosure: Disclosure) -> Left:
    return Left(
        id=disclosure.id,
        reference=disclosure.reference,
        at=disclosure.at,
        recipient=disclosure.recipient,
        level=disclosure.level,
    )


class Named(Value, frozen=True, kw_only=True):
    """A mention that goes, with the name as written: for the eyes of who has to confirm."""

    id: str
    name: str


class Plan(Value, frozen=True, kw_only=True):
    """What is erased, or would be.

    sources   that go whole; shared: that stay, without the person, as a redacted derivative
    destroyed how many records of each kind
    findings  conclusions that go with it: their other grounds do not save them
    named_in  other sources whose text holds such a name; alike: other mentions of such a name. A person looks at them
    """

    id: str
    sources: tuple[str, ...]
    shared: tuple[str, ...]
    mentions: tuple[Named, ...]
    destroyed: dict[str, int]
    rewritten: dict[str, int]
    findings: tuple[str, ...]
    left: tuple[Left, ...]
    named_in: tuple[str, ...]
    alike: tuple[Named, ...]
    approvals: int
    hours: int


class UnknownReason(NotAllowed):
    """A reason that is not in the list."""

    def __init__(self, why: str) -> None:
        super().__init__(f"there is no reason {why!r}; one of: {', '.join(WHY)}")


# --- asking


@needs(Need.DECIDES)
def erase(desk: Desk, request: Erase, tell: Tell) -> Plan:
    """Ask that something be erased, or tell what that would be. Raises NoSuchRecord."""
    check_format(desk)
    if request.why not in WHY:
        raise UnknownReason(request.why)
    if request.confirmed:
        desk.journal.close()  # why somebody looked is in the log then, and is forgotten with the rest
    asked = _Asked(desk, request, tell)
    if not request.confirmed:
        return asked.plan("")
    with desk.archive.batch(lambda: tell(WAITING)) as batch:
        control = asked.put(batch)
    desk.catch_up(tell)
    return asked.plan(decision_id(control))


class NowhereFound(NotAllowed):
    """Words that were to be blackened and stand nowhere: most likely mistyped. The message does not hold them."""

    def __init__(self, number: int, why: str) -> None:
        self.number = number
        super().__init__(f"--also number {number}: {why}; nothing was asked for")


class _Place(msgspec.Struct, frozen=True):
    """A record, and where it lies. counts: whether it is used, and not kept apart or its author's to say."""

    record: AnyRecord
    log: str
    at: int
    counts: bool


class _Asked:
    """What is asked for, followed through the whole archive."""

    def __init__(self, desk: Desk, request: Erase, tell: Tell) -> None:
        self._desk, self._request = desk, request
        self._whole: set[str] = set()
        self._mentions: set[str] = set()
        self._ids: set[str] = set()
        self._apart: set[str] = set()
        """Ids of what goes and does not count: what nobody uses must not draw in what is used."""
        for one in request.ids:
            self._classify(one)
        for source in request.within:
            desk.source(source)  # NoSuchRecord, before anything else is read
        self._shared = {*request.within, *(_source_of(desk, mention) for mention in self._mentions)} - self._whole
        self._rows: dict[str, list[_Place]] = {}
        self._places: list[_Place] = []
        self._authors = Authors.known(desk.archive)
        self._accepted = {log: desk.archive.accepted(log) for log in desk.archive.states}
        self._read(tell)
        self._gone: dict[int, _Place] = {}
        self._new: list[tuple[AnyRecord, str]] = []
        self._persons = self._persons_mentions()
        self._check_also()
        self._follow()
        self._redact()

    def _classify(self, one: str) -> None:
        db = self._desk.index.db
        if db.execute("SELECT 1 FROM sources WHERE id = ?", (one,)).fetchone():
            self._whole.add(one)
        elif is_mention(self._desk, one):
            self._mentions.update(_of_one_person(self._desk, one) if self._request.everywhere else [one])
        elif not db.execute("SELECT 1 FROM record WHERE id = ?", (one,)).fetchone():
            raise NoSuchRecord(one)
        else:
            self._check_no_refusal(one)
        self._ids.update({one}, self._mentions)

    def _check_no_refusal(self, one: str) -> None:
        """Raise NotAllowed for a refusal by itself: with it would go what protects those it is about."""
        for consent in Whose(self._desk).all_of(one):
            if consent.withdrawn or any(said is not Permission.YES for said in consent.scopes.values()):
                raise NotAllowed(
                    f"{one} refuses something for somebody, and is not erased by itself; erase the person, or record a "
                    "consent that replaces it"
                )

    def _read(self, tell: Tell) -> None:
        """Every record but rows of other lists. Also those that are kept apart: they are on the disk too."""
        archive = self._desk.archive
        total = sum(state.size for state in archive.states.values())
        wanted = self._whole | self._shared
        for number, stored in enumerate(archive.entries(apart=True)):
            if number % 4096 == 0:
                tell(Step(task="looking through the archive", done=number, total=total))
            source = stored.subjects[0] if len(stored.subjects) == 1 else ""
            if source and source not in wanted and stored.body.endswith(ENDS_MENTION):
                continue
            self._keep(stored)

    def _keep(self, stored: Stored) -> None:
        try:
            record = from_bytes(stored.body)
        except BadRecord:
            return  # of a newer version: what it speaks of is not known here
        place = _Place(record, stored.log, stored.position, self._counts(record, stored))
        if isinstance(record, Mention) and record.row is not None:
            self._rows.setdefault(record.source, []).append(place)
        else:
            self._places.append(place)

    def _counts(self, record: AnyRecord, stored: Stored) -> bool:
        accepted = stored.position < self._accepted[stored.log]
        return accepted and self._authors.may_say(record, stored.log, stored.subjects)

    def _persons_mentions(self) -> list[Mention]:
        rows = [place for source in self._shared for place in self._rows.get(source, ())]
        return [
            place.record
            for place in (*rows, *self._places)
            if isinstance(place.record, Mention) and place.record.id in self._mentions and place.counts
        ]

    # --- what goes

    def _go(self, place: _Place) -> None:
        self._gone[id(place)] = place

    def _follow(self) -> None:
        """From record to record: what speaks of what goes, goes too, or stays without it."""
        for source in self._whole:
            for place in self._rows.get(source, ()):
                self._go(place)
        for source in self._shared:
            for place in self._rows.get(source, ()):
                if place.record.id in self._mentions:
                    self._go(place)
        changed = True
        while changed:
            changed = False
            for place in self._places:
                if id(place) in self._gone or isinstance(place.record, KEPT):
                    continue
                if self._speaks(place) and not (place.counts and self._stays_without(place.record)):
                    self._go(place)
                    (self._ids if place.counts else self._apart).add(place.record.id)
                    changed = True

    def _speaks(self, place: _Place) -> bool:
        ids = (place.record.id, *subjects_of(place.record))
        return not self._ids.isdisjoint(ids) or not (place.counts or self._apart.isdisjoint(ids))

    def _stays_without(self, record: AnyRecord) -> bool:
        """Whether a record is about others too, so that it stays without what goes."""
        if record.id in self._ids:
            return False
        match record:
            case Consent() | Authority() | Case() | Note() | Release():
                return bool(set(record.about) - self._ids)
            case Statement():
                return record.source not in self._ids and bool(set(record.about) - self._ids)
            case Event():
                return bool(set(record.statements) - self._ids)
            case _:
                return False

    # --- what stays in its place

    def _check_also(self) -> None:
        """Every string that is to be blackened stands somewhere in the sources that stay. Raises NowhereFound."""
        for number, words in enumerate(self._request.also, 1):
            if sum(sign.isalnum() for sign in words) < _LEAST_SIGNS:
                raise NowhereFound(number, f"it has fewer than {_LEAST_SIGNS} letters and figures")
            form = Forms.of((), [words])
            texts = (self._desk.source(source).text for source in self._shared)
            rows = (place.record for source in self._shared for place in self._rows.get(source, ()))
            stands = any(blackened(text, form) != text for text in texts) or any(redacted(row, form) for row in rows)
            if not stands:
                raise NowhereFound(number, "it stands nowhere in the sources that stay; see how it is written there")

    def _redact(self) -> None:
        spans = {source: self._spans(source) for source in self._shared}
        alone = Forms.of(self._persons, self._request.also)
        beside = Forms.of(self._persons, self._request.also, alone=False)
        texts = {source: self._text(source, alone, spans[source]) for source in self._shared}
        for source in self._shared:
            for place in self._rows.get(source, ()):
                if id(place) not in self._gone:
                    self._exchange(place, redacted(place.record, beside), self._row_key)
        for place in self._places:
            record = place.record
            if id(place) in self._gone or isinstance(record, Source | Outline):
                continue
            if isinstance(record, Session):
                silent = _without_reasons(record, self._ids | self._shared)
                said = redacted(silent, alone) or silent
                self._exchange(place, said if said != record else None, self._no_key)
                continue
            of = next((source for source in self._shared if source in subjects_of(record)), None)
            if of is None and not self._speaks(place):
                continue
            less = _without(record, self._ids)
            text = texts.get(of) if of else None
            new = redacted(less, alone, spans.get(of or "", ()), text) or less
            self._exchange(place, new if new != record else None, self._row_key if of else self._no_key)
        self._derive(alone, spans)

    def _exchange(self, place: _Place, new: AnyRecord | None, key: Any) -> None:
        """What does not count is only destroyed: whoever asks for an erasure does not put his name to it."""
        if new is not None:
            self._go(place)
            if place.counts:
                self._new.append((new, key(place.record)))

    def _row_key(self, record: AnyRecord) -> str:
        return "of " + next(source for source in self._shared if source in subjects_of(record))

    def _no_key(self, record: AnyRecord) -> str:
        return ""

    def _spans(self, source: str) -> list[TextSpan]:
        """Places in a source's text that are about the person: his mentions, and what is said of him alone."""
        found = [mention.span for mention in self._persons if mention.source == source and mention.span is not None]
        for place in self._gone.values():
            record = place.record
            if isinstance(record, Statement) and record.source == source and record.span and place.counts:
                found.append(record.span)
        return found

    def _text(self, source: str, forms: Forms, spans: list[TextSpan]) -> str:
        return blackened(self._desk.source(source).text, forms, spans)

    def _derive(self, forms: Forms, spans: dict[str, list[TextSpan]]) -> None:
        """All records of a shared source go; the one that holds is written anew without the person."""
        self._derived: list[Source] = []
        for source in sorted(self._shared):
            old = self._desk.source(source)
            new = redacted(old, forms, spans[source]) or old
            assert isinstance(new, Source)
            self._derived.append(msgspec.structs.replace(new, redacted=True, encoding="utf-8"))
            for place in self._places:
                if isinstance(place.record, Source | Outline) and place.record.id == source:
                    self._go(place)

    # --- writing

    def put(self, batch: Batch) -> Erasure:
        """Write the derivatives, and the control entry that names what goes."""
        keys: dict[str, str] = {}
        control = self._control()
        for source in self._derived:
            key = keys[f"of {source.id}"] = batch.source_key()
            batch.add(entry(self._with_evidence(batch, source, key), key))
            batch.add(entry(outline(source, self._nobody(source)), NAMELESS))
        for record, kind in self._new:
            batch.add(_anew(record, keys.get(kind, ""), decision_id(control)))
        batch.control(control)
        return control

    def _nobody(self, source: Source) -> tuple[tuple[int, int], ...]:
        """Rows that stand for no person, now also those that go."""
        before = Runs((source.id, first, count) for first, count in self._desk.index.nobody(source.id))
        gone = Runs((source.id, row, 1) for row in self._gone_rows(source.id))
        return tuple((first, count) for _, first, count in before | gone)

    def _gone_rows(self, source: str) -> set[int]:
        return {int(one.rpartition(".")[2]) for one in self._mentions if one.startswith(f"{source}.")}

    def _with_evidence(self, batch: Batch, source: Source, key: str) -> Source:
        data = b"".join(self._file(source))
        sealed = batch.evidence(data, len(data), key)
        original = Kept(
            digest=sha256(data),
            size=len(data),
            evidence=sealed.name,
            sealed_digest=sealed.sha256,
            sealed_size=sealed.size,
            key=key,
        )
        return msgspec.structs.replace(source, original=original)

    def _file(self, source: Source) -> Iterator[bytes]:
        """The file that stands for the original from now on."""
        if source.form is not Form.LIST:
            yield source.text.encode()
            return
        rows = {mention.row or 0: mention for mention in self._rows_that_stay(source.id)}
        yield from list_without(source, (rows[row] for row in sorted(rows)), self._gone_rows(source.id))

    def _rows_that_stay(self, source: str) -> Iterator[Mention]:
        for place in self._rows.get(source, ()):
            if id(place) not in self._gone and place.counts and isinstance(place.record, Mention):
                yield place.record
        for record, _ in self._new:
            if isinstance(record, Mention) and record.source == source:
                yield record

    def _control(self) -> Erasure:
        archive, secret = self._desk.archive, self._desk.archive.forgotten_secret
        evidence, keys = sealed_of(
            (place.record for place in self._gone.values()),
            (place.record for place in self._places if place.counts and id(place) not in self._gone),
        )
        gone = {digest(secret, one) for one in (*self._whole, *self._mentions, *self._request.ids)}
        gone |= {digest(secret, whole(source)) for source in self._shared}
        people = {digest(secret, person(pair, birth)) for pair, birth in map(who, self._persons) if pair}
        return Erasure(
            signer=archive.member,
            at=now(),
            why=self._request.why,
            erased=tuple(Runs.of((place.log, place.at) for place in self._gone.values())),
            evidence=evidence,
            keys=keys,
            gone=tuple(sorted(gone)),
            people=tuple(sorted(people)),
        )

    # --- telling

    def plan(self, one: str) -> Plan:
        records = [place.record for place in self._gone.values()]
        kept = {record.id for record, _ in self._new} | {source.id for source in self._derived}
        settings = self._desk.archive.members.settings
        standing = self._desk.archive.members.erasures.get(one)
        return Plan(
            id=one,
            sources=tuple(sorted(self._whole)),
            shared=tuple(sorted(self._shared)),
            mentions=tuple(Named(id=m.id, name=m.full_name or "") for m in self._persons),
            destroyed=dict(Counter(kind_of(record) for record in records if record.id not in kept)),
            rewritten=dict(Counter(kind_of(record) for record in records if record.id in kept)),
            findings=tuple(record.id for record in records if isinstance(record, Finding)),
            left=tuple(self._left()),
            named_in=tuple(self._named_in()),
            alike=tuple(self._alike()),
            approvals=standing.needed if standing else settings.approvals,
            hours=settings.delay,
        )

    def _named_in(self) -> Iterator[str]:
        """Texts that hold all words of one of the names, in any spelling that folds alike."""
        query = "SELECT i.id FROM source_words w JOIN source_id i ON i.n = w.rowid WHERE source_words MATCH ?"
        found: set[str] = set()
        for key in {fold(mention.full_name or "") for mention in self._persons} - {""}:
            match = " AND ".join(f'"{word}"' for word in key.split())
            found.update(one for (one,) in self._desk.index.db.execute(query, (f"folded : ({match})",)))
        yield from sorted(found - self._shared - self._whole)

    def _alike(self) -> Iterator[Named]:
        """Mentions with the same folded name and date of birth that were not asked for."""
        query = "SELECT id, name FROM mentions WHERE pair = ? AND birth IS ? ORDER BY id"
        for pair, birth in sorted({who(mention) for mention in self._persons}, key=repr):
            for one, name in self._desk.index.db.execute(query, (pair, birth)) if pair else ():
                if one not in self._mentions:
                    yield Named(id=one, name=name or "")

    def _left(self) -> Iterator[Left]:
        """Disclosures that held any of it."""
        touched = self._ids | self._whole | self._shared | self._mentions
        for place in self._places:
            record = place.record
            if isinstance(record, Disclosure) and not touched.isdisjoint(record.records):
                yield left_by(record)


def _anew(record: AnyRecord, key: str, erasure: str) -> Entry:
    """A record as it stays. The erasure is one of its subjects, for it may be in the name of somebody else."""
    if isinstance(record, Mention):
        return entry(record, key)  # in nobody's name; and the rows of a list are known by their one subject
    return Entry((*subjects_of(record), erasure), checked_bytes(record), key)


def sealed_of(gone: Iterable[AnyRecord], stay: Iterable[AnyRecord]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files of evidence, and keys, that go with sources. What a source that stays names as its own too is left."""
    going = [record.original for record in gone if isinstance(record, Source)]
    staying = [record.original for record in stay if isinstance(record, Source)]
    evidence = {one.evidence for one in going} - {one.evidence for one in staying}
    keys = {one.key for one in going} - {one.key for one in staying}
    return tuple(sorted(evidence)), tuple(sorted(keys))


def _without(record: AnyRecord, ids: set[str]) -> AnyRecord:
    """A record about several, without those that go."""
    match record:
        case Consent() | Authority() | Case() | Note() | Release() | Statement():
            return msgspec.structs.replace(record, about=tuple(one for one in record.about if one not in ids))
        case Event():
            return msgspec.structs.replace(
                record,
                statements=tuple(one for one in record.statements if one not in ids),
                involved=tuple(part for part in record.involved if part.who not in ids),
            )
        case _:
            return record


def _without_reasons(session: Session, ids: set[str]) -> Session:
    """What a member said why he looked at what goes, or at what holds it, may say what it was."""
    opened = tuple(
        msgspec.structs.replace(opening, reason="") if opening.record in ids else opening for opening in session.opened
    )
    return msgspec.structs.replace(session, opened=opened)


def _source_of(desk: Desk, mention: str) -> str:
    source, _, row = mention.rpartition(".")
    if source and row.isdecimal():
        return source
    found = desk.index.db.execute("SELECT source FROM mentions WHERE id = ?", (mention,)).fetchone()
    if found is None:
        raise NoSuchRecord(mention)
    return str(found[0])


def _of_one_person(desk: Desk, mention: str) -> list[str]:
    """All mentions that are here and are taken for the same person."""
    return [one for one in Whose(desk).person(mention) if one == mention or is_mention(desk, one)]


def check_format(desk: Desk) -> None:
    """Raise OldFormat where the archive cannot hold an erasure."""
    if desk.archive.members.format == FIRST_FORMAT:
        raise OldFormat
