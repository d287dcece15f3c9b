"""The reader of every file: text, pages, lists."""

from collections.abc import Iterator
from typing import BinaryIO

from guvoh.intake.found import End, Found, Request, Unreadable, Why, decode_request, encode
from guvoh.intake.readers import lists, pages, texts
from guvoh.intake.readers.encodings import encoding_of
from guvoh.intake.readers.shapes import is_called_a_list, is_page, whole


def read(request: bytes, data: BinaryIO) -> Iterator[bytes]:
    """Read one file: an `Item`, for a list `Rows`, and an `End`, each encoded as a message.

    request  an encoded `found.Request`
    Raises Unreadable, and nothing else, when the file is empty, too large, or no text.
    """
    asked = decode_request(request)
    for message in _found(asked, whole(asked, data)):
        yield encode(message)


def _found(asked: Request, raw: bytes) -> Iterator[Found]:
    if is_page(asked, raw):
        yield from _page(raw)
        return
    encoding = encoding_of(raw)
    if is_called_a_list(asked) or lists.looks_like_list(lists.first_lines(raw, encoding)):
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
