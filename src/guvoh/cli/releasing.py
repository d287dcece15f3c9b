"""release: what leaves the archive about persons; prepared and seen, agreed to, written."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from guvoh.casebook import releasing
from guvoh.casebook.answers import Nothing
from guvoh.casebook.desk import Tell
from guvoh.casebook.opening import Door
from guvoh.cli.common import door_options, json_option, print_json, table
from guvoh.cli.consenting import here
from guvoh.cli.files import BadFile, content
from guvoh.cli.safe import printable, readable
from guvoh.words.plain import count, listed, size

LEVELS = ("counsel", "annex", "un", "tracing", "anonymous")
_FORMS = {".html": "html", ".htm": "html", ".jsonl": "jsonl"}
_MOST_BYTES = 8 << 20
"""Of a file of mentions: some hundred thousand."""
_VERIFY = "verify with counsel"


class _Releases(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Releases, short_help="Releases: what leaves about persons; prepare, agree, write.")
def release() -> None:
    """What leaves the archive about persons: first prepared and looked at, then written. No option goes around what
    they allowed. See docs/consent.md.

    \b
    Example:
      guvoh release prepare m-abcdefghijklmnopqrst --level counsel --to "Vera Sokolova" --archive my-archive
      guvoh release write x-abcdefghijklmnopqrst --out case.html --archive my-archive
    """


# --- prepared


@release.command()
@click.argument("mentions", nargs=-1, metavar="[MENTION]...")
@click.option("--level", type=click.Choice(LEVELS), required=True,
              help="counsel: all, to a named lawyer. annex: for a court, nothing that can be used against the person. "
              "un: a UN body. tracing: a search. anonymous: everybody, without names.")  # fmt: skip
@click.option("--to", "recipient", default="", metavar="NAME", help="Who is to have it, as the consents name him.")
@click.option("--to-file", type=click.Path(path_type=Path), metavar="FILE",
              help="The same, from the first line of FILE: then it is in no history of the shell.")  # fmt: skip
@click.option("--body", default="", metavar="BODY",
              help="For un: wgeid, wgad, ced, special-procedures, treaty-bodies, icc.")  # fmt: skip
@click.option("--state", default="", metavar="STATE", help="For un: the government concerned, such as RU.")
@click.option("--seal", default="", metavar="AGE-RECIPIENT",
              help="Seal the file to this key (age1...): only who holds its other half can open it.")  # fmt: skip
@click.option("--from", "listed_in", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE",
              help="Mentions from a file, one a line; - is standard input.")  # fmt: skip
@click.option("--reason", default="", metavar="WORDS", help="What it is for. It is kept; name nobody in it.")
@click.option("--most", type=click.IntRange(1, 10_000), default=20, show_default=True,
              help="How many persons to print at most; all are counted.")  # fmt: skip
@json_option
@door_options
def prepare(
    door: Door,
    tell: Tell,
    mentions: tuple[str, ...],
    level: str,
    recipient: str,
    to_file: Path | None,
    body: str,
    state: str,
    seal: str,
    listed_in: Path | None,
    reason: str,
    most: int,
    as_json: bool,
) -> None:
    """Show what would leave about these persons, what is left out and why, and what to be warned of.

    Nothing leaves by it, and it allows nothing: `guvoh release write` decides anew. Name one mention of each person.
    What is printed is for your own eyes.

    \b
    Example:
      guvoh release prepare m-abcdefghijklmnopqrst --level counsel --to "Vera Sokolova" --archive my-archive
      guvoh release prepare --from mentions.txt --level un --body wgad --state RU --to "WGAD" --archive my-archive
    """
    asked = releasing.Prepare(
        about=(*map(readable, mentions), *(_mentions(listed_in) if listed_in is not None else ())),
        level=level,
        recipient=_recipient(readable(recipient), to_file),
        body=readable(body).lower(),
        state=_state(state),
        recipient_key=readable(seal),
        reason=readable(reason),
        most=0 if as_json else most,
    )
    preview: releasing.Preview = door.ask(releasing.prepare_release, asked, tell)
    if as_json:
        print_json(_as_json(preview))
        return
    _print_people(preview)
    _print_totals(preview)
    _print_next(preview)


def _mentions(path: Path) -> tuple[str, ...]:
    """One a line; empty lines mean nothing. Raises BadFile."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadFile(path, f"it cannot be read ({error.strerror})") from None
    if len(data) > _MOST_BYTES:
        raise BadFile(path, "it is too large to be a list of mentions")
    lines = (line.strip() for line in data.decode("utf-8-sig", "backslashreplace").splitlines())
    return tuple(line for line in lines if line)


def _recipient(typed: str, path: Path | None) -> str:
    if path is None:
        return typed
    if typed:
        raise click.UsageError("--to and --to-file both say who is to have it: give one")
    try:
        lines = content(path).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise BadFile(path, "it is not UTF-8 text") from None
    first = lines[0].strip() if lines else ""
    if not first:
        raise BadFile(path, "its first line names nobody")
    return first


