"""The one decision: may a mention, or a statement about it, be put to a use today.

A consent about this very mention must say a yes that holds, and none about the person may say anything else but yes
(docs/decisions/consent.md). A yes that does not hold, because it has expired or is for another recipient, is silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from guvoh.consent.due import Due, What, due
from guvoh.consent.holding import Question, answers, says_no, spoken_of, unmet, void, without_authority
from guvoh.consent.people import People
from guvoh.consent.reasons import RANK, Decision, Reason
from guvoh.consent.replacing import Replacements
from guvoh.records.base import Terms
from guvoh.records.decisions import Authority, Consent, Scope

__all__ = ["Answers", "Decision", "Due", "Reason", "Standing", "What", "due", "may_count"]

_WHETHER_COUNTED = (Scope.KEEP, Scope.ANALYSE)


def may_count(terms: Terms) -> Decision:
    """May a mention be counted, without its name, by the terms of its source alone?"""
    if terms is Terms.PUBLIC:
        return Decision(allowed=True, why=Reason.PUBLISHED)
    if terms is Terms.CONSENT:
        return Decision(allowed=False, why=Reason.NOT_ASKED, scope=Scope.ANALYSE)
    return Decision(allowed=False, why=Reason.WORKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that bears on one person: every mention that is, or ever was, taken for him, and what was said of them.

    terms        the mentions, each with the terms of its source
    consents     those that stand: not corrected away; in any order
    authorities  by id, those that stand
    links        groups of mentions that a linkage run, a judgement "same", taken back or not, or a consent that was
                 corrected away has joined
    parted       ids of consents about mentions that were taken for one person and since were parted
    """

    terms: Mapping[str, Terms]
    consents: tuple[Consent, ...]
    authorities: Mapping[str, Authority]
    links: tuple[tuple[str, ...], ...]
    parted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What one consent says of one mention to one question.

    problem  why it is no yes that holds; None: it is one
    silent   a yes that does not hold: it allows nothing, and stands against nothing
    only     the statements it speaks of; None: all
    but      the statements of which another speaks in its place
    """

    consent: str
    mention: str
    problem: Reason | None
    silent: bool
    only: frozenset[str] | None
    but: frozenset[str]


class Answers:
    """A person's standing, made ready to be asked thousands of times."""

    def __init__(self, standing: Standing, today: date) -> None:
        self._standing, self._today = standing, today
        self._void = [
            Reason.PARTED if consent.id in standing.parted else void(consent, today) for consent in standing.consents
        ]
        self._invalid = {id(one) for one, why in zip(standing.consents, self._void, strict=True) if why is not None}
        self._replacements = Replacements(standing.consents, self._holds)
        self._about: dict[str, list[int]] = defaultdict(list)
        for place, consent in enumerate(standing.consents):
            for mention in set(consent.about):
                self._about[mention].append(place)
        groups = (*standing.links, *(consent.about for consent in standing.consents))
        self._people = People(groups, self._all_apart())
        self._weighed: dict[tuple[tuple[str, ...], Question], _Weighed] = {}
        self._refusals: dict[tuple[str, ...], Decision | None] = {}
        self._ready: dict[tuple[str, str, str, str, bool, bool], _Ready] = {}

    @property
    def mentions(self) -> Collection[str]:
        """All that is, or ever was, taken for the person."""
        return self._standing.terms.keys()

    @property
    def consents(self) -> tuple[Consent, ...]:
        return self._standing.consents

    def may(
        self,
        scope: Scope,
        mention: str,
        *,
        statement: str = "",
        recipient: str = "",
        code: str = "",
        home_state: bool = False,
        nameless: bool = False,
    ) -> Decision:
        """May this mention, or one statement about it, be put to this use?

        recipient   for S3, S4 and S12: who is to have it
        code        for S12: the value that is to go
        home_state  for S6: a body that may tell the home state too
        nameless    for S10: it is to be published without the name
        """
        key = (scope, mention, recipient, code, home_state, nameless)
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = self._make_ready(*key)
        return ready.decide(statement)

    def refused(self, mention: str) -> Decision | None:
        """The refusal that keeps a mention out of every count, published lists included; None: there is none.

        S1 or S2 answered no, if only for some statements, or a withdrawal, by any consent of the person.
        """
        if mention not in self._standing.terms:
            return Decision(allowed=False, why=Reason.UNKNOWN_MENTION, about=(mention,))
        around = self._people.around(mention)
        if around not in self._refusals:
            self._refusals[around] = self._refusal(around)
        return self._refusals[around]

    def _refusal(self, around: tuple[str, ...]) -> Decision | None:
        for scope in _WHETHER_COUNTED:
            given = self._given(around, Question(scope=scope))
            for why in (Reason.WITHDRAWN, Reason.REFUSED):
                against = [answer for answer in given if answer.problem is why]
                if against:
                    return _against(against, why, scope)
        return None

    def may_count(self, mention: str) -> Decision:
        """May it be counted, without its name?"""
        terms = self._standing.terms.get(mention)
        if terms is Terms.INTERNAL:
            return may_count(terms)
        refusal = self.refused(mention)
        if refusal is not None:
            return refusal
        return may_count(Terms.PUBLIC) if terms is Terms.PUBLIC else self.may(Scope.ANALYSE, mention)

    def may_show(self, mention: str) -> Decision:
        """May anything of it be shown at all? What is shown needs its own scopes beside this.

        Every level that shows a person asks whether the account may be kept (S1). Of a published list only those are
        shown whom the consent to that joins to a mention of another source.
        """
        kept = self.may(Scope.KEEP, mention)
        if self._standing.terms.get(mention) is not Terms.PUBLIC:
            return kept
        own = self._given((mention,), Question(scope=Scope.KEEP))
        yes = {answer.consent for answer in own if answer.problem is None and answer.only is None and not answer.but}
        if kept.why in (Reason.CONSENT, Reason.NOT_ASKED) and self._joining(mention).isdisjoint(yes):
            return Decision(allowed=False, why=Reason.LIST_ONLY, about=(mention,))
        return kept

    def _joining(self, mention: str) -> set[str]:
        """The consents about it that are also about a mention of a source that is not public."""
        terms = self._standing.terms
        about_it = [self._standing.consents[place] for place in self._about.get(mention, ())]
        listed = {one for consent in about_it for one in consent.about if terms.get(one, Terms.PUBLIC) is Terms.PUBLIC}
        return {consent.id for consent in about_it if not listed.issuperset(consent.about)}

    def _make_ready(
        self, scope: str, mention: str, recipient: str, code: str, home_state: bool, nameless: bool
    ) -> _Ready:
        if scope not in set(Scope):
            return _Ready(no=Decision(allowed=False, why=Reason.UNKNOWN_SCOPE, about=(mention,)))
        asked = Question.of(Scope(scope), recipient, code, home_state, nameless)
        if mention not in self._standing.terms:
            no = Decision(allowed=False, why=Reason.UNKNOWN_MENTION, about=(mention,), scope=asked.scope)
            return _Ready(no=no)
        if self._standing.terms[mention] is Terms.INTERNAL:
            return _Ready(no=Decision(allowed=False, why=Reason.WORKING, about=(mention,), scope=asked.scope))
        around = self._people.around(mention)
        weighed = self._weighed.get((around, asked))
        if weighed is None:
            weighed = self._weighed[around, asked] = self._weigh(around, asked)
        return _Ready(mention=mention, weighed=weighed)

    def _weigh(self, around: tuple[str, ...], asked: Question) -> _Weighed:
        given = self._given(around, asked)
        covered = {answer.mention for answer in given if answer.problem is None}
        terms = self._standing.terms
        voiceless = {one for one in around if terms.get(one) is Terms.PUBLIC}
        return _Weighed(asked.scope, given, tuple(one for one in around if one not in covered | voiceless))

    def _given(self, around: Iterable[str], asked: Question) -> list[_Answer]:
        """All answers about these mentions that stand."""
        answers = (self._answer(place, mention, asked) for mention in around for place in self._about.get(mention, ()))
        return [answer for answer in answers if answer is not None]

    def _answer(self, place: int, mention: str, asked: Question) -> _Answer | None:
        consent = self._standing.consents[place]
        problem = says_no(consent, asked)
        if problem is None and not answers(consent, asked.scope):
            return None
        lifted = self._replacements.lifted(consent, mention, asked.scope)
        if lifted is None:
            return None
        void_ = self._why_not(place, mention, asked) if problem is None else None
        return _Answer(
            consent=consent.id,
            mention=mention,
            problem=problem or void_,
            silent=void_ is not None,
            only=spoken_of(consent),
            but=lifted,
        )

    def _why_not(self, place: int, mention: str, asked: Question) -> Reason | None:
        """Why a yes does not hold. One that another replaces does not, even where the other does not speak."""
        consent, standing = self._standing.consents[place], self._standing
        return (
            self._void[place]
            or without_authority(consent, asked.scope, mention, standing.authorities, self._today)
            or unmet(consent, asked)
            or (Reason.REPLACED if self._replacements.of(consent, mention, asked.scope) else None)
        )

    def _holds(self, one: Consent, mention: str, scope: Scope, lifted: Consent) -> bool:
        """Whether a yes holds, and may stand in the place of another answer.

        What the person himself has refused, somebody else lifts only with an authority, for whatever scope.
        """
        if id(one) in self._invalid:
            return False
        asked = Scope.LAWYER if lifted.on_behalf is None and one.on_behalf is not None else scope
        return without_authority(one, asked, mention, self._standing.authorities, self._today) is None

    def _all_apart(self) -> dict[str, frozenset[str]]:
        """For each mention those that are known to be somebody else.

        A consent says so that is neither void nor withdrawn, unless one that it does not replace takes both for one.
        """
        apart: dict[str, set[str]] = defaultdict(set)
        for consent, is_void in zip(self._standing.consents, self._void, strict=True):
            if is_void or consent.withdrawn:
                continue
            for mention in set(consent.about) if consent.apart else ():
                apart[mention] |= {
                    other for other in consent.apart if other != mention and not self._is_one(mention, other, consent)
                }
        return {mention: frozenset(others) for mention, others in apart.items() if others}

    def _is_one(self, mention: str, other: str, consent: Consent) -> bool:
        joint = set(self._about.get(mention, ())) & set(self._about.get(other, ()))
        return any(self._standing.consents[place].id not in set(consent.replaces) - {consent.id} for place in joint)


