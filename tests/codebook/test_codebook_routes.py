"""Where a case can go, and whom it reaches there."""

from datetime import date

import pytest

from guvoh.codebook import routes


def test_there_are_six_ways_and_each_has_a_name_a_source_and_a_day() -> None:
    assert list(routes()) == ["wgeid", "wgad", "ced", "special-procedures", "treaty-bodies", "icc"]
    for name, route in routes().items():
        assert route.id == name
        assert {"en", "ru"} == route.labels.keys()
        assert not route.labelled("ru").untranslated
        assert route.source
        assert route.checked_on == date(2026, 11, 24)


@pytest.mark.parametrize("name", ["wgeid", "wgad", "ced", "treaty-bodies"])
def test_the_government_concerned_learns_the_name(name: str) -> None:
    assert routes()[name].named_to_government
    assert routes()[name].verify


def test_only_the_working_group_on_disappearances_may_copy_the_home_state() -> None:
    assert [name for name, route in routes().items() if route.may_copy_home_state] == ["wgeid"]


def test_the_committee_takes_cases_about_its_parties_and_another_route_is_offered_for_the_rest() -> None:
    ced = routes()["ced"]

    assert ced.parties == ("KZ", "UA")
    assert [state for state in ("RU", "KG", "TJ", "TM", "UZ", "KZ", "UA") if ced.takes(state)] == ["KZ", "UA"]
    assert ced.instead == "wgeid"
    assert routes()[ced.instead].takes("RU")


def test_where_no_route_takes_a_state_another_is_named_that_exists_and_takes_it() -> None:
    for route in routes().values():
        assert bool(route.parties) == (route.instead is not None)
        assert route.instead is None or (route.instead in routes() and not routes()[route.instead].parties)


def test_the_court_asks_for_a_scope_of_its_own_and_not_for_those_of_the_united_nations() -> None:
    assert routes()["icc"].scopes == ("S8",)
    assert [name for name, route in routes().items() if route.scopes] == ["icc"]


def test_complaints_need_an_authority_and_special_procedures_more_than_media() -> None:
    assert [name for name, route in routes().items() if route.needs_authority] == ["ced", "treaty-bodies"]
    assert [name for name, route in routes().items() if route.media_alone_refused] == ["special-procedures"]


def test_what_waits_for_counsel_says_so() -> None:
    assert [name for name, route in routes().items() if not route.verify] == ["special-procedures"]


def test_a_route_cannot_be_written_to() -> None:
    with pytest.raises(AttributeError):
        routes()["icc"].verify = False  # type: ignore[misc]
