"""The one place that uses trafilatura: what a page says of itself in ways that our own reading of its head missed.

Nothing here fetches anything. Dates are not asked for: the library guesses them from addresses and running text.
"""

import logging
from dataclasses import dataclass

from trafilatura.metadata import extract_metadata

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

# Switched off as far as the library lets: its search for dates ends at the head of the page.
_NO_DATES = {"extensive_search": False, "original_date": True, "max_date": "1995-01-02", "min_date": "1995-01-01"}
MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the library found; None where it found nothing or only the host of the address."""

    title: str | None = None
    author: str | None = None
    publisher: str | None = None


def told_by(page: str) -> Told:
    """Read the title, byline and name of the site. Garbage gives nothing; no error comes out of here."""
    try:
        found = extract_metadata(page[:MOST_CHARACTERS], date_config=dict(_NO_DATES), extensive=False)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception:  # any of fifteen packages may raise anything on a broken page, and nothing depends on them
        return Told()
    site = found.sitename
    return Told(
        title=found.title or None,
        author=found.author or None,
        publisher=site if site and "." not in site and site.casefold() != (found.hostname or "").casefold() else None,
    )