def _state(typed: str) -> str:
    state = readable(typed).strip().upper()
    if state and not (len(state) == 2 and state.isascii() and state.isalpha()):
        raise click.BadParameter("a state has two letters (ISO 3166-1), such as RU", param_hint="--state")
    return state


def _print_people(preview: releasing.Preview) -> None:
    told: set[tuple[str, str]] = set()
    for one in preview.people:
        click.echo(f"Person {one.number}: {printable(one.mention)}")
        others = [mention for mention in one.mentions if mention != one.mention]
        if others:
            click.echo(f"  with {printable(', '.join(others))}")
        for record in one.shown:
            click.echo(f"  shown: {printable(record.kind)} {printable(record.id)}")
            for cell in record.values:
                click.echo(f"      {printable(cell.label)}: {printable(cell.value)}")
        for line in _left_out(one.left_out):
            click.echo(f"  left out: {printable(line)}")
        for words in one.warnings:
            click.echo(f"  WARNING: {printable(words)}")
        if one.risks:
            click.echo(f"  at home, as reported; {_VERIFY}:")
        for risk in one.risks:
            key = (risk.state, risk.rule)
            reported = "as said above" if key in told else risk.as_reported
            told.add(key)
            click.echo(f"      {printable(risk.state)}  {printable(risk.rule)}: {printable(reported)}")
            click.echo(f"          checked on {printable(risk.checked_on)}; {_VERIFY}")
        click.echo()


