"""Records: everything that can be said in an archive, as types; to bytes and back. See docs/spec/records.md."""
