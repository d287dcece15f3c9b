"""doctor, upgrade: how an archive is, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import click

from guvoh.casebook import exchange, health, opening, removing
from guvoh.casebook.answers import Nothing
from guvoh.casebook.desk import Tell
from guvoh.casebook.health import Health, Level, Upgraded
from guvoh.casebook.opening import Door
from guvoh.cli.common import (
    archive_option,
    door_options,
    json_option,
    open_door,
    passphrase_option,
    print_json,
    progress,
)
from guvoh.cli.exchange import print_legend
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError

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
                {"level": one.level.value, "about": one.about, "what": one.what, "advice": one.advice}
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
        if opening.running(archive) is None and removing.was_left(archive):
            return health.doctor_without_key(archive, request, None, tell)
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
        if one.advice:
            click.echo(f"{' ' * 9}-> {printable(one.advice)}")
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