class _Weighed:
    """All answers about one person to one question, in the order in which they are needed.

    not_covered  mentions without a yes that are not of a public source
    """

    def __init__(self, scope: Scope, given: list[_Answer], not_covered: tuple[str, ...]) -> None:
        self.scope, self.not_covered = scope, not_covered
        self._silent = [answer for answer in given if answer.silent]
        given = [answer for answer in given if not answer.silent]
        self._always = [answer for answer in given if answer.only is None and not answer.but]
        self._but = [answer for answer in given if answer.only is None and answer.but]
        self._only: dict[str, list[_Answer]] = defaultdict(list)
        for answer in given:
            for statement in (answer.only or frozenset()) - answer.but:
                self._only[statement].append(answer)
        self._against = _most_useful(self._always)
        self._yes = [answer for answer in given if answer.problem is None]
        self._special = frozenset(self._only).union(*(answer.but for answer in self._but))

    def is_special(self, statement: str) -> bool:
        """Whether any answer speaks of this statement otherwise than of those that none names."""
        return statement in self._special

    def decide(self, mention: str, statement: str) -> Decision:
        also = [*self._only.get(statement, ()), *(one for one in self._but if statement not in one.but)]
        against = _most_useful([*self._against, *also])
        if against:
            assert against[0].problem is not None
            return _against(against, against[0].problem, self.scope)
        own = {one.consent for one in (*self._always, *also) if one.mention == mention}
        if not own:
            return self._no_yes(mention)
        others = tuple(one for one in self.not_covered if one != mention)
        if others:
            return Decision(allowed=False, why=Reason.NOT_COVERED, about=others, scope=self.scope)
        rests_on = own.union(one.consent for one in self._yes if one.mention != mention)
        return Decision(allowed=True, why=Reason.CONSENT, consents=tuple(sorted(rests_on)), scope=self.scope)

    def _no_yes(self, mention: str) -> Decision:
        void_ = _most_useful([one for one in self._silent if one.mention == mention])
        if void_:
            assert void_[0].problem is not None
            return _against(void_, void_[0].problem, self.scope)
        elsewhere = tuple(sorted({one.consent for one in self._yes if one.mention == mention}))
        why = Reason.OTHER_STATEMENTS if elsewhere else Reason.NOT_ASKED
        return Decision(allowed=False, why=why, consents=elsewhere, about=(mention,), scope=self.scope)


@dataclass(slots=True, kw_only=True)
class _Ready:
    """Decisions about one mention for one question, each made once."""

    no: Decision | None = None
    mention: str = ""
    weighed: _Weighed | None = None
    _made: dict[str, Decision] = field(default_factory=dict)

    def decide(self, statement: str) -> Decision:
        if self.weighed is None:
            assert self.no is not None
            return self.no
        named = statement if self.weighed.is_special(statement) else ""
        made = self._made.get(named)
        if made is None:
            made = self._made[named] = self.weighed.decide(self.mention, named)
        return made


def _most_useful(answers: list[_Answer]) -> list[_Answer]:
    """Of the answers that stand against a use, those with the reason to say first."""
    found: list[_Answer] = []
    rank = len(RANK)
    for answer in answers:
        if answer.problem is None or RANK[answer.problem] > rank:
            continue
        if RANK[answer.problem] < rank:
            rank, found = RANK[answer.problem], []
        found.append(answer)
    return found


def _against(answers: list[_Answer], why: Reason, scope: Scope) -> Decision:
    consents, about = {one.consent for one in answers}, {one.mention for one in answers}
    return Decision(allowed=False, why=why, consents=tuple(sorted(consents)), about=tuple(sorted(about)), scope=scope)
