"""What is told of a lost device: who was on it, whom to warn first, what to do."""

from __future__ import annotations

from collections.abc import Sequence

import click

from guvoh.casebook.answers import Terms
from guvoh.casebook.colleagues import DeviceSeen, MemberSeen
from guvoh.casebook.lost import Lost, PersonOn, SourceOn
from guvoh.cli.safe import printable
from guvoh.words.plain import count, listed

_MOST_SHOWN = 40


def print_lost(owner: MemberSeen, found: DeviceSeen, lost: Lost, *, everybody: bool) -> None:
    """All of it, in the order in which somebody acts on it."""
    most = None if everybody else _MOST_SHOWN
    _print_what(owner, found, lost)
    number = _print_read(lost, most)
    if lost.originals:
        files = count(len(lost.originals), "file was", "files were")
        click.echo(
            f"\n{number}. {files} added on it, and may lie on it unsealed where they were. Warn whoever is named in"
        )
        click.echo("   them, even if all was locked:")
        _print_some(lost.originals, most)
    _print_what_to_do(owner, found, lost)


def _print_what(owner: MemberSeen, found: DeviceSeen, lost: Lost) -> None:
    click.echo(f"Device {printable(found.called)}, {found.id}, of {printable(owner.called)}, who is {owner.role}.")
    click.echo(f"With his keys could be read: {lost.reads}, of what had come to this device.")
    click.echo(
        f"It is known to have had {lost.known:,} of the {lost.of:,} entries that are here; a sync of which nothing "
        "came back may have brought the others."
    )
    if lost.unerased:
        click.echo(
            f"It has not confirmed {count(lost.unerased, 'erasure', 'erasures')}: what was erased elsewhere since may "
            "still be on it, and is not listed here."
        )


def _print_read(lost: Lost, most: int | None) -> int:
    """What could be read, and so whom to warn; returns the number of the next step."""
    if lost.reads == "everything":
        return _print_whom(lost, most)
    if lost.reads == "what names nobody":
        click.echo("\nNo name, text or contact could be read with its member's keys: only ids, dates and counts.")
    else:
        click.echo("\nNothing of the archive could be read with its member's keys.")
    return 1


def _print_whom(lost: Lost, most: int | None) -> int:
    """Whom to warn, in order; returns the number of the next step."""
    click.echo("\nWarn in this order. Where nothing is said of a contact, ask who has spoken with the person.")
    number = 1
    for people, terms, heading in (
        (lost.consent, Terms.CONSENT, "who gave a consent, or spoke to us under one"),
        (lost.internal, Terms.INTERNAL, "who stand in working material"),
    ):
        unmarked = [source for source in lost.sources if source.terms is terms and not source.people]
        if not people and not unmarked:
            continue
        click.echo(f"\n{number}. {count(len(people), 'person', 'persons')} {heading}:")
        _print_some([_person(person) for person in people], most)
        if unmarked:
            click.echo("   and whoever is named in these, where nobody has entered who that is:")
            _print_some([_source(source) for source in unmarked], most)
        number += 1
    public = [source for source in lost.sources if source.terms is Terms.PUBLIC]
    click.echo(
        f"\n{number}. Whoever is on published or received lists and in published texts: that we hold them is new."
    )
    _print_some([_source(source) for source in public], most)
    click.echo(f"\n{number + 1}. Colleagues, whose names stand in the archive: {printable(listed(lost.colleagues))}.")
    return number + 2


def _print_some(lines: Sequence[str], most: int | None) -> None:
    for line in lines[:most]:
        click.echo(f"   {printable(line)}")
    if most is not None and len(lines) > most:
        click.echo(f"   and {len(lines) - most:,} more: --all lists them")


def _person(person: PersonOn) -> str:
    born = f", born {person.birth}" if person.birth else ""
    safe = f"; safe contact: {listed(person.safe_contact)}" if person.safe_contact else "; no safe contact is known"
    never = f"; NEVER by: {listed(person.unsafe_contact)}" if person.unsafe_contact else ""
    doubt = "" if person.certain else "  (not known to have been on it)"
    return f"{person.name or 'no name'}{born}, {person.mention}{safe}{never}{doubt}"


def _source(source: SourceOn) -> str:
    rows = f", {count(source.people, 'person', 'persons')}" if source.people else ""
    doubt = "" if source.certain else "  (not known to have been on it)"
    return f"{source.id}  {source.title or 'no title'}{rows}{doubt}"


def _print_what_to_do(owner: MemberSeen, found: DeviceSeen, lost: Lost) -> None:
    guess = f" ({lost.memory:,} MiB of memory for each guess)" if lost.memory else ""
    click.echo("\nWhat to do now:")
    click.echo(f"  1. guvoh device remove {found.id}")
    click.echo("  2. If it was unlocked, or somebody may know or force the passphrase, all of the above can be read:")
    click.echo(f"     guvoh member remove {owner.id}    (a new key is made; he joins anew with new keys)")
    click.echo(
        f"     If it was locked and the passphrase is a good one, it is sealed{guess}; he changes it all the same:"
    )
    click.echo("     guvoh passphrase    (the lost device still opens with the old one)")
    click.echo("  3. guvoh sync with everybody, so that all know it.")
    if owner.role == "owner":
        click.echo("  4. If sheets for recovery were with it: guvoh recovery make    (old ones open nothing new)")
