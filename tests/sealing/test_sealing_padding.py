"""Padding: what a sealed length shows, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.sealing.padding import SMALLEST, BadPadding, pad, padme, unpad


@pytest.mark.parametrize(("length", "padded"), [(256, 256), (257, 272), (1000, 1024), (9000, 9216), (1 << 20, 1 << 20)])
def test_lengths_are_rounded_as_the_paper_says(length: int, padded: int) -> None:
    """Worked by hand from section 4: 9000 has e = 13, s = 4, so it is rounded up to a multiple of 2^9."""
    assert padme(length) == padded


def test_short_notes_all_look_alike() -> None:
    assert {len(pad(b"x" * size)) for size in range(SMALLEST - 7)} == {SMALLEST}


def test_a_million_bytes_show_one_of_few_lengths() -> None:
    """From 512 KiB to 1 MiB there are 32 lengths."""
    assert len({padme(length) for length in range(1 << 19, 1 << 20, 97)}) <= 33


@given(st.integers(0, 1 << 45), st.integers(0, 1 << 45))
def test_a_longer_message_is_never_padded_to_less(one: int, other: int) -> None:
    assert (padme(one) <= padme(other)) or one > other


@given(st.binary(max_size=1000), st.data())
def test_a_changed_length_or_filling_is_refused(data: bytes, draw: st.DataObject) -> None:
    padded = pad(data)
    inside = range(8, 8 + len(data))
    at = draw.draw(st.integers(0, len(padded) - 1).filter(lambda at: at not in inside))
    changed = padded[:at] + bytes([padded[at] ^ 1 << draw.draw(st.integers(0, 7))]) + padded[at + 1 :]
    if at < 8 and len(changed) == padme(8 + int.from_bytes(changed[:8])) and not any(changed[8 + len(data) :]):
        assert bytes(unpad(changed)) != data  # a length may grow into the zeros: sealing itself must be authentic
    else:
        with pytest.raises(BadPadding):
            unpad(changed)


@pytest.mark.parametrize("size", [0, 7, 8, 255, 257, 10_000])
def test_zeros_of_any_other_size_are_refused(size: int) -> None:
    with pytest.raises(BadPadding):
        unpad(bytes(size))
