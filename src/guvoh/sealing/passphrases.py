"""What a passphrase opens: a small secret behind Argon2id and ChaCha20-Poly1305.

Argon2id (RFC 9106) makes each guess cost memory and time; the AEAD (RFC 8439) tells a wrong passphrase from a right
one. Both by `cryptography`. age has a passphrase form of its own, but its library fixes the cost of a guess.
"""

from __future__ import annotations

import os
import unicodedata

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guvoh.errors import GuvohError

_PURPOSE = b"guvoh passphrase lock 1"


class WrongPassphrase(GuvohError):
    """The passphrase does not open the lock (or the lock was changed: the two cannot be told apart)."""

    def __init__(self) -> None:
        super().__init__("that passphrase does not open this archive; check the keyboard layout and try again")


class BadLock(GuvohError):
    """A key file that is not a lock of this format, or asks for an absurd cost."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a key file cannot be used: {why}")


class Cost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one guess costs. memory in KiB, iterations in passes over it, lanes in threads (RFC 9106, section 3.1)."""

    memory: int = 256 * 1024
    iterations: int = 4
    lanes: int = 4

    def __post_init__(self) -> None:
        if not (8 * self.lanes <= self.memory <= 4 << 20 and 1 <= self.iterations <= 64 and 1 <= self.lanes <= 16):
            raise BadLock("its cost is outside 8 KiB a lane to 4 GiB, 1 to 64 passes, 1 to 16 lanes")


DEFAULT_COST = Cost()
LEAST_COST = Cost(memory=128 * 1024, iterations=3, lanes=4)
"""Below this an archive says that its passphrase is cheap to guess."""


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A locked secret: everything needed to try a passphrase on it, and nothing more."""

    cost: Cost
    salt: bytes
    nonce: bytes
    sealed: bytes


def lock(secret: bytes, passphrase: str, cost: Cost = DEFAULT_COST) -> Lock:
    salt, nonce = os.urandom(16), os.urandom(12)
    key = _key(passphrase, salt, cost)
    return Lock(cost=cost, salt=salt, nonce=nonce, sealed=ChaCha20Poly1305(key).encrypt(nonce, secret, _PURPOSE))


def unlock(locked: Lock, passphrase: str) -> bytes:
    if len(locked.salt) < 16 or len(locked.nonce) != 12:
        raise BadLock("its salt or nonce has the wrong length")
    key = _key(passphrase, locked.salt, locked.cost)
    try:
        return ChaCha20Poly1305(key).decrypt(locked.nonce, locked.sealed, _PURPOSE)
    except InvalidTag:
        raise WrongPassphrase from None


def _key(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """Equal for what looks equal on two keyboards: NFKC, and runs of blanks are one."""
    plain = " ".join(unicodedata.normalize("NFKC", passphrase).split())
    kdf = Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory)
    try:
        return kdf.derive(plain.encode("utf-8", "surrogatepass"))
    except MemoryError:
        raise BadLock(f"a guess costs {cost.memory >> 10} MiB of memory, which this computer has not to give") from None


def derived_key(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key of its own for one purpose, from a uniformly random secret (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)
