"""Releases: prepared and seen, seconded where many persons are in them, written. At the writing it is decided."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import msgspec

from guvoh import __version__
from guvoh.archive.batches import Batch
from guvoh.archive.control import DECIDES, Role
from guvoh.archive.errors import NotAllowed
from guvoh.casebook.answers import WAITING, Cell, Nothing, Step, Value
from guvoh.casebook.colleagues import pseudonyms
from guvoh.casebook.consenting import BadConsent
from guvoh.casebook.desk import Desk, NoSuchRecord, Tell
from guvoh.casebook.entries import entry
from guvoh.casebook.forgotten import Authors
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.standing import standing
from guvoh.casebook.whose import Whose, is_mention, listed
from guvoh.codebook import load
from guvoh.errors import GuvohError
from guvoh.outputs.gate import BadExit, Exit, Gate, Item, Passed, UnknownLevel, exit_to, item, linked_only
from guvoh.outputs.release import FORMS
from guvoh.outputs.shown import Head, PersonShown
from guvoh.outputs.warnings import Warn, risks_of, warnings_of
from guvoh.records.base import STRICTEST_FIRST, Terms, now
from guvoh.records.codec import AnyRecord, from_bytes
from guvoh.records.decisions import Action, Case, Disclosure, Finding, Release, Seconding
from guvoh.records.people import Mention
from guvoh.records.statements import Event, Statement
from guvoh.sealing.boxes import CannotOpen, Recipient
from guvoh.values.digests import Digest
from guvoh.values.ids import new_id

_MOST_REASON = 500
MOST_ALONE = 10
"""So many persons one member may give out; for more a second one has to agree."""
_AT_ONCE = 256
_MOST_SOURCES = 1024
_MOST_RECORDS = 20_000
"""How many ids one Disclosure holds: an entry must fit into a segment."""


class NotWritten(GuvohError):
    """A file that could not be put where it was wanted. Nothing is there, and nothing was recorded as given out."""

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"the release cannot be written to {path} ({why}); name another place with --out")


class NothingLeaves(GuvohError):
    """A release of which, as things stand now, nothing may be shown."""

    def __init__(self, release: str) -> None:
        self.release = release
        super().__init__(
            f"of what {release} was prepared for nothing may leave now: nothing was written. `guvoh release prepare` "
            "with the same persons says why"
        )


# --- who, and what there is of him


_Place = tuple[str, int]
"""Log and position."""


class _Found(NamedTuple):
    """Everything that is known of one person, as the gate takes it. sources: by id."""

    mentions: tuple[str, ...]
    items: tuple[Item, ...]
    sources: dict[str, Item]
    of_source: dict[str, str]


class _People:
    """Persons of an archive, some hundreds at a time: each part of a log is then opened once for them, and not kept."""

    def __init__(self, desk: Desk, whose: Whose) -> None:
        self._desk, self._whose = desk, whose
        self._sources: dict[str, Item | None] = {}

    def find(self, asked: Sequence[str]) -> Iterator[tuple[str, _Found]]:
        """Each mention that was asked for, and what there is of its person."""
        for start in range(0, len(asked), _AT_ONCE):
            several = asked[start : start + _AT_ONCE]
            persons = {mention: self._whose.person(mention) for mention in several}
            places = {mention: self._places(person) for mention, person in persons.items()}
            wanted = sorted({place for found in places.values() for place in found})
            read = dict(zip(wanted, self._read(wanted), strict=True))
            for mention in several:
                yield mention, self._found(persons[mention], [read[place] for place in places[mention]])

    def _found(self, mentions: tuple[str, ...], found: Sequence[AnyRecord]) -> _Found:
        records = {record.id: record for record in found}
        of_source = {one.id: one.source for one in records.values() if isinstance(one, Mention | Statement)}
        items = tuple(
            item(record, self._terms(record, records), self._about(record, records)) for record in records.values()
        )
        sources = {source: self._source(source) for source in dict.fromkeys(of_source.values())}
        return _Found(mentions, items, {name: one for name, one in sources.items() if one is not None}, of_source)

    def _source(self, source: str) -> Item | None:
        """As the gate takes it, without its text, which is long and never leaves."""
        if source not in self._sources:
            if len(self._sources) >= _MOST_SOURCES:
                self._sources.clear()
            try:
                found = self._desk.source(source)
                self._sources[source] = item(msgspec.structs.replace(found, text="", layout=None), found.terms, ())
            except NoSuchRecord:
                self._sources[source] = None
        return self._sources[source]

    def _places(self, mentions: Sequence[str]) -> list[_Place]:
        """Where his mentions lie, what is said of them, and what hangs on that."""
        places = dict.fromkeys(place for one in mentions if (place := self._place(one)) is not None)
        waiting, seen = list(mentions), set(mentions)
        while waiting:
            rows = self._desk.index.db.execute(
                "SELECT r.id, log.id, s.position FROM subject s JOIN record r USING (log, position)"
                " JOIN log ON log.n = s.log WHERE s.id = ? AND r.kind IN ('statement', 'event', 'finding', 'case',"
                " 'action') AND r.id NOT IN (SELECT old FROM correction) ORDER BY r.id",
                (waiting.pop(0),),
            )
            for record, log, position in rows.fetchall():
                if record not in seen:
                    seen.add(record)
                    waiting.append(record)
                    places[log, position] = None
        return list(places)

    def _place(self, mention: str) -> _Place | None:
        """Where a mention lies; None where it is not here, or was taken back."""
        if self._desk.index.db.execute("SELECT 1 FROM correction WHERE old = ?", (mention,)).fetchone():
            return None
        db = self._desk.index.db
        if (row := listed(mention)) is not None:
            found = db.execute(
                "SELECT log.id, position FROM mention m JOIN log ON log.n = m.log"
                " WHERE m.n = ((SELECT n FROM source_id WHERE id = ?) << 32) + ?",
                row,
            ).fetchone()
        else:
            found = db.execute(
                "SELECT log.id, position FROM mention m JOIN log ON log.n = m.log WHERE m.id = ?", (mention,)
            ).fetchone()
        return (found[0], found[1]) if found else None

    def _read(self, places: Iterable[_Place]) -> Iterator[AnyRecord]:
        return (from_bytes(stored.body) for stored in self._desk.archive.entries_at(places))

    def _about(self, record: AnyRecord, records: dict[str, AnyRecord]) -> tuple[str, ...]:
        """Whom a record speaks of: everybody in it must have allowed it, not only who is asked for."""
        match record:
            case Mention():
                return (record.id,)
            case Statement() | Case():
                return record.about
            case Event():
                involved = [part.who for part in record.involved if is_mention(self._desk, part.who)]
                return self._of_all(record.statements, records, Statement, involved)
            case Finding():
                return self._of_all((*record.supporting, *record.contradicting), records, Statement)
            case Action():
                return self._of_all((record.case,), records, Case)
            case _:
                return ()

    def _of_all(
        self,
        ids: Sequence[str],
        records: dict[str, AnyRecord],
        kind: type[AnyRecord],
        more: Sequence[str] = (),
    ) -> tuple[str, ...]:
        """Everybody whom these are about. Nobody, where one is not here or of another kind: then nobody allowed it."""
        about = list(more)
        for one in ids:
            found = self._look_up(one, records)
            if not isinstance(found, kind):
                return ()
            about += self._about(found, records)
        return tuple(dict.fromkeys(about))

    def _look_up(self, one: str, records: dict[str, AnyRecord]) -> AnyRecord | None:
        if one in records:
            return records[one]
        row = self._desk.index.db.execute("SELECT log, position FROM records WHERE id = ?", (one,)).fetchone()
        return next(self._read([(row[0], row[1])])) if row else None

    def _terms(self, record: AnyRecord, records: dict[str, AnyRecord]) -> Terms | None:
        """Of the source; of what rests on several the strictest; of our own work as the consents say."""
        match record:
            case Mention() | Statement():
                return self._whose.terms_of(record.source)
            case Event():
                return self._strictest(record.statements, records)
            case Finding():
                return self._strictest((*record.supporting, *record.contradicting), records)
            case Case() | Action():
                return Terms.CONSENT
            case _:
                return None

    def _strictest(self, ids: Sequence[str], records: dict[str, AnyRecord]) -> Terms:
        found = []
        for one in ids:
            record = self._look_up(one, records)
            found.append((self._terms(record, records) if record is not None else None) or Terms.INTERNAL)
        return min(found, key=STRICTEST_FIRST.index, default=Terms.INTERNAL)


# --- one person at the gate


class Kept(Value, frozen=True, kw_only=True):
    """Something that is left out. field: "" for the whole record."""

    record: str
    kind: str
    field: str
    why: str


class _Passed(NamedTuple):
    """reasons: as `kept`, without ids. about: everybody of whom something is shown."""

    shown: PersonShown
    kept: tuple[Kept, ...]
    reasons: tuple[str, ...]
    about: frozenset[str]
    warnings: tuple[Warn, ...]
    consents: frozenset[str]
    found: _Found


_WITHOUT_ITS_STATEMENTS = "a statement on which it rests does not leave"


def _statements_first(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda one: one.kind in ("event", "finding"))


def _rests_on_what_leaves(one: Item, passed: Sequence[Passed]) -> bool:
    """Whether all statements leave that an event tells again, with its code, or that a finding draws on."""
    leaving = {other.id: other.values.get("code") for other in passed if other.kind == "statement"}
    rests = {each for name in ("statements", "supporting", "contradicting") for each in one.fields.get(name, ())}
    if not rests <= leaving.keys():
        return False
    code = one.fields.get("code")
    return one.kind != "event" or code is None or code in {leaving[each] for each in rests}


def _at_the_gate(gate: Gate, found: _Found, number: int) -> _Passed:
    passed: list[Passed] = []
    kept: list[Kept] = []
    reasons: list[str] = []
    consents: set[str] = set()
    cited: list[str] = []
    about: set[str] = set()
    for one in _statements_first(found.items):
        answer = gate.ask(one)
        if answer.anything and not _rests_on_what_leaves(one, passed):
            kept.append(Kept(record=one.id, kind=one.kind, field="", why=_WITHOUT_ITS_STATEMENTS))
            reasons.append(_WITHOUT_ITS_STATEMENTS)
            continue
        kept += [Kept(record=one.id, kind=one.kind, field=held.field, why=held.words()) for held in answer.withheld]
        reasons += [held.reason() for held in answer.withheld]
        if answer.anything:
            passed.append(answer)
            consents.update(answer.consents)
            about.update(one.about)
            if one.id in found.of_source:
                cited.append(found.of_source[one.id])
    for source in dict.fromkeys(cited):
        if source in found.sources:
            answer = gate.ask(found.sources[source])
            if answer.anything:
                passed.append(answer)
    # What does not leave is not pointed at either.
    shown = PersonShown(number=number, records=linked_only(passed))
    warnings = warnings_of(gate.exit, found.items, shown, found.sources.values())
    return _Passed(shown, tuple(kept), tuple(reasons), frozenset(about), warnings, frozenset(consents), found)


# --- preparing


class Prepare(Value, frozen=True, kw_only=True):
    """about: a mention of each person. most: how many persons the answer shows; all are counted."""

    about: tuple[str, ...]
    level: str
    recipient: str = ""
    body: str = ""
    state: str = ""
    recipient_key: str = ""
    reason: str = ""
    most: int = 20


class RecordShown(Value, frozen=True, kw_only=True):
    id: str
    kind: str
    values: tuple[Cell, ...]


class Risk(Value, frozen=True, kw_only=True):
    """A law that may be used against the person at home, as reported: to be verified with counsel."""

    state: str
    rule: str
    as_reported: str
    checked_on: str


class PersonPreview(Value, frozen=True, kw_only=True):
    number: int
    mention: str
    mentions: tuple[str, ...]
    shown: tuple[RecordShown, ...]
    left_out: tuple[Kept, ...]
    warnings: tuple[str, ...]
    risks: tuple[Risk, ...]


class Reasoned(Value, frozen=True, kw_only=True):
    why: str
    count: int


class Warned(Value, frozen=True, kw_only=True):
    words: str
    count: int


class Preview(Value, frozen=True, kw_only=True):
    """What would leave. left_out, warnings: over all persons. shown: how many of them something may be shown of."""

    release: str
    level: str
    recipient: str
    body: str
    state: str
    persons: int
    shown: int
    second_needed: bool
    sealed: bool
    people: tuple[PersonPreview, ...]
    left_out: tuple[Reasoned, ...]
    warnings: tuple[Warned, ...]
    notes: tuple[str, ...]


@needs(Need.DECIDES)
def prepare_release(desk: Desk, request: Prepare, tell: Tell) -> Preview:
    """Show what would leave now, and keep what was prepared. It allows nothing. Raises BadConsent, BadExit."""
    exit_ = exit_to(request.level, request.recipient, request.body, request.state)
    record = Release(
        id=new_id("x"),
        by=desk.archive.member,
        at=now(),
        reason=request.reason,
        about=_checked_mentions(desk, request.about),
        level=exit_.level.value,
        recipient=exit_.recipient,
        recipient_key=_recipient(request.recipient_key).text if request.recipient_key else "",
        body=exit_.body or None,
        state=exit_.state or None,
    )
    preview = _previewed(desk, record, request.most, request.reason, tell)
    with desk.archive.batch(lambda: tell(WAITING)) as batch:
        batch.add(entry(record))
    desk.catch_up(tell)
    return preview


class Look(Value, frozen=True, kw_only=True):
    """A release that was prepared, to be seen by who is to agree to it."""

    release: str
    reason: str = ""
    most: int = 20


@needs(Need.DECIDES)
def show_release(desk: Desk, request: Look, tell: Tell) -> Preview:
    """What would leave now of a release that was prepared, by whomever."""
    return _previewed(desk, _release(desk, request.release), request.most, request.reason, tell)


def _previewed(desk: Desk, release: Release, most: int, reason: str, tell: Tell) -> Preview:
    exit_ = _exit_of(release)
    whose = Whose(desk)
    gate, people = Gate(exit_, whose.answers), _People(desk, whose)
    first: list[PersonPreview] = []
    reasons, warned = Counter[str](), Counter[Warn]()
    shown = 0
    about = [one for one in release.about if is_mention(desk, one)]  # who was erased since is not there
    for number, (mention, found) in enumerate(people.find(about), 1):
        passed = _at_the_gate(gate, found, number)
        shown += bool(passed.shown.records)
        reasons.update(passed.reasons)
        warned.update(passed.warnings)
        if number <= most:
            first.append(_preview(desk, whose, mention, passed))
        tell(Step(task="persons", done=number, total=len(about)))
    desk.opened(about[:most], " ".join(reason.split())[:_MOST_REASON] or "release prepared")
    return Preview(
        release=release.id,
        level=release.level,
        recipient=release.recipient,
        body=exit_.body,
        state=exit_.state,
        persons=len(about),
        shown=shown,
        second_needed=len(release.about) > MOST_ALONE,
        sealed=bool(release.recipient_key),
        people=tuple(first),
        left_out=tuple(Reasoned(why=why, count=count) for why, count in reasons.most_common()),
        warnings=tuple(Warned(words=one.words, count=count) for one, count in warned.most_common()),
        notes=exit_.notes(),
    )


def _exit_of(release: Release) -> Exit:
    """Raises BadExit. What stands in a record is not quoted: another version, or somebody else, may have written it."""
    try:
        return exit_to(release.level, release.recipient, release.body or "", release.state or "")
    except UnknownLevel:
        raise BadExit("the release was prepared for a level that this version does not know") from None


def _checked_mentions(desk: Desk, asked: Sequence[str]) -> tuple[str, ...]:
    if not asked:
        raise BadConsent("say whom it is about: a mention of each person")
    about = tuple(dict.fromkeys(asked))
    for one in about:
        if not is_mention(desk, one):
            raise NoSuchRecord(one)
    return about


def _recipient(key: str) -> Recipient:
    try:
        return Recipient(key)
    except CannotOpen:
        raise BadConsent("the key to seal to is no age recipient; one begins with age1") from None


def _preview(desk: Desk, whose: Whose, mention: str, passed: _Passed) -> PersonPreview:
    return PersonPreview(
        number=passed.shown.number,
        mention=mention,
        mentions=passed.found.mentions,
        shown=tuple(RecordShown(id=one.id, kind=one.kind, values=_cells(one)) for one in passed.shown.records),
        left_out=passed.kept,
        warnings=tuple(one.words for one in passed.warnings),
        risks=tuple(
            Risk(state=law.state, rule=law.rule, as_reported=law.as_reported, checked_on=str(law.checked_on))
            for law in risks_of(passed.found.items, whose.day)
        ),
    )


def _cells(passed: Passed) -> tuple[Cell, ...]:
    return tuple(
        Cell(label=name.replace("_", " "), value=_in_words(value))
        for name, value in passed.values.items()
        if name != "id"
    )


def _in_words(value: Any) -> str:
    match value:
        case {"absent": str(absence), **rest} if not rest:
            return {"unknown": "stated as not known", "none": "stated that there is none"}.get(absence, absence)
        case dict():
            return ", ".join(f"{key}: {_in_words(one)}" for key, one in value.items())
        case list() | tuple():
            return ", ".join(_in_words(one) for one in value)
        case _:
            return str(value)


# --- seconding


class Second(Value, frozen=True, kw_only=True):
    release: str
    reason: str = ""


class Seconded(Value, frozen=True, kw_only=True):
    release: str
    by: str


@needs(Need.DECIDES)
def second_release(desk: Desk, request: Second, tell: Tell) -> Seconded:
    """Agree to a release that another member has prepared."""
    release = _release(desk, request.release)
    if release.by == desk.archive.member:
        raise NotAllowed("a release is seconded by another member than the one who prepared it")
    if not request.reason.strip():
        raise NotAllowed("say what you have checked, with --reason")
    record = Seconding(id=new_id("y"), by=desk.archive.member, at=now(), reason=request.reason, release=release.id)
    with desk.archive.batch(lambda: tell(WAITING)) as batch:
        batch.add(entry(record))
    desk.catch_up(tell)
    return Seconded(release=release.id, by=desk.archive.member)


def _release(desk: Desk, wanted: str) -> Release:
    found = [release for _, release in standing(desk, Release) if release.id == wanted]
    if not found:
        raise NoSuchRelease(wanted)
    if any(release != found[0] for release in found):
        raise NotAllowed(f"two releases that differ were prepared as {wanted}: prepare it anew")
    return found[0]


class NoSuchRelease(GuvohError):
    """A release that was not prepared, or was taken back."""

    def __init__(self, release: str) -> None:
        self.release = release
        super().__init__(f"no release {release} was prepared here; `guvoh release list` lists them")


def _seconds(desk: Desk, release: Release) -> tuple[str, ...]:
    """Other members who may decide and have agreed."""
    decide = {one.member for one in desk.archive.members.with_roles(DECIDES - {Role.RECOVERY})}
    found = {record.by for _, record in standing(desk, Seconding) if record.release == release.id}
    return tuple(sorted(one for one in found if one != release.by and one in decide))


# --- writing


class Write(Value, frozen=True, kw_only=True):
    """path: absolute, in bytes, for not every name is text. form: a word of `FORMS`."""

    release: str
    path: bytes
    form: str = "html"


class Written(Value, frozen=True, kw_only=True):
    """persons: of whom something is in it; left_out: of whom nothing may be shown."""

    reference: str
    persons: int
    left_out: int
    records: int
    digest: str
    size: int
    sealed: bool


@needs(Need.DECIDES)
def write_release(desk: Desk, request: Write, tell: Tell) -> Written:
    """Decide anew, write the file, record the disclosure, and only then give the file its name."""
    if request.form not in FORMS:
        raise NotAllowed(f"there is no format {request.form[:20]!r}; one of: {', '.join(FORMS)}")
    if desk.archive.broken:
        raise NotAllowed("a part of the archive cannot be read, and a consent may lie in it: see `guvoh verify`")
    path = Path(os.fsdecode(request.path))
    _check_place(desk, path)
    _check_all_read(desk)
    with _beside(path) as (file, temporary):
        with desk.archive.batch(lambda: tell(WAITING)) as batch:
            desk.catch_up(tell)  # a withdrawal that came in since the preview counts
            release = _release(desk, request.release)
            _check_seconded(desk, release)
            written = Writing(desk, release, request, tell).into(file, batch)
            file.flush()
            os.fsync(file.fileno())
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # never over what stands there
        temporary.replace(path)
    desk.catch_up(tell)
    desk.journal.exported(written.reference)
    return written


def _check_place(desk: Desk, path: Path) -> None:
    """What leaves does not lie in the archive: that folder is copied to sticks."""
    folder = path.parent.resolve()
    for kept in (desk.archive.path.resolve(), desk.archive.home.path.resolve()):
        if folder == kept or kept in folder.parents:
            raise NotWritten(printable_path(path), "that is inside the archive, which is copied from laptop to laptop")


def _check_all_read(desk: Desk) -> None:
    """Raise NotAllowed where somebody who may record consents has left one that this version cannot read."""
    authors = Authors.known(desk.archive)
    for stored in desk.archive.entries_at(desk.index.unreadable()):
        if authors.rights(stored.log) != "little" and _may_be_consent(stored.body):
            raise NotAllowed(
                "a newer version has recorded what may be a consent or a withdrawal: write it with that version"
            )


class _Kind(msgspec.Struct):
    type: str = ""


def _may_be_consent(body: bytes) -> bool:
    try:
        return msgspec.json.decode(body, type=_Kind).type == "consent"
    except msgspec.MsgspecError:
        return True


def _check_seconded(desk: Desk, release: Release) -> None:
    if len(release.about) > MOST_ALONE and not _seconds(desk, release):
        raise NotAllowed(
            f"it is about {len(release.about)} persons, and for more than {MOST_ALONE} a second member has to agree: "
            f"guvoh release second {release.id}"
        )


class Writing:
    """One file: persons go through the gate one after another, and none is kept."""

    def __init__(self, desk: Desk, release: Release, request: Write, tell: Tell) -> None:
        self._desk, self._release, self._request, self._tell = desk, release, request, tell
        self._records: dict[str, None] = {}
        self._consents: set[str] = set()
        self._persons = 0

    def into(self, file: BinaryIO, batch: Batch) -> Written:
        release = self._release
        exit_, whose = _exit_of(release), Whose(self._desk)
        reference = new_id("x")
        head = Head(
            reference=reference,
            level=exit_.level,
            recipient=exit_.recipient,
            body=exit_.route.label("en") if exit_.route is not None else "",
            state=exit_.state,
            day=whose.day,
            version=__version__,
            codebook=load().version,
        )
        out = _Hashing(file)
        with _sealed(out, release.recipient_key) as take:
            FORMS[self._request.form](head, self._people(exit_, whose), take)
        if not self._persons:
            raise NothingLeaves(release.id)
        for part, records in enumerate(_parts(list(self._records)), 1):
            batch.add(entry(self._disclosure(reference, out.digest, records, part)))
        return Written(
            reference=reference,
            persons=self._persons,
            left_out=len(release.about) - self._persons,
            records=len(self._records),
            digest=out.digest,
            size=out.size,
            sealed=bool(release.recipient_key),
        )

    def _people(self, exit_: Exit, whose: Whose) -> Iterator[PersonShown]:
        gate, people = Gate(exit_, whose.answers), _People(self._desk, whose)
        about = [one for one in self._release.about if is_mention(self._desk, one)]  # it may have been erased since
        for done, (_, found) in enumerate(people.find(about), 1):
            passed = _at_the_gate(gate, found, self._persons + 1)
            if passed.shown.records:
                self._persons += 1
                self._records.update(dict.fromkeys(one.id for one in passed.shown.records))
                self._records.update(dict.fromkeys((*passed.found.mentions, *sorted(passed.about))))
                self._consents |= passed.consents
                yield passed.shown
            self._tell(Step(task="persons", done=done, total=len(about)))

    def _disclosure(self, reference: str, digest: Digest, records: Sequence[str], part: int) -> Disclosure:
        return Disclosure(
            id=new_id("o"),
            by=self._desk.archive.member,
            at=now(),
            reference=reference,
            recipient=self._release.recipient or "everybody",
            level=self._release.level,
            records=tuple(records),
            consents=tuple(sorted(self._consents)) if part == 1 else (),
            digest=digest,
            release=self._release.id,
            part=part,
        )


def _parts(records: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(records), _MOST_RECORDS):
        yield records[start : start + _MOST_RECORDS]


class _Hashing:
    """A file that knows the digest and the size of what was written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest = file, hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    @property
    def digest(self) -> Digest:
        return Digest(f"sha256:{self._digest.hexdigest()}")


