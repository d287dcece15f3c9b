"""sources, show, search: what is in the archive, for the eyes of a member."""

from __future__ import annotations

import sys

import click
import msgspec

from guvoh.casebook import queries
from guvoh.casebook.answers import Cell, Found, Nothing, Search, Show, Shown, Sources, SourceSeen
from guvoh.casebook.desk import Tell
from guvoh.casebook.leaving import passed
from guvoh.casebook.opening import Door
from guvoh.cli.common import door_options, json_option, print_json, table
from guvoh.cli.safe import printable, readable
from guvoh.words.plain import count, listed, size

_TITLE = 50
_TEXT = 2_000


@click.command()
@json_option
@door_options
def sources(door: Door, tell: Tell, as_json: bool) -> None:
    """List the sources, in the order they came in.

    \b
    Example:
      guvoh sources --archive my-archive
    """
    found: Sources = door.ask(queries.sources, Nothing(), tell)
    if as_json:
        print_json([passed(msgspec.to_builtins(source)) for source in found.sources])
        return
    if not found.sources:
        click.echo("No sources yet. `guvoh add FILE...` takes files in.")
        return
    heads = ("id", "form", "terms", "language", "published", "size", "title or columns")
    table(heads, [_source_row(source) for source in found.sources], numbers=(5,))
    click.echo(f"{count(len(found.sources), 'source', 'sources')}.")


def _source_row(source: SourceSeen) -> tuple[object, ...]:
    title = source.title or (
        f"{count(source.rows, 'row', 'rows')}: {' '.join(source.columns)}" if source.form == "list" else ""
    )
    short = title if len(title) <= _TITLE else title[: _TITLE - 1] + "…"
    what = (source.id, source.form, source.terms.value, source.language or "-", source.published or "-")
    return (*what, size(source.size), short)


@click.command(short_help="Show one record: a source, a row of a list, or any other id.")
@click.argument("record")
@click.option("--reason", default="", metavar="WORDS",
              help="Why you look at names or unpublished texts. It is kept; name nobody in it.")  # fmt: skip
@json_option
@door_options
def show(door: Door, tell: Tell, record: str, reason: str, as_json: bool) -> None:
    """Show one record: a source, the row of a list (SOURCE.ROW), or any other id.

    Published texts are open. For names, unpublished texts, and whatever else tells who somebody is, say why you look.

    \b
    Example:
      guvoh show s-abcdefghijklmnopqrst.12 --reason "letter to the lawyer" --archive my-archive
    """
    shown: Shown = door.ask(queries.show, Show(id=readable(record), reason=readable(reason)), tell)
    if shown.kept_back and not as_json and sys.stdin.isatty():
        reason = str(
            click.prompt("Why do you look? It is kept (empty: see no more)", default="", show_default=False, err=True)
        )
        if reason.strip():
            shown = door.ask(queries.show, Show(id=readable(record), reason=readable(reason)), tell)
    if as_json:
        fields: dict[str, object] = {
            "id": shown.id,
            "kind": shown.kind,
            "terms": shown.terms.value if shown.terms else None,
        }
        fields |= {cell.label: _for_programs(cell) for cell in shown.fields if cell.label not in fields}
        print_json(passed(fields | {"text": shown.text, "cells": [cell.value for cell in shown.cells]}))
        return
    click.echo(f"{shown.kind} {shown.id}" + (f"  (terms: {shown.terms.value})" if shown.terms else ""))
    _print_cells(shown.fields)
    for receipt in shown.receipts:
        changed = f", last changed {receipt.modified}" if receipt.modified else ""
        click.echo(f"  came in {receipt.at} by member {receipt.by} as {printable(receipt.file_name)}{changed}")
        click.echo("  proof that we hold it starts there; how the copy was taken before:")
        facts = listed([f"{printable(fact.label)} {printable(fact.value)}" for fact in receipt.capture])
        click.echo(f"    {facts}")
    if shown.columns:
        table(
            ("  column", "heading", "role", "why"), [(f"  {c.number}", c.heading, c.role, c.why) for c in shown.columns]
        )
    if shown.cells:
        click.echo("  the row as it stands:")
        _print_cells(shown.cells)
    if shown.kept_back:
        click.echo('  Names, texts and files are kept back: --reason "why you look" shows them, and is kept.')
    if shown.spoken_of_by:
        click.echo(f"  {count(shown.spoken_of_by, 'record speaks', 'records speak')} of it")
    if shown.text:
        click.echo()
        click.echo(printable(shown.text[:_TEXT], lines=True))
        if len(shown.text) > _TEXT:
            click.echo(f"[... {len(shown.text) - _TEXT:,} more characters]")


def _for_programs(cell: Cell) -> str | list[str]:
    return cell.value.split(", ") if cell.label == "gaps" else cell.value


def _print_cells(cells: tuple[Cell, ...]) -> None:
    for cell in cells:
        click.echo(f"  {printable(cell.label)}: {printable(cell.value)}")


@click.command(short_help="Search for a person or for words, in any script.")
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--most", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many to print at most."
)
@json_option
@door_options
def search(door: Door, tell: Tell, words: tuple[str, ...], most: int, as_json: bool) -> None:
    """Search for a person or for words, in any script: Karimov finds Каримов, Qarimov and Каримзода.

    \b
    Example:
      guvoh search Jumaboyev Aziz --archive my-archive
    """
    found: Found = door.ask(queries.search, Search(text=readable(" ".join(words)), most=most), tell)
    if as_json:
        print_json(_as_json(found))
        return
    if not found.people and not found.texts:
        click.echo("Nothing found. Try one word, such as the surname alone.")
        return
    if found.mentions:
        rows = [(mention.id, mention.name, mention.birth or "-") for mention in found.mentions]
        table(("mention", "name as written", "born"), rows)
    for text in found.passages:
        click.echo(f"{text.source}  {printable(text.title)}")
        click.echo(f"    … {printable(text.passage)} …")
    parts = [count(found.people, "mention", "mentions"), count(found.texts, "text", "texts")]
    printed = len(found.mentions) + len(found.passages)
    rest = f" {printed:,} are printed; --most N prints more." if _cut(found) else ""
    click.echo(f"Found: {listed(parts)}.{rest}")


def _cut(found: Found) -> bool:
    return len(found.mentions) < found.people or len(found.passages) < found.texts


def _as_json(found: Found) -> dict[str, object]:
    return {
        "mentions": [passed(msgspec.to_builtins(mention)) for mention in found.mentions],
        "texts": [passed(msgspec.to_builtins(text)) for text in found.passages],
        "found": {"mentions": found.people, "texts": found.texts},
    }
