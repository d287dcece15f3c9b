"""Which consents have ended, will end soon, or are to be talked over again."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from standings import NONE, TODAY, UNKNOWN, any_standings, consent

from guvoh.consent.decide import Due, Standing, What, due


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"expires": NONE, "review": NONE}, []),
        ({"expires": "2025-03-04"}, [(What.EXPIRED, date(2025, 3, 4))]),
        ({"expires": "2025-03-05"}, [(What.EXPIRES, date(2025, 3, 5))]),
        ({"expires": "2025-04-04"}, [(What.EXPIRES, date(2025, 4, 4))]),
        ({"expires": "2025-04-05"}, []),
        ({"expires": "2025-04"}, [(What.EXPIRES, date(2025, 4, 1))]),
        ({"expires": "../2026"}, [(What.EXPIRED, None)]),
        ({"expires": UNKNOWN}, [(What.EXPIRED, None)]),
        ({"review": "2025-03-20"}, [(What.REVIEW, date(2025, 3, 20))]),
        ({"review": "2024"}, [(What.REVIEW, date(2024, 1, 1))]),
        ({"review": "2025-05"}, []),
        (
            {"expires": "2025-03-30", "review": "2025-03-10"},
            [(What.REVIEW, date(2025, 3, 10)), (What.EXPIRES, date(2025, 3, 30))],
        ),
        ({"expires": "2024", "withdrawn": True}, []),
    ],
)
def test_what_is_due_within_thirty_days(facts: dict[str, Any], expected: list[tuple[What, date | None]]) -> None:
    assert due([consent("c1", **facts)], TODAY, 30) == tuple(Due(id="c1", what=what, day=day) for what, day in expected)


def test_nothing_is_due_of_a_consent_that_others_have_replaced_altogether() -> None:
    old = consent("c1", expires="2024")
    in_part = consent("c2", scopes={}, replaces=("c1",))

    assert [one.id for one in due([old, in_part], TODAY, 30)] == ["c1"]
    assert due([old, consent("c2", replaces=("c1",))], TODAY, 30) == ()


def test_the_most_urgent_comes_first() -> None:
    taken = [consent("c1", review="2025-03-20"), consent("c2", expires="2025-03-10"), consent("c3", expires=UNKNOWN)]

    assert [one.id for one in due(taken, TODAY, 30)] == ["c3", "c2", "c1"]


@given(any_standings())
def test_a_longer_time_ahead_leaves_nothing_out(of: Standing) -> None:
    taken = of.consents

    assert set(due(taken, TODAY, 10)) <= set(due(taken[::-1], TODAY, 400)) <= set(due(taken, TODAY, 10**7))
