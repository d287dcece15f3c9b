"""Names as written, in any script: for now a plain transliteration to a key; parts, sounds and likeness follow."""
