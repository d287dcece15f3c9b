"""leave, wipe: what is removed from this computer, and what no program can remove."""

from __future__ import annotations

from pathlib import Path

import click

from guvoh.casebook import copies, opening, removing
from guvoh.casebook.answers import Nothing
from guvoh.casebook.desk import Tell
from guvoh.casebook.opening import Door
from guvoh.casebook.removing import Left, Wiped
from guvoh.cli.asking import agreed, yes_option
from guvoh.cli.common import archive_option, given_passphrase, open_door, passphrase_option, progress
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError
from guvoh.words.plain import count, size

# --- the keys


@click.command(short_help="Before a border: leave this computer without your keys.")
@click.option("--commitments-only", is_flag=True, help="Remove all that is sealed too, and keep what proves it.")
@click.option("--force", is_flag=True, help="Do not check that others have what was written here; needs no passphrase.")
@yes_option
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
    gone = removing.was_left(archive)
    if gone and commitments_only and not force:
        raise LeftAlready
    if gone:
        click.echo("This computer was left already: your keys are not on it, and no passphrase opens the archive here.")
    elif not force:
        _check_known(archive, passphrase_file)
    taken = "your keys, the index, and all that is sealed" if commitments_only else "your keys and the index"
    agreed(f"Remove {taken} from this computer?", yes)
    opening.lock(archive)
    _print_left(removing.leave(archive, commitments_only=commitments_only), commitments_only)


def _print_left(left: Left, commitments_only: bool) -> None:
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


class LeftAlready(GuvohError):
    """Without the keys nobody can tell what others have."""

    def __init__(self) -> None:
        super().__init__(
            "this computer was left already, and without your keys it cannot be checked that others have what is "
            "sealed here; --force removes it all the same"
        )


def _check_known(archive: Path, passphrase_file: Path | None) -> None:
    """Raise OnlyHere."""
    with progress() as tell:
        left = _only_here(open_door(archive, passphrase_file, tell), tell)
    if left:
        raise OnlyHere(left)


def _only_here(door: Door, tell: Tell) -> int:
    """How many entries are known to be here alone. Closes the door."""
    try:
        found: copies.OnlyHere = door.ask(copies.only_here, Nothing(), tell)
    finally:
        door.close()
    return found.entries


# --- all of it


@click.command(short_help="Remove the archive from this computer.")
@yes_option
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
    agreed(f"Remove the archive in {printable(archive)} from this computer? It cannot be undone", yes)
    opening.lock(archive)
    _print_wiped(removing.wipe(archive))


def _check_elsewhere(archive: Path, passphrase_file: Path | None) -> None:
    """Raise OnlyCopy. With a key the records are told from what is only written about them."""
    given = given_passphrase(passphrase_file)
    with progress() as tell:
        door = opening.running(archive) if given is None else opening.opened(archive, given, tell)
        if door is None:
            removing.check_elsewhere(archive)
            return
        left = _only_here(door, tell)
    if left:
        raise removing.OnlyCopy(left)


def _print_wiped(wiped: Wiped) -> None:
    for problem in wiped.problems:
        click.echo(f"PROBLEM  {printable(problem.where)} could not be removed: {printable(problem.what)}")
    files = count(wiped.files, "file", "files")
    if wiped.problems:
        click.echo(f"Archive {wiped.archive} is NOT wiped: {files} removed, and what is named above is still there.")
        click.echo("See that it can be removed (rights, a disk that is read-only), and run `guvoh wipe` again.")
        raise click.exceptions.Exit(1)
    click.echo(f"Archive {wiped.archive}: {files} removed.")
    if wiped.device:
        click.echo("This computer was a device of it. An owner takes it off the list: guvoh device remove")
    if wiped.other:
        click.echo(f"{count(wiped.other, 'file', 'files')} in the folder, not the archive's, still there.")
    click.echo("What this cannot remove:")
    for what in _STAYS:
        click.echo(f"  - {what}")


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
