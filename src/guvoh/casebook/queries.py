"""What is read: sources, one record, a search, people, counts, a report, verification. Nothing is written here but
the linkage run that people and counts rest on, and the disclosure of a report; both are commands called by name."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from guvoh import __version__
from guvoh.archive import verify as archive_verify
from guvoh.archive.errors import CannotWrite, Damaged, NotAllowed, UnknownDevice
from guvoh.archive.home import Home
from guvoh.archive.segments import Evidence
from guvoh.archive.store import Folder
from guvoh.casebook import commands, rights
from guvoh.casebook.answers import (
    Cell,
    Checked,
    Count,
    Estimated,
    Found,
    LeftOut,
    ListSeen,
    LogChecked,
    MentionFound,
    Nothing,
    People,
    Problem,
    ReceiptSeen,
    Report,
    Search,
    Show,
    Shown,
    Sources,
    SourceSeen,
    Step,
    TextFound,
    Verify,
)
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.desk import NoSuchRecord as NoSuchRecord
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.standing import standing
from guvoh.casebook.whose import Whose
from guvoh.codebook import load
from guvoh.consent.decide import may_count
from guvoh.estimation.estimates import Estimate
from guvoh.estimation.lists import capture_counts
from guvoh.estimation.lists import overlaps as shared
from guvoh.estimation.lower_bound import chao_lower_bound_of_lists
from guvoh.estimation.two_lists import chapman
from guvoh.names.fold import fold, fold_token, words
from guvoh.outputs import report as report_page
from guvoh.outputs import view
from guvoh.outputs.gate import HUNTED_COLUMNS, Countable, countable, facets
from guvoh.records.base import Absent, Terms
from guvoh.records.codec import AnyRecord, from_bytes, kind_of
from guvoh.records.decisions import Disclosure
from guvoh.records.people import LinkageRun, Mention, Partition
from guvoh.records.sources import Form, Outline, Receipt, Source
from guvoh.values.digests import sha256
from guvoh.values.languages import Language
from guvoh.words import plain

_MOST_REASON = 500
_TELLS_NOBODY = frozenset(
    {"form", "kind", "language", "published", "rows", "row", "gaps", "source", "terms", "at", "by"}
)
"""Fields of a record that are shown without a reason."""
_PASSAGE = 60
"""Characters of a text shown on each side of what was found."""
_MOST_DIGITS = 12
"""Of a row's number: more than any list has, fewer than the index can hold."""


@needs(Need.READS)
def sources(desk: Desk, request: Nothing, tell: Tell) -> Sources:
    """All sources, in the order they came in."""
    rows = desk.index.db.execute(
        "SELECT id, form, terms, title, publisher, author, published, language, url, size, rows, columns, gaps, notes,"
        " digest FROM sources ORDER BY log, position"
    )
    return Sources(sources=tuple(_source_seen(row) for row in rows))


def _source_seen(row: tuple[Any, ...]) -> SourceSeen:
    return SourceSeen(
        id=row[0],
        form=row[1],
        terms=Terms(row[2]),
        title=row[3],
        publisher=row[4],
        author=row[5],
        published=row[6],
        language=row[7],
        url=row[8],
        size=row[9],
        rows=row[10],
        columns=tuple(row[11].split()),
        gaps=tuple(row[12].split()),
        notes=tuple(row[13].splitlines()),
        digest=row[14],
    )


@needs(Need.READS)
def show(desk: Desk, request: Show, tell: Tell) -> Shown:
    """One record. Names, texts and whatever else may tell who somebody is are opened for a reason, which is kept."""
    record = _record(desk, request.id)
    shown = _shown(desk, record)
    if _published(record):
        return shown
    reason = " ".join(request.reason.split())
    if not reason:
        return _kept_back(shown)
    desk.opened([request.id], reason[:_MOST_REASON])
    return shown


def _shown(desk: Desk, record: AnyRecord) -> Shown:
    spoken = desk.index.db.execute("SELECT count(*) FROM subject WHERE id = ?", (record.id,)).fetchone()[0]
    match record:
        case Source():
            return _show_source(desk, record, spoken)
        case Mention():
            return _show_mention(desk, record, spoken)
        case _:
            return Shown(id=record.id, kind=kind_of(record), fields=_fields(record), spoken_of_by=spoken)


