"""Numbers are said as people say them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.words.plain import count, duration, listed, size


def test_one_is_one_and_more_are_many() -> None:
    assert count(1, "source", "sources") == "1 source"
    assert count(0, "source", "sources") == "0 sources"
    assert count(4000, "source", "sources") == "4,000 sources"
    assert count(1_000_000, "person", "people") == "1,000,000 people"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1234, "1.2 kB"),
        (9949, "9.9 kB"),
        (9960, "10 kB"),
        (12_345, "12 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (50_000_000, "50 MB"),
        (3_400_000_000, "3.4 GB"),
        (5_000_000_000_000_000, "5,000 TB"),
    ],
)
def test_a_size_is_said_in_the_unit_that_fits(number: int, said: str) -> None:
    assert size(number) == said


UNITS = {"byte": 1, "bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


@given(st.integers(0, 10**17))
def test_a_size_is_said_to_within_a_twentieth(number: int) -> None:
    amount, unit = size(number).split()
    assert float(amount.replace(",", "")) * UNITS[unit] == pytest.approx(number, rel=0.05)
    assert unit == "TB" or float(amount) < 1000


def test_a_list_is_said_with_and() -> None:
    assert listed([]) == "none"
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "less than a second"),
        (0.2, "less than a second"),
        (1, "1 second"),
        (12.4, "12 seconds"),
        (59.7, "1 minute"),
        (125, "2 minutes 5 seconds"),
        (3600, "1 hour"),
        (3605, "1 hour"),
        (7500, "2 hours 5 minutes"),
        (90_000, "1 day 1 hour"),
        (172_800, "2 days"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


LENGTHS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


@given(st.integers(1, 10**7))
def test_a_duration_is_never_said_longer_than_it_was(seconds: int) -> None:
    parts = re.findall(r"([\d,]+) (day|hour|minute|second)", duration(seconds))
    total = sum(int(number.replace(",", "")) * LENGTHS[unit] for number, unit in parts)
    assert seconds * 0.95 < total <= seconds
