"""A signed note: what its one signature covers, and everything that is not one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guvoh.sealing.notes import BadNote, SigningKey, VerifyKey, opened

KEY = SigningKey(bytes(32))
OTHER = SigningKey(b"\1" * 32)
NAME = "guvoh/a-archive/d-device"
NOTE = KEY.note("size 3\nroot\n", NAME).encode()


def test_a_note_gives_back_its_text() -> None:
    assert opened(NOTE, KEY.public, NAME) == "size 3\nroot\n"


def test_an_ed25519_key_signs_as_rfc_8032_says() -> None:
    """Section 7.1, test 1: the public key of the secret key, and the signature of nothing is not a note's concern."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert SigningKey(seed).public.text == public
    assert VerifyKey(public).verifies(bytes.fromhex(signature), b"")


def test_every_changed_bit_of_a_note_is_found() -> None:
    for at in range(len(NOTE)):
        for bit in range(8):
            changed = NOTE[:at] + bytes([NOTE[at] ^ 1 << bit]) + NOTE[at + 1 :]
            with pytest.raises(BadNote):
                opened(changed, KEY.public, NAME)


@given(st.binary(max_size=200))
def test_bytes_from_anywhere_are_no_note(data: bytes) -> None:
    with pytest.raises(BadNote):
        opened(data, KEY.public, NAME)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=50))
def test_any_text_without_control_characters_can_be_signed(text: str) -> None:
    assert opened(KEY.note(f"{text}\n", NAME).encode(), KEY.public, NAME) == f"{text}\n"


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "return\r\n", "nul\0\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(BadNote):
        KEY.note(text, NAME)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\n", "wide\u2003blank"])
def test_a_name_that_no_signature_line_can_hold_is_not_signed(name: str) -> None:
    with pytest.raises(BadNote, match="name"):
        KEY.note("text\n", name)


def test_another_key_or_name_does_not_open_a_note() -> None:
    with pytest.raises(BadNote):
        opened(NOTE, OTHER.public, NAME)
    with pytest.raises(BadNote):
        opened(NOTE, KEY.public, NAME + "x")


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, KEY.public.text.upper(), f" {KEY.public.text}", "00" * 33])
def test_a_public_key_has_one_spelling(text: str) -> None:
    with pytest.raises(BadNote):
        VerifyKey(text)


@pytest.mark.parametrize("length", [0, 1, 63, 65])
def test_a_signature_of_another_length_verifies_nothing(length: int) -> None:
    assert not KEY.public.verifies(bytes(length), b"message")


def test_a_secret_key_does_not_show_itself() -> None:
    assert KEY.seed.hex() not in repr(KEY)
    assert KEY.public.text in repr(KEY)
