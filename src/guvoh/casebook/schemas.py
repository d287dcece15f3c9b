"""The JSON Schema of the records, for programs that print it."""

from __future__ import annotations

from guvoh.records.codec import schema as schema
