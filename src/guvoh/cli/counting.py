"""people, count, report: figures about people, through the gate."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TextIO

import click

from guvoh.casebook import queries
from guvoh.casebook.answers import Count, Nothing, People, Report
from guvoh.casebook.desk import Tell
from guvoh.casebook.opening import Door
from guvoh.cli.common import door_options, json_option, print_json, table
from guvoh.cli.safe import printable
from guvoh.errors import GuvohError
from guvoh.words.plain import count as counted
from guvoh.words.plain import listed


class NotWritten(GuvohError):
    """The report could not be put where it was wanted."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"the report cannot be written to {path} ({why}); name another place with --out")


@click.command(short_help="Say how many people there are, on which lists, and the overlaps.")
@json_option
@door_options
def people(door: Door, tell: Tell, as_json: bool) -> None:
    """Say how many people the mentions stand for, on which lists they are, and how the lists overlap.

    \b
    Example:
      guvoh people --archive my-archive
    """
    found: People = door.ask(queries.people, Nothing(), tell)
    if as_json:
        print_json(_people_json(found))
        return
    _print_people(found)


@click.command(short_help="Count people by list, and estimate how many there are in all.")
@json_option
@door_options
def count(door: Door, tell: Tell, as_json: bool) -> None:
    """Count people by list, and estimate how many there are in all, with the assumptions in words.

    Chapman's estimate for each two lists, and Chao's lower bound over all; refused where the lists do not bear it.

    \b
    Example:
      guvoh count --archive my-archive
    """
    found: Count = door.ask(queries.count, Nothing(), tell)
    if as_json:
        print_json({**_people_json(found.people), "estimates": found.estimates})
        return
    _print_people(found.people)
    if not found.estimates:
        click.echo("No estimate: it takes at least two lists that may be counted.")
        return
    click.echo()
    for estimate in found.estimates:
        if estimate.refused is None:
            click.echo(f"{'+'.join(estimate.lists)}  {estimate.words}")
            for warning in estimate.warnings:
                click.echo(f"    warning: {warning}")
    for reason in dict.fromkeys(estimate.refused for estimate in found.estimates if estimate.refused):
        refused = ["+".join(estimate.lists) for estimate in found.estimates if estimate.refused == reason]
        click.echo(f"No number for {listed(refused)}, because {reason}.")
    for method in dict.fromkeys(estimate.method for estimate in found.estimates if estimate.refused is None):
        click.echo(f"\n{method} holds only if:")
        for assumption in next(e.assumptions for e in found.estimates if e.method == method):
            click.echo(f"  - {assumption}")


@click.command(short_help="Write a report without any name, as one page that prints well.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Where to write it.  [default: guvoh-report-DATE.html in the current folder]")  # fmt: skip
@door_options
def report(door: Door, tell: Tell, out: Path | None) -> None:
    """Write a report without any name: sources, gaps, counts, overlaps, estimates, as one page that prints well.

    Each figure names the records behind it. That the report was made is recorded in the archive.

    \b
    Example:
      guvoh report --archive my-archive --out report.html
    """
    path = out if out is not None else _free(Path(f"guvoh-report-{date.today().isoformat()}.html"))
    file = _new(path)
    try:
        made: Report = door.ask(queries.report, Nothing(), tell)
        _write(file, made.html, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    where = printable(path.resolve())
    sources, people = counted(made.sources, "source", "sources"), counted(made.people, "person", "people")
    click.echo(f"Report of {sources} and {people}: {where}")
    kept = f"recorded as disclosure {made.reference}" if made.reference else "not recorded: nothing can be written here"
    click.echo(f"It holds no name. {kept[0].upper()}{kept[1:]}.")


def _new(path: Path) -> TextIO:
    """A file that was not there: made before the report is, so that no report is recorded that cannot be written."""
    try:
        return path.open("x", encoding="utf-8")
    except FileExistsError:
        raise NotWritten(path, "it exists already") from None
    except (OSError, ValueError) as error:
        raise NotWritten(path, getattr(error, "strerror", None) or "bad name") from None


def _write(file: TextIO, text: str, path: Path) -> None:
    try:
        with file:
            file.write(text)
    except OSError as error:
        raise NotWritten(path, error.strerror or type(error).__name__) from None


def _free(path: Path) -> Path:
    """The path, or the first numbered one that does not exist."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def _print_people(found: People) -> None:
    if not found.mentions:
        click.echo("No mentions of people that may be counted.")
    else:
        people = counted(found.people, "person", "people")
        click.echo(f"{counted(found.mentions, 'mention', 'mentions')}, taken for {people}.")
        click.echo(f"Linked by: {found.engine}.")
    if found.lists:
        click.echo()
        rows = [(line.label, line.title, line.source, f"{line.rows:,}", f"{line.people:,}") for line in found.lists]
        table(("list", "file", "source", "rows", "people"), rows, numbers=(3, 4))
        click.echo("\nPeople shared by each two lists (the diagonal is each list's own):")
        labels = [line.label for line in found.lists]
        shared = [(label, *(f"{n:,}" for n in row)) for label, row in zip(labels, found.overlaps, strict=True)]
        table(("", *labels), shared, numbers=range(1, len(labels) + 1))
        last = max((k for k, number in enumerate(found.times_listed, 1) if number), default=0)
        times = [f"{number:,} on {k}" for k, number in enumerate(found.times_listed[:last], 1)]
        click.echo(f"\nPeople by number of lists: {', '.join(times)}.")
    for left in found.left_out:
        click.echo(f"Left out: {counted(left.count, left.what.removesuffix('s'), left.what)}: {printable(left.why)}.")
    for note in found.notes:
        click.echo(f"Note: {printable(note)}.")


def _people_json(found: People) -> dict[str, object]:
    return {
        "mentions": found.mentions,
        "people": found.people,
        "run": found.run,
        "engine": found.engine,
        "lists": [
            {"label": line.label, "source": line.source, "rows": line.rows, "people": line.people}
            for line in found.lists
        ],
        "overlaps": found.overlaps,
        "times_listed": found.times_listed,
        "left_out": found.left_out,
        "notes": found.notes,
    }
