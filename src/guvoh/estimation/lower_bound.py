"""At least how many people there are, when some are harder to list than others.

People who are on one list only, compared with those on exactly two, say how many may be on none. Where people differ
in how likely they are to be listed, the answer errs to the low side: it is a lower bound.

With z_i people only on list i, f1 = sum of z_i, and f2 people on exactly two of t lists, the unseen are

    lists alike (Chao 1987)        (t - 1) / t * f1 (f1 - 1) / (2 (f2 + 1))
    lists that differ (Chao 1989)  sum over pairs of lists of z_i z_j / (f2 + 1)

The second is a lower bound whatever the sizes of the lists, as long as what makes a person hard to list acts on all of
them alike. The first can rise above the truth where the sizes differ, because the square of a sum is at least
2t / (t - 1) times the sum of the products of pairs, with equality for equal sizes only. With two lists the second is
Chapman's estimate. Both are the bias-corrected forms, which err low rather than high when f2 is small.

The variance is that of independent Poisson counts by the delta method, plus the unseen themselves: for the uncorrected
form this is what Chao (1987) prints.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

from guvoh.estimation.estimates import Estimate, ImpossibleCounts, check_level, digest_of, unseen_interval

ALIKE = "Chao's lower bound, for lists that are alike"
DIFFERENT = "Chao's lower bound, for lists that differ"
ENOUGH_TWICE = 10
"""People on exactly two lists below which one person more or less moves the bound by about a tenth."""

ASSUMPTIONS = (
    "All lists are of the same kind of people, over the same time and place, and nobody joined or left in between.",
    (
        "For any one person, being on one list changed nothing about being on another. Where lists were made from "
        "each other or share informants, the bound is too low; where lists avoid each other's people, it can be too "
        "high."
    ),
    (
        "People may differ in how likely they are to be listed: the more they differ, the further the truth lies "
        "above the bound."
    ),
    (
        "Every person on several lists was recognised as one. Missed matches raise the number, which may then be no "
        "lower bound; false ones lower it."
    ),
)
EQUAL_LISTS = "The lists reach about equally many people. Where they do not, the number is too high for a lower bound."
REFERENCES = (
    (
        "Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. "
        "Biometrics 43, 783-791."
    ),
    (
        "Chao, A. (1989). Estimating population size for sparse data in capture-recapture experiments. Biometrics "
        "45, 427-438."
    ),
)


def chao_lower_bound(
    counts_by_times_seen: Sequence[int], occasions: int, *, corrected: bool = True, level: float = 0.95
) -> Estimate:
    """Estimate at least how many people there are, from how many are on exactly 1, 2, ... lists.

    counts_by_times_seen  people on exactly 1, 2, ... lists; what is not given is nobody
    occasions             how many lists there are
    corrected             False: f1 squared over 2 f2, as other programs print it

    Assumes lists of about equal reach; for others use `chao_lower_bound_of_lists`. Refuses fewer than two lists,
    nobody on exactly two, and a formula that finds nobody missing. Source: Chao (1987). Raises ImpossibleCounts.
    """
    check_level(level)
    counts = [int(count) for count in counts_by_times_seen]
    if min(counts, default=0) < 0 or len(counts) > max(occasions, 0):
        raise ImpossibleCounts(f"{len(counts)} counts of people by number of lists do not fit {occasions} lists")
    once, twice = (*counts, 0, 0)[:2]
    share = (occasions - 1) / occasions if occasions else 0.0
    pairs = share * once * (once - 1 if corrected else once) / 2
    slope = share * (once - 0.5 if corrected else once)
    return _bound(
        method=ALIKE,
        seen=sum(counts),
        lists=occasions,
        twice=twice,
        pairs=pairs,
        spread=slope**2 * once,
        corrected=corrected,
        level=level,
        assumptions=(*ASSUMPTIONS, EQUAL_LISTS),
        counts={"times": counts, "lists": occasions},
    )


def chao_lower_bound_of_lists(counts: Mapping[str, int], *, corrected: bool = True, level: float = 0.95) -> Estimate:
    """Estimate at least how many people there are, from how many have each pattern of lists.

    counts     as `lists.capture_counts` gives them: "101" is on the first and third list and not on the second
    corrected  False: divide by f2 and not by f2 + 1

    Refuses what `chao_lower_bound` refuses. Source: Chao (1989), and the derivation above. Raises ImpossibleCounts.
    """
    check_level(level)
    lists = _lists_of(counts)
    patterns = sorted(counts)
    only = [counts.get("0" * i + "1" + "0" * (lists - i - 1), 0) for i in range(lists)]
    once = sum(only)
    return _bound(
        method=DIFFERENT,
        seen=sum(counts.values()),
        lists=lists,
        twice=sum(counts[pattern] for pattern in patterns if pattern.count("1") == 2),
        pairs=float(sum(a * b for a, b in combinations(only, 2))),
        spread=float(sum((once - one) ** 2 * one for one in only)),
        corrected=corrected,
        level=level,
        assumptions=ASSUMPTIONS,
        counts={"patterns": {pattern: int(counts[pattern]) for pattern in patterns if counts[pattern]}},
    )


def _bound(
    *,
    method: str,
    seen: int,
    lists: int,
    twice: int,
    pairs: float,
    spread: float,
    corrected: bool,
    level: float,
    assumptions: tuple[str, ...],
    counts: Mapping[str, object],
) -> Estimate:
    """Divide the pairs of people seen once by the people seen twice.

    spread  sum over the counts of people seen once of count times the square of d pairs / d count
    """
    refused = _refusal(seen, lists, twice, pairs)
    estimate = lower = upper = None
    if refused is None:
        divisor = twice + 1 if corrected else twice
        unseen = pairs / divisor
        variance = unseen + spread / divisor**2 + (unseen / divisor) ** 2 * twice
        estimate = seen + unseen
        lower, upper = unseen_interval(seen, unseen, variance, level)
    return Estimate(
        method=method,
        seen=seen,
        estimate=estimate,
        lower=lower,
        upper=upper,
        level=level,
        lower_bound=True,
        refused=refused,
        assumptions=assumptions,
        warnings=_warnings(twice) if refused is None else (),
        references=REFERENCES,
        data_digest=digest_of(counts),
        settings={"interval": "log-normal on the unseen part", "bias correction": "yes" if corrected else "no"},
    )


def _refusal(seen: int, lists: int, twice: int, pairs: float) -> str | None:
    if lists < 2:
        return "fewer than two lists say nothing about who is on none"
    if seen == 0:
        return "nobody is on any list"
    if twice == 0:
        return "nobody is on exactly two lists, so there is nothing to measure the people on one list by"
    if pairs == 0:
        return "too few people are on one list only: the method finds nobody missing, and cannot tell how sure that is"
    return None


def _warnings(twice: int) -> tuple[str, ...]:
    if twice >= ENOUGH_TWICE:
        return ()
    return (
        (
            f"Fewer than {ENOUGH_TWICE} people are on exactly two lists: one person more or less changes the number "
            "much. Do not publish it alone."
        ),
    )


def _lists_of(counts: Mapping[str, int]) -> int:
    """Find how many lists the patterns are of."""
    lengths = {len(pattern) for pattern in counts}
    if len(lengths) > 1 or any(set(pattern) - set("01") or "1" not in pattern for pattern in counts):
        raise ImpossibleCounts("a pattern is one 0 or 1 for each list, and at least one 1")
    if any(count < 0 for count in counts.values()):
        raise ImpossibleCounts("a count of people is below zero")
    return lengths.pop() if lengths else 0
