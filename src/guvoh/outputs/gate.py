"""The one gate: what may leave, at which level, and what is kept back, with the reason.

Whatever leaves the program asks here for the fields it wants, and gets values; who renders never sees a record. Whether
somebody allowed it is decided by `guvoh.consent`, what a field is by `fields`, what a code is by the codebook. What is
not known (a kind, a field, a code, a type of place) does not leave. Rules: docs/decisions/consent.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

from guvoh.codebook import Codebook, Route, UnknownCode, load, routes
from guvoh.consent.decide import Answers, Decision, may_count
from guvoh.errors import GuvohError
from guvoh.outputs.fields import FIELDS, LEAVES, PARTS, TERMS, Level, Sort
from guvoh.records.base import Record, Terms
from guvoh.records.codec import kind_of
from guvoh.records.decisions import Scope
from guvoh.values.dates import DateSpan, NotADate

# --- where something goes


class UnknownLevel(GuvohError):
    """A level that there is not."""

    def __init__(self, level: str) -> None:
        self.level = level[:40]
        known = ", ".join(one.value for one in Level if one is not Level.INTERNAL)
        super().__init__(f"there is no level {self.level!r}; one of: {known}")


class BadExit(GuvohError):
    """Somewhere that nothing can go to as it was said."""


ORGANISATION = "organisation"
_SCOPES: dict[Level, tuple[Scope, ...]] = {
    Level.INTERNAL: (),
    Level.COUNSEL: (Scope.KEEP, Scope.LAWYER),
    Level.ANNEX: (Scope.KEEP, Scope.LAWYER, Scope.COURT),
    Level.UN: (Scope.KEEP, Scope.UN_CONFIDENTIAL),
    Level.TRACING: (Scope.KEEP, Scope.TRACING),
    Level.ANONYMOUS: (Scope.KEEP, Scope.ANALYSE, Scope.MEDIA),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """One way out: at which level, to whom, and for a UN body which, about which government."""

    level: Level
    recipient: str = ""
    body: str = ""
    state: str = ""
    """The government concerned, as an ISO 3166-1 alpha-2 code."""
    route: Route | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.level is not Level.ANONYMOUS and self.level is not Level.INTERNAL and not self.recipient.strip():
            raise BadExit(f"at the level {self.level.value} say who is to have it: a name, not a role")
        if self.level is not Level.UN:
            if self.body or self.state:
                raise BadExit("a body and a government are for the level un")
            return
        found = routes()
        if self.body not in found:
            raise BadExit(f"say to which body it goes: {', '.join(found)}")
        route = found[self.body]
        object.__setattr__(self, "route", route)
        if route.named_to_government and not self.state:
            raise BadExit(f"{route.label('en')} writes to a government: say which one is concerned, such as RU")
        if route.parties and self.state not in route.parties:
            instead = f"; {found[route.instead].label('en')} takes it" if route.instead else ""
            raise BadExit(
                f"{route.label('en')} takes cases about states that are parties, and {self.state or 'this one'} is not "
                f"(as of {route.checked_on}, verify with counsel){instead}"
            )

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What must have been allowed for anything of a person to leave here."""
        if self.route is None:
            return _SCOPES[self.level]
        if self.route.scopes:
            return (Scope.KEEP, *map(Scope, self.route.scopes))
        named = (Scope.UN_GOVERNMENT,) if self.route.named_to_government else ()
        return (*_SCOPES[Level.UN], *named)

    @property
    def told_to_home_state(self) -> bool:
        """Whether the home state may come to know of it."""
        return self.route is not None and self.route.may_copy_home_state

    def notes(self) -> tuple[str, ...]:
        """What whoever sends it must know of the way it takes."""
        route = self.route
        if route is None:
            return ()
        label, checked = route.label("en"), f"(as of {route.checked_on}, verify with counsel)"
        found = []
        if route.named_to_government:
            found.append(
                f"{label} sends a case with the person's name to the government concerned ({self.state}): it leaves "
                f"only of those who allowed that (S6) {checked}"
            )
        if route.may_copy_home_state:
            found.append(
                f"{label} may copy other states, the home state among them: it leaves only of those who allowed that "
                f"too {checked}"
            )
        if route.needs_authority:
            found.append(f"{label} asks for the authority to act for each person {checked}")
        return tuple(found)


