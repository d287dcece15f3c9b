"""How many people there are, from two lists of them."""

from guvoh.estimation.estimates import Estimate, ImpossibleCounts, check_level, digest_of, unseen_interval

METHOD = "Two lists (Chapman)"
ENOUGH_SHARED = 7
"""Shared people from which the bias is negligible: Robson and Regier (1964)."""

ASSUMPTIONS = (
    "Both lists are of the same kind of people, over the same time and place, and nobody joined or left in between.",
    (
        "Being on one list made nobody more or less likely to be on the other. Two lists cannot show whether this "
        "holds: where one was partly made from the other, or both from the same informants, the number is too low; "
        "where a person on one was kept from the other, too high."
    ),
    (
        "On each list everyone was as likely to be listed as anyone else. If the same people are easy to list on "
        "both, the number is too low."
    ),
    "Every person on both lists was recognised as one. A missed match makes the number too high, a false one too low.",
)
REFERENCES = (
    (
        "Chapman, D. G. (1951). Some properties of the hypergeometric distribution with applications to zoological "
        "sample censuses. University of California Publications in Statistics 1, 131-160."
    ),
    "Seber, G. A. F. (1970). The effects of trap response on tag recapture estimates. Biometrics 26, 13-22.",
    (
        "Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. "
        "Biometrics 43, 783-791 (the form of the interval)."
    ),
)


def chapman(first: int, second: int, both: int, *, level: float = 0.95) -> Estimate:
    """Estimate how many people there are from the sizes of two lists and of what they share.

    Assumes nobody enters or leaves, the lists are independent, everyone is as likely as anyone else to be listed, and
    linkage is perfect; a missed link inflates the answer. Refuses where a list is empty, where nobody is on both, and
    where one list holds the other: the formula would then claim that it is certain.
    Source: Chapman (1951); variance from Seber (1970). Raises ImpossibleCounts.
    """
    check_level(level)
    if min(first, second, both) < 0 or both > min(first, second):
        raise ImpossibleCounts(f"two lists of {first} and {second} people cannot share {both}")
    seen = first + second - both
    # The same as (first + 1)(second + 1) / (both + 1) - 1, less what was seen.
    unseen = (first - both) * (second - both) / (both + 1)
    refused = _refusal(first, second, both)
    estimate = lower = upper = None
    if refused is None:
        variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
        estimate = seen + unseen
        lower, upper = unseen_interval(seen, unseen, variance, level)
    return Estimate(
        method=METHOD,
        seen=seen,
        estimate=estimate,
        lower=lower,
        upper=upper,
        level=level,
        refused=refused,
        assumptions=ASSUMPTIONS,
        warnings=_warnings(both) if refused is None else (),
        references=REFERENCES,
        data_digest=digest_of({"first": first, "second": second, "both": both}),
        settings={"interval": "log-normal on the unseen part"},
    )


def _refusal(first: int, second: int, both: int) -> str | None:
    if first == 0 or second == 0:
        return "a list has nobody on it"
    if both == 0:
        return "nobody is on both lists, so the lists say nothing about how many are on neither"
    if both in (first, second):
        return (
            "everyone on one list is also on the other: the one may have been made from the other, "
            "and the uncertainty cannot be told"
        )
    return None


def _warnings(both: int) -> tuple[str, ...]:
    if both >= ENOUGH_SHARED:
        return ()
    shared = "one person is" if both == 1 else f"{both} people are"
    return (
        (
            f"Only {shared} on both lists. With fewer than {ENOUGH_SHARED} the number is likely to be too low and "
            "one person more or less changes it much: do not publish it alone."
        ),
    )
