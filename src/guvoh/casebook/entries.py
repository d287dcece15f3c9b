"""A record on its way into the archive."""

from __future__ import annotations

from guvoh.archive.entries import Entry
from guvoh.records.codec import AnyRecord, checked_bytes, subjects_of


def entry(record: AnyRecord, key: str = "") -> Entry:
    """The record as the archive takes it, under its subjects. key: as in `Entry`. Raises BadRecord."""
    return Entry(subjects_of(record), checked_bytes(record), key)
