"""Passphrases: offer good ones, and say in plain words why a poor one is refused."""

import math
import re
import secrets
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Literal

from guvoh.errors import GuvohError

Tongue = Literal["en", "ru", "uz"]

# How many words are offered: 66 bits of chance in English and Russian, 73 in Uzbek, whose list is shorter.
OFFERED: dict[Tongue, int] = {"en": 6, "ru": 6, "uz": 7}
FEWEST_WORDS = 6

SHORTEST = 16  # characters
JUDGED = 1000  # characters; what follows could only make it better
DISTINCT_WORDS = 5
SHORTEST_MIXED = 20  # characters, where there are no five words
MIXED_KINDS = 3  # of small letters, capital letters, digits, signs
COUNTED_OF_ONE_KIND = 3  # neighbours
DISTINCT_CHARACTERS = 6
SHORTEST_WORD = 3  # letters; anything shorter adds nothing that counts
SHORTEST_RUN = 4  # keys beside each other, or letters and digits in their order

_KEY_ROWS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz"),
    *("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "абвгдежзийклмнопрстуфхцчшщъыьэюя"),
)
_APOSTROPHES = re.compile("['`´‘’ʻʼ]")
_LETTERS = re.compile(r"[^\W\d_]+")


class TooFewWords(GuvohError):
    """So few words make no passphrase."""

    def __init__(self, words: int) -> None:
        self.words = words
        super().__init__(f"{words} words are too few for a passphrase: ask for {FEWEST_WORDS} or more")


class StuckRandomness(GuvohError):
    """The source of chance gives the same again and again."""

    def __init__(self) -> None:
        super().__init__("the source of random numbers repeats itself, so no passphrase can be made with it")


def offer(language: Tongue, words: int | None = None, rng: Callable[[int], int] = secrets.randbelow) -> str:
    """Make a passphrase of common words, divided by spaces. It is never one that `weakness` refuses.

    words  how many; by default as many as OFFERED says for the language
    rng    gives a number from 0 to below its argument, each equally likely
    """
    wanted = OFFERED[language] if words is None else words
    if wanted < FEWEST_WORDS:
        raise TooFewWords(wanted)
    choice = words_of(language)
    for _ in range(100):  # one of six words in about 65,000 has only four different words and is drawn again
        phrase = " ".join(choice[rng(len(choice))] for _ in range(wanted))
        if weakness(phrase) is None:
            return phrase
    raise StuckRandomness


def bits(language: Tongue, words: int) -> float:
    """Say how many bits of chance are in an offered passphrase: each bit doubles the work of guessing."""
    return words * math.log2(len(words_of(language)))


@cache
def words_of(language: Tongue) -> tuple[str, ...]:
    """The words that are offered in a language."""
    return _lines(f"passphrase_{language}.txt")


def weakness(passphrase: str) -> str | None:
    """Say why a passphrase is refused, or None when it is good enough. The reason never repeats the passphrase.

    Good enough are five different words, or 20 characters of mixed kinds; what everybody tries first (key rows,
    alphabets, common passwords) does not count. It cannot see a line of a song or a name with a birthday.
    """
    text = unicodedata.normalize("NFKC", passphrase[:JUDGED]).strip()
    solid = "".join(text.split())
    small = solid.casefold()
    if len(text) < SHORTEST:
        return f"it is shorter than {SHORTEST} characters"
    if _LETTERS.search(text) is None:
        return "it has no letters, and dates and numbers are quickly guessed"
    repeats = small in (small + small)[1:-1]  # a text lies across the seam of its double only if it repeats a part
    if repeats or len(set(small)) < DISTINCT_CHARACTERS:
        return "it repeats the same few characters"
    words = _LETTERS.findall(_APOSTROPHES.sub("", text.casefold()))
    telling = {word for word in words if len(word) >= SHORTEST_WORD and len(_without_what_is_tried_first(word)) > 1}
    if len(telling) >= DISTINCT_WORDS:
        return None
    if len(set(words)) < DISTINCT_WORDS <= len(words):
        return f"it repeats its words: take {DISTINCT_WORDS} different ones, or better {FEWEST_WORDS}"
    rest = _without_what_is_tried_first(solid)
    if len(rest) < len(solid) / 2:
        return "it is made of what is tried first: neighbouring keys, alphabets, counting or common passwords"
    if _mixed_length(rest) < SHORTEST_MIXED or len(set(map(_kind, rest))) < MIXED_KINDS:
        return (
            f"it has fewer than {DISTINCT_WORDS} different words; without them it needs {SHORTEST_MIXED} characters "
            "that mix small and capital letters, digits and signs, and no word, year or row of keys"
        )
    return None


@cache
def _tried_first() -> re.Pattern[str]:
    """Match common passwords, and stretches of a key row or an alphabet in either direction."""
    rows = [row for straight in _KEY_ROWS for row in (straight, straight[::-1])]
    stretches = {
        row[start:end] for row in rows for start in range(len(row)) for end in range(start + SHORTEST_RUN, len(row) + 1)
    }
    longest_first = sorted(stretches.union(_lines("common_passwords.txt")), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def _without_what_is_tried_first(text: str) -> str:
    return _tried_first().sub("", text)


def _lines(name: str) -> tuple[str, ...]:
    listed = resources.files("guvoh.words") / "data" / name
    return tuple(listed.read_text(encoding="utf-8").split())


def _mixed_length(text: str) -> int:
    """Count characters, but of neighbours of one kind only the first three: a word or a year is quickly guessed."""
    return sum(min(len(list(group)), COUNTED_OF_ONE_KIND) for _, group in groupby(text, key=_kind))


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "capital" if character.isupper() else "small"
    return "sign"
