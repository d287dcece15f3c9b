"""A secret as words on sheets of paper: any two of three sheets give it back, and one gives nothing of use.

SLIP-0039 by its reference implementation, `shamir-mnemonic`: Shamir's sharing over GF(256), with a checksum in each
sheet and a digest of the secret among the shares. The digest lets whoever has all sheets but one throw out wrong
guesses of the secret, all but one in 2^32 of them: of a random secret of 32 bytes, 2^224 remain. SLIP-0039 can lock
sheets behind a passphrase and divide them into groups; neither is used here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from shamir_mnemonic import EncryptedMasterSecret, MnemonicError, Share, generate_mnemonics, recover_ems
from shamir_mnemonic.shamir import ShareGroup
from shamir_mnemonic.wordlist import WORDLIST

from guvoh.errors import GuvohError

WORDS_OF = {16: 20, 32: 33}
"""Words on a sheet by bytes of the secret: 128 and 256 bits, the sizes in common use."""
MOST_SHEETS = 16
FEWEST_LETTERS = 4
"""No two words begin with the same four letters (SLIP-0039, "Wordlist"), so a word may be shortened to them."""

_NO_PASSPHRASE = b""
_OWN_COST = 0
_MOST_COST = 4  # a foreign sheet may ask for 2^15 times the work of ours
_WORD = re.compile(r"[^\W\d_]+")
_MEANT = {word[:length]: word for word in WORDLIST for length in range(FEWEST_LETTERS, len(word) + 1)}


class Fault(StrEnum):
    """What is wrong with a sheet, in words that a person can act on."""

    WORD = "is not in the list of words; compare it with the paper, letter by letter"
    LENGTH = "a sheet has 33 words (or 20); compare it with the paper for one left out or typed twice"
    CHECKSUM = "all its words are in the list, but one is not the right one or not in its place; compare each again"
    FOREIGN = "it was made by another program in a way that is not used here; join it with that program"
    REPEATED = "it is the same sheet as one before it; give another one of the same set"
    SET = "it does not belong to the same set as the sheets before it; look for sheets that were printed together"


class BadSheet(GuvohError):
    """A sheet that cannot be used.

    sheet   its number among those given, from 1
    word    the number of the word that is not in the list, from 1; None for any other fault
    """

    def __init__(self, sheet: int, fault: Fault, word: int | None = None) -> None:
        self.sheet, self.fault, self.word = sheet, fault, word
        where = f"sheet {sheet}: " if word is None else f"sheet {sheet}: word {word} "
        super().__init__(where + fault)


class TooFewSheets(GuvohError):
    """Good sheets, but not enough of them."""

    def __init__(self, given: int, needed: int | None) -> None:
        self.given, self.needed = given, needed
        few = "no sheet was given" if needed is None else f"{given} of the {needed} sheets that this set needs"
        super().__init__(f"{few}: find another one")


class BadSplit(GuvohError):
    """A secret or numbers of sheets that cannot be split as asked."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"a secret cannot be split into sheets: {why}")


def split(secret: bytes, needed: int = 2, sheets: int = 3) -> list[str]:
    """The words of each sheet, parted by single spaces: 33 for a secret of 32 bytes, 20 for one of 16.

    The secret must be random: a sheet is no safe place for a password that can be guessed. Raises BadSplit.
    """
    if len(secret) not in WORDS_OF:
        raise BadSplit("it must have 16 or 32 bytes")
    if not 2 <= needed <= sheets <= MOST_SHEETS:
        raise BadSplit(f"2 to {MOST_SHEETS} sheets can be made, and from 2 to all of them be needed")
    (found,) = generate_mnemonics(1, [(needed, sheets)], secret, _NO_PASSPHRASE, iteration_exponent=_OWN_COST)
    return list(found)


def joined(sheets: Sequence[str]) -> bytes:
    """The secret, from as many sheets as its set needs, or more, in any order; those too many must agree with it.

    Words may be in capitals, numbered, broken into lines, divided by signs, or shortened to four letters or more.
    Raises BadSheet and TooFewSheets; no message holds a word.
    """
    shares = [_share(words, sheet) for sheet, words in enumerate(sheets, start=1)]
    for at, share in enumerate(shares):
        _check_beside(share, shares[:at])
    needed = shares[0].member_threshold if shares else None
    if needed is None or len(shares) < needed:
        raise TooFewSheets(len(shares), needed)
    found = _sealed(shares[:needed], needed)
    for sheet in range(needed + 1, len(shares) + 1):
        if _sealed([*shares[: needed - 1], shares[sheet - 1]], sheet) != found:
            raise BadSheet(sheet, Fault.SET)
    secret: bytes = found.decrypt(_NO_PASSPHRASE)
    return secret


def _share(text: str, sheet: int) -> Share:
    words = _words(text, sheet)
    if len(words) not in WORDS_OF.values():
        raise BadSheet(sheet, Fault.LENGTH)
    try:
        share = Share.from_mnemonic(" ".join(words))
    except MnemonicError:  # its message begins with words of the sheet
        raise BadSheet(sheet, Fault.CHECKSUM) from None
    if share.group_count != 1 or share.iteration_exponent > _MOST_COST:
        raise BadSheet(sheet, Fault.FOREIGN)
    return share


def _words(text: str, sheet: int) -> list[str]:
    """The words of the list that are meant. Letters of other scripts make words too, which are then not in the list."""
    found = [unicodedata.normalize("NFKC", word).casefold() for word in _WORD.findall(text)]
    for number, word in enumerate(found, start=1):
        if word not in _MEANT:
            raise BadSheet(sheet, Fault.WORD, number)
    return [_MEANT[word] for word in found]


def _check_beside(share: Share, before: Sequence[Share]) -> None:
    sheet = len(before) + 1
    if share in before:
        raise BadSheet(sheet, Fault.REPEATED)
    if before and (share.group_parameters(), len(share.value)) != (before[0].group_parameters(), len(before[0].value)):
        raise BadSheet(sheet, Fault.SET)
    if any(share.index == other.index for other in before):
        raise BadSheet(sheet, Fault.SET)


def _sealed(shares: Sequence[Share], sheet: int) -> EncryptedMasterSecret:
    """The secret as it was shared. That of another set is told by its digest, though two sets can bear one number."""
    group = ShareGroup()
    for share in shares:
        group.add(share)
    try:
        return recover_ems({0: group})
    except MnemonicError:
        raise BadSheet(sheet, Fault.SET) from None
