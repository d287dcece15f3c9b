"""member, device, join, passphrase, leave, recovery, recover: who works on an archive, and with which computers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from guvoh.casebook import opening, staff
from guvoh.casebook.answers import Nothing, Terms
from guvoh.casebook.desk import Tell
from guvoh.casebook.opening import Door
from guvoh.casebook.staff import Asking, DeviceSeen, Joined, Lost, MemberSeen, PersonOn, SourceOn, Staff
from guvoh.cli.archives import chosen_passphrase
from guvoh.cli.common import (
    archive_option,
    asked_passphrase,
    door_options,
    given_passphrase,
    json_option,
    named_archive,
    open_door,
    passphrase_option,
    print_json,
    progress,
    table,
)
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError
from guvoh.words.passphrases import weakness
from guvoh.words.plain import count, listed, size

_MOST_REQUEST_BYTES = 256 << 10
_WORDS_ON_A_SHEET = (20, 33)
_MOST_TRIES = 3
_ROLE_HELP = "; ".join(f"{role}: {what}" for role, what in staff.ROLES.items())


class NotConfirmed(GuvohError):
    """Something that a person has to agree to, and nobody can be asked."""

    def __init__(self, how: str) -> None:
        super().__init__(f"there is no terminal to ask whether that is right; {how}")


class BadFile(GuvohError):
    """A file that cannot be read or written. `why` says it in plain words."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}")


class _Nothing(click.exceptions.Exit):
    """A person was asked and said no."""

    def __init__(self) -> None:
        click.echo("Nothing was done.", err=True)
        super().__init__(1)


_yes_option = click.option("--yes", is_flag=True, help="Do not ask whether that is right; for scripts.")
_memory_option = click.option("--guess-memory", type=click.IntRange(1, 4096), metavar="MIB", default=None,
                              help="Memory that a guess at the new passphrase costs.")  # fmt: skip
_words_option = click.option("--words", "language", type=click.Choice(["en", "ru", "uz"]), default="en",
                             show_default=True, help="Language of the passphrase that is offered.")  # fmt: skip


