"""doctor, upgrade, wipe: how an archive is, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from guvoh.casebook import exchange, health, opening, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.desk import Tell
from guvoh.casebook.health import Health, Level, Upgraded, Wiped
from guvoh.casebook.opening import Door
from guvoh.cli.common import (
    archive_option,
    door_options,
    given_passphrase,
    json_option,
    open_door,
    passphrase_option,
    print_json,
    progress,
)
from guvoh.cli.exchange import print_legend
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError
from guvoh.words.plain import count

_MARKS = {Level.OK: "ok      ", Level.NOTE: "note    ", Level.ACT: "ACT     "}


@click.command(short_help="Look at everything that can go wrong unnoticed.")
@click.option("--quick", is_flag=True, help="Leave out opening every entry: signatures and files alone.")
@click.option("--days", type=click.IntRange(1, 3650), default=14, show_default=True,
              help="After so many days something is old.")  # fmt: skip
@click.option("--pack", is_flag=True, help="Put small segments together.")
@click.option("--tidy", is_flag=True, help="Remove what an interrupted command left behind.")
@json_option
@archive_option
@passphrase_option
def doctor(
    quick: bool, days: int, pack: bool, tidy: bool, as_json: bool, archive: Path, passphrase_file: Path | None
) -> None:
    """Look at everything that can go wrong unnoticed, and say what to do.

    Integrity, free space, keys and passphrases, copies elsewhere, devices not heard of, erasures not confirmed, what
    was left behind. Ends with 1 where data or people are in danger.

    \b
    Example:
      guvoh doctor --archive my-archive
      guvoh doctor --quick --tidy --pack --archive my-archive
    """
    request = health.Doctor(quick=quick, days=days, pack=pack, tidy=tidy)
    with progress() as tell:
        found = _looked(archive, passphrase_file, request, tell)
    if as_json:
        print_json({
            "archive": found.archive,
            "findings": [
                {"level": one.level.value, "about": one.about, "what": one.what, "todo": one.todo}
                for one in found.findings
            ],
        })  # fmt: skip
    else:
        _print_health(found)
    if found.in_danger:
        raise click.exceptions.Exit(1)


def _looked(archive: Path, passphrase_file: Path | None, request: health.Doctor, tell: Tell) -> Health:
    """What is found; of an archive that does not open, what is found without a key."""
    try:
        door = open_door(archive, passphrase_file, tell)
        try:
            found: Health = door.ask(health.doctor, request, tell)
        finally:
            door.close()
    except GuvohError as problem:
        if not exchange.can_be_mended(problem) and opening.damage(problem) is None:
            raise
        return health.doctor_without_key(archive, request, problem, tell)
    return found


def _print_health(found: Health) -> None:
    for one in found.findings:
        click.echo(f"{_MARKS[one.level]} {printable(one.what)}")
        if one.todo:
            click.echo(f"{' ' * 9}-> {printable(one.todo)}")
    print_legend(found.called, [one.what for one in found.findings])
    levels = [one.level for one in found.findings]
    act, note = levels.count(Level.ACT), levels.count(Level.NOTE)
    click.echo(f"Archive {found.archive}: {act} to act on, {note} to note, {levels.count(Level.OK)} well.")


@click.command(short_help="Bring an archive of an older format to the present one.")
@door_options
def upgrade(door: Door, tell: Tell) -> None:
    """Bring an archive of an older format to the present one. An owner does it, once, on one computer.

    Nothing that is in it changes. Older programs cannot read it any more: let all install this one first.

    \b
    Example:
      guvoh upgrade --archive my-archive
    """
    done: Upgraded = door.ask(health.upgrade, Nothing(), tell)
    if done.needed:
        click.echo(f"The archive has format {done.format} now. The next sync brings it to the others.")
    else:
        click.echo(f"The archive has format {done.format} already: nothing was to be done.")


class NotConfirmed(GuvohError):
    """Something that cannot be undone, and nobody said yes."""

    def __init__(self) -> None:
        super().__init__("nothing was removed: there is no terminal to ask, and --yes was not given")


@click.command(short_help="Remove the archive from this computer.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Even where this may be the only copy of what was added here.")
@archive_option
@passphrase_option
def wipe(yes: bool, force: bool, archive: Path, passphrase_file: Path | None) -> None:
    """Remove the archive from this computer: its folder, and its part of GUVOH_HOME.

    Refused while other devices have not reported to have what was added here. No passphrase is needed; with one, or
    where the archive is unlocked, recorded backups count as well.

    \b
    Example:
      guvoh wipe --archive my-archive
    """
    if not force:
        _check_elsewhere(archive, passphrase_file)
    if not yes:
        if not sys.stdin.isatty():
            raise NotConfirmed
        question = f"Remove the archive in {printable(archive)} from this computer? It cannot be undone"
        click.confirm(question, abort=True, err=True)
    opening.lock(archive)
    _print_wiped(health.wipe(archive))


def _check_elsewhere(archive: Path, passphrase_file: Path | None) -> None:
    """Raise OnlyCopy. With a key the records are told from what is only written about them."""
    given = given_passphrase(passphrase_file)
    door = opening.running(archive) if given is None else None
    with progress() as tell:
        if given is not None:
            door = opening.opened(archive, given, tell)
        if door is None:
            health.check_elsewhere(archive)
            return
        try:
            left: staff.OnlyHere = door.ask(staff.only_here, Nothing(), tell)
        finally:
            door.close()
    if left.entries:
        raise health.OnlyCopy(left.entries)


def _print_wiped(wiped: Wiped) -> None:
    for problem in wiped.problems:
        click.echo(f"PROBLEM  {printable(problem.where)} could not be removed: {printable(problem.what)}")
    files = count(wiped.files, "file", "files")
    click.echo(f"Archive {wiped.archive}: {files} removed.")
    if wiped.device:
        click.echo("This computer was a device of it. An owner takes it off the list: guvoh device remove")
    if wiped.other:
        click.echo(f"{count(wiped.other, 'file', 'files')} in the folder are not the archive's, and are still there.")
    click.echo("What this cannot remove:")
    for what in _STAYS:
        click.echo(f"  - {what}")
    if wiped.problems:
        raise click.exceptions.Exit(1)


_STAYS = (
    (
        "what the disk itself keeps: flash writes beside what was there, not over it. Keys were written over first; "
        "no program can promise that it helped. Where the whole disk is encrypted, that protects the rest"
    ),
    "backups, bundles and copies on sticks, on other computers, in the cloud, in snapshots of the system",
    "swap and hibernation, where the system writes memory to the disk",
    "the files that were taken in, where they lay before",
    "the history of your shell, lists of recent files, and logs that name the archive",
)
