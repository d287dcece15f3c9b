"""Text that comes from elsewhere, made safe to print and to send."""

from __future__ import annotations

import os
import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Categories of Unicode that move the cursor, turn the direction, or have no shape of their own."""


def printable(text: object, *, lines: bool = False) -> str:
    """Foreign text as a terminal may safely show it: control and direction characters become visible.

    It stays one line, so that no name can pass for a line of the program's own. lines: keep its line ends and tabs.
    """
    kept = "\n\t" if lines else ""
    return "".join(c if c in kept or unicodedata.category(c) not in _HIDDEN else _visible(c) for c in str(text))


def _visible(letter: str) -> str:
    return {"\n": "\\n", "\t": "\\t"}.get(letter, f"\\u{ord(letter):04x}")


def readable(typed: str) -> str:
    """An argument as text: what was typed in bytes that are no UTF-8 stands as \\xNN."""
    return os.fsencode(typed).decode("utf-8", "backslashreplace")