def _left_out(kept: Iterable[releasing.Kept]) -> Iterator[str]:
    """The fields of a record that are left out for one reason stand in one line."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for one in kept:
        lines.setdefault((one.kind, one.record, one.why), []).append(one.field.replace("_", " "))
    for (kind, record, why), fields in lines.items():
        what = f" its {listed(fields)}" if all(fields) else ""
        yield f"{kind} {record}{what}: {why}"


def _print_totals(preview: releasing.Preview) -> None:
    where = "".join(f", {part}" for part in (preview.body, preview.state) if part)
    to = f" to {printable(preview.recipient)}" if preview.recipient else ""
    click.echo(f"Level {preview.level}{where}{to}.")
    persons = count(preview.persons, "person", "persons")
    click.echo(f"{persons}; of {preview.shown:,} something would be shown.")
    if len(preview.people) < preview.persons:
        click.echo(f"The first {len(preview.people):,} are printed; --most N prints more.")
    reasons = _reasons(preview)
    if reasons:
        click.echo("\nLeft out, records and fields:")
        table(("  count", "why"), [(f"{number:,}", why) for why, number in reasons], numbers=(0,))
    if preview.warnings:
        click.echo("\nWarnings, by persons:")
        table(("  count", "what"), [(f"{one.count:,}", one.words) for one in preview.warnings], numbers=(0,))
    for note in preview.notes:
        click.echo(f"Note: {printable(note)}.")
    click.echo()


def _reasons(preview: releasing.Preview) -> list[tuple[str, int]]:
    """Why things are left out, over all persons: without the ids of each, which would make every reason another."""
    found = Counter[str]()
    for one in preview.left_out:
        found[one.why] += one.count
    return found.most_common()


def _print_next(preview: releasing.Preview) -> None:
    click.echo(f"Prepared as {preview.release}. What is printed above is for your own eyes; nothing has left.")
    if not preview.shown:
        click.echo("As things stand nothing may leave: there is nothing to write.")
        return
    if preview.second_needed:
        persons = count(preview.persons, "person", "persons")
        click.echo(f"It is about {persons}: another owner or editor has to agree first:")
        click.echo(f'    guvoh release second {preview.release} --reason "what you have checked"{here()}')
    click.echo("What leaves is decided anew when it is written:")
    click.echo(f"    guvoh release write {preview.release} --out FILE.html{here()}")


def _as_json(preview: releasing.Preview) -> dict[str, object]:
    """Numbers and reasons, and nothing of any person."""
    return {
        "release": preview.release,
        "level": preview.level,
        "body": preview.body,
        "state": preview.state,
        "sealed": preview.sealed,
        "persons": preview.persons,
        "shown": preview.shown,
        "second_needed": preview.second_needed,
        "left_out": [{"why": why, "count": number} for why, number in _reasons(preview)],
        "warnings": [{"words": one.words, "count": one.count} for one in preview.warnings],
        "notes": preview.notes,
    }


# --- written


@release.command()
@click.argument("release_id", metavar="RELEASE")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE",
              help="Where to write it; never over what is there.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["html", "jsonl"]),
              help="A page, or lines for programs.  [default: by the suffix of FILE]")  # fmt: skip
@door_options
def write(door: Door, tell: Tell, release_id: str, out: Path, form: str | None) -> None:
    """Decide anew what may leave, write it into a new file, and record that it left.

    A consent that was withdrawn since it was prepared counts, and so does everything that has come in.

    \b
    Example:
      guvoh release write x-abcdefghijklmnopqrst --out case.html --archive my-archive
    """
    path = os.path.join(os.getcwd(), out)
    asked = releasing.Write(release=readable(release_id), path=os.fsencode(path), form=form or _form_of(out))
    written: releasing.Written = door.ask(releasing.write_release, asked, tell)
    persons, records = count(written.persons, "person", "persons"), count(written.records, "record", "records")
    click.echo(f"Written: {printable(path)} ({size(written.size)}), {persons}, {records}.")
    if written.left_out:
        click.echo(f"Left out whole: {count(written.left_out, 'person', 'persons')}, of whom nothing may be shown.")
    click.echo(f"Its reference is {written.reference}. It stands in the file, and this archive has recorded under it")
    click.echo("what left, to whom, and by which consents: `guvoh consent show ID` tells it of each person.")
    if written.sealed:
        click.echo("It is sealed to the recipient's key: nobody else opens it, you neither.")
    else:
        click.echo(
            "It is NOT sealed: whoever gets hold of the file can read it. Send it over a safe way, then remove it"
        )
        click.echo("here; or prepare it again with --seal and the recipient's key.")


def _form_of(out: Path) -> str:
    """By its suffix; that of a sealed file stands before `.age`."""
    named = out.with_suffix("") if out.suffix.lower() == ".age" else out
    form = _FORMS.get(named.suffix.lower())
    if form is None:
        raise click.UsageError("the suffix of --out says no format: name it FILE.html or FILE.jsonl, or give --format")
    return form


# --- agreed to, and seen


@release.command()
@click.argument("release_id", metavar="RELEASE")
@click.option("--reason", default="", metavar="WORDS", help="Why you look. It is kept; name nobody in it.")
@click.option("--most", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many persons at most.")
@json_option
@door_options
def show(door: Door, tell: Tell, release_id: str, reason: str, most: int, as_json: bool) -> None:
    """Show what would leave now of a release that was prepared, by whomever: before you agree to it, or write it.

    \b
    Example:
      guvoh release show x-abcdefghijklmnopqrst --archive my-archive
    """
    asked = releasing.Look(release=readable(release_id), reason=readable(reason), most=0 if as_json else most)
    preview: releasing.Preview = door.ask(releasing.show_release, asked, tell)
    if as_json:
        print_json(_as_json(preview))
        return
    _print_people(preview)
    _print_totals(preview)


@release.command()
@click.argument("release_id", metavar="RELEASE")
@click.option("--reason", required=True, metavar="WORDS", help="What you have checked. It is kept; name nobody in it.")
@door_options
def second(door: Door, tell: Tell, release_id: str, reason: str) -> None:
    """Agree to a release of many persons that another member has prepared.

    Look at it first: guvoh release show RELEASE.

    \b
    Example:
      guvoh release second x-abcdefghijklmnopqrst --reason "went through all refusals" --archive my-archive
    """
    asked = releasing.Second(release=readable(release_id), reason=readable(reason))
    done: releasing.Seconded = door.ask(releasing.second_release, asked, tell)
    click.echo(
        f"Agreed: release {done.release}. Whoever prepared it can write it once this has reached him: guvoh sync"
    )


@release.command("list")
@json_option
@door_options
def list_(door: Door, tell: Tell, as_json: bool) -> None:
    """List what was prepared, who agreed, and the references under which it was written.

    \b
    Example:
      guvoh release list --archive my-archive
    """
    found: releasing.Releases = door.ask(releasing.list_releases, Nothing(), tell)
    if as_json:
        print_json([_release_json(one) for one in found.releases])
        return
    if not found.releases:
        click.echo("No release was prepared. `guvoh release prepare` shows what would leave.")
        return
    heads = ("release", "prepared", "by", "level", "to", "persons", "agreed", "written as")
    table(heads, [_row(one) for one in found.releases], numbers=(5,))


def _row(one: releasing.ReleaseSeen) -> tuple[object, ...]:
    level = f"{one.level}, {one.body}" if one.body else one.level
    agreed = ", ".join(one.seconded) or ("nobody yet" if one.second_needed else "-")
    what = (one.id, one.at[:10], one.by, level, one.recipient or "everybody")
    return (*what, f"{one.persons:,}", agreed, ", ".join(one.written) or "not written")


def _release_json(one: releasing.ReleaseSeen) -> dict[str, object]:
    """Without who is to have it: a name."""
    return {
        "id": one.id,
        "level": one.level,
        "body": one.body,
        "persons": one.persons,
        "second_needed": one.second_needed,
        "seconded": len(one.seconded),
        "written": one.written,
    }
