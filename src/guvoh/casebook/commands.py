"""What is written: founding an archive, adding files, proposing who is who, recording what left."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from guvoh import __version__
from guvoh.archive import rewriting
from guvoh.archive.batches import Batch
from guvoh.archive.control import Clearance
from guvoh.archive.entries import NAMELESS, runs
from guvoh.archive.errors import CannotWrite, NotAllowed
from guvoh.archive.founding import found as founded
from guvoh.archive.segments import Evidence
from guvoh.archive.store import Archive
from guvoh.casebook import faults
from guvoh.casebook.answers import WAITING, Add, Added, ColumnSeen, FileAdded, FileAsked, Said, Step
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.entries import entry
from guvoh.casebook.forgotten import digest
from guvoh.casebook.index import NO_PERSON, DatabaseError
from guvoh.casebook.quick import without_collection
from guvoh.casebook.redaction import list_without
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.whose import Whose
from guvoh.errors import GuvohError
from guvoh.intake import found
from guvoh.intake.confinement import Confined
from guvoh.intake.originals import NotTaken, Original, take
from guvoh.intake.reading import Readers
from guvoh.linkage import plain
from guvoh.names.fold import pair_key
from guvoh.records.base import STRICTEST_FIRST, Absent, BadRecord, check_date, now
from guvoh.records.codec import to_bytes
from guvoh.records.decisions import Disclosure
from guvoh.records.people import EVENTS, LinkageRun, Mention, Partition
from guvoh.records.sources import Column, Form, Layout, Receipt, Source, outline
from guvoh.records.sources import Original as Kept
from guvoh.sealing.passphrases import DEFAULT_COST, Cost
from guvoh.values.digests import sha256
from guvoh.values.ids import new_id
from guvoh.words.passphrases import weakness

PROGRAM = f"guvoh {__version__}"
_FORMS = {found.Kind.TEXT: Form.TEXT, found.Kind.HTML: Form.PAGE, found.Kind.LIST: Form.LIST}
ROLES = tuple(role.value for role in found.Role)
"""What a column of a list can mean."""
_MOST_DATES = 1 << 16
_MOST_GAPS = 20_000
"""So many runs of rows without a person fit well into an outline."""
_PART_MENTIONS = 50_000
"""How many mentions one Partition record holds: an entry must fit into a segment."""


class WeakPassphrase(GuvohError):
    """A passphrase that a stranger would guess. The message does not hold it."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"that passphrase is too easy to guess: {why}; `guvoh init` offers one made of words")


def init(path: Path, home: Path, passphrase: str, cost: Cost = DEFAULT_COST, delay: int | None = None) -> Archive:
    """Found an archive. Raises WeakPassphrase before anything is written."""
    why = weakness(passphrase)
    if why is not None:
        raise WeakPassphrase(why)
    return founded(path, home, passphrase, cost, delay)


@needs(Need.WRITES)
def add(desk: Desk, request: Add, tell: Tell, readers: Callable[[], Readers | Confined] = Readers) -> Added:
    """Take files in, one batch each: a file is there whole or not at all, and a bad one does not stop the rest.

    readers  makes the confinement in which foreign files are read; others than our own are for tests
    """
    outcomes = []
    with readers() as confined:
        for asked in request.files:
            try:
                outcome = _add_file(desk, confined, asked, request, tell)
            except (CannotWrite, DatabaseError):
                raise
            except NotTaken as problem:
                outcome = FileAdded(typed=asked.typed, outcome="failed", error=problem.why)
            except GuvohError as problem:
                outcome = FileAdded(typed=asked.typed, outcome="failed", error=str(problem))
            except Exception as fault:  # a fault of our own with one file does not stop the others either
                outcome = FileAdded(typed=asked.typed, outcome="failed", error=faults.words(fault))
            tell(outcome)
            outcomes.append(outcome)
        missing = confined.missing
    if desk.archive.sees_identities and rewriting.worth_packing(desk.archive):
        rewriting.pack(desk.archive, tell=lambda done, total: tell(Step(task="packing", done=done, total=total)))
    desk.catch_up(tell)
    return Added(files=tuple(outcomes), missing=missing)


