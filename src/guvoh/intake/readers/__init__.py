"""Readers of foreign files: bytes in, messages of `guvoh.intake.found` out. They run in a confined process."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from guvoh.intake.found import End, Found, Request, Unreadable, Why, decode_request, encode
from guvoh.intake.readers import lists, pages, texts
from guvoh.intake.readers.encodings import encoding_of, read_all

MOST_BYTES = 256 << 20  # of any file; a list is held as bytes while its rows are read

_LIST_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv"})
_PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".shtml"})
_SAYS_SOMETHING = re.compile(rb"[^\0 \t\r\n\x0b\x0c\xef\xbb\xbf\xff\xfe]")


def read(request: bytes, data: BinaryIO) -> Iterator[bytes]:
    """Read one file: an `Item`, for a list `Rows`, and an `End`, each encoded as a message.

    request  an encoded `found.Request`
    Raises Unreadable, and nothing else, when the file is empty, too large, or no text.
    """
    asked = decode_request(request)
    raw = read_all(data, min(asked.max_bytes, MOST_BYTES), "files")
    if not _SAYS_SOMETHING.search(raw):
        raise Unreadable(Why.EMPTY, "it is empty")
    for message in _found(asked, raw):
        yield encode(message)


def _found(asked: Request, raw: bytes) -> Iterator[Found]:
    suffix = asked.name_hint.casefold()
    if pages.looks_like_page(raw[:4096]) or suffix in _PAGE_SUFFIXES:
        yield from _page(raw)
        return
    encoding = encoding_of(raw)
    is_list = suffix in _LIST_SUFFIXES or asked.columns is not None
    if is_list or lists.looks_like_list(lists.first_lines(raw, encoding)):
        yield from lists.read_list(raw, encoding, asked.source, asked.columns)
        return
    if len(raw) > texts.MOST_BYTES:
        raise Unreadable(Why.TOO_LARGE, f"a text of more than {texts.MOST_BYTES >> 20} MB is not read")
    item = texts.read_text(raw, encoding)
    yield item
    yield End(notes=item.notes)


def _page(raw: bytes) -> Iterator[Found]:
    truncated = len(raw) > pages.MOST_BYTES
    raw = raw[: pages.MOST_BYTES]
    item = pages.read_page(raw, encoding_of(raw, declared=True, whole=not truncated), truncated=truncated)
    yield item
    yield End(notes=item.notes)