def _published(record: AnyRecord) -> bool:
    """Whether a record is open to any member without a reason: what was published, and what names nobody."""
    if isinstance(record, Source):
        return record.terms is Terms.PUBLIC and record.form is not Form.LIST
    return isinstance(record, Outline | LinkageRun | Partition | Disclosure)


def _kept_back(shown: Shown) -> Shown:
    """What is said of a record to who gives no reason to see more."""
    fields = tuple(cell for cell in shown.fields if cell.label in _TELLS_NOBODY)
    columns = tuple(msgspec.structs.replace(column, heading="") for column in shown.columns)
    return msgspec.structs.replace(
        shown, fields=fields, columns=columns, cells=(), receipts=(), text="", kept_back=True
    )


def _record(desk: Desk, wanted: str) -> AnyRecord:
    """The record of an id, at the place that the index decided for."""
    source, dot, row = wanted.rpartition(".")
    places: list[tuple[str, tuple[str | int, ...]]] = [
        ("SELECT log, position FROM sources WHERE id = ?", (wanted,)),
        ("SELECT log, position FROM mentions WHERE n = (SELECT n FROM mention WHERE id = ?)", (wanted,)),
        ("SELECT log, position FROM records WHERE id = ? ORDER BY log, position", (wanted,)),
    ]
    if dot and row.isdecimal() and len(row) <= _MOST_DIGITS:
        listed = "SELECT log, position FROM mentions WHERE n = ((SELECT n FROM source_id WHERE id = ?) << 32) + ?"
        places.insert(0, (listed, (source, int(row))))
    for query, values in places:
        found = desk.index.db.execute(query, values).fetchone()
        if found is not None:
            return from_bytes(desk.archive.entry(*found).body)
    raise NoSuchRecord(wanted)


def _show_source(desk: Desk, source: Source, spoken: int) -> Shown:
    return Shown(
        id=source.id,
        kind="source",
        terms=source.terms,
        fields=_fields(source, but=("text", "layout", "original", "id", "type")),
        receipts=_receipts(desk, source.id),
        columns=commands.columns_seen(source.layout),
        text=source.text,
        spoken_of_by=spoken,
    )


def _receipts(desk: Desk, source: str) -> tuple[ReceiptSeen, ...]:
    """How a source came in, each time it did."""
    places = desk.index.db.execute(
        "SELECT log, position FROM subjects s JOIN records r USING (log, position)"
        " WHERE s.id = ? AND r.kind = 'receipt' ORDER BY log, position",
        (source,),
    )
    records = [from_bytes(desk.archive.entry(log, position).body) for log, position in places]
    return tuple(
        ReceiptSeen(
            at=r.at,
            by=r.by,
            file_name=r.file_name,
            modified=r.modified,
            program=r.program,
            capture=_capture(r),
        )
        for r in records
        if isinstance(r, Receipt)
    )


def _capture(receipt: Receipt) -> tuple[Cell, ...]:
    facts = {name: getattr(receipt.capture, name) for name in receipt.capture.__struct_fields__}
    return tuple(
        Cell(label=name.replace("_", " "), value="not recorded" if value is None else _in_words(value))
        for name, value in facts.items()
    )


def _show_mention(desk: Desk, mention: Mention, spoken: int) -> Shown:
    source = desk.source(mention.source)
    headings = [column.heading for column in source.layout.columns] if source.layout else []
    headings += [""] * (len(mention.cells) - len(headings))
    return Shown(
        id=mention.id,
        kind="mention",
        terms=source.terms,
        fields=_fields(mention, but=("cells", "id")),
        cells=tuple(Cell(label=head, value=cell) for head, cell in zip(headings, mention.cells, strict=False)),
        spoken_of_by=spoken,
    )


def _fields(record: AnyRecord, but: tuple[str, ...] = ("id",)) -> tuple[Cell, ...]:
    found = []
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name not in but and value not in (None, "", (), {}):
            found.append(Cell(label=name, value=_in_words(value)))
    return tuple(found)