def exit_to(level: str, recipient: str = "", body: str = "", state: str = "") -> Exit:
    """An exit from words that somebody typed. Raises UnknownLevel, BadExit."""
    try:
        found = Level(level)
    except ValueError:
        raise UnknownLevel(level) from None
    if found is Level.INTERNAL:
        raise BadExit("what is internal does not leave; `guvoh show` shows it")
    return Exit(level=found, recipient=recipient, body=body, state=state)


# --- what asks to leave


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A record on its way to the gate, as plain fields.

    terms  of the source that it is, or stands in; None where it is from no source
    about  the mentions of the persons it speaks of
    """

    kind: str
    id: str
    terms: Terms | None
    about: tuple[str, ...]
    fields: Mapping[str, Any]


def item(record: Record, terms: Terms | None, about: Iterable[str]) -> Item:
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return Item(kind=kind_of(record), id=record.id, terms=terms, about=tuple(about), fields=fields)


class Why(StrEnum):
    """Why something is kept back; `words` has the sentence."""

    LEVEL = "level"
    UNKNOWN_KIND = "unknown-kind"
    UNKNOWN_FIELD = "unknown-field"
    UNKNOWN_CODE = "unknown-code"
    INTERNAL = "internal"
    NOBODY = "nobody"
    CONSENT = "consent"
    NAME = "name"
    INCRIMINATING = "incriminating"
    CUSTODY = "custody"
    PLACE = "place"
    WORDS = "words"
    SENSITIVE = "sensitive"
    HUNTED = "hunted"
    TRACING = "tracing"
    OURS = "ours"


_WORDS: dict[Why, dict[str, str]] = {
    Why.LEVEL: {"en": "it does not leave at this level", "ru": "на этом уровне не передаётся"},
    Why.UNKNOWN_KIND: {"en": "a kind of record that the gate does not know", "ru": "неизвестный вид записи"},
    Why.UNKNOWN_FIELD: {"en": "a field that the gate does not know", "ru": "неизвестное поле"},
    Why.UNKNOWN_CODE: {"en": "a code that this codebook does not have", "ru": "код, которого нет в этом кодификаторе"},
    Why.INTERNAL: {"en": "working material, or from no source that is here", "ru": "рабочие материалы"},
    Why.NOBODY: {"en": "nobody it is about has been asked", "ru": "никого из тех, о ком это, не спрашивали"},
    Why.CONSENT: {"en": "not allowed by who it is about", "ru": "не разрешено тем, о ком это"},
    Why.NAME: {"en": "whom it is about may not be named here", "ru": "называть человека здесь нельзя"},
    Why.INCRIMINATING: {
        "en": "it can be used against the person: only for counsel, or by S12 that names recipient and value",
        "ru": "может быть использовано против человека: только адвокату или по S12 с получателем и значением",
    },
    Why.CUSTODY: {
        "en": "charge, article, sentence and colony stand beside no name below counsel",
        "ru": "обвинение, статья, срок и колония рядом с именем: только адвокату",
    },
    Why.PLACE: {
        "en": "a place whose type is not stated, or is a place of custody",
        "ru": "место, тип которого не указан или которое является местом заключения",
    },
    Why.WORDS: {
        "en": "free words, which may name others: only for counsel",
        "ru": "свободный текст, где могут быть названы другие: только адвокату",
    },
    Why.SENSITIVE: {
        "en": "most sensitive: only by a consent that names this statement",
        "ru": "особо чувствительно: только по согласию, где названо это сообщение",
    },
    Why.HUNTED: {"en": "a fate by which people are hunted", "ru": "судьба, по которой людей разыскивают"},
    Why.TRACING: {"en": "a search is never mixed with evidence", "ru": "розыск не смешивается с доказательствами"},
    Why.OURS: {"en": "for members only", "ru": "только для участников"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Something that was asked for and is kept back. field: "" for the whole record."""

    record: str
    field: str
    why: Why
    decision: Decision | None = None

    def words(self, language: str = "en") -> str:
        return self.decision.words(language) if self.decision else _WORDS[self.why][language]

    def reason(self, language: str = "en") -> str:
        """The same without ids: equal for all that are kept back for one reason."""
        if self.decision is None:
            return _WORDS[self.why][language]
        return replace(self.decision, about=(), consents=()).words(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What may be shown of one record: plain values by field, what is kept back, and the consents it rests on."""

    kind: str
    id: str
    values: Mapping[str, Any]
    withheld: tuple[Withheld, ...]
    consents: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether more than its id may be shown."""
        return any(name != "id" for name in self.values)


# --- the gate

_OF_PERSONS = frozenset({"mention", "statement", "event", "finding", "case", "action"})
"""Kinds that speak of persons: without a person who allowed it they do not leave."""
_PUBLIC_VOICE = frozenset({"statement"})
"""Kinds that may leave from a published source if they are about nobody: what an authority said."""
_LAWYERS_LISTS = ("RK_",)
"""Lists that go to counsel alone: risks name what could happen to somebody."""
_TRACING = frozenset({"FA_NOCONTACT"})
_AT_THE_FRONT = frozenset({"PL_UNIT", "PL_FRONT", "PL_TRAINING"})
"""Types of place whose name tells of a unit, or of time at the front."""
_TRACING_DATES = frozenset({"lost_contact"})
_CODE = re.compile(r"[A-Z]{2}_[A-Z0-9_]{1,40}")
_BESIDE_NAME = frozenset({Level.ANNEX, Level.UN, Level.TRACING})
_SORT_WHY = {
    Sort.WORDS: Why.WORDS,
    Sort.CUSTODY: Why.CUSTODY,
    Sort.INCRIMINATING: Why.INCRIMINATING,
    Sort.OURS: Why.OURS,
    Sort.PLACE: Why.PLACE,
}


class Gate:
    """One exit, for one day.

    answers  who allowed what, for the person of a mention
    """

    def __init__(self, exit_: Exit, answers: Callable[[str], Answers], codebook: Codebook | None = None) -> None:
        self.exit = exit_
        self._answers = answers
        self._codebook = codebook if codebook is not None else load()

    def ask(self, asked: Item, wanted: Iterable[str] = ()) -> Passed:
        """What may be shown of an item: of the wanted fields, or of all that it has. Never raises."""
        wanted = tuple(wanted) or tuple(name for name, value in asked.fields.items() if not _is_empty(value))
        if self.exit.level is Level.INTERNAL:
            values = {name: _plain(asked.fields[name]) for name in wanted if name in asked.fields}
            return Passed(kind=asked.kind, id=asked.id, values=values, withheld=())
        whole, consents = self._whole(asked)
        if whole is not None:
            return Passed(kind=asked.kind, id=asked.id, values={}, withheld=(whole,), consents=())
        values, withheld = {}, list[Withheld]()
        named = self._named(asked)
        for name in wanted:
            value = asked.fields.get(name)
            if _is_empty(value):
                continue
            shown, why, decision = self._field(asked, name, value, named)
            if why is not None:
                withheld.append(Withheld(record=asked.id, field=name, why=why, decision=decision))
            if shown is not None:
                values[name] = shown
        return Passed(
            kind=asked.kind, id=asked.id, values=values, withheld=tuple(withheld), consents=tuple(sorted(consents))
        )

    def _whole(self, asked: Item) -> tuple[Withheld | None, set[str]]:
        """Why nothing at all of it leaves, if so; and the consents by which something may."""

        def no(why: Why, decision: Decision | None = None) -> tuple[Withheld, set[str]]:
            return Withheld(record=asked.id, field="", why=why, decision=decision), set()

        if asked.kind not in FIELDS:
            return no(Why.UNKNOWN_KIND)
        has_terms = asked.terms is Terms.PUBLIC or asked.terms is Terms.CONSENT
        if not has_terms and (asked.kind in _OF_PERSONS or asked.kind == "source"):
            return no(Why.INTERNAL)
        voice = asked.kind in _PUBLIC_VOICE and asked.terms is Terms.PUBLIC
        if asked.kind in _OF_PERSONS and not asked.about and not voice:
            return no(Why.NOBODY)
        why = self._by_code(asked)
        if why is not None:
            return no(why)
        consents: set[str] = set()
        named = self._is_sensitive(asked)
        for mention in asked.about:
            for statement in _statements_of(asked):
                for scope, decision in self._asked_of(mention, statement):
                    if not decision.allowed:
                        return no(Why.CONSENT, decision)
                    consents.update(decision.consents)
                    if named and scope not in (None, Scope.KEEP) and not self._names(decision, mention, asked.id):
                        return no(Why.SENSITIVE)
        return None, consents

    def _asked_of(self, mention: str, statement: str) -> Iterable[tuple[Scope | None, Decision]]:
        """One after another: may this mention be shown, and did its person allow each scope of this exit."""
        answers, nameless = self._answers(mention), self.exit.level is Level.ANONYMOUS
        yield None, answers.may_show(mention)
        for scope in self.exit.scopes:
            decision = answers.may(
                scope,
                mention,
                statement=statement,
                recipient=self.exit.recipient,
                nameless=nameless,
                home_state=self.exit.told_to_home_state and scope is Scope.UN_GOVERNMENT,
            )
            yield scope, decision

    def _named(self, asked: Item) -> bool:
        """Whether whom it is about may be named here."""
        if self.exit.level is Level.ANONYMOUS:
            return False
        if self.exit.level is not Level.UN or self.exit.route is None or self.exit.route.scopes:
            return True
        home = self.exit.told_to_home_state
        return all(self._answers(one).may(Scope.UN_GOVERNMENT, one, home_state=home).allowed for one in asked.about)

    # codes

    def _by_code(self, asked: Item) -> Why | None:
        """Whether the claim itself may not leave: then nothing of the record does, for its dates would tell it."""
        code = asked.fields.get("code")
        level = self.exit.level
        if level is Level.TRACING and asked.kind != "mention" and code not in _TRACING:
            return Why.TRACING
        if level is Level.ANONYMOUS and asked.kind == "mention":
            return Why.NAME
        if code is None or level is Level.COUNSEL:
            return None
        try:
            term = self._codebook.term(code)
        except UnknownCode:
            return Why.UNKNOWN_CODE
        if code.startswith(_LAWYERS_LISTS):
            return Why.LEVEL
        if term.custody:
            return Why.CUSTODY
        if level is Level.ANONYMOUS and (term.hunted or term.sensitivity == "highest"):
            return Why.HUNTED if term.hunted else Why.SENSITIVE
        if term.incriminates and not self._allowed_by_name(asked, code):
            return Why.INCRIMINATING
        return None

    def _allowed_by_name(self, asked: Item, code: str) -> bool:
        """Whether S12 names this recipient and this code, for everybody it is about."""
        statement = asked.id if asked.kind == "statement" else ""
        return bool(asked.about) and all(
            self._answers(mention)
            .may(Scope.INCRIMINATING, mention, statement=statement, recipient=self.exit.recipient, code=code)
            .allowed
            for mention in asked.about
        )

    def _is_sensitive(self, asked: Item) -> bool:
        code = asked.fields.get("code")
        return code is not None and code in self._codebook and self._codebook.term(code).sensitivity == "highest"

    def _names(self, decision: Decision, mention: str, statement: str) -> bool:
        """Whether a decision rests on a consent about this mention that names this statement."""
        return any(
            consent.id in decision.consents and statement in consent.statements and mention in consent.about
            for consent in self._answers(mention).consents
        )

    # fields

    def _field(self, asked: Item, name: str, value: Any, named: bool) -> tuple[Any, Why | None, Decision | None]:
        """(what is shown, why not all of it, the decision behind that)."""
        sort = FIELDS[asked.kind].get(name)
        if sort is None:
            return None, Why.UNKNOWN_FIELD, None
        if sort is Sort.PARTS:
            return self._parts(asked, name, value, named)
        why = self._kept_back(asked, sort, named)
        if why is None and sort is not Sort.CODE and self.exit.level is not Level.COUNSEL and self._tells(value):
            why = Why.INCRIMINATING
        if why is not None:
            return None, why, None
        return self._cut(sort, value)

    def _kept_back(self, asked: Item, sort: Sort, named: bool) -> Why | None:
        level = self.exit.level
        if sort not in LEAVES[level]:
            if sort is Sort.INCRIMINATING and level in _BESIDE_NAME and self._allowed_by_name(asked, _code(asked)):
                return None
            return _SORT_WHY.get(sort, Why.LEVEL)
        if sort in (Sort.NAME, Sort.TRAIT) and not named:
            return Why.NAME
        if sort is Sort.PLACE and level is not Level.COUNSEL and not self._place_leaves(asked):
            return Why.PLACE
        if sort is Sort.PUBLISHED and asked.terms is not Terms.PUBLIC:
            return Why.LEVEL
        return None

    def _is_code(self, value: Any) -> bool:
        return isinstance(value, str) and value in self._codebook

    def _tells(self, value: Any) -> bool:
        """Whether a value is a code that may not stand below counsel, wherever it stands: a kind of source, a basis."""
        if isinstance(value, list | tuple):
            return any(self._tells(one) for one in value)
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            return False
        if value not in self._codebook:
            return True
        term = self._codebook.term(value)
        return bool(term.hunted or term.incriminates or term.custody or term.sensitivity == "highest")

    def _place_leaves(self, asked: Item) -> bool:
        stated = asked.fields.get("place_type") or (asked.fields.get("attributes") or {}).get("place type")
        if not isinstance(stated, str) or stated not in self._codebook:
            return False
        term = self._codebook.term(stated)
        return stated not in _AT_THE_FRONT and not (term.custody or term.hunted or term.incriminates)

    def _parts(
        self, asked: Item, name: str, value: Mapping[str, Any], named: bool
    ) -> tuple[Any, Why | None, Decision | None]:
        """Of terms with values those that leave; and the first reason why one does not."""
        if self.exit.level not in (Level.COUNSEL, *_BESIDE_NAME):
            return None, Why.LEVEL, None
        shown, why = {}, None
        for term, one in value.items():
            sort = PARTS[name].get(term, Sort.WORDS)
            kept = self._kept_back(asked, sort, named)
            if kept is None and sort is Sort.OPEN and one not in TERMS.get(term, ()) and not self._is_code(one):
                kept = Why.WORDS if self.exit.level is not Level.COUNSEL else None
            if kept is None and self.exit.level is not Level.COUNSEL and self._tells(one):
                kept = Why.INCRIMINATING
            if kept is None and self.exit.level is Level.TRACING and term not in _TRACING_DATES:
                kept = Why.TRACING
            why = why or kept
            if kept is None:
                shown[term] = _plain(one)
        return shown or None, why, None

    def _cut(self, sort: Sort, value: Any) -> tuple[Any, Why | None, None]:
        """At the anonymous level of dates the year, and of anything else what has the shape of a term."""
        plain = _plain(value)
        if self.exit.level is not Level.ANONYMOUS:
            return plain, None, None
        if sort is Sort.DATE:
            year = _year(plain)
            return year, None if year else Why.LEVEL, None
        return (plain, None, None) if _is_plain(plain) else (None, Why.WORDS, None)


def linked_only(passed: Iterable[Passed]) -> tuple[Passed, ...]:
    """The same, with links to one another alone: an id that leads nowhere would tell that something was kept back."""
    every = tuple(passed)
    here = {one.id for one in every}
    return tuple(replace(one, values=_links_cut(one, here)) for one in every)


def _links_cut(passed: Passed, here: set[str]) -> dict[str, Any]:
    found = {}
    for name, value in passed.values.items():
        if FIELDS[passed.kind].get(name) is not Sort.LINK or isinstance(value, int):
            found[name] = value
        elif isinstance(value, list):
            if kept := [one for one in value if one in here]:
                found[name] = kept
        elif value in here:
            found[name] = value
    return found


def _statements_of(asked: Item) -> tuple[str, ...]:
    """The statements for which a consent is asked: itself; or all in general, and each on which it rests."""
    if asked.kind == "statement":
        return (asked.id,)
    found = [one for name in ("statements", "supporting", "contradicting") for one in asked.fields.get(name, ())]
    return ("", *found)


def _code(asked: Item) -> str:
    code = asked.fields.get("code")
    return code if isinstance(code, str) else ""


def _is_empty(value: object) -> bool:
    return value is None or value in ("", (), [], {})


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, str_keys=True)


