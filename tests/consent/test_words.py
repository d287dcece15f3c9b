"""Every reason is said in a sentence that a person can act on, in English and in Russian."""

import re

import pytest
from standings import AGAIN, MENTIONS, NO, answers, consent

from guvoh.consent.decide import Decision, Reason
from guvoh.records.base import Terms
from guvoh.records.decisions import Scope

LANGUAGES = ("en", "ru")


def decision(why: Reason, scope: Scope | None = None) -> Decision:
    return Decision(allowed=why in (Reason.CONSENT, Reason.PUBLISHED), why=why, scope=scope)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", Reason)
def test_every_reason_has_its_own_words(why: Reason, language: str) -> None:
    words = decision(why, Scope.COURT).words(language)

    assert words.strip()
    assert "{" not in words
    assert [one for one in Reason if decision(one, Scope.COURT).words(language) == words] == [why]
    assert bool(re.search("[а-яё]", words)) is (language == "ru")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scope", Scope)
def test_every_use_is_named_by_its_number_and_its_question(scope: Scope, language: str) -> None:
    words = decision(Reason.NOT_ASKED, scope).words(language)

    assert f"({scope.value})" in words
    assert [one for one in Scope if decision(Reason.NOT_ASKED, one).words(language) == words] == [scope]


def test_what_is_said_of_a_un_mechanism() -> None:
    asked = answers().may(Scope.UN_CONFIDENTIAL, "amina")

    assert asked.words() == "nobody was asked whether it may go to a UN mechanism (S5) [mention amina]"
    assert asked.words("ru") == "никого не спросили, можно ли передать это в механизм ООН (S5) [упоминание amina]"
    assert asked.reason == asked.words()


def test_a_refusal_names_the_consents_and_the_mentions_by_id() -> None:
    asked = answers(*(consent(f"c{n}", *MENTIONS, scopes={Scope.COURT: NO}) for n in range(5))).may(
        Scope.COURT, "amina"
    )

    assert asked.words().startswith("asked whether it may go to a court (S8), the answer was no [consents c0, c1, c2 ")
    assert "and 2 more" in asked.words()
    assert "и ещё 2" in asked.words("ru")


def test_nothing_that_a_consent_says_is_repeated() -> None:
    planted = {
        name: f"planted {name}"
        for name in ("given_by", "on_behalf", "cannot_ask", "witness", "explained", "safe_contact", "unsafe_contact")
    }
    for scope in Scope:
        for said in (NO, AGAIN):
            one = consent("c1", scopes={scope: said}, recipients=("planted recipient",), **planted)
            asked = answers(one).may(scope, "amina", recipient="planted asked", statement="planted-statement")
            assert "planted" not in asked.words() + asked.words("ru")


@pytest.mark.parametrize("language", ["uz-Latn", "", "EN"])
def test_another_language_is_answered_in_english(language: str) -> None:
    assert decision(Reason.WORKING).words(language) == decision(Reason.WORKING).words("en")


def test_the_word_of_a_reason_does_not_depend_on_a_use_that_was_not_asked_for() -> None:
    asked = answers(consent("c1", withdrawn=True), terms={"amina": Terms.PUBLIC}).refused("amina")

    assert asked is not None
    assert asked.words() == "consent was withdrawn, which ends all use [consent c1; mention amina]"
