"""What all commands share: options, the door to an archive, progress, output."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from guvoh.casebook import opening
from guvoh.casebook.answers import FileAdded, Progress, Said
from guvoh.casebook.desk import Tell
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError

PASSPHRASE_FILE = "GUVOH_PASSPHRASE_FILE"  # noqa: S105 (the name of a variable)
_MOST_PASSPHRASE_BYTES = 4096
Function = TypeVar("Function", bound=Callable[..., Any])


class NoPassphrase(GuvohError):
    """No passphrase was given, and nobody can be asked."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}; unlock the archive first, or give --passphrase-file FILE (or the variable {PASSPHRASE_FILE})"
        )


def archive_option(command: Function) -> Function:
    return click.option(
        "--archive",
        "archive",
        type=click.Path(path_type=Path),
        default=Path("."),
        metavar="DIR",
        help="The archive's folder.  [default: the current folder]",
    )(command)


def passphrase_option(command: Function) -> Function:
    return click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path),
        default=None,
        metavar="FILE",
        help=f"Read the passphrase from the first line of FILE, for scripts.  [variable: {PASSPHRASE_FILE}]",
    )(command)


def json_option(command: Function) -> Function:
    return click.option(
        "--json", "as_json", is_flag=True, help="Print for programs: only what may leave, as JSON, without names."
    )(command)


def door_options(command: Function) -> Function:
    """--archive and --passphrase-file, and the opened archive as the first argument."""

    @archive_option
    @passphrase_option
    @functools.wraps(command)
    def opened(archive: Path, passphrase_file: Path | None, **options: Any) -> None:
        with progress() as tell:
            door = open_door(archive, passphrase_file, tell)
            try:
                command(door, tell=tell, **options)
            finally:
                door.close()

    return opened  # type: ignore[return-value]


def open_door(archive: Path, passphrase_file: Path | None, tell: Tell) -> opening.Door:
    """The key process if one is running, else the archive itself, with the passphrase asked or read.

    A passphrase that is given outright is used, whatever else is unlocked.
    """
    given = given_passphrase(passphrase_file)
    if given is None:
        running = opening.running(archive)
        if running is not None:
            return running
    opening.check(archive)
    return opening.opened(archive, given if given is not None else asked_passphrase("Passphrase"), tell)


def given_passphrase(passphrase_file: Path | None) -> str | None:
    """The passphrase from a file; never from an argument or a variable of its own."""
    named = passphrase_file or (Path(os.environ[PASSPHRASE_FILE]) if os.environ.get(PASSPHRASE_FILE) else None)
    if named is None:
        return None
    try:
        with named.open("rb") as file:
            first = file.read(_MOST_PASSPHRASE_BYTES).splitlines()[:1]
        text = first[0].decode("utf-8-sig").strip() if first else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise NoPassphrase(f"the passphrase file {named} cannot be read ({reason})") from None
    if not text:
        raise NoPassphrase(f"the first line of the passphrase file {named} is empty")
    return text


def asked_passphrase(label: str, *, twice: bool = False) -> str:
    if not sys.stdin.isatty():
        raise NoPassphrase("no passphrase was given, and there is no terminal to ask for it")
    return str(click.prompt(label, hide_input=True, confirmation_prompt=twice, err=True))


@contextlib.contextmanager
def progress() -> Iterator[Tell]:
    """Bars on a terminal, and lines for what a person should know; all of it on standard error."""
    if not sys.stderr.isatty():
        yield _tell_in_lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(news: Progress) -> None:
            if isinstance(news, Said):
                console.print(printable(news.text), markup=False)
            elif isinstance(news, FileAdded):
                for task in tasks.values():
                    bars.remove_task(task)
                tasks.clear()
                print_file(news)
            else:
                if news.task not in tasks:
                    tasks[news.task] = bars.add_task(news.task, total=news.total or None)
                bars.update(tasks[news.task], completed=news.done, total=news.total or None)

        yield tell


def _tell_in_lines(news: Progress) -> None:
    if isinstance(news, Said):
        click.echo(printable(news.text), err=True)
    elif isinstance(news, FileAdded):
        print_file(news)


def print_file(file: FileAdded) -> None:
    """What became of one file, at once, so that a stopped run leaves a true account. Set by the add command."""
    for show in _file_printers:
        show(file)


_file_printers: list[Callable[[FileAdded], None]] = []


@contextlib.contextmanager
def printing_files(show: Callable[[FileAdded], None]) -> Iterator[None]:
    _file_printers.append(show)
    try:
        yield
    finally:
        _file_printers.remove(show)


def print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode())


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[int] = ()) -> None:
    """Print a plain table, columns as wide as needed; `numbers` are the columns aligned to the right."""
    cells = [[printable(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = [
            " " * (width - _width(cell)) + cell if place in numbers else cell + " " * (width - _width(cell))
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(padded).rstrip())


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)
