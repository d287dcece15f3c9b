"""The languages and scripts that sources are written in."""

import unicodedata
from bisect import bisect_right
from collections import Counter
from enum import StrEnum
from typing import Literal


class Language(StrEnum):
    """The language of a text, as a BCP 47 tag; Uzbek is written in two scripts and keeps them apart."""

    EN = "en"
    RU = "ru"
    UZ_LATN = "uz-Latn"
    UZ_CYRL = "uz-Cyrl"
    KY = "ky"
    TG = "tg"
    KK = "kk"
    TK = "tk"
    UK = "uk"
    UND = "und"  # another language, or not known

    def called(self, language: Literal["en", "ru"] = "en") -> str:
        """Name this language in English or Russian."""
        return LANGUAGE_NAMES[language][self]


class Script(StrEnum):
    """A writing system, as an ISO 15924 code, or OTHER for any that Guvoh does not tell apart."""

    LATN = "Latn"
    CYRL = "Cyrl"
    ARAB = "Arab"
    OTHER = "Other"


LANGUAGE_NAMES: dict[str, dict[Language, str]] = {
    "en": {
        Language.EN: "English",
        Language.RU: "Russian",
        Language.UZ_LATN: "Uzbek (Latin)",
        Language.UZ_CYRL: "Uzbek (Cyrillic)",
        Language.KY: "Kyrgyz",
        Language.TG: "Tajik",
        Language.KK: "Kazakh",
        Language.TK: "Turkmen",
        Language.UK: "Ukrainian",
        Language.UND: "other or not known",
    },
    "ru": {
        Language.EN: "английский",
        Language.RU: "русский",
        Language.UZ_LATN: "узбекский (латиница)",
        Language.UZ_CYRL: "узбекский (кириллица)",
        Language.KY: "кыргызский",
        Language.TG: "таджикский",
        Language.KK: "казахский",
        Language.TK: "туркменский",
        Language.UK: "украинский",
        Language.UND: "другой или не определён",
    },
}

# ISO 639 codes of two and three letters; Uzbek is missing here because only its letters tell which of the two it is.
_BY_CODE = {
    "en": Language.EN,
    "eng": Language.EN,
    "ru": Language.RU,
    "rus": Language.RU,
    "ky": Language.KY,
    "kir": Language.KY,
    "tg": Language.TG,
    "tgk": Language.TG,
    "kk": Language.KK,
    "kaz": Language.KK,
    "tk": Language.TK,
    "tuk": Language.TK,
    "uk": Language.UK,
    "ukr": Language.UK,
}
_UZBEK_CODES = frozenset({"uz", "uzb", "uzn"})
_UZBEK_BY_SCRIPT = {Script.LATN: Language.UZ_LATN, Script.CYRL: Language.UZ_CYRL}

# First and last code point of the blocks whose letters belong to one script.
_BLOCKS = (
    (0x0041, 0x02AF, Script.LATN),
    (0x0400, 0x052F, Script.CYRL),
    (0x0600, 0x06FF, Script.ARAB),
    (0x0750, 0x077F, Script.ARAB),
    (0x0870, 0x08FF, Script.ARAB),
    (0x1C80, 0x1C8F, Script.CYRL),
    (0x1D00, 0x1D25, Script.LATN),
    (0x1E00, 0x1EFF, Script.LATN),
    (0x2C60, 0x2C7F, Script.LATN),
    (0xA640, 0xA69F, Script.CYRL),
    (0xA722, 0xA7FF, Script.LATN),
    (0xFB00, 0xFB06, Script.LATN),
    (0xFB50, 0xFDFF, Script.ARAB),
    (0xFE70, 0xFEFE, Script.ARAB),
    (0xFF21, 0xFF5A, Script.LATN),
)
_FIRSTS = tuple(first for first, _, _ in _BLOCKS)
_MICRO_SIGN = "\u00b5"  # a letter to Unicode, but of no script


def script_of(text: str) -> Script | None:
    """Say in which script most letters of a text are; None when it has no letters.

    Digits, marks and modifier letters (the turned comma of Uzbek oʻ) belong to no script and do not count. Of two
    scripts with equally many letters the one that comes first in the text wins.
    """
    letters: Counter[Script] = Counter()
    for character, times in Counter(text).items():
        if character.isalpha() and unicodedata.category(character) != "Lm" and character != _MICRO_SIGN:
            letters[_script_of_letter(character)] += times
    return max(letters, key=letters.__getitem__) if letters else None


def _script_of_letter(letter: str) -> Script:
    point = ord(letter)
    block = bisect_right(_FIRSTS, point) - 1
    if block < 0:
        return Script.OTHER
    _, last, script = _BLOCKS[block]
    return script if point <= last else Script.OTHER


def with_script(code: str, text: str) -> Language:
    """Make a language of a detected or declared code ("uz", "ru-RU", "kir") and the text it was said about.

    Uzbek is decided by the letters of the text, whatever script the code names: pages declare it wrongly. An unknown
    code, and Uzbek in neither Latin nor Cyrillic letters, is `Language.UND`.
    """
    primary = code.strip().lower().replace("_", "-").partition("-")[0]
    if primary not in _UZBEK_CODES:
        return _BY_CODE.get(primary, Language.UND)
    script = script_of(text)
    return Language.UND if script is None else _UZBEK_BY_SCRIPT.get(script, Language.UND)
