"""Ids: short names for records that say nothing about what is in them."""

import base64
import re
import secrets
from collections.abc import Callable
from typing import NewType

from guvoh.errors import GuvohError

RecordId = NewType("RecordId", str)
SourceId = NewType("SourceId", str)
MentionId = NewType("MentionId", str)

MAX_LENGTH = 80
_ID = re.compile(rf"[a-z0-9][a-z0-9.-]{{0,{MAX_LENGTH - 1}}}")

_RANDOM_BYTES = 13  # 104 bits, of which the first 100 fill 20 letters of 5 bits
_RANDOM_LETTERS = 20


class NotAnId(GuvohError):
    """A text that should be an id is none. `text` is cut to 80 characters."""

    def __init__(self, text: str) -> None:
        self.text = text[:MAX_LENGTH]
        shown = self.text if len(text) <= MAX_LENGTH else self.text[:-3] + "..."
        super().__init__(
            f"{shown!r} is not an id: an id has 1 to {MAX_LENGTH} characters of a-z, 0-9, dot and hyphen, "
            "and starts with a letter or digit"
        )


def check_id(text: str) -> str:
    """Give back a text that is an id. Raises NotAnId."""
    if _ID.fullmatch(text) is None:
        raise NotAnId(text)
    return text


def new_id(prefix: str, rng: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Make an id that nobody else makes: the prefix, a hyphen and 20 letters (a-z, 2-7) of 100 random bits.

    rng  gives that many random bytes; a fixed one makes a run repeatable
    """
    letters = base64.b32encode(rng(_RANDOM_BYTES))[:_RANDOM_LETTERS].decode("ascii").lower()
    return check_id(f"{prefix}-{letters}")


def row_id(source: SourceId, row: int) -> MentionId:
    """Name the mention that stands in one row of a list; the first row under the headings is 1."""
    mention = f"{source}.{row}"
    if row < 1 or len(mention) > MAX_LENGTH:
        raise NotAnId(mention)
    return MentionId(mention)
