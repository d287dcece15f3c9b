"""schema, demo: what the records look like, and the whole chain on an invented world."""

from __future__ import annotations

from pathlib import Path

import click

from guvoh.casebook import demo as casebook_demo
from guvoh.casebook.schemas import schema as record_schema
from guvoh.cli.common import print_json, progress, table
from guvoh.cli.safe import printable
from guvoh.words.plain import count


@click.command()
def schema() -> None:
    """Print the JSON Schema of every kind of record.

    \b
    Example:
      guvoh schema > records.schema.json
    """
    print_json(record_schema())


@click.command(short_help="Run the whole chain on an invented world.")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("guvoh-demo"))
@click.option("--people", type=click.IntRange(16, 100_000), default=600, show_default=True, help="How many to invent.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed invents the same world.")
def demo(directory: Path, people: int, seed: int) -> None:
    """Run the whole chain on an invented world, and print what was found beside what is true.

    Everything goes into DIRECTORY, which must be new or empty. Nobody in it is real.

    \b
    Example:
      guvoh demo my-demo
    """
    with progress() as tell:
        made = casebook_demo.run(directory, people, seed, tell)
    added, checked = made.added, made.checked
    click.echo(f"Invented {people:,} people, five lists of them, and {len(added.files) - 5} letters and articles.")
    click.echo(f"Took in {count(len(added.files) - added.failed, 'file', 'files')}; {added.failed} failed.")
    for file in added.files:
        if file.outcome == "failed":
            click.echo(f"    {printable(file.typed)}: {printable(file.error)}")
    state = "all as signed" if not checked.problems else f"{len(checked.problems)} PROBLEMS"
    click.echo(f"Verified {count(checked.entries, 'entry', 'entries')} and {checked.evidence} files: {state}.")
    click.echo(f"\nSearching for {printable(made.asked)} found {count(made.search.people, 'mention', 'mentions')}:")
    for mention in made.search.mentions:
        click.echo(f"    {printable(mention.name)}  ({mention.birth or 'no birth stated'})")
    click.echo()
    rows = [(one.what, one.found, one.true) for one in made.compared]
    table(("", "found", "true"), rows, numbers=(1, 2))
    click.echo("\nPlain linkage misses spellings and joins namesakes, so these figures differ; so would an estimate.")
    for estimate in made.count.estimates[:1]:
        click.echo(f"{estimate.words}")
    click.echo(f"\nReport: {printable(made.report.resolve())}")
    click.echo(
        f"Look around: GUVOH_HOME={made.folder / 'home'} guvoh sources --archive {made.folder / 'archive'} "
        f"--passphrase-file {made.folder / 'passphrase.txt'}"
    )
