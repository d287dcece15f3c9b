"""Which citizenship a free answer names, or none. The words are in data/states.toml.

Only words for states and for citizenship are known. An answer with any other word in it (formerly, or, from, born in)
is not understood, and a people is no state: somebody who is called an Uzbek may be a citizen of Kyrgyzstan.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from guvoh.codebook.labels import read_data

LONGEST_ANSWER = 200
"""Characters; beyond it is no answer but a story."""
_LONGEST_NAME = 2
"""Words: Russian Federation."""

_APOSTROPHES = re.compile("['`´ʹʻʼʽʾʿˈ‘’‛′＇]")
# Letters with no plain letter inside them, and what is typed where they are missing.
_PLAIN = str.maketrans("ғқҳҷөүұңәіґəıɵ", "гкхчоуунаигaio")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_PARTS = re.compile(r"[,;/+&()«»„“”\"]")
_BETWEEN = re.compile(r"[\s.:]*")


def citizenship(text: str) -> str | None:
    """The one citizenship that an answer names, as ISO 3166-1 alpha-2; None for none, for two, for what is unclear."""
    found = citizenships(text)
    return found[0] if len(found) == 1 else None


def citizenships(text: str) -> tuple[str, ...]:
    """Every citizenship that an answer names, in its order; none of them if any word of it is not understood."""
    if len(text) > LONGEST_ANSWER:
        return ()
    found = [_named(part) for part in _PARTS.split(_fold(text))]
    return () if None in found else tuple(dict.fromkeys(state for part in found for state in part or ()))


def _named(part: str) -> list[str] | None:
    """The states that one part of an answer names; None if it is not understood.

    "Uzbek" says something of citizenship beside a word for it, and where no other state is named: an "Uzbek citizen of
    Russia" is a citizen of Russia, and of what else is not said.
    """
    names, civic, fillers = _tables()
    words = _WORD.findall(part)
    if not _BETWEEN.fullmatch(_WORD.sub("", part)):
        return None
    found: list[str] = []
    people = False
    at = 0
    while at < len(words):
        tried = (tuple(words[at : at + length]) for length in range(_LONGEST_NAME, 0, -1))
        name = next((one for one in tried if one in names), None)
        if name is not None:
            state, adjective = names[name]
            found.append(state)
            people = people or adjective
        elif words[at] not in civic and words[at] not in fillers:
            return None
        at += len(name or (1,))
    if people and (len({*found}) > 1 or not civic.intersection(words)):
        return None
    return found


def _fold(text: str) -> str:
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text)).casefold()
    letters = (c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return _APOSTROPHES.sub("", "".join(letters)).translate(_PLAIN)


@cache
def _tables() -> tuple[dict[tuple[str, ...], tuple[str, bool]], frozenset[str], frozenset[str]]:
    """(names of states, and whether each is an adjective; words for citizenship; words that add nothing)."""
    table = read_data("states.toml")
    civic, fillers = (frozenset(_fold(table.pop(key)).split()) for key in ("civic", "fillers"))
    names = {
        tuple(_fold(name).split()): (state, kind == "adjectives")
        for state, row in table.items()
        for kind, listed in row.items()
        for name in listed
    }
    return names, civic, fillers
