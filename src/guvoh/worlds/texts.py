"""Invented articles and letters about some of the people of a world; several are copies of others.

The texts lie in `stories/`, and `stories/stories.toml` says what each is. Only the names come from the world, each
spelled as somebody who writes in that language would.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from guvoh.worlds.people import Person
from guvoh.worlds.spelling import Hand, Name, in_text

STORIES: Traversable = resources.files("guvoh.worlds") / "stories"
CATALOGUE: Mapping[str, Any] = tomllib.loads((STORIES / "stories.toml").read_text(encoding="utf-8"))
CAST: Mapping[str, Mapping[str, Any]] = CATALOGUE["cast"]  # role -> facts; the place here is the person's number

PLACEHOLDER = re.compile(r"\[\[(\w+)(?:\.(formal|given))?\]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """One article or letter as a file, and the truth about it. None: the text does not state it.

    language   en, ru, uz-Latn, uz-Cyrl, ky or tg
    kind       article, letter, open letter or statement
    copy_of    file name of the nearest text it was made from; that may be a copy itself
    relation   to that text: translation, shortened, rewrite or reprint
    published  day or month, ISO 8601
    persons    numbers of the people it names, in the order of first mention
    """

    filename: str
    content: bytes
    language: str
    kind: str
    copy_of: str | None
    relation: str | None
    title: str | None
    publisher: str | None
    author: str | None
    published: str | None
    persons: tuple[int, ...]
    encoding: str


def tell(people: tuple[Person, ...], hand_of: Callable[[str], Hand]) -> tuple[TextFile, ...]:
    """Write every story about the first people of a world. `hand_of` gives the writer of a file by its name."""
    by_role = dict(zip(CAST, people, strict=False))
    return tuple(_tell(story, by_role, hand_of(story["file"])) for story in CATALOGUE["story"])


def _tell(story: Mapping[str, Any], by_role: Mapping[str, Person], hand: Hand) -> TextFile:
    names: dict[str, Name] = {}
    stated = {fact: str(story[fact]) for fact in ("title", "publisher", "author", "published") if fact in story}

    def fill(found: re.Match[str]) -> str:
        word, form = found[1], found[2] or "spoken"
        if word in stated:
            return stated[word]
        if word not in names:  # one writer spells one person one way
            names[word] = in_text(by_role[word], story["language"], hand)
        return str(getattr(names[word], form))

    text = PLACEHOLDER.sub(fill, (STORIES / story["file"]).read_text(encoding="utf-8"))
    encoding = story.get("encoding", "utf-8")
    return TextFile(
        filename=story["file"],
        content=text.encode(encoding),
        language=story["language"],
        kind=story["kind"],
        copy_of=story.get("copy_of"),
        relation=story.get("relation"),
        title=stated.get("title"),
        publisher=stated.get("publisher"),
        author=stated.get("author"),
        published=stated.get("published"),
        persons=tuple(by_role[role].number for role in names),
        encoding=encoding,
    )
