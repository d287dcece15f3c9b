"""A device that was lost, stolen or seized: who was on it, what could be read, whom to warn first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from guvoh.archive.control import READS, READS_IDENTITIES, Role
from guvoh.casebook.answers import Terms, Value
from guvoh.casebook.colleagues import Unclear, labels, present, pseudonyms
from guvoh.casebook.copies import seen_by
from guvoh.casebook.desk import Desk, Tell
from guvoh.casebook.rights import Need, needs
from guvoh.casebook.standing import standing
from guvoh.records.base import Answer
from guvoh.records.decisions import Consent
from guvoh.records.sources import Receipt


class PersonOn(Value, frozen=True, kw_only=True):
    """A person who was readable on a lost device, for the eyes of who has to warn him.

    certain  the device is known to have had it; else it may have come later, by a sync of which nothing is known
    """

    mention: str
    source: str
    name: str
    birth: str
    safe_contact: tuple[str, ...]
    unsafe_contact: tuple[str, ...]
    certain: bool


class SourceOn(Value, frozen=True, kw_only=True):
    """people: how many its rows and entered mentions are; 0 where nobody has entered who is named in it."""

    id: str
    terms: Terms
    title: str
    people: int
    certain: bool


class Lost(Value, frozen=True, kw_only=True):
    """What a lost device held, in the order in which people are to be warned.

    reads      "everything", "what names nobody" or "nothing": what its member's role lets him open
    known, of  entries that it is known to have had, of those that are here
    consent    persons who gave a consent, or stand in sources under `consent`; then internal; then published lists
    originals  file names of what was added on it: they may lie on it unsealed, whatever its member can open
    unerased   erasures that it has not confirmed: what they name may still be on it
    memory     MiB that one guess at its member's passphrase costs; 0 where that is not known
    """

    device: str
    member: str
    role: str
    reads: str
    known: int
    of: int
    consent: tuple[PersonOn, ...]
    internal: tuple[PersonOn, ...]
    sources: tuple[SourceOn, ...]
    originals: tuple[str, ...]
    colleagues: tuple[str, ...]
    unerased: int
    memory: int


class WhichDevice(Value, frozen=True, kw_only=True):
    id: str


@needs(Need.IDENTITIES)
def device_lost(desk: Desk, request: WhichDevice, tell: Tell) -> Lost:
    """Who was on a device, and whom to warn first. That it was asked is kept."""
    archive, members = desk.archive, desk.archive.members
    found = members.devices.get(request.id)
    if found is None:
        raise Unclear("device", 0)
    known = seen_by(archive, members, request.id)
    role = members.members[found.member].role
    cost = archive.keys.cost(found.member)
    sources = tuple(_sources_on(desk, known))
    consent, internal = _persons_on(desk, known)
    shown = [source.id for source in sources if source.terms is not Terms.PUBLIC]
    shown += [person.mention for person in consent if person.source not in shown]
    desk.opened(shown, f"device {request.id} is lost")
    return Lost(
        device=request.id,
        member=found.member,
        role=role.value,
        reads=_readable(role),
        known=sum(min(size, archive.states[log].size) for log, size in known.items() if log in archive.states),
        of=sum(state.size for state in archive.states.values()),
        consent=tuple(consent),
        internal=tuple(internal),
        sources=sources,
        originals=tuple(_added_on(desk, request.id)),
        colleagues=tuple(_colleagues_of(desk, found.member)),
        unerased=sum(not one.refused and request.id not in one.confirmed for one in members.erasures.values()),
        memory=cost.memory >> 10 if cost else 0,
    )


def _colleagues_of(desk: Desk, member: str) -> Iterator[str]:
    """Whose names stand in the archive: by pseudonym, and by label where there is one."""
    named, names = labels(desk), pseudonyms(desk.archive.members)
    for one in present(desk.archive.members):
        if one.member != member:
            label = f": {named[one.member]}" if one.member in named else ""
            yield f"{names[one.member]}{label}"


def _readable(role: Role) -> str:
    if role in READS_IDENTITIES:
        return "everything"
    return "what names nobody" if role in READS else "nothing"


_ORDER = (Terms.CONSENT, Terms.INTERNAL, Terms.PUBLIC)
"""Who is warned first: those who spoke to us, those whom we wrote about, those whose names others published."""


def _sources_on(desk: Desk, known: dict[str, int]) -> list[SourceOn]:
    counts = dict(desk.index.db.execute("SELECT source, count(*) FROM mentions GROUP BY source").fetchall())
    files = {receipt.source: receipt.file_name for _, receipt in standing(desk, Receipt)}
    rows = desk.index.db.execute("SELECT id, terms, title, log, position FROM sources ORDER BY log, position")
    found = [
        SourceOn(
            id=source,
            terms=Terms(terms),
            title=title or files.get(source, ""),
            people=counts.get(source, 0),
            certain=position < known.get(log, 0),
        )
        for source, terms, title, log, position in rows
    ]
    return sorted(found, key=lambda one: (_ORDER.index(one.terms), not one.certain))


def _persons_on(desk: Desk, known: dict[str, int]) -> tuple[list[PersonOn], list[PersonOn]]:
    """Persons under a consent, or in sources that are used by consent; persons in working material.

    Of a person whom one consent names in several places the first mention stands for all.
    """
    about: dict[str, list[Consent]] = defaultdict(list)
    for _, consent in standing(desk, Consent):
        for mention in consent.about:
            about[mention].append(consent)
    groups: dict[Terms, dict[str, PersonOn]] = {Terms.CONSENT: {}, Terms.INTERNAL: {}}
    for row in _mentions(desk, every=bool(about)):
        given = about.get(row.id, [])
        terms = Terms.CONSENT if given else Terms(row.terms or Terms.INTERNAL)
        if terms is Terms.PUBLIC:
            continue
        one = given[0].about[0] if given else row.id
        person = _person(row, given, row.position < known.get(row.log, 0))
        before = groups[terms].get(one)
        groups[terms][one] = person if before is None or person.certain > before.certain else before
    return _in_order(groups[Terms.CONSENT]), _in_order(groups[Terms.INTERNAL])


def _in_order(persons: dict[str, PersonOn]) -> list[PersonOn]:
    """First who is known to have been on it, and of those first whom we know how to reach."""
    return sorted(persons.values(), key=lambda one: (not one.certain, not one.safe_contact))


class _Row(NamedTuple):
    id: str
    source: str
    name: str | None
    birth: str | None
    log: str
    position: int
    terms: str | None


def _mentions(desk: Desk, *, every: bool) -> Iterator[_Row]:
    """Mentions of sources that are not public; or all of them, since a consent can be about any."""
    which = "" if every else " WHERE s.terms IS NULL OR s.terms <> 'public'"
    rows = desk.index.db.execute(
        "SELECT m.id, m.source, m.name, m.birth, m.log, m.position, s.terms FROM mentions m"  # noqa: S608
        f" LEFT JOIN sources s ON s.id = m.source{which} ORDER BY m.n"
    )
    return map(_Row._make, rows)


def _person(row: _Row, consents: Sequence[Consent], certain: bool) -> PersonOn:
    return PersonOn(
        mention=row.id,
        source=row.source,
        name=row.name or "",
        birth=row.birth or "",
        safe_contact=_said(consent.safe_contact for consent in consents),
        unsafe_contact=_said(consent.unsafe_contact for consent in consents),
        certain=certain,
    )


def _said(answers: Iterable[Answer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(answer for answer in answers if isinstance(answer, str)))


def _added_on(desk: Desk, device: str) -> list[str]:
    """Names of the files that were added on this device."""
    return list(dict.fromkeys(receipt.file_name for log, receipt in standing(desk, Receipt) if log == device))
