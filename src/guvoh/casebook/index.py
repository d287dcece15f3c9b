"""The index: the archive replayed into an encrypted database that answers questions quickly.

It is a function of the *set* of entries: whatever order they arrive in, `dump` gives the same. Where two records claim
one id (the same file added on two laptops), a rule that looks only at the records decides, and the archive keeps both.
"""

from __future__ import annotations

import contextlib
import marshal
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from sqlcipher3 import dbapi2 as sqlite

from guvoh.archive.beside import Beside, Lost, worthwhile
from guvoh.archive.entries import Stored
from guvoh.archive.store import Archive
from guvoh.casebook.forgotten import Authors, Forgotten
from guvoh.casebook.quick import without_collection
from guvoh.errors import GuvohError
from guvoh.linkage.plain import Clue
from guvoh.names.fold import fold, pair_key
from guvoh.records.base import STRICTEST_FIRST, Absent, Answer, BadRecord, Terms
from guvoh.records.codec import ENDS_MENTION, AnyRecord, from_bytes, kind_of, subjects_of
from guvoh.records.custody import Label
from guvoh.records.decisions import Correction
from guvoh.records.people import Judgement, LinkageRun, Partition, joined_name
from guvoh.records.sources import Outline, Source
from guvoh.values.dates import DateSpan, NotADate

SCHEMA = 6
"""Raised whenever the tables, or what is put into them, change: an index of another number is replayed anew."""

INDEX_WAIT_SECONDS = 60.0
_CHUNK = 256
_MANY = 50_000
"""From so many entries on, a second process pays."""
_RANK = {terms: rank for rank, terms in enumerate(STRICTEST_FIRST)}
_OUTLINES = 100
"""The rank of outlines begins there: behind that of every source."""
_OF_WRITERS = 10
"""Added to the rank of what a member adds who can read nothing back: it never takes the place of an editor's."""
_INSERT_MENTION = "INSERT INTO mention VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_KEY = "INSERT INTO mention_words (rowid, key) VALUES (?, ?)"
_DELETE_KEY = "INSERT INTO mention_words (mention_words, rowid, key) VALUES ('delete', ?, ?)"

_MentionRow = tuple[Any, ...]
_ROW_BITS = 32
_UNLISTED = 1 << 31


class _Brief(msgspec.Struct, frozen=True, tag_field="type", tag="mention"):
    """What the index takes from a mention; the rest is passed over. `show` reads the whole record and checks it."""

    id: str
    source: str
    row: Annotated[int, msgspec.Meta(ge=1, lt=_UNLISTED)] | None = None
    name: Answer = None
    surname: Answer = None
    given: Answer = None
    patronymic: Answer = None
    birth: Answer = None
    group: dict[str, msgspec.Raw] | None = None
    doubts: tuple[str, ...] = ()


NO_PERSON = frozenset({"total row", "repeated heading"})
"""Doubts of the reader after which a row stands for nobody."""
_decode_brief = msgspec.json.Decoder(_Brief).decode


class _Chunk(NamedTuple):
    """Entries made ready for the tables: plain values that pass through a pipe.

    mentions  (source, row or None, own id or None, name, pair, birth, log, position)
    keys      the folded name of each
    others    the other entries, as they were stored
    stopped   (id, log, position); returned: (log, position, keyed digest)
    """

    mentions: list[tuple[Any, ...]]
    keys: list[str]
    others: list[tuple[Any, ...]]
    stopped: list[tuple[Any, ...]]
    returned: list[tuple[Any, ...]]
    entries: int


