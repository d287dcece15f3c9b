"""Names of things in several languages, and the data files that hold them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from guvoh.errors import GuvohError
from guvoh.values.languages import Language

LABEL_LANGUAGES = frozenset(
    "uz" if one is Language.UZ_LATN else one.value for one in Language if one is not Language.UND
)
"""Keys that labels may have; plain "uz" is Uzbek in Latin letters."""
LONGEST_LABEL = 200
_FALLBACK = ("ru", "en")


class BadCodebook(GuvohError):
    """A file of the codebook cannot be used. Nothing of it is.

    file  the file as it was named
    code  the code that is wrong, where it is one
    """

    def __init__(self, file: str, why: str, code: str | None = None) -> None:
        self.file, self.why, self.code = file, why, code
        about = f"{file}: {code}" if code else file
        super().__init__(f"{about}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The words that are shown, the language they are in, and whether they had to be taken from another one."""

    text: str
    language: str
    untranslated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something with a label in one or more languages, English always among them."""

    labels: Mapping[str, str] = field(hash=False)

    def label(self, language: str) -> str:
        """What to call it in a language (a BCP 47 tag); in Russian, else in English, where that is missing."""
        return self.labelled(language).text

    def labelled(self, language: str) -> Label:
        """The same, and in which language it is. Uzbek in Latin letters stands in for Cyrillic ones, as Uzbek."""
        asked = "uz" if language == Language.UZ_LATN else language
        tried = (asked, *(("uz",) if asked == Language.UZ_CYRL else ()), *(("en",) if asked == "en" else _FALLBACK))
        found = next(one for one in tried if one in self.labels)
        return Label(text=self.labels[found], language=found, untranslated=found[:2] != asked[:2])


def read_data(name: str) -> dict[str, Any]:
    """A data file that comes with the program."""
    return tomllib.loads(resources.files("guvoh.codebook").joinpath("data", name).read_text("utf-8"))


def label_fault(labels: Mapping[str, object]) -> str | None:
    """Why these labels cannot be used, or None."""
    for language, text in labels.items():
        if not isinstance(text, str) or not text or text != text.strip() or not text.isprintable():
            return f"its label {language!r} must be plain words on one line"
        if len(text) > LONGEST_LABEL:
            return f"its label {language!r} has more than {LONGEST_LABEL} characters"
    return None if "en" in labels else "it needs a label in English (en), which is shown where there is no other"
