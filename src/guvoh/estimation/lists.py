"""Who is on which list, as counts.

`listed` is (people, lists) bool throughout: True where that person is on that list. People on no list may be rows of
it and are never counted.
"""

import numpy as np
from numpy.typing import NDArray

from guvoh.estimation.estimates import ImpossibleCounts

MOST_LISTS = 62
"""A pattern is packed into one 64-bit number."""


def overlaps(listed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the people whom each pair of lists shares.

    returns  (lists, lists) int64, symmetric; each list's own size is the diagonal
    """
    columns = _columns(listed)
    table = np.zeros((len(columns), len(columns)), dtype=np.int64)
    for i, first in enumerate(columns):
        for j in range(i, len(columns)):
            table[i, j] = table[j, i] = np.count_nonzero(first & columns[j])
    return table


def capture_counts(listed: NDArray[np.bool_]) -> dict[str, int]:
    """Count the people with each pattern of lists: "101" is on the first and third list and not on the second.

    Patterns that nobody has are left out. Raises ImpossibleCounts for more than 62 lists.
    """
    columns = _columns(listed)
    if len(columns) > MOST_LISTS:
        raise ImpossibleCounts(f"{len(columns)} lists are more than {MOST_LISTS}")
    codes = np.zeros(listed.shape[0], dtype=np.int64)
    for column in columns:
        codes = codes * 2 + column
    patterns, people = np.unique(codes[codes > 0], return_counts=True)
    return {f"{pattern:0{len(columns)}b}": int(count) for pattern, count in zip(patterns, people, strict=True)}


def times_listed(listed: NDArray[np.bool_]) -> tuple[int, ...]:
    """Count the people on exactly 1, 2, ... lists: as many numbers as there are lists."""
    columns = _columns(listed)
    times = np.zeros(listed.shape[0], dtype=np.int64)
    for column in columns:
        times += column
    return tuple(int(count) for count in np.bincount(times, minlength=len(columns) + 1)[1:])


def _columns(listed: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Split a table into its lists, each in one piece of memory."""
    if listed.ndim != 2 or listed.dtype != np.bool_:
        raise ImpossibleCounts("the table is not (people, lists) of true and false")
    return [np.ascontiguousarray(listed[:, number]) for number in range(listed.shape[1])]