def _chunks(entries: Iterable[Stored], forgotten: Forgotten | None = None) -> Iterator[_Chunk]:
    """Read mentions, which are many, as far as the index needs them. This runs a million times for a long list.

    forgotten  what must not be taken in, wherever it lies
    """
    entries = iter(entries)
    mute = forgotten.authors.mute if forgotten else frozenset[str]()
    erased = forgotten if forgotten and forgotten.anybody else None
    while stored := list(islice(entries, _CHUNK)):
        chunk = _Chunk([], [], [], [], [], len(stored))
        for entry in stored:
            try:
                if not entry.body.endswith(ENDS_MENTION) or entry.log in mute:
                    chunk.others.append(tuple(entry))
                    continue
                mention = _brief(entry.body)
            except BadRecord:
                chunk.others.append(tuple(entry))
                continue
            name = joined_name(mention.name, mention.surname, mention.given, mention.patronymic)
            birth = mention.birth if mention.birth.__class__ is str else None
            pair = None
            if mention.group is None and NO_PERSON.isdisjoint(mention.doubts):
                pair = pair_key(name or "", _text(mention.surname), _text(mention.given))
            own_id = None if mention.row is not None else mention.id
            if erased:
                if gone := erased.drops_mention(mention.source, mention.id):
                    chunk.returned.append((entry.log, entry.position, gone))
                    continue
                if erased.stops(mention.id, pair, birth):
                    chunk.stopped.append((mention.id, entry.log, entry.position))
                    continue
            chunk.mentions.append((mention.source, mention.row, own_id, name, pair, birth, entry.log, entry.position))
            chunk.keys.append(fold(name or ""))
        yield chunk


def _read_ahead(archive: Archive, since: dict[str, int], total: int, forgotten: Forgotten | None) -> Iterator[_Chunk]:
    """The chunks of what the archive has; of many entries they are made in a second process, while we insert."""
    taken = 0
    if total >= _MANY and worthwhile():
        with Beside(lambda: _made_ready(archive, since, forgotten)) as helper:
            try:
                for data in helper.results():
                    made = marshal.loads(data)  # noqa: S302 (our own process wrote it)
                    if isinstance(made, dict):
                        for log, (at, why) in made.items():
                            archive.set_apart(log, at, why)
                        continue
                    chunk = _Chunk(*made)
                    taken += chunk.entries
                    yield chunk
            except Lost:
                pass
            else:
                return
    yield from _chunks(islice(archive.entries(since), taken, None), forgotten)


def _made_ready(archive: Archive, since: dict[str, int], forgotten: Forgotten | None) -> Iterator[bytes]:
    """What the second process sends: the chunks, and then which logs could not be read on."""
    for chunk in _chunks(archive.entries(since), forgotten):
        yield marshal.dumps(tuple(chunk))
    yield marshal.dumps(archive.broken)


def _brief(body: bytes) -> _Brief:
    try:
        return _decode_brief(body)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise BadRecord("a mention cannot be read") from None


DatabaseError = sqlite.DatabaseError
"""What a damaged index file, or a full disk under it, raises."""


class IndexBroken(GuvohError):
    """The index file cannot be used. It holds nothing of its own: it is deleted and replayed."""

    def __init__(self) -> None:
        super().__init__("the index cannot be used; it is made anew from the archive")


class ViewChanged(Exception):
    """Something that the index has taken in is no longer used, or the other way round: it is made anew."""


class Run(NamedTuple):
    """A linkage run as the index knows it. whole: all its parts are there."""

    id: str
    engine: str
    inputs: int
    digest: str
    whole: int


