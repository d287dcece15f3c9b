"""The sealed, append-only archive: logs of opaque entries, keys, evidence, verification. See docs/spec/archive.md."""