def _year(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        span = DateSpan.parse(value)
    except NotADate:
        return None
    years = {day.year for day in (span.earliest, span.latest) if day is not None}
    return f"{years.pop():04d}" if len(years) == 1 and span.earliest and span.latest else None


# --- facets and columns


def facets(codes: Iterable[str], codebook: Codebook | None = None) -> tuple[str, ...]:
    """Of these codes those that may be a facet, a search term, a map layer or a column of a dataset.

    Fates by which people are hunted are none, nor is what this codebook does not have.
    """
    known = codebook if codebook is not None else load()
    return tuple(code for code in codes if code in known and not known.term(code).hunted)


HUNTED_COLUMNS = frozenset({"capture", "contract"})
"""What a column of a list may mean that no output tells of."""


# --- what may be counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Countable:
    """Whose mentions may be counted; of those that may not, the reason in words.

    sources  whose terms allow it by themselves
    refused  mentions of these sources that are not counted all the same
    allowed  mentions of other sources that are
    """

    sources: frozenset[str]
    left_out: dict[str, str]
    refused: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()

    def counts(self, mention: str, source: str) -> bool:
        if source in self.sources:
            return mention not in self.refused
        return mention in self.allowed


def countable(
    sources: Iterable[tuple[str, Terms]], answered: Mapping[str, tuple[str, Answers]] | None = None
) -> Countable:
    """Decide for (id, terms) of every source whether its mentions may enter a count that leaves.

    answered  mention to (its source, the answers of its person), for every mention that a consent bears on
    """
    allowed, left_out = set(), {}
    for source, terms in sources:
        decision = may_count(terms)
        if decision.allowed:
            allowed.add(source)
        else:
            left_out[source] = decision.reason
    counts = {one: answers.may_count(one).allowed for one, (_, answers) in (answered or {}).items()}
    places = {one: source for one, (source, _) in (answered or {}).items()}
    return Countable(
        sources=frozenset(allowed),
        left_out=left_out,
        refused=frozenset(one for one, yes in counts.items() if places[one] in allowed and not yes),
        allowed=frozenset(one for one, yes in counts.items() if places[one] not in allowed and yes),
    )


# --- lists of records, for programs

_ANONYMOUS_FIELDS = frozenset(
    {
        "id",
        "source",
        "form",
        "kind",
        "terms",
        "language",
        "published",
        "size",
        "rows",
        "row",
        "columns",
        "gaps",
        "digest",
    }
)
"""Fields of sources and mentions that say nothing about a person. What is not named here does not leave."""


_LEAST = frozenset({"id", "source", "kind", "terms"})
_LISTED = {
    Terms.PUBLIC.value: _ANONYMOUS_FIELDS,
    Terms.CONSENT.value: _ANONYMOUS_FIELDS - {"digest", "size", "rows", "published"},
    Terms.INTERNAL.value: _LEAST,
}
_PLAIN = re.compile(r"[A-Za-z0-9:./~?%_+-]{1,80}")


def _is_plain(value: object) -> bool:
    """Whether a value has the shape of an id, a term, a date, a number or a list of such: a second wall.

    The first is the list of fields. This one stops the words of a source that strayed into such a field.
    """
    if isinstance(value, (list, tuple)):
        return all(_is_plain(one) for one in value)
    return value is None or isinstance(value, int) or (isinstance(value, str) and bool(_PLAIN.fullmatch(value)))


def passed(fields: dict[str, object], level: Level = Level.ANONYMOUS) -> dict[str, object]:
    """The fields of one source or mention in a list that may leave, and the names of those that were held back.

    Of what is not public no digest leaves: it would tell an outsider that we hold a file. Of working material, and of
    what has no terms, nothing leaves but that it exists.
    """
    if level is Level.INTERNAL:
        return dict(fields)
    allowed = _LISTED.get(str(fields.get("terms")), _LEAST)
    kept = {name: value for name, value in fields.items() if name in allowed and _is_plain(value)}
    if isinstance(columns := kept.get("columns"), (list, tuple)):
        kept["columns"] = [column for column in columns if column not in HUNTED_COLUMNS]
    withheld = sorted(name for name, value in fields.items() if name not in kept and value not in (None, "", (), []))
    return {**kept, "withheld": withheld}


def today() -> date:
    """The day on which is decided, by this computer's clock."""
    return date.today()
