"""Frames keep their borders however the pipe cuts them, and garbage is never more than an error."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guvoh.intake._frames import HEAD, BadFrame, Kind, split

frames = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=300)), max_size=20)


def written(sent: list[tuple[Kind, bytes]]) -> bytes:
    return b"".join(HEAD.pack(len(body), kind) + body for kind, body in sent)


def cut(stream: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield stream[at : at + size]
        at += size
    yield stream[at:]


@settings(max_examples=60)
@given(sent=frames, sizes=st.lists(st.integers(0, 400), max_size=30))
def test_frames_arrive_whole_in_whatever_pieces_they_travel(sent: list[tuple[Kind, bytes]], sizes: list[int]) -> None:
    assert list(split(cut(written(sent), sizes), longest=300)) == sent


@settings(max_examples=60)
@given(sent=frames, lost=st.integers(1, 100))
def test_an_unfinished_last_frame_is_never_given_out(sent: list[tuple[Kind, bytes]], lost: int) -> None:
    stream = written(sent)[:-lost]

    received = list(split([stream], longest=300))
    assert received == sent[: len(received)]
    assert len(received) < max(1, len(sent))


@settings(max_examples=60)
@given(garbage=st.binary(max_size=200))
def test_garbage_is_a_bad_frame_or_frames(garbage: bytes) -> None:
    try:
        for kind, body in split([garbage], longest=1000):
            assert kind in set(Kind)
            assert len(body) <= 1000
    except BadFrame:
        pass


def test_a_frame_longer_than_agreed_is_refused_before_it_is_held() -> None:
    def stream() -> Iterator[bytes]:
        yield HEAD.pack(1001, Kind.MESSAGE)
        pytest.fail("the body was asked for")

    with pytest.raises(BadFrame) as caught:
        list(split(stream(), longest=1000))
    assert caught.value.too_long