@contextlib.contextmanager
def _sealed(file: _Hashing, key: str) -> Iterator[Callable[[bytes], object]]:
    """What takes the bytes: the file itself, or a pipe to who seals them. Nothing unsealed touches the disk then."""
    if not key:
        yield file.write
        return
    recipient = _recipient(key)
    reading, writing = os.pipe()

    def seal() -> None:
        with open(reading, "rb") as plain:  # closed when sealing fails, so that who writes does not wait for ever
            recipient.seal_stream(plain, cast(BinaryIO, file))

    with ThreadPoolExecutor(1) as beside:
        sealing = beside.submit(seal)
        try:
            with open(writing, "wb") as sink:
                yield sink.write
        except BrokenPipeError:
            sealing.result()  # raises why
            raise
        sealing.result()


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file for its owner's eyes beside the place where it is to stand, which is gone afterwards."""
    name = printable_path(path)
    if path.exists() or path.is_symlink():
        raise NotWritten(name, "it exists already")
    try:
        descriptor, found = tempfile.mkstemp(prefix=".guvoh-", dir=path.parent)
    except (OSError, ValueError) as error:
        raise NotWritten(name, getattr(error, "strerror", None) or "bad name") from None
    temporary = Path(found)
    try:
        with open(descriptor, "wb") as file:
            yield file, temporary
    except OSError as error:
        raise NotWritten(name, error.strerror or type(error).__name__) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def printable_path(path: Path) -> str:
    return path.name.encode(errors="replace").decode(errors="replace")


