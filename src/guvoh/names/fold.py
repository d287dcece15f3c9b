"""A key under which the usual spellings of one name meet: a plain transliteration, folded.

Cyrillic and Latin letters of Uzbek, Tajik, Kyrgyz, Kazakh, Turkmen and Russian go to one coarse alphabet in which what
clerks confuse is equal: х, ҳ, kh, x, h; ж, ҷ, дж, zh, j; қ, к, q; о, ў, а; e, i, y. Endings that come and go with
registration (-ов, -ев, -зода; -ович, ўғли, угли, уулу, кызы) are dropped. The key is for finding and for proposing,
never for deciding; it says nothing about where a person is from.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LETTERS = {
    **dict(zip("абвгдезийклмнпрстуфхцыэі", "abvgdiziiklmnprstufhsiii", strict=True)),
    "ё": "a",
    "ж": "j",
    "о": "a",
    "ч": "C",
    "ш": "S",
    "щ": "S",
    "ъ": "",
    "ь": "",
    "ю": "u",
    "я": "a",
    "ў": "a",
    "қ": "k",
    "ғ": "g",
    "ҳ": "h",
    "ҷ": "j",
    "ӣ": "i",
    "ӯ": "u",
    "ө": "a",
    "ү": "u",
    "ң": "n",
    "ә": "a",
    "ұ": "u",
    "һ": "h",
    "җ": "j",
    "ѓ": "g",
    "ќ": "k",
    **dict(zip("abdefghijklmnopqrstuvwxyz", "abdifghijklmnapkrstuvvhiz", strict=True)),
    "c": "k",
    "ş": "S",
    "ç": "C",
    "ž": "j",
    "ň": "n",
    "ý": "i",
    "ä": "a",
    "ö": "a",
    "ü": "u",
    "ğ": "g",
    "ı": "i",
}
_TOGETHER = [
    ("дж", "j"), ("ий", "i"), ("ый", "i"), ("нг", "n"), ("йў", "a"), ("йо", "a"), ("ё", "a"),
    ("dzh", "j"), ("sch", "S"), ("shch", "S"), ("zh", "j"), ("kh", "h"), ("gh", "g"), ("sh", "S"), ("ch", "C"),
    ("ts", "s"), ("ph", "f"), ("yo", "a"), ("io", "a"), ("ya", "a"), ("ia", "a"), ("yu", "u"), ("iu", "u"),
    ("ye", "i"), ("ie", "i"), ("yy", "i"), ("iy", "i"), ("ng", "n"),
]  # fmt: skip
_APOSTROPHES = re.compile("['`´ʹʻʼʽˈ‘’‛′＇]")
_TOKEN = re.compile(r"[^\W\d_]+")
_TOGETHER_PATTERN = re.compile("|".join(sorted((re.escape(a) for a, _ in _TOGETHER), key=len, reverse=True)))
_TOGETHER_KEYS = dict(_TOGETHER)
_DOUBLED = re.compile(r"(.)\1+")
_FATHER = re.compile(r"(?:avi[Cc]|ivi[Cc]|avna|ivna|ugli|ugl|agli|uli|ulu|kizi|kiz)$")
_FAMILY = re.compile(r"(?:zada|zadi|ava|iva|av|iv)$")
_PARTICLES = frozenset({"ugli", "agli", "uli", "ulu", "kizi", "uul", "bin", "ibn"})
_LEAST_STEM = 3


@lru_cache(maxsize=1 << 18)
def fold_token(token: str) -> str:
    """The key of one word of a name; "" for a word that only says "son of"."""
    plain = _TOGETHER_PATTERN.sub(lambda found: _TOGETHER_KEYS[found[0]], token)
    folded = _DOUBLED.sub(r"\1", "".join(_LETTERS.get(c, c) for c in plain))
    if folded in _PARTICLES:
        return ""
    for ending in (_FATHER, _FAMILY):
        stem = ending.sub("", folded)
        if len(stem) >= _LEAST_STEM:
            folded = stem
    return folded.rstrip("aiu") if len(folded) > _LEAST_STEM else folded


def words(name: str) -> list[str]:
    """The words of a name, lower-cased; apostrophes are part of a word and vanish."""
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFC", name).lower())
    return _TOKEN.findall(plain)


@lru_cache(maxsize=1 << 18)
def _fold_piece(piece: str) -> str:
    """What stands between two blanks, folded: mostly one word. Names repeat, so this is nearly always remembered."""
    return " ".join(filter(None, map(fold_token, words(piece))))


def fold(name: str) -> str:
    """The keys of a name's words in the order written, with single spaces; "" if there is no letter in it."""
    return " ".join(filter(None, map(_fold_piece, name.split())))


def pair_key(name: str, surname: str | None = None, given: str | None = None) -> str:
    """Surname and given name as one key whatever their order, or "" where there are not two full words.

    name  the full name; its first two words stand for both where a list does not tell them apart
    """
    parts = fold(f"{surname} {given}" if surname and given and " " not in surname else name).split(" ")[:2]
    return " ".join(sorted(parts)) if len(parts) == 2 and all(len(part) > 1 for part in parts) else ""