class Index:
    """One connection to the index. `key` is 32 bytes; `path` None keeps it in memory alone."""

    def __init__(self, path: Path | None, key: bytes) -> None:
        self._path = path
        self.db = _connect(path, key)
        self._logs: dict[str, int] = {}
        self._sources: dict[str, int] = {}
        self._last: dict[int, int] = {}
        self._writers = frozenset[str]()

    @classmethod
    def open(cls, path: Path | None, key: bytes) -> Index:
        """Open the index; one that is damaged, foreign or of another schema is deleted and started anew."""
        try:
            return cls(path, key)
        except (IndexBroken, sqlite.DatabaseError):
            if path is None:
                raise IndexBroken from None
            delete(path)
            return cls(path, key)

    def close(self) -> None:
        self.db.close()

    def heads(self) -> dict[str, int]:
        """Up to which entry of each log the index has read."""
        return dict(self.db.execute("SELECT id, size FROM log"))

    def catch_up(
        self,
        archive: Archive,
        tell: Callable[[int, int], None] = lambda done, total: None,
        forgotten: Forgotten | None = None,
    ) -> int:
        """Read what the archive has and the index has not. Returns the number of entries read.

        Raises ViewChanged where the index holds what is no longer used (something was erased, or a member removed).
        """
        until = archive.heads
        self._check_view(archive.view)
        self._check_authors(forgotten)
        if self._behind(until) <= 0:
            return 0
        done = 0
        with self._transaction(), without_collection():
            self.db.execute("INSERT OR IGNORE INTO view VALUES (1, ?)", (archive.view,))
            self._keep_authors(forgotten)
            since, total = self.heads(), self._behind(until)
            for chunk in _read_ahead(archive, since, total, forgotten):
                self._insert(chunk, forgotten)
                done += chunk.entries
                tell(done, total)
            reached = archive.heads  # less than before where a log could not be read on
            for log in until:
                size = min(until[log], reached[log])
                self.db.execute("UPDATE log SET size = max(size, ?) WHERE n = ?", (size, self._log(log)))
        return done

    def _check_view(self, view: str) -> None:
        found = self.db.execute("SELECT id FROM view").fetchone()
        if found is not None and found[0] != view:
            raise ViewChanged

    def _check_authors(self, forgotten: Forgotten | None) -> None:
        """Raise ViewChanged where something was taken in, or was not, on account of who was a member then, or which."""
        if forgotten is None:
            return
        authors = forgotten.authors
        known = self.db.execute("SELECT log, member, rights FROM author").fetchall()
        changed = any((authors.of.get(log), authors.rights(log)) != (member, rights) for log, member, rights in known)
        strangers = {one for (one,) in self.db.execute("SELECT id FROM stranger")}
        rewritten = {one for (one,) in self.db.execute("SELECT erasure FROM rewritten")}
        if changed or strangers & authors.members or rewritten - authors.anew.keys():
            raise ViewChanged

    def _keep_authors(self, forgotten: Forgotten | None) -> None:
        if forgotten is not None:
            rows = [(log, member, forgotten.authors.rights(log)) for log, member in forgotten.authors.of.items()]
            self.db.executemany("INSERT OR IGNORE INTO author VALUES (?, ?, ?)", rows)

    def _behind(self, until: dict[str, int]) -> int:
        since = self.heads()
        return sum(max(0, size - since.get(log, 0)) for log, size in until.items())

    def apply(self, entries: Iterable[Stored], forgotten: Forgotten | None = None) -> None:
        """Take in entries in any order. `catch_up` is this for an archive; both give the same index."""
        with self._transaction():
            for chunk in _chunks(entries, forgotten):
                self._insert(chunk, forgotten)

    def has_source(self, source: str) -> bool:
        found = self.db.execute("SELECT 1 FROM sources WHERE id = ?", (source,)).fetchone()
        return found is not None

    def clues(self, counts: Callable[[str, str], bool]) -> list[tuple[str, Clue]]:
        """What linkage is given: every mention that is one person and counts, by id, sorted.

        counts  told a mention and its source
        """
        rows = self.db.execute("SELECT id, source, pair, birth FROM mentions WHERE pair IS NOT NULL")
        return sorted((one, Clue(pair, *_years(birth))) for one, source, pair, birth in rows if counts(one, source))

    def terms(self) -> list[tuple[str, Terms]]:
        """Every source with its terms."""
        return [
            (source, Terms(terms)) for source, terms in self.db.execute("SELECT id, terms FROM sources ORDER BY id")
        ]

    def nobody(self, source: str) -> tuple[tuple[int, int], ...]:
        """Rows of a list that stand for no person, as (first, number of rows); what is not here stands for none."""
        found = self.db.execute("SELECT n, rows FROM sources WHERE id = ?", (source,)).fetchone()
        if found is None or not found[1]:
            return ()
        base, rows = found[0] << _ROW_BITS, found[1]
        persons = (
            "SELECT n & 0x7fffffff FROM mention WHERE n > ? AND n <= ? AND pair IS NOT NULL AND name <> '' ORDER BY n"
        )
        gaps, last = [], 0
        for (row,) in self.db.execute(persons, (base, base + rows)):
            if row > last + 1:
                gaps.append((last + 1, row - last - 1))
            last = row
        return (*gaps, (last + 1, rows - last)) if last < rows else tuple(gaps)

    def persons_of(self, source: str) -> list[str]:
        """The rows of a list that stand for a person, as far as its outline tells."""
        found = self.db.execute("SELECT n, rows FROM sources WHERE id = ?", (source,)).fetchone()
        n, rows = found if found else (0, 0)
        missing = {
            row
            for first, count in self.db.execute("SELECT first, count FROM nobody WHERE n = ?", (n,))
            for row in range(first, first + count)
        }
        return [f"{source}.{row}" for row in range(1, rows + 1) if row not in missing]

    def unreadable(self) -> list[tuple[str, int]]:
        """The places (log, position) of entries that are not taken in.

        A newer program wrote them, or they are of a kind, or in a name, in which the member of that log may add none.
        """
        rows = self.db.execute("SELECT log.id, position FROM unreadable u JOIN log ON log.n = u.log ORDER BY 1, 2")
        return [(log, position) for log, position in rows]

    def returned(self) -> list[tuple[str, int, str]]:
        """(log, position, keyed digest) of what lies in the archive though what it is, or speaks of, was erased."""
        rows = self.db.execute("SELECT log.id, position, gone FROM returned r JOIN log ON log.n = r.log ORDER BY 1, 2")
        return [(log, position, gone) for log, position, gone in rows]

    def open_runs(self) -> tuple[str, ...]:
        """The linkage runs that no other has replaced."""
        return tuple(run.id for run in self._runs())

    def standing_run(self) -> Run | None:
        """The run in force: not replaced, whole, and of several such the one with the most mentions, then by id."""
        whole = [run for run in self._runs() if run.whole]
        return min(whole, key=lambda run: (-run.inputs, run.id)) if whole else None

    def _runs(self) -> list[Run]:
        found = self.db.execute(
            "SELECT id, engine, inputs, digest, parts = (SELECT count(*) FROM part WHERE run = run.id) FROM run"
            " WHERE id NOT IN (SELECT old FROM replaced_run) ORDER BY id"
        )
        return [Run(*row) for row in found]

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything the index says, with ids for numbers, sorted: equal for equal sets of entries."""
        for table, words in (("mention_terms", "mention_words"), ("source_terms", "source_words")):
            self.db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{table} USING fts5vocab(main, {words}, instance)")
        return {name: sorted(self.db.execute(query), key=repr) for name, query in _DUMP.items()}

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, one process at a time; what others put in before is known."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            self._logs = dict(self.db.execute("SELECT id, n FROM log"))
            self._sources = dict(self.db.execute("SELECT id, n FROM source_id"))
            self._last = {}
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def _insert(self, chunk: _Chunk, forgotten: Forgotten | None = None) -> None:
        """Insert a chunk at once; where one id stands in it or in the table already, one by one instead."""
        self._writers = forgotten.authors.writers if forgotten else frozenset()
        for other in chunk.others:
            self._other(Stored(*other), forgotten)
        for one, log, position in chunk.stopped:
            self.db.execute("INSERT OR IGNORE INTO stopped VALUES (?, ?, ?)", (one, self._log(log), position))
        for log, position, gone in chunk.returned:
            self._came_back(log, position, gone)
        if not chunk.mentions:
            return
        rows = [
            (self._number(source, row), own_id, name, pair, birth, self._log(log), position)
            for source, row, own_id, name, pair, birth, log, position in chunk.mentions
        ]
        keys = [(row[0], key) for row, key in zip(rows, chunk.keys, strict=True)]
        self.db.execute("SAVEPOINT chunk")
        try:
            self.db.executemany(_INSERT_MENTION, rows)
            self.db.executemany(_INSERT_KEY, keys)
        except sqlite.IntegrityError:
            self.db.execute("ROLLBACK TO chunk")
            for row in rows:
                self._compare(row)
        self.db.execute("RELEASE chunk")

    def _other(self, entry: Stored, forgotten: Forgotten | None = None) -> None:
        try:
            record = from_bytes(entry.body)
            if forgotten is not None:
                self._check_author(record, entry, forgotten.authors)
                if gone := forgotten.drops(record):
                    self._came_back(entry.log, entry.position, gone)
                    return
            self._record(record, entry, self._log(entry.log))
        except BadRecord:
            place = (self._log(entry.log), entry.position)
            self.db.execute("INSERT OR IGNORE INTO unreadable VALUES (?, ?)", place)

    def _check_author(self, record: AnyRecord, entry: Stored, authors: Authors) -> None:
        """Raise BadRecord for what its author may not add; keep on what it hangs that he may."""
        if not authors.may_say(record, entry.log, entry.subjects):
            raise BadRecord("its author may not add such a record, or not in that name")
        stranger = authors.stranger(record, entry.log)
        if stranger in authors.members:
            erasures = [(one,) for one in entry.subjects if authors.anew.get(one) == entry.log]
            self.db.executemany("INSERT OR IGNORE INTO rewritten VALUES (?)", erasures)
        elif stranger:
            self.db.execute("INSERT OR IGNORE INTO stranger VALUES (?)", (stranger,))

    def _came_back(self, log: str, position: int, gone: str) -> None:
        self.db.execute("INSERT OR IGNORE INTO returned VALUES (?, ?, ?)", (self._log(log), position, gone))

    def _log(self, log: str) -> int:
        if log not in self._logs:
            self._logs[log] = self.db.execute("INSERT INTO log (id, size) VALUES (?, 0)", (log,)).lastrowid or 0
        return self._logs[log]

    def _source(self, source: str) -> int:
        if source not in self._sources:
            cursor = self.db.execute("INSERT INTO source_id (id) VALUES (?)", (source,))
            self._sources[source] = cursor.lastrowid or 0
        return self._sources[source]

    def _number(self, source: str, row: int | None) -> int:
        base = self._source(source) << _ROW_BITS
        return self._unlisted(base) if row is None else base | row

    def _unlisted(self, base: int) -> int:
        """The next number for a mention that is not the row of a list."""
        if base not in self._last:
            found = self.db.execute("SELECT max(n) FROM mention WHERE n < ?", (base + (1 << _ROW_BITS),)).fetchone()
            self._last[base] = max(found[0] or 0, base | _UNLISTED)
        self._last[base] += 1
        return self._last[base]

    def _compare(self, row: _MentionRow) -> None:
        """Insert a mention, or keep the smaller of two that claim one id: by whose log, what it says, where it lies."""
        found = self.db.execute("SELECT * FROM mention WHERE n = ? OR id = ?", (row[0], row[1])).fetchone()
        if found is not None:
            if self._order(found) <= self._order(row):
                return
            self.db.execute("DELETE FROM mention WHERE n = ?", (found[0],))
            self.db.execute(_DELETE_KEY, (found[0], fold(found[2] or "")))
        self.db.execute(_INSERT_MENTION, row)
        self.db.execute(_INSERT_KEY, (row[0], fold(row[2] or "")))

    def _order(self, row: _MentionRow) -> tuple[Any, ...]:
        logs = {n: log for log, n in self._logs.items()}
        sources = {n: source for source, n in self._sources.items()}
        said = (repr(value) for value in row[2:5])
        return (logs[row[5]] in self._writers, sources[row[0] >> _ROW_BITS], *said, logs[row[5]], f"{row[6]:015d}")

    def _record(self, record: AnyRecord, entry: Stored, log: int) -> None:
        place = (log, entry.position)
        found = (record.id, kind_of(record), *place)
        self.db.execute("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?)", found)
        about = {(subject, *place) for subject in subjects_of(record)}
        self.db.executemany("INSERT OR IGNORE INTO subject VALUES (?, ?, ?)", sorted(about))
        match record:
            case Source():
                self._keep_source(record, entry, place)
            case Outline():
                self._keep_outline(record, entry, place)
            case Judgement():
                judged = [(record.id, record.verdict.value, record.by, record.at, one) for one in record.mentions]
                self.db.executemany("INSERT OR IGNORE INTO judgement VALUES (?, ?, ?, ?, ?)", judged)
            case Label():
                row = (record.id, record.about, record.name)
                self.db.execute("INSERT OR IGNORE INTO label VALUES (?, ?, ?, ?)", (*row, record.at))
            case LinkageRun():
                run = (
                    record.id,
                    f"{record.engine} {record.version}",
                    record.at,
                    record.inputs,
                    record.input_digest,
                    record.parts,
                )
                self.db.execute("INSERT OR IGNORE INTO run VALUES (?, ?, ?, ?, ?, ?)", run)
                replaced = [(old, record.id) for old in record.replaces]
                self.db.executemany("INSERT OR IGNORE INTO replaced_run VALUES (?, ?)", replaced)
            case Partition():
                self.db.execute("INSERT OR IGNORE INTO part VALUES (?, ?)", (record.run, record.part))
                members = ((record.run, mention, person[0]) for person in record.persons for mention in person)
                self.db.executemany("INSERT OR IGNORE INTO member VALUES (?, ?, ?)", members)
            case Correction():
                row = (record.id, record.old, record.new or "")
                self.db.execute("INSERT OR IGNORE INTO correction VALUES (?, ?, ?)", row)
            case _:
                pass

    def _keep_source(self, source: Source, entry: Stored, place: tuple[int, int]) -> None:
        n, body = self._source(source.id), entry.body
        # Of two records the stricter terms hold; of equal ones, the whole rather than what was redacted.
        rank = 2 * _RANK[source.terms] + source.redacted + self._behind_others(entry)
        if not self._replaces(n, rank, body, place):
            return
        columns = " ".join(column.role for column in source.layout.columns) if source.layout else ""
        row = (
            *(n, rank, sha256(body).hexdigest(), *place),
            *(source.terms.value, source.form.value, source.kind, _text(source.title)),
            *(_text(source.publisher), _text(source.author), _text(source.published), source.language),
            *(_text(source.url), source.original.digest, source.original.size, " ".join(source.gaps)),
            *("\n".join(source.notes), source.rows, columns, len(source.text)),
        )
        self._put_source(row)
        words = "\n".join(filter(None, (_text(source.title), source.text)))
        folded = (n, words, fold(words))
        self.db.execute("INSERT INTO source_words (rowid, words, folded) VALUES (?, ?, ?)", folded)

    def _behind_others(self, entry: Stored) -> int:
        return _OF_WRITERS if entry.log in self._writers else 0

    def _keep_outline(self, outline: Outline, entry: Stored, place: tuple[int, int]) -> None:
        """What is known of a source to who may not see it whole; a source itself always takes its place."""
        n, body = self._source(outline.id), entry.body
        rank = _OUTLINES + _RANK[outline.terms] + self._behind_others(entry)
        if not self._replaces(n, rank, body, place):
            return
        row = (
            *(n, rank, sha256(body).hexdigest(), *place, outline.terms.value, outline.form.value, outline.kind, None),
            *(None, None, _text(outline.published), outline.language, None, "", 0, "", ""),
            *(outline.rows, " ".join(outline.columns), 0),
        )
        self._put_source(row)
        nobody = [(n, rows.first, rows.count) for rows in outline.nobody]
        self.db.executemany("INSERT OR REPLACE INTO nobody VALUES (?, ?, ?)", nobody)

    def _replaces(self, n: int, rank: int, body: bytes, place: tuple[int, int]) -> bool:
        """Whether this record of a source goes before the one that is here, if any; that one is then taken out."""
        logs = {number: log for log, number in self._logs.items()}
        found = self.db.execute("SELECT rank, tie, log, position FROM source WHERE n = ?", (n,)).fetchone()
        if found is None:
            return True
        order = (rank, sha256(body).hexdigest(), logs[place[0]], place[1])
        if (found[0], found[1], logs[found[2]], found[3]) <= order:
            return False
        self.db.execute("DELETE FROM source WHERE n = ?", (n,))
        self.db.execute("DELETE FROM source_words WHERE rowid = ?", (n,))
        self.db.execute("DELETE FROM nobody WHERE n = ?", (n,))
        return True

    def _put_source(self, row: tuple[Any, ...]) -> None:
        self.db.execute(f"INSERT INTO source VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def delete(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _connect(path: Path | None, key: bytes) -> Any:
    """A connection with the key set first of all, and the schema in place.

    The index is not the truth, so it need not survive a power cut: `synchronous` is off, and a broken file is replayed.
    """
    db = sqlite.connect(":memory:" if path is None else str(path), isolation_level=None, timeout=INDEX_WAIT_SECONDS)
    try:
        db.execute("PRAGMA cipher_log_level = NONE")
        if path is not None:
            db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "temp_store = MEMORY", "secure_delete = ON"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("PRAGMA cache_size = -65536")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            db.execute("BEGIN IMMEDIATE")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _statements():
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA}")
                version = SCHEMA
            db.execute("COMMIT")
        if version != SCHEMA:
            raise IndexBroken
    except BaseException:
        db.close()
        raise
    return db


def _statements() -> list[str]:
    text = files("guvoh.casebook").joinpath("schema.sql").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [statement for statement in "\n".join(lines).split(";") if statement.strip()]


def _text(answer: Answer) -> str | None:
    return None if isinstance(answer, Absent) else answer


@lru_cache(maxsize=1 << 16)
def _years(birth: str | None) -> tuple[int | None, int | None]:
    if birth is None:
        return None, None
    try:
        span = DateSpan.parse(birth)
    except NotADate:
        return None, None
    return span.earliest.year if span.earliest else None, span.latest.year if span.latest else None


_DUMP = {
    "log": "SELECT id, size FROM log",
    "record": "SELECT id, kind, log, position FROM records",
    "subject": "SELECT id, log, position FROM subjects",
    "source": (
        "SELECT id, rank, tie, log, position, terms, form, kind, title, publisher, author, published, language, url,"
        " digest, size, gaps, notes, rows, columns, characters FROM sources"
    ),
    "mention": "SELECT id, source, row, name, pair, birth, log, position FROM mentions",
    "words": "SELECT v.term, m.id FROM mention_terms v JOIN mentions m ON m.n = v.doc",
    "texts": "SELECT v.term, v.col, v.offset, i.id FROM source_terms v JOIN source_id i ON i.n = v.doc",
    "run": "SELECT * FROM run",
    "replaced_run": "SELECT * FROM replaced_run",
    "part": "SELECT * FROM part",
    "member": "SELECT * FROM member",
    "correction": "SELECT * FROM correction",
    "nobody": "SELECT i.id, first, count FROM nobody JOIN source_id i USING (n)",
    "judgement": "SELECT * FROM judgement",
    "label": "SELECT * FROM label",
    "stopped": "SELECT s.id, log.id, position FROM stopped s JOIN log ON log.n = s.log",
    "returned": "SELECT log.id, position, gone FROM returned r JOIN log ON log.n = r.log",
    "unreadable": "SELECT log.id, position FROM unreadable u JOIN log ON log.n = u.log",
}
