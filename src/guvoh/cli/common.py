"""What all commands share: options, the door to an archive, progress, output."""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from guvoh.casebook import opening
from guvoh.casebook.answers import FileAdded, Progress, Said, Step
from guvoh.casebook.desk import Tell, UseCase, unheard
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

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


def named_archive(archive: Path) -> str:
    """The option that names this archive, as it can be typed again."""
    return f" --archive {shlex.quote(printable(archive))}"


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
            door = _Quiet(open_door(archive, passphrase_file, tell), tell)
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


class Lines:
    """What a person should know while a command runs, in lines on standard error."""

    def __call__(self, news: Progress) -> None:
        match news:
            case Step():
                self.show(news)
            case Said():
                self.clear()
                click.echo(printable(news.text), err=True)
            case FileAdded():
                self.clear()
                print_file(news)

    def show(self, step: Step) -> None:
        """How far a task is: nothing that belongs into a log."""

    def clear(self) -> None:
        """Leave the place to what is printed next."""


class Bars(Lines):
    """The same on a terminal, with a bar for each task; a bar is there only as long as nothing else is printed."""

    def __init__(self) -> None:
        self._bars: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}

    def show(self, step: Step) -> None:
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if step.task not in self._tasks:
            self._tasks[step.task] = self._bars.add_task(step.task, total=step.total or None)
        self._bars.update(self._tasks[step.task], completed=step.done, total=step.total or None)

    def clear(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
            self._tasks.clear()


def _bars() -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True, highlight=False)
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)


@contextlib.contextmanager
def progress() -> Iterator[Lines]:
    told = Bars() if sys.stderr is not None and sys.stderr.isatty() else Lines()
    try:
        yield told
    finally:
        told.clear()


class _Quiet:
    """A door after whose answers no bar is left standing."""

    def __init__(self, door: opening.Door, told: Lines) -> None:
        self._door, self._told = door, told

    def ask(self, use_case: UseCase[Any, Any], request: Any, tell: Tell = unheard) -> Any:
        try:
            return self._door.ask(use_case, request, tell)
        finally:
            self._told.clear()

    def close(self) -> None:
        self._door.close()


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
