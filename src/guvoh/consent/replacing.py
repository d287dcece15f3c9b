"""Which consents stand in the place of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from guvoh.consent.holding import answers, spoken_of
from guvoh.records.decisions import Consent, Permission, Scope


class Replacements:
    """Consents by those that they replace: for the mentions they are about and the scopes they answer.

    Only what was known when another was taken is replaced by it, so those that name each other in a ring lift nothing.
    A refusal is lifted by another refusal, or by a yes that holds; a withdrawal by such a yes only.

    holds  whether a yes of a consent about a mention, to a scope, holds, and may stand against the no of this other
    """

    def __init__(
        self,
        consents: Iterable[Consent],
        holds: Callable[[Consent, str, Scope, Consent], bool] = lambda one, mention, scope, lifted: True,
    ) -> None:
        consents = tuple(consents)
        self._holds = holds
        self._named = {one.id: frozenset(one.replaces) - {one.id} for one in consents}
        self._before: dict[str, frozenset[str]] = {}
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
            if one.id in self._replaced_by(consent.id) or not self._lifts(one, consent, mention, scope):
                continue
            speaks = spoken_of(one)
            if speaks is None:
                return None
            lifted |= speaks
        return lifted

    def _replaced_by(self, consent: str) -> frozenset[str]:
        """All that a consent replaces, and all that those do."""
        if consent not in self._before:
            found: set[str] = set()
            waiting = [consent]
            while waiting:
                new = self._named.get(waiting.pop(), frozenset()) - found
                found |= new
                waiting += new
            self._before[consent] = frozenset(found)
        return self._before[consent]

    def _lifts(self, one: Consent, lifted: Consent, mention: str, scope: Scope) -> bool:
        said = one.scopes.get(scope)
        yes = said in (Permission.YES, Permission.NAMELESS)
        if one.withdrawn or (said is not None and not yes and not lifted.withdrawn):
            return True
        return yes and self._holds(one, mention, scope, lifted)
