"""Three ways of saying nothing, which are never mixed up.

`Absence.UNKNOWN`      the source was asked, or says itself, that it is not known
`Absence.NONE_STATED`  the source says that there was none
`None`                 the source does not say, or nobody asked
"""

import re
import unicodedata
from enum import StrEnum


class Absence(StrEnum):
    """What a source says where it gives no value. That it says nothing at all is `None`, and no Absence."""

    UNKNOWN = "unknown"  # asked and not known, or said to be not known
    NONE_STATED = "none"  # said to be none: no lawyer, no patronymic, no debt


# In the form that _plain gives: lower case, no apostrophes, ё as е. English, Russian, Uzbek (both scripts), Kyrgyz,
# Tajik, Kazakh, Turkmen, Ukrainian.
_UNKNOWN = """
unknown|not known|dont know|do not know|no data|no information
неизвестно|не известно|неизвестен|неизвестна|неизвестны|не знаю|не установлено|не установлен|не установлена
нет данных|нет сведений|данных нет|сведений нет|н/д
nomalum|malum emas|bilmayman|malumot yoq
номаълум|маълум эмас|билмайман|маълумот йуқ|маълумот йўқ
белгисиз|билбейм|маалымат жок
маълум нест|намедонам|маълумот нест
белгісіз|мәлімет жоқ
näbelli
невідомо|невідомий|невідома|немає даних
"""
_NONE_STATED = """
none|нет|не имеет|не имеется|отсутствует|отсутствуют|yoq|йўқ|йуқ|жок|нест|надорад|жоқ|ýok|немає
"""
_NOT_STATED = """
n/a|na|not stated|not given|not specified|не указано|не указан|не указана|не указаны
korsatilmagan|кўрсатилмаган|көрсөтүлгөн эмес|нишон дода нашудааст
"""


def _words(table: str) -> frozenset[str]:
    return frozenset(re.split(r"[|\n]", table.strip()))


_MEANING: dict[str, Absence] = {
    **dict.fromkeys(_words(_UNKNOWN), Absence.UNKNOWN),
    **dict.fromkeys(_words(_NONE_STATED), Absence.NONE_STATED),
}
_SILENT = _words(_NOT_STATED)
_LONGEST = max(map(len, (*_MEANING, *_SILENT))) + 8  # room for apostrophes, a full stop, spaces

_APOSTROPHES = re.compile("['`´‘’‛ʻʼʹʽ′＇]")
_DASHES = re.compile(r"[-‐‑‒–—―−_./\s]*")
_QUESTIONS = re.compile(r"[?？\s]*[?？][?？\s]*")


def read_absence(cell: str) -> Absence | None:
    """Read a word that stands where a value should: "неизвестно", "noma'lum", "?", "нет".

    None means that the cell holds no such word: it holds a value, or it is silent (see `is_silent`). An empty cell, a
    dash and "n/a" are silent: they may mean unknown, none or not asked, and the source does not say which.
    """
    if len(cell) > _LONGEST:
        return None
    if _QUESTIONS.fullmatch(cell):
        return Absence.UNKNOWN
    return _MEANING.get(_plain(cell))


def is_silent(cell: str) -> bool:
    """Say whether a cell says nothing: empty, only dashes or dots, or "n/a" or "not stated" in so many words."""
    if _DASHES.fullmatch(cell):
        return True
    return len(cell) <= _LONGEST and _plain(cell) in _SILENT


def _plain(cell: str) -> str:
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFC", cell)).casefold().replace("ё", "е")
    return " ".join(text.split()).strip(" .()[]")
