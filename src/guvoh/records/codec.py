"""Records to canonical bytes and back, their subjects, and their JSON Schema.

Canonical bytes are a profile of RFC 8785 (JSON Canonicalization Scheme): keys are ASCII and sorted, numbers are
integers below 2^53, text is UTF-8 as it stands; fields at their default are left out. Within the profile the bytes
equal RFC 8785's (tested against an independent implementation).
"""

from __future__ import annotations

from typing import Any

import msgspec

from guvoh.records import decisions, people, sources, statements
from guvoh.records.base import BadRecord, Record
from guvoh.values.spans import NotASpan

AnyRecord = (
    sources.Source
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
    | decisions.Disclosure
    | decisions.Correction
    | decisions.Note
)
KINDS: tuple[type[Record], ...] = AnyRecord.__args__
LARGEST_INTEGER = 2**53 - 1

_encoder = msgspec.json.Encoder(order="sorted")
_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)

to_bytes = _encoder.encode
"""A record's canonical bytes. The record's type has checked everything but the size of its integers."""


def from_bytes(body: bytes) -> AnyRecord:
    """Take a record from its bytes. Raises BadRecord; its message holds nothing of the bytes."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadRecord(_without_content(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRecord("it is not JSON") from None
    except NotASpan:
        raise BadRecord("a span of text in it cannot be") from None


def _without_content(message: str) -> str:
    """msgspec names the place (`at $.birth`) after the reason, which can quote a value: keep the place alone."""
    _, found, place = message.rpartition(" - at `")
    return f"something is wrong at {place.rstrip('`')}" if found else "it is of no kind that is known here"


def kind_of(record: Record) -> str:
    return str(type(record).__struct_config__.tag)


def subjects_of(record: AnyRecord) -> tuple[str, ...]:
    """The ids that a record speaks of, so that an erasure finds what was derived from them. Its own id is first."""
    match record:
        case people.Mention():
            return (record.source,)
        case sources.Source():
            return (record.id,)
        case sources.Receipt():
            return (record.source,)
        case people.Partition():
            return (record.run,)
        case people.LinkageRun():
            return (record.id,)
        case people.Judgement():
            return (record.id, *record.mentions)
        case statements.Statement():
            return (record.id, record.source, *record.about)
        case statements.Event():
            return (record.id, *record.statements, *(part.who for part in record.involved))
        case statements.Actor():
            return (record.id, *record.state_link_basis)
        case decisions.Consent():
            return (record.id, *record.about, *record.statements)
        case decisions.Authority() | decisions.Case() | decisions.Note():
            return (record.id, *record.about)
        case decisions.Action():
            return (record.id, record.case)
        case decisions.Finding():
            return (record.id, *record.supporting, *record.contradicting)
        case decisions.Disclosure():
            return (record.id, *record.records)
        case decisions.Correction():
            return (record.id, record.old, *([record.new] if record.new else []))


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of every kind of record."""
    (any_record,), components = msgspec.json.schema_components([AnyRecord], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guvoh records, format 1",
        **any_record,
        "$defs": dict(sorted(components.items())),
    }
