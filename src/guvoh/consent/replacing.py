"""Which consents stand in the place of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from guvoh.consent.holding import answers, spoken_of
from guvoh.records.decisions import Consent, Scope


class Replacements:
    """Consents by those that they replace: for the mentions they are about and the scopes they answer.

    Only a consent that was known when another was taken is replaced by it, so two that name each other lift nothing.
    """

    def __init__(self, consents: Iterable[Consent]) -> None:
        self._by: dict[str, list[tuple[Consent, frozenset[str]]]] = defaultdict(list)
        for consent in consents:
            for replaced in set(consent.replaces) - {consent.id}:
                self._by[replaced].append((consent, frozenset(consent.about)))

    def of(self, consent: Consent, mention: str, scope: Scope) -> list[Consent]:
        """Those that stand in its place there."""
        later = self._by.get(consent.id, ())
        return [one for one, about in later if mention in about and answers(one, scope)]

    def lifted(self, consent: Consent, mention: str, scope: Scope) -> frozenset[str] | None:
        """The statements of which another speaks in its place; None: all."""
        lifted: frozenset[str] = frozenset()
        for one in self.of(consent, mention, scope):
            if one.id in consent.replaces:
                continue
            speaks = spoken_of(one)
            if speaks is None:
                return None
            lifted |= speaks
        return lifted