def _agreed(question: str, yes: bool, how: str = "--yes says that it is") -> None:
    """Go on where a person agrees; else nothing was done."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(how)
    if not click.confirm(question, err=True):
        raise _Nothing


def _seen(door: Door, tell: Tell) -> Staff:
    found: Staff = door.ask(staff.staff, Nothing(), tell)
    return found


def _called(one: MemberSeen | DeviceSeen) -> str:
    """How a member or a device is named to a member: by label where there is one, and by pseudonym."""
    return f"{printable(one.name)} ({one.pseudonym})" if one.name else one.pseudonym


# --- members


@click.group()
def member() -> None:
    """Members: who they are, admitting and removing them, their names.

    \b
    Example:
      guvoh member list --archive my-archive
      guvoh member add d-3nlqvc7w5kcp2adjmqsy --role editor --archive my-archive
      guvoh member remove "editor 2" --archive my-archive
    """


@member.command("add", short_help="Admit a computer that asked to join, and its member.")
@click.argument("request")
@click.option("--role", type=click.Choice(list(staff.ROLES)), help=f"Role of a new member. {_ROLE_HELP}.")
@click.option("--name", default="", help="What he is to be called here: sealed, for members' eyes only.")
@click.option("--check", metavar='"FIVE WORDS"', help="The words that he read to you; then nobody is asked.")
@door_options
def member_add(door: Door, tell: Tell, request: str, role: str | None, name: str, check: str | None) -> None:
    """Admit a computer that asked to join (`guvoh join`), and its member where he is none yet.

    REQUEST is the file that he brought, or the id of a device whose request came with a sync. Compare the five words
    with him by voice, over a line on which you know him: whoever exchanged the request on its way has others.

    \b
    Example:
      guvoh member add d-3nlqvc7w5kcp2adjmqsy --role editor --name Idris --archive my-archive
      guvoh member add stick/d-3nlqvc7w5kcp2adjmqsy.request --role writer --archive my-archive
    """
    asking: Asking = door.ask(staff.look_at_request, _looked_at(request), tell)
    if asking.member:
        click.echo(f"Device {asking.device} asks to join for {asking.member}, who is a member already.")
    elif role is None:
        raise click.UsageError("this is a new member: say in which role, with --role")
    else:
        click.echo(f"Device {asking.device} asks to join, for a new member, as {role}: {staff.ROLES[role]}.")
    if check is None:
        click.echo(f"\n    {asking.words}\n")
        _agreed("Does the other person read these very words to you?", False,
                'compare the words by voice, then give them with --check "FIVE WORDS"')  # fmt: skip
    else:
        staff.check_words(asking, check)
    done = door.ask(staff.admit, staff.Admit(note=asking.note, role=role or "", name=name), tell)
    click.echo(f"Admitted: device {done.device}{f' and member {done.member} as {done.role}' if done.new else ''}.")
    click.echo("Next: `guvoh sync` takes it to him, on a stick or in a bundle; then he opens the archive.")


def _looked_at(request: str) -> staff.Look:
    path = Path(request)
    if not path.exists() and request.startswith("d-"):
        return staff.Look(device=request)
    return staff.Look(note=_read(path, _MOST_REQUEST_BYTES))


def _read(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():
            raise BadFile(path, "there is no such file")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise BadFile(path, f"it cannot be read ({error.strerror})") from None
    if len(data) > most:
        raise BadFile(path, "it is too large to be what is asked for")
    return data


@member.command("list")
@json_option
@door_options
def member_list(door: Door, tell: Tell, as_json: bool) -> None:
    """List the members and their devices, who waits to be admitted, and whom the archive once had.

    "has seen" says how much of what is here a device had when it last wrote: it may have more, and never less.

    \b
    Example:
      guvoh member list --archive my-archive
    """
    found = _seen(door, tell)
    if as_json:
        print_json(_as_json(found))
        return
    now = [one for one in found.members if one.in_force]
    table(("member", "name", "role", "id"), [(one.pseudonym, one.name or "-", one.role, _id(one)) for one in now])
    click.echo()
    _print_devices(now)
    _print_past(found)
    for sheets in found.sheets:
        click.echo(f"Sheets for recovery are in force{f', made on {sheets.made}' if sheets.made else ''}.")
    _print_waiting(found.waiting)


def _id(one: MemberSeen) -> str:
    return f"{one.id}  (you)" if one.you else one.id


def _print_devices(members: Iterable[MemberSeen]) -> None:
    rows = [
        (device.pseudonym, device.name or "-", count(device.entries, "entry", "entries"), _has_seen(device), device.id)
        for member in members
        for device in member.devices
        if device.in_force
    ]
    table(("device", "name", "wrote", "has seen", "id"), rows)


def _has_seen(device: DeviceSeen) -> str:
    return "this one" if device.here else f"{device.seen:,} of {device.of:,}"


def _print_past(found: Staff) -> None:
    past = [(one, device) for one in found.members for device in one.devices if not device.in_force]
    gone = [one for one in found.members if not one.in_force]
    if gone:
        click.echo(f"\nRemoved: {listed([_called(one) for one in gone])}.")
    for _, device in past:
        apart = count(device.apart, "entry that it wrote later is", "entries that it wrote later are")
        kept = f"; {apart} kept apart: `guvoh member accept {device.id}` takes them in" if device.apart else ""
        click.echo(f"Removed device: {_called(device)}, {device.id}{kept}.")


def _print_waiting(waiting: Sequence[Asking]) -> None:
    if waiting:
        click.echo(f"\n{count(len(waiting), 'device waits', 'devices wait')} to be admitted (`guvoh member add`):")
    for asking in waiting:
        whose = f"of {asking.member}" if asking.member else "of a new member"
        click.echo(f"  {asking.device}  {printable(asking.problem) if asking.problem else whose}")


def _as_json(found: Staff) -> object:
    """Members and devices by pseudonym: no label, no id by which records could be traced to who wrote them."""
    return {
        "members": [
            {
                "member": one.pseudonym,
                "role": one.role,
                "in_force": one.in_force,
                "devices": [
                    {
                        "device": device.pseudonym,
                        "in_force": device.in_force,
                        "entries": device.entries,
                        "kept_apart": device.apart,
                        "seen": device.seen,
                        "of": device.of,
                    }
                    for device in one.devices
                ],
            }
            for one in found.members
        ],
        "waiting": [asking.device for asking in found.waiting],
        "recovery_sheets": len(found.sheets),
    }


@member.command("remove")
@click.argument("who", metavar="MEMBER")
@_yes_option
@door_options
def member_remove(door: Door, tell: Tell, who: str, yes: bool) -> None:
    """Remove a member: what is written from here on he cannot read, and what he writes is kept apart.

    MEMBER is a name, a role and number ("editor 2"), or an id. Nothing takes back what he could read until now.

    \b
    Example:
      guvoh member remove "editor 2" --archive my-archive
    """
    found = staff.member_called(_seen(door, tell), who)
    click.echo(f"This removes {_called(found)}, {found.id}, with {count(len(found.devices), 'device', 'devices')}.")
    _agreed("Remove this member?", yes)
    done = door.ask(staff.remove_member, staff.Named(id=found.id), tell)
    click.echo("Removed. He may still have, and no program can take back:")
    for what in _still_has(done.role):
        click.echo(f"  - {what}")
    if done.rekeyed:
        click.echo("A new key is in use: what is written from here on he cannot read, once all others have synced.")
    click.echo("What his devices add from now on is kept apart until an owner takes it in (`guvoh member accept`).")


def _still_has(role: str) -> Iterable[str]:
    reads = {
        "writer": "the files that he added, where he kept them; he could open nothing of the archive",
        "replica": "a copy that he cannot open",
        "reader-without-identities": "a copy, and the keys to what names nobody, as written until now",
    }
    yield reads.get(role, "a copy, and the keys to everything that was written until now")
    if role not in ("writer", "replica"):
        yield "what he printed, exported, photographed or remembers"
    if role == "owner":
        yield "sheets for recovery, if any were in his hands: `guvoh recovery make` puts new ones in their place"


@member.command("name")
@click.argument("who", metavar="MEMBER")
@click.argument("name")
@door_options
def member_name(door: Door, tell: Tell, who: str, name: str) -> None:
    """Give a member a name. It is sealed, for members' eyes only; a pseudonym stands in all that leaves.

    \b
    Example:
      guvoh member name "editor 2" Idris --archive my-archive
    """
    found = staff.member_called(_seen(door, tell), who)
    door.ask(staff.call, staff.Named(id=found.id, name=name), tell)
    click.echo(f"{found.pseudonym} is called {printable(name)} from now on.")


@member.command("accept")
@click.argument("log", metavar="DEVICE")
@_yes_option
@door_options
def member_accept(door: Door, tell: Tell, log: str, yes: bool) -> None:
    """Take in what a removed device wrote after its removal, and what was kept apart.

    \b
    Example:
      guvoh member accept d-3nlqvc7w5kcp2adjmqsy --archive my-archive
    """
    _, device = staff.device_called(_seen(door, tell), log)
    click.echo(f"{count(device.apart, 'entry', 'entries')} of {_called(device)}, {device.id}, kept apart.")
    _agreed("Take them in, as if it had not been removed before it wrote them?", yes)
    done = door.ask(staff.accept, staff.Named(id=device.id), tell)
    click.echo(f"Taken in: {count(done.entries, 'entry', 'entries')}.")


# --- devices


@click.group()
def device() -> None:
    """Devices: removing one, naming one, and what to do when one is lost. `guvoh member list` shows them.

    \b
    Example:
      guvoh device lost Idris --archive my-archive
      guvoh device remove "editor 2 device 1" --archive my-archive
    """


@device.command("remove")
@click.argument("which", metavar="DEVICE")
@_yes_option
@door_options
def device_remove(door: Door, tell: Tell, which: str, yes: bool) -> None:
    """Remove a device: what it writes from now on is kept apart. Its member stays one.

    \b
    Example:
      guvoh device remove d-3nlqvc7w5kcp2adjmqsy --archive my-archive
    """
    owner, found = staff.device_called(_seen(door, tell), which)
    click.echo(f"This removes device {_called(found)}, {found.id}, of {_called(owner)}.")
    _agreed("Remove this device?", yes)
    door.ask(staff.remove_device, staff.Named(id=found.id), tell)
    click.echo("Removed. What it holds it still holds, and its member's passphrase still opens it.")
    click.echo("If somebody may know that passphrase, or it was unlocked: remove the member too; he joins anew.")


@device.command("name")
@click.argument("which", metavar="DEVICE")
@click.argument("name")
@door_options
def device_name(door: Door, tell: Tell, which: str, name: str) -> None:
    """Give a device a name. It is sealed, for members' eyes only.

    \b
    Example:
      guvoh device name d-3nlqvc7w5kcp2adjmqsy "office laptop" --archive my-archive
    """
    _, found = staff.device_called(_seen(door, tell), which)
    door.ask(staff.call, staff.Named(id=found.id, name=name), tell)
    click.echo(f"{found.pseudonym} is called {printable(name)} from now on.")


@device.command("lost", short_help="A device is lost: who was on it, and whom to warn first.")
@click.argument("which", metavar="DEVICE")
@click.option("--all", "everybody", is_flag=True, help="List every person in full, however many.")
@door_options
def device_lost(door: Door, tell: Tell, which: str, everybody: bool) -> None:
    """A device was lost, stolen or seized: who was on it, what could be read, whom to warn first, what to do.

    This shows names and contacts. That it was asked is kept. DEVICE is a name, an id, or "editor 2 device 1".

    \b
    Example:
      guvoh device lost "office laptop" --archive my-archive
    """
    owner, found = staff.device_called(_seen(door, tell), which)
    lost: Lost = door.ask(staff.device_lost, staff.Named(id=found.id), tell)
    _print_what(owner, found, lost)
    most = None if everybody else _MOST_SHOWN
    number = 1
    if lost.reads == "everything":
        number = _print_whom(lost, most)
    elif lost.reads == "what names nobody":
        click.echo("\nNo name, text or contact could be read with its member's keys: only ids, dates and counts.")
    else:
        click.echo("\nNothing of the archive could be read with its member's keys.")
    if lost.originals:
        files = count(len(lost.originals), "file was", "files were")
        click.echo(
            f"\n{number}. {files} added on it, and may lie on it unsealed where they were. Warn whoever is named in"
        )
        click.echo("   them, even if all was locked:")
        _print_some(lost.originals, most)
    _print_what_to_do(owner, found, lost)


_MOST_SHOWN = 40


def _print_what(owner: MemberSeen, found: DeviceSeen, lost: Lost) -> None:
    click.echo(f"Device {_called(found)}, {found.id}, of {_called(owner)}, who is {owner.role}.")
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


# --- joining


@click.command(short_help="Make this computer a device of an archive.")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("."))
@click.option("--member", "who", metavar="MEMBER",
              help='Whose computer this is, where he is a member already: "editor 2", or an id.')  # fmt: skip
@_words_option
@_memory_option
@passphrase_option
def join(
    directory: Path, who: str | None, language: str, guess_memory: int | None, passphrase_file: Path | None
) -> None:
    """Make this computer a device of an archive whose folder was copied, restored or brought on a stick.

    Without --member it is a new member's, who chooses a passphrase; with it, that member's, whose passphrase is asked.
    A copied folder is always a new device. An owner's own device is in at once; any other is admitted by an owner.

    \b
    Example:
      guvoh join my-archive
      guvoh join my-archive --member "owner 1"
    """
    waiting = staff.asked_before(directory)
    if waiting is not None:
        _print_joined(waiting, directory)
        return
    if who is None:
        joined = staff.join(directory, _new_passphrase(language, passphrase_file), None, guess_memory)
    else:
        known = staff.joining_member(directory, who)
        passphrase = given_passphrase(passphrase_file) or asked_passphrase("Passphrase of that member")
        joined = staff.join(directory, passphrase, known, guess_memory)
    _print_joined(joined, directory)


def _print_joined(joined: Joined, directory: Path) -> None:
    named = "" if directory.resolve() == Path.cwd() else named_archive(directory)
    if joined.request is None:
        click.echo(f"This computer is now device {joined.device} of archive {joined.archive}.")
        click.echo(f"Next: guvoh unlock{named}    and `guvoh sync` tells the others of it.")
        return
    whose = "for a new member" if joined.new_member else "for one who is a member already"
    again = "had asked already" if joined.again else "asks"
    click.echo(f"This computer {again} to be device {joined.device} of archive {joined.archive}, {whose}.")
    click.echo(f"\n    {joined.words}\n")
    click.echo("Read these words to an owner, by voice, over a line on which he knows you. He needs the request, from")
    click.echo(f"    {printable(joined.request)}")
    click.echo("by `guvoh sync` or as a file that may go through any channel, and admits you with:")
    click.echo(f"    guvoh member add {joined.device}{' --role ROLE' if joined.new_member else ''}")
    click.echo(f"Then sync with his copy, and open the archive here: guvoh unlock{named}")
    _print_cheap(joined.cheap)


def _print_cheap(cheap: bool) -> None:
    if cheap:
        click.echo(
            "The passphrase is cheap to guess (less than 128 MiB a guess): only for trying things out.", err=True
        )


def _new_passphrase(language: str, passphrase_file: Path | None) -> str:
    """A passphrase that is to be: from a file, or chosen at the terminal."""
    return given_passphrase(passphrase_file) or _chosen(language)


def _chosen(language: str) -> str:
    """One that is chosen at the terminal; one that is too weak is asked for again, the last time not."""
    for _ in range(_MOST_TRIES - 1):
        chosen = chosen_passphrase(language)
        why = weakness(chosen)
        if why is None or not sys.stdin.isatty():
            return chosen
        click.echo(f"That one is too easy to guess: {why}.", err=True)
    return chosen_passphrase(language)


# --- another passphrase


@click.command()
@click.option("--new-passphrase-file", type=click.Path(path_type=Path), metavar="FILE",
              help="Read the new passphrase from the first line of FILE, for scripts.")  # fmt: skip
@_words_option
@_memory_option
@archive_option
@passphrase_option
def passphrase(
    new_passphrase_file: Path | None,
    language: str,
    guess_memory: int | None,
    archive: Path,
    passphrase_file: Path | None,
) -> None:
    """Change your passphrase. Copies made before, and backups, still open with the old one.

    \b
    Example:
      guvoh passphrase --archive my-archive
    """
    opening.check(archive)
    old = given_passphrase(passphrase_file) or asked_passphrase("The passphrase until now")
    if new_passphrase_file is None and not sys.stdin.isatty():
        raise NotConfirmed("--new-passphrase-file FILE gives the new one")
    new = _chosen(language) if new_passphrase_file is None else given_passphrase(new_passphrase_file)
    assert new is not None  # a file was named
    cheap = staff.change_passphrase(archive, old, new, guess_memory)
    click.echo("Your passphrase is changed on this computer; `guvoh sync` takes it to your others.")
    click.echo("Every copy and backup made before still opens with the old one, to all that was written until now.")
    click.echo("If somebody may know the old one, an owner removes you, and you join anew: that makes new keys.")
    _print_cheap(cheap)


# --- leaving


@click.command(short_help="Before a border: leave this computer without your keys.")
@click.option("--commitments-only", is_flag=True, help="Remove all that is sealed too, and keep what proves it.")
@click.option("--force", is_flag=True, help="Do not check that others have what was written here; needs no passphrase.")
@_yes_option
@archive_option
@passphrase_option
def leave(commitments_only: bool, force: bool, yes: bool, archive: Path, passphrase_file: Path | None) -> None:
    """Leave this computer without your keys, before a border or a search: then no passphrase opens anything here.

    A colleague's `guvoh sync` gives the keys back. First it is checked that what this device has written is known to
    another device or a backup. What stays on the disk is listed.

    \b
    Example:
      guvoh leave --archive my-archive
      guvoh leave --commitments-only --archive my-archive
    """
    opening.check(archive)
    if not force:
        _check_elsewhere(archive, passphrase_file)
    taken = "your keys, the index, and all that is sealed" if commitments_only else "your keys and the index"
    _agreed(f"Remove {taken} from this computer?", yes)
    opening.lock(archive)
    left = staff.leave(archive, commitments_only=commitments_only)
    click.echo(f"Removed: {count(left.keys, 'key file', 'key files')} and the index.")
    if commitments_only:
        segments, files = count(left.segments, "file", "files"), count(left.evidence, "original", "originals")
        click.echo(f"Removed: what was sealed in {segments} of the logs, and {files}.")
    click.echo("Still on this disk:")
    for one in left.still:
        amount = f"{count(one.files, 'file', 'files')}, {size(one.size)}"
        click.echo(f"  {printable(one.place)}: {one.what} ({amount})")
    click.echo("Removed files can be found again on flash storage for a while. Files that you added still lie where")
    click.echo("they were, and backups, sticks, swap and the history of your shell were not touched.")
    click.echo("To come back: `guvoh sync` with a colleague's copy, and your passphrase opens the archive again.")


class OnlyHere(GuvohError):
    """Leaving would lose what nobody else has, or the only way back in."""

    def __init__(self, entries: int) -> None:
        self.entries = entries
        super().__init__(
            f"what this device wrote last ({count(entries, 'entry', 'entries')}) is not known to be anywhere else, and "
            "without it nobody could give the keys back: make a backup that you leave behind, or sync, let a "
            "colleague's device write something, and sync again; --force leaves all the same"
        )


def _check_elsewhere(archive: Path, passphrase_file: Path | None) -> None:
    with progress() as tell:
        door = open_door(archive, passphrase_file, tell)
        try:
            found: staff.OnlyHere = door.ask(staff.only_here, Nothing(), tell)
        finally:
            door.close()
    if found.entries:
        raise OnlyHere(found.entries)


# --- sheets for recovery


@click.group()
def recovery() -> None:
    """Sheets of paper, two of three of which open the archive when every passphrase is lost.

    \b
    Example:
      guvoh recovery make --out /media/stick --archive my-archive
      guvoh recovery revoke --archive my-archive
    """


@recovery.command("make")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Write a file for each sheet into DIR, to print and then destroy; else they are shown.")  # fmt: skip
@_yes_option
@door_options
def recovery_make(door: Door, tell: Tell, out: Path | None, yes: bool) -> None:
    """Make three sheets: any two of them open everything, and admit a new owner.

    They say nothing of what they are for. Give each to somebody else. Sheets made before are revoked.

    \b
    Example:
      guvoh recovery make --archive my-archive
    """
    before = _seen(door, tell).sheets
    if before:
        _agreed("Sheets made before will open nothing that is written from here on. Make new ones?", yes)
    paths = _places(out) if out is not None else []
    try:
        made: staff.Printed = door.ask(staff.make_recovery, Nothing(), tell)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    for path, text in zip(paths, made.sheets, strict=False):
        _write(path, text)
    if out is None:
        click.echo("\n\n".join(made.sheets))
    click.echo(
        "Whoever has two of these sheets can read everything. Print them, or copy them by hand, and check them;",
        err=True,
    )
    click.echo("then destroy the files." if out is not None else "then clear this screen and what it keeps.", err=True)
    click.echo("Keep no two in one house, and none with this computer. Two open it: guvoh recover", err=True)


def _places(out: Path) -> list[Path]:
    """Empty private files for the sheets, made before there is anything to lose."""
    paths = [out / f"sheet-{number}.txt" for number in (1, 2, 3)]
    made: list[Path] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path in paths:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            made.append(path)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise BadFile(out, f"no sheets can be written there ({error.strerror}); nothing was made") from None
    return paths


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        why = f"the sheet cannot be written ({error.strerror}); those just made are of no use: make new ones"
        raise BadFile(path, why) from None


@recovery.command("list")
@json_option
@door_options
def recovery_list(door: Door, tell: Tell, as_json: bool) -> None:
    """Say which sheets are in force.

    \b
    Example:
      guvoh recovery list --archive my-archive
    """
    found = _seen(door, tell).sheets
    if as_json:
        print_json([{"made": sheets.made or None} for sheets in found])
        return
    if not found:
        click.echo("There are no sheets in force. `guvoh recovery make` makes three.")
    for sheets in found:
        click.echo(f"A set of three sheets, two of which open everything, made on {sheets.made or 'a day not known'}.")


@recovery.command("revoke")
@_yes_option
@door_options
def recovery_revoke(door: Door, tell: Tell, yes: bool) -> None:
    """Revoke the sheets: two of them open nothing that is written from here on.

    \b
    Example:
      guvoh recovery revoke --archive my-archive
    """
    if not _seen(door, tell).sheets:
        click.echo("There are no sheets in force.")
        return
    _agreed("Then no paper opens the archive when every passphrase is lost. Revoke them?", yes)
    done = door.ask(staff.revoke_recovery, Nothing(), tell)
    click.echo(f"Revoked: {count(done.sets, 'set', 'sets')} of sheets. A new key is in use.")
    click.echo("Two of them, with a copy of the archive, still open what was written until now: destroy them.")


@click.command(short_help="Come in with two sheets, when every passphrase is lost.")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("."))
@click.option("--sheet", "sheets", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
              help="A sheet as a text file; give two. Else the words are asked.")  # fmt: skip
@_words_option
@_memory_option
@passphrase_option
def recover(
    directory: Path,
    sheets: tuple[Path, ...],
    language: str,
    guess_memory: int | None,
    passphrase_file: Path | None,
) -> None:
    """Come in with two of the three sheets: you become an owner, with a new passphrase, on this computer.

    It works on a copy of the archive's folder on which this computer is no device yet: a restored backup, a stick.

    \b
    Example:
      guvoh recover my-archive
    """
    texts = [_sheet_text(path) for path in sheets] or _asked_sheets()
    secret = staff.secret_of(texts)
    done = staff.recover(directory, secret, _new_passphrase(language, passphrase_file), guess_memory)
    named = "" if directory.resolve() == Path.cwd() else named_archive(directory)
    click.echo(f"You are member {done.member}, an owner, on this computer. Next: guvoh unlock{named}")
    click.echo("Then: remove members whose passphrase is lost (guvoh member remove), and make new sheets")
    click.echo("(guvoh recovery make): the ones that were used here have been together in one place.")
    _print_cheap(done.cheap)


def _sheet_text(path: Path) -> str:
    try:
        return _read(path, _MOST_REQUEST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(path, "it is not UTF-8 text") from None


def _asked_sheets() -> list[str]:
    """The words of two sheets, typed line by line; each sheet is checked as soon as it is there."""
    if not sys.stdin.isatty():
        raise NotConfirmed("--sheet FILE, given twice, names the sheets")
    found: list[str] = []
    tries = 0
    while len(found) < 2:
        which = "another sheet" if found else "a sheet"
        click.echo(f"The words of {which}, in their order, without numbers, in as many lines as you like:", err=True)
        text = _typed_sheet()
        try:
            staff.check_sheet(text)
            if found:
                staff.secret_of([*found, text])
        except GuvohError as problem:
            tries += 1
            if tries >= _MOST_TRIES:
                raise
            click.echo(f"{problem}. Once more.", err=True)
            continue
        found.append(text)
    return found


def _typed_sheet() -> str:
    lines: list[str] = []
    while sum(len(line.split()) for line in lines) < _WORDS_ON_A_SHEET[-1]:
        line = click.prompt("", default="", show_default=False, prompt_suffix="> ", err=True)
        if not line.strip():
            break
        lines.append(line)
    return " ".join(lines)
