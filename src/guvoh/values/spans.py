"""Normal text, and places in it that can be found again.

A span is a W3C Web Annotation TextPositionSelector and TextQuoteSelector in one, counted in Unicode code points.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from guvoh.errors import GuvohError

CONTEXT = 32  # code points kept on each side of a quote

_ZERO_WIDTH_JOINER = "\u200d"
_LINE_ENDS = re.compile("\r\n?")
# The C0 controls other than tab and line feed, and the byte order mark wherever it stands: files that were joined
# together carry one in the middle, and there it would break searches without being seen.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\ufeff]")
_TRAILING_SPACES = re.compile("[ \t]+$", re.MULTILINE)


class NotASpan(GuvohError):
    """These numbers and words are not a place in a text."""

    def __init__(self, start: int, end: int, reason: str) -> None:
        self.start, self.end, self.reason = start, end, reason
        super().__init__(f"{start} to {end} is not a place in this text: {reason}")


class Orphaned(StrEnum):
    """Why a span was not found again in a text that has changed."""

    GONE = "gone"  # the quote does not stand in it
    AMBIGUOUS = "ambiguous"  # the quote stands in it several times, and nothing tells which one is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSpan:
    """A quote and its place: `exact` is text[start:end], and `prefix` and `suffix` are what stands around it.

    start, end     code points from the beginning of the normal text (see `normalise`), end exclusive
    prefix, suffix up to 32 code points; shorter only where the text begins or ends
    """

    start: int
    end: int
    exact: str
    prefix: str = ""
    suffix: str = ""

    def __post_init__(self) -> None:
        if self.start < 0 or self.end <= self.start:
            raise NotASpan(self.start, self.end, "it must start at 0 or later and end after its start")
        if len(self.exact) != self.end - self.start:
            raise NotASpan(self.start, self.end, f"the quote is {len(self.exact)} characters long")
        if len(self.prefix) > CONTEXT or len(self.suffix) > CONTEXT:
            raise NotASpan(self.start, self.end, f"prefix and suffix hold at most {CONTEXT} characters")
        if len(self.prefix) > self.start:
            raise NotASpan(self.start, self.end, "the prefix is longer than what stands before")

    @classmethod
    def cut(cls, text: str, start: int, end: int) -> "TextSpan":
        """Quote text[start:end]. Raises NotASpan when that is empty, outside the text, or ends inside a letter."""
        if end > len(text):
            raise NotASpan(start, end, f"the text ends at {len(text)}")
        if start >= 0 and (_splits_letter(text, start) or _splits_letter(text, end)):
            raise NotASpan(start, end, "it cuts a letter from its accent or an emoji in two")
        return cls(
            start=start,
            end=end,
            exact=text[start:end] if start >= 0 else "",
            prefix=text[max(0, start - CONTEXT) : max(0, start)],
            suffix=text[end : end + CONTEXT],
        )

    def found_in(self, text: str) -> "TextSpan | Orphaned":
        """Find this quote again in a text that may have changed, and never guess.

        Tried in turn: the same place with the same words around it; the only place where the quote stands between
        its prefix and suffix; the only place where the quote stands at all. Otherwise the answer is an `Orphaned`,
        which says why. A span that is returned is cut from the new text, with its places and contexts.
        """
        here = self.prefix + self.exact + self.suffix
        if text.startswith(here, self.start - len(self.prefix)) and self._is_whole(text, self.start):
            return TextSpan.cut(text, self.start, self.end)
        between = [place + len(self.prefix) for place in _places(text, here)]
        for places in (between, _places(text, self.exact)):
            whole = _first_two(place for place in places if self._is_whole(text, place))
            if len(whole) == 1:
                return TextSpan.cut(text, whole[0], whole[0] + len(self.exact))
            if whole:
                return Orphaned.AMBIGUOUS
        return Orphaned.GONE

    def _is_whole(self, text: str, start: int) -> bool:
        return not _splits_letter(text, start) and not _splits_letter(text, start + len(self.exact))


def _splits_letter(text: str, at: int) -> bool:
    """Say whether a cut before text[at] would part what is read as one letter, where that is easy to see."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return _ZERO_WIDTH_JOINER in (before, after) or unicodedata.category(after).startswith("M")


def _places(text: str, quote: str) -> Iterator[int]:
    """All places of a quote, overlapping ones too."""
    place = text.find(quote)
    while place >= 0:
        yield place
        place = text.find(quote, place + 1)


def _first_two(places: Iterator[int]) -> list[int]:
    return list(islice(places, 2))


def normalise(text: str) -> str:
    """Give the stable text that spans are counted in; doing it twice changes nothing more.

    Line ends become LF; byte order marks and C0 controls other than tab and LF go; letters are composed (NFC); spaces
    and tabs at the ends of lines go. Nothing else changes: not quotation marks, not no-break spaces, not letters.
    """
    text = _LINE_ENDS.sub("\n", text)
    text = _UNSEEN.sub("", text)
    text = unicodedata.normalize("NFC", text)
    return _TRAILING_SPACES.sub("", text)
