"""The one decision: may a mention be counted, may it be named.

Scopes that nobody was asked about are no (domain standards, section 1). Scopes given by consents are weighed here once
consents can be taken; until then only the terms of the source speak.
"""

from __future__ import annotations

from dataclasses import dataclass

from guvoh.records.base import Terms
from guvoh.records.decisions import Permission, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Yes or no, with the reason in plain words and the consents it rests on."""

    allowed: bool
    reason: str
    consents: tuple[str, ...] = ()


def may_count(terms: Terms, scopes: dict[Scope, Permission] | None = None) -> Decision:
    """May a mention be counted, without its name?"""
    if terms is Terms.PUBLIC:
        return Decision(allowed=True, reason="published, or a list received: counted, never named")
    if terms is Terms.INTERNAL:
        return Decision(allowed=False, reason="working material")
    scopes = scopes or {}
    if scopes.get(Scope.KEEP) is Permission.NO:
        return Decision(allowed=False, reason="a refusal to keep it (S1)")
    if scopes.get(Scope.ANALYSE) is Permission.YES:
        return Decision(allowed=True, reason="consent to be counted")
    return Decision(allowed=False, reason="no consent to be counted (S2)")


def may_name(terms: Terms, scopes: dict[Scope, Permission] | None = None) -> Decision:
    """May a mention be named in something that leaves? Persons from published lists never are."""
    scopes = scopes or {}
    if scopes.get(Scope.KEEP) is Permission.NO:
        return Decision(allowed=False, reason="a refusal to keep it (S1)")
    if terms is Terms.CONSENT and scopes.get(Scope.MEDIA) is Permission.YES:
        return Decision(allowed=True, reason="consent to be published with the name")
    return Decision(allowed=False, reason="no consent to be named (S10)")
