"""What is asked at a desk and what it answers: plain values that can pass to another process."""

from __future__ import annotations

import msgspec

from guvoh.records.base import Terms as Terms


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A question, an answer, or a part of one."""


class Nothing(Value, frozen=True, kw_only=True):
    """A question without particulars."""


class Verify(Value, frozen=True, kw_only=True):
    """evidence: also open every original, and compare it with the digest that was recorded when it came in."""

    evidence: bool = False


# --- while something is done


class Step(Value, frozen=True, kw_only=True, tag="step"):
    """How far a task is, in its own unit. total 0: not known."""

    task: str
    done: int
    total: int


class Said(Value, frozen=True, kw_only=True, tag="said"):
    """Something a person should know now."""

    text: str


WAITING = Said(text="another guvoh is writing to this archive; waiting")


class ColumnSeen(Value, frozen=True, kw_only=True):
    number: int
    heading: str
    role: str
    why: str


class FileAdded(Value, frozen=True, kw_only=True, tag="file"):
    """What became of one file. outcome: added, known (the same bytes are there already), failed."""

    typed: str
    outcome: str
    source: str = ""
    form: str = ""
    size: int = 0
    rows: int = 0
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[ColumnSeen, ...] = ()
    error: str = ""


Progress = Step | Said | FileAdded

# --- adding


class FileAsked(Value, frozen=True, kw_only=True):
    """typed: for people; path: absolute, in bytes, for not every name is text."""

    typed: str
    path: bytes


class Add(Value, frozen=True, kw_only=True):
    """columns: a mapping that a person corrected, heading or number to role; it holds for every list of this call."""

    files: tuple[FileAsked, ...]
    terms: Terms = Terms.PUBLIC
    columns: dict[str, str] | None = None
    erased: str = ""
    """Of rows that resemble an erased person: "leave-out", "other-person", or not decided: the file is not added."""


class Added(Value, frozen=True, kw_only=True):
    files: tuple[FileAdded, ...]
    missing: tuple[str, ...] = ()
    """Protections that this system cannot give to the process that reads foreign files."""

    @property
    def failed(self) -> int:
        return sum(file.outcome == "failed" for file in self.files)


# --- looking


class SourceSeen(Value, frozen=True, kw_only=True):
    """One source for the eyes of a member: with title, and the file's name as it came in."""

    id: str
    form: str
    terms: Terms
    title: str | None
    publisher: str | None
    author: str | None
    published: str | None
    language: str | None
    url: str | None
    size: int
    rows: int
    columns: tuple[str, ...]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    digest: str


class Sources(Value, frozen=True, kw_only=True):
    sources: tuple[SourceSeen, ...]


class Show(Value, frozen=True, kw_only=True):
    """reason: why names and texts are to be seen; without one they are kept back."""

    id: str
    reason: str = ""


class Cell(Value, frozen=True, kw_only=True):
    label: str
    value: str


class ReceiptSeen(Value, frozen=True, kw_only=True):
    at: str
    by: str
    file_name: str
    modified: str | None
    program: str
    capture: tuple[Cell, ...]
    """How a copy of something published was taken; what nobody recorded is said to be so."""


class Shown(Value, frozen=True, kw_only=True):
    """One record for the eyes of a member.

    fields    what is recorded, in order
    text      a source's text; cells: a row's
    """

    id: str
    kind: str
    terms: Terms | None = None
    fields: tuple[Cell, ...] = ()
    receipts: tuple[ReceiptSeen, ...] = ()
    columns: tuple[ColumnSeen, ...] = ()
    cells: tuple[Cell, ...] = ()
    text: str = ""
    spoken_of_by: int = 0
    kept_back: bool = False
    """Whether there is more, which is shown for a reason."""


class Search(Value, frozen=True, kw_only=True):
    text: str
    most: int = 50


class MentionFound(Value, frozen=True, kw_only=True):
    id: str
    source: str
    row: int | None
    name: str
    birth: str | None
    terms: Terms


class TextFound(Value, frozen=True, kw_only=True):
    source: str
    title: str
    passage: str
    terms: Terms


class Found(Value, frozen=True, kw_only=True):
    """people, texts: how many there are in all; the tuples hold the first ones."""

    key: str
    people: int
    mentions: tuple[MentionFound, ...]
    texts: int
    passages: tuple[TextFound, ...]


# --- counting


class ListSeen(Value, frozen=True, kw_only=True):
    label: str
    source: str
    title: str
    rows: int
    people: int
    columns: tuple[str, ...]


class LeftOut(Value, frozen=True, kw_only=True):
    what: str
    count: int
    why: str


class People(Value, frozen=True, kw_only=True):
    """Mentions, the people they are taken for, and the lists they stand on.

    overlaps      (lists, lists) people: shared by each pair; the diagonal is each list's own
    times_listed  people on exactly 1, 2, ... lists
    """

    run: str | None
    engine: str
    mentions: int
    people: int
    lists: tuple[ListSeen, ...]
    overlaps: tuple[tuple[int, ...], ...]
    times_listed: tuple[int, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    """What a reader of these figures must know."""


class Estimated(Value, frozen=True, kw_only=True):
    lists: tuple[str, ...]
    method: str
    seen: int
    estimate: float | None
    lower: float | None
    upper: float | None
    level: float
    refused: str | None
    words: str
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]


class Count(Value, frozen=True, kw_only=True):
    people: People
    estimates: tuple[Estimated, ...]


class Report(Value, frozen=True, kw_only=True):
    """A report as one HTML page. reference: of the disclosure that records it, "" where nothing can be written."""

    html: str
    reference: str
    sources: int
    people: int


class LogChecked(Value, frozen=True, kw_only=True):
    log: str
    entries: int
    unfinished: int


class Problem(Value, frozen=True, kw_only=True):
    """where: the place in the archive's folder."""

    where: str
    what: str


class Checked(Value, frozen=True, kw_only=True):
    """What verifying found. problems: (place in the folder, what is wrong there)."""

    archive: str
    read: bool
    entries: int
    evidence: int
    logs: tuple[LogChecked, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]
