"""member, device: who works on an archive, and with which computers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from guvoh.casebook import lost, seconding, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.colleagues import DeviceSeen, MemberSeen, device_called, member_called
from guvoh.casebook.desk import Tell
from guvoh.casebook.lost import Lost, WhichDevice
from guvoh.casebook.opening import Door
from guvoh.casebook.seconding import Agree, Agreed
from guvoh.casebook.staff import Asking, Staff
from guvoh.cli.asking import agreed, yes_option
from guvoh.cli.common import door_options, json_option, print_json, table
from guvoh.cli.files import content
from guvoh.cli.lost import print_lost
from guvoh.cli.safe import printable
from guvoh.cli.seconding import print_lone
from guvoh.words.plain import count, listed

_ROLE_HELP = "; ".join(f"{role}: {what}" for role, what in staff.ROLES.items())


def _seen(door: Door, tell: Tell) -> Staff:
    found: Staff = door.ask(staff.staff, Nothing(), tell)
    return found


# --- members


@click.group(short_help="Members: admitting, naming and removing them.")
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
        agreed("Does the other person read these very words to you?", False,
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
    return staff.Look(note=content(path))


@member.command("list", short_help="List the members, their devices, and who waits.")
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
    for lone in found.lone:
        click.echo(f"Removal {lone.id} of {lone.removed}, by {lone.by}, can still be answered: no second owner has")
        click.echo(f"agreed with it yet. He does so with: guvoh member agree {lone.id}")
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
        click.echo(f"\nRemoved: {listed([printable(one.called) for one in gone])}.")
    for _, device in past:
        apart = count(device.apart, "entry that it wrote later is", "entries that it wrote later are")
        kept = f"; {apart} kept apart: `guvoh member accept {device.id}` takes them in" if device.apart else ""
        click.echo(f"Removed device: {printable(device.called)}, {device.id}{kept}.")


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
        "not_seconded": [{"removal": one.id, "removed": one.removed, "by": one.by} for one in found.lone],
    }


@member.command("remove", short_help="Remove a member: what is new he cannot read.")
@click.argument("who", metavar="MEMBER")
@yes_option
@door_options
def member_remove(door: Door, tell: Tell, who: str, yes: bool) -> None:
    """Remove a member: what is written from here on he cannot read, and what he writes is kept apart.

    MEMBER is a name, a role and number ("editor 2"), or an id. Nothing takes back what he could read until now.

    \b
    Example:
      guvoh member remove "editor 2" --archive my-archive
    """
    found = member_called(_seen(door, tell).members, who)
    click.echo(
        f"This removes {printable(found.called)}, {found.id}, with {count(len(found.devices), 'device', 'devices')}."
    )
    agreed("Remove this member?", yes)
    done = door.ask(staff.remove_member, staff.Named(id=found.id), tell)
    click.echo("Removed. He may still have, and no program can take back:")
    for what in _still_has(done.role):
        click.echo(f"  - {what}")
    if done.rekeyed:
        click.echo("A new key is in use: what is written from here on he cannot read, once all others have synced.")
    click.echo("What his devices add from now on is kept apart until an owner takes it in (`guvoh member accept`).")
    print_lone(done.lone)


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


@member.command("agree", short_help="Agree with a removal: then it cannot be answered.")
@click.argument("removal")
@yes_option
@door_options
def member_agree(door: Door, tell: Tell, removal: str, yes: bool) -> None:
    """Agree with a removal that another owner has made: of a member, a device, or sheets.

    Of two who remove each other he stays with whom a second owner agrees. REMOVAL is the id that `guvoh member list`
    shows. Ask who made it why, over a line on which you know him. Whom the remover let in never counts, unless sheets
    are removed; nor does whom sheets let in.

    
    Example:
      guvoh member agree x-5hvq3nfd2kcp7aejmrsy --archive my-archive
    """
    waiting = {one.id: one for one in _seen(door, tell).lone}
    if removal in waiting:
        click.echo(f"Removal {removal} of {waiting[removal].removed}, by {waiting[removal].by}.")
    agreed("Agree with this removal?", yes)
    done: Agreed = door.ask(seconding.agree, Agree(id=removal), tell)
    if done.stands:
        click.echo(f"You agree with the removal of {done.removed}. It stands, also against an answer.")
    else:
        click.echo(f"You agree with the removal of {done.removed}. It is not in force: another one goes before it.")
    click.echo("Next: `guvoh sync` takes it to the others.")


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
    found = member_called(_seen(door, tell).members, who)
    door.ask(staff.call, staff.Named(id=found.id, name=name), tell)
    click.echo(f"{found.pseudonym} is called {printable(name)} from now on.")


@member.command("accept", short_help="Take in what was kept apart of a removed device.")
@click.argument("log", metavar="DEVICE")
@yes_option
@door_options
def member_accept(door: Door, tell: Tell, log: str, yes: bool) -> None:
    """Take in what a removed device wrote after its removal, and what was kept apart.

    \b
    Example:
      guvoh member accept d-3nlqvc7w5kcp2adjmqsy --archive my-archive
    """
    _, device = device_called(_seen(door, tell).members, log)
    click.echo(f"{count(device.apart, 'entry', 'entries')} of {printable(device.called)}, {device.id}, kept apart.")
    agreed("Take them in, as if it had not been removed before it wrote them?", yes)
    done = door.ask(staff.accept, staff.Named(id=device.id), tell)
    click.echo(f"Taken in: {count(done.entries, 'entry', 'entries')}.")


# --- devices


@click.group(short_help="Devices: naming and removing them, and when one is lost.")
def device() -> None:
    """Devices: removing one, naming one, and what to do when one is lost. `guvoh member list` shows them.

    \b
    Example:
      guvoh device lost Idris --archive my-archive
      guvoh device remove "editor 2 device 1" --archive my-archive
    """


@device.command("remove")
@click.argument("which", metavar="DEVICE")
@yes_option
@door_options
def device_remove(door: Door, tell: Tell, which: str, yes: bool) -> None:
    """Remove a device: what it writes from now on is kept apart. Its member stays one.

    \b
    Example:
      guvoh device remove d-3nlqvc7w5kcp2adjmqsy --archive my-archive
    """
    owner, found = device_called(_seen(door, tell).members, which)
    click.echo(f"This removes device {printable(found.called)}, {found.id}, of {printable(owner.called)}.")
    agreed("Remove this device?", yes)
    done = door.ask(staff.remove_device, staff.Named(id=found.id), tell)
    click.echo("Removed. What it holds it still holds, and its member's passphrase still opens it.")
    click.echo("If somebody may know that passphrase, or it was unlocked: remove the member too; he joins anew.")
    print_lone(done.lone)


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
    _, found = device_called(_seen(door, tell).members, which)
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
    owner, found = device_called(_seen(door, tell).members, which)
    told: Lost = door.ask(lost.device_lost, WhichDevice(id=found.id), tell)
    print_lost(owner, found, told, everybody=everybody)
