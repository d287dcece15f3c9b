"""An estimate: a number that carries its interval, its assumptions and the reason why it may be missing."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist

from guvoh.errors import GuvohError
from guvoh.values.digests import Digest, sha256


class ImpossibleCounts(GuvohError):
    """Counts that no set of lists can have, such as an overlap larger than a list."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"these counts cannot be estimated from: {why}; check how the table was made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many people there are, as one method has it, or why it gives no number.

    All numbers are people. When `refused` is a text, `estimate`, `lower` and `upper` are None: a refusal is an
    ordinary result. A lower bound (`lower_bound`) says "at least about so many" and nothing about how many more; its
    interval is the uncertainty of the bound, so `upper` is no upper limit for the people.
    """

    method: str
    seen: int
    """Distinct people on at least one of the lists."""
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    level: float = 0.95
    """The share of repetitions in which such an interval would hold the truth, if every assumption held."""
    lower_bound: bool = False
    refused: str | None = None
    """Why there is no number: a clause that follows "because"."""
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    data_digest: Digest
    """Over the counts alone, so that two methods fed alike show it."""
    settings: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> str:
        """Say the method and its result in one plain sentence."""
        return f"{self.method}: {self.finding()}."

    def finding(self) -> str:
        """Say the result alone, as a clause without a full stop."""
        if self.estimate is None or self.lower is None or self.upper is None:
            return f"no number, because {self.refused}"
        interval = f"{self.level:.0%} interval{' of this bound' if self.lower_bound else ''}"
        return (
            f"{'at least about' if self.lower_bound else 'about'} {self.estimate:,.0f} people "
            f"({interval} {self.lower:,.0f} to {self.upper:,.0f}), of whom {self.seen:,} are on the lists"
        )


def unseen_interval(seen: int, unseen: float, variance: float, level: float) -> tuple[float, float]:
    """Give an interval for everyone, from an estimate of those on no list.

    The interval is symmetric on the logarithm of the unseen part, so that it never falls below what was seen.
    unseen    greater than zero, in people
    variance  of the unseen part, in people squared
    Source: Chao (1987), p. 787.
    """
    spread = math.sqrt(math.log1p(variance / unseen**2))
    factor = math.exp(NormalDist().inv_cdf((1 + level) / 2) * spread)
    return seen + unseen / factor, seen + unseen * factor


def digest_of(counts: Mapping[str, object]) -> Digest:
    """Digest counts in one canonical text: JSON in ASCII, keys sorted, no spaces."""
    return sha256(json.dumps(counts, sort_keys=True, separators=(",", ":")).encode("ascii"))


def check_level(level: float) -> None:
    """Raise ImpossibleCounts unless a level of confidence lies between 0 and 1."""
    if not 0 < level < 1:
        raise ImpossibleCounts(f"a level of confidence lies between 0 and 1, and {level} does not")
