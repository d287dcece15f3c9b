"""Sources and what is known of how they came in."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from guvoh.records.base import (
    Answer,
    Code,
    DateAnswer,
    Decision,
    Id,
    Moment,
    Position,
    Record,
    Sha256,
    Term,
    Terms,
    Tongue,
    Whole,
    check_dates,
)


class Form(StrEnum):
    """How the item is laid out, not what it is: that is its `kind`, a code of list ST."""

    TEXT = "text"
    PAGE = "page"
    LIST = "list"


class Original(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The original bytes: their digest and size, and where they lie sealed."""

    digest: Sha256
    size: Whole
    evidence: str
    sealed_digest: str
    sealed_size: Whole
    key: Id


class Column(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One column of a list, as it was understood: by its heading, by its values, or as a person said."""

    number: Position
    heading: str
    role: Term
    certainty: Term
    why: str
    style: str | None = None


class Layout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A list's columns; what it claims to cover is asked later and is not recorded until then."""

    delimiter: str
    columns: tuple[Column, ...]
    definition: Answer = None
    """Who is on the list, by its issuer's rule."""
    period: DateAnswer = None
    complete: Answer = None

    def __post_init__(self) -> None:
        check_dates(self, "period")


class Capture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a copy of something published was taken (Berkeley Protocol, "Collection"). None: not recorded."""

    url: str | None = None
    captured_at: DateAnswer = None
    captured_by: str | None = None
    tool: str | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        check_dates(self, "captured_at")


class Source(Record, frozen=True, kw_only=True, tag="source"):
    """One item that came in. What could not be found in it is named in `gaps`, never guessed.

    id        a keyed digest of the original bytes: the same bytes on two laptops of one archive are one source
    text      the normal text (guvoh.values.spans.normalise); anchors of statements count its code points
    rows      of a list: how many mentions it brought
    redacted  it stands for a source from which something was erased; `original` is then the derivative file, not
              what came in
    """

    terms: Terms
    form: Form
    original: Original
    kind: Code | None = None
    title: Answer = None
    publisher: Answer = None
    author: Answer = None
    published: DateAnswer = None
    language: Tongue | None = None
    url: Answer = None
    text: str = ""
    encoding: str = ""
    gaps: tuple[Term, ...] = ()
    notes: tuple[str, ...] = ()
    layout: Layout | None = None
    rows: Whole = 0
    reader: str = ""
    redacted: bool = False

    def __post_init__(self) -> None:
        check_dates(self, "published")


class Rows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows of a list one after another."""

    first: Position
    count: Position


class Outline(Record, frozen=True, kw_only=True, tag="outline"):
    """What is known of a source without any name or text, for readers who may not see identities.

    id       the source's own
    columns  of a list: what each column means, in order; never its heading
    nobody   rows that stand for no person: a total, a heading, no name, or erased
    """

    terms: Terms
    form: Form
    kind: Code | None = None
    published: DateAnswer = None
    language: Tongue | None = None
    rows: Whole = 0
    columns: tuple[Term, ...] = ()
    nobody: tuple[Rows, ...] = ()

    def __post_init__(self) -> None:
        check_dates(self, "published")


def outline(source: Source, nobody: Iterable[tuple[int, int]] = ()) -> Outline:
    """nobody: rows that stand for no person, as (first, number of rows)."""
    return Outline(
        id=source.id,
        terms=source.terms,
        form=source.form,
        kind=source.kind,
        published=source.published,
        language=source.language,
        rows=source.rows,
        columns=tuple(column.role for column in source.layout.columns) if source.layout else (),
        nobody=tuple(Rows(first=first, count=count) for first, count in nobody),
    )


class Receipt(Decision, frozen=True, kw_only=True, tag="receipt"):
    """How a source came into this archive: who added it, when, from which file. Proof of possession starts here."""

    source: Id
    file_name: str
    modified: Moment | None = None
    """When the file was last changed, as its file system claimed."""
    program: str
    capture: Capture = Capture()