def _in_words(value: object) -> str:
    match value:
        case Absent(absent=absence):
            return {"unknown": "stated as not known", "none": "stated that there is none"}[absence.value]
        case tuple():
            return ", ".join(_in_words(one) for one in value)
        case dict():
            return ", ".join(f"{key}: {_in_words(one)}" for key, one in value.items())
        case _:
            return str(value)


@needs(Need.IDENTITIES)
def search(desk: Desk, request: Search, tell: Tell) -> Found:
    """Mentions under the folded key of the words asked for, and texts that hold the words in any spelling."""
    _check_search(request.text)
    key = fold(request.text)
    found = Found(
        key=key,
        people=_count_mentions(desk, key),
        mentions=_find_mentions(desk, key, request.most),
        texts=len(_text_hits(desk, request.text, key)),
        passages=tuple(
            _passage(desk, n, request.text, key) for n in _text_hits(desk, request.text, key)[: request.most]
        ),
    )
    seen = [mention.id for mention in found.mentions]
    seen += [text.source for text in found.passages if text.terms is not Terms.PUBLIC]
    if seen:
        desk.opened(seen, "search")
    return found


_CODE = re.compile(r"[A-Za-z]{2}_[A-Za-z0-9_]+")


def _check_search(text: str) -> None:
    """Raise NotAllowed for a fate by which people are hunted: it is no search term."""
    for code in (one.upper() for one in _CODE.findall(text)):
        if code in load() and not facets([code]):
            raise NotAllowed(f"{code} is a fate by which people are hunted: it is no search term, facet or column here")


def _match(key: str) -> str:
    """A query for all words; quoted, so that no word is read as an operator."""
    return " AND ".join(f'"{word}"' for word in key.split())


def _count_mentions(desk: Desk, key: str) -> int:
    if not key:
        return 0
    found = desk.index.db.execute("SELECT count(*) FROM mention_words WHERE mention_words MATCH ?", (_match(key),))
    return int(found.fetchone()[0])


def _find_mentions(desk: Desk, key: str, most: int) -> tuple[MentionFound, ...]:
    if not key:
        return ()
    rows = desk.index.db.execute(
        "SELECT m.id, m.source, m.row, m.name, m.birth, s.terms FROM mentions m LEFT JOIN sources s ON s.id = m.source"
        " WHERE m.n IN (SELECT rowid FROM mention_words WHERE mention_words MATCH ?)"
        " ORDER BY m.source, m.row, m.id LIMIT ?",
        (_match(key), most),
    )
    return tuple(
        MentionFound(id=m, source=s, row=row, name=name or "", birth=birth, terms=Terms(terms or "internal"))
        for m, s, row, name, birth, terms in rows
    )


def _text_hits(desk: Desk, text: str, key: str) -> list[int]:
    plain = _match(" ".join(words(text)))
    asked = [f"folded : ({_match(key)})"] if key else []
    asked += [f"words : ({plain})"] if plain else []
    if not asked:
        return []
    rows = desk.index.db.execute(
        "SELECT i.n FROM source_words w JOIN source_id i ON i.n = w.rowid WHERE source_words MATCH ? ORDER BY i.id",
        (" OR ".join(asked),),
    )
    return [n for (n,) in rows]


