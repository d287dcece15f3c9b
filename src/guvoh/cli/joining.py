"""join, passphrase: this computer as a device of an archive, and the passphrase that opens it here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from guvoh.casebook import joining, opening
from guvoh.casebook.joining import Joined
from guvoh.cli.archives import chosen_passphrase
from guvoh.cli.asking import NotConfirmed
from guvoh.cli.common import archive_option, asked_passphrase, given_passphrase, named_archive, passphrase_option
from guvoh.cli.safe import printable
from guvoh.words.passphrases import weakness

_MOST_TRIES = 3
memory_option = click.option("--guess-memory", type=click.IntRange(1, 4096), metavar="MIB", default=None,
                              help="Memory that a guess at the new passphrase costs.")  # fmt: skip
words_option = click.option("--words", "language", type=click.Choice(["en", "ru", "uz"]), default="en",
                             show_default=True, help="Language of the passphrase that is offered.")  # fmt: skip


@click.command(short_help="Make this computer a device of an archive.")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("."))
@click.option("--member", "who", metavar="MEMBER",
              help='Whose computer this is, where he is a member already: "editor 2", or an id.')  # fmt: skip
@words_option
@memory_option
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
    waiting = joining.asked_before(directory)
    if waiting is not None:
        _print_joined(waiting, directory)
        return
    if who is None:
        joined = joining.join(directory, new_passphrase(language, passphrase_file), None, guess_memory)
    else:
        known = joining.joining_member(directory, who)
        passphrase = given_passphrase(passphrase_file) or asked_passphrase("Passphrase of that member")
        joined = joining.join(directory, passphrase, known, guess_memory)
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
    print_cheap(joined.cheap)


def print_cheap(cheap: bool) -> None:
    if cheap:
        click.echo(
            "The passphrase is cheap to guess (less than 128 MiB a guess): only for trying things out.", err=True
        )


def new_passphrase(language: str, passphrase_file: Path | None) -> str:
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
@words_option
@memory_option
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
    cheap = joining.change_passphrase(archive, old, new, guess_memory)
    click.echo("Your passphrase is changed on this computer; `guvoh sync` takes it to your others.")
    click.echo("Every copy and backup made before still opens with the old one, to all that was written until now.")
    click.echo("If somebody may know the old one, an owner removes you, and you join anew: that makes new keys.")
    print_cheap(cheap)
