"""A key under which the usual spellings of one name meet: a plain transliteration, folded.

Cyrillic letters of Uzbek, Tajik, Kyrgyz, Kazakh, Turkmen and Russian are first written in Latin ones; then what clerks
confuse is made equal: х, ҳ, kh, x, h; ж, ҷ, дж, zh, j; қ, к, q; нг, ң; all of а, о, ў, у, ө, ү; all of е, и, ы, э, y;
иё, ия, ие. Endings that come and go with registration (-ов, -ев, -зода; -ович, ўғли, угли, уулу, кызы) are dropped. A
key is made of small Latin letters, ч and ш; letters of other scripts stand as they are. The key is for finding and for
proposing, never for deciding; it says nothing about where a person is from.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# fmt: off
_LATIN = str.maketrans({
    **dict(zip("абвгдезийклмнопрстуфхцыэі", "abvgdeziyklmnoprstufhsiei", strict=True)),
    **dict(zip("ўқғҳҷӣӯөүәұһҗѓќ", "okghjiuouauhjgk", strict=True)),
    "ё": "yo", "ж": "j", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": "", "ю": "yu", "я": "ya", "ң": "ng",
    "ň": "ng", "ŋ": "ng", "ş": "sh", "ç": "ch", "ž": "j", "ə": "a", "ı": "i", "ɵ": "o",
})
_SOUNDS = {
    **dict.fromkeys(("sh", "sch", "shch", "tsh", "skh", "sx"), "ш"),
    **dict.fromkeys(("zh", "dzh", "dj", "zkh", "zx"), "j"),
    **dict.fromkeys(("ia", "io", "ie", "iia", "iie", "iya", "iyo", "iye", "ya", "yo"), "a"),
    **dict.fromkeys(("iu", "iiu", "iyu", "yu"), "u"),
    **dict.fromkeys(("ng", "ngg", "ngh"), "n"),
    **dict(zip("ceoqwxy", "kiakvhi", strict=True)),
    "ye": "i", "ch": "ч", "tch": "ч", "kh": "h", "gh": "g", "ph": "f", "ts": "s",
}
# fmt: on
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_APOSTROPHES = re.compile("['`´ʹʻʼʽʾʿˈˊˋ‘’‛′＇\u0300-\u036f]")
_TOKEN = re.compile(r"[^\W\d_]+")
_DOUBLED = re.compile(r"(.)\1+")
_SON_OF = frozenset({"ugli", "agli", "uglu", "aglu", "uli", "ulu", "kizi", "gizi", "bin", "ibn", "zada", "zadi"})
_FATHER = re.compile(r"(?:[ai]v(?:iч|na)|[ua]gl[iu]|ul[iu]|[kg]izi)$")
_FAMILY = re.compile(r"(?:zad[aiu]|[ai]v(?:[aiu]|im|ai)?)$")
"""Russian cases too: a text says -ову and -овым."""
_LEAST_STEM = 3
_LONGEST_WORD = 500
"""Letters of a word; beyond it there are no names, but data."""
_MOST_MARKS = 30
"""On one letter: as many as any writing needs, and some more (UAX #15, section 13)."""


@lru_cache(maxsize=1 << 18)
def _key(token: str) -> tuple[str, bool]:
    """The key of one word, and whether it is a name after the father; "" for a word that only says "son of"."""
    plain = token[:_LONGEST_WORD].translate(_LATIN)
    if not plain.isascii():
        plain = _bare(plain)
    folded = _DOUBLED.sub(r"\1", _SOUND.sub(lambda found: _SOUNDS[found[0]], plain))
    if folded in _SON_OF:
        return "", True
    father = _cut(folded, _FATHER)
    stem = _cut(father, _FAMILY)
    stem = stem.rstrip("aiu") if len(stem) > _LEAST_STEM else stem
    return _DOUBLED.sub(r"\1", stem.replace("u", "a")), father != folded


def _bare(text: str) -> str:
    """Letters without marks that are in no table: é, ï, ǵ. What is no letter goes: a superscript, a fraction."""
    letters = (c for c in unicodedata.normalize("NFKD", text).lower() if c.isalpha())
    return unicodedata.normalize("NFC", "".join(letters)).translate(_LATIN)


def _cut(word: str, ending: re.Pattern[str]) -> str:
    stem = ending.sub("", word)
    return stem if len(stem) >= _LEAST_STEM else word


def fold_token(token: str) -> str:
    """The key of one word of a name, lower-cased; "" for a word that only says "son of"."""
    return _key(token)[0]


def words(name: str) -> list[str]:
    """The words of a name, lower-cased; apostrophes are part of a word and vanish."""
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFC", _unstacked(name)).lower())
    return _TOKEN.findall(plain)


def _unstacked(text: str) -> str:
    """The text without marks beyond what one letter can bear: to put n marks in order takes time as n squared."""
    if len(text) <= _MOST_MARKS or text.isascii():
        return text
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


@lru_cache(maxsize=1 << 18)
def _fold_piece(piece: str) -> str:
    """What stands between two blanks, folded: mostly one word. Names repeat, so this is nearly always remembered."""
    return " ".join(filter(None, map(fold_token, words(piece))))


def fold(name: str) -> str:
    """The keys of a name's words in the order written, with single spaces; "" if there is no letter in it."""
    return " ".join(filter(None, map(_fold_piece, name.split())))


def pair_key(name: str, surname: str | None = None, given: str | None = None) -> str:
    """Surname and given name as one key whatever their order, or "" where there are not two full words.

    name  the full name; where a list does not tell the two apart, its first two words that are not the father's name
    """
    if surname and given and " " not in surname:
        first, second = _part(surname)[0], _part(given.partition(" ")[0])[0]
    else:
        first, second, *_ = *_own_names(name), "", ""
    if len(first) < 2 or len(second) < 2:
        return ""
    return f"{first} {second}" if first < second else f"{second} {first}"


def _own_names(name: str) -> list[str]:
    """The keys of the words that are not the father's name; of all words where fewer than two are left."""
    parts: list[tuple[str, bool]] = []
    for piece in name.split():
        key, father = _part(piece)
        if key:
            parts.append((key, father))
        elif father and parts:
            parts[-1] = (parts[-1][0], True)
    own = [key for key, father in parts if not father]
    return own if len(own) > 1 else [key for key, _ in parts]


@lru_cache(maxsize=1 << 18)
def _part(piece: str) -> tuple[str, bool]:
    """One part of a name as one key: Абдул-Рахман is Абдулрахман. And whether it is a name after the father."""
    read = [_key(word) for word in words(piece)]
    return "".join(key for key, _ in read), bool(read) and read[-1][1]