def _passage(desk: Desk, n: int, asked: str, key: str) -> TextFound:
    (source_id,) = desk.index.db.execute("SELECT id FROM source_id WHERE n = ?", (n,)).fetchone()
    source = desk.source(source_id)
    keys = set(key.split())
    plain = set(words(asked))
    at = 0
    for word in source.text.split():
        bare = "".join(words(word))
        if bare and (bare in plain or fold_token(bare) in keys):
            at = source.text.find(word)
            break
    start, end = max(0, at - _PASSAGE), at + _PASSAGE
    passage = " ".join(source.text[start:end].split())
    title = "" if isinstance(source.title, Absent) else source.title or ""
    return TextFound(source=source.id, title=title, passage=passage, terms=source.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """The person-by-list table, and what it rests on.

    listed    (people, lists) bool
    persons   the mentions of each person, over all that may be counted
    allowed   mentions of sources that are not public, counted by consent
    """

    run: str | None
    lists: tuple[SourceSeen, ...]
    listed: NDArray[np.bool_]
    persons: tuple[tuple[str, ...], ...]
    mentions: int
    left_out: tuple[LeftOut, ...]
    held: dict[view.Why, int]
    allowed: tuple[str, ...]
    notes: tuple[str, ...]


def _counted(desk: Desk, tell: Tell) -> _Counted:
    """Count people at the anonymous level: mentions of sources that may be counted, one person each, no groups."""
    seen = sources(desk, Nothing(), tell).sources
    run, person_of = commands.link(desk, tell)
    gate = _countable(desk)
    rows = list(_mentions_seen(desk, person_of, gate.allowed))
    if not desk.archive.sees_identities:
        in_force = desk.index.standing_run()
        if rows and (in_force is None or in_force.inputs < sum(gate.counts(one, source) for one, source, *_ in rows)):
            raise NotAllowed(
                "not all of these mentions have been compared: somebody who sees names runs `guvoh people`, then sync"
            )
    by_person: dict[str, list[tuple[str, str]]] = defaultdict(list)
    terms = {source.id: source.terms for source in seen}
    held: Counter[Terms | None] = Counter()
    refused = 0
    groups = nameless = lone = 0
    for mention, source, name, pair in rows:
        if not gate.counts(mention, source):
            if source in gate.sources:
                refused += 1
            else:
                held[terms.get(source)] += 1
        elif pair is None:
            groups += 1
        elif not name:
            nameless += 1
        else:
            lone += not pair
            by_person[person_of.get(mention, mention)].append((mention, source))
    named = {source for mentions in by_person.values() for _, source in mentions}
    lists = tuple(source for source in seen if source.form == "list" and source.id in named)
    place = {source.id: number for number, source in enumerate(lists)}
    listed = np.zeros((len(by_person), len(lists)), dtype=np.bool_)
    for number, mentions in enumerate(by_person.values()):
        for _, source in mentions:
            if source in place:
                listed[number, place[source]] = True
    # Of working material only that it exists: how many rows it has would tell which list it is.
    internal = sum(kind is Terms.INTERNAL for kind in terms.values())
    left_out = [LeftOut(what="sources", count=internal, why="working material")] if internal else []
    left_out += [
        LeftOut(what="mentions", count=count, why=may_count(kind).reason if kind else "their source is not here")
        for kind, count in sorted(held.items(), key=str)
        if kind is not Terms.INTERNAL
    ]
    if refused:
        left_out.append(LeftOut(what="mentions", count=refused, why="somebody refused it for the person (S1, S2)"))
    for number, why in ((groups, "a group, a heading or a total, not one person"), (nameless, "no name is stated")):
        if number:
            left_out.append(LeftOut(what="mentions", count=number, why=f"not counted: {why}"))
    notes = []
    if lone:
        stand = f"{plain.count(lone, 'mention stands', 'mentions stand')} alone as persons of their own"
        notes.append(f"{stand}: without two full names nobody can be linked")
    return _Counted(
        run=run,
        lists=lists,
        listed=listed,
        persons=tuple(tuple(mention for mention, _ in mentions) for mentions in by_person.values()),
        mentions=sum(map(len, by_person.values())),
        left_out=tuple(left_out),
        held=_reasons(held, refused, groups, nameless),
        allowed=tuple(sorted(gate.allowed)),
        notes=(*notes, *_contained(lists, listed)),
    )


def _countable(desk: Desk) -> Countable:
    """Whose mentions may be counted. Who sees no consents takes what others have found, from the runs that are open."""
    if desk.archive.sees_identities:
        return Whose(desk).countable()
    runs = [run for _, run in standing(desk, LinkageRun) if run.id in desk.index.open_runs()]
    refused = frozenset(one for run in runs for one in run.refused)
    run = desk.index.standing_run()
    allowed = frozenset(one for found in runs if run and found.id == run.id for one in found.allowed)
    return dataclasses.replace(countable(desk.index.terms()), refused=refused, allowed=allowed - refused)


def _mentions_seen(
    desk: Desk, person_of: dict[str, str], allowed: Iterable[str]
) -> Iterable[tuple[str, str, str | None, str | None]]:
    """(id, source, name, pair) of every mention; to who sees no names, those of the standing run stand for all."""
    if not desk.archive.sees_identities:
        rows_of = "SELECT id FROM sources WHERE form = 'list'"
        listed = [one for (source,) in desk.index.db.execute(rows_of) for one in desk.index.persons_of(source)]
        every = sorted({*listed, *person_of, *allowed})
        return [(mention, mention.rpartition(".")[0], "-", "-") for mention in every]
    rows: Iterable[tuple[str, str, str | None, str | None]]
    rows = desk.index.db.execute("SELECT id, source, name, pair FROM mentions ORDER BY id")
    return rows


def _contained(lists: Sequence[SourceSeen], listed: NDArray[np.bool_]) -> Iterator[str]:
    """Lists all of whose people stand on another list too: perhaps one was made from the other."""
    table = shared(listed) if lists else np.zeros((0, 0), dtype=np.int64)
    for a, b in combinations(range(len(lists)), 2):
        less, more = sorted((a, b), key=lambda number: int(table[number, number]))
        if table[less, less] > 1 and table[less, more] == table[less, less]:
            yield (
                f"everyone on list {view.letter(less)} is on list {view.letter(more)} too: if one was made from the "
                "other, or both from a third, they are one list, and every estimate that uses both is wrong"
            )


def _reasons(held: Counter[Terms | None], refused: int, groups: int, nameless: int) -> dict[view.Why, int]:
    """How many mentions are in no figure, by the report's own reasons."""
    why = {Terms.CONSENT: view.Why.NO_CONSENT, None: view.Why.MISSING}
    found = {why[terms]: count for terms, count in held.items() if terms in why}
    if refused:
        found[view.Why.NO_CONSENT] = found.get(view.Why.NO_CONSENT, 0) + refused
    more = {view.Why.GROUP: groups, view.Why.NO_NAME: nameless}
    return {**found, **{why: number for why, number in more.items() if number}}


@needs(Need.READS)
def people(desk: Desk, request: Nothing, tell: Tell) -> People:
    """How many people, and on which lists they stand."""
    return _people(desk, _counted(desk, tell))


def _people(desk: Desk, counted: _Counted) -> People:
    table = shared(counted.listed) if counted.lists else np.zeros((0, 0), dtype=np.int64)
    times = counted.listed.sum(axis=1)
    return People(
        run=counted.run,
        engine="plain transliteration and year of birth: a first proposal, namesakes of one year are joined",
        mentions=counted.mentions,
        people=len(counted.persons),
        lists=tuple(
            ListSeen(
                label=view.letter(number),
                source=source.id,
                title=_file_name(desk, source.id),
                rows=source.rows,
                people=int(table[number, number]),
                columns=source.columns,
            )
            for number, source in enumerate(counted.lists)
        ),
        overlaps=tuple(tuple(int(value) for value in row) for row in table),
        times_listed=tuple(int((times == k).sum()) for k in range(1, len(counted.lists) + 1)),
        left_out=counted.left_out,
        notes=counted.notes,
    )


def _file_name(desk: Desk, source: str) -> str:
    receipts = _receipts(desk, source)
    return receipts[0].file_name if receipts else ""


@needs(Need.READS)
def count(desk: Desk, request: Nothing, tell: Tell) -> Count:
    """People by list, and how many there may be in all: Chapman for each two lists, Chao's lower bound over all."""
    counted = _counted(desk, tell)
    seen = _people(desk, counted)
    return Count(people=seen, estimates=tuple(_estimated(lists, found) for lists, found in _estimates(counted, seen)))


def _estimates(counted: _Counted, seen: People) -> list[tuple[tuple[str, ...], Estimate]]:
    found: list[tuple[tuple[str, ...], Estimate]] = []
    labels = tuple(line.label for line in seen.lists)
    if len(labels) > 1:
        found.append((labels, chao_lower_bound_of_lists(capture_counts(counted.listed))))
    for a, b in combinations(range(len(labels)), 2):
        table = seen.overlaps
        found.append(((labels[a], labels[b]), chapman(table[a][a], table[b][b], table[a][b])))
    return found


def _estimated(lists: tuple[str, ...], found: Estimate) -> Estimated:
    return Estimated(
        lists=lists,
        method=str(found.method),
        seen=found.seen,
        estimate=found.estimate,
        lower=found.lower,
        upper=found.upper,
        level=found.level,
        refused=found.refused,
        words=found.words(),
        assumptions=tuple(found.assumptions),
        warnings=tuple(found.warnings),
    )


@needs(Need.IDENTITIES)
def report(desk: Desk, request: Nothing, tell: Tell) -> Report:
    """The anonymous report; that it left is recorded, unless the disk cannot be written."""
    if desk.archive.broken:
        raise NotAllowed(
            "a part of the archive cannot be read, and a report must rest on all of it: see `guvoh verify`"
        )
    counted = _counted(desk, tell)
    seen = _people(desk, counted)
    page = report_page.render(_view(desk, counted, seen, tell))
    digest = f"sha256:{hashlib.sha256(page.encode()).hexdigest()}"
    shown = [source.id for source in sources(desk, Nothing(), tell).sources if source.terms is Terms.PUBLIC]
    try:
        reference = commands.disclose(desk, "anonymous", "not recorded", (*shown, *counted.allowed), digest)
    except CannotWrite:
        reference = ""
    if reference:
        desk.journal.exported(reference)
    return Report(html=page, reference=reference, sources=len(shown), people=seen.people)


def _view(desk: Desk, counted: _Counted, seen: People, tell: Tell) -> view.ReportView:
    """The same figures for others' eyes: ids, terms, dates and numbers."""
    every = sources(desk, Nothing(), tell).sources
    shown = [source for source in every if source.terms is Terms.PUBLIC]
    mentions = [mention for person in counted.persons for mention in person]
    on_lists = [person for person, row in zip(counted.persons, counted.listed, strict=True) if row.any()]
    figures = (
        (view.FigureId.SOURCES, len(shown), [source.id for source in shown]),
        (view.FigureId.LISTS, len(counted.lists), [source.id for source in counted.lists]),
        (view.FigureId.MENTIONS, counted.mentions, mentions),
        (view.FigureId.PEOPLE, len(counted.persons), [person[0] for person in counted.persons]),
        (view.FigureId.PEOPLE_LISTED, len(on_lists), [person[0] for person in on_lists]),
    )
    return view.ReportView(
        generated_on=date.today(),
        archive=desk.archive.id,
        version=__version__,
        confirmation=view.Confirmation.AS_REPORTED,
        linkage_run=counted.run,
        figures=tuple(
            view.Figure(id=which, value=value, rests_on=view.RestsOn.of(ids)) for which, value, ids in figures
        ),
        sources=tuple(_source_line(desk, source) for source in shown),
        gaps=tuple(
            view.GapLine(field=gap, missing=sum(gap in source.gaps for source in shown), of=len(shown))
            for gap in ("title", "publisher", "published", "author", "language", "url")
        ),
        lists=tuple(_list_line(counted, number, line) for number, line in enumerate(seen.lists)),
        overlaps=seen.overlaps,
        times_listed=seen.times_listed,
        estimates=tuple(
            view.EstimateLine(lists=lists, estimate=found, rests_on=view.RestsOn.of(_behind(counted, seen, lists)))
            for lists, found in _estimates(counted, seen)
        ),
        left_out=tuple(_left_out(counted, every)),
    )


def _source_line(desk: Desk, source: SourceSeen) -> view.SourceLine:
    return view.SourceLine(
        id=source.id,
        kind=source.form,
        language=Language(source.language) if source.language else None,
        terms=source.terms,
        published=source.published,
        gaps=source.gaps,
        size=source.size,
    )


def _list_line(counted: _Counted, number: int, line: ListSeen) -> view.ListLine:
    behind = _mentions_on(counted, (number,))
    columns = tuple(role for role in line.columns if role not in {"other", "number", *HUNTED_COLUMNS})
    return view.ListLine(
        label=line.label,
        source=line.source,
        rows=line.rows,
        people=line.people,
        columns=columns,
        rests_on=view.RestsOn.of(behind),
    )


def _behind(counted: _Counted, seen: People, labels: tuple[str, ...]) -> list[str]:
    return _mentions_on(counted, [n for n, line in enumerate(seen.lists) if line.label in labels])


def _mentions_on(counted: _Counted, numbers: Sequence[int]) -> list[str]:
    """The mentions on these lists of everybody who is counted."""
    chosen = tuple(f"{counted.lists[number].id}." for number in numbers)
    return [mention for person in counted.persons for mention in person if mention.startswith(chosen)]


def _left_out(counted: _Counted, every: Sequence[SourceSeen]) -> Iterator[view.LeftOut]:
    for terms, why in ((Terms.INTERNAL, view.Why.INTERNAL), (Terms.CONSENT, view.Why.NO_CONSENT)):
        withheld = sum(source.terms is terms for source in every)
        if withheld:
            yield view.LeftOut(what=view.Unit.SOURCES, count=withheld, why=why)
    for why, count in counted.held.items():
        yield view.LeftOut(what=view.Unit.MENTIONS, count=count, why=why)
    repeated = sum(len(_mentions_on(counted, (n,))) for n in range(len(counted.lists))) - int(counted.listed.sum())
    if repeated:
        yield view.LeftOut(what=view.Unit.MENTIONS, count=repeated, why=view.Why.REPEATED)


@needs(Need.NOTHING)
def verify(desk: Desk, request: Verify, tell: Tell) -> Checked:
    """Check everything, and compare each sealed entry with its commitment; if asked, each original with its digest."""
    found = archive_verify.verify(desk.archive, dict(desk.archive.known), _steps(tell))
    if request.evidence:
        rights.require(desk.archive, Need.IDENTITIES)
        found.problems += _evidence_problems(desk, tell)
    for log, position in desk.index.unreadable():
        found.notices.append(f"logs/{log}: entry {position} is no record that this version knows; it is kept unread")
    return _checked(found)


def _evidence_problems(desk: Desk, tell: Tell) -> Iterator[tuple[str, str]]:
    """Originals that do not open, or are not the bytes whose digest was recorded when they came in."""
    places = desk.index.db.execute("SELECT log, position FROM records WHERE kind = 'source' ORDER BY 1, 2").fetchall()
    for number, place in enumerate(places, 1):
        source = from_bytes(desk.archive.entry(*place).body)
        assert isinstance(source, Source)
        original = source.original
        sealed = Evidence(name=original.evidence, sha256=original.sealed_digest, size=original.sealed_size)
        where = f"evidence/{original.evidence}"
        try:
            data = desk.archive.open_evidence(sealed, original.key)
            if (len(data), sha256(data)) != (original.size, original.digest):
                yield where, f"it opens, and is not the file that came in as {source.id}"
        except Damaged as problem:
            yield problem.where, problem.why
        tell(Step(task="opening the originals", done=number, total=len(places)))


def verify_without_key(path: Path, home: Path, tell: Tell) -> Checked:
    """Check all that needs no key: whoever holds the folder can."""
    folder = Folder(path)
    try:
        known = dict(Home(home, folder.id).load().heads)
    except UnknownDevice:
        known = {}
    return _checked(archive_verify.verify(folder, known, _steps(tell)))


def _steps(tell: Tell) -> Any:
    return lambda done, total: tell(Step(task="verifying", done=done, total=total))


def _checked(found: archive_verify.Verified) -> Checked:
    return Checked(
        archive=found.archive,
        read=found.read,
        entries=found.entries,
        evidence=found.evidence,
        logs=tuple(LogChecked(log=log.log, entries=log.entries, unfinished=log.unfinished) for log in found.logs),
        problems=tuple(Problem(where=where, what=what) for where, what in found.problems),
        notices=tuple(found.notices),
    )
