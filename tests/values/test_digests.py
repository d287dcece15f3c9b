"""Digests name bytes, whatever way the bytes arrive."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.values.digests import NotADigest, check, of_file, sha256

# FIPS 180-4 example: the digest of "abc".
ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_digest_of_abc_is_the_one_of_the_standard() -> None:
    assert sha256(b"abc") == ABC
    assert check(ABC) == ABC


@given(st.binary(max_size=2000))
def test_a_file_and_its_bytes_have_one_digest(data: bytes) -> None:
    assert of_file(io.BytesIO(data)) == sha256(data) == check(sha256(data))


def test_a_file_larger_than_one_block_is_digested_whole_and_from_where_it_stands(tmp_path: Path) -> None:
    data = bytes(range(256)) * 4000
    (tmp_path / "film").write_bytes(b"head" + data)
    with (tmp_path / "film").open("rb") as opened:
        opened.seek(4)
        assert of_file(opened) == sha256(data)


@pytest.mark.parametrize(
    "text", ["", "abc", ABC.upper(), ABC[:-1], ABC + "0", ABC + "\n", ABC[7:], ABC.replace("b", "g")]
)
def test_what_is_not_a_digest_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(NotADigest) as refused:
        check(text)
    assert refused.value.length == len(text)
    assert not text or text not in str(refused.value)
