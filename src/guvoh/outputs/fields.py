"""What every field of every kind of record is, and at which level such a thing may leave. The gate reads this table.

A kind or a field that is not here does not leave. tests/outputs/test_fields.py compares the table with the types.
"""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """For whose eyes (docs/decisions/consent.md, "What leaves at which level")."""

    INTERNAL = "internal"
    """The member's own eyes, on his own screen."""
    COUNSEL = "counsel"
    """The whole case, privileged, to a named lawyer."""
    ANNEX = "annex"
    """What a lawyer hands to a court: the same without what can be used against the person."""
    UN = "un"
    TRACING = "tracing"
    """The Red Cross, or a search project: never mixed with evidence."""
    ANONYMOUS = "anonymous"
    """Everybody: files, `--json`, reports."""


class Sort(StrEnum):
    """What sort of thing a field holds."""

    OPEN = "open"
    """An id, a term of our own, a number of ours: it says nothing of anybody."""
    LINK = "link"
    """Ids of other records."""
    NAME = "name"
    """Names, and numbers of documents."""
    TRAIT = "trait"
    """What tells a person beside his name: birth, sex, citizenship, where he is from."""
    CODE = "code"
    """A claim, as a code of the codebook; what the record says hangs on it."""
    DATE = "date"
    PLACE = "place"
    """It leaves below counsel only where its type is stated, and is no place of custody."""
    CUSTODY = "custody"
    """Charge, article, sentence, colony: never beside a name below counsel."""
    INCRIMINATING = "incriminating"
    """What can be used against the person, whatever its code: pay, rank, weapon, unit, time at the front."""
    OFFICE = "office"
    """An authority or an actor by name, or a reference of its own."""
    WORDS = "words"
    """Free words, of a source or of ours: nobody can vouch for whom they name."""
    PUBLISHED = "published"
    """Of a published source: who published it."""
    PARTS = "parts"
    """Terms with values; each term has a sort of its own."""
    OURS = "ours"
    """Members, contacts, keys, files, reasons: never for others' eyes."""


_O, _L, _N, _T, _C, _D = Sort.OPEN, Sort.LINK, Sort.NAME, Sort.TRAIT, Sort.CODE, Sort.DATE
_P, _W, _U, _X = Sort.PLACE, Sort.WORDS, Sort.OURS, Sort.PARTS

_CASE = frozenset({Sort.OPEN, Sort.LINK, Sort.NAME, Sort.TRAIT, Sort.CODE, Sort.DATE, Sort.PLACE, Sort.PARTS})
LEAVES: dict[Level, frozenset[Sort]] = {
    Level.INTERNAL: frozenset(Sort),
    Level.COUNSEL: frozenset(Sort) - {Sort.OURS},
    Level.ANNEX: _CASE | {Sort.PUBLISHED},
    Level.UN: _CASE | {Sort.OFFICE, Sort.PUBLISHED},
    Level.TRACING: _CASE,
    Level.ANONYMOUS: frozenset({Sort.OPEN, Sort.CODE, Sort.DATE}),
}

_DECISION: dict[str, Sort] = {"id": _O, "by": _U, "at": _U, "reason": _U}


def _ours(*fields: str) -> dict[str, Sort]:
    return dict.fromkeys(fields, _U)


