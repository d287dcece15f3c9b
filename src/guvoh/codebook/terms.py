"""The vocabularies: what a code means, whom it endangers, and how an organisation adds codes of its own.

The program's own codes are in data/codebook.toml. What the marks are for: docs/codebook.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from guvoh.codebook.labels import LABEL_LANGUAGES, BadCodebook, Named, label_fault, read_data
from guvoh.errors import GuvohError

OURS = "codebook.toml"
LARGEST_FILE = 1 << 20
"""Bytes of a file of one's own: some thousands of codes."""
LONGEST_NOTE = 500

_CODE = re.compile(r"[A-Z]{2}_[A-Z0-9_]{1,40}")
_LIST = re.compile(r"[A-Z]{2}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,39}")
_USERS = frozenset({"home", "ru"})


class UnknownCode(GuvohError):
    """A code that this codebook does not have. What is no code by its shape is not repeated."""

    def __init__(self, code: str) -> None:
        self.code = code if _CODE.fullmatch(code) else None
        which = f"no code {self.code}" if self.code else "nothing of that name: a code is written like CO_SENTENCE"
        super().__init__(f"the codebook has {which}; correct it, or load the file that adds it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term(Named):
    """One code: a claim that somebody may make.

    list          the list that it is of, such as "CO"
    incriminates  whose laws it can be used under against the person: "home" (the home state), "ru" (the recruiting one)
    sensitivity   "highest": leaves only by a consent that names the statement
    publish       "never": in nothing that is published
    hunted        tells those who hunt people whom to look for, or where
    custody       a place where one is held under a charge or a sentence
    replaced_by   the code to use from now on; this one stays for what was coded with it
    ilo, palermo  indicators of forced labour by number, and means of the Palermo Protocol, that it points to
    """

    code: str
    list: str
    incriminates: frozenset[str] = frozenset()
    sensitivity: Literal["", "high", "highest"] = ""
    publish: Literal["", "never"] = ""
    hunted: bool = False
    custody: bool = False
    replaced_by: str | None = None
    ilo: tuple[int, ...] = ()
    palermo: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """All codes of one version, in the order of the file.

    version       to be kept with each value that is coded; "0.1+north-2" where a file of version "north-2" was added
    lists         names of the lists, by their two letters
    ilo, palermo  names of what `Term.ilo` and `Term.palermo` point to
    """

    version: str
    lists: Mapping[str, Named]
    terms: Mapping[str, Term]
    ilo: Mapping[int, Named]
    palermo: Mapping[str, Named]

    def __contains__(self, code: object) -> bool:
        return code in self.terms

    def term(self, code: str) -> Term:
        """What a code means. Raises UnknownCode."""
        try:
            return self.terms[code]
        except KeyError:
            raise UnknownCode(code) from None

    def of(self, list_: str) -> tuple[Term, ...]:
        """The codes of one list that are to be used: those that were replaced are left out."""
        return tuple(term for term in self.terms.values() if term.list == list_ and term.replaced_by is None)

    def current(self, code: str) -> Term:
        """The code to use now in place of this one: itself, unless it was replaced. Raises UnknownCode."""
        term = self.term(code)
        while term.replaced_by is not None:
            term = self.terms[term.replaced_by]
        return term


def load(extra: Path | None = None) -> Codebook:
    """The codebook of the program, and what a file of an organisation adds to it. Raises BadCodebook.

    The program's own is read once, the file each time. It may add codes and lists; a code that is there already stays
    as it is, and a file that names it is refused.
    """
    return _ours() if extra is None else _with(_ours(), _read(extra), extra.name)


@cache
def _ours() -> Codebook:
    data = read_data(OURS)
    # These two are no lists of codes: they belong to an organisation of states and to a treaty.
    ilo = {int(number): Named(labels=MappingProxyType(row)) for number, row in data.pop("ILO").items()}
    palermo = {name: Named(labels=MappingProxyType(row)) for name, row in data.pop("PALERMO").items()}
    nothing = Codebook(version="", lists={}, terms={}, ilo=MappingProxyType(ilo), palermo=MappingProxyType(palermo))
    return _with(nothing, data, OURS)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            held = file.read(LARGEST_FILE + 1)
        if len(held) > LARGEST_FILE:
            raise BadCodebook(path.name, f"has more than {LARGEST_FILE} bytes, which is no list of codes")
        return tomllib.loads(held.decode("utf-8"))
    except OSError as error:
        raise BadCodebook(path.name, f"cannot be read ({error.strerror or 'no such file'})") from None
    except tomllib.TOMLDecodeError as error:
        raise BadCodebook(path.name, f"is not TOML, or says something twice: {error}") from None
    except (ValueError, RecursionError):
        raise BadCodebook(path.name, "is not TOML in UTF-8") from None


def _with(known: Codebook, data: Mapping[str, Any], file: str) -> Codebook:
    """What is known, and what a file adds."""
    version = data.get("version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise BadCodebook(file, 'needs a version, such as version = "1": letters, digits, dots and hyphens, at most 40')
    lists, terms = dict(known.lists), dict(known.terms)
    for name, rows in data.items():
        if name == "version":
            continue
        if not _LIST.fullmatch(name) or not isinstance(rows, dict):
            raise BadCodebook(file, "is no list: a list is headed by two capital letters, as [CH]", ascii(name[:60]))
        lists[name] = _list_of(known, name, rows, file)
        terms.update(_terms_of(known, name, rows, file))
    book = replace(
        known,
        version=f"{known.version}+{version}" if known.version else version,
        lists=MappingProxyType(lists),
        terms=MappingProxyType(terms),
    )
    _check_links(book, [code for code in terms if code not in known], file)
    return book


def _list_of(known: Codebook, name: str, rows: Mapping[str, Any], file: str) -> Named:
    title = rows.get("list")
    if name in known.lists:
        if title is not None:
            raise BadCodebook(file, "this list is there already, and its name cannot be changed", name)
        return known.lists[name]
    if not isinstance(title, dict) or not title.keys() <= LABEL_LANGUAGES:
        raise BadCodebook(file, 'a new list needs a name: list = {en = "..."}', name)
    fault = label_fault(title)
    if fault:
        raise BadCodebook(file, fault, name)
    return Named(labels=MappingProxyType(dict(title)))


def _terms_of(known: Codebook, name: str, rows: Mapping[str, Any], file: str) -> Iterable[tuple[str, Term]]:
    for code, row in rows.items():
        if code == "list":
            continue
        if not _CODE.fullmatch(code) or not code.startswith(f"{name}_"):
            why = f"a code of list {name} is written {name}_ and 1 to 40 capital letters, digits or _"
            raise BadCodebook(file, why, ascii(code[:60]))
        if code in known:
            raise BadCodebook(file, "this code is there already; a file can add codes, not change them", code)
        yield code, _term(code, row, file)


def _term(code: str, row: object, file: str) -> Term:
    if not isinstance(row, dict):
        raise BadCodebook(file, 'a code needs its labels in braces: {en = "..."}', code)
    labels = {key: value for key, value in row.items() if key in LABEL_LANGUAGES}
    marks = {key: value for key, value in row.items() if key not in LABEL_LANGUAGES}
    fault = label_fault(labels) or _mark_fault(marks)
    if fault:
        raise BadCodebook(file, fault, code)
    return Term(
        code=code,
        list=code[:2],
        labels=MappingProxyType(labels),
        incriminates=frozenset(marks.get("inc", ())),
        sensitivity=marks.get("sens", ""),
        publish=marks.get("publish", ""),
        hunted=marks.get("hunted", False),
        custody=marks.get("custody", False),
        replaced_by=marks.get("replaced_by"),
        ilo=tuple(marks.get("ilo", ())),
        palermo=tuple(marks.get("pal", ())),
        note=marks.get("note", ""),
    )


def _each(value: object, kind: type) -> bool:
    """Whether it is a list of different things of one type, at least one."""
    return isinstance(value, list) and all(type(one) is kind for one in value) and 0 < len(value) == len({*value})


# What may stand at a code besides its labels: whether a value will do, and in words what would.
_MARKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "inc": (lambda value: _each(value, str) and _USERS.issuperset(value), 'a list of "home", "ru" or both'),
    "sens": (lambda value: value in ("high", "highest"), '"high" or "highest"'),
    "publish": (lambda value: value == "never", '"never"'),
    "hunted": (lambda value: isinstance(value, bool), "true or false"),
    "custody": (lambda value: isinstance(value, bool), "true or false"),
    "replaced_by": (lambda value: isinstance(value, str), "a code"),
    "ilo": (lambda value: _each(value, int), "a list of numbers of ILO indicators, 1 to 11"),
    "pal": (lambda value: _each(value, str), "a list of means, such as COER"),
    "note": (
        lambda value: isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_NOTE,
        f"plain words on one line, at most {LONGEST_NOTE} characters",
    ),
}


def _mark_fault(marks: Mapping[str, object]) -> str | None:
    for mark, value in marks.items():
        if mark not in _MARKS:
            known, tongues = ", ".join(_MARKS), ", ".join(sorted(LABEL_LANGUAGES))
            return f"there is no mark {mark[:60]!a}; marks are {known}, labels are {tongues}"
        good, words = _MARKS[mark]
        if not good(value):
            return f"its mark {mark} must be {words}"
    return None


def _check_links(book: Codebook, codes: Iterable[str], file: str) -> None:
    """Whatever a new code points to is there."""
    for code in codes:
        term = book.terms[code]
        if not set(term.ilo) <= book.ilo.keys():
            raise BadCodebook(file, f"its mark ilo must be {_MARKS['ilo'][1]}", code)
        if not set(term.palermo) <= book.palermo.keys():
            raise BadCodebook(file, f"its mark pal names a means that is none of {', '.join(book.palermo)}", code)
        _check_replacement(book, term, file)


def _check_replacement(book: Codebook, term: Term, file: str) -> None:
    passed = {term.code}
    after = term.replaced_by
    while after is not None:
        if after not in book:
            raise BadCodebook(file, "is replaced by a code that there is not", term.code)
        if after in passed:
            raise BadCodebook(file, "is replaced by itself in the end", term.code)
        if book.terms[after].list != term.list:
            raise BadCodebook(file, f"is replaced by {after}, a code of another list", term.code)
        passed.add(after)
        after = book.terms[after].replaced_by
