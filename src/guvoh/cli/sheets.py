"""recovery, recover: sheets of paper, and coming in with them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from guvoh.casebook import joining, sheets, staff
from guvoh.casebook.answers import Nothing
from guvoh.casebook.desk import Tell
from guvoh.casebook.opening import Door
from guvoh.cli.asking import NotConfirmed, agreed, yes_option
from guvoh.cli.common import door_options, json_option, named_archive, passphrase_option, print_json
from guvoh.cli.files import BadFile, content
from guvoh.cli.joining import memory_option, new_passphrase, print_cheap, words_option
from guvoh.cli.seconding import print_lone
from guvoh.errors import GuvohError
from guvoh.words.plain import count

_WORDS_ON_A_SHEET = (20, 33)
_MOST_TRIES = 3


def _in_force(door: Door, tell: Tell) -> tuple[sheets.Sheets, ...]:
    found: staff.Staff = door.ask(staff.staff, Nothing(), tell)
    return found.sheets


@click.group(short_help="Sheets of paper, for when every passphrase is lost.")
def recovery() -> None:
    """Sheets of paper, two of three of which open the archive when every passphrase is lost.

    \b
    Example:
      guvoh recovery make --out /media/stick --archive my-archive
      guvoh recovery revoke --archive my-archive
    """


@recovery.command("make", short_help="Make three sheets, any two of which open everything.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Write a file for each sheet into DIR, to print and then destroy; else they are shown.")  # fmt: skip
@yes_option
@door_options
def recovery_make(door: Door, tell: Tell, out: Path | None, yes: bool) -> None:
    """Make three sheets: any two of them open everything, and admit a new owner.

    They say nothing of what they are for. Give each to somebody else. Sheets made before are revoked.

    \b
    Example:
      guvoh recovery make --archive my-archive
    """
    before = _in_force(door, tell)
    if before:
        agreed("Sheets made before will open nothing that is written from here on. Make new ones?", yes)
    paths = _places(out) if out is not None else []
    try:
        made: sheets.Printed = door.ask(sheets.make_recovery, Nothing(), tell)
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
    for day in made.revoked:
        click.echo(
            f"The set of {day or 'a day not known'} is revoked: let those who have its sheets destroy them.", err=True
        )
        click.echo("Two of it, with a copy of the archive, still open what was written until now.", err=True)
    print_lone(made.lone, err=True)


def _places(out: Path) -> list[Path]:
    """Empty private files for the sheets, made before there is anything to lose."""
    paths = [out / f"sheet-{number}.txt" for number in (1, 2, 3)]
    made: list[Path] = []
    try:
        out.mkdir(exist_ok=True)
        for path in paths:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            made.append(path)
    except FileNotFoundError:
        raise BadFile(out, f"there is no folder {out.parent}; is the stick in? Nothing was made") from None
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
    found = _in_force(door, tell)
    if as_json:
        print_json([{"made": one.made or None} for one in found])
        return
    if not found:
        click.echo("There are no sheets in force. `guvoh recovery make` makes three.")
    for one in found:
        click.echo(f"A set of three sheets, two of which open everything, made on {one.made or 'a day not known'}.")


@recovery.command("revoke", short_help="Revoke the sheets that there are.")
@yes_option
@door_options
def recovery_revoke(door: Door, tell: Tell, yes: bool) -> None:
    """Revoke the sheets: two of them open nothing that is written from here on.

    \b
    Example:
      guvoh recovery revoke --archive my-archive
    """
    if not _in_force(door, tell):
        click.echo("There are no sheets in force.")
        return
    agreed("Then no paper opens the archive when every passphrase is lost. Revoke them?", yes)
    done = door.ask(sheets.revoke_recovery, Nothing(), tell)
    click.echo(f"Revoked: {count(done.sets, 'set', 'sets')} of sheets. A new key is in use.")
    click.echo("Two of them, with a copy of the archive, still open what was written until now: destroy them.")
    print_lone(done.lone)


@click.command(short_help="Come in with two sheets, when every passphrase is lost.")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("."))
@click.option("--sheet", "files", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
              help="A sheet as a text file; give two. Else the words are asked.")  # fmt: skip
@words_option
@memory_option
@passphrase_option
def recover(
    directory: Path,
    files: tuple[Path, ...],
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
    texts = [_sheet_text(path) for path in files] or _asked_sheets()
    secret = sheets.secret_of(texts)
    done = joining.recover(directory, secret, new_passphrase(language, passphrase_file), guess_memory)
    named = "" if directory.resolve() == Path.cwd() else named_archive(directory)
    click.echo(f"You are member {done.member}, an owner, on this computer. Next: guvoh unlock{named}")
    click.echo("Then: remove members whose passphrase is lost (guvoh member remove), and make new sheets")
    click.echo("(guvoh recovery make): the ones that were used here have been together in one place.")
    print_cheap(done.cheap)


def _sheet_text(path: Path) -> str:
    try:
        return content(path).decode("utf-8-sig")
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
        click.echo(f"The words of {which}, in their order, without numbers, in as many lines as you like;", err=True)
        click.echo("an empty line ends the sheet:", err=True)
        text = _typed_sheet()
        try:
            sheets.check_sheet(text)
            if found:
                sheets.secret_of([*found, text])
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
