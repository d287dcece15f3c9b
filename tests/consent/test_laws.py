"""What holds whoever said what: nothing but a consent ever widens what may be shown."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from standings import (
    AGAIN,
    MENTIONS,
    NAMELESS,
    NO,
    QUERIES,
    STATEMENTS,
    TODAY,
    YES,
    Query,
    any_standings,
    ask,
    consent,
    consents,
    decisions,
    shown,
    standings,
)

from guvoh.consent.decide import Answers, Decision, Reason, Standing
from guvoh.records.decisions import Consent, Permission, Scope

EXAMPLES = 60


def _with(of: Standing, place: int, changed: Consent | None) -> Standing:
    taken = list(of.consents)
    taken[place : place + 1] = [] if changed is None else [changed]
    return replace(of, consents=tuple(taken))


def _said(one: Consent, scopes: dict[Scope, Permission]) -> Consent:
    return msgspec.structs.replace(one, scopes=scopes)


def _only_what_stood_against(
    before: dict[Query, Decision | None], after: dict[Query, Decision | None], consent_id: str
) -> bool:
    """Whether all that is shown now had been refused for the sake of this consent alone."""
    refusals = [before[query] for query in shown(after) - shown(before)]
    return all(one is not None and one.consents == (consent_id,) for one in refusals)


@given(standings(), st.data())
@settings(max_examples=EXAMPLES)
def test_a_yes_that_becomes_no_or_ask_again_never_shows_more(of: Standing, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(of.consents) - 1))
    one = of.consents[place]
    taken = data.draw(st.sets(st.sampled_from(Scope), min_size=1))
    instead = data.draw(st.sampled_from([NO, AGAIN]))
    less = {
        scope: instead if scope in taken and said in (YES, NAMELESS) else said for scope, said in one.scopes.items()
    }

    assert shown(decisions(_with(of, place, _said(one, less)))) <= shown(decisions(of))

    if one.home_state is YES:
        less_at_home = msgspec.structs.replace(one, home_state=instead)
        assert shown(decisions(_with(of, place, less_at_home))) <= shown(decisions(of))


@given(standings(), st.data())
@settings(max_examples=EXAMPLES)
def test_a_yes_that_was_never_asked_for_shows_no_more(of: Standing, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(of.consents) - 1))
    one = msgspec.structs.replace(of.consents[place], replaces=())
    of = _with(of, place, one)
    left = data.draw(st.sets(st.sampled_from(Scope)))
    less = {scope: said for scope, said in one.scopes.items() if scope in left or said is not YES}

    assert shown(decisions(_with(of, place, _said(one, less)))) <= shown(decisions(of))


@given(standings(), consents("c0"))
@settings(max_examples=EXAMPLES)
def test_taking_back_a_whole_consent_shows_no_more(of: Standing, one: Consent) -> None:
    yes = {scope: said for scope, said in one.scopes.items() if said is YES}
    one = msgspec.structs.replace(one, about=one.about[:1], scopes=yes, home_state=YES, withdrawn=False, replaces=())
    of = _with(of, 0, one)

    assert shown(decisions(_with(of, 0, None))) <= shown(decisions(of))


@given(standings(), st.sampled_from(MENTIONS))
@settings(max_examples=EXAMPLES)
def test_one_more_yes_never_stands_against_anything(of: Standing, mention: str) -> None:
    more = consent("c9", mention, home_state=YES, expires="2020")

    assert shown(decisions(of)) <= shown(decisions(replace(of, consents=(*of.consents, more))))


@given(standings(), consents("c9"), st.booleans())
@settings(max_examples=EXAMPLES)
def test_a_consent_that_allows_nothing_and_replaces_nothing_never_shows_more(
    of: Standing, one: Consent, withdrawn: bool
) -> None:
    refusing = {scope: NO if said is YES else AGAIN for scope, said in one.scopes.items()}
    new = msgspec.structs.replace(one, scopes=refusing, apart=(), withdrawn=withdrawn)

    assert shown(decisions(replace(of, consents=(*of.consents, new)))) <= shown(decisions(of))


@given(standings(), st.lists(st.sampled_from(MENTIONS), min_size=2, max_size=3, unique=True).map(tuple))
@settings(max_examples=EXAMPLES)
def test_joining_never_shows_more(of: Standing, joined: tuple[str, ...]) -> None:
    assert shown(decisions(replace(of, links=(*of.links, joined)))) <= shown(decisions(of))


@given(standings(), st.sets(st.sampled_from(["c0", "c1", "c2", "c3"])))
@settings(max_examples=EXAMPLES)
def test_parting_never_shows_more(of: Standing, parted: set[str]) -> None:
    assert shown(decisions(replace(of, parted=of.parted | parted))) <= shown(decisions(of))


@given(standings(), st.data())
@settings(max_examples=EXAMPLES)
def test_limiting_a_consent_to_statements_shows_no_more_unless_it_stood_against_another(
    of: Standing, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(of.consents) - 1))
    one = of.consents[place]
    fewer = data.draw(st.sets(st.sampled_from(one.statements or STATEMENTS[1:]), min_size=1))
    limited = msgspec.structs.replace(one, statements=tuple(sorted(fewer)))

    assert _only_what_stood_against(decisions(of), decisions(_with(of, place, limited)), one.id)


@given(standings(), st.sampled_from(MENTIONS), st.sampled_from(STATEMENTS))
@settings(max_examples=EXAMPLES)
def test_a_withdrawal_that_nothing_replaces_ends_every_use_for_all_who_are_taken_for_one_person(
    of: Standing, mention: str, statement: str
) -> None:
    limit = (statement,) if statement else ()
    withdrawal = consent("withdrawal", mention, scopes={}, statements=limit, withdrawn=True)
    taken = tuple(msgspec.structs.replace(one, apart=()) for one in of.consents)
    of = replace(of, consents=(withdrawal, *taken))
    person = {mention}
    for _ in MENTIONS:
        for group in (*of.links, *(one.about for one in taken)):
            person |= set(group) if person & set(group) else set()

    assert not {query for query in shown(decisions(of)) if query[1] in person}


@given(standings(), st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES)
def test_the_order_in_which_consents_came_in_makes_no_difference(of: Standing, rng: Random) -> None:
    shuffled = list(of.consents)
    rng.shuffle(shuffled)
    backwards = [msgspec.structs.replace(one, about=one.about[::-1], replaces=one.replaces[::-1]) for one in shuffled]
    other = replace(of, consents=tuple(backwards), links=tuple(group[::-1] for group in of.links[::-1]))

    assert decisions(other) == decisions(of)


@given(standings(), st.lists(st.sampled_from(QUERIES), min_size=1, max_size=12))
@settings(max_examples=EXAMPLES)
def test_what_was_asked_before_makes_no_difference(of: Standing, asked: list[Query]) -> None:
    ready = Answers(of, TODAY)
    for query in asked:
        assert ask(ready, query) == ask(Answers(of, TODAY), query)


@given(any_standings())
@settings(max_examples=EXAMPLES)
def test_every_question_has_an_answer_in_words_whatever_the_records_say(of: Standing) -> None:
    for decision in decisions(of).values():
        if decision is not None:
            assert decision.words("en")
            assert decision.words("ru")
            assert not decision.allowed or decision.why in (Reason.CONSENT, Reason.PUBLISHED)


def test_the_people_of_these_laws_allow_enough_for_the_laws_to_mean_something() -> None:
    allowed: list[float] = []
    by_consent: set[tuple[str, object]] = set()

    @given(standings())
    @settings(max_examples=100, derandomize=True, database=None)
    def count(of: Standing) -> None:
        made = decisions(of)
        allowed.append(len(shown(made)) / len(made))
        by_consent.update((query[0], dict(query[2]).get("scope")) for query in shown(made))

    count()

    assert sum(share > 0.05 for share in allowed) > len(allowed) / 3
    assert {("may", scope) for scope in Scope} <= by_consent
    assert ("may_show", None) in by_consent
