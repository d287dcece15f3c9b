"""Numbers, sizes, times and lists as a person would say them, in English."""

from collections.abc import Sequence

_SIZES = ("kB", "MB", "GB", "TB")
_SECONDS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def count(n: int, one: str, many: str) -> str:
    """Say how many: "1 source", "4,000 sources"."""
    return f"{n:,} {one if n == 1 else many}"


def size(number_of_bytes: int) -> str:
    """Say how large, in units of a thousand: "1 byte", "1.2 kB", "12 kB", "3.4 GB"."""
    if number_of_bytes < 1000:
        return count(number_of_bytes, "byte", "bytes")
    amount = float(number_of_bytes)
    for unit in _SIZES:
        amount /= 1000
        digits = 1 if amount < 9.95 else 0
        shown = f"{amount:,.{digits}f}".removesuffix(".0")
        if shown != "1,000" and amount < 1000:
            return f"{shown} {unit}"
    return f"{shown} {_SIZES[-1]}"


def listed(items: Sequence[str]) -> str:
    """Say one after the other: "a", "a and b", "a, b and c"; "none" where there are none."""
    if not items:
        return "none"
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def duration(seconds: float) -> str:
    """Say how long, in the two largest units: "less than a second", "12 seconds", "2 hours 5 minutes"."""
    if seconds < 1:
        return "less than a second"
    left = round(seconds)
    parts = []
    for unit, length in _SECONDS:
        number, left = divmod(left, length)
        parts.append(count(number, unit, unit + "s") if number else "")
    largest = next(place for place, part in enumerate(parts) if part)
    return " ".join(part for part in parts[largest : largest + 2] if part)
