"""add: files in."""

from __future__ import annotations

import os
import shlex
import tomllib
from pathlib import Path

import click
import msgspec

from guvoh.casebook import commands, consenting, faults
from guvoh.casebook.answers import Add, Added, FileAdded, FileAsked, Terms
from guvoh.casebook.desk import Tell
from guvoh.casebook.opening import Door
from guvoh.cli.common import door_options, json_option, print_json, printing_files
from guvoh.cli.consenting import BadForm, here, print_given, read_form
from guvoh.cli.safe import printable, readable
from guvoh.errors import GuvohError
from guvoh.words.plain import count, listed, size

_MOST_MAPPING_BYTES = 1 << 20


class BadMapping(GuvohError):
    """A file of column roles that cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path}: {why}; see `guvoh add --help` for an example")


class ConsentNotAdded(GuvohError):
    """A source came in, and the consent that was given with it did not."""

    def __init__(self, source: str, why: str, how: str) -> None:
        self.source, self.why = source, why
        super().__init__(f"the source is in, as {source}, and this consent is not: {why}; to add it: {how}")


@click.command(short_help="Take files in: text, saved web pages, lists.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--terms", type=click.Choice(["public", "consent", "internal"]), default="public", show_default=True,
              help="public: published, or a list received; counted, never named in what leaves. consent: used as the "
              "consents of the persons say. internal: working material, in no output.")  # fmt: skip
@click.option("--columns", type=click.Path(path_type=Path), metavar="MAPPING.toml",
              help="What the columns of a list mean, where the program was wrong.")  # fmt: skip
@click.option("--erased", type=click.Choice([commands.LEAVE_OUT, commands.OTHER_PERSON]),
              help="Of rows like an erased person: add the list without them, or say it is another.")  # fmt: skip
@click.option("--consent", "form_file", type=click.Path(path_type=Path, allow_dash=True), metavar="FORM",
              help="With one file and --terms consent: what its person allows; see `guvoh consent form`.")  # fmt: skip
@json_option
@door_options
def add(
    door: Door,
    tell: Tell,
    files: tuple[str, ...],
    terms: str,
    columns: Path | None,
    erased: str | None,
    form_file: Path | None,
    as_json: bool,
) -> None:
    """Take files in: plain text, saved web pages (HTML), lists (CSV with any delimiter and encoding).

    Each file is sealed whole, with what could be found in it; what could not is named as a gap. A file that is there
    already is not added twice. A bad file does not stop the others.

    \b
    Example:
      guvoh add letter.txt article.html lists/*.csv --archive my-archive
      guvoh add court.csv --columns mapping.toml --archive my-archive
      guvoh add testimony.txt --terms consent --consent form.toml --archive my-archive
    where mapping.toml says, by heading or by number:
      [columns]
      "ФИО" = "name"
      3 = "birth"
    Roles: name surname given patronymic birth birth_year age sex citizenship origin institution place transfer
    contract lost_contact capture report death taken identifier link note number other
    """
    if form_file is not None and (len(files) != 1 or terms != "consent"):
        raise click.UsageError("--consent goes with exactly one file and --terms consent")
    form = _checked_form(form_file) if form_file is not None else None
    request = Add(
        files=tuple(
            FileAsked(typed=readable(typed), path=os.fsencode(os.path.join(os.getcwd(), typed))) for typed in files
        ),
        terms=Terms(terms),
        columns=_mapping(columns) if columns is not None else None,
        erased=erased or "",
    )
    with printing_files(_print_failure if as_json else _print):
        added: Added = door.ask(commands.add, request, tell)
    with_it = (
        _with_consent(door, tell, added.files[0], form, form_file)
        if form is not None and form_file is not None and not added.failed
        else None
    )
    given = with_it if isinstance(with_it, consenting.Given) else None
    if as_json:
        consented = {"consent": given} if form is not None else {}
        print_json([_as_json(place, file) | consented for place, file in enumerate(added.files, 1)])
    else:
        if given is not None and form is not None:
            print_given(given, form, {})
        _print_end(added, terms)
    if isinstance(with_it, ConsentNotAdded):
        raise with_it
    if added.failed:
        raise click.exceptions.Exit(1)


def _checked_form(path: Path) -> consenting.Form:
    """A form that could be recorded, before anything is added. Raises BadForm, BadConsent, RefusedToKeep."""
    form = read_form(path)
    consenting.checked(form)
    if form.person is not None and form.person.source:
        raise BadForm(path, "leave person.source empty: it is filled in with the file that is added")
    if form.person is not None and not form.person.name.strip():
        raise BadForm(path, "person.name is empty: write it as the file names the person")
    return form


def _with_consent(
    door: Door, tell: Tell, file: FileAdded, form: consenting.Form, path: Path
) -> consenting.Given | ConsentNotAdded:
    """Record the consent about the person in a source that is in."""
    person = msgspec.structs.replace(form.person, source=file.source) if form.person is not None else None
    source = f" --source {file.source}" if person is not None else ""
    how = f"guvoh consent add{source} --form {shlex.quote(str(path))}{here()}"
    if file.outcome == "known":
        why = "the source was here before, and so may the consent be (`guvoh consent show` with the person's mention)"
        return ConsentNotAdded(file.source, why, how)
    try:
        given: consenting.Given = door.ask(consenting.give_consent, msgspec.structs.replace(form, person=person), tell)
    except GuvohError as problem:
        return ConsentNotAdded(file.source, str(problem), how)
    except Exception as fault:  # whatever it is, who stands there must know that the one is in and the other is not
        return ConsentNotAdded(file.source, faults.words(fault), how)
    return given


def _mapping(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            found = tomllib.loads(file.read(_MOST_MAPPING_BYTES).decode("utf-8-sig")).get("columns")
    except OSError as error:
        raise BadMapping(path, f"it cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        raise BadMapping(path, "it is not TOML in UTF-8") from None
    if not isinstance(found, dict) or not all(isinstance(role, str) for role in found.values()):
        raise BadMapping(path, "it has no table [columns] of heading = role")
    unknown = sorted(set(found.values()) - set(commands.ROLES))
    if unknown:
        raise BadMapping(path, f"there is no role {listed([repr(role) for role in unknown])}")
    return {str(heading): str(role) for heading, role in found.items()}


def _print_failure(file: FileAdded) -> None:
    if file.outcome == "failed":
        click.echo(f"{printable(file.typed)}: NOT ADDED: {printable(file.error)}", err=True)


def _print(file: FileAdded) -> None:
    name = printable(file.typed)
    if file.outcome == "failed":
        _print_failure(file)
        return
    if file.outcome == "known":
        click.echo(f"{name}: the same bytes are here already, as {file.source}; nothing was added")
        for note in file.notes:
            click.echo(f"    note: {note}")
        return
    rows = f", {count(file.rows, 'row', 'rows')}" if file.form == "list" else ""
    click.echo(f"{name}: added as {file.source} ({file.form}, {size(file.size)}{rows})")
    if file.gaps:
        click.echo(f"    not found in it: {listed(file.gaps)}")
    for note in file.notes:
        click.echo(f"    note: {note}")
    for column in file.columns:
        heading = f"{column.number} {printable(column.heading)}".strip()
        click.echo(f"    column {heading} -> {column.role}  ({printable(column.why)})")


def _print_end(added: Added, terms: str) -> None:
    outcomes = [file.outcome for file in added.files]
    new, known = outcomes.count("added"), outcomes.count("known")
    click.echo(f"{count(new, 'file', 'files')} added, {known} here already, {added.failed} failed.")
    if new:
        click.echo(f"Terms: {terms}. Proof that you hold them starts now; nothing proves what was before.")
    click.echo("The originals still lie where they were: this archive holds sealed copies.")
    for protection in added.missing:
        click.echo(f"This system lacks a protection: {protection}", err=True)


def _as_json(place: int, file: FileAdded) -> dict[str, object]:
    """A file by its place on the command line: its name may be somebody's name."""
    return {
        "place": place,
        "outcome": file.outcome,
        "source": file.source,
        "form": file.form,
        "rows": file.rows,
        "gaps": file.gaps,
        "notes": file.notes,
        "columns": [{"number": column.number, "role": column.role} for column in file.columns],
        "error": file.error,
    }
