"""init, unlock, lock, verify: an archive as a whole."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from guvoh.casebook import opening, queries
from guvoh.casebook.answers import Checked, Verify
from guvoh.casebook.desk import Tell
from guvoh.cli.common import (
    archive_option,
    asked_passphrase,
    given_passphrase,
    json_option,
    named_archive,
    open_door,
    passphrase_option,
    print_json,
    progress,
)
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError
from guvoh.words.passphrases import bits, offer
from guvoh.words.plain import count

_WORDS = {"en": 6, "ru": 6, "uz": 7}


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("."))
@click.option("--words", "language", type=click.Choice(["en", "ru", "uz"]), default="en", show_default=True,
              help="Language of the passphrase that is offered.")  # fmt: skip
@click.option("--guess-memory", type=click.IntRange(1, 4096), metavar="MIB", default=None,
              help="Memory that a guess at the passphrase costs, for this archive.  [default: 256]")  # fmt: skip
@click.option("--erasure-hours", type=click.IntRange(0, 24 * 366), metavar="HOURS", default=None,
              help="From asking for an erasure until a device carries it out.  [default: 168]")  # fmt: skip
@passphrase_option
def init(
    directory: Path,
    language: str,
    guess_memory: int | None,
    erasure_hours: int | None,
    passphrase_file: Path | None,
) -> None:
    """Found an archive in a new or empty folder.

    A passphrase made of words is offered. Write it on paper. `guvoh recovery make` prints sheets for when it is lost.

    \b
    Example:
      guvoh init my-archive
      guvoh init my-archive --words uz
    """
    passphrase = given_passphrase(passphrase_file) or chosen_passphrase(language)
    archive, cheap = opening.found(directory, passphrase, guess_memory, erasure_hours)
    here = directory.resolve() == Path.cwd()
    click.echo(f"Archive {archive} is founded in {'the current folder' if here else printable(directory)}.")
    if cheap:
        click.echo("Its passphrase is cheap to guess (--guess-memory below 128): only for trying things out.", err=True)
    named = "" if here else named_archive(directory)
    click.echo(f"Next: guvoh unlock{named}    then: guvoh add FILE...{named}")


def chosen_passphrase(language: str) -> str:
    if not sys.stdin.isatty():
        return asked_passphrase("Passphrase")
    words = _WORDS[language]
    offered = offer(language, words)  # type: ignore[arg-type]
    click.echo(f"\n    {offered}\n", err=True)
    strength = f"{bits(language, words):.0f}"  # type: ignore[arg-type]
    click.echo(f"This is an offer: {words} words chosen by chance ({strength} bits). Write it on paper.", err=True)
    return asked_passphrase("Type it, or one of your own", twice=True)


@click.command(short_help="Open the archive for a while, without a passphrase each time.")
@click.option("--minutes", type=click.FloatRange(0.02, 24 * 60), default=opening.IDLE_MINUTES, show_default=True,
              help="Lock again after so many minutes without a command.")  # fmt: skip
@archive_option
@passphrase_option
def unlock(minutes: float, archive: Path, passphrase_file: Path | None) -> None:
    """Open the archive for a while, so that commands need no passphrase.

    A small process holds the keys and answers the commands; no key is written anywhere.

    \b
    Example:
      guvoh unlock --archive my-archive --minutes 60
    """
    opening.check(archive)
    passphrase = given_passphrase(passphrase_file) or asked_passphrase("Passphrase")
    opened = opening.unlock(archive, passphrase, minutes)
    named = "" if archive == Path(".") else named_archive(archive)
    click.echo(f"Archive {opened} is unlocked; it locks after {minutes:g} minutes without a command, or by:")
    click.echo(f"    guvoh lock{named}")


@click.command()
@archive_option
def lock(archive: Path) -> None:
    """Lock the archive: end the process that holds its keys.

    \b
    Example:
      guvoh lock --archive my-archive
    """
    was = opening.lock(archive)
    click.echo("The archive is locked." if was else "The archive was locked already.")


@click.command(short_help="Check that everything is as signed, and nothing is gone.")
@click.option("--without-key", is_flag=True, help="Check all that needs no passphrase: whoever holds the folder can.")
@click.option("--evidence", is_flag=True, help="Also open every original, and compare it with its recorded digest.")
@json_option
@archive_option
@passphrase_option
def verify(without_key: bool, evidence: bool, as_json: bool, archive: Path, passphrase_file: Path | None) -> None:
    """Check that everything is as it was signed, and that nothing that was seen before is gone.

    \b
    Example:
      guvoh verify --archive my-archive
      guvoh verify --evidence --archive my-archive
      guvoh verify --archive /media/stick/my-archive --without-key
    """
    if without_key and evidence:
        raise click.UsageError("--evidence opens the originals, which needs a passphrase: leave --without-key out")
    with progress() as tell:
        if without_key:
            checked = opening.verify_without_key(archive, tell)
        else:
            checked = _checked_with_key(archive, passphrase_file, evidence, tell)
    if as_json:
        print_json(checked)
    else:
        _print_checked(checked)
    if checked.problems:
        raise click.exceptions.Exit(1)


def _checked_with_key(archive: Path, passphrase_file: Path | None, evidence: bool, tell: Tell) -> Checked:
    """What verifying finds; an archive too damaged to be opened is checked as far as it goes without a key."""
    try:
        door = open_door(archive, passphrase_file, tell)
        try:
            checked: Checked = door.ask(queries.verify, Verify(evidence=evidence), tell)
        finally:
            door.close()
    except GuvohError as problem:
        damage = opening.damage(problem)
        if damage is None:
            raise
        return opening.verify_damaged(archive, damage, tell)
    return checked


def _print_checked(checked: Checked) -> None:
    for problem in checked.problems:
        click.echo(f"PROBLEM  {printable(problem.where)}: {printable(problem.what)}")
    for notice in checked.notices:
        click.echo(f"note     {printable(notice)}")
    entries, files = count(checked.entries, "entry", "entries"), count(checked.evidence, "file", "files")
    if checked.problems:
        click.echo(f"Archive {checked.archive}: {count(len(checked.problems), 'problem', 'problems')} found.")
    elif checked.read:
        click.echo(
            f"Archive {checked.archive}: {entries} and {files} of evidence, all as signed; every entry was opened."
        )
    else:
        click.echo(
            f"Archive {checked.archive}: {entries} and {files} of evidence, all as signed. Checked without a key: "
            "signatures, commitments and sealed bytes, not what is inside. Compare the id with your own note of it."
        )
