"""A lock opens with its passphrase and with nothing else, and a guess costs what the archive says."""

import msgspec
import pytest

from guvoh.sealing.passphrases import (
    DEFAULT_COST,
    LEAST_COST,
    BadLock,
    Cost,
    Lock,
    WrongPassphrase,
    derived_key,
    lock,
    unlock,
)

QUICK = Cost(memory=64, iterations=1, lanes=1)
PASSPHRASE = "тихая ёлка beside the sea"
LOCK = lock(b"secret", PASSPHRASE, QUICK)


def test_a_lock_opens_with_its_passphrase() -> None:
    assert unlock(LOCK, PASSPHRASE) == b"secret"


@pytest.mark.parametrize(
    "typed", [PASSPHRASE.replace("ё", "е\u0308"), f" {PASSPHRASE}\n", PASSPHRASE.replace("b", "ｂ")]
)
def test_what_looks_equal_on_two_keyboards_is_equal(typed: str) -> None:
    assert unlock(LOCK, typed) == b"secret"


@pytest.mark.parametrize("typed", ["", "тихая елка beside the sea", PASSPHRASE.upper(), PASSPHRASE + ".", "\udc80"])
def test_another_passphrase_opens_nothing_and_is_not_repeated(typed: str) -> None:
    with pytest.raises(WrongPassphrase) as refused:
        unlock(LOCK, typed)
    assert not typed or typed not in str(refused.value)


def test_two_locks_of_one_secret_have_nothing_in_common() -> None:
    other = lock(b"secret", PASSPHRASE, QUICK)
    assert {other.salt, other.nonce, other.sealed}.isdisjoint({LOCK.salt, LOCK.nonce, LOCK.sealed})


@pytest.mark.parametrize("part", ["salt", "nonce", "sealed"])
def test_a_changed_lock_opens_nothing(part: str) -> None:
    data: bytes = getattr(LOCK, part)
    for at in range(len(data)):
        changed = msgspec.structs.replace(LOCK, **{part: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]})
        with pytest.raises(WrongPassphrase):
            unlock(changed, PASSPHRASE)


@pytest.mark.parametrize("cost", [Cost(memory=128, iterations=1, lanes=1), Cost(memory=64, iterations=2, lanes=1)])
def test_a_lock_with_another_cost_is_another_lock(cost: Cost) -> None:
    with pytest.raises(WrongPassphrase):
        unlock(msgspec.structs.replace(LOCK, cost=cost), PASSPHRASE)


@pytest.mark.parametrize(
    ("memory", "iterations", "lanes"),
    [(7, 1, 1), (64, 0, 1), (64, 1, 0), (64, 1, 9), (64, 65, 1), (1024, 1, 17), ((4 << 20) + 1, 1, 1), (-1, -1, -1)],
)
def test_a_cost_beyond_reason_is_refused_before_it_is_paid(memory: int, iterations: int, lanes: int) -> None:
    with pytest.raises(BadLock):
        Cost(memory=memory, iterations=iterations, lanes=lanes)


@pytest.mark.parametrize(("salt", "nonce"), [(15, 12), (0, 12), (16, 11), (16, 24)])
def test_a_salt_or_nonce_of_another_length_is_refused(salt: int, nonce: int) -> None:
    with pytest.raises(BadLock, match="length"):
        unlock(Lock(cost=QUICK, salt=bytes(salt), nonce=bytes(nonce), sealed=bytes(32)), PASSPHRASE)


def test_a_guess_costs_128_mebibytes_at_least_unless_an_archive_says_so() -> None:
    assert DEFAULT_COST.memory >= LEAST_COST.memory >= 128 * 1024
    assert DEFAULT_COST.iterations >= LEAST_COST.iterations >= 3


def test_hkdf_is_that_of_rfc_5869() -> None:
    """Appendix A.3: no salt, no info, the first 32 of its 42 bytes."""
    known = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    assert derived_key(b"\x0b" * 22, "").hex() == known


def test_keys_for_two_purposes_have_nothing_in_common() -> None:
    assert derived_key(b"secret", "one") != derived_key(b"secret", "two")
