"""Records to canonical bytes and back, their subjects, and their JSON Schema.

Canonical bytes are a profile of RFC 8785 (JSON Canonicalization Scheme): keys are ASCII and sorted, numbers are
integers below 2^53, text is UTF-8 as it stands; fields at their default are left out. Within the profile the bytes
equal RFC 8785's (tested against an independent implementation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from guvoh.records import custody, decisions, people, sources, statements
from guvoh.records.base import BadRecord, Record
from guvoh.values.spans import NotASpan

AnyRecord = (
    sources.Source
    | sources.Outline
    | sources.Receipt
    | people.Mention
    | people.Judgement
    | people.LinkageRun
    | people.Partition
    | statements.Statement
    | statements.Event
    | statements.Actor
    | decisions.Consent
    | decisions.Authority
    | decisions.Case
    | decisions.Action
    | decisions.Finding
    | decisions.Release
    | decisions.Seconding
    | decisions.Disclosure
    | decisions.Correction
    | decisions.Note
    | custody.Label
    | custody.Session
    | custody.Backup
)
KINDS: tuple[type[Record], ...] = AnyRecord.__args__

ENDS_MENTION = b'"type":"mention"}'
"""How the canonical bytes of every mention end: keys are sorted, and it has none after its type."""
_MISSING = re.compile(r"Object missing required field `([a-z_]+)`")
_PLACE = re.compile(r" - at `(?:key` in `)?(\$[a-z_.\[\]0-9]*)`$")
_encoder = msgspec.json.Encoder(order="sorted")
_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)

to_bytes = _encoder.encode
"""A record's canonical bytes, quickly: a type is checked when bytes are read, not when a record is made in memory."""


def checked_bytes(record: AnyRecord) -> bytes:
    """A record's canonical bytes, after reading them as every reader will. Raises BadRecord."""
    try:
        body = to_bytes(record)
    except UnicodeEncodeError:
        raise BadRecord("a text in it holds half a character") from None
    from_bytes(body)
    return body


def from_bytes(body: bytes) -> AnyRecord:
    """Take a record from its bytes. Raises BadRecord; its message holds nothing of the bytes."""
    try:
        record = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadRecord(_without_content(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRecord("it is not JSON") from None
    except NotASpan:
        raise BadRecord("a span of text in it cannot be") from None
    if isinstance(record, people.Mention):
        people.check_mention(record)
    return record


def _without_content(message: str) -> str:
    """Of msgspec's message keep what is made of our own field names alone: it can quote values and foreign fields."""
    if message.startswith("Object contains unknown field"):
        return "it has a field that is not known here"
    missing = _MISSING.match(message)
    if missing is not None:
        return f"its field {missing[1]!r} is missing"
    place = _PLACE.search(message)
    return f"something is wrong at {place[1]}" if place is not None else "it is of no kind that is known here"


def kind_of(record: Record) -> str:
    return str(type(record).__struct_config__.tag)


def subjects_of(record: AnyRecord) -> tuple[str, ...]:
    """The ids that a record speaks of, so that an erasure finds what was derived from them.

    Ids of members, devices and keys are no subjects, nor is what a consent names beside whom it is about (an authority,
    consents it replaces, mentions that are somebody else). A row of a list is found under its source; any other record
    is found under its own id too, which then comes first. An erasure follows subjects from record to record.
    """
    match record:
        case people.Mention():
            return (record.source,) if record.row is not None else (record.id, record.source)
        case sources.Source() | sources.Outline() | custody.Label() | custody.Backup():
            return (record.id,)
        case sources.Receipt():
            return (record.id, record.source)
        case people.Partition():
            return (record.id, record.run, *_found_under(mention for person in record.persons for mention in person))
        case people.LinkageRun():
            return (record.id, *record.replaces, *_found_under((*record.refused, *record.allowed)))
        case people.Judgement():
            return (record.id, *record.mentions)
        case statements.Statement():
            return (record.id, record.source, *record.about)
        case statements.Event():
            return (record.id, *record.statements, *(part.who for part in record.involved))
        case statements.Actor():
            return (record.id, *([record.parent] if record.parent else []), *record.state_link_basis)
        case decisions.Consent():
            return (record.id, *record.about, *record.statements)
        case decisions.Authority() | decisions.Case() | decisions.Note() | decisions.Release():
            return (record.id, *record.about)
        case decisions.Action():
            return (record.id, record.case)
        case decisions.Finding():
            return (record.id, *record.supporting, *record.contradicting)
        case decisions.Seconding():
            return (record.id, record.release)
        case decisions.Disclosure():
            released = [record.release] if record.release else []
            return (record.id, *record.records, *record.consents, *released)
        case decisions.Correction():
            return (record.id, record.old, *([record.new] if record.new else []))
        case custody.Session():
            opened = (opening.record for opening in record.opened)
            return tuple(dict.fromkeys((record.id, *record.added, *opened, *record.exported)))


def _found_under(mentions: Iterable[str]) -> list[str]:
    """The sources of rows and the ids of other mentions: a part of a run names thousands of rows of few sources."""
    parts = (mention.rpartition(".") for mention in mentions)
    return sorted({source if row.isdecimal() and source else source + dot + row for source, dot, row in parts})


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of every kind of record."""
    (any_record,), components = msgspec.json.schema_components([AnyRecord], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guvoh records, format 1",
        **any_record,
        "$defs": dict(sorted(components.items())),
    }
