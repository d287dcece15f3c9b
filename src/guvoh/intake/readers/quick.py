"""The reader of lists alone. What is no list it refuses as such, and `files.read` is asked instead."""

from collections.abc import Iterator
from typing import BinaryIO

from guvoh.intake.found import Unreadable, Why, decode_request, encode
from guvoh.intake.readers import lists
from guvoh.intake.readers.encodings import encoding_of
from guvoh.intake.readers.shapes import is_called_a_list, is_page, whole


def read(request: bytes, data: BinaryIO) -> Iterator[bytes]:
    """As `files.read`, for files that are called lists and are no pages. Raises Unreadable."""
    asked = decode_request(request)
    raw = whole(asked, data)
    if is_page(asked, raw) or not is_called_a_list(asked):
        raise Unreadable(Why.NOT_A_LIST, "it is no list")
    for message in lists.read_list(raw, encoding_of(raw), asked.source, asked.columns):
        yield encode(message)
