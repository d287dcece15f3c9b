"""Plain text: letters, articles and notes that were saved without anything around them."""

import re

from guvoh.intake.found import Item, Kind, Note, Unreadable, Why
from guvoh.intake.readers.encodings import Encoding, decode
from guvoh.intake.readers.shapes import LONGEST_TITLE, gaps
from guvoh.intake.readers.tongues import language_of
from guvoh.values.languages import Language
from guvoh.values.spans import normalise

MOST_BYTES = 64 << 20
LONGEST_TITLE_WORDS = 25

_SENTENCE_END = re.compile(r"[.,;:…]$")
_SALUTATION = re.compile(
    r"^(?:dear|hello|hi|to|from|subject|date|уважаем\w+|здравствуй\w*|дорог\w+|кому|от|hurmatli|assalom\w*|ҳурматли|ассалом\w*"
    r"|урматтуу|кымбаттуу|саламатсыз\w*|муҳтарам|мӯҳтарам|ба|салом)\b",
    re.IGNORECASE,
)


def read_text(raw: bytes, encoding: Encoding) -> Item:
    """Give a plain text as a source; only its title and language can be told from it."""
    decoded = decode(raw, encoding)
    text = normalise(decoded)
    if not text.strip():
        raise Unreadable(Why.EMPTY, "it holds no letters")
    title, language = _headline(text), language_of(text)
    notes = list(encoding.notes)
    if "\0" in decoded:
        notes.append(Note.NUL_BYTES)
    if "\ufffd" in decoded and Note.REPLACED not in notes:
        notes.append(Note.REPLACED)
    if language is Language.UND:
        notes.append(Note.OTHER_LANGUAGE)
    return Item(
        kind=Kind.TEXT,
        title=title,
        publisher=None,
        published=None,
        author=None,
        language=language,
        url=None,
        text=text,
        encoding=encoding.name,
        gaps=gaps(title=title, language=language),
        notes=notes,
    )


def _headline(text: str) -> str | None:
    """The first line, if it stands alone, is short, and neither ends as a sentence nor begins as a letter."""
    lines = text.strip("\n").split("\n")
    first = lines[0].strip()
    alone = len(lines) > 2 and not lines[1].strip() and any(line.strip() for line in lines[2:])
    if not alone or len(first) > LONGEST_TITLE or not 2 <= len(first.split()) <= LONGEST_TITLE_WORDS:
        return None
    if _SENTENCE_END.search(first) or _SALUTATION.match(first) or not first.lstrip("\"'«»“”„([{")[:1].isupper():
        return None
    return first