FIELDS: dict[str, dict[str, Sort]] = {
    "source": {
        "id": _O, "terms": _O, "form": _O, "kind": _O, "language": _O, "published": _D,
        "publisher": Sort.PUBLISHED, "title": _W, "author": _W, "url": _W,
        **_ours("original", "text", "encoding", "notes", "layout", "reader", "gaps", "rows", "redacted"),
    },
    "outline": {"id": _O, "terms": _O, "form": _O, "kind": _O, "language": _O, "rows": _O, "published": _D,
                **_ours("columns", "nobody")},
    "receipt": {**_DECISION, **_ours("source", "file_name", "modified", "program", "capture")},
    "mention": {
        "id": _O, "source": _L, "row": _L, "span": _W, "name": _N, "surname": _N, "given": _N, "patronymic": _N,
        "birth": _T, "age": _T, "sex": _T, "citizenship": _T, "origin": _T, "institution": Sort.CUSTODY, "place": _P,
        "identifier": _N, "dates": _X, "cells": _W, "doubts": _W, "group": _W,
    },
    "judgement": {**_DECISION, **_ours("mentions", "verdict")},
    "linkage-run": {**_DECISION, **_ours("engine", "version", "settings", "input_digest", "inputs", "replaces",
                                         "parts", "refused", "allowed")},
    "partition": {"id": _O, **_ours("run", "part", "persons")},
    "statement": {
        "id": _O, "source": _L, "kind": _O, "about": _L, "code": _C, "attributes": _X, "value": _W, "stance": _O,
        "speaker": _W, "basis": _O, "said": _D, "when": _D, "where": _P, "language": _O, "span": _W,
        "translation": _W, "translated_to": _W, "codebook": _W,
    },
    "event": {"id": _O, "statements": _L, "code": _C, "when": _D, "where": _P, "place_type": _P, "involved": _W,
              "pattern": _W},
    "actor": {"id": _O, "names": Sort.OFFICE, "kind": Sort.OFFICE, "parent": Sort.OFFICE, "place": Sort.OFFICE,
              "since": Sort.OFFICE, "until": Sort.OFFICE, "state_link": Sort.OFFICE, "state_link_basis": _U},
    "consent": {**_DECISION, **_ours(
        "about", "scopes", "statements", "given_on", "given_by", "age", "guardian", "on_behalf", "cannot_ask",
        "authority", "language", "interpreter", "method", "witness", "explained", "text_version", "recipients",
        "values", "home_state", "expires", "review", "safe_contact", "unsafe_contact", "replaces", "apart",
        "withdrawn")},
    "authority": {**_DECISION, **_ours("holder", "about", "document", "valid_from", "valid_until")},
    "case": {**_DECISION, "about": _L, "needs": _W, "urgency": _W, "owner": _U, "closed": _U},
    "action": {**_DECISION, "case": _L, "code": _C, "addressee": Sort.OFFICE, "sent": _D, "due": _U,
               "reference": Sort.OFFICE, "response": _O, "responded": _D},
    "finding": {**_DECISION, "conclusion": _W, "standard": _W, "supporting": _W, "contradicting": _W, "second": _U},
    "release": {**_DECISION, **_ours("about", "level", "recipient", "recipient_key", "body", "state")},
    "seconding": {**_DECISION, **_ours("release")},
    "disclosure": {**_DECISION, **_ours("reference", "recipient", "level", "records", "consents", "digest",
                                        "release", "part")},
    "correction": {**_DECISION, **_ours("old", "new")},
    "note": {**_DECISION, **_ours("about", "text")},
    "label": {**_DECISION, **_ours("about", "name")},
    "session": {**_DECISION, **_ours("until", "device", "program", "added", "opened", "exported")},
    "backup": {**_DECISION, **_ours("place", "heads")},
}  # fmt: skip

PARTS: dict[str, dict[str, Sort]] = {
    "dates": {
        "lost_contact": _D, "report": _D, "death": _D, "taken": _D, "transfer": Sort.CUSTODY,
        "contract": Sort.INCRIMINATING, "capture": Sort.INCRIMINATING,
    },
    "attributes": {
        "certainty": _O, "urgency": _O, "uniform": _W, "vehicle": _W, "language spoken": _W, "place type": _P,
        "charge": Sort.CUSTODY, "article": Sort.CUSTODY, "sentence": Sort.CUSTODY, "term": Sort.CUSTODY,
        "colony": Sort.CUSTODY, "institution": Sort.CUSTODY, "regime": Sort.CUSTODY,
        "amount": Sort.INCRIMINATING, "currency": Sort.INCRIMINATING, "period": Sort.INCRIMINATING,
        "rank": Sort.INCRIMINATING, "weapon": Sort.INCRIMINATING, "unit": Sort.INCRIMINATING,
        "position": Sort.INCRIMINATING, "callsign": Sort.INCRIMINATING, "time at the front": Sort.INCRIMINATING,
        "received": Sort.INCRIMINATING, "tag number": Sort.INCRIMINATING,
        "promiser": Sort.OFFICE, "office": Sort.OFFICE, "reference": Sort.OFFICE,
    },
}  # fmt: skip
"""By the field that holds them: what each term is. A term that is not here leaves in the counsel file alone."""

TERMS: dict[str, frozenset[str]] = {
    "certainty": frozenset({"confirmed", "probable", "reported", "doubtful"}),
    "urgency": frozenset({"hours", "days", "weeks"}),
}
"""What an open term may say below counsel, beside a code of the codebook."""