def _add_file(desk: Desk, confined: Readers | Confined, asked: FileAsked, request: Add, tell: Tell) -> FileAdded:
    original = take(Path(os.fsdecode(asked.path)), asked.typed)
    source = desk.source_id(original.digest)
    try:
        return _add_taken(desk, confined, original, source, request, tell, frozenset())
    except ErasedPersonListed as found:
        if request.erased != LEAVE_OUT:
            raise
        return _add_taken(desk, confined, original, source, request, tell, frozenset(found.rows))


def _add_taken(
    desk: Desk,
    confined: Readers | Confined,
    original: Original,
    source: str,
    request: Add,
    tell: Tell,
    left_out: frozenset[int],
) -> FileAdded:
    with desk.archive.batch(lambda: tell(WAITING)) as batch:
        desk.catch_up(tell)
        forgotten = desk.forgotten()
        if forgotten is not None and forgotten.drops_source(source):
            raise ErasedSource
        if desk.index.has_source(source):
            return _known(desk, batch, original, source, request)
        with without_collection():
            return _Adding(desk, batch, original, source, request, tell, left_out).run(confined)


def _known(desk: Desk, batch: Batch, original: Original, source: str, request: Add) -> FileAdded:
    """The same bytes again add nothing. Stricter terms are taken up; nothing else of an earlier reading changes."""
    if request.columns is not None:
        raise ColumnsTooLate(source)
    stored, notes = desk.source(source), []
    if STRICTEST_FIRST.index(request.terms) < STRICTEST_FIRST.index(stored.terms):
        stricter = msgspec.structs.replace(stored, terms=request.terms)
        batch.add(entry(stricter, stored.original.key))
        batch.add(entry(outline(stricter, desk.index.nobody(source)), NAMELESS))
        notes.append(f"its terms were {stored.terms.value} and are {request.terms.value} from now on")
    elif request.terms is not stored.terms:
        notes.append(f"its terms stay {stored.terms.value}: adding a file again can make them stricter, not wider")
    return FileAdded(typed=original.typed, outcome="known", source=source, size=len(original.data), notes=tuple(notes))


