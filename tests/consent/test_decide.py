"""May Amina's son be counted, may he be named: the whole table of answers."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.consent.decide import may_count, may_name
from guvoh.records.base import Terms
from guvoh.records.decisions import Permission, Scope

YES, NO, AGAIN, NAMELESS = Permission.YES, Permission.NO, Permission.ASK_AGAIN, Permission.NAMELESS
scopes = st.dictionaries(st.sampled_from(Scope), st.sampled_from(Permission))


@pytest.mark.parametrize(
    ("terms", "said", "allowed"),
    [
        (Terms.PUBLIC, None, True),
        (Terms.PUBLIC, {Scope.ANALYSE: NO}, True),  # published by others: counted, never named
        (Terms.INTERNAL, None, False),
        (Terms.INTERNAL, {Scope.ANALYSE: YES}, False),
        (Terms.CONSENT, None, False),
        (Terms.CONSENT, {}, False),
        (Terms.CONSENT, {Scope.ANALYSE: YES}, True),
        (Terms.CONSENT, {Scope.ANALYSE: NO}, False),
        (Terms.CONSENT, {Scope.ANALYSE: AGAIN}, False),
        (Terms.CONSENT, {Scope.KEEP: YES}, False),
        (Terms.CONSENT, {Scope.KEEP: NO, Scope.ANALYSE: YES}, False),
        (Terms.CONSENT, {Scope.MEDIA: YES, Scope.COURT: YES}, False),
    ],
)
def test_who_may_be_counted(terms: Terms, said: dict[Scope, Permission] | None, allowed: bool) -> None:
    assert may_count(terms, said).allowed is allowed


@pytest.mark.parametrize(
    ("terms", "said", "allowed"),
    [
        (Terms.PUBLIC, None, False),
        (Terms.PUBLIC, {Scope.MEDIA: YES}, False),
        (Terms.INTERNAL, {Scope.MEDIA: YES}, False),
        (Terms.CONSENT, None, False),
        (Terms.CONSENT, {Scope.MEDIA: YES}, True),
        (Terms.CONSENT, {Scope.MEDIA: NAMELESS}, False),
        (Terms.CONSENT, {Scope.MEDIA: AGAIN}, False),
        (Terms.CONSENT, {Scope.MEDIA: NO}, False),
        (Terms.CONSENT, {Scope.KEEP: NO, Scope.MEDIA: YES}, False),
        (Terms.CONSENT, {Scope.ANALYSE: YES, Scope.UN_PUBLIC: YES}, False),
    ],
)
def test_who_may_be_named(terms: Terms, said: dict[Scope, Permission] | None, allowed: bool) -> None:
    assert may_name(terms, said).allowed is allowed


@pytest.mark.parametrize("terms", Terms)
def test_what_nobody_was_asked_about_is_no(terms: Terms) -> None:
    assert may_count(terms) == may_count(terms, {})
    assert not may_name(terms).allowed


@given(st.sampled_from([Terms.PUBLIC, Terms.INTERNAL]), scopes)
def test_nobody_is_named_from_a_published_list_or_working_material(terms: Terms, said: dict[Scope, Permission]) -> None:
    assert not may_name(terms, said).allowed


@given(scopes)
def test_working_material_is_in_no_count(said: dict[Scope, Permission]) -> None:
    assert not may_count(Terms.INTERNAL, said).allowed


@given(scopes)
def test_only_yes_is_yes_and_one_scope_is_never_taken_for_another(said: dict[Scope, Permission]) -> None:
    if said.get(Scope.ANALYSE) is not YES:
        assert not may_count(Terms.CONSENT, said).allowed
    if said.get(Scope.MEDIA) is not YES:
        assert not may_name(Terms.CONSENT, said).allowed


@given(st.sampled_from(Terms), scopes, st.sampled_from(Scope))
def test_refusing_more_never_allows_more(terms: Terms, said: dict[Scope, Permission], refused: Scope) -> None:
    for decide in (may_count, may_name):
        assert decide(terms, said).allowed >= decide(terms, said | {refused: NO}).allowed


def test_every_answer_gives_its_reason_in_words() -> None:
    for terms, said in product(Terms, (None, {Scope.ANALYSE: YES}, {Scope.MEDIA: YES}, {Scope.KEEP: NO})):
        for decision in (may_count(terms, said), may_name(terms, said)):
            assert decision.reason
            assert decision.consents == ()
