"""What a file looks like from outside, and what every reader says of it."""

import re
from typing import BinaryIO

from guvoh.intake.found import Gap, Request, Unreadable, Why
from guvoh.intake.readers.encodings import read_all
from guvoh.values.languages import Language

MOST_BYTES = 256 << 20  # of any file; a list is held as bytes while its rows are read
LONGEST_TITLE = 160  # code points
LIST_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv"})
PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".shtml"})
_SAYS_SOMETHING = re.compile(rb"[^\0 \t\r\n\x0b\x0c\xef\xbb\xbf\xff\xfe]")


def whole(asked: Request, data: BinaryIO) -> bytes:
    """The file's bytes. Raises Unreadable when it is empty or too large."""
    raw = read_all(data, min(asked.max_bytes, MOST_BYTES), "files")
    if not _SAYS_SOMETHING.search(raw):
        raise Unreadable(Why.EMPTY, "it is empty")
    return raw


def is_page(asked: Request, raw: bytes) -> bool:
    return looks_like_page(raw[:4096]) or asked.name_hint.casefold() in PAGE_SUFFIXES


def is_called_a_list(asked: Request) -> bool:
    """Whether its name or the person who adds it says that it is a list."""
    return asked.name_hint.casefold() in LIST_SUFFIXES or asked.columns is not None


def looks_like_page(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a web page."""
    start = head[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    start = re.sub(rb"^(?:<\?xml[^>]*>|<!--.*?-->|\s)+", b"", start, flags=re.DOTALL)
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<meta ", b"<title"))


def gaps(
    *,
    title: str | None = None,
    publisher: str | None = None,
    published: str | None = None,
    author: str | None = None,
    language: Language | None = None,
    url: str | None = None,
) -> list[Gap]:
    """Name what was not found."""
    told = {
        Gap.TITLE: title,
        Gap.PUBLISHER: publisher,
        Gap.PUBLISHED: published,
        Gap.AUTHOR: author,
        Gap.LANGUAGE: None if language is Language.UND else language,
        Gap.URL: url,
    }
    return [gap for gap, value in told.items() if value is None]