class ColumnsTooLate(GuvohError):
    """A mapping for a list that was read already."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__(
            f"the same bytes are here already, as {source}, and a mapping is for the first time they are added"
        )


LEAVE_OUT = "leave-out"
OTHER_PERSON = "other-person"


class ErasedSource(GuvohError):
    """A file that was erased, brought again."""

    def __init__(self) -> None:
        super().__init__("just these bytes were erased from this archive, and they are not taken in again")


class ErasedPersonListed(GuvohError):
    """A list with rows like somebody who was erased. A custodian decides."""

    def __init__(self, rows: Sequence[int]) -> None:
        self.rows = tuple(rows)
        named = ", ".join(map(str, self.rows[:5])) + (" and others" if len(self.rows) > 5 else "")
        super().__init__(
            f"its row {named} is like somebody who was erased from this archive, and nothing of it was added. Ask "
            "whoever keeps the consents, then: --erased leave-out (the list without such rows), or "
            "--erased other-person"
        )


class _Adding:
    """One file on its way in: what the confined reader finds, made into records.

    left_out  rows that a custodian has decided to leave out: nothing of them is kept, in the copy of the file either
    """

    def __init__(
        self,
        desk: Desk,
        batch: Batch,
        original: Original,
        source: str,
        request: Add,
        tell: Tell,
        left_out: frozenset[int],
    ) -> None:
        self._desk, self._batch, self._original, self._source = desk, batch, original, source
        self._request, self._tell = request, tell
        self._key = batch.source_key()
        self._rows = 0
        self._dates: set[str | Absent | None] = {None}
        self._left_out, self._kept = left_out, list[Mention]()
        forgotten = desk.forgotten()
        self._forgotten = forgotten if forgotten is not None and forgotten.people else None
        self._stopped: list[int] = []
        self._no_person = list(left_out)

    def _nobody(self) -> tuple[tuple[int, int], ...]:
        """Rows that stand for no person. A list of which hardly a row does is left uncounted by who cannot see it."""
        found = tuple(runs(sorted(self._no_person)))
        return found if len(found) <= _MOST_GAPS else ((1, self._rows),)

    def run(self, confined: Readers | Confined) -> FileAdded:
        # The original is sealed first, while the process of the readers is still starting.
        data = self._original.data
        evidence = None if self._left_out else self._batch.evidence(data, len(data), self._key)
        item, notes = self._read(confined)
        self._ask_about_erased()
        source = self._keep(item, notes, evidence)
        return FileAdded(
            typed=self._original.typed,
            outcome="added",
            source=self._source,
            form=source.form.value,
            size=len(data),
            rows=self._rows,
            gaps=source.gaps,
            notes=source.notes,
            columns=columns_seen(source.layout),
        )

    def _read(self, confined: Readers | Confined) -> tuple[found.Item, list[found.Note]]:
        """What the file says of itself; its rows go into the batch as they come."""
        item: found.Item | None = None
        end: found.End | None = None
        for data in confined.run(self._asked(), self._original.data):
            message = found.decode(data)
            if isinstance(message, found.Item):
                item = message
            elif isinstance(message, found.End):
                end = message
            else:
                self._batch.extend((self._source,), self._mentions(message.rows), self._key)
                total = item.list.rows if item is not None and item.list is not None else 0
                self._tell(Step(task="rows", done=self._rows, total=total or 0))
        if item is None or end is None:
            raise found.NotAMessage("the reader ended without saying what it found; nothing of it was kept")
        return item, [*item.notes, *end.notes]

    def _asked(self) -> bytes:
        columns = self._request.columns
        roles = {name: found.Role(role) for name, role in columns.items()} if columns is not None else None
        suffix = Path(self._original.name).suffix.lower()
        return found.encode(found.Request(name_hint=suffix, source=self._source, columns=roles))

    def _mentions(self, rows: Sequence[Mention]) -> Iterator[bytes]:
        """The rows as bytes, once it is sure that they are this source's rows: the reader's process is not trusted."""
        source, known, number = self._source, self._dates, self._rows
        for mention in rows:
            number += 1
            if mention.row != number or mention.source != source or mention.id != f"{source}.{number}":
                raise found.NotAMessage("the reader's rows are not numbered one by one; nothing of it was kept")
            if mention.birth not in known or not known.issuperset(mention.dates.values()):
                self._check_dates(mention)
            if mention.span is not None or mention.group is not None or not EVENTS.issuperset(mention.dates):
                raise found.NotAMessage("the reader told of a row what no row can hold; nothing of it was kept")
            if mention.name is None or mention.doubts:
                self._look(mention)
            if self._forgotten is not None and not self._is_wanted(mention):
                continue
            yield to_bytes(mention)
        self._rows = number

    def _look(self, mention: Mention) -> None:
        """Note a row that stands for no person."""
        if not mention.full_name or not NO_PERSON.isdisjoint(mention.doubts):
            self._no_person.append(mention.row or 0)

    def _is_wanted(self, mention: Mention) -> bool:
        """Whether a row is taken in: not one that is left out. Rows like an erased person are noted."""
        assert self._forgotten is not None  # asked only where somebody was erased
        if mention.row in self._left_out:
            return False
        if self._left_out:
            self._kept.append(mention)
        elif self._forgotten.stops(mention.id, *who(mention)):
            self._stopped.append(mention.row or 0)
        return True

    def _ask_about_erased(self) -> None:
        """Rows like an erased person: told to who adds, or cleared by him if he may say that they are other people."""
        if not self._stopped:
            return
        if self._request.erased != OTHER_PERSON:
            raise ErasedPersonListed(self._stopped)
        if not self._desk.archive.decides:
            raise NotAllowed("only an owner or an editor can say that it is another person")
        assert self._forgotten is not None  # somebody was erased
        cleared = sorted(digest(self._forgotten.secret, f"{self._source}.{row}") for row in self._stopped)
        self._batch.control(Clearance(signer=self._desk.archive.member, cleared=tuple(cleared)))

    def _check_dates(self, mention: Mention) -> None:
        """Each date is checked once, and then known: lists repeat them."""
        if len(self._dates) > _MOST_DATES:
            self._dates.clear()
            self._dates.add(None)
        for date in (mention.birth, *mention.dates.values()):
            try:
                check_date(date, "dates")
            except BadRecord:
                raise found.NotAMessage("the reader took for a date what is none; nothing of it was kept") from None
            self._dates.add(date)

    def _keep(self, item: found.Item, notes: list[found.Note], evidence: Evidence | None) -> Source:
        """The source itself comes last, when all is known of it; then how it came in.

        evidence  None where rows are left out: the file that is kept is then the list without them
        """
        original = self._original
        source = Source(
            id=self._source,
            terms=self._request.terms,
            form=_FORMS[item.kind],
            original=_NOTHING_YET,
            title=item.title,
            publisher=item.publisher,
            author=item.author,
            published=item.published,
            language=item.language.value if item.language else None,
            url=item.url,
            text=item.text,
            encoding=item.encoding,
            gaps=tuple(gap.value for gap in item.gaps),
            notes=tuple(dict.fromkeys(note.value for note in notes)),
            layout=_layout(item.list),
            rows=self._rows,
            reader=PROGRAM,
            redacted=evidence is None,
        )
        data = original.data if evidence else b"".join(list_without(source, self._kept, self._left_out))
        sealed = evidence or self._batch.evidence(data, len(data), self._key)
        kept = Kept(
            digest=original.digest if evidence else sha256(data),
            size=len(data),
            evidence=sealed.name,
            sealed_digest=sealed.sha256,
            sealed_size=sealed.size,
            key=self._key,
        )
        source = msgspec.structs.replace(source, original=kept)
        receipt = Receipt(
            id=new_id("r"),
            source=self._source,
            by=self._desk.archive.member,
            at=now(),
            file_name=original.name,
            modified=now(original.modified) if original.modified is not None else None,
            program=PROGRAM,
        )
        self._batch.add(entry(source, self._key))
        self._batch.add(entry(outline(source, self._nobody()), NAMELESS))
        self._batch.add(entry(receipt, self._key))
        self._desk.journal.added(self._source)
        return source


_NOTHING_YET = Kept(digest="", size=0, evidence="", sealed_digest="", sealed_size=0, key="")


def who(mention: Mention) -> tuple[str | None, str | None]:
    """By what a person is known again in another list: the folded name, and the date of birth as it is written."""
    surname, given = (part if isinstance(part, str) else None for part in (mention.surname, mention.given))
    birth = mention.birth if isinstance(mention.birth, str) else None
    pair = pair_key(mention.full_name or "", surname, given) if mention.counts else None
    return pair, birth


def _layout(shape: found.ListShape | None) -> Layout | None:
    if shape is None:
        return None
    columns = tuple(
        Column(
            number=column.number,
            heading=column.heading,
            role=column.role.value,
            certainty=column.certainty.value,
            why=column.why,
            style=column.style,
        )
        for column in shape.mapping
    )
    return Layout(delimiter=shape.delimiter, columns=columns)


def columns_seen(layout: Layout | None) -> tuple[ColumnSeen, ...]:
    columns = layout.columns if layout else ()
    return tuple(ColumnSeen(number=c.number, heading=c.heading, role=c.role, why=c.why) for c in columns)


class Linked(NamedTuple):
    """Which mentions are one person. run: None where there are no mentions, or where it could not be recorded.

    persons  mention to the first mention of its person
    """

    run: str | None
    persons: dict[str, str]


def link(desk: Desk, tell: Tell) -> Linked:
    """The linkage run that is in force for the mentions that may be counted; made if there is none.

    What may not be counted has no part in it: figures that leave must not change by what is withheld.
    Where nothing can be written the same result is given without a record of it: a figure must not depend on the disk.
    """
    if not desk.archive.sees_identities:
        # Who sees no names compares none; what others have found is there for him.
        standing = desk.index.standing_run()
        return _linked(desk, standing.id) if standing else Linked(None, {})
    gate = Whose(desk).countable()
    clues = desk.index.clues(gate.counts)
    if not clues and not desk.index.open_runs():
        return Linked(None, {})
    digest = hashlib.sha256()
    for mention, clue in clues:
        digest.update(f"{mention} {clue.key} {clue.first} {clue.last}\n".encode())
    for mention in sorted(gate.refused):
        digest.update(f"{mention} refused\n".encode())
    for mention in sorted(gate.allowed):
        digest.update(f"{mention} allowed\n".encode())
    text = f"sha256:{digest.hexdigest()}"
    standing = desk.index.standing_run()
    if standing is not None and standing.digest == text and standing.engine == f"{plain.ENGINE} {plain.VERSION}":
        return _linked(desk, standing.id)
    tell(Said(text=f"comparing {len(clues):,} mentions"))
    groups = [[clues[position][0] for position in group] for group in plain.link([clue for _, clue in clues])]
    parts = list(_parts(groups))
    run = LinkageRun(
        id=new_id("l"),
        by=desk.archive.member,
        at=now(),
        engine=plain.ENGINE,
        version=plain.VERSION,
        settings=plain.SETTINGS,
        input_digest=text,
        inputs=len(clues),
        replaces=desk.index.open_runs(),
        refused=tuple(sorted(gate.refused)),
        allowed=tuple(sorted(gate.allowed)),
        parts=len(parts),
    )
    try:
        if not desk.archive.writes:
            raise NotAllowed("a reader records no results")
        with desk.archive.batch(lambda: tell(WAITING)) as batch:
            batch.add(entry(run, NAMELESS))
            for number, persons in enumerate(parts, 1):
                part = Partition(id=new_id("n"), run=run.id, part=number, persons=persons)
                batch.add(entry(part, NAMELESS))
    except (CannotWrite, NotAllowed):
        return Linked(None, {mention: group[0] for group in groups for mention in group})
    desk.catch_up(tell)
    if Whose(desk).countable() != gate:
        return link(desk, tell)  # what this run has joined is narrower together; joins only grow, so this ends
    return _linked(desk, run.id)


def _linked(desk: Desk, run: str) -> Linked:
    return Linked(run, dict(desk.index.db.execute("SELECT mention, person FROM member WHERE run = ?", (run,))))


def _parts(groups: list[list[str]]) -> Iterator[tuple[tuple[str, ...], ...]]:
    """The result cut into records: whole persons, in order; at least one part, so that an empty result is a result."""
    part: list[tuple[str, ...]] = []
    size = 0
    for group in groups:
        part.append(tuple(group))
        size += len(group)
        if size >= _PART_MENTIONS:
            yield tuple(part)
            part, size = [], 0
    yield tuple(part)


def disclose(desk: Desk, level: str, recipient: str, records: Sequence[str], digest: str) -> str:
    """Record that something left the archive; returns the fresh reference. Says nothing about whether it may."""
    reference = new_id("x")
    record = Disclosure(
        id=new_id("o"),
        by=desk.archive.member,
        at=now(),
        reference=reference,
        recipient=recipient,
        level=level,
        records=tuple(records),
        digest=digest,
    )
    with desk.archive.batch() as batch:
        batch.add(entry(record))
    desk.catch_up()
    return reference