# --- what was prepared and written


class ReleaseSeen(Value, frozen=True, kw_only=True):
    id: str
    at: str
    by: str
    level: str
    recipient: str
    body: str
    persons: int
    seconded: tuple[str, ...]
    second_needed: bool
    written: tuple[str, ...]


class Releases(Value, frozen=True, kw_only=True):
    releases: tuple[ReleaseSeen, ...]


@needs(Need.IDENTITIES)
def list_releases(desk: Desk, request: Nothing, tell: Tell) -> Releases:
    """What was prepared, who agreed, and the references under which it was written."""
    written: dict[str, list[str]] = defaultdict(list)
    for _, disclosure in standing(desk, Disclosure):
        if disclosure.release and disclosure.part == 1:
            written[disclosure.release].append(disclosure.reference)
    names = pseudonyms(desk.archive.members)
    return Releases(
        releases=tuple(
            ReleaseSeen(
                id=one.id,
                at=one.at,
                by=names.get(one.by, one.by),
                level=one.level,
                recipient=one.recipient,
                body=one.body or "",
                persons=len(one.about),
                seconded=tuple(names.get(member, member) for member in _seconds(desk, one)),
                second_needed=len(one.about) > MOST_ALONE,
                written=tuple(written.get(one.id, ())),
            )
            for _, one in sorted(standing(desk, Release), key=lambda pair: (pair[1].at, pair[1].id))
        )
    )
