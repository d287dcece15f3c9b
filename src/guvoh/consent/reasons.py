"""Why a use is allowed or not, in words that make sense alone, in English and Russian.

A sentence names a scope by its question, and consents and mentions by their ids: never anything that they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from guvoh.records.decisions import Scope

SAID_BY_ID = 3
"""So many ids stand in a sentence; of more it says how many."""


class Reason(StrEnum):
    """Why. Of several reasons to refuse, the first that stands here is the one to say."""

    CONSENT = "consent"
    PUBLISHED = "published"

    UNKNOWN_SCOPE = "unknown scope"
    UNKNOWN_MENTION = "unknown mention"
    WORKING = "working material"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    HOME_STATE_REFUSED = "home state refused"
    ASK_AGAIN = "ask again"
    HOME_STATE_ASK_AGAIN = "home state ask again"
    PARTED = "parted"
    MINOR = "minor"
    NOT_SAID_WHY = "not said why"
    NO_AUTHORITY = "no authority"
    AUTHORITY_FOR_ANOTHER = "authority for another"
    AUTHORITY_NOT_VALID = "authority not valid"
    EXPIRED = "expired"
    EXPIRY_UNKNOWN = "expiry unknown"
    FUTURE = "future"
    NAMELESS = "nameless"
    OTHER_RECIPIENT = "other recipient"
    OTHER_VALUE = "other value"
    HOME_STATE_NOT_ASKED = "home state not asked"
    REPLACED = "replaced"
    OTHER_STATEMENTS = "other statements"
    NOT_ASKED = "not asked"
    NOT_COVERED = "not covered"
    LIST_ONLY = "list only"


RANK = {reason: place for place, reason in enumerate(Reason)}

# {q} is the scope's question with its number.
_SENTENCES: dict[str, dict[Reason, str]] = {
    "en": {
        Reason.CONSENT: "a consent says that {q}",
        Reason.PUBLISHED: "published, or a list received: counted, never named",
        Reason.UNKNOWN_SCOPE: "this use is none of the scopes S1 to S12, so nobody was asked about it",
        Reason.UNKNOWN_MENTION: "the terms of its source are not known here",
        Reason.WORKING: "working material",
        Reason.WITHDRAWN: "consent was withdrawn, which ends all use",
        Reason.REFUSED: "asked whether {q}, the answer was no",
        Reason.HOME_STATE_REFUSED: "asked whether the home state may be told too (S6), the answer was no",
        Reason.ASK_AGAIN: "asked whether {q}, the answer was to ask again, which is not yes",
        Reason.HOME_STATE_ASK_AGAIN: (
            "asked whether the home state may be told too (S6), the answer was to ask again, which is not yes"
        ),
        Reason.PARTED: (
            "the consent that {q} is about mentions that were taken for one person and since were parted; ask anew"
        ),
        Reason.MINOR: "the consent that {q} was given by somebody under 18, and no guardian consented",
        Reason.NOT_SAID_WHY: (
            "the consent that {q} was given for another, and it does not say why the person cannot be asked"
        ),
        Reason.NO_AUTHORITY: "the consent that {q} was given for another, and no authority to do so stands",
        Reason.AUTHORITY_FOR_ANOTHER: "the consent that {q} rests on an authority that is not about this person",
        Reason.AUTHORITY_NOT_VALID: "the consent that {q} rests on an authority that is not certainly valid today",
        Reason.EXPIRED: "the consent that {q} has expired",
        Reason.EXPIRY_UNKNOWN: "the consent that {q} has an end, and the day is not known",
        Reason.FUTURE: "the consent that {q} bears a date in the future",
        Reason.NAMELESS: "the consent is that {q} without the name only",
        Reason.OTHER_RECIPIENT: "the consent that {q} does not name this recipient",
        Reason.OTHER_VALUE: "the consent that {q} does not name this value",
        Reason.HOME_STATE_NOT_ASKED: "nobody was asked whether the home state may be told too (S6)",
        Reason.REPLACED: "the consent that {q} has been replaced by one that does not speak of this",
        Reason.OTHER_STATEMENTS: "the consent that {q} is for other statements only",
        Reason.NOT_ASKED: "nobody was asked whether {q}",
        Reason.NOT_COVERED: (
            "another mention that is or was taken for the same person is not covered: nobody was asked whether {q}"
        ),
        Reason.LIST_ONLY: "known from a published list, and no consent joins it to an account: counted, never named",
    },
    "ru": {
        Reason.CONSENT: "есть согласие: {q}",
        Reason.PUBLISHED: "опубликовано или получено списком: идёт в подсчёт, имя не называется",
        Reason.UNKNOWN_SCOPE: "такого использования нет среди S1–S12, значит, о нём никого не спрашивали",
        Reason.UNKNOWN_MENTION: "условия источника здесь не известны",
        Reason.WORKING: "рабочий материал",
        Reason.WITHDRAWN: "согласие отозвано, всякое использование прекращается",
        Reason.REFUSED: "на вопрос, {w}, ответ был: нет",
        Reason.HOME_STATE_REFUSED: "на вопрос, можно ли сообщить и государству гражданства (S6), ответ был: нет",
        Reason.ASK_AGAIN: "на вопрос, {w}, ответ был: спросить ещё раз; это не «да»",
        Reason.HOME_STATE_ASK_AGAIN: (
            "на вопрос, можно ли сообщить и государству гражданства (S6), ответ был: спросить ещё раз; это не «да»"
        ),
        Reason.PARTED: (
            "согласие ({q}) касается упоминаний, которые считались одним человеком, а потом были разделены; "
            "нужно спросить заново"
        ),
        Reason.MINOR: "согласие ({q}) дано лицом младше 18 лет, и согласия опекуна нет",
        Reason.NOT_SAID_WHY: "согласие ({q}) дано за другого человека, и не сказано, почему нельзя спросить его самого",
        Reason.NO_AUTHORITY: "согласие ({q}) дано за другого человека, а действующих полномочий на это нет",
        Reason.AUTHORITY_FOR_ANOTHER: "согласие ({q}) опирается на полномочия, которые не касаются этого человека",
        Reason.AUTHORITY_NOT_VALID: "согласие ({q}) опирается на полномочия, которые сегодня могут не действовать",
        Reason.EXPIRED: "срок согласия ({q}) истёк",
        Reason.EXPIRY_UNKNOWN: "у согласия ({q}) есть срок, но день не известен",
        Reason.FUTURE: "у согласия ({q}) дата в будущем",
        Reason.NAMELESS: "согласие ({q}) дано только на использование без имени",
        Reason.OTHER_RECIPIENT: "в согласии ({q}) этот получатель не назван",
        Reason.OTHER_VALUE: "в согласии ({q}) это сведение не названо",
        Reason.HOME_STATE_NOT_ASKED: "никого не спросили, можно ли сообщить и государству гражданства (S6)",
        Reason.REPLACED: "согласие ({q}) заменено другим, которое об этом не говорит",
        Reason.OTHER_STATEMENTS: "согласие ({q}) дано только для других сведений",
        Reason.NOT_ASKED: "никого не спросили, {w}",
        Reason.NOT_COVERED: (
            "другое упоминание, которое считается или считалось тем же человеком, согласием не охвачено: "
            "никого не спросили, {w}"
        ),
        Reason.LIST_ONLY: "известно из опубликованного списка, и согласие не связывает это с рассказом: "
        "идёт в подсчёт, имя не называется",
    },
}

_QUESTIONS: dict[str, dict[Scope, str]] = {
    "en": {
        Scope.KEEP: "it may be kept in our files",
        Scope.ANALYSE: "it may be counted, without the name, in statistics",
        Scope.SHARE_ORG: "it may be shared with an organisation",
        Scope.LAWYER: "a lawyer may use it",
        Scope.UN_CONFIDENTIAL: "it may go to a UN mechanism",
        Scope.UN_GOVERNMENT: "the name may be given to the government concerned",
        Scope.UN_PUBLIC: "the name may appear in a public UN report",
        Scope.COURT: "it may go to a court",
        Scope.TRACING: "it may go to the Red Cross or a search project",
        Scope.MEDIA: "it may be published",
        Scope.CONTACT: "contact may be made again",
        Scope.INCRIMINATING: "what could be used against the person may be given out",
    },
    "ru": {
        Scope.KEEP: "можно хранить это у нас",
        Scope.ANALYSE: "можно учесть это в статистике без имени",
        Scope.SHARE_ORG: "можно передать это организации",
        Scope.LAWYER: "можно использовать это адвокату",
        Scope.UN_CONFIDENTIAL: "можно передать это в механизм ООН",
        Scope.UN_GOVERNMENT: "можно сообщить имя соответствующему правительству",
        Scope.UN_PUBLIC: "можно назвать имя в открытом докладе ООН",
        Scope.COURT: "можно передать это в суд",
        Scope.TRACING: "можно передать это Красному Кресту или поисковому проекту",
        Scope.MEDIA: "можно опубликовать это",
        Scope.CONTACT: "можно связаться ещё раз",
        Scope.INCRIMINATING: "можно передавать то, что могут обратить против человека",
    },
}
_ANY_USE = {"en": "it may be used", "ru": "можно использовать это"}
_NAMED = {
    "en": (("consent", "consents"), ("mention", "mentions"), "and {} more"),
    "ru": (("согласие", "согласия"), ("упоминание", "упоминания"), "и ещё {}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Yes or no, why, and what it rests on.

    consents  ids of those it rests on (yes), or that stand against it (no)
    about     mentions concerned, such as the one that nobody was asked about
    scope     the use that was asked for, where it was one
    """

    allowed: bool
    why: Reason
    consents: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    scope: Scope | None = None

    @property
    def reason(self) -> str:
        return self.words()

    def words(self, language: str = "en") -> str:
        """Say why in a sentence; in English where it is neither `en` nor `ru`."""
        tongue = language if language in _SENTENCES else "en"
        sentence = _SENTENCES[tongue][self.why].format(q=_question(self.scope, tongue), w=_whether(self.scope, tongue))
        consents, mentions, more = _NAMED[tongue]
        named = [_ids(names, ids, more) for names, ids in ((consents, self.consents), (mentions, self.about)) if ids]
        return f"{sentence} [{'; '.join(named)}]" if named else sentence


def _question(scope: Scope | None, tongue: str) -> str:
    return f"{_QUESTIONS[tongue][scope]} ({scope.value})" if scope is not None else _ANY_USE[tongue]


def _whether(scope: Scope | None, tongue: str) -> str:
    """The question as Russian asks it: "можно ли передать"."""
    return _question(scope, tongue).replace("можно", "можно ли", 1)


def _ids(names: tuple[str, str], ids: Sequence[str], more: str) -> str:
    shown = ", ".join(ids[:SAID_BY_ID])
    rest = f" {more.format(len(ids) - SAID_BY_ID)}" if len(ids) > SAID_BY_ID else ""
    return f"{names[len(ids) > 1]} {shown}{rest}"
